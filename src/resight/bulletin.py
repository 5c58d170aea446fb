"""A bulletin: what happened to the records since a moment, told as the first thing a reader gets.

What happened is found by :mod:`resight.changes`; here it is put into the lists of a page and into plain data.
"""

from __future__ import annotations

from typing import NamedTuple

from resight import dates
from resight.changes import NOT_GIVEN, Change, Changes, LookedAt
from resight.listing import some
from resight.wording import Data

#: Where a list that is cut short is whole.
ALL_IN = "resight report --since … --format json"


class Bulletin(NamedTuple):
    """What happened in a time, as a reader reads it and as plain data."""

    #: All of it in one sentence of numbers.
    lead: str
    #: One list for each kind of change, with its title, see :func:`resight.listing.some`; none that is empty.
    lists: tuple[Data, ...]
    #: Every change with the id of its record, however many there are.
    numbers: Data


def of(changes: Changes) -> Bulletin:
    """Tell what happened."""
    lists = (
        ("Logged", some(changes.new, lambda one: _told(one, "logged"), all_in=ALL_IN)),
        ("Corrected", some(changes.corrected, lambda one: _told(one, "corrected"), all_in=ALL_IN)),
        ("Reviewed", some(changes.reviewed, lambda one: _told(one, "reviewed"), all_in=ALL_IN)),
        ("Withdrawn", some(changes.withdrawn, lambda one: _told(one, "withdrawn"), all_in=ALL_IN)),
        ("Looked at", some(changes.looks, _look, all_in=ALL_IN)),
        ("Changed outside the log", some(changes.outside, lambda one: _told(one, "changed"), all_in=ALL_IN)),
    )
    return Bulletin(
        lead=changes.lead,
        lists=tuple({"title": title, **told} for title, told in lists if told["count"]),
        numbers=_numbers(changes),
    )


def _told(change: Change, done: str) -> Data:
    """What happened to one record, and when and by whom as far as that is known; the old wording beside the new."""
    day = f" on {dates.in_words(change.moment[:10])}" if change.moment else ""
    by = f" by {change.by}" if change.by else ""
    said = ": ".join(part for part in ((day or by) and f"{done}{day}{by}", change.reason) if part)
    return {
        "where": f"{change.place}, {change.when}",
        "what": [(change.what, change.id)],
        "said": said[:1].upper() + said[1:],
        "fields": [
            {**field._asdict(), "had": field.old != NOT_GIVEN, "has": field.new != NOT_GIVEN} for field in change.fields
        ],
    }


def _look(look: LookedAt) -> Data:
    """One look with all that it found."""
    return {
        "where": f"{look.place}, {look.when}",
        "what": list(zip(look.what, look.ids, strict=True)),
        "said": "",
        "fields": [],
    }


def _numbers(changes: Changes) -> Data:
    """The changes as plain data: times in UTC, lists as :class:`resight.changes.Changes` names them."""
    lists = {
        name: [{**one._asdict(), "fields": [field._asdict() for field in one.fields]} for one in getattr(changes, name)]
        for name in ("new", "corrected", "reviewed", "withdrawn", "outside")
    }
    return {
        "since": dates.utc_text(changes.since),
        "until": dates.utc_text(changes.until) if changes.until else None,
        "lead": changes.lead,
        **lists,
        "looks": [look._asdict() for look in changes.looks],
    }
