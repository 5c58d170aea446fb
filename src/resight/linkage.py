"""All pairs of two years at once: the whole baseline's odds, the pairs that count, and their one-to-one assignment.

For any number of episodes: pairs at one site are scored as blocks, and pairs at different sites are built only where
they could still be assigned. Class and season are never filters. The posterior's sum over the whole baseline is exact
all the same: pairs that are not built enter it aggregated by platform, activity and day. Time grows with the pairs at
one site; memory is bounded by the pairs that are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching
from threadpoolctl import ThreadpoolController

from resight.engine import HERE, Engine
from resight.evidence import Assumptions, least_bits
from resight.weights import NOTHING, Columns, Weights, changes, kinds

if TYPE_CHECKING:
    from resight.weights import Bools, Floats, Ints

#: Pairs that are scored in one go: enough to keep numpy busy, few enough to stay in the processor's cache.
_CHUNK = 1 << 17
#: From so many pairs at one site on, they are scored as a block of their own.
_BLOCK = 4096
#: From so many pairs at one site on, the baseline is added up first and few pairs are built.
_MANY = 1 << 22
#: Sites are given to an engine together until they have so many pairs.
_TOGETHER = 1 << 22
_TIE = 1e-9
_BLAS = ThreadpoolController()


# --- all pairs ------------------------------------------------------------------------------------------------------


class Links(NamedTuple):
    """The pairs that are worth assigning, W + log2(s/n0) − log2(1−s) > 0, in order of (current, baseline)."""

    baseline: Ints
    current: Ints
    bits: Floats
    #: P(this pair | the current episode), over the whole baseline.
    posterior: Floats
    #: Places in the columns above of the pairs that were assigned one to one.
    assigned: Ints
    #: s/n0; with a pair's 2^W and the odds of its current row it gives the posterior of any pair.
    prior: float
    #: For every current row: 1 − s + (s/n0)·Σ 2^W over the whole baseline.
    odds: Floats


class Scores:
    """All pairs of two years, looked up by the id of an episode, so that a page makes only the pairs that it tells of.

    Args:
        weights: the two years with what each factor is worth.
        near: as :func:`link` has it.
        links: what that found.
    """

    def __init__(self, weights: Weights, near: Ints, links: Links) -> None:
        self._weights, self._near, self._links = weights, near, links
        held = weights.held
        self._ids = held.baseline.ids, held.current.ids
        self._then, self._now = ({identifier: row for row, identifier in enumerate(ids)} for ids in self._ids)

    def posterior(self, bits: float, current: str) -> float:
        """P(a pair | its current episode), over the whole baseline."""
        return float(self._links.prior * 2**bits / self._links.odds[self._now[current]])

    def best_current(self, baseline: str) -> int:
        """The row of the current episode that has most bits with one of the baseline; of equal ones the first by id."""
        b, c = np.full(len(self._now), self._then[baseline]), np.arange(len(self._now))
        return int(self._best(self._of(b, c)[0], self._ids[1], 1)[0])

    def best_baseline(self, current: str) -> int:
        """The row of the baseline episode that has most bits with a current one; of equal ones the first by id."""
        b, c = np.arange(len(self._then)), np.full(len(self._then), self._now[current])
        return int(self._best(self._of(b, c)[0], self._ids[0], 1)[0])

    def others_at_place(self, baseline: str, current: str, most: int) -> tuple[list[int], int]:
        """The rows of the other baseline episodes at one place with a current one: the best, and how many there are."""
        b, c = np.arange(len(self._then)), np.full(len(self._then), self._now[current])
        bits, same_place = self._of(b, c)
        same_place[self._then[baseline]] = False
        there = np.flatnonzero(same_place)
        return there[self._best(bits[there], self._ids[0][there], most)].tolist(), len(there)

    def _of(self, b: Ints, c: Ints) -> tuple[Floats, Bools]:
        then, now = self._weights.held.baseline, self._weights.held.current
        is_near = _among(b, c, self._near, len(now))
        return _scored(self._weights, b, c, is_near), (then.site[b] == now.site[c]) | is_near

    @staticmethod
    def _best(bits: Floats, ids: Any, most: int) -> Ints:
        """Places of the pairs with most bits, of equal ones the first by id."""
        # What comes to the same is the same but for the last digits.
        rounded = np.round(bits / _TIE)
        if len(bits) > most:
            chosen = np.flatnonzero(rounded >= np.partition(rounded, len(bits) - most)[len(bits) - most])
        else:
            chosen = np.arange(len(bits))
        return np.asarray(chosen[np.lexsort((ids[chosen].astype(str), -rounded[chosen]))][:most])


def link(weights: Weights, near: Ints, engine: Engine = HERE) -> Links:
    """Score all pairs of two years and assign them one to one.

    Args:
        weights: the two years with what each factor is worth.
        near: (2, n) rows of baseline and current episodes of *different* sites that lie at one place all the same.
        engine: where pairs are scored, site by site at one place and kind by kind elsewhere; what comes of them is put
            together, and assigned, here.
    """
    then, now, assume = weights.held.baseline, weights.held.current, weights.assume
    if not len(then) or not len(now):
        none = np.zeros(0, dtype=np.int64)
        return Links(none, none, np.zeros(0), np.zeros(0), none, 0.0, np.ones(len(now)))
    floor = least_bits(len(then), assume)
    # Rather a pair too many: what is kept is scored again, to the last digit.
    least = 2**floor * (1 - _TIE)
    # At one site alone nothing lies elsewhere.
    sums, kept = np.zeros(len(now)), []
    elsewhere = _added_up(weights, same_place=False) if len(weights.held.sites) > 1 else None
    parts = chain(elsewhere.parts if elsewhere else (), _sites_by_pairs(weights))
    for found in engine.map("Scoring pairs", _of_part, parts, weights, elsewhere, least):
        for rows, more, pairs in found:
            sums[rows] += more
            kept += pairs
    more, pairs = _exceptions(weights, near, least)
    sums += more
    kept += pairs
    b, c = _joined(kept)
    c, b = np.divmod(np.unique(c * len(then) + b), len(then))
    bits = _scored(weights, b, c, _among(b, c, near, len(now)))
    worth = bits > floor
    b, c, bits = b[worth], c[worth], bits[worth]
    prior = assume.repeat_share / len(then)
    odds = 1 - assume.repeat_share + prior * sums
    return Links(b, c, bits, prior * np.exp2(bits) / odds[c], assign(b, c, bits - floor), prior, odds)


def _scored(weights: Weights, b: Ints, c: Ints, is_near: Bools) -> Floats:
    then, now = weights.held.baseline, weights.held.current
    found = np.empty(len(b))
    for part in _parts(len(b)):
        rows, columns = b[part], c[part]
        found[part] = weights.bits(
            rows,
            columns,
            same_place=(then.site[rows] == now.site[columns]) | is_near[part],
            same_individual=_same_individual(weights, rows, columns),
        )
    return found


def _same_individual(weights: Weights, b: Ints, c: Ints) -> Bools:
    one, other = weights.held.baseline.individual[b], weights.held.current.individual[c]
    return np.asarray((one == other) & (one >= 0))


def factors(weights: Weights, b: Ints, c: Ints, near: Ints) -> dict[str, Any]:
    """The bits of some pairs factor by factor (place, platform, activity, season), and what they agree in."""
    then, now = weights.held.baseline, weights.held.current
    same = _same_individual(weights, b, c)
    at_one_place = (then.site[b] == now.site[c]) | _among(b, c, near, len(now))
    agreed = weights.states(b, c, same) // 2
    closeness = weights.closeness[then.path[b], agreed]
    return {
        "finding": np.array(["same individual", "same class", "same type", "same kind", "other"], dtype=object)[
            closeness
        ],
        "place": weights.place[b, at_one_place.astype(np.intp)],
        "platform": weights.platform_bits(b, c, same_individual=same),
        "activity": weights.activity[then.activities[b], now.activities[c]],
        "season": weights.season.bits(b, c),
    }


#: Some current rows, what their pairs add to Σ 2^W, and the pairs worth keeping.
_Part: TypeAlias = "tuple[Ints, Floats, list[tuple[Ints, Ints]]]"


def _of_part(
    part: slice | list[tuple[_Here, _Here]], weights: Weights, elsewhere: _Added | None, least: float
) -> list[_Part]:
    """The pairs at other places of some kinds of current rows, or all pairs at one place of some sites."""
    if not isinstance(part, slice):
        return list(_at_one_site(weights, part, least))
    assert elsewhere is not None, "only what was added up has kinds"
    return [_elsewhere(weights, elsewhere, part, least)]


def _elsewhere(weights: Weights, added: _Added, part: slice, least: float) -> _Part:
    """Σ 2^W of some kinds over the whole baseline as if at other places, and the pairs worth keeping of these.

    Two known individuals count as two; pairs at one place, and those of one individual, are put right by the callers.
    """
    rows, sums, kept = _aggregated(weights, added, part, least)
    apart = [weights.held.baseline.site[b] != weights.held.current.site[c] for b, c in kept]
    return rows, sums, [(b[these], c[these]) for (b, c), these in zip(kept, apart, strict=True)]


class _Added(NamedTuple):
    """Baseline rows added up by kind, activity and day, before any current row is met."""

    #: Baseline rows, the number of each one's kind, and the first row of each kind.
    rows: Ints
    kind: Ints
    firsts: Ints
    #: Current rows of each kind.
    members: list[Ints]
    #: The sets of activities on either side, and the days of either side as slots.
    sets: Ints
    sets_now: Ints
    slots: slice
    slots_now: slice
    #: By activity and day (down) and kind: a date is spread evenly over its days, up at the first, down after the last.
    days: csr_array
    same_place: bool

    @property
    def parts(self) -> Iterator[slice]:
        """Kinds of current rows, as many at a time as are met in one go."""
        days = max(slots.stop - slots.start for slots in (self.slots, self.slots_now))
        return _parts(len(self.members), max(1, 8 * _CHUNK // max(*self.days.shape, len(self.sets_now) * (days + 1))))


def _added_up(weights: Weights, b: Ints | None = None, c: Ints | None = None, *, same_place: bool) -> _Added:
    """Baseline rows ``b``, to be met by current rows ``c``, all at one place or all apart; all rows if not given."""
    then, now = weights.held.baseline, weights.held.current
    b, c = (np.arange(len(side)) if rows is None else rows for rows, side in ((b, then), (c, now)))
    firsts_now, kind_now = kinds(weights.kinds_of_current[1][c])
    firsts, kind = kinds(weights.kinds_of_baseline[1][b])
    # No more activities and days than there are on either side.
    sets, sets_now = (np.unique(side.activities[rows]) for side, rows in ((then, b), (now, c)))
    (start, end), (start_now, end_now) = weights.season.then[:, b], weights.season.now[:, c]
    slots = slice(int(start.min()), int(end.max()))
    slots_now = slice(int(start_now.min()), int(end_now.max()))
    up = 1 / (end - start)
    first = np.searchsorted(sets, then.activities[b]) * (slots.stop - slots.start + 1) - slots.start
    at = np.concatenate([first + start, first + end])
    shape = (len(sets) * (slots.stop - slots.start + 1), len(firsts))
    days = csr_array((np.concatenate([up, -up]), (at, np.tile(kind, 2))), shape=shape)
    members = [c[held] for held in _members(kind_now, len(firsts_now))]
    return _Added(b, kind, b[firsts], members, sets, sets_now, slots, slots_now, days, same_place)


def _aggregated(weights: Weights, added: _Added, part: slice, least: float) -> _Part:
    """Σ 2^W of some kinds of current rows over what was added up, and the pairs worth keeping.

    The time is not that of the pairs; and a pair is only built where the most that its season could add would make it
    worth keeping.
    """
    then, now, season = weights.held.baseline, weights.held.current, weights.season
    of_activities = weights.odds_of_activity[np.ix_(added.sets, added.sets_now)]
    of_days = season.of_days[added.slots_now, added.slots]
    members = added.members[part]
    numbers = weights.kinds_of_baseline[1][added.firsts]
    numbers_now = weights.kinds_of_current[1][[held[0] for held in members]]
    sums: list[Floats] = []
    kept: list[tuple[Ints, Ints]] = []
    odds = weights.odds_of_kinds(numbers, numbers_now) * np.exp2(weights.place[added.firsts, int(added.same_place)])
    by_day = (added.days @ odds.T).reshape(len(added.sets), of_days.shape[1] + 1, -1).cumsum(axis=1)[:, :-1]
    # From the baseline's activity and day to the current one's; a mean over days is a difference of sums. The last
    # digits of a product of matrices hang on the number of threads: on another machine they would be others.
    with _BLAS.limit(limits=1, user_api="blas"):
        met = np.tensordot(of_activities, by_day, axes=(0, 0))
        met = np.tensordot(of_days, met, axes=(1, 1)).cumsum(axis=0)
    met = np.concatenate([np.zeros_like(met[:1]), met])
    worth = odds * weights.most_beyond_platform > least
    for number, rows in enumerate(members):
        activity = np.searchsorted(added.sets_now, now.activities[rows])
        first, after = season.now[:, rows] - added.slots_now.start
        sums.append((met[after, activity, number] - met[first, activity, number]) / (after - first))
        if worth[number].any():
            those = np.flatnonzero(worth[number][added.kind])
            most = odds[number][added.kind[those]] * season.most
            for one in np.unique(now.activities[rows]).tolist():
                fit = most * weights.odds_of_activity[then.activities[added.rows[those]], one] > least
                if fit.any():
                    alike = rows[now.activities[rows] == one]
                    kept += _worth(weights, added.rows[those[fit]], alike, least, same_place=added.same_place)
    return np.concatenate(members), np.concatenate(sums), kept


def _members(kind: Ints, number: int) -> list[Ints]:
    """The rows of every kind."""
    order = np.argsort(kind, kind="stable")
    return np.split(order, np.searchsorted(kind[order], np.arange(1, number)))


def _worth(weights: Weights, those: Ints, held: Ints, least: float, *, same_place: bool) -> Iterator[tuple[Ints, Ints]]:
    """Of all pairs of some baseline and some current rows, all at one place or all apart, those worth keeping."""
    for b, c in _flat([(those, held)]):
        worth = np.exp2(weights.bits(b, c, same_place=same_place)) > least
        yield b[worth], c[worth]


def _at_one_site(weights: Weights, sites: Iterable[tuple[_Here, _Here]], least: float) -> Iterator[_Part]:
    """What the pairs at each of some sites add to the sums beyond what they were taken for, and those worth keeping."""
    # What pairs were taken for lies elsewhere; bits of that against lying at one place depend on the site alone.
    elsewhere = np.exp2(weights.place[:, 0] - weights.place[:, 1]) * (len(weights.held.sites) > 1)
    small: list[tuple[Ints, Ints]] = []
    for then, now in sites:
        if len(then.rows) * len(now.rows) < _BLOCK:
            small.append((then.rows, now.rows))
            continue
        beyond = 1 - elsewhere[then.rows[0]]
        if len(then.rows) * len(now.rows) > _MANY:
            added = _added_up(weights, then.rows, now.rows, same_place=True)
            for part in added.parts:
                rows, sums, kept = _aggregated(weights, added, part, least)
                yield rows, sums * beyond, kept
            continue
        for columns, odds in _blocks(weights, then, now):
            i, j = np.divmod(np.flatnonzero(odds > least), odds.shape[1])
            yield columns, odds.sum(axis=1) * beyond, [(then.rows[j], columns[i])]
    for b, c in _flat(small):
        odds = np.exp2(weights.bits(b, c, same_place=True))
        # The pairs of one current row stand side by side.
        starts = changes(c)
        more = np.asarray(np.bincount(np.cumsum(starts) - 1, odds * (1 - elsewhere[b])), dtype=np.float64)
        worth = odds > least
        yield c[starts], more, [(b[worth], c[worth])]


def _sites_by_pairs(weights: Weights) -> Iterator[list[tuple[_Here, _Here]]]:
    """The rows of the sites that have some on both sides: sites together until their pairs are many."""
    then, now = weights.held.baseline, weights.held.current
    held: list[tuple[_Here, _Here]] = []
    pairs = 0
    for here in _sites(_Grouped(then, weights.kinds_of_baseline[1]), _Grouped(now, weights.kinds_of_current[1])):
        held.append(here)
        pairs += len(here[0].rows) * len(here[1].rows)
        if pairs >= _TOGETHER:
            yield held
            held, pairs = [], 0
    if held:
        yield held


class _Here(NamedTuple):
    """The rows of one side at one site: those of one kind together, and of these those of one activity."""

    rows: Ints
    #: The first row of each kind with one activity; which of these every row is like.
    likes: Ints
    like: Ints
    #: Numbers of the kinds; which of these each of ``likes`` is of.
    kinds: Ints
    kind: Ints


class _Grouped:
    """The rows of one side in order of site, kind and activity."""

    def __init__(self, side: Columns, kind: Ints) -> None:
        _, like = kinds(kind, side.activities)
        self.site = side.site
        self.order = np.lexsort((like, kind, side.site))
        site, kind, like = side.site[self.order], kind[self.order], like[self.order]
        new_kind = changes(site) | changes(kind)
        new_like = new_kind | changes(like)
        self._like = np.cumsum(new_like) - 1
        self._likes = np.flatnonzero(new_like)
        self._kind = (np.cumsum(new_kind) - 1)[self._likes]
        self._kinds = kind[new_kind]

    def ends(self, sites: int) -> Ints:
        """Where the rows of every site begin, and where the last ones end."""
        return np.searchsorted(self.site[self.order], np.arange(sites + 1))

    def at(self, start: int, end: int) -> _Here:
        """The rows between two ends."""
        first, last = int(self._like[start]), int(self._like[end - 1]) + 1
        kind = self._kind[first:last]
        likes, like = self.order[self._likes[first:last]], self._like[start:end] - first
        return _Here(self.order[start:end], likes, like, self._kinds[kind[0] : kind[-1] + 1], kind - kind[0])


def _sites(then: _Grouped, now: _Grouped) -> Iterator[tuple[_Here, _Here]]:
    """The rows of every site that has some on both sides."""
    sites = max(int(side.site.max(initial=-1)) for side in (then, now)) + 1
    ends = np.stack([then.ends(sites), now.ends(sites)])
    for site in np.flatnonzero((np.diff(ends) > 0).all(axis=0)).tolist():
        (b0, b1), (c0, c1) = ends[:, site : site + 2].tolist()
        yield then.at(b0, b1), now.at(c0, c1)


def _flat(blocks: Iterable[tuple[Ints, Ints]]) -> Iterator[tuple[Ints, Ints]]:
    """All pairs of each of many blocks, laid end to end, about as many at a time as are scored in one go."""
    held: list[tuple[Ints, Ints]] = []
    number = 0
    for b, c in blocks:
        for part in _parts(len(c), max(1, _CHUNK // len(b))):
            held.append((np.tile(b, len(c[part])), np.repeat(c[part], len(b))))
            number += len(held[-1][0])
            if number >= _CHUNK:
                yield _joined(held)
                held, number = [], 0
    if held:
        yield _joined(held)


def _joined(pairs: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    if not pairs:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    b, c = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    return b, c


def _parts(number: int, step: int = _CHUNK) -> Iterator[slice]:
    for first in range(0, number, step):
        yield slice(first, first + step)


def _blocks(weights: Weights, then: _Here, now: _Here) -> Iterator[tuple[Ints, Floats]]:
    """2^W of all pairs of one site, some current rows (down) at a time; two individuals known count as two."""
    activities = weights.held.baseline.activities, weights.held.current.activities
    alike = weights.odds_of_kinds(then.kinds, now.kinds)[now.kind][:, then.kind]
    # The bits of the place are those of the site.
    alike *= np.exp2(weights.place[then.rows[0], 1])
    alike *= weights.odds_of_activity.T[activities[1][now.likes]][:, activities[0][then.likes]]
    alike = alike[:, then.like]
    for part in _parts(len(now.rows), max(1, _CHUNK // len(then.rows))):
        odds = weights.season.block(then.rows, now.rows[part])
        odds *= alike[now.like[part]]
        yield now.rows[part], odds


def _exceptions(weights: Weights, near: Ints, least: float) -> tuple[Floats, list[tuple[Ints, Ints]]]:
    """Pairs of one individual, and pairs of two sites at one place: what they add to the sums, and those to keep."""
    then, now = weights.held.baseline, weights.held.current
    sums = np.zeros(len(now))
    kept: list[tuple[Ints, Ints]] = []
    others = near[:, ~_same_individual(weights, *near)]
    for b, c in chain(_shared(then.individual, now.individual), [(others[0], others[1])]):
        odds = np.exp2(_scored(weights, b, c, _among(b, c, near, len(now))))
        taken_for = np.exp2(weights.bits(b, c, same_place=then.site[b] == now.site[c]))
        sums += np.bincount(c, odds - taken_for, minlength=len(now))
        worth = odds > least
        kept.append((b[worth], c[worth]))
    return sums, kept


def _shared(then: Ints, now: Ints) -> Iterator[tuple[Ints, Ints]]:
    """All pairs of rows of one individual that is known on both sides, about as many at a time as are scored in one go.

    Most individuals have a row or two: they are laid end to end all at once.
    """
    order = np.argsort(then, kind="stable")
    c = np.flatnonzero(now >= 0)
    start, end = (np.searchsorted(then[order], now[c], side) for side in ("left", "right"))
    sizes = end - start
    ends = np.cumsum(sizes)
    for part in _parts(int(ends[-1]) if len(ends) else 0):
        pair = np.arange(part.start, min(part.stop, int(ends[-1])))
        of = np.searchsorted(ends, pair, "right")
        yield order[start[of] + pair - (ends - sizes)[of]], c[of]


def _among(b: Ints, c: Ints, pairs: Ints, columns: int) -> Bools:
    """Which pairs are among some others?"""
    if not pairs.size:
        return np.zeros(len(b), dtype=bool)
    return np.isin(b * columns + c, pairs[0] * columns + pairs[1])


# --- one to one -----------------------------------------------------------------------------------------------------

#: A component with more cells than this is assigned as a sparse graph.
_DENSE = 1 << 20


def assign(b: Ints, c: Ints, gain: Floats) -> Ints:
    """The one-to-one assignment with the greatest total gain; which of the pairs it holds, in their order.

    Pairs that share no episode, directly or over others, are assigned apart: a component at a time. All gains are
    above 0, so that nothing worth having is left out.
    """
    if not len(b):
        return np.zeros(0, dtype=np.int64)
    rows, row = np.unique(b, return_inverse=True)
    columns, column = np.unique(c, return_inverse=True)
    total = len(rows) + len(columns)
    graph = csr_array((np.ones(len(b), dtype=bool), (row, len(rows) + column)), shape=(total, total))
    number, label = connected_components(graph, directed=False)
    of_pair = label[row]
    down = np.bincount(label[: len(rows)], minlength=number)
    across = np.bincount(label[len(rows) :], minlength=number)
    # The best pairs of each component first, between equals the first.
    order = np.lexsort((np.arange(len(b)), -gain, of_pair))
    ends = np.searchsorted(of_pair[order], np.arange(number + 1))
    is_star = (down == 1) | (across == 1)
    chosen = [order[ends[:-1][is_star]]]
    for one in np.flatnonzero(~is_star).tolist():
        pairs = np.sort(order[ends[one] : ends[one + 1]])
        chosen.append(pairs[_assigned(row[pairs], column[pairs], gain[pairs])])
    return np.sort(np.concatenate(chosen))


def _assigned(row: Ints, column: Ints, gain: Floats) -> Ints:
    """One component: places of the pairs that are assigned."""
    rows, row = np.unique(row, return_inverse=True)
    columns, column = np.unique(column, return_inverse=True)
    if len(rows) * len(columns) <= _DENSE:
        place = np.full((len(rows), len(columns)), -1)
        place[row, column] = np.arange(len(gain))
        worth = np.zeros(place.shape)
        worth[row, column] = gain
        found = place[linear_sum_assignment(worth, maximize=True)]
        return np.asarray(found[found >= 0])
    # Every row may also stay alone, in a column of its own that is worth nothing.
    alone = np.arange(len(rows))
    most = float(gain.max()) + 1
    cost = csr_array(
        (
            np.concatenate([most - gain, np.full(len(rows), most)]),
            (np.concatenate([row, alone]), np.concatenate([column, len(columns) + alone])),
        ),
        shape=(len(rows), len(columns) + len(rows)),
    )
    matched = dict(zip(*min_weight_full_bipartite_matching(cost), strict=True))
    return np.flatnonzero([matched[r] == k for r, k in zip(row.tolist(), column.tolist(), strict=True)])


# --- what comes closest ---------------------------------------------------------------------------------------------


def closest(weights: Weights, near: Ints, open_then: Bools, open_now: Bools) -> tuple[Ints, Ints]:
    """For each open row the closest one of the other year at its place whose platform it does not contradict.

    Closest is the same individual, then class, type and kind; then the most bits; then the first id.

    Args:
        weights: the two years.
        near: see :func:`link`.
        open_then, open_now: the rows that are asked for.

    Returns:
        For each baseline row a current one, and for each current row a baseline one; −1 where there is none.
    """
    then, now = weights.held.baseline, weights.held.current
    rank_then, rank_now = (np.argsort(np.argsort(rows.ids, kind="stable")) for rows in (then, now))
    found: list[tuple[Ints, Ints, Floats]] = []
    for then_here, now_here in _sites(_Grouped(then, rank_then), _Grouped(now, rank_now)):
        # In order of their ids, so that of equals the first is taken.
        b, c = then_here.rows, now_here.rows
        if not (open_then[b].any() or open_now[c].any()):
            continue
        for part in _parts(len(c), max(1, _CHUNK // len(b))):
            columns = c[part]
            far = _farness(weights, b[None, :], columns[:, None])
            best, best_now = far.argmin(axis=1), far.argmin(axis=0)
            found.append((b[best], columns, far[np.arange(len(columns)), best]))
            found.append((b, columns[best_now], far[best_now, np.arange(len(b))]))
    if near.size:
        found.append((*near, _farness(weights, *near)))
    b, c, far = (np.concatenate(part) for part in zip(*found, strict=True)) if found else (np.zeros(0, dtype=int),) * 3
    fits = np.isfinite(far)
    b, c, far = b[fits], c[fits], far[fits]
    return (
        _first_of(b, c, far, open_then, rank_now),
        _first_of(c, b, far, open_now, rank_then),
    )


#: What two platforms agree in, as :attr:`resight.weights.Weights.closeness` numbers it: not in their type.
_SAME_KIND = 3


def alike(weights: Weights, near: Ints) -> Bools:
    """Which current rows have one of the other year at their place that is of the same type or closer.

    It contradicts their platform nowhere, as the one of :func:`closest` would. Whether two agree rests on their paths,
    on whether either is named, and on whether both are one: of each kind at a site one row is looked at.
    """
    then, now = weights.held.baseline, weights.held.current
    found = np.zeros(len(now), dtype=bool)
    if not len(then) or not len(now):
        return found

    def fit(b: Ints, c: Ints, same: Bools | bool) -> Bools:
        state = weights.states(b, c, same)
        return np.asarray((state % 2 == 0) & (weights.closeness[then.path[b], state // 2] < _SAME_KIND))

    (of_then, kind_then), (of_now, kind_now) = (
        kinds(side.path, np.minimum(side.individual, 0)) for side in (then, now)
    )
    fits = fit(of_then[None, :], of_now[:, None], False)
    there = np.zeros((int(max(then.site.max(), now.site.max())) + 1, len(of_then)), dtype=bool)
    there[then.site, kind_then] = True
    for part in _parts(len(now), max(1, _CHUNK // len(of_then))):
        found[part] = (there[now.site[part]] & fits[kind_now[part]]).any(axis=1)
    most = int(max(then.individual.max(), now.individual.max())) + 1
    named_then, named_now = (np.flatnonzero(side.individual >= 0) for side in (then, now))
    keys = [side.site[rows] * most + side.individual[rows] for side, rows in ((then, named_then), (now, named_now))]
    known, first = np.unique(keys[0], return_index=True)
    if len(known):
        at = np.minimum(np.searchsorted(known, keys[1]), len(known) - 1)
        met = known[at] == keys[1]
        b, c = named_then[first[at[met]]], named_now[met]
        found[c] |= fit(b, c, True)
    if near.size:
        b, c = near
        found[c[fit(b, c, _same_individual(weights, b, c))]] = True
    return found


def _farness(weights: Weights, b: Ints, c: Ints) -> Floats:
    """Less is closer: the level at which the platforms agree, then bits; infinite where they part or share nothing."""
    same = _same_individual(weights, b, c)
    state = weights.states(b, c, same)
    rank = weights.closeness[weights.held.baseline.path[b], state // 2]
    far = rank * 4096.0 - weights.bits(b, c, same_place=True, same_individual=same).round(9)
    return np.where((state % 2 == 1) | (rank == NOTHING), np.inf, far)


def _first_of(rows: Ints, others: Ints, far: Floats, is_open: Bools, rank: Ints) -> Ints:
    """For each open row, the other end of its closest pair."""
    best = np.full(len(is_open), -1)
    order = np.lexsort((rank[others], far, rows))
    order = order[is_open[rows[order]]]
    at, first = np.unique(rows[order], return_index=True)
    best[at] = others[order[first]]
    return best


# --- m from the logbook itself --------------------------------------------------------------------------------------

#: Fewer current episodes than this say too little of m.
LEARNABLE = 100
#: Weight of the assumed m against what is counted, in pairs.
PSEUDO_PAIRS = 20
_ROUNDS = 20
_SETTLED = 1e-4


def recount(weights: Weights, links: Links, assume: Assumptions) -> Assumptions:
    """m counted over the assigned pairs, with :data:`PSEUDO_PAIRS` pairs at the assumed m (a Dirichlet prior).

    The m of place is left as it is: pairs at one place are those that come to be assigned.
    """
    then, now = weights.held.baseline, weights.held.current
    b, c = links.baseline[links.assigned], links.current[links.assigned]
    state = weights.states(b, c, _same_individual(weights, b, c))
    agreed = {"kind": 0.0, "level": 0.0, "individual": 0.0}
    compared = dict(agreed)
    for depth, level in enumerate(weights.levels_of(b)):
        for name in agreed:
            here = level == name
            agreed[name] += float((here & (state >= 2 * depth + 2)).sum())
            compared[name] += float((here & (state >= 2 * depth + 1)).sum())
    known = (then.activities[b] > 0) & (now.activities[c] > 0)
    shared = weights.shares_activity[then.activities[b], now.activities[c]] & known
    seasons = weights.season.shares(b, c) * np.array(weights.season.odds_of_level)
    seasons = (seasons / seasons.sum(axis=1, keepdims=True)).sum(axis=0)

    def mean(prior: float, yes: float, number: float) -> float:
        return (PSEUDO_PAIRS * prior + yes) / (PSEUDO_PAIRS + number)

    near, close, _ = (mean(m, float(yes), len(b)) for m, yes in zip(assume.season_m, seasons, strict=True))
    return assume._replace(
        kind_m=mean(assume.kind_m, agreed["kind"], compared["kind"]),
        level_m=mean(assume.level_m, agreed["level"], compared["level"]),
        individual_m=mean(assume.individual_m, agreed["individual"], compared["individual"]),
        activity_m=mean(assume.activity_m, float(shared.sum()), float(known.sum())),
        season_m=(near, close, 1 - near - close),
    )


def learn(
    make: Callable[[Assumptions], Weights], near: Ints, assume: Assumptions, engine: Engine = HERE
) -> tuple[Assumptions, int]:
    """m by one-to-one (classification) EM: assign, recount, assign again until nothing moves; and in how many rounds.

    The prior, the share of episodes that repeat, stays. (Plain EM over all pairs finds the wrong two groups on such
    data; Celeux & Govaert 1992, doi:10.1016/0167-9473(92)90042-E, give the classification form.)

    Args:
        make: weights of the two years under some assumptions.
        near: see :func:`link`.
        assume: where to begin, and what the pseudo-pairs say.
        engine: see :func:`link`.
    """
    held, moved, rounds = assume, 1.0, 0
    while moved > _SETTLED and rounds < _ROUNDS:
        weights = make(held)
        found = recount(weights, link(weights, near, engine), assume)
        moved = max(abs(a - b) for a, b in zip(_flat_m(found), _flat_m(held), strict=True))
        held, rounds = found, rounds + 1
    return held, rounds


def _flat_m(assume: Assumptions) -> tuple[float, ...]:
    return (assume.kind_m, assume.level_m, assume.individual_m, assume.activity_m, *assume.season_m)
