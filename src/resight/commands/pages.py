"""Where the pages of ``map`` and ``report`` go, and what they are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resight.comparison import Repeats
    from resight.logbook import Logbook
    from resight.observation import Observation
    from resight.previews import Preview
    from resight.public import Terms

#: How a page that could not be written is written after all.
ELSEWHERE = "--output DIR names another folder"


def folder_of_pages(book: Logbook, output: str | None, terms: Terms | None) -> Path:
    """Where pages are written: those for the public apart, so that neither takes the other's place."""
    usual = book.folder / "maps"
    return Path(output) if output else usual / "public" if terms else usual


def report_name(repeats: Repeats, suffix: str = "") -> str:
    """The name of the report of two years; ``suffix`` sets a narrowed one apart."""
    first, last = repeats.baseline_years[0], repeats.baseline_years[-1]
    then = str(first) if first == last else f"{first}-to-{last}"
    return f"report-{repeats.year}-vs-{then}{suffix}.html"


def preview_in(book: Logbook) -> Callable[[Observation], Preview]:
    """What makes a small copy of the image that a record names."""
    from resight import previews

    return lambda record: previews.preview(book.folder, record.image_href or "", record.image_sha256)
