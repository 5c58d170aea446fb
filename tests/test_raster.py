"""GeoTIFFs: what they say of themselves, their pixels made small and laid out in lon and lat, and what is refused."""

from __future__ import annotations

import contextlib
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from geotiffs import geotiff, grey_steps
from resight import raster
from resight.raster import Bounds, Unreadable


def corner_of(lon: float, lat: float, crs: str = "EPSG:32652") -> tuple[float, float]:
    """The upper left corner that puts the middle of a 300 × 200 image of 0.5 m pixels there."""
    east, north = Transformer.from_crs("OGC:CRS84", crs, always_xy=True).transform(lon, lat)
    return east - 75, north + 50


# --- facts


def test_bounds_and_system_of_an_image_at_dunay() -> None:
    found = raster.facts(geotiff(corner=corner_of(132.355, 42.897)))
    assert (found.width, found.height, found.crs) == (300, 200, "EPSG:32652")
    assert found.bounds is not None
    west, south, east, north = found.bounds
    assert ((west + east) / 2, (south + north) / 2) == pytest.approx((132.355, 42.897), abs=1e-6)
    # 100 m of latitude there are 100 / 111,090 degrees; the grid is turned by 2.3° from north, which adds 150 m × sin.
    assert north - south == pytest.approx((100 * np.cos(np.radians(2.28)) + 150 * np.sin(np.radians(2.28))) / 111_090,
                                          rel=0.01)  # fmt: skip


@pytest.mark.parametrize(
    ("crs", "corner", "pixel", "metres"),
    [
        ("EPSG:32652", (773_900.0, 4_755_050.0), 0.5, 0.4997),  # UTM shrinks or stretches by less than 0.1 %
        ("EPSG:3857", (14_733_680.0, 5_299_000.0), 1.0, 0.7335),  # web Mercator at 42.9° north: about cos 42.9°
        ("EPSG:4326", (132.355, 42.897), 0.00001, 1.111),  # degrees: the larger step is that along the meridian
    ],
)
def test_the_size_of_a_pixel_is_that_on_the_ground(
    crs: str, corner: tuple[float, float], pixel: float, metres: float
) -> None:
    assert raster.facts(geotiff(crs=crs, corner=corner, pixel=pixel)).gsd_m == pytest.approx(metres, rel=1e-3)


def test_an_image_that_is_turned_has_bounds_around_its_corners() -> None:
    straight, turned = (raster.facts(geotiff(turned=angle)).bounds for angle in (0.0, 45.0))
    assert straight is not None
    assert turned is not None
    # 300 × 200 pixels turned by 45° reach (300 + 200) / √2 pixels in each direction.
    assert (turned.north - turned.south) * 111_090 == pytest.approx(500 / 2**0.5 * 0.5, rel=0.05)
    assert (straight.north - straight.south) * 111_090 < 110


def test_bounds_across_the_antimeridian_have_their_west_above_their_east() -> None:
    found = raster.facts(geotiff(crs="EPSG:32601", corner=corner_of(-179.9999, 69, "EPSG:32601"))).bounds
    assert found is not None
    assert found.west > 179
    assert found.east < -179
    assert (found.east - found.west) % 360 < 0.01


@pytest.mark.parametrize(
    ("tags", "imagery_tags", "time", "is_utc"),
    [
        ({}, {}, None, False),
        ({"TIFFTAG_DATETIME": "2025:05:18 01:40:00"}, {}, "2025:05:18 01:40:00", False),
        ({}, {"ACQUISITIONDATETIME": "2025-05-18 01:40:00"}, "2025-05-18 01:40:00", True),
        (
            {"TIFFTAG_DATETIME": "2025:06:01 00:00:00"},
            {"ACQUISITIONDATETIME": "2025-05-18 01:40:00"},
            "2025-05-18 01:40:00",
            True,
        ),
    ],
)
def test_the_time_of_acquisition_goes_before_the_time_of_the_file(
    tags: dict[str, str], imagery_tags: dict[str, str], time: str | None, is_utc: bool
) -> None:
    found = raster.facts(geotiff(tags=tags, imagery_tags=imagery_tags))
    assert (found.time, found.time_is_utc) == (time, is_utc)


def test_a_tiff_without_position_says_so() -> None:
    found = raster.facts(geotiff(crs=None))
    assert (found.crs, found.bounds, found.gsd_m) == (None, None, None)


# --- pixels


def test_bytes_are_shown_as_they_are_and_made_small() -> None:
    found = raster.small(geotiff(), 150)
    assert found.shape == (100, 150, 4)
    assert found[50, 0, :3].tolist() == [0, 0, 0]
    assert found[50, -1].tolist() == [255, 255, 255, 255]


def test_sixteen_bits_are_stretched_between_their_percentiles() -> None:
    band = np.linspace(300, 900, 300).astype(np.uint16)
    band[0], band[-1] = 0, 65_535  # two pixels in 300 a row, below the 2 % that may be lost
    found = raster.small(geotiff(np.broadcast_to(band, (1, 200, 300)).copy()), 300)
    # A quarter of the way from 306 to 894 (2 % and 98 % of 300 … 900) is 453; 453 stands at column 76.
    assert found[0, 76].tolist() == pytest.approx([64, 64, 64, 255], abs=2)
    assert found[0, 0, 0] == 0
    assert found[0, -1, 0] == 255


def test_bands_that_say_their_colour_are_put_in_order() -> None:
    bands = np.stack([np.full((4, 6), value, dtype=np.uint8) for value in (10, 20, 30, 200)])
    plain = raster.small(geotiff(bands, photometric="MINISBLACK"), 6)
    assert plain[0, 0].tolist() == [10, 20, 30, 255]
    rgba = raster.small(geotiff(bands, photometric="RGB", alpha="YES"), 6)
    assert rgba[0, 0].tolist() == [10, 20, 30, 200]


def test_what_is_no_data_is_transparent() -> None:
    bands = np.full((1, 4, 6), 7, dtype=np.uint8)
    bands[0, :, :3] = 0
    found = raster.small(geotiff(bands, nodata=0), 6)
    assert found[0, 0, 3] == 0
    assert found[0, 5].tolist() == [7, 7, 7, 255]


def test_an_image_without_spread_or_with_no_numbers_is_no_error() -> None:
    flat = raster.small(geotiff(np.full((1, 4, 6), 500, dtype=np.uint16)), 6)
    assert flat[0, 0].tolist() == [128, 128, 128, 255]
    none = raster.small(geotiff(np.full((1, 4, 6), np.nan, dtype=np.float32)), 6)
    assert none[0, 0, 3] == 0


# --- laid out


def test_an_image_laid_out_has_its_pixels_where_they_are() -> None:
    values = grey_steps()
    values[:, 95:105, 145:155] = 0
    values[0, 95:105, 145:155] = 255  # a red square of 5 m in the middle
    found = raster.laid_out(geotiff(values, corner=corner_of(132.355, 42.897)), 1024)
    west, south, east, north = found.bounds
    rows, columns = np.nonzero((found.pixels[..., 0] > 200) & (found.pixels[..., 1] < 50))
    high, wide = found.pixels.shape[:2]
    lon = west + (columns.mean() + 0.5) / wide * (east - west)
    lat = north - (rows.mean() + 0.5) / high * (north - south)
    # Half a pixel of the original is 0.25 m, 2.3 millionths of a degree.
    assert (lon, lat) == pytest.approx((132.355, 42.897), abs=3e-6)
    assert found.pixels[0, 0, 3] == 0, "the grid is turned against north, so that the corners are empty"


def test_a_part_of_it_has_the_bounds_asked_for() -> None:
    box = Bounds(132.3548, 42.8969, 132.3552, 42.8971)
    found = raster.laid_out(geotiff(corner=corner_of(132.355, 42.897)), 1024, box)
    assert found.bounds == pytest.approx(box)
    assert (found.pixels[..., 3] == 255).all()


def test_an_image_across_the_antimeridian_stays_in_one_piece() -> None:
    data = geotiff(crs="EPSG:32601", corner=corner_of(-179.9999, 69, "EPSG:32601"))
    found = raster.laid_out(data, 512)
    assert found.bounds.west > 179
    assert found.bounds.east < -179
    assert (found.pixels[found.pixels.shape[0] // 2, :, 3] == 255).mean() > 0.9
    east_half = raster.laid_out(data, 512, Bounds(180, 68, -179.9, 70))
    assert east_half.bounds.east == pytest.approx(found.bounds.east)
    assert east_half.bounds.west in (180.0, -180.0)


def test_it_is_never_larger_than_asked_for() -> None:
    assert max(raster.laid_out(geotiff(), 64).pixels.shape[:2]) == 64


def test_what_has_no_position_or_lies_elsewhere_cannot_be_laid_out() -> None:
    with pytest.raises(Unreadable, match="does not say where on Earth"):
        raster.laid_out(geotiff(crs=None), 64)
    with pytest.raises(Unreadable, match="nothing of it lies in that box"):
        raster.laid_out(geotiff(), 64, Bounds(10, 50, 11, 51))


# --- refused


@pytest.mark.parametrize("length", [4, 8, 200, 30_000])
def test_a_tiff_cut_short(length: int) -> None:
    with pytest.raises(Unreadable, match="damaged or cut short"):
        raster.small(geotiff(np.random.default_rng(1).integers(0, 255, (3, 200, 300)).astype(np.uint8))[:length], 64)


def test_a_bomb_is_not_decoded() -> None:
    with warnings.catch_warnings(action="ignore"):
        from rasterio.io import MemoryFile

        with MemoryFile() as held:
            with held.open(driver="GTiff", count=1, height=30_000, width=30_000, dtype="uint8", sparse_ok=True):
                pass
            bomb = bytes(held.read())
    assert len(bomb) < 1_000_000
    for read in (raster.facts, lambda given: raster.small(given, 64), lambda given: raster.laid_out(given, 64)):
        with pytest.raises(Unreadable, match="30000 × 30000 pixels, more than 40 million"):
            read(bomb)


def test_complex_values_are_no_image() -> None:
    with pytest.raises(Unreadable, match="complex numbers"):
        raster.facts(geotiff(np.zeros((1, 4, 6), dtype=np.complex64)))


def test_another_format_that_gdal_reads_is_not_let_in(tmp_path: object) -> None:
    secret = f"{tmp_path}/secret"
    virtual = f'<VRTDataset rasterXSize="1" rasterYSize="1"><SourceFilename>{secret}</SourceFilename></VRTDataset>'
    with pytest.raises(Unreadable, match="damaged or cut short"):
        raster.facts(virtual.encode())


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(Unreadable, match=r"pip install 'resight\[imagery\]'"):
        raster.facts(b"II*\0")


SOUND = geotiff(tags={"TIFFTAG_DATETIME": "2025:05:18 01:40:00"})


@given(st.data())
def test_no_damage_raises_anything_else(draw: st.DataObject) -> None:
    damaged = bytearray(SOUND)
    for _ in range(draw.draw(st.integers(1, 6))):
        damaged[draw.draw(st.integers(0, 600))] = draw.draw(st.integers(0, 255))
    for read in (raster.facts, lambda given: raster.small(given, 64), lambda given: raster.laid_out(given, 64)):
        with contextlib.suppress(Unreadable):
            read(bytes(damaged))
