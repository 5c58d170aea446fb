"""What is on file for a site, in numbers and in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date as Day

from resight import evidence
from resight.columns import Columns
from resight.comparison import Repeats
from resight.evidence import Pair
from resight.observation import LOOK_METHODS, Site
from resight.vocabulary import Vocabulary
from resight.wording import NOT_PROOF, Data, numbered


@dataclass(slots=True)
class Summary:
    """What is on file for one site."""

    #: Records by sign (see :func:`resight.wording.sign_of`) and period.
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    effort_known: bool = False
    #: Last day and date of the last image on file that could tell.
    last_look: tuple[Day, str] | None = None

    def number(self, sign: str) -> int:
        """Records of one sign in the two compared periods."""
        return self.counts[sign, "now"] + self.counts[sign, "then"]

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
    names = ("site", "sign", "period", "is_counted_look")
    for (site, sign, period, is_counted_look), number in Counter(
        zip(*(records[n] for n in names), strict=True)
    ).items():
        summary = found.setdefault(site, Summary())
        summary.counts[sign, period] += number
        summary.effort_known |= is_counted_look
    looks = zip(*(records[n] for n in ("latest", "site", "date", "method", "outcome", "aggregate")), strict=True)
    for latest, site, date, method, outcome, aggregate in looks:
        if method in LOOK_METHODS and outcome != "cannot-tell" and not aggregate:
            last = found[site].last_look
            if last is None or latest > last[0]:
                found[site].last_look = latest, date
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
        return f"{numbered(len(current), 'sighting')} of {now}; {then} has none that can be compared."
    return likeness([p for p in repeats.matches if p.current.site == site.id], len(current), now, then)


def likeness(matches: Sequence[Pair], of: int, now: str, then: str) -> str:
    """``1 of 2 sightings of 2025 resembles one of 2024.``"""
    same = [pair for pair in matches if evidence.verb(pair) == "repeats"]
    alike = len(matches) - len(same)
    start = f"of {numbered(of, 'sighting')} of {now}"
    said = []
    if alike or not same:
        said.append(f"{alike} {start} {'resembles' if alike == 1 else 'resemble'} one of {then}")
    if same:
        which = "it" if said else start
        verb = "repeats" if len(same) == 1 else "repeat"
        said.append(f"{len(same)} {'more ' if said else which + ' '}{verb} one of {then} (same hull or tail number)")
    return "; ".join(said) + "."


def findings(site: Site, repeats: Repeats, vocabulary: Vocabulary) -> list[Data]:
    """What resembles or repeats what at a site, with the grounds: the page's message in one sentence a match."""
    return [
        {
            "now": evidence.described(pair.current, vocabulary),
            "now_id": pair.current.id,
            "verb": evidence.verb(pair),
            "then": evidence.described(pair.baseline, vocabulary),
            "then_id": pair.baseline.id,
            "grounds": evidence.grounds(pair),
        }
        for pair in repeats.matches
        if pair.current.site == site.id
    ]


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
