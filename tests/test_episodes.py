"""Records to episodes and looks: every clause of the merging rule with a case for it and a case against it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resight import episodes, merging, vocabulary
from resight.episodes import Episode
from resight.observation import METHODS, Observation, build

VOCABULARY = vocabulary.from_toml("""
[platforms.ship]
[platforms.landing-ship]
parent = "ship"
[platforms.ropucha-class]
parent = "landing-ship"
[platforms.tapir-class]
parent = "landing-ship"
[platforms.cargo-ship]
parent = "ship"
[platforms.aircraft]
[platforms.il-76]
parent = "aircraft"
[platforms.cargo]
matched = false
[platforms.containers]
parent = "cargo"
[platforms.people]
matched = false
[platforms.troops]
parent = "people"
[platforms.facility]
matched = false
[platforms.crane]
parent = "facility"
[individuals.nikolay-vilkov]
name = "Nikolay Vilkov"
platform = "tapir-class"
names = { ru = ["Николай Вилков"] }
[individuals.oslyabya]
name = "Oslyabya"
platform = "ropucha-class"
[individuals.peresvet]
name = "Peresvet"
platform = "ropucha-class"
[activities.docked]
[activities.loading]
[activities.present]
informative = false
""")
SHIP, LANDING, ROPUCHA = ("ship",), ("ship", "landing-ship"), ("ship", "landing-ship", "ropucha-class")


def record(identifier: str, when: str, platform: str | None = "ropucha-class", **more: Any) -> Observation:
    """A sighting of our own at Dunay unless said otherwise; a named hull is one hull."""
    if more.get("platform_name") and more.get("outcome", "seen") == "seen":
        more["count"] = 1
    return build(Observation, {"id": identifier, "site": "dunay", "date": when, "platform": platform, **more})


def find(*records: Observation, **how: Any) -> list[Episode]:
    return episodes.find(records, VOCABULARY, **how)


def grouped(*records: Observation, **how: Any) -> list[list[str | None]]:
    """The ids of the sightings of each episode."""
    return [[sighting.id for sighting in episode.sightings] for episode in find(*records, **how)]


def absent(identifier: str, when: str, platform: str | None = None, **more: Any) -> Observation:
    return record(identifier, when, platform, outcome="not-seen", **more)


# --- the gap ------------------------------------------------------------------------------------------------


def test_three_days_apart_are_one_visit() -> None:
    assert grouped(record("a", "2025-05-18"), record("b", "2025-05-21")) == [["a", "b"]]


def test_four_days_apart_are_two_visits() -> None:
    assert grouped(record("a", "2025-05-18"), record("b", "2025-05-22")) == [["a"], ["b"]]


def test_the_gap_is_an_argument() -> None:
    assert grouped(record("a", "2025-05-18"), record("b", "2025-05-22"), gap_days=4) == [["a", "b"]]
    assert grouped(record("a", "2025-05-18"), record("b", "2025-05-19"), gap_days=0) == [["a"], ["b"]]


def test_a_visit_may_last_longer_than_the_gap_when_each_step_is_short() -> None:
    days = [record("a", "2025-05-18"), record("b", "2025-05-21"), record("c", "2025-05-24")]
    assert grouped(*days) == [["a", "b", "c"]]


def test_the_largest_possible_gap_counts_not_the_smallest() -> None:
    # 18 May to 20-22 May: two days apart at best, four at worst.
    assert grouped(record("a", "2025-05-18"), record("b", "2025-05-20/2025-05-22")) == [["a"], ["b"]]
    assert grouped(record("a", "2025-05-18"), record("b", "2025-05-20/2025-05-21")) == [["a", "b"]]


def test_the_largest_possible_gap_counts_when_the_earlier_date_is_the_wide_one() -> None:
    # 16-18 May to 20 May: four days apart at worst.
    assert grouped(record("a", "2025-05-16/2025-05-18"), record("b", "2025-05-20")) == [["a"], ["b"]]
    assert grouped(record("a", "2025-05-17/2025-05-18"), record("b", "2025-05-20")) == [["a", "b"]]


@pytest.mark.parametrize(
    ("vague", "day"),
    [
        ("2024-05", "2024-05-31"),
        ("2024", "2024-06-03"),
        ("2025-05-10/2025-05-18", "2025-05-18"),
        ("2025-05-18/2025-05-25", "2025-05-18/2025-05-19"),
        pytest.param("2024-05", "2024-05-02"),
        pytest.param("2024", "2024-01-03"),
        pytest.param("2025-05-18/2025-05-25", "2025-05-19"),
    ],
)
def test_a_vague_date_never_merges_with_a_day_it_holds(vague: str, day: str) -> None:
    assert len(find(record("a", vague), record("b", day))) == 2


def test_a_vague_date_never_merges_with_its_like() -> None:
    assert grouped(record("a", "2024-10"), record("b", "2024-10", basis="published")) == [["a"], ["b"]]


def test_a_vague_date_never_bridges_two_days() -> None:
    days = [record("a", "2025-05-01"), record("v", "2025-05-02/2025-05-09"), record("b", "2025-05-09")]
    assert grouped(*days) == [["a"], ["v"], ["b"]]


def test_a_vague_date_before_two_days_bridges_nothing() -> None:
    days = [record("v", "2024"), record("a", "2024-01-02"), record("b", "2024-01-05")]
    assert grouped(*days) == [["v"], ["a", "b"]]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        # 18 May ~ stands for 15 to 21 May: at worst three days from the 18th, four from the 17th and the 19th.
        ("2025-05-18", [["about", "day"]]),
        ("2025-05-19", [["about"], ["day"]]),
        pytest.param("2025-05-17", [["about"], ["day"]]),
    ],
)
def test_an_approximate_day_is_as_wide_as_it_says(day: str, expected: list[list[str]]) -> None:
    assert grouped(record("about", "2025-05-18~"), record("day", day)) == expected


def test_other_sites_are_other_episodes() -> None:
    assert len(find(record("a", "2025-05-18"), record("b", "2025-05-18", site="nakhodka"))) == 2


# --- contradiction ------------------------------------------------------------------------------------------

FITTING: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"platform": "ship"}, {"platform": "ropucha-class"}),
    ({"platform": "ropucha-class"}, {"platform": "landing-ship"}),
    ({"platform_name": "Oslyabya"}, {}),
    ({"platform": "tapir-class", "platform_name": "Nikolay Vilkov"}, {"platform": "ship"}),
    (
        {"platform": "tapir-class", "platform_name": "Nikolay Vilkov"},
        {"platform": "tapir-class", "platform_name": "Николай Вилков"},
    ),
    ({"platform_name": "Hull 7"}, {"platform_name": "hull-7"}),
    ({"berth": "Pier 1"}, {}),
    ({"berth": "Pier 1"}, {"berth": "PIER 1"}),
    ({"length_m": 112.0}, {}),
    ({"length_m": 112.0}, {"length_m": 106.0}),
    ({"activity": "docked"}, {"activity": "loading"}),
    ({"operator": "Russian Navy"}, {}),
]
CONTRADICTING: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"platform": "ropucha-class"}, {"platform": "tapir-class"}),
    ({"platform": "cargo-ship"}, {"platform": "landing-ship"}),
    ({"platform": "ship"}, {"platform": "aircraft"}),
    ({"platform_name": "Oslyabya"}, {"platform_name": "Peresvet"}),
    # A registered hull says its class, even where the record says only "ship".
    ({"platform": "ship", "platform_name": "Nikolay Vilkov"}, {"platform": "ropucha-class"}),
    # Claimed is enough to keep two things apart.
    ({"platform_name": "Oslyabya", "hedge": "believed", "hedge_on": "platform_name"}, {"platform_name": "Peresvet"}),
    ({"berth": "Pier 1"}, {"berth": "Pier 2"}),
    ({"length_m": 112.0}, {"length_m": 90.0}),
]


@pytest.mark.parametrize(("one", "other"), FITTING)
def test_what_fits_is_one_episode(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert grouped(record("a", "2025-05-18", **one), record("b", "2025-05-19", **other)) == [["a", "b"]]
    assert grouped(record("a", "2025-05-18", **other), record("b", "2025-05-19", **one)) == [["a", "b"]]


@pytest.mark.parametrize(("one", "other"), CONTRADICTING)
def test_what_contradicts_is_two_episodes(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert grouped(record("a", "2025-05-18", **one), record("b", "2025-05-19", **other)) == [["a"], ["b"]]
    assert grouped(record("a", "2025-05-18", **other), record("b", "2025-05-19", **one)) == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("first", "third"),
    [
        ({"platform": "ropucha-class"}, {"platform": "tapir-class"}),
        ({"platform": "ship", "platform_name": "Hull 7"}, {"platform": "ship", "platform_name": "Hull 8"}),
        ({"platform": "ship", "berth": "Pier 1"}, {"platform": "ship", "berth": "Pier 2"}),
        ({"platform": "ship", "length_m": 112.0}, {"platform": "ship", "length_m": 140.0}),
    ],
)
def test_what_was_said_before_the_last_sighting_still_counts(first: dict[str, Any], third: dict[str, Any]) -> None:
    days = [
        record("a", "2025-05-18", **first),
        record("b", "2025-05-19", platform="ship"),
        record("c", "2025-05-20", **third),
    ]
    assert grouped(*days) == [["a", "b"], ["c"]]


def test_the_episode_holds_what_its_sightings_say_together() -> None:
    (episode,) = find(
        record("a", "2025-05-18", "ship", activity="present"),
        record("b", "2025-05-19", "landing-ship", berth="Pier 1", activity="docked"),
        record("c", "2025-05-20", "ship", platform_name="Oslyabya", length_m=112.0, operator="Russian Navy"),
        record("d", "2025-05-21", "ship", activity="loading"),
    )
    assert (episode.id, episode.path, episode.claimed_path) == ("a", ROPUCHA, ROPUCHA)
    assert (episode.individual, episode.individual_name) == ("oslyabya", "Oslyabya")
    assert (episode.berth, episode.length_m, episode.operator) == ("Pier 1", 112.0, "Russian Navy")
    assert episode.activities == {"docked", "loading"}
    assert episode.time == (date(2025, 5, 18), date(2025, 5, 18))
    assert episode.last_seen == (date(2025, 5, 21), date(2025, 5, 21))


def test_the_nearest_last_sighting_takes_it() -> None:
    days = [
        record("a", "2025-05-17", berth="Pier 1"),
        record("b", "2025-05-18", berth="Pier 2"),
        record("c", "2025-05-19"),
    ]
    assert grouped(*days) == [["a"], ["b", "c"]]


def test_the_lowest_first_id_takes_it_when_two_are_equally_near() -> None:
    days = [
        record("b", "2025-05-18", berth="Pier 1"),
        record("a", "2025-05-18", berth="Pier 2"),
        record("c", "2025-05-19"),
    ]
    assert grouped(*days) == [["a", "c"], ["b"]]


# --- one look, two things -----------------------------------------------------------------------------------

CNN: list[dict[str, str]] = [{"published_by": "CNN", "url": "https://example.org/1"}]
NK_PRO: list[dict[str, str]] = [{"published_by": "NK Pro", "url": "https://example.org/2"}]


def test_two_records_of_one_look_by_one_source_are_two_things() -> None:
    assert grouped(record("a", "2025-05-18"), record("b", "2025-05-18")) == [["a"], ["b"]]
    same_image = [record("a", "2025-05-18", image_id="S2A"), record("b", "2025-05-18", image_id="S2A")]
    assert grouped(*same_image) == [["a"], ["b"]]


def test_two_looks_or_two_sources_are_one_thing() -> None:
    two_images = [record("a", "2025-05-18", image_id="S2A"), record("b", "2025-05-18", image_id="S2B")]
    two_sensors = [record("a", "2025-05-18", sensor="S1"), record("b", "2025-05-18", sensor="S2")]
    two_sources = [
        record("a", "2025-05-18", basis="published", sources=CNN),
        record("b", "2025-05-18", basis="published", sources=NK_PRO),
    ]
    for records in (two_images, two_sensors, two_sources):
        assert grouped(*records) == [["a", "b"]]


@pytest.mark.parametrize("teller", ["a", "b"])
def test_the_same_event_of_one_look_is_one_thing(teller: str) -> None:
    other = {"a": "b", "b": "a"}[teller]
    said: dict[str, Any] = {"relates": [{"id": other, "how": "same-event"}]}
    records = [record(i, "2025-05-18", **(said if i == teller else {})) for i in ("a", "b")]
    assert grouped(*records) == [["a", "b"]]


@pytest.mark.parametrize("how", ["part-of", "contradicts"])
def test_another_relation_does_not_make_one_thing_of_two(how: str) -> None:
    records = [record("a", "2025-05-18"), record("b", "2025-05-18", relates=[{"id": "a", "how": how}])]
    assert grouped(*records) == [["a"], ["b"]]


def test_two_ships_over_two_days_stay_two() -> None:
    days = [record(i, d) for i, d in (("a", "2025-05-18"), ("b", "2025-05-18"), ("c", "2025-05-19"))]
    days.append(record("d", "2025-05-19"))
    assert grouped(*days) == [["a", "c"], ["b", "d"]]


# --- looks that found it gone -------------------------------------------------------------------------------

DAY_1, DAY_3 = "2025-05-18", "2025-05-20"


def test_a_whole_fleet_in_one_port_stays_as_many_visits_as_there_are_ships() -> None:
    ships = [f"{i:02}" for i in range(30)]
    seen = [record(f"{ship}-{day}", f"2025-05-{day}", platform_name=ship) for day in (10, 12, 15) for ship in ships]
    assert grouped(*seen) == [[f"{ship}-10", f"{ship}-12", f"{ship}-15"] for ship in ships]


@pytest.mark.parametrize("looked_for", [None, "ship", "landing-ship", "ropucha-class"])
def test_a_look_between_that_would_have_shown_it_splits(looked_for: str | None) -> None:
    days = [record("a", DAY_1), absent("n", "2025-05-19", looked_for), record("b", DAY_3)]
    assert grouped(*days) == [["a"], ["b"]]


@pytest.mark.parametrize(
    "look",
    [
        absent("n", "2025-05-19", "tapir-class"),
        absent("n", "2025-05-19", "aircraft"),
        absent("n", "2025-05-19", "ropucha-class", platform_name="Oslyabya"),
        absent("n", "2025-05-18/2025-05-20", "ropucha-class"),
        absent("n", "2025-05", "ropucha-class"),
        absent("n", "2025-05-19/2025-05-20", "ropucha-class", image_id="S2A"),
        absent("n", "2025-05-18", "ropucha-class"),
        absent("n", "2025-05-20", "ropucha-class"),
        absent("n", "2025-05-19", "ropucha-class", method="report"),
        absent("n", "2025-05-19", "ropucha-class", status="withdrawn"),
        absent("n", "2025-05-19", "ropucha-class", aggregate=True),
        absent("n", "2025-05-19", "ropucha-class", site="nakhodka"),
        record("n", "2025-05-19", "ropucha-class", outcome="cannot-tell"),
    ],
    ids=lambda look: f"{look.outcome} {look.platform} {look.date} {look.method} {look.status}",
)
def test_any_other_look_does_not_split(look: Observation) -> None:
    assert grouped(record("a", DAY_1), look, record("b", DAY_3)) == [["a", "b"]]


def test_a_reported_absence_over_a_period_between_does_not_split() -> None:
    days = [record("a", "2025-05-17"), absent("n", "2025-05-18/2025-05-19"), record("b", DAY_3)]
    assert grouped(*days) == [["a", "b"]]


def test_an_image_that_lies_between_on_either_day_splits() -> None:
    days = [record("a", "2025-05-17"), absent("n", "2025-05-18/2025-05-19", image_id="S2A"), record("b", DAY_3)]
    assert grouped(*days) == [["a"], ["b"]]


def test_a_look_for_the_named_hull_splits_its_own_visit_only() -> None:
    look = absent("n", "2025-05-19", "ropucha-class", platform_name="Oslyabya")
    own = [record("a", DAY_1, platform_name="Oslyabya"), look, record("b", DAY_3, platform_name="Oslyabya")]
    other = [record("a", DAY_1, platform_name="Peresvet"), look, record("b", DAY_3, platform_name="Peresvet")]
    assert grouped(*own) == [["a"], ["b"]]
    assert grouped(*other) == [["a", "b"]]


def test_a_look_splits_an_episode_whose_last_sighting_says_less() -> None:
    days = [record("a", DAY_1, "ropucha-class"), absent("n", "2025-05-19", "ropucha-class"), record("b", DAY_3, "ship")]
    assert grouped(*days) == [["a"], ["b"]]


def test_a_look_for_the_hull_splits_though_the_last_sighting_did_not_name_it() -> None:
    days = [
        record("a", "2025-05-17", platform_name="Oslyabya"),
        record("b", "2025-05-18"),
        absent("n", "2025-05-19", "ropucha-class", platform_name="Oslyabya"),
        record("c", "2025-05-20"),
    ]
    assert grouped(*days) == [["a", "b"], ["c"]]


# --- what takes part ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "left_out",
    [
        record("x", "2025-05-18", status="withdrawn"),
        record("x", "2025-05-18", aggregate=True),
        record("x", "2025-05-18", context=True),
        record("x", "2025-05-18", "containers"),
        record("x", "2025-05-18", "troops"),
        record("x", "2025-05-18", "crane"),
        record("x", "2025-05-18", None),
        record("x", "2025-05-18", "not-in-the-vocabulary"),
        record("x", "2025-05-18", method="flight-tracking"),
        record("x", "2025-05-18", method="ground"),
        record("x", "2025-05-18", method="report"),
        record("x", "2025-05-18", outcome="not-seen"),
        record("x", "2025-05-18", outcome="cannot-tell"),
    ],
    ids=lambda r: f"{r.outcome} {r.platform} {r.method} {r.status} {r.aggregate} {r.context}",
)
def test_never_takes_part(left_out: Observation) -> None:
    assert find(left_out) == []
    assert [e.id for e in find(left_out, record("a", "2025-05-18", method="radar"))] == ["a"]


def test_other_methods_take_part_when_admitted() -> None:
    tracked = record("x", "2025-05-18", "il-76", method="flight-tracking")
    assert grouped(tracked, methods=("flight-tracking",)) == [["x"]]
    assert grouped(tracked, record("a", "2025-05-19", "il-76"), methods=METHODS) == [["x", "a"]]
    assert grouped(tracked, record("a", "2025-05-19", "il-76"), methods=()) == []


def test_no_records_no_episodes() -> None:
    assert find() == []


def test_episodes_come_by_first_day_then_last_day_then_id() -> None:
    records = [
        record("z", "2024-10-17"),
        record("y", "2024"),
        record("b", "2024-10", berth="1"),
        record("a", "2024-10"),
    ]
    assert [e.id for e in find(*records)] == ["y", "a", "b", "z"]


# --- time, year, extent -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "year"),
    [
        ("2024", 2024),
        ("2024-12-31", 2024),
        ("2024-12", 2024),
        ("2024-12-31/2025-01-01", None),
        ("2024-12-30~", None),
        ("2024-12~", None),
        ("2025-01-01", 2025),
    ],
)
def test_the_year_holds_all_time_bounds_or_is_undetermined(when: str, year: int | None) -> None:
    assert find(record("a", when))[0].year == year


def test_a_visit_over_new_year_belongs_to_the_year_it_began() -> None:
    (episode,) = find(record("a", "2024-12-31"), record("b", "2025-01-02"))
    assert episode.year == 2024


def test_extent_is_kept_apart_from_time() -> None:
    episode = next(
        e
        for e in find(
            absent("n1", "2025-05-10"),
            absent("n2", "2025-05-14"),
            absent("n3", "2025-05-16", "tapir-class"),
            absent("n4", "2025-05-15/2025-05-17"),
            record("a", "2025-05-18"),
            record("b", "2025-05-20"),
            record("c", "2025-05-21", outcome="cannot-tell"),
            absent("n5", "2025-05-24"),
            absent("n6", "2025-05-30"),
        )
    )
    assert episode.time == (date(2025, 5, 18), date(2025, 5, 18))
    assert (episode.last_look_without, episode.first_look_without) == (date(2025, 5, 14), date(2025, 5, 24))


def test_extent_is_open_without_looks() -> None:
    (episode,) = find(record("a", "2025-05-18"))
    assert (episode.last_look_without, episode.first_look_without) == (None, None)


def test_is_dated_by_a_day_or_an_image_time() -> None:
    assert find(record("a", "2024-10-17"))[0].is_dated
    assert find(record("a", "2024-10", image_time="2024-10-17T01:00:00Z"))[0].is_dated
    assert not find(record("a", "2024-10"))[0].is_dated


def test_the_first_position_given_is_the_episode_s() -> None:
    point = {"type": "Point", "coordinates": [132.35, 42.89]}
    assert find(record("a", "2025-05-18"))[0].geometry is None
    assert find(record("a", "2025-05-18"), record("b", "2025-05-19", geometry=point))[0].geometry == point


# --- claimed and known --------------------------------------------------------------------------------------


def test_a_hedged_class_is_claimed_and_its_type_is_known() -> None:
    (episode,) = find(record("a", "2025-05-18", hedge="likely", hedge_on="platform"))
    assert (episode.claimed_path, episode.path, episode.identity_hedge) == (ROPUCHA, LANDING, "likely")


def test_a_hedged_name_is_claimed_and_the_individual_unknown() -> None:
    (episode,) = find(
        record("a", "2025-05-18", platform_name="Oslyabya", hedge="believed", hedge_on="platform_name"),
    )
    assert (episode.individual, episode.individual_name, episode.identity_hedge) == (None, "Oslyabya", "believed")
    assert episode.path == ROPUCHA


def test_a_hedged_registered_name_does_not_lend_its_class() -> None:
    (episode,) = find(
        record("a", "2025-05-18", "ship", platform_name="Oslyabya", hedge="believed", hedge_on="platform_name"),
    )
    assert (episode.path, episode.claimed_path) == (SHIP, SHIP)


def test_a_plain_registered_name_lends_its_class() -> None:
    (episode,) = find(record("a", "2025-05-18", "ship", platform_name="Oslyabya"))
    assert (episode.path, episode.individual) == (ROPUCHA, "oslyabya")


def test_one_plain_sighting_makes_a_claim_known() -> None:
    hedged = record("a", "2025-05-18", platform_name="Oslyabya", hedge="believed", hedge_on="platform_name")
    (episode,) = find(hedged, record("b", "2025-05-19", platform_name="Oslyabya"))
    assert (episode.individual, episode.path) == ("oslyabya", ROPUCHA)


def test_a_hedge_on_anything_else_leaves_the_identity_known() -> None:
    (episode,) = find(
        record("a", "2025-05-18", platform_name="Oslyabya", activity="docked", hedge="possible", hedge_on="activity")
    )
    assert (episode.path, episode.individual, episode.identity_hedge) == (ROPUCHA, "oslyabya", None)
    assert episode.activities == frozenset()


def test_a_hedged_operator_is_not_known() -> None:
    (episode,) = find(record("a", "2025-05-18", operator="Russia", hedge="likely", hedge_on="operator"))
    assert episode.operator is None


# --- may be the same as -------------------------------------------------------------------------------------


def doubles(*records: Observation) -> dict[str, tuple[str, ...]]:
    return {episode.id: episode.may_be_same_as for episode in find(*records)}


def test_a_vague_episode_names_what_it_may_be_the_same_as() -> None:
    assert doubles(record("v", "2024-10", "ship"), record("a", "2024-10-17")) == {"v": ("a",), "a": ()}
    # Up to the gap outside its bounds.
    assert doubles(record("v", "2024-10"), record("a", "2024-11-03"))["v"] == ("a",)


@pytest.mark.parametrize(
    "other",
    [
        record("a", "2024-10-17", "tapir-class"),
        record("a", "2024-10-17", platform_name="Peresvet"),
        record("a", "2024-11-04"),
        record("a", "2024-10-17", site="nakhodka"),
    ],
    ids=["class", "hull", "date", "site"],
)
def test_a_vague_episode_is_not_the_same_as_what_it_contradicts(other: Observation) -> None:
    assert doubles(record("v", "2024-10", platform_name="Oslyabya"), other) == {"v": (), "a": ()}


@pytest.mark.parametrize(
    ("one", "other"),
    [({"berth": "Pier 1"}, {"berth": "Pier 2"}), ({"length_m": 112.0}, {"length_m": 60.0})],
    ids=["berth", "length"],
)
def test_a_vague_episode_is_not_the_same_as_one_at_another_berth(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert doubles(record("v", "2024-10", **one), record("a", "2024-10-17", **other)) == {"v": (), "a": ()}


def test_two_things_of_one_vague_report_are_not_the_same() -> None:
    said: dict[str, Any] = {"basis": "published", "sources": CNN}
    assert doubles(record("a", "2024-10", **said), record("b", "2024-10", **said)) == {"a": (), "b": ()}


# --- looks --------------------------------------------------------------------------------------------------


def looks(*records: Observation) -> list[tuple[str, str, list[str | None]]]:
    return [(look.site, look.day.isoformat(), [r.id for r in look.records]) for look in episodes.looks(records)]


def test_an_image_is_one_look_however_many_records_it_left() -> None:
    records = [record(i, "2025-05-18", image_id="S2A") for i in "ab"]
    records.append(absent("c", "2025-05-18", "il-76", image_id="S2A"))
    assert looks(*records) == [("dunay", "2025-05-18", ["a", "b", "c"])]


def test_without_image_a_look_is_a_day_and_a_sensor() -> None:
    records = [
        record("a", "2025-05-18", sensor="Sentinel-2"),
        record("b", "2025-05-18", "il-76", sensor="Sentinel-2"),
        record("c", "2025-05-18", sensor="Sentinel-1"),
        record("d", "2025-05-19", sensor="Sentinel-2"),
        record("e", "2025-05-19"),
    ]
    assert looks(*records) == [
        ("dunay", "2025-05-18", ["a", "b"]),
        ("dunay", "2025-05-18", ["c"]),
        ("dunay", "2025-05-19", ["d"]),
        ("dunay", "2025-05-19", ["e"]),
    ]


def test_one_image_over_two_sites_is_two_looks() -> None:
    records = [record("a", "2025-05-18", image_id="S2A"), record("b", "2025-05-18", image_id="S2A", site="nakhodka")]
    assert [site for site, *_ in looks(*records)] == ["dunay", "nakhodka"]


@pytest.mark.parametrize(
    "no_look",
    [
        absent("n", "2025-05-18/2025-05-19"),
        record("n", "2025-05"),
        record("n", "2025-05-18", outcome="cannot-tell"),
        record("n", "2025-05-18", outcome="cannot-tell", image_id="S2A"),
        record("n", "2025-05-18", method="flight-tracking"),
        record("n", "2025-05-18", method="report"),
        record("n", "2025-05-18", method="ground"),
        record("n", "2025-05-18", status="withdrawn"),
        record("n", "2025-05-18", aggregate=True),
    ],
    ids=lambda r: f"{r.outcome} {r.date} {r.method} {r.status} {r.aggregate}",
)
def test_what_is_no_look(no_look: Observation) -> None:
    assert looks(no_look) == []


def test_an_image_with_a_vague_date_is_a_look() -> None:
    assert looks(record("a", "2025-05", image_id="S2A")) == [("dunay", "2025-05-01", ["a"])]


def test_the_day_of_a_look_does_not_depend_on_the_order_of_its_records() -> None:
    records = [record("a", "2025-05", image_id="S2A"), record("b", "2025-05-18", image_id="S2A")]
    assert looks(*records) == looks(*reversed(records))


def test_cannot_tell_is_shown_apart() -> None:
    cloud = record("c", "2025-05-18", outcome="cannot-tell")
    tracked = record("t", "2025-05-18", outcome="cannot-tell", method="flight-tracking")
    found = episodes.clouded([cloud, tracked, record("a", "2025-05-18")])
    assert [[r.id for r in look.records] for look in found] == [["c"]]


@pytest.mark.parametrize(
    ("more", "counted"),
    [
        ({"basis": "own"}, True),
        ({"basis": "published"}, False),
        ({"basis": "retold"}, False),
        ({"basis": "published", "effort_stated": True}, True),
    ],
)
def test_only_our_own_looks_and_stated_effort_are_counted(more: dict[str, Any], counted: bool) -> None:
    only = record("a", "2025-05-18", **more)
    assert [look.is_counted for look in episodes.looks([only])] == [counted]


def test_own_records_that_are_no_look_give_no_effort() -> None:
    assert episodes.looks([]) == []
    assert episodes.looks([record("a", "2025-05"), record("b", "2025-05-18", outcome="cannot-tell")]) == []


@pytest.mark.parametrize(
    ("only", "could", "found"),
    [
        (
            record("a", "2025-05-18"),
            {"ship", "landing-ship", "ropucha-class"},
            {"ship", "landing-ship", "ropucha-class"},
        ),
        (absent("a", "2025-05-18"), {"ship", "landing-ship", "ropucha-class", "il-76"}, set()),
        (absent("a", "2025-05-18", "ship"), {"ship", "landing-ship", "ropucha-class"}, set()),
        (absent("a", "2025-05-18", "landing-ship"), {"landing-ship", "ropucha-class"}, set()),
        (absent("a", "2025-05-18", "ropucha-class", platform_name="Oslyabya"), set(), set()),
    ],
    ids=["seen", "anything", "ship", "landing-ship", "hull"],
)
def test_what_a_look_could_find_and_found(only: Observation, could: set[str], found: set[str]) -> None:
    (look,) = episodes.looks([only])
    for kind in ("ship", "landing-ship", "ropucha-class"):
        assert look.could_find(kind, VOCABULARY) is (kind in could)
        assert look.found(kind, VOCABULARY) is (kind in found)
    assert not look.found("il-76", VOCABULARY)


def test_a_look_that_names_a_registered_hull_found_its_class() -> None:
    (look,) = episodes.looks([record("a", "2025-05-18", "ship", platform_name="Oslyabya")])
    assert look.found("ropucha-class", VOCABULARY)


def test_an_absence_by_an_image_with_a_time_is_both_a_look_and_counted() -> None:
    only = absent("a", "2025-05-18/2025-05-19", image_time="2025-05-18T01:00:00Z")
    assert episodes.is_counted_absence(only)
    assert looks(only) == [("dunay", "2025-05-18", ["a"])]


# --- when anyone last looked --------------------------------------------------------------------------------


def last(records: Iterable[Observation], platform: str | None = None) -> dict[bool, dict[str, str | None]]:
    names = ("look", "seen", "not_seen", "cannot_tell")
    return {
        times.own: {name: found.id for name in names if (found := getattr(times, name))}
        for times in episodes.last_times(records, "dunay", platform, VOCABULARY)
    }


def test_last_times_keep_our_own_looks_apart_from_published_ones() -> None:
    records = [
        record("a", "2025-05-01"),
        record("b", "2025-05-03", "ship"),
        absent("c", "2025-05-05", "landing-ship"),
        record("d", "2025-05-07", outcome="cannot-tell"),
        record("e", "2025-05-09", basis="published"),
        record("f", "2025-06-01", site="nakhodka"),
        record("g", "2025-06-01", status="withdrawn"),
        record("h", "2025-06-01", aggregate=True),
        absent("i", "2025-06-01/2025-06-30"),
    ]
    own = {"look": "c", "seen": "b", "not_seen": "c", "cannot_tell": "d"}
    assert last(records) == {True: own, False: {"look": "e", "seen": "e"}}


def test_last_times_of_a_class() -> None:
    records = [
        record("a", "2025-05-01"),
        record("b", "2025-05-03", "ship"),
        absent("c", "2025-05-05", "landing-ship"),
        absent("d", "2025-05-06", "tapir-class"),
        absent("e", "2025-05-07", "ropucha-class", platform_name="Oslyabya"),
    ]
    assert last(records, "ropucha-class")[True] == {"look": "e", "seen": "a", "not_seen": "c"}
    assert last(records, "ship")[True] == {"look": "e", "seen": "b"}


def test_last_times_leave_out_background_and_cargo() -> None:
    records = [record("a", "2025-05-01", context=True), record("b", "2025-05-02", "containers")]
    assert "seen" not in last(records)[True]


def test_a_year_is_not_later_than_a_day_of_it() -> None:
    assert last([record("a", "2024-10-17"), record("b", "2024")])[True]["seen"] == "a"


def test_nobody_has_looked() -> None:
    assert last([]) == {True: {}, False: {}}


# --- what holds of any records ------------------------------------------------------------------------------

NAMES = [None, "Oslyabya", "Peresvet", "Hull 7"]


@st.composite
def any_records(draw: st.DrawFn) -> list[Observation]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        first = date(2024, 12, 20) + timedelta(days=draw(st.integers(0, 30)))
        final = first + timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 3, 9])))
        more: dict[str, Any] = {
            "site": draw(st.sampled_from(["dunay", "sunan"])),
            "platform_name": draw(st.sampled_from(NAMES)),
            "berth": draw(st.sampled_from([None, None, "1", "2"])),
            "image_id": draw(st.sampled_from([None, "x", "y"])),
            "outcome": draw(st.sampled_from(["seen", "seen", "seen", "not-seen", "cannot-tell"])),
            "method": draw(st.sampled_from(["optical", "optical", "radar", "report"])),
            "status": draw(st.sampled_from(["draft", "draft", "draft", "withdrawn"])),
            "length_m": draw(st.sampled_from([None, None, 100.0, 150.0])),
        }
        platform = draw(st.sampled_from(["ship", "landing-ship", "ropucha-class", "ropucha-class", "containers"]))
        found.append(record(f"r-{number}", f"{first}/{final}", platform, **more))
    return found


@settings(deadline=None)
@given(any_records(), st.randoms(use_true_random=False))
def test_the_order_of_the_records_is_irrelevant(records: list[Observation], shuffler: random.Random) -> None:
    shuffled = list(records)
    shuffler.shuffle(shuffled)
    assert find(*shuffled) == find(*records)
    ids = [{frozenset(r.id for r in look.records) for look in episodes.looks(some)} for some in (shuffled, records)]
    assert ids[0] == ids[1]


@settings(deadline=None)
@given(any_records())
def test_every_admitted_sighting_lies_in_exactly_one_episode(records: list[Observation]) -> None:
    admitted = [
        r.id
        for r in records
        if r.outcome == "seen" and r.status == "draft" and r.method != "report" and r.platform != "containers"
    ]
    assert sorted(s.id or "" for e in find(*records) for s in e.sightings) == sorted(i or "" for i in admitted)


def differ(values: Sequence[str | None]) -> bool:
    return len({value for value in values if value}) > 1


@settings(deadline=None)
@given(any_records())
def test_no_episode_contradicts_itself(records: list[Observation]) -> None:
    for episode in find(*records):
        assert not differ([s.platform_name for s in episode.sightings])
        assert not differ([s.berth for s in episode.sightings])
        assert not differ([s.site for s in episode.sightings])
        assert len({s.length_m for s in episode.sightings if s.length_m}) <= 1


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from([0, 0, 1, 3, 9])), min_size=2, max_size=6))
def test_neighbours_in_an_episode_are_never_more_than_three_days_apart(dates: list[tuple[int, int]]) -> None:
    new_year = date(2025, 1, 1)
    records = [
        record(f"r-{n}", f"{new_year + timedelta(start)}/{new_year + timedelta(start + width)}", image_id=f"image {n}")
        for n, (start, width) in enumerate(dates)
    ]
    for episode in find(*records):
        for one, other in pairwise(episode.sightings):
            assert max(abs((b - a).days) for a in one.bounds for b in other.bounds) <= 3


def test_the_rule_in_words_names_the_gap() -> None:
    assert "at most 3 days can lie between" in merging.merging_rule()
    assert "at most 5 days can lie between" in merging.merging_rule(5)


# --- what the second reading by somebody else found


def test_a_length_is_held_against_all_that_were_measured() -> None:
    # 118 m is within a tenth of 109 m, not of 100 m.
    lengths = zip("abc", (DAY_1, "2025-05-19", DAY_3), (109.0, 100.0, 118.0), strict=True)
    assert grouped(*(record(name, day, length_m=length) for name, day, length in lengths)) == [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        # The class itself, or another one: the look says whether it was there.
        ({"platform": "ropucha-class"}, True),
        ({"platform": "tapir-class"}, True),
        # A landing ship, the class not known, hedged, or nothing known at all: it may have been one.
        ({"platform": "landing-ship"}, False),
        ({"platform": "ropucha-class", "hedge": "likely", "hedge_on": "platform"}, False),
        ({"platform": None}, False),
    ],
)
def test_a_look_that_saw_what_may_have_been_it_says_nothing_of_it(seen: dict[str, Any], says: bool) -> None:
    (look,) = episodes.looks([record("a", DAY_1, **seen)])
    assert look.could_find("ropucha-class", VOCABULARY) is says
