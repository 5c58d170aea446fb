"""Two years laid over each other, told: how alike they are, at what shift, what falls on what, and could it be chance.

The numbers are those of :mod:`resight.pattern` and :mod:`resight.chance`; here they are put into words, withheld where
they could not be had.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from resight import chance, pattern
from resight.case import Case
from resight.comparison import Comparison
from resight.effort import Effort, p_text
from resight.episodes import Episode
from resight.listing import NUMBERS, some
from resight.wording import Data, numbered

#: Up to so many episodes a year, agreement of the years says little.
FEW = 3
#: A likeness known no closer than this is called too vague.
VAGUE = 0.25
#: Of several shifts that fit as well, so many are named.
SHIFTS_SHOWN = 3


class Overlay(NamedTuple):
    """This year laid over one year of the baseline."""

    year: int
    #: In sentences; none where one of the two years is empty.
    said: list[str]
    #: The likeness of each site by itself, where several are compared as one group.
    alone: list[str]
    #: Title and lines of what falls together and what falls on nothing.
    lists: list[Data]
    numbers: Data

    @property
    def is_testable(self) -> bool:
        """Could chance be tested?"""
        return bool(self.numbers["chance"] and self.numbers["chance"]["testable"])


class Overlays:
    """This year laid over the years of the baseline."""

    def __init__(self, case: Case, effort: Effort) -> None:
        self._case, self._effort = case, effort
        self._found: dict[tuple[str, ...], tuple[Overlay, ...]] = {}

    def over(self, comparison: Comparison) -> tuple[Overlay, ...]:
        """This year laid over each year of the baseline."""
        if comparison.scope not in self._found:
            years = self._case.repeats.baseline_years
            self._found[comparison.scope] = tuple(self._overlay(comparison, year) for year in years)
        return self._found[comparison.scope]

    def _overlay(self, comparison: Comparison, year: int) -> Overlay:
        then = [e for e in comparison.baseline if e.year == year]
        found = self._likeness_of(then, comparison.current)
        if found is None:
            said: list[str] = []
            if then and comparison.current:
                said = [f"{self._case.now} against {year}: too many episodes at one site to lay them over each other."]
            return Overlay(year, said, [], [], {"baseline_year": year, "likeness": None, "chance": None})
        tested = self._chance(then, comparison.current, comparison.scope)
        lead = [f"{self._case.now} laid over {year}: {_likeness_text(found)}."]
        if found.high > found.low + VAGUE:
            lead.append("The dates, or what is known of the platforms, are too vague to narrow this down.")
        if found.high and min(found.n_baseline, found.n_current) <= FEW:
            numbers = f"{found.n_baseline} in {year}, {found.n_current} in {self._case.now}"
            lead.append(f"With so few episodes ({numbers}) some shift always fits, so this says little.")
        if not found.is_exact:
            lead.append("Only the likeliest shifts were tried, those of the labelled correlogram.")
        lead.append(self._chance_text(tested, len(then) * len(comparison.current)))
        alone = self._sites_alone(comparison, then, found) if len(comparison.scope) > 1 else []
        return Overlay(year, lead, alone, self._lists(found, comparison, year, then), _numbers(found, tested, year))

    def _lists(self, found: pattern.Likeness, comparison: Comparison, year: int, then: list[Episode]) -> list[Data]:
        """What falls on what at the shift, and what is left over; each line with the ids of its records."""
        lists: dict[str, list[tuple[str, ...]]] = {
            f"Fall together at a shift of {_shift_text(found.shift)}": [(p.current, p.baseline) for p in found.matched],
            "Same time, other type: not a match": [(p.current, p.baseline) for p in found.same_time_other_type],
            f"{self._case.now}: falls on nothing": [(one,) for one in found.without_precedent],
            f"{year}: nothing falls on it": [(one,) for one in found.not_repeated],
        }
        told = {e.id: self._case.described(e) for e in (*then, *comparison.current)}
        return [
            {"title": title, **some(lines, lambda ids: (", and ".join(told[one] for one in ids), ids), all_in=NUMBERS)}
            for title, lines in lists.items()
            if lines and found.high
        ]

    def _chance(self, then: Sequence[Episode], now: Sequence[Episode], scope: Sequence[str]) -> chance.Chance | None:
        baseline, current = [pattern.event_of(e) for e in then], [pattern.event_of(e) for e in now]
        return chance.of(baseline, current, self._exchangeable(now, scope), cost=self._label_cost)

    def _chance_text(self, found: chance.Chance | None, pairs: int) -> str:
        """Whether chance would do as well, as far as the looks of this year can tell."""
        asked, year = "Whether chance would do as well", self._case.now
        if pairs > chance.MOST_PAIRS:
            return f"{asked} was not tried: there are too many episodes."
        if found is None:
            return f"{asked} is not testable: no exchange of dates between the looks of {year} changes anything."
        if not found.is_testable:
            least = f"the smallest p that the dates of {year} could give is {found.smallest:.2f}"
            return f"{asked} is not testable: {least}."
        number = f"{found.arrangements} {'drawn' if found.is_drawn else 'possible'} arrangements"
        ratio = f", ratio {found.matches / found.expected:.2g}" if found.expected else ""
        return (
            f"Chance: {p_text(found.p)} for being as alike, over {number} of what the looks of {year} found "
            f"(the smallest p possible is {found.smallest:.2g}); {numbered(found.matches, 'episode')} of {year} "
            f"fall on one of their kind, {found.expected:.2g} by chance{ratio}, {p_text(found.p_matches)}."
        )

    def _exchangeable(self, now: Sequence[Episode], scope: Sequence[str]) -> list[chance.Look]:
        """The looks of this year between which contents may be exchanged.

        Where effort is known these are all counted looks; elsewhere only the dated images that found something first,
        for looks that found nothing are not on file.
        """
        opened = {e.first.id: e.id for e in now}
        looks = []
        for site in scope:
            effort = self._effort.at(site, "now")
            for look in effort.counted or effort.published:
                found = tuple(opened[record.id] for record in look.records if record.id in opened)
                if found or effort.is_known:
                    looks.append(chance.Look(site, look.day.toordinal(), found))
        return looks

    def _sites_alone(self, comparison: Comparison, then: Sequence[Episode], group: pattern.Likeness) -> list[str]:
        """The likeness and the shift of each site of the group by itself."""
        said = []
        for site in comparison.scope:
            here = [e for e in then if e.site == site], [e for e in comparison.current if e.site == site]
            is_all = (len(here[0]), len(here[1])) == (len(then), len(comparison.current))
            if found := group if is_all else self._likeness_of(*here):
                said.append(f"{self._case.name(site)} alone: {_likeness_text(found)}.")
        return said

    def _likeness_of(self, then: Iterable[Episode], now: Iterable[Episode]) -> pattern.Likeness | None:
        return pattern.compare(map(pattern.event_of, then), map(pattern.event_of, now), cost=self._label_cost)

    @cached_property
    def _label_cost(self) -> pattern.LabelCost:
        return pattern.label_cost(self._case.vocabulary)


def _likeness_text(found: pattern.Likeness) -> str:
    """How alike and at what shift, in words; S is 1 for the same pattern and 0 for nothing in common."""
    low, high = f"{found.low:.2f}", f"{found.high:.2f}"
    alike = f"S = {high}" if low == high else f"S between {low} and {high}"
    if not found.high:
        return f"{alike}, no shift brings any two episodes together"
    shifts = [_shift_text(a) if a == b else f"{a:g} to {_shift_text(b)}" for a, b in found.shifts[:SHIFTS_SHOWN]]
    more = len(found.shifts) - len(shifts)
    best = " or ".join(shifts) + (f" or {more} more" if more else "")
    return f"{alike}, at best at a shift of {best}"


def _shift_text(days: float) -> str:
    return f"{days:g} {'day' if abs(days) == 1 else 'days'}"


def _numbers(found: pattern.Likeness, tested: chance.Chance | None, year: int) -> Data:
    """The overlay as plain numbers; what is not testable has no ``p``."""
    pairs = {
        name: [pairing._asdict() for pairing in getattr(found, name)] for name in ("matched", "same_time_other_type")
    }
    return {
        "baseline_year": year,
        "likeness": {**found._asdict(), **pairs},
        "chance": {"testable": True, **tested._asdict()}
        if tested and tested.is_testable
        else {"testable": False, "smallest": tested.smallest if tested else None},
    }
