"""A year against its baseline: which episode matches which, one to one, and what is left over on either side.

The watched sites are compared as one group, every other site alone. What a pair is worth is said by
:mod:`resight.evidence`; here it is decided, over all pairs of two years.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from resight import episodes, evidence, geodesy
from resight.episodes import Episode
from resight.errors import InvalidValue
from resight.evidence import DEFAULTS, FINDINGS, Assumptions, Pair, Shares, SizeUsed, weigh
from resight.observation import LOOK_METHODS, METHODS, Method, Observation, Site
from resight.vocabulary import Vocabulary

if TYPE_CHECKING:
    from resight.linkage import Scores


@dataclass(frozen=True)
class Comparison:
    """This year's episodes held against last year's, within one scope (the watched sites, or one other site)."""

    scope: tuple[str, ...]
    baseline: Sequence[Episode]
    current: Sequence[Episode]
    #: Assigned one to one, posterior above one half, not known to be of another type or class; strongest first.
    matches: tuple[Pair, ...]
    #: For each episode that matches nothing, by id: the closest one of the other year at its place that it could be,
    #: the platform being the same as far as it is known on both sides. One-to-one assignment leaves such episodes
    #: over, and so does a place where many are alike: they are not without precedent.
    likest: Mapping[str, Pair]
    sizes: tuple[SizeUsed, ...]
    assumptions: Assumptions
    #: In how many rounds m was learned from these two years; 0 when it is assumed.
    learned: int
    #: What any one pair is weighed by.
    shares: Shares = field(compare=False, repr=False)
    sites: Mapping[str, Site] = field(repr=False)
    scores: Scores = field(compare=False, repr=False)

    @property
    def without_precedent(self) -> tuple[Episode, ...]:
        """Current episodes that match nothing."""
        matched = {pair.current.id for pair in self.matches}
        return tuple(e for e in self.current if e.id not in matched)

    @property
    def not_repeated(self) -> tuple[Episode, ...]:
        """Baseline episodes that nothing matches so far."""
        matched = {pair.baseline.id for pair in self.matches}
        return tuple(e for e in self.baseline if e.id not in matched)

    @property
    def assumed(self) -> str:
        """What the bits rest on that is assumed, see :func:`assumed`."""
        return assumed(self.sizes, self.learned)

    def pair(self, baseline: Episode, current: Episode) -> Pair:
        """The evidence of one pair, without a posterior: that rests on all pairs of the current episode."""
        return evidence.evidence(
            baseline,
            current,
            self.shares,
            same_place=geodesy.same_place,
            site=self.sites.get(baseline.site),
            assume=self.assumptions,
        )

    def weighed(self, baseline: Episode, current: Episode) -> Pair:
        """The evidence of one pair with its posterior among all pairs of the current episode."""
        found = self.pair(baseline, current)
        return found._replace(posterior=self.scores.posterior(found.bits, current.id))

    def others_at_place(self, match: Pair, most: int) -> tuple[list[Pair], int]:
        """The best of the other baseline episodes at the place of a match's current one, and how many there are."""
        rows, number = self.scores.others_at_place(match.baseline.id, match.current.id, most)
        return [self.weighed(self.baseline[row], match.current) for row in rows], number

    def best_of(self, episode: Episode) -> Pair | None:
        """The best pair of an episode of either year, match or not; None when the other year is empty."""
        if not self.baseline or not self.current:
            return None
        if any(episode.id == e.id for e in self.baseline):
            return self.weighed(episode, self.current[self.scores.best_current(episode.id)])
        return self.weighed(self.baseline[self.scores.best_baseline(episode.id)], episode)


def assumed(sizes: Iterable[SizeUsed], learned: int) -> str:
    """What bits rest on that is assumed, as a clause.

    Where m was learned from the two years that of place was not: pairs at one place are those that come to be
    assigned. A catalogue size that was only counted on file stands for one nobody knows.

    Args:
        sizes: the catalogue sizes that entered.
        learned: in how many rounds m was learned; 0 when it is assumed.
    """
    m = "the m of place" if learned else "m"
    if any(size.source.casefold().startswith(("assumed", "counted on file")) for size in sizes):
        return f"the catalogue sizes and {m} are assumed"
    return f"{m} is assumed"


def kinship(episode: Episode, likest: Mapping[str, Pair]) -> str:
    """``alike`` when the other year has the same type or closer at its place, ``untold`` when it may have; ``none``."""
    pair = likest.get(episode.id)
    return "none" if pair is None else "untold" if pair.finding == "same kind" else "alike"


def compare(
    baseline: Sequence[Episode],
    current: Sequence[Episode],
    *,
    scope: Sequence[str],
    vocabulary: Vocabulary,
    sites: Mapping[str, Site],
    assume: Assumptions = DEFAULTS,
    learn: bool = False,
) -> Comparison:
    """Hold two years against each other and decide, one to one, which episode matches which.

    With ``learn``, m is learned from the two years where there are episodes enough, see :mod:`resight.linkage`.
    """
    import numpy as np

    from resight import linkage, weights

    near = geodesy.near_pairs(baseline, current)
    held = weights.table(baseline, current)

    def make(assume: Assumptions) -> weights.Weights:
        return weights.Weights(held, vocabulary=vocabulary, scope=len(scope), sites=sites, assume=assume)

    learned = 0
    if learn and baseline and len(current) >= linkage.LEARNABLE:
        assume, learned = linkage.learn(make, near, assume)
    weighed = make(assume)
    links = linkage.link(weighed, near)
    shares = Shares(baseline, vocabulary, len(scope), assume.kappa)
    bare = Comparison(
        tuple(scope),
        tuple(baseline),
        tuple(current),
        (),
        {},
        weighed.sizes,
        assume,
        learned,
        shares,
        sites,
        linkage.Scores(weighed, near, links),
    )

    def pair(b: int, c: int) -> Pair:
        return bare.weighed(baseline[b], current[c])

    chosen = links.assigned[links.posterior[links.assigned] > 0.5]
    chosen = chosen[~weighed.is_other(links.baseline[chosen], links.current[chosen])]
    b, c = links.baseline[chosen], links.current[chosen]
    matches = sorted(map(pair, b.tolist(), c.tolist()), key=lambda p: (-p.bits, p.current.id))
    is_open = [np.ones(len(side), dtype=bool) for side in (baseline, current)]
    is_open[0][b], is_open[1][c] = False, False
    to_now, to_then = linkage.closest(weighed, near, *is_open)
    likest = {baseline[b].id: pair(b, c) for b, c in enumerate(to_now.tolist()) if c >= 0}
    likest |= {current[c].id: pair(b, c) for c, b in enumerate(to_then.tolist()) if b >= 0}
    return replace(bare, matches=tuple(matches), likest=likest)


# --- a year against its baseline ----------------------------------------------------------------------------


class Repeats(NamedTuple):
    """Everything :func:`repeats` found: the watched sites together, every other site on its own."""

    year: int
    baseline_years: tuple[int, ...]
    watched: Comparison
    others: tuple[Comparison, ...]
    #: Episodes seen only by methods that are not admitted, with their pairs: outside the score.
    candidates: tuple[Pair, ...]
    #: Episodes whose bounds straddle New Year: in neither year.
    undetermined: tuple[Episode, ...]
    #: The methods that were admitted.
    methods: tuple[Method, ...] = LOOK_METHODS

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The watched group first, then the other sites by id."""
        return (self.watched, *self.others)

    @property
    def matches(self) -> tuple[Pair, ...]:
        """All matches of all scopes, the watched group first."""
        return tuple(pair for comparison in self.comparisons for pair in comparison.matches)


def repeats(
    records: Iterable[Observation],
    *,
    year: int,
    baseline_years: Sequence[int],
    vocabulary: Vocabulary,
    sites: Mapping[str, Site],
    methods: Sequence[Method] = LOOK_METHODS,
    scope: Sequence[str] | None = None,
    assume: Assumptions = DEFAULTS,
    learn: bool = False,
) -> Repeats:
    """Compare one year with a baseline: the watched sites as one group, every other site with records alone.

    With a ``scope``, the sites in it are the one group instead, and every other site is left out.

    Raises:
        InvalidValue: the year is its own baseline.
    """
    if year in baseline_years:
        raise InvalidValue("baseline", year, f"{year} cannot be compared with itself", allowed="another year")
    records = list(records)
    found = episodes.find(records, vocabulary, methods=methods)
    left_out = episodes.find(records, vocabulary, methods=[m for m in METHODS if m not in methods])
    if scope is None:
        group = tuple(id_ for id_, site in sites.items() if site.watched)
        others = sorted({record.site for record in records} - set(group))
    else:
        group, others = tuple(dict.fromkeys(scope)), []

    at_site: dict[str, list[Episode]] = {}
    for episode in found:
        at_site.setdefault(episode.site, []).append(episode)

    def compare_scope(scope: Sequence[str]) -> Comparison:
        inside = [e for site in scope for e in at_site.get(site, ())]
        inside.sort(key=lambda e: (*e.time, e.id))
        return compare(
            [e for e in inside if e.year in baseline_years],
            [e for e in inside if e.year == year],
            scope=scope,
            vocabulary=vocabulary,
            sites=sites,
            assume=assume,
            learn=learn,
        )

    comparisons = [compare_scope(group), *(compare_scope([site]) for site in others)]
    compared = {site: number for number, comparison in enumerate(comparisons) for site in comparison.scope}
    candidates = [
        pair
        for extra in sorted((e for e in left_out if e.site in compared), key=lambda e: compared[e.site])
        if (pair := _candidate(comparisons[compared[extra.site]], extra, baseline_years, year))
    ]
    return Repeats(
        year,
        tuple(baseline_years),
        comparisons[0],
        tuple(comparisons[1:]),
        tuple(candidates),
        tuple(e for e in found if e.year is None and (scope is None or e.site in group)),
        tuple(methods),
    )


def would_fit(comparison: Comparison, extra: Episode, baseline_years: Sequence[int], year: int) -> Pair | None:
    """What would fit were it not for the method of one side: the best pair of an episode that was left out.

    It fits when it lies at the same place, is of the same type or closer, contradicts the platform nowhere and would
    be worth assigning. The pair has no posterior; of the comparison the episodes at that place are enough.
    """
    beside = _beside(comparison, extra, baseline_years)
    if extra.year in baseline_years:
        pairs = [beside.pair(extra, now) for now in comparison.current]
    elif extra.year == year:
        pairs = [comparison.pair(then, extra) for then in comparison.baseline]
    else:
        return None
    floor = evidence.least_bits(beside.shares.number, comparison.assumptions) if pairs else 0.0
    fitting = [p for p in pairs if p.bits > floor and _fits(p)]
    return min(fitting, key=lambda p: (-p.bits, p.baseline.id, p.current.id), default=None)


def _candidate(comparison: Comparison, extra: Episode, baseline_years: Sequence[int], year: int) -> Pair | None:
    """What would fit, with its posterior."""
    best = would_fit(comparison, extra, baseline_years, year)
    if best is None:
        return None
    beside = _beside(comparison, extra, baseline_years)
    all_of_one = weigh(
        best.current, beside.shares, same_place=geodesy.same_place, sites=beside.sites, assume=beside.assumptions
    )
    return next(p for p in all_of_one if p.baseline.id == best.baseline.id)


def _beside(comparison: Comparison, extra: Episode, baseline_years: Sequence[int]) -> Comparison:
    """The comparison as it would be with one more episode, where that is of the baseline."""
    if extra.year not in baseline_years:
        return comparison
    return replace(comparison, baseline=(*comparison.baseline, extra), shares=comparison.shares.including(extra))


def _fits(pair: Pair) -> bool:
    contradicted = any(term.agreement == "disagrees" for term in pair.terms if term.factor in FINDINGS)
    then, now = pair.baseline.claimed_path, pair.current.claimed_path
    contradicted |= any(a != b for a, b in zip(then, now, strict=False))
    return pair.same_place and pair.finding not in ("same kind", "other") and not contradicted
