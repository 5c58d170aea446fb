"""Timelines, shift profiles, calendars and waterfalls as plain numbers for SVG: no word, template or file is here.

The caller gives every word with the thing it belongs to. Numbers are pixels, rounded so that a figure has the same
bytes everywhere.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date as Day
from itertools import pairwise
from typing import Literal, NamedTuple
from unicodedata import east_asian_width

from resight import dates

_WIDTH, _LEFT, _RIGHT = 960.0, 122.0, 952.0
_HEAD, _LANE, _STRIP, _GAP = 26.0, 22.0, 18.0, 12.0
_GHOST_LANE, _NOTE = 20.0, 14.0
_BAR_LEFT, _BAR_RIGHT, _BAR_STEP = 96.0, 470.0, 24.0
#: With more things than this in the lanes of one year the marks carry no labels.
_LABELLED = 24
_LONGEST_LABEL = 34
#: More things than this in one row, or one of its strips, are drawn a week at a time.
MOST_MARKS = 300


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
    #: Of a moved thing, the ends at which the year cuts it off: −1 for the start of the year, 1 for its end.
    cut: tuple[int, ...] = ()


class Overlay(NamedTuple):
    """Things of another year, to be laid over one year by a shift."""

    #: The year over which they are laid.
    year: int
    #: The things at their own days; order and ids as in the row of their year.
    things: Sequence[Thing]
    #: Days added to theirs; need not be whole.
    shift: float
    #: What the lane is called, such as "2024 + 212 days".
    name: str
    #: What is said of the things that fall before the year and after it (see :func:`outside`).
    before: str = ""
    after: str = ""
    #: Id of a moved thing to the id of the thing of the year on which it falls.
    pairs: Mapping[str, str] = {}


class Outside(NamedTuple):
    """How many moved things a year's row does not hold, or not whole."""

    before: int
    after: int
    #: Inside in part: drawn, and cut off at the end of the row.
    cut: int


class Ghosts(NamedTuple):
    """Another year's things where the shift puts them, drawn in lanes of their own."""

    name: str
    top: float
    height: float
    marks: tuple[Mark, ...]
    #: From the middle of a moved thing up to the thing it falls on.
    ties: tuple[tuple[float, ...], ...]
    before: str
    after: str
    left: float
    right: float


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
    ghosts: Ghosts | None = None
    #: Stretches shaded over the whole height of the row.
    shades: tuple[Mark, ...] = ()


class Timeline(NamedTuple):
    """Some years of one site, drawn to the day."""

    site: str
    title: str
    description: str
    #: What is to be known of this figure alone; may be empty.
    note: str
    rows: tuple[Row, ...]
    months: tuple[tuple[str, float], ...]
    links: tuple[tuple[float, ...], ...]
    right: float
    width: float
    height: float


def touches(days: tuple[Day, Day], year: int) -> bool:
    """Do the days reach into a year?"""
    return days[0].year <= year <= days[1].year


def outside(things: Iterable[Thing], shift: float, year: int) -> Outside:
    """How many things, moved by ``shift`` days, fall before a year, after it, and across its ends."""
    start, end = _bounds(year)
    moved = [(thing.days[0].toordinal() + shift, thing.days[1].toordinal() + 1 + shift) for thing in things]
    return Outside(
        before=sum(last <= start for _, last in moved),
        after=sum(first >= end for first, _ in moved),
        cut=sum(first < start < last or first < end < last for first, last in moved),
    )


def free(taken: Iterable[tuple[Day, Day]], within: tuple[Day, Day], least: int) -> list[tuple[Day, Day]]:
    """The stretches of at least so many days, from a first to a last day, that none of the taken ones touches."""
    found: list[tuple[Day, Day]] = []
    start, end = within[0].toordinal(), within[1].toordinal()
    for first, last in [*sorted((a.toordinal(), b.toordinal()) for a, b in taken), (end + 1, end + 1)]:
        if min(first, end + 1) - start >= least:
            found.append((Day.fromordinal(start), Day.fromordinal(min(first, end + 1) - 1)))
        start = max(start, last + 1)
    return found


def by_week(things: Iterable[Thing], titled: Callable[[Sequence[Thing], Day], str]) -> list[Thing]:
    """Things that begin in one week (from a Monday) and are of one shape and year as one thing, in order of time.

    A thing of known days is put on the first of them; of the others the days of all are taken together. ``titled``
    makes the title of the things of a week and its Monday. What stands for several has no id and no label.
    """
    weeks: dict[tuple[int, int, int, str], list[Thing]] = defaultdict(list)
    for thing in things:
        first, last = thing.days
        weeks[(first.toordinal() - 1) // 7, first.year, last.year, thing.shape].append(thing)
    found = []
    for (week, *_, shape), group in sorted(weeks.items()):
        first = min(thing.days[0] for thing in group)
        last = first if shape == "sure" else max(thing.days[1] for thing in group)
        title = titled(group, Day.fromordinal(week * 7 + 1))
        found.append(Thing((first, last), shape, title, matched=any(thing.matched for thing in group)))
    return found


def rows(
    years: Sequence[Year],
    things: Sequence[Thing],
    strips: Mapping[str, Sequence[Thing]],
    overlay: Overlay | None = None,
    shades: Sequence[Thing] = (),
) -> tuple[Row, ...]:
    """One row a year from the top down: things in lanes, in the order given, under them the strips that are used.

    With an overlay the year it names has the moved things of the other year in lanes right under its own. Shades
    lie behind everything.
    """
    drawn: list[Row] = []
    for year in years:
        top = drawn[-1].top + drawn[-1].height + _GAP if drawn else _HEAD
        row = _row(year, top, things, strips, overlay if overlay and overlay.year == year.year else None)
        spans = [(shade, *_span(shade.days, year.year)) for shade in shades if touches(shade.days, year.year)]
        shaded = [Mark(shade.shape, _round(x), top, _round(width), shade.title) for shade, x, width in spans]
        drawn.append(row._replace(shades=tuple(shaded)))
    return tuple(drawn)


def timeline(
    drawn: tuple[Row, ...],
    links: Mapping[str, str],
    *,
    site: str,
    title: str,
    description: str,
    months: Sequence[str],
    note: str = "",
) -> Timeline:
    """Rows as one figure, with a line from each linked thing down to its other end where both are drawn."""
    at = {mark.id: mark for row in drawn for mark in row.marks if mark.id}
    ends = [(at[one], at[other]) for one, other in links.items() if one in at and other in at]
    return Timeline(
        site=site,
        title=title,
        description=description,
        note=note,
        rows=drawn,
        months=tuple((name, _round(_LEFT + i * (_RIGHT - _LEFT) / 12)) for i, name in enumerate(months)),
        links=tuple(_link(one, other) for one, other in ends),
        right=_RIGHT,
        width=_WIDTH,
        height=drawn[-1].top + drawn[-1].height + 4,
    )


def _row(
    year: Year, top: float, things: Sequence[Thing], strips: Mapping[str, Sequence[Thing]], overlay: Overlay | None
) -> Row:
    marks, lanes = _laid([thing for thing in things if touches(thing.days, year.year)], year.year, top + 16, _LANE)
    height = 8 + max(1, lanes) * _LANE
    ghosts = _ghosts(overlay, marks, top + height) if overlay else None
    if ghosts:
        height += ghosts.height
    used = []
    for name, found in strips.items():
        inside = [thing for thing in found if touches(thing.days, year.year)]
        if inside:
            y = top + height + 9
            used.append((name, y))
            for thing in inside:
                x, width = _span(thing.days, year.year)
                marks.append(Mark(thing.shape, _round(x), y, _round(width), thing.title, id=thing.id))
            height += _STRIP
    return Row(str(year.year), year.role, year.period, top, height + 6, tuple(marks), tuple(used), ghosts)


def _laid(things: Sequence[Thing], year: int, y: float, lane_height: float, shift: float = 0) -> tuple[list[Mark], int]:
    """Things as marks from the first lane's height down, labels and all kept apart, and how many lanes they take."""
    marks: list[Mark] = []
    lanes: list[float] = []
    for thing in things:
        x, width = _span(thing.days, year, shift)
        # A wide bar takes its label inside, a short one beside it, on the side where there is room.
        label = _cut(thing.label) if len(things) <= _LABELLED else ""
        need = _text_width(label)
        first, last = x, x + max(width, 12)
        label_x, anchor = x + 8, "start"
        if label and width < need + 16:
            to_right = x + max(width, 8) + 7 + need <= _RIGHT
            label_x, anchor = (x + max(width, 6) + 7, "start") if to_right else (x - 8, "end")
            first, last = (first, label_x + need) if to_right else (label_x - need, last)
        lane = next((i for i, end in enumerate(lanes) if end + 8 <= first), len(lanes))
        lanes[lane : lane + 1] = [last]
        place = (_round(x), y + lane * lane_height, _round(width))
        marks.append(
            Mark(thing.shape, *place, thing.title, label, _round(label_x), anchor, thing.id, matched=thing.matched)
        )
    return marks, len(lanes)


def _ghosts(overlay: Overlay, marks: Sequence[Mark], top: float) -> Ghosts:
    start, end = _bounds(overlay.year)
    inside = [t for t in overlay.things if not any(outside([t], overlay.shift, overlay.year)[:2])]
    moved, lanes = _laid(inside, overlay.year, top + 13, _GHOST_LANE, overlay.shift)
    at = {mark.id: mark for mark in marks if mark.id}
    ends = [(t.days[0].toordinal() + overlay.shift, t.days[1].toordinal() + 1 + overlay.shift) for t in inside]
    moved = [
        mark._replace(cut=(-1,) * (first < start) + (1,) * (last > end))
        for mark, (first, last) in zip(moved, ends, strict=True)
    ]
    ties = [(ghost, at[overlay.pairs[ghost.id]]) for ghost in moved if overlay.pairs.get(ghost.id) in at]
    height = 4 + max(1, lanes) * _GHOST_LANE + (_NOTE if overlay.before or overlay.after else 0)
    return Ghosts(
        overlay.name,
        top,
        height,
        tuple(moved),
        tuple(_tie(ghost, mark) for ghost, mark in ties),
        overlay.before,
        overlay.after,
        _LEFT,
        _RIGHT,
    )


def _link(one: Mark, other: Mark) -> tuple[float, ...]:
    x = one.x + one.width / 2
    end = min(max(x, other.x + 4), other.x + max(other.width - 4, 4))
    return tuple(map(_round, (x, one.y + 6, end, other.y - 6)))


def _tie(ghost: Mark, mark: Mark) -> tuple[float, ...]:
    top = _near(mark, ghost.x + ghost.width / 2)
    return tuple(map(_round, (_near(ghost, top), ghost.y - 7, top, mark.y + 6)))


def _near(mark: Mark, x: float) -> float:
    """The place on a mark nearest to ``x``: the middle of a short one, well inside a bar."""
    middle, reach = mark.x + mark.width / 2, max(mark.width / 2 - 4, 0.0)
    return min(max(x, middle - reach), middle + reach)


def _bounds(year: int) -> tuple[int, int]:
    """The first day of a year, and the first day after it, as ordinals."""
    end = Day(year, 12, 31).toordinal() + 1
    return Day(year, 1, 1).toordinal(), end


def _span(days: tuple[Day, Day], year: int, shift: float = 0) -> tuple[float, float]:
    """Left edge and width of some days, moved by a shift, on the row of a year; days of other years are cut off."""
    start, end = _bounds(year)
    first, last = max(days[0].toordinal() + shift, start), min(days[1].toordinal() + 1 + shift, end)
    day = (_RIGHT - _LEFT) / (end - start)
    return _LEFT + (first - start) * day, (last - first) * day


def _round(number: float) -> float:
    return round(number, 1)


def _text_width(text: str) -> float:
    """Room for a label at 12 px: a guess that is rather too wide."""
    return sum(12.5 if east_asian_width(char) in "WF" else 6.6 for char in text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"


# --- shift profiles

# Narrow, so that on a phone it is drawn at its own size and its words stay as large as they are.
_PROFILE_WIDTH, _PROFILE_LEFT, _PROFILE_RIGHT, _PROFILE_PLOT = 360.0, 26.0, 350.0, 130.0
_LABEL_LANE = 16.0
#: Ticks of an axis of days are this many days apart, or ten, a hundred … times that; so many at most.
_TICK_STEPS, _MOST_TICKS = (1, 2, 5), 7


class Profile(NamedTuple):
    """How a number from 0 to 1, known between bounds, goes with the shift in days."""

    id: str
    title: str
    description: str
    x_name: str
    y_name: str
    high: tuple[tuple[float, float], ...]
    low: tuple[tuple[float, float], ...]
    #: The shifts that fit best: left edge, width, label, where the label stands (middle, line of writing).
    best: tuple[tuple[float, float, str, float, float], ...]
    x_ticks: tuple[tuple[str, float], ...]
    y_ticks: tuple[tuple[str, float], ...]
    #: Days with a name of their own, in place of a tick: where, name, where the name stands (middle, line of writing).
    marked: tuple[tuple[float, str, float, float], ...]
    left: float
    right: float
    top: float
    bottom: float
    width: float
    height: float


def profile(
    shifts: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    best: Sequence[tuple[tuple[float, float], str]],
    *,
    id: str,
    title: str,
    description: str,
    x_name: str,
    y_name: str,
    marked: Mapping[float, str] | None = None,
) -> Profile:
    """Low and high at each of some shifts, in rising order, as a band; straight lines between one shift and the next.

    ``best`` holds closed intervals of shifts, each with its label, ``marked`` names for single days; what lies
    outside the shifts drawn is left out, or cut off at their ends.

    :raises ValueError: if the three sequences are empty, of different length, not in order, or not finite numbers.
    """
    if not (len(shifts) == len(low) == len(high) > 0):
        raise ValueError(f"a profile needs as many lows ({len(low)}) and highs ({len(high)}) as shifts ({len(shifts)})")
    if any(a >= b for a, b in pairwise(shifts)) or not all(map(math.isfinite, (*shifts, *low, *high))):
        raise ValueError("the shifts of a profile rise, and all its numbers are finite")
    first, last = shifts[0], shifts[-1]
    if first == last:  # one shift alone stands in the middle of some days
        first, last = first - 10, last + 10

    def x(days: float) -> float:
        return _PROFILE_LEFT + (days - first) / (last - first) * (_PROFILE_RIGHT - _PROFILE_LEFT)

    shown = [(max(a, first), min(b, last), label) for (a, b), label in best if a <= last and b >= first]
    names = [(days, name) for days, name in (marked or {}).items() if first <= days <= last]
    best_at = _stacked([(x((a + b) / 2), label) for a, b, label in shown])
    names_at = _stacked([(x(days), name) for days, name in names])
    top = 26 + _LABEL_LANE * (1 + max((lane for _, lane in best_at), default=-1))
    bottom = top + _PROFILE_PLOT

    def y(number: float) -> float:
        return _round(bottom - min(max(number, 0.0), 1.0) * _PROFILE_PLOT)

    under = bottom + 16
    name_lanes = 1 + max((lane for _, lane in names_at), default=-1)
    return Profile(
        id=id,
        title=title,
        description=description,
        x_name=x_name,
        y_name=y_name,
        high=tuple((_round(x(days)), y(number)) for days, number in _bends(list(zip(shifts, high, strict=True)))),
        low=tuple((_round(x(days)), y(number)) for days, number in _bends(list(zip(shifts, low, strict=True)))),
        best=tuple(
            (_round(x(a)), _round(x(b) - x(a)), label, _round(at), 28 + lane * _LABEL_LANE)
            for (a, b, label), (at, lane) in zip(shown, best_at, strict=True)
        ),
        x_ticks=tuple(
            (text, _round(x(days)))
            for days, text in ((days, str(days).replace("-", "−")) for days in _ticks(first, last))
            # Room for the line down from a day with a name of its own.
            if all(abs(x(days) - x(day)) > _text_width(text) / 2 + 2 for day, _ in names)
        ),
        y_ticks=tuple((text, y(number)) for text, number in (("0", 0.0), ("0.5", 0.5), ("1", 1.0))),
        marked=tuple(
            (_round(x(days)), name, _round(at), under + (1 + lane) * _LABEL_LANE)
            for (days, name), (at, lane) in zip(names, names_at, strict=True)
        ),
        left=_PROFILE_LEFT,
        right=_PROFILE_RIGHT,
        top=top,
        bottom=bottom,
        width=_PROFILE_WIDTH,
        height=under + name_lanes * _LABEL_LANE + 20,
    )


def _stacked(labels: Sequence[tuple[float, str]]) -> list[tuple[float, int]]:
    """The middle and the lane of each label, moved inwards at the sides and into a lane where it hits no other."""
    placed: list[tuple[float, int]] = []
    taken: list[tuple[int, float, float]] = []
    for x, text in labels:
        half = _text_width(text) / 2
        middle = max(half, min(x, _PROFILE_WIDTH - half)) if 2 * half < _PROFILE_WIDTH else _PROFILE_WIDTH / 2
        lane = 0
        while any(at == lane and middle - half < end + 6 and start < middle + half + 6 for at, start, end in taken):
            lane += 1
        taken.append((lane, middle - half, middle + half))
        placed.append((middle, lane))
    return placed


def _ticks(first: float, last: float) -> list[int]:
    """Whole days at even distances, few enough to be read."""
    step = next(
        step * 10**power
        for power in range(20)
        for step in _TICK_STEPS
        if (last - first) / (step * 10**power) <= _MOST_TICKS - 1
    )
    return list(range(math.ceil(first / step) * step, math.floor(last) + 1, step))


def _bends(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """The points of a line without those inside a straight stretch, which say nothing."""
    inner = [
        b
        for a, b, c in zip(points, points[1:], points[2:], strict=False)
        if abs((b[0] - a[0]) * (c[1] - b[1]) - (c[0] - b[0]) * (b[1] - a[1])) > 1e-9
    ]
    return (points[0], *inner, points[-1]) if len(points) > 1 else tuple(points)


# --- effort calendars

#: Whether a look found something, found nothing or could not tell; an image that was published is no look.
State = Literal["found", "nothing", "unclear", "published"]

#: The first day of each part of a month; the last part takes what is left.
_WEEKS = (1, 8, 15, 22, 29)
_CAL_WIDTH, _CAL_LEFT, _CAL_RIGHT = 360.0, 40.0, 360.0
_CAL_HEAD, _CAL_NAME, _CELL, _CELL_GAP = 18.0, 20.0, 25.0, 2.0
#: A cell's tooltip names so many of its looks.
_TITLES = 12


class Looked(NamedTuple):
    """One look, or one published image, of one known day."""

    day: Day
    state: State
    title: str


class Cell(NamedTuple):
    """A week of a month: what the looks that could tell found in it, and what else there was, as short counts."""

    x: float
    y: float
    #: ``found`` if any look did, ``nothing`` if none did, empty without a look that could tell.
    state: str
    #: Looks that found something of those that could tell, such as "2/7".
    text: str
    #: Was there a look that could not tell?
    unclear: bool
    #: Published images: empty for none, else their number, or "+" for more than nine.
    published: str
    title: str


class CalendarYear(NamedTuple):
    """One year of an effort calendar."""

    year: str
    role: str
    #: The counts, in words, for under the figure.
    told: str
    #: Are all looks of the year on file, so that an empty cell means that nobody looked?
    is_known: bool
    top: float
    #: The weeks' first and last days of the month, with their line of writing.
    weeks: tuple[tuple[str, float], ...]
    cells: tuple[Cell, ...]


class Calendar(NamedTuple):
    """The looks at a site, a cell for each week of each month."""

    id: str
    title: str
    description: str
    years: tuple[CalendarYear, ...]
    months: tuple[tuple[str, float], ...]
    left: float
    cell_width: float
    cell_height: float
    width: float
    height: float

    @property
    def is_known(self) -> bool:
        """Are all looks of some year on file?"""
        return any(year.is_known for year in self.years)


def calendar(
    years: Sequence[Year],
    looked: Iterable[Looked],
    *,
    id: str,
    title: str,
    description: str,
    months: Sequence[str],
    told: Mapping[int, str],
    known: Collection[int],
    until: Day | None = None,
) -> Calendar:
    """Looks as cells of a week each: months from left to right, the weeks of a month from the top down.

    A day is in exactly one cell (1–7, 8–14, 15–21, 22–28, 29 to the end). A look whose day is not known has no cell:
    ``told`` must say it. ``known`` names the years whose looks are all on file: in the others an empty cell says
    nothing, and is drawn so. Of a year still running there are cells up to the week of ``until``, and those of looks
    after it, if any.
    """
    weeks: dict[tuple[int, int, int], list[Looked]] = defaultdict(list)
    for one in looked:
        weeks[one.day.year, one.day.month, _week(one.day.day)].append(one)
    column = (_CAL_RIGHT - _CAL_LEFT) / 12
    drawn: list[CalendarYear] = []
    top = _CAL_HEAD
    for year in years:
        cells = []
        for month in range(1, 13):
            n_days = dates.parse(f"{year.year:04}-{month:02}").latest.day
            for week, start in enumerate(_WEEKS):
                found = weeks.get((year.year, month, week), [])
                if start <= n_days and (found or until is None or Day(year.year, month, start) <= until):
                    x, y = _CAL_LEFT + (month - 1) * column, top + _CAL_NAME + week * (_CELL + _CELL_GAP)
                    cells.append(_cell(found, _round(x), y))
        lines = tuple(
            (f"{start}–{end}", top + _CAL_NAME + week * (_CELL + _CELL_GAP) + 13)
            for week, (start, end) in enumerate(zip(_WEEKS, (7, 14, 21, 28, 31), strict=True))
        )
        drawn.append(
            CalendarYear(
                str(year.year), year.role, told.get(year.year, ""), year.year in known, top, lines, tuple(cells)
            )
        )
        top += _CAL_NAME + len(_WEEKS) * (_CELL + _CELL_GAP) + 8
    return Calendar(
        id=id,
        title=title,
        description=description,
        years=tuple(drawn),
        months=tuple((name, _round(_CAL_LEFT + (i + 0.5) * column)) for i, name in enumerate(months)),
        left=_CAL_LEFT,
        cell_width=_round(column - _CELL_GAP),
        cell_height=_CELL,
        width=_CAL_WIDTH,
        height=top - 4,
    )


def _week(day: int) -> int:
    return sum(day >= start for start in _WEEKS) - 1


def _cell(found: Sequence[Looked], x: float, y: float) -> Cell:
    n = Counter(one.state for one in found)
    looks = n["found"] + n["nothing"]
    titles = [one.title for one in found]
    if len(titles) > _TITLES:
        titles = [*titles[:_TITLES], f"… (+{len(titles) - _TITLES})"]
    return Cell(
        x,
        y,
        state="found" if n["found"] else "nothing" if looks else "",
        text=f"{_capped(n['found'], 99)}/{_capped(looks, 99)}" if looks else "",
        unclear=n["unclear"] > 0,
        published="" if not n["published"] else str(n["published"]) if n["published"] < 10 else "+",
        title="; ".join(titles),
    )


def _capped(count: int, most: int) -> str:
    return str(count) if count <= most else f"{most}+"


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
