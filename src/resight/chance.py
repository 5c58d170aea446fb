"""Could it be chance: this year's episodes put on the other looks of their sites, and laid over the baseline anew.

The baseline stays; what one look of this year found moves as a block to another look at the same site, and the shift is
chosen anew in every arrangement (choosing it once and testing there raises the false-alarm rate). All distinct
arrangements are tried up to :data:`ENUMERATED`, or fewer where that would take more than about a minute; else
:data:`DRAWN` are drawn, each with a seed of its own (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585:
p = (1 + hits) / (1 + draws), never 0).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple

import numpy as np

from resight import pattern
from resight.engine import HERE, Engine
from resight.pattern import Event, Fit, LabelCost, Rearranged

ENUMERATED = 10_000
DRAWN = 999
#: A test that cannot reach this p is no test.
TESTABLE = 0.05
#: More pairs of episodes than this are not tried: so many take up to a minute in as many arrangements as are drawn.
MOST_PAIRS = 20_000
_TIE = 1e-9
#: Into so many parts the arrangements are cut, about: so often is progress told, and over so many workers they spread.
_PARTS = 100

#: For each site, the numbers of the looks on which its blocks stand.
Places = tuple[tuple[int, ...], ...]


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


class _Test(NamedTuple):
    """What an arrangement is tried against."""

    years: Rearranged
    #: The first day of each current event, where it is not moved.
    starts: tuple[int, ...]
    sites: tuple[_Site, ...]
    #: The place of each current event in ``starts``, by its id.
    where: Mapping[str, int]
    seed: int


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
    progress: Callable[[int, int], None] | None = None,
    engine: Engine = HERE,
) -> Chance | None:
    """Test the likeness of two years; None where nothing can be exchanged or there is too much to try.

    Args:
        baseline, current: the events of the two years.
        looks: this year's looks between which contents are exchanged. An event that no look holds, or whose day is not
            known, stays where it is.
        cost: k of two events at one site.
        cutoff: see :mod:`resight.pattern`.
        seed: of the draws, where there are too many arrangements to try all.
        progress: told now and then how many arrangements have been tried, and of how many.
        engine: where the arrangements are tried.
    """
    if not baseline or not current or len(baseline) * len(current) > MOST_PAIRS:
        return None
    sites = _sites(current, looks)
    total = math.prod(site.arrangements for site in sites)
    if total <= 1:
        return None
    # Where each one takes long, fewer are tried one by one.
    is_drawn = total > min(ENUMERATED, DRAWN * MOST_PAIRS // (len(baseline) * len(current)))
    number = DRAWN if is_drawn else total
    arrangements: Iterable[int | Places] = range(DRAWN) if is_drawn else _all(sites)
    starts = [event.first for event in current]
    reached = [*starts, *(day + days for s in sites for day in s.days for block in s.blocks for _, days in block)]
    years = Rearranged(baseline, current, (min(reached), max(reached)), cost=cost, cutoff=cutoff)
    where = {event.id: at for at, event in enumerate(current)}
    observed = years.fit(starts)
    tried: list[Fit] = []
    for fits in engine.map(
        "Trying chance",
        _fits,
        _parts(arrangements, max(1, number // _PARTS)),
        _Test(years, tuple(starts), tuple(sites), where, seed),
    ):
        tried += fits
        if progress:
            progress(len(tried), number)
    hits = sum(high >= observed.high - _TIE for high, _ in tried)
    more = sum(matches >= observed.matches for _, matches in tried)
    best = max(observed.high if is_drawn else 0.0, *(high for high, _ in tried))
    at_best = sum(high >= best - _TIE for high, _ in tried) / len(tried)
    own = int(is_drawn)
    return Chance(
        arrangements=len(tried),
        is_drawn=is_drawn,
        p=(own + hits) / (own + len(tried)),
        smallest=max(at_best, 1 / (1 + DRAWN)) if is_drawn else at_best,
        matches=observed.matches,
        expected=sum(matches for _, matches in tried) / len(tried),
        p_matches=(own + more) / (own + len(tried)),
    )


def _sites(current: Sequence[Event], looks: Sequence[Look]) -> list[_Site]:
    """The blocks of every site with its looks; an event in none of them stays where it is."""
    dated = {e.id: e for e in current if e.first == e.last}
    sites = []
    numbers: dict[object, int] = {}
    for name in sorted({look.site for look in looks}):
        here = sorted((look for look in looks if look.site == name), key=lambda look: (look.day, look.found))
        held = [
            tuple((dated[i], dated[i].first - look.day) for i in look.found if i in dated and dated[i].site == name)
            for look in here
        ]
        blocks = tuple(block for block in held if block)
        alike = [tuple(sorted((e.path, e.individual or "", days) for e, days in block)) for block in blocks]
        kinds = tuple(numbers.setdefault(kind, len(numbers)) for kind in alike)
        order = sorted(range(len(blocks)), key=lambda i: kinds[i])
        sites.append(
            _Site(tuple(look.day for look in here), tuple(kinds[i] for i in order), tuple(blocks[i] for i in order))
        )
    return [site for site in sites if site.blocks]


def _all(sites: Sequence[_Site]) -> Iterator[Places]:
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


def _drawn(sites: Sequence[_Site], seed: int, number: int) -> Places:
    """The arrangement of one draw, whichever were drawn before it."""
    chance = np.random.default_rng([seed, number])
    return tuple(
        tuple(int(i) for i in chance.choice(len(site.days), size=len(site.blocks), replace=False)) for site in sites
    )


def _parts(arrangements: Iterable[int | Places], size: int) -> Iterator[tuple[int | Places, ...]]:
    left = iter(arrangements)
    while part := tuple(islice(left, size)):
        yield part


def _fits(arrangements: Iterable[int | Places], test: _Test) -> list[Fit]:
    """How well the years fit in some arrangements, which are given as they are or as numbers of draws."""
    found = []
    for one in arrangements:
        days = list(test.starts)
        for event, day in _moved(test.sites, _drawn(test.sites, test.seed, one) if isinstance(one, int) else one):
            days[test.where[event.id]] = day
        found.append(test.years.fit(days))
    return found


def _moved(sites: Sequence[_Site], places: Places) -> Iterator[tuple[Event, int]]:
    """Every event that moves, with the day on which it is put."""
    for site, chosen in zip(sites, places, strict=True):
        for block, place in zip(site.blocks, chosen, strict=True):
            for event, days in block:
                yield event, site.days[place] + days
