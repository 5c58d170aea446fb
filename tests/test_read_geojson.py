"""GeoJSON of ours, of GDAL and of nobody in particular, as a table."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from resight.errors import InvalidValue, UnreadableFile
from resight.exchange import foreign, geojson
from resight.exchange.table import Options, Row, Table
from resight.logbook import Logbook

FIXTURES = Path(__file__).parent / "fixtures" / "exchange"
PIER = {"type": "Point", "coordinates": [132.355, 42.897]}


def feature(properties: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": None, **members}


def collection(*features: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", **members, "features": list(features)}


def read(tmp_path: Path, content: Any, **options: Any) -> Table:
    path = tmp_path / "a.geojson"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return geojson.read(path, Options(**options))


def rows(table: Table) -> list[Row]:
    return list(table.rows)


def test_a_file_of_ours_gives_every_field_under_its_name(book: Logbook) -> None:
    path = next((book.folder / "seeds").glob("pattern-*.geojson"))
    table = geojson.read(path, Options())
    written = json.loads(path.read_bytes())["features"]
    assert len(rows(table)) == len(written)
    first, row = written[0]["properties"], rows(table)[0].values
    assert row["id"] == written[0]["id"]
    assert row["date"] == first["date"]
    assert json.loads(row["sources"]) == first["sources"]
    assert table.notes == ()


def test_a_foreign_collection_keeps_its_columns_in_order_and_its_id_apart(tmp_path: Path) -> None:
    table = read(tmp_path, collection(feature({"b": 1, "a": " "}, id=7, geometry=PIER), feature({"c": [1], "b": None})))
    assert table.columns == ("feature_id", "b", "a", "c")
    assert rows(table) == [
        Row(1, {"feature_id": 7, "b": 1, "a": None}, PIER),
        Row(2, {"c": "[1]", "b": None}, None),
    ]


def test_a_single_feature_is_a_table_of_one_row(tmp_path: Path) -> None:
    assert rows(read(tmp_path, feature({"a": 1}, geometry=PIER))) == [Row(1, {"a": 1}, PIER)]


def test_one_feature_a_line_is_counted_by_its_line(tmp_path: Path) -> None:
    lines = "\n\n".join(json.dumps(feature({"n": n})) for n in (1, 2))
    assert [(row.number, row.values["n"]) for row in rows(read(tmp_path, lines.encode()))] == [(1, 1), (3, 2)]


def test_gdal_writes_lines_with_record_separators() -> None:
    path = FIXTURES / "gdal.geojsonl"
    assert geojson.recognises(path, path.read_bytes())
    assert [row.values["ship"] for row in rows(geojson.read(path, Options()))] == ["Ropucha", "Tapir"]


def test_a_crs_member_is_followed_and_said() -> None:
    table = geojson.read(FIXTURES / "gdal-utm.geojson", Options())
    place = rows(table)[0].geometry
    assert place is not None
    assert place["coordinates"] == pytest.approx([132.355, 42.897], abs=1e-8)
    assert table.notes == ("positions were converted from WGS 84 / UTM zone 53N (EPSG:32653) to WGS 84",)


@pytest.mark.parametrize("name", ["EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326"])
def test_a_crs_member_that_says_wgs_84_changes_nothing(tmp_path: Path, name: str) -> None:
    """GeoJSON of 2008 puts east first whatever EPSG:4326 defines, and so do all programs that wrote it."""
    table = read(tmp_path, collection(feature({}, geometry=PIER), crs={"type": "name", "properties": {"name": name}}))
    assert (rows(table)[0].geometry, table.notes) == (PIER, ())


def test_an_unknown_crs_is_refused_with_the_option_that_states_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match=r"'EPSG:999999' \(stated by the file\) is no .* --crs EPSG:32652"):
        read(tmp_path, collection(crs={"type": "name", "properties": {"name": "EPSG:999999"}}))
    with pytest.raises(UnreadableFile, match="does not state the coordinate reference system"):
        read(tmp_path, collection(crs=None))


def test_metres_without_a_crs_are_refused_and_placed_when_it_is_stated(tmp_path: Path) -> None:
    content = collection(feature({}, geometry={"type": "Point", "coordinates": [284044.8998704995, 4752771.161077634]}))
    with pytest.raises(UnreadableFile, match=r"\(284044.89.*\), which are no degrees, .*--crs"):
        read(tmp_path, content)
    place = rows(read(tmp_path, content, crs="EPSG:32653"))[0].geometry
    assert place is not None
    assert place["coordinates"] == pytest.approx([132.355, 42.897], abs=1e-8)


def test_one_slip_among_many_does_not_refuse_the_file(tmp_path: Path) -> None:
    slip = {"type": "Point", "coordinates": [13235.5, 42.897]}
    table = read(tmp_path, collection(*[feature({}, geometry=g) for g in (PIER, PIER, slip)]))
    assert [row.geometry for row in rows(table)] == [PIER, PIER, slip]


def test_heights_are_left_out_and_said(tmp_path: Path) -> None:
    high = {"type": "LineString", "coordinates": [[132.0, 42.0, 0.0], [132.1, 42.0, 12.5]]}
    table = read(tmp_path, collection(feature({}, geometry=high)))
    assert rows(table)[0].geometry == {"type": "LineString", "coordinates": [[132.0, 42.0], [132.1, 42.0]]}
    assert table.notes == ("heights were left out (1 position): a record has none",)


def test_a_collection_of_one_kind_becomes_the_multi_geometry(tmp_path: Path) -> None:
    points = {"type": "GeometryCollection", "geometries": [PIER, PIER]}
    mixed = {
        "type": "GeometryCollection",
        "geometries": [PIER, {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}],
    }
    table = read(tmp_path, collection(feature({}, geometry=points), feature({}, geometry=mixed)))
    assert [row.geometry for row in rows(table)] == [
        {"type": "MultiPoint", "coordinates": [PIER["coordinates"]] * 2},
        mixed,
    ]


@pytest.mark.parametrize(
    ("time", "cell"),
    [
        ({"date": "2025-05-18"}, "2025-05-18"),
        ({"timestamp": "2025-05-17T22:40:12Z"}, datetime(2025, 5, 17, 22, 40, 12, tzinfo=UTC)),
        ({"interval": ["2024-10-08", "2024-10-13"]}, "2024-10-08/2024-10-13"),
        ({"interval": ["2024-10-08", ".."]}, "2024-10-08/.."),
        ({"date": "2025-05-18", "timestamp": "2025-05-17T22:40:12Z"}, "2025-05-18"),
    ],
)
def test_the_time_of_json_fg_stands_under_the_date(tmp_path: Path, time: dict[str, Any], cell: Any) -> None:
    table = read(tmp_path, collection(feature({"a": 1}, time=time)))
    assert rows(table)[0].values == {"a": 1, "time": cell}
    assert table.fields == {"time": "date"}


def test_a_date_among_the_properties_goes_before_the_time(tmp_path: Path) -> None:
    assert read(tmp_path, collection(feature({"date": "2025"}, time={"date": "2025-05-18"}))).fields == {}


def test_the_place_of_json_fg_is_in_the_order_of_its_system() -> None:
    """EPSG:28423 is north first; GDAL writes it so, and gives these degrees for it."""
    table = geojson.read(FIXTURES / "gdal-jsonfg.json", Options())
    place = rows(table)[0].geometry
    assert place is not None
    assert place["coordinates"] == pytest.approx([132.355, 42.897], abs=1e-6)
    assert table.notes == (
        "positions were converted from Pulkovo 1942 / Gauss-Kruger zone 23 (EPSG:28423) to WGS 84, good to about 3 m",
        "members of Features beside their properties were left out: featureType",
    )


def test_members_beside_the_properties_are_named_when_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, collection(feature({}, style={"fill": "red"}))).notes == (
        "members of Features beside their properties were left out: style",
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b'{"type":"FeatureCollection","features":[{"type":"Fea', "a.geojson:1: ends in the middle: it was cut off"),
        (b'{"type":"Feature","properties":{"n":NaN}}', "holds NaN…, which JSON does not know, at column"),
        (b'{"type":"Feature"}\n{"type":"Fea', "a.geojson:2: ends in the middle"),
        ('{"type":"Feature",\n"properties":{"a":"пирс"}}'.encode("cp1251"), "Line 2 would read:"),
        (b"[" * 100_000, "a.geojson:1: "),
        (b'{"type":"Point","coordinates":[1,2]}', "a geometry alone says nothing"),
        (b"[1,2]", "is JSON, but not GeoJSON"),
        (b'{"type":"FeatureCollection","features":[3]}', "feature 1 is not a GeoJSON Feature"),
        (b'{"type":"Feature","properties":[]}', "properties and geometry are objects or null"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_what_and_where(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile) as raised:
        read(tmp_path, content)
    assert said in str(raised.value)


def test_another_encoding_is_read_when_it_is_stated(tmp_path: Path) -> None:
    content = '{"type":"Feature","properties":{"berth":"пирс"},"geometry":null}'
    assert rows(read(tmp_path, content.encode("cp1251"), encoding="cp1251"))[0].values == {"berth": "пирс"}
    assert rows(read(tmp_path, content.encode("utf-16")))[0].values == {"berth": "пирс"}
    with pytest.raises(InvalidValue, match="'klingon' is no encoding"):
        read(tmp_path, content.encode(), encoding="klingon")


def test_more_than_an_import_takes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "MOST_ROWS", 1)
    with pytest.raises(UnreadableFile, match="has 2 rows; 1 are the most"):
        read(tmp_path, collection(feature(), feature()))
    monkeypatch.setattr(foreign, "MOST_BYTES", 2**20)
    with pytest.raises(UnreadableFile, match="is 3 MB; files up to 1 MB are read"):
        read(tmp_path, b"{" + b" " * (3 * 2**20))
