"""Ours to a format and back through the real functions: equal records, or the loss that the export announced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from cases import SITES, VOCABULARY
from outgoing import OUTLINES, a_record, hostile_records, same, setting, several
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
    done = run(empty.folder, "import", path, "--anyway")
    assert done.exit_code == 0, done.output
    expected = {record.id: record.to_feature() for record in shipped.read().records}
    assert {record.id: record.to_feature() for record in empty.read().records} == expected
    again = run(shipped.folder, "import", path)
    assert again.exit_code == 0, again.output
    assert f"0 records added, {len(expected)} already there." in again.stdout
