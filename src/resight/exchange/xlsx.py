"""Workbooks of Excel and LibreOffice (XLSX): a sheet's cells as they were saved, dates as dates, no formula run.

Written as an Excel workbook (XLSX, by openpyxl): one row a record with real dates, moments and numbers, and no formula.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resight import dates
from resight.errors import CannotWrite, InvalidValue, ResightError, UnreadableFile
from resight.exchange import flat, foreign, zipped
from resight.exchange.header import Sheet, taken_apart
from resight.exchange.setting import Setting
from resight.exchange.table import Options, Table
from resight.observation import Observation
from resight.selection import Records

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

#: What a spreadsheet shows where a formula failed.
_FAILED = ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!")


def recognises(path: Path, head: bytes) -> bool:
    """Is it a zip with a workbook in it?"""
    return head.startswith(zipped.MAGIC) and any(name.startswith("xl/workbook") for name in zipped.names(path))


def read(path: Path, options: Options) -> Table:
    """The table of one sheet: the one asked for, or the first that holds rows below a line that can name columns.

    Raises:
        UnreadableFile: no workbook, damaged, protected by a password, or unreasonably large when unzipped.
        InvalidValue: there is no such sheet.
    """
    zipped.names(path)
    zipped.check_definitions(path)
    import openpyxl

    try:
        # Given a path openpyxl would go by its ending.
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            try:
                return _table(path, book, options)
            finally:
                book.close()
    except ResightError:
        raise
    except Exception as error:
        # On a damaged workbook openpyxl and the parser below it raise whatever they stumble over.
        raise UnreadableFile(f"{path.name} is no workbook that can be read ({error}): is it cut off?") from error


def _table(path: Path, book: Workbook, options: Options) -> Table:
    names = [sheet.title for sheet in book.worksheets]
    notes: list[str] = []
    if options.sheet is not None:
        name = _asked_for(options.sheet, names)
        lines = _lines(book, name)
        sheet = taken_apart(lines) if lines else None
    else:
        name, sheet = _first_with_rows(book, names)
        others = [f"{other!r}" for other in names if other != name]
        if sheet and others:
            notes.append(f"sheet {name!r} is read; not read: {', '.join(others)} (--sheet NAME)")
    if sheet is None:
        which = f"sheet {options.sheet!r} of {path.name}" if options.sheet is not None else path.name
        raise UnreadableFile(f"{which} holds no rows")
    notes += _formulas_without_result(path, name)
    foreign.counted(path, len(sheet.rows))
    failed = [
        f"row {row.number}, {column}" for row in sheet.rows for column, cell in row.values.items() if cell in _FAILED
    ]
    if failed:
        notes.append(f"a formula failed in the spreadsheet itself: {_some(failed)}")
    return Table("xlsx", sheet.columns, sheet.rows, (*notes, *sheet.notes), {}, book.epoch.date())


def _first_with_rows(book: Workbook, names: list[str]) -> tuple[str, Sheet | None]:
    """The first sheet with rows, past covers of a title or a text; without one, the first that holds anything."""
    cover: tuple[str, Sheet | None] = ("", None)
    for name in names:
        lines = _lines(book, name)
        sheet = taken_apart(lines) if lines else None
        if sheet and sheet.rows and len(sheet.columns) > 1:
            return name, sheet
        if sheet and (cover[1] is None or (sheet.rows and not cover[1].rows)):
            cover = (name, sheet)
    return cover


def _asked_for(text: str, names: list[str]) -> str:
    if text in names:
        return text
    if text.isdecimal() and 1 <= int(text) <= len(names):
        return names[int(text) - 1]
    raise InvalidValue("--sheet", text, f"there is no sheet {text!r}", allowed=", ".join(names) or "no sheet at all")


def _lines(book: Workbook, name: str) -> list[tuple[Any, ...]]:
    """The cells of a sheet line by line, from the first; empty when nothing stands in any."""
    from openpyxl.utils.escape import unescape

    sheet = book[name]
    # Some programs state a wrong size, and openpyxl would believe it.
    sheet.reset_dimensions()
    lines: list[tuple[Any, ...]] = []
    full = 0
    for cells in sheet.iter_rows(values_only=True):
        # Excel writes what XML cannot hold, and what would look so, as _x0007_: undone, it is the text of the cell.
        lines.append(tuple(unescape(c) if isinstance(c, str) and "_x" in c else c for c in cells))
        if any(cell is not None for cell in cells):
            full = len(lines)
    return lines[:full]


def _formulas_without_result(path: Path, name: str) -> Iterator[str]:
    """A word on formulas that no spreadsheet has worked out yet: their cells read as empty."""
    with zipfile.ZipFile(path) as packed:
        has_formulas = any(
            re.search(rb"<f[ >/]", packed.read(member))
            for member in packed.infolist()
            if member.filename.startswith("xl/worksheets/")
        )
    if not has_formulas:
        return
    import openpyxl

    with path.open("rb") as file, path.open("rb") as other:
        book = openpyxl.load_workbook(file, read_only=True)
        saved = openpyxl.load_workbook(other, read_only=True, data_only=True)
        try:
            missing = [
                cell.coordinate
                for written, shown in zip(_cells(book, name), _cells(saved, name), strict=True)
                for cell, result in zip(written, shown, strict=True)
                if cell.data_type == "f" and result.value is None
            ]
        finally:
            book.close()
            saved.close()
    if missing:
        yield f"formulas without a saved result read as empty: {_some(missing)}; open and save it in a spreadsheet"


def _cells(book: Workbook, name: str) -> Iterator[tuple[Any, ...]]:
    sheet = book[name]
    sheet.reset_dimensions()
    return iter(sheet.iter_rows())


def _some(names: list[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


# --- writing ----------------------------------------------------------------------------------------------------

SHEET = "records"
#: Sheet that says on what terms a public file was made.
ABOUT = "about"
#: What one cell and one sheet hold (Excel specifications and limits).
MOST_CHARACTERS = 32_767
MOST_ROWS = 1_048_576
#: Of a number, as openpyxl writes it.
DIGITS = 16
#: Excel counts a 29 February 1900 that never was; earlier days are text.
FIRST_DAY = date(1900, 3, 1)
#: Excel reads _x0041_ in a cell as A, so that text which looks like this has its first _ written as _x005F_.
ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
#: Text that openpyxl takes for a formula or an error value unless told that it is text.
_MISTAKEN = ("=", "#")
#: In characters; the other columns are 13 wide.
_WIDTHS = {"id": 34, "date": 22, "visible": 50, "note": 50, "sources": 40, "tags": 16, "geometry": 24}
_DAY_FORMAT, _MOMENT_FORMAT = "yyyy-mm-dd", 'yyyy-mm-dd"T"hh:mm:ss"Z"'


def write(records: Records, path: Path, setting: Setting) -> tuple[str, ...]:
    """Write the records as a sheet with a frozen header; moments are in UTC, numbers have 16 digits.

    ``date`` is a real date where it is one plain day and text where it is vague; ``earliest`` and ``latest`` always
    are real ones.

    Raises:
        CannotWrite: more records than a sheet has rows.
    """
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter
    from openpyxl.writer.excel import ExcelWriter

    if len(records) >= MOST_ROWS:
        raise CannotWrite(
            f"{len(records)} records do not fit into a sheet of {MOST_ROWS} rows: write fewer (--year, --site), or CSV"
        )
    book = Workbook(write_only=True)
    # The time of writing is not part of the data: two runs give the same bytes.
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)
    book.properties.creator = "resight"
    fields = flat.fields(records)
    header = [*fields, *flat.PLACE]
    sheet = book.create_sheet(SHEET)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(header))}{len(records) + 1}"
    for number, name in enumerate(header, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(name, 13)
    sheet.append(header)
    cells = _Cells(sheet)
    for record in records:
        values = [flat.value(record, name) for name in fields]
        sheet.append(cells.row(record, header, [*values, *flat.place(record)]))
    if setting.terms:
        about = book.create_sheet(ABOUT)
        about.column_dimensions["A"].width, about.column_dimensions["B"].width = 24, 100
        for statement in setting.statements.items():
            about.append(statement)
    with _Timeless(path, "w") as archive:
        # As Workbook.save does, but for setting the time of the last change.
        ExcelWriter(book, archive).save()
    return cells.losses()


class _Timeless(zipfile.ZipFile):
    """An archive whose files all have the same time, so that the same workbook has the same bytes."""

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        entry = _entry(arcname or filename)
        entry.file_size = Path(filename).stat().st_size
        with Path(filename).open("rb") as source, self.open(entry, "w") as file:
            shutil.copyfileobj(source, file)

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        super().writestr(_entry(zinfo_or_arcname), data)


def _entry(name: Any) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(str(name))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


class _Cells:
    """Values as Excel takes them, and what it does not take."""

    def __init__(self, sheet: WriteOnlyWorksheet) -> None:
        self._sheet = sheet
        self._replaced = flat.Replaced()
        #: Ids of the records concerned, each once.
        self._line_ends: dict[str, None] = {}
        self._cut: dict[str, None] = {}
        self._rounded: dict[str, None] = {}

    def row(self, record: Observation, header: Sequence[str], values: Sequence[Any]) -> list[Any]:
        """The cells of a record."""
        identifier = record.id or ""
        cells = [self._text(v, identifier) if type(v) is str else self._other(v) for v in values]
        if any(type(v) is float and float(f"{v:.{DIGITS}g}") != v for v in values):
            self._rounded[identifier] = None
        when = dates.parse(record.date)
        if when.text == when.earliest.isoformat():
            cells[header.index("date")] = self._other(when.earliest)
        return cells

    def _other(self, value: Any) -> Any:
        if value is None or value is False:
            return None
        if isinstance(value, bool | int | float):
            return value
        if isinstance(value, datetime):
            return self._dated(value.replace(tzinfo=None), _MOMENT_FORMAT, flat.text(value))
        return self._dated(value, _DAY_FORMAT, value.isoformat())

    def _dated(self, value: date, pattern: str, text: str) -> Any:
        from openpyxl.cell import WriteOnlyCell

        day = value.date() if isinstance(value, datetime) else value
        if day < FIRST_DAY:
            return text
        cell = WriteOnlyCell(self._sheet, value)
        cell.number_format = pattern
        return cell

    def _text(self, value: str, identifier: str) -> Any:
        from openpyxl.cell import WriteOnlyCell

        given = self._replaced(value, identifier)
        if "\r" in given:
            # In a workbook a line ends with a line feed alone.
            given = given.replace("\r\n", "\n").replace("\r", "\n")
            self._line_ends[identifier] = None
        given = ESCAPED.sub("_x005F_", given)
        if len(given) > MOST_CHARACTERS:
            given = given[: MOST_CHARACTERS - 1] + "…"
            self._cut[identifier] = None
        if not given.startswith(_MISTAKEN):
            return given
        cell = WriteOnlyCell(self._sheet, given)
        cell.data_type = "s"
        return cell

    def losses(self) -> tuple[str, ...]:
        """What the workbook does not hold."""
        said = list(self._replaced.losses("XLSX"))
        if self._line_ends:
            said.append(f"XLSX ends lines with a line feed alone, now in {flat.named(list(self._line_ends))}")
        if self._rounded:
            rounded = flat.named(list(self._rounded))
            said.append(f"a number in XLSX has {DIGITS} digits: longer ones were rounded in {rounded}")
        if self._cut:
            cells = flat.named(list(self._cut))
            said.append(
                f"a cell of XLSX holds {MOST_CHARACTERS} characters: longer text was cut, ending in …, in {cells}"
            )
        return tuple(said)
