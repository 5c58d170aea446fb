"""Evidence in words: what a number of bits is called on a published scale of likelihood ratios.

The scale is that of the ENFSI guideline for evaluative reporting in forensic science (2015). It is meant for likelihood
ratios that rest on data. Where the ratio rests on assumptions the words stop at :data:`MOST_ASSUMED`, however many bits
there are.
"""

from __future__ import annotations

#: The smallest likelihood ratio that earns each word, strongest first; below the last nothing is told apart.
STEPS = (
    (1_000_000, "extremely strong"),
    (10_000, "very strong"),
    (1_000, "strong"),
    (100, "moderately strong"),
    (10, "moderate"),
    (2, "weak"),
)
NEITHER = "neither for nor against"
#: The strongest word for evidence that rests on assumptions.
MOST_ASSUMED = "moderate"
REFERENCE = (
    "ENFSI (2015): Guideline for evaluative reporting in forensic science. European Network of Forensic Science "
    "Institutes (words for likelihood ratios)",
    "https://enfsi.eu/wp-content/uploads/2016/09/m1_guideline.pdf",
)


def in_words(bits: float, assumed: str = "") -> str:
    """What so many bits are called, for or against.

    Args:
        bits: the match weight, log2 of the likelihood ratio; below zero it speaks against.
        assumed: what the bits rest on that is assumed, as a clause; empty when nothing is.
    """
    ratio = 2.0 ** min(abs(bits), 1000.0)
    words = [word for _, word in STEPS]
    found = next((i for i, (least, _) in enumerate(STEPS) if ratio >= least), None)
    if found is None:
        return NEITHER
    against = ", against" if bits < 0 else ""
    if assumed and found < words.index(MOST_ASSUMED):
        return f"{MOST_ASSUMED} at most{against}: {assumed}"
    return f"{words[found]}{against}"
