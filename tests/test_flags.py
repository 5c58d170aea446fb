"""Which matches stand together: published numbers, flags worked by hand, brute force, and what changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resight import comparison, episodes, evidence, flags, geodesy, vocabulary
from resight.comparison import Comparison
from resight.episodes import Episode
from resight.evidence import Pair, Shares
from resight.logbook import Logbook, packaged_seeds
from resight.observation import Observation, build

ORACLES = Path(__file__).parents[2] / "shared" / "oracles"
REPOSITORY = Path(__file__).parents[1]
WORDS = vocabulary.from_toml((packaged_seeds() / "vocabulary.toml").read_text())
DAY = date(2025, 6, 1)


def published() -> Any:
    path = ORACLES / "fdr.json"
    if not path.exists():
        pytest.skip("the published numbers (shared/oracles/fdr.json beside the checkout) are not here")
    return json.loads(path.read_text())


def episode(identifier: str, operator: str = "", site: str = "x", kind: str = "ship") -> Episode:
    """An episode whose operator stands for how well it matches; see :func:`by_operator`."""
    return Episode(
        identifier, site, (), (kind,), (kind,), None, None, operator, None, None, None, frozenset(), (DAY, DAY)
    )


def by_operator(one: Episode) -> float:
    return float(one.operator or 0)


def match(current: Episode, posterior: float = 0.8) -> Pair:
    return Pair(episode("then"), current, (), "same class", posterior)


def seen(identifier: str, site: str, position: tuple[float, float]) -> Episode:
    where = {"type": "Point", "coordinates": position}
    values = {"id": identifier, "site": site, "date": "2025-05-18", "platform": "ropucha-class"}
    (only,) = episodes.find([build(Observation, {**values, "geometry": where})], WORDS)
    return only


def year(*bits: float, kind: str = "ship") -> list[Episode]:
    return [episode(f"{kind}-{number}", str(value), kind=kind) for number, value in enumerate(bits)]


def held(flagged: Sequence[Episode], current: Sequence[Episode], **how: Any) -> flags.Flags:
    return flags.of([match(e) for e in flagged], current, by_operator, **how)


# --- Benjamini & Hochberg


def test_adjusted_p_and_rejections_are_those_published() -> None:
    told = published()
    got = flags.adjusted(told["p"])
    assert got == pytest.approx(told["p_adjusted"], abs=5e-10)
    assert sum(p <= told["q"] for p in got) == told["rejected_BH"]
    assert sum(p <= told["q"] / len(told["p"]) for p in told["p"]) == told["rejected_Bonferroni"]


def test_hypotheses_that_are_only_counted_weigh_as_if_they_were_given() -> None:
    told = published()
    assert flags.adjusted(told["p"][:9], 15) == pytest.approx(told["p_adjusted"][:9], abs=5e-10)


def test_equal_p_get_the_better_of_their_ranks_and_the_order_given_is_kept() -> None:
    # In order .01, .04, .04, 1: times 4/1, 4/2, 4/3, 4/4 gives .04, .08, .0533, 1; the second takes the third's.
    assert flags.adjusted([0.04, 1.0, 0.01, 0.04]) == pytest.approx([0.16 / 3, 1.0, 0.04, 0.16 / 3])


def test_no_hypothesis_has_no_answer() -> None:
    assert flags.adjusted([]) == []


@pytest.mark.parametrize(("ps", "m"), [([0.1, 0.2], 1), ([1.1], None), ([-0.1], 3)])
def test_what_is_no_p_or_no_number_of_hypotheses_is_refused(ps: list[float], m: int | None) -> None:
    with pytest.raises(ValueError, match=r"p-values|between 0 and 1"):
        flags.adjusted(ps, m)


probabilities = st.lists(st.integers(1, 60).map(lambda n: n / 60), min_size=1, max_size=12)


@given(probabilities)
def test_adjusting_keeps_the_order_and_lies_between_p_and_bonferroni(ps: list[float]) -> None:
    got = flags.adjusted(ps)
    for p, a in zip(ps, got, strict=True):
        assert p - 1e-12 <= a <= min(1.0, p * len(ps)) + 1e-12
        assert all(a <= other + 1e-12 for q, other in zip(ps, got, strict=True) if p <= q)


@given(probabilities, st.data())
def test_rejected_are_as_many_as_the_step_up_rule_says(ps: list[float], data: st.DataObject) -> None:
    q = data.draw(st.sampled_from([0.05, 0.1, 0.25]))
    inside = [k for k, p in enumerate(sorted(ps), 1) if p <= q * k / len(ps) + 1e-12]
    assert sum(a <= q + 1e-12 for a in flags.adjusted(ps)) == max(inside, default=0)


@given(probabilities, st.sampled_from([0.05, 0.1, 0.25]), st.data())
def test_dropping_what_could_not_come_out_loses_no_rejection(ps: list[float], q: float, data: st.DataObject) -> None:
    least = [data.draw(st.floats(0, p)) for p in ps]
    with_all = {i for i, a in enumerate(flags.adjusted(ps)) if a <= q + 1e-12}
    kept = [i for i in range(len(ps)) if least[i] <= q]
    after = {kept[n] for n, a in enumerate(flags.adjusted([ps[i] for i in kept])) if a <= q + 1e-12}
    assert with_all <= after


# --- flags


def test_the_best_of_ten_of_its_kind_stands() -> None:
    now = year(9, 1, 1, 2, 3, 0, 4, -2, 5, 6)
    (one,) = held(now[:1], now).flags
    assert (one.id, one.episodes, one.as_well) == ("ship-0", 10, 1)
    assert (one.p, one.smallest, one.verdict) == (0.1, 0.1, "stands")
    assert one.adjusted == pytest.approx(0.1)


def test_one_that_does_as_well_makes_it_fall() -> None:
    now = year(9, 1, 1, 2, 3, 0, 4, -2, 5, 9)
    (one,) = held(now[:1], now).flags
    assert (one.p, one.smallest, one.verdict) == (0.2, 0.1, "does not stand")


def test_among_six_of_its_kind_a_flag_is_not_testable() -> None:
    now = year(9, 1, 1, 2, 3, 0)
    found = held(now[:1], [*now, *year(*range(10), kind="aircraft")])
    (one,) = found.flags
    assert (one.verdict, one.adjusted, f"{one.smallest:.2f}") == ("not testable", None, "0.17")
    assert (found.is_testable, found.tested, found.dropped) == (False, 0, 1)


def test_three_flags_among_thirty_stand_together_where_none_would_alone() -> None:
    # p = 1/30, 2/30, 3/30: adjusted, all three are 3/30. The second alone of three would need 1/30.
    now = year(*range(30, 0, -1))
    found = held(now[:3], now)
    assert [flag.as_well for flag in found.flags] == [1, 2, 3]
    assert [flag.adjusted for flag in found.flags] == pytest.approx([0.1, 0.1, 0.1])
    assert {flag.verdict for flag in found.flags} == {"stands"}


def test_flags_that_cannot_come_out_do_not_weigh_on_those_that_can() -> None:
    ships, planes = year(*range(10, 0, -1)), year(5, 4, kind="aircraft")
    found = held([ships[0], *planes], [*ships, *planes])
    assert [flag.verdict for flag in found.flags] == ["stands", "not testable", "not testable"]
    assert (found.tested, found.dropped, found.q) == (1, 2, 0.1)


def test_false_flags_are_expected_by_the_posteriors_of_all_of_them() -> None:
    now = year(3, 2, 1)
    found = flags.of([match(now[0], 0.9), match(now[1], 0.6)], now, by_operator)
    assert found.expected_false == pytest.approx(0.5)
    assert flags.of([], now, by_operator) == flags.Flags((), 0.1, 0)


def test_the_others_are_weighed_at_the_site_of_the_flag_with_its_position() -> None:
    asked: list[Episode] = []

    def best(one: Episode) -> float:
        asked.append(one)
        return 0.0

    here, there = seen("here", "dunay", (132.30, 42.90)), seen("there", "nakhodka", (132.87, 42.80))
    there = there._replace(time=(DAY, DAY))
    flags.of([match(here)], [here, there], best)
    assert [(e.id, e.site, e.geometry, e.time) for e in asked] == [
        ("here", "dunay", here.geometry, here.time),
        ("there", "dunay", here.geometry, there.time),
    ]


def test_like_episodes_are_weighed_once() -> None:
    asked: list[str] = []

    def best(one: Episode) -> float:
        asked.append(one.id)
        return by_operator(one)

    now = year(*[1.0] * 20, 5, 5)
    flags.of([match(now[0]), match(now[20])], now, best)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"path": ()},
        {"claimed_path": ("ship", "landing-ship")},
        {"individual": "one"},
        {"operator": "2"},
        {"activities": frozenset({"loading"})},
        {"time": (DAY, date(2025, 6, 2))},
    ],
    ids=lambda other: next(iter(other)),
)
def test_episodes_that_differ_in_what_evidence_rests_on_are_weighed_apart(other: dict[str, Any]) -> None:
    asked: list[Episode] = []

    def best(one: Episode) -> float:
        asked.append(one)
        return 0.0

    now = [episode("a", "1"), episode("b", "1")._replace(**other)]
    flags.of([match(now[0])], now, best)
    assert asked == now


def test_flags_of_one_site_at_different_positions_are_weighed_apart() -> None:
    asked: list[object] = []

    def best(one: Episode) -> float:
        asked.append(one.geometry)
        return 0.0

    now = [seen("a", "dunay", (132.30, 42.90)), seen("b", "dunay", (132.31, 42.90))]
    flags.of([match(one) for one in now], now, best)
    assert asked == [now[0].geometry, now[1].geometry]


# --- what holds for any year

few_bits = st.lists(st.integers(0, 5), min_size=1, max_size=14)
levels = (0.05, 0.1, 0.2, 0.35, 0.5, 0.8, 0.99)


@given(st.integers(1, 12), st.integers(1, 3), st.data())
def test_where_episodes_could_be_exchanged_a_small_p_is_no_more_frequent_than_it_says(
    n: int, sites: int, data: st.DataObject
) -> None:
    worth = [[data.draw(st.integers(0, 6)) for _ in range(sites)] for _ in range(n)]
    at = [data.draw(st.integers(0, sites - 1)) for _ in range(n)]

    def best(one: Episode) -> float:
        return worth[int(one.operator or 0)][int(one.site)]

    # What stood at the flag's site comes from every one of them once.
    ps = []
    for turn in range(n):
        now = [episode(f"e{i}", str((i + turn) % n), site=str(at[i])) for i in range(n)]
        ps.append(flags.of([match(now[0])], now, best).flags[0].p)
    for level in levels:
        assert sum(p <= level + 1e-9 for p in ps) / n <= level + 1e-9
    assert min(ps) >= 1 / n


@given(few_bits, st.data())
def test_the_order_of_episodes_and_of_flags_does_not_matter(bits: list[int], data: st.DataObject) -> None:
    now = year(*bits)
    flagged = data.draw(st.lists(st.sampled_from(now), unique=True))
    first = held(flagged, now)
    other = held(data.draw(st.permutations(flagged)), data.draw(st.permutations(now)))
    assert set(first.flags) == set(other.flags)
    assert first._replace(flags=()) == other._replace(flags=())


@given(few_bits, st.data())
def test_what_stands_has_a_p_below_q_and_the_better_flag_never_falls_alone(
    bits: list[int], data: st.DataObject
) -> None:
    now = year(*bits)
    found = held(data.draw(st.lists(st.sampled_from(now), unique=True)), now)
    standing = [flag for flag in found.flags if flag.verdict == "stands"]
    assert all(flag.p <= found.q + 1e-9 for flag in standing)
    assert all(flag.smallest <= flag.p for flag in found.flags)
    least = max((flag.p for flag in standing), default=0)
    assert all(flag.verdict == "stands" for flag in found.flags if flag.p <= least)
    assert len(found.flags) == found.tested + found.dropped


# --- with the evidence itself


def compared(records: Sequence[Observation], book: Logbook) -> tuple[Comparison, Callable[[Episode], float]]:
    found = comparison.repeats(
        records,
        year=2025,
        baseline_years=[2024],
        vocabulary=book.vocabulary,
        sites=book.sites,
    ).watched
    shares = Shares(found.baseline, book.vocabulary, len(found.scope), found.assumptions.kappa)

    def best(one: Episode) -> float:
        return max(pair.bits for pair in evidence.weigh(one, shares, same_place=geodesy.same_place, sites=book.sites))

    return found, best


rows = st.lists(
    st.tuples(
        st.sampled_from(["dunay", "nakhodka"]),
        st.sampled_from(["ropucha-class", "landing-ship", "cargo-ship", "il-76"]),
        st.sampled_from(["loading", "docked", None]),
        st.sampled_from([2024, 2025]),
        st.integers(1, 12),
    ),
    min_size=2,
    max_size=14,
)


@given(rows)
def test_p_is_that_of_weighing_every_episode_anew_as_a_record_of_that_site(made: Any) -> None:
    book = Logbook(REPOSITORY)

    def record(number: int, site: str, platform: str, activity: str | None, in_year: int, month: int) -> Observation:
        values = {
            "id": f"r{number}",
            "site": site,
            "platform": platform,
            "date": f"{in_year}-{month:02}-{number + 1:02}",
        }
        return build(Observation, {**values, **({"activity": activity} if activity else {})})

    records = [record(number, *row) for number, row in enumerate(made)]
    found, best = compared(records, book)
    told = flags.of(found.matches, found.current, best).flags
    for flag, pair in zip(told, found.matches, strict=True):
        kin = [e for e in found.current if e.claimed_path[0] == pair.current.claimed_path[0]]
        moved = [e._replace(site=pair.current.site) for e in kin]
        as_well = sum(best(e) >= best(pair.current) - 1e-9 for e in moved)
        assert (flag.id, flag.episodes, flag.as_well) == (pair.current.id, len(kin), as_well)


def test_the_flags_of_the_shipped_logbook_are_too_few_to_be_tested() -> None:
    book = Logbook(REPOSITORY)
    found, best = compared(book.read().records, book)
    told = flags.of(found.matches, found.current, best)
    assert [flag.id for flag in told.flags] == [pair.current.id for pair in found.matches]
    assert told.flags
    assert not told.is_testable
    assert all(flag.smallest > 0.1 for flag in told.flags)
