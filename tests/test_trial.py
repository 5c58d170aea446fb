"""The matches tried together, as the report tells it: what stands, what is not testable, how many are false."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, timedelta

import pytest

from cases import ROPUCHA, SAME_HULL, VOCABULARY, a_record, compared, findings_of
from resight import report, trial
from resight.case import Case
from resight.comparison import Comparison
from resight.observation import Observation
from resight.trial import Trial, Trials
from test_report import words


def ships(number: int, named: int = 1) -> list[Observation]:
    """So many ships this year, months apart; some of them there in the year before by name."""
    days = [date(2025, 1, 1) + timedelta(days=360 * i // number) for i in range(number)]
    now = [
        a_record(
            f"dunay-{day}-s", platform="cargo-ship", platform_name=f"Ship {i}" if i < named else f"Other {i}", count=1
        )
        for i, day in enumerate(days)
    ]
    then = [
        a_record(f"dunay-{day.replace(year=2024)}-s", platform="cargo-ship", platform_name=f"Ship {i}", count=1)
        for i, day in enumerate(days[:named])
    ]
    others = [a_record(f"sunan-2024-0{month}-03-a", platform="il-76") for month in range(1, 9)]
    return [*now, *then, *others]


def tried(records: list[Observation]) -> Trial:
    found = compared(records)
    return Trials(Case(records, found, {}, VOCABULARY, "2026-01-01")).of(found.watched)


def test_fewer_than_ten_of_a_kind_are_not_testable_and_say_so() -> None:
    # One in n is above 0.10 for every n below 10, whatever was found.
    found = tried(ships(6))
    (said,) = found.beside.values()
    assert said == (
        "Tried with the other matches: not testable (smallest p 0.17), there being 6 episodes of 2025 of this kind "
        "(ship)."
    )
    assert found.said[0] == "Tried together, the match is not testable (smallest p 0.17)."
    (flag,) = found.flags.values()
    assert found.flag_numbers(flag.id) == {"verdict": "not testable", "episodes": 6, "smallest": 1 / 6}


def test_a_match_that_no_other_of_its_kind_would_make_stands() -> None:
    found = tried(ships(12))
    (said,) = found.beside.values()
    assert said == (
        "Tried with the other matches: of 12 episodes of 2025 of this kind (ship), 1, itself among them, would match "
        "the baseline at least as well here: p = 0.083, adjusted 0.083; stands."
    )
    assert found.said[0] == "Tried together, 1 of 1 match tested stands at an adjusted p of 0.10."


def test_those_tested_and_those_dropped_are_counted_apart() -> None:
    tail = [
        a_record(f"nakhodka-{day}-b", platform="il-76", platform_name="RA-1", operator="Russia", count=1)
        for day in ("2024-06-04", "2025-06-04")
    ]
    found = tried([*ships(12), *tail])
    assert found.said[0] == (
        "Tried together, 1 of 1 match tested stands at an adjusted p of 0.10; 1 more is not testable (smallest p 1)."
    )
    assert found.numbers is not None
    assert [found.numbers[name] for name in ("matches", "tested", "stand", "dropped")] == [2, 1, 1, 1]


def test_expected_false_matches_are_the_sum_of_what_the_posteriors_leave() -> None:
    records = [*ROPUCHA, *(a_record(f"sunan-{y}-06-04-a", platform="il-76", operator="Russia") for y in (2024, 2025))]
    matches = compared(records).watched.matches
    expected = sum(1 - pair.posterior for pair in matches)
    assert len(matches) == 2
    assert tried(records).said[-1] == f"Of 2 matches, {expected:.2g} are expected to be false, if the assumptions hold."


def test_no_number_of_false_matches_is_closer_to_nothing_than_a_posterior_is_to_one() -> None:
    many = [a_record(f"nakhodka-2024-0{i}-01-y", platform="cargo-ship") for i in range(1, 9)]
    sure = [record.with_changes(activity="docked") for record in SAME_HULL]
    found = compared([*sure, *many])
    almost = found.watched.matches[0]._replace(posterior=0.99999)
    scope = Comparison(**{**vars(found.watched), "matches": (almost,)})
    said = Trials(Case([*sure, *many], found, {}, VOCABULARY, "2026-01-01")).of(scope).said[-1]
    assert said == "Of 1 match, fewer than 0.01 is expected to be false, if the assumptions hold."


def test_without_a_match_there_is_nothing_to_try() -> None:
    assert tried(ROPUCHA[:1]) == Trial((), {}, {}, None)
    assert "tried together" not in report.to_markdown(findings_of(ROPUCHA[:1])).partition("## 7")[0]


def test_too_many_episodes_are_not_tried_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    records = ships(12)
    # 12 ships, put at one place, against 9 of the baseline.
    monkeypatch.setattr(trial, "MOST_PAIRS", 12 * 9)
    assert tried(records).flags
    monkeypatch.setattr(trial, "MOST_PAIRS", 12 * 9 - 1)
    found = tried(records)
    assert found.said[0].endswith("was not tried: too many episodes.")
    assert "expected to be false" in found.said[1]
    assert (found.flags, found.beside) == ({}, {})


def test_progress_never_passes_the_number_it_names() -> None:
    told: list[tuple[int, int]] = []
    findings_of(ships(12), progress=lambda what, done, of: told.append((done, of)) if "matches" in what else None)
    assert [done for done, _ in told] == list(range(1, 13))
    assert {of for _, of in told} == {12}


def test_all_formats_hold_the_same_p_and_only_where_it_was_tested() -> None:
    said = findings_of(ships(12, named=2))
    numbers = json.loads(report.to_json(said))["groups"][0]
    assert numbers["flags"]["tested"] == 2
    page, text = words(report.to_html(said)), report.to_markdown(said)
    rows = {row["episode"]: row for row in csv.DictReader(io.StringIO(report.to_csv(said), newline=""))}
    for match in numbers["matches"]:
        flag, row = match["flag"], rows[match["current"]]
        assert float(row["p"]) == pytest.approx(flag["p"], rel=0.05)
        assert float(row["adjusted_p"]) == pytest.approx(flag["adjusted_p"], rel=0.05)
        assert f"p = {flag['p']:.2g}, adjusted {flag['adjusted_p']:.2g}; {flag['verdict']}." in page
        assert f"p = {flag['p']:.2g}, adjusted {flag['adjusted_p']:.2g}; {flag['verdict']}." in text
        assert rows[match["baseline"]]["p"] == ""
    few = {row["p"] for row in csv.DictReader(io.StringIO(report.to_csv(findings_of(ships(6))), newline=""))}
    assert few == {""}


def test_it_stands_beside_the_evidence_and_never_in_a_headline_or_the_bottom_line() -> None:
    html = report.to_html(findings_of(ships(12)))
    top = words(html[html.index('<h2 id="bottom-line">') : html.index('<h2 id="watched">')])
    assert not re.search(r"tried with|tried together|adjusted|expected to be false", top, re.IGNORECASE)
    why = html[html.index('<details class="why">') : html.index("</details>", html.index('<details class="why">'))]
    assert "Tried with the other matches" in why
    assert not re.search(r"<h\d>[^<]*(p =|adjusted)", html)


def test_no_share_of_false_matches_is_promised() -> None:
    text = " ".join(report.to_markdown(findings_of(ships(12))).split())
    assert "so this does not say how many of the matches are false" in text
    assert not re.search(r"(at most|no more than) 10 ?% of (these|the matches)", text)
    assert "Tarone, R. E. \\(1990" in text or "Tarone, R. E. (1990" in text
    assert "Benjamini, Y. & Hochberg, Y. (1995)" in text
