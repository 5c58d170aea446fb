"""The report in a browser: nothing is asked for, nothing is complained of, and it fits a phone."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from resight import changes, comparison, findings, report
from resight.logbook import Logbook
from resight.previews import Preview

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

REPOSITORY = Path(__file__).parents[1]
#: A record that matches, and so has its image on a card.
SHOWN = "dunay-2025-05-18-ropucha-class"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs resight[browser]")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the shipped logbook, with changes, some looks of our own, an image and a long, hostile word."""
    held = io.BytesIO()
    Image.new("RGB", (400, 300), "navy").save(held, "PNG")
    uri = f"data:image/png;base64,{base64.b64encode(held.getvalue()).decode()}"
    book = Logbook(REPOSITORY)
    records = list(book.read().records)
    records += [
        records[0].with_changes(
            id=f"dunay-2025-09-{day:02}-any", date=f"2025-09-{day:02}", basis="own", outcome="not-seen", count=None,
            platform=None, activity=None, inferred_activity=None, hedge=None, hedge_on=None, relates=(),
            note="x" * 300 + "</script><script>alert(1)</script><img src=https://example.org/x>",
        )
        for day in range(1, 5)
    ]  # fmt: skip
    records = [r.with_changes(image_href="image.png") if r.id == SHOWN else r for r in records]
    found = comparison.repeats(
        records,
        year=2025,
        baseline_years=[2024],
        vocabulary=book.vocabulary,
        sites=book.sites,
    )
    changed = changes.between(
        records[:40],
        [*(r.model_copy(update={"berth": "x" * 300, "note": "y" * 300}) for r in records[:2]), *records[2:]],
        since=datetime(2026, 11, 16, tzinfo=UTC),
        sites=book.sites,
        vocabulary=book.vocabulary,
    )
    said = findings.of(
        records,
        found,
        sites=book.sites,
        vocabulary=book.vocabulary,
        digest="sha256:" + "0" * 64,
        up_to="2026-01-01T00:00:00Z",
        problems=book.check(),
        changes=changed,
        preview=lambda record: Preview(uri, 400, 300),
    )
    html = report.to_html(said)
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html, encoding="utf-8")
    return path


def opened(browser: Browser, path: Path, width: int) -> tuple[Any, list[str], list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 800})
    requests: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(path.as_uri())
    return page, requests, messages


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_request_no_message_and_no_sideways_scrolling(browser: Browser, page_file: Path, width: int) -> None:
    page, requests, messages = opened(browser, page_file, width)
    for is_open in (False, True):
        page.evaluate("open => document.querySelectorAll('details').forEach(d => { d.open = open })", is_open)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert requests == [page_file.as_uri()]
    assert messages == []
    page.close()


def test_wide_things_scroll_in_their_own_box_that_the_keyboard_reaches(browser: Browser, page_file: Path) -> None:
    page, _, _ = opened(browser, page_file, 390)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    unreachable = page.evaluate(
        """[...document.querySelectorAll('.scroll')]
            .filter(box => box.scrollWidth > box.clientWidth && box.tabIndex !== 0)
            .map(box => box.outerHTML.slice(0, 120))"""
    )
    assert unreachable == []
    page.close()


def test_the_first_tab_skips_to_the_report(browser: Browser, page_file: Path) -> None:
    page, _, _ = opened(browser, page_file, 1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()


def test_print_shows_the_evidence_and_fits_the_paper(browser: Browser, page_file: Path) -> None:
    page, _, _ = opened(browser, page_file, 794)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 794
    tall = page.evaluate("document.querySelector('details.why table').getBoundingClientRect().height")
    assert tall > 50
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()


def test_the_image_of_a_record_is_drawn_though_nothing_may_be_loaded(browser: Browser, page_file: Path) -> None:
    page, _, messages = opened(browser, page_file, 390)
    (image,) = page.query_selector_all(".card img.thumbnail")
    assert image.evaluate("image => [image.complete, image.naturalWidth]") == [True, 400]
    assert image.bounding_box()["width"] <= 390
    assert messages == []
    page.close()


@pytest.mark.parametrize("media", ["screen", "print"])
def test_profiles_and_calendars_fit_a_phone_and_no_figure_is_taller_than_a_page(
    browser: Browser, page_file: Path, media: str
) -> None:
    page, _, _ = opened(browser, page_file, 390 if media == "screen" else 794)
    page.emulate_media(media=media)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    boxes = page.evaluate(
        """[...document.querySelectorAll('.slim svg')].map(svg => svg.getBoundingClientRect())
            .map(box => [box.left >= 0, box.right <= innerWidth, box.width > 200])"""
    )
    assert len(boxes) > 2
    assert all(all(box) for box in boxes)
    tallest = page.evaluate("Math.max(...[...document.querySelectorAll('figure svg')].map(svg => svg.clientHeight))")
    assert media == "screen" or tallest < 1000  # px of 1/96 inch: an A4 page within its margins is 1001 high
    page.close()
