"""Tables of other programs, read as they stand: separators, encodings, headers, dates and what is wrong with a file."""

import sys
import zipfile
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from resight.commands.exporting import WRITTEN
from resight.commands.importing import READ
from resight.errors import InvalidValue, UnreadableFile
from resight.exchange import delimited, foreign, formats, xlsx
from resight.exchange.table import Options, Table

NONE = Options()


def csv_of(path: Path, data: bytes, options: Options = NONE) -> Table:
    path.write_bytes(data)
    return delimited.read(path, options)


def cells(table: Table) -> list[tuple[object, ...]]:
    return [tuple(row.values.values()) for row in table.rows]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


@pytest.mark.parametrize(
    "data",
    [
        "site,note\ndunay,Дунай\n".encode(),
        "site;note\ndunay;Дунай\n".encode(),
        "site\tnote\r\ndunay\tДунай\r\n".encode("utf-8-sig"),
        "sep=|\nsite|note\ndunay|Дунай\n".encode(),
        "site,note\ndunay,Дунай\n".encode("utf-16"),
        "site,note\ndunay,Дунай\n".encode("utf-16-le"),
        "site,note\ndunay,Дунай\n".encode("utf-16-be"),
    ],
    ids=["utf-8", "semicolons", "tabs, bom, crlf", "sep=", "utf-16", "utf-16-le", "utf-16-be"],
)
def test_separator_and_unicode_are_told_from_the_file(file: Path, data: bytes) -> None:
    table = csv_of(file, data)
    assert table.columns == ("site", "note")
    assert cells(table) == [("dunay", "Дунай")]


def test_an_old_encoding_is_asked_for_with_its_readings(file: Path) -> None:
    data = "site,note\nx,plain\ndunay,порт Дунай\n".encode("cp1251")
    with pytest.raises(UnreadableFile, match=r"line 3.*(?s:.)*--encoding cp1251: dunay,порт Дунай"):
        csv_of(file, data)
    assert cells(csv_of(file, data, Options(encoding="cp1251")))[1] == ("dunay", "порт Дунай")


def test_an_encoding_that_does_not_fit_or_exist_is_said(file: Path) -> None:
    for encoding in ("klingon", "utf-8"):
        with pytest.raises(InvalidValue, match="--encoding"):
            csv_of(file, "Дунай".encode("cp1251"), Options(encoding=encoding))


def test_quoted_cells_keep_line_ends_and_rows_count_as_a_spreadsheet_shows_them(file: Path) -> None:
    table = csv_of(file, b'a,b\n1,"two\nlines, ""quoted"""\n\n3,four\n')
    assert [(row.number, *row.values.values()) for row in table.rows] == [
        (2, "1", 'two\nlines, "quoted"'),
        (4, "3", "four"),
    ]


def test_cells_stay_as_they_stand(file: Path) -> None:
    assert cells(csv_of(file, b"a,b,c\n007,NA,1e5\n")) == [("007", "NA", "1e5")]


def test_titles_and_merged_names_are_put_together_and_said(file: Path) -> None:
    table = csv_of(file, b"Watch 2025,,,\n,,,\nSite,Position,,Date\n,Lat,Lon,\ndunay,42,132,2025\n")
    assert table.columns == ("Site", "Position Lat", "Position Lon", "Date")
    assert next(iter(table.rows)).number == 5
    assert [note for note in table.notes if "Watch 2025" in note]
    assert "lines 3 and 4 together name the columns" in table.notes


def test_a_first_row_with_gaps_is_no_second_header(file: Path) -> None:
    assert csv_of(file, b"Site,Date,\ndunay,,3\n").columns == ("Site", "Date", "column 3")
    assert csv_of(file, b"Site,Date,\ndunay,today,docked\n").columns == ("Site", "Date", "column 3")


def test_a_column_named_twice_is_told_apart_and_said(file: Path) -> None:
    table = csv_of(file, b"note,site,note\na,b,c\n")
    assert table.columns == ("note", "site", "note (2)")
    assert "the column 'note' is there more than once; column 3 is called 'note (2)'" in table.notes


def test_a_row_with_too_many_cells_is_a_fault_of_that_row(file: Path) -> None:
    good, bad, _, _ = csv_of(file, b"a,b\n1,2\n1,2,3\n4,5\n6,7\n").rows
    assert good.fault == ""
    assert bad.fault.startswith("has 3 cells where the header names 2")


def test_a_last_row_without_its_end_is_taken_to_be_cut_off(file: Path) -> None:
    assert [bool(row.fault) for row in csv_of(file, b"a,b,c\n1,2,3\n4,5").rows] == [False, True]
    assert [bool(row.fault) for row in csv_of(file, b"a,b,c\n1,2,3\n4,5,6").rows] == [False, False]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b",,\n,,\n", "holds no rows"),
        (b'a,b\n1,"two\n3,4\n', "ends inside a quoted cell of the row that begins in line 2"),
        (b'a,b\n1,"two" three\n', "line 2"),
        (b"a,b\n\x00\x01\x02", "zero bytes"),
    ],
)
def test_what_is_no_table_is_said(file: Path, data: bytes, what: str) -> None:
    with pytest.raises(UnreadableFile, match=what):
        csv_of(file, data)


# --- workbooks


def workbook(path: Path, *sheets: tuple[str, list[Any]], epoch_1904: bool = False) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    if epoch_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for name, lines in sheets:
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    book.save(path)
    return path


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_dates_of_both_calendars_are_dates(tmp_path: Path, epoch_1904: bool) -> None:
    path = workbook(tmp_path / "t.xlsx", ("S", [["date"], [datetime(2025, 5, 18)]]), epoch_1904=epoch_1904)
    table = xlsx.read(path, NONE)
    assert cells(table) == [(datetime(2025, 5, 18),)]
    assert table.day_zero == (date(1904, 1, 1) if epoch_1904 else date(1899, 12, 30))


def test_the_first_sheet_with_rows_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ("Empty", []), ("One", [["a"], [1]]), ("Two", [["b"], ["2"]]))
    table = xlsx.read(path, NONE)
    assert (table.columns, cells(table)) == (("a",), [(1,)])
    assert table.notes == ("sheet 'One' is read; not read: 'Empty', 'Two' (--sheet NAME)",)
    assert xlsx.read(path, Options(sheet="Two")).columns == ("b",)
    assert xlsx.read(path, Options(sheet="3")).columns == ("b",)
    with pytest.raises(InvalidValue, match="allowed: Empty, One, Two"):
        xlsx.read(path, Options(sheet="Three"))
    with pytest.raises(UnreadableFile, match=r"sheet 'Empty' of t\.xlsx holds no rows"):
        xlsx.read(path, Options(sheet="Empty"))


@pytest.mark.parametrize("cover", [[["Port watch"]], [["Port watch"], [None], ["by A. Analyst"], ["do not pass on"]]])
def test_a_cover_before_the_table_is_passed_over_and_said(tmp_path: Path, cover: list[Any]) -> None:
    path = workbook(tmp_path / "t.xlsx", ("Cover", cover), ("Data", [["site", "date"], ["dunay", "2025"]]))
    table = xlsx.read(path, NONE)
    assert table.columns == ("site", "date")
    assert table.notes == ("sheet 'Data' is read; not read: 'Cover' (--sheet NAME)",)


@pytest.mark.parametrize("name", ["t.csv", "t.txt", "t", "t.xls"])
def test_a_workbook_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(workbook(tmp_path / "t.xlsx", ("S", [["a", "b"], [1, "=1+1"]])).read_bytes())
    assert formats.read(path, NONE).columns == ("a", "b")


def test_a_formula_is_never_worked_out_and_a_missing_result_is_said(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ("S", [["a", "b"], [1, "=1+1"], [2, "x"]]))
    table = xlsx.read(path, NONE)
    assert cells(table) == [(1, None), (2, "x")]
    assert [note for note in table.notes if note.startswith("formulas without a saved result read as empty: B2")]


def test_a_workbook_cut_off_is_said(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ("S", [["a"], *[[n] for n in range(500)]]))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UnreadableFile, match="is it cut off"):
        xlsx.read(path, NONE)


def test_a_zip_bomb_is_refused_before_it_is_unzipped(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 40_000_000)
    with pytest.raises(UnreadableFile, match=r"would be 38 MB when unzipped, [\d,]+ times its size"):
        xlsx.read(path, NONE)


def test_entities_in_a_workbook_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "entities.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("xl/workbook.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><workbook>&b;</workbook>')
    with pytest.raises(UnreadableFile, match="DOCTYPE"):
        xlsx.read(path, NONE)


# --- which format it is


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"site,date\ndunay,2025\n", "csv"),
        (b"PAR1....", "parquet"),
        (b"SQLite format 3\0" + b"." * 52 + b"GPKG", "gpkg"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">', "kml"),
        (b'{"type":"FeatureCollection","features":[]}', "geojson"),
        (b'{"type":"Feature","stac_version":"1.0.0"}', "stac"),
    ],
)
def test_the_format_is_told_by_content_whatever_the_name(tmp_path: Path, data: bytes, name: str) -> None:
    path = tmp_path / "file.xlsx"
    path.write_bytes(data)
    assert formats.recognise(path).name == name


def test_a_zip_is_told_by_what_is_inside(tmp_path: Path) -> None:
    assert formats.recognise(workbook(tmp_path / "t.csv", ("S", [["a"]]))).name == "xlsx"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("doc.kml", "<kml/>")
    assert formats.recognise(tmp_path / "a.zip").name == "kml"
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as packed:
        packed.writestr("readme.txt", "x")
    with pytest.raises(UnreadableFile, match=r"is a zip file of readme\.txt"):
        formats.recognise(tmp_path / "b.zip")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"\xd0\xcf\x11\xe0old", "save it as .xlsx"),
        (b"%PDF-1.7", "is a PDF"),
        (b"<html><body>", "XML of another kind"),
        (b"PK\x03\x04broken", "no whole zip"),
    ],
)
def test_what_is_no_format_says_what_it_is(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(UnreadableFile, match=what):
        formats.recognise(tmp_path / "f")


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "f.csv").open("wb") as file:
        file.truncate(300 * 2**20)
    with pytest.raises(UnreadableFile, match="is 300 MB; files up to 256 MB are read"):
        formats.recognise(tmp_path / "f.csv")


@pytest.mark.parametrize(("name", "library"), [("xlsx", "openpyxl"), ("parquet", "pyarrow")])
def test_what_a_format_needs_is_said_before_it_is_read_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    (tmp_path / "f").write_bytes(b"PAR1")
    for needed in (lambda: formats.read(tmp_path / "f", NONE, name), lambda: formats.writer(formats.FORMATS[name])):
        with pytest.raises(
            InvalidValue, match=rf"{library}, which is not installed: pip install 'resight\[exchange\]'"
        ):
            needed()


@pytest.mark.parametrize("form", formats.FORMATS.values(), ids=lambda form: form.name)
def test_every_module_can_what_the_table_of_formats_says(form: formats.Format) -> None:
    module = import_module(f"resight.exchange.{form.module}")
    assert (hasattr(module, "read"), hasattr(module, "recognises")) == (form.reads, form.reads)
    assert hasattr(module, "write") is form.writes
    names = [name for other in formats.FORMATS.values() for name in (other.name, *other.aliases)]
    assert len(set(names)) == len(names)
    assert formats.named(form.name) is form


def test_the_help_names_what_can_be_read_and_written_and_geoparquet_has_two_names() -> None:
    assert set(READ.split(", ")) == {form.name for form in formats.FORMATS.values() if form.reads}
    assert set(WRITTEN.split(", ")) == {form.name for form in formats.FORMATS.values() if form.writes}
    assert formats.named("geoparquet").name == "parquet"


def test_more_rows_than_one_import_takes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "MOST_ROWS", 1)
    with pytest.raises(UnreadableFile, match="has 2 rows; 1 are the most"):
        csv_of(tmp_path / "a.csv", b"a,b\n1,2\n3,4\n")
    with pytest.raises(UnreadableFile, match="has 2 rows; 1 are the most"):
        xlsx.read(workbook(tmp_path / "a.xlsx", ("S", [["a"], [1], [2]])), NONE)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="there is no file"):
        formats.recognise(tmp_path / "missing.csv")


@pytest.mark.parametrize("at", [200, 400, 600])
def test_a_workbook_whose_packed_bytes_are_damaged_is_refused(tmp_path: Path, at: int) -> None:
    """Found by fuzzing: what zlib says of such bytes is no error of the zip module's own."""
    book = openpyxl.Workbook()
    book.active.append(["site", "date"])
    book.save(tmp_path / "f.xlsx")
    data = bytearray((tmp_path / "f.xlsx").read_bytes())
    # The first member, after its header of 30 bytes and its name.
    data[at - 150 : at] = b"\xff" * 150
    (tmp_path / "f.xlsx").write_bytes(data)
    with pytest.raises(UnreadableFile):
        formats.read(tmp_path / "f.xlsx", Options())
