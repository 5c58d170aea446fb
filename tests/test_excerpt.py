"""Some matches of two years in columns, made as objects: the same words, terms and bits as of all records."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import SITES, VOCABULARY, a_record
from resight import bulk, comparison, evidence, excerpt
from resight.account import Accounts
from resight.case import Case
from resight.compared import Comparisons
from resight.comparison import Comparison, Repeats
from resight.frame import to_frame
from resight.observation import Observation
from test_bulk import YEARS, two_years
from test_evidence import SITES as EVIDENCE_SITES
from test_evidence import WORDS


def told(records: list[Observation], most: int, vocabulary: Any, sites: Any) -> tuple[Comparisons, Comparison]:
    frame, by_id = to_frame(records), {record.id: record for record in records}

    def fetch(ids: Collection[str]) -> list[Observation]:
        return [by_id[identifier] for identifier in ids]

    found = bulk.compared(frame, **YEARS, vocabulary=vocabulary, sites=sites)
    one = found.scopes[0]
    chosen = [(one, excerpt.strongest(one, most, 3))]
    (made,) = excerpt.of(found.found, chosen, frame, fetch, vocabulary=vocabulary, sites=sites)
    return found, made


@settings(deadline=None, max_examples=100)
@given(two_years(), st.integers(0, 3))
def test_the_matches_told_are_those_of_all_records_to_the_last_bit(records: list[Observation], most: int) -> None:
    expected = comparison.repeats(records, **YEARS, vocabulary=WORDS, sites=EVIDENCE_SITES).watched
    _, made = told(records, most, WORDS, EVIDENCE_SITES)
    theirs = {pair.current.id: pair for pair in expected.matches}
    assert len(made.matches) >= min(most, len(expected.matches))
    for pair in made.matches[:most]:
        other = theirs[pair.current.id]
        # Episodes whole, with what lies before and after them, and what they may be the same as.
        assert (pair.baseline, pair.current, pair.terms) == (other.baseline, other.current, other.terms)
        assert pair.posterior == pytest.approx(other.posterior)
        beside, number = made.others_at_place(pair, 3)
        others, their_number = expected.others_at_place(other, 3)
        assert number == their_number
        assert [evidence.grounds(p) for p in beside] == [evidence.grounds(p) for p in others]
        assert [p.bits for p in beside] == [p.bits for p in others]
    assert (len(made.baseline), len(made.current)) == (len(expected.baseline), len(expected.current))
    counted, theirs_counted = made.shares._counts, evidence.counts(expected.baseline)
    assert counted.children == theirs_counted.children
    assert (counted.number, counted.at_site) == (theirs_counted.number, theirs_counted.at_site)
    assert counted.activities == theirs_counted.activities


RECORDS = [
    a_record("dunay-2024-05-01-a"),
    a_record("dunay-2024-06-01-b"),
    a_record("dunay-2025-05-02-c"),
    a_record("dunay-2025-06-02-d"),
]


def test_another_that_is_matched_itself_is_told_with_what() -> None:
    _, made = told(RECORDS, 1, VOCABULARY, SITES)
    # c and a are told; beside them stands b, which is the match of d.
    assert [(p.baseline.id[-1], p.current.id[-1]) for p in made.matches] == [("a", "c"), ("b", "d")]
    repeats = Repeats(2025, (2024,), made, (), (), ())
    account = Accounts(Case((), repeats, SITES, VOCABULARY, "no record yet")).match(made.matches[0], made, "")
    ((_, identifier, why),) = account["others"]
    assert identifier == "dunay-2024-06-01-b"
    assert why.endswith("it is the match of Ropucha class, 2 June 2025")


def test_an_episode_that_was_not_made_is_not_given_as_another() -> None:
    _, made = told([*RECORDS, a_record("dunay-2024-09-01-e")], 1, VOCABULARY, SITES)
    part = excerpt.Part(3, {1: made.baseline[0]})
    assert len(part) == 3
    assert part[1] is made.baseline[0]
    with pytest.raises(LookupError, match="row 2 was not made"):
        part[2]


def test_of_a_crowded_site_only_what_lies_near_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excerpt, "MOST_AROUND", 5)
    looks = [
        a_record(f"dunay-2025-{month:02}-{day:02}-n", platform=None, outcome="not-seen", basis="own")
        for month in (4, 5, 6)
        for day in (1, 28)
    ]
    _, made = told([*RECORDS, *looks], 2, VOCABULARY, SITES)
    extents = {p.current.id[-1]: (p.current.last_look_without, p.current.first_look_without) for p in made.matches}
    # Around d lie within 31 days three looks and one other episode; around c more, so three days must do.
    assert {i: tuple(day and day.isoformat() for day in both) for i, both in extents.items()} == {
        "c": ("2025-05-01", None),
        "d": ("2025-06-01", "2025-06-28"),
    }
