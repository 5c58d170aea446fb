"""``resight report``: whether this year's pattern repeats the one of the year before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resight.commands.pages import Years, folder_of_pages, preview_in, report_name
from resight.commands.years import baseline_years, compare, moment_in_name, moment_of, year_of, years_option
from resight.errors import InvalidValue, Problem
from resight.shell import command, finish, open_logbook, public_options

if TYPE_CHECKING:
    from datetime import datetime

    from resight.changes import Changes
    from resight.logbook import Logbook
    from resight.observation import Method, Observation
    from resight.public import Terms


#: Exit status of `report --fail-on-repeat` when something in the headline group matches.
REPEAT_FOUND = 10


@command()
@years_option
@public_options
@click.option("--site", "names", multiple=True, help="Compare this site instead of the watched ones; may repeat.")
@click.option("--reviewed-only", is_flag=True, help="Only records that a second person has reviewed.")
@click.option("--methods", metavar="LIST", help="Methods that count, with commas (default: optical,radar).")
@click.option(
    "--learn", is_flag=True, help="Learn m from the two years where there are 100 episodes or more of this year."
)
@click.option("--since", metavar="DATE", help="Put first what was logged, corrected or withdrawn since this day (UTC).")
@click.option("--as-of", metavar="DATE", help="The logbook as it stood at the end of this day (UTC).")
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "md", "json", "csv", "parquet"]),
    default="html",
    help="A page, its text, its numbers, or every episode as a row (csv, parquet).",
)
@click.option(
    "--engine",
    "engine_name",
    type=click.Choice(["here", "dask"]),
    default="here",
    help="Where the long work is done: in this process, or by the workers of a dask cluster.",
)
@click.option(
    "--scheduler", metavar="ADDRESS", help="Of a dask scheduler (default: workers on this machine, one a core)."
)
@click.option("--fail-on-repeat", is_flag=True, help="Exit status 10 when something in the headline group matches.")
def report(
    year: int | None,
    baseline: str | None,
    output: str | None,
    names: tuple[str, ...],
    reviewed_only: bool,
    methods: str | None,
    learn: bool,
    since: str | None,
    as_of: str | None,
    form: str,
    engine_name: str,
    scheduler: str | None,
    fail_on_repeat: bool,
    terms: Terms | None,
) -> None:
    """Write the pattern-similarity report: which sighting resembles which of last year's, why, and how sure.

    A report that is narrowed or widened has a name of its own; the standard one stays as it is.

    With --as-of the records have the wording they had then; sites and vocabulary are those of today. --since puts
    first what happened to the records from that day on, up to --as-of. Both take a moment, too, such as
    2026-11-16T09:00:00+09:00.

    \b
    Examples:
      resight report --year 2025 --baseline 2022..2024
      resight report --site sunan --methods optical,radar,flight-tracking
      resight report --reviewed-only --fail-on-repeat
      resight report --since 2026-11-23 --as-of 2026-11-30
      resight report --format csv
      resight report --engine dask --scheduler tcp://10.0.0.5:8786
    """
    from resight import changes as changes_
    from resight import dates, findings, listing, study, terminal
    from resight import engine as engine_
    from resight import report as report_
    from resight.commands import surveying
    from resight.observation import LOOK_METHODS

    if terms and since is not None:
        raise click.UsageError("--since tells what records said before, which is for colleagues: leave out --public")
    if scheduler is not None and engine_name != "dask":
        raise click.UsageError("--scheduler is one of dask: add --engine dask")
    book = open_logbook(terms)
    scope = tuple(dict.fromkeys(book.resolve_site(name).id for name in names)) or None
    admitted = _methods(methods) if methods is not None else LOOK_METHODS
    until = moment_of(as_of, "--as-of", is_end=True) if as_of is not None else None
    begin = moment_of(since, "--since", is_end=False) if since is not None else None
    if begin and until and begin > until:
        raise InvalidValue("--since", since, f"{since} lies after --as-of {as_of}", allowed="a day up to that one")
    conditions = ["Only reviewed records"] if reviewed_only else []
    if admitted != LOOK_METHODS:
        conditions.append(f"Methods compared: {', '.join(admitted)}")
    if until:
        conditions.append(f"As the logbook stood on {changes_.moment_in_words(until, is_end=True)}")
    conditions += terms.statements if terms else ()
    more = ["learned"] if learn else []
    more += [f"since-{moment_in_name(begin, is_end=False)}"] if begin else []
    more += [f"as-of-{moment_in_name(until, is_end=True)}"] if until else []
    suffix = _narrowed(scope, reviewed_only, admitted, more)
    folder = folder_of_pages(book, output, terms)

    def path_of(years: Years) -> Path:
        return (folder / report_name(years, suffix)).with_suffix(f".{form}")

    with terminal.progress() as progress:
        progress("reading the records", 0, 0)
        many = surveying.many(book, year, baseline, scope, reviewed_only=reviewed_only)
    if many:
        for option, asked in (("--as-of", as_of), ("--since", since)):
            _refuse_moment(option, asked, len(many.records))
        how: dict[str, Any] = {"scope": scope, "methods": admitted, "learn": learn, "conditions": conditions}
        with engine_.opened(engine_name, scheduler) as engine, terminal.progress() as progress:
            how |= {"tell": progress, "engine": engine}
            written, is_repeat, problems = surveying.survey(book, many, path_of(many), form, **how)
        for path in written:
            click.echo(str(path))
        finish(problems, REPEAT_FOUND if fail_on_repeat and is_repeat else 0)
        return
    # Of very many records only those asked for are read and checked.
    only: dict[str, Any] = {"sites": scope} if scope and book.holds_more_than(listing.MANY) else {}
    if only and year is None:
        year = book.newest_year()
    records, problems = book.read(as_of=until, **only)
    if until is not None and year is None and not records:
        raise InvalidValue(
            "--as-of", as_of, f"nothing was logged yet as of {as_of}", allowed="a later day, or a --year"
        )
    year = year_of(records, year)
    years = baseline_years(baseline, year)
    records = [
        record
        for record in records
        if (scope is None or record.site in scope) and (not reviewed_only or record.status == "reviewed")
    ]
    repeats = compare(book, records, year, years, scope=scope, methods=admitted, learn=learn)
    changes, found = _changes(book, begin, until, scope, reviewed_only) if begin else (None, [])
    problems += [problem for problem in found if problem not in problems]
    path = path_of(repeats)
    with engine_.opened(engine_name, scheduler) as engine, terminal.progress() as progress:
        said = findings.of(
            records,
            repeats,
            sites=book.sites,
            vocabulary=book.vocabulary,
            digest=book.digest(records),
            up_to=dates.utc_text(until) if until else study.up_to(records),
            problems=book.check(as_of=until, **only),
            conditions=conditions,
            learn=learn,
            changes=changes,
            progress=progress,
            # Only the page has images.
            preview=preview_in(book) if form == "html" else None,
            engine=engine,
        )
    if form == "parquet":
        surveying.write_ledger(said.ledger, path, conditions)
    else:
        formats = {
            "html": report_.to_html,
            "md": report_.to_markdown,
            "json": report_.to_json,
            "csv": report_.to_csv,
        }
        surveying.write_text(path, formats[form](said))
    click.echo(str(path))
    # A broken line elsewhere must not hide the repeat from a script that waits for it: 10 comes before 1.
    finish(problems, REPEAT_FOUND if fail_on_repeat and repeats.watched.matches else 0)


def _refuse_moment(option: str, asked: str | None, number: int) -> None:
    """A survey counts records as they stand: how each of them stood at another time is not among its columns."""
    if asked is not None:
        what = f"{number:,} records are too many to be followed through the journal"
        raise InvalidValue(
            option, asked, what, allowed="the report of one site", example=f"--site SITE {option} {asked}"
        )


def _changes(
    book: Logbook, since: datetime, until: datetime | None, scope: Sequence[str] | None, reviewed_only: bool
) -> tuple[Changes, list[Problem]]:
    """What happened to the records in the time, and what is not known of its beginning.

    With ``reviewed_only`` it is told of the records that were reviewed at its beginning or at its end.
    """
    from resight import changes

    earlier, problems = book.read(withdrawn=True, as_of=changes.just_before(since))
    later, _ = book.read(withdrawn=True, as_of=until)
    # A hand edit whose time is not known may lie after the end.
    outside = book.changed_outside() if until is None else []
    reviewed = {record.id for record in (*earlier, *later) if record.status == "reviewed"}

    def is_told(record: Observation) -> bool:
        return (scope is None or record.site in scope) and (not reviewed_only or record.id in reviewed)

    # A record that was moved to another site is told at both, so it takes both of its wordings.
    told = {record.id for record in (*earlier, *later) if is_told(record)}
    found = changes.between(
        [record for record in earlier if record.id in told],
        [record for record in later if record.id in told],
        since=since,
        until=until,
        sites=book.sites,
        vocabulary=book.vocabulary,
        outside=[pair for pair in outside if pair[1].id in told],
    )
    return found, problems


def _methods(text: str) -> tuple[Method, ...]:
    """The methods of a list with commas, in the order of the vocabulary."""
    from resight.observation import METHODS

    named = {part.strip() for part in text.split(",")} - {""}
    unknown = sorted(named.difference(METHODS))
    if unknown or not named:
        what = f"{', '.join(map(repr, unknown))} is no method" if unknown else "no method is named"
        raise InvalidValue(
            "--methods", text, what, allowed=", ".join(METHODS), example="--methods optical,radar,flight-tracking"
        )
    return tuple(method for method in METHODS if method in named)


def _narrowed(scope: Sequence[str] | None, reviewed_only: bool, methods: Sequence[Method], more: Sequence[str]) -> str:
    """What sets the name of such a report apart from the standard one."""
    from resight.observation import LOOK_METHODS

    added = [method for method in methods if method not in LOOK_METHODS]
    changed = added if set(methods) >= set(LOOK_METHODS) else ["only", *methods]
    return "".join(f"-{part}" for part in (*sorted(scope or ()), *["reviewed-only"] * reviewed_only, *changed, *more))
