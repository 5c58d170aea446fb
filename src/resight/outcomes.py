"""What became of every episode of a scope compared by columns: what it repeats, resembles or is like, row by row.

As :mod:`resight.evidence` and :mod:`resight.comparison` say it of objects (tests hold them against each other).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from resight.compared import Compared
    from resight.weights import Ints

#: What can become of an episode, by number. Matched: the same individual is known on both sides, or not; not matched:
#: the other year has the same type or closer at its place, may have it, has nothing like it, or has nothing at all.
REPEATS, RESEMBLES, ALIKE, UNTOLD, NONE, EMPTY = range(6)


class Outcome(NamedTuple):
    """What became of the episodes of one side, by their rows."""

    became: Ints
    #: The row on the other side of the match, or of the closest one; −1 for none.
    other: Ints

    def number(self, *which: int) -> int:
        """How many became one of these."""
        return int(np.isin(self.became, which).sum())


class Outcomes(NamedTuple):
    """What became of both sides."""

    then: Outcome
    now: Outcome


def of(found: GeoDataFrame, one: Compared) -> Outcomes:
    """What became of the episodes of a scope, ``found`` being the frame of all episodes."""
    sizes = len(one.then), len(one.now)
    became = [np.full(size, NONE if sizes[1 - side] else EMPTY, dtype=np.int8) for side, size in enumerate(sizes)]
    other = [np.full(size, -1) for size in sizes]
    ends = one.ends
    individual = found["individual"].factorize()[0]
    theirs = [individual[rows][row] for rows, row in zip((one.then, one.now), ends, strict=True)]
    verb = np.where((theirs[0] >= 0) & (theirs[0] == theirs[1]), REPEATS, RESEMBLES)
    to_now, to_then = one.closest()
    for side, closest in enumerate((to_now, to_then)):
        there = np.flatnonzero(closest >= 0)
        pair = (there, closest[there]) if side == 0 else (closest[there], there)
        is_kind = one.factors(*pair)["finding"] == "same kind"
        became[side][there], other[side][there] = np.where(is_kind, UNTOLD, ALIKE), closest[there]
        became[side][ends[side]], other[side][ends[side]] = verb, ends[1 - side]
    return Outcomes(*(Outcome(*both) for both in zip(became, other, strict=True)))
