"""The survey of very many records: what it counts is what the full report tells, and its words are true."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas
import pytest
from click.testing import Result
from hypothesis import given, settings

from cases import SITES, VOCABULARY, a_record, compared, findings_of
from resight import aside, bulk, bulkfile, comparison, ledger, listing, outcomes, report, roll, survey, tallies
from resight.aside import Aside
from resight.case import Case
from resight.commands import surveying
from resight.effort import Effort
from resight.frame import to_frame
from resight.logbook import Logbook
from resight.observation import Observation
from resight.trial import Trials
from test_bulk import YEARS, two_years
from test_evidence import SITES as EVIDENCE_SITES
from test_evidence import WORDS

pq = pytest.importorskip("pyarrow.parquet", reason="needs resight[exchange]")
REGISTER = {name: site.model_copy(update={"watched": name != "nakhodka"}) for name, site in EVIDENCE_SITES.items()}
UP_TO = "2026-01-01T00:00:00Z"


def counted_by_columns(
    records: Sequence[Observation], words: Any, sites: Any, **more: Any
) -> tuple[geopandas.GeoDataFrame, Any, list[Any], Any]:
    frame = to_frame(records)
    found = bulk.compared(frame, **YEARS, vocabulary=words, sites=sites, **more)
    became = [outcomes.of(found.found.episodes, one) for one in found.scopes]
    return frame, found, became, tallies.of(frame, found, words)


@settings(deadline=None, max_examples=100)
@given(two_years())
def test_what_is_counted_is_what_the_full_report_tells(records: list[Observation]) -> None:
    case = Case(records, comparison.repeats(records, **YEARS, vocabulary=WORDS, sites=REGISTER), REGISTER, WORDS, UP_TO)
    *_, found = counted_by_columns(records, WORDS, REGISTER)
    effort = Effort(case)
    for site in REGISTER:
        for side in ("now", "then"):
            known, tally = effort.at(site, side), found.of(site, side)
            assert (tally.counted, tally.published, tally.unclear, tally.absences) == (
                len(known.counted),
                len(known.published),
                len(known.unclear),
                len(known.absences),
            )
            assert tally.records == sum(case.period(r) == side for r in case.by_site.get(site, ()))
    never = {group["title"]: group["count"] for group in Aside(case).never_matched()}
    assert {aside.NEVER[key][0]: number for key, number in found.never_matched.items()} == never


def rows_of(frame: Any, found: Any, became: Any, counted: Any, words: Any, sites: Any) -> list[dict[str, Any]]:
    case = survey.bare_case(found, sites, words, UP_TO)

    def looks(site: str, side: str) -> str:
        return f"{side} {counted.of(site, side).counted}"

    def assumed(one: Any) -> str:
        return comparison.assumed(one.weighed.sizes, one.learned)

    naming = roll.Naming(case.now, case.then, case.group, case.so_far, case.name, looks, assumed)
    rows: list[dict[str, Any]] = roll.of(frame, found, became, naming, words).to_pylist()
    return rows


@settings(deadline=None, max_examples=100)
@given(two_years())
def test_the_rows_of_the_table_are_the_lines_of_the_ledger(records: list[Observation]) -> None:
    repeats = comparison.repeats(records, **YEARS, vocabulary=WORDS, sites=REGISTER)
    case = Case(records, repeats, REGISTER, WORDS, UP_TO)
    expected = {line["episode"]: line for line in ledger.lines(case, Effort(case), Trials(case))}
    rows = rows_of(*counted_by_columns(records, WORDS, REGISTER), WORDS, REGISTER)
    assert [row["episode"] for row in rows] == list(expected)
    for row in rows:
        line = expected[row["episode"]]
        for name in ("year", "side", "group", "site", "date", "platform", "known_platform", "individual", "result"):
            assert row[name] == line[name], name
        for name in ("finding", "evidence", "posterior", "other"):
            assert (row[name] or "") == line[name], name
        assert [row[name].isoformat() for name in ("earliest", "latest")] == [line["earliest"], line["latest"]]
        assert row["records"] == line["records"]
        for name in ("place_bits", "activity_bits", "season_bits", "total_bits"):
            assert row[name] == (line[name] if line[name] is None else pytest.approx(line[name])), name
        levels = [line[f"{name}_bits"] for name in ("kind", "type", "class", "individual")]
        if row["other"] is not None:
            assert row["platform_bits"] == pytest.approx(math.fsum(bits for bits in levels if bits is not None))


def surveyed(records: Sequence[Observation], sites: Any = SITES, words: Any = VOCABULARY, **more: Any) -> survey.Survey:
    by_id = {record.id: record for record in records}

    def fetch(ids: Collection[str]) -> list[Observation]:
        return [by_id[identifier] for identifier in ids]

    narrowed = {name: more.pop(name) for name in ("scope", "learn") if name in more}
    told: dict[str, Any] = {"digest": "0123", "digest_of": "data files", "up_to": UP_TO, "table": "See the table."}
    return survey.of(
        *counted_by_columns(records, words, sites, **narrowed),
        fetch,
        sites=sites,
        vocabulary=words,
        problems=(),
        **{**told, **more},
    )


def text_of(said: survey.Survey) -> str:
    return report.to_markdown(said)


HULL: dict[str, Any] = {"platform_name": "Oslyabya", "count": 1}
#: One hull that comes back, one class that does, one that does not on either side; looks known at one site of three.
RECORDS = [
    a_record("dunay-2024-05-18-a", **HULL),
    a_record("dunay-2025-05-20-b", **HULL),
    a_record("nakhodka-2024-07-01-c"),
    a_record("nakhodka-2025-07-03-d"),
    a_record("sunan-2024-03-01-e", platform="il-76"),
    a_record("sunan-2025-09-01-f", platform="cargo-ship"),
    a_record("dunay-2025-06-20-g", platform=None, outcome="not-seen", basis="own"),
    a_record("dunay-2024-06-20-h", platform=None, outcome="not-seen", basis="own"),
    a_record("dunay-2025-08-20-i", platform="containers"),
]


def test_the_survey_tells_of_nine_records_what_can_be_counted_by_hand() -> None:
    said = surveyed(RECORDS)
    assert said.lead == (
        "1 of 3 episodes of 2025 at the watched sites repeats one of 2024, the same individual being known; "
        "1 more resembles one of 2024."
    )
    points = {part.title: [point.text for point in part.points] for part in said.bottom_line}
    assert points["What is left over"] == [
        "1 of 3 episodes of 2025 is without precedent on file.",
        "1 of 3 episodes of 2024 is not repeated on file.",
    ]
    assert points["What was not looked at, or is not known"] == [
        "How often we looked is known on both sides at Dunay. How often anyone looked at Nakhodka and Sunan is not "
        "known, so nothing can be said there of what is “new”, of what is “gone”, or of rates."
    ]
    assert points["Not counted above"] == [
        "1 record of all sites takes no part in the comparison (cargo, people and facilities): see part 5."
    ]
    lines = {line["id"]: line for line in said.numbers["sites"]}
    dunay = lines["dunay"]
    assert (dunay["records"], dunay["looks"], dunay["episodes"]) == ((3, 2), (1, 1), (1, 1))
    assert (dunay["matches"], dunay["repeats"], dunay["without_precedent"], dunay["not_repeated"]) == (1, 1, 0, 0)
    assert lines["nakhodka"]["looks"] == (None, None)
    assert (lines["sunan"]["matches"], lines["sunan"]["strongest"], lines["sunan"]["without_precedent"]) == (0, None, 1)


def test_a_match_told_in_a_survey_is_told_as_in_the_full_report() -> None:
    told, full = surveyed(RECORDS).watched.matches, findings_of(RECORDS).watched["matches"]
    expected = [{**match, "tried": ""} for match in full["items"]]
    assert told["items"] == expected
    assert len(expected) == 2


def test_only_the_strongest_are_told_and_the_page_says_how_many_more_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "TOLD", 1)
    said = surveyed(RECORDS)
    assert [match["verb"] for match in said.watched.matches["items"]] == ["repeats"]
    assert said.watched.matches["more"] == "And 1 match more in the table."
    assert "1 more: see part 2." in text_of(said)


def test_sites_that_are_not_watched_are_told_apart() -> None:
    sites = {name: site.model_copy(update={"watched": False}) for name, site in SITES.items()}
    said = surveyed(RECORDS, sites)
    assert said.lead == (
        "No site of the register is marked as watched. 1 of 3 episodes of 2025 at all sites, each by itself, repeats "
        "one of 2024, the same individual being known; 1 more resembles one of 2024."
    )
    assert (said.watched.number, said.others.number) == (0, 3)
    assert [match["verb"] for match in said.others.matches["items"]] == ["repeats", "resembles"]
    # Every one of them is a comparison of its own.
    assert said.numbers["others"]["current"]["repeats"] == 1
    assert "How often we looked is known on both sides at Dunay." in text_of(said)


def test_a_site_that_is_not_in_the_register_goes_by_its_id() -> None:
    records = [a_record("elsewhere-2024-05-18-a"), a_record("elsewhere-2025-05-18-b")]
    said = surveyed(records)
    (line,) = [line for line in said.others.sites["items"] if line["id"] == "elsewhere"]
    assert (line["name"], line["episodes"]) == ("elsewhere", ["1", "1"])


@pytest.mark.parametrize(
    ("kept", "lead"),
    [
        ("2025", "3 episodes of 2025 at the watched sites; 2024 has none on file to compare with."),
        ("2024", "No episode of 2025 at the watched sites can be compared with the 3 episodes of 2024."),
        ("none", "No episode of 2025 or 2024 at the watched sites can be compared."),
    ],
)
def test_an_empty_year_is_said_to_be_empty(kept: str, lead: str) -> None:
    said = surveyed([record for record in RECORDS if f"-{kept}-" in (record.id or "")])
    assert said.lead == lead
    assert said.watched.matches["items"] == []
    dunay = next(line for line in said.watched.sites["items"] if line["id"] == "dunay")
    # Of the empty year nothing is left over; of the other nothing can be said.
    left = {"2025": ("–", "0"), "2024": ("0", "–"), "none": ("–", "–")}
    assert (dunay["without_precedent"], dunay["not_repeated"]) == left[kept]
    text = text_of(said)
    assert "without precedent on file." not in text
    if kept != "none":
        empty = "2024" if kept == "2025" else "2025"
        assert f"Nothing is logged for Dunay, Nakhodka and Sunan in {empty}. " in text


def test_everything_on_one_day() -> None:
    sources = [[{"published_by": "A paper", "url": f"https://example.org/{n}"}] for n in range(4)]
    records = [a_record(f"dunay-{year}-05-18-{n}", sources=sources[n]) for year in (2024, 2025) for n in range(4)]
    said = surveyed(records)
    full = compared(records).watched
    assert said.numbers["watched"]["matches"] == len(full.matches)
    assert sum(said.numbers["watched"]["current"].values()) == len(full.current)


def test_no_rate_and_nothing_new_or_gone_is_claimed() -> None:
    text = text_of(surveyed(RECORDS)).partition("## 7. Method")[0].casefold()
    for word in (" new ", " gone ", " disappeared", " increase", " decrease"):
        assert word not in text.replace("“new”", "").replace("“gone”", "")


def test_how_many_matches_are_false_is_the_sum_of_what_is_left_of_their_posteriors() -> None:
    found = compared(RECORDS).watched.matches
    expected = sum(1 - pair.posterior for pair in found)
    assert surveyed(RECORDS).numbers["watched"]["expected_false"] == f"{expected:.2g}"


# --- the command


@pytest.fixture
def crowded(empty_book: Logbook, monkeypatch: pytest.MonkeyPatch) -> Logbook:
    """A logbook of more records than are told one by one, that number being small."""
    monkeypatch.setattr(listing, "MANY", 4)
    secret = [{"title": "A memo", "published_by": "A Confidant", "confidential": True}]
    empty_book.add(
        *RECORDS[:4],
        a_record("sunan-2024-03-01-e", platform="il-76", sources=secret),
        a_record("sunan-2025-03-02-f", platform="il-76", sources=secret, status="draft"),
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return empty_book


def test_the_command_writes_a_page_and_every_episode_beside_it(crowded: Logbook, run: Callable[..., Result]) -> None:
    done = run("report", folder=crowded.folder)
    assert done.exit_code == 0, done.stderr
    page, table = (crowded.folder / "maps" / f"report-2025-vs-2024{ending}" for ending in (".html", ".parquet"))
    assert done.stdout.split() == [str(page), str(table)]
    text = page.read_text()
    assert "This is a survey: 6 records are too many to be told one by one." in text
    assert table.name in text
    assert "A Confidant" not in text
    assert "A memo" not in text
    assert "<script" not in text
    rows = geopandas.read_parquet(table)
    assert len(rows) == 6
    assert rows.crs == "OGC:CRS84"
    assert rows.set_index("individual")["result"].get("Oslyabya").tolist() == ["repeats", "repeated by"]
    # Twice the same bytes.
    before = page.read_bytes(), table.read_bytes()
    run("report", folder=crowded.folder)
    assert (page.read_bytes(), table.read_bytes()) == before


@pytest.mark.parametrize("form", ["md", "json", "csv", "parquet"])
def test_the_other_formats_are_one_file_each(crowded: Logbook, run: Callable[..., Result], form: str) -> None:
    done = run("report", "--format", form, folder=crowded.folder)
    path = crowded.folder / "maps" / f"report-2025-vs-2024.{form}"
    assert done.stdout.split() == [str(path)]
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    if form == "json":
        said = json.loads(path.read_text())
        assert said["watched"]["current"]["repeats"] == 1
        assert {line["id"] for line in said["sites"]} == {"dunay", "nakhodka", "sunan"}
    if form == "csv":
        lines = path.read_bytes().decode().split("\r\n")
        assert len(lines) == 8
        assert lines[-1] == ""
        assert lines[0].startswith("episode,year,side,group,site,date")
        bits = next(csv.DictReader(io.StringIO(path.read_text())))["total_bits"]
        assert len(bits.split(".")[1]) == 2


def test_a_formula_stays_text_in_a_table_of_many(crowded: Logbook, run: Callable[..., Result]) -> None:
    crowded.add(a_record("dunay-2025-10-20-z", platform_name="=1+1", count=1))
    run("report", "--format", "csv", folder=crowded.folder)
    rows = csv.DictReader(io.StringIO((crowded.folder / "maps" / "report-2025-vs-2024.csv").read_text()))
    assert {row["individual"] for row in rows if row["individual"]} == {"Oslyabya", "'=1+1"}


def test_the_ledger_of_few_records_is_written_as_parquet_too(crowded: Logbook, run: Callable[..., Result]) -> None:
    done = run("report", "--format", "parquet", "--site", "dunay", folder=crowded.folder)
    rows = pq.read_table(done.stdout.strip()).to_pylist()
    assert [row["result"] for row in rows] == ["repeats", "repeated by"]
    assert tuple(rows[0]) == ledger.COLUMNS


def test_one_site_of_very_many_records_has_its_full_report(crowded: Logbook, run: Callable[..., Result]) -> None:
    crowded.add(a_record("rajin-2025-05-05-a"), anyway=True)
    done = run("report", "--site", "dunay", folder=crowded.folder)
    text = Path(done.stdout.strip()).read_text()
    assert "This is a survey" not in text
    assert "The two years at a glance" in text or "at a glance" in text


@pytest.mark.parametrize("option", ["--as-of", "--since"])
def test_a_survey_follows_no_record_through_the_journal(
    crowded: Logbook, run: Callable[..., Result], option: str
) -> None:
    done = run("report", option, "2026-01-01", folder=crowded.folder)
    assert done.exit_code == 3
    assert "6 records are too many to be followed through the journal" in done.stderr
    assert "--site SITE" in done.stderr
    assert not list((crowded.folder / "maps").glob("report*"))


def test_narrowed_and_widened_surveys_say_so(crowded: Logbook, run: Callable[..., Result]) -> None:
    done = run("report", "--format", "md", "--methods", "optical,radar,report", "--learn", folder=crowded.folder)
    (path,) = done.stdout.split()
    assert path.endswith("report-2025-vs-2024-report-learned.md")
    text = Path(path).read_text()
    assert "Methods compared: optical, radar, report" in text
    assert "m was not learned" in text


def test_a_repeat_in_the_headline_sets_the_exit_status(crowded: Logbook, run: Callable[..., Result]) -> None:
    assert run("report", "--format", "json", "--fail-on-repeat", folder=crowded.folder).exit_code == 10


def test_a_public_survey_has_reviewed_records_with_rounded_positions_alone(
    crowded: Logbook, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MANY", 1)
    place = {"type": "Point", "coordinates": [132.33, 42.87]}
    crowded.add(
        a_record("dunay-2025-07-20-p", geometry=place, berth="North"),
        a_record("dunay-2024-07-20-q", geometry=place, note="for colleagues"),
    )
    for identifier in ("dunay-2025-07-20-p", "dunay-2024-07-20-q"):
        crowded.review(identifier, by="B. Reader")
    done = run("report", "--public", folder=crowded.folder)
    page, table = done.stdout.split()
    assert Path(page).parent.name == "public"
    text = Path(page).read_text()
    for secret in ("North", "for colleagues", "B. Reader", "dunay-2024-05-18"):
        assert secret not in text
    assert "For the public." in text
    rows = geopandas.read_parquet(table)
    assert sorted(rows["episode"]) == ["dunay-2024-07-20-q", "dunay-2025-07-20-p"]
    assert [(point.x, point.y) for point in rows.geometry] == [(132.35, 42.85)] * 2


def test_one_revised_record_among_bulk_ones_is_told_as_it_is_now(crowded: Logbook, run: Callable[..., Result]) -> None:
    rows = bulkfile.table_of([a_record("nakhodka-2025-09-01-x"), a_record("nakhodka-2024-09-01-y")])
    added = crowded.add_bulk(rows, source="detector.parquet").column("id").to_pylist()
    crowded.amend(added[0], platform_name="Peresvet", count=1)
    run("report", "--format", "parquet", folder=crowded.folder)
    table = pq.read_table(crowded.folder / "maps" / "report-2025-vs-2024.parquet").to_pylist()
    assert {row["episode"]: row["individual"] for row in table}[added[0]] == "Peresvet"


def test_that_the_records_are_not_checked_one_by_one_is_said(crowded: Logbook, run: Callable[..., Result]) -> None:
    done = run("report", "--format", "md", folder=crowded.folder)
    text = Path(done.stdout.strip()).read_text()
    assert surveying.UNCHECKED.what in text
