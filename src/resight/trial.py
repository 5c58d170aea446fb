"""The matches of a comparison tried together, told: which stand among this year's episodes of their kind.

What stands is found by :mod:`resight.flags`. A match is picked by the same evidence that its p is made of, so nothing
here says what share of the matches is false by p; that is reckoned from the posteriors, in a sentence of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from resight import evidence, flags, geodesy
from resight.case import Case
from resight.comparison import Comparison
from resight.episodes import Episode
from resight.flags import Flag, Flags
from resight.wording import Data, Progress, numbered

#: More pairs than this are not weighed: each takes about 50 µs.
MOST_PAIRS = 100_000


class Trial(NamedTuple):
    """The matches of one comparison tried together."""

    #: In sentences; none where there are no matches.
    said: tuple[str, ...]
    #: Of each match by the id of its current episode: in a sentence, and as a flag. Empty where it was not tried.
    beside: Mapping[str, str]
    flags: Mapping[str, Flag]
    numbers: Data | None

    def flag_numbers(self, current: str) -> Data | None:
        """One match as plain numbers; what is not testable has no ``p``. None where it was not tried."""
        flag = self.flags.get(current)
        if flag is None:
            return None
        p = {} if flag.adjusted is None else {"p": flag.p, "adjusted_p": flag.adjusted, "as_well": flag.as_well}
        return {"verdict": flag.verdict, "episodes": flag.episodes, "smallest": flag.smallest, **p}


class Trials:
    """Tries the matches of the comparisons of a case, each comparison by itself and once."""

    def __init__(self, case: Case, progress: Progress | None = None) -> None:
        self._case, self._progress = case, progress
        self._found: dict[tuple[str, ...], Trial] = {}

    def of(self, comparison: Comparison) -> Trial:
        """The matches of one comparison."""
        if comparison.scope not in self._found:
            self._found[comparison.scope] = self._try(comparison)
        return self._found[comparison.scope]

    def _try(self, comparison: Comparison) -> Trial:
        if not comparison.matches:
            return Trial((), {}, {}, None)
        weighings = _weighings(comparison)
        if weighings * len(comparison.baseline) > MOST_PAIRS:
            said = ("Whether the matches stand when they are tried together was not tried: too many episodes.",)
            return Trial(
                (*said, false_sentence(_posteriors(comparison))), {}, {}, {"tried": False, **_false_numbers(comparison)}
            )
        found = flags.of(comparison.matches, comparison.current, self._best_bits(comparison, weighings))
        by_id = {flag.id: flag for flag in found.flags}
        return Trial(
            said=(_sentence(found), false_sentence(_posteriors(comparison))),
            beside={p.current.id: self._beside(by_id[p.current.id], p.current) for p in comparison.matches},
            flags=by_id,
            numbers={
                "tried": True,
                "tested": found.tested,
                "stand": _standing(found),
                "dropped": found.dropped,
                "q": found.q,
                **_false_numbers(comparison),
            },
        )

    def _best_bits(self, comparison: Comparison, weighings: int) -> Callable[[Episode], float]:
        """The most bits that any baseline episode gives an episode; it tells how many it has weighed."""
        what, done = f"Trying the matches together, {self._case.called(comparison.scope)}", 0

        def best_bits(episode: Episode) -> float:
            nonlocal done
            done += 1
            if self._progress:
                self._progress(what, done, max(done, weighings))
            pairs = evidence.weigh(
                episode,
                comparison.shares,
                same_place=geodesy.same_place,
                sites=comparison.sites,
                assume=comparison.assumptions,
            )
            return max(pair.bits for pair in pairs)

        return best_bits

    def _beside(self, flag: Flag, episode: Episode) -> str:
        """What became of one match."""
        kind = self._case.vocabulary.label(episode.claimed_path[0]) if episode.claimed_path else "not known"
        kin = f"{numbered(flag.episodes, 'episode')} of {self._case.now} of this kind ({kind})"
        if flag.adjusted is None:
            return f"Tried with the other matches: not testable (smallest p {flag.smallest:.2g}), there being {kin}."
        return (
            f"Tried with the other matches: of {kin}, {flag.as_well}, itself among them, would match the baseline at "
            f"least as well here: p = {flag.p:.2g}, adjusted {flag.adjusted:.2g}; {flag.verdict}."
        )


def _weighings(comparison: Comparison) -> int:
    """How many episodes are weighed at most: those of each kind, at each place of a match of their kind."""
    episodes: dict[tuple[str, ...], int] = defaultdict(int)
    places: dict[tuple[str, ...], set[tuple[str, str]]] = defaultdict(set)
    for episode in comparison.current:
        episodes[episode.claimed_path[:1]] += 1
    for pair in comparison.matches:
        places[pair.current.claimed_path[:1]].add((pair.current.site, repr(pair.current.geometry)))
    return sum(episodes[kind] * len(found) for kind, found in places.items())


def _standing(found: Flags) -> int:
    return sum(flag.verdict == "stands" for flag in found.flags)


def _sentence(found: Flags) -> str:
    """How many of the matches were tested, how many stand, and how many could not have."""
    least = sorted({flag.smallest for flag in found.flags if flag.verdict == "not testable"})
    beyond = " or more" if len(least) > 1 else ""
    untested = f"not testable (smallest p {least[0]:.2g}{beyond})" if least else ""
    if not found.tested:
        which = "the match is" if found.dropped == 1 else f"all {found.dropped} matches are"
        return f"Tried together, {which} {untested}."
    stand = _standing(found)
    of = numbered(found.tested, "match", "matches")
    stands = f"{stand or 'none'} of {of} tested {'stand' if stand > 1 else 'stands'}"
    said = f"Tried together, {stands} at an adjusted p of {found.q:.2f}"
    if found.dropped:
        said += f"; {found.dropped} more {'is' if found.dropped == 1 else 'are'} {untested}"
    return f"{said}."


def expected_false(posteriors: Sequence[float]) -> str:
    """Σ(1 − posterior) over some matches, never closer to nothing than the posteriors are printed to certainty."""
    expected = sum(1 - posterior for posterior in posteriors)
    least = 0.01 * len(posteriors)
    if expected < least:
        return f"fewer than {least:g}"
    return f"{expected:.2g}" if expected < 100 else f"{expected:,.0f}"


def false_sentence(posteriors: Sequence[float]) -> str:
    """How many of some matches are expected to be false, in a sentence."""
    many = len(posteriors) != 1
    of = f"{len(posteriors):,} match{'es' if many else ''}"
    are = "are" if many else "is"
    return f"Of {of}, {expected_false(posteriors)} {are} expected to be false, if the assumptions hold."


def _posteriors(comparison: Comparison) -> list[float]:
    return [pair.posterior for pair in comparison.matches]


def _false_numbers(comparison: Comparison) -> Data:
    return {"matches": len(comparison.matches), "expected_false": expected_false(_posteriors(comparison))}
