"""What strangers write, in a browser: a page with every text in every field shows it as typed and does nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import Result

from hostile import FAMILIES, TEXTS
from resight import maps
from resight.links import Links
from resight.observation import Site
from test_hostile import ground, labelled, next_door, records, register, words, words_as_toml
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


# --- a whole logbook, as files that somebody else wrote --------------------------------------------------------


def poisoned(folder: Path) -> Path:
    """A logbook with a text of every family in every text field: of records, sites, classes and reference layers.

    A record whose address or image is hostile is refused as it is read, and stands in the report with its value.
    """
    texts = TEXTS[::4]
    observations, basemap = folder / "observations", folder / "seeds" / "basemap"
    observations.mkdir(parents=True)
    basemap.mkdir(parents=True)
    features = [one.to_feature() for one in records(texts)]
    for number, text in enumerate(TEXTS):
        image, source = (next(iter(records(texts[:1]))).to_feature() for _ in range(2))
        image |= {"id": f"image-{number}", "properties": {**image["properties"], "image_href": text}}
        bad = [{"title": text, "published_by": text, "url": text}]
        source |= {"id": f"source-{number}", "properties": {**source["properties"], "sources": bad, text: text}}
        features += [image, source]
    for year in ("2024", "2025"):
        chosen = [f for f in features if f["properties"]["earliest"].startswith(year)]
        content = {"type": "FeatureCollection", "name": "</script><script>owned=1</script>", "features": chosen}
        (observations / f"{year}.geojson").write_bytes(orjson.dumps(content))
    sites = [
        {
            "type": "Feature",
            "id": site.id,
            "properties": site.model_dump(mode="json", exclude={"point"}, exclude_none=True),
            "geometry": {"type": "Point", "coordinates": site.point},
        }
        for site in register(texts).values()
    ]
    (folder / "seeds" / "sites.geojson").write_bytes(orjson.dumps({"type": "FeatureCollection", "features": sites}))
    (folder / "seeds" / "vocabulary.toml").write_text(words_as_toml(), "utf-8")
    for number, (name, layer) in enumerate(ground(texts).items()):
        stem = name if re.fullmatch(r"[^/\0]{1,60}", name) and name.isprintable() else f"layer-{number}"
        (basemap / f"{stem}.geojson").write_bytes(orjson.dumps(layer))
    return folder


def test_the_pages_of_a_poisoned_logbook_do_nothing(browser: Any, tmp_path: Path, run: Callable[..., Result]) -> None:
    """Map, overview and report by their commands: scripts run, dialogs, requests and complaints are all 0."""
    folder = poisoned(tmp_path / "book")
    pages = folder / "maps"
    for words_ in (
        ("map", "dunay", "--images"),
        ("report", "--since", "2020-01-01"),
        ("report", "--format", "md"),
    ):
        done = run(*words_, "--year", "2025", "--output", str(pages), folder=folder)
        assert done.exit_code in (0, 1), done.stderr
    written = sorted(pages.glob("*.html"))
    assert [path.name.split("-")[0] for path in written] == ["dunay.html", "index.html", "report"]
    assert not (Path.cwd() / "owned").exists()
    counted = dict.fromkeys(("ran", "dialogs", "requests", "console", "violations"), 0)

    def count(what: str) -> bool:
        counted[what] += 1
        return True

    for path in written:
        context = browser.new_context(offline=True)
        page = context.new_page()
        page.on("dialog", lambda dialog: (count("dialogs"), dialog.dismiss()))
        page.on("console", lambda _: count("console"))
        page.on("pageerror", lambda _: count("console"))
        own = path.as_uri()
        page.on("request", lambda request, own=own: request.url == own or count("requests"))
        page.add_init_script(
            "window.violations = [];"
            "addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective))"
        )
        page.goto(path.as_uri())
        assert page.locator("meta[http-equiv=Content-Security-Policy]").count() == 1
        page.evaluate(UNFOLD)
        # Whatever could be clicked or hovered over by mistake is.
        page.evaluate(
            """() => document.querySelectorAll("a, button, summary, bdi, td, svg *").forEach((one) => {
              for (const kind of ["mouseover", "focus", "pointerenter"]) one.dispatchEvent(new Event(kind));
            })"""
        )
        addresses = page.locator("a[href]").evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
        ours = ("#", "https://", "index.html", "dunay.html", "report-")
        assert [address for address in addresses if not address.startswith(ours)] == []
        assert not {*addresses} & {*FAMILIES["address"]}
        counted["ran"] += page.evaluate("'owned' in window")
        counted["violations"] += page.evaluate("violations.length")
        context.close()
    assert counted == dict.fromkeys(counted, 0)
