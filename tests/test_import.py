"""``resight import``: what rows become, what is refused with which words, and that nothing is added twice."""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resight import Logbook, Observation
from resight.cli import main
from resight.datafiles import DataFiles
from resight.errors import InvalidValue
from resight.exchange import intake, mapping, rejected
from resight.exchange.cells import Context, Reader
from resight.exchange.table import Row, Table
from resight.logbook import packaged_seeds

FIXTURE = Path(__file__).parent / "fixtures" / "messy-sightings.csv"


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Logbook:
    made = Logbook.create(tmp_path / "book", empty=True)
    monkeypatch.setenv("RESIGHT_LOGBOOK", str(made.folder))
    monkeypatch.delenv("RESIGHT_ANALYST", raising=False)
    monkeypatch.chdir(tmp_path)
    return made


def bring(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, words)])


def table(path: Path, *lines: list[Any]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    return path


OWN = ("--set", "basis=own")


def test_a_messy_spreadsheet_comes_in_with_its_rejects_beside_it(book: Logbook, tmp_path: Path) -> None:
    file = tmp_path / "messy.csv"
    file.write_bytes(FIXTURE.read_bytes())
    done = bring(file, *OWN)
    assert done.exit_code == 1
    assert "28 records added, 3 rows rejected." in done.stdout
    records = {record.id: record for record in book.read().records}
    first = records["dunay-2025-03-02-ropucha-class"]
    assert first.geometry == {"type": "Point", "coordinates": [132.3375, 42.8803]}
    assert (first.count, first.activity, first.image_provider, first.note) == (
        1,
        "docked",
        "Planet",
        "bow to the north",
    )
    assert first.sources[0].url == "https://example.org/1"
    assert records["dunay-2025-03-04-any"].outcome == "not-seen"
    assert records["dunay-2025-03-11-any"].outcome == "cannot-tell"
    assert records["sunan-2025-03-18-il-76"].count_min == 2
    assert records["rajin-2025-03-15-cargo-ship"].count == 2
    assert records["nakhodka-2025-05-02-tanker"].date == "2025-05-02~"
    assert {records[f"rajin-2025-04-05-cargo-ship{n}"].platform_name for n in ("", "-2")} == {"Maia-1", "Lady R"}
    with (tmp_path / "messy.csv.rejected.csv").open(encoding="utf-8-sig", newline="") as left:
        rows = list(csv.DictReader(left))
    assert [(row["rejected: row"], row["rejected: column"], row["rejected: value"]) for row in rows] == [
        ("20", "Port", "Dunja"),
        ("24", "What", "none"),
        ("26", "What", "submersible"),
    ]
    assert "did you mean dunay" in rows[0]["rejected: reason"]


def test_rejected_rows_are_corrected_and_imported_in_the_same_way(book: Logbook, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", ["Site", "Date", "Platform"], ["Dunja", "2025-05-18", "Ropucha"])
    assert bring(file, *OWN).exit_code == 1
    left = tmp_path / "t.csv.rejected.csv"
    left.write_text(left.read_text(encoding="utf-8-sig").replace("Dunja,2025", "Dunay,2025"), encoding="utf-8")
    assert bring(left, *OWN).exit_code == 0
    assert [record.id for record in book.read().records] == ["dunay-2025-05-18-ropucha-class"]


def test_a_file_of_rejects_that_is_being_corrected_is_not_written_over(book: Logbook, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", ["Site", "Date", "Platform"], ["Dunja", "2025-05-18", "Ropucha"])
    bring(file, *OWN)
    (tmp_path / "t.csv.rejected.csv").write_text("half corrected", encoding="utf-8")
    assert bring(file, *OWN).exit_code == 1
    assert (tmp_path / "t.csv.rejected.csv").read_text(encoding="utf-8") == "half corrected"
    assert "Dunja" in (tmp_path / "t.csv.rejected-2.csv").read_text(encoding="utf-8-sig")


def test_a_dry_run_writes_nothing(book: Logbook, tmp_path: Path) -> None:
    file = table(
        tmp_path / "t.csv", ["Site", "Date", "Platform"], ["Dunja", "2025", "Ropucha"], ["Dunay", "2025", "Ropucha"]
    )
    before = sorted(tmp_path.rglob("*"))
    done = bring(file, *OWN, "--dry-run")
    assert done.exit_code == 1
    assert "1 record would be added, 1 row rejected." in done.stdout
    assert sorted(tmp_path.rglob("*")) == before


SAME = (["Site", "Date", "Platform"], ["Dunay", "2025-05-18", "Ropucha"], ["Dunay", "2025-05-18", "Ropucha"])


def test_equal_rows_of_one_file_both_stay_and_the_file_comes_in_once(book: Logbook, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", *SAME)
    assert "2 records added." in bring(file, *OWN).stdout
    assert "0 records added, 2 already there." in bring(file, *OWN).stdout
    more = table(tmp_path / "more.csv", *SAME, SAME[-1])
    assert "1 record added, 2 already there." in bring(more, *OWN).stdout


def test_what_was_corrected_or_withdrawn_since_is_not_added_again(book: Logbook, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", *SAME[:2], ["Sunan", "2025-06-04", "Il-76"])
    bring(file, *OWN)
    book.amend("dunay-2025-05-18-ropucha-class", date="2024-05-18", site="rajin", anyway=True)
    book.withdraw("sunan-2025-06-04-il-76", why="wrong image")
    assert "0 records added, 2 already there." in bring(file, *OWN).stdout


def test_what_looks_like_a_record_on_file_is_refused_unless_anyway(book: Logbook, tmp_path: Path) -> None:
    book.add(Observation(site="dunay", date="2025-05-18", platform="ropucha-class", note="by hand"))
    file = table(tmp_path / "t.csv", *SAME[:2])
    done = bring(file, *OWN)
    assert done.exit_code == 1
    assert "looks like dunay-2025-05-18-ropucha-class" in done.stderr
    assert "1 record added." in bring(file, *OWN, "--anyway").stdout


def test_the_journal_says_import_and_who(book: Logbook, tmp_path: Path) -> None:
    bring(table(tmp_path / "t.csv", *SAME[:2]), *OWN, "--analyst", "A. Analyst")
    journal = (book.folder / "observations" / "journal.jsonl").read_text(encoding="utf-8")
    assert '"command":"import"' in journal
    assert book.read().records[0].analyst == "A. Analyst"
    assert [problem for problem in book.check() if problem.level != "notice"] == []


def test_an_interrupted_import_leaves_the_logbook_whole(
    book: Logbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = table(tmp_path / "t.csv", *SAME)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for owner, name in ((intake, "sorted_out"), (DataFiles, "rewrites"), (DataFiles, "swap")):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, interrupt)
            cut = bring(file, *OWN)
        assert cut.exit_code == 130
        if name != "sorted_out":
            assert "the same command again adds what is missing" in cut.stderr
        fresh = Logbook(book.folder)
        assert (fresh.read().records, fresh.file_problems()) == ([], [])
    assert "2 records added." in bring(file, *OWN).stdout


# --- days and months


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        (["18.05.2025", "05.06.2025"], ["2025-05-18", "2025-06-05"]),
        (["5/18/2025", "5/6/2025"], ["2025-05-18", "2025-05-06"]),
        (["05.05.2025"], ["2025-05-05"]),
        (["2025-05-18", "2024-10", "2025-03-04~"], ["2025-05-18", "2024-10", "2025-03-04~"]),
        (["18 May 2025", "Oct 2024"], ["2025-05-18", "2024-10"]),
        (["18 мая 2025", "2025년 5월 18일"], ["2025-05-18", "2025-05-18"]),
    ],
)
def test_dates_of_a_column_that_tells_its_order(
    book: Logbook, tmp_path: Path, days: list[str], wanted: list[str]
) -> None:
    file = table(tmp_path / "t.csv", ["Site", "Date", "Platform"], *([["Dunay", day, "Ropucha"] for day in days]))
    assert bring(file, *OWN).exit_code == 0
    assert sorted(record.date for record in book.read().records) == sorted(wanted)


def test_an_order_that_nothing_tells_is_asked_for(book: Logbook, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", ["Site", "Date", "Platform"], ["Dunay", "5/6/2025", "Ropucha"])
    done = bring(file, *OWN)
    assert done.exit_code == 3
    assert "may be 2025-06-05 or 2025-05-06" in done.stderr
    assert book.read().records == []
    assert bring(file, *OWN, "--dates", "mdy").exit_code == 0
    assert book.read().records[0].date == "2025-05-06"


def test_both_orders_in_one_column_are_refused_with_the_rows(book: Logbook, tmp_path: Path) -> None:
    days = ["18.05.2025", "05.18.2025"]
    file = table(tmp_path / "t.csv", ["Site", "Date", "Platform"], *([["Dunay", day, "Ropucha"] for day in days]))
    done = bring(file, *OWN)
    assert done.exit_code == 3
    assert "row 2: 18.05.2025 and row 3: 05.18.2025" in done.stderr
    done = bring(file, *OWN, "--dates", "dmy")
    assert (done.exit_code, len(book.read().records)) == (1, 1)


@pytest.mark.parametrize(
    ("cell", "day"),
    [("14-Mar-25", "2025-03-14"), ("14.3.25", "2025-03-14"), ("7 Aug 69", "1969-08-07"), ("Mar 14, 25", "2025-03-14")],
)
def test_two_digits_of_a_year_are_the_last_once_the_order_is_stated(
    book: Logbook, tmp_path: Path, cell: str, day: str
) -> None:
    file = table(tmp_path / "a.csv", ["site", "date", "platform"], ["dunay", cell, "ropucha"])
    refused = bring(file, *OWN)
    assert f"{cell!r} gives two digits of its year: --dates dmy or --dates mdy" in refused.stderr
    assert bring(file, *OWN, "--dates", "dmy").exit_code == 0
    assert [record.date for record in book.read().records] == [day]


@pytest.mark.parametrize("word", ["?", "n/a", "N/A", "-", "unknown", "Unk.", "TBC", "неизвестно"])
def test_a_word_for_no_name_makes_no_individual_of_two_ships(book: Logbook, tmp_path: Path, word: str) -> None:
    row = ["cargo ship", word, word]
    file = table(
        tmp_path / "a.csv",
        ["site", "date", "ship type", "hull", "image id"],
        ["rajin", "2024-05-01", *row],
        ["rajin", "2025-05-01", *row],
    )
    done = bring(file, *OWN)
    assert [(r.platform_name, r.image_id) for r in book.read().records] == [(None, None)] * 2
    assert f"notice: no name, and read as an empty cell of platform_name: {word!r}" in done.stdout


def test_known_ones_with_a_comma_between_are_not_one_of_that_name(book: Logbook, tmp_path: Path) -> None:
    file = table(
        tmp_path / "a.csv",
        ["site", "date", "ship type", "hull"],
        ["rajin", "2025-05-01", "cargo ship", "Lady R, Maia-1"],
        ["rajin", "2025-05-02", "cargo ship", "Rose, of Rostov"],
    )
    done = bring(file, *OWN)
    assert "'Lady R, Maia-1' names 2 of them, and a record is of one; allowed: a semicolon" in done.stderr
    assert [record.platform_name for record in book.read().records] == ["Rose, of Rostov"]


@pytest.mark.parametrize(
    ("folders", "site"), [("2025 / Dunay", "dunay"), ("Dunay / May", "dunay"), ("Dunay / Rajin", None), ("May", None)]
)
def test_a_folder_inside_folders_says_the_site_where_it_names_one(folders: str, site: str | None) -> None:
    plan, read, _ = plan_of(
        ("folder", "date", "platform"), [Row(1, {"folder": folders, "date": "2025", "platform": "ship"})]
    )
    assert read.fits("site", folders) is (site is not None)
    assert [rule.columns for rule in plan.rules if rule.field == "site"] == ([("folder",)] if site else [])


def test_a_moment_of_a_placemark_is_no_work_of_a_spreadsheet(book: Logbook, tmp_path: Path) -> None:
    times = ("2025-05-18T20:00:00Z", "18.05.2025")
    marks = "".join(f"<Placemark><TimeStamp><when>{time}</when></TimeStamp></Placemark>" for time in times)
    file = tmp_path / "a.kml"
    file.write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Folder><name>Dunay</name>{marks}</Folder></kml>')
    done = bring(file, *OWN, "--set", "platform=ropucha")
    assert "2 records added." in done.stdout
    assert "spreadsheet" not in done.stdout


def test_days_of_a_workbook_are_days_also_as_bare_numbers(book: Logbook, tmp_path: Path) -> None:
    sheets = openpyxl.Workbook()
    sheets.active.append(["Site", "Date", "Platform", "Count"])
    sheets.active.append(["Dunay", date(2025, 5, 18), "Ropucha", 1])
    sheets.active.append(["Dunay", 45796, "Alligator", "2"])
    sheets.active.append(["Dunay", 2024, "tanker", 3.0])
    sheets.save(tmp_path / "t.xlsx")
    assert bring(tmp_path / "t.xlsx", *OWN).exit_code == 0
    said = {(record.date, record.platform, record.count) for record in book.read().records}
    assert said == {("2025-05-18", "ropucha-class", 1), ("2025-05-19", "tapir-class", 2), ("2024", "tanker", 3)}


def test_a_bare_number_in_a_text_is_no_date(book: Logbook, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", ["Site", "Date", "Platform"], ["Dunay", "45796", "Ropucha"])
    done = bring(file, *OWN, "--map", "date=Date")
    assert done.exit_code == 1
    assert "a spreadsheet's number of a day, perhaps 2025-05-19" in done.stderr


def test_a_day_ahead_is_refused_unless_anyway(book: Logbook, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", ["Site", "Date", "Platform"], ["Dunay", "2999-05-18", "Ropucha"])
    assert "lies ahead" in bring(file, *OWN).stderr
    assert bring(file, *OWN, "--anyway").exit_code == 0


# --- positions

PLACED = ["Site", "Date", "Platform", "Lat", "Lon"]


def test_a_file_with_latitude_and_longitude_swapped_throughout_is_turned_and_said(
    book: Logbook, tmp_path: Path
) -> None:
    row = ["Dunay", "2025-05-18", "Ropucha", "132.3375", "42.8803"]
    done = bring(table(tmp_path / "t.csv", PLACED, row, ["Rajin", "2025-05-18", "tanker", "130.30", "42.24"]), *OWN)
    assert done.exit_code == 0, done.stderr
    assert "latitude and longitude are swapped in the whole file" in done.stdout
    placed = {record.site: record.geometry for record in book.read().records}
    assert placed["dunay"] == {"type": "Point", "coordinates": [132.3375, 42.8803]}


def test_one_swapped_position_among_others_is_refused(book: Logbook, tmp_path: Path) -> None:
    good = ["Dunay", "2025-05-18", "Ropucha", "42.8803", "132.3375"]
    done = bring(table(tmp_path / "t.csv", PLACED, good, ["Dunay", "2025-05-19", "Ropucha", "43", "46"]), *OWN)
    assert (done.exit_code, len(book.read().records)) == (1, 1)
    assert "km outside the footprint of dunay" in done.stderr


def test_zero_zero_is_refused(book: Logbook, tmp_path: Path) -> None:
    done = bring(table(tmp_path / "t.csv", PLACED, ["Dunay", "2025-05-18", "Ropucha", "0", "0"]), *OWN)
    assert done.exit_code == 1
    assert "(0, 0) is what software writes" in done.stderr


@pytest.mark.parametrize(
    "cell",
    ["42.8803, 132.3375", "132.3375 42.8803", "42,8803; 132,3375", "42.8803N 132.3375E", "42°52'49\"N, 132°20'15\"E"],
)
def test_a_position_in_one_cell_lies_where_its_site_is(book: Logbook, tmp_path: Path, cell: str) -> None:
    file = table(tmp_path / "t.csv", ["Site", "Date", "Platform", "Position"], ["Dunay", "2025-05-18", "Ropucha", cell])
    done = bring(file, *OWN, "--map", "position=Position")
    assert done.exit_code == 0, done.stderr
    lon, lat = (book.read().records[0].geometry or {})["coordinates"]
    assert (round(lon, 3), round(lat, 3)) in {(132.338, 42.88), (132.337, 42.88)}


# --- understanding


def test_what_is_missing_says_how_to_state_it(book: Logbook, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", ["A", "B"], ["x", "y"])
    done = bring(file)
    assert done.exit_code == 3
    assert "--map site=COLUMN" in done.stderr
    file = table(tmp_path / "t.csv", *SAME[:2])
    assert "--set basis=own" in bring(file).stderr


def test_a_column_or_field_that_is_not_there_is_said_with_near_ones(book: Logbook, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", *SAME[:2])
    assert "did you mean Platform?" in bring(file, *OWN, "--map", "platform=Platfrom").stderr
    assert "did you mean platform" in bring(file, *OWN, "--map", "platfrom=Platform").stderr
    assert bring(file, *OWN, "--map", "platform").exit_code == 3


def test_the_preview_fits_80_columns_and_names_what_is_not_used(book: Logbook, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", [*SAME[0], "Mood"], [*SAME[1], "cheerful " * 20])
    done = bring(file, *OWN)
    lines = done.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines[: lines.index("Not used: Mood")] if not line.startswith("No column"))


def test_columns_are_found_by_their_cells_when_their_names_say_nothing(book: Logbook, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", ["A", "B", "C"], ["Дунай", "2025-05-18", "로푸카급"])
    assert bring(file, *OWN).exit_code == 0
    assert [record.id for record in book.read().records] == ["dunay-2025-05-18-ropucha-class"]


def test_several_columns_make_one_note(book: Logbook, tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", [*SAME[0], "One", "Two"], [*SAME[1], "first", "second"])
    assert bring(file, *OWN, "--map", "note=One", "--map", "note=Two").exit_code == 0
    assert book.read().records[0].note == "first\nsecond"


def test_named_ones_and_the_others_are_records_of_one_look(book: Logbook, tmp_path: Path) -> None:
    head = ["Site", "Date", "Platform", "Name", "Count"]
    file = table(
        tmp_path / "t.csv",
        head,
        ["Rajin", "2024-02-01", "cargo ship", "Maia-1; Lady R", "5"],
        ["Rajin", "2024-02-02", "cargo ship", "Maia-1; Lady R", "1"],
    )
    done = bring(file, *OWN)
    assert "2 things are named, and the count is 1" in done.stderr
    assert [(record.platform_name, record.count) for record in book.read().records] == [
        ("Maia-1", 1),
        ("Lady R", 1),
        (None, 3),
    ]


@pytest.mark.parametrize(
    ("toml", "what"),
    [
        ("fields = 3", "is not a table"),
        ("[fields.sight]\ncolumn = 'a'", "did you mean site"),
        ("[fields.site]\ncolum = 'a'", "'colum' is not understood"),
        ("[fields.site]\ncases = [{ where = { A = '(' } }]", "is no regular expression"),
        ("[fields.site]\ncases = [{ where = { A = 'x' }, value = '\\1' }]", "invalid group reference"),
        ("[fields.site]\ncases = [{ value = 'x' }]", "a case needs where"),
        ("[fields.site]\ncolumn = ['a', 'b']", "is filled by one column"),
        ("dates = 'ymd'", 'allowed: "dmy" or "mdy"'),
        ("dates = ", "is not valid TOML"),
        pytest.param("dates = " + "[" * 3000, "is not valid TOML", id="nested-3000-deep"),
        pytest.param("dates = " + "9" * 5000, "is not valid TOML", id="5000-digits"),
    ],
)
def test_a_mapping_file_that_is_not_in_the_language_says_where(toml: str, what: str) -> None:
    with pytest.raises(InvalidValue, match=what.replace("(", r"\(")):
        mapping.from_toml(toml, "m.toml")


def test_the_sample_mapping_of_the_readme_does_what_it_says(book: Logbook, tmp_path: Path) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    toml = readme.partition("<!-- sample: mapping -->\n```toml\n")[2].partition("```")[0]
    (tmp_path / "m.toml").write_text(toml, encoding="utf-8")
    file = table(
        tmp_path / "t.csv",
        ["Port", "When", "What", "Hulls", "Remarks", "Author", "Country"],
        ["Dunay", "5.6.2025", "BDK", "", "believed loading at Pier 2.", "B. Editor", "RU"],
        ["Rajin", "6.6.2025", "cargo ship", "Lady R and Maia-1", "", "", "KP"],
        ["Rajin", "7.6.2025", "cargo ship", "", "NEGATIVE", "", "KP"],
    )
    done = bring(file, "--mapping", tmp_path / "m.toml")
    assert done.exit_code == 0, done.stderr
    assert "Not used" not in done.stdout
    first, lady, maia, nothing = book.read().records
    assert (first.date, first.platform, first.berth) == ("2025-06-05", "landing-ship", "Pier 2")
    assert (first.hedge, first.hedge_on) == ("believed", "platform")
    assert first.note == "believed loading at Pier 2. By B. Editor."
    assert {lady.platform_name, maia.platform_name} == {"Lady R", "Maia-1"}
    assert (nothing.outcome, nothing.platform) == ("not-seen", "cargo-ship")


# --- hostile text

HOSTILE = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cs", "Cc")),
        st.sampled_from(["\n", '"', "'", ",", ";", "=", "+", "-", "@", "<", "\u202e", "🚢", "\t"]),
    ),
    min_size=1,
    max_size=40,
)
KNOWN = [
    "=cmd|'/c calc'!A0",
    "</script><script>alert(1)",
    "a\nb",
    '"quoted"',
    "'=1+1",
    "''=1",
    "مرحبا",
    "{{ 7*7 }}",
    "-5",
    "@SUM(A1)",
]


def plan_of(columns: tuple[str, ...], rows: list[Row]) -> tuple[mapping.Plan, Reader, intake.Terms]:
    made = Logbook(packaged_seeds().parent)
    terms = intake.Terms(made.sites, made.vocabulary, datetime(2026, 1, 31, tzinfo=UTC))
    read = Reader(Context(made.sites, made.vocabulary))
    stated = mapping.from_options([], ["basis=own"], mapping.Stated())
    return mapping.plan(Table("csv", columns, rows), rows, stated, read.fits), read, terms


@pytest.mark.parametrize("note", KNOWN)
def test_hostile_text_comes_in_as_it_is(book: Logbook, tmp_path: Path, note: str) -> None:
    file = table(tmp_path / "t.csv", [*SAME[0], "Note"], [*SAME[1], note])
    assert bring(file, *OWN).exit_code == 0
    assert book.read().records[0].note == note


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_rejected_rows_come_back_as_they_were(notes: list[str]) -> None:
    columns = ("Site", "Note")
    rows = [Row(number, {"Site": "nowhere", "Note": note}) for number, note in enumerate(notes, 2)]
    text = rejected.text(columns, [intake.Reject(row, "Site", "nowhere", "not known") for row in rows])
    lines = list(csv.reader(io.StringIO(text, newline="")))
    back = rejected.undone(
        Table("csv", tuple(lines[0]), [Row(1, dict(zip(lines[0], line, strict=True))) for line in lines[1:]])
    )
    assert [row.values["Note"] for row in back.rows] == notes
    # Nothing that a spreadsheet would run, but plain numbers.
    assert not [cell for line in lines for cell in line if cell[:1] in ("=", "@", "\t") or cell[:2] in ("+c", "-c")]


@settings(max_examples=60, deadline=None)
@given(HOSTILE.filter(lambda text: text.strip() != ""))
def test_any_text_in_a_cell_is_the_note_of_the_record_or_a_reject(note: str) -> None:
    columns = ("Site", "Date", "Platform", "Note")
    rows = [Row(2, dict(zip(columns, ("Dunay", "2025-05-18", "Ropucha", note), strict=True)))]
    plan, read, terms = plan_of(columns, rows)
    found = intake.records(rows, plan, read, terms)
    assert [draft.record.note for draft in found.drafts] == [note.strip()]


def test_a_row_of_a_long_table_becomes_what_it_becomes_alone() -> None:
    columns = ("Site", "Date", "Platform", "Count", "Latitude", "Longitude", "Scene ID", "URL", "Status", "Notes")
    good = ("Dunay", "2025-05-18", "Ropucha", "2", "42.88", "132.33", "scene", "https://example.org/1", "draft", "A b")
    changes: list[dict[str, str]] = [
        {},
        {"Count": "", "Latitude": "", "Longitude": "", "URL": ""},
        {"Count": "about 300", "Date": "2025-05~"},
        {"Platform": "nothing", "Count": "0"},
        {"Platform": "Ropucha; tanker"},
        {"Platform": "Ropucha: Nikolay Vilkov", "Count": "3"},
        {"Notes": " x\u2028 "},
        {"Notes": "x" * 100_001},
        {"Notes": "half \ud800"},
        {"Scene ID": "x" * 501},
        {"Count": "0"},
        {"Count": "2000000001"},
        {"Latitude": "0", "Longitude": "0"},
        {"Latitude": "10", "Longitude": "20"},
        {"Latitude": "99.5"},
        {"Latitude": ""},
        {"Date": "2023/2025"},
        {"Date": "2027-01-01"},
        {"URL": "https://a.b/<c>"},
        {"Status": "reviewed"},
        {"Site": "Atlantis"},
    ]
    kinds = [dict(zip(columns, good, strict=True)) | change for change in changes]
    rows = [Row(number, kind) for number, kind in enumerate(kinds * 60, 2)]
    plan, read, terms = plan_of(columns, rows)

    def told(found: intake.Intake) -> dict[int, list[Any]]:
        by_row: dict[int, list[Any]] = {}
        for draft in found.drafts:
            by_row.setdefault(draft.row.number, []).append(draft.record)
        return by_row | {reject.row.number: [*reject[1:]] for reject in found.rejects}

    together = told(intake.records(rows, plan, read, terms))
    assert len(together) == len(rows) >= 1_000
    assert {len(made) for row, made in together.items() if isinstance(made[0], Observation)} == {1, 2}
    for at, row in enumerate(rows[: len(kinds)]):
        alone = told(intake.records([row], plan, read, terms))[row.number]
        assert [together[one.number] for one in rows[at :: len(kinds)]] == [alone] * 60, changes[at]


@pytest.mark.parametrize("name", ['=HYPERLINK("x")', "@SUM(A1)", "+a", "＝1", "'=1"])
def test_the_rejects_of_a_table_whose_columns_are_formulas_run_none_and_come_back(name: str) -> None:
    row = Row(2, {name: "x", "b": "＠1"})
    written = rejected.text((name, "b"), [intake.Reject(row, name, "x", "no date")])
    cells = [cell for line in csv.reader(io.StringIO(written)) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝", "＠"))]
    header, *lines = list(csv.reader(io.StringIO(written)))
    rows = [Row(number, dict(zip(header, line, strict=True))) for number, line in enumerate(lines, 2)]
    back = rejected.undone(Table("csv", tuple(header), rows))
    assert back.columns[:2] == (name, "b")
    assert [dict(list(one.values.items())[:2]) for one in back.rows] == [row.values]
