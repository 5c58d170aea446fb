"""The packaged coast, borders, runways and place names around a place, chosen by what covers it and packed small.

A layer is a GeoJSON FeatureCollection of ``seeds/basemap``. Land and coastline carry a ``window`` [west, south, east,
north]: nothing is known outside it, so a page must not paint sea there. Layers are told apart by the ``kind`` of
their features and by their window, never by file or site name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from resight import flatmap

Box = tuple[float, float, float, float]
Layer = Mapping[str, Any]

#: Positions travel as whole hundred-thousandths of a degree (about 1 m), each as the step from the one before.
SCALE = 100_000
_AREAS = ("land", "coastline")


def box_around(positions: Iterable[Sequence[float]]) -> Box:
    """The smallest [west, south, east, north] around some (lon, lat) positions."""
    xs, ys = zip(*((place[0], place[1]) for place in positions), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def covers(outer: Box, inner: Box) -> bool:
    """Does one box hold another whole?"""
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def beside(layers: Mapping[str, Layer], lon: float) -> dict[str, Layer]:
    """The layers as a map about a longitude draws them.

    A window may cross the antimeridian; its west then is above its east.
    """
    return {name: _turned(layer, lon) for name, layer in layers.items()}


def _turned(layer: Layer, lon: float) -> Layer:
    window = _window(layer)
    if window:
        west, south, east, north = window
        width = (east - west) % 360 or 360
        centre = west + width / 2
        turned = lon if width == 360 else flatmap.turned(centre, lon)
        if turned == centre and west < east:
            return layer
        layer = {**layer, "window": (turned - width / 2, south, turned + width / 2, north)}
        lon = turned
    features = [feature | {"geometry": flatmap.geometry(feature["geometry"], lon)} for feature in layer["features"]]
    return {**layer, "features": features}


def finest_window(layers: Mapping[str, Layer], around: Box) -> Box | None:
    """The smallest window with land in it that holds the box; None when no packaged layer does."""
    return min((w for w in _windows(layers) if covers(w, around)), key=_size, default=None)


def widest_window(layers: Mapping[str, Layer]) -> Box | None:
    """The largest window with land in it."""
    return max(_windows(layers), key=_size, default=None)


def _windows(layers: Mapping[str, Layer]) -> list[Box]:
    return [_window(layer) for layer in layers.values() if _window(layer) and "land" in _kinds(layer)]  # type: ignore[misc]


def _window(layer: Layer) -> Box | None:
    window = layer.get("window")
    return tuple(float(edge) for edge in window) if window else None  # type: ignore[return-value]


def _size(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _kinds(layer: Layer) -> set[str]:
    return {feature["properties"]["kind"] for feature in layer["features"]}


def within(
    layers: Mapping[str, Layer], window: Box | None, *, runways: Box | None = None
) -> tuple[dict[str, Any], list[str]]:
    """What to draw inside a window, packed, and the attributions that must then be shown.

    Without a window there is no coast; place names and runways are left out with it, for they are packaged for the
    same region. Runways are drawn only inside a box of their own: from afar they are specks.
    """
    shown: dict[str, list[Any]] = {"land": [], "coastline": [], "lake": [], "border": [], "runway": [], "place": []}
    credits: list[str] = []
    if window is None:
        return {"scale": SCALE, **shown}, credits
    drawn_runways: set[tuple[str, str]] = set()
    # Areas before centre lines, so that a runway known as both is drawn once, as the area.
    for layer in sorted(layers.values(), key=lambda layer: layer["features"][0]["geometry"]["type"] != "Polygon"):
        used = False
        for feature in layer["features"]:
            properties, geometry = feature["properties"], feature["geometry"]
            kind = properties["kind"]
            inside = runways if kind == "runway" else window
            if kind not in shown or (kind in _AREAS and _window(layer) != window) or not _touches(geometry, inside):
                continue
            if kind == "runway":
                runway = (str(properties.get("airport", "")), str(properties.get("runway", "")))
                if runway in drawn_runways:
                    continue
                drawn_runways.add(runway)
            shown[kind].append(_packed(kind, properties, geometry))
            used = True
        if used and layer.get("attribution") and layer["attribution"] not in credits:
            credits.append(layer["attribution"])
    shown["place"].sort(key=lambda place: (-place["size"], place["name"]))
    return {"scale": SCALE, **shown}, sorted(credits)


def _packed(kind: str, properties: Mapping[str, Any], geometry: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "place":
        lon, lat = geometry["coordinates"][:2]
        return {"name": str(properties["name"]), "size": properties.get("population") or 0, "at": [lon, lat]}
    packed: dict[str, Any] = {"lines": [_steps(line) for line in _lines(geometry)]}
    if geometry["type"].endswith("Polygon"):
        packed["area"] = True
    if kind == "runway":
        packed["name"] = f"{properties.get('airport', '')} {properties.get('runway', '')}".strip()
    return packed


def _lines(geometry: Mapping[str, Any]) -> Iterator[Sequence[Sequence[float]]]:
    """Every line of a geometry; the rings of all polygons in one list, for a page fills them by the even-odd rule."""
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind == "LineString":
        yield coordinates
    elif kind in ("Polygon", "MultiLineString"):
        yield from coordinates
    elif kind == "MultiPolygon":
        for polygon in coordinates:
            yield from polygon


def _steps(line: Sequence[Sequence[float]]) -> list[int]:
    steps: list[int] = []
    x = y = 0
    for place in line:
        east, north = round(place[0] * SCALE), round(place[1] * SCALE)
        steps += (east - x, north - y)
        x, y = east, north
    return steps


def _touches(geometry: Mapping[str, Any], window: Box | None) -> bool:
    if window is None:
        return False
    places = (
        [geometry["coordinates"]] if geometry["type"] == "Point" else [p for line in _lines(geometry) for p in line]
    )
    west, south, east, north = box_around(places)
    return west <= window[2] and east >= window[0] and south <= window[3] and north >= window[1]
