"""Whatever a file holds, a reader gives a table or says in words why not."""

from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resight.errors import ResightError
from resight.exchange import atlos, geojson, geopackage, geoparquet, kml, osintgeo, stac, timemap
from resight.exchange.table import Options, Table
from test_read_events import DOWNLOAD, EXPORT

FIXTURES = Path(__file__).parent / "fixtures" / "exchange"
READERS: tuple[ModuleType, ...] = (atlos, geojson, geopackage, geoparquet, kml, osintgeo, stac, timemap)
OF = {
    "gdal-jsonfg.json": geojson,
    "gdal-utm.geojson": geojson,
    "gdal.geojsonl": geojson,
    "gdal.kml": kml,
    "simplekml.kml": kml,
    "simplekml.kmz": kml,
    "duckdb.parquet": geoparquet,
    "pystac-item.json": stac,
    "pystac-items.json": stac,
    "osint-geo-extractor.geojson": osintgeo,
}
#: A format that another one is built on is asked after it.
GENERAL = {geojson}
repeated = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one GeoPackage, which is too large to be kept as a fixture."""
    folder = tmp_path_factory.mktemp("made")
    frame = geopandas.GeoDataFrame({"ship": ["Ropucha", "Tapir"]}, geometry=[shapely.Point(132, 42)] * 2, crs=32652)
    frame.to_file(folder / "a.gpkg", driver="GPKG", engine="pyogrio")
    return folder


def check(reader: ModuleType, path: Path) -> None:
    """Read, and look at every row; only our own errors may come out."""
    try:
        assert reader.recognises(path, path.read_bytes()[:65536]) in (True, False)
        table = reader.read(path, Options())
    except ResightError:
        return
    assert isinstance(table, Table)
    for row in table.rows:
        assert set(row.values) <= set(table.columns)
    assert all(isinstance(note, str) for note in table.notes)
    assert set(table.fields) <= set(table.columns)


@pytest.mark.parametrize("name", OF)
def test_a_file_is_known_as_its_own_format_and_no_other(name: str) -> None:
    path = FIXTURES / name
    head = path.read_bytes()[:65536]
    assert {module for module in READERS if module.recognises(path, head)} - GENERAL == {OF[name]} - GENERAL


@pytest.mark.parametrize("name", [name for name in OF if name.endswith(("json", "jsonl", "kml", "kmz"))])
@given(data=st.data())
@repeated
def test_a_file_with_bytes_changed_or_cut_off(name: str, tmp_path: Path, data: Any) -> None:
    content = bytearray((FIXTURES / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.sampled_from(b'0[]{}<>/",:-eN\x00\xff\n'))
    path = tmp_path / name
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    check(OF[name], path)


@pytest.mark.parametrize("reader", [atlos, timemap])
@given(data=st.data())
@repeated
def test_a_table_with_characters_changed_or_cut_off(reader: ModuleType, tmp_path: Path, data: Any) -> None:
    content = list(EXPORT if reader is atlos else DOWNLOAD)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
            st.sampled_from(",;\t\"'\n\r=9\0é") | st.characters()
        )
    path = tmp_path / "a.csv"
    path.write_text("".join(content)[: data.draw(st.integers(0, len(content)))], encoding="utf-8", errors="replace")
    check(reader, path)


@pytest.mark.parametrize("name", ["duckdb.parquet", "a.gpkg"])
@given(data=st.data())
@settings(repeated, max_examples=25)
def test_a_binary_file_with_bytes_changed_or_cut_off(name: str, made: Path, tmp_path: Path, data: Any) -> None:
    content = bytearray((made / name if name == "a.gpkg" else FIXTURES / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / name
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    check(geopackage if name == "a.gpkg" else geoparquet, path)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
odd = st.fixed_dictionaries(
    {"type": st.just("Feature")},
    optional={
        name: values | st.dictionaries(st.sampled_from(keys), values)
        for name, keys in {
            "id": ["x"],
            "geometry": ["type", "coordinates", "geometries"],
            "properties": ["date", "datetime", "links", "providers", "source", "sar:x", "gsd", "resight:records"],
            "time": ["date", "timestamp", "interval"],
            "place": ["type", "coordinates"],
            "coordRefSys": ["href"],
            "assets": ["image", "data"],
            "links": ["rel", "href"],
        }.items()
    },
)


@given(features=st.lists(odd | values, max_size=3), crs=values)
@repeated
def test_json_of_any_shape(features: list[Any], crs: Any, tmp_path: Path) -> None:
    import orjson

    path = tmp_path / "a.json"
    for content in ({"type": "FeatureCollection", "features": features, "crs": crs}, features, *features):
        try:
            path.write_bytes(orjson.dumps(content))
        except TypeError:
            return
        for reader in (geojson, stac, osintgeo, timemap):
            check(reader, path)
