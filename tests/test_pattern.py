"""Year over year: published distances, feasts that move, bounds for vague dates, and what must not change anything."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from resight import episodes, pattern, vocabulary
from resight.logbook import packaged_seeds
from resight.observation import Observation, build
from resight.pattern import Event
from resight.vocabulary import Vocabulary

ORACLES = Path(__file__).parents[2] / "shared" / "oracles"
SHIP = ("ship", "landing-ship", "ropucha-class")


WORDS = vocabulary.from_toml((packaged_seeds() / "vocabulary.toml").read_text())


@pytest.fixture
def words() -> Vocabulary:
    return WORDS


def published(name: str) -> str:
    if not (ORACLES / name).exists():
        pytest.skip(f"the published numbers (shared/oracles/{name} beside the checkout) are not here")
    return (ORACLES / name).read_text()


def exact(a: Event, b: Event) -> tuple[float, float]:
    """Equal paths cost nothing, any other two part at the type."""
    return (0.0, 0.0) if a.path == b.path else (1.0, 1.0)


def train(times: Sequence[float], prefix: str) -> list[Any]:
    return [Event(f"{prefix}{i}", "x", t, t, SHIP) for i, t in enumerate(times)]  # type: ignore[arg-type]


def day(identifier: str, site: str, text: str, path: tuple[str, ...] = SHIP, individual: str | None = None) -> Event:
    first, _, last = text.partition("/")
    bounds = [date.fromisoformat(part).toordinal() for part in (first, last or first)]
    return Event(identifier, site, bounds[0], bounds[1], path, individual)


def found(then: Sequence[Event], now: Sequence[Event], cost: Callable[..., Any] = exact) -> pattern.Likeness:
    likeness = pattern.compare(then, now, cost=cost)
    assert likeness is not None
    return likeness


# --- published numbers


def test_distances_are_those_of_other_programs() -> None:
    oracles = json.loads(published("victor_purpura.json"))
    one, other = oracles["victor_purpura"], oracles["victor_purpura_spykeutils"]
    cases = [(one["trains"][a], one["trains"][b], float(q), d) for a, b, q, d in one["cases"]]
    cases += [tuple(case) for case in other["cases"]]
    for a, b, q, expected in cases:
        # Moving by a day costs q there and 2/cutoff here.
        cutoff = 2 / q if 0 < q < float("inf") else float("inf") if q == 0 else 1e-300
        got = pattern.distance(train(a, "a"), train(b, "b"), shift=0, cost=exact, cutoff=cutoff)
        assert got == pytest.approx((expected, expected)), (a, b, q)


def test_the_distance_of_two_long_trains_is_that_of_another_program() -> None:
    long = json.loads(published("victor_purpura.json"))["victor_purpura_spykeutils"]["long"]
    got = pattern.distance(train(long["a"], "a"), train(long["b"], "b"), shift=0, cost=exact, cutoff=2 / long["q"])
    assert got == pytest.approx((long["distance"], long["distance"]), rel=1e-6)


@pytest.mark.parametrize(("year", "shift"), [(2021, 378), (2022, 357), (2023, 357), (2024, 385)])
def test_feasts_that_move_are_found_at_their_shift(year: int, shift: int) -> None:
    rows = list(csv.DictReader(published("moveable_feasts.csv").splitlines()))

    def feasts(of: int) -> list[Event]:
        return [
            day(f"{of}{r['country']}{r['name']}", r["country"], r["date"], (r["name"],))
            for r in rows
            if r["country"] in ("NO", "DE") and r["year"] == str(of)
        ]

    likeness = found(feasts(year), feasts(year + 1))
    assert (likeness.low, likeness.high, likeness.shifts) == (1.0, 1.0, ((shift, shift),))
    assert not likeness.not_repeated
    assert not likeness.without_precedent


# --- worked by hand


def test_vague_dates_give_bounds_and_a_range_of_shifts() -> None:
    then = [day("a", "dunay", "2024-10-01/2024-12-31"), day("b", "sunan", "2024-10-01/2024-12-31")]
    now = [day("c", "dunay", "2025-05-18"), day("d", "sunan", "2025-06-04")]
    likeness = found(then, now)
    assert (likeness.low, likeness.high) == (0.0, 1.0)
    assert likeness.shifts == ((155, 229),)


def test_one_of_two_falls_seven_days_beside_the_other() -> None:
    # 2·7/14 = 1 for the pair that is off, 4 events in all: S = 1 − 1/4.
    likeness = found(
        [day("a", "x", "2024-03-01"), day("b", "x", "2024-05-01")],
        [day("c", "x", "2025-03-01"), day("d", "x", "2025-05-08")],
    )
    assert likeness.high == pytest.approx(0.75)
    assert likeness.low == likeness.high
    assert likeness.shifts == ((365, 372),)


def test_events_at_different_sites_are_never_matched() -> None:
    likeness = found([day("a", "x", "2024-03-01")], [day("b", "y", "2025-03-01")])
    assert (likeness.low, likeness.high, likeness.matched) == (0, 0, ())


def test_the_same_time_and_another_class_is_no_match(words: Vocabulary) -> None:
    tapir = ("ship", "landing-ship", "tapir-class")
    likeness = found([day("a", "x", "2024-03-01", tapir)], [day("b", "x", "2025-03-01")], pattern.label_cost(words))
    assert likeness.matched == ()
    assert [(p.baseline, p.current, p.cost) for p in likeness.same_time_other_type] == [("a", "b", (0.5, 0.5))]
    assert likeness.high == pytest.approx(1 - 0.5 / 2)


@pytest.mark.parametrize(
    ("a", "b", "cost"),
    [
        (SHIP, SHIP, (0, 0)),
        (SHIP, ("ship", "landing-ship"), (0, 0.5)),
        (SHIP, ("ship",), (0, 1)),
        (SHIP, (), (0, 1)),
        (SHIP, ("ship", "landing-ship", "tapir-class"), (0.5, 0.5)),
        (SHIP, ("ship", "cargo-ship"), (1, 1)),
        (SHIP, ("aircraft", "transport-aircraft", "il-76"), (1, 1)),
        # A word that the vocabulary does not know is another type.
        (SHIP, ("barge-of-nobody",), (1, 1)),
        (("ship", "cargo-ship"), ("ship", "cargo-ship"), (0, 0)),
    ],
)
def test_labels_cost_what_they_part_at(words: Vocabulary, a: Any, b: Any, cost: tuple[float, float]) -> None:
    of = pattern.label_cost(words)
    assert of(day("a", "x", "2024-01-01", a), day("b", "x", "2025-01-01", b)) == cost
    assert of(day("b", "x", "2025-01-01", b), day("a", "x", "2024-01-01", a)) == cost


@pytest.mark.parametrize(
    ("a", "b", "cost"), [("one", "one", 0), ("one", "two", 0.25), ("one", None, 0), (None, None, 0)]
)
def test_individuals_cost_where_both_are_known(words: Vocabulary, a: str | None, b: str | None, cost: float) -> None:
    of = pattern.label_cost(words)
    assert of(day("a", "x", "2024-01-01", SHIP, a), day("b", "x", "2025-01-01", SHIP, b)) == (cost, cost)


def test_a_likeness_says_what_falls_on_what_and_what_on_nothing(words: Vocabulary) -> None:
    tapir = ("ship", "landing-ship", "tapir-class")
    then = [
        day("w", "dunay", "2024-01-15"),
        day("z", "dunay", "2024-03-01"),
        day("b", "dunay", "2024-05-01", tapir),
        day("y", "dunay", "2024-06-01/2024-06-03"),
        day("e", "sunan", "2024-07-01"),
    ]
    now = [
        day("c", "dunay", "2025-03-01"),
        day("d", "dunay", "2025-05-01"),
        day("f", "dunay", "2025-06-02"),
        day("g", "nakhodka", "2025-07-01"),
        day("h", "dunay", "2025-11-01"),
    ]
    # Two pairs that save 2, one that saves 1.5; the vague one may be a day off, which costs 2·1/14.
    assert found(then, now, pattern.label_cost(words)) == pattern.Likeness(
        ("dunay", "nakhodka", "sunan"),
        5,
        5,
        low=(4 - 2 / 14 + 1.5) / 10,
        high=5.5 / 10,
        shifts=((365, 365),),
        shift=365,
        matched=(pattern.Pairing("z", "c", (365, 365), (0, 0)), pattern.Pairing("y", "f", (364, 366), (0, 0))),
        same_time_other_type=(pattern.Pairing("b", "d", (365, 365), (0.5, 0.5)),),
        not_repeated=("w", "e"),
        without_precedent=("g", "h"),
        is_exact=True,
    )


def by_label(a: Event, b: Event) -> tuple[float, float]:
    """What this year's event of the test says in its path."""
    return {"known": (0.0, 0.0), "class?": (0.0, 0.5), "kind?": (0.0, 1.0)}[b.path[0]]


@pytest.mark.parametrize(
    ("now", "shifts", "shift"),
    [
        # A span of 10 days is 5 off at worst, another event of a known day none.
        ([(300, 310, "known"), (400, 400, "known")], ((300, 310), (400, 400)), 400),
        # At worst the label of the other costs 1, the days 2·5/14.
        ([(300, 310, "known"), (400, 400, "kind?")], ((300, 310), (400, 400)), 305),
        # 2·4/14 is less than 2·5/14, though the first is wider.
        ([(300, 310, "known"), (400, 408, "known")], ((300, 310), (400, 408)), 404),
        # 2·7/14 is what the unknown label costs: of the two the wider.
        ([(300, 300, "kind?"), (400, 414, "known")], ((300, 300), (400, 414)), 407),
        ([(300, 300, "known"), (400, 400, "known")], ((300, 300), (400, 400)), 300),
        # Where another could fall as well within the span, the span is one all the same.
        ([(300, 310, "known"), (304, 304, "class?"), (306, 306, "class?")], ((300, 310),), 305),
    ],
)
def test_of_shifts_that_do_equally_well_the_one_that_does_best_at_worst(
    now: list[tuple[int, int, str]], shifts: object, shift: float
) -> None:
    events = [Event(f"b{number}", "x", first, last, (label,)) for number, (first, last, label) in enumerate(now)]
    likeness = found([Event("a", "x", 0, 0)], events, by_label)
    assert (likeness.shifts, likeness.shift) == (shifts, shift)


def test_of_pairs_that_fit_equally_well_the_one_whose_days_are_better_known() -> None:
    now = [Event("vague", "x", 355, 375, SHIP), Event("better", "x", 357, 373, SHIP)]
    likeness = found(
        [Event("a", "x", 0, 0, SHIP), Event("b", "y", 0, 0, SHIP)], [*now, Event("c", "y", 365, 365, SHIP)]
    )
    assert [(one.baseline, one.current, one.days) for one in likeness.matched] == [
        ("a", "better", (357, 373)),
        ("b", "c", (365, 365)),
    ]


def test_a_date_too_vague_to_count_at_worst_is_matched_at_best() -> None:
    likeness = found([day("a", "x", "2024-03-01/2024-04-30")], [day("b", "x", "2025-03-31")])
    assert (likeness.low, likeness.high) == (0, 1)
    assert [one.days for one in likeness.matched] == [(335, 395)]


def test_so_many_pairs_are_laid_over_each_other_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    then, now = ([Event(f"{year}{n}", "x", n, n) for n in (0, 40)] for year in "ab")
    for limit, is_exact in ((4, True), (3, False)):
        monkeypatch.setattr(pattern, "EXACT_PAIRS", limit)
        assert found(then, now).is_exact is is_exact
    for limit, is_laid in ((4, True), (3, False)):
        monkeypatch.setattr(pattern, "MOST_PAIRS", limit)
        assert (pattern.compare(then, now, cost=exact) is not None) is is_laid


def test_what_the_pattern_sees_of_an_episode() -> None:
    """Its first days, and its label as far as no hedge stands before it."""
    ship = {"site": "dunay", "platform": "ropucha-class", "count": 1, "platform_name": "Oslyabya"}
    records = [
        build(Observation, {**ship, "id": "known", "date": "2024-10-08"}),
        build(Observation, {**ship, "id": "vague", "date": "2025-03", "platform_name": "Peresvet"}),
        build(Observation, {**ship, "id": "hedged", "date": "2025-10-08", "hedge": "likely", "hedge_on": "platform"}),
    ]
    seen = {one.id: pattern.event_of(one) for one in episodes.find(records, WORDS)}
    march = date(2025, 3, 1).toordinal()
    assert seen["known"] == day("known", "dunay", "2024-10-08", SHIP, "oslyabya")
    assert seen["vague"] == Event("vague", "dunay", march, march + 30, SHIP, "peresvet")
    assert (seen["hedged"].individual, seen["hedged"].path[-1:]) == (None, ("landing-ship",))


def test_an_empty_year_has_no_likeness() -> None:
    assert pattern.compare([], [day("a", "x", "2025-01-01")], cost=exact) is None
    assert pattern.compare([day("a", "x", "2024-01-01")], [], cost=exact) is None


def test_many_events_are_laid_over_each_other_by_the_correlogram() -> None:
    days = [date(2024, 1, 1).toordinal() + (i * i * 37) % 360 for i in range(410)]
    then = [Event(f"a{i}", "x", n, n, SHIP) for i, n in enumerate(days)]
    now = [Event(f"b{i}", "x", n + 371, n + 371, SHIP) for i, n in enumerate(days)]
    likeness = found(then, now)
    assert not likeness.is_exact
    assert likeness.high == pytest.approx(1)
    assert likeness.shifts == ((371, 371),)


def test_the_correlogram_counts_days_and_labels_and_smooths_over_the_cutoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all its shifts but one left out, what is found is its peak, worked out here day by day."""
    monkeypatch.setattr(pattern, "EXACT_PAIRS", 0)
    monkeypatch.setattr(pattern, "GUIDED_SHIFTS", 1)
    chance = random.Random(6)
    kinds = [SHIP, ("ship", "cargo-ship")]
    peaks = 0
    for _ in range(40):
        then, now = (
            [Event(f"{y}{n}", "x", d, d + chance.randint(0, 9), chance.choice(kinds)) for n, d in enumerate(days)]
            for y, days in (("a", chance.sample(range(60), 6)), ("b", chance.sample(range(365, 425), 6)))
        )
        pairs = [((b.first + b.last - a.first - a.last) / 2, 2 - exact(a, b)[0]) for a in then for b in now]
        start = min(middle for middle, _ in pairs) // 1
        # A day is counted whole, a half one to the even day.
        counted = [(round(middle - start), weight) for middle, weight in pairs]
        days = range(max(day for day, _ in counted) + 1)
        for cutoff in (5, 14):
            at = {g: sum(w * max(0, 1 - abs(day - g) / (cutoff + 1)) for day, w in counted) for g in days}
            *_, second, first = sorted(at, key=lambda g: at[g])
            likeness = pattern.compare(then, now, cost=exact, cutoff=cutoff)
            assert likeness is not None
            # Between two peaks of one height the arithmetic chooses.
            if at[second] < at[first] - 1e-6:
                assert likeness.shifts == ((start + first, start + first),)
                peaks += 1
    assert peaks > 60


def test_the_bounds_spare_most_of_the_matchings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of hundreds of shifts that could be best few are tried: what they can save at most tells them from the best."""
    solved = 0

    def counted(*given: Any, **how: Any) -> Any:
        nonlocal solved
        solved += 1
        return linear_sum_assignment(*given, **how)

    monkeypatch.setattr("resight.pattern.linear_sum_assignment", counted)
    chance = random.Random(6)
    days = chance.sample(range(360), 20)
    then = [Event(f"a{n}", "x", day, day + 3, SHIP) for n, day in enumerate(days)]
    now = [Event(f"b{n}", "x", day + 365, day + 367, SHIP) for n, day in enumerate(days)]
    likeness = found(then, now)
    in_comparison, solved = solved, 0
    fit = pattern.Rearranged(then, now, (365, 730), cost=exact).fit([e.first for e in now])
    assert (likeness.high, fit) == (1, pattern.Fit(1, 20))
    assert max(in_comparison, solved) <= 20


# --- what holds for any pattern

events = st.lists(
    st.tuples(
        st.sampled_from(["x", "y"]),
        st.integers(0, 360),
        st.integers(0, 40),
        st.sampled_from([SHIP, ("ship", "landing-ship"), ("ship", "cargo-ship")]),
    ),
    min_size=1,
    max_size=5,
)


def made(rows: Any, start: int, prefix: str) -> list[Event]:
    return [
        Event(f"{prefix}{i}", site, start + first, start + first + length, path)
        for i, (site, first, length, path) in enumerate(rows)
    ]


@given(events, st.integers(300, 420))
def test_a_copy_of_a_year_is_wholly_alike_at_its_shift(rows: Any, shift: int) -> None:
    days = [(site, first, 0, SHIP) for site, first, _, _ in rows]
    likeness = found(made(days, 739000, "a"), made(days, 739000 + shift, "b"))
    assert [likeness.low, likeness.high] == pytest.approx([1, 1])
    assert any(low - 1e-9 <= shift <= high + 1e-9 for low, high in likeness.shifts)


@given(events, events)
def test_neither_order_nor_names_of_sites_nor_which_year_comes_first_matter(a: Any, b: Any) -> None:
    cost = pattern.label_cost(WORDS)
    then, now = made(a, 739000, "a"), made(b, 739365, "b")
    first = found(then, now, cost)
    other = {"x": "somewhere", "y": "else"}
    renamed = found(
        [e._replace(site=other[e.site]) for e in reversed(then)], [e._replace(site=other[e.site]) for e in now], cost
    )
    turned = found(now, then, cost)
    for one in (renamed, turned):
        assert [one.low, one.high] == pytest.approx([first.low, first.high])
    assert renamed.shifts == first.shifts


@given(events, events, st.integers(0, 20), st.integers(0, 20))
def test_wider_bounds_only_ever_widen_the_likeness(a: Any, b: Any, before: int, after: int) -> None:
    then, now = made(a, 739000, "a"), made(b, 739365, "b")
    narrow = found(then, now)
    wide = found([e._replace(first=e.first - before, last=e.last + after) for e in then], now)
    assert wide.low <= narrow.low + 1e-9
    assert wide.high >= narrow.high - 1e-9
    assert 0 <= narrow.low <= narrow.high <= 1


@given(events, events)
def test_no_shift_does_better_than_the_one_found(a: Any, b: Any) -> None:
    then, now = made(a, 739000, "a"), made(b, 739365, "b")
    likeness = found(then, now)
    total = len(then) + len(now)
    for shift in range(-80, 820, 3):
        least, most = pattern.distance(then, now, shift=shift, cost=exact)
        assert 1 - least / total <= likeness.high + 1e-9
        assert 1 - most / total <= likeness.low + 1e-9


# --- one year rearranged again and again


@given(events, events, st.data())
def test_a_rearranged_year_fits_as_well_as_when_it_is_laid_over_anew(a: Any, b: Any, data: st.DataObject) -> None:
    cost = pattern.label_cost(WORDS)
    then, now = made(a, 739000, "a"), made(b, 739365, "b")
    days = st.integers(739300, 739800)
    arrangements = [[e.first for e in now], *(data.draw(st.tuples(*[days] * len(now))) for _ in range(3))]
    reached = [day for starts in arrangements for day in starts]
    years = pattern.Rearranged(then, now, (min(reached), max(reached)), cost=cost)
    for starts in arrangements:
        put = [e._replace(first=day, last=day + e.last - e.first) for e, day in zip(now, starts, strict=True)]
        anew = found(then, put, cost)
        fit = years.fit(starts)
        assert fit.high == pytest.approx(anew.high, abs=1e-12)
        assert fit.matches == len(anew.matched)


@pytest.mark.parametrize("beside", [-7, 7])
def test_of_two_matchings_that_save_the_same_a_rearranged_year_takes_that_of_the_comparison(beside: int) -> None:
    # One event of last year: another type on its day saves 1, its own type seven days beside saves 2 − 2·7/14 = 1.
    anchors = [(f"{number}", 30 + 60 * number) for number in range(4)]
    then = [Event(name, "x", 739000 + at, 739000 + at, SHIP) for name, at in [("then", 0), *anchors]]
    now = [Event(f"now{name}", "x", 739365 + at, 739365 + at, SHIP) for name, at in anchors]
    now += [Event("nowa", "x", 739365 + beside, 739365 + beside, SHIP), Event("nowb", "x", 739365, 739365, ("ship",))]
    anew = found(then, now)
    assert anew.shift == 365
    assert anew.high == pytest.approx(9 / 11)
    years = pattern.Rearranged(then, now, (739300, 739700), cost=exact)
    assert years.fit([e.first for e in now]).matches == len(anew.matched)


@pytest.mark.parametrize("cutoff", [0.5, 3, 40.5, 1000, float("inf")])
def test_a_rearranged_year_keeps_to_the_cutoff(cutoff: float) -> None:
    then = [day("a", "x", "2024-03-01"), day("b", "x", "2024-05-01/2024-05-09"), day("c", "y", "2024-07-01")]
    now = [day("d", "x", "2025-03-04"), day("e", "x", "2025-04-20"), day("f", "y", "2025-06-20/2025-07-02")]
    first, last = date(2025, 1, 1).toordinal(), date(2025, 12, 31).toordinal()
    fit = pattern.Rearranged(then, now, (first, last), cost=exact, cutoff=cutoff).fit([e.first for e in now])
    anew = pattern.compare(then, now, cost=exact, cutoff=cutoff)
    assert anew is not None
    assert fit.high == pytest.approx(anew.high)
    assert fit.matches == len(anew.matched)


@given(st.data())
def test_a_rearranged_year_of_many_events_in_a_few_days_fits_as_when_it_is_laid_over_anew(data: st.DataObject) -> None:
    """Crowded, so that the events at the ends of the span count as much as those within."""
    rows = st.lists(st.tuples(st.integers(0, 25), st.sampled_from([SHIP, ("ship",)])), min_size=2, max_size=7)
    then = [Event(f"a{9 - n}", "x", at, at, path) for n, (at, path) in enumerate(data.draw(rows))]
    now = [Event(f"b{9 - n}", "x", at, at, path) for n, (at, path) in enumerate(data.draw(rows))]
    first, last = min(e.first for e in now), max(e.first for e in now)
    anew = found(then, now)
    fit = pattern.Rearranged(then, now, (first, last), cost=exact).fit([e.first for e in now])
    assert fit.high == pytest.approx(anew.high)
    assert fit.matches == len(anew.matched)


def test_so_many_pairs_at_the_sites_together_are_rearranged_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = (Event(name, site, 0, 0) for name, site in (("a", "x"), ("b", "x"), ("c", "y")))
    for then, now, pairs in (((one, two, three), (one, three), 3), ((one,), (one, two), 2), ((one, two), (one,), 2)):
        monkeypatch.setattr(pattern, "EXACT_PAIRS", pairs)
        pattern.Rearranged(then, now, (0, 9), cost=exact)
        monkeypatch.setattr(pattern, "EXACT_PAIRS", pairs - 1)
        with pytest.raises(ValueError, match=f"more than {pairs - 1} pairs"):
            pattern.Rearranged(then, now, (0, 9), cost=exact)


def test_too_many_pairs_are_not_laid_over_each_other_again_and_again() -> None:
    then, now = ([Event(f"{year}{i}", "x", i, i) for i in range(401)] for year in "ab")
    with pytest.raises(ValueError, match="more than 160000 pairs"):
        pattern.Rearranged(then, now, (0, 400), cost=exact)


# --- S against the shift


def profiled(then: Sequence[Event], now: Sequence[Event], **how: Any) -> pattern.Profile:
    profile = pattern.profile(then, now, cost=how.pop("cost", exact), **how)
    assert profile is not None
    return profile


def test_the_profile_of_one_pair_is_a_peak_as_wide_as_the_cutoff() -> None:
    profile = profiled([day("a", "x", "2024-03-01")], [day("b", "x", "2025-03-01")], cutoff=4)
    assert profile.shifts == tuple(range(361, 370))
    assert profile.high == pytest.approx((0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0))
    assert profile.low == profile.high


def test_the_profile_of_a_vague_date_has_room_between_its_bounds() -> None:
    # A span of 4 days about day 365: at best any of the five shifts fits, at worst the middle one is 2 days off.
    then, now = [day("a", "x", "2024-02-28/2024-03-03")], [day("b", "x", "2025-03-01")]
    profile = profiled(then, now, cutoff=4, shifts=[366, 364, 365, 363, 367, 365, 400])
    assert profile.shifts == (363, 364, 365, 366, 367, 400)
    assert profile.high == pytest.approx((1, 1, 1, 1, 1, 0))
    assert profile.low == pytest.approx((0, 0.25, 0.5, 0.25, 0, 0))


def test_a_profile_over_many_days_is_thinned_and_keeps_the_best_shift() -> None:
    then = [day("a", "x", "2024-01-01"), day("b", "x", "2024-01-10")]
    now = [day("c", "x", "2027-12-24"), day("d", "x", "2025-01-07"), day("e", "x", "2025-01-16")]
    profile = profiled(then, now)
    likeness = found(then, now)
    # 363 − 14 to 1453 + 14: every third day (373 of them), the last one and the best one.
    assert (len(profile.shifts), profile.shifts[:2], profile.shifts[-1]) == (375, (349, 352), 1467)
    assert likeness.shift == 372
    assert profile.high[profile.shifts.index(372)] == max(profile.high) == likeness.high == pytest.approx(0.8)


@pytest.mark.parametrize(("gap", "shifts"), [(370, 399), (371, 201)])
def test_a_profile_takes_every_day_as_long_as_that_is_not_too_many(gap: int, shifts: int) -> None:
    # From 14 days before the first pair to 14 after the last are 28 more than lie between them; 398 steps at most.
    profile = profiled([Event("a", "x", 0, 0)], [Event("b", "x", 0, 0), Event("c", "x", gap, gap)])
    assert len(profile.shifts) == shifts
    assert (profile.shifts[0], profile.shifts[-1]) == (-14, gap + 14)


def test_a_profile_of_more_pairs_than_can_all_be_tried_has_few_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern, "EXACT_PAIRS", 0)
    profile = profiled([Event("a", "x", 0, 0)], [Event("b", "x", 0, 0), Event("c", "x", 300, 300)])
    # 328 days at every sixth, the last, and the best one where it is none of them.
    assert profile.shifts[:3] == (-14, -8, -2)
    assert len(profile.shifts) <= pattern.GUIDED_SHIFTS


def test_there_is_no_profile_where_nothing_can_be_laid_over_anything() -> None:
    one = [day("a", "x", "2024-03-01")]
    assert pattern.profile([], one, cost=exact) is None
    assert pattern.profile(one, [], cost=exact) is None
    assert pattern.profile(one, [day("b", "y", "2025-03-01")], cost=exact) is None


@settings(max_examples=30)
@given(events, events)
def test_a_profile_never_exceeds_the_likeness_reaches_it_and_agrees_with_the_distance(a: Any, b: Any) -> None:
    cost = pattern.label_cost(WORDS)
    then, now = made(a, 739000, "a"), made(b, 739365, "b")
    likeness, profile = found(then, now, cost), pattern.profile(then, now, cost=cost)
    if profile is None:
        assert not {e.site for e in then} & {e.site for e in now}
        return
    assert list(profile.shifts) == sorted(set(profile.shifts))
    assert len(profile.shifts) <= pattern.PROFILE_POINTS
    assert likeness.shift in profile.shifts
    assert max(profile.high) == pytest.approx(likeness.high)
    assert max(profile.low) <= likeness.low + 1e-9
    assert profile.high[0] == profile.high[-1] == 0
    assert all(low <= high + 1e-12 for low, high in zip(profile.low, profile.high, strict=True))
    for number in range(0, len(profile.shifts), 29):
        least, most = pattern.distance(then, now, shift=profile.shifts[number], cost=cost)
        bounds = 1 - most / (len(then) + len(now)), 1 - least / (len(then) + len(now))
        assert (profile.low[number], profile.high[number]) == pytest.approx(bounds)
