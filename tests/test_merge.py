"""Two people, one logbook: records merged by id and field, histories joined, with git itself as the judge."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from resight import bulkfile, merge
from resight.cli import main
from resight.errors import Problem, UnreadableFile
from resight.journal import digest_of
from resight.logbook import Logbook
from resight.merge import together
from resight.mergefiles import merge as merge_files
from resight.observation import Observation, build

NOW = datetime(2026, 1, 2, 9, tzinfo=UTC)


def feature(identifier: str = "dunay-2025-05-18-ropucha-class", **values: Any) -> dict[str, Any]:
    given = {"site": "dunay", "date": "2025-05-18", "platform": "ropucha-class", **values}
    return build(Observation, {"id": identifier, **given}).to_feature()


def by_id(*features: dict[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {one["id"]: one for one in features}


def said(feature: Mapping[str, Any], *names: str) -> list[Any]:
    return [feature["properties"].get(name) for name in names]


# --- records


def test_what_only_one_side_touched_is_taken() -> None:
    a, b, c, d = (feature(name) for name in "abcd")
    a2, b2 = feature("a", berth="Pier 1", revision=2), feature("b", count=2, revision=2)
    merged = together(by_id(a, b, c), by_id(a2, b, c), by_id(a, b2, c, d))
    assert merged.records == by_id(a2, b2, c, d)
    assert (merged.renamed, merged.reworded, merged.conflicts, merged.kept) == ({}, (), {}, ())


def test_different_fields_of_one_record_are_both_taken() -> None:
    was = feature()
    ours = feature(berth="Pier 1", revision=2, revised_at="2026-01-01T09:00:00Z")
    theirs = feature(count=2, activity="docked", revision=3, revised_at="2026-01-02T09:00:00Z")
    merged = together(by_id(was), by_id(ours), by_id(theirs))
    (record,) = merged.records.values()
    assert said(record, "berth", "count", "activity") == ["Pier 1", 2, "docked"]
    assert said(record, "revision", "revised_at") == [4, "2026-01-02T09:00:00Z"]
    assert merged.reworded == (was["id"],)
    assert merged.conflicts == {}


def test_one_field_changed_on_both_sides_stays_ours_with_theirs_beside_it() -> None:
    merged = together(by_id(feature()), by_id(feature(count=2)), by_id(feature(count=3, berth="Pier 1")))
    (record,) = merged.records.values()
    assert said(record, "count", "berth", "merge_conflicts") == [2, "Pier 1", {"count": 3}]
    assert merged.conflicts == {"dunay-2025-05-18-ropucha-class": ("count",)}


def test_fields_that_are_one_statement_come_from_one_side() -> None:
    was = feature(hedge="believed", hedge_on="platform")
    ours = feature(hedge="likely", hedge_on="platform")
    theirs = feature(hedge="believed", hedge_on="activity", activity="docked")
    (record,) = together(by_id(was), by_id(ours), by_id(theirs)).records.values()
    assert said(record, "hedge", "hedge_on", "activity") == ["likely", "platform", "docked"]
    assert record["properties"]["merge_conflicts"] == {"hedge": "believed", "hedge_on": "activity"}


def test_both_sides_may_add_to_a_list_and_take_from_it() -> None:
    was, ours, theirs = (feature(tags=tags) for tags in (["a", "b"], ["a", "b", "c"], ["b", "d"]))
    (record,) = together(by_id(was), by_id(ours), by_id(theirs)).records.values()
    assert record["properties"]["tags"] == ["b", "c", "d"]


def test_what_is_no_record_when_put_together_stays_ours_as_a_whole() -> None:
    # Not seen, on one side; three of them, on the other.
    was, ours, theirs = feature(), feature(outcome="not-seen"), feature(count=3, note="three")
    merged = together(by_id(was), by_id(ours), by_id(theirs))
    (record,) = merged.records.values()
    assert said(record, "outcome", "count", "note") == ["not-seen", None, None]
    assert record["properties"]["merge_conflicts"] == {"outcome": "seen", "count": 3, "note": "three"}


def test_an_id_given_on_both_sides_to_two_things_becomes_two_records() -> None:
    ours = feature("a", berth="Pier 1")
    theirs = feature("a", berth="Pier 2")
    beside = feature("b", relates=[{"id": "a", "how": "same-event"}])
    merged = together({}, by_id(ours, feature("a-2")), by_id(theirs, beside))
    assert list(merged.records) == ["a", "a-2", "a-3", "b"]
    assert said(merged.records["a-3"], "id", "berth") == ["a-3", "Pier 2"]
    assert merged.records["a-3"]["id"] == "a-3"
    assert merged.records["a"] == ours
    assert merged.records["b"]["properties"]["relates"] == [{"id": "a-3", "how": "same-event"}]
    assert (merged.renamed, merged.conflicts) == ({"a-3": "a"}, {})


def test_a_relation_of_ours_still_means_our_record() -> None:
    pointing = feature("b", relates=[{"id": "a", "how": "same-event"}])
    merged = together({}, by_id(feature("a"), pointing), by_id(feature("a", count=2), pointing))
    assert merged.records["b"]["properties"]["relates"][0]["id"] == "a"


def test_the_same_thing_logged_on_both_sides_is_one_record() -> None:
    ours, theirs = (feature(logged_at=f"2026-01-0{day}T09:00:00Z") for day in (1, 2))
    assert together({}, by_id(ours), by_id(theirs)).records == by_id(ours)


@pytest.mark.parametrize(
    ("identifier", "taken", "expected"),
    [
        ("x-2025-05-18-tanker", set(), "x-2025-05-18-tanker-2"),
        ("x-2025-05-18-tanker-2", {"x-2025-05-18-tanker"}, "x-2025-05-18-tanker-3"),
        ("x-2025-05-18-il-76", set(), "x-2025-05-18-il-76-2"),  # 76 is no number of a record
        ("x-2025-05-18", set(), "x-2025-05-18-2"),
    ],
)
def test_the_next_number(identifier: str, taken: set[str], expected: str) -> None:
    assert merge.next_id(identifier, {identifier, *taken, f"{expected}-beside"}) == expected


def test_what_moved_to_another_file_goes_and_what_was_changed_meanwhile_stays() -> None:
    a, b = feature("a"), feature("b")
    merged = together(by_id(a, b), by_id(a, feature("b", count=2)), {})
    assert list(merged.records) == ["b"]
    assert merged.kept == ("b",)


WORDINGS = st.fixed_dictionaries(
    {},
    optional={
        "berth": st.sampled_from(["1", "2"]), "note": st.sampled_from(["x", "y"]), "count": st.integers(1, 3),
        "tags": st.lists(st.sampled_from("abc"), unique=True, max_size=3),
        "outcome": st.sampled_from(["seen", "not-seen"]),
    },
)  # fmt: skip


def a_side(values: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    if values.get("outcome") == "not-seen":
        values = {name: value for name, value in values.items() if name != "count"}
    return by_id(feature("a", **values))


@given(WORDINGS, WORDINGS, WORDINGS)
def test_nothing_that_a_side_changed_is_lost_and_the_result_is_a_record(
    was: dict[str, Any], one: dict[str, Any], other: dict[str, Any]
) -> None:
    base, ours, theirs = a_side(was), a_side(one), a_side(other)
    record = together(base, ours, theirs).records["a"]
    Observation.from_feature(record)
    beside = record["properties"].get("merge_conflicts", {})
    for name in ("berth", "note", "count", "outcome"):
        old, mine, their = (said(side["a"], name)[0] for side in (base, ours, theirs))
        found = said(record, name)[0]
        assert found in (mine, their)
        if their not in (old, found):
            assert beside[name] == their
        if mine != old:
            assert found == mine


# --- in a repository


class Clone:
    """A git repository with a logbook and the driver that the README sets up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        Logbook.create(folder, empty=True)
        self.git("init", "-q", "-b", "main")
        for name, value in (("user.name", "A"), ("user.email", "a@example.org"), ("commit.gpgsign", "false")):
            self.git("config", name, value)
        program = f"'{sys.executable}' -c 'from resight.cli import run; run()'"
        self.git("config", "merge.resight.driver", f"{program} merge %O %A %B %P")
        (folder / ".gitattributes").write_text("observations/*json* merge=resight\n")

    def git(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(["git", *words], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    @property
    def book(self) -> Logbook:
        return Logbook(self.folder)

    def log(self, date: str = "2025-05-18", **values: Any) -> str:
        given = {"site": "dunay", "date": date, "platform": "ropucha-class", **values}
        (logged,) = self.book.add(build(Observation, given), now=NOW, anyway=True)
        return str(logged.id)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")

    def entries(self) -> list[dict[str, Any]]:
        text = (self.folder / "observations" / "journal.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Clone(tmp_path / "clone")
    made.log("2025-01-01", note="before the two parted")
    made.commit()
    return made


def checked(book: Logbook) -> list[str]:
    """What is wrong; whatever was merged, journal and files agree, and the journal has one end."""
    agreed = book.verify()
    assert (agreed.findings, len(agreed.chain.heads)) == ((), 1)
    return [str(problem) for problem in book.check() if problem.level != "notice"]


def test_two_lines_of_work_become_one_history_with_two_parents(clone: Clone) -> None:
    clone.git("checkout", "-q", "-b", "other")
    clone.log("2025-06-01", platform="tapir-class")
    clone.commit()
    clone.git("checkout", "-q", "main")
    clone.log("2025-05-18")
    clone.commit()
    clone.git("merge", "-q", "--no-edit", "other")
    book = clone.book
    assert [record.date for record in book.read().records] == ["2025-01-01", "2025-05-18", "2025-06-01"]
    assert (checked(book), book.changed_outside()) == ([], [])
    first, ours, theirs, joint = clone.entries()
    assert ours["parents"] == theirs["parents"] == [first["digest"]]
    assert (joint["command"], joint["parents"]) == ("merge", [ours["digest"], theirs["digest"]])
    assert all(entry["digest"] == digest_of(entry) for entry in (first, ours, theirs, joint))
    # Work goes on from there.
    clone.log("2025-07-01")
    assert clone.entries()[-1]["parents"] == [joint["digest"]]
    past = clone.book.read(as_of=datetime(2026, 1, 3, tzinfo=UTC))
    assert (len(past.records), past.problems) == (4, [])


def test_one_id_on_both_sides_becomes_two_records_in_file_and_journal_alike(clone: Clone) -> None:
    clone.git("checkout", "-q", "-b", "other")
    theirs = clone.log(berth="Pier 2")
    pointing = clone.log("2025-05-19", relates=[{"id": theirs, "how": "same-event"}])
    clone.commit()
    clone.git("checkout", "-q", "main")
    assert clone.log(berth="Pier 1") == theirs
    clone.commit()
    said_by_git = clone.git("merge", "--no-edit", "other")
    assert f"{theirs} was given on both sides; theirs is {theirs}-2 now" in said_by_git
    book = clone.book
    assert (book.get(theirs).berth, book.get(f"{theirs}-2").berth) == ("Pier 1", "Pier 2")
    assert book.get(pointing).relates[0].id == f"{theirs}-2"
    assert (checked(book), book.changed_outside()) == ([], [])


def test_the_same_thing_logged_on_both_sides_is_one_record_and_not_changed_outside_the_log(clone: Clone) -> None:
    clone.git("checkout", "-q", "-b", "other")
    given = build(Observation, {"site": "dunay", "date": "2025-05-18", "platform": "ropucha-class"})
    clone.book.add(given, now=datetime(2026, 1, 1, 9, tzinfo=UTC))
    clone.commit()
    clone.git("checkout", "-q", "main")
    identifier = clone.log()
    clone.commit()
    clone.git("merge", "-q", "--no-edit", "other")
    assert (checked(clone.book), clone.book.changed_outside()) == ([], [])
    assert clone.book.get(identifier).logged_at == NOW
    assert [step.command for step in clone.book.history(identifier)] == ["log", "log", "merge"]


def test_fields_changed_apart_are_merged_and_the_journal_has_the_wording(clone: Clone) -> None:
    identifier = "dunay-2025-01-01-ropucha-class"
    clone.git("checkout", "-q", "-b", "other")
    clone.book.amend(identifier, count=2, now=NOW)
    clone.commit()
    clone.git("checkout", "-q", "main")
    clone.book.amend(identifier, berth="Pier 1", now=NOW)
    clone.commit()
    clone.git("merge", "-q", "--no-edit", "other")
    record = clone.book.get(identifier)
    assert (record.count, record.berth, record.revision) == (2, "Pier 1", 3)
    assert (checked(clone.book), clone.book.changed_outside()) == ([], [])
    assert clone.entries()[-1]["after"] == record.to_feature()


def test_a_true_conflict_stops_git_is_told_by_check_and_settled_by_amend(clone: Clone) -> None:
    identifier = "dunay-2025-01-01-ropucha-class"
    clone.git("checkout", "-q", "-b", "other")
    clone.book.amend(identifier, count=3, now=NOW)
    clone.commit()
    clone.git("checkout", "-q", "main")
    clone.book.amend(identifier, count=2, now=NOW)
    clone.commit()
    told = clone.git("merge", "--no-edit", "other", status=1)
    assert f"{identifier}: both sides changed count; ours stays, `resight check` shows theirs" in told
    assert clone.git("diff", "--name-only", "--diff-filter=U").split() == ["observations/2025.geojson"]
    (problem,) = checked(clone.book)
    assert "[count]: a merge left two wordings: 2 stands here, the other side says 3" in problem
    clone.book.amend(identifier, count=2, now=NOW)
    assert (clone.book.get(identifier).count, checked(clone.book), clone.book.changed_outside()) == (2, [], [])
    clone.commit()


def test_a_record_that_moved_to_another_year_is_in_one_file_after_the_merge(clone: Clone) -> None:
    identifier = "dunay-2025-01-01-ropucha-class"
    clone.git("checkout", "-q", "-b", "other")
    clone.book.amend(identifier, date="2024-12-31", now=NOW)
    clone.commit()
    clone.git("checkout", "-q", "main")
    clone.log("2025-05-18")
    clone.commit()
    clone.git("merge", "-q", "--no-edit", "other")
    assert [record.date for record in clone.book.read().records] == ["2024-12-31", "2025-05-18"]
    assert checked(clone.book) == []


def two_years(clone: Clone, theirs: Callable[[Logbook], object], ours: Callable[[Logbook], object]) -> list[str]:
    """What is wrong after a merge of two sides that have a record in different years; git stops at it."""
    clone.git("checkout", "-q", "-b", "other")
    theirs(clone.book)
    clone.commit()
    clone.git("checkout", "-q", "main")
    ours(clone.book)
    clone.commit()
    assert "in different years; `resight check` puts that in order, then commit" in clone.git(
        "merge", "--no-edit", "other", status=1
    )
    clone.book.check()
    clone.commit()
    return checked(clone.book)


def test_a_record_moved_to_two_years_is_in_one_file_with_the_other_date_beside_it(clone: Clone) -> None:
    identifier = "dunay-2025-01-01-ropucha-class"
    wrong = two_years(
        clone,
        lambda book: book.amend(identifier, date="2026-01-02", now=NOW),
        lambda book: book.amend(identifier, date="2024-12-31", now=NOW),
    )
    assert [record.date for record in clone.book.read().records] == ["2024-12-31"]
    assert len(wrong) == 3
    assert "[date]: a merge left two wordings: '2024-12-31' stands here, the other side says '2026-01-02'" in wrong[0]


def test_a_record_moved_on_one_side_and_changed_on_the_other_is_both(clone: Clone) -> None:
    identifier = "dunay-2025-01-01-ropucha-class"
    assert (
        two_years(
            clone,
            lambda book: book.amend(identifier, date="2026-01-02", now=NOW),
            lambda book: book.amend(identifier, berth="Pier 1", now=NOW),
        )
        == []
    )
    (record,) = clone.book.read().records
    assert (record.date, record.berth) == ("2026-01-02", "Pier 1")


def test_a_record_that_both_sides_moved_into_one_year_is_one_record(clone: Clone) -> None:
    identifier = "dunay-2025-01-01-ropucha-class"
    clone.git("checkout", "-q", "-b", "other")
    clone.book.amend(identifier, date="2024-12-31", berth="Pier 1", now=NOW)
    clone.commit()
    clone.git("checkout", "-q", "main")
    clone.book.amend(identifier, date="2024-12-30", note="Seen twice.", now=NOW)
    clone.commit()
    clone.git("merge", "--no-edit", "other", status=1)
    clone.commit()
    (record,) = clone.book.read().records
    assert (record.id, record.date, record.note, record.berth) == (identifier, "2024-12-30", "Seen twice.", "Pier 1")
    wrong = checked(clone.book)
    assert "[date]: a merge left two wordings: '2024-12-30' stands here, the other side says '2024-12-31'" in wrong[0]
    # The file of the new year does not know what the note was before.
    assert "[note]: a merge left two wordings: 'Seen twice.' stands here" in wrong[-1]
    clone.book.amend(identifier, date="2024-12-31", note="Seen twice.", now=NOW)
    assert checked(clone.book) == []


def test_one_id_on_both_sides_in_different_years_becomes_two_records(clone: Clone) -> None:
    def theirs(_: Logbook) -> None:
        clone.book.amend(clone.log(berth="Pier 2"), date="2024-05-18", now=NOW)

    assert two_years(clone, theirs, lambda _: clone.log(berth="Pier 1")) == []
    found = {record.id: (record.date, record.berth) for record in clone.book.read().records}
    assert found["dunay-2025-05-18-ropucha-class"] == ("2025-05-18", "Pier 1")
    assert found["dunay-2025-05-18-ropucha-class-2"] == ("2024-05-18", "Pier 2")


# --- bulk files, that never change


def bulk(clone: Clone, *rows: Mapping[str, Any], now: datetime = NOW) -> list[str]:
    given = [build(Observation, {"site": "dunay", "date": "2025-05-18", "platform": "tanker", **row}) for row in rows]
    found = clone.book.add_bulk(bulkfile.table_of(given), source="detector.parquet", now=now)
    return found.column("id").to_pylist()  # type: ignore[no-any-return]


def on_two_sides(clone: Clone, theirs: Callable[[], Any], ours: Callable[[], Any]) -> str:
    """Both are done on a branch of its own; what git says when these are merged."""
    clone.git("checkout", "-q", "-b", "other")
    theirs()
    clone.commit()
    clone.git("checkout", "-q", "main")
    ours()
    clone.commit()
    return clone.git("merge", "--no-edit", "other")


def answers(clone: Clone) -> list[tuple[str | None, str | None]]:
    """Id and berth of the records of that day, as all ways to read them have them."""
    book = clone.book
    found = [(r.id, r.berth) for r in book.read().records if r.date == "2025-05-18"]
    frame = book.frame(between=(date(2025, 5, 18), date(2025, 5, 18)))
    assert [(name, None if pd.isna(berth) else berth) for name, berth in frame["berth"].items()] == found
    assert all(book.get(name or "").berth == berth for name, berth in found)
    return found


def mended(clone: Clone, wrong: Sequence[Problem]) -> None:
    """Do what the problems say, as they say it."""
    for problem in wrong:
        (command,) = re.findall("`resight (.*?)`", problem.mend)
        done = CliRunner().invoke(main, ["--logbook", str(clone.folder), *command.split()])
        assert done.exit_code == 0 or "in the logbook's files" in done.output, done.output


LATER = datetime(2026, 1, 5, 9, tzinfo=UTC)
ROWS = ({"image_id": "a"}, {"image_id": "b", "berth": "Pier 1"}, {"site": "nakhodka"})


@pytest.fixture
def in_the_clone(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone.folder)


def test_the_same_rows_imported_on_both_sides_are_there_once(clone: Clone) -> None:
    said_by_git = on_two_sides(clone, lambda: bulk(clone, *ROWS), lambda: bulk(clone, *ROWS, now=LATER))
    assert "`resight check` says whether two records have one id" in said_by_git
    assert len(bulkfile.paths(clone.folder / "observations")) == 2
    assert answers(clone) == [
        ("dunay-2025-05-18-tanker", None),
        ("dunay-2025-05-18-tanker-2", "Pier 1"),
        ("nakhodka-2025-05-18-tanker", None),
    ]
    assert checked(clone.book) == []
    # What our side wrote stands first in the journal.
    assert {record.logged_at for record in clone.book.read(sites=["nakhodka"]).records} == {LATER}
    assert bulk(clone, {"image_id": "c"}) == ["dunay-2025-05-18-tanker-3"]
    clone.book.amend("dunay-2025-05-18-tanker", berth="Pier 3", now=LATER)
    assert answers(clone)[0] == ("dunay-2025-05-18-tanker", "Pier 3")
    assert checked(clone.book) == []


def test_other_rows_under_the_same_ids_are_told_with_both_places_and_mended(clone: Clone, in_the_clone: None) -> None:
    def theirs() -> None:
        bulk(clone, {"image_id": "a"}, {"image_id": "c", "berth": "Pier 7"}, {"image_id": "d", "berth": "Pier 8"})

    on_two_sides(clone, theirs, lambda: bulk(clone, *ROWS))
    assert answers(clone) == [
        ("dunay-2025-05-18-tanker", None),
        ("dunay-2025-05-18-tanker-2", "Pier 1"),
        ("dunay-2025-05-18-tanker-3", "Pier 8"),
        ("nakhodka-2025-05-18-tanker", None),
    ]
    (wrong,) = (problem for problem in clone.book.read().problems if problem.level == "error")
    first, second = (f"observations/{name}" for name in clone.book._files.journal.bulk_names())
    assert wrong.file == second
    assert wrong.what.startswith(f"{first} has another record under the same id: dunay-2025-05-18-tanker-2;")
    assert checked(clone.book) == [str(wrong)]
    mended(clone, [wrong])
    assert answers(clone)[-2:] == [("dunay-2025-05-18-tanker-4", "Pier 7"), ("nakhodka-2025-05-18-tanker", None)]
    assert checked(clone.book) == []
    # And as often as that is done.
    mended(clone, [wrong])
    assert (len(answers(clone)), checked(clone.book)) == (5, [])


def test_a_sighting_logged_under_the_id_of_a_bulk_row_is_told_and_mended(clone: Clone, in_the_clone: None) -> None:
    on_two_sides(
        clone,
        lambda: bulk(clone, *ROWS),
        lambda: [clone.log(platform="tanker", image_id=berth, berth=berth) for berth in ("Pier 4", "Pier 5")],
    )
    assert [berth for _, berth in answers(clone)] == ["Pier 4", "Pier 5", None]
    wrong = [problem for problem in clone.book.check() if problem.level == "error"]
    assert [problem.what.split(";")[0] for problem in wrong] == [
        f"observations/2025.geojson has another record under the same id: dunay-2025-05-18-tanker{end}"
        for end in ("", "-2")
    ]
    mended(clone, wrong[:1])
    assert [berth for _, berth in answers(clone)] == ["Pier 4", "Pier 5", None, "Pier 1", None]
    assert checked(clone.book) == []


def test_a_correction_of_one_of_the_rows_does_not_hide_the_other(clone: Clone, in_the_clone: None) -> None:
    def theirs() -> None:
        (identifier,) = bulk(clone, {"image_id": "b", "berth": "Pier 1"})
        clone.book.amend(identifier, berth="Pier 2", now=LATER)

    on_two_sides(clone, theirs, lambda: bulk(clone, {"image_id": "a"}))
    assert answers(clone) == [("dunay-2025-05-18-tanker", "Pier 2")]
    wrong = [problem for problem in clone.book.check() if problem.level == "error"]
    mended(clone, wrong)
    assert answers(clone) == [("dunay-2025-05-18-tanker", "Pier 2"), ("dunay-2025-05-18-tanker-2", None)]
    assert checked(clone.book) == []


def test_a_correction_of_rows_that_both_sides_imported_counts(clone: Clone) -> None:
    def theirs() -> None:
        first, *_ = bulk(clone, *ROWS, now=LATER)
        clone.book.amend(first, berth="Pier 2", now=LATER)

    on_two_sides(clone, theirs, lambda: bulk(clone, *ROWS))
    assert [berth for _, berth in answers(clone)] == ["Pier 2", "Pier 1", None]
    assert checked(clone.book) == []


@pytest.mark.parametrize("kept", [b"", b"[]", b'{"files": 7}', b"\xff"])
def test_what_was_found_of_the_ids_is_found_again_when_it_is_lost(clone: Clone, kept: bytes) -> None:
    on_two_sides(clone, lambda: bulk(clone, *ROWS), lambda: bulk(clone, *ROWS, now=LATER))
    before = answers(clone)
    path = clone.folder / ".resight" / "bulk-twins.json"
    found = path.read_bytes()
    path.write_bytes(kept)
    assert answers(clone) == before
    assert path.read_bytes() == found


def test_lines_nobody_touched_stay_byte_for_byte(clone: Clone) -> None:
    year = clone.folder / "observations" / "2025.geojson"
    before = year.read_text(encoding="utf-8").splitlines()[1]
    clone.git("checkout", "-q", "-b", "other")
    clone.log("2025-06-01")
    clone.commit()
    clone.git("checkout", "-q", "main")
    clone.log("2025-05-18")
    clone.commit()
    clone.git("merge", "-q", "--no-edit", "other")
    lines = year.read_text(encoding="utf-8").splitlines()
    assert lines[0] == '{"type":"FeatureCollection","name":"2025","features":['
    assert lines[1].removesuffix(",") == before.removesuffix(",")


# --- files that cannot be merged


@pytest.mark.parametrize(
    ("ours", "theirs", "said_of_it"),
    [
        ('{"type":"FeatureCollection","features":[\n', '{"type":"FeatureCollection","features":[]}', "be read whole"),
        (
            '{"type":"FeatureCollection","features":[\n{"type":"Feature","id":"a","properties":{},"geometry":null},\n'
            '{"type":"Feature","id":"a","properties":{},"geometry":null}\n]}',
            '{"type":"FeatureCollection","features":[]}',
            "a stands there twice",
        ),
        ('{"after":{}', '{"after":{}}', "is not a line of the journal"),
        ("", "<<<<<<< HEAD", "cannot be read whole"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_whole_is_left_as_it_was(tmp_path: Path, ours: str, theirs: str, said_of_it: str) -> None:
    for name, text in (("base", ""), ("ours", ours), ("theirs", theirs)):
        (tmp_path / name).write_text(text)
    base, here, there = (tmp_path / name for name in ("base", "ours", "theirs"))
    with pytest.raises(UnreadableFile, match=said_of_it):
        merge_files(base, here, there, "2025.geojson", "2026-01-01T00:00:00Z")
    assert (tmp_path / "ours").read_text() == ours
