"""Bulk files: rows that are records, in files that are written once, read together with the year files."""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given
from hypothesis import strategies as st

from resight import Logbook, bulkfile, mergefiles
from resight.errors import CannotWrite, InvalidValue, NotFound, UnreadableFile
from resight.frame import to_frame
from resight.naming import new_id
from resight.observation import Observation

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
SEEN: dict[str, Any] = {"site": "dunay", "date": "2025-05-18", "platform": "ropucha-class"}
FULL: dict[str, Any] = {
    **SEEN,
    "id": "a-name-of-its-own",
    "date": "2024-12-30/2025-01-02~",
    "platform_name": "Nikolay Vilkov",
    "count": 1,
    "hedge": "believed",
    "hedge_on": "platform_name",
    "image_time": "2025-01-01T01:40:00Z",
    "gsd_m": 0.5,
    "length_m": 112,
    "sources": [{"title": "“Порт”", "published_by": "CNN", "confidential": True}],
    "relates": [{"id": "dunay-2024-ropucha-class", "how": "contradicts"}],
    "tags": ["PS-115", "a, b"],
    "note": "two\nlines",
    "analyst": "A. Analyst",
    "logged_at": "2025-02-01T09:00:00Z",
    "foreign": {"detector": {"score": 0.5}},
    "foreign_members": {"bbox": [1, 2, 3, 4]},
    "geometry": {"type": "LineString", "coordinates": [[132.35, 42.89], [132.36, 42.9]]},
}


def records(*rows: Mapping[str, Any]) -> list[Observation]:
    return [Observation.model_validate(row) for row in rows]


def log(book: Logbook, *rows: Mapping[str, Any], now: datetime = NOW) -> list[str]:
    found = book.add_bulk(bulkfile.table_of(records(*rows)), source="detector.parquet", by="Detector", now=now)
    return found.column("id").to_pylist()  # type: ignore[no-any-return]


@pytest.fixture
def book(tmp_path: Path) -> Logbook:
    return Logbook.create(tmp_path / "book", empty=True)


def files(book: Logbook) -> list[str]:
    folder = book.folder / "observations"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_record_comes_back_from_its_row_as_it_was() -> None:
    for record in records(FULL, {**SEEN, "geometry": {"type": "Point", "coordinates": [132.35, 42.89, 7.5]}}, SEEN):
        (back,) = bulkfile.records(bulkfile.table_of([record]))
        assert back == record


def test_a_write_makes_one_file_a_year_named_by_its_content(book: Logbook) -> None:
    log(book, {**SEEN, "date": "2024-12-31"}, SEEN, {**SEEN, "date": "2025"})
    found = files(book)
    assert [name.rpartition("/")[0] for name in found] == ["bulk/2024", "bulk/2025", ""]
    assert all(bulkfile.NAME.fullmatch(name) for name in found[:2])
    assert found[2] == "journal.jsonl"


def test_any_program_for_geoparquet_reads_a_bulk_file(book: Logbook) -> None:
    log(book, {**SEEN, "geometry": {"type": "Point", "coordinates": [132.35, 42.89]}}, SEEN)
    (path,) = bulkfile.paths(book.folder / "observations")
    frame = geopandas.read_parquet(path)
    assert frame.crs == "OGC:CRS84"
    assert [shape and shape.wkt for shape in frame.geometry] == ["POINT (132.35 42.89)", None]
    assert frame["platform"].tolist() == ["ropucha-class", "ropucha-class"]


def test_bulk_records_and_others_are_read_as_one(book: Logbook) -> None:
    book.add(Observation.model_validate({**SEEN, "date": "2025-05-20"}), now=NOW)
    log(book, FULL, SEEN, {**SEEN, "site": "nakhodka", "status": "withdrawn"})
    found, problems = book.read()
    assert problems == []
    names = ["a-name-of-its-own", "dunay-2025-05-18-ropucha-class", "dunay-2025-05-20-ropucha-class"]
    assert [record.id for record in found] == names
    assert_geodataframe_equal(book.frame(), to_frame(found))
    assert_geodataframe_equal(book.frame(withdrawn=True), to_frame(book.read(withdrawn=True).records))
    some = book.frame(columns=["platform", "site"], sites=["dunay"], between=(date(2025, 5, 19), date(2025, 6, 1)))
    assert list(some.columns) == ["platform", "site", "geometry"]
    assert list(some.index) == names[2:]


def test_a_column_that_no_record_has_is_refused(book: Logbook) -> None:
    with pytest.raises(InvalidValue, match="'platfrom' is no field of a record; did you mean 'platform'"):
        book.frame(columns=["platfrom"])


days = st.dates(date(2024, 12, 20), date(2025, 1, 10)).map(str)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "site": st.sampled_from(["a", "a-1", "b"]),
            "date": st.one_of(days, st.sampled_from(["2025", "2024-12", "2024-12~", "2024-12-30/2025-01-02"])),
        },
        optional={
            "outcome": st.just("not-seen"),
            "platform": st.sampled_from(["su", "su-2", "il-76"]),
            "id": st.sampled_from(["a-2025-su", "a-2025-su-2", "b-2025-any-2", "own"]),
        },
    ),
    max_size=12,
)


@given(rows, rows)
def test_ids_are_those_of_log_and_all_different(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> None:
    taken: set[str | None] = set()
    on_file = pa.array([], type=pa.string())
    for part in (first, second):
        given_ = records(*part)
        named = bulkfile.with_ids(bulkfile.table_of(given_), on_file).column("id").to_pylist()
        assert not {*named} & taken
        assert len({*named}) == len(named)
        if not any("id" in row for row in (*first, *second)) and not any(r.platform == "su-2" for r in given_):
            last: dict[str, int] = {}
            expected = [new_id(record, taken, last) for record in given_]
            assert named == expected
        taken.update(named)
        on_file = pa.concat_arrays([on_file, pa.array(named, type=pa.string())])


def test_a_row_keeps_its_own_id_where_that_is_free(book: Logbook) -> None:
    assert log(book, {**SEEN, "id": "mine"}, {**SEEN, "id": "mine"}) == ["mine", "dunay-2025-05-18-ropucha-class"]
    assert log(book, {**SEEN, "id": "mine"}) == ["dunay-2025-05-18-ropucha-class-2"]


def test_log_gives_no_id_that_a_bulk_record_has(book: Logbook) -> None:
    log(book, SEEN, {**SEEN, "image_id": "1"})
    (record,) = book.add(Observation.model_validate({**SEEN, "image_id": "2"}), anyway=True, now=NOW)
    assert record.id == "dunay-2025-05-18-ropucha-class-3"
    assert log(book, {**SEEN, "image_id": "3"}) == ["dunay-2025-05-18-ropucha-class-4"]


def test_log_finds_its_twin_among_bulk_records(book: Logbook) -> None:
    from resight.errors import DuplicateRecord

    log(book, SEEN)
    with pytest.raises(DuplicateRecord, match="dunay-2025-05-18-ropucha-class"):
        book.add(Observation.model_validate(SEEN), now=NOW)


def test_a_correction_of_a_bulk_record_stands_in_the_year_file(book: Logbook) -> None:
    (identifier,) = log(book, SEEN)
    before = files(book)
    book.amend(identifier, berth="Pier 2", now=NOW)
    assert set(files(book)) - set(before) == {"2025.geojson"}
    (record,) = book.read().records
    assert (record.berth, record.revision) == ("Pier 2", 2)
    assert book.get(identifier) == record
    assert book.frame()["berth"].tolist() == ["Pier 2"]
    book.withdraw(identifier, why="wrong image", now=NOW)
    assert book.read().records == []
    assert len(book.frame()) == 0


def test_a_correction_counts_though_its_day_moves_out_of_what_is_asked_for(book: Logbook) -> None:
    (identifier,) = log(book, SEEN)
    book.amend(identifier, date="2025-07-01", now=NOW)
    may = (date(2025, 5, 1), date(2025, 5, 31))
    assert book.read(between=may, sites=["dunay"]).records == []
    assert len(book.frame(between=may)) == 0


def test_as_of_gives_a_bulk_record_as_it_came_in(book: Logbook) -> None:
    (identifier,) = log(book, SEEN)
    book.amend(identifier, berth="Pier 2", now=datetime(2026, 4, 1, tzinfo=UTC))
    assert [r.berth for r in book.read(as_of=datetime(2026, 3, 15, tzinfo=UTC)).records] == [None]
    assert [r.berth for r in book.read(as_of=datetime(2026, 4, 15, tzinfo=UTC)).records] == ["Pier 2"]
    assert book.read(as_of=datetime(2026, 2, 15, tzinfo=UTC)).records == []


def test_an_id_that_nobody_has_is_answered_with_near_ones(book: Logbook) -> None:
    log(book, SEEN)
    with pytest.raises(NotFound, match="did you mean dunay-2025-05-18-ropucha-class"):
        book.get("dunay-2025-05-18-ropucha-clas")


def test_a_file_that_is_none_of_ours_is_named_and_left_out(book: Logbook) -> None:
    log(book, SEEN)
    folder = book.folder / "observations/bulk/2025"
    (folder / "other.parquet").write_bytes(b"PAR1 cut off")
    pq.write_table(pa.table({"site": ["dunay"]}), folder.parent / "plain.parquet")
    (folder / "folder.parquet").mkdir()
    (folder / "._2025.parquet").write_bytes(b"of a Mac")
    records_, problems = book.read()
    assert len(records_) == len(book.frame()) == 1
    assert [(problem.file, problem.level) for problem in problems] == [
        ("observations/bulk/2025/folder.parquet", "error"),
        ("observations/bulk/2025/other.parquet", "error"),
        ("observations/bulk/plain.parquet", "error"),
    ]
    assert {problem.what for problem in problems} == {
        "is not named by its content, so it was put there outside the log"
    }
    log(book, {**SEEN, "site": "nakhodka"})


def edited(path: Path, name: str, value: Any) -> None:
    """Another value in the first row, as a person with pandas would set it."""
    table = pq.read_table(path, partitioning=None)
    at = table.schema.get_field_index(name)
    cells = [value, *table.column(name).to_pylist()[1:]]
    pq.write_table(table.set_column(at, name, pa.array(cells, type=table.schema.field(name).type)), path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        lambda path: path.write_bytes(b""),
        lambda path: edited(path, "count", 7),
        lambda path: edited(path, "id", None),
        lambda path: edited(path, "sources", "{"),
        lambda path: edited(path, "geometry", b"no position"),
        lambda path: pd.DataFrame({"site": ["dunay"]}).to_parquet(path),
    ],
)
def test_a_bulk_file_that_is_not_as_it_was_written_is_in_no_answer(book: Logbook, spoil: Callable[[Path], Any]) -> None:
    log(book, SEEN, {**SEEN, "site": "nakhodka"})
    (path,) = bulkfile.paths(book.folder / "observations")
    whole = path.read_bytes()
    spoil(path)
    again = Logbook(book.folder)
    records_, problems = again.read()
    assert (records_, len(again.frame())) == ([], 0)
    assert [(problem.level, problem.file) for problem in problems] == [("error", bulkfile.name_of(path))]
    assert "was changed or cut off after it was written" in problems[0].what
    # What has which id is not known, so nothing gets one.
    for write in (lambda: log(again, SEEN), lambda: again.add(Observation.model_validate(SEEN), now=NOW)):
        with pytest.raises(UnreadableFile, match=r"not all ids on file are known.*\n.*changed or cut off"):
            write()
    path.write_bytes(whole)
    assert len(Logbook(book.folder).read().records) == 2


def test_a_file_of_a_newer_version_is_read_and_that_is_said(book: Logbook) -> None:
    log(book, SEEN)
    (path,) = bulkfile.paths(book.folder / "observations")
    table = pq.read_table(path, partitioning=None).append_column("altitude_m", pa.array([1.5]))
    path.unlink()
    pq.write_table(table, path)
    path.rename(path.with_stem(hashlib.sha256(path.read_bytes()).hexdigest()[:16]))
    records_, problems = Logbook(book.folder).read()
    assert len(records_) == 1
    assert [(p.level, p.what) for p in problems if p.level == "warning"] == [
        ("warning", "was written by a newer resight: altitude_m of its records are in no answer here")
    ]


def test_after_an_import_nobody_looks_for_ids_that_stand_twice(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resight.bulktwins._found", None)
    log(book, SEEN, {**SEEN, "date": "2024-05-18"})
    assert len(Logbook(book.folder).read().records) == 2
    log(Logbook(book.folder), {**SEEN, "site": "sunan"})
    assert len(Logbook(book.folder).read().records) == 3


def test_check_names_a_bulk_file_that_is_gone(book: Logbook) -> None:
    log(book, SEEN)
    (path,) = bulkfile.paths(book.folder / "observations")
    book.add(Observation.model_validate({**SEEN, "site": "nakhodka"}), now=NOW)
    path.unlink()
    wrong = [problem for problem in Logbook(book.folder).check() if problem.level == "error"]
    assert [(problem.file, problem.what[:46]) for problem in wrong] == [
        (bulkfile.name_of(path), "this file stands in the journal alone: its wri")
    ]


def test_without_pyarrow_the_extra_is_named(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    log(book, SEEN)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(UnreadableFile, match=r"pip install 'resight\[exchange\]'"):
        Logbook(book.folder).read()


# --- crashes ------------------------------------------------------------------------------------------------------


class _Stop(BaseException):
    """A kill in the middle of a write."""


@pytest.mark.parametrize("step", ["ParquetWriter", "appended", "replace"])
def test_a_write_that_is_cut_off_leaves_nothing_or_is_carried_out(
    book: Logbook, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(book, {**SEEN, "site": "nakhodka"})
    before = files(book)

    def stop(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    if step == "ParquetWriter":
        monkeypatch.setattr(pq, "ParquetWriter", stop)
    elif step == "appended":
        monkeypatch.setattr("resight.journal.os.fsync", stop)
    else:
        real = Path.replace
        monkeypatch.setattr(Path, "replace", lambda self, to: stop() if to.suffix == ".parquet" else real(self, to))
    with pytest.raises(CannotWrite, match="No space left on device; nothing was changed"):
        log(book, {**SEEN, "date": "2024-01-01"}, SEEN)
    monkeypatch.undo()
    assert files(book) == before
    assert len(Logbook(book.folder).read().records) == 1


def test_what_a_crash_left_after_its_journal_line_is_put_in_place(book: Logbook) -> None:
    log(book, SEEN)
    (place,) = bulkfile.paths(book.folder / "observations")
    place.rename(bulkfile.waiting_at(place))
    again = Logbook(book.folder)
    assert len(again.read().records) == 1
    assert [problem.file for problem in again.repairs] == [bulkfile.name_of(place)]
    assert "carried out now" in again.repairs[0].what


@pytest.mark.parametrize("cut", [20, 700])
def test_check_does_not_miss_what_never_counted(book: Logbook, cut: int) -> None:
    log(book, SEEN)
    journal = book.folder / "observations/journal.jsonl"
    before = journal.stat().st_size
    log(book, {**SEEN, "site": "sunan", "date": "2024-05-01"}, {**SEEN, "site": "sunan"})
    whole = journal.read_bytes()
    # As a power cut leaves it: two files wait, and of two lines of the journal a part is there.
    journal.write_bytes(whole[: max(before + 10, len(whole) - cut)])
    for path in bulkfile.paths(book.folder / "observations"):
        if path.name.encode() not in whole[:before]:
            path.rename(bulkfile.waiting_at(path))
    found = Logbook(book.folder).check()
    assert [problem for problem in found if problem.level == "error"] == []
    assert journal.stat().st_size == before


def test_what_a_crash_left_before_its_journal_line_is_taken_away(book: Logbook) -> None:
    log(book, SEEN)
    (place,) = bulkfile.paths(book.folder / "observations")
    left = place.with_name(".0123456789abcdef.parquet.tmp")
    left.write_bytes(b"half")
    assert len(Logbook(book.folder).read().records) == 1
    log(book, {**SEEN, "site": "nakhodka"})
    assert not left.exists()


def test_a_last_file_that_is_gone_is_told_of(book: Logbook) -> None:
    log(book, SEEN)
    (place,) = bulkfile.paths(book.folder / "observations")
    place.unlink()
    _, problems = Logbook(book.folder).read()
    assert [(p.level, p.file) for p in problems] == [("error", bulkfile.name_of(place))]


# --- what check and verify say ------------------------------------------------------------------------------------


def errors(book: Logbook) -> list[tuple[str, str]]:
    found = Logbook(book.folder).verify()
    return [(one.problem.file, one.problem.what) for one in found.findings if one.problem.level == "error"]


def test_verify_counts_bulk_records_and_finds_nothing_wrong(book: Logbook) -> None:
    (identifier, _) = log(book, SEEN, {**SEEN, "site": "nakhodka"})
    book.amend(identifier, berth="Pier 2", now=NOW)
    log(book, {**SEEN, "site": "sunan"})
    agreed = book.verify()
    assert agreed.findings == ()
    assert agreed.records == 4
    assert [problem for problem in book.check() if problem.level == "error"] == []


def test_a_bulk_file_that_was_changed_is_named(book: Logbook) -> None:
    log(book, SEEN)
    (path,) = bulkfile.paths(book.folder / "observations")
    table = bulkfile.table_of(records({**SEEN, "id": "dunay-2025-05-18-ropucha-class", "count": 7}))
    pq.write_table(table, path)
    ((file, what),) = errors(book)
    assert file == bulkfile.name_of(path)
    assert what == "is not the file that line 1 of the journal speaks of: it was changed outside the log"
    assert [(p.level, p.file) for p in book.check() if p.level == "error"] == [("error", bulkfile.name_of(path))]


def test_a_bulk_file_that_was_taken_out_is_named(book: Logbook) -> None:
    log(book, SEEN)
    (path,) = bulkfile.paths(book.folder / "observations")
    book.add(Observation.model_validate({**SEEN, "site": "nakhodka"}), now=NOW)
    path.unlink()
    ((file, what),) = errors(book)
    assert file == bulkfile.name_of(path)
    assert what.startswith("is not there, and line 1 of the journal speaks of it")


def test_a_bulk_file_that_somebody_put_there_is_named(book: Logbook, tmp_path: Path) -> None:
    other = Logbook.create(tmp_path / "other", empty=True)
    log(other, SEEN)
    (path,) = bulkfile.paths(other.folder / "observations")
    place = book.folder / "observations" / bulkfile.key_of(path)
    place.parent.mkdir(parents=True)
    place.write_bytes(path.read_bytes())
    ((file, what),) = errors(book)
    assert file == bulkfile.name_of(place)
    assert what.startswith("no line of the journal speaks of this file")


def test_a_line_of_the_journal_about_a_bulk_file_that_was_altered_is_named(book: Logbook) -> None:
    log(book, SEEN)
    journal = book.folder / "observations/journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"detector.parquet", b"detektor.parquet"))
    files_, whats = zip(*errors(book), strict=True)
    assert files_[0] == "observations/journal.jsonl"
    assert "was altered after it was written" in whats[0]


def test_history_of_a_bulk_record_begins_with_its_import(book: Logbook) -> None:
    (identifier,) = log(book, SEEN)
    book.amend(identifier, berth="Pier 2", by="A. Analyst", now=NOW)
    first, second = book.history(identifier)
    assert (first.line, first.command, first.analyst, first.is_first) == (1, "import", "Detector", True)
    assert ("platform", None, "ropucha-class") in first.fields
    assert [tuple(field) for field in second.fields] == [("berth", None, "Pier 2")]
    assert second.analyst == "A. Analyst"


def test_what_was_done_outside_the_log_is_not_told_of_bulk_records(book: Logbook) -> None:
    (identifier,) = log(book, SEEN)
    assert book.outside() == []
    book.amend(identifier, berth="Pier 2", now=NOW)
    assert book.outside() == []


@pytest.mark.parametrize("is_bulk_here", [True, False])
def test_two_lines_of_work_with_bulk_files_are_joined(book: Logbook, tmp_path: Path, is_bulk_here: bool) -> None:
    base = tmp_path / "base.jsonl"
    base.write_bytes(b"")
    other = Logbook.create(tmp_path / "other", empty=True)
    if is_bulk_here:
        log(book, SEEN)
    else:
        book.add(Observation.model_validate(SEEN), now=NOW)
    log(other, {**SEEN, "site": "sunan", "platform": "il-76"})
    ours, theirs = (one.folder / "observations/journal.jsonl" for one in (book, other))
    mergefiles.merge(base, ours, theirs, "observations/journal.jsonl", "2026-03-02T00:00:00Z")
    shutil.copytree(other.folder / "observations/bulk", book.folder / "observations/bulk", dirs_exist_ok=True)
    assert errors(book) == []
    assert len(Logbook(book.folder).read().records) == 2
