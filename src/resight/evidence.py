"""Which episode of this year matches which of last year's: evidence in bits, and a one-to-one decision.

Fellegi–Sunter match weights (Fellegi & Sunter 1969, doi:10.1080/01621459.1969.10501049): W = Σ log2(m/u) over
factors that agree, log2((1−m)/(1−u)) over factors that disagree, 0 where either side is unknown. m = P(agree | a
real repeat), u = P(agree | unrelated). What is assumed (m, the prior, catalogue sizes) stays apart from what was
counted. Everything here is a pure function of episodes; whether two lie at the same place is an argument.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple

from resight import episodes
from resight.dates import SEASON_DAYS, YEAR_DAYS, in_words, season_shares
from resight.episodes import Episode
from resight.observation import Observation, Site
from resight.vocabulary import CatalogueSize, Vocabulary

Agreement = Literal["agrees", "disagrees", "unknown"]
Finding = Literal["same individual", "same class", "same type", "same kind", "other"]
FINDINGS: Mapping[str, Finding] = {
    "kind": "same kind",
    "type": "same type",
    "class": "same class",
    "individual": "same individual",
}
SamePlace = Callable[[Episode, Episode], bool]

SEASON_LEVELS = (
    f"within {SEASON_DAYS[0]} days of the same day of the year",
    f"within {SEASON_DAYS[1]} days",
    f"over {SEASON_DAYS[1]} days",
)
_SEASON_U = ((2 * SEASON_DAYS[0] + 1) / YEAR_DAYS, (2 * (SEASON_DAYS[1] - SEASON_DAYS[0])) / YEAR_DAYS)
SEASON_U = (*_SEASON_U, 1 - sum(_SEASON_U))


class Assumptions(NamedTuple):
    """What is assumed, not counted: the m of each factor, the prior and the weight of the catalogue."""

    place_m: float = 0.90
    kind_m: float = 0.99
    level_m: float = 0.90
    #: A programme may send a sister ship: the same individual is not required of a repeat.
    individual_m: float = 0.50
    activity_m: float = 0.80
    season_m: tuple[float, float, float] = (0.40, 0.30, 0.30)
    #: Share of this year's episodes that repeat one of last year's, before looking.
    repeat_share: float = 0.5
    #: Pseudo-records by which a catalogue size steadies a share counted on few records.
    kappa: float = 20.0
    #: u of the class of a platform that lives at the site.
    resident_u: float = 0.95


DEFAULTS = Assumptions()


class Term(NamedTuple):
    """One factor of a match: what it says, and how many bits that is worth."""

    factor: str
    agreement: Agreement
    bits: float
    why: str
    m: float | None = None
    u: float | None = None
    #: Why this factor shows less than it seems, for the reader.
    caveat: str = ""


class Pair(NamedTuple):
    """A baseline and a current episode with the evidence that one repeats the other."""

    baseline: Episode
    current: Episode
    terms: tuple[Term, ...]
    finding: Finding
    #: P(this pair | the current episode), over the whole baseline in scope.
    posterior: float = 0.0

    @property
    def bits(self) -> float:
        """The match weight W."""
        return sum(term.bits for term in self.terms)

    @property
    def same_place(self) -> bool:
        """Do the two lie at one place?"""
        return self.terms[0].agreement == "agrees"

    @property
    def is_other(self) -> bool:
        """Are the two known to differ in kind, type or class? Then no agreement in the rest makes them alike."""
        parting = ("kind", "type", "class")
        return any(term.factor in parting and term.agreement == "disagrees" for term in self.terms)

    @property
    def is_flagged(self) -> bool:
        """Is it more likely than not that the one repeats the other, and are they not known to be of another type?"""
        return self.posterior > 0.5 and not self.is_other


class SizeUsed(NamedTuple):
    """A catalogue size that entered the shares: a published or assumed number, or a count of what is on file."""

    of: str
    size: int
    source: str


class Sizes:
    """How many different things there could be, and where each number comes from; remembers which were asked for."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._used: dict[str, SizeUsed] = {}

    @property
    def used(self) -> tuple[SizeUsed, ...]:
        """The sizes that were asked for, in order of asking."""
        return tuple(self._used.values())

    def _take(self, of: str, size: int, source: str) -> int:
        # Of one thing alone nothing could disagree: at least 2, also where the catalogue says 1.
        return self._used.setdefault(of, SizeUsed(of, max(2, size), source)).size

    def _known(self, of: str, known: CatalogueSize | None, on_file: int) -> int:
        found = known or CatalogueSize(on_file, "counted on file, not known")
        return self._take(of, found.size, found.source)

    def sites(self, compared: int) -> int:
        """Sites that the scope holds."""
        return self._take("sites compared", compared, "counted in the site register, at least 2")

    def below(self, parent: Sequence[str], *, individuals: bool, on_file: int) -> int:
        """What can stand one level below a node of the platform tree (``()`` for its root)."""
        vocabulary = self._vocabulary
        if not parent:
            return self._known("kinds of platform", vocabulary.catalogue.get("kinds"), on_file)
        node, label = vocabulary.platforms.get(parent[-1]), vocabulary.label(parent[-1])
        if individuals:
            return self._known(f"individuals of {label}", node.individuals if node else None, on_file)
        return self._known(f"types or classes of {label}", node.children if node else None, on_file)

    def activities(self, on_file: int) -> int:
        """Activities that say what is done."""
        return self._known("activities", self._vocabulary.catalogue.get("activities"), on_file)


def smooth(n_value: Any, n_total: Any, base: Any, kappa: float) -> Any:
    """u = (n_value − 1 + κ·base) / (n_total − 1 + κ), of numbers or of arrays; the −1 leaves the episode itself out."""
    return (n_value - 1 + kappa * base) / (n_total - 1 + kappa)


class Counts(NamedTuple):
    """How many of some baseline episodes have which value: all that :class:`Shares` rest on."""

    number: int
    at_site: Mapping[str, int]
    #: Episodes whose path (see :func:`steps_of`) runs through each node, over all sites (site None) and at each site.
    nodes: Mapping[tuple[str | None, tuple[str, ...]], int]
    #: Episodes known one level below each node, and how many distinct children are on file (site ''); individuals
    #: are counted apart: a hull whose class is not known is no class of its own.
    children: Mapping[tuple[str | None, tuple[str, ...], bool], int]
    #: Episodes with each set of known activities.
    activities: Mapping[frozenset[str], int]


def counts(baseline: Iterable[Episode]) -> Counts:
    """The counts of some baseline episodes."""
    found = list(baseline)
    nodes: Counter[tuple[str | None, tuple[str, ...]]] = Counter()
    for (site, steps), number in Counter((e.site, steps_of(e)) for e in found).items():
        for depth in range(1, len(steps) + 1):
            nodes[None, steps[:depth]] += number
            nodes[site, steps[:depth]] += number
    children: Counter[tuple[str | None, tuple[str, ...], bool]] = Counter()
    for (at, steps), number in nodes.items():
        is_named = steps[-1].startswith(NAMED)
        children[at, steps[:-1], is_named] += number
        if at is None:
            children["", steps[:-1], is_named] += 1
    activities = Counter(e.activities for e in found if e.activities)
    return Counts(len(found), Counter(e.site for e in found), nodes, children, activities)


def _with(known: Counts, episode: Episode) -> Counts:
    """Counts as they are with one more episode; what they rest on is not counted again."""
    nodes, children = Counter(dict(known.nodes)), Counter(dict(known.children))
    steps = steps_of(episode)
    for depth in range(1, len(steps) + 1):
        parent, is_named = steps[: depth - 1], steps[depth - 1].startswith(NAMED)
        children["", parent, is_named] += not nodes[None, steps[:depth]]
        for at in (None, episode.site):
            nodes[at, steps[:depth]] += 1
            children[at, parent, is_named] += 1
    at_site = Counter(dict(known.at_site))
    at_site[episode.site] += 1
    activities = Counter(dict(known.activities))
    if episode.activities:
        activities[episode.activities] += 1
    return Counts(known.number + 1, at_site, nodes, children, activities)


class Shares:
    """u of a baseline episode's value: how often unrelated episodes would agree with it by chance.

    u = (n_value − 1 + κ·base) / (n_total − 1 + κ); the −1 leaves the episode itself out. base is 1/catalogue size
    for the share over all sites, and that share for the share at one site.

    Args:
        baseline: all baseline episodes in scope.
        vocabulary: the platform tree and the catalogue sizes.
        sites: how many sites the scope holds.
        kappa: weight of the catalogue, in pseudo-records.
        counted: the counts of the baseline, where they are known already.
    """

    def __init__(
        self,
        baseline: Sequence[Episode],
        vocabulary: Vocabulary,
        sites: int,
        kappa: float,
        counted: Counts | None = None,
    ) -> None:
        self.baseline, self.vocabulary, self.sites, self.kappa = baseline, vocabulary, sites, kappa
        self._known = counted
        self._sizes = Sizes(vocabulary)
        self._steps: dict[tuple[str, tuple[str, ...]], float] = {}

    def including(self, episode: Episode) -> "Shares":
        """The shares as they would be with one more baseline episode."""
        counted = self._known and _with(self._known, episode)
        return Shares((*self.baseline, episode), self.vocabulary, self.sites, self.kappa, counted)

    @property
    def number(self) -> int:
        """How many baseline episodes there are."""
        return self._counts.number

    @cached_property
    def _counts(self) -> Counts:
        return self._known or counts(self.baseline)

    def _smooth(self, n_value: int, n_total: int, base: float) -> float:
        return float(smooth(n_value, n_total, base, self.kappa))

    def place(self, episode: Episode) -> float:
        """u of the episode's site."""
        return self._smooth(self._counts.at_site[episode.site], self._counts.number, 1 / self._sizes.sites(self.sites))

    def step(self, episode: Episode, depth: int) -> float:
        """u of the episode's value at one level of the platform tree, among its siblings, at its site."""
        steps = steps_of(episode)[: depth + 1]
        known = self._steps.get((episode.site, steps))
        if known is None:
            known = self._steps[episode.site, steps] = self._step(episode.site, steps)
        return known

    def _step(self, site: str, steps: tuple[str, ...]) -> float:
        parent, nodes, children = steps[:-1], self._counts.nodes, self._counts.children
        is_named = steps[-1].startswith(NAMED)
        base = 1 / self._sizes.below(parent, individuals=is_named, on_file=children["", parent, is_named])
        overall = self._smooth(nodes[None, steps], children[None, parent, is_named], base)
        return self._smooth(nodes[site, steps], children[site, parent, is_named], overall)

    def activity(self, episode: Episode) -> float:
        """u of the episode's activities: how often an unrelated episode shares one of them."""
        known = self._counts.activities
        sharing = sum(n for activities, n in known.items() if activities & episode.activities)
        size = self._sizes.activities(len(frozenset().union(*known)))
        return self._smooth(sharing, sum(known.values()), activity_base(len(episode.activities), size))


def activity_base(number: int, size: int) -> float:
    """How often an episode with some known activities shares one with another by chance, by the catalogue alone."""
    return min(number / size, 1 - 1 / (size + 1))


#: Stands before the key of an individual where that is the last step of a path.
NAMED = "="


def steps_of(episode: Episode) -> tuple[str, ...]:
    """The platform path as far as it is known without a hedge, the individual (marked ``=``) last."""
    is_whole = episode.path == episode.claimed_path
    return (*episode.path, NAMED + episode.individual) if episode.individual and is_whole else episode.path


def evidence(
    baseline: Episode,
    current: Episode,
    shares: Shares,
    *,
    same_place: SamePlace,
    site: Site | None = None,
    assume: Assumptions = DEFAULTS,
    memo: dict[object, Any] | None = None,
) -> Pair:
    """All factors of one pair.

    Args:
        baseline, current: the two episodes.
        shares: u of the baseline's values.
        same_place: do two episodes lie at one place?
        site: the baseline episode's site, for its residents.
        assume: m, κ and the prior.
        memo: terms already worked out for this current episode; baseline episodes alike in all that a factor rests
            on share its term.
    """
    memo = {} if memo is None else memo

    def once(key: object, make: Callable[[], Any]) -> Any:
        if key not in memo:
            memo[key] = make()
        return memo[key]

    together = same_place(baseline, current)
    place = once(
        ("place", baseline.site, together),
        lambda: _agreement(
            "place",
            together,
            m=assume.place_m,
            u=shares.place(baseline),
            words=("same site" if baseline.site == current.site else "same place", "other site"),
        ),
    )
    chain, finding = once(
        (
            "platform",
            baseline.site,
            baseline.path,
            baseline.claimed_path,
            baseline.individual_name,
            baseline.individual,
            baseline.identity_hedge,
            baseline.operator,
        ),
        lambda: _platform_terms(baseline, current, shares, site, assume),
    )
    activity = once(("activity", baseline.activities), lambda: _activity_term(baseline, current, shares, assume))
    season = once(("season", baseline.time), lambda: _season_term(baseline, current, assume))
    return Pair(baseline, current, (place, *chain, activity, season), finding)


def _agreement(factor: str, agrees: bool, *, m: float, u: float, words: tuple[str, str], caveat: str = "") -> Term:
    """The term of a factor that is known on both sides; ``words`` for agreeing and for disagreeing."""
    if agrees:
        return Term(factor, "agrees", math.log2(m / u), words[0], m, u, caveat)
    return Term(factor, "disagrees", math.log2((1 - m) / (1 - u)), words[1], m, u, caveat)


def _platform_terms(
    baseline: Episode, current: Episode, shares: Shares, site: Site | None, assume: Assumptions
) -> tuple[list[Term], Finding]:
    """The chain rule down the tree: stop at the first level that is unknown or disagrees."""
    vocabulary = shares.vocabulary
    then, now = steps_of(baseline), steps_of(current)
    terms: list[Term] = []
    finding: Finding = "other"
    for depth in range(max(len(baseline.claimed_path), len(current.claimed_path)) + 1):
        level = _level(depth, baseline, current, vocabulary)
        caveat = _resident_caveat(depth, baseline, current, site)
        if depth >= len(then) or depth >= len(now):
            terms.append(
                Term(level, "unknown", 0.0, _why_unknown(level, depth, baseline, current, vocabulary), caveat=caveat)
            )
            break
        if then[depth].startswith(NAMED) != now[depth].startswith(NAMED):
            # One side gives the hull, the other its type or class: they cannot be held against each other.
            why = _why_unknown(level, depth, baseline, current, vocabulary)
            terms.append(Term(level, "unknown", 0.0, why, caveat=caveat))
            break
        agrees = then[depth] == now[depth]
        m = {"kind": assume.kind_m, "individual": assume.individual_m}.get(level, assume.level_m)
        # That a class lives here explains why it is seen again, not why another one is.
        caveat = caveat if agrees else ""
        u = assume.resident_u if caveat else shares.step(baseline, depth)
        names = _step_label(then[depth], baseline, vocabulary), _step_label(now[depth], current, vocabulary)
        terms.append(
            _agreement(
                level,
                agrees,
                m=m,
                u=u,
                words=(f"same {level}: {names[0]}", f"other {level}: {names[0]} then, {names[1]} now"),
                caveat=caveat,
            )
        )
        if not agrees:
            break
        finding = FINDINGS[level]
        if level == "individual":
            break
    return terms, finding


def _level(depth: int, baseline: Episode, current: Episode, vocabulary: Vocabulary) -> str:
    """What the tree calls this depth: the path of either side says it, below both paths is the individual."""
    for episode in (baseline, current):
        if depth < len(episode.claimed_path):
            return vocabulary.level(episode.claimed_path[depth])
    return "individual"


def _step_label(step: str, episode: Episode, vocabulary: Vocabulary) -> str:
    return (episode.individual_name or step) if step.startswith(NAMED) else vocabulary.label(step)


def _why_unknown(level: str, depth: int, baseline: Episode, current: Episode, vocabulary: Vocabulary) -> str:
    said: list[tuple[str, str]] = []
    for when, episode in (("then", baseline), ("now", current)):
        if level == "individual":
            claimed = episode.individual_name if episode.individual is None else None
        elif len(episode.path) <= depth < len(episode.claimed_path):
            claimed = vocabulary.label(episode.claimed_path[depth])
        else:
            claimed = None
        if claimed:
            said.append((when, f"“{episode.identity_hedge}” {claimed}"))
    if len(said) == 2 and said[0][1] == said[1][1]:
        return f"{level} only claimed on both sides: {said[0][1]}"
    told = ", ".join(f"{when} {what}" for when, what in said)
    return f"{level} claimed, not known: {told}" if said else f"{level} not known"


def _resident_caveat(depth: int, baseline: Episode, current: Episode, site: Site | None) -> str:
    """Why a class that lives at the site shows little there; empty when it does not live there.

    It holds for a class that is only claimed, too, and falls away when both sides are known to be somebody else's.
    """
    classes = {e.claimed_path[depth] for e in (baseline, current) if depth < len(e.claimed_path)}
    for resident in site.residents if site else ():
        if resident.platform not in classes:
            continue
        theirs = [
            e.operator is None or e.operator.casefold() == resident.operator.casefold() for e in (baseline, current)
        ]
        if any(theirs):
            number = f"{resident.count} of " if resident.count else ""
            return f"{resident.operator} keeps {number}this class here, so the class alone shows little"
    return ""


def _activity_term(baseline: Episode, current: Episode, shares: Shares, assume: Assumptions) -> Term:
    if not (baseline.activities and current.activities):
        return Term("activity", "unknown", 0.0, "visible activity not known on both sides")
    shared = baseline.activities & current.activities

    def words(some: frozenset[str]) -> str:
        return ", ".join(sorted(shares.vocabulary.activities[activity].label for activity in some))

    return _agreement(
        "activity",
        bool(shared),
        m=assume.activity_m,
        u=shares.activity(baseline),
        words=(
            f"same activity: {words(shared)}",
            f"other activity: {words(baseline.activities)} then, {words(current.activities)} now",
        ),
    )


def _season_term(baseline: Episode, current: Episode, assume: Assumptions) -> Term:
    levels = season_shares(baseline.time, current.time)
    bits = math.log2(sum(p * m / u for p, m, u in zip(levels, assume.season_m, SEASON_U, strict=True)))
    certain = next((i for i, p in enumerate(levels) if p == 1), None)
    if certain is None:
        spread = ", ".join(f"{p:.0%} {words}" for p, words in zip(levels, SEASON_LEVELS, strict=True) if p)
        return Term("season", "unknown", bits, f"season known only as shares of day pairs: {spread}")
    return Term(
        "season",
        "disagrees" if certain == 2 else "agrees",
        bits,
        f"season: {SEASON_LEVELS[certain]}",
        assume.season_m[certain],
        SEASON_U[certain],
    )


# --- the decision -------------------------------------------------------------------------------------------


def weigh(
    current: Episode,
    shares: Shares,
    *,
    same_place: SamePlace,
    sites: Mapping[str, Site],
    assume: Assumptions = DEFAULTS,
) -> list[Pair]:
    """Every baseline episode as the match of one current episode, with its posterior, best first.

    posterior(b) = (s/n0)·2^W_b / (1 − s + (s/n0)·Σ 2^W), the sum over the whole baseline in scope.
    """
    memo: dict[object, Any] = {}
    pairs = [
        evidence(b, current, shares, same_place=same_place, site=sites.get(b.site), assume=assume, memo=memo)
        for b in shares.baseline
    ]
    if not pairs:
        return []
    share = assume.repeat_share / len(pairs)
    odds = [share * 2**pair.bits for pair in pairs]
    total = 1 - assume.repeat_share + sum(odds)
    weighed = [pair._replace(posterior=odd / total) for pair, odd in zip(pairs, odds, strict=True)]
    return sorted(weighed, key=lambda pair: (-pair.posterior, pair.baseline.id))


def least_bits(n_baseline: int, assume: Assumptions) -> float:
    """The W above which a pair is worth assigning: W + log2(s/n0) − log2(1−s) > 0."""
    return math.log2(1 - assume.repeat_share) - math.log2(assume.repeat_share / n_baseline)


# --- one episode against its baseline ---------------------------------------------------------------------------


class Precedent(NamedTuple):
    """What the baseline holds for one episode of this year, without deciding for the others."""

    episode: Episode
    #: Every baseline episode in scope, best first, or of a large baseline the best one and those at its place.
    pairs: tuple[Pair, ...]
    #: Other episodes of this year at its site whose evidence for the best pair's baseline episode is no weaker.
    rivals: tuple[str, ...] = ()

    @property
    def match(self) -> Pair | None:
        """The best pair when it is flagged."""
        return self.pairs[0] if self.pairs and self.pairs[0].is_flagged else None


def precedent(
    identifier: str,
    records: Iterable[Observation],
    *,
    scope: Sequence[str],
    baseline_years: Sequence[int],
    vocabulary: Vocabulary,
    sites: Mapping[str, Site],
    same_place: SamePlace,
    assume: Assumptions = DEFAULTS,
) -> Precedent | None:
    """The baseline's answer to one sighting, with the numbers the report gives; None if it is never matched.

    ``records`` are those of both years at the sites of the scope.
    """
    found = episodes.find(records, vocabulary)
    episode = holding(identifier, found)
    if episode is None:
        return None
    baseline = [e for e in found if e.site in scope and e.year in baseline_years and e.id != episode.id]
    shares = Shares(baseline, vocabulary, len(scope), assume.kappa)
    alone = Precedent(episode, tuple(weigh(episode, shares, same_place=same_place, sites=sites, assume=assume)))
    return with_rivals(alone, found, shares, same_place=same_place, sites=sites, assume=assume)


def holding(identifier: str, found: Iterable[Episode]) -> Episode | None:
    """The episode that holds a sighting."""
    return next((e for e in found if any(s.id == identifier for s in e.sightings)), None)


def with_rivals(
    alone: Precedent,
    found: Iterable[Episode],
    shares: Shares,
    *,
    same_place: SamePlace,
    sites: Mapping[str, Site],
    assume: Assumptions = DEFAULTS,
) -> Precedent:
    """What the baseline holds for an episode, with those at its site, of its year, that fit its match no less."""
    best, episode = alone.match, alone.episode
    if best is None:
        return alone
    rivals = [
        other.id
        for other in found
        if other is not episode
        and (other.site, other.year, other.claimed_path) == (episode.site, episode.year, episode.claimed_path)
        and evidence(
            best.baseline, other, shares, same_place=same_place, site=sites.get(best.baseline.site), assume=assume
        ).bits
        >= best.bits
    ]
    return alone._replace(rivals=tuple(rivals))


def closeness(pair: Pair) -> int:
    """0 for the same individual, then class, type, kind, and what differs in kind last."""
    return ("same individual", "same class", "same type", "same kind", "other").index(pair.finding)


def scope_of(site: str, sites: Mapping[str, Site]) -> tuple[str, ...]:
    """The sites compared together with this one: all watched ones, or just itself."""
    watched = tuple(id_ for id_, known in sites.items() if known.watched)
    return watched if site in watched else (site,)


# --- in words -----------------------------------------------------------------------------------------------


def verb(pair: Pair) -> str:
    """``repeats`` only when the same individual is known on both sides; otherwise ``resembles``."""
    return "repeats" if is_same_individual(pair) else "resembles"


def is_same_individual(pair: Pair) -> bool:
    """Is the same hull or tail known on both sides, be it that one of them does not say its class?"""
    then, now = pair.baseline, pair.current
    named = then.individual is not None and then.individual == now.individual
    whole = then.path == then.claimed_path and now.path == now.claimed_path
    return named and whole and not pair.is_other


def grounds(pair: Pair) -> str:
    """Why two episodes match, for a reader: no bits, no probability."""
    said = [pair.terms[0].why]
    platform = [term for term in pair.terms if term.factor in FINDINGS]
    agreed = [term for term in platform if term.agreement == "agrees"]
    if agreed:
        # The deepest level that agrees implies those above it; a class or a name stands beside it anyway.
        deepest = agreed[-1]
        what = deepest.why.partition(": ")[2] if deepest.factor in ("kind", "type") else ""
        said.append(f"same {deepest.factor} ({what})" if what else f"same {deepest.factor}")
    for term in platform:
        if term.agreement == "disagrees":
            said.append(term.why)
        elif term.agreement == "unknown":
            why = _with_plain_individual(term.why, pair.current)
            # A tree of many levels has several of one name.
            said.append(f"narrower {why}" if agreed and agreed[-1].factor == term.factor else why)
    if is_same_individual(pair) and pair.finding != "same individual":
        said.append(f"same name: {pair.current.individual_name}")
    activity = next(t for t in pair.terms if t.factor == "activity")
    if activity.agreement != "unknown":
        said.append(activity.why)
    if not pair.baseline.is_dated:
        said.append(undated(pair.baseline))
    said += [term.caveat for term in platform if term.caveat]
    # What has commas of its own is set apart by semicolons.
    return ("; " if any("," in part for part in said) else ", ").join(said)


def undated(episode: Episode) -> str:
    """What to say of an episode without a day: our own looks were made, what a source says of a year is a claim."""
    own = episode.first.basis == "own"
    return "not dated to a day" if own else "claimed by the source without a dated image"


def _with_plain_individual(why: str, episode: Episode) -> str:
    called = {"ship": "hull", "aircraft": "tail number"}.get(episode.claimed_path[0], "individual")
    return why.replace("individual", called, 1)


def described(episode: Episode, vocabulary: Vocabulary) -> str:
    """An episode in a few words: what, and when; a hedge stays with the word it qualifies."""
    first = episode.first
    what = vocabulary.label(episode.claimed_path[-1])
    if first.hedge and first.hedge_on == "platform":
        what = f"“{first.hedge}” {what}"
    if episode.individual_name:
        doubt = f"“{episode.identity_hedge}” " if episode.identity_hedge and not episode.individual else ""
        what = f"{what}, {doubt}{episode.individual_name}"
    return f"{what}, {in_words(first.date)}"


def headline(pair: Pair, vocabulary: Vocabulary) -> str:
    """One sentence for an editor: what repeats or resembles what, and why; no bits and no probability."""
    return f"{verb(pair)} {pair.baseline.id} ({described(pair.baseline, vocabulary)}): {grounds(pair)}"


def posterior_text(probability: float) -> str:
    """A posterior for print: never above “> 0.99”, never below “< 0.01”."""
    return "> 0.99" if probability > 0.99 else "< 0.01" if probability < 0.01 else f"{probability:.2f}"
