"""One episode, or two held against each other, told: what is known of it, from whom, and the evidence factor by factor.

What is told is plain data in words; no confidential source is among it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from resight import dimensions, evidence, figures, scale
from resight.case import Case
from resight.comparison import Comparison
from resight.dates import in_words
from resight.episodes import Episode
from resight.evidence import Pair
from resight.observation import Observation, Source
from resight.wording import BASES, METHODS, NOT_STATED, Data, count_text, hedged, numbered

#: Of the other baseline episodes at the place of a match, so many are listed.
OTHERS_SHOWN = 6
_INDIVIDUAL = {"ship": "hull", "aircraft": "tail number"}
_METHOD_SHORT = {
    "optical": "optical image",
    "radar": "radar image",
    "flight-tracking": "flight tracking",
    "ground": "observers on the ground",
    "report": "report",
}


class _SourceLine(NamedTuple):
    name: str
    #: Only an address that a browser may open.
    url: str | None
    details: str


class Accounts:
    """Tells the episodes and pairs of a case."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def sentence(self, pair: Pair) -> str:
        """:func:`resight.evidence.headline` with the site, and both sides told in words instead of by id."""
        current, baseline = self._case.described(pair.current), self._case.described(pair.baseline)
        site = self._case.name(pair.current.site)
        return f"{site}: {current}, {evidence.verb(pair)} {baseline}: {evidence.grounds(pair)}."

    def pair(self, pair: Pair, comparison: Comparison, n_baseline: int, **more: Any) -> Data:
        """A match, a candidate, or the nearest thing to one."""
        return {
            "current": self.episode(pair.current),
            "baseline": self.episode(pair.baseline),
            "verb": evidence.verb(pair),
            "grounds": evidence.grounds(pair),
            "finding": pair.finding,
            "undated": "" if pair.baseline.is_dated else evidence.undated(pair.baseline),
            "why": self._why(pair, n_baseline, comparison),
            "tried": "",
            **more,
        }

    def _why(self, pair: Pair, n_baseline: int, comparison: Comparison) -> Data:
        """The evidence of a pair as a table and a figure, and apart from it what was assumed."""
        assume = comparison.assumptions
        floor = evidence.least_bits(n_baseline, assume)
        bars = [(term.factor, term.bits, signed(term.bits)) for term in pair.terms]
        bars.append(("sum", pair.bits, signed(pair.bits)))
        m = "The m were learned from these two years (part 7); that of place" if comparison.learned else "The m"
        told = ", ".join(f"{label} {text}" for label, _, text in bars)
        one = "the one" if n_baseline == 1 else f"one of the {n_baseline}"
        return {
            "terms": [
                {
                    **term._asdict(),
                    "m": "" if term.m is None else f"{term.m:.2f}",
                    "u": "" if term.u is None else f"{term.u:.3f}",
                    "bits": signed(term.bits),
                }
                for term in pair.terms
            ],
            "total": signed(pair.bits),
            "in_words": scale.in_words(pair.bits, comparison.assumed),
            "posterior": evidence.posterior_text(pair.posterior),
            "said": (
                f"Before looking, a share of {assume.repeat_share:g} of the episodes of {self._case.now} is taken to "
                f"repeat {one} of the baseline: prior {assume.repeat_share / n_baseline:.3g} for this pair. With the "
                "evidence, weighed against the whole baseline: posterior "
                f"{evidence.posterior_text(pair.posterior)}."
            ),
            "m_is": "learned, that of place assumed" if comparison.learned else "assumed",
            "fine": (
                f"u is counted on {numbered(n_baseline, 'baseline episode')}, steadied by catalogue sizes. {m}, the "
                "share before looking and the assumed catalogue sizes are assumptions (part 7), not observations."
            ),
            "waterfall": figures.waterfall(
                bars, floor, floor_text=f"{floor:.2f}", description=f"Bits by factor: {told}."
            ),
        }

    def match(self, pair: Pair, comparison: Comparison, tried: str) -> Data:
        """A match, with the other baseline episodes at the same place: title, id, why they did not match.

        Args:
            pair: the match.
            comparison: the comparison that found it.
            tried: what became of it when all matches were tried together; empty where they were not.
        """
        others, number = comparison.others_at_place(pair, OTHERS_SHOWN)
        return self.pair(
            pair,
            comparison,
            len(comparison.baseline),
            tried=tried,
            others=[(self._case.described(p.baseline), p.baseline.id, self._why_not(p, comparison)) for p in others],
            others_left=number - len(others),
        )

    @cached_property
    def _match_of(self) -> Mapping[str, Pair]:
        """The match of each matched baseline episode."""
        return {pair.baseline.id: pair for pair in self._case.repeats.matches}

    def _why_not(self, pair: Pair, comparison: Comparison) -> str:
        """Why a pair is no match."""
        taken = self._match_of.get(pair.baseline.id)
        why = evidence.grounds(pair)
        if not pair.same_place:
            why = why.replace("other site", f"other site ({self._case.name(pair.baseline.site)})", 1)
        if taken and taken.current.id != pair.current.id:
            return f"{why}; it is the match of {self._case.described(taken.current)}"
        if any(term.agreement == "disagrees" for term in pair.terms if term.factor in ("place", *evidence.FINDINGS)):
            return why
        return f"{why}; too little to tell it from a chance likeness"

    def single(self, episode: Episode, looked: str, among: Comparison | None = None, best: Pair | None = None) -> Data:
        """An episode that matches nothing, with what is known of the looks, and the nearest one on file if given."""
        return {
            "episode": self.episode(episode),
            "looked": looked,
            "nearest": self.pair(best, among, len(among.baseline)) if among and best else None,
            "not_matched": self._why_not(best, among) if among and best else "",
        }

    def candidate(self, pair: Pair, comparison: Comparison) -> Data:
        """A candidate, with how the side that was left out was seen, and whether that is the baseline's."""
        sightings = (*pair.baseline.sightings, *pair.current.sightings)
        methods = {s.method for s in sightings if s.method not in self._case.repeats.methods}
        is_baseline = pair.baseline.first.method not in self._case.repeats.methods
        seen_by = " and ".join(word for method, word in _METHOD_SHORT.items() if method in methods)
        return self.pair(
            pair, comparison, len(comparison.baseline) + is_baseline, method=seen_by, left_out_then=is_baseline
        )

    def episode(self, episode: Episode) -> Data:
        """An episode as a reader sees it."""
        sources = dict.fromkeys(s for r in episode.sightings for s in r.sources)
        lines = dict.fromkeys(_source_line(s) for s in sources if not s.confidential)
        return {
            "ids": [s.id or "" for s in episode.sightings],
            "period": "other" if not episode.year else "now" if episode.year == self._case.repeats.year else "then",
            "year": str(episode.year) if episode.year else "year undetermined",
            "site": self._case.name(episode.site),
            "title": self._case.described(episode),
            "facts": [{"label": label, "values": values} for label, values in self._facts(episode)],
            "sources": list(lines),
            "withheld": sum(s.confidential for s in sources),
            "notes": list(dict.fromkeys(s.note for s in episode.sightings if s.note)),
            "may_be": episode.may_be_same_as,
        }

    def _facts(self, episode: Episode) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Lines about an episode: a label, and the values its sightings give."""
        words, sightings = self._case.vocabulary, episode.sightings

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
        yield (
            "Date",
            when
            if episode.is_dated
            else (
                *when,
                "our own, the day is not known" if episode.first.basis == "own" else "the source gives no day",
            ),
        )
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
        yield "Measured", each(lambda r: dimensions.sentence(vars(r), words))
        yield "Visible", each(lambda r: r.visible)
        yield "Known by", each(lambda r: f"{METHODS[r.method]}; {BASES[r.basis]}")
        yield "Image", each(_image)
        if episode.geometry is None:
            yield "Position", (NOT_STATED,)


def signed(bits: float) -> str:
    """Bits with their sign, two decimals, a true minus; never ``−0.00``."""
    text = f"{bits:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")


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


def pair_numbers(pair: Pair, comparison: Comparison) -> Data:
    """A pair as plain numbers; its posterior is the text that is printed, never closer to certainty."""
    return {
        "current": pair.current.id,
        "baseline": pair.baseline.id,
        "verb": evidence.verb(pair),
        "finding": pair.finding,
        "grounds": evidence.grounds(pair),
        "bits": pair.bits,
        "in_words": scale.in_words(pair.bits, comparison.assumed),
        "posterior": evidence.posterior_text(pair.posterior),
        "terms": [term._asdict() for term in pair.terms],
    }
