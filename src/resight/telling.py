"""The records of a page in words, with what the comparison found out about them; no HTML, no files.

Every value is text or a list of texts; a list is text whose parts come from different hands, so that a page can keep
them apart (a name written right to left cannot turn its neighbours). Confidential sources are left out here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from resight import dates, dimensions, evidence
from resight.columns import Columns, coded
from resight.comparison import Repeats
from resight.episodes import Episode
from resight.evidence import Pair
from resight.observation import LOOK_METHODS
from resight.phrases import OF_OTHERS
from resight.vocabulary import Vocabulary
from resight.wording import (
    BASES,
    HEDGED,
    METHODS,
    NOT_STATED,
    OUTCOMES,
    RELATIONS,
    Data,
    Row,
    counted,
    metres_text,
    position_text,
)

Tell = Callable[[Row], Any]


class Telling:
    """Records put into words, column by column: what is equal is told once."""

    def __init__(self, records: Columns, repeats: Repeats, vocabulary: Vocabulary) -> None:
        self.records, self.vocabulary = records, vocabulary
        self.on_page = frozenset(records["id"])
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
            "linked": pair.baseline.id in self.on_page,
        }
        theirs = {
            "verb": {"repeats": "is repeated by", "resembles": "is resembled by"}[verb],
            "to": pair.current.id,
            "rest": f" ({evidence.described(pair.current, self.vocabulary)})",
            "caution": caution,
            "why": [],
            "total": "",
            "linked": pair.current.id in self.on_page,
        }
        self.matches.setdefault(pair.current.id, []).append(ours)
        self.matches.setdefault(pair.baseline.id, []).append(theirs)

    def scored(self) -> list[Data]:
        """The matches of the records on the page, from both sides; candidates are none."""
        return [match for id_ in self.on_page for match in self.matches.get(id_, ()) if not match["caution"]]

    def columns(self) -> Data:
        """All records as a reader sees them: their number, a column for each part, and one for each line of fields."""
        records, ids = self.records, self.records["id"]
        tell = records.coded
        columns = {
            "id": coded(ids),
            "period": coded(records["period"]),
            "glyph": tell(("sign", "period"), lambda row: row["period"] if row["sign"] == "seen" else row["sign"]),
            "look": coded(records["is_look"]),
            "first": coded(records.days("earliest")),
            "last": coded(records.days("latest")),
            "when": tell(("date",), lambda row: dates.in_words(row["date"])),
            "what": tell(
                ("platform", "platform_name", "hedge", "hedge_on", "outcome", "count_min", "count", "count_max"),
                self._what,
            ),
            "chips": tell(
                ("aggregate", "context", "method", "sign", "period", "platform", "status", "is_placed"), self._chips
            ),
            "unplaced": coded(not placed for placed in records.placed),
            "matches": coded(
                (id_ if id_ in self.matches else "" for id_ in ids), lambda id_: self.matches.get(id_, [])
            ),
            "relations": tell(("relates",), self._relations),
            "sources": tell(("sources",), lambda row: _sources(row["sources"])),
            "withheld": coded(sum(("confidential", True) in one for one in held) for held in records["sources"]),
            "note": coded(records["note"]),
        }
        return {"number": len(records), "columns": columns, "fields": self._fields()}

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

    def _chips(self, row: Row) -> list[str]:
        said = []
        if row["aggregate"]:
            said.append("total over many: not compared")
        if row["context"]:
            said.append("background: not compared")
        if row["method"] not in LOOK_METHODS:
            said.append(METHODS[row["method"]])
        if row["sign"] == "absent":
            said.append("absence over a period: number of looks not known")
        if row["period"] != "other" and row["sign"] == "seen" and not self.vocabulary.is_matched(row["platform"]):
            said.append("not a ship, aircraft or vehicle: not compared")
        if not row["is_placed"]:
            said.append(NOT_STATED)
        said.append(row["status"])
        return said

    def _fields(self) -> list[list[Any]]:
        """Label and column of parts; no parts leave the line out. Likelihood and confidence never share a line."""
        words = self.vocabulary
        lines: list[tuple[str, Sequence[str], Callable[[Row], Sequence[str | None]]]] = [
            ("Visible", ["visible"], lambda row: [row["visible"]]),
            ("Activity", ["activity"], lambda row: [_label(words.activities, row["activity"])]),
            (
                "Taken to mean",
                ["inferred_activity"],
                lambda row: [_label(words.inferred_activities, row["inferred_activity"])],
            ),
            ("Likelihood", ["likelihood"], self._likelihood),
            ("Analytic confidence", ["confidence"], lambda row: [row["confidence"]]),
            (
                "Source’s own doubt",
                ["hedge", "hedge_on"],
                lambda row: [f"“{row['hedge']}”,", HEDGED[row["hedge_on"]]] if row["hedge"] else [],
            ),
            ("Operator", ["operator"], lambda row: [row["operator"]]),
            (
                "Count",
                ["count_min", "count", "count_max"],
                lambda row: [counted(row["count_min"], row["count"], row["count_max"])],
            ),
            ("Berth", ["berth"], lambda row: [row["berth"]]),
            ("Measured", _ON_SIDES, lambda row: [dimensions.sentence(row, words)]),
            ("Known by", ["method", "basis"], lambda row: [f"{METHODS[row['method']]}; {BASES[row['basis']]}"]),
            ("Image", ["image_provider", "sensor", "image_time", "gsd_m", "cloud_pct", "image_id"], _image),
            (
                "Date means",
                ["date_meaning"],
                lambda row: ["on every day of the period" if row["date_meaning"] == "throughout" else None],
            ),
        ]
        told = [(label, self.records.coded(names, _said(tell))) for label, names, tell in lines]
        places = zip(self.records.first_positions(), self.records["location_uncertainty_m"], strict=True)
        told.insert(9, ("Position", coded(places, lambda key: _position(*key))))
        told += [
            (OF_OTHERS[0], coded(map(self._stay, self.records["id"]), lambda stay: [stay] if stay else [])),
            (OF_OTHERS[1], coded(map(self._alike, self.records["id"]), lambda ids: [ids] if ids else [])),
            ("Tags", self.records.coded(["tags"], lambda row: [", ".join(row["tags"])] if row["tags"] else [])),
        ]
        return [[label, column] for label, column in told if any(column["are"])]

    def _likelihood(self, row: Row) -> list[str | None]:
        likely = self.vocabulary.likelihoods.get(row["likelihood"] or "")
        return [f"{likely.word} ({likely.low_pct}–{likely.high_pct} %)" if likely else row["likelihood"]]

    def _stay(self, identifier: str) -> str:
        """The episode that a record is part of, where it has another record's name."""
        episode = self.episodes.get(identifier)
        return episode.id if episode and episode.id != identifier else ""

    def _alike(self, identifier: str) -> str:
        episode = self.episodes.get(identifier)
        return ", ".join(episode.may_be_same_as) if episode and episode.id == identifier else ""

    def _relations(self, row: Row) -> list[Data]:
        return [
            {"how": RELATIONS[relation["how"]], "to": relation["id"], "linked": relation["id"] in self.on_page}
            for relation in row["relates"]
        ]


def left_out(records: Columns, compared: Container[str], vocabulary: Vocabulary) -> Counter[str]:
    """Why records of the compared periods take no part in the comparison, and how many of them.

    Args:
        records: the records.
        compared: the ids of those that take part, and of others.
        vocabulary: says what is never matched.
    """
    keys = (records[name] for name in ("sign", "platform", "period"))
    rows = Counter(
        key[1:] for key in zip(records["id"], *keys, strict=True) if key[-1] != "other" and key[0] not in compared
    )
    reasons: Counter[str] = Counter()
    for (sign, platform, _), number in rows.items():
        reasons[_reason(sign, platform, vocabulary)] += number
    return reasons


def _reason(sign: str, platform: str | None, vocabulary: Vocabulary) -> str:
    if sign != "seen":
        return {"background": "total or background", "unclear": "could not tell"}.get(sign, "found nothing")
    if not vocabulary.is_matched(platform):
        return "not a ship, aircraft or vehicle"
    return "no image: flight tracking, a report or the ground"


def _said(tell: Callable[[Row], Sequence[str | None]]) -> Tell:
    """The parts of a line that hold something."""
    return lambda row: [part for part in tell(row) if part]


def _label(terms: Mapping[str, Any], name: str | None) -> str | None:
    term = terms.get(name or "")
    return term.label if term else name


_ON_SIDES = ("length_m", "width_m", "gsd_m", "platform", "count", "count_min", "count_max", "outcome", "aggregate")
_SHAPES = {
    "POINT": "",
    "MultiPoint": "several points, the first at ",
    "LineString": "a line that begins at ",
    "MultiLineString": "several lines, the first begins at ",
    "Polygon": "an area with a corner at ",
    "MultiPolygon": "several areas, one with a corner at ",
}


def _position(given: tuple[str, float, float] | None, reach: float | None) -> list[str]:
    if given is None:
        return []
    kind, *position = given
    around = f", give or take {metres_text(reach)}" if reach else ""
    return [_SHAPES[kind] + position_text(position) + around]


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


def _sources(sources: Sequence[Mapping[str, Any]]) -> list[Data]:
    """The sources that may be shown; an address only if it is one a browser may open."""
    shown = []
    for source in sources:
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
