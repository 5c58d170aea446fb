"""Previews: what is shown of an image in the logbook, what never leaves it, and the reason when nothing is shown."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import zlib
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from resight import previews
from resight.previews import Preview, preview

SECRET = "Anna Analyst 43.0716N"


def image_bytes(kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any) -> bytes:
    held = io.BytesIO()
    Image.new(mode, size, 200 if mode in ("L", "I;16") else "navy").save(held, kind, **options)
    return held.getvalue()


def shown(found: Preview) -> Image.Image:
    assert (found.reason, found.uri[:23]) == ("", "data:image/jpeg;base64,")
    return Image.open(io.BytesIO(b64decode(found.uri[23:])))


def of(folder: Path, data: bytes, sha256: str | None = None) -> Preview:
    (folder / "image").write_bytes(data)
    return preview(folder, "image", sha256)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is as large as that."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(b"")), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


# --- what is shown


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_large_image_is_made_small_in_its_own_shape(tmp_path: Path, kind: str) -> None:
    found = of(tmp_path, image_bytes(kind, (1600, 1000)))
    assert (found.width, found.height) == shown(found).size == (400, 250)
    assert len(found.uri) < 20_000


def test_a_small_image_keeps_its_size(tmp_path: Path) -> None:
    found = of(tmp_path, image_bytes("PNG", (40, 30)))
    assert (found.width, found.height) == shown(found).size == (40, 30)


def test_an_image_in_a_folder_of_the_logbook_is_found_and_a_link_inside_it_is_followed(tmp_path: Path) -> None:
    (tmp_path / "images" / "2025").mkdir(parents=True)
    (tmp_path / "images" / "2025" / "dunay.png").write_bytes(image_bytes())
    (tmp_path / "link").symlink_to(tmp_path / "images" / "2025" / "dunay.png")
    assert preview(tmp_path, "images/2025/dunay.png").reason == ""
    assert preview(tmp_path, "link").reason == ""


def test_a_logbook_that_is_itself_reached_by_a_link_shows_its_images(tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "a.png").write_bytes(image_bytes())
    (tmp_path / "link").symlink_to(tmp_path / "book")
    assert preview(tmp_path / "link", "a.png").reason == ""


def test_what_is_transparent_is_white_and_16_bits_of_grey_are_scaled(tmp_path: Path) -> None:
    held = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(held, "PNG")
    assert shown(of(tmp_path, held.getvalue())).getpixel((4, 4)) == (255, 255, 255)
    held = io.BytesIO()
    Image.new("I;16", (8, 8), 128 * 256).save(held, "PNG")
    assert shown(of(tmp_path, held.getvalue())).getpixel((4, 4)) == (128, 128, 128)


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "1"), ("PNG", "L"), ("PNG", "P"), ("PNG", "LA"), ("JPEG", "CMYK")])
def test_every_kind_of_pixel_is_shown(tmp_path: Path, kind: str, mode: str) -> None:
    held = io.BytesIO()
    Image.new("RGB", (8, 8), "white").convert(mode).save(held, kind)
    assert shown(of(tmp_path, held.getvalue())).mode == "RGB"


def test_a_photograph_taken_sideways_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert shown(of(tmp_path, image_bytes("JPEG", (40, 20), exif=exif))).size == (20, 40)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    data = image_bytes("JPEG", (900, 600))
    assert of(tmp_path, data) == of(tmp_path, data)


# --- what never leaves the logbook


def jpeg_with_secrets() -> bytes:
    exif = Image.Exif()
    exif[0x013B] = SECRET  # Artist
    exif.get_ifd(0x8825)[29] = SECRET  # GPSDateStamp
    held = io.BytesIO()
    image = Image.new("RGB", (40, 30), "navy")
    image.save(held, "JPEG", exif=exif, comment=SECRET, icc_profile=SECRET.encode(), xmp=SECRET.encode())
    return held.getvalue() + SECRET.encode()


def png_with_secrets() -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", SECRET)
    words.add_itxt("XML:com.adobe.xmp", SECRET)
    exif = Image.Exif()
    exif[0x013B] = SECRET
    return image_bytes("PNG", pnginfo=words, exif=exif, icc_profile=SECRET.encode(), dpi=(300, 300)) + SECRET.encode()


@pytest.mark.parametrize("data", [jpeg_with_secrets(), png_with_secrets()], ids=["JPEG", "PNG"])
def test_no_word_or_position_of_the_file_goes_with_the_copy(tmp_path: Path, data: bytes) -> None:
    assert data.count(SECRET.encode()) >= 3
    copy = shown(of(tmp_path, data))
    assert SECRET.encode() not in b64decode(of(tmp_path, data).uri[23:])
    assert dict(copy.getexif()) == {}
    assert set(copy.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize(
    "href", ["../outside.png", "images/../../outside.png", "out", "out-folder/outside.png", "{outside}"]
)
def test_nothing_outside_the_logbook_is_shown(tmp_path: Path, href: str) -> None:
    book, outside = tmp_path / "book", tmp_path / "outside.png"
    (book / "images").mkdir(parents=True)
    outside.write_bytes(image_bytes())
    (book / "out").symlink_to(outside)
    (book / "out-folder").symlink_to(tmp_path)
    found = preview(book, href.format(outside=outside))
    assert found == Preview(reason="image not shown here: its path leads out of the logbook")


@pytest.mark.parametrize("href", ["https://example.org/a.png", "s3://bucket/a.png", "file:///etc/passwd"])
def test_nothing_is_fetched(tmp_path: Path, href: str) -> None:
    assert preview(tmp_path, href).reason == (
        "image not shown here: it is on the web, and nothing is fetched for this page"
    )


# --- the reasons


@pytest.mark.parametrize("href", ["missing.png", "a\0b", "x" * 5000, "loop", "broken", "data:image/png;base64,AAAA"])
def test_a_path_that_leads_nowhere(tmp_path: Path, href: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "broken").symlink_to(tmp_path / "gone")
    assert preview(tmp_path, href).reason == "image not shown here: no such file in the logbook"


def test_a_logbook_that_is_not_there(tmp_path: Path) -> None:
    assert preview(tmp_path / "none", "a.png").reason == "image not shown here: no such file in the logbook"


@pytest.mark.parametrize("href", ["", ".", "folder", "pipe"])
def test_a_path_to_what_is_no_file(tmp_path: Path, href: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")  # would be waited for, if it were opened
    assert preview(tmp_path, href).reason == "image not shown here: its path leads to no file"


def test_a_file_too_large_to_open_is_said_with_its_size(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(81_300_000)
    assert preview(tmp_path, "a.png").reason == "image on file, not shown here: 81.3 MB, more than 50 MB"


@pytest.mark.parametrize("data", [b"", b"\x89PNG", b"GIF89a", b"II*", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_image_that_is_kept_by_its_first_bytes(tmp_path: Path, data: bytes) -> None:
    assert of(tmp_path, data).reason == "image on file, not shown here: no PNG, JPEG or TIFF, by its first bytes"


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_a_file_cut_short(tmp_path: Path, kind: str, part: float) -> None:
    held = io.BytesIO()
    Image.effect_noise((60, 60), 80).save(held, kind)
    data = held.getvalue()
    reason = of(tmp_path, data[: int(len(data) * part)]).reason
    assert reason == f"image on file, not shown here: the {kind} is damaged or cut short"


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((6325, 6325), "6325 × 6325 pixels"),  # just above 40 million
        ((30_000, 4_000), "30000 × 4000 pixels"),
        ((60_000, 60_000), "far too many pixels"),
    ],
)
def test_an_image_of_too_many_pixels_is_not_decoded(tmp_path: Path, size: tuple[int, int], said: str) -> None:
    assert of(tmp_path, png_of(*size)).reason == (f"image on file, not shown here: {said}, more than 40 million in all")


def test_just_enough_pixels_are_decoded(tmp_path: Path) -> None:
    # The header alone is right, so that it is the decoder that says no.
    assert of(tmp_path, png_of(8000, 5000)).reason.endswith("the PNG is damaged or cut short")


def test_a_file_that_is_not_the_one_recorded_is_not_shown(tmp_path: Path) -> None:
    data = image_bytes()
    right = hashlib.sha256(data).hexdigest()
    assert shown(of(tmp_path, data, right)).size == (40, 30)
    found = of(tmp_path, data, "0" * 64)
    assert found == Preview(
        reason="image on file, not shown here: the file is not the one recorded "
        f"(its SHA-256 begins {right[:8]}, the record’s 00000000)"
    )


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


@given(st.sampled_from([jpeg_with_secrets(), png_with_secrets()]), st.data())
def test_no_damage_to_a_file_raises(scratch: Path, data: bytes, draw: st.DataObject) -> None:
    damaged = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 4))):
        damaged[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    found = of(scratch, bytes(damaged))
    assert bool(found.uri) != bool(found.reason)


@given(st.text(max_size=40))
def test_no_path_raises(scratch: Path, href: str) -> None:
    found = preview(scratch, href)
    assert bool(found.uri) != bool(found.reason)


def test_pillow_waits_until_an_image_is_opened() -> None:
    assert "Image" not in vars(previews)
