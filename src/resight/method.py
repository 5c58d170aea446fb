"""The method as the report prints it: what is assumed, which catalogue sizes were used, what is cited."""

from __future__ import annotations

from resight import evidence, merging, rates
from resight.case import Case

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
REFERENCES = (
    (
        "Phipson, B. & Smyth, G. K. (2010): Permutation p-values should never be zero. Statistical Applications in "
        "Genetics and Molecular Biology 9, 39",
        "https://doi.org/10.2202/1544-6115.1585",
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
MERGING_RULE = merging.merging_rule()
SEASON_U = ", ".join(f"{u:.3f}" for u in evidence.SEASON_U)
LOOKS_NEEDED = tuple((f"{p:.1f}", rates.looks_needed(p)) for p in DETECTIONS)


def assumptions(case: Case) -> tuple[tuple[str, str, str], ...]:
    """Name in the method, meaning and value of everything assumed."""
    given = case.repeats.watched.assumptions._asdict()
    return tuple((name, ASSUMED.get(name, name.replace("_", " ")), _plain(value)) for name, value in given.items())


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
    return " / ".join(map(_plain, value)) if isinstance(value, tuple) else f"{value:g}"
