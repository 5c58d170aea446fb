"""What is drawn of a site: the best shift, stretches without a look, profiles, calendars; and many marks as few."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from cases import ROPUCHA, TAPIR, a_record, findings_of, looks_of
from resight import drawing, figures, report
from resight.figures import Timeline
from resight.findings import Findings
from resight.observation import Observation


def timeline_of(said: Findings, name: str = "Dunay") -> Timeline:
    scopes = (said.watched, *said.others)
    (found,) = (site["timeline"] for scope in scopes for site in scope["sites"] if site["name"] == name)
    assert isinstance(found, Timeline)
    return found


def episodes(site: str, *days: str, **more: Any) -> list[Observation]:
    return [a_record(f"{site}-{day}-{i}", **more) for i, day in enumerate(days)]


#: Three ships a year; in 2025 each 30 days later in the year.
SHIFTED = episodes("dunay", "2024-03-01", "2024-05-01", "2024-06-20", "2025-03-31", "2025-05-31", "2025-07-20")


# --- the best shift


def test_the_year_before_is_laid_over_this_one_by_the_shift_that_fits_best() -> None:
    drawn = timeline_of(findings_of(SHIFTED))
    this, last = drawn.rows
    assert this.ghosts is not None
    assert last.ghosts is None
    assert this.ghosts.name == "2024 + 395 days"
    assert [ghost.x for ghost in this.ghosts.marks] == [mark.x for mark in this.marks]
    assert len(this.ghosts.ties) == 3
    assert "2024 moved on by 395 days, the shift at which the two years are most alike" in drawn.note
    assert (
        "So moved, fall together: Ropucha class, 31 March 2025 and Ropucha class, 1 March 2024; " in drawn.description
    )


def test_a_site_of_the_group_has_the_groups_shift_and_another_site_its_own() -> None:
    rajin = episodes("rajin", "2024-03-01", "2024-05-01", "2025-03-02", "2025-05-02")
    sunan = episodes("sunan", "2024-09-01", "2025-09-01", platform="il-76")
    said = findings_of([*SHIFTED, *rajin, *sunan])
    group, alone = timeline_of(said, "Sunan"), timeline_of(said, "Rajin")
    assert group.rows[0].ghosts
    assert alone.rows[0].ghosts
    assert (group.rows[0].ghosts.name, alone.rows[0].ghosts.name) == ("2024 + 395 days", "2024 + 366 days")
    assert "most alike, all watched sites taken together." in group.note
    assert "taken together" not in alone.note


def test_of_several_baseline_years_the_nearest_with_episodes_is_laid_over_and_named() -> None:
    records = [r for r in SHIFTED if r.date > "2025"] + episodes("dunay", "2021-04-01", "2022-05-01", "2022-06-20")
    drawn = timeline_of(findings_of(records, baseline_years=[2021, 2022, 2023]))
    assert [row.role for row in drawn.rows] == ["this year", "baseline", "baseline", "baseline"]
    assert drawn.rows[0].ghosts
    assert drawn.rows[0].ghosts.name.startswith("2022 + ")
    assert "Of the baseline, 2022 is the nearest year that can be laid over 2025." in drawn.note


@pytest.mark.parametrize(
    "records",
    [ROPUCHA[:1], ROPUCHA[1:], [*episodes("dunay", "2024-05-01"), *episodes("nakhodka", "2025-05-01")]],
    ids=["last year only", "this year only", "not at one site"],
)
def test_without_anything_that_fits_no_shift_is_drawn(records: Sequence[Observation]) -> None:
    said = findings_of(records)
    assert [row.ghosts for row in timeline_of(said).rows] == [None, None]
    assert not any(laid["profile"] for laid in said.watched["patterns"])


def test_few_episodes_say_so_under_the_figure() -> None:
    assert "With so few episodes this says little." in timeline_of(findings_of(ROPUCHA)).note
    more = episodes("dunay", "2024-08-01", "2025-08-31")
    assert "few" not in timeline_of(findings_of([*SHIFTED, *more])).note


def test_what_the_evidence_joins_and_what_a_shift_joins_are_not_drawn_over_each_other() -> None:
    assert timeline_of(findings_of(ROPUCHA)).links == ()
    matched = {
        mark.title: mark.matched for row in timeline_of(findings_of([*ROPUCHA, TAPIR])).rows for mark in row.marks
    }
    assert list(matched.values()).count(True) == 2


def test_a_mark_names_its_record() -> None:
    html = report.to_html(findings_of([*ROPUCHA, *looks_of("dunay", 2025, 1, 0)]))
    assert "<title>Ropucha class, 18 May 2025 [dunay-2025-05-18-ropucha-class]</title>" in html
    assert "<title>looked, found nothing: anything, 1 January 2025 [dunay-2025-01-01-not-seen]</title>" in html


# --- stretches without a look


def gaps_of(records: Sequence[Observation], **more: Any) -> list[list[str]]:
    return [[shade.title for shade in row.shades] for row in timeline_of(findings_of(records, **more)).rows]


def test_a_stretch_without_a_look_is_shaded_where_looks_are_counted_and_nowhere_else() -> None:
    # Looks on 1, 8, 15 and 22 January 2025.
    assert gaps_of([*ROPUCHA, *looks_of("dunay", 2025, 4, 0)]) == [
        ["no look from 23 January 2025 to 17 May 2025", "no look from 19 May 2025 to 31 December 2025"],
        [],  # of 2024 nothing is counted: that nobody looked is not known
    ]
    assert gaps_of(ROPUCHA) == [[], []]


def test_what_may_hide_a_look_ends_a_stretch() -> None:
    looks = looks_of("dunay", 2025, 4, 0)
    absent = a_record("dunay-2025-a", date="2025-02-01/2025-11-30", outcome="not-seen")
    cloud = a_record("dunay-2025-12-15-c", outcome="cannot-tell", platform=None)
    assert gaps_of([*looks, absent]) == [["no look from 1 December 2025 to 31 December 2025"], []]
    assert gaps_of([*looks, absent, cloud]) == [[], []]


def test_of_a_year_still_running_nothing_is_shaded_beyond_the_day_logged_up_to() -> None:
    looks = looks_of("dunay", 2025, 4, 0)
    assert gaps_of(looks, up_to="2025-02-18T00:00:00Z") == [[], []]  # 27 days
    assert gaps_of(looks, up_to="2025-02-19T00:00:00Z")[0] == ["no look from 23 January 2025 to 19 February 2025"]


# --- many marks


def crowd(number: int) -> list[Observation]:
    days = [date(2025, 1, 1) + timedelta(days=i % 365) for i in range(number)]
    return [
        a_record(f"dunay-{day}-{i}", outcome="not-seen", platform=None, image_id=str(i)) for i, day in enumerate(days)
    ]


def test_a_crowded_row_has_one_mark_a_week_and_says_so() -> None:
    drawn = timeline_of(findings_of(crowd(3000)))
    assert len(drawn.rows[0].marks) == 53
    assert sum(int(mark.title.split(": ")[1].split()[0]) for mark in drawn.rows[0].marks) == 3000
    assert drawn.rows[0].marks[0].title == "looked, found nothing: 45 in the week from 30 December 2024"
    assert "a mark stands for all that begin in a week" in drawn.note


def test_a_row_that_is_not_crowded_has_every_mark() -> None:
    drawn = timeline_of(findings_of(crowd(figures.MOST_MARKS)))
    assert len(drawn.rows[0].marks) == figures.MOST_MARKS
    assert drawn.note == ""


def test_ten_thousand_looks_make_no_page_of_megabytes() -> None:
    assert len(report.to_html(findings_of(crowd(10_000)))) < 400_000


# --- shift profiles


def test_the_profile_is_highest_at_the_best_shift_and_says_where() -> None:
    said = findings_of(SHIFTED)
    (laid,) = said.watched["patterns"]
    profile = laid["profile"]
    assert [best[2] for best in profile.best] == ["395 days"]
    top = min(y for _, y in profile.high)
    (x, width, *_), at = profile.best[0], [x for x, y in profile.high if y == top]
    assert x <= at[0] <= at[-1] <= x + width
    assert profile.description.endswith("It is highest, 1.00 at best, at 395 days.")
    assert [name for _, name, *_ in profile.marked] == ["same time of year"]
    assert "How to read the shift profile" in report.to_html(said)


# --- effort calendars


def test_a_calendar_counts_looks_and_knows_the_years_that_are_counted() -> None:
    published = a_record("dunay-2024-10-17-x")
    said = findings_of([*looks_of("dunay", 2025, 4, 1), published, a_record("nakhodka-2024-x")])
    (dunay,) = said.calendars  # of Nakhodka no look is on file
    assert (dunay.title, dunay.is_known) == ("Dunay", True)
    this, last = dunay.years
    assert (this.is_known, this.told) == (True, "4 looks counted, 1 found something.")
    assert (last.is_known, last.told) == (
        False,
        "looks not counted, so an empty week says nothing; published images: 1.",
    )
    assert [cell.text for cell in this.cells if cell.state] == ["1/1", "0/1", "0/1", "0/1"]
    assert [cell.title for cell in last.cells if cell.published] == ["17 October 2024, image (dunay-2024-10-17-x)"]
    assert "2025: 4 looks counted, 1 found something. Jan: found something in 1 of 4 looks." in dunay.description


def test_a_look_of_no_known_day_has_no_cell_and_is_told() -> None:
    vague = a_record("dunay-2025-03-x", basis="own", image_id="scene 7")
    this, _ = findings_of([*looks_of("dunay", 2025, 2, 0), vague]).calendars[0].years
    assert sum(bool(cell.state) for cell in this.cells) == 2
    assert this.told == "3 looks counted, 1 found something; not drawn, the day not known: 1."


def test_sites_whose_looks_are_not_counted_stand_folded_behind_the_others() -> None:
    html = report.to_html(findings_of([*looks_of("nakhodka", 2025, 2, 0), *ROPUCHA]))
    assert (
        html.index("Nakhodka</title>")
        < html.index("Sites where looks are not counted: 1")
        < html.index("Dunay</title>")
    )
    assert html.count('aria-label="How to read the calendars"') == 1
    without = report.to_html(findings_of(ROPUCHA))
    assert "At none of these sites are looks counted." in without
    assert without.count('aria-label="How to read the calendars"') == 1
    assert "When anyone looked" not in report.to_html(findings_of([]))


def test_of_many_sites_those_with_the_most_records_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "SITES_DRAWN", 1)
    records = [a_record(f"sunan-{day}-x", basis="own") for day in ("2024-03-01", "2025-03-01", "2025-04-01")]
    records += [a_record(f"dunay-{day}-x", basis="own") for day in ("2024-03-01", "2025-03-01")]
    said = findings_of(records)
    assert [site["id"] for site in said.watched["sites"] if site["timeline"]] == ["sunan"]
    assert len(said.calendars) == 1
    page = report.to_html(said)
    assert page.count("<p>1 more site is not drawn; resight report --site ID draws any.</p>") == 2
    # Whoever comes from the map finds the place all the same.
    assert 'id="site-dunay"' in page
    monkeypatch.undo()
    assert findings_of(records).not_drawn == ""
