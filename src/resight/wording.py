"""One record in words for a reader, alone or with what the comparison found out about it; no HTML, no files.

Every value is text or a list of texts; a list is text whose parts come from different hands, so that a page can keep
them apart (a name written right to left cannot turn its neighbours). Confidential sources are left out here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from resight import dates, evidence
from resight.comparison import Repeats
from resight.episodes import Episode
from resight.evidence import Pair
from resight.observation import LOOK_METHODS, Observation
from resight.vocabulary import Vocabulary

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

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
    """``1 look``, ``2 looks``; ``many`` where an s does not do."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """``Dunay, Nakhodka and Sunan``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


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


def in_short(record: Observation, vocabulary: Vocabulary) -> str:
    """A record in one line: what, how many, doing what, with every doubt in it."""
    what = vocabulary.label(record.platform) if record.platform else "anything" if record.outcome == "not-seen" else ""
    what = hedged(record, "platform", what or "platform not given")
    if record.platform_name:
        what += f" {hedged(record, 'platform_name', record.platform_name)}"
    number = count_text(record)
    if number and number != "1":
        what = f"{number} × {what}"
    parts = [{"seen": what, "not-seen": f"not seen: {what}", "cannot-tell": f"could not tell: {what}"}[record.outcome]]
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


def rows(frame: GeoDataFrame) -> list[Row]:
    """The records of a frame as plain dictionaries: None for what is missing, days as dates, geometry as GeoJSON."""
    import shapely

    columns: dict[str, list[Any]] = {"id": [str(identifier) for identifier in frame.index]}
    for name in frame.columns:
        if name != "geometry":
            values = frame[name].astype(object)
            columns[name] = values.where(values.notna(), None).tolist()
    columns["geometry"] = [
        None if shape is None or shape.is_empty else shapely.geometry.mapping(shape) for shape in frame.geometry
    ]
    for name in ("earliest", "latest"):
        columns[name] = [moment.date() for moment in columns[name]]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def period_of(row: Row, repeats: Repeats) -> str:
    """``now``, ``then`` or ``other``; a date that may lie in two years is in neither."""
    first, last = row["earliest"].year, row["latest"].year
    if first != last:
        return "other"
    return "now" if first == repeats.year else "then" if first in repeats.baseline_years else "other"


def is_one_time(row: Row) -> bool:
    """Is the record tied to a day or an image? Over a longer period, how many looks stand behind it is not known."""
    return row["earliest"] == row["latest"] or row["image_id"] is not None or row["image_time"] is not None


def sign_of(row: Row) -> str:
    """What kind of record it is: ``seen``, ``nothing``, ``absent`` (over a period), ``unclear`` or ``background``."""
    if row["aggregate"] or row["context"]:
        return "background"
    if row["outcome"] == "not-seen":
        return "nothing" if is_one_time(row) else "absent"
    return "unclear" if row["outcome"] == "cannot-tell" else "seen"


class Wording:
    """Records put into words, with what the comparison found out about them."""

    def __init__(self, on_page: set[str], repeats: Repeats, vocabulary: Vocabulary) -> None:
        self.on_page, self.vocabulary = on_page, vocabulary
        #: Record id -> the matches of its episode, told from its own side.
        self.matches: dict[str, list[Data]] = {}
        self.episodes: dict[str, Episode] = {}
        for comparison in repeats.comparisons:
            for episode in (*comparison.baseline, *comparison.current):
                self.episodes.update((sighting.id or "", episode) for sighting in episode.sightings)
        self.episodes.update((s.id or "", e) for e in repeats.undetermined for s in e.sightings)
        for pair in repeats.matches:
            self._note(pair, "")
        for pair in repeats.candidates:
            unseen = next(e for e in (pair.current, pair.baseline) if e.first.method not in repeats.methods)
            method = METHODS[unseen.first.method].split(",")[0]
            self._note(pair, f"candidate, seen by {method} only: not scored")

    def _note(self, pair: Pair, caution: str) -> None:
        verb = evidence.verb(pair)
        sentence = evidence.headline(pair, self.vocabulary)
        ours = {
            "verb": verb,
            "to": pair.baseline.id,
            # The rest of the sentence: the id in its middle becomes a link.
            "rest": sentence.removeprefix(f"{verb} {pair.baseline.id}"),
            "caution": caution,
            "why": [
                [t.factor, t.agreement, f"{t.bits:+.2f}", f"{t.why}; {t.caveat}" if t.caveat else t.why]
                for t in pair.terms
            ],
            "total": f"{pair.bits:+.2f}",
        }
        theirs = {
            "verb": {"repeats": "is repeated by", "resembles": "is resembled by"}[verb],
            "to": pair.current.id,
            "rest": f" ({evidence.described(pair.current, self.vocabulary)})",
            "caution": caution,
            "why": [],
            "total": "",
        }
        self.matches.setdefault(pair.current.id, []).append(ours)
        self.matches.setdefault(pair.baseline.id, []).append(theirs)

    def record(self, row: Row, period: str) -> Data:
        """One record as a reader sees it."""
        matches = self.matches.get(row["id"], [])
        return {
            "id": row["id"],
            "glyph": period if sign_of(row) == "seen" else sign_of(row),
            "when": dates.in_words(row["date"]),
            "what": self._what(row),
            "chips": self._chips(row, period),
            "unplaced": row["geometry"] is None,
            "matches": [{**match, "linked": match["to"] in self.on_page} for match in matches],
            "fields": self._fields(row),
            "relations": self._relations(row),
            "sources": _sources(row),
            "withheld": sum(1 for source in row["sources"] if source.get("confidential")),
            "note": row["note"],
        }

    def left_out(self, row: Row) -> str:
        """Why a record of a compared period takes no part in the comparison; empty when it does."""
        if row["id"] in self.episodes:
            return ""
        sign = sign_of(row)
        if sign != "seen":
            return {"background": "total or background", "unclear": "could not tell"}.get(sign, "found nothing")
        if not self.vocabulary.is_matched(row["platform"]):
            return "not a ship, aircraft or vehicle"
        return "no image: flight tracking, a report or the ground"

    def _what(self, row: Row) -> list[str]:
        """The heading: what was seen, or what was looked for."""
        label = self.vocabulary.label(row["platform"]) if row["platform"] else ""
        said = [label or ("anything" if row["outcome"] != "seen" else "something not named")]
        if row["platform_name"]:
            said = [f"{said[0]},", row["platform_name"]]
        if row["hedge_on"] in ("platform", "platform_name"):
            said.insert(0 if row["hedge_on"] == "platform" else 1, f"“{row['hedge']}”")
        if row["outcome"] != "seen":
            return [f"{OUTCOMES[row['outcome']]}:", *said]
        many = counted(row["count_min"], row["count"], row["count_max"])
        return said if many in ("", "1") else [f"{many} ×", *said]

    def _chips(self, row: Row, period: str) -> list[str]:
        said = []
        if row["aggregate"]:
            said.append("total over many: not compared")
        if row["context"]:
            said.append("background: not compared")
        if row["method"] not in LOOK_METHODS:
            said.append(METHODS[row["method"]])
        if sign_of(row) == "absent":
            said.append("absence over a period: number of looks not known")
        if period != "other" and sign_of(row) == "seen" and not self.vocabulary.is_matched(row["platform"]):
            said.append("not a ship, aircraft or vehicle: not compared")
        if row["geometry"] is None:
            said.append(NOT_STATED)
        said.append(row["status"])
        return said

    def _fields(self, row: Row) -> list[list[str]]:
        """Label and parts; an empty value leaves the line out. Likelihood and confidence never share a line."""
        words = self.vocabulary
        activity = words.activities.get(row["activity"] or "")
        inferred = words.inferred_activities.get(row["inferred_activity"] or "")
        likely = words.likelihoods.get(row["likelihood"] or "")
        episode = self.episodes.get(row["id"])
        lines: list[tuple[str, list[str | None]]] = [
            ("Visible", [row["visible"]]),
            ("Activity", [activity.label if activity else row["activity"]]),
            ("Taken to mean", [inferred.label if inferred else row["inferred_activity"]]),
            ("Likelihood", [f"{likely.word} ({likely.low_pct}–{likely.high_pct} %)" if likely else row["likelihood"]]),
            ("Analytic confidence", [row["confidence"]]),
            ("Source’s own doubt", [f"“{row['hedge']}”,", HEDGED[row["hedge_on"]]] if row["hedge"] else []),
            ("Operator", [row["operator"]]),
            ("Count", [counted(row["count_min"], row["count"], row["count_max"])]),
            ("Berth", [row["berth"]]),
            ("Measured", [_measured(row)]),
            ("Known by", [f"{METHODS[row['method']]}; {BASES[row['basis']]}"]),
            ("Image", _image(row)),
            ("Date means", ["on every day of the period" if row["date_meaning"] == "throughout" else None]),
            ("Same stay as", [episode.id if episode and episode.id != row["id"] else None]),
            ("May be the same as", [", ".join(episode.may_be_same_as)] if episode and episode.id == row["id"] else []),
            ("Tags", [", ".join(row["tags"])]),
            ("Record", [row["id"]]),
        ]
        return [[label, *(part for part in parts if part)] for label, parts in lines if any(parts)]

    def _relations(self, row: Row) -> list[Data]:
        return [
            {"how": RELATIONS[relation["how"]], "to": relation["id"], "linked": relation["id"] in self.on_page}
            for relation in row["relates"]
        ]


def _measured(row: Row) -> str:
    sides = [f"{row[name]:g} m {word}" for name, word in (("length_m", "long"), ("width_m", "wide")) if row[name]]
    return ", ".join(sides)


def _image(row: Row) -> list[str | None]:
    moment = row["image_time"]
    return [
        row["image_provider"],
        row["sensor"],
        moment.strftime("%Y-%m-%d %H:%M UTC") if moment is not None else None,
        f"{row['gsd_m']:g} m a pixel" if row["gsd_m"] else None,
        f"{row['cloud_pct']:g} % cloud" if row["cloud_pct"] is not None else None,
        row["image_id"],
    ]


def _sources(row: Row) -> list[Data]:
    """The sources that may be shown; an address only if it is one a browser may open."""
    shown = []
    for source in row["sources"]:
        if source.get("confidential"):
            continue
        url = source.get("url") or ""
        published = source.get("published")
        shown.append(
            {
                "text": [text for text in (source.get("published_by"), source.get("title")) if text] or [url],
                "url": url if url.startswith(("http://", "https://")) else None,
                "details": [
                    *([dates.in_words(published)] if published else []),
                    *([f"graded {source['grade']}"] if source.get("grade") else []),
                ],
            }
        )
    return shown
