"""The map pages in a browser without a network: what is there to see, to reach by keyboard, and what cannot happen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import folium
import pytest

from resight import maps
from resight.observation import Observation
from test_maps import HOSTILE, RECORDS, SITES, overview_of, page_of, record

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api")

PLACED = (
    record("now", geometry={"type": "Point", "coordinates": [132.352, 42.896]}, location_uncertainty_m=150),
    record("then", "2024-05-20", geometry={"type": "Point", "coordinates": [132.36, 42.868]}),
    record("nothing", "2025-06-01", outcome="not-seen", geometry={"type": "Point", "coordinates": [132.31, 42.87]}),
    record("unclear", "2025-06-03", outcome="cannot-tell", geometry={"type": "Point", "coordinates": [132.31, 42.89]}),
    record("unplaced", "2025-09-01", platform="cargo"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield started
        started.close()


class Visit:
    """A page opened from its file, with every request refused and everything it complains of kept."""

    def __init__(self, browser: Any, path: Path, page: folium.Map, *, width: int = 1280) -> None:
        maps.write_html(page, path)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.route("**", self._refuse)
        self.page.add_init_script(
            "window.violations = [];"
            "addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective))"
        )
        self.address = path.as_uri()
        self.page.goto(self.address)
        self.page.wait_for_selector("#data", timeout=5000)
        # Labels take their places in the next frame.
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def _refuse(self, route: Any) -> None:
        if route.request.url == self.address:
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def assert_quiet(self) -> None:
        """Nothing was asked for, nothing failed and no rule of the page's policy was broken."""
        assert self.requests == []
        assert self.complaints == []
        assert self.page.evaluate("violations") == []


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Any]:
    opened: list[Visit] = []

    def open_page(page: folium.Map, **how: Any) -> Visit:
        opened.append(Visit(browser, tmp_path / "page.html", page, **how))
        return opened[-1]

    yield open_page
    for one in opened:
        one.context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_open_with_nothing_asked_for_and_nothing_wrong(visit: Any, width: int) -> None:
    pages = (page_of(), page_of(PLACED), page_of(site="zhoushan"), overview_of(pages={"dunay": "dunay.html"}))
    for page in pages:
        seen = visit(page, width=width)
        seen.assert_quiet()
        assert seen.page.locator(".leaflet-pane path").count() > 0
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_marker_of_folium_added_by_hand_needs_no_network_either(visit: Any) -> None:
    page = page_of()
    folium.Marker([42.88, 132.33]).add_to(page)
    seen = visit(page)
    assert seen.page.locator("img.leaflet-marker-icon").evaluate("(image) => image.naturalWidth") > 0
    seen.assert_quiet()


def test_hostile_text_is_shown_letter_by_letter_and_does_nothing(visit: Any) -> None:
    records: list[Observation] = []
    for number, text in enumerate(HOSTILE):
        place = {"type": "Point", "coordinates": [132.33 + number / 500, 42.88]}
        values: dict[str, Any] = {
            "note": text,
            "visible": text,
            "berth": text,
            "operator": text,
            "tags": [text],
            "hedge": text,
        }
        records += [
            record(f"now-{number}", **values, hedge_on="operator", sources=[{"title": text}], geometry=place),
            record(f"then-{number}", "2024-05-20", platform_name=text, count=1, geometry=place),
        ]
    renamed = {**SITES, "dunay": SITES["dunay"].model_copy(update={"name": HOSTILE[4], "footprint_note": HOSTILE[5]})}
    seen = visit(page_of(tuple(records), sites=renamed))
    for number, text in enumerate(HOSTILE):
        shown = seen.page.locator(f"#record-now-{number}")
        assert shown.locator("details .written").text_content() == text.strip()
        assert text.strip() in (shown.locator("dl").text_content() or "")
        assert text.strip() in (seen.page.locator(f"#record-then-{number} h3").text_content() or "")
    assert seen.page.locator("h1 > bdi").text_content() == HOSTILE[4]
    for button in seen.page.locator("button.mark, button.badge").all():
        button.dispatch_event("click")
    assert "owned" not in seen.page.evaluate("document.title").replace("title='owned'", "")
    assert seen.page.locator("img, script[src]").count() == 0
    seen.assert_quiet()


def test_text_that_runs_right_to_left_is_kept_apart_from_its_neighbours(visit: Any) -> None:
    seen = visit(page_of((record("a", operator="\u202egnp.exe"),)))
    cell = seen.page.locator("#record-a dd bdi", has_text="gnp.exe")
    assert cell.evaluate("(element) => getComputedStyle(element).unicodeBidi") == "isolate"


def test_a_record_without_position_is_no_pin(visit: Any) -> None:
    seen = visit(page_of())
    assert seen.page.locator(".mark").count() == 0
    assert seen.page.locator(".badge .caption").text_content() == "position not given"
    mixed = visit(page_of(PLACED)).page
    assert mixed.locator(".mark").count() == 4
    assert mixed.locator(".badge .caption").text_content() == "position not given for 1"


def test_marks_tell_year_outcome_and_match_by_shape_and_word(visit: Any) -> None:
    page = visit(page_of(PLACED)).page
    assert page.locator(".mark.matched").count() == 2
    assert page.locator(".mark.matched .glyph circle").get_attribute("fill") == "#0072b2"
    assert page.locator(".mark.matched .glyph path").get_attribute("fill") == "#e69f00"
    assert sorted(page.locator(".mark .caption").all_text_contents()) == ["Could not tell", "Looked, found nothing"]
    dashed = page.locator('.leaflet-overlay-pane path[stroke-dasharray="6 5"]')
    assert dashed.count() == 1


def test_the_list_of_a_badge_is_reached_and_left_by_keyboard(visit: Any) -> None:
    page = visit(page_of()).page
    page.locator("button.badge").focus()
    page.keyboard.press("Enter")
    box = page.locator("[role=dialog].box")
    assert box.evaluate("(element) => element === document.activeElement")
    assert box.locator("li a").count() == len(RECORDS)
    page.keyboard.press("Escape")
    box.wait_for(state="detached")
    assert page.evaluate("document.activeElement.className").startswith("badge")
    assert "reading" not in (page.locator(".map").get_attribute("class") or "")
    page.keyboard.press("Enter")
    box.locator("li a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.matches('article.record')")


def test_every_mark_is_a_button_one_can_tab_to_with_a_name(visit: Any) -> None:
    page = visit(page_of(PLACED)).page
    names = page.locator("button.mark").evaluate_all("(all) => all.map((one) => [one.tabIndex, one.ariaLabel])")
    assert all(index == 0 and name for index, name in names)
    assert page.locator("button.mark").first.bounding_box()["width"] >= 44


@pytest.mark.parametrize("width", [1280, 390])
def test_an_opened_map_stands_still(visit: Any, width: int) -> None:
    page = visit(page_of(), width=width).page
    places = page.evaluate(
        """async () => {
          const places = new Set();
          for (let frame = 0; frame < 40; frame++) {
            await new Promise(requestAnimationFrame);
            places.add(JSON.stringify(document.querySelector("button.badge").getBoundingClientRect()));
          }
          return [...places];
        }"""
    )
    assert len(places) == 1


def test_on_a_phone_the_list_of_a_badge_stays_inside_the_map(visit: Any) -> None:
    page = visit(page_of(), width=390).page
    page.locator("button.badge").click()
    frame, box = (page.locator(name).bounding_box() for name in (".map", ".leaflet-popup-content-wrapper"))
    assert frame["x"] <= box["x"]
    assert box["x"] + box["width"] <= frame["x"] + frame["width"]
    assert page.locator(".leaflet-control-zoom").is_hidden()


def test_a_link_to_a_record_opens_what_hides_it(visit: Any) -> None:
    page = visit(page_of()).page
    hidden = page.locator("#record-dunay-2024-12-to-2025-01-ship")
    assert not hidden.is_visible()
    page.evaluate("location.hash = '#record-dunay-2024-12-to-2025-01-ship'")
    hidden.wait_for(state="visible")


def test_the_match_leads_to_the_record_of_the_other_year(visit: Any) -> None:
    page = visit(page_of()).page
    sentence = page.locator("#record-dunay-2025-05-18-ropucha-class .match .sentence")
    assert (sentence.text_content() or "").startswith("resembles dunay-2024-ropucha-class (")
    assert page.locator("#record-dunay-2025-05-18-ropucha-class .match table").is_hidden()
    sentence.locator("a").click()
    page.wait_for_function("document.activeElement.id === 'record-dunay-2024-ropucha-class'")


def test_nakhodka_says_that_nothing_is_logged(visit: Any) -> None:
    page = visit(page_of(site="nakhodka")).page
    said = "Nothing is logged for Nakhodka itself. That is not the same as nothing being there."
    assert page.locator(".lead").text_content() == said
    assert page.locator(".badge.strong", has_text="Nakhodka").locator(".caption").text_content() == "nothing logged"


def test_sources_open_without_telling_where_from(visit: Any) -> None:
    link = visit(page_of()).page.locator(".sources a").first
    assert link.get_attribute("href") == "https://example.org/a"
    assert link.get_attribute("rel") == "noreferrer noopener"


def test_the_page_has_the_frame_a_screen_reader_needs(visit: Any) -> None:
    page = visit(page_of()).page
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.title() == "Dunay (port) – resight"
    assert page.locator("main h1").count() == 1
    unnamed = "(all) => all.filter((one) => !document.getElementById(one.getAttribute('aria-labelledby'))).length"
    assert page.locator("section:not(.leaflet-control-layers-list)").evaluate_all(unnamed) == 0
    assert page.locator("svg.glyph:not([aria-hidden])").count() == 0
    viewport = page.locator("meta[name=viewport]").get_attribute("content") or ""
    assert "user-scalable" not in viewport


@pytest.mark.parametrize("width", [1280, 390])
def test_labels_of_sites_do_not_cover_each_other(visit: Any, width: int) -> None:
    page = visit(overview_of(), width=width).page
    boxes = [b.bounding_box() for b in page.locator(".badge").all() if b.is_visible()]
    assert boxes
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            apart = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
            apart |= a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
            assert apart


def test_print_keeps_the_legend_and_unfolds_the_notes(visit: Any) -> None:
    page = visit(page_of((record("a", note="Read this."),))).page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#record-a .written").is_visible()
    assert page.locator("#beside").is_visible()
    assert page.locator(".leaflet-control-zoom").is_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#record-a details[open]").count() == 0


def test_without_script_the_page_says_so(browser: Any, tmp_path: Path) -> None:
    maps.write_html(page_of(), tmp_path / "page.html")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    assert "switched off" in (page.locator("noscript").text_content() or "")
    context.close()
