"""A time stamp of RFC 3161, as far as it says which digest existed when; whether to believe it is for openssl to say.

The token's message imprint is the digest of a line of the journal, so whoever trusts the authority that signed it knows
that the line, and every line it rests on, was there at that time. Nothing is verified here but that it can be read.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from resight.errors import InvalidValue
from resight.featurefile import write_atomically

#: Where they are kept, below the logbook's folder.
FOLDER = "observations/stamps"

_SEQUENCE, _OID, _TIME = 0x30, 0x06, 0x18
#: Object identifiers as DER writes them: signed data, the time stamp's content (RFC 3161, 2.4.2), SHA-256 (RFC 5754).
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_SHA256 = bytes.fromhex("608648016503040201")


class Stamp(NamedTuple):
    """What a time stamp says."""

    #: The digest it is over, in hexadecimal digits.
    digest: str
    #: When the authority says it saw it.
    time: datetime
    #: A whole response of the authority, rather than the token alone.
    is_response: bool

    @property
    def to_verify(self) -> str:
        """The command that checks the signature; the authority's certificate is for the person to know."""
        token = "" if self.is_response else " -token_in"
        return f"openssl ts -verify -digest {self.digest} -in FILE{token} -CAfile AUTHORITY.pem"


def kept(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The time stamps kept in a logbook's folder: name and bytes."""
    for path in sorted((folder / FOLDER).glob("*.tsr")):
        yield f"{FOLDER}/{path.name}", path.read_bytes()


def keep(folder: Path, data: bytes, stamp: Stamp) -> str:
    """Put a time stamp beside the journal, under a name of its digest and its own; says which.

    Raises:
        CannotWrite: the disk does not take it.
    """
    name = f"{FOLDER}/{stamp.digest[:16]}-{hashlib.sha256(data).hexdigest()[:8]}.tsr"
    path = folder / name
    if not (path.exists() and path.read_bytes() == data):
        write_atomically(path, data)
    return name


class _DerError(ValueError):
    """The bytes are not the DER that was expected."""


def read(data: bytes, name: str) -> Stamp:
    """What a TimeStampResp or TimeStampToken says (RFC 3161, DER).

    Args:
        data: the file's bytes.
        name: of the file, for the person.

    Raises:
        InvalidValue: it is none, or not over a SHA-256 digest.
    """
    try:
        return _stamp(data)
    except (_DerError, ValueError, IndexError) as error:
        allowed = "a response or token of RFC 3161 as the authority sent it, over SHA-256"
        raise InvalidValue("token", name, f"{name} is no time stamp: {error}", allowed=allowed) from None


def _stamp(data: bytes) -> Stamp:
    ((kind, outer),) = _items(data)
    if kind != _SEQUENCE:
        raise _DerError("it does not begin as DER does")
    parts = list(_items(outer))
    is_response = parts[0][0] == _SEQUENCE
    if is_response:
        status = int.from_bytes(next(_items(parts[0][1]))[1], "big")
        if status not in (0, 1) or len(parts) < 2:
            raise _DerError(f"the authority refused it (status {status})")
        parts = list(_items(parts[1][1]))
    _expect(parts[0], _OID, _SIGNED_DATA, "signed data")
    ((_, signed),) = _items(parts[1][1])
    _, _, (_, content), *_ = _items(signed)
    content_type, octets, *_ = _items(content)
    _expect(content_type, _OID, _TST_INFO, "a time stamp")
    ((_, info),) = _items(octets[1])
    ((_, token),) = _items(info)
    _, _, (_, imprint), _, (time_kind, time), *_ = _items(token)
    (_, algorithm), (_, digest) = _items(imprint)
    _expect(next(_items(algorithm)), _OID, _SHA256, "over a SHA-256 digest")
    if len(digest) != 32 or time_kind != _TIME:
        raise _DerError("its digest or its time is not what RFC 3161 says")
    return Stamp(digest.hex(), _time(time.decode("ascii")), is_response)


def _expect(item: tuple[int, bytes], kind: int, value: bytes, what: str) -> None:
    if item != (kind, value):
        raise _DerError(f"it is not {what}")


def _time(text: str) -> datetime:
    """A GeneralizedTime as RFC 3161 restricts it: ``20261116090000Z``, with a fraction of a second or without."""
    if not text.endswith("Z"):
        raise _DerError(f"its time, {text!r}, is not in UTC")
    form = "%Y%m%d%H%M%S.%f" if "." in text else "%Y%m%d%H%M%S"
    return datetime.strptime(text[:-1], form).replace(tzinfo=UTC)


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of DER bytes, one after the other: tag and content."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise _DerError("a length in it is not one of DER")
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise _DerError("it ends too early")
        yield tag, data[at : at + length]
        at += length
