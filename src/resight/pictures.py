"""The images beside the records of a map page: small copies of the logbook's own, each held once, within a size.

Whether a file may be shown is for :mod:`resight.previews` to say; here no file is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from resight import flatmap
from resight.comparison import Repeats
from resight.episodes import Episode
from resight.errors import Problem, ResightError
from resight.observation import Observation, Site
from resight.previews import Chip, Preview, is_to_be_shown
from resight.wording import Data, numbered, years_text

#: Characters of all copies on one page at most: with the map itself it can still be sent by e-mail.
MOST_TEXT = 5_000_000
_MEND = "put the file where the record says, or correct the record with `resight amend`"


class TooManyImages(ResightError):
    """The images of a page would make it too large to be handed on; nothing is written."""

    exit_code = 3


class Pictures(NamedTuple):
    """The images of one page."""

    #: Address (``data:``), width and height in pixels of each copy.
    copies: list[list[str | int]]
    #: Record id to which copy stands beside it and who is to be credited, or to the reason why there is none.
    of: dict[str, Data]
    #: The images that could not be shown.
    problems: list[Problem]
    #: Images to lay on the map: id of the first record that names each, its address (``data:``), and its box on a flat
    #: map as west, south, east, north.
    chips: list[Data]


def of_site(
    records: Iterable[Observation],
    site: Site,
    repeats: Repeats,
    preview: Callable[[Observation], Preview],
    chip: Callable[[Observation], Chip],
) -> Pictures:
    """The images beside a site's records of the compared years, with what stands beside them on the other side.

    An image over several records is held once. Never one of a record whose sources are all confidential.

    Args:
        records: the records of the logbook.
        site: the site the page is about.
        repeats: this year held against the baseline years.
        preview: a copy of the image of one record, see :func:`resight.previews.preview`.
        chip: the same image to lay on the map, if it says where it lies, see :func:`resight.previews.chip`.

    Raises:
        TooManyImages: says how much there is, how much may be, and what to leave out.
    """
    years = {repeats.year, *repeats.baseline_years}
    wanted = [r for r in records if r.site == site.id and {day.year for day in r.bounds} <= years and is_to_be_shown(r)]
    found = Pictures([], {}, [], [])
    held: dict[tuple[str | None, str | None], tuple[int | None, str]] = {}
    size = 0
    for number, record in enumerate(wanted, 1):
        image = record.image_href, record.image_sha256
        if image not in held:
            copy, laid = preview(record), chip(record)
            size += len(copy.uri) + len(laid.uri)
            if size > MOST_TEXT:
                raise TooManyImages(_too_many(site, size, number, len(wanted), repeats))
            held[image] = (len(found.copies) if copy.uri else None), copy.reason
            if copy.uri:
                found.copies.append([copy.uri, copy.width, copy.height])
            if laid.bounds is not None:
                box = flatmap.box(laid.bounds, site.point[0])
                found.chips.append({"id": record.id, "uri": laid.uri, "bounds": box})
        index, reason = held[image]
        identifier = record.id or ""
        if index is None:
            found.of[identifier] = {"reason": f"{reason[0].upper()}{reason[1:]}."}
            found.problems.append(Problem("warning", reason, id=identifier, field="image_href", mend=_MEND))
        else:
            credit = [part for part in (record.image_provider, record.image_license) if part]
            found.of[identifier] = {"copy": index, "credit": credit, "beside": []}
    for pair in repeats.matches:
        now, then = (_shown(episode, found) for episode in (pair.current, pair.baseline))
        for ours, theirs in ((now, then), (then, now)):
            for identifier in ours:
                # One of the other side is enough to compare with; its record leads to the rest.
                found.of[identifier]["beside"] += theirs[:1]
    return found


def _shown(episode: Episode, pictures: Pictures) -> list[str]:
    """The sightings of an episode that have a copy on the page."""
    return [s.id or "" for s in episode.sightings if "copy" in pictures.of.get(s.id or "", {})]


def _too_many(site: Site, size: int, number: int, of: int, repeats: Repeats) -> str:
    years = f"{repeats.year} and {years_text(repeats.baseline_years)}"
    first = f"those of the first {number} of {numbered(of, 'record')} with one take {size / 1e6:.1f} MB"
    return (
        f"nothing written: too many images for the page of {site.name}: of {years}, {first}, and a page holds "
        f"{MOST_TEXT / 1e6:.1f} MB of them at most; compare fewer years (--year, --baseline), name only other sites, "
        "or leave out --images"
    )
