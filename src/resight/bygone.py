"""The logbook as it stood at a moment: what of the files counts, what the journal has instead, what is not known."""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime

import orjson

from resight import dates
from resight.checks import KEPT, Located
from resight.errors import InvalidRecord, InvalidValue, Problem
from resight.featurefile import FeatureFile, Line
from resight.journal import NAME as JOURNAL_FILE
from resight.journal import Journal, Past, concealed, confidential_of, says_other
from resight.observation import Observation


class Bygone:
    """The records as they stood at a moment: what of the files counts, what the journal has instead, what is unsure.

    One rule: a record stood as the first write after the moment found it, or as it stands in the files.
    """

    def __init__(
        self, moment: datetime, journal: Journal, files: Sequence[FeatureFile], problems: list[Problem]
    ) -> None:
        if moment.tzinfo is None:
            raise InvalidValue("as_of", moment.isoformat(), "has no time zone", example="2026-11-16T09:00:00Z")
        self.moment, self.files, self.problems = moment, files, problems
        self.past: Past = journal.past(moment, problems)
        self._changed: list[str] = []

    def had_begun(self, line: Line) -> bool:
        """Did a record of observations/ already stand for the seed of its id?"""
        try:
            record = Observation.from_feature(line.feature)
        except InvalidRecord:
            return True
        since = record.revised_at or record.logged_at
        return line.id in self.past.last or since is None or since <= self.moment

    def holds(self, record: Observation) -> bool:
        """Was this record in the logbook, as far as is known? Notes wording that may be later than the moment."""
        identifier = record.id or ""
        last = self.past.last.get(identifier)
        if last is None:
            if record.logged_at is not None and record.logged_at > self.moment:
                return False
            if record.revised_at is not None and record.revised_at > self.moment:
                self._changed.append(identifier)
        elif says_other(last.after, record):
            self._changed.append(identifier)
        return True

    def rewound(self) -> Iterator[Located]:
        """The records that were written after the moment, with the line of the journal that keeps their wording."""
        today = {line.id: line for file in self.files for line in file.lines if line.id in self.past.next}
        for identifier, entry in self.past.next.items():
            if entry.before is None:
                continue
            try:
                record = Observation.from_feature(orjson.loads(entry.before))
            except InvalidRecord as error:
                for p in error.problems:
                    what = f"as it stood then: {str(p).removeprefix(f'{p.field}: ')}"
                    self.problems.append(Problem("error", what, JOURNAL_FILE, entry.line, identifier, p.field, KEPT))
                continue
            if self.holds(record):
                confidential = list(self.past.confidential.get(identifier, ()))
                with contextlib.suppress(InvalidRecord):
                    if identifier in today:
                        confidential += confidential_of(Observation.from_feature(today[identifier].feature))
                yield Located(concealed(record, confidential), JOURNAL_FILE, entry.line)

    def doubts(self) -> Iterator[Problem]:
        """What is not known of the moment, as notices."""
        day = dates.utc_text(self.moment)
        if self._changed:
            what = f"changed outside the log, when is not known; the wording shown may be later than {day}"
            yield Problem("notice", f"{named(self._changed)}: {what}", JOURNAL_FILE)
        if all(file.is_whole for file in self.files):
            there = set(self.past.next).union(*(file.ids for file in self.files))
            lost = [identifier for identifier in self.past.last if identifier not in there]
            if lost:
                what = f"taken out of the files outside the log, when is not known; left out as of {day}"
                yield Problem("notice", f"{named(lost)}: {what}", JOURNAL_FILE)


def named(identifiers: Sequence[str], most: int = 5) -> str:
    """Some ids in a sentence, and how many more."""
    more = f" and {len(identifiers) - most} more" if len(identifiers) > most else ""
    return ", ".join(identifiers[:most]) + more
