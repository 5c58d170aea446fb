"""The logbook on disk: read, add, amend, withdraw. Every write goes through here.

A write goes: lock, read the year files again, write the new ones beside the old, fsync, append the journal line,
fsync, rename, fsync the folder. A crash after the journal line is repaired at the next open, a crash before it
leaves nothing behind. A file that could not be read whole is never overwritten.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from datetime import date as Day
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import orjson

from resight import bulkfile, bulktwins, checks, custody, dates, featuretext, images, rubbish
from resight.bygone import Bygone, named
from resight.checks import KEPT, REGISTER_FILE, Located
from resight.datafiles import DataFiles, is_seed
from resight.errors import (
    CannotWrite,
    DuplicateRecord,
    InvalidRecord,
    InvalidValue,
    NoLogbook,
    NotFound,
    Problem,
    UnknownName,
    UnreadableFile,
)
from resight.featurefile import (
    Line,
    YearFile,
    digest,
    fsync_folder,
    line_of,
    parse,
    staged,
    stamp_of,
)
from resight.images import Image
from resight.journal import (
    concealed,
    confidential_of,
    laid,
    says_other,
)
from resight.merge import settled
from resight.naming import new_id, stem
from resight.observation import Observation, Site
from resight.repairs import Repairs
from resight.selection import Selection, Wanted, by_id
from resight.vocabulary import FILE as VOCABULARY_FILE
from resight.vocabulary import Vocabulary, fold, from_toml, near_names

if TYPE_CHECKING:
    import pyarrow as pa
    from geopandas import GeoDataFrame

LOCK_SECONDS = 20
#: Names that are near another are looked for among so many; more take seconds.
_FEW = 1000
#: Of bulk records that may be doubtful so many are looked at one by one: nobody reads more, and each is a record.
MOST_SUSPECTS = 20_000


class Reading(NamedTuple):
    """What was read: the records, and everything that was wrong or worth knowing on the way."""

    records: list[Observation]
    problems: list[Problem]


class Logbook:
    """A folder with ``observations/`` and ``seeds/``.

    Args:
        folder: the logbook's folder.

    Raises:
        NoLogbook: there is none in that folder.
    """

    def __init__(self, folder: str | os.PathLike[str] = ".") -> None:
        self.folder = Path(folder)
        if not ((self.folder / REGISTER_FILE).is_file() and (self.folder / VOCABULARY_FILE).is_file()):
            shown = str(folder)
            # The current folder itself may have been removed.
            with contextlib.suppress(OSError):
                shown = str(self.folder.resolve())
            raise NoLogbook(shown)
        self._files = DataFiles(self.folder)
        self._repairs = Repairs(self._files, self._locked)

    @classmethod
    def create(cls, folder: str | os.PathLike[str], *, empty: bool = False) -> Self:
        """Make a logbook from the packaged seeds; ``empty`` leaves the published records out.

        Raises:
            CannotWrite: there is a logbook already, or the folder cannot be written.
        """
        import shutil

        target, source = Path(folder), packaged_seeds()
        if (target / "seeds").exists() or any((target / "observations").glob("*")):
            raise CannotWrite(f"{target} holds seeds/ or observations/ already; nothing was changed: name a new folder")
        left_out = shutil.ignore_patterns("pattern-*.geojson") if empty else None
        try:
            for name in ("observations", "maps"):
                (target / name).mkdir(parents=True, exist_ok=True)
            # The register comes last and at once: a folder is a logbook whole or not at all.
            half_made = target / f".seeds.{os.getpid()}.tmp"
            try:
                shutil.copytree(source, half_made, ignore=left_out)
                half_made.rename(target / "seeds")
            finally:
                shutil.rmtree(half_made, ignore_errors=True)
        except shutil.Error as error:
            # One reason for each file that could not be copied; the first says enough.
            raise CannotWrite(f"cannot make a logbook in {target}: {error.args[0][0][2]}") from error
        except OSError as error:
            raise CannotWrite(f"cannot make a logbook in {target}: {error.strerror or error}") from error
        return cls(target)

    @property
    def repairs(self) -> list[Problem]:
        """What a repair at opening did, for the person."""
        return self._repairs.said

    # --- the register and the words

    @cached_property
    def _register(self) -> tuple[dict[str, Site], list[Problem]]:
        parsed = parse(self.folder / REGISTER_FILE, REGISTER_FILE)
        sites: dict[str, Site] = {}
        problems = list(parsed.problems)
        names: dict[str, str] = {}
        for line in parsed.lines:
            try:
                feature = line.feature
                site = Site.from_feature(feature if isinstance(feature, dict) else {})
            except InvalidRecord as error:
                problems += [
                    Problem(
                        "error", p.what, REGISTER_FILE, line.number, line.id or "", p.field, "this site is not read"
                    )
                    for p in error.problems
                ]
                continue
            if site.id in sites:
                problems.append(
                    Problem("error", "stands there twice; the first is used", REGISTER_FILE, line.number, site.id, "id")
                )
                continue
            sites[site.id] = site
            for name in site.all_names:
                if names.setdefault(fold(name), site.id) != site.id:
                    what = f"the name {name!r} stands for {names[fold(name)]} already"
                    problems.append(Problem("warning", what, REGISTER_FILE, line.number, site.id, "names"))
        return sites, problems

    @property
    def sites(self) -> dict[str, Site]:
        """The site register, by id, in the order of the file."""
        return self._register[0]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The platforms, activities and likelihood words of this logbook."""
        try:
            return from_toml((self.folder / VOCABULARY_FILE).read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                f"{VOCABULARY_FILE} is not UTF-8 text: {error.reason} at byte {error.start}"
            ) from error

    def resolve_site(self, text: str) -> Site:
        """The site with this id or any of its names in any script.

        Raises:
            UnknownName: nobody registered that name; near names are offered.
        """
        key = fold(text)
        names: list[str] = []
        for site in self.sites.values():
            if key in map(fold, site.all_names):
                return site
            names += site.all_names
        unread = [str(problem) for problem in self._register[1] if problem.level == "error"]
        if unread:
            raise UnreadableFile(f"{text!r} may be a site that could not be read:\n  " + "\n  ".join(unread))
        raise UnknownName("site", text, near=near_names(text, names), where=REGISTER_FILE, all_names="resight sites")

    def basemap(self) -> dict[str, dict[str, Any]]:
        """The reference layers of ``seeds/basemap``, by file stem, as parsed GeoJSON."""
        folder = self.folder / "seeds" / "basemap"
        layers = {}
        for path in sorted(folder.glob("*.geojson")):
            try:
                layer = orjson.loads(path.read_bytes())
                if not (isinstance(layer, dict) and isinstance(layer.get("features"), list)):
                    raise UnreadableFile(f"seeds/basemap/{path.name} is not a GeoJSON FeatureCollection")
                layers[path.stem] = {**layer, "features": [f for f in layer["features"] if f.get("geometry")]}
            except OSError as error:
                raise UnreadableFile(f"seeds/basemap/{path.name} cannot be read: {error.strerror}") from error
            except orjson.JSONDecodeError as error:
                raise UnreadableFile(
                    f"seeds/basemap/{path.name}:{error.lineno} is not valid JSON: {error.msg}"
                ) from error
        return layers

    # --- reading

    def read(
        self,
        *,
        between: tuple[Day, Day] | None = None,
        sites: Collection[str] | None = None,
        withdrawn: bool = False,
        as_of: datetime | None = None,
    ) -> Reading:
        """The records, sorted by (earliest, latest, id), and the problems met.

        With ``as_of`` a record stands as the journal's first write after that moment found it, or as it stands now
        when there was none; without lines in the journal it counts from its ``logged_at``, else always. Wording that
        was changed outside the journal at a time not known is a problem (notice). A source that was marked
        confidential since is confidential then, too. Register and vocabulary are those of now.

        Args:
            between: only records whose bounds touch these days, both included.
            sites: only records of these site ids.
            withdrawn: also those that were withdrawn.
            as_of: the logbook as it stood at this moment, which still counts.

        Raises:
            InvalidValue: ``as_of`` has no time zone.
        """
        problems: list[Problem] = []
        with rubbish.put_off():
            located = self._located(problems, between, sites, withdrawn=withdrawn, as_of=as_of)
            records = [item.record for item in located]
            records.sort(key=lambda record: (record.earliest, record.latest, record.id or ""))
        return Reading(records, problems)

    def records_of(self, ids: Iterable[str]) -> list[Observation]:
        """The records with some ids, in no order; ids that none has are passed over."""
        wanted = set(ids)
        # What stands in observations/ under the id of a seed is its revision.
        lines = {line.id: line for file in self._files.glanced() for line in file.holding(wanted)}
        found = [Observation.from_feature(line.feature) for line in lines.values()]
        left = wanted - lines.keys()
        batches = self._files.bulk.batches(ids=left) if left and self._files.bulk else ()
        return [*found, *(record for _, batch in batches for record in bulkfile.records(batch))]

    def selection(self, wanted: Wanted, *, confidential: bool = False) -> Selection | None:
        """The records asked for, oldest first, read some at a time; None where no bulk files are there to need it.

        Their confidential sources are left out unless asked for.
        """
        bulk = self._files.bulk
        if not bulk:
            return None
        problems: list[Problem] = []
        located = self._located(problems, sites=wanted.sites, withdrawn=True, bulk=False)
        others = [item.record for item in located if wanted.fits(item.record)]
        revised = {i for file in self._files.glanced() if not is_seed(file) for i in file.ids if i is not None}
        return Selection(bulk, others, wanted, revised, problems, confidential=confidential)

    def wordings(
        self, *, between: tuple[Day, Day], sites: Collection[str], bulk: bool = True
    ) -> list[tuple[Observation, ...]]:
        """The records that touch these days at these sites, or once did, each as it is now and as it was before.

        Withdrawn ones too: what was imported once and corrected or withdrawn since is found by its earlier wording.
        Those that stand in bulk files alone, in their one wording, are among them or not.
        """
        records = [item.record for item in self._located([], withdrawn=True, bulk=False)]
        if bulk and self._files.bulk:
            records += bulkfile.records(self.bulk_rows(between=between, sites=sites))
        revised = {record.id for record in records if record.revision > 1}
        earlier: dict[str, list[Observation]] = {}
        for entry in self._files.journal.entries([]) if revised else ():
            if entry.id in revised and entry.before is not None:
                # A line that an earlier version wrote may not be a record any more.
                with contextlib.suppress(InvalidRecord):
                    earlier.setdefault(entry.id, []).append(Observation.from_feature(orjson.loads(entry.before)))
        found = [(record, *earlier.get(record.id or "", ())) for record in records]
        return [
            wordings
            for wordings in found
            if any(w.site in sites and w.earliest <= between[1] and between[0] <= w.latest for w in wordings)
        ]

    def frame(
        self,
        *,
        withdrawn: bool = False,
        between: tuple[Day, Day] | None = None,
        sites: Collection[str] | None = None,
        columns: Sequence[str] | None = None,
        problems: list[Problem] | None = None,
    ) -> "GeoDataFrame":
        """The records as a GeoDataFrame: id as index, proper dtypes, EPSG:4326. See :func:`resight.frame.to_frame`.

        Those of bulk files are read as columns, and none of them is made a record: a million rows come in seconds.

        Args:
            withdrawn: also those that were withdrawn.
            between: only records whose bounds touch these days, both included.
            sites: only records of these site ids.
            columns: only these columns, in this order, besides id and geometry.
            problems: what was wrong on the way is added to these.

        Raises:
            InvalidValue: a column is none of a record.
        """
        from resight.frame import joined, of_columns, of_table, to_frame

        with rubbish.put_off():
            # One record at a time becomes a row: a frame of a hundred thousand needs no hundred thousand models.
            located = self._located(
                problems if problems is not None else [], between, sites, withdrawn=withdrawn, bulk=False
            )
            found = to_frame(item.record for item in located)
            if not self._files.bulk:
                return of_columns(found, columns)
            # Bounds are needed for the order.
            names = list(dict.fromkeys((*of_columns(found, columns).columns, "earliest", "latest")))
            # Not held here: the rows are let go once they stand in order.
            rows = of_table(self.bulk_rows(["id", *names], between=between, sites=sites, withdrawn=withdrawn))
            parts = [part for part in (found[names], rows) if len(part)]
            return of_columns(joined(parts or [found]), columns)

    def bulk_rows(
        self,
        columns: Sequence[str] = bulkfile.COLUMNS,
        *,
        between: tuple[Day, Day] | None = None,
        sites: Collection[str] | None = None,
        withdrawn: bool = True,
    ) -> "pa.Table":
        """Columns of the bulk records that stand in no year file in another wording; the rest as :meth:`read`."""
        revised = {i for file in self._files.glanced() if not is_seed(file) for i in file.ids if i is not None}
        return self._files.bulk.table(columns, between=between, sites=sites, without=revised, withdrawn=withdrawn)

    def fingerprint(self, *, between: tuple[Day, Day], sites: Collection[str]) -> str:
        """A digest of all that the records of these days and sites come from; no year file is parsed that has an index.

        It may change when they do not, but not the other way round.
        """
        self._repairs.finish()
        whole = hashlib.sha256((self.folder / VOCABULARY_FILE).read_bytes())
        whole.update(orjson.dumps([sorted(sites), *(day.isoformat() for day in between)]))
        files = self._files.glanced()
        bounds = between[0].isoformat(), between[1].isoformat()
        for file in files:
            year = file.path.stem
            if not is_seed(file) and bounds[0] <= f"{year}-01-01" and f"{year}-12-31" <= bounds[1]:
                whole.update(file.digest.encode())
            else:
                for line in file.asked_for(bounds, sites):
                    whole.update(line.text)
        # What stands in observations/ under the id of a seed, or of a record of a bulk file, hides that one.
        years, bulk = [file for file in files if not is_seed(file)], self._files.bulk
        seeded: set[str | None] = set().union(*(file.ids for file in files if is_seed(file)))
        hidden = {line.id for file in years for line in file.holding(seeded)}
        if bulk:
            hidden |= bulk.holding({identifier for file in years for identifier in file.ids})
        whole.update(orjson.dumps([sorted(filter(None, hidden)), *map(bulkfile.name_of, bulk.paths)]))
        return whole.hexdigest()

    def holds_more_than(self, number: int) -> bool:
        """Are there more records than so many, as few files tell? Those that were revised or withdrawn count, too."""
        return sum(len(file.ids) for file in self._files.glanced()) + sum(self._files.bulk.counts.values()) > number

    @property
    def own_folder(self) -> Path:
        """Where a logbook keeps what it can make anew, see :attr:`DataFiles.own_folder`."""
        return self._files.own_folder

    def newest_year(self) -> int | None:
        """The newest year with records that were not withdrawn."""
        located = self._located([], withdrawn=False, bulk=False)
        years = [item.record.year for item in located]
        newest = bulkfile.newest(self.bulk_rows(["earliest"], withdrawn=False)) if self._files.bulk else None
        years += [newest.year] if newest else []
        return max(years, default=None)

    def get(self, identifier: str) -> Observation:
        """The record with this id, withdrawn or not.

        Raises:
            NotFound: no record has it; near ids are offered.
        """
        return self.find(identifier).record

    def find(self, identifier: str) -> Located:
        """The record with this id and where it stands: in observations/ rather than seeds/ when it is in both.

        Raises:
            NotFound: no record has it; near ids are offered.
            InvalidRecord: it stands in observations/ twice.
        """
        self._repairs.finish()
        found = [(file, line) for file in self._files.glanced() for line in file.holding((identifier,))]
        in_bulk = [] if found else self._files.bulk.find(identifier)
        if not found and not in_bulk:
            known = (line.id for file in self._files.whole() for line in file.lines if line.id)
            # Of a million, those that begin as this one are looked at.
            raise NotFound(
                identifier, near_names(identifier, (*known, *self._files.bulk.like([identifier.rpartition("-")[0]])))
            )
        if sum(not is_seed(file) for file, _ in found) > 1:
            raise InvalidRecord(
                [InvalidValue("id", identifier, "stands in the files twice; `resight check` says where")]
            )
        if not found:
            [(name, record)] = in_bulk
            return Located(record, name, None)
        file, line = found[-1]
        return Located(Observation.from_feature(line.feature), file.name, line.number)

    def check_images(self) -> list[Problem]:
        """What is wrong with the images on file, each of which is read whole to see that it is unchanged."""
        located = list(self._located([], withdrawn=True, bulk=False))
        if self._files.bulk:
            rows = self.bulk_rows(["id", "image_href"])
            try:
                located += self._in_bulk(rows.filter(rows.column("image_href").is_valid()))
            except InvalidRecord:
                located = list(self._located([], withdrawn=True))
        return list(images.audit(self.folder, located))

    def count(self) -> int:
        """How many records there are, withdrawn ones too."""
        in_bulk = self.bulk_rows(["id"]).num_rows if self._files.bulk else 0
        return in_bulk + sum(1 for _ in self._located([], withdrawn=True, bulk=False))

    def check(self, *, as_of: datetime | None = None, sites: Collection[str] | None = None) -> list[Problem]:
        """Everything that is wrong or worth knowing in the whole logbook, with ``as_of`` as it stood at that moment.

        The images on file are not looked at, see :meth:`check_images`.

        Args:
            as_of: see :meth:`read`.
            sites: of the records, only those of these site ids are looked at.
        """
        problems: list[Problem] = []
        self._say_lost_bulk()
        is_whole = as_of is None and sites is None
        located = list(self._located(problems, sites=sites, withdrawn=True, as_of=as_of, bulk=not is_whole))
        if is_whole and self._files.bulk:
            problems += self._unsaid_in_bulk(located)
            located += self._suspects(located, problems)
        return [
            *problems,
            *self._out_of_place(),
            *checks.run(checks.Context(located, self.sites, self.vocabulary)),
        ]

    def glance(self) -> list[Problem]:
        """What is wrong with the files as files: no record is looked at."""
        self._say_lost_bulk()
        return [*self.file_problems(), *self._out_of_place()]

    def _suspects(self, others: Sequence[Located], problems: list[Problem]) -> list[Located]:
        """The bulk records that a check may have something to say of, alone or beside others."""
        from resight import bulkchecks

        there = self.bulk_rows()
        try:
            rows = bulkfile.together(there, bulkfile.table_of(item.record for item in others))
            found = bulkchecks.suspects(rows, self.sites, self.vocabulary)[: there.num_rows]
        except InvalidRecord:
            # A row that somebody changed is no record any more: reading them one by one names it.
            return [
                item for item in self._located(problems, withdrawn=True) if item.file.startswith("observations/bulk/")
            ]
        suspect = there.filter(found)
        if suspect.num_rows > MOST_SUSPECTS:
            what = (
                f"{suspect.num_rows - MOST_SUSPECTS} more bulk records may be doubtful, alone or beside others; only "
            )
            what += f"the first {MOST_SUSPECTS} that may be were looked at"
            mend = "correct or withdraw those that are told, and check again"
            problems.append(Problem("notice", what, f"observations/{bulkfile.FOLDER}", mend=mend))
        return self._in_bulk(suspect.slice(0, MOST_SUSPECTS))

    def _in_bulk(self, rows: "pa.Table") -> list[Located]:
        """Rows of bulk files, of which the id is looked at, as records."""
        return [
            Located(record, name, None)
            for name, batch in self._files.bulk.batches(ids=set(rows.column("id").to_pylist()))
            for record in bulkfile.records(batch)
        ]

    def _say_lost_bulk(self) -> None:
        # What a crash left is put in its place first.
        self._repairs.finish()
        for name in self._files.journal.bulk_names():
            if not (self._files.observations / name).exists():
                self._repairs.say_lost(name)

    def _unsaid_in_bulk(self, others: Sequence[Located]) -> Iterator[Problem]:
        """Bulk records that no answer has, for a record that is none of their revisions has their id."""
        places = {item.record.id or "": item.file for item in others if item.file.startswith("observations/")}

        def wordings(ids: Collection[str]) -> Iterator[Observation]:
            yield from (item.record for item in others if item.record.id in ids)
            for entry in self._files.journal.entries([]):
                for wording in (entry.before, entry.after) if entry.id in ids else ():
                    with contextlib.suppress(InvalidRecord):
                        yield Observation.from_feature(orjson.loads(wording or b"{}"))

        return bulktwins.overridden(self._files.bulk, places, wordings, lambda sites: self.bulk_rows(sites=sites))

    def _out_of_place(self) -> Iterator[Problem]:
        for path in self._files.year_paths():
            file = self._files.load(path)
            if not re.fullmatch(r"\d{4}", path.stem):
                yield Problem("warning", "is not named after a year; it is read all the same", file.name)
                continue
            for line in file.lines:
                earliest = line.earliest
                if earliest[:4].isdigit() and earliest[:4] != path.stem:
                    what = f"begins in {earliest[:4]}, so it belongs into observations/{earliest[:4]}.geojson"
                    yield Problem("warning", what, file.name, line.number, line.id or "", "earliest")

    def verify(self) -> custody.Agreement:
        """The journal followed line by line, year files and images held against it; nothing is repaired or written.

        Every image that any wording names is read whole.
        """
        stamps = self._stamps()
        found = self._agreement()
        if not found.is_unbroken:
            # A write that is under way is no break.
            with self._no_writer():
                if stamps != self._stamps():
                    found = self._agreement()
        located = []
        for feature, file, line in found.pictures:
            with contextlib.suppress(InvalidRecord):
                located.append(Located(Observation.from_feature(feature), file, line))
        # What no wording names is no part of the chain.
        about = [problem for problem in images.audit(self.folder, located) if problem.id]
        more = [custody.Finding(problem._replace(level="error")) for problem in about]
        return found._replace(findings=(*found.findings, *more))

    def _agreement(self) -> custody.Agreement:
        years = (parse(path, f"observations/{path.name}") for path in self._files.year_paths())
        seeds = (parse(path, f"seeds/{path.name}") for path in self._files.seed_paths())
        return custody.agreement(self._files.journal.rows, years, seeds, self._held())

    def _held(self) -> list[custody.Held]:
        """The bulk files, each read whole to see that it is unchanged."""
        files = self._files.bulk
        return [
            custody.Held(bulkfile.key_of(path), bulkfile.name_of(path), digest(path), files.counts.get(path))
            for path in files.paths
        ]

    @contextlib.contextmanager
    def _no_writer(self) -> Iterator[None]:
        """The lock, where it can be had without writing to the logbook; nothing is repaired under it."""
        from filelock import FileLock, Timeout

        with contextlib.ExitStack() as held:
            lock = (self.folder / "observations").resolve().parent / ".resight" / "lock"
            # On a medium that nobody may write to there is no writer.
            with contextlib.suppress(OSError, Timeout):
                if lock.exists():
                    held.enter_context(FileLock(lock, timeout=LOCK_SECONDS))
            yield

    def marks(self, lines: Collection[int], first: int) -> list[custody.Mark]:
        """These lines of the journal as they are named to a person, in its order but for the one that comes first."""
        found = custody.marks(self._files.journal.rows(), set(lines))
        return sorted(found, key=lambda mark: (mark.line != first, mark.line))

    def _stamps(self) -> list[tuple[int, int, int]]:
        return [
            stamp_of(path) for path in (self._files.journal.path, *self._files.year_paths(), *self._files.bulk.paths)
        ]

    def history(self, identifier: str) -> list[custody.Step]:
        """Who changed a record when and with which command, oldest first; changes outside the log stand between.

        Raises:
            NotFound: neither the files nor the journal know it; near ids are offered.
        """
        self._repairs.finish()
        seed: tuple[str, Any] | None = None
        today: Any = None
        for file in self._files.whole():
            for line in file.lines:
                if line.id == identifier and is_seed(file):
                    seed = file.name, line.feature
                elif line.id == identifier:
                    today = line.feature
        imported = next(
            (
                (name.removeprefix("observations/"), record.to_feature())
                for name, record in self._files.bulk.find(identifier)
            ),
            None,
        )
        steps = custody.history(self._files.journal.rows(), identifier, today, seed, imported)
        if not steps:
            self.find(identifier)
        return steps

    def outside(self, problems: list[Problem] | None = None) -> list[custody.Outside]:
        """The records on which the journal and the files disagree: changed, added or taken out outside the log.

        Those that are no records any more are left out, and told in ``problems``.
        """
        past = self._files.journal.past(datetime.max.replace(tzinfo=UTC), [])
        found: list[custody.Outside] = []
        for item in self._located(problems if problems is not None else [], withdrawn=True, bulk=False):
            record, entry = item.record, past.last.get(item.record.id or "")
            if entry is None and not item.file.startswith("seeds/"):
                found.append(custody.Outside(record.id or "", None, record))
            elif entry is not None and says_other(entry.after, record):
                with contextlib.suppress(InvalidRecord):
                    found.append(custody.Outside(entry.id, Observation.from_feature(orjson.loads(entry.after)), record))
        files = self._files.whole()
        there = set().union(*(file.ids for file in files))
        for entry in past.last.values() if all(file.is_whole for file in files) else ():
            if entry.id not in there:
                with contextlib.suppress(InvalidRecord):
                    found.append(custody.Outside(entry.id, Observation.from_feature(orjson.loads(entry.after)), None))
        return found

    def changed_outside(self) -> list[tuple[Observation, Observation]]:
        """Records whose wording in the files is not that of their last journal line: that line's, and today's.

        Somebody edited them by hand or with another program; when, the logbook does not know.
        """
        return [
            (concealed(logged, confidential_of(today)), today)
            for _, logged, today in self.outside()
            if logged is not None and today is not None
        ]

    def _located(
        self,
        problems: list[Problem],
        between: tuple[Day, Day] | None = None,
        sites: Collection[str] | None = None,
        *,
        withdrawn: bool,
        as_of: datetime | None = None,
        bulk: bool = True,
    ) -> Iterator[Located]:
        """The records asked for with where they stand; what was wrong on the way is added to ``problems``.

        Those of bulk files come last, or not at all.
        """
        self._repairs.finish()
        problems += self.file_problems()
        is_narrow = as_of is None and between is not None and sites is not None
        files: Sequence[YearFile] = self._files.glanced() if is_narrow else self._files.whole()
        then = Bygone(as_of, self._files.journal, self._files.whole(), problems) if as_of is not None else None
        seeded: set[str | None] = set().union(*(file.ids for file in files if is_seed(file)))
        if then and bulk:
            seeded |= self._files.bulk.holding({i for file in files if not is_seed(file) for i in file.ids})
        # What stands in observations/ under the id of a seed is its revision.
        revisions = [line for f in files if not is_seed(f) for line in f.holding(seeded)] if seeded else []
        revised = {line.id for line in revisions if then is None or then.had_begun(line)}
        not_yet = {line.id for line in revisions} - revised
        bounds = (between[0].isoformat(), between[1].isoformat()) if between else None
        first_places: dict[str, str] = {}
        for file in files:
            left_out = revised if is_seed(file) else not_yet
            for line in file.asked_for(bounds, sites):
                if line.id in left_out or (then and line.id in then.past.next):
                    continue
                try:
                    record = _validated(line, file, first_places)
                except _UnusableError as error:
                    problems += error.problems
                    continue
                # A Feature written by hand may leave its bounds to be derived.
                if between is not None and (record.earliest > between[1] or record.latest < between[0]):
                    continue
                if then and not then.holds(record):
                    continue
                if withdrawn or record.status != "withdrawn":
                    yield Located(record, file.name, line.number)
        if bulk and self._files.bulk:
            elsewhere = [file.ids for file in files if not is_seed(file)]
            for name, batch in self._files.bulk.batches(between=between, sites=sites, withdrawn=withdrawn):
                for feature in bulkfile.features(batch):
                    identifier = feature["id"]
                    if any(identifier in ids for ids in elsewhere) if then is None else identifier in revised:
                        continue
                    if then and identifier in then.past.next:
                        continue
                    try:
                        record = Observation.from_feature(feature)
                    except InvalidRecord as error:
                        problems += [
                            Problem("error", str(p), name, None, identifier or "", "", KEPT) for p in error.problems
                        ]
                        continue
                    if then is None or then.holds(record):
                        yield Located(record, name, None)
        if then is None:
            return
        for item in then.rewound():
            record = item.record
            is_asked_for = (sites is None or record.site in sites) and (
                between is None or (record.earliest <= between[1] and between[0] <= record.latest)
            )
            if is_asked_for and (withdrawn or record.status != "withdrawn"):
                yield item
        problems += then.doubts()

    def file_problems(self) -> list[Problem]:
        """What is wrong with the files as files, without looking at the records in them."""
        of_files = (problem for file in self._files.glanced() for problem in file.problems)
        return [*self._repairs.said, *self._register[1], *of_files, *self._files.bulk.problems]

    # --- writing

    @rubbish.put_off()
    def add(
        self,
        *records: Observation,
        anyway: bool = False,
        command: str = "log",
        now: datetime | None = None,
        image: Image | None = None,
    ) -> tuple[Observation, ...]:
        """Log records as one write: all or none. They come back with id, ``logged_at`` and bounds filled in.

        Args:
            anyway: log also what looks like a duplicate, or lies far from its site.
            command: the word the journal keeps for this write.
            now: the time of logging; the clock's if not given.
            image: an image that the records name, put on disk before they are.

        Raises:
            InvalidRecord: a name is not known or a position does not fit its site.
            DuplicateRecord: it is logged already.
            UnreadableFile: the year file could not be read whole.
            CannotWrite: the disk does not take it; nothing was changed.
        """
        if not records:
            return ()
        moment = _moment(now)
        known: set[tuple[str | None, ...]] = set()
        for record in records:
            # With many records most name what others did.
            names = record.site, record.platform, record.activity, record.inferred_activity
            if not (anyway and names in known):
                self._refuse(record, anyway)
                known.add(names)
        with self._locked():
            taken: set[str | None] = set().union(*(file.ids for file in self._files.glanced()))
            if not self._files.bulk.is_whole:
                raise UnreadableFile(_not_all_ids(self._files.bulk.problems))
            if self._files.bulk:
                taken |= self._files.bulk.like({stem(record.site, record.date, record.platform) for record in records})
                taken |= self._files.bulk.holding({record.id for record in records})
            if not anyway:
                self._refuse_duplicates(records)
            named: list[Observation] = []
            last_numbers: dict[str, int] = {}
            for record in records:
                own = record.id if record.id and record.id not in taken else None
                identifier = own or new_id(record, taken, last_numbers)
                taken.add(identifier)
                named.append(record.logged(identifier, moment))
            if image is not None:
                images.keep(self.folder, image)
            self._write([(None, record) for record in named], command, moment)
        return tuple(named)

    def add_bulk(
        self, rows: "pa.Table", *, source: str, by: str | None = None, now: datetime | None = None
    ) -> "pa.Table":
        """Log rows that are records as one write into bulk files, all or none; they come back with their ids.

        Args:
            rows: of :func:`resight.bulkfile.schema`, each of which :class:`Observation` would take, with known names;
                columns may be empty, or left out as :func:`resight.bulkfile.completed` has them.
            source: the name of the file that they come from, for the journal.
            by: who logs them.
            now: the time of logging; the clock's if not given.

        Raises:
            UnreadableFile: a bulk or year file could not be read whole, so that not all ids on file are known; or
                pyarrow is not installed.
            CannotWrite: the disk does not take it; nothing was changed.
        """
        if not rows.num_rows:
            return rows
        moment = _moment(now)
        with self._locked():
            bulk = self._files.bulk
            unread = [problem for file in self._files.glanced() for problem in file.problems]
            unread += [] if bulk.is_whole else bulk.problems
            if any(problem.level == "error" for problem in unread):
                raise UnreadableFile(_not_all_ids(unread))
            taken = set().union(*(file.ids for file in self._files.glanced())) - {None}
            rows = bulkfile.with_ids(bulkfile.with_moment(rows, moment), bulk.ids(taken))
            added = self._write_bulk(rows, source, moment, by)
            # No id of theirs was on file, so there is nothing to look for.
            if not bulk.hidden:
                bulktwins.keep_none(self._files.own_folder, [*map(bulkfile.key_of, bulk.counts), *added])
        return rows

    def _write_bulk(self, rows: "pa.Table", source: str, moment: datetime, by: str | None) -> list[str]:
        """Put rows on disk as new files, which wait in their folders until the journal has its lines; their names."""
        observations = self.folder / "observations"
        digests: dict[str, tuple[str, str]] = {}
        try:
            files = bulkfile.staged(rows, observations)
            entries = (
                {
                    "time": dates.utc_text(moment),
                    "analyst": by,
                    "command": "import",
                    "id": file.key,
                    "before": None,
                    "after": bulkfile.described(file, source),
                }
                for file in files
            )
            digests |= {file.key: ("", file.digest) for file in files}
            with self._files.journal.appended(entries, digests, lambda: self._files.none_new(digests)):
                try:
                    for file in files:
                        file.temporary.replace(observations / file.key)
                    for folder in {(observations / file.key).parent for file in files}:
                        fsync_folder(folder)
                        fsync_folder(folder.parent)
                except BaseException:
                    # They are new: without them all is as it was.
                    for file in files:
                        (observations / file.key).unlink(missing_ok=True)
                    raise
        except OSError as error:
            then = "nothing was changed" if self._files.none_new(digests) else "the next command completes the write"
            raise CannotWrite(f"cannot write in {observations}: {error.strerror or error}; {then}") from error
        finally:
            # What the journal has a line of waits for the next command.
            if self._files.none_new(digests) or not self._files.behind(digests):
                bulkfile.clear(observations)
        return [file.key for file in files]

    def amend(
        self,
        identifier: str,
        *,
        anyway: bool = False,
        command: str = "amend",
        by: str | None = None,
        now: datetime | None = None,
        image: Image | None = None,
        **changes: Any,
    ) -> Observation:
        """Change some fields of a record (None empties one); the revision goes up by one, the journal keeps the old.

        A record of ``seeds/`` is not changed there: its revision is written to ``observations/`` under the same id.
        An ``image`` that the changes name is put on disk before the record is.

        Raises:
            NotFound, InvalidRecord, UnreadableFile, CannotWrite: as :meth:`add`.
        """
        if "id" in changes:
            raise InvalidRecord([InvalidValue("id", changes["id"], "is permanent; an amendment does not change it")])
        return self._amend(identifier, lambda _: changes, anyway=anyway, command=command, by=by, now=now, image=image)

    def _amend(
        self,
        identifier: str,
        change: Callable[[Observation], Mapping[str, Any]],
        *,
        command: str,
        by: str | None,
        now: datetime | None,
        anyway: bool = False,
        image: Image | None = None,
    ) -> Observation:
        """:meth:`amend` with changes that may rest on the record as it stands under the lock."""
        moment = _moment(now)
        with self._locked():
            before = self.get(identifier)
            changes = change(before)
            proposed = settled(before.with_changes(**changes), changes)
            if image is not None and proposed == before:
                # The record is as it should be; the file may be missing.
                images.keep(self.folder, image)
            if proposed == before:
                return before
            if before.status == "reviewed" and "status" not in changes:
                # What was reviewed is the earlier wording.
                proposed = proposed.with_changes(status="draft", reviewed_by=None)
            after = proposed.with_changes(revision=before.revision + 1, revised_at=moment)
            self._refuse(after, anyway or after.geometry == before.geometry)
            if image is not None:
                images.keep(self.folder, image)
            self._write([(before, after)], command, moment, by)
        return after

    def withdraw(self, identifier: str, *, why: str, by: str | None = None, now: datetime | None = None) -> Observation:
        """Take a record out of every answer; it is kept, with the reason in its note and the journal.

        Raises:
            InvalidRecord: it is withdrawn already, or no reason is given.
        """
        if not why.strip():
            raise InvalidRecord([InvalidValue("why", why, "a withdrawal needs its reason")])

        def changes(record: Observation) -> Mapping[str, Any]:
            if record.status == "withdrawn":
                what = f"{identifier} is withdrawn already: {record.note}"
                raise InvalidRecord([InvalidValue("status", "withdrawn", what)])
            return custody.withdrawal(record, why)

        return self._amend(identifier, changes, command="withdraw", by=by, now=now)

    def review(self, identifier: str, *, by: str, now: datetime | None = None) -> Observation:
        """Mark a record as reviewed by a second person.

        Raises:
            InvalidRecord: it is withdrawn; `amend` with another status brings it back first.
        """

        def changes(record: Observation) -> Mapping[str, Any]:
            if record.status == "withdrawn":
                raise InvalidRecord([InvalidValue("status", "withdrawn", f"{identifier} is withdrawn: {record.note}")])
            return {"status": "reviewed", "reviewed_by": by}

        return self._amend(identifier, changes, command="review", by=by, now=now)

    def adopt(
        self, found: Sequence[custody.Outside], *, why: str, by: str, now: datetime | None = None
    ) -> tuple[Observation, ...]:
        """Take what was done outside the log into the journal, as one write that is named as such.

        A record changed by hand stays as it is, as its next revision; one added by hand too; one that was taken out
        comes back as a withdrawn record.

        Args:
            found: what :meth:`outside` gave, and a person has looked at.

        Raises:
            InvalidRecord: no reason is given, or a name is not known.
            CannotWrite: it was changed again meanwhile, or the disk does not take it; nothing was changed.
            UnreadableFile: as :meth:`add`.
        """
        if not why.strip():
            raise InvalidRecord([InvalidValue("why", why, "what was done outside the log needs its reason")])
        moment = _moment(now)
        with self._locked():
            still = {one.id: one for one in self.outside()}
            moved = [one.id for one in found if still.get(one.id) != one]
            if moved:
                raise CannotWrite(f"{named(moved)}: changed again meanwhile; nothing was written: look again")
            changes = [(one.logged, custody.adopted(one, why, moment)) for one in found]
            for _, after in changes:
                self._refuse(after, True)
            if changes:
                self._write(changes, "adopt", moment, by, why.strip())
        return tuple(after for _, after in changes)

    def _refuse(self, record: Observation, anyway: bool) -> None:
        errors = checks.unknown_names(record, self.sites, self.vocabulary)
        site = self.sites.get(record.site)
        if site and not anyway:
            error = checks.misplaced(record, site)
            errors += [error] if error else []
        if errors:
            raise InvalidRecord(errors)

    def _refuse_duplicates(self, records: Sequence[Observation]) -> None:
        days = [day for record in records for day in record.bounds]
        existing = self.read(between=(min(days), max(days)), sites={record.site for record in records}).records
        seen = checks.Seen(self.vocabulary)
        for record in existing:
            seen.add(record)
        for record in records:
            twin = seen.twin(record)
            if twin:
                raise DuplicateRecord(twin.id or "another one of the same command")
            denied = seen.denied(record)
            if denied:
                other = denied.id or "logged with it"
                what = f"of image {record.image_id} another record says the opposite: {other}"
                raise InvalidRecord([InvalidValue("outcome", record.outcome, what, allowed="one answer, or --anyway")])
            seen.add(record)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        observations = self.folder / "observations"
        try:
            observations.mkdir(exist_ok=True)
            own = self._files.own_folder
            own.mkdir(exist_ok=True)
            ignore = own / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
            with FileLock(own / "lock", timeout=LOCK_SECONDS):
                for left_by_a_crash in observations.glob(".*.geojson.*.tmp"):
                    left_by_a_crash.unlink(missing_ok=True)
                with self._repairs.under_lock():
                    bulkfile.clear(observations)
                    yield
        except Timeout:
            raise CannotWrite(
                f"another resight has been writing for {LOCK_SECONDS} s; nothing was changed: try again"
            ) from None
        except OSError as error:
            raise CannotWrite(
                f"cannot write in {self.folder}: {error.strerror or error}; nothing was changed"
            ) from error

    def _write(
        self,
        changes: Sequence[tuple[Observation | None, Observation]],
        command: str,
        moment: datetime,
        by: str | None = None,
        why: str = "",
    ) -> None:
        """Put the changed records on disk; the journal first. Call under the lock."""
        puts: dict[str, Line] = {}
        wordings: list[bytes] = []
        for _, after in changes:
            feature = after.to_feature()
            puts[after.id or ""] = line_of(feature)
            wordings.append(laid(feature))
        rewrites = self._files.rewrites(puts)
        for rewrite in rewrites:
            if not rewrite.old.is_whole:
                raise UnreadableFile(
                    f"{rewrite.old.name} could not be read whole, so it is not written to; nothing was changed:\n"
                    + "\n".join(f"  {problem}" for problem in rewrite.old.problems if problem.level == "error")
                )
        files = {rewrite.path.name: (rewrite.old.digest, rewrite.new.digest) for rewrite in rewrites}
        # The same in every line.
        time, word, nothing = (laid(said) for said in (dates.utc_text(moment), command, None))
        entries = (
            {
                "time": time,
                "analyst": by or after.analyst,
                "command": word,
                "id": after.id,
                "before": laid(before.to_feature()) if before else nothing,
                "after": wording,
                **({"why": why} if why else {}),
            }
            for (before, after), wording in zip(changes, wordings, strict=True)
        )
        try:
            with (
                staged(rewrites) as swaps,
                self._files.journal.appended(entries, files, lambda: self._files.none_new(files)),
            ):
                self._files.swap(swaps)
        except OSError as error:
            where = self.folder / "observations"
            then = "nothing was changed" if self._files.none_new(files) else "the next command completes the write"
            raise CannotWrite(f"cannot write in {where}: {error.strerror or error}; {then}") from error
        self._files.keep_indexes()

    def digest(self, records: Iterable[Observation]) -> str:
        """SHA-256 over the canonical records (RFC 8785), the register and the vocabulary that a page shows."""
        whole = hashlib.sha256()
        for text in featuretext.of_canonical(by_id(records)):
            whole.update(text + b"\n")
        for name in (REGISTER_FILE, VOCABULARY_FILE):
            whole.update((self.folder / name).read_bytes())
        return whole.hexdigest()

    def digest_of_files(self) -> str:
        """SHA-256 over the names and digests of the data files, the register and the vocabulary: a digest of many
        records without one of them being laid out."""
        files = [*self._files.seed_paths(), *self._files.year_paths(), *self._files.bulk.paths]
        whole = hashlib.sha256()
        for path in (*files, self.folder / REGISTER_FILE, self.folder / VOCABULARY_FILE):
            name = path.relative_to(self.folder).as_posix()
            whole.update(f"{name} {digest(path)}\n".encode())
        return whole.hexdigest()


def _not_all_ids(problems: Iterable[Problem]) -> str:
    what = "not all ids on file are known, so no record can have one; nothing was changed:\n"
    return what + "\n".join(f"  {problem}" for problem in problems if problem.level == "error")


def _moment(now: datetime | None) -> datetime:
    """The time of a write: the clock's, if not given; whole seconds.

    Raises:
        InvalidValue: it has no time zone.
    """
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    if moment.tzinfo is None:
        raise InvalidValue("now", moment.isoformat(), "has no time zone", example="2026-11-16T09:00:00Z")
    return moment


def packaged_seeds() -> Path:
    """The folder of seeds that came with the package: in the wheel, or beside ``src`` in a checkout."""
    inside = Path(__file__).parent / "seeds"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "seeds"


class _UnusableError(Exception):
    """A Feature that is left out of every answer, with what is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems


def _validated(line: Line, file: YearFile, first_places: dict[str, str]) -> Observation:
    """The record of a line; its id is entered into ``first_places``, where no other may have it."""
    feature = line.feature
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _UnusableError(line.problem(file, "is not a GeoJSON Feature", "type", KEPT))
    if line.id is None:
        mend = f'give it one, such as "dunay-2025-05-18-ropucha-class"; {KEPT}'
        raise _UnusableError(line.problem(file, "a Feature without id", "id", mend))
    try:
        record = Observation.from_feature(feature)
    except InvalidRecord as error:
        found = [line.problem(file, str(p).removeprefix(f"{p.field}: "), p.field, KEPT) for p in error.problems]
        raise _UnusableError(*found) from None
    here = f"{file.name}:{line.number}" if line.number else file.name
    first = first_places.setdefault(line.id, here)
    if first is not here:
        what = f"the id stands at {first} already"
        raise _UnusableError(line.problem(file, what, "id", f"give this one another id; {KEPT}"))
    return record
