"""Metres on the WGS 84 ellipsoid: the one door through which every distance and bearing goes.

Karney's geodesics (Karney 2013, doi:10.1007/s00190-012-0578-z) by way of PROJ. Positions are (lon, lat) in degrees.
pyproj is imported when the first distance is asked for, so that a command that measures nothing does not pay for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from resight import flatmap
from resight.observation import positions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pyproj import Geod

    from resight.episodes import Episode

#: Two things of different sites count as being at one place up to this distance.
RADIUS_M = 2000.0
#: A position further from its site's footprint than this is refused at entry.
FARTHEST_FROM_SITE_M = 20_000.0
#: No degree of the ellipsoid, along a meridian or a parallel, is longer.
_LONGEST_DEGREE_M = 111_700.0
_COMPASS = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
Position = Sequence[float]


@cache
def _ellipsoid() -> Geod:
    from pyproj import Geod

    return Geod(ellps="WGS84")


def distance_m(a: Position, b: Position) -> float:
    """Geodesic distance of two (lon, lat) positions in metres."""
    return float(_ellipsoid().inv(a[0], a[1], b[0], b[1])[2])


def distances_m(a: Position, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Geodesic distances of one (lon, lat) position from many, in metres."""
    import numpy as np

    return np.asarray(_ellipsoid().inv(np.full(len(lon), a[0]), np.full(len(lon), a[1]), lon, lat)[2])


def bearing_deg(a: Position, b: Position) -> float:
    """Bearing from ``a`` to ``b`` at ``a``, in degrees clockwise from north, in [0, 360)."""
    return float(_ellipsoid().inv(a[0], a[1], b[0], b[1])[0]) % 360 % 360


def compass(bearing: float) -> str:
    """The nearest of the eight points of the compass."""
    return _COMPASS[round(bearing / 45) % 8]


def is_plainly_near(
    geometry: Mapping[str, Any], footprint: Mapping[str, Any] | None, point: Position, limit_m: float
) -> bool:
    """Is :func:`from_footprint_m` within the limit, as few degrees tell without a geodesic? False says nothing.

    Each position is held against the corners of the footprint, of which none is nearer than its edge.
    """
    corners: Sequence[Position] = [point]
    if footprint is not None:
        corners = footprint["coordinates"][0] if footprint["type"] == "Polygon" else footprint["coordinates"][0][0]
    most = limit_m / _LONGEST_DEGREE_M
    return all(
        any(abs(place[0] - corner[0]) + abs(place[1] - corner[1]) <= most for corner in corners)
        for place in positions(geometry)
    )


def from_footprint_m(geometry: Mapping[str, Any], footprint: Mapping[str, Any] | None, point: Position) -> float:
    """How far a geometry lies outside a site's footprint, in metres; 0 inside, from the site's point if it has none.

    The farthest position of the geometry counts. Distances to an edge are measured to points at most 1 km apart
    along it, which is exact enough for a limit of tens of kilometres.
    """
    return max(_outside_m(place, footprint, point) for place in positions(geometry))


def _outside_m(place: Position, footprint: Mapping[str, Any] | None, point: Position) -> float:
    if footprint is None:
        return distance_m(place, point)
    polygons = [footprint["coordinates"]] if footprint["type"] == "Polygon" else footprint["coordinates"]
    if any(_inside(place, polygon[0]) for polygon in polygons):
        return 0.0
    return min(distance_m(place, edge) for polygon in polygons for edge in _along(polygon[0]))


def _inside(place: Position, ring: Sequence[Position]) -> bool:
    """Ray casting in degrees, on whichever side of the antimeridian, and in a ring round a pole as well."""
    flat = flatmap.ring(ring, place[0])
    return any(_is_in(place[0] + turn, place[1], flat) for turn in (-360, 0, 360))


def _is_in(lon: float, lat: float, ring: Sequence[Position]) -> bool:
    shifted = [(x - lon, y - lat) for x, y in ring]
    inside = False
    for (x1, y1), (x2, y2) in pairwise(shifted):
        if (y1 > 0) != (y2 > 0) and x1 + (0 - y1) * (x2 - x1) / (y2 - y1) > 0:
            inside = not inside
    return inside


def _along(ring: Sequence[Position]) -> Iterator[Position]:
    for a, b in pairwise(ring):
        yield a
        steps = int(distance_m(a, b) // 1000)
        if steps:
            yield from _ellipsoid().npts(a[0], a[1], b[0], b[1], steps)


def same_place(a: Episode, b: Episode, radius_m: float = RADIUS_M) -> bool:
    """Do two episodes lie at one place: the same site, or positions of their own within the radius?"""
    if a.site == b.site:
        return True
    if a.geometry is None or b.geometry is None:
        return False
    return any(distance_m(p, q) <= radius_m for p in positions(a.geometry) for q in positions(b.geometry))


class Positions(NamedTuple):
    """Positions of some rows at some sites: a row with a line or an area has several."""

    #: Numbers of the rows and of their sites; sites are numbered alike on both sides of a comparison.
    row: NDArray[np.int64]
    site: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


def near_pairs(then: Sequence[Episode], now: Sequence[Episode], radius_m: float = RADIUS_M) -> NDArray[np.int64]:
    """Rows of all pairs of episodes of different sites that :func:`same_place` says lie at one place, shape (2, n)."""
    import numpy as np

    number: dict[str, int] = {}

    def found(episodes: Sequence[Episode]) -> Positions:
        given = [
            (row, number.setdefault(e.site, len(number)), *position[:2])
            for row, e in enumerate(episodes)
            if e.geometry is not None
            for position in positions(e.geometry)
        ]
        row, site, lon, lat = np.array(given, dtype=float).reshape(len(given), 4).T
        return Positions(row.astype(np.int64), site.astype(np.int64), lon, lat)

    return near_rows(found(then), found(now), radius_m)


def near_rows(then: Positions, now: Positions, radius_m: float = RADIUS_M) -> NDArray[np.int64]:
    """Rows that have positions within the radius of one another, of different sites only, shape (2, n).

    Sites that lie too far apart as a whole are left out first. The positions of the others are gathered into cells as
    wide as the radius, neighbouring cells of different sites are looked up as points in space (so that neither the
    antimeridian nor a pole is special), and what is in them is measured.
    """
    import numpy as np

    none = np.zeros((2, 0), dtype=np.int64)
    if not len(then.row) or not len(now.row):
        return none
    from scipy.spatial import KDTree

    space = [_in_space(side) for side in (then, now)]
    crowded = _sites_within(space, [then.site, now.site], radius_m)
    sides = [np.flatnonzero(crowded[side.site]) for side in (then, now)]
    if not len(sides[0]) or not len(sides[1]):
        return none
    cells = [
        _cells(xyz[rows], side.site[rows], radius_m) for xyz, side, rows in zip(space, (then, now), sides, strict=True)
    ]
    # The straight line is never longer than the geodesic; each point lies within half a diagonal of its cell's middle.
    reach = radius_m * (1 + 3**0.5)
    near = KDTree(cells[0][0]).sparse_distance_matrix(KDTree(cells[1][0]), reach, output_type="coo_matrix")
    pairs = []
    for i, j in zip(near.row.tolist(), near.col.tolist(), strict=True):
        if cells[0][1][i] != cells[1][1][j]:
            a, b = sides[0][cells[0][2][i]], sides[1][cells[1][2][j]]
            pairs.append((np.repeat(a, len(b)), np.tile(b, len(a))))
    if not pairs:
        return none
    a, b = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    apart = _ellipsoid().inv(then.lon[a], then.lat[a], now.lon[b], now.lat[b])[2]
    close = np.asarray(apart) <= radius_m
    return np.unique(np.stack([then.row[a[close]], now.row[b[close]]]), axis=1)


def _in_space(side: Positions) -> NDArray[np.float64]:
    """Earth-centred coordinates in metres, shape (n, 3)."""
    import numpy as np
    from pyproj import Transformer

    to_space = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    return np.stack(to_space.transform(side.lon, side.lat, np.zeros(len(side.lon))), axis=1)


def _sites_within(space: Sequence[Any], site: Sequence[Any], radius_m: float) -> NDArray[np.bool_]:
    """Which sites may have a position within the radius of one of another site: by balls around all their positions."""
    import numpy as np
    from scipy.spatial import KDTree

    xyz, number = np.concatenate(space), np.concatenate(site)
    count = np.bincount(number)
    there = np.flatnonzero(count)
    middle = np.stack([np.bincount(number, axis) for axis in xyz.T], axis=1)[there] / count[there, None]
    ball = np.zeros(len(count))
    place = np.cumsum(count > 0) - 1
    np.maximum.at(ball, number, np.linalg.norm(xyz - middle[place[number]], axis=1))
    ball = ball[there]
    crowded = np.zeros(len(count), dtype=bool)
    pairs = KDTree(middle).query_pairs(radius_m + 2 * float(ball.max()), output_type="ndarray")
    a, b = pairs[:, 0], pairs[:, 1]
    close = np.linalg.norm(middle[a] - middle[b], axis=1) <= radius_m + ball[a] + ball[b]
    crowded[there[np.concatenate([a[close], b[close]])]] = True
    return crowded


def _cells(space: Any, site: Any, width_m: float) -> tuple[Any, Any, list[Any]]:
    """The cells of every site that hold a position: their middles in space, their sites, which positions they hold."""
    import numpy as np

    cell = np.floor(space / width_m).astype(np.int64)
    kinds, which = np.unique(np.column_stack([site, cell]), axis=0, return_inverse=True)
    which = which.ravel()
    order = np.argsort(which, kind="stable")
    held = np.split(order, np.searchsorted(which[order], np.arange(1, len(kinds))))
    return (kinds[:, 1:] + 0.5) * width_m, kinds[:, 0], held
