"""Map pages of places that a flat map finds hard: across the antimeridian, near a pole, far from any coast we have."""

from __future__ import annotations

from typing import Any

import pytest

from resight import geodesy, maps, phrases
from resight.errors import InvalidRecord
from resight.observation import Observation, Site, build, positions
from test_maps import data_of, overview_of, page_of, record


def place(identifier: str, lon: float, lat: float, **more: Any) -> Site:
    """A watched site without footprint."""
    plain = {"id": identifier, "name": identifier.title(), "watched": True, "timezone": "UTC", "point": (lon, lat)}
    return build(Site, {**plain, **more})


ACROSS = {
    "type": "Polygon",
    "coordinates": [
        [[179.9, -16.9], [-179.9, -16.9], [-179.9, -16.7], [179.9, -16.7], [179.9, -16.9]],
        [[179.98, -16.85], [179.98, -16.75], [-179.98, -16.75], [-179.98, -16.85], [179.98, -16.85]],
    ],
}
TAVEUNI = place("taveuni", 179.97, -16.82, footprint=ACROSS, coordinate_uncertainty_m=2000)
RABI = place("rabi", -179.95, -16.65)
EAST, WEST = [179.95, -16.8], [-179.95, -16.8]
PACIFIC = {site.id: site for site in (TAVEUNI, RABI)}
#: One record of every kind of geometry, most of them across the antimeridian.
SHAPES: dict[str, dict[str, Any]] = {
    "point": {"type": "Point", "coordinates": WEST},
    "points": {"type": "MultiPoint", "coordinates": [[179.92, -16.72], [-179.92, -16.72]]},
    "line": {"type": "LineString", "coordinates": [[179.93, -16.88], [-179.93, -16.86]]},
    "lines": {
        "type": "MultiLineString",
        "coordinates": [[[179.93, -16.74], [180, -16.73]], [[-180, -16.73], [-179.93, -16.72]]],
    },
    "area": {
        "type": "Polygon",
        "coordinates": [
            [[179.99, -16.84], [-179.97, -16.84], [-179.97, -16.8], [179.99, -16.8], [179.99, -16.84]],
            [[-180, -16.83], [-180, -16.81], [-179.98, -16.81], [-179.98, -16.83], [-180, -16.83]],
        ],
    },
    "areas": {
        "type": "MultiPolygon",
        "coordinates": [
            [[[179.96, -16.78], [180, -16.78], [180, -16.76], [179.96, -16.76], [179.96, -16.78]]],
            [[[-180, -16.78], [-179.96, -16.78], [-179.96, -16.76], [-180, -16.76], [-180, -16.78]]],
        ],
    },
}


def shaped(site: str = "taveuni") -> tuple[Observation, ...]:
    """A sighting of this year for every kind of geometry, and one of last year on the other side."""
    then = record("then", "2024-05-18", site=site, geometry={"type": "Point", "coordinates": EAST})
    return (then, *(record(name, site=site, geometry=shape) for name, shape in SHAPES.items()))


def page_at(site: Site, records: tuple[Observation, ...] = (), **more: Any) -> dict[str, Any]:
    sites = {**PACIFIC, site.id: site}
    return data_of(maps.render_html(page_of(records, site.id, sites=sites, **more)))


def test_everything_on_a_page_across_the_antimeridian_lies_together() -> None:
    whole = page_at(TAVEUNI, (*shaped(), record("next-door", site="rabi")))
    data = whole["map"]
    lons = [lon for _, shape in whole["shapes"] for lon, _ in positions(shape)]
    lons += [r["at"][0] for r in whole["records"]]
    lons += [lon for ring in data["site"]["footprint"] for lon, _ in ring]
    lons += [badge["at"][0] for badge in data["badges"]]
    assert len(data["badges"]) == 2
    assert min(lons) > 179.89
    assert max(lons) < 180.11
    west, _, east, _ = data["view"]
    assert 179.8 < west < east < 180.2


def test_from_the_other_side_the_same_page_lies_on_that_side() -> None:
    data = page_at(RABI, (record("a", site="rabi"), record("b", site="taveuni")))["map"]
    assert sorted(badge["at"][0] for badge in data["badges"]) == [pytest.approx(-180.03), -179.95]
    assert data["view"][2] - data["view"][0] < 0.2


def test_the_position_stands_in_words_beside_each_record() -> None:
    records = [one for one in page_at(TAVEUNI, shaped())["records"] if one["period"] == "now"]
    assert {one["id"]: next(text for label, text in one["fields"] if label == "Position") for one in records} == {
        "point": "16.8000° S, 179.9500° W",
        "points": "several points, the first at 16.7200° S, 179.9200° E",
        "line": "a line that begins at 16.8800° S, 179.9300° E",
        "lines": "several lines, the first begins at 16.7400° S, 179.9300° E",
        "area": "an area with a corner at 16.8400° S, 179.9900° E",
        "areas": "several areas, one with a corner at 16.7800° S, 179.9600° E",
    }


def test_the_hole_of_a_footprint_is_kept() -> None:
    assert len(page_at(TAVEUNI)["map"]["site"]["footprint"]) == 2


def test_sites_on_both_sides_stand_together_on_the_overview() -> None:
    records = (record("a", site="rabi"), record("b", site="taveuni"))
    data = data_of(maps.render_html(overview_of(records, sites=PACIFIC)))["map"]
    west, _, east, _ = data["view"]
    assert east - west == pytest.approx(0.08)
    assert {badge["name"] for badge in data["badges"]} == {"Taveuni", "Rabi"}


def test_the_coast_of_a_window_across_the_antimeridian_is_found_from_both_sides() -> None:
    window = [178, -18, -178, -15]
    ring = [[179.5, -17], [-179.5, -17], [-179.5, -16], [179.5, -16], [179.5, -17]]
    land = {"type": "Feature", "properties": {"kind": "land"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    layers = {"land": {"type": "FeatureCollection", "window": window, "features": [land]}}
    assert page_at(TAVEUNI, basemap=layers)["map"]["window"] == [178, -18, 182, -15]
    assert page_at(RABI, basemap=layers)["map"]["window"] == [-182, -18, -178, -15]
    overview = data_of(maps.render_html(overview_of((record("a", site="rabi"),), sites=PACIFIC, basemap=layers)))
    assert len(overview["map"]["badges"]) == 2
    assert len(overview["map"]["base"]["land"]) == 1


@pytest.mark.parametrize(
    ("lon", "lat", "words"),
    [
        (89.2, 89.5, "89.5000° N, 89.2000° E"),
        (0.5, 90.0, "90.0000° N, 0.5000° E"),
        (-139.2667, -89.99, "89.9900° S, 139.2667° W"),
    ],
)
def test_what_lies_nearer_a_pole_than_the_map_goes_is_on_its_edge_and_the_page_says_so(
    lon: float, lat: float, words: str
) -> None:
    camp = place("camp", lon, lat, coordinate_uncertainty_m=3000)
    found = record("a", site="camp", geometry={"type": "Point", "coordinates": [lon, lat]}, location_uncertainty_m=50)
    data = page_at(camp, (found,))
    assert phrases.BEYOND in data["map"]["fineprint"]
    assert data["map"]["badges"][0]["at"] == [lon, 85.0511 if lat > 0 else -85.0511]
    _, south, _, north = data["map"]["view"]
    assert -85.06 < south < north < 85.06
    assert north - south < 0.2
    # No circle of metres where metres cannot be drawn; the position itself is told.
    assert data["map"]["site"]["uncertainty_m"] is None
    assert data["records"][0]["uncertainty"] is None
    assert not [sign for sign, _ in data["legend"] if sign == "uncertainty"]
    assert ["Position", f"{words}, give or take 50 m"] in data["records"][0]["fields"]


@pytest.mark.parametrize(
    ("lon", "lat"), [(166.67, -77.85), (-68.77, 76.53), (-155.0, 0.0), (-179.99, -89.0), (180.0, 10.0), (-180.0, 85.05)]
)
def test_any_place_on_earth_has_a_page_with_a_small_view(lon: float, lat: float) -> None:
    data = page_at(place("far", lon, lat), (record("a", site="far"),))["map"]
    west, south, east, north = data["view"]
    assert 0 < east - west < 1
    assert 0 < north - south < 0.2
    assert west <= data["badges"][0]["at"][0] <= east
    assert data["missing"] == phrases.NO_COAST
    assert (phrases.BEYOND in data["fineprint"]) == (abs(lat) > 85.0511)


def test_a_place_in_a_ring_round_the_pole_is_inside_it() -> None:
    ring = [[0, 89], [120, 89], [-120, 89], [0, 89]]
    polar = {"type": "Polygon", "coordinates": [ring]}
    for lon, lat in ((0.5, 90.0), (-170.0, 89.9), (45.0, 89.5)):
        assert geodesy.from_footprint_m({"type": "Point", "coordinates": [lon, lat]}, polar, (1.0, 89.5)) == 0
    outside = {"type": "Point", "coordinates": [0.0001, 88.0]}
    assert geodesy.from_footprint_m(outside, polar, (1.0, 89.5)) == pytest.approx(111_690, abs=20)


def test_a_collection_of_geometries_is_refused_with_what_is_allowed() -> None:
    collection = {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": EAST}]}
    with pytest.raises(InvalidRecord, match=r"'GeometryCollection' is not .* a GeoJSON Point, LineString or Polygon"):
        record("a", geometry=collection)
