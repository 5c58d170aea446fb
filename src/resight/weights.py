"""Two years of episodes as numbers, and the weight of every factor of evidence ready to be looked up for any pairs.

The same bits as :mod:`resight.evidence` gives for one pair (a test holds the two against each other), on arrays:
platforms, activities and days are coded as numbers, and what agreement and disagreement are worth is worked out once
for each baseline row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date as Day
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from resight.dates import SEASON_DAYS, YEAR_DAYS, circle_day
from resight.evidence import NAMED, SEASON_U, Assumptions, Counts, Sizes, SizeUsed, activity_base, smooth, steps_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from resight.episodes import Episode
    from resight.observation import Resident, Site
    from resight.vocabulary import Vocabulary

    Ints = NDArray[np.integer[Any]]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

#: Up to so many pairs of date bounds, each is worked out once.
_SEASONS = 1 << 22
#: Up to so many pairs of kinds of platform, each is worked out once.
_TABLE = 1 << 22
#: Keys up to so many times their number are numbered by a table of them all.
_ROOM = 16
#: Closeness of what shares not even a kind.
NOTHING = 4


# --- episodes as numbers ------------------------------------------------------------------------------------------


class Columns(NamedTuple):
    """The episodes of one side, one a row; numbers stand for the entries of the :class:`Table` they belong to."""

    ids: NDArray[Any]
    site: Ints
    path: Ints
    #: Hull or tail under that path; −1 when not known without a hedge.
    individual: Ints
    #: −1 when not known.
    operator: Ints
    activities: Ints
    #: First and last day on which it can have begun, as proleptic ordinals; both in one year.
    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Any) -> Columns:
        """Some rows."""
        return Columns(*(column[rows] for column in self))


class Table(NamedTuple):
    """Two years of episodes as columns, and what the numbers in them stand for."""

    baseline: Columns
    current: Columns
    sites: tuple[str, ...]
    #: Platform paths, known without a hedge.
    paths: tuple[tuple[str, ...], ...]
    operators: tuple[str, ...]
    activities: tuple[frozenset[str], ...]


class Coder:
    """Values to numbers, in the order in which they are first met."""

    def __init__(self, known: Sequence[Any] = ()) -> None:
        self._codes: dict[Any, int] = {value: code for code, value in enumerate(known)}

    def __call__(self, value: Any) -> int:
        """The number of a value."""
        return self._codes.setdefault(value, len(self._codes))

    @property
    def values(self) -> tuple[Any, ...]:
        """What the numbers stand for."""
        return tuple(self._codes)


class Codes:
    """Numbers for what episodes say, the same for both sides of a comparison.

    Args:
        sites, paths, individuals, operators, activities: what has a number already, as its place. An individual is a
            platform path with the key of the hull or tail as its last step, see :func:`resight.evidence.steps_of`.
    """

    def __init__(
        self,
        sites: Sequence[str] = (),
        paths: Sequence[tuple[str, ...]] = (),
        individuals: Sequence[tuple[str, ...]] = (),
        operators: Sequence[str] = (),
        activities: Sequence[frozenset[str]] = (frozenset(),),
    ) -> None:
        self._site, self._path, self._individual = Coder(sites), Coder(paths), Coder(individuals)
        self._operator, self._activities = Coder(operators), Coder(activities)

    def columns(self, found: Sequence[Episode]) -> Columns:
        """Some episodes as columns, in the order given."""
        rows = []
        for episode in found:
            steps = steps_of(episode)
            rows.append(
                (
                    self._site(episode.site),
                    self._path(episode.path),
                    self._individual(steps) if len(steps) > len(episode.path) else -1,
                    -1 if episode.operator is None else self._operator(episode.operator.casefold()),
                    self._activities(episode.activities),
                    episode.time[0].toordinal(),
                    episode.time[1].toordinal(),
                )
            )
        numbers = np.array(rows, dtype=np.int64).reshape(len(rows), 7).T
        return Columns(np.array([e.id for e in found], dtype=object), *numbers)

    def table(self, baseline: Columns, current: Columns) -> Table:
        """Two sides with these numbers."""
        return Table(
            baseline, current, self._site.values, self._path.values, self._operator.values, self._activities.values
        )

    def individual(self, code: int) -> tuple[str, ...]:
        """The individual that a number stands for."""
        found: tuple[str, ...] = self._individual.values[code]
        return found


def table(baseline: Sequence[Episode], current: Sequence[Episode]) -> Table:
    """Two years of episodes as columns, in the order given."""
    codes = Codes()
    return codes.table(codes.columns(baseline), codes.columns(current))


def counts(held: Table, names: Mapping[int, str]) -> Counts:
    """How many of the baseline's episodes have which value, as :func:`resight.evidence.counts` says it.

    Args:
        held: the two years.
        names: of the individuals that are asked for the keys, by their numbers; those of others are not told.
    """
    side, nodes, children = held.baseline, Counter[Any](), Counter[Any]()
    at_site = _tally(side.site)
    for site, path, number in _tally_of(side.site, side.path):
        steps = held.paths[path]
        for depth in range(1, len(steps) + 1):
            nodes[None, steps[:depth]] += number
            nodes[held.sites[site], steps[:depth]] += number
    for (at, steps), number in nodes.items():
        children[at, steps[:-1], False] += number
        children["", steps[:-1], False] += at is None
    named = np.flatnonzero(side.individual >= 0)
    for site, path, number in _tally_of(side.site[named], side.path[named]):
        children[None, held.paths[path], True] += number
        children[held.sites[site], held.paths[path], True] += number
    firsts = named[np.unique(side.individual[named], return_index=True)[1]]
    for path, number in _tally(side.path[firsts]).items():
        children["", held.paths[path], True] += number
    for site, one, number in _tally_of(side.site[named], side.individual[named], only=list(names)):
        steps = (*held.paths[int(side.path[named[np.argmax(side.individual[named] == one)]])], NAMED + names[one])
        nodes[None, steps] += number
        nodes[held.sites[site], steps] += number
    sets = {held.activities[code]: number for code, number in _tally(side.activities).items() if code}
    return Counts(len(side), {held.sites[code]: n for code, n in at_site.items()}, nodes, children, sets)


def _tally(codes: Ints) -> dict[int, int]:
    """How often each number stands among some."""
    values, number = np.unique(codes, return_counts=True)
    return dict(zip(values.tolist(), number.tolist(), strict=True))


def _tally_of(one: Ints, other: Ints, only: Sequence[int] | None = None) -> Iterator[tuple[int, int, int]]:
    """How often two numbers stand together; of the second ones all, or only some."""
    if only is not None:
        wanted = np.isin(other, list(only))
        one, other = one[wanted], other[wanted]
    most = int(other.max(initial=0)) + 1
    for both, number in _tally(one.astype(np.int64) * most + other).items():
        yield (*divmod(both, most), number)


# --- what agreement and disagreement are worth ----------------------------------------------------------------------


class Weights:
    """Bits for every factor of every baseline episode, ready to be looked up for any pair.

    Args:
        held: the two years.
        vocabulary: the platform tree and the catalogue sizes.
        scope: how many sites are compared.
        sites: the register, for the residents of a site.
        assume: m, κ and the prior.
    """

    def __init__(
        self, held: Table, *, vocabulary: Vocabulary, scope: int, sites: Mapping[str, Site], assume: Assumptions
    ) -> None:
        self.held, self.assume, self._vocabulary = held, assume, vocabulary
        self._sizes = Sizes(vocabulary)
        self.place = self._place(scope)
        self._nodes, self._lengths, self._levels, self._parents = self._tree()
        self.state = self._states()
        self.platform = self._platform()
        #: Where a class lives at a site: by baseline row and depth, the change of its bits, and whose the class is.
        self._change = np.zeros((len(held.baseline), self._nodes.shape[1]))
        self._owners = np.zeros(self._change.shape, dtype=np.int32)
        self._theirs: list[frozenset[str]] = [frozenset()]
        for code, name in enumerate(held.sites):
            self._residents(code, sites[name].residents if name in sites else ())
        #: Is an operator (the last column: not known) among the owners?
        self._is_owner = np.array(
            [[*(name in theirs for name in held.operators), bool(theirs)] for theirs in self._theirs], dtype=bool
        )
        self.activity = self._activity()
        self.season = Season(held, assume)

    @property
    def sizes(self) -> tuple[SizeUsed, ...]:
        """The catalogue sizes that entered."""
        return self._sizes.used

    def _place(self, scope: int) -> Floats:
        """Bits for another place and for the same place, for every baseline row."""
        then = self.held.baseline
        if not len(then) or not len(self.held.current):
            return np.zeros((len(then), 2))
        at_site = np.bincount(then.site, minlength=len(self.held.sites))[then.site]
        u = smooth(at_site, len(then), 1 / self._sizes.sites(scope), self.assume.kappa)
        return _bits(self.assume.place_m, u)

    def _tree(self) -> tuple[Ints, Ints, list[str], list[tuple[str, ...]]]:
        """For each path the number of its node at every depth (−1 below it), its length; the nodes' levels, paths."""
        paths = self.held.paths
        number = Coder()
        depth = max(map(len, paths), default=0)
        nodes = np.full((len(paths), depth + 1), -1, dtype=np.int32)
        for row, path in enumerate(paths):
            nodes[row, : len(path)] = [number(path[: d + 1]) for d in range(len(path))]
        levels = [self._vocabulary.level(path[-1]) for path in number.values]
        return nodes, np.array([len(path) for path in paths], dtype=np.int32), levels, list(number.values)

    def _states(self) -> Ints:
        """How far two platforms agree, by their shapes: 2·levels that agree, + 1 if they part at the next one.

        Two individuals known under one path count as two; that they are the same one is said apart.
        """
        count = len(self.held.paths)
        agreed = np.zeros((count, count), dtype=np.int32)
        running = np.ones((count, count), dtype=bool)
        for depth in range(self._nodes.shape[1]):
            here = self._nodes[:, depth]
            running &= (here[:, None] == here[None, :]) & (here >= 0)[:, None]
            agreed += running
        state = np.empty((count, 2, count, 2), dtype=np.int8)
        for one in (0, 1):
            for other in (0, 1):
                # What each side says at the level where agreement ends: a node, an individual, or nothing.
                node = agreed < self._lengths[:, None]
                node_too = agreed < self._lengths[None, :]
                part = (node & node_too) | (~node & ~node_too & bool(one and other))
                state[:, one, :, other] = 2 * agreed + part
        return state.reshape(2 * count, 2 * count)

    def _platform(self) -> Floats:
        """Bits of the platform for every baseline row, by :attr:`state`."""
        then, assume = self.held.baseline, self.assume
        depth = self._nodes.shape[1]
        bits = np.zeros((len(then), 2 * depth + 1))
        if not len(then):
            return bits
        compared = self._compared()
        for d in range(depth):
            node = self._nodes[then.path, d].astype(np.int64)
            named = (self._lengths[then.path] == d) & (then.individual >= 0)
            known = np.flatnonzero((node >= 0) | named)
            bits[:, 2 * d + 2] = bits[:, 2 * d]
            if not len(known):
                continue
            step = np.where(named, len(self._levels) + then.individual, node)[known]
            parent = (self._nodes[then.path, d - 1] if d else np.full(len(then), -1))[known]
            base = self._bases(parent, named[known], step, compared)
            site = then.site[known]
            # A hull whose class is not known is no class of its own: individuals are counted apart.
            siblings = 2 * (parent + 1) + named[known]
            overall = smooth(_counts(step), _counts(siblings), base, assume.kappa)
            u = smooth(_counts(step, site), _counts(siblings, site), overall, assume.kappa)
            m = np.array([assume.kind_m if level == "kind" else assume.level_m for level in self._levels] or [0.0])
            m = np.where(named[known], assume.individual_m, m[np.maximum(node[known], 0)])
            disagree, agree = _bits(m, u).T
            bits[known, 2 * d + 1] = bits[known, 2 * d] + disagree
            bits[known, 2 * d + 2] = bits[known, 2 * d] + agree
        return bits

    def _compared(self) -> set[tuple[int, bool]]:
        """Nodes below which something was held against something (−1: the root), and whether it was individuals."""
        found = set()
        then, now = np.unique(self._shape_then), np.unique(self._shape_now)
        for shape in then:
            path, is_named = divmod(int(shape), 2)
            deepest = max(((state + 1) // 2 for state in self.state[shape, now].tolist()), default=0)
            for depth in range(deepest):
                parent = int(self._nodes[path, depth - 1]) if depth else -1
                found.add((parent, bool(is_named) and depth == int(self._lengths[path])))
        return found

    def _bases(self, parent: Ints, named: Bools, step: Ints, compared: set[tuple[int, bool]]) -> Floats:
        """The share a value has by its catalogue alone, for rows that stand one level below a node."""
        found = np.zeros(len(parent))
        stride = int(step.max()) + 1
        siblings = 2 * (parent + 1) + named
        children = numbered(siblings * stride + step)[0] // stride
        for one in np.unique(parent):
            path = self._parents[one] if one >= 0 else ()
            for individuals in (False, True):
                rows = (parent == one) & (named == individuals)
                if rows.any():
                    on_file = int((children == 2 * (one + 1) + individuals).sum())
                    sizes = self._sizes if (int(one), individuals) in compared else Sizes(self._vocabulary)
                    found[rows] = 1 / sizes.below(path, individuals=individuals, on_file=on_file)
        return found

    def _residents(self, site: int, residents: Sequence[Resident]) -> None:
        """That a class lives at a site explains why it is seen again, unless both are known to be somebody else's."""
        then = self.held.baseline
        operators: dict[str, set[str]] = {}
        for resident in residents:
            operators.setdefault(resident.platform, set()).add(resident.operator.casefold())
        for platform, theirs in operators.items():
            known_as_theirs = np.array([name in theirs for name in self.held.operators] + [True], dtype=bool)
            for code, path in enumerate(self.held.paths):
                rows = np.flatnonzero((then.site == site) & (then.path == code)) if platform in path else ()
                if not len(rows):
                    continue
                depth = path.index(platform)
                level = self._levels[self._nodes[code, depth]]
                m = self.assume.kind_m if level == "kind" else self.assume.level_m
                counted = self.platform[rows, 2 * depth + 2] - self.platform[rows, 2 * depth]
                change = np.log2(m / self.assume.resident_u) - counted
                is_theirs = known_as_theirs[then.operator[rows]]
                self.platform[rows[is_theirs], 2 * depth + 2 :] += change[is_theirs][:, None]
                # Of a row that is somebody else's it holds only when the other side may be theirs.
                self._change[rows[~is_theirs], depth] = change[~is_theirs]
                self._owners[rows[~is_theirs], depth] = len(self._theirs)
            self._theirs.append(frozenset(theirs))

    @cached_property
    def odds_of_activity(self) -> Floats:
        """2 to the bits of the activity, see :attr:`activity`."""
        return np.asarray(np.exp2(self.activity))

    @cached_property
    def shares_activity(self) -> Bools:
        """Have two sets of activities one in common?"""
        sets = self.held.activities
        return np.array([[bool(one & other) for other in sets] for one in sets], dtype=bool)

    def levels_of(self, b: Ints) -> Iterator[NDArray[Any]]:
        """For every depth: whether baseline rows say a kind, a level below it or an individual there."""
        path, names = self.held.baseline.path[b], np.array(["kind" if x == "kind" else "level" for x in self._levels])
        for depth in range(self._nodes.shape[1]):
            node = self._nodes[path, depth]
            named = (self._lengths[path] == depth) & (self.held.baseline.individual[b] >= 0)
            yield np.where(named, "individual", np.where(node >= 0, names[np.maximum(node, 0)], ""))

    def _activity(self) -> Floats:
        """Bits of the activity by the two sets of activities, the baseline's first."""
        sets = self.held.activities
        known = np.bincount(self.held.baseline.activities, minlength=len(sets))
        known[0] = 0
        shared = self.shares_activity
        bits = np.zeros(shared.shape)
        now = np.unique(self.held.current.activities)
        if not known.any() or not (now > 0).any():
            return bits
        size = self._sizes.activities(len(frozenset().union(*(s for s, n in zip(sets, known, strict=True) if n))))
        for code in np.flatnonzero(known).tolist():
            base = activity_base(len(sets[code]), size)
            u = smooth(int(known[shared[code]].sum()), int(known.sum()), base, self.assume.kappa)
            disagree, agree = _bits(self.assume.activity_m, np.array([u]))[0]
            bits[code, 1:] = np.where(shared[code, 1:], agree, disagree)
        return bits

    # Looking up

    def bits(self, b: Ints, c: Ints, *, same_place: Any, same_individual: Any = False) -> Floats:
        """W of pairs of baseline rows ``b`` and current rows ``c``, which may be of any shapes that fit together."""
        then, now = self.held.baseline, self.held.current
        return np.asarray(
            self.platform_bits(b, c, same_individual=same_individual)
            + self.place[b, np.asarray(same_place, dtype=np.intp)]
            + self.activity[then.activities[b], now.activities[c]]
            + self.season.bits(b, c)
        )

    def states(self, b: Ints, c: Ints, same_individual: Any) -> Ints:
        """How far the platforms of pairs agree, see :meth:`_states`; here the same individual counts as agreement."""
        return np.asarray(self.state[self._shape_then[b], self._shape_now[c]] + same_individual)

    def is_other(self, b: Ints, c: Ints) -> Bools:
        """Are the platforms of pairs known to differ in kind, type or class?"""
        state = self.states(b, c, False)
        return np.asarray((state % 2 == 1) & (state // 2 < self._lengths[self.held.baseline.path[b]]))

    def platform_bits(self, b: Ints, c: Ints, *, same_individual: Any = False) -> Floats:
        """Bits of the platform alone."""
        state = self.states(b, c, same_individual)
        bits = self.platform[b, state]
        if len(self._theirs) > 1 and self._owners[b].any():
            operator = self.held.current.operator[c]
            for depth in range(self._change.shape[1]):
                holds = self._is_owner[self._owners[b, depth], operator] & (state >= 2 * depth + 2)
                bits = bits + self._change[b, depth] * holds
        return np.asarray(bits)

    def odds_of_kinds(self, b: Ints, c: Ints) -> Floats:
        """2 to the bits of the platform for numbers of :attr:`kinds_of_current` (down) and of the baseline (across)."""
        if self._odds_of_kinds is None:
            return self._odds_of(self.kinds_of_baseline[0][b], self.kinds_of_current[0][c])
        return np.asarray(self._odds_of_kinds[c[:, None], b[None, :]])

    @cached_property
    def _odds_of_kinds(self) -> Floats | None:
        then, now = self.kinds_of_baseline[0], self.kinds_of_current[0]
        return self._odds_of(then, now) if len(then) * len(now) <= _TABLE else None

    def _odds_of(self, b: Ints, c: Ints) -> Floats:
        return np.asarray(np.exp2(self.platform_bits(b[None, :], c[:, None])))

    @cached_property
    def _shape_then(self) -> Ints:
        return _shape(self.held.baseline)

    @cached_property
    def _shape_now(self) -> Ints:
        return _shape(self.held.current)

    @cached_property
    def closeness(self) -> Ints:
        """By path and levels that agree: 0 for the individual, then class, type, kind, and 4 for nothing."""
        rank = {"class": 1, "type": 2, "kind": 3}
        found = np.full((len(self.held.paths), self._nodes.shape[1] + 2), NOTHING, dtype=np.int8)
        for row, path in enumerate(self.held.paths):
            for depth in range(len(path)):
                found[row, depth + 1] = rank[self._levels[self._nodes[row, depth]]]
            found[row, len(path) + 1] = 0
        return found

    @property
    def most_beyond_platform(self) -> float:
        """The most odds that activity and season can add to any pair."""
        return float(2 ** self.activity.max(initial=0.0)) * self.season.most

    @cached_property
    def kinds_of_current(self) -> tuple[Ints, Ints]:
        """One current row for each kind that the platform is worth the same for, and which of them every row is."""
        _, operators = np.unique(self._is_owner, axis=1, return_inverse=True)
        return kinds(self._shape_now, operators.ravel()[self.held.current.operator])

    @cached_property
    def kinds_of_baseline(self) -> tuple[Ints, Ints]:
        """One baseline row for each kind that place and platform are worth the same for, and which every row is."""
        then = self.held.baseline
        owners = [self._owners[:, depth] for depth in range(self._owners.shape[1]) if self._owners[:, depth].any()]
        # Of two individuals that are seen as often, one is worth what the other is.
        named = np.flatnonzero(then.individual >= 0)
        worth = np.zeros(len(then), dtype=np.int64)
        worth[named] = np.unique(self.platform[named, 2 * self._lengths[then.path[named]] + 2], return_inverse=True)[1]
        return kinds(then.site, self._shape_then, worth, *owners)


def _shape(rows: Columns) -> Ints:
    """Path and whether an individual is known under it, as one number: how a row stands in :attr:`Weights.state`."""
    return np.asarray(2 * rows.path + (rows.individual >= 0))


def kinds(*columns: Ints) -> tuple[Ints, Ints]:
    """The first row of every combination of values, and the number of each row's combination."""
    key: Ints = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        # Numbered anew after every column, so that the keys stay small.
        _, key = numbered(key * (int(column.max(initial=0)) + 2) + column + 1)
    first = np.empty(int(key.max(initial=-1)) + 1, dtype=np.int64)
    first[key[::-1]] = np.arange(len(key))[::-1]
    return first, key


def changes(numbers: Ints) -> Bools:
    """Where a number differs from the one before it; the first always does."""
    found = np.ones(len(numbers), dtype=bool)
    np.not_equal(numbers[1:], numbers[:-1], out=found[1:])
    return found


def numbered(keys: Ints) -> tuple[Ints, Ints]:
    """The different keys (none below 0) in order, and the place of each row's among them."""
    most = int(keys.max(initial=0)) + 1
    if most > _ROOM * len(keys):
        values, place = np.unique(keys, return_inverse=True)
        return values, place
    # Keys that lie close together need no sorting.
    is_there = np.zeros(most, dtype=bool)
    is_there[keys] = True
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[keys]


def _bits(m: Any, u: Any) -> Floats:
    """Bits for disagreeing and for agreeing, one row a value of u."""
    return np.stack(np.broadcast_arrays(np.log2((1 - m) / (1 - u)), np.log2(m / u)), axis=-1)


def _counts(values: Ints, within: Ints | None = None) -> Ints:
    """How often each value stands among them (in its group), row by row."""
    keys = values if within is None else within.astype(np.int64) * (int(values.max()) + 2) + values + 1
    _, place = numbered(keys - int(keys.min()))
    return np.bincount(place)[place]


class Season:
    """The days of both years on the circle of the year, each date uniform on its bounds."""

    def __init__(self, held: Table, assume: Assumptions) -> None:
        self.then, self.now = _slots(held.baseline), _slots(held.current)
        self.odds_of_level = tuple(m / u for m, u in zip(assume.season_m, SEASON_U, strict=True))
        self.most = max(self.odds_of_level)
        (then, self._code_then), (now, self._code_now) = _intervals(self.then), _intervals(self.now)
        self._odds = None
        if then.shape[1] * now.shape[1] <= _SEASONS:
            # Current bounds down, baseline bounds across.
            self._odds = self._mean(_day_pairs(then[:, None, :], now[:, :, None]))

    @cached_property
    def of_days(self) -> Floats:
        """Odds of two days by their slots: some megabytes, which few sites alone need."""
        return np.asarray(np.array(self.odds_of_level)[_LEVELS])

    def _mean(self, shares: Floats) -> Floats:
        return np.asarray(sum(shares[..., level] * odds for level, odds in enumerate(self.odds_of_level)))

    def shares(self, b: Ints, c: Ints) -> Floats:
        """Shares of the day pairs of pairs that are near, close and far, in the last axis."""
        return _day_pairs(self.then[:, b], self.now[:, c])

    def odds(self, b: Ints, c: Ints) -> Floats:
        """2 to the bits of the season of pairs."""
        if self._odds is None:
            return self._mean(self.shares(b, c))
        return np.asarray(self._odds[self._code_now[c], self._code_then[b]])

    def block(self, b: Ints, c: Ints) -> Floats:
        """2 to the bits of the season of all of ``c`` (down) with all of ``b`` (across)."""
        if self._odds is None:
            return self.odds(b[None, :], c[:, None])
        return np.asarray(self._odds[self._code_now[c]][:, self._code_then[b]])

    def bits(self, b: Ints, c: Ints) -> Floats:
        """Bits of the season of pairs."""
        return np.asarray(np.log2(self.odds(b, c)))


_LEAP, _PLAIN = 366, 365
#: Days of a leap year and, after them, of another.
SLOTS = _LEAP + _PLAIN
_SEATS = np.array(
    [
        circle_day(Day.fromordinal(Day(year, 1, 1).toordinal() + day))
        for year, n in ((2024, _LEAP), (2023, _PLAIN))
        for day in range(n)
    ]
)
_APART = np.abs(_SEATS[:, None] - _SEATS[None, :])
#: How far apart two days are on the circle: 0, 1 or 2 for near, close and far.
_LEVELS = np.searchsorted(SEASON_DAYS, np.minimum(_APART, YEAR_DAYS - _APART))
#: Of the day pairs up to two slots, how many there are of each level: what an interval holds is a difference of four.
_COUNTED = np.zeros((SLOTS + 1, SLOTS + 1, 3), dtype=np.int32)
_COUNTED[1:, 1:] = (_LEVELS[..., None] == np.arange(3)).cumsum(axis=0).cumsum(axis=1)


def _slots(rows: Columns) -> Ints:
    """First slot and the one after the last, for every row: the days of a leap year, then those of another."""
    first = (rows.first - _EPOCH).astype("datetime64[D]")
    year = first.astype("datetime64[Y]")
    days = ((year + 1).astype("datetime64[D]") - year.astype("datetime64[D]")).astype(np.int64)
    start = (first - year).astype("timedelta64[D]").astype(np.int64) + np.where(days == _LEAP, 0, _LEAP)
    return np.stack([start, start + rows.last - rows.first + 1])


_EPOCH = Day(1970, 1, 1).toordinal()


def _intervals(slots: Ints) -> tuple[Ints, Ints]:
    """The different intervals, and which of them every row has."""
    keys, code = numbered(slots[0] * (SLOTS + 1) + slots[1])
    return np.stack(np.divmod(keys, SLOTS + 1)), code


def _day_pairs(then: Ints, now: Ints) -> Floats:
    """Shares of the day pairs of intervals of slots by level, counted exactly, in the last axis."""
    (a, b), (c, d) = then, now
    counts = _COUNTED[b, d] - _COUNTED[a, d] - _COUNTED[b, c] + _COUNTED[a, c]
    return np.asarray(counts / ((b - a) * (d - c))[..., None])
