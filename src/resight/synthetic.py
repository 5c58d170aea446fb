"""A made-up logbook of any size with its truth: who came back, at which site, and under which records it is on file.

For measuring how long an answer takes, and how many planted repeats it finds. A visit is one platform at one site: in
season, seen in a few images, some of them lost to gaps in the looking or to cloud. Of the later year's visits some
repeat one of the earlier year (same site, same hull, within weeks of the same day of the year), some are of a hull that
was elsewhere then, the rest of hulls nobody saw before. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas
import numpy as np
import pandas as pd

from resight.observation import Site, build

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from resight.vocabulary import Vocabulary

#: Days from a visit of the earlier year to its repeat: standard deviation.
REPEAT_DAYS = 10.0
#: Days around the height of its season in which most visits of a site fall: standard deviation.
SEASON_DAYS = 60.0
#: Days without a look, at each site once a year.
GAP_DAYS = 25
#: Share of images that show cloud: on average, and how much more at the height of summer, less in winter.
CLOUD, CLOUD_SWING = 0.15, 0.10
#: Share of records that are looks which found nothing of what was looked for.
NOTHING = 0.15
#: Share of visits that are told by somebody else, as a month or a week.
VAGUE = 0.05
#: Share of the visits without a precedent whose hull was at another site the year before.
ELSEWHERE = 0.1
#: Classes that come to one site.
_CLASSES = 6
#: Metres, about, within which a position lies of its site's point; share of visits with one.
_NEAR, _LOCATED = 0.004, 0.6
_DAYS = 365
_OUTCOMES = np.array(["seen", "not-seen", "cannot-tell"], dtype=object)
_BASES = np.array(["own", "published"], dtype=object)


class Made(NamedTuple):
    """A made-up logbook."""

    #: As :meth:`resight.Logbook.frame` gives it, without the columns in which nothing is given.
    records: geopandas.GeoDataFrame
    sites: Mapping[str, Site]
    #: One row a planted repeat that is on file in both years: ``baseline`` and ``current`` (ids of the first sightings
    #: of the two visits), ``is_named`` (is the hull known on both), ``is_dated`` (are both days known).
    truth: pd.DataFrame
    #: For every sighting by its id that of the first sighting of its visit.
    visits: pd.Series[str]


class _Visits(NamedTuple):
    """One year of visits, one a row."""

    site: NDArray[np.int64]
    kind: NDArray[np.int64]
    hull: NDArray[np.int64]
    #: Day of the year, from 0.
    day: NDArray[np.int64]
    activity: NDArray[np.int64]


def logbook(
    a_year: int,
    *,
    vocabulary: Vocabulary,
    sites: int = 1000,
    year: int = 2025,
    seed: int = 0,
    repeats: float = 0.5,
    named: float = 0.7,
    busiest: float = 0.0,
    on_one_day: bool = False,
) -> Made:
    """Two years of records at many sites.

    Args:
        a_year: how many records a year.
        vocabulary: the classes that come, two at least, and what they are seen to do.
        sites: how many sites; they lie 0.8 degrees apart, all of them watched.
        year: the later of the two years.
        seed: of everything that is drawn.
        repeats: share of the later year's visits that repeat one of the earlier year.
        named: share of the visits whose hull is known by name.
        busiest: share of all visits at the first site, beyond its own.
        on_one_day: does everything happen on one day of the year?
    """
    chance = np.random.default_rng(seed)
    classes = sorted(p for p in vocabulary.platforms if vocabulary.level(p) == "class" and vocabulary.is_matched(p))
    doings = sorted(a for a, term in vocabulary.activities.items() if term.informative)
    visits = max(1, round(a_year * (1 - NOTHING) / 1.6))
    of_site = chance.permuted(np.tile(np.arange(len(classes)), (sites, 1)), axis=1)[:, : _CLASSES + 1]
    height, gap = chance.integers(0, _DAYS, sites), chance.integers(0, _DAYS - GAP_DAYS, (2, sites))
    busy = chance.lognormal(0, 0.5, sites)
    busy = busy / busy.sum() * (1 - busiest)
    busy[0] += busiest

    def drawn(number: int, hulls: int) -> _Visits:
        """Visits by hulls that are numbered from ``hulls`` on."""
        site = chance.choice(sites, number, p=busy)
        # The first of its classes come oftener than the last.
        rank = np.minimum(chance.geometric(0.35, number) - 1, of_site.shape[1] - 2)
        in_season = np.rint(chance.normal(height[site], SEASON_DAYS)).astype(np.int64)
        day = np.where(chance.random(number) < 0.7, in_season, chance.integers(0, _DAYS, number)) % _DAYS
        return _Visits(
            site,
            of_site[site, rank],
            hulls + np.arange(number),
            np.zeros_like(day) if on_one_day else day,
            chance.integers(-1, len(doings), number),
        )

    then, now = drawn(visits, 0), drawn(visits, visits)
    again = chance.permutation(visits)[: round(repeats * visits)]
    shift = 0 if on_one_day else np.rint(chance.normal(0, REPEAT_DAYS, len(again))).astype(np.int64)
    where = chance.permutation(visits)[: len(again)]
    for column, value in zip(now, then, strict=True):
        column[where] = value[again]
    now.day[where] = (now.day[where] + shift) % _DAYS
    others = np.setdiff1d(np.arange(visits), where)
    others = others[: round(ELSEWHERE * len(others))]
    now.hull[others] = then.hull[chance.integers(0, visits, len(others))]

    known = chance.random((2, visits)) < named
    parts, firsts, dated = [], [], []
    for number, (visited, in_year) in enumerate(((then, year - 1), (now, year))):
        rows, first, is_dated = _year(chance, a_year, visited, in_year, gap[number], of_site[:, -1], on_one_day)
        parts.append(rows)
        firsts.append(first + number * a_year)
        dated.append(is_dated)
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    register = _register(sites)
    is_seen = (rows["outcome"] == 0) & (rows["visit"] >= 0)
    of_visit = np.where(is_seen, rows["visit"] + (rows["year"] == year) * visits, -1)
    frame = _frame(chance, rows, np.append(known.ravel(), False)[of_visit], register, classes, doings)
    there = (firsts[0][again] >= 0) & (firsts[1][where] >= a_year)
    ids = frame.index.to_numpy()
    planted = again[there], where[there]
    truth = pd.DataFrame(
        {
            "baseline": ids[firsts[0][planted[0]]],
            "current": ids[firsts[1][planted[1]]],
            "is_named": known[0][planted[0]] & known[1][planted[1]],
            "is_dated": dated[0][planted[0]] & dated[1][planted[1]],
        }
    )
    begins = ids[np.concatenate(firsts)[of_visit[is_seen]]]
    of_first = pd.Series(begins, index=frame.index[is_seen], dtype="string")
    return Made(frame.sort_values(["earliest", "latest", "id"], kind="stable"), register, truth, of_first)


def _year(
    chance: np.random.Generator,
    number: int,
    visits: _Visits,
    year: int,
    gap: NDArray[np.int64],
    never: NDArray[np.int64],
    on_one_day: bool,
) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64], NDArray[np.bool_]]:
    """The records of one year, exactly so many; the row of each visit's first sighting, if any; is its day known?"""
    size = len(visits.site)
    is_vague = (chance.random(size) < VAGUE) & (not on_one_day)
    images = np.where(is_vague | on_one_day, 1, 1 + np.minimum(chance.geometric(0.6, size) - 1, 4))
    visit = np.repeat(np.arange(size), images)
    starts = np.cumsum(images) - images
    step = chance.integers(1, 4, len(visit))
    step[starts] = 0
    passed = np.cumsum(step)
    # What falls beyond New Year is not on file in this year.
    day = visits.day[visit] + passed - passed[starts][visit]
    at, vague = visits.site[visit], is_vague[visit]
    is_looked = (day < _DAYS) & (vague | (day < gap[at]) | (day >= gap[at] + GAP_DAYS))
    visit, day, at, vague = visit[is_looked], day[is_looked], at[is_looked], vague[is_looked]
    most = number - round(NOTHING * number)
    visit, day, at, vague = visit[:most], day[:most], at[:most], vague[:most]
    is_clear = vague | (chance.random(len(day)) > CLOUD - CLOUD_SWING * np.cos(2 * np.pi * day / _DAYS))
    # Looks that found nothing: on days of other looks, for something that was not there.
    empty = chance.integers(0, max(1, len(day)), number - len(day)) if len(day) else np.zeros(number, dtype=np.int64)
    nothing = np.full(len(empty), -1)
    rows: dict[str, NDArray[Any]] = {
        "visit": np.concatenate([visit, nothing]),
        "site": np.concatenate([at, at[empty] if len(at) else np.zeros(number, dtype=np.int64)]),
        "day": np.concatenate([day, day[empty] if len(day) else np.zeros(number, dtype=np.int64)]),
        "vague": np.concatenate([vague, np.zeros(len(empty), dtype=bool)]),
        # As numbers of _OUTCOMES.
        "outcome": np.concatenate([np.where(is_clear, 0, 2), np.ones(len(empty), dtype=np.int64)]),
        "year": np.full(number, year),
    }
    for name in ("kind", "hull", "activity"):
        rows[name] = np.concatenate([getattr(visits, name)[visit], nothing])
    # What is looked for and not found never comes to the site.
    rows["kind"][len(visit) :] = never[rows["site"][len(visit) :]]
    first = np.full(size, -number)
    seen = np.flatnonzero(rows["outcome"][: len(visit)] == 0)[::-1]
    first[visit[seen]] = seen
    return rows, np.where(first >= 0, first, -2 * number), ~is_vague


def _frame(
    chance: np.random.Generator,
    rows: dict[str, NDArray[Any]],
    is_named: NDArray[np.bool_],
    register: Mapping[str, Site],
    classes: list[str],
    doings: list[str],
) -> geopandas.GeoDataFrame:
    number = len(rows["day"])
    names = np.array(list(register), dtype=object)
    first = (rows["year"] - 1970).astype("datetime64[Y]").astype("datetime64[D]") + rows["day"]
    last = first.copy()
    date: Any = first.astype(str).astype(object)
    vague = np.flatnonzero(rows["vague"])
    is_month = chance.random(len(vague)) < 0.5
    months, weeks = vague[is_month], vague[~is_month]
    of = first[months].astype("datetime64[M]")
    first[months], last[months], date[months] = of, (of + 1).astype("datetime64[D]") - 1, of.astype(str)
    # No week runs beyond the year.
    end = (rows["year"][weeks] - 1969).astype("datetime64[Y]").astype("datetime64[D]") - 1
    last[weeks] = np.minimum(first[weeks] + 6, end)
    date[weeks] = first[weeks].astype(str).astype(object) + "/" + last[weeks].astype(str).astype(object)
    is_seen: NDArray[np.bool_] = rows["outcome"] == 0
    count: NDArray[Any] = np.full(number, None, dtype=object)
    count[is_seen] = 1
    site = names[rows["site"]]
    what = np.array([*classes, None], dtype=object)
    platform: Any = np.where(rows["outcome"] == 2, None, what[rows["kind"]])
    called = np.array([f"Hull {one}" for one in rows["hull"][is_named].tolist()], dtype=object)
    name = np.full(number, None, dtype=object)
    name[is_named] = called
    activity: Any = np.where(is_seen, np.array([*doings, None], dtype=object)[rows["activity"]], None)
    image: Any = np.where(rows["vague"], None, site + "-" + first.astype(str).astype(object))
    source = np.full(number, None, dtype=object)
    told = ({"published_by": "A paper", "url": "https://example.org/a-paper"},)
    source[:] = [told if is_vague else () for is_vague in rows["vague"].tolist()]
    located = is_seen & (chance.random(number) < _LOCATED)
    points = np.array([register[one].point for one in names])
    at = points[rows["site"]] + chance.uniform(-_NEAR, _NEAR, (number, 2))
    shapes = np.full(number, None, dtype=object)
    shapes[located] = geopandas.points_from_xy(*at[located].T)
    ids = site + "-" + first.astype(str).astype(object) + np.array([f"-{n}" for n in range(number)], dtype=object)
    columns: dict[str, Any] = {
        "site": pd.array(site, dtype="string"),
        "date": pd.array(date, dtype="string"),
        "earliest": first.astype("datetime64[s]"),
        "latest": last.astype("datetime64[s]"),
        "outcome": pd.Categorical(_OUTCOMES[rows["outcome"]], list(_OUTCOMES)),
        "platform": pd.array(platform, dtype="string"),
        "platform_name": pd.array(name, dtype="string"),
        "count": pd.array(count, dtype="Int64"),
        "activity": pd.array(activity, dtype="string"),
        "basis": pd.Categorical(_BASES[rows["vague"].astype(int)], list(_BASES)),
        "image_id": pd.array(image, dtype="string"),
        "sources": pd.Series(source, dtype=object).array,
    }
    index = pd.Index(pd.array(ids, dtype="string"), name="id")
    return geopandas.GeoDataFrame(columns, index=index, geometry=shapes, crs="EPSG:4326")


def _register(number: int) -> dict[str, Site]:
    """Sites on a grid that holds so many, 0.8 degrees apart."""
    wide = 400
    found = {}
    for one in range(number):
        values = {
            "id": f"site-{one:04}",
            "name": f"Site {one:04}",
            "watched": True,
            "timezone": "UTC",
            "coordinate_uncertainty_m": 500,
            "point": (-160 + one % wide * 0.8, -60 + one // wide * 0.8),
        }
        found[f"site-{one:04}"] = build(Site, values)
    return found
