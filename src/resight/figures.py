"""Timelines and waterfalls as plain numbers for the report's SVG: no text is decided here, no template, no files.

The caller gives every word with the thing it belongs to. Numbers are pixels, rounded so that a figure has the same
bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date as Day
from typing import NamedTuple
from unicodedata import east_asian_width

_WIDTH, _LEFT, _RIGHT = 960.0, 122.0, 952.0
_HEAD, _LANE, _STRIP, _GAP = 26.0, 22.0, 18.0, 12.0
_BAR_LEFT, _BAR_RIGHT, _BAR_STEP = 96.0, 470.0, 24.0
#: With more things than this in the lanes of one year the marks carry no labels.
_LABELLED = 24
_LONGEST_LABEL = 34


# --- timelines


class Year(NamedTuple):
    """A year to draw, with what it is called."""

    year: int
    role: str
    period: str


class Thing(NamedTuple):
    """Something that took some days, with the words it is given."""

    days: tuple[Day, Day]
    shape: str
    title: str
    label: str = ""
    #: What links refer to; empty for what is never linked.
    id: str = ""
    matched: bool = False


class Mark(NamedTuple):
    """A thing as it is drawn in the row of one year."""

    shape: str
    x: float
    y: float
    width: float
    title: str
    label: str = ""
    label_x: float = 0.0
    anchor: str = "start"
    id: str = ""
    matched: bool = False


class Row(NamedTuple):
    """One year of a timeline."""

    year: str
    role: str
    period: str
    top: float
    height: float
    marks: tuple[Mark, ...]
    #: Name and height of the lines under the lanes.
    strips: tuple[tuple[str, float], ...]


class Timeline(NamedTuple):
    """Some years of one site, drawn to the day."""

    site: str
    title: str
    description: str
    rows: tuple[Row, ...]
    months: tuple[tuple[str, float], ...]
    links: tuple[tuple[float, ...], ...]
    right: float
    width: float
    height: float


def touches(days: tuple[Day, Day], year: int) -> bool:
    """Do the days reach into a year?"""
    return days[0].year <= year <= days[1].year


def rows(years: Sequence[Year], things: Sequence[Thing], strips: Mapping[str, Sequence[Thing]]) -> tuple[Row, ...]:
    """One row a year from the top down: things in lanes, in the order given, under them the strips that are used."""
    drawn: list[Row] = []
    for year in years:
        top = drawn[-1].top + drawn[-1].height + _GAP if drawn else _HEAD
        drawn.append(_row(year, top, things, strips))
    return tuple(drawn)


def timeline(
    drawn: tuple[Row, ...],
    links: Mapping[str, str],
    *,
    site: str,
    title: str,
    description: str,
    months: Sequence[str],
) -> Timeline:
    """Rows as one figure, with a line from each linked thing down to its other end where both are drawn."""
    at = {mark.id: mark for row in drawn for mark in row.marks if mark.id}
    ends = [(at[one], at[other]) for one, other in links.items() if one in at and other in at]
    return Timeline(
        site=site,
        title=title,
        description=description,
        rows=drawn,
        months=tuple((name, _round(_LEFT + i * (_RIGHT - _LEFT) / 12)) for i, name in enumerate(months)),
        links=tuple(_link(one, other) for one, other in ends),
        right=_RIGHT,
        width=_WIDTH,
        height=drawn[-1].top + drawn[-1].height + 4,
    )


def _row(year: Year, top: float, things: Sequence[Thing], strips: Mapping[str, Sequence[Thing]]) -> Row:
    marks: list[Mark] = []
    here = [thing for thing in things if touches(thing.days, year.year)]
    lanes: list[float] = []
    for thing in here:
        x, width = _span(thing.days, year.year)
        # A wide bar takes its label inside, a short one beside it, on the side where there is room.
        label = _cut(thing.label) if len(here) <= _LABELLED else ""
        need = _text_width(label)
        first, last = x, x + max(width, 12)
        label_x, anchor = x + 8, "start"
        if label and width < need + 16:
            to_right = x + max(width, 8) + 7 + need <= _RIGHT
            label_x, anchor = (x + max(width, 6) + 7, "start") if to_right else (x - 8, "end")
            first, last = (first, label_x + need) if to_right else (label_x - need, last)
        lane = next((i for i, end in enumerate(lanes) if end + 8 <= first), len(lanes))
        lanes[lane : lane + 1] = [last]
        y = top + 16 + lane * _LANE
        place = (_round(x), y, _round(width))
        marks.append(
            Mark(thing.shape, *place, thing.title, label, _round(label_x), anchor, thing.id, matched=thing.matched)
        )
    height = 8 + max(1, len(lanes)) * _LANE
    used = []
    for name, found in strips.items():
        inside = [thing for thing in found if touches(thing.days, year.year)]
        if inside:
            y = top + height + 9
            used.append((name, y))
            for thing in inside:
                x, width = _span(thing.days, year.year)
                marks.append(Mark(thing.shape, _round(x), y, _round(width), thing.title))
            height += _STRIP
    return Row(str(year.year), year.role, year.period, top, height + 6, tuple(marks), tuple(used))


def _link(one: Mark, other: Mark) -> tuple[float, ...]:
    x = one.x + one.width / 2
    end = min(max(x, other.x + 4), other.x + max(other.width - 4, 4))
    return tuple(map(_round, (x, one.y + 6, end, other.y - 6)))


def _span(days: tuple[Day, Day], year: int) -> tuple[float, float]:
    """Left edge and width of some days on the row of a year, days of other years cut off."""
    start, end = Day(year, 1, 1), Day(year, 12, 31)
    first, last = max(days[0], start), min(days[1], end)
    day = (_RIGHT - _LEFT) / ((end - start).days + 1)
    return _LEFT + (first - start).days * day, ((last - first).days + 1) * day


def _round(number: float) -> float:
    return round(number, 1)


def _text_width(text: str) -> float:
    """Room for a label at 12 px: a guess that is rather too wide."""
    return sum(12.5 if east_asian_width(char) in "WF" else 6.6 for char in text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"


# --- waterfalls


class Step(NamedTuple):
    """One bar of a waterfall."""

    label: str
    text: str
    #: ``for``, ``against``, ``none`` or ``sum``.
    sign: str
    x: float
    width: float
    y: float
    #: Where the line to the next bar starts: the running sum.
    end: float
    text_x: float


class Waterfall(NamedTuple):
    """Bits as bars from a running sum, in pixels of a fixed width."""

    steps: tuple[Step, ...]
    zero: float
    floor: float
    floor_text: str
    height: float
    description: str


def waterfall(bars: Sequence[tuple[str, float, str]], floor: float, *, floor_text: str, description: str) -> Waterfall:
    """Bars of a label, bits and the bits as text, each from where the one before it ended; the last is their sum."""
    sums = [0.0]
    for _, bits, _ in bars[:-1]:
        sums.append(sums[-1] + bits)
    low, high = min(0.0, floor, *sums), max(0.0, floor, *sums)
    scale = (_BAR_RIGHT - _BAR_LEFT) / ((high - low) or 1.0)

    def x(bits: float) -> float:
        return _round(_BAR_LEFT + (bits - low) * scale)

    steps = []
    for i, (label, bits, text) in enumerate(bars):
        is_sum = i == len(bars) - 1
        start, end = (0.0, bits) if is_sum else (sums[i], sums[i + 1])
        shown = round(bits, 2)
        sign = "sum" if is_sum else "for" if shown > 0 else "against" if shown < 0 else "none"
        first, last = sorted((x(start), x(end)))
        width, y = _round(last - first), 8 + i * _BAR_STEP
        steps.append(Step(label, text, sign, first, width, y, x(end), _round(last + 6)))
    return Waterfall(tuple(steps), x(0.0), x(floor), floor_text, 8 + len(steps) * _BAR_STEP + 20, description)
