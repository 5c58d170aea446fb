"""Rows of bulk files as the JSON text of the Features that they are, laid column by column.

A million records have few classes, days and sources between them: each different value is laid once, and the texts are
put together by pyarrow. What is seldom (outlines, what other programs wrote beside a record, very small or large
fractions) is left to be laid out of the record itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import orjson

from resight import bulkfile
from resight.journal import canonical
from resight.observation import LISTS, PROPERTY_NAMES, Observation, laid_out
from resight.selection import Selection

if TYPE_CHECKING:
    import pyarrow as pa

#: Text in which JSON has something to escape.
_ESCAPED = '["\\\\\\x00-\\x1f]'
#: Fractions between these are written alike by every writer.
_USUAL = 1e-4, 1e15


def of_features(records: Iterable[Observation]) -> Iterator[bytes]:
    """The text of each record's Feature, as a year file has it."""
    return _of_each(records, lambda record: orjson.dumps(record.to_feature()), is_canonical=False)


def of_canonical(records: Iterable[Observation]) -> Iterator[bytes]:
    """The canonical text of each record's Feature (RFC 8785)."""
    return _of_each(records, lambda record: canonical(record.to_feature()), is_canonical=True)


def _of_each(
    records: Iterable[Observation], of_record: Callable[[Observation], bytes], *, is_canonical: bool
) -> Iterator[bytes]:
    if isinstance(records, Selection):
        return records.laid(lambda rows: _of_rows(rows, is_canonical=is_canonical), of_record)
    return map(of_record, records)


def _of_rows(rows: pa.Table, *, is_canonical: bool) -> list[bytes | None]:
    """The text of each row, None where it is to be made of the record."""
    import pyarrow.compute as pc

    lay: Callable[[Any], bytes] = canonical if is_canonical else orjson.dumps
    names = sorted(PROPERTY_NAMES) if is_canonical else PROPERTY_NAMES
    given = [name for name in names if rows.column(name).null_count < rows.num_rows]
    parts = [_property(bulkfile.joined(rows.column(name)), name, lay) for name in given]
    properties = pc.binary_join_element_wise(*parts, ",", null_handling="skip")
    position = _position(rows.column("geometry"), is_canonical=is_canonical)
    identifier = bulkfile.joined(rows.column("id"))
    if is_canonical:
        whole = ('{"geometry":', position, ',"id":"', identifier, '","properties":{', properties, '},"type":"Feature"}')
    else:
        whole = ('{"type":"Feature","id":"', identifier, '","properties":{', properties, '},"geometry":', position, "}")
    laid = pc.binary_join_element_wise(*whole, "")
    beside = [rows.column(name) for name in bulkfile.FOREIGN]
    if any(column.null_count < rows.num_rows for column in beside):
        plain = pc.and_(*(bulkfile.joined(column.is_null()) for column in beside))
        laid = pc.if_else(plain, laid, None)
    found: list[bytes | None] = laid.cast("binary").to_numpy(zero_copy_only=False).tolist()
    return found


def _property(column: pa.Array, name: str, lay: Callable[[Any], bytes]) -> pa.Array:
    """A field of each row with its name before it, null where it is left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if name in bulkfile.DIFFERENT and not pc.any(pc.match_substring_regex(column, _ESCAPED)).as_py():
        return pc.binary_join_element_wise(f'"{name}":"', column, '"', "")
    coded = column.dictionary_encode()
    texts = []
    for value in coded.dictionary.to_pylist():
        # As a record holds it.
        held = tuple(orjson.loads(value)) if name in LISTS else value
        plain = laid_out(name, held)
        texts.append(None if plain is None else f'"{name}":{lay(plain).decode()}')
    return pa.array(texts, type=pa.string()).take(coded.indices)


def _position(column: pa.ChunkedArray, *, is_canonical: bool) -> pa.Array:
    """The geometry of each row, null where it is to be laid out of the record: where it is no plain point."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    at = bulkfile.points(column)
    if at is None:
        return pc.if_else(bulkfile.joined(column.is_null()), "null", None)
    given = np.isfinite(at[:, 0])
    size = np.abs(at)
    usual = ((size >= _USUAL[0]) & (size < _USUAL[1]) & (at != np.round(at))).all(axis=1)
    is_plain = given & usual if is_canonical else given & np.isfinite(at).all(axis=1)
    x, y = (pa.array(_numbers(side[is_plain]), type=pa.string()) for side in at.T)
    ends = ('{"coordinates":[', '],"type":"Point"}') if is_canonical else ('{"type":"Point","coordinates":[', "]}")
    points = pc.binary_join_element_wise(ends[0], x, ",", y, ends[1], "")
    none: pa.Array = pc.if_else(pa.array(~given), "null", pa.scalar(None, pa.string()))
    return pc.replace_with_mask(none, pa.array(is_plain), points)


def _numbers(values: Any) -> list[str]:
    """Numbers as JSON has them."""
    return orjson.dumps(values.tolist()).decode()[1:-1].split(",") if len(values) else []
