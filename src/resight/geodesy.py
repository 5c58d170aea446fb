"""Metres on the WGS 84 ellipsoid: the one door through which every distance and bearing goes.

Karney's geodesics (Karney 2013, doi:10.1007/s00190-012-0578-z) by way of PROJ. Positions are (lon, lat) in degrees.
pyproj is imported when the first distance is asked for, so that a command that measures nothing does not pay for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from resight.observation import positions

if TYPE_CHECKING:
    from pyproj import Geod

    from resight.episodes import Episode

#: Two things of different sites count as being at one place up to this distance.
RADIUS_M = 2000.0
#: A position further from its site's footprint than this is refused at entry.
FARTHEST_FROM_SITE_M = 20_000.0
_COMPASS = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
Position = Sequence[float]


@cache
def _ellipsoid() -> Geod:
    from pyproj import Geod

    return Geod(ellps="WGS84")


def distance_m(a: Position, b: Position) -> float:
    """Geodesic distance of two (lon, lat) positions in metres."""
    return float(_ellipsoid().inv(a[0], a[1], b[0], b[1])[2])


def bearing_deg(a: Position, b: Position) -> float:
    """Bearing from ``a`` to ``b`` at ``a``, in degrees clockwise from north, in [0, 360)."""
    return float(_ellipsoid().inv(a[0], a[1], b[0], b[1])[0]) % 360 % 360


def compass(bearing: float) -> str:
    """The nearest of the eight points of the compass."""
    return _COMPASS[round(bearing / 45) % 8]


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
    """Ray casting in degrees, longitudes taken relative to the place so that the antimeridian does not matter."""
    # Longitudes are taken relative to the ring's first position, so that the cut lies opposite the ring.
    here = (place[0] - ring[0][0] + 540) % 360
    shifted = [((lon - ring[0][0] + 540) % 360 - here, lat - place[1]) for lon, lat, *_ in ring]
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
