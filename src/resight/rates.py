"""Year against year: the rates at which something was seen, where it is known how often anyone looked.

Nothing here knows records or episodes: counts of looks go in, plain results come out. What cannot be computed is
``None`` and has words of its own; no infinity, NaN or division by zero ever leaves this module as a number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import beta, binomtest, fisher_exact

#: Coverage of every interval printed.
COVERAGE = 0.95
#: How sure an absence must be for :func:`looks_needed`.
SURE = 0.95


def _check(seen: int, looks: int) -> None:
    for number in (seen, looks):
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError(f"{number!r} is not a whole number of looks")
    if not 0 <= seen <= looks:
        raise ValueError(f"seen in {seen} of {looks} looks is not possible")


@dataclass(frozen=True, slots=True)
class Share:
    """Seen in ``seen`` of ``looks`` looks, with an interval for the share behind it; None when nobody looked."""

    seen: int
    looks: int
    low: float | None
    high: float | None


def share(seen: int, looks: int, coverage: float = COVERAGE) -> Share:
    """The share of looks that saw something, with its Jeffreys interval.

    The interval of Brown, Cai & DasGupta 2001 (doi:10.1214/ss/1009213286): quantiles of Beta(k + ½, n − k + ½), the
    lower end 0 when k = 0 and the upper end 1 when k = n. So 0 of 3 looks still allows a share up to .54.

    Raises:
        ValueError: more sightings than looks, or a negative number.
    """
    _check(seen, looks)
    if looks == 0:
        return Share(0, 0, None, None)
    tail = (1 - coverage) / 2
    a, b = seen + 0.5, looks - seen + 0.5
    low = 0.0 if seen == 0 else float(beta.ppf(tail, a, b))
    high = 1.0 if seen == looks else float(beta.ppf(1 - tail, a, b))
    return Share(seen, looks, low, high)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as often this year as in the baseline, a look for a look."""

    #: None when nothing was seen in the baseline: there is no number to divide by.
    ratio: float | None
    low: float
    #: None when the data set no upper bound.
    high: float | None
    #: Exact two-sided p of the rates being equal.
    p: float


def ratio(seen_now: int, looks_now: int, seen_then: int, looks_then: int, coverage: float = COVERAGE) -> Ratio | None:
    """The ratio of two rates by the conditional binomial test, with its exact interval; None when not testable.

    Przyborowski & Wilenski 1940 (doi:10.1093/biomet/31.3-4.313), as R's ``poisson.test``: given k1 + k0 sightings in
    all, those of this year are binomial with p = n1 / (n1 + n0) if the rates are equal. The interval is that of Clopper
    & Pearson for p, carried over to the ratio. Not testable: no look in one of the years, or no sighting in either.

    Raises:
        ValueError: more sightings than looks, or a negative number.
    """
    _check(seen_now, looks_now)
    _check(seen_then, looks_then)
    both = seen_now + seen_then
    if looks_now == 0 or looks_then == 0 or both == 0:
        return None
    test = binomtest(seen_now, both, looks_now / (looks_now + looks_then))
    interval = test.proportion_ci(confidence_level=coverage, method="exact")
    scale = looks_then / looks_now
    return Ratio(
        ratio=seen_now / seen_then * scale if seen_then else None,
        low=float(interval.low) / (1 - float(interval.low)) * scale,
        high=float(interval.high) / (1 - float(interval.high)) * scale if seen_then else None,
        p=float(test.pvalue),
    )


def shares_differ(seen_now: int, looks_now: int, seen_then: int, looks_then: int) -> float | None:
    """Exact two-sided p of Fisher's test that the share of looks is the same in both years; None when not testable.

    As R's ``fisher.test``. Not testable: no look in one of the years, or all looks or none of them saw something.

    Raises:
        ValueError: more sightings than looks, or a negative number.
    """
    _check(seen_now, looks_now)
    _check(seen_then, looks_then)
    both = seen_now + seen_then
    if looks_now == 0 or looks_then == 0 or both in (0, looks_now + looks_then):
        return None
    table = [[seen_now, looks_now - seen_now], [seen_then, looks_then - seen_then]]
    return float(fisher_exact(table).pvalue)


def looks_needed(detection: float, sure: float = SURE) -> int:
    """How many looks that find nothing make an absence so sure, if each look would show the thing with ``detection``.

    The smallest n with (1 − detection)^n ≤ 1 − sure.

    Raises:
        ValueError: a probability that is not above 0 and at most 1 (``detection``) or below 1 (``sure``).
    """
    if not (0 < detection <= 1 and 0 < sure < 1):
        raise ValueError(f"no number of looks makes an absence sure to {sure} with detection at {detection}")
    if detection == 1:
        return 1
    # A hair is taken off, so that a whole number of looks does not become one more by rounding.
    return max(1, math.ceil(math.log(1 - sure) / math.log1p(-detection) - 1e-9))
