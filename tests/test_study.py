"""What the maps are told of a logbook: the records compared, the same for Python and the command."""

from __future__ import annotations

import pytest

from resight import study
from resight.errors import InvalidValue
from resight.logbook import Logbook


def test_a_study_takes_the_newest_year_and_the_year_before(book: Logbook) -> None:
    records = book.read().records
    told = study.of(book, records)
    assert (told.repeats.year, told.repeats.baseline_years) == (2025, (2024,))
    assert told.ids == {record.id for record in records}
    assert told.digest == book.digest(records)
    assert told.sites == book.sites


def test_a_study_of_fewer_records_compares_and_digests_these_alone(book: Logbook) -> None:
    records = book.read().records
    whole = study.of(book, records)
    (match, *_) = whole.repeats.matches
    without = study.of(book, [record for record in records if record.id != match.current.id], year=2025)
    assert match.current.id not in {pair.current.id for pair in without.repeats.matches}
    assert without.digest != whole.digest


def test_several_baseline_years_are_taken_as_given(book: Logbook) -> None:
    told = study.of(book, book.read().records, year=2025, baseline_years=[2022, 2023, 2024])
    assert told.repeats.baseline_years == (2022, 2023, 2024)


def test_without_records_the_year_must_be_named(empty_book: Logbook) -> None:
    with pytest.raises(InvalidValue, match="no records, so the year to study must be named; for example year=2025"):
        study.of(empty_book, [])
    told = study.of(empty_book, [], year=2025)
    assert (told.ids, told.up_to) == (frozenset(), "no record yet")


def test_a_frame_is_no_records_yet(book: Logbook) -> None:
    with pytest.raises(InvalidValue, match=r"records: are no records; .* for example to_records\(frame\)"):
        study.of(book, book.frame())
