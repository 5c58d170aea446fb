"""The journal of a logbook: one line a write, each carrying its own digest and that of the line before it.

A line is canonical JSON (RFC 8785) and is on disk before the year file changes, so that earlier wording is never
lost. Records written together stand in consecutive lines; the last of them names the year files with their digests
before and after, which is what makes the write count.
"""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from resight.errors import InvalidValue, UnreadableFile

_CHUNK = 1 << 16
#: How every line begins: "after" is the first key in canonical order.
_START = b'{"after":'


class LastWrite(NamedTuple):
    """The last write that counts."""

    entries: tuple[dict[str, Any], ...] = ()
    #: Year file name to its SHA-256 before ("" for none) and after.
    files: Mapping[str, tuple[str, str]] = MappingProxyType({})
    #: Offset at which it ends; anything beyond was cut off by a crash.
    end: int = 0
    #: False when something stands beyond its end.
    is_settled: bool = True


class Journal:
    """The file ``observations/journal.jsonl``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def appended(
        self,
        entries: Sequence[Mapping[str, Any]],
        files: Mapping[str, tuple[str, str]],
        nothing_changed: Callable[[], bool],
    ) -> Iterator[None]:
        """Append the lines of one write and force them to disk; taken back if the block fails and nothing changed."""
        last = self.last_write()
        parent = last.entries[-1]["digest"] if last.entries else None
        lines = []
        for number, entry in enumerate(entries, 1):
            content = {**entry, "parents": [parent] if parent else []}
            if number == len(entries):
                content["files"] = {name: list(digests) for name, digests in files.items()}
            content["digest"] = parent = digest_of(content)
            lines.append(canonical(content) + b"\n")
        length = self.path.stat().st_size if self.path.exists() else 0
        if length and not self._ends_its_line():
            lines.insert(0, b"\n")
        try:
            with self.path.open("ab") as file:
                file.write(b"".join(lines))
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

    def drop_unfinished(self) -> None:
        """Cut off what a crash left beyond the last write that counts; it was never acknowledged.

        Raises:
            UnreadableFile: what stands there is not a line of ours that was torn off.
        """
        last = self.last_write()
        if last.is_settled:
            return
        *whole, torn = self.path.read_bytes()[last.end :].split(b"\n")
        # A torn line is the beginning of one of ours; a file system may pad what it lost with NULs.
        torn = torn.strip(b"\0")
        is_ours = all(_entry(row) is not None for row in whole) and torn[: len(_START)] == _START[: len(torn)]
        if not is_ours:
            what = (
                "what stands after the last whole write was not left by a crash: mend it by hand; nothing was changed"
            )
            raise UnreadableFile(f"observations/journal.jsonl could not be read whole: {what}")
        self._cut(last.end)

    def _cut(self, length: int) -> None:
        if self.path.exists():
            with self.path.open("r+b") as file:
                file.truncate(length)
                file.flush()
                os.fsync(file.fileno())

    def last_write(self) -> LastWrite:
        """The last write, read from the end of the file without reading the rest of it."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            return LastWrite()
        wanted = _CHUNK
        while True:
            found = self._last_write_within(size, min(wanted, size))
            if found is not None or wanted >= size:
                return found or LastWrite(end=0, is_settled=size == 0)
            wanted *= 4

    def _last_write_within(self, size: int, tail: int) -> LastWrite | None:
        """The last write if it lies whole within the last ``tail`` bytes."""
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
        while first > 0 and (row := rows[first - 1][1]) and "files" not in row:
            first -= 1
        if first == 0 and tail < size:
            return None
        entries = tuple(row for _, row in rows[first : last + 1] if row)
        files = {name: (old, new) for name, (old, new) in entries[-1]["files"].items()}
        return LastWrite(entries, files, rows[last][0], rows[last][0] == size)


def _entry(row: bytes) -> dict[str, Any] | None:
    try:
        entry = orjson.loads(row)
    except orjson.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) and "digest" in entry and "id" in entry else None


def digest_of(entry: Mapping[str, Any]) -> str:
    """SHA-256 of a line's canonical JSON (RFC 8785) without its own ``digest``."""
    return hashlib.sha256(canonical({key: value for key, value in entry.items() if key != "digest"})).hexdigest()


def _within_doubles(value: Any) -> Any:
    """The value with whole numbers over 53 bits as text: canonical JSON has no way to write them exactly."""
    if isinstance(value, Mapping):
        return {key: _within_doubles(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_within_doubles(item) for item in value]
    return str(value) if type(value) is int and abs(value) >= 2**53 else value


def canonical(content: Mapping[str, Any]) -> bytes:
    """Canonical JSON (RFC 8785).

    Raises:
        InvalidValue: it holds what JSON cannot.
    """
    import rfc8785

    try:
        return rfc8785.dumps(_within_doubles(content))
    except rfc8785.CanonicalizationError as error:
        raise InvalidValue("", "", f"the record cannot be written as canonical JSON (RFC 8785): {error}") from error
