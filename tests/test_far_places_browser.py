"""Map pages of places that a flat map finds hard, as a browser draws them."""

from __future__ import annotations

from typing import Any

import pytest

from test_far_places import PACIFIC, RABI, TAVEUNI, place, shaped
from test_maps import overview_of, page_of, record

pytestmark = pytest.mark.browser


def is_inside(page: Any, selector: str) -> list[bool]:
    """Whether the middle of each such element lies on the map as it opens."""
    found: list[bool] = page.locator(selector).evaluate_all(
        """(all) => {
          const map = document.querySelector(".map").getBoundingClientRect();
          return all.map((one) => one.getBoundingClientRect()).map((box) =>
            box.left + box.width / 2 > map.left && box.right - box.width / 2 < map.right &&
            box.top + box.height / 2 > map.top && box.bottom - box.height / 2 < map.bottom);
        }"""
    )
    return found


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_across_the_antimeridian_shows_everything_at_once(visit: Any, width: int) -> None:
    seen = visit(page_of((*shaped(), record("b", site="rabi")), "taveuni", sites=PACIFIC), width=width)
    assert is_inside(seen.page, ".badge") == [True, True]
    outlines = seen.page.locator(".leaflet-area-pane path").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().width)"
    )
    frame = seen.page.locator(".map").bounding_box()["width"]
    assert all(0 < outline < frame for outline in outlines)
    seen.assert_quiet()


def test_the_hole_of_a_footprint_is_not_filled(visit: Any) -> None:
    page = visit(page_of((record("a", site="taveuni"),), "taveuni", sites=PACIFIC)).page
    filled = page.locator(".leaflet-area-pane path").first.evaluate(
        """(path) => {
          const box = path.getBBox(), at = (x, y) =>
            path.isPointInFill(new DOMPoint(box.x + box.width * x, box.y + box.height * y));
          return [at(0.5, 0.5), at(0.1, 0.1), at(0.5, 0.05)];
        }"""
    )
    assert filled == [False, True, True]


def test_sites_on_both_sides_of_the_antimeridian_stand_together_on_the_overview(visit: Any) -> None:
    records = (record("a", site="rabi"), record("b", site="taveuni"))
    seen = visit(overview_of(records, sites=PACIFIC))
    assert is_inside(seen.page, ".badge") == [True, True]
    boxes = [box.bounding_box() for box in seen.page.locator(".badge").all()]
    assert abs(boxes[0]["x"] - boxes[1]["x"]) < 1000
    seen.assert_quiet()


@pytest.mark.parametrize(
    ("lon", "lat"), [(89.2, 89.5), (0.5, 90.0), (-139.27, -89.99), (166.67, -77.85), (180.0, 10.0), (-155.0, 0.0)]
)
def test_any_place_on_earth_is_on_its_map(visit: Any, lon: float, lat: float) -> None:
    far = place("far", lon, lat, coordinate_uncertainty_m=2000)
    records = (record("a", site="far"), record("b", site="far", geometry={"type": "Point", "coordinates": [lon, lat]}))
    seen = visit(page_of(records, "far", sites={"far": far, "rabi": RABI, "taveuni": TAVEUNI}))
    assert is_inside(seen.page, ".badge") == [True]
    said = seen.page.locator("#beside").text_content() or ""
    assert ("nearer a pole" in said) == (abs(lat) > 86)
    assert "No coastline detail packaged for this place." in said
    seen.assert_quiet()
