"""What a page links to: pages, overview and report that are there or will be, and no section that is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from resight import links, maps
from resight.links import Links
from resight.logbook import Logbook
from test_maps import data_of, page_of

Run = Callable[..., Result]
REPORT = "report-2025-vs-2024.html"


def test_only_what_is_there_or_will_be_is_linked(tmp_path: Path) -> None:
    (tmp_path / "rajin.html").write_text("old", encoding="utf-8")
    (tmp_path / "sunan.html").mkdir()
    found = links.beside(tmp_path, ["dunay", "rajin", "sunan", "fokino"], REPORT, written=["dunay"])
    assert found == Links({"dunay": "dunay.html", "rajin": "rajin.html"}, "index.html")
    assert found.report_on("dunay") is None


def test_the_report_is_linked_at_the_section_that_it_has(tmp_path: Path) -> None:
    (tmp_path / REPORT).write_text('<div id="site-dunay"></div><p data-id="site-x">site-rajin</p>', encoding="utf-8")
    found = links.beside(tmp_path, ["dunay", "rajin"], REPORT, written=[])
    assert found.sections == {"dunay"}
    assert found.report_on("dunay") == f"{REPORT}#site-dunay"
    assert found.report_on("rajin") == REPORT


def test_a_folder_in_place_of_the_report_is_none(tmp_path: Path) -> None:
    (tmp_path / REPORT).mkdir()
    assert links.beside(tmp_path, ["dunay"], REPORT, written=[]).report is None
    assert links.beside(tmp_path / "not made", ["dunay"], REPORT, written=[]) == Links({}, "index.html")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (Links(), []),
        (Links(overview="index.html"), [["index.html", "All sites"]]),
        (Links(report="r.html"), [["r.html", "Pattern similarity report"]]),
        (
            Links({}, "index.html", "r.html", frozenset({"dunay"})),
            [["index.html", "All sites"], ["r.html#site-dunay", "This site in the pattern similarity report"]],
        ),
    ],
)
def test_a_site_page_leads_back_to_what_it_was_told_of(given: Links, shown: list[list[str]]) -> None:
    assert data_of(maps.render_html(page_of(links=given)))["links"] == shown


def addresses(folder: Path) -> set[str]:
    """Every relative address in the data of every map page of a folder."""
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for one in value:
                walk(one)
        elif isinstance(value, str) and re.fullmatch(r"[\w-]+\.html(#\S+)?", value):
            found.add(value)

    for path in folder.glob("*.html"):
        if not path.name.startswith("report"):
            walk(data_of(path.read_text("utf-8")))
    return found


@pytest.mark.parametrize(
    "before", [[], [("report",)], [("map", "rajin"), ("report",)]], ids=["alone", "report", "both"]
)
def test_no_page_of_the_shipped_logbook_has_a_dead_link(
    run: Run, book: Logbook, tmp_path: Path, before: list[tuple[str, ...]]
) -> None:
    out = tmp_path / "out"
    for command in (*before, ("map",)):
        assert run(*command, "--output", str(out), folder=book.folder).exit_code == 0
    found = addresses(out)
    assert "index.html" in found
    assert any(address.startswith(REPORT) for address in found) == bool(before)
    for address in found:
        name, _, anchor = address.partition("#")
        text = (out / name).read_text("utf-8")
        assert not anchor or f'id="{anchor}"' in text, address
    if before:
        assert {f"{REPORT}#site-{site}" for site in ("dunay", "nakhodka", "sunan", "rajin")} <= found


def test_a_report_from_before_has_the_sections_it_had(run: Run, book: Logbook) -> None:
    folder = book.folder / "maps"
    folder.mkdir()
    (folder / REPORT).write_text("<p>an older report</p>", encoding="utf-8")
    run("map", "dunay", folder=book.folder)
    assert data_of((folder / "dunay.html").read_text("utf-8"))["links"] == [
        ["index.html", "All sites"],
        [REPORT, "Pattern similarity report"],
    ]


@pytest.mark.parametrize("site", ["index", "report-2025-vs-2024", "con", "com1"])
def test_a_site_named_as_another_page_does_not_take_its_place(site: str) -> None:
    assert links.page_name(site) == f"site_{site}.html"
    assert links.page_name(f"{site}-bay") == (f"site_{site}-bay.html" if "report" in site else f"{site}-bay.html")


def test_the_overview_stands_beside_the_page_of_a_site_called_index(run: Callable[..., Result], book: Logbook) -> None:
    register = book.folder / "seeds" / "sites.geojson"
    register.write_text(register.read_text("utf-8").replace('"vostochny"', '"index"'), "utf-8")
    done = run("map", "index", "--output", str(book.folder / "maps"), folder=book.folder)
    names = [Path(line).name for line in done.stdout.splitlines() if line.endswith(".html")]
    assert names == ["site_index.html", "index.html"]
    assert 'href="site_index.html"' not in (book.folder / "maps" / "site_index.html").read_text("utf-8")
    assert "site_index.html" in (book.folder / "maps" / "index.html").read_text("utf-8")
