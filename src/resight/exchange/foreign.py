"""A foreign file's bytes: within limits, decoded, as JSON or as lines of cells, with words for what is wrong.

What a format means is for its own module; here is known only how far a file may be trusted to be what it says.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from resight.errors import InvalidValue, UnreadableFile
from resight.exchange.table import Options, Row

#: A file is read into memory as a whole, and takes several times its size there.
MOST_BYTES = 256 * 2**20
#: Rows that one import takes.
MOST_ROWS = 1_000_000
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def checked_size(path: Path) -> int:
    """The size of a file in bytes.

    Raises:
        UnreadableFile: it is not there, or larger than :data:`MOST_BYTES`.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error.strerror or error}") from error
    if size > MOST_BYTES:
        raise UnreadableFile(
            f"{path.name} is larger than {MOST_BYTES // 2**20} MB ({size / 2**20:.0f} MB), which is the most that is "
            "read at once: split it by year or by site, and import the parts"
        )
    return size


def content(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        UnreadableFile: it cannot be read, is empty, or is larger than :data:`MOST_BYTES`.
    """
    checked_size(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error.strerror or error}") from error
    if not data.strip(b" \t\r\n\0"):
        raise UnreadableFile(f"{path.name} is empty")
    return data


def text(path: Path, options: Options) -> str:
    """The text of a file: in the stated encoding, else by its byte order mark, else UTF-8.

    Raises:
        UnreadableFile: not readable, or not text in that encoding; says where.
        InvalidValue: there is no such encoding.
    """
    data = content(path)
    marked = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)
    encoding = options.encoding or marked or "utf-8"
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            f"{path.name}:{line}: is not text in {encoding} (byte {error.start + 1}): say which it is, for example "
            "--encoding windows-1251, or save it as UTF-8"
        ) from None
    except (LookupError, ValueError):
        raise InvalidValue(
            "encoding", encoding, f"{encoding!r} is not known", allowed="a name such as utf-8, windows-1251, koi8-r"
        ) from None


def head_text(head: bytes) -> str:
    """The beginning of a file as text, as well as it goes: to look at, not to keep."""
    encoding = next((encoding for mark, encoding in _BOMS if head.startswith(mark)), "utf-8")
    return head.decode(encoding, errors="replace").lstrip("\ufeff\x1e \t\r\n")


def parsed(path: Path, written: str) -> Any:
    """The JSON value of a text.

    Raises:
        UnreadableFile: not JSON (NaN is none either), or cut off; says where.
    """
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(f"{path.name}:{error.lineno}: {not_json(error)}") from None


def not_json(error: orjson.JSONDecodeError) -> str:
    """Why a text is not JSON, in words."""
    found = error.doc[error.pos : error.pos + 3]
    if not error.doc[error.pos :].strip() or "unexpected end" in error.msg.lower():
        return "ends in the middle: it was cut off; copy or export it again"
    if found in ("NaN", "Inf", "-In"):
        return f"holds {found.rstrip()}…, which JSON does not know, at column {error.colno}: write null instead"
    return f"is not valid JSON: {error.msg} at column {error.colno}"


def json_value(path: Path, options: Options) -> Any:
    """The JSON value a file holds.

    Raises:
        UnreadableFile: it cannot be read, is not text, or not JSON.
    """
    return parsed(path, text(path, options))


def cell(value: Any) -> Any:
    """A JSON value as a cell: plain values as they are, lists and objects as their JSON text, an empty text as None."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, dict | list):
        return json_text(value) if value else None
    return value


def json_text(value: Any) -> str:
    """A value as compact JSON text, the way nested fields stand in one column of a table."""
    return orjson.dumps(value, default=str).decode()


def columns(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The names of all columns, in the order in which they appear."""
    return tuple(dict.fromkeys(name for row in rows for name in row))


def counted(path: Path, number: int) -> None:
    """Refuse a file with more rows than one import takes.

    Raises:
        UnreadableFile: more than :data:`MOST_ROWS`.
    """
    if number > MOST_ROWS:
        raise UnreadableFile(
            f"{path.name} has {number:,} rows; {MOST_ROWS:,} are the most that one import takes: split the file"
        )


def lines_of_cells(path: Path, options: Options) -> tuple[list[str], list[Row]]:
    """Header and rows of a CSV, each row with the line its last cell ends in (the header is line 1); a cell is text.

    The separator is the one of comma, semicolon and tab that the header holds most of.

    Raises:
        UnreadableFile: not text, a column without a name or named twice, a row longer than the header, open quotes.
    """
    written = text(path, options)
    first = written.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=separator, strict=True)
    try:
        header = [name.strip() for name in next(reader)]
        if len(set(header)) < len(header) or "" in header:
            name = next(name for name in header if not name or header.count(name) > 1)
            what = f"has two columns named {name!r}" if name else "has a column without a name"
            raise UnreadableFile(f"{path.name}:1: {what}: give every column a name of its own")
        return header, list(_rows(path, header, reader))
    except csv.Error as error:
        raise UnreadableFile(
            f"{path.name}:{reader.line_num}: is not a table: {error}; was it cut off, or are quotes left open?"
        ) from None


def _rows(path: Path, header: Sequence[str], reader: Any) -> Iterator[Row]:
    for count, cells in enumerate(reader, 1):
        counted(path, count)
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            raise UnreadableFile(
                f"{path.name}:{reader.line_num}: has {len(cells)} cells under {len(header)} columns: "
                "is a text with the separator in it not in quotes?"
            )
        values = {name: cell if cell.strip() else None for name, cell in zip(header, cells, strict=False)}
        yield Row(reader.line_num, values)


def header_of(head: bytes) -> set[str]:
    """The names in the first line of what may be a CSV, to recognise a file by."""
    first = head_text(head).split("\n", 1)[0].strip()
    separator = max(",;\t", key=first.count)
    return {name.strip().strip('"') for name in first.split(separator)}


def some(numbers: Sequence[int], noun: str = "row") -> str:
    """Rows by number for a note: all up to five, then how many more."""
    shown = ", ".join(map(str, numbers[:5])) + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
    return f"{noun}{'s' if len(numbers) > 1 else ''} {shown}"


def web_addresses(written: str) -> list[str]:
    """The web addresses in a text, without what a sentence puts behind them."""
    return [found.rstrip(".,;:)]'") for found in re.findall(r"https?://[^\s<>\"]+?(?=,https?://|[\s<>\"]|$)", written)]


def sources(addresses: Iterable[str]) -> str | None:
    """The column ``sources`` for these web addresses; None without one."""
    found = list(dict.fromkeys(addresses))
    return json_text([{"url": address} for address in found]) if found else None
