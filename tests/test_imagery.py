"""What a record takes over of a GeoTIFF, what is only told, and the chip that is laid on a map."""

from __future__ import annotations

import hashlib
import io
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image as Pillow

from geotiffs import geotiff
from resight import imagery, previews
from resight.imagery import Taken
from resight.images import Image
from resight.logbook import Logbook
from resight.observation import Site, build
from resight.raster import Bounds

Run = Callable[..., Result]
#: Upper left corner in UTM 52 north of 150 m × 100 m around Dunay's pier.
AT_DUNAY = (773_900.0, 4_755_050.0)
UTC_TIME = {"ACQUISITIONDATETIME": "2025-11-03 01:40:00"}
SITE = build(Site, {"id": "dunay", "name": "Dunay", "timezone": "Asia/Vladivostok", "point": (132.355, 42.897)})


def an_image(data: bytes, name: str = "a.tif") -> Image:
    return Image(data, "TIFF", hashlib.sha256(data).hexdigest(), name)


def taken(data: bytes, held: Mapping[str, Any] | None = None, site: Site | None = SITE) -> Taken:
    image = an_image(data)
    return imagery.taken_over(image, imagery.facts(image), held or {}, site)


def test_time_and_ground_sample_distance_of_a_geotiff_are_taken_over() -> None:
    found = taken(geotiff(corner=AT_DUNAY, imagery_tags=UTC_TIME))
    assert {name: found.fields[name] for name in ("gsd_m", "image_time")} == {
        "gsd_m": 0.5,
        "image_time": datetime(2025, 11, 3, 1, 40, tzinfo=UTC),
    }
    assert [note.what for note in found.notes] == [
        "taken over from a.tif: image_time 2025-11-03T01:40:00Z, gsd_m 0.5 m"
    ]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("2025-11-03T01:40:00Z", datetime(2025, 11, 3, 1, 40, tzinfo=UTC)),
        ("2025-11-03 01:40:00.25", datetime(2025, 11, 3, 1, 40, tzinfo=UTC)),
        ("2025-11-03T11:40:00+10:00", datetime(2025, 11, 3, 1, 40, tzinfo=UTC)),
    ],
)
def test_ways_in_which_the_time_stands_there(stated: str, expected: datetime) -> None:
    assert imagery.facts(an_image(geotiff(imagery_tags={"ACQUISITIONDATETIME": stated}))).time == expected


def test_a_tiff_time_without_a_zone_is_only_told() -> None:
    found = taken(geotiff(corner=AT_DUNAY, tags={"TIFFTAG_DATETIME": "2025:11:03 10:40:00"}))
    assert "image_time" not in found.fields
    note, _ = found.notes
    assert note.what == (
        "not filled in: its TIFF tag DateTime, which names no zone, says 2025:11:03 10:40:00; if that is when the "
        "image was taken, state it with --image-time"
    )


def test_what_was_stated_stays_and_the_disagreement_is_said() -> None:
    held = {"gsd_m": 3.0, "image_time": "2025-11-03T02:00:00Z"}
    found = taken(geotiff(corner=AT_DUNAY, imagery_tags=UTC_TIME), held)
    assert found.fields.keys() == {"image_sha256"}
    assert [(note.level, note.field) for note in found.notes] == [("warning", "image_time"), ("warning", "gsd_m")]
    assert taken(geotiff(corner=AT_DUNAY), {"gsd_m": 0.48}).notes == []


def test_an_image_of_another_place_is_doubted() -> None:
    _, note = taken(geotiff(corner=(600_000.0, 4_755_050.0))).notes
    # 174 km west of the pier on the grid, less the 150 m of the image.
    assert note.what == "the image lies 174 km from Dunay"


@pytest.mark.parametrize(
    ("bounds", "point", "metres"),
    [
        (Bounds(132, 42, 133, 43), (132.5, 42.5), 0),
        (Bounds(132, 42, 133, 43), (132.5, 44), 111_100),  # a degree of latitude
        (Bounds(179, 0, -179, 1), (180, 0.5), 0),
        (Bounds(179, -1, -179, 1), (-178, 0), 111_319),  # a degree of the equator
        (Bounds(179, -1, -179, 1), (178, 0), 111_319),
    ],
)
def test_how_far_a_site_lies_from_an_image(bounds: Bounds, point: tuple[float, float], metres: float) -> None:
    assert imagery._away_m(bounds, point) == pytest.approx(metres, abs=50)


def test_log_fills_in_what_the_file_knows(empty_book: Logbook, run: Run, tmp_path: Path) -> None:
    (tmp_path / "scene.tif").write_bytes(geotiff(corner=AT_DUNAY, imagery_tags=UTC_TIME))
    given = ("log", "dunay", "--date", "2025-11-03", "--platform", "ropucha", "--image", str(tmp_path / "scene.tif"))
    done = run(*given, folder=empty_book.folder)
    assert done.exit_code == 0
    assert done.stderr == (
        "notice: [image_href]: taken over from scene.tif: image_time 2025-11-03T01:40:00Z, gsd_m 0.5 m\n"
    )
    record = Logbook(empty_book.folder).get("dunay-2025-11-03-ropucha-class")
    assert (record.gsd_m, record.image_time) == (0.5, datetime(2025, 11, 3, 1, 40, tzinfo=UTC))


def test_without_the_extra_the_command_says_how_to_get_it(
    empty_book: Logbook, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    (tmp_path / "scene.tif").write_bytes(geotiff())
    monkeypatch.setitem(sys.modules, "rasterio", None)
    given = ("log", "dunay", "--date", "2025-11-03", "--platform", "ropucha", "--image", str(tmp_path / "scene.tif"))
    done = run(*given, folder=empty_book.folder)
    assert done.exit_code == 3
    assert "a TIFF needs GDAL to be read: pip install 'resight[imagery]'" in done.stderr
    assert Logbook(empty_book.folder).read().records == []


# --- the chip


def opened(uri: str) -> Pillow.Image:
    assert uri.startswith("data:image/webp;base64,")
    return Pillow.open(io.BytesIO(b64decode(uri.partition(",")[2])))


def test_a_geotiff_is_a_chip_with_its_bounds(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(geotiff(corner=AT_DUNAY))
    chip = previews.chip(tmp_path, "a.tif")
    assert chip.reason == ""
    assert chip.bounds is not None
    assert chip.bounds == pytest.approx(imagery.facts(an_image(geotiff(corner=AT_DUNAY))).bounds)
    shown = opened(chip.uri)
    # 150 m of longitude at 42.9° north are as wide as 205 m of latitude are high, and degrees are equal steps.
    assert shown.width / shown.height == pytest.approx(
        (chip.bounds.east - chip.bounds.west) / (chip.bounds.north - chip.bounds.south), rel=0.02
    )
    assert shown.mode == "RGBA"
    assert previews.chip(tmp_path, "a.tif") == chip


@pytest.mark.parametrize(
    ("name", "sha256", "reason"),
    [
        ("a.png", None, "image on file, not laid on the map: it does not say where on Earth it lies"),
        ("bare.tif", None, "image on file, not laid on the map: it does not say where on Earth it lies"),
        ("none.tif", None, "image not shown here: no such file in the logbook"),
        ("../a.tif", None, "image not shown here: its path leads out of the logbook"),
        ("https://example.org/a.tif", None, "image not shown here: it is on the web, and nothing is fetched"),
        ("bare.tif", "0" * 64, "image on file, not shown here: the file is not the one recorded"),
    ],
)
def test_why_there_is_no_chip(tmp_path: Path, name: str, sha256: str | None, reason: str) -> None:
    Pillow.new("RGB", (4, 4)).save(tmp_path / "a.png")
    (tmp_path / "bare.tif").write_bytes(geotiff(crs=None))
    chip = previews.chip(tmp_path, name, sha256)
    assert (chip.uri, chip.bounds) == ("", None)
    assert chip.reason.startswith(reason)


def test_a_geotiff_has_a_preview_like_any_image(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(geotiff())
    found = previews.preview(tmp_path, "a.tif")
    assert (found.reason, found.width, found.height) == ("", 300, 200)
    (tmp_path / "cut.tif").write_bytes(geotiff()[:300])
    assert previews.preview(tmp_path, "cut.tif").reason.startswith("image on file, not shown here: the TIFF is damaged")
