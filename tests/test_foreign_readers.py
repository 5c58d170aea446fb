"""Programs of others read our files as they are, and we read theirs: GDAL, geojson-pydantic, geopandas."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import geopandas
import pytest
from geojson_pydantic import FeatureCollection

from resight import Logbook

ROOT = Path(__file__).parents[1]
FILES = sorted(
    path
    for pattern in ("observations/*.geojson", "seeds/*.geojson", "seeds/basemap/*.geojson")
    for path in ROOT.glob(pattern)
)
needs_gdal = pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's ogrinfo is not installed (gdal-bin)")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_geojson_pydantic_accepts(path: Path) -> None:
    FeatureCollection.model_validate_json(path.read_bytes())


@pytest.mark.parametrize("path", FILES, ids=name)
@needs_gdal
def test_gdal_reads_one_layer_without_a_warning(path: Path) -> None:
    done = subprocess.run(["ogrinfo", "-al", "-so", str(path)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    features = len(json.loads(path.read_bytes())["features"])
    assert re.findall(r"Feature Count: (\d+)", done.stdout) == [str(features)]


@needs_gdal
def test_gdal_sees_a_flat_layer_with_dates() -> None:
    done = subprocess.run(
        ["ogrinfo", "-al", "-so", str(ROOT / "observations" / "2025.geojson")],
        capture_output=True,
        text=True,
        check=True,
    )
    fields = dict(re.findall(r"^(\w+): (\w+)", done.stdout, re.MULTILINE))
    assert fields["earliest"] == "Date"
    assert fields["latest"] == "Date"
    assert fields["platform"] == "String"
    assert fields["count"] == "Integer"


@needs_gdal
def test_a_file_that_gdal_has_rewritten_is_read_with_the_same_records(tmp_path: Path) -> None:
    for folder in ("seeds", "observations"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    ours = tmp_path / "observations" / "2025.geojson"
    before = Logbook(tmp_path).read().records
    subprocess.run(
        ["ogr2ogr", "-f", "GeoJSON", str(tmp_path / "relaid.geojson"), str(ours)], check=True, capture_output=True
    )
    (tmp_path / "relaid.geojson").replace(ours)
    after, problems = Logbook(tmp_path).read()
    assert problems == []
    assert after == before


def test_geopandas_reads_the_year_file() -> None:
    frame = geopandas.read_file(ROOT / "observations" / "2025.geojson")
    assert len(frame) == 23
    assert str(frame["earliest"].dtype).startswith("datetime64")
