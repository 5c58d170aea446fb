"""Ids of records: readable and permanent, made once of site, date and platform, and never read back for meaning."""

from collections.abc import Collection
from functools import lru_cache

from resight.observation import Observation

#: Stands where a platform would.
ANY = "any"
_DOUBT = str.maketrans("", "", "~?%")


def stem(site: str, date: str, platform: str | None) -> str:
    """What an id begins with: ``dunay-2025-05-18-ropucha-class``, ``any`` where nothing particular was looked for."""
    return f"{site}-{when(date)}-{platform or ANY}"


@lru_cache(maxsize=4096)
def when(date: str) -> str:
    """A date as it stands in an id: ``2024-10-08-to-2024-10-13``, without its marks of doubt."""
    return date.translate(_DOUBT).replace("/", "-to-")


def new_id(record: Observation, taken: Collection[str | None], last_numbers: dict[str, int] | None = None) -> str:
    """The id of a record: its stem, with ``-2``, ``-3`` … when that is taken.

    ``last_numbers`` remembers the last number given to a stem, for many records of one kind.
    """
    return numbered(stem(record.site, record.date, record.platform), taken, last_numbers)


def numbered(begin: str, taken: Collection[str | None], last_numbers: dict[str, int] | None = None) -> str:
    """A stem with the first number that is not taken."""
    numbers = last_numbers if last_numbers is not None else {}
    number = numbers.get(begin, 0) + 1
    while (identifier := begin if number == 1 else f"{begin}-{number}") in taken:
        number += 1
    numbers[begin] = number
    return identifier
