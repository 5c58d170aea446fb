"""What the pattern-similarity report says, as plain data, decided once for every format it is written in.

:func:`of` decides; :mod:`resight.report` only lays out. A section of the report is a field of :class:`Findings`, in
words for a reader and in plain numbers; nothing in it knows of a format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import resight
from resight import bulletin, ledger, method
from resight.account import Accounts, pair_numbers
from resight.album import Album
from resight.aside import Aside
from resight.bottomline import BottomLine, Part
from resight.bulletin import Bulletin
from resight.case import Case
from resight.changes import Changes
from resight.comparison import Repeats
from resight.drawing import Drawings
from resight.effort import Effort
from resight.engine import HERE, Engine
from resight.errors import Problem
from resight.figures import Calendar
from resight.firsts import Firsts
from resight.likeness import Overlays
from resight.observation import Observation, Site
from resight.previews import Preview
from resight.section import Sections
from resight.trial import Trials
from resight.vocabulary import Vocabulary
from resight.wording import Data, Progress


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
    #: That the year under study is not over by then; empty when it is.
    running: str
    digest: str
    version: str
    #: What happened to the records since a day, when that was asked for.
    changes: Bulletin | None
    #: The one sentence at the top.
    lead: str
    #: Sentences under the question they answer, each with its lines; no bits, no probability.
    bottom_line: tuple[Part, ...]
    #: The watched sites as one group, and every other site alone.
    watched: Data
    others: tuple[Data, ...]
    #: What is known of the looks, site by site, the watched ones first.
    effort: tuple[Data, ...]
    #: The looks of each site that has any, drawn by the week.
    calendars: tuple[Calendar, ...]
    #: What to say of sites that are not drawn; empty when all are.
    not_drawn: str
    looks_without: tuple[Data, ...]
    looks_needed: tuple[tuple[str, int], ...]
    #: Every sighting that takes no part in the comparison, by the first reason that holds.
    never_matched: tuple[Data, ...]
    #: Pairs of records of which one says that it contradicts the other, each pair once.
    contradictions: Data
    #: What the checks say: level, in words, where.
    doubts: tuple[tuple[str, str, str], ...]
    #: The method in paragraphs, and what is to be known beside single parts.
    method: tuple[str, ...]
    notes: Mapping[str, str]
    #: Was any m learned?
    is_learned: bool
    #: Name in the method, meaning and value of everything assumed, and where the value comes from.
    assumptions: tuple[tuple[str, str, str, str], ...]
    #: Catalogue sizes: of what, size, where the number comes from, where it was used.
    sizes: tuple[tuple[str, str, str, str], ...]
    references: tuple[tuple[str, str], ...]
    #: Every episode of either side on a line of its own, see :mod:`resight.ledger`.
    ledger: tuple[Data, ...]
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
    learn: bool = False,
    changes: Changes | None = None,
    progress: Progress | None = None,
    preview: Callable[[Observation], Preview] | None = None,
    engine: Engine = HERE,
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
        learn: was it asked for that m be learned? Then the report says where it was, or why it was not.
        changes: what happened to the records since a day, to be put first.
        progress: told now and then how far the long parts of the work have got.
        preview: a small copy of the image that a record names; None for a report without images.
        engine: where the long parts of the work are done.
    """
    case = Case(records, repeats, sites, vocabulary, up_to)
    effort, accounts, aside = Effort(case), Accounts(case), Aside(case)
    firsts, overlays, trials = (
        Firsts(case, effort, conditions),
        Overlays(case, effort, progress, engine),
        Trials(case, progress),
    )
    compared_at = {site: comparison for comparison in repeats.comparisons for site in comparison.scope}
    never_matched = aside.never_matched()
    problems = list(problems)
    unread = sum(problem.level == "error" for problem in problems)
    bottom_line = BottomLine(case, effort, accounts, firsts, overlays, never_matched, unread)
    drawings, album = Drawings(case, aside, effort, overlays), Album(case, preview)
    sections = Sections(case, effort, accounts, firsts, overlays, trials, drawings, album, bottom_line)
    told, numbers = zip(*map(sections.of, repeats.comparisons), strict=True)
    return Findings(
        title=f"Pattern similarity report: {case.now} against {case.then}",
        year=repeats.year,
        baseline_years=repeats.baseline_years,
        now=case.now,
        then=case.then,
        group=case.group,
        watched_names=case.names(repeats.watched.scope),
        conditions=(*conditions, *([method.learning(case)] if learn else [])),
        up_to=up_to,
        up_to_day=case.up_to_day,
        running=case.running,
        digest=digest,
        version=resight.__version__,
        changes=bulletin.of(changes) if changes else None,
        lead=bottom_line.lead(),
        bottom_line=bottom_line.parts(),
        watched=told[0],
        others=told[1:],
        effort=effort.told(),
        calendars=drawings.calendars(),
        not_drawn=drawings.left_out,
        looks_without=aside.looks_without(),
        looks_needed=method.LOOKS_NEEDED,
        never_matched=never_matched,
        contradictions=aside.contradictions(),
        doubts=doubts(case, problems),
        method=method.paragraphs(case, conditions),
        notes=method.NOTES,
        is_learned=any(comparison.learned for comparison in repeats.comparisons),
        assumptions=method.assumptions(case),
        sizes=method.sizes(case),
        references=method.references(case),
        ledger=ledger.lines(case, effort, trials),
        groups=numbers,
        candidates=tuple(pair_numbers(pair, compared_at[pair.current.site]) for pair in repeats.candidates),
        undetermined=tuple(e.id for e in case.undetermined),
        assumed=repeats.watched.assumptions._asdict(),
    )


# --- doubts


def doubts(case: Case, problems: Iterable[Problem]) -> tuple[tuple[str, str, str], ...]:
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
