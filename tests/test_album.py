"""The images beside records: whose are shown, how many, and that no other is ever asked for."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from cases import HOSTILE, SAME_HULL, a_record, findings_of
from resight import report
from resight.album import MOST_IMAGES
from resight.cli import main
from resight.logbook import Logbook
from resight.observation import Observation, Source
from resight.previews import Preview

SECRET = Source(title="a friend", confidential=True)


def with_image(record: Observation, href: str = "images/a.png", **more: object) -> Observation:
    return record.with_changes(image_href=href, **more)


def asked_for(records: Sequence[Observation], answer: Preview | None = None) -> tuple[str, list[str]]:
    """The page, and the records whose image was asked for, in order."""
    asked: list[str] = []

    def preview(record: Observation) -> Preview:
        asked.append(record.id or "")
        return answer or Preview(f"data:image/jpeg;base64,{record.id}", 400, 300)

    return report.to_html(findings_of(records, preview=preview)), asked


def test_both_records_of_a_match_have_their_image_with_what_and_when() -> None:
    html, asked = asked_for([with_image(r, image_provider="Planet", image_license="CC-BY-4.0") for r in SAME_HULL])
    card = html[html.index('<article class="card">') : html.index("</article>")]
    images = re.findall(r'<img class="thumbnail" src="([^"]*)" width="400" height="300" alt="([^"]*)">', card)
    assert images == [
        (
            f"data:image/jpeg;base64,dunay-{day}-ropucha-class",
            f"Image on file: Ropucha class, Oslyabya, {told}, at Dunay",
        )
        for day, told in (("2025-05-18", "18 May 2025"), ("2024-05-10", "10 May 2024"))
    ]
    assert card.count("<bdi>Planet, CC-BY-4.0</bdi>") == 2
    assert asked == ["dunay-2025-05-18-ropucha-class", "dunay-2024-05-10-ropucha-class"]


def test_what_matches_nothing_has_its_image_too() -> None:
    html, asked = asked_for([with_image(a_record("rajin-2025-05-18-x")), with_image(a_record("dunay-2024-05-18-x"))])
    assert asked == ["dunay-2024-05-18-x", "rajin-2025-05-18-x"]
    assert html.count("<img") == 2


@pytest.mark.parametrize(
    ("record", "is_asked"),
    [
        (a_record("dunay-2025-05-18-x"), False),
        (with_image(a_record("dunay-2025-05-18-x"), "https://example.org/a.png"), False),
        (with_image(a_record("dunay-2025-05-18-x"), sources=(SECRET,)), False),
        (with_image(a_record("dunay-2025-05-18-x"), sources=(SECRET, Source(title="a report"))), True),
        (with_image(a_record("dunay-2025-05-18-x"), sources=()), True),
    ],
    ids=["no image", "on the web", "confidential", "confidential and open", "no source"],
)
def test_only_a_local_file_that_is_not_all_confidential_is_asked_for(record: Observation, is_asked: bool) -> None:
    html, asked = asked_for([record])
    assert asked == (["dunay-2025-05-18-x"] if is_asked else [])
    assert ("<img" in html) == is_asked


def test_one_image_of_several_records_of_a_visit_is_shown_once() -> None:
    visit = [with_image(a_record(f"dunay-2025-05-{day}-x", platform_name="Oslyabya", count=1)) for day in (18, 19)]
    assert asked_for(visit)[1] == ["dunay-2025-05-18-x"]
    other = [visit[0], visit[1].with_changes(image_href="images/b.png")]
    assert asked_for(other)[1] == ["dunay-2025-05-18-x", "dunay-2025-05-19-x"]


def test_a_page_holds_so_many_images_and_says_of_the_others_that_it_does_not() -> None:
    many = [
        with_image(a_record(f"dunay-2025-05-{1 + i // 4:02}-{i}", platform_name=str(i), count=1)) for i in range(45)
    ]
    html, asked = asked_for(many)
    assert html.count("<img") == len(asked) == MOST_IMAGES
    assert html.count("Image on file, not shown here: this page already holds 40.") == 5


def test_the_reason_is_told_where_there_is_no_copy_and_takes_no_image_from_others() -> None:
    many = [
        with_image(a_record(f"dunay-2025-05-{1 + i // 4:02}-{i}", platform_name=str(i), count=1)) for i in range(45)
    ]
    html, asked = asked_for(many, Preview(reason="image not shown here: no such file in the logbook"))
    assert html.count("Image not shown here: no such file in the logbook.") == len(asked) == 45


def test_hostile_words_beside_an_image_stay_words() -> None:
    html, _ = asked_for([with_image(a_record("dunay-2025-05-18-x", platform_name=HOSTILE.strip("\0"), count=1),
                                    image_provider="<script>", image_license='"><img src=x>')])  # fmt: skip
    assert "<script" not in html
    assert html.count("<img") == 1


def test_the_command_shows_the_image_and_twice_makes_the_same_bytes(tmp_path: Path) -> None:
    run = CliRunner()
    folder, out = tmp_path / "book", tmp_path / "out"
    assert run.invoke(main, ["init", str(folder), "--empty"]).exit_code == 0
    held = io.BytesIO()
    Image.new("RGB", (800, 600), "navy").save(held, "PNG")
    (folder / "image.png").write_bytes(held.getvalue())
    Logbook(folder).add(*(with_image(r.with_changes(id=None), "image.png") for r in SAME_HULL), anyway=True)
    pages = []
    for _ in range(2):
        done = run.invoke(main, ["--logbook", str(folder), "report", "--year", "2025", "--output", str(out)])
        assert done.exit_code == 0, done.output
        pages.append((out / "report-2025-vs-2024.html").read_bytes())
    assert pages[0] == pages[1]
    assert pages[0].count(b'<img class="thumbnail" src="data:image/jpeg;base64,/9j/') == 2
    (folder / "image.png").unlink()
    run.invoke(main, ["--logbook", str(folder), "report", "--year", "2025", "--output", str(out)])
    page = (out / "report-2025-vs-2024.html").read_text("utf-8")
    assert "<img" not in page
    assert page.count("Image not shown here: no such file in the logbook.") == 2
