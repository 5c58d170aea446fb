"""Episodes and matches of GeoDataFrames: the comparison of two years without an object for every record.

The rules and the numbers are those of :mod:`resight.comparison` (tests hold the two against each other); what is left
out is what only a page needs. Frames come from :meth:`resight.Logbook.frame` or from a detector: one row a record, the
id as index, at least the columns ``site``, ``earliest``, ``latest`` and ``platform``. A column that is not there counts
as not given, so that a bare frame holds our own optical sightings.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd

from resight import compared as compared_
from resight import merging, rubbish, weights
from resight.compared import ARROW, COMMA, Comparisons, Found
from resight.engine import HERE, Engine
from resight.errors import InvalidValue
from resight.evidence import DEFAULTS, Assumptions
from resight.observation import LOOK_METHODS, Method, Site
from resight.weights import changes, kinds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from resight.vocabulary import Vocabulary
    from resight.weights import Bools, Ints

_NEEDED = ("site", "earliest", "latest", "platform")
#: The columns that are looked at, besides the id and the position: a frame needs no others.
COLUMNS = (
    *_NEEDED,
    "platform_name",
    "outcome",
    "method",
    "status",
    "aggregate",
    "context",
    "hedge_on",
    "operator",
    "activity",
    "berth",
    "length_m",
    "date",
    "image_id",
    "image_time",
    "sensor",
    "basis",
    "sources",
    "relates",
)
#: Rows of a shard, about: many enough that it costs nothing to cut them out.
_SHARD = 50_000
_EPOCH = 719_163


def episodes(
    records: geopandas.GeoDataFrame,
    vocabulary: Vocabulary,
    *,
    methods: Iterable[Method] = LOOK_METHODS,
    gap_days: int = merging.EPISODE_GAP_DAYS,
) -> geopandas.GeoDataFrame:
    """The episodes of a frame of records, by the rule of :func:`resight.merging.merging_rule`.

    One row an episode, its id (that of its first sighting) as index, in order of (first, last, id): ``site``; ``path``
    (platform as far as it is known without a hedge, ``ship > landing-ship``); ``individual`` (key of the hull or tail
    under that path) and ``operator``, null when not known; ``activities`` (those that say what is done, with commas);
    ``first`` and ``last`` (bounds of its first sighting, days); ``sightings`` (how many); the first position given.

    Raises:
        InvalidValue: a column that is needed is not there, a day is missing or two rows have one id.
    """
    return found(records, vocabulary, methods=methods, gap_days=gap_days).episodes


@rubbish.put_off()
def found(
    records: geopandas.GeoDataFrame,
    vocabulary: Vocabulary,
    *,
    methods: Iterable[Method] = LOOK_METHODS,
    gap_days: int = merging.EPISODE_GAP_DAYS,
) -> Found:
    """:func:`episodes`, and which records they are made of."""
    given = _checked(records)
    platforms = _Platforms(given, vocabulary)
    counts = ~_says(given, "status", ["withdrawn"]) & ~_flag(given, "aggregate")
    seen = _says(given, "outcome", ["seen"], "seen") & counts & ~_flag(given, "context") & platforms.is_matched
    seen &= _says(given, "method", list(methods), "optical")
    first, last = _ordinals(given, "earliest"), _ordinals(given, "latest")
    one_time = (first == last) | _is_given(given, "image_id") | _is_given(given, "image_time")
    absent = _says(given, "outcome", ["not-seen"]) & _says(given, "method", list(LOOK_METHODS), "optical")
    absent &= counts & one_time
    ids = given.index.astype("string").array
    site, names = _codes(given, "site")
    place = _places(ids, first, last)
    rows = np.flatnonzero(seen)
    if (np.diff(place[rows]) < 0).any():
        rows = rows[np.argsort(place[rows])]
    number = _merged(given, rows, site, ids, (first, last), platforms, absent, gap_days)
    # Those of an episode together, in their order.
    order = np.argsort(number, kind="stable")
    rows, number = rows[order], number[order]
    closed = _closed(given, rows, number, (site, names), ids, (first, last), platforms, vocabulary)
    return Found(closed, rows, number, place)


def spread(
    records: geopandas.GeoDataFrame,
    vocabulary: Vocabulary,
    *,
    methods: Iterable[Method] = LOOK_METHODS,
    gap_days: int = merging.EPISODE_GAP_DAYS,
    engine: Engine = HERE,
) -> Found:
    """:func:`found`, shard by shard: what is merged is of one site, and a site is in one shard, by a hash of its id."""
    given = _checked(records)
    shards = list(_shards(given, max(1, len(given) // _SHARD)))
    told = given[[name for name in (*COLUMNS, given.geometry.name) if name in given]]
    parts = (told.iloc[rows] for rows in shards)
    how = (vocabulary, tuple(methods), gap_days)
    several = list(engine.map("Finding episodes", _found_in, parts, *how))
    first, last = _ordinals(given, "earliest"), _ordinals(given, "latest")
    return _put_together(several, shards, _places(given.index.astype("string").array, first, last))


def _found_in(
    shard: geopandas.GeoDataFrame, vocabulary: Vocabulary, methods: tuple[Method, ...], gap_days: int
) -> Found:
    return found(shard, vocabulary, methods=methods, gap_days=gap_days)


def _shards(given: geopandas.GeoDataFrame, number: int) -> Iterator[Ints]:
    """The rows of each shard, in their order; which one a site falls into hangs on its id alone."""
    site, names = _codes(given, "site")
    of_site = np.array([zlib.crc32(name.encode()) % number for name in names], dtype=np.int64)
    shard = of_site[site]
    order = np.argsort(shard, kind="stable")
    yield from np.split(order, np.searchsorted(shard[order], np.arange(1, number)))


def _put_together(several: Sequence[Found], shards: Sequence[Ints], place: Ints) -> Found:
    """What was found in shards as if it had been found in all rows at once."""
    rows = [shard[one.rows] for one, shard in zip(several, shards, strict=True)]
    first = np.concatenate([of[changes(one.number)] if len(of) else of for one, of in zip(several, rows, strict=True)])
    opened = np.cumsum([0, *(len(one.episodes) for one in several)])
    number = np.concatenate([one.number + before for one, before in zip(several, opened[:-1], strict=True)])
    episodes = pd.concat([one.episodes for one in several])
    for name in ("site", "path", "activities"):
        episodes[name] = _united([one.episodes[name].array for one in several])
    order = np.argsort(place[first])
    # Numbered in the order in which they stand.
    again = np.empty(len(order), dtype=np.int64)
    again[order] = np.arange(len(order))
    number = again[number]
    return Found(episodes.iloc[order], np.concatenate(rows), number, place)


def matches(
    records: geopandas.GeoDataFrame,
    *,
    year: int,
    baseline_years: Sequence[int],
    vocabulary: Vocabulary,
    sites: Mapping[str, Site],
    scope: Sequence[str] | None = None,
    methods: Iterable[Method] = LOOK_METHODS,
    assume: Assumptions = DEFAULTS,
    learn: bool = False,
) -> geopandas.GeoDataFrame:
    """Which episode of one year matches which of the baseline, one to one, with the evidence in bits.

    Args:
        records: see the module.
        year: the year under study.
        baseline_years: the years it is held against.
        vocabulary: the platform tree and the catalogue sizes.
        sites: the register, for the residents of sites; sites that are not in it have none.
        scope: the sites compared as one group; all sites of the frame if not given.
        methods: the methods that count.
        assume: m, κ and the prior.
        learn: learn m from the two years first, where there are episodes enough.

    Returns:
        One row a match, strongest first, the id of the current episode as index: ``baseline`` (id), ``site``,
        ``finding``, ``place``, ``platform``, ``activity``, ``season`` and their sum ``bits``, ``posterior``; the
        position of the current episode.

    Raises:
        InvalidValue: as :func:`episodes`; the year is its own baseline.
    """
    _refuse_itself(year, baseline_years)
    whole = episodes(records, vocabulary, methods=methods)
    group = pd.unique(records["site"]) if scope is None else scope
    how: dict[str, Any] = {"vocabulary": vocabulary, "sites": sites, "assume": assume, "learn": learn}
    groups = compared_.scopes((), sites, list(group))
    (one,) = compared_.of(whole, groups, year=year, baseline_years=baseline_years, **how)
    return compared_.matches(whole, one)


def compared(
    records: geopandas.GeoDataFrame,
    *,
    year: int,
    baseline_years: Sequence[int],
    vocabulary: Vocabulary,
    sites: Mapping[str, Site],
    scope: Sequence[str] | None = None,
    methods: Sequence[Method] = LOOK_METHODS,
    assume: Assumptions = DEFAULTS,
    learn: bool = False,
    engine: Engine = HERE,
) -> Comparisons:
    """Compare one year with a baseline, as :func:`resight.comparison.repeats` does, without an object for every record.

    The watched sites are one group, every other site with records stands alone; with a ``scope``, the sites in it are
    the one group instead, and every other site is left out.

    Args:
        records: see the module.
        year, baseline_years, vocabulary, sites, scope, methods, assume, learn: as for the records.
        engine: where the long parts are done: episodes by shards of sites, pairs and sites alone as they come.

    Raises:
        InvalidValue: as :func:`episodes`; the year is its own baseline.
    """
    _refuse_itself(year, baseline_years)
    whole = spread(records, vocabulary, methods=methods, engine=engine)
    groups = compared_.scopes(pd.unique(records["site"]), sites, scope)
    how: dict[str, Any] = {"vocabulary": vocabulary, "sites": sites, "assume": assume, "learn": learn, "engine": engine}
    scopes = tuple(compared_.of(whole.episodes, groups, year=year, baseline_years=baseline_years, **how))
    undetermined = compared_.years_of(whole.episodes) == 0
    if scope is not None:
        undetermined &= whole.episodes["site"].isin(scope).to_numpy()
    return Comparisons(year, tuple(baseline_years), tuple(methods), whole, scopes, np.flatnonzero(undetermined))


def _refuse_itself(year: int, baseline_years: Sequence[int]) -> None:
    if year in baseline_years:
        raise InvalidValue("baseline", year, f"{year} cannot be compared with itself", allowed="another year")


# --- what a frame says ----------------------------------------------------------------------------------------------


def _checked(records: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    if not isinstance(records, geopandas.GeoDataFrame) or records.active_geometry_name is None:
        raise InvalidValue("frame", "", "has no geometry", allowed="a GeoDataFrame, its geometry None where not given")
    missing = [name for name in _NEEDED if name not in records.columns]
    if missing:
        what = f"the frame has no column {' and no column '.join(map(repr, missing))}"
        raise InvalidValue("frame", "", what, allowed=f"one row a record with at least {', '.join(_NEEDED)}")
    if len(pd.unique(records.index.array)) < len(records):
        twice = str(records.index[records.index.duplicated()][0])
        raise InvalidValue(
            "frame", twice, f"{twice!r} stands on two rows", allowed="the record's id as index, once each"
        )
    for name in ("site", "earliest", "latest"):
        if records[name].isna().any():
            where = str(records.index[records[name].isna()][0])
            raise InvalidValue(name, None, f"is missing at {where!r}", allowed="a value in every row")
    return records if records.crs in (None, "EPSG:4326") else records.to_crs("EPSG:4326")


def _places(ids: Any, first: Ints, last: Ints) -> Ints:
    """The place of each row in order of (first day, last day, id)."""
    later, same = np.diff(first), first[1:] == first[:-1]
    in_order = (later > 0) | (same & (np.diff(last) > 0))
    tied = same & (last[1:] == last[:-1])
    if (in_order | (tied & np.asarray(ids[1:] > ids[:-1], dtype=bool))).all():
        # As a logbook's frame comes.
        return np.arange(len(ids))
    rank = np.empty(len(ids), dtype=np.int64)
    rank[ids.argsort()] = np.arange(len(ids))
    places = np.empty(len(ids), dtype=np.int64)
    places[np.lexsort((rank, last, first))] = np.arange(len(ids))
    return places


def _is_given(records: pd.DataFrame, name: str) -> Bools:
    if name not in records.columns:
        return np.zeros(len(records), dtype=bool)
    return records[name].notna().to_numpy(copy=True)


def _is_filled(records: pd.DataFrame, name: str) -> Bools:
    """Where a column says something: no empty text, no empty list, no 0."""
    found = _is_given(records, name)
    there = np.flatnonzero(found)
    if len(there):
        values = records[name].array[there]
        if not isinstance(values.dtype, pd.StringDtype):
            found[there] = np.fromiter(map(bool, values.to_numpy()), dtype=bool, count=len(there))
        else:
            found[there] = values != ""
    return found


def _says(records: pd.DataFrame, name: str, wanted: Sequence[str], default: str | None = None) -> Bools:
    """Where a column says one of these values; where nothing is given it counts as saying ``default``."""
    code, values = _codes(records, name)
    return np.array([*(value in wanted for value in values), default in wanted], dtype=bool)[code]


def _flag(records: pd.DataFrame, name: str) -> Bools:
    if name not in records.columns:
        return np.zeros(len(records), dtype=bool)
    return records[name].fillna(False).to_numpy(dtype=bool)


def _ordinals(records: pd.DataFrame, name: str) -> Ints:
    """Days as proleptic ordinals."""
    return pd.to_datetime(records[name]).to_numpy().astype("datetime64[D]").astype(np.int64) + _EPOCH


def _codes(records: pd.DataFrame, name: str, rows: Any = slice(None)) -> tuple[Ints, Any]:
    """Numbers for the values of some rows of a column (−1 for none) and the values."""
    if name not in records.columns:
        return np.full(len(records), -1)[rows], np.zeros(0, dtype=object)
    code, values = pd.factorize(records[name].array[rows])
    return code, np.asarray(values, dtype=object)


def _cells(records: pd.DataFrame, name: str, is_filled: Bools, rows: Ints) -> list[Any]:
    """The values of some rows of a column, None where it does not say anything."""
    found = np.full(len(rows), None, dtype=object)
    there = is_filled[rows]
    if there.any():
        found[there] = np.asarray(records[name].array[rows[there]], dtype=object)
    return found.tolist()


class _Platforms:
    """The path and the individual that each row stands for, worked out once for each platform and name."""

    def __init__(self, records: geopandas.GeoDataFrame, vocabulary: Vocabulary) -> None:
        platform, platforms = _codes(records, "platform")
        name, names = _codes(records, "platform_name")
        self.is_hedged, self.is_name_hedged = (_says(records, "hedge_on", [on]) for on in ("platform", "platform_name"))
        numbers, led = weights.Coder(), weights.Coder([()])
        of_node = [vocabulary.path(text) if text in vocabulary.platforms else () for text in platforms]
        called = vocabulary.individuals_called(names.tolist())
        of_known = np.array([*(led(vocabulary.path(one.platform)) if one else 0 for _, one in called), 0])
        kinds, kind = weights.numbered(
            (platform + 1) * len(led.values) + np.where(self.is_name_hedged, 0, of_known[name])
        )
        full, certain = [], []
        for one in kinds.tolist():
            node, known = divmod(one, len(led.values))
            path, deeper = of_node[node - 1] if node else (), led.values[known]
            # A registered hull or tail leads as deep as its own class.
            path = deeper if deeper[: len(path)] == path else path
            full.append(numbers(path))
            certain.append(numbers(path[:-1]))
        #: Numbers of the paths as deep as they are said, and as deep as they are said without a hedge.
        self.path = np.array(full, dtype=np.int64)[kind]
        self.certain = np.where(self.is_hedged, np.array(certain, dtype=np.int64)[kind], self.path)
        looked_for = np.array([*map(numbers, of_node), numbers(())], dtype=np.int64)
        #: Numbers of what is looked for by a record that found nothing: hulls do not lead deeper.
        self.looked_for: Ints = looked_for[platform]
        self.paths: list[tuple[str, ...]] = list(numbers.values)
        matched = np.array([*(vocabulary.is_matched(text) for text in platforms), False])
        self.is_matched: Bools = matched[platform]
        #: Numbers of the individuals, −1 for none, and their keys, None after the last.
        of_name, keys = pd.factorize(np.array([key for key, _ in called], dtype=object))
        self.individual: Ints = np.append(of_name, -1)[name]
        self.keys: NDArray[Any] = np.array([*keys, None], dtype=object)

    def prefixes(self, path: Ints) -> Iterator[Ints]:
        """For every depth from none, the numbers of the paths so far; −1 where they end before or have no number."""
        number = {steps: code for code, steps in enumerate(self.paths)}
        for depth in range(max(map(len, self.paths), default=0) + 1):
            upto = [number.get(steps[:depth], -1) if len(steps) >= depth else -1 for steps in self.paths]
            yield np.array(upto, dtype=np.int64)[path]

    def kin(self, site: Ints, path: Ints) -> Ints:
        """Numbers that are the same for platforms that are, at a site, the same as far as they are known, or by others.

        Paths that begin alike meet in the shortest one there that both begin with. Numbers are in order of the sites.
        """
        there, number = weights.numbered(site * len(self.paths) + path)
        site, path = np.divmod(there, len(self.paths))
        found = path
        for code in reversed(list(self.prefixes(path))):
            held = (code >= 0) & np.isin(site * len(self.paths) + code, there)
            found = np.where(held, code, found)
        return weights.numbered(site * len(self.paths) + found)[1][number]


# --- merging and closing --------------------------------------------------------------------------------------------


def _merged(
    given: geopandas.GeoDataFrame,
    rows: Ints,
    site: Ints,
    ids: Any,
    days: tuple[Ints, Ints],
    platforms: _Platforms,
    absent: Bools,
    gap_days: int,
) -> Ints:
    """The number of its episode for each of the rows, which come as merging wants them; episodes count as they begin.

    Only sightings whose first days follow each other within the gap, of platforms that are the same as far as both are
    known, can have to do with each other: runs of such are merged apart. Of most runs it is plain what they come to.
    """
    absences = _Absent(site, days, platforms, np.flatnonzero(absent))
    # In runs the order of the rows of a site stays what it was.
    kin = platforms.kin(site[rows], platforms.path[rows])
    order = np.argsort(kin, kind="stable")
    run = _runs(kin[order], days[0][rows][order], gap_days)
    # Where all are named, those of one name are merged apart.
    individual = platforms.individual[rows][order]
    named = np.bincount(run, individual < 0)[run] == 0 if len(run) else run
    apart = run * len(platforms.keys) + np.where(named, individual + 1, 0)
    again = np.argsort(apart, kind="stable")
    order = order[again]
    here = rows[order]
    first, last, path, individual = days[0][here], days[1][here], platforms.path[here], platforms.individual[here]
    run = _runs(apart[again], first, gap_days)
    looks = _looks(given, days, rows)[order]
    starts = changes(run)
    at = np.flatnonzero(starts)
    sizes = np.diff(np.append(at, len(here)))

    def differs(values: Ints) -> Bools:
        """In which runs is a value not the same throughout?"""
        return np.bincount(run[1:], (np.diff(values) != 0) & ~starts[1:], minlength=len(at)) > 0

    def holds(rows: Bools) -> Bools:
        """In which runs does a row say something?"""
        return np.bincount(run, rows, minlength=len(at)) > 0

    one_by_one = differs(path) | holds(first != last)
    if len(at):
        # One name contradicts nothing that has none.
        least = np.minimum.reduceat(np.where(individual < 0, len(platforms.keys), individual), at)
        one_by_one |= np.maximum.reduceat(individual, at) > least
    filled = {name: _is_filled(given, name) for name in ("berth", "length_m", "relates")}
    for is_filled in filled.values():
        one_by_one |= holds(is_filled[here])
    one_by_one |= holds(pd.Series(run * (int(looks.max(initial=0)) + 1) + looks).duplicated(keep=False).to_numpy())
    ends = at + sizes - 1
    one_by_one |= absences.any_between(site[here[at]], path[at], first[at], first[ends]) if len(at) else False
    one_by_one &= sizes > 1
    merged = run.copy()
    opened = len(at)
    paths = np.empty(len(platforms.paths), dtype=object)
    paths[:] = platforms.paths
    for runs in _together(np.flatnonzero(one_by_one), sizes):
        rows_of = np.concatenate([np.arange(at[one], at[one] + sizes[one]) for one in runs])
        part = here[rows_of]
        columns = (
            ids[part].tolist(),
            first[rows_of].tolist(),
            last[rows_of].tolist(),
            paths[path[rows_of]].tolist(),
            platforms.keys[individual[rows_of]].tolist(),
            [text and text.casefold() for text in _cells(given, "berth", filled["berth"], part)],
            _cells(given, "length_m", filled["length_m"], part),
            looks[rows_of].tolist(),
            map(_same_events, _cells(given, "relates", filled["relates"], part)),
        )
        sightings = list(map(merging.Sighting._make, zip(*columns, strict=True)))
        start = 0
        for one in runs:
            end = start + int(sizes[one])
            found = merging.merge(sightings[start:end], absences.at(int(site[part[start]])), gap_days)
            merged[at[one] : at[one] + sizes[one]] = np.array(found) + opened
            opened += max(found) + 1
            start = end
    numbers = np.empty(len(rows), dtype=np.int64)
    numbers[order] = merged
    return pd.factorize(numbers)[0]


#: Sightings that are made objects at a time, where they are merged one by one.
_AT_ONCE = 1 << 16


def _together(runs: Ints, sizes: Ints) -> Iterator[list[int]]:
    """Runs, some at a time, so that few sightings are held at once."""
    part = np.cumsum(sizes[runs]) // _AT_ONCE
    for some in np.split(runs, np.flatnonzero(np.diff(part)) + 1):
        if len(some):
            yield some.tolist()


def _runs(numbers: Ints, first: Ints, gap_days: int) -> Ints:
    """Numbers of the runs of rows with equal numbers whose first days follow each other within the gap."""
    starts = changes(numbers)
    starts |= np.diff(first, prepend=first[:1]) > gap_days
    return np.asarray(np.cumsum(starts) - 1)


class _Absent:
    """The counted looks that found nothing, site by site."""

    def __init__(self, site: Ints, days: tuple[Ints, Ints], platforms: _Platforms, rows: Ints) -> None:
        self._platforms = platforms
        self._rows = rows[np.argsort(site[rows], kind="stable")]
        self._site, self._first, self._last = site[self._rows], days[0][self._rows], days[1][self._rows]
        self._looked_for = platforms.looked_for[self._rows]
        self._made: tuple[int, merging.Absences] = (-1, merging.Absences())
        #: What was looked for at a site and on which day, as numbers in order.
        self._keys = np.sort(self._key(self._site, self._looked_for, self._first))

    def _key(self, site: Ints, path: Ints, day: Ints) -> Ints:
        return (site.astype(np.int64) * len(self._platforms.paths) + path) * (1 << 22) + day

    def any_between(self, site: Ints, path: Ints, after: Ints, before: Ints) -> Bools:
        """May a look that would have found a platform lie after one day and before another, be it named or not?"""
        found = np.zeros(len(site), dtype=bool)
        for code in self._platforms.prefixes(path):
            ends = [np.searchsorted(self._keys, self._key(site, code, day)) for day in (after, before)]
            found |= (code >= 0) & (ends[1] > ends[0])
        return found

    def at(self, site: int) -> merging.Absences:
        """Those of one site."""
        if self._made[0] != site:
            start, end = np.searchsorted(self._site, [site, site + 1]).tolist()
            paths, keys = self._platforms.paths, self._platforms.individual[self._rows[start:end]]
            columns = (
                [paths[code] for code in self._looked_for[start:end].tolist()],
                self._platforms.keys[keys].tolist(),
                self._first[start:end].tolist(),
                self._last[start:end].tolist(),
            )
            self._made = site, merging.Absences(zip(*columns, strict=True))
        return self._made[1]


def _same_events(relates: Any) -> frozenset[str]:
    return frozenset([one["id"] for one in relates or () if one["how"] == "same-event"])


def _looks(given: geopandas.GeoDataFrame, days: tuple[Ints, Ints], rows: Ints) -> Ints:
    """What one source says of one look, as a number, for some rows."""
    image = _codes(given, "image_id")[0][rows]
    # An image is known by its name, another look by its date and sensor.
    unnamed = np.flatnonzero(image < 0)
    date, sensor = np.full((2, len(rows)), -1)
    at = rows[unnamed]
    if "date" in given:
        date[unnamed] = _codes(given, "date", at)[0]
    else:
        date[unnamed] = kinds(days[0][at], days[1][at])[1]
    sensor[unnamed] = _codes(given, "sensor", at)[0]
    method, basis = (_codes(given, name)[0][rows] for name in ("method", "basis"))
    return kinds(image, date, sensor, method, _sources(given, rows), basis)[1]


def _sources(given: geopandas.GeoDataFrame, rows: Ints) -> Ints:
    """Numbers for the sources that some rows name."""
    if "sources" not in given:
        return np.zeros(len(rows), dtype=np.int64)
    values = given["sources"].to_numpy(dtype=object)[rows]
    # Equal lists are mostly one object.
    code, objects = pd.factorize(np.fromiter(map(id, values), dtype=np.int64, count=len(values)))
    some = np.empty(len(objects), dtype=np.int64)
    some[code[::-1]] = np.arange(len(code))[::-1]
    number = weights.Coder()
    return np.array([number(_told_by(value)) for value in values[some]], dtype=np.int64)[code]


def _told_by(sources: Any) -> tuple[Any, ...]:
    if not isinstance(sources, tuple | list):
        return ()
    return tuple((source.get("published_by"), source.get("url")) for source in sources)


def _closed(
    given: geopandas.GeoDataFrame,
    rows: Ints,
    number: Ints,
    site: tuple[Ints, Any],
    ids: Any,
    days: tuple[Ints, Ints],
    platforms: _Platforms,
    vocabulary: Vocabulary,
) -> geopandas.GeoDataFrame:
    """What the sightings of every episode say together; the rows of an episode, by its number, stand together."""
    starts = np.flatnonzero(changes(number)) if len(rows) else rows
    place = np.arange(len(rows))

    def reduced(by: np.ufunc, values: Any) -> Any:
        return by.reduceat(values, starts) if len(starts) else values[:0]

    def deepest(paths: Ints) -> Ints:
        """The longest path of each episode, the first of equals."""
        length = np.array([len(path) for path in platforms.paths], dtype=np.int64)[paths[rows]]
        best = reduced(np.maximum, length * (len(rows) + 1) + len(rows) - place)
        return np.asarray(paths[rows[len(rows) - best % (len(rows) + 1)]])

    def first_row(is_given: Bools) -> Ints:
        """The first row of each episode that gives something, −1 for none."""
        at = reduced(np.minimum, np.where(is_given[rows], place, len(rows)))
        return np.asarray(np.append(rows, -1)[at])

    first = rows[starts]
    claimed, path = deepest(platforms.path), deepest(platforms.certain)
    named = first_row((platforms.individual >= 0) & ~platforms.is_name_hedged)
    individual = np.where((named >= 0) & (claimed == path), platforms.individual[named], -1)
    operated = first_row(_is_filled(given, "operator") & ~_says(given, "hedge_on", ["operator"]))
    located = first_row((~(given.geometry.isna() | given.geometry.is_empty)).to_numpy())
    return geopandas.GeoDataFrame(
        {
            "site": _category(site[0][first], site[1]),
            "path": _category(path, [ARROW.join(steps) for steps in platforms.paths]),
            "individual": pd.array(platforms.keys[:-1], dtype="string").take(individual, allow_fill=True),
            "operator": _told(given, "operator", operated),
            "activities": _activities(given, rows, starts, reduced, vocabulary),
            "first": _days(days[0][first]),
            "last": _days(days[1][first]),
            "sightings": np.diff(np.append(starts, len(rows))),
        },
        index=pd.Index(ids[first], name="id"),
        geometry=given.geometry.array.take(located, allow_fill=True),
        crs=given.crs,
    )


def _told(records: pd.DataFrame, name: str, rows: Ints) -> Any:
    """The texts of some rows of a column, null for the row −1."""
    if name not in records.columns or not len(records):
        return pd.array([None] * len(rows), dtype="string")
    return records[name].astype("string").array.take(rows, allow_fill=True)


def _category(code: Ints, texts: Sequence[str]) -> pd.Categorical:
    """Numbers of different texts as a category of those that are there."""
    there = np.unique(code).tolist()
    there.sort(key=texts.__getitem__)
    place = np.full(len(texts), -1)
    place[there] = np.arange(len(there))
    return pd.Categorical.from_codes(place[code], categories=pd.Index([texts[one] for one in there]))


def _united(several: Iterable[pd.Categorical]) -> pd.Categorical:
    """Categories one after the other as one."""
    number = weights.Coder()
    code = [np.array([number(text) for text in one.categories], dtype=np.int64)[one.codes] for one in several]
    return _category(np.concatenate(code), number.values)


def _days(ordinals: Ints) -> Any:
    return (ordinals - _EPOCH).astype("datetime64[D]").astype("datetime64[s]")


def _activities(
    given: geopandas.GeoDataFrame,
    rows: Ints,
    starts: Ints,
    reduced: Callable[[np.ufunc, Any], Any],
    vocabulary: Vocabulary,
) -> pd.Categorical:
    """The activities of each episode that say what is done, with commas."""
    code, names = _codes(given, "activity")
    says = np.array(
        [name in vocabulary.activities and vocabulary.activities[name].informative for name in names] + [False]
    )
    code = np.where(says[code] & ~_says(given, "hedge_on", ["activity"]), code, -1)[rows]
    most = reduced(np.maximum, code)
    least = reduced(np.minimum, np.where(code < 0, len(names), code))
    ends = np.append(starts[1:], len(rows))
    texts = weights.Coder([*names, ""])
    found = np.where(most < 0, len(names), most)
    for number in np.flatnonzero(least < most).tolist():
        held = {names[one] for one in code[starts[number] : ends[number]].tolist() if one >= 0}
        found[number] = texts(COMMA.join(sorted(held)))
    return _category(found, texts.values)
