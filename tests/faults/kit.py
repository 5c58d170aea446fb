"""Trials of the real command line under faults, and what must hold after each of them.

After every trial: each record that a command acknowledged (it printed the id and ended with status 0) is in its year
file as the journal last says; each year file and each line of the journal is whole; ``resight check`` finds no error
that the kit did not make, and says what it repaired; an import is there whole or not at all. The files are read here
with the standard library alone, so that resight does not vouch for itself.
"""

from __future__ import annotations

import contextlib
import csv
import ctypes
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import rfc8785
from pyarrow import parquet

RESIGHT = Path(sysconfig.get_path("scripts")) / "resight"
INSIDE = Path(__file__).parent / "inside"
#: No command on trial takes as long; one that does hangs.
SECONDS = 120
#: No command on trial has more steps of writing; a merge has these.
STEPS, MERGE_STEPS = 32, 8
_PNG = b"\x89PNG\r\n\x1a\n"
_DROP_CAPABILITY, _OVERRIDE, _SEARCH = 24, 1, 2


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def was_killed(self) -> bool:
        """It was ended by kill -9."""
        return self.status == -signal.SIGKILL


class Sent(NamedTuple):
    """A command that writes, with the mark by which its records are known."""

    words: tuple[str, ...]
    mark: str
    #: How many records have the mark once it is through.
    records: int


class Skipped(Exception):
    """The trial cannot be made here; the text says why."""


class Book:
    """A logbook on trial, and what was acknowledged of it."""

    def __init__(self, folder: Path, chance: random.Random, figures: Counter[str], complaints: list[str]) -> None:
        self.folder, self.chance, self.figures, self.complaints = folder, chance, figures, complaints
        self.observations = folder / "observations"
        self.sent: list[Sent] = []
        self.acknowledged: list[Sent] = []
        self._count = 0
        made = self.ended(self.started("init", str(folder), "--empty"))
        assert made.status == 0, made.err
        for day in ("2025-03-01", "2024-03-01"):
            first = self.log(day)
            done = self.run(first)
            assert done.status == 0, done.err
            self.acknowledged.append(first)

    # --- commands

    def started(
        self, *words: str, fault: Mapping[str, str] | None = None, prepare: Callable[[], object] | None = None
    ) -> subprocess.Popen[bytes]:
        """A command under way; ``fault`` is told to ``inside/sitecustomize.py``."""
        environment = {**os.environ, "RESIGHT_LOGBOOK": str(self.folder), "RESIGHT_ANALYST": "A. Analyst"}
        if fault is not None:
            paths = [str(INSIDE), environment.get("PYTHONPATH", "")]
            environment |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), **fault}
            environment["FAULT_INSIDE"] = str(self.folder.resolve())
        return subprocess.Popen(
            [str(RESIGHT), *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            # Neither this process nor what runs in it here has threads.
            preexec_fn=prepare,  # noqa: PLW1509
        )

    def ended(self, process: subprocess.Popen[bytes]) -> Ended:
        """How it ended; a traceback or a hang is a complaint."""
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.complain(f"a command hangs: {process.args!r}")
        end = Ended(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
        self.figures["kills"] += end.was_killed
        if "Traceback" in end.err:
            self.complain(f"a traceback: {end.err[-2000:]}")
        return end

    def run(self, sent: Sent, **how: Any) -> Ended:
        """The command, to its end."""
        return self.ended(self.started(*sent.words, **how))

    def note(self, sent: Sent, end: Ended) -> Ended:
        """Remember what was sent, and whether it was acknowledged."""
        self.sent.append(sent)
        self.figures["commands"] += 1
        if end.status == 0:
            self.acknowledged.append(sent)
            self.figures["acknowledged"] += sent.records
        return end

    def complain(self, what: str) -> None:
        """Something that must not be."""
        self.figures["wrong"] += 1
        self.complaints.append(what)

    def _mark(self) -> str:
        self._count += 1
        return f"mark {self._count}."

    def log(self, day: str | None = None) -> Sent:
        """A sighting."""
        mark, when = self._mark(), day or self._day()
        words = ("log", "dunay", "--date", when, "--platform", "ropucha", "--note", mark, "--anyway")
        return Sent(words, mark, 1)

    def amend(self, day: str | None = None) -> Sent:
        """A correction of a record on file, which may move it into another year's file."""
        mark = self._mark()
        one = self.chance.choice(sorted({*self.features(), *self.rows()}))
        return Sent(("amend", one, "--note", mark, "--date", day or self._day(), "--anyway"), mark, 1)

    def correct(self) -> Sent:
        """A correction of a record of a bulk file, which moves it into a year file."""
        mark, ids = self._mark(), sorted(self.rows().keys() - self.features().keys())
        if not ids:
            return self.load()
        return Sent(("amend", self.chance.choice(ids), "--note", mark), mark, 1)

    def withdraw(self) -> Sent:
        """A record taken out of all answers, one of a bulk file where there is one."""
        mark = self._mark()
        gone = {i for i, feature in self.features().items() if feature["properties"].get("status") == "withdrawn"}
        ids = sorted(self.rows().keys() - gone) or sorted(self.features().keys() - gone)
        return Sent(("withdraw", self.chance.choice(ids), "--why", mark), mark, 1)

    def bring(self, rows: int = 40) -> Sent:
        """An import of so many rows over two years."""
        mark, file = self._rows_to_import(rows)
        return Sent(("import", str(file), "--anyway"), mark, rows)

    def load(self, rows: int = 40) -> Sent:
        """The same into bulk files."""
        mark, file = self._rows_to_import(rows)
        return Sent(("import", str(file), "--anyway", "--bulk"), mark, rows)

    def _rows_to_import(self, rows: int) -> tuple[str, Path]:
        mark = self._mark()
        file = self.folder.parent / f"rows-{self._count}.csv"
        with file.open("w", encoding="utf-8", newline="") as opened:
            table = csv.writer(opened)
            table.writerow(["site", "date", "platform", "note", "basis"])
            table.writerows([["dunay", self._day(), "ropucha-class", mark, "own"] for _ in range(rows)])
        return mark, file

    def attach(self) -> Sent:
        """A sighting with an image of its own, which is kept beside it."""
        sent = self.log()
        file = self.folder.parent / f"image-{self._count}.png"
        file.write_bytes(_PNG + self.chance.randbytes(3000))
        return sent._replace(words=(*sent.words, "--image", str(file)))

    def any(self) -> Sent:
        """One of those that are most in use."""
        return self.chance.choice((self.log, self.log, self.amend, self.bring, self.load, self.withdraw))()

    def _day(self) -> str:
        return f"{self.chance.choice((2024, 2025))}-{self.chance.randint(1, 9):02}-{self.chance.randint(1, 28):02}"

    # --- the files, read without resight

    def features(self) -> dict[str, Any]:
        """The records of the year files by id; a file that is not whole counts as torn."""
        found: dict[str, Any] = {}
        for path in sorted(self.observations.glob("*.geojson")):
            try:
                features = json.loads(path.read_bytes())["features"]
            except (ValueError, KeyError) as error:
                self.figures["torn"] += 1
                self.complain(f"{path.name} is torn: {error}")
                continue
            for feature in features:
                if feature["id"] in found:
                    self.complain(f"{feature['id']} stands in two places")
                found[feature["id"]] = feature
        return found

    def rows(self) -> dict[str, str]:
        """The note of each record of the bulk files by its id; a file that is not whole counts as torn."""
        found: dict[str, str] = {}
        for path in sorted(self.observations.glob("bulk/*/*.parquet")):
            if not _digest(path).startswith(path.stem):
                self.figures["torn"] += 1
                self.complain(f"{path.name} is torn")
                continue
            table = parquet.read_table(path, columns=["id", "note"], partitioning=None)
            for identifier, note in zip(*(column.to_pylist() for column in table.columns), strict=True):
                if identifier in found:
                    self.complain(f"{identifier} stands in two bulk files")
                found[identifier] = str(note)
        return found

    def lines(self) -> list[dict[str, Any]]:
        """The lines of the journal; one that is not whole, or out of its chain, counts as torn."""
        raw = (self.observations / "journal.jsonl").read_bytes()
        found: list[dict[str, Any]] = []
        parent: list[str] = []
        for number, row in enumerate(raw.removesuffix(b"\n").split(b"\n"), 1):
            try:
                line = json.loads(row)
                bare = rfc8785.dumps({key: value for key, value in line.items() if key != "digest"})
                whole = line["digest"] == hashlib.sha256(bare).hexdigest() and line["parents"] == parent
            except (ValueError, KeyError):
                whole = False
            if not whole:
                self.figures["torn"] += 1
                self.complain(f"journal.jsonl:{number} is torn or out of its chain: {row[:80]!r}")
                continue
            parent = [line["digest"]]
            found.append(line)
        return found

    def is_unsettled(self) -> bool:
        """Did a command leave something that the next has to repair? Told from the files alone."""
        path = self.observations / "journal.jsonl"
        raw = path.read_bytes() if path.exists() else b""
        if not raw:
            return False
        try:
            last = json.loads(raw.removesuffix(b"\n").rpartition(b"\n")[2])
        except ValueError:
            return True
        # A line that lacks nothing but its line end counts.
        if "files" not in last:
            return True
        return any(
            old != new and _digest(self.observations / name) == old for name, (old, new) in last["files"].items()
        )

    def copy(self) -> dict[str, bytes]:
        """Every data file as it is, by its path below ``observations``."""
        files = (path for path in self.observations.rglob("*") if path.is_file() and path.suffix != ".tmp")
        return {path.relative_to(self.observations).as_posix(): path.read_bytes() for path in files}

    # --- what must hold

    def examine(self) -> None:
        """Let the next command open the logbook, and hold the files against what was acknowledged."""
        unsettled = self.is_unsettled()
        end = self.ended(self.started("check"))
        if end.status != 0:
            self.complain(f"check ended with {end.status}: {end.out}{end.err}")
        if unsettled and not re.search(r"(journal\.jsonl|/bulk/).*(carried out now|taken out)", end.out + end.err):
            self.complain(f"a repair that was not said: {end.out}{end.err}")
        features, rows, lines = self.features(), self.rows(), self.lines()
        of_bulk = [line for line in lines if line["after"]["type"] == "FeatureCollection"]
        last = {line["id"]: line["after"] for line in lines if line not in of_bulk}
        said = Counter(_note(after) for after in (line["after"] for line in lines if line not in of_bulk))
        said += Counter(rows.values())
        there = Counter(map(_note, features.values()))
        self._examine_images(features)
        self._examine_bulk({line["id"]: line["after"]["sha256"] for line in of_bulk})
        for identifier, after in last.items():
            if features.get(identifier) != after:
                self.figures["lost"] += 1
                self.complain(f"{identifier} is not in its file as the journal says")
        for sent in self.acknowledged:
            if said[sent.mark] != sent.records:
                self.figures["lost"] += sent.records - said[sent.mark]
                self.complain(f"acknowledged and lost: {sent}")
        for sent in self.sent:
            if sent.words[0] == "import" and said[sent.mark] not in (0, sent.records):
                self.complain(f"half an import: {said[sent.mark]} of {sent.records} rows")
            if sent.words[0] == "log" and there[sent.mark] > 1:
                self.complain(f"logged twice: {sent}")

    def _examine_bulk(self, digests: Mapping[str, str]) -> None:
        there = {path.relative_to(self.observations).as_posix() for path in self.observations.glob("bulk/*/*.parquet")}
        for name, digest in digests.items():
            if _digest(self.observations / name) != digest:
                self.figures["lost"] += 1
                self.complain(f"{name} is not there as the journal says")
        for name in sorted(there - digests.keys()):
            self.complain(f"the journal does not speak of {name}")

    def _examine_images(self, features: Mapping[str, Any]) -> None:
        for identifier, feature in features.items():
            href = feature["properties"].get("image_href")
            if href and _digest(self.folder / href) != feature["properties"]["image_sha256"]:
                self.figures["torn" if (self.folder / href).exists() else "lost"] += 1
                self.complain(f"the image of {identifier} is not what was recorded")

    def verify(self) -> None:
        """`resight verify` finds nothing broken."""
        end = self.ended(self.started("verify"))
        if end.status != 0:
            self.complain(f"verify ended with {end.status}: {end.out}{end.err}")


def _note(feature: Mapping[str, Any]) -> str:
    # The reason of a withdrawal stands after what was noted before.
    found = re.findall(r"mark \d+\.", str(feature["properties"].get("note")))
    return found[-1] if found else str(feature["properties"].get("note"))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


class Report(NamedTuple):
    """What one kind of trial came to."""

    name: str
    figures: Counter[str]
    complaints: list[str]
    skipped: str = ""


#: Makes trials, and yields after each.
Trial = Callable[[Callable[[], Book], random.Random], Generator[None]]


def killed_at_random(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """Three analysts log, amend and import at once; most of them are killed at a random moment."""
    book = make()
    for _ in range(12):
        # Anew each time, for others may be at work on the machine.
        typical = _seconds_of(book)
        sent = [book.any() for _ in range(3)]
        begun = time.monotonic()
        under_way = [(one, book.started(*one.words)) for one in sent]
        # Most of a command is its start: half of the kills fall into the end of it, where it writes.
        moments = [(begun + typical * 2.5 * chance.choice((chance.random(), chance.uniform(0.5, 1.2)))) for _ in sent]
        for moment, (_, process) in sorted(zip(moments, under_way, strict=True), key=lambda pair: pair[0]):
            if chance.random() < 0.85:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, moment - time.monotonic()))
                process.kill()
        for one, process in under_way:
            book.note(one, book.ended(process))
        book.examine()
        yield


def _seconds_of(book: Book) -> float:
    one, begun = book.log(), time.monotonic()
    book.note(one, book.run(one))
    return time.monotonic() - begun


def killed_at_each_step(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """A command is killed at each of its steps."""
    return _at_each_step(make(), chance, lambda: {"FAULT_DOES": "kill"})


def power_cut_at_each_step(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """The same, and the file that was being forced to disk lost a part of what was written."""
    return _at_each_step(
        make(), chance, lambda: {"FAULT_DOES": "tear", "FAULT_PART": str(chance.choice((0, 1, 50, 99)))}
    )


def _at_each_step(book: Book, chance: random.Random, fault: Callable[[], dict[str, str]]) -> Generator[None]:
    # A date in the other year moves a record from one file to the other.
    kinds = (book.log, book.amend, book.bring, book.attach, book.load, book.correct, book.withdraw)
    order = [(kind, at) for kind in kinds for at in range(1, STEPS + 1)]
    for kind, at in chance.sample(order, len(order)):
        sent = kind()
        end = book.note(sent, book.run(sent, fault={**fault(), "FAULT_AT": str(at)}))
        if at == STEPS and end.was_killed:
            book.complain(f"{sent.words[0]} has more than {STEPS} steps, so not all were tried")
        book.examine()
        yield


def adopt_killed(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """A hand edit and a record added by hand are taken in, and the command killed at each of its steps, twice over."""
    book = make()
    for number, at in enumerate(chance.sample(range(1, STEPS + 1), STEPS), 1):
        edited, added = f"edited {number}.", f"added {number}."
        path = book.observations / "2025.geojson"
        content = json.loads(path.read_bytes())
        one = json.loads(json.dumps(content["features"][0]))
        content["features"][0]["properties"]["note"] = edited
        one["id"] = one["properties"]["id"] = f"by-hand-{number}"
        one["properties"]["note"] = added
        content["features"].append(one)
        path.write_text(json.dumps(content), encoding="utf-8")
        words = ("adopt", "--yes", "--why", "edited by hand")
        ends = [book.ended(book.started(*words, fault={"FAULT_DOES": "kill", "FAULT_AT": str(at)})) for _ in range(2)]
        ends.append(book.ended(book.started(*words)))
        book.figures["commands"] += 3
        if ends[-1].status != 0:
            book.complain(f"adopt ended with {ends[-1].status}: {ends[-1].out}{ends[-1].err}")
        sent = [Sent(words, mark, 1) for mark in (edited, added)]
        book.acknowledged += sent
        book.figures["acknowledged"] += 2
        book.examine()
        book.verify()
        for end in (e for e in ends if e.status not in (0, -signal.SIGKILL)):
            book.complain(f"adopt ended with {end.status}: {end.out}{end.err}")
        yield


def merge_killed(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """Git's merge of two lines of work is killed at each of its steps: ours is whole, as it was or merged."""
    book = make()
    base = book.copy()
    theirs = book.folder.parent / "theirs"
    shutil.copytree(book.folder, theirs)
    other = Book.__new__(Book)
    other.__dict__.update(book.__dict__, folder=theirs, observations=theirs / "observations", _count=100)
    for one in (book, other):
        for kind in (one.log, one.amend, one.log):
            sent = kind()
            if one.note(sent, one.run(sent)).status != 0:
                book.complain(f"{sent.words[0]} before the merge failed")
    ours = book.copy()
    for at in chance.sample(range(1, MERGE_STEPS + 1), MERGE_STEPS):
        for name, content in ours.items():
            (book.observations / name).write_bytes(content)
        for name in sorted({*ours, *other.copy()}):
            (was := book.folder.parent / "base").write_bytes(base.get(name, b""))
            for path in (here := book.observations / name, there := other.observations / name):
                path.touch()
            before = here.read_bytes()
            words = ("merge", str(was), str(here), str(there), name)
            end = book.ended(book.started(*words, fault={"FAULT_DOES": "kill", "FAULT_AT": str(at)}))
            book.figures["commands"] += 1
            if end.was_killed:
                if at == MERGE_STEPS:
                    book.complain(f"a merge has more than {MERGE_STEPS} steps, so not all were tried")
                if here.read_bytes() != before and book.ended(book.started(*words)).status not in (0, 1):
                    book.complain(f"a merge that was killed at {at} left a part of {name}")
                here.write_bytes(before)
                end = book.ended(book.started(*words))
            if end.status not in (0, 1):
                book.complain(f"merge ended with {end.status}: {end.out}{end.err}")
        # As the merge says: git hands over one file at a time, and a record may stand in two until the next command.
        book.ended(book.started("check"))
        book.verify()
        journal = (book.observations / "journal.jsonl").read_bytes()
        for sent in (*book.acknowledged, *other.acknowledged):
            if f'"{sent.mark}"'.encode() not in journal:
                book.figures["lost"] += 1
                book.complain(f"merged and lost: {sent}")
        yield


def index_spoilt(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """What finds the lines of a year file is cut, altered, taken from an earlier day or away: nothing rests on it."""
    book = make()
    kept: dict[str, bytes] = {}
    for number in range(24):
        for path in sorted((book.folder / ".resight").glob("*.index")):
            whole = path.read_bytes()
            earlier = kept.setdefault(path.name, whole)
            at = chance.randrange(len(whole))
            altered = whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :]
            spoilt = (whole[:at], altered, earlier, b"", b"\0" * len(whole), None)[number % 6]
            path.unlink() if spoilt is None else path.write_bytes(spoilt)
        sent = book.any()
        if (end := book.note(sent, book.run(sent))).status != 0:
            book.complain(f"{sent.words[0]} ended with {end.status}: {end.err}")
        book.examine()
        yield
    book.verify()


def edited_meanwhile(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """Another program changes a year file while a command writes it: its change is noticed, not overwritten."""
    book = make()
    order = [(does, at) for does in ("edit", "swap") for at in range(1, STEPS + 1)]
    for does, at in chance.sample(order, len(order)):
        mark, file = f"by hand, {does} {at}", book.observations / "2025.geojson"
        fault = {"FAULT_DOES": does, "FAULT_AT": str(at), "FAULT_FILE": str(file), "FAULT_MARK": mark}
        before, sent = book.copy(), book.log("2025-05-18")
        end = book.note(sent, book.run(sent, fault=fault))
        if end.status == 8 and "changed by another program just now" in end.err:
            book.figures["refused"] += 1
            if book.copy()["journal.jsonl"] != before["journal.jsonl"]:
                book.complain("what was refused stands in the journal")
        elif end.status != 0:
            book.complain(f"ended with {end.status}: {end.err}")
        # A command that comes to its end before that step met no edit.
        was_edited = mark.encode() in file.read_bytes()
        is_over = end.status == 0 and f"fault at {at}" not in end.err
        if not was_edited and not is_over:
            book.figures["lost"] += 1
            book.complain(f"the {does} at step {at} was overwritten")
        book.examine()
        yield


def two_analysts(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """Six commands at once, none of them killed: all come through, each with ids of its own."""
    book = make()
    for _ in range(4):
        # A record that is withdrawn by one cannot be corrected by another: these two are of two records.
        sent = [book.log("2025-05-18"), book.log("2025-05-18"), book.bring(), book.load(), book.load(), book.amend()]
        under_way = [(one, book.started(*one.words)) for one in sent]
        for one, process in under_way:
            end = book.note(one, book.ended(process))
            if end.status != 0:
                book.complain(f"{one.words[0]} beside others ended with {end.status}: {end.err}")
        book.examine()
        yield


def file_too_large(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """The system refuses to let a file grow (RLIMIT_FSIZE), at every size around those of the files."""
    book = make()
    for filled in (book.bring(), book.load()):
        book.note(filled, book.run(filled))
    for kind in (book.log, book.amend, book.bring, book.load, book.correct):
        sizes = [path.stat().st_size for path in book.observations.rglob("*") if path.is_file()]
        limits = [0, 100, *(size + more for size in sizes for more in (-1, 1, chance.randint(2, 9000)))]
        for limit in limits:
            before, sent = book.copy(), kind()
            bounded = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit))
            end = book.note(sent, book.run(sent, prepare=bounded))
            _examine_refusal(book, end, before)
            yield


def _examine_refusal(book: Book, end: Ended, before: Mapping[str, bytes], statuses: Sequence[int] = (0, 8)) -> None:
    """The command went through, or says that nothing was changed, and nothing was."""
    if end.status not in statuses:
        book.complain(f"ended with {end.status}: {end.out}{end.err}")
    if end.status != 0:
        book.figures["refused"] += 1
        if book.is_unsettled() != ("the next command completes the write" in end.err) or (
            "nothing was changed" in end.err and book.copy() != before
        ):
            book.complain(f"what it says is not so: {end.err}")
    book.examine()


def disk_full(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """A disk of a few megabytes that fills up while analysts log and import; then room is made."""
    if not _is_small_disk(make):
        raise Skipped("the system lends no small disk: neither as root nor in a name space of one’s own")
    book = make()
    ballast = book.folder.parent / "ballast"
    for room in (0, 1, 4, 12, 20, 40, 80):
        free = os.statvfs(book.folder).f_bavail * os.statvfs(book.folder).f_frsize
        ballast.write_bytes(b"\0" * max(0, free - room * 1024))
        for kind in (book.log, book.amend, book.bring, book.load):
            try:
                sent = kind()
            except OSError:
                # No room for the table that is to be imported.
                continue
            before = book.copy()
            end = book.note(sent, book.run(sent))
            was = ballast.stat().st_size
            ballast.unlink()
            _examine_refusal(book, end, before)
            yield
            free = os.statvfs(book.folder).f_bavail * os.statvfs(book.folder).f_frsize
            ballast.write_bytes(b"\0" * min(was, max(0, free - room * 1024)))
        ballast.unlink()
        sent = book.log()
        if book.note(sent, book.run(sent)).status != 0:
            book.complain("with room again, the next command does not work")


def _is_small_disk(make: Callable[[], Book]) -> bool:
    folder = make().folder
    room = os.statvfs(folder)
    return room.f_blocks * room.f_frsize < 1 << 24


def read_only(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """Folders and files that may not be written to, by somebody who may not write everywhere."""

    def without_privilege() -> None:
        # The superuser may write to what is read-only, unless the right to is given up.
        libc = ctypes.CDLL(None)
        libc.prctl(_DROP_CAPABILITY, _OVERRIDE, 0, 0, 0)
        libc.prctl(_DROP_CAPABILITY, _SEARCH, 0, 0, 0)

    book = make()
    book.note(filled := book.load(), book.run(filled))
    below = ("observations/bulk", "observations/bulk/2024", "observations/bulk/2025")
    for names in (
        ("observations",),
        (".",),
        ("observations/journal.jsonl",),
        (".resight",),
        (".", "observations"),
        below,
    ):
        for kind in (book.log, book.amend, book.bring, book.load):
            before, sent = book.copy(), kind()
            modes = {path: path.stat().st_mode for name in names if (path := book.folder / name).exists()}
            for path in modes:
                path.chmod(0o555)
            try:
                end = book.note(sent, book.run(sent, prepare=without_privilege))
            finally:
                for path, mode in modes.items():
                    path.chmod(mode)
            # A bulk import adds files to folders of its own, all others to one above these.
            is_told = names[-1] == "observations/journal.jsonl" or (kind == book.load) == (names is below)
            if names[-1].startswith("observations") and is_told and end.status == 0:
                book.complain(f"{names} is read-only and was written to")
            _examine_refusal(book, end, before)
            yield


def vanished(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """The folder goes away while a command writes, or before it; and comes back."""
    book = make()
    typical = _seconds_of(book)
    for name in ("observations", "."):
        for wait in (0.0, *(typical * chance.uniform(0.3, 1.1) for _ in range(4))):
            sent, path = book.any(), book.folder / name
            away = book.folder.parent / "away"
            process = book.started(*sent.words)
            time.sleep(wait)
            path.resolve().rename(away)
            end = book.ended(process)
            if end.status not in (0, 3, 4, 6, 7, 8):
                book.complain(f"ended with {end.status}: {end.out}{end.err}")
            book.figures["refused"] += end.status != 0
            if end.status == 0 and not (_holds(away, sent) or _holds(path, sent)):
                book.figures["lost"] += 1
                book.complain(f"acknowledged, and neither in the folder that went nor in a new one: {sent}")
            if path.exists():
                # The folder was made anew, and the record is there; the trial goes on with the old one.
                shutil.rmtree(path)
                end = end._replace(status=8) if end.status == 0 else end
            away.rename(path)
            book.note(sent, end)
            book.examine()
            yield


def _holds(folder: Path, sent: Sent) -> bool:
    if any(sent.mark.encode() in path.read_bytes() for path in folder.rglob("*.geojson")):
        return True
    notes = (parquet.read_table(path, columns=["note"], partitioning=None) for path in folder.rglob("bulk/*/*.parquet"))
    return any(sent.mark in str(note) for table in notes for note in table.column("note").to_pylist())


def stale_lock(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """A lock file that a crash left, with whatever in it, keeps nobody out; nor does the lock of a killed process."""
    book = make()
    lock = book.folder / ".resight" / "lock"
    for left in (b"", b"4711", b"\0" * 100):
        lock.write_bytes(left)
        os.utime(lock, (0, 0))
        sent = book.any()
        if book.note(sent, book.run(sent)).status != 0:
            book.complain(f"a lock file with {left!r} keeps the command out")
        book.examine()
        yield
    with subprocess.Popen([sys.executable, "-c", _HOLD, str(lock)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        sent = book.log()
        waiting = book.started(*sent.words)
        time.sleep(0.5)
        holder.kill()
    book.figures["kills"] += 1
    if book.note(sent, book.ended(waiting)).status != 0:
        book.complain("the lock of a killed process keeps the command out")
    book.examine()
    yield


_HOLD = "import fcntl, sys, time; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print(flush=True); time.sleep(60)"


def clock_goes_back(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """The clock jumps by years between two writes, either way: the journal keeps the order of the writes."""
    book = make()
    for now in ("2031-01-01T00:00:00+00:00", "1970-01-01T00:00:00+00:00", "2025-06-01T12:00:00+09:00"):
        sent = book.log("2025-05-18")
        code = (
            "import sys; from datetime import datetime; from resight import Logbook, Observation; "
            "Logbook(sys.argv[1]).add(Observation(site='dunay', date='2025-05-18', platform='ropucha-class', "
            "note=sys.argv[2]), anyway=True, now=datetime.fromisoformat(sys.argv[3]))"
        )
        words = [sys.executable, "-c", code, str(book.folder), sent.mark, now]
        done = subprocess.run(words, check=False, capture_output=True)
        book.note(sent, Ended(done.returncode, "", done.stderr.decode()))
        if done.returncode:
            book.complain(done.stderr.decode())
        book.note(after := book.amend(), book.run(after))
        book.examine()
        yield


def journal_cut(make: Callable[[], Book], chance: random.Random) -> Generator[None]:
    """The last line of the journal loses its end while the record stands in its file: the record stays."""
    book = make()
    for part in (1, 2, chance.randint(3, 400), 10**6):
        sent = book.log("2025-05-18")
        end = book.run(sent)
        # Its journal line is taken away, so it is not among those that the journal has to know.
        book.figures["commands"] += 1
        path = book.observations / "journal.jsonl"
        raw = path.read_bytes()
        start = raw.removesuffix(b"\n").rfind(b"\n") + 1
        path.write_bytes(raw[: max(start + 1, len(raw) - part)])
        if end.status != 0 or not _holds(book.folder, sent):
            book.complain("not logged")
        book.examine()
        yield
        if not _holds(book.folder, sent):
            book.figures["lost"] += 1
            book.complain("a record went with its journal line")
        book.note(after := book.amend(), book.run(after))
        book.examine()
        yield


TRIALS: Mapping[str, Trial] = {
    "killed at a random moment, three at once": killed_at_random,
    "killed at each step of its writing": killed_at_each_step,
    "power cut at each step, files torn": power_cut_at_each_step,
    "adopt killed at each step of its writing": adopt_killed,
    "merge killed at each step of its writing": merge_killed,
    "index cut, altered, old or gone": index_spoilt,
    "year file edited while it is written": edited_meanwhile,
    "six commands at once": two_analysts,
    "file may not grow (RLIMIT_FSIZE)": file_too_large,
    "disk full": disk_full,
    "folder or file read-only": read_only,
    "folder vanishes and comes back": vanished,
    "lock left or held by a killed process": stale_lock,
    "clock jumps back": clock_goes_back,
    "journal cut in its last line": journal_cut,
}


@contextlib.contextmanager
def _scratch(trial: Trial) -> Iterator[Path]:
    """A folder for logbooks, on a disk of its own of a few megabytes where the trial is about that."""
    with tempfile.TemporaryDirectory(prefix="resight-faults-") as name:
        is_mounted = trial is disk_full and not subprocess.call(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", name], stderr=subprocess.DEVNULL
        )
        try:
            yield Path(name)
        finally:
            if is_mounted:
                subprocess.call(["umount", "-l", name])


def carried_out(name: str, seconds: float, seed: int) -> Report:
    """One kind of trial, again and again for so many seconds, at least one."""
    trial, chance = TRIALS[name], random.Random(f"{name} {seed}")
    figures: Counter[str] = Counter()
    complaints: list[str] = []
    with _scratch(trial) as folder:

        def make() -> Book:
            for old in folder.iterdir():
                shutil.rmtree(old) if old.is_dir() else old.unlink()
            return Book(folder / "book", chance, figures, complaints)

        try:
            end = time.monotonic() + seconds
            is_over = False
            while not is_over:
                with contextlib.closing(trial(make, chance)) as made:
                    for _ in made:
                        is_over = time.monotonic() > end
                        if is_over:
                            break
                is_over = time.monotonic() > end
        except Skipped as why:
            return Report(name, figures, complaints, str(why))
    return Report(name, figures, complaints)
