"""The strip of a map page: gaps between looks, the shift that fits best, and what it says of both."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resight import pattern, phrases, strip
from resight.columns import Columns
from resight.frame import to_frame
from resight.observation import Observation
from test_maps import VOCABULARY, record, repeats_of


def strip_of(*records: Observation, up_to: str = "2026-01-31T09:00:00Z") -> dict[str, Any]:
    repeats = repeats_of(records)
    held = Columns(to_frame(records), repeats)
    return strip.of(held, "dunay", repeats=repeats, vocabulary=VOCABULARY, up_to=up_to)


def in_words(gaps: list[list[int]]) -> list[str]:
    return [" to ".join(str(date.fromordinal(day + date(1970, 1, 1).toordinal())) for day in gap) for gap in gaps]


@given(st.lists(st.integers(0, 364)), st.integers(0, 100), st.integers(101, 364))
def test_gaps_and_looks_share_no_day_and_a_gap_is_as_long_as_it_can_be(looks: list[int], first: int, last: int) -> None:
    found = strip.gaps(looks, first, last)
    seen = {day for day in looks if first <= day <= last}
    for a, b in found:
        assert b - a + 1 > phrases.GAP_DAYS
        assert seen.isdisjoint(range(a, b + 1))
        assert {a - 1, b + 1} <= seen | {first - 1, last + 1}
    covered = {day for a, b in found for day in range(a, b + 1)}
    bare = sorted(set(range(first, last + 1)) - covered - seen)
    assert all(any(abs(day - look) <= phrases.GAP_DAYS for look in seen | {first - 1, last + 1}) for day in bare)


def test_a_gap_starts_the_day_after_a_look_and_no_day_after_the_last_logging_is_one() -> None:
    own = (record("a", "2025-02-01", basis="own"), record("b", "2025-02-16", basis="own"))
    year, last_year = strip_of(*own, up_to="2025-04-30T00:00:00Z")["years"]
    assert in_words(year["gaps"]) == ["2025-01-01 to 2025-01-31", "2025-02-17 to 2025-04-30"]
    assert (last_year["gaps"], last_year["looks"]) == ([], phrases.LOOKS_UNKNOWN)


@pytest.mark.parametrize(
    "values",
    [
        {"basis": "published"},
        {"basis": "own", "method": "flight-tracking"},
        {"basis": "own", "date": "2025-05"},
        {"basis": "own", "outcome": "cannot-tell"},
        {"basis": "own", "aggregate": True, "count_min": 2},
    ],
)
def test_what_is_no_counted_look_tells_of_no_gap(values: dict[str, Any]) -> None:
    year, _ = strip_of(record("a", **values))["years"]
    assert (year["gaps"], year["looks"]) == ([], phrases.LOOKS_UNKNOWN)


def test_a_published_image_between_our_own_looks_ends_a_gap_and_one_that_could_not_tell_does_not() -> None:
    own = record("a", "2025-01-01", basis="own")
    published, cloud = record("b", "2025-02-01"), record("c", "2025-12-01", outcome="cannot-tell", basis="own")
    year, _ = strip_of(own, published, cloud)["years"]
    assert in_words(year["gaps"]) == ["2025-01-02 to 2025-01-31", "2025-02-02 to 2025-12-31"]


def test_the_best_shift_is_that_of_the_pattern_in_words() -> None:
    vague, day = record("a", "2024-10"), record("b", "2025-05-18")
    told = strip_of(vague, day)
    # 31 and 1 October 2024 are 199 and 229 days before 18 May 2025.
    assert told["ways"][-1] == ["shift", "by the best shift: 199 to 229 days"]
    assert 199 <= told["years"][1]["shift"]["at"] <= 229


def test_a_shift_backwards_has_a_minus_and_several_baseline_years_are_named() -> None:
    back = strip.best_shift(
        [pattern.Event("a", "s", 500, 500, ("ship",))], [pattern.Event("b", "s", 486, 486, ("ship",))], VOCABULARY
    )
    assert back == {"at": -14, "said": "−14 days", "moved": "moved by −14 days"}
    years: list[dict[str, Any]] = [
        {"year": 2025},
        {"year": 2024, "shift": {"said": "365 days"}},
        {"year": 2023, "shift": None},
    ]
    assert strip._shifts_text(years) == "by the best shift: 2024 by 365 days"


def test_no_shift_is_offered_where_nothing_of_one_type_falls_together() -> None:
    for records in ((record("a", "2024-10-01"),), (record("a", "2024-10-01"), record("b", platform="cargo"))):
        told = strip_of(*records)
        assert [way for way, _ in told["ways"]] == ["season", "date"]
        assert told["note"] == ""


def test_too_many_sightings_are_not_laid_over_each_other_and_that_is_said() -> None:
    many = [pattern.Event(str(i), "s", i, i, ("ship",)) for i in range(101)]
    assert strip.best_shift(many, many, VOCABULARY) is None
