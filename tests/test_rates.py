"""Rates of two years: R's numbers, the numbers of the method's own text, and what has no number at all."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resight import rates

ORACLES = Path(__file__).parents[2] / "shared" / "oracles"


def published(name: str) -> Any:
    path = ORACLES / "rates.json"
    if not path.exists():
        pytest.skip("the published numbers (shared/oracles/rates.json beside the checkout) are not here")
    return json.loads(path.read_text())[name]


# --- one year


def test_jeffreys_interval_of_nothing_in_three_looks_reaches_54_percent() -> None:
    found = rates.share(0, 3)
    assert (found.seen, found.looks, found.low) == (0, 3, 0.0)
    assert found.high is not None
    # By hand: the density of Beta(1/2, 7/2) is x^(-1/2)(1-x)^(5/2)/B; with x = sin²t its integral up to x is
    # ∫ 2 cos⁶t dt / B, B = 5π/16, which has a closed form.
    t = math.asin(math.sqrt(found.high))
    cos6 = 5 * t / 16 + 15 * math.sin(2 * t) / 64 + 3 * math.sin(4 * t) / 64 + math.sin(6 * t) / 192
    assert 2 * cos6 / (5 * math.pi / 16) == pytest.approx(0.975, abs=1e-9)
    assert f"{found.high:.2f}" == "0.54"


def test_jeffreys_interval_ends_at_one_when_every_look_saw_it() -> None:
    found = rates.share(3, 3)
    assert found.high == 1.0
    assert found.low == pytest.approx(1 - (rates.share(0, 3).high or 0))


def test_jeffreys_interval_is_a_quantile_pair_of_beta() -> None:
    found = rates.share(1, 1 + 1)
    # Beta(3/2, 3/2) is symmetric about one half.
    assert found.low is not None
    assert found.high is not None
    assert found.low + found.high == pytest.approx(1)


def test_no_look_gives_no_interval() -> None:
    assert rates.share(0, 0) == rates.Share(0, 0, None, None)


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_interval_holds_the_share(seen: int, missed: int) -> None:
    found = rates.share(seen, seen + missed)
    if found.looks == 0:
        assert found.low is None
        assert found.high is None
    else:
        assert found.low is not None
        assert found.high is not None
        assert 0 <= found.low <= seen / found.looks <= found.high <= 1
        assert found.low < found.high


@pytest.mark.parametrize(("seen", "looks"), [(4, 3), (-1, 3), (0, -1)])
def test_impossible_counts_are_refused(seen: int, looks: int) -> None:
    with pytest.raises(ValueError, match="not possible"):
        rates.share(seen, looks)
    with pytest.raises(ValueError, match="not possible"):
        rates.ratio(1, 2, seen, looks)
    with pytest.raises(ValueError, match="not possible"):
        rates.shares_differ(seen, looks, 1, 2)


@pytest.mark.parametrize("number", [math.nan, math.inf, 1.0, True])
def test_what_is_no_whole_number_is_refused(number: Any) -> None:
    with pytest.raises(TypeError, match="whole number"):
        rates.share(number, 3)


# --- two years


def test_ratio_is_that_of_r() -> None:
    for case in published("poisson_test"):
        found = rates.ratio(*case["args"])
        assert found is not None
        assert found.ratio == pytest.approx(case["ratio"], rel=1e-6)
        assert (found.low, found.high) == pytest.approx(tuple(case["ci"]), rel=1e-8)
        assert found.p == pytest.approx(case["p"], rel=1e-8)


def test_fisher_is_that_of_r() -> None:
    for *counts, p in published("fisher"):
        assert rates.shares_differ(*counts) == pytest.approx(p, rel=1e-8)


def test_ratio_worked_by_hand() -> None:
    # 2 of 4 looks against 0 of 4: given two sightings, both fall into this year with (1/2)² = .25; two-sided .5.
    found = rates.ratio(2, 4, 0, 4)
    assert found is not None
    assert found.p == pytest.approx(0.5)
    # Nothing to divide by, and no upper bound; the lower one is p/(1-p) with p² = .025.
    p = math.sqrt(0.025)
    assert (found.ratio, found.high) == (None, None)
    assert found.low == pytest.approx(p / (1 - p))


def test_nothing_this_year_is_a_ratio_of_zero_with_an_upper_bound() -> None:
    found = rates.ratio(0, 4, 2, 4)
    assert found is not None
    assert (found.ratio, found.low) == (0.0, 0.0)
    p = 1 - math.sqrt(0.025)
    assert found.high == pytest.approx(p / (1 - p))


def test_ratio_is_unequal_effort_taken_into_account() -> None:
    found = rates.ratio(5, 10, 5, 20)
    assert found is not None
    assert found.ratio == pytest.approx(2.0)


@pytest.mark.parametrize("counts", [(0, 3, 0, 3), (1, 3, 0, 0), (0, 0, 1, 3), (0, 0, 0, 0)])
def test_what_cannot_be_compared_is_none(counts: tuple[int, int, int, int]) -> None:
    assert rates.ratio(*counts) is None
    assert rates.shares_differ(*counts) is None


def test_fisher_is_not_testable_when_every_look_saw_it() -> None:
    assert rates.shares_differ(3, 3, 4, 4) is None
    assert rates.ratio(3, 3, 4, 4) is not None


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_no_number_is_infinite_or_nan(k1: int, more1: int, k0: int, more0: int) -> None:
    found = rates.ratio(k1, k1 + more1, k0, k0 + more0)
    if found is not None:
        numbers = [n for n in (found.ratio, found.low, found.high, found.p) if n is not None]
        assert all(math.isfinite(n) for n in numbers)
        assert 0 <= found.p <= 1
        if found.ratio is not None:
            assert found.high is not None
            assert found.low <= found.ratio <= found.high
    p = rates.shares_differ(k1, k1 + more1, k0, k0 + more0)
    assert p is None or 0 <= p <= 1 + 1e-12


# --- how many looks it takes


@pytest.mark.parametrize(("detection", "looks"), [(0.1, 29), (0.2, 14), (0.3, 9), (0.5, 5), (0.7, 3), (0.9, 2)])
def test_looks_needed_are_those_of_the_method(detection: float, looks: int) -> None:
    assert rates.looks_needed(detection) == looks
    assert (1 - detection) ** looks <= 0.05 < (1 - detection) ** (looks - 1)


def test_looks_needed_at_the_edges() -> None:
    assert rates.looks_needed(1) == 1
    assert rates.looks_needed(0.95) == 1
    # (1 − .5)² is exactly 1 − .75: two looks, not three.
    assert rates.looks_needed(0.5, sure=0.75) == 2


@pytest.mark.parametrize(
    ("detection", "sure"), [(0, 0.95), (-0.1, 0.95), (1.1, 0.95), (0.5, 1), (0.5, 0), (math.nan, 0.95)]
)
def test_looks_needed_refuses_what_is_no_probability(detection: float, sure: float) -> None:
    with pytest.raises(ValueError, match="no number of looks"):
        rates.looks_needed(detection, sure)
