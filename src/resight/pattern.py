"""Year laid over year with a free shift: how alike two patterns are, between which bounds, and what falls on what.

The labelled Victor–Purpura distance (Victor & Purpura 1996, doi:10.1152/jn.1996.76.2.1310; labels: Aronov 2003,
doi:10.1016/S0165-0270(03)00006-2), which is the unnormalised GOSPA metric of order 1:

    D(g) = min over one-to-one matchings of Σ matched [2·|t1 − t0 − g| / cutoff + k] + 1 for each unmatched event

and S = 1 − min over g of D(g) / (n0 + n1). A date known only to bounds gives bounds on S, never a guess. Days are
proleptic ordinals (:meth:`datetime.date.toordinal`), shifts are days from the baseline to the current year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from resight.episodes import Episode
    from resight.vocabulary import Vocabulary

    Array = NDArray[np.float64]

#: Days apart, after the shift, at which two events of one label cost as much as two unmatched ones.
CUTOFF_DAYS = 14.0
#: The cost k of a pair whose labels part at a level; events at different sites are never matched.
PARTING = {"kind": 1.0, "type": 1.0, "class": 0.5, "individual": 0.25}
#: Up to so many pairs at one site every shift that could be best is tried; beyond, those of the correlogram.
EXACT_PAIRS = 160_000
#: Shifts taken from the correlogram where not all can be tried.
GUIDED_SHIFTS = 60
#: More pairs at one site than this are not laid over each other at all.
MOST_PAIRS = 1_000_000
_TIE = 1e-9
_CHUNK = 2_000_000


class Event(NamedTuple):
    """An episode as the pattern sees it."""

    id: str
    site: str
    #: First and last day on which it can have begun.
    first: int
    last: int
    #: The platform path as far as it is known without a hedge.
    path: tuple[str, ...] = ()
    individual: str | None = None


#: Lowest and highest k of a pair at one site.
LabelCost = Callable[[Event, Event], tuple[float, float]]


class Pairing(NamedTuple):
    """Two events that fall on one another at the shift."""

    baseline: str
    current: str
    #: Fewest and most days from one to the other.
    days: tuple[int, int]
    #: Lowest and highest k.
    cost: tuple[float, float]

    @property
    def is_other_type(self) -> bool:
        """Do the labels part above the individual? Then it is the same time and another thing."""
        return self.cost[0] >= PARTING["class"]


class Likeness(NamedTuple):
    """How alike two years are at the shift that fits them best."""

    sites: tuple[str, ...]
    n_baseline: int
    n_current: int
    #: S if every vague date and label fell as badly as it can, and as well as it can.
    low: float
    high: float
    #: Shifts in days at which ``high`` is reached: closed intervals, in order.
    shifts: tuple[tuple[float, float], ...]
    #: The shift at which the lists below are made: of ``shifts`` the one that does best in the worst case.
    shift: float
    matched: tuple[Pairing, ...]
    same_time_other_type: tuple[Pairing, ...]
    not_repeated: tuple[str, ...]
    without_precedent: tuple[str, ...]
    #: False when only the shifts of the labelled correlogram were tried.
    is_exact: bool


def event_of(episode: Episode) -> Event:
    """What the pattern needs of an episode; a hedged identity counts as unknown."""
    first, last = (day.toordinal() for day in episode.time)
    individual = episode.individual if episode.path == episode.claimed_path else None
    return Event(episode.id, episode.site, first, last, episode.path, individual)


def label_cost(vocabulary: Vocabulary) -> LabelCost:
    """The cost k of two labels by the vocabulary's tree, as lowest and highest.

    1 where the paths part at kind or type, 0.5 at class, 0.25 where both individuals are known and differ, 0 where
    they agree down to a known class. A level unknown on either side may agree or cost what disagreeing there costs.
    An individual not known costs nothing: most sources name none.
    """
    parents = {node.parent for node in vocabulary.platforms.values()}
    levels = {node: vocabulary.level(node) for node in vocabulary.platforms}

    def below(path: tuple[str, ...]) -> float:
        """What disagreeing one level below a path can cost at most; nothing below a leaf."""
        if not path:
            return PARTING["kind"]
        if path[-1] not in parents:
            return 0.0
        inner = any(n.parent == path[-1] and levels[n.id] != "class" for n in vocabulary.platforms.values())
        return PARTING["type" if inner else "class"]

    memo: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[float, float]] = {}

    def of_paths(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[float, float]:
        for one, other in zip(a, b, strict=False):
            if one != other:
                part = max(PARTING[levels.get(one, "type")], PARTING[levels.get(other, "type")])
                return part, part
        shorter = min(a, b, key=len)
        return 0.0, below(shorter)

    def cost(a: Event, b: Event) -> tuple[float, float]:
        key = (a.path, b.path)
        if key not in memo:
            memo[key] = of_paths(*key)
        low, high = memo[key]
        if (low, high) == (0.0, 0.0) and a.individual and b.individual and a.individual != b.individual:
            return PARTING["individual"], PARTING["individual"]
        return low, high

    return cost


class _Block(NamedTuple):
    """All pairs at one site: baseline events down, current ones across."""

    baseline: tuple[Event, ...]
    current: tuple[Event, ...]
    #: Bounds of t1 − t0, in days.
    low: Array
    high: Array
    #: What a matched pair saves at best, before its days apart: 2 − k, at the lowest and at the highest k.
    most: Array
    least: Array

    def saved(self, shift: Any, cutoff: float, *, worst: bool) -> Array:
        """What matching each pair saves against leaving both unmatched: 2 − cost."""
        if worst:
            apart = np.abs((self.low + self.high) / 2 - shift) + (self.high - self.low) / 2
            return np.asarray(self.least - 2 * apart / cutoff)
        apart = np.maximum(0.0, np.maximum(self.low - shift, shift - self.high))
        return np.asarray(self.most - 2 * apart / cutoff)


def compare(
    baseline: Iterable[Event], current: Iterable[Event], *, cost: LabelCost, cutoff: float = CUTOFF_DAYS
) -> Likeness | None:
    """How alike two years are; None where one of them is empty or too many events lie at one site.

    Args:
        baseline, current: the events of the two years; their order does not matter.
        cost: k of two events at one site, see :func:`label_cost`.
        cutoff: days apart at which matching saves nothing any more.
    """
    then, now = (sorted(events, key=lambda e: (e.first, e.last, e.id)) for events in (baseline, current))
    if not then or not now:
        return None
    sites = tuple(sorted({e.site for e in (*then, *now)}))
    shared = [s for s in sites if any(e.site == s for e in then) and any(e.site == s for e in now)]
    events = {s: ([e for e in then if e.site == s], [e for e in now if e.site == s]) for s in shared}
    if any(len(a) * len(b) > MOST_PAIRS for a, b in events.values()):
        return None
    blocks = [_block(a, b, cost) for a, b in events.values()]
    total = len(then) + len(now)
    is_exact = all(block.low.size <= EXACT_PAIRS for block in blocks) and sum(b.low.size for b in blocks) <= EXACT_PAIRS
    # D is linear between these shifts for every matching, so the least stands at one of them.
    ends = _several([block.low for block in blocks] + [block.high for block in blocks])
    middles = _several([(block.low + block.high) / 2 for block in blocks])
    if not is_exact:
        ends, middles = _guided(blocks, cutoff), _guided(blocks, cutoff)
    best, at = _most_saved(blocks, ends, cutoff, worst=False)
    worst, _ = _most_saved(blocks, middles, cutoff, worst=True)
    shifts = _intervals(blocks, at, best, cutoff)
    shift = _chosen(blocks, shifts, cutoff)
    pairings = _pairings(blocks, shift, cutoff)
    used = {p.baseline for p in pairings}, {p.current for p in pairings}
    return Likeness(
        sites,
        len(then),
        len(now),
        low=max(0.0, worst) / total,
        high=best / total,
        shifts=shifts,
        shift=shift,
        matched=tuple(p for p in pairings if not p.is_other_type),
        same_time_other_type=tuple(p for p in pairings if p.is_other_type),
        not_repeated=tuple(e.id for e in then if e.id not in used[0]),
        without_precedent=tuple(e.id for e in now if e.id not in used[1]),
        is_exact=is_exact,
    )


def distance(
    baseline: Iterable[Event], current: Iterable[Event], *, shift: float, cost: LabelCost, cutoff: float = CUTOFF_DAYS
) -> tuple[float, float]:
    """D at one shift, as the least and the most that the bounds of dates and labels allow."""
    then, now = list(baseline), list(current)
    found = []
    for worst in (False, True):
        saved = 0.0
        for site in {e.site for e in then} & {e.site for e in now}:
            block = _block([e for e in then if e.site == site], [e for e in now if e.site == site], cost)
            saved += _assigned(block.saved(shift, cutoff, worst=worst))
        found.append(len(then) + len(now) - saved)
    return found[0], found[1]


def _block(then: Sequence[Event], now: Sequence[Event], cost: LabelCost) -> _Block:
    first0, last0 = (np.array([e[i] for e in then], dtype=float)[:, None] for i in (2, 3))
    first1, last1 = (np.array([e[i] for e in now], dtype=float)[None, :] for i in (2, 3))
    k = np.array([[cost(a, b) for b in now] for a in then], dtype=float)
    return _Block(tuple(then), tuple(now), first1 - last0, last1 - first0, 2 - k[..., 0], 2 - k[..., 1])


def _several(found: Sequence[Array]) -> Array:
    return np.unique(np.concatenate([part.ravel() for part in found])) if found else np.zeros(1)


def _guided(blocks: Sequence[_Block], cutoff: float) -> Array:
    """The shifts at which most pairs fall together, label by label: peaks of the labelled correlogram, whole days."""
    middles = np.concatenate([((b.low + b.high) / 2).ravel() for b in blocks])
    weights = np.concatenate([b.most.ravel() for b in blocks])
    start = np.floor(middles.min())
    counts = np.bincount(np.rint(middles - start).astype(int), weights=weights)
    reach = np.arange(-int(cutoff), int(cutoff) + 1)
    smooth = np.convolve(counts, 1 - np.abs(reach) / (cutoff + 1), mode="same") if counts.size > reach.size else counts
    return np.asarray(start + np.sort(np.argsort(-smooth, kind="stable")[:GUIDED_SHIFTS]), dtype=float)


def _assigned(saved: Array) -> float:
    """The most that a one-to-one matching saves; a pair that saves nothing is left unmatched."""
    gain = np.maximum(saved, 0.0)
    return float(gain[linear_sum_assignment(gain, maximize=True)].sum())


def _most_saved(blocks: Sequence[_Block], shifts: Array, cutoff: float, *, worst: bool) -> tuple[float, list[float]]:
    """The most any of the shifts saves, and which of them save as much."""
    if not blocks:
        return 0.0, [float(shifts[0])]
    bounds = sum(_bounds(block, shifts, cutoff, worst=worst) for block in blocks)
    best = 0.0
    at: list[float] = []
    for number in np.argsort(-np.asarray(bounds), kind="stable"):
        # No matching saves more than its bound, and the bounds only fall from here on.
        if bounds[number] < best - _TIE:  # type: ignore[index]
            break
        saved = sum(_assigned(block.saved(shifts[number], cutoff, worst=worst)) for block in blocks)
        if saved > best + _TIE:
            best, at = saved, []
        if abs(saved - best) <= _TIE:
            at.append(float(shifts[number]))
    return best, sorted(at)


def _bounds(block: _Block, shifts: Array, cutoff: float, *, worst: bool) -> Array:
    """For each shift, what the pairs at one site save at most: every row's best, or every column's."""
    step = max(1, _CHUNK // block.low.size)
    found = []
    for start in range(0, len(shifts), step):
        gain = np.maximum(block.saved(shifts[start : start + step, None, None], cutoff, worst=worst), 0.0)
        found.append(np.minimum(gain.max(axis=1).sum(axis=1), gain.max(axis=2).sum(axis=1)))
    return np.concatenate(found)


def _intervals(blocks: Sequence[_Block], at: Sequence[float], best: float, cutoff: float) -> tuple[Any, ...]:
    """Shifts that do equally well, joined where everything between two of them does too."""
    joined: list[tuple[float, float]] = []
    for shift in at:
        if joined:
            middle = (joined[-1][1] + shift) / 2
            saved = sum(_assigned(block.saved(middle, cutoff, worst=False)) for block in blocks)
            if saved >= best - _TIE:
                joined[-1] = (joined[-1][0], shift)
                continue
        joined.append((shift, shift))
    return tuple(joined)


def _chosen(blocks: Sequence[_Block], shifts: Sequence[tuple[float, float]], cutoff: float) -> float:
    """Of the best shifts, the middle of the interval that does best in the worst case; the widest, then the first."""

    def rank(interval: tuple[float, float]) -> tuple[float, float, float]:
        middle = (interval[0] + interval[1]) / 2
        saved = sum(_assigned(block.saved(middle, cutoff, worst=True)) for block in blocks)
        return round(-saved, 9), interval[0] - interval[1], interval[0]

    first, last = min(shifts, key=rank)
    return (first + last) / 2


def _pairings(blocks: Sequence[_Block], shift: float, cutoff: float) -> list[Pairing]:
    found = []
    for block in blocks:
        gain = np.maximum(block.saved(shift, cutoff, worst=False), 0.0)
        # Between matchings that do equally well, the one whose dates and labels are better known.
        known = np.maximum(block.saved(shift, cutoff, worst=True), 0.0)
        for i, j in zip(*linear_sum_assignment(gain + _TIE * known, maximize=True), strict=True):
            if gain[i, j] > _TIE:
                days = int(block.low[i, j]), int(block.high[i, j])
                cost = float(2 - block.most[i, j]), float(2 - block.least[i, j])
                found.append(Pairing(block.baseline[i].id, block.current[j].id, days, cost))
    return sorted(found, key=lambda p: (p.current, p.baseline))
