"""Two years laid over each other, told: how alike they are, at what shift, what falls on what, and could it be chance.

The numbers are those of :mod:`resight.pattern` and :mod:`resight.chance`; here they are put into words, withheld where
they could not be had.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache, cached_property, partial
from typing import NamedTuple

from resight import chance, pattern
from resight.case import Case
from resight.comparison import Comparison
from resight.effort import Effort, p_text
from resight.engine import HERE, Engine
from resight.episodes import Episode, Shown
from resight.listing import NUMBERS, some
from resight.wording import Data, Progress, numbered

#: Up to so many episodes a year, agreement of the years says little.
FEW = 3
#: A likeness known no closer than this is called too vague.
VAGUE = 0.25
#: Of the sites of a group so many are laid over each other alone; each may take some seconds.
SITES_ALONE = 12
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
    #: What the words and numbers are of; None where the years were not laid over each other.
    found: pattern.Likeness | None = None

    @property
    def is_testable(self) -> bool:
        """Could chance be tested?"""
        return bool(self.numbers["chance"] and self.numbers["chance"]["testable"])


class _Laid(NamedTuple):
    """Some episodes of this year laid over some of one year of the baseline."""

    likeness: pattern.Likeness
    tested: chance.Chance | None
    #: Were there too many pairs of episodes to try chance?
    is_too_much: bool


class Overlays:
    """This year laid over the years of the baseline; each year of each comparison once, however often it is asked for.

    Args:
        progress: told how far the trying of chance has got.
        engine: where chance is tried.
    """

    def __init__(self, case: Case, effort: Effort, progress: Progress | None = None, engine: Engine = HERE) -> None:
        self._case, self._effort, self._progress, self._engine = case, effort, progress, engine
        self._found: dict[tuple[str, ...], tuple[Overlay, ...]] = {}

    def over(self, comparison: Comparison) -> tuple[Overlay, ...]:
        """This year laid over each year of the baseline."""
        if comparison.scope not in self._found:
            years = self._case.repeats.baseline_years
            self._found[comparison.scope] = tuple(self._overlay(comparison, year) for year in years)
        return self._found[comparison.scope]

    def _overlay(self, comparison: Comparison, year: int) -> Overlay:
        then = [e for e in comparison.baseline if e.year == year]
        laid = self._laid(then, comparison.current, comparison.scope, year)
        if laid is None:
            said: list[str] = []
            if then and comparison.current:
                said = [f"{self._case.now} against {year}: too many episodes at one site to lay them over each other."]
            return Overlay(year, said, [], [], {"baseline_year": year, "likeness": None, "chance": None, "sites": []})
        found = laid.likeness
        lead = [f"{self._case.now} laid over {year}: {_likeness_text(found)}."]
        if found.high > found.low + VAGUE:
            lead.append("The dates, or what is known of the platforms, are too vague to narrow this down.")
        if found.high and is_few(found):
            few = f"{found.n_baseline} in {year}, {found.n_current} in {self._case.now}"
            lead.append(f"With so few episodes ({few}) this says little.")
        if not found.is_exact:
            lead.append("Only the likeliest shifts were tried, those of the labelled correlogram.")
        lead.append(self._chance_text(laid))
        alone, left = self._sites_alone(comparison, year, then, laid) if len(comparison.scope) > 1 else ({}, 0)
        told = [
            f"{self._case.name(site)} alone: {_likeness_text(here.likeness)}. {_chance_in_short(here)}"
            for site, here in alone.items()
        ]
        if left:
            are = "is" if left == 1 else "are"
            told.append(f"{numbered(left, 'more site')} {are} not told alone; those with the most episodes are.")
        numbers = {
            "baseline_year": year,
            **_numbers(laid),
            "sites": [{"site": site, **_numbers(here)} for site, here in alone.items()],
        }
        return Overlay(year, lead, told, self._lists(found, comparison, year, then), numbers, found)

    def profile(self, comparison: Comparison, year: int) -> pattern.Profile | None:
        """S at each of many shifts; None where nothing of the two years can fall together."""
        then = [e for e in comparison.baseline if e.year == year]
        events = map(pattern.event_of, then), map(pattern.event_of, comparison.current)
        return pattern.profile(*events, cost=self._label_cost)

    def _lists(self, found: pattern.Likeness, comparison: Comparison, year: int, then: list[Episode]) -> list[Data]:
        """What falls on what at the shift, and what is left over; each line with the ids of its records."""
        lists: dict[str, list[tuple[str, ...]]] = {
            f"Fall together at a shift of {_shift_text(found.shift)}": [(p.current, p.baseline) for p in found.matched],
            "Same time, other type: not a match": [(p.current, p.baseline) for p in found.same_time_other_type],
            f"{self._case.now}: falls on nothing": [(one,) for one in found.without_precedent],
            f"{year}: nothing falls on it": [(one,) for one in found.not_repeated],
        }
        by_id = {e.id: e for e in (*then, *comparison.current)}

        def tell(ids: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
            return ", and ".join(self._case.described(by_id[one]) for one in ids), ids

        return [
            {"title": title, **some(lines, tell, all_in=NUMBERS)}
            for title, lines in lists.items()
            if lines and found.high
        ]

    def _laid(self, then: Sequence[Episode], now: Sequence[Episode], scope: Sequence[str], year: int) -> _Laid | None:
        """How alike, and could it be chance; None where one side is empty or there are too many episodes."""
        baseline, current = [pattern.event_of(e) for e in then], [pattern.event_of(e) for e in now]
        found = pattern.compare(baseline, current, cost=self._label_cost)
        if found is None:
            return None
        what = f"Trying chance against {year}, {self._case.called(scope)}"
        tested = chance.of(
            baseline,
            current,
            self._exchangeable(now, scope),
            cost=self._label_cost,
            progress=partial(self._progress, what) if self._progress else None,
            engine=self._engine,
        )
        return _Laid(found, tested, len(then) * len(now) > chance.MOST_PAIRS)

    def _chance_text(self, laid: _Laid) -> str:
        """Whether chance would do as well, as far as the looks of this year can tell."""
        asked, year, found = "Whether chance would do as well", self._case.now, laid.tested
        if laid.is_too_much:
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

        Where effort is known these are all counted looks that would have shown what was found; elsewhere only the
        dated images that found something first, for looks that found nothing are not on file.
        """
        opened = {e.first.id: e.id for e in now}
        here: dict[str, list[Episode]] = {site: [] for site in scope}
        for episode in now:
            here[episode.site].append(episode)
        looks = []
        for site in scope:
            effort = self._effort.at(site, "now")
            # What was found can only have been found by a look that would have shown it.
            nodes = frozenset(e.claimed_path[-1] for e in here[site] if e.claimed_path)

            @cache
            def is_able(shown: Shown, nodes: frozenset[str] = nodes) -> bool:
                return all(shown.could_find(node, self._case.vocabulary) for node in nodes)

            for look in effort.counted or effort.published:
                found = tuple(opened[record.id] for record in look.records if record.id in opened)
                if found or (effort.is_known and is_able(look.shown(self._case.vocabulary))):
                    looks.append(chance.Look(site, look.day.toordinal(), found))
        return looks

    def _sites_alone(
        self, comparison: Comparison, year: int, then: Sequence[Episode], group: _Laid
    ) -> tuple[Mapping[str, _Laid], int]:
        """Each site of the group by itself, those with the most episodes if there are many; how many are left out."""
        here: dict[str, tuple[list[Episode], list[Episode]]] = {site: ([], []) for site in comparison.scope}
        for side, episodes in enumerate((then, comparison.current)):
            for episode in episodes:
                here[episode.site][side].append(episode)
        both = [site for site, (before, now) in here.items() if before and now]
        most: set[str] = set()
        pairs = 0
        for site in sorted(both, key=lambda site: -sum(map(len, here[site])))[:SITES_ALONE]:
            pairs += math.prod(map(len, here[site]))
            # All of them together take about as long as the longest that is tried at all.
            if most and pairs > chance.MOST_PAIRS:
                break
            most.add(site)
        found = {}
        for site in (site for site in both if site in most):
            before, now = here[site]
            is_all = (len(before), len(now)) == (len(then), len(comparison.current))
            if laid := group if is_all else self._laid(before, now, [site], year):
                found[site] = laid
        return found, len(both) - len(most)

    @cached_property
    def _label_cost(self) -> pattern.LabelCost:
        return pattern.label_cost(self._case.vocabulary)


def _likeness_text(found: pattern.Likeness) -> str:
    """How alike and at what shift, in words; S is 1 for the same pattern and 0 for nothing in common."""
    low, high = f"{found.low:.2f}", f"{found.high:.2f}"
    alike = f"S = {high}" if low == high else f"S between {low} and {high}"
    if not found.high:
        return f"{alike}, no shift brings any two episodes together"
    shifts = list(map(interval_text, found.shifts[:SHIFTS_SHOWN]))
    more = len(found.shifts) - len(shifts)
    best = " or ".join(shifts) + (f" or {more} more" if more else "")
    return f"{alike}, at best at a shift of {best}"


def is_few(found: pattern.Likeness) -> bool:
    """Are there so few episodes that agreement says little?"""
    return min(found.n_baseline, found.n_current) <= FEW


def interval_text(shifts: tuple[float, float]) -> str:
    """Shifts that fit as well as each other, in words: ``212 days`` or ``212 to 247 days``."""
    first, last = shifts
    return _shift_text(first) if first == last else f"{first:g} to {_shift_text(last)}"


def _shift_text(days: float) -> str:
    return f"{days:g} {'day' if abs(days) == 1 else 'days'}"


def _chance_in_short(laid: _Laid) -> str:
    """Whether chance would do as well at one site of several."""
    if laid.is_too_much:
        return "Chance: not tried, too many episodes."
    if laid.tested is None:
        return "Chance: not testable."
    if not laid.tested.is_testable:
        return f"Chance: not testable (smallest p {laid.tested.smallest:.2f})."
    return f"Chance: {p_text(laid.tested.p)}, over {laid.tested.arrangements} arrangements."


def _numbers(laid: _Laid) -> Data:
    """An overlay as plain numbers; what is not testable has no ``p``."""
    found, tested = laid.likeness, laid.tested
    pairs = {
        name: [pairing._asdict() for pairing in getattr(found, name)] for name in ("matched", "same_time_other_type")
    }
    return {
        "likeness": {**found._asdict(), **pairs},
        "chance": {"testable": True, **tested._asdict()}
        if tested and tested.is_testable
        else {"testable": False, "smallest": tested.smallest if tested else None},
    }
