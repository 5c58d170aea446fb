"""What happened since a day, as the first section of the report: in words, old beside new, in every format."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from markdown_it import MarkdownIt

from cases import HOSTILE, ROPUCHA, SITES, TAPIR, VOCABULARY, a_record, findings_of
from resight import changes, listing, report
from resight.changes import Changes
from resight.observation import Observation

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
NOW, THEN = ROPUCHA[1], ROPUCHA[0]


def at(days: float) -> datetime:
    return MONDAY + timedelta(days=days)


def happened(*pairs: tuple[Observation | None, Observation | None], until: datetime | None = None) -> Changes:
    """What happened where each record went from its first wording to its second; None: it was not on file."""
    return changes.between(
        [before for before, _ in pairs if before],
        [after for _, after in pairs if after],
        since=MONDAY,
        until=until,
        sites=SITES,
        vocabulary=VOCABULARY,
    )


def amended(record: Observation, **more: Any) -> Observation:
    return record.model_copy(update={"revised_at": at(1), "revision": 2, **more})


def logged(identifier: str, **more: Any) -> Observation:
    return a_record(identifier, logged_at=at(2), **more)


def page(found: Changes) -> str:
    return report.to_html(findings_of([*ROPUCHA, TAPIR], changes=found))


def section(found: Changes) -> str:
    """The HTML between the heading of the section and the next one."""
    html = page(found)
    start = html.index('<h2 id="changes">')
    return html[start : html.index("<h2 ", start + 1)]


def words(html: str) -> str:
    spaced = re.sub(r"<(li|p|h\d|ul)\b", r" <\1", html)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", spaced)).split())


EVERYTHING = happened(
    (None, logged("dunay-2025-06-01-x", analyst="A. Analyst", basis="own")),
    (None, logged("dunay-2025-06-02-n", basis="own", outcome="not-seen", platform=None)),
    (None, logged("dunay-2025-06-03-c", basis="own", outcome="cannot-tell", platform=None)),
    (NOW, amended(NOW, count=2, berth="Pier 1", activity=None)),
    (THEN, amended(THEN, status="reviewed", reviewed_by="B. Editor", revision=1)),
    (TAPIR, amended(TAPIR, status="withdrawn", note="Withdrawn: wrong image")),
    (a_record("sunan-2025-02-02-x"), None),
)


def test_everything_that_happened_stands_in_its_list_with_its_record() -> None:
    said = words(section(EVERYTHING))
    assert said.startswith(
        "What has changed Since 16 November 2026: 3 records logged; 1 record corrected; "
        "1 record reviewed; 1 record withdrawn; 1 record changed outside the log; 3 looks, 2 of them with nothing seen."
    )
    for item in (
        "Logged Dunay, 1 June 2025: Ropucha class · own, optical dunay-2025-06-01-x "
        "Logged on 18 November 2026 by A. Analyst",
        "Corrected Dunay, 18 May 2025: 2 × Ropucha class · published, optical dunay-2025-05-18-ropucha-class "
        "Corrected on 17 November 2026",
        "Reviewed Dunay, 2024: Ropucha class",
        "Reviewed on 17 November 2026 by B. Editor",
        "dunay-2024-10-17-tapir-class Withdrawn on 17 November 2026: wrong image",
        "Looked at Dunay, 1 June 2025: Ropucha class · own, optical dunay-2025-06-01-x "
        "Dunay, 2 June 2025: not seen: anything · own, optical dunay-2025-06-02-n "
        "Dunay, 3 June 2025: could not tell: platform not given · own, optical dunay-2025-06-03-c",
        "Changed outside the log Sunan, 2 February 2025: Ropucha class · published, optical sunan-2025-02-02-x "
        "taken out of the files",
    ):
        assert item.casefold() in said.casefold()


def test_old_and_new_wording_are_told_in_words_and_marked_up() -> None:
    html = section(EVERYTHING)
    assert "Count: was not given, now <ins><bdi>2</bdi></ins>" in html
    assert "Activity: was <del><bdi>docked</bdi></del>, now not given" in html
    moved = section(happened((NOW, amended(NOW, site="nakhodka"))))
    assert "Site: was <del><bdi>Dunay</bdi></del>, now <ins><bdi>Nakhodka</bdi></ins>" in moved


def test_it_stands_before_the_bottom_line_and_the_parts_keep_their_numbers() -> None:
    html = page(EVERYTHING)
    assert html.index('<h2 id="changes">') < html.index('<h2 id="bottom-line">1. Bottom line')
    links = re.findall(r'<li[^>]*><a href="#([a-z-]+)">', html)
    assert links[:2] == ["changes", "bottom-line"]
    assert '<li value="1"><a href="#bottom-line">' in html
    text = report.to_markdown(findings_of(ROPUCHA, changes=EVERYTHING))
    assert text.index("## What has changed") < text.index("## 1. Bottom line")


def test_without_a_day_to_begin_there_is_no_such_section() -> None:
    said = findings_of(ROPUCHA)
    assert "What has changed" not in report.to_html(said)
    assert "What has changed" not in report.to_markdown(said)
    assert json.loads(report.to_json(said))["changes"] is None


def test_where_nothing_happened_one_sentence_says_so() -> None:
    found = happened((NOW, NOW), until=at(5) - timedelta(seconds=1))
    said = words(section(found))
    sentence = "nothing was logged, corrected, reviewed or withdrawn."
    assert said == f"What has changed From 16 November 2026 to 20 November 2026 {sentence}"
    assert sentence in report.to_markdown(findings_of(ROPUCHA, changes=found))


def test_markdown_says_the_same_as_the_page() -> None:
    shown = MarkdownIt("commonmark").render(report.to_markdown(findings_of([*ROPUCHA, TAPIR], changes=EVERYTHING)))
    text = words(shown[: shown.index("<h2>1. Bottom line")])
    for sentence in (
        EVERYTHING.lead,
        "Count: was not given, now 2",
        "Activity: was docked, now not given",
        "(dunay-2025-05-18-ropucha-class). Corrected on 17 November 2026",
        "Withdrawn on 17 November 2026: wrong image",
        "Logged on 18 November 2026 by A. Analyst",
        "Dunay, 2 June 2025: not seen: anything · own, optical (dunay-2025-06-02-n)",
    ):
        assert sentence in text


def test_json_holds_every_change_with_its_record_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "SHOWN", 1)
    many = happened(*((None, logged(f"dunay-2025-06-0{day}-x")) for day in range(1, 6)))
    said = findings_of(ROPUCHA, changes=many)
    assert said.changes is not None
    assert [(one["title"], len(one["items"]), one["count"]) for one in said.changes.lists] == [
        ("Logged", 1, 5),
        ("Looked at", 1, 5),
    ]
    assert "4 more are not listed here; resight report --since … --format json has them all." in report.to_html(said)
    told = json.loads(report.to_json(said))["changes"]
    assert (told["since"], told["until"]) == ("2026-11-16T00:00:00Z", None)
    assert [one["id"] for one in told["new"]] == [f"dunay-2025-06-0{day}-x" for day in range(1, 6)]
    assert [one["ids"] for one in told["looks"]] == [[f"dunay-2025-06-0{day}-x"] for day in range(1, 6)]
    (moved,) = json.loads(report.to_json(findings_of(ROPUCHA, changes=EVERYTHING)))["changes"]["corrected"]
    assert {"field": "Count", "old": "not given", "new": "2"} in moved["fields"]


def test_a_long_list_is_folded_so_that_the_bottom_line_stays_near() -> None:
    def logged_days(number: int) -> str:
        return section(happened(*((None, logged(f"dunay-2025-06-{day:02}-x")) for day in range(1, number + 1))))

    assert "<details>" not in logged_days(10)
    assert "<summary>Logged: 11</summary>" in logged_days(11)


def hostile(free: str) -> Changes:
    withdrawn = amended(TAPIR, status="withdrawn", note=f"Withdrawn: {free}")
    added = logged("dunay-2025-06-01-x", analyst=free, operator=free, hedge=free, hedge_on="platform")
    return happened((None, added), (NOW, amended(NOW, note=free, berth=free)), (TAPIR, withdrawn))


def test_what_strangers_wrote_stays_text() -> None:
    def tags(free: str) -> list[str]:
        return re.findall(r"<[^>]*>", section(hostile(free)))

    assert tags(HOSTILE) == tags("x")
    assert "alert(1)" in section(hostile(HOSTILE))

    def blocks(free: str) -> list[str]:
        text = report.to_markdown(findings_of(ROPUCHA, changes=hostile(free)))
        return [token.type for token in MarkdownIt("commonmark").enable("table").parse(text)]

    for free in (HOSTILE, "# a heading", "- a list", "| a | table |", "> quoted", "1. a list"):
        assert blocks(free) == blocks("x")


def test_a_confidential_source_is_not_told_in_any_format() -> None:
    secret = {"title": "A secret paper", "published_by": "A friend", "confidential": True}
    known = a_record("dunay-2025-05-18-x", sources=[secret])
    said = findings_of(ROPUCHA, changes=happened((known, amended(known, berth="Pier 1")), (None, known)))
    for write in (report.to_html, report.to_markdown, report.to_json):
        assert "secret" not in write(said)
        assert "A friend" not in write(said)
