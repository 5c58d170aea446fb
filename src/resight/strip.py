"""The timeline strip of a map page as plain data: its years, the gaps between looks, the shift that fits best.

Days are counted from 1 January 1970, as a browser does; no folium, no HTML, no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date as Day
from itertools import pairwise

from resight import pattern
from resight.columns import Columns
from resight.comparison import Repeats
from resight.phrases import GAP_DAYS, LOOKS_KNOWN, LOOKS_UNKNOWN, MONTHS, SHIFT_CAUTION, SHIFT_NOT_TRIED
from resight.vocabulary import Vocabulary
from resight.wording import Data

#: More pairs of sightings than this are not laid over each other while a page is built.
SHIFT_PAIRS = 10_000
#: Of several shifts that fit as well, so many are named.
SHIFTS_NAMED = 3
_EPOCH = Day(1970, 1, 1).toordinal()


def counted(day: Day) -> int:
    """A day as a page counts them."""
    return day.toordinal() - _EPOCH


def gaps(looks: Iterable[int], first: int, last: int) -> list[list[int]]:
    """The stretches of a period, as first and last day, in which no look lies for more than :data:`GAP_DAYS` days."""
    edges = [first - 1, *sorted(day for day in looks if first <= day <= last), last + 1]
    return [[a + 1, b - 1] for a, b in pairwise(edges) if b - a - 1 > GAP_DAYS]


def of(records: Columns, site: str, *, repeats: Repeats, vocabulary: Vocabulary, up_to: str) -> Data:
    """The strip of one site.

    Args:
        records: those of the site.
        site: its id.
        repeats: this year held against the baseline years.
        vocabulary: the words for platforms, by whose tree labels are compared.
        up_to: ISO time up to which the data go: later days are no gap.
    """
    known_until = Day.fromisoformat(up_to[:10]) if re.match(r"\d{4}-\d\d-\d\d", up_to) else Day.max
    told = zip(*(records[name] for name in ("earliest", "is_look", "outcome")), strict=True)
    looks = {day for day, is_look, outcome in told if is_look and outcome != "cannot-tell"}
    # Where no look is counted, looks that found nothing went unpublished: days without one on file say nothing.
    pairs = zip(records["earliest"], records["is_counted_look"], strict=True)
    known = {day.year for day, is_counted_look in pairs if is_counted_look}
    is_too_much = False
    years = []
    for year in (repeats.year, *sorted(repeats.baseline_years, reverse=True)):
        first, last = Day(year, 1, 1), Day(year, 12, 31)
        ours = [counted(day) for day in looks if day.year == year]
        shift = None
        if year != repeats.year:
            then, now = _events(repeats, site, year), _events(repeats, site, repeats.year)
            is_too_much |= len(then) * len(now) > SHIFT_PAIRS
            shift = best_shift(then, now, vocabulary)
        years.append(
            {
                "year": year,
                "role": "the year under study" if year == repeats.year else "compared against",
                "days": [counted(first), counted(last)],
                "looks": LOOKS_KNOWN if year in known else LOOKS_UNKNOWN,
                "gaps": gaps(ours, counted(first), counted(min(last, known_until))) if year in known else [],
                "shift": shift,
            }
        )
    return {
        "year": repeats.year,
        "years": years,
        "months": MONTHS,
        "ways": [
            ["season", "by day of the year"],
            ["date", "by date"],
            *([["shift", _shifts_text(years)]] if any(year["shift"] for year in years) else []),
        ],
        "note": SHIFT_NOT_TRIED if is_too_much else "",
        "caution": SHIFT_CAUTION,
    }


def _events(repeats: Repeats, site: str, year: int) -> list[pattern.Event]:
    """The compared sightings of a site in one year."""
    return [
        pattern.event_of(episode)
        for comparison in repeats.comparisons
        for episode in (*comparison.current, *comparison.baseline)
        if episode.site == site and episode.year == year
    ]


def best_shift(then: Sequence[pattern.Event], now: Sequence[pattern.Event], vocabulary: Vocabulary) -> Data | None:
    """By how many days a year is moved to lie best over this one, and in words how far it could be moved as well.

    None where nothing of one type falls together at any shift, and where there are too many pairs to try.
    """
    if len(then) * len(now) > SHIFT_PAIRS:
        return None
    found = pattern.compare(then, now, cost=pattern.label_cost(vocabulary))
    if found is None or not found.matched:
        return None
    named = [_interval_text(low, high) for low, high in found.shifts[:SHIFTS_NAMED]]
    more = len(found.shifts) - len(named)
    at = round(found.shift)
    return {
        "at": at,
        "said": " or ".join(named) + (f" or {more} more" if more else "") + " days",
        "moved": f"moved by {_interval_text(at, at)} days",
    }


def _interval_text(low: float, high: float) -> str:
    ends = [f"{end:g}".replace("-", "−") for end in (low, high)]
    return ends[0] if low == high else f"{ends[0]} to {ends[1]}"


def _shifts_text(years: Sequence[Data]) -> str:
    """``by the best shift: 212 to 242 days``, with the year where the baseline has several."""
    moved = [year for year in years[1:] if year["shift"]]
    if len(years) == 2:
        return f"by the best shift: {moved[0]['shift']['said']}"
    return "by the best shift: " + "; ".join(f"{year['year']} by {year['shift']['said']}" for year in moved)
