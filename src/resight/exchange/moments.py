"""Times as foreign files write them, to the EDTF text or the moment that stands under a date.

A moment with its offset stays a moment: its day depends on the time zone of the site, which a file does not know
(:func:`on_site`). Nothing is made more precise than it was written, and an open end stays open.
"""

import re
from datetime import datetime
from typing import Any

from resight.dates import local_day

_XML_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_OPEN = ".."


def moment(written: Any) -> datetime | None:
    """A date and time with its offset from UTC; None when it is anything else."""
    if not isinstance(written, str) or len(written) > 40 or "T" not in written.upper().replace(" ", "T"):
        return None
    try:
        found = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    return found if found.tzinfo and 1000 <= found.year <= 9998 else None


def reduced(written: str) -> str | datetime:
    """A time of KML (xsd: gYear, gYearMonth, date, dateTime) as EDTF, or as a moment; else the text as it is.

    A dateTime without an offset is taken as local, as its day.
    """
    given = written.strip()
    day = _XML_DAY.fullmatch(given)
    if day:
        return "-".join(part for part in day.groups() if part)
    found = moment(given)
    if found:
        return found
    local = re.fullmatch(r"(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?", given, re.ASCII)
    return local[1] if local else given


def span(begin: str | None, end: str | None) -> str | datetime | None:
    """An interval in EDTF of two times of a file, ``..`` where it is open; ends that are moments keep their offset."""
    ends = [reduced(end) if end and end.strip() not in ("", _OPEN) else None for end in (begin, end)]
    if ends[0] == ends[1]:
        return ends[0]
    return "/".join(_OPEN if end is None else end.isoformat() if isinstance(end, datetime) else end for end in ends)


def on_site(value: str | datetime, timezone: str) -> str:
    """What :func:`reduced` and :func:`span` give as EDTF days in the time zone of a site; other text as it is."""
    if isinstance(value, datetime):
        return local_day(value, timezone).isoformat() if value.tzinfo else value.date().isoformat()
    days = [_day(end, timezone) for end in value.split("/")]
    return days[0] if len(set(days)) == 1 else "/".join(days)


def _day(end: str, timezone: str) -> str:
    found = moment(end)
    return local_day(found, timezone).isoformat() if found else end
