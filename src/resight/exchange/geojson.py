"""GeoJSON: our own files, FeatureCollections of others, single Features, one Feature a line, and JSON-FG.

RFC 7946; the ``crs`` member of its forerunner of 2008 (east first, whatever the system defines); newline-delimited
and RFC 8142 text sequences; OGC Features and Geometries JSON 1.0 (OGC 21-045r1): ``time``, and ``place`` in the axis
order of its ``coordRefSys``.

Written as GeoJSON (RFC 7946) as it stands in the logbook: one Feature a line, every field under its own name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from resight import featuretext
from resight.errors import UnreadableFile
from resight.exchange import foreign, moments, own, places
from resight.exchange.setting import Setting
from resight.exchange.table import Options, Row, Table
from resight.selection import Records

_KIND = re.compile(r'"type"\s*:\s*"Feature(Collection)?"')
#: Members of a Feature that are read, or that say nothing of it.
_READ = {"type", "id", "properties", "geometry", "bbox", "time", "place", "coordRefSys", "conformsTo", "links"}
_WGS84 = re.compile(r"CRS84|EPSG:(0|\d+(\.\d+)*)?:?4326$", re.IGNORECASE)


class Found(NamedTuple):
    """The Features of a file with their numbers, and the members of the collection around them."""

    features: list[tuple[int, Mapping[str, Any]]]
    header: Mapping[str, Any]


def recognises(path: Path, head: bytes) -> bool:
    """Does the file begin as GeoJSON does?"""
    text = foreign.head_text(head)
    return text.startswith("{") and _KIND.search(text) is not None


def read(path: Path, options: Options) -> Table:
    """The Features of a file; a Feature is counted from 1, in a file with one a line its line.

    Raises:
        UnreadableFile: not GeoJSON, cut off, too large, or positions in a system that nobody states.
        InvalidValue: the stated system is not known.
    """
    found = _features(path, options)
    foreign.counted(path, len(found.features))
    ours = [own.is_ours(feature.get("properties") or ()) for _, feature in found.features]
    values = [
        own.cells(feature) if is_ours else _values(feature)
        for (_, feature), is_ours in zip(found.features, ours, strict=True)
    ]
    geometries, notes = _geometries(path, found, options, is_ours=all(ours))
    notes = (*own.stated(found.header), *notes)
    rows = [
        Row(number, row, geometry)
        for (number, _), row, geometry in zip(found.features, values, geometries, strict=True)
    ]
    names = foreign.columns(values)
    foreigners = [feature for (_, feature), is_ours in zip(found.features, ours, strict=True) if not is_ours]
    others = sorted({name for feature in foreigners for name in feature.keys() - _READ - found.header.keys()})
    if others:
        notes = (*notes, f"members of Features beside their properties were left out: {', '.join(others)}")
    fields = {"time": "date"} if "time" in names and "date" not in names and _tells_time(found) else {}
    return Table("geojson", names, rows, notes, fields)


def _tells_time(found: Found) -> bool:
    return any(isinstance(feature.get("time"), dict) for _, feature in found.features)


def _features(path: Path, options: Options) -> Found:
    text = foreign.text(path, options)
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        lines = _lines(path, text)
        if lines is None:
            raise UnreadableFile(f"{path.name}:{error.lineno}: {foreign.not_json(error)}") from None
        return Found(lines, {})
    if not isinstance(content, dict):
        raise UnreadableFile(f"{path.name}: is JSON, but not GeoJSON: it needs a FeatureCollection or a Feature")
    if content.get("type") == "Feature":
        return Found([(1, _feature(path, 1, content))], content)
    features = content.get("features")
    if content.get("type") != "FeatureCollection" or not isinstance(features, list):
        kind = content.get("type")
        raise UnreadableFile(
            f"{path.name}: its type is {kind!r}: GeoJSON with columns is a FeatureCollection or a Feature"
            + ("; a geometry alone says nothing of when and what" if kind in ("Point", "Polygon", "LineString") else "")
        )
    header = {name: value for name, value in content.items() if name != "features"}
    return Found([(number, _feature(path, number, feature)) for number, feature in enumerate(features, 1)], header)


def _lines(path: Path, text: str) -> list[tuple[int, Mapping[str, Any]]] | None:
    """One Feature a line; None when the file is not laid so at all."""
    found: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in enumerate(text.split("\n"), 1):
        written = line.strip("\x1e \t\r")
        if not written:
            continue
        try:
            value = orjson.loads(written)
        except orjson.JSONDecodeError as error:
            if not found:
                return None
            raise UnreadableFile(f"{path.name}:{number}: {foreign.not_json(error)}") from None
        if not found and not (isinstance(value, dict) and value.get("type") == "Feature"):
            return None
        found.append((number, _feature(path, number, value)))
    return found


def _feature(path: Path, number: int, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict) or value.get("type") != "Feature":
        raise UnreadableFile(f"{path.name}: feature {number} is not a GeoJSON Feature")
    if not isinstance(value.get("properties"), dict | None) or not isinstance(value.get("geometry"), dict | None):
        raise UnreadableFile(f"{path.name}: feature {number}: properties and geometry are objects or null")
    return value


def _values(feature: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a Feature: its id, its properties, its JSON-FG time."""
    properties = feature.get("properties") or {}
    values = {str(name): foreign.cell(value) for name, value in properties.items()}
    identifier = feature.get("id")
    if identifier is not None and "id" not in values:
        # The id of another program's Feature is not the name of a record of ours.
        values = {"feature_id": foreign.cell(identifier), **values}
    time = feature.get("time")
    if isinstance(time, dict):
        values["time" if "time" not in values else "feature_time"] = _time(time)
    return values


def _time(time: Mapping[str, Any]) -> Any:
    """The time of a JSON-FG Feature: its date if it has one, its moment, or its interval."""
    if isinstance(time.get("date"), str):
        return time["date"]
    if isinstance(time.get("timestamp"), str):
        return moments.reduced(time["timestamp"])
    interval = time.get("interval")
    if isinstance(interval, list) and len(interval) == 2 and all(isinstance(end, str) for end in interval):
        return moments.span(*interval)
    return foreign.cell(dict(time))


# --- where ------------------------------------------------------------------------------------------------------


def _geometries(path: Path, found: Found, options: Options, *, is_ours: bool) -> tuple[list[Any], tuple[str, ...]]:
    """Geometries in WGS 84: of ``geometry``, and where that is null, of JSON-FG's ``place``."""
    features = [feature for _, feature in found.features]
    system = _stated(path, found.header)
    done = places.placed([f.get("geometry") for f in features], system, options.crs, path, is_ours=is_ours)
    geometries, notes = done.geometries, list(done.notes)
    elsewhere: dict[str, list[int]] = {}
    for index, feature in enumerate(features):
        if feature.get("geometry") is None and isinstance(feature.get("place"), dict):
            system = feature.get("coordRefSys", found.header.get("coordRefSys"))
            elsewhere.setdefault(_named(path, index + 1, system), []).append(index)
    for name, indices in elsewhere.items():
        moved = places.placed([features[i]["place"] for i in indices], name, None, path, authority_order=True)
        for index, geometry in zip(indices, moved.geometries, strict=True):
            geometries[index] = geometry
        notes += moved.notes
    return geometries, tuple(dict.fromkeys(notes))


def _stated(path: Path, header: Mapping[str, Any]) -> Any:
    """The system of the ``crs`` member, None where it is WGS 84 as RFC 7946 has it.

    A ``crs`` of null says, in GeoJSON of 2008, that no system can be assumed.
    """
    if "crs" not in header:
        return None
    crs = header["crs"]
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name", properties.get("code")) if isinstance(properties, dict) else None
    if isinstance(crs, dict) and str(crs.get("type")).upper() == "EPSG":
        name = f"EPSG:{name}"
    if not isinstance(name, str):
        raise places.without_system(path)
    return places.WGS84 if _WGS84.search(name) else name


def _named(path: Path, number: int, system: Any) -> str:
    """The system of a JSON-FG ``place``: an address, a CURIE in brackets, or an object that refers to one."""
    if isinstance(system, dict):
        system = system.get("href")
    if not isinstance(system, str):
        raise UnreadableFile(
            f"{path.name}: feature {number} has a place but states no coordinate reference system (coordRefSys) of one "
            "part: write its geometry in lon, lat"
        )
    curie = re.fullmatch(r"\[?(\w+):(?:(\d[\w.]*):)?(\w+)\]?", system)
    return f"{curie[1]}:{curie[3]}" if curie else system


# --- writing ----------------------------------------------------------------------------------------------------


def write(records: Records, path: Path, setting: Setting) -> tuple[str, ...]:
    """Write the records; nothing of them is lost. What a public file says of itself stands in its foreign members."""
    head = {"type": "FeatureCollection", "name": setting.name, "digest": setting.digest, **setting.statements}
    with setting.opened(path) as file:
        file.write(orjson.dumps(head)[:-1] + b',"features":[')
        for number, text in enumerate(featuretext.of_features(records)):
            file.write((b",\n" if number else b"\n") + text)
        file.write(b"\n]}\n")
    return ()
