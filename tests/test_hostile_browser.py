"""What strangers write, in a browser: a page with every text in every field shows it as typed and does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hostile import FAMILIES, TEXTS
from resight import maps
from resight.links import Links
from resight.observation import Site
from test_hostile import ground, labelled, next_door, records, register, words
from test_maps import BASEMAP, SITES, overview_of, page_of, record
from visits import Visit

pytestmark = pytest.mark.browser

#: Everything folded away is unfolded, everything behind a button for more is brought in.
UNFOLD = """() => {
  const more = () => [...document.querySelectorAll("button.plain")]
    .find((one) => !one.hidden && one.textContent.startsWith("Show more"));
  while (more()) more().click();
  document.querySelectorAll("details").forEach((one) => (one.open = true));
}"""
#: The texts that stand in elements of one kind, by the attribute or id they are looked up by.
SHOWN = """([start, path]) => Object.fromEntries([...document.querySelectorAll(`[id^="record-${start}-"]`)].map((one) =>
  [one.id.replace(`record-${start}-`, ""), [...one.querySelectorAll(path)].map((part) => part.textContent)]))"""


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Any]:
    opened: list[Visit] = []

    def open_page(page: Any) -> Visit:
        one = Visit(browser, tmp_path / "page.html", page)

        def complain(dialog: Any) -> None:
            one.complaints.append(dialog.message)
            dialog.dismiss()

        one.page.on("dialog", complain)
        opened.append(one)
        return one

    yield open_page
    for one in opened:
        one.context.close()


def assert_untouched(seen: Visit, title: str) -> None:
    """Nothing ran, nothing was asked for, and no element is there that the page does not make itself."""
    page = seen.page
    assert page.evaluate("'owned' in window") is False
    assert page.title() == f"{title} – resight"
    foreign = "img, iframe, object, embed, form, base, link, video, math, template, animate, script[src], [onload]"
    assert page.locator(foreign).count() == 0
    assert page.locator("script").count() == 7
    assert page.locator("style").count() == 1
    addresses = page.locator("a[href]").evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    assert all(address.startswith(("#", "https://example.org/a")) for address in addresses)
    seen.assert_quiet()


def test_every_field_of_every_record_reads_as_typed_and_does_nothing(visit: Any) -> None:
    page_of_all = page_of(
        (*records(), *next_door()), sites=register(), vocabulary=words(), basemap={**BASEMAP, **ground()}
    )
    seen = visit(page_of_all)
    page = seen.page
    page.evaluate(UNFOLD)
    notes = page.evaluate(SHOWN, ["now", "details .written"])
    parts = page.evaluate(SHOWN, ["now", "dd bdi, .sources bdi"])
    heads = page.evaluate(SHOWN, ["then", "h3 bdi"])
    wrong = [text for number, text in enumerate(TEXTS) if notes[str(number)] != [text]]
    wrong += [text for number, text in enumerate(TEXTS) if parts[str(number)].count(text) < 9]
    wrong += [text for number, text in enumerate(TEXTS) if text not in heads[str(number)]]
    assert wrong == []
    cells = set(page.locator("#table td bdi").all_text_contents())
    assert [text for text in TEXTS if text not in cells] == []
    labels = {labelled(number) for number in range(3)}
    assert labels <= cells
    about = set(page.locator("#about dd bdi").all_text_contents())
    assert [text for text in TEXTS if text not in about or f"“{text}”" not in about] == []
    names = page.locator("h1 small bdi").all_text_contents()
    assert names == list(TEXTS)
    boxes = set(page.locator(".badge .name bdi").all_text_contents())
    assert [text for text in TEXTS if text.partition(" (")[0] not in boxes] == []
    places = set(page.locator(".place bdi").all_text_contents())
    assert [text for text in TEXTS if text not in places] == []
    credit = page.locator("#beside").text_content() or ""
    assert [text for text in TEXTS if text not in credit] == []
    assert_untouched(seen, "Dunay (port)")


def test_what_opens_on_the_map_reads_as_typed_and_does_nothing(visit: Any) -> None:
    seen = visit(page_of((*records(), *next_door()), sites=register(), vocabulary=words()))
    page = seen.page
    told = page.evaluate(
        """async (number) => {
          const told = [];
          for (let i = 0; i < number; i++) {
            resight.records.choose(`now-${i}`, document.querySelector("#table button"));
            told.push([...document.querySelectorAll(".box bdi")].map((part) => part.textContent));
          }
          return told;
        }""",
        len(TEXTS),
    )
    assert [text for text, parts in zip(TEXTS, told, strict=True) if parts.count(text) < 8] == []
    opened = page.evaluate(
        """() => [...document.querySelectorAll("button.badge")].map((badge) => {
          badge.click();
          return [...document.querySelectorAll(".box h3 bdi")].at(-1).textContent;
        })"""
    )
    assert {*TEXTS} <= {*opened}
    page.get_by_label("Search").fill("<script>")
    page.get_by_label("Search").fill("{{ 7*7 }} \\ ${")
    assert_untouched(seen, "Dunay (port)")


def test_an_overview_of_hostile_names_reads_as_typed_and_does_nothing(visit: Any) -> None:
    pages = dict.fromkeys(register(), "#page")
    seen = visit(overview_of(next_door(), sites=register(), vocabulary=words(), basemap=ground(), links=Links(pages)))
    cards = seen.page.locator(".card h3 bdi").all_text_contents()
    assert [text for text in TEXTS if text not in cards] == []
    assert_untouched(seen, "Sites and sightings")


def renamed(name: str) -> dict[str, Site]:
    return {**SITES, "dunay": SITES["dunay"].model_copy(update={"name": name})}


def test_the_name_of_a_page_reads_as_typed_and_does_nothing(browser: Any, tmp_path: Path) -> None:
    """One page after the other, for a page has one name; the browser reads title, heading and layers of each."""
    wrong = []
    context = browser.new_context(offline=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for text in (*FAMILIES["ends"], *FAMILIES["attribute"], *FAMILIES["direction"], *FAMILIES["heavy"]):
        path = tmp_path / "page.html"
        maps.write_html(page_of((record("a"),), sites=renamed(text), basemap={}), path)
        page.goto(path.as_uri())
        heading = page.locator("h1 > bdi").text_content()
        if heading != text or page.evaluate("'owned' in window") or page.locator("script").count() != 7:
            wrong.append((text, heading))
    context.close()
    assert wrong == []
    assert complaints == []


def test_marks_of_direction_left_open_turn_nothing_but_their_own_text(visit: Any) -> None:
    page = visit(page_of((record("a", operator="\u202eabc\u2067", berth="def"),))).page
    runs_right = """(part) => {
      const range = document.createRange(), text = part.firstChild, at = text.data.search(/[a-z]/);
      const left = (index) => {
        range.setStart(text, index);
        range.setEnd(text, index + 1);
        return range.getBoundingClientRect().left;
      };
      return left(at) < left(at + 2);
    }"""
    said = page.locator("#record-a dd bdi")
    assert said.filter(has_text="abc").evaluate(runs_right) is False
    assert said.filter(has_text="def").evaluate(runs_right) is True
