"""Tables as text, CSV and TSV: cells between commas, semicolons, tabs or bars, in whatever encoding.

The standard library's csv reads them, not pandas: it keeps every cell as it stands (pandas makes ``NA`` a gap and
``007`` a seven), knows quoted line ends, and is as quick where all is text.

Written as Delimited text (CSV by RFC 4180, TSV): one row a record, columns named as the fields.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from resight.errors import UnreadableFile
from resight.exchange import flat, foreign, zipped
from resight.exchange.header import Sheet, said_cut_off, said_too_many, taken_apart
from resight.exchange.setting import Setting
from resight.exchange.table import Columns, Options, Row, Table
from resight.observation import DAYS, PROPERTY_NAMES
from resight.selection import Records

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
#: The first columns of a table of ours.
OURS = list(PROPERTY_NAMES[:4])
#: Lines from the top by which the separator is chosen.
_SAMPLE = 100
#: Bytes from the top by which a file of many rows is understood, if so few lines stand there, and bytes of it that are
#: taken at a time.
_HEAD, _FEW, _BLOCK = 2**16, 3, 2**24


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
    """The file by columns, every cell as it stands; rows are numbered as the lines that :func:`read` takes apart.

    Raises:
        UnreadableFile, InvalidValue: as :func:`read`.
    """
    data = foreign.content(path)
    if options.encoding is not None or not foreign.is_utf8(data[:_HEAD]):
        data = foreign.text(path, options).encode()
    # It is no part of the first cell.
    data = data.removeprefix(codecs.BOM_UTF8)
    with _any_size_of_cell(len(data)):
        _check_quotes(path, data, separator_of(_top(data)[0])[0])
        return _by_columns(path, data, options)


def _by_columns(path: Path, data: bytes, options: Options) -> Columns:
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    text, is_whole = _top(data)
    separator, notes = separator_of(text)
    top = _reader(text, separator)
    # The last line of a part may be cut off.
    lines = [(cells, top.line_num) for cells, _ in zip(top, range(_SAMPLE), strict=False)][: None if is_whole else -1]
    is_marked = text.startswith("sep=")
    head = taken_apart([[] if is_marked and number == 0 else cells for number, (cells, _) in enumerate(lines)])
    form, notes = "tsv" if separator == "\t" else "csv", [*notes, *head.notes]
    kind = pa.schema([(name, pa.string()) for name in head.columns])
    if is_whole and not head.rows:
        return Columns(form, kind.empty_table(), np.arange(0), notes=tuple(notes))
    # A line is a row of the sheet, in which a cell may have several lines of text.
    skipped = lines[head.body - 2][1]
    above = skipped - (head.body - 1)
    others: dict[int, list[str]] = {}

    def keep(row: Any) -> str:
        others[row.number - above] = next(iter(_reader(row.text, separator)), [])
        return "skip"

    try:
        cells = arrow_csv.read_csv(
            pa.BufferReader(data),
            # One thread, or the numbers of odd rows are not known.
            arrow_csv.ReadOptions(
                use_threads=False, block_size=_BLOCK, skip_rows=skipped, column_names=list(head.columns)
            ),
            arrow_csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=keep
            ),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(head.columns, pa.string())),
        )
    except (pa.ArrowException, UnicodeError) as error:
        # Where it is no UTF-8, which encodings it may have.
        foreign.text(path, options)
        raise UnreadableFile(f"{path.name} could not be read as CSV: {str(error).splitlines()[0]}") from None
    number = np.arange(head.body, head.body + cells.num_rows + len(others))
    numbers = np.setdiff1d(number, [*others])
    cut_off = None if data.endswith((b"\n", b"\r")) else int(number[-1])
    odd = [
        _odd(number, found, head.columns, is_cut_off=number == cut_off)
        for number, found in others.items()
        if any(map(str.strip, found))
    ]
    empty = _empty(cells)
    if empty.any():
        cells, numbers = cells.filter(pa.array(~empty)), numbers[~empty]
    return Columns(form, cells, numbers, odd=tuple(odd), notes=tuple(notes))


def _top(data: bytes) -> tuple[str, bool]:
    """The text of the first lines, a few or more; is it all of them?"""
    size = _HEAD
    while data[:size].count(b"\n") < _FEW and size < len(data):
        size *= 16
    return data[:size].decode("utf-8", "replace"), size >= len(data)


def _odd(number: int, found: Sequence[str], names: Sequence[str], *, is_cut_off: bool) -> Row:
    """A row that has more or fewer cells than the header names."""
    cells: list[str | None] = [cell if cell.strip() else None for cell in found]
    cells += [None] * (len(names) - len(found))
    fault = ""
    if any(cells[len(names) :]):
        fault = said_too_many(cells, len(names))
    elif is_cut_off and len(found) < len(names):
        fault = said_cut_off(len(found), len(names))
    return Row(number, dict(zip(names, cells, strict=False)), None, fault)


def _empty(cells: Any) -> Any:
    """The rows in which nothing stands, as an array of numpy."""
    import numpy as np
    import pyarrow.compute as pc

    left = np.arange(cells.num_rows)
    for column in cells.columns if cells.num_columns else ():
        lengths = pc.binary_length(pc.utf8_trim_whitespace(column.take(left) if len(left) < len(column) else column))
        left = left[lengths.to_numpy() == 0]
        if not len(left):
            break
    found = np.zeros(cells.num_rows, dtype=bool)
    found[left] = True
    return found


def _check_quotes(path: Path, data: bytes, separator: str) -> None:
    """Refuse a quoted cell that has no end, or text after its end, as :func:`read` does: Arrow takes it without a word.

    Raises:
        UnreadableFile: says where.
    """
    import numpy as np

    bytes_ = np.frombuffer(data, dtype=np.uint8)
    at = np.flatnonzero(bytes_ == ord('"'))
    ends = np.array([*map(ord, (separator, "\n", "\r"))], dtype=np.uint8)
    opening, closing = at[::2], at[1::2]
    begins = np.isin(bytes_[opening - 1], ends) | (opening == 0)
    # Nearly always each quotation mark but the first is beside the end of a cell, and then all are in their places.
    if len(opening) == len(closing) and begins.all():
        after = closing[closing < len(bytes_) - 1] + 1
        if np.isin(bytes_[after], ends).all():
            return
    rows = _QuotedRows(data)
    try:
        for _ in csv.reader(rows, delimiter=separator, strict=True):
            rows.is_between = True
    except csv.Error as error:
        raise UnreadableFile(f"{path.name}: {_said_of_quotes(error, rows.line)}") from None


class _QuotedRows:
    """The lines of a text that hold quotation marks, with those that the same rows have below them."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._lines: Iterator[tuple[int, str]] = iter(())
        # Where the next lines are taken from, and where these were; a carriage return alone ends a line, too.
        self._at = self._from = 0
        #: Has the last row that was begun come to its end?
        self.is_between = True
        self._begun = 0, 0

    @property
    def line(self) -> int:
        """The line in which the last row begins."""
        at, further = self._begun
        ends = [self._data.count(end, 0, at) for end in (b"\n", b"\r", b"\r\n")]
        return ends[0] + ends[1] - ends[2] + further + 1

    def __iter__(self) -> _QuotedRows:
        return self

    def __next__(self) -> str:
        number, line = next(self._lines, (0, ""))
        if not line:
            self._advance()
            number, line = next(self._lines)
        if self.is_between:
            self._begun = self._from, number
        self.is_between = False
        return line

    def _advance(self) -> None:
        data, at = self._data, self._at
        if self.is_between:
            mark = data.find(b'"', at)
            at = max(at, data.rfind(b"\n", at, mark) + 1) if mark >= 0 else len(data)
        if at >= len(data):
            raise StopIteration
        self._from, self._at = at, data.find(b"\n", at) + 1 or len(data)
        self._lines = enumerate(io.StringIO(data[at : self._at].decode("utf-8", "replace"), newline=""))


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

    ours = next((mark for mark in SEPARATORS if next(iter(_reader(sample, mark)), [])[: len(OURS)] == OURS), None)
    if ours:
        return ours, []

    def fit(separator: str) -> tuple[int, int]:
        widths = [len(cells) for _, cells in zip(range(_SAMPLE), _reader(sample, separator), strict=False) if cells]
        common = max(set(widths), key=widths.count, default=1)
        return (common > 1) * widths.count(common), common

    best = max(SEPARATORS, key=fit)
    best = best if fit(best)[1] > 1 else ","
    return best, [] if best == "," else [f"cells are separated by {SEPARATORS[best]}"]


def _reader(text: str, separator: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


@contextlib.contextmanager
def _any_size_of_cell(size: int) -> Iterator[None]:
    limit = csv.field_size_limit(size + 1)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _said_of_quotes(error: csv.Error, line: int) -> str:
    if "unexpected end" in str(error):
        return f"the file ends inside a quoted cell of the row that begins in line {line}: is it cut off?"
    return f"line {line}: {error}; a quotation mark inside a quoted cell is written twice"


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
    with _any_size_of_cell(len(text)):
        try:
            for cells in reader:
                lines.append(cells)
                begun = reader.line_num + 1
        except csv.Error as error:
            raise UnreadableFile(_said_of_quotes(error, begun)) from None
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
