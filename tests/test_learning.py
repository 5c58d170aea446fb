"""A report that was asked to learn m: where it was learned it says so, elsewhere it says why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cases import ROPUCHA, SITES, VOCABULARY, a_record, a_site, compared
from resight import findings, linkage, report
from resight.findings import Findings
from resight.logbook import Logbook
from resight.observation import Observation
from test_report import words

RUN = Callable[..., Result]


def many(site: str, number: int, years: tuple[int, ...] = (2024, 2025)) -> list[Observation]:
    """So many ships a year at a site, each of them back in the next."""
    days = [date(years[0], 1, 1) + timedelta(days=3 * i) for i in range(number)]
    return [
        a_record(f"{site}-{day.replace(year=year)}-s", platform="cargo-ship", platform_name=f"Ship {i}", count=1)
        for year in years
        for i, day in enumerate(days)
    ]


def learned(records: list[Observation], **more: Any) -> Findings:
    return findings.of(
        records,
        compared(records, learn=True, **more),
        sites=SITES,
        vocabulary=VOCABULARY,
        digest="sha256:0123",
        up_to="2026-01-01T00:00:00Z",
        problems=[],
        learn=True,
    )


@pytest.fixture(autouse=True)
def little_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty episodes are as good a test as a hundred, and quicker."""
    monkeypatch.setattr(linkage, "LEARNABLE", 30)


def test_what_was_learned_is_told_apart_from_what_is_assumed() -> None:
    records = many("dunay", 30)
    watched = compared(records, learn=True).watched
    assert watched.learned > 0
    said = learned(records)
    rows = {name: (value, source) for name, _, value, source in said.assumptions}
    source = f"learned at the watched sites from 30 episodes of 2025 and 30 of 2024 in {watched.learned} rounds"
    assert rows["individual_m"] == (f"{watched.assumptions.individual_m:.3g}", source)
    assert watched.assumptions.individual_m > 0.5
    assert {name for name, (_, source) in rows.items() if source == "assumed"} == {
        "place_m", "repeat_share", "kappa", "resident_u",
    }  # fmt: skip
    assert said.conditions == ("m learned at the watched sites (part 7)",)
    page = words(report.to_html(said))
    assert "At the watched sites m was learned from the two years by one-to-one (classification) EM" in page
    assert "Celeux, G. & Govaert, G. (1992)" in page
    assert "The m were learned from these two years (part 7); that of place, the share before looking" in page
    for line in (source, *said.conditions):
        assert line in page
        assert line in report.to_markdown(said).replace("\\", "")
    (group, *_) = json.loads(report.to_json(said))["groups"]
    assert group["learned_in_rounds"] == watched.learned
    assert group["assumed"]["individual_m"] == watched.assumptions.individual_m


def test_each_scope_has_its_own_and_the_rest_stays_assumed() -> None:
    said = learned([*ROPUCHA, *many("rajin", 30)])
    rows = [(value, source.partition(" from ")[0]) for name, _, value, source in said.assumptions if name == "kind_m"]
    assert [source for _, source in rows] == ["learned at Rajin", "assumed elsewhere"]
    assert rows[1][0] == "0.99"
    assert said.conditions == (
        "m learned at Rajin alone (part 7): the watched sites have 1 episode of 2025, and learning needs 30",
    )
    assert "\n| place\\_m | m of place | 0.9 | assumed |" in report.to_markdown(said)


@pytest.mark.parametrize(
    ("records", "why"),
    [
        (ROPUCHA, "m was not learned: the watched sites have 1 episode of 2025, and learning needs 30"),
        (many("dunay", 30, (2025,)), "m was not learned: the watched sites have no episode of 2024 to learn from"),
        ([], "m was not learned: the watched sites have 0 episodes of 2025, and learning needs 30"),
    ],
    ids=["too few", "no baseline", "nothing"],
)
def test_where_m_could_not_be_learned_the_report_says_why(records: list[Observation], why: str) -> None:
    said = learned(records)
    assert said.conditions == (why,)
    assert {source for *_, source in said.assumptions} == {"assumed"}
    assert "Celeux" not in report.to_html(said)
    for write in (report.to_html, report.to_markdown, report.to_json):
        assert why in write(said)


def test_without_a_watched_site_the_report_asked_to_learn_says_so() -> None:
    sites = {"rajin": a_site("rajin", watched=False)}
    records = [a_record("rajin-2025-01-01-x")]
    said = findings.of(
        records,
        compared(records, sites, learn=True),
        sites=sites,
        vocabulary=VOCABULARY,
        digest="sha256:0123",
        up_to="2026-01-01T00:00:00Z",
        problems=[],
        learn=True,
    )
    assert said.conditions == ("m was not learned",)


def test_words_for_evidence_stay_moderate_for_the_m_of_place_is_never_learned() -> None:
    watched = compared(many("dunay", 30), learn=True).watched
    assert watched.assumed == "the catalogue sizes and the m of place are assumed"
    assert compared(ROPUCHA).watched.assumed == "the catalogue sizes and m are assumed"


def test_a_learned_report_has_a_name_of_its_own_and_says_why_it_is_not(
    run: RUN, book: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linkage, "LEARNABLE", 100)
    path = Path(run("report", "--learn", "--format", "md", folder=book.folder).stdout.strip())
    assert path.name == "report-2025-vs-2024-learned.md"
    assert "m was not learned: the watched sites have" in path.read_text(encoding="utf-8")
    path = Path(run("report", "--learn", "--site", "sunan", "--as-of", "2026-11-30", folder=book.folder).stdout.strip())
    assert path.name == "report-2025-vs-2024-sunan-learned-as-of-2026-11-30.html"
