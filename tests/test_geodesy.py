"""Metres: known distances, footprints anywhere on Earth, and what counts as one place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resight import episodes, geodesy
from resight.observation import Observation, build
from resight.vocabulary import from_toml

VOCABULARY = from_toml("[platforms.ship]")
Place = tuple[float, float]


def box(west: float, south: float, east: float, north: float) -> list[list[list[float]]]:
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def polygon(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": box(west, south, east, north)}


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


# --- distances and bearings


@pytest.mark.parametrize(
    ("a", "b", "metres"),
    [
        # GeographicLib's classic: JFK to Heathrow.
        ((-73.8, 40.6), (-0.5, 51.6), 5_551_759.4),
        # A degree along the equator and the quarter meridian of WGS 84.
        ((0.0, 0.0), (1.0, 0.0), 111_319.491),
        ((0.0, 0.0), (0.0, 90.0), 10_001_965.729),
        ((179.5, 0.0), (-179.5, 0.0), 111_319.491),
        ((132.33542, 42.87879), (132.33542, 42.87879), 0.0),
    ],
)
def test_distance(a: Place, b: Place, metres: float) -> None:
    assert geodesy.distance_m(a, b) == pytest.approx(metres, abs=0.1)
    assert geodesy.distance_m(b, a) == pytest.approx(metres, abs=0.1)


def test_an_altitude_does_not_lengthen_a_distance() -> None:
    assert geodesy.distance_m((0, 0.5, 9000), (1, 0.5)) == geodesy.distance_m((0, 0.5), (1, 0.5))


@pytest.mark.parametrize(
    ("a", "b", "bearing", "words"),
    [
        ((0, 0), (0, 1), 0, "north"),
        ((0, 0), (1, 0), 90, "east"),
        ((0, 0), (0, -1), 180, "south"),
        ((0, 0), (-1, 0), 270, "west"),
        ((179.5, 0), (-179.5, 0), 90, "east"),
        # Great circles leave northwards: JFK to Heathrow.
        ((-73.8, 40.6), (-0.5, 51.6), 51.2, "northeast"),
        # Dunay from Nakhodka.
        ((132.883333, 42.8), (132.33542, 42.87879), 281.2, "west"),
    ],
)
def test_bearing(a: Place, b: Place, bearing: float, words: str) -> None:
    assert geodesy.bearing_deg(a, b) == pytest.approx(bearing, abs=0.1)
    assert geodesy.compass(geodesy.bearing_deg(a, b)) == words


def test_a_bearing_a_hair_west_of_north_stays_below_360() -> None:
    assert geodesy.bearing_deg((0, 0), (-1e-17, 1)) < 360


@pytest.mark.parametrize(
    ("bearing", "words"),
    [
        (0, "north"),
        (22.4, "north"),
        (22.6, "northeast"),
        (45, "northeast"),
        (90, "east"),
        (135, "southeast"),
        (180, "south"),
        (225, "southwest"),
        (270, "west"),
        (315, "northwest"),
        (337.4, "northwest"),
        (337.6, "north"),
        (360, "north"),
        (-90, "west"),
    ],
)
def test_compass(bearing: float, words: str) -> None:
    assert geodesy.compass(bearing) == words


# --- footprints

SQUARE = polygon(132.3, 42.8, 132.4, 42.9)
ANTIMERIDIAN = polygon(179.9, 10.0, 180.1, 10.2)
ANTIMERIDIAN_WRAPPED = polygon(179.9, 10.0, -179.9, 10.2)
ARCTIC = polygon(30.0, 80.0, 30.5, 80.1)


@pytest.mark.parametrize(
    ("footprint", "place"),
    [
        (SQUARE, (132.35, 42.85)),
        (SQUARE, (132.301, 42.899)),
        (ANTIMERIDIAN, (179.95, 10.1)),
        (ANTIMERIDIAN, (-179.95, 10.1)),
        (ANTIMERIDIAN_WRAPPED, (179.95, 10.1)),
        (ANTIMERIDIAN_WRAPPED, (-179.95, 10.1)),
        (ARCTIC, (30.25, 80.05)),
        ({"type": "MultiPolygon", "coordinates": [box(0, 1, 1, 2), box(132.3, 42.8, 132.4, 42.9)]}, (132.35, 42.85)),
    ],
)
def test_inside_its_footprint_a_position_is_0_metres_away(footprint: dict[str, Any], place: Place) -> None:
    # The site's point does not matter when there is a footprint.
    assert geodesy.from_footprint_m(point(*place), footprint, (0.0, 1.0)) == 0.0


@pytest.mark.parametrize(
    ("footprint", "place", "metres", "within"),
    [
        # A tenth of a degree of latitude is 11.1 km; one of longitude there 8.2 km, at 80° north 1.9 km.
        (SQUARE, (132.35, 43.0), 11_110, 20),
        (SQUARE, (132.35, 42.7), 11_110, 20),
        (SQUARE, (132.5, 42.85), 8_180, 20),
        (ANTIMERIDIAN, (-179.8, 10.1), 10_960, 30),
        (ANTIMERIDIAN_WRAPPED, (-179.8, 10.1), 10_960, 30),
        (ANTIMERIDIAN_WRAPPED, (179.8, 10.1), 10_960, 30),
        (ARCTIC, (30.6, 80.05), 1_930, 70),
        # To the nearer of two parts.
        (
            {"type": "MultiPolygon", "coordinates": [*[box(0, 1, 1, 2)], box(132.3, 42.8, 132.4, 42.9)]},
            (0.5, 2.1),
            11_060,
            20,
        ),
        # Points at most 1 km apart along the edge: half of that is the largest error sideways.
        (polygon(132.0, 42.0, 133.0, 43.0), (133.001, 42.5432), 82, 200),
    ],
)
def test_outside_its_footprint_a_position_is_as_far_as_the_nearest_edge(
    footprint: dict[str, Any], place: Place, metres: float, within: float
) -> None:
    assert geodesy.from_footprint_m(point(*place), footprint, (0.0, 1.0)) == pytest.approx(metres, abs=within)


def test_without_a_footprint_the_site_s_point_counts() -> None:
    assert geodesy.from_footprint_m(point(-0.5, 51.6), None, (-73.8, 40.6)) == pytest.approx(5_551_759.4, abs=0.1)


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "LineString", "coordinates": [[132.35, 42.85], [132.35, 43.0]]},
        {"type": "MultiPoint", "coordinates": [[132.35, 43.0, 12.0], [132.35, 42.85]]},
        polygon(132.35, 42.85, 132.36, 43.0),
        {"type": "MultiPolygon", "coordinates": [box(132.35, 42.85, 132.36, 43.0)]},
    ],
)
def test_the_farthest_position_of_a_geometry_counts(geometry: dict[str, Any]) -> None:
    assert geodesy.from_footprint_m(geometry, SQUARE, (132.35, 42.85)) == pytest.approx(11_110, abs=20)


def test_the_far_side_of_the_earth_is_not_inside() -> None:
    # Opposite to Dunay in longitude, at its latitude: in the Atlantic.
    assert geodesy.from_footprint_m(point(-47.65, 42.85), SQUARE, (132.35, 42.85)) > 1_000_000


@given(
    st.floats(-1, 1), st.floats(-1, 1), st.floats(-89, 89), st.sampled_from([-179.5, 0.0, 132.0, 179.5]), st.booleans()
)
def test_what_is_plainly_near_is_near(east: float, north: float, lat: float, lon: float, has_footprint: bool) -> None:
    footprint = polygon(lon - 0.1, lat - 0.1, lon + 0.1, lat + 0.1) if has_footprint else None
    place = point(lon + east, max(-90.0, min(90.0, lat + north)))
    if geodesy.is_plainly_near(place, footprint, (lon, lat), 20_000):
        assert geodesy.from_footprint_m(place, footprint, (lon, lat)) <= 20_000


def test_a_place_at_the_site_is_plainly_near_and_one_beyond_is_not() -> None:
    assert geodesy.is_plainly_near(point(132.4, 42.9), SQUARE, (132.35, 42.85), 20_000)
    assert not geodesy.is_plainly_near(point(132.35, 45.0), SQUARE, (132.35, 42.85), 20_000)
    assert not geodesy.is_plainly_near(point(-47.65, 42.85), None, (132.35, 42.85), 20_000)
    line = {"type": "LineString", "coordinates": [[132.35, 42.85], [134.0, 42.85]]}
    assert not geodesy.is_plainly_near(line, None, (132.35, 42.85), 20_000)


@given(st.floats(-180, 180), st.floats(-89, 89))
def test_a_site_holds_its_middle_and_not_a_place_30_km_to_the_north(lon: float, lat: float) -> None:
    small = polygon(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01)
    assert geodesy.from_footprint_m(point(lon, lat), small, (lon, lat)) == 0
    if lat < 88:
        away = geodesy.from_footprint_m(point(lon, lat + 0.3), small, (lon, lat))
        assert away == pytest.approx(32_300, abs=300)


# --- one place


def episode(site: str, geometry: dict[str, Any] | None) -> episodes.Episode:
    record = build(
        Observation,
        {"id": f"{site}-2025-05-18-ship", "site": site, "date": "2025-05-18", "platform": "ship", "geometry": geometry},
    )
    (found,) = episodes.find([record], VOCABULARY)
    return found


QUAY = (132.355, 42.897)
NEAR = (132.355, 42.897 + 1990 / 111_100)
FAR = (132.355, 42.897 + 2010 / 111_100)


@pytest.mark.parametrize(
    ("a", "b", "together"),
    [
        (("dunay", None), ("dunay", None), True),
        (("dunay", QUAY), ("dunay", (140.0, 10.0)), True),
        (("dunay", QUAY), ("fokino", QUAY), True),
        (("dunay", QUAY), ("fokino", NEAR), True),
        (("dunay", QUAY), ("fokino", FAR), False),
        # A position that is not given is never taken to be near.
        (("dunay", QUAY), ("fokino", None), False),
        (("dunay", None), ("fokino", QUAY), False),
        (("dunay", None), ("fokino", None), False),
    ],
)
def test_same_place(a: tuple[str, Place | None], b: tuple[str, Place | None], together: bool) -> None:
    first, second = (episode(site, None if place is None else point(*place)) for site, place in (a, b))
    assert geodesy.same_place(first, second) is together
    assert geodesy.same_place(second, first) is together


def test_the_radius_may_be_another() -> None:
    first, second = episode("dunay", point(*QUAY)), episode("fokino", point(*FAR))
    assert geodesy.same_place(first, second, radius_m=2100)
    assert not geodesy.same_place(first, second, radius_m=1900)


def test_the_nearest_positions_of_two_geometries_count() -> None:
    line = {"type": "LineString", "coordinates": [[133.0, 43.5], list(NEAR)]}
    assert geodesy.same_place(episode("dunay", point(*QUAY)), episode("fokino", line))


@st.composite
def scattered(draw: st.DrawFn) -> list[episodes.Episode]:
    """Episodes of three sites around one spot, among them the antimeridian and the poles, some with lines."""
    lon, lat = draw(st.sampled_from([(132.3, 42.9), (180.0, 0.1), (-179.99, -65.0), (10.0, 89.999), (0.0, -89.99)]))
    found = []
    for _ in range(draw(st.integers(0, 6))):
        steps = st.integers(-3, 3).map(lambda step: step / 90)
        places = [
            [(lon + draw(steps) + 180) % 360 - 180, max(-90.0, min(90.0, lat + draw(steps)))]
            for _ in range(draw(st.integers(0, 2)))
        ]
        shapes = {0: None, 1: {"type": "Point", "coordinates": places[0] if places else []}}
        site = draw(st.sampled_from(["dunay", "fokino", "rajin"]))
        found.append(episode(site, shapes.get(len(places), {"type": "LineString", "coordinates": places})))
    return found


@given(scattered(), scattered())
def test_all_near_pairs_at_once_are_those_found_one_by_one(
    then: list[episodes.Episode], now: list[episodes.Episode]
) -> None:
    pairs = {(i, j) for i, a in enumerate(then) for j, b in enumerate(now) if geodesy.same_place(a, b)}
    different = {(i, j) for i, j in pairs if then[i].site != now[j].site}
    assert set(map(tuple, geodesy.near_pairs(then, now).T.tolist())) == different
