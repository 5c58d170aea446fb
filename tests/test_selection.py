"""Many records a part at a time: the same records, lines and bytes as when all of them are read at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from outgoing import hostile_records, several
from resight import Logbook, bulkfile, featuretext, selection
from resight.commands.exporting import WRITTEN
from resight.errors import CannotWrite
from resight.exchange import geoparquet, kml, xlsx
from resight.exchange.formats import FORMATS, writer
from resight.exchange.setting import Setting
from resight.journal import canonical
from resight.observation import Observation
from resight.selection import Selection, Wanted, confidential_sources, without_confidential

Run = Callable[..., Result]
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
CLASSES = ("ropucha-class", "il-76", "cargo-ship", None)
SITES = ("dunay", "sunan", "nakhodka")


def detected(number: int) -> dict[str, Any]:
    """A record as a detector logs it; days come again and again, so that ids decide the order."""
    day = date(2024, 1, 1) + timedelta(days=(number * 37) % 700)
    found: dict[str, Any] = {"site": SITES[number % 3], "date": day.isoformat(), "platform": CLASSES[number % 4]}
    if number % 5 == 0:
        found |= {"date": f"{day:%Y-%m}", "outcome": "not-seen"}
    if number % 7 == 0:
        found |= {"platform": "il-76", "platform_name": f"RA-{number}", "count": 1, "outcome": "seen"}
    if number % 3:
        found["geometry"] = {"type": "Point", "coordinates": [132.0 + number / 997, 42 + number / 1009]}
    if number % 11 == 0:
        found["sources"] = [{"title": "a, “b”", "confidential": True}, {"published_by": "CNN", "grade": "B2"}]
        found["tags"] = ["night", 'say "so"']
    if number % 13 == 0:
        found |= {"status": "withdrawn", "gsd_m": (number + 1) / 3, "length_m": 112.0}
    return found


def records_of(*rows: Mapping[str, Any]) -> list[Observation]:
    return [Observation.model_validate(row) for row in rows]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Logbook:
    """Bulk files of two years and two imports, records in year files between them, one of them a revision."""
    book = Logbook.create(tmp_path_factory.mktemp("selection") / "book")
    odd = [record.model_copy(update={"id": None}) for record in several() if record.site in book.sites]
    ids = book.add_bulk(
        bulkfile.table_of([*records_of(*map(detected, range(400))), *odd]), source="a.parquet", by="Detector", now=NOW
    ).column("id")
    book.add_bulk(
        bulkfile.table_of(records_of(*map(detected, range(400, 600)))), source="b.parquet", by="Detector", now=NOW
    )
    book.add(*records_of(*map(detected, range(600, 700))), anyway=True, now=NOW)
    book.amend(ids[1].as_py(), note="looked at again", now=NOW)
    return book


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts so small that every run has several of them."""
    for name, rows in (("BATCH", 37), ("WINDOW", 150), ("FIRST", 40)):
        monkeypatch.setattr(selection, name, rows)


def selected(book: Logbook, wanted: Wanted | None = None) -> Selection:
    found = book.selection(wanted or Wanted(book.vocabulary))
    assert found is not None
    return found


def at_once(book: Logbook, wanted: Wanted | None = None) -> list[Observation]:
    asked = wanted or Wanted(book.vocabulary)
    read = book.read(withdrawn=asked.withdrawn).records
    return [without_confidential(record) for record in read if asked.fits(record)]


def settings_of(book: Logbook, form: str, records: Any) -> Setting:
    digest = book.digest(records)
    return Setting(form, book.sites, book.vocabulary, 2025, digest)


def test_it_is_the_records_in_their_order(book: Logbook) -> None:
    expected, found = at_once(book), selected(book)
    assert len(expected) > 500
    assert len(found) == len(expected)
    assert list(found) == expected
    assert [record.to_feature() for record in found] == [record.to_feature() for record in expected]
    assert found.year == max(record.year for record in expected)
    assert found.hidden == confidential_sources(book.read().records) > 0
    assert found.withdrawn == sum(record.status == "withdrawn" for record in book.read(withdrawn=True).records)


FORMS = [name for name in WRITTEN.split(", ") if FORMATS[name].in_parts]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_has_the_same_bytes(book: Logbook, tmp_path: Path, form: str) -> None:
    written, known = [], FORMATS[form]
    for records in (at_once(book), selected(book)):
        path = tmp_path / f"out{known.ending}"
        losses = writer(known)(records, path, settings_of(book, form, records))
        written.append((path.read_bytes(), losses))
    assert written[0] == written[1]


@pytest.mark.parametrize("options", [(), ("--json",), ("--geojson",)])
def test_a_list_has_the_same_bytes(
    book: Logbook, run: Run, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    streamed = run("list", *options, folder=book.folder)
    monkeypatch.setattr(Logbook, "selection", lambda *_: None)
    assert run("list", *options, folder=book.folder).stdout == streamed.stdout
    assert streamed.exit_code == 0


def asked(book: Logbook) -> st.SearchStrategy[Wanted]:
    words = book.vocabulary
    platforms = ["ship", "landing-ship", "il-76", "aircraft", "ropucha-class"]
    values = st.fixed_dictionaries(
        {},
        optional={
            "outcome": st.sampled_from(["seen", "not-seen"]),
            "status": st.sampled_from(["draft", "withdrawn"]),
            "basis": st.sampled_from(["own", "published"]),
        },
    )
    return st.builds(
        Wanted,
        st.just(words),
        st.none() | st.sets(st.sampled_from(SITES), min_size=1),
        st.sets(st.sampled_from([2023, 2024, 2025])),
        st.none() | st.sampled_from(platforms).map(words.resolve_platform),
        values,
        st.none() | st.sampled_from(["night", "day"]),
    )


@given(data=st.data())
def test_rows_fit_as_their_records_do(book: Logbook, data: st.DataObject) -> None:
    wanted = data.draw(asked(book))
    expected = [record.id for record in at_once(book, wanted)]
    assert [record.id for record in selected(book, wanted)] == expected


def test_a_hull_is_found_under_its_name(book: Logbook) -> None:
    hull = next(iter(book.vocabulary.individuals.values()))
    rows = [{"site": "dunay", "date": "2025-05-01", "platform_name": name, "count": 1} for name in (hull.name, "Other")]
    wanted = Wanted(book.vocabulary, platform=hull)
    assert wanted.fitting(bulkfile.table_of(records_of(*rows))).tolist() == [True, False]
    assert [wanted.fits(record) for record in records_of(*rows)] == [True, False]


def test_a_file_that_was_changed_is_left_out_and_told(book: Logbook, tmp_path: Path) -> None:
    copied = tmp_path / "copy"
    shutil.copytree(book.folder, copied)
    path = max((copied / "observations" / "bulk" / "2025").glob("*.parquet"), key=lambda path: path.stat().st_size)
    path.write_bytes(path.read_bytes() + b"\n")
    changed = Logbook(copied)
    found = selected(changed)
    assert list(found) == at_once(changed)
    assert len(found) < len(selected(book))
    assert [problem.file for problem in found.problems] == [bulkfile.name_of(path)]


def test_a_record_that_stands_in_two_files_counts_once(book: Logbook, tmp_path: Path) -> None:
    copied = tmp_path / "copy"
    shutil.copytree(book.folder, copied)
    folder = copied / "observations" / "bulk" / "2024"
    rows = pq.read_table(next(folder.glob("*.parquet"))).select(list(bulkfile.COLUMNS)).slice(0, 9)
    (file,) = bulkfile.staged(rows, copied / "observations")
    file.temporary.rename(copied / "observations" / file.key)
    twice = Logbook(copied)
    assert list(selected(twice)) == at_once(twice) == at_once(book)


def test_the_first_records_come_before_the_others_are_read(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    gathered = Selection._gathered

    def counted(self: Selection, numbers: Any, columns: Any) -> Any:
        taken.append(len(numbers))
        return gathered(self, numbers, columns)

    monkeypatch.setattr(Selection, "_gathered", counted)
    found = selected(book)
    next(iter(found))
    assert taken == [40]
    taken.clear()
    assert sum(1 for _ in found) == sum(taken) == len(found)
    assert max(taken) == 150


@pytest.mark.parametrize("how", [(), ("--geojson",)])
def test_nobody_who_stops_reading_is_told_off(book: Logbook, how: tuple[str, ...]) -> None:
    shell = f"{sys.executable} -c 'from resight.cli import run; run()' --logbook {book.folder} list {' '.join(how)}"
    shell += " | head -n 1"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


def test_an_interrupted_export_leaves_the_file_as_it_was(
    book: Logbook, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Selection.tables

    def interrupted(self: Selection, *columns: Any) -> Any:
        yield next(iter(given(self, *columns)))
        raise KeyboardInterrupt

    monkeypatch.setattr(Selection, "tables", interrupted)
    output = tmp_path / "out.csv"
    output.write_text("as it was")
    result = run("export", "--output", str(output), folder=book.folder)
    assert (result.exit_code, output.read_text(), [*tmp_path.iterdir()]) == (130, "as it was", [output])


def test_more_than_a_sheet_holds_is_refused_before_anything_is_written(
    book: Logbook, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 300)
    result = run("export", "--output", str(tmp_path / "out.xlsx"), folder=book.folder)
    assert result.exit_code == CannotWrite.exit_code
    assert "do not fit into a sheet of 300 rows: write fewer (--year, --site), or CSV" in result.stderr
    assert [*tmp_path.iterdir()] == []


def test_more_than_a_kmz_holds_is_refused_and_nothing_is_left(
    book: Logbook, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kml, "MOST_ZIPPED", 2**17)
    result = run("export", "--output", str(tmp_path / "out.kmz"), folder=book.folder)
    assert result.exit_code == CannotWrite.exit_code
    assert "write KML, or fewer records" in result.stderr
    assert [*tmp_path.iterdir()] == []


def test_a_file_is_called_as_it_is_named(book: Logbook, run: Run, tmp_path: Path) -> None:
    run("export", "--output", str(tmp_path / "far east.geojson"), folder=book.folder)
    assert orjson.loads((tmp_path / "far east.geojson").read_bytes())["name"] == "far east"


def test_a_parquet_file_of_many_records_stands_in_groups(
    book: Logbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geoparquet, "GROUP", 200)
    for name, records in (("once", at_once(book)), ("parts", selected(book))):
        geoparquet.write(records, tmp_path / name, settings_of(book, "parquet", records))
    assert (tmp_path / "once").read_bytes() == (tmp_path / "parts").read_bytes()
    file = pq.ParquetFile(tmp_path / "parts")
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)][:2] == [200, 200]


def test_of_no_record_a_file_has_its_columns(book: Logbook, tmp_path: Path) -> None:
    nothing = selected(book, Wanted(book.vocabulary, tag="no such tag"))
    assert (len(nothing), list(nothing), nothing.year, nothing.hidden) == (0, [], 0, 0)
    for form in FORMS:
        known = FORMATS[form]
        written = []
        none: list[Observation] = []
        for records in (none, nothing):
            writer(known)(records, tmp_path / f"out{known.ending}", settings_of(book, form, records))
            written.append((tmp_path / f"out{known.ending}").read_bytes())
        assert written[0] == written[1], form


@given(found=st.lists(hostile_records(), min_size=1, max_size=4))
def test_any_text_and_any_position_is_told_as_the_record_tells_it(found: list[Observation]) -> None:
    rows = bulkfile.table_of(found)
    assert [record.to_feature() for record in bulkfile.as_written(rows)] == [record.to_feature() for record in found]


def test_texts_by_columns_are_those_of_the_records(book: Logbook) -> None:
    expected = at_once(book)
    assert list(featuretext.of_features(selected(book))) == list(featuretext.of_features(expected))
    assert list(featuretext.of_canonical(selected(book))) == [canonical(record.to_feature()) for record in expected]
    whole = book.selection(Wanted(book.vocabulary), confidential=True)
    assert whole is not None
    assert book.digest(whole) == book.digest(book.read().records) != book.digest(expected)


@given(found=st.lists(hostile_records(), min_size=1, max_size=4), is_canonical=st.booleans())
def test_any_row_is_laid_as_its_record_or_left_to_it(found: list[Observation], is_canonical: bool) -> None:
    rows = bulkfile.table_of([record.model_copy(update={"id": f"r{n}"}) for n, record in enumerate(found)])
    lay = canonical if is_canonical else orjson.dumps
    for text, record in zip(featuretext._of_rows(rows, is_canonical=is_canonical), bulkfile.records(rows), strict=True):
        assert text in (None, lay(record.to_feature()))


POINTS = [(132.5, -0.25), (1.0, 2.0), (-180.0, 90.0), (1e-7, 5.5), (0.0, 3.25), (-0.0, 1.5), (131.123456789012345, 4.1)]


@pytest.mark.parametrize("at", POINTS)
def test_positions_are_laid_as_those_of_records(at: tuple[float, float]) -> None:
    record = records_of({"id": "a", "site": "b", "date": "2025", "geometry": {"type": "Point", "coordinates": [*at]}})
    (row,) = bulkfile.records(bulkfile.table_of(record))
    for is_canonical, lay in ((True, canonical), (False, orjson.dumps)):
        (text,) = featuretext._of_rows(bulkfile.table_of(record), is_canonical=is_canonical)
        assert text in (None, lay(row.to_feature()))
        assert (text is None) == (is_canonical and at != POINTS[0] and at != POINTS[-1])
