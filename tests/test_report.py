"""The report: what it says and what it must not say, that it is whole, and that nobody's text can do anything in it."""

from __future__ import annotations

import csv
import io
import json
import math
import random
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from html import unescape
from html.parser import HTMLParser
from itertools import chain, pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml

import resight
from cases import HOSTILE, ROPUCHA, SAME_HULL, SITES, TAPIR, a_record, a_site, compared, findings_of, looks_of
from resight import chance, comparison, evidence, findings, ledger, likeness, merging, method, pattern, report
from resight.errors import Problem
from resight.logbook import Logbook
from resight.observation import Observation, Site, Source

REPOSITORY = Path(__file__).parents[1]
ORACLES = Path(__file__).parents[2] / "shared" / "oracles"


def html_of(
    records: Sequence[Observation],
    sites: Mapping[str, Site] = SITES,
    problems: Sequence[Problem] = (),
    **more: Any,
) -> str:
    return report.to_html(findings_of(records, sites, problems, **more))


def words(html: str) -> str:
    """What a reader reads: no style, no tags, single spaces."""
    html = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", re.sub(r"<(td|dd|dt|li|p|h\d)\b", r" <\1", html))).split())


def part(html: str, name: str) -> str:
    """One of the seven parts, in words."""
    start = html.index(f'<h2 id="{name}">')
    end = html.find("<h2 ", start + 1)
    return words(html[start : end if end > 0 else None])


class _Tags(HTMLParser):
    """Every tag with its attributes; complains of one that is not closed where it should be."""

    VOID = frozenset({"meta", "link", "line", "rect", "circle", "path", "br", "img"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


# --- the bottom line ------------------------------------------------------------------------------------------


def test_a_class_known_on_both_sides_resembles_and_never_repeats() -> None:
    said = part(html_of([*ROPUCHA, TAPIR]), "bottom-line")
    assert "The one episode of 2025 at the watched sites resembles one of 2024" in said
    assert "none is known to be the same ship or aircraft" in said
    assert (
        "Dunay: Ropucha class, 18 May 2025, resembles Ropucha class, 2024: same site, same class, hull not known, "
        "claimed by the source without a dated image." in said
    )
    assert "The likeness rests on what a source says of 2024, without a dated image." in said
    assert "1 of 2 episodes of 2024 is not repeated on file: Dunay: Tapir class, “believed” Nikolay Vilkov" in said


def test_the_same_hull_known_on_both_sides_repeats() -> None:
    said = part(html_of(SAME_HULL), "bottom-line")
    assert "The one episode of 2025 at the watched sites repeats one of 2024, the same individual being known." in said
    assert "none is known" not in said
    assert "without a dated image" not in said


def test_the_bottom_line_has_no_bits_no_posterior_and_no_confidence() -> None:
    said = part(html_of([*ROPUCHA, TAPIR, *SAME_HULL]), "bottom-line")
    assert not re.search(r"\bbits?\b|posterior|probab|confiden|0\.\d", said)


def test_a_watched_site_without_records_is_not_called_empty() -> None:
    html = html_of(ROPUCHA)
    sentence = "Nothing is logged for Nakhodka itself. That is not the same as nothing being there."
    assert sentence in part(html, "bottom-line")
    assert sentence in part(html, "watched")
    assert "Nakhodka nothing logged. That is not the same as nothing being there." in part(html, "effort")


def test_few_episodes_say_little_and_more_do_not_say_so() -> None:
    assert "With so few episodes (1 in 2025 and 1 in 2024) the pattern as a whole says little." in words(
        html_of(ROPUCHA)
    )
    many = [a_record(f"dunay-{year}-{month:02}-03-x") for year in (2024, 2025) for month in (1, 3, 5, 7)]
    assert "says little" not in part(html_of(many), "bottom-line")


def test_published_images_allow_no_new_no_gone_and_no_rate() -> None:
    html = html_of([*ROPUCHA, TAPIR, a_record("sunan-2025-06-04-il-76", platform="il-76")])
    said = words(html)
    assert "How often anyone looked is not known for either year" in said
    assert "So nothing can be said of what is “new”, of what is “gone”, or of rates." in said
    assert not re.search(
        r"\b(new|gone)\b", said.replace("“new”", "").replace("“gone”", "").replace(merging.merging_rule(), "")
    )
    assert "Dunay published images: 1; looks that found nothing are rarely published" in part(html, "effort")
    assert "seen in 1 of" not in said
    assert "seen in 0 of" not in said


# --- the watched sites ----------------------------------------------------------------------------------------


def test_a_match_tells_the_other_episodes_that_did_not_match() -> None:
    said = part(html_of([*ROPUCHA, TAPIR]), "watched")
    assert "Also on file here for 2024, and not a match" in said
    wanted = "Tapir class, “believed” Nikolay Vilkov, 17 October 2024: same site; same type (landing ship); other class"
    assert wanted in said


def test_a_match_shows_its_evidence_and_apart_from_it_what_is_assumed() -> None:
    records = [*ROPUCHA, TAPIR]
    (pair,) = compared(records).matches
    html = html_of(records)
    said = part(html, "watched")
    for term in pair.terms:
        assert f"{term.factor} {term.agreement} {term.why}" in said
        assert (f"{term.bits:+.2f}" if abs(term.bits) >= 0.005 else "0.00").replace("-", "−") in said
    assert f"Sum: the evidence {pair.bits:+.2f}" in said
    assert "a share of 0.5 of the episodes of 2025 is taken to repeat one of the 2 of the baseline: prior 0.25" in said
    assert f"posterior {evidence.posterior_text(pair.posterior)}." in said
    assert "are assumptions (part 7), not observations" in said
    assert re.search(r'<svg class="bits"[^>]*aria-label="Bits by factor: place \+', html)


def test_hedges_stand_in_quotes_with_what_they_qualify() -> None:
    said = part(html_of([*ROPUCHA, TAPIR]), "watched")
    assert "“believed” troop transfer" in said
    assert "Which one “believed” Nikolay Vilkov" in said
    il76 = [
        a_record(f"sunan-{day}-il-76", platform="il-76", hedge="likely", hedge_on="platform")
        for day in ("2024", "2025-06-04")
    ]
    said = part(html_of(il76), "watched")
    assert "aircraft › transport aircraft › Il-76; the source says “likely”" in said
    assert "Air Koryo keeps 3 of this class here, so the class alone shows little" in said


def test_likelihood_and_confidence_never_share_a_sentence() -> None:
    judged = {"inferred_activity": "troop-transfer", "likelihood": "likely", "confidence": "moderate"}
    html = html_of([a_record("dunay-2025-05-18-x", **judged)])
    assert "<dt>Likelihood</dt><dd><span><bdi>likely (55–80 %)</bdi></span></dd>" in html
    assert "<dt>Analytic confidence</dt><dd><span><bdi>moderate</bdi></span></dd>" in html


def test_without_precedent_names_the_nearest_and_why_not() -> None:
    html = html_of([TAPIR, a_record("dunay-2025-05-18-cargo", platform="cargo-ship")])
    said = part(html, "watched")
    assert "2025: without precedent on file" in said
    assert "Looks of 2024 not known: that nothing is on file does not show that nothing was there." in said
    assert (
        "Nearest on file: Tapir class, “believed” Nikolay Vilkov, 17 October 2024: same site; same kind (ship); "
        "other type: landing ship then, cargo ship now" in said
    )


def test_not_repeated_is_split_by_what_is_known_of_the_looks() -> None:
    last_year = [a_record("dunay-2024-03-01-x"), a_record("nakhodka-2024-03-01-x"), a_record("sunan-2024-03-01-x")]
    looked = looks_of("dunay", 2025, 3, 0)
    published = [a_record("sunan-2025-03-01-y", outcome="not-seen", platform=None)]
    said = part(html_of([*last_year, *looked, *published]), "watched")
    assert "Looked in 2025, and not repeated on file." in said
    assert "Looked 3 times in 2025; Ropucha class seen in 0 of 3 looks." in said
    assert "Not looked in 2025." in said
    assert "Not looked in 2025: no look at Nakhodka on file." in said
    assert "Looks of 2025 not known." in said
    assert said.index("Looked in 2025") < said.index("Not looked in 2025") < said.index("Looks of 2025 not known")


def test_a_look_for_something_else_is_no_look_for_this() -> None:
    other = a_record("dunay-2025-02-01-y", basis="own", outcome="not-seen", platform="aircraft")
    said = part(html_of([a_record("dunay-2024-03-01-x"), other]), "watched")
    assert "Not looked for in 2025: no look on file would have shown it." in said


def test_what_flight_tracking_saw_is_a_candidate_outside_the_score() -> None:
    records = [
        a_record("sunan-2024-03-11-il-76", platform="il-76", method="flight-tracking", operator="Russia"),
        a_record("sunan-2025-06-04-il-76", platform="il-76", operator="Russia"),
    ]
    html = html_of(records)
    said = part(html, "watched")
    assert "Candidates outside the score" in said
    assert "Il-76, 11 March 2024, Sunan: seen by flight tracking only: not scored." in said
    assert "Would be set against Il-76, 4 June 2025" in said
    assert "Seen by flight tracking only: 1" in part(html, "never-matched")
    assert "No episode" not in part(html, "bottom-line")


def test_vague_dates_are_told_as_possible_doubles_and_straddling_ones_apart() -> None:
    records = [
        a_record("dunay-2025-a", date="2025-06"),
        a_record("dunay-2025-b", date="2025-06-10"),
        a_record("dunay-2024-c", date="2024-12-20/2025-01-10"),
        a_record("dunay-2019-d", date="2019-12-20/2020-01-10"),
    ]
    html = html_of(records)
    said = part(html, "watched")
    assert "May be the same as dunay-2025-b: the dates are too vague to tell." in said
    assert "Year undetermined" in said
    assert "Ropucha class, 20 December 2024 to 10 January 2025, Dunay dunay-2024-c" in said
    assert "dunay-2019-d" not in said
    assert "dunay-2019-d" in part(html, "never-matched")


def test_every_drawn_thing_is_in_the_text_of_the_figure() -> None:
    absent = a_record("dunay-2025-a", date="2025-07-01/2025-08-31", outcome="not-seen")
    cloud = a_record("dunay-2025-02-02-c", outcome="cannot-tell", platform=None)
    nothing = a_record("dunay-2025-02-03-n", outcome="not-seen", platform=None)
    html = html_of([*ROPUCHA, TAPIR, absent, cloud, nothing])
    found = re.search(r'<desc id="d-dunay">([^<]*)</desc>', html)
    assert found is not None
    told = unescape(found[1])
    assert told.startswith("2025: Ropucha class, 18 May 2025; could not tell: anything, 2 February 2025; ")
    assert "looked, found nothing: anything, 3 February 2025" in told
    assert "absence reported, number of looks unknown: Ropucha class, 1 July 2025 to 31 August 2025" in told
    assert "2024: Ropucha class, 2024 (day not known); Tapir class, “believed” Nikolay Vilkov, 17 October 2024" in told
    assert 'aria-labelledby="t-dunay d-dunay"' in html


def test_a_mark_stands_where_its_day_is() -> None:
    html = html_of([a_record("dunay-2025-01-01-x"), a_record("dunay-2025-12-31-x")])
    marks = [float(x) for x in re.findall(r'<circle class="now" cx="([\d.]+)" cy="[\d.]+" r="6"/>\s*<text', html)]
    assert len(marks) == 2
    axis = [float(x) for x in re.findall(r'<line class="grid" x1="([\d.]+)"', html)]
    assert marks[0] == pytest.approx(axis[0] + 1, abs=0.3)
    assert marks[1] == pytest.approx(axis[12] - 1, abs=0.3)


# --- other sites ----------------------------------------------------------------------------------------------


def test_two_vague_episodes_fit_at_a_range_of_shifts_and_say_little() -> None:
    # The Ropucha of October to December 2024 at two sites, and one at each on 18 May and 4 June 2025.
    vague = [a_record(f"{site}-2024-10-to-2024-12-ropucha-class", site=site, date="2024-10/2024-12")
             for site in ("dunay", "nakhodka")]  # fmt: skip
    exact = [a_record("dunay-2025-05-18-ropucha-class"), a_record("nakhodka-2025-06-04-ropucha-class", site="nakhodka")]
    said = part(html_of([*vague, *exact]), "watched")
    assert "2025 laid over 2024: S between 0.00 and 1.00, at best at a shift of 155 to 229 days." in said
    assert "too vague to narrow this down" in said
    assert "With so few episodes (2 in 2024, 2 in 2025) this says little." in said
    assert "Dunay alone: S between 0.00 and 1.00, at best at a shift of 138 to 229 days." in said
    assert "Fall together at a shift of 192 days: 2" in said
    assert "Whether chance would do as well is not testable: no exchange of dates between the looks of 2025" in said


def test_chance_puts_a_ship_on_no_look_that_searched_for_aircraft_alone() -> None:
    ships = [
        a_record(f"dunay-{year}-{day}-ropucha-class", basis="own")
        for year in (2024, 2025)
        for day in ("03-18", "05-10", "09-18")
    ]
    days = [f"2025-{month:02}-20" for month in range(1, 13)]
    # Looks for anything would do; these say nothing of ships.
    for platform, says in ((None, "Chance: p"), ("il-76", "not testable")):
        searched = [a_record(f"dunay-{day}-none", outcome="not-seen", platform=platform, basis="own") for day in days]
        assert says in part(html_of([*ships, *searched]), "watched")


def test_a_test_that_could_not_come_out_gives_no_p() -> None:
    days = ("04-02", "05-20", "09-01")
    published = [
        a_record(f"dunay-{year}-{day}-{platform}", platform=platform)
        for year in (2024, 2025)
        for day, platform in zip(days, ("ropucha-class", "tapir-class", "cargo-ship"), strict=True)
    ]
    said = part(html_of(published), "watched")
    assert "2025 laid over 2024: S = 1.00, at best at a shift of 365 days." in said
    assert "is not testable: the smallest p that the dates of 2025 could give is 0.17." in said
    assert "p =" not in said


def looked_at(site: str) -> list[Observation]:
    """Four Ropuchas a year at a site, and own looks between them that found nothing."""
    seen = [a_record(f"{site}-{year}-{day}-ropucha-class", basis="own")
            for year in (2024, 2025) for day in ("03-01", "03-20", "06-01", "06-30")]  # fmt: skip
    empty = [a_record(f"{site}-2025-{month:02}-15-any", basis="own", outcome="not-seen", platform=None)
             for month in range(1, 13)]  # fmt: skip
    return [*seen, *empty]


def test_looks_that_found_nothing_make_chance_testable() -> None:
    said = part(html_of(looked_at("dunay")), "watched")
    assert re.search(r"Chance: p [=<] 0\.00\d* for being as alike, over 1820 possible arrangements", said)
    assert "4 episodes of 2025 fall on one of their kind" in said


def test_chance_is_tried_for_each_site_of_the_group_too() -> None:
    once = [a_record(f"sunan-{year}-05-18-x", basis="own") for year in (2024, 2025)]
    records = [*looked_at("dunay"), *once]
    said = part(html_of(records), "watched")
    assert re.search(r"Dunay alone: S = 1\.00, [^.]*\. Chance: p [=<] 0\.00\d*, over 1820 arrangements\.", said)
    assert re.search(r"Sunan alone: S = 1\.00, [^.]*\. Chance: not testable\.", said)
    (laid,) = json.loads(report.to_json(findings_of(records)))["groups"][0]["patterns"]
    dunay, sunan = laid["sites"]
    assert (dunay["site"], dunay["chance"]["testable"], dunay["chance"]["arrangements"]) == ("dunay", True, 1820)
    assert (sunan["site"], sunan["chance"]) == ("sunan", {"testable": False, "smallest": None})


def test_a_site_whose_test_could_not_come_out_names_the_smallest_p() -> None:
    days = ("04-02", "05-20", "09-01")
    published = [
        a_record(f"{site}-{year}-{day}-{platform}", platform=platform)
        for site in ("dunay", "sunan")
        for year in (2024, 2025)
        for day, platform in zip(days, ("ropucha-class", "tapir-class", "cargo-ship"), strict=True)
    ]
    said = part(html_of(published), "watched")
    assert said.count("Chance: not testable (smallest p 0.17).") == 2


def test_chance_is_tried_once_for_each_scope_and_year(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    of = chance.of

    def counted(baseline: Sequence[pattern.Event], current: Sequence[pattern.Event], *args: Any, **more: Any) -> Any:
        asked.append(tuple(event.id for event in (*baseline, *current)))
        return of(baseline, current, *args, **more)

    monkeypatch.setattr(chance, "of", counted)
    records = [a_record(f"{site}-{year}-05-18-x") for site in ("dunay", "sunan", "rajin")
               for year in (2023, 2024, 2025)]  # fmt: skip
    said = findings_of(records, baseline_years=[2023, 2024])
    for write in (report.to_html, report.to_markdown, report.to_json, report.to_csv):
        write(said)
    # In either year: the two watched sites together, each of them, and the other site.
    assert len(asked) == len(set(asked)) == 2 * 4


@pytest.mark.parametrize(
    ("module", "limit", "most", "told"),
    [
        (likeness, "SITES_ALONE", 2, ["Dunay alone", "Nakhodka alone", "1 more site is"]),
        # Two episodes a year make four pairs: a second such site would be more than may be tried.
        (chance, "MOST_PAIRS", 7, ["Dunay alone", "2 more sites are"]),
        (chance, "MOST_PAIRS", 8, ["Dunay alone", "Nakhodka alone", "1 more site is"]),
    ],
)
def test_of_many_sites_those_with_the_most_episodes_are_told_alone(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, limit: str, most: int, told: list[str]
) -> None:
    monkeypatch.setattr(module, limit, most)
    days = {"nakhodka": ("03-01", "06-01"), "sunan": ("03-01",), "dunay": ("03-01", "06-01")}
    records = [a_record(f"{site}-{year}-{day}-x") for site, days_of in days.items() for day in days_of
               for year in (2024, 2025)]  # fmt: skip
    (laid,) = findings_of(records).watched["patterns"]
    assert [line.partition(":")[0].partition(" not told")[0] for line in laid["alone"]] == told


def test_progress_tells_what_is_tried_and_how_much_of_it() -> None:
    told: dict[str, list[tuple[int, int]]] = {}
    findings_of(
        [*looked_at("dunay"), a_record("sunan-2025-05-18-x"), a_record("sunan-2024-05-18-x")],
        progress=lambda what, done, of: told.setdefault(what, []).append((done, of)),
    )
    assert {"Trying chance against 2024, the watched sites", "Trying chance against 2024, Dunay"} <= set(told)
    for counts in told.values():
        assert counts == sorted(counts)
        assert counts[-1][0] == counts[-1][1]


def test_another_class_at_the_same_time_is_told_apart_from_a_match() -> None:
    said = part(html_of([TAPIR, a_record("dunay-2025-10-17-ropucha-class")]), "watched")
    assert "2025 laid over 2024: S = 0.75, at best at a shift of 365 days." in said
    assert "Same time, other type: not a match: 1" in said
    assert "Fall together" not in said


def test_a_year_without_episodes_is_laid_over_nothing() -> None:
    assert "The pattern as a whole" not in part(html_of(ROPUCHA[:1]), "watched")


def test_a_candidate_is_what_the_admitted_methods_leave_out() -> None:
    then, now = a_record("dunay-2024-05-20-ropucha-class", method="radar"), ROPUCHA[1]
    said = part(html_of([then, now], methods=["optical"]), "watched")
    assert "seen by radar image only: not scored" in said


def test_sites_that_were_asked_for_are_not_called_watched() -> None:
    page = html_of(ROPUCHA, scope=["dunay"])
    assert "The one episode of 2025 at the sites asked for resembles one of 2024" in part(page, "bottom-line")
    assert "watched sites" not in words(page)


def test_another_site_has_its_own_section_and_enters_no_watched_figure() -> None:
    html = html_of(
        [a_record(f"rajin-{day}-x", platform_name="Lady R", count=1) for day in ("2024-02-04", "2025-02-04")]
    )
    assert "No episode of 2025 or 2024 at the watched sites can be compared." in part(html, "bottom-line")
    assert "there are likenesses at Rajin: see part 3" in part(html, "bottom-line")
    said = part(html, "other-sites")
    assert "The one episode of 2025 here repeats one of 2024" in said
    assert "Lady R" in said


def test_a_site_that_is_not_registered_goes_by_its_id() -> None:
    html = html_of([a_record("somewhere-2025-02-04-x")])
    assert '<h3 id="site-somewhere">somewhere</h3>' in html


# --- effort ---------------------------------------------------------------------------------------------------


def test_own_looks_give_k_of_n_with_its_interval() -> None:
    html = html_of([*looks_of("dunay", 2025, 3, 0), *looks_of("dunay", 2024, 4, 1)])
    said = part(html, "effort")
    assert "3 looks counted, our own or of a source that states all its looks" in said
    assert "Ropucha class seen in 0 of 3 looks; rate 0.00 to 0.54 seen in 1 of 4 looks; rate 0.03 to 0.72" in said
    assert "published images" not in said.split("Nakhodka")[0].split("Looks on file")[1]
    assert "How often we looked is known in both years at Dunay" in part(html, "bottom-line")


def test_the_two_years_are_compared_with_the_numbers_of_r() -> None:
    path = ORACLES / "rates.json"
    if not path.exists():
        pytest.skip("the published numbers (shared/oracles/rates.json beside the checkout) are not here")
    oracle = json.loads(path.read_text())
    case = next(c for c in oracle["poisson_test"] if c["args"] == [8, 12, 2, 40])
    said = part(html_of([*looks_of("dunay", 2025, 12, 8), *looks_of("dunay", 2024, 40, 2)]), "effort")
    low, high = case["ci"]
    assert (
        f"seen in 8 of 12 looks; rate 0.39 to 0.88 seen in 2 of 40 looks; rate 0.01 to 0.15 "
        f"{case['ratio']:.3g}; 95 % interval {low:.3g} to {high:.3g}; p = {case['p']:.2g} p < 0.0001" in said
    )


def test_nothing_to_divide_by_is_said_in_words() -> None:
    said = part(html_of([*looks_of("dunay", 2025, 4, 2), *looks_of("dunay", 2024, 4, 0)]), "effort")
    assert "no number (not seen in 2024); 95 % interval 0.188 upwards, no upper bound; p = 0.5" in said
    none = [*looks_of("dunay", 2025, 4, 0), *looks_of("dunay", 2024, 4, 0)]
    for record in none:
        assert record.outcome == "not-seen"
    looked_for = [record.with_changes(platform="ropucha-class") for record in none]
    said = part(html_of(looked_for), "effort")
    assert "not testable: seen in neither year not testable: all looks alike" in said
    assert not re.search(r"\b(nan|inf|None)\b", said)


def test_effort_known_in_one_year_only_says_what_is_withheld() -> None:
    html = html_of([*looks_of("dunay", 2025, 3, 1), a_record("dunay-2024-03-01-x")])
    said = part(html, "effort")
    assert (
        "Looks are known for 2025 only. Withheld: the rate of 2024, the ratio of the years, the test of the two "
        "shares, and any claim that anything of 2025 was absent in 2024." in said
    )
    assert "looks not known withheld withheld" in said
    assert (
        "How often we looked at Dunay is on file for 2025 only, so what needs the looks of 2024 is withheld."
        in part(html, "bottom-line")
    )


def test_looks_that_found_nothing_of_what_was_published_last_year_are_told() -> None:
    html = html_of([*looks_of("dunay", 2025, 3, 0), *looks_of("sunan", 2025, 2, 0), a_record("dunay-2024-03-01-x")])
    said = part(html, "effort")
    assert "Ropucha class seen in 0 of 3 looks; rate 0.00 to 0.54 looks not known" in said
    assert "aircraft seen in 0 of 2 looks" in said.split("Sunan: seen in")[1]
    assert said.count("Looks are known for 2025 only.") == 2


def test_published_looks_never_enter_k_or_n() -> None:
    published = [a_record(f"dunay-2025-1{i}-05-x", outcome="not-seen", platform=None) for i in range(3)]
    said = part(html_of([*looks_of("dunay", 2025, 3, 1), *published]), "effort")
    assert "seen in 1 of 3 looks" in said
    assert "published images: 3, not counted" in said


def test_background_is_no_sighting_of_a_rate_but_its_look_counts() -> None:
    coal = a_record("dunay-2025-11-05-x", basis="own", context=True)
    said = part(html_of([*looks_of("dunay", 2025, 3, 1), coal]), "effort")
    assert "Ropucha class seen in 1 of 4 looks" in said


def test_an_absence_over_a_period_is_never_counted() -> None:
    absent = a_record("dunay-2025-a", basis="own", date="2025-07-01/2025-08-31", outcome="not-seen", platform=None)
    said = part(html_of([absent, a_record("dunay-2025-02-02-x")]), "effort")
    assert "absence reported, number of looks unknown: 1" in said
    assert "published images: 1; looks that found nothing are rarely published" in said
    assert "seen in" not in said.split("How many looks make")[0].replace("seen in k of n", "")


def test_looks_needed_for_a_sure_absence() -> None:
    said = part(html_of([]), "effort")
    assert "Chance a look Looks needed 0.1 29 0.2 14 0.3 9 0.5 5 0.7 3 0.9 2".replace(" ", "") in said.replace(" ", "")


# --- what is never matched, and doubts ------------------------------------------------------------------------


def test_everything_on_file_is_on_the_page() -> None:
    records = [
        *ROPUCHA,
        TAPIR,
        a_record("dunay-2024-10-a", aggregate=True),
        a_record("dunay-2024-11-02-b", context=True),
        a_record("dunay-2025-03-03-c", platform="containers"),
        a_record("dunay-2025-03-04-d", platform="no-such-thing"),
        a_record("dunay-2025-03-05-e", platform=None),
        a_record("dunay-2025-03-06-f", method="report"),
        a_record("dunay-2025-03-07-g", method="ground"),
        a_record("dunay-2025-03-08-h", outcome="not-seen"),
        a_record("dunay-2025-03-09-i", outcome="cannot-tell"),
        a_record("dunay-2025-j", date="2025-03/2025-04", outcome="not-seen"),
        a_record("dunay-2020-03-07-k"),
        a_record("dunay-2025-03-10-l", status="withdrawn"),
    ]
    html = html_of(records)
    for record in records:
        assert f">{record.id}<" in html
    said = part(html, "never-matched")
    for title in (
        "Totals and shared operations: 1",
        "Background: 1",
        "Cargo, people and facilities: 1",
        "Platform not known: 2",
        "Known from reports only: 1",
        "Seen from the ground only: 1",
        "Records of other years: 1",
        "Withdrawn: 1",
    ):
        assert title in said
    said = part(html, "effort")
    for title in ("Looks that found nothing: 1", "Could not tell: 1", "Absence reported over a period: 1"):
        assert title in said


def test_contradictions_are_told_once_and_a_missing_side_too() -> None:
    records = [
        ROPUCHA[0].with_changes(relates=[{"id": TAPIR.id, "how": "contradicts"}]),
        TAPIR.with_changes(
            relates=[{"id": ROPUCHA[0].id, "how": "contradicts"}, {"id": "dunay-lost", "how": "contradicts"}]
        ),
    ]
    said = part(html_of(records), "doubts")
    assert said.count("stands against") == 2
    assert "no record with this id dunay-lost" in said
    part_of = [ROPUCHA[0].with_changes(relates=[{"id": TAPIR.id, "how": "part-of"}]), TAPIR]
    assert "None on file." in part(html_of(part_of), "doubts")


def test_problems_are_told_with_their_place() -> None:
    problem = Problem(
        "notice", "the claim “95 km” is contradicted", "seeds/sites.geojson", 2, "dunay", "claims", "amend"
    )
    said = part(html_of(ROPUCHA, problems=[problem]), "doubts")
    assert "notice the claim “95 km” is contradicted (amend) seeds/sites.geojson:2 dunay [claims]" in said


# --- method ---------------------------------------------------------------------------------------------------


def test_the_method_names_every_assumption_size_and_version() -> None:
    html = html_of([*ROPUCHA, TAPIR])
    said = part(html, "method")
    assert merging.merging_rule() in said
    assert set(method.ASSUMED) == set(evidence.Assumptions._fields)
    for name, meaning in method.ASSUMED.items():
        assert f"{name} {meaning}".replace(" ", "") in said.replace(" ", "")
    for size in compared([*ROPUCHA, TAPIR]).watched.sizes:
        assert f"{size.of} {size.size} {size.source} watched sites".replace(" ", "") in said.replace(" ", "")
    for name in ("Fellegi", "Przyborowski", "Brown, L. D."):
        assert name in said
    assert f"resight {resight.__version__}" in words(html)
    assert "sha256:0123" in words(html)
    assert "Logged up to 1 January 2026" in words(html)


# --- whole, safe and the same every time ----------------------------------------------------------------------


def test_hostile_text_is_shown_and_does_nothing() -> None:
    more = {
        "platform_name": HOSTILE,
        "count": 1,
        "operator": HOSTILE,
        "berth": HOSTILE,
        "visible": HOSTILE,
        "note": HOSTILE,
        "hedge": HOSTILE,
        "hedge_on": "operator",
        "image_provider": HOSTILE,
        "sources": [{"title": HOSTILE, "published_by": HOSTILE, "url": "https://example.org/'x'&y=1"}],
        "tags": [HOSTILE],
    }
    records = [
        a_record("dunay-2024-05-17-x", **more, relates=[{"id": "dunay-2025-05-18-x", "how": "contradicts"}]),
        a_record("dunay-2025-05-18-x", **more),
        a_record("dunay-2025-07-18-x", **more),
        a_record("dunay-2025-08-18-x", **{**more, "context": True}),
        a_record("rajin-2025-08-18-x", **more),
    ]
    sites = {**SITES, "dunay": a_site("dunay", name=HOSTILE)}
    problems = [Problem("warning", HOSTILE, HOSTILE, 1, HOSTILE, HOSTILE, HOSTILE)]
    html = html_of(records, sites, problems)
    tags = _Tags(html)
    assert not {tag for tag, _ in tags.found} & {"script", "img", "iframe", "object", "embed", "form", "base", "image"}
    for tag, attributes in tags.found:
        assert not [name for name in attributes if name.startswith("on")], tag
    assert "{{ 7*7 }}{% x %}{# 1 </script><script>alert(1)</script>" in words(html.replace("&lt;", "‹")).replace(
        "‹", "<"
    )
    assert "49" not in re.sub(r"\d*\.\d+|\d{3,}", "", words(html))
    for unseen in ("\u202e", "\x00"):
        assert unseen not in html


def test_free_text_is_isolated_from_its_neighbours() -> None:
    html = html_of([a_record("dunay-2025-05-18-x", note="הערה", visible="תמונה", operator="מפעיל")])
    for text in ("הערה", "תמונה", "מפעיל"):
        assert f"<bdi>{text}</bdi>" in html


def test_a_confidential_source_never_appears() -> None:
    secret = {"title": "Asset PELICAN", "published_by": "Ministry X", "url": "https://secret.example/1"}
    source = {**secret, "confidential": True}
    sites = {
        **SITES,
        "dunay": a_site(
            "dunay", claims=[{"text": "near", "from_site": "nakhodka", "source": {**source, "title": "Q"}}]
        ),
    }
    problems = [
        Problem("notice", "the claim “near” (Ministry X) fits", id="dunay", field="claims"),
        Problem("error", "'https://hidden.example/2 x' is not an address", id="dunay-x", field="sources.0.url"),
    ]
    records = [
        a_record("dunay-2024-05-17-x", sources=[source, {"title": "An open report"}]),
        a_record("dunay-2025-05-18-x", sources=[source]),
        a_record("rajin-2025-05-18-x", sources=[source], context=True),
    ]
    html = html_of(records, sites, problems)
    for value in (*secret.values(), "hidden.example"):
        assert value not in html
    assert "1 withheld: confidential" in words(html)
    assert "An open report" in html
    assert "the claim “near” (a confidential source) fits" in words(html)


def test_only_web_addresses_become_links_and_they_tell_nothing() -> None:
    sources = [{"title": "open", "url": "https://example.org/1"}]
    record = a_record("dunay-2025-05-18-x", sources=sources)
    bad = Source.model_construct(title="bad", url="javascript:alert(1)", confidential=False)
    record = record.model_copy(update={"sources": (*record.sources, bad)})
    html = html_of([record])
    links = [attributes for tag, attributes in _Tags(html).found if tag == "a"]
    outside = [link for link in links if not (link["href"] or "").startswith("#")]
    assert "https://example.org/1" in [link["href"] for link in outside]
    for link in outside:
        assert (link["href"] or "").startswith("https://")
        assert link["rel"] == "noreferrer noopener"
    assert "javascript:" not in html


def test_the_page_is_whole_and_loads_nothing() -> None:
    html = html_of([*ROPUCHA, TAPIR, *looks_of("dunay", 2025, 3, 1), a_record("rajin-2025-02-02-x")])
    assert html.lstrip().startswith("<!DOCTYPE html>")
    tags = _Tags(html).found
    names = [tag for tag, _ in tags]
    for once in ("html", "title", "h1", "main", "style"):
        assert names.count(once) == 1 + (once == "title") * html.count("<title", html.index("</head>"))
    assert dict(tags)["html"]["lang"] == "en"
    assert "script" not in names
    policy = next(a["content"] for t, a in tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    ids = [a["id"] for _, a in tags if a.get("id")]
    assert len(ids) == len(set(ids))
    for tag, attributes in tags:
        target = attributes.get("href") or ""
        assert tag != "a" or not target.startswith("#") or target[1:] in ids
        assert not {"src", "srcset", "xlink:href", "data", "style"} & set(attributes)
    assert names.count("table") == names.count("caption") == names.count("thead")
    levels = [int(tag[1]) for tag in names if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_same_input_gives_the_same_bytes_in_any_order() -> None:
    records = [*ROPUCHA, TAPIR, *looks_of("dunay", 2025, 5, 2), a_record("rajin-2025-02-02-x"), *SAME_HULL[:1]]
    first = html_of(records)
    random.Random(1).shuffle(records)
    assert html_of(records) == first


@pytest.mark.parametrize(
    "records",
    [
        [],
        [a_record("dunay-2025-05-18-x")],
        [a_record("dunay-2024-05-18-x")],
        [a_record("dunay-1999-05-18-x")],
        [a_record("somewhere-2025-05-18-x", platform="no-such-thing")],
        [a_record("dunay-2025-05-18-x", outcome="not-seen", platform=None)],
    ],
    ids=["nothing", "this year only", "last year only", "another year", "unknown words", "only an absence"],
)
@pytest.mark.parametrize("sites", [SITES, {}, {"rajin": SITES["rajin"]}], ids=["all", "no site", "none watched"])
def test_any_records_make_a_whole_page(records: list[Observation], sites: Mapping[str, Site]) -> None:
    html = html_of(records, sites)
    _Tags(html)
    for record in records:
        assert f">{record.id}<" in html
    said = words(html)
    assert not re.search(r"\b(None|nan|inf)\b(?! (of|on file))", said)
    if not any(site.watched for site in sites.values()):
        assert "No site of the register is marked as watched" in part(html, "bottom-line")


def test_one_year_without_episodes_is_said_plainly() -> None:
    assert "No episode of 2025 at the watched sites can be compared with the 1 episode of 2024." in words(
        html_of([a_record("dunay-2024-05-18-x")])
    )
    html = html_of([a_record("dunay-2025-05-18-x")])
    assert "1 episode of 2025 at the watched sites; 2024 has none on file that it could be compared with." in words(
        html
    )
    assert "2025: nothing on file for 2024 to compare with" in part(html, "watched")
    # There is no pattern to say little.
    assert "the pattern as a whole" not in part(html, "bottom-line")
    assert "Nothing is logged for Dunay in 2024. That is not the same as nothing being there." in words(html)


def test_other_years_and_several_baseline_years() -> None:
    records = [a_record(f"dunay-{year}-05-18-x", platform_name="Oslyabya", count=1) for year in (2021, 2022, 2023)]
    html = html_of(records, year=2023, baseline_years=[2021, 2022])
    assert "Pattern similarity report: 2023 against 2021–2022" in html
    found = re.search(r'<desc id="d-dunay">([^<]*)</desc>', html)
    assert found is not None
    assert re.findall(r"(?:^|\. )(\d{4}):", found[1]) == ["2023", "2022", "2021"]


def test_many_records_make_a_page_without_labels_on_the_marks() -> None:
    days = [date(2024, 1, 1) + timedelta(days=5 * i) for i in range(73)]
    records = [a_record(f"dunay-{d}-x") for d in days]
    records += [a_record(f"dunay-{d.replace(year=2025)}-x") for d in days if (d.month, d.day) != (2, 29)]
    html = html_of(records)
    _Tags(html)
    figure = html[html.index("<figure>") : html.index("</figure>")]
    assert 'text-anchor="start"' not in figure
    moved = figure[figure.index('class="parting"') :].count('class="ghost"')
    assert figure.count("<title>") == len(records) + moved


def test_the_shipped_logbook_is_told_whole_and_gives_no_rate() -> None:
    book = Logbook(REPOSITORY)
    records = book.read().records
    found = comparison.repeats(
        records,
        year=2025,
        baseline_years=[2024],
        vocabulary=book.vocabulary,
        sites=book.sites,
    )
    said = findings.of(
        records,
        found,
        sites=book.sites,
        vocabulary=book.vocabulary,
        digest=book.digest(records),
        up_to="2026-01-01T00:00:00Z",
        problems=book.check(),
    )
    html = report.to_html(said)
    _Tags(html)
    for record in records:
        assert record.id
        assert record.id in html
    assert "looks that found nothing are rarely published" in part(html, "bottom-line")
    assert not re.search(r"seen in \d+ of \d+ looks", words(html))
    assert str(REPOSITORY) not in html


def test_a_ship_that_was_there_in_both_years_is_not_called_without_precedent() -> None:
    visits_then = [
        a_record(f"dunay-2024-{month:02}-01-x", date=f"2024-{month:02}-01", platform_name="Peresvet", count=1)
        for month in range(1, 13)
    ]
    now = a_record("dunay-2025-09-17-x", date="2025-09-17", platform_name="Peresvet", count=1, activity="loading")
    html = html_of([*visits_then, now])
    said = part(html, "bottom-line")
    assert "The one episode of 2025 at the watched sites repeats or resembles none of 2024 in particular" in said
    assert "1 is of a type seen there then too (Peresvet in both years)" in said
    assert "The one episode of 2025 is like one of 2024, no one visit standing out as its match" in said
    assert "without precedent" not in said


def test_of_what_too_little_is_known_is_called_neither_like_nor_without_precedent() -> None:
    then = [a_record(f"dunay-2024-{month:02}-01-x", date=f"2024-{month:02}-01") for month in range(1, 13)]
    said = part(html_of([*then, a_record("dunay-2025-09-17-x", platform="ship")]), "bottom-line")
    assert "The one episode of 2025 may or may not be like one of 2024: too little is known" in said
    assert "without precedent" not in said


def test_what_is_left_over_is_told_apart_by_how_like_it_is() -> None:
    pair = [a_record("dunay-2024-05-17-x"), a_record("dunay-2025-05-18-x"), a_record("dunay-2025-11-03-x")]
    unlike = a_record("dunay-2025-08-01-x", platform="il-76")
    said = part(html_of([*pair, unlike]), "bottom-line")
    assert "1 of 3 episodes of 2025 is like one of 2024, no one visit standing out as its match" in said
    assert "1 of 3 episodes of 2025 is without precedent on file" in said


def test_an_empty_logbook_is_not_said_to_hold_published_images() -> None:
    said = part(html_of([]), "bottom-line")
    assert "No look is on file for either year, so nothing can be said" in said
    assert "published" not in said


# --- Markdown -------------------------------------------------------------------------------------------------

MARKDOWN = MarkdownIt("commonmark").enable("table")
#: Free text that would be markup in Markdown, one kind of it a line.
MARKED = (
    "# a heading",
    "- a list",
    "1. a numbered list",
    "--- a line",
    "| a | table |",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "`code` ``",
    "*soft* **loud** _soft_ __loud__",
    "> a quotation",
    "~~~ fence",
    "a\\",
    "&lt;b&gt; &#60;",
    "<https://example.org>",
    "[x]: https://example.org",
    "$x$ ~~gone~~",
    "=",
)


def markdown_of(*args: Any, **more: Any) -> str:
    return report.to_markdown(findings_of(*args, **more))


def plain(token_html: str) -> str:
    """What a reader of rendered Markdown reads."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", token_html)).split())


@pytest.mark.parametrize("text", MARKED)
@pytest.mark.parametrize("line", ["{}", "- {}", "a {} b", "## {}", "| x | {} |\n|---|---|\n| {} | y |"])
def test_foreign_text_is_shown_as_it_is(text: str, line: str) -> None:
    """Alone, in a list, in a sentence, in a heading, in a table: a value makes no tag that its place does not make."""
    shown = MARKDOWN.render(line.replace("{}", report.as_markdown(text)))
    harmless = MARKDOWN.render(line.replace("{}", "x"))
    assert re.findall(r"<[^>]*>", shown) == re.findall(r"<[^>]*>", harmless)
    assert text in plain(shown)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1))
def test_no_text_at_all_makes_markup(text: str) -> None:
    shown = MARKDOWN.render(report.as_markdown(text))
    assert shown == f"<p>{escapeHtml(text)}</p>\n"


def test_a_hostile_logbook_in_markdown_has_only_our_markup() -> None:
    def made_of(free: str) -> list[tuple[str, ...]]:
        source = {"title": free, "published_by": free, "url": "https://example.org/(x)*y*_z_&y=1"}
        more = {"platform_name": free, "count": 1, "operator": free, "berth": free, "visible": free, "note": free,
                "hedge": free, "hedge_on": "operator", "image_provider": free, "sources": [source]}  # fmt: skip
        records = [
            a_record("dunay-2024-05-17-x", **more, relates=[{"id": "dunay-2025-05-18-x", "how": "contradicts"}]),
            a_record("dunay-2025-05-18-x", **more),
            a_record("dunay-2025-07-18-x", **more),
            a_record("dunay-2025-08-18-x", **{**more, "context": True}),
            a_record("rajin-2025-08-18-x", **more),
            *looks_of("dunay", 2024, 2, 1),
        ]
        sites = {**SITES, "dunay": a_site("dunay", name=free), "rajin": a_site("rajin", name=free, watched=False)}
        problems = [Problem("warning", free, free, 1, free, free, free)]
        text = markdown_of(records, sites, problems)
        tokens = MARKDOWN.parse(text)
        flat = chain.from_iterable((token, *(token.children or ())) for token in tokens)
        return [
            (token.type, token.tag, str(token.attrGet("href") or "")) for token in flat if token.type != "softbreak"
        ]

    harmless = made_of("x")
    assert {kind for kind, _, _ in harmless}.isdisjoint({"html_block", "html_inline", "image", "code_inline", "fence"})
    hostile = " ".join((*MARKED, HOSTILE))
    for free in (hostile, *MARKED):
        assert [t for t in made_of(free) if t[0] != "text"] == [t for t in harmless if t[0] != "text"]


def test_an_address_that_is_none_stays_inside_its_link() -> None:
    odd = Source.model_construct(title="x", url="https://example.org/a> [y](javascript:alert) `|\\", confidential=False)
    record = a_record("dunay-2025-05-18-x").model_copy(update={"sources": (odd,)})
    shown = MARKDOWN.render(markdown_of([record]))
    links = re.findall(r'href="([^"]*)"', shown)
    assert links[0] == "https://example.org/a%3E%20%5By%5D(javascript:alert)%20%60%7C%5C"
    assert all(link.startswith("https://") for link in links)


def test_markdown_is_readable_as_it_is() -> None:
    text = markdown_of([*ROPUCHA, TAPIR])
    assert text.startswith("# Pattern similarity report: 2025 against 2024\n\n- Watched: Dunay, Nakhodka and Sunan\n")
    assert "\n| place | agrees | same site | 0.90 | 0." in text
    assert "\n- Record: dunay-2025-05-18-ropucha-class\n" in text
    assert "\n\n\n" not in text
    assert not re.search(r"\b(None|nan|inf|Markup)\b(?! (of|on file))", text)


def test_markdown_says_every_sentence_of_the_page() -> None:
    records = [*ROPUCHA, TAPIR, *looks_of("nakhodka", 2025, 4, 1), *looks_of("nakhodka", 2024, 3, 1),
               a_record("rajin-2025-02-02-x"), a_record("dunay-2022-03-01-x", platform="tapir-class"),
               a_record("dunay-2025-03-03-c", platform="containers"),
               a_record("dunay-2024-c", date="2024-12-20/2025-01-10"),
               a_record("sunan-2024-03-11-il-76", platform="il-76", method="flight-tracking", operator="Russia"),
               a_record("sunan-2025-06-04-il-76", platform="il-76", operator="Russia")]  # fmt: skip
    said = findings_of(records, baseline_years=[2022, 2023, 2024], up_to="2025-07-01T00:00:00Z")
    page, text = words(report.to_html(said)), plain(MARKDOWN.render(report.to_markdown(said)))
    sentences = {said.lead, said.running, *said.method, said.notes["episode"], said.notes["effort"]}
    for scope in (said.watched, *said.others):
        sentences |= {*scope["lead"], *scope["firsts"], *(part["title"] for part in scope["left"])}
        sentences |= {line for laid in scope["patterns"] for line in (*laid["said"], *laid["alone"])}
        for pair in scope["matches"]["items"]:
            sentences |= {pair["why"]["said"], pair["why"]["fine"], pair["why"]["in_words"]}
            sentences |= {term[name] for term in pair["why"]["terms"] for name in ("why", "bits", "m", "u")}
    for title, points in said.bottom_line:
        sentences |= {title, *(text for text, _ in points), *(line for _, lines in points for line in lines)}
    for site in said.effort:
        sentences |= {site["now"], site["then"], site["withheld"]}
        sentences |= {kind[name] for kind in site["kinds"] for name in ("now", "then", "ratio", "fisher")}
    assert len(sentences) > 60
    for sentence in sentences:
        assert sentence in page
        assert sentence in text


# --- CSV ------------------------------------------------------------------------------------------------------


def rows_of(*args: Any, **more: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report.to_csv(findings_of(*args, **more)), newline="")))


def test_csv_has_one_row_an_episode_with_what_became_of_it() -> None:
    rows = {row["episode"]: row for row in rows_of([*ROPUCHA, TAPIR])}
    assert list(rows) == ["dunay-2025-05-18-ropucha-class", "dunay-2024-ropucha-class", "dunay-2024-10-17-tapir-class"]
    now, then, tapir = rows.values()
    assert (now["result"], now["other"]) == ("resembles", "dunay-2024-ropucha-class")
    assert (then["result"], then["other"]) == ("resembled by", "dunay-2025-05-18-ropucha-class")
    assert (tapir["result"], tapir["other"], tapir["total_bits"]) == ("not repeated on file", "", "")
    assert (now["year"], now["side"], now["date"], now["latest"]) == ("2025", "current", "2025-05-18", "2025-05-18")
    assert (then["date"], then["earliest"], then["latest"]) == ("2024", "2024-01-01", "2024-12-31")
    assert now["platform"] == "ship > landing-ship > ropucha-class"
    assert tapir["individual"] == "“believed” Nikolay Vilkov"
    assert now["looks"] == "looks not known"


def test_csv_is_as_rfc_4180_has_it() -> None:
    text = report.to_csv(findings_of([a_record("dunay-2025-05-18-x", platform_name='Say "no", then\nleave', count=1)]))
    lines = text.split("\r\n")
    assert lines[0] == ",".join(ledger.COLUMNS)
    assert lines[-1] == ""
    assert len(lines) == 3
    assert ',"Say ""no"", then leave",' in lines[1]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "＝", "\u202e="])
def test_no_cell_of_free_text_is_a_formula(start: str) -> None:
    name = f"{start}HYPERLINK(1)"
    sites = {**SITES, "dunay": SITES["dunay"].model_copy(update={"name": name})}
    record = a_record("dunay-2025-05-18-x", count=1).model_copy(update={"platform_name": name})
    (row,) = rows_of([record], sites)
    for cell in (row["individual"], row["site"]):
        assert cell.startswith("'")
        assert cell.endswith("HYPERLINK(1)")


def test_bits_in_csv_are_numbers_with_their_sign() -> None:
    records = [a_record("dunay-2024-10-03-x"), a_record("dunay-2025-05-18-x")]
    records += [a_record(f"sunan-2024-0{i}-03-y", platform="il-76") for i in range(1, 9)]
    row = rows_of(records)[0]
    assert float(row["season_bits"]) < 0
    assert row["season_bits"].startswith("-")
    bits = [float(row[f"{factor}_bits"] or 0) for factor in ledger.FACTORS]
    assert sum(bits) == pytest.approx(float(row["total_bits"]), abs=0.05)


# --- all formats ----------------------------------------------------------------------------------------------


def test_the_formats_hold_the_same_numbers() -> None:
    hull = [a_record(f"sunan-{day}-x", platform_name="Oslyabya", count=1) for day in ("2024-05-10", "2025-05-18")]
    records = [*ROPUCHA, TAPIR, *hull, *looks_of("nakhodka", 2025, 4, 1), *looks_of("nakhodka", 2024, 3, 1),
               a_record("rajin-2024-02-04-x", platform_name="Lady R", count=1),
               a_record("rajin-2025-02-04-x", platform_name="Lady R", count=1)]  # fmt: skip
    found = compared(records)
    said = findings_of(records)
    page, text = words(report.to_html(said)), plain(MARKDOWN.render(report.to_markdown(said)))
    numbers = json.loads(report.to_json(said))
    rows = {row["episode"]: row for row in csv.DictReader(io.StringIO(report.to_csv(said), newline=""))}
    assert len(found.matches) >= 3
    told = {match["current"]: match for group in numbers["groups"] for match in group["matches"]}
    for pair in found.matches:
        row, match = rows[pair.current.id], told[pair.current.id]
        assert (match["bits"], match["posterior"]) == (pair.bits, evidence.posterior_text(pair.posterior))
        assert float(row["total_bits"]) == pytest.approx(pair.bits, abs=0.005)
        assert (
            (row["other"], row["finding"]) == (pair.baseline.id, pair.finding) == (match["baseline"], match["finding"])
        )
        assert row["posterior"] == match["posterior"]
        assert row["result"] == match["verb"] == evidence.verb(pair)
        total = f"{pair.bits:+.2f}".replace("-", "−")
        for shown in (page, text):
            assert f"Sum: the evidence {total}" in shown
            assert f"posterior {match['posterior']}." in shown
        for term in pair.terms:
            assert f"{term.bits:+.2f}".replace("-", "−").replace("+0.00", "0.00").replace("−0.00", "0.00") in text
    for episode in (e for c in found.comparisons for e in (*c.current, *c.baseline)):
        assert episode.id in rows
    assert len(rows) == len(numbers["episodes"]) == sum(len(c.current) + len(c.baseline) for c in found.comparisons)


def odd(name: str) -> list[Observation]:
    """Logbooks that an analysis stumbles over."""
    both = [a_record("dunay-2024-05-18-x"), a_record("dunay-2025-05-18-x")]
    return {
        "nothing": [],
        "a single record": both[1:],
        "this year empty": both[:1],
        "all dates vague": [a_record("dunay-2024-x", date="2024"), a_record("dunay-2025-x", date="2025")],
        "all not seen": [a_record(f"dunay-{y}-05-18-n", outcome="not-seen", platform=None) for y in (2024, 2025)],
        "own looks, all not seen": [*looks_of("dunay", 2024, 4, 0), *looks_of("dunay", 2025, 4, 0)],
        "29 February": [a_record("dunay-2024-02-29-x"), a_record("dunay-2025-03-01-x")],
        "across New Year": [
            a_record("dunay-2024-12-31-x"),
            a_record("dunay-2025-01-02-x"),
            a_record("dunay-2024-y", date="2024-12-20/2025-01-10"),
        ],
        "identical duplicates": [*both, *(r.model_copy(update={"id": f"{r.id}-2"}) for r in both)],
        "a site unknown to the register": [a_record(f"somewhere-{y}-05-18-x") for y in (2024, 2025)],
        "a geometry that is no number": [
            both[0], both[1].model_copy(update={"geometry": {"type": "Point", "coordinates": (math.nan, math.nan)}}),
        ],
        "two on each side": [*both, a_record("sunan-2024-06-01-x"), a_record("sunan-2025-06-01-x")],
    }[name]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "a single record",
        "this year empty",
        "all dates vague",
        "all not seen",
        "own looks, all not seen",
        "29 February",
        "across New Year",
        "identical duplicates",
        "a site unknown to the register",
        "a geometry that is no number",
        "two on each side",
    ],
)
@pytest.mark.parametrize("years", [[2024], [2022, 2023, 2024]], ids=["one baseline year", "three"])
def test_an_odd_logbook_is_told_in_every_format(name: str, years: list[int]) -> None:
    records = odd(name)
    said = findings_of(records, baseline_years=years)
    page, text = words(report.to_html(said)), plain(MARKDOWN.render(report.to_markdown(said)))
    json.loads(report.to_json(said), parse_constant=lambda number: pytest.fail(f"{number} is no number"))
    rows = list(csv.DictReader(io.StringIO(report.to_csv(said), newline="")))
    for shown in (page, text, "\n".join(",".join(row.values()) for row in rows)):
        assert not re.search(r"\b(nan|NaN|inf|infinity|None)\b(?! (of|on file))", shown)
    if name == "two on each side":
        for shown in (page, text):
            assert "With so few episodes (2 in 2024, 2 in 2025) this says little." in shown
    if name == "identical duplicates":
        assert len(rows) >= 2


def test_all_formats_come_out_the_same_in_any_order() -> None:
    records = [*ROPUCHA, TAPIR, *looks_of("dunay", 2025, 5, 2), a_record("rajin-2025-02-02-x"), *SAME_HULL[:1]]
    writers = (report.to_html, report.to_markdown, report.to_json, report.to_csv)
    first = [write(findings_of(records)) for write in writers]
    random.Random(1).shuffle(records)
    assert [write(findings_of(records)) for write in writers] == first
