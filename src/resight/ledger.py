"""The ledger: every episode of either side, one line each, with what became of it and on what evidence.

It holds what a page has no room for. A line without another episode has no bits: nothing was assigned or singled out
that they could be those of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from resight import evidence, scale
from resight.case import Case
from resight.comparison import Comparison, kinship
from resight.effort import Effort
from resight.episodes import Episode
from resight.evidence import Pair
from resight.trial import Trials
from resight.wording import Data

FACTORS = ("place", *evidence.FINDINGS, "activity", "season")
#: The columns in order; they stay as they are from one report to the next.
COLUMNS = (
    "episode",
    "year",
    "side",
    "group",
    "site",
    "date",
    "earliest",
    "latest",
    "platform",
    "known_platform",
    "individual",
    "result",
    "other",
    "finding",
    *(f"{factor}_bits" for factor in FACTORS),
    "total_bits",
    "evidence",
    "posterior",
    "p",
    "adjusted_p",
    "looks",
    "records",
)


def lines(case: Case, effort: Effort, trials: Trials) -> tuple[Data, ...]:
    """The ledger of a case: the watched sites first, this year's episodes before the baseline's; keys as in COLUMNS.

    A p is that of this year's episode; one that was not tested has none.
    """
    return tuple(line for comparison in case.repeats.comparisons for line in _lines(comparison, case, effort, trials))


def _lines(comparison: Comparison, case: Case, effort: Effort, trials: Trials) -> Iterable[Data]:
    assumed, tried = comparison.assumed, trials.of(comparison)
    matched = {episode.id: pair for pair in comparison.matches for episode in (pair.current, pair.baseline)}
    for side, episodes in (("current", comparison.current), ("baseline", comparison.baseline)):
        for episode in episodes:
            match, like = matched.get(episode.id), comparison.likest.get(episode.id)
            found = match or like
            other = found and (found.baseline if side == "current" else found.current)
            flag = tried.flag_numbers(episode.id) or {}
            first, last = episode.time
            yield {
                "episode": episode.id,
                "year": episode.year,
                "side": side,
                "group": case.group if comparison is case.repeats.watched else "other sites",
                "site": case.name(episode.site),
                "date": episode.first.date,
                "earliest": first.isoformat(),
                "latest": last.isoformat(),
                "platform": " > ".join(episode.claimed_path),
                "known_platform": " > ".join(episode.path),
                "individual": _named(episode),
                "result": _result(episode, side, match, comparison, case),
                "other": other.id if other else "",
                "finding": found.finding if found else "",
                **_bits(found),
                "evidence": scale.in_words(found.bits, assumed) if found else "",
                "posterior": evidence.posterior_text(found.posterior) if found else "",
                "p": flag.get("p"),
                "adjusted_p": flag.get("adjusted_p"),
                "looks": effort.looked(episode, "then" if side == "current" else "now")[1] or "looks not known",
                "records": " ".join(sighting.id or "" for sighting in episode.sightings),
            }


def _result(episode: Episode, side: str, match: Pair | None, comparison: Comparison, case: Case) -> str:
    """What became of an episode, in the words of the page."""
    is_now = side == "current"
    if match:
        verb = evidence.verb(match)
        return verb if is_now else {"repeats": "repeated by", "resembles": "resembled by"}[verb]
    if is_now and not comparison.baseline:
        return f"nothing on file for {case.then} to compare with"
    if not is_now and not comparison.current:
        return f"nothing on file for {case.now} to compare with"
    other = case.then if is_now else case.now
    return {
        "alike": f"like one of {other}, no one visit standing out",
        "untold": f"may or may not be like one of {other}",
        "none": "without precedent on file" if is_now else f"not repeated on file{case.so_far}",
    }[kinship(episode, comparison.likest)]


def _bits(pair: Pair | None) -> Data:
    """Bits by factor; types of several depths are one factor. None where there is no pair, or no such factor."""
    sums: dict[str, float] = defaultdict(float)
    for term in pair.terms if pair else ():
        sums[term.factor] += term.bits
    return {
        **{f"{factor}_bits": sums.get(factor) for factor in FACTORS},
        "total_bits": pair.bits if pair else None,
    }


def _named(episode: Episode) -> str:
    """Hull or tail, with the source's own doubt about it."""
    doubt = f"“{episode.identity_hedge}” " if episode.identity_hedge and not episode.individual else ""
    return f"{doubt}{episode.individual_name}" if episode.individual_name else ""
