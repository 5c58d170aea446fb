"""osint-geo-extractor: events of Bellingcat, Cen4InfoRes, DefMon, GeoConfirmed and Texty as one GeoJSON or JSON.

https://github.com/conflict-investigations/osint-geo-extractor (id, date, title, description, place_desc, source,
links). It writes 0, 0 for a position and 2022-02-24 for a date that it does not know: neither is taken as a value, and
the column ``doubt`` says so in each row.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resight.errors import UnreadableFile
from resight.exchange import foreign, places
from resight.exchange.table import Options, Row, Table

#: The date of a whole invasion, written for events whose own day is not known.
INVENTED_DATE = "2022-02-24"
_PUBLISHERS = {
    "BELLINGCAT": "Bellingcat",
    "CENINFORES": "Centre for Information Resilience",
    "DEFMON": "DefMon3",
    "GEOCONFIRMED": "GeoConfirmed",
    "TEXTY": "Texty.org.ua",
}
_FIELDS = {"date": "date", "description": "note", "sources": "sources"}
_COLUMNS = ("event_id", "date", "title", "description", "place_desc", "source", "sources", "doubt")
_READ = {"id", "date", "title", "description", "place_desc", "source", "links", "latitude", "longitude"}


def recognises(path: Path, head: bytes) -> bool:
    """Does the beginning hold an event with links and one of the known sources?"""
    text = foreign.head_text(head)
    return (
        text[:1] in ("{", "[")
        and '"links"' in text
        and re.search(rf'"source"\s*:\s*"({"|".join(_PUBLISHERS)})"', text) is not None
    )


def read(path: Path, options: Options) -> Table:
    """The events of a file, from 1.

    Raises:
        UnreadableFile: not JSON, cut off, too large, or no list of events.
    """
    content = foreign.json_value(path, options)
    listed = content.get("features") if isinstance(content, dict) else content
    if not isinstance(listed, list):
        raise UnreadableFile(f"{path.name} is not a list of events or a FeatureCollection")
    foreign.counted(path, len(listed))
    geometries = []
    rows = []
    without: dict[str, list[int]] = {}
    for number, event in enumerate(listed, 1):
        if not isinstance(event, dict):
            raise UnreadableFile(f"{path.name}: event {number} is not an object")
        flat, geometry = _event(event)
        doubts = []
        if geometry is not None and _is_nowhere(geometry):
            doubts.append("the position 0, 0 is written where none is known")
            geometry = None
        if str(flat.get("date") or "")[:10] == INVENTED_DATE:
            doubts.append(f"the date {INVENTED_DATE} is written where none is known")
            flat["date"] = None
        for doubt in doubts:
            without.setdefault(doubt, []).append(number)
        geometries.append(geometry)
        rows.append({**_values(flat), "doubt": "; ".join(doubts) or None})
    done = places.placed(geometries, None, options.crs, path)
    notes = [f"{foreign.some(numbers, 'event')}: {doubt}: left out" for doubt, numbers in without.items()]
    if any(INVENTED_DATE in doubt for doubt in without):
        notes.append(f"an event that did happen on {INVENTED_DATE} needs its date from its source: fill it in")
    names = foreign.columns(rows)
    ordered = tuple(name for name in (*_COLUMNS, *(n for n in names if n not in _COLUMNS)) if name in names)
    made = [
        Row(number, row, geometry) for number, (row, geometry) in enumerate(zip(rows, done.geometries, strict=True), 1)
    ]
    return Table("osintgeo", ordered, made, (*notes, *done.notes), {n: f for n, f in _FIELDS.items() if n in names})


def _event(event: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """An event as flat values and its position, whether it was written as a Feature or as it is."""
    properties = event.get("properties")
    if event.get("type") == "Feature":
        return {"id": event.get("id"), **(properties if isinstance(properties, dict) else {})}, event.get("geometry")
    return dict(event), places.point(event.get("longitude"), event.get("latitude"))


def _is_nowhere(geometry: Any) -> bool:
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    return isinstance(coordinates, list) and coordinates[:2] == [0, 0]


def _values(event: Mapping[str, Any]) -> dict[str, Any]:
    links = event.get("links")
    listed = [link for link in links if isinstance(link, str)] if isinstance(links, list) else []
    publisher = _PUBLISHERS.get(str(event.get("source")))
    found = [
        {"published_by": publisher} if publisher else None,
        *({"url": a} for link in listed for a in foreign.web_addresses(link)),
    ]
    sources = [source for source in found if source]
    return {
        "event_id": foreign.cell(event.get("id")),
        "date": foreign.cell(event.get("date")),
        "title": foreign.cell(event.get("title")),
        "description": foreign.cell(event.get("description")),
        "place_desc": foreign.cell(event.get("place_desc")),
        "source": foreign.cell(event.get("source")),
        "sources": foreign.json_text(sources) if sources else None,
        **{str(name): foreign.cell(value) for name, value in event.items() if name not in _READ},
    }
