"""Tables of our own records: which tables they are, and each row as the record it was, whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from resight.errors import InvalidRecord, InvalidValue
from resight.exchange import flat, places
from resight.exchange.table import Row
from resight.observation import DAYS, LISTS, MOMENTS, PROPERTY_NAMES, Observation

#: What every record has, in every format that carries records: a table with these columns was made by us.
_ALWAYS = frozenset({"site", "date", "outcome", "basis", "method", "revision", "status"})
_MEMBERS = frozenset({"type", "id", "properties", "geometry"})
#: What a public file says of itself, in a column, in its metadata or beside its records.
STATEMENTS = ("dataGeneralizations", "informationWithheld")
_DATES = ("date", *DAYS)
_JSON = (*LISTS, *flat.FOREIGN)
_WORDS = flat.TEXTS - set(_JSON) - {"geometry"}


def is_ours(columns: Iterable[str]) -> bool:
    """Do these columns hold records of ours?"""
    return set(columns) >= _ALWAYS


def cells(feature: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a Feature of ours: what other programs wrote into it stands in two columns of its own, as JSON."""
    properties = feature["properties"]
    found = {name: value for name, value in properties.items() if name in PROPERTY_NAMES}
    if feature.get("id") is not None:
        found.setdefault("id", feature["id"])
    found["foreign"] = {name: value for name, value in properties.items() if name not in PROPERTY_NAMES} or None
    found["foreign_members"] = {name: value for name, value in feature.items() if name not in _MEMBERS} or None
    return {name: _as_cell(value) for name, value in found.items() if value is not None}


def _as_cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def record(row: Row) -> Observation:
    """The record of a row of ours, its cells read as they were written and not as they might be meant.

    Raises:
        InvalidRecord: the row was changed into something that is no record; with one line for each value.
    """
    values = {name: cell for name, cell in row.values.items() if cell not in (None, "") and name not in STATEMENTS}
    longitude, latitude, outline = (values.pop(name, None) for name in flat.PLACE)
    geometry = row.geometry
    if longitude is not None or latitude is not None:
        geometry = {"type": "Point", "coordinates": [_number(longitude), _number(latitude)]}
    elif outline is not None:
        geometry = _shape(outline)
    properties = {name: _value(name, cell) for name, cell in values.items()}
    foreign, members = (properties.pop(name, None) or {} for name in flat.FOREIGN)
    if not isinstance(foreign, dict) or not isinstance(members, dict):
        raise InvalidRecord([InvalidValue("foreign", foreign, "is no JSON object")])
    feature = {**members, "type": "Feature", "properties": {**foreign, **properties}, "geometry": geometry}
    return Observation.from_feature({**feature, "id": properties.get("id")})


def is_whole(row: Row) -> bool:
    """Does the row hold a record as it was written?"""
    try:
        record(row)
    except InvalidRecord:
        return False
    return not row.fault


def statements(columns: Iterable[str], rows: Sequence[Row]) -> list[str]:
    """What a public file says of itself in columns."""
    return stated({f"{name} {n}": text for name in STATEMENTS if name in columns
                   for n, text in enumerate(dict.fromkeys(row.values.get(name) for row in rows))})  # fmt: skip


def stated(found: Mapping[str, Any]) -> list[str]:
    """What a public file says of itself, as notes; the names are those of :data:`STATEMENTS`."""
    said = [text for name, text in found.items() if name.startswith(STATEMENTS) and isinstance(text, str) and text]
    return [f"the file says of itself: {text}" for text in said]


def _value(name: str, cell: Any) -> Any:
    if name in _DATES and isinstance(cell, date):
        return (cell.date() if isinstance(cell, datetime) else cell).isoformat()
    if name in MOMENTS and isinstance(cell, datetime):
        # A workbook knows no time zones, and ours are in UTC.
        return cell if cell.tzinfo else cell.replace(tzinfo=UTC)
    if name in _JSON and isinstance(cell, str):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError) as error:
            raise InvalidRecord([InvalidValue(name, cell, f"is not valid JSON: {error}")]) from None
    if isinstance(cell, date):
        return cell.isoformat()
    # A number that somebody typed where a text stands.
    return flat.text(cell) if name in _WORDS and not isinstance(cell, str) else cell


def _number(cell: Any) -> Any:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return cell


def _shape(cell: Any) -> Any:
    """A position in WKT, as a table has it, or in GeoJSON, as a file of rejected rows has it."""
    if isinstance(cell, str) and not cell.startswith("{"):
        try:
            return places.of_wkt(cell)
        except ValueError as error:
            raise InvalidRecord([InvalidValue("geometry", cell, str(error))]) from None
    return _value("foreign", cell)
