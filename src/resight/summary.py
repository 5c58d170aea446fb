"""What is on file for a site, in numbers and in one sentence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date as Day
from typing import Any, NamedTuple

import numpy as np

from resight import evidence
from resight.columns import Columns, is_counted_look, is_look
from resight.comparison import Comparison, Repeats, kinship
from resight.episodes import Episode
from resight.evidence import Pair
from resight.observation import Site
from resight.phrases import PERIODS
from resight.vocabulary import Vocabulary
from resight.wording import NOT_PROOF, Data, numbered, period_of, sign_of

#: Matches named above a map.
HEADLINES = 6
#: What may come of a look, in the order in which one outcome outweighs another of the same look.
OUTCOMES_OF_LOOKS = ("seen", "not-seen", "cannot-tell")


@dataclass(slots=True)
class Summary:
    """What is on file for one site."""

    #: Records by sign (see :func:`resight.wording.sign_of`) and period.
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Looks by period and what came of them, however many records each left.
    looks: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Of these the ones that may stand in a denominator, by period.
    counted: Counter[str] = field(default_factory=Counter)
    #: Its day, its date as it was given, and what came of it.
    last_look: tuple[Day, str, str] | None = None

    def number(self, sign: str) -> int:
        """Records of one sign in the two compared periods."""
        return self.counts[sign, "now"] + self.counts[sign, "then"]

    def looks_that(self, outcome: str, period: str) -> int:
        """Looks of one period and outcome: ``seen``, ``not-seen`` or ``cannot-tell``."""
        return self.looks[period, outcome]

    def looks_counted(self, period: str) -> int:
        """Looks of one period that may stand in a denominator; with none, how often anyone looked is not known."""
        return self.counted[period]

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


class Tally(NamedTuple):
    """What came of holding this year's episodes against the baseline's, in numbers."""

    #: How many there are on either side.
    current: int = 0
    baseline: int = 0
    #: How many of this year's repeat one, resemble one, and match none but are like one or several (:func:`alike`).
    repeating: int = 0
    resembling: int = 0
    like: int = 0
    #: How many records those of both sides hold.
    sightings: int = 0

    @property
    def matches(self) -> int:
        """How many of this year's match one."""
        return self.repeating + self.resembling


NO_TALLY = Tally()


class Survey(NamedTuple):
    """Site by site what is on file, and what came of the comparison."""

    on_file: Mapping[str, Summary]
    compared: Mapping[str, Tally]

    def of(self, sites: Iterable[str]) -> Tally:
        """What came of the comparison at some sites together."""
        tallies = [self.compared.get(site, NO_TALLY) for site in sites]
        return Tally(*map(sum, zip(*tallies, strict=True))) if tallies else NO_TALLY


def survey(records: Columns, sites: Iterable[str], repeats: Repeats) -> Survey:
    """What is on file at every site, and what came of the comparison there."""
    return Survey(summaries(records, sites), tallies(repeats))


def tallies(repeats: Repeats) -> dict[str, Tally]:
    """What came of the comparison at each site with episodes."""
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    for comparison in repeats.comparisons:
        for name, side in (("current", comparison.current), ("baseline", comparison.baseline)):
            for episode in side:
                numbers[episode.site][name] += 1
                numbers[episode.site]["sightings"] += len(episode.sightings)
    for pair in repeats.matches:
        numbers[pair.current.site]["repeating" if evidence.verb(pair) == "repeats" else "resembling"] += 1
    for episode in alike(repeats.comparisons):
        numbers[episode.site]["like"] += 1
    return {site: Tally(**of_site) for site, of_site in numbers.items()}


#: What decides of which kind a record is.
_OF_KIND = ("aggregate", "context", "outcome", "method", "basis", "effort_stated")


def summaries(records: Columns, sites: Iterable[str]) -> dict[str, Summary]:
    """What is on file for every site of the register.

    Of each different kind of record it is asked once what it is; the rest is counting.
    """
    found = {site: Summary() for site in sites}
    frame = records.frame
    if not len(frame):
        return found
    first, last = (frame[name].to_numpy("datetime64[D]") for name in ("earliest", "latest"))
    image = frame["image_id"].factorize()[0]
    one_time = (first == last) | (image >= 0) | frame["image_time"].notna().to_numpy()
    years = [days.astype("datetime64[Y]").astype(np.int64) for days in (first, last)]
    of, kind = _kinds(*(frame[name].factorize()[0] for name in _OF_KIND), one_time, *years)
    rows = [
        {name: frame[name].iloc[row] for name in _OF_KIND}
        | {"one_time": bool(one_time[row]), "period": period_of(first[row].item(), last[row].item(), records.repeats)}
        for row in of.tolist()
    ]
    site, names = frame["site"].factorize()
    for (place, one), number in _counted(site, kind):
        found.setdefault(names[place], Summary()).counts[sign_of(rows[one]), rows[one]["period"]] += number
    looks = np.flatnonzero(np.array([is_look(row) for row in rows])[kind])
    if not len(looks):
        return found
    # An image is one look, and without its name a sensor's day is.
    sensor = np.where(image < 0, frame["sensor"].factorize()[0] + 1, 0)
    day = np.where(image < 0, first.astype(np.int64), 0)
    period = np.array([PERIODS.index(row["period"]) for row in rows])[kind]
    _, look = _kinds(*(values[looks] for values in (site, period, image, day, sensor)))
    # One image may show one thing, not show another and leave a third open.
    came = np.array([OUTCOMES_OF_LOOKS.index(row["outcome"]) for row in rows])[kind[looks]]
    counts = np.array([is_counted_look(row) for row in rows])[kind[looks]]
    order = np.lexsort((came, look))
    begins = np.flatnonzero(np.diff(look[order], prepend=-1))
    of_look = looks[order[begins]]
    for (place, when, best), number in _counted(site[of_look], period[of_look], came[order[begins]]):
        found[names[place]].looks[PERIODS[when], OUTCOMES_OF_LOOKS[best]] += number
    of_look = of_look[np.maximum.reduceat(counts[order], begins)]
    for (place, when), number in _counted(site[of_look], period[of_look]):
        found[names[place]].counted[PERIODS[when]] += number
    # Of the looks of the last day the first.
    latest = looks[np.lexsort((-looks, first[looks], site[looks]))]
    for row in latest[np.flatnonzero(np.diff(site[latest], append=-1))].tolist():
        found[names[site[row]]].last_look = first[row].item(), frame["date"].iloc[row], rows[kind[row]]["outcome"]
    return found


def _kinds(*columns: Any) -> tuple[Any, Any]:
    """Of some columns of numbers the first row of each different combination, and for each row which it is."""
    whole, most = np.zeros(len(columns[0]), dtype=np.int64), 1
    for values in columns:
        least = int(values.min(initial=0))
        size = int(values.max(initial=0)) - least + 1
        if most * size > _ROOM:
            whole = np.unique(whole, return_inverse=True)[1]
            most = len(whole)
        whole, most = whole * size + (values - least), most * size
    _, of, kind = np.unique(whole, return_index=True, return_inverse=True)
    return of, kind


#: Numbers of combinations are counted anew before they outgrow 64 bits.
_ROOM = 2**62


def _counted(*columns: Any) -> Iterator[tuple[tuple[int, ...], int]]:
    """Each different combination of numbers, and how often it is there."""
    of, kind = _kinds(*columns)
    rows = zip(*(values[of].tolist() for values in columns), strict=True)
    return zip(rows, np.bincount(kind).tolist(), strict=True)


def bottom_line(site: Site, summary: Summary, tally: Tally, now: str, then: str) -> str:
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
    if not tally.current:
        return f"No sighting of {now} that can be compared with {then}."
    if not tally.baseline:
        return f"{numbered(tally.current, 'comparable sighting')} of {now}; {then} has none."
    return likeness(tally, now, then)


def alike(comparisons: Iterable[Comparison]) -> list[Episode]:
    """This year's sightings that match none, but are like one or several of the other year, none standing out."""
    return [e for c in comparisons for e in c.without_precedent if kinship(e, c.likest) == "alike"]


def likeness(tally: Tally, now: str, then: str) -> str:
    """``1 of 2 comparable sightings of 2025 resembles one of 2024.``

    Comparable, because other sightings on file may not take part, and several records of one visit are one of them.
    """
    same, resembling, like = tally.repeating, tally.resembling, tally.like
    start = f"of {numbered(tally.current, 'comparable sighting')} of {now}"
    said = []
    if resembling or not (same or like):
        said.append(f"{resembling:,} {start} {'resembles' if resembling == 1 else 'resemble'} one of {then}")
    if same:
        which = "it" if said else start
        verb = "repeats" if same == 1 else "repeat"
        said.append(f"{same:,} {'more ' if said else which + ' '}{verb} one of {then} (same hull or tail number)")
    if like:
        which = "more" if said else start
        said.append(f"{like:,} {which} {'is' if like == 1 else 'are'} like one of {then}, no one visit standing out")
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
