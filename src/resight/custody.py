"""The chain of custody: is the journal unbroken, do the year files say what it says, and who changed a record when.

What a line of the journal is, :mod:`resight.journal` says. Here its lines are followed from the first to the last
without being held: of each, its digest stays in memory, and of each record the digest of its last wording. Lines and
files are handed in; nothing here opens one.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from resight.errors import InvalidRecord, InvalidValue, Problem
from resight.featurefile import FeatureFile, Line
from resight.journal import NAME, begins_as_ours, canonical, digest_of, feature_text, is_of_bulk, says_other
from resight.observation import Observation

Feature = Mapping[str, Any]
Rows = Callable[[], Iterable[bytes]]

_STATED = re.compile(rb'"digest":"([0-9a-f]{64})"')
#: Fields by which a record counts its own wordings; they change with every write.
_COUNTERS = frozenset({"revision", "revised_at", "logged_at", "earliest", "latest"})

#: Where a field stands in the record; the journal has them in the order of the alphabet.
_PLACE = {name: place for place, name in enumerate(Observation.model_fields)}


class Difference(NamedTuple):
    """One field in two wordings of a record, as the file holds it; None where it is empty."""

    field: str
    before: Any
    after: Any


def differences(before: Feature | None, after: Feature | None) -> tuple[Difference, ...]:
    """The fields in which two Features differ, in the order of the record; the geometry goes by ``position``."""
    one, other = _fields(before), _fields(after)
    names = sorted(dict.fromkeys((*one, *other)), key=lambda name: _PLACE.get(name, len(_PLACE)))
    return tuple(
        Difference(name, one.get(name), other.get(name)) for name in names if not _equal(one.get(name), other.get(name))
    )


def _equal(one: Any, other: Any) -> bool:
    # True and 1 are equal to Python, not to a reader.
    return bool(one == other) and feature_text({"": one}) == feature_text({"": other})


def _fields(feature: Feature | None) -> dict[str, Any]:
    if feature is None:
        return {}
    properties = feature.get("properties")
    members = {name: value for name, value in feature.items() if name not in ("type", "id", "properties", "geometry")}
    own = dict(properties) if isinstance(properties, dict) else {"properties": properties}
    return {**own, "position": feature.get("geometry"), **members}


# --- the journal, line by line


class Mark(NamedTuple):
    """A line of the journal as it is named to a person."""

    line: int
    digest: str
    time: str
    command: str
    id: str


class _Wording(NamedTuple):
    """What a line says of a record: the digest of its Feature, None where the line was altered."""

    line: int
    key: bytes | None


class Chain(NamedTuple):
    """The journal followed from its first line to its last."""

    #: Lines of it, blank ones not counted.
    lines: int
    #: The lines on which no other rests: one, unless two lines of work were never joined.
    heads: tuple[Mark, ...]
    problems: tuple[Problem, ...]
    #: By record id, what the last write says of it.
    last: Mapping[str, _Wording]
    #: By record id, the wording that its first line found on file.
    found: Mapping[str, _Wording]
    #: By file name, the digest of the year file after its last write, where no merge came later.
    files: Mapping[str, str]
    #: By name of a bulk file, the line that speaks of it and the SHA-256 that it has there.
    bulk: Mapping[str, tuple[int, str]]
    #: Of the last write, its first line, and by year file the digests before and after.
    write: tuple[int, Mapping[str, tuple[str, str]]]
    #: Address in the logbook and SHA-256 of every image that a wording names, with the first line that does.
    images: Mapping[tuple[str, str | None], int]
    #: By digest, the line that carries it and is as it was written.
    places: Mapping[bytes, int]
    #: The lines on which a line rests, where they are others than the one before it.
    rests: Mapping[int, tuple[int, ...]]

    def line_of(self, digest: str) -> int | None:
        """The line with this digest, None if none is as it was written and has it."""
        return self.places.get(bytes.fromhex(digest))

    def after(self, line: int) -> list[int]:
        """The lines that a line does not rest on: those that came after it, or beside it until a merge."""
        below: set[int] = set()
        waiting = [line]
        numbers = sorted(set(self.places.values()))
        before = dict(zip(numbers[1:], numbers, strict=False))
        while waiting:
            number = waiting.pop()
            if number in below:
                continue
            below.add(number)
            waiting += self.rests.get(number, (before[number],) if number in before else ())
        return [number for number in numbers if number not in below]


class _Said(NamedTuple):
    """What a line says of its record, in digests."""

    line: int
    id: str
    #: None when the line was altered.
    after: bytes | None
    #: None where the line logs the record first.
    before: bytes | None
    #: Of an image in the logbook, its address and SHA-256.
    image: tuple[str, str | None] | None
    #: Two lines of work stand beside each other here, or are joined.
    is_beside: bool
    #: Of a bulk file, its SHA-256.
    bulk: str | None = None


class _Follower:
    """What is known of the journal up to a line."""

    def __init__(self) -> None:
        self.lines = 0
        self.problems: list[Problem] = []
        self.places: dict[bytes, int] = {}
        # Digests that lines rest on and that stand in a line that was altered.
        self.spoilt: dict[bytes, int] = {}
        self.rests: dict[int, tuple[int, ...]] = {}
        self.last: dict[str, _Wording] = {}
        self.earlier: dict[str, list[bytes | None]] = {}
        self.found: dict[str, _Wording] = {}
        self.files: dict[str, str] = {}
        self.images: dict[tuple[str, str | None], int] = {}
        self.bulk: dict[str, tuple[int, str]] = {}
        self.write: tuple[int, Mapping[str, tuple[str, str]]] = (0, {})
        self.heads: tuple[Mark, ...] = ()
        # The lines on which none rests so far; those of the write that is being read; links that lead nowhere yet.
        self._ends: dict[int, Mark | None] = {}
        self._pending: list[_Said] = []
        self._astray: list[tuple[int, bytes]] = []
        self._previous = 0
        self._is_lost = False

    def say(self, line: int, what: str, identifier: str = "", level: str = "error", mend: str = "") -> None:
        self.problems.append(Problem(level, what, NAME, line, identifier, "", mend))  # type: ignore[arg-type]

    def take(self, number: int, row: bytes) -> None:
        text = row.strip()
        if not text:
            return
        self.lines += 1
        entry = _entry(text)
        if entry is None:
            self._unreadable(number, row, text)
        else:
            self._entry(number, text, entry)
        self._previous = number

    def _unreadable(self, number: int, row: bytes, text: bytes) -> None:
        if not row.endswith(b"\n") and begins_as_ours(text.strip(b"\0")):
            what = "is cut off: by a crash, and then the next command drops it, or it is being written just now"
        else:
            what = "is not a line of the journal: it was altered, or put there"
        self.say(number, what, mend="" if "crash" in what else _COPY)
        stated = [bytes.fromhex(found.decode()) for found in _STATED.findall(text)]
        self.spoilt.update(dict.fromkeys(stated, number))
        self._is_lost = not stated
        self._ends.pop(self._previous, None)
        self._ends[number] = None

    def _entry(self, number: int, text: bytes, entry: dict[str, Any]) -> None:
        key, identifier = bytes.fromhex(entry["digest"]), entry["id"]
        first = self.places.get(key)
        if first is not None:
            self.say(number, f"is line {first} a second time: it was duplicated", identifier, mend="take it out")
            return
        fits = self._fits(number, text, entry, key)
        if fits:
            self.places[key] = number
            self._link(number, entry)
        else:
            # Where it is put does not rest on what cannot be trusted.
            self.spoilt[key] = number
            self._ends.pop(self._previous, None)
        self._is_lost = False
        self._ends[number] = Mark(number, entry["digest"], entry["time"], entry["command"], identifier)
        before, after = entry["before"], entry["after"]
        self._pending.append(
            _Said(
                number,
                identifier,
                _key(after) if fits else None,
                _key(before) if fits and before is not None else None,
                _image(after) if fits else None,
                len(self._ends) > 1 or entry["command"] == "merge",
                str(after.get("sha256")) if is_of_bulk(entry) else None,
            )
        )
        if "files" in entry:
            self._settle(entry)

    def _fits(self, number: int, text: bytes, entry: dict[str, Any], key: bytes) -> bool:
        try:
            is_canonical = canonical(entry) == text
        except InvalidValue:
            is_canonical = False
        if is_canonical:
            # What the digest is over is the line without it.
            bare = text.replace(b'"digest":"%b",' % entry["digest"].encode(), b"", 1)
            found = hashlib.sha256(bare).digest()
        else:
            found = bytes.fromhex(digest_of(entry))
        if found != key:
            self.say(number, "was altered after it was written: its digest does not fit", entry["id"], mend=_COPY)
            self.spoilt[found] = number
            return False
        if not is_canonical:
            what = "says what was written, in other bytes: another program laid it out anew"
            self.say(number, what, entry["id"], mend=_COPY)
        return True

    def _link(self, number: int, entry: Mapping[str, Any]) -> None:
        parents: list[int] = []
        for stated in entry["parents"]:
            key = bytes.fromhex(stated)
            at = self.places.get(key) or self.spoilt.get(key)
            if at is None and self._is_lost:
                # The line before cannot be read, and may be the one.
                at = self._previous
            if at is None:
                self._astray.append((number, key))
            else:
                parents.append(at)
                self._ends.pop(at, None)
        if parents != ([self._previous] if self._previous else []):
            self.rests[number] = tuple(parents)

    def _settle(self, closing: Mapping[str, Any]) -> None:
        """Count the lines of a write, the last of which is there."""
        for said in self._pending:
            self._count(said)
        files = {name: (old, new) for name, (old, new) in closing["files"].items()}
        self.write = (self._pending[0].line, files)
        if closing["command"] == "merge":
            self.files.clear()
        self.files.update({name: new for name, (_, new) in files.items()})
        self._pending.clear()
        self.heads = tuple(mark for mark in self._ends.values() if mark)

    def _count(self, said: _Said) -> None:
        if said.bulk is not None:
            if said.after is not None:
                self.bulk[said.id] = (said.line, said.bulk)
            return
        last = self.last.get(said.id)
        self.last[said.id] = _Wording(said.line, said.after)
        if said.image is not None:
            self.images.setdefault(said.image, said.line)
        if said.after is None:
            return
        if last is None:
            if said.before is not None:
                self.found[said.id] = _Wording(said.line, said.before)
            return
        earlier = self.earlier.setdefault(said.id, [])
        # Until two lines of work are joined, each goes on from a wording of its own.
        is_known = said.is_beside and (said.before is None or said.before in earlier)
        if last.key is not None and said.before != last.key and not is_known:
            if said.before is None:
                what = f"logs it anew: after line {last.line} it had been taken out of the files outside the log"
            else:
                what = f"found another wording than line {last.line} had left: it had been changed outside the log"
            self.say(said.line, what, said.id, "notice", f"`resight history {said.id}` shows it")
        earlier.append(last.key)

    def chain(self) -> Chain:
        below = {number: at for number, key in self._astray if (at := self.places.get(key) or self.spoilt.get(key))}
        for number, key in self._astray:
            at = below.get(number)
            if at is not None:
                self._ends.pop(at, None)
                what = f"rests on line {at}, which stands below it: lines were swapped or moved"
            else:
                what = (
                    f"rests on a line that is not there, {key.hex()[:16]}…: one before it was taken out or written anew"
                )
            self.say(number, what, mend=_COPY)
        if self._pending:
            first, last = self._pending[0].line, self._pending[-1].line
            lines = f"lines {first} to {last} are" if last > first else "this line is"
            what = f"the last line of a write is not there, of which {lines} a part"
            mend = "the next command drops them, if a crash cut them off; else put the journal back from a copy"
            self.say(first, what, mend=mend)
        loose = [] if any(p.level == "error" for p in self.problems) else list(self._ends)[:-1]
        for number in loose:
            what = (
                "no line rests on it: one was taken out after it, or it was put there, or two lines of work were "
                "joined without `resight merge`"
            )
            self.say(number, what, mend=_COPY)
        return Chain(
            self.lines,
            self.heads,
            tuple(sorted(self.problems, key=lambda problem: problem.line or 0)),
            self.last,
            self.found,
            self.files,
            self.bulk,
            self.write,
            self.images,
            self.places,
            self.rests,
        )


_COPY = "put the journal back from a copy or out of git"
_COPY_OF_FILE = "put it back from a copy or out of git"


def follow(rows: Iterable[bytes]) -> Chain:
    """Follow the journal's lines from the first to the last; what is wrong with one is in the chain's problems.

    Every byte of a line counts; blank lines, and white space around a line, do not. In which order the lines of two
    branches stand that a merge has joined says nothing, so it may be any in which each stands below those it rests on.
    """
    follower = _Follower()
    for number, row in enumerate(rows, 1):
        follower.take(number, row)
    return follower.chain()


def _entry(text: bytes) -> dict[str, Any] | None:
    """A line with all that a line has, else None."""
    try:
        entry = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(entry, dict) or not (_is_digest(entry.get("digest")) and isinstance(entry.get("id"), str)):
        return None
    is_whole = (
        isinstance(entry.get("after"), dict)
        and isinstance(entry.get("before", ""), dict | None)
        and isinstance(entry.get("time"), str)
        and isinstance(entry.get("command"), str)
        and isinstance(entry.get("parents"), list)
        and all(map(_is_digest, entry["parents"]))
        and _is_files(entry.get("files", {}))
    )
    return entry if is_whole else None


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def _is_files(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(digest, str) for digest in pair)
        for pair in value.values()
    )


def _image(feature: Feature) -> tuple[str, str | None] | None:
    """Address and SHA-256 of the image in the logbook that a record names."""
    properties = feature.get("properties")
    href = properties.get("image_href") if isinstance(properties, dict) else None
    if not isinstance(href, str) or "://" in href:
        return None
    sha256 = properties.get("image_sha256") if isinstance(properties, dict) else None
    return href, sha256 if isinstance(sha256, str) else None


def _key(feature: Feature) -> bytes:
    return hashlib.sha256(canonical(feature)).digest()


def entries_at(rows: Iterable[bytes], lines: Collection[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The entries of these lines, in the order of the journal; those that cannot be read are left out."""
    for number, row in enumerate(rows, 1):
        if number in lines and (entry := _entry(row.strip())) is not None:
            yield number, entry


def marks(rows: Iterable[bytes], lines: Collection[int]) -> Iterator[Mark]:
    """These lines of the journal, as they are named to a person."""
    for number, entry in entries_at(rows, lines):
        yield Mark(number, entry["digest"], entry["time"], entry["command"], entry["id"])


# --- the year files, held against it


class Finding(NamedTuple):
    """Something that does not agree, and of a record that was changed the fields."""

    problem: Problem
    fields: tuple[Difference, ...] = ()


class Picture(NamedTuple):
    """A wording that names an image in the logbook, and where it stands."""

    feature: Feature
    file: str
    line: int | None


class Agreement(NamedTuple):
    """Journal and year files held against each other."""

    chain: Chain
    findings: tuple[Finding, ...]
    #: Records in the year files.
    records: int
    #: SHA-256 by name of the published files, of which the journal speaks only where a record overrides them.
    seeds: Mapping[str, str]
    #: One wording for every image.
    pictures: tuple[Picture, ...]

    @property
    def is_unbroken(self) -> bool:
        """Nothing is wrong: what was found is worth knowing at most."""
        return not any(finding.problem.level == "error" for finding in self.findings)


class Held(NamedTuple):
    """A bulk file as it stands."""

    #: As the journal has it.
    key: str
    #: As it is called in a problem.
    name: str
    #: SHA-256 of its bytes.
    digest: str
    #: Records in it, None where it cannot be read.
    records: int | None


def agreement(
    rows: Rows, years: Iterable[FeatureFile], seeds: Iterable[FeatureFile], bulk: Iterable[Held] = ()
) -> Agreement:
    """The journal followed, and the year files held against it, one at a time.

    Args:
        rows: gives the lines of the journal; asked a second time if a wording is needed.
        years: the year files.
        seeds: the published files.
        bulk: the bulk files.
    """
    chain = follow(rows())
    comparison = _Comparison(chain)
    for file in years:
        comparison.take(file)
    digests: dict[str, str] = {}
    for file in seeds:
        digests[file.name] = file.digest
        comparison.take_seed(file)
    findings = [Finding(problem) for problem in chain.problems]
    comparison.take_bulk(bulk)
    findings += comparison.findings(rows)
    lines = set(chain.images.values())
    pictures = [Picture(entry["after"], NAME, at) for at, entry in entries_at(rows(), lines)] if lines else []
    return Agreement(chain, tuple(findings), comparison.records, digests, (*pictures, *comparison.pictures))


class _Other(NamedTuple):
    """A record that stands in a year file otherwise than its last line in the journal has it."""

    file: FeatureFile
    text: bytes
    number: int | None


class _Comparison:
    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.records = 0
        self.pictures: list[Picture] = []
        self._places: dict[str, str] = {}
        self._others: dict[int, _Other] = {}
        self._found: list[Finding] = []
        self._seeded: set[str] = set()
        self._digests: dict[str, str] = {}
        self._unread: list[str] = []
        #: Is there a file of which nothing could be read?
        self._is_dark = False

    def take(self, file: FeatureFile) -> None:
        """Hold a year file against the journal."""
        self._digests[file.path.name] = file.digest
        self._found += [Finding(problem) for problem in file.problems]
        if not file.is_whole:
            self._unread.append(file.name)
            self._is_dark |= not file.lines
        # Only where it stands is kept of a file: its lines may go.
        bare = file._replace(lines=())
        for line in file.lines:
            self.records += 1
            self._take(bare, line)

    def _take(self, file: FeatureFile, line: Line) -> None:
        feature = line.feature
        if line.id is None:
            what = "a Feature without id, of which no line of the journal can speak"
            self._say(file, line, what, "give it an id, then `resight adopt`")
            return
        here = f"{file.name}:{line.number}" if line.number else file.name
        first = self._places.setdefault(line.id, here)
        if first is not here:
            self._say(file, line, f"stands there a second time; first at {first}", "take one of them out")
            return
        last = self.chain.last.get(line.id)
        if last is None:
            what = "no line of the journal speaks of it: it was added outside the log, or before there was a journal"
            self._say(file, line, what, "`resight adopt` takes it in")
        elif last.key is None or _key_of(feature) == last.key:
            return
        else:
            self._others[last.line] = _Other(file, line.text, line.number)
        if _image(feature) not in (None, *self.chain.images):
            self.pictures.append(Picture(feature, file.name, line.number))

    def _say(self, file: FeatureFile, line: Line, what: str, mend: str) -> None:
        self._found.append(Finding(Problem("error", what, file.name, line.number, line.id or "", "", mend)))

    def take_bulk(self, files: Iterable[Held]) -> None:
        """Hold the bulk files against the journal."""
        there: set[str] = set()
        for file in files:
            there.add(file.key)
            self.records += file.records or 0
            line, digest = self.chain.bulk.get(file.key, (None, ""))
            if line is None:
                what = "no line of the journal speaks of this file: it was put there outside the log"
                mend = "take it out, and import it with --bulk"
                self._found.append(Finding(Problem("error", what, file.name, mend=mend)))
            elif file.digest != digest:
                what = f"is not the file that line {line} of the journal speaks of: it was changed outside the log"
                self._found.append(Finding(Problem("error", what, file.name, mend=_COPY_OF_FILE)))
        for key, (line, _) in self.chain.bulk.items():
            if key not in there:
                what = f"is not there, and line {line} of the journal speaks of it: it was taken out outside the log"
                mend = f"{_COPY_OF_FILE}; if a crash cut its write off, the next command puts it there"
                self._found.append(Finding(Problem("error", what, f"observations/{key}", mend=mend)))

    def take_seed(self, file: FeatureFile) -> None:
        """See which records a published file has, and whether those overridden are what they were then."""
        for line in file.lines:
            if line.id is None:
                continue
            self._seeded.add(line.id)
            found = self.chain.found.get(line.id)
            if found is not None and _plain_key(line.feature) != found.key:
                what = f"is not what line {found.line} of the journal found here; the revision in observations/ counts"
                self._found.append(Finding(Problem("notice", what, file.name, line.number, line.id)))

    def findings(self, rows: Rows) -> Iterator[Finding]:
        """What does not agree, after all files."""
        cut_off = self._cut_off()
        # A file whose only difference is how it is laid out is told once.
        doubtful = {finding.problem.file for finding in self._found}
        doubtful |= {other.file.name for other in self._others.values()}
        for finding in self._found:
            if finding.problem.id not in cut_off:
                yield finding
        for number, entry in entries_at(rows(), self._others.keys()) if self._others else ():
            if entry["id"] not in cut_off:
                yield self._changed(number, entry, self._others[number])
        yield from self._missing(cut_off)
        if cut_off:
            first, files = self.chain.write
            what = "the last write stands in the journal alone: a crash cut it off, or it is under way just now"
            mend = "the next command that reads the logbook carries it out"
            named = ", ".join(f"observations/{name}" for name in files)
            yield Finding(Problem("error", f"{what} ({named})", NAME, first, "", "", mend))
            return
        for name, digest in self.chain.files.items():
            there = self._digests.get(name)
            if there not in (None, digest) and f"observations/{name}" not in doubtful:
                what = "has other bytes than the log left (its head, white space or order); no record in it differs"
                yield Finding(Problem("notice", what, f"observations/{name}"))

    def _cut_off(self) -> set[str]:
        """The ids of the last write, if a crash kept it from a year file."""
        first, files = self.chain.write
        is_behind = any(
            old != new and self._digests.get(name, "") == old
            for name, (old, new) in files.items()
            if name not in self.chain.bulk
        )
        return {i for i, wording in self.chain.last.items() if wording.line >= first} if is_behind else set()

    def _changed(self, number: int, entry: Mapping[str, Any], other: _Other) -> Finding:
        logged, there = entry["after"], orjson.loads(other.text)
        here = (other.file.name, other.number, entry["id"])
        try:
            record = _record(there)
        except InvalidRecord as error:
            what = f"was changed outside the log after line {number} and is no record any more: {error}"
            return Finding(
                Problem("error", what, *here, "", "mend it, then `resight adopt`"), differences(logged, there)
            )
        if not says_other(feature_text(logged), record):
            what = f"is laid out otherwise than line {number} of the journal has it, and says the same"
            return Finding(Problem("notice", what, *here))
        what = f"was changed outside the log after line {number}"
        mend = "`resight adopt` takes it in; to undo it, put the old wording back"
        return Finding(Problem("error", what, *here, "", mend), differences(logged, record.to_feature()))

    def _missing(self, cut_off: Collection[str]) -> Iterator[Finding]:
        gone = [i for i in self.chain.last if i not in self._places and i not in cut_off]
        files = " or ".join(self._unread)
        if gone and self._is_dark:
            few = ", ".join(gone[:3]) + (f" and {len(gone) - 3} more" if len(gone) > 3 else "")
            number = "1 record" if len(gone) == 1 else f"{len(gone)} records"
            what = f"may hold {number} of the journal that stand in no other file"
            mend = "put it back from a copy or out of git; the journal has the last wording of each"
            yield Finding(Problem("error", f"{what}: {few}", files, mend=mend))
            return
        unread = f", unless it stands where {files} cannot be read" if files else ""
        for identifier in gone:
            what = "was taken out of the year files outside the log; its last wording stands here"
            if identifier in self._seeded:
                what += "; the published record under its id counts again"
            mend = "`resight adopt` brings it back as a withdrawn record; or put it back by hand"
            yield Finding(Problem("error", what + unread, NAME, self.chain.last[identifier].line, identifier, "", mend))


def _record(feature: Feature) -> Observation:
    if feature.get("type") != "Feature":
        raise InvalidRecord([InvalidValue("type", feature.get("type"), "is not a GeoJSON Feature")])
    return Observation.from_feature(feature)


def _key_of(feature: Feature) -> bytes | None:
    try:
        return _key(feature)
    except InvalidValue:
        return None


def _plain_key(feature: Feature) -> bytes | None:
    """The key of the record that a Feature is, however it is laid out."""
    try:
        return _key_of(Observation.from_feature(feature).to_feature())
    except InvalidRecord:
        return None


# --- one record through time


class Step(NamedTuple):
    """What happened to one record at one time."""

    #: Line of the journal, None for what happened outside the log.
    line: int | None
    #: ISO time in UTC; of what happened outside the log, the last moment before which it is known to have happened.
    time: str
    analyst: str
    #: The word of the command; "" for what happened outside the log.
    command: str
    #: The reason given; for the rest, what a reader should know of the step.
    why: str
    fields: tuple[Difference, ...]
    #: The record first stands there; every field is one of its own.
    is_first: bool = False


def history(
    rows: Iterable[bytes],
    identifier: str,
    today: Feature | None,
    published: tuple[str, Feature] | None = None,
    imported: tuple[str, Feature] | None = None,
) -> list[Step]:
    """Who changed a record when, oldest first; what happened outside the log stands between.

    Args:
        rows: the lines of the journal.
        identifier: of the record.
        today: how it stands in the year files, None when it does not.
        published: the name of the published file that has a record of this id, and its Feature.
        imported: the bulk file that has one, as the journal calls it, and its Feature.
    """
    steps: list[Step] = []
    wordings: list[Feature] = []
    if published is not None:
        steps.append(Step(None, "", "", "", f"published in {published[0]}", _all_fields(published[1]), True))
        wordings.append(published[1])
    previous, branches, seen = "", 0, 0
    for number, row in enumerate(rows, 1):
        entry = _entry(row.strip())
        if entry is None:
            continue
        branches += previous not in entry["parents"] and bool(previous)
        previous = entry["digest"]
        if imported is not None and entry["id"] == imported[0]:
            note, fields = f"in observations/{imported[0]}", _all_fields(imported[1])
            steps.append(Step(number, entry["time"], entry.get("analyst") or "", entry["command"], note, fields, True))
            wordings.append(imported[1])
            continue
        if entry["id"] != identifier:
            continue
        before, after = entry["before"], entry["after"]
        if entry["command"] == "adopt" and before is None and wordings:
            # A revision of a published record that was written by hand.
            before = wordings[-1]
        note = entry.get("why") or ""
        if entry["command"] == "merge":
            note = f"two lines of work joined; {note}" if note else "two lines of work joined"
        if not _is_same(before, wordings[-1] if wordings else None):
            is_beside = branches != seen or entry["command"] == "merge"
            if is_beside and (before is None or any(_is_same(before, w) for w in wordings)):
                note = note or "beside the lines above: another line of work, joined by a merge"
            else:
                steps.append(_outside(wordings[-1] if wordings else None, before, entry["time"]))
        seen = branches
        is_first = before is None
        fields = _all_fields(after) if is_first else _told(differences(before, after))
        steps.append(Step(number, entry["time"], entry.get("analyst") or "", entry["command"], note, fields, is_first))
        wordings.append(after)
    if (published or imported) and len(wordings) == 1 and today is None:
        return steps
    if not _is_same(wordings[-1] if wordings else None, today):
        steps.append(_outside(wordings[-1] if wordings else None, today, ""))
    return steps


def _outside(before: Feature | None, after: Feature | None, time: str) -> Step:
    if after is None:
        return Step(None, time, "", "", "taken out of the year files", ())
    if before is None:
        what = "added to the year files, or there before the journal was"
        return Step(None, time, "", "", what, _all_fields(after), True)
    return Step(None, time, "", "", "changed in the year files", _told(differences(before, after)))


def _is_same(one: Feature | None, other: Feature | None) -> bool:
    """Do two wordings say the same, however they are laid out?"""
    if one is None or other is None:
        return one is other
    return one == other or (_key_of(one) or 0) == _key_of(other) or (_plain_key(one) or 0) == _plain_key(other)


def _all_fields(feature: Feature) -> tuple[Difference, ...]:
    return _told(differences(None, feature))


def _told(found: Iterable[Difference]) -> tuple[Difference, ...]:
    return tuple(one for one in found if one.field not in _COUNTERS and one.field != "id")


# --- what was done outside the log, taken in


class Outside(NamedTuple):
    """A record on which journal and files disagree."""

    id: str
    #: As its last line in the journal has it, None if no line speaks of it.
    logged: Observation | None
    #: As the files have it, None if it was taken out of them.
    today: Observation | None


def withdrawal(record: Observation, why: str) -> dict[str, Any]:
    """The fields of a record that is withdrawn, with the reason in its note."""
    reason = f"Withdrawn: {why.strip()}"
    return {"status": "withdrawn", "note": f"{record.note}\n{reason}" if record.note else reason}


def adopted(found: Outside, why: str, moment: datetime) -> Observation:
    """The record that the journal is to have of what was done outside the log.

    Args:
        found: with a wording on one side at least.
        why: the reason; that of the withdrawal where the record was taken out.
        moment: of the adoption.
    """
    logged, today = found.logged, found.today
    if logged is None:
        if today is None:
            raise ValueError(f"{found.id} stands nowhere")
        return today if today.logged_at else today.with_changes(logged_at=moment)
    if today is None:
        # A record is never deleted.
        changes = {} if logged.status == "withdrawn" else withdrawal(logged, why)
        return logged.with_changes(**changes, revision=logged.revision + 1, revised_at=moment)
    was_reviewed = logged.status == today.status == "reviewed"
    # What was reviewed is the earlier wording.
    changes = {"status": "draft", "reviewed_by": None} if was_reviewed else {}
    revision = max(logged.revision, today.revision) + 1
    return today.with_changes(**changes, revision=revision, revised_at=moment)
