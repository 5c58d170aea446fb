"""The map pages: what they say, that they are whole, and that nobody's text can do anything in them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
import pytest

from resight import comparison, evidence, maps, pagedata, phrases, sitepage, vocabulary, webpage
from resight.additions import UnsafePage
from resight.errors import CannotWrite
from resight.frame import to_frame
from resight.links import Links
from resight.observation import Observation, Site, build
from resight.study import Study

VOCABULARY = vocabulary.from_toml("""
[platforms.ship]
label = "ship"
[platforms.landing-ship]
label = "landing ship"
parent = "ship"
[platforms.ropucha-class]
label = "Ropucha class"
parent = "landing-ship"
[platforms.cargo]
label = "cargo"
matched = false
[activities.docked]
label = "docked"
[inferred_activities.troop-transfer]
label = "troop transfer"
[likelihood.likely]
word = "likely"
low_pct = 55
high_pct = 80
""")
SITES = {
    site.id: site
    for site in (
        build(
            Site,
            {
                "id": "dunay",
                "name": "Dunay (port)",
                "names": {"en": ["Dunai"], "ru": ["Дунай"]},
                "watched": True,
                "timezone": "Asia/Vladivostok",
                "coordinate_uncertainty_m": 3000,
                "footprint": {
                    "type": "Polygon",
                    "coordinates": [[[132.3, 42.85], [132.37, 42.85], [132.37, 42.9], [132.3, 42.9], [132.3, 42.85]]],
                },
                "footprint_note": "Search circle; NOT a boundary.",
                "claims": [
                    {"text": "95 km southwest of Nakhodka", "from_site": "nakhodka"},
                    {
                        "text": "said by one who must not be named",
                        "from_site": "nakhodka",
                        "source": {"title": "A person", "confidential": True},
                    },
                ],
                "point": (132.3354, 42.8788),
            },
        ),
        build(
            Site,
            {
                "id": "nakhodka",
                "name": "Nakhodka",
                "watched": True,
                "timezone": "Asia/Vladivostok",
                "point": (132.8833, 42.8),
            },
        ),
        build(Site, {"id": "zhoushan", "name": "Zhoushan", "timezone": "Asia/Shanghai", "point": (122.2, 29.99)}),
    )
}


def _layer(kind: str, window: list[float], geometry: Mapping[str, Any], **properties: Any) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "window": window,
        "attribution": "© OpenStreetMap contributors (ODbL 1.0)",
        "features": [{"type": "Feature", "properties": {"kind": kind, **properties}, "geometry": geometry}],
    }


def _square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


FINE, WIDE = [131.97, 42.61, 133.1, 43.15], [124.0, 38.0, 134.0, 44.0]
BASEMAP = {
    "land_a": _layer("land", WIDE, _square(124, 38, 132.2, 44)),
    "land_b": _layer("land", FINE, _square(131.97, 42.61, 132.34, 43.15)),
    "coastline_b": _layer("coastline", FINE, {"type": "LineString", "coordinates": [[132.34, 42.61], [132.34, 43.15]]}),
    "places": {
        "type": "FeatureCollection",
        "attribution": "© GeoNames (CC BY 4.0)",
        "features": [
            {
                "type": "Feature",
                "properties": {"kind": "place", "name": "Fokino", "population": 22000},
                "geometry": {"type": "Point", "coordinates": [132.41, 42.97]},
            }
        ],
    },
}


def record(identifier: str, date: str = "2025-05-18", **values: Any) -> Observation:
    """A sighting of a Ropucha at Dunay, with some fields changed."""
    plain = {"id": identifier, "site": "dunay", "date": date, "platform": "ropucha-class", "basis": "published"}
    return build(Observation, {**plain, **values})


RECORDS = (
    record(
        "dunay-2025-05-18-ropucha-class",
        activity="docked",
        inferred_activity="troop-transfer",
        likelihood="likely",
        confidence="low",
        hedge="possible",
        hedge_on="inferred_activity",
        sources=[
            {"published_by": "CNN", "url": "https://example.org/a", "published": "2025-07-02"},
            {"title": "A person who must not be named", "confidential": True},
        ],
    ),
    record("dunay-2024-ropucha-class", "2024", activity="docked"),
    record("dunay-2025-06-01-any", "2025-06-01", outcome="not-seen", platform=None),
    record("dunay-2025-07-ropucha-class", "2025-07", outcome="not-seen"),
    record("dunay-2025-08-01-any", "2025-08-01", outcome="cannot-tell", platform=None),
    record("dunay-2024-10-ship", "2024-10/2024-11", aggregate=True, count_min=2),
    record("dunay-2024-12-to-2025-01-ship", "2024-12/2025-01", platform="ship"),
    record("dunay-2024-05-20-cargo", "2024-05-20", platform="cargo"),
    record("dunay-2025-09-01-ship", "2025-09-01", platform="ship", method="flight-tracking"),
)


def repeats_of(records: tuple[Observation, ...]) -> comparison.Repeats:
    return comparison.repeats(
        records,
        year=2025,
        baseline_years=[2024],
        vocabulary=VOCABULARY,
        sites=SITES,
    )


def study_of(records: tuple[Observation, ...] = RECORDS, **changes: Any) -> Study:
    made = Study(
        ids=frozenset(one.id or "" for one in records),
        repeats=repeats_of(records),
        sites=SITES,
        vocabulary=VOCABULARY,
        basemap=BASEMAP,
        digest="ab" * 32,
        up_to="2026-01-31T09:00:00Z",
    )
    return made._replace(**changes)


def page_of(records: tuple[Observation, ...] = RECORDS, site: str = "dunay", **changes: Any) -> folium.Map:
    """The page of a site, with values of the study or of the map changed by name."""
    of_study = {name: changes.pop(name) for name in Study._fields if name in changes}
    return maps.site_map(to_frame(records), site, study_of(records, **of_study), **changes)


def overview_of(records: tuple[Observation, ...] = RECORDS, **changes: Any) -> folium.Map:
    """The overview, with values of the study or of the map changed by name."""
    of_study = {name: changes.pop(name) for name in Study._fields if name in changes}
    return maps.overview_map(to_frame(records), study_of(records, **of_study), **changes)


def island_of(html: str, identifier: str) -> Any:
    """One island of the page, read back as the page script reads it."""
    found = re.search(rf'<script type="application/(json|gzip)" id="{identifier}">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[2] if found[1] == "json" else gzip.decompress(base64.b64decode(found[2])))


def data_of(html: str) -> dict[str, Any]:
    """The page's data, with its records taken out of their columns again."""
    data: dict[str, Any] = island_of(html, "resight-data")
    packed = island_of(html, "resight-records")
    return data if packed is None else {**data, "records": unpacked(packed), "shapes": packed["shapes"]}


def unpacked(packed: Mapping[str, Any]) -> list[dict[str, Any]]:
    def cell(column: Mapping[str, Any], index: int) -> Any:
        are, of = column["are"], column["of"]
        return are[of[index]] if of else are[0] if len(are) == 1 else are[index]

    return [
        {name: cell(column, index) for name, column in packed["columns"].items()}
        | {"fields": [[label, *parts] for label, column in packed["fields"] if (parts := cell(column, index))]}
        | {"at": packed["at"][2 * index : 2 * index + 2], "uncertainty": cell(packed["uncertainty"], index)}
        for index in range(packed["number"])
    ]


def site_data(records: tuple[Observation, ...] = RECORDS, site: str = "dunay", **changes: Any) -> dict[str, Any]:
    return data_of(maps.render_html(page_of(records, site, **changes)))


def told(data: dict[str, Any], identifier: str) -> dict[str, Any]:
    """One record of a page."""
    found: dict[str, Any] = next(record for record in data["records"] if record["id"] == identifier)
    return found


# --- what a page says -----------------------------------------------------------------------------------------


def test_records_stand_under_their_year_and_a_date_over_new_year_under_neither() -> None:
    groups: dict[str, list[str]] = {}
    for one in site_data()["records"]:
        groups.setdefault(one["period"], []).append(one["id"])
    assert groups["then"] == ["dunay-2024-ropucha-class", "dunay-2024-05-20-cargo", "dunay-2024-10-ship"]
    assert groups["other"] == ["dunay-2024-12-to-2025-01-ship"]
    assert len(groups["now"]) == 5


def test_the_bottom_line_counts_compared_sightings_and_says_resembles() -> None:
    data = site_data()
    assert data["lead"] == "1 of 1 comparable sighting of 2025 resembles one of 2024."
    (finding,) = data["findings"]
    assert (finding["verb"], finding["then_id"]) == ("resembles", "dunay-2024-ropucha-class")


def test_several_records_of_one_visit_are_said_to_be_one_sighting() -> None:
    days = (record("a"), record("b", "2025-05-19"), record("c", "2024-05-20"))
    data = site_data(days)
    assert data["lead"] == "1 of 1 comparable sighting of 2025 resembles one of 2024."
    assert data["asides"][0] == "Records of one visit are compared as one sighting: 3 records, 2 sightings."
    assert not any("one visit" in aside for aside in site_data()["asides"])


def test_above_the_map_the_first_matches_are_named_and_the_rest_counted() -> None:
    many = tuple(
        record(f"{year}-{i}", f"{year}-05-{1 + 2 * i:02}", platform_name=f"Hull {i}", count=1)
        for year in (2024, 2025)
        for i in range(8)
    )
    data = site_data(many)
    assert (len(data["findings"]), data["more"]) == (6, "2 more: see the table below.")
    assert site_data()["more"] == ""


def test_the_legend_names_the_signs_of_the_page_and_no_other() -> None:
    def legend(*records: Observation) -> list[str]:
        return [sign for sign, _ in site_data(records)["legend"]]

    place, line = {"type": "Point", "coordinates": [132.35, 42.89]}, [[132.35, 42.89], [132.36, 42.89]]
    every, of_site = ["now", "then"], ["badge", "uncertainty", "footprint"]
    assert legend(record("a")) == every + of_site
    assert legend(record("a", outcome="not-seen")) == [*every, "nothing", *of_site]
    assert legend(record("a"), record("b", "2020")) == [*every, "other", *of_site]
    assert legend(record("a"), record("b", "2024-05-20")) == [*every, "matched", "link", *of_site]
    assert legend(record("a", geometry=place, location_uncertainty_m=50)) == [*every, "reach", *of_site]
    assert legend(record("a", geometry={"type": "LineString", "coordinates": line})) == [*every, "drawn", *of_site]
    boxes = [dict(site_data((one,))["legend"])["badge"] for one in (record("a"), record("a", geometry=place))]
    assert boxes == ["position not given: counted in the site’s box, not pinned", "this site"]


def test_a_town_that_is_the_site_is_not_named_twice() -> None:
    def named(site: Site) -> list[str]:
        sites = {**SITES, "dunay": site}
        places = site_data(sites=sites, repeats=repeats_of(RECORDS))["map"]["base"]["place"]
        return [place["name"] for place in places]

    town = SITES["dunay"].model_copy(update={"names": {"en": ["Fokino"]}, "point": (132.41, 42.97)})
    assert named(SITES["dunay"]) == ["Fokino"]
    assert named(town) == []
    assert named(town.model_copy(update={"point": (132.41, 42.92)})) == ["Fokino"], "5.6 km off is another place"


def test_repeats_is_said_only_of_a_known_individual() -> None:
    named = (
        record("a", platform_name="Oslyabya", count=1),
        record("b", "2024-03-03", platform_name="Oslyabya", count=1),
    )
    assert site_data(named)["lead"] == (
        "1 of 1 comparable sighting of 2025 repeats one of 2024 (same hull or tail number)."
    )
    assert told(site_data(named), "b")["matches"][0]["verb"] == "is repeated by"


def test_a_match_is_told_in_the_words_of_the_evidence_on_both_sides() -> None:
    data, (pair,) = site_data(), repeats_of(RECORDS).matches
    (ours,) = told(data, pair.current.id)["matches"]
    assert f"{ours['verb']} {ours['to']}{ours['rest']}" == evidence.headline(pair, VOCABULARY)
    assert ours["linked"]
    assert [line[0] for line in ours["why"]] == [term.factor for term in pair.terms]
    (theirs,) = told(data, pair.baseline.id)["matches"]
    assert (theirs["verb"], theirs["to"]) == ("is resembled by", pair.current.id)


def test_what_is_seen_by_flight_tracking_only_is_a_candidate_and_not_scored() -> None:
    records = (record("a", method="flight-tracking"), record("b", "2024-05-20"))
    data = site_data(records)
    assert data["findings"] == []
    assert told(data, "a")["matches"][0]["caution"] == "candidate, seen by flight tracking only: not scored"


def test_looks_that_found_nothing_reported_absence_and_no_answer_are_told_apart() -> None:
    data = site_data()
    assert told(data, "dunay-2025-06-01-any")["glyph"] == "nothing"
    assert told(data, "dunay-2025-06-01-any")["what"] == ["Looked, found nothing:", "anything"]
    assert told(data, "dunay-2025-07-ropucha-class")["glyph"] == "absent"
    assert told(data, "dunay-2025-08-01-any")["glyph"] == "unclear"
    counts = {sign: number for sign, number, _ in data["map"]["badges"][0]["counts"]}
    assert counts == {"now": "2", "then": "2", "nothing": "1", "absent": "1", "unclear": "1", "background": "1"}
    assert {sign for sign, _ in data["legend"]} >= counts.keys()


def test_what_is_not_compared_is_said_with_the_reason() -> None:
    assert site_data()["asides"][0] == (
        "Shown but not compared: found nothing (2), not a ship, aircraft or vehicle (1), total or background (1), "
        "could not tell (1), no image: flight tracking, a report or the ground (1)."
    )


def test_likelihood_and_confidence_stand_on_lines_of_their_own_and_the_hedge_with_what_it_qualifies() -> None:
    fields = {label: parts for label, *parts in told(site_data(), "dunay-2025-05-18-ropucha-class")["fields"]}
    assert fields["Likelihood"] == ["likely (55–80 %)"]
    assert fields["Analytic confidence"] == ["low"]
    assert fields["Source’s own doubt"] == ["“possible”,", "said of the purpose"]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"count": 3}, "3"),
        ({"count_min": 2}, "at least 2"),
        ({"count_min": 2, "count_max": 3}, "2–3"),
        ({"count": 3, "count_min": 2, "count_max": 5}, "3 (2–5)"),
        ({"count_max": 4}, "at most 4"),
    ],
)
def test_a_count_is_said_as_it_is_known(values: dict[str, Any], shown: str) -> None:
    one = told(site_data((record("a", **values),)), "a")
    assert ["Count", shown] in one["fields"]
    assert one["what"] == [f"{shown} ×", "Ropucha class"]


def test_a_confidential_source_never_reaches_a_page() -> None:
    for html in (maps.render_html(page_of()), maps.render_html(overview_of())):
        assert "must not be named" not in html
    one = told(site_data(), "dunay-2025-05-18-ropucha-class")
    assert ([source["text"] for source in one["sources"]], one["withheld"]) == ([["CNN"]], 1)


def test_nothing_logged_is_said_and_is_not_nothing_there() -> None:
    data = site_data(site="nakhodka")
    assert data["lead"] == ("Nothing is logged for Nakhodka itself. That is not the same as nothing being there.")
    assert data["asides"] == [
        "The nearest site with records is Dunay (port), 46 km west of Nakhodka: 5 of 2025, 3 of 2024. "
        "They are not counted here."
    ]
    own = next(badge for badge in data["map"]["badges"] if badge["own"])
    assert own["caption"] == "nothing logged"


def test_one_year_without_records_is_not_a_change() -> None:
    data = site_data((record("b", "2024-05-20"),))
    assert data["lead"] == (
        "Nothing is logged here for 2025; 2024 has 1 record. That is not the same as nothing being there."
    )


def test_effort_is_known_only_from_our_own_looks_or_stated_ones() -> None:
    assert phrases.EFFORT_UNKNOWN in site_data()["asides"]
    assert phrases.EFFORT_KNOWN in site_data((record("a", basis="own"),))["asides"]
    assert phrases.EFFORT_KNOWN in site_data((record("a", effort_stated=True),))["asides"]
    tracked = (record("a", basis="own", method="flight-tracking"), record("b", "2024-05-20"))
    assert phrases.EFFORT_UNKNOWN in site_data(tracked)["asides"]


def test_a_record_without_position_is_in_the_badge_and_no_mark() -> None:
    data = site_data((record("a"), record("b", geometry={"type": "Point", "coordinates": [132.35, 42.89]})))
    assert {one["id"]: (one["at"], one["unplaced"]) for one in data["records"]} == {
        "a": ([None, None], True),
        "b": ([132.35, 42.89], False),
    }
    assert data["map"]["badges"][0]["unplaced"] == "position not given for 1"
    assert "position not given" in told(data, "a")["chips"]


def test_a_claim_of_distance_stands_beside_what_the_positions_give() -> None:
    assert ["Claimed", "“95 km southwest of Nakhodka”", "By the positions on file: 46 km west of Nakhodka."] in (
        site_data()["about"]
    )


def test_the_columns_of_the_table_are_fields_that_records_have() -> None:
    full = record(
        "a",
        activity="docked",
        inferred_activity="troop-transfer",
        likelihood="likely",
        confidence="low",
        hedge="possible",
        hedge_on="operator",
        operator="Russia",
        count=1,
        berth="east pier",
    )
    labels = {label for label, *_ in told(site_data((full,)), "a")["fields"]}
    assert set(phrases.COLUMNS) <= labels


def test_a_record_carries_its_days_as_a_browser_counts_them() -> None:
    one = told(site_data((record("a", "1970-01-02/1970-01-05"),)), "a")
    assert (one["first"], one["last"]) == (1, 4)


def test_the_overview_links_only_pages_that_are_there() -> None:
    beside = Links({"dunay": "dunay.html"}, "index.html", "report.html", frozenset({"dunay"}))
    data = data_of(maps.render_html(overview_of(links=beside)))
    assert {badge["name"]: badge["href"] for badge in data["map"]["badges"]} == {
        "Dunay (port)": "dunay.html",
        "Nakhodka": None,
    }
    assert [card["name"] for card in data["cards"]] == ["Dunay (port)", "Nakhodka"]
    assert "Outside this map: Zhoushan." in data["asides"]
    assert data["silent"] == "On the register, nothing logged: Zhoushan."
    assert data["links"] == [["report.html", "Pattern similarity report"]]
    assert [card["links"] for card in data["cards"]] == [
        [["dunay.html", "Map and records"], ["report.html#site-dunay", "Its part of the report"]],
        [],
    ]


def test_an_empty_logbook_still_gives_pages() -> None:
    assert site_data(())["lead"].startswith("Nothing is logged for Dunay (port) itself.")
    assert data_of(maps.render_html(overview_of(())))["lead"].startswith("Nothing is logged yet.")


# --- the ground -----------------------------------------------------------------------------------------------


def test_the_finest_layer_that_holds_the_site_is_used_then_a_wider_one_then_none() -> None:
    assert site_data()["map"]["window"] == FINE
    without = {name: layer for name, layer in BASEMAP.items() if not name.endswith("_b")}
    assert site_data(basemap=without)["map"]["window"] == WIDE
    far = site_data(site="zhoushan")
    assert (far["map"]["window"], far["map"]["missing"]) == (None, "No coastline detail packaged for this place.")
    assert far["credits"] == []


def test_only_the_layers_used_are_credited_and_the_coast_names_its_accuracy() -> None:
    data = site_data()
    assert data["credits"] == ["© GeoNames (CC BY 4.0)", "© OpenStreetMap contributors (ODbL 1.0)"]
    assert "±55 m" in data["map"]["fineprint"][0]


def test_the_packed_coast_is_the_coast() -> None:
    base = site_data()["map"]["base"]
    x = y = 0
    unpacked = []
    steps = base["coastline"][0]["lines"][0]
    for east, north in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + east, y + north
        unpacked.append([x / base["scale"], y / base["scale"]])
    assert unpacked == [[132.34, 42.61], [132.34, 43.15]]


# --- the page is whole, and nobody's text does anything -------------------------------------------------------


def test_every_script_that_may_run_is_named_by_its_hash_and_nothing_else_may() -> None:
    html = maps.render_html(page_of())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    hashes = set(re.findall(r"'(sha256-[^']+)'", policy[1]))
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    found = {f"sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}" for s in scripts}
    assert hashes == found
    assert len(scripts) == 4
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy[1]
    assert "script-src 'unsafe-inline'" not in policy[1]


def test_two_renders_are_the_same_bytes() -> None:
    assert maps.render_html(page_of()) == maps.render_html(page_of())
    page = page_of()
    assert maps.render_html(page) == maps.render_html(page)
    assert maps.render_html(overview_of()) == maps.render_html(overview_of())


def test_a_map_from_elsewhere_is_refused() -> None:
    with pytest.raises(UnsafePage, match="site_map"):
        maps.render_html(folium.Map())


def test_the_vendored_files_are_those_of_the_manifest() -> None:
    static = files("resight").joinpath("static")
    packages = json.loads(static.joinpath("manifest.json").read_text("utf-8"))
    assert [(package["name"], package["version"], package["license"]) for package in packages] == [
        ("leaflet", "1.9.4", "BSD-2-Clause"),
        ("geographiclib-geodesic", "2.2.0", "MIT"),
    ]
    folder = Path(str(static))
    digests = {name: digest for package in packages for name, digest in package["files"].items()}
    theirs = {path.name for path in folder.iterdir()} - {"page", "additions.js", "manifest.json"}
    assert theirs == {package["name"] for package in packages}
    on_disk = {str(p.relative_to(folder)) for name in theirs for p in (folder / name).glob("**/*") if p.is_file()}
    assert on_disk == digests.keys()
    for name, digest in digests.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_the_page_carries_the_licences_of_what_it_contains() -> None:
    html = maps.render_html(page_of())
    assert "Contains leaflet 1.9.4." in html
    assert "Contains geographiclib-geodesic 2.2.0." in html
    assert "Copyright (c) 2011-2022, Charles Karney" in html
    assert "Volodymyr Agafonkin" in html


def page_parts() -> dict[str, str]:
    """The parts of the page script by name, in order."""
    folder = files("resight").joinpath("static/page")
    return {name: folder.joinpath(f"{name}.js").read_text("utf-8") for name in webpage.PAGE_PARTS}


def test_every_part_of_the_page_script_is_on_the_page() -> None:
    folder = Path(str(files("resight").joinpath("static/page")))
    assert {path.stem for path in folder.glob("*.js")} == set(webpage.PAGE_PARTS)


@pytest.mark.parametrize("name", webpage.PAGE_PARTS)
def test_a_part_of_the_page_script_says_what_it_is_and_adds_one_thing_under_its_own_name(name: str) -> None:
    script = page_parts()[name]
    assert script.startswith("// ")
    assert re.findall(r"^resight\.(\w+) = ", script, re.MULTILINE) == [name]


@pytest.mark.parametrize("name", webpage.PAGE_PARTS)
def test_a_part_of_the_page_script_uses_only_what_stands_before_it(name: str) -> None:
    before = webpage.PAGE_PARTS[: webpage.PAGE_PARTS.index(name)]
    used = set(re.findall(r"\bresight\.(\w+)", page_parts()[name])) - {name}
    assert used <= set(before)


def test_the_page_script_turns_no_data_into_markup() -> None:
    script = "".join(page_parts().values())
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script)


def test_the_page_script_finds_every_word_it_asks_for_and_asks_for_every_word() -> None:
    script = "".join(page_parts().values())
    asked = re.findall(r"\bwords\.(\w+)", script)
    # Its two handles are named in one list.
    assert "words[end]" in script
    assert {*asked, "from", "until"} == phrases.WORDS.keys()


def test_a_page_is_small() -> None:
    assert len(maps.render_html(page_of()).encode()) < 400_000


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "dunay.html"
    page = page_of()
    maps.write_html(page, path)
    assert path.read_text("utf-8") == maps.render_html(page)
    folium.TileLayer("OpenStreetMap").add_to(page)
    with pytest.raises(UnsafePage):
        maps.write_html(page, path)
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert [p.name for p in tmp_path.iterdir()] == ["dunay.html"]
    with pytest.raises(CannotWrite, match=r"cannot write .*dunay.html"):
        maps.write_html(page_of(), path / "dunay.html")
    maps.write_html(page_of(), tmp_path / "made" / "dunay.html")
    assert (tmp_path / "made" / "dunay.html").exists()


@pytest.mark.parametrize("lat", [90.0, -90.0, 89.999])
def test_a_site_at_a_pole_has_a_page(lat: float) -> None:
    pole = build(Site, {"id": "pole", "name": "Pole", "timezone": "UTC", "watched": True, "point": (0.5, lat)})
    west, south, east, north = sitepage.surroundings(pole)
    assert -90 <= south < north <= 90
    assert west < east


@pytest.mark.parametrize(
    ("up_to", "shown"), [("2026-11-23T00:00:00Z", "23 November 2026"), ("no record yet", "no record yet")]
)
def test_the_page_says_up_to_when_it_was_logged(up_to: str, shown: str) -> None:
    assert pagedata.facts("2025", "2024", "0" * 64, up_to)[1] == ["Logged up to", shown, up_to]
