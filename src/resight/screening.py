"""The screen before many records: which of them can be vouched for at once, without making one.

The rules are those of :class:`Observation`, asked seldom instead of once a row: of each field's different values all
together, and of each different combination of the values that a rule over several fields looks at. Only a position is
looked at here, on arrays. A row that is vouched for is a record as it stands; any other is for ``Observation`` to take
or to refuse, in its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from datetime import date as Day
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from resight.observation import AGREEMENTS, Agreement, Observation, Source, not_as_given

if TYPE_CHECKING:
    from pydantic import BaseModel

#: A column: a list, with None where a row gives nothing; or an array of pyarrow (null), numpy or pandas (NaN, NaT).
Column = Any
Mask = NDArray[np.bool_]
#: A position stands in these, as in a table of records.
_PLACE = ("longitude", "latitude")
#: Looked at row by row, or never vouched for.
_APART = ("sources", *_PLACE)
_NEVER = frozenset({"geometry", "relates", "foreign", "foreign_members"})
#: Kinds of values of which equal ones are the same.
_TOLD_APART = {str, int, float, bool, Day}
#: Numbers of combinations are counted anew before they outgrow 64 bits.
_MANY = 2**31


def vouched(columns: Mapping[str, Column]) -> Mask:
    """True for each row that is a record as it stands: ``Observation`` would take its values, and change none.

    For such a row ``Observation.vouched(values)`` is the record, equal to ``Observation.model_validate(values)``, and
    Feature and JSON can be laid out from the columns without it. False says nothing: ask ``Observation``.

    Args:
        columns: by name of the field, all of one length, in the types that a record has: text as ``str``, whole numbers
            as ``int``, measures as ``float``, flags as ``bool``, ``earliest`` and ``latest`` as ``date``, moments as
            aware ``datetime`` (in pyarrow ``timestamp("us", "UTC")``), ``tags`` as tuples of text, ``sources`` as
            tuples of objects as they stand in a Feature. A point stands in ``longitude`` and ``latitude`` (``float``,
            degrees of WGS 84). Columns may be missing; ``earliest`` and ``latest`` are derived then.

    Rows with any other geometry, with relations, or with anything in a column that is no field are not vouched for.

    Raises:
        ValueError: the columns have different lengths.
    """
    lengths = {*map(len, columns.values())}
    if len(lengths) > 1:
        raise ValueError(f"columns of {', '.join(map(str, sorted(lengths)))} rows: one length is needed")
    rows = lengths.pop() if lengths else 0
    told = {name: _told(column) for name, column in columns.items() if name not in _APART}
    apart = {name: _listed(columns[name]) for name in _APART if name in columns}
    found = _fitting(Observation, told, rows)
    if apart.keys() & {*_PLACE}:
        found &= _on_earth(*(apart.get(name, [None] * rows) for name in _PLACE))
    if "sources" in apart:
        found &= _with_sources(apart["sources"])
    return found


class _Told:
    """A column with each different value told once.

    Args:
        values: the different values, None for nothing.
        codes: for each row the place of its value; or what finds it, for few columns are ever asked.
    """

    def __init__(self, values: list[Any], codes: NDArray[np.int64] | Callable[[], NDArray[np.int64]]) -> None:
        self.values, self._codes = values, codes

    @property
    def codes(self) -> NDArray[np.int64]:
        """For each row the place of its value."""
        if callable(self._codes):
            self._codes = self._codes()
        return self._codes


def _told(column: Column) -> _Told:
    if hasattr(column, "combine_chunks"):
        column = column.combine_chunks()
    if hasattr(column, "dictionary_encode") and column.type.num_fields == 0:
        encoded = column.dictionary_encode()
        values = [*encoded.dictionary.to_pylist(), None]
        codes = encoded.indices.cast("int64").fill_null(len(values) - 1)
        return _Told(values, codes.to_numpy(zero_copy_only=False))
    listed = _listed(column)
    kinds = {*map(type, listed)} - {type(None)}
    # 1, 1.0 and True are equal, and not the same; nor are two moments that are told in different time zones.
    is_plain = len(kinds) <= 1 and (kinds <= _TOLD_APART or (kinds == {datetime} and _are_utc(listed)))
    keys: list[Any] = listed if is_plain else [(type(value), str(value)) for value in listed]
    first = dict(zip(reversed(keys), reversed(listed), strict=True))

    def codes_of() -> NDArray[np.int64]:
        places = dict(zip(first, range(len(first)), strict=True))
        return np.fromiter(map(places.__getitem__, keys), dtype=np.int64, count=len(keys))

    return _Told(list(first.values()), codes_of)


def _are_utc(moments: Iterable[datetime | None]) -> bool:
    return all(moment is None or moment.tzinfo is UTC for moment in moments)


def _listed(column: Column) -> list[Any]:
    """The values of a column, None where there is nothing."""
    if isinstance(column, list):
        return column
    if hasattr(column, "to_pylist"):
        return column.to_pylist()  # type: ignore[no-any-return]
    if not hasattr(column, "tolist"):
        return list(column)
    import pandas

    return [None if no else value for value, no in zip(column.tolist(), pandas.isna(column), strict=True)]


def _fitting(model: type[BaseModel], told: Mapping[str, _Told], rows: int) -> Mask:
    """The rows whose values are taken as they are, each alone and together."""
    found = np.ones(rows, dtype=bool)
    for name, info in model.model_fields.items():
        if name not in told and info.is_required():
            return ~found
    for name, column in told.items():
        values = column.values
        given = [at for at, value in enumerate(values) if value is not None]
        if name in _NEVER or name not in model.model_fields:
            wrong = given
        else:
            wrong = [given[at] for at in not_as_given(model, name, [values[at] for at in given])]
            if model.model_fields[name].is_required():
                wrong += [at for at, value in enumerate(values) if value is None]
        if wrong:
            fits = np.ones(len(values), dtype=bool)
            fits[wrong] = False
            found &= fits[column.codes]
    for agreement in AGREEMENTS[model]:
        # What a rule makes of a value that its field refuses is not asked.
        left = np.flatnonzero(found)
        found[left] = _agreeing(model, agreement, told, left)
    return found


def _agreeing(model: type[BaseModel], agreement: Agreement, told: Mapping[str, _Told], rows: NDArray[np.int64]) -> Mask:
    """The rows for which a rule over several fields holds; it is asked once for each combination."""
    seen: dict[str, tuple[list[Any], NDArray[np.int64]]] = {}
    for name in (*agreement.values, *agreement.presence):
        if name not in told:
            continue
        values = told[name].values
        if name in agreement.values:
            seen[name] = values, told[name].codes[rows]
        elif None in values:
            is_there = np.array([value is not None for value in values], dtype=np.int64)
            seen[name] = [None, "…"], is_there[told[name].codes[rows]]
        else:
            seen[name] = ["…"], np.zeros(len(rows), dtype=np.int64)
    combined, most = np.zeros(len(rows), dtype=np.int64), 1
    for values, codes in seen.values():
        combined, most = combined * len(values) + codes, most * len(values)
        if most > _MANY:
            combined = np.unique(combined, return_inverse=True)[1]
            most = len(rows)
    _, firsts, numbers = np.unique(combined, return_index=True, return_inverse=True)
    defaults = {
        name: None if (info := model.model_fields[name]).is_required() else info.default
        for name in (*agreement.values, *agreement.presence)
    }
    verdicts = []
    for first in firsts.tolist():
        found = {name: values[codes[first]] for name, (values, codes) in seen.items()}
        given = {name: value for name, value in found.items() if value is not None}
        verdicts.append(agreement.holds(model, {**defaults, **given}))
    return np.array(verdicts, dtype=bool)[numbers]


def _on_earth(longitudes: Sequence[Any], latitudes: Sequence[Any]) -> Mask:
    """The rows that have a position on Earth, or none."""
    kinds = float, type(None)
    plain = np.array([type(a) is type(b) and type(a) in kinds for a, b in zip(longitudes, latitudes, strict=True)])
    lon, lat = (np.array([v if type(v) is float else np.nan for v in axis]) for axis in (longitudes, latitudes))
    none = np.array([value is None for value in longitudes])
    there = (np.abs(lon) <= 180) & (np.abs(lat) <= 90) & ~((lon == 0) & (lat == 0))
    found: Mask = plain & (none | there)
    return found


def _with_sources(column: Sequence[Any]) -> Mask:
    """The rows whose sources are all taken as they are."""
    found = np.ones(len(column), dtype=bool)
    rows: list[int] = []
    sources: list[Mapping[str, Any]] = []
    for row, given in enumerate(column):
        if given is None:
            continue
        if type(given) is not tuple or not all(type(s) is dict and None not in s.values() for s in given):
            found[row] = False
            continue
        rows += [row] * len(given)
        sources += given
    names = dict.fromkeys(name for source in sources for name in source)
    told = {name: _told([source.get(name) for source in sources]) for name in names}
    fits = _fitting(Source, told, len(sources))
    found[np.array(rows, dtype=np.int64)[~fits]] = False
    return found
