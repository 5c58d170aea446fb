"""Every text field of everything, filled with what strangers write: nothing runs, and the text arrives as typed."""

from __future__ import annotations

import html as entities
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from hostile import FAMILIES, HALVES, MEGABYTE, TEXTS
from resight import comparison, findings, maps, report, tiles, vocabulary, webpage
from resight.errors import InvalidRecord, InvalidValue, Problem
from resight.logbook import Logbook
from resight.observation import Observation, Site, Source, build
from resight.vocabulary import Vocabulary
from test_maps import BASEMAP, SITES, data_of, overview_of, page_of, record

#: Each free field of a record that holds one line or more of text, as it is filled.
FREE = ("note", "visible", "berth", "operator", "hedge", "sensor", "image_provider", "image_id", "image_license")
LINES = tuple(text for text in TEXTS if len(text) <= 490)


@pytest.fixture(autouse=True)
def nothing_ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No test may leave the trace that a text which ran would leave."""
    monkeypatch.delenv("RESIGHT_OWNED", raising=False)
    monkeypatch.chdir(tmp_path)
    yield
    assert "RESIGHT_OWNED" not in os.environ
    assert not (tmp_path / "owned").exists()


# --- a logbook in which every field is somebody's text --------------------------------------------------------


def labelled(number: int) -> str:
    """A label of the vocabulary; its end keeps labels apart that differ in marks alone."""
    return f"{LINES[number]} q{number:03}"


def words() -> Vocabulary:
    """A vocabulary whose labels are all hostile."""
    return vocabulary.from_toml(words_as_toml())


def words_as_toml() -> str:
    """The file of :func:`words`."""

    def quoted(text: str) -> str:
        return '"' + "".join(f"\\U{ord(char):08x}" for char in text) + '"'

    tables = ['[platforms.ship]\nlabel = "ship"', '[likelihood.likely]\nword = "likely"\nlow_pct = 55\nhigh_pct = 80']
    for number in range(len(LINES)):
        label = quoted(labelled(number))
        tables += [
            f'[platforms.p{number}]\nlabel = {label}\nparent = "ship"',
            f"[activities.a{number}]\nlabel = {label}",
            f"[inferred_activities.f{number}]\nlabel = {label}",
        ]
    return "\n".join(tables)


def records(texts: Sequence[str] = TEXTS) -> tuple[Observation, ...]:
    """A sighting of this year and one of last year for each text, with the text in every field that takes it."""
    made = []
    for number, text in enumerate(texts):
        known = number % len(LINES)
        given_: dict[str, Any] = {
            **dict.fromkeys(FREE, text),
            "analyst": text,
            "reviewed_by": text,
            "tags": [text],
            "sources": [{"title": text, "published_by": text, "url": "https://example.org/a"}],
            "platform": f"p{known}",
            "geometry": {"type": "Point", "coordinates": [132.33 + number / 5000, 42.88]},
        }
        made += [
            record(f"now-{number}", **given_, hedge_on="operator", activity=f"a{known}", inferred_activity=f"f{known}"),
            record(f"then-{number}", "2024-05-20", **given_, hedge_on="platform_name", platform_name=text, count=1),
        ]
    return tuple(made)


def register(texts: Sequence[str] = TEXTS) -> dict[str, Site]:
    """The page's site with every text in every place that takes one, and a neighbour named by each of them."""
    dunay = SITES["dunay"].model_dump() | {
        "names": {text: (text,) for text in texts},
        "coordinate_note": "\n".join(texts),
        "footprint_note": "\n".join(texts),
        "berths": [{"name": text, "note": text, "source": text} for text in texts],
        "residents": [{"platform": "ship", "operator": text, "source": text} for text in texts],
        "claims": [
            {"text": text, "from_site": "nakhodka", "source": {"title": text, "published_by": text}} for text in texts
        ],
        "country": MEGABYTE,
    }
    neighbours = [
        build(
            Site,
            {
                "id": f"next-{number}",
                "name": text,
                "timezone": "Asia/Vladivostok",
                "watched": True,
                "point": (132.0 + number / 200, 42.7),
            },
        )
        for number, text in enumerate(texts)
    ]
    return {**SITES, "dunay": build(Site, dunay), **{site.id: site for site in neighbours}}


def ground(texts: Sequence[str] = TEXTS) -> dict[str, Any]:
    """Layers whose attributions, places and runways are hostile, too."""
    middle = {"type": "Point", "coordinates": [132.4, 42.9]}
    line = {"type": "LineString", "coordinates": [[132.3, 42.88], [132.31, 42.88]]}
    layers = dict(BASEMAP)
    for text in texts:
        features = [
            {"type": "Feature", "properties": {"kind": "place", "name": text, "population": 1}, "geometry": middle},
            {
                "type": "Feature",
                "properties": {"kind": "runway", "airport": text, "runway": text},
                "geometry": line,
            },
            {"type": "Feature", "properties": {"kind": text, "name": text}, "geometry": middle},
        ]
        layers[text] = {"type": "FeatureCollection", "attribution": text, "features": features}
    return layers


def next_door() -> tuple[Observation, ...]:
    """One sighting at each neighbour."""
    return tuple(record(f"other-{number}", site=f"next-{number}", platform="ship") for number in range(len(TEXTS)))


def site_html(texts: Sequence[str] = TEXTS) -> str:
    """The page of the site on which everything is hostile, but for its name: the names are those of its neighbours."""
    given_: dict[str, Any] = {"sites": register(texts), "vocabulary": words(), "basemap": ground(texts)}
    return maps.render_html(page_of((*records(texts), *next_door()), **given_))


def overview_html(texts: Sequence[str] = TEXTS) -> str:
    """The overview of as many sites as there are texts."""
    given_: dict[str, Any] = {"sites": register(texts), "vocabulary": words(), "basemap": ground(texts)}
    return maps.render_html(overview_of(next_door(), **given_))


@pytest.fixture(scope="module")
def site_page() -> str:
    return site_html()


@pytest.fixture(scope="module")
def overview_page() -> str:
    return overview_html()


def outside(html: str) -> str:
    """A page without its data and its title: what is left is ours alone."""
    html = re.sub(r'(<script type="application/json"[^>]*>).*?</script>', r"\1</script>", html, flags=re.DOTALL)
    return re.sub(r"<title>.*?</title>", "", html, flags=re.DOTALL)


def everything(value: Any) -> Iterator[str]:
    """Every text in the data of a page."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from everything(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from everything(one)


# --- the table itself -----------------------------------------------------------------------------------------


def test_there_are_at_least_a_hundred_texts_of_every_family_and_each_is_another() -> None:
    assert len(TEXTS) == len(set(TEXTS)) >= 100
    assert all(FAMILIES.values())
    # Text is trimmed at entry: what begins or ends in a space would be another one.
    assert all(text == text.strip() for text in TEXTS)


# --- map pages ------------------------------------------------------------------------------------------------


def test_every_field_of_a_record_arrives_letter_by_letter(site_page: str) -> None:
    data = data_of(site_page)
    told = {r["id"]: r for r in data["records"]}
    wrong = []
    for number, text in enumerate(TEXTS):
        now, then = told[f"now-{number}"], told[f"then-{number}"]
        fields = {label: parts for label, *parts in now["fields"]}
        label = labelled(number % len(LINES))
        expected = [
            (now["note"], text),
            (now["sources"][0]["text"], [text, text]),
            (fields["Visible"], [text]),
            (fields["Operator"], [text]),
            (fields["Berth"], [text]),
            (fields["Source’s own doubt"], [f"“{text}”,", "said of whose it is"]),
            (fields["Image"], [text, text, text]),
            (fields["Tags"], [text]),
            (fields["Activity"], [label]),
            (fields["Taken to mean"], [label]),
            (now["what"], [label]),
            (then["what"], [f"{label},", f"“{text}”", text]),
        ]
        wrong += [(text, got, wanted) for got, wanted in expected if got != wanted]
    assert wrong == []


def test_names_notes_claims_places_and_attributions_arrive_letter_by_letter(site_page: str, overview_page: str) -> None:
    data = data_of(site_page)
    # The three largest layers of text stand in lists of their own.
    assert data["names"] == [[text, text] for text in TEXTS]
    assert [badge["name"] for badge in data["map"]["badges"][1:] if badge["name"] != "Nakhodka"] == list(TEXTS)
    assert {place["name"] for place in data["map"]["base"]["place"]} == {*TEXTS, "Fokino"}
    assert {*TEXTS} <= {*data["credits"]}
    about = {*everything(data["about"])}
    assert {f"“{text}”" for text in TEXTS} | {f"({text})." for text in TEXTS} | {*TEXTS} <= about
    cards = [card["name"] for card in data_of(overview_page)["cards"]]
    assert {*TEXTS} <= {*cards}


def test_the_markup_of_a_hostile_page_is_that_of_a_harmless_one(site_page: str, overview_page: str) -> None:
    plain = [f"plain {number}" for number in range(len(TEXTS))]
    assert outside(site_page) == outside(site_html(plain))
    assert outside(overview_page) == outside(overview_html(plain))


@pytest.mark.parametrize("texts", FAMILIES.values(), ids=FAMILIES.keys())
def test_the_name_of_a_page_is_text_wherever_it_stands(texts: Sequence[str]) -> None:
    expected = outside(maps.render_html(page_of((record("a"),))))
    for text in texts:
        html = maps.render_html(
            page_of((record("a"),), sites={**SITES, "dunay": SITES["dunay"].model_copy(update={"name": text})})
        )
        assert data_of(html)["title"] == text
        assert outside(html) == expected


@pytest.mark.parametrize("text", TEXTS)
def test_a_name_in_the_title_of_the_browser_is_no_markup(text: str) -> None:
    title = webpage._entities(text)
    assert not re.search(r"[<>\"'{}`$%]|&(?!#\d+;)", title)
    # A page cannot hold control characters even as numbers: a browser shows a mark for them, and so does Python.
    if not re.search("[\x00-\x1f\x7f-\x9f\ufffe]", text):
        # Marks of direction would turn the title's other words, which a title cannot keep apart.
        assert entities.unescape(title) == re.sub("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", text)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_island_of_data_is_read_back_and_cannot_be_left(text: str) -> None:
    island = webpage.island("x", {"text": text})
    inside = island.removeprefix('<script type="application/json" id="x">').removesuffix("</script>")
    assert json.loads(inside) == {"text": text}
    assert not re.search("[<>&\u2028\u2029]", inside)


def test_a_megabyte_of_text_is_shown_where_a_field_takes_it_and_refused_where_it_does_not() -> None:
    whole = MEGABYTE[:100_000].strip()
    many = tuple(record(f"r{number}", note=whole, visible=whole) for number in range(5))
    sites = {**SITES, "dunay": SITES["dunay"].model_copy(update={"footprint_note": MEGABYTE})}
    data = data_of(maps.render_html(page_of(many, sites=sites)))
    assert all(r["note"] == whole for r in data["records"])
    assert ["Outline on the map", MEGABYTE] in data["about"]
    with pytest.raises(InvalidRecord, match=r"note: .*at most 100000 characters"):
        record("a", note=MEGABYTE)


# --- the report -----------------------------------------------------------------------------------------------


class Read(HTMLParser):
    """The elements with the names of their attributes, and the text, as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: Counter[tuple[str, ...]] = Counter()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count it."""
        self.elements[tag, *(name for name, _ in attrs)] += 1

    def handle_data(self, data: str) -> None:
        """Keep it."""
        self.text += data


def report_html(texts: Sequence[str]) -> str:
    """The report of records, sites and problems that are all hostile."""
    # Every pair of the two years is told in full: a dozen records carry a text each, and all texts in their notes.
    told = "\n".join(texts)
    everywhere = tuple(one.model_copy(update={"note": told}) for one in records(texts)[::30] + records(texts)[3:64:60])
    # And every watched site has its figures: one is enough.
    sites = {"dunay": register(texts)["dunay"], "nakhodka": SITES["nakhodka"]}
    said = findings.of(
        everywhere,
        comparison.repeats(everywhere, year=2025, baseline_years=[2024], vocabulary=words(), sites=sites),
        sites=sites,
        vocabulary=words(),
        digest="sha256:0123",
        up_to="2026-01-01T00:00:00Z",
        problems=[Problem("warning", text, text, 1, text, text, text) for text in texts],
    )
    return report.to_html(said)


def test_the_report_has_the_elements_of_a_harmless_one_and_reads_as_typed() -> None:
    # Marks of direction and control characters are left out of a report; see its own tests.
    unseen = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

    def plainly(text: str) -> str:
        return " ".join(unseen.sub("", text).split())

    shown, plain = Read(report_html(TEXTS)), Read(report_html([f"plain {number}" for number in range(len(TEXTS))]))
    assert shown.elements.keys() <= plain.elements.keys()
    assert not {tag for tag, *_ in shown.elements} & {"script", "img", "iframe", "object", "embed", "form", "base"}
    text = plainly(shown.text)
    assert [one for one in TEXTS if plainly(one) not in text] == []


# --- text that is refused, and in which words -----------------------------------------------------------------


@pytest.mark.parametrize("text", HALVES)
@pytest.mark.parametrize("field", ["note", "operator", "berth"])
def test_half_a_character_is_refused_at_entry_in_words(text: str, field: str) -> None:
    with pytest.raises(InvalidRecord, match=rf"{field}: .*half a character") as refused:
        record("a", **{field: text})
    assert "unicode string" not in str(refused.value)


def test_half_a_character_typed_at_the_command_line_is_refused(run: Callable[..., Result], empty_book: Logbook) -> None:
    told = ("log", "dunay", "--date", "2025-05-18", "--platform", "ropucha", "--note", "bad \udcff byte")
    result = run(*told, folder=empty_book.folder)
    assert result.exit_code == 3
    assert "half a character" in result.stderr
    assert not list(empty_book.read().records)


def test_half_a_character_in_a_file_is_told_with_its_line(book: Logbook) -> None:
    path = book.folder / "observations" / "2025.geojson"
    for file in (path, book.folder / "seeds" / "pattern-2024.geojson"):
        if file.exists():
            path = file
            break
    raw = path.read_bytes()
    at = raw.index(b'"basis":"')
    path.write_bytes(raw[:at] + b'"note":"a\\ud800b",' + raw[at:])
    (problem,) = [p for p in Logbook(book.folder).check() if p.level == "error"]
    assert problem.line
    assert "surrogate" in problem.what


def test_half_a_character_in_the_register_or_the_vocabulary_is_told(book: Logbook, run: Callable[..., Result]) -> None:
    register_ = book.folder / "seeds" / "sites.geojson"
    raw = register_.read_text("utf-8")
    register_.write_text(raw.replace('"watched"', '"coordinate_note2": "\\ud800", "watched"', 1), "utf-8")
    result = run("map", "--all", "--output", str(book.folder / "maps"), folder=book.folder)
    assert result.exit_code not in (0, None)
    assert "sites.geojson" in result.stderr
    register_.write_text(raw, "utf-8")
    words_ = book.folder / "seeds" / "vocabulary.toml"
    words_.write_text(words_.read_text("utf-8") + '\n[activities.half]\nlabel = "\\ud800"\n', "utf-8")
    result = run("map", "--all", folder=book.folder)
    assert result.exit_code not in (0, None)
    assert "vocabulary.toml" in result.stderr


@pytest.mark.parametrize("text", TEXTS)
def test_an_address_on_a_page_is_a_web_address_or_is_refused(text: str) -> None:
    for address in (text, f"https://example.org/{text}"):
        try:
            source = build(Source, {"title": "x", "url": address})
        except InvalidRecord:
            continue
        assert (source.url or "").startswith(("http://", "https://"))
        assert not re.search(r"[\s<>\"]", source.url or "")


@pytest.mark.parametrize("text", [t for t in FAMILIES["address"] if not re.match(r"https://[^\s<>\"]+$", t)])
def test_an_address_with_another_scheme_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(InvalidRecord, match=r"url: .* allowed: a web address"):
        build(Source, {"title": "x", "url": text})


@pytest.mark.parametrize("text", TEXTS)
def test_where_tiles_come_from_is_one_https_host_or_is_refused(text: str) -> None:
    for template in (text, f"https://tiles.example/{{z}}/{{x}}/{{y}}{text}", f"https://{text}/{{z}}/{{x}}/{{y}}"):
        try:
            found = tiles.parse(template)
        except InvalidValue:
            continue
        assert re.fullmatch(r"[a-z0-9.-]+(:\d+)?", found.host)
        assert not re.search(r"[\s<>\"'`;]", found.template)
