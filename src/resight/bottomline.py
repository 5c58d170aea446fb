"""The bottom line of the report: what repeats, what is left over, what cannot be said; sentences an editor can print.

No bits and no probability; "repeats" only where the same individual is known on both sides, otherwise "resembles".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from resight import evidence
from resight.account import Accounts
from resight.case import Case
from resight.comparison import Comparison, kinship
from resight.effort import Effort
from resight.firsts import Firsts
from resight.likeness import FEW, Overlays
from resight.wording import NOT_PROOF, Data, numbered

#: Under one sentence of the bottom line up to so many episodes are named.
SHOWN = 8


class Point(NamedTuple):
    """A sentence, and the lines that go under it."""

    text: str
    lines: tuple[str, ...] = ()


class Part(NamedTuple):
    """Some sentences that answer one question of a reader."""

    title: str
    points: tuple[Point, ...]


class BottomLine:
    """The sentences at the top of the report on a case.

    Args:
        never_matched: the lists of records that take no part, for their number.
        unread: how many errors keep something of the logbook out of the report.
    """

    def __init__(
        self,
        case: Case,
        effort: Effort,
        accounts: Accounts,
        firsts: Firsts,
        overlays: Overlays,
        never_matched: Sequence[Data],
        unread: int,
    ) -> None:
        self._case, self._effort, self._accounts, self._firsts = case, effort, accounts, firsts
        self._overlays, self._never_matched, self._unread = overlays, never_matched, unread

    def lead(self) -> str:
        """What stands at the top: how many episodes are alike, and whether the year is over."""
        return " ".join(part for part in (self._lead(), self._case.running) if part)

    def _lead(self) -> str:
        watched = self._case.repeats.watched
        if not watched.scope:
            return "No site of the register is marked as watched; each site with records stands on its own below."
        said = self.likeness(watched, f"at the {self._case.group}")
        if watched.matches and all(evidence.verb(pair) == "resembles" for pair in watched.matches):
            said = said.removesuffix(".") + "; none is known to be the same ship or aircraft."
        return said

    def likeness(self, comparison: Comparison, where: str) -> str:
        """How many episodes of a comparison repeat or resemble one of the other side, in one sentence."""
        now, then = self._case.now, self._case.then
        if not comparison.current and not comparison.baseline:
            return f"No episode of {now} or {then} {where} can be compared."
        if not comparison.current:
            number = numbered(len(comparison.baseline), "episode")
            return f"No episode of {now} {where} can be compared with the {number} of {then}."
        if not comparison.baseline:
            number = numbered(len(comparison.current), "episode")
            they = "it" if len(comparison.current) == 1 else "they"
            return f"{number} of {now} {where}; {then} has none on file that {they} could be compared with."
        same = sum(evidence.verb(pair) == "repeats" for pair in comparison.matches)
        alike = len(comparison.matches) - same
        one = len(comparison.current) == 1
        of = f"of {len(comparison.current)} episodes of {now} {where}"
        alike_too = self._alike_in_a_clause(comparison, bool(comparison.matches))
        if not comparison.matches:
            particular = " in particular" if alike_too else ""
            if one:
                return f"The one episode of {now} {where} repeats or resembles none of {then}{particular}{alike_too}."
            return f"None {of} repeats or resembles one of {then}{particular}{alike_too}."
        if one:
            how = f"repeats one of {then}, the same individual being known" if same else f"resembles one of {then}"
            return f"The one episode of {now} {where} {how}."
        said = []
        if same:
            said.append(f"{same} {of} {_verb(same, 'repeats')} one of {then}, the same individual being known")
        if alike:
            said.append(f"{alike} {'more' if same else of} {_verb(alike, 'resembles')} one of {then}")
        return "; ".join(said) + f"{alike_too}."

    def _alike_in_a_clause(self, comparison: Comparison, more: bool) -> str:
        """That others are like one of the baseline, though no one visit stands out; names who was there both times."""
        likest = comparison.likest
        found = [likest[e.id] for e in comparison.without_precedent if kinship(e, likest) == "alike"]
        if not found:
            return ""
        same = {
            p.current.individual_name for p in found if p.finding == "same individual" and p.current.individual_name
        }
        both = f" ({', '.join(sorted(same))} in both years)" if same else ""
        number = f"{len(found)} more" if more else str(len(found))
        are = "are" if len(found) > 1 else "is"
        return f"; {number} {are} of a type seen there then too{both}"

    def parts(self) -> tuple[Part, ...]:
        """What is alike, how sure that is, what was not looked at, what is left over; empty parts are left out."""
        parts = (
            Part("What is alike", tuple(self._alike())),
            Part("How sure this is", tuple(self._how_sure())),
            Part("What was not looked at, or is not known", tuple(self._not_looked())),
            Part("What is left over", tuple(self._left_over())),
            Part("Among all the years on file", tuple(self._among_years())),
            Part("Not counted above", tuple(self._not_counted())),
        )
        return tuple(part for part in parts if part.points)

    def _alike(self) -> Iterable[Point]:
        matches = self._case.repeats.watched.matches
        told = [self._accounts.sentence(pair) for pair in matches[:SHOWN]]
        return map(Point, self._first(told, len(matches)))

    def _left_over(self) -> Iterable[Point]:
        """What matches nothing on either side."""
        now, then, watched = self._case.now, self._case.then, self._case.repeats.watched
        sides = (
            (watched.without_precedent, watched.current, now, then, "without precedent on file"),
            (watched.not_repeated, watched.baseline, then, now, f"not repeated on file{self._case.so_far}"),
        )
        for left, of, year, other, words in sides if watched.current and watched.baseline else ():
            sayings = {
                "alike": f"is like one of {other}, no one visit standing out as its match",
                "untold": f"may or may not be like one of {other}: too little is known",
                "none": f"is {words}",
            }
            for like, said in sayings.items():
                found = [e for e in left if kinship(e, watched.likest) == like]
                if not found:
                    continue
                if len(found) > 1 and said.startswith("is "):
                    said = f"are {said.removeprefix('is ')}"
                told = [f"{self._case.name(e.site)}: {self._case.described(e)}." for e in found[:SHOWN]]
                number = f"{len(found)} of {len(of)} episodes" if len(of) > 1 else "The one episode"
                head = f"{number} of {year} {said}:"
                yield Point(head, self._first(told, len(found)))

    def _among_years(self) -> Iterable[Point]:
        """How this year's classes stand among all the years on file."""
        sites = self._case.repeats.watched.scope
        said = [sentence for site in sites for standing in self._firsts.at(site) for sentence in standing.said]
        return map(Point, self._first(said[:SHOWN], len(said)))

    def _how_sure(self) -> Iterable[Point]:
        """What the likenesses rest on, and whether chance could be told from them."""
        now, then, watched = self._case.now, self._case.then, self._case.repeats.watched
        number = len(watched.matches)
        undated = sum(not p.baseline.is_dated and p.baseline.first.basis != "own" for p in watched.matches)
        if undated:
            some = {1: "The likeness", 2: "Both likenesses"}.get(number, f"All {number} likenesses")
            if undated < number:
                some = f"{undated} of {number} likenesses"
            yield Point(f"{some} {_verb(undated, 'rests')} on what a source says of {then}, without a dated image.")
        yield from self._doubtful()
        # Where one year is empty there is no pattern to say anything of.
        if 0 < min(len(watched.current), len(watched.baseline)) <= FEW:
            numbers = f"{len(watched.current)} in {now} and {len(watched.baseline)} in {then}"
            yield Point(f"With so few episodes ({numbers}) the pattern as a whole says little.")
        overlays = [overlay for overlay in self._overlays.over(watched) if overlay.said]
        if overlays:
            tested = [str(overlay.year) for overlay in overlays if overlay.is_testable]
            if tested:
                yield Point(f"Whether chance would do as well was tested against {', '.join(tested)}: see part 2.")
            else:
                yield Point("Whether chance would do as well is not testable: see part 2.")

    def _doubtful(self) -> Iterable[Point]:
        """What bears on the likenesses and stands beside their records only."""
        sides = [episode for pair in self._case.repeats.watched.matches for episode in (pair.current, pair.baseline)]
        noted = sum(any(sighting.note for sighting in episode.sightings) for episode in sides)
        if noted:
            some = "All" if noted == len(sides) else f"{noted} of the"
            carry = "carries" if noted == 1 else "carry"
            yield Point(
                f"{some} {len(sides)} episodes in these likenesses {carry} notes on what is claimed and what is not: "
                "read them in part 2 before quoting."
            )
        double = sum(bool(episode.may_be_same_as) for episode in sides)
        if double:
            yield Point(
                f"{double} of them may be the same visit as another on file, {'its' if double == 1 else 'their'} date "
                "being too vague to tell."
            )

    def _not_looked(self) -> Iterable[Point]:
        """Sites of which nothing is logged, and what is known of the looks."""
        scope = self._case.repeats.watched.scope
        if self._unread:
            errors = numbered(self._unread, "error")
            yield Point(f"Part of the logbook could not be read ({errors}: see part 6), so it is missing here.")
        said = [self.nothing(site) for site in scope]
        if scope:
            said.append(self._effort.in_a_sentence(scope))
        yield from (Point(sentence) for sentence in said if sentence)

    def _not_counted(self) -> Iterable[Point]:
        """What the sentences above leave out."""
        elsewhere = dict.fromkeys(pair.current.site for c in self._case.repeats.others for pair in c.matches)
        if elsewhere:
            yield Point(f"Outside the watched sites there are likenesses at {self._case.names(elsewhere)}: see part 3.")
        left = sum(group["count"] for group in self._never_matched)
        if left:
            why = ", ".join(group["title"][:1].lower() + group["title"][1:] for group in self._never_matched)
            yield Point(
                f"{numbered(left, 'record')} of all sites {_verb(left, 'takes')} no part in the comparison ({why}): "
                "see part 5."
            )

    @staticmethod
    def _first(told: Sequence[str], number: int) -> tuple[str, ...]:
        """The lines under a sentence, and how many more there are."""
        return (*told, f"{number - SHOWN} more: see part 2.") if number > SHOWN else tuple(told)

    def nothing(self, site: str) -> str:
        """What to say of a site without records, or without records of one of the years; else nothing."""
        periods = [self._case.period(record) for record in self._case.by_site.get(site, ())]
        name = self._case.name(site)
        if not periods:
            return f"Nothing is logged for {name} itself. {NOT_PROOF}"
        empty = [year for period, year in (("now", self._case.now), ("then", self._case.then)) if period not in periods]
        return f"Nothing is logged for {name} in {' or '.join(empty)}. {NOT_PROOF}" if empty else ""


def _verb(count: int, singular: str) -> str:
    return singular if count == 1 else singular.removesuffix("s")
