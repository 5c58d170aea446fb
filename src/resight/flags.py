"""Which matches stand when many are tried at once: how unusual each is among this year's episodes of its kind.

A flag is a match of a comparison: assigned, posterior above one half. Its p is exact: the share of this year's episodes
of the same kind that, put at its site, would match the baseline at least as well. Flags that could not have come out
are dropped (Tarone 1990, doi:10.2307/2531456), the rest are held together by Benjamini & Hochberg 1995
(doi:10.1111/j.2517-6161.1995.tb02031.x). How evidence is weighed is an argument; scipy is loaded when asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from resight.episodes import Episode
    from resight.evidence import Pair

#: The share of false ones allowed among the flags that stand.
Q = 0.10
_TIE = 1e-9

Verdict = Literal["stands", "does not stand", "not testable"]


class Flag(NamedTuple):
    """One match, held against what this year's other episodes of its kind would do at its site."""

    #: Id of the current episode.
    id: str
    #: This year's episodes of its kind, itself included, and how many of them would match at least as well.
    episodes: int
    as_well: int
    #: p after Benjamini–Hochberg over the flags tested; None when it was not tested.
    adjusted: float | None
    verdict: Verdict

    @property
    def p(self) -> float:
        """Share of the episodes of its kind that would match at least as well; itself counts, so never 0."""
        return self.as_well / self.episodes

    @property
    def smallest(self) -> float:
        """The smallest p it could have had: 1/n of its kind.

        It always matches as well as itself, and at best does so alone. Episodes that are alike make the p larger, but
        which are alike is part of what was seen; n is not.
        """
        return 1 / self.episodes


class Flags(NamedTuple):
    """All matches of one comparison, as flags, in the order of the matches."""

    flags: tuple[Flag, ...]
    q: float
    #: How many of the flags are false by their own posteriors: Σ(1 − posterior).
    expected_false: float

    @property
    def tested(self) -> int:
        """How many were held together."""
        return sum(flag.verdict != "not testable" for flag in self.flags)

    @property
    def dropped(self) -> int:
        """How many could not have come out."""
        return len(self.flags) - self.tested

    @property
    def is_testable(self) -> bool:
        """Could any of them have come out?"""
        return self.tested > 0


def of(
    matches: Sequence[Pair], current: Sequence[Episode], best_bits: Callable[[Episode], float], *, q: float = Q
) -> Flags:
    """Test the matches of one comparison together.

    A flag is chosen by the bits that its p is made of, and only flags are counted: q corrects for there being many
    flags, not for their having been picked out of all of this year's episodes.

    Args:
        matches: the matches of the comparison.
        current: all of this year's episodes in its scope; the current episode of every match is among them.
        best_bits: the most bits W that any baseline episode gives an episode. Asked once for all that are alike in
            what evidence rests on: place, platform, operator, activities and time.
        q: a flag stands where its adjusted p is at most this; one whose smallest p is above it is not tested.
    """
    of_kind: dict[tuple[str, ...], list[Episode]] = defaultdict(list)
    for episode in current:
        of_kind[_kind(episode)].append(episode)
    memo: dict[object, float] = {}

    def bits(episode: Episode) -> float:
        key = _rests_on(episode)
        if key not in memo:
            memo[key] = best_bits(episode)
        return memo[key]

    def held(flagged: Episode) -> Flag:
        kin = of_kind[_kind(flagged)]
        own = bits(flagged) - _TIE
        as_well = sum(bits(_put_at(other, flagged)) >= own for other in kin)
        return Flag(flagged.id, len(kin), as_well, None, "not testable")

    found = [held(pair.current) for pair in matches]
    tested = [number for number, flag in enumerate(found) if flag.smallest <= q + _TIE]
    for number, p in zip(tested, adjusted([found[number].p for number in tested]), strict=True):
        found[number] = found[number]._replace(adjusted=p, verdict="stands" if p <= q + _TIE else "does not stand")
    return Flags(tuple(found), q, sum(1 - pair.posterior for pair in matches))


def adjusted(ps: Sequence[float], m: int | None = None) -> list[float]:
    """Benjamini–Hochberg adjusted p, in the order given: of p_(1) ≤ … ≤ p_(m), min over k ≥ i of m·p_(k)/k.

    Args:
        ps: p-values; equal ones get equal answers.
        m: how many hypotheses were tested, if more than are given; those not given count as p = 1.

    Raises:
        ValueError: a p outside [0, 1], or m below the number of p-values.
    """
    untold = 0 if m is None else m - len(ps)
    if untold < 0:
        raise ValueError(f"{len(ps)} p-values of {m} hypotheses are not possible")
    if not ps:
        return []
    from scipy.stats import false_discovery_control

    return [float(p) for p in false_discovery_control([*ps, *[1.0] * untold])[: len(ps)]]


def _kind(episode: Episode) -> tuple[str, ...]:
    """The first step of its path; a doubted kind is still compared with that kind."""
    return episode.claimed_path[:1]


def _put_at(episode: Episode, place: Episode) -> Episode:
    """An episode at the place of another: its site, and the position and berth that its sightings give."""
    return episode._replace(site=place.site, sightings=place.sightings, berth=place.berth)


def _rests_on(episode: Episode) -> object:
    """All of an episode that its bits depend on."""
    return (
        episode.site,
        repr(episode.geometry),
        episode.claimed_path,
        episode.path,
        episode.individual,
        episode.operator,
        episode.activities,
        episode.time,
    )
