"""Which of many records a check may have something to say of, told on arrays; all others need not be made for it.

Every look errs on one side: it may name a record that the check has no objection to, and never leaves out one that it
has. A test holds that against the checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from resight import bulkfile, checks, dimensions, geodesy, measure
from resight.checks import Context, Located
from resight.errors import Problem
from resight.observation import Site
from resight.vocabulary import Vocabulary

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
#: No metre on the ellipsoid is longer than this part of a degree of latitude, or of longitude at the equator.
_DEGREE_M = 111_700.0
#: Bytes of a point in WKB.
_POINT = 21
#: What :class:`resight.checks.Seen` holds equal in two records of one thing, beside the individual.
ALIKE = ("site", "earliest", "latest", "outcome", "platform", "method")


class _Look(NamedTuple):
    """What is looked at."""

    rows: pa.Table
    sites: Mapping[str, Site]
    vocabulary: Vocabulary


def suspects(rows: pa.Table, sites: Mapping[str, Site], vocabulary: Vocabulary) -> Mask:
    """The rows that :func:`resight.checks.run` may have something to say of, alone or beside another one.

    Args:
        rows: of :func:`resight.bulkfile.schema`, each a record.
        sites: the register.
        vocabulary: the platforms and activities.
    """
    look = _Look(rows, sites, vocabulary)
    found = np.zeros(rows.num_rows, dtype=bool)
    if rows.num_rows:
        for one in _LOOKS:
            found |= one(look)
    return found


def mask(values: pa.ChunkedArray | pa.Array) -> Mask:
    """Truth values as an array, False for none."""
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=bool)


def _given(rows: pa.Table, name: str) -> Mask:
    return mask(rows.column(name).is_valid())


def _numbers(rows: pa.Table, name: str) -> Floats:
    """A column of numbers, NaN for none."""
    return np.asarray(pc.fill_null(rows.column(name), np.nan).to_numpy(), dtype=np.float64)


def _days(rows: pa.Table, name: str) -> Ints:
    return np.asarray(rows.column(name).cast(pa.int32()).to_numpy(), dtype=np.int64)


def _asked_once(names: Sequence[str], check: Callable[[Context], Iterator[Problem]]) -> Callable[[_Look], Mask]:
    """A check of single records that looks at some columns alone, asked once for each combination of what they say."""

    def look(looked: _Look) -> Mask:
        (code,) = bulkfile.codes([looked.rows], names)
        kinds, firsts = np.unique(code, return_index=True)
        examples = bulkfile.records(looked.rows.take(pa.array(firsts)))
        located = [Located(record, "", number) for number, record in enumerate(examples)]
        wrong = {problem.line for problem in check(Context(located, looked.sites, looked.vocabulary))}
        return np.isin(code, kinds[sorted(number for number in wrong if number is not None)])

    return look


def _sizes(look: _Look) -> Mask:
    """A measured side is farther from that of the class than is allowed."""
    rows = look.rows
    sides = [_numbers(rows, name) for name in ("length_m", "width_m")]
    counts = [rows.column(name) for name in ("count", "count_min", "count_max")]
    # A bound of 0 says nothing of how many there were.
    number = pc.fill_null(pc.coalesce(*(pc.if_else(pc.equal(count, 0), None, count) for count in counts)), 1)
    single = mask(pc.equal(number, 1)) & mask(pc.equal(rows.column("outcome"), "seen"))
    single &= ~mask(rows.column("aggregate")) & ~np.isnan(sides).all(axis=0)
    if not single.any():
        return single
    known = list(look.vocabulary.platforms.values())
    coded = pc.index_in(rows.column("platform"), value_set=pa.array([one.id for one in known], pa.string()))
    of = pc.fill_null(coded, len(known)).to_numpy()
    theirs = [
        np.array([*((one.length_m or np.nan) for one in known), np.nan])[of],
        np.array([*((one.width_m or np.nan) for one in known), np.nan])[of],
    ]
    box = np.asarray(~np.isnan([*sides, *theirs]).any(axis=0), dtype=bool)
    # Which side of a box is the length is not known.
    ours = [np.where(box, np.fmax(*sides), sides[0]), np.where(box, np.fmin(*sides), sides[1])]
    theirs = [np.where(box, np.fmax(*theirs), theirs[0]), np.where(box, np.fmin(*theirs), theirs[1])]
    (code,) = bulkfile.codes([rows], ("gsd_m",))
    firsts = np.unique(code, return_index=True)[1]
    pixels = rows.column("gsd_m").take(pa.array(firsts)).to_pylist()
    found = np.zeros(rows.num_rows, dtype=bool)
    for number, gsd in enumerate(pixels):
        here = np.flatnonzero(code == code[firsts[number]])
        for side, reference in zip(ours, theirs, strict=True):
            allowed = dimensions.allowed_m(reference[here], measure.uncertainty_m(gsd))
            found[here] |= np.abs(side[here] - reference[here]) > allowed
    return found & single


def _places(look: _Look) -> Mask:
    """A position is more than a point, or not certainly at its site."""
    column = bulkfile.joined(look.rows.column("geometry"))
    is_point = mask(pc.equal(pc.binary_length(column), _POINT))
    at = np.full((len(column), 2), np.nan)
    found = bulkfile.points(pa.chunked_array([column.filter(pa.array(is_point))]))
    if found is None:
        return mask(column.is_valid())
    at[is_point] = found
    return (mask(column.is_valid()) & ~is_point) | ~surely_at_site(at, look.rows.column("site"), look.sites)


def surely_at_site(at: Floats, names: pa.ChunkedArray | pa.Array, sites: Mapping[str, Site]) -> Mask:
    """The rows that have no position (NaN), or one that is certainly not too far from their site.

    The way along the meridian and then along the parallel is no shorter than the geodesic.

    Args:
        at: lon and lat of each row.
        names: the site id of each row.
        sites: the register.
    """
    known, number = list(sites.values()), site_numbers(names, sites)
    none = np.asarray(np.isnan(at).all(axis=1), dtype=bool)
    if not known:
        return none
    # Of a footprint, the nearest edge is no farther than its first corner.
    marks = np.array([_corner(site) for site in known])[number]
    north, east = np.abs(at[:, 1] - marks[:, 1]), np.abs(at[:, 0] - marks[:, 0])
    widest = np.cos(np.radians(np.minimum(np.abs(at[:, 1]), np.abs(marks[:, 1]))))
    way = (north + np.minimum(east, 360 - east) * widest) * _DEGREE_M
    sure: Mask = none | ((number >= 0) & (way <= geodesy.FARTHEST_FROM_SITE_M))
    for place, site in enumerate(known):
        rows = np.flatnonzero((number == place) & ~sure) if site.footprint else ()
        if len(rows):
            sure[rows] |= shapely.contains_xy(shapely.geometry.shape(site.footprint), at[rows, 0], at[rows, 1])
    return sure


def site_numbers(names: pa.ChunkedArray | pa.Array, sites: Iterable[str]) -> Ints:
    """Which of the sites each row has; −1 for none."""
    coded = pc.index_in(names, value_set=pa.array(list(sites), type=pa.string()))
    return pc.fill_null(coded, -1).to_numpy(zero_copy_only=False).astype(np.int64)  # type: ignore[no-any-return]


def _corner(site: Site) -> Sequence[float]:
    if site.footprint is None:
        return site.point
    polygons = site.footprint["coordinates"]
    corner: Sequence[float] = (polygons if site.footprint["type"] == "Polygon" else polygons[0])[0][0][:2]
    return corner


def _image_times(look: _Look) -> Mask:
    """The image was taken on another day than the date allows."""
    rows, known = look.rows, list(look.sites.values())
    timed = _given(rows, "image_time")
    found = np.zeros(rows.num_rows, dtype=bool)
    number = site_numbers(rows.column("site"), look.sites)
    zones = np.array([*(site.timezone for site in known), ""], dtype=object)[number]
    first, last = _days(rows, "earliest"), _days(rows, "latest")
    for zone in set(zones[timed].tolist()) - {""}:
        here = np.flatnonzero(timed & (zones == zone))
        local = pc.local_timestamp(rows.column("image_time").take(pa.array(here)).cast(pa.timestamp("us", zone)))
        day = local.cast(pa.date32(), safe=False).cast(pa.int32()).to_numpy()
        found[here] = (day < first[here]) | (day > last[here])
    return found


def _logged(look: _Look) -> Mask:
    """It was logged before it was."""
    logged = look.rows.column("logged_at").cast(pa.date32(), safe=False).cast(pa.int32())
    ahead = pc.subtract(look.rows.column("earliest").cast(pa.int32()), logged)
    return mask(pc.greater(ahead, 1))


def _related(look: _Look) -> Mask:
    """It speaks of another record, or is spoken of."""
    given = look.rows.column("relates")
    texts = pc.unique(given.drop_null()).to_pylist()
    ids = {relation["id"] for text in texts for relation in orjson.loads(text)}
    spoken_of = pc.is_in(look.rows.column("id"), value_set=pa.array(sorted(ids), pa.string()))
    return mask(given.is_valid()) | mask(spoken_of)


def _foreign(look: _Look) -> Mask:
    """Something stands beside it that is no field of a record."""
    found: Mask = _given(look.rows, "foreign") | _given(look.rows, "foreign_members")
    return found


def _twins(look: _Look) -> Mask:
    """Another record from the same sources says the same of the same thing, as far as both say it."""
    rows = with_individual(look.rows, look.vocabulary)
    (code,) = bulkfile.codes([rows], (*ALIKE, "individual", "sources", "visible"))
    # What one of the two leaves open does not tell them apart; what all of them say does.
    for name in ("image_id", "berth", "length_m", "count"):
        given = _given(rows, name)
        said, of = np.bincount(code, given), np.bincount(code)
        (value,) = bulkfile.codes([rows], (name,))
        tells = ((said == 0) | (said == of))[code]
        code = np.unique(code * (int(value.max()) + 2) + np.where(tells, value + 1, 0), return_inverse=True)[1]
    return np.asarray((np.bincount(code) > 1)[code], dtype=bool)


def _answers(look: _Look) -> Mask:
    """Of one image one record sees what another does not."""
    (code,) = bulkfile.codes([look.rows], ("site", "image_id"))
    pictured = _given(look.rows, "image_id")
    outcome = look.rows.column("outcome")
    each = [np.bincount(code, pictured & mask(pc.equal(outcome, one))) > 0 for one in ("seen", "not-seen")]
    return np.asarray(pictured & (each[0] & each[1])[code], dtype=bool)


def with_individual(rows: pa.Table, vocabulary: Vocabulary) -> pa.Table:
    """The rows with the key of the hull or tail that each names, as the column ``individual``."""
    coded = bulkfile.joined(rows.column("platform_name")).dictionary_encode()
    keys = pa.array([vocabulary.individual_key(name) for name in coded.dictionary.to_pylist()], pa.string())
    return rows.append_column("individual", keys.take(coded.indices))


#: One for each of :data:`resight.checks.CHECKS` that looks at records.
_LOOKS = (
    _asked_once(("site", "platform", "activity", "inferred_activity"), checks.names_are_known),
    _asked_once(("platform", "platform_name"), checks.individuals_fit_their_class),
    _asked_once(("platform", "platform_name", "gsd_m", "method", "outcome"), checks.images_show_as_much),
    _sizes,
    _places,
    _image_times,
    _logged,
    _related,
    _foreign,
    _twins,
    _answers,
)
