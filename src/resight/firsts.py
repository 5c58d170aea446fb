"""Firsts and mosts: how a class seen this year stands among all the years on file at its site.

They speak of what is on file and of nothing else. Counted are episodes of the class as it is known without a hedge, by
an admitted method, in a year that is known; what may have been one of the class is named beside the sentence, and a
"most" that it could overturn is not said. Where nobody knows how often anyone looked, the sentence says so (see
:mod:`resight.effort`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from resight import episodes
from resight.case import Case
from resight.effort import Effort
from resight.episodes import Episode
from resight.observation import Observation
from resight.wording import numbered, years_text

#: Of several years up to so many are named one by one.
YEARS_NAMED = 6


class Standing(NamedTuple):
    """A class of this year at one site, among all the years on file there."""

    site: str
    platform: str
    #: Episodes by year, this one included; years without one are left out.
    visits: Mapping[int, int]
    #: Records by year that are, or may be, of the class and are not counted.
    uncounted: Mapping[int, int]
    said: tuple[str, ...]


class Firsts:
    """What this year's classes are the first, or the most, of.

    Args:
        conditions: in words, what narrows or widens what is counted.
    """

    def __init__(self, case: Case, effort: Effort, conditions: Sequence[str]) -> None:
        self._case, self._effort, self._conditions = case, effort, conditions

    def at(self, site: str) -> tuple[Standing, ...]:
        """The classes of this year at a site of which there is something to say; none with a single baseline year."""
        if len(self._case.repeats.baseline_years) < 2:
            return ()
        here = self._episodes.get(site, [])
        now = [e for e in here if e.year == self._case.repeats.year and e.path == e.claimed_path]
        found = (self._standing(site, node, here) for node in sorted({e.path[-1] for e in now}))
        return tuple(standing for standing in found if standing.said)

    @cached_property
    def _episodes(self) -> Mapping[str, list[Episode]]:
        """The episodes of all years, by site."""
        found: dict[str, list[Episode]] = defaultdict(list)
        for episode in episodes.find(self._case.records, self._case.vocabulary, methods=self._case.repeats.methods):
            found[episode.site].append(episode)
        return found

    def _standing(self, site: str, node: str, here: Sequence[Episode]) -> Standing:
        case, year = self._case, self._case.repeats.year
        counted = [e for e in here if e.year is not None and node in e.path]
        visits = Counter(e.year for e in counted if e.year is not None)
        sure = {sighting.id for e in counted for sighting in e.sightings}
        uncounted: Counter[int] = Counter()
        for record in case.by_site.get(site, ()):
            if record.id not in sure and self._may_be(record, node):
                uncounted.update(_years(record))
        on_file = {one for record in case.by_site.get(site, ()) for one in _years(record)}
        # A vague date may be that of a visit already counted.
        ids = {e.id for e in counted if e.year == year}
        least = sum(e.year == year and not ids.intersection(e.may_be_same_as) for e in counted)
        said = [
            self._first(site, node, visits, uncounted, on_file),
            self._most(site, node, max(least, 1), visits, uncounted, on_file),
        ]
        known = case.sites.get(site)
        for resident in known.residents if known else ():
            if resident.platform in case.vocabulary.path(node):
                number = f"{resident.count} " if resident.count else ""
                said = [one and f"{one} {resident.operator} keeps {number}of this class there." for one in said]
        narrowed = f" Counted only: {'; '.join(self._conditions)}." if self._conditions else ""
        return Standing(
            site,
            node,
            dict(sorted(visits.items())),
            dict(sorted(uncounted.items())),
            tuple(sentence + narrowed for sentence in said if sentence),
        )

    def _may_be(self, record: Observation, node: str) -> bool:
        """Is a record of the class, or could it be: known less closely, doubted, or left out by method?"""
        words = self._case.vocabulary
        if record.outcome != "seen" or not words.is_matched(record.platform):
            return False
        path, wanted = episodes.full_path(record, words), words.path(node)
        return all(a == b for a, b in zip(path, wanted, strict=False))

    def _first(
        self, site: str, node: str, visits: Mapping[int, int], uncounted: Mapping[int, int], on_file: Iterable[int]
    ) -> str:
        """That nothing of the class is on file in the years before this one, as far back as that holds."""
        year, what, where = self._case.repeats.year, self._case.vocabulary.label(node), self._case.name(site)
        before = sorted(y for y in on_file if y < year)
        last = max((y for y in visits if y < year), default=None)
        if not before or last == year - 1:
            return ""
        start = before[0] if last is None else last + 1
        # Years of the baseline were asked for: that nothing at all is on file for one of them must be said, too.
        asked = [y for y in self._case.repeats.baseline_years if y < year and (last is None or y > last)]
        between = [y for y in before if y >= start]
        empty = sorted({*range(start, year), *asked} - set(between))
        nothing = f"nothing at all is on file there for {_any_of(empty)}" if empty else ""
        if not between:
            return f"The last {what} on file at {where} before {year} is of {last}, but {nothing}."
        if last is None:
            said = f"{what} is on file at {where} in {year}, and not in {_any_of(between)}"
        else:
            said = f"First {what} on file at {where} since {last}"
        return "".join(
            (
                f"{said}; {nothing}." if nothing else f"{said}.",
                self._not_counted(uncounted, between),
                self._looks(site, node, between),
            )
        )

    def _most(
        self,
        site: str,
        node: str,
        least: int,
        visits: Mapping[int, int],
        uncounted: Mapping[int, int],
        on_file: Iterable[int],
    ) -> str:
        """That there are more visits on file than in any other year, when nothing left uncounted could overturn it."""
        year, what, where = self._case.repeats.year, self._case.vocabulary.label(node), self._case.name(site)
        others = {y: visits.get(y, 0) for y in on_file if y != year}
        most = max(others.values(), default=0)
        if not most or any(least <= number + uncounted.get(y, 0) for y, number in others.items()):
            return ""
        number = numbered(least, "visit") if least == visits[year] else f"at least {numbered(least, 'visit')}"
        peaks = [y for y, visited in others.items() if visited == most]
        when = "before that" if all(y < year for y in others) else "in other years"
        said = (
            f"Most ever on file: {number} of {what} at {where} in {year}{self._case.so_far}; "
            f"{when} at most {most}, in {_all_of(peaks)}."
        )
        return said + self._not_counted(uncounted, others) + self._looks(site, node, others, year)

    def _not_counted(self, uncounted: Mapping[int, int], years: Iterable[int]) -> str:
        found = {y: uncounted[y] for y in sorted(years) if uncounted.get(y)}
        if not found:
            return ""
        told = _and([f"{numbered(number, 'record')} of {y}" for y, number in found.items()])
        return f" Not counted, being less certain or left out by method: {told}."

    def _looks(self, site: str, node: str, years: Iterable[int], most_in: int | None = None) -> str:
        """How often anyone looked in the years compared, or that nobody knows; more looks find more visits."""
        words, every = self._case.vocabulary, {*years, *([most_in] if most_in else [])}
        looked = {y: sum(look.could_find(node, words) for look in self._effort.counted(site, y)) for y in sorted(every)}
        unknown = [y for y, number in looked.items() if not number]
        if unknown:
            when = _any_of(unknown)
            return f" How often anyone looked is not known for {when}, so this may be a matter of looking."
        more = most_in and all(looked[most_in] > number for y, number in looked.items() if y != most_in)
        reason = ", so more looks may be the reason" if more else ""
        return f" Looks that would have shown it: {_and([f'{n} in {y}' for y, n in looked.items()])}{reason}."


def _years(record: Observation) -> range:
    """The years a record may lie in."""
    first, last = record.bounds
    return range(first.year, last.year + 1)


def _any_of(years: Sequence[int]) -> str:
    """``2022, 2023 or 2024``; a span where there are many."""
    return _listed(years, "or")


def _all_of(years: Sequence[int]) -> str:
    return _listed(sorted(years), "and")


def _listed(years: Sequence[int], word: str) -> str:
    if len(years) > YEARS_NAMED:
        return f"any of {years_text(years)}" if word == "or" else years_text(years)
    return _and(list(map(str, years)), word)


def _and(parts: list[str], word: str = "and") -> str:
    return f" {word} ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
