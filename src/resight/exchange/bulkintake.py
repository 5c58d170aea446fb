"""Many rows become rows of bulk files, or are refused: :mod:`intake` by columns.

What a column's cells say is worked out once for each different cell, by the same rules, and put in place on arrays. A
row is taken at once where all of it is plain and :mod:`resight.screening` vouches for it; any other goes through
:mod:`intake` by itself, so that it is taken or refused in the same words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date as Day
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from resight import bulkchecks, bulkfile, bulktwins, dates, screening
from resight.bulkchecks import ALIKE, mask, with_individual
from resight.errors import InvalidRecord, InvalidValue
from resight.exchange import geoparquet, intake, moments, own
from resight.exchange.cells import NAMES, NO_NAME
from resight.exchange.intake import NEAR_DEG, Draft, Intake, Progress, Reject, Terms
from resight.exchange.mapping import GATHERING, Plan, Rule, as_text
from resight.exchange.table import Columns, Row, Table
from resight.observation import LISTS, PROPERTY_NAMES, Observation, Site, build, checked_geometry
from resight.selection import without_confidential

if TYPE_CHECKING:
    from resight.exchange.cells import Reader

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
#: Rows by whose cells columns are guessed.
_SAMPLE = 200
#: A position stands in these before it is a geometry.
_DEGREES = ("longitude", "latitude")
_PLACE = {*_DEGREES, "geometry"}
#: A number as it is written plainly: no other reading comes into question.
_PLAIN_NUMBER = r"^[+-]?\d{1,15}(\.\d{1,15})?$"
#: Of these a name that nobody knows is met with near ones.
_NAMED = ("site", "platform")
_MEMBERS = ("type", "geometry", "properties")
#: Stands for what is no value.
_WRONG = object()
_VOUCHED = tuple(name for name in PROPERTY_NAMES if name not in LISTS)


class Taken(NamedTuple):
    """What became of many rows."""

    #: Rows of :func:`resight.bulkfile.schema`; columns that are empty may be left out.
    rows: pa.Table
    #: Of each, the number of the row of the file that it is from.
    numbers: Ints
    rejects: list[Reject]
    notes: list[str]


# --- the rows of a file -------------------------------------------------------------------------------------------


def sample(columns: Columns) -> Table:
    """The first rows, and the first in which each column is filled, to tell by what the columns mean."""
    at = dict.fromkeys(range(min(_SAMPLE, columns.cells.num_rows)))
    for name in columns.cells.column_names:
        filled = pc.index(_is_filled(columns.cells.column(name)), True).as_py()
        if filled >= 0:
            at[filled] = None
    rows = (*some_rows(columns, np.array(sorted(at), dtype=np.int64)), *columns.odd)
    return Table(columns.form, tuple(columns.cells.column_names), rows, columns.notes)


def some_rows(columns: Columns, at: Ints) -> list[Row]:
    """The rows at these places, as a reader of single rows gives them."""
    cells = columns.cells.take(pa.array(at))
    values = [[geoparquet.cell(value) for value in cells.column(name).to_pylist()] for name in cells.column_names]
    lists = zip(*values, strict=True) if values else iter([()] * len(at))
    return [
        Row(number, dict(zip(cells.column_names, found, strict=True)), shape)
        for number, found, shape in zip(columns.numbers[at].tolist(), lists, columns.shapes(at), strict=True)
    ]


def different(columns: Columns, names: Sequence[str]) -> list[Row]:
    """For each different cell of some columns the first row that has it, with no other cell."""
    rows = []
    for name in names:
        values, codes = _told(columns.cells.column(name))
        places, firsts = np.unique(codes, return_index=True)
        numbers = columns.numbers[firsts].tolist()
        rows += [Row(number, {name: values[code]}) for code, number in zip(places.tolist(), numbers, strict=True)]
    return sorted((*rows, *columns.odd), key=lambda row: row.number)


def _is_filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pc.fill_null(pc.greater(pc.binary_length(pc.utf8_trim_whitespace(column)), 0), False)
    return column.is_valid()


def _told(column: pa.ChunkedArray) -> tuple[list[Any], Ints]:
    """The different cells of a column, None last, and which of them each row has."""
    whole = bulkfile.joined(column)
    coded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    values = [*(geoparquet.cell(value) for value in coded.dictionary.to_pylist()), None]
    codes = coded.indices.cast(pa.int64()).fill_null(len(values) - 1).to_numpy(zero_copy_only=False)
    return values, codes


# --- cells to values ----------------------------------------------------------------------------------------------


class _Values:
    """The values of all rows by field, and which rows are not plain."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.of: dict[str, Any] = {}
        #: Rows that go through by themselves.
        self.odd: Mask = np.zeros(count, dtype=bool)
        #: By field, the words that were met in place of a name.
        self.no_names: dict[str, dict[str, None]] = {}

    def get(self, name: str) -> Any:
        """The values of a field, null where there is none."""
        return self.of[name] if name in self.of else pa.nulls(self.count, _type(name))

    def given(self, name: str) -> Mask:
        """Where a field has a value."""
        return mask(self.of[name].is_valid()) if name in self.of else np.zeros(self.count, dtype=bool)

    def put(self, name: str, values: Any, *, is_first: bool) -> None:
        """Fill a field: over what stands there, or where nothing does."""
        if name in self.of:
            both = (values, self.of[name]) if is_first else (self.of[name], values)
            values = pc.coalesce(*both)
        self.of[name] = values


def _type(name: str) -> pa.DataType:
    if name in _DEGREES:
        return pa.float64()
    at = bulkfile.schema().get_field_index(name)
    if name == "source.confidential":
        return pa.bool_()
    return bulkfile.schema().field(at).type if at >= 0 else pa.string()


def records(
    columns: Columns, plan: Plan, read: Reader, terms: Terms, *, analyst: str | None, progress: Progress
) -> Taken:
    """The rows of bulk files that the rows of a file give, in their order; the rejects; what to say of the whole.

    Raises:
        InvalidValue: positions stand in one column.
    """
    if plan.rule("position"):
        what = "positions of many rows stand in two columns, or in geometries"
        raise InvalidValue("position", None, what, allowed="--map longitude=COLUMN --map latitude=COLUMN")
    values = _Values(columns.cells.num_rows)
    for rule in plan.rules:
        if not rule.reads:
            for said in [read.read(rule.field, cell) for cell in rule.cells({})]:
                for name, value in said.items():
                    values.put(name, pa.repeat(pa.scalar(value, _type(name)), values.count), is_first=True)
    for number, rule in enumerate(plan.rules):
        progress(number, 2 * len(plan.rules))
        if rule.reads:
            _read(rule, columns, read, values)
    _local_days(values, terms.sites)
    _settle(values, analyst, [rule.field for rule in plan.rules if rule.field.startswith("source.")])
    notes = [intake.said_no_names(field, words) for field, words in values.no_names.items()]
    places = _places(columns, values)
    is_turned = _turn(places, values, terms.sites, notes)

    def rest(rows: Sequence[Row]) -> Intake:
        return intake.records(rows, plan, read, terms, analyst=analyst, is_turned=is_turned)

    return _taken(columns, values, places, terms, rest, notes)


def whole(columns: Columns, terms: Terms) -> Taken:
    """As :func:`records`, of a table of our own records, each as it was."""
    names = columns.cells.column_names
    values = _Values(columns.cells.num_rows)
    for name in names:
        cells = columns.cells.column(name)
        if name in own.STATEMENTS:
            continue
        if name in _DEGREES or (name in PROPERTY_NAMES and name not in LISTS):
            values.of[name], wrong = _cast(cells, _type(name))
            values.odd |= wrong
        elif name in (*LISTS, *bulkfile.FOREIGN):
            _json(name, cells, values)
        else:
            # An outline as text, and what other programs put beside a record.
            values.odd |= mask(_is_filled(cells))
    _bounds(values)
    notes: list[str] = []
    return _taken(
        columns, values, _places(columns, values), terms, lambda rows: intake.whole(rows, names, terms), notes
    )


def _cast(cells: pa.ChunkedArray, kind: pa.DataType) -> tuple[Any, Mask]:
    """A column as another type, and where that cannot be said of a cell."""
    column = bulkfile.joined(cells)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
    elif pa.types.is_string(kind):
        # A number where text stands is for a closer look.
        return pa.nulls(len(column), kind), mask(column.is_valid())
    if column.type == kind:
        return column, np.zeros(len(column), dtype=bool)
    try:
        return column.cast(kind), np.zeros(len(column), dtype=bool)
    except pa.ArrowException:
        coded = column.dictionary_encode()
        found = [_one_cast(value, kind) for value in coded.dictionary]
        known = pa.array(found, type=kind).take(coded.indices)
        return known, mask(pc.and_(column.is_valid(), known.is_null()))


def _one_cast(value: Any, kind: pa.DataType) -> Any:
    try:
        return value.cast(kind).as_py()
    except pa.ArrowException:
        return None


def _json(name: str, cells: pa.ChunkedArray, values: _Values) -> None:
    """A column of lists or objects as JSON."""
    told, codes = _told(cells)
    found: list[Any] = []
    for value in told:
        if value is None or value == "":
            found.append(None)
            continue
        try:
            given = json.loads(value)
        except (TypeError, ValueError, RecursionError):
            found.append(_WRONG)
            continue
        if name in LISTS:
            found.append(_listed(name, given))
        else:
            is_plain = isinstance(given, dict) and not given.keys() & {
                *PROPERTY_NAMES,
                "type",
                "geometry",
                "properties",
            }
            found.append(bulkfile.as_json(given) if is_plain else _WRONG)
    _put_told(name, found, codes, values, is_first=True)


def _put_told(name: str, found: Sequence[Any], codes: Ints, values: _Values, *, is_first: bool) -> None:
    """Put the values of the different cells in their rows."""
    wrong = np.array([value is _WRONG for value in found], dtype=bool)
    values.odd |= wrong[codes]
    known = pa.array([None if value is _WRONG else value for value in found], type=_type(name))
    values.put(name, known.take(pa.array(codes)), is_first=is_first)


def _listed(name: str, value: Any) -> Any:
    """A list as it stands in a bulk file."""
    try:
        record = build(Observation, {"site": "a", "date": "2025", name: value})
    except InvalidRecord:
        return _WRONG
    return bulkfile.cell(name, getattr(record, name))


def _read(rule: Rule, columns: Columns, read: Reader, values: _Values) -> None:
    """Have a rule read its cells."""
    plain = len(rule.reads) == 1 and rule.columns == rule.reads and rule.default is None
    if plain and not (rule.text or rule.values or rule.split or rule.cases):
        column = bulkfile.joined(columns.cells.column(rule.reads[0]))
        found = _read_plainly(rule.field, column, read, values)
        if found is not None:
            values.put(rule.field, found, is_first=True)
            return
    told = [_told(columns.cells.column(name)) for name in rule.reads]
    codes = np.zeros(values.count, dtype=np.int64)
    for cells, of in told:
        codes = codes * len(cells) + of
    if len(told) > 1:
        kinds, codes = np.unique(codes, return_inverse=True)
    else:
        kinds = np.arange(len(told[0][0]))
    said: list[dict[str, Any] | None] = []
    for kind in kinds.tolist():
        row = {}
        for name, (cells, _) in zip(reversed(rule.reads), reversed(told), strict=True):
            kind, at = divmod(kind, len(cells))
            row[name] = cells[at]
        said.append(_said(rule, row, read, values))
    values.odd |= np.array([one is None for one in said], dtype=bool)[codes]
    if rule.field == "count":
        filled = np.array([bool(one) for one in said], dtype=bool)[codes]
        values.of["count"] = pc.if_else(pa.array(filled), pa.scalar(None, pa.int64()), values.get("count"))
    for name in dict.fromkeys(name for one in said if one for name in one):
        found = [_fit(name, one[name]) if one and name in one else None for one in said]
        _put_told(name, found, codes, values, is_first=name == rule.field)


def _read_plainly(field: str, column: Any, read: Reader, values: _Values) -> Any:
    """A column that needs no reading of single cells: text as it stands, and numbers; None for any other."""
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    if read.is_plain(field) and not field.startswith("source."):
        if not is_text:
            return None
        trimmed = pc.utf8_trim_whitespace(column).cast(pa.string())
        is_empty = pc.equal(trimmed, "")
        if field in NAMES:
            is_no_name = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(sorted(NO_NAME)))
            for word in pc.unique(pc.filter(trimmed, is_no_name)).to_pylist():
                values.no_names.setdefault(field, {})[word] = None
            is_empty = pc.or_(is_empty, is_no_name)
        return pc.if_else(is_empty, pa.scalar(None, pa.string()), trimmed)
    if _type(field) == pa.float64():
        if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
            numbers = column.cast(pa.float64(), safe=False)
            return pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)
        if is_text and pc.all(pc.match_substring_regex(column, _PLAIN_NUMBER), min_count=0).as_py():
            return column.cast(pa.float64())
    if _type(field) == pa.timestamp("us", "UTC") and pa.types.is_timestamp(column.type) and column.type.tz:
        return column.cast(pa.timestamp("us", "UTC"), safe=False)
    return None


def _said(rule: Rule, row: Mapping[str, Any], read: Reader, values: _Values) -> dict[str, Any] | None:
    """What a rule makes of cells: a value for each field, or None where the row needs a closer look."""
    try:
        cells = list(rule.cells(row))
        # Which names are near is for the closer look to say; after a colon stands the name of a hull.
        if rule.field in _NAMED and any(not read.fits(rule.field, cell) for cell in cells if ":" not in as_text(cell)):
            return None
        no_names = [cell for cell in cells if read.names_nothing(rule.field, cell)]
        for cell in no_names:
            values.no_names.setdefault(rule.field, {})[as_text(cell).strip()] = None
        found = [read.read(rule.field, cell) for cell in cells if cell not in no_names]
    except InvalidValue:
        return None
    if len(found) <= 1:
        return dict(found[0]) if found else {}
    if rule.field in LISTS:
        return {rule.field: tuple(item for said in found for item in said[rule.field])}
    return {rule.field: "\n".join(said[rule.field] for said in found)} if rule.field in GATHERING else None


def _fit(name: str, value: Any) -> Any:
    """A value as it stands in a column."""
    if name in LISTS:
        return _listed(name, value)
    if name == "geometry":
        try:
            return shapely.to_wkb(shapely.geometry.shape(checked_geometry(value)), byte_order=1, flavor="iso")
        except (ValueError, TypeError, shapely.errors.ShapelyError):
            return _WRONG
    if isinstance(value, datetime) and name not in ("image_time", "logged_at", "revised_at"):
        # The day of a moment depends on the site.
        return value.isoformat() if name == "date" else value.date().isoformat()
    try:
        pa.scalar(value, _type(name))
    except (pa.ArrowException, OverflowError, UnicodeError):
        return _WRONG
    return value


def _local_days(values: _Values, sites: Mapping[str, Site]) -> None:
    """Moments that stand for a date become days in the time zones of their sites."""
    dated = values.get("date")
    told, codes = _told(pa.chunked_array([dated]))
    is_moment = np.array([isinstance(text, str) and "T" in text for text in told], dtype=bool)
    rows = np.flatnonzero(is_moment[codes] & values.given("site"))
    if not len(rows):
        return
    names, of = _told(pa.chunked_array([values.get("site")]))
    kinds, inverse = np.unique(codes[rows] * len(names) + of[rows], return_inverse=True)
    days = []
    for kind in kinds.tolist():
        text, site = told[kind // len(names)], sites[names[kind % len(names)]]
        days.append(moments.on_site(moments.moment(text) or text, site.timezone))
    known = pa.array(days, type=pa.string()).take(pa.array(inverse))
    mask = np.zeros(values.count, dtype=bool)
    mask[rows] = True
    values.of["date"] = pc.replace_with_mask(dated, pa.array(mask), known)


def _settle(values: _Values, analyst: str | None, parts: Sequence[str]) -> None:
    """Outcome, count, source and analyst, as :mod:`intake` settles them for one row."""
    count, name = values.get("count"), values.given("platform_name")
    number = np.asarray(pc.fill_null(count, -1).to_numpy(zero_copy_only=False))
    values.odd |= name & (number != -1) & (number != 1)
    values.put("outcome", pc.if_else(pa.array(number == 0), "not-seen", "seen"), is_first=False)
    seen = mask(pc.equal(values.get("outcome"), "seen"))
    values.of["count"] = count = pc.if_else(pa.array(~seen & (number == 0)), pa.scalar(None, pa.int64()), count)
    values.odd |= seen & ~values.given("platform")
    counted = values.given("count") | values.given("count_min") | values.given("count_max")
    values.of["count"] = pc.if_else(pa.array(seen & name & ~counted), 1, count)
    if analyst:
        values.put("analyst", pa.repeat(pa.scalar(analyst, pa.string()), values.count), is_first=False)
    named = [part for part in parts if part in values.of]
    if named:
        _put_sources(values, named)
    _bounds(values)


def _put_sources(values: _Values, parts: Sequence[str]) -> None:
    """Each different combination of the parts of a source, put together once."""
    told = {name: _told(pa.chunked_array([values.of[name]])) for name in (*parts, "sources") if name in values.of}
    codes = np.zeros(values.count, dtype=np.int64)
    for cells, of in told.values():
        codes = np.unique(codes * len(cells) + of, return_inverse=True)[1]
    firsts = np.unique(codes, return_index=True)[1]
    pairs = [(name, name.removeprefix("source.")) for name in parts]
    found = []
    for at in firsts.tolist():
        given = {name: cells[of[at]] for name, (cells, of) in told.items() if cells[of[at]] is not None}
        if "sources" in given:
            given["sources"] = tuple(json.loads(given["sources"]))
        sources = intake.with_source(given, pairs).get("sources")
        found.append(None if sources is None else _listed("sources", sources))
    values.of.pop("sources", None)
    _put_told("sources", found, codes, values, is_first=True)
    for name in parts:
        del values.of[name]


def _bounds(values: _Values) -> None:
    """The first and the last day of each date, where they are not given; rows of dates that are none are odd."""
    told, codes = _told(pa.chunked_array([values.get("date")]))
    found = [_days(text) for text in told]
    values.odd |= np.array([days is None for days in found], dtype=bool)[codes]
    for place, name in enumerate(("earliest", "latest")):
        days = pa.array([days and days[place] for days in found], type=pa.date32()).take(pa.array(codes))
        if name in values.of:
            values.odd |= values.given(name) & ~mask(pc.equal(values.of[name], days))
        values.of[name] = days


def _days(text: str | None) -> Any:
    try:
        when = dates.parse(text or "")
    except dates.DateError:
        return None
    return when.earliest, when.latest


# --- positions ----------------------------------------------------------------------------------------------------


class _Places:
    """Where each row lies: a point, NaN where there is none, or a WKB geometry where it is more than a point."""

    def __init__(self, at: Any, shapes: Any) -> None:
        self.at, self.shapes = at, shapes

    @property
    def wkb(self) -> Any:
        """The positions as they stand in a bulk file."""
        found = bulkfile.wkb_of_points(self.at)
        return found if self.shapes is None else pc.coalesce(self.shapes, found)


def _places(columns: Columns, values: _Values) -> _Places:
    """The positions of the rows: of their own columns, else of the file; rows of which they are none are odd."""
    lon, lat = (values.given(name) for name in _DEGREES)
    values.odd |= lon != lat
    at = np.full((values.count, 2), np.nan)
    for axis, name in enumerate(_DEGREES):
        if name in values.of:
            at[:, axis] = pc.fill_null(values.of.pop(name), np.nan).to_numpy(zero_copy_only=False)
    own_place = lon | lat | values.given("geometry")
    shapes = values.of.pop("geometry", None)
    if columns.points is not None:
        at[~own_place] = columns.points[~own_place]
    elif columns.geometries is not None:
        found = [None if shape is None else _fit("geometry", shape) for shape in columns.geometries]
        values.odd |= np.array([shape is _WRONG for shape in found], dtype=bool) & ~own_place
        of_file = pa.array([None if shape is _WRONG else shape for shape in found], type=pa.binary())
        of_file = pc.if_else(pa.array(own_place), pa.scalar(None, pa.binary()), of_file)
        shapes = of_file if shapes is None else pc.coalesce(shapes, of_file)
    if shapes is not None:
        flat = bulkfile.points(pa.chunked_array([shapes]))
        if flat is not None:
            at, shapes = np.where(np.isnan(flat), at, flat), None
    return _Places(at, shapes)


def _on_earth(at: Any) -> Mask:
    """The rows that have no point, or one on Earth that is not what software writes for “not known”."""
    found: Mask = np.isnan(at).all(axis=1) | ((np.abs(at) <= (180, 90)).all(axis=1) & (at != 0).any(axis=1))
    return found


def _turn(places: _Places, values: _Values, sites: Mapping[str, Site], notes: list[str]) -> bool:
    """Turn positions round that have latitude and longitude swapped in the whole file; were they?"""
    known, number = list(sites.values()), bulkchecks.site_numbers(values.get("site"), sites)
    firsts = places.at.copy()
    if places.shapes is not None:
        shapes = shapely.from_wkb(places.shapes.to_numpy(zero_copy_only=False))
        there = ~shapely.is_missing(shapes)
        at, of = shapely.get_coordinates(shapes[there], return_index=True)
        firsts[there] = at[np.unique(of, return_index=True)[1]]
    rows = np.flatnonzero(~np.isnan(firsts).any(axis=1) & (number >= 0))
    if not len(rows):
        return False
    points = np.array([site.point for site in known])[number[rows]]
    if _near(firsts[rows], points).any() or not _near(firsts[rows][:, ::-1], points).all():
        return False
    lon, lat = firsts[rows[0]].tolist()
    notes.append(intake.said_turned(lon, lat, known[number[rows[0]]], len(rows)))
    places.at = places.at[:, ::-1].copy()
    if places.shapes is not None:
        shapes[there] = shapely.transform(shapes[there], lambda at: at[:, ::-1])
        places.shapes = pa.array(shapely.to_wkb(shapes, byte_order=1, flavor="iso"), type=pa.binary())
    return True


def _near(at: Any, points: Any) -> Mask:
    east = np.abs(at[:, 0] - points[:, 0])
    near: Mask = (np.abs(at[:, 1] - points[:, 1]) <= NEAR_DEG) & (np.minimum(east, 360 - east) <= 2 * NEAR_DEG)
    return near


def _surely_at_site(places: _Places, values: _Values, sites: Mapping[str, Site]) -> Mask:
    """The rows that have no position, or a point that is certainly not too far from their site."""
    found = bulkchecks.surely_at_site(places.at, values.get("site"), sites)
    return found if places.shapes is None else found & ~mask(places.shapes.is_valid())


# --- rows that are vouched for, and the others --------------------------------------------------------------------


def _taken(
    columns: Columns,
    values: _Values,
    places: _Places,
    terms: Terms,
    rest: Callable[[Sequence[Row]], Intake],
    notes: list[str],
) -> Taken:
    sure = ~values.odd & _on_earth(places.at) & _known(values, terms)
    if not terms.anyway:
        sure &= _as_it_may_be(values, terms) & _surely_at_site(places, values, terms.sites)
    sure &= screening.vouched({name: values.of[name] for name in _VOUCHED if name in values.of})
    table = _table(values, places)
    if not sure.all():
        table = table.filter(pa.array(sure))
    numbers = columns.numbers[sure]
    left = np.flatnonzero(~sure)
    found = rest([*some_rows(columns, left), *columns.odd])
    if found.drafts:
        more = bulkfile.table_of(draft.record for draft in found.drafts)
        numbers = np.concatenate([numbers, [draft.row.number for draft in found.drafts]])
        order = np.argsort(numbers, kind="stable")
        table, numbers = pa.concat_tables([bulkfile.completed(table), more]).take(pa.array(order)), numbers[order]
    return Taken(table, numbers, found.rejects, [*notes, *found.notes])


def _known(values: _Values, terms: Terms) -> Mask:
    """The rows whose names the register and the vocabulary hold."""
    known = np.ones(values.count, dtype=bool)
    vocabulary = terms.vocabulary
    for name, there in (
        ("site", terms.sites),
        ("platform", vocabulary.platforms),
        ("activity", vocabulary.activities),
        ("inferred_activity", vocabulary.inferred_activities),
    ):
        if name in values.of:
            found = pc.is_in(values.of[name], value_set=pa.array(list(there), type=pa.string()))
            known &= mask(pc.or_(found, values.of[name].is_null()))
    return known


def _as_it_may_be(values: _Values, terms: Terms) -> Mask:
    """The rows that neither lie ahead nor say “nothing” of a site that has residents."""
    sites = list(terms.sites.values())
    number = bulkchecks.site_numbers(values.get("site"), terms.sites)
    if not sites:
        return np.zeros(values.count, dtype=bool)
    today = {site.timezone: (dates.local_day(terms.now, site.timezone) - Day(1970, 1, 1)).days for site in sites}
    days = np.array([today[site.timezone] for site in sites])[number]
    first = pc.fill_null(values.get("earliest").cast(pa.int32()), 0).to_numpy(zero_copy_only=False)
    lived_at = np.array([bool(site.residents) for site in sites])[number]
    nothing = mask(pc.equal(values.get("outcome"), "not-seen")) & ~values.given("platform")
    found: Mask = (first <= days) & ~(lived_at & nothing)
    return found


def _table(values: _Values, places: _Places) -> pa.Table:
    """The values as rows of bulk files, without the columns that are empty."""
    found = {}
    for field in bulkfile.schema():
        if field.name in values.of:
            default = bulkfile.default_of(field.name)
            column = values.of[field.name]
            found[field.name] = column if default is None or not column.null_count else pc.fill_null(column, default)
    return pa.table({**found, "geometry": places.wkb})


# --- what is there already ----------------------------------------------------------------------------------------


class Sorted(NamedTuple):
    """Rows set against what is on file."""

    rows: pa.Table
    #: How many say what a record on file says, or said before it was amended.
    there: int
    rejects: list[Reject]


def asked_for(rows: pa.Table) -> dict[str, Any]:
    """The days and sites of the records that rows may be among; empty for no rows."""
    if not rows.num_rows:
        return {}
    days = pc.min(rows.column("earliest")).as_py(), pc.max(rows.column("latest")).as_py()
    return {"between": days, "sites": set(pc.unique(rows.column("site")).to_pylist())}


def sorted_out(
    taken: Taken,
    columns: Columns,
    in_bulk: pa.Table,
    on_file: Sequence[Sequence[Observation]],
    terms: Terms,
) -> Sorted:
    """Which rows are new, by the rule of :func:`resight.exchange.intake.sorted_out`.

    Args:
        taken: what the rows of the file give.
        columns: the file.
        in_bulk: the bulk records that they may be among.
        on_file: the other such records, each with its earlier wordings; the one that counts now first.
        terms: as there.
    """
    if not (in_bulk.num_rows or on_file):
        return Sorted(taken.rows, 0, [])
    taken = taken._replace(rows=bulkfile.completed(taken.rows))
    hidden = bulkfile.confidential(in_bulk)
    several = [
        *on_file,
        *((record,) for record in bulkfile.records(in_bulk.filter(pa.array(hidden)))),
    ]
    in_bulk = in_bulk.filter(pa.array(~hidden))
    forms = [form for wordings in several for wording in wordings for form in (wording, without_confidential(wording))]
    owner = [at for at, wordings in enumerate(several) for _ in (*wordings, *wordings)]
    code = bulkfile.codes([taken.rows, in_bulk, bulkfile.table_of(forms)], bulktwins.CONTENT)
    fresh, free = _unmatched(*code[:2])
    claimed = _claimed(code[0], fresh, code[2], owner)
    there = int((~fresh).sum())
    left = [wordings for at, wordings in enumerate(several) if at not in claimed]
    if terms.anyway or not fresh.any():
        return Sorted(taken.rows.filter(pa.array(fresh)), there, [])
    in_bulk = in_bulk.filter(pa.array(free))
    drafts, others = _doubtful(taken, fresh, columns, in_bulk, left, terms)
    rejects = intake.sorted_out(drafts, [*others, *left], terms).rejects
    refused = np.array([reject.row.number for reject in rejects], dtype=np.int64)
    return Sorted(taken.rows.filter(pa.array(fresh & ~np.isin(taken.numbers, refused))), there, rejects)


def _ranks(code: Ints) -> Ints:
    """The how-manieth of its number each one is, from 0."""
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    rank = np.empty(len(code), dtype=np.int64)
    rank[order] = np.arange(len(code)) - np.repeat(starts, np.diff(starts, append=len(code)))
    return rank


def _unmatched(ours: Ints, theirs: Ints) -> tuple[Mask, Mask]:
    """Of two lists of numbers, what is left on either side when equal ones are paired."""
    most = int(max(ours.max(initial=-1), theirs.max(initial=-1))) + 1
    counts = [np.bincount(code, minlength=most) for code in (ours, theirs)]
    return _ranks(ours) >= counts[1][ours], _ranks(theirs) >= counts[0][theirs]


def _claimed(ours: Ints, fresh: Mask, forms: Ints, owner: Sequence[int]) -> set[int]:
    """The records on file for which a fresh row stands, in one of their forms; these rows are fresh no more."""
    claimed: set[int] = set()
    rows = np.flatnonzero(fresh & np.isin(ours, forms))
    waiting: dict[int, list[int]] = {}
    for form, at in zip(forms.tolist(), owner, strict=True):
        waiting.setdefault(form, []).append(at)
    for row in rows.tolist():
        free = next((at for at in waiting.get(int(ours[row]), ()) if at not in claimed), None)
        if free is not None:
            claimed.add(free)
            fresh[row] = False
    return claimed


def _doubtful(
    taken: Taken,
    fresh: Mask,
    columns: Columns,
    in_bulk: pa.Table,
    left: Sequence[Sequence[Observation]],
    terms: Terms,
) -> tuple[list[Draft], list[tuple[Observation, ...]]]:
    """The fresh rows that might be another wording of what is on file, or deny it, and the bulk records in question."""
    others = bulkfile.table_of(wordings[0] for wordings in left)
    tables = [with_individual(table, terms.vocabulary) for table in (taken.rows, in_bulk, others)]
    alike = bulkfile.codes(tables, (*ALIKE, "individual"))
    one_image = bulkfile.codes(tables, ("site", "image_id"))
    same = bulkfile.codes(tables, ("id",))
    image = [mask(table.column("image_id").is_valid()) for table in tables]
    both = [bulkfile.codes(tables, (*ALIKE, "individual", "image_id"))[at] for at in range(3)]
    there = [np.concatenate(code[1:]) for code in (alike, one_image, same, both)]
    pictured = np.concatenate(image[1:])
    doubt = (
        np.isin(both[0], there[3]) | np.isin(alike[0], there[0][~pictured]) | (~image[0] & np.isin(alike[0], there[0]))
    )
    doubt |= image[0] & np.isin(one_image[0], there[1][pictured])
    doubt |= mask(taken.rows.column("id").is_valid()) & np.isin(same[0], there[2])
    rows = np.flatnonzero(doubt & fresh)
    asked = np.isin(alike[1], alike[0][rows]) | np.isin(same[1], same[0][rows])
    asked |= image[1] & np.isin(one_image[1], one_image[0][rows][image[0][rows]])
    found: list[tuple[Observation, ...]] = [(one,) for one in bulkfile.records(in_bulk.filter(pa.array(asked)))]
    by_number = {row.number: row for row in _numbered(columns, taken.numbers[rows])}
    drafts = [
        Draft(by_number[number], record)
        for number, record in zip(
            taken.numbers[rows].tolist(), bulkfile.records(taken.rows.take(pa.array(rows))), strict=True
        )
    ]
    return drafts, found


def _numbered(columns: Columns, numbers: Ints) -> list[Row]:
    """The rows of these numbers."""
    wanted = np.unique(numbers)
    at = np.searchsorted(columns.numbers, wanted)
    there = at < len(columns.numbers)
    there[there] = columns.numbers[at[there]] == wanted[there]
    return [*some_rows(columns, at[there]), *(row for row in columns.odd if row.number in set(wanted.tolist()))]
