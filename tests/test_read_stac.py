"""STAC Items of pystac, as looks without an outcome."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from resight.errors import UnreadableFile
from resight.exchange import stac
from resight.exchange.table import Options, Row, Table

FIXTURES = Path(__file__).parent / "fixtures" / "exchange"
TAKEN = datetime(2025, 5, 17, 22, 40, 12, tzinfo=UTC)


def read(tmp_path: Path, content: Any) -> Table:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    return stac.read(path, Options())


def item(properties: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "x",
        "geometry": None,
        "properties": {"datetime": "2025-05-17T22:40:12Z", **(properties or {})},
        "assets": {},
        **members,
    }


def values(tmp_path: Path, content: Any) -> dict[str, Any]:
    (row,) = read(tmp_path, content).rows
    return dict(row.values)


def test_an_item_of_pystac_is_a_look_with_its_image_facts() -> None:
    path = FIXTURES / "pystac-item.json"
    assert stac.recognises(path, path.read_bytes())
    table = stac.read(path, Options())
    (row,) = table.rows
    footprint = json.loads(row.values["footprint"])
    assert row == Row(
        1,
        {
            "date": TAKEN,
            "method": "optical",
            "sensor": "SkySat-C12",
            "image_provider": "Planet",
            "image_time": TAKEN,
            "image_id": "20250518_014012_06_24b9",
            "gsd_m": 0.5,
            "cloud_pct": 20,
            "off_nadir_deg": 12.5,
            "image_href": "https://example.org/analytic.tif",
            "image_sha256": sha256(b"x").hexdigest(),
            "image_license": "CC-BY-4.0",
            "title": "Dunay",
            "footprint": row.values["footprint"],
        },
        None,
    )
    assert footprint["coordinates"][0][0] == [132.2, 42.8]
    assert table.fields["date"] == "date"
    assert set(table.fields) == set(row.values) - {"title", "footprint"}
    assert table.notes[0] == "an image is a look: say what it found with --set outcome=seen, not-seen or cannot-tell"


def test_a_radar_item_over_an_interval() -> None:
    table = stac.read(FIXTURES / "pystac-items.json", Options())
    row = list(table.rows)[1].values
    assert (row["method"], row["sensor"]) == ("radar", "sentinel-1")
    assert row["date"] == "2025-06-01T08:00:00+00:00/2025-06-01T08:01:00+00:00"
    assert row.keys().isdisjoint({"image_time", "image_href", "image_sha256"})
    assert {
        "item 2: the address of the image is relative to the Item and was left out",
        "item 2: the checksum is not SHA-256 and was left out",
    } <= set(table.notes)


def test_the_platform_of_stac_is_never_the_platform_of_a_record(tmp_path: Path) -> None:
    assert "platform" not in read(tmp_path, item({"platform": "sentinel-2a"})).fields.values()


def test_a_relative_image_is_found_beside_the_address_of_its_item(tmp_path: Path) -> None:
    links = [{"rel": "self", "href": "https://example.org/items/x.json"}]
    assets = {"image": {"href": "../x.tif"}}
    assert values(tmp_path, item(links=links, assets=assets))["image_href"] == "https://example.org/x.tif"
    assert "image_href" not in values(tmp_path, item(assets={"image": {"href": "../../etc/passwd"}}))
    assert "image_href" not in values(tmp_path, item(assets={"image": {"href": "javascript:alert(1)"}}))


def test_what_is_to_be_seen_goes_before_raw_bands_and_never_a_thumbnail(tmp_path: Path) -> None:
    bands = {name: {"href": f"https://example.org/{name}.tif", "roles": ["data"]} for name in ("b01", "visual")}
    thumbnail = {"thumbnail": {"href": "https://example.org/t.png", "roles": ["thumbnail"]}}
    assert values(tmp_path, item(assets={**thumbnail, **bands}))["image_href"] == "https://example.org/visual.tif"
    assert "image_href" not in values(tmp_path, item(assets=thumbnail))
    assert (
        "item 1: of several files the asset 'b01' was taken for the image"
        in read(tmp_path, item(assets={"b01": bands["b01"], **thumbnail})).notes
    )


def test_items_of_ours_give_their_records_back_whole(tmp_path: Path) -> None:
    pier = {"type": "Point", "coordinates": [132.355, 42.897]}
    record = {"type": "Feature", "geometry": pier, "properties": {"id": "a", "site": "dunay", "tags": ["x"]}}
    table = read(tmp_path, item({stac.RECORDS: [record, {**record, "geometry": None}]}))
    assert list(table.rows) == [
        Row(1, {"id": "a", "site": "dunay", "tags": '["x"]'}, pier),
        Row(1, {"id": "a", "site": "dunay", "tags": '["x"]'}, None),
    ]
    assert table.notes == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"type": "Collection", "stac_version": "1.0.0"}, "is a STAC Collection, which only refers to Items"),
        ({"type": "FeatureCollection", "features": [3]}, "feature 1 is not a STAC Item"),
        ({"type": "Feature", "properties": None}, "item 1 has no properties"),
        ([], "is not a STAC Item or ItemCollection"),
    ],
)
def test_what_is_no_item_is_refused(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        read(tmp_path, content)
