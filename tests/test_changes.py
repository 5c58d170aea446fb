"""What happened to the records since a moment, against journals with fixed times."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resight import changes
from resight.changes import NOT_GIVEN, Change, Changes, FieldChange, LookedAt
from resight.logbook import Logbook
from resight.observation import Observation, Site, build
from resight.vocabulary import Vocabulary

#: After the shipped records were logged.
MONDAY = datetime(2026, 12, 7, tzinfo=UTC)
ROPUCHA = "dunay-2025-05-18-ropucha-class"
TAPIR_2024 = "dunay-2024-10-17-tapir-class"


def at(days: float) -> datetime:
    return MONDAY + timedelta(days=days)


def seen(day: str = "2025-05-19", **more: Any) -> Observation:
    return build(Observation, {"site": "dunay", "date": day, "platform": "tapir-class", "image_provider": None, **more})


def since(book: Logbook, moment: datetime = MONDAY, until: datetime | None = None) -> Changes:
    """As the command asks for it."""
    return changes.between(
        book.read(withdrawn=True, as_of=changes.just_before(moment)).records,
        book.read(withdrawn=True, as_of=until).records,
        since=moment,
        until=until,
        sites=book.sites,
        vocabulary=book.vocabulary,
        outside=book.changed_outside() if until is None else (),
    )


def told(found: Changes) -> dict[str, list[str]]:
    """The ids in each list that is not empty."""
    lists = {name: getattr(found, name) for name in ("new", "corrected", "reviewed", "withdrawn", "outside")}
    return {name: [change.id for change in items] for name, items in lists.items() if items}


# --- one kind of change each


def test_a_record_logged_since_is_told_with_its_newest_wording(empty_book: Logbook) -> None:
    (added,) = empty_book.add(seen(count=1, analyst="A. Analyst"), now=at(1))
    empty_book.amend(added.id or "", count=2, now=at(2))
    found = since(empty_book)
    assert told(found) == {"new": [added.id]}
    assert found.new == (
        Change(
            id="dunay-2025-05-19-tapir-class",
            site="dunay",
            place="Dunay",
            when="19 May 2025",
            what="2 × Tapir class (Project 1171, Alligator) · own, optical",
            moment="2026-12-08T00:00:00Z",
            by="A. Analyst",
        ),
    )


def test_the_day_itself_is_part_of_the_time(empty_book: Logbook) -> None:
    (added,) = empty_book.add(seen(), now=MONDAY)
    assert told(since(empty_book, MONDAY)) == {"new": [added.id]}
    assert since(empty_book, at(0.001)).is_empty


def test_several_amendments_are_one_change_from_the_old_to_the_new(book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=at(-1))
    for day, berth in enumerate(("Pier 2", "Pier 3", "Pier 4")):
        book.amend(ROPUCHA, berth=berth, now=at(day))
    found = since(book)
    assert told(found) == {"corrected": [ROPUCHA]}
    assert found.corrected[0].fields == (FieldChange("Berth", "Pier 1", "Pier 4"),)
    assert found.corrected[0].moment == "2026-12-09T00:00:00Z"


def test_a_correction_that_was_taken_back_is_none(book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=at(1))
    book.amend(ROPUCHA, berth=None, now=at(2))
    assert since(book).is_empty
    assert told(since(book, until=at(1))) == {"corrected": [ROPUCHA]}


def test_an_amended_seed_is_told_with_the_wording_of_the_seeds(book: Logbook) -> None:
    book.amend(TAPIR_2024, date="2024-10-18", now=at(1))
    found = since(book)
    assert told(found) == {"corrected": [TAPIR_2024]}
    assert found.corrected[0].fields == (FieldChange("Date", "17 October 2024", "18 October 2024"),)


def test_a_review_is_told_with_its_reviewer_and_is_no_correction(book: Logbook) -> None:
    book.review(ROPUCHA, by="B. Editor", now=at(1))
    found = since(book)
    assert told(found) == {"reviewed": [ROPUCHA]}
    assert (found.reviewed[0].by, found.reviewed[0].moment) == ("B. Editor", "2026-12-08T00:00:00Z")


def test_a_review_after_a_correction_is_told_again(book: Logbook) -> None:
    book.review(ROPUCHA, by="B. Editor", now=at(-1))
    assert since(book).is_empty
    book.amend(ROPUCHA, berth="Pier 1", now=at(1))
    found = since(book)
    assert told(found) == {"corrected": [ROPUCHA]}
    assert found.corrected[0].fields == (
        FieldChange("Berth", NOT_GIVEN, "Pier 1"),
        FieldChange("Status", "reviewed", "draft"),
    )
    book.review(ROPUCHA, by="B. Editor", now=at(2))
    assert told(since(book)) == {"corrected": [ROPUCHA], "reviewed": [ROPUCHA]}


@pytest.mark.parametrize("why", ["wrong image", "two\nlines", "it says “Withdrawn: no”"])
def test_a_withdrawal_is_told_with_its_reason_alone(book: Logbook, why: str) -> None:
    book.amend(ROPUCHA, note="An earlier note.", berth="Pier 1", now=at(1))
    book.withdraw(ROPUCHA, why=why, now=at(2))
    found = since(book)
    assert told(found) == {"withdrawn": [ROPUCHA]}
    assert found.withdrawn[0].reason == why
    assert since(book, at(3)).is_empty


def test_the_second_withdrawal_has_the_second_reason(book: Logbook) -> None:
    book.withdraw(ROPUCHA, why="wrong image", now=at(-3))
    book.amend(ROPUCHA, status="draft", now=at(1))
    assert since(book).corrected[0].fields == (FieldChange("Status", "withdrawn", "draft"),)
    book.withdraw(ROPUCHA, why="wrong site", now=at(2))
    assert since(book).is_empty
    assert since(book, at(1.5)).withdrawn[0].reason == "wrong site"


def test_what_was_logged_and_withdrawn_since_is_not_told_as_logged(empty_book: Logbook) -> None:
    (added,) = empty_book.add(seen(), now=at(1))
    empty_book.withdraw(added.id or "", why="slip", now=at(2))
    found = since(empty_book)
    assert told(found) == {"withdrawn": [added.id]}
    assert found.looks == ()


def test_looks_are_told_whatever_they_found_and_once_however_many_records_they_left(empty_book: Logbook) -> None:
    empty_book.add(seen("2025-05-01", outcome="not-seen"), now=at(-1))
    empty_book.add(
        seen("2025-05-20", image_id="A"),
        seen("2025-05-20", image_id="A", platform="ropucha-class"),
        seen("2025-05-21", outcome="not-seen", platform=None),
        seen("2025-05-22", outcome="cannot-tell", platform=None),
        seen("2025-05-23", method="flight-tracking", platform="il-76"),
        seen("2025-05/2025-06", image_id="B", site="nakhodka"),
        now=at(1),
    )
    found = since(empty_book).looks
    assert [(look.place, look.when, look.outcome, len(look.ids)) for look in found] == [
        ("Dunay", "20 May 2025", "seen", 2),
        ("Dunay", "21 May 2025", "not-seen", 1),
        ("Dunay", "22 May 2025", "cannot-tell", 1),
        ("Nakhodka", "May 2025 to June 2025", "seen", 1),
    ]
    assert found[1] == LookedAt(
        "dunay",
        "Dunay",
        "21 May 2025",
        "not-seen",
        ("not seen: anything · own, optical",),
        ("dunay-2025-05-21-any",),
    )


# --- the time


def test_what_happened_after_the_time_is_not_told(book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=at(1))
    book.withdraw(ROPUCHA, why="wrong image", now=at(3))
    found = since(book, until=at(2))
    assert told(found) == {"corrected": [ROPUCHA]}
    assert found.corrected[0].fields == (FieldChange("Berth", NOT_GIVEN, "Pier 1"),)


def test_nothing_since_is_said_plainly(book: Logbook) -> None:
    found = since(book, datetime(2999, 1, 1, tzinfo=UTC))
    assert found.is_empty
    assert found.lead == "Since 1 January 2999 nothing was logged, corrected, reviewed or withdrawn."


def test_the_lead_counts_what_happened(book: Logbook) -> None:
    book.add(seen("2025-06-20"), seen("2025-06-21", outcome="not-seen", platform=None), now=at(1))
    book.amend(ROPUCHA, berth="Pier 1", now=at(1))
    book.withdraw(TAPIR_2024, why="slip", now=at(1))
    assert since(book).lead == (
        "Since 7 December 2026: 2 records logged; 1 record corrected; 1 record withdrawn; "
        "2 looks, 1 of them with nothing seen."
    )


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-12-07T00:00:00+00:00", None, "since 7 December 2026"),
        ("2026-12-07T09:30:00+09:00", None, "since 7 December 2026, 00:30:00 UTC"),
        ("2026-12-07T00:00:00Z", "2026-12-11T23:59:59.999999Z", "from 7 December 2026 to 11 December 2026"),
        ("2026-12-07T00:00:00Z", "2026-12-11T00:00:00Z", "from 7 December 2026 to 11 December 2026, 00:00:00 UTC"),
    ],
)
def test_the_time_is_said_in_words(first: str, last: str | None, words: str) -> None:
    end = datetime.fromisoformat(last) if last else None
    assert Changes(datetime.fromisoformat(first), end).period == words


# --- changed outside the log


def edited(book: Logbook, identifier: str, old: bytes, new: bytes) -> Logbook:
    """Somebody edits the year file by hand."""
    (path,) = (p for p in (book.folder / "observations").glob("*.geojson") if identifier.encode() in p.read_bytes())
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(row.replace(old, new) if identifier.encode() in row else row for row in lines))
    return Logbook(book.folder)


def test_a_hand_edit_that_the_journal_gives_away_is_told_and_its_time_is_not_claimed(book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=at(-1))
    found = since(edited(book, ROPUCHA, b"Pier 1", b"Pier 2"))
    assert told(found) == {"outside": [ROPUCHA]}
    assert found.outside[0].reason == "when is not known"
    assert found.outside[0].fields == (FieldChange("Berth", "Pier 1", "Pier 2"),)
    assert found.lead == "Since 7 December 2026: 1 record changed outside the log."


def test_a_hand_edit_of_a_record_corrected_since_is_told_in_its_correction(book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=at(1))
    found = since(edited(book, ROPUCHA, b"Pier 1", b"Pier 2"))
    assert told(found) == {"corrected": [ROPUCHA]}
    assert found.corrected[0].fields == (FieldChange("Berth", NOT_GIVEN, "Pier 2"),)


def test_a_hand_edit_that_nothing_gives_away_is_not_told(book: Logbook) -> None:
    assert since(edited(book, ROPUCHA, b'"revision":1', b'"revision":1,"berth":"Pier 2"')).is_empty


def test_a_hand_edit_that_says_when_is_told_without_the_earlier_wording(book: Logbook) -> None:
    found = since(edited(book, ROPUCHA, b'"revision":1', b'"revised_at":"2026-12-08T00:00:00Z","revision":2'))
    assert told(found) == {"outside": [ROPUCHA]}
    assert (found.outside[0].reason, found.outside[0].fields) == ("the earlier wording is not known", ())


def test_a_record_taken_out_of_its_file_since_is_told(empty_book: Logbook) -> None:
    (added,) = empty_book.add(seen(), now=at(-1))
    empty_book.amend(added.id or "", berth="Pier 1", now=at(1))
    (empty_book.folder / "observations" / "2025.geojson").unlink()
    found = since(Logbook(empty_book.folder))
    assert told(found) == {"outside": [added.id]}
    assert found.outside[0].reason == "taken out of the files"


# --- the words of a field

#: Field of the record -> what is changed, from which to which wording, on a record that is otherwise plain.
WORDED: Mapping[str, tuple[dict[str, Any], dict[str, Any], FieldChange]] = {
    "site": ({}, {"site": "nakhodka"}, FieldChange("Site", "Dunay", "Nakhodka")),
    "date": ({}, {"date": "2025-05~"}, FieldChange("Date", "19 May 2025", "about May 2025")),
    "date_meaning": (
        {"date": "2025-05"},
        {"date_meaning": "throughout"},
        FieldChange("Date", "May 2025", "May 2025, on every day of it"),
    ),
    "outcome": ({}, {"outcome": "not-seen"}, FieldChange("Outcome", "seen", "looked, found nothing")),
    "platform": ({}, {"platform": None}, FieldChange("Platform", "Tapir class (Project 1171, Alligator)", NOT_GIVEN)),
    "platform_name": (
        {"count": 1},
        {"platform_name": "Nikolay Vilkov"},
        FieldChange("Name", NOT_GIVEN, "Nikolay Vilkov"),
    ),
    "operator": ({}, {"operator": "Air Koryo"}, FieldChange("Operator", NOT_GIVEN, "Air Koryo")),
    "count": ({"count": 2}, {"count": 3}, FieldChange("Count", "2", "3")),
    "count_min": ({}, {"count_min": 2}, FieldChange("Count", NOT_GIVEN, "at least 2")),
    "count_max": ({"count_min": 2}, {"count_max": 4}, FieldChange("Count", "at least 2", "2–4")),
    "activity": ({"activity": "docked"}, {"activity": None}, FieldChange("Activity", "docked", NOT_GIVEN)),
    "inferred_activity": (
        {},
        {"inferred_activity": "troop-transfer"},
        FieldChange("Taken to mean", NOT_GIVEN, "troop transfer"),
    ),
    "likelihood": (
        {"inferred_activity": "troop-transfer"},
        {"likelihood": "likely"},
        FieldChange("Likelihood", NOT_GIVEN, "likely (55–80 %)"),
    ),
    "confidence": ({}, {"confidence": "low"}, FieldChange("Analytic confidence", NOT_GIVEN, "low")),
    "hedge": (
        {"hedge": "likely", "hedge_on": "platform"},
        {"hedge": "believed"},
        FieldChange("Source’s own doubt", "“likely”, said of what it is", "“believed”, said of what it is"),
    ),
    "hedge_on": (
        {"hedge": "likely", "hedge_on": "platform", "operator": "Russia"},
        {"hedge_on": "operator"},
        FieldChange("Source’s own doubt", "“likely”, said of what it is", "“likely”, said of whose it is"),
    ),
    "visible": ({"visible": "A ship."}, {"visible": "Two."}, FieldChange("Visible", "A ship.", "Two.")),
    "basis": (
        {},
        {"basis": "retold"},
        FieldChange("Known by", "optical image; our own examination", "optical image; retold by another outlet"),
    ),
    "method": (
        {},
        {"method": "radar"},
        FieldChange("Known by", "optical image; our own examination", "radar image; our own examination"),
    ),
    "berth": ({}, {"berth": "Pier 2"}, FieldChange("Berth", NOT_GIVEN, "Pier 2")),
    "geometry": (
        {},
        {"geometry": {"type": "Point", "coordinates": [132.355, -42.897]}},
        FieldChange("Position", "position not given", "longitude 132.355, latitude −42.897"),
    ),
    "location_uncertainty_m": ({}, {"location_uncertainty_m": 50}, FieldChange("Position known to", NOT_GIVEN, "50 m")),
    "sensor": ({}, {"sensor": "Sentinel-2"}, FieldChange("Sensor", NOT_GIVEN, "Sentinel-2")),
    "image_provider": ({}, {"image_provider": "Planet"}, FieldChange("Image from", NOT_GIVEN, "Planet")),
    "image_time": (
        {},
        {"image_time": "2025-05-19T10:40:00+09:00"},
        FieldChange("Image taken", NOT_GIVEN, "2025-05-19T01:40:00Z"),
    ),
    "image_id": ({"image_id": "A"}, {"image_id": "B"}, FieldChange("Image id", "A", "B")),
    "gsd_m": ({}, {"gsd_m": 0.5}, FieldChange("Ground sample distance", NOT_GIVEN, "0.5 m")),
    "cloud_pct": ({"cloud_pct": 0}, {"cloud_pct": 20}, FieldChange("Cloud", "0 %", "20 %")),
    "off_nadir_deg": ({}, {"off_nadir_deg": 12.5}, FieldChange("Off nadir", NOT_GIVEN, "12.5 degrees")),
    "image_href": (
        {},
        {"image_href": "https://example.org/a.tif"},
        FieldChange("Image address", NOT_GIVEN, "https://example.org/a.tif"),
    ),
    "image_sha256": ({}, {"image_sha256": "0" * 64}, FieldChange("Image SHA-256", NOT_GIVEN, "0" * 64)),
    "image_license": ({}, {"image_license": "CC-BY-4.0"}, FieldChange("Image licence", NOT_GIVEN, "CC-BY-4.0")),
    "length_m": ({"length_m": 112}, {"length_m": 112.6}, FieldChange("Length", "112 m", "112.6 m")),
    "width_m": ({}, {"width_m": 15}, FieldChange("Width", NOT_GIVEN, "15 m")),
    "sources": (
        {"sources": ({"title": "Ships", "published": "2025-07-02", "accessed": "2026-01", "grade": "B2"},)},
        {"sources": ({"published_by": "CNN", "url": "https://example.org/1"}, {"title": "Ships"})},
        FieldChange(
            "Sources",
            "“Ships”, published 2 July 2025, read January 2026, graded B2",
            "CNN, https://example.org/1; “Ships”",
        ),
    ),
    "effort_stated": ({}, {"effort_stated": True}, FieldChange("Looks of the source", NOT_GIVEN, "all stated")),
    "relates": (
        {},
        {"relates": ({"id": ROPUCHA, "how": "contradicts"},)},
        FieldChange("Relations", NOT_GIVEN, f"contradicts {ROPUCHA}"),
    ),
    "aggregate": ({}, {"aggregate": True}, FieldChange("Total over many", "no", "yes")),
    "context": ({}, {"context": True}, FieldChange("Background", "no", "yes")),
    "analyst": ({"analyst": "A"}, {"analyst": "B"}, FieldChange("Analyst", "A", "B")),
    "status": (
        {"status": "reviewed", "reviewed_by": "B"},
        {"status": "draft", "reviewed_by": None},
        FieldChange("Status", "reviewed", "draft"),
    ),
    "tags": ({"tags": ("a",)}, {"tags": ("a", "b")}, FieldChange("Tags", "a", "a, b")),
    "note": ({"note": "Old."}, {"note": "New."}, FieldChange("Note", "Old.", "New.")),
}


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Site], Vocabulary]:
    book = Logbook.create(tmp_path_factory.mktemp("words") / "book", empty=True)
    return book.sites, book.vocabulary


def two(register: tuple[dict[str, Site], Vocabulary], old: Observation, new: Observation) -> Changes:
    sites, vocabulary = register
    return changes.between([old], [new], since=MONDAY, sites=sites, vocabulary=vocabulary)


@pytest.mark.parametrize("field", WORDED)
def test_the_old_and_new_wording_of_a_field(register: tuple[dict[str, Site], Vocabulary], field: str) -> None:
    plain, changed, expected = WORDED[field]
    old = seen(id="a", **plain)
    found = two(register, old, old.with_changes(**changed))
    assert told(found) == {"corrected": ["a"]}
    assert found.corrected[0].fields == (expected,)


def test_no_field_of_the_record_is_forgotten() -> None:
    own = set(Observation.model_fields) - {"foreign", "foreign_members"}
    assert set(WORDED) == own - changes.BOOKKEEPING


def test_a_site_and_words_that_are_not_on_file_go_by_their_ids() -> None:
    old = seen(id="a", activity="docked", inferred_activity="troop-transfer", likelihood=None)
    new = old.with_changes(site="elsewhere", platform="unheard-of", activity="odd", inferred_activity="odder")
    found = changes.between([old], [new], since=MONDAY, sites={}, vocabulary=Vocabulary({}, {}, {}, {}, {}, {}))
    assert [(c.old, c.new) for c in found.corrected[0].fields] == [
        ("dunay", "elsewhere"),
        ("tapir-class", "unheard-of"),
        ("docked", "odd"),
        ("troop-transfer", "odder"),
    ]


SECRET = {"published_by": "A caller", "title": "Letter of 3 May", "url": "https://secret.example/1"}


@pytest.mark.parametrize(
    ("old", "new", "fields"),
    [
        ([{**SECRET, "confidential": True}], [], [("1 source withheld as confidential", NOT_GIVEN)]),
        ([], [{**SECRET, "confidential": True}], [(NOT_GIVEN, "1 source withheld as confidential")]),
        ([SECRET], [{**SECRET, "confidential": True}], []),
        ([SECRET], [{"url": SECRET["url"], "confidential": True}], []),
        ([SECRET], [{"title": "LETTER OF 3 MAY", "confidential": True}], []),
        ([SECRET], [{"published_by": "a caller", "confidential": True}], []),
        (
            [{"published_by": "A caller"}, {"published_by": "A caller", "title": "A book"}],
            [{**SECRET, "confidential": True}, {"published_by": "A caller", "title": "A book"}],
            [],
        ),
        ([{**SECRET, "confidential": True}], [{**SECRET, "title": "Another", "confidential": True}], []),
    ],
)
def test_a_confidential_source_is_in_neither_wording(
    register: tuple[dict[str, Site], Vocabulary],
    old: list[dict[str, Any]],
    new: list[dict[str, Any]],
    fields: list[tuple[str, str]],
) -> None:
    before = seen(id="a", sources=old)
    after = before.with_changes(sources=new or None)
    found = two(register, before, after)
    assert [(c.old, c.new) for change in found.corrected for c in change.fields] == fields
    assert not any(word in repr(found) for word in ("Letter", "LETTER", "secret.example"))


def test_a_source_confidential_for_a_while_is_in_no_earlier_wording(book: Logbook) -> None:
    book.amend(ROPUCHA, sources=(SECRET,), now=at(-1))
    book.amend(ROPUCHA, sources=({**SECRET, "confidential": True},), now=at(1))
    book.amend(ROPUCHA, sources=({"published_by": "CNN"},), now=at(2))
    found = since(book)
    assert found.corrected[0].fields == (FieldChange("Sources", "1 source withheld as confidential", "CNN"),)


# --- what always holds

_step = st.tuples(st.sampled_from(["add", "amend", "review", "withdraw"]), st.integers(0, 3), st.integers(0, 3))


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(_step, min_size=1, max_size=8), day=st.integers(0, 8))
def test_every_record_that_was_written_since_and_reads_otherwise_is_told(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]], day: int
) -> None:
    """Held against what was seen going by, step for step."""
    book = Logbook.create(tmp_path_factory.mktemp("since") / "book", empty=True)
    now: dict[str, Observation] = {}
    old: dict[str, Observation] = {}
    for number, (what, index, value) in enumerate(steps):
        if number == day:
            old = dict(now)
        target = sorted(now)[index % len(now)] if now else ""
        if what == "add" or not now:
            (made,) = book.add(seen(berth=f"Pier {number}"), anyway=True, now=at(number))
        elif now[target].status == "withdrawn":
            continue
        elif what == "amend":
            made = book.amend(target, operator=f"State {value}", now=at(number))
        elif what == "review":
            made = book.review(target, by=f"Editor {value}", now=at(number))
        else:
            made = book.withdraw(target, why="a reason", now=at(number))
        now[made.id or ""] = made
    if day >= len(steps):
        old = dict(now)
    found = told(since(book, at(day)))
    written = {i for i, record in now.items() if old.get(i) != record}
    assert set().union(*map(set, found.values())) <= written
    assert set(found.get("new", [])) == {i for i in now.keys() - old.keys() if now[i].status != "withdrawn"}
    assert set(found.get("withdrawn", [])) == {i for i in written if now[i].status == "withdrawn"}
    assert set(found.get("reviewed", [])) == {i for i in written if now[i].status == "reviewed"}
    assert set(found.get("corrected", [])) == {
        i for i in written & old.keys() if now[i].status != "withdrawn" and now[i].operator != old[i].operator
    } | {i for i in written & old.keys() if (old[i].status, now[i].status) == ("reviewed", "draft")}
