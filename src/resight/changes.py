"""What happened to the records since a moment: logged, corrected, reviewed, withdrawn, looked at; no files, no clock.

Two readings of one logbook are laid beside each other, one from before the moment and one from the end of the time
asked for, so that several amendments are one change from the old wording to the new, and one taken back is none.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, get_args

from resight import dates, episodes
from resight.journal import concealed
from resight.observation import Observation, Outcome, Relation, Site, Source
from resight.vocabulary import Vocabulary
from resight.wording import (
    BASES,
    HEDGED,
    METHODS,
    NOT_STATED,
    OUTCOMES,
    RELATIONS,
    count_text,
    in_short,
    numbered,
)

NOT_GIVEN = "not given"
#: Fields in which a record speaks of itself, not of what was observed.
BOOKKEEPING = frozenset({"id", "earliest", "latest", "logged_at", "revised_at", "revision", "reviewed_by"})
_WITHDRAWN = re.compile(r"^Withdrawn: ", re.MULTILINE)


class FieldChange(NamedTuple):
    """The old and the new wording of one field, as a reader says it; :data:`NOT_GIVEN` where it is empty."""

    field: str
    old: str
    new: str


class Change(NamedTuple):
    """What happened to one record."""

    id: str
    #: Id of the site, and its name.
    site: str
    place: str
    #: Its date, and what it says, in words.
    when: str
    what: str
    #: When it was logged, amended, reviewed or withdrawn: ISO time in UTC, "" if that is not known.
    moment: str = ""
    #: Who logged, or who reviewed it.
    by: str = ""
    #: Why it was withdrawn; what is not known of a change made outside the log.
    reason: str = ""
    fields: tuple[FieldChange, ...] = ()


class LookedAt(NamedTuple):
    """One look, whatever it found, with its records logged since."""

    site: str
    place: str
    #: Its day, or the date of its record where that is vague, in words.
    when: str
    #: ``seen`` where anything was seen.
    outcome: Outcome
    #: Each of its records in words, and their ids in the same order.
    what: tuple[str, ...]
    ids: tuple[str, ...]


class Changes(NamedTuple):
    """All that happened to the records in a time, each list by date and id.

    A record logged since stands in ``new`` with its newest wording alone; a withdrawn one stands in ``withdrawn``
    alone. One that was corrected and then reviewed stands in both lists. A correction of nothing a reader may see (a
    confidential source, a property of another program) is in none.
    """

    since: datetime
    #: End of the time, None for the newest state.
    until: datetime | None
    new: tuple[Change, ...] = ()
    corrected: tuple[Change, ...] = ()
    reviewed: tuple[Change, ...] = ()
    withdrawn: tuple[Change, ...] = ()
    #: By site and day.
    looks: tuple[LookedAt, ...] = ()
    #: Changed by hand or with another program; the reason says what is not known of it.
    outside: tuple[Change, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing happened."""
        return not (self.new or self.corrected or self.reviewed or self.withdrawn or self.looks or self.outside)

    @property
    def period(self) -> str:
        """``since 16 November 2026``, ``from 16 November 2026 to 20 November 2026``."""
        first = moment_in_words(self.since)
        return f"from {first} to {moment_in_words(self.until, is_end=True)}" if self.until else f"since {first}"

    @property
    def lead(self) -> str:
        """What happened, in one sentence of numbers."""
        period = self.period[0].upper() + self.period[1:]
        if self.is_empty:
            return f"{period} nothing was logged, corrected, reviewed or withdrawn."
        counts = (
            (self.new, "logged"),
            (self.corrected, "corrected"),
            (self.reviewed, "reviewed"),
            (self.withdrawn, "withdrawn"),
            (self.outside, "changed outside the log"),
        )
        said = [f"{numbered(len(items), 'record')} {done}" for items, done in counts if items]
        if self.looks:
            without = sum(look.outcome != "seen" for look in self.looks)
            said.append(
                numbered(len(self.looks), "look") + (f", {without} of them with nothing seen" if without else "")
            )
        return f"{period}: {'; '.join(said)}."


def moment_in_words(moment: datetime, *, is_end: bool = False) -> str:
    """A moment for a sentence: the day in UTC, with the time unless the day begins there (``is_end``: ends there)."""
    day, time = dates.utc_text(moment).rstrip("Z").split("T")
    words = dates.in_words(day)
    return words if time == ("23:59:59" if is_end else "00:00:00") else f"{words}, {time} UTC"


def just_before(moment: datetime) -> datetime:
    """The last moment that does not count any more when a time begins at ``moment``."""
    return moment - timedelta(microseconds=1)


def between(
    earlier: Iterable[Observation],
    later: Iterable[Observation],
    *,
    since: datetime,
    until: datetime | None = None,
    sites: Mapping[str, Site],
    vocabulary: Vocabulary,
    outside: Iterable[tuple[Observation, Observation]] = (),
) -> Changes:
    """What happened to the records between two states of one logbook.

    A source that is confidential is left out of the words; so is, of the old wording, one that was made so since.

    Args:
        earlier: all records :func:`just_before` the time begins, withdrawn ones among them.
        later: the same at its end.
        since: where the time begins; that moment is part of it.
        until: where it ends, that moment included; None for the newest state.
        sites: the register; a site that is not in it goes by its id.
        vocabulary: the words for platforms and activities.
        outside: records changed outside the log, as the log and as the files have them
            (:meth:`resight.logbook.Logbook.changed_outside`); those that show in the two states are not told twice.
    """
    words = _Words(sites, vocabulary)
    before = {record.id: record for record in earlier}
    after = sorted(later, key=_order)
    new = [record for record in after if record.id not in before and record.status != "withdrawn"]
    withdrawn = [r for r in after if r.status == "withdrawn" and _status(before.get(r.id)) != "withdrawn"]
    kept = [(before[r.id], r) for r in after if r.id in before and r.status != "withdrawn"]
    reviewed = [r for r in after if r.status == "reviewed" and not _was_reviewed(before.get(r.id), r)]
    corrected = [(old, record, fields) for old, record in kept if (fields := tuple(words.differences(old, record)))]
    told = {record.id for record in (*new, *withdrawn, *(record for _, record, _ in corrected))}
    unknown = [
        words.change(record, reason="when is not known", fields=tuple(words.differences(logged, record)))
        for logged, record in outside
        if record.id not in told and record.status != "withdrawn"
    ]
    told |= {change.id for change in unknown}
    unknown += [
        words.change(record, record.revised_at, reason="the earlier wording is not known")
        for old, record in kept
        if old == record and record.id not in told and record.revised_at is not None and record.revised_at >= since
    ]
    there = {record.id for record in after}
    unknown += [
        words.change(record, reason="taken out of the files")
        for record in before.values()
        if record.id not in there and record.status != "withdrawn"
    ]
    return Changes(
        since,
        until,
        new=tuple(words.change(record, record.logged_at, by=record.analyst or "") for record in new),
        corrected=tuple(words.change(record, record.revised_at, fields=fields) for _, record, fields in corrected),
        reviewed=tuple(words.change(record, record.revised_at, by=record.reviewed_by or "") for record in reviewed),
        withdrawn=tuple(words.change(record, record.revised_at, reason=_why(record)) for record in withdrawn),
        looks=tuple(words.looks(new)),
        outside=tuple(sorted(unknown, key=lambda change: change.id)),
    )


def _order(record: Observation) -> tuple[object, ...]:
    return record.earliest, record.latest, record.id or ""


def _status(record: Observation | None) -> str:
    return record.status if record else ""


def _was_reviewed(before: Observation | None, after: Observation) -> bool:
    """Was it reviewed already, and not amended since? An amendment takes the review back."""
    return _status(before) == "reviewed" and before is not None and before.revision == after.revision


def _why(record: Observation) -> str:
    """The reason that a withdrawal left in the note, the last one if there are several."""
    return _WITHDRAWN.split(record.note or "")[-1] if _WITHDRAWN.search(record.note or "") else "no reason on file"


class _Words:
    """Records and their fields in the words of one logbook."""

    def __init__(self, sites: Mapping[str, Site], vocabulary: Vocabulary) -> None:
        self.sites, self.vocabulary = sites, vocabulary

    def place(self, site: str) -> str:
        return self.sites[site].name if site in self.sites else site

    def change(
        self,
        record: Observation,
        moment: datetime | None = None,
        *,
        by: str = "",
        reason: str = "",
        fields: tuple[FieldChange, ...] = (),
    ) -> Change:
        return Change(
            record.id or "",
            record.site,
            self.place(record.site),
            dates.in_words(record.date),
            in_short(record, self.vocabulary),
            dates.utc_text(moment) if moment else "",
            by,
            reason,
            fields,
        )

    def looks(self, records: Iterable[Observation]) -> Iterator[LookedAt]:
        records = list(records)
        found = [*episodes.looks(records), *episodes.clouded(records)]
        for look in sorted(found, key=lambda look: (look.site, look.day, look.records[0].id or "")):
            outcomes = {record.outcome for record in look.records}
            outcome: Outcome = next(o for o in get_args(Outcome) if o in outcomes)
            is_day = any(record.earliest == record.latest for record in look.records)
            yield LookedAt(
                look.site,
                self.place(look.site),
                dates.in_words(look.day.isoformat() if is_day else look.records[0].date),
                outcome,
                tuple(in_short(record, self.vocabulary) for record in look.records),
                tuple(record.id or "" for record in look.records),
            )

    def differences(self, old: Observation, new: Observation) -> Iterator[FieldChange]:
        """The fields whose wording differs, in the order of the record."""
        if old == new:
            return
        before = self.fields(concealed(old, (source for source in new.sources if source.confidential)))
        for field, said in self.fields(new).items():
            # A review is told as such; what matters here is that one was taken back.
            if before[field] != said and not (field == "Status" and new.status == "reviewed"):
                yield FieldChange(field, before[field] or NOT_GIVEN, said or NOT_GIVEN)

    def fields(self, record: Observation) -> dict[str, str]:
        """Every field but :data:`BOOKKEEPING` and those of other programs in words, "" where it is empty."""
        words = self.vocabulary
        activity = words.activities.get(record.activity or "")
        inferred = words.inferred_activities.get(record.inferred_activity or "")
        likely = words.likelihoods.get(record.likelihood or "")
        throughout = ", on every day of it" if record.date_meaning == "throughout" else ""
        likelihood = f"{likely.word} ({likely.low_pct}–{likely.high_pct} %)" if likely else record.likelihood
        said: dict[str, str | None] = {
            "Site": self.place(record.site),
            "Date": dates.in_words(record.date) + throughout,
            "Outcome": OUTCOMES.get(record.outcome, "Seen").lower(),
            "Platform": words.label(record.platform) if record.platform else None,
            "Name": record.platform_name,
            "Operator": record.operator,
            "Count": count_text(record),
            "Activity": activity.label if activity else record.activity,
            "Taken to mean": inferred.label if inferred else record.inferred_activity,
            "Likelihood": likelihood,
            "Analytic confidence": record.confidence,
            "Source’s own doubt": f"“{record.hedge}”, {HEDGED[record.hedge_on]}" if record.hedge_on else None,
            "Visible": record.visible,
            "Known by": f"{METHODS[record.method]}; {BASES[record.basis]}",
            "Berth": record.berth,
            "Position": _position(record),
            "Position known to": _number(record.location_uncertainty_m, "m"),
            "Sensor": record.sensor,
            "Image from": record.image_provider,
            "Image taken": dates.utc_text(record.image_time) if record.image_time else None,
            "Image id": record.image_id,
            "Ground sample distance": _number(record.gsd_m, "m"),
            "Cloud": _number(record.cloud_pct, "%"),
            "Off nadir": _number(record.off_nadir_deg, "degrees"),
            "Image address": record.image_href,
            "Image SHA-256": record.image_sha256,
            "Image licence": record.image_license,
            "Length": _number(record.length_m, "m"),
            "Width": _number(record.width_m, "m"),
            "Sources": _sources(record.sources),
            "Looks of the source": "all stated" if record.effort_stated else None,
            "Relations": "; ".join(_relation(relation) for relation in record.relates),
            "Total over many": "yes" if record.aggregate else "no",
            "Background": "yes" if record.context else "no",
            "Analyst": record.analyst,
            "Status": record.status,
            "Tags": ", ".join(record.tags),
            "Note": record.note,
        }
        return {field: text or "" for field, text in said.items()}


def _number(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.12g} {unit}"


def _position(record: Observation) -> str:
    """A point as longitude and latitude, any other shape as its kind and coordinates."""
    if record.geometry is None:
        return NOT_STATED
    kind, coordinates = record.geometry["type"], record.geometry["coordinates"]
    if kind == "Point":
        named = zip(("longitude", "latitude", "height"), coordinates, strict=False)
        return ", ".join(f"{name} {number:.12g}" for name, number in named).replace("-", "−")
    return f"{kind} {json.dumps(coordinates)}"


def _relation(relation: Relation) -> str:
    return f"{RELATIONS[relation.how].lower()} {relation.id}"


def _sources(sources: Iterable[Source]) -> str:
    """The sources that may be shown, and how many may not."""
    sources = list(sources)
    said = [_source(source) for source in sources if not source.confidential]
    withheld = len(sources) - len(said)
    if withheld:
        said.append(f"{numbered(withheld, 'source')} withheld as confidential")
    return "; ".join(said)


def _source(source: Source) -> str:
    parts = [
        source.published_by,
        f"“{source.title}”" if source.title else None,
        source.url,
        f"published {dates.in_words(source.published)}" if source.published else None,
        f"read {dates.in_words(source.accessed)}" if source.accessed else None,
        f"graded {source.grade}" if source.grade else None,
    ]
    return ", ".join(part for part in parts if part)
