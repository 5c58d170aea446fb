"""Measured sides held against the classes of the vocabulary, and the depth of a name against the image's pixels.

A side fits a class when it differs from the class's by no more than its own uncertainty (see :mod:`resight.measure`)
and :data:`REFERENCE_TOLERANCE` of the class's side, which is how far sources of one class disagree. Where the
uncertainty is not known, :data:`merging.LENGTH_TOLERANCE` of the class's side is allowed, as when visits are merged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from resight import measure, merging
from resight.observation import Observation
from resight.vocabulary import Platform, Vocabulary

#: Sources of one class differ by so much: the beam of the Tapir class is 15.3 to 15.6 m.
REFERENCE_TOLERANCE = 0.02
#: So many classes are named.
SHOWN = 3


class Measured(NamedTuple):
    """What was measured of one thing, in metres; None for what was not."""

    length_m: float | None
    width_m: float | None
    #: Of either; None if not known.
    uncertainty_m: float | None

    def __str__(self) -> str:
        sides = [
            f"{self._number(side)} m {word}" for side, word in ((self.length_m, "long"), (self.width_m, "wide")) if side
        ]
        known = "" if self.uncertainty_m else " (no ground sample distance on file: ±10 % allowed)"
        return f"{', '.join(sides)}{known}" if sides else ""

    def _number(self, side: float) -> str:
        if not self.uncertainty_m:
            return f"{side:g}"
        digits = max(0, -math.floor(math.log10(self.uncertainty_m)))
        return f"{side:.{digits}f} ± {self.uncertainty_m:.{digits}f}"


def of(fields: Mapping[str, Any]) -> Measured:
    """What was measured, from the fields of a record by name."""
    return Measured(fields["length_m"], fields["width_m"], measure.uncertainty_m(fields["gsd_m"]))


def is_one_thing(fields: Mapping[str, Any]) -> bool:
    """Is the record of a single thing that was seen, whose sides may be held against a class?"""
    number = fields["count"] or fields["count_min"] or fields["count_max"] or 1
    return fields["outcome"] == "seen" and not fields["aggregate"] and number == 1


def drawn(geometry: Mapping[str, Any], platform: str | None, vocabulary: Vocabulary) -> dict[str, float]:
    """``length_m`` and ``width_m`` of a drawn shape, to 0.1 m, as far as it has them.

    The longer side is the length, but for a class whose span is above its length.
    """
    sides = measure.sides_m(geometry)
    if sides is None:
        return {}
    known = vocabulary.platforms.get(platform or "")
    names = ["length_m", "width_m"]
    if known and known.length_m and known.width_m and known.width_m > known.length_m and sides.shorter is not None:
        names.reverse()
    found = {name: round(side, 1) for name, side in zip(names, sides, strict=True) if side is not None}
    return {name: side for name, side in found.items() if side > 0}


def disagreements(sides: Mapping[str, float], stated: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where a drawn shape and what was stated by hand are two things: the field, and what is to be said of it."""
    found = []
    for name, side in sides.items():
        by_hand = stated[name]
        if by_hand and abs(by_hand - side) > allowed_m(side, measure.uncertainty_m(stated["gsd_m"])):
            found.append((name, f"the drawn shape gives {side:g} m; the stated {by_hand:g} m stay"))
    return found


def misfit(measured: Measured, platform: Platform) -> str:
    """How a measure does not fit a class: ``too long``, ``too short and too narrow`` …; empty where it does."""
    ours: list[float | None] = [measured.length_m, measured.width_m]
    theirs = [(platform.length_m, "long", "short"), (platform.width_m, "wide", "narrow")]
    if all(ours) and all(side for side, *_ in theirs):
        # Which side of a drawn box is the length is not known: the longer one is held against the longer one.
        ours.sort(key=lambda side: -(side or 0))
        theirs.sort(key=lambda side: -(side[0] or 0))
    said = []
    for side, (reference, above, below) in zip(ours, theirs, strict=True):
        if side and reference and abs(side - reference) > allowed_m(reference, measured.uncertainty_m):
            said.append(f"too {above if side > reference else below}")
    return " and ".join(said)


def allowed_m(reference: Any, uncertainty_m: float | None) -> Any:
    """How far a side may differ from that of its class; one or many, as arrays."""
    if uncertainty_m is None:
        return merging.LENGTH_TOLERANCE * reference
    return uncertainty_m + REFERENCE_TOLERANCE * reference


def sentence(fields: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    """What was measured and which classes it fits, as one sentence; empty when nothing was measured.

    Args:
        fields: of a record, by name.
        vocabulary: the classes with their sides. Those of the same kind (ship, aircraft) are tried.
    """
    measured, platform = of(fields), fields["platform"]
    said = str(measured)
    if not said or not is_one_thing(fields) or platform not in vocabulary.platforms:
        return said
    if measured.uncertainty_m and max(measured.length_m or 0.0, measured.width_m or 0.0) <= measured.uncertainty_m:
        return f"{said}: less than the image can measure, so it tells no class"
    domain, label = vocabulary.path(platform)[0], vocabulary.label(platform)
    kin = [node for node in vocabulary.platforms.values() if vocabulary.path(node.id)[0] == domain]
    kin = [node for node in kin if _size(node, measured)]
    claimed = [node for node in kin if platform in vocabulary.path(node.id)]
    if not claimed:
        return f"{said}; no reference size on file for {label}"
    fitting = [node for node in claimed if not misfit(measured, node)]
    others = [node for node in kin if node not in claimed and not misfit(measured, node)]
    if fitting:
        also = f"; also with {_listed(others, measured)}" if others else ""
        return f"{said}: consistent with {_listed(fitting, measured)}{also}"
    instead = f"consistent with {_listed(others, measured)}" if others else f"no {domain} class on file fits"
    if len(claimed) == 1:
        return f"{said}: {misfit(measured, claimed[0])} for {_listed(claimed, measured)}; {instead}"
    return f"{said}: fits none of the {len(claimed)} classes on file of {label}; {instead}"


def _listed(platforms: Sequence[Platform], measured: Measured) -> str:
    named = [f"{node.label}, {_size(node, measured)}" for node in platforms[:SHOWN]]
    more = [f"{len(platforms) - SHOWN} more"] if len(platforms) > SHOWN else []
    return "; ".join([*named, *more])


def _size(platform: Platform, measured: Measured) -> str:
    """The sides of a class that can be held against a measure."""
    pairs = ((platform.length_m, measured.length_m), (platform.width_m, measured.width_m))
    sides = [f"{side:g}" for side, ours in pairs if side and ours]
    return f"{' × '.join(sides)} m" if sides else ""


# --- the depth of a name against the pixels


class TooDeep(NamedTuple):
    """A record that names a thing more closely than its image is taken to allow."""

    #: The field that does: platform or platform_name.
    field: str
    what: str


def too_deep(record: Observation, vocabulary: Vocabulary) -> TooDeep | None:
    """The doubt whether an optical image shows as much as a record says; None where nothing is against it.

    The pixels needed to tell kind, type, class and individual stand in the vocabulary, with their sources.
    """
    if record.gsd_m is None or record.method != "optical" or record.outcome != "seen" or not record.platform:
        return None
    named: Sequence[tuple[str, str]] = [("platform", vocabulary.level(record.platform))]
    if record.platform_name:
        named = [("platform_name", "individual"), *named]
    for field, level in named:
        needed = vocabulary.coarsest(record.platform, level)
        if needed is not None and record.gsd_m > needed.gsd_m * (1 + 1e-9):
            domain = vocabulary.label(vocabulary.path(record.platform)[0])
            what = (
                f"names the {level} of the {domain} at {record.gsd_m:g} m a pixel; that is taken to need "
                f"{needed.gsd_m:g} m or finer, {needed.source.partition(':')[0]}; say what else it rests on"
            )
            return TooDeep(field, what)
    return None
