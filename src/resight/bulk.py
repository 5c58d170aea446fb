"""Episodes and matches of GeoDataFrames: the comparison of two years without an object for every record.

The rules and the numbers are those of :mod:`resight.comparison` (tests hold the two against each other); what is left
out is what only a page needs. Frames come from :meth:`resight.Logbook.frame` or from a detector: one row a record, the
id as index, at least the columns ``site``, ``earliest``, ``latest`` and ``platform``. A column that is not there counts
as not given, so that a bare frame holds our own optical sightings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd

from resight import compared as compared_
from resight import merging, weights
from resight.compared import ARROW, COMMA, Comparisons, Found
from resight.errors import InvalidValue
from resight.evidence import DEFAULTS, Assumptions
from resight.observation import LOOK_METHODS, Method, Site
from resight.weights import changes, kinds

if TYPE_CHECKING:
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


def found(
    records: geopandas.GeoDataFrame,
    vocabulary: Vocabulary,
    *,
    methods: Iterable[Method] = LOOK_METHODS,
    gap_days: int = merging.EPISODE_GAP_DAYS,
) -> Found:
    """:func:`episodes`, and which records they are made of."""
    given = _checked(records)
    matched = _Platforms(given, vocabulary)
    outcome, method = _text(given, "outcome", "seen"), _text(given, "method", "optical")
    counts = (_text(given, "status", "draft") != "withdrawn") & ~_flag(given, "aggregate")
    seen = (outcome == "seen") & counts & ~_flag(given, "context") & matched.is_matched
    seen &= np.isin(method, list(methods))
    first, last = _ordinals(given, "earliest"), _ordinals(given, "latest")
    one_time = (first == last) | _is_given(given, "image_id") | _is_given(given, "image_time")
    absent = (outcome == "not-seen") & np.isin(method, list(LOOK_METHODS)) & counts & one_time
    ids = given.index.astype(str).to_numpy(dtype=object)
    rows = np.flatnonzero(seen)
    site, names = pd.factorize(given["site"].to_numpy(dtype=object))
    place = _places(ids, first, last)
    rows = rows[np.lexsort((place[rows], site[rows]))]
    merged = _merged(given, rows, site, ids, (first, last), matched, absent, gap_days)
    closed = _closed(given, rows, merged, names[site], ids, (first, last), matched, vocabulary, place)
    return Found(closed, rows, merged, place)


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
) -> Comparisons:
    """Compare one year with a baseline, as :func:`resight.comparison.repeats` does, without an object for every record.

    The watched sites are one group, every other site with records stands alone; with a ``scope``, the sites in it are
    the one group instead, and every other site is left out.

    Args:
        records: see the module.
        year, baseline_years, vocabulary, sites, scope, methods, assume, learn: as for the records.

    Raises:
        InvalidValue: as :func:`episodes`; the year is its own baseline.
    """
    _refuse_itself(year, baseline_years)
    whole = found(records, vocabulary, methods=methods)
    groups = compared_.scopes(pd.unique(records["site"]), sites, scope)
    how: dict[str, Any] = {"vocabulary": vocabulary, "sites": sites, "assume": assume, "learn": learn}
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
    if records.index.has_duplicates:
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
    in_order = (np.diff(first) > 0) | ((np.diff(first) == 0) & (np.diff(last) > 0))
    tied = (np.diff(first) == 0) & (np.diff(last) == 0)
    in_order[tied] = (ids[1:][tied] > ids[:-1][tied]).astype(bool)
    if in_order.all():
        # As a logbook's frame comes.
        return np.arange(len(ids))
    places = np.empty(len(ids), dtype=np.int64)
    places[np.lexsort((ids.astype(str), last, first))] = np.arange(len(ids))
    return places


def _is_given(records: pd.DataFrame, name: str) -> Bools:
    if name not in records.columns:
        return np.zeros(len(records), dtype=bool)
    return records[name].notna().to_numpy()


def _text(records: pd.DataFrame, name: str, default: str | None) -> Any:
    """A column as an array of objects, ``default`` (or None) where nothing is given."""
    if name not in records.columns:
        return np.full(len(records), default, dtype=object)
    values = records[name].astype(object).to_numpy(copy=True)
    values[records[name].isna().to_numpy()] = default
    return values


def _flag(records: pd.DataFrame, name: str) -> Bools:
    if name not in records.columns:
        return np.zeros(len(records), dtype=bool)
    return records[name].fillna(False).to_numpy(dtype=bool)


def _ordinals(records: pd.DataFrame, name: str) -> Ints:
    """Days as proleptic ordinals."""
    return pd.to_datetime(records[name]).to_numpy().astype("datetime64[D]").astype(np.int64) + _EPOCH


def _codes(records: pd.DataFrame, name: str) -> tuple[Ints, Any]:
    """Numbers for the values of a column (−1 for none) and the values."""
    if name not in records.columns:
        return np.full(len(records), -1), np.zeros(0, dtype=object)
    return pd.factorize(records[name].to_numpy(dtype=object))


class _Platforms:
    """The path and the individual that each row stands for, worked out once for each platform and name."""

    def __init__(self, records: geopandas.GeoDataFrame, vocabulary: Vocabulary) -> None:
        platform, platforms = _codes(records, "platform")
        name, names = _codes(records, "platform_name")
        hedge_on = _text(records, "hedge_on", None)
        self.is_hedged, self.is_name_hedged = hedge_on == "platform", hedge_on == "platform_name"
        self.paths: list[tuple[str, ...]] = []
        numbers = weights.Coder()
        known = [vocabulary.individual(text) for text in names]
        of_known = [vocabulary.path(one.platform) if one else () for one in known]
        of_node = [vocabulary.path(text) if text in vocabulary.platforms else () for text in platforms]
        kinds, kind = np.unique(
            (platform + 1) * (len(names) + 1) + np.where(self.is_name_hedged, 0, name + 1), return_inverse=True
        )
        full, certain = [], []
        for one in kinds.tolist():
            node, called = one // (len(names) + 1) - 1, one % (len(names) + 1) - 1
            path = of_node[node] if node >= 0 else ()
            deeper = of_known[called] if called >= 0 else ()
            # A registered hull or tail leads as deep as its own class.
            path = deeper if deeper and deeper[: len(path)] == path else path
            full.append(numbers(path))
            certain.append(numbers(path[:-1]))
        #: Numbers of the paths as deep as they are said, and as deep as they are said without a hedge.
        self.path = np.array(full, dtype=np.int64)[kind]
        self.certain = np.where(self.is_hedged, np.array(certain, dtype=np.int64)[kind], self.path)
        looked_for = np.array([*map(numbers, of_node), numbers(())], dtype=np.int64)
        #: Numbers of what is looked for by a record that found nothing: hulls do not lead deeper.
        self.looked_for: Ints = looked_for[platform]
        self.paths = list(numbers.values)
        matched = np.array([*(vocabulary.is_matched(text) for text in platforms), False])
        self.is_matched: Bools = matched[platform]
        #: Numbers of the individuals, −1 for none, and their keys.
        keys = weights.Coder()
        of_name = np.array([*(keys(vocabulary.individual_key(text)) for text in names), -1], dtype=np.int64)
        self.individual: Ints = of_name[name]
        self.keys: tuple[str, ...] = keys.values

    def key(self, code: int) -> str | None:
        """The key of an individual."""
        return self.keys[code] if code >= 0 else None

    def prefixes(self, path: Ints) -> Iterator[Ints]:
        """For every depth from none, the numbers of the paths so far; −1 where they end before or have no number."""
        number = {steps: code for code, steps in enumerate(self.paths)}
        for depth in range(max(map(len, self.paths), default=0) + 1):
            upto = [number.get(steps[:depth], -1) if len(steps) >= depth else -1 for steps in self.paths]
            yield np.array(upto, dtype=np.int64)[path]

    def kin(self, site: Ints, path: Ints) -> Ints:
        """Numbers that are the same for platforms that are, at a site, the same as far as they are known, or by others.

        Paths that begin alike meet in the shortest one there that both begin with.
        """
        of_site = site.astype(np.int64) * len(self.paths)
        there = np.zeros((int(site.max(initial=0)) + 1) * len(self.paths), dtype=bool)
        there[of_site + path] = True
        found = path.copy()
        for code in reversed(list(self.prefixes(path))):
            known = code >= 0
            found = np.where(known & there[np.where(known, of_site + code, 0)], code, found)
        return found


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
    """The number of its episode for each of the rows, which come in order of site, then as merging wants them.

    Only sightings whose first days follow each other within the gap, of platforms that are the same as far as both are
    known, can have to do with each other: runs of such are merged apart. Of most runs it is plain what they come to.
    """
    absences = _Absent(site, days, platforms, np.flatnonzero(absent))
    berth, length = _text(given, "berth", None), _text(given, "length_m", None)
    looks, told_same = _looks(given, days), _text(given, "relates", None)
    # In runs the order of the rows of a site stays what it was.
    kin = platforms.kin(site[rows], platforms.path[rows])
    order = np.lexsort((kin, site[rows]))
    run = _runs(site[rows][order], kin[order], days[0][rows][order], gap_days)
    # Where all are named, those of one name are merged apart.
    individual = platforms.individual[rows][order]
    named = np.bincount(run, individual < 0)[run] == 0 if len(run) else run
    again = np.lexsort((np.where(named, individual, -1), run))
    order = order[again]
    here = rows[order]
    first, last, path, individual = days[0][here], days[1][here], platforms.path[here], platforms.individual[here]
    run = _runs(run[again], np.where(named[again], individual, -1), first, gap_days)
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
    for name, what in (("berth", berth), ("length_m", length), ("relates", told_same)):
        if name in given:
            one_by_one |= holds(np.array([bool(value) for value in what[here].tolist()], dtype=bool))
    together = kinds(run, looks[here])[1]
    one_by_one |= holds(np.bincount(together)[together] > 1)
    ends = at + sizes - 1
    one_by_one |= absences.any_between(site[here[at]], path[at], first[at], first[ends]) if len(at) else False
    one_by_one &= sizes > 1
    merged = run.copy()
    opened = len(at)
    for number in np.flatnonzero(one_by_one).tolist():
        part = here[at[number] : at[number] + sizes[number]]
        columns = (
            ids[part].tolist(),
            days[0][part].tolist(),
            days[1][part].tolist(),
            map(platforms.paths.__getitem__, platforms.path[part].tolist()),
            map(platforms.key, platforms.individual[part].tolist()),
            (text.casefold() if text else None for text in berth[part].tolist()),
            length[part].tolist(),
            looks[part].tolist(),
            map(_same_events, told_same[part].tolist()),
        )
        found = merging.merge(list(map(merging.Sighting, *columns)), absences.at(int(site[part[0]])), gap_days)
        merged[at[number] : at[number] + sizes[number]] = np.array(found) + opened
        opened += max(found) + 1
    # Numbers without holes, in the order given.
    numbers = np.empty(len(rows), dtype=np.int64)
    numbers[order] = np.unique(merged, return_inverse=True)[1]
    return numbers


def _runs(one: Ints, other: Ints, first: Ints, gap_days: int) -> Ints:
    """Numbers of the runs of rows with equal values whose first days follow each other within the gap."""
    starts = changes(one) | changes(other)
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
            paths, keys = self._platforms.paths, self._platforms.individual[self._rows[start:end]].tolist()
            columns = (
                [paths[code] for code in self._looked_for[start:end].tolist()],
                map(self._platforms.key, keys),
                self._first[start:end].tolist(),
                self._last[start:end].tolist(),
            )
            self._made = site, merging.Absences(zip(*columns, strict=True))
        return self._made[1]


def _same_events(relates: Any) -> frozenset[str]:
    return frozenset(one["id"] for one in relates or () if one["how"] == "same-event")


def _looks(given: geopandas.GeoDataFrame, days: tuple[Ints, Ints]) -> Ints:
    """What one source says of one look, as a number."""
    image, _ = _codes(given, "image_id")
    date, _ = _codes(given, "date") if "date" in given else pd.factorize(days[0] * (1 << 22) + days[1])
    sensor, _ = _codes(given, "sensor")
    sources = np.zeros(len(given), dtype=np.int64)
    if "sources" in given:
        number = weights.Coder()
        # Most have none, and none is number 0.
        number(())
        for row, value in enumerate(given["sources"].tolist()):
            if isinstance(value, tuple | list) and value:
                sources[row] = number(tuple((s.get("published_by"), s.get("url")) for s in value))
    unnamed = image < 0
    key = np.zeros(len(given), dtype=np.int64)
    for codes in (
        image,
        np.where(unnamed, date, -1),
        np.where(unnamed, sensor, -1),
        _codes(given, "method")[0],
        sources,
        _codes(given, "basis")[0],
    ):
        key, _ = pd.factorize(key * (int(codes.max(initial=0)) + 2) + codes + 1)
    return key


def _closed(
    given: geopandas.GeoDataFrame,
    rows: Ints,
    merged: Ints,
    site: Any,
    ids: Any,
    days: tuple[Ints, Ints],
    platforms: _Platforms,
    vocabulary: Vocabulary,
    place_of_row: Ints,
) -> geopandas.GeoDataFrame:
    """What the sightings of every episode say together; ``merged`` is the number of its episode for each row."""
    rows = rows[np.argsort(merged, kind="stable")]
    sizes = np.bincount(merged)
    starts = np.cumsum(sizes) - sizes
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
    hedge_on = _text(given, "hedge_on", None)
    operator = _text(given, "operator", None)
    operated = first_row(np.array([bool(text) for text in operator], dtype=bool) & (hedge_on != "operator"))
    located = first_row((~(given.geometry.isna() | given.geometry.is_empty)).to_numpy())
    texts = np.array([ARROW.join(steps) for steps in platforms.paths], dtype=object)
    return geopandas.GeoDataFrame(
        {
            "site": pd.Categorical(site[first]),
            "path": pd.Categorical(texts[path]),
            "individual": pd.array(np.array([*platforms.keys, None], dtype=object)[individual], dtype="string"),
            "operator": pd.array(_or_none(operator)[operated], dtype="string"),
            "activities": pd.Categorical(_activities(given, hedge_on, rows, starts, reduced, vocabulary)),
            "first": _days(days[0][first]),
            "last": _days(days[1][first]),
            "sightings": sizes,
        },
        index=pd.Index(pd.array(ids[first], dtype="string"), name="id"),
        geometry=_or_none(given.geometry.to_numpy())[located],
        crs=given.crs,
    ).iloc[np.argsort(place_of_row[first])]


def _or_none(values: Any) -> Any:
    """The values with None after the last, where the index −1 finds it."""
    return np.concatenate([np.asarray(values, dtype=object), np.array([None], dtype=object)])


def _days(ordinals: Ints) -> Any:
    return (ordinals - _EPOCH).astype("datetime64[D]").astype("datetime64[s]")


def _activities(
    given: geopandas.GeoDataFrame,
    hedge_on: Any,
    rows: Ints,
    starts: Ints,
    reduced: Callable[[np.ufunc, Any], Any],
    vocabulary: Vocabulary,
) -> Any:
    """The activities of each episode that say what is done, with commas."""
    code, names = _codes(given, "activity")
    says = np.array(
        [name in vocabulary.activities and vocabulary.activities[name].informative for name in names] + [False]
    )
    code = np.where(says[code] & (hedge_on != "activity"), code, -1)[rows]
    most = reduced(np.maximum, code)
    least = reduced(np.minimum, np.where(code < 0, len(names), code))
    found = np.array([*names, ""], dtype=object)[most]
    ends = np.append(starts[1:], len(rows))
    for number in np.flatnonzero(least < most).tolist():
        held = {names[one] for one in code[starts[number] : ends[number]].tolist() if one >= 0}
        found[number] = COMMA.join(sorted(held))
    return found
