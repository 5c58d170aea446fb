"""Import of many rows: the same records, the same refusals and the same words as of one, by columns."""

import csv
import io
import json
import resource
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resight import Logbook, bulkfile
from resight.cli import main
from resight.exchange.intake import content

FIELDS = ("When", "site", "platform", "count", "longitude", "latitude", "image_id", "cloud_pct", "note", "activity")
DUNAY = ("132.355", "42.897")


def run(book: Logbook, *arguments: str) -> Result:
    result = CliRunner().invoke(main, [*arguments, "--logbook", str(book.folder)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def new_book(folder: Path) -> Logbook:
    return Logbook.create(folder, empty=True)


def write_csv(path: Path, rows: Sequence[Mapping[str, str]], names: Sequence[str] = FIELDS) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def said(book: Logbook) -> list[tuple[str | None, bytes]]:
    return sorted((record.id, content(record)) for record in book.read(withdrawn=True).records)


def refused(path: Path) -> list[str]:
    rejects = path.with_name(f"{path.name}.rejected.csv")
    lines = rejects.read_text(encoding="utf-8-sig").splitlines() if rejects.exists() else []
    rejects.unlink(missing_ok=True)
    return lines


def both(folder: Path, rows: Sequence[Mapping[str, str]], *options: str, times: int = 1) -> tuple[Logbook, Logbook]:
    """A file imported in either way, held against each other."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    books = new_book(folder / "one"), new_book(folder / "many")
    path = write_csv(folder / "rows.csv", rows)
    for _ in range(times):
        one = run(books[0], "import", str(path), "--set", "basis=own", *options)
        of_one = refused(path)
        many = run(books[1], "import", str(path), "--set", "basis=own", "--bulk", *options)
        assert refused(path) == of_one
        assert many.output == one.output
        assert many.exit_code == one.exit_code
        assert said(books[1]) == said(books[0])
    assert not list((books[1].folder / "observations").glob("*.geojson"))
    return books


cells = {
    "When": st.sampled_from(
        ["2025-05-18", "18 May 2025", "2025-05", "2025-05-18~", "2025-05-18T22:10:00Z", "2031-01-01", "soon", ""]
    ),
    "site": st.sampled_from(["dunay", "Дунай", "sunan", "Sunan ", "nowhere", ""]),
    "platform": st.sampled_from(
        [
            "ropucha-class",
            "Ропуча",
            "2 cargo ships",
            "Nikolay Vilkov",
            "il-76; tu-204",
            "cargo-ship:Lady R",
            "nothing",
            "cloud",
            "ropuhca",
            "",
        ]
    ),
    "count": st.sampled_from(["1", "2", "at least 2", "about 300", "0", "-1", "many", ""]),
    "longitude": st.sampled_from([DUNAY[0], "132,355", "0", "400", "132.355E", "east", ""]),
    "latitude": st.sampled_from([DUNAY[1], "42.897N", "0", "north", ""]),
    "image_id": st.sampled_from(["a", " b ", " N/A", "Unknown", ""]),
    "cloud_pct": st.sampled_from(["20", "20 %", "120", "1,234", "-3", ""]),
    "note": st.sampled_from(["bow to the north", "=1+1", "two\nlines", ""]),
    "activity": st.sampled_from(["docked", "Docked", "dancing", ""]),
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=8), options=st.sampled_from([(), ("--anyway",)])
)
def test_many_rows_become_what_each_would_become_alone(
    tmp_path: Path, rows: list[dict[str, str]], options: tuple[str, ...]
) -> None:
    both(tmp_path / "books", rows, *options, times=2)


# --- Parquet ------------------------------------------------------------------------------------------------------

SEEN: dict[str, Any] = {"site": "dunay", "date": "2025-05-18", "platform": "ropucha-class", "basis": "own"}
AT = shapely.Point(132.355, 42.897)


@pytest.fixture
def book(tmp_path: Path) -> Logbook:
    return new_book(tmp_path / "book")


def frame(*rows: Mapping[str, Any], at: Any = AT, crs: Any = "EPSG:4326") -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(pd.DataFrame(rows), geometry=[at] * len(rows), crs=crs)


def test_parquet_without_positions_is_taken_as_it_is(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "plain.parquet"
    pd.DataFrame([SEEN]).to_parquet(path)
    assert "1 record added." in run(book, "import", "--bulk", str(path)).output
    (record,) = book.read().records
    assert record.geometry is None


def test_positions_in_another_system_are_converted_and_that_is_said(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "utm.parquet"
    frame(SEEN).to_crs("EPSG:32652").to_parquet(path)
    result = run(book, "import", "--bulk", str(path))
    assert "positions were converted from WGS 84 / UTM zone 52N (EPSG:32652) to WGS 84" in result.output
    (record,) = book.read().records
    assert record.geometry is not None
    assert record.geometry["coordinates"] == pytest.approx([132.355, 42.897], abs=1e-7)


def test_positions_in_a_system_that_nobody_states_are_refused(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "unknown.parquet"
    frame(SEEN, crs=None).to_parquet(path)
    result = run(book, "import", "--bulk", str(path))
    assert (result.exit_code, "--crs EPSG:" in result.output) == (7, True)
    assert "1 record added." in run(book, "import", "--bulk", str(path), "--crs", "EPSG:4326").output


def test_an_outline_comes_in_as_it_was_drawn(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "outline.parquet"
    frame(SEEN, at=shapely.box(132.35, 42.89, 132.36, 42.9)).to_parquet(path)
    run(book, "import", "--bulk", str(path))
    (record,) = book.read().records
    assert record.geometry is not None
    assert record.geometry["type"] == "Polygon"


def test_types_of_parquet_are_read_as_they_are(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "typed.parquet"
    taken = pd.Timestamp("2025-05-17T22:10:00Z")
    rows = [{**SEEN, "date": taken, "image_time": taken, "length_m": 112, "count": 2.0, "tags": ["a", "b"]}]
    pd.DataFrame(rows).to_parquet(path)
    result = run(book, "import", "--bulk", str(path))
    assert "1 record added." in result.output, result.output
    (record,) = book.read().records
    # It was the 18th in Dunay.
    assert (record.date, record.length_m, record.count, record.tags) == ("2025-05-18", 112.0, 2, ("a", "b"))
    assert record.image_time == taken


def test_a_moment_is_kept_in_whole_seconds_as_in_a_year_file(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "typed.parquet"
    rows = [{**SEEN, "image_time": pd.Timestamp("2025-05-18T01:40:00.987654321Z")}]
    pd.DataFrame(rows).to_parquet(path)
    run(book, "import", "--bulk", str(path))
    (record,) = book.read().records
    assert str(record.image_time) == "2025-05-18 01:40:00+00:00"
    assert book.frame()["image_time"].tolist() == [pd.Timestamp("2025-05-18T01:40:00Z")]
    for how in ([], ["--bulk"]):
        assert "0 records added, 1 already there." in run(book, "import", str(path), *how).output


def test_near_names_are_offered_for_some_hundred_names_at_most(
    book: Logbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def near(text: str, _: Any) -> list[str]:
        asked.append(text)
        return ["dunay"]

    monkeypatch.setattr("resight.exchange.cells.near_names", near)
    path = write_csv(tmp_path / "rows.csv", [{"When": "2025-05-18", "site": f"dunai {n % 700}"} for n in range(2000)])
    for how in ([], ["--bulk"]):
        asked.clear()
        result = run(book, "import", str(path), *how, "--set", "basis=own", "--set", "platform=ropucha")
        assert "site: 'dunai 0' is not known; did you mean dunay?" in result.output
        assert "0 records added, 2,000 rows rejected." in result.output
        assert len({*asked}) == 500


def test_a_keyboard_interrupt_while_it_writes_says_what_to_do(
    book: Logbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "rows.parquet"
    frame(SEEN).to_parquet(path)
    monkeypatch.setattr(Logbook, "add_bulk", stop)
    result = run(book, "import", "--bulk", str(path))
    assert "in the logbook whole or not at all: the same command again adds what is missing" in result.output


def test_of_a_very_long_cell_a_line_is_shown(book: Logbook, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", [{"When": "2025-05-18", "site": "dunay" + "y" * 200_000}])
    result = run(book, "import", "--bulk", str(path), "--set", "basis=own", "--set", "platform=ropucha")
    assert "yyy…': site: 'dunayyyy" in result.output
    assert max(map(len, result.output.splitlines())) < 1000
    assert max(map(len, refused(path))) > 200_000


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"length_m": "long"}, "length_m: 'long' is not allowed"),
        ({"count": 1.5}, "count: '1.5' is not a count"),
        ({"date": 7}, "date: "),
        ({"platform": True}, "platform: 'True' is not known"),
        ({"site": "nowhere"}, "site: 'nowhere' is not known"),
    ],
)
def test_a_column_of_another_type_refuses_its_rows_in_words(
    book: Logbook, tmp_path: Path, wrong: dict[str, Any], reason: str
) -> None:
    path = tmp_path / "wrong.parquet"
    pd.DataFrame([{**SEEN, **wrong}]).to_parquet(path)
    columns = ("--map", "site=site", "--map", "date=date", "--map", "platform=platform")
    result = run(book, "import", "--bulk", str(path), *columns)
    assert result.exit_code == 1, result.output
    assert reason in result.output
    assert "0 records added, 1 row rejected." in result.output
    assert book.read().records == []


def test_one_bad_row_in_a_hundred_goes_to_the_file_of_rejects(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "some.parquet"
    rows = [{**SEEN, "image_id": str(n), "cloud_pct": 120.0 if n % 100 == 7 else 20.0} for n in range(1000)]
    frame(*rows).to_parquet(path)
    result = run(book, "import", "--bulk", str(path))
    assert "990 records added, 10 rows rejected." in result.output
    with path.with_name("some.parquet.rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["rejected: row"] for row in found] == [str(n + 1) for n in range(7, 1000, 100)]
    assert {(row["rejected: column"], row["rejected: value"]) for row in found} == {("cloud_pct", "120")}
    # Corrected there, it is imported in the same way.
    for row in found:
        row["cloud_pct"] = "12"
    again = write_csv(tmp_path / "again.csv", found, tuple(found[0]))
    assert "10 records added." in run(book, "import", str(again)).output


def test_all_at_one_site_on_one_day(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "skewed.parquet"
    pd.DataFrame([{**SEEN, "image_id": str(n)} for n in range(3000)]).to_parquet(path)
    assert "3,000 records added." in run(book, "import", "--bulk", str(path)).output
    ids = {record.id for record in book.read().records}
    stem = "dunay-2025-05-18-ropucha-class"
    assert ids == {stem, *(f"{stem}-{n}" for n in range(2, 3001))}
    assert "0 records added, 3000 already there." in run(book, "import", "--bulk", str(path)).output


def test_what_was_corrected_or_withdrawn_since_is_known_again(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pd.DataFrame([SEEN, {**SEEN, "site": "sunan", "platform": "il-76"}]).to_parquet(path)
    run(book, "import", "--bulk", str(path))
    book.amend("dunay-2025-05-18-ropucha-class", berth="Pier 2")
    book.withdraw("sunan-2025-05-18-il-76", why="wrong image")
    for how in ([], ["--bulk"]):
        assert "0 records added, 2 already there." in run(book, "import", str(path), *how).output


def test_a_look_that_denies_a_bulk_record_is_refused_in_either_way(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    write_csv(path, [{"When": "2025-05-18", "site": "dunay", "platform": "ropucha-class", "image_id": "a"}])
    run(book, "import", str(path), "--bulk", "--set", "basis=own")
    write_csv(path, [{"When": "2025-05-18", "site": "dunay", "platform": "nothing", "image_id": "a"}])
    for how in ([], ["--bulk"]):
        result = run(book, "import", str(path), "--set", "basis=own", *how)
        assert "of image a the record dunay-2025-05-18-ropucha-class says the opposite" in result.output


def test_what_export_wrote_comes_back_as_it_was(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    rows = [{**SEEN, "image_id": str(n), "tags": ["a"], "source.url": "https://example.org/1"} for n in range(5)]
    frame(*rows).to_parquet(path)
    run(book, "import", "--bulk", str(path))
    book.amend("dunay-2025-05-18-ropucha-class", berth="Pier 2", foreign={"score": 1})
    for ending in ("parquet", "csv"):
        out = tmp_path / f"out.{ending}"
        run(book, "export", "--output", str(out))
        assert "0 records added, 5 already there." in run(book, "import", "--bulk", str(out)).output
        other = new_book(tmp_path / f"other-{ending}")
        result = run(other, "import", "--bulk", str(out))
        assert "Records of resight, taken as they are.\n5 records added." in result.output
        assert other.read().records == book.read().records


def test_a_format_that_is_not_read_by_columns_is_refused(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "rows.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    result = run(book, "import", "--bulk", str(path))
    assert result.exit_code == 3
    assert "rows.geojson is GeoJSON, which is not read by columns; allowed: csv, tsv, parquet" in result.output


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PAR1 cut off", "is not a whole Parquet file"),
        (b"site,date\nd\xfcnay,2025\n", "is not UTF-8 (line 2)"),
        (b"site,date,platform\n", "has columns and no rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(book: Logbook, tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "broken"
    path.write_bytes(data)
    result = run(book, "import", "--bulk", str(path))
    assert (result.exit_code, words in result.output) == (7, True), result.output


def test_a_disk_that_is_too_small_leaves_nothing_half_written(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    frame(*({**SEEN, "image_id": str(n)} for n in range(20_000))).to_parquet(path)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, old[1]))
    try:
        result = run(book, "import", "--bulk", str(path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert result.exit_code == 8
    assert "File too large; nothing was changed" in result.output
    assert [path for path in (book.folder / "observations").rglob("*") if path.is_file()] == []
    assert "20,000 records added." in run(book, "import", "--bulk", str(path)).output


def test_a_dry_run_writes_nothing(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    frame(SEEN).to_parquet(path)
    assert "1 record would be added." in run(book, "import", "--bulk", "--dry-run", str(path)).output
    assert bulkfile.paths(book.folder / "observations") == []


def test_the_other_commands_see_bulk_records(book: Logbook, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    frame(SEEN, {**SEEN, "date": "2024-05-20"}).to_parquet(path)
    run(book, "import", "--bulk", str(path))
    now, then = "dunay-2025-05-18-ropucha-class", "dunay-2024-05-20-ropucha-class"
    assert now in run(book, "list", "--site", "dunay", "--year", "2025").output
    assert "observations/bulk/2025/" in run(book, "show", now).output
    assert then in run(book, "why", now).output
    assert "berth: empty → Pier 2" in run(book, "amend", now, "--berth", "Pier 2").output
    assert run(book, "review", now, "--by", "B. Editor").exit_code == 0
    assert "import" in run(book, "history", now).output
    assert run(book, "withdraw", now, "--why", "wrong image").exit_code == 0
    assert now not in run(book, "list").output
    assert run(book, "verify").exit_code == 0
    assert run(book, "check").exit_code == 0
