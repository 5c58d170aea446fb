"""The years, days and moments that a command is asked about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from resight.errors import InvalidValue
from resight.shell import Command

if TYPE_CHECKING:
    from datetime import date as Day
    from datetime import datetime

    from resight.comparison import Repeats
    from resight.logbook import Logbook
    from resight.observation import Observation


def years_option(function: Command) -> Command:
    """``--year``, ``--baseline`` and ``--output``, for the commands that write pages of two years."""
    function = click.option(
        "--baseline",
        metavar="YEAR",
        help="Year to compare with, or several: 2022..2024 (default: the year before).",
    )(function)
    function = click.option(
        "--year",
        type=click.IntRange(2, 9999),
        metavar="YEAR",
        help="Year under study (default: the newest with records).",
    )(function)
    return click.option("--output", metavar="DIR", help="Folder for the pages (default: maps/ of the logbook).")(
        function
    )


def compare(
    book: Logbook,
    records: Sequence[Observation],
    year: int,
    baseline: Sequence[int],
    **narrowed: Any,
) -> Repeats:
    """The comparison of a year with its baseline, as the records of the logbook give it."""
    from resight import comparison

    return comparison.repeats(
        records,
        year=year,
        baseline_years=baseline,
        vocabulary=book.vocabulary,
        sites=book.sites,
        **narrowed,
    )


def year_of(records: Iterable[Observation], year: int | None) -> int:
    """The year under study: the one asked for, else the newest with records.

    Raises:
        InvalidValue: there are no records, and no year was asked for.
    """
    from resight import study

    return year or study.newest_year(records) or _no_year()


def baseline_years(text: str | None, year: int) -> tuple[int, ...]:
    """The years that ``2024`` or ``2022..2024`` names; the year before when nothing is said."""
    if text is None:
        return (year - 1,)
    first, dots, last = (part.strip() for part in text.partition(".."))
    ends = [first, last] if dots else [first]
    # isdecimal alone lets digits of other scripts through, which nobody means here.
    if not all(end.isascii() and end.isdecimal() and len(end) <= 4 and int(end) for end in ends):
        bad_baseline(text, year, f"{text!r} is neither a year nor a range of years")
    years = tuple(range(int(ends[0]), int(ends[-1]) + 1))
    if not years:
        bad_baseline(text, year, f"{text} runs backwards")
    if year in years:
        held = "cannot be compared with itself" if len(years) == 1 else f"holds {year}, the year under study"
        bad_baseline(text, year, f"{text} {held}")
    return years


def bad_baseline(text: str, year: int, what: str) -> NoReturn:
    """Refuse ``--baseline``, and say what it may be."""
    raise InvalidValue(
        "--baseline",
        text,
        what,
        allowed="a year, or a first and a last one with two dots between, without the year under study",
        example=f"{max(year - 1, 1)} or {max(year - 3, 1)}..{max(year - 1, 1)}",
    )


def _no_year() -> NoReturn:
    raise InvalidValue(
        "--year", None, "the logbook has no records yet, so the year to study must be named", example="--year 2025"
    )


def day_of(text: str, option: str = "--as-of", allowed: str = "one day", example: str = "2025-06-30") -> Day:
    """One day, in EDTF.

    Raises:
        InvalidValue: the text is no date, or is less exact than a day.
    """
    from resight import dates

    try:
        when = dates.parse(text)
    except dates.DateError as error:
        raise InvalidValue(option, text, str(error), allowed=allowed, example=example) from None
    if not when.is_day:
        raise InvalidValue(option, text, f"{text} is not one day", allowed=allowed, example=example)
    return when.earliest


def moment_of(text: str, option: str, *, is_end: bool) -> datetime:
    """A moment with its time zone, or the end (else the beginning) of a day in UTC."""
    from datetime import UTC, datetime, time

    allowed, example = "one day, or a moment with its time zone", "2026-11-16 or 2026-11-16T09:00:00Z"
    if "T" not in text:
        moment = datetime.combine(day_of(text, option, allowed, example), time.max if is_end else time.min, UTC)
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise InvalidValue(option, text, f"{text!r} is not a moment", allowed=allowed, example=example) from None
    if moment.tzinfo is None:
        raise InvalidValue(option, text, f"{text} has no time zone", allowed=allowed, example=example)
    if not 1000 <= moment.year <= 9998:
        what = f"{text} is outside the years 1000 to 9998"
        raise InvalidValue(option, text, what, allowed=allowed, example=example)
    return moment


def moment_in_name(moment: datetime, *, is_end: bool) -> str:
    """A moment for the name of a file: the day where it is one, as :func:`moment_of` reads it."""
    from resight import dates

    day, time = dates.utc_text(moment).split("T")
    return day if time == ("23:59:59Z" if is_end else "00:00:00Z") else f"{day}T{time.replace(':', '')}"
