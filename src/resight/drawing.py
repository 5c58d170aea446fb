"""What is drawn of a site: its episodes, looks and other records as marks with their words, year by year."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from resight import figures
from resight.aside import Aside, shape_of
from resight.case import Case
from resight.dates import in_words
from resight.effort import UNCOUNTED_ABSENCE
from resight.episodes import Episode
from resight.figures import Thing, Timeline
from resight.observation import Observation

_TRACKED = frozenset(("flight-tracking", "ground", "report", "rest"))
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHAPES = {
    "nothing": "looked, found nothing",
    "absent": UNCOUNTED_ABSENCE,
    "unclear": "could not tell",
    "tracked": "seen by other means, not compared",
}


class Drawings:
    """Draws the sites of a case."""

    def __init__(self, case: Case, aside: Aside) -> None:
        self._case, self._aside = case, aside

    @cached_property
    def _matched(self) -> Mapping[str, str]:
        return {pair.current.id: pair.baseline.id for pair in self._case.repeats.matches}

    @cached_property
    def _linked(self) -> frozenset[str]:
        return frozenset((*self._matched, *self._matched.values()))

    def timeline(self, site: str) -> Timeline | None:
        """The years of one site, this year on top; None when there is nothing to draw."""
        matched = self._matched
        found = sorted(self._case.episodes_at.get(site, ()), key=lambda e: (e.time[0], e.last_seen[1], e.id))
        things = [self._episode_drawn(episode, episode.id in self._linked) for episode in found]
        strips: dict[str, list[Thing]] = {"looks": [], "other means": []}
        for record in self._case.by_site.get(site, ()):
            if record.outcome != "seen" and not record.aggregate:
                strips["looks"].append(self._record_drawn(record))
            elif record.outcome == "seen" and self._case.is_beside(record) and self._aside.reason(record) in _TRACKED:
                strips["other means"].append(self._record_drawn(record))
        baseline = sorted(self._case.repeats.baseline_years, reverse=True)
        role = "last year" if len(baseline) == 1 else "baseline"
        years = [figures.Year(self._case.repeats.year, "this year", "now")]
        rows = figures.rows([*years, *(figures.Year(year, role, "then") for year in baseline)], things, strips)
        shapes = {mark.shape for row in rows for mark in row.marks}
        # What was tracked elsewhere is listed in part 5; alone it makes a figure only at a watched site.
        if not shapes or (shapes == {"tracked"} and site not in self._case.repeats.watched.scope):
            return None
        told = [f"{row.year}: {'; '.join(m.title for m in row.marks) or 'nothing on file'}." for row in rows]
        return figures.timeline(
            rows,
            matched,
            site=site,
            title=f"{self._case.name(site)}: {self._case.now} and {self._case.then}, month by month",
            description=" ".join(told),
            months=_MONTHS,
        )

    def _episode_drawn(self, episode: Episode, matched: bool) -> Thing:
        is_sure = all(s.bounds[0] == s.bounds[1] or s.date_meaning == "throughout" for s in episode.sightings)
        # What it was, without the date: the name if there is one, else the class.
        label, is_known = episode.individual_name, bool(episode.individual)
        if not label:
            label = self._case.vocabulary.label(episode.claimed_path[-1] if episode.claimed_path else None)
            is_known = episode.path == episode.claimed_path
        return Thing(
            (episode.time[0], episode.last_seen[1]),
            "sure" if is_sure else "vague",
            self._case.described(episode) + ("" if is_sure else " (day not known)"),
            label if is_known else f"{label} (?)",
            episode.id,
            matched,
        )

    def _record_drawn(self, record: Observation) -> Thing:
        shape = shape_of(record)
        is_open = record.outcome != "seen" and not record.platform
        what = "anything" if is_open else self._case.vocabulary.label(record.platform)
        return Thing(record.bounds, shape, f"{_SHAPES[shape]}: {what}, {in_words(record.date)}")
