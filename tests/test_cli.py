"""The command line: every command on a full and on an empty logbook, and every kind of bad input, in words."""

import io
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from resight import __version__, chance, cli, comparison, findings, terminal
from resight.changes import Change, Changes, FieldChange
from resight.commands import fields, recording
from resight.findings import Findings
from resight.logbook import Logbook

Run = Callable[..., Result]
ROPUCHA = "dunay-2025-05-18-ropucha-class"
IL_76 = "sunan-2025-06-04-il-76"
TAPIR_2024 = "dunay-2024-10-17-tapir-class"
ROPUCHA_2024 = "dunay-2024-ropucha-class"
VAGUE_2024 = {ROPUCHA_2024, "dunay-2024-10-to-2024-11-landing-ship"}
#: A sighting that is not in the logbook yet; options after it override nothing and only add.
LOG = ("log", "dunay", "--date", "2025-05-20", "--platform", "tapir")


def year_file(book: Logbook, year: int = 2025) -> Path:
    return book.folder / "observations" / f"{year}.geojson"


def data_of(book: Logbook) -> dict[str, bytes]:
    """The data files, without the lock."""
    files = [*(book.folder / "observations").iterdir(), *(book.folder / "seeds").glob("*.*")]
    return {path.name: path.read_bytes() for path in files}


def ids(result: Result) -> list[str]:
    """The first column of what `list` printed."""
    return [line.split("\t")[0] for line in result.stdout.splitlines()]


def record(book: Logbook, identifier: str) -> dict[str, Any]:
    """The properties of a record as they stand on disk."""
    properties: dict[str, Any] = Logbook(book.folder).get(identifier).to_feature()["properties"]
    return properties


def logged(result: Result, status: int = 0) -> list[str]:
    """The ids that `log` says it has written; status 1 when it met a bad Feature on the way."""
    assert result.exit_code == status, result.stderr
    return re.findall(r"^Logged (\S+)$", result.stdout, re.MULTILINE)


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person is there to be asked."""
    for module in (fields, recording):
        monkeypatch.setattr(module, "is_interactive", lambda: True)


# --- the program itself


def test_help_names_every_command_and_exit_status(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    for word in (*cli.main.commands, "Exit status:", "a file could not be read whole"):
        assert word in result.stdout


@pytest.mark.parametrize("command", sorted(cli.main.commands))
def test_every_command_has_help_of_its_own(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {command}")


def test_the_version(run: Run) -> None:
    assert run("--version").stdout == f"resight, version {__version__}\n"


@pytest.mark.parametrize(
    "args",
    [
        ("nonsense",),
        ("list", "--nonsense"),
        ("log", "dunay", "--nothing", "--cloud"),
        ("log", "dunay", "--date", "2025-05-20", "--platform", "tapir", "--gsd", "half"),
        ("show",),
        ("review", ROPUCHA),
        ("withdraw", ROPUCHA),
        ("amend", ROPUCHA),
        ("amend", ROPUCHA, "--platform", "tapir", "--platform", "ropucha"),
        ("list", "--outcome", "maybe"),
        ("log", "rajin", "--date", "2025-05-20", "--platform", "ship", "--platform", "truck", "--count", "2"),
    ],
    ids=lambda args: " ".join(args[:3]),
)
def test_a_wrong_command_line_has_exit_status_2(run: Run, book: Logbook, args: tuple[str, ...]) -> None:
    before = data_of(book)
    result = run(*args, folder=book.folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage:" in result.stderr
    assert data_of(book) == before


# --- which logbook


def test_the_logbook_is_the_current_folder(run: Run, book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(book.folder)
    assert ROPUCHA in ids(run("list"))


@pytest.mark.parametrize(
    "args",
    [("--logbook", "FULL", "list"), ("list", "--logbook", "FULL"), ("--logbook", "EMPTY", "list", "--logbook", "FULL")],
    ids=["before", "after", "the last one counts"],
)
def test_the_option_names_the_logbook_over_the_environment(
    run: Run, book: Logbook, empty_book: Logbook, args: tuple[str, ...]
) -> None:
    folders = {"FULL": str(book.folder), "EMPTY": str(empty_book.folder)}
    result = run(*(folders.get(arg, arg) for arg in args), folder=empty_book.folder)
    assert ROPUCHA in ids(result)


@pytest.mark.parametrize(
    "args",
    [("list",), ("check",), ("sites",), ("platforms",), ("last",), ("show", ROPUCHA), LOG, ("map",), ("report",)],
    ids=lambda args: args[0],
)
def test_without_a_logbook_the_exit_status_is_6(run: Run, tmp_path: Path, args: tuple[str, ...]) -> None:
    result = run(*args, folder=tmp_path)
    assert (result.exit_code, result.stdout) == (6, "")
    assert f"no logbook in {tmp_path}" in result.stderr
    assert "`resight init DIR` makes one" in result.stderr
    assert list(tmp_path.iterdir()) == []


# --- init


def test_init_makes_a_logbook(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    result = run("init", str(folder))
    assert result.exit_code == 0
    assert "published records" in result.stdout
    assert TAPIR_2024 in ids(run("list", folder=folder))
    assert run("check", folder=folder).exit_code == 0


def test_init_empty_makes_a_logbook_without_records(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    result = run("init", str(folder), "--empty")
    assert result.exit_code == 0
    assert "0 published records" in result.stdout
    assert ids(run("list", folder=folder)) == []


def test_init_leaves_an_existing_logbook_alone(run: Run, book: Logbook) -> None:
    before = data_of(book)
    result = run("init", str(book.folder))
    assert result.exit_code == 8
    assert "nothing was changed" in result.stderr
    assert data_of(book) == before


# --- every command on an empty logbook


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (("list",), 0, "No record fits."),
        (("list", "--json"), 0, "[]"),
        (("list", "--geojson"), 0, '"features": []'),
        (("last",), 0, "none on file"),
        (("last", "dunay", "--json"), 0, '"look": null'),
        (("sites",), 0, "Asia/Vladivostok"),
        (("platforms",), 0, "ropucha-class"),
        (("platforms", "--activities"), 0, "docked"),
        (("platforms", "--inferred-activities"), 0, "troop-transfer"),
        (("check",), 0, "0 records, 16 sites: 0 errors"),
        (("schema",), 0, "2020-12"),
        (("show", "no-such"), 4, "no record has the id 'no-such'"),
        (("amend", "no-such", "--count", "1"), 4, "no record has the id 'no-such'"),
        (("review", "no-such", "--by", "B"), 4, "no record has the id 'no-such'"),
        (("withdraw", "no-such", "--why", "x"), 4, "no record has the id 'no-such'"),
        (("log", "--with", "no-such", "--platform", "tapir"), 4, "no record has the id 'no-such'"),
        (("map",), 3, "the year to study must be named"),
        (("report",), 3, "the year to study must be named"),
        (("why", "no-such"), 4, "no record has the id 'no-such'"),
        (LOG, 0, "Nothing like it at Dunay in 2024."),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else None,
)
def test_every_command_on_an_empty_logbook(
    run: Run, empty_book: Logbook, args: tuple[str, ...], status: int, said: str
) -> None:
    result = run(*args, folder=empty_book.folder)
    assert result.exit_code == status
    assert said in result.stdout + result.stderr


# --- log


def test_logging_answers_whether_it_was_seen_last_year(run: Run, empty_book: Logbook, book: Logbook) -> None:
    result = run("log", "dunay", "--date", "2025-05-18", "--platform", "ropucha", "--anyway", folder=book.folder)
    assert logged(result) == [f"{ROPUCHA}-2"]
    assert "in observations/2025.geojson" in result.stdout
    assert "platform Ropucha class (Project 775) (ropucha-class), from 'ropucha'" in result.stdout
    assert f"Resembles {ROPUCHA_2024}" in result.stdout
    assert "same site, same class, hull not known, claimed by the source without a dated image" in result.stdout
    rest = result.stdout[result.stdout.index("not its match") :]
    assert TAPIR_2024 in rest
    assert "other class: Tapir class" in rest
    assert "How often anyone looked at Dunay in 2024 is not known" in rest
    assert (result.stderr, result.exit_code) == ("", 0)


def test_the_shipped_sighting_logged_anew_answers_the_same(run: Run, book: Logbook) -> None:
    """As the analyst meets it: 2024 on file, the sighting of May 2025 new."""
    year_file(book).unlink()
    args = ("log", "dunay", "--date", "2025-05-18", "--platform", "ropucha", "--activity", "docked")
    result = run(*args, folder=book.folder)
    assert logged(result) == [ROPUCHA]
    assert (
        f"Resembles {ROPUCHA_2024} (Ropucha class (Project 775), 2024): same site, same class, hull not known, "
        "claimed by the source without a dated image."
    ) in result.stdout
    assert f"{TAPIR_2024} (" in result.stdout


@pytest.mark.parametrize("name", ["dunay", "Дунай", "두나이", "DUNAI", "Port of Dunay"])
def test_a_site_in_any_script_is_taken_and_named(run: Run, empty_book: Logbook, name: str) -> None:
    result = run("log", name, "--date", "2025-05-20", "--platform", "Ропуха", folder=empty_book.folder)
    assert logged(result) == ["dunay-2025-05-20-ropucha-class"]
    assert ("from" in result.stdout.split("site Dunay (dunay)")[1].split("\n")[0]) is (name != "dunay")


def test_several_platforms_are_several_records_of_one_look(run: Run, empty_book: Logbook) -> None:
    result = run(
        *("log", "rajin", "--date", "2025-10-05", "--provider", "Planet", "--image-id", "x1"),
        *("--platform", "cargo-ship:Lady R", "--platform", "cargo-ship x2", "--platform", "bulk-carrier"),
        folder=empty_book.folder,
    )
    found = {identifier: record(empty_book, identifier) for identifier in logged(result)}
    assert {name: (r.get("platform_name"), r.get("count")) for name, r in found.items()} == {
        "rajin-2025-10-05-cargo-ship": ("Lady R", 1),
        "rajin-2025-10-05-cargo-ship-2": (None, 2),
        "rajin-2025-10-05-bulk-carrier": (None, None),
    }
    assert {(r["image_id"], r["image_provider"]) for r in found.values()} == {("x1", "Planet")}


def test_an_individual_stands_for_its_class(run: Run, empty_book: Logbook) -> None:
    result = run("log", "rajin", "--date", "2025-10-05", "--platform", "Леди Р", folder=empty_book.folder)
    (identifier,) = logged(result)
    found = record(empty_book, identifier)
    assert (found["platform"], found["platform_name"], found["count"]) == ("cargo-ship", "Lady R", 1)


def test_with_copies_the_facts_of_the_look(run: Run, book: Logbook) -> None:
    result = run("log", "--with", ROPUCHA, "--platform", "cargo-ship", folder=book.folder)
    assert logged(result) == ["dunay-2025-05-18-cargo-ship"]
    new, old = record(book, "dunay-2025-05-18-cargo-ship"), record(book, ROPUCHA)
    for name in ("site", "date", "basis", "method", "image_provider", "sources"):
        assert new[name] == old[name]
    for name in ("operator", "activity", "inferred_activity", "hedge", "visible", "note", "tags", "berth"):
        assert name not in new


def test_every_option_reaches_its_field(run: Run, empty_book: Logbook) -> None:
    (other,) = logged(run("log", "dunay", "--date", "2025-05-19", "--platform", "ship", folder=empty_book.folder))
    given = {
        "--activity": "at the pier",
        "--inferred": "moving troops",
        "--likelihood": "likely",
        "--confidence": "low",
        "--operator": "Russian Navy",
        "--hedge": "believed",
        "--hedge-on": "operator",
        "--visible": "A ship.",
        "--basis": "published",
        "--method": "radar",
        "--berth": "Pier 1",
        "--uncertainty": "50",
        "--sensor": "Umbra-06",
        "--provider": "Umbra",
        "--image-id": "x",
        "--image-time": "2025-05-20T10:40:00+10:00",
        "--gsd": "0.5",
        "--cloud-pct": "20",
        "--off-nadir": "12.5",
        "--image-href": "https://example.org/scene.tif",
        "--image-license": "CC-BY-4.0",
        "--length": "112.5",
        "--width": "15",
        "--analyst": "A. Analyst",
        "--note": "“Quoted” {{ 7 * 7 }}",
        "--source": "https://example.org/1",
        "--source-title": "Title",
        "--publisher": "CNN",
        "--published": "2025-07",
        "--grade": "B2",
        "--count": "1",
        "--at": "42.87N 132.335E",
        "--relates": f"{other}:same-event",
        "--tag": "a",
        "--date-meaning": "within",
    }
    args = [part for pair in given.items() for part in pair]
    (identifier,) = logged(run(*LOG, *args, "--tag", "b", "--confidential", "--context", folder=empty_book.folder))
    feature = Logbook(empty_book.folder).get(identifier).to_feature()
    found = feature["properties"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [132.335, 42.87]}
    assert {name: found[name] for name in ("activity", "inferred_activity", "likelihood", "confidence")} == {
        "activity": "docked",
        "inferred_activity": "troop-transfer",
        "likelihood": "likely",
        "confidence": "low",
    }
    assert (found["image_time"], found["gsd_m"], found["cloud_pct"], found["off_nadir_deg"]) == (
        "2025-05-20T00:40:00Z",
        0.5,
        20,
        12.5,
    )
    assert (found["length_m"], found["width_m"], found["location_uncertainty_m"]) == (112.5, 15, 50)
    assert found["sources"] == [
        {
            "title": "Title",
            "published_by": "CNN",
            "url": "https://example.org/1",
            "published": "2025-07",
            "grade": "B2",
            "confidential": True,
        }
    ]
    assert (found["relates"], found["tags"]) == ([{"id": other, "how": "same-event"}], ["a", "b"])
    assert (found["note"], found["context"], found["method"]) == ("“Quoted” {{ 7 * 7 }}", True, "radar")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("2", {"count": 2}),
        ("at least 2", {"count_min": 2}),
        ("2-3", {"count_min": 2, "count_max": 3}),
        ("up to 5", {"count_max": 5}),
        ("about 300", {"count": 300, "count_min": 270, "count_max": 330}),
    ],
)
def test_a_count_is_read_as_it_is_said(run: Run, empty_book: Logbook, text: str, count: dict[str, int]) -> None:
    (identifier,) = logged(run(*LOG, "--count", text, folder=empty_book.folder))
    found = record(empty_book, identifier)
    assert {name: value for name, value in found.items() if name.startswith("count")} == count


def test_the_analyst_comes_from_the_environment(run: Run, empty_book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESIGHT_ANALYST", "A. Analyst")
    (identifier,) = logged(run(*LOG, folder=empty_book.folder))
    assert record(empty_book, identifier)["analyst"] == "A. Analyst"


def test_a_look_that_found_nothing(run: Run, book: Logbook) -> None:
    result = run("log", "dunay", "--date", "2025-05-20", "--nothing", folder=book.folder)
    assert logged(result) == ["dunay-2025-05-20-any"]
    found = record(book, "dunay-2025-05-20-any")
    assert (found["outcome"], found.get("platform")) == ("not-seen", None)
    assert "In 2024 at Dunay:" in result.stdout


def test_nothing_at_a_site_with_residents_needs_what_was_looked_for(run: Run, book: Logbook) -> None:
    before = data_of(book)
    result = run("log", "sunan", "--date", "2025-06-05", "--nothing", folder=book.folder)
    assert (result.exit_code, result.stdout) == (3, "")
    for words in ("has residents", "Ilyushin Il-76", "what was looked for", "--platform any"):
        assert words in result.stderr
    assert data_of(book) == before


@pytest.mark.parametrize(
    ("platform", "identifier"), [("any", "sunan-2025-06-05-any"), ("il-76", "sunan-2025-06-05-il-76")]
)
def test_nothing_says_what_was_looked_for(run: Run, book: Logbook, platform: str, identifier: str) -> None:
    args = ("log", "sunan", "--date", "2025-06-05", "--nothing", "--platform", platform)
    assert logged(run(*args, folder=book.folder)) == [identifier]
    assert record(book, identifier)["outcome"] == "not-seen"


def test_a_look_through_cloud_could_not_tell(run: Run, book: Logbook) -> None:
    result = run("log", "sunan", "--date", "2025-06-05", "--cloud", folder=book.folder)
    assert logged(result) == ["sunan-2025-06-05-any"]
    assert record(book, "sunan-2025-06-05-any")["outcome"] == "cannot-tell"


def test_the_answer_as_json(run: Run, book: Logbook) -> None:
    result = run("log", "dunay", "--date", "2025-05-19", "--platform", "ropucha", "--json", folder=book.folder)
    ((item),) = json.loads(result.stdout)
    assert item["record"]["id"] == "dunay-2025-05-19-ropucha-class"
    assert item["answer"]["match"] == ROPUCHA_2024
    assert item["answer"]["baseline"] == 2024


def test_what_is_background_is_not_compared(run: Run, book: Logbook) -> None:
    result = run("log", "rajin", "--date", "2025-05-19", "--platform", "coal", folder=book.folder)
    assert "Not compared: background, totals, cargo" in result.stdout


def test_what_was_not_seen_by_imagery_is_not_compared(run: Run, book: Logbook) -> None:
    args = ("log", "sunan", "--date", "2025-05-19", "--platform", "il-76", "--method", "flight-tracking")
    assert "Not compared: " in run(*args, folder=book.folder).stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "site: is missing"),
        (("dunay",), "date: is missing"),
        (("dunay", "--date", "2025-05-20"), "platform: is missing"),
        (("dunya", "--date", "2025-05-20", "--platform", "tapir"), "'dunya' is not known; did you mean dunay"),
        (("dunay", "--date", "2025-05-20", "--platform", "ropuca"), "'ropuca' is not known; did you mean Ropucha"),
        (("dunay", "--date", "2025-05-20", "--platform", ""), "platform: '' cannot be read"),
        (("dunay", "--date", "2025-02-30", "--platform", "tapir"), "not on the calendar: February 2025 has 28 days"),
        (("dunay", "--date", "2025-13-01", "--platform", "tapir"), "there is no month 13"),
        (("dunay", "--date", "soon", "--platform", "tapir"), "'soon' is not a date"),
        (("dunay", "--date", "18/05/2025", "--platform", "tapir"), "did you mean 2025-05-18?"),
        (("dunay", "--date", "May 18, 2025", "--platform", "tapir"), "did you mean 2025-05-18?"),
        (
            ("dunay", "--date", "2024-10-13/2024-10-08", "--platform", "tapir"),
            "is reversed: it ends before it begins; did you mean 2024-10-08/2024-10-13?",
        ),
        (("dunay", "--date", "2024-10-13/..", "--platform", "tapir"), "open at one end"),
        (("dunay", "--date", "2023/2025", "--platform", "tapir"), "over 366 days is allowed only for an aggregate"),
        (("dunay", "--date", "2999-01-01", "--platform", "tapir"), "2999-01-01 lies ahead: today is"),
        ((*LOG[1:], "--at", "42.87,132.335"), "swapped, lon 132.335 lat 42.87 would be on Earth"),
        ((*LOG[1:], "--at", "500,99"), "lon 500.0, lat 99.0 is not on Earth"),
        ((*LOG[1:], "--at", "nan,nan"), "lon and lat must be finite numbers"),
        ((*LOG[1:], "--at", "inf,0"), "lon and lat must be finite numbers"),
        ((*LOG[1:], "--at", "0,0"), "what software writes for “not known”"),
        ((*LOG[1:], "--at", "132.3,38"), "538 km outside the footprint of dunay"),
        ((*LOG[1:], "--at", "somewhere"), "'somewhere' is not a position"),
        ((*LOG[1:], "--at", "42.87N"), "is not a position"),
        ((*LOG[1:], "--at", "42.87N 43N"), "is not a position"),
        ((*LOG[1:], "--count", "-1"), "'-1' is not a count"),
        ((*LOG[1:], "--count", "lots"), "'lots' is not a count"),
        ((*LOG[1:], "--count", "0"), "a count of 0 is a look that found nothing"),
        ((*LOG[1:], "--count", "3-2"), "count_min ≤ count ≤ count_max does not hold"),
        ((*LOG[1:], "--inferred", "troop-transfer", "--likelihood", "fairly sure"), "not on the scale of ICD 203"),
        ((*LOG[1:], "--likelihood", "likely"), "says how likely the inferred_activity is, which is empty"),
        ((*LOG[1:], "--activity", "dockd"), "did you mean docked"),
        ((*LOG[1:], "--hedge", "believed"), "hedge and hedge_on go together"),
        ((*LOG[1:], "--hedge", "believed", "--hedge-on", "colour"), "'colour' is not allowed"),
        ((*LOG[1:], "--method", "guess"), "'guess' is not allowed"),
        ((*LOG[1:], "--image-time", "soon"), "image_time: 'soon'"),
        ((*LOG[1:], "--gsd", "nan"), "gsd_m: nan"),
        ((*LOG[1:], "--cloud-pct", "120"), "cloud_pct: 120"),
        ((*LOG[1:], "--source", "javascript:alert(1)"), "is not allowed"),
        ((*LOG[1:], "--confidential"), "a source needs a title, a publisher or an address"),
        ((*LOG[1:], "--relates", ROPUCHA), "does not say how"),
        ((*LOG[1:], "--relates", f"{ROPUCHA}:denies"), "'denies' is not allowed"),
        ((*LOG[1:], "--note", "\udcff"), "note: '\\udcff'"),
        (
            ("rajin", "--date", "2025-05-20", "--platform", "cargo-ship:Lady R", "--count", "2"),
            "a named individual has a count of 1, not 2",
        ),
    ],
    ids=lambda value: " ".join(value).encode("ascii", "replace").decode() if isinstance(value, tuple) else "",
)
def test_a_value_that_is_not_allowed_is_refused_in_words(
    run: Run, book: Logbook, args: tuple[str, ...], words: str
) -> None:
    before = data_of(book)
    result = run("log", *args, folder=book.folder)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("error: ")
    assert words in result.stderr
    assert data_of(book) == before


def test_an_unknown_relation_has_the_exit_status_of_an_unknown_record(run: Run, book: Logbook) -> None:
    result = run(*LOG, "--relates", "dunay-2025-05-18-ropucha:contradicts", folder=book.folder)
    assert result.exit_code == 4
    assert f"did you mean {ROPUCHA}" in result.stderr


@pytest.mark.parametrize("text", ["05-18", "18 May", "May 18"])
def test_a_day_without_a_year_is_questioned_with_the_last_such_day(run: Run, book: Logbook, text: str) -> None:
    result = run("log", "dunay", "--date", text, "--platform", "tapir", folder=book.folder)
    assert result.exit_code == 3
    assert re.search(r"has no year; did you mean \d{4}-05-18\?", result.stderr)


def test_a_date_ahead_is_logged_when_meant(run: Run, empty_book: Logbook) -> None:
    args = ("log", "dunay", "--date", "2999-01-01", "--platform", "tapir", "--anyway")
    assert logged(run(*args, folder=empty_book.folder)) == ["dunay-2999-01-01-tapir-class"]


def test_a_place_far_from_its_site_is_logged_when_meant(run: Run, empty_book: Logbook) -> None:
    result = run(*LOG, "--at", "132.3,38", "--anyway", folder=empty_book.folder)
    assert logged(result) == ["dunay-2025-05-20-tapir-class"]
    assert "km outside the footprint" in run("check", folder=empty_book.folder).stdout


def test_a_duplicate_is_refused_unless_meant(run: Run, book: Logbook) -> None:
    before = data_of(book)
    args = ("log", "dunay", "--date", "2025-05-18", "--platform", "ropucha")
    result = run(*args, folder=book.folder)
    assert (result.exit_code, result.stdout) == (5, "")
    assert f"this looks like {ROPUCHA}, which is logged already" in result.stderr
    assert "--anyway" in result.stderr
    assert data_of(book) == before
    assert logged(run(*args, "--anyway", folder=book.folder)) == [f"{ROPUCHA}-2"]


@pytest.mark.parametrize("digits", [20, 5000])
def test_a_count_beyond_all_measure_is_refused(run: Run, empty_book: Logbook, digits: int) -> None:
    assert run(*LOG, "--count", "9" * digits, folder=empty_book.folder).exit_code == 3


@pytest.mark.parametrize(
    "args",
    [
        (*LOG, "--baseline", "0"),
        (*LOG, "--baseline", "99999"),
        ("log", "dunay", "--date", "0001", "--platform", "ship"),
    ],
    ids=["baseline 0", "baseline 99999", "year 1"],
)
def test_a_year_beyond_the_calendar_is_no_traceback(run: Run, empty_book: Logbook, args: tuple[str, ...]) -> None:
    assert run(*args, folder=empty_book.folder).exit_code in (0, 2, 3)


# --- log with a person to ask


@pytest.mark.usefixtures("at_a_terminal")
def test_what_is_missing_is_asked_for(run: Run, empty_book: Logbook) -> None:
    result = run("log", folder=empty_book.folder, typed="dunay\n2025-05-20\ntapir\n")
    assert logged(result) == ["dunay-2025-05-20-tapir-class"]
    for question in ("Site:", "Date", "Platform (or: nothing, cloud):"):
        assert question in result.stdout


@pytest.mark.usefixtures("at_a_terminal")
def test_a_near_miss_is_asked_again_with_the_near_name_as_default(run: Run, empty_book: Logbook) -> None:
    args = ("log", "dunya", "--date", "2025-05-20", "--platform", "tapir")
    result = run(*args, folder=empty_book.folder, typed="\n")
    assert logged(result) == ["dunay-2025-05-20-tapir-class"]


@pytest.mark.usefixtures("at_a_terminal")
@pytest.mark.parametrize(
    ("date", "typed"),
    [("18/05/2025", "\n"), ("2025-02-30", "2025-05-18\n"), ("2999-05-18", "n\n2025-05-18\n"), ("soon", "2025-05-18\n")],
)
def test_a_doubtful_date_is_asked_again(run: Run, empty_book: Logbook, date: str, typed: str) -> None:
    args = ("log", "dunay", "--date", date, "--platform", "tapir")
    assert logged(run(*args, folder=empty_book.folder, typed=typed)) == ["dunay-2025-05-18-tapir-class"]


@pytest.mark.usefixtures("at_a_terminal")
def test_a_day_without_a_year_offers_the_last_such_day(run: Run, empty_book: Logbook) -> None:
    args = ("log", "dunay", "--date", "05-18", "--platform", "tapir")
    result = run(*args, folder=empty_book.folder, typed="\n")
    assert re.fullmatch(r"dunay-\d{4}-05-18-tapir-class", logged(result)[0])


@pytest.mark.usefixtures("at_a_terminal")
def test_a_date_ahead_is_confirmed(run: Run, empty_book: Logbook) -> None:
    args = ("log", "dunay", "--date", "2999-05-18", "--platform", "tapir")
    result = run(*args, folder=empty_book.folder, typed="y\n")
    assert "Log it all the same?" in result.stdout
    assert logged(result) == ["dunay-2999-05-18-tapir-class"]


@pytest.mark.usefixtures("at_a_terminal")
@pytest.mark.parametrize(
    ("typed", "identifier"), [("any\n", "sunan-2025-06-05-any"), ("il-76\n", "sunan-2025-06-05-il-76")]
)
def test_nothing_at_a_site_with_residents_asks_what_was_looked_for(
    run: Run, empty_book: Logbook, typed: str, identifier: str
) -> None:
    args = ("log", "sunan", "--date", "2025-06-05", "--nothing")
    result = run(*args, folder=empty_book.folder, typed=typed)
    assert "What was looked for?" in result.stdout
    assert logged(result) == [identifier]


@pytest.mark.usefixtures("at_a_terminal")
def test_an_unknown_platform_typed_at_the_prompt_is_refused(run: Run, empty_book: Logbook) -> None:
    result = run("log", "dunay", "--date", "2025-05-20", folder=empty_book.folder, typed="ropuca\nropucha\n")
    assert result.exit_code in (0, 3)
    assert "did you mean Ropucha" in result.stdout + result.stderr


@pytest.mark.usefixtures("at_a_terminal")
def test_leaving_at_a_question_writes_nothing(run: Run, empty_book: Logbook) -> None:
    result = run("log", "dunay", folder=empty_book.folder, typed="")
    assert result.exit_code != 0
    assert Logbook(empty_book.folder).read().records == []


# --- amend, review, withdraw


def test_amending_says_what_changed(run: Run, book: Logbook) -> None:
    result = run("amend", ROPUCHA, "--berth", "Pier 1", "--activity", "loading", folder=book.folder)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{ROPUCHA}: revision 2, in observations/2025.geojson",
        "  activity: docked → loading",
        "  berth: empty → Pier 1",
    ]
    assert record(book, ROPUCHA)["revision"] == 2


def test_amending_nothing_says_so(run: Run, book: Logbook) -> None:
    before = data_of(book)
    result = run("amend", ROPUCHA, "--activity", "docked", folder=book.folder)
    assert (result.exit_code, result.stdout) == (0, f"{ROPUCHA}: nothing changed.\n")
    assert data_of(book) == before


def test_clearing_empties_fields(run: Run, book: Logbook) -> None:
    result = run("amend", ROPUCHA, "--clear", "hedge", "--clear", "hedge_on", folder=book.folder)
    assert "hedge: possible → empty" in result.stdout
    assert "hedge" not in record(book, ROPUCHA)


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        (("--clear", "hegde"), 3, "'hegde' is not a field; did you mean hedge"),
        (("--clear", "hedge"), 3, "hedge and hedge_on go together"),
        (("--clear", "site"), 3, "site: is missing"),
        (("--clear", "id"), 3, "is permanent"),
        (("--date", "2025-02-30"), 3, "not on the calendar"),
        (("--platform", "ropuca"), 3, "did you mean Ropucha"),
        (("--site", "dunya"), 3, "did you mean dunay"),
        (("--at", "132.3,38"), 3, "538 km outside"),
        (("--count", "0"), 3, "a count of 0"),
        (("--note", ""), 3, "note: ''"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_amendment_that_is_not_allowed_changes_nothing(
    run: Run, book: Logbook, args: tuple[str, ...], status: int, words: str
) -> None:
    before = data_of(book)
    result = run("amend", ROPUCHA, *args, folder=book.folder)
    assert (result.exit_code, result.stdout) == (status, "")
    assert words in result.stderr
    assert data_of(book) == before


def test_amending_the_hull_names_it(run: Run, book: Logbook) -> None:
    run("amend", ROPUCHA, "--platform", "ropucha:Oslyabya", folder=book.folder)
    assert record(book, ROPUCHA)["platform_name"] == "Oslyabya"


def test_amending_a_seed_writes_to_observations(run: Run, book: Logbook) -> None:
    seeds = (book.folder / "seeds" / "pattern-2024.geojson").read_bytes()
    result = run("amend", TAPIR_2024, "--berth", "Pier 1", "--by", "B. Editor", folder=book.folder)
    assert "revision 2, in observations/2024.geojson" in result.stdout
    assert (book.folder / "seeds" / "pattern-2024.geojson").read_bytes() == seeds
    assert ids(run("list", folder=book.folder)).count(TAPIR_2024) == 1


@pytest.mark.parametrize(("identifier", "text"), [(IL_76, "1"), (ROPUCHA, "2-3")])
def test_amending_the_count_replaces_the_whole_count(run: Run, book: Logbook, identifier: str, text: str) -> None:
    """“At least 2” corrected to 1; 1 corrected to 2-3."""
    result = run("amend", identifier, "--count", text, folder=book.folder)
    assert result.exit_code == 0, result.stderr


def test_reviewing(run: Run, book: Logbook) -> None:
    result = run("review", ROPUCHA, "--by", "B. Editor", folder=book.folder)
    assert result.exit_code == 0
    assert "status: draft → reviewed" in result.stdout
    assert "reviewed_by: empty → B. Editor" in result.stdout


def test_withdrawing_hides_and_keeps(run: Run, book: Logbook) -> None:
    result = run("withdraw", ROPUCHA, "--why", "wrong image", folder=book.folder)
    assert "status: draft → withdrawn" in result.stdout
    assert ROPUCHA not in ids(run("list", folder=book.folder))
    assert ids(run("list", "--status", "withdrawn", folder=book.folder)) == [ROPUCHA]
    assert "Withdrawn: wrong image" in run("show", ROPUCHA, folder=book.folder).stdout


# --- list, show, last, sites, platforms, schema


def test_the_list_has_nine_columns_for_a_script(run: Run, book: Logbook) -> None:
    lines = run("list", "--site", "dunay", folder=book.folder).stdout.splitlines()
    assert all(line.count("\t") == 8 for line in lines)
    assert lines[-1].split("\t") == [
        ROPUCHA,
        "2025-05-18",
        "dunay",
        "seen",
        "ropucha-class",
        "",
        "1",
        "docked",
        "published/optical",
    ]


def test_the_list_as_json_has_the_vague_records_of_2024(run: Run, book: Logbook) -> None:
    features = json.loads(run("list", "--site", "dunay", "--json", folder=book.folder).stdout)
    assert {feature["id"] for feature in features} >= VAGUE_2024 | {ROPUCHA, TAPIR_2024}
    assert {feature["properties"]["date"] for feature in features} >= {"2024", "2024-10/2024-11"}
    assert {feature["type"] for feature in features} == {"Feature"}


def test_the_list_as_geojson_is_one_collection(run: Run, book: Logbook) -> None:
    collection = json.loads(run("list", "--site", "dunay", "--geojson", folder=book.folder).stdout)
    assert collection["type"] == "FeatureCollection"
    assert [f["id"] for f in collection["features"]] == ids(run("list", "--site", "dunay", folder=book.folder))


@pytest.mark.parametrize(
    ("filters", "test"),
    [
        (("--site", "sunan"), lambda p: p["site"] == "sunan"),
        (("--site", "sunan", "--site", "Дунай"), lambda p: p["site"] in ("sunan", "dunay")),
        (("--year", "2025"), lambda p: p["earliest"] <= "2025-12-31" and p["latest"] >= "2025-01-01"),
        (
            ("--platform", "landing-ship"),
            lambda p: p.get("platform") in ("landing-ship", "ropucha-class", "tapir-class"),
        ),
        (("--platform", "Lady R"), lambda p: p.get("platform_name") == "Lady R"),
        (("--outcome", "not-seen"), lambda p: p["outcome"] == "not-seen"),
        (("--method", "flight-tracking"), lambda p: p["method"] == "flight-tracking"),
        (("--basis", "published"), lambda p: p["basis"] == "published"),
        (("--status", "draft"), lambda p: p["status"] == "draft"),
        (("--tag", "seed-article"), lambda p: "seed-article" in p.get("tags", ())),
        (
            ("--site", "sunan", "--year", "2025", "--method", "optical"),
            lambda p: (p["site"], p["earliest"][:4], p["method"]) == ("sunan", "2025", "optical"),
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_filter_keeps_all_that_fit_and_nothing_else(
    run: Run, book: Logbook, filters: tuple[str, ...], test: Callable[[dict[str, Any]], bool]
) -> None:
    everything = json.loads(run("list", "--json", folder=book.folder).stdout)
    expected = [feature for feature in everything if test(feature["properties"])]
    assert len(expected) > 0
    assert json.loads(run("list", *filters, "--json", folder=book.folder).stdout) == expected


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("list", "--site", "dunya"), "did you mean dunay"),
        (("list", "--platform", "ropuca"), "did you mean Ropucha"),
        (("last", "dunya"), "did you mean dunay"),
        (("last", "--platform", "ropuca"), "did you mean Ropucha"),
        (("last", "--as-of", "2025"), "2025 is not one day"),
        (("last", "--as-of", "2025-02-30"), "not on the calendar"),
        (("platforms", "ropuca"), "did you mean Ropucha"),
        (("map", "dunya"), "did you mean dunay"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_unknown_name_in_a_question_is_refused(run: Run, book: Logbook, args: tuple[str, ...], words: str) -> None:
    result = run(*args, folder=book.folder)
    assert (result.exit_code, result.stdout) == (3, "")
    assert words in result.stderr


def test_show_gives_every_field_with_file_and_line(run: Run, book: Logbook) -> None:
    lines = run("show", ROPUCHA, folder=book.folder).stdout.splitlines()
    shown = dict(line.split("\t", 1) for line in lines)
    assert shown["site"] == "Dunay (dunay)"
    assert shown["date"].startswith("2025-05-18 (18 May 2025")
    assert shown["platform"] == "ship > landing-ship > ropucha-class"
    assert shown["position"] == "position not given"
    file, _, line = shown["file"].partition(":")
    assert ROPUCHA in (book.folder / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]


def test_show_as_json_is_the_feature(run: Run, book: Logbook) -> None:
    feature = json.loads(run("show", ROPUCHA, "--json", folder=book.folder).stdout)
    assert feature == book.get(ROPUCHA).to_feature()


def test_show_offers_near_ids(run: Run, book: Logbook) -> None:
    result = run("show", "dunay-2025-05-18-ropucha", folder=book.folder)
    assert result.exit_code == 4
    assert f"did you mean {ROPUCHA}" in result.stderr


def test_last_gives_own_and_published_looks_apart(run: Run, book: Logbook) -> None:
    run("log", "dunay", "--date", "2025-05-20", "--nothing", folder=book.folder)
    rows = json.loads(run("last", "dunay", "--as-of", "2025-07-01", "--json", folder=book.folder).stdout)
    own, published = rows
    assert (own["looks"], published["looks"]) == ("own", "published")
    assert own["not_seen"] == {"date": "2025-05-20", "id": "dunay-2025-05-20-any", "days": [42, 42]}
    assert (own["seen"], own["look"]["id"]) == (None, "dunay-2025-05-20-any")
    assert published["seen"] == {"date": "2025-05-18", "id": ROPUCHA, "days": [44, 44]}
    assert (published["not_seen"], published["cannot_tell"]) == (None, None)


def test_last_gives_the_watched_sites_and_those_with_records(run: Run, book: Logbook) -> None:
    rows = json.loads(run("last", "--as-of", "2025-07-01", "--json", folder=book.folder).stdout)
    places = {row["site"] for row in rows}
    assert places >= {"dunay", "nakhodka", "sunan", "rajin"}
    assert "fokino" not in places
    table = run("last", "--as-of", "2025-07-01", folder=book.folder).stdout
    assert "dunay\tpublished\t2025-05-18, 44 d ago\t2025-05-18, 44 d ago\tnone on file\tnone on file\n" in table


def test_last_as_of_a_day_knows_nothing_of_later_ones(run: Run, book: Logbook) -> None:
    rows = json.loads(run("last", "dunay", "--as-of", "2025-05-17", "--json", folder=book.folder).stdout)
    assert all(row["seen"] is None or row["seen"]["id"] != ROPUCHA for row in rows)


def test_last_of_a_platform(run: Run, book: Logbook) -> None:
    args = ("last", "sunan", "--platform", "Ил-76", "--as-of", "2025-07-01", "--json")
    published = json.loads(run(*args, folder=book.folder).stdout)[1]
    assert published["seen"] == {"date": "2025-06-04", "id": IL_76, "days": [27, 27]}


def test_the_sites_with_their_names_and_number_of_records(run: Run, book: Logbook) -> None:
    lines = {line.split("\t")[0]: line for line in run("sites", folder=book.folder).stdout.splitlines()}
    assert lines["dunay"].split("\t")[1:4] == ["watched", "5", "Asia/Vladivostok"]
    assert "두나이" in lines["dunay"]
    rows = json.loads(run("sites", "--json", folder=book.folder).stdout)
    assert [row["id"] for row in rows] == list(lines)
    assert next(row["records"] for row in rows if row["id"] == "dunay") == 5


def test_a_platform_by_its_name_in_another_script(run: Run, book: Logbook) -> None:
    result = run("platforms", "Ил-76", folder=book.folder)
    assert "path\taircraft > transport-aircraft > il-76" in result.stdout
    found = json.loads(run("platforms", "Ил-76", "--json", folder=book.folder).stdout)
    assert (found["id"], found["parent"]) == ("il-76", "transport-aircraft")


def test_an_individual_by_its_name(run: Run, book: Logbook) -> None:
    assert "path\tship > cargo-ship" in run("platforms", "Леди Р", folder=book.folder).stdout


def test_the_platform_tree(run: Run, book: Logbook) -> None:
    tree = run("platforms", folder=book.folder).stdout
    assert "\n    ropucha-class\tRopucha class (Project 775)" in tree
    assert "cargo\tcargo · shown, never matched" in tree
    rows = json.loads(run("platforms", "--json", folder=book.folder).stdout)
    paths = {row["id"]: row["path"] for row in rows}
    assert paths["ropucha-class"] == ["ship", "landing-ship", "ropucha-class"]


@pytest.mark.parametrize(("option", "term"), [("--activities", "docked"), ("--inferred-activities", "troop-transfer")])
def test_the_activities_with_their_meaning(run: Run, book: Logbook, option: str, term: str) -> None:
    assert f"{term}\t" in run("platforms", option, folder=book.folder).stdout
    rows = json.loads(run("platforms", option, "--json", folder=book.folder).stdout)
    assert term in {row["id"] for row in rows}


def test_the_schema_is_json(run: Run) -> None:
    schema = json.loads(run("schema").stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


# --- check


def test_the_shipped_logbook_is_in_order(run: Run, book: Logbook) -> None:
    result = run("check", folder=book.folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "95 kilometers southwest of Nakhodka” (Ukrainian news item retelling CNN) is contradicted" in result.stdout
    assert "Dunay lies 45.6 km (±4.5 km) west of Nakhodka" in result.stdout
    assert "0 errors, 0 warnings" in result.stdout.splitlines()[-1]


def test_check_as_json(run: Run, book: Logbook) -> None:
    problems = json.loads(run("check", "--json", folder=book.folder).stdout)
    assert {problem["level"] for problem in problems} == {"notice"}
    assert all(set(p) == {"level", "what", "file", "line", "id", "field", "mend"} for p in problems)


# --- damaged files


def break_a_line(book: Logbook) -> int:
    """Break the JSON of the shipped Ropucha; gives its line."""
    rows = year_file(book).read_bytes().split(b"\n")
    index = next(i for i, row in enumerate(rows) if row.startswith(f'{{"type":"Feature","id":"{ROPUCHA}"'.encode()))
    rows[index] = rows[index].replace(b'"geometry":null}', b'"geometry":null')
    year_file(book).write_bytes(b"\n".join(rows))
    return index + 1


def test_a_broken_line_leaves_the_rest_listed_with_exit_status_1(run: Run, book: Logbook) -> None:
    everything = ids(run("list", folder=book.folder))
    line = break_a_line(book)
    result = run("list", folder=book.folder)
    assert result.exit_code == 1
    assert ids(result) == [identifier for identifier in everything if identifier != ROPUCHA]
    assert f"error: observations/2025.geojson:{line}: is not valid JSON" in result.stderr
    assert "`resight check` lists" in result.stderr


@pytest.mark.parametrize(
    "args",
    [
        ("log", "dunay", "--date", "2025-05-20", "--platform", "tapir"),
        ("amend", IL_76, "--berth", "x"),
        ("amend", IL_76, "--date", "2024-06-04"),
        ("amend", TAPIR_2024, "--date", "2025-10-17"),
        ("withdraw", IL_76, "--why", "x"),
        ("review", IL_76, "--by", "x"),
    ],
    ids=lambda args: " ".join(args[:3]),
)
def test_no_command_overwrites_a_file_with_a_broken_line(run: Run, book: Logbook, args: tuple[str, ...]) -> None:
    break_a_line(book)
    before = data_of(book)
    result = run(*args, folder=book.folder)
    assert (result.exit_code, result.stdout) == (7, "")
    assert "observations/2025.geojson could not be read whole" in result.stderr
    assert "nothing was changed" in result.stderr
    assert data_of(book) == before


@pytest.mark.parametrize(
    "args", [("list",), ("last",), ("sites",), ("check",), ("map", "dunay"), ("report",)], ids=lambda args: args[0]
)
def test_every_question_is_answered_in_spite_of_a_broken_line(run: Run, book: Logbook, args: tuple[str, ...]) -> None:
    break_a_line(book)
    before = year_file(book).read_bytes()
    result = run(*args, folder=book.folder)
    assert result.exit_code == 1
    assert result.stdout
    assert "not valid JSON" in result.stdout + result.stderr
    assert year_file(book).read_bytes() == before


def test_another_year_is_logged_in_spite_of_a_broken_line(run: Run, book: Logbook) -> None:
    break_a_line(book)
    result = run("log", "dunay", "--date", "2026-01-02", "--platform", "tapir", folder=book.folder)
    assert result.exit_code == 1
    assert "Logged dunay-2026-01-02-tapir-class" in result.stdout
    assert "not valid JSON" in result.stderr


def put(book: Logbook, *features: dict[str, Any]) -> None:
    content = json.dumps({"type": "FeatureCollection", "features": features})
    year_file(book).write_text(content, encoding="utf-8")


def feature(**members: Any) -> dict[str, Any]:
    properties = {"site": "dunay", "date": "2025-05-18", "platform": "tapir-class"}
    return {"type": "Feature", "id": "a", "properties": properties, "geometry": None, **members}


@pytest.mark.parametrize(
    ("features", "listed", "words"),
    [
        ([feature(id=None)], [], "a Feature without id"),
        ([feature(), feature()], ["a"], "the id stands at observations/2025.geojson"),
        ([feature(properties={"site": "dunay", "date": "2025-02-30"})], [], "not on the calendar"),
        ([feature(geometry={"type": "Point", "coordinates": [500, 99]})], [], "is not on Earth"),
    ],
    ids=["no id", "two with one id", "impossible date", "off Earth"],
)
def test_a_bad_feature_is_named_and_the_rest_is_listed(
    run: Run, empty_book: Logbook, features: list[dict[str, Any]], listed: list[str], words: str
) -> None:
    put(empty_book, *features, feature(id="good"))
    result = run("list", folder=empty_book.folder)
    assert (result.exit_code, sorted(ids(result))) == (1, sorted([*listed, "good"]))
    assert words in result.stderr
    checked = run("check", folder=empty_book.folder)
    assert checked.exit_code == 1
    assert words in checked.stdout
    # It stays in the file through the next write.
    logged_all_the_same = run(*LOG, folder=empty_book.folder)
    assert logged(logged_all_the_same, status=logged_all_the_same.exit_code) == ["dunay-2025-05-20-tapir-class"]
    assert logged_all_the_same.exit_code in (0, 1)
    kept = json.loads(year_file(empty_book).read_bytes())["features"]
    assert all(feature in kept for feature in features)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\x00\xff", b'{"type":"Feature"}'],
    ids=["empty", "open", "list", "binary", "Feature"],
)
def test_a_year_file_that_is_none_is_named_and_left_alone(run: Run, book: Logbook, content: bytes) -> None:
    year_file(book).write_bytes(content)
    result = run("list", folder=book.folder)
    assert (result.exit_code, TAPIR_2024 in ids(result)) == (1, True)
    assert "error: observations/2025.geojson" in result.stderr
    assert run(*LOG, folder=book.folder).exit_code == 7
    assert year_file(book).read_bytes() == content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'\xef\xbb\xbf{"type":"FeatureCollection","features":[]}\n', "byte order mark"),
        (b'{"type":"FeatureCollection",\r\n"features":[]}\r\n', "Windows line ends"),
        (b'{"type":"FeatureCollection","features":[]}', ""),
    ],
    ids=["BOM", "CRLF", "no feature"],
)
def test_a_year_file_of_another_system_is_no_error(run: Run, empty_book: Logbook, content: bytes, words: str) -> None:
    year_file(empty_book).write_bytes(content)
    result = run("check", folder=empty_book.folder)
    assert (result.exit_code, words in result.stdout) == (0, True)
    assert logged(run(*LOG, folder=empty_book.folder)) == ["dunay-2025-05-20-tapir-class"]


def test_an_altitude_is_a_notice(run: Run, empty_book: Logbook) -> None:
    put(empty_book, feature(geometry={"type": "Point", "coordinates": [132.335, 42.87, 12.0]}))
    result = run("check", folder=empty_book.folder)
    assert (result.exit_code, "has an altitude, which is kept and not used" in result.stdout) == (0, True)
    assert ids(run("list", folder=empty_book.folder)) == ["a"]


def test_an_answer_that_could_not_read_a_record_of_last_year_says_so(run: Run, book: Logbook) -> None:
    """Otherwise “Nothing like it” would stand there because of a slip of the pen."""
    seeds = book.folder / "seeds" / "pattern-2024.geojson"
    spoilt = f'"id":"{ROPUCHA_2024}","site":"dunay","date":"2O24"'
    seeds.write_text(
        seeds.read_text(encoding="utf-8").replace(f'"id":"{ROPUCHA_2024}","site":"dunay","date":"2024"', spoilt),
        encoding="utf-8",
    )
    assert ROPUCHA_2024 in run("list", folder=book.folder).stderr
    result = run("log", "dunay", "--date", "2025-05-19", "--platform", "ropucha", folder=book.folder)
    assert ROPUCHA_2024 in result.stderr


@pytest.mark.parametrize("command", ["list", "log"])
def test_a_repair_of_a_cut_off_write_is_told(run: Run, book: Logbook, command: str) -> None:
    before = year_file(book).read_bytes()
    run("log", "dunay", "--date", "2025-05-19", "--platform", "tapir", folder=book.folder)
    year_file(book).write_bytes(before)
    result = run(*(LOG if command == "log" else ("list",)), folder=book.folder)
    assert result.exit_code == 0
    assert result.stderr.count("it has been carried out now") == 1
    assert "dunay-2025-05-19-tapir-class" in ids(run("list", folder=book.folder))


@pytest.mark.parametrize("args", [("list",), ("sites",), LOG], ids=lambda args: args[0])
def test_a_broken_register_is_named_by_whatever_needs_it(run: Run, book: Logbook, args: tuple[str, ...]) -> None:
    (book.folder / "seeds" / "sites.geojson").write_bytes(b"{")
    result = run(*args, folder=book.folder)
    assert result.exit_code != 0
    assert "seeds/sites.geojson: is not valid JSON" in result.stderr or "seeds/sites.geojson:1" in result.stderr


@pytest.mark.parametrize("content", [b"[platforms", b"platforms = 3\n"], ids=["not TOML", "no table"])
def test_a_broken_vocabulary_is_said_in_words(run: Run, book: Logbook, content: bytes) -> None:
    (book.folder / "seeds" / "vocabulary.toml").write_bytes(content)
    for args in (("platforms",), ("list",), ("check",), LOG):
        result = run(*args, folder=book.folder)
        assert result.exit_code == 3
        assert "seeds/vocabulary.toml" in result.stderr


def test_a_vocabulary_that_is_not_utf8_is_said_in_words(run: Run, book: Logbook) -> None:
    (book.folder / "seeds" / "vocabulary.toml").write_bytes(b"# \xff\n")
    result = run("platforms", folder=book.folder)
    assert result.exit_code in (3, 7)
    assert "vocabulary.toml" in result.stderr


def test_a_broken_basemap_is_said_in_words(run: Run, book: Logbook) -> None:
    (book.folder / "seeds" / "basemap" / "mine.geojson").write_bytes(b"{")
    result = run("map", "dunay", folder=book.folder)
    assert result.exit_code not in (0, 1)
    assert "mine.geojson" in result.stderr


# --- disk and permission


@pytest.mark.parametrize(
    "args",
    [
        LOG,
        ("amend", ROPUCHA, "--berth", "Pier 1"),
        ("withdraw", ROPUCHA, "--why", "x"),
        ("review", ROPUCHA, "--by", "x"),
    ],
    ids=lambda args: args[0],
)
@pytest.mark.parametrize(
    ("where", "error", "words"),
    [
        ("fsync", OSError(28, "No space left on device"), "No space left"),
        ("mkdir", PermissionError(13, "Permission denied"), "Permission denied"),
    ],
    ids=["full disk", "read-only folder"],
)
def test_a_disk_that_does_not_take_it_has_exit_status_8(
    run: Run,
    book: Logbook,
    monkeypatch: pytest.MonkeyPatch,
    args: tuple[str, ...],
    where: str,
    error: OSError,
    words: str,
) -> None:
    before = data_of(book)

    def refuse(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os if where == "fsync" else Path, where, refuse)
        result = run(*args, folder=book.folder)
    assert (result.exit_code, result.stdout) == (8, "")
    assert words in result.stderr
    assert "nothing was changed" in result.stderr
    assert data_of(book) == before


@pytest.mark.parametrize("args", [("map", "dunay"), ("report",)], ids=lambda args: args[0])
def test_pages_that_cannot_be_written_have_exit_status_8(run: Run, book: Logbook, args: tuple[str, ...]) -> None:
    target = book.folder / "a-file"
    target.write_text("", encoding="utf-8")
    result = run(*args, "--output", str(target / "below"), folder=book.folder)
    assert result.exit_code == 8
    assert "cannot write" in result.stderr


# --- map and report


def test_map_writes_a_page_per_watched_site_and_an_overview(run: Run, book: Logbook) -> None:
    result = run("map", folder=book.folder)
    assert result.exit_code == 0
    names = [Path(line).name for line in result.stdout.splitlines()]
    assert names == ["dunay.html", "nakhodka.html", "sunan.html", "index.html"]
    assert all((book.folder / "maps" / name).stat().st_size > 0 for name in names)


def test_the_overview_is_written_alone_and_links_the_pages_that_are_there(run: Run, book: Logbook) -> None:
    run("map", "dunay", folder=book.folder)
    result = run("map", "--overview", folder=book.folder)
    assert (result.exit_code, [Path(line).name for line in result.stdout.splitlines()]) == (0, ["index.html"])
    page = (book.folder / "maps" / "index.html").read_text("utf-8")
    assert '"href":"dunay.html"' in page
    assert '"href":"sunan.html"' not in page


@pytest.mark.parametrize("args", [("dunay",), ("--all",)])
def test_the_overview_alone_takes_no_sites(run: Run, book: Logbook, args: tuple[str, ...]) -> None:
    result = run("map", "--overview", *args, folder=book.folder)
    assert result.exit_code == 2
    assert "leave out the sites and --all" in result.stderr
    assert not (book.folder / "maps").exists()


@pytest.mark.parametrize(
    ("args", "page"), [(("dunay",), "dunay.html"), ((), "index.html"), (("--overview",), "index.html")]
)
def test_a_map_is_opened_in_the_browser(
    run: Run, book: Logbook, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], page: str
) -> None:
    opened: list[str] = []

    def browser(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", browser)
    result = run("map", *args, "--open", folder=book.folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert opened == [(book.folder / "maps" / page).as_uri()]


def test_without_a_browser_the_page_is_named(run: Run, book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    result = run("map", "--overview", "--open", folder=book.folder)
    page = book.folder / "maps" / "index.html"
    assert (result.exit_code, result.stderr) == (0, f"no browser found here; the page is {page}\n")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--year", "1900"), "nothing is logged for 1900 or 1899, and the pages say so; there are records of 202"),
        (("--year", "2025", "--baseline", "1990..1992"), ""),
    ],
)
def test_years_without_a_record_are_said(run: Run, book: Logbook, args: tuple[str, ...], said: str) -> None:
    result = run("map", "dunay", *args, folder=book.folder)
    assert result.exit_code == 0
    assert result.stderr.startswith(f"notice: {said}" if said else "")
    assert bool(result.stderr) == bool(said)


def test_a_map_of_an_empty_logbook_says_that_nothing_is_on_file(run: Run, empty_book: Logbook) -> None:
    result = run("map", "--year", "2025", folder=empty_book.folder)
    assert result.exit_code == 0
    assert result.stderr == (
        "notice: nothing is logged for 2025 or 2024, and the pages say so; no record is on file yet\n"
    )


def test_a_bad_address_of_tiles_is_refused_before_anything_is_written(run: Run, book: Logbook) -> None:
    result = run("map", "--tiles", "http://a.example/{z}/{x}/{y}.png", folder=book.folder)
    assert result.exit_code == 3
    assert "does not begin with https://" in result.stderr
    assert "for example https://tiles.example.org/{z}/{x}/{y}.png" in result.stderr
    assert not (book.folder / "maps").exists()


def test_report_writes_a_page_named_after_its_years(run: Run, book: Logbook) -> None:
    result = run("report", "--output", str(book.folder / "out"), folder=book.folder)
    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    assert Path(line) == book.folder / "out" / "report-2025-vs-2024.html"
    assert Path(line).stat().st_size > 0


@pytest.mark.parametrize(
    "args",
    [("report", "--year", "0"), ("report", "--year", "99999"), ("map", "dunay", "--year", "0")],
    ids=" ".join,
)
def test_a_year_that_is_none_is_refused_by_pages(run: Run, book: Logbook, args: tuple[str, ...]) -> None:
    assert run(*args, folder=book.folder).exit_code in (2, 3)


@pytest.mark.parametrize(
    "day",
    [
        "0001-01-01",
        "9999-12-31",
    ],
)
def test_a_record_at_the_end_of_the_calendar_does_not_stop_the_pages(run: Run, book: Logbook, day: str) -> None:
    put_one = feature(id="edge", properties={"site": "dunay", "date": day, "platform": "tapir-class"})
    put(book, put_one, feature(id="b"))
    assert run("report", "--year", "2025", folder=book.folder).exit_code == 0


# --- what a quick command must not load


HEAVY = {"geopandas", "folium", "branca", "matplotlib", "scipy", "numpy", "pandas", "shapely"}
LOADED = """
import sys
from resight.cli import main
try:
    main(sys.argv[1:])
except SystemExit as leaving:
    status = leaving.code
print("\\n" + "LOADED " + " ".join(sorted({name.partition(".")[0] for name in sys.modules})))
sys.exit(status)
"""


@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("log", "--help"),
        ("log", "dunay", "--date", "2025-05-19", "--platform", "ropucha", "--activity", "docked"),
        ("log", "dunay", "--date", "2025-05-19", "--platform", "ropucha", "--at", "132.335,42.87"),
        ("log", "dunay", "--date", "2025-05-19", "--nothing"),
        ("list",),
        ("list", "--json"),
        ("check",),
        ("show", ROPUCHA),
        ("last", "--as-of", "2025-07-01"),
        ("sites",),
        ("platforms",),
        ("amend", ROPUCHA, "--berth", "Pier 1"),
    ],
    ids=lambda args: " ".join((args[0], *args[-2:])),
)
def test_a_quick_command_loads_no_heavy_library(book: Logbook, args: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *args],
        env={**os.environ, "RESIGHT_LOGBOOK": str(book.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.splitlines()[-1].removeprefix("LOADED ").split())
    assert "resight" in loaded
    assert loaded & HEAVY == set()


# --- lists of a record ------------------------------------------------------------------------------------------


def test_an_amendment_adds_to_the_lists_of_a_record(run: Run, book: Logbook) -> None:
    identifier = "dunay-2024-10-17-tapir-class"
    held = record(book, identifier)
    assert run("amend", identifier, "--tag", "seen-again", "--tag", "PS-115", folder=book.folder).exit_code == 0
    assert record(book, identifier)["tags"] == [*held["tags"], "seen-again"]
    more = ("--source", "https://example.org/2", "--publisher", "Somebody")
    assert run("amend", identifier, *more, folder=book.folder).exit_code == 0
    added = {"published_by": "Somebody", "url": "https://example.org/2"}
    assert record(book, identifier)["sources"] == [*held["sources"], added]
    assert run("amend", identifier, "--clear", "sources", *more, folder=book.folder).exit_code == 0
    assert record(book, identifier)["sources"] == [added]


def test_a_source_on_file_can_be_graded_and_made_confidential(run: Run, book: Logbook) -> None:
    identifier = "dunay-2024-10-17-tapir-class"
    assert run("amend", identifier, "--grade", "B2", "--confidential", folder=book.folder).exit_code == 0
    (source,) = record(book, identifier)["sources"]
    assert (source["published_by"], source["grade"], source["confidential"]) == ("CNN", "B2", True)


def test_of_several_sources_the_one_meant_must_be_named(run: Run, book: Logbook) -> None:
    identifier = "dunay-2025-05-18-ropucha-class"
    result = run("amend", identifier, "--confidential", folder=book.folder)
    assert (result.exit_code, "2 sources: say which one" in result.stderr) == (3, True)
    assert run("amend", identifier, "--publisher", "CNN", "--confidential", folder=book.folder).exit_code == 0
    assert [source.get("confidential", False) for source in record(book, identifier)["sources"]] == [True, False]


def test_marks_that_drive_a_terminal_are_shown_and_not_obeyed(run: Run, book: Logbook) -> None:
    note = "red \x1b[31m, back \r, bell \x07, turned \u202e"
    assert run("amend", "dunay-2025-05-18-ropucha-class", "--note", note, folder=book.folder).exit_code == 0
    shown = run("show", "dunay-2025-05-18-ropucha-class", folder=book.folder).stdout
    assert "red \\x1b[31m, back \\r, bell \\x07, turned \\u202e" in shown


def test_a_folder_that_is_gone_is_no_logbook(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    result = run("list", folder=Path())
    assert (result.exit_code, "no logbook in" in result.stderr) == (6, True)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("at_a_terminal")
@pytest.mark.parametrize(("typed", "outcome"), [("nothing", "not-seen"), ("Cloud", "cannot-tell")])
def test_a_look_without_a_sighting_can_be_logged_at_the_prompt(
    run: Run, empty_book: Logbook, typed: str, outcome: str
) -> None:
    result = run("log", "dunay", "--date", "2025-05-20", folder=empty_book.folder, typed=f"{typed}\n")
    assert logged(result) == ["dunay-2025-05-20-any"]
    assert record(empty_book, "dunay-2025-05-20-any")["outcome"] == outcome


def test_a_sighting_says_what_was_seen(run: Run, empty_book: Logbook) -> None:
    result = run("log", "dunay", "--date", "2025-05-20", "--platform", "any", folder=empty_book.folder)
    assert (result.exit_code, "say what was seen" in result.stderr) == (3, True)
    assert Logbook(empty_book.folder).read().records == []


def test_the_answer_to_nothing_speaks_of_what_was_looked_for(run: Run, book: Logbook) -> None:
    anything = run("log", "dunay", "--date", "2025-05-20", "--nothing", folder=book.folder)
    assert "In 2024 at Dunay: 3 sightings on file." in anything.stdout
    transport = run("log", "dunay", "--date", "2025-05-21", "--nothing", "--platform", "an-124", folder=book.folder)
    assert "In 2024 at Dunay: no sighting of Antonov An-124 on file." in transport.stdout


@pytest.mark.parametrize("day", ["0001-01-01~", "9999-12-31"])
def test_the_ends_of_the_calendar_are_logged_without_a_traceback(run: Run, empty_book: Logbook, day: str) -> None:
    result = run("log", "dunay", "--date", day, "--platform", "tapir", "--anyway", folder=empty_book.folder)
    assert result.exit_code == 0
    assert result.stdout.startswith("Logged dunay-")


def test_an_amended_date_is_questioned_as_a_logged_one_is(run: Run, book: Logbook) -> None:
    ahead = run("amend", ROPUCHA, "--date", "2999-01-01", folder=book.folder)
    assert (ahead.exit_code, "lies ahead" in ahead.stderr) == (3, True)
    assert record(book, ROPUCHA)["date"] == "2025-05-18"


def test_confidential_sources_stand_in_no_list_for_others(run: Run, book: Logbook) -> None:
    assert run("amend", ROPUCHA, "--publisher", "CNN", "--confidential", folder=book.folder).exit_code == 0
    for style in ("--json", "--geojson"):
        listed = run("list", "--site", "dunay", "--year", "2025", style, folder=book.folder)
        assert "daily8.com" not in listed.stdout
        assert "Ukrainian news item" in listed.stdout


def test_the_answer_counts_the_baseline_year_alone_though_it_reads_a_month_around_it(
    run: Run, empty_book: Logbook
) -> None:
    for day in ("2023-12-20", "2024-06-01", "2025-01-10"):
        assert run("log", "dunay", "--date", day, "--nothing", folder=empty_book.folder).exit_code == 0
    result = run("log", "dunay", "--date", "2025-06-01", "--nothing", folder=empty_book.folder)
    assert "1 look at Dunay in 2024 on file, 1 of which found nothing." in result.stdout


# --- why


def words(text: str) -> str:
    """Text without its line breaks."""
    return " ".join(text.split())


@pytest.mark.parametrize("args", [(ROPUCHA,), (ROPUCHA_2024,), (ROPUCHA, ROPUCHA_2024), (ROPUCHA_2024, ROPUCHA)])
def test_why_gives_the_evidence_of_a_match_from_either_side(run: Run, book: Logbook, args: tuple[str, ...]) -> None:
    result = run("why", *args, folder=book.folder)
    assert result.exit_code == 0
    sentence, _, numbers = result.stdout.partition("This is a match.")
    assert words(sentence).startswith(f"{ROPUCHA} (Ropucha class (Project 775), 18 May 2025) resembles {ROPUCHA_2024} ")
    assert "bits" not in sentence
    assert "0." not in sentence
    factors, _, assumed = numbers.partition("Assumed, not counted:")
    for factor in ("place", "kind", "type", "class", "individual", "activity", "season", "sum"):
        assert re.search(rf"^{factor} ", factors, re.MULTILINE)
    assert re.search(r"^place +agrees +0.90 +0.33 +\+1.43 +same site$", factors, re.MULTILINE)
    for said in ("prior: 0.5", "posterior: 0.", "least bits to be assigned: +2.00", "sites compared: 3"):
        assert said in assumed
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_why_says_that_the_best_pair_is_no_match(run: Run, book: Logbook) -> None:
    result = run("why", TAPIR_2024, folder=book.folder)
    assert result.exit_code == 0
    assert f"{ROPUCHA} (Ropucha class (Project 775), 18 May 2025) does not match {TAPIR_2024} " in words(result.stdout)
    assert f"This is no match: {ROPUCHA} is assigned to {ROPUCHA_2024}, one to one." in words(result.stdout)
    assert re.search(r"^class +disagrees +0.90 +0.30 +−2.80 +other class", result.stdout, re.MULTILINE)


def test_why_as_json_has_the_numbers_that_are_printed(run: Run, book: Logbook) -> None:
    printed = run("why", ROPUCHA, folder=book.folder).stdout
    data = json.loads(run("why", ROPUCHA, "--json", folder=book.folder).stdout)
    assert (data["match"], data["baseline"], data["current"]) == (True, ROPUCHA_2024, ROPUCHA)
    assert data["bits"] == pytest.approx(sum(term["bits"] for term in data["terms"]))
    assert f"{data['bits']:+.2f}" in printed
    assert f"posterior: {data['assumed']['posterior']}" in printed
    assert all(size["of"] in printed for size in data["assumed"]["sizes"])


@pytest.mark.parametrize(
    ("identifier", "reason"),
    [
        ("rajin-2024-02-13-cargo-ship", "it is a look that found nothing"),
        ("sunan-2024-03-11-il-76-2", "the look could not tell"),
        ("sunan-2024-03-11-il-76", "flight-tracking gives no image"),
        ("rajin-2024-02-17-containers", "is shown, never matched"),
    ],
)
def test_why_says_why_a_record_is_not_compared(run: Run, book: Logbook, identifier: str, reason: str) -> None:
    result = run("why", identifier, folder=book.folder)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{identifier} is not compared: ")
    assert reason in result.stdout
    data = json.loads(run("why", identifier, "--json", folder=book.folder).stdout)
    assert data == {"compared": False, "why": result.stdout.strip()}


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"aggregate": True, "count": 3}, "it is a total"),
        ({"context": True}, "it is background"),
        ({"platform": None}, "it is not said what was seen"),
        ({"date": "2024-12-31/2025-01-01"}, "on either side of New Year"),
    ],
    ids=str,
)
def test_why_names_what_keeps_a_record_out(run: Run, book: Logbook, properties: dict[str, Any], reason: str) -> None:
    given = {"site": "dunay", "date": "2025-07-01", "platform": "tapir-class", **properties}
    put(book, feature(id="odd", properties={key: value for key, value in given.items() if value is not None}))
    result = run("why", "odd", folder=book.folder)
    assert (result.exit_code, reason in result.stdout) == (0, True), result.stdout + result.stderr


def test_why_says_that_a_record_was_withdrawn(run: Run, book: Logbook) -> None:
    assert run("withdraw", ROPUCHA, "--why", "wrong", "--by", "B", folder=book.folder).exit_code == 0
    assert run("why", ROPUCHA, folder=book.folder).stdout == f"{ROPUCHA} is not compared: it was withdrawn.\n"


def test_why_says_that_there_is_nothing_to_compare_with(run: Run, empty_book: Logbook) -> None:
    (identifier,) = logged(run(*LOG, folder=empty_book.folder))
    result = run("why", identifier, folder=empty_book.folder)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{identifier} has nothing to be compared with")


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        ((ROPUCHA, "no-such"), 4, "no record has the id 'no-such'"),
        ((ROPUCHA, IL_76), 3, "are both of 2025"),
        ((ROPUCHA, ROPUCHA), 3, "both are in the visit"),
        ((ROPUCHA, "rajin-2024-01-08-cargo-ship"), 3, "are never held against each other"),
        ((ROPUCHA, ROPUCHA_2024, "--baseline", "2023"), 3, "2023 does not hold 2024"),
        ((ROPUCHA, "--baseline", "2025"), 3, "2025 cannot be compared with itself"),
    ],
)
def test_why_refuses_what_cannot_be_compared(
    run: Run, book: Logbook, args: tuple[str, ...], status: int, said: str
) -> None:
    result = run("why", *args, folder=book.folder)
    assert (result.exit_code, result.stdout) == (status, "")
    assert said in result.stderr


# --- a report of one's own


@pytest.mark.parametrize(
    ("args", "status"),
    [
        ((), 0),
        (("--fail-on-repeat",), 10),
        (("--fail-on-repeat", "--baseline", "2019"), 0),
        (("--fail-on-repeat", "--site", "sunan"), 10),
        (("--fail-on-repeat", "--site", "nakhodka"), 0),
    ],
)
def test_a_report_fails_on_a_repeat_when_told_to(run: Run, book: Logbook, args: tuple[str, ...], status: int) -> None:
    result = run("report", *args, folder=book.folder)
    assert result.exit_code == status
    assert Path(result.stdout.strip()).exists()


def test_a_broken_line_does_not_hide_a_repeat(run: Run, book: Logbook) -> None:
    break_a_line(book)
    result = run("report", "--site", "dunay", "--site", "sunan", "--fail-on-repeat", folder=book.folder)
    assert result.exit_code == 10
    assert "not valid JSON" in result.stderr


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (("--baseline", "2024"), "report-2025-vs-2024.html"),
        (("--baseline", "2022..2024"), "report-2025-vs-2022-to-2024.html"),
        (("--baseline", "2024..2024"), "report-2025-vs-2024.html"),
        (("--site", "Sunan"), "report-2025-vs-2024-sunan.html"),
        (("--site", "sunan", "--site", "dunay", "--site", "sunan"), "report-2025-vs-2024-dunay-sunan.html"),
        (("--reviewed-only",), "report-2025-vs-2024-reviewed-only.html"),
        (("--methods", "radar, optical"), "report-2025-vs-2024.html"),
        (("--methods", "optical,radar,flight-tracking"), "report-2025-vs-2024-flight-tracking.html"),
        (("--methods", "radar"), "report-2025-vs-2024-only-radar.html"),
        (("--as-of", "2026-11-30"), "report-2025-vs-2024-as-of-2026-11-30.html"),
        (("--as-of", "2026-11-30T09:00:00+09:00"), "report-2025-vs-2024-as-of-2026-11-30T000000Z.html"),
        (("--as-of", "2026-11-30T08:30:00+09:00"), "report-2025-vs-2024-as-of-2026-11-29T233000Z.html"),
        (("--since", "2026-11-23"), "report-2025-vs-2024-since-2026-11-23.html"),
        (("--since", "2026-11-23T09:00:00Z"), "report-2025-vs-2024-since-2026-11-23T090000Z.html"),
        (
            ("--since", "2026-11-23", "--as-of", "2026-11-30"),
            "report-2025-vs-2024-since-2026-11-23-as-of-2026-11-30.html",
        ),
        (("--as-of", "2026-11-30", "--site", "sunan"), "report-2025-vs-2024-sunan-as-of-2026-11-30.html"),
    ],
)
def test_a_narrowed_report_has_a_name_of_its_own(run: Run, book: Logbook, args: tuple[str, ...], name: str) -> None:
    result = run("report", *args, folder=book.folder)
    assert result.exit_code == 0
    assert [Path(line).name for line in result.stdout.splitlines()] == [name]
    assert [path.name for path in (book.folder / "maps").iterdir()] == [name]


def test_a_report_of_one_site_leaves_the_others_out(run: Run, book: Logbook) -> None:
    page = Path(run("report", "--site", "sunan", folder=book.folder).stdout.strip()).read_text(encoding="utf-8")
    assert IL_76 in page
    assert ROPUCHA not in page


def test_a_report_of_reviewed_records_holds_no_draft(run: Run, book: Logbook) -> None:
    for identifier in (ROPUCHA, ROPUCHA_2024):
        assert run("review", identifier, "--by", "Second", folder=book.folder).exit_code == 0
    result = run("report", "--reviewed-only", "--fail-on-repeat", folder=book.folder)
    page = Path(result.stdout.strip()).read_text(encoding="utf-8")
    assert (result.exit_code, ROPUCHA in page, IL_76 in page) == (10, True, False)


@pytest.mark.parametrize("command", ["report", "map"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2024..2022", "2024..2022 runs backwards"),
        ("last", "'last' is neither a year nor a range of years"),
        ("2022..", "'2022..' is neither"),
        ("0", "'0' is neither"),
        ("20244", "'20244' is neither"),
        ("٢٠٢٤", "is neither"),
        ("2025", "2025 cannot be compared with itself"),
        ("2024..2026", "2024..2026 holds 2025, the year under study"),
    ],
)
def test_a_baseline_that_is_none_is_refused(run: Run, book: Logbook, command: str, text: str, said: str) -> None:
    result = run(command, "--year", "2025", "--baseline", text, folder=book.folder)
    assert (result.exit_code, result.stdout) == (3, "")
    assert said in result.stderr
    assert "--baseline: " in result.stderr
    assert "for example 2024 or 2022..2024" in result.stderr


@pytest.mark.parametrize(("text", "said"), [("optical,sonar", "'sonar' is no method"), (" ,", "no method is named")])
def test_a_method_that_is_none_is_refused(run: Run, book: Logbook, text: str, said: str) -> None:
    result = run("report", "--methods", text, folder=book.folder)
    assert (result.exit_code, result.stdout) == (3, "")
    assert said in result.stderr
    assert "allowed: optical, radar, flight-tracking, ground, report" in result.stderr


def test_a_map_is_drawn_against_several_years(run: Run, book: Logbook) -> None:
    result = run("map", "dunay", "--baseline", "2022..2024", folder=book.folder)
    assert result.exit_code == 0
    assert "2022–2024" in (book.folder / "maps" / "dunay.html").read_text(encoding="utf-8")


def test_a_scope_is_the_one_group_and_leaves_every_other_site_out(book: Logbook) -> None:
    found = comparison.repeats(
        book.read().records,
        year=2025,
        baseline_years=[2024],
        vocabulary=book.vocabulary,
        sites=book.sites,
        scope=["sunan", "rajin", "sunan"],
    )
    assert (found.watched.scope, found.others) == (("sunan", "rajin"), ())
    assert {pair.current.site for pair in found.matches} <= {"sunan", "rajin"}


def test_the_numbers_of_the_report_come_as_json(run: Run, book: Logbook) -> None:
    path = Path(run("report", "--format", "json", folder=book.folder).stdout.strip())
    assert path.name == "report-2025-vs-2024.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    watched = said["groups"][0]
    dunay = next(m for m in watched["matches"] if m["current"] == "dunay-2025-05-18-ropucha-class")
    assert (dunay["baseline"], dunay["verb"]) == ("dunay-2024-ropucha-class", "resembles")
    assert sum(term["bits"] for term in dunay["terms"]) == pytest.approx(dunay["bits"])
    pattern = watched["patterns"][0]
    assert 0 <= pattern["likeness"]["low"] <= pattern["likeness"]["high"] <= 1
    assert pattern["chance"] == {"testable": False, "smallest": None}
    shown = json.loads(run("why", "dunay-2025-05-18-ropucha-class", "--json", folder=book.folder).stdout)
    assert shown["bits"] == pytest.approx(dunay["bits"])
    assert shown["assumed"]["posterior"] == dunay["posterior"]


# --- the logbook as it stood


def later(day: int) -> datetime:
    """A day of December 2026, after the shipped records were logged."""
    return datetime(2026, 12, day, 9, tzinfo=UTC)


def numbers(result: Result) -> dict[str, Any]:
    """What a report as JSON says."""
    found: dict[str, Any] = json.loads(Path(result.stdout.strip()).read_text(encoding="utf-8"))
    return found


def test_a_report_shows_the_logbook_as_it_stood(run: Run, book: Logbook) -> None:
    before = numbers(run("report", "--format", "json", folder=book.folder))
    book.withdraw(ROPUCHA, why="wrong image", now=later(2))
    book.amend(ROPUCHA_2024, platform="tapir-class", now=later(4))
    first, second = (
        numbers(run("report", "--format", "json", "--as-of", f"2026-12-0{day}", folder=book.folder)) for day in (1, 3)
    )
    assert first["groups"] == before["groups"]
    assert first["up_to"] == "2026-12-01T23:59:59Z"
    assert first["conditions"] == ["As the logbook stood on 1 December 2026"]
    assert first["digest"] == before["digest"]
    assert second["groups"] != first["groups"]
    assert second["digest"] not in (
        first["digest"],
        numbers(run("report", "--format", "json", folder=book.folder))["digest"],
    )


def test_the_day_of_as_of_ends_with_the_day_and_a_moment_with_itself(run: Run, book: Logbook) -> None:
    book.withdraw(ROPUCHA, why="wrong image", now=later(2))
    shown = {
        text: ROPUCHA in Path(run("report", "--as-of", text, folder=book.folder).stdout.strip()).read_text("utf-8")
        for text in ("2026-12-02", "2026-12-02T08:59:59Z", "2026-12-02T09:00:00Z", "2026-12-02T17:59:59+09:00")
    }
    assert list(shown.values()) == [False, True, False, True]


@pytest.mark.parametrize("option", ["--as-of", "--since"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11", "2026-11 is not one day"),
        ("16.11.2026", "'16.11.2026' is not a date in EDTF (year first)"),
        ("2026-11-31", "'2026-11-31' is not on the calendar: November 2026 has 30 days"),
        ("", "'' is not a date"),
        ("2026-11-16T25:00:00Z", "'2026-11-16T25:00:00Z' is not a moment"),
        ("2026-11-16T09:00:00", "2026-11-16T09:00:00 has no time zone"),
        ("0001-01-01", "0001-01-01 is outside the years 1000 to 9998"),
        ("9999-12-31T23:00:00-12:00", "9999-12-31T23:00:00-12:00 is outside the years 1000 to 9998"),
    ],
)
def test_a_time_that_is_no_moment_is_refused(run: Run, book: Logbook, option: str, text: str, said: str) -> None:
    result = run("report", option, text, folder=book.folder)
    assert (result.exit_code, result.stdout) == (3, "")
    assert f"{option}: {said}" in result.stderr
    assert "allowed: one day, or a moment with its time zone; for example 2026-11-16 or 2026" in result.stderr


def test_a_report_as_of_a_day_before_everything_says_so(run: Run, book: Logbook) -> None:
    result = run("report", "--as-of", "2001-01-01", folder=book.folder)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "--as-of: nothing was logged yet as of 2001-01-01; allowed: a later day, or a --year" in result.stderr
    assert run("report", "--as-of", "2001-01-01", "--year", "2025", folder=book.folder).exit_code == 0


def test_what_is_not_known_of_that_day_is_told(run: Run, book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=later(2))
    path = book.folder / "observations" / "2025.geojson"
    path.write_bytes(path.read_bytes().replace(b"Pier 1", b"Pier 2"))
    with (book.folder / "observations" / "journal.jsonl").open("r+b") as file:
        whole = file.read()
        file.seek(0)
        file.write(b"torn\n" + whole)
    result = run("report", "--as-of", "2026-12-03", folder=book.folder)
    assert result.exit_code == 1
    assert "journal.jsonl:1: is not a line of the journal" in result.stderr
    assert f"{ROPUCHA}: changed outside the log, when is not known" in result.stderr
    assert Path(result.stdout.strip()).exists()


@pytest.mark.parametrize(("form", "start"), [("md", "# Pattern similarity report"), ("csv", "episode,year,side,")])
def test_the_report_comes_as_text_and_as_rows(run: Run, book: Logbook, form: str, start: str) -> None:
    path = Path(run("report", "--format", form, folder=book.folder).stdout.strip())
    assert path.name == f"report-2025-vs-2024.{form}"
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    assert text.startswith(start)
    assert ("\r\n" in text) == (form == "csv")
    assert "dunay-2025-05-18-ropucha-class" in text


# --- what happened since


@pytest.fixture
def told(run: Run, book: Logbook, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """What the command hands the report as changes: ``told("--since", "2026-12-01")``."""

    tell = findings.of

    def ask(*args: str) -> Changes | None:
        handed: list[Changes | None] = []

        def of(*args: Any, **more: Any) -> Findings:
            handed.append(more["changes"])
            return tell(*args, **more)

        monkeypatch.setattr(findings, "of", of)
        result = run("report", *args, folder=book.folder)
        assert (result.exit_code, result.stderr) == (0, "")
        return handed[0]

    return ask


def ids_of(items: Iterable[Change]) -> list[str]:
    return [item.id for item in items]


def test_a_report_since_a_day_is_handed_what_happened_from_that_day_on(
    book: Logbook, told: Callable[..., Changes]
) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=later(2))
    book.review(ROPUCHA_2024, by="B. Editor", now=later(3))
    book.withdraw(IL_76, why="wrong image", now=later(4))
    found = told("--since", "2026-12-02")
    assert (ids_of(found.corrected), ids_of(found.reviewed), ids_of(found.withdrawn)) == (
        [ROPUCHA],
        [ROPUCHA_2024],
        [IL_76],
    )
    found = told("--since", "2026-12-03", "--as-of", "2026-12-03")
    assert (ids_of(found.corrected), ids_of(found.reviewed), ids_of(found.withdrawn)) == ([], [ROPUCHA_2024], [])
    assert found.lead == "From 3 December 2026 to 3 December 2026: 1 record reviewed."
    assert told("--since", "2999-01-01").is_empty


def test_a_report_without_since_is_handed_no_changes(told: Callable[..., Changes]) -> None:
    assert told() is None


def test_changes_are_told_of_the_sites_asked_for_even_if_a_record_left_them(
    book: Logbook, told: Callable[..., Changes]
) -> None:
    book.amend(ROPUCHA, site="nakhodka", now=later(2))
    book.amend(IL_76, operator="Air Koryo", now=later(2))
    for site in ("dunay", "nakhodka"):
        (change,) = told("--since", "2026-12-01", "--site", site, "--year", "2025").corrected
        assert change.fields == (FieldChange("Site", "Dunay", "Nakhodka"),)


def test_with_reviewed_only_a_review_taken_back_is_told_and_a_draft_is_not(
    book: Logbook, told: Callable[..., Changes]
) -> None:
    book.review(ROPUCHA, by="B. Editor", now=later(1))
    book.review(ROPUCHA_2024, by="B. Editor", now=later(1))
    book.amend(ROPUCHA, berth="Pier 1", now=later(3))
    book.amend(IL_76, berth="Stand 1", now=later(3))
    found = told("--since", "2026-12-02", "--reviewed-only", "--year", "2025")
    assert ids_of(found.corrected) == [ROPUCHA]


def test_a_hand_edit_after_the_end_is_not_told_as_if_it_lay_before(run: Run, book: Logbook) -> None:
    book.amend(ROPUCHA, berth="Pier 1", now=later(1))
    path = book.folder / "observations" / "2025.geojson"
    path.write_bytes(path.read_bytes().replace(b"Pier 1", b"Pier 2"))
    since = ("report", "--since", "2026-12-02")
    for more in ((), ("--as-of", "2026-12-03")):
        result = run(*since, *more, folder=book.folder)
        assert result.exit_code == 0
        assert f"{ROPUCHA}: changed outside the log, when is not known" in result.stderr


def test_a_since_after_the_as_of_is_refused(run: Run, book: Logbook) -> None:
    result = run("report", "--since", "2026-12-02", "--as-of", "2026-12-01", folder=book.folder)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "--since: 2026-12-02 lies after --as-of 2026-12-01; allowed: a day up to that one" in result.stderr


# --- how far the report has got


class Screen(io.StringIO):
    """Standard error that a person looks at."""

    def isatty(self) -> bool:
        return True


def watched(monkeypatch: pytest.MonkeyPatch, screen: io.StringIO, patience: float) -> str:
    """What appears on standard error while something takes two steps."""
    monkeypatch.setattr(terminal, "PATIENCE", patience)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", screen)
    with terminal.progress() as tell:
        tell("Trying chance, [red]Dunay\x1b[1m", 1, 2)
        tell("Trying chance, [red]Dunay\x1b[1m", 2, 2)
    return screen.getvalue()


def test_long_work_is_told_on_one_line_with_what_is_done_and_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = watched(monkeypatch, Screen(), 0)
    assert "Trying chance, [red]Dunay\\x1b[1m" in shown
    assert "2/2" in shown


def test_one_long_step_is_told_by_itself_once_patience_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = threading.Event()

    class Looked(Screen):
        def write(self, text: str) -> int:
            if "writing 9 records" in text:
                shown.set()
            return super().write(text)

    monkeypatch.setattr(terminal, "PATIENCE", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Looked())
    with terminal.progress() as tell:
        tell("writing 9 records", 0, 0)
        assert shown.wait(60)


def test_short_work_and_work_nobody_watches_are_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watched(monkeypatch, Screen(), 3600) == ""
    assert watched(monkeypatch, io.StringIO(), 0) == ""


def test_an_interrupted_report_leaves_no_file_and_no_traceback(
    run: Run, book: Logbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(chance, "of", interrupted)
    result = run("report", "--output", str(book.folder / "out"), folder=book.folder)
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "\ninterrupted\n")
    assert not (book.folder / "out").exists()
