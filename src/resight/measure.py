"""The sides of a drawn shape in metres on the ellipsoid, and how far the image allows them to be known.

A line is as long as its geodesic pieces together. A polygon is laid into the plane by the azimuthal equidistant
projection around its own middle (each corner at its geodesic distance and bearing from there), and its sides are those
of the smallest rectangle around it, turned as it needs: one side of that rectangle lies along a side of the convex
hull (Freeman and Shapira 1975, doi:10.1145/360881.360919). The projection stretches a length at r metres from the
middle by (r/R)²/6 at most, R being the radius of the Earth: one part in 250 million at 1 km.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from resight import geodesy
from resight.observation import positions


class Sides(NamedTuple):
    """The sides of a shape in metres; a line has only one."""

    longer: float
    shorter: float | None = None


def sides_m(geometry: Mapping[str, Any]) -> Sides | None:
    """The sides of a GeoJSON LineString or Polygon in lon and lat; None for a point and for several parts."""
    if geometry["type"] == "LineString":
        return Sides(math.fsum(geodesy.distance_m(a, b) for a, b in pairwise(geometry["coordinates"])))
    if geometry["type"] != "Polygon":
        return None
    return _rectangle(_plane(list(positions({"type": "LineString", "coordinates": geometry["coordinates"][0]}))))


def uncertainty_m(gsd_m: float | None) -> float | None:
    """How far a side may be off, one pixel at either end independently: √2 · ``gsd_m``. None if not known."""
    return None if gsd_m is None else math.sqrt(2) * gsd_m


def _plane(places: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """Metres east and north of the middle of some positions."""
    first = places[0]
    # Relative to the first position, so that the antimeridian does not matter.
    lons = [(place[0] - first[0] + 540) % 360 - 180 for place in places]
    middle = first[0] + math.fsum(lons) / len(lons), math.fsum(place[1] for place in places) / len(places)
    found = []
    for place in places:
        away, bearing = geodesy.distance_m(middle, place), math.radians(geodesy.bearing_deg(middle, place))
        found.append((away * math.sin(bearing), away * math.cos(bearing)))
    return found


def _rectangle(corners: Sequence[tuple[float, float]]) -> Sides:
    """The sides of the smallest rectangle around corners in a plane."""
    from shapely import MultiPoint

    hull = MultiPoint(corners).convex_hull
    ring = list(hull.exterior.coords) if hull.geom_type == "Polygon" else list(hull.coords) * 2
    best = (math.inf, 0.0, 0.0)
    for (x1, y1), (x2, y2) in pairwise(ring):
        length = math.hypot(x2 - x1, y2 - y1)
        if not length:
            continue
        east, north = (x2 - x1) / length, (y2 - y1) / length
        along = [x * east + y * north for x, y in ring]
        across = [y * east - x * north for x, y in ring]
        one, other = max(along) - min(along), max(across) - min(across)
        best = min(best, (one * other, one, other))
    return Sides(max(best[1:]), min(best[1:]))
