"""A foreign file's bytes: within limits, decoded, as JSON, with words for what is wrong.

What a format means is for its own module; here is known only how far a file may be trusted to be what it says.
"""

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from resight.errors import InvalidValue, UnreadableFile
from resight.exchange.table import Options

#: A file is read into memory as a whole, and takes several times its size there.
MOST_BYTES = 256 * 2**20
#: Rows that one import takes.
MOST_ROWS = 1_000_000
#: Encodings that are tried and shown where a text is not Unicode; they cannot be told apart for certain.
_EIGHT_BIT = ("cp1252", "cp1251", "cp949", "cp932", "gb18030")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = tuple(mark for mark, name in _BOMS if name != "utf-8-sig")
#: One zero byte in so many is a slip in a text; more of them are another encoding, or no text.
_ZEROS = 50


def checked_size(path: Path) -> int:
    """The size of a file in bytes.

    Raises:
        UnreadableFile: it is not there, no file, empty, or larger than :data:`MOST_BYTES`.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise UnreadableFile(f"there is no file {path}") from None
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error.strerror or error}") from error
    if not path.is_file():
        raise UnreadableFile(f"{path} is no file")
    if size > MOST_BYTES:
        raise UnreadableFile(
            f"{path.name} is {size / 2**20:,.0f} MB; files up to {MOST_BYTES // 2**20} MB are read: split it by "
            "year or by site, and import the parts"
        )
    if size == 0:
        raise UnreadableFile(f"{path.name} is empty")
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
    blank = b" \t\r\n\0"
    if not data[:1000].strip(blank) and not data.strip(blank):
        raise UnreadableFile(f"{path.name} is empty")
    return data


def text(path: Path, options: Options) -> str:
    """The text of a file: Unicode is told from its bytes, anything else has to be stated.

    Raises:
        UnreadableFile: not readable, or not Unicode; says how the encodings that come into question would read it.
        InvalidValue: the encoding stated is not known, or does not fit.
    """
    raw = content(path)
    encoding = options.encoding
    if encoding is not None:
        try:
            return raw.decode(encoding).removeprefix("\ufeff")
        except UnicodeError as error:
            what = f"{path.name} is not {encoding}: {getattr(error, 'reason', error)}"
            raise InvalidValue("--encoding", encoding, what) from None
        except (LookupError, ValueError):
            raise InvalidValue(
                "--encoding", encoding, f"{encoding!r} is no encoding", example="utf-8, cp1251, cp1252, utf-16"
            ) from None
    for mark, name in _BOMS:
        if raw.startswith(mark):
            try:
                return raw.decode(name).removeprefix("\ufeff")
            except UnicodeError as error:
                raise UnreadableFile(f"{path.name} begins as {name} and is not: {error}; is it cut off?") from None
    if raw.count(0, 0, 1000) * _ZEROS > min(len(raw), 1000):
        return _wide(path, raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableFile(_question(path, raw, error)) from None


def is_utf8(head: bytes) -> bool:
    """May a text that begins so be UTF-8? Where it is not, :func:`text` reads it, or says what it may be."""
    if head.startswith(_WIDE) or head.count(0, 0, 1000) * _ZEROS > min(len(head), 1000):
        return False
    try:
        # The last character may be cut off.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _wide(path: Path, raw: bytes) -> str:
    """UTF-16 without its mark, which is full of zero bytes on one side."""
    for name, zeros in (("utf-16-le", raw[1:1000:2]), ("utf-16-be", raw[:1000:2])):
        if 2 * zeros.count(0) > len(zeros):
            try:
                return raw.decode(name)
            except UnicodeError:
                break
    raise UnreadableFile(f"{path.name} holds zero bytes: it is no text")


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


def header_of(head: bytes) -> set[str]:
    """The names in the first line of what may be a CSV, to recognise a file by."""
    first = head_text(head).split("\n", 1)[0].strip()
    separator = max(",;\t|", key=first.count)
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
