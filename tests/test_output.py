"""What can be in the way of a page: each is said in words, the old page stays whole, and nothing half-made is left."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from resight.errors import CannotWrite
from resight.featurefile import write_atomically
from resight.logbook import Logbook

resource = pytest.importorskip("resource", reason="limits on the size of a file are a matter of Unix")

Run = Callable[..., Result]
REPORT = "report-2025-vs-2024.html"
COMMANDS = [(("map", "dunay"), "dunay.html"), (("report",), REPORT)]
NOBODY = 65534


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder by its name: the content of files, None for folders."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A disk that takes no more of a file than this; Python turns the signal that goes with it into an error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def as_somebody() -> Iterator[None]:
    """Without the rights of root, to whom permission bits mean nothing."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def refuse(number: int) -> Callable[..., Any]:
    def refused(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return refused


def make_file(out: Path) -> None:
    out.write_text("notes", encoding="utf-8")


def make_link_to_nothing(out: Path) -> None:
    out.symlink_to("nowhere")


def make_folder_of_its_name(out: Path) -> None:
    for _, name in COMMANDS:
        (out / name / "inside").mkdir(parents=True)


def make_circle(out: Path) -> None:
    out.mkdir()
    for _, name in COMMANDS:
        (out / name).symlink_to(name)


@pytest.mark.parametrize(("args", "name"), COMMANDS, ids=["map", "report"])
@pytest.mark.parametrize(
    ("make", "below", "said"),
    [
        (make_file, "", "out is not a folder"),
        (make_file, "deep/er", "out is not a folder"),
        (make_link_to_nothing, "", "out is not a folder"),
        (make_folder_of_its_name, "", "a folder has that name"),
        (make_circle, "", "its links lead in a circle"),
    ],
)
def test_what_is_in_the_way_is_named_and_left_as_it_was(
    run: Run,
    book: Logbook,
    tmp_path: Path,
    make: Callable[[Path], None],
    below: str,
    said: str,
    args: tuple[str, ...],
    name: str,
) -> None:
    out = tmp_path / "out"
    make(out)
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    result = run(*args, "--output", str(out / below), folder=book.folder)
    assert (result.exit_code, result.stdout) == (8, "")
    assert result.stderr.startswith(f"error: cannot write {out / below / name}: ")
    assert f"{said}; it was left as it was" in result.stderr
    assert "--output DIR names another folder" in result.stderr
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("args", "name"), COMMANDS, ids=["map", "report"])
@pytest.mark.parametrize("below", ["", "made/on/the/way"])
def test_a_full_disk_leaves_the_old_page_and_nothing_of_the_new(
    run: Run, book: Logbook, tmp_path: Path, args: tuple[str, ...], name: str, below: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("the old page", encoding="utf-8")
    with files_of_at_most(100_000):
        result = run(*args, "--output", str(out / below), folder=book.folder)
    assert (result.exit_code, result.stdout) == (8, "")
    assert f"cannot write {out / below / name}: File too large" in result.stderr
    assert tree(out) == {name: b"the old page"}


def test_pages_written_before_the_one_that_failed_are_named(run: Run, book: Logbook, tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()
    result = run("map", "dunay", "nakhodka", "--output", str(tmp_path), folder=book.folder)
    pages = [str(tmp_path / name) for name in ("dunay.html", "nakhodka.html")]
    assert (result.exit_code, result.stdout.splitlines()) == (8, pages)
    assert f"index.html: a folder has that name; it was left as it was; written before it: {', '.join(pages)};" in (
        result.stderr
    )


@pytest.mark.parametrize(("args", "name"), COMMANDS, ids=["map", "report"])
def test_a_page_that_another_program_holds_is_left_to_it(
    run: Run, book: Logbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], name: str
) -> None:
    """Windows refuses to replace an open file."""
    (tmp_path / name).write_text("the old page", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse(errno.EACCES))
        result = run(*args, "--output", str(tmp_path), folder=book.folder)
    assert (result.exit_code, result.stdout) == (8, "")
    assert "Permission denied (you may not write in that folder, or another program holds the file open)" in (
        result.stderr
    )
    assert (tmp_path / name).read_bytes() == b"the old page"
    assert not list(tmp_path.glob(".*.tmp"))


def test_a_page_that_is_being_read_is_replaced_and_its_reader_keeps_the_old_one(
    run: Run, book: Logbook, tmp_path: Path
) -> None:
    page = tmp_path / "dunay.html"
    page.write_text("the old page", encoding="utf-8")
    with page.open(encoding="utf-8") as reader:
        assert run("map", "dunay", "--output", str(tmp_path), folder=book.folder).exit_code == 0
        assert reader.read() == "the old page"
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("below", ["page.html", "made/page.html"])
def test_a_folder_one_may_not_write_in_stays_as_it_is(below: str) -> None:
    """By the permission bits, which root has to step down for."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "page.html").write_text("the old page", encoding="utf-8")
        folder.chmod(0o555)
        try:
            with as_somebody(), pytest.raises(CannotWrite, match=r"Permission denied \(you may not write in that"):
                write_atomically(folder / below, b"new")
            assert tree(folder) == {"page.html": b"the old page"}
        finally:
            folder.chmod(0o755)


def test_a_folder_one_may_not_even_look_into_is_said_in_words() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o000)
        try:
            with as_somebody(), pytest.raises(CannotWrite, match="Permission denied"):
                write_atomically(folder / "below" / "page.html", b"new")
        finally:
            folder.chmod(0o755)
        assert tree(folder) == {}


@pytest.mark.parametrize("call", ["mkdir", "open", "replace"])
@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EIO])
def test_whatever_the_system_refuses_nothing_half_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """The same for root, whom no permission bit stops."""
    with monkeypatch.context() as patch:
        patch.setattr(Path, call, refuse(number))
        with pytest.raises(CannotWrite, match=os.strerror(number)):
            write_atomically(tmp_path / "made" / "page.html", b"new")
    assert tree(tmp_path) == {}


def test_a_missing_folder_is_made(run: Run, book: Logbook) -> None:
    assert not (book.folder / "maps").exists()
    assert run("map", "dunay", folder=book.folder).exit_code == 0
    assert {path.name for path in (book.folder / "maps").iterdir()} == {"dunay.html", "index.html"}
