"""Records as a GeoDataFrame: proper dtypes, WGS 84, the id as index, and nothing made up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import geopandas
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from resight.bulkfile import COLUMNS, table_of
from resight.errors import InvalidValue
from resight.frame import checked, of_table, to_frame, to_records
from resight.logbook import Logbook
from resight.observation import PROPERTY_NAMES, Observation, build


def record(identifier: str, **more: Any) -> Observation:
    return build(Observation, {"id": identifier, "site": "dunay", "date": "2025-05-18", **more})


FULL = record(
    "full",
    date="2024-10-08/2024-10-13",
    platform="ropucha-class",
    platform_name="Oslyabya",
    count=1,
    image_time="2024-10-09T01:40:00+10:00",
    logged_at="2026-01-31T09:00:00Z",
    length_m=112.5,
    cloud_pct=20,
    basis="published",
    effort_stated=True,
    sources=[{"published_by": "CNN", "url": "https://example.org/1"}, {"title": "A letter", "confidential": True}],
    relates=[{"id": "bare", "how": "contradicts"}],
    tags=["PS-1", "pier"],
    geometry={"type": "Point", "coordinates": [132.35, 42.89]},
)
BARE = record("bare")


def test_rows_of_bulk_files_come_as_records_do_however_they_lie() -> None:
    # By id the tenth of a day stands before the second; what ends sooner stands before what ends later.
    same_day = [record(f"dunay-2025-05-18-any-{number}") for number in range(1, 13)]
    others = [record("a-week", date="2025-05-18/2025-05-24"), record("z", date="2025-05-17", geometry=FULL.geometry)]
    records = [*same_day, *others]
    for lie in (records, records[::-1], [*records[5:], *records[:5]]):
        assert_geodataframe_equal(of_table(table_of(lie).select(COLUMNS)), to_frame(records))


DTYPES = {
    "site": "string",
    "date": "string",
    "earliest": "datetime64[s]",
    "latest": "datetime64[s]",
    "date_meaning": "string",
    "outcome": "category",
    "platform": "string",
    "count": "Int64",
    "count_min": "Int64",
    "count_max": "Int64",
    "basis": "category",
    "method": "category",
    "status": "category",
    "location_uncertainty_m": "float64",
    "image_time": "datetime64[s, UTC]",
    "gsd_m": "float64",
    "cloud_pct": "float64",
    "off_nadir_deg": "float64",
    "length_m": "float64",
    "width_m": "float64",
    "sources": "object",
    "effort_stated": "bool",
    "relates": "object",
    "aggregate": "bool",
    "context": "bool",
    "logged_at": "datetime64[s, UTC]",
    "revised_at": "datetime64[s, UTC]",
    "revision": "Int64",
    "tags": "object",
    "note": "string",
    "geometry": "geometry",
}


@pytest.mark.parametrize("records", [[], [BARE], [FULL], [FULL, BARE]], ids=["none", "bare", "full", "both"])
def test_every_frame_has_the_same_columns_dtypes_and_crs(records: list[Observation]) -> None:
    frame = to_frame(records)
    assert list(frame.columns) == [*(name for name in PROPERTY_NAMES if name != "id"), "geometry"]
    assert {name: str(frame[name].dtype) for name in DTYPES} == DTYPES
    assert len(frame) == len(records)
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry.name == "geometry"
    assert (frame.index.name, str(frame.index.dtype)) == ("id", "string")


def test_the_id_is_the_index_in_the_order_given() -> None:
    assert list(to_frame([FULL, BARE]).index) == ["full", "bare"]
    assert to_frame([FULL, BARE]).loc["full", "platform_name"] == "Oslyabya"


def test_days_are_midnight_and_moments_are_utc() -> None:
    frame = to_frame([FULL, BARE])
    assert list(frame["earliest"]) == [pd.Timestamp(2024, 10, 8), pd.Timestamp(2025, 5, 18)]
    assert list(frame["latest"]) == [pd.Timestamp(2024, 10, 13), pd.Timestamp(2025, 5, 18)]
    assert frame.loc["full", "image_time"] == datetime(2024, 10, 8, 15, 40, tzinfo=UTC)
    assert pd.isna(frame.loc["bare", "image_time"])


def test_days_far_from_today_fit() -> None:
    frame = to_frame([record("old", date="1650"), record("late", date="9999")])
    assert list(frame["earliest"].dt.year) == [1650, 9999]


def test_unknown_is_missing_not_zero() -> None:
    bare = to_frame([FULL, BARE]).loc["bare"]
    assert all(pd.isna(bare[name]) for name in ("platform", "count", "length_m", "cloud_pct", "operator", "note"))
    assert not bare["effort_stated"]


def test_categories_are_all_that_a_record_may_say() -> None:
    frame = to_frame([])
    assert list(frame["outcome"].cat.categories) == ["seen", "not-seen", "cannot-tell"]
    assert list(frame["basis"].cat.categories) == ["own", "published", "retold"]
    assert list(frame["method"].cat.categories) == ["optical", "radar", "flight-tracking", "ground", "report"]
    assert list(frame["status"].cat.categories) == ["draft", "reviewed", "withdrawn"]


def test_lists_are_tuples_of_plain_values() -> None:
    frame = to_frame([FULL, BARE])
    assert frame.loc["full", "sources"] == (
        {"published_by": "CNN", "url": "https://example.org/1", "confidential": False},
        {"title": "A letter", "confidential": True},
    )
    assert frame.loc["full", "relates"] == ({"id": "bare", "how": "contradicts"},)
    assert frame.loc["full", "tags"] == ("PS-1", "pier")
    assert [frame.loc["bare", name] for name in ("sources", "relates", "tags")] == [(), (), ()]


@pytest.mark.parametrize(
    "many", [[record("a", tags=["x"]), record("b", tags=["y"])], [record("a", tags=["x", "y"])] * 2]
)
def test_lists_of_one_length_stay_lists(many: list[Observation]) -> None:
    assert list(to_frame(many)["tags"]) == [observation.tags for observation in many]


def test_without_a_position_the_geometry_is_none() -> None:
    frame = to_frame([FULL, BARE])
    assert frame.loc["full", "geometry"] == shapely.Point(132.35, 42.89)
    assert frame.loc["bare", "geometry"] is None
    assert to_frame([BARE]).geometry.isna().all()


@pytest.mark.parametrize(
    ("geometry", "area_or_length"),
    [
        ({"type": "LineString", "coordinates": [[132, 42], [132, 43]]}, (0.0, 1.0)),
        ({"type": "Polygon", "coordinates": [[[132, 42], [133, 42], [133, 43], [132, 43], [132, 42]]]}, (1.0, 4.0)),
    ],
)
def test_lines_and_areas_keep_their_shape(geometry: dict[str, Any], area_or_length: tuple[float, float]) -> None:
    shape = to_frame([record("a", geometry=geometry)]).geometry.iloc[0]
    assert (shape.area, shape.length) == area_or_length


def test_a_withdrawn_record_is_a_row_like_any_other() -> None:
    assert list(to_frame([record("a", status="withdrawn")])["status"]) == ["withdrawn"]


# --- and back, and frames of one's own


def test_the_shipped_records_go_to_a_frame_and_back(book: Logbook) -> None:
    records = book.read().records
    assert to_records(to_frame(records)) == records


@pytest.mark.parametrize("records", [[], [BARE], [BARE, FULL]], ids=["none", "bare", "both"])
def test_records_go_to_a_frame_and_back(records: list[Observation]) -> None:
    assert {r.id: r for r in to_records(to_frame(records))} == {r.id: r for r in records}


def own(**columns: Any) -> geopandas.GeoDataFrame:
    """A bare frame as a detector writes it: two rows, days as text, metres instead of degrees."""
    data = {
        "site": ["dunay", "sunan"],
        "earliest": ["2025-05-18", "2025-06-01"],
        "latest": ["2025-05-18", "2025-06-03"],
    }
    shapes = geopandas.GeoSeries([shapely.Point(132.35, 42.89), None], index=["a", "b"], crs="EPSG:4326")
    columns = {name: values for name, values in {**data, **columns}.items() if values is not None}
    return geopandas.GeoDataFrame(columns, geometry=shapes.to_crs("EPSG:3857"), index=["a", "b"])


def test_a_frame_of_ones_own_needs_only_site_and_days() -> None:
    first, second = to_records(own(score=[0.9, 0.8]))
    assert (first.id, first.site, first.date, first.outcome) == ("a", "dunay", "2025-05-18", "seen")
    assert first.geometry is not None
    assert first.geometry["coordinates"] == pytest.approx([132.35, 42.89])
    assert (second.date, second.geometry) == ("2025-06-01/2025-06-03", None)


@pytest.mark.parametrize(
    ("frame", "what"),
    [
        (pd.DataFrame({"site": ["dunay"]}), "is a DataFrame without geometry"),
        (own(site=None), "at least site and date"),
        (own(latest=None), "at least site and date"),
        (own(latest=["2025-05-18", "soon"]), "latest: 'soon' at 'b' is no day"),
        (own(earliest=["2025-05-18", None]), "at 'b' is no day"),
        (own(outcome=["seen", "gone"]), "the row 'b' is no record: outcome"),
        (own().rename({"b": "a"}), "'a' stands on two rows"),
    ],
)
def test_a_frame_that_holds_no_records_is_refused_where_it_is_wrong(frame: Any, what: str) -> None:
    with pytest.raises(InvalidValue, match=what):
        to_records(frame)


def test_a_checked_frame_has_the_columns_of_a_record_alone() -> None:
    frame = to_frame([FULL, BARE])
    pd.testing.assert_frame_equal(checked(frame.assign(score=1.0)), frame)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda f: f.drop(columns="method"), "no column 'method'; for example to_frame"),
        (lambda f: f.assign(earliest="2025-05-18"), "its column 'earliest' is .*; allowed: datetime64"),
        (lambda f: f.assign(latest=f["latest"].where(f.index != "bare")), "'latest' is missing at 'bare'"),
        (lambda f: f.assign(tags=[["PS-1"], ()]), r"'tags' of '\w+' is \['PS-1'\]; allowed: a tuple"),
        (lambda f: f.to_crs("EPSG:3857"), "EPSG:3857; allowed: EPSG:4326"),
        (lambda f: f.rename({"bare": "full"}), "'full' stands on two rows"),
        (lambda f: pd.DataFrame(f.drop(columns="geometry")), "without geometry"),
    ],
)
def test_a_frame_that_a_page_could_not_tell_is_refused_where_it_is_wrong(change: Any, what: str) -> None:
    with pytest.raises(InvalidValue, match=what):
        checked(change(to_frame([FULL, BARE])))


def test_records_that_were_vouched_for_are_rows_as_any_others() -> None:
    record = Observation.model_validate({"id": "a", "site": "dunay", "date": "2025-05-18", "platform": "tanker"})
    vouched = Observation.vouched({"id": "a", "site": "dunay", "date": "2025-05-18", "platform": "tanker"})
    pd.testing.assert_frame_equal(pd.DataFrame(to_frame([vouched])), pd.DataFrame(to_frame([record])))
