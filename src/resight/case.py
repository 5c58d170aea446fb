"""The case in hand: all records of a logbook, and two sides held against each other, with their names.

What a report says of effort, of single episodes and of years laid over each other rests on the same few questions
(which side does a record belong to, does it take part, what is its site called), answered here once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date as Day
from functools import cached_property
from itertools import chain

from resight import evidence, figures
from resight.comparison import Repeats
from resight.dates import in_words
from resight.episodes import Episode
from resight.observation import Observation, Site
from resight.vocabulary import Vocabulary
from resight.wording import listed, period_of, years_text


class Case:
    """Records and what came of comparing them, in the order and with the names a reader gets.

    Args:
        records: all records of the logbook; those of other years belong to neither side.
        repeats: this year held against the baseline years.
        sites: the register; a site that is not in it goes by its id.
        vocabulary: the words for platforms and activities.
        up_to: ISO time up to which the data go, or words when there are none.
    """

    def __init__(
        self,
        records: Iterable[Observation],
        repeats: Repeats,
        sites: Mapping[str, Site],
        vocabulary: Vocabulary,
        up_to: str,
    ) -> None:
        self.all_records = sorted(records, key=lambda r: (*r.bounds, r.id or ""))
        #: Without the withdrawn ones.
        self.records = [r for r in self.all_records if r.status != "withdrawn"]
        self.repeats, self.sites, self.vocabulary = repeats, sites, vocabulary
        #: The two sides as a reader reads them: ``2025`` and ``2022–2024``.
        self.now, self.then = str(repeats.year), years_text(repeats.baseline_years)
        # A report on sites that were asked for has them in the place of the watched ones.
        is_watched = set(repeats.watched.scope) == {site.id for site in sites.values() if site.watched}
        self.group = "watched sites" if is_watched else "sites asked for"

        day = re.match(r"\d{4}-\d{2}-\d{2}(?![^T])", up_to)
        #: The day up to which the data go, in words.
        self.up_to_day = in_words(day[0]) if day else up_to
        #: The same as a day; None when nothing is logged.
        self.until = Day.fromisoformat(day[0]) if day else None
        # Only what has been logged tells how far a year has got: the clock may be ahead of the logbook by months.
        self._logged_until = int(day[0][:4]) if day else None

    @property
    def running(self) -> str:
        """That the year under study is not over by what is logged; empty when it is, or when nobody knows."""
        if self._logged_until is None or self._logged_until > self.repeats.year:
            return ""
        still = "is still running" if self._logged_until == self.repeats.year else "had not begun"
        return f"{self.now} {still}: logged up to {self.up_to_day}."

    @property
    def so_far(self) -> str:
        """What follows "not repeated on file" as long as the year is not over."""
        return " so far" if self.running or self._logged_until is None else ""

    def name(self, site: str) -> str:
        """What a site is called."""
        known = self.sites.get(site)
        return known.name if known else site

    def names(self, sites: Iterable[str]) -> str:
        """Several sites in a sentence."""
        return listed([self.name(site) for site in sites])

    def called(self, scope: Sequence[str]) -> str:
        """What the sites of a comparison are called in a sentence: one by its name, several as the group they are."""
        return self.name(scope[0]) if len(scope) == 1 else f"the {self.group}"

    def described(self, episode: Episode) -> str:
        """An episode in a few words, see :func:`resight.evidence.described`."""
        return evidence.described(episode, self.vocabulary)

    def period(self, record: Observation) -> str:
        """``now``, ``then`` or ``other``; a date that may lie in two years is in neither."""
        return period_of(*record.bounds, self.repeats)

    @cached_property
    def by_site(self) -> Mapping[str, list[Observation]]:
        """The records of each site that has any, without the withdrawn ones."""
        found: dict[str, list[Observation]] = {}
        for record in self.records:
            found.setdefault(record.site, []).append(record)
        return found

    @cached_property
    def undetermined(self) -> tuple[Episode, ...]:
        """Episodes that may lie in a compared year or in the one beside it."""
        years = (self.repeats.year, *self.repeats.baseline_years)
        return tuple(e for e in self.repeats.undetermined if any(figures.touches(e.time, year) for year in years))

    @cached_property
    def episodes_at(self) -> Mapping[str, list[Episode]]:
        """The episodes of each site that are compared, or would be were their year known."""
        found: dict[str, list[Episode]] = {}
        compared = chain.from_iterable((*c.current, *c.baseline) for c in self.repeats.comparisons)
        for episode in chain(compared, self.undetermined):
            found.setdefault(episode.site, []).append(episode)
        return found

    def is_beside(self, record: Observation) -> bool:
        """Does a record take no part in any comparison?"""
        return record.id not in self._compared

    @cached_property
    def _compared(self) -> frozenset[str | None]:
        """Ids of the records that take part in a comparison."""
        return frozenset(s.id for e in chain.from_iterable(self.episodes_at.values()) for s in e.sightings)
