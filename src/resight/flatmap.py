"""Positions as a flat map draws them: one side of the antimeridian, up to where Web Mercator ends.

A map on Web Mercator is a strip that repeats every 360 degrees, and 179° E and 179° W lie at its two ends. Here each
longitude is moved by whole turns to the side of what the map is about, so that neighbours lie beside each other; it
may then lie beyond ±180. Positions are (lon, lat) in degrees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import copysign
from typing import Any

#: Web Mercator is cut where it becomes a square; the poles themselves lie infinitely far away.
LAST_LATITUDE = 85.0511
#: Decimals of a degree kept when a longitude is moved: a tenth of a millimetre.
_DECIMALS = 9
Place = tuple[float, float]


def turned(lon: float, beside: float) -> float:
    """The longitude moved by whole turns to within 180 degrees of another."""
    turns = round((beside - lon) / 360)
    return round(lon + 360 * turns, _DECIMALS) if turns else lon


def on_map(lat: float) -> float:
    """The latitude, or the map's last one where the map ends before it."""
    return max(-LAST_LATITUDE, min(LAST_LATITUDE, lat))


def place(position: Sequence[float], beside: float) -> Place:
    """Where a position is drawn on a map about another longitude."""
    return turned(position[0], beside), on_map(position[1])


def box(bounds: Sequence[float], beside: float) -> list[float]:
    """West, south, east, north as drawn: west beside another longitude, and east always east of it."""
    west, south, east, north = bounds
    left = turned(west, beside)
    return [left, on_map(south), left + (east - west) % 360, on_map(north)]


def middle(lons: Iterable[float]) -> float:
    """The longitude from which some others are reached soonest: opposite the middle of the widest gap between them."""
    ordered = sorted({lon % 360 for lon in lons})
    if not ordered:
        return 0.0
    gaps = [(after - before, -before) for before, after in pairwise([*ordered, ordered[0] + 360])]
    width, begin = max(gaps)
    return turned(width / 2 - begin + 180, 0.0)


def path(line: Sequence[Sequence[float]], beside: float) -> list[Place]:
    """A line whose every step is the short way round, as a whole on the side of another longitude.

    The short way is what is meant by 179 to -179: nothing that an image shows is half the Earth long.
    """
    walked: list[Place] = []
    last = beside
    for position in line:
        last = turned(position[0], last)
        walked.append((last, position[1]))
    return _moved(walked, beside)


def ring(line: Sequence[Sequence[float]], beside: float) -> list[Place]:
    """A ring as :func:`path` lays it; one that goes round a pole is closed beyond it, so that the pole lies inside."""
    walked = path(line, beside)
    if abs(walked[-1][0] - walked[0][0]) > 180:
        pole = copysign(91.0, sum(lat for _, lat in walked))
        walked += [(walked[-1][0], pole), (walked[0][0], pole), walked[0]]
    return walked


def geometry(given: Mapping[str, Any], beside: float) -> dict[str, Any]:
    """A GeoJSON geometry as a map about a longitude draws it: its first part beside that, the others beside the first.

    What RFC 7946 cuts in two at the antimeridian so lies edge to edge again.
    """
    kind, coordinates = given["type"], given["coordinates"]
    part = _PARTS[kind.removeprefix("Multi")]
    if not kind.startswith("Multi"):
        return {"type": kind, "coordinates": part(coordinates, beside)}
    first = part(coordinates[0], beside)
    near = _centre([first] if kind == "MultiPoint" else first if kind == "MultiLineString" else first[0])
    parts = [first, *(part(one, near) for one in coordinates[1:])]
    if kind == "MultiPolygon" and any(abs(lon) == 180 for rings in coordinates for lon, *_ in rings[0]):
        return _sewn(parts)
    return {"type": kind, "coordinates": parts}


def _line(line: Sequence[Sequence[float]], beside: float) -> list[Place]:
    return [(lon, on_map(lat)) for lon, lat in path(line, beside)]


def _polygon(rings: Sequence[Sequence[Sequence[float]]], beside: float) -> list[list[Place]]:
    """Outline and holes, the holes where the outline is."""
    outline = ring(rings[0], beside)
    laid = [outline, *(ring(hole, _centre(outline)) for hole in rings[1:])]
    return [[(lon, on_map(lat)) for lon, lat in one] for one in laid]


_PARTS: Mapping[str, Any] = {"Point": place, "LineString": _line, "Polygon": _polygon}


def _sewn(polygons: Sequence[Any]) -> dict[str, Any]:
    """Polygons as one where they share an edge: a cut at the antimeridian is no edge of anything."""
    import shapely

    shapes = [shapely.Polygon(rings[0], rings[1:]) for rings in polygons]
    whole = shapely.union_all(shapes) if all(shape.is_valid for shape in shapes) else shapely.MultiPolygon(shapes)
    sewn: dict[str, Any] = shapely.geometry.mapping(whole)
    return sewn


def _centre(walked: Sequence[Place]) -> float:
    lons = [lon for lon, _ in walked]
    return (min(lons) + max(lons)) / 2


def _moved(walked: list[Place], beside: float) -> list[Place]:
    centre = _centre(walked)
    turns = round((beside - centre) / 360)
    return [(round(lon + 360 * turns, _DECIMALS), lat) for lon, lat in walked] if turns else walked
