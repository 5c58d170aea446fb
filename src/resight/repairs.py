"""Repairs after a crash or a merge: the last write of the journal carried out where the data files have it not.

The journal line comes first, so that what it says counts; a line that was cut off itself does not.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from resight import bulkfile
from resight.datafiles import DataFiles
from resight.errors import CannotWrite, InvalidRecord, Problem, UnreadableFile
from resight.featurefile import digest, fsync_folder, new_line, staged
from resight.journal import NAME as JOURNAL_FILE
from resight.journal import LastWrite, feature_text, is_of_bulk, says_other
from resight.observation import Observation


class Repairs:
    """What was found undone or torn, and mended.

    Args:
        files: the data files.
        lock: holds the lock of the logbook, and calls :meth:`under_lock` once it has it.
    """

    def __init__(self, files: DataFiles, lock: Callable[[], AbstractContextManager[None]]) -> None:
        self._files, self._lock = files, lock
        self._is_locked = False
        #: What was done, or could not be, for the person.
        self.said: list[Problem] = []

    def _say(self, problem: Problem) -> None:
        if problem not in self.said:
            self.said.append(problem)

    def finish(self) -> None:
        """Carry out the last write of the journal if a crash kept it from the data files."""
        journal = self._files.journal
        if self._is_locked or not journal.path.exists():
            return
        # Most opens find nothing to do, and need no lock to see it.
        last = journal.last_write()
        if last.is_settled and not self._files.behind(last.files) and not self._split_by_merge(last):
            self._look_for_lost(last)
            return
        try:
            with self._lock():
                pass
        except (CannotWrite, UnreadableFile) as error:
            what = str(error).removeprefix(f"{JOURNAL_FILE}: ")
            if isinstance(error, CannotWrite):
                what = f"the last write was cut off by a crash and cannot be carried out here: {what}"
            self._say(Problem("error", what, JOURNAL_FILE))

    @contextlib.contextmanager
    def under_lock(self) -> Iterator[None]:
        """While the lock is held: the last write is carried out first, and nothing that reads looks for it again."""
        self._is_locked = True
        try:
            self._carry_out()
            yield
        finally:
            self._is_locked = False

    def _carry_out(self) -> None:
        journal = self._files.journal
        if not journal.path.exists():
            return
        if journal.drop_unfinished(self._stand):
            what = "ended in a write that had been cut off before it counted; that has been taken out now"
            mend = "log again what was not confirmed; `resight verify` names what is on file all the same"
            self.said.append(Problem("notice", what, JOURNAL_FILE, mend=mend))
        last = journal.last_write()
        behind = self._files.behind(last.files)
        if not behind and (split := self._split_by_merge(last)):
            self._carry_out_merge(split)
            return
        if not behind:
            self._look_for_lost(last)
            return
        entries = journal.last_write(whole=True).entries
        if any(map(is_of_bulk, entries)):
            self._finish_bulk(behind, last.files)
            return
        puts = {entry["id"]: new_line(Observation.from_feature(entry["after"])) for entry in entries}
        with staged([rewrite for rewrite in self._files.rewrites(puts) if rewrite.path.name in behind]) as swaps:
            self._files.swap(swaps)
        for identifier in puts:
            what = "the last write had been cut off after its journal line; it has been carried out now"
            self.said.append(Problem("notice", what, JOURNAL_FILE, None, identifier))

    def _stand(self, wordings: Mapping[str, Mapping[str, Any]]) -> bool:
        """Does a year file have any of these records in this wording?"""
        texts: dict[str | None, bytes] = {identifier: feature_text(feature) for identifier, feature in wordings.items()}
        for file in map(self._files.glance, self._files.year_paths()):
            for line in file.holding(texts.keys()):
                with contextlib.suppress(InvalidRecord):
                    if not says_other(texts[line.id], Observation.from_feature(line.feature)):
                        return True
        return False

    def _split_by_merge(self, last: LastWrite) -> set[str]:
        """Ids that a merge, when it is the last write, left in two year files: git has each file merged by itself."""
        if not last.entries or last.entries[-1]["command"] != "merge":
            return set()
        stands = Counter(
            line.id for path in self._files.year_paths() for line in self._files.load(path).lines if line.id
        )
        return {identifier for identifier, times in stands.items() if times > 1}

    def _carry_out_merge(self, split: Collection[str]) -> None:
        """Put records that stand in two year files where the journal, which was merged as a whole, has them."""
        there = {line.id for path in self._files.year_paths() for line in self._files.load(path).lines}
        entries = self._files.journal.last_write(whole=True).entries
        # What theirs said under such an id has a new one, and stands in no file yet.
        of_these = [entry for entry in entries if entry["id"] in split or entry["id"] not in there]
        puts = {entry["id"]: new_line(Observation.from_feature(entry["after"])) for entry in of_these}
        with staged(self._files.rewrites(puts)) as swaps:
            self._files.swap(swaps)
        for identifier in puts:
            what = "both sides of a merge had it, in different years; it stands now where the journal has it"
            self.said.append(Problem("notice", what, JOURNAL_FILE, None, identifier, mend="commit that, too"))

    def _finish_bulk(self, behind: Sequence[str], files: Mapping[str, tuple[str, str]]) -> None:
        """Put bulk files in their places that have waited there since a crash."""
        for name in behind:
            place = self._files.observations / name
            waiting = bulkfile.waiting_at(place)
            if digest(waiting) == files[name][1]:
                waiting.replace(place)
                fsync_folder(place.parent)
                what = "the last write had been cut off after its journal line; it has been carried out now"
                self.said.append(Problem("notice", what, f"observations/{name}"))
            else:
                self.say_lost(name)

    def say_lost(self, name: str) -> None:
        """Say that a bulk file stands in the journal alone."""
        what = "this file stands in the journal alone: its write was cut off, or it was taken out"
        problem = Problem("error", what, f"observations/{name}", mend="put it back from a copy, or import it again")
        self._say(problem)

    def _look_for_lost(self, last: LastWrite) -> None:
        """Say so if the last write is in the journal alone: cut off, and its year file edited before the next open."""
        if all(self._files.is_now(name, new) for name, (_, new) in last.files.items()):
            return
        files = [self._files.load(path) for path in self._files.year_paths()]
        if not all(file.is_whole for file in files):
            # What cannot be read is said of the file itself, and may hold them.
            return
        lines = {line.id: line for file in files for line in file.lines}
        for entry in self._files.journal.last_write(whole=True).entries:
            wanted, line = _revision(entry["after"]), lines.get(entry["id"])
            if (_revision(line.feature) if line else 0) < wanted:
                done, mend = "taken out of the files", "`resight adopt` brings it back as withdrawn; or log it again"
                if line is not None:
                    done, mend = "put back to an earlier one", "`resight adopt` takes that in; or amend it again"
                what = f"revision {wanted} of this record stands in the journal alone"
                what += f": its write was cut off, or it was {done} by hand"
                problem = Problem("error", what, JOURNAL_FILE, None, entry["id"], mend=mend)
                self._say(problem)


def _revision(feature: Any) -> int:
    """The revision that a Feature states, 1 where it states none; 0 for what is no record's."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    stated = properties.get("revision", 1) if isinstance(properties, dict) else 0
    return stated if isinstance(stated, int) else 0
