"""Date text to bounds, held against the edtf package; what is refused and what is proposed; the circle of the year."""

from __future__ import annotations

import warnings
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resight import dates

with warnings.catch_warnings():
    # The package builds its grammar at import, and newer versions of pyparsing warn about it.
    warnings.simplefilter("ignore")
    import edtf


@pytest.fixture(autouse=True)
def nothing_is_remembered() -> None:
    """Each test asks anew: an answer remembered from another test would hide a fault."""
    for remembers in (dates.parse, dates.utc_text, dates._season_shares):
        if hasattr(remembers, "cache_clear"):
            remembers.cache_clear()


Bounds = tuple[date, date]


def day(text: str) -> date:
    return date.fromisoformat(text)


def bounds(text: str) -> Bounds:
    found = dates.parse(text)
    return found.earliest, found.latest


def refusal(text: str) -> dates.DateError:
    with pytest.raises(dates.DateError) as caught:
        dates.parse(text)
    return caught.value


# --- what is understood


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "stated_days"),
    [
        ("2025-05-18", "2025-05-18", "2025-05-18", 1),
        ("2024-10", "2024-10-01", "2024-10-31", 31),
        ("2024-02", "2024-02-01", "2024-02-29", 29),
        ("2025-02", "2025-02-01", "2025-02-28", 28),
        ("2100-02", "2100-02-01", "2100-02-28", 28),
        ("2024", "2024-01-01", "2024-12-31", 366),
        ("2025", "2025-01-01", "2025-12-31", 365),
        ("2024-02-29", "2024-02-29", "2024-02-29", 1),
        ("2024-10-08/2024-10-13", "2024-10-08", "2024-10-13", 6),
        ("2024-10/2024-11", "2024-10-01", "2024-11-30", 61),
        ("2024-12-30/2025-01", "2024-12-30", "2025-01-31", 33),
        ("2023/2024", "2023-01-01", "2024-12-31", 731),
        ("2025-05-18/2025-05-18", "2025-05-18", "2025-05-18", 1),
        # A month that holds the day the interval begins with does not reverse it.
        ("2024-10-15/2024-10", "2024-10-15", "2024-10-31", 17),
        ("0001-01-01", "0001-01-01", "0001-01-01", 1),
        ("9999-12-31", "9999-12-31", "9999-12-31", 1),
    ],
)
def test_a_plain_date_has_the_bounds_it_states(text: str, earliest: str, latest: str, stated_days: int) -> None:
    found = dates.parse(text)
    assert (found.text, found.earliest, found.latest) == (text, day(earliest), day(latest))
    assert found.stated_days == stated_days
    assert (found.approximate, found.uncertain) == (False, False)
    assert found.is_day == (earliest == latest)


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "approximate", "uncertain"),
    [
        ("2025-03-04~", "2025-03-01", "2025-03-07", True, False),
        ("2025-03-04?", "2025-03-04", "2025-03-04", False, True),
        ("2025-03-04%", "2025-03-01", "2025-03-07", True, True),
        ("2024-10~", "2024-09-16", "2024-11-15", True, False),
        ("2024-10?", "2024-10-01", "2024-10-31", False, True),
        ("2024-10%", "2024-09-16", "2024-11-15", True, True),
        ("2024~", "2024-01-01", "2024-12-31", True, False),
        ("2024?", "2024-01-01", "2024-12-31", False, True),
        ("2024-03-01~", "2024-02-27", "2024-03-04", True, False),
        # Each end widens on its own side, by its own precision.
        ("2024-10-08~/2024-10-13", "2024-10-05", "2024-10-13", True, False),
        ("2024-10-08/2024-10-13~", "2024-10-08", "2024-10-16", True, False),
        ("2024-10-08?/2024-11~", "2024-10-08", "2024-12-15", True, True),
        ("2024~/2024-11-30~", "2024-01-01", "2024-12-03", True, False),
        # Widening stops where the calendar does.
        ("0001-01-01~", "0001-01-01", "0001-01-04", True, False),
        ("9999-12-31~", "9999-12-28", "9999-12-31", True, False),
    ],
)
def test_marks_widen_and_are_kept(text: str, earliest: str, latest: str, approximate: bool, uncertain: bool) -> None:
    found = dates.parse(text)
    assert (found.earliest, found.latest) == (day(earliest), day(latest))
    assert (found.approximate, found.uncertain) == (approximate, uncertain)


@pytest.mark.parametrize(
    ("text", "stated_days"), [("2025-03-04~", 1), ("2024-10~", 31), ("2024-10-08~/2024-10-13~", 6), ("2023~", 365)]
)
def test_stated_days_leave_the_widening_out(text: str, stated_days: int) -> None:
    assert dates.parse(text).stated_days == stated_days


def test_the_stated_widening_is_3_15_and_0_days() -> None:
    assert dates.APPROXIMATE_DAYS == {"day": 3, "month": 15, "year": 0}


# --- what is refused, and what is proposed instead


@pytest.mark.parametrize(
    ("text", "says", "suggestion"),
    [
        ("2025-02-30", "February 2025 has 28 days", ()),
        ("2024-02-30", "February 2024 has 29 days", ()),
        ("2025-02-29", "February 2025 has 28 days", ()),
        ("2025-04-31", "April 2025 has 30 days", ()),
        ("2025-05-00", "not on the calendar", ()),
        ("2025-13-05", "there is no month 13", ("2025-05-13",)),
        ("2025-18-05", "there is no month 18", ("2025-05-18",)),
        ("2025-13-13", "there is no month 13", ()),
        ("2025-32-05", "there is no month 32", ()),
        ("2025-13", "there is no month 13", ()),
        ("2025-00", "there is no month 00", ()),
        ("0000", "there is no year 0", ()),
        ("0000-05-18", "there is no year 0", ()),
        ("2024-10-13/2024-10-08", "reversed", ("2024-10-08/2024-10-13",)),
        ("2025/2024", "reversed", ("2024/2025",)),
        ("2024-10-08/..", "open at one end", ()),
        ("../2024-10-08", "open at one end", ()),
        ("2024-10-08/", "open at one end", ()),
        ("/2024-10-08", "open at one end", ()),
        ("/", "open at one end", ()),
        ("18.05.2025", "not a date in EDTF", ("2025-05-18",)),
        ("18. 5. 2025", "not a date in EDTF", ()),
        ("18-05-2025", "not a date in EDTF", ("2025-05-18",)),
        ("18 May 2025", "not a date in EDTF", ("2025-05-18",)),
        ("18. May 2025", "not a date in EDTF", ("2025-05-18",)),
        ("18 may 2025", "not a date in EDTF", ("2025-05-18",)),
        ("5 Sept. 2025", "not a date in EDTF", ("2025-09-05",)),
        ("May 18, 2025", "not a date in EDTF", ("2025-05-18",)),
        ("31 February 2025", "not a date in EDTF", ()),
        ("2025-5-18", "not a date in EDTF", ("2025-05-18",)),
        ("2025.05.18", "not a date in EDTF", ("2025-05-18",)),
        ("2025/05/18", "not a date", ("2025-05-18",)),
        ("20250518", "not a date in EDTF", ("2025-05-18",)),
        (" 2025-05-18", "not a date in EDTF", ("2025-05-18",)),
        ("2025-05-18\n", "not a date in EDTF", ("2025-05-18",)),
        # Both readings, where the order of day and month is open; one, where it is not.
        ("05/06/2025", "not a date", ("2025-06-05", "2025-05-06")),
        ("05.06.2025", "not a date in EDTF", ("2025-06-05", "2025-05-06")),
        ("05/18/2025", "not a date", ("2025-05-18",)),
        ("05/05/2025", "not a date", ("2025-05-05",)),
        # Digits of other scripts look like a date and compare like nothing.
        ("２０２５-05-18", "not a date in EDTF", ("2025-05-18",)),
        ("٢٠٢٥", "not a date in EDTF", ()),
        ("2025-05-18~?", "not a date in EDTF", ()),
        ("2025-05-18T10:00", "not a date in EDTF", ()),
        ("25-05-18", "not a date in EDTF", ()),
        ("-2025", "not a date in EDTF", ()),
        ("yesterday", "not a date in EDTF", ()),
        ("", "not a date in EDTF", ()),
    ],
)
def test_what_is_not_a_date_is_refused(text: str, says: str, suggestion: tuple[str, ...]) -> None:
    error = refusal(text)
    assert says in str(error)
    assert repr(text) in str(error)
    assert error.suggestion == suggestion


@pytest.mark.parametrize(
    ("text", "month_day"),
    [
        ("05-18", (5, 18)),
        ("--05-18", (5, 18)),
        ("18 May", (5, 18)),
        ("May 18", (5, 18)),
        ("18. Dec.", (12, 18)),
        ("29 February", (2, 29)),
    ],
)
def test_a_day_without_a_year_is_told_apart(text: str, month_day: tuple[int, int]) -> None:
    error = refusal(text)
    assert "has no year" in str(error)
    assert error.month_day == month_day


@pytest.mark.parametrize("text", ["13-18", "05-32", "31 February", "18 Ma", "0 May", "18 Foo"])
def test_what_is_no_day_of_any_year_has_no_month_day(text: str) -> None:
    assert refusal(text).month_day is None


@given(st.text(max_size=24) | st.from_regex(r"[0-9./~?% -]{1,21}", fullmatch=True))
def test_any_text_is_a_date_or_refused_with_suggestions_that_are_dates(text: str) -> None:
    try:
        found = dates.parse(text)
    except dates.DateError as error:
        for proposed in error.suggestion:
            dates.parse(proposed)
    else:
        assert found.earliest <= found.latest
        assert found.stated_days >= 1


@pytest.mark.parametrize("text", ["2025-05-18/2025-13-01", "2025-18-05/2025-05-20"])
def test_the_proposal_for_an_interval_is_an_interval(text: str) -> None:
    assert all("/" in proposed for proposed in refusal(text).suggestion)


# --- held against the edtf package

plain_days = st.dates(min_value=date(1000, 1, 1), max_value=date(2999, 12, 31))
stated = st.one_of(
    plain_days.map(lambda d: d.isoformat()),
    plain_days.map(lambda d: d.isoformat()[:7]),
    plain_days.map(lambda d: d.isoformat()[:4]),
)
leap_edges = st.sampled_from(["1900-02", "2000-02", "2000-02-29", "2024-02-29", "2024-02", "2023-02", "2100-02"])


def edtf_bounds(text: str) -> Bounds:
    found = edtf.parse_edtf(text)
    low, high = found.lower_strict(), found.upper_strict()
    return date(low.tm_year, low.tm_mon, low.tm_mday), date(high.tm_year, high.tm_mon, high.tm_mday)


@given(stated | leap_edges, st.sampled_from(["", "?"]))
def test_single_dates_have_the_strict_bounds_of_the_edtf_package(text: str, mark: str) -> None:
    assert bounds(text + mark) == edtf_bounds(text + mark)


@given(stated | leap_edges, stated | leap_edges)
def test_intervals_have_the_strict_bounds_of_the_edtf_package(a: str, b: str) -> None:
    first, last = sorted((a, b), key=lambda text: edtf_bounds(text)[0])
    expected = edtf_bounds(f"{first}/{last}")
    assert bounds(f"{first}/{last}") == expected
    assert dates.parse(f"{first}/{last}").stated_days == (expected[1] - expected[0]).days + 1


@given(stated | leap_edges, st.sampled_from(["~", "%"]))
def test_stated_days_of_an_approximate_date_are_those_of_the_edtf_package(text: str, mark: str) -> None:
    first, last = edtf_bounds(text + mark)
    assert dates.parse(text + mark).stated_days == (last - first).days + 1


# --- words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2025-05-18", "18 May 2025"),
        ("2025-05-08", "8 May 2025"),
        ("2024-10", "October 2024"),
        ("2024", "2024"),
        ("2024-10-08/2024-10-13", "8 October 2024 to 13 October 2024"),
        ("2024-10/2024-11", "October 2024 to November 2024"),
        ("2025-03-04~", "about 4 March 2025"),
        ("2025-03-04?", "4 March 2025 (uncertain)"),
        ("2025-03-04%", "about 4 March 2025 (uncertain)"),
        ("2024~/2025-01?", "about 2024 to January 2025 (uncertain)"),
        ("last year", "last year"),
    ],
)
def test_in_words(text: str, words: str) -> None:
    assert dates.in_words(text) == words


@pytest.mark.parametrize("text", ["2025-13", "2025-00"])
def test_a_month_that_is_none_is_left_as_it_is_written(text: str) -> None:
    assert dates.in_words(text) == text


# --- the last such day


@pytest.mark.parametrize(
    ("month_day", "today", "found"),
    [
        ((5, 18), "2025-05-18", ["2025-05-18"]),
        ((5, 18), "2025-05-17", ["2024-05-18"]),
        ((5, 18), "2026-01-01", ["2025-05-18"]),
        ((12, 31), "2026-01-01", ["2025-12-31"]),
        ((2, 29), "2025-03-01", ["2024-02-29"]),
        ((2, 29), "2024-02-28", ["2020-02-29"]),
        # 1900 was no leap year: eight years between two leap days.
        ((2, 29), "1904-02-28", ["1896-02-29"]),
    ],
)
def test_latest_past(month_day: tuple[int, int], today: str, found: list[str]) -> None:
    assert dates.latest_past(month_day, day(today)) == found


# --- time zones


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2025-05-18T01:40:00+00:00", "Asia/Vladivostok", "2025-05-18"),
        # Vladivostok is ten hours ahead, Pyongyang nine; both without summer time.
        ("2025-05-17T14:00:00+00:00", "Asia/Vladivostok", "2025-05-18"),
        ("2025-05-17T13:59:59+00:00", "Asia/Vladivostok", "2025-05-17"),
        ("2025-05-17T14:30:00+00:00", "Asia/Pyongyang", "2025-05-17"),
        ("2025-05-17T15:00:00+00:00", "Asia/Pyongyang", "2025-05-18"),
        # Pyongyang kept half past eight from August 2015 to May 2018.
        ("2017-05-17T15:00:00+00:00", "Asia/Pyongyang", "2017-05-17"),
        ("2025-05-18T00:30:00+09:00", "Asia/Pyongyang", "2025-05-18"),
        ("2025-05-18T00:30:00+09:00", "UTC", "2025-05-17"),
        ("2025-07-01T21:00:00+00:00", "Europe/Moscow", "2025-07-02"),
        ("2025-01-01T03:00:00+00:00", "America/New_York", "2024-12-31"),
        ("2025-07-01T03:59:00+00:00", "America/New_York", "2025-06-30"),
        ("2025-07-01T04:00:00+00:00", "America/New_York", "2025-07-01"),
    ],
)
def test_local_day(moment: str, zone: str, expected: str) -> None:
    assert dates.local_day(datetime.fromisoformat(moment), zone) == day(expected)


@pytest.mark.parametrize("name", ["Mars/Base", "", "Asia", "../etc/passwd", "/etc/localtime", "\0", "Vladivostok"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a time zone of the IANA database"):
        dates.check_timezone(name)


def test_a_time_zone_is_accepted() -> None:
    dates.check_timezone("Asia/Vladivostok")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2025, 5, 18, 1, 40, tzinfo=UTC), "2025-05-18T01:40:00Z"),
        (datetime(2025, 5, 18, 1, 40, tzinfo=timezone(timedelta(hours=10))), "2025-05-17T15:40:00Z"),
        (datetime(2025, 5, 18, 1, 40, 7, 999999, tzinfo=UTC), "2025-05-18T01:40:07Z"),
    ],
)
def test_utc_text(moment: datetime, text: str) -> None:
    assert dates.utc_text(moment) == text


def test_utc_text_writes_four_digits_of_year() -> None:
    assert dates.utc_text(datetime(999, 1, 1, tzinfo=UTC)) == "0999-01-01T00:00:00Z"


# --- the circle of the year


@pytest.mark.parametrize(
    ("text", "seat"),
    [
        ("2025-01-01", 0),
        ("2024-01-01", 0),
        ("2024-02-28", 58),
        ("2024-02-29", 58.5),
        ("2024-03-01", 59),
        ("2025-03-01", 59),
        ("2025-05-18", 137),
        ("2024-05-18", 137),
        ("2024-12-31", 364),
        ("2025-12-31", 364),
    ],
)
def test_circle_day(text: str, seat: float) -> None:
    assert dates.circle_day(day(text)) == seat


def test_2024_against_18_may_2025_is_31_60_and_275_of_366() -> None:
    assert dates.season_shares(bounds("2024"), bounds("2025-05-18")) == pytest.approx((31 / 366, 60 / 366, 275 / 366))


@pytest.mark.parametrize(
    ("a", "b", "shares"),
    [
        ("2024-05-18", "2025-05-18", (1, 0, 0)),
        ("2024-05-03", "2025-05-18", (1, 0, 0)),
        ("2024-05-02", "2025-05-18", (0, 1, 0)),
        ("2024-07-02", "2025-05-18", (0, 1, 0)),
        ("2024-07-03", "2025-05-18", (0, 0, 1)),
        # Over New Year: the circle closes.
        ("2024-12-31", "2025-01-01", (1, 0, 0)),
        ("2024-12-17", "2025-01-01", (1, 0, 0)),
        ("2024-12-16", "2025-01-01", (0, 1, 0)),
        ("2024-11-16", "2025-01-01", (0, 0, 1)),
        # 29 February lies half a day further from one neighbour than a day.
        ("2024-02-29", "2025-03-15", (1, 0, 0)),
        ("2024-02-29", "2025-03-16", (0, 1, 0)),
        ("2024-02-29", "2025-02-14", (1, 0, 0)),
        ("2024-02-29", "2025-02-13", (0, 1, 0)),
        ("2024-10-17", "2025-05-18", (0, 0, 1)),
        # Two of three days.
        ("2024-05-02/2024-05-04", "2025-05-18", (2 / 3, 1 / 3, 0)),
        ("2024", "2024", (31 / 366, 60 / 366, 275 / 366)),
    ],
)
def test_season_shares(a: str, b: str, shares: tuple[float, float, float]) -> None:
    expected = pytest.approx(shares, abs=1e-3 if a == b == "2024" else 1e-12)
    assert dates.season_shares(bounds(a), bounds(b)) == expected


def brute_force(a: Bounds, b: Bounds) -> tuple[float, float, float]:
    """Every pair of days, by the plain reading of the rule."""
    counts = [0, 0, 0]
    for p, q in product(*([low + timedelta(days=n) for n in range((high - low).days + 1)] for low, high in (a, b))):
        seats = []
        for one in (p, q):
            before = sum(monthrange(2025, month)[1] for month in range(1, one.month))
            seats.append(before + (one.day - 0.5 if (one.month, one.day) == (2, 29) else one.day))
        straight = abs(seats[0] - seats[1])
        around = min(straight, 365 - straight)
        counts[0 if around <= 15 else 1 if around <= 45 else 2] += 1
    total = sum(counts)
    return counts[0] / total, counts[1] / total, counts[2] / total


season_days = st.dates(min_value=date(2023, 11, 1), max_value=date(2025, 3, 31))
intervals = st.tuples(season_days, st.integers(0, 70)).map(lambda pair: (pair[0], pair[0] + timedelta(days=pair[1])))


@given(intervals, intervals)
def test_season_shares_are_those_of_all_pairs_of_days(a: Bounds, b: Bounds) -> None:
    found = dates.season_shares(a, b)
    assert found == pytest.approx(brute_force(a, b), abs=1e-12)
    assert sum(found) == pytest.approx(1)
    assert min(found) >= 0
    assert found == dates.season_shares(b, a)


# --- dates as other programs write them -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2025-05~", "2025-05~"),
        ("  2025-05-18  ", "2025-05-18"),
        ("18.05.2025", "2025-05-18"),
        ("5/18/2025", "2025-05-18"),
        ("18-05-2025", "2025-05-18"),
        ("5.5.2025", "2025-05-05"),
        ("2025/05/18", "2025-05-18"),
        ("2025.5.8", "2025-05-08"),
        ("20250518", "2025-05-18"),
        ("18 May 2025", "2025-05-18"),
        ("May 18, 2025", "2025-05-18"),
        ("18-May-2025", "2025-05-18"),
        ("May 2025", "2025-05"),
        ("05/2025", "2025-05"),
        ("12.2025", "2025-12"),
        ("18 мая 2025", "2025-05-18"),
        ("18 сентября 2025", "2025-09-18"),
        ("18 Sept. 2025", "2025-09-18"),
        ("20250101", "2025-01-01"),
        ("20251231", "2025-12-31"),
        ("12/31/2025", "2025-12-31"),
        ("1/31/2025", "2025-01-31"),
        ("5/2025 to 6/2025", "2025-05/2025-06"),
        ("2025년 5월 18일", "2025-05-18"),
        ("2025年5月", "2025-05"),
        ("18.05.2025 14:30", "2025-05-18"),
        ("5/18/2025 2:30 PM", "2025-05-18"),
        ("2025-05-18T14:30:05", "2025-05-18"),
        ("18.05.2025?", "2025-05-18?"),
        ("18.05.2025~", "2025-05-18~"),
        ("about May 2025", "2025-05~"),
        ("c. 2025", "2025~"),
        ("около 18.05.2025", "2025-05-18~"),
        ("about 2025-05~", "2025-05~"),
        ("about 2025-05?", "2025-05?"),
        ("about 2024-10-08/2024-10-13", "2024-10-08/2024-10-13"),
        ("8-13 October 2024", "2024-10-08/2024-10-13"),
        ("8–13 October, 2024", "2024-10-08/2024-10-13"),
        ("08.10.2024 – 13.10.2024", "2024-10-08/2024-10-13"),
        ("14 Oct 2024 to 2 Nov 2024", "2024-10-14/2024-11-02"),
        ("May 2025 bis June 2025", "2025-05/2025-06"),
    ],
)
def test_a_date_as_spreadsheets_and_reports_write_it(written: str, meant: str) -> None:
    expected = {"08.10.2024 – 13.10.2024": "dmy"}.get(written)
    assert dates.from_elsewhere(written, expected) == meant  # type: ignore[arg-type]


@pytest.mark.parametrize(("order", "meant"), [("dmy", "2025-06-05"), ("mdy", "2025-05-06")])
def test_the_order_of_day_and_month_is_taken_as_it_is_given(order: dates.Order, meant: str) -> None:
    assert dates.from_elsewhere("5/6/2025", order) == meant
    assert dates.from_elsewhere("5/6/2025~", order) == f"{meant}~"
    assert dates.from_elsewhere("about 5/6/2025", order) == f"{meant}~"


def test_an_open_order_is_asked_for_with_both_readings() -> None:
    with pytest.raises(dates.DateError, match=r"'5/6/2025' may be 2025-06-05 or 2025-05-06") as asked:
        dates.from_elsewhere("5/6/2025")
    assert list(asked.value.suggestion) == ["2025-06-05", "2025-05-06"]


@pytest.mark.parametrize(("written", "order", "what"), [("18.05.2025", "mdy", "month"), ("5/18/2025", "dmy", "day")])
def test_a_date_that_does_not_fit_the_order_is_refused(written: str, order: dates.Order, what: str) -> None:
    with pytest.raises(dates.DateError, match=f"^'{written}' is no date when the {what} comes first$") as refused:
        dates.from_elsewhere(written, order)
    assert list(refused.value.suggestion) == ["2025-05-18"]


@pytest.mark.parametrize(
    "written",
    ["", " ", "~", "about", "~?", "32.13.2025", "Smarch 2025", "13/2025", "00.00.2025", "18.05.2025 14:30 15:00"],
)
def test_what_is_no_date_is_refused_as_it_was_written(written: str) -> None:
    """The empty text and a bare mark were found by fuzzing: they ended in a traceback."""
    with pytest.raises(dates.DateError):
        dates.from_elsewhere(written)


@pytest.mark.parametrize(
    ("written", "possible"),
    [
        ("18.05.2025", {"dmy"}),
        ("5/18/2025", {"mdy"}),
        ("5/6/2025", {"dmy", "mdy"}),
        # The same either way round, so it tells of neither.
        ("5.5.2025", set()),
        ("31.31.2025", set()),
        ("29.02.2023", set()),
        ("5/6/2025 - 18/6/2025", {"dmy"}),
        ("18/6/2025 - 5/6/2025", {"dmy"}),
        ("18/5/2025 - 5/18/2025", set()),
        ("01.02.0000", set()),
        ("18 May 2025", set()),
        ("1/2/2025", {"dmy", "mdy"}),
        ("01.13.2025", {"mdy"}),
        ("31.12.2025", {"dmy"}),
        ("31.01.0001", {"dmy"}),
    ],
)
def test_the_orders_in_which_a_date_is_on_the_calendar(written: str, possible: set[str]) -> None:
    assert dates.orders(written) == possible


@pytest.mark.parametrize(("text", "month_day"), [("1 January", (1, 1)), ("31.12", None), ("12-31", (12, 31))])
def test_the_first_and_last_day_of_the_year_are_days_without_a_year(
    text: str, month_day: tuple[int, int] | None
) -> None:
    with pytest.raises(dates.DateError) as refused:
        dates.parse(text)
    assert refused.value.month_day == month_day


def test_december_is_told_in_words() -> None:
    assert dates.in_words("2024-12") == "December 2024"


def test_a_day_beyond_the_calendar_is_its_last_or_first() -> None:
    assert dates.shift(date.max, 1) == date.max
    assert dates.shift(date.min, -1) == date.min
