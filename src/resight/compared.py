"""Two years of episodes in columns, held against each other: what :mod:`resight.comparison` finds, as rows and numbers.

Every scope (the watched sites as one group, or one other site) is compared by itself, by a pure function of frames and
arrays, so that scopes can be worked on in any order and anywhere. Nothing is told here: which rows of
:func:`resight.bulk.episodes` match which, and on what evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas
import numpy as np
import pandas as pd
import shapely

from resight import geodesy, linkage, weights
from resight.engine import HERE, Engine
from resight.evidence import DEFAULTS, FINDINGS, Assumptions, Counts
from resight.observation import Method, Site

if TYPE_CHECKING:
    from resight.linkage import Links
    from resight.vocabulary import Vocabulary
    from resight.weights import Columns, Ints, Weights

#: Between the steps of a platform path, and between the activities, of a frame of episodes.
ARROW = " > "
COMMA = ", "
#: Sites compared alone are given to an engine together until they have so many episodes.
_TOGETHER = 10_000
_EPOCH = 719_163


class Coded(NamedTuple):
    """The episodes of a frame as numbers, in its order, and what the numbers stand for (see :class:`weights.Table`)."""

    columns: Columns
    sites: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]
    operators: tuple[str, ...]
    activities: tuple[frozenset[str], ...]


class Compared(NamedTuple):
    """This year's episodes held against the baseline's, within one scope."""

    scope: tuple[str, ...]
    #: Rows of the frame of episodes. The columns of ``weighed.held`` stand in the same order; all else goes by these.
    then: Ints
    now: Ints
    weighed: Weights
    #: Rows of different sites that lie at one place all the same, see :func:`resight.linkage.link`.
    near: Ints
    links: Links
    #: Places in ``links`` of the matches (assigned, posterior above one half, not known to be of another type),
    #: strongest first, then by the id of the current episode.
    matched: Ints
    #: In how many rounds m was learned from these two years; 0 when it is assumed.
    learned: int

    @property
    def assume(self) -> Assumptions:
        """The m, κ and prior that hold here, be they assumed or learned."""
        return self.weighed.assume

    @property
    def ends(self) -> tuple[Ints, Ints]:
        """The baseline row and the current row of each match."""
        return self.links.baseline[self.matched], self.links.current[self.matched]

    @property
    def scores(self) -> linkage.Scores:
        """All pairs of the scope, looked up by the ids of their episodes."""
        return linkage.Scores(self.weighed, self.near, self.links)

    def factors(self, b: Ints, c: Ints) -> dict[str, Any]:
        """The bits of some pairs factor by factor, and what they agree in, see :func:`resight.linkage.factors`."""
        return linkage.factors(self.weighed, b, c, self.near)

    def counts(self, names: Mapping[int, str]) -> Counts:
        """How many of the baseline's episodes have which value, as :func:`resight.evidence.counts` says it.

        Args:
            names: of the individuals that are asked for the keys, by their numbers; those of others are not told.
        """
        return weights.counts(self.weighed.held, names)

    def closest(self) -> tuple[Ints, Ints]:
        """For each baseline row that matches nothing the closest current one, and the other way round; −1 for none.

        Closest as :attr:`resight.comparison.Comparison.likest` has it.
        """
        is_open = [np.ones(len(side), dtype=bool) for side in (self.then, self.now)]
        for side, rows in zip(is_open, self.ends, strict=True):
            side[rows] = False
        return linkage.closest(self.weighed, self.near, *is_open)


class Found(NamedTuple):
    """The episodes of a frame of records, and the records that they are made of."""

    episodes: geopandas.GeoDataFrame
    #: Rows of the sightings that take part, those of one episode in order of (first day, last day, id), and to which of
    #: the episodes each belongs, by numbers of its own.
    rows: Ints
    number: Ints
    #: The place of every record in order of (first day, last day, id).
    place: Ints

    def sightings(self) -> tuple[Ints, Ints]:
        """Rows of the sightings, those of each episode together, and where those of each begin; one end more."""
        rows = self.rows[np.argsort(self.number, kind="stable")]
        sizes = np.bincount(self.number)
        starts = np.cumsum(sizes) - sizes
        # The episodes stand in order of their first sightings.
        order = np.argsort(self.place[rows[starts]]) if len(starts) else starts
        begin = np.concatenate([[0], np.cumsum(sizes[order])])
        of = np.repeat(starts[order] - begin[:-1], sizes[order])
        return rows[np.arange(len(rows)) + of], begin


class Comparisons(NamedTuple):
    """A year against its baseline: the watched sites as one group, every other site with records alone."""

    year: int
    baseline_years: tuple[int, ...]
    methods: tuple[Method, ...]
    #: All episodes, of other years too.
    found: Found
    #: The group first, then the other sites by id.
    scopes: tuple[Compared, ...]
    #: Rows of the episodes whose bounds straddle New Year: in neither year.
    undetermined: Ints

    def touching(self) -> Ints:
        """Those of the undetermined ones that may lie in a compared year."""
        found = self.found.episodes
        first, last = (found[name].dt.year.to_numpy()[self.undetermined] for name in ("first", "last"))
        years = (self.year, *self.baseline_years)
        return self.undetermined[np.any([(first <= year) & (year <= last) for year in years], axis=0)]


def scopes(names: Iterable[str], sites: Mapping[str, Site], group: Sequence[str] | None) -> list[tuple[str, ...]]:
    """What is compared by itself: the watched sites together, then alone, by id, every other site that has records.

    Args:
        names: the ids of the sites that have records.
        sites: the register.
        group: the sites that are the one group instead; every other site is left out then.
    """
    if group is not None:
        return [tuple(dict.fromkeys(group))]
    watched = tuple(identifier for identifier, site in sites.items() if site.watched)
    return [watched, *((name,) for name in sorted(set(names) - set(watched)))]


def years_of(found: pd.DataFrame) -> Ints:
    """The year that holds all bounds of each episode; 0 where they straddle New Year."""
    first, last = (found[name].dt.year.to_numpy() for name in ("first", "last"))
    return np.where(first == last, first, 0)


def of(
    found: geopandas.GeoDataFrame,
    groups: Iterable[Sequence[str]],
    *,
    year: int,
    baseline_years: Sequence[int],
    vocabulary: Vocabulary,
    sites: Mapping[str, Site],
    assume: Assumptions = DEFAULTS,
    learn: bool = False,
    engine: Engine = HERE,
) -> Iterator[Compared]:
    """Compare one year of a frame of episodes with a baseline, scope by scope.

    Args:
        found: a frame of :func:`resight.bulk.episodes`.
        groups: the site ids of each scope; no site in two of them.
        year, baseline_years: the year under study, and those it is held against.
        vocabulary: the platform tree and the catalogue sizes.
        sites: the register, for the residents of sites; sites that are not in it have none.
        assume: m, κ and the prior.
        learn: learn m from the two years first, where there are episodes enough.
        engine: where that is done; sites alone are given to it some at a time, of a group the pairs.
    """
    coded, began, shapes = code(found), years_of(found), found.geometry.array
    is_then, is_now = np.isin(began, list(baseline_years)), began == year
    number = {name: place for place, name in enumerate(coded.sites)}
    order = np.argsort(coded.columns.site, kind="stable")
    ends = np.searchsorted(coded.columns.site[order], np.arange(len(number) + 1))

    def sides(group: Sequence[str]) -> _Sides:
        codes = [number[name] for name in group if name in number]
        here = [order[ends[one] : ends[one + 1]] for one in codes] or [order[:0]]
        # In the order of the frame.
        rows = here[0] if len(here) == 1 else np.sort(np.concatenate(here))
        then, now = rows[is_then[rows]], rows[is_now[rows]]
        held = table(coded, then, now, codes)
        near = np.zeros((2, 0), dtype=np.int64)
        if len(codes) > 1:
            near = geodesy.near_rows(positions(shapes[then], held.baseline), positions(shapes[now], held.current))
        return _Sides(tuple(group), then, now, held, near)

    how = _How(vocabulary, sites, assume, learn)
    for is_alone, several in groupby(map(sides, groups), key=lambda one: len(one.scope) == 1):
        if is_alone:
            for some in engine.map("Comparing sites", _each, _together(several), how):
                yield from some
        else:
            for one in several:
                yield _compared(one, how, engine)


class _Sides(NamedTuple):
    """Both years of a scope, not held against each other yet; as in :class:`Compared`."""

    scope: tuple[str, ...]
    then: Ints
    now: Ints
    held: weights.Table
    near: Ints


class _How(NamedTuple):
    """What all scopes are compared by, see :func:`of`."""

    vocabulary: Vocabulary
    sites: Mapping[str, Site]
    assume: Assumptions
    learn: bool


def _together(several: Iterable[_Sides]) -> Iterator[list[_Sides]]:
    """Scopes together until their episodes are many."""
    held: list[_Sides] = []
    rows = 0
    for one in several:
        held.append(one)
        rows += len(one.then) + len(one.now)
        if rows >= _TOGETHER:
            yield held
            held, rows = [], 0
    if held:
        yield held


def _each(several: Iterable[_Sides], how: _How) -> list[Compared]:
    return [_compared(one, how) for one in several]


def _compared(one: _Sides, how: _How, engine: Engine = HERE) -> Compared:
    """Decide within one scope, one to one, which episode matches which."""
    held, assume = one.held, how.assume

    def make(assumed: Assumptions) -> Weights:
        scope = len(one.scope)
        return weights.Weights(held, vocabulary=how.vocabulary, scope=scope, sites=how.sites, assume=assumed)

    learned = 0
    if how.learn and len(one.then) and len(one.now) >= linkage.LEARNABLE:
        assume, learned = linkage.learn(make, one.near, assume, engine)
    weighed = make(assume)
    links = linkage.link(weighed, one.near, engine)
    chosen = links.assigned[links.posterior[links.assigned] > 0.5]
    chosen = chosen[~weighed.is_other(links.baseline[chosen], links.current[chosen])]
    order = np.lexsort((held.current.ids[links.current[chosen]].astype(str), -links.bits[chosen]))
    return Compared(one.scope, one.then, one.now, weighed, one.near, links, chosen[order], learned)


def matches(found: geopandas.GeoDataFrame, one: Compared) -> geopandas.GeoDataFrame:
    """The matches of a scope as a frame, see :func:`resight.bulk.matches`."""
    b, c = one.ends
    factors = one.factors(b, c)
    now = one.now[c]
    return geopandas.GeoDataFrame(
        {
            "baseline": pd.array(one.weighed.held.baseline.ids[b], dtype="string"),
            "site": found["site"].array[now],
            "finding": pd.Categorical(factors.pop("finding"), categories=[*FINDINGS.values(), "other"]),
            **factors,
            "bits": one.links.bits[one.matched],
            "posterior": one.links.posterior[one.matched],
        },
        index=pd.Index(pd.array(one.weighed.held.current.ids[c], dtype="string"), name="current"),
        geometry=found.geometry.array[now],
        crs=found.crs,
    )


# --- a frame of episodes as numbers ---------------------------------------------------------------------------------


def code(found: pd.DataFrame) -> Coded:
    """A frame of :func:`resight.bulk.episodes` as the numbers that evidence is looked up by."""
    (site, sites), (path, paths), (sets, activities) = (_coded(found[name]) for name in ("site", "path", "activities"))
    # A hull counts as the same one under the same path only.
    individual, _ = _coded(found["individual"])
    known = individual >= 0
    individual = np.where(known, pd.factorize(path.astype(np.int64) * (len(found) + 1) + individual)[0], -1)
    operator, operators = _coded(found["operator"].str.casefold())
    # Number 0 is for no activity known.
    order = sorted(range(len(activities)), key=lambda code: activities[code] != "")
    if "" not in activities:
        sets, named = sets + 1, ["", *activities]
    else:
        sets, named = np.argsort(order)[sets], [activities[code] for code in order]
    columns = weights.Columns(
        found.index.to_numpy(dtype=object),
        site,
        path,
        individual,
        operator,
        sets,
        _ordinals(found["first"]),
        _ordinals(found["last"]),
    )
    return Coded(
        columns,
        tuple(sites),
        tuple(tuple(text.split(ARROW)) if text else () for text in paths),
        tuple(operators),
        tuple(frozenset(text.split(COMMA)) - {""} for text in named),
    )


def table(coded: Coded, then: Ints, now: Ints, sites: Sequence[int] | None = None) -> weights.Table:
    """Some rows of coded episodes as the two sides of a comparison.

    Args:
        coded: all episodes.
        then, now: rows of the baseline, and of the year under study.
        sites: the numbers of the sites that the rows are of; those of all sites if not given.
    """
    sides, names, activities = [coded.columns.take(rows) for rows in (then, now)], coded.sites, coded.activities
    if sites is not None:
        # What belongs to a site, and to two sets of activities, is worked out for those of the scope alone.
        place = np.full(len(coded.sites), -1)
        place[list(sites)] = np.arange(len(sites))
        names = tuple(coded.sites[one] for one in sites)
        sets = np.unique(np.concatenate([[0], *(side.activities for side in sides)]))
        activities = tuple(coded.activities[one] for one in sets)
        sides = [
            weights.Columns(
                side.ids, place[side.site], *side[2:5], np.searchsorted(sets, side.activities), side.first, side.last
            )
            for side in sides
        ]
    return weights.Table(sides[0], sides[1], names, coded.paths, coded.operators, activities)


def _coded(column: pd.Series[Any]) -> tuple[Ints, Sequence[str]]:
    """Numbers for the values of a column, and the values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(dtype=np.int64), list(column.cat.categories)
    if column.isna().all():
        return np.full(len(column), -1), []
    codes, values = pd.factorize(column)
    return codes, list(values)


def _ordinals(days: pd.Series[Any]) -> Ints:
    """Days as proleptic ordinals."""
    return days.to_numpy().astype("datetime64[D]").astype(np.int64) + _EPOCH


def positions(shapes: Any, columns: Columns) -> geodesy.Positions:
    """Where episodes lie, as far as that is given.

    Args:
        shapes: the geometry of each, None where it is not given.
        columns: the same episodes as numbers.
    """
    shapes = np.asarray(shapes)
    given = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    at, row = shapely.get_coordinates(shapes[given], return_index=True)
    finite = np.isfinite(at).all(axis=1)
    at, row = at[finite], row[finite]
    return geodesy.Positions(given[row], columns.site[given[row]].astype(np.int64), at[:, 0], at[:, 1])
