"""The index of a year file: the logbook answers and writes the same with it and without it, whatever befalls either."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resight import answer, datafiles, featurefile, index
from resight.errors import ResightError
from resight.logbook import Logbook
from resight.observation import Observation, build

NOW = datetime(2026, 1, 31, 9, 0, 0, tzinfo=UTC)


def seen(day: str = "2025-05-18", platform: str = "tapir-class", site: str = "dunay", **more: Any) -> Observation:
    return build(Observation, {"site": site, "date": day, "platform": platform, **more})


def year_file(book: Logbook, year: int = 2025) -> Path:
    return book.folder / "observations" / f"{year}.geojson"


def index_file(book: Logbook, year: int = 2025) -> Path:
    return book.folder / ".resight" / f"{year}.geojson.index"


def of_file(book: Logbook, year: int = 2025) -> index.IndexedFile | None:
    path = year_file(book, year)
    return index.load(book.folder / ".resight", path, f"observations/{path.name}")


def fail(*_: Any, **__: Any) -> Any:
    raise AssertionError("a year file was parsed")


@pytest.fixture
def three(empty_book: Logbook) -> Logbook:
    """A logbook with three records of 2025, and one of the year before."""
    for day in ("2025-02-01", "2025-05-18", "2025-11-30", "2024-05-20"):
        empty_book.add(seen(day), now=NOW)
    return Logbook(empty_book.folder)


# --- what an index spares


def test_a_record_is_logged_and_answered_without_parsing_a_year_file(
    three: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "parse", fail)
    parse = featurefile.parse
    monkeypatch.setattr(datafiles, "parse", lambda path, name: fail() if "observations" in name else parse(path, name))
    book = Logbook(three.folder)
    (added,) = book.add(seen("2025-07-01"), now=NOW)
    assert answer.to(added, book).baseline == 2024
    assert book.get("dunay-2025-05-18-tapir-class").date == "2025-05-18"
    assert book.amend("dunay-2025-05-18-tapir-class", date="2025-08-01", now=NOW).revision == 2
    assert [book.add(seen("2025-07-02"), now=NOW)[0].id] == ["dunay-2025-07-02-tapir-class"]


def test_only_the_lines_asked_for_are_read(three: Logbook) -> None:
    known = of_file(three)
    assert known is not None
    found = known.asked_for(("2025-05-01", "2025-06-30"), {"dunay"})
    assert [(line.id, line.number) for line in found] == [("dunay-2025-05-18-tapir-class", 3)]
    assert found[0].text == year_file(three).read_bytes().split(b"\n")[2].rstrip(b",")
    assert known.asked_for(("2025-05-01", "2025-06-30"), {"sunan"}) == []


def test_a_file_changed_since_it_was_looked_at_is_parsed(three: Logbook) -> None:
    known = of_file(three)
    assert known is not None
    rows = year_file(three).read_bytes().split(b"\n")
    year_file(three).write_bytes(b"\n".join([rows[0], *rows[2:]]))
    assert [line.number for line in known.asked_for(("2025-05-01", "2025-06-30"), {"dunay"})] == [2]
    assert known.changed((), [featurefile.new_line(seen("2025-12-01", id="added"))]) is not None
    assert len(Logbook(three.folder).read().records) == 3


# --- when it is not used


def test_a_file_that_another_program_laid_out_has_no_index_until_it_is_written(three: Logbook) -> None:
    path = year_file(three)
    path.write_text(json.dumps(json.loads(path.read_bytes()), indent=1))
    assert of_file(three) is None
    three.add(seen("2024-06-30"), now=NOW)
    assert of_file(three) is None
    three.add(seen("2025-06-30"), now=NOW)
    assert of_file(three) is not None


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda raw: raw[:-3], id="cut short"),
        pytest.param(lambda raw: raw.replace(b"2025-05-18", b"2025-05-19", 1), id="another day"),
        pytest.param(lambda raw: b"", id="empty"),
        pytest.param(lambda raw: b"\0" * len(raw), id="zeros"),
        pytest.param(lambda raw: raw.replace(b"index 1", b"index 0"), id="another format"),
    ],
)
def test_a_broken_index_is_noticed_and_made_anew(three: Logbook, harm: Callable[[bytes], bytes]) -> None:
    place = index_file(three)
    before = place.read_bytes()
    place.write_bytes(harm(before))
    assert place.read_bytes() != before
    assert of_file(three) is None
    (added,) = three.add(seen("2025-05-18", berth="Pier 7"), anyway=True, now=NOW)
    assert added.id == "dunay-2025-05-18-tapir-class-2"
    assert of_file(three) is not None


def test_the_index_of_another_year_is_not_taken_for_this_one(three: Logbook) -> None:
    shutil.copy(index_file(three, 2024), index_file(three))
    assert of_file(three) is None


def test_an_edit_that_keeps_size_and_time_is_noticed_while_the_time_says_little(three: Logbook) -> None:
    path = year_file(three)
    stat = path.stat()
    path.write_bytes(path.read_bytes().replace(b"2025-05-18", b"2025-05-19"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert of_file(three) is None


def test_a_file_long_unchanged_is_known_without_reading_it(three: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_UNSURE_NS", 0)
    # The first look compares digests, and the write after it notes that they fit.
    three.add(seen("2025-07-01"), now=NOW)
    monkeypatch.setattr(index, "digest", fail)
    assert of_file(three, 2024) is not None


def test_a_time_that_was_set_back_hides_no_edit(three: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_UNSURE_NS", 0)
    three.add(seen("2025-07-01"), now=NOW)
    path = year_file(three, 2024)
    stat = path.stat()
    assert of_file(three, 2024) is not None
    path.write_bytes(path.read_bytes().replace(b"2024-05-20", b"2024-05-21"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert of_file(three, 2024) is None


def test_a_logbook_whose_own_folder_takes_no_index_logs_all_the_same(
    three: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *_: Any) -> int:
        if self.name.endswith(".index.tmp"):
            raise PermissionError(13, "Permission denied")
        return write(self, *_)

    write = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", refuse)
    three.add(seen("2025-07-01"), now=NOW)
    assert of_file(three) is None
    assert len(Logbook(three.folder).read().records) == 5


def test_git_is_told_to_leave_the_index_alone(three: Logbook) -> None:
    assert index_file(three).exists()
    assert (three.folder / ".resight" / ".gitignore").read_text() == "*\n"


# --- with and without


days = st.sampled_from(
    ["2024-12-31", "2025-01-01", "2025", "2025-05", "2025-05-18", "2025-05-18~", "2025-12-30/2026-01-02"]
)
platforms = st.sampled_from(["tapir-class", "ropucha-class", "landing-ship", "cargo-ship"])
sites = st.sampled_from(["dunay", "nakhodka", "sunan", "rajin"])
records = st.builds(
    lambda day, platform, site, more: seen(day, platform, site, **more),
    days,
    platforms,
    sites,
    st.fixed_dictionaries(
        {},
        optional={
            "image_id": st.sampled_from(["scene-1", "scene-2"]),
            "berth": st.sampled_from(["Pier 1", "Pier 2"]),
            "id": st.sampled_from(["first", "second", "third"]),
            "note": st.sampled_from(["Seen.", "Line one.\nLine two."]),
        },
    ),
)


def reversed_lines(raw: bytes) -> bytes:
    rows = raw.split(b"\n")
    lines = [row.rstrip(b",") for row in rows[1:-2]]
    return b"\n".join([rows[0], b",\n".join(reversed(lines)), *rows[-2:]])


def without_first(raw: bytes) -> bytes:
    head, first, rest = raw.split(b"\n", 2)
    return head + b"\n" + rest if first.endswith(b",") else raw


def first_twice(raw: bytes) -> bytes:
    head, first, rest = raw.split(b"\n", 2)
    return b"\n".join([head, first.rstrip(b",") + b",", first, rest])


def with_member(raw: bytes) -> bytes:
    return raw.replace(b'"features"', b'"owner":"Us","features"', 1)


EDITS: dict[str, Callable[[bytes], bytes]] = {
    "laid out anew": lambda raw: json.dumps(json.loads(raw), indent=1).encode(),
    "lines in another order": reversed_lines,
    "first line taken out": without_first,
    "first line twice": first_twice,
    "another day, as long": lambda raw: raw.replace(b"2025-05-18", b"2025-05-19"),
    "another site, as long": lambda raw: raw.replace(b'"dunay"', b'"sunan"'),
    "a site nobody knows": lambda raw: raw.replace(b'"site":"rajin"', b'"place":"rajin"'),
    "bounds left out": lambda raw: raw.replace(b'"earliest":"2025-05-18",', b""),
    "a member of the file": with_member,
    "a byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "Windows line ends": lambda raw: raw.replace(b"\n", b"\r\n"),
    "cut short": lambda raw: raw[:-20],
    "no outcome": lambda raw: raw.replace(b'"outcome":"seen"', b'"outcome":"foreseen"', 1),
}
steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(records, min_size=1, max_size=3), st.booleans()),
        st.tuples(st.just("add"), st.lists(records, min_size=1, max_size=3), st.booleans()),
        st.tuples(st.just("amend"), st.integers(0, 9), days),
        st.tuples(st.just("withdraw"), st.integers(0, 9), days),
        st.tuples(st.just("edit"), st.sampled_from(sorted(EDITS)), st.sampled_from([2024, 2025])),
        st.tuples(st.just("crash"), st.none(), st.none()),
        st.tuples(st.just("harm"), st.sampled_from([2024, 2025]), st.sampled_from(["cut", "swap", "remove", "flip"])),
    ),
    min_size=2,
    max_size=14,
)


class Course:
    """One logbook that goes through the steps; each command opens it anew, as a person's does."""

    def __init__(self, folder: Path, *, is_indexed: bool) -> None:
        self.folder, self.is_indexed = folder, is_indexed
        self.before: dict[str, bytes] = {}
        self.edits = 0

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted((self.folder / "observations").glob("*"))}

    def take(self, what: str, one: Any, other: Any) -> object:
        """What the step says: answers, or the words of the refusal."""
        observations = self.folder / "observations"
        if what == "edit":
            path = observations / f"{other}.geojson"
            if path.exists():
                try:
                    path.write_bytes(EDITS[one](path.read_bytes()))
                except ValueError:
                    return None
                # Tests are quicker than the clock of a file system.
                self.edits += 1
                os.utime(path, ns=(self.edits, self.edits))
        elif what == "crash":
            for name, raw in self.before.items():
                if name.endswith(".geojson"):
                    (observations / name).write_bytes(raw)
        elif what == "harm":
            if self.is_indexed:
                self.harm(self.folder / ".resight", one, other)
        else:
            if not self.is_indexed:
                for path in (self.folder / ".resight").glob("*.index"):
                    path.unlink()
            self.before = self.files()
            return self.command(what, one, other)
        return None

    def command(self, what: str, one: Any, other: Any) -> object:
        book = Logbook(self.folder)
        try:
            if what == "add":
                added: Sequence[Observation] = book.add(*one, anyway=other, now=NOW)
            elif what in ("amend", "withdraw"):
                ids = sorted({record.id or "" for record in Logbook(self.folder).read().records})
                if not ids:
                    return None
                target = ids[one % len(ids)]
                if what == "amend":
                    added = [book.amend(target, date=other, now=NOW)]
                else:
                    added = [book.withdraw(target, why="Not so.", now=NOW)]
            else:
                return None
        except ResightError as error:
            return type(error), str(error).replace(str(self.folder), "")
        return [record.to_feature() for record in added], [answer.to(r, book) for r in added], book.file_problems()

    def harm(self, own: Path, year: int, how: str) -> None:
        place, other = own / f"{year}.geojson.index", own / f"{4049 - year}.geojson.index"
        if not place.exists():
            return
        raw = place.read_bytes()
        if how == "cut":
            place.write_bytes(raw[: len(raw) // 2])
        elif how == "remove":
            place.unlink()
        elif how == "swap" and other.exists():
            place.write_bytes(other.read_bytes())
        elif how == "flip":
            place.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))


@settings(max_examples=40, deadline=None)
@given(steps=steps, is_old=st.booleans())
def test_a_logbook_is_the_same_with_and_without_its_index(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any, Any]], is_old: bool
) -> None:
    # Files that were old when the index was made are known by their stamp.
    with pytest.MonkeyPatch.context() as monkeypatch:
        if is_old:
            monkeypatch.setattr(index, "_UNSURE_NS", 0)
        _hold_against_each_other(tmp_path_factory.mktemp("courses"), steps)


def _hold_against_each_other(folder: Path, steps: list[tuple[str, Any, Any]]) -> None:
    Logbook.create(folder / "with", empty=True)
    shutil.copytree(folder / "with", folder / "without")
    courses = Course(folder / "with", is_indexed=True), Course(folder / "without", is_indexed=False)
    for step in steps:
        said = [course.take(*step) for course in courses]
        assert said[0] == said[1]
        assert courses[0].files() == courses[1].files()
    records, problems = (list(part) for part in zip(*(Logbook(c.folder).read() for c in courses), strict=True))
    assert records[0] == records[1]
    assert problems[0] == problems[1]
