"""Rows become records, or are refused with the reason: what an import does before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date as Day
from datetime import datetime
from functools import cache
from hashlib import sha256
from itertools import chain
from typing import Any, NamedTuple, cast

import orjson

from resight import checks, dates, rubbish
from resight.errors import InvalidRecord, InvalidValue
from resight.exchange import moments, own
from resight.exchange.cells import NAMES, NO_NAME, Context, Reader
from resight.exchange.mapping import FIELDS, GATHERING, Plan, Rule, as_text, is_blank
from resight.exchange.table import Row
from resight.observation import OF_THE_LOG, Observation, Site, build, positions
from resight.selection import without_confidential
from resight.vocabulary import Vocabulary

#: Told now and then: how many rows are done, and of how many.
Progress = Callable[[int, int], None]
#: Degrees around a site within which a position is taken to speak of it, when two orders are compared.
NEAR_DEG = 0.5
#: Different cells of a column that are remembered; a column that says the same few things again is read quickly.
_REMEMBERED = 10_000
#: Things that are looked at together; fewer are records sooner than the looking has begun.
_MANY = 1_000
#: So many of them at a time.
_AT_ONCE = 5_000
_DATE_FIELDS = ("date", "source.published", "source.accessed")
_LISTS = ("tags", "sources", "relates")


class Draft(NamedTuple):
    """A record that a row gives."""

    row: Row
    record: Observation


class Reject(NamedTuple):
    """A row that gives no record."""

    row: Row
    column: str
    value: str
    reason: str


class Intake(NamedTuple):
    """What became of the rows."""

    drafts: list[Draft]
    rejects: list[Reject]
    notes: list[str]


class Example(NamedTuple):
    """One line of the preview: how a column is understood, by its first filled cell."""

    columns: tuple[str, ...]
    field: str
    cell: str
    became: str
    why: str


class Terms(NamedTuple):
    """What rows are held against."""

    sites: Mapping[str, Site]
    vocabulary: Vocabulary
    #: The moment of the import: a date after it is refused.
    now: datetime
    day_zero: Day | None = None
    #: Also what lies ahead or far from its site.
    anyway: bool = False


def reader(plan: Plan, rows: Sequence[Row], terms: Terms) -> tuple[Reader, list[str]]:
    """What reads the cells, with the order of day and month told by each whole column, and what to say of it.

    Raises:
        InvalidValue: the order cannot be told; says how both readings would be.
    """
    orders: dict[str, dates.Order] = {}
    notes: list[str] = []
    for rule in plan.rules:
        if rule.field in _DATE_FIELDS and rule.columns:
            order, said = _order(rule, rows, cast("dates.Order | None", plan.dates))
            notes += said
            if order:
                orders[rule.field] = order
    return Reader(Context(terms.sites, terms.vocabulary, orders, terms.day_zero)), notes


def dated(plan: Plan) -> list[str]:
    """The columns whose cells tell which comes first, day or month."""
    return [rule.columns[0] for rule in plan.rules if rule.field in _DATE_FIELDS and rule.columns]


def _order(rule: Rule, rows: Sequence[Row], stated: dates.Order | None) -> tuple[dates.Order | None, list[str]]:
    orders = cache(dates.orders)
    only: dict[dates.Order, tuple[int, str]] = {}
    open_ones: list[tuple[int, str]] = []
    texts = days = 0
    met: set[str] = set()
    column = rule.columns[0]
    for row in rows:
        cell = row.values.get(column)
        if type(cell) is str:
            if cell in met:
                continue
            met.add(cell)
        # A moment with its offset was not made of a text by a spreadsheet.
        days += isinstance(cell, Day) and getattr(cell, "tzinfo", None) is None
        if not isinstance(cell, str):
            continue
        found = orders(cell)
        texts += bool(found)
        if len(found) == 1:
            only.setdefault(next(iter(found)), (row.number, cell))
        elif found:
            open_ones.append((row.number, cell))
    notes = []
    if texts and days:
        notes.append(
            f"column {column!r} holds dates and texts: a spreadsheet that could not read some may have swapped day and "
            "month in the others"
        )
    if stated or not (only or open_ones):
        return stated, notes
    if len(only) == 1:
        order, (number, cell) = next(iter(only.items()))
        if open_ones:
            first = "the day" if order == "dmy" else "the month"
            notes.append(f"in column {column!r} {first} comes first, as row {number} shows ({cell})")
        return order, notes
    if only:
        shown = " and ".join(f"row {number}: {cell}" for number, cell in only.values())
        what = f"column {column!r} has day and month both ways round ({shown})"
        allowed = "--dates dmy or --dates mdy; rows that do not fit are rejected then"
    else:
        number, cell = open_ones[0]
        both = [dates.from_elsewhere(cell, order) for order in ("dmy", "mdy")]
        what = f"column {column!r} does not tell day from month: row {number} {cell!r} may be {both[0]} or {both[1]}"
        allowed = "--dates dmy (the day comes first) or --dates mdy (the month)"
    raise InvalidValue("--dates", None, what, allowed=allowed)


def missing(plan: Plan, columns: Sequence[str]) -> InvalidValue | None:
    """The objection to a table that cannot give records as it is understood, if there is one."""
    filled = {rule.field for rule in plan.rules}
    for field, example in (("site", "dunay"), ("date", "2025-05-18")):
        if field not in filled:
            what = "no column of the file was taken for it"
            return InvalidValue(
                field,
                None,
                what,
                allowed=f"--map {field}=COLUMN, or --set {field}={example} for all rows; columns: {', '.join(columns)}",
            )
    if not filled & {"outcome", "platform", "count"}:
        what = "no column says what was seen"
        allowed = "--map platform=COLUMN, or --set outcome=not-seen or --set outcome=cannot-tell for all rows"
        return InvalidValue("outcome", None, what, allowed=allowed)
    if "basis" not in filled:
        what = "nothing in the file says who stands behind its rows, and only own looks count as looks"
        return InvalidValue(
            "basis", None, what, allowed="--set basis=own (we examined the images), basis=published or basis=retold"
        )
    return None


def examples(plan: Plan, rows: Sequence[Row], read: Reader) -> list[Example]:
    """How each field is filled, shown on the first row that fills it."""
    found = []
    for rule in plan.rules:
        cell, became = "", "every cell is empty"
        for row in rows:
            cells = [cell for cell in rule.cells(row.values) if not read.names_nothing(rule.field, cell)]
            if not cells:
                continue
            raw = [as_text(row.values.get(column)) for column in rule.reads if not is_blank(row.values.get(column))]
            cell = " + ".join(raw)
            try:
                values = [read.read(rule.field, cell) for cell in cells]
                became = "; ".join(_shown(value) for value in values)
            except InvalidValue:
                became = "not allowed"
                continue
            break
        found.append(Example(rule.reads, rule.field, cell, became, rule.why))
    return found


def _shown(values: Mapping[str, Any]) -> str:
    parts = []
    for value in values.values():
        if isinstance(value, tuple | list):
            items = [next(iter(item.values()), "") if isinstance(item, Mapping) else item for item in value]
            parts.append(", ".join(map(str, items)))
        elif isinstance(value, bool):
            parts.append("yes" if value else "no")
        elif isinstance(value, float):
            parts.append(f"{value:g}" if abs(value) < 1e-4 else f"{value:.10g}")
        else:
            parts.append(str(value))
    return ", ".join(parts)


@rubbish.put_off()
def records(
    rows: Sequence[Row],
    plan: Plan,
    read: Reader,
    terms: Terms,
    *,
    analyst: str | None = None,
    progress: Progress | None = None,
    is_turned: bool | None = None,
) -> Intake:
    """The records that the rows give, in their order; rows that give none, with the reason; what to say of the whole.

    Whether latitude and longitude are swapped throughout is told by the rows. Where these are part of more, it is given
    as ``is_turned``, and what stood in place of names has been said of the whole.

    Raises:
        InvalidValue: positions stand in one column, and which number is the latitude cannot be told.
    """
    cells = _Cells(plan, read)
    rejects: list[Reject] = []
    found: list[tuple[Row, list[dict[str, Any]]]] = []
    several = 0
    for done, row in enumerate(rows):
        if progress and done % 2000 == 0:
            progress(done, 2 * len(rows))
        if row.fault:
            rejects.append(Reject(row, "", "", row.fault))
            continue
        try:
            values = cells.values(row)
        except _RefusedError as refused:
            rejects.append(refused.reject)
            continue
        several += len(values) > 1
        found.append((row, values))
    notes = (cells.notes() if is_turned is None else []) + _settle_positions(found, terms.sites, is_turned)
    if several:
        rows_say = "1 row names" if several == 1 else f"{several} rows name"
        notes.append(f"{rows_say} several things: each becomes a record of the same look")
    if analyst:
        for _, things in found:
            for thing in things:
                thing.setdefault("analyst", analyst)
    today = {site.timezone: dates.local_day(terms.now, site.timezone) for site in terms.sites.values()}
    sure = iter(_sure([thing for _, things in found for thing in things]))
    names: set[tuple[str | None, ...]] = set()
    drafts: list[Draft] = []
    for done in range(len(found)):
        row, things = found[done]
        # What has become a record is let go.
        found[done] = (row, [])
        if progress and done % 2000 == 0:
            progress(len(rows) + done, 2 * len(rows))
        known = [next(sure) for _ in things]
        try:
            made = []
            for thing, is_sure in zip(things, known, strict=True):
                record = Observation.vouched(thing) if is_sure else build(Observation, thing)
                _object(record, terms, today, names)
                made.append(Draft(row, record))
            drafts += made
        except InvalidRecord as error:
            rejects.append(_rejected(row, error.problems, plan))
    rejects.sort(key=lambda reject: reject.row.number)
    return Intake(drafts, rejects, notes)


def _sure(things: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Which of these are records as they stand, see :mod:`resight.screening`; of a few it is not worth asking."""
    if len(things) < _MANY:
        return [False] * len(things)
    # Some thousand at a time stay near at hand while they are looked at field by field.
    parts = (things[start : start + _AT_ONCE] for start in range(0, len(things), _AT_ONCE))
    return [is_sure for part in parts for is_sure in _sure_of(part)]


def _sure_of(things: Sequence[Mapping[str, Any]]) -> list[bool]:
    # numpy, which it takes, need not be loaded for a short table.
    from resight import screening

    columns = {name: [thing.get(name) for thing in things] for name in dict.fromkeys(chain.from_iterable(things))}
    if "geometry" in columns:
        places = columns["geometry"]
        points = [place["coordinates"] if place and _is_point(place) else None for place in places]
        columns["longitude"], columns["latitude"] = ([p[axis] if p else None for p in points] for axis in (0, 1))
        columns["geometry"] = [None if point else place for point, place in zip(points, places, strict=True)]
    # A field that is said to hold nothing is not the same as one of which nothing is said.
    return [
        is_vouched_for and None not in thing.values()
        for is_vouched_for, thing in zip(screening.vouched(columns).tolist(), things, strict=True)
    ]


def _is_point(geometry: Any) -> bool:
    """Is it a plain point, of which longitude and latitude say all?"""
    if type(geometry) is not dict or len(geometry) != 2 or geometry.get("type") != "Point":
        return False
    position = geometry.get("coordinates")
    return type(position) is list and len(position) == 2 and None not in position


@rubbish.put_off()
def whole(rows: Sequence[Row], columns: Sequence[str], terms: Terms, progress: Progress | None = None) -> Intake:
    """The records of a table of ours, each as it was; rows that are none any more, with the reason."""
    plan = Plan(tuple(Rule(name, (name,)) for name in columns if name in FIELDS), ())
    today = {site.timezone: dates.local_day(terms.now, site.timezone) for site in terms.sites.values()}
    names: set[tuple[str | None, ...]] = set()
    drafts: list[Draft] = []
    rejects: list[Reject] = []
    for done, row in enumerate(rows):
        if progress and done % 2000 == 0:
            progress(done, len(rows))
        if row.fault:
            rejects.append(Reject(row, "", "", row.fault))
            continue
        try:
            record = own.record(row)
            _object(record, terms, today, names)
            drafts.append(Draft(row, record))
        except InvalidRecord as error:
            rejects.append(_rejected(row, error.problems, plan))
    kept = sorted({name for draft in drafts for name in draft.record.foreign or ()})
    notes = [f"no fields of a record, kept beside it as they are: {', '.join(kept)}"] if kept else []
    return Intake(drafts, rejects, notes)


def _object(record: Observation, terms: Terms, today: Mapping[str, Day], known: set[tuple[str | None, ...]]) -> None:
    """Refuse what `log` would refuse; names that are found once are kept in ``known``.

    Raises:
        InvalidRecord: a name is not known, or it lies ahead or far from its site.
    """
    names = record.site, record.platform, record.activity, record.inferred_activity
    errors: list[InvalidValue] = []
    if names not in known:
        errors += checks.unknown_names(record, terms.sites, terms.vocabulary)
        if not errors:
            known.add(names)
    site = terms.sites.get(record.site)
    if site is not None and not terms.anyway:
        if record.earliest > today[site.timezone]:
            what = f"{record.date} lies ahead: today is {today[site.timezone]} in {site.name}"
            errors.append(InvalidValue("date", record.date, what, allowed="a day up to today, or --anyway"))
        if record.outcome == "not-seen" and record.platform is None and site.residents and not record.aggregate:
            what = f"{site.name} has residents, so “nothing” needs to say what was looked for"
            allowed = "what was looked for, with a column or a --set for the outcome; or --anyway"
            errors.append(InvalidValue("platform", None, what, allowed=allowed))
        if record.geometry is not None:
            error = checks.misplaced(record, site)
            errors += [error] if error else []
    if errors:
        raise InvalidRecord(errors)


class _RefusedError(Exception):
    """A row that gives no record."""

    def __init__(self, reject: Reject) -> None:
        self.reject = reject


def _rejected(row: Row, problems: Iterable[InvalidValue], plan: Plan) -> Reject:
    problems = list(problems)
    named = [_columns_of(problem.field, plan) for problem in problems]
    columns = tuple(dict.fromkeys(column for columns in named for column in columns))
    cells = [as_text(row.values.get(column)) for column in columns]
    reason = "; ".join(str(problem) for problem in problems)
    return Reject(row, ", ".join(columns), ", ".join(cells), reason)


def _columns_of(field: str, plan: Plan) -> tuple[str, ...]:
    """The columns that fill a field; ``sources.0.url`` and ``geometry`` are named after what fills them."""
    parts = field.split(".")
    head, last = parts[0], parts[-1]
    names = {
        "geometry": ("geometry", "longitude", "latitude", "position"),
        "sources": ("sources", f"source.{last}"),
        "count_min": ("count_min", "count"),
        "count_max": ("count_max", "count"),
        "platform_name": ("platform_name", "platform"),
    }.get(head, (field, head))
    return tuple(
        dict.fromkeys(column for name in names if (rule := plan.rule(name)) for column in rule.columns or rule.reads)
    )


#: What a rule made of a cell: the fields it fills, once for each thing the cell names, or why it makes nothing.
_Known = dict[Any, "Sequence[Mapping[str, Any]] | InvalidValue"]


class _Cells:
    """A row's cells to the values of one or more records; what a cell says is worked out once."""

    def __init__(self, plan: Plan, read: Reader) -> None:
        self._plan, self._read = plan, read
        #: Each rule that looks at columns, under its field, with the column where it is only one, whether that is taken
        #: as it stands, and with what it has made of other cells so far; and what the rules say that look at none.
        self._rules = [
            (rule.field, rule, rule.reads[0] if len(rule.reads) == 1 else None, self._takes_plain_text(rule), _Known())
            for rule in plan.rules
            if rule.reads
        ]
        self._always: dict[str, Any] = {}
        for rule in plan.rules:
            for said in () if rule.reads else [read.read(rule.field, cell) for cell in rule.cells({})]:
                self._always |= said
        #: By field, the words that were met in place of a name.
        self._no_names: dict[str, dict[str, None]] = {}
        #: Of each part of a source its field, and what it is called there.
        self._parts = tuple(
            (rule.field, rule.field.removeprefix("source.")) for rule in plan.rules if rule.field.startswith("source.")
        )

    def _takes_plain_text(self, rule: Rule) -> bool:
        is_plain = self._read.is_plain(rule.field) and len(rule.columns) == 1 and rule.default is None
        return is_plain and not (rule.text or rule.values or rule.split or rule.cases)

    def values(self, row: Row) -> list[dict[str, Any]]:
        """The values of the records that a row gives.

        Raises:
            _RefusedError: a cell is no value of its field, or the cells do not go together.
        """
        common = dict(self._always)
        several: dict[str, list[Mapping[str, Any]]] = {}
        problems: list[InvalidValue] = []
        cells = row.values
        for field, rule, column, is_plain, known in self._rules:
            if column is None:
                found = self._said(rule, rule.reads, known, cells)
            else:
                cell = cells.get(column)
                if is_plain:
                    text = cell.strip() if type(cell) is str else as_text(cell).strip()
                    if text and not (field in NAMES and text.lower() in NO_NAME and self._names_nothing(rule, text)):
                        common[field] = text
                    continue
                # Text and nothing are by far the most common.
                met = known.get(cell) if type(cell) is str or cell is None else None
                found = self._said(rule, (column,), known, cells) if met is None else met
            if not found:
                continue
            if isinstance(found, InvalidValue):
                problems.append(found)
                continue
            if len(found) == 1:
                said = found[0]
                if field == "count":
                    common.pop("count", None)
                for name, value in said.items():
                    if name == field:
                        common[name] = value
                    else:
                        # What a cell says beside its field (a platform its count) goes after a column of its own.
                        common.setdefault(name, value)
            elif field in _LISTS:
                common[field] = tuple(item for said in found for item in said[field])
            elif field in GATHERING:
                common[field] = "\n".join(said[field] for said in found)
            else:
                several[field] = list(found)
        if problems:
            raise _RefusedError(_rejected(row, problems, self._plan))
        if row.geometry is not None and not common.keys() & {"longitude", "latitude", "position", "geometry"}:
            common["geometry"] = row.geometry
        try:
            return [_settled(values, self._parts) for values in _spread(common, several)]
        except InvalidValue as error:
            raise _RefusedError(_rejected(row, [error], self._plan)) from None

    def _said(
        self, rule: Rule, reads: tuple[str, ...], known: _Known, cells: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]] | InvalidValue:
        """What a rule makes of the cells, or why it makes nothing of them."""
        key: Any = cells.get(reads[0]) if len(reads) == 1 else tuple(cells.get(column) for column in reads)
        if type(key) is not str and key is not None:
            # 1, 1.0 and True are equal, and say different things.
            key = (key, *map(type, key)) if type(key) is tuple else (key, type(key))
        try:
            found = known.get(key)
        except TypeError:
            return self._fresh(rule, cells)
        if found is None:
            found = self._fresh(rule, cells)
            if len(known) < _REMEMBERED:
                known[key] = found
        return found

    def _fresh(self, rule: Rule, cells: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | InvalidValue:
        try:
            said = rule.cells(cells)
            if rule.field in NAMES:
                said = [cell for cell in said if not self._names_nothing(rule, cell)]
            return [self._read.read(rule.field, cell) for cell in said]
        except InvalidValue as error:
            return error

    def _names_nothing(self, rule: Rule, cell: Any) -> bool:
        if not self._read.names_nothing(rule.field, cell):
            return False
        self._no_names.setdefault(rule.field, {})[as_text(cell).strip()] = None
        return True

    def notes(self) -> list[str]:
        """What a person must know of how cells were read."""
        return [said_no_names(field, words) for field, words in self._no_names.items()]


def said_no_names(field: str, words: Iterable[str]) -> str:
    """The note on words that were met in place of names."""
    return f"no name, and read as an empty cell of {field}: {', '.join(map(repr, words))}"


def _spread(common: dict[str, Any], several: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterable[dict[str, Any]]:
    """The values of each thing that a row names: those it shares, and its own.

    A count above the number of names is that of the named ones and the others together: these are a record more.

    Raises:
        InvalidValue: cells name different numbers of things.
    """
    if not several and ("platform_name" not in common or common.get("count") in (None, 1)):
        return [common]
    return _spread_out(common, several)


def _spread_out(common: dict[str, Any], several: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    numbers = {field: len(found) for field, found in several.items()}
    if len(set(numbers.values())) > 1:
        said = ", ".join(f"{field} {number}" for field, number in numbers.items())
        raise InvalidValue(next(iter(numbers)), None, f"the cells hold different numbers of things: {said}")
    number = max(numbers.values(), default=1)
    named = common.get("platform_name") is not None or "platform_name" in several
    count = common.get("count")
    others = 0
    if count is not None and "count" not in several and not common.get("aggregate"):
        others = count - number if named else 0
        if number > 1 and (count < number or (count > number and not named)):
            raise InvalidValue("count", count, f"{number} things are named, and the count is {count}")
        if count > 0 and (named or number > 1):
            common["count"] = 1
    for at in range(number):
        values = dict(common)
        for found in several.values():
            values.update(found[at])
        yield values
    if named and others > 0:
        values = {name: value for name, value in common.items() if name != "platform_name"}
        for field, found in several.items():
            if field != "platform_name":
                values.update(found[0])
        if values.get("hedge_on") == "platform_name":
            values = {name: value for name, value in values.items() if name not in ("hedge", "hedge_on")}
        yield {**values, "count": others}


def _settled(values: dict[str, Any], source_parts: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Values ready for a record, but for the position: outcome and source put together.

    Raises:
        InvalidValue: it is not said what was seen.
    """
    outcome = values.get("outcome")
    if outcome is None:
        outcome = values["outcome"] = "not-seen" if values.get("count") == 0 else "seen"
    if outcome != "seen":
        if values.get("count") == 0:
            del values["count"]
    elif values.get("platform") is None:
        raise InvalidValue(
            "platform", None, "is missing", allowed="a name listed by `resight platforms`; “nothing”, or “cloud”"
        )
    elif values.get("platform_name") and not values.keys() & {"count", "count_min", "count_max"}:
        values["count"] = 1
    return with_source(values, source_parts)


#: What is said of a source that something else names.
_OF_A_SOURCE = frozenset({"confidential", "published", "accessed", "grade"})


def with_source(values: dict[str, Any], source_parts: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The values with the parts of a source (each a field, and its name there) put together as one of ``sources``."""
    source = {name: values.pop(field) for field, name in source_parts if field in values}
    if source:
        for name, value in source.items():
            # The publication may be a moment in a spreadsheet; a source has a day.
            if isinstance(value, datetime):
                source[name] = value.date().isoformat()
        if not _OF_A_SOURCE.issuperset(source):
            values["sources"] = (source, *values.get("sources", ()))
        elif values.get("sources"):
            values["sources"] = tuple({**given, **source} for given in values["sources"])
    return values


# --- positions ----------------------------------------------------------------------------------------------


def _settle_positions(
    found: Sequence[tuple[Row, list[dict[str, Any]]]], sites: Mapping[str, Site], is_turned: bool | None
) -> list[str]:
    """Give every thing its day and its geometry; a file that has latitude and longitude swapped throughout is turned.

    Raises:
        InvalidValue: positions stand in one column, and which number is the latitude cannot be told.
    """
    things = [(row, values) for row, several in found for values in several]
    pairs: list[tuple[float, float, Site]] = []
    ambiguous: list[tuple[Row, dict[str, Any], tuple[float, float]]] = []
    placed: list[dict[str, Any]] = []
    for row, values in things:
        site = sites.get(values.get("site", ""))
        when = values.get("date")
        if site is not None and (isinstance(when, datetime) or (isinstance(when, str) and "T" in when)):
            values["date"] = moments.on_site(when, site.timezone)
        both = values.pop("position", None)
        lon, lat = values.pop("longitude", None), values.pop("latitude", None)
        if both is not None:
            ambiguous.append((row, values, both))
            continue
        if lon is not None or lat is not None:
            values["geometry"] = {"type": "Point", "coordinates": [lon, lat]}
        geometry = values.get("geometry")
        if site is not None and geometry and (first := _first_position(geometry)) is not None:
            pairs.append((first[0], first[1], site))
            placed.append(values)
    notes: list[str] = []
    if ambiguous:
        notes.append(_take_pairs(ambiguous, sites))
    told = is_turned is None and (
        bool(pairs)
        and not any(is_near(lon, lat, site) for lon, lat, site in pairs)
        and all(is_near(lat, lon, site) for lon, lat, site in pairs)
    )
    if told or is_turned:
        for values in placed:
            values["geometry"] = _turned(values["geometry"])
    if told:
        notes.append(said_turned(*pairs[0], len(pairs)))
    return notes


def said_turned(lon: float, lat: float, site: Site, number: int) -> str:
    """The note on a file that has latitude and longitude swapped, with one of its positions."""
    return (
        f"latitude and longitude are swapped in the whole file (lon {lon:g}, lat {lat:g} is not at {site.name}, "
        f"lon {lat:g}, lat {lon:g} is): all {number} positions are turned round"
    )


def _take_pairs(found: Sequence[tuple[Row, dict[str, Any], tuple[float, float]]], sites: Mapping[str, Site]) -> str:
    """Positions out of one column, in the order that puts them at their sites."""

    def votes(lat_first: bool) -> int:
        number = 0
        for _, values, (first, second) in found:
            site = sites.get(values.get("site", ""))
            lon, lat = (second, first) if lat_first else (first, second)
            number += site is not None and is_near(lon, lat, site)
        return number

    by_lat, by_lon = votes(True), votes(False)
    if (by_lat > 0) == (by_lon > 0):
        row, _, pair = found[0]
        what = f"which is the latitude in {pair[0]:g}, {pair[1]:g} (row {row.number})? Neither order, or either, fits"
        raise InvalidValue("position", pair, what, allowed="letters (42.897N 132.355E), or two columns")
    for _, values, (first, second) in found:
        values["geometry"] = {"type": "Point", "coordinates": [second, first] if by_lat else [first, second]}
    order = "latitude, longitude" if by_lat else "longitude, latitude"
    return f"positions are read as {order}: so they lie at their sites"


def _first_position(geometry: Any) -> Sequence[float] | None:
    try:
        first = next(positions(geometry))
        return first if all(isinstance(number, int | float) for number in first[:2]) and len(first) >= 2 else None
    except (TypeError, KeyError, StopIteration):
        return None


def is_near(lon: float, lat: float, site: Site) -> bool:
    """Does a position speak of a site?"""
    east = abs(lon - site.point[0])
    return abs(lat - site.point[1]) <= NEAR_DEG and min(east, 360 - east) <= 2 * NEAR_DEG


def _turned(geometry: Mapping[str, Any]) -> dict[str, Any]:
    def turn(part: Any) -> Any:
        if part and isinstance(part[0], int | float):
            return [part[1], part[0], *part[2:]]
        return [turn(inner) for inner in part]

    return {**geometry, "coordinates": turn(geometry["coordinates"])}


# --- what is there already ----------------------------------------------------------------------------------


class Sorted(NamedTuple):
    """Drafts set against what is on file."""

    added: list[Draft]
    #: How many say what a record on file says, or said before it was amended.
    there: int
    rejects: list[Reject]


def content(record: Observation) -> bytes:
    """A digest of what a record says, without who logged it and when: equal for equal rows of two imports."""
    feature = record.to_feature()
    feature.pop("id", None)
    if feature["geometry"] is not None:
        feature["geometry"] = {**feature["geometry"], "coordinates": _as_floats(feature["geometry"]["coordinates"])}
    for name in OF_THE_LOG:
        feature["properties"].pop(name, None)
    # A digest, for what orjson gives keeps more memory than it needs.
    return sha256(orjson.dumps(feature, option=orjson.OPT_SORT_KEYS)).digest()


def _as_floats(part: Any) -> Any:
    """Coordinates as numbers with a fraction: what a format makes of 132 is 132.0, and the same place."""
    return float(part) if isinstance(part, int | float) else [_as_floats(inner) for inner in part]


def sorted_out(
    drafts: Sequence[Draft],
    on_file: Sequence[Sequence[Observation]],
    terms: Terms,
) -> Sorted:
    """Which drafts are new; each record on file stands for one of them, so two equal rows of a file both stay.

    Args:
        drafts: what the rows give.
        on_file: the records on file, each with its earlier wordings; the one that counts now first.
        terms: with ``anyway`` also what looks like a record on file, or denies what one sees, is new.
    """
    if not on_file:
        return Sorted(list(drafts), 0, [])
    waiting: dict[bytes, list[int]] = {}
    for number, wordings in enumerate(on_file):
        # As it stands, and as an export gives it back.
        for said in {content(form) for wording in wordings for form in (wording, without_confidential(wording))}:
            waiting.setdefault(said, []).append(number)
    claimed: set[int] = set()
    fresh: list[Draft] = []
    for draft in drafts:
        same = next((number for number in waiting.get(content(draft.record), ()) if number not in claimed), None)
        if same is None:
            fresh.append(draft)
        else:
            claimed.add(same)
    there = len(drafts) - len(fresh)
    if terms.anyway:
        return Sorted(fresh, there, [])
    seen = checks.Seen(terms.vocabulary)
    ids = set()
    for number, wordings in enumerate(on_file):
        ids.add(wordings[0].id)
        if number not in claimed and wordings[0].status != "withdrawn":
            seen.add(wordings[0])
    rejects: dict[int, Reject] = {}
    for draft in fresh:
        record = draft.record
        twin, denied = seen.twin(record), seen.denied(record)
        if record.id is not None and record.id in ids:
            reason = (
                f"{record.id} is on file and says another thing: `resight amend` corrects it, --anyway adds another"
            )
        elif twin is not None:
            reason = f"looks like {twin.id}, which is on file with other words: amend that one, or --anyway adds this"
        elif denied is not None:
            reason = f"of image {record.image_id} the record {denied.id} says the opposite: correct one, or --anyway"
        else:
            continue
        rejects.setdefault(draft.row.number, Reject(draft.row, "", "", reason))
    # A row goes in whole or not at all, so that it can be corrected and imported again.
    added = [draft for draft in fresh if draft.row.number not in rejects]
    return Sorted(added, there, list(rejects.values()))
