"""GeoPackages as QGIS and geopandas write them (both by way of GDAL), as a table."""

import shutil
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pyogrio
import pytest
import shapely

from resight.errors import InvalidValue, UnreadableFile
from resight.exchange import foreign, geopackage
from resight.exchange.table import Options

PIER = shapely.Point(132.355, 42.897)


def frame(**columns: Any) -> Any:
    geometry = columns.pop("geometry", [PIER, None])
    return geopandas.GeoDataFrame(columns or {"ship": ["Ropucha", None]}, geometry=geometry, crs="EPSG:4326")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.gpkg"


def write(path: Path, content: Any, layer: str = "looks") -> None:
    pyogrio.write_dataframe(content, path, layer=layer, driver="GPKG", append=path.exists(), SPATIAL_INDEX="NO")


def test_cells_keep_their_types_and_rows_their_fid(path: Path) -> None:
    content = frame(
        ship=["deleted", "Ropucha", ""],
        day=[None, date(2025, 5, 18), None],
        taken=pd.Series([None, pd.Timestamp("2025-05-17T22:40:12Z"), None]),
        count=pd.array([1, 2, None], dtype="Int64"),
        gsd=[1, 0.5, float("nan")],
        context=[True, True, False],
        geometry=[PIER, PIER, None],
    )
    write(path, content)
    with sqlite3.connect(path) as base:
        base.execute("ALTER TABLE looks ADD COLUMN late DATE")
        base.execute("UPDATE looks SET late = '2025-05-19'")
        base.execute("DELETE FROM looks WHERE ship = 'deleted'")
    assert geopackage.recognises(path, path.read_bytes()[:65536])
    table = geopackage.read(path, Options())
    rows = list(table.rows)
    assert [row.number for row in rows] == [2, 3]
    assert rows[0].values == {
        "ship": "Ropucha",
        "day": "2025-05-18",
        "taken": datetime(2025, 5, 17, 22, 40, 12, tzinfo=UTC),
        "count": 2,
        "gsd": 0.5,
        "context": True,
        "late": date(2025, 5, 19),
    }
    assert rows[1].values == {
        **dict.fromkeys(["ship", "day", "taken", "count", "gsd"]),
        "context": False,
        "late": date(2025, 5, 19),
    }
    assert [row.geometry for row in rows] == [{"type": "Point", "coordinates": [132.355, 42.897]}, None]
    assert isinstance(rows[0].values["count"], int)


@pytest.mark.filterwarnings("error")
def test_a_geopackage_of_another_name_is_read_without_a_remark(path: Path) -> None:
    write(path, frame())
    other = path.rename(path.with_name("layer.json"))
    assert len(list(geopackage.read(other, Options()).rows)) == 2


def test_another_system_is_converted_and_said(path: Path) -> None:
    write(path, frame().to_crs("EPSG:32653"))
    table = geopackage.read(path, Options())
    (first, _) = table.rows
    assert first.geometry is not None
    assert first.geometry["coordinates"] == pytest.approx([132.355, 42.897], abs=1e-8)
    assert table.notes == ("positions were converted from WGS 84 / UTM zone 53N (EPSG:32653) to WGS 84",)


@pytest.mark.parametrize("undefined", [-1, 0])
def test_an_undefined_system_is_refused_until_it_is_stated(path: Path, undefined: int) -> None:
    write(path, frame())
    with sqlite3.connect(path) as base:
        base.execute(f"UPDATE gpkg_geometry_columns SET srs_id = {undefined}")
        base.execute(f"UPDATE gpkg_contents SET srs_id = {undefined}")
    with pytest.raises(UnreadableFile, match=r"does not state the coordinate reference system.*--crs"):
        geopackage.read(path, Options())
    (first, _) = geopackage.read(path, Options(crs="EPSG:4326")).rows
    assert first.geometry == {"type": "Point", "coordinates": [132.355, 42.897]}


def test_a_system_that_is_stated_beside_that_of_the_file_is_not_used_and_said(path: Path) -> None:
    write(path, frame())
    table = geopackage.read(path, Options(crs="EPSG:32653"))
    assert table.notes == ("--crs EPSG:32653 was not used: the file states WGS 84",)


def test_the_first_layer_with_features_is_read_and_the_others_are_said(path: Path) -> None:
    for layer, content in (("empty", frame().iloc[:0]), ("looks", frame()), ("other", frame(n=[1, 2]))):
        write(path, content, layer)
    table = geopackage.read(path, Options())
    assert table.columns == ("ship",)
    assert table.notes == (
        "layer looks was read; others hold features, too: other (2): --sheet names another",
    )  # fmt: skip
    assert geopackage.read(path, Options(sheet="other")).columns == ("n",)
    assert geopackage.read(path, Options(sheet="3")).columns == ("n",)
    with pytest.raises(InvalidValue, match="no layer 'x'; allowed: empty, looks, other"):
        geopackage.read(path, Options(sheet="x"))


def test_a_table_without_positions_needs_no_system(path: Path) -> None:
    pyogrio.write_dataframe(pd.DataFrame({"ship": ["Ropucha"]}), path, layer="looks", driver="GPKG")
    assert [(row.values, row.geometry) for row in geopackage.read(path, Options()).rows] == [
        ({"ship": "Ropucha"}, None)
    ]


def test_heights_go_and_what_is_empty_or_not_finite_is_left_to_be_refused(path: Path) -> None:
    write(path, frame(n=[1, 2, 3], geometry=[shapely.Point(1, 2, 3), shapely.Point(), shapely.Point(float("nan"), 1)]))
    table = geopackage.read(path, Options())
    assert [row.geometry for row in table.rows] == [
        {"type": "Point", "coordinates": [1.0, 2.0]},
        None,
        {"type": "Point", "coordinates": [None, 1.0]},
    ]
    assert table.notes == ("heights were left out (1 position): a record has none",)


def test_raw_bytes_are_no_cells(path: Path) -> None:
    write(path, frame())
    with sqlite3.connect(path) as base:
        base.execute("ALTER TABLE looks ADD COLUMN photo BLOB")
        base.execute("UPDATE looks SET photo = x'89504E47'")
    table = geopackage.read(path, Options())
    assert table.notes == ("columns of raw bytes were left out: photo",)
    assert [row.values["photo"] for row in table.rows] == [None, None]


def test_a_broken_file_and_another_database_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, frame())
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile, match="is not a whole GeoPackage"):
        geopackage.read(path, Options())
    path.write_bytes(b"ship;date\n")
    with pytest.raises(UnreadableFile, match="is not a GeoPackage"):
        geopackage.read(path, Options())
    with pytest.raises(UnreadableFile, match="there is no file"):
        geopackage.read(path.with_name("b.gpkg"), Options())
    path.write_bytes(whole)
    monkeypatch.setattr(foreign, "MOST_ROWS", 1)
    with pytest.raises(UnreadableFile, match="has 2 rows; 1 are the most"):
        geopackage.read(path, Options())


def test_reading_leaves_the_file_as_it_was(path: Path) -> None:
    write(path, frame())
    copy = shutil.copy(path, path.with_suffix(".copy"))
    geopackage.read(path, Options())
    assert path.read_bytes() == Path(copy).read_bytes()
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["a.copy", "a.gpkg"]
