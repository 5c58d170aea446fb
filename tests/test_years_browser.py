"""Years that are hard for a calendar, on the strip of a map page: the first, the last, leap years, far apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from resight import comparison
from test_maps import SITES, VOCABULARY, page_of, record
from test_maps_browser import middle, put
from visits import Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def compared(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The page of one sighting of a year and one of an earlier year."""
    opened: list[Visit] = []

    def open_page(now: str, then: str) -> Visit:
        records = (record("now", now), record("then", then))
        year, baseline = int(now[:4]), int(then[:4])
        repeats = comparison.repeats(records, year=year, baseline_years=[baseline], vocabulary=VOCABULARY, sites=SITES)
        opened.append(Visit(browser, tmp_path / "page.html", page_of(records, repeats=repeats)))
        opened[-1].page.emulate_media(reduced_motion="reduce")
        return opened[-1]

    yield open_page
    for one in opened:
        one.assert_quiet()
        one.context.close()


@pytest.mark.parametrize(
    ("now", "then", "days"),
    [
        ("2025-03-01", "2024-02-29", 0),  # 29 February lies on 1 March of a year that has none
        ("2024-02-29", "2023-03-01", -1),
        ("2024-02-29", "2023-02-28", 1),
        ("2025-12-31", "2024-12-31", 0),
        ("0002-06-11", "0001-06-01", 10),
        ("9999-12-31", "9998-12-30", 1),
    ],
)
def test_the_same_date_of_two_years_lies_in_one_place(compared: Any, now: str, then: str, days: int) -> None:
    page = compared(now, then).page
    width = page.locator(".strip .ground").first.bounding_box()["width"]
    assert middle(page, "now") - middle(page, "then") == pytest.approx(days * width / 365.5, abs=0.6)
    assert page.locator(".strip .month").count() == 12


@pytest.mark.parametrize(
    ("now", "then", "first", "last"),
    [
        ("0002-06-11", "0001-06-01", "31 January 0001", "31 December 0002"),
        ("9999-06-11", "9998-06-01", "31 January 9998", "31 December 9999"),
        ("2024-06-11", "2023-06-01", "31 January 2023", "31 December 2024"),
    ],
)
def test_by_date_the_years_follow_each_other_and_a_stretch_is_named(
    compared: Any, now: str, then: str, first: str, last: str
) -> None:
    page = compared(now, then).page
    page.get_by_label("by date").check()
    assert page.locator(".strip .month").count() == 24
    put(page, "From", 30)
    assert page.locator("#time output").text_content() == f"Shown: {first} to {last}"


def test_years_far_apart_have_few_lines_between_them_and_each_is_named_by_its_year(compared: Any) -> None:
    page = compared("2025-06-11", "0001-06-01").page
    page.get_by_label("by date").check()
    assert 10 < page.locator(".strip .month").count() < 60
    names = page.locator(".strip .name").all_text_contents()
    assert all(name.isdigit() for name in names)
    lefts = [name.bounding_box()["x"] for name in page.locator(".strip .name").all()]
    assert all(b - a > 20 for a, b in pairwise(lefts))
