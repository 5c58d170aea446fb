"""What the columns of a foreign table mean: which field each fills, guessed from names and values or stated.

A mapping file is TOML. Each table ``[fields.NAME]`` says how one field of the record is filled; NAME is a field
(``site``, ``date``, ``platform`` …, see ``resight schema``) or one of these:

``longitude``, ``latitude``, ``position``
    the position in two columns or in one, in degrees.
``source.url``, ``source.title``, ``source.published_by``, ``source.published``, ``source.accessed``, ``source.grade``,
``source.confidential``
    the parts of one source; ``sources`` takes addresses and titles as they come.

In such a table stand, all optional::

    column  = "Ship"                    # the column; a list of columns for note, visible, tags, sources
    text    = "{Remarks} By {Author}."  # a sentence made of columns, instead of one
    values  = { "LST" = "landing-ship", "n/a" = "" }   # cell (case and marks do not count) → value; "" leaves it empty
    split   = ";"                       # regular expression: a cell holds several. For tags and sources: several in
                                        # the one record; for any other field: one record each, of the same look
    cases   = [                         # looked at first, in order; the first whose patterns are all found decides
      { where = { Remarks = "^NEGATIVE" }, value = "not-seen" },
      { where = { Remarks = "pier (\\\\d)" }, value = "Pier \\\\1" },   # groups of the first pattern
      { where = { Title = "Russian Air Force|Air Koryo" } },        # without value: what the first pattern found
    ]
    default = "optical"                 # where everything above leaves it empty

Patterns are Python's regular expressions, looked for anywhere in the cell, without regard to case; an empty cell is
empty text, so ``"^$"`` finds it. Beside the fields may stand ``dates = "dmy"`` or ``"mdy"``, ``sheet``, ``encoding``
and ``crs``, as on the command line, which goes before them, and ``ignore = ["Country"]``, columns left out on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from resight.errors import InvalidValue
from resight.exchange.headings import BY_NAME, LOOSE
from resight.exchange.own import STATEMENTS
from resight.exchange.table import Row, Table
from resight.observation import PROPERTY_NAMES, Source
from resight.vocabulary import fold, near_names, toml

#: Fields that are filled by several columns as well as by one.
GATHERING = ("note", "visible", "tags", "sources")
_SOURCE_PARTS = tuple(f"source.{name}" for name in Source.model_fields)
#: Everything that a column may fill. Bounds follow from the date.
FIELDS = (
    *(name for name in PROPERTY_NAMES if name not in ("earliest", "latest")),
    "geometry",
    "longitude",
    "latitude",
    "position",
    *_SOURCE_PARTS,
)
#: Columns that a file of rejected rows has beside the original ones.
REJECT_COLUMNS = ("rejected: row", "rejected: column", "rejected: value", "rejected: reason")
#: A cell that holds several names is taken apart here unless the mapping says otherwise.
_SPLIT_UNASKED = {"platform": ";", "platform_name": ";", "tags": "[;,]", "sources": r"\s*[;\n]\s*|\s+(?=https?://)"}

#: What columns are called, by field: in plain words, several languages, any case. The id of another program's row is
#: not the id of a record, unless that is stated.
_BY_NAME = {**BY_NAME, **{fold(field): field for field in FIELDS if field != "id"}}
#: Fields whose cells show whether a column is meant, each with the share of its cells that must fit.
TELLING = {"site": 0.6, "date": 0.6, "platform": 0.4, "outcome": 0.6, "longitude": 0.9, "latitude": 0.9, "count": 0.6}


class Case(NamedTuple):
    """A value that holds where patterns are found."""

    where: tuple[tuple[str, re.Pattern[str]], ...]
    #: None: what the first pattern found.
    value: str | None

    def found(self, cells: Mapping[str, Any]) -> str | None:
        """The value, when all patterns are found in their cells."""
        first: re.Match[str] | None = None
        for column, pattern in self.where:
            match = pattern.search(as_text(cells.get(column)))
            if match is None:
                return None
            first = first or match
        assert first is not None
        if self.value is None:
            return first[1] if first.re.groups else first[0]
        return first.expand(self.value) if "\\" in self.value else self.value


class Rule(NamedTuple):
    """How one field is filled; see the module's own words for the parts."""

    field: str
    columns: tuple[str, ...] = ()
    text: str = ""
    values: Mapping[str, str] = {}
    split: re.Pattern[str] | None = None
    cases: tuple[Case, ...] = ()
    default: str | None = None
    #: How it came about: "stated", "the format", "by its name", "by its values".
    why: str = "stated"

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns it looks at."""
        named = [*self.columns, *re.findall(r"\{([^{}]+)\}", self.text)]
        return tuple(dict.fromkeys([*named, *(column for case in self.cases for column, _ in case.where)]))

    def cells(self, row: Mapping[str, Any]) -> list[Any]:
        """What the row says for the field, before it is a value of the record; several when its cell holds several."""
        for case in self.cases:
            said = case.found(row)
            if said is not None:
                return [said] if said else []
        if self.text:
            # A cell that is left empty leaves no double spaces.
            whole = re.sub(r"\{([^{}]+)\}", lambda m: as_text(row.get(m[1])).strip(), self.text)
            found: list[Any] = [" ".join(whole.split())] if any(as_text(row.get(c)).strip() for c in self.reads) else []
        else:
            found = [cell for column in self.columns if not is_blank(cell := row.get(column))]
        if self.split is not None:
            found = [
                part
                for cell in found
                for part in (self.split.split(cell) if isinstance(cell, str) and not cell.startswith("[") else [cell])
                if not is_blank(part)
            ]
        if self.values:
            found = [self.values.get(fold(as_text(cell)), cell) for cell in found]
            found = [cell for cell in found if cell != ""]
        if not found and self.default is not None:
            return [self.default]
        return found


def as_text(cell: Any) -> str:
    """A cell as a person reads it in a spreadsheet."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return str(cell)


def is_blank(cell: Any) -> bool:
    """Is nothing in the cell?"""
    return cell is None or (isinstance(cell, str) and not cell.strip()) or cell in ([], ())


class Plan(NamedTuple):
    """How a table is understood as a whole."""

    rules: tuple[Rule, ...]
    #: Columns that fill nothing, apart from those ignored on purpose.
    unused: tuple[str, ...]
    #: Order of day and month, where it was stated.
    dates: str | None = None

    def rule(self, field: str) -> Rule | None:
        """The rule that fills a field."""
        return next((rule for rule in self.rules if rule.field == field), None)


class Stated(NamedTuple):
    """What a person said of a table: on the command line, in a mapping file, or both."""

    rules: Mapping[str, Rule] = {}
    ignore: tuple[str, ...] = ()
    dates: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    crs: str | None = None


def from_options(maps: Iterable[str], sets: Iterable[str], base: Stated) -> Stated:
    """``--map field=column`` and ``--set field=value`` laid over a mapping file.

    Raises:
        InvalidValue: no such field, or no ``=``.
    """
    rules = dict(base.rules)
    columns: dict[str, list[str]] = {}
    for text in maps:
        field, column = _pair("--map", text, "field=column")
        columns.setdefault(field, []).append(column)
    for field, named in columns.items():
        if len(named) > 1 and field not in GATHERING:
            what = f"{field} is filled by one column, not {len(named)}"
            raise InvalidValue(
                "--map", ", ".join(named), what, allowed=f"several columns only for {', '.join(GATHERING)}"
            )
        old = rules.get(field, Rule(field))
        rules[field] = old._replace(columns=tuple(named), text="", cases=(), split=old.split or _unasked_split(field))
    for text in sets:
        field, value = _pair("--set", text, "field=value")
        # A set value is what the field is where its column, if it has one, is empty.
        rules[field] = rules.get(field, Rule(field))._replace(default=value)
    return base._replace(rules=rules)


def _pair(option: str, text: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not value.strip():
        raise InvalidValue(option, text, f"{text!r} is not {form}", example=f"{option} site=Port")
    return _field(option, name.strip()), value.strip()


def _field(where: str, name: str) -> str:
    if name not in FIELDS:
        near = near_names(name, FIELDS)
        what = f"{name!r} is not a field" + (f"; did you mean {' or '.join(near)}?" if near else "")
        raise InvalidValue(where, name, what, allowed=", ".join(FIELDS))
    return name


def _unasked_split(field: str) -> re.Pattern[str] | None:
    return re.compile(_SPLIT_UNASKED[field]) if field in _SPLIT_UNASKED else None


def from_toml(text: str, name: str) -> Stated:
    """Read a mapping file.

    Raises:
        InvalidValue: not TOML, or something in it that is not part of the language.
    """
    raw = toml(text, name)
    allowed = ("fields", "ignore", "dates", "sheet", "encoding", "crs")
    _only(name, raw, allowed)
    tables = raw.get("fields", {})
    if not isinstance(tables, dict):
        raise InvalidValue(name, tables, "[fields] is not a table", example='[fields.site]\ncolumn = "Port"')
    rules = {field: _rule(name, field, table) for field, table in _flat(tables)}
    words = {key: _text(f"{name} {key}", raw[key]) for key in ("dates", "sheet", "encoding", "crs") if key in raw}
    if words.get("dates", "dmy") not in ("dmy", "mdy"):
        raise InvalidValue(f"{name} dates", words["dates"], f"{words['dates']!r}", allowed='"dmy" or "mdy"')
    return Stated(rules, _texts(f"{name} ignore", raw.get("ignore", [])), **words)


def _flat(tables: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """``[fields.source.url]`` as well as ``[fields."source.url"]``."""
    for field, table in tables.items():
        if field == "source" and isinstance(table, dict):
            yield from ((f"source.{part}", rule) for part, rule in table.items())
        else:
            yield field, table


def _rule(name: str, field: str, table: Any) -> Rule:
    where = f"{name} [fields.{field}]"
    _field(where, field)
    if not isinstance(table, dict):
        raise InvalidValue(where, table, "is not a table", example=f'[fields.{field}]\ncolumn = "…"')
    _only(where, table, ("column", "text", "values", "split", "cases", "default"))
    column = table.get("column", [])
    columns = (column,) if isinstance(column, str) else _texts(f"{where} column", column)
    if len(columns) > 1 and field not in GATHERING:
        raise InvalidValue(where, column, "is filled by one column", allowed=f"a list only for {', '.join(GATHERING)}")
    values = table.get("values", {})
    if not isinstance(values, dict):
        raise InvalidValue(f"{where} values", values, "is not a table", example='{ "LST" = "landing-ship" }')
    split = table.get("split")
    cases = table.get("cases", [])
    if not isinstance(cases, list):
        raise InvalidValue(
            f"{where} cases", cases, "is not a list", example='[{ where = { Notes = "…" }, value = "…" }]'
        )
    return Rule(
        field,
        columns,
        _text(f"{where} text", table.get("text", "")),
        {fold(str(cell)): _text(f"{where} values.{cell}", value) for cell, value in values.items()},
        _unasked_split(field) if split is None else _pattern(f"{where} split", split) if split else None,
        tuple(_case(f"{where} cases", case) for case in cases),
        _text(f"{where} default", table["default"]) if "default" in table else None,
    )


def _case(where: str, case: Any) -> Case:
    patterns = case.get("where") if isinstance(case, dict) else None
    if not isinstance(patterns, dict) or not patterns:
        raise InvalidValue(
            where, case, "a case needs where", example='{ where = { Notes = "^NEGATIVE" }, value = "not-seen" }'
        )
    _only(where, case, ("where", "value"))
    found = tuple((column, _pattern(f"{where} {column}", pattern)) for column, pattern in patterns.items())
    value = _text(f"{where} value", case["value"]) if "value" in case else None
    if value is not None and "\\" in value:
        try:
            re.sub(found[0][1], value, "")
        except (re.error, IndexError) as error:
            raise InvalidValue(f"{where} value", value, f"{value!r}: {error}") from None
    return Case(found, value)


def _only(where: str, table: Mapping[str, Any], allowed: Sequence[str]) -> None:
    for key in table:
        if key not in allowed:
            raise InvalidValue(where, key, f"{key!r} is not understood", allowed=", ".join(allowed))


def _text(where: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | str):
        return str(value)
    raise InvalidValue(where, value, f"{value!r} is no text")


def _texts(where: str, value: Any) -> tuple[str, ...]:
    if not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        raise InvalidValue(where, value, "is not a list of texts", example='["Country", "Row"]')
    return tuple(value)


def _pattern(where: str, value: Any) -> re.Pattern[str]:
    try:
        return re.compile(_text(where, value), re.IGNORECASE)
    except re.error as error:
        raise InvalidValue(where, value, f"{value!r} is no regular expression: {error}") from None


def plan(table: Table, sample: Sequence[Row], stated: Stated, fits: Callable[[str, Any], bool]) -> Plan:
    """How the columns of a table are understood: what was stated, then what the format says, then what can be guessed.

    Args:
        table: the table.
        sample: some of its rows, by which columns are guessed.
        stated: what a person said.
        fits: could a cell fill a field?

    Raises:
        InvalidValue: a column was named that the table does not have.
    """
    rules = {field: _with_known_columns(rule, table.columns) for field, rule in stated.rules.items()}
    taken = {column for rule in rules.values() for column in rule.reads} | {
        *stated.ignore,
        *REJECT_COLUMNS,
        *STATEMENTS,
    }

    def guess(field: str, column: str, why: str) -> None:
        if column in taken or (field in rules and rules[field].columns):
            return
        if field in rules and (rules[field].cases or rules[field].text):
            return
        kept = rules.get(field, Rule(field, split=_unasked_split(field)))
        rules[field] = kept._replace(columns=(column,), why=why)
        taken.add(column)

    for column, field in table.fields.items():
        if column in table.columns and field in FIELDS:
            guess(field, column, "the format")
    shares = _Shares(sample, fits)
    # Names that say one thing first, then those that may say another and are believed only when the cells fit.
    for sure in (True, False):
        for column in table.columns:
            named, is_sure = _by_name(column)
            if named is None or is_sure is not sure:
                continue
            if named == "platform_name" and not sure and "platform" not in rules:
                # What a folder of places calls its “name” is what was seen, more often than which one.
                named = "platform" if shares.of("platform", column) >= TELLING["platform"] else named
            if sure or named not in TELLING or shares.of(named, column) >= TELLING[named]:
                guess(named, column, "by its name")
    for field in ("site", "date", "platform"):
        if field in rules:
            continue
        free = [column for column in table.columns if column not in taken]
        best = max(free, key=lambda column: shares.of(field, column), default=None)
        if best is not None and shares.of(field, best) >= 0.8:
            guess(field, best, "by its values")
    unused = tuple(c for c in table.columns if c not in taken and any(not is_blank(r.values.get(c)) for r in sample))
    ordered = sorted(rules.values(), key=lambda rule: FIELDS.index(rule.field))
    return Plan(tuple(ordered), unused, stated.dates)


def _by_name(column: str) -> tuple[str | None, bool]:
    """The field that a column's name speaks of, and whether the name can hardly mean anything else."""
    for name in (column, re.sub(r"[(\[].*", "", column)):
        field = _BY_NAME.get(fold(name))
        if field is not None:
            return field, fold(name) not in LOOSE
    # “Position Lat” below a merged cell, “Ship length”.
    *_, last = column.split() or [""]
    return _BY_NAME.get(fold(last)), False


class _Shares:
    """How many of a column's filled cells could fill a field."""

    def __init__(self, sample: Sequence[Row], fits: Callable[[str, Any], bool]) -> None:
        self._sample, self._fits = sample, fits
        self._known: dict[tuple[str, str], float] = {}

    def of(self, field: str, column: str) -> float:
        """Between 0 and 1; 0 when no cell is filled."""
        if (field, column) not in self._known:
            cells = [cell for row in self._sample if not is_blank(cell := row.values.get(column))]
            fitting = sum(self._fits(field, cell) for cell in cells)
            self._known[field, column] = fitting / len(cells) if cells else 0.0
        return self._known[field, column]


def _with_known_columns(rule: Rule, columns: Sequence[str]) -> Rule:
    """The rule with its columns spelt as in the table, where only case, spaces and marks differ."""
    by_fold = {fold(column): column for column in reversed(columns)}

    def known(name: str) -> str:
        column = name if name in columns else by_fold.get(fold(name))
        if column is None:
            near = near_names(name, columns)
            what = f"there is no column {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else "")
            raise InvalidValue(rule.field, name, what, allowed=", ".join(columns))
        return column

    return rule._replace(
        columns=tuple(known(name) for name in rule.columns),
        text=re.sub(r"\{([^{}]+)\}", lambda m: "{" + known(m[1]) + "}", rule.text),
        cases=tuple(case._replace(where=tuple((known(c), p) for c, p in case.where)) for case in rule.cases),
    )
