"""Records that are shown and take no part in the comparison: each with the reason, and what contradicts what."""

from __future__ import annotations

from resight import episodes
from resight.case import Case
from resight.dates import in_words
from resight.listing import RECORDS, some
from resight.observation import Observation
from resight.wording import Data, in_short

#: Reasons for taking no part, in the order they are shown: title, and why.
NEVER = {
    "aggregate": ("Totals and shared operations", "one record stands for many movements"),
    "context": ("Background", "coal ships, repairs, damage and the like"),
    "no platform": ("Cargo, people and facilities", "not a ship, aircraft or vehicle"),
    "unknown": ("Platform not known", "not given, or not in the vocabulary"),
    "flight-tracking": ("Seen by flight tracking only", "left out by method: no image"),
    "ground": ("Seen from the ground only", "left out by method: no image from above"),
    "report": ("Known from reports only", "left out by method: no image named"),
    "rest": ("Left out of both years", "not admitted to this comparison"),
    "other years": ("Records of other years", "or whose date may lie in two years; not compared"),
    "withdrawn": ("Withdrawn", "kept in the logbook, counted nowhere"),
}


class Aside:
    """The records of a case that stand beside the comparison."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def looks_without(self) -> tuple[Data, ...]:
        """Looks that found nothing, those that could not tell, and absences reported over a period."""
        groups: dict[str, list[Observation]] = {"nothing": [], "unclear": [], "absent": []}
        for record in self._case.records:
            if record.outcome != "seen" and self._case.period(record) != "other":
                groups[shape_of(record)].append(record)
        return self._lists(
            ("Looks that found nothing", "", groups["nothing"]),
            ("Could not tell", "no look", groups["unclear"]),
            ("Absence reported over a period", "number of looks unknown: drawn, never counted", groups["absent"]),
        )

    # --- 5: shown, never matched

    def never_matched(self) -> tuple[Data, ...]:
        """Every sighting that takes no part in the comparison, by the first reason that holds."""
        reasons: dict[str, list[Observation]] = {key: [] for key in NEVER}
        for record in self._case.all_records:
            if record.status == "withdrawn":
                reasons["withdrawn"].append(record)
            elif self._case.period(record) == "other":
                if self._case.is_beside(record):
                    reasons["other years"].append(record)
            elif record.outcome == "seen" and self._case.is_beside(record):
                reasons[self.reason(record)].append(record)
        return self._lists(*((title, why, reasons[key]) for key, (title, why) in NEVER.items()))

    def reason(self, record: Observation) -> str:
        """Why a sighting of a compared year takes no part: a key of :data:`NEVER`."""
        if record.aggregate or record.context:
            return "aggregate" if record.aggregate else "context"
        if record.platform not in self._case.vocabulary.platforms:
            return "unknown"
        if not self._case.vocabulary.is_matched(record.platform):
            return "no platform"
        return record.method if record.method in NEVER else "rest"

    def _lists(self, *groups: tuple[str, str, list[Observation]]) -> tuple[Data, ...]:
        return tuple(
            {"title": title, "why": why, **some(found, self.line, all_in=RECORDS)}
            for title, why, found in groups
            if found
        )

    def line(self, record: Observation) -> Data:
        """A record as one line of a list."""
        return {
            "when": in_words(record.date),
            "site": self._case.name(record.site),
            "what": in_short(record, self._case.vocabulary),
            "id": record.id or "",
            "note": record.note,
        }

    # --- 6: contradictions and doubts

    def contradictions(self) -> Data:
        """Pairs of records of which one says that it contradicts the other, each pair once."""
        by_id = {record.id: record for record in self._case.records}
        found: dict[frozenset[str], tuple[Observation, str]] = {}
        for record in self._case.records:
            for relation in record.relates:
                if relation.how == "contradicts":
                    found.setdefault(frozenset((record.id or "", relation.id)), (record, relation.id))

        def tell(pair: tuple[Observation, str]) -> Data:
            record, other = pair[0], by_id.get(pair[1])
            lost = {"when": "", "site": "", "what": "no record with this id", "id": pair[1], "note": ""}
            return {"first": self.line(record), "second": self.line(other) if other else lost}

        return some(list(found.values()), tell, all_in=RECORDS)


def shape_of(record: Observation) -> str:
    """What a record beside the comparison is: ``nothing`` or ``absent`` was seen, it is ``unclear``, or ``tracked``."""
    if record.outcome == "not-seen":
        return "nothing" if episodes.is_counted_absence(record) else "absent"
    return "tracked" if record.outcome == "seen" else "unclear"
