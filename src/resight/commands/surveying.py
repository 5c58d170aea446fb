"""What ``resight report`` does when the records are too many to be told one by one: a survey, and a table beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from resight.commands.pages import ELSEWHERE, preview_in
from resight.commands.years import baseline_years
from resight.errors import CannotWrite, Problem

if TYPE_CHECKING:
    import pyarrow as pa
    from geopandas import GeoDataFrame

    from resight import roll
    from resight.compared import Compared, Comparisons
    from resight.engine import Engine
    from resight.logbook import Logbook
    from resight.observation import Method
    from resight.tallies import Tallies
    from resight.wording import Data

#: The columns that a survey rests on, besides id and geometry.
COLUMNS = (
    *("site", "date", "earliest", "latest", "outcome", "platform", "platform_name", "operator", "activity"),
    *("hedge", "hedge_on", "basis", "method", "berth", "sensor", "image_time", "image_id", "length_m", "sources"),
    *("relates", "aggregate", "context", "effort_stated", "logged_at", "revised_at", "status"),
)
#: Reading the records is the first of so many steps.
_STEPS = 6
#: Formats in which the table itself is what is asked for.
TABLES = ("csv", "parquet")
UNCHECKED = Problem(
    "notice",
    "the records are too many to be checked one by one for this page; the files are as they were written",
    mend="resight check looks at every record",
)


class Many(NamedTuple):
    """Records of which those of the compared years are too many to be told one by one."""

    records: GeoDataFrame
    year: int
    baseline_years: tuple[int, ...]


def many(
    book: Logbook, year: int | None, baseline: str | None, scope: Sequence[str] | None, *, reviewed_only: bool
) -> Many | None:
    """The records that are compared as a frame, if they are too many; else None.

    Args:
        book: the logbook.
        year, baseline: the years as they were asked for.
        scope: only records of these sites.
        reviewed_only: only those that a second person has reviewed.
    """
    from resight.listing import MANY

    if not book.holds_more_than(MANY):
        return None
    records = book.frame(columns=COLUMNS, sites=scope)
    if year is None:
        # The newest year of all, not that of some sites.
        year = book.newest_year() if scope else int(records["earliest"].dt.year.max()) if len(records) else None
    if year is None:
        return None
    years = baseline_years(baseline, year)
    if reviewed_only:
        records = records[records["status"] == "reviewed"]
    touched = [records[name].dt.year.isin([year, *years]) for name in ("earliest", "latest")]
    return Many(records, year, years) if int((touched[0] | touched[1]).sum()) > MANY else None


def survey(
    book: Logbook,
    found: Many,
    path: Path,
    form: str,
    *,
    scope: Sequence[str] | None,
    methods: Sequence[Method],
    learn: bool,
    conditions: Sequence[str],
    tell: Callable[[str, int, int], None],
    engine: Engine,
) -> tuple[list[Path], bool, list[Problem]]:
    """Write the survey, and the table of all its episodes beside a page; what was written, and does anything match?

    Args:
        book: the logbook.
        found: its records.
        path: where the file goes.
        form: its format; one of :data:`TABLES` for the table alone.
        scope, methods, learn: as the comparison has them.
        conditions: in words, what narrows or widens the report.
        tell: told how far the work has got.
        engine: where the long parts of the comparison are done.

    Raises:
        CannotWrite: the folder or disk does not take it, or pyarrow is not installed.
    """
    from resight import bulk, outcomes, tallies
    from resight import report as report_
    from resight import survey as survey_
    from resight.public import PublicLogbook

    tell("comparing", 1, _STEPS)
    comparisons = bulk.compared(
        found.records,
        year=found.year,
        baseline_years=found.baseline_years,
        vocabulary=book.vocabulary,
        sites=book.sites,
        scope=scope,
        methods=methods,
        learn=learn,
        engine=engine,
    )
    tell("looking for the closest ones", 2, _STEPS)
    became = [outcomes.of(comparisons.found.episodes, one) for one in comparisons.scopes]
    tell("counting records and looks", 3, _STEPS)
    counted = tallies.of(found.records, comparisons, book.vocabulary)
    problems, moment = [*book.glance(), UNCHECKED], up_to(found.records)
    table = path.with_suffix(".parquet")
    written = []
    if form not in TABLES:
        beside = f"Every episode is a row of {table.name}, beside this page"
        tell("telling the strongest matches", 4, _STEPS)
        said = survey_.of(
            found.records,
            comparisons,
            became,
            counted,
            book.records_of,
            sites=book.sites,
            vocabulary=book.vocabulary,
            digest=book.digest_of_files(),
            digest_of=f"{'records' if isinstance(book, PublicLogbook) else 'data files'}, register and vocabulary",
            up_to=moment,
            problems=problems,
            table=f"{beside}." if form == "html" else "resight report --format parquet writes every episode as a row.",
            conditions=conditions,
            learn=learn,
            # Only the page has images.
            preview=preview_in(book) if form == "html" else None,
        )
        lay_out = {"html": report_.to_html, "md": report_.to_markdown, "json": report_.to_json}[form]
        write_text(path, lay_out(said))
        written.append(path)
    if form == "html" or form in TABLES:
        tell("writing every episode as a row", 5, _STEPS)
        rows = _roll().of(
            found.records, comparisons, became, _naming(book, comparisons, counted, moment), book.vocabulary
        )
        written.append(path.with_suffix(".csv" if form == "csv" else ".parquet"))
        _write_rows(rows, written[-1], conditions)
    return written, bool(len(comparisons.scopes[0].matched)), problems


def _naming(book: Logbook, comparisons: Comparisons, counted: Tallies, moment: str) -> roll.Naming:
    """What the rows of the table are called: as on the page."""
    from resight import comparison
    from resight import survey as survey_

    case = survey_.bare_case(comparisons, book.sites, book.vocabulary, moment)
    years = {"now": case.now, "then": case.then}

    def looks(site: str, side: str) -> str:
        tally = counted.of(site, side)
        return f"looks counted in {years[side]}: {tally.counted:,}" if tally.is_known else "looks not known"

    def assumed(one: Compared) -> str:
        return comparison.assumed(one.weighed.sizes, one.learned)

    named: roll.Naming = _roll().Naming(case.now, case.then, case.group, case.so_far, case.name, looks, assumed)
    return named


def up_to(records: GeoDataFrame) -> str:
    """The newest time of logging, as :func:`resight.study.up_to` has it of records."""
    from resight import dates

    moments = records["revised_at"].fillna(records["logged_at"]).dropna()
    return dates.utc_text(moments.max().to_pydatetime()) if len(moments) else "no record yet"


def write_text(path: Path, text: str) -> None:
    """Write a page, or say where else it could be written."""
    from resight.featurefile import write_atomically

    try:
        write_atomically(path, text.encode())
    except CannotWrite as error:
        raise CannotWrite(f"{error}; {ELSEWHERE}") from error


def write_ledger(lines: Sequence[Data], path: Path, conditions: Sequence[str]) -> None:
    """Write the ledger of a report as Parquet.

    Raises:
        CannotWrite: the folder or disk does not take it, or pyarrow is not installed.
    """
    _write_rows(_roll().of_ledger(lines), path, conditions)


def _roll() -> Any:
    try:
        from resight import roll
    except ImportError as error:
        what = "a table of all episodes needs pyarrow, which is not installed"
        raise CannotWrite(f"{what}: pip install 'resight[exchange]'") from error
    return roll


def _write_rows(rows: pa.Table, path: Path, conditions: Sequence[str]) -> None:
    from resight.featurefile import replaced

    write = _roll().write_csv if path.suffix == ".csv" else _roll().write_parquet
    try:
        with replaced(path, path.suffix) as beside:
            write(rows, beside, conditions)
    except CannotWrite as error:
        raise CannotWrite(f"{error}; {ELSEWHERE}") from error
