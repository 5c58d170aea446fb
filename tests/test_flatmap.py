"""Positions on a flat map: whole across the antimeridian, on its edge near a pole, the same modulo a turn."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resight import basemap, flatmap
from resight.observation import positions

LON = st.floats(-180, 180).map(lambda lon: round(lon, 6))
LAT = st.floats(-90, 90).map(lambda lat: round(lat, 6))
LINE = st.lists(st.tuples(LON, LAT), min_size=2, max_size=12)


@pytest.mark.parametrize(
    ("lon", "beside", "drawn"),
    [
        (-179.0, 175.0, 181.0),
        (179.0, -175.0, -181.0),
        (-180.0, 180.0, 180.0),
        (132.3, 132.9, 132.3),
        (0.0, 180.0, 0.0),
        # To six decimals as written: no 180.10000000000002 in a page.
        (-179.9, 179.0, 180.1),
    ],
)
def test_a_longitude_is_drawn_on_the_side_of_another(lon: float, beside: float, drawn: float) -> None:
    assert flatmap.turned(lon, beside) == drawn


@given(LON, LON)
def test_a_turned_longitude_is_the_same_meridian_within_half_a_turn(lon: float, beside: float) -> None:
    turned = flatmap.turned(lon, beside)
    assert abs(turned - beside) <= 180
    assert (turned - lon) / 360 == pytest.approx(round((turned - lon) / 360), abs=1e-9)


@given(LINE, LON)
def test_a_line_keeps_its_places_and_goes_the_short_way(line: list[tuple[float, float]], beside: float) -> None:
    walked = flatmap.path(line, beside)
    for (lon, lat), (drawn, height) in zip(line, walked, strict=True):
        assert height == lat
        assert (drawn - lon) / 360 == pytest.approx(round((drawn - lon) / 360), abs=1e-9)
    assert all(abs(b[0] - a[0]) <= 180 + 1e-6 for a, b in pairwise(walked))
    lons = [lon for lon, _ in walked]
    assert abs((min(lons) + max(lons)) / 2 - beside) <= 180 + 1e-6


@given(st.lists(LON, min_size=1, max_size=8))
def test_no_other_longitude_is_nearer_to_the_farthest_of_them_than_their_middle(lons: list[float]) -> None:
    def reach(beside: float) -> float:
        return max(abs(flatmap.turned(lon, beside) - beside) for lon in lons)

    least = reach(flatmap.middle(lons))
    assert all(least <= reach(tried) + 1e-6 for tried in range(-180, 180, 5))


@pytest.mark.parametrize(
    ("lons", "middle"),
    [([170, -170, 160], 175), ([5], 5), ([10, 20], 15), ([-10, 20], 5), ([], 0), ([-179, 179], -180)],
)
def test_the_middle_of_longitudes(lons: list[float], middle: float) -> None:
    assert flatmap.middle(lons) == middle


@pytest.mark.parametrize(
    ("given_", "beside", "drawn"),
    [
        ({"type": "Point", "coordinates": [-179.5, 1, 30]}, 179, (180.5, 1)),
        (
            {"type": "MultiPoint", "coordinates": [[179, 1], [-179, 1]]},
            -175,
            [(-181, 1), (-179, 1)],
        ),
        # Cut as RFC 7946 3.1.9 asks, and not cut.
        (
            {"type": "MultiLineString", "coordinates": [[[179, 1], [180, 1]], [[-180, 1], [-179, 1]]]},
            175,
            [[(179, 1), (180, 1)], [(180, 1), (181, 1)]],
        ),
        ({"type": "LineString", "coordinates": [[179, 1], [-179, 1]]}, 175, [(179, 1), (181, 1)]),
        ({"type": "LineString", "coordinates": [[-179, 1], [179, 1]]}, 175, [(181, 1), (179, 1)]),
        # A hole lies where its outline does.
        (
            {
                "type": "Polygon",
                "coordinates": [
                    [[178, 0], [-178, 0], [-178, 4], [178, 4], [178, 0]],
                    [[-179, 1], [-179, 2], [179, 2], [-179, 1]],
                ],
            },
            170,
            [[(178, 0), (182, 0), (182, 4), (178, 4), (178, 0)], [(181, 1), (181, 2), (179, 2), (181, 1)]],
        ),
        ({"type": "LineString", "coordinates": [[0, 89], [10, 90]]}, 0, [(0, 85.0511), (10, 85.0511)]),
    ],
)
def test_a_geometry_as_a_flat_map_draws_it(given_: dict[str, Any], beside: float, drawn: Any) -> None:
    assert flatmap.geometry(given_, beside) == {"type": given_["type"], "coordinates": drawn}


def test_an_area_that_was_cut_at_the_antimeridian_is_one_area_again() -> None:
    west = [[179, 1], [180, 1], [180, 2], [179, 2], [179, 1]]
    east = [[-180, 1], [-179, 1], [-179, 2], [-180, 2], [-180, 1]]
    drawn = flatmap.geometry({"type": "MultiPolygon", "coordinates": [[west], [east]]}, 179)
    assert drawn["type"] == "Polygon"
    assert basemap.box_around(positions(drawn)) == (179, 1, 181, 2)


def test_areas_that_cannot_be_sewn_are_left_as_they_are() -> None:
    bow = [[179, 1], [180, 2], [180, 1], [179, 2], [179, 1]]
    drawn = flatmap.geometry({"type": "MultiPolygon", "coordinates": [[bow], [bow]]}, 179)
    assert drawn["type"] == "MultiPolygon"


@pytest.mark.parametrize(("lat", "edge"), [(-80, -85.0511), (80, 85.0511)])
def test_a_ring_round_a_pole_is_closed_along_the_edge_of_the_map(lat: float, edge: float) -> None:
    ring = [[0, lat], [120, lat], [-120, lat], [0, lat]]
    drawn = flatmap.geometry({"type": "Polygon", "coordinates": [ring]}, 60)
    assert drawn["coordinates"][0][-3:] == [(360, edge), (0, edge), (0, lat)]


def layer(window: list[float] | None, *lons: float) -> dict[str, Any]:
    ring = [[lons[0], 0], [lons[1], 0], [lons[1], 1], [lons[0], 1], [lons[0], 0]]
    land = {"type": "Feature", "properties": {"kind": "land"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    return {"type": "FeatureCollection", "features": [land], **({"window": window} if window else {})}


@pytest.mark.parametrize(
    ("window", "lons", "beside", "turned", "drawn"),
    [
        # As RFC 7946 writes a box across the antimeridian, and seen from its other side.
        ([178, -5, -178, 5], (179, -179), 179.9, (178, -5, 182, 5), {179, 181}),
        ([178, -5, -178, 5], (179, -179), -179.9, (-182, -5, -178, 5), {-181, -179}),
        ([120, -5, 140, 5], (121, 130), -40, (120, -5, 140, 5), {121, 130}),
        ([-150, -5, -140, 5], (-149, -145), 170, (210, -5, 220, 5), {211, 215}),
        # A layer of the whole world has its middle where the map has it.
        ([-180, -90, 180, 90], (-179, -170), 170, (-10, -90, 350, 90), {181, 190}),
        (None, (-179, -170), 170, None, {181, 190}),
    ],
)
def test_a_layer_lies_on_the_side_of_the_map(
    window: list[float] | None, lons: tuple[float, float], beside: float, turned: Any, drawn: set[float]
) -> None:
    (found,) = basemap.beside({"a": layer(window, *lons)}, beside).values()
    assert basemap._window(found) == turned
    assert {lon for lon, _ in positions(found["features"][0]["geometry"])} == drawn
