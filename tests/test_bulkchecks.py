"""Which of many records a check may have something to say of, held against the checks themselves."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resight import Logbook, bulkchecks, bulkfile, checks, logbook
from resight.checks import Context, Located
from resight.errors import InvalidRecord, Problem
from resight.logbook import packaged_seeds
from resight.observation import Observation, build

BOOK = Logbook(packaged_seeds().parent)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "site": st.sampled_from(["dunay", "sunan", "nowhere"]),
    "date": st.sampled_from(["2025-05-18", "2025-05-19", "2025-05"]),
    "outcome": st.sampled_from(["seen", "not-seen"]),
    "platform": st.sampled_from(["ropucha-class", "landing-ship", "il-76", "hovercraft-x"]),
    "platform_name": st.sampled_from(["Nikolay Vilkov", "RA-76383"]),
    "count": st.sampled_from([1, 2]),
    "count_min": st.sampled_from([0, 1, 2]),
    "count_max": st.sampled_from([1, 3]),
    "activity": st.sampled_from(["docked", "dancing"]),
    "image_id": st.sampled_from(["a", "b"]),
    "image_time": st.sampled_from(["2025-05-18T01:00:00Z", "2025-05-18T22:00:00Z", "2025-07-01T00:00:00Z"]),
    "length_m": st.sampled_from([50.0, 112.5, 115.0, 123.0, 124.0]),
    "width_m": st.sampled_from([15.0, 15.4, 112.0]),
    "gsd_m": st.sampled_from([0.5, 3.0, 30.0]),
    "logged_at": st.sampled_from(["2025-05-16T00:00:00Z", "2025-05-17T23:00:00Z", "2026-01-01T00:00:00Z"]),
    "berth": st.sampled_from(["Pier 1", "Pier 2"]),
    "geometry": st.sampled_from(
        [
            {"type": "Point", "coordinates": [132.355, 42.897]},
            {"type": "Point", "coordinates": [132.355, 42.897, 5.0]},
            {"type": "Point", "coordinates": [132.7, 42.9]},
            {"type": "LineString", "coordinates": [[132.355, 42.897], [133.5, 42.897]]},
        ]
    ),
    "sources": st.sampled_from([({"title": "a"},), ({"title": "b"},)]),
    "relates": st.sampled_from([({"id": "r-1", "how": "contradicts"},), ({"id": "r-9", "how": "part-of"},)]),
    "foreign": st.just({"score": 1}),
    "status": st.just("withdrawn"),
}


@st.composite
def several(draw: st.DrawFn) -> list[Observation]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        rare = {name: VALUES[name] for name in VALUES.keys() - {"site", "date"}}
        row = draw(st.fixed_dictionaries({name: VALUES[name] for name in ("site", "date")}, optional=rare))
        try:
            found.append(build(Observation, {**row, "id": f"r-{number}"}))
        except InvalidRecord:
            continue
    return found


def said(records: list[Observation]) -> set[Problem]:
    located = [Located(record, "", None) for record in records]
    return {problem for problem in checks.run(Context(located, BOOK.sites, BOOK.vocabulary)) if problem.id[:2] == "r-"}


@settings(max_examples=300, deadline=None)
@given(several())
def test_the_checks_say_the_same_of_suspects_alone_as_of_all(records: list[Observation]) -> None:
    found = bulkchecks.suspects(bulkfile.table_of(records), BOOK.sites, BOOK.vocabulary)
    suspects = [record for record, is_one in zip(records, found.tolist(), strict=True) if is_one]
    assert said(suspects) == said(records)


def test_an_ordinary_record_is_no_suspect() -> None:
    at = {"type": "Point", "coordinates": [132.355, 42.897]}
    rows: list[dict[str, Any]] = [
        {"site": "dunay", "date": "2025-05-18", "platform": "ropucha-class", "length_m": 112.0, "geometry": at},
        {"site": "dunay", "date": "2025-05-19", "platform": "ropucha-class", "gsd_m": 0.5, "image_id": "a"},
        {"site": "dunay", "date": "2025-05-19", "platform": "ropucha-class", "gsd_m": 0.5, "image_id": "b"},
    ]
    table = bulkfile.table_of(build(Observation, {**row, "id": f"r-{n}"}) for n, row in enumerate(rows))
    assert bulkchecks.suspects(table, BOOK.sites, BOOK.vocabulary).tolist() == [False, False, False]


@pytest.mark.parametrize("number", [0, 1])
def test_check_of_a_logbook_says_of_bulk_records_what_it_says_of_others(number: int, tmp_path: Any) -> None:
    rows: list[dict[str, Any]] = [
        {"site": "dunay", "date": "2025-05-18", "platform": "ropucha-class", "length_m": 50.0},
        {"site": "dunay", "date": "2025-05-18", "platform": "ropucha-class", "length_m": 50.0, "berth": "Pier 1"},
        {"site": "dunay", "date": "2025-06-18", "platform": "ropucha-class"},
    ]
    records = [build(Observation, row) for row in rows]
    books = [Logbook.create(tmp_path / name, empty=True) for name in ("one", "many")]
    books[0].add(*records, anyway=True)
    books[1].add(*records[:number], anyway=True)
    books[1].add_bulk(bulkfile.table_of(records[number:]), source="x")
    one, many = ({(p.level, p.id, p.what) for p in book.check()} for book in books)
    assert one == many


def test_of_very_many_doubtful_bulk_records_the_first_are_told_and_the_rest_counted(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Logbook.create(tmp_path / "many", empty=True)
    days = [f"2025-05-{day:02}" for day in range(1, 6)]
    rows = [{"site": "dunay", "date": day, "platform": "ropucha-class", "length_m": 50.0} for day in days]
    book.add_bulk(bulkfile.table_of([build(Observation, row) for row in rows]), source="x")
    monkeypatch.setattr(logbook, "MOST_SUSPECTS", 2)
    doubts = book.check()
    assert len({p.id for p in doubts if p.level == "warning"}) == 2
    assert [p.what for p in doubts if p.file == "observations/bulk"] == [
        "3 more bulk records may be doubtful, alone or beside others; only the first 2 that may be were looked at"
    ]
    assert book.count() == 5
