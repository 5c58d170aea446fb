"""The images kept beside the records: files named by their own SHA-256 under ``observations/images``, never changed.

What an image is, its first bytes decide and not its name. One file stands there once, however many records show it,
and it is on disk before the record that names it: a crash leaves at most a file that no record names.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from resight.checks import Located
from resight.errors import CannotWrite, InvalidValue, Problem
from resight.featurefile import fsync_folder, write_atomically

Kind = Literal["PNG", "JPEG", "TIFF"]

FOLDER = "observations/images"
#: Larger files are not kept: a logbook is passed on with git, and a page has to read them.
MOST_BYTES = 50_000_000
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),  # BigTIFF
    (b"MM\0+", "TIFF"),
)
_ENDING: dict[Kind, str] = {"PNG": "png", "JPEG": "jpg", "TIFF": "tif"}
_ENDINGS: dict[Kind, tuple[str, ...]] = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg", ".jpe"), "TIFF": (".tif", ".tiff")}
_LINK = "or say where it is (--image-link, of attach --link), so that only its digest is recorded"


class Image(NamedTuple):
    """An image file as somebody gave it, read whole and known by its first bytes."""

    #: Empty for a file too large to be kept, of which only the digest is wanted.
    data: bytes
    kind: Kind
    #: In hexadecimal digits.
    sha256: str
    #: The file's name, for the person.
    name: str

    @property
    def href(self) -> str:
        """Where it is kept, relative to the logbook's folder."""
        return f"{FOLDER}/{self.sha256[:2]}/{self.sha256}.{_ENDING[self.kind]}"

    @property
    def misnamed(self) -> str:
        """What is to be said of a name that promises another format; empty where it fits."""
        ending = PurePosixPath(self.name).suffix
        if ending.casefold() in _ENDINGS[self.kind]:
            return ""
        called = f"is called {ending}" if ending else "has no ending in its name"
        return f"{self.name} {called} and is a {self.kind} by its content, as which it is kept"


def kind_of(data: bytes) -> Kind | None:
    """The format that the first bytes tell; None if it is none that is kept."""
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def read(path: str | os.PathLike[str], *, to_keep: bool = True) -> Image:
    """An image file that somebody names; a link is followed, since only its content counts.

    Args:
        path: of the file.
        to_keep: False where only its digest is to be recorded: then it may be of any size.

    Raises:
        InvalidValue: no such file, no file, too large, or no image by its content.
    """
    file = Path(path)
    try:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a device or pipe"
            raise _refused(path, f"{path} is {kind}, not an image file")
        is_large = found.st_size > MOST_BYTES
        if is_large and to_keep:
            what = f"{file.name} has {found.st_size / 1e6:.1f} MB"
            raise _refused(path, what, f"{MOST_BYTES // 10**6} MB at most: cut out the part that shows it, {_LINK}")
        with file.open("rb") as opened:
            data = opened.read(len(_MAGIC[0][0]) if is_large else -1)
        sha256 = _digest(file) if is_large else hashlib.sha256(data).hexdigest()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _refused(path, f"{path} cannot be read: {reason}") from None
    recognised = kind_of(data)
    if recognised is None:
        what = "is empty" if not data else f"begins with the bytes {data[:8].hex(' ')}, as no image kept here does"
        raise _refused(path, f"{file.name} {what}", "PNG, JPEG, GeoTIFF")
    return Image(b"" if is_large else data, recognised, sha256, file.name)


def _refused(path: object, what: str, allowed: str = "") -> InvalidValue:
    return InvalidValue("image", str(path), what, allowed=allowed)


def keep(folder: Path, image: Image) -> None:
    """Put an image under its digest, unless it stands there; under the logbook's lock, before the record is written.

    Raises:
        CannotWrite: the disk does not take it, the folder leads out of the logbook, or another file has its place.
    """
    path = folder / image.href
    root = folder.resolve()
    # Nothing is shown of what lies outside (see previews), so nothing is put there either.
    if not path.resolve().is_relative_to(root) or path.is_symlink():
        what = f"{FOLDER} leads out of the logbook through a link, where no page would show the image"
        raise CannotWrite(f"{what}; nothing was changed: make it a folder, {_LINK}")
    if path.exists():
        if _digest(path) == image.sha256:
            return
        what = f"{image.href} stands there and is not what its name says"
        raise CannotWrite(f"{what}; nothing was changed: move it away, `resight check` says who names it")
    write_atomically(path, image.data)
    for made in (path.parent, path.parent.parent):
        fsync_folder(made)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def audit(folder: Path, records: Iterable[Located]) -> Iterator[Problem]:
    """What is wrong with the images on file: missing, changed, or named by no record. Reads each of them whole."""
    root = folder.resolve()
    named: set[Path] = set()
    digests: dict[Path, str | None] = {}
    for located in records:
        href, stated = located.record.image_href, located.record.image_sha256
        if not href or "://" in href:
            continue
        try:
            path = (folder / href).resolve()
        except (OSError, RuntimeError):  # a link onto itself
            yield located.problem("warning", "image_href", f"{href} leads nowhere", "attach the image")
            continue
        named.add(path)
        if not path.is_relative_to(root):
            yield located.problem("warning", "image_href", f"{href} leads out of the logbook", "attach the image")
            continue
        if path not in digests:
            digests[path] = None
            with contextlib.suppress(OSError):
                # A pipe or device would be waited for, or read without an end.
                digests[path] = _digest(path) if path.is_file() else None
        found = digests[path]
        if found is None:
            mend = "put it back from a copy, or attach it again"
            yield located.problem("warning", "image_href", f"{href} is not there or cannot be read", mend)
        elif stated and found != stated:
            what = (
                f"{href} is not the image that was recorded: its SHA-256 begins {found[:8]}, the record’s {stated[:8]}"
            )
            yield located.problem("error", "image_sha256", what, "put the image back from a copy")
    yield from _unnamed(folder, named)


def _unnamed(folder: Path, named: set[Path]) -> Iterator[Problem]:
    for path in sorted((folder / FOLDER).rglob("*")):
        if not path.is_file() or path.resolve() in named:
            continue
        name = path.relative_to(folder).as_posix()
        stem = path.stem
        if not re.fullmatch(r"[0-9a-f]{64}", stem):
            yield Problem("notice", "is not an image that was attached, and no record names it", name)
        elif _digest(path) != stem:
            yield Problem("warning", "is not what its name says, and no record names it", name, mend="remove it")
        else:
            what = "no record names this image now: it was replaced, or its record was never written"
            yield Problem("notice", what, name, mend="keep it if the journal names it")
