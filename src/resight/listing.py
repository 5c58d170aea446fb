"""A list as far as a page tells it: its first lines, how many there are in all, and where the rest is.

The lines that are not told are never made, so that a long list costs no more than a short one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from resight.wording import Data

#: Up to so many lines of a list are told.
SHOWN = 200
#: Of more records of the compared years the report is a survey: the full one of them takes some ten seconds and ten
#: megabytes, and nobody reads it.
MANY = 20_000
#: Where all of them are.
EPISODES = "resight report --format csv"
NUMBERS = "resight report --format json"
RECORDS = "resight list"

Item = TypeVar("Item")


def some(found: Sequence[Item], tell: Callable[[Item], Any], *, all_in: str = EPISODES) -> Data:
    """The first of a list told, their number in all, and what to say of those that are left out (empty for none)."""
    left = len(found) - SHOWN
    more = f"{left} more are not listed here; {all_in} has them all." if left > 0 else ""
    return {"items": [tell(one) for one in found[:SHOWN]], "count": len(found), "more": more}
