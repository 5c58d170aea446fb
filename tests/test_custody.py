"""The chain of custody: whatever is done outside the log is named, whatever the log does is not."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conftest import REPOSITORY
from resight import custody, images, stamps
from resight.errors import CannotWrite, InvalidRecord
from resight.featurefile import parse
from resight.journal import canonical, digest_of
from resight.logbook import Logbook
from resight.mergefiles import merge
from resight.observation import Observation, build
from test_images import picture

NOW = datetime(2026, 1, 31, 9, tzinfo=UTC)
A, B, C = "dunay-2024-12-31-tanker", "dunay-2025-01-02-tanker", "dunay-2025-01-03-tanker"
TAPIR_LINE = b'{"type":"Feature","id":"dunay-2024-10-17-tapir-class"'
HAND = "a hand edit"


def journal_of(book: Logbook) -> Path:
    return book.folder / "observations" / "journal.jsonl"


def year_of(book: Logbook, year: int = 2025) -> Path:
    return book.folder / "observations" / f"{year}.geojson"


def log(book: Logbook, date: str, **values: Any) -> str:
    (record,) = book.add(build(Observation, {"site": "dunay", "date": date, "platform": "tanker", **values}), now=NOW)
    return str(record.id)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three records in five lines: two logged together, one with an image, one amended, one a year before."""
    book = Logbook.create(tmp_path_factory.mktemp("kept") / "book", empty=True)
    log(book, "2024-12-31", length_m=120.0, note="Причал «А»")
    tanker = {"site": "dunay", "platform": "tanker", "analyst": "A. Analyst"}
    book.add(*(build(Observation, {**tanker, "date": f"2025-01-0{day}"}) for day in (2, 3)), now=NOW)
    file = book.folder.parent / "a.png"
    file.write_bytes(picture())
    image = images.read(file)
    sha: dict[str, Any] = {"image_href": image.href, "image_sha256": image.sha256}
    book.amend(B, command="attach", image=image, by="B. Editor", now=NOW + timedelta(hours=1), **sha)
    book.amend(C, berth="Pier 1", count=2, by="B. Editor", now=NOW + timedelta(hours=2))
    return book.folder


@pytest.fixture
def custodian(kept: Path, tmp_path: Path) -> Logbook:
    shutil.copytree(kept, tmp_path / "book")
    return Logbook(tmp_path / "book")


def said(book: Logbook, level: str = "error") -> list[str]:
    return [str(f.problem).partition(": ")[2] for f in book.verify().findings if f.problem.level == level]


def edit(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert data.count(old) >= 1
    path.write_bytes(data.replace(old, new, 1))


def rewrite(book: Logbook, change: Callable[[list[bytes]], list[bytes]]) -> None:
    lines = journal_of(book).read_bytes().splitlines(keepends=True)
    journal_of(book).write_bytes(b"".join(change(lines)))


# --- nothing is wrong


def test_what_the_log_wrote_is_unbroken_and_its_head_is_the_last_lines_digest(custodian: Logbook) -> None:
    before = {path: path.read_bytes() for path in custodian.folder.rglob("*") if path.is_file()}
    found = custodian.verify()
    last = json.loads(journal_of(custodian).read_bytes().splitlines()[-1])
    assert (found.is_unbroken, found.findings, found.records, found.chain.lines) == (True, (), 3, 5)
    assert [tuple(mark) for mark in found.chain.heads] == [(5, last["digest"], "2026-01-31T11:00:00Z", "amend", C)]
    assert len(found.pictures) == 1
    assert {path: path.read_bytes() for path in custodian.folder.rglob("*") if path.is_file()} == before


def test_a_logbook_without_a_journal_has_no_head_and_published_records_are_not_under_it(book: Logbook) -> None:
    year_of(book).unlink()
    found = book.verify()
    seed = book.folder / "seeds" / "pattern-2024.geojson"
    assert (found.is_unbroken, found.chain.heads, found.records) == (True, (), 0)
    assert found.seeds == {"seeds/pattern-2024.geojson": parse(seed, "x").digest}


def test_a_published_record_is_under_the_journal_once_it_is_overridden(book: Logbook) -> None:
    year_of(book).unlink()
    book.amend("dunay-2024-10-17-tapir-class", berth="Pier 1", now=NOW)
    assert Logbook(book.folder).verify().findings == ()
    seed = book.folder / "seeds" / "pattern-2024.geojson"
    (line,) = (row for row in seed.read_bytes().split(b"\n") if row.startswith(TAPIR_LINE))
    edit(seed, line, line.replace(b"Nikolay Vilkov", b"Nikolai Vilkov"))
    assert Logbook(book.folder).verify().is_unbroken
    (notice,) = said(book, "notice")
    assert "dunay-2024-10-17-tapir-class: is not what line 1 of the journal found here" in notice


@pytest.mark.parametrize("change", [b"\r\n", b"\n\n", b" \n"], ids=["windows", "blank-lines", "trailing-space"])
def test_white_space_around_the_lines_of_the_journal_is_harmless(custodian: Logbook, change: bytes) -> None:
    journal_of(custodian).write_bytes(journal_of(custodian).read_bytes().replace(b"\n", change))
    assert custodian.verify().findings == ()


def test_a_year_file_laid_out_by_another_program_says_the_same(custodian: Logbook) -> None:
    content = json.loads(year_of(custodian).read_bytes())
    year_of(custodian).write_text(json.dumps(content, indent=1), encoding="utf-8")
    assert said(custodian) == []
    (notice,) = said(custodian, "notice")
    assert notice.startswith("observations/2025.geojson: has other bytes than the log left")
    for feature in content["features"]:
        feature["properties"]["earliest"] = feature["properties"]["earliest"].replace("-", "/")
        feature["properties"]["berth"] = feature["properties"].get("berth")
    year_of(custodian).write_text(json.dumps(content), encoding="utf-8")
    assert said(custodian) == []
    assert [text.partition(": ")[2].partition(" than")[0] for text in said(custodian, "notice")] == [
        f"{B}: is laid out otherwise",
        f"{C}: is laid out otherwise",
    ]


# --- the year files


def test_one_character_changed_in_a_year_file_is_named_with_its_field(custodian: Logbook) -> None:
    edit(year_of(custodian), b"Pier 1", b"Pier 2")
    (finding,) = custodian.verify().findings
    assert (finding.problem.id, finding.problem.file, finding.problem.line) == (C, "observations/2025.geojson", 3)
    assert finding.problem.what == "was changed outside the log after line 5"
    assert finding.fields == (("berth", "Pier 1", "Pier 2"),)


def test_a_record_removed_from_a_year_file_is_named(custodian: Logbook) -> None:
    year_of(custodian, 2024).unlink()
    (problem,) = said(custodian)
    assert problem.startswith(f"observations/journal.jsonl:1: {A}: was taken out of the year files outside the log")


def test_a_record_put_into_a_year_file_is_named_and_so_is_one_that_stands_there_twice(custodian: Logbook) -> None:
    lines = year_of(custodian).read_bytes().split(b"\n")
    other = lines[2].replace(C.encode(), b"put-there")
    year_of(custodian).write_bytes(b"\n".join([lines[0], lines[1], lines[1], other + b",", *lines[2:]]))
    one, two = said(custodian)
    assert one.startswith(f"observations/2025.geojson:3: {B}: stands there a second time; first at observations/2025")
    assert two.startswith("observations/2025.geojson:4: put-there: no line of the journal speaks of it")


def test_a_record_that_is_none_any_more_is_named(custodian: Logbook) -> None:
    edit(year_of(custodian), b'"outcome":"seen"', b'"outcome":"sein"')
    (problem,) = said(custodian)
    assert f"{B}: was changed outside the log after line 4 and is no record any more: outcome" in problem


def test_a_hand_edit_that_a_later_amendment_took_over_is_a_notice(custodian: Logbook) -> None:
    edit(year_of(custodian), b"Pier 1", b"Pier 2")
    Logbook(custodian.folder).amend(C, count=3, now=NOW)
    assert said(custodian) == []
    (notice,) = said(custodian, "notice")
    assert f"journal.jsonl:6: {C}: found another wording than line 5 had left: it had been changed" in notice


@pytest.mark.parametrize("content", [b"", b'{"type":"FeatureCollection"}', b"<<<<<<< ours\n"])
def test_of_a_file_that_cannot_be_read_at_all_it_is_said_once_which_records_it_may_hold(
    custodian: Logbook, content: bytes
) -> None:
    year_of(custodian).write_bytes(content)
    _, told = said(custodian)
    assert told.startswith("observations/2025.geojson: may hold 2 records of the journal that stand in no other file: ")
    assert {B, C} <= set(told.replace(",", " ").split())
    # Nothing was cut off, and nothing was taken out: `check` says what is wrong with the file, and no more.
    problems = Logbook(custodian.folder).check()
    assert {p.file for p in problems if p.level == "error"} == {"observations/2025.geojson"}


def test_the_shipped_logbook_is_unbroken() -> None:
    assert Logbook(REPOSITORY).verify().findings == ()


# --- images


def test_an_image_replaced_and_an_image_missing_are_named(custodian: Logbook) -> None:
    (path,) = (custodian.folder / "observations" / "images").rglob("*.png")
    path.write_bytes(picture(colour="red"))
    (problem,) = said(custodian)
    assert f"{B}: [image_sha256]: " in problem or f"{B} [image_sha256]: " in problem
    assert "is not the image that was recorded" in problem
    path.unlink()
    (problem,) = said(custodian)
    assert "is not there or cannot be read" in problem


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with a name")
def test_a_pipe_in_the_place_of_an_image_is_named_and_not_waited_for(custodian: Logbook) -> None:
    (image,) = (custodian.folder / "observations" / "images").rglob("*.png")
    image.unlink()
    os.mkfifo(image)
    # Whoever opens a pipe to read waits for one that writes: this one is there, and writes nothing.
    held = os.open(image, os.O_RDWR)
    try:
        assert ["is not there or cannot be read" in text for text in said(custodian)] == [True]
        assert any("is not there or cannot be read" in problem.what for problem in custodian.check_images())
    finally:
        os.close(held)


def test_an_image_that_only_an_earlier_wording_names_still_counts(custodian: Logbook) -> None:
    custodian.amend(B, image_href=None, image_sha256=None, now=NOW)
    (path,) = (custodian.folder / "observations" / "images").rglob("*.png")
    assert custodian.verify().findings == ()
    path.unlink()
    (problem,) = said(custodian)
    assert problem.startswith(f"observations/journal.jsonl:4: {B}")


# --- the journal


def test_one_character_changed_in_the_journal_is_named_by_its_line(custodian: Logbook) -> None:
    edit(journal_of(custodian), b"Pier 1", b"Pier 2")
    (problem,) = said(custodian)
    assert problem.startswith(f"observations/journal.jsonl:5: {C}: was altered after it was written")


def test_an_altered_line_with_a_digest_made_anew_leaves_the_next_without_its_parent(custodian: Logbook) -> None:
    def forge(lines: list[bytes]) -> list[bytes]:
        entry = {**json.loads(lines[0]), "analyst": "X"}
        entry["digest"] = digest_of(entry)
        return [canonical(entry) + b"\n", *lines[1:]]

    rewrite(custodian, forge)
    (problem,) = said(custodian)
    assert problem.startswith("observations/journal.jsonl:2: rests on a line that is not there, ")


@pytest.mark.parametrize("at", range(4))
def test_a_line_deleted_from_the_journal_is_found_where_it_was(custodian: Logbook, at: int) -> None:
    rewrite(custodian, lambda lines: lines[:at] + lines[at + 1 :])
    problem = said(custodian)[0]
    assert problem.startswith(f"observations/journal.jsonl:{at + 1}: rests on a line that is not there, ")


def test_the_last_line_deleted_leaves_a_record_that_says_more(custodian: Logbook) -> None:
    rewrite(custodian, lambda lines: lines[:-1])
    (finding,) = custodian.verify().findings
    assert finding.problem.what == "was changed outside the log after line 3"
    assert [field for field, *_ in finding.fields] == ["count", "berth", "revised_at", "revision"]


@pytest.mark.parametrize("at", range(4))
def test_two_lines_swapped_are_found(custodian: Logbook, at: int) -> None:
    rewrite(custodian, lambda lines: [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]])
    problem = said(custodian)[0]
    wanted = f"observations/journal.jsonl:{at + 1}: rests on line {at + 2}, which stands below it: lines were swapped"
    assert problem.startswith(wanted)


def test_a_line_doubled_put_in_or_written_over_is_found(custodian: Logbook) -> None:
    whole = journal_of(custodian).read_bytes()
    rewrite(custodian, lambda lines: [*lines[:2], lines[1], *lines[2:]])
    assert said(custodian)[0].startswith(f"observations/journal.jsonl:3: {B}: is line 2 a second time")
    journal_of(custodian).write_bytes(whole)
    rewrite(custodian, lambda lines: [*lines[:2], b"{}\n", *lines[2:]])
    assert said(custodian)[0].startswith("observations/journal.jsonl:3: is not a line of the journal")
    journal_of(custodian).write_bytes(whole)

    def put_in(lines: list[bytes]) -> list[bytes]:
        entry = {**json.loads(lines[3]), "analyst": "X"}
        entry["digest"] = digest_of(entry)
        return [*lines[:4], canonical(entry) + b"\n", *lines[4:]]

    rewrite(custodian, put_in)
    assert said(custodian)[0].startswith("observations/journal.jsonl:5: no line rests on it")


def test_a_line_laid_out_anew_is_named_though_it_says_the_same(custodian: Logbook) -> None:
    rewrite(custodian, lambda lines: [json.dumps(json.loads(lines[0])).encode() + b"\n", *lines[1:]])
    (problem,) = said(custodian)
    assert f"journal.jsonl:1: {A}: says what was written, in other bytes" in problem


def test_a_write_whose_last_line_is_gone_is_named(custodian: Logbook) -> None:
    rewrite(custodian, lambda lines: lines[:2])
    assert "journal.jsonl:2: the last line of a write is not there, of which this line is a part" in said(custodian)[0]


# --- any byte at all


class Bytes(NamedTuple):
    journal: bytes
    year: bytes


@pytest.fixture(scope="module")
def joined(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with another line of work merged into it: eight lines, two of them with two parents or beside."""
    folder = tmp_path_factory.mktemp("joined")
    for side in ("base", "ours", "theirs"):
        shutil.copytree(kept, folder / side)
    log(Logbook(folder / "ours"), "2025-02-01")
    Logbook(folder / "theirs").amend(A, count=3, now=NOW)
    put_together(*(folder / side for side in ("base", "ours", "theirs")))
    return folder / "ours"


def put_together(base: Path, ours: Path, theirs: Path) -> None:
    """What git does with the merge driver of the README."""
    names = {path.name for side in (ours, theirs) for path in (side / "observations").glob("*.*json*")}
    for name in sorted(names):
        was, here, there = (side / "observations" / name for side in (base, ours, theirs))
        for path in (was, here, there):
            path.touch()
        merge(was, here, there, name, "2026-02-01T09:00:00Z")


def test_two_lines_of_work_joined_by_resight_merge_are_unbroken(joined: Path) -> None:
    found = Logbook(joined).verify()
    assert (found.findings, found.chain.lines, len(found.chain.heads)) == ((), 8, 1)
    assert found.chain.rests == {7: (5,), 8: (6, 7)}


def test_the_joining_line_deleted_leaves_two_ends(joined: Path, tmp_path: Path) -> None:
    book = Logbook(shutil.copytree(joined, tmp_path / "book"))
    rewrite(book, lambda lines: lines[:-1])
    (problem,) = said(book)
    assert problem.startswith("observations/journal.jsonl:6: no line rests on it: one was taken out after it")
    assert [mark.line for mark in book.verify().chain.heads] == [6, 7]


@settings(max_examples=600)
@given(st.integers(0, 10**6), st.integers(1, 255))
@example(0, 1)
def test_any_byte_changed_in_the_journal_is_found_unless_it_is_white_space_around_a_line(
    joined: Path, where: int, change: int
) -> None:
    whole = (joined / "observations" / "journal.jsonl").read_bytes()
    at = where % len(whole)
    changed = whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :]
    broken = any(problem.level == "error" for problem in custody.follow(changed.splitlines(keepends=True)).problems)
    assert broken or [line.strip() for line in changed.split(b"\n")] == [line.strip() for line in whole.split(b"\n")]


@settings(max_examples=600)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_any_byte_changed_in_a_year_file_is_found_unless_every_record_says_the_same(
    joined: Path, tmp_path_factory: pytest.TempPathFactory, where: int, change: int
) -> None:
    rows = (joined / "observations" / "journal.jsonl").read_bytes().splitlines(keepends=True)
    year, other = (joined / "observations" / f"{name}.geojson" for name in (2025, 2024))
    whole = year.read_bytes()
    at = where % len(whole)
    changed = tmp_path_factory.getbasetemp() / "2025.geojson"
    changed.write_bytes(whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :])
    files = [parse(path, f"observations/{path.name}") for path in (other, changed)]
    if not custody.agreement(lambda: rows, files, ()).is_unbroken:
        return
    assert json.loads(changed.read_bytes().removeprefix(b"\xef\xbb\xbf"))["features"] == json.loads(whole)["features"]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["ours", "theirs"]), st.sampled_from("lac")), max_size=8), st.data())
def test_whatever_two_people_do_and_join_is_unbroken(
    tmp_path_factory: pytest.TempPathFactory, work: list[tuple[str, str]], data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("two")
    base = Logbook.create(root / "base", empty=True).folder
    log(Logbook(base), "2025-01-01")
    for _ in range(2):
        for side in ("ours", "theirs"):
            shutil.copytree(base, root / side)
        for number, (side, what) in enumerate(work):
            book, moment = Logbook(root / side), NOW + timedelta(minutes=number)
            some = data.draw(st.sampled_from([record.id for record in book.read().records]))
            if what == "l":
                given_ = {"site": "dunay", "date": "2025-03-01", "platform": "tanker"}
                book.add(build(Observation, given_), now=moment, anyway=True)
            else:
                values = {"count": number + 1} if what == "c" else {"tags": (f"t{number}",)}
                book.amend(str(some), now=moment, **values)
        put_together(base, root / "ours", root / "theirs")
        found = Logbook(root / "ours").verify()
        assert (found.findings, len(found.chain.heads)) == ((), 1)
        for folder in (base, root / "theirs"):
            shutil.rmtree(folder)
        (root / "ours").rename(base)


# --- a crash


def test_a_write_cut_off_is_told_carried_out_at_the_next_open_and_then_agrees(custodian: Logbook) -> None:
    old = year_of(custodian).read_bytes()
    log(custodian, "2025-02-02")
    year_of(custodian).write_bytes(old)
    (problem,) = said(custodian)
    assert problem.startswith("observations/journal.jsonl:6: the last write stands in the journal alone")
    assert year_of(custodian).read_bytes() == old
    opened = Logbook(custodian.folder)
    assert len(opened.read().records) == 4
    assert "it has been carried out now" in opened.repairs[0].what
    assert custodian.verify().findings == ()


def test_a_write_that_is_under_way_meanwhile_is_no_break(custodian: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    old = year_of(custodian).read_bytes()
    log(custodian, "2025-02-02")
    new = year_of(custodian).read_bytes()
    year_of(custodian).write_bytes(old)
    agreement = Logbook._agreement

    def then_the_other_is_done(book: Logbook) -> custody.Agreement:
        found = agreement(book)
        year_of(book).write_bytes(new)
        return found

    monkeypatch.setattr(Logbook, "_agreement", then_the_other_is_done)
    assert custodian.verify().findings == ()


def test_a_journal_line_cut_off_is_told_and_the_next_open_drops_it(custodian: Logbook) -> None:
    with journal_of(custodian).open("ab") as file:
        file.write(b'{"after":{"geometry":nu')
    (problem,) = said(custodian)
    assert problem.startswith("observations/journal.jsonl:6: is cut off: by a crash")
    Logbook(custodian.folder).read()
    assert custodian.verify().findings == ()


def test_a_journal_line_taken_out_of_a_write_that_counted_is_no_crash_and_nothing_more_is_dropped(
    custodian: Logbook, run: Any
) -> None:
    both = [build(Observation, {"site": "dunay", "platform": "tanker", "date": f"2025-02-0{day}"}) for day in (2, 3)]
    custodian.add(*both, now=NOW)
    rewrite(custodian, lambda lines: lines[:-1])
    before = {path: path.read_bytes() for path in (journal_of(custodian), year_of(custodian))}
    for words in (
        ("list",),
        ("check",),
        ("amend", C, "--count", "3"),
        ("log", "dunay", "--date", "2025-03-01", "--platform", "tanker"),
    ):
        done = run(*words, folder=custodian.folder)
        said_ = done.stdout + done.stderr
        assert "the last line of a write is not there, of which line 6 is a part, and its records stand" in said_
        assert (done.exit_code, "crash and cannot" in said_) == (7 if words[0] in ("amend", "log") else 1, False)
        assert {path: path.read_bytes() for path in before} == before
    # What the person is told to do without a copy.
    rewrite(custodian, lambda lines: lines[:5])
    assert [record.id for record in adopt(custodian)] == ["dunay-2025-02-02-tanker", "dunay-2025-02-03-tanker"]
    assert custodian.verify().findings == ()


# --- adopt


def adopt(book: Logbook) -> list[Observation]:
    opened = Logbook(book.folder)
    return list(opened.adopt(opened.outside(), why=HAND, by="C. Custodian", now=NOW + timedelta(days=1)))


def test_what_was_changed_added_and_taken_out_by_hand_is_adopted_and_then_agrees(custodian: Logbook) -> None:
    edit(year_of(custodian), b"Pier 1", b"Pier 2")
    edit(year_of(custodian), B.encode() + b'","properties":{"id":"' + B.encode(), b'new","properties":{"id":"new')
    adopted = {record.id: record for record in adopt(custodian)}
    assert set(adopted) == {B, C, "new"}
    assert (adopted[C].berth, adopted[C].revision) == ("Pier 2", 3)
    assert (adopted["new"].revision, adopted["new"].logged_at) == (2, NOW)
    assert (adopted[B].status, adopted[B].note) == ("withdrawn", "Withdrawn: a hand edit")
    assert custodian.verify().findings == ()
    for line in journal_of(custodian).read_bytes().splitlines()[5:]:
        entry = json.loads(line)
        assert (entry["command"], entry["analyst"], entry["why"]) == ("adopt", "C. Custodian", HAND)


def test_an_adopted_change_is_no_change_outside_the_log_and_the_log_knows_what_was_before(custodian: Logbook) -> None:
    edit(year_of(custodian), b"Pier 1", b"Pier 2")
    assert [today.berth for _, today in custodian.changed_outside()] == ["Pier 2"]
    adopt(custodian)
    opened = Logbook(custodian.folder)
    assert (opened.changed_outside(), opened.get(C).berth) == ([], "Pier 2")
    past = opened.read(as_of=NOW + timedelta(hours=5))
    assert ([record.berth for record in past.records], past.problems) == ([None, None, "Pier 1"], [])


def test_a_logbook_that_nobody_may_write_to_is_verified_all_the_same(
    custodian: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("written to")

    shutil.rmtree(custodian.folder / ".resight")
    monkeypatch.setattr(Logbook, "_locked", refuse)
    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    rewrite(custodian, lambda lines: lines[:2])
    assert not custodian.verify().is_unbroken


def test_a_reviewed_record_that_was_changed_by_hand_has_to_be_reviewed_again(custodian: Logbook) -> None:
    custodian.review(C, by="B. Editor", now=NOW)
    edit(year_of(custodian), b"Pier 1", b"Pier 2")
    (record,) = adopt(custodian)
    assert (record.status, record.reviewed_by) == ("draft", None)


def test_a_revision_taken_out_leaves_the_published_wording_which_is_adopted(book: Logbook) -> None:
    year_of(book).unlink()
    tapir = "dunay-2024-10-17-tapir-class"
    book.amend(tapir, berth="Pier 1", now=NOW)
    log(book, "2025-01-01")
    year_of(book, 2024).unlink()
    assert "the published record under its id counts again" in said(book)[0]
    (record,) = adopt(book)
    assert (record.id, record.berth, record.revision) == (tapir, None, 3)
    assert Logbook(book.folder).verify().findings == ()


def test_nothing_is_adopted_that_nobody_has_looked_at(custodian: Logbook) -> None:
    edit(year_of(custodian), b"Pier 1", b"Pier 2")
    opened = Logbook(custodian.folder)
    found = opened.outside()
    edit(year_of(custodian), b"Pier 2", b"Pier 3")
    before = journal_of(custodian).read_bytes()
    with pytest.raises(CannotWrite, match="changed again meanwhile"):
        opened.adopt(found, why=HAND, by="C. Custodian")
    with pytest.raises(InvalidRecord, match="needs its reason"):
        opened.adopt(found, why=" ", by="C. Custodian")
    assert journal_of(custodian).read_bytes() == before


def test_a_hand_edit_is_adopted_at_the_command_line_after_it_was_shown(custodian: Logbook, run: Any) -> None:
    folder = custodian.folder
    edit(year_of(custodian), b"Pier 1", b"Pier 2")
    words = ("adopt", C, "--why", HAND, "--by", "C. Custodian")
    refused = run(*words, folder=folder)
    assert (refused.exit_code, "berth: Pier 1 → Pier 2" in refused.stdout) == (2, True)
    assert "--yes takes in 1 record as shown; nothing was written" in refused.stderr
    assert run("adopt", "--why", HAND, folder=folder).exit_code == 3
    assert run("verify", folder=folder).exit_code == 1
    done = run(*words, "--yes", folder=folder)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "1 record taken in.")
    assert run("verify", folder=folder).exit_code == 0
    again = run(*words, "--yes", folder=folder)
    assert (again.exit_code, again.stdout) == (0, f"{C} is as the journal has it.\nNothing to take in.\n")
    assert run("adopt", "nowhere", *words[2:], folder=folder).exit_code == 4


def test_a_record_taken_out_is_adopted_without_a_complaint_of_what_was_so_before(custodian: Logbook, run: Any) -> None:
    last = log(custodian, "2025-02-02").encode()
    edit(year_of(custodian), last + b'","properties":{"id":"' + last, b'another","properties":{"id":"another')
    told = run("check", folder=custodian.folder)
    assert (
        "dunay-2025-02-02-tanker: revision 1 of this record stands in the journal alone: its write was cut off, or it "
        "was taken out of the files by hand (`resight adopt` brings it back as withdrawn; or log it again)"
    ) in told.stdout
    done = run("adopt", "--why", HAND, "--by", "C. Custodian", "--yes", folder=custodian.folder)
    assert (done.exit_code, done.stdout.splitlines()[-1], done.stderr) == (0, "2 records taken in.", "")


# --- history


def test_the_history_of_a_record_tells_who_when_and_what(custodian: Logbook, run: Any) -> None:
    edit(year_of(custodian), b"Pier 1", b"Pier 2")
    told = run("history", C, folder=custodian.folder)
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    assert lines[0] == "2026-01-31T09:00:00Z log by A. Analyst (line 3)"
    assert "  platform: tanker" in lines
    assert lines[-5:] == [
        "2026-01-31T11:00:00Z amend by B. Editor (line 5)",
        "  count: empty → 2",
        "  berth: empty → Pier 1",
        "Outside the log, by whom and when is not known (after 2026-01-31T11:00:00Z): changed in the year files",
        "  berth: Pier 1 → Pier 2",
    ]
    adopt(custodian)
    lines = run("history", C, folder=custodian.folder).stdout.splitlines()
    assert lines[-2:] == [
        f"2026-02-01T09:00:00Z adopt of what was done outside the log by C. Custodian (line 6): {HAND}",
        "  berth: Pier 1 → Pier 2",
    ]
    steps = json.loads(run("history", C, "--json", folder=custodian.folder).stdout)
    assert [(step["command"], step["analyst"]) for step in steps] == [
        ("log", "A. Analyst"), ("amend", "B. Editor"), ("adopt", "C. Custodian"),
    ]  # fmt: skip


def test_a_hand_edit_between_two_writes_stands_between_them(custodian: Logbook) -> None:
    edit(year_of(custodian), b"Pier 1", b"Pier 2")
    Logbook(custodian.folder).amend(C, count=3, now=NOW + timedelta(hours=3))
    steps = Logbook(custodian.folder).history(C)
    assert [step.command for step in steps] == ["log", "amend", "", "amend"]
    assert (steps[2].time, steps[2].fields) == ("2026-01-31T12:00:00Z", (("berth", "Pier 1", "Pier 2"),))


def test_a_record_taken_out_by_hand_has_a_history_and_one_that_never_was_has_none(custodian: Logbook, run: Any) -> None:
    year_of(custodian, 2024).unlink()
    assert Logbook(custodian.folder).history(A)[-1].why == "taken out of the year files"
    assert run("history", "dunay-2025-01-02-tankr", folder=custodian.folder).exit_code == 4


def test_the_history_of_a_published_record_begins_with_its_publication(book: Logbook) -> None:
    tapir = "dunay-2024-10-17-tapir-class"
    book.amend(tapir, berth="Pier 1", by="B. Editor", now=NOW)
    first, second = book.history(tapir)
    assert (first.why, first.is_first) == ("published in seeds/pattern-2024.geojson", True)
    assert (second.analyst, second.fields) == ("B. Editor", (("berth", None, "Pier 1"),))


def test_after_a_merge_no_step_is_called_a_hand_edit(joined: Path) -> None:
    steps = [step for identifier in (A, B, C) for step in Logbook(joined).history(identifier)]
    assert [step.command for step in steps] == ["log", "amend", "merge", "log", "attach", "log", "amend"]


def test_the_history_of_records_that_a_merge_joined_or_gave_another_id_says_so(
    kept: Path, tmp_path: Path, run: Any
) -> None:
    for side in ("base", "ours", "theirs"):
        shutil.copytree(kept, tmp_path / side)
    for side, note in (("ours", "here"), ("theirs", "there")):
        book = Logbook(tmp_path / side)
        log(book, "2025-02-01", note=note)
        book.amend(A, count=3, berth=None if side == "ours" else "Pier 2", now=NOW)
    put_together(*(tmp_path / side for side in ("base", "ours", "theirs")))
    one, other = "dunay-2025-02-01-tanker", "dunay-2025-02-01-tanker-2"
    told = {identifier: run("history", identifier, folder=tmp_path / "ours").stdout for identifier in (A, one, other)}
    joined, beside = "two lines of work joined", "beside the lines above: another line of work, joined by a merge"
    headlines = {i: [row.split(" ", 1)[1] for row in text.splitlines() if row[:2] == "20"] for i, text in told.items()}
    assert headlines == {
        A: ["log (line 1)", "amend (line 7)", f"amend (line 9): {beside}", f"merge (line 12): {joined}"],
        one: [
            "log (line 6)",
            f"log (line 8): {beside}",
            f"merge (line 10): {joined}; the record that the other had given this id is {other} now",
        ],
        other: [f"merge (line 11): {joined}; until then {one}, an id that both had given"],
    }
    assert Logbook(tmp_path / "ours").verify().findings == ()


# --- what was published


def test_a_published_head_is_found_with_what_came_after_and_another_is_not(custodian: Logbook, run: Any) -> None:
    digests = [json.loads(line)["digest"] for line in journal_of(custodian).read_bytes().splitlines()]
    found = run("verify", "--head", digests[2].upper(), folder=custodian.folder)
    assert found.exit_code == 0
    assert found.stdout.splitlines()[-4:] == [
        f"In the chain: line 3, 2026-01-31T09:00:00Z, log {C}",
        "  2 lines came after it:",
        f"  line 4, 2026-01-31T10:00:00Z, attach {B}",
        f"  line 5, 2026-01-31T11:00:00Z, amend {C}",
    ]
    missing = run("verify", "--head", "0" * 64, folder=custodian.folder)
    assert (missing.exit_code, "the digest given is that of no line" in missing.stdout) == (1, True)
    assert run("verify", "--head", "abc", folder=custodian.folder).exit_code == 3
    told = json.loads(run("verify", "--head", digests[4], "--json", folder=custodian.folder).stdout)
    assert (told["unbroken"], told["head"]["line"], told["head"]["after"]) == (True, 5, [])


def test_what_stood_beside_a_published_head_until_a_merge_came_after_it(joined: Path) -> None:
    chain = Logbook(joined).verify().chain
    assert (chain.after(6), chain.after(7), chain.after(5), chain.after(8)) == ([7, 8], [6, 8], [6, 7, 8], [])


@pytest.fixture
def stamped(custodian: Logbook, tmp_path: Path) -> Path:
    """A time stamp over the head: openssl's over "abc", with the imprint exchanged."""
    head = custodian.verify().chain.heads[0].digest
    whole = (Path(__file__).parent / "fixtures" / "stamps" / "abc.tsr").read_bytes()
    abc = bytes.fromhex(stamps.read(whole, "abc.tsr").digest)
    (tmp_path / "head.tsr").write_bytes(whole.replace(abc, bytes.fromhex(head)))
    return tmp_path / "head.tsr"


def test_a_time_stamp_over_the_head_is_kept_and_held_against_the_chain_from_then_on(
    custodian: Logbook, stamped: Path, run: Any
) -> None:
    folder = custodian.folder
    done = run("verify", "--token", str(stamped), folder=folder)
    assert done.exit_code == 0
    (kept_,) = (folder / "observations" / "stamps").iterdir()
    assert kept_.read_bytes() == stamped.read_bytes()
    head = custodian.verify().chain.heads[0]
    assert done.stdout.splitlines()[-3:] == [
        f"Time stamp observations/stamps/{kept_.name}: over line 5, {head.time}, amend {C}, there at "
        "2026-11-23T17:35:05Z",
        "  signature not checked here: openssl ts -verify -digest "
        f"{head.digest} -in observations/stamps/{kept_.name} -CAfile AUTHORITY.pem",
        "  0 lines came after it.",
    ]
    # Somebody writes the last line anew, digest and all, and the year file with it.
    edit(year_of(custodian), b"Pier 1", b"Pier 2")

    def forge(lines: list[bytes]) -> list[bytes]:
        entry = json.loads(lines[4].replace(b"Pier 1", b"Pier 2"))
        entry["digest"] = digest_of(entry)
        return [*lines[:4], canonical(entry) + b"\n"]

    rewrite(custodian, forge)
    assert custodian.verify().is_unbroken
    found = run("verify", folder=folder)
    assert (found.exit_code, "is that of no line: this is another journal" in found.stdout) == (1, True)


def test_a_time_stamp_over_something_else_is_not_kept(custodian: Logbook, run: Any) -> None:
    other = Path(__file__).parent / "fixtures" / "stamps" / "abc.tsr"
    done = run("verify", "--token", str(other), folder=custodian.folder)
    assert (done.exit_code, "the digest of abc.tsr is that of no line" in done.stdout) == (1, True)
    assert not (custodian.folder / "observations" / "stamps").exists()


# --- words


def test_a_confidential_source_is_not_told_by_verify(custodian: Logbook, run: Any) -> None:
    custodian.amend(C, sources=({"title": "SECRET", "confidential": True},), now=NOW)
    edit(year_of(custodian), b"SECRET", b"SECRETS")
    for words in ((), ("--json",)):
        done = run("verify", *words, folder=custodian.folder)
        assert (done.exit_code, "sources" in done.stdout, "SECRET" in done.stdout) == (1, True, False)


@pytest.mark.parametrize("command", ["verify", "adopt", "history"])
def test_the_help_fits_eighty_columns(command: str, run: Any) -> None:
    lines = run(command, "--help").stdout.splitlines()
    assert max(map(len, lines)) <= 80
