"""What the pattern-similarity report says, as plain data, decided once for every format it is written in.

:func:`of` decides; :mod:`resight.report` only lays out. A section of the report is a field of :class:`Findings`, in
words for a reader and in plain numbers; nothing in it knows of a format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import resight
from resight import method
from resight.account import Accounts, kinship, pair_numbers
from resight.aside import Aside
from resight.bottomline import BottomLine
from resight.case import Case
from resight.comparison import Comparison, Repeats
from resight.dates import in_words
from resight.drawing import Drawings
from resight.effort import Effort
from resight.errors import Problem
from resight.likeness import Overlay, Overlays
from resight.observation import Observation, Site
from resight.vocabulary import Vocabulary
from resight.wording import Data, numbered


class Findings(NamedTuple):
    """Everything the report says, in the order it says it; a dictionary for each thing with several sides to it."""

    title: str
    year: int
    baseline_years: tuple[int, ...]
    #: The two sides in words.
    now: str
    then: str
    #: What the sites compared as one group are called, and which they are.
    group: str
    watched_names: str
    #: In words, what narrows or widens this report against the standard one.
    conditions: tuple[str, ...]
    #: ISO time up to which the data go, or words when there are none; and its day in words.
    up_to: str
    up_to_day: str
    digest: str
    version: str
    #: The one sentence at the top.
    lead: str
    #: Sentences, each with the lines that go under it; no bits, no probability.
    bottom_line: tuple[tuple[str, tuple[str, ...]], ...]
    #: The watched sites as one group, and every other site alone.
    watched: Data
    others: tuple[Data, ...]
    #: What is known of the looks, site by site, the watched ones first.
    effort: tuple[Data, ...]
    looks_without: tuple[Data, ...]
    looks_needed: tuple[tuple[str, int], ...]
    #: Every sighting that takes no part in the comparison, by the first reason that holds.
    never_matched: tuple[Data, ...]
    #: Pairs of records of which one says that it contradicts the other, each pair once.
    contradictions: tuple[Data, ...]
    #: What the checks say: level, in words, where.
    doubts: tuple[tuple[str, str, str], ...]
    merging_rule: str
    season_u: str
    #: Name in the method, meaning and value of everything assumed.
    assumptions: tuple[tuple[str, str, str], ...]
    #: Catalogue sizes: of what, size, where the number comes from, where it was used.
    sizes: tuple[tuple[str, str, str, str], ...]
    references: tuple[tuple[str, str], ...]
    #: The same as plain numbers, every episode by its id: comparisons, candidates, what is in neither year, the
    #: assumptions.
    groups: tuple[Data, ...]
    candidates: tuple[Data, ...]
    undetermined: tuple[str, ...]
    assumed: Data


def of(
    records: Iterable[Observation],
    repeats: Repeats,
    *,
    sites: Mapping[str, Site],
    vocabulary: Vocabulary,
    digest: str,
    up_to: str,
    problems: Iterable[Problem],
    conditions: Sequence[str] = (),
) -> Findings:
    """What there is to say of a year held against its baseline.

    Args:
        records: all records of the logbook; those of other years are listed as such.
        repeats: this year held against the baseline years.
        sites: the register; a site that is not in it goes by its id.
        vocabulary: the words for platforms and activities.
        digest: digest of the records, register and vocabulary.
        up_to: ISO time up to which the data go, or words when there are none.
        problems: what the checks say of the logbook.
        conditions: in words, what narrows or widens this report against the standard one.
    """
    case = Case(records, repeats, sites, vocabulary)
    effort, accounts, aside = Effort(case), Accounts(case), Aside(case)
    never_matched = aside.never_matched()
    bottom_line = BottomLine(case, effort, accounts, never_matched)
    sections = _Sections(case, effort, accounts, aside, bottom_line)
    told, numbers = zip(*map(sections.of, repeats.comparisons), strict=True)
    return Findings(
        title=f"Pattern similarity report: {case.now} against {case.then}",
        year=repeats.year,
        baseline_years=repeats.baseline_years,
        now=case.now,
        then=case.then,
        group=case.group,
        watched_names=case.names(repeats.watched.scope),
        conditions=tuple(conditions),
        up_to=up_to,
        up_to_day=in_words(up_to[:10]) if up_to[10:11] == "T" else up_to,
        digest=digest,
        version=resight.__version__,
        lead=bottom_line.lead(),
        bottom_line=bottom_line.sentences(),
        watched=told[0],
        others=told[1:],
        effort=effort.told(),
        looks_without=aside.looks_without(),
        looks_needed=method.LOOKS_NEEDED,
        never_matched=never_matched,
        contradictions=aside.contradictions(),
        doubts=_doubts(case, problems),
        merging_rule=method.MERGING_RULE,
        season_u=method.SEASON_U,
        assumptions=method.assumptions(case),
        sizes=method.sizes(case),
        references=method.REFERENCES,
        groups=numbers,
        candidates=tuple(pair_numbers(pair) for pair in repeats.candidates),
        undetermined=tuple(e.id for e in repeats.undetermined),
        assumed=repeats.watched.assumptions._asdict(),
    )


class _Sections:
    """Tells the comparisons of a case, each by itself."""

    def __init__(self, case: Case, effort: Effort, accounts: Accounts, aside: Aside, bottom_line: BottomLine) -> None:
        self._case, self._effort, self._accounts, self._bottom_line = case, effort, accounts, bottom_line
        self._overlays, self._drawings = Overlays(case, effort), Drawings(case, aside)

    def of(self, comparison: Comparison) -> tuple[Data, Data]:
        """A comparison as a reader sees it (the watched sites together, or one other site), and as plain numbers."""
        case, scope, overlays = self._case, comparison.scope, self._overlays.over(comparison)
        is_one = len(scope) == 1
        told = {
            "id": scope[0] if is_one else "watched",
            "name": case.name(scope[0]) if is_one else case.group.capitalize(),
            "lead": self._lead(comparison) if is_one else [],
            "sites": [
                {
                    "name": case.name(site),
                    "timeline": self._drawings.timeline(site),
                    "empty": self._bottom_line.nothing_logged(site),
                }
                for site in scope
            ],
            "matches": [self._accounts.match(pair, comparison) for pair in comparison.matches],
            **self._without_match(comparison),
            "not_repeated": self._not_repeated(comparison),
            "candidates": [
                self._accounts.candidate(p, comparison) for p in case.repeats.candidates if p.current.site in scope
            ],
            "undetermined": [self._accounts.episode(e) for e in case.undetermined if e.site in scope],
            "patterns": [overlay._asdict() for overlay in overlays if overlay.said],
            "n_baseline": len(comparison.baseline),
        }
        return told, _numbers(comparison, overlays)

    def _lead(self, comparison: Comparison) -> list[str]:
        """What there is to say at once of one site."""
        (site,) = comparison.scope
        said = [self._bottom_line.nothing_logged(site) or self._bottom_line.likeness(comparison, "here")]
        beside = [r for r in self._case.by_site.get(site, ()) if self._case.is_beside(r)]
        if left := sum(self._case.period(record) != "other" for record in beside):
            said.append(f"Shown but not compared: {numbered(left, 'record')} (see parts 4 and 5).")
        return said

    def _without_match(self, comparison: Comparison) -> dict[str, list[Data]]:
        """This year's episodes that match nothing, by how like one of the baseline they are."""
        likest = comparison.likest
        found: dict[str, list[Data]] = {"alike": [], "untold": [], "none": []}
        for episode in comparison.without_precedent:
            _, looked = self._effort.looked(episode, "then")
            nearest = likest.get(episode.id) or comparison.best_of(episode)
            found[kinship(episode, likest)].append(self._accounts.single(episode, looked, comparison, nearest))
        return found

    def _not_repeated(self, comparison: Comparison) -> list[Data]:
        """The baseline's episodes that nothing matches, by what is known of this year's looks, then by likeness."""
        now = self._case.now
        titles = {
            "looked": f"Looked in {now}, and not repeated on file",
            "not looked": f"Not looked in {now}",
            "unknown": f"Looks of {now} not known",
            "alike": f"Like one of {now}, no one visit standing out as its match",
            "untold": f"Cannot be told from one of {now}, too little being known",
        }
        groups: dict[str, list[Data]] = {state: [] for state in titles}
        for episode in comparison.not_repeated:
            state, looked = self._effort.looked(episode, "now")
            like = kinship(episode, comparison.likest)
            groups[state if like == "none" else like].append(self._accounts.single(episode, looked))
        return [{"title": titles[state], "singles": found} for state, found in groups.items() if found]


def _numbers(comparison: Comparison, overlays: Iterable[Overlay]) -> Data:
    """One comparison as plain data, every episode by its id."""
    return {
        "sites": list(comparison.scope),
        "current": [e.id for e in comparison.current],
        "baseline": [e.id for e in comparison.baseline],
        "matches": [pair_numbers(pair) for pair in comparison.matches],
        "without_precedent": [e.id for e in comparison.without_precedent],
        "not_repeated": [e.id for e in comparison.not_repeated],
        "patterns": [overlay.numbers for overlay in overlays],
        "sizes": [size._asdict() for size in comparison.sizes],
    }


# --- doubts


def _doubts(case: Case, problems: Iterable[Problem]) -> tuple[tuple[str, str, str], ...]:
    """What the checks say: level, in words, where. Values of sources are not repeated: they may be confidential."""
    secret = _confidential(case)
    return tuple((p.level, _sayable(p, secret), _where(p)) for p in problems)


def _sayable(problem: Problem, secret: Iterable[str]) -> str:
    if problem.field.startswith("sources"):
        return "a source is not written as it should be (`resight check` says how)"
    text = f"{problem.what} ({problem.mend})" if problem.mend else problem.what
    for name in secret:
        text = text.replace(name, "a confidential source")
    return text


def _confidential(case: Case) -> tuple[str, ...]:
    """Whatever names a confidential source, longest first."""
    claimed = [claim.source for site in case.sites.values() for claim in site.claims if claim.source]
    secret = [s for s in chain(claimed, *(r.sources for r in case.all_records)) if s.confidential]
    names = {name for s in secret for name in (s.title, s.published_by, s.url) if name}
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def _where(problem: Problem) -> str:
    where = problem.file + (f":{problem.line}" if problem.line else "")
    return " ".join(part for part in (where, problem.id, problem.field and f"[{problem.field}]") if part)
