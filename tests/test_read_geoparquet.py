"""GeoParquet of geopandas and duckdb, and plain Parquet, as a table."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from pyarrow import parquet

from resight.errors import InvalidValue, UnreadableFile
from resight.exchange import foreign, geoparquet
from resight.exchange.table import Options

FIXTURES = Path(__file__).parent / "fixtures" / "exchange"
PIER = {"type": "Point", "coordinates": [132.355, 42.897]}


def frame(crs: str | None = "EPSG:4326") -> Any:
    content = geopandas.GeoDataFrame(
        {
            "ship": ["Ropucha", ""],
            "day": [date(2025, 5, 18), None],
            "taken": pd.Series([pd.Timestamp("2025-05-17T22:40:12Z"), None]),
            "count": pd.array([2, None], dtype="Int64"),
            "tags": [["a", "b"], None],
        },
        geometry=[shapely.Point(132.355, 42.897), None],
        crs="EPSG:4326",
    )
    return content.to_crs(crs) if crs else content.set_crs(None, allow_override=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.parquet"


@pytest.mark.parametrize(
    "how", [{}, {"geometry_encoding": "geoarrow"}, {"write_covering_bbox": True}, {"schema_version": "1.0.0"}]
)
def test_a_file_of_geopandas_keeps_types_and_positions(path: Path, how: dict[str, Any]) -> None:
    frame().to_parquet(path, **how)
    assert geoparquet.recognises(path, path.read_bytes())
    table = geoparquet.read(path, Options())
    first, second = table.rows
    assert table.columns == ("ship", "day", "taken", "count", "tags")
    assert {**first.values, "taken": None} == {
        "ship": "Ropucha",
        "day": date(2025, 5, 18),
        "taken": None,
        "count": 2,
        "tags": '["a","b"]',
    }
    assert first.values["taken"] == datetime.fromisoformat("2025-05-17T22:40:12Z")
    assert second.values == dict.fromkeys(table.columns)
    assert (first.number, first.geometry, second.geometry, table.notes) == (1, PIER, None, ())


def test_another_system_is_converted_and_said(path: Path) -> None:
    frame("EPSG:32653").to_parquet(path)
    table = geoparquet.read(path, Options())
    (first, _) = table.rows
    assert first.geometry is not None
    assert first.geometry["coordinates"] == pytest.approx(PIER["coordinates"], abs=1e-8)
    assert table.notes == ("positions were converted from WGS 84 / UTM zone 53N (EPSG:32653) to WGS 84",)


def test_a_system_stated_as_not_known_is_refused_until_it_is_stated(path: Path) -> None:
    frame(None).to_parquet(path)
    with pytest.raises(UnreadableFile, match="does not state the coordinate reference system"):
        geoparquet.read(path, Options())
    assert [row.geometry for row in geoparquet.read(path, Options(crs="EPSG:4326")).rows] == [PIER, None]
    with pytest.raises(InvalidValue, match="'EPSG:1' is no coordinate reference system"):
        geoparquet.read(path, Options(crs="EPSG:1"))


def test_a_file_of_duckdb_without_a_crs_is_in_wgs_84() -> None:
    """GeoParquet: a column without ``crs`` is in OGC:CRS84."""
    table = geoparquet.read(FIXTURES / "duckdb.parquet", Options())
    assert [(row.values, row.geometry) for row in table.rows] == [
        ({"ship": "Ropucha", "day": date(2025, 5, 18), "n": 2}, PIER),
        ({"ship": "Tapir", "day": None, "n": 1.5}, None),
    ]


def test_a_file_without_positions_is_a_plain_table(path: Path) -> None:
    parquet.write_table(pa.table({"ship": ["Ropucha"], "photo": [b"\x89"]}), path)
    table = geoparquet.read(path, Options())
    assert [(row.values, row.geometry) for row in table.rows] == [({"ship": "Ropucha"}, None)]
    assert table.notes == ("columns of raw bytes were left out: photo",)


@pytest.mark.parametrize(
    ("geo", "said"),
    [
        ({"version": "2.0.0", "primary_column": "g", "columns": {"g": {}}}, "is GeoParquet 2.0.0; 1.x is read"),
        ({"version": "1.0.0", "primary_column": "g", "columns": {}}, "name no column of positions"),
        ([], "are no object"),
        ({"version": "1.0.0", "primary_column": ["g"], "columns": {"g": {}}}, "name no column of positions"),
        ({"version": "1.0.0", "primary_column": "h", "columns": {"h": {}}}, "speak of a column 'h' that is not there"),
    ],
)
def test_geo_metadata_that_are_not_as_they_should_be_are_refused(path: Path, geo: Any, said: str) -> None:
    table = pa.table({"g": [b"not wkb"]}).replace_schema_metadata({b"geo": json.dumps(geo).encode()})
    parquet.write_table(table, path)
    with pytest.raises(UnreadableFile, match=said):
        geoparquet.read(path, Options())


def test_half_a_file_too_many_rows_and_too_much_inside_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame().to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(UnreadableFile, match="is not a whole Parquet file"):
        geoparquet.read(path, Options())
    path.write_bytes(whole)
    monkeypatch.setattr(geoparquet, "MOST_UNPACKED", 10)
    with pytest.raises(UnreadableFile, match="unpacks to 0 MB"):
        geoparquet.read(path, Options())
    monkeypatch.setattr(foreign, "MOST_ROWS", 1)
    with pytest.raises(UnreadableFile, match="has 2 rows; 1 are the most"):
        geoparquet.read(path, Options())
