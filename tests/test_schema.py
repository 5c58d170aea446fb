"""The JSON Schema of a record: valid itself, and true of every Feature that is shipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from resight.observation import PROPERTY_NAMES, json_schema

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "observations").glob("*.geojson"), *(ROOT / "seeds").glob("pattern-*.geojson")])
VALIDATOR = Draft202012Validator(json_schema(), format_checker=FormatChecker())


def features(path: Path) -> Iterator[dict[str, Any]]:
    yield from json.loads(path.read_text(encoding="utf-8"))["features"]


def a_feature(**properties: object) -> dict[str, Any]:
    given = {
        "id": "dunay-2025-05-18-ropucha-class",
        "site": "dunay",
        "date": "2025-05-18",
        "earliest": "2025-05-18",
        "latest": "2025-05-18",
        "outcome": "seen",
        "platform": "ropucha-class",
        "basis": "own",
        "method": "optical",
        **properties,
    }
    return {"type": "Feature", "id": given["id"], "properties": given, "geometry": None}


def objections(feature: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(feature)]


def test_the_schema_is_a_valid_schema_of_draft_2020_12() -> None:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    # It survives being written to a file.
    assert json.loads(json.dumps(schema)) == schema


def test_there_are_files_to_validate() -> None:
    assert {"2025.geojson", "pattern-2024.geojson"} <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_shipped_feature_validates(path: Path) -> None:
    found = list(features(path))
    assert found
    for feature in found:
        assert objections(feature) == [], feature["id"]


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"count": 2},
        {"likelihood": "likely", "inferred_activity": "troop-transfer"},
        {"sources": [{"title": "x", "grade": "B2", "url": "https://example.org/1"}]},
        {"relates": [{"id": "a-b", "how": "part-of"}]},
        {"image_time": "2025-05-18T01:40:00Z"},
        {"cloud_pct": 0},
        {"count": None},
        {"my_own_column": {"kept": True}},
    ],
)
def test_a_right_feature_validates(properties: dict[str, object]) -> None:
    assert objections(a_feature(**properties)) == []


@pytest.mark.parametrize(
    ("properties", "where"),
    [
        ({"count": "lots"}, "$.properties.count"),
        ({"count": -1}, "$.properties.count"),
        ({"count": 1.5}, "$.properties.count"),
        ({"site": "Dunay Port"}, "$.properties.site"),
        ({"site": None}, "$.properties.site"),
        ({"outcome": "maybe"}, "$.properties.outcome"),
        ({"likelihood": "possible", "inferred_activity": "troop-transfer"}, "$.properties.likelihood"),
        ({"hedge": "likely", "hedge_on": "berth"}, "$.properties.hedge_on"),
        ({"hedge": "likely"}, "$.properties"),
        ({"date": "18 May"}, "$.properties.date"),
        ({"status": "deleted"}, "$.properties.status"),
        ({"revision": 0}, "$.properties.revision"),
        ({"length_m": 0}, "$.properties.length_m"),
        ({"cloud_pct": 101}, "$.properties.cloud_pct"),
        ({"off_nadir_deg": -1}, "$.properties.off_nadir_deg"),
        ({"image_sha256": "abc"}, "$.properties.image_sha256"),
        ({"sources": [{"title": "x", "url": "javascript:alert(1)"}]}, "$.properties.sources[0].url"),
        ({"sources": [{"title": "x", "grade": "Z9"}]}, "$.properties.sources[0].grade"),
        ({"relates": [{"id": "a", "how": "denies"}]}, "$.properties.relates[0].how"),
        ({"earliest": "18 May"}, "$.properties.earliest"),
        ({"tags": "PS-115"}, "$.properties.tags"),
    ],
)
def test_a_wrong_feature_does_not_validate(properties: dict[str, object], where: str) -> None:
    found = objections(a_feature(**properties))
    assert [objection.partition(": ")[0] for objection in found] == [where]


@pytest.mark.parametrize("member", ["type", "id", "properties", "geometry"])
def test_a_feature_needs_its_members(member: str) -> None:
    feature = a_feature()
    del feature[member]
    assert objections(feature) == [f"$: {member!r} is a required property"]


@pytest.mark.parametrize("name", ["id", "site", "date", "earliest", "latest", "outcome", "basis", "method"])
def test_a_feature_needs_the_properties_that_are_always_written(name: str) -> None:
    feature = a_feature()
    del feature["properties"][name]
    assert objections(feature) == [f"$.properties: {name!r} is a required property"]


def test_the_schema_names_the_properties_on_disk_in_their_order_and_explains_each() -> None:
    properties = json_schema()["properties"]["properties"]["properties"]
    assert tuple(properties) == PROPERTY_NAMES
    assert [name for name, entry in properties.items() if not entry.get("description")] == []
    assert [name for name, entry in properties.items() if not entry.get("examples")] == []


def test_asking_twice_gives_the_same_schema() -> None:
    assert json_schema() == json_schema()
