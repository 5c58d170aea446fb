"""What is packed in a zip (a workbook, a KMZ): its members, within limits, and never more than they may come to."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from pathlib import Path

from resight.errors import UnreadableFile

#: What unpacking a damaged zip raises, besides RuntimeError for one that is locked.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    KeyError,
    ValueError,
    NotImplementedError,
)
#: How a zip that holds something begins.
MAGIC = b"PK\x03\x04"
#: What a zip may come to when unzipped, and how many times its size: more is a zip bomb.
MOST_BYTES = 2**30
MOST_RATIO = 200
#: Nobody is hurt by less than this, and a few repeated lines pack well.
SMALL = 16 * 2**20


def names(path: Path) -> list[str]:
    """The names of what is in a zip.

    Raises:
        UnreadableFile: it is not a whole zip, is locked, or would be unreasonably large when unzipped.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
    except DAMAGED as error:
        raise _broken(path, error) from error
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableFile(f"{path.name} is protected by a password: save a copy without one")
    total, zipped = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if total > MOST_BYTES or (total > SMALL and total > MOST_RATIO * max(zipped, 1)):
        raise _too_large(
            path, f"would be {total / 2**20:,.0f} MB when unzipped, {total / max(zipped, 1):,.0f} times its size"
        )
    return [member.filename for member in members]


def content(path: Path, name: str, most: int = MOST_BYTES) -> bytes:
    """One member of a zip, read in parts, so that a bomb stops at the limit whatever its directory says.

    Raises:
        UnreadableFile: it is not whole, or comes to more than ``most`` bytes or :data:`MOST_RATIO` times its size.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            member = packed.getinfo(name)
            most = min(most, max(SMALL, member.compress_size * MOST_RATIO))
            with packed.open(member) as file:
                found = file.read(most + 1)
    except DAMAGED as error:
        raise _broken(path, error) from error
    except RuntimeError as error:
        raise UnreadableFile(f"{path.name} cannot be unpacked: {error}") from None
    if len(found) > most:
        raise _too_large(path, f"{name} in it unpacks to more than {most // 2**20} MB")
    return found


def check_definitions(path: Path) -> None:
    """Refuse XML with definitions of its own, in which entities could be hidden that fill the memory.

    Raises:
        UnreadableFile: a member has them, or the zip is not whole.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            for member in packed.infolist():
                if member.filename.lower().endswith((".xml", ".rels")):
                    with packed.open(member) as file:
                        head = file.read(4096).replace(b"\0", b"")
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        what = "holds XML with definitions of its own (DOCTYPE), which no workbook needs"
                        raise UnreadableFile(f"{path.name} {what}: {member.filename}")
    except DAMAGED as error:
        raise _broken(path, error) from error


def _broken(path: Path, error: Exception) -> UnreadableFile:
    return UnreadableFile(f"{path.name} is no whole zip file ({error}): is it cut off? Copy or export it again")


def _too_large(path: Path, what: str) -> UnreadableFile:
    return UnreadableFile(
        f"{path.name}: {what}; read are up to {MOST_BYTES // 2**20:,} MB and {MOST_RATIO} times the size: it was not "
        "unpacked further"
    )
