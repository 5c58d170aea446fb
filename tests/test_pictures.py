"""The images beside the records of a map page: whose, once each, both of a match, how many, and never a secret one."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image

from resight import flatmap, maps, pictures, previews
from resight.logbook import Logbook
from resight.observation import Observation
from resight.pictures import Pictures, TooManyImages
from resight.previews import Chip, Preview
from test_maps import SITES, data_of, page_of, record, repeats_of

Run = Callable[..., Result]
SECRET = {"title": "a friend", "confidential": True}
OPEN = {"title": "a report"}


def pictured(identifier: str, date: str = "2025-05-18", href: str | None = None, **values: Any) -> Observation:
    return record(identifier, date, image_href=href or f"images/{identifier}.png", **values)


def of_dunay(records: Sequence[Observation], answer: Preview | None = None) -> tuple[Pictures, list[str]]:
    """The images of Dunay's page, and the records whose image was asked for."""
    asked: list[str] = []

    def preview(one: Observation) -> Preview:
        asked.append(one.id or "")
        return answer or Preview(f"data:image/jpeg;base64,{one.id}", 400, 300)

    return pictures.of_site(
        records, SITES["dunay"], repeats_of(tuple(records)), preview, lambda _: Chip(reason="no place")
    ), asked


def test_a_record_has_its_copy_its_credit_and_the_other_half_of_its_match() -> None:
    now = pictured("now", image_provider="Planet", image_license="CC-BY-4.0")
    found, _ = of_dunay([now, pictured("then", "2024-05-18")])
    assert found.copies == [[f"data:image/jpeg;base64,{name}", 400, 300] for name in ("now", "then")]
    assert found.of == {
        "now": {"copy": 0, "credit": ["Planet", "CC-BY-4.0"], "beside": ["then"]},
        "then": {"copy": 1, "credit": [], "beside": ["now"]},
    }


def test_without_a_match_an_image_stands_alone() -> None:
    found, _ = of_dunay([pictured("now", platform_name="Oslyabya", count=1)])
    assert found.of["now"]["beside"] == []


def test_the_other_half_is_any_sighting_of_the_matched_visit_that_has_an_image() -> None:
    then = [record("then1", "2024-05-18", basis="own"), pictured("then2", "2024-05-19", basis="own")]
    found, _ = of_dunay([pictured("now"), *then])
    assert (found.of["now"]["beside"], found.of["then2"]["beside"]) == (["then2"], ["now"])
    assert "then1" not in found.of


def test_one_image_of_several_records_is_held_once() -> None:
    found, asked = of_dunay([pictured("a", href="images/x.png"), pictured("b", href="images/x.png", platform="ship")])
    assert (len(found.copies), asked) == (1, ["a"])
    assert found.of["a"]["copy"] == found.of["b"]["copy"] == 0


@pytest.mark.parametrize(
    ("values", "is_asked"),
    [
        ({}, True),
        ({"sources": [SECRET]}, False),
        ({"sources": [SECRET, OPEN]}, True),
        ({"href": "https://example.org/a.png"}, False),
        ({"site": "nakhodka"}, False),
        ({"date": "2023-05-18"}, False),
        ({"date": "2024-12/2025-01"}, True),
        ({"date": "2023-12/2024-01"}, False),
        ({"outcome": "not-seen"}, True),
    ],
)
def test_only_images_of_the_page_and_its_years_that_are_not_all_confidential_are_asked_for(
    values: dict[str, Any], is_asked: bool
) -> None:
    found, asked = of_dunay([pictured("one", **values)])
    assert (asked, "one" in found.of, found.problems) == (["one"] if is_asked else [], is_asked, [])


def test_what_cannot_be_shown_is_said_on_the_page_and_as_a_problem() -> None:
    found, _ = of_dunay(
        [pictured("now"), pictured("then", "2024-05-18")], Preview(reason="image not shown here: no such file")
    )
    assert found.copies == []
    assert found.of["now"] == {"reason": "Image not shown here: no such file."}
    assert [(p.level, p.id, p.field) for p in found.problems] == [
        ("warning", "now", "image_href"),
        ("warning", "then", "image_href"),
    ]


def test_more_than_a_page_holds_is_refused_with_how_much_how_much_may_be_and_what_to_leave_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "MOST_TEXT", 1_000_000)
    many = [pictured(f"r{i}", f"2025-05-{i:02}") for i in range(1, 8)]
    large = Preview("x" * 400_000, 400, 300)
    of_dunay(many[:2], large)
    with pytest.raises(TooManyImages) as raised:
        of_dunay(many, large)
    assert str(raised.value) == (
        "nothing written: too many images for the page of Dunay (port): of 2025 and 2024, those of the first 3 of "
        "7 records with one take 1.2 MB, and a page holds 1.0 MB of them at most; compare fewer years (--year, "
        "--baseline), name only other sites, or leave out --images"
    )


def test_a_copy_is_as_small_as_a_page_needs() -> None:
    assert previews.LONGEST_SIDE <= 512


def test_a_page_without_images_holds_no_word_of_them() -> None:
    assert "images" not in data_of(maps.render_html(page_of()))


# --- the command


def drawn(color: str = "navy", size: tuple[int, int] = (900, 600)) -> bytes:
    held = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "a secret description"
    Image.new("RGB", size, color).save(held, "JPEG", exif=exif)
    return held.getvalue()


@pytest.fixture
def images(book: Logbook) -> Path:
    """The shipped logbook with an image for both halves of the match at Dunay."""
    folder = book.folder / "images"
    folder.mkdir()
    for name, color in (("now.jpg", "navy"), ("then.jpg", "olive")):
        (folder / name).write_bytes(drawn(color))
    book.amend("dunay-2025-05-18-ropucha-class", image_href="images/now.jpg", image_license="CC-BY-4.0")
    book.amend("dunay-2024-ropucha-class", image_href="images/then.jpg")
    return folder


def on_page(book: Logbook, site: str = "dunay") -> dict[str, Any]:
    return data_of((book.folder / "maps" / f"{site}.html").read_text("utf-8"))


@pytest.mark.usefixtures("images")
def test_the_command_puts_small_copies_on_the_page_and_twice_makes_the_same_bytes(run: Run, book: Logbook) -> None:
    pages = []
    for _ in range(2):
        result = run("map", "dunay", "--images", folder=book.folder)
        assert (result.exit_code, result.stderr) == (0, "")
        pages.append((book.folder / "maps" / "dunay.html").read_bytes())
    assert pages[0] == pages[1]
    assert b"a secret description" not in pages[0]
    found = on_page(book)["images"]
    assert [copy[1:] for copy in found["copies"]] == [[400, 267]] * 2
    assert all(copy[0].startswith("data:image/jpeg;base64,/9j/") for copy in found["copies"])
    assert found["of"]["dunay-2025-05-18-ropucha-class"]["beside"] == ["dunay-2024-ropucha-class"]
    assert found["of"]["dunay-2025-05-18-ropucha-class"]["credit"] == ["Airbus", "CC-BY-4.0"]


@pytest.mark.usefixtures("images")
def test_images_are_off_by_default(run: Run, book: Logbook) -> None:
    run("map", "dunay", folder=book.folder)
    assert "images" not in on_page(book)


def test_a_broken_and_a_missing_image_are_problems_and_the_page_is_written(
    run: Run, book: Logbook, images: Path
) -> None:
    (images / "now.jpg").write_bytes(drawn()[:300])
    (images / "then.jpg").unlink()
    result = run("map", "dunay", "--images", folder=book.folder)
    assert result.exit_code == 0
    assert [Path(line).name for line in result.stdout.splitlines()] == ["dunay.html", "index.html"]
    assert "dunay-2025-05-18-ropucha-class [image_href]: image on file, not shown here: the JPEG is damaged or" in (
        result.stderr
    )
    assert "dunay-2024-ropucha-class [image_href]: image not shown here: no such file in the logbook" in result.stderr
    assert on_page(book)["images"]["copies"] == []


def test_without_an_image_the_command_says_so_and_writes_the_pages(run: Run, book: Logbook) -> None:
    result = run("map", "--images", folder=book.folder)
    assert result.exit_code == 0
    assert result.stderr.startswith("notice: no record on these pages names an image in the logbook's folder")
    assert len(result.stdout.splitlines()) == 4
    assert on_page(book)["images"] == {"copies": [], "of": {}, "chips": []}


@pytest.mark.usefixtures("images")
def test_too_many_images_write_no_page_at_all(run: Run, book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_TEXT", 5000)
    result = run("map", "nakhodka", "dunay", "--images", folder=book.folder)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("error: nothing written: too many images for the page of Dunay")
    assert not (book.folder / "maps").exists()


def test_the_overview_has_no_records_to_put_images_to(run: Run, book: Logbook) -> None:
    result = run("map", "--overview", "--images", folder=book.folder)
    assert result.exit_code == 2
    assert "the overview has none" in result.stderr
    assert not (book.folder / "maps").exists()


def test_a_chip_across_the_antimeridian_lies_beside_its_site() -> None:
    for beside, west in ((179.9, 179.5), (-179.9, -180.5)):
        assert flatmap.box((179.5, -17.0, -179.5, -16.0), beside) == pytest.approx([west, -17.0, west + 1, -16.0])
