"""``resight list``, ``show`` and ``last``: what is on file, one record whole, and when a site was last looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from resight.commands.years import day_of
from resight.shell import chosen, command, filter_options, finish, open_logbook

if TYPE_CHECKING:
    from datetime import date as Day

    from resight.observation import Observation


@command("list")
@filter_options
@click.option("--json", "style", flag_value="json", help="A JSON array of Features.")
@click.option("--geojson", "style", flag_value="geojson", help="One GeoJSON FeatureCollection.")
def list_(style: str | None, **filters: Any) -> None:
    """List records, oldest first.

    Confidential sources are left out of --json and --geojson; `resight show ID` has them.

    \b
    Examples:
      resight list --site dunay
      resight list --year 2025 --platform ship --json
      resight list --outcome not-seen --geojson > empty.geojson
    """
    from resight import terminal

    book = open_logbook()
    found = chosen(book, filters)
    features = (record.to_feature() for record in found.records)
    if style == "json":
        terminal.dump_list("", features, "")
    elif style == "geojson":
        terminal.dump_list('{\n  "type": "FeatureCollection",\n  "features": ', features, "\n}")
    else:
        terminal.listing(found.records, book.vocabulary)
        if not len(found.records):
            click.echo("No record fits.", err=True)
    finish(found.problems)


@command()
@click.argument("identifier", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The record as a GeoJSON Feature.")
def show(identifier: str, as_json: bool) -> None:
    """Show every field of one record."""
    from resight import terminal

    book = open_logbook()
    located = book.find(identifier)
    record = located.record
    if as_json:
        terminal.dump(record.to_feature())
    else:
        where = f"{located.file}:{located.line}" if located.line else located.file
        terminal.details(record, book.sites.get(record.site), book.vocabulary, where)


_NONE = "none on file"


@command()
@click.argument("site", required=False)
@click.option("--platform", help="Only as far as this platform is concerned.")
@click.option("--as-of", metavar="DAY", help="Count the days up to this day (default: today).")
@click.option("--json", "as_json", is_flag=True)
def last(site: str | None, platform: str | None, as_of: str | None, as_json: bool) -> None:
    """When a site was last looked at: last look, last seen, last not seen, last cloud.

    Our own looks stand apart from published ones, which are published because they show something.

    \b
    Examples:
      resight last
      resight last sunan --platform il-76
    """
    from datetime import UTC, datetime

    from resight import dates, episodes, terminal
    from resight.vocabulary import Individual

    book = open_logbook()
    records, problems = book.read()
    known = book.vocabulary.resolve_platform(platform) if platform else None
    node = known.platform if isinstance(known, Individual) else known.id if known else None
    named = known.id if isinstance(known, Individual) else None
    with_records = {record.site for record in records}
    places = (
        [book.resolve_site(site)] if site else [s for s in book.sites.values() if s.watched or s.id in with_records]
    )
    day = day_of(as_of) if as_of else None
    rows: list[dict[str, Any]] = []
    for place in places:
        until = day or dates.local_day(datetime.now(UTC), place.timezone)
        upto = [r for r in records if r.bounds[0] <= until]
        for times in episodes.last_times(upto, place.id, node, book.vocabulary, individual=named):
            row: dict[str, Any] = {"site": place.id, "looks": "own" if times.own else "published"}
            for name in ("look", "seen", "not_seen", "cannot_tell"):
                record = getattr(times, name)
                row[name] = record and {"date": record.date, "id": record.id, "days": _days_since(record, until)}
            rows.append(row)
    if as_json:
        terminal.dump(rows)
    else:
        header = ("site", "looks", "last look", "last seen", "last not seen", "last cloud")
        cells = [[row["site"], row["looks"], *map(_since, list(row.values())[2:])] for row in rows]
        # Of a site nobody asked for and nobody watches, a row that says "none" four times only hides the others.
        wanted = {place.id for place in places if site or place.watched}
        terminal.table(header, [cell for cell in cells if cell[0] in wanted or set(cell[2:]) != {_NONE}])
    finish(problems)


def _days_since(record: Observation, until: Day) -> list[int]:
    """Least and most days since: two numbers, because a vague date gives bounds."""
    return [max((until - record.bounds[1]).days, 0), (until - record.bounds[0]).days]


def _since(found: Mapping[str, Any] | None) -> str:
    if not found:
        return _NONE
    low, high = found["days"]
    date = found["date"].replace("/", " to ")
    return f"{date}, {low} d ago" if low == high else f"{date}, {low}–{high} d ago"
