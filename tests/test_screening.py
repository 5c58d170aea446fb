"""What is vouched for is a record as it stands, and ordinary rows are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from outgoing import HOSTILE
from resight.observation import Observation, Source
from resight.screening import vouched

MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)
ORDINARY: Mapping[str, Any] = {
    "site": "dunay",
    "date": "2025-05-18",
    "outcome": "seen",
    "platform": "ropucha-class",
    "count": 1,
    "activity": "docked",
    "basis": "own",
    "image_provider": "Planet",
    "image_id": "20250518_014012",
    "note": "Alongside the pier, ramp down.",
    "sources": ({"url": "https://example.org/scene/1"},),
    "longitude": 132.355,
    "latitude": 42.897,
}
FULL: Mapping[str, Any] = {
    **ORDINARY,
    "id": "dunay-2025-05-18-ropucha-class",
    "earliest": date(2025, 5, 18),
    "latest": date(2025, 5, 18),
    "date_meaning": "within",
    "platform_name": "Nikolay Vilkov",
    "operator": "Russia",
    "count_min": 1,
    "count_max": 1,
    "inferred_activity": "troop-transfer",
    "likelihood": "likely",
    "confidence": "moderate",
    "hedge": "believed",
    "hedge_on": "platform_name",
    "visible": "A landing ship is alongside the pier.",
    "method": "radar",
    "berth": "Pier 2",
    "location_uncertainty_m": 50.5,
    "sensor": "SkySat-C12",
    "image_time": datetime(2025, 5, 18, 1, 40, tzinfo=UTC),
    "gsd_m": 0.5,
    "cloud_pct": 0.0,
    "off_nadir_deg": 20.0,
    "image_href": "observations/images/ab.tif",
    "image_sha256": "ab" * 32,
    "image_license": "CC-BY-4.0",
    "length_m": 112.5,
    "width_m": 15.0,
    "sources": (
        {"title": "A ship", "published_by": "CNN", "published": "2025-07", "accessed": "2026-01-31", "grade": "B2"},
        {"published_by": "Somebody", "confidential": True},
    ),
    "effort_stated": True,
    "aggregate": False,
    "context": True,
    "analyst": "A. Analyst",
    "logged_at": datetime(2025, 5, 19, 9, tzinfo=UTC),
    "revised_at": datetime(2025, 5, 19, 9, tzinfo=timezone(timedelta(hours=10))),
    "revision": 2,
    "reviewed_by": "B. Editor",
    "status": "reviewed",
    "tags": ("PS-115", "two words"),
}
#: Of each field, values of which some are allowed, some only beside others, and some never.
_texts = st.sampled_from(
    [*HOSTILE, "a", " a", "a ", "\x1fa", "\u2028", "", "x" * 501, "\ud800", 7, 1.5, True, b"a", ("a",)]
) | st.text(max_size=5)
_slugs = st.sampled_from(["dunay", "a-1", "A", "a-", "a--b", "a\n", "ä", "x" * 201, "", 3])
_whole = st.sampled_from([0, 1, 2, 3, 2_000_000_000, 2_000_000_001, -1, 1.0, True, "1"])
_measures = st.floats() | st.sampled_from([0.0, -0.0, 1e-300, 90.0, 90.5, 100.0, 112, "1.5", True])
_days = st.sampled_from([date(2025, 5, 18), date(2025, 5, 31), datetime(2025, 5, 18), "2025-05-18"])
_moments = st.sampled_from(
    [
        datetime(2025, 5, 18, tzinfo=UTC),
        datetime(2025, 5, 18),
        # One moment, of which one way to tell it is in the calendar of every time zone.
        datetime(1000, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(999, 12, 31, 23, tzinfo=UTC),
        datetime(9999, 1, 1, tzinfo=UTC),
        "2025-05-18T00:00:00Z",
        1747526400,
    ]
)
_flags = st.sampled_from([True, False, 1, 0, "yes"])
_degrees = st.floats(-400, 400) | st.sampled_from([0.0, -0.0, 180.0, -90.0, float("nan"), float("inf"), 42, "42.5"])
_dates = st.sampled_from(
    ["2025-05-18", "2025-05", "2024/2025", "2025-05-18~", "2025-02-30", "18.05.2025", "0000", "2025-05/..", " 2025 "]
)
_source = st.fixed_dictionaries(
    {},
    optional={
        "title": _texts,
        "published_by": st.sampled_from(["CNN", None]),
        "url": st.sampled_from(["https://a.b/c", "ftp://a", "https://a b", "http://ä.de"]),
        "published": _dates,
        "accessed": _dates,
        "grade": st.sampled_from(["A1", "G1"]),
        "confidential": _flags,
        "publisher": st.just("?"),
    },
)
_FIELDS: Mapping[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(Observation.model_fields, _texts),
    **dict.fromkeys(("id", "site", "platform", "activity", "inferred_activity"), _slugs),
    **dict.fromkeys(("count", "count_min", "count_max", "revision"), _whole),
    **dict.fromkeys(
        ("location_uncertainty_m", "gsd_m", "cloud_pct", "off_nadir_deg", "length_m", "width_m"), _measures
    ),
    **dict.fromkeys(("earliest", "latest"), _days),
    **dict.fromkeys(("image_time", "logged_at", "revised_at"), _moments),
    **dict.fromkeys(("effort_stated", "aggregate", "context"), _flags),
    **dict.fromkeys(("longitude", "latitude"), _degrees),
    "date": _dates,
    "date_meaning": st.sampled_from(["within", "throughout", "about"]),
    "outcome": st.sampled_from(["seen", "not-seen", "cannot-tell", "unseen"]),
    "likelihood": st.sampled_from(["likely", "maybe"]),
    "confidence": st.sampled_from(["low", "none"]),
    "hedge_on": st.sampled_from(["platform", "platform_name", "operator", "activity", "inferred_activity", "site"]),
    "basis": st.sampled_from(["own", "hearsay"]),
    "method": st.sampled_from(["radar", "sonar"]),
    "status": st.sampled_from(["draft", "reviewed", "withdrawn", "lost"]),
    "image_href": st.sampled_from(["https://a.b/c.tif", "images/a.tif", "../a.tif", "/etc/passwd", "s3://a b"]),
    "image_sha256": st.sampled_from(["ab" * 32, "AB" * 32]),
    "geometry": st.sampled_from([{"type": "Point", "coordinates": [1, 2]}, {"type": "Point"}]),
    "sources": st.lists(_source, max_size=2).map(tuple) | st.lists(_source, max_size=1),
    "relates": st.sampled_from([(), ({"id": "a", "how": "part-of"},)]),
    "tags": st.lists(_texts, max_size=2).map(tuple) | st.lists(_texts, max_size=1),
    "foreign": st.sampled_from([{}, {"a": 1}]),
    "foreign_members": st.just({"a": 1}),
    "colour": st.just("grey"),
}


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """An ordinary or a full row with some values changed, taken away or added."""
    values = dict(draw(st.sampled_from([ORDINARY, FULL, {"site": "dunay", "date": "2025"}])))
    for name in draw(st.lists(st.sampled_from(list(_FIELDS)), max_size=4, unique=True)):
        values[name] = draw(st.none() | _FIELDS[name])
    return values


def columns_of(found: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row.get(name) for row in found] for name in dict.fromkeys(n for row in found for n in row)}


def record_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row as a record takes them: nothing is left out, and the position is a geometry."""
    values = {name: value for name, value in row.items() if value is not None}
    place = [values.pop(name, None) for name in ("longitude", "latitude")]
    return values if place == [None, None] else {"geometry": {"type": "Point", "coordinates": place}, **values}


def test_ordinary_rows_are_vouched_for() -> None:
    bare = {"site": "sunan", "date": "2024-10/2024-11~"}
    nothing = {**bare, "outcome": "not-seen", "count": 0, "platform": "il-76", "longitude": None}
    cloud = {**bare, "outcome": "cannot-tell", "aggregate": True, "sources": (), "tags": ()}
    assert vouched(columns_of([ORDINARY, FULL, bare, nothing, cloud])).tolist() == [True] * 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0},
        {"count": 2, "platform_name": "Nikolay Vilkov"},
        {"count_min": 3},
        {"hedge": "believed"},
        {"hedge": "believed", "hedge_on": "operator"},
        {"likelihood": "likely"},
        {"status": "reviewed"},
        {"date": "2023/2025"},
        {"earliest": date(2025, 5, 17)},
        {"longitude": 0.0, "latitude": 0.0},
        {"latitude": None},
        {"sources": ({"grade": "A1"},)},
        {"sources": ({"title": "A", "accessed": "yesterday"},)},
        {"site": None},
        {"date": None},
        {"colour": "grey"},
        {"note": " indented"},
        {"length_m": "112"},
    ],
    ids=str,
)
def test_the_row_that_is_no_record_as_it_stands_is_left_to_the_record(wrong: Mapping[str, Any]) -> None:
    assert vouched(columns_of([ORDINARY, {**ORDINARY, **wrong}, FULL])).tolist() == [True, False, True]


@given(st.lists(rows(), min_size=1, max_size=6))
@settings(max_examples=400, deadline=None)
def test_what_is_vouched_for_is_taken_by_the_record_unchanged(found: list[dict[str, Any]]) -> None:
    mask = vouched(columns_of(found))
    assert (mask.dtype, mask.shape) == (np.dtype(bool), (len(found),))
    for row, is_vouched_for in zip(found, mask.tolist(), strict=True):
        values = record_values(row)
        if not is_vouched_for:
            continue
        try:
            record = Observation.model_validate(values)
        except ValidationError as error:
            pytest.fail(f"{values}: {error}")
        same = Observation.vouched(values)
        assert same == record
        assert record == same
        for now, then in ((same, record), (same.logged("a-1", MOMENT), record.logged("a-1", MOMENT))):
            assert orjson.dumps(now.to_feature()) == orjson.dumps(then.to_feature())
        for changed in (same.with_changes(note="other"), same.model_copy(update={"note": "other"})):
            assert changed == record.with_changes(note="other")
            assert type(changed) is Observation


@given(rows())
@settings(max_examples=200, deadline=None)
def test_a_record_as_it_stands_is_vouched_for(row: dict[str, Any]) -> None:
    values = record_values(row)
    try:
        record = Observation.model_validate(values)
    except ValidationError:
        return
    kept = vars(record)
    is_as_given = all(type(value) is type(kept[name]) and value == kept[name] for name, value in values.items())
    apart = {"geometry", "sources", "relates", "foreign", "foreign_members"}
    if is_as_given and not values.keys() & apart:
        assert vouched(columns_of([row])).tolist() == [True], values


def test_arrays_are_looked_at_like_lists() -> None:
    pa = pytest.importorskip("pyarrow", reason="needs resight[exchange]")
    import pandas as pd

    found = [FULL, {**FULL, "count": None, "platform_name": None, "hedge": None, "hedge_on": None, "count_min": 5}]
    found += [{**FULL, "site": "Dunay"}, {**FULL, "longitude": None, "latitude": None}, {**FULL, "gsd_m": -1.0}]
    found += [{**FULL, "gsd_m": None}, {**FULL, "earliest": None, "latest": None}, {**FULL, "latest": date(2026, 1, 1)}]
    listed = columns_of(found)
    expected = [True, False, False, True, False, True, True, False]
    assert vouched(listed).tolist() == expected
    flat = {name: column for name, column in listed.items() if name not in ("sources", "tags")}
    moment = pa.timestamp("us", tz="UTC")
    arrow = {n: pa.array(c, type=moment if type(c[0]) is datetime else None) for n, c in flat.items()}
    arrow["site"] = arrow["site"].dictionary_encode()
    arrow["note"] = pa.chunked_array([arrow["note"][:3], arrow["note"][3:]])
    assert vouched(arrow).tolist() == expected
    series = {
        name: pd.Series(column, dtype=object if type(column[0]) is not float else None) for name, column in flat.items()
    }
    assert vouched(series).tolist() == expected
    numbers = {name: series[name].to_numpy() for name in ("longitude", "latitude", "gsd_m")}
    assert vouched({**listed, **numbers}).tolist() == expected


def test_many_combinations_are_told_apart() -> None:
    # More than numbers of 31 bits tell apart: every row has counts of its own.
    number = 3_000
    counts = {"count_min": [*range(number)], "count": [*range(number)], "count_max": [*range(number)]}
    columns = {"site": ["dunay"] * number, "date": ["2025"] * number, **counts}
    columns["count_max"][2_000] = 1_999
    assert np.flatnonzero(~vouched(columns)).tolist() == [0, 2_000]


def test_a_long_column_is_refused_where_it_is_wrong_and_nowhere_else() -> None:
    number = 25_000
    notes = [f"note {at}" for at in range(number)]
    wrong = {0: " a", 9_999: "x" * 100_001, 10_000: "", 24_999: 7}
    columns = {"site": ["dunay"] * number, "date": ["2025"] * number, "note": [*notes]}
    for at, value in wrong.items():
        columns["note"][at] = value  # type: ignore[call-overload]
    assert np.flatnonzero(~vouched(columns)).tolist() == [*wrong]


def test_a_table_without_rows_and_columns_that_do_not_fit() -> None:
    assert vouched({}).tolist() == []
    assert vouched({"site": [], "date": []}).tolist() == []
    with pytest.raises(ValueError, match=r"columns of 1, 2 rows"):
        vouched({"site": ["dunay"], "date": ["2025", "2025"]})


def test_a_source_that_is_vouched_for_is_a_source() -> None:
    record = Observation.vouched(record_values(FULL))
    assert all(type(source) is Source for source in record.sources)
    assert record.with_changes(note="Seen by three.").sources == record.sources
