"""Where the pages of ``map`` and ``report`` go, and what they are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from resight.logbook import Logbook
    from resight.observation import Observation
    from resight.previews import Preview
    from resight.public import Terms

#: How a page that could not be written is written after all.
ELSEWHERE = "--output DIR names another folder"


class Years(Protocol):
    """A year and the years it is held against."""

    @property
    def year(self) -> int:
        """The year under study."""

    @property
    def baseline_years(self) -> tuple[int, ...]:
        """The years it is held against."""


def folder_of_pages(book: Logbook, output: str | None, terms: Terms | None) -> Path:
    """Where pages are written: those for the public apart, so that neither takes the other's place."""
    usual = book.folder / "maps"
    return Path(output) if output else usual / "public" if terms else usual


def report_name(years: Years, suffix: str = "") -> str:
    """The name of the report of two years; ``suffix`` sets a narrowed one apart."""
    first, last = years.baseline_years[0], years.baseline_years[-1]
    then = str(first) if first == last else f"{first}-to-{last}"
    return f"report-{years.year}-vs-{then}{suffix}.html"


def preview_in(book: Logbook) -> Callable[[Observation], Preview]:
    """What makes a small copy of the image that a record names."""
    from resight import previews

    return lambda record: previews.preview(book.folder, record.image_href or "", record.image_sha256)
