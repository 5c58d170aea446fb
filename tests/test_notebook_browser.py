"""Maps with layers added by hand, and maps in a notebook's frame, in a browser without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import folium
import pytest

from resight import maps
from test_maps import page_of
from test_maps_browser import PLACED
from test_notebook import AREAS, AT, group

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield started
        started.close()


class Opened:
    """A file opened in the browser, with all that was asked for and all that it complains of."""

    def __init__(self, browser: Any, path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport={"width": 1000, "height": 900}, offline=True)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.address = path.as_uri()
        self.page.route("**", self._refuse)
        self.page.goto(self.address)

    def _refuse(self, route: Any) -> None:
        if route.request.url == self.address:
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def assert_quiet(self) -> None:
        assert self.requests == []
        assert self.complaints == []


@pytest.fixture
def open_text(browser: Any, tmp_path: Path) -> Iterator[Any]:
    opened: list[Opened] = []

    def open_(text: str) -> Opened:
        opened.append(Opened(browser, tmp_path / "page.html", text))
        return opened[-1]

    yield open_
    for one in opened:
        one.context.close()


def notebook(shown: Any) -> str:
    """A page that holds what a notebook puts under a cell."""
    return f'<!DOCTYPE html><meta charset="utf-8"><h1>A notebook</h1>{shown._repr_html_()}<p>The next cell.</p>'


def with_layers() -> folium.Map:
    page = page_of(PLACED)
    group().add_to(page)
    text = "<b>Hello</b>, it’s <a href='https://example.org/x'>here</a>"
    folium.Marker([42.895, 132.34], popup=folium.Popup(text, max_width=200), tooltip="a tip").add_to(page)
    popup = folium.GeoJsonPopup(["name", "source"])
    folium.GeoJson(AREAS, name="Areas", tooltip=folium.GeoJsonTooltip(["name"]), popup=popup).add_to(page)
    return page


def test_a_notebook_shows_the_map_with_its_marks_and_asks_for_nothing(open_text: Any) -> None:
    seen = open_text(notebook(page_of(PLACED)))
    frame = seen.page.frame_locator("iframe")
    frame.locator("#data").wait_for()
    assert frame.locator("body").evaluate("() => resight.marks.inView().length") == 4
    assert frame.locator(".leaflet-pane path").count() > 0
    assert seen.page.locator("iframe").bounding_box()["height"] == 720
    seen.assert_quiet()


def test_a_link_to_a_record_stays_in_the_frame_of_a_notebook(open_text: Any) -> None:
    seen = open_text(notebook(page_of(PLACED)))
    frame = seen.page.frame_locator("iframe")
    frame.locator("a[href='#record-then']").first.click()
    assert frame.locator("#record-then").evaluate("(element) => element === document.activeElement")
    assert frame.locator("#record-then").is_visible()
    seen.assert_quiet()


def test_the_address_of_a_source_opens_beside_a_notebook(open_text: Any) -> None:
    seen = open_text(notebook(page_of()))
    frame = seen.page.frame_locator("iframe")
    source = frame.locator("a[href='https://example.org/a']").first
    source.evaluate(
        "(link) => { for (let n = link; n; n = n.parentElement) if (n.tagName === 'DETAILS') n.open = true; }"
    )
    with seen.context.expect_page() as opened:
        source.click()
    assert opened.value != seen.page
    assert frame.locator("#data").count() == 1


def test_a_frame_cannot_reach_the_notebook_around_it(open_text: Any) -> None:
    page = page_of()
    figure: Any = page.get_root()
    figure.script.add_child(folium.Element("try { parent.document.title = 'owned'; } catch { /* kept out */ }"))
    seen = open_text(notebook(maps.InNotebook(page, trust_layers=True)))
    seen.page.frame_locator("iframe").locator("#data").wait_for()
    assert seen.page.title() != "owned"


@pytest.mark.parametrize("in_notebook", [False, True])
def test_trusted_layers_are_drawn_and_open_without_a_network(open_text: Any, in_notebook: bool) -> None:
    page = with_layers()
    shown = maps.InNotebook(page, trust_layers=True)
    seen = open_text(notebook(shown) if in_notebook else maps.render_html(page, trust_layers=True))
    frame = seen.page.frame_locator("iframe") if in_notebook else seen.page
    frame.locator("#data").wait_for()
    marker = frame.locator("img.leaflet-marker-icon").first
    assert marker.evaluate("(image) => image.naturalWidth") > 0
    marker.hover()
    assert frame.locator(".leaflet-tooltip", has_text="a tip").is_visible()
    marker.click()
    popup = frame.locator(".leaflet-popup-content")
    assert popup.inner_text().strip() == "Hello, it’s here"
    assert popup.locator("a").get_attribute("href") == "https://example.org/x"
    assert frame.locator("body").evaluate("() => resight.marks.inView().length") == 4
    frame.locator(".leaflet-control-layers").hover()
    assert {"Patrols", "Areas"} <= {
        name.strip() for name in frame.locator(".leaflet-control-layers label").all_inner_texts()
    }
    seen.assert_quiet()


def test_what_slips_past_the_names_is_still_not_loaded(open_text: Any) -> None:
    page = page_of()
    asking = "const image = new Image(); image['s' + 'rc'] = 'https:' + '//a.example/' + AT;"
    figure: Any = page.get_root()
    figure.script.add_child(folium.Element(f"const AT = '{AT[0]}'; {asking}"))
    seen = open_text(maps.render_html(page, trust_layers=True))
    seen.page.locator("#data").wait_for()
    assert seen.requests == []
    assert any("Content Security Policy" in complaint for complaint in seen.complaints)
