"""The journal of a logbook: one line a write, each carrying its own digest and that of the line before it.

A line is canonical JSON (RFC 8785) and is on disk before the year file changes, so that earlier wording is never
lost. Records written together stand in consecutive lines; the last of them names the year files with their digests
before and after, which is what makes the write count.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from resight import bulkfile
from resight.errors import InvalidRecord, InvalidValue, Problem, UnreadableFile
from resight.observation import Observation, Source
from resight.vocabulary import fold

#: The journal as a person finds it, below the logbook's folder.
NAME = "observations/journal.jsonl"
Feature = Mapping[str, Any]
_CHUNK = 1 << 16
#: Bytes of a long write that go to the system at once.
_WRITTEN = 1 << 20
#: How every line begins: "after" is the first key in canonical order.
_START = b'{"after":'
#: The name of a file that a write may have changed; year files are those, whatever an analyst calls others.
_YEAR_FILE = re.compile(r"[^/\\:\0]{1,200}\.geojson")
#: What a line has as the type of ``after`` where it speaks of a bulk file and not of a record.
_COLLECTION = "FeatureCollection"


class LastWrite(NamedTuple):
    """The last write that counts."""

    #: Its last line alone, unless it was asked for whole.
    entries: tuple[dict[str, Any], ...] = ()
    #: Year file name to its SHA-256 before ("" for none) and after.
    files: Mapping[str, tuple[str, str]] = MappingProxyType({})
    #: Offset at which it ends; anything beyond was cut off by a crash.
    end: int = 0
    #: False when something stands beyond its end.
    is_settled: bool = True


class Entry(NamedTuple):
    """One record before and after a write that counts."""

    #: Line of the journal, from 1.
    line: int
    time: datetime
    id: str
    #: The Feature as :func:`feature_text` gives it, None where the write logged it first.
    before: bytes | None
    after: bytes
    #: The sources of either wording that are marked confidential.
    confidential: tuple[Source, ...] = ()


class Past(NamedTuple):
    """What the journal says of the records at a moment."""

    #: By record id: the last write up to the moment.
    last: Mapping[str, Entry]
    #: By record id: the first write after the moment; what it found is the wording of the moment.
    next: Mapping[str, Entry]
    #: By record id: the sources that a write after the moment marks confidential, or found so.
    confidential: Mapping[str, tuple[Source, ...]]


class Journal:
    """The file ``observations/journal.jsonl``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def appended(
        self,
        entries: Iterable[Mapping[str, Any]],
        files: Mapping[str, tuple[str, str]],
        nothing_changed: Callable[[], bool],
    ) -> Iterator[None]:
        """Append the lines of one write and force them to disk; taken back if the block fails and nothing changed."""
        last = self.last_write()
        parent = last.entries[-1]["digest"] if last.entries else None
        length = self.path.stat().st_size if self.path.exists() else 0
        begin = b"\n" if length and not self._ends_its_line() else b""
        try:
            with self.path.open("ab", buffering=_WRITTEN) as file:
                file.write(begin)
                # One line at a time: a hundred thousand need not be held at once.
                for entry, is_last in _with_last(entries):
                    content = {**entry, "parents": [parent] if parent else []}
                    if is_last:
                        content["files"] = {name: list(digests) for name, digests in files.items()}
                    line, parent = _signed(content)
                    file.write(line + b"\n")
                file.flush()
                os.fsync(file.fileno())
            yield
        except BaseException:
            if nothing_changed():
                self._cut(length)
            raise

    def _ends_its_line(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def drop_unfinished(self, stand: Callable[[Mapping[str, Feature]], bool]) -> bool:
        """Cut off what a crash left beyond the last write that counts; it was never acknowledged. True if it did.

        Args:
            stand: does any of these records, by id, stand in a year file in this wording? None does before the
                write counts.

        Raises:
            UnreadableFile: what stands there is not a line of ours that was torn off, or belongs to a write that
                counted before its last line was taken out.
        """
        last = self.last_write()
        if last.is_settled:
            return False
        raw = self.path.read_bytes()
        *whole, torn = raw[last.end :].split(b"\n")
        # A torn line is the beginning of one of ours; a file system may pad what it lost with NULs.
        torn = torn.strip(b"\0")
        entries = [_entry(row) for row in whole]
        if stand({entry["id"]: entry["after"] for entry in entries if entry}):
            first = raw.count(b"\n", 0, last.end) + 1
            lines = f"lines {first} to {first + len(whole) - 1} are" if len(whole) > 1 else f"line {first} is"
            raise UnreadableFile(
                f"{NAME}: the last line of a write is not there, of which {lines} a part, and its records stand in "
                "the year files: no crash did that; nothing was changed: put the journal back from a copy or out of "
                "git, or without one take those lines out, too, and `resight adopt` the records"
            )
        if None in entries or not begins_as_ours(torn):
            what = (
                "what stands after the last whole write was not left by a crash: mend it by hand; nothing was changed"
            )
            raise UnreadableFile(f"{NAME}: {what}")
        self._cut(last.end)
        return True

    def _cut(self, length: int) -> None:
        if self.path.exists():
            with self.path.open("r+b") as file:
                file.truncate(length)
                file.flush()
                os.fsync(file.fileno())

    def last_write(self, *, whole: bool = False) -> LastWrite:
        """The last write, read from the end of the file without reading the rest of it.

        ``whole`` reads all of its lines, which after an import may be a hundred thousand.
        """
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            return LastWrite()
        wanted = _CHUNK
        while True:
            found = self._last_write_within(size, min(wanted, size), whole)
            if found is not None or wanted >= size:
                return found or LastWrite(end=0, is_settled=size == 0)
            wanted *= 4

    def _last_write_within(self, size: int, tail: int, whole: bool) -> LastWrite | None:
        """The last write if what is asked of it lies within the last ``tail`` bytes."""
        with self.path.open("rb") as file:
            file.seek(size - tail)
            raw = file.read(tail)
        start = 0 if tail == size else raw.find(b"\n") + 1
        rows: list[tuple[int, dict[str, Any] | None]] = []
        at = start
        while (end := raw.find(b"\n", at)) >= 0:
            rows.append((size - tail + end + 1, _entry(raw[at:end])))
            at = end + 1
        tail_entry = _entry(raw[at:])
        if tail_entry is not None and tail_entry["digest"] == digest_of(tail_entry):
            # Whole but for its line end, which an editor may have stripped.
            rows.append((size, tail_entry))
        last = next((i for i in range(len(rows) - 1, -1, -1) if (row := rows[i][1]) and "files" in row), None)
        if last is None:
            return None
        first = last
        while whole and first > 0 and (row := rows[first - 1][1]) and "files" not in row:
            first -= 1
        if whole and first == 0 and tail < size:
            return None
        entries = tuple(row for _, row in rows[first : last + 1] if row)
        files = {name: (old, new) for name, (old, new) in entries[-1]["files"].items()}
        return LastWrite(entries, files, rows[last][0], rows[last][0] == size)

    def rows(self) -> Iterator[bytes]:
        """The lines as they stand, with their ends, without holding the file as a whole."""
        with contextlib.suppress(FileNotFoundError), self.path.open("rb") as file:
            yield from file

    def bulk_names(self) -> list[str]:
        """The names of the bulk files, in the order in which the writes that count first speak of them."""
        mark = f'"type":"{_COLLECTION}"'.encode()
        names: dict[str, None] = {}
        pending: list[str] = []
        for entry in (_entry(row) for row in self.rows() if mark in row):
            if entry and is_of_bulk(entry):
                pending.append(entry["id"])
                if "files" in entry:
                    names.update(dict.fromkeys(pending))
                    pending.clear()
        return list(names)

    def past(self, moment: datetime, problems: list[Problem]) -> Past:
        """What the journal says of the records at a moment, which still counts; see :meth:`entries`."""
        last: dict[str, Entry] = {}
        following: dict[str, Entry] = {}
        confidential: dict[str, tuple[Source, ...]] = {}
        for entry in self.entries(problems):
            if entry.time > moment or entry.id in following:
                following.setdefault(entry.id, entry)
                if entry.confidential:
                    confidential[entry.id] = confidential.get(entry.id, ()) + entry.confidential
            else:
                last[entry.id] = entry
        return Past(last, following, confidential)

    def entries(self, problems: list[Problem]) -> Iterator[Entry]:
        """The lines of every write that counts, in the order of the file, without holding the file as a whole.

        A line that cannot be read, or whose digest does not fit, is added to ``problems``.
        """
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        # The lines of a write count once its last one is there.
        pending: list[Entry] = []
        unread: list[int] = []
        with file:
            for number, row in enumerate(file, 1):
                text = row.strip()
                if not text:
                    continue
                content = _entry(text)
                entry = _read(number, content) if content is not None else None
                if content is None or entry is None:
                    # A torn end is a write that never counted: the next write drops it, or it is under way just now.
                    if row.endswith(b"\n") or not begins_as_ours(text.strip(b"\0")):
                        unread.append(number)
                    continue
                _say_unread(unread, problems)
                if is_of_bulk(content):
                    continue
                if not _fits(text, content):
                    what = "was changed after it was written: its digest does not fit; it is used all the same"
                    problems.append(Problem("warning", what, NAME, number, entry.id))
                pending.append(entry)
                if "files" in content:
                    yield from pending
                    pending.clear()
        _say_unread(unread, problems)


def begins_as_ours(text: bytes) -> bool:
    """Could this be the beginning of a line that was torn off?"""
    return text[: len(_START)] == _START[: len(text)]


def is_of_bulk(entry: Mapping[str, Any]) -> bool:
    """Does a line speak of a bulk file, whose name is its id, and not of a record?"""
    return bool(entry["after"].get("type") == _COLLECTION and bulkfile.NAME.fullmatch(entry["id"]))


def _say_unread(unread: list[int], problems: list[Problem]) -> None:
    """One problem for a run of lines that cannot be read; the run is emptied."""
    if not unread:
        return
    what = "is not a line of the journal" if len(unread) == 1 else f"{len(unread)} lines are no lines of the journal"
    mend = "earlier wording that stood there is not known; mend it from a copy"
    problems.append(Problem("error", what, NAME, unread[0], mend=mend))
    unread.clear()


def _read(number: int, content: Mapping[str, Any]) -> Entry | None:
    """The entry of a line; None when it lacks what a line has."""
    before, after = content.get("before"), content.get("after")
    if not isinstance(content["id"], str) or not isinstance(after, dict) or not isinstance(before, dict | None):
        return None
    try:
        time = datetime.fromisoformat(content["time"])
    except (KeyError, TypeError, ValueError):
        return None
    if time.tzinfo is None:
        return None
    confidential = (*_confidential(before or {}), *_confidential(after))
    before_text = feature_text(before) if before is not None else None
    return Entry(number, time, content["id"], before_text, feature_text(after), confidential)


def _confidential(feature: Mapping[str, Any]) -> Iterator[Source]:
    properties = feature.get("properties")
    sources = properties.get("sources") if isinstance(properties, dict) else None
    for source in sources if isinstance(sources, list) else ():
        if isinstance(source, dict) and source.get("confidential"):
            with contextlib.suppress(ValueError):
                yield Source.model_validate(source)


def _fits(row: bytes, content: Mapping[str, Any]) -> bool:
    """Is the digest of a line the one it carries?"""
    stated = str(content["digest"])
    # The line as we wrote it is canonical but for its digest; laying it anew would take fifty times as long.
    bare = row.replace(b'"digest":"%b",' % stated.encode(), b"", 1)
    return hashlib.sha256(bare).hexdigest() == stated or digest_of(content) == stated


def feature_text(feature: Mapping[str, Any]) -> bytes:
    """A Feature as JSON with its keys sorted: equal texts are equal Features."""
    return orjson.dumps(feature, option=orjson.OPT_SORT_KEYS)


def says_other(after: bytes, record: Observation) -> bool:
    """Does a record say another thing than what a write left behind (its :func:`feature_text`)?"""
    if feature_text(record.to_feature()) == after:
        return False
    try:
        logged = Observation.from_feature(orjson.loads(after))
        return canonical(logged.to_feature()) != canonical(record.to_feature())
    except InvalidRecord:
        return True


def confidential_of(record: Observation) -> list[Source]:
    """The sources of a record that are marked confidential."""
    return [source for source in record.sources if source.confidential]


def concealed(record: Observation, confidential: Iterable[Source]) -> Observation:
    """The record with those sources marked confidential that are marked so elsewhere, in a later wording of it.

    Two wordings speak of one source when address or title is the same, or the publisher where one of them names
    nothing else.
    """
    marked = tuple(confidential)
    sources = tuple(
        source.model_copy(update={"confidential": True}) if any(_same_source(source, m) for m in marked) else source
        for source in record.sources
    )
    return record if sources == record.sources else record.model_copy(update={"sources": sources})


def _same_source(a: Source, b: Source) -> bool:
    if (a.url and a.url == b.url) or (a.title and b.title and fold(a.title) == fold(b.title)):
        return True
    names_nothing_else = not (a.url or a.title) or not (b.url or b.title)
    same_publisher = a.published_by and b.published_by and fold(a.published_by) == fold(b.published_by)
    return bool(names_nothing_else and same_publisher)


def _entry(row: bytes) -> dict[str, Any] | None:
    try:
        entry = orjson.loads(row)
    except orjson.JSONDecodeError:
        return None
    is_ours = (
        isinstance(entry, dict)
        and isinstance(entry.get("digest"), str)
        and isinstance(entry.get("id"), str)
        and isinstance(entry.get("after"), dict)
    )
    return entry if is_ours and _names_files_beside_it(entry.get("files", {})) else None


def _names_files_beside_it(files: object) -> bool:
    """Are these year files with two digests each, and no path that leads elsewhere, whoever wrote the line?"""
    return isinstance(files, dict) and all(
        (_YEAR_FILE.fullmatch(name) or bulkfile.NAME.fullmatch(name))
        and isinstance(digests, list)
        and len(digests) == 2
        and all(isinstance(one, str) for one in digests)
        for name, digests in files.items()
    )


def _with_last(entries: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Each entry, and whether it is the last."""
    waiting: Mapping[str, Any] | None = None
    for entry in entries:
        if waiting is not None:
            yield waiting, False
        waiting = entry
    if waiting is not None:
        yield waiting, True


def _signed(content: Mapping[str, Any]) -> tuple[bytes, str]:
    """The canonical line of an entry with its :func:`digest_of` among its members, and that digest.

    Members that are bytes are canonical JSON already. All stand in the order of their names, so that what the digest is
    over is the line without it.
    """
    before: list[bytes] = []
    after: list[bytes] = []
    for name in sorted(content):
        value = content[name]
        text = value if type(value) is bytes else canonical(value)
        (before if name < "digest" else after).append(b'"%b":%b' % (name.encode(), text))
    digest = hashlib.sha256(b"{%b}" % b",".join(before + after)).hexdigest()
    before.append(b'"digest":"%b"' % digest.encode())
    return b"{%b}" % b",".join(before + after), digest


def digest_of(entry: Mapping[str, Any]) -> str:
    """SHA-256 of a line's canonical JSON (RFC 8785) without its own ``digest``."""
    return hashlib.sha256(canonical({key: value for key, value in entry.items() if key != "digest"})).hexdigest()


def canonical(content: Any) -> bytes:
    """Canonical JSON (RFC 8785); whole numbers over 53 bits as text, for it has no way to write them exactly.

    Raises:
        InvalidValue: it holds what JSON cannot.
    """
    try:
        return orjson.dumps(content if _is_plain(content) else _plain(content), option=orjson.OPT_SORT_KEYS)
    except (_Unusual, orjson.JSONEncodeError):
        return _canonical_by_the_book(content)


def laid(content: Any) -> bytes:
    """A part of an entry as :func:`canonical` bytes, in no more memory than these need."""
    return memoryview(canonical(content)).tobytes()


#: Kinds of values that are the same in every writer's JSON.
_ALWAYS_PLAIN = frozenset({str, bool, type(None)})


class _Unusual(Exception):
    """A value that only the standard's own writer gets right to the byte."""


def _is_plain(value: Any) -> bool:
    """Would :func:`_plain` give the value back as it is? Most do, and need no copy."""
    kind = type(value)
    if kind is dict or kind is list:
        if kind is dict and not "".join(value).isascii():
            return False
        for item in value.values() if kind is dict else value:
            # Nearly all are one of these, which need no call.
            if not (type(item) in _ALWAYS_PLAIN or (type(item) is int and -(2**53) < item < 2**53) or _is_plain(item)):
                return False
        return True
    if kind is float:
        return 1e-4 <= abs(value) < 1e15 and not value.is_integer()
    return kind in _ALWAYS_PLAIN or (kind is int and abs(value) < 2**53)


def _plain(value: Any) -> Any:
    """The value as a fast writer gives the same bytes for; what we log is nearly always so.

    Raises:
        _Unusual: the two might differ: keys beyond ASCII (other order), very small or large fractions (other form).
    """
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is dict:
        if not all(map(str.isascii, value)):
            raise _Unusual
        return {key: _plain(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [_plain(item) for item in value]
    if kind is int:
        return value if abs(value) < 2**53 else str(value)
    if kind is float and 1e-4 <= abs(value) < 1e15:
        return int(value) if value.is_integer() else value
    if kind is float and value == 0:
        return 0
    raise _Unusual


def _canonical_by_the_book(content: Any) -> bytes:
    import rfc8785

    try:
        return rfc8785.dumps(_within_doubles(content))
    except rfc8785.CanonicalizationError as error:
        raise InvalidValue("", "", f"the record cannot be written as canonical JSON (RFC 8785): {error}") from error


def _within_doubles(value: Any) -> Any:
    """The value with whole numbers over 53 bits as text."""
    if isinstance(value, Mapping):
        return {key: _within_doubles(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_within_doubles(item) for item in value]
    return str(value) if type(value) is int and abs(value) >= 2**53 else value
