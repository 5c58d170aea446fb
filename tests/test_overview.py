"""The overview: what repeats where in its first sentences, and a card for each site with what is known of its looks."""

from __future__ import annotations

from typing import Any

import pytest

from resight import comparison, maps
from resight.columns import Columns
from resight.frame import to_frame
from resight.links import Links
from resight.observation import Observation
from resight.overview import ON_CARD
from resight.summary import HEADLINES, likeness, summaries, tallies
from test_maps import RECORDS, SITES, VOCABULARY, data_of, overview_of, record, repeats_of


def overview(*records: Observation, **changes: Any) -> dict[str, Any]:
    return data_of(maps.render_html(overview_of(records or RECORDS, **changes)))


def card(data: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in data["cards"] if one["name"] == name)
    return found


def elsewhere(identifier: str, date: str = "2025-05-18", **values: Any) -> Observation:
    """A sighting of a known hull at a site that is not watched."""
    return record(identifier, date, site="zhoushan", platform_name="Lady R", count=1, **values)


def test_the_lead_tells_the_watched_sites_from_the_others() -> None:
    data = overview(*RECORDS, elsewhere("x"), elsewhere("y", "2024-05-18"))
    assert data["lead"] == (
        "At the watched sites: 1 of 1 comparable sighting of 2025 resembles one of 2024. "
        "At the others: 1 of 1 comparable sighting of 2025 repeats one of 2024 (same hull or tail number)."
    )


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ((), "Nothing is logged yet."),
        ((record("a", "2020-05-18"),), "Nothing is logged for 2025 or 2024 at any site."),
        ((record("a", "2024-05-18"),), "No sighting of 2025 at the watched sites that can be compared with 2024."),
    ],
)
def test_what_is_missing_is_said_and_not_explained_by_what_is_published(
    records: tuple[Observation, ...], said: str
) -> None:
    data = data_of(maps.render_html(overview_of(records)))
    assert data["lead"].startswith(said)
    assert any("published" in aside for aside in data["asides"]) == bool(records)
    assert "matched" not in {sign for sign, _ in data["legend"]}


def test_a_register_without_watched_sites_is_no_page_about_them() -> None:
    records = (elsewhere("x"), elsewhere("y", "2024-05-18"))
    sites = {"zhoushan": SITES["zhoushan"]}
    repeats = comparison.repeats(records, year=2025, baseline_years=[2024], vocabulary=VOCABULARY, sites=sites)
    assert overview(*records, sites=sites, repeats=repeats)["lead"] == (
        "No site of the register is marked as watched. "
        "At the others: 1 of 1 comparable sighting of 2025 repeats one of 2024 (same hull or tail number)."
    )


def crowd(site: str, number: int) -> list[Observation]:
    """As many visits of one class in either year: all are alike, and none stands out as another's match."""
    return [
        record(f"{site}-{year}-{i}", f"{year}-{1 + i:02}-05", site=site, activity="docked")
        for year in (2024, 2025)
        for i in range(number)
    ]


def test_a_place_where_all_are_alike_is_not_said_to_resemble_nothing() -> None:
    said = "10 of 10 comparable sightings of 2025 are like one of 2024, no one visit standing out."
    at_dunay, at_zhoushan = overview(*crowd("dunay", 10)), overview(*crowd("zhoushan", 10))
    assert at_dunay["findings"] == []
    assert at_dunay["lead"] == f"At the watched sites: {said}"
    assert card(at_dunay, "Dunay (port)")["lead"] == card(at_zhoushan, "Zhoushan")["lead"] == said
    assert at_zhoushan["lead"].endswith(f" At the others: {said}")
    named = tuple(record(f"x{year}", f"{year}-11-20", platform_name="Oslyabya", count=1) for year in (2024, 2025))
    assert likeness(tallies(repeats_of(named))["dunay"]._replace(current=11, like=10), "2025", "2024") == (
        "1 of 11 comparable sightings of 2025 repeats one of 2024 (same hull or tail number); "
        "10 more are like one of 2024, no one visit standing out."
    )


def test_above_the_map_stands_what_repeats_where_repeats_first() -> None:
    data = overview(
        *RECORDS, elsewhere("x"), elsewhere("y", "2024-05-18"), links=Links({"dunay": "dunay.html"}, "index.html")
    )
    assert [(one["where"], one["href"], one["verb"], one["then_id"], one["grounds"]) for one in data["findings"]] == [
        ("Zhoushan", None, "repeats", "y", ""),
        ("Dunay (port)", "dunay.html", "resembles", "dunay-2024-ropucha-class", ""),
    ]
    assert data["more"] == ""


def test_of_many_matches_the_first_are_named_and_the_rest_counted() -> None:
    many = [
        record(f"{year}-{i}", f"{year}-05-{1 + 2 * i:02}", platform_name=f"Hull {i}", count=1)
        for year in (2024, 2025)
        for i in range(HEADLINES + 2)
    ]
    data = overview(*many)
    assert (len(data["findings"]), data["more"]) == (HEADLINES, "2 more at the sites below.")
    dunay = card(data, "Dunay (port)")
    assert (len(dunay["findings"]), dunay["more"]) == (ON_CARD, "5 more matches not named here.")


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (RECORDS, "1 of 2025 resembles one of 2024"),
        (
            [record(f"{hull.lower()}-{year}", f"{year}-05-18", platform_name=hull, count=1)
             for year in (2024, 2025) for hull in ("Oslyabya", "Peresvet")],
            "2 of 2025 repeat one of 2024",
        ),
    ],
)  # fmt: skip
def test_the_box_on_the_map_says_what_matches_there(records: Any, said: str) -> None:
    boxes = {badge["name"]: badge["counts"] for badge in overview(*records)["map"]["badges"]}
    assert boxes["Dunay (port)"][0] == ["matched", said[0], said]
    assert "matched" not in {sign for sign, *_ in boxes["Nakhodka"]}


def test_a_card_tells_looks_by_what_came_of_them_and_that_their_number_is_not_known() -> None:
    dunay = card(overview(), "Dunay (port)")
    assert dunay["years"] == [["now", "2025"], ["then", "2024"]]
    assert dunay["counts"] == [
        ["Sightings", "2", "2"],
        ["Totals or background", "0", "1"],
        ["Looked, found something", "1", "1"],
        ["Looked, found nothing", "1", "0"],
        ["Looked, could not tell", "1", "0"],
        ["Absence reported", "1", "0"],
    ]
    assert dunay["lines"] == [
        ["How often anyone looked", "not known"],
        ["Last look of a known day", "1 August 2025, could not tell"],
    ]


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([record("a", basis="own"), record("b", "2024-05-18")], "2025: 1 look; 2024: not known"),
        (
            [record("a", effort_stated=True), *(record(f"b{day}", f"2024-05-{day}", basis="own") for day in (18, 19))],
            "2025: 1 look; 2024: 2 looks",
        ),
        ([record("a", basis="own", method="report"), record("b", "2024-05-18")], "not known"),
    ],
)  # fmt: skip
def test_how_often_anyone_looked_is_told_year_by_year(records: list[Observation], said: str) -> None:
    assert card(overview(*records), "Dunay (port)")["lines"][0] == ["How often anyone looked", said]


def test_a_site_without_a_look_of_a_known_day_says_so() -> None:
    (lines,) = (card(overview(record("a", "2025-05")), "Dunay (port)")["lines"],)
    assert lines[1] == ["Last look of a known day", "none on file"]


def look(outcome: str = "seen", date: str = "2025-05-18", **values: Any) -> dict[str, Any]:
    return {"date": date, "outcome": outcome, "basis": "own", **values}


@pytest.mark.parametrize(
    ("looks", "found"),
    [
        ([look(), look()], (1, 0, 0)),
        ([look(), look(sensor="SAR")], (2, 0, 0)),
        ([look(), look(date="2025-05-19")], (2, 0, 0)),
        ([look(image_id="i"), look(image_id="i", date="2025-05-19")], (1, 0, 0)),
        # One look that shows one thing, not another and leaves a third open has found something, in any order.
        ([look("cannot-tell"), look("not-seen"), look("seen")], (1, 0, 0)),
        ([look("not-seen"), look("cannot-tell")], (0, 1, 0)),
        ([look("cannot-tell")], (0, 0, 1)),
        ([look(method="report")], (0, 0, 0)),
        ([look(date="2025-05-18/2025-05-20")], (0, 0, 0)),
    ],
)
def test_a_look_is_counted_once_however_many_records_it_left(
    looks: list[dict[str, Any]], found: tuple[int, int, int]
) -> None:
    records = tuple(record(f"r{number}", **values) for number, values in enumerate(looks))
    summary = summaries(Columns(to_frame(records), repeats_of(records)), ["dunay"])["dunay"]
    assert tuple(summary.looks_that(outcome, "now") for outcome in ("seen", "not-seen", "cannot-tell")) == found
    assert summary.looks_counted("now") == found[0] + found[1]
    assert summary.looks_counted("then") == 0
