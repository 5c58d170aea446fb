"""The instruments of the map in a browser: measure, coordinates, scale, north; by mouse, finger and keyboard."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from pyproj import Geod

from resight.observation import Site, build
from test_maps import SITES, overview_of, page_of
from test_maps_browser import PLACED, still

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api")

WGS84 = Geod(ellps="WGS84")
#: Where two of the records were placed, as (lon, lat).
NOW, THEN = (132.352, 42.896), (132.36, 42.868)
MAP = "Object.values(window).find((one) => one instanceof L.Map)"


def page_at(lon: float, lat: float) -> Any:
    """The page of a site anywhere on the globe, with nothing on file."""
    site = build(Site, {"id": "far", "name": "Far", "timezone": "UTC", "watched": True, "point": (lon, lat)})
    return page_of(site="far", sites={**SITES, "far": site})


def pixel(page: Any, place: tuple[float, float]) -> tuple[float, float]:
    """Where in the window a (lon, lat) is drawn."""
    page.locator(".map").scroll_into_view_if_needed()
    x, y = page.evaluate(
        f"""([lng, lat]) => {{
          const map = {MAP}, at = map.latLngToContainerPoint([lat, lng]), box = map.getContainer();
          const {{ left, top }} = box.getBoundingClientRect();
          return [left + box.clientLeft + at.x, top + box.clientTop + at.y];
        }}""",
        list(place),
    )
    return x, y


def metres_a_pixel(page: Any, lat: float) -> float:
    west, east = page.evaluate(
        f"""() => {{
          const map = {MAP}, size = map.getSize();
          return [0, 100].map((x) => map.containerPointToLatLng([x, size.y / 2]).lng);
        }}"""
    )
    return float(WGS84.inv(west, lat, east, lat)[2]) / 100


def metres(text: str) -> float:
    found = re.fullmatch(r"(?:.*: )?([\d,.]+) (m|km)(?:, bearing.*)?", text)
    assert found, text
    return float(found[1].replace(",", "")) * (1000 if found[2] == "km" else 1)


def legs(page: Any) -> list[str]:
    found: list[str] = page.locator(".legs li").all_text_contents()
    return found


def shown(page: Any) -> list[str]:
    """The coordinates read out: in decimal degrees, and in degrees, minutes and seconds."""
    found: list[str] = page.locator(".read > span").all_text_contents()
    return found


# --- measuring ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((132.3354, 42.8788), (132.3355, 42.8788)),
        ((132.3354, 42.8788), (132.8833, 42.8)),
        ((179.9, 68.0), (-179.9, 68.1)),
        ((179.9, 68.0), (180.1, 68.1)),
        ((0.0, 0.0), (179.5, 0.5)),
        ((2.35, 48.85), (132.3354, 42.8788)),
        ((-70.0, -33.0), (151.0, -33.9)),
        ((10.0, 89.9), (-170.0, 89.9)),
    ],
)
def test_distance_and_bearing_are_those_of_the_ellipsoid(
    visit: Any, a: tuple[float, float], b: tuple[float, float]
) -> None:
    page = visit(page_of()).page
    leg, way = page.evaluate(
        """([a, b]) => {
          const [from, to] = [a, b].map(([lng, lat]) => L.latLng(lat, lng));
          return [resight.geodesy.leg(from, to), resight.geodesy.way(from, to).map(({ lat, lng }) => [lng, lat])];
        }""",
        [a, b],
    )
    azimuth, _, distance = WGS84.inv(*a, *b)
    assert leg["metres"] == pytest.approx(distance, abs=1e-6)
    assert leg["bearing"] == pytest.approx(azimuth % 360, abs=1e-6)
    # What is drawn is what is measured, without a jump across the map.
    lons, lats = zip(*way, strict=True)
    assert WGS84.line_length(lons, lats) == pytest.approx(distance, rel=1e-9)
    assert WGS84.inv(lons[-1], lats[-1], *b)[2] < 1e-3
    if abs(a[1]) < 85:
        assert max(abs(q[0] - p[0]) for p, q in itertools.pairwise(way)) < 10


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "0.0 m"),
        (9.94, "9.9 m"),
        (9.96, "10 m"),
        (999.4, "999 m"),
        (999.6, "1.00 km"),
        (9994, "9.99 km"),
        (9996, "10.0 km"),
        (99_960, "100 km"),
        (1_234_567, "1,235 km"),
    ],
)
def test_a_length_is_told_to_what_a_click_is_good_for(visit: Any, number: float, told: str) -> None:
    assert visit(page_of()).page.evaluate("(metres) => resight.geodesy.length(metres)", number) == told


@pytest.mark.parametrize("width", [1280, 390])
def test_a_measure_is_taken_from_mark_to_mark_by_clicks(visit: Any, width: int) -> None:
    seen = visit(page_of(PLACED), width=width)
    page = seen.page
    button = page.get_by_role("button", name="Measure")
    assert button.bounding_box()["height"] >= 44
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    still(page)
    slack = 2 * metres_a_pixel(page, 42.88)
    for place in (NOW, THEN, NOW):
        page.mouse.click(*pixel(page, place))
    azimuth, back, distance = WGS84.inv(*NOW, *THEN)
    assert [leg.split(":")[0] for leg in legs(page)] == ["1–2", "2–3"]
    assert [metres(leg) for leg in legs(page)] == pytest.approx([distance, distance], abs=slack)
    bearings = [int(leg.split("bearing ")[1].removesuffix("°")) for leg in legs(page)]
    assert bearings == pytest.approx([azimuth % 360, back % 360], abs=2)
    said = page.locator(".measured").text_content() or ""
    assert metres(said.rsplit("In all: ", 1)[1]) == pytest.approx(2 * distance, abs=2 * slack)
    # A mark is a place like any other while measuring: its popup stays shut.
    assert page.locator("[role=dialog].box").count() == 0
    assert page.locator(".stop").all_text_contents() == ["1", "2", "3"]
    page.get_by_role("button", name="Take last point back").click()
    assert len(legs(page)) == 1
    page.get_by_role("button", name="Clear").click()
    assert (legs(page), page.locator(".stop").count()) == ([], 0)
    assert page.evaluate("document.activeElement.textContent") == "Measure"
    page.keyboard.press("Escape")
    assert button.get_attribute("aria-pressed") == "false"
    assert page.locator(".measured").text_content() == ""
    page.mouse.click(*pixel(page, NOW))
    assert page.locator("[role=dialog].box").get_attribute("aria-label") == "18 May 2025: Ropucha class"
    seen.assert_quiet()


def test_a_drag_moves_the_map_and_sets_no_point_and_a_double_click_sets_one(visit: Any) -> None:
    page = visit(page_of(PLACED)).page
    page.get_by_role("button", name="Measure").click()
    x, y = pixel(page, (132.40, 42.885))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y + 20, steps=5)
    page.mouse.up()
    still(page)
    assert page.locator(".stop").count() == 0
    zoom = page.evaluate(f"{MAP}.getZoom()")
    page.mouse.dblclick(x, y)
    assert page.locator(".stop").count() == 1
    assert page.evaluate(f"{MAP}.getZoom()") == zoom


def test_a_measure_is_taken_by_keyboard_under_the_crosshair(visit: Any) -> None:
    seen = visit(page_of(PLACED))
    page = seen.page
    cross = page.locator(".crosshair")
    assert not cross.is_visible()
    page.get_by_role("button", name="Measure").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.classList.contains('map')")
    assert cross.is_visible()
    frame, box = page.locator(".map").bounding_box(), cross.bounding_box()
    assert box["x"] + box["width"] / 2 == pytest.approx(frame["x"] + frame["width"] / 2, abs=1)
    assert box["y"] + box["height"] / 2 == pytest.approx(frame["y"] + frame["height"] / 2, abs=1)
    page.keyboard.press("Enter")
    assert (page.locator(".measured").text_content() or "").startswith("First point is set.")
    page.keyboard.press("ArrowRight")
    still(page)
    page.keyboard.press("Enter")
    # Leaflet moves the map by 80 pixels a key.
    assert metres(legs(page)[0]) == pytest.approx(80 * metres_a_pixel(page, 42.8788), rel=0.01)
    assert legs(page)[0].endswith("bearing 90°")
    status = page.locator(".measured")
    assert status.get_attribute("role") == "status"
    assert (status.text_content() or "").startswith("In all: ")
    page.keyboard.press("Backspace")
    assert legs(page) == []
    assert page.locator(".stop").count() == 1
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "Measure"
    assert not cross.is_visible()
    # What was measured stays on the map, and on paper, until it is cleared.
    assert page.locator(".stop").count() == 1
    page.emulate_media(media="print")
    assert page.locator(".stop > span").is_visible()
    assert page.locator(".measured").is_visible()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Clear").press("Enter")
    assert page.locator(".stop").count() == 0
    seen.assert_quiet()


def test_measuring_stays_off_until_it_is_switched_on(visit: Any) -> None:
    page = visit(page_of(PLACED)).page
    page.locator(".map").focus()
    page.keyboard.press("Enter")
    page.mouse.click(*pixel(page, (132.40, 42.885)))
    assert page.locator(".stop").count() == 0


# --- coordinates ----------------------------------------------------------------------------------------------


def parsed(sexagesimal: str) -> tuple[float, float]:
    found = re.fullmatch(r"(\d+)°(\d\d)′(\d\d(?:\.\d)?)″ ([NS]), (\d+)°(\d\d)′(\d\d(?:\.\d)?)″ ([EW])", sexagesimal)
    assert found, sexagesimal
    lat, lon = (
        (float(found[i]) + float(found[i + 1]) / 60 + float(found[i + 2]) / 3600) * (-1 if found[i + 3] in "SW" else 1)
        for i in (1, 5)
    )
    return lon, lat


def test_the_place_under_the_pointer_is_told_in_both_ways(visit: Any) -> None:
    page = visit(page_of(PLACED)).page
    assert page.get_by_role("button", name="Copy coordinates").is_hidden()
    page.mouse.move(*pixel(page, (132.40, 42.885)))
    decimal, sexagesimal = shown(page)
    lat, lon = (float(part) for part in decimal.split(", "))
    slack = page.evaluate(f"360 / (256 * 2 ** {MAP}.getZoom())")
    assert (lon, lat) == pytest.approx((132.40, 42.885), abs=slack)
    assert parsed(sexagesimal) == pytest.approx((lon, lat), abs=1 / 3600)


@pytest.mark.parametrize(
    ("lat", "lng", "decimal", "sexagesimal"),
    [
        (42.8788, 132.3354, "42.87880, 132.33540", "42°52′43.7″ N, 132°20′07.4″ E"),
        (-33.5, -70.25, "-33.50000, -70.25000", "33°30′00.0″ S, 70°15′00.0″ W"),
        (0.0, 190.0, "0.00000, -170.00000", "0°00′00.0″ N, 170°00′00.0″ W"),
        (0.0, -190.0, "0.00000, 170.00000", "0°00′00.0″ N, 170°00′00.0″ E"),
        (59.999999, 179.999999, "60.00000, 180.00000", "60°00′00.0″ N, 180°00′00.0″ E"),
        (-1e-9, -1e-9, "0.00000, 0.00000", "0°00′00.0″ N, 0°00′00.0″ E"),
    ],
)
def test_places_are_written_within_the_globe_and_no_second_is_the_sixtieth(
    visit: Any, lat: float, lng: float, decimal: str, sexagesimal: str
) -> None:
    written = "([lat, lng]) => ['decimal', 'sexagesimal'].map((way) => resight.geodesy[way](L.latLng(lat, lng), 5))"
    assert visit(page_of()).page.evaluate(written, [lat, lng]) == [decimal, sexagesimal]


def test_on_either_side_of_the_antimeridian_the_longitude_has_its_own_letter(visit: Any) -> None:
    page = visit(page_at(179.995, 52.0)).page
    told = []
    for lon in (179.985, 180.005):
        page.mouse.move(*pixel(page, (lon, 52.0)))
        told.append(shown(page))
    assert [sexagesimal[-1] for _, sexagesimal in told] == ["E", "W"]
    assert [decimal.split(", ")[1][:4] for decimal, _ in told] == ["179.", "−179"]


def test_the_keyboard_reads_the_crosshair_and_is_heard(visit: Any) -> None:
    page = visit(page_of(PLACED)).page
    page.locator(".map").focus()
    before = shown(page)
    assert page.locator(".read").get_attribute("aria-live") == "polite"
    page.keyboard.press("ArrowDown")
    still(page)
    after = shown(page)
    assert float(after[0].split(", ")[0]) < float(before[0].split(", ")[0])
    assert after[0].split(", ")[1] == before[0].split(", ")[1]
    page.mouse.move(*pixel(page, NOW))
    assert page.locator(".read").get_attribute("aria-live") == "off"


@pytest.mark.parametrize("clipboard", [True, False])
def test_a_place_clicked_is_held_and_copied(visit: Any, clipboard: bool) -> None:
    page = visit(page_of(PLACED)).page
    page.evaluate("document.addEventListener('copy', () => (window.copied = document.activeElement.value))")
    if clipboard:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    else:
        page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.mouse.click(*pixel(page, (132.40, 42.885)))
    wanted = shown(page)[0]
    assert page.locator(".held").is_visible()
    button = page.locator(".coordinates button")
    assert button.text_content() == "Copy coordinates"
    button.click()
    sync_api.expect(page.locator(".coordinates [role=status]")).to_have_text(f"Coordinates copied: {wanted}")
    assert button.text_content() == "Coordinates copied"
    copied = page.evaluate("navigator.clipboard.readText()" if clipboard else "window.copied")
    assert copied == wanted
    assert button.evaluate("(element) => element === document.activeElement")
    page.locator(".map").focus()
    page.keyboard.press("Escape")
    assert page.locator(".held").count() == 0


def test_what_is_copied_has_the_sign_that_machines_read(visit: Any) -> None:
    page = visit(page_at(-70.0, -33.0)).page
    page.evaluate("document.addEventListener('copy', () => (window.copied = document.activeElement.value))")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.mouse.click(*pixel(page, (-70.01, -33.01)))
    assert shown(page)[0].startswith("−33.")
    page.get_by_role("button", name="Copy coordinates").click()
    page.wait_for_function("window.copied")
    assert page.evaluate("window.copied").startswith("-33.")


def test_a_tap_shows_the_place_and_adds_to_a_measure(browser: Any, visit: Any, tmp_path: Path) -> None:
    visit(page_of(PLACED))
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    between = (132.356, 42.882)
    page.touchscreen.tap(*pixel(page, between))
    sync_api.expect(page.locator(".read > span")).to_have_count(2)
    assert parsed(shown(page)[1]) == pytest.approx(between, abs=0.002)
    page.get_by_role("button", name="Measure").tap()
    for place in (NOW, THEN):
        page.touchscreen.tap(*pixel(page, place))
    sync_api.expect(page.locator(".legs li")).to_have_count(1)
    assert metres(legs(page)[0]) == pytest.approx(WGS84.inv(*NOW, *THEN)[2], rel=0.02)
    context.close()


# --- scale and north ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("place", [(132.3354, 42.8788), (33.0, 68.0), (103.8, 1.3), (-70.0, -60.0)])
def test_the_scale_bar_is_as_long_as_it_says(visit: Any, place: tuple[float, float], width: int) -> None:
    page = visit(page_at(*place), width=width).page
    for _ in range(4):
        bar = page.locator(".leaflet-control-scale-line")
        length = bar.evaluate("(line) => line.getBoundingClientRect().width")
        lat = page.evaluate(f"{MAP}.getCenter().lat")
        true = length * metres_a_pixel(page, lat)
        assert metres(bar.text_content() or "") == pytest.approx(true, rel=0.01)
        page.evaluate(f"{MAP}.zoomIn(0.75, {{ animate: false }})")


@pytest.mark.parametrize("make", [lambda: page_of(PLACED), overview_of])
def test_north_is_shown_on_the_map_in_its_legend_and_on_paper(visit: Any, make: Any) -> None:
    page = visit(make()).page
    arrow = page.get_by_role("img", name="North is up")
    frame, box = page.locator(".map").bounding_box(), arrow.bounding_box()
    assert box["x"] + box["width"] <= frame["x"] + frame["width"]
    assert "North is up" in (page.locator("#beside .signs").text_content() or "")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert arrow.is_visible()
    assert page.locator(".leaflet-control-scale-line").is_visible()
    assert page.get_by_role("button", name="Measure").is_hidden()
    assert page.locator(".coordinates").is_hidden()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("make", [lambda: page_of(PLACED), overview_of])
def test_controls_lie_over_nothing_that_is_read(visit: Any, make: Any, width: int) -> None:
    page = visit(make(), width=width).page
    boxes = [one.bounding_box() for one in page.locator(".leaflet-control, .badge, .place").all() if one.is_visible()]
    assert len(boxes) > 4
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            beside = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
            assert beside or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
