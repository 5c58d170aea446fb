"""Tables as text, CSV and TSV: cells between commas, semicolons, tabs or bars, in whatever encoding.

The standard library's csv reads them, not pandas: it keeps every cell as it stands (pandas makes ``NA`` a gap and
``007`` a seven), knows quoted line ends, and is as quick where all is text.

Written as Delimited text (CSV by RFC 4180, TSV): one row a record, columns named as the fields.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from resight.errors import UnreadableFile
from resight.exchange import flat, foreign, zipped
from resight.exchange.header import Sheet, taken_apart
from resight.exchange.setting import Setting
from resight.exchange.table import Columns, Options, Row, Table
from resight.observation import DAYS, PROPERTY_NAMES
from resight.selection import Records

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
#: The first columns of a table of ours.
OURS = list(PROPERTY_NAMES[:4])
#: Lines from the top by which the separator is chosen.
_SAMPLE = 100
#: Bytes from the top by which a file of many rows is understood, and bytes of it that are taken at a time.
_HEAD, _BLOCK = 2**16, 2**24


def recognises(path: Path, head: bytes) -> bool:
    """Is it text? Which separator it has, and whether it is a table at all, shows when it is read."""
    is_binary = head.startswith((zipped.MAGIC, b"SQLite format 3\0", b"PAR1", b"PARE"))
    return not is_binary and not foreign.head_text(head).startswith(("{", "[", "<"))


def read(path: Path, options: Options) -> Table:
    """The table of a CSV or TSV file; a table of ours for spreadsheets without the marks it was given for them.

    Raises:
        UnreadableFile: it is empty, ends inside a quoted cell, or its encoding has to be stated.
        InvalidValue: the encoding stated is not known, or does not fit.
    """
    separator, sheet = taken(path, options)
    columns, rows = sheet.columns, sheet.rows
    if columns and columns[-1] == GUARDED:
        columns, rows = columns[:-1], tuple(map(_unguarded, rows))
    return Table("tsv" if separator == "\t" else "csv", columns, rows, sheet.notes)


def columns(path: Path, options: Options) -> Columns:
    """The file by columns, every cell as it stands; the first line names them, and is row 1.

    Raises:
        UnreadableFile: it is empty, has no UTF-8 (or what was stated), a quoted cell is never closed, or its first line
            does not name the columns.
        InvalidValue: the encoding stated is not known.
    """
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    foreign.checked_size(path)
    encoding = options.encoding or "utf-8"
    with path.open("rb") as file:
        raw = file.read(_HEAD)
    text = foreign.decoded_head(path, raw, encoding, is_whole=len(raw) < _HEAD)
    separator, notes = separator_of(text)
    # The last line of a part may be cut off.
    lines = [cells for cells, _ in zip(_records(text, separator), range(_SAMPLE), strict=False)]
    head = taken_apart(lines if len(lines) < 3 else lines[:-1])
    if head.rows and head.rows[0].number != 2:
        what = "the first line does not name the columns"
        raise UnreadableFile(f"{path.name}: {what}: take out what stands above, or import it without --bulk")
    fresh: list[Row] = []

    def odd(row: Any) -> str:
        found = next(iter(_records(row.text, separator)), [])
        if any(cell.strip() for cell in found):
            cells: list[str | None] = [cell or None for cell in found] + [None] * (len(head.columns) - len(found))
            count = max(number for number, cell in enumerate(cells, 1) if cell and cell.strip())
            fault = ""
            if count > len(head.columns):
                fault = (
                    f"has {count} cells where the header names {len(head.columns)}: a separator inside a cell needs "
                    "quotes around it"
                )
            values = dict(zip(head.columns, cells, strict=False))
            fresh.append(Row(row.number, values, None, fault))
        else:
            blank.append(row.number)
        return "skip"

    blank: list[int] = []
    try:
        cells = arrow_csv.read_csv(
            path,
            # One thread, or the numbers of odd rows are not known.
            arrow_csv.ReadOptions(
                use_threads=False, block_size=_BLOCK, skip_rows=1, column_names=list(head.columns), encoding=encoding
            ),
            arrow_csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=odd
            ),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(head.columns, pa.string())),
        )
    except (pa.ArrowException, UnicodeError) as error:
        raise UnreadableFile(f"{path.name} could not be read as CSV: {str(error).splitlines()[0]}") from None
    number = np.arange(2, cells.num_rows + len(fresh) + len(blank) + 2)
    numbers = np.setdiff1d(number, [*(row.number for row in fresh), *blank])
    form = "tsv" if separator == "\t" else "csv"
    return Columns(form, cells, numbers, odd=tuple(fresh), notes=(*notes, *head.notes))


def taken(path: Path, options: Options) -> tuple[str, Sheet]:
    """The separator of a file, and its lines taken apart, for the formats that are CSV with columns of their own.

    Raises:
        UnreadableFile: it is empty, ends inside a quoted cell, or its encoding has to be stated.
        InvalidValue: the encoding stated is not known, or does not fit.
    """
    text = foreign.text(path, options)
    if not text.strip():
        raise UnreadableFile(f"{path.name} is empty")
    separator, notes = separator_of(text)
    try:
        lines = _lines(text, separator)
        sheet = taken_apart(lines, is_cut_off=not text.endswith(("\n", "\r")))
    except UnreadableFile as error:
        raise UnreadableFile(f"{path.name}: {error}") from error
    foreign.counted(path, len(sheet.rows))
    return separator, sheet._replace(notes=(*notes, *sheet.notes))


def _unguarded(row: Row) -> Row:
    """The row of a table for spreadsheets without the apostrophes that its last cell tells of."""
    values = dict(row.values)
    for name in str(values.pop(GUARDED, None) or "").split():
        if isinstance(cell := values.get(name), str):
            values[name] = cell.removeprefix(GUARD)
    return row._replace(values=values)


def separator_of(text: str) -> tuple[str, list[str]]:
    """The separator under which the first lines have most columns alike, and a word on it when it is no comma."""
    sample = text[: 256 * _SAMPLE]
    if sample.startswith("sep=") and len(sample) > 5 and sample[5] in "\r\n":
        return sample[4], []

    ours = next((mark for mark in SEPARATORS if next(iter(_records(sample, mark)), [])[: len(OURS)] == OURS), None)
    if ours:
        return ours, []

    def fit(separator: str) -> tuple[int, int]:
        widths = [len(cells) for _, cells in zip(range(_SAMPLE), _records(sample, separator), strict=False) if cells]
        common = max(set(widths), key=widths.count, default=1)
        return (common > 1) * widths.count(common), common

    best = max(SEPARATORS, key=fit)
    best = best if fit(best)[1] > 1 else ","
    return best, [] if best == "," else [f"cells are separated by {SEPARATORS[best]}"]


def _records(text: str, separator: str) -> Iterable[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _lines(text: str, separator: str) -> list[list[str]]:
    """Every record, blank ones too, in the order of the file.

    Raises:
        UnreadableFile: a quoted cell is never closed, or cannot be read.
    """
    if text.startswith("sep="):
        # A line for spreadsheets alone; it counts as a row there too.
        return [[], *_lines(text.partition("\n")[2], separator)]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines: list[list[str]] = []
    begun = 1
    limit = csv.field_size_limit(len(text) + 1)
    try:
        for cells in reader:
            lines.append(cells)
            begun = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            what = f"the file ends inside a quoted cell of the row that begins in line {begun}: is it cut off?"
        else:
            what = f"line {begun}: {error}; a quotation mark inside a quoted cell is written twice"
        raise UnreadableFile(what) from None
    finally:
        csv.field_size_limit(limit)
    return lines


# --- writing ----------------------------------------------------------------------------------------------------

#: What a spreadsheet takes for the beginning of a formula; the wide forms are those of East Asian keyboards.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: What stands before such text in a file for a spreadsheet.
GUARD = "'"
#: In such a file the last column names, with spaces between, the cells of its row that were given a guard: where it
#: names one, the first apostrophe of that cell is not part of the text.
GUARDED = "guarded"


def write(records: Records, path: Path, setting: Setting) -> tuple[str, ...]:
    """Write the records as CSV, or as TSV where the format is ``tsv``; nothing of them is lost.

    With ``is_safe`` the file begins with a byte order mark, by which spreadsheets know UTF-8, and text that would run
    as a formula is guarded: see :data:`GUARDED`.
    """
    fields, statements = flat.fields(records), setting.statements
    header = [*fields, *flat.PLACE, *statements, *([GUARDED] if setting.is_safe else [])]
    with setting.opened(path) as file:
        file.write(_laid([header], setting).encode("utf-8-sig" if setting.is_safe else "utf-8"))
        for columns in flat.rows(records):
            file.write(_laid(_rows(columns, header, setting), setting).encode())
    return ()


def _laid(rows: Iterable[Sequence[Any]], setting: Setting) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter="\t" if setting.form == "tsv" else ",", lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _rows(of: Mapping[str, list[Any]], header: Sequence[str], setting: Setting) -> Iterator[Sequence[Any]]:
    """The cells of each record; made column by column, which is quicker."""
    columns = list(of.values())
    statements = tuple(setting.statements.values())
    if setting.is_safe:
        return (_guarded((*cells, *statements), header) for cells in zip(*columns, strict=True))
    # Text stays as it is; nothing and days are written by csv as they should be.
    as_it_is = (*flat.TEXTS, *DAYS)
    columns = [
        column if name in as_it_is or column.count(None) == len(column) else [flat.text(cell) for cell in column]
        for name, column in zip(header, columns, strict=False)
    ]
    return ((*cells, *statements) for cells in zip(*columns, strict=True))


def _guarded(cells: Sequence[Any], header: Sequence[str]) -> list[str]:
    """The cells as text, with guards, and at the end which of them have one."""
    # A number that begins with a minus is a number.
    names = [
        name
        for name, cell in zip(header, cells, strict=False)
        if isinstance(cell, str) and cell.startswith(FORMULA_STARTS)
    ]
    texts = [flat.text(cell) for cell in cells]
    return [*(GUARD + t if name in names else t for name, t in zip(header, texts, strict=False)), " ".join(names)]
