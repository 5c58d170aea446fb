"""Year laid over year with a free shift: how alike two patterns are, between which bounds, and what falls on what.

The labelled Victor–Purpura distance (Victor & Purpura 1996, doi:10.1152/jn.1996.76.2.1310; labels: Aronov 2003,
doi:10.1016/S0165-0270(03)00006-2), which is the unnormalised GOSPA metric of order 1:

    D(g) = min over one-to-one matchings of Σ matched [2·|t1 − t0 − g| / cutoff + k] + 1 for each unmatched event

and S = 1 − min over g of D(g) / (n0 + n1). A date known only to bounds gives bounds on S, never a guess. Days are
proleptic ordinals (:meth:`datetime.date.toordinal`), shifts are days from the baseline to the current year.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
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
#: Most shifts of a profile, if not told which; :data:`GUIDED_SHIFTS` where not all can be tried.
PROFILE_POINTS = 400
#: More pairs at one site than this are not laid over each other at all.
MOST_PAIRS = 1_000_000
_TIE = 1e-9
#: Savings worked out at once: few enough to stay in the processor's cache.
_CHUNK = 20_000


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


#: Lowest and highest k of a pair at one site; it rests on their labels (path and individual) alone.
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


class Fit(NamedTuple):
    """What a test against chance asks of one arrangement of a year: two numbers of its :class:`Likeness`."""

    #: S at the best shift, as :attr:`Likeness.high`.
    high: float
    #: How many pairs are :attr:`Likeness.matched`.
    matches: int


class Profile(NamedTuple):
    """How alike two years are at each of many shifts: for drawing S against the shift."""

    #: In days, in order.
    shifts: tuple[float, ...]
    #: At each shift, S if every vague date and label fell as badly as it can, and as well as it can.
    low: tuple[float, ...]
    high: tuple[float, ...]


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
    laid = _laid(baseline, current, cost)
    if laid is None:
        return None
    then, now, blocks = laid
    total = len(then) + len(now)
    is_exact = _is_exact(blocks)
    best, shifts, shift = _best(blocks, cutoff)
    middles = _several([(block.low + block.high) / 2 for block in blocks]) if is_exact else _guided(blocks, cutoff)
    worst, _ = _most_saved(blocks, middles, _all_bounds(blocks, middles, cutoff, worst=True), cutoff, worst=True)
    pairings = _pairings(blocks, shift, cutoff)
    used = {p.baseline for p in pairings}, {p.current for p in pairings}
    return Likeness(
        tuple(sorted({e.site for e in (*then, *now)})),
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


def profile(
    baseline: Iterable[Event],
    current: Iterable[Event],
    *,
    cost: LabelCost,
    cutoff: float = CUTOFF_DAYS,
    shifts: Iterable[float] | None = None,
) -> Profile | None:
    """S at each of many shifts, with the bounds of :func:`distance`; None where nothing can be laid over anything.

    Args:
        baseline, current: the events of the two years; their order does not matter.
        cost, cutoff: as in :func:`compare`; a finite cutoff.
        shifts: the shifts to take. Without them: whole days from where the first pair can begin to be matched to where
            the last one ceases to be, every n-th where there are more than :data:`PROFILE_POINTS`, and the shift that
            :func:`compare` chooses among them.
    """
    laid = _laid(baseline, current, cost)
    if laid is None or not laid[2]:
        return None
    then, now, blocks = laid
    if shifts is None:
        first = math.floor(min(block.low.min() for block in blocks) - cutoff)
        last = math.ceil(max(block.high.max() for block in blocks) + cutoff)
        points = PROFILE_POINTS if _is_exact(blocks) else GUIDED_SHIFTS
        step = max(1, math.ceil((last - first) / (points - 2)))
        shifts = [*range(first, last, step), last, _best(blocks, cutoff)[2]]
    taken = sorted({float(shift) for shift in shifts})
    low, high = (
        tuple(_saved(blocks, shift, cutoff, worst=worst) / (len(then) + len(now)) for shift in taken)
        for worst in (True, False)
    )
    return Profile(tuple(taken), low, high)


class Rearranged:
    """Two years of which the days of the current one change again and again, and nothing else.

    What does not change is worked out once: what each pair costs by its labels, and what each current event can save
    at most when the shift is so many days from its first day. :meth:`fit` gives exactly what :func:`compare` would.

    Args:
        baseline, current: the events of the two years, both with at least one.
        days: first and last day on which any of the current events is ever put.
        cost, cutoff: as in :func:`compare`.

    Raises:
        ValueError: more pairs at the sites together than every shift is tried for.
    """

    def __init__(
        self,
        baseline: Sequence[Event],
        current: Sequence[Event],
        days: tuple[int, int],
        *,
        cost: LabelCost,
        cutoff: float = CUTOFF_DAYS,
    ) -> None:
        at_sites = Counter(e.site for e in baseline), Counter(e.site for e in current)
        if sum(number * at_sites[1][site] for site, number in at_sites[0].items()) > EXACT_PAIRS:
            raise ValueError(f"more than {EXACT_PAIRS} pairs are too many to lay over each other again and again")
        self._cutoff, self._total = cutoff, len(baseline) + len(current)
        then = sorted(baseline, key=lambda e: (e.first, e.last, e.id))
        # The shift less an event's first day runs from here; :func:`compare` would try no shift outside.
        widest = max(e.last - e.first for e in current)
        self._from = days[0] - max(e.last for e in then) - days[1]
        upto = days[1] + widest - min(e.first for e in then) - days[0]
        reach = np.arange(self._from, upto + 1, dtype=float)
        numbers = sorted(range(len(current)), key=lambda n: current[n].id)
        self._sites: list[tuple[NDArray[np.int_], _Block, Array]] = []
        for site in sorted(at_sites[0].keys() & at_sites[1].keys()):
            here = [n for n in numbers if current[n].site == site]
            events = [current[n]._replace(first=0, last=current[n].last - current[n].first) for n in here]
            block = _block([e for e in then if e.site == site], events, cost)
            saves = np.concatenate([gain.max(axis=1) for gain in _gains(block, reach, cutoff, worst=False)])
            self._sites.append((np.array(here), block, np.ascontiguousarray(saves.T)))

    def fit(self, days: Sequence[int]) -> Fit:
        """How well the years fit when the current events begin on these days, given in the order of the events."""
        first = np.array(days)
        if not self._sites:
            return Fit(0.0, 0)
        blocks = []
        for here, still, _ in self._sites:
            # Equal matchings are told apart by the order of events, so they stand as compare() puts them.
            width = np.array([e.last for e in still.current])
            order = np.lexsort((first[here] + width, first[here]))
            put = first[here][order]
            events = tuple(still.current[n] for n in order)
            sides = still.low[:, order] + put, still.high[:, order] + put
            blocks.append(_Block(still.baseline, events, *sides, still.most[:, order], still.least[:, order]))

        def bounds(shifts: Array) -> Array:
            """What the columns of each site save at most, as many as there are rows: read off, not worked out."""
            found = np.zeros((len(blocks), len(shifts)))
            for number, (here, still, saves) in enumerate(self._sites):
                at = shifts.astype(int)[None, :] - first[here][:, None] - self._from
                most = np.take_along_axis(saves, at, axis=1)
                surplus = len(here) - len(still.baseline)
                if surplus > 0:
                    most = np.partition(most, surplus, axis=0)[surplus:]
                found[number] = most.sum(axis=0)
            return found

        best, _, shift = _best(blocks, self._cutoff, bounds)
        pairings = _pairings(blocks, shift, self._cutoff)
        return Fit(best / self._total, sum(not pairing.is_other_type for pairing in pairings))


def distance(
    baseline: Iterable[Event], current: Iterable[Event], *, shift: float, cost: LabelCost, cutoff: float = CUTOFF_DAYS
) -> tuple[float, float]:
    """D at one shift, as the least and the most that the bounds of dates and labels allow."""
    then, now = list(baseline), list(current)
    shared = {e.site for e in then} & {e.site for e in now}
    blocks = [_block([e for e in then if e.site == s], [e for e in now if e.site == s], cost) for s in shared]
    found = [len(then) + len(now) - _saved(blocks, shift, cutoff, worst=worst) for worst in (False, True)]
    return found[0], found[1]


def _laid(
    baseline: Iterable[Event], current: Iterable[Event], cost: LabelCost
) -> tuple[list[Event], list[Event], list[_Block]] | None:
    """The events of both years in order, and their pairs site by site; None where there is nothing or too much."""
    then, now = (sorted(events, key=lambda e: (e.first, e.last, e.id)) for events in (baseline, current))
    if not then or not now:
        return None
    shared = sorted({e.site for e in then} & {e.site for e in now})
    events = [([e for e in then if e.site == s], [e for e in now if e.site == s]) for s in shared]
    if any(len(a) * len(b) > MOST_PAIRS for a, b in events):
        return None
    return then, now, [_block(a, b, cost) for a, b in events]


def _is_exact(blocks: Sequence[_Block]) -> bool:
    """Are there few enough pairs to try every shift that could be best?"""
    return sum(block.low.size for block in blocks) <= EXACT_PAIRS


def _block(then: Sequence[Event], now: Sequence[Event], cost: LabelCost) -> _Block:
    first0, last0 = (np.array([e[i] for e in then], dtype=float)[:, None] for i in (2, 3))
    first1, last1 = (np.array([e[i] for e in now], dtype=float)[None, :] for i in (2, 3))
    # Labels are few beside the events that bear them.
    (labels0, which0), (labels1, which1) = _labels(then), _labels(now)
    k = np.array([[cost(a, b) for b in labels1] for a in labels0], dtype=float)[which0][:, which1]
    return _Block(tuple(then), tuple(now), first1 - last0, last1 - first0, 2 - k[..., 0], 2 - k[..., 1])


def _labels(events: Sequence[Event]) -> tuple[list[Event], NDArray[np.int_]]:
    """One event for each label that they bear, and the number of each one's label."""
    number: dict[object, int] = {}
    which = np.array([number.setdefault((e.path, e.individual), len(number)) for e in events], dtype=int)
    first = np.unique(which, return_index=True)[1]
    return [events[at] for at in first], which


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


def _most_saved(
    blocks: Sequence[_Block], shifts: Array, bounds: Array, cutoff: float, *, worst: bool
) -> tuple[float, list[float]]:
    """The most any of the shifts saves, and which of them save as much; ``bounds`` of each site (down) and shift."""
    if not blocks:
        return 0.0, [float(shifts[0])]
    totals = bounds.sum(axis=0)
    best = 0.0
    at: list[float] = []
    for number in np.argsort(-totals, kind="stable"):
        # No matching saves more than its bound, and the bounds only fall from here on.
        if totals[number] < best - _TIE:
            break
        saved, open_still = 0.0, float(totals[number])
        for block, bound in zip(blocks, bounds[:, number], strict=True):
            if saved + open_still < best - _TIE:
                break
            open_still -= bound
            if bound > 0:
                saved += _assigned(block.saved(shifts[number], cutoff, worst=worst))
        else:
            if saved > best + _TIE:
                best, at = saved, []
            if abs(saved - best) <= _TIE:
                at.append(float(shifts[number]))
    return best, sorted(at)


def _all_bounds(blocks: Sequence[_Block], shifts: Array, cutoff: float, *, worst: bool) -> Array:
    """For each site (down) and shift, what its pairs save at most: every row's best, or every column's."""
    found = np.zeros((len(blocks), len(shifts)))
    for number, block in enumerate(blocks):
        gains = _gains(block, shifts, cutoff, worst=worst)
        parts = [np.minimum(gain.max(axis=1).sum(axis=1), gain.max(axis=2).sum(axis=1)) for gain in gains]
        found[number] = np.concatenate(parts)
    return found


def _gains(block: _Block, shifts: Array, cutoff: float, *, worst: bool) -> Iterator[Array]:
    """What each pair saves, or 0, at each shift (the first axis), some shifts at a time."""
    step = max(1, _CHUNK // block.low.size)
    for start in range(0, len(shifts), step):
        yield np.maximum(block.saved(shifts[start : start + step, None, None], cutoff, worst=worst), 0.0)


def _best(
    blocks: Sequence[_Block], cutoff: float, bounds: Callable[[Array], Array] | None = None
) -> tuple[float, tuple[tuple[float, float], ...], float]:
    """The most any shift saves, the intervals of shifts that do, and of these the one shift chosen."""
    # D is linear between these shifts for every matching, so the least stands at one of them.
    ends = _several([block.low for block in blocks] + [block.high for block in blocks])
    if not _is_exact(blocks):
        ends = _guided(blocks, cutoff)
    upper = bounds(ends) if bounds else _all_bounds(blocks, ends, cutoff, worst=False)
    saved, at = _most_saved(blocks, ends, upper, cutoff, worst=False)
    shifts = _intervals(blocks, at, saved, cutoff)
    return saved, shifts, _chosen(blocks, shifts, cutoff)


def _saved(blocks: Sequence[_Block], shift: float, cutoff: float, *, worst: bool) -> float:
    """The most that one-to-one matchings at all sites save at a shift."""
    return sum(_assigned(block.saved(shift, cutoff, worst=worst)) for block in blocks)


def _intervals(blocks: Sequence[_Block], at: Sequence[float], best: float, cutoff: float) -> tuple[Any, ...]:
    """Shifts that do equally well, joined where everything between two of them does too."""
    joined: list[tuple[float, float]] = []
    for shift in at:
        if joined:
            middle = (joined[-1][1] + shift) / 2
            if _saved(blocks, middle, cutoff, worst=False) >= best - _TIE:
                joined[-1] = (joined[-1][0], shift)
                continue
        joined.append((shift, shift))
    return tuple(joined)


def _chosen(blocks: Sequence[_Block], shifts: Sequence[tuple[float, float]], cutoff: float) -> float:
    """Of the best shifts, the middle of the interval that does best in the worst case; the widest, then the first."""

    def rank(interval: tuple[float, float]) -> tuple[float, float, float]:
        middle = (interval[0] + interval[1]) / 2
        return round(-_saved(blocks, middle, cutoff, worst=True), 9), interval[0] - interval[1], interval[0]

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
