"""Map pages held against the rules of axe-core: closed, with a box open, in the table, measuring; light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resight.links import Links
from test_maps import overview_of, page_of
from test_maps_browser import PLACED

pytestmark = pytest.mark.browser
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs resight[browser]")


def open_box(page: Any) -> None:
    page.locator("#table tr[data-id=now] button").click()
    page.locator(".box summary").first.click()


def open_list(page: Any) -> None:
    page.locator("button.badge").click()


def open_layers(page: Any) -> None:
    page.locator(".leaflet-control-layers-toggle").focus()
    page.keyboard.press("Enter")


def in_table(page: Any) -> None:
    page.locator("#table tr[data-id=then] button").click()
    page.keyboard.press("Escape")
    page.get_by_label("Search").fill("ropucha")
    page.locator("#table tbody").scroll_into_view_if_needed()


def unfold(page: Any) -> None:
    for summary in page.locator("summary").all():
        summary.click()


def measure(page: Any) -> None:
    page.get_by_role("button", name="Measure").press("Enter")
    for key in ("Enter", "ArrowRight", "Enter", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.locator(".legs li").nth(1).wait_for()


STATES: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {
    "closed": (lambda: page_of(PLACED), lambda page: None),
    "popup of a record": (lambda: page_of(PLACED), open_box),
    "list of a site": (page_of, open_list),
    "layers": (lambda: page_of(PLACED), open_layers),
    "table": (lambda: page_of(PLACED), in_table),
    "unfolded": (page_of, unfold),
    "measuring": (lambda: page_of(PLACED), measure),
    "nothing logged": (lambda: page_of(site="nakhodka"), lambda page: None),
    "overview": (lambda: overview_of(links=Links({"dunay": "dunay.html"})), lambda page: None),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(visit: Any, state: str, width: int, scheme: str) -> None:
    make, act = STATES[state]
    seen = visit(make(), width=width)
    # What fades in is half transparent for a moment, and would be measured so.
    seen.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    seen.page.reload()
    seen.page.wait_for_selector("#data")
    act(seen.page)
    # Run by the browser's own tools: the page's policy lets no script in.
    found = axe.Axe().run(seen.page)
    assert found.violations_count == 0, found.generate_report()
    assert seen.requests == []
    assert seen.page.evaluate("violations") == []
