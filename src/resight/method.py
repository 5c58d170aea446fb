"""The method as the report prints it: what is assumed or learned, which catalogue sizes were used, what is cited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resight import evidence, flags, linkage, merging, rates, scale
from resight.case import Case
from resight.wording import listed, numbered

#: Detection probabilities for which the looks needed for a sure absence are shown.
DETECTIONS = (0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
#: What each assumption is called in the report.
ASSUMED = {
    "place_m": "m of place",
    "kind_m": "m of kind",
    "level_m": "m of each level between kind and individual",
    "individual_m": "m of the individual (a programme may send a sister ship)",
    "activity_m": "m of the visible activity",
    "season_m": "m of season: within 15 days, within 45 days, beyond",
    "repeat_share": "share of this year’s episodes that repeat one of the baseline, before looking",
    "kappa": "pseudo-records κ by which a catalogue size steadies a counted share",
    "resident_u": "u of a class that lives at the site",
}
#: What of it is learned where learning was asked for and there is enough to learn from.
LEARNED = frozenset({"kind_m", "level_m", "individual_m", "activity_m", "season_m"})
_REFERENCES = (
    scale.REFERENCE,
    (
        "Phipson, B. & Smyth, G. K. (2010): Permutation p-values should never be zero. Statistical Applications in "
        "Genetics and Molecular Biology 9, 39",
        "https://doi.org/10.2202/1544-6115.1585",
    ),
    (
        "Tarone, R. E. (1990): A modified Bonferroni method for discrete data. Biometrics 46, 515–522",
        "https://doi.org/10.2307/2531456",
    ),
    (
        "Benjamini, Y. & Hochberg, Y. (1995): Controlling the false discovery rate: a practical and powerful approach "
        "to multiple testing. Journal of the Royal Statistical Society B 57, 289–300",
        "https://doi.org/10.1111/j.2517-6161.1995.tb02031.x",
    ),
    (
        "Victor, J. D. & Purpura, K. P. (1996): Nature and precision of temporal coding in visual cortex: a "
        "metric-space analysis. Journal of Neurophysiology 76, 1310–1326",
        "https://doi.org/10.1152/jn.1996.76.2.1310",
    ),
    (
        "Fellegi, I. P. & Sunter, A. B. (1969): A theory for record linkage. "
        "Journal of the American Statistical Association 64, 1183–1210",
        "https://doi.org/10.1080/01621459.1969.10501049",
    ),
    (
        "Przyborowski, J. & Wilenski, H. (1940): Homogeneity of results in testing samples from Poisson series. "
        "Biometrika 31, 313–323",
        "https://doi.org/10.1093/biomet/31.3-4.313",
    ),
    (
        "Brown, L. D., Cai, T. T. & DasGupta, A. (2001): Interval estimation for a binomial proportion "
        "(the Jeffreys interval). Statistical Science 16, 101–133",
        "https://doi.org/10.1214/ss/1009213286",
    ),
)
_LEARNING = (
    "Celeux, G. & Govaert, G. (1992): A classification EM algorithm for clustering and two stochastic versions. "
    "Computational Statistics & Data Analysis 14, 315–332",
    "https://doi.org/10.1016/0167-9473(92)90042-E",
)
LOOKS_NEEDED = tuple((f"{p:.1f}", rates.looks_needed(p)) for p in DETECTIONS)
#: What is to be known beside single parts of the report.
NOTES: Mapping[str, str] = {
    "episode": (
        "An episode is one visit: consecutive sightings of the same thing at the same place. It repeats another only "
        "when the same ship or aircraft is known on both sides; otherwise it resembles it."
    ),
    "likeness": "S is 1 for the same pattern and 0 for nothing in common; how it is reckoned stands in part 7.",
    "tried": (
        "A match stands when few of this year’s other episodes of its kind would do as well in its place. It was "
        "picked by the same evidence, so this does not say how many of the matches are false (part 7)."
    ),
    "candidates": "They would fit, were one side not known by a method that is not admitted.",
    "undetermined": "The dates straddle New Year, so these are in neither year.",
    "others": "Each stands on its own and enters no figure of the watched sites.",
    "effort": (
        "A look is one examination of one site at one time. Looks are counted only where they are our own, or where a "
        "source states all of its looks. Images are published because they show something, so published ones are never "
        "a denominator."
    ),
    "looks needed": (
        "If one look shows the thing with the chance on the left, so many looks that find nothing make its absence 95 "
        "% sure."
    ),
    "never matched": "These records take no part in the comparison and enter no count above.",
    "contradictions": "Both are kept; the report does not choose between them.",
}


def paragraphs(case: Case, conditions: Sequence[str]) -> tuple[str, ...]:
    """The method in prose, for this report."""
    season_u = ", ".join(f"{u:.3f}" for u in evidence.SEASON_U)
    images = "" if conditions else " in optical or radar images"
    running = f" {case.running} What is not repeated may still be." if case.running else ""
    return (
        merging.merging_rule(),
        f"Compared are sightings of ships, aircraft and vehicles{images}; totals, background, cargo, people and "
        "facilities never are. An episode belongs to the year that holds all its dates. "
        f"The {case.group} are compared as one group, every other site alone.{running}",
        f"Every episode of {case.now} is held against every one of {case.then}. Place, platform (level by level down "
        "the tree, to the first that is unknown or disagrees), visible activity and season each give bits: log₂(m/u) "
        "where they agree, log₂((1−m)/(1−u)) where they disagree, 0 where either side is unknown (Fellegi & Sunter "
        "1969). A hedged identity counts as unknown. m is the chance of agreement in a real repeat, u in unrelated "
        "episodes. What a movement is taken to mean is an inference and earns nothing.",
        "u = (n(value) − 1 + κ·base) / (n(total) − 1 + κ), counted on the baseline at the baseline episode’s site "
        "without the episode itself, with κ pseudo-records; base is 1/catalogue size for the share over all sites, and "
        "that share for the share at one site. A class that lives at a site has a fixed, high u there. Season has "
        f"u = {season_u} for days of the year within 15, within 45 and over 45 days; a vague date enters with all its "
        "days.",
        "With s the share of episodes that repeat one of n₀ in the baseline, the pair b has the posterior "
        "(s/n₀)·2^W(b) / (1 − s + (s/n₀)·Σ 2^W), W being its bits and the sum running over the whole baseline. "
        "Episodes are assigned one to one so that the total evidence over the prior is greatest; a match also needs a "
        "posterior above one half, and two that are known to differ in kind, type or class are never called a match, "
        "however well the rest agrees. The posterior is never printed above “> 0.99”.",
        *_learning_paragraph(case),
        "The words beside the bits are those of the ENFSI scale for likelihood ratios: weak from 2, moderate from 10, "
        "moderately strong from 100, strong from 1,000, very strong from 10,000, extremely strong from 1,000,000. They "
        "stop at “moderate” while any catalogue size or m is assumed.",
        "Matches tried together: p is the share of this year’s episodes of the same kind that, put at the site of a "
        "match, would match the baseline at least as well. A match whose smallest possible p, one in the number of "
        f"those episodes, is above {flags.Q:.2f} is not testable and is dropped (Tarone 1990); over the others p is "
        f"adjusted (Benjamini & Hochberg 1995), and a match stands where that is at most {flags.Q:.2f}. Matches are "
        "picked by the evidence that p is made of: this corrects for their being many, not for the picking. How many "
        "of them are expected to be false is the sum of 1 − posterior.",
        "The pattern as a whole: this year’s episodes are laid over those of one year of the baseline with a shift of "
        "g days. D(g) is the least, over all one-to-one matchings, of 2·|t₁ − t₀ − g| / 14 days + k for each matched "
        "pair and 1 for each episode left over; S = 1 − min D / (n₀ + n₁) (Victor & Purpura 1996, with labels). "
        "Episodes at different sites are never matched; k is 1 where the platforms part at kind or type, 0.5 at class, "
        "0.25 where two known individuals differ, and 0 where they agree. A vague date, or a level not known, gives "
        "bounds: S if all of them fell as badly, and as well, as they can.",
        "Chance: the baseline stays, and what one look of this year found moves as a block to another look at the same "
        "site; the shift is chosen anew each time. Where no looks are counted, only the contents of each site’s own "
        "dated images are exchanged. All distinct arrangements are tried up to 10,000, else 999 are drawn with a fixed "
        "seed and p = (1 + hits) / 1000 (Phipson & Smyth 2010). Where the smallest p that could come out is above "
        "0.05, the report says “not testable” and gives no p. With vague dates the upper bound of S is tested.",
        "Where looks are known, “seen in k of n looks” has a Jeffreys interval (Brown, Cai & DasGupta 2001), two years "
        "are compared by the conditional binomial test (Przyborowski & Wilenski 1940) and by Fisher’s exact test.",
    )


def _learning_paragraph(case: Case) -> tuple[str, ...]:
    """How m was learned, where it was."""
    learned = [case.called(comparison.scope) for comparison in case.repeats.comparisons if comparison.learned]
    if not learned:
        return ()
    return (
        f"At {listed(learned)} m was learned from the two years by one-to-one (classification) EM: the episodes are "
        "assigned, m is counted over the assigned pairs together with "
        f"{linkage.PSEUDO_PAIRS} pairs at the assumed m, and they are assigned anew until nothing moves (Celeux & "
        "Govaert 1992). The m of place and the share of episodes that repeat stay as assumed.",
    )


def learning(case: Case) -> str:
    """Where m was learned, or why it was not, for a report that was asked to learn it."""
    watched = case.repeats.watched
    learned = [case.called(comparison.scope) for comparison in case.repeats.comparisons if comparison.learned]
    if watched.learned:
        return f"m learned at {listed(learned)} (part 7)"
    said = f"m learned at {listed(learned)} alone (part 7)" if learned else "m was not learned"
    if not watched.scope:
        return said
    if len(watched.current) < linkage.LEARNABLE:
        number = numbered(len(watched.current), "episode")
        return f"{said}: the {case.group} have {number} of {case.now}, and learning needs {linkage.LEARNABLE}"
    return f"{said}: the {case.group} have no episode of {case.then} to learn from"


def references(case: Case) -> tuple[tuple[str, str], ...]:
    """What the method cites: text and address."""
    is_learned = any(comparison.learned for comparison in case.repeats.comparisons)
    return (*_REFERENCES, _LEARNING) if is_learned else _REFERENCES


def assumptions(case: Case) -> tuple[tuple[str, str, str, str], ...]:
    """Name in the method, meaning and value of everything assumed, and whether it was learned instead."""
    comparisons = [c for c in case.repeats.comparisons if c.baseline and c.current] or [case.repeats.watched]
    rows = []
    for name in evidence.Assumptions._fields:
        meaning = ASSUMED.get(name, name.replace("_", " "))
        learned = [c for c in comparisons if c.learned and name in LEARNED]
        for comparison in learned:
            years = f"{numbered(len(comparison.current), 'episode')} of {case.now} and {len(comparison.baseline)} of"
            source = (
                f"learned at {case.called(comparison.scope)} from {years} {case.then} in "
                f"{numbered(comparison.learned, 'round')}"
            )
            rows.append((name, meaning, _plain(getattr(comparison.assumptions, name)), source))
        # Wherever it was not learned it is the same.
        rest = next((c for c in comparisons if not c.learned or name not in LEARNED), None)
        if rest:
            source = "assumed elsewhere" if learned else "assumed"
            rows.append((name, meaning, _plain(getattr(rest.assumptions, name)), source))
    return tuple(rows)


def sizes(case: Case) -> tuple[tuple[str, str, str, str], ...]:
    """Catalogue sizes: of what, size, where the number comes from, where it was used."""
    used: dict[tuple[str, int, str], list[str]] = {}
    for comparison in case.repeats.comparisons:
        is_watched = comparison is case.repeats.watched
        name = case.group if is_watched else case.name(comparison.scope[0])
        for size in comparison.sizes:
            used.setdefault((size.of, size.size, size.source), []).append(name)
    return tuple((of, str(size), source, ", ".join(where)) for (of, size, source), where in used.items())


def _plain(value: object) -> str:
    return " / ".join(map(_plain, value)) if isinstance(value, tuple) else f"{value:.3g}"
