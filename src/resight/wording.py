"""One record in words for a reader, and the small words that all texts share; no HTML, no files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date as Day
from typing import Any

from resight.comparison import Repeats
from resight.observation import Observation
from resight.vocabulary import Vocabulary

Row = dict[str, Any]
Data = dict[str, Any]
#: Told now and then in long work: what is being done, how much of it is, and of how much.
Progress = Callable[[str, int, int], None]

NOT_STATED = "position not given"
NOT_PROOF = "That is not the same as nothing being there."

OUTCOMES = {"not-seen": "Looked, found nothing", "cannot-tell": "Could not tell"}
BASES = {"own": "our own examination", "published": "as published", "retold": "retold by another outlet"}
METHODS = {
    "optical": "optical image",
    "radar": "radar image",
    "flight-tracking": "flight tracking, no image",
    "ground": "seen from the ground, no satellite image",
    "report": "written report, no image named",
}
HEDGED = {
    "platform": "said of what it is",
    "platform_name": "said of which one it is",
    "operator": "said of whose it is",
    "activity": "said of what it does",
    "inferred_activity": "said of the purpose",
}
RELATIONS = {"contradicts": "Contradicts", "same-event": "Same event as", "part-of": "Part of"}


def numbered(count: int, one: str, many: str = "") -> str:
    """``1 look``, ``2 looks``, ``1,000 looks``; ``many`` where an s does not do."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """``Dunay, Nakhodka and Sunan``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def position_text(position: Sequence[float]) -> str:
    """``42.8788° N, 132.3354° E``, which is exact to 11 m."""
    lon, lat = position[:2]
    return f"{abs(lat):.4f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.4f}° {'E' if lon >= 0 else 'W'}"


def metres_text(metres: float) -> str:
    """``150 m`` or ``3 km``."""
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"


def years_text(years: Sequence[int]) -> str:
    """``2024``, ``2022–2024`` or ``2021, 2024``."""
    ordered = sorted(years)
    if len(ordered) > 1 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"{ordered[0]}–{ordered[-1]}"
    return ", ".join(map(str, ordered))


def counted(low: int | None, best: int | None, high: int | None) -> str:
    """A count as a reader says it: ``2``, ``at least 2``, ``2–3``, ``300 (270–330)``; empty if not known."""
    if best is not None:
        if low is not None and high is not None and low < high:
            return f"{best} ({low}–{high})"
        return f"{best}, at least {low}" if low is not None and low < best else str(best)
    if low is not None and high is not None:
        return f"{low}–{high}" if low < high else str(low)
    return f"at least {low}" if low is not None else f"at most {high}" if high is not None else ""


def count_text(record: Observation) -> str:
    """The count of a record, see :func:`counted`."""
    return counted(record.count_min, record.count, record.count_max)


def subject(record: Observation, vocabulary: Vocabulary) -> str:
    """What a record is about: what was seen and how many, or what was not, with the doubts about that."""
    what = vocabulary.label(record.platform) if record.platform else "anything" if record.outcome == "not-seen" else ""
    what = hedged(record, "platform", what or "platform not given")
    if record.platform_name:
        what += f" {hedged(record, 'platform_name', record.platform_name)}"
    number = count_text(record)
    if number and number != "1":
        what = f"{number} × {what}"
    return {"seen": what, "not-seen": f"not seen: {what}", "cannot-tell": f"could not tell: {what}"}[record.outcome]


def in_short(record: Observation, vocabulary: Vocabulary) -> str:
    """A record in one line: what, how many, doing what, with every doubt in it."""
    parts = [subject(record, vocabulary)]
    if record.activity:
        term = vocabulary.activities.get(record.activity)
        parts.append(hedged(record, "activity", term.label if term else record.activity))
    if record.inferred_activity:
        term = vocabulary.inferred_activities.get(record.inferred_activity)
        parts.append(
            "inferred " + hedged(record, "inferred_activity", term.label if term else record.inferred_activity)
        )
    parts += [word for word, true in (("aggregate", record.aggregate), ("context", record.context)) if true]
    parts.append(f"{record.basis}, {record.method}")
    if record.status != "draft":
        parts.append(record.status)
    return " · ".join(parts)


def hedged(record: Observation, field: str, word: str) -> str:
    """A word of the record, after the source's own doubt about it in quotes if it has one."""
    return f"“{record.hedge}” {word}" if record.hedge and record.hedge_on == field else word


def period_of(first: Day, last: Day, repeats: Repeats) -> str:
    """``now``, ``then`` or ``other``; a date that may lie in two years is in neither."""
    if first.year != last.year:
        return "other"
    return "now" if first.year == repeats.year else "then" if first.year in repeats.baseline_years else "other"


def sign_of(row: Row) -> str:
    """What kind of record it is: ``seen``, ``nothing``, ``absent`` (over a period), ``unclear`` or ``background``."""
    if row["aggregate"] or row["context"]:
        return "background"
    if row["outcome"] == "not-seen":
        return "nothing" if row["one_time"] else "absent"
    return "unclear" if row["outcome"] == "cannot-tell" else "seen"
