"""``resight amend``, ``review`` and ``withdraw``: correct a record, vouch for it, or take it out of every answer."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from resight.commands.fields import fields_of, platforms_of, record_options, resolve_date, with_sides
from resight.errors import InvalidValue
from resight.shell import command, open_logbook

if TYPE_CHECKING:
    from resight.observation import Observation


@command()
@click.argument("identifier", metavar="ID")
@record_options
@click.option(
    "--platform", "platforms", multiple=True, metavar="NAME[:HULL]", help="Another platform, and its hull or tail."
)
@click.option("--site", "site", help="Another site.")
@click.option("--outcome", type=click.Choice(["seen", "not-seen", "cannot-tell"]), help="Another outcome.")
@click.option("--clear", "cleared", multiple=True, metavar="FIELD", help="Empty a field; may repeat.")
@click.option("--by", help="Who amends it (default: RESIGHT_ANALYST).")
@click.option("--anyway", is_flag=True, help="Amend it though it then lies far from the site, or ahead in time.")
def amend(
    identifier: str, platforms: tuple[str, ...], site: str | None, cleared: tuple[str, ...], **options: Any
) -> None:
    """Correct a record: the revision goes up by one, the journal keeps the earlier wording.

    A source, tag or relation is added to those there are; with --clear sources (tags, relates) it replaces them.
    --grade, --published and --confidential without an address speak of the source on file.

    \b
    Examples:
      resight amend dunay-2025-05-18-ropucha-class --count 1 --berth 'Pier 1'
      resight amend dunay-2025-05-18-ropucha-class --clear hedge --clear hedge_on
    """
    from datetime import UTC, datetime

    book = open_logbook()
    from resight import dates, dimensions, terminal
    from resight.observation import PROPERTY_NAMES
    from resight.vocabulary import near_names

    changes = fields_of(options, book)
    if options["count_text"]:
        # A count is told as a whole: what it does not say of its bounds is not known any more.
        changes = {"count": None, "count_min": None, "count_max": None, **changes}
    if len(platforms) > 1:
        raise click.UsageError("a record holds one platform; log the others with --with")
    if platforms:
        changes |= {"platform_name": None, **platforms_of(platforms, book.vocabulary)[0]}
        if changes["platform_name"]:
            changes.setdefault("count", 1)
    if site:
        changes["site"] = book.resolve_site(site).id
    if options["outcome"]:
        changes["outcome"] = options["outcome"]
    for name in cleared:
        if name not in (*PROPERTY_NAMES, "geometry"):
            near = near_names(name, PROPERTY_NAMES)
            raise InvalidValue(
                "--clear", name, f"{name!r} is not a field" + (f"; did you mean {' or '.join(near)}?" if near else "")
            )
        if name in ("date", "outcome", "revision", "logged_at", "status"):
            raise InvalidValue("--clear", name, f"{name} is never empty; amend it to another value instead")
        changes.setdefault(name, None)
    if not changes:
        raise click.UsageError("nothing to amend: name a field, such as --count 1 or --clear berth")
    before = book.get(identifier)
    changes |= _added(changes, before, cleared)
    where = book.sites.get(changes.get("site", before.site))
    if "date" in changes and where:
        today = dates.local_day(datetime.now(UTC), where.timezone)
        changes["date"] = resolve_date(changes["date"], where, today, anyway=options["anyway"])
    if options["shape"]:
        # The sides of an earlier shape are not those of this one.
        proposed = before.with_changes(**{"length_m": None, "width_m": None, **changes})
        drawn = with_sides(proposed, book.vocabulary)
        changes |= {name: getattr(drawn, name) for name in ("length_m", "width_m")}
    by = options["by"] or os.environ.get("RESIGHT_ANALYST")
    after = book.amend(identifier, by=by, anyway=options["anyway"], **changes)
    terminal.changed(before, after)
    measured = dimensions.sentence(vars(after), book.vocabulary)
    if measured != dimensions.sentence(vars(before), book.vocabulary):
        terminal.say(f"measured {measured}" if measured else "nothing measured", indent="  ")


def _added(changes: Mapping[str, Any], before: Observation, cleared: Sequence[str]) -> dict[str, Any]:
    """The lists among the changes, added to what the record holds unless that is cleared."""
    added: dict[str, Any] = {}
    for name in ("tags", "relates"):
        if changes.get(name) and name not in cleared:
            held = [item if isinstance(item, str) else dict(item) for item in getattr(before, name)]
            added[name] = (*held, *(item for item in changes[name] if item not in held))
    if changes.get("sources") and "sources" not in cleared:
        sources = [
            {key: value for key, value in dict(source).items() if value is not None} for source in before.sources
        ]
        added["sources"] = tuple(_with_source(sources, changes["sources"][0]))
    return added


def _with_source(held: list[dict[str, Any]], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A source added to those on file, or what is said of the one on file that it names."""
    named = given.keys() & {"url", "title", "published_by"}
    same = [source for source in held if all(source.get(key) == given[key] for key in named)]
    if not same and named:
        return [*held, dict(given)]
    if len(same) != 1:
        number = "no source" if not held else f"{len(held)} sources"
        what = f"the record has {number}: say which one"
        raise InvalidValue("sources", dict(given), what, allowed="--source URL or --publisher NAME beside it")
    return [{**source, **given} if source is same[0] else source for source in held]


@command()
@click.argument("identifier", metavar="ID")
@click.option("--by", required=True, help="Who reviewed it.")
def review(identifier: str, by: str) -> None:
    """Mark a record as reviewed by a second person."""
    from resight import terminal

    book = open_logbook()
    terminal.changed(book.get(identifier), book.review(identifier, by=by))


@command()
@click.argument("identifier", metavar="ID")
@click.option("--why", required=True, help="The reason; it is kept with the record.")
@click.option("--by", help="Who withdraws it (default: RESIGHT_ANALYST).")
def withdraw(identifier: str, why: str, by: str | None) -> None:
    """Take a record out of every answer; it is kept, with the reason, and never deleted."""
    from resight import terminal

    book = open_logbook()
    by = by or os.environ.get("RESIGHT_ANALYST")
    terminal.changed(book.get(identifier), book.withdraw(identifier, why=why, by=by))
