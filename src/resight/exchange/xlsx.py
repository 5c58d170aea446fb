"""Workbooks of Excel and LibreOffice (XLSX): a sheet's cells as they were saved, dates as dates, no formula run."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resight.errors import InvalidValue, ResightError, UnreadableFile
from resight.exchange.header import taken_apart
from resight.exchange.table import LARGEST_RATIO, LARGEST_UNZIPPED_BYTES, Options, Table

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

#: What a spreadsheet shows where a formula failed.
_FAILED = ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!")


def read(path: Path, options: Options) -> Table:
    """The table of one sheet: the one asked for, or the first that holds rows.

    Raises:
        UnreadableFile: no workbook, damaged, protected by a password, or unreasonably large when unzipped.
        InvalidValue: there is no such sheet.
        ResightError: openpyxl is not installed.
    """
    check_unzipped(path)
    openpyxl = _openpyxl()
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            return _table(path, book, options)
        finally:
            book.close()
    except ResightError:
        raise
    except Exception as error:
        # On a damaged workbook openpyxl and the parser below it raise whatever they stumble over.
        raise UnreadableFile(f"{path.name} is no workbook that can be read ({error}): is it cut off?") from error


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ImportError:
        raise ResightError(
            "reading XLSX needs openpyxl: pip install 'resight[xlsx]', or save the sheet as CSV"
        ) from None
    return openpyxl


def check_unzipped(path: Path) -> None:
    """Refuse a zip that would come to an unreasonable size, or that holds XML with definitions of its own.

    The sizes are those the zip states; more than it states is never unzipped.

    Raises:
        UnreadableFile: it is a zip bomb, an entity bomb, or no whole zip.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
            if any(member.flag_bits & 1 for member in members):
                raise UnreadableFile(f"{path.name} is protected by a password: save a copy without one")
            total, zipped = sum(m.file_size for m in members), sum(m.compress_size for m in members)
            if total > LARGEST_UNZIPPED_BYTES or (total > 2**24 and total > LARGEST_RATIO * max(zipped, 1)):
                raise UnreadableFile(
                    f"{path.name} would be {total / 2**20:,.0f} MB when unzipped, {total / max(zipped, 1):,.0f} times "
                    f"its size; read are up to {LARGEST_UNZIPPED_BYTES // 2**20:,} MB and {LARGEST_RATIO} times"
                )
            for member in members:
                if member.filename.lower().endswith((".xml", ".rels", ".kml")):
                    with packed.open(member) as file:
                        head = file.read(4096).replace(b"\0", b"")
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        what = "holds XML with definitions of its own (DOCTYPE), which no workbook needs"
                        raise UnreadableFile(f"{path.name} {what}: {member.filename}")
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
        raise UnreadableFile(f"{path.name} is no whole zip file ({error}): is it cut off?") from error


def _table(path: Path, book: Workbook, options: Options) -> Table:
    names = [sheet.title for sheet in book.worksheets]
    notes: list[str] = []
    if options.sheet is not None:
        name = _asked_for(options.sheet, names)
        lines = _lines(book, name)
    else:
        name, lines = "", []
        for name in names:
            lines = _lines(book, name)
            if lines:
                break
        others = [f"{other!r}" for other in names if other != name]
        if lines and others:
            notes.append(f"sheet {name!r} is read; not read: {', '.join(others)} (--sheet NAME)")
    if not lines:
        which = f"sheet {options.sheet!r} of {path.name}" if options.sheet is not None else path.name
        raise UnreadableFile(f"{which} holds no rows")
    notes += _formulas_without_result(path, name)
    sheet = taken_apart(lines)
    failed = [
        f"row {row.number}, {column}" for row in sheet.rows for column, cell in row.values.items() if cell in _FAILED
    ]
    if failed:
        notes.append(f"a formula failed in the spreadsheet itself: {_some(failed)}")
    return Table("xlsx", sheet.columns, sheet.rows, (*notes, *sheet.notes), {}, book.epoch.date())


def _asked_for(text: str, names: list[str]) -> str:
    if text in names:
        return text
    if text.isdecimal() and 1 <= int(text) <= len(names):
        return names[int(text) - 1]
    raise InvalidValue("--sheet", text, f"there is no sheet {text!r}", allowed=", ".join(names) or "no sheet at all")


def _lines(book: Workbook, name: str) -> list[tuple[Any, ...]]:
    """The cells of a sheet line by line, from the first; empty when nothing stands in any."""
    sheet = book[name]
    # Some programs state a wrong size, and openpyxl would believe it.
    sheet.reset_dimensions()
    lines: list[tuple[Any, ...]] = []
    full = 0
    for cells in sheet.iter_rows(values_only=True):
        lines.append(cells)
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
    book = _openpyxl().load_workbook(path, read_only=True)
    saved = _openpyxl().load_workbook(path, read_only=True, data_only=True)
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
