"""Each check with a record it objects to beside one it does not; and what it finds in the shipped logbook."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from resight import checks
from resight.checks import Context, Located
from resight.errors import InvalidRecord, Problem
from resight.logbook import Logbook
from resight.observation import Observation, Site, build
from resight.vocabulary import from_toml

ROOT = Path(__file__).parents[1]
FILE = "observations/2025.geojson"
VOCABULARY = from_toml("""
[platforms.ship]
[platforms.landing-ship]
parent = "ship"
[platforms.ropucha-class]
parent = "landing-ship"
label = "Ropucha class"
length_m = 112.5
[platforms.tapir-class]
parent = "landing-ship"
label = "Tapir class"
[individuals.peresvet]
name = "Peresvet"
platform = "ropucha-class"
names = { ru = ["Пересвет"] }
[activities.docked]
[inferred_activities.troop-transfer]
[resolution.ship]
class = { gsd_m = 1.2, source = "a scale: a task" }
""")


def site(identifier: str, lon: float, lat: float, **properties: Any) -> Site:
    return Site.from_feature(
        {
            "type": "Feature",
            "id": identifier,
            "properties": {"name": identifier.title(), "timezone": "Asia/Vladivostok", **properties},
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
        }
    )


DUNAY = site("dunay", 132.33542, 42.87879)
NAKHODKA = site("nakhodka", 132.883333, 42.8)


def record(**values: Any) -> Observation:
    return build(Observation, {"id": "a", "site": "dunay", "date": "2025-05-18", **values})


def context(*records: Observation, sites: Sequence[Site] = (DUNAY, NAKHODKA)) -> Context:
    located = [Located(one, FILE, line) for line, one in enumerate(records, 2)]
    return Context(located, {one.id: one for one in sites}, VOCABULARY)


def found(*records: Observation, sites: Sequence[Site] = (DUNAY, NAKHODKA)) -> list[Problem]:
    """What all checks together find: a record made for one of them must not disturb another."""
    return checks.run(context(*records, sites=sites))


def at(*place: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(place)}


def test_a_record_with_nothing_wrong_gives_no_problem() -> None:
    assert found(record(platform="ropucha-class", activity="docked", geometry=at(132.355, 42.897))) == []


def test_an_empty_logbook_gives_no_problem() -> None:
    assert checks.run(Context([], {}, VOCABULARY)) == []


def test_a_problem_says_where_it_is() -> None:
    (problem,) = found(record(site="dunai"))
    assert problem[:1] + problem[2:6] == ("error", FILE, 2, "a", "site")
    assert str(problem).startswith(f"error: {FILE}:2: a [site]: 'dunai' is not known")


# --- one check after the other


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"site": "dunai"}, "site", ("'dunai' is not known", "did you mean dunay", "seeds/sites.geojson")),
        ({"platform": "ropuca-class"}, "platform", ("did you mean ropucha-class", "seeds/vocabulary.toml")),
        ({"activity": "dockd"}, "activity", ("'dockd' is not known", "did you mean docked")),
        ({"inferred_activity": "troop-transfr"}, "inferred_activity", ("did you mean troop-transfer",)),
        # An individual is not a node of the tree.
        ({"platform": "peresvet"}, "platform", ("'peresvet' is not known",)),
    ],
)
def test_unknown_names_are_errors(values: dict[str, Any], field: str, says: tuple[str, ...]) -> None:
    (problem,) = found(record(**values))
    assert (problem.level, problem.field) == ("error", field)
    for part in says:
        assert part in problem.what


def test_every_unknown_name_of_a_record_is_reported() -> None:
    problems = found(record(site="x", platform="y", activity="z", inferred_activity="w"))
    assert [problem.field for problem in problems] == ["site", "platform", "activity", "inferred_activity"]


@pytest.mark.parametrize(
    ("name", "platform", "objected"),
    [
        ("Peresvet", "tapir-class", True),
        ("Пересвет", "tapir-class", True),
        ("Peresvet", "ropucha-class", False),
        # Less is said, nothing else.
        ("Peresvet", "landing-ship", False),
        ("Peresvet", "ship", False),
        ("Peresvet", None, False),
        ("Somebody Else", "tapir-class", False),
        (None, "tapir-class", False),
    ],
)
def test_an_individual_of_another_class(name: str | None, platform: str | None, objected: bool) -> None:
    problems = found(record(platform_name=name, platform=platform, count=1))
    assert [(problem.level, problem.field) for problem in problems] == [("warning", "platform_name")] * objected
    if objected:
        assert problems[0].what == "Peresvet is a Ropucha class in the vocabulary, the record says tapir-class"


@pytest.mark.parametrize(
    ("place", "objected"),
    [
        # From the site's point, as it has no footprint: a degree of latitude is 111 km, so 0.18° just below 20 km.
        ((132.33542, 42.87879 + 0.179), False),
        ((132.33542, 42.87879 + 0.181), True),
        ((131.0, 42.0), True),
    ],
)
def test_a_position_far_from_its_site(place: tuple[float, float], objected: bool) -> None:
    problems = found(record(geometry=at(*place)))
    assert [(problem.level, problem.field) for problem in problems] == [("warning", "geometry")] * objected
    if objected:
        assert f"lon {place[0]}, lat {place[1]} lies" in problems[0].what
        assert "km outside the footprint of dunay" in problems[0].what


def test_a_position_that_would_fit_when_swapped_says_so() -> None:
    moscow = site("moscow", 37.6, 55.75)
    (problem,) = found(record(site="moscow", geometry=at(55.75, 37.6)), sites=[moscow])
    assert "swapped (lon 37.6, lat 55.75) it would lie near moscow: GeoJSON puts lon first" in problem.what
    (problem,) = found(record(site="moscow", geometry=at(30.0, 50.0)), sites=[moscow])
    assert "swapped" not in problem.what


def test_misplaced_says_what_is_allowed() -> None:
    error = checks.misplaced(record(geometry=at(131.0, 42.0)), DUNAY)
    assert error is not None
    assert "; allowed: within 20 km of the footprint, or --anyway" in str(error)
    assert checks.misplaced(record(), DUNAY) is None


def test_an_altitude_is_mentioned() -> None:
    (problem,) = found(record(geometry=at(132.355, 42.897, 5.0)))
    assert (problem.level, problem.field) == ("notice", "geometry")
    assert problem.what == "has an altitude, which is kept and not used"


@pytest.mark.parametrize(
    ("image_time", "day", "objected"),
    [
        ("2025-05-18T01:40:00Z", "2025-05-18", False),
        # Half past midnight of the 18th in Vladivostok is still the 17th in UTC.
        ("2025-05-17T14:30:00Z", "2025-05-18", False),
        ("2025-05-17T13:30:00Z", "2025-05-18", True),
        ("2025-05-18T14:00:00Z", "2025-05-18", True),
        ("2025-05-17T13:30:00Z", "2025-05-18~", False),
        ("2025-04-30T14:00:00Z", "2025-05", False),
        ("2025-04-30T13:59:59Z", "2025-05", True),
    ],
)
def test_an_image_of_another_day(image_time: str, day: str, objected: bool) -> None:
    problems = found(record(image_time=image_time, date=day))
    assert [(problem.level, problem.field) for problem in problems] == [("warning", "image_time")] * objected
    if objected:
        assert "in Asia/Vladivostok, outside the date" in problems[0].what


def test_an_image_from_the_end_of_the_calendar_does_not_stop_the_run() -> None:
    with suppress(InvalidRecord):
        late = record(image_time="9999-12-31T23:00:00Z")
        assert [problem.field for problem in found(late)] == ["image_time"]


@pytest.mark.parametrize(
    ("logged_at", "day", "objected"),
    [
        ("2025-05-18T09:00:00Z", "2025-05-18", False),
        # A day ahead may be the site's time zone.
        ("2025-05-17T23:00:00Z", "2025-05-18", False),
        ("2025-05-16T23:00:00Z", "2025-05-18", True),
        ("2024-05-18T09:00:00Z", "2025", True),
        # It may have been before.
        ("2025-05-18T09:00:00Z", "2025", False),
        (None, "2999", False),
    ],
)
def test_logged_ahead_of_time(logged_at: str | None, day: str, objected: bool) -> None:
    problems = found(record(logged_at=logged_at, date=day))
    assert [(problem.level, problem.field) for problem in problems] == [("warning", "date")] * objected


def related(identifier: str, *relations: tuple[str, str]) -> Observation:
    return record(id=identifier, note=identifier, relates=[{"id": other, "how": how} for other, how in relations])


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([related("a", ("b", "contradicts")), related("b", ("a", "contradicts"))], []),
        ([related("a", ("b", "part-of")), related("b")], []),
        ([related("a", ("b", "same-event")), related("b")], []),
        ([related("a", ("c", "part-of"))], [("warning", "a", "no record has the id 'c'")]),
        (
            [related("a", ("b", "contradicts")), related("b")],
            [("notice", "a", "contradicts b, which does not say so of this record")],
        ),
        (
            [related("a", ("b", "contradicts")), related("b", ("a", "same-event"))],
            [("notice", "a", "contradicts b, which does not say so of this record")],
        ),
    ],
)
def test_relations(records: list[Observation], expected: list[tuple[str, str, str]]) -> None:
    problems = found(*records)
    assert [(problem.level, problem.id, problem.what) for problem in problems] == expected
    assert {problem.field for problem in problems} <= {"relates"}


@pytest.mark.parametrize(
    ("first", "second", "objected"),
    [
        ({}, {}, True),
        ({"berth": "Pier 1"}, {}, True),
        ({"platform_name": "Peresvet", "count": 1}, {"platform_name": "Пересвет", "count": 1}, True),
        ({}, {"note": "another note"}, True),
        ({"berth": "Pier 1"}, {"berth": "Pier 2"}, False),
        ({"image_id": "x"}, {"image_id": "y"}, False),
        ({"count": 1}, {"count": 2}, False),
        ({"length_m": 112}, {"length_m": 120}, False),
        ({"date": "2025-05-19"}, {}, False),
        ({"site": "nakhodka"}, {}, False),
        ({"platform": "ship"}, {}, False),
        ({"outcome": "not-seen"}, {}, False),
        ({"method": "radar"}, {}, False),
        ({"status": "withdrawn"}, {}, False),
        ({"sources": [{"title": "x"}]}, {}, False),
        ({"visible": "One ship."}, {"visible": "Another ship."}, False),
        ({"platform_name": "Peresvet", "count": 1}, {"platform_name": "Oslyabya", "count": 1}, False),
        ({}, {"relates": [{"id": "a", "how": "same-event"}]}, False),
        ({"relates": [{"id": "b", "how": "part-of"}]}, {}, False),
    ],
)
def test_the_same_thing_twice(first: dict[str, Any], second: dict[str, Any], objected: bool) -> None:
    base = {"platform": "ropucha-class"}
    problems = found(record(id="a", **base | first), record(id="b", **base | second))
    expected = [("warning", "b", "id", "looks like a logged a second time")] * objected
    assert [(problem.level, problem.id, problem.field, problem.what) for problem in problems] == expected


def test_three_of_the_same_give_a_warning_for_each_after_the_first() -> None:
    assert [problem.id for problem in found(record(id="a"), record(id="b"), record(id="c"))] == ["b", "c"]


@pytest.mark.parametrize(
    ("absence", "objected"),
    [
        ({"image_id": "104003"}, True),
        ({"image_id": "104003", "platform": "landing-ship"}, True),
        ({"image_id": "104003", "platform": "ropucha-class", "platform_name": "Peresvet"}, False),
        ({"image_id": "104003", "platform": "tapir-class"}, False),
        ({"image_id": "104004"}, False),
        ({}, False),
    ],
)
def test_one_image_cannot_show_a_thing_and_not_show_it(absence: dict[str, Any], objected: bool) -> None:
    sighting = record(id="a", platform="ropucha-class", image_id="104003")
    problems = found(sighting, record(id="b", outcome="not-seen", **absence))
    expected = [("warning", "b", "outcome", "says that image 104003 does not show what a sees in it")] * objected
    assert [(problem.level, problem.id, problem.field, problem.what) for problem in problems] == expected


@pytest.mark.parametrize(
    ("foreign", "expected"),
    [
        ({"actvity": "docked"}, [("actvity", "did you mean activity?")]),
        ({"qqqq": 1}, [("qqqq", "it is kept as it is")]),
        ({}, []),
    ],
)
def test_unknown_properties(foreign: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    feature = {**record().to_feature()}
    feature["properties"] = {**feature["properties"], **foreign}
    problems = found(Observation.from_feature(feature))
    assert [(problem.level, problem.field) for problem in problems] == [("notice", name) for name, _ in expected]
    for problem, (_, says) in zip(problems, expected, strict=True):
        assert problem.what.startswith("is not a property resight knows; it is kept as it is")
        assert problem.what.endswith(says)


def test_unknown_members_of_a_feature() -> None:
    (problem,) = found(Observation.from_feature({**record().to_feature(), "bbox": [1, 2, 3, 4]}))
    assert (problem.level, problem.field) == ("notice", "bbox")


def test_residents_are_platforms() -> None:
    resident = {"operator": "Air Koryo", "count": 3}
    assert found(sites=[site("sunan", 125.67, 39.2, residents=[{"platform": "ship", **resident}])]) == []
    (problem,) = found(sites=[site("sunan", 125.67, 39.2, residents=[{"platform": "il-76", **resident}])])
    assert (problem.level, problem.id, problem.field) == ("error", "sunan", "residents")
    assert "'il-76' is not a platform of seeds/vocabulary.toml" in problem.what


# --- what sources claim of where sites lie


def claim_on_dunay(**claim: Any) -> Problem:
    dunay = site("dunay", 132.33542, 42.87879, claims=[{"text": "As printed.", "from_site": "nakhodka", **claim}])
    (problem,) = found(sites=[dunay, NAKHODKA])
    return problem


@pytest.mark.parametrize(
    ("claim", "fits"),
    [
        # Dunay lies 45.6 km from Nakhodka, bearing 281°: west, and next to it northwest; 5 % are 2.3 km.
        ({"distance_km": 95, "direction": "southwest"}, False),
        ({"distance_km": 95}, False),
        ({"distance_km": 45.6, "direction": "west"}, True),
        ({"distance_km": 45.6, "direction": "Northwest"}, True),
        ({"distance_km": 45.6, "direction": "southwest"}, False),
        ({"distance_km": 45.6, "direction": "east"}, False),
        ({"distance_km": 47.8}, True),
        ({"distance_km": 48.0}, False),
        ({"distance_km": 43.4}, True),
        ({"distance_km": 43.2}, False),
        ({"direction": "west"}, True),
        ({}, True),
    ],
)
def test_a_claim_against_the_positions(claim: dict[str, Any], fits: bool) -> None:
    problem = claim_on_dunay(**claim)
    assert (problem.level, problem.id, problem.field) == ("notice", "dunay", "claims")
    assert ("”" + (" fits " if fits else " is contradicted by ") + "the positions on file") in problem.what
    assert "Dunay lies 45.6 km (±0.0 km) west of Nakhodka, bearing 281°" in problem.what
    assert problem.what.startswith("the claim “As printed”")


@pytest.mark.parametrize("direction", ["north-west", "North West", "west."])
def test_a_direction_may_be_spelled_otherwise(direction: str) -> None:
    assert " fits " in claim_on_dunay(direction=direction).what


def test_the_uncertainty_of_both_positions_widens_what_fits() -> None:
    claims = [{"text": "x", "from_site": "nakhodka", "distance_km": 52}]
    sure = site("dunay", 132.33542, 42.87879, claims=claims)
    unsure = site("dunay", 132.33542, 42.87879, claims=claims, coordinate_uncertainty_m=3000)
    nakhodka = site("nakhodka", 132.883333, 42.8, coordinate_uncertainty_m=1500)
    assert "is contradicted by" in found(sites=[sure, nakhodka])[0].what
    assert "fits" in found(sites=[unsure, nakhodka])[0].what
    assert "(±4.5 km)" in found(sites=[unsure, nakhodka])[0].what


def test_a_claim_from_a_site_nobody_registered() -> None:
    (problem,) = found(sites=[site("dunay", 132.3, 42.8, claims=[{"text": "x", "from_site": "atlantis"}])])
    assert (problem.level, problem.what) == ("warning", "no site 'atlantis'")


# --- the run


def test_every_check_has_been_made_to_object_here() -> None:
    bad = [
        record(id="a", site="x"),
        record(id="b", platform="tapir-class", platform_name="Peresvet", count=1),
        record(id="c", geometry=at(10, 10)),
        record(id="d", image_time="2020-01-01T00:00:00Z", platform="ship"),
        record(id="e", logged_at="2020-01-01T00:00:00Z", platform="landing-ship"),
        record(id="f", relates=[{"id": "nobody", "how": "part-of"}], platform="ropucha-class"),
        record(id="g", platform="ropucha-class"),
        record(id="h", foreign={"x": 1}, site="nakhodka"),
        record(id="i", platform="tanker", image_id="one", site="nakhodka"),
        record(id="j", outcome="not-seen", image_id="one", site="nakhodka"),
        record(id="l", foreign={"merge_conflicts": {"count": 3}}, date="2025-07-01"),
        record(id="k", platform="ropucha-class", length_m=140, gsd_m=2, date="2025-06-01"),
    ]
    odd = site(
        "odd", 1, 2, residents=[{"platform": "x", "operator": "y"}], claims=[{"text": "x", "from_site": "atlantis"}]
    )
    everything = context(*bad, sites=[DUNAY, NAKHODKA, odd])
    silent = [check.__name__ for check in checks.CHECKS if not list(check(everything))]
    assert silent == []


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Logbook:
    folder = tmp_path_factory.mktemp("logbook")
    for name in ("seeds", "observations"):
        shutil.copytree(ROOT / name, folder / name)
    return Logbook(folder)


def test_the_shipped_logbook_has_no_error_and_no_warning(shipped: Logbook) -> None:
    assert [str(problem) for problem in shipped.check() if problem.level != "notice"] == []


@pytest.mark.parametrize(
    ("claim", "parts"),
    [
        (
            "95 kilometers southwest of Nakhodka",
            ("is contradicted by", "45.6 km", "west of Nakhodka", "bearing 281°", "the site is not moved"),
        ),
        ("70 km from Nakhodka", ("is contradicted by", "45.6 km")),
        ("about 60 km east of Dunay", (" fits ", "62.8 km", "east of Dunay", "bearing 103°")),
        ("nine kilometres south of the town of Fokino", (" fits ", "11.9 km", "bearing 211°")),
    ],
)
def test_the_claims_of_the_shipped_register(shipped: Logbook, claim: str, parts: tuple[str, ...]) -> None:
    (problem,) = [problem for problem in shipped.check() if claim in problem.what]
    assert (problem.level, problem.field) == ("notice", "claims")
    for part in parts:
        assert part in problem.what
