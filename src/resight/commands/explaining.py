"""``resight why``: all the evidence for one match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from resight.commands.years import bad_baseline, baseline_years, compare
from resight.errors import InvalidValue
from resight.shell import command, finish, open_logbook

if TYPE_CHECKING:
    from resight.comparison import Comparison
    from resight.episodes import Episode
    from resight.evidence import Pair
    from resight.logbook import Logbook
    from resight.observation import Observation


@command()
@click.argument("identifier", metavar="ID")
@click.argument("other", metavar="[ID]", required=False)
@click.option("--baseline", metavar="YEAR", help="Year to compare with, or several: 2022..2024.")
@click.option("--json", "as_json", is_flag=True, help="The same numbers as JSON.")
def why(identifier: str, other: str | None, baseline: str | None, as_json: bool) -> None:
    """Show all the evidence for one match of the report, or for the best there is where nothing matches.

    With two records: the evidence that the later one repeats the earlier one.

    \b
    Examples:
      resight why dunay-2025-05-18-ropucha-class
      resight why dunay-2025-05-18-ropucha-class dunay-2024-ropucha-class
    """
    from resight import episodes, terminal

    book = open_logbook()
    # The record is looked up among the withdrawn ones, too: of those it can still be said why they do not count.
    named = [book.get(name) for name in (identifier, other) if name is not None]
    records, problems = book.read()
    found = episodes.find(records, book.vocabulary)
    held: list[Episode] = []
    reason = ""
    for record in named:
        episode = next((e for e in found if any(s.id == record.id for s in e.sightings)), None)
        reason = reason or terminal.why_not_compared(record, episode, book.vocabulary)
        held += [episode] if episode else []
    chosen = None
    if not reason:
        two = len(held) == 2
        chosen = _pair_of_two(book, records, held, baseline) if two else _pair_of_one(book, records, held[0], baseline)
        reason = f"{identifier} has nothing to be compared with: no sighting of the other year is on file."
    if chosen is None:
        if as_json:
            terminal.dump({"compared": False, "why": reason})
        else:
            terminal.say(reason)
    elif as_json:
        terminal.dump(terminal.evidence_as_json(*chosen, book.vocabulary))
    else:
        click.echo(terminal.evidence_in_words(*chosen, book.vocabulary))
    finish(problems)


def _pair_of_one(
    book: Logbook, records: Sequence[Observation], episode: Episode, baseline: str | None
) -> tuple[Comparison, Pair] | None:
    """The match of an episode, as this year's or as last year's; else the best pair it has."""
    year = episode.year or 0
    then = baseline_years(baseline, year)
    steps = [compare(book, records, year, then)]
    if baseline is None:
        # It may be the one that the following year repeats.
        steps.append(compare(book, records, year + 1, (year,)))
    comparisons = [comparison for step in steps for comparison in step.comparisons]
    for comparison in comparisons:
        for pair in comparison.matches:
            if episode.id in (pair.current.id, pair.baseline.id):
                return comparison, pair
    held = [c for c in comparisons if any(episode.id == e.id for e in (*c.current, *c.baseline))]
    return next(((c, best) for c in held if (best := c.best_of(episode))), None)


def _pair_of_two(
    book: Logbook, records: Sequence[Observation], two: Sequence[Episode], baseline: str | None
) -> tuple[Comparison, Pair]:
    """The pair of two episodes, the earlier year's as the baseline."""
    then, now = sorted(two, key=lambda episode: episode.year or 0)
    before, year = then.year or 0, now.year or 0
    if before == year:
        raise InvalidValue(
            "ID",
            now.id,
            f"{then.id} and {now.id} are both of {year}" if then.id != now.id else f"both are in the visit {now.id}",
            allowed="records of two different years",
            example="resight why dunay-2025-05-18-ropucha-class dunay-2024-ropucha-class",
        )
    years = (before,) if baseline is None else baseline_years(baseline, year)
    if before not in years:
        bad_baseline(baseline or "", year, f"{baseline} does not hold {before}, the year of {then.id}")
    for comparison in compare(book, records, year, years).comparisons:
        if any(e.id == then.id for e in comparison.baseline) and any(e.id == now.id for e in comparison.current):
            return comparison, comparison.weighed(then, now)
    raise InvalidValue(
        "ID",
        now.id,
        f"{then.id} ({then.site}) and {now.id} ({now.site}) are never held against each other",
        allowed="two records of the watched sites, or two of one other site",
    )
