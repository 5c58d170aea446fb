"""What is on file for a site, in numbers and in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date as Day

from resight import evidence
from resight.columns import Columns
from resight.comparison import Comparison, Repeats, kinship
from resight.episodes import Episode
from resight.evidence import Pair
from resight.observation import Site
from resight.vocabulary import Vocabulary
from resight.wording import NOT_PROOF, Data, numbered

#: Matches named above a map.
HEADLINES = 6
#: What may come of a look, in the order in which one outcome outweighs another of the same look.
OUTCOMES_OF_LOOKS = ("seen", "not-seen", "cannot-tell")


@dataclass(slots=True)
class Summary:
    """What is on file for one site."""

    #: Records by sign (see :func:`resight.wording.sign_of`) and period.
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: What came of each look, however many records it left, by period and look.
    looks: dict[tuple[str, object], str] = field(default_factory=dict)
    #: Of these the ones that may stand in a denominator.
    counted: set[tuple[str, object]] = field(default_factory=set)
    #: Its day, its date as it was given, and what came of it.
    last_look: tuple[Day, str, str] | None = None

    def number(self, sign: str) -> int:
        """Records of one sign in the two compared periods."""
        return self.counts[sign, "now"] + self.counts[sign, "then"]

    def looks_that(self, outcome: str, period: str) -> int:
        """Looks of one period and outcome: ``seen``, ``not-seen`` or ``cannot-tell``."""
        return sum(found == outcome and when == period for (when, _), found in self.looks.items())

    def looks_counted(self, period: str) -> int:
        """Looks of one period that may stand in a denominator; with none, how often anyone looked is not known."""
        return sum(when == period for when, _ in self.counted)

    @property
    def effort_known(self) -> bool:
        """Is any look counted?"""
        return bool(self.counted)

    def on_file(self, period: str) -> int:
        """Records of one period."""
        return sum(number for (_, when), number in self.counts.items() if when == period)

    @property
    def total(self) -> int:
        """Records of all periods."""
        return self.counts.total()


def summaries(records: Columns, sites: Iterable[str]) -> dict[str, Summary]:
    """What is on file for every site of the register."""
    found = {site: Summary() for site in sites}
    kinds = zip(*(records[name] for name in ("site", "sign", "period")), strict=True)
    for (site, sign, period), number in Counter(kinds).items():
        found.setdefault(site, Summary()).counts[sign, period] += number
    names = ("is_look", "site", "period", "image_id", "earliest", "sensor", "outcome", "is_counted_look", "date")
    for is_look, site, period, image, day, sensor, outcome, is_counted, date in zip(
        *(records[name] for name in names), strict=True
    ):
        if not is_look:
            continue
        summary, look = found[site], (period, image or (day, sensor))
        # One image may show one thing, not show another and leave a third open.
        summary.looks[look] = min(outcome, summary.looks.get(look, outcome), key=OUTCOMES_OF_LOOKS.index)
        if is_counted:
            summary.counted.add(look)
        if summary.last_look is None or day > summary.last_look[0]:
            summary.last_look = day, date, outcome
    return found


def bottom_line(site: Site, summary: Summary, repeats: Repeats, now: str, then: str) -> str:
    """What a site's records come to: which sightings resemble or repeat one of the other year, or what is missing."""
    if not summary.total:
        return f"Nothing is logged for {site.name} itself. {NOT_PROOF}"
    for period, here, there in (("now", now, then), ("then", then, now)):
        if not summary.on_file(period):
            other = "then" if period == "now" else "now"
            number = summary.on_file(other)
            if number:
                return f"Nothing is logged here for {here}; {there} has {numbered(number, 'record')}. {NOT_PROOF}"
            return f"Nothing is logged here for {now} or {then}. {NOT_PROOF}"
    current = [e for c in repeats.comparisons for e in c.current if e.site == site.id]
    baseline = [e for c in repeats.comparisons for e in c.baseline if e.site == site.id]
    if not current:
        return f"No sighting of {now} that can be compared with {then}."
    if not baseline:
        return f"{numbered(len(current), 'comparable sighting')} of {now}; {then} has none."
    like = [e for e in alike(repeats.comparisons) if e.site == site.id]
    return likeness([p for p in repeats.matches if p.current.site == site.id], len(like), len(current), now, then)


def alike(comparisons: Iterable[Comparison]) -> list[Episode]:
    """This year's sightings that match none, but are like one or several of the other year, none standing out."""
    return [e for c in comparisons for e in c.without_precedent if kinship(e, c.likest) == "alike"]


def likeness(matches: Sequence[Pair], like: int, of: int, now: str, then: str) -> str:
    """``1 of 2 comparable sightings of 2025 resembles one of 2024.``

    Args:
        matches: which sighting matches which.
        like: how many match none, but are like one or several, see :func:`alike`.
        of: how many sightings of this year were compared.

    Comparable, because other sightings on file may not take part, and several records of one visit are one of them.
    """
    same = [pair for pair in matches if evidence.verb(pair) == "repeats"]
    resembling = len(matches) - len(same)
    start = f"of {numbered(of, 'comparable sighting')} of {now}"
    said = []
    if resembling or not (same or like):
        said.append(f"{resembling} {start} {'resembles' if resembling == 1 else 'resemble'} one of {then}")
    if same:
        which = "it" if said else start
        verb = "repeats" if len(same) == 1 else "repeat"
        said.append(f"{len(same)} {'more ' if said else which + ' '}{verb} one of {then} (same hull or tail number)")
    if like:
        which = "more" if said else start
        said.append(f"{like} {which} {'is' if like == 1 else 'are'} like one of {then}, no one visit standing out")
    return "; ".join(said) + "."


def findings(site: Site, repeats: Repeats, vocabulary: Vocabulary) -> list[Data]:
    """What resembles or repeats what at a site, with the grounds: the page's message in one sentence a match."""
    return [finding(pair, vocabulary) for pair in repeats.matches if pair.current.site == site.id]


def finding(pair: Pair, vocabulary: Vocabulary) -> Data:
    """One match as the parts of a sentence."""
    return {
        "now": evidence.described(pair.current, vocabulary),
        "now_id": pair.current.id,
        "verb": evidence.verb(pair),
        "then": evidence.described(pair.baseline, vocabulary),
        "then_id": pair.baseline.id,
        "grounds": evidence.grounds(pair),
    }


def counts_in_words(summary: Summary, now: str, then: str) -> list[list[str]]:
    """Glyph, number, and the same in words."""
    said = []
    for period, year in (("now", now), ("then", then)):
        seen = summary.counts["seen", period]
        said.append([period, str(seen), f"{numbered(seen, 'sighting')} of {year}"])
    for sign, one, many in (
        ("nothing", "look that found nothing", "looks that found nothing"),
        ("absent", "absence reported over a period", "absences reported over a period"),
        ("unclear", "look that could not tell", "looks that could not tell"),
        ("background", "total or background", "totals or background"),
    ):
        if summary.number(sign):
            said.append([sign, str(summary.number(sign)), numbered(summary.number(sign), one, many)])
    return said
