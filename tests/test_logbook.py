"""The logbook on disk: what is written, what is read back, and what no accident may lose."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from resight import journal, logbook
from resight.datafiles import DataFiles
from resight.errors import (
    CannotWrite,
    DuplicateRecord,
    InvalidRecord,
    InvalidValue,
    NoLogbook,
    NotFound,
    Problem,
    UnreadableFile,
)
from resight.logbook import Logbook
from resight.observation import Observation, build

NOW = datetime(2026, 1, 31, 9, 0, 0, tzinfo=UTC)
LATER = datetime(2026, 2, 1, 9, 0, 0, tzinfo=UTC)
ROPUCHA = "dunay-2025-05-18-ropucha-class"
TAPIR_2024 = "dunay-2024-10-17-tapir-class"
REPOSITORY = Path(__file__).parents[1]
SHIPPED_2025 = len(json.loads((REPOSITORY / "observations" / "2025.geojson").read_bytes())["features"])
SHIPPED = SHIPPED_2025 + len(json.loads((REPOSITORY / "seeds" / "pattern-2024.geojson").read_bytes())["features"])
needs_gdal = pytest.mark.skipif(
    shutil.which("ogrinfo") is None or shutil.which("ogr2ogr") is None,
    reason="ogrinfo and ogr2ogr (gdal-bin) are missing",
)


def seen(day: str = "2025-05-19", platform: str | None = "tapir-class", **more: Any) -> Observation:
    return build(Observation, {"site": "dunay", "date": day, "platform": platform, **more})


def year_file(book: Logbook, year: int = 2025) -> Path:
    return book.folder / "observations" / f"{year}.geojson"


def journal_file(book: Logbook) -> Path:
    return book.folder / "observations" / "journal.jsonl"


def content_of(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but the lock's."""
    files = (path for path in folder.rglob("*") if path.is_file() and ".resight" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def entries(book: Logbook) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal_file(book).read_bytes().splitlines()]


def ids(book: Logbook, **filters: Any) -> list[str | None]:
    return [record.id for record in book.read(**filters).records]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def assert_chain_holds(book: Logbook) -> None:
    """Every line is canonical, carries its own digest and that of the line before it."""
    parents: list[str] = []
    for line in journal_file(book).read_bytes().splitlines():
        entry = json.loads(line)
        assert line == rfc8785.dumps(entry)
        body = {name: value for name, value in entry.items() if name != "digest"}
        assert entry["digest"] == sha256(rfc8785.dumps(body))
        assert entry["parents"] == parents
        parents = [entry["digest"]]


def no_space(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def no_permission(*_: Any, **__: Any) -> Any:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


# --- the folder


def test_the_shipped_logbook_reads_without_an_error(book: Logbook) -> None:
    records, problems = book.read()
    assert (len(records), problems) == (SHIPPED, [])
    assert [problem for problem in book.check() if problem.level != "notice"] == []


def test_an_empty_logbook_has_sites_and_words_and_no_records(empty_book: Logbook) -> None:
    assert {"dunay", "nakhodka", "sunan"} <= empty_book.sites.keys()
    assert "ropucha-class" in empty_book.vocabulary.platforms
    assert empty_book.read() == ([], [])
    assert sorted(path.name for path in empty_book.folder.iterdir()) == ["maps", "observations", "seeds"]


def test_a_full_logbook_is_made_with_the_published_records(tmp_path: Path) -> None:
    made = Logbook.create(tmp_path / "new")
    assert TAPIR_2024 in ids(made)
    assert not list((made.folder / "observations").iterdir())


@pytest.mark.parametrize("place", ["wheel", "checkout"])
def test_the_seeds_come_from_the_wheel_or_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    package = tmp_path / "src" / "resight"
    package.mkdir(parents=True)
    source = package / "seeds" if place == "wheel" else tmp_path / "seeds"
    shutil.copytree(REPOSITORY / "seeds", source)
    monkeypatch.setattr(logbook, "__file__", str(package / "logbook.py"))
    assert logbook.packaged_seeds() == source
    assert len(Logbook.create(tmp_path / "new").read().records) == SHIPPED - SHIPPED_2025


def test_a_logbook_is_not_made_over_another(book: Logbook) -> None:
    before = tree(book.folder)
    with pytest.raises(CannotWrite, match="already; nothing was changed"):
        Logbook.create(book.folder)
    assert tree(book.folder) == before


def test_a_logbook_is_not_made_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(CannotWrite, match="cannot make a logbook"):
        Logbook.create(tmp_path / "file")


def test_a_folder_without_seeds_is_no_logbook(tmp_path: Path) -> None:
    with pytest.raises(NoLogbook, match="resight init DIR"):
        Logbook(tmp_path)


def test_a_logbook_needs_no_observations_folder_until_something_is_logged(book: Logbook) -> None:
    shutil.rmtree(book.folder / "observations")
    fresh = Logbook(book.folder)
    assert TAPIR_2024 in ids(fresh)
    assert fresh.read().problems == []
    fresh.add(seen(), now=NOW)
    assert year_file(fresh).exists()


# --- adding


@pytest.mark.parametrize(
    ("record", "identifier"),
    [
        (seen("2025-05-19"), "dunay-2025-05-19-tapir-class"),
        (seen("2025-05"), "dunay-2025-05-tapir-class"),
        (seen("2025"), "dunay-2025-tapir-class"),
        (seen("2025-05-19~"), "dunay-2025-05-19-tapir-class"),
        (seen("2025-05-19?"), "dunay-2025-05-19-tapir-class"),
        (seen("2025-05-19/2025-05-21"), "dunay-2025-05-19-to-2025-05-21-tapir-class"),
        (seen("2025-05-19", None, outcome="not-seen"), "dunay-2025-05-19-any"),
    ],
)
def test_the_id_is_made_of_site_date_and_platform(empty_book: Logbook, record: Observation, identifier: str) -> None:
    (added,) = empty_book.add(record, now=NOW)
    assert added.id == identifier
    assert Logbook(empty_book.folder).get(identifier) == added


def test_a_taken_id_gets_a_number(empty_book: Logbook) -> None:
    added = [empty_book.add(seen(berth=berth), now=NOW)[0].id for berth in ("north", "middle", "south")]
    stem = "dunay-2025-05-19-tapir-class"
    assert added == [stem, f"{stem}-2", f"{stem}-3"]


def test_an_id_of_the_seeds_is_taken(book: Logbook) -> None:
    (added,) = book.add(seen("2024-10-17", berth="Pier 9"), now=NOW)
    assert added.id == f"{TAPIR_2024}-2"


def test_what_is_added_is_filled_in_and_read_back(empty_book: Logbook) -> None:
    (added,) = empty_book.add(seen("2025-05-19~"), now=NOW)
    assert (added.logged_at, added.revision, added.status) == (NOW, 1, "draft")
    assert added.bounds == (date(2025, 5, 16), date(2025, 5, 22))
    assert Logbook(empty_book.folder).read() == ([added], [])
    assert empty_book.read() == ([added], [])


def test_several_records_are_added_together(empty_book: Logbook) -> None:
    added = empty_book.add(seen("2024-05-19"), seen("2025-05-19"), seen("2025-05-19", "cargo-ship"), now=NOW)
    assert {record.id for record in added} == set(ids(empty_book))
    assert sorted(path.name for path in (empty_book.folder / "observations").iterdir()) == [
        "2024.geojson",
        "2025.geojson",
        "journal.jsonl",
    ]


def test_several_records_are_added_all_or_none(empty_book: Logbook) -> None:
    with pytest.raises(InvalidRecord, match="'submarine-yacht' is not known"):
        empty_book.add(seen(), seen(platform="submarine-yacht"), now=NOW)
    assert ids(empty_book) == []
    assert not journal_file(empty_book).exists()


def test_a_duplicate_among_several_stops_them_all(book: Logbook) -> None:
    before = tree(book.folder)
    with pytest.raises(DuplicateRecord, match=ROPUCHA):
        book.add(seen("2025-05-20"), seen("2025-05-18", "ropucha-class"), now=NOW)
    assert tree(book.folder) == before


def test_a_duplicate_is_refused_unless_meant(book: Logbook) -> None:
    twin = seen("2025-05-18", "ropucha-class")
    with pytest.raises(DuplicateRecord, match="--anyway"):
        book.add(twin, now=NOW)
    (added,) = book.add(twin, anyway=True, now=NOW)
    assert added.id == f"{ROPUCHA}-2"


def test_a_withdrawn_record_is_no_duplicate(book: Logbook) -> None:
    book.withdraw(ROPUCHA, why="wrong image", now=NOW)
    (added,) = book.add(seen("2025-05-18", "ropucha-class"), now=NOW)
    assert added.id == f"{ROPUCHA}-2"


@pytest.mark.parametrize(
    "apart", [{"berth": "Pier 2"}, {"image_id": "b"}, {"length_m": 90.0}, {"count": 2}], ids=lambda a: next(iter(a))
)
def test_what_tells_two_apart_is_no_duplicate(empty_book: Logbook, apart: dict[str, Any]) -> None:
    empty_book.add(seen(berth="Pier 1", image_id="a", length_m=112.0, count=1), now=NOW)
    empty_book.add(seen(**apart), now=NOW)
    assert len(ids(empty_book)) == 2


def test_adding_nothing_adds_nothing(empty_book: Logbook) -> None:
    assert empty_book.add(now=NOW) == ()


def test_the_same_thing_twice_in_one_add_is_a_duplicate(empty_book: Logbook) -> None:
    with pytest.raises(DuplicateRecord):
        empty_book.add(seen(), seen(), now=NOW)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"site": "dunya"}, "did you mean dunay"),
        ({"platform": "ropucha-clas"}, "did you mean ropucha-class"),
        ({"activity": "dockd"}, "did you mean docked"),
        ({"inferred_activity": "troop-tranfer"}, "did you mean troop-transfer"),
        ({"geometry": {"type": "Point", "coordinates": [132.3, 38.0]}}, "538 km outside the footprint of dunay"),
    ],
)
def test_what_the_register_does_not_know_is_refused(empty_book: Logbook, values: dict[str, Any], words: str) -> None:
    record = build(Observation, {"site": "dunay", "date": "2025-05-19", "platform": "tapir-class", **values})
    with pytest.raises(InvalidRecord, match=words):
        empty_book.add(record, now=NOW)
    assert ids(empty_book) == []


def test_a_swapped_position_is_named_as_such(empty_book: Logbook) -> None:
    # Tikhoretsk is at lon 40.12, lat 45.87: either way round the numbers are a place on Earth.
    record = build(
        Observation,
        {
            "site": "tikhoretsk",
            "date": "2024-09-22",
            "platform": "depot",
            "geometry": {"type": "Point", "coordinates": [45.87, 40.12]},
        },
    )
    with pytest.raises(InvalidRecord, match=r"swapped \(lon 40\.12, lat 45\.87\) it would lie near tikhoretsk"):
        empty_book.add(record, now=NOW)
    assert len(empty_book.add(record, anyway=True, now=NOW)) == 1


@pytest.mark.parametrize("number", [2**64, 10**20])
def test_a_number_too_long_for_json_is_refused_in_words(empty_book: Logbook, number: int) -> None:
    with pytest.raises((InvalidValue, InvalidRecord)):
        empty_book.add(seen(count=number), now=NOW)


def test_a_number_json_cannot_hold_exactly_is_refused_in_words(empty_book: Logbook) -> None:
    with pytest.raises((InvalidValue, InvalidRecord)):
        empty_book.add(seen(count=2**60), now=NOW)
    assert ids(empty_book) == []
    assert content_of(journal_file(empty_book)) == b""


# --- reading


def test_records_come_sorted_by_time_and_id(book: Logbook) -> None:
    records = book.read().records
    assert records == sorted(records, key=lambda r: (*r.bounds, r.id or ""))


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        # The vague records touch the days; one of 2024-10-08/2024-10-13 to 2024-11 ends with them.
        (
            ("2024-10-17", "2024-10-17"),
            {"dunay-2024-ropucha-class", "dunay-2024-10-to-2024-11-landing-ship", TAPIR_2024},
        ),
        (("2024-12-31", "2025-05-17"), {"dunay-2024-ropucha-class"}),
        (("2025-05-18", "2025-05-18"), {ROPUCHA}),
        (("2025-05-19", "2025-12-31"), set()),
        (("2025-01-01", "2025-05-17"), set()),
    ],
)
def test_records_are_asked_for_by_their_bounds(book: Logbook, between: tuple[str, str], expected: set[str]) -> None:
    first, last = map(date.fromisoformat, between)
    assert set(ids(book, between=(first, last), sites={"dunay"})) == expected


def test_a_hand_written_record_without_bounds_is_asked_for_by_its_date(empty_book: Logbook) -> None:
    put_features(empty_book, 2025, {"id": "a", "site": "dunay", "date": "2025-05-18", "platform": "ship"})
    assert ids(empty_book, between=(date(2025, 5, 1), date(2025, 5, 31))) == ["a"]


def test_a_hand_written_record_without_bounds_is_not_in_other_times(empty_book: Logbook) -> None:
    put_features(empty_book, 2025, {"id": "a", "site": "dunay", "date": "2025-05-18", "platform": "ship"})
    assert ids(empty_book, between=(date(2024, 1, 1), date(2024, 12, 31))) == []


def test_records_are_asked_for_by_site(book: Logbook) -> None:
    assert {record.site for record in book.read(sites={"dunay", "sunan"}).records} == {"dunay", "sunan"}
    assert ids(book, sites={"nakhodka"}) == []
    assert ids(book, sites=set()) == []


def test_withdrawn_records_are_left_out_unless_asked_for(book: Logbook) -> None:
    book.withdraw(ROPUCHA, why="wrong image", now=NOW)
    assert ROPUCHA not in ids(book)
    assert ROPUCHA in ids(book, withdrawn=True)
    assert book.get(ROPUCHA).status == "withdrawn"


def test_an_unknown_id_offers_near_ones(book: Logbook) -> None:
    with pytest.raises(NotFound, match=f"did you mean {ROPUCHA}"):
        book.get("dunay-2025-05-18-ropucha")


@pytest.mark.parametrize("name", ["dunay", "DUNAY", "Дунай", "두나이", "Port of Dunai", "Shkotovo-22"])
def test_a_site_is_found_by_any_of_its_names(book: Logbook, name: str) -> None:
    assert book.resolve_site(name).id == "dunay"


def test_the_place_of_a_record_is_its_file_and_line(book: Logbook) -> None:
    located = book.find(ROPUCHA)
    row = (book.folder / located.file).read_text(encoding="utf-8").splitlines()[(located.line or 0) - 1]
    assert row.startswith(f'{{"type":"Feature","id":"{ROPUCHA}"')


# --- amending


def test_an_amendment_goes_one_revision_up_and_the_journal_keeps_the_earlier_wording(book: Logbook) -> None:
    before = book.get(ROPUCHA)
    after = book.amend(ROPUCHA, berth="Pier 1", by="B. Editor", now=NOW)
    assert (after.revision, after.revised_at, after.berth) == (2, NOW, "Pier 1")
    assert Logbook(book.folder).get(ROPUCHA) == after
    (entry,) = entries(book)
    assert entry["before"] == before.to_feature()
    assert entry["after"] == after.to_feature()
    assert (entry["command"], entry["analyst"], entry["id"]) == ("amend", "B. Editor", ROPUCHA)
    assert entry["time"] == "2026-01-31T09:00:00Z"


def test_an_amendment_that_changes_nothing_writes_nothing(book: Logbook) -> None:
    before = tree(book.folder)
    assert book.amend(ROPUCHA, count=1, activity="docked", now=NOW) == book.get(ROPUCHA)
    assert book.get(ROPUCHA).revision == 1
    assert tree(book.folder) == before


def test_a_field_is_emptied(book: Logbook) -> None:
    after = book.amend(ROPUCHA, hedge=None, hedge_on=None, now=NOW)
    assert (after.hedge, after.hedge_on) == (None, None)
    assert '"hedge"' not in json.dumps(Logbook(book.folder).get(ROPUCHA).to_feature())


def test_an_amendment_is_validated_as_a_whole(book: Logbook) -> None:
    before = tree(book.folder)
    with pytest.raises(InvalidRecord, match="hedge and hedge_on go together"):
        book.amend(ROPUCHA, hedge=None, now=NOW)
    with pytest.raises(InvalidRecord, match="permanent"):
        book.amend(ROPUCHA, id="another", now=NOW)
    with pytest.raises(InvalidRecord, match="did you mean berth"):
        book.amend(ROPUCHA, bert="Pier 1", now=NOW)
    with pytest.raises(NotFound):
        book.amend("no-such", berth="Pier 1", now=NOW)
    assert tree(book.folder) == before


def test_an_amended_seed_is_overridden_and_not_changed(book: Logbook) -> None:
    seeds = tree(book.folder / "seeds")
    after = book.amend(TAPIR_2024, note="Seen again.", now=NOW)
    assert tree(book.folder / "seeds") == seeds
    fresh = Logbook(book.folder)
    assert fresh.find(TAPIR_2024).file == "observations/2024.geojson"
    assert fresh.get(TAPIR_2024) == after
    assert ids(fresh).count(TAPIR_2024) == 1
    assert len(ids(fresh)) == SHIPPED
    assert [problem for problem in fresh.check() if problem.level != "notice"] == []


def test_a_seed_overridden_by_another_date_is_not_found_at_the_old_one(book: Logbook) -> None:
    book.amend(TAPIR_2024, date="2023-10-17", now=NOW)
    october = (date(2024, 10, 17), date(2024, 10, 17))
    assert TAPIR_2024 not in ids(Logbook(book.folder), between=october, sites={"dunay"})
    assert TAPIR_2024 in ids(Logbook(book.folder), between=(date(2023, 1, 1), date(2023, 12, 31)))


def test_a_corrected_date_moves_the_record_to_its_year(book: Logbook) -> None:
    after = book.amend(ROPUCHA, date="2026-01-05", now=NOW)
    assert after.bounds == (date(2026, 1, 5), date(2026, 1, 5))
    assert ROPUCHA.encode() in year_file(book, 2026).read_bytes()
    assert f'"id":"{ROPUCHA}"'.encode() not in year_file(book, 2025).read_bytes()
    assert Logbook(book.folder).get(ROPUCHA) == after
    assert set(entries(book)[-1]["files"]) == {"2025.geojson", "2026.geojson"}


def test_a_record_that_moves_is_never_in_no_file(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that gains the record is renamed into place first."""
    order: list[str] = []
    replace = Path.replace

    def noted(self: Path, target: Path) -> Path:
        if target.suffix == ".geojson":
            order.append(target.name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", noted)
    book.amend(ROPUCHA, date="2026-01-05", now=NOW)
    assert order == ["2026.geojson", "2025.geojson"]


def test_withdrawing_keeps_the_record_with_the_reason(book: Logbook) -> None:
    note = book.get(ROPUCHA).note
    after = book.withdraw(ROPUCHA, why="wrong image", by="B. Editor", now=NOW)
    assert (after.status, after.revision, after.note) == ("withdrawn", 2, f"{note}\nWithdrawn: wrong image")
    assert (entries(book)[0]["command"], entries(book)[0]["analyst"]) == ("withdraw", "B. Editor")


def test_a_review_names_the_reviewer(book: Logbook) -> None:
    after = book.review(ROPUCHA, by="B. Editor", now=NOW)
    assert (after.status, after.reviewed_by, after.revision) == ("reviewed", "B. Editor", 2)
    assert entries(book)[0]["command"] == "review"


# --- the frame and the digest


def test_the_frame_has_the_id_as_index_proper_dtypes_and_no_invented_position(book: Logbook) -> None:
    frame = book.frame()
    assert len(frame) == SHIPPED
    assert (frame.index.name, frame.index.is_unique) == ("id", True)
    assert frame.crs.to_epsg() == 4326
    dtypes = {name: str(frame[name].dtype) for name in ("earliest", "logged_at", "count", "outcome", "aggregate")}
    assert dtypes == {
        "earliest": "datetime64[s]",
        "logged_at": "datetime64[s, UTC]",
        "count": "Int64",
        "outcome": "category",
        "aggregate": "bool",
    }
    assert frame.loc[ROPUCHA, "geometry"] is None
    assert frame.loc[ROPUCHA, "earliest"].date() == date(2025, 5, 18)
    assert frame.loc[ROPUCHA, "tags"] == ("PS-140", "seed-article")


def test_the_frame_of_no_records_has_the_same_columns(book: Logbook, empty_book: Logbook) -> None:
    full, none = book.frame(), empty_book.frame()
    assert list(none.columns) == list(full.columns)
    assert dict(none.dtypes.astype(str)) == dict(full.dtypes.astype(str))
    assert none.crs == full.crs


def test_the_frame_holds_a_position_that_was_given(empty_book: Logbook) -> None:
    (added,) = empty_book.add(seen(geometry={"type": "Point", "coordinates": [132.335, 42.87]}), now=NOW)
    assert empty_book.frame().loc[added.id, "geometry"].coords[0] == (132.335, 42.87)


def test_the_frame_leaves_withdrawn_records_out_unless_asked_for(book: Logbook) -> None:
    book.withdraw(ROPUCHA, why="wrong image", now=NOW)
    assert ROPUCHA not in book.frame().index
    assert ROPUCHA in book.frame(withdrawn=True).index


def test_the_digest_depends_on_the_records_and_not_on_their_order_or_layout(book: Logbook) -> None:
    records = book.read().records
    digest = book.digest(records)
    assert len(digest) == 64
    assert book.digest(records[::-1]) == digest
    lay_out_anew(year_file(book))
    assert Logbook(book.folder).digest(Logbook(book.folder).read().records) == digest
    assert book.digest(records[1:]) != digest


def test_the_digest_depends_on_register_and_vocabulary(book: Logbook) -> None:
    records = book.read().records
    digest = book.digest(records)
    vocabulary = book.folder / "seeds" / "vocabulary.toml"
    vocabulary.write_bytes(vocabulary.read_bytes() + b"# one word more\n")
    assert book.digest(records) != digest


def test_a_foreign_number_over_53_bits_does_not_stop_a_page(empty_book: Logbook) -> None:
    put_features(
        empty_book, 2025, {"id": "a", "site": "dunay", "date": "2025-05-18", "platform": "ship", "osm_id": 2**60}
    )
    records, problems = empty_book.read()
    assert len(records) == 1 or problems
    # Refused in words would do as well.
    with contextlib.suppress(InvalidValue):
        assert len(empty_book.digest(records)) == 64


# --- the layout on disk


def test_one_new_sighting_is_one_new_line(book: Logbook) -> None:
    before = year_file(book).read_bytes().splitlines()
    (added,) = book.add(seen("2025-05-19"), now=NOW)
    after = year_file(book).read_bytes().splitlines()
    new = [row for row in after if row not in before]
    assert len(new) == 1
    assert json.loads(new[0].rstrip(b","))["id"] == added.id
    assert [row for row in after if row not in new] == before


@pytest.mark.parametrize("change", [{"note": "New."}, {"berth": "Pier 7"}], ids=["note", "berth"])
def test_an_amendment_changes_one_line(book: Logbook, change: dict[str, Any]) -> None:
    before = year_file(book).read_bytes().splitlines()
    book.amend(ROPUCHA, now=NOW, **change)
    after = year_file(book).read_bytes().splitlines()
    assert len(after) == len(before)
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


def written_anew(feature: dict[str, Any]) -> bytes:
    return orjson.dumps(Observation.from_feature(feature).to_feature())


def test_a_record_written_as_it_stood_changes_no_byte_of_its_line(empty_book: Logbook) -> None:
    empty_book.add(
        seen(sources=({"url": "https://example.org/1", "confidential": True},), tags=("a",), gsd_m=0.5, count_min=2),
        seen("2025-05-20", geometry={"type": "Point", "coordinates": [132.335, 42.87]}, note="“quoted” 두나이"),
        now=NOW,
    )
    for row in year_file(empty_book).read_bytes().splitlines()[1:-1]:
        text = row.rstrip(b",")
        assert written_anew(orjson.loads(text)) == text


def test_a_shipped_record_written_as_it_stood_changes_no_byte_of_its_line(book: Logbook) -> None:
    for row in year_file(book).read_bytes().splitlines()[1:-1]:
        text = row.rstrip(b",")
        assert written_anew(orjson.loads(text)) == text


def test_adding_and_taking_the_line_out_again_gives_the_same_bytes(book: Logbook) -> None:
    before = year_file(book).read_bytes()
    (added,) = book.add(seen("2025-05-19"), now=NOW)
    rows = year_file(book).read_bytes().splitlines(keepends=True)
    assert b"".join(row for row in rows if f'"id":"{added.id}"'.encode() not in row) == before


def test_lines_stand_in_the_order_of_earliest_and_id(empty_book: Logbook) -> None:
    days = ["2025-05-19", "2025", "2025-05", "2025-05-18", "2025-04-30~"]
    for day in days:
        empty_book.add(seen(day), now=NOW)
    empty_book.add(seen("2025-05-18", "cargo-ship"), now=NOW)
    features = json.loads(year_file(empty_book).read_bytes())["features"]
    assert [feature["id"] for feature in features] == [
        "dunay-2025-tapir-class",
        "dunay-2025-04-30-tapir-class",
        "dunay-2025-05-tapir-class",
        "dunay-2025-05-18-cargo-ship",
        "dunay-2025-05-18-tapir-class",
        "dunay-2025-05-19-tapir-class",
    ]


def test_the_first_record_makes_a_year_file_of_one_feature_a_line(empty_book: Logbook) -> None:
    empty_book.add(seen(), now=NOW)
    head, feature, tail = year_file(empty_book).read_bytes().splitlines()
    assert head == b'{"type":"FeatureCollection","name":"2025","features":['
    assert json.loads(feature)["properties"]["earliest"] == "2025-05-19"
    assert tail == b"]}"
    assert year_file(empty_book).read_bytes().endswith(b"]}\n")


def test_what_resight_does_not_know_survives_every_rewrite(empty_book: Logbook) -> None:
    known = {"id": "a", "site": "dunay", "date": "2025-05-18", "platform": "tapir-class", "colour": "grey", "z": [1]}
    feature = {"type": "Feature", "id": "a", "properties": known, "geometry": None, "assets": {"thumb": "a.png"}}
    header = {"type": "FeatureCollection", "name": "mine", "licence": "CC0-1.0", "nested": {"a": 1}}
    write_json(year_file(empty_book), {**header, "features": [feature]})
    empty_book.add(seen("2025-05-19", "cargo-ship"), now=NOW)
    Logbook(empty_book.folder).amend("a", berth="Pier 1", now=LATER)
    written = json.loads(year_file(empty_book).read_bytes())
    assert {name: value for name, value in written.items() if name != "features"} == header
    kept = next(feature for feature in written["features"] if feature["id"] == "a")
    assert (kept["properties"]["colour"], kept["properties"]["z"]) == ("grey", [1])
    assert kept["assets"] == {"thumb": "a.png"}
    assert (kept["properties"]["berth"], kept["properties"]["revision"]) == ("Pier 1", 2)
    notices = {problem.field for problem in Logbook(empty_book.folder).check() if "it is kept as it is" in problem.what}
    assert notices == {"colour", "z", "assets"}


def test_a_permission_of_the_year_file_is_kept(book: Logbook) -> None:
    year_file(book).chmod(0o640)
    book.add(seen(), now=NOW)
    assert year_file(book).stat().st_mode & 0o777 == 0o640


#: Free text as a person may paste it: quotes, markup, line ends, control characters, any script.
pasted = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(str.strip)


@settings(max_examples=60, deadline=None)
@given(notes=st.lists(pasted, min_size=1, max_size=4))
def test_any_text_comes_back_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, notes: list[str]) -> None:
    book = Logbook.create(tmp_path_factory.mktemp("text") / "book", empty=True)
    added = book.add(*(seen(note=note, berth=f"Pier {n}") for n, note in enumerate(notes)), now=NOW)
    assert [record.note for record in added] == [seen(note=note).note for note in notes]
    assert {r.id: r for r in Logbook(book.folder).read().records} == {record.id: record for record in added}
    assert len(year_file(book).read_bytes().split(b"\n")) == len(notes) + 3
    assert_chain_holds(book)


days = st.sampled_from(["2024-12-31", "2025-01-01", "2025", "2025-05", "2025-05-18~", "2026-02-03/2026-02-05"])
step = st.one_of(
    st.tuples(st.just("add"), days, st.integers(0, 9)),
    st.tuples(st.just("amend"), days, st.integers(0, 9)),
    st.tuples(st.just("withdraw"), days, st.integers(0, 9)),
    st.tuples(st.just("crash"), days, st.integers(0, 9)),
)


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(step, min_size=1, max_size=10))
def test_no_sequence_of_writes_and_crashes_loses_a_record(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]]
) -> None:
    """Against a plain dict; a crash restores the year files as they were before the last write."""
    book = Logbook.create(tmp_path_factory.mktemp("steps") / "book", empty=True)
    expected: dict[str | None, Observation] = {}
    before: dict[Path, bytes] = {}
    for number, (what, day, index) in enumerate(steps):
        target = sorted(expected, key=str)[index % len(expected)] if expected else None
        if what == "crash":
            for path in (book.folder / "observations").glob("*.geojson"):
                if path in before:
                    path.write_bytes(before[path])
                else:
                    path.unlink()
            book = Logbook(book.folder)
        elif what == "add" or target is None:
            before = {path: path.read_bytes() for path in (book.folder / "observations").glob("*.geojson")}
            (added,) = book.add(seen(day, berth=f"Pier {number}"), now=NOW)
            expected[added.id] = added
        else:
            before = {path: path.read_bytes() for path in (book.folder / "observations").glob("*.geojson")}
            if what == "amend":
                expected[target] = book.amend(target, date=day, note=f"Step {number}.", now=NOW)
            else:
                if expected[target].status == "withdrawn":
                    with pytest.raises(InvalidRecord, match="withdrawn already"):
                        book.withdraw(target, why=f"step {number}", now=NOW)
                    continue
                expected[target] = book.withdraw(target, why=f"step {number}", now=NOW)
        records = Logbook(book.folder).read(withdrawn=True).records
        assert {record.id: record for record in records} == expected
    if expected:
        assert_chain_holds(book)
    assert [problem for problem in Logbook(book.folder).check() if problem.level == "error"] == []


# --- files a person, an editor or another program has been at


def write_json(path: Path, content: object, **options: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, **options), encoding="utf-8")


def put_features(book: Logbook, year: int, *properties: dict[str, Any], geometry: Any = None) -> None:
    features = [{"type": "Feature", "id": p["id"], "properties": p, "geometry": geometry} for p in properties]
    write_json(year_file(book, year), {"type": "FeatureCollection", "features": features})


def lay_out_anew(path: Path) -> None:
    write_json(path, json.loads(path.read_bytes()), indent=2, ensure_ascii=False)


def assert_untouched_by(book: Logbook, action: Callable[[], object]) -> None:
    before = tree(book.folder)
    with pytest.raises(UnreadableFile, match=r"observations/2025\.geojson could not be read whole"):
        action()
    assert tree(book.folder) == before


def break_line_of(book: Logbook, identifier: str) -> int:
    """Take the last brace off a record's line; gives the number of the line."""
    rows = year_file(book).read_bytes().split(b"\n")
    index = next(i for i, row in enumerate(rows) if row.startswith(f'{{"type":"Feature","id":"{identifier}"'.encode()))
    rows[index] = rows[index].replace(b'"geometry":null}', b'"geometry":null')
    year_file(book).write_bytes(b"\n".join(rows))
    return index + 1


def test_broken_json_in_one_line_leaves_the_rest_readable(book: Logbook) -> None:
    line = break_line_of(book, ROPUCHA)
    records, problems = book.read()
    assert len(records) == SHIPPED - 1
    (problem,) = problems
    assert (problem.level, problem.file, problem.line) == ("error", "observations/2025.geojson", line)
    assert "not valid JSON" in problem.what


def test_a_file_with_a_broken_line_is_never_written_to(book: Logbook) -> None:
    break_line_of(book, ROPUCHA)
    assert_untouched_by(book, lambda: book.add(seen("2025-06-01"), now=NOW))
    assert_untouched_by(book, lambda: book.amend("sunan-2025-06-04-il-76", note="New.", now=NOW))
    assert_untouched_by(book, lambda: book.withdraw("sunan-2025-06-04-il-76", why="wrong", now=NOW))
    assert_untouched_by(book, lambda: book.amend(TAPIR_2024, date="2025-10-17", now=NOW))
    assert_untouched_by(book, lambda: book.amend("sunan-2025-06-04-il-76", date="2026-01-01", now=NOW))


def test_another_year_is_written_to_although_one_is_broken(book: Logbook) -> None:
    break_line_of(book, ROPUCHA)
    broken = year_file(book).read_bytes()
    (added,) = book.add(seen("2026-01-02"), now=NOW)
    assert added.id in ids(Logbook(book.folder))
    assert year_file(book).read_bytes() == broken


def test_the_marks_of_an_unfinished_merge_are_named(book: Logbook) -> None:
    rows = year_file(book).read_bytes().split(b"\n")
    rows[3:3] = [b"<<<<<<< HEAD", rows[3], b"=======", rows[3].replace(b'"count":1', b'"count":2'), b">>>>>>> theirs"]
    year_file(book).write_bytes(b"\n".join(rows))
    records, problems = book.read()
    marks = [problem.line for problem in problems if "git merge" in problem.what]
    assert marks == [4, 6, 8]
    assert len(records) == SHIPPED
    assert_untouched_by(book, lambda: book.add(seen("2025-06-01"), now=NOW))


def test_two_lines_without_a_comma_between_them_are_read_and_the_place_is_named(book: Logbook) -> None:
    data = year_file(book).read_bytes().replace(b'"geometry":null},\n', b'"geometry":null}\n', 1)
    year_file(book).write_bytes(data)
    records, problems = book.read()
    assert len(records) == SHIPPED
    assert [(problem.level, problem.line) for problem in problems] == [("error", 3)]
    assert_untouched_by(book, lambda: book.add(seen("2025-06-01"), now=NOW))


@pytest.mark.parametrize(
    ("mangle", "words"),
    [
        (lambda raw: b"\xef\xbb\xbf" + raw, "byte order mark"),
        (lambda raw: raw.replace(b"\n", b"\r\n"), "Windows line ends"),
    ],
    ids=["BOM", "CRLF"],
)
def test_marks_of_another_system_are_read_and_leave_with_the_next_write(
    book: Logbook, mangle: Callable[[bytes], bytes], words: str
) -> None:
    clean = year_file(book).read_bytes()
    year_file(book).write_bytes(mangle(clean))
    records, problems = book.read()
    assert len(records) == SHIPPED
    assert [(problem.level, words in problem.what) for problem in problems] == [("notice", True)]
    (added,) = book.add(seen("2025-05-19"), now=NOW)
    rows = year_file(book).read_bytes().splitlines(keepends=True)
    assert b"".join(row for row in rows if f'"id":"{added.id}"'.encode() not in row) == clean
    assert Logbook(book.folder).read().problems == []


def plain_feature(**members: Any) -> dict[str, Any]:
    properties = {"site": "dunay", "date": "2025-05-18", "platform": "tapir-class"}
    return {"type": "Feature", "properties": properties, "geometry": None, **members}


@pytest.mark.parametrize(
    ("features", "kept", "problem"),
    [
        ([plain_feature()], 0, "a Feature without id"),
        ([plain_feature(id="a"), plain_feature(id="a")], 1, "the id stands at observations/2025.geojson"),
        ([plain_feature(id="a"), 7, None], 1, "is not a GeoJSON Feature"),
        ([plain_feature(id="a", properties=None)], 0, "a Feature without id"),
        ([plain_feature(id="a", properties={"site": "dunay", "date": "2025-02-30"})], 0, "not on the calendar"),
        ([plain_feature(id="a", properties={"site": "dunay"})], 0, "is missing"),
        ([plain_feature(id=7)], 0, "without id"),
        ([plain_feature(id="a", geometry={"type": "Point", "coordinates": [500, 99]})], 0, "is not on Earth"),
        ([plain_feature(id="a", geometry={"type": "Point", "coordinates": []})], 0, ""),
        ([plain_feature(id="a", geometry={"type": "Circle", "coordinates": [1, 2]})], 0, ""),
        ([plain_feature(id="a", geometry=[132.3, 42.9])], 0, ""),
        ([plain_feature(id="a", type="Thing")], 0, "is not a GeoJSON Feature"),
    ],
)
def test_one_bad_feature_never_hides_the_others(
    empty_book: Logbook, features: list[Any], kept: int, problem: str
) -> None:
    good = plain_feature(id="good", properties={"site": "sunan", "date": "2025-06-04", "platform": "il-76"})
    write_json(year_file(empty_book), {"type": "FeatureCollection", "features": [*features, good]}, indent=1)
    records, problems = empty_book.read()
    assert len(records) == kept + 1
    assert all(found.level == "error" and found.file == "observations/2025.geojson" for found in problems)
    assert problem in problems[0].what
    # What cannot be read stays in the file through a write.
    empty_book.add(seen("2025-06-01"), now=NOW)
    written = json.loads(year_file(empty_book).read_bytes())["features"]
    assert all(feature in written for feature in [*features, good])


def test_two_with_one_id_are_not_amended(empty_book: Logbook) -> None:
    both = [plain_feature(id="a"), plain_feature(id="a")]
    write_json(year_file(empty_book), {"type": "FeatureCollection", "features": both})
    before = tree(empty_book.folder)
    with pytest.raises(InvalidRecord, match="stands in the files twice"):
        empty_book.amend("a", berth="Pier 1", now=NOW)
    assert tree(empty_book.folder) == before


def test_an_altitude_is_kept_and_noticed(empty_book: Logbook) -> None:
    place = {"type": "Point", "coordinates": [132.335, 42.87, 12.5]}
    put_features(
        empty_book, 2025, {"id": "a", "site": "dunay", "date": "2025-05-18", "platform": "ship"}, geometry=place
    )
    assert empty_book.get("a").geometry == place
    (notice,) = [problem for problem in empty_book.check() if problem.id == "a"]
    assert (notice.level, "altitude" in notice.what) == ("notice", True)
    empty_book.amend("a", berth="Pier 1", now=NOW)
    assert Logbook(empty_book.folder).get("a").geometry == place


@pytest.mark.parametrize(
    "layout", ['{"type":"FeatureCollection","features":[]}', '{"features": [],\n"type": "FeatureCollection"}\n']
)
def test_an_empty_collection_is_an_empty_year(empty_book: Logbook, layout: str) -> None:
    year_file(empty_book).write_text(layout, encoding="utf-8")
    assert empty_book.read() == ([], [])
    assert len(empty_book.add(seen(), now=NOW)) == 1
    assert len(ids(Logbook(empty_book.folder))) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not valid JSON"),
        (b"\n", "not valid JSON"),
        (b"[]", "not a GeoJSON FeatureCollection"),
        (b"null", "not a GeoJSON FeatureCollection"),
        (b'{"type":"Feature","id":"a","properties":{},"geometry":null}', "not a GeoJSON FeatureCollection"),
        (b'{"type":"FeatureCollection"}', "not a GeoJSON FeatureCollection"),
        (b'{"type":"FeatureCollection","features":{}}', "not a GeoJSON FeatureCollection"),
        (b'{"type":"FeatureCollection","features":[', "not valid JSON"),
        (b"\xff\xfe\x00\x01", "not valid JSON"),
        (
            b'{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},'
            b'"features":[]}',
            "another coordinate system",
        ),
    ],
)
def test_a_year_file_that_is_none_is_an_error_and_is_left_alone(book: Logbook, content: bytes, words: str) -> None:
    year_file(book).write_bytes(content)
    records, problems = book.read()
    assert len(records) == SHIPPED - SHIPPED_2025
    assert [(problem.level, problem.file) for problem in problems] == [("error", "observations/2025.geojson")]
    assert words in problems[0].what
    assert_untouched_by(book, lambda: book.add(seen("2025-06-01"), now=NOW))


def test_a_year_file_that_may_not_be_read_is_an_error_and_is_left_alone(
    book: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_bytes = Path.read_bytes

    def refusing(self: Path) -> bytes:
        if self.name == "2025.geojson":
            no_permission()
        return read_bytes(self)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refusing)
        (problem,) = book.read().problems
        assert (problem.level, "Permission denied" in problem.what) == ("error", True)
        with pytest.raises(UnreadableFile):
            book.add(seen("2025-06-01"), now=NOW)


def test_a_file_laid_out_by_another_program_is_read_and_written_all_the_same(book: Logbook) -> None:
    expected = book.read().records
    lay_out_anew(year_file(book))
    fresh = Logbook(book.folder)
    assert fresh.read() == (expected, [])
    row = year_file(book).read_text(encoding="utf-8").splitlines()[(fresh.find(ROPUCHA).line or 0) - 1]
    assert '"type": "Feature"' in row
    fresh.add(seen("2025-05-19"), now=NOW)
    assert len(year_file(book).read_bytes().splitlines()) == 2 + SHIPPED_2025 + 1
    assert [r for r in Logbook(book.folder).read().records if r.id != "dunay-2025-05-19-tapir-class"] == expected


@needs_gdal
@pytest.mark.parametrize("options", [(), ("-lco", "RFC7946=YES"), ("-lco", "WRITE_BBOX=YES")], ids=str)
def test_a_file_rewritten_by_gdal_says_the_same(book: Logbook, tmp_path: Path, options: tuple[str, ...]) -> None:
    book.add(
        seen(
            geometry={"type": "Point", "coordinates": [132.335, 42.87]},
            image_time=datetime(2025, 5, 19, 1, 40, tzinfo=UTC),
            sources=({"published_by": "CNN", "grade": "B2", "confidential": True},),
            tags=("a", "b"),
            length_m=112.0,
        ),
        now=NOW,
    )
    expected = {record.id: record for record in book.read().records}
    rewritten = tmp_path / "rewritten.geojson"
    subprocess.run(
        ["ogr2ogr", "-f", "GeoJSON", *options, str(rewritten), str(year_file(book))], check=True, capture_output=True
    )
    year_file(book).write_bytes(rewritten.read_bytes())
    records, problems = Logbook(book.folder).read()
    assert [problem for problem in problems if problem.level == "error"] == []
    # A bounding box is kept as a member that resight does not know.
    told = {record.id: record.with_changes(foreign_members=None) for record in records}
    assert told == expected


@needs_gdal
def test_gdal_opens_a_year_file_as_a_layer_of_columns(book: Logbook) -> None:
    output = subprocess.run(
        ["ogrinfo", "-so", "-al", str(year_file(book))], check=True, capture_output=True, text=True
    ).stdout
    assert f"Feature Count: {SHIPPED_2025}" in output
    for column in ("site: String", "earliest: Date", "count: Integer", "platform: String"):
        assert column in output


def test_a_file_not_named_after_a_year_is_read_all_the_same(book: Logbook) -> None:
    year_file(book).rename(year_file(book).with_name("summer.geojson"))
    fresh = Logbook(book.folder)
    assert len(ids(fresh)) == SHIPPED
    (warning,) = [problem for problem in fresh.check() if problem.level == "warning"]
    assert (warning.file, "not named after a year" in warning.what) == ("observations/summer.geojson", True)
    after = fresh.amend(ROPUCHA, berth="Pier 1", now=NOW)
    # The amended record goes home to its year, and out of the odd file.
    assert Logbook(book.folder).find(ROPUCHA).file == "observations/2025.geojson"
    assert Logbook(book.folder).get(ROPUCHA) == after
    assert len(ids(Logbook(book.folder))) == SHIPPED


def test_a_record_in_the_file_of_another_year_is_read_and_warned_of(book: Logbook) -> None:
    year_file(book).rename(year_file(book, 2023))
    fresh = Logbook(book.folder)
    assert len(ids(fresh)) == SHIPPED
    assert {p.what for p in fresh.check() if p.level == "warning"} == {
        "begins in 2025, so it belongs into observations/2025.geojson"
    }


# --- the words and the register


def test_a_site_that_is_not_right_is_a_problem_and_the_others_are_read(book: Logbook) -> None:
    register = book.folder / "seeds" / "sites.geojson"
    register.write_bytes(register.read_bytes().replace(b'"timezone":"Asia/Shanghai"', b'"timezone":"Asia/Nowhere"'))
    fresh = Logbook(book.folder)
    assert "zhoushan" not in fresh.sites
    assert "dunay" in fresh.sites
    errors = [problem for problem in fresh.check() if problem.level == "error"]
    assert any(p.file == "seeds/sites.geojson" and p.id == "zhoushan" and "time zone" in p.what for p in errors)


def test_a_broken_register_is_a_problem(book: Logbook) -> None:
    (book.folder / "seeds" / "sites.geojson").write_bytes(b"{")
    fresh = Logbook(book.folder)
    assert fresh.sites == {}
    assert any(p.level == "error" and p.file == "seeds/sites.geojson" for p in fresh.check())


def test_a_broken_vocabulary_is_said_in_words(book: Logbook) -> None:
    (book.folder / "seeds" / "vocabulary.toml").write_text("[platforms", encoding="utf-8")
    with pytest.raises(InvalidValue, match=r"vocabulary\.toml"):
        _ = Logbook(book.folder).vocabulary


# --- the journal


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
@example({"b": 1.0, "a": [-0.0, 1e15, 123.456, 1e-4, 5e-324, 1e21, 0.1], "\ue000": 1, "\U0001f600": 2})
@example({"text": '\x00\x07\b\t\n\f\r\x1f \x7f \u2028 \U0001f600 "quoted" / \\\\'})
@example({"coordinates": [132.355, 42.897, 43.0], "count": 2, "huge": 2**53, "sources": [{"url": None}]})
def test_canonical_json_is_that_of_the_standard_s_own_writer(content: dict[str, Any]) -> None:
    def told(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: told(item) for key, item in value.items()}
        if isinstance(value, list):
            return [told(item) for item in value]
        return str(value) if type(value) is int and abs(value) >= 2**53 else value

    try:
        expected = rfc8785.dumps(told(content))
    except rfc8785.CanonicalizationError:
        with pytest.raises(InvalidValue):
            journal.canonical(content)
    else:
        assert journal.canonical(content) == expected


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_a_part_that_was_laid_before_stands_in_its_line_as_it_would_by_itself(content: dict[str, Any]) -> None:
    entry = {"id": "\u00e4", "before": None, "parents": ["0" * 64], "files": {"\ue000": ["", "1"], "\U0001f600": []}}
    try:
        expected = journal._signed({**entry, "after": content})
    except InvalidValue:
        return
    line, digest = journal._signed({**entry, "after": journal.laid(content)})
    assert (line, digest) == expected
    assert digest == journal.digest_of({**entry, "after": content})


def test_every_write_leaves_one_canonical_line_in_an_unbroken_chain(book: Logbook) -> None:
    book.add(seen("2025-05-19"), now=NOW)
    book.add(seen("2025-05-20"), seen("2024-05-20", "cargo-ship"), now=NOW)
    book.amend(ROPUCHA, berth="Pier 1", now=LATER)
    book.withdraw(TAPIR_2024, why="wrong", now=LATER)
    Logbook(book.folder).review(ROPUCHA, by="B. Editor", now=LATER)
    assert [entry["command"] for entry in entries(book)] == ["log", "log", "log", "amend", "withdraw", "review"]
    assert_chain_holds(book)


def test_the_journal_names_the_year_files_before_and_after(book: Logbook) -> None:
    before = sha256(year_file(book).read_bytes())
    book.add(seen("2025-05-19"), seen("2026-01-02"), now=NOW)
    first, last = entries(book)
    assert "files" not in first
    assert last["files"] == {
        "2025.geojson": [before, sha256(year_file(book).read_bytes())],
        "2026.geojson": ["", sha256(year_file(book, 2026).read_bytes())],
    }
    assert (last["before"], last["after"]["id"]) == (None, last["id"])


def test_a_chain_of_digests_is_a_pure_function_of_the_lines(book: Logbook) -> None:
    book.add(seen(), now=NOW)
    (entry,) = entries(book)
    assert journal.digest_of(entry) == entry["digest"]


def test_a_long_journal_is_read_from_its_end(empty_book: Logbook) -> None:
    """The last write is found though it is longer than the chunk that is read first."""
    batch = [seen("2025-05-19", note="x" * 4000, berth=f"Pier {number}") for number in range(40)]
    empty_book.add(seen("2025-05-18"), now=NOW)
    empty_book.add(*batch, now=NOW)
    assert len(journal.Journal(journal_file(empty_book)).last_write(whole=True).entries) == 40
    empty_book.add(seen("2025-05-20"), now=NOW)
    assert_chain_holds(empty_book)


def test_a_write_cut_off_after_its_journal_line_is_carried_out_at_the_next_open(book: Logbook) -> None:
    old = year_file(book).read_bytes()
    (added,) = book.add(seen(), now=NOW)
    new = year_file(book).read_bytes()
    year_file(book).write_bytes(old)
    fresh = Logbook(book.folder)
    records, problems = fresh.read()
    assert added in records
    (notice,) = problems
    assert (notice.level, notice.id, "carried out now" in notice.what) == ("notice", added.id, True)
    assert year_file(book).read_bytes() == new
    assert Logbook(book.folder).read().problems == []
    assert_chain_holds(book)


def test_a_repair_is_told_once_by_check(book: Logbook) -> None:
    old = year_file(book).read_bytes()
    book.add(seen(), now=NOW)
    year_file(book).write_bytes(old)
    told = [problem for problem in Logbook(book.folder).check() if "carried out now" in problem.what]
    assert len(told) == 1


def test_a_cut_off_amendment_of_a_date_is_carried_out_in_the_file_that_lacks_it(book: Logbook) -> None:
    old = year_file(book).read_bytes()
    after = book.amend(ROPUCHA, date="2026-01-05", now=NOW)
    new = tree(book.folder)
    year_file(book).write_bytes(old)
    fresh = Logbook(book.folder)
    assert fresh.get(ROPUCHA) == after
    assert tree(book.folder) == new
    assert ids(fresh).count(ROPUCHA) == 1


def test_the_first_write_of_a_year_cut_off_is_carried_out(book: Logbook) -> None:
    (added,) = book.add(seen("2026-01-05"), now=NOW)
    year_file(book, 2026).unlink()
    assert added.id in ids(Logbook(book.folder))
    assert year_file(book, 2026).exists()


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interruption_before_the_year_file_takes_the_journal_line_back(
    book: Logbook, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    book.add(seen("2025-05-20"), now=NOW)
    before = tree(book.folder)

    def interrupted(*_: Any) -> None:
        raise interruption

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted)
        with pytest.raises(interruption):
            book.add(seen(), now=NOW)
    assert tree(book.folder) == before
    book.add(seen(), now=LATER)
    assert_chain_holds(book)
    assert Logbook(book.folder).read().problems == []


def test_an_interruption_between_two_year_files_is_mended(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        if target.name == "2025.geojson":
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            book.amend(ROPUCHA, date="2026-01-05", now=NOW)
    fresh = Logbook(book.folder)
    assert ids(fresh).count(ROPUCHA) == 1
    assert fresh.get(ROPUCHA).date == "2026-01-05"
    assert f'"id":"{ROPUCHA}"'.encode() not in year_file(book).read_bytes()
    assert [problem.level for problem in fresh.check() if problem.level != "notice"] == []
    assert_chain_holds(fresh)


@pytest.mark.parametrize("lost", [1, 2, 60, 400])
def test_a_torn_last_line_is_dropped_at_the_next_write(book: Logbook, lost: int) -> None:
    """A crash while the journal was written: the year file is as it was, the write never happened."""
    book.add(seen("2025-05-20"), now=NOW)
    old, whole = year_file(book).read_bytes(), journal_file(book).read_bytes()
    book.add(seen("2025-05-21"), now=NOW)
    year_file(book).write_bytes(old)
    data = journal_file(book).read_bytes()
    journal_file(book).write_bytes(data[:-lost])
    fresh = Logbook(book.folder)
    # All that is missing may be the end of the line: then the write is whole, and is carried out or dropped as one.
    present = "dunay-2025-05-21-tapir-class" in ids(fresh)
    assert not (present and lost > 1)
    assert content_of(journal_file(book)).rstrip(b"\n") == (data if present else whole).rstrip(b"\n")
    fresh.add(seen("2025-05-22"), now=LATER)
    assert_chain_holds(fresh)
    assert Logbook(book.folder).read().problems == []


def test_a_journal_whose_first_line_was_torn_starts_anew(empty_book: Logbook) -> None:
    journal_file(empty_book).write_bytes(b'{"after":{"geometry":nu')
    empty_book.add(seen(), now=NOW)
    assert len(entries(empty_book)) == 1
    assert_chain_holds(empty_book)


def test_a_batch_of_which_only_the_first_line_survived_is_dropped(book: Logbook) -> None:
    book.add(seen("2025-05-20"), now=NOW)
    whole, old = journal_file(book).read_bytes(), year_file(book).read_bytes()
    book.add(seen("2025-05-21"), seen("2025-05-22"), now=NOW)
    first = journal_file(book).read_bytes()[len(whole) :].split(b"\n")[0] + b"\n"
    journal_file(book).write_bytes(whole + first)
    year_file(book).write_bytes(old)
    fresh = Logbook(book.folder)
    assert {"dunay-2025-05-21-tapir-class", "dunay-2025-05-22-tapir-class"}.isdisjoint(ids(fresh))
    assert year_file(book).read_bytes() == old
    assert journal_file(book).read_bytes() == whole
    fresh.add(seen("2025-05-23"), now=LATER)
    assert_chain_holds(fresh)


def test_a_last_line_without_its_line_end_is_not_lost(book: Logbook) -> None:
    """An editor that strips the last line end must not cost the earlier wording of an amendment."""
    book.amend(ROPUCHA, berth="Pier 1", now=NOW)
    journal_file(book).write_bytes(journal_file(book).read_bytes().rstrip(b"\n"))
    fresh = Logbook(book.folder)
    fresh.read()
    fresh.add(seen(), now=LATER)
    assert [entry["command"] for entry in entries(fresh)] == ["amend", "log"]
    assert_chain_holds(fresh)


@pytest.mark.parametrize(
    "mangle",
    [
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: b"".join(json.dumps(json.loads(row), indent=1).encode() + b"\n" for row in raw.splitlines()),
        lambda raw: raw + b"<<<<<<< HEAD\n",
    ],
    ids=["BOM", "pretty-printed", "conflict mark"],
)
def test_a_journal_that_cannot_be_read_is_never_cut(book: Logbook, mangle: Callable[[bytes], bytes]) -> None:
    """What stands there is not the beginning of a line of ours, so no crash of ours left it."""
    book.amend(ROPUCHA, berth="Pier 1", now=NOW)
    journal_file(book).write_bytes(mangle(journal_file(book).read_bytes()))
    before = journal_file(book).read_bytes()
    fresh = Logbook(book.folder)
    fresh.read()
    assert journal_file(book).read_bytes() == before


# --- disk and permission


def test_a_full_disk_while_the_year_file_is_staged_changes_nothing(
    book: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.add(seen("2025-05-20"), now=NOW)
    before = tree(book.folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_space)
        with pytest.raises(CannotWrite, match="No space left on device; nothing was changed"):
            book.add(seen(), now=NOW)
    assert tree(book.folder) == before
    book.add(seen(), now=NOW)
    assert_chain_holds(book)


@pytest.mark.parametrize("is_first", [True, False], ids=["first write", "later write"])
def test_a_full_disk_while_the_journal_is_written_changes_nothing(
    book: Logbook, monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    if not is_first:
        book.add(seen("2025-05-20"), now=NOW)
    before = tree(book.folder)
    calls: list[int] = []
    fsync = os.fsync

    def full_at_the_second(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            no_space()
        fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_at_the_second)
        with pytest.raises(CannotWrite, match="No space left on device"):
            book.add(seen(), now=NOW)
    after = tree(book.folder)
    # A journal that was not there may be left behind empty.
    if not after.get("observations/journal.jsonl"):
        after.pop("observations/journal.jsonl", None)
    assert after == before
    book.add(seen(), now=NOW)
    assert_chain_holds(book)


def test_a_disk_that_fills_in_the_middle_of_a_journal_line_leaves_no_part_of_it(
    book: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.add(seen("2025-05-20"), now=NOW)
    before = tree(book.folder)
    open_ = Path.open

    class Full:
        """A file that takes half of what it is given."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, data: bytes) -> int:
            self.file.write(data[: len(data) // 2])
            self.file.flush()
            return int(no_space())

    def opened(self: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        file = open_(self, mode, *args, **kwargs)
        return Full(file) if self.name == "journal.jsonl" and mode == "ab" else file

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", opened)
        with pytest.raises(CannotWrite, match="No space left"):
            book.add(seen(), now=NOW)
    assert tree(book.folder) == before


def test_a_rename_that_is_refused_changes_nothing(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    book.add(seen("2025-05-20"), now=NOW)
    before = tree(book.folder)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", no_permission)
        with pytest.raises(CannotWrite, match="Permission denied"):
            book.add(seen(), now=NOW)
    assert tree(book.folder) == before
    assert Logbook(book.folder).read().problems == []


def test_a_folder_that_cannot_be_synced_is_not_called_unchanged(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    fsync = os.fsync

    def failing_at_the_third(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 3:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(handle)

    said = ""
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing_at_the_third)
        try:
            book.add(seen(), now=NOW)
        except CannotWrite as error:
            said = str(error)
    is_there = "dunay-2025-05-19-tapir-class" in ids(Logbook(book.folder))
    assert is_there != ("nothing was changed" in said)


def test_a_move_stopped_half_way_is_not_called_unchanged(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def refused(self: Path, target: Path) -> Path:
        if target.name == "2025.geojson":
            no_permission()
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refused)
        with pytest.raises(CannotWrite) as raised:
            book.amend(ROPUCHA, date="2026-01-05", now=NOW)
    # The next open carries it out, so the person must not be told to try again.
    assert Logbook(book.folder).get(ROPUCHA).date == "2026-01-05"
    assert "nothing was changed" not in str(raised.value)


def test_a_read_only_folder_is_read_and_not_written(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write whatever the permissions say, so the refusal is simulated."""
    before = tree(book.folder)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", no_permission)
        with pytest.raises(CannotWrite, match="Permission denied; nothing was changed"):
            book.add(seen(), now=NOW)
        assert len(ids(book)) == SHIPPED
    assert tree(book.folder) == before


def test_a_cut_off_write_in_a_read_only_folder_is_an_error_and_the_rest_is_read(
    book: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = year_file(book).read_bytes()
    book.add(seen(), now=NOW)
    year_file(book).write_bytes(old)
    fresh = Logbook(book.folder)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", no_permission)
        records, problems = fresh.read()
    assert len(records) == SHIPPED
    assert [problem.level for problem in problems] == ["error"]
    assert "cannot be carried out here" in problems[0].what


def test_a_repair_that_fails_is_told_once_however_often_is_read(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    old = year_file(book).read_bytes()
    book.add(seen(), now=NOW)
    year_file(book).write_bytes(old)
    fresh = Logbook(book.folder)
    monkeypatch.setattr(Path, "mkdir", no_permission)
    fresh.read()
    assert len(fresh.read().problems) == 1


def test_a_lock_that_is_held_is_waited_for_and_then_named(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    monkeypatch.setattr("resight.logbook.LOCK_SECONDS", 0.05)
    (book.folder / ".resight").mkdir()
    with FileLock(book.folder / ".resight" / "lock"), pytest.raises(CannotWrite, match="another resight"):
        book.add(seen(), now=NOW)


# --- others at the same time


def test_a_record_another_process_added_meanwhile_is_not_lost(book: Logbook) -> None:
    book.read()
    Logbook(book.folder).add(seen("2025-05-20"), now=NOW)
    book.add(seen("2025-05-21"), now=NOW)
    assert {"dunay-2025-05-20-tapir-class", "dunay-2025-05-21-tapir-class"} <= set(ids(Logbook(book.folder)))


def test_an_edit_by_hand_between_read_and_write_is_kept(book: Logbook) -> None:
    book.read()
    data = year_file(book).read_bytes().replace(b'"activity":"docked"', b'"activity":"loading"', 1)
    year_file(book).write_bytes(data)
    book.add(seen(), now=NOW)
    assert b'"activity":"loading"' in year_file(book).read_bytes()


def edit_just_before_the_rename(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Another program saves the year file while ours is about to be renamed into place; gives what it saved."""
    swap = DataFiles.swap
    edited = year_file(book).read_bytes().replace(b'"activity":"docked"', b'"activity":"loading"', 1)

    def late(self: DataFiles, staged: Any) -> None:
        year_file(book).write_bytes(edited)
        swap(self, staged)

    monkeypatch.setattr(DataFiles, "swap", late)
    return edited


def test_an_edit_while_the_file_is_written_is_noticed_and_kept(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        edited = edit_just_before_the_rename(book, patch)
        with pytest.raises(CannotWrite, match="changed by another program just now; nothing was changed"):
            book.add(seen(), now=NOW)
    assert year_file(book).read_bytes() == edited
    assert "dunay-2025-05-19-tapir-class" not in ids(Logbook(book.folder))


@pytest.mark.parametrize(("at", "day"), [(1, "2024-06-01"), (2, "2024-06-01"), (2, "2026-06-01")])
def test_an_edit_into_a_file_that_is_being_renamed_over_is_put_back_in_both_years(
    book: Logbook, monkeypatch: pytest.MonkeyPatch, at: int, day: str
) -> None:
    """The record moves from one year's file to the other's; another program writes as late as it can."""
    book.add(seen("2024-05-20"), now=NOW)
    (moved,) = book.add(seen("2025-05-20"), now=NOW)
    before = [path.read_bytes() for path in (year_file(book), year_file(book, 2024), journal_file(book))]
    replace, renames = Path.replace, 0

    def late(self: Path, target: Any) -> Path:
        nonlocal renames
        renames += self.suffix == ".tmp" and ".old." not in self.name
        if renames == at:
            with year_file(book).open("r+b") as file:
                file.write(b" " * 12)
            renames = 3
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", late)
    with pytest.raises(CannotWrite, match=r"2025\.geojson was changed by another program just now; nothing was"):
        book.amend(moved.id or "", date=day, now=NOW)
    assert not year_file(book, 2026).exists()
    assert [path.read_bytes() for path in (year_file(book, 2024), journal_file(book))] == before[1:]
    assert year_file(book).read_bytes() == b" " * 12 + before[0][12:]
    assert list(book.folder.rglob("*.tmp")) == []


def test_what_is_written_into_a_file_right_after_it_was_put_in_place_is_read(
    book: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.add(seen("2025-05-18"), now=NOW)
    book = Logbook(book.folder)
    unlink = Path.unlink

    def edit(self: Path, **how: Any) -> None:
        if ".old." in self.name:
            year_file(book).write_bytes(b" " * 40 + year_file(book).read_bytes())
        unlink(self, **how)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", edit)
        (added,) = book.add(seen("2025-05-20"), now=NOW)
    for opened in (book, Logbook(book.folder)):
        assert opened.get(added.id or "") == added
        assert opened.read().problems == Logbook(book.folder).read().problems


def test_a_disk_without_second_names_is_written_to_all_the_same(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: Any) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    (added,) = book.add(seen("2025-05-20"), now=NOW)
    book.amend(added.id or "", date="2024-06-01", now=NOW)
    assert Logbook(book.folder).get(added.id or "").date == "2024-06-01"


def test_a_write_refused_because_of_an_edit_leaves_no_journal_line(
    book: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.add(seen("2025-05-20"), now=NOW)
    whole = journal_file(book).read_bytes()
    with monkeypatch.context() as patch:
        edit_just_before_the_rename(book, patch)
        with pytest.raises(CannotWrite):
            book.add(seen(), now=NOW)
    assert journal_file(book).read_bytes() == whole


def test_a_cut_off_write_is_not_forgotten_when_the_file_was_edited_meanwhile(book: Logbook) -> None:
    """Neither bytes before nor after: the record of the journal's last line is nowhere, and nobody is told."""
    old = year_file(book).read_bytes()
    (added,) = book.add(seen(), now=NOW)
    year_file(book).write_bytes(old.replace(b'"activity":"docked"', b'"activity":"loading"', 1))
    fresh = Logbook(book.folder)
    records, _ = fresh.read()
    assert added.id in {record.id for record in records} or any("journal" in p.file for p in fresh.check())


ADDING = """
import sys
from datetime import UTC, datetime
from resight.logbook import Logbook
from resight.observation import Observation, build
folder, who = sys.argv[1:]
for number in range(10):
    record = build(Observation, {"site": "dunay", "date": "2025-05-19", "platform": "tapir-class",
                                 "analyst": who, "berth": f"{who} {number}"})
    Logbook(folder).add(record, now=datetime(2026, 1, 31, 9, tzinfo=UTC))
"""


def test_two_processes_adding_at_the_same_time_lose_nothing(empty_book: Logbook) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", ADDING, str(empty_book.folder), who], stderr=subprocess.PIPE)
        for who in ("a", "b")
    ]
    assert [(process.communicate(timeout=120)[1], process.returncode) for process in started] == [(b"", 0)] * 2
    records, problems = Logbook(empty_book.folder).read()
    assert problems == []
    assert {record.berth for record in records} == {f"{who} {number}" for who in "ab" for number in range(10)}
    assert len({record.id for record in records}) == 20
    assert len(entries(empty_book)) == 20
    assert_chain_holds(empty_book)
    assert not list((empty_book.folder / "observations").glob(".*"))


def test_an_amendment_of_a_reviewed_record_takes_the_review_back(book: Logbook) -> None:
    book.review(ROPUCHA, by="B. Editor", now=NOW)
    assert book.amend(ROPUCHA, count=1, now=NOW).status == "reviewed", "nothing changed"
    amended = book.amend(ROPUCHA, berth="Pier 1", now=NOW)
    assert (amended.status, amended.reviewed_by) == ("draft", None)


def test_the_same_image_is_not_logged_as_showing_and_not_showing_a_thing(empty_book: Logbook) -> None:
    common = {"site": "dunay", "date": "2025-05-18", "image_id": "104003"}
    empty_book.add(Observation(**common, platform="ropucha-class"), now=NOW)
    nothing = Observation(**common, outcome="not-seen")
    with pytest.raises(InvalidRecord, match="of image 104003 another record says the opposite"):
        empty_book.add(nothing, now=NOW)
    assert len(empty_book.read().records) == 1
    empty_book.add(nothing, anyway=True, now=NOW)
    assert len(empty_book.read().records) == 2


def test_two_folders_that_share_their_observations_share_one_lock(book: Logbook, tmp_path: Path) -> None:
    twin = tmp_path / "twin"
    twin.mkdir()
    for name in ("seeds", "observations"):
        (twin / name).symlink_to(book.folder / name)
    Logbook(twin).add(Observation(site="dunay", date="2025-05-20", platform="tapir-class"), now=NOW)
    assert (book.folder / ".resight" / "lock").exists()
    assert not (twin / ".resight").exists()
    assert book.get("dunay-2025-05-20-tapir-class").site == "dunay"


def test_a_foreign_number_too_long_for_canonical_json_stops_nothing(book: Logbook) -> None:
    year_file = book.folder / "observations" / "2025.geojson"
    text = year_file.read_text(encoding="utf-8")
    start = '"id":"dunay-2025-05-18-ropucha-class","properties":{'
    year_file.write_text(text.replace(start, start + '"tweet_id":1924000000000000001,'), encoding="utf-8")
    again = Logbook(book.folder)
    assert len(again.digest(again.read().records)) == 64
    again.amend("dunay-2025-05-18-ropucha-class", berth="Pier 1", now=NOW)
    assert '"tweet_id":1924000000000000001' in year_file.read_text(encoding="utf-8")


def test_a_withdrawn_record_is_not_brought_back_by_a_review(book: Logbook) -> None:
    book.withdraw(ROPUCHA, why="wrong image", now=NOW)
    with pytest.raises(InvalidRecord, match="is withdrawn"):
        book.review(ROPUCHA, by="B. Editor", now=NOW)
    assert book.get(ROPUCHA).status == "withdrawn"


def test_a_withdrawal_needs_its_reason(book: Logbook) -> None:
    with pytest.raises(InvalidRecord, match="needs its reason"):
        book.withdraw(ROPUCHA, why="  ", now=NOW)


def test_many_records_of_one_kind_and_day_are_numbered_in_order(empty_book: Logbook) -> None:
    records = [Observation(site="dunay", date="2025-05-18", platform="tanker", image_id=f"i{n}") for n in range(500)]
    added = empty_book.add(*records, now=NOW)
    assert [record.id for record in added[:2]] == ["dunay-2025-05-18-tanker", "dunay-2025-05-18-tanker-2"]
    assert added[-1].id == "dunay-2025-05-18-tanker-500"


# --- the logbook as it stood

#: After the shipped records were logged.
FIRST = datetime(2026, 12, 1, 9, 0, 0, tzinfo=UTC)
FAR = datetime(2999, 1, 1, tzinfo=UTC)
PROBLEM_OF_JOURNAL = "observations/journal.jsonl"


def at(hours: float) -> datetime:
    return FIRST + timedelta(hours=hours)


def then(book: Logbook, moment: datetime, **filters: Any) -> dict[str | None, Observation]:
    """The records of a moment, of which nothing is in doubt."""
    records, problems = book.read(as_of=moment, **filters)
    assert problems == []
    return {record.id: record for record in records}


def edit_by_hand(book: Logbook, identifier: str, **properties: Any) -> None:
    """Another program changes a record in its year file."""
    (path,) = (p for p in (book.folder / "observations").glob("*.geojson") if identifier.encode() in p.read_bytes())
    content = json.loads(path.read_bytes())
    (feature,) = (f for f in content["features"] if f["id"] == identifier)
    feature["properties"].update(properties)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def test_a_record_is_absent_before_it_was_logged_and_there_from_that_moment(book: Logbook) -> None:
    (added,) = book.add(seen("2025-05-20"), now=FIRST)
    assert added.id not in then(book, at(-0.001))
    assert then(book, FIRST)[added.id] == added


def test_an_amended_record_stands_as_it_was_worded_at_the_moment(book: Logbook) -> None:
    old = book.get(ROPUCHA)
    first = book.amend(ROPUCHA, berth="Pier 1", now=FIRST)
    second = book.amend(ROPUCHA, berth="Pier 2", now=at(2))
    assert [then(book, at(h))[ROPUCHA] for h in (-1, 0, 1, 2, 3)] == [old, first, first, second, second]


def test_a_withdrawn_record_is_back_before_its_withdrawal(book: Logbook) -> None:
    old = book.get(ROPUCHA)
    gone = book.withdraw(ROPUCHA, why="wrong image", now=FIRST)
    assert then(book, at(-1))[ROPUCHA] == old
    assert ROPUCHA not in then(book, FIRST)
    assert then(book, FIRST, withdrawn=True)[ROPUCHA] == gone


def test_before_its_first_amendment_a_seed_has_the_wording_of_the_seeds(book: Logbook) -> None:
    seed = book.get(TAPIR_2024)
    revised = book.amend(TAPIR_2024, count=2, platform_name=None, hedge=None, hedge_on=None, now=FIRST)
    again = book.amend(TAPIR_2024, count=3, now=at(2))
    assert [then(book, at(h))[TAPIR_2024] for h in (-1, 1, 3)] == [seed, revised, again]
    assert len(book.read(as_of=at(-1)).records) == len(book.read().records) == SHIPPED


def test_a_seed_overridden_by_hand_has_the_wording_of_the_seeds_before_that(book: Logbook) -> None:
    seed = book.get(TAPIR_2024)
    override = seed.with_changes(berth="Pier 9", revision=2, revised_at=FIRST)
    write_json(year_file(book, 2024), {"type": "FeatureCollection", "features": [override.to_feature()]})
    assert then(book, at(-1))[TAPIR_2024] == seed
    assert then(book, FIRST)[TAPIR_2024] == override


def test_a_record_that_moved_to_another_year_is_asked_for_where_it_was_then(book: Logbook) -> None:
    book.amend(ROPUCHA, date="2024-05-18", now=FIRST)
    year = (date(2025, 1, 1), date(2025, 12, 31))
    assert then(book, at(-1), between=year)[ROPUCHA].date == "2025-05-18"
    assert ROPUCHA not in then(book, FIRST, between=year)
    book.amend(ROPUCHA, site="nakhodka", anyway=True, now=at(2))
    assert ROPUCHA in then(book, at(1), sites={"dunay"})
    assert ROPUCHA not in then(book, at(1), sites={"nakhodka"})
    assert ROPUCHA not in then(book, at(2), sites={"dunay"})


def test_records_logged_together_come_together(empty_book: Logbook) -> None:
    added = empty_book.add(seen("2025-05-20"), seen("2025-05-21"), now=FIRST)
    assert then(empty_book, at(-1)) == {}
    assert set(then(empty_book, FIRST).values()) == set(added)


def test_a_record_without_a_journal_line_counts_from_its_time_of_logging_or_always(empty_book: Logbook) -> None:
    put_features(
        empty_book,
        2025,
        {"id": "timed", "site": "dunay", "date": "2025-05-20", "logged_at": "2026-12-01T09:00:00Z"},
        {"id": "untimed", "site": "dunay", "date": "2025-05-21"},
    )
    assert set(then(empty_book, at(-1))) == {"untimed"}
    assert set(then(empty_book, FIRST)) == {"timed", "untimed"}


def test_an_amendment_by_hand_that_says_when_is_not_passed_off_as_the_earlier_wording(empty_book: Logbook) -> None:
    times = {"logged_at": "2026-11-01T00:00:00Z", "revised_at": "2026-12-01T09:00:00Z", "revision": 2}
    put_features(empty_book, 2025, {"id": "mine", "site": "dunay", "date": "2025-05-20", **times})
    records, (problem,) = empty_book.read(as_of=at(-1))
    assert [record.id for record in records] == ["mine"]
    assert (problem.level, problem.file) == ("notice", PROBLEM_OF_JOURNAL)
    assert problem.what == (
        "mine: changed outside the log, when is not known; the wording shown may be later than 2026-12-01T08:00:00Z"
    )
    assert empty_book.read(as_of=FIRST).problems == []


def test_wording_changed_outside_the_log_is_told_once_and_shown_as_it_is_known(book: Logbook) -> None:
    named = [record.id or "" for record in book.add(*(seen(f"2025-06-1{n}") for n in range(7)), now=FIRST)]
    for identifier in named:
        edit_by_hand(book, identifier, berth="Pier 8")
    records, (problem,) = Logbook(book.folder).read(as_of=at(1))
    assert {record.berth for record in records if record.id in named} == {"Pier 8"}
    assert problem.level == "notice"
    assert f"{', '.join(named[:5])} and 2 more: changed outside the log, when is not known" in problem.what
    # Before the log held them nothing is in doubt.
    assert set(named).isdisjoint(then(book, at(-1)))


def test_wording_changed_outside_between_two_writes_is_the_one_the_second_found(book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=FIRST)
    edit_by_hand(book, ROPUCHA, berth="Pier 2")
    book.amend(ROPUCHA, berth="Pier 3", now=at(4))
    records, (problem,) = book.read(as_of=at(2))
    assert {record.id: record for record in records}[ROPUCHA].berth == "Pier 2"
    assert problem.what.startswith(f"{ROPUCHA}: changed outside the log")
    assert then(book, at(4))[ROPUCHA].berth == "Pier 3"


def test_a_year_file_only_laid_out_anew_is_not_called_changed(book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", length_m=112, now=FIRST)
    lay_out_anew(year_file(book))
    edit_by_hand(book, ROPUCHA, length_m=112.0)
    assert then(Logbook(book.folder), at(1))[ROPUCHA].berth == "Pier 1"
    assert Logbook(book.folder).changed_outside() == []


def test_a_record_taken_out_of_the_file_by_hand_is_left_out_and_told(empty_book: Logbook) -> None:
    kept, lost = empty_book.add(seen("2025-05-20"), seen("2025-05-21"), now=FIRST)
    content = json.loads(year_file(empty_book).read_bytes())
    content["features"] = [f for f in content["features"] if f["id"] != lost.id]
    year_file(empty_book).write_text(json.dumps(content), encoding="utf-8")
    records, problems = Logbook(empty_book.folder).read(as_of=at(1))
    assert records == [kept]
    assert [p.what for p in problems if p.level == "notice"] == [
        f"{lost.id}: taken out of the files outside the log, when is not known; left out as of 2026-12-01T10:00:00Z"
    ]


def test_changed_outside_gives_the_last_wording_of_the_log_and_todays(book: Logbook) -> None:
    logged = book.amend(ROPUCHA, berth="Pier 1", now=FIRST)
    assert book.changed_outside() == []
    edit_by_hand(book, ROPUCHA, berth="Pier 2")
    assert book.changed_outside() == [(logged, logged.with_changes(berth="Pier 2"))]


def test_a_source_made_confidential_since_is_confidential_in_every_earlier_wording(book: Logbook) -> None:
    source = {"published_by": "A caller", "title": "Letter of 3 May"}
    other = {"published_by": "CNN", "url": "https://example.org/1"}
    book.amend(ROPUCHA, sources=(source, other), now=FIRST)
    book.amend(ROPUCHA, sources=({**source, "confidential": True}, other), now=at(2))
    book.amend(ROPUCHA, sources=(other,), now=at(4))
    for hours in (0, 1, 3):
        shown = then(book, at(hours))[ROPUCHA].sources
        assert [(s.published_by, s.confidential) for s in shown] == [("A caller", True), ("CNN", False)]
    assert [s.published_by for s in then(book, at(4))[ROPUCHA].sources] == ["CNN"]


def test_a_source_marked_confidential_by_hand_is_so_in_earlier_wording_too(book: Logbook) -> None:
    book.amend(ROPUCHA, sources=({"published_by": "A caller"},), now=FIRST)
    book.amend(ROPUCHA, berth="Pier 1", now=at(2))
    edit_by_hand(book, ROPUCHA, sources=[{"published_by": "A caller", "confidential": True}])
    assert [s.confidential for s in Logbook(book.folder).read(as_of=at(1), sites={"dunay"}).records[-1].sources] == [
        True
    ]
    ((logged, today),) = Logbook(book.folder).changed_outside()
    assert [s.confidential for s in (*logged.sources, *today.sources)] == [True, True]


def test_a_moment_without_a_zone_is_refused(book: Logbook) -> None:
    with pytest.raises(InvalidValue, match="as_of: has no time zone"):
        book.read(as_of=datetime(2026, 12, 1))


def test_reading_an_earlier_state_writes_nothing(book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=FIRST)
    before = tree(book.folder)
    book.read(as_of=at(-1))
    book.check(as_of=at(-1))
    book.changed_outside()
    assert tree(book.folder) == before


def test_a_check_of_an_earlier_state_speaks_of_its_records(book: Logbook) -> None:
    other = {"id": ROPUCHA, "how": "contradicts"}
    (added,) = book.add(seen("2025-05-20", relates=(other,)), now=FIRST)
    book.amend(added.id or "", relates=({"id": "nobody-knows", "how": "contradicts"},), now=at(2))
    assert any("nobody-knows" in str(problem) for problem in book.check())
    assert not any("nobody-knows" in str(problem) for problem in book.check(as_of=at(1)))


@pytest.mark.parametrize(
    "line",
    [
        b"<<<<<<< HEAD",
        b'{"after":{"geometry":nu',
        b"[]",
        b'{"digest":"","id":"x","after":{},"before":null,"time":"yesterday"}',
        b'{"digest":"","id":"x","after":{},"before":null,"time":"2026-12-01T09:00:00"}',
        b'{"digest":"","id":7,"after":{},"before":null,"time":"2026-12-01T09:00:00Z"}',
        b'{"digest":"","id":"x","after":7,"before":null,"time":"2026-12-01T09:00:00Z"}',
    ],
    ids=["merge mark", "torn", "list", "no time", "no zone", "no id", "no record"],
)
def test_a_broken_line_of_the_journal_is_a_problem_and_the_others_are_used(book: Logbook, line: bytes) -> None:
    old = book.get(ROPUCHA)
    book.amend(ROPUCHA, berth="Pier 1", now=FIRST)
    journal_file(book).write_bytes(line + b"\n" + line + b"\n" + journal_file(book).read_bytes())
    records, (problem,) = Logbook(book.folder).read(as_of=at(-1))
    assert {record.id: record for record in records}[ROPUCHA] == old
    assert (problem.level, problem.file, problem.line) == ("error", PROBLEM_OF_JOURNAL, 1)
    assert problem.what == "2 lines are no lines of the journal"


def test_a_line_of_the_journal_that_was_edited_is_used_and_warned_of(book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=FIRST)
    book.amend(ROPUCHA, berth="Pier 2", now=at(2))
    journal_file(book).write_bytes(journal_file(book).read_bytes().replace(b"Pier 1", b"Pier 7"))
    records, problems = Logbook(book.folder).read(as_of=at(1))
    assert {record.id: record for record in records}[ROPUCHA].berth == "Pier 7"
    said = [(p.level, p.line, p.what) for p in problems if p.file == PROBLEM_OF_JOURNAL]
    assert said == [
        ("warning", n, "was changed after it was written: its digest does not fit; it is used all the same")
        for n in (1, 2)
    ]


def test_wording_that_is_no_record_any_more_is_a_problem(book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=FIRST)
    (entry,) = entries(book)
    entry["before"]["properties"]["outcome"] = "perhaps"
    entry["digest"] = journal.digest_of(entry)
    journal_file(book).write_bytes(journal.canonical(entry) + b"\n")
    records, (problem,) = Logbook(book.folder).read(as_of=at(-1))
    assert ROPUCHA not in {record.id for record in records}
    assert (problem.level, problem.line, problem.id, problem.field) == ("error", 1, ROPUCHA, "outcome")
    assert problem.what.startswith("as it stood then: 'perhaps' is not allowed")


def test_a_write_that_was_never_finished_does_not_count(book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=FIRST)
    unfinished = dict(entries(book)[0], time="2026-12-01T12:00:00Z")
    del unfinished["files"]
    with journal_file(book).open("ab") as file:
        file.write(journal.canonical(unfinished) + b"\n")
    assert [e.line for e in journal.Journal(journal_file(book)).entries([])] == [1]


@pytest.mark.parametrize("torn", [b"{", b'{"after":{"geometry":nu', b'{"after":{\0\0\0'])
def test_a_torn_end_of_the_journal_is_no_problem_of_an_earlier_state(book: Logbook, torn: bytes) -> None:
    """The next write drops it; where another process writes just now, it is whole a moment later."""
    book.amend(ROPUCHA, berth="Pier 1", now=FIRST)
    with journal_file(book).open("ab") as file:
        file.write(torn)
    problems: list[Problem] = []
    assert [e.line for e in journal.Journal(journal_file(book)).entries(problems)] == [1]
    assert problems == []


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["add", "batch", "amend", "withdraw", "review"]), days, st.integers(0, 200)),
        min_size=1,
        max_size=8,
    )
)
def test_every_state_is_read_again_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]]
) -> None:
    """As of a moment just after each write, the logbook gives what it gave then; far ahead, what it gives now."""
    book = Logbook.create(tmp_path_factory.mktemp("replay") / "book")
    states = [(at(-1), book.read(withdrawn=True))]
    for number, (what, day, index) in enumerate(steps):
        now = at(number)
        records = book.read(withdrawn=True).records
        target = records[index % len(records)].id or ""
        if what == "add":
            book.add(seen(day, berth=f"Pier {number}"), now=now)
        elif what == "batch":
            book.add(seen(day, berth=f"Pier {number}"), seen("2024", berth=f"Quay {number}"), now=now)
        elif what == "amend":
            book.amend(target, date=day, note=f"Step {number}.", now=now)
        else:
            with contextlib.suppress(InvalidRecord):
                if what == "review":
                    book.review(target, by="B. Editor", now=now)
                else:
                    book.withdraw(target, why=f"step {number}", now=now)
        states.append((now, Logbook(book.folder).read(withdrawn=True)))
    fresh = Logbook(book.folder)
    for moment, state in states:
        assert fresh.read(withdrawn=True, as_of=moment + timedelta(minutes=1)) == state
    assert fresh.read(as_of=FAR) == fresh.read()


@pytest.mark.parametrize("elsewhere", ["/dev/zero", "../../secret.geojson", "a/../../secret.geojson", "..\\secret"])
def test_a_journal_line_does_not_lead_out_of_its_folder(book: Logbook, elsewhere: str, tmp_path: Path) -> None:
    """Whoever merges a journal in chooses what stands in it: no file is read or written by a name from there."""
    book.add(seen("2025-05-20"), now=NOW)
    secret = tmp_path / "secret.geojson"
    secret.write_bytes(b"mine")
    line = json.loads(journal_file(book).read_bytes().split(b"\n")[-2])
    line["files"] = {elsewhere: [hashlib.sha256(b"mine").hexdigest(), "0" * 64]}
    line["digest"] = journal.digest_of(line)
    with journal_file(book).open("ab") as file:
        file.write(orjson.dumps(line, option=orjson.OPT_SORT_KEYS) + b"\n")
    fresh = Logbook(book.folder)
    assert "is not a line of the journal" in "".join(map(str, fresh.read(as_of=LATER).problems))
    with pytest.raises(UnreadableFile, match="was not left by a crash: mend it by hand"):
        fresh.add(seen("2025-05-21"), now=LATER)
    assert secret.read_bytes() == b"mine"


@pytest.mark.parametrize(
    "files", [None, [], {"2025.geojson": "x"}, {"2025.geojson": ["a"]}, {"2025.geojson": [1, 2]}, {"2025.geojson": {}}]
)
def test_a_journal_line_of_another_shape_is_said_and_breaks_nothing(book: Logbook, files: object) -> None:
    book.add(seen("2025-05-20"), now=NOW)
    line = json.loads(journal_file(book).read_bytes().split(b"\n")[-2])
    line["files"] = files
    journal_file(book).write_bytes(journal_file(book).read_bytes() + json.dumps(line).encode() + b"\n")
    assert any("journal" in problem.file for problem in Logbook(book.folder).check() if problem.level == "error")
