"""A shape that somebody drew, in QGIS, geojson.io or Google Earth: GeoJSON, KML, KMZ or WKT to lon and lat.

One shape: a point, a line or a polygon. A coordinate system that the file states is followed, one that is not stated
is never guessed. XML with a document type is refused, so that nothing in it is expanded or fetched.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from resight.errors import InvalidValue
from resight.observation import Geometry, checked_geometry

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: Of a file, and of what a KMZ holds.
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


def read(given: str) -> Drawn:
    """The one shape in a file, or in WKT or GeoJSON itself.

    Raises:
        InvalidValue: no such file, too large, no shape or several in it, or in a coordinate system that is not known.
    """
    text = given if _WKT.match(given) or given.lstrip().startswith("{") else _text_of(given)
    try:
        found = _shapes(text)
    except _Odd as why:
        raise _refused(given, str(why)) from None
    return _one(given, found)


def _refused(given: str, what: str, allowed: str = _FORMATS) -> InvalidValue:
    shown = given if len(given) <= 60 else f"{given[:57]}…"
    return InvalidValue("geometry", given, f"{shown}: {what}", allowed=allowed, example=_EXAMPLE)


class _Odd(ValueError):
    """What is wrong with the text of a shape."""


def _text_of(given: str) -> str:
    path = Path(given)
    try:
        if not path.is_file():
            raise _refused(given, "is no file" if path.exists() else "no such file, and it is neither WKT nor GeoJSON")
        if path.stat().st_size > MOST_BYTES:
            raise _refused(given, f"is larger than {MOST_BYTES // 10**6} MB", "one shape in a file of its own")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _refused(given, f"cannot be read: {reason}") from None
    if data.startswith(b"PK"):
        data = _unzipped(given, data)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(given, "is not UTF-8 text", "a file saved as UTF-8") from None


def _unzipped(given: str, data: bytes) -> bytes:
    """The KML in a KMZ, of which no more is unpacked than is allowed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = [name for name in packed.namelist() if name.casefold().endswith(".kml")]
            if len(names) != 1:
                raise _refused(given, f"is a KMZ with {len(names)} KML files in it", "a KMZ with one")
            with packed.open(names[0]) as file:
                text = file.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise _refused(given, f"is a damaged or locked KMZ ({error})") from None
    if len(text) > MOST_BYTES:
        raise _refused(given, f"unpacks to more than {MOST_BYTES // 10**6} MB", "one shape in a file of its own")
    return text


def _shapes(text: str) -> _Shapes:
    wkt = _WKT.match(text)
    if wkt:
        return _Shapes([_of_wkt(wkt["wkt"])], f"EPSG:{wkt['srid']}" if wkt["srid"] else None)
    if text.lstrip().startswith("{"):
        return _of_geojson(text)
    if text.lstrip().startswith("<"):
        return _Shapes(list(_of_kml(text)))
    raise _Odd(f"begins with {text.strip()[:20]!r}, as none of the formats does")


# --- the formats


def _of_wkt(text: str) -> Mapping[str, Any]:
    import shapely

    try:
        shape = shapely.from_wkt(text)
    except shapely.errors.ShapelyError as error:
        raise _Odd(f"is not WKT: {str(error).partition(chr(10))[0]}") from None
    if shape.is_empty:
        raise _Odd("is empty")
    found: Mapping[str, Any] = json.loads(json.dumps(shapely.geometry.mapping(shape)))
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


def _of_kml(text: str) -> Iterator[Mapping[str, Any]]:
    from xml.etree import ElementTree

    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _Odd("is XML with a document type, which is not read")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise _Odd(f"is not XML: {error}") from None
    if _tag(root) != "kml":
        raise _Odd(f"is XML and not KML: it begins with <{_tag(root)}>")
    for element in root.iter():
        if _tag(element) == "Polygon":
            rings = [_kml_places(ring) for ring in element.iter() if _tag(ring) == "LinearRing"]
            yield {"type": "Polygon", "coordinates": rings}
        elif _tag(element) == "LineString":
            yield {"type": "LineString", "coordinates": _kml_places(element)}
        elif _tag(element) == "Point":
            yield {"type": "Point", "coordinates": _kml_places(element)[0]}


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _kml_places(element: Element) -> list[list[float]]:
    text = next((part.text or "" for part in element.iter() if _tag(part) == "coordinates"), "")
    try:
        places = [[float(number) for number in place.split(",")] for place in text.split()]
    except ValueError:
        raise _Odd(f"has coordinates that are no numbers: {text.strip()[:40]!r}") from None
    if not places:
        raise _Odd("has a shape without coordinates")
    return places


# --- to one shape in lon and lat


def _one(given: str, found: _Shapes) -> Drawn:
    shapes = [part for shape in found.shapes for part in _parts(shape)]
    if len(shapes) != 1:
        number = f"{len(shapes)} shapes" if shapes else "no shape"
        raise _refused(given, f"holds {number}", "one point, line or polygon: save the one of this record by itself")
    notes: list[str] = []
    try:
        checked = shapes[0]
        flat = list(_places(checked.get("coordinates")))
        if checked.get("type") not in _KINDS or not flat:
            raise ValueError(f"{checked.get('type')!r} is no point, line or polygon with coordinates")
        if any(place[2:] and place[2] for place in flat):
            notes.append("its altitudes are left out")
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
