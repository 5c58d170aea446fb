"""The images that stand beside the records of a page: which ones, how many, and why one is not shown.

Whether a file may be shown is for :mod:`resight.previews` to say; here no file is touched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from resight.case import Case
from resight.episodes import Episode
from resight.observation import Observation
from resight.previews import Preview, is_to_be_shown

#: So many images are on a page at most, so that it stays small enough to be sent.
MOST_IMAGES = 40
_ENOUGH = Preview(reason=f"image on file, not shown here: this page already holds {MOST_IMAGES}")


class Picture(NamedTuple):
    """An image beside a record, or the reason why there is none."""

    preview: Preview
    #: What it is of and when, for those who do not see it.
    alt: str
    #: Whose it is, as far as the record says, and the id of the record.
    credit: str
    record: str


class Album:
    """Gives out the images of episodes, first come, first served.

    Args:
        case: the records and their words.
        preview: a copy of the image of one record, see :func:`resight.previews.preview`; None for no images at all.
    """

    def __init__(self, case: Case, preview: Callable[[Observation], Preview] | None) -> None:
        self._case, self._preview = case, preview
        self._left = MOST_IMAGES

    def of(self, episode: Episode) -> list[Picture]:
        """The images of an episode, each once; never of a record whose sources are all confidential."""
        if self._preview is None:
            return []
        # One image may stand in several records of a visit.
        first: dict[tuple[str | None, str | None], Observation] = {}
        for record in episode.sightings:
            if is_to_be_shown(record):
                first.setdefault((record.image_href, record.image_sha256), record)
        alt = f"Image on file: {self._case.described(episode)}, at {self._case.name(episode.site)}"
        return [
            Picture(
                self._copy(record, self._preview),
                alt,
                ", ".join(part for part in (record.image_provider, record.image_license) if part),
                record.id or "",
            )
            for record in first.values()
        ]

    def _copy(self, record: Observation, preview: Callable[[Observation], Preview]) -> Preview:
        if not self._left:
            return _ENOUGH
        found = preview(record)
        self._left -= bool(found.uri)
        return found
