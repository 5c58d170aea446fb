"""A shape that somebody drew, in QGIS, geojson.io or Google Earth: GeoJSON, KML, KMZ or WKT to lon and lat.

One shape: a point, a line or a polygon. A coordinate system that the file states is followed, one that is not stated
is never guessed. KML and KMZ are read as they are for an import, with its limits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from resight.errors import InvalidValue, UnreadableFile
from resight.observation import Geometry, checked_geometry

#: Of a file with one shape in it.
MOST_BYTES = 10_000_000
_WKT = re.compile(
    r"\s*(?:SRID\s*=\s*(?P<srid>\d+)\s*;)?\s*(?P<wkt>(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\b.*)", re.I | re.S
)
_KINDS = ("Point", "LineString", "Polygon")
_FORMATS = "GeoJSON, KML, KMZ or WKT, in a file or as text"
_EXAMPLE = "--geometry ship.geojson or --geometry 'LINESTRING (132.3542 42.8971, 132.3555 42.8975)'"
Move = Callable[[Sequence[float]], list[float]]


class Drawn(NamedTuple):
    """A drawn shape, and what a person should know of how it was read."""

    #: GeoJSON, lon and lat, WGS 84, without altitudes.
    geometry: Geometry
    notes: tuple[str, ...] = ()


class _Shapes(NamedTuple):
    shapes: list[Mapping[str, Any]]
    #: As the file states it; None for lon and lat.
    crs: str | None = None
    notes: tuple[str, ...] = ()


def read(given: str) -> Drawn:
    """The one shape in a file, or in WKT or GeoJSON itself.

    Raises:
        InvalidValue: no such file, too large, no shape or several in it, or in a coordinate system that is not known.
    """
    is_shape = _WKT.match(given) or given.lstrip().startswith("{")
    try:
        found = _shapes(given) if is_shape else _of_file(given)
    except _Odd as why:
        raise _refused(given, str(why)) from None
    return _one(given, found)


def _refused(given: str, what: str, allowed: str = _FORMATS) -> InvalidValue:
    shown = given if len(given) <= 60 else f"{given[:57]}…"
    return InvalidValue("geometry", given, f"{shown}: {what}", allowed=allowed, example=_EXAMPLE)


class _Odd(ValueError):
    """What is wrong with the text of a shape."""


def _of_file(given: str) -> _Shapes:
    from resight.exchange import foreign, kml
    from resight.exchange.table import Options

    path = Path(given)
    try:
        if not path.is_file():
            raise _Odd("is no file" if path.exists() else "no such file, and it is neither WKT nor GeoJSON")
        if path.stat().st_size > MOST_BYTES:
            raise _Odd(f"is larger than {MOST_BYTES // 10**6} MB: save the one shape in a file of its own")
        with path.open("rb") as file:
            head = file.read(4096)
        if kml.recognises(path, head):
            table = kml.read(path, Options())
            return _Shapes([row.geometry for row in table.rows if row.geometry is not None], None, table.notes)
        return _shapes(foreign.text(path, Options()))
    except UnreadableFile as error:
        raise _Odd(str(error)) from None
    except (OSError, ValueError) as error:
        if isinstance(error, _Odd):
            raise
        raise _Odd(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _shapes(text: str) -> _Shapes:
    wkt = _WKT.match(text)
    if wkt:
        return _Shapes([_of_wkt(wkt["wkt"])], f"EPSG:{wkt['srid']}" if wkt["srid"] else None)
    if text.lstrip().startswith("{"):
        return _of_geojson(text)
    raise _Odd(f"begins with {text.strip()[:20]!r}, as none of the formats does")


# --- the formats


def _of_wkt(text: str) -> Mapping[str, Any]:
    from resight.exchange import places

    try:
        found: Mapping[str, Any] = places.of_wkt(text)
    except ValueError as error:
        raise _Odd(str(error)) from None
    if not found.get("coordinates"):
        raise _Odd("is empty")
    return found


def _of_geojson(text: str) -> _Shapes:
    try:
        content = json.loads(text)
        shapes = list(_in_geojson(content))
    except (ValueError, RecursionError) as error:
        raise _Odd(f"is not GeoJSON: {error}") from None
    stated = content.get("crs")
    if stated is None:
        return _Shapes(shapes)
    name = stated.get("properties", {}).get("name") if isinstance(stated, dict) else None
    if not isinstance(name, str):
        raise _Odd(f"states a coordinate system that cannot be read, {json.dumps(stated)[:80]}")
    return _Shapes(shapes, None if re.search(r"CRS84|EPSG:+4326$", name) else name)


def _in_geojson(content: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(content, dict):
        raise _Odd(f"{str(content)[:40]!r} is no object")
    kind = content.get("type")
    if kind in ("FeatureCollection", "GeometryCollection"):
        inner = content.get("features" if kind == "FeatureCollection" else "geometries")
        if not isinstance(inner, list):
            raise _Odd(f"is a {kind} without a list of them")
        for item in inner:
            yield from _in_geojson(item)
    elif kind == "Feature":
        if content.get("geometry") is not None:
            yield from _in_geojson(content["geometry"])
    else:
        yield content


# --- to one shape in lon and lat


def _one(given: str, found: _Shapes) -> Drawn:
    shapes = [part for shape in found.shapes for part in _parts(shape)]
    if len(shapes) != 1:
        number = f"{len(shapes)} shapes" if shapes else "no shape"
        raise _refused(given, f"holds {number}", "one point, line or polygon: save the one of this record by itself")
    notes = [*found.notes]
    try:
        checked = shapes[0]
        flat = list(_places(checked.get("coordinates")))
        if checked.get("type") not in _KINDS or not flat:
            raise ValueError(f"{checked.get('type')!r} is no point, line or polygon with coordinates")
        if any(place[2:] and place[2] for place in flat):
            notes.append("its altitudes are left out")
        if checked["type"] != "Point" and len({tuple(place[:2]) for place in flat}) == 1:
            raise ValueError("all its points are one place, so that it has no length; give that as a Point")
        move = _to_lonlat(found.crs, flat, notes)
        return Drawn(checked_geometry({"type": checked["type"], "coordinates": _moved(checked["coordinates"], move)}),
                     tuple(notes))  # fmt: skip
    except ValueError as error:
        hint = ""
        if found.crs is None and "not on Earth" in str(error):
            hint = "; if these are metres, say of which system: SRID=32652;POLYGON … or a GeoJSON with its crs"
        raise _refused(given, f"{error}{hint}") from None


def _parts(shape: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """The single shapes of one: QGIS saves a polygon as a multipolygon of one."""
    kind, coordinates = str(shape.get("type")), shape.get("coordinates")
    if kind.startswith("Multi") and isinstance(coordinates, list):
        return [{"type": kind.removeprefix("Multi"), "coordinates": part} for part in coordinates]
    return [shape]


def _places(coordinates: Any) -> Iterator[Sequence[float]]:
    if not isinstance(coordinates, list):
        raise _Odd("has coordinates that are no list")
    if coordinates and all(isinstance(number, int | float) and not isinstance(number, bool) for number in coordinates):
        if len(coordinates) < 2:
            raise ValueError(f"{coordinates} is not a position: it needs lon, lat")
        yield coordinates
    else:
        for part in coordinates:
            yield from _places(part)


def _moved(coordinates: Any, move: Move) -> Any:
    if isinstance(coordinates[0], list):
        return [_moved(part, move) for part in coordinates]
    return move(coordinates)


def _to_lonlat(crs: str | None, flat: Sequence[Sequence[float]], notes: list[str]) -> Move:
    if crs is None:
        if any(180 < abs(place[0]) <= 360 for place in flat) and all(abs(place[1]) <= 90 for place in flat):
            notes.append("longitudes beyond 180° are counted from the other side")
            return lambda place: [_within_180(place[0]), float(place[1])]
        return lambda place: [float(place[0]), float(place[1])]
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        transformer = Transformer.from_crs(crs, "OGC:CRS84", always_xy=True)
    except ProjError:
        raise ValueError(f"the coordinate system {crs!r} is not known to PROJ") from None
    source = transformer.source_crs
    notes.append(f"taken from {source.name if source else crs} to lon and lat, WGS 84")

    def move(place: Sequence[float]) -> list[float]:
        lon, lat = transformer.transform(place[0], place[1])
        # A tenth of a millimetre: what is beyond is noise of the arithmetic.
        return [round(lon, 9), round(lat, 9)]

    return move


def _within_180(lon: float) -> float:
    return lon - 360 if lon > 180 else lon + 360 if lon < -180 else float(lon)
