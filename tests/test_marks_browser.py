"""The marks on a map: what is drawn where, how pointer and keyboard find it, and that none is hidden by another."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from resight.observation import Observation
from test_maps import page_of, record
from test_maps_browser import PLACED, marks, still

pytestmark = pytest.mark.browser

BLUE, ORANGE = (0, 114, 178), (230, 159, 0)


def at(lon: float, lat: float, **more: Any) -> dict[str, Any]:
    return {"geometry": {"type": "Point", "coordinates": [lon, lat]}, **more}


def colours(page: Any, mark: dict[str, Any]) -> set[Any]:
    """The colours within five pixels of the middle of a mark, as a reader sees them."""
    page.evaluate("scrollTo(0, 0)")
    (place,) = [one for one in marks(page) if one["ids"] == mark["ids"]]
    clip = {"x": place["x"] - 5, "y": place["y"] - 5, "width": 10, "height": 10}
    image = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
    return {image.getpixel((x, y)) for x in range(10) for y in range(10)}


def box(page: Any) -> Any:
    return page.locator("[role=dialog].box").last


def test_a_record_without_position_is_no_pin(visit: Any) -> None:
    seen = visit(page_of())
    assert marks(seen.page) == []
    assert seen.page.locator(".map .cursor").count() == 0
    assert seen.page.locator(".badge .caption").text_content() == "position not given"
    mixed = visit(page_of(PLACED)).page
    assert len(marks(mixed)) == 4
    assert mixed.locator(".badge .caption").text_content() == "position not given for 1"


def test_a_mark_has_the_colour_of_its_year_and_what_matches_is_ringed_and_joined(visit: Any) -> None:
    page = visit(page_of(PLACED)).page
    signs = {mark["ids"][0]: mark for mark in marks(page)}
    assert {name: mark["glyph"] for name, mark in signs.items()} == {
        "now": "now", "then": "then", "nothing": "nothing", "unclear": "unclear",
    }  # fmt: skip
    assert BLUE in colours(page, signs["now"])
    assert ORANGE in colours(page, signs["then"])
    assert {BLUE, ORANGE}.isdisjoint(colours(page, signs["nothing"]))
    assert [name for name, mark in signs.items() if mark["matched"]] == ["then", "now"]
    ends = page.evaluate("resight.marks.joined().map((pair) => pair.map((mark) => mark.records[0].id))")
    assert ends == [["now", "then"]]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_mark_opens_under_a_pointer_and_the_popup_has_the_match_in_words(visit: Any, width: int) -> None:
    page = visit(page_of(PLACED), width=width).page
    page.locator(".map").scroll_into_view_if_needed()
    now = next(mark for mark in marks(page) if mark["ids"] == ["now"])
    page.mouse.move(now["x"] + 6, now["y"] - 6)
    assert page.locator(".map.pointing").count() == 1
    page.mouse.click(now["x"] + 6, now["y"] - 6)
    assert box(page).get_attribute("aria-label") == "18 May 2025: Ropucha class"
    assert (box(page).locator(".match .sentence").first.text_content() or "").startswith("resembles then ")
    page.keyboard.press("Escape")
    # The focus goes to where the keyboard can walk on.
    page.wait_for_function("document.activeElement.matches('.map .cursor')")


def test_the_keyboard_walks_from_mark_to_mark_and_opens_one(visit: Any) -> None:
    seen = visit(page_of(PLACED))
    page = seen.page
    cursor = page.locator(".map .cursor")
    cursor.focus()
    page.keyboard.press("Home")
    # In order of time: the one of 2024 first.
    assert (cursor.get_attribute("aria-label") or "").startswith("20 May 2024: Ropucha class – is resembled by now")
    page.keyboard.press("End")
    assert cursor.get_attribute("aria-label") == "3 June 2025: Could not tell: Ropucha class"
    centre = page.evaluate("JSON.stringify(document.querySelector('.leaflet-map-pane').getBoundingClientRect())")
    page.keyboard.press("ArrowDown")
    assert cursor.get_attribute("aria-label") == "1 June 2025: Looked, found nothing: Ropucha class"
    page.keyboard.press("ArrowRight")
    assert "2024" in (cursor.get_attribute("aria-label") or "")
    assert (
        page.evaluate("JSON.stringify(document.querySelector('.leaflet-map-pane').getBoundingClientRect())") == centre
    ), "the map does not pan by the keys that walk"
    page.keyboard.press("Enter")
    assert box(page).get_attribute("aria-label") == "20 May 2024: Ropucha class"
    box(page).get_by_role("button", name="Go to now").click()
    assert box(page).get_attribute("aria-label") == "18 May 2025: Ropucha class"
    page.keyboard.press("Escape")
    still(page)
    assert cursor.evaluate("(element) => element === document.activeElement")
    seen.assert_quiet()


def test_two_years_on_one_spot_stand_side_by_side(visit: Any) -> None:
    spot = at(132.35, 42.89)
    page = visit(
        page_of((record("a", **spot), record("b", "2024-05-20", **spot), record("c", "2025-06-20", **spot)))
    ).page
    (then, now) = sorted(marks(page), key=lambda mark: str(mark["glyph"]), reverse=True)
    assert (then["ids"], now["ids"], now["number"]) == (["b"], ["a", "c"], 2)
    assert abs(now["x"] - then["x"]) >= 14
    assert BLUE in colours(page, now)
    assert ORANGE in colours(page, then)
    page.mouse.click(now["x"], now["y"])
    assert box(page).get_attribute("aria-label") == "2 records here"
    box(page).get_by_role("button", name="20 June 2025").click()
    assert box(page).get_attribute("aria-label") == "20 June 2025: Ropucha class"


def test_numbers_of_two_years_on_one_spot_do_not_touch(visit: Any) -> None:
    spot = at(132.35, 42.89)
    many = (record(f"{year}-{i}", f"{year}-05-{1 + i % 28:02}", **spot) for year in (2024, 2025) for i in range(120))
    then, now = sorted(marks(visit(page_of(tuple(many))).page), key=lambda mark: float(mark["x"]))
    assert (then["number"], now["number"]) == (120, 120)
    # Three bold digits of 12 pixels are some 24 pixels wide.
    assert now["x"] - then["x"] > 26


def test_the_words_under_a_look_cover_nothing_and_nothing_covers_them(visit: Any) -> None:
    looks = [at(132.36, 42.868), at(132.362, 42.868), at(132.31, 42.89)]
    page = visit(page_of(tuple(record(f"l{i}", outcome="not-seen", **look) for i, look in enumerate(looks)))).page
    boxes = page.evaluate(
        """() => {
          const frame = document.querySelector(".leaflet-map-pane").getBoundingClientRect();
          const captions = resight.marks.inView().map((one) => one.caption).filter(Boolean);
          const badge = document.querySelector(".badge").getBoundingClientRect();
          return [...captions.map(([a, b, c, d]) => [a + frame.left, b + frame.top, c + frame.left, d + frame.top]),
            [badge.left, badge.top, badge.right, badge.bottom]];
        }"""
    )
    # Two looks that lie side by side have room for the words of one.
    assert len(boxes) == 3
    for index, a in enumerate(boxes):
        for b in boxes[index + 1 :]:
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]


def test_ten_thousand_records_on_one_spot_are_counted_and_listed(visit: Any) -> None:
    many = tuple(
        record(f"m{i:05}", f"2025-{i % 12 + 1:02}-{i % 28 + 1:02}", **at(132.35, 42.89)) for i in range(10_000)
    )
    seen = visit(page_of(many))
    page = seen.page
    (mark,) = marks(page)
    assert mark["number"] == 10_000
    page.mouse.click(mark["x"], mark["y"])
    assert box(page).locator("h3").text_content() == "10000 records here"
    assert box(page).locator("li").count() == 50
    assert "More, in the table below: 9950" in (box(page).text_content() or "")
    page.get_by_label("Search").fill("m00017")
    (mark,) = marks(page)
    assert mark["ids"] == ["m00017"]
    seen.assert_quiet()


def test_a_page_of_many_records_is_compressed_and_holds_each_of_them(visit: Any) -> None:
    many = tuple(
        record(f"m{i:05}", f"202{4 + i % 2}-{i % 12 + 1:02}-{i % 28 + 1:02}", note=f"note {i * 7919}",
               **at(132.3 + i % 97 / 1000, 42.85 + i % 89 / 2000))
        for i in range(20_000)
    )  # fmt: skip
    seen = visit(page_of(many))
    page = seen.page
    assert page.locator("#resight-records").get_attribute("type") == "application/gzip"
    assert page.evaluate("resight.records.all.length") == len(many)
    note = "[...resight.records.all].every((one) => one.note === `note ${Number(one.id.slice(1)) * 7919}`)"
    assert page.evaluate(note)
    assert sum(mark["number"] for mark in marks(page)) == len(many)
    # So many days of so many records are a hill, not a crowd of dots.
    assert page.locator(".strip .heap.now").count() == 1
    # Nothing matches here, so no black line may say so.
    assert page.locator(".strip .matched.heap").first.evaluate("(one) => getComputedStyle(one).stroke") == "none"
    page.locator(".strip .cursor").focus()
    page.keyboard.press("End")
    assert "2025" in (page.locator(".strip .cursor").get_attribute("aria-label") or "")
    seen.assert_quiet()


def shapes() -> tuple[Observation, ...]:
    ring = [[132.30, 42.86], [132.34, 42.86], [132.34, 42.89], [132.30, 42.89], [132.30, 42.86]]
    hole = [[132.31, 42.87], [132.33, 42.87], [132.33, 42.88], [132.31, 42.88], [132.31, 42.87]]
    return (record("holed", geometry={"type": "Polygon", "coordinates": [ring, hole]}),)


def test_a_hole_in_what_was_drawn_is_not_filled(visit: Any) -> None:
    page = visit(page_of(shapes())).page
    page.evaluate("scrollTo(0, 0)")
    place = page.evaluate(
        """() => {
          const alpha = ([lon, lat]) => {
            const canvas = document.querySelector(".leaflet-marks-pane canvas"), dense = devicePixelRatio;
            const map = Object.values(window).find((one) => one instanceof L.Map);
            const at = map.latLngToContainerPoint([lat, lon]), frame = map.getContainer().getBoundingClientRect();
            const box = canvas.getBoundingClientRect();
            const [x, y] = [at.x + frame.left - box.left, at.y + frame.top - box.top];
            return canvas.getContext("2d").getImageData(x * dense, y * dense, 1, 1).data[3];
          };
          return [alpha([132.305, 42.865]) > 0, alpha([132.315, 42.8725]) > 0];
        }"""
    )
    assert place == [True, False]


def test_the_cursor_begins_on_a_mark_that_is_in_sight_not_on_one_beside_the_map(visit: Any) -> None:
    near, far = record("a-near", **at(132.35, 42.88)), record("b-far", **at(132.352, 42.882))
    page = visit(page_of((near, far))).page
    # The map so that the first mark lies just beyond its left edge, where it is drawn all the same.
    page.evaluate(
        """() => {
          const map = Object.values(window).find((one) => one instanceof L.Map);
          map.setMaxBounds(null).setView([42.881, 132.351], 17, { animate: false });
          const gap = map.latLngToContainerPoint([42.88, 132.35]);
          map.panBy([gap.x + 30, 0], { animate: false });
          resight.marks.redraw();
        }"""
    )
    boxes = {mark["ids"][0]: mark["x"] for mark in marks(page)}
    left = page.locator(".map").bounding_box()["x"]
    assert boxes["a-near"] < left < boxes["b-far"]
    assert page.locator(".map .cursor").bounding_box()["x"] > left
