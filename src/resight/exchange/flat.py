"""A record as one row of a table: plain values under the names of its fields, and what a format cannot take of them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import orjson

from resight import bulkfile, dates
from resight.observation import DAYS, FLAGS, LISTS, MOMENTS, NUMBERS, PROPERTY_NAMES, WHOLE, Observation
from resight.selection import Records, Selection
from resight.wording import listed, numbered

if TYPE_CHECKING:
    import pyarrow as pa

#: What other programs wrote into a record: a cell of JSON, and a column only where there is any.
FOREIGN = ("foreign", "foreign_members")
#: A position stands in these two where it is a point, else as WKT in ``geometry``.
PLACE = ("longitude", "latitude", "geometry")
#: The columns that hold text, or nothing.
TEXTS = frozenset((*PROPERTY_NAMES, *FOREIGN, "geometry")) - {*DAYS, *MOMENTS, *WHOLE, *NUMBERS, *FLAGS}

_DEFAULTS = {name: info.default for name, info in Observation.model_fields.items()}
#: Control and other characters that XML 1.0 cannot hold, not even escaped.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: What stands for a character that a format cannot hold.
REPLACED = "\ufffd"


def fields(records: Records) -> tuple[str, ...]:
    """The columns of a table of these records, without their position: all fields, and the foreign ones if any."""
    if isinstance(records, Selection):
        return (*PROPERTY_NAMES, *records.filled(FOREIGN))
    return (*PROPERTY_NAMES, *(name for name in FOREIGN if any(getattr(record, name) for record in records)))


def value(record: Observation, name: str) -> Any:
    """A field as a plain value: text, number, bool, day or moment in UTC; lists and objects as JSON; None if empty."""
    found = getattr(record, name)
    if name in LISTS or name in FOREIGN:
        return as_json(found) if found else None
    return found.astimezone(UTC) if isinstance(found, datetime) else found


def columns(records: Sequence[Observation]) -> dict[str, list[Any]]:
    """The fields of all records, each a list of values as :func:`value` gives them; quicker than one by one."""
    names = fields(records)
    rows = zip(*map(attrgetter(*names), records), strict=True)
    found = dict(zip(names, map(list, rows), strict=True)) if records else {name: [] for name in names}
    for name in (*MOMENTS, *LISTS, *FOREIGN):
        if name in found and any(found[name]):
            found[name] = [value(record, name) for record in records]
    for name in LISTS:
        # An empty list is an empty cell.
        found[name] = [cell or None for cell in found[name]]
    return found


def rows(records: Records) -> Iterator[dict[str, list[Any]]]:
    """The fields and the cells of :data:`PLACE` of all records, each a list of values, as many at a time as there are.

    Of a selection no record is made.
    """
    if not isinstance(records, Selection):
        places = zip(*map(place, records), strict=True) if records else [()] * len(PLACE)
        yield columns(records) | dict(zip(PLACE, map(list, places), strict=True))
        return
    names = fields(records)
    for table in records.tables((*names, "geometry")):
        found = {name: bulkfile.values(in_plain_json(table.column(name), name)) for name in names}
        yield found | dict(zip(PLACE, _places(table.column("geometry")), strict=True))


def in_plain_json(cells: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """A column of bulk files; where it holds JSON, as :func:`as_json` writes it."""
    if name not in (*LISTS, *FOREIGN) or cells.null_count == len(cells):
        return cells
    import pyarrow.compute as pc

    for character, written in _NOT_AS_IT_IS.items():
        cells = pc.replace_substring(cells, character, written)
    return cells


def as_json(found: Any) -> str:
    """A list of sources, relations or tags, or an object, as JSON text."""
    if isinstance(found, tuple):
        found = [item if isinstance(item, str) else _filled(item.__dict__) for item in found]
    written = orjson.dumps(found).decode()
    for character, instead in _NOT_AS_IT_IS.items():
        written = written.replace(character, instead)
    return written


#: What JSON may hold as it is and XML may not in any way.
_NOT_AS_IT_IS = {"\ufffe": "\\ufffe", "\uffff": "\\uffff"}


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in values.items() if item is not None and item is not False}


def text(found: Any) -> str:
    """A value as text that reads the same everywhere: ISO dates, moments in UTC, ``true``; empty for what is not."""
    if found is None or found is False:
        return ""
    if found is True:
        return "true"
    if isinstance(found, datetime):
        return dates.utc_text(found)
    if isinstance(found, date):
        return found.isoformat()
    if isinstance(found, float) and found.is_integer() and abs(found) < 2**53:
        return str(int(found))
    return str(found)


def csv_line(cells: Iterable[str]) -> bytes:
    """One line of CSV (RFC 4180) in UTF-8."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


# --- positions --------------------------------------------------------------------------------------------------


def point(record: Observation) -> tuple[float, float] | None:
    """Longitude and latitude, where the position is a point without height."""
    geometry = record.geometry
    if geometry is None or geometry["type"] != "Point" or len(geometry["coordinates"]) != 2:
        return None
    lon, lat = geometry["coordinates"]
    return lon, lat


def place(record: Observation) -> tuple[float | None, float | None, str | None]:
    """The cells of :data:`PLACE`."""
    found = point(record)
    if found:
        return (*found, None)
    return None, None, None if record.geometry is None else shape(record).wkt


def _places(positions: pa.ChunkedArray) -> tuple[list[Any], list[Any], list[Any]]:
    """The cells of :data:`PLACE` of positions in WKB."""
    import shapely

    shapes = shapely.from_wkb(positions.to_numpy())
    is_point = (shapely.get_type_id(shapes) == 0) & ~shapely.has_z(shapes)
    x, y, outlines = shapely.get_x(shapes).astype(object), shapely.get_y(shapes).astype(object), shapes
    x[~is_point] = y[~is_point] = None
    outlines[is_point] = None
    return x.tolist(), y.tolist(), [None if shape is None else shape.wkt for shape in outlines]


def shape(record: Observation) -> Any:
    """The position as a shapely geometry; the record has one."""
    import shapely

    return shapely.geometry.shape(record.geometry)


def wkb(records: Sequence[Observation]) -> list[bytes | None]:
    """The positions of the records as well-known binary, little-endian ISO; None for those without."""
    import shapely

    shapes = [None if record.geometry is None else shape(record) for record in records]
    return list(shapely.to_wkb(shapes, byte_order=1, flavor="iso"))


def representative(record: Observation) -> tuple[float, float] | None:
    """One point for a format that has no others: the position, or a point on it or inside it."""
    if record.geometry is None:
        return None
    found = point(record)
    if found:
        return found
    inside = shape(record).representative_point()
    return inside.x, inside.y


# --- what a format cannot take ----------------------------------------------------------------------------------


class Replaced:
    """Text with a visible mark in the place of each character that a format cannot hold, and whose text that was."""

    def __init__(self, unfit: re.Pattern[str] = NOT_IN_XML, mark: str = REPLACED) -> None:
        self._unfit, self._mark = unfit, mark
        self._ids: dict[str, None] = {}

    def __call__(self, given: str, identifier: str | None) -> str:
        """The text as the format can hold it; the record it belongs to is remembered if that changed it."""
        # Nearly all text is printable, and that is quickly told.
        if given.isprintable() or not self._unfit.search(given):
            return given
        self._ids[identifier or ""] = None
        return self._unfit.sub(self._mark, given)

    def losses(self, form: str, what: str = "control characters") -> tuple[str, ...]:
        """The sentence about it, if there was any such text."""
        if not self._ids:
            return ()
        return (f"{form} cannot hold {what}: {self._mark!r} stands in their place in {named(list(self._ids))}",)


def named(identifiers: Sequence[str], most: int = 5) -> str:
    """``a and b``, or the first few and how many more."""
    more = len(identifiers) - most
    return listed([*identifiers[:most], *([numbered(more, "other record")] if more > 0 else [])])


def not_carried(records: Iterable[Observation], names: Iterable[str], form: str) -> tuple[str, ...]:
    """The sentence about fields that are filled and that a format has no place for; none where none is filled."""
    wanted = list(names)
    counts = dict.fromkeys(wanted, 0)
    for record in records:
        for name in wanted:
            found = getattr(record, name)
            if found is not None and found is not False and found != () and found != _DEFAULTS[name]:
                counts[name] += 1
    filled = [f"{name} ({numbered(count, 'record')})" for name, count in counts.items() if count]
    return (f"{form} has no place for {', '.join(filled)}",) if filled else ()
