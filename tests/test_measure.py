"""Sides of drawn shapes, against lengths worked by hand from the radii of the WGS 84 ellipsoid."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from resight import measure
from resight.measure import sides_m

# Metres a degree of latitude and of longitude, M·π/180 and N·cos φ·π/180 with M = a(1−e²)/(1−e²sin²φ)^1.5 and
# N = a/√(1−e²sin²φ), a = 6378137 m, e² = 0.00669438.
DEGREES = {42.9: (111_090.8, 81_673.1), 69.0: (111_549.1, 40_010.2)}


def box(lon: float, lat: float, east: float, north: float, turned: float = 0.0) -> dict[str, Any]:
    """A box of so many metres around a position, turned by so many degrees against the clock."""
    along_lat, along_lon = DEGREES[lat]
    cos, sin = math.cos(math.radians(turned)), math.sin(math.radians(turned))
    ring = []
    for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)):
        dx, dy = x * east / 2, y * north / 2
        ring.append([
            lon + (dx * cos - dy * sin) / along_lon,
            lat + (dx * sin + dy * cos) / along_lat,
        ])  # fmt: skip
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.mark.parametrize("lat", DEGREES)
@pytest.mark.parametrize("lon", [132.355, -1.0])
@pytest.mark.parametrize("turned", [0, 30, 90, 137])
def test_a_ropucha_of_112_5_by_15_m_is_measured_so_however_she_lies(lat: float, lon: float, turned: float) -> None:
    found = sides_m(box(lon, lat, 112.5, 15, turned))
    assert found is not None
    # The degrees above are those of the middle; over 112 m they change by less than 2 cm at 69° north.
    assert found == pytest.approx((112.5, 15.0), abs=0.02)


def test_one_across_the_antimeridian_is_no_longer() -> None:
    shape = box(180.0, 69.0, 112.5, 15, 30)
    shape["coordinates"][0] = [[lon - 360 if lon > 180 else lon, lat] for lon, lat in shape["coordinates"][0]]
    assert {round(lon) for lon, _ in shape["coordinates"][0]} == {180, -180}
    assert sides_m(shape) == pytest.approx((112.5, 15.0), abs=0.02)


@pytest.mark.parametrize(
    ("places", "metres"),
    [
        ([[132.355, 42.9], [132.365, 42.9]], 816.73),  # 0.01° of the parallel
        ([[132.355, 42.9], [132.355, 42.91]], 1110.91),  # 0.01° of the meridian
        ([[132.355, 42.9], [132.365, 42.9], [132.365, 42.91]], 816.73 + 1110.91),
        ([[179.995, 69.0], [-179.995, 69.0]], 400.10),
    ],
)
def test_a_line_is_as_long_as_its_pieces(places: list[list[float]], metres: float) -> None:
    found = sides_m({"type": "LineString", "coordinates": places})
    assert found is not None
    assert found.longer == pytest.approx(metres, abs=0.05)
    assert found.shorter is None


def test_an_outline_is_measured_by_the_rectangle_around_it() -> None:
    """A bow drawn as a point and a hole in the deck change nothing; a T is as wide as its wings."""
    along_lat, along_lon = DEGREES[42.9]

    def shape(*corners: tuple[float, float]) -> dict[str, Any]:
        ring = [[132.355 + x / along_lon, 42.9 + y / along_lat] for x, y in (*corners, corners[0])]
        return {"type": "Polygon", "coordinates": [ring]}

    ship = shape((-50, -7), (40, -7), (56, 0), (40, 7), (-50, 7))
    ship["coordinates"].append(box(132.355, 42.9, 5, 5)["coordinates"][0])
    assert sides_m(ship) == pytest.approx((106, 14), abs=0.02)
    aircraft = shape((-2, -23), (2, -23), (2, 0), (25, 0), (25, 6), (-25, 6), (-25, 0), (-2, 0))
    assert sides_m(aircraft) == pytest.approx((50, 29), abs=0.02)


def test_a_sliver_and_a_spot_have_sides_too() -> None:
    line = [[132.0, 42.9], [132.01, 42.9], [132.0, 42.9], [132.0, 42.9]]
    assert sides_m({"type": "Polygon", "coordinates": [line]}) == pytest.approx((816.73, 0), abs=0.05)
    spot = [[132.0, 42.9]] * 4
    found = sides_m({"type": "Polygon", "coordinates": [spot]})
    assert found == (0, 0)


@pytest.mark.parametrize("kind", ["Point", "MultiPoint", "MultiPolygon", "MultiLineString"])
def test_a_point_and_several_parts_have_no_sides(kind: str) -> None:
    assert sides_m({"type": kind, "coordinates": [132.0, 42.9]}) is None


def test_the_uncertainty_is_a_pixel_at_either_end() -> None:
    assert measure.uncertainty_m(2.0) == pytest.approx(2.828, abs=0.001)
    assert measure.uncertainty_m(None) is None


@given(
    lon=st.floats(-180, 180), lat=st.floats(-85, 85), bearing=st.floats(0, 360),
    length=st.floats(5, 400), width=st.floats(0.1, 1.0),
)  # fmt: skip
def test_a_box_laid_by_geodesics_has_its_sides_anywhere(
    lon: float, lat: float, bearing: float, length: float, width: float
) -> None:
    geod, width = Geod(ellps="WGS84"), width * length
    corners = []
    for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        dx, dy = x * width / 2, y * length / 2
        place = geod.fwd(lon, lat, bearing + math.degrees(math.atan2(dx, dy)), math.hypot(dx, dy))
        corners.append([place[0], place[1]])
    found = sides_m({"type": "Polygon", "coordinates": [[*corners, corners[0]]]})
    assert found == pytest.approx((length, width), rel=1e-5)
