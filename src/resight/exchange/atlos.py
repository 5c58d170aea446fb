"""Atlos: the CSV of incidents that https://atlos.org exports, latitude before longitude.

The columns stand in Atlos's own source (``export_controller.ex``, ``attribute.ex``): slug, project, description, date,
latitude, longitude, geolocation_resolution, tags, status, sensitive, restrictions, more_info, source_1 and on, and what
a project adds. What a spreadsheet could run as a formula, Atlos marks with an apostrophe, which is taken off.

Written as The CSV that Atlos takes in bulk: one incident a row, latitude before longitude.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resight import wording
from resight.errors import UnreadableFile
from resight.exchange import delimited, flat, foreign, own, places
from resight.exchange.setting import Setting
from resight.exchange.table import Options, Row, Table
from resight.observation import PROPERTY_NAMES, Observation
from resight.selection import Records

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
    """Does the header have the columns of an Atlos export, or of what Atlos takes in bulk?"""
    names = foreign.header_of(head)
    if names >= {*COLUMNS}:
        return True
    return names >= _NEEDED and len(names & _MARKS) >= 2 and bool(names & {"latitude", "geolocation"})


def read(path: Path, options: Options) -> Table:
    """The incidents of an export, by their line.

    Raises:
        UnreadableFile: not text, cut off, too large, or without the columns of an incident.
    """
    _, (header, given, said, _) = delimited.taken(path, options)
    ours = [_ours(row) for row in given]
    if ours and all(ours):
        return Table("atlos", foreign.columns(row.values for row in ours if row), tuple(r for r in ours if r), said)
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
        rows.append(row._replace(values=values, geometry=position))
    notes = [*said]
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


def _ours(row: Row) -> Row | None:
    """A row of ours, its fields out of ``more_info``: a line that names none goes on with the one before."""
    found: dict[str, Any] = {}
    name = ""
    for line in str(row.values.get("more_info") or "").split("\n"):
        field, colon, value = line.partition(": ")
        if colon and field in _IN_MORE_INFO and field not in found:
            name = field
            found[name] = value
        elif name:
            found[name] += f"\n{line}"
    status = {words: status for status, words in STATUSES.items()}.get(str(row.values.get("status")))
    values = {**found, "status": status, "tags": _listed(row.values.get("tags"))}
    if not (status and own.is_ours(name for name, value in values.items() if value)):
        return None
    return row._replace(values=values, geometry=_position(dict(row.values)))


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


# --- writing ----------------------------------------------------------------------------------------------------

#: Columns as Atlos names them; ``source_1``, ``source_2`` … follow. It takes a position from ``location`` and gives it
#: back in the other two.
COLUMNS = (
    *("description", "date", "latitude", "longitude", "location", "geolocation_resolution"),
    *("sensitive", "status", "tags", "more_info"),
)
#: What Atlos allows in these columns.
SHORTEST_DESCRIPTION, LONGEST_DESCRIPTION, LONGEST_MORE_INFO = 8, 240, 3000
STATUSES = {"draft": "Ready for Review", "reviewed": "Completed", "withdrawn": "Cancelled"}
#: Metres that each word of Atlos for the precision of a place stands for.
RESOLUTIONS = (("Exact", 10.0), ("Vicinity", 100.0), ("Locality", 1000.0))
#: Fields with a column of their own.
_CARRIED = {"status", "tags", "earliest", "latest"}
_IN_MORE_INFO = {*PROPERTY_NAMES, *flat.FOREIGN, "geometry", *own.STATEMENTS} - _CARRIED


def write(records: Records, path: Path, setting: Setting) -> tuple[str, ...]:
    """Write the records; what has no column stands in ``more_info``, one ``field: value`` a line."""
    cut: list[str] = []
    parted = [record.id or "" for record in records if any("," in tag for tag in record.tags)]
    most = max((len(_urls(record)) for record in records), default=0)
    with setting.opened(path) as file:
        file.write(flat.csv_line([*COLUMNS, *(f"source_{number}" for number in range(1, most + 1))]))
        for record in records:
            cells, is_whole = _row(record, setting)
            if not is_whole:
                cut.append(record.id or "")
            urls = _urls(record)
            file.write(flat.csv_line([*cells, *urls, *[""] * (most - len(urls))]))
    said = []
    if len(records):
        what = f"Atlos has {len(COLUMNS)} columns: everything else stands in more_info, as text"
        said.append(f"{what}, out of which `resight import` takes it again")
    vague = sum(record.earliest != record.latest for record in records)
    if vague:
        what = "Atlos takes whole days: the date of"
        said.append(f"{what} {wording.numbered(vague, 'record')} is vague and stands in more_info alone")
    if cut:
        limits = f"{LONGEST_DESCRIPTION} characters of description and {LONGEST_MORE_INFO} of more_info"
        said.append(f"Atlos holds {limits}: longer text was cut, ending in …, in {flat.named(cut)}")
    if parted:
        said.append(f"a comma parts two tags in Atlos: those inside a tag are semicolons now, in {flat.named(parted)}")
    return tuple(said)


def _urls(record: Observation) -> list[str]:
    return [source.url for source in record.sources if source.url]


def _row(record: Observation, setting: Setting) -> tuple[list[str], bool]:
    """The cells of :data:`COLUMNS`, and whether all the text fits."""
    site = setting.sites.get(record.site)
    name = site.name if site else record.site
    description = f"{name}: {wording.subject(record, setting.vocabulary)}"
    description += f". {record.visible}" if record.visible else ""
    # A comma parts two tags.
    tags = ", ".join(tag.replace(",", ";") for tag in record.tags)
    rest = [(field, flat.text(flat.value(record, field))) for field in flat.fields([record]) if field not in _CARRIED]
    if record.geometry is not None and flat.point(record) is None:
        rest.append(("geometry", flat.shape(record).wkt))
    more = "\n".join(f"{field}: {value}" for field, value in [*rest, *setting.statements.items()] if value)
    place = flat.representative(record)
    lat, lon = (repr(place[1]), repr(place[0])) if place else ("", "")
    reach = record.location_uncertainty_m if place else None
    resolution = next((word for word, metres in RESOLUTIONS if reach and reach <= metres), "")
    cells = [
        _cut(description, LONGEST_DESCRIPTION).ljust(SHORTEST_DESCRIPTION, "."),
        record.earliest.isoformat() if record.earliest == record.latest else "",
        *(lat, lon, f"{lat}, {lon}" if place else "", resolution),
        *("Not Sensitive", STATUSES[record.status], tags, _cut(more, LONGEST_MORE_INFO)),
    ]
    return cells, len(description) <= LONGEST_DESCRIPTION and len(more) <= LONGEST_MORE_INFO


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
