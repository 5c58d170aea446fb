"""Records handed out to other programs: read back by readers that are not ours, nothing lost that is not said."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import struct
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import geopandas
import openpyxl
import pyogrio
import pystac
import pytest
import shapely
from click.testing import Result
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from pystac.validation import validate_dict

from outgoing import HOSTILE, a_record, bytes_of, hostile_records, plain, record_of, same, setting, several
from resight import Logbook
from resight.commands.exporting import WRITTEN
from resight.errors import CannotWrite
from resight.exchange import atlos, darwincore, delimited, geojson, geopackage, geoparquet, kml, stac, timemap, xlsx
from resight.exchange.formats import FORMATS
from resight.observation import PROPERTY_NAMES, Observation
from resight.public import Terms

Run = Callable[..., Result]
NAMES = WRITTEN.split(", ")


def as_xml(text: str) -> str:
    """The text with a mark for what XML 1.0 cannot hold (its production 2, Char)."""

    def fits(c: str) -> bool:
        return c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"

    return "".join(c if fits(c) else "\ufffd" for c in text)


#: The fields with any text in the tests that are a cell of their own; lists are JSON, which has marks of its own.
FREE = ("operator", "visible", "berth", "image_id", "note", "sensor")


def changed(record: Observation, change: Callable[[str], str]) -> Observation:
    """The record with a change made to each of its free texts."""
    return record.model_copy(update={name: change(text) for name in FREE if (text := getattr(record, name))})


# --- readers that are not ours


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read_xlsx(path: Path) -> list[dict[str, Any]]:
    header, *rows = openpyxl.load_workbook(path)["records"].iter_rows(values_only=True)
    return [
        {str(n): unescape(c) if isinstance(c, str) else c for n, c in zip(header, row, strict=True)} for row in rows
    ]


def read_gpkg(path: Path) -> list[tuple[dict[str, Any], Any]]:
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("select * from observations order by fid")]
    return [({n: v for n, v in row.items() if n not in ("fid", "geom")}, _gpkg_shape(row["geom"])) for row in rows]


def _gpkg_shape(blob: bytes | None) -> Any:
    """A geometry blob (OGC 12-128, 2.1.3): magic, version, flags, SRS, envelope, WKB."""
    if blob is None:
        return None
    magic, _, flags, srs = struct.unpack("<2sBBi", blob[:8])
    assert (magic, srs) == (b"GP", 4326)
    return shapely.from_wkb(blob[8 + (0, 32, 48, 48, 64)[(flags >> 1) & 7] :])


def read_parquet(path: Path) -> list[tuple[dict[str, Any], Any]]:
    # As moments without a zone, for which duckdb needs no other package.
    moments = ", ".join(f"make_timestamp(epoch_us({n})) as {n}" for n in ("image_time", "logged_at", "revised_at"))
    table = duckdb.sql(f"select * replace ({moments}) from '{path}'")
    assert table is not None
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]
    shapes = geopandas.read_parquet(path).geometry
    return [
        ({n: v for n, v in row.items() if n not in ("geometry", "bbox")}, shape)
        for row, shape in zip(rows, shapes, strict=True)
    ]


KML = {"": "http://www.opengis.net/kml/2.2"}


def read_kml(path: Path) -> list[tuple[dict[str, str], Any]]:
    text = zipfile.ZipFile(path).read("doc.kml") if zipfile.is_zipfile(path) else path.read_bytes()
    placemarks = ElementTree.fromstring(text).findall(".//Placemark", KML)
    return [
        ({d.attrib["name"]: d.findtext("value", "", KML) for d in p.findall(".//Data", KML)}, p) for p in placemarks
    ]


# --- nothing is lost


def test_geojson_is_as_in_the_logbook(tmp_path: Path) -> None:
    path, records = tmp_path / "out.geojson", several()
    assert geojson.write(records, path, setting()) == ()
    content = json.loads(path.read_bytes())
    same([Observation.from_feature(feature) for feature in content["features"]], records)
    assert len(geopandas.read_file(path)) == len(records)
    assert [json.loads(line.rstrip(b",")) for line in path.read_bytes().splitlines()[1:-1]] == content["features"]


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_delimited_text_holds_everything(tmp_path: Path, form: str) -> None:
    path, records = tmp_path / "out", several()
    assert delimited.write(records, path, setting(form)) == ()
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, delimiter="\t" if form == "tsv" else ","))
    same([record_of(row) for row in found], records)
    assert list(found[0])[: len(PROPERTY_NAMES)] == list(PROPERTY_NAMES)


def test_the_safe_form_runs_nothing_and_is_undone_by_its_last_column(tmp_path: Path) -> None:
    path, records = tmp_path / "out.csv", several()
    assert delimited.write(records, path, setting("csv", is_safe=True)) == ()
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = read_csv(path)
    for row in rows:
        texts = {name: cell for name, cell in row.items() if name not in ("longitude", "latitude")}
        assert [cell for cell in texts.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []
        for name in row.pop("guarded").split():
            assert row[name].startswith("'")
            row[name] = row[name][1:]
    same([record_of(row) for row in rows], records)


def test_a_negative_longitude_is_a_number_in_the_safe_form(tmp_path: Path) -> None:
    record = plain(geometry={"type": "Point", "coordinates": [-5.25, -42.5]})
    delimited.write([record], tmp_path / "out.csv", setting("csv", is_safe=True))
    (row,) = read_csv(tmp_path / "out.csv")
    assert (row["longitude"], row["latitude"], row["guarded"]) == ("-5.25", "-42.5", "")


def xlsx_text(text: str) -> str:
    return as_xml(text).replace("\r\n", "\n").replace("\r", "\n")


def test_a_workbook_holds_everything_but_what_it_says(tmp_path: Path) -> None:
    path, records = tmp_path / "out.xlsx", several()
    losses = xlsx.write(records, path, setting())
    same([record_of(row) for row in read_xlsx(path)], [changed(record, xlsx_text) for record in records])
    assert losses == (
        "XLSX cannot hold control characters: '\ufffd' stands in their place in hostile-12 and hostile-16",
        "XLSX ends lines with a line feed alone, now in hostile-7",
    )


def test_the_cells_of_a_workbook_are_typed_and_none_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    xlsx.write([a_record(), plain(date="2024-10~"), a_record(note="=1+1", operator="#REF!")], path, setting())
    sheet = openpyxl.load_workbook(path)["records"]
    header = [cell.value for cell in sheet[1]]
    exact, vague, formula = (dict(zip(header, row, strict=True)) for row in sheet.iter_rows(min_row=2))
    assert sheet.freeze_panes == "B2"
    assert exact["date"].is_date
    assert exact["earliest"].value == datetime(2025, 5, 18)
    assert exact["image_time"].value == datetime(2025, 5, 18, 1, 40)
    assert (exact["count"].value, exact["gsd_m"].value) == (1, 0.5)
    assert (vague["date"].value, vague["date"].data_type) == ("2024-10~", "s")
    assert vague["latest"].value == datetime(2024, 11, 15)
    assert [formula[name].data_type for name in ("note", "operator")] == ["s", "s"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}


def test_a_cell_is_cut_where_excel_ends_it_and_it_is_said(tmp_path: Path) -> None:
    losses = xlsx.write([a_record(note="x" * 40_000)], tmp_path / "out.xlsx", setting())
    (row,) = read_xlsx(tmp_path / "out.xlsx")
    assert (len(row["note"]), row["note"][-1]) == (32_767, "…")
    assert losses == (
        "a cell of XLSX holds 32767 characters: longer text was cut, ending in …, in dunay-2025-05-18-ropucha-class",
    )


def test_more_records_than_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 2)
    with pytest.raises(CannotWrite, match="2 records do not fit into a sheet of 2 rows"):
        xlsx.write([plain(), plain()], tmp_path / "out.xlsx", setting())


def test_a_geopackage_holds_everything_but_nul(tmp_path: Path) -> None:
    path, records = tmp_path / "out.gpkg", several()
    losses = geopackage.write(records, path, setting())
    expected = [changed(record, lambda t: t.replace("\x00", "\ufffd")) for record in records]
    same([record_of(cells, shape) for cells, shape in read_gpkg(path)], expected)
    assert losses == ("GeoPackage cannot hold the character NUL: '\ufffd' stands in their place in hostile-12",)
    kinds = dict(zip(*(pyogrio.read_info(path)[name] for name in ("fields", "ogr_types")), strict=True))
    assert [kinds[n] for n in ("earliest", "image_time", "count", "gsd_m", "note")] == [
        *("OFTDate", "OFTDateTime", "OFTInteger64", "OFTReal", "OFTString")
    ]


def test_a_geoparquet_file_holds_everything(tmp_path: Path) -> None:
    path, records = tmp_path / "out.parquet", several()
    assert geoparquet.write(records, path, setting()) == ()
    same([record_of(cells, shape) for cells, shape in read_parquet(path)], records)
    frame = geopandas.read_parquet(path, bbox=(132.3, 42.8, 132.4, 43))
    assert frame.crs == "OGC:CRS84"
    assert set(frame["id"]) == {record.id for record in records if record.geometry}
    described = duckdb.sql(f"select column_name, column_type from (describe select * from '{path}')")
    assert described is not None
    types = dict(described.fetchall())
    assert (types["earliest"], types["image_time"], types["aggregate"]) == (
        "DATE",
        "TIMESTAMP WITH TIME ZONE",
        "BOOLEAN",
    )


def test_the_metadata_of_a_geoparquet_file_say_what_the_specification_asks_for(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    geoparquet.write(several(), tmp_path / "out.parquet", setting())
    metadata = json.loads(pq.read_schema(tmp_path / "out.parquet").metadata[b"geo"])
    (column,) = metadata["columns"].values()
    assert (metadata["version"], metadata["primary_column"], column["encoding"]) == ("1.1.0", "geometry", "WKB")
    assert column["geometry_types"] == ["LineString", "MultiPoint", "Point", "Point Z", "Polygon"]
    assert column["bbox"] == [132.35, 42.89, 132.36, 42.9]
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]


@pytest.mark.parametrize("form", ["kml", "kmz"])
def test_kml_holds_everything_but_what_xml_cannot(tmp_path: Path, form: str) -> None:
    path, records = tmp_path / f"out.{form}", several()
    losses = kml.write(records, path, setting(form))
    found = {cells["id"]: (cells, placemark) for cells, placemark in read_kml(path)}
    for record in records:
        cells, placemark = found[record.id or ""]
        expected = changed(record, as_xml)
        assert record_of(cells).to_feature()["properties"] == expected.to_feature()["properties"]
        tags = {child.tag.partition("}")[2] for child in placemark}
        geometry = record.geometry["type"].replace("MultiPoint", "MultiGeometry") if record.geometry else None
        assert tags & {"Point", "LineString", "Polygon", "MultiGeometry"} == ({geometry} if geometry else set())
    assert losses == (
        "KML cannot hold control characters: '\ufffd' stands in their place in hostile-12 and hostile-16",
    )


@pytest.mark.parametrize("form", ["kml", "kmz"])
def test_gdal_reads_kml_whole_with_the_positions(tmp_path: Path, form: str) -> None:
    path, records = tmp_path / f"out.{form}", several()
    kml.write(records, path, setting(form))
    frames = [pyogrio.read_dataframe(path, layer=name) for name, _ in pyogrio.list_layers(path)]
    shapes = {row["id"]: row["geometry"] for frame in frames for row in frame.to_dict("records")}
    assert shapes.keys() == {record.id for record in records}
    for record in records:
        expected = shapely.geometry.shape(record.geometry) if record.geometry else None
        found = shapes[record.id]
        assert (found is None) == (expected is None)
        if expected is not None:
            assert shapely.equals_exact(found, expected, 1e-9)


@examples(max_examples=25)
@given(record=hostile_records(), terms=st.sampled_from([None, Terms()]))
def test_kml_is_valid_by_the_schema_of_the_ogc(
    tmp_path_factory: pytest.TempPathFactory, record: Observation, terms: Terms | None
) -> None:
    fastkml = pytest.importorskip("fastkml", reason="ships the schema of KML 2.2 (OGC 07-147r2)")
    from lxml import etree

    path = tmp_path_factory.mktemp("kml") / "out.kml"
    kml.write([*several(), record], path, setting("kml")._replace(terms=terms))
    schema = etree.XMLSchema(etree.parse(Path(fastkml.__file__).parent / "schema" / "ogckml22.xsd"))
    schema.assertValid(etree.parse(path))


#: The order that the schema of KML 2.2 (OGC 07-147r2, kml:PlacemarkType) asks for.
PLACEMARK = ("name", "description", "TimeStamp", "TimeSpan", "styleUrl", "ExtendedData")


def test_a_placemark_has_its_parts_in_the_order_of_the_schema(tmp_path: Path) -> None:
    kml.write(several(), tmp_path / "out.kml", setting("kml"))
    for _, placemark in read_kml(tmp_path / "out.kml"):
        tags = [child.tag.partition("}")[2] for child in placemark]
        places = [PLACEMARK.index(tag) if tag in PLACEMARK else len(PLACEMARK) for tag in tags]
        assert places == sorted(places)


def folders(element: Any) -> dict[str, Any]:
    found = {f.findtext("name", "", KML): folders(f) for f in element.findall("Folder", KML)}
    return found or {p.findtext("name", "", KML): {} for p in element.findall("Placemark", KML)}


def test_folders_are_years_then_sites_and_what_has_no_position_is_apart(tmp_path: Path) -> None:
    records = [
        a_record(),
        a_record(id="b", geometry=None),
        plain(site="rajin"),
        plain(id="old", date="2019-07"),
        plain(id="both", date="2024-12/2025-01"),
    ]
    kml.write(records, tmp_path / "out.kml", setting("kml"))
    document = ElementTree.parse(tmp_path / "out.kml").getroot().find("Document", KML)
    found = folders(document)
    assert list(found) == ["2025 (this year)", "2024 (last year)", "2019", "dates that cross a New Year"]
    assert found["2024 (last year)"] == {"Rajin": {"position not given": {"2024: platform not given": {}}}}
    assert list(found["2025 (this year)"]["Dunay"]) == ["position not given"]


def test_times_of_kml_are_the_moment_the_day_or_the_bounds(tmp_path: Path) -> None:
    records = [a_record(id="a"), a_record(id="b", image_time=None), plain(id="c", date="2024-10/2024-11")]
    kml.write(records, tmp_path / "out.kml", setting("kml"))
    times = {
        cells["id"]: [part.text for tag in ("TimeStamp", "TimeSpan") for part in p.findall(f"{tag}/*", KML)]
        for cells, p in read_kml(tmp_path / "out.kml")
    }
    assert times == {"a": ["2025-05-18T01:40:00Z"], "b": ["2025-05-18"], "c": ["2024-10-01", "2024-11-30"]}


def test_a_balloon_is_text_and_its_links_lead_to_the_web(tmp_path: Path) -> None:
    sources = [{"title": "<i>A</i>", "url": "https://example.org/?a=1&b=<".rstrip("<")}, {"title": "$[id]"}]
    kml.write([a_record(note="</b><script>x</script>", sources=sources)], tmp_path / "out.kml", setting("kml"))
    ((_, placemark),) = read_kml(tmp_path / "out.kml")
    balloon = placemark.findtext("description", "", KML)
    assert "&lt;script&gt;" in balloon
    assert "<script" not in balloon
    assert '<a href="https://example.org/?a=1&amp;b=">&lt;i&gt;A&lt;/i&gt;</a>' in balloon
    assert "$&#91;id]" in balloon
    assert "$[id]" not in balloon
    assert (tmp_path / "out.kml").read_text(encoding="utf-8").count("http://") == 1, "the namespace alone"


WRITERS: list[tuple[str, Any, Callable[[Path], list[Observation]], Callable[[str], str]]] = [
    ("csv", delimited, lambda p: [record_of(row) for row in read_csv(p)], str),
    ("gpkg", geopackage, lambda p: [record_of(*row) for row in read_gpkg(p)], lambda t: t.replace("\x00", "\ufffd")),
    ("parquet", geoparquet, lambda p: [record_of(*row) for row in read_parquet(p)], str),
    ("xlsx", xlsx, lambda p: [record_of(row) for row in read_xlsx(p)], xlsx_text),
]


@pytest.mark.parametrize(("form", "module", "read", "change"), WRITERS, ids=[writer[0] for writer in WRITERS])
@examples(max_examples=30)
@given(records=st.lists(hostile_records(), min_size=1, max_size=3))
def test_whatever_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    form: str,
    module: Any,
    read: Callable[[Path], list[Observation]],
    change: Callable[[str], str],
    records: list[Observation],
) -> None:
    path = tmp_path_factory.mktemp("out") / f"out.{form}"
    module.write(records, path, setting(form))
    same(read(path), [changed(record, change) for record in records])


# --- formats that hold less


def test_stac_items_are_valid_and_tell_of_the_look(tmp_path: Path) -> None:
    records = [
        *(a_record(), a_record(id="a-second-thing", platform="tapir-class", platform_name=None, hedge_on="platform")),
        plain(id="cloudy", site="sunan", date="2025-05-19", outcome="cannot-tell", image_id="cloudy"),
        a_record(id="kept-here", site="rajin", image_href="observations/images/a.png", image_time=None),
        plain(id="without-an-image"),
    ]
    losses = stac.write(records, tmp_path / "out.json", setting("stac"))
    content = json.loads((tmp_path / "out.json").read_bytes())
    items = pystac.ItemCollection.from_dict(content).items
    for item in items:
        # The schemas of STAC itself come with pystac, those of the extensions would be asked for over the network.
        validate_dict({**item.to_dict(), "stac_extensions": []})
    look, kept, cloudy = sorted(items, key=lambda item: ("kept" in item.id, "cloudy" in item.id))[:1] + [
        next(item for item in items if item.id == name) for name in ("kept-here", "cloudy")
    ]
    assert look.datetime is not None
    assert look.datetime.isoformat() == "2025-05-18T01:40:00+00:00"
    assert (look.properties["platform"], look.properties["gsd"], look.properties["eo:cloud_cover"]) == (
        *("SkySat-C12", 0.5, 12.5),
    )
    assert look.properties["view:off_nadir"] == 20
    assert [url.split("/")[3] for url in look.stac_extensions] == ["eo", "view", "file"]
    assert look.assets["image"].href == "https://example.org/scene.tif"
    assert look.assets["image"].extra_fields["file:checksum"] == "1220" + "ab" * 32
    assert look.properties["resight:geometry"] == "the point of the site, not the extent of the image"
    told = [Observation.from_feature(feature) for feature in look.properties["resight:records"]]
    same(told, sorted(records[:2], key=lambda record: [r.id for r in told].index(record.id)))
    assert (cloudy.datetime, cloudy.properties["start_datetime"]) == (None, "2025-05-18T14:00:00Z")
    assert kept.assets == {}
    assert losses == (
        "STAC tells of images only: 1 record of no look with an image left out",
        "an image kept in the logbook has no address that others can open, so the Item of it has no asset: kept-here",
    )


def test_a_timemap_event_has_the_keys_that_timemap_allows(tmp_path: Path) -> None:
    losses = timemap.write([a_record(), plain(date="2024-10~")], tmp_path / "out.json", setting("timemap"))
    exact, vague = json.loads((tmp_path / "out.json").read_bytes())
    # src/reducers/validate/eventSchema.js of forensic-architecture/timemap; another key is refused.
    assert exact == {
        "id": "dunay-2025-05-18-ropucha-class",
        "description": "Ropucha class “believed” Nikolay Vilkov. A landing ship is alongside the pier.",
        "date": "05/18/2025",
        "time": "11:40",
        "time_display": "18 May 2025, 11:40",
        "location": "Dunay",
        "latitude": "42.89712345",
        "longitude": "132.35512345",
        "type": "seen",
        "category": "Ropucha class",
        "comments": "Seen by two.",
        "associations": [],
        "sources": ["https://example.org/1?a=1&b=2"],
    }
    assert (vague["date"], vague["time"], vague["latitude"]) == ("09/16/2024", "", "")
    assert any("count (1 record)" in sentence for sentence in losses)
    assert any("1 record" in sentence and "time_display" in sentence for sentence in losses)


def test_a_timemap_sheet_has_a_numbered_column_for_each_source(tmp_path: Path) -> None:
    sources = [{"url": "https://example.org/1"}, {"url": "https://example.org/2"}]
    timemap.write([a_record(sources=sources), plain()], tmp_path / "out.csv", setting("timemap"))
    first, second = read_csv(tmp_path / "out.csv")
    assert (first["date"], first["source1"], first["source2"]) == ("05/18/2025", *(s["url"] for s in sources))
    assert (second["source1"], second["association1"]) == ("", "")


def test_an_atlos_row_has_latitude_first_and_what_atlos_allows(tmp_path: Path) -> None:
    records = [a_record(), plain(id="s", date="2024-10"), a_record(id="long", visible="x" * 300, note="y" * 4000)]
    losses = atlos.write(records, tmp_path / "out.csv", setting("atlos"))
    exact, vague, long = read_csv(tmp_path / "out.csv")
    assert list(exact)[:5] == ["description", "date", "latitude", "longitude", "location"]
    assert exact["location"] == "42.89712345, 132.35512345"
    assert (exact["date"], vague["date"]) == ("2025-05-18", "")
    assert (exact["geolocation_resolution"], exact["status"], exact["sensitive"]) == (
        *("Vicinity", "Completed", "Not Sensitive"),
    )
    assert exact["tags"] == "PS-115, a;b"
    assert "image_id: 20250518_014012_06_24b9" in exact["more_info"].splitlines()
    assert "date: 2024-10" in vague["more_info"].splitlines()
    assert [len(long[name]) for name in ("description", "more_info")] == [240, 3000]
    assert losses[1] == "Atlos takes whole days: the date of 1 record is vague and stands in more_info alone"
    assert losses[2].endswith("longer text was cut, ending in …, in long")


def test_darwin_core_tells_presence_absence_and_effort(tmp_path: Path) -> None:
    losses = darwincore.write(several()[:6], tmp_path / "out.csv", setting("darwincore"))
    rows = {row["occurrenceID"]: row for row in read_csv(tmp_path / "out.csv")}
    assert losses == ("Darwin Core knows present and absent: 1 record of looks that could not tell left out",)
    assert "sunan-2025-05-19" not in rows
    seen, nothing = rows["dunay-2025-05-18-ropucha-class"], rows["sunan-2025-05-18"]
    assert (seen["occurrenceStatus"], nothing["occurrenceStatus"]) == ("present", "absent")
    assert (nothing["individualCount"], nothing["verbatimIdentification"]) == ("0", "anything")
    assert (seen["decimalLatitude"], seen["decimalLongitude"]) == ("42.89712345", "132.35512345")
    assert (seen["coordinateUncertaintyInMeters"], seen["geodeticDatum"]) == ("50.5", "EPSG:4326")
    assert seen["basisOfRecord"] == "MachineObservation"
    assert rows["dunay-2024-10-to-2024-11-ship"]["eventDate"] == "2024-10-01/2024-12-15"
    assert rows["dunay-2024-ropucha-class"]["decimalLatitude"] == ""
    assert seen["samplingEffort"] == "1 look, our own"
    assert json.loads(seen["dynamicProperties"])["gsd_m"] == 0.5


@pytest.mark.parametrize("name", NAMES)
def test_no_record_at_all_is_a_whole_file_too(tmp_path: Path, name: str) -> None:
    form = FORMATS[name]
    module = import_module(f"resight.exchange.{form.module}")
    path = tmp_path / f"out{form.ending}"
    assert module.write([], path, setting(name)) == ()
    assert path.stat().st_size > 0
    if name in ("gpkg", "parquet", "geojson"):
        frame = geopandas.read_parquet(path) if name == "parquet" else geopandas.read_file(path)
        assert len(frame) == 0


@pytest.mark.parametrize("name", NAMES)
def test_two_runs_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    form = FORMATS[name]
    module = import_module(f"resight.exchange.{form.module}")
    paths = [tmp_path / run / f"out{form.ending}" for run in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        module.write(several(), path, setting(name))
    assert paths[0].read_bytes() == paths[1].read_bytes()


# --- the command


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_logbook_goes_into_every_format(book: Logbook, run: Run, tmp_path: Path, name: str) -> None:
    path = tmp_path / "out.x"
    done = run("export", "--format", name, "--output", str(path), folder=book.folder)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"114 records in {path}\n"
    assert path.stat().st_size > 100
    assert [p.name for p in path.parent.glob(".*")] == []


def test_the_ending_says_the_format_and_the_filters_are_those_of_list(book: Logbook, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "dunay.KMZ"
    done = run("export", "--output", str(path), "--site", "두나이", "--year", "2024", folder=book.folder)
    listed = run("list", "--site", "dunay", "--year", "2024", folder=book.folder)
    assert done.exit_code == 0, done.stderr
    assert {cells["id"] for cells, _ in read_kml(path)} == {line.split("\t")[0] for line in listed.stdout.splitlines()}


def test_text_goes_to_standard_output_and_remarks_do_not(book: Logbook, run: Run) -> None:
    done = run("export", "--format", "csv", folder=book.folder)
    assert len(list(csv.DictReader(io.StringIO(done.stdout)))) == 114
    assert done.stderr == ""


def test_the_command_says_what_it_leaves_out(book: Logbook, run: Run) -> None:
    some = "dunay-2024-ropucha-class"
    run("amend", some, "--source", "https://secret.example/1", "--confidential", folder=book.folder)
    run("withdraw", "dunay-2024-10-20-crane", "--why", "wrong", folder=book.folder)
    done = run("export", "--format", "geojson", folder=book.folder)
    assert "secret.example" not in done.stdout
    assert "dunay-2024-10-20-crane" not in [f["id"] for f in json.loads(done.stdout)["features"]]
    assert done.stderr.splitlines() == [
        "notice: left out: 1 withdrawn record (--status withdrawn exports them)",
        "notice: left out: 1 confidential source (they never leave the logbook)",
    ]
    withdrawn = run("export", "--format", "geojson", "--status", "withdrawn", folder=book.folder)
    assert [f["id"] for f in json.loads(withdrawn.stdout)["features"]] == ["dunay-2024-10-20-crane"]


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ((), 2, "say which format"),
        (("--output", "x.doc"), 3, "'x.doc' does not say which format is meant"),
        (("--format", "xlsx"), 2, "name a file: --output records.xlsx"),
        (("--format", "kml", "--safe"), 2, "--safe is for csv and tsv"),
        (("--format", "csv", "--grid", "1"), 2, "--grid and --without say how --public is meant"),
        (("--format", "csv", "--public", "--grid", "0"), 3, "0 is no grid"),
        (("--format", "csv", "--public", "--without", "platform"), 3, "platform cannot be left out"),
        (("--format", "csv", "--public", "--without", "nots"), 3, "did you mean note?"),
    ],
)
def test_what_cannot_be_is_refused(book: Logbook, run: Run, options: tuple[str, ...], status: int, said: str) -> None:
    done = run("export", *options, folder=book.folder)
    assert (done.exit_code, done.stdout) == (status, "")
    assert said in done.stderr


def test_a_data_file_of_the_logbook_is_never_exported_over(book: Logbook, run: Run) -> None:
    before = (book.folder / "observations" / "2025.geojson").read_bytes()
    for name in ("observations/2025.geojson", "seeds/new.geojson"):
        done = run("export", "--output", str(book.folder / name), folder=book.folder)
        assert done.exit_code == 3
        assert "in the logbook's own" in done.stderr
    assert (book.folder / "observations" / "2025.geojson").read_bytes() == before
    assert not (book.folder / "seeds" / "new.geojson").exists()


def test_a_file_is_replaced_whole_or_not_at_all(
    book: Logbook, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.csv"
    path.write_text("as it was", encoding="utf-8")

    def breaks(_: Any, target: Path, __: Any) -> tuple[str, ...]:
        target.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(delimited, "write", breaks)
    done = run("export", "--output", str(path), folder=book.folder)
    assert (done.exit_code, path.read_text(encoding="utf-8")) == (8, "as it was")
    assert "nothing was changed" in done.stderr
    assert list(tmp_path.glob(".out*")) == []


def test_what_is_missing_to_write_a_format_is_said(
    book: Logbook, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    done = run("export", "--output", str(tmp_path / "out.xlsx"), folder=book.folder)
    assert done.exit_code == 3
    assert "pip install 'resight[exchange]'" in done.stderr


def test_hostile_text_leaves_every_file_whole(tmp_path: Path) -> None:
    """Those that have no test of their own above: the file can be read, and the text is in it."""
    records = [a_record(id=f"h-{n}", note=t, operator=t, tags=[t]) for n, t in enumerate(HOSTILE) if t.strip()]
    for module, name in ((timemap, "out.json"), (timemap, "out.csv"), (atlos, "o.csv"), (darwincore, "d.csv")):
        module.write(records, tmp_path / name, setting(name))
        content = bytes_of(tmp_path / name).decode()
        rows = json.loads(content) if name.endswith("json") else read_csv(tmp_path / name)
        assert len(rows) == len(records)
    assert [row["comments"] for row in read_csv(tmp_path / "out.csv")] == [record.note for record in records]
