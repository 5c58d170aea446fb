"""What the report says of more records than can be told one by one, as plain data, decided once for every format.

:func:`of` decides; :mod:`resight.report` lays out, as it does :mod:`resight.findings`. The parts are those of the full
report, in its order: what is counted is told in numbers, the strongest matches in full, every site on a line. Every
episode stands in the roll (:mod:`resight.roll`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import resight
from resight import excerpt, method
from resight.account import OTHERS_SHOWN, Accounts, pair_numbers
from resight.album import Album
from resight.aside import NEVER
from resight.bottomline import SHOWN, Part, Point
from resight.case import Case
from resight.compared import Compared, Comparisons
from resight.comparison import Comparison, Repeats
from resight.effort import RARELY, UNCOUNTED_ABSENCE
from resight.errors import Problem
from resight.evidence import Pair
from resight.findings import doubts
from resight.listing import MANY, some
from resight.observation import Observation, Site
from resight.outcomes import ALIKE, EMPTY, NONE, REPEATS, RESEMBLES, UNTOLD, Outcomes
from resight.previews import Preview
from resight.tallies import SiteTally, Tallies
from resight.trial import expected_false, false_sentence
from resight.vocabulary import Vocabulary
from resight.wording import NOT_PROOF, Data, listed

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from resight.excerpt import Fetch
    from resight.weights import Floats, Ints

#: So many matches of the watched sites are told in full, and so many of the others.
TOLD = 12
#: Up to so many sites are named in a sentence.
_NAMED = 12
#: So many of what the checks say are listed.
_DOUBTS = 50
ONE_SITE = "resight report --site SITE"


class SiteLine(NamedTuple):
    """One site on a line."""

    id: str
    name: str
    records: tuple[int, int]
    #: Counted looks of both sides; None where none is: how often anyone looked is not known then.
    looks: tuple[int | None, int | None]
    episodes: tuple[int, int]
    matches: int
    #: Matches in which the same individual is known on both sides.
    repeats: int
    #: This year's that nothing of the baseline is like, and the other way round; None with nothing to compare with.
    without_precedent: int | None
    not_repeated: int | None
    #: Bits of the strongest match.
    strongest: float | None


class Section(NamedTuple):
    """The watched sites, or all others: the strongest matches in full, and every site on a line."""

    #: What there is to say of the matches together.
    tried: tuple[str, ...]
    matches: Data
    sites: Data
    #: The number of sites.
    number: int


class Survey(NamedTuple):
    """Everything the page says, in the order it says it; names as those of :class:`resight.findings.Findings`."""

    title: str
    year: int
    baseline_years: tuple[int, ...]
    now: str
    then: str
    group: str
    watched_names: str
    conditions: tuple[str, ...]
    up_to: str
    up_to_day: str
    running: str
    digest: str
    #: What the digest is of.
    digest_of: str
    version: str
    #: That and why this is a survey, and how more is told.
    about: tuple[str, ...]
    lead: str
    bottom_line: tuple[Part, ...]
    watched: Section
    others: Section
    #: The looks of both sides in sentences.
    effort: tuple[str, ...]
    looks_needed: tuple[tuple[str, int], ...]
    #: Title, reason and number of the records that take no part.
    never_matched: tuple[tuple[str, str, int], ...]
    doubts: Data
    method: tuple[str, ...]
    notes: Mapping[str, str]
    is_learned: bool
    assumptions: tuple[tuple[str, str, str, str], ...]
    sizes: tuple[tuple[str, str, str, str], ...]
    references: tuple[tuple[str, str], ...]
    #: All that in plain numbers, every site among it.
    numbers: Data


def of(
    records: GeoDataFrame,
    comparisons: Comparisons,
    became: Sequence[Outcomes],
    counted: Tallies,
    fetch: Fetch,
    *,
    sites: Mapping[str, Site],
    vocabulary: Vocabulary,
    digest: str,
    digest_of: str,
    up_to: str,
    problems: Iterable[Problem],
    table: str,
    conditions: Sequence[str] = (),
    learn: bool = False,
    preview: Callable[[Observation], Preview] | None = None,
) -> Survey:
    """What there is to say of a year of many records held against its baseline.

    Args:
        records: the frame of all records, without withdrawn ones.
        comparisons: what was found in it.
        became: what became of the episodes of each scope.
        counted: what is on file of both sides.
        fetch: what gives the records with some ids.
        sites: the register; a site that is not in it goes by its id.
        vocabulary: the words for platforms and activities.
        digest, digest_of: a digest of what was compared, and of what it is one.
        up_to: ISO time up to which the data go, or words when there are none.
        problems: what is known to be wrong with the logbook.
        table: what is said of where all episodes are.
        conditions: in words, what narrows or widens this report against the standard one.
        learn: was it asked for that m be learned?
        preview: a small copy of the image that a record names; None for a report without images.
    """
    made = _Made(records, comparisons, became, counted, fetch, sites, vocabulary, up_to, table, preview)
    case = made.case
    found = list(problems)
    unread = sum(problem.level == "error" for problem in found)
    watched, others = made.section(0, 1), made.section(1, len(comparisons.scopes))
    lines = made.lines
    asked = [f"m learned at {_count(made.learned, 'of the comparisons')}" if made.learned else "m was not learned"]
    return Survey(
        title=f"Pattern similarity report: {case.now} against {case.then}",
        year=comparisons.year,
        baseline_years=comparisons.baseline_years,
        now=case.now,
        then=case.then,
        group=case.group,
        watched_names=made.names(comparisons.scopes[0].scope),
        conditions=(*conditions, *(asked if learn else [])),
        up_to=up_to,
        up_to_day=case.up_to_day,
        running=case.running,
        digest=digest,
        digest_of=digest_of,
        version=resight.__version__,
        about=made.about(),
        lead=" ".join(part for part in (made.lead(), case.running) if part),
        bottom_line=made.parts(unread),
        watched=watched,
        others=others,
        effort=(made.effort_sentence(), *made.looks()),
        looks_needed=method.LOOKS_NEEDED,
        never_matched=tuple((*NEVER[key], number) for key, number in counted.never_matched.items()),
        doubts=_doubts(doubts(case, found)),
        method=method.paragraphs(case, conditions),
        notes=method.NOTES,
        is_learned=made.learned > 0,
        assumptions=method.assumptions(case),
        sizes=method.sizes(case),
        references=method.references(case),
        numbers={
            **made.numbers(),
            "matches_told": [
                pair_numbers(pair, comparison) for comparison in case.repeats.comparisons for pair in comparison.matches
            ],
            "sites": [line._asdict() for line in lines],
            "never_matched": dict(counted.never_matched),
            "assumed": case.repeats.watched.assumptions._asdict(),
        },
    )


def bare_case(comparisons: Comparisons, sites: Mapping[str, Site], vocabulary: Vocabulary, up_to: str) -> Case:
    """The case in hand without an episode: for the names of sides and sites."""
    watched = excerpt.bare(comparisons.scopes[0], vocabulary, sites)
    years = comparisons.year, comparisons.baseline_years
    return Case((), Repeats(*years, watched, (), (), (), comparisons.methods), sites, vocabulary, up_to)


def _doubts(said: Sequence[tuple[str, str, str]]) -> Data:
    left = len(said) - _DOUBTS
    more = f"{left:,} more are not listed here; resight check has them all." if left > 0 else ""
    return {"items": list(said[:_DOUBTS]), "count": len(said), "more": more}


class _Made:
    """The survey in the making."""

    def __init__(
        self,
        records: GeoDataFrame,
        comparisons: Comparisons,
        became: Sequence[Outcomes],
        counted: Tallies,
        fetch: Fetch,
        sites: Mapping[str, Site],
        vocabulary: Vocabulary,
        up_to: str,
        table: str,
        preview: Callable[[Observation], Preview] | None,
    ) -> None:
        self._comparisons, self._became, self.counted, self._table = comparisons, became, counted, table
        self._number = len(records)
        told = self._strongest()
        excerpts = excerpt.of(
            comparisons.found,
            [(comparisons.scopes[number], chosen) for number, chosen in told],
            records,
            fetch,
            vocabulary=vocabulary,
            sites=sites,
        )
        #: How many matches of a scope are told: those after them are only needed to tell these.
        self._number_told = {number: chosen.told for number, chosen in told}
        #: The scopes of which matches are told, and the group in any case.
        self._told = {number: made for (number, _), made in zip(told, excerpts, strict=True)}
        repeats = Repeats(
            comparisons.year,
            comparisons.baseline_years,
            self._told[0],
            tuple(made for number, made in self._told.items() if number),
            (),
            (),
            comparisons.methods,
        )
        self.case = Case((), repeats, sites, vocabulary, up_to)
        self._accounts, self._album = Accounts(self.case), Album(self.case, preview)

    def _strongest(self) -> list[tuple[int, excerpt.Chosen]]:
        """Which matches are told in full: of the group, and of all other sites together."""
        scopes = self._comparisons.scopes
        found = [(0, excerpt.strongest(scopes[0], TOLD, OTHERS_SHOWN))]
        best = [
            (-bits, number)
            for number, one in enumerate(scopes[1:], 1)
            for bits in one.links.bits[one.matched[:TOLD]].tolist()
        ]
        of_others = [number for _, number in sorted(best)[:TOLD]]
        for number in sorted(set(of_others)):
            found.append((number, excerpt.strongest(scopes[number], of_others.count(number), OTHERS_SHOWN)))
        return found

    @property
    def learned(self) -> int:
        """In how many scopes m was learned."""
        return sum(one.learned > 0 for one in self._comparisons.scopes)

    def names(self, scope: Sequence[str]) -> str:
        """The sites by name, or how many they are."""
        if len(scope) <= _NAMED:
            return self.case.names(scope)
        return f"{len(scope):,} sites"

    def about(self) -> tuple[str, ...]:
        """That and why this is a survey."""
        return (
            f"This is a survey: {self._number:,} records are too many to be told one by one. {self._table}",
            "Left out is what needs every record by itself: the timelines, the years laid over each other, the matches "
            "tried together, and what would fit but for the method it was seen by. "
            f"{ONE_SITE} tells all of that for one site, up to {MANY:,} records.",
        )

    # --- the bottom line

    def lead(self) -> str:
        """How many episodes of the group are alike, in one sentence."""
        scopes = self._comparisons.scopes
        if scopes[0].scope:
            return self._likeness(0, 1, f"at the {self.case.group}")
        none = "No site of the register is marked as watched"
        return (
            f"{none}. {self._likeness(1, len(scopes), 'at all sites, each by itself,')}" if scopes[1:] else f"{none}."
        )

    def _likeness(self, first: int, last: int, where: str) -> str:
        """How many episodes of some scopes repeat or resemble one of the other side."""
        current, baseline = self.case.now, self.case.then
        now, then = ([both[side] for both in self._became[first:last]] for side in (1, 0))
        numbers = [sum(len(outcome.became) for outcome in side) for side in (now, then)]
        if not any(numbers):
            return f"No episode of {current} or {baseline} {where} can be compared."
        if not numbers[0]:
            return f"No episode of {current} {where} can be compared with the {_n(numbers[1])} of {baseline}."
        if not numbers[1]:
            return f"{_n(numbers[0])} of {current} {where.rstrip(',')}; {baseline} has none on file to compare with."
        same, alike, like = (sum(one.number(code) for one in now) for code in (REPEATS, RESEMBLES, ALIKE))
        of = f"of {_n(numbers[0])} of {current} {where}"
        said = []
        if same:
            said.append(f"{same:,} {of} {_verb(same, 'repeats')} one of {baseline}, the same individual being known")
        if alike:
            said.append(f"{alike:,} {'more' if same else of} {_verb(alike, 'resembles')} one of {baseline}")
        if not said:
            said.append(f"None {of} repeats or resembles one of {baseline}{' in particular' if like else ''}")
        if like:
            more = " more" if same or alike else ""
            said.append(f"{like:,}{more} {_verb(like, 'is', 'are')} of a type seen there then too")
        return "; ".join(said) + "."

    def parts(self, unread: int) -> tuple[Part, ...]:
        """Sentences under the question they answer."""
        parts = (
            Part("What is alike", tuple(self._alike())),
            Part(
                "How sure this is", tuple(map(Point, self._tried(0, 1 if self._comparisons.scopes[0].scope else None)))
            ),
            Part("What was not looked at, or is not known", tuple(self._not_looked(unread))),
            Part("What is left over", tuple(self._left_over())),
            Part("Not counted above", tuple(self._not_counted())),
        )
        return tuple(part for part in parts if part.points)

    def _alike(self) -> Iterable[Point]:
        told, number = self._told[0].matches[: self._number_told[0]], len(self._comparisons.scopes[0].matched)
        for pair in told[:SHOWN]:
            yield Point(self._accounts.sentence(pair))
        if left := number - len(told[:SHOWN]):
            yield Point(f"{left:,} more: see part 2.")

    def _not_looked(self, unread: int) -> Iterable[Point]:
        if unread:
            yield Point(f"Part of the logbook could not be read ({_count(unread, 'error')}: see part 6).")
        scope = self._comparisons.scopes[0].scope
        for sides, years in ((("now", "then"), "either year"), (("now",), self.case.now), (("then",), self.case.then)):
            is_empty = {site: {s for s in ("now", "then") if not self.counted.of(site, s).records} for site in scope}
            empty = [site for site in scope if is_empty[site] == set(sides)]
            if empty:
                yield Point(f"Nothing is logged for {self._some_of(empty, scope)} in {years}. {NOT_PROOF}")
        if scope:
            yield Point(self.effort_sentence())

    def _left_over(self) -> Iterable[Point]:
        one, (then, now) = self._comparisons.scopes[0], self._became[0]
        case = self.case
        sides = (
            (now, case.now, case.then, "without precedent on file"),
            (then, case.then, case.now, f"not repeated on file{case.so_far}"),
        )
        for outcome, year, other, words in sides if len(one.now) and len(one.then) else ():
            for code, one_is, many_are in (
                (ALIKE, *_is_are(f"like one of {other}, no one visit standing out as its match")),
                (UNTOLD, f"may or may not be like one of {other}: too little is known", ""),
                (NONE, *_is_are(words)),
            ):
                if number := outcome.number(code):
                    of = f"{number:,} of {_n(len(outcome.became))} of {year}"
                    yield Point(f"{of} {one_is if number == 1 else many_are or one_is}.")

    def _not_counted(self) -> Iterable[Point]:
        elsewhere = [one.scope[0] for one in self._comparisons.scopes[1:] if len(one.matched)]
        if elsewhere:
            at = self.names(elsewhere)
            yield Point(f"Outside the {self.case.group} there are likenesses at {at}: see part 3.")
        left = sum(self.counted.never_matched.values())
        if left:
            why = ", ".join(_lower(NEVER[key][0]) for key in self.counted.never_matched)
            records = _count(left, "record")
            yield Point(f"{records} of all sites {_verb(left, 'takes')} no part in the comparison ({why}): see part 5.")
        if open_ := len(self._comparisons.touching()):
            straddle = "straddles" if open_ == 1 else "straddle"
            yield Point(f"{_n(open_)} {straddle} New Year and {_verb(open_, 'is', 'are')} in neither year.")

    # --- matches

    def _tried(self, first: int, last: int | None) -> tuple[str, ...]:
        """What there is to say of the matches of some scopes together."""
        scopes = self._comparisons.scopes[first:last]
        posteriors: Floats = np.concatenate([one.links.posterior[one.matched] for one in scopes] or [np.zeros(0)])
        if not len(posteriors):
            return ()
        return (
            false_sentence(posteriors.tolist()),
            "Whether the matches stand when they are tried together was not tried: there are too many episodes.",
        )

    def section(self, first: int, last: int) -> Section:
        """Some scopes: their strongest matches, and every site of theirs."""
        told = [
            (pair, made)
            for number, made in self._told.items()
            if first <= number < last
            for pair in made.matches[: self._number_told[number]]
        ]
        told.sort(key=lambda pair: (-pair[0].bits, pair[0].current.id))
        number = sum(len(one.matched) for one in self._comparisons.scopes[first:last])
        left = number - len(told)
        scope = {site for one in self._comparisons.scopes[first:last] for site in one.scope}
        return Section(
            self._tried(first, last),
            {
                "items": [self._match(pair, made) for pair, made in told],
                "count": number,
                "more": f"And {_count(left, 'match', 'matches')} more in the table." if told and left else "",
            },
            self._sites([line for line in self.lines if line.id in scope]),
            len(scope),
        )

    def _match(self, pair: Pair, among: Comparison) -> Data:
        """A match, with the images of both its sides."""
        told = self._accounts.match(pair, among, "")
        sides = {"current": pair.current, "baseline": pair.baseline}
        return {**told, **{side: {**told[side], "images": self._album.of(one)} for side, one in sides.items()}}

    # --- sites

    def _sites(self, lines: Sequence[SiteLine]) -> Data:
        found = some(lines, self._told_site)
        left = found["count"] - len(found["items"])
        found["more"] = f"{_count(left, 'site')} more are not listed here; all their episodes are in the table." * (
            left > 0
        )
        return found

    @staticmethod
    def _told_site(line: SiteLine) -> Data:
        return {
            **line._asdict(),
            "records": [f"{number:,}" for number in line.records],
            "looks": ["not known" if number is None else f"{number:,}" for number in line.looks],
            "episodes": [f"{number:,}" for number in line.episodes],
            **{name: f"{getattr(line, name):,}" for name in ("matches", "repeats")},
            **{
                name: "–" if (number := getattr(line, name)) is None else f"{number:,}"
                for name in ("without_precedent", "not_repeated")
            },
            "strongest": "" if line.strongest is None else f"{line.strongest:+.2f}",
        }

    @cached_property
    def lines(self) -> list[SiteLine]:
        """Every site on a line: the group first, then those with the strongest match, then by id."""
        found = [
            (number > 0, line)
            for number, one in enumerate(self._comparisons.scopes)
            for line in self._lines(one, self._became[number])
        ]
        found.sort(key=lambda both: (both[0], -(both[1].strongest or 0.0), both[1].id))
        return [line for _, line in found]

    def _lines(self, one: Compared, outcome: Outcomes) -> Iterable[SiteLine]:
        held, number = one.weighed.held, len(one.weighed.held.sites)
        sides = held.baseline.site, held.current.site

        def at(side: int, *which: int) -> Ints:
            return np.bincount(sides[side][np.isin(outcome[side].became, which)], minlength=number)

        episodes = [np.bincount(site, minlength=number) for site in sides]
        repeats, matches = at(1, REPEATS), at(1, REPEATS, RESEMBLES)
        # Where the other year is empty there is nothing to be like.
        without = [at(side, NONE) if len(other) else None for side, other in enumerate((one.now, one.then))]
        best = np.zeros(number)
        site = sides[1][one.links.current[one.matched]]
        np.maximum.at(best, site, one.links.bits[one.matched])
        place = {name: code for code, name in enumerate(held.sites)}
        for name in one.scope:
            code = place.get(name)
            tally = [self.counted.of(name, side) for side in ("now", "then")]
            numbers = [side[code] if code is not None else 0 for side in (*episodes, matches, repeats)]
            then, now, match, repeat = map(int, numbers)
            left = [None if side is None else 0 if code is None else int(side[code]) for side in reversed(without)]
            yield SiteLine(
                name,
                self.case.name(name),
                (tally[0].records, tally[1].records),
                (tally[0].counted or None, tally[1].counted or None),
                (now, then),
                match,
                repeat,
                left[0],
                left[1],
                float(best[code]) if code is not None and match else None,
            )

    # --- effort

    def effort_sentence(self) -> str:
        """What is known of the looks at all sites of the group, and what must go unsaid for want of them."""
        scope = self._comparisons.scopes[0].scope or [line.id for line in self.lines]
        tally = {site: [self.counted.of(site, side) for side in ("now", "then")] for site in scope}
        unsaid = "nothing can be said {}of what is “new”, of what is “gone”, or of rates."
        known = {site: tuple(side.is_known for side in sides) for site, sides in tally.items()}
        if not any(map(any, known.values())):
            if not any(side.published for sides in tally.values() for side in sides):
                return f"No look is on file for either year, so {unsaid.format('')}"
            return (
                "How often anyone looked is not known for either year: the images are published ones, and "
                f"{RARELY}. So {unsaid.format('')}"
            )
        both, now, then, neither = (
            [site for site in scope if known[site] == which]
            for which in ((True, True), (True, False), (False, True), (False, False))
        )
        said = []
        if both:
            said.append(f"How often we looked is known on both sides at {self._some_of(both, scope)}.")
        for only, year, other in ((now, self.case.now, self.case.then), (then, self.case.then, self.case.now)):
            if only:
                said.append(
                    f"How often we looked at {self._some_of(only, scope)} is on file for {year} only, so what needs "
                    f"the looks of {other} is withheld."
                )
        if neither:
            there = unsaid.format("there ")
            said.append(f"How often anyone looked at {self._some_of(neither, scope)} is not known, so {there}")
        return " ".join(said)

    def looks(self) -> tuple[str, ...]:
        """The looks of both sides in numbers, over all sites."""
        totals = {side: SiteTally(*(sum(of) for of in zip(*self._at(side), strict=True))) for side in ("now", "then")}
        said = []
        for side, year in (("now", self.case.now), ("then", self.case.then)):
            one = totals[side]
            told = [f"{_count(one.counted, 'look')} counted, our own or of a source that states all its looks"]
            told += [f"published images: {one.published:,}, not counted"] if one.published else []
            told += [f"could not tell: {one.unclear:,}, no looks"] if one.unclear else []
            told += [f"{UNCOUNTED_ABSENCE}: {one.absences:,}"] if one.absences else []
            said.append(f"{year}, all sites: {'; '.join(told)}.")
        return tuple(said)

    def _at(self, side: str) -> list[SiteTally]:
        return [tally for (_, period), tally in self.counted.at.items() if period == side] or [SiteTally()]

    def _some_of(self, sites: Sequence[str], of: Sequence[str]) -> str:
        """Some of the sites: by name while they are few, else by number."""
        if len(sites) <= 3:
            return listed([self.case.name(site) for site in sites])
        which = "all" if len(sites) == len(of) else f"{len(sites):,} of"
        return f"{which} {len(of):,} {self.case.group if self._comparisons.scopes[0].scope else 'sites'}"

    # --- numbers

    def numbers(self) -> Data:
        """What became of both sides of the group and of all others together, in numbers."""
        names = {REPEATS: "repeats", RESEMBLES: "resembles", ALIKE: "alike", UNTOLD: "too_little_known"}
        names |= {NONE: "none", EMPTY: "nothing_to_compare_with"}
        told = {}
        for name, first, last in (("watched", 0, 1), ("others", 1, len(self._became))):
            became = self._became[first:last]
            scopes = self._comparisons.scopes[first:last]
            posteriors = [p for one in scopes for p in one.links.posterior[one.matched].tolist()]
            told[name] = {
                "sites": sum(len(one.scope) for one in scopes),
                "matches": len(posteriors),
                "expected_false": expected_false(posteriors) if posteriors else None,
                **{
                    side: {word: sum(both[place].number(code) for both in became) for code, word in names.items()}
                    for side, place in (("current", 1), ("baseline", 0))
                },
            }
        return told


def _n(count: int) -> str:
    return _count(count, "episode")


def _count(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _verb(count: int, singular: str, plural: str = "") -> str:
    return singular if count == 1 else plural or singular.removesuffix("s")


def _is_are(words: str) -> tuple[str, str]:
    return f"is {words}", f"are {words}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
