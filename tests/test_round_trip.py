"""Ours to a format and back through the real functions: equal records, or the loss that the export announced."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from cases import SITES, VOCABULARY
from outgoing import OUTLINES, a_record, hostile_records, plain, same, setting, several
from resight import Logbook
from resight.cli import main
from resight.exchange import formats, intake, own
from resight.exchange.table import Options
from resight.observation import PROPERTY_NAMES, Observation
from resight.public import terms

#: A name for the test, the format, and whether the table is one for spreadsheets. STAC holds looks with an image.
WHOLE = {
    **{name: (name, False) for name in ("csv", "tsv", "xlsx", "geojson", "kml", "kmz", "gpkg", "parquet")},
    "safe csv": ("csv", True),
    "safe tsv": ("tsv", True),
}
TERMS = intake.Terms(SITES, VOCABULARY, datetime(2026, 11, 30, tzinfo=UTC), anyway=True)
repeated = examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)


def back(records: Sequence[Observation], folder: Path, name: str) -> tuple[list[Observation], tuple[str, ...]]:
    """The records that come back, and the losses announced on the way out."""
    form, is_safe = WHOLE.get(name, (name, False))
    known = formats.FORMATS[form]
    path = folder / f"out{known.ending}"
    path.unlink(missing_ok=True)
    losses = tuple(formats.writer(known)(records, path, setting(form, is_safe=is_safe)))
    table = formats.read(path, Options())
    assert table.form == form
    assert own.is_ours(table.columns)
    found = intake.whole(tuple(table.rows), table.columns, TERMS)
    assert found.rejects == []
    return [draft.record for draft in found.drafts], losses


@pytest.mark.parametrize("name", WHOLE)
def test_records_of_every_kind_come_back(tmp_path: Path, name: str) -> None:
    records = [record for record in several() if not (record.id or "").startswith("hostile")]
    found, losses = back(records, tmp_path, name)
    by_id = {record.id: record for record in found}
    same([by_id[record.id] for record in records], records)
    assert losses == ()


@pytest.mark.parametrize("name", [*WHOLE, "stac"])
@given(drawn=st.lists(hostile_records(), min_size=1, max_size=3))
@repeated
def test_any_text_in_any_field_comes_back_or_its_loss_is_announced(
    tmp_path: Path, name: str, drawn: list[Observation]
) -> None:
    records = [r.model_copy(update={"id": f"r-{n}", "image_id": f"scene {n}"}) for n, r in enumerate(drawn)]
    found, losses = back(records, tmp_path, name)
    by_id = {record.id: record for record in found}
    assert by_id.keys() == {record.id for record in records}
    changed = [r.id for r in records if by_id[r.id].to_feature() != r.to_feature()]
    assert bool(changed) is bool(losses), losses
    assert all(any(str(identifier) in loss for loss in losses) for identifier in changed)


@pytest.mark.parametrize("name", WHOLE)
@given(lon=st.floats(-180, 180), lat=st.floats(-90, 90), gsd=st.floats(1e-9, 1e9))
@repeated
def test_any_number_comes_back_or_its_loss_is_announced(
    tmp_path: Path, name: str, lon: float, lat: float, gsd: float
) -> None:
    if lon == lat == 0:
        return
    record = a_record(geometry={"type": "Point", "coordinates": [lon, lat]}, gsd_m=gsd)
    (found,), losses = back([record], tmp_path, name)
    assert bool(losses) is (intake.content(found) != intake.content(record))


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("kind", ["Point", "LineString", "Polygon"])
def test_a_collection_of_one_stays_a_collection(tmp_path: Path, name: str, kind: str) -> None:
    line, area = (outline["coordinates"] for outline in OUTLINES[:2])
    place = {"Point": [132.5, 42.5], "LineString": line, "Polygon": area}[kind]
    record = a_record(geometry={"type": f"Multi{kind}", "coordinates": [place]})
    same(back([record], tmp_path, name)[0], [record])


@pytest.mark.parametrize("name", WHOLE)
def test_a_public_file_says_of_itself_what_was_withheld(tmp_path: Path, name: str) -> None:
    form, is_safe = WHOLE[name]
    public = terms()
    path = tmp_path / f"out{formats.FORMATS[form].ending}"
    formats.writer(formats.FORMATS[form])([a_record()], path, setting(form, is_safe=is_safe, terms=public))
    table = formats.read(path, Options(sheet="records" if form == "xlsx" else None))
    rows = tuple(table.rows)
    said = [*table.notes, *own.statements(table.columns, rows)]
    if form != "xlsx":
        assert [note for note in said if public.generalizations in note]
        assert [note for note in said if public.withheld in note]
    assert intake.whole(rows, table.columns, TERMS).drafts[0].record.foreign is None


def test_every_field_of_a_record_is_filled_in_the_record_that_is_sent() -> None:
    sent = a_record(aggregate=True, context=True, effort_stated=True, date_meaning="throughout")
    assert [name for name in PROPERTY_NAMES if not getattr(sent, name)] == []


@given(drawn=hostile_records())
@repeated
def test_atlos_gives_every_field_back_that_was_not_cut(tmp_path: Path, drawn: Observation) -> None:
    found, losses = back([drawn], tmp_path, "atlos")
    if len(losses) == 1 and drawn.visible is None and drawn.note is None:
        same(found, [drawn])


# --- through the commands


def run(folder: Path, *words: str | Path) -> Result:
    return CliRunner().invoke(main, ["--logbook", str(folder), *map(str, words)])


@pytest.fixture
def shipped(tmp_path: Path) -> Logbook:
    return Logbook.create(tmp_path / "shipped")


@pytest.mark.parametrize("name", WHOLE)
def test_the_shipped_logbook_through_both_commands(shipped: Logbook, tmp_path: Path, name: str) -> None:
    form, is_safe = WHOLE[name]
    path = tmp_path / f"all{formats.FORMATS[form].ending}"
    assert run(shipped.folder, "export", "--output", path, *(["--safe"] if is_safe else [])).exit_code == 0
    empty = Logbook.create(tmp_path / "empty", empty=True)
    done = run(empty.folder, "import", path)
    assert done.exit_code == 0, done.output
    expected = {record.id: record.to_feature() for record in shipped.read().records}
    assert {record.id: record.to_feature() for record in empty.read().records} == expected
    again = run(shipped.folder, "import", path)
    assert again.exit_code == 0, again.output
    assert f"0 records added, {len(expected)} already there." in again.stdout


def test_our_own_events_and_incidents_add_nothing_to_the_logbook_they_came_from(
    shipped: Logbook, tmp_path: Path
) -> None:
    before = len(shipped.read().records)
    for name, words in {"atlos": (), "timemap": ("--set", "basis=published")}.items():
        path = tmp_path / f"{name}{formats.FORMATS[name].ending}"
        assert run(shipped.folder, "export", "--format", name, "--output", path).exit_code == 0
        done = run(shipped.folder, "import", path, *words)
        assert "0 records added" in done.stdout, done.output
    assert len(shipped.read().records) == before


def test_a_confidential_source_that_an_export_left_out_does_not_make_another_record(tmp_path: Path) -> None:
    book = Logbook.create(tmp_path / "book", empty=True)
    book.add(plain(id=None, platform="ropucha-class", sources=[{"title": "a", "confidential": True}, {"title": "b"}]))
    assert run(book.folder, "export", "--output", tmp_path / "a.csv").exit_code == 0
    assert "0 records added, 1 already there." in run(book.folder, "import", tmp_path / "a.csv").stdout


def test_a_changed_row_of_ours_is_refused_and_an_unusable_one_says_its_column(tmp_path: Path) -> None:
    book = Logbook.create(tmp_path / "book", empty=True)
    book.add(plain(id=None, platform="ropucha-class"), plain(id=None, platform="tapir-class"))
    path = tmp_path / "a.csv"
    run(book.folder, "export", "--output", path)
    text = path.read_text(encoding="utf-8").replace(",2024,2024-01-01,2024-12-31,", ",2024-13,,,", 1)
    path.write_text(text.replace(",seen,tapir-class", ",not-seen,tapir-class"), encoding="utf-8", newline="")
    done = run(book.folder, "import", path)
    assert done.exit_code == 1
    assert "row 2, date '2024-13'" in done.stderr
    assert "dunay-2024-tapir-class is on file and says another thing" in done.stderr


def test_foreign_columns_beside_our_own_are_kept_and_said(tmp_path: Path) -> None:
    book = Logbook.create(tmp_path / "book", empty=True)
    path = tmp_path / "a.csv"
    columns = "site,date,outcome,basis,method,revision,status,platform,colour"
    path.write_text(f"{columns}\ndunay,2025-05-18,seen,own,optical,1,draft,ropucha-class,grey\n", encoding="utf-8")
    done = run(book.folder, "import", path)
    assert "no fields of a record, kept beside it as they are: colour" in done.stdout
    assert [record.foreign for record in book.read().records] == [{"colour": "grey"}]


# --- images as looks


def item(outline: list[list[float]] | None) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [outline]} if outline else None
    properties = {"datetime": "2025-05-17T22:40:00Z", "platform": "SkySat-C12", "gsd": 0.5}
    return {"type": "Feature", "stac_version": "1.1.0", "id": "scene", "geometry": geometry, "properties": properties,
            "links": [], "assets": {}}  # fmt: skip


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def test_an_image_over_several_sites_is_a_look_at_each_on_its_own_day(tmp_path: Path) -> None:
    book = Logbook.create(tmp_path / "book", empty=True)
    path = tmp_path / "item.json"
    dunay, nakhodka = (book.sites[name].point for name in ("dunay", "nakhodka"))
    west, east = sorted((dunay[0], nakhodka[0]))
    outline = box(west - 0.01, min(dunay[1], nakhodka[1]) - 0.01, east + 0.01, max(dunay[1], nakhodka[1]) + 0.01)
    path.write_bytes(orjson.dumps(item(outline)))
    asked = run(book.folder, "import", path, "--set", "basis=own")
    assert (asked.exit_code, "no column says what was seen" in asked.stderr) == (3, True)
    done = run(book.folder, "import", path, "--set", "basis=own", "--set", "outcome=cannot-tell")
    assert done.exit_code == 0, done.output
    looks = book.read().records
    assert {"dunay", "nakhodka"} <= {look.site for look in looks}
    # 22:40 UTC is the next morning in Vladivostok.
    assert {(look.date, look.sensor, look.image_id, look.geometry) for look in looks if look.site == "dunay"} == {
        ("2025-05-18", "SkySat-C12", "scene", None)
    }


def test_an_image_over_no_site_needs_the_site_stated(tmp_path: Path) -> None:
    book = Logbook.create(tmp_path / "book", empty=True)
    path = tmp_path / "item.json"
    path.write_bytes(orjson.dumps(item(box(1, 1, 2, 2))))
    words = ("import", path, "--set", "basis=own", "--set", "outcome=cannot-tell")
    done = run(book.folder, *words)
    assert (done.exit_code, "its outline lies over no site of the register" in done.stderr) == (1, True)
    assert run(book.folder, *words, "--set", "site=dunay").exit_code == 0
    assert [look.site for look in book.read().records] == ["dunay"]


# --- dates as other programs have them


def test_a_span_of_moments_is_days_at_the_site(tmp_path: Path) -> None:
    book = Logbook.create(tmp_path / "book", empty=True)
    path = tmp_path / "a.kml"
    data = "".join(f'<Data name="{name}"><value>{value}</value></Data>' for name, value in
                   {"site": "dunay", "platform": "Ropucha"}.items())  # fmt: skip
    span = "<TimeSpan><begin>2025-05-17T22:00:00Z</begin><end>2025-05-19T22:00:00Z</end></TimeSpan>"
    path.write_text(f"<kml><Placemark>{span}<ExtendedData>{data}</ExtendedData></Placemark></kml>", encoding="utf-8")
    assert run(book.folder, "import", path, "--set", "basis=own").exit_code == 0
    assert [record.date for record in book.read().records] == ["2025-05-18/2025-05-20"]


def test_the_folders_and_names_of_google_earth_are_sites_and_platforms(tmp_path: Path) -> None:
    book = Logbook.create(tmp_path / "book", empty=True)
    marks = "".join(
        f"<Placemark><name>{name}</name><TimeStamp><when>{day}</when></TimeStamp>"
        f"<Point><coordinates>132.3375,42.8803,0</coordinates></Point></Placemark>"
        for name, day in (("Ropucha", "2025-05-18"), ("nothing", "2025-05-20"), ("2 cargo ships", "2025-05"))
    )
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("files/icon.png", b"x")
        packed.writestr("doc.kml", f"<kml><Document><Folder><name>Dunay</name>{marks}</Folder></Document></kml>")
    done = run(book.folder, "import", path, "--set", "basis=own")
    assert done.exit_code == 0, done.output
    assert {(r.site, r.date, r.platform, r.count, r.outcome) for r in book.read().records} == {
        ("dunay", "2025-05-18", "ropucha-class", None, "seen"),
        ("dunay", "2025-05-20", None, None, "not-seen"),
        ("dunay", "2025-05", "cargo-ship", 2, "seen"),
    }


def test_the_id_of_another_programs_row_is_not_the_id_of_a_record(tmp_path: Path) -> None:
    book = Logbook.create(tmp_path / "book", empty=True)
    path = tmp_path / "a.csv"
    path.write_text("ID,Site,Date,Platform\n1,Dunay,2025-05-18,Ropucha\n", encoding="utf-8")
    done = run(book.folder, "import", path, "--set", "basis=own")
    assert "Not used: ID" in done.stdout
    assert [record.id for record in book.read().records] == ["dunay-2025-05-18-ropucha-class"]


def test_what_excel_escapes_is_the_text_that_was_typed(tmp_path: Path) -> None:
    sheet = openpyxl.Workbook()
    sheet.active.append(["Site", "Date", "Platform", "Notes"])
    sheet.active.append(["Dunay", "2025-05-18", "Ropucha", "_x005F_x0041_ and a_x000D_b"])
    sheet.save(tmp_path / "a.xlsx")
    table = formats.read(tmp_path / "a.xlsx", Options())
    assert [row.values["Notes"] for row in table.rows] == ["_x0041_ and a\rb"]
