"""The record: each of its rules, with what it refuses beside what it takes; its way to GeoJSON and back; the site."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from resight.errors import InvalidRecord, InvalidValue
from resight.observation import PROPERTY_NAMES, Observation, Site, build, parse_count, positions

HEART = {"site": "dunay", "date": "2025-05-18"}
SHA = "0123456789abcdef" * 4
RING = [[132.3, 42.8], [132.4, 42.8], [132.4, 42.9], [132.3, 42.8]]


def record(**values: Any) -> Observation:
    return build(Observation, {**HEART, **values})


def refusal(**values: Any) -> InvalidValue:
    """The one objection to a record."""
    with pytest.raises(InvalidRecord) as caught:
        record(**values)
    (problem,) = caught.value.problems
    assert str(problem) == str(caught.value)
    return problem


def feature(geometry: Any = None, *, members: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {**HEART, **properties}, "geometry": geometry, **(members or {})}


def at(*place: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(place)}


def test_site_and_date_are_enough() -> None:
    found = record()
    assert (found.outcome, found.basis, found.method, found.status) == ("seen", "own", "optical", "draft")
    assert (found.date_meaning, found.revision, found.sources, found.geometry) == ("within", 1, (), None)
    assert found.bounds == (date(2025, 5, 18), date(2025, 5, 18))
    assert found.year == 2025
    assert found.is_look


# --- single values: what is wrong, what is allowed, an example


@pytest.mark.parametrize(
    ("field", "wrong", "says", "allowed", "right"),
    [
        ("id", "Dunay 1", "'Dunay 1' is not allowed", "lower-case letters, digits and hyphens", "dunay-1"),
        ("site", "Dunay Port", "'Dunay Port' is not allowed", "the id of a site", "dunay"),
        ("site", "", "'' is not allowed", "the id of a site", "sunan"),
        ("date", "2025-02-30", "February 2025 has 28 days", "a day, month, year or interval in EDTF", "2025-02-28"),
        ("date", "18.05.2025", "did you mean 2025-05-18?", "a day, month, year or interval", "2025-05-18"),
        ("date", "05/06/2025", "did you mean 2025-06-05 or 2025-05-06?", "a day, month, year", "2025-06-05"),
        ("date", "2025-05-18/..", "open at one end", "a day, month, year", "2025-05-18/2025-05-19"),
        ("date_meaning", "always", "'always' is not allowed", "within (on some day of the interval)", "throughout"),
        ("outcome", "maybe", "'maybe' is not allowed", "seen, not-seen", "cannot-tell"),
        ("platform", "Ropucha class", "'Ropucha class' is not allowed", "platform tree", "ropucha-class"),
        ("operator", "  ", "at least 1 character", "free text", "Air Koryo"),
        ("count", -1, "-1: Input should be greater than or equal to 0", "a whole number, at least 1 when seen", 1),
        ("count", "lots", "'lots': Input should be a valid integer", "a whole number, at least 1 when seen", "2"),
        ("count", 1.5, "1.5: Input should be a valid integer", "a whole number, at least 1 when seen", 2),
        ("count", 0, "a count of 0 is a look that found nothing", "a whole number, at least 1 when seen", 1),
        ("count_max", 0, "a count of 0 is a look that found nothing", "a whole number", 1),
        ("likelihood", "possible", "'possible' is not allowed", "almost-no-chance (1–5 %)", None),
        ("confidence", "certain", "'certain' is not allowed", "low, moderate or high", "moderate"),
        ("basis", "hearsay", "'hearsay' is not allowed", "own (we examined the image)", "retold"),
        ("method", "sonar", "'sonar' is not allowed", "optical, radar, flight-tracking", "radar"),
        ("location_uncertainty_m", 0, "0: Input should be greater than 0", "metres, above 0", 1),
        ("location_uncertainty_m", float("nan"), "nan: Input should be", "metres, above 0", 0.5),
        ("gsd_m", float("inf"), "finite", "metres, above 0", 0.5),
        ("length_m", -112, "-112: Input should be greater than 0", "metres, above 0", 112),
        ("width_m", "wide", "'wide': Input should be a valid number", "metres, above 0", 15.5),
        ("cloud_pct", 100.1, "less than or equal to 100", "0 to 100", 100),
        ("cloud_pct", -1, "greater than or equal to 0", "0 to 100", 0),
        ("off_nadir_deg", 91, "less than or equal to 90", "0 to 90", 90),
        ("image_time", "2025-05-18T01:40:00", "timezone", "a moment with its offset", "2025-05-18T01:40:00Z"),
        ("image_time", "noon", "'noon'", "a moment with its offset", "2025-05-18T11:40:00+10:00"),
        (
            "image_href",
            "../secret.tif",
            "neither a web address nor a path inside the logbook",
            "https, s3, gs",
            "a/b.tif",
        ),
        (
            "image_href",
            "a/../../b.tif",
            "neither a web address nor a path",
            "https, s3, gs",
            "a/b..tif".replace("..", "."),
        ),
        ("image_href", "/etc/passwd", "neither a web address nor a path", "https, s3, gs", "etc/passwd"),
        (
            "image_href",
            "javascript:alert(1)",
            "neither a web address nor a path",
            "https, s3, gs",
            "s3://bucket/scene.tif",
        ),
        (
            "image_href",
            "file:///etc/passwd",
            "neither a web address nor a path",
            "https, s3, gs",
            "gs://bucket/scene.tif",
        ),
        ("image_href", "https://a b", "neither a web address nor a path", "https, s3, gs", "https://example.org/a?b=c"),
        ("image_sha256", "abc", "'abc' is not allowed", "64 hexadecimal digits", SHA),
        ("image_sha256", SHA.upper(), "is not allowed", "64 hexadecimal digits", SHA),
        ("sources", "CNN", "'CNN': Input should be a valid tuple", "a list of sources", [{"published_by": "CNN"}]),
        ("tags", "PS-115", "'PS-115': Input should be a valid tuple", "a list of words", ["PS-115"]),
        ("revision", 0, "greater than or equal to 1", "a whole number from 1", 2),
        ("status", "deleted", "'deleted' is not allowed", "draft, reviewed or withdrawn", "withdrawn"),
        ("aggregate", "perhaps", "valid boolean", "true or false", True),
        (
            "geometry",
            "here",
            "'here': Input should be a valid dictionary",
            "null, or a GeoJSON Point",
            at(132.355, 42.897),
        ),
    ],
)
def test_a_wrong_value_is_refused_in_words_and_a_right_one_taken(
    field: str, wrong: object, says: str, allowed: str, right: object
) -> None:
    problem = refusal(**{field: wrong})
    # A count that is wrong by count_max is still the count to look at.
    assert problem.field == ("count" if field == "count_max" else field)
    message = str(problem)
    assert message.startswith(f"{problem.field}: ")
    assert says in message
    assert allowed in message
    assert "; for example " in message
    if right is not None:
        assert getattr(record(**{field: right}), field) is not None


def test_every_wrong_value_has_a_line_of_its_own() -> None:
    with pytest.raises(InvalidRecord) as caught:
        record(count="lots", cloud_pct=101, site="Dunay Port")
    assert [problem.field for problem in caught.value.problems] == ["site", "count", "cloud_pct"]
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize("field", ["site", "date"])
def test_what_must_be_given_is_asked_for(field: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        build(Observation, {name: value for name, value in HEART.items() if name != field})
    assert str(caught.value).startswith(f"{field}: is missing; allowed: ")


@pytest.mark.parametrize(
    ("name", "near"), [("platfrom", "platform"), ("cout", "count"), ("Activity", "activity"), ("qqqq", None)]
)
def test_an_unknown_field_is_refused_with_a_near_name(name: str, near: str | None) -> None:
    problem = refusal(**{name: "x"})
    assert problem.field == name
    assert problem.what.startswith("is not a field of this record")
    assert problem.what.endswith(f"did you mean {near}?" if near else "record")


# --- sources and relations


@pytest.mark.parametrize(
    ("wrong", "path", "says"),
    [
        ({"title": "x", "url": "javascript:alert(1)"}, "sources.0.url", "'javascript:alert(1)' is not allowed"),
        ({"title": "x", "url": "data:text/html,x"}, "sources.0.url", "is not allowed"),
        ({"title": "x", "url": "https://a b"}, "sources.0.url", "is not allowed"),
        ({"title": "x", "url": 'https://a"onclick="b'}, "sources.0.url", "is not allowed"),
        ({"title": "x", "grade": "Z9"}, "sources.0.grade", "'Z9' is not allowed"),
        ({"title": "x", "grade": "B7"}, "sources.0.grade", "'B7' is not allowed"),
        ({"title": "x", "published": "last week"}, "sources.0.published", "not a date in EDTF"),
        ({"title": "x", "accessed": "02/03/2025"}, "sources.0.accessed", "did you mean 2025-03-02 or 2025-02-03?"),
        ({}, "sources.0", "a source needs a title, a publisher or an address"),
        ({"grade": "A1"}, "sources.0", "a source needs a title, a publisher or an address"),
    ],
)
def test_a_wrong_source_is_refused(wrong: dict[str, Any], path: str, says: str) -> None:
    problem = refusal(sources=[wrong])
    assert problem.field == path
    assert says in problem.what


def test_a_wrong_grade_is_told_what_a_grade_is() -> None:
    message = str(refusal(sources=[{"title": "x", "grade": "Z9"}]))
    assert "a list of sources" not in message
    assert "B2" in message


def test_an_unknown_field_of_a_source_is_named() -> None:
    problem = refusal(sources=[{"title": "x", "publishd": "2025"}])
    assert problem.field == "sources.0.publishd"
    assert "did you mean published?" in problem.what


def test_a_source_is_not_confidential_unless_it_says_so() -> None:
    plain, secret = record(sources=[{"title": "x"}, {"title": "y", "confidential": True}]).sources
    assert (plain.confidential, secret.confidential) == (False, True)


@pytest.mark.parametrize("grade", ["A1", "F6", "C3"])
def test_an_admiralty_grade_is_taken(grade: str) -> None:
    assert record(sources=[{"title": "x", "grade": grade}]).sources[0].grade == grade


@pytest.mark.parametrize("wrong", [{"id": "a", "how": "denies"}, {"id": "A b", "how": "part-of"}, {"id": "a"}])
def test_a_wrong_relation_is_refused(wrong: dict[str, str]) -> None:
    assert refusal(relates=[wrong]).field.startswith("relates.0.")


# --- rules over several fields


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        # Hedges
        ({"hedge": "believed"}, "hedge", "hedge and hedge_on go together"),
        ({"hedge_on": "platform", "platform": "il-76"}, "hedge", "hedge and hedge_on go together"),
        ({"hedge": "believed", "hedge_on": "platform"}, "hedge_on", "the hedge qualifies platform, which is empty"),
        ({"hedge": "likely", "hedge_on": "operator"}, "hedge_on", "the hedge qualifies operator, which is empty"),
        ({"hedge": "likely", "hedge_on": "berth", "berth": "1"}, "hedge_on", "'berth' is not allowed"),
        ({"likelihood": "likely"}, "likelihood", "says how likely the inferred_activity is, which is empty"),
        # Counts
        ({"platform_name": "P-912", "count": 2}, "platform_name", "has a count of 1, not 2"),
        ({"platform_name": "P-912"}, "platform_name", "has a count of 1, not None"),
        ({"count": 0}, "count", "outcome not-seen"),
        ({"outcome": "not-seen", "count": 2}, "count", "a look that found nothing has no count, or 0"),
        ({"outcome": "not-seen", "count_max": 2}, "count", "a look that found nothing has no count, or 0"),
        ({"outcome": "cannot-tell", "count": 0}, "count", "a look that could not tell has no count"),
        ({"outcome": "cannot-tell", "count_min": 1}, "count", "a look that could not tell has no count"),
        ({"count": 2, "count_min": 3}, "count", "count_min ≤ count ≤ count_max does not hold: 3, 2, None"),
        ({"count": 4, "count_max": 3}, "count", "count_min ≤ count ≤ count_max does not hold: None, 4, 3"),
        ({"count_min": 3, "count_max": 2}, "count", "count_min ≤ count ≤ count_max does not hold: 3, None, 2"),
        # Dates
        ({"date": "2023-01-01/2024-01-02"}, "date", "spans 367 days; over 366 days is allowed only for an aggregate"),
        ({"earliest": "2025-05-17"}, "earliest", "does not agree with date 2025-05-18, which gives 2025-05-18"),
        ({"latest": "2025-05-19"}, "latest", "does not agree with date 2025-05-18, which gives 2025-05-18"),
        ({"date": "2025-05-18~", "earliest": "2025-05-18"}, "earliest", "which gives 2025-05-15"),
        # Review
        ({"status": "reviewed"}, "reviewed_by", "a reviewed record names who reviewed it"),
    ],
)
def test_values_that_disagree_are_refused(values: dict[str, Any], field: str, says: str) -> None:
    problem = refusal(**values)
    assert problem.field == field
    assert says in str(problem)
    assert "; allowed: " in str(problem)
    assert "; for example " in str(problem)


@pytest.mark.parametrize(
    "values",
    [
        {"hedge": "believed", "hedge_on": "platform", "platform": "il-76"},
        {"hedge": "possible", "hedge_on": "inferred_activity", "inferred_activity": "troop-transfer"},
        {"likelihood": "likely", "inferred_activity": "troop-transfer", "confidence": "low"},
        {"platform_name": "P-912", "count": 1},
        # Looked for by name, or behind cloud: there is nothing to count.
        {"platform_name": "P-912", "outcome": "not-seen"},
        {"platform_name": "P-912", "outcome": "cannot-tell"},
        {"outcome": "not-seen", "count": 0},
        {"outcome": "not-seen", "count_min": 0, "count": 0, "count_max": 0},
        {"count_min": 2, "count": 2, "count_max": 2},
        {"count_min": 2},
        {"count_max": 3},
        {"date": "2023-01-01/2024-01-01"},
        {"date": "2024"},
        {"date": "2023-08/2025-01", "aggregate": True},
        {"date": "2025-05-18~", "earliest": "2025-05-15", "latest": "2025-05-21"},
        {"status": "reviewed", "reviewed_by": "B. Editor"},
        {"status": "withdrawn"},
    ],
)
def test_values_that_agree_are_taken(values: dict[str, Any]) -> None:
    assert record(**values)


def test_widening_does_not_count_towards_the_longest_span() -> None:
    assert record(date="2023-01-01~/2024-01-01~").bounds == (date(2022, 12, 29), date(2024, 1, 4))


@pytest.mark.parametrize(
    ("method", "outcome", "look"),
    [
        ("optical", "seen", True),
        ("radar", "not-seen", True),
        ("optical", "cannot-tell", False),
        ("flight-tracking", "seen", False),
        ("ground", "seen", False),
        ("report", "not-seen", False),
    ],
)
def test_only_imagery_that_could_tell_is_a_look(method: str, outcome: str, look: bool) -> None:
    assert record(method=method, outcome=outcome).is_look is look


# --- geometry


@pytest.mark.parametrize(
    ("geometry", "says"),
    [
        (at(0, 0), "(0, 0) is what software writes for “not known”"),
        (at(0.0, -0.0, 12.0), "is what software writes for “not known”"),
        (at(float("nan"), 42), "must be finite"),
        (at(132, float("inf")), "must be finite"),
        (at(500, 99), "lon 500, lat 99 is not on Earth (lon -180 to 180, lat -90 to 90)"),
        (at(180.1, 42), "lon 180.1, lat 42 is not on Earth"),
        (at(42.897, 132.355), "swapped, lon 132.355 lat 42.897 would be on Earth: GeoJSON puts lon first"),
        (at(42), "it needs lon, lat"),
        (at(42, 43, 44, 45), "it needs lon, lat"),
        ({"type": "Point", "coordinates": ["132", "42"]}, "lon and lat are numbers"),
        ({"type": "Point", "coordinates": [True, 42]}, "lon and lat are numbers"),
        ({"type": "Point", "coordinates": [None, 42]}, "lon and lat are numbers"),
        ({"type": "Point", "coordinates": "132,42"}, "it has no coordinates"),
        ({"type": "Point", "coordinates": []}, "it has no coordinates"),
        ({"type": "Point"}, "it has no coordinates"),
        ({"type": "Point", "coordinates": [[132, 42]]}, "it needs lon, lat"),
        ({"type": "LineString", "coordinates": [132, 42]}, "is not a position"),
        ({"type": "Polygon", "coordinates": [132, 42]}, "not nested as a Polygon needs"),
        ({"type": "LineString", "coordinates": [[132, 42]]}, "at least two positions a line"),
        ({"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]], [[1, 2]]]}, "at least two positions a line"),
        ({"type": "Polygon", "coordinates": [RING[:-1]]}, "the last one equal to the first"),
        ({"type": "Polygon", "coordinates": [[*RING[:-1], [132.2, 42.8]]]}, "the last one equal to the first"),
        ({"type": "Polygon", "coordinates": [RING, []]}, "at least four positions"),
        ({"type": "MultiPolygon", "coordinates": [[RING], [RING[:-1]]]}, "the last one equal to the first"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "it has no coordinates"),
        ({"type": "GeometryCollection", "geometries": [at(1, 2)]}, "'GeometryCollection' is not a geometry"),
        ({"type": "Feature"}, "'Feature' is not a geometry"),
        ({}, "None is not a geometry"),
    ],
)
def test_a_geometry_that_is_none_is_refused(geometry: dict[str, Any], says: str) -> None:
    problem = refusal(geometry=geometry)
    assert problem.field == "geometry"
    assert says in problem.what
    assert "null, or a GeoJSON Point" in str(problem)


def test_swapping_is_not_proposed_where_it_does_not_help() -> None:
    assert "swapped" not in str(refusal(geometry=at(500, 99)))
    assert "swapped" not in str(refusal(geometry=at(100, 181)))


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        at(132.355, 42.897),
        at(132.355, 42.897, 12.5),
        at(0, 0.1),
        at(-180, -90),
        at(180, 90),
        {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]},
        {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
        {"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]]]},
        {"type": "Polygon", "coordinates": [RING]},
        {"type": "MultiPolygon", "coordinates": [[RING, RING], [RING]]},
    ],
)
def test_a_geometry_on_earth_is_kept_as_it_is(geometry: dict[str, Any] | None) -> None:
    assert record(geometry=geometry).to_feature()["geometry"] == geometry


def test_positions_of_a_geometry() -> None:
    two = {"type": "MultiPolygon", "coordinates": [[RING], [RING]]}
    assert list(positions(two)) == [*RING, *RING]
    assert list(positions(at(1, 2, 3))) == [[1, 2, 3]]


@pytest.mark.parametrize(
    "geometry",
    [
        pytest.param({"type": [], "coordinates": [1, 2]}, id="type-a-list"),
        pytest.param({"type": {}, "coordinates": [1, 2]}, id="type-an-object"),
        pytest.param(at(10**400, 42), id="a-number-too-large-to-be-a-float"),
        pytest.param(at(132.0, 42.0, float("nan")), id="altitude-nan"),
        pytest.param({"type": "MultiPolygon", "coordinates": [[RING], []]}, id="an-empty-polygon-beside-a-full-one"),
    ],
)
def test_an_odd_geometry_is_refused_as_any_other(geometry: dict[str, Any]) -> None:
    assert refusal(geometry=geometry).field == "geometry"


# --- counts in words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", {"count": 2}),
        (" 2 ", {"count": 2}),
        ("1,500", {"count": 1500}),
        ("1 500 000", {"count": 1_500_000}),
        ("at least 2", {"count_min": 2}),
        ("At Least 2", {"count_min": 2}),
        ("min 2", {"count_min": 2}),
        (">= 2", {"count_min": 2}),
        ("≥2", {"count_min": 2}),
        ("2+", {"count_min": 2}),
        ("2 or more", {"count_min": 2}),
        ("up to 5", {"count_max": 5}),
        ("at most 5", {"count_max": 5}),
        ("≤ 5", {"count_max": 5}),
        ("about 300", {"count": 300, "count_min": 270, "count_max": 330}),
        ("~300", {"count": 300, "count_min": 270, "count_max": 330}),
        ("ca. 300", {"count": 300, "count_min": 270, "count_max": 330}),
        ("approx. 1,000", {"count": 1000, "count_min": 900, "count_max": 1100}),
        # Rounded outwards, and never down to none.
        ("about 15", {"count": 15, "count_min": 13, "count_max": 17}),
        ("about 70", {"count": 70, "count_min": 63, "count_max": 77}),
        ("about 1", {"count": 1, "count_min": 1, "count_max": 2}),
        ("2-3", {"count_min": 2, "count_max": 3}),
        ("2–3", {"count_min": 2, "count_max": 3}),
        ("2 to 3", {"count_min": 2, "count_max": 3}),
        ("1,000-1,500", {"count_min": 1000, "count_max": 1500}),
    ],
)
def test_a_count_in_words(text: str, expected: dict[str, int]) -> None:
    assert parse_count(text) == expected


@pytest.mark.parametrize(
    "text", ["lots", "", "-1", "2.5", "1,5", "1,50,000", "2-3-4", "two", "2 ships", "about", "1e3", "+2", "2 2"]
)
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_count(text)
    assert (caught.value.field, caught.value.value) == ("count", text)
    message = str(caught.value)
    for part in (
        "count: ",
        repr(text),
        "is not a count",
        "a whole number, “at least 2”, “up to 5”, “about 300” or “2-3”",
    ):
        assert part in message


@given(st.integers(1, 2_000_000))
def test_about_holds_the_best_count_and_a_tenth_to_each_side(best: int) -> None:
    found = parse_count(f"about {best}")
    assert found["count"] == best
    assert 1 <= found["count_min"] <= best * 0.9 + 1e-6 or best == found["count_min"] == 1
    assert found["count_max"] * 10 >= best * 11
    assert found["count_max"] * 10 < best * 11 + 10
    assert record(**found)


def test_a_reversed_range_is_refused_with_the_record() -> None:
    assert "does not hold: 3, None, 2" in str(refusal(**parse_count("3-2")))


def test_a_count_of_thousands_of_digits_is_refused_as_any_other() -> None:
    with pytest.raises(InvalidValue):
        parse_count("9" * 5000)


def test_a_count_that_cannot_be_written_is_refused() -> None:
    assert refusal(count=10**30).field == "count"


# --- to GeoJSON and back

# Any text that JSON can hold and that is not changed by stripping: quotes, markup, templates, controls, other scripts.
hostile = (
    st.one_of(
        st.sampled_from(
            [
                '"; DROP TABLE x; --',
                "</script><script>alert(1)</script>",
                "{{ 7 * 7 }}{% raw %}",
                "${alert(1)}`",
                "\\u0000 \\n",
                "a\u2028b\u2029c",
                "로푸카급 – Ил-76 \U0001f6a2",
                "[1, 2]",
                "2025/05/18",
                "null",
                "\u202eabc",
            ]
        ),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80),
    )
    .map(str.strip)
    .filter(bool)
)
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
moments = st.datetimes(datetime(1000, 1, 2), datetime(9998, 12, 30)).map(lambda m: m.replace(microsecond=0, tzinfo=UTC))
metres = st.floats(0.001, 1e6)
longitudes, latitudes = st.floats(-180, 180), st.floats(0.001, 90)
geometries = st.one_of(
    st.none(),
    st.builds(at, longitudes, latitudes),
    st.builds(at, longitudes, latitudes, st.floats(-500, 9000)),
    st.lists(st.tuples(longitudes, latitudes).map(list), min_size=2, max_size=5).map(
        lambda line: {"type": "LineString", "coordinates": line}
    ),
    st.just({"type": "Polygon", "coordinates": [RING]}),
)
sources = st.fixed_dictionaries(
    {"title": hostile},
    optional={
        "published_by": hostile,
        "url": st.just("https://example.org/a?b=%22"),
        "published": st.sampled_from(["2025-07-02", "2025-07", "2025~"]),
        "grade": st.sampled_from(["A1", "F6"]),
        "confidential": st.booleans(),
    },
)
records = st.fixed_dictionaries(
    {
        "site": slugs,
        "date": st.sampled_from(["2025-05-18", "2024-10~", "2024?", "2024-10-08/2024-10-13%"]),
        "platform": slugs,
        "method": st.sampled_from(["optical", "radar", "report"]),
        "basis": st.sampled_from(["own", "published", "retold"]),
        "geometry": geometries,
    },
    optional={
        "id": slugs,
        "operator": hostile,
        "count": st.integers(1, 10**9),
        "visible": hostile,
        "note": hostile,
        "berth": hostile,
        "image_id": hostile,
        "sensor": hostile,
        "image_time": moments,
        "logged_at": moments,
        "cloud_pct": st.floats(0, 100),
        "length_m": metres,
        "sources": st.lists(sources, max_size=3),
        "relates": st.lists(st.fixed_dictionaries({"id": slugs, "how": st.just("part-of")}), max_size=2),
        "tags": st.lists(hostile, max_size=3),
        "aggregate": st.booleans(),
        "context": st.booleans(),
        "effort_stated": st.booleans(),
        "revision": st.integers(1, 99),
        "date_meaning": st.sampled_from(["within", "throughout"]),
    },
)


@given(records, st.dictionaries(hostile.filter(lambda name: name not in PROPERTY_NAMES), hostile, max_size=2))
def test_a_record_comes_back_from_its_feature(values: dict[str, Any], foreign: dict[str, str]) -> None:
    given_record = build(Observation, {**values, "foreign": foreign or None})
    on_disk = json.dumps(given_record.to_feature(), ensure_ascii=False, allow_nan=False)
    again = Observation.from_feature(json.loads(on_disk))
    assert again == given_record
    assert json.dumps(again.to_feature(), ensure_ascii=False) == on_disk


def test_a_feature_holds_the_fields_in_their_order_and_leaves_empty_ones_out() -> None:
    written = record(
        note="n", tags=["t"], count=1, platform="il-76", id="x", image_time="2025-05-18T11:40:00+10:00", context=True
    ).to_feature()
    assert list(written) == ["type", "id", "properties", "geometry"]
    assert (written["type"], written["id"], written["geometry"]) == ("Feature", "x", None)
    assert json.dumps(written["properties"]) == json.dumps(
        {
            "id": "x",
            "site": "dunay",
            "date": "2025-05-18",
            "earliest": "2025-05-18",
            "latest": "2025-05-18",
            "outcome": "seen",
            "platform": "il-76",
            "count": 1,
            "basis": "own",
            "method": "optical",
            "image_time": "2025-05-18T01:40:00Z",
            "context": True,
            "revision": 1,
            "status": "draft",
            "tags": ["t"],
            "note": "n",
        }
    )


def test_the_order_on_disk_is_that_of_the_design() -> None:
    assert ",".join(PROPERTY_NAMES) == (
        "id,site,date,earliest,latest,date_meaning,outcome,platform,platform_name,operator,count,count_min,count_max,"
        "activity,inferred_activity,likelihood,confidence,hedge,hedge_on,visible,basis,method,berth,"
        "location_uncertainty_m,sensor,image_provider,image_time,image_id,gsd_m,cloud_pct,off_nadir_deg,image_href,"
        "image_sha256,image_license,length_m,width_m,sources,effort_stated,relates,aggregate,context,analyst,"
        "logged_at,revised_at,revision,reviewed_by,status,tags,note"
    )


def test_a_count_of_0_and_a_cloud_cover_of_0_are_written() -> None:
    properties = record(outcome="not-seen", count=0, cloud_pct=0).to_feature()["properties"]
    assert (properties["count"], properties["cloud_pct"]) == (0, 0)


def test_foreign_properties_and_members_survive_behind_our_own() -> None:
    given_feature = feature(mood="calm", nothing=None, members={"bbox": [1, 2, 3, 4], "x": {"deep": [None]}})
    found = Observation.from_feature(given_feature)
    assert found.foreign == {"mood": "calm", "nothing": None}
    assert found.foreign_members == {"bbox": [1, 2, 3, 4], "x": {"deep": [None]}}
    written = found.to_feature()
    assert list(written["properties"])[-2:] == ["mood", "nothing"]
    assert list(written) == ["type", "properties", "geometry", "bbox", "x"]
    changed = found.with_changes(note="n").to_feature()
    assert changed["properties"]["mood"] == "calm"
    assert changed["bbox"] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("properties", "field", "expected"),
    [
        ({"earliest": "2025/05/18", "latest": "2025/05/18"}, "earliest", date(2025, 5, 18)),
        ({"sources": '[ { "title": "x" } ]'}, "sources", record(sources=[{"title": "x"}]).sources),
        (
            {"relates": '[{"id":"a","how":"part-of"}]'},
            "relates",
            record(relates=[{"id": "a", "how": "part-of"}]).relates,
        ),
        ({"tags": '["a","b"]'}, "tags", ("a", "b")),
        ({"tags": "[]"}, "tags", ()),
        ({"aggregate": 1}, "aggregate", True),
        ({"aggregate": 0, "tags": None}, "aggregate", False),
        ({"context": 1.0}, "context", True),
        ({"image_time": "2025/05/18 01:40:00+00"}, "image_time", datetime(2025, 5, 18, 1, 40, tzinfo=UTC)),
        ({"logged_at": "2025/05/18 11:40:00+10"}, "logged_at", datetime(2025, 5, 18, 1, 40, tzinfo=UTC)),
        ({"count": 2.0}, "count", 2),
        ({"count": None, "status": None, "sources": None, "method": None}, "status", "draft"),
        ({"id": None}, "id", None),
    ],
)
def test_what_gdal_and_qgis_write_is_read(properties: dict[str, Any], field: str, expected: object) -> None:
    assert getattr(Observation.from_feature(feature(**properties)), field) == expected


def test_a_date_that_gdal_took_for_a_date_is_read() -> None:
    found = Observation.from_feature(feature(date="2025/05/18", earliest="2025/05/18", latest="2025/05/18"))
    assert found.date == "2025-05-18"


def test_an_id_may_stand_in_the_feature_alone() -> None:
    # GDAL takes the property `id` out when the Feature has the same.
    assert Observation.from_feature(feature(members={"id": "dunay-1"})).id == "dunay-1"
    assert Observation.from_feature(feature(mood="calm", members={"id": "dunay-1"})).id == "dunay-1"


def test_an_empty_id_property_does_not_contradict_the_feature() -> None:
    assert Observation.from_feature(feature(id=None, members={"id": "dunay-1"})).id == "dunay-1"


@pytest.mark.parametrize(
    ("given_feature", "field", "says"),
    [
        ({"type": "Feature", "geometry": None}, "properties", "a Feature needs an object of properties"),
        ({"type": "Feature", "properties": [1]}, "properties", "a Feature needs an object of properties"),
        (feature(id="b", members={"id": "a"}), "id", "the Feature's id is not the id of its properties, 'b'"),
        (feature(id="b", members={"id": 5}), "id", "the Feature's id is not the id of its properties, 'b'"),
        (feature(members={"id": 5}), "id", "valid string"),
        (feature(at(500, 99)), "geometry", "is not on Earth"),
        (feature(earliest="2025/05/17"), "earliest", "does not agree with date 2025-05-18"),
        (feature(sources="[{"), "sources", "valid tuple"),
        (feature(sources='{"title": "x"}'), "sources", "valid tuple"),
        (feature(count="lots"), "count", "'lots'"),
        (feature(date=20250518), "date", "valid string"),
    ],
)
def test_a_feature_that_is_not_right_is_refused(given_feature: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        Observation.from_feature(given_feature)
    assert [problem.field for problem in caught.value.problems] == [field]
    assert says in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(PROPERTY_NAMES), json_values, max_size=4), json_values)
def test_any_properties_are_a_record_or_refused(properties: dict[str, Any], identifier: Any) -> None:
    with suppress(InvalidRecord):
        found = Observation.from_feature(feature(members={"id": identifier}, **properties))
        assert found.earliest <= found.latest


def test_text_nested_very_deep_is_refused_as_any_other() -> None:
    with pytest.raises(InvalidRecord):
        Observation.from_feature(feature(tags="[" * 100_000))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+09:00", "0999-01-01T00:00:00Z", "9999-12-31T23:00:00-05:00"])
def test_a_moment_that_is_taken_can_be_written_and_read(moment: str) -> None:
    try:
        given_record = record(image_time=moment)
    except InvalidRecord:
        return
    assert Observation.from_feature(given_record.to_feature()) == given_record


# --- frozen, and changed by making another


def test_a_record_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        record().note = "n"  # type: ignore[misc]


def test_a_changed_date_brings_its_own_bounds() -> None:
    found = record(note="n", earliest="2025-05-18", latest="2025-05-18")
    changed = found.with_changes(date="2024-10~")
    assert changed.bounds == (date(2024, 9, 16), date(2024, 11, 15))
    assert (changed.note, found.date) == ("n", "2025-05-18")


def test_a_change_to_nothing_takes_a_value_out() -> None:
    found = record(note="n", count=2, status="withdrawn").with_changes(note=None, count=None, status=None)
    assert (found.note, found.count, found.status) == (None, None, "draft")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"count": "lots"}, "count"),
        ({"date": "2025-02-30"}, "date"),
        ({"earliest": "2025-05-17"}, "earliest"),
        ({"platform": None}, "hedge_on"),
        ({"site": None}, "site"),
        ({"notes": "n"}, "notes"),
    ],
)
def test_a_change_is_validated_as_a_whole(changes: dict[str, Any], field: str) -> None:
    found = record(platform="il-76", hedge="believed", hedge_on="platform")
    with pytest.raises(InvalidRecord) as caught:
        found.with_changes(**changes)
    assert [problem.field for problem in caught.value.problems] == [field]


# --- the site


def site_feature(geometry: Any = None, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": "dunay",
        "properties": {"name": "Dunay", "timezone": "Asia/Vladivostok", **properties},
        "geometry": geometry or at(132.33542, 42.87879),
    }


def test_a_site_has_its_names_its_point_and_whatever_else_the_register_says() -> None:
    site = Site.from_feature(
        site_feature(names={"ru": ["Дунай"], "ko": ["두나이", "두나이항"]}, admin="Primorsky Krai", country=None)
    )
    assert (site.id, site.point, site.watched) == ("dunay", (132.33542, 42.87879), False)
    assert site.all_names == ("dunay", "Dunay", "Дунай", "두나이", "두나이항")
    assert site.model_extra == {"admin": "Primorsky Krai"}
    assert site.country is None


def test_a_site_keeps_footprint_berths_residents_and_claims() -> None:
    site = Site.from_feature(
        site_feature(
            at(132.3, 42.8, 5.0),
            footprint={"type": "Polygon", "coordinates": [RING]},
            berths=[{"name": "Pier 2"}],
            residents=[{"platform": "il-76", "operator": "Air Koryo", "count": 3}],
            claims=[{"text": "95 km away", "from_site": "nakhodka", "distance_km": 95, "direction": "southwest"}],
        )
    )
    assert site.point == (132.3, 42.8)
    assert site.footprint == {"type": "Polygon", "coordinates": [RING]}
    assert [berth.name for berth in site.berths] == ["Pier 2"]
    assert [(resident.platform, resident.count) for resident in site.residents] == [("il-76", 3)]
    assert site.claims[0].distance_km == 95


@pytest.mark.parametrize(
    ("properties", "field", "says"),
    [
        ({"timezone": "Mars/Base"}, "timezone", "'Mars/Base' is not a time zone of the IANA database"),
        ({"timezone": "+10:00"}, "timezone", "is not a time zone"),
        ({"timezone": None}, "timezone", "is missing"),
        ({"name": None}, "name", "is missing"),
        ({"name": " "}, "name", "at least 1 character"),
        ({"footprint": at(132.3, 42.8)}, "footprint", "a footprint is a Polygon or MultiPolygon"),
        (
            {"footprint": {"type": "Polygon", "coordinates": [RING[:-1]]}},
            "footprint",
            "the last one equal to the first",
        ),
        ({"footprint": "a circle"}, "footprint", "valid dictionary"),
        ({"coordinate_uncertainty_m": 0}, "coordinate_uncertainty_m", "greater than 0"),
        ({"residents": [{"platform": "il-76"}]}, "residents.0.operator", "is missing"),
        ({"names": {"ru": "Дунай"}}, "names.ru", "valid tuple"),
    ],
)
def test_a_site_that_is_not_right_is_refused(properties: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        Site.from_feature(site_feature(**properties))
    (problem,) = caught.value.problems
    assert problem.field == field
    assert says in problem.what


@pytest.mark.parametrize(
    ("geometry", "says"),
    [
        ({"type": "Polygon", "coordinates": [RING]}, "a site's geometry is a Point"),
        (at(0, 0), "“not known”"),
        (at(42.87879, 132.33542), "swapped"),
        ("here", "a site's geometry is a Point"),
    ],
)
def test_a_site_lies_at_a_point_on_earth(geometry: Any, says: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        Site.from_feature(site_feature(geometry))
    assert caught.value.problems[0].field == "geometry"
    assert says in str(caught.value)


def test_a_site_without_an_object_of_properties_is_refused() -> None:
    with pytest.raises(InvalidRecord):
        Site.from_feature({"type": "Feature", "id": "x", "properties": [1], "geometry": at(1, 2)})


def test_a_site_without_an_id_is_refused() -> None:
    with pytest.raises(InvalidRecord) as caught:
        Site.from_feature({**site_feature(), "id": None})
    assert caught.value.problems[0].field == "id"
