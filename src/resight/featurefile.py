"""A FeatureCollection on disk: its Features line by line, what of it could not be read, and its new bytes.

What a Feature means is for others; here is known only where it stands. A file of ours has one Feature a line, which is
written back byte for byte; a file that another program laid out is read all the same.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import orjson

from resight.errors import CannotWrite, Problem
from resight.observation import Observation

_BOM = b"\xef\xbb\xbf"
_OWN_START = b'{"type":"Feature",'
_FEATURE = re.compile(rb'"type"\s*:\s*"Feature"')


class Line(NamedTuple):
    """One Feature of a file: its bytes, and what is needed to find it without parsing it again."""

    #: The bytes it stood in, when it had a line to itself; they are written back untouched.
    text: bytes
    number: int | None
    id: str | None
    site: str | None
    earliest: str
    latest: str

    @property
    def feature(self) -> Any:
        """The Feature, parsed anew: keeping thousands parsed costs more than parsing the few that are asked for."""
        return orjson.loads(self.text)

    def problem(self, file: "YearFile", what: str, field: str, mend: str) -> Problem:
        """An error of this Feature."""
        return Problem("error", what, file.name, self.number, self.id or "", field, mend)

    @property
    def order(self) -> tuple[str, str]:
        """Where it belongs in its file."""
        return self.earliest, self.id or ""


def _line(feature: Any, text: bytes, number: int | None) -> Line:
    try:
        properties = feature["properties"]
        found = feature["id"], properties["site"], properties["earliest"], properties["latest"]
        # GDAL writes days with slashes.
        if (
            type(found[0]) is type(found[1]) is type(found[2]) is type(found[3]) is str
            and "/" not in found[2] + found[3]
        ):
            return Line(text, number, *found)
    except (KeyError, TypeError):
        pass
    return _odd_line(feature, text, number)


def _odd_line(feature: Any, text: bytes, number: int | None) -> Line:
    """The line of a Feature that was not laid by us: what it lacks must not hide it from any question."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        return Line(text, number, None, None, "", "9999")
    identifier = feature.get("id", properties.get("id"))
    site, earliest, latest = properties.get("site"), properties.get("earliest"), properties.get("latest")
    return Line(
        text,
        number,
        identifier if isinstance(identifier, str) else None,
        site if isinstance(site, str) else None,
        earliest.replace("/", "-") if isinstance(earliest, str) else "",
        latest.replace("/", "-") if isinstance(latest, str) else "9999",
    )


def new_line(record: Observation) -> Line:
    """The line of a record that is to be written."""
    return line_of(record.to_feature())


def line_of(feature: Mapping[str, Any]) -> Line:
    """The line of a Feature that is to be written."""
    return _line(feature, _laid(feature), None)


def _laid(feature: Any) -> bytes:
    """A Feature as JSON, in no more memory than it needs: what orjson gives keeps the room it was written in."""
    return memoryview(orjson.dumps(feature)).tobytes()


class FeatureFile(NamedTuple):
    """A FeatureCollection read from disk, with what could not be read."""

    path: Path
    name: str
    #: SHA-256 of the bytes, "" when there is no file.
    digest: str
    stamp: tuple[int, int, int]
    header: Mapping[str, Any]
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]
    #: False when some of it could not be read: then it is never overwritten.
    is_whole: bool
    #: Bytes before the first Feature of a file that was just laid out by us; None: how it is laid is not known.
    head: int | None = None

    @property
    def ids(self) -> set[str | None]:
        """The ids that stand in it."""
        return {line.id for line in self.lines}

    def holding(self, ids: Collection[str | None]) -> list[Line]:
        """The lines that have one of these ids."""
        return [line for line in self.lines if line.id in ids]

    def asked_for(self, bounds: tuple[str, str] | None, sites: Collection[str] | None) -> Sequence[Line]:
        """The lines that could be among those asked for, so that the others need not be parsed and validated."""
        lines: Sequence[Line] = self.lines
        if sites is not None:
            lines = [line for line in lines if line.site in sites or line.site is None]
        if bounds is not None:
            lines = [line for line in lines if line.earliest <= bounds[1] and bounds[0] <= line.latest]
        return lines

    def changed(self, puts: Collection[str], lines: Sequence[Line]) -> "Rewrite | None":
        """The file without the records of these ids and with these lines; None when that is what it is already."""
        kept = [line for line in self.lines if line.id not in puts]
        if not lines and len(kept) == len(self.lines):
            return None
        data, laid = self.with_lines([*kept, *lines])
        head = data.index(b"\n") + 1
        new = self._replace(digest=hashlib.sha256(data).hexdigest(), lines=laid, problems=(), head=head)
        return Rewrite(self.path, self, [data], new)

    def at(self, stamp: tuple[int, int, int]) -> "FeatureFile":
        """The same, of a file that has just been put on disk."""
        return self._replace(stamp=stamp)

    def with_lines(self, lines: Iterable[Line]) -> tuple[bytes, tuple[Line, ...]]:
        """The bytes of the file with these Features, one a line in (earliest, id) order, and the lines they make."""
        head = orjson.dumps({"type": "FeatureCollection", "name": self.path.stem, **self.header})
        ordered = sorted(lines, key=lambda line: (line[4], line[2] or ""))
        texts = [line[0] for line in ordered] or [b""]
        # Put together once: a copy of many megabytes takes its time.
        texts[0] = head[:-1] + b',"features":[\n' + texts[0]
        texts[-1] += b"\n]}\n" if ordered else b"]}\n"
        data = b",\n".join(texts)
        return data, tuple([Line(a, number, b, c, d, e) for number, (a, _, b, c, d, e) in enumerate(ordered, 2)])


def stamp_of(path: Path) -> tuple[int, int, int]:
    """Time of change, size and inode: other when the file is another one; zeros when there is none."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)


def digest(path: Path) -> str:
    """SHA-256 of a file, "" when there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def parse(path: Path, name: str) -> FeatureFile:
    """Read a FeatureCollection; what cannot be read becomes problems, the rest is kept."""
    stamp = stamp_of(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return FeatureFile(path, name, "", stamp, {}, (), (), True)
    except OSError as error:
        problem = Problem("error", f"cannot be read: {error.strerror}", name, mend="check its permissions")
        return FeatureFile(path, name, "", stamp, {}, (), (problem,), False)
    digest = hashlib.sha256(raw).hexdigest()
    problems: list[Problem] = []
    if raw.startswith(_BOM):
        raw = raw[len(_BOM) :]
        problems.append(Problem("notice", "begins with a byte order mark, which the next write leaves out", name, 1))
    if b"\r\n" in raw:
        raw = raw.replace(b"\r\n", b"\n")
        problems.append(Problem("notice", "has Windows line ends, which the next write turns into \\n", name, 1))
    laid = _laid_as_ours(raw)
    if laid is not None:
        return FeatureFile(path, name, digest, stamp, laid[0], tuple(laid[1]), tuple(problems), True)
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        lines, found = _salvage(raw, name, error)
        return FeatureFile(path, name, digest, stamp, {}, tuple(lines), (*problems, *found), False)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or content.get("type") != "FeatureCollection":
        problems.append(Problem("error", "is not a GeoJSON FeatureCollection", name, 1, mend="nothing of it was read"))
        return FeatureFile(path, name, digest, stamp, {}, (), tuple(problems), False)
    crs = content.get("crs")
    if crs is not None and "CRS84" not in str(crs) and "4326" not in str(crs):
        what = f"is in another coordinate system, {crs}"
        problems.append(Problem("error", what, name, mend="save it in WGS 84 (EPSG:4326)"))
        return FeatureFile(path, name, digest, stamp, {}, (), tuple(problems), False)
    return FeatureFile(
        path, name, digest, stamp, _header(content), tuple(_relaid(raw, features)), tuple(problems), True
    )


def _header(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key not in ("type", "features")}


def _laid_as_ours(raw: bytes) -> tuple[dict[str, Any], list[Line]] | None:
    """Header and Features of a file with one Feature a line; None when it is laid otherwise or broken."""
    rows = raw.split(b"\n")
    own = [number for number, row in enumerate(rows) if row.startswith(_OWN_START)]
    if not own or own[-1] - own[0] + 1 != len(own):
        return None
    try:
        content = orjson.loads(b"".join(rows[: own[0]] + rows[own[-1] + 1 :]))
        lines = []
        for number in own:
            text = rows[number].removesuffix(b",")
            # Every Feature but the last has its comma.
            if (len(text) == len(rows[number])) != (number == own[-1]):
                return None
            lines.append(_line(orjson.loads(text), text, number + 1))
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict) or content.get("features") != [] or content.get("type") != "FeatureCollection":
        return None
    return None if "crs" in content else (_header(content), lines)


def _relaid(raw: bytes, features: list[Any]) -> list[Line]:
    """The Features of a file another program laid out, with the line in which each begins."""
    starts = [found.start() for found in _FEATURE.finditer(raw)]
    numbers: list[int | None] = [None] * len(features)
    if len(starts) == len(features):
        line, at = 1, 0
        for index, start in enumerate(starts):
            line, at = line + raw.count(b"\n", at, start), start
            numbers[index] = line
    return [_line(f, _laid(f), number) for f, number in zip(features, numbers, strict=True)]


def _salvage(raw: bytes, name: str, error: orjson.JSONDecodeError) -> tuple[list[Line], list[Problem]]:
    """The Features of a broken file that stand whole in a line of their own, and what is wrong with the others."""
    lines: list[Line] = []
    problems: list[Problem] = []
    for number, row in enumerate(raw.split(b"\n"), 1):
        text = row.strip().rstrip(b",")
        if text.startswith((b"<<<<<<<", b"=======", b">>>>>>>")):
            problems.append(
                Problem(
                    "error", "is a mark of a git merge that was not finished", name, number, mend="finish the merge"
                )
            )
        elif text.startswith(b'{"type":"Feature",') or (
            text.startswith(b"{") and text.endswith(b"}") and b"Feature" in text
        ):
            try:
                lines.append(_line(orjson.loads(text), text, number))
            except orjson.JSONDecodeError as broken:
                what = f"is not valid JSON: {broken.msg} at column {broken.colno}"
                problems.append(
                    Problem("error", what, name, number, mend="mend the line; the file is not written to until then")
                )
    if not problems:
        what = f"is not valid JSON: {error.msg} at column {error.colno}"
        problems.append(
            Problem("error", what, name, error.lineno, mend="mend it; the file is not written to until then")
        )
    return lines, problems


class YearFile(Protocol):
    """What the logbook asks of a year file, be it parsed whole or known by its index."""

    @property
    def path(self) -> Path:
        """Where it stands."""

    @property
    def name(self) -> str:
        """What it is called in a problem."""

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, "" when there is no file."""

    @property
    def stamp(self) -> tuple[int, int, int]:
        """:func:`stamp_of` it when it was read."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read of it, or is worth knowing."""

    @property
    def is_whole(self) -> bool:
        """False when some of it could not be read: then it is never overwritten."""

    @property
    def ids(self) -> Set[Any]:
        """The ids that stand in it."""

    def holding(self, ids: Collection[str | None]) -> Sequence[Line]:
        """The lines that have one of these ids."""

    def asked_for(self, bounds: tuple[str, str] | None, sites: Collection[str] | None) -> Sequence[Line]:
        """The lines that could be among those of some sites that touch these days."""

    def changed(self, puts: Collection[str], lines: Sequence[Line]) -> "Rewrite | None":
        """The file without the records of these ids and with these lines; None when that is what it is already."""

    def at(self, stamp: tuple[int, int, int]) -> "YearFile":
        """The same, of a file that has just been put on disk."""


class Rewrite(NamedTuple):
    """A year file as it is and as it is to be."""

    path: Path
    old: YearFile
    #: The new bytes, in pieces.
    data: Sequence[bytes | memoryview]
    #: What reading the new file would give, without reading it.
    new: YearFile


# --- files ----------------------------------------------------------------------------------------------------


def _stage(path: Path, data: Iterable[bytes | memoryview]) -> Path:
    """Write the new content beside the file and force it to disk."""
    path = path.resolve()
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.writelines(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


@contextlib.contextmanager
def staged(rewrites: Iterable[Rewrite]) -> Iterator[list[tuple[Rewrite, Path]]]:
    """The new contents in temporary files beside the old, removed in the end whatever happens."""
    staged: list[tuple[Rewrite, Path]] = []
    try:
        for rewrite in rewrites:
            staged.append((rewrite, _stage(rewrite.path, rewrite.data)))
        yield staged
    finally:
        for _, temporary in staged:
            temporary.unlink(missing_ok=True)


def put_in_place(staged: Sequence[tuple[Rewrite, Path]]) -> None:
    """Give the staged contents the names of the files they are to replace: all of them, or none.

    Until then each old file keeps a second name, so that what another program writes into it up to the last moment is
    seen, and put back. What it puts in its place by a rename between the last look and ours, a few system calls later,
    is not seen; nor is what it writes afterwards into a file that it had opened before.

    Raises:
        CannotWrite: another program changed one of the files since it was read; all are as it left them.
    """
    targets = [(rewrite, temporary, rewrite.path.resolve()) for rewrite, temporary in staged]
    asides: dict[Path, Path] = {}
    done: list[Path] = []
    try:
        for rewrite, _, target in targets:
            aside = target.with_name(f".{target.name}.{os.getpid()}.old.tmp")
            # A file that is made anew has no other, and some disks have no second names.
            with contextlib.suppress(OSError):
                os.link(target, aside)
                asides[target] = aside
            _refuse_changed(rewrite, target)
        for rewrite, temporary, target in targets:
            # Without a second name what is done cannot be undone, and then it is carried through.
            if asides.keys() >= set(done):
                _refuse_changed(rewrite, target)
            temporary.replace(target)
            done.append(target)
        for rewrite, _, target in targets:
            if target in asides:
                _refuse_changed(rewrite, asides[target])
    except CannotWrite:
        for rewrite, _, target in targets:
            if target in done and target in asides:
                asides.pop(target).replace(target)
            elif target in done and not rewrite.old.digest:
                target.unlink()
        raise
    finally:
        for aside in asides.values():
            aside.unlink(missing_ok=True)


def _refuse_changed(rewrite: Rewrite, path: Path) -> None:
    if stamp_of(path) != rewrite.old.stamp:
        raise CannotWrite(f"{rewrite.old.name} was changed by another program just now; nothing was changed: try again")


def fsync_folder(folder: Path) -> None:
    """Force the names in a folder to disk, where the system can."""
    # Windows cannot open a folder, some network disks cannot sync one; the rename has happened all the same.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def replaced(path: Path, ending: str) -> Iterator[Path]:
    """A path beside the file, with this ending, for others to write to; it takes the file's place when they are done.

    Raises:
        CannotWrite: the folder or disk does not take it; the file is as it was.
    """
    target = path.resolve()
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.tmp{ending}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            if target.exists():
                temporary.chmod(target.stat().st_mode & 0o777)
            temporary.replace(target)
            fsync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {error.strerror or error}; nothing was changed") from error


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file, or leave it as it was; folders on the way to it are made, and taken away again if it fails.

    Raises:
        CannotWrite: the folder or disk does not take it; says what is in the way.
    """
    made: list[Path] = []
    try:
        made = [folder for folder in path.parents if not os.path.lexists(folder)]
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _stage(path, [data])
        try:
            temporary.replace(path.resolve())
        finally:
            temporary.unlink(missing_ok=True)
    # Until Python 3.13 pathlib tells of links that lead in a circle by a RuntimeError.
    except (OSError, RuntimeError) as error:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise CannotWrite(f"cannot write {path}: {_in_the_way(path, error)}; it was left as it was") from error


def _in_the_way(path: Path, error: OSError | RuntimeError) -> str:
    """Why a file could not be written, in words for whoever chose its place."""
    # These functions answer no where a path may not even be asked about; those of pathlib raise.
    if os.path.isdir(path):  # noqa: PTH112
        return "a folder has that name"
    for folder in path.parents:
        if os.path.lexists(folder) and not os.path.isdir(folder):  # noqa: PTH112
            return f"{folder} is not a folder"
    if isinstance(error, PermissionError):
        return f"{error.strerror} (you may not write in that folder, or another program holds the file open)"
    if isinstance(error, RuntimeError):
        return "its links lead in a circle"
    return error.strerror or str(error)
