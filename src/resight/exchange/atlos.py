"""Atlos: the CSV of incidents that https://atlos.org exports, latitude before longitude.

The columns stand in Atlos's own source (``export_controller.ex``, ``attribute.ex``): slug, project, description, date,
latitude, longitude, geolocation_resolution, tags, status, sensitive, restrictions, more_info, source_1 and on, and what
a project adds. What a spreadsheet could run as a formula, Atlos marks with an apostrophe, which is taken off.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resight.errors import UnreadableFile
from resight.exchange import foreign, places
from resight.exchange.table import Options, Row, Table

_NEEDED = {"slug", "description"}
_MARKS = {"inserted_at", "updated_at", "sensitive", "geolocation_resolution", "restrictions", "project"}
#: Metres that Atlos gives for its words of precision.
_UNCERTAINTY_M = {"exact": 10, "vicinity": 100, "locality": 1000}
_FIELDS = {
    "date": "date",
    "description": "note",
    "sources": "sources",
    "tags": "tags",
    "geolocation_m": "location_uncertainty_m",
}
#: Columns of Atlos whose name means something else in a record.
_RENAMED = {"status": "atlos_status", "id": "atlos_id"}
_HIDDEN = ("hidden", "personal information visible")


def recognises(path: Path, head: bytes) -> bool:
    """Does the header have the columns of an Atlos export?"""
    names = foreign.header_of(head)
    return names >= _NEEDED and len(names & _MARKS) >= 2 and bool(names & {"latitude", "geolocation"})


def read(path: Path, options: Options) -> Table:
    """The incidents of an export, by their line.

    Raises:
        UnreadableFile: not text, cut off, too large, or without the columns of an incident.
    """
    header, given = foreign.lines_of_cells(path, options)
    if not set(header) >= _NEEDED:
        raise UnreadableFile(f"{path.name} is not an Atlos export: it has no column slug or description")
    rows, nowhere, hidden = [], [], []
    for row in given:
        values = {_RENAMED.get(name, name): _unmarked(value) for name, value in row.values.items()}
        position = _position(values)
        if position == places.NOWHERE:
            nowhere.append(row.number)
            position = None
        if any(word in f"{values.get('restrictions')} {values.get('sensitive')}".lower() for word in _HIDDEN):
            hidden.append(row.number)
        values["tags"] = _listed(values.get("tags"))
        values["geolocation_m"] = _UNCERTAINTY_M.get(str(values.get("geolocation_resolution")).strip().lower())
        values["sources"] = _sources(values)
        rows.append(Row(row.number, values, position))
    notes = []
    if nowhere:
        notes.append(f"{foreign.some(nowhere)}: the position 0, 0 is what software writes for “not known”: left out")
    if hidden:
        notes.append(
            f"{foreign.some(hidden)}: hidden in Atlos, or marked there as showing personal information: think before "
            "they are shown to anybody"
        )
    names = tuple(
        dict.fromkeys(
            name
            for name in (*(_RENAMED.get(n, n) for n in header), "tags", "geolocation_m", "sources")
            if name not in ("latitude", "longitude", "geolocation")
        )
    )
    return Table("atlos", names, rows, tuple(notes), {n: f for n, f in _FIELDS.items() if n in names})


def _unmarked(value: Any) -> Any:
    return re.sub(r"\A'(?=[=+\-@\t\r])", "", value) if isinstance(value, str) else value


def _position(values: dict[str, Any]) -> Any:
    """Latitude and longitude in columns of their own, or as one text, latitude first."""
    both = values.pop("geolocation", None)
    latitude, longitude = values.pop("latitude", None), values.pop("longitude", None)
    if latitude is None and longitude is None and isinstance(both, str):
        latitude, _, longitude = both.strip("() ").partition(",")
    return places.point(longitude, latitude)


def _listed(value: Any) -> str | None:
    words = [word.strip() for word in str(value).split(",") if word.strip()] if value else []
    return foreign.json_text(words) if words else None


def _sources(values: Mapping[str, Any]) -> str | None:
    columns = sorted((name for name in values if re.fullmatch(r"source_\d+", name)), key=lambda n: int(n[7:]))
    return foreign.sources(a for name in columns for a in foreign.web_addresses(str(values[name] or "")))
