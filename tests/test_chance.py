"""Could it be chance: against brute force, against what cannot be tested, and over every arrangement there is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resight import chance, pattern
from resight.chance import Look
from resight.pattern import Event

START = date(2025, 1, 1).toordinal()


def exact(a: Event, b: Event) -> tuple[float, float]:
    return (0.0, 0.0) if a.path == b.path else (1.0, 1.0)


def year(days: Sequence[int], labels: str, prefix: str, start: int = START) -> list[Event]:
    pairs = zip(days, labels, strict=True)
    return [Event(f"{prefix}{i}", "x", start + d, start + d, (label,)) for i, (d, label) in enumerate(pairs)]


def looks(events: Sequence[Event], empty: Sequence[int] = ()) -> list[Look]:
    return [*(Look("x", e.first, (e.id,)) for e in events), *(Look("x", START + day) for day in empty)]


def test_three_feasts_can_never_give_less_than_one_in_six() -> None:
    then, now = year([90, 93, 130], "abc", "t", START - 365), year([110, 113, 150], "abc", "n")
    found = chance.of(then, now, looks(now), cost=exact)
    assert found is not None
    assert found.arrangements == 6
    assert [found.p, found.smallest] == pytest.approx([1 / 6, 1 / 6])
    assert not found.is_testable
    assert found.matches == 3


def test_one_episode_fits_wherever_it_stands() -> None:
    then, now = year([90], "a", "t", START - 365), year([110], "a", "n")
    found = chance.of(then, now, looks(now, range(0, 300, 10)), cost=exact)
    assert found is not None
    assert (found.p, found.smallest, found.is_testable) == (1, 1, False)


def test_one_date_at_a_site_leaves_nothing_to_exchange() -> None:
    then, now = year([90], "a", "t", START - 365), year([110], "a", "n")
    assert chance.of(then, now, looks(now), cost=exact) is None
    assert chance.of(then, now, [], cost=exact) is None
    assert chance.of([], now, looks(now, [5]), cost=exact) is None


def test_too_many_episodes_are_not_tried_rather_than_tried_for_minutes() -> None:
    days = range(0, 300, 2)
    then, now = year(days, "a" * 150, "t", START - 365), year(days, "ab" * 75, "n")
    assert len(then) * len(now) > chance.MOST_PAIRS
    assert chance.of(then, now, looks(now, [5]), cost=exact) is None


def test_as_many_as_thirty_episodes_a_year_are_tried_and_told_from_chance() -> None:
    days = [(i * i * 37) % 360 for i in range(30)]
    then, now = year(days, "abc" * 10, "t", START - 371), year(days, "abc" * 10, "n")
    found = chance.of(then, now, looks(now, range(1, 360, 20)), cost=exact)
    assert found is not None
    assert found.p == pytest.approx(0.001)
    assert (found.matches, found.is_drawn) == (30, True)


@pytest.mark.parametrize(
    ("most_pairs", "is_drawn", "arrangements"), [(chance.MOST_PAIRS, False, 1680), (16, True, 999)]
)
def test_where_each_arrangement_takes_long_fewer_are_tried_one_by_one(
    monkeypatch: pytest.MonkeyPatch, most_pairs: int, is_drawn: bool, arrangements: int
) -> None:
    # Four blocks on eight looks: 8·7·6·5 arrangements of 4·4 pairs.
    monkeypatch.setattr(chance, "MOST_PAIRS", most_pairs)
    then, now = year([0, 50, 100, 150], "abcd", "t", START - 365), year([0, 50, 100, 150], "abcd", "n")
    found = chance.of(then, now, looks(now, [20, 70, 201, 333]), cost=exact)
    assert found is not None
    assert (found.is_drawn, found.arrangements) == (is_drawn, arrangements)


@pytest.mark.parametrize(("empty", "tried"), [([], 6), ([7, 77, 177, 200, 222, 301], 504), (range(0, 350, 11), 999)])
def test_progress_is_told_in_order_to_the_last_arrangement(empty: Sequence[int], tried: int) -> None:
    then, now = year([90, 93, 130], "abc", "t", START - 365), year([111, 113, 150], "abc", "n")
    told: list[tuple[int, int]] = []
    found = chance.of(then, now, looks(now, empty), cost=exact, progress=lambda done, of: told.append((done, of)))
    assert found is not None
    assert found.arrangements == tried
    assert told[-1] == (tried, tried)
    assert told == sorted(told)
    assert 5 < len(told) <= 120
    assert found == chance.of(then, now, looks(now, empty), cost=exact)


@pytest.mark.parametrize("parts", [1, 7, 150, 10_000])
@pytest.mark.parametrize(("empty", "is_drawn"), [([7, 77, 177, 200, 222, 301], False), (range(0, 350, 11), True)])
def test_chance_is_the_same_however_it_is_cut_into_parts(
    monkeypatch: pytest.MonkeyPatch, empty: Sequence[int], is_drawn: bool, parts: int
) -> None:
    then, now = year([90, 93, 130], "abc", "t", START - 365), year([111, 113, 150], "abc", "n")
    found = chance.of(then, now, looks(now, empty), cost=exact)
    monkeypatch.setattr(chance, "_PARTS", parts)
    assert chance.of(then, now, looks(now, empty), cost=exact) == found
    assert found is not None
    assert found.is_drawn == is_drawn


def test_each_draw_has_a_seed_of_its_own() -> None:
    now = year([111, 113, 150], "abc", "n")
    sites = chance._sites(now, looks(now, range(0, 350, 11)))
    drawn = [chance._drawn(sites, 0, number) for number in range(20)]
    assert drawn == [chance._drawn(sites, 0, number) for number in reversed(range(20))][::-1]
    assert len(set(drawn)) == 20
    assert chance._drawn(sites, 1, 0) != drawn[0]


def test_blocks_that_are_alike_are_counted_once() -> None:
    # Two like blocks on four looks: 4·3/2 arrangements.
    then, now = year([0, 100], "aa", "t", START - 365), year([0, 100], "aa", "n")
    found = chance.of(then, now, looks(now, [200, 330]), cost=exact)
    assert found is not None
    assert found.arrangements == 6


def test_episodes_that_share_a_look_move_together() -> None:
    then = year([0, 0, 200], "abc", "t", START - 365)
    now = year([0, 0, 200], "abc", "n")
    shared = [Look("x", START, ("n0", "n1")), Look("x", START + 200, ("n2",))]
    found = chance.of(then, now, shared, cost=exact)
    assert found is not None
    assert found.arrangements == 2


def test_a_pattern_kept_on_many_looks_is_told_from_chance_and_the_draws_are_seeded() -> None:
    days = [0, 9, 60, 61, 120, 200]
    then, now = year(days, "abcdef", "t", START - 380), year(days, "abcdef", "n")
    empty = [*range(20, 360, 17)]
    found = chance.of(then, now, looks(now, empty), cost=exact)
    assert found is not None
    assert (found.is_drawn, found.arrangements) == (True, 999)
    assert found.p == pytest.approx(0.001)
    assert found.is_testable
    assert found.smallest == pytest.approx(0.001)
    assert found.matches == 6 > 2 * found.expected
    assert chance.of(then, now, looks(now, empty), cost=exact) == found


few = st.lists(st.sampled_from(range(0, 300, 5)), min_size=2, max_size=4, unique=True)


@settings(max_examples=25)
@given(few, few, st.lists(st.sampled_from(range(2, 300, 5)), max_size=1, unique=True), st.data())
def test_small_cases_equal_brute_force(a: list[int], b: list[int], empty: list[int], data: st.DataObject) -> None:
    labels = [data.draw(st.text("ab", min_size=len(days), max_size=len(days))) for days in (a, b)]
    then, now = year(a, labels[0], "t", START - 365), year(b, labels[1], "n")
    found = chance.of(then, now, looks(now, empty), cost=exact)
    places = [START + day for day in (*b, *empty)]
    tried = [
        pattern.compare(then, [e._replace(first=d, last=d) for e, d in zip(now, order, strict=True)], cost=exact)
        for order in permutations(places, len(now))
    ]
    high = [one.high for one in tried if one]
    observed = pattern.compare(then, now, cost=exact)
    assert observed is not None
    if found is None:
        # Two like blocks on two looks: exchanged, they are what they were.
        assert len({round(one, 9) for one in high}) == 1
        return
    assert found.p == pytest.approx(sum(one >= observed.high - 1e-9 for one in high) / len(high))
    assert found.smallest == pytest.approx(sum(one >= max(high) - 1e-9 for one in high) / len(high))
    assert found.smallest <= found.p + 1e-9


@settings(max_examples=10)
@given(few, few)
def test_under_chance_a_small_p_is_no_more_frequent_than_it_says(a: list[int], b: list[int]) -> None:
    then, now = year(a, "abab"[: len(a)], "t", START - 365), year(b, "abcd"[: len(b)], "n")
    ps = []
    for order in permutations([e.first for e in now]):
        arranged = [e._replace(first=d, last=d) for e, d in zip(now, order, strict=True)]
        found = chance.of(then, arranged, looks(arranged), cost=exact)
        assert found is not None
        ps.append(found.p)
    for level in (0.05, 0.2, 0.5, 0.8):
        assert sum(p <= level for p in ps) / len(ps) <= level + 1e-9
