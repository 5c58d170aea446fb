"""Images beside the records: kept once under their digest, never changed, refused in words, and checked."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image as Pillow

from resight import images
from resight.errors import CannotWrite, DuplicateRecord, InvalidValue
from resight.logbook import Logbook
from resight.observation import Observation

Run = Callable[..., Result]
DUNAY = ("log", "dunay", "--date", "2025-11-03", "--platform", "ropucha")
LOGGED = "dunay-2025-11-03-ropucha-class"


def picture(kind: str = "PNG", colour: str = "navy", **options: object) -> bytes:
    held = io.BytesIO()
    Pillow.new("RGB", (40, 30), colour).save(held, kind, **options)
    return held.getvalue()


def a_file(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def on_file(book: Logbook) -> list[str]:
    return sorted(str(path.relative_to(book.folder)) for path in (book.folder / images.FOLDER).rglob("*.*"))


def taken_exif(offset: str | None = None) -> Pillow.Exif:
    exif = Pillow.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2025:11:03 10:40:00"
    if offset:
        exif.get_ifd(0x8769)[0x9011] = offset
    return exif


# --- kept


@pytest.mark.parametrize(("kind", "ending"), [("PNG", "png"), ("JPEG", "jpg")])
def test_an_image_is_kept_under_its_digest_and_the_record_names_it(
    empty_book: Logbook, run: Run, tmp_path: Path, kind: str, ending: str
) -> None:
    data = picture(kind)
    digest = hashlib.sha256(data).hexdigest()
    href = f"observations/images/{digest[:2]}/{digest}.{ending}"
    done = run(*DUNAY, "--image", a_file(tmp_path, f"a.{ending}", data), folder=empty_book.folder)
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"  image {href}, SHA-256 {digest[:12]}…" in done.stdout
    record = Logbook(empty_book.folder).get(LOGGED)
    assert (record.image_href, record.image_sha256) == (href, digest)
    assert (empty_book.folder / href).read_bytes() == data
    assert (tmp_path / f"a.{ending}").read_bytes() == data


def test_the_same_image_twice_is_kept_once_and_not_written_again(empty_book: Logbook, run: Run, tmp_path: Path) -> None:
    first = a_file(tmp_path, "a.png", picture())
    again = a_file(tmp_path, "b.png", picture())
    run(*DUNAY, "--image", first, folder=empty_book.folder)
    (kept,) = on_file(empty_book)
    before = (empty_book.folder / kept).stat()
    run("log", "dunay", "--date", "2025-11-04", "--platform", "tapir", "--image", again, folder=empty_book.folder)
    after = (empty_book.folder / kept).stat()
    assert on_file(empty_book) == [kept]
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert Logbook(empty_book.folder).get("dunay-2025-11-04-tapir-class").image_href == kept


def test_the_content_decides_what_it_is_and_a_wrong_name_is_said(empty_book: Logbook, run: Run, tmp_path: Path) -> None:
    done = run(*DUNAY, "--image", a_file(tmp_path, "a.png", picture("JPEG")), folder=empty_book.folder)
    assert "a.png is called .png and is a JPEG by its content, as which it is kept" in done.stderr
    assert [Path(name).suffix for name in on_file(empty_book)] == [".jpg"]


def test_several_things_in_one_image_name_one_file(empty_book: Logbook, run: Run, tmp_path: Path) -> None:
    given = a_file(tmp_path, "a.png", picture())
    done = run(*DUNAY, "--platform", "tapir", "--image", given, folder=empty_book.folder)
    assert done.exit_code == 0, done.output
    records = Logbook(empty_book.folder).read().records
    assert [record.image_href for record in records] == on_file(empty_book) * 2


def test_with_takes_over_the_look_but_not_its_image_when_another_is_given(
    empty_book: Logbook, run: Run, tmp_path: Path
) -> None:
    run(*DUNAY, "--provider", "Planet", "--image", a_file(tmp_path, "a.png", picture()), folder=empty_book.folder)
    other = a_file(tmp_path, "b.png", picture(colour="red"))
    run("log", "--with", LOGGED, "--platform", "tapir", "--image", other, folder=empty_book.folder)
    run("log", "--with", LOGGED, "--platform", "crane", folder=empty_book.folder)
    book = Logbook(empty_book.folder)
    tapir, crane = book.get("dunay-2025-11-03-tapir-class"), book.get("dunay-2025-11-03-crane")
    assert tapir.image_provider == "Planet"
    assert tapir.image_sha256 == hashlib.sha256(picture(colour="red")).hexdigest()
    assert crane.image_sha256 == hashlib.sha256(picture()).hexdigest()


def test_a_link_records_address_and_digest_and_keeps_nothing(empty_book: Logbook, run: Run, tmp_path: Path) -> None:
    link = "https://example.org/a.png"
    given = a_file(tmp_path, "a.png", picture())
    assert run(*DUNAY, "--image-link", link, "--image", given, folder=empty_book.folder).exit_code == 0
    stated = ("--image-link", link, "--image-sha256", "ab" * 32)
    tapir = ("log", "dunay", "--date", "2025-11-03", "--platform", "tapir", *stated)
    assert run(*tapir, folder=empty_book.folder).exit_code == 0
    book = Logbook(empty_book.folder)
    both = [book.get(name) for name in (LOGGED, "dunay-2025-11-03-tapir-class")]
    assert [record.image_href for record in both] == [link, link]
    assert [record.image_sha256 for record in both] == [hashlib.sha256(picture()).hexdigest(), "ab" * 32]
    assert on_file(book) == []


def test_a_scene_too_large_to_keep_may_be_linked(empty_book: Logbook, run: Run, tmp_path: Path) -> None:
    scene = tmp_path / "scene.tif"
    with scene.open("wb") as file:
        file.write(b"II*\0")
        file.truncate(50_000_001)
    link = ("--image-link", "https://example.org/scene.tif", "--image", str(scene))
    done = run(*DUNAY, *link, folder=empty_book.folder)
    assert done.exit_code == 0, done.output
    assert "of scene.tif only the digest is recorded, it was not read: it is too large" in done.stderr
    digest = hashlib.sha256(b"II*\0" + bytes(49_999_997)).hexdigest()
    assert Logbook(empty_book.folder).get(LOGGED).image_sha256 == digest
    assert on_file(empty_book) == []


def test_a_stated_digest_must_be_that_of_the_file(empty_book: Logbook, run: Run, tmp_path: Path) -> None:
    given = a_file(tmp_path, "a.png", picture())
    done = run(*DUNAY, "--image", given, "--image-sha256", "ab" * 32, folder=empty_book.folder)
    assert done.exit_code == 3
    assert "not the one stated" in done.stderr
    assert Logbook(empty_book.folder).read().records == []


# --- times


@pytest.mark.parametrize(
    ("offset", "said"),
    [(None, "names no zone, says 2025:11:03 10:40:00;"), ("+09:00", "in its EXIF, says 2025:11:03 10:40:00+09:00;")],
)
def test_the_clock_of_a_jpeg_is_told_and_not_taken_over(
    empty_book: Logbook, run: Run, tmp_path: Path, offset: str | None, said: str
) -> None:
    given = a_file(tmp_path, "a.jpg", picture("JPEG", exif=taken_exif(offset)))
    done = run(*DUNAY, "--image", given, folder=empty_book.folder)
    assert said in done.stderr
    assert "--image-time" in done.stderr
    assert Logbook(empty_book.folder).get(LOGGED).image_time is None


def test_nothing_is_proposed_where_the_analyst_has_stated_the_time(
    empty_book: Logbook, run: Run, tmp_path: Path
) -> None:
    given = a_file(tmp_path, "a.jpg", picture("JPEG", exif=taken_exif()))
    stated = ("--image-time", "2025-11-03T01:40:00Z")
    assert run(*DUNAY, *stated, "--image", given, folder=empty_book.folder).stderr == ""


# --- attach


def test_attach_gives_a_logged_record_its_image(book: Logbook, run: Run, tmp_path: Path) -> None:
    identifier = "dunay-2024-10-17-tapir-class"
    given = a_file(tmp_path, "a.png", picture())
    done = run("attach", identifier, given, folder=book.folder)
    assert done.exit_code == 0, done.output
    (kept,) = on_file(book)
    assert f"image_href: empty → {kept}" in done.stdout
    record = Logbook(book.folder).get(identifier)
    assert (record.revision, record.image_href) == (2, kept)
    again = run("attach", identifier, given, folder=book.folder)
    assert again.stdout == f"{identifier}: nothing changed.\n"


def test_attach_puts_a_lost_file_back(book: Logbook, run: Run, tmp_path: Path) -> None:
    given = a_file(tmp_path, "a.png", picture())
    run("attach", "dunay-2024-10-17-tapir-class", given, folder=book.folder)
    (kept,) = on_file(book)
    (book.folder / kept).unlink()
    run("attach", "dunay-2024-10-17-tapir-class", given, folder=book.folder)
    assert (book.folder / kept).read_bytes() == picture()


def test_another_image_is_attached_only_when_told_to_replace_it(book: Logbook, run: Run, tmp_path: Path) -> None:
    identifier = "dunay-2024-10-17-tapir-class"
    first, other = (a_file(tmp_path, f"{c}.png", picture(colour=c)) for c in ("navy", "red"))
    run("attach", identifier, first, folder=book.folder)
    refused = run("attach", identifier, other, folder=book.folder)
    assert refused.exit_code == 3
    assert "has another image" in refused.stderr
    assert run("attach", identifier, other, "--replace", folder=book.folder).exit_code == 0
    red = hashlib.sha256(picture(colour="red")).hexdigest()
    assert Logbook(book.folder).get(identifier).image_sha256 == red
    # The journal names the first one still: it stays, and check tells of it.
    assert len(on_file(book)) == 2
    (orphan,) = Logbook(book.folder).check_images()
    assert (orphan.level, orphan.what[:29]) == ("notice", "no record names this image no")


def test_what_was_said_of_the_earlier_image_is_told_when_it_is_replaced(
    empty_book: Logbook, run: Run, tmp_path: Path
) -> None:
    first, other = (a_file(tmp_path, f"{c}.png", picture(colour=c)) for c in ("navy", "red"))
    facts = ("--gsd", "0.5", "--image-time", "2025-11-03T01:40:00Z")
    run(*DUNAY, *facts, "--image", first, folder=empty_book.folder)
    done = run("attach", LOGGED, other, "--replace", folder=empty_book.folder)
    assert "said of the earlier image and kept: gsd_m 0.5, image_time 2025-11-03T01:40:00Z; amend" in done.stderr


def test_attach_with_a_link_keeps_nothing(book: Logbook, run: Run, tmp_path: Path) -> None:
    given = a_file(tmp_path, "a.png", picture())
    link = "https://example.org/scene.tif"
    run("attach", "dunay-2024-10-17-tapir-class", given, "--link", link, folder=book.folder)
    record = Logbook(book.folder).get("dunay-2024-10-17-tapir-class")
    assert (record.image_href, on_file(book)) == (link, [])


# --- refused


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "a.png is empty"),
        (b"GIF89a,,,,,,", "begins with the bytes 47 49 46 38 39 61 2c 2c"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "as no image kept here does"),
        (picture()[:60], "a.png cannot be used: the PNG is damaged or cut short"),
    ],
)
def test_what_is_no_whole_image_is_refused_and_nothing_is_written(
    empty_book: Logbook, run: Run, tmp_path: Path, data: bytes, said: str
) -> None:
    done = run(*DUNAY, "--image", a_file(tmp_path, "a.png", data), folder=empty_book.folder)
    assert done.exit_code == 3
    assert said in done.stderr
    assert (Logbook(empty_book.folder).read().records, on_file(empty_book)) == ([], [])


def test_folders_pipes_and_what_is_not_there_are_no_images(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # would be waited for, if it were opened
    for name, said in (("", "is a folder"), ("pipe", "is a device or pipe"), ("none", "No such file"), ("a\0", "null")):
        with pytest.raises(InvalidValue, match=said):
            images.read(tmp_path / name)


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.tif").open("wb") as file:
        file.truncate(50_000_001)
    with pytest.raises(InvalidValue, match=r"a\.tif has 50\.0 MB; allowed: 50 MB at most: cut out .*\(--image-link"):
        images.read(tmp_path / "a.tif")


def test_a_link_as_the_file_given_is_followed_and_only_its_content_kept(tmp_path: Path, empty_book: Logbook) -> None:
    a_file(tmp_path, "a.png", picture())
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    image = images.read(tmp_path / "link.png")
    images.keep(empty_book.folder, image)
    assert not (empty_book.folder / image.href).is_symlink()


@pytest.mark.parametrize("where", ["observations/images", "observations/images/{}", "file"])
def test_nothing_is_put_outside_the_logbook_through_a_link(tmp_path: Path, empty_book: Logbook, where: str) -> None:
    image = images.read(a_file(tmp_path, "a.png", picture()))
    (tmp_path / "elsewhere").mkdir()
    link = empty_book.folder / (image.href if where == "file" else where.format(image.sha256[:2]))
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotWrite, match="leads out of the logbook through a link"):
        images.keep(empty_book.folder, image)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_that_has_the_place_of_another_is_not_overwritten(tmp_path: Path, empty_book: Logbook) -> None:
    image = images.read(a_file(tmp_path, "a.png", picture()))
    (empty_book.folder / image.href).parent.mkdir(parents=True)
    (empty_book.folder / image.href).write_bytes(b"another")
    with pytest.raises(CannotWrite, match="stands there and is not what its name says"):
        images.keep(empty_book.folder, image)
    assert (empty_book.folder / image.href).read_bytes() == b"another"


def test_an_image_of_a_refused_record_is_not_kept(book: Logbook, tmp_path: Path) -> None:
    image = images.read(a_file(tmp_path, "a.png", picture()))
    twin = Observation(site="dunay", date="2025-05-18", platform="ropucha-class", image_href=image.href)
    with pytest.raises(DuplicateRecord):
        book.add(twin, image=image)
    assert on_file(book) == []


def test_a_write_cut_off_leaves_at_most_an_image_that_check_names(
    empty_book: Logbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = images.read(a_file(tmp_path, "a.png", picture()))
    record = Observation(site="dunay", date="2025-05-18", platform="ropucha-class", image_href=image.href)

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Logbook, "_write", power_cut)
    with pytest.raises(KeyboardInterrupt):
        empty_book.add(record, image=image)
    monkeypatch.undo()
    after = Logbook(empty_book.folder)
    assert after.read().records == []
    (orphan,) = after.check_images()
    assert (orphan.level, orphan.file) == ("notice", image.href)
    after.add(record, image=image)
    assert after.check_images() == []


# --- checked


@pytest.fixture
def with_image(empty_book: Logbook, run: Run, tmp_path: Path) -> Path:
    """The path of the image of the only record of the empty logbook."""
    run(*DUNAY, "--image", a_file(tmp_path, "a.png", picture()), folder=empty_book.folder)
    (kept,) = on_file(empty_book)
    return empty_book.folder / kept


def test_an_image_as_it_was_recorded_is_nothing_to_tell(empty_book: Logbook, with_image: Path) -> None:
    assert with_image.exists()
    assert Logbook(empty_book.folder).check_images() == []


def test_an_image_that_was_changed_is_an_error_of_check(empty_book: Logbook, run: Run, with_image: Path) -> None:
    with_image.write_bytes(picture(colour="red"))
    done = run("check", folder=empty_book.folder)
    assert done.exit_code == 1
    href = with_image.relative_to(empty_book.folder)
    said = f"error: observations/2025.geojson:2: {LOGGED} [image_sha256]: {href} is not the image that was recorded"
    assert said in done.stdout


def test_an_image_that_is_missing_is_a_warning(empty_book: Logbook, run: Run, with_image: Path) -> None:
    with_image.unlink()
    done = run("check", folder=empty_book.folder)
    assert done.exit_code == 0
    assert "is not there or cannot be read (put it back from a copy, or attach it again)" in done.stdout


def test_what_lies_among_the_images_and_is_none_is_named(empty_book: Logbook, with_image: Path) -> None:
    (with_image.parent / "notes.txt").write_text("x")
    (with_image.parent / ("0" * 64 + ".png")).write_bytes(picture())
    found = {problem.file.rpartition("/")[2]: problem for problem in Logbook(empty_book.folder).check_images()}
    assert {name: problem.level for name, problem in found.items()} == {
        "notes.txt": "notice",
        "0" * 64 + ".png": "warning",
    }


@pytest.mark.usefixtures("with_image")
def test_only_check_reads_the_images(empty_book: Logbook, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> str:
        raise AssertionError

    monkeypatch.setattr(images, "_digest", never)
    for command in (("list",), ("show", LOGGED), ("last",), ("report", "--year", "2025", "--format", "md")):
        assert run(*command, folder=empty_book.folder).exit_code == 0
