"""The pattern-similarity report: what of this year repeats or resembles last year's, and why, as one HTML page.

Three steps, kept apart: :class:`_Report` decides *what* is said, as plain data in words for a reader;
:mod:`resight.figures` says where things stand in a figure; the template ``templates/report.html`` only lays it out. The
template escapes everything it is given, the page holds no script and loads nothing, and the same input gives the same
bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import resight
from resight import chance, episodes, evidence, figures, merging, pattern, rates
from resight.comparison import Comparison, Repeats
from resight.dates import in_words
from resight.episodes import Episode, Look
from resight.errors import Problem
from resight.evidence import Pair
from resight.figures import Thing, Timeline
from resight.observation import Observation, Site, Source
from resight.vocabulary import Vocabulary
from resight.wording import (
    BASES,
    METHODS,
    NOT_PROOF,
    NOT_STATED,
    Data,
    count_text,
    hedged,
    in_short,
    numbered,
    period_of,
    years_text,
)

RARELY = "looks that found nothing are rarely published"
UNCOUNTED_ABSENCE = "absence reported, number of looks unknown"
#: Up to so many episodes a year, agreement of the years says little.
FEW = 3
#: A likeness known no closer than this is called too vague.
VAGUE = 0.25
#: Detection probabilities for which the looks needed for a sure absence are shown.
DETECTIONS = (0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
#: Of the other baseline episodes at the place of a match, so many are listed.
OTHERS_SHOWN = 6
#: Of several shifts that fit as well, so many are named.
SHIFTS_SHOWN = 3

ASSUMED = {
    "place_m": "m of place",
    "kind_m": "m of kind",
    "level_m": "m of each level between kind and individual",
    "individual_m": "m of the individual (a programme may send a sister ship)",
    "activity_m": "m of the visible activity",
    "season_m": "m of season: within 15 days, within 45 days, beyond",
    "repeat_share": "share of this year’s episodes that repeat one of the baseline, before looking",
    "kappa": "pseudo-records κ by which a catalogue size steadies a counted share",
    "resident_u": "u of a class that lives at the site",
}
REFERENCES = (
    (
        "Phipson, B. & Smyth, G. K. (2010): Permutation p-values should never be zero. Statistical Applications in "
        "Genetics and Molecular Biology 9, 39",
        "https://doi.org/10.2202/1544-6115.1585",
    ),
    (
        "Victor, J. D. & Purpura, K. P. (1996): Nature and precision of temporal coding in visual cortex: a "
        "metric-space analysis. Journal of Neurophysiology 76, 1310–1326",
        "https://doi.org/10.1152/jn.1996.76.2.1310",
    ),
    (
        "Fellegi, I. P. & Sunter, A. B. (1969): A theory for record linkage. "
        "Journal of the American Statistical Association 64, 1183–1210",
        "https://doi.org/10.1080/01621459.1969.10501049",
    ),
    (
        "Przyborowski, J. & Wilenski, H. (1940): Homogeneity of results in testing samples from Poisson series. "
        "Biometrika 31, 313–323",
        "https://doi.org/10.1093/biomet/31.3-4.313",
    ),
    (
        "Brown, L. D., Cai, T. T. & DasGupta, A. (2001): Interval estimation for a binomial proportion "
        "(the Jeffreys interval). Statistical Science 16, 101–133",
        "https://doi.org/10.1214/ss/1009213286",
    ),
)


def to_html(
    records: Iterable[Observation],
    repeats: Repeats,
    *,
    sites: Mapping[str, Site],
    vocabulary: Vocabulary,
    digest: str,
    up_to: str,
    problems: Iterable[Problem],
    conditions: Sequence[str] = (),
) -> str:
    """The report as one self-contained HTML page.

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
    report = _Report(list(records), repeats, sites, vocabulary, list(problems))
    environment = Environment(
        loader=PackageLoader("resight"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    return environment.get_template("report.html").render(
        report=report, digest=digest, up_to=up_to, version=resight.__version__, conditions=conditions
    )


def to_json(
    records: Iterable[Observation],
    repeats: Repeats,
    *,
    sites: Mapping[str, Site],
    vocabulary: Vocabulary,
    digest: str,
    up_to: str,
    problems: Iterable[Problem],
    conditions: Sequence[str] = (),
) -> str:
    """The numbers of the report as JSON, with the arguments of :func:`to_html`: bits, bounds, shifts, p, record ids.

    A posterior is the text that is printed, never closer to certainty; what is not testable has no ``p``.
    """
    report = _Report(list(records), repeats, sites, vocabulary, list(problems))
    said = {
        "title": report.title,
        "year": repeats.year,
        "baseline_years": list(repeats.baseline_years),
        "up_to": up_to,
        "digest": digest,
        "version": resight.__version__,
        "conditions": list(conditions),
        "lead": report.lead,
        "groups": [report.numbers(comparison) for comparison in repeats.comparisons],
        "candidates": [_pair_numbers(pair) for pair in repeats.candidates],
        "undetermined": [e.id for e in repeats.undetermined],
        "effort": list(report.effort),
        "assumed": repeats.watched.assumptions._asdict(),
    }
    return json.dumps(said, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _pair_numbers(pair: Pair) -> Data:
    return {
        "current": pair.current.id,
        "baseline": pair.baseline.id,
        "verb": evidence.verb(pair),
        "finding": pair.finding,
        "grounds": evidence.grounds(pair),
        "bits": pair.bits,
        "posterior": evidence.posterior_text(pair.posterior),
        "terms": [term._asdict() for term in pair.terms],
    }


#: Control characters, and those that turn the direction of the text after them.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _printable(value: Any) -> Any:
    """Everything the template prints goes through here, before it is escaped."""
    if isinstance(value, Markup):
        return value
    return _UNSEEN.sub("", value) if isinstance(value, str) else value


class _SourceLine(NamedTuple):
    name: str
    #: Only an address that a browser may open.
    url: str | None
    details: str


class _Effort(NamedTuple):
    """The looks at one site in one period, counted ones apart from published ones."""

    counted: tuple[Look, ...]
    published: tuple[Look, ...]
    unclear: tuple[Look, ...]
    #: Reported over a period, by how many looks is not known.
    absences: tuple[Observation, ...]

    @property
    def is_known(self) -> bool:
        return bool(self.counted)


# --- what is said ---------------------------------------------------------------------------------------------


class _Report:
    """Everything the page says, in the order it says it.

    What goes to the template is plain data: a dictionary for each thing with several sides to it.
    """

    #: What the method says that is the same in every report.
    merging_rule = merging.merging_rule()
    season_u = ", ".join(f"{u:.3f}" for u in evidence.SEASON_U)
    looks_needed = tuple((f"{p:.1f}", rates.looks_needed(p)) for p in DETECTIONS)
    references = REFERENCES

    def __init__(
        self,
        records: list[Observation],
        repeats: Repeats,
        sites: Mapping[str, Site],
        vocabulary: Vocabulary,
        problems: list[Problem],
    ) -> None:
        self._all = sorted(records, key=lambda r: (*r.bounds, r.id or ""))
        self._records = [r for r in self._all if r.status != "withdrawn"]
        self._repeats, self._sites, self._vocabulary, self._problems = repeats, sites, vocabulary, problems
        self.now, self.then = str(repeats.year), years_text(repeats.baseline_years)
        self.title = f"Pattern similarity report: {self.now} against {self.then}"
        self.watched_names = self._names(repeats.watched.scope)
        # A report on sites that were asked for has them in the place of the watched ones.
        is_watched = set(repeats.watched.scope) == {site.id for site in sites.values() if site.watched}
        self.group = "watched sites" if is_watched else "sites asked for"

    # --- names and periods

    def _name(self, site: str) -> str:
        known = self._sites.get(site)
        return known.name if known else site

    def _names(self, sites: Iterable[str]) -> str:
        names = [self._name(site) for site in sites]
        return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)

    def _period(self, record: Observation) -> str:
        """``now``, ``then`` or ``other``; a date that may lie in two years is in neither."""
        earliest, latest = record.bounds
        return period_of({"earliest": earliest, "latest": latest}, self._repeats)

    @cached_property
    def _by_site(self) -> Mapping[str, list[Observation]]:
        found: dict[str, list[Observation]] = {}
        for record in self._records:
            found.setdefault(record.site, []).append(record)
        return found

    # --- 1: the bottom line

    @staticmethod
    def day(moment: str) -> str:
        """The day of an ISO time in words; any other text as it is."""
        return in_words(moment[:10]) if moment[10:11] == "T" else moment

    @cached_property
    def lead(self) -> str:
        """The one sentence at the top."""
        watched = self._repeats.watched
        if not watched.scope:
            return "No site of the register is marked as watched; each site with records stands on its own below."
        said = self._likeness(watched, f"at the {self.group}")
        if watched.matches and all(evidence.verb(pair) == "resembles" for pair in watched.matches):
            said = said.removesuffix(".") + "; none is known to be the same ship or aircraft."
        return said

    def _likeness(self, comparison: Comparison, where: str) -> str:
        now, then = self.now, self.then
        if not comparison.current and not comparison.baseline:
            return f"No episode of {now} or {then} {where} can be compared."
        if not comparison.current:
            number = numbered(len(comparison.baseline), "episode")
            return f"No episode of {now} {where} can be compared with the {number} of {then}."
        if not comparison.baseline:
            number = numbered(len(comparison.current), "episode")
            return f"{number} of {now} {where}; {then} has none on file that they could be compared with."
        same = sum(evidence.verb(pair) == "repeats" for pair in comparison.matches)
        alike = len(comparison.matches) - same
        of = f"of {numbered(len(comparison.current), 'episode')} of {now} {where}"
        alike_too = self._alike_in_a_clause(comparison, bool(comparison.matches))
        if not comparison.matches:
            particular = " in particular" if alike_too else ""
            return f"None {of} repeats or resembles one of {then}{particular}{alike_too}."
        said = []
        if same:
            said.append(f"{same} {of} {_verb(same, 'repeats')} one of {then}, the same individual being known")
        if alike:
            said.append(f"{alike} {'more' if same else of} {_verb(alike, 'resembles')} one of {then}")
        return "; ".join(said) + f"{alike_too}."

    def _alike_in_a_clause(self, comparison: Comparison, more: bool) -> str:
        """That others are like one of the baseline, though no one visit stands out; names who was there both times."""
        likest = comparison.likest
        found = [likest[e.id] for e in comparison.without_precedent if self._kinship(e, likest) == "alike"]
        if not found:
            return ""
        same = {
            p.current.individual_name for p in found if p.finding == "same individual" and p.current.individual_name
        }
        both = f" ({', '.join(sorted(same))} in both years)" if same else ""
        number = f"{len(found)} more" if more else str(len(found))
        are = "are" if len(found) > 1 else "is"
        return f"; {number} {are} of a type seen there then too{both}"

    @staticmethod
    def _kinship(episode: Episode, likest: Mapping[str, Pair]) -> str:
        """``alike`` when the other year has the same type or closer at its place, ``untold`` when it may have."""
        pair = likest.get(episode.id)
        return "none" if pair is None else "untold" if pair.finding == "same kind" else "alike"

    @cached_property
    def bottom_line(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Sentences, each with the lines that go under it; no bits, no probability."""
        watched = self._repeats.watched
        plain = [self._nothing_logged(site) for site in watched.scope]
        if watched.scope:
            plain.append(self._effort_in_a_sentence(watched.scope))
            if min(len(watched.current), len(watched.baseline)) <= FEW:
                numbers = f"{len(watched.current)} in {self.now} and {len(watched.baseline)} in {self.then}"
                plain.append(f"With so few episodes ({numbers}) the pattern as a whole says little.")
        elsewhere = dict.fromkeys(pair.current.site for c in self._repeats.others for pair in c.matches)
        if elsewhere:
            sites = self._names(elsewhere)
            plain.append(
                f"Outside the watched sites, and not counted above, there are likenesses at {sites}: see part 3."
            )
        left = sum(len(group["lines"]) for group in self.never_matched)
        if left:
            plain.append(
                f"{numbered(left, 'record')} of all sites {_verb(left, 'takes')} no part in the comparison "
                "(totals, background, cargo, people, flight tracking, reports): see part 5."
            )
        return (*self._likenesses_in_sentences(), *((sentence, ()) for sentence in plain if sentence))

    def _likenesses_in_sentences(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        """What is alike at the watched sites, and what is left over on either side."""
        watched = self._repeats.watched
        if watched.matches:
            yield "What repeats or resembles what:", tuple(map(self._sentence, watched.matches))
            number, undated = len(watched.matches), sum(not pair.baseline.is_dated for pair in watched.matches)
            if undated:
                some = (
                    {1: "This", 2: "Both"}.get(number, "All") if undated == number else f"{undated} of these {number}"
                )
                yield (
                    f"{some} {_verb(undated, 'rests')} on what a source says of {self.then}, without a dated image.",
                    (),
                )
        if watched.current and watched.baseline:
            likest = watched.likest
            for left, of, year, other, words in (
                (watched.without_precedent, watched.current, self.now, self.then, "without precedent on file"),
                (watched.not_repeated, watched.baseline, self.then, self.now, "not repeated on file so far"),
            ):
                told = {
                    "alike": f"is like one of {other}, no one visit standing out as its match",
                    "untold": f"cannot be told from one of {other}, too little being known",
                    "none": f"is {words}",
                }
                for kinship, said in told.items():
                    found = [e for e in left if self._kinship(e, likest) == kinship]
                    if not found and kinship != "none":
                        continue
                    if len(found) > 1 and said.startswith("is "):
                        said = f"are {said.removeprefix('is ')}"
                    head = f"{len(found) or 'None'} of {numbered(len(of), 'episode')} of {year} {said}"
                    lines = tuple(f"{self._name(e.site)}: {self._described(e)}." for e in found)
                    yield head + (":" if found else "."), lines

    def _nothing_logged(self, site: str) -> str:
        """What to say of a site without records, or without records of one of the years; else nothing."""
        periods = [self._period(record) for record in self._by_site.get(site, ())]
        name = self._name(site)
        if not periods:
            return f"Nothing is logged for {name} itself. {NOT_PROOF}"
        empty = [year for period, year in (("now", self.now), ("then", self.then)) if period not in periods]
        return f"Nothing is logged for {name} in {' or '.join(empty)}. {NOT_PROOF}" if empty else ""

    def _effort_in_a_sentence(self, scope: Sequence[str]) -> str:
        with_now = [site for site in scope if self._effort[site, "now"].is_known]
        with_then = [site for site in scope if self._effort[site, "then"].is_known]
        both = [site for site in with_now if site in with_then]
        if not with_now and not with_then:
            if not any(self._effort[site, period].published for site in scope for period in ("now", "then")):
                none = "No look is on file for either year"
                return f"{none}, so nothing can be said of what is “new”, of what is “gone”, or of rates."
            return (
                "How often anyone looked is not known for either year: the images are published ones, and "
                f"{RARELY}. So nothing can be said of what is “new”, of what is “gone”, or of rates."
            )
        said = [f"How often we looked is known in both years at {self._names(both)}: see part 4."] if both else []
        for sites, year, other in ((with_now, self.now, self.then), (with_then, self.then, self.now)):
            only = [site for site in sites if site not in both]
            if only:
                at = self._names(only)
                said.append(
                    f"How often we looked at {at} is on file for {year} only, "
                    f"so what needs the looks of {other} is withheld."
                )
        neither = [site for site in scope if site not in with_now and site not in with_then]
        if neither:
            said.append(
                f"How often anyone looked at {self._names(neither)} is not known, so nothing can be said there "
                "of what is “new”, of what is “gone”, or of rates."
            )
        return " ".join(said)

    # --- 2 and 3: the comparisons

    @cached_property
    def watched(self) -> Data:
        return self._scope(self._repeats.watched)

    @cached_property
    def others(self) -> tuple[Data, ...]:
        return tuple(self._scope(comparison) for comparison in self._repeats.others)

    @cached_property
    def has_figures(self) -> tuple[bool, bool]:
        """Is any timeline drawn for the watched sites; for the others?"""
        drawn = [[site["timeline"] for site in scope["sites"]] for scope in (self.watched, *self.others)]
        return any(drawn[0]), any(map(any, drawn[1:]))

    def _scope(self, comparison: Comparison) -> Data:
        """A comparison as a reader sees it: the watched sites together, or one other site."""
        scope = comparison.scope
        is_one = len(scope) == 1
        lead = []
        if is_one:
            lead.append(self._nothing_logged(scope[0]) or self._likeness(comparison, "here"))
            periods = [self._period(r) for r in self._by_site.get(scope[0], ()) if r.id not in self._compared]
            if left := sum(period != "other" for period in periods):
                lead.append(f"Shown but not compared: {numbered(left, 'record')} (see parts 4 and 5).")
        titles = {
            "looked": f"Looked in {self.now}, and not repeated on file",
            "not looked": f"Not looked in {self.now}",
            "unknown": f"Looks of {self.now} not known",
        }
        titles["alike"] = f"Like one of {self.now}, no one visit standing out as its match"
        titles["untold"] = f"Cannot be told from one of {self.now}, too little being known"
        likest = comparison.likest
        groups: dict[str, list[Data]] = {state: [] for state in titles}
        for episode in comparison.not_repeated:
            state, looked = self._looked(episode, "now")
            kinship = self._kinship(episode, likest)
            groups[state if kinship == "none" else kinship].append(self._single(episode, looked))
        return {
            "id": scope[0] if is_one else "watched",
            "name": self._name(scope[0]) if is_one else self.group.capitalize(),
            "lead": lead,
            "sites": [
                {"name": self._name(site), "timeline": self._timeline(site), "empty": self._nothing_logged(site)}
                for site in scope
            ],
            "matches": [self._match(pair, comparison) for pair in comparison.matches],
            **{
                kinship: [
                    self._single(e, self._looked(e, "then")[1], comparison, likest.get(e.id) or comparison.best_of(e))
                    for e in comparison.without_precedent
                    if self._kinship(e, likest) == kinship
                ]
                for kinship in ("alike", "untold", "none")
            },
            "not_repeated": [{"title": titles[state], "singles": found} for state, found in groups.items() if found],
            "candidates": [self._candidate(p, comparison) for p in self._repeats.candidates if p.current.site in scope],
            "undetermined": [self._episode(e) for e in self._undetermined if e.site in scope],
            "patterns": self._patterns(comparison),
            "n_baseline": len(comparison.baseline),
        }

    @cached_property
    def _compared(self) -> frozenset[str | None]:
        """Ids of the records that take part in a comparison."""
        sides = chain.from_iterable((*c.baseline, *c.current) for c in self._repeats.comparisons)
        return frozenset(s.id for e in chain(sides, self._undetermined) for s in e.sightings)

    @cached_property
    def _undetermined(self) -> tuple[Episode, ...]:
        """Episodes that may lie in a compared year or in the one beside it."""
        years = (self._repeats.year, *self._repeats.baseline_years)
        return tuple(e for e in self._repeats.undetermined if any(figures.touches(e.time, year) for year in years))

    def _described(self, episode: Episode) -> str:
        return evidence.described(episode, self._vocabulary)

    def _sentence(self, pair: Pair) -> str:
        """:func:`resight.evidence.headline` with the site, and both sides told in words instead of by id."""
        current, baseline = self._described(pair.current), self._described(pair.baseline)
        return (
            f"{self._name(pair.current.site)}: {current}, {evidence.verb(pair)} {baseline}: {evidence.grounds(pair)}."
        )

    def _pair(self, pair: Pair, n_baseline: int, **more: Any) -> Data:
        """A match, a candidate, or the nearest thing to one."""
        return {
            "current": self._episode(pair.current),
            "baseline": self._episode(pair.baseline),
            "verb": evidence.verb(pair),
            "grounds": evidence.grounds(pair),
            "finding": pair.finding,
            "is_dated": pair.baseline.is_dated,
            "why": self._why(pair, n_baseline),
            **more,
        }

    def _why(self, pair: Pair, n_baseline: int) -> Data:
        """The evidence of a pair as a table and a figure, and apart from it what was assumed."""
        assume = self._repeats.watched.assumptions
        floor = evidence.least_bits(n_baseline, assume)
        bars = [(term.factor, term.bits, _signed(term.bits)) for term in pair.terms]
        bars.append(("sum", pair.bits, _signed(pair.bits)))
        told = ", ".join(f"{label} {text}" for label, _, text in bars)
        return {
            "terms": [
                {
                    **term._asdict(),
                    "m": "" if term.m is None else f"{term.m:.2f}",
                    "u": "" if term.u is None else f"{term.u:.3f}",
                    "bits": _signed(term.bits),
                }
                for term in pair.terms
            ],
            "total": _signed(pair.bits),
            "n_baseline": n_baseline,
            "share": f"{assume.repeat_share:g}",
            "prior": f"{assume.repeat_share / n_baseline:.3g}",
            "posterior": evidence.posterior_text(pair.posterior),
            "waterfall": figures.waterfall(
                bars, floor, floor_text=f"{floor:.2f}", description=f"Bits by factor: {told}."
            ),
        }

    def _match(self, pair: Pair, comparison: Comparison) -> Data:
        """A match, with the other baseline episodes at the same place: title, id, why they did not match."""
        others = [p for p in comparison.pairs_of(pair.current) if p.same_place and p.baseline.id != pair.baseline.id]
        return self._pair(
            pair,
            len(comparison.baseline),
            others=[
                (self._described(p.baseline), p.baseline.id, self._why_not(p, comparison))
                for p in others[:OTHERS_SHOWN]
            ],
            others_left=max(0, len(others) - OTHERS_SHOWN),
        )

    def _why_not(self, pair: Pair, comparison: Comparison) -> str:
        """Why a pair is no match."""
        taken = next((m for m in comparison.matches if m.baseline.id == pair.baseline.id), None)
        why = evidence.grounds(pair)
        if not pair.same_place:
            why = why.replace("other site", f"other site ({self._name(pair.baseline.site)})", 1)
        if taken and taken.current.id != pair.current.id:
            return f"{why}; it is the match of {self._described(taken.current)}"
        if any(term.agreement == "disagrees" for term in pair.terms if term.factor in ("place", *evidence.FINDINGS)):
            return why
        return f"{why}; too little to tell it from a chance likeness"

    def _single(self, episode: Episode, looked: str, among: Comparison | None = None, best: Pair | None = None) -> Data:
        """An episode that matches nothing, with what is known of the looks, and the nearest one on file if given."""
        return {
            "episode": self._episode(episode),
            "looked": looked,
            "nearest": self._pair(best, len(among.baseline)) if among and best else None,
            "not_matched": self._why_not(best, among) if among and best else "",
        }

    def _candidate(self, pair: Pair, comparison: Comparison) -> Data:
        """A candidate, with how the side that was left out was seen, and whether that is the baseline's."""
        sightings = (*pair.baseline.sightings, *pair.current.sightings)
        methods = {s.method for s in sightings if s.method not in self._repeats.methods}
        is_baseline = pair.baseline.first.method not in self._repeats.methods
        seen_by = " and ".join(word for method, word in _METHOD_SHORT.items() if method in methods)
        return self._pair(pair, len(comparison.baseline) + is_baseline, method=seen_by, left_out_then=is_baseline)

    # --- the pattern as a whole

    def _patterns(self, comparison: Comparison) -> list[Data]:
        """This year laid over each year of the baseline that has episodes, if this year has any."""
        found = []
        for year in self._repeats.baseline_years:
            then = [e for e in comparison.baseline if e.year == year]
            if then and comparison.current:
                found.append(self._pattern(comparison, year, then))
        return found

    def _pattern(self, comparison: Comparison, year: int, then: Sequence[Episode]) -> Data:
        """How alike the two years are, at what shift, and what falls on what."""
        found = self._likeness_of(then, comparison.current)
        if found is None:
            crowded = "too many episodes at one site to lay them over each other"
            return {"lead": [f"{self.now} against {year}: {crowded}."], "lists": [], "alone": []}
        lead = [f"{self.now} laid over {year}: {_likeness_text(found)}."]
        if found.high > found.low + VAGUE:
            lead.append("The dates, or what is known of the platforms, are too vague to narrow this down.")
        if found.high and min(found.n_baseline, found.n_current) <= FEW:
            numbers = f"{found.n_baseline} in {year}, {found.n_current} in {self.now}"
            lead.append(f"With so few episodes ({numbers}) some shift always fits, so this says little.")
        if not found.is_exact:
            lead.append("Only the likeliest shifts were tried, those of the labelled correlogram.")
        lead.append(self._chance_text(then, comparison.current, comparison.scope))
        lists: dict[str, list[tuple[str, ...]]] = {
            f"Fall together at a shift of {_shift_text(found.shift)}": [(p.current, p.baseline) for p in found.matched],
            "Same time, other type: not a match": [(p.current, p.baseline) for p in found.same_time_other_type],
            f"{self.now}: falls on nothing": [(one,) for one in found.without_precedent],
            f"{year}: nothing falls on it": [(one,) for one in found.not_repeated],
        }
        told = {e.id: self._described(e) for e in (*then, *comparison.current)}
        return {
            "lead": lead,
            "alone": self._sites_alone(comparison, then) if len(comparison.scope) > 1 else [],
            "lists": [
                {"title": title, "lines": [(", and ".join(told[one] for one in ids), ids) for ids in lines]}
                for title, lines in lists.items()
                if lines and found.high
            ],
        }

    def numbers(self, comparison: Comparison) -> Data:
        """One comparison as plain data, every episode by its id."""
        return {
            "sites": list(comparison.scope),
            "current": [e.id for e in comparison.current],
            "baseline": [e.id for e in comparison.baseline],
            "matches": [_pair_numbers(pair) for pair in comparison.matches],
            "without_precedent": [e.id for e in comparison.without_precedent],
            "not_repeated": [e.id for e in comparison.not_repeated],
            "patterns": [self._pattern_numbers(comparison, year) for year in self._repeats.baseline_years],
            "sizes": [size._asdict() for size in comparison.sizes],
        }

    def _pattern_numbers(self, comparison: Comparison, year: int) -> Data:
        then = [e for e in comparison.baseline if e.year == year]
        found = self._likeness_of(then, comparison.current)
        if found is None:
            return {"baseline_year": year, "likeness": None, "chance": None}
        tested = self._chance(then, comparison.current, comparison.scope)
        pairs = {
            name: [pairing._asdict() for pairing in getattr(found, name)]
            for name in ("matched", "same_time_other_type")
        }
        return {
            "baseline_year": year,
            "likeness": {**found._asdict(), **pairs},
            "chance": {"testable": True, **tested._asdict()}
            if tested and tested.is_testable
            else {"testable": False, "smallest": tested.smallest if tested else None},
        }

    def _chance(self, then: Sequence[Episode], now: Sequence[Episode], scope: Sequence[str]) -> chance.Chance | None:
        baseline, current = [pattern.event_of(e) for e in then], [pattern.event_of(e) for e in now]
        return chance.of(baseline, current, self._exchangeable(now, scope), cost=self._label_cost)

    def _chance_text(self, then: Sequence[Episode], now: Sequence[Episode], scope: Sequence[str]) -> str:
        """Whether chance would do as well, as far as the looks of this year can tell."""
        asked = "Whether chance would do as well"
        if len(then) * len(now) > chance.MOST_PAIRS:
            return f"{asked} was not tried: there are too many episodes."
        found = self._chance(then, now, scope)
        if found is None:
            return f"{asked} is not testable: no exchange of dates between the looks of {self.now} changes anything."
        if not found.is_testable:
            least = f"the smallest p that the dates of {self.now} could give is {found.smallest:.2f}"
            return f"{asked} is not testable: {least}."
        number = f"{found.arrangements} {'drawn' if found.is_drawn else 'possible'} arrangements"
        ratio = f", ratio {found.matches / found.expected:.2g}" if found.expected else ""
        return (
            f"Chance: {_p_text(found.p)} for being as alike, over {number} of what the looks of {self.now} found "
            f"(the smallest p possible is {found.smallest:.2g}); {numbered(found.matches, 'episode')} of {self.now} "
            f"fall on one of their kind, {found.expected:.2g} by chance{ratio}, {_p_text(found.p_matches)}."
        )

    def _exchangeable(self, now: Sequence[Episode], scope: Sequence[str]) -> list[chance.Look]:
        """The looks of this year between which contents may be exchanged.

        Where effort is known these are all counted looks; elsewhere only the dated images that found something first,
        for looks that found nothing are not on file.
        """
        looks = []
        for site in scope:
            effort = self._effort[site, "now"]
            for look in effort.counted or effort.published:
                ids = {record.id for record in look.records}
                found = tuple(e.id for e in now if e.site == site and e.first.id in ids)
                if found or effort.is_known:
                    looks.append(chance.Look(site, look.day.toordinal(), found))
        return looks

    def _sites_alone(self, comparison: Comparison, then: Sequence[Episode]) -> list[str]:
        """The likeness and the shift of each site of the group by itself."""
        said = []
        for site in comparison.scope:
            found = self._likeness_of(
                [e for e in then if e.site == site], [e for e in comparison.current if e.site == site]
            )
            if found:
                said.append(f"{self._name(site)} alone: {_likeness_text(found)}.")
        return said

    def _likeness_of(self, then: Iterable[Episode], now: Iterable[Episode]) -> pattern.Likeness | None:
        return pattern.compare(map(pattern.event_of, then), map(pattern.event_of, now), cost=self._label_cost)

    @cached_property
    def _label_cost(self) -> pattern.LabelCost:
        return pattern.label_cost(self._vocabulary)

    # --- episodes

    def _episode(self, episode: Episode) -> Data:
        """An episode as a reader sees it."""
        sources = dict.fromkeys(s for r in episode.sightings for s in r.sources)
        lines = dict.fromkeys(_source_line(s) for s in sources if not s.confidential)
        return {
            "ids": [s.id or "" for s in episode.sightings],
            "period": "other" if not episode.year else "now" if episode.year == self._repeats.year else "then",
            "year": str(episode.year) if episode.year else "year undetermined",
            "site": self._name(episode.site),
            "title": self._described(episode),
            "facts": [{"label": label, "values": values} for label, values in self._facts(episode)],
            "sources": list(lines),
            "withheld": sum(s.confidential for s in sources),
            "notes": list(dict.fromkeys(s.note for s in episode.sightings if s.note)),
            "may_be": episode.may_be_same_as,
        }

    def _facts(self, episode: Episode) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Lines about an episode: a label, and the values its sightings give."""
        words, sightings = self._vocabulary, episode.sightings

        def each(tell: Callable[[Observation], str | None]) -> tuple[str, ...]:
            return tuple(dict.fromkeys(told for told in map(tell, sightings) if told))

        def with_doubt(name: str, label: Callable[[str], str]) -> tuple[str, ...]:
            return each(lambda r: hedged(r, name, label(value)) if (value := getattr(r, name)) else None)

        def label_in(terms: Mapping[str, Any]) -> Callable[[str], str]:
            return lambda term: terms[term].label if term in terms else term

        def likelihood(record: Observation) -> str | None:
            known = words.likelihoods.get(record.likelihood or "")
            return f"{known.word} ({known.low_pct}–{known.high_pct} %)" if known else record.likelihood

        when = each(lambda r: in_words(r.date) + (", on every day" if r.date_meaning == "throughout" else ""))
        yield "Date", when if episode.is_dated else (*when, "the source gives no day")
        before, after = episode.last_look_without, episode.first_look_without
        ends = ((before, "had not found it"), (after, "did not find it any more"))
        yield "Before and after", tuple(f"a look on {in_words(day.isoformat())} {told}" for day, told in ends if day)
        path = " › ".join(map(words.label, episode.claimed_path))
        hedge = next((s.hedge for s in sightings if s.hedge and s.hedge_on == "platform"), None)
        yield "What", (f"{path}; the source says “{hedge}”" if hedge else path,)
        which = _INDIVIDUAL.get(episode.claimed_path[0] if episode.claimed_path else "", "individual")
        yield "Which one", with_doubt("platform_name", str) or (f"{which} not known",)
        yield "Operator", with_doubt("operator", str) or ("not known",)
        yield "How many", each(count_text)
        yield "Activity", with_doubt("activity", label_in(words.activities)) or ("not known",)
        yield "Taken to mean", with_doubt("inferred_activity", label_in(words.inferred_activities))
        yield "Likelihood", each(likelihood)
        yield "Analytic confidence", each(lambda r: r.confidence)
        yield "Berth", each(lambda r: r.berth)
        yield "Measured", each(_measured)
        yield "Visible", each(lambda r: r.visible)
        yield "Known by", each(lambda r: f"{METHODS[r.method]}; {BASES[r.basis]}")
        yield "Image", each(_image)
        if episode.geometry is None:
            yield "Position", (NOT_STATED,)

    # --- looks

    @cached_property
    def _effort(self) -> Mapping[tuple[str, str], _Effort]:
        """The looks of every site and period; also of sites without records."""
        looks, unclear = episodes.looks(self._records), episodes.clouded(self._records)
        years = {"now": {self._repeats.year}, "then": set(self._repeats.baseline_years)}
        sites = dict.fromkeys((*self._repeats.watched.scope, *self._sites, *self._by_site))

        def here(found: Iterable[Look], site: str, period: str) -> list[Look]:
            return [look for look in found if look.site == site and look.day.year in years[period]]

        return {
            (site, period): _Effort(
                counted=tuple(look for look in here(looks, site, period) if look.is_counted),
                published=tuple(look for look in here(looks, site, period) if not look.is_counted),
                unclear=tuple(here(unclear, site, period)),
                absences=tuple(
                    r for r in self._by_site.get(site, ()) if self._period(r) == period and _shape(r) == "absent"
                ),
            )
            for site in sites
            for period in years
        }

    def _looked(self, episode: Episode, period: str) -> tuple[str, str]:
        """Was the site looked at in a period, so that this could have been seen: state, and in words what is known."""
        year = self.now if period == "now" else self.then
        effort = self._effort[episode.site, period]
        if effort.is_known:
            node = episode.claimed_path[-1]
            if any(look.could_find(node, self._vocabulary) for look in effort.counted):
                seen, of = _seen_in(effort.counted, node, self._vocabulary)
                label = self._vocabulary.label(node)
                return "looked", f"looked {_times(of)} in {year}; {label} seen in {seen} of {numbered(of, 'look')}"
            return "not looked", f"not looked for in {year}: no look on file would have shown it"
        nothing_there = not (effort.published or effort.unclear or effort.absences)
        if nothing_there and any(known.is_known for (_, when), known in self._effort.items() if when == period):
            return "not looked", f"not looked in {year}: no look at {self._name(episode.site)} on file"
        return "unknown", ""

    @cached_property
    def effort(self) -> tuple[Data, ...]:
        """What is known of the looks, site by site, the watched ones first."""
        watched = self._repeats.watched.scope
        return tuple(map(self._effort_at, (*watched, *sorted(set(self._by_site) - set(watched)))))

    def _effort_at(self, site: str) -> Data:
        now, then = self._effort[site, "now"], self._effort[site, "then"]
        withheld = ""
        if now.is_known != then.is_known:
            known, other = (self.now, self.then) if now.is_known else (self.then, self.now)
            gone = f"was absent in {other}" if now.is_known else f"no longer comes in {other}"
            withheld = (
                f"Looks are known for {known} only. Withheld: the rate of {other}, the ratio of the years, the "
                f"test of the two shares, and any claim that anything of {known} {gone}."
            )
        return {
            "site": self._name(site),
            "now": self._effort_text(site, "now"),
            "then": self._effort_text(site, "then"),
            "kinds": list(self._kinds(site, now, then)),
            "withheld": withheld,
            "look_ids": [r.id or "" for look in (*now.counted, *then.counted) for r in look.records],
        }

    def _effort_text(self, site: str, period: str) -> str:
        if not self._by_site.get(site):
            return f"nothing logged. {NOT_PROOF}"
        effort = self._effort[site, period]
        published = f"published images: {len(effort.published)}"
        if effort.is_known:
            said = [
                numbered(len(effort.counted), "look") + " counted, our own or of a source that states all its looks"
            ]
            said += [f"{published}, not counted"] if effort.published else []
        else:
            said = [f"{published}; {RARELY}"]
        if effort.unclear:
            said.append(f"could not tell: {len(effort.unclear)}, no looks")
        if effort.absences:
            said.append(f"{UNCOUNTED_ABSENCE}: {len(effort.absences)}")
        return "; ".join(said)

    def _kinds(self, site: str, now: _Effort, then: _Effort) -> Iterable[Data]:
        """*Seen in k of n looks* for every kind and class on file at a site where some looks are counted.

        What was only published is listed too: that our own looks did not show it is worth knowing.
        """
        if not (now.counted or then.counted):
            return
        words = self._vocabulary
        nodes: set[tuple[str, ...]] = set()
        for record in self._by_site.get(site, ()):
            if words.is_matched(record.platform) and not record.context and self._period(record) != "other":
                path = words.path(record.platform or "")
                nodes |= {path[:depth] for depth in range(1, len(path) + 1)}
        # Nothing particular was ever seen or looked for: the looks still say that of every kind.
        nodes = nodes or {(p.id,) for p in words.platforms.values() if p.parent is None and p.matched}
        for path in sorted(nodes):
            k1, n1 = _seen_in(now.counted, path[-1], words)
            k0, n0 = _seen_in(then.counted, path[-1], words)
            if n1 or n0:
                ratio, fisher = self._tests(k1, n1, k0, n0)
                yield {
                    "label": words.label(path[-1]),
                    "depth": len(path) - 1,
                    "now": _share_text(k1, n1),
                    "then": _share_text(k0, n0),
                    "ratio": ratio,
                    "fisher": fisher,
                }

    def _tests(self, k1: int, n1: int, k0: int, n0: int) -> tuple[str, str]:
        if not (n1 and n0):
            return "withheld", "withheld"
        ratio, p = rates.ratio(k1, n1, k0, n0), rates.shares_differ(k1, n1, k0, n0)
        if ratio is None:
            said = "not testable: seen in neither year"
        else:
            best = f"{ratio.ratio:.3g}" if ratio.ratio is not None else f"no number (not seen in {self.then})"
            high = f"to {ratio.high:.3g}" if ratio.high is not None else "upwards, no upper bound"
            said = f"{best}; 95 % interval {ratio.low:.3g} {high}; {_p_text(ratio.p)}"
        return said, "not testable: all looks alike" if p is None else _p_text(p)

    @cached_property
    def looks_without(self) -> tuple[Data, ...]:
        """Looks that found nothing, those that could not tell, and absences reported over a period."""
        groups: dict[str, list[Observation]] = {"nothing": [], "unclear": [], "absent": []}
        for record in self._records:
            if record.outcome != "seen" and self._period(record) != "other":
                groups[_shape(record)].append(record)
        return self._lists(
            ("Looks that found nothing", "", groups["nothing"]),
            ("Could not tell", "no look", groups["unclear"]),
            ("Absence reported over a period", "number of looks unknown: drawn, never counted", groups["absent"]),
        )

    # --- 5: shown, never matched

    @cached_property
    def never_matched(self) -> tuple[Data, ...]:
        """Every sighting that takes no part in the comparison, by the first reason that holds."""
        reasons: dict[str, list[Observation]] = {key: [] for key in _NEVER}
        for record in self._all:
            if record.status == "withdrawn":
                reasons["withdrawn"].append(record)
            elif self._period(record) == "other":
                if record.id not in self._compared:
                    reasons["other years"].append(record)
            elif record.outcome == "seen" and record.id not in self._compared:
                reasons[self._reason(record)].append(record)
        return self._lists(*((title, why, reasons[key]) for key, (title, why) in _NEVER.items()))

    def _reason(self, record: Observation) -> str:
        if record.aggregate or record.context:
            return "aggregate" if record.aggregate else "context"
        if record.platform not in self._vocabulary.platforms:
            return "unknown"
        if not self._vocabulary.is_matched(record.platform):
            return "no platform"
        return record.method if record.method in _NEVER else "rest"

    def _lists(self, *groups: tuple[str, str, list[Observation]]) -> tuple[Data, ...]:
        return tuple(
            {"title": title, "why": why, "lines": [self._line(record) for record in found]}
            for title, why, found in groups
            if found
        )

    def _line(self, record: Observation) -> Data:
        return {
            "when": in_words(record.date),
            "site": self._name(record.site),
            "what": in_short(record, self._vocabulary),
            "id": record.id or "",
            "note": record.note,
        }

    # --- 6: contradictions and doubts

    @cached_property
    def contradictions(self) -> tuple[Data, ...]:
        """Pairs of records of which one says that it contradicts the other, each pair once."""
        by_id = {record.id: record for record in self._records}
        found: dict[frozenset[str], Data] = {}
        for record in self._records:
            for relation in record.relates:
                if relation.how == "contradicts":
                    other = by_id.get(relation.id)
                    lost = {"when": "", "site": "", "what": "no record with this id", "id": relation.id, "note": ""}
                    both = frozenset((record.id or "", relation.id))
                    found.setdefault(
                        both, {"first": self._line(record), "second": self._line(other) if other else lost}
                    )
        return tuple(found.values())

    @cached_property
    def doubts(self) -> tuple[tuple[str, str, str], ...]:
        """What the checks say: level, in words, where. Values of sources are not repeated: they may be confidential."""
        return tuple((p.level, self._sayable(p), _where(p)) for p in self._problems)

    def _sayable(self, problem: Problem) -> str:
        if problem.field.startswith("sources"):
            return "a source is not written as it should be (`resight check` says how)"
        text = f"{problem.what} ({problem.mend})" if problem.mend else problem.what
        for name in self._confidential:
            text = text.replace(name, "a confidential source")
        return text

    @cached_property
    def _confidential(self) -> tuple[str, ...]:
        """Whatever names a confidential source, longest first."""
        claimed = [claim.source for site in self._sites.values() for claim in site.claims if claim.source]
        secret = [s for s in chain(claimed, *(r.sources for r in self._all)) if s.confidential]
        names = {name for s in secret for name in (s.title, s.published_by, s.url) if name}
        return tuple(sorted(names, key=lambda name: (-len(name), name)))

    # --- 7: method

    @cached_property
    def assumptions(self) -> tuple[tuple[str, str, str], ...]:
        """Name in the method, meaning and value of everything assumed."""
        given = self._repeats.watched.assumptions._asdict()
        return tuple((name, ASSUMED.get(name, name.replace("_", " ")), _plain(value)) for name, value in given.items())

    @cached_property
    def sizes(self) -> tuple[tuple[str, str, str, str], ...]:
        """Catalogue sizes: of what, size, where the number comes from, where it was used."""
        used: dict[tuple[str, int, str], list[str]] = {}
        for comparison in self._repeats.comparisons:
            is_watched = comparison is self._repeats.watched
            name = self.group if is_watched else self._name(comparison.scope[0])
            for size in comparison.sizes:
                used.setdefault((size.of, size.size, size.source), []).append(name)
        return tuple((of, str(size), source, ", ".join(where)) for (of, size, source), where in used.items())

    # --- figures

    def _timeline(self, site: str) -> Timeline | None:
        """The years of one site, this year on top; None when there is nothing to draw."""
        compared = [e for c in self._repeats.comparisons for e in (*c.current, *c.baseline)]
        found = [e for e in (*compared, *self._undetermined) if e.site == site]
        matched = {p.current.id: p.baseline.id for p in self._repeats.matches}
        linked = {*matched, *matched.values()}
        found.sort(key=lambda e: (e.time[0], e.last_seen[1], e.id))
        things = [self._episode_drawn(episode, episode.id in linked) for episode in found]
        strips: dict[str, list[Thing]] = {"looks": [], "other means": []}
        for record in self._by_site.get(site, ()):
            if record.outcome != "seen" and not record.aggregate:
                strips["looks"].append(self._record_drawn(record))
            elif record.outcome == "seen" and record.id not in self._compared and self._reason(record) in _TRACKED:
                strips["other means"].append(self._record_drawn(record))
        baseline = sorted(self._repeats.baseline_years, reverse=True)
        role = "last year" if len(baseline) == 1 else "baseline"
        years = [figures.Year(self._repeats.year, "this year", "now")]
        rows = figures.rows([*years, *(figures.Year(year, role, "then") for year in baseline)], things, strips)
        shapes = {mark.shape for row in rows for mark in row.marks}
        # What was tracked elsewhere is listed in part 5; alone it makes a figure only at a watched site.
        if not shapes or (shapes == {"tracked"} and site not in self._repeats.watched.scope):
            return None
        told = [f"{row.year}: {'; '.join(m.title for m in row.marks) or 'nothing on file'}." for row in rows]
        return figures.timeline(
            rows,
            matched,
            site=site,
            title=f"{self._name(site)}: {self.now} and {self.then}, month by month",
            description=" ".join(told),
            months=_MONTHS,
        )

    def _episode_drawn(self, episode: Episode, matched: bool) -> Thing:
        is_sure = all(s.bounds[0] == s.bounds[1] or s.date_meaning == "throughout" for s in episode.sightings)
        # What it was, without the date: the name if there is one, else the class.
        label, is_known = episode.individual_name, bool(episode.individual)
        if not label:
            label = self._vocabulary.label(episode.claimed_path[-1] if episode.claimed_path else None)
            is_known = episode.path == episode.claimed_path
        return Thing(
            (episode.time[0], episode.last_seen[1]),
            "sure" if is_sure else "vague",
            self._described(episode) + ("" if is_sure else " (day not known)"),
            label if is_known else f"{label} (?)",
            episode.id,
            matched,
        )

    def _record_drawn(self, record: Observation) -> Thing:
        shape = _shape(record)
        is_open = record.outcome != "seen" and not record.platform
        what = "anything" if is_open else self._vocabulary.label(record.platform)
        return Thing(record.bounds, shape, f"{_SHAPES[shape]}: {what}, {in_words(record.date)}")


# --- small words ----------------------------------------------------------------------------------------------

_INDIVIDUAL = {"ship": "hull", "aircraft": "tail number"}
_METHOD_SHORT = {
    "optical": "optical image",
    "radar": "radar image",
    "flight-tracking": "flight tracking",
    "ground": "observers on the ground",
    "report": "report",
}
_TRACKED = frozenset(("flight-tracking", "ground", "report", "rest"))
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHAPES = {
    "nothing": "looked, found nothing",
    "absent": UNCOUNTED_ABSENCE,
    "unclear": "could not tell",
    "tracked": "seen by other means, not compared",
}
#: Reasons for taking no part, in the order they are shown: title, and why.
_NEVER = {
    "aggregate": ("Totals and shared operations", "one record stands for many movements"),
    "context": ("Background", "coal ships, repairs, damage and the like"),
    "no platform": ("Cargo, people and facilities", "not a ship, aircraft or vehicle"),
    "unknown": ("Platform not known", "not given, or not in the vocabulary"),
    "flight-tracking": ("Seen by flight tracking only", "left out by method: no image"),
    "ground": ("Seen from the ground only", "left out by method: no image from above"),
    "report": ("Known from reports only", "left out by method: no image named"),
    "rest": ("Left out of both years", "not admitted to this comparison"),
    "other years": ("Records of other years", "or whose date may lie in two years; not compared"),
    "withdrawn": ("Withdrawn", "kept in the logbook, counted nowhere"),
}


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _verb(count: int, singular: str) -> str:
    return singular if count == 1 else singular.removesuffix("s")


def _plain(value: object) -> str:
    return " / ".join(map(_plain, value)) if isinstance(value, tuple) else f"{value:g}"


def _signed(bits: float) -> str:
    """Bits with their sign, two decimals, a true minus; never ``−0.00``."""
    text = f"{bits:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")


def _likeness_text(found: pattern.Likeness) -> str:
    """How alike and at what shift, in words; S is 1 for the same pattern and 0 for nothing in common."""
    low, high = f"{found.low:.2f}", f"{found.high:.2f}"
    alike = f"S = {high}" if low == high else f"S between {low} and {high}"
    if not found.high:
        return f"{alike}, no shift brings any two episodes together"
    shifts = [_shift_text(a) if a == b else f"{a:g} to {_shift_text(b)}" for a, b in found.shifts[:SHIFTS_SHOWN]]
    more = len(found.shifts) - len(shifts)
    best = " or ".join(shifts) + (f" or {more} more" if more else "")
    return f"{alike}, at best at a shift of {best}"


def _shift_text(days: float) -> str:
    return f"{days:g} {'day' if abs(days) == 1 else 'days'}"


def _p_text(p: float) -> str:
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.2g}"


def _where(problem: Problem) -> str:
    where = problem.file + (f":{problem.line}" if problem.line else "")
    return " ".join(part for part in (where, problem.id, problem.field and f"[{problem.field}]") if part)


def _measured(record: Observation) -> str | None:
    sides = ((record.length_m, "long"), (record.width_m, "wide"))
    return ", ".join(f"{metres:g} m {word}" for metres, word in sides if metres) or None


def _image(record: Observation) -> str | None:
    taken = record.image_time.strftime("%Y-%m-%d %H:%M %Z") if record.image_time else None
    return ", ".join(part for part in (record.image_provider, record.sensor, taken, record.image_id) if part) or None


def _source_line(source: Source) -> _SourceLine:
    url = source.url if source.url and re.match(r"https?://", source.url) else None
    details = [f"published {in_words(source.published)}"] if source.published else []
    details += [f"read {in_words(source.accessed)}"] if source.accessed else []
    details += [f"graded {source.grade}"] if source.grade else []
    name = ": ".join(part for part in (source.published_by, source.title) if part) or source.url or ""
    return _SourceLine(name, url, ", ".join(details))


def _shape(record: Observation) -> str:
    """What a record that takes no part in the comparison is: a key of :data:`_SHAPES`."""
    if record.outcome == "not-seen":
        return "nothing" if episodes.is_counted_absence(record) else "absent"
    return "tracked" if record.outcome == "seen" else "unclear"


def _seen_in(looks: Sequence[Look], node: str, vocabulary: Vocabulary) -> tuple[int, int]:
    """In how many looks a node was seen, of how many that would have shown it; background never counts as seen."""
    able = [look for look in looks if look.could_find(node, vocabulary)]
    return sum(look.found(node, vocabulary) for look in able), len(able)


def _share_text(seen: int, looks: int) -> str:
    found = rates.share(seen, looks)
    if found.low is None or found.high is None:
        return "looks not known"
    return f"seen in {seen} of {numbered(looks, 'look')}; rate {found.low:.2f} to {found.high:.2f}"
