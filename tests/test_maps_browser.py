"""The map pages in a browser without a network: what is there to see, to reach by keyboard, and what cannot happen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from resight import maps, tiles
from resight.links import Links
from test_maps import RECORDS, overview_of, page_of, record

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api")

PLACED = (
    record("now", geometry={"type": "Point", "coordinates": [132.352, 42.896]}, location_uncertainty_m=150),
    record("then", "2024-05-20", geometry={"type": "Point", "coordinates": [132.36, 42.868]}),
    record("nothing", "2025-06-01", outcome="not-seen", geometry={"type": "Point", "coordinates": [132.31, 42.87]}),
    record("unclear", "2025-06-03", outcome="cannot-tell", geometry={"type": "Point", "coordinates": [132.31, 42.89]}),
    record("unplaced", "2025-09-01", platform="cargo"),
)


def marks(page: Any) -> list[dict[str, Any]]:
    """The marks that are drawn in view: sign, how many records, which, whether they match, and where in the window."""
    found: list[dict[str, Any]] = page.evaluate(
        """() => {
          const frame = document.querySelector(".leaflet-map-pane").getBoundingClientRect();
          return resight.marks.inView().map(({ glyph, number, matched, records, x, y }) => ({
            glyph, number, matched, x: frame.left + x, y: frame.top + y,
            ids: records.filter((one) => resight.records.passes(one)).map((one) => one.id),
          }));
        }"""
    )
    return found


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_open_with_nothing_asked_for_and_nothing_wrong(visit: Any, width: int) -> None:
    pages = (page_of(), page_of(PLACED), page_of(site="zhoushan"), overview_of(links=Links({"dunay": "dunay.html"})))
    for page in pages:
        seen = visit(page, width=width)
        seen.assert_quiet()
        assert seen.page.locator(".leaflet-pane path").count() > 0
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


def test_text_that_runs_right_to_left_is_kept_apart_from_its_neighbours(visit: Any) -> None:
    seen = visit(page_of((record("a", operator="\u202egnp.exe"),)))
    cell = seen.page.locator("#record-a dd bdi", has_text="gnp.exe")
    assert cell.evaluate("(element) => getComputedStyle(element).unicodeBidi") == "isolate"


def test_a_name_written_right_to_left_takes_no_date_along(visit: Any) -> None:
    named = (
        record("now", platform_name="سفينة 12 سفينة", count=1),
        record("then", "2024-04-03", platform_name="سفينة 12 سفينة", count=1),
    )
    half = visit(page_of(named)).page.locator("#head .match a").last
    assert half.text_content() == "Ropucha class, سفينة 12 سفينة, 3 April 2024"
    assert half.locator("bdi bdi").all_text_contents() == ["سفينة 12 سفينة"]
    # Day, month and year stand in the order in which they are read.
    days = """(link) => {
      const text = link.querySelector("bdi").lastChild, range = document.createRange();
      return ["3", "April", "2024"].map((word) => {
        const from = text.data.indexOf(word);
        range.setStart(text, from);
        range.setEnd(text, from + word.length);
        return range.getBoundingClientRect().left;
      });
    }"""
    found = half.evaluate(days)
    assert found == sorted(found)


def test_a_record_far_down_its_group_is_shown_without_all_that_lie_before_it(visit: Any) -> None:
    many = tuple(record(f"m{i:04}", f"2025-{1 + i // 100:02}-{1 + i % 28:02}") for i in range(1000))
    page = visit(page_of(many)).page
    shown = "resight.records.all.filter((one) => document.getElementById(`record-${one.id}`)).length"
    assert page.evaluate(shown) == 100
    last = page.evaluate("resight.records.all.at(-1).id")
    page.evaluate(f"location.hash = '#record-{last}'")
    page.wait_for_function(f"document.activeElement.id === 'record-{last}'")
    assert page.evaluate(shown) <= 100
    ids = "(all) => all.map((one) => one.id.slice(7))"
    group = page.locator(".group.now article")
    earlier = page.get_by_role("button", name="Show earlier records")
    before = group.evaluate_all(ids)
    earlier.click()
    after = group.evaluate_all(ids)
    everything = page.evaluate("resight.records.all.map((one) => one.id)")
    assert after[-len(before) :] == before
    assert after == everything[-len(after) :]
    while earlier.is_visible():
        earlier.click()
    assert group.evaluate_all(ids) == everything


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


# --- the table ------------------------------------------------------------------------------------------------


def column(page: Any, number: int) -> list[str]:
    """What stands in one column of the table, row by row."""
    found: list[str] = page.locator(f"#table tbody tr > :nth-child({number})").all_text_contents()
    return [text.strip() for text in found]


def still(page: Any) -> None:
    """Wait until the map has stopped moving."""
    page.evaluate(
        """async () => {
          const place = () => JSON.stringify(document.querySelector(".leaflet-map-pane").getBoundingClientRect());
          for (let last = null, same = 0; same < 5; ) {
            await new Promise(requestAnimationFrame);
            same = place() === last ? same + 1 : 0;
            last = place();
          }
        }"""
    )


def ids(page: Any) -> list[str]:
    return [row.get_attribute("data-id") or "" for row in page.locator("#table tbody tr[data-id]").all()]


def test_the_table_holds_every_record_in_order_of_time_and_leaves_out_columns_nobody_fills(visit: Any) -> None:
    page = visit(page_of()).page
    assert len(ids(page)) == len(RECORDS)
    assert column(page, 1)[:2] == ["2024", "20 May 2024"]
    heads = page.locator("#table thead th button").all_text_contents()
    assert heads == [
        "When", "What", "Result", "Resembles or repeats", "Activity", "Taken to mean", "Likelihood",
        "Analytic confidence", "Source’s own doubt", "Count", "Known by", "Position", "Sources", "Record",
    ]  # fmt: skip
    assert page.locator("#table [role=status]").text_content() == f"{len(RECORDS)} of {len(RECORDS)} records shown"
    assert "must not be named" not in (page.locator("#table").text_content() or "")


def test_the_table_is_sorted_by_any_column_by_keyboard_and_says_so(visit: Any) -> None:
    page = visit(page_of()).page
    sorts = "(all) => all.map((one) => one.ariaSort)"
    assert page.locator("#table thead th").evaluate_all(sorts)[:2] == ["ascending", "none"]
    page.locator("#table thead button", has_text="What").focus()
    page.keyboard.press("Enter")
    up = column(page, 2)
    assert page.locator("#table thead th").evaluate_all(sorts)[:2] == ["none", "ascending"]
    page.keyboard.press("Enter")
    assert page.locator("#table thead th").evaluate_all(sorts)[:2] == ["none", "descending"]
    assert sorted(up) == sorted(column(page, 2))
    assert (up[0], column(page, 2)[-1]) == ("at least 2 × Ropucha class", "at least 2 × Ropucha class")
    page.locator("#table thead button", has_text="Resembles").click()
    matches = column(page, 4)
    assert [bool(text) for text in matches] == sorted((bool(text) for text in matches), reverse=True)


def test_counts_are_sorted_as_numbers(visit: Any) -> None:
    page = visit(page_of(tuple(record(f"n{i}", "2025-05-18", count=i) for i in (10, 9, 100)))).page
    page.locator("#table thead button", has_text="Count").click()
    assert ids(page) == ["n9", "n10", "n100"]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_row_opens_the_popup_of_its_record_and_gets_the_focus_back(visit: Any, width: int) -> None:
    seen = visit(page_of(PLACED), width=width)
    page = seen.page
    button = page.locator("#table tr[data-id=now] button")
    button.focus()
    page.keyboard.press("Enter")
    box = page.locator("[role=dialog].box")
    assert box.get_attribute("aria-label") == "18 May 2025: Ropucha class"
    assert box.evaluate("(element) => element === document.activeElement")
    assert box.locator(".match .sentence").text_content().startswith("resembles then ")
    still(page)
    frame, shown = page.locator(".map").bounding_box(), page.locator(".leaflet-popup-content-wrapper").bounding_box()
    assert frame["x"] <= shown["x"]
    assert shown["x"] + shown["width"] <= frame["x"] + frame["width"]
    assert max(0, frame["y"]) <= shown["y"]
    assert shown["y"] + shown["height"] <= min(900, frame["y"] + frame["height"])
    assert page.locator("#table tr[aria-current=true]").get_attribute("data-id") == "now"
    page.keyboard.press("Escape")
    box.wait_for(state="detached")
    assert button.evaluate("(element) => element === document.activeElement")
    seen.assert_quiet()


def test_the_popup_leads_to_the_other_half_of_a_match_and_a_record_without_position_to_the_site(visit: Any) -> None:
    page = visit(page_of(PLACED)).page
    page.locator("#table tr[data-id=now] td").first.click()
    page.locator(".box button", has_text="Go to").click()
    # The one before it may still be fading out.
    box = page.locator("[role=dialog].box").last
    assert box.get_attribute("aria-label") == "20 May 2024: Ropucha class"
    page.locator("#table tr[data-id=unplaced] button").click()
    assert "position not given" in (box.locator(".chips").text_content() or "")


def test_the_table_is_copied_with_tabs_and_nothing_in_it_runs_in_a_spreadsheet(visit: Any) -> None:
    records = (
        record("a", operator="=HYPERLINK(1)", berth="\t+1", sources=[{"title": "＝1\u202e"}]),
        record("b", operator="two\tcolumns\nand a line"),
    )
    page = visit(page_of(records)).page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#table button", has_text="Copy for a spreadsheet").click()
    sync_api.expect(page.locator("#table [role=status]")).to_have_text("Rows copied: 2")
    head, *rows = [line.split("\t") for line in page.evaluate("navigator.clipboard.readText()").split("\n")]
    cells = [dict(zip(head, row, strict=True)) for row in rows]
    assert [cell["Operator"] for cell in cells] == ["'=HYPERLINK(1)", "two columns and a line"]
    assert cells[0]["Sources"] == "'＝1"
    assert [cell["Record"] for cell in cells] == ["a", "b"]


def test_the_table_copies_where_the_page_may_not_have_the_clipboard(visit: Any) -> None:
    page = visit(page_of()).page
    page.evaluate("document.addEventListener('copy', () => (window.copied = document.activeElement.value))")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.locator("#table button", has_text="Copy for a spreadsheet").click()
    sync_api.expect(page.locator("#table [role=status]")).to_have_text(f"Rows copied: {len(RECORDS)}")
    assert page.evaluate("window.copied").startswith("When\tWhat\t")
    assert page.locator("textarea").count() == 0


def test_a_layer_switched_off_takes_its_records_out_of_the_table(visit: Any) -> None:
    page = visit(page_of(PLACED)).page
    page.locator(".leaflet-control-layers").hover()
    page.get_by_label("Sightings and looks of 2024").uncheck()
    assert "then" not in ids(page)
    assert page.locator("#table [role=status]").text_content() == "4 of 5 records shown"
    page.get_by_label("Sightings and looks of 2024").check()
    assert "then" in ids(page)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("cargo", ["unplaced"]),
        ("ROPUCHA  2024", ["then"]),
        ("could not", ["unclear"]),
        ("vremennyi", ["unplaced"]),
        ("nowhere", []),
    ],
)
def test_the_search_narrows_to_records_that_hold_all_the_words(visit: Any, typed: str, found: list[str]) -> None:
    noted = record("unplaced", "2025-09-01", platform="cargo", note="Vremennýi причал")
    seen = visit(page_of((*PLACED[:4], noted)))
    page = seen.page
    page.get_by_label("Search").press_sequentially(typed)
    assert ids(page) == found
    assert {one for mark in marks(page) for one in mark["ids"]} == set(found) - {"unplaced"}
    page.get_by_label("Search").fill("")
    assert len(ids(page)) == 5
    seen.assert_quiet()


def test_thousands_of_records_come_onto_the_page_some_at_a_time(visit: Any) -> None:
    many = tuple(record(f"m{i:03}", f"2025-{i % 12 + 1:02}-{i % 28 + 1:02}") for i in range(450))
    page = visit(page_of(many)).page
    assert len(ids(page)) == 200
    more = page.locator("#table button", has_text="Show more rows")
    assert more.text_content() == "Show more rows; not shown yet: 250"
    more.click()
    assert len(ids(page)) == 400
    assert page.evaluate("document.activeElement.closest('tr').rowIndex") == 201
    last = page.locator("#table tbody tr").last.get_attribute("data-id")
    assert page.locator(f"#record-{last}").count() == 0
    page.evaluate(f"location.hash = '#record-{last}'")
    page.locator(f"#record-{last}").wait_for(state="visible")


def test_an_empty_site_has_no_empty_table(visit: Any) -> None:
    page = visit(page_of(site="nakhodka")).page
    assert page.locator("#table").count() == 0
    assert (page.locator("#records p").first.text_content() or "").startswith("Nothing is logged for Nakhodka")


# --- the strip ------------------------------------------------------------------------------------------------

STRIP = (
    record("spring", "2025-03-10", basis="own"),
    record("vague", "2025-06-01/2025-07-15"),
    record("looked", "2025-05-01", outcome="not-seen", platform=None, basis="own"),
    record("before", "2024-03-12"),
    record("autumn", "2024-10-05", platform="cargo"),
    record("crossing", "2024-12/2025-01", platform="ship"),
)


def walked(page: Any, *keys: str) -> str:
    """What the strip's button stands on after some keys."""
    for key in keys:
        page.keyboard.press(key)
    return page.locator(".strip .cursor").get_attribute("aria-label") or ""


def test_the_strip_is_walked_by_keyboard_and_opens_what_it_stands_on(visit: Any) -> None:
    seen = visit(page_of(STRIP))
    page = seen.page
    page.locator(".strip .cursor").focus()
    assert walked(page, "Home").startswith("10 March 2025: Ropucha class")
    assert walked(page, "ArrowRight") == "1 May 2025: Looked, found nothing: anything"
    assert walked(page, "ArrowRight").startswith("1 June 2025 to 15 July 2025: Ropucha class")
    assert walked(page, "ArrowRight").startswith("1 June 2025 to 15 July 2025")
    assert walked(page, "ArrowDown", "End").startswith("5 October 2024: cargo")
    assert page.locator(".readout").text_content().strip() == "5 October 2024: cargo"
    page.keyboard.press("Enter")
    assert page.locator("[role=dialog].box").get_attribute("aria-label") == "5 October 2024: cargo"
    assert page.locator("#table tr[aria-current=true]").get_attribute("data-id") == "autumn"
    page.keyboard.press("Escape")
    page.locator("[role=dialog].box").wait_for(state="detached")
    assert page.evaluate("document.activeElement.className") == "cursor"
    seen.assert_quiet()


def test_what_is_chosen_elsewhere_is_framed_on_the_strip(visit: Any) -> None:
    page = visit(page_of(STRIP)).page
    assert page.locator(".strip .chosen").count() == 0
    page.locator("#table tr[data-id=vague] button").click()
    framed, bar = page.locator(".strip .chosen").bounding_box(), page.locator(".strip .bar.now.vague").bounding_box()
    assert framed["x"] < bar["x"]
    assert framed["x"] + framed["width"] > bar["x"] + bar["width"]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_bar_is_as_long_as_the_date_is_vague_and_opens_under_a_finger(visit: Any, width: int) -> None:
    page = visit(page_of(STRIP), width=width).page
    bar, whole = page.locator(".strip .bar.now.vague").bounding_box(), page.locator(".strip svg").bounding_box()
    # With its outline on either side.
    assert 0 <= bar["width"] - (whole["width"] - 28) * 45 / 365 < 5
    page.locator(".strip").click(position={"x": bar["x"] - whole["x"] + 2, "y": bar["y"] - whole["y"] + 3})
    assert page.locator("[role=dialog].box").get_attribute("aria-label").startswith("1 June 2025 to 15 July 2025")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_gaps_are_hatched_only_where_looks_are_known(visit: Any) -> None:
    page = visit(page_of(STRIP)).page
    titles = page.locator(".strip .title").all_text_contents()
    assert titles == [
        "2025 the year under study: 3 on file · hatched: more than 14 days without a look on file",
        "2024 compared against: 2 on file · how often anyone looked is not known",
    ]
    # Before the look of 10 March, up to that of 1 May, and after it.
    assert (page.locator(".strip .tick").get_attribute("d") or "").count("M") == 4
    assert page.locator(".strip .gap").count() == 3


def test_what_lies_in_neither_year_is_counted_under_the_strip(visit: Any) -> None:
    page = visit(page_of(STRIP)).page
    assert page.locator("#time .fine").last.text_content() == (
        "In the table but not drawn here, being of other years or across a New Year: 1"
    )
    assert page.locator("#table tr[data-id=crossing]").count() == 1


def test_the_strip_says_what_it_is_to_those_who_do_not_see_it(visit: Any) -> None:
    page = visit(page_of(STRIP)).page
    strip = page.locator(".strip svg")
    assert strip.get_attribute("role") == "img"
    assert (strip.get_attribute("aria-label") or "").endswith("Records by year: 2025: 3, 2024: 2.")


def test_a_site_without_records_of_the_two_years_has_no_strip(visit: Any) -> None:
    assert visit(page_of(site="nakhodka")).page.locator(".strip").count() == 0
    assert visit(page_of((record("a", "2019-03-01"),))).page.locator(".strip").count() == 0


# --- the time filter ------------------------------------------------------------------------------------------

TIMED = (
    *PLACED[:3],
    record("autumn", "2024-10-05", platform="cargo", geometry={"type": "Point", "coordinates": [132.35, 42.87]}),
    record("vague", "2024-09", platform="cargo"),
)


def put(page: Any, handle: str, day: int) -> None:
    """Put a handle on a day of the year, then take the last step by keyboard."""
    one = page.get_by_role("slider", name=handle)
    one.fill(str(int(one.get_attribute("min") or 0) + day - (1 if handle == "From" else -1)))
    one.press("ArrowRight" if handle == "From" else "ArrowLeft")


def test_the_handles_narrow_map_table_and_strip_together(visit: Any) -> None:
    seen = visit(page_of(TIMED))
    page = seen.page
    assert (len(marks(page)), len(ids(page))) == (4, 5)
    assert page.locator(".strip .out").count() == 0
    put(page, "From", 200)
    # 20 July is day 200 of the year, counted from nought: only the autumn of 2024 is left.
    assert page.locator("#time output").text_content() == "Shown: 20 July to 31 December"
    assert page.get_by_role("slider", name="From").get_attribute("aria-valuetext") == "20 July"
    assert sorted(ids(page)) == ["autumn", "vague"]
    assert len(marks(page)) == 1
    assert page.locator(".strip .out").count() == 1
    assert page.locator("#table [role=status]").text_content() == "2 of 5 records shown"
    assert "2 of 5 records shown" in (page.locator(".badge").text_content() or "")
    assert page.evaluate("resight.marks.joined().length") == 0
    put(page, "Until", 270)
    assert page.locator(".strip .out").count() == 2
    assert ids(page) == ["vague"]
    page.get_by_role("button", name="Show the whole period").click()
    assert (len(marks(page)), len(ids(page))) == (4, 5)
    assert page.locator("#time output").text_content() == "Shown: the whole period"
    seen.assert_quiet()


def test_a_date_only_known_to_bounds_stays_as_long_as_it_may_lie_inside(visit: Any) -> None:
    page = visit(page_of((record("vague", "2025-06-01/2025-07-15"), record("day", "2025-07-01")))).page
    put(page, "From", 195)
    assert ids(page) == ["vague"]
    put(page, "From", 196)
    assert ids(page) == []
    assert page.locator("#table tbody").text_content() == "No record passes the filters."


@pytest.mark.parametrize("width", [1280, 390])
def test_the_handles_are_drawn_along_the_axis_by_mouse_and_stop_at_each_other(visit: Any, width: int) -> None:
    page = visit(page_of(TIMED), width=width).page
    page.locator(".range").scroll_into_view_if_needed()
    track, axis = page.locator(".range").bounding_box(), page.locator(".strip .ground").first.bounding_box()
    left, y = axis["x"], track["y"] + 22
    page.mouse.move(left, y)
    page.mouse.down()
    page.mouse.move(left + axis["width"] / 2, y, steps=5)
    page.mouse.up()
    edge = page.locator(".strip .out").bounding_box()
    # The shade ends under the handle.
    assert edge["x"] + edge["width"] == pytest.approx(left + axis["width"] / 2, abs=3)
    page.mouse.move(left + axis["width"], y)
    page.mouse.down()
    page.mouse.move(left, y, steps=5)
    page.mouse.up()
    values = [page.get_by_role("slider", name=name).input_value() for name in ("From", "Until")]
    assert values[0] == values[1]


def test_a_handle_follows_a_finger(browser: Any, visit: Any, tmp_path: Path) -> None:
    visit(page_of(TIMED))
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.locator(".range").scroll_into_view_if_needed()
    track, axis = page.locator(".range").bounding_box(), page.locator(".strip .ground").first.bounding_box()
    touch = context.new_cdp_session(page)
    for kind, part in (("touchStart", 0.0), ("touchMove", 0.2), ("touchMove", 0.5), ("touchEnd", None)):
        at = {} if part is None else {"x": axis["x"] + part * axis["width"], "y": track["y"] + 22}
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at] if at else []})
    edge = page.locator(".strip .out").bounding_box()
    assert edge["x"] + edge["width"] == pytest.approx(axis["x"] + axis["width"] / 2, abs=4)
    context.close()


def middle(page: Any, mark: str) -> float:
    box = page.locator(f".strip .bar.{mark}").bounding_box()
    return float(box["x"] + box["width"] / 2)


def test_last_year_can_be_laid_over_this_one_by_season_by_date_and_by_the_best_shift(visit: Any) -> None:
    page = visit(page_of((record("now", "2025-06-10"), record("then", "2024-03-02")))).page
    page.emulate_media(reduced_motion="reduce")
    width = page.locator(".strip .ground").first.bounding_box()["width"]
    assert middle(page, "now") - middle(page, "then") == pytest.approx(width * 100 / 365, abs=1)
    page.get_by_label("by date").check()
    assert middle(page, "now") - middle(page, "then") == pytest.approx(width * 465 / 731, abs=1)
    assert page.locator(".strip .month.year").count() == 2
    page.get_by_label("by the best shift: 465 days").check()
    assert middle(page, "now") == pytest.approx(middle(page, "then"), abs=1)
    assert (page.locator(".strip .title").nth(1).text_content() or "").startswith("2024 moved by 465 days:")
    put(page, "From", 30)
    assert page.locator("#time output").text_content() == (
        "Shown: 31 January 2025 to 31 December 2025; of 2024: 24 October 2023 to 22 September 2024"
    )


def test_marks_slide_to_where_another_way_of_laying_the_years_puts_them(visit: Any) -> None:
    page = visit(page_of((record("now", "2025-06-10"), record("then", "2024-03-02")))).page
    places = page.evaluate(
        """async () => {
          const places = [];
          document.querySelector("[value=shift]").click();
          for (let frame = 0; frame < 90; frame++) {
            places.push(Math.round(document.querySelector(".strip .bar.then").getBoundingClientRect().x));
            await new Promise(requestAnimationFrame);
          }
          return places;
        }"""
    )
    assert places == sorted(places)
    assert len(set(places)) > 3


def test_no_best_shift_is_offered_where_there_is_none(visit: Any) -> None:
    page = visit(page_of((record("now", "2025-06-10"),))).page
    assert page.locator(".ways label").all_text_contents() == [" by day of the year", " by date"]


def test_tiles_are_asked_for_only_once_the_reader_switches_them_on(visit: Any) -> None:
    seen = visit(page_of(tiles=tiles.parse("https://tiles.example/{z}/{x}/{y}.png")))
    page = seen.page
    button = page.get_by_role("button", name="Show online map tiles")
    assert "tiles.example" in (page.locator(".tiles p").text_content() or "")
    assert "which place is being watched" in (page.locator(".tiles p").text_content() or "")
    page.locator(".leaflet-control-zoom-in").click()
    page.locator(".leaflet-control-zoom-out").click()
    still(page)
    seen.assert_quiet()
    button.focus()
    with page.expect_request("https://tiles.example/**"):
        page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert seen.requests
    assert all(re.fullmatch(r"https://tiles\.example/\d+/\d+/\d+\.png", address) for address in seen.requests)
    assert page.evaluate("violations") == []
    page.keyboard.press("Enter")
    assert page.locator(".leaflet-tile").count() == 0


def test_no_tiles_are_offered_without_an_address(visit: Any) -> None:
    assert visit(page_of()).page.locator(".tiles").count() == 0


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
    assert page.locator("#table tbody tr").is_visible()
    assert page.locator(".strip svg").is_visible()
    assert not page.locator(".range").is_visible()
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
