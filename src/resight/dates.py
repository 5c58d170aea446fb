"""Date text in the everyday part of EDTF to bounds, and the circle of the year: all calendar knowledge.

EDTF is ISO 8601-2:2019 (https://www.loc.gov/standards/datetime/). Understood: a day ``2025-05-18``, a month
``2024-10``, a year ``2024``, an interval ``2024-10-08/2024-10-13`` of any of these, each end with ``~``
(approximate), ``?`` (uncertain) or ``%`` (both). A date is kept as text and carried as two days, never as one
invented day.
"""

import re
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Days that ``~`` adds on both sides, by the precision it stands on.
APPROXIMATE_DAYS = {"day": 3, "month": 15, "year": 0}
#: An interval longer than this many days says when a total was counted, not when a thing was seen.
LONGEST_SPAN_DAYS = 366
#: Circular day-of-year differences up to which two dates count as the same and as a neighbouring season.
SEASON_DAYS = (15, 45)
YEAR_DAYS = 365

_END = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?([~?%]?)\Z", re.ASCII)
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
# Months in Russian and Ukrainian, known by their first three letters in every case.
_MONTH_STEMS = {
    stem: number
    for stems in (
        "янв фев мар апр май июн июл авг сен окт ноя дек",
        "січ лют бер кві тра чер лип сер вер жов лис гру",
    )
    for number, stem in enumerate(stems.split(), 1)
} | {"мая": 5}
EXAMPLE = "2025-05-18, 2024-10, 2024-10-08/2024-10-13 or 2025-03-04~"


class DateError(ValueError):
    """Date text that cannot be read; ``suggestion`` holds what was probably meant, in EDTF."""

    def __init__(self, what: str, suggestion: Sequence[str] = (), *, month_day: tuple[int, int] | None = None) -> None:
        super().__init__(what)
        self.suggestion = tuple(suggestion)
        #: (month, day) when only the year is missing.
        self.month_day = month_day


class EdtfDate(NamedTuple):
    """A date as written, with the first and last day it allows (``~`` already widened)."""

    text: str
    earliest: date
    latest: date
    #: Days from first to last as stated, both counted, before ``~`` widened them.
    stated_days: int
    approximate: bool
    uncertain: bool

    @property
    def is_day(self) -> bool:
        """True when the bounds are one and the same day."""
        return self.earliest == self.latest


@lru_cache(maxsize=65536)
def parse(text: str) -> EdtfDate:
    """Read one EDTF date or interval.

    Raises:
        DateError: not a date, not on the calendar, reversed, or open at an end.
    """
    ends = text.split("/")
    if len(ends) > 2:
        raise DateError(f"{text!r} is not a date", _guess(text))
    if len(ends) == 2 and any(end in ("", "..") for end in ends):
        raise DateError(f"{text!r} is open at one end: give both ends, as vague as they are")
    first, last = (_end(ends[0], text), _end(ends[-1], text))
    if len(ends) == 2 and first[0] > last[1]:
        raise DateError(f"{text!r} is reversed: it ends before it begins", [f"{ends[1]}/{ends[0]}"])
    marks = ends[0][-1] + ends[-1][-1]
    return EdtfDate(
        text=text,
        earliest=shift(first[0], -first[2]),
        latest=shift(last[1], last[2]),
        stated_days=(last[1] - first[0]).days + 1,
        approximate="~" in marks or "%" in marks,
        uncertain="?" in marks or "%" in marks,
    )


def _end(text: str, whole: str) -> tuple[date, date, int]:
    """First day, last day and widening of one end."""
    found = _END.match(text)
    if not found:
        month_day = _month_day(text)
        if month_day:
            raise DateError(f"{whole!r} has no year", month_day=month_day)
        raise DateError(f"{whole!r} is not a date in EDTF (year first)", _guess(text) if text == whole else ())
    year, month, day = (int(part) if part else None for part in found.groups()[:3])
    assert year is not None
    if year == 0:
        raise DateError(f"{whole!r}: there is no year 0 in this calendar")
    if month is None:
        precision, first, last = "year", date(year, 1, 1), date(year, 12, 31)
    elif not 1 <= month <= 12:
        swapped = [f"{year:04}-{day:02}-{month:02}"] if day and 1 <= day <= 12 and month <= 31 else []
        raise DateError(f"{whole!r}: there is no month {month:02}", swapped if text == whole else ())
    elif day is None:
        precision, first, last = "month", date(year, month, 1), date(year, month, monthrange(year, month)[1])
    else:
        days = monthrange(year, month)[1]
        if not 1 <= day <= days:
            raise DateError(f"{whole!r} is not on the calendar: {_MONTHS[month - 1].title()} {year} has {days} days")
        precision, first, last = "day", date(year, month, day), date(year, month, day)
    return first, last, APPROXIMATE_DAYS[precision] if found[4] in ("~", "%") and found[4] else 0


def shift(day: date, days: int) -> date:
    """The day so many days on, held inside the calendar Python knows."""
    if not days:
        return day
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def _month_number(word: str) -> int | None:
    word = word.casefold().rstrip(".")
    if word == "sept":
        return 9
    english = next((i for i, name in enumerate(_MONTHS, 1) if len(word) >= 3 and name.startswith(word)), None)
    return english or _MONTH_STEMS.get(word[:3])


def _month_day(text: str) -> tuple[int, int] | None:
    """(month, day) of a day written without a year, ``05-18`` or ``18 May``."""
    numbers = re.fullmatch(r"-{0,2}(\d{1,2})-(\d{1,2})", text.strip())
    words = re.fullmatch(r"(\d{1,2})\.? ([^\W\d]+)\.?|([^\W\d]+)\.? (\d{1,2})", text.strip())
    month: int | None
    if numbers:
        month, day = int(numbers[1]), int(numbers[2])
    elif words:
        month, day = _month_number(words[2] or words[3]), int(words[1] or words[4])
    else:
        return None
    # 2024 is a leap year: 29 February may be meant.
    return (month, day) if month and 1 <= month <= 12 and 1 <= day <= monthrange(2024, month)[1] else None


def latest_past(month_day: tuple[int, int], today: date) -> list[str]:
    """The last such day up to ``today``, in EDTF: what a day without a year most likely means."""
    month, day = month_day
    for year in range(today.year, today.year - 9, -1):
        if day <= monthrange(year, month)[1] and date(year, month, day) <= today:
            return [f"{year:04}-{month:02}-{day:02}"]
    return []


def _guess(text: str) -> list[str]:
    """What a date in another style was probably meant to be, both readings where the order is open."""
    numbers = re.fullmatch(r"(\d{1,4})[./\-\s](\d{1,2})[./\-\s](\d{1,4})\.?", text.strip())
    words = re.fullmatch(r"(\d{1,2})\.? ([^\W\d]+)\.?,? (\d{4})|([^\W\d]+)\.? (\d{1,2}),? (\d{4})", text.strip())
    compact = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text.strip())
    readings: list[tuple[int, int | None, int]] = []
    if compact:
        readings = [(int(compact[1]), int(compact[2]), int(compact[3]))]
    elif numbers and len(numbers[1]) == 4:
        readings = [(int(numbers[1]), int(numbers[2]), int(numbers[3]))]
    elif numbers and len(numbers[3]) == 4:
        a, b, year = int(numbers[1]), int(numbers[2]), int(numbers[3])
        readings = [(year, b, a), (year, a, b)]
    elif words:
        readings = [
            (int(words[3]), _month_number(words[2]), int(words[1]))
            if words[1]
            else (int(words[6]), _month_number(words[4]), int(words[5]))
        ]
    found = []
    for year, month, day in readings:
        if month and year and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
            found.append(f"{year:04}-{month:02}-{day:02}")
    return list(dict.fromkeys(found))


# --- dates of other programs --------------------------------------------------------------------------------

#: Order of day and month in a date that ends with its year.
Order = Literal["dmy", "mdy"]

_ABOUT = re.compile(
    r"(?:~|≈|c\.|ca?\.?(?= )|circa|about|approx(?:imately|\.)?|around|около|ок\.|близько)\s*", re.IGNORECASE
)
_YEAR_LAST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", re.ASCII)
_TIME = re.compile(r"[T ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s*[AaPp][Mm])?", re.ASCII)
_TO = re.compile(r"\s+(?:-|–|—|to|until|bis|до|по)\s+|\s*[–—]\s*")


def orders(text: str) -> frozenset[Order]:
    """The orders of day and month in which ``18.05.2025`` or ``5/18/2025`` is on the calendar; none: no such date.

    Both when nothing in the date itself tells day from month.
    """
    found: set[Order] = set()
    for numbers in _YEAR_LAST.finditer(text):
        a, b, year = int(numbers[1]), int(numbers[3]), int(numbers[4])
        here: set[Order] = {"dmy"} if _is_day(year, b, a) else set()
        here |= {"mdy"} if _is_day(year, a, b) else set()
        if a != b:
            found = found & here if found else here
    return frozenset(found)


def _is_day(year: int, month: int, day: int) -> bool:
    return year > 0 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def from_elsewhere(text: str, order: Order | None = None) -> str:
    """The EDTF text of a date as spreadsheets and reports write it, vague or not; EDTF itself stays as it is.

    Understood: ``18.05.2025``, ``5/18/2025`` (in the order given, or where only one order is on the calendar),
    ``2025/05/18``, ``20250518``, ``18 May 2025``, ``May 18, 2025``, ``May 2025``, ``05/2025``, ``18 мая 2025``,
    ``2025년 5월 18일``, a time of day after it (left out), ``about`` before it (``~``), two of these with a dash or
    ``to`` between them, and ``8-13 October 2024``.

    Raises:
        DateError: it cannot be read, or day and month could be either way round and ``order`` is not given.
    """
    given = " ".join(text.split())
    try:
        return parse(given).text
    except DateError as error:
        problem = error
    about = _ABOUT.match(given)
    if about and about.end() < len(given):
        inner = from_elsewhere(given[about.end() :], order)
        return inner if inner[-1] in "~?%" or "/" in inner else inner + "~"
    ends = _TO.split(given)
    if len(ends) == 2 and all(len(end) >= 6 for end in ends):
        return parse("/".join(from_elsewhere(end, order) for end in ends)).text
    short = re.fullmatch(r"(\d{1,2})\s*[-–—]\s*(\d{1,2}\.?) ([^\W\d]+\.?,? \d{4})", given)
    if short:
        return parse("/".join(from_elsewhere(f"{day} {short[3]}", order) for day in short.groups()[:2])).text
    return _one_from_elsewhere(given, order, problem)


def _one_from_elsewhere(given: str, order: Order | None, problem: DateError) -> str:
    mark = given[-1:] if given.endswith(("~", "?")) else ""
    bare = _TIME.sub("", given.rstrip("~?").strip(), count=1).strip()
    east = re.fullmatch(r"(\d{4})[년年] ?(\d{1,2})[월月](?: ?(\d{1,2})[일日])?", bare)
    if east:
        bare = "-".join([east[1], *(f"{int(part):02}" for part in east.groups()[1:] if part)])
    month = re.fullmatch(r"(\d{1,2})[./-](\d{4})", bare)
    named = re.fullmatch(r"([^\W\d]+)\.?,? (\d{4})", bare)
    if month or (named and _month_number(named[1])):
        number, year = (int(month[1]), month[2]) if month else (_month_number(named[1]), named[2])  # type: ignore[index]
        return parse(f"{year}-{number:02}{mark}").text
    fitting = orders(bare)
    if order is not None and fitting and order not in fitting:
        first = "day" if order == "dmy" else "month"
        raise DateError(f"{given!r} is no date when the {first} comes first", _guess(bare))
    readings = _guess(bare.replace("-", " ") if re.search(r"[^\W\d]", bare) else bare)
    if len(readings) == 2:
        if order is None:
            raise DateError(f"{given!r} may be {readings[0]} or {readings[1]}", readings)
        return parse(readings[order == "mdy"] + mark).text
    if len(readings) == 1:
        return parse(readings[0] + mark).text
    try:
        return parse(bare + mark).text
    except DateError:
        raise problem from None


def local_day(moment: datetime, timezone: str) -> date:
    """The calendar day of an aware ``moment`` in an IANA time zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def check_timezone(name: str) -> None:
    """Check a name of the IANA time zone database.

    Raises:
        ValueError: there is no such zone.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone of the IANA database, such as Asia/Vladivostok") from None


@lru_cache(maxsize=65536)
def utc_text(moment: datetime) -> str:
    """An aware moment as ISO 8601 in UTC, whole seconds, ``Z`` at the end."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def in_words(text: str) -> str:
    """Date text for a sentence: ``18 May 2025``, ``October 2024``, ``8 October 2024 to 13 October 2024``."""
    first, _, last = text.partition("/")
    return f"{_end_words(first)} to {_end_words(last)}" if last else _end_words(first)


def _end_words(text: str) -> str:
    found = _END.match(text)
    if not found or (found[2] and not 1 <= int(found[2]) <= 12):
        return text
    year, month, day, mark = found.groups()
    words = " ".join(
        part for part in (str(int(day)) if day else "", _MONTHS[int(month) - 1].title() if month else "", year) if part
    )
    prefix = "about " if mark in ("~", "%") and mark else ""
    return prefix + words + (" (uncertain)" if mark in ("?", "%") and mark else "")


# --- the circle of the year ---------------------------------------------------------------------------------


def circle_day(day: date) -> float:
    """Where a day sits on the circle of the year, in [0, 365): the day of the year it has in a year of 365 days.

    29 February sits half-way between its neighbours and moves no other day. (Stretching a leap year as a whole to
    365 days, the other reading of the method's text, shifts every later day by up to one and misses the method's own
    check values: 2024 against 2025-05-18 would give -0.02 bits instead of 0.00.)
    """
    if (day.month, day.day) == (2, 29):
        return 58.5
    return float(date(2025, day.month, day.day).timetuple().tm_yday - 1)


def season_shares(a: tuple[date, date], b: tuple[date, date]) -> tuple[float, float, float]:
    """Shares of the day pairs of two date bounds whose circular difference is <= 15, <= 45 and > 45 days.

    Each date is taken as uniform on its bounds; the pairs are counted exactly, not sampled.
    """
    return _season_shares(*sorted((a, b)))


@lru_cache(maxsize=65536)
def _season_shares(a: tuple[date, date], b: tuple[date, date]) -> tuple[float, float, float]:
    seats = sorted(seat for day in _days(a) for seat in _unrolled(circle_day(day)))
    days = _days(b)
    within = [0, 0]
    for seat in map(circle_day, days):
        for level, limit in enumerate(SEASON_DAYS):
            within[level] += bisect_right(seats, seat + limit) - bisect_left(seats, seat - limit)
    pairs = len(days) * (len(seats) // 3)
    near, close = within[0] / pairs, within[1] / pairs
    return near, close - near, 1 - close


def _unrolled(seat: float) -> tuple[float, float, float]:
    return seat - YEAR_DAYS, seat, seat + YEAR_DAYS


def _days(bounds: tuple[date, date]) -> list[date]:
    first, last = bounds
    return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
