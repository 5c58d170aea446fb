"""Shapes as QGIS, geojson.io and Google Earth save them, and what is refused of them."""

from __future__ import annotations

import contextlib
import json
import zipfile
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from resight import drawn
from resight.errors import InvalidValue

RING = [[132.355, 42.897], [132.3564, 42.897], [132.3564, 42.8971], [132.355, 42.8971], [132.355, 42.897]]
SHIP = {"type": "Polygon", "coordinates": [RING]}
LINE = {"type": "LineString", "coordinates": RING[:2]}


def feature(geometry: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": "ship"}, "geometry": geometry}


def a_file(folder: Path, name: str, content: object) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def kml(inner: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2" '
        'xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><name>a.kml</name><Style id="s"/>'
        f"<Placemark><name>ship</name><styleUrl>#s</styleUrl>{inner}</Placemark></Document></kml>"
    )


# As Google Earth Pro saves it: altitudes, tabs and line ends among the coordinates.
COORDINATES = "\n\t\t\t" + " ".join(f"{lon},{lat},0" for lon, lat in RING) + " \n\t\t"
KML_POLYGON = (
    f"<Polygon><tessellate>1</tessellate><outerBoundaryIs><LinearRing><coordinates>{COORDINATES}</coordinates>"
    "</LinearRing></outerBoundaryIs></Polygon>"
)
KML_LINE = f"<LineString><coordinates>{' '.join(f'{lon},{lat},0' for lon, lat in RING[:2])}</coordinates></LineString>"


# --- what is read


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bare.json", SHIP),
        ("feature.geojson", feature(SHIP)),
        ("geojson.io.geojson", {"type": "FeatureCollection", "features": [feature(SHIP)]}),
        ("beside-nothing.geojson", {"type": "FeatureCollection", "features": [feature(None), feature(SHIP)]}),
        ("multi.geojson", feature({"type": "MultiPolygon", "coordinates": [[RING]]})),
        ("collection.geojson", feature({"type": "GeometryCollection", "geometries": [SHIP]})),
        ("google-earth.kml", kml(KML_POLYGON)),
        ("grouped.kml", kml(f"<MultiGeometry>{KML_POLYGON}</MultiGeometry>")),
        ("named-anything.txt", "POLYGON ((" + ", ".join(f"{lon} {lat}" for lon, lat in RING) + "))\n"),
    ],
)
def test_one_polygon_in_every_format(tmp_path: Path, name: str, content: object) -> None:
    assert drawn.read(a_file(tmp_path, name, content)) == (SHIP, ())


@pytest.mark.parametrize(
    ("given", "geometry"),
    [
        ("POINT (132.355 42.897)", {"type": "Point", "coordinates": [132.355, 42.897]}),
        ("point(132.355 42.897)", {"type": "Point", "coordinates": [132.355, 42.897]}),
        ("LINESTRING (132.355 42.897, 132.3564 42.897)", LINE),
        ("MULTILINESTRING ((132.355 42.897, 132.3564 42.897))", LINE),
        ("POINT Z (132.355 42.897 0)", {"type": "Point", "coordinates": [132.355, 42.897]}),
        (json.dumps(LINE), LINE),
    ],
)
def test_wkt_and_geojson_may_be_given_as_they_are(given: str, geometry: object) -> None:
    assert drawn.read(given).geometry == geometry


def test_a_line_and_a_point_of_google_earth(tmp_path: Path) -> None:
    assert drawn.read(a_file(tmp_path, "a.kml", kml(KML_LINE))).geometry == LINE
    point = "<LookAt/><Point><coordinates>132.355,42.897,0</coordinates></Point>"
    found = drawn.read(a_file(tmp_path, "b.kml", kml(point)))
    assert found.geometry == {"type": "Point", "coordinates": [132.355, 42.897]}


def test_a_kmz_is_a_kml_in_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.kmz", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("doc.kml", kml(KML_POLYGON))
        packed.writestr("files/icon.png", b"x")
    assert drawn.read(str(tmp_path / "a.kmz")).geometry == SHIP


@pytest.mark.parametrize("shape", ["LINESTRING (132.355 42.897, 132.355 42.897)", "POLYGON ((1 2, 1 2, 1 2, 1 2))"])
def test_a_shape_of_one_place_is_no_line(shape: str) -> None:
    with pytest.raises(InvalidValue, match="all its points are one place, so that it has no length"):
        drawn.read(shape)


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_bytes(b"\xef\xbb\xbf" + json.dumps(SHIP).encode())
    assert drawn.read(str(tmp_path / "a.geojson")).geometry == SHIP


@pytest.mark.parametrize(("driver", "name"), [("GeoJSON", "a.geojson"), ("KML", "a.kml")])
def test_what_gdal_writes_is_read(tmp_path: Path, driver: str, name: str) -> None:
    frame = geopandas.GeoDataFrame({"name": ["ship"]}, geometry=[shapely.geometry.shape(SHIP)], crs="EPSG:4326")
    frame.to_file(tmp_path / name, driver=driver)
    found = drawn.read(str(tmp_path / name)).geometry
    assert shapely.geometry.shape(found).equals(shapely.geometry.shape(SHIP))


# --- coordinate systems


def test_a_system_that_the_file_states_is_followed_and_said(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(geometry=[shapely.geometry.shape(SHIP)], crs="EPSG:4326").to_crs("EPSG:32652")
    frame.to_file(tmp_path / "a.geojson", driver="GeoJSON", RFC7946="NO")
    assert "32652" in (tmp_path / "a.geojson").read_text()
    found = drawn.read(str(tmp_path / "a.geojson"))
    places = [tuple(place) for place in found.geometry["coordinates"][0]]
    assert sorted(places) == [pytest.approx(place, abs=1e-8) for place in sorted(map(tuple, RING))]
    assert found.notes == ("taken from WGS 84 / UTM zone 52N to lon and lat, WGS 84",)


def test_wkt_may_state_its_system() -> None:
    # The central meridian of zone 52 is 129° east, at 500 km; 4,750,000 m of northing are 42.9° north and a little.
    found = drawn.read("SRID=32652;POINT (500000 4750000)")
    lon, lat = found.geometry["coordinates"]
    assert (lon, lat) == (pytest.approx(129.0, abs=1e-9), pytest.approx(42.902, abs=0.001))


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326"])
def test_lon_and_lat_under_any_of_their_names_stay_as_they_are(tmp_path: Path, name: str) -> None:
    content = {**feature(SHIP), "crs": {"type": "name", "properties": {"name": name}}}
    assert drawn.read(a_file(tmp_path, "a.geojson", content)) == (SHIP, ())


def test_longitudes_beyond_180_are_counted_from_the_other_side() -> None:
    found = drawn.read("LINESTRING (179.999 69, 180.001 69)")
    assert found.geometry["coordinates"] == [[179.999, 69.0], [pytest.approx(-179.999), 69.0]]
    assert found.notes == ("longitudes beyond 180° are counted from the other side",)


def test_altitudes_are_left_out_and_that_is_said_unless_they_are_nothing() -> None:
    assert drawn.read("POINT Z (132 42 7)") == ({"type": "Point", "coordinates": [132, 42]}, (
        "its altitudes are left out",))  # fmt: skip


# --- what is refused


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("two.geojson", {"type": "FeatureCollection", "features": [feature(SHIP), feature(LINE)]}, "holds 2 shapes"),
        ("parts.geojson", feature({"type": "MultiPolygon", "coordinates": [[RING], [RING]]}), "holds 2 shapes"),
        ("none.geojson", {"type": "FeatureCollection", "features": []}, "holds no shape"),
        ("none.kml", kml(""), "holds no shape"),
        ("track.gpx", "<gpx><trk/></gpx>", "begins with '<gpx><trk/></gpx>'"),
        ("cut.kml", kml(KML_LINE)[:-20], "is not whole XML"),
        ("cut.geojson", json.dumps(SHIP)[:-5], "is not GeoJSON"),
        ("words.txt", "a ship at the pier", "begins with 'a ship at the pier'"),
        ("empty.txt", "", "is empty"),
        ("open.geojson", {"type": "Polygon", "coordinates": [RING[:4]]}, "the last one equal to the first"),
        ("circle.geojson", {"type": "Circle", "coordinates": [1, 2]}, "'Circle' is no point, line or polygon"),
        ("text.geojson", {"type": "Point", "coordinates": ["a", "b"]}, "coordinates that are no list"),
        ("half.geojson", {"type": "Point", "coordinates": [132]}, "is not a position: it needs lon, lat"),
        ("zero.geojson", {"type": "Point", "coordinates": [0, 0]}, "is what software writes for “not known”"),
        ("swapped.geojson", {"type": "Point", "coordinates": [42.9, 132.3]}, "swapped, lon 132.3 lat 42.9"),
        ("utm.txt", "POINT (773900 4755050)", "if these are metres, say of which system: SRID=32652;"),
        ("odd.geojson", {**SHIP, "crs": {"type": "name", "properties": {"name": "EPSG:999999"}}}, "not known to PROJ"),
        ("link.geojson", {**SHIP, "crs": {"type": "link"}}, "states a coordinate system that cannot be read"),
        ("number.kml", kml("<Point><coordinates>east,42</coordinates></Point>"), "coordinates that are no list"),
        ("bare.kml", kml("<Point/>"), "holds no shape"),
    ],
)
def test_what_cannot_be_taken_is_said(tmp_path: Path, name: str, content: object, said: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        drawn.read(a_file(tmp_path, name, content))
    assert said in str(refused.value)
    assert str(refused.value).startswith("geometry: ")


@pytest.mark.parametrize(
    "inner", ['<!DOCTYPE kml [<!ENTITY a "aaaa">]>', '<!DOCTYPE kml SYSTEM "file:///etc/passwd">', "<!ENTITY x 'y'>"]
)
def test_xml_with_a_document_type_is_not_read(tmp_path: Path, inner: str) -> None:
    with pytest.raises(InvalidValue, match=r"has a DOCTYPE|is not whole XML"):
        drawn.read(a_file(tmp_path, "a.kml", kml(KML_LINE).replace("<kml", f"{inner}<kml", 1)))


def test_a_bomb_in_a_kmz_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.kmz", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("doc.kml", b" " * 30_000_000)
    assert (tmp_path / "a.kmz").stat().st_size < 100_000
    with pytest.raises(InvalidValue, match="would be 29 MB when unzipped"):
        drawn.read(str(tmp_path / "a.kmz"))


def test_a_damaged_kmz(tmp_path: Path) -> None:
    (tmp_path / "a.kmz").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(InvalidValue, match="is no whole zip file"):
        drawn.read(str(tmp_path / "a.kmz"))


def test_files_that_are_none_or_too_large_or_no_text(tmp_path: Path) -> None:
    (tmp_path / "cp1251.geojson").write_bytes('{"type":"Feature","properties":{"a":"пирс"}}'.encode("cp1251"))
    with (tmp_path / "large.geojson").open("wb") as file:
        file.truncate(10_000_001)
    for name, said in (
        ("none.geojson", "no such file, and it is neither WKT nor GeoJSON"),
        (".", "is no file"),
        ("cp1251.geojson", "is not UTF-8"),
        ("large.geojson", "is larger than 10 MB"),
    ):
        with pytest.raises(InvalidValue, match=said):
            drawn.read(str(tmp_path / name))


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    for shape in (text, "{" + text, f"POINT ({text}", f"SRID={text};POINT (1 2)"):
        with contextlib.suppress(InvalidValue):
            assert drawn.read(shape).geometry["type"] in ("Point", "LineString", "Polygon")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["type", "coordinates", "features", "geometry", "geometries", "crs"]), inner, max_size=4),
)  # fmt: skip


KINDS = st.sampled_from(["Point", "Polygon", "MultiPolygon", "Feature", "FeatureCollection", "GeometryCollection"])


@given(KINDS, JSON)
def test_no_json_raises_anything_else(kind: str, inner: Any) -> None:
    content = {"type": kind, "coordinates": inner, "features": inner, "geometry": inner, "geometries": inner}
    with contextlib.suppress(InvalidValue):
        assert drawn.read(json.dumps(content)).geometry["coordinates"]
