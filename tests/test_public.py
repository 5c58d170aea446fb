"""What may be shown to everybody: rounded, reviewed, and nothing of the rest anywhere in pages and files."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import openpyxl
import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from cases import a_site
from outgoing import OUTLINES, a_record, bytes_of, hostile_records, plain
from resight import Logbook, public
from resight.commands.exporting import WRITTEN
from resight.errors import CannotWrite, InvalidValue, NotFound
from resight.geodesy import distance_m
from resight.observation import Observation, positions
from resight.public import PublicLogbook, Terms, cell_centre, cell_reach_m, public_record, public_records, public_site

Run = Callable[..., Result]
NAMES = WRITTEN.split(", ")


@pytest.mark.parametrize(
    ("place", "grid", "centre"),
    [
        ((132.355, 42.897), 0.1, (132.35, 42.85)),
        ((132.355, 42.897), 1, (132.5, 42.5)),
        ((-0.01, 0.01), 0.1, (-0.05, 0.05)),
        ((0.01, 0.01), 0.1, (0.05, 0.05)),
        ((179.99, -89.99), 0.1, (179.95, -89.95)),
        ((180, 90), 10, (180, 90)),
    ],
)
def test_a_place_becomes_the_centre_of_its_cell(place: tuple[float, float], grid: float, centre: Any) -> None:
    assert cell_centre(place, grid) == pytest.approx(centre)


def test_the_reach_of_a_cell_on_the_equator_is_half_its_diagonal() -> None:
    # A tenth of a degree on the equator is 11,132 m east and 11,057 m north (WGS 84).
    assert cell_reach_m((0.05, 0.05), 0.1) == pytest.approx(math.hypot(11_132, 11_057) / 2, rel=1e-3)


@given(
    lon=st.floats(-179, 179).filter(bool),
    lat=st.floats(-89, 89).filter(bool),
    grid=st.sampled_from([0.001, 0.1, 0.25, 1, 7]),
    uncertainty=st.none() | st.floats(1, 5000),
)
def test_the_uncertainty_holds_the_place_wherever_in_the_cell_it_was(
    lon: float, lat: float, grid: float, uncertainty: float | None
) -> None:
    exact = a_record(geometry={"type": "Point", "coordinates": [lon, lat]}, location_uncertainty_m=uncertainty)
    shown = public_record(exact, Terms(grid), ())
    assert shown.geometry is not None
    assert shown.location_uncertainty_m is not None
    centre = shown.geometry["coordinates"]
    assert distance_m(centre, (lon, lat)) + (uncertainty or 0) <= shown.location_uncertainty_m
    # It tells of the cell, not of where in the cell the place is.
    moved = a_record(geometry={"type": "Point", "coordinates": list(centre)}, location_uncertainty_m=uncertainty)
    assert public_record(moved, Terms(grid), ()).to_feature() == shown.to_feature()


WIDE = {"type": "LineString", "coordinates": [[132.0, 42.0], [133.0, 43.0]]}


@pytest.mark.parametrize("outline", [*OUTLINES, WIDE])
def test_an_outline_becomes_a_point_whose_uncertainty_holds_all_of_it(outline: Any) -> None:
    shown = public_record(a_record(geometry=outline, location_uncertainty_m=None), Terms(0.01), ())
    assert shown.geometry is not None
    assert shown.geometry["type"] == "Point"
    farthest = max(distance_m(shown.geometry["coordinates"], place) for place in positions(outline))
    assert farthest <= (shown.location_uncertainty_m or 0)


def test_the_usual_fields_are_left_out_and_the_others_stay() -> None:
    exact = a_record()
    shown = public_record(exact, Terms(), {exact.id})
    gone = {name for name in Observation.model_fields if getattr(exact, name) and not getattr(shown, name)}
    assert gone == {*public.USUALLY_LEFT_OUT, "relates"} - {"reviewed_by"}
    assert shown.reviewed_by == "name withheld"
    assert shown.sources == exact.sources


@pytest.mark.parametrize(
    ("without", "gone"),
    [
        ("note", {"note"}),
        ("inferred_activity", {"inferred_activity", "likelihood"}),
        ("hedge", {"hedge", "hedge_on"}),
        ("platform_name", {"platform_name", "hedge", "hedge_on"}),
        ("geometry", {"geometry", "location_uncertainty_m"}),
        ("count", {"count_min", "count_max"}),
        ("count,platform_name", {"count", "count_min", "count_max", "platform_name", "hedge", "hedge_on"}),
        ("sources", {"sources"}),
        (" ", set()),
    ],
)
def test_what_means_nothing_alone_goes_along(without: str, gone: set[str]) -> None:
    exact = a_record(relates=None)
    shown = public_record(exact, public.terms(None, without), {exact.id})
    found = {name for name in Observation.model_fields if getattr(exact, name) and not getattr(shown, name)}
    assert found == gone


@given(hostile_records(), st.sets(st.sampled_from(public._MAY_BE_LEFT_OUT)), st.sampled_from([0.01, 0.1, 3]))
def test_what_is_shown_is_a_record_that_checks_itself(record: Observation, without: set[str], grid: float) -> None:
    shown = public_record(record, Terms(grid, tuple(sorted(without))), {record.id})
    assert Observation.from_feature(json.loads(json.dumps(shown.to_feature()))).to_feature() == shown.to_feature()


def test_only_reviewed_records_are_shown_and_only_what_relates_to_them() -> None:
    reviewed = a_record(
        relates=[{"id": "draft", "how": "same-event"}, {"id": "also", "how": "part-of"}],
        sources=[{"title": "open"}, {"title": "told in confidence", "confidential": True}],
        image_href="observations/images/a.png",
    )
    also = plain(id="also", status="reviewed", reviewed_by="B", foreign={"secret": 1}, foreign_members={"x": 1})
    first, second = public_records([reviewed, plain(id="draft"), also], Terms(without=()))
    assert [relation.id for relation in first.relates] == ["also"]
    assert [source.title for source in first.sources] == ["open"]
    assert first.image_href is None, "a picture kept in the logbook would be shown on a page"
    assert (second.foreign, second.foreign_members) == (None, None)


def test_a_site_has_a_rounded_point_and_no_outline() -> None:
    ring = [[132.3, 42.8], [132.4, 42.8], [132.4, 42.9], [132.3, 42.8]]
    exact = a_site(
        "dunay",
        point=(132.33542, 42.87879),
        coordinate_uncertainty_m=3000,
        coordinate_note="2 km from the quay",
        footprint={"type": "Polygon", "coordinates": [ring]},
        berths=[{"name": "Pier 2"}],
        position_sources=[{"lon": 132.33542}],
        residents=[{"platform": "il-76", "operator": "Air Koryo"}],
    )
    shown = public_site(exact, 0.1)
    assert shown.point == pytest.approx((132.35, 42.85))
    assert shown.coordinate_uncertainty_m == math.ceil(cell_reach_m(shown.point, 0.1) + 3000)
    assert (shown.footprint, shown.coordinate_note, shown.berths, shown.model_extra) == (None, None, (), {})
    assert shown.residents == exact.residents


def test_the_terms_say_what_was_done() -> None:
    terms = public.terms(0.25, "note,analyst")
    assert "a cell of 0.25 degrees" in terms.generalizations
    assert "Left out of every record: note, analyst." in terms.withheld
    assert "reviewed" in terms.withheld


@pytest.mark.parametrize("grid", [0, -1, 0.0001, 11, math.nan, math.inf])
def test_a_grid_that_is_none_is_refused(grid: float) -> None:
    with pytest.raises(InvalidValue, match=r"0\.001 to 10 degrees"):
        public.terms(grid)


# --- nothing leaks

EXACT = ("132.35512", "42.89712", "132.33542", "42.87879", "132.29258")
SECRETS = ("SECRET", "PS-115", "Pier 2", "B. Editor", *EXACT)


@pytest.fixture
def watched(book: Logbook) -> Logbook:
    """The shipped logbook with reviewed records full of what is not for everybody, and one that is not reviewed."""
    shown: dict[str, Any] = {
        "analyst": "SECRET analyst",
        "note": "SECRET note",
        "tags": ["PS-115"],
        "berth": "Pier 2",
        "image_id": "SECRET-image",
        "image_href": "https://SECRET.example/scene.tif",
        "image_sha256": "5ec7e7" + "0" * 58,
        "sources": [{"title": "open"}, {"title": "SECRET source", "confidential": True}],
        "foreign": {"remark": "SECRET remark"},
        "status": "draft",
        "reviewed_by": None,
        "revision": 1,
        "revised_at": None,
    }
    position = {"type": "Point", "coordinates": [132.35512345, 42.89712345]}
    line = {"type": "LineString", "coordinates": [[132.35512345, 42.89712345], [132.3561, 42.8977]]}
    named: dict[str, Any] = {"platform_name": None, "hedge_on": "platform"}
    book.add(
        a_record(**shown | {"id": None, "relates": [{"id": "nakhodka-2025-05-21-ship", "how": "same-event"}]}),
        a_record(**shown | named | {"id": None, "date": "2024-06-18", "geometry": position, "relates": None}),
        a_record(**shown | named | {"id": None, "date": "2025-06-20", "geometry": line, "relates": None}),
        plain(id=None, site="nakhodka", date="2025-05-21", platform="ship", visible="SECRET draft"),
        anyway=True,
    )
    for record in book.read().records:
        if record.analyst == "SECRET analyst":
            book.review(record.id or "", by="B. Editor")
    return book


def leaks(content: bytes) -> list[str]:
    text = content.decode(errors="replace")
    return [secret for secret in (*SECRETS, "5ec7e7", "nakhodka-2025-05-21") if secret in text]


def content_of(path: Path, name: str) -> bytes:
    """What is in a file, as text."""
    if name == "parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        return f"{table.schema.metadata} {table.to_pylist()} {geopandas.read_parquet(path).geometry.to_wkt()}".encode()
    positions = str(list(geopandas.read_file(path).geometry.to_wkt())) if name == "gpkg" else ""
    return bytes_of(path) + positions.encode()


@pytest.mark.parametrize("name", NAMES)
def test_no_file_for_the_public_holds_what_is_not_for_it(watched: Logbook, run: Run, tmp_path: Path, name: str) -> None:
    everything, shown = tmp_path / f"all.{name}", tmp_path / f"public.{name}"
    run("export", "--format", name, "--output", str(everything), folder=watched.folder)
    done = run("export", "--format", name, "--output", str(shown), "--public", folder=watched.folder)
    assert done.exit_code == 0, done.stderr
    assert leaks(content_of(everything, name)) != [], "or the test would find nothing"
    found = content_of(shown, name)
    assert leaks(found) == []
    assert b"a cell of 0.1 degrees" in found
    assert b"Only records that a second person has reviewed" in found
    assert "a cell of 0.1 degrees" in done.stderr


def test_the_pages_for_the_public_hold_nothing_else_and_say_so(watched: Logbook, run: Run) -> None:
    usual = run("map", "dunay", folder=watched.folder)
    maps = run("map", "dunay", "--public", "--grid", "0.2", folder=watched.folder)
    report = run("report", "--public", folder=watched.folder)
    assert (usual.exit_code, maps.exit_code, report.exit_code) == (0, 0, 0), maps.stderr + report.stderr
    folder = watched.folder / "maps"
    assert {path.name for path in (folder / "public").iterdir()} == {
        *("dunay.html", "index.html", "report-2025-vs-2024.html"),
    }
    assert leaks((folder / "dunay.html").read_bytes()) != []
    assert '"site":{"at":[132.3,42.9],' in (folder / "public" / "dunay.html").read_text(encoding="utf-8")
    for path in (folder / "public").iterdir():
        text = path.read_text(encoding="utf-8")
        # The town of Dunay is drawn from the basemap, where it is no secret; the register has the site at its point.
        of_the_town = {"132.33542", "42.87879"} if "report" not in path.name else set()
        assert set(leaks(text.encode())) <= of_the_town, path.name
        assert "Only records that a second person has reviewed." in text
        grid = "0.1" if "report" in path.name else "0.2"
        assert f"a cell of {grid} degrees" in text


@pytest.mark.parametrize("form", ["md", "json", "csv"])
def test_the_other_formats_of_the_report_are_as_public(watched: Logbook, run: Run, form: str) -> None:
    done = run("report", "--public", "--format", form, folder=watched.folder)
    assert done.exit_code == 0, done.stderr
    text = Path(done.stdout.strip()).read_text(encoding="utf-8")
    assert leaks(text.encode()) == []
    assert "Only records that a second person has reviewed" in text
    assert "a cell of 0.1 degrees" in text


def test_the_digest_is_of_what_is_shown(watched: Logbook) -> None:
    exact, shown = Logbook(watched.folder), PublicLogbook(watched.folder, Terms())
    records = exact.read().records
    assert shown.digest(shown.read().records) != exact.digest(records)
    before = shown.digest(shown.read().records)
    position = {"type": "Point", "coordinates": [132.3551, 42.8972]}
    moved = next(record for record in records if record.geometry and record.geometry["type"] == "Point")
    exact.amend(moved.id or "", geometry=position)
    exact.review(moved.id or "", by="B. Editor")
    again = PublicLogbook(watched.folder, Terms())
    changed = [record.model_copy(update={"revision": 2, "revised_at": None}) for record in again.read().records]
    first = [record.model_copy(update={"revision": 2, "revised_at": None}) for record in shown.read().records]
    assert again.digest(changed) == shown.digest(first)
    assert len(before) == 64


def test_a_public_logbook_is_for_reading(watched: Logbook) -> None:
    shown = PublicLogbook(watched.folder, Terms())
    with pytest.raises(CannotWrite, match="nothing was changed"):
        shown.add(plain(id=None, date="2023"))
    with pytest.raises(NotFound):
        shown.get("nakhodka-2025-05-21-ship")
    assert set(shown.frame().index) == {record.id for record in shown.read().records}
    assert [problem.level for problem in shown.check()] == ["notice"]


def test_what_changed_since_is_not_told_to_the_public(book: Logbook, run: Run) -> None:
    done = run("report", "--public", "--since", "2026-01-01", folder=book.folder)
    assert done.exit_code == 2
    assert "for colleagues" in done.stderr


def test_an_exported_workbook_has_a_sheet_that_says_so(watched: Logbook, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    run("export", "--output", str(path), "--public", folder=watched.folder)
    about = dict(openpyxl.load_workbook(path)["about"].iter_rows(values_only=True))
    assert about.keys() == {"dataGeneralizations", "informationWithheld"}


def test_darwin_core_says_how_precise_the_coordinates_are(watched: Logbook, run: Run) -> None:
    import csv
    import io

    done = run("export", "--format", "darwincore", "--public", "--grid", "0.5", folder=watched.folder)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["coordinatePrecision"] for row in rows if row["decimalLatitude"]} == {"0.5"}
    assert {(row["decimalLongitude"], row["decimalLatitude"]) for row in rows} == {("132.25", "42.75")}
