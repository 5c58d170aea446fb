"""Could it be chance: this year's episodes put on the other looks of their sites, and laid over the baseline anew.

The baseline stays; what one look of this year found moves as a block to another look at the same site, and the shift is
chosen anew in every arrangement (choosing it once and testing there raises the false-alarm rate). All distinct
arrangements are tried up to :data:`ENUMERATED`, else :data:`DRAWN` are drawn with a seed (Phipson & Smyth 2010,
doi:10.2202/1544-6115.1585: p = (1 + hits) / (1 + draws), never 0).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from resight import pattern
from resight.pattern import Event, LabelCost

ENUMERATED = 10_000
DRAWN = 999
#: A test that cannot reach this p is no test.
TESTABLE = 0.05
#: More pairs of episodes than this are not tried: a thousand arrangements of them would take a minute of silence.
MOST_PAIRS = 500
_TIE = 1e-9


class Look(NamedTuple):
    """One look of this year, and which events it found first."""

    site: str
    #: Proleptic ordinal.
    day: int
    #: Ids of the events whose first sighting it holds; empty for a look that found nothing.
    found: tuple[str, ...] = ()


class Chance(NamedTuple):
    """How often chance does as well."""

    #: Distinct arrangements tried, the observed one included when all were.
    arrangements: int
    is_drawn: bool
    #: Share of arrangements in which the years are at least as alike.
    p: float
    #: The smallest p that these looks could have given.
    smallest: float
    #: Episodes that fall on one of their kind at the best shift: observed, and on average by chance.
    matches: int
    expected: float
    #: P(at least so many matches).
    p_matches: float

    @property
    def is_testable(self) -> bool:
        """Could the test have come out at all?"""
        return self.smallest <= TESTABLE


class _Site(NamedTuple):
    """The looks of one site and the blocks that stand on them."""

    days: tuple[int, ...]
    #: Blocks alike in all that counts, as numbers; a block is the events of one look, with their days from it.
    kinds: tuple[int, ...]
    blocks: tuple[tuple[tuple[Event, int], ...], ...]

    @property
    def arrangements(self) -> int:
        places = math.perm(len(self.days), len(self.blocks))
        return places // math.prod(math.factorial(n) for n in Counter(self.kinds).values())


def of(
    baseline: Sequence[Event],
    current: Sequence[Event],
    looks: Sequence[Look],
    *,
    cost: LabelCost,
    cutoff: float = pattern.CUTOFF_DAYS,
    seed: int = 0,
) -> Chance | None:
    """Test the likeness of two years; None where nothing can be exchanged or there is too much to try.

    Args:
        baseline, current: the events of the two years.
        looks: this year's looks between which contents are exchanged. An event that no look holds, or whose day is not
            known, stays where it is.
        cost: k of two events at one site.
        cutoff: see :mod:`resight.pattern`.
        seed: of the draws, where there are too many arrangements to try all.
    """
    if not baseline or not current or len(baseline) * len(current) > MOST_PAIRS:
        return None
    sites, still = _sites(current, looks)
    total = math.prod(site.arrangements for site in sites)
    if total <= 1:
        return None
    is_drawn = total > ENUMERATED
    placed = _drawn(sites, seed) if is_drawn else _all(sites)
    memo: dict[tuple[tuple[int, ...], ...], tuple[float, int]] = {}

    def likeness(places: tuple[tuple[int, ...], ...]) -> tuple[float, int]:
        if places not in memo:
            found = pattern.compare(baseline, [*still, *_moved(sites, places)], cost=cost, cutoff=cutoff)
            assert found is not None
            memo[places] = found.high, len(found.matched)
        return memo[places]

    observed = pattern.compare(baseline, current, cost=cost, cutoff=cutoff)
    if observed is None:
        return None
    tried = [likeness(places) for places in placed]
    hits = sum(high >= observed.high - _TIE for high, _ in tried)
    more = sum(matches >= len(observed.matched) for _, matches in tried)
    best = max(observed.high if is_drawn else 0.0, *(high for high, _ in tried))
    at_best = sum(high >= best - _TIE for high, _ in tried) / len(tried)
    own = int(is_drawn)
    return Chance(
        arrangements=len(tried),
        is_drawn=is_drawn,
        p=(own + hits) / (own + len(tried)),
        smallest=max(at_best, 1 / (1 + DRAWN)) if is_drawn else at_best,
        matches=len(observed.matched),
        expected=sum(matches for _, matches in tried) / len(tried),
        p_matches=(own + more) / (own + len(tried)),
    )


def _sites(current: Sequence[Event], looks: Sequence[Look]) -> tuple[list[_Site], list[Event]]:
    """The blocks of every site with its looks, and the events that stay."""
    dated = {e.id: e for e in current if e.first == e.last}
    moving: set[str] = set()
    sites = []
    numbers: dict[object, int] = {}
    for name in sorted({look.site for look in looks}):
        here = sorted((look for look in looks if look.site == name), key=lambda look: (look.day, look.found))
        held = [
            tuple((dated[i], dated[i].first - look.day) for i in look.found if i in dated and dated[i].site == name)
            for look in here
        ]
        blocks = tuple(block for block in held if block)
        moving.update(event.id for block in blocks for event, _ in block)
        alike = [tuple(sorted((e.path, e.individual or "", days) for e, days in block)) for block in blocks]
        kinds = tuple(numbers.setdefault(kind, len(numbers)) for kind in alike)
        order = sorted(range(len(blocks)), key=lambda i: kinds[i])
        sites.append(
            _Site(tuple(look.day for look in here), tuple(kinds[i] for i in order), tuple(blocks[i] for i in order))
        )
    return [site for site in sites if site.blocks], [e for e in current if e.id not in moving]


def _all(sites: Sequence[_Site]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Every distinct arrangement: for each site the looks on which its blocks stand."""
    return product(*(list(_places(site)) for site in sites))


def _places(site: _Site, taken: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Looks for the blocks of one site; blocks alike in all that counts stand in order, so that none counts twice."""
    number = len(taken)
    if number == len(site.blocks):
        yield taken
        return
    same = number > 0 and site.kinds[number] == site.kinds[number - 1]
    for place in range(taken[-1] + 1 if same else 0, len(site.days)):
        if place not in taken:
            yield from _places(site, (*taken, place))


def _drawn(sites: Sequence[_Site], seed: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    chance = np.random.default_rng(seed)
    for _ in range(DRAWN):
        yield tuple(
            tuple(int(i) for i in chance.choice(len(site.days), size=len(site.blocks), replace=False)) for site in sites
        )


def _moved(sites: Sequence[_Site], places: Sequence[Sequence[int]]) -> Iterator[Event]:
    for site, chosen in zip(sites, places, strict=True):
        for block, place in zip(site.blocks, chosen, strict=True):
            for event, days in block:
                yield event._replace(first=site.days[place] + days, last=site.days[place] + days)
