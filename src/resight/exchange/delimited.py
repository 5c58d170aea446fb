"""Tables as text, CSV and TSV: cells between commas, semicolons, tabs or bars, in whatever encoding.

The standard library's csv reads them, not pandas: it keeps every cell as it stands (pandas makes ``NA`` a gap and
``007`` a seven), knows quoted line ends, and is as quick where all is text.

Written as Delimited text (CSV by RFC 4180, TSV): one row a record, columns named as the fields.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from resight.errors import InvalidValue, UnreadableFile
from resight.exchange import flat
from resight.exchange.header import taken_apart
from resight.exchange.setting import Setting
from resight.exchange.table import Options, Table
from resight.observation import Observation

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
#: Encodings that are tried and shown where a text is not Unicode; they cannot be told apart for certain.
_EIGHT_BIT = ("cp1252", "cp1251", "cp949", "cp932", "gb18030")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Lines from the top by which the separator is chosen.
_SAMPLE = 100


def read(path: Path, options: Options) -> Table:
    """The table of a CSV or TSV file.

    Raises:
        UnreadableFile: it is empty, ends inside a quoted cell, or its encoding has to be stated.
        InvalidValue: the encoding stated is not known, or does not fit.
    """
    text = decoded(path, options.encoding)
    if not text.strip():
        raise UnreadableFile(f"{path.name} is empty")
    separator, notes = separator_of(text)
    try:
        lines = _lines(text, separator)
        sheet = taken_apart(lines, is_cut_off=not text.endswith(("\n", "\r")))
    except UnreadableFile as error:
        raise UnreadableFile(f"{path.name}: {error}") from error
    return Table("csv", sheet.columns, sheet.rows, (*notes, *sheet.notes))


def decoded(path: Path, encoding: str | None) -> str:
    """The text of a file: Unicode is told from its bytes, anything else has to be stated.

    Raises:
        UnreadableFile: not Unicode; says how the encodings that come into question would read it.
        InvalidValue: the encoding stated is not known, or does not fit.
    """
    raw = path.read_bytes()
    if encoding is not None:
        try:
            return raw.decode(encoding)
        except LookupError:
            raise InvalidValue(
                "--encoding", encoding, f"{encoding!r} is no encoding", example="utf-8, cp1251, cp1252, utf-16"
            ) from None
        except UnicodeError as error:
            what = f"{path.name} is not {encoding}: {getattr(error, 'reason', error)}"
            raise InvalidValue("--encoding", encoding, what) from None
    for mark, name in _BOMS:
        if raw.startswith(mark):
            try:
                return raw.decode(name)
            except UnicodeError as error:
                raise UnreadableFile(f"{path.name} begins as {name} and is not: {error}; is it cut off?") from None
    # Text in UTF-16 without its mark is full of zero bytes on one side.
    if b"\0" in raw[:1000]:
        for name, zeros in (("utf-16-le", raw[1:1000:2]), ("utf-16-be", raw[:1000:2])):
            if 2 * zeros.count(0) > len(zeros):
                try:
                    return raw.decode(name)
                except UnicodeError:
                    break
        raise UnreadableFile(f"{path.name} holds zero bytes: it is no table in text")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableFile(_question(path, raw, error)) from None


def _question(path: Path, raw: bytes, error: UnicodeDecodeError) -> str:
    """What a file in an old encoding would say in each that fits, for the person to choose."""
    number = raw.count(b"\n", 0, error.start) + 1
    begin = raw.rfind(b"\n", 0, error.start) + 1
    end = raw.find(b"\n", error.start)
    line = raw[begin : end if end >= 0 else len(raw)].rstrip(b"\r")
    readings: dict[str, str] = {}
    for name in _EIGHT_BIT:
        try:
            raw.decode(name)
            text = line.decode(name)
        except UnicodeError:
            continue
        first = next((i for i, char in enumerate(text) if ord(char) > 127), 0)
        shown = text[max(0, first - 20) : first + 40].strip()
        readings.setdefault(shown, name)
    tried = "".join(f"\n  --encoding {name}: {shown}" for shown, name in readings.items())
    return f"{path.name} is not UTF-8 (line {number}); say which encoding it has" + (
        f". Line {number} would read:{tried}" if tried else ", with --encoding"
    )


def separator_of(text: str) -> tuple[str, list[str]]:
    """The separator under which the first lines have most columns alike, and a word on it when it is no comma."""
    sample = text[: 256 * _SAMPLE]
    if sample.startswith("sep=") and len(sample) > 5 and sample[5] in "\r\n":
        return sample[4], []

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


def write(records: Sequence[Observation], path: Path, setting: Setting) -> tuple[str, ...]:
    """Write the records as CSV, or as TSV where the format is ``tsv``; nothing of them is lost.

    With ``is_safe`` the file begins with a byte order mark, by which spreadsheets know UTF-8, and text that would run
    as a formula is guarded: see :data:`GUARDED`.
    """
    fields, statements = flat.fields(records), setting.statements
    header = [*fields, *flat.PLACE, *statements, *([GUARDED] if setting.is_safe else [])]
    with path.open("w", encoding="utf-8-sig" if setting.is_safe else "utf-8", newline="") as file:
        rows = csv.writer(file, delimiter="\t" if setting.form == "tsv" else ",", lineterminator="\r\n")
        rows.writerow(header)
        rows.writerows(_rows(records, header, setting))
    return ()


def _rows(records: Sequence[Observation], header: Sequence[str], setting: Setting) -> Iterator[Sequence[Any]]:
    """The cells of each record; made column by column, which is quicker."""
    columns = list(flat.columns(records).values())
    columns += map(list, zip(*map(flat.place, records), strict=True))
    statements = tuple(setting.statements.values())
    if setting.is_safe:
        return (_guarded((*cells, *statements), header) for cells in zip(*columns, strict=True))
    # Text stays as it is; nothing and days are written by csv as they should be.
    columns = [
        column if name in flat.TEXTS or name in flat.DAYS else [flat.text(cell) for cell in column]
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
