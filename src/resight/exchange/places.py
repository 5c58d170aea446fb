"""Geometries as foreign files write them, to GeoJSON in lon, lat, WGS 84: laid flat, and out of other systems.

What is no position is left as it stands, so that the row it belongs to is refused with its reason, and not the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from resight.errors import InvalidValue, UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

    from pyproj import CRS, Transformer

Geometry = Any
#: WGS 84 in lon, lat: what a record has.
WGS84 = "OGC:CRS84"
#: Nesting of the deepest geometry a record has (MultiPolygon); deeper lists are no geometry.
_DEEPEST = 4
#: No degrees of any system go beyond.
_FARTHEST = 360.0
#: What software writes for a position that it does not know.
NOWHERE = {"type": "Point", "coordinates": [0.0, 0.0]}
_HOW = "name it with --crs, for example --crs EPSG:32652 (UTM zone 52 N) or --crs EPSG:4326 (WGS 84, lon, lat)"
_KINDS = {"Point": "MultiPoint", "LineString": "MultiLineString", "Polygon": "MultiPolygon"}


class Placed(NamedTuple):
    """Geometries in lon, lat, WGS 84, and what was done to them."""

    geometries: list[Geometry]
    notes: tuple[str, ...]


def system(name: Any, said: str = "") -> CRS:
    """A coordinate reference system by its name, code, WKT or PROJJSON.

    Raises:
        InvalidValue: PROJ does not know it, or it is not on Earth's surface.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    text = name if isinstance(name, str) else ""
    try:
        if not isinstance(name, str | dict) or len(text) > 100_000:
            raise CRSError("not a name")
        found = CRS.from_user_input(name)
    except (CRSError, ValueError, TypeError, RecursionError):
        shown = repr(name) if len(repr(name)) <= 80 else repr(name)[:77] + "…"
        what = f"{shown}{said} is no coordinate reference system that PROJ knows"
        raise InvalidValue("crs", name, what, allowed=_HOW) from None
    if not (found.is_geographic or found.is_projected):
        what = f"{found.name!r}{said} does not say where on Earth a position is"
        raise InvalidValue("crs", name, what, allowed=_HOW)
    return found


def placed(
    geometries: Sequence[Geometry],
    stated: Any,
    chosen: str | None,
    path: Path,
    *,
    authority_order: bool = False,
    is_ours: bool = False,
) -> Placed:
    """Geometries of a file in lon, lat, WGS 84: from the system the file states, else from the one a person chose.

    Args:
        geometries: GeoJSON geometries or None, in the file's system.
        stated: what the file states, as :func:`system` takes it; None if it states none.
        chosen: what ``--crs`` says.
        path: the file, for the messages.
        authority_order: positions stand in the order the system defines (north first in many), as JSON-FG has it;
            else east comes first.
        is_ours: they are those of records, and are kept whole: heights, and a collection of one.

    Raises:
        InvalidValue: the system is not known.
        UnreadableFile: no system is known, and the positions are no degrees.
    """
    flat, heights = ([_several(g) for g in geometries], 0) if is_ours else _flat(geometries)
    notes = []
    if heights:
        notes.append(f"heights were left out ({heights} position{'s' if heights > 1 else ''}): a record has none")
    if stated is None and chosen is None:
        _check_degrees(flat, path)
        return Placed(flat, tuple(notes))
    if stated == WGS84 and chosen is None:
        return Placed(flat, tuple(notes))
    crs, said = _decided(stated, chosen)
    notes += said
    if _is_wgs84(crs):
        swap = authority_order and crs.axis_info[0].direction == "north"
        return Placed([_swapped(g) if swap else g for g in flat], tuple(notes))
    moved, accuracy = _reprojected(flat, crs, authority_order)
    return Placed(moved, (*notes, _converted(crs, accuracy)))


def placed_points(at: Any, stated: Any, chosen: str | None, path: Path) -> tuple[Any, tuple[str, ...]]:
    """As :func:`placed` for points alone, as an array of east and north; NaN where there is none.

    Raises:
        InvalidValue, UnreadableFile: as :func:`placed`.
    """
    if stated is None and chosen is None:
        far = (abs(at) > _FARTHEST).any(axis=1)
        if far.sum() * 2 > (at == at).all(axis=1).sum():  # noqa: PLR0124 - NaN
            _check_degrees([{"type": "Point", "coordinates": at[far][0].tolist()}], path)
        return at, ()
    if stated == WGS84 and chosen is None:
        return at, ()
    crs, said = _decided(stated, chosen)
    if _is_wgs84(crs):
        return at, tuple(said)
    from pyproj import Transformer

    transformer = Transformer.from_crs(crs, WGS84, always_xy=True)
    there = (abs(at) < 1e300).all(axis=1)
    moved = at.copy()
    east, north = transformer.transform(at[there, 0], at[there, 1])
    moved[there, 0], moved[there, 1] = east.round(9), north.round(9)
    return moved, (*said, _converted(crs, _accuracy(transformer)))


def _decided(stated: Any, chosen: str | None) -> tuple[CRS, list[str]]:
    """The system of the positions, and a word where a person chose another than the file states."""
    try:
        crs = system(stated if stated is not None else chosen, " (stated by the file)" if stated is not None else "")
    except InvalidValue:
        if stated is None or chosen is None:
            raise
        return system(chosen), [f"the file states a system that PROJ does not know; --crs {chosen} was taken"]
    if stated is not None and chosen is not None and system(chosen) != crs:
        return crs, [f"--crs {chosen} was not used: the file states {crs.name}"]
    return crs, []


def _is_wgs84(crs: CRS) -> bool:
    return crs.to_epsg(min_confidence=100) == 4326 or crs.name.startswith("WGS 84 (CRS84")


def _converted(crs: CRS, accuracy: float) -> str:
    good = f", good to about {accuracy:g} m" if accuracy > 0 else ""
    code = ":".join(crs.to_authority() or ())
    named = f"{crs.name} ({code})" if code else crs.name
    return f"positions were converted from {named} to WGS 84{good}"


def without_system(path: Path) -> UnreadableFile:
    """The refusal of a file whose positions nobody can place."""
    return UnreadableFile(f"{path.name} does not state the coordinate reference system of its positions: {_HOW}")


def point(longitude: Any, latitude: Any) -> Geometry:
    """A Point of two cells; None where both are empty, and as it stands where one is no number, to be refused."""
    cells = [cell if not isinstance(cell, str) or cell.strip() else None for cell in (longitude, latitude)]
    if cells == [None, None]:
        return None
    return {"type": "Point", "coordinates": [_degrees(cell) for cell in cells]}


def _degrees(cell: Any) -> Any:
    # Atlos marks what a spreadsheet could take for a formula, such as a southern latitude, with an apostrophe.
    try:
        return float(cell.strip().lstrip("'")) if isinstance(cell, str) else cell
    except ValueError:
        return cell


def of_shapes(shapes: Any) -> list[Geometry]:
    """Shapely geometries as GeoJSON: an empty one is none, a curve keeps only its kind and is refused with its row."""
    import orjson
    import shapely

    def written(shape: Any) -> str | None:
        try:
            return shapely.to_geojson(shape)  # type: ignore[no-any-return]
        except NotImplementedError:
            return orjson.dumps({"type": shape.geom_type, "coordinates": []}).decode()

    given = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    found = shapes[given]
    if (shapely.get_type_id(found) == 0).all() and not shapely.has_z(found).any():
        numbers = shapely.get_coordinates(found)
        if (abs(numbers) < math.inf).all():
            points = iter(numbers.tolist())
            return [{"type": "Point", "coordinates": next(points)} if one else None for one in given.tolist()]
    full = [shape if one else None for shape, one in zip(shapes, given, strict=True)]
    try:
        texts = list(shapely.to_geojson(full))
    except NotImplementedError:
        texts = [written(shape) for shape in full]
    return [None if text is None else orjson.loads(text) for text in texts]


def of_wkt(text: str) -> Geometry:
    """The GeoJSON geometry of well-known text.

    Raises:
        ValueError: it is none; says why.
    """
    import orjson
    import shapely

    try:
        return orjson.loads(shapely.to_geojson(shapely.from_wkt(text)))
    except (shapely.errors.ShapelyError, NotImplementedError) as error:
        raise ValueError(f"is not WKT: {str(error).partition(chr(10))[0]}") from None


def homogeneous(geometry: Geometry) -> Geometry:
    """A GeometryCollection of one kind as the Multi… of that kind, of one member as that; anything else as it is."""
    if not isinstance(geometry, dict) or geometry.get("type") != "GeometryCollection":
        return geometry
    members = geometry.get("geometries")
    if not isinstance(members, list) or not all(isinstance(m, dict) and "coordinates" in m for m in members):
        return geometry
    if not members:
        return None
    if len(members) == 1:
        return members[0]
    kinds = {member.get("type") for member in members}
    kind = kinds.pop()
    if kinds or kind not in tuple(_KINDS):
        return geometry
    return {"type": _KINDS[kind], "coordinates": [member["coordinates"] for member in members]}


def _several(geometry: Geometry) -> Geometry:
    """A GeometryCollection of one kind, even of one member, as the Multi… that it was."""
    members = geometry.get("geometries") if isinstance(geometry, dict) else None
    if isinstance(members, list) and len(members) == 1 and members[0].get("type") in _KINDS:
        return {"type": _KINDS[members[0]["type"]], "coordinates": [members[0]["coordinates"]]}
    return homogeneous(geometry)


# --- positions, however deep they lie -------------------------------------------------------------------------


def _is_position(part: Any) -> bool:
    return (
        isinstance(part, list | tuple)
        and len(part) >= 2
        and all(isinstance(number, int | float) and not isinstance(number, bool) for number in part)
    )


def _positions(part: Any, depth: int = 0) -> Iterator[Any]:
    if _is_position(part):
        yield part
    elif isinstance(part, list | tuple) and depth < _DEEPEST:
        for inner in part:
            yield from _positions(inner, depth + 1)


def _laid(part: Any, new: Any, depth: int = 0) -> Any:
    """The same nest of lists with every position replaced by what ``new`` makes of it."""
    if _is_position(part):
        return new(part)
    if isinstance(part, list | tuple) and depth < _DEEPEST:
        return [_laid(inner, new, depth + 1) for inner in part]
    return part


def _coordinates(geometry: Geometry) -> Any:
    return geometry.get("coordinates") if isinstance(geometry, dict) else None


def _with(geometry: Geometry, new: Any) -> Geometry:
    if not isinstance(geometry, dict) or "coordinates" not in geometry:
        return geometry
    return {"type": geometry.get("type"), "coordinates": _laid(geometry["coordinates"], new)}


def _flat(geometries: Sequence[Geometry]) -> tuple[list[Geometry], int]:
    """The geometries without heights, and how many of these said something."""
    heights = 0

    def flat(position: Any) -> list[float]:
        nonlocal heights
        heights += len(position) > 2 and bool(position[2])
        return [position[0], position[1]]

    # A plain point is by far the most common, and needs nothing.
    return [g if _is_flat_point(g) else _with(homogeneous(g), flat) for g in geometries], heights


def _is_flat_point(geometry: Geometry) -> bool:
    if geometry is None:
        return True
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) and len(geometry) == 2 else None
    return type(coordinates) is list and len(coordinates) == 2 and type(coordinates[0]) is type(coordinates[1]) is float


def _swapped(geometry: Geometry) -> Geometry:
    return _with(geometry, lambda position: [position[1], position[0]])


def _check_degrees(geometries: Sequence[Geometry], path: Path) -> None:
    """A file of positions that are no degrees is in a system it does not state; a single one is a slip."""
    firsts = [next(_positions(_coordinates(geometry)), None) for geometry in geometries]
    given = [first for first in firsts if first is not None]
    far = [first for first in given if max(map(abs, first)) > _FARTHEST]
    if len(far) * 2 > len(given):
        raise UnreadableFile(
            f"{path.name} has positions such as ({far[0][0]}, {far[0][1]}), which are no degrees, and does not state "
            f"their coordinate reference system: {_HOW}"
        )


def _reprojected(geometries: Sequence[Geometry], crs: CRS, authority_order: bool) -> tuple[list[Geometry], float]:
    """All positions at once, put back where they came from; and how good the conversion is in metres, -1 not known."""
    from pyproj import Transformer

    found = [position for geometry in geometries for position in _positions(_coordinates(geometry))]
    if not found:
        return list(geometries), -1.0
    transformer = Transformer.from_crs(crs, WGS84, always_xy=not authority_order)
    east, north = ([float(n) if abs(n) < 1e300 else math.nan for n in axis] for axis in zip(*found, strict=True))
    moved = zip(*transformer.transform(east, north), strict=True)
    new = iter([[round(x, 9) if math.isfinite(x) else x for x in position] for position in moved])
    return [_with(geometry, lambda _: next(new)) for geometry in geometries], _accuracy(transformer)


def _accuracy(transformer: Transformer) -> float:
    """How good the last conversion was in metres, -1 where that is not known."""
    from pyproj.exceptions import ProjError

    try:
        return float(transformer.get_last_used_operation().accuracy)
    except ProjError:
        return -1.0
