"""Which records of a crowded site a page tells one by one, where there are more than a page holds.

What matches one of the other year is never left out. Of the rest the more important go first: what was seen in the
compared years, hulls and tails with a name before others; then what was not seen there, or could not be told; last
other years. Of the first kind that does not fit whole those are taken that stand evenly over the days.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from resight.columns import Columns

#: Records that a page tells one by one; with so many it has about 20 MB.
MOST = 100_000


def kept(records: Columns, matched: Collection[str], most: int) -> list[int]:
    """The places of the records that are told, in their order.

    Args:
        records: those of one site, oldest first.
        matched: the ids of those that match one of the other year; all of them are told.
        most: so many are told at most, if not more match.
    """
    ranks = np.fromiter(map(_rank, records["period"], records["sign"], records["platform_name"]), dtype=np.int64)
    ranks[np.fromiter((identifier in matched for identifier in records["id"]), dtype=bool)] = 0
    order = np.argsort(ranks, kind="stable")
    fits = max(most, int((ranks == 0).sum()))
    if fits >= len(order):
        return list(range(len(order)))
    rank = ranks[order[fits]]
    whole, next_ones = order[: int((ranks < rank).sum())], np.flatnonzero(ranks == rank)
    spread = np.linspace(0, len(next_ones) - 1, fits - len(whole)).round().astype(np.int64)
    found: list[int] = np.sort(np.concatenate([whole, next_ones[spread]])).tolist()
    return found


def _rank(period: str, sign: str, name: Any) -> int:
    if period == "other":
        return 4
    return 3 if sign != "seen" else 1 if name else 2
