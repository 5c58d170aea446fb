"""All pairs of two years on arrays: the same numbers as one pair at a time, the best assignment, m learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from resight import comparison, evidence, geodesy, linkage, weights
from resight.episodes import Episode
from resight.evidence import DEFAULTS, Assumptions, Pair
from test_evidence import AIR_KORYO, PLATFORMS, SITES, WORDS, found, record, site

HERE = dict(SITES) | {
    "mine": site("mine", residents=[*AIR_KORYO["residents"], {"platform": "ship", "operator": "Russia"}])
}


@st.composite
def a_year(draw: st.DrawFn, year: int, most: int = 7) -> list[Episode]:
    """Episodes with everything that evidence rests on: vague days, doubt, names, operators, residents, positions."""
    records = []
    for number in range(draw(st.integers(0, most))):
        month, day = draw(st.integers(1, 12)), draw(st.integers(1, 28))
        when = [
            f"{year}",
            f"{year}-{month:02}",
            f"{year}-{month:02}-{day:02}",
            f"{year}-02-{29 if year == 2024 else 28}",
        ]
        name = draw(st.sampled_from([None, "Oslyabya", "Peresvet"]))
        more: dict[str, Any] = {
            "site": draw(st.sampled_from(["dunay", "nakhodka", "sunan", "mine"])),
            "platform_name": name,
            "activity": draw(st.sampled_from([None, "docked", "loading", "present"])),
            "operator": draw(st.sampled_from([None, "Air Koryo", "Russia", "air koryo"])),
            "image_id": f"image {number}",
        }
        doubt = draw(st.sampled_from([None, None, "platform", "platform_name"]))
        if doubt == "platform" or (doubt and name):
            more |= {"hedge": "likely", "hedge_on": doubt}
        if draw(st.booleans()):
            lon = 132.3 + draw(st.sampled_from([0, 0.01, 0.05]))
            more["geometry"] = {"type": "Point", "coordinates": [lon, 42.9]}
        records.append(
            record(f"y{year}-{number}", draw(st.sampled_from(when)), draw(st.sampled_from(PLATFORMS)), **more)
        )
    return found(records)


def weighed(then: Sequence[Episode], now: Sequence[Episode], assume: Assumptions = DEFAULTS) -> weights.Weights:
    held = weights.table(then, now)
    return weights.Weights(held, vocabulary=WORDS, scope=4, sites=HERE, assume=assume)


def one_by_one(then: Sequence[Episode], now: Sequence[Episode]) -> list[Pair]:
    shares = evidence.Shares(then, WORDS, 4, DEFAULTS.kappa)
    how: dict[str, Any] = {"same_place": geodesy.same_place, "sites": HERE}
    return [pair for current in now for pair in evidence.weigh(current, shares, **how)]


@pytest.fixture(
    params=[(1, 5, 1 << 22), (1 << 12, 1 << 17, 1 << 22), (1, 1 << 17, 0)],
    ids=["as blocks, cut small", "laid end to end", "added up first"],
)
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the pairs are cut into pieces, the numbers are the same."""
    block, chunk, many = request.param
    monkeypatch.setattr(linkage, "_BLOCK", block)
    monkeypatch.setattr(linkage, "_CHUNK", chunk)
    monkeypatch.setattr(linkage, "_MANY", many)


@pytest.mark.usefixtures("pieces")
class TestLink:
    @settings(deadline=None, max_examples=60)
    @given(a_year(2024), a_year(2025))
    def test_bits_and_posteriors_are_those_of_one_pair_at_a_time(self, then: list[Episode], now: list[Episode]) -> None:
        links = linkage.link(weighed(then, now), geodesy.near_pairs(then, now))
        got = zip(links.baseline, links.current, links.bits, links.posterior, strict=True)
        floor = evidence.least_bits(len(then), DEFAULTS) if then else 0.0
        expected = {(p.baseline.id, p.current.id): p for p in one_by_one(then, now) if p.bits > floor + 1e-9}
        numbers = {(then[b].id, now[c].id): (bits, posterior) for b, c, bits, posterior in got if bits > floor + 1e-9}
        assert numbers.keys() == expected.keys()
        for ends, pair in expected.items():
            assert numbers[ends] == (pytest.approx(pair.bits, abs=1e-9), pytest.approx(pair.posterior, abs=1e-9))

    @settings(deadline=None, max_examples=60)
    @given(a_year(2024), a_year(2025))
    def test_what_comes_closest_is_what_comes_closest_of_all_pairs(
        self, then: list[Episode], now: list[Episode]
    ) -> None:
        everything = [np.ones(len(side), dtype=bool) for side in (then, now)]
        to_now, to_then = linkage.closest(weighed(then, now), geodesy.near_pairs(then, now), *everything)
        pairs = [p for p in one_by_one(then, now) if p.same_place and p.finding != "other"]
        pairs = [
            p for p in pairs if not any(t.agreement == "disagrees" for t in p.terms if t.factor in evidence.FINDINGS)
        ]
        pairs.sort(key=lambda p: (evidence.closeness(p), -round(p.bits, 9), p.baseline.id, p.current.id))
        for episodes, others, best, side in ((then, now, to_now, "baseline"), (now, then, to_then, "current")):
            other = "current" if side == "baseline" else "baseline"
            for row, episode in enumerate(episodes):
                first = next((p for p in pairs if getattr(p, side).id == episode.id), None)
                assert (first and getattr(first, other).id) == (others[best[row]].id if best[row] >= 0 else None)


def test_a_closer_platform_comes_before_more_bits() -> None:
    # The class is the same, but nothing else fits; the other fits in all but says no class.
    then = found(
        [
            record("class", "2024-01-10", activity="loading", image_id="1"),
            record("type", "2024-09-10", "landing-ship", activity="docked", image_id="2"),
        ]
    )
    now = found([record("now", "2025-09-10", activity="docked")])
    pairs = {p.baseline.id: p for p in one_by_one(then, now)}
    assert pairs["type"].bits > pairs["class"].bits
    everything = [np.ones(len(side), dtype=bool) for side in (then, now)]
    _, to_then = linkage.closest(weighed(then, now), geodesy.near_pairs(then, now), *everything)
    assert [then[b].id for b in to_then] == ["class"]


def test_too_many_different_dates_to_work_each_pair_of_them_out_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    then = found([record(f"a{m}", f"2024-{m:02}-0{m % 3 + 1}/2024-{m:02}-20") for m in range(1, 13)])
    now = found([record(f"b{m}", f"2025-{m:02}") for m in range(1, 13)])
    few = linkage.link(weighed(then, now), geodesy.near_pairs(then, now))
    monkeypatch.setattr(weights, "_SEASONS", 0)
    many = linkage.link(weighed(then, now), geodesy.near_pairs(then, now))
    assert len(few.bits) > 10
    assert many.bits.tolist() == few.bits.tolist()


def test_no_pair_is_left_out_for_its_class_or_its_season() -> None:
    # Same hull, eight months apart and elsewhere: kept, among many that are nearer in time.
    then = found([record("hull", "2024-01-10", platform_name="Oslyabya", site="sunan")])
    now = found([record("again", "2025-09-10", platform_name="Oslyabya"), record("other", "2025-01-10", "il-76")])
    links = linkage.link(weighed(then, now), geodesy.near_pairs(then, now))
    assert [(then[b].id, now[c].id) for b, c in zip(links.baseline, links.current, strict=True)] == [("hull", "again")]


# --- one to one


@st.composite
def gains(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    cells = draw(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1))
    b, c = np.array(sorted(cells, key=lambda cell: cell[::-1])).T
    gain = draw(st.lists(st.floats(0.01, 30), min_size=len(b), max_size=len(b)))
    return b, c, np.array(gain)


@pytest.mark.parametrize("dense", [0, 1 << 20], ids=["as a graph", "as a matrix"])
@settings(deadline=None)
@given(given_gains=gains())
@example(given_gains=(np.array([0]), np.array([3]), np.array([0.5])))
def test_the_parts_assigned_apart_add_up_to_the_best_of_the_whole(given_gains: Any, dense: int) -> None:
    b, c, gain = given_gains
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linkage, "_DENSE", dense)
        chosen = linkage.assign(b, c, gain)
    whole = np.zeros((8, 8))
    whole[b, c] = gain
    assert len(set(b[chosen])) == len(set(c[chosen])) == len(chosen)
    assert gain[chosen].sum() == pytest.approx(whole[linear_sum_assignment(whole, maximize=True)].sum())


def test_nothing_to_assign() -> None:
    none = np.zeros(0, dtype=int)
    assert linkage.assign(none, none, np.zeros(0)).tolist() == []


# --- learned m


def fleet(year: int, classes: str, *, days: int) -> list[Episode]:
    """Ships of class a or b at two ports, a hull each, one every ten days, all loading."""
    platform = {"a": "ropucha-class", "b": "tapir-class"}
    return found(
        [
            record(
                f"{year}-{i}",
                f"{year}-{1 + (3 * i + days) // 28 % 12:02}-{1 + (3 * i + days) % 28:02}",
                platform[letter],
                platform_name=f"hull {i}",
                activity="loading",
                image_id=f"{i}",
            )
            for i, letter in enumerate(classes)
        ]
    )


def test_m_moves_to_what_the_pairs_show() -> None:
    # 110 hulls, every one of them back the year after, three days later.
    then, now = fleet(2024, "ab" * 55, days=0), fleet(2025, "ab" * 55, days=3)

    def make(assume: Assumptions) -> weights.Weights:
        return weighed(then, now, assume)

    near = geodesy.near_pairs(then, now)
    links = linkage.link(make(DEFAULTS), near)
    assert len(links.assigned) == 110
    once = linkage.recount(make(DEFAULTS), links, DEFAULTS)
    # (20 at the default + 110 that agree) / 130.
    assert once.individual_m == pytest.approx((20 * 0.5 + 110) / 130)
    assert once.kind_m == pytest.approx((20 * 0.99 + 110) / 130)
    # Two levels between kind and individual: 220 comparisons.
    assert once.level_m == pytest.approx((20 * 0.9 + 220) / 240)
    assert once.season_m[0] == pytest.approx((20 * 0.4 + 110) / 130)
    assert sum(once.season_m) == pytest.approx(1)
    assert (once.place_m, once.repeat_share) == (DEFAULTS.place_m, DEFAULTS.repeat_share)
    # A sister ship in a tenth of the pairs.
    sisters = [e._replace(individual="sister") if i % 10 == 0 else e for i, e in enumerate(now)]
    weighed_again = weighed(then, sisters)
    pairs = np.arange(110)
    links = linkage.link(weighed_again, near)._replace(baseline=pairs, current=pairs, assigned=pairs)
    assert linkage.recount(weighed_again, links, DEFAULTS).individual_m == pytest.approx((20 * 0.5 + 99) / 130)
    # The same pairs are found again with the new m, and nothing moves any more.
    assert linkage.learn(make, near, DEFAULTS) == (once, 2)


def test_m_is_learned_only_when_asked_and_from_a_hundred_episodes_up() -> None:
    how: dict[str, Any] = {"scope": ("dunay",), "vocabulary": WORDS, "sites": SITES}
    many, few = fleet(2025, "ab" * 50, days=0), fleet(2025, "ab" * 49, days=0)
    then = fleet(2024, "ab" * 50, days=0)
    assert comparison.compare(then, many, **how).assumptions == DEFAULTS
    assert comparison.compare(then, few, learn=True, **how).learned == 0
    learned = comparison.compare(then, many, learn=True, **how)
    assert learned.learned > 0
    assert learned.assumptions.individual_m > 0.5
    assert learned.assumptions.place_m == DEFAULTS.place_m


# --- one episode beside the whole other year


@settings(deadline=None, max_examples=60)
@given(a_year(2024), a_year(2025), st.integers(1, 3))
def test_what_is_told_beside_a_match_is_the_best_of_all_pairs(
    then: list[Episode], now: list[Episode], most: int
) -> None:
    made = comparison.compare(then, now, scope=list(HERE)[:4], vocabulary=WORDS, sites=HERE)
    for pair in made.matches:
        every = [one for one in one_by_one(then, now) if one.current.id == pair.current.id]
        others = [one for one in every if one.same_place and one.baseline.id != pair.baseline.id]
        best, number = made.others_at_place(pair, most)
        assert number == len(others)
        assert [one.baseline.id for one in best] == [one.baseline.id for one in others][:most]
        assert [one.posterior for one in best] == pytest.approx([one.posterior for one in others][:most], rel=1e-6)


@settings(deadline=None, max_examples=60)
@given(a_year(2024), a_year(2025))
def test_the_best_pair_of_an_episode_of_either_year_is_that_of_all_pairs(
    then: list[Episode], now: list[Episode]
) -> None:
    made = comparison.compare(then, now, scope=list(HERE)[:4], vocabulary=WORDS, sites=HERE)
    every = one_by_one(then, now)
    for episode in then:
        wanted = min((p for p in every if p.baseline.id == episode.id), key=most_bits, default=None)
        assert same(made.best_of(episode), wanted)
    for episode in now:
        wanted = min((p for p in every if p.current.id == episode.id), key=most_bits, default=None)
        assert same(made.best_of(episode), wanted)


def most_bits(pair: Pair) -> tuple[float, str, str]:
    return -round(pair.bits, 9), pair.current.id, pair.baseline.id


def same(one: Pair | None, other: Pair | None) -> bool:
    if one is None or other is None:
        return one is other
    ids = (one.baseline.id, one.current.id) == (other.baseline.id, other.current.id)
    return ids and one.posterior == pytest.approx(other.posterior, rel=1e-6)
