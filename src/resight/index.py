"""Where each Feature of a year file stands: what spares logging one record the parsing of a hundred thousand.

An index is kept for a file that is laid out as ours to the byte; any other is parsed whole as ever. It holds no word of
a record but what finds its line, and it can be lost at any time: one that does not fit its file is not used, and the
next write makes it anew. Nothing here decides what the logbook answers, only how little of it is read for that.
"""

import contextlib
import hashlib
import os
import sys
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, KeysView, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

import orjson

from resight.errors import Problem
from resight.featurefile import FeatureFile, Line, Rewrite, digest, parse, stamp_of

#: An index of another format, or made on a machine that writes numbers otherwise, is made anew.
_FORMAT = f"resight index 1, {sys.byteorder} endian"
_DAY = len("2025-05-18")
#: What stands between two Features, and after the last one.
_BETWEEN, _END = b",\n", b"\n]}\n"
#: A file system may give one time to all that happens in two seconds: a file that was changed less than that before it
#: was read may have changed again and look the same.
_UNSURE_NS = 2_000_000_000
#: Bytes read at a time.
_CHUNK = 1 << 16


class Columns(NamedTuple):
    """What finds the lines of a file, one entry a line, in the order of the file: by first day, then by id."""

    #: Bytes of each, without what separates them.
    lengths: "array[int]"
    #: Numbers of their sites.
    sites: "array[int]"
    #: First and last days, ten characters each.
    earliest: bytes
    latest: bytes
    ids: list[str]

    def part(self, start: int, end: int) -> "Columns":
        """Those of some lines."""
        days, lines = slice(start * _DAY, end * _DAY), slice(start, end)
        return Columns(self.lengths[lines], self.sites[lines], self.earliest[days], self.latest[days], self.ids[lines])


class IndexedFile:
    """A year file that need not be parsed: it answers as a :class:`~resight.featurefile.FeatureFile` does."""

    #: A file with problems has no index.
    problems: tuple[Problem, ...] = ()
    is_whole = True

    def __init__(
        self,
        path: Path,
        name: str,
        digest: str,
        stamp: tuple[int, int, int],
        head: int,
        site_names: Sequence[str],
        columns: Columns,
        *,
        settled: int | None = None,
        is_kept: bool = False,
    ) -> None:
        self.path, self.name, self.digest, self.stamp = path, name, digest, stamp
        #: Bytes before the first Feature.
        self.head = head
        self.site_names, self.columns = tuple(site_names), columns
        #: When the file's entry on disk last changed, which nobody can set: as long as that and the stamp are the
        #: same, so is the file. None as long as it could change again within the same tick of the clock.
        self.settled = settled
        #: Does the index stand on disk as it is here?
        self.is_kept = is_kept

    @classmethod
    def of(cls, file: FeatureFile) -> Self | None:
        """The index of a file that was parsed; None when it is not laid out as ours, or a line of it is odd."""
        lines = file.lines
        if file.problems or not file.is_whole or not lines or len(file.ids) < len(lines):
            return None
        numbers: dict[str, int] = {}
        columns = _columns(lines, numbers)
        if columns is None:
            return None
        head = file.head
        if head is None:
            data, laid = file.with_lines(lines)
            # The order is looked at first: it is the cheaper question.
            if laid != lines or hashlib.sha256(data).hexdigest() != file.digest:
                return None
            head = len(data) - _size(0, columns)
        return cls(file.path, file.name, file.digest, file.stamp, head, list(numbers), columns)

    # --- what is asked of a file

    @cached_property
    def _rows(self) -> dict[str, int]:
        return dict(zip(self.columns.ids, range(len(self.columns.ids)), strict=True))

    @property
    def ids(self) -> KeysView[str]:
        """The ids that stand in it."""
        return self._rows.keys()

    def holding(self, ids: Collection[str | None]) -> Sequence[Line]:
        """The lines that have one of these ids."""
        return self._lines(sorted(self._rows[one] for one in ids if one in self._rows), lambda f: f.holding(ids))

    def asked_for(self, bounds: tuple[str, str] | None, sites: Collection[str] | None) -> Sequence[Line]:
        """The lines of some sites that touch these days."""
        columns = self.columns
        end = len(columns.ids)
        if bounds is not None:
            last = bounds[1].encode()
            end = bisect_right(range(end), last, key=self._first_day)
        rows: Iterable[int] = range(end)
        if sites is not None:
            wanted = {number for number, name in enumerate(self.site_names) if name in sites}
            rows = [row for row, site in enumerate(columns.sites[:end]) if site in wanted]
        if bounds is not None:
            first, latest = bounds[0].encode(), columns.latest
            rows = [row for row in rows if latest[row * _DAY : row * _DAY + _DAY] >= first]
        return self._lines(list(rows), lambda f: f.asked_for(bounds, sites))

    def _first_day(self, row: int) -> bytes:
        return self.columns.earliest[row * _DAY : row * _DAY + _DAY]

    def _start(self, row: int) -> int:
        """Where a line begins, or one more would."""
        return self.head + self._before[row] + row * len(_BETWEEN)

    @cached_property
    def _before(self) -> list[int]:
        """Bytes of all lines before each, without what separates them, and of all of them."""
        return list(accumulate(self.columns.lengths, initial=0))

    def _lines(self, rows: Sequence[int], otherwise: "_Otherwise") -> Sequence[Line]:
        """The lines at these places of the file; when it is another one by now, what parsing it gives."""
        if not rows:
            return []
        try:
            with self.path.open("rb", buffering=0) as file:
                stat = os.fstat(file.fileno())
                if (stat.st_mtime_ns, stat.st_size, stat.st_ino) == self.stamp:
                    return self._read(file, rows)
        except OSError:
            pass
        return otherwise(parse(self.path, self.name))

    def _read(self, file: BinaryIO, rows: Sequence[int]) -> list[Line]:
        columns, lines = self.columns, []
        at, held = 0, b""
        for row in rows:
            start, end = self._start(row), self._start(row + 1) - len(_BETWEEN)
            if end > at + len(held):
                file.seek(start)
                at, held = start, file.read(max(end - start, _CHUNK))
                if end > at + len(held):
                    raise OSError("the file is shorter than it was")
            text, days = held[start - at : end - at], slice(row * _DAY, row * _DAY + _DAY)
            site, first, last = columns.sites[row], columns.earliest[days].decode(), columns.latest[days].decode()
            lines.append(Line(text, row + 2, columns.ids[row], self.site_names[site], first, last))
        return lines

    # --- what becomes of it

    def changed(self, puts: Collection[str], lines: Sequence[Line]) -> Rewrite | None:
        """The file without the records of these ids and with these lines; None when that is what it is already."""
        dropped = sorted(self._rows[one] for one in puts if one in self._rows)
        if not dropped and not lines:
            return None
        try:
            raw = self.path.read_bytes()
        except OSError:
            return parse(self.path, self.name).changed(puts, lines)
        numbers = {name: number for number, name in enumerate(self.site_names)}
        ordered = sorted(lines, key=lambda line: line.order)
        added = _columns(ordered, numbers)
        if added is None or len(dropped) == len(self.columns.ids):
            return parse(self.path, self.name).changed(puts, lines)
        view, end = memoryview(raw), len(self.columns.ids)
        coming = [(self._place(line), number) for number, line in enumerate(ordered)]
        # Up to the first change both files are the same, and so is what is digested of them.
        same = self._start(min([*dropped, *(row for row, _ in coming)])) - len(_BETWEEN)
        before = hashlib.sha256(view[:same])
        after = before.copy()
        before.update(view[same:])
        if before.hexdigest() != self.digest:
            return parse(self.path, self.name).changed(puts, lines)
        texts: list[bytes | memoryview] = []
        columns: list[Columns] = []
        at = 0

        def keep(until: int) -> None:
            """Take over a run of lines as they stand."""
            if until > at:
                texts.extend((_BETWEEN, view[self._start(at) : self._start(until) - len(_BETWEEN)]))
                columns.append(self.columns.part(at, until))

        leaving: list[tuple[int, int | None]] = [(row, None) for row in dropped]
        for row, number in sorted([*leaving, *coming], key=lambda step: step[0]):
            keep(row)
            if number is None:
                at = row + 1
            else:
                texts.extend((_BETWEEN, ordered[number].text))
                columns.append(added.part(number, number + 1))
                at = max(at, row)
        keep(end)
        # The first has nothing before it.
        pieces = [view[: self.head], *texts[1:], _END]
        at = 0
        for piece in pieces:
            after.update(piece[max(0, same - at) :])
            at += len(piece)
        digest, names = after.hexdigest(), list(numbers)
        new = IndexedFile(self.path, self.name, digest, (0, 0, 0), self.head, names, _joined(columns))
        return Rewrite(self.path, self, pieces, new)

    def _place(self, line: Line) -> int:
        """Before which line it comes."""
        order = line.earliest.encode(), line.id or ""
        return bisect_left(
            range(len(self.columns.ids)), order, key=lambda row: (self._first_day(row), self.columns.ids[row])
        )

    def at(self, stamp: tuple[int, int, int]) -> "IndexedFile":
        """The same, of a file that has just been put on disk."""
        return IndexedFile(self.path, self.name, self.digest, stamp, self.head, self.site_names, self.columns)

    # --- on disk

    def keep(self, folder: Path) -> None:
        """Write the index down, under the lock of the logbook; that this fails harms nothing."""
        if self.is_kept:
            return
        columns = self.columns
        texts = [
            columns.lengths.tobytes(),
            columns.sites.tobytes(),
            columns.earliest,
            columns.latest,
            "\n".join(columns.ids).encode(),
        ]
        facts = {
            "format": _FORMAT,
            "digest": self.digest,
            "stamp": self.stamp,
            "settled": self.settled,
            "head": self.head,
            "lines": len(columns.ids),
            "sites": self.site_names,
        }
        content = b"".join([orjson.dumps(facts), b"\n", *texts])
        place = _place_of(folder, self.path)
        temporary = place.with_name(place.name + ".tmp")
        with contextlib.suppress(OSError):
            temporary.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
            temporary.replace(place)
            self.is_kept = True


_Otherwise = Callable[[FeatureFile], Sequence[Line]]


def load(folder: Path, path: Path, name: str) -> IndexedFile | None:
    """The index of a year file as it is now; None when there is none, or it is broken or of another file."""
    try:
        check, _, content = _place_of(folder, path).read_bytes().partition(b"\n")
        if hashlib.sha256(content).hexdigest().encode() != check:
            return None
        text, _, rest = content.partition(b"\n")
        facts = orjson.loads(text)
        if facts["format"] != _FORMAT:
            return None
        # A file that may not be read has no index either.
        with path.open("rb"):
            now, stamp, changed = time.time_ns(), stamp_of(path), path.stat().st_ctime_ns
        is_known = facts["settled"] == changed and tuple(facts["stamp"]) == stamp
        if not is_known and digest(path) != facts["digest"]:
            return None
        settled = changed if max(stamp[0], changed) < now - _UNSURE_NS else None
        columns = _unpacked(rest, facts["lines"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    head = facts["head"]
    if len(columns.ids) != facts["lines"] or _size(head, columns) != stamp[1]:
        return None
    return IndexedFile(
        path, name, facts["digest"], stamp, head, facts["sites"], columns, settled=settled, is_kept=is_known
    )


def _unpacked(content: bytes, lines: int) -> Columns:
    lengths, sites = array("I"), array("I")
    widths = (lines * lengths.itemsize, lines * sites.itemsize, lines * _DAY, lines * _DAY)
    ends = list(accumulate(widths))
    lengths.frombytes(content[: ends[0]])
    sites.frombytes(content[ends[0] : ends[1]])
    ids = content[ends[3] :].decode().split("\n")
    return Columns(lengths, sites, content[ends[1] : ends[2]], content[ends[2] : ends[3]], ids)


def _size(head: int, columns: Columns) -> int:
    """Bytes of the file."""
    return head + sum(columns.lengths) + len(_BETWEEN) * (len(columns.ids) - 1) + len(_END)


def _place_of(folder: Path, path: Path) -> Path:
    return folder / f"{path.name}.index"


def _joined(parts: Sequence[Columns]) -> Columns:
    """Columns one after the other."""
    lengths, sites = array("I"), array("I")
    for part in parts:
        lengths += part.lengths
        sites += part.sites
    return Columns(
        lengths,
        sites,
        b"".join([part.earliest for part in parts]),
        b"".join([part.latest for part in parts]),
        [identifier for part in parts for identifier in part.ids],
    )


def _columns(lines: Sequence[Line], numbers: dict[str, int]) -> Columns | None:
    """What finds these lines; sites not met before get the next number. None when one of the lines is odd."""
    texts, _, ids, sites, firsts, lasts = zip(*lines, strict=True) if lines else ([],) * 6
    if None in ids or None in sites or {*map(len, firsts), *map(len, lasts)} - {_DAY}:
        return None
    earliest, latest = "".join(firsts), "".join(lasts)
    is_plain = earliest.isascii() and latest.isascii() and "\n" not in "".join(ids)
    if not is_plain or any(b"\n" in text for text in texts):
        return None
    return Columns(
        array("I", map(len, texts)),
        array("I", [numbers.setdefault(site, len(numbers)) for site in sites]),
        earliest.encode(),
        latest.encode(),
        [*ids],
    )
