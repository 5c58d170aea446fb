"""Times of foreign files to EDTF and moments."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resight import dates
from resight.exchange import moments


@pytest.mark.parametrize(
    ("value", "zone", "day"),
    [
        (datetime(2025, 5, 17, 22, 40, tzinfo=UTC), "Asia/Vladivostok", "2025-05-18"),
        (datetime(2025, 5, 17, 22, 40, tzinfo=UTC), "Europe/London", "2025-05-17"),
        (datetime(2025, 5, 17, 22, 40), "Asia/Vladivostok", "2025-05-17"),
        ("2025-05-17T22:40:00Z/2025-05-18T01:00:00Z", "Asia/Vladivostok", "2025-05-18"),
        ("2025-05-17T22:40:00+00:00/2025-05-20", "Asia/Vladivostok", "2025-05-18/2025-05-20"),
        ("2024-10", "Asia/Vladivostok", "2024-10"),
        ("2024-10/..", "Asia/Vladivostok", "2024-10/.."),
        ("last week", "Asia/Vladivostok", "last week"),
    ],
)
def test_the_day_of_a_moment_is_that_of_the_site(value: str | datetime, zone: str, day: str) -> None:
    assert moments.on_site(value, zone) == day


@given(
    st.dates().filter(lambda day: day.year >= 1000),
    st.sampled_from(["%Y", "%Y-%m", "%Y-%m-%d"]),
    st.sampled_from(["", "Z", "+10:00"]),
)
def test_a_reduced_time_allows_the_days_that_were_written(day: "datetime", how: str, zone: str) -> None:
    found = moments.reduced(day.strftime(how) + zone)
    assert isinstance(found, str)
    bounds = dates.parse(found)
    assert bounds.earliest <= day <= bounds.latest
    assert found == day.strftime(how)


@given(st.text() | st.none(), st.text() | st.none())
def test_any_text_gives_text_or_a_moment(begin: str | None, end: str | None) -> None:
    found = moments.span(begin, end)
    assert found is None or isinstance(found, str | datetime)
    if found is not None:
        assert isinstance(moments.on_site(found, "Asia/Vladivostok"), str)
