"""TimeMap: event rows of Forensic Architecture's TimeMap and of Bellingcat's fork, as CSV or JSON.

https://github.com/forensic-architecture/timemap (events: id, date, time, location, latitude, longitude, description,
sources, associations). TimeMap reads dates month first unless it is configured otherwise, and draws an event without a
time at 00:00, so that this time says nothing.

Written as Events for TimeMap (Forensic Architecture, Bellingcat): a JSON array, or the rows of its spreadsheet as CSV.

TimeMap reads dates month first, takes every value as text, and shows a missing time as 00:00.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import orjson

from resight import dates, wording
from resight.errors import UnreadableFile
from resight.exchange import delimited, flat, foreign, places
from resight.exchange.setting import Setting
from resight.exchange.table import Options, Row, Table
from resight.observation import PROPERTY_NAMES, Observation, Outcome

#: Names of earlier versions.
_RENAMED = {
    "lat": "latitude",
    "long": "longitude",
    "desc": "description",
    "filters": "associations",
    # Not the id of a record.
    "id": "timemap_id",
    "civId": "timemap_id",
}
_NEEDED = {"latitude", "longitude", "date", "description"}
_FIELDS = {"date": "date", "description": "note", "comments": "note", "sources": "sources"}
_OURS = {"timemap_id": "id", "type": "outcome", "category": "platform", "location": "site"}
_MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


def recognises(path: Path, head: bytes) -> bool:
    """Does the header or the first object have the columns of TimeMap's events?"""
    text = foreign.head_text(head)
    if text.startswith("["):
        names = set(re.findall(r'"(\w+)"\s*:', text.partition("}")[0] + text[:4096]))
        marked = names & {"associations", "filters", "category", "time_precision"}
    else:
        names = foreign.header_of(head)
        marked = names & {"associations", "association1", "time_precision", "narrative", "narratives"}
    return bool(marked) and {_RENAMED.get(name, name) for name in names} >= _NEEDED


def read(path: Path, options: Options) -> Table:
    """The events of a file: the line of a CSV, the object of a JSON list from 1.

    Raises:
        UnreadableFile: not readable, cut off, too large, or without the columns of an event.
    """
    given, said = _events(path, options)
    foreign.counted(path, len(given))
    names = foreign.columns(row.values for row in given)
    if not set(names) >= _NEEDED:
        missing = ", ".join(sorted(_NEEDED - set(names)))
        raise UnreadableFile(f"{path.name} is not a table of TimeMap events: it has no column {missing}")
    # Events of ours tell their record, its outcome and its platform; of others' nothing is known of that.
    is_ours = set(names) >= {"time_display", "timemap_id", "type"} and all(
        row.values.get("type") in get_args(Outcome) for row in given
    )
    month_first, notes = _order([row.values.get("date") for row in given])
    notes = [*said, *notes]
    rows, nowhere, midnight = [], [], []
    for row in given:
        values = dict(row.values)
        position = places.point(values.pop("longitude", None), values.pop("latitude", None))
        if position == places.NOWHERE:
            nowhere.append(row.number)
            position = None
        if values.get("time") in ("00:00", "0:00", "00:00:00"):
            midnight.append(row.number)
            values["time"] = None
        if month_first and values.get("date"):
            values["date"] = _edtf(str(values["date"]))
        rows.append(row._replace(values={**values, "sources": _sources(values)}, geometry=position))
    if nowhere:
        notes.append(f"{foreign.some(nowhere)}: the position 0, 0 is what software writes for “not known”: left out")
    if midnight:
        notes.append(f"{foreign.some(midnight)}: the time 00:00 is what TimeMap shows where none is known: left out")
    kept = tuple(dict.fromkeys([*(n for n in names if n not in ("latitude", "longitude")), "sources"]))
    fields = {**_FIELDS, **_OURS} if is_ours else _FIELDS
    return Table("timemap", kept, rows, tuple(notes), {n: f for n, f in fields.items() if n in kept})


def _events(path: Path, options: Options) -> tuple[list[Row], tuple[str, ...]]:
    """The events under the names that are used now, and what to say of the lines they were taken from."""
    if not foreign.text(path, options).lstrip().startswith("["):
        _, (header, rows, said, _) = delimited.taken(path, options)
        twice = [name for name in header if name != _RENAMED.get(name, name) in header]
        if twice:
            raise UnreadableFile(f"{path.name}:1: has both {twice[0]} and {_RENAMED[twice[0]]}: leave one of them out")
        return [row._replace(values=_renamed(row.values)) for row in rows], said
    content = foreign.json_value(path, options)
    events: list[Row] = []
    for number, event in enumerate(content, 1):
        if not isinstance(event, dict):
            raise UnreadableFile(f"{path.name}: event {number} is not an object")
        events.append(Row(number, _renamed(event)))
    return events, ()


def _renamed(event: Mapping[str, Any]) -> dict[str, Any]:
    return {_RENAMED.get(str(name), str(name)): foreign.cell(value) for name, value in event.items()}


def _order(dates: Sequence[Any]) -> tuple[bool, list[str]]:
    """Are the dates month first? Only if every one with slashes can be."""
    slashed = [found for found in (_MONTH_FIRST.fullmatch(str(day).strip()) for day in dates if day) if found]
    wrong = next((found[0] for found in slashed if int(found[1]) > 12), None)
    if wrong:
        return False, [
            f"the date {wrong} cannot be month first, as TimeMap has it: say how they are meant with --dates"
        ]
    if not slashed:
        return False, []
    return True, [
        f"dates were read month first, as TimeMap writes them ({slashed[0][0]} is {_edtf(slashed[0][0])}); if this one "
        "was configured otherwise, import it with --format csv --dates dmy"
    ]


def _edtf(written: str) -> str:
    found = _MONTH_FIRST.fullmatch(written.strip())
    if not found:
        return written
    month, day, year = (int(part) for part in found.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return written


def _sources(values: Mapping[str, Any]) -> str | None:
    """The web addresses of an event: a list of them, of objects with a path, or columns source1, source2 and on."""
    columns = [str(value) for name, value in values.items() if re.fullmatch(r"sources?\d*", name) and value]
    return foreign.sources(address for written in columns for address in foreign.web_addresses(written)) or values.get(
        "sources"
    )


# --- writing ----------------------------------------------------------------------------------------------------

#: The keys of an event that this module fills; another one would make TimeMap refuse it.
KEYS = (
    *("id", "description", "date", "time", "time_display", "location", "latitude", "longitude"),
    *("type", "category", "comments", "associations", "sources"),
)
#: Fields of ours that an event carries as they are, or whole in another form.
_CARRIED = {"id", "date", "earliest", "latest", "outcome", "site", "platform", "visible", "note", "sources"}


def write(records: Sequence[Observation], path: Path, setting: Setting) -> tuple[str, ...]:
    """Write the records as events: JSON, or CSV where the path says so, with ``source1``, ``source2`` … for a list."""
    events = [_event(record, setting) for record in records]
    if path.suffix == ".csv":
        _write_rows(events, path)
    else:
        with setting.opened(path) as file:
            file.write(orjson.dumps(events, option=orjson.OPT_INDENT_2) + b"\n")
    said = [*flat.not_carried(records, [name for name in PROPERTY_NAMES if name not in _CARRIED], "TimeMap")]
    vague = sum(record.earliest != record.latest for record in records)
    if vague:
        what = "TimeMap knows one day: the first that a vague date allows stands there, its words in time_display"
        said.append(f"{what} ({wording.numbered(vague, 'record')})")
    titled = sum(any(s.title or s.published_by or s.published or s.grade for s in r.sources) for r in records)
    if titled:
        said.append(
            f"TimeMap keeps the address of a source alone ({wording.numbered(titled, 'record')} say more of it)"
        )
    outlines = sum(record.geometry is not None and flat.point(record) is None for record in records)
    if outlines:
        said.append(f"TimeMap knows points: {wording.numbered(outlines, 'outline')} given as a point inside")
    return tuple(said)


def _event(record: Observation, setting: Setting) -> dict[str, Any]:
    site = setting.sites.get(record.site)
    subject = wording.subject(record, setting.vocabulary)
    place = flat.representative(record)
    time = ""
    if record.image_time and site and record.earliest == record.latest:
        local = record.image_time.astimezone(ZoneInfo(site.timezone))
        time = f"{local:%H:%M}" if local.date() == record.earliest else ""
    day = record.earliest
    return {
        "id": record.id or "",
        "description": f"{subject}. {record.visible}" if record.visible else subject,
        "date": f"{day.month:02}/{day.day:02}/{day.year:04}",
        "time": time,
        "time_display": dates.in_words(record.date) + (f", {time}" if time else ""),
        "location": site.name if site else record.site,
        "latitude": repr(place[1]) if place else "",
        "longitude": repr(place[0]) if place else "",
        "type": record.outcome,
        "category": setting.vocabulary.label(record.platform) if record.platform else "",
        # TimeMap has no place for what holds of the whole file.
        "comments": "\n".join(filter(None, (record.note, *setting.statements.values()))),
        # An association has to be named in a file of TimeMap's own, or it is refused.
        "associations": [],
        "sources": [source.url for source in record.sources if source.url],
    }


def _write_rows(events: Sequence[dict[str, Any]], path: Path) -> None:
    most = max((len(event["sources"]) for event in events), default=0)
    plain = [key for key in KEYS if key not in ("associations", "sources")]
    header = [*plain, "association1", *(f"source{number}" for number in range(1, most + 1))]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\r\n")
        rows.writerow(header)
        for event in events:
            padding = [""] * (most - len(event["sources"]))
            rows.writerow([*(event[key] for key in plain), "", *event["sources"], *padding])
