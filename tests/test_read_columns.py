"""Files of many rows, read by columns: the cells, the rows and the refusals of a reader of single rows."""

import csv
import decimal
import io
import json
import uuid
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from resight.errors import ResightError, UnreadableFile
from resight.exchange import bulkintake, delimited, geoparquet
from resight.exchange.table import Columns, Options, Row

PIER = {"type": "Point", "coordinates": [132.355, 42.897]}


def rows_of(columns: Columns) -> list[Row]:
    """The rows that the columns stand for, as a reader of single rows gives them."""
    import numpy as np

    found = [*bulkintake.some_rows(columns, np.arange(columns.cells.num_rows)), *columns.odd]
    return sorted(found, key=lambda row: row.number)


# --- CSV ----------------------------------------------------------------------------------------------------------


def both(path: Path) -> tuple[Any, Any]:
    """What either reader gives: columns, rows and notes, or the words of its refusal."""

    def by_rows() -> Any:
        table = delimited.read(path, Options())
        return table.columns, list(table.rows), table.notes

    def by_columns() -> Any:
        columns = delimited.columns(path, Options())
        return tuple(columns.cells.column_names), rows_of(columns), columns.notes

    found = []
    for reader in (by_rows, by_columns):
        try:
            found.append(reader())
        except ResightError as error:
            found.append(str(error))
    return found[0], found[1]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    head=st.sampled_from(
        ["site,date,note\n", "\ufeffsite,date,note\r\n", 'site,date,"the\nnote"\n', "Watch\n\na,b,c\n"]
    ),
    body=st.text(st.sampled_from('ab,,,"\n\n\r 7'), max_size=40),
)
@example("site,date,note\n", 'a,b,"c\na,b,c\n')
@example("site,date,note\n", 'a,b,"c" d\na,b,c\n')
@example("site,date,note\n", 'a,b,"c ""d"" e"\n\n,,\na,b')
@example("site,date,note\n", "a,b,c,d\na\n\na,b,c\n")
@example('site,date,"the\nnote"\n', 'a,b,"two\nlines"\na,b,c,d\n')
def test_a_table_by_columns_has_the_rows_and_the_refusals_that_it_has_by_rows(
    tmp_path: Path, head: str, body: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(head + body, encoding="utf-8", newline="")
    by_rows, by_columns = both(path)
    assert by_columns == by_rows


@pytest.mark.parametrize(
    "data",
    [
        "site,date\ndunay,2025\n".encode("utf-16"),
        "site,date\ndunay,2025\n".encode("utf-16-le"),
        "site,date\nДунай,2025\n".encode("cp1251"),
        b"site,date\n" + b"dunay,2025\n" * 20_000 + "Дунай,2025\n".encode("cp1251"),
        b"site,date",
        b"\0" * 200,
        b"sep=;\nsite;date\ndunay;2025\n",
        b"site,date," + b"x" * 70_000 + b"\ndunay,2025,y\n",
        b"site,date,note\ndunay,2025," + b"x" * 140_000 + b"\n",
        b"site,date,note\n" + b'dunay,2025,"a, b"\n' * 3 + b'dunay,2025,"a\n' + b"dunay,2025,b\n" * 9,
    ],
)
def test_encodings_marks_and_long_lines_are_met_as_by_rows(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    by_rows, by_columns = both(path)
    assert by_columns == by_rows


def test_a_cell_that_is_never_closed_does_not_swallow_the_rows_below_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("site,date\n" + "a,b\n" * 5000 + 'a,"b\n' + "a,b\n" * 100)
    with pytest.raises(UnreadableFile, match="ends inside a quoted cell of the row that begins in line 5002"):
        delimited.columns(path, Options())


def test_quotation_marks_that_are_in_place_need_no_second_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["site", "note"], *(["dunay", "two\nlines, and a comma"] for _ in range(100))])
    (tmp_path / "a.csv").write_text(text.getvalue(), newline="")
    monkeypatch.setattr(delimited, "_QuotedRows", None)
    assert delimited.columns(tmp_path / "a.csv", Options()).cells.num_rows == 100


# --- Parquet ------------------------------------------------------------------------------------------------------


def written(folder: Path, column: pa.Array, **geo: Any) -> Path:
    path = folder / "a.parquet"
    metadata = {"version": "1.1.0", "primary_column": "cell", "columns": {"cell": {"encoding": "WKB", **geo}}}
    table = pa.table({"site": ["dunay"] * len(column), "cell": column})
    parquet.write_table(table.replace_schema_metadata({"geo": json.dumps(metadata)}) if geo else table, path)
    return path


TAKEN = datetime(2025, 5, 17, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        (pa.array(["a"], pa.string_view()), "a"),
        (pa.array(["a"], pa.large_string()).dictionary_encode(), "a"),
        (pa.array([TAKEN], pa.timestamp("ns", "Asia/Tokyo")), TAKEN),
        (pa.array([TAKEN], pa.timestamp("us", "Mars/Olympus")), TAKEN),
        (pa.array([1747519800123456789], pa.timestamp("ns")), datetime(2025, 5, 17, 22, 10, 0, 123456)),
        (pa.array([date(2025, 5, 18)], pa.date64()), date(2025, 5, 18)),
        (pa.array([date(2025, 5, 18)]).dictionary_encode(), date(2025, 5, 18)),
        (pa.array([decimal.Decimal("42.897")]), 42.897),
        (pa.array([["a", "b"]], pa.list_view(pa.string_view())), '["a","b"]'),
        (pa.array([{"a": [1]}], pa.struct([("a", pa.list_(pa.int8()))])), '{"a":[1]}'),
        (pa.array([[]], pa.list_(pa.string())), None),
        (pa.array([uuid.UUID(int=7).bytes], pa.uuid()), "00000000-0000-0000-0000-000000000007"),
        (pa.array(['{"a": 1}'], pa.json_()), '{"a": 1}'),
        # What is in no calendar is text, which a date is not.
        (pa.array([3_660_000], pa.date32()), "11990-09-28"),
        (pa.array([2**62], pa.timestamp("us", "UTC")), "17036-07-06 14:00:27.387904Z"),
        (pa.array([2**62], pa.timestamp("ms")), "<value out of range: 4611686018427387904>"),
    ],
)
def test_cells_of_any_type_are_plain(tmp_path: Path, column: pa.Array, cell: Any) -> None:
    path = written(tmp_path, pa.concat_arrays([column, pa.nulls(1, column.type)]))
    first, second = rows_of(geoparquet.columns(path, Options()))
    assert (first.values, second.values) == ({"site": "dunay", "cell": cell}, {"site": "dunay", "cell": None})
    assert [row.values for row in geoparquet.read(path, Options()).rows] == [first.values, second.values]


POINT = shapely.Point(132.355, 42.897)
CURVE = bytes.fromhex("010800000003000000" + "00" * 16 + "000000000000f03f" * 2 + "0000000000000040" + "00" * 8)
UNREADABLE = {"type": "unreadable WKB", "coordinates": []}


@pytest.mark.parametrize(
    ("column", "positions"),
    [
        (pa.array([POINT.wkb, None]), [PIER, None]),
        (pa.array([POINT.wkb], pa.binary_view()), [PIER]),
        (pa.array([POINT.wkb]).dictionary_encode(), [PIER]),
        (pa.array([shapely.to_wkb(POINT, byte_order=0)]), [PIER]),
        (pa.array([shapely.Point().wkb, shapely.Polygon().wkb]), [None, None]),
        (pa.nulls(2), [None, None]),
        (pa.array([POINT.wkb, b"no position", None]), [PIER, UNREADABLE, None]),
        (pa.array([CURVE, POINT.wkb]), [UNREADABLE, PIER]),
    ],
)
def test_positions_are_read_or_refused_with_their_row(tmp_path: Path, column: pa.Array, positions: list[Any]) -> None:
    path = written(tmp_path, column, geometry_types=[])
    assert [row.geometry for row in rows_of(geoparquet.columns(path, Options()))] == positions
    assert [row.geometry for row in geoparquet.read(path, Options()).rows] == positions


@pytest.mark.parametrize(
    ("column", "encoding", "said"),
    [
        (pa.array([POINT.wkt]), "WKT", "its positions cannot be read: 'WKT' in a column of string; write them as WKB"),
        (pa.array([POINT.wkt]), "WKB", "its positions cannot be read: 'WKB' in a column of string"),
        (pa.array([1]), "point", "its positions cannot be read: 'point' in a column of int64"),
    ],
)
def test_positions_that_are_no_bytes_are_refused(tmp_path: Path, column: pa.Array, encoding: str, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        geoparquet.columns(written(tmp_path, column, encoding=encoding), Options())


def test_a_system_that_nobody_knows_gives_way_to_the_one_that_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, pa.array([POINT.wkb]), crs={"type": "ProjectedCRS", "name": "ours"})
    with pytest.raises(ResightError, match="is no coordinate reference system that PROJ knows; allowed: name it with"):
        geoparquet.columns(path, Options())
    columns = geoparquet.columns(path, Options(crs="EPSG:4326"))
    assert rows_of(columns)[0].geometry == PIER
    assert columns.notes == ("the file states a system that PROJ does not know; --crs EPSG:4326 was taken",)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.Table.from_arrays([pa.array(["a"])] * 2, names=["site", "site"]), path)
    with pytest.raises(UnreadableFile, match=r"has two columns of one name \(site\)"):
        geoparquet.columns(path, Options())


def test_bytes_that_may_be_positions_are_not_left_out_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"site": ["dunay"], "geometry": [POINT.wkb]}), path)
    _, note = geoparquet.columns(path, Options()).notes
    assert "whether these bytes are positions the file does not say" in note


def test_a_folder_that_is_named_as_a_column_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "site=sunan").mkdir()
    path = written(tmp_path / "site=sunan", pa.array(["a"]))
    assert rows_of(geoparquet.columns(path, Options()))[0].values == {"site": "dunay", "cell": "a"}
