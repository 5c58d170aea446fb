"""What the report decides to say: firsts and mosts, a year still running, evidence in words, long lists."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import ROPUCHA, SAME_HULL, SITES, TAPIR, a_record, compared, findings_of, looks_of
from resight import account, listing, scale
from resight.comparison import Comparison
from resight.episodes import Episode
from resight.evidence import Pair, SizeUsed
from resight.observation import Observation

YEARS: dict[str, Any] = {"baseline_years": [2022, 2023, 2024]}
LOOKS_UNKNOWN = "How often anyone looked is not known for {}, so this may be a matter of looking."


def firsts(records: list[Observation], **more: Any) -> list[str]:
    said: list[str] = findings_of(records, **{**YEARS, **more}).watched["firsts"]
    return said


def visits(*days: str, **more: Any) -> list[Observation]:
    """A published Ropucha at Dunay on each of these days."""
    return [a_record(f"dunay-{day}-x", **more) for day in days]


def tapirs(*days: str) -> list[Observation]:
    """Something else at the same site, so that the year is on file."""
    return [a_record(f"dunay-{day}-t", platform="tapir-class") for day in days]


# --- first since, most ever -----------------------------------------------------------------------------------


def test_first_since_names_the_last_year_and_that_looks_are_not_known() -> None:
    records = [*visits("2022-03-01", "2025-03-01"), *tapirs("2023-04-01", "2024-04-01")]
    assert firsts(records) == [
        f"First Ropucha class on file at Dunay since 2022. {LOOKS_UNKNOWN.format('2023 or 2024')}"
    ]


def test_what_is_on_file_for_no_earlier_year_is_said_of_the_years_that_are() -> None:
    records = [*visits("2025-03-01"), *tapirs("2022-04-01", "2023-04-01", "2024-04-01")]
    said = "Ropucha class is on file at Dunay in 2025, and not in 2022, 2023 or 2024."
    assert firsts(records) == [f"{said} {LOOKS_UNKNOWN.format('2022, 2023 or 2024')}"]


def test_a_year_for_which_nothing_at_all_is_on_file_is_named_and_carries_no_claim() -> None:
    some = [*visits("2022-03-01", "2025-03-01"), *tapirs("2024-04-01")]
    assert firsts(some) == [
        "First Ropucha class on file at Dunay since 2022; nothing at all is on file there for 2023. "
        + LOOKS_UNKNOWN.format("2024")
    ]
    none = visits("2022-03-01", "2025-03-01")
    assert firsts(none) == [
        "The last Ropucha class on file at Dunay before 2025 is of 2022, but nothing at all is on file there for "
        "2023 or 2024."
    ]
    assert firsts(visits("2025-03-01")) == []


def test_all_years_on_file_count_not_only_those_of_the_baseline() -> None:
    records = [*visits("2019-03-01", "2025-03-01"), *tapirs("2022-04-01", "2023-04-01", "2024-04-01")]
    assert firsts(records)[0].startswith("First Ropucha class on file at Dunay since 2019; nothing at all")
    assert "for 2020 or 2021." in firsts(records)[0]


def test_what_was_on_file_the_year_before_is_no_first() -> None:
    assert firsts(visits("2024-03-01", "2025-03-01")) == []


def test_with_one_year_as_the_baseline_nothing_is_said_of_others() -> None:
    records = [*visits("2022-03-01", "2025-03-01"), *tapirs("2024-04-01")]
    assert firsts(records, baseline_years=[2024]) == []


@pytest.mark.parametrize(
    "doubtful",
    [
        {"hedge": "believed", "hedge_on": "platform"},
        {"method": "flight-tracking"},
        {"platform": "landing-ship"},
        {"aggregate": True},
    ],
    ids=["hedged", "left out by method", "known less closely", "a total"],
)
def test_what_may_have_been_one_in_between_is_told_beside_the_first(doubtful: dict[str, Any]) -> None:
    records = [
        *visits("2022-03-01", "2025-03-01"),
        *tapirs("2023-04-01", "2024-04-01"),
        *visits("2023-09-01", **doubtful),
    ]
    (said,) = firsts(records)
    assert said.startswith("First Ropucha class on file at Dunay since 2022. Not counted, being less certain or left")
    assert "left out by method: 1 record of 2023." in said


def test_a_hedged_class_of_this_year_is_the_first_of_nothing() -> None:
    records = [*visits("2025-03-01", hedge="believed", hedge_on="platform"), *tapirs("2022-04-01", "2024-04-01")]
    assert firsts(records) == []


def test_looks_that_are_known_stand_beside_the_sentence() -> None:
    records = [*visits("2022-03-01", "2025-03-01"), *looks_of("dunay", 2023, 3, 0), *looks_of("dunay", 2024, 5, 0)]
    assert firsts(records) == [
        "First Ropucha class on file at Dunay since 2022. Looks that would have shown it: 3 in 2023 and 5 in 2024."
    ]


def test_most_ever_counts_visits_and_names_the_year_that_had_most_before() -> None:
    days = ("2022-03-01", "2023-03-01", "2023-05-01", "2024-06-01", *(f"2025-0{month}-01" for month in (2, 4, 6, 8)))
    assert firsts(visits(*days)) == [
        "Most ever on file: 4 visits of Ropucha class at Dunay in 2025; before that at most 2, in 2023. "
        + LOOKS_UNKNOWN.format("2022, 2023, 2024 or 2025")
    ]
    with_later = [*visits(*days, "2026-01-01")]
    assert "in other years at most 2, in 2023" in firsts(with_later)[0]
    assert firsts(visits(*days, *(f"2026-0{month}-01" for month in (1, 3, 5, 7)))) == []


def test_most_ever_is_not_said_where_what_is_uncounted_could_overturn_it() -> None:
    days = ("2023-03-01", "2024-06-01", "2025-02-01", "2025-04-01")
    assert len(firsts(visits(*days))) == 1
    believed = visits("2024-09-01", hedge="believed", hedge_on="platform")
    assert firsts([*visits(*days), *believed]) == []


def test_a_vague_date_that_may_be_a_double_adds_no_visit() -> None:
    days = ("2023-03-01", "2024-06-01", "2025-02-01", "2025-04-01", "2025-06-10")
    double = a_record("dunay-2025-06-x", date="2025-06")
    (said,) = firsts([*visits(*days), double])
    assert "at least 3 visits of Ropucha class" in said


def test_a_first_under_a_condition_carries_it() -> None:
    records = [*visits("2022-03-01", "2025-03-01"), *tapirs("2024-04-01")]
    said = findings_of(records, conditions=["Only reviewed records"], **YEARS)
    assert said.watched["firsts"][0].endswith("Counted only: Only reviewed records.")


def test_firsts_stand_in_the_bottom_line_and_as_numbers() -> None:
    records = [*visits("2022-03-01", "2025-03-01"), *tapirs("2023-04-01", "2024-04-01")]
    said = findings_of(records, **YEARS)
    (part,) = [part for part in said.bottom_line if part.title == "Among all the years on file"]
    assert [point.text for point in part.points] == said.watched["firsts"]
    (standing,) = said.groups[0]["firsts"]
    assert (standing["site"], standing["platform"]) == ("dunay", "ropucha-class")
    assert standing["visits"] == {2022: 1, 2025: 1}


# --- a year still running -------------------------------------------------------------------------------------

RUNNING = "2025 is still running: logged up to 18 May 2025."


@pytest.mark.parametrize("up_to", ["2025-05-18T09:00:00Z", "2025-05-18"])
def test_a_year_that_is_not_over_says_up_to_which_day(up_to: str) -> None:
    said = findings_of([*ROPUCHA, TAPIR], up_to=up_to)
    assert said.lead.endswith(f"none is known to be the same ship or aircraft. {RUNNING}")
    assert RUNNING in " ".join(said.method)
    assert "not repeated on file so far" in str(said.bottom_line)
    assert said.watched["left"][-1]["title"] == "2024: not repeated on file so far"
    assert "not repeated on file so far" in [line["result"] for line in said.ledger]


def test_a_year_that_is_over_is_not_said_to_run() -> None:
    said = findings_of([*ROPUCHA, TAPIR], up_to="2026-01-01T00:00:00Z")
    assert "so far" not in repr(said)
    assert "still running" not in repr(said)


def test_the_last_day_of_the_year_is_not_its_end() -> None:
    assert findings_of(ROPUCHA, up_to="2025-12-31T23:59:59Z").running.startswith("2025 is still running")


def test_of_a_year_before_it_began_and_of_no_day_at_all() -> None:
    assert (
        findings_of(ROPUCHA, up_to="2024-12-31T12:00:00Z").running
        == "2025 had not begun: logged up to 31 December 2024."
    )
    unknown = findings_of([TAPIR, *ROPUCHA], up_to="no record yet")
    assert unknown.running == ""
    assert "not repeated on file so far" in str(unknown.bottom_line)


# --- evidence in words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "word"),
    [
        # ENFSI (2015), the table of verbal equivalents: each row from its lowest likelihood ratio on.
        (1, "neither for nor against"),
        (2, "weak"),
        (9.99, "weak"),
        (10, "moderate"),
        (99.9, "moderate"),
        (100, "moderately strong"),
        (1_000, "strong"),
        (10_000, "very strong"),
        (1_000_000, "extremely strong"),
    ],
)
def test_a_likelihood_ratio_has_the_word_of_the_published_scale(ratio: float, word: str) -> None:
    bits = math.log2(ratio) + 1e-12
    assert scale.in_words(bits) == word
    if word != scale.NEITHER:
        assert scale.in_words(-bits) == f"{word}, against"


@given(st.floats(-2000, 2000))
def test_what_rests_on_assumptions_is_moderate_at_most(bits: float) -> None:
    said = scale.in_words(bits, "m is assumed")
    assert "strong" not in said
    assert said.endswith(": m is assumed") == (abs(bits) >= math.log2(100))


def test_which_sizes_count_as_assumed() -> None:
    comparison = compared(ROPUCHA).watched

    def under(*sources: str) -> str:
        return replace(comparison, sizes=tuple(SizeUsed("x", 3, source) for source in sources)).assumed

    assert under("a register of hulls", "assumed") == "the catalogue sizes and m are assumed"
    assert under("counted on file, not known") == "the catalogue sizes and m are assumed"
    assert under("a register of hulls", "counted in the site register, at least 2") == "m is assumed"


def test_the_same_hull_is_called_moderate_at_most_beside_its_bits() -> None:
    many = [a_record(f"nakhodka-2024-0{i}-01-y", platform="cargo-ship") for i in range(1, 9)]
    said = findings_of([*SAME_HULL, *many])
    (match,) = said.watched["matches"]["items"]
    assert match["why"]["in_words"] == "moderate at most: the catalogue sizes and m are assumed"
    assert "moderate" not in said.lead + str(said.bottom_line)


# --- long lists -----------------------------------------------------------------------------------------------


def test_a_long_list_tells_its_first_lines_and_makes_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "SHOWN", 3)
    made: list[int] = []

    def make(number: int) -> str:
        made.append(number)
        return str(number)

    assert listing.some(range(5), make) == {
        "items": ["0", "1", "2"],
        "count": 5,
        "more": "2 more are not listed here; resight report --format csv has them all.",
    }
    assert made == [0, 1, 2]
    assert listing.some(range(3), str)["more"] == ""


def test_only_what_is_shown_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "SHOWN", 2)
    monkeypatch.setattr(account, "OTHERS_SHOWN", 1)
    records = [a_record(f"dunay-{year}-{month:02}-03-x") for year in (2024, 2025) for month in range(1, 11)]
    records += [a_record(f"dunay-2025-{month:02}-20-c", platform="cargo-ship") for month in range(1, 11)]
    assert len(compared(records).watched.without_precedent) > 4
    made: list[Pair] = []
    weighed = Comparison.weighed

    def counted(self: Comparison, baseline: Episode, current: Episode) -> Pair:
        made.append(weighed(self, baseline, current))
        return made[-1]

    monkeypatch.setattr(Comparison, "weighed", counted)
    compared(records)
    compared_alone = len(made)
    said = findings_of(records)
    lists = [said.watched["matches"], *(group for part in said.watched["left"] for group in part["groups"])]
    assert any(one["more"] for one in lists)
    # Comparing makes matches and what is likest; a page one pair more for each line it shows.
    assert len(made) - 2 * compared_alone <= sum(len(one["items"]) for one in lists)
    assert len(said.ledger) == 30


def test_the_bottom_line_names_some_and_counts_the_rest() -> None:
    then = [a_record("sunan-2024-01-03-x", platform="il-76")]
    days = [f"2025-{month:02}-{day}" for month in range(1, 8) for day in (10, 20)]
    now = [a_record(f"dunay-{day}-c", platform="cargo-ship") for day in days]
    parts = findings_of([*then, *now]).bottom_line
    (found,) = [point for part in parts for point in part.points if "without precedent" in point.text]
    assert found[0] == "14 of 14 episodes of 2025 are without precedent on file:"
    assert len(found.lines) == 9
    assert found.lines[-1] == "6 more: see part 2."


def test_a_register_without_a_watched_site_still_makes_findings() -> None:
    said = findings_of([a_record("rajin-2025-01-01-x")], {"rajin": SITES["rajin"]})
    assert said.lead.startswith("No site of the register is marked as watched")


def test_the_bottom_line_answers_what_is_alike_how_sure_and_what_was_not_looked_at() -> None:
    said = findings_of([*ROPUCHA, TAPIR])
    told = {part.title: [point.text for point in part.points] for part in said.bottom_line}
    assert list(told)[:3] == ["What is alike", "How sure this is", "What was not looked at, or is not known"]
    assert told == {
        "What is alike": [
            "Dunay: Ropucha class, 18 May 2025, resembles Ropucha class, 2024: same site, same class, hull not known, "
            "claimed by the source without a dated image."
        ],
        "How sure this is": [
            "The likeness rests on what a source says of 2024, without a dated image.",
            "With so few episodes (1 in 2025 and 2 in 2024) the pattern as a whole says little.",
            "Whether chance would do as well is not testable: see part 2.",
        ],
        "What was not looked at, or is not known": [
            "Nothing is logged for Nakhodka itself. That is not the same as nothing being there.",
            "Nothing is logged for Sunan itself. That is not the same as nothing being there.",
            "How often anyone looked is not known for either year: the images are published ones, and looks that found "
            "nothing are rarely published. So nothing can be said of what is “new”, of what is “gone”, or of rates.",
        ],
        "What is left over": [
            "1 of 2 episodes of 2024 is not repeated on file:",
        ],
    }


def test_looks_known_for_one_of_several_baseline_years_are_not_said_to_be_known_for_all() -> None:
    some = [*looks_of("dunay", 2025, 3, 1), *looks_of("dunay", 2024, 3, 1)]
    told = str(findings_of(some, **YEARS).bottom_line)
    assert "How often we looked at Dunay is known for 2025 and, of the baseline, for 2024 only: see part 4." in told
    every = [*some, *looks_of("dunay", 2022, 2, 0), *looks_of("dunay", 2023, 2, 0)]
    assert "How often we looked is known in all these years at Dunay" in str(findings_of(every, **YEARS).bottom_line)


def test_more_looks_than_in_any_other_year_may_be_why_there_are_most() -> None:
    records = [*looks_of("dunay", 2023, 3, 1), *looks_of("dunay", 2024, 3, 1), *looks_of("dunay", 2025, 9, 4)]
    (said,) = firsts(records)
    assert said.endswith(
        "Looks that would have shown it: 3 in 2023, 3 in 2024 and 9 in 2025, so more looks may be the reason."
    )
    fewer = [*looks_of("dunay", 2023, 9, 1), *looks_of("dunay", 2024, 9, 1), *looks_of("dunay", 2025, 9, 4)]
    assert firsts(fewer)[0].endswith("9 in 2023, 9 in 2024 and 9 in 2025.")


def test_of_a_class_that_lives_at_the_site_that_is_said_too() -> None:
    days = ("2023-03-01", "2024-06-01", "2025-02-01", "2025-04-01")
    (said,) = firsts([a_record(f"sunan-{day}-x", platform="il-76") for day in days])
    assert said.endswith("so this may be a matter of looking. Air Koryo keeps 3 of this class there.")
