"""``resight import``: a file of another program, understood, shown and taken into the logbook."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resight.errors import PROBLEMS_FOUND, UnreadableFile
from resight.shell import command, finish, is_interactive, open_logbook

if TYPE_CHECKING:
    from resight.exchange.intake import Draft, Example, Reject, Terms
    from resight.exchange.mapping import Plan, Stated
    from resight.exchange.table import Options, Row, Table
    from resight.logbook import Logbook
    from resight.observation import Observation

#: What ``--help`` names, which must not load what knows it; a test holds it against the table of formats.
READ = "csv, tsv, xlsx, geojson, kml, kmz, gpkg, parquet, stac, timemap, atlos, osintgeo"
#: Rows by whose cells columns are guessed, and rejected rows that are shown.
_SAMPLE_ROWS = 200
_SHOWN_REJECTS = 5
_WIDTH = 80
#: Letters of what is said of a rejected row.
_REASON = 600


@command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--map", "maps", multiple=True, metavar="FIELD=COLUMN", help="The column that fills a field; may repeat.")
@click.option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help="A field's value where no column fills it.")
@click.option("--mapping", type=click.Path(path_type=Path), metavar="TOML", help="A file that says what columns mean.")
@click.option("--dates", type=click.Choice(["dmy", "mdy"]), help="Which comes first in 5/6/2025: day or month.")
@click.option("--sheet", metavar="NAME", help="Sheet or layer, by name or number (default: the first with rows).")
@click.option("--crs", metavar="EPSG:N", help="Coordinate system of the positions, where the file states none.")
@click.option("--encoding", metavar="NAME", help="Encoding of a text that is not Unicode: cp1251, cp1252 …")
@click.option("--format", "form", metavar="NAME", help=f"Read it as this, whatever it looks like: {READ}.")
@click.option("--dry-run", is_flag=True, help="Show what would be added; write nothing.")
@click.option(
    "--rejects", type=click.Path(path_type=Path), metavar="PATH", help="Where rejected rows go (FILE.rejected.csv)."
)
@click.option("--anyway", is_flag=True, help="Also what looks like a record on file, lies ahead, or far from the site.")
@click.option("--analyst", help="Who logs it (default: RESIGHT_ANALYST).")
@click.option("--bulk", is_flag=True, help="Many rows of CSV or Parquet, a million say: kept under observations/bulk.")
def import_(
    file: Path, maps: tuple[str, ...], sets: tuple[str, ...], mapping: Path | None, bulk: bool, **options: Any
) -> None:
    """Take the rows of a file into the logbook: CSV, XLSX, GeoJSON, KML …

    First it says how it understands the columns. Rows that cannot be records go to FILE.rejected.csv with the
    reason; corrected there, they are imported again. What is on file already is not added a second time.

    \b
    Examples:
      resight import sightings.xlsx --set basis=own --dry-run
      resight import sightings.csv --map site=Port --set basis=published
      resight import sightings.csv --mapping sightings.toml
      resight import places.kmz --set basis=own --set platform=ropucha
      resight import from-a-colleague.gpkg
      resight import detections.parquet --bulk --set basis=own
    """
    from datetime import UTC, datetime

    book = open_logbook()
    if bulk:
        _import_bulk(book, file, _stated(maps, sets, mapping, options["dates"]), options)
        return
    from resight import terminal
    from resight.exchange import formats, intake, own, rejected

    now = datetime.now(UTC)
    stated = _stated(maps, sets, mapping, options["dates"])
    with terminal.progress() as progress:
        progress(f"reading {file.name}", 0, 0)
        table, rows = _read(file, stated, options, book)
        terms = intake.Terms(book.sites, book.vocabulary, now, table.day_zero, options["anyway"])
        checking = f"checking {len(rows):,} rows"

        def checked(done: int, of: int) -> None:
            progress(checking, done, of)

        notes = own.statements(table.columns, rows)
        click.echo(f"{file.name}: {formats.FORMATS[table.form].words}, {len(rows):,} row{'s' * (len(rows) != 1)}")
        if own.is_ours(table.columns) and not stated.rules and any(map(own.is_whole, rows[:_SAMPLE_ROWS])):
            click.echo("Records of resight, taken as they are.")
            found = intake.whole(rows, table.columns, terms, checked)
        else:
            plan, read, said = _understood(table, rows, stated, terms)
            notes += said
            _say_understood(plan, intake.examples(plan, rows, read))
            refusal = intake.missing(plan, table.columns)
            if refusal:
                raise refusal
            analyst = options["analyst"] or os.environ.get("RESIGHT_ANALYST") or None
            found = intake.records(rows, plan, read, terms, analyst=analyst, progress=checked)
        progress("comparing with what is on file", 0, 0)
        kept = intake.sorted_out(found.drafts, _on_file(book, found.drafts), terms)
    for note in (*table.notes, *notes, *found.notes):
        terminal.say(note, level="notice")
    rejects = sorted([*found.rejects, *kept.rejects], key=lambda reject: reject.row.number)
    records, there = [draft.record for draft in kept.added], kept.there
    columns = table.columns
    # A hundred thousand rows and what was made of them need not be held while they are written.
    del rows, table, found, kept
    if options["dry_run"]:
        _say_outcome(len(records), there, rejects, "would be added", None)
        click.echo("Nothing was written (--dry-run).")
    else:
        question = f"{_numbers(len(records), there, rejects, 'to add')}. Go on?"
        if records and is_interactive() and not click.confirm(question, default=True):
            click.echo("Nothing was written.")
            return
        where = _write_rejects(file, options["rejects"], rejected.text(columns, rejects)) if rejects else None
        with terminal.progress() as progress:
            progress(f"writing {len(records):,} records", 0, 0)
            with _said_when_interrupted():
                book.add(*records, anyway=True, command="import", now=now)
        _say_outcome(len(records), there, rejects, "added", where)
    finish(book.file_problems(), PROBLEMS_FOUND if rejects else 0)


def _import_bulk(book: Logbook, file: Path, stated: Stated, options: Mapping[str, Any]) -> None:
    """``--bulk``: the same by columns, with the same words; what is added stands in bulk files."""
    from datetime import UTC, datetime

    from resight import bulkfile, terminal
    from resight.exchange import formats, rejected

    bulkfile.parquet()
    from resight.exchange import bulkintake, intake, own

    now, analyst = datetime.now(UTC), options["analyst"] or os.environ.get("RESIGHT_ANALYST") or None
    with terminal.progress() as progress:
        progress(f"reading {file.name}", 0, 1)
        asked = _options(options, stated)
        columns = formats.read_columns(file, asked, options["form"])
        terms = intake.Terms(book.sites, book.vocabulary, now, None, options["anyway"])
        number = columns.cells.num_rows + len(columns.odd)
        first = bulkintake.sample(columns)
        if not number:
            raise _empty(file, first.columns)
        click.echo(f"{file.name}: {formats.FORMATS[columns.form].words}, {number:,} row{'s' * (number != 1)}")
        checking = f"checking {number:,} rows"

        def checked(done: int, of: int) -> None:
            progress(checking, done, of)

        rows = tuple(first.rows)
        notes = list(columns.notes)
        if own.is_ours(first.columns) and not stated.rules and any(map(own.is_whole, rows)):
            click.echo("Records of resight, taken as they are.")
            found = bulkintake.whole(columns, terms)
        else:
            plan, read, said = _understood(
                first, rows, stated, terms, lambda names: bulkintake.different(columns, names)
            )
            notes += said
            _say_understood(plan, intake.examples(plan, rows, read))
            refusal = intake.missing(plan, first.columns)
            if refusal:
                raise refusal
            found = bulkintake.records(columns, plan, read, terms, analyst=analyst, progress=checked)
        progress("comparing with what is on file", 1, 1)
        on_file = bulkintake.asked_for(found.rows)
        in_bulk, others = (
            (book.bulk_rows(**on_file), book.wordings(**on_file, bulk=False))
            if on_file
            else (bulkfile.schema().empty_table(), [])
        )
        kept = bulkintake.sorted_out(found, columns, in_bulk, others, terms)
    for note in (*notes, *found.notes):
        terminal.say(note, level="notice")
    rejects = sorted([*found.rejects, *kept.rejects], key=lambda reject: reject.row.number)
    added, there = kept.rows, kept.there
    if options["dry_run"]:
        _say_outcome(added.num_rows, there, rejects, "would be added", None)
        click.echo("Nothing was written (--dry-run).")
    else:
        question = f"{_numbers(added.num_rows, there, rejects, 'to add')}. Go on?"
        if added.num_rows and is_interactive() and not click.confirm(question, default=True):
            click.echo("Nothing was written.")
            return
        where = _write_rejects(file, options["rejects"], rejected.text(first.columns, rejects)) if rejects else None
        number = added.num_rows
        with terminal.progress() as progress:
            progress(f"writing {number:,} records", 0, 1)
            with _said_when_interrupted():
                book.add_bulk(added, source=file.name, by=analyst, now=now)
        _say_outcome(number, there, rejects, "added", where)
    finish(book.file_problems(), PROBLEMS_FOUND if rejects else 0)


@contextlib.contextmanager
def _said_when_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        again = "The file is in the logbook whole or not at all: the same command again adds what is missing."
        click.echo(f"\n{again}", err=True)
        raise


def _stated(maps: Sequence[str], sets: Sequence[str], path: Path | None, dates: str | None) -> Stated:
    from resight.exchange import mapping

    stated = mapping.Stated()
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise UnreadableFile(f"there is no mapping file {path}") from None
        except UnicodeDecodeError as error:
            raise UnreadableFile(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from None
        stated = mapping.from_toml(text, path.name)
    stated = mapping.from_options(maps, sets, stated)
    return stated._replace(dates=dates or stated.dates)


def _read(file: Path, stated: Stated, options: Mapping[str, Any], book: Logbook) -> tuple[Table, tuple[Row, ...]]:
    from resight.exchange import footprints, formats, rejected

    asked = _options(options, stated)
    table = rejected.undone(formats.read(file, asked, options["form"]))
    if "site" not in stated.rules:
        table = footprints.over_sites(table, book.sites)
    rows = tuple(table.rows)
    if not rows:
        raise _empty(file, table.columns)
    return table, rows


def _options(options: Mapping[str, Any], stated: Stated) -> Options:
    from resight.exchange.table import Options

    return Options(
        options["sheet"] or stated.sheet, options["crs"] or stated.crs, options["encoding"] or stated.encoding
    )


def _empty(file: Path, columns: Sequence[str]) -> UnreadableFile:
    named = f"has columns and no rows: {', '.join(columns)}" if columns else "holds no rows"
    return UnreadableFile(f"{file.name} {named}")


def _understood(
    table: Table,
    rows: Sequence[Row],
    stated: Stated,
    terms: Terms,
    all_of: Callable[[Sequence[str]], Sequence[Row]] | None = None,
) -> tuple[Plan, Any, list[str]]:
    """What the columns mean, and what reads them; ``all_of`` gives all cells of some columns, where rows are a part."""
    from resight.exchange import intake, mapping
    from resight.exchange.cells import Context, Reader

    trial = Reader(Context(terms.sites, terms.vocabulary, {}, terms.day_zero))
    plan = mapping.plan(table, rows[:_SAMPLE_ROWS], stated, trial.fits)
    read, notes = intake.reader(plan, all_of(intake.dated(plan)) if all_of else rows, terms)
    return plan, read, notes


def _on_file(book: Logbook, drafts: Sequence[Draft]) -> list[tuple[Observation, ...]]:
    """The records that the drafts may be among, each with its earlier wordings."""
    if not drafts:
        return []
    days = min(draft.record.earliest for draft in drafts), max(draft.record.latest for draft in drafts)
    return book.wordings(between=days, sites={draft.record.site for draft in drafts})


def _say_understood(plan: Plan, examples: Sequence[Example]) -> None:
    """The preview: what each column fills, with its first filled cell and what became of it."""
    from resight import terminal

    lines = [
        (
            " + ".join(example.columns) or "(every row)",
            example.field,
            example.cell if example.columns else "",
            example.became,
            "" if example.why == "stated" else example.why,
        )
        for example in examples
    ]
    for line in _columns(("column", "field", "example", "became", "taken"), lines):
        click.echo(terminal.printable(line))
    if plan.rule("method") is None:
        terminal.say("No column says by which method; each row is taken as an optical image (--set method=…)")
    if plan.unused:
        terminal.say(f"Not used: {_short(', '.join(plan.unused), _REASON)}")


def _columns(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table that is no wider than a common terminal; what does not fit is cut with an ellipsis."""
    # Of a long text no more is looked at than could be shown.
    shown = [[" ".join(cell.split())[: _WIDTH + 1] for cell in line] for line in (head, *lines)]
    widths = [max(len(line[at]) for line in shown) for at in range(len(head))]
    gaps = 2 * (len(head) - 1)
    while sum(widths) + gaps > _WIDTH:
        # Names of fields are what is typed after --map: they are never cut.
        at = max((n for n in range(len(widths)) if n not in (1, 4)), key=lambda n: widths[n])
        widths[at] -= 1
    cut = [
        [cell if len(cell) <= w else cell[: w - 1] + "…" for cell, w in zip(line, widths, strict=True)]
        for line in shown
    ]
    return ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in cut]


def _numbers(added: int, there: int, rejects: Sequence[Reject], verb: str) -> str:
    from resight.wording import numbered

    parts = [f"{numbered(added, 'record')} {verb}"]
    if there:
        parts.append(f"{there} already there")
    if rejects:
        parts.append(f"{numbered(len(rejects), 'row')} rejected")
    return ", ".join(parts)


def _say_outcome(added: int, there: int, rejects: Sequence[Reject], verb: str, where: Path | None) -> None:
    from resight import terminal

    for reject in rejects[:_SHOWN_REJECTS]:
        at = f"row {reject.row.number}" + (f", {reject.column} {_short(reject.value)!r}" if reject.column else "")
        # What is said of a cell of a million letters may have all of them; the file of rejects has it whole.
        terminal.say(f"{at}: {_short(reject.reason, _REASON)}", level="error", err=True)
    if len(rejects) > _SHOWN_REJECTS:
        click.echo(f"… and {len(rejects) - _SHOWN_REJECTS:,} more rejected rows", err=True)
    click.echo(_numbers(added, there, rejects, verb) + ".")
    if where is not None:
        terminal.say(f"Rejected rows are in {where}: correct them there and import that file in the same way.")


def _short(text: str, most: int = _WIDTH) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _write_rejects(file: Path, asked: Path | None, text: str) -> Path:
    """Write the rejected rows where nothing is overwritten that somebody may have begun to correct."""
    from resight.featurefile import write_atomically

    data = text.encode("utf-8-sig")
    path = asked or file.with_name(f"{file.name}.rejected.csv")
    number = 1
    while asked is None and path.exists() and path.read_bytes() != data:
        number += 1
        path = file.with_name(f"{file.name}.rejected-{number}.csv")
    write_atomically(path, data)
    return path
