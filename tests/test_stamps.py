"""Time stamps of RFC 3161 that openssl made, over the SHA-256 of "abc" (FIPS 180-4)."""

import contextlib
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resight import stamps
from resight.errors import InvalidValue

STAMPS = Path(__file__).parent / "fixtures" / "stamps"
TIME = datetime(2026, 11, 23, 17, 35, 5, tzinfo=UTC)
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def bytes_of(name: str) -> bytes:
    return (STAMPS / name).read_bytes()


@pytest.mark.parametrize(("name", "is_response"), [("abc.tsr", True), ("abc-token.tsr", False)])
def test_a_response_and_the_token_alone_say_the_same(name: str, is_response: bool) -> None:
    stamp = stamps.read(bytes_of(name), name)
    assert stamp == stamps.Stamp(ABC, TIME, is_response)
    assert ("-token_in" in stamp.to_verify) is not is_response


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (bytes_of("abc-sha512.tsr"), "it is not over a SHA-256 digest"),
        (bytes_of("refused.tsr"), r"the authority refused it \(status 2\)"),
        (b"", "is no time stamp"),
        (b"-----BEGIN PKCS7-----", "is no time stamp"),
        (bytes_of("authority.pem"), "is no time stamp"),
        (b"\x30\x80\x00\x00", "a length in it is not one of DER"),
    ],
)
def test_what_is_no_time_stamp_is_refused_in_words(data: bytes, what: str) -> None:
    with pytest.raises(InvalidValue, match=what):
        stamps.read(data, "given.tsr")


@given(st.data())
def test_no_cut_or_altered_time_stamp_is_more_than_refused(data: st.DataObject) -> None:
    whole = bytes_of("abc.tsr")
    at = data.draw(st.integers(0, len(whole) - 1))
    for given_ in (whole[:at], whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :]):
        # Any other exception is the failure.
        with contextlib.suppress(InvalidValue):
            stamps.read(given_, "x")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing")
@pytest.mark.parametrize("name", ["abc.tsr", "abc-token.tsr"])
def test_the_command_that_is_named_checks_the_signature(name: str) -> None:
    command = stamps.read(bytes_of(name), name).to_verify
    words = command.replace("FILE", str(STAMPS / name)).replace("AUTHORITY.pem", str(STAMPS / "authority.pem")).split()
    done = subprocess.run([*words, "-attime", str(int(TIME.timestamp()))], capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout + done.stderr
