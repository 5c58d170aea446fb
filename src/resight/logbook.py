"""The logbook on disk: read, add, amend, withdraw. The only module that touches the data files.

A write goes: lock, read the year files again, write the new ones beside the old, fsync, append the journal line,
fsync, rename, fsync the folder. A crash after the journal line is repaired at the next open, a crash before it
leaves nothing behind. A file that could not be read whole is never overwritten.
"""

import contextlib
import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from datetime import date as Day
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import orjson

from resight import bulkfile, checks, custody, dates, images, index, rubbish
from resight.bulkfile import BulkFiles
from resight.checks import REGISTER_FILE, Located
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
    FeatureFile,
    Line,
    Rewrite,
    YearFile,
    digest,
    fsync_folder,
    line_of,
    new_line,
    parse,
    put_in_place,
    staged,
    stamp_of,
)
from resight.images import Image
from resight.index import IndexedFile
from resight.journal import NAME as JOURNAL_FILE
from resight.journal import (
    Journal,
    LastWrite,
    Past,
    canonical,
    concealed,
    feature_text,
    is_of_bulk,
    laid,
    says_other,
)
from resight.merge import settled
from resight.naming import new_id, stem
from resight.observation import Observation, Site, Source
from resight.vocabulary import FILE as VOCABULARY_FILE
from resight.vocabulary import Vocabulary, fold, from_toml, near_names

if TYPE_CHECKING:
    import pyarrow as pa
    from geopandas import GeoDataFrame

LOCK_SECONDS = 20
#: Names that are near another are looked for among so many; more take seconds.
_FEW = 1000
_KEPT = "it stays in the file and is left out of every answer until mended"


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
        self._parsed: dict[Path, FeatureFile] = {}
        self._indexed: dict[Path, IndexedFile] = {}
        self._bulk_files: BulkFiles | None = None
        self._holds_lock = False
        #: What a repair at opening did, for the person.
        self.repairs: list[Problem] = []

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

    def wordings(
        self, *, between: tuple[Day, Day], sites: Collection[str], bulk: bool = True
    ) -> list[tuple[Observation, ...]]:
        """The records that touch these days at these sites, or once did, each as it is now and as it was before.

        Withdrawn ones too: what was imported once and corrected or withdrawn since is found by its earlier wording.
        Those that stand in bulk files alone, in their one wording, are among them or not.
        """
        records = [item.record for item in self._located([], withdrawn=True, bulk=False)]
        if bulk and self._bulk:
            records += bulkfile.records(self.bulk_rows(between=between, sites=sites))
        revised = {record.id for record in records if record.revision > 1}
        earlier: dict[str, list[Observation]] = {}
        for entry in self._journal.entries([]) if revised else ():
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
    ) -> "GeoDataFrame":
        """The records as a GeoDataFrame: id as index, proper dtypes, EPSG:4326. See :func:`resight.frame.to_frame`.

        Those of bulk files are read as columns, and none of them is made a record: a million rows come in seconds.

        Args:
            withdrawn: also those that were withdrawn.
            between: only records whose bounds touch these days, both included.
            sites: only records of these site ids.
            columns: only these columns, in this order, besides id and geometry.

        Raises:
            InvalidValue: a column is none of a record.
        """
        from resight.frame import joined, of_columns, of_table, to_frame

        with rubbish.put_off():
            # One record at a time becomes a row: a frame of a hundred thousand needs no hundred thousand models.
            located = self._located([], between, sites, withdrawn=withdrawn, bulk=False)
            found = to_frame(item.record for item in located)
            if not self._bulk:
                return of_columns(found, columns)
            # Bounds are needed for the order.
            names = list(dict.fromkeys((*of_columns(found, columns).columns, "earliest", "latest")))
            rows = self.bulk_rows(["id", *names], between=between, sites=sites, withdrawn=withdrawn)
            parts = [part for part in (found[names], of_table(rows)) if len(part)]
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
        revised = {i for file in self._glanced() if not _is_seed(file) for i in file.ids if i is not None}
        return self._bulk.table(columns, between=between, sites=sites, without=revised, withdrawn=withdrawn)

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
        self._finish_interrupted_write()
        found = [(file, line) for file in self._glanced() for line in file.holding((identifier,))]
        in_bulk = [] if found else self._bulk.find(identifier)
        if not found and not in_bulk:
            known = (line.id for file in self._files() for line in file.lines if line.id)
            # Of a million, those that begin as this one are looked at.
            raise NotFound(
                identifier, near_names(identifier, (*known, *self._bulk.like([identifier.rpartition("-")[0]])))
            )
        if sum(not _is_seed(file) for file, _ in found) > 1:
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
        return list(images.audit(self.folder, self._located([], withdrawn=True)))

    def check(self, *, as_of: datetime | None = None) -> list[Problem]:
        """Everything that is wrong or worth knowing in the whole logbook, with ``as_of`` as it stood at that moment.

        The images on file are not looked at, see :meth:`check_images`.
        """
        problems: list[Problem] = []
        located = list(self._located(problems, withdrawn=True, as_of=as_of, bulk=as_of is not None))
        if as_of is None and self._bulk:
            located += self._suspects(located, problems)
        return [
            *problems,
            *self._out_of_place(),
            *self._changed_bulk(),
            *checks.run(checks.Context(located, self.sites, self.vocabulary)),
        ]

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
        ids = set(there.column("id").filter(found).to_pylist())
        return [
            Located(record, name, None)
            for name, batch in self._bulk.batches(ids=ids)
            for record in bulkfile.records(batch)
        ]

    def _changed_bulk(self) -> Iterator[Problem]:
        """The bulk files that are not as they were written, by the digest that they are named by."""
        for file in self._held():
            what, mend = "", "put it back from a copy or out of git"
            if not bulkfile.NAME.fullmatch(file.key):
                what = "is not named by its content, so it was put there outside the log"
                mend = "take it out, and import it with --bulk"
            elif file.digest[: len(Path(file.key).stem)] != Path(file.key).stem:
                what = "was changed after it was written: its content is not what it is named by"
            if what and file.records is not None:
                yield Problem("error", what, file.name, mend=mend)

    def _out_of_place(self) -> Iterator[Problem]:
        for path in self._year_files():
            file = self._load(path)
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
        years = (parse(path, f"observations/{path.name}") for path in self._year_files())
        seeds = (parse(path, f"seeds/{path.name}") for path in self._seed_files())
        return custody.agreement(self._journal.rows, years, seeds, self._held())

    def _held(self) -> list[custody.Held]:
        """The bulk files, each read whole to see that it is unchanged."""
        files = self._bulk
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
        found = custody.marks(self._journal.rows(), set(lines))
        return sorted(found, key=lambda mark: (mark.line != first, mark.line))

    def _stamps(self) -> list[tuple[int, int, int]]:
        return [stamp_of(path) for path in (self._journal.path, *self._year_files(), *self._bulk.paths)]

    def history(self, identifier: str) -> list[custody.Step]:
        """Who changed a record when and with which command, oldest first; changes outside the log stand between.

        Raises:
            NotFound: neither the files nor the journal know it; near ids are offered.
        """
        self._finish_interrupted_write()
        seed: tuple[str, Any] | None = None
        today: Any = None
        for file in self._files():
            for line in file.lines:
                if line.id == identifier and _is_seed(file):
                    seed = file.name, line.feature
                elif line.id == identifier:
                    today = line.feature
        imported = next(
            ((name.removeprefix("observations/"), record.to_feature()) for name, record in self._bulk.find(identifier)),
            None,
        )
        steps = custody.history(self._journal.rows(), identifier, today, seed, imported)
        if not steps:
            self.find(identifier)
        return steps

    def outside(self, problems: list[Problem] | None = None) -> list[custody.Outside]:
        """The records on which the journal and the files disagree: changed, added or taken out outside the log.

        Those that are no records any more are left out, and told in ``problems``.
        """
        past = self._journal.past(datetime.max.replace(tzinfo=UTC), [])
        found: list[custody.Outside] = []
        for item in self._located(problems if problems is not None else [], withdrawn=True, bulk=False):
            record, entry = item.record, past.last.get(item.record.id or "")
            if entry is None and not item.file.startswith("seeds/"):
                found.append(custody.Outside(record.id or "", None, record))
            elif entry is not None and says_other(entry.after, record):
                with contextlib.suppress(InvalidRecord):
                    found.append(custody.Outside(entry.id, Observation.from_feature(orjson.loads(entry.after)), record))
        files = self._files()
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
            (concealed(logged, _confidential(today)), today)
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
        self._finish_interrupted_write()
        problems += self.file_problems()
        is_narrow = as_of is None and between is not None and sites is not None
        files: Sequence[YearFile] = self._glanced() if is_narrow else self._files()
        then = _Then(as_of, self._journal, self._files(), problems) if as_of is not None else None
        seeded: set[str | None] = set().union(*(file.ids for file in files if _is_seed(file)))
        if then and bulk:
            seeded |= self._bulk.holding({i for file in files if not _is_seed(file) for i in file.ids})
        # What stands in observations/ under the id of a seed is its revision.
        revisions = [line for f in files if not _is_seed(f) for line in f.holding(seeded)] if seeded else []
        revised = {line.id for line in revisions if then is None or then.had_begun(line)}
        not_yet = {line.id for line in revisions} - revised
        bounds = (between[0].isoformat(), between[1].isoformat()) if between else None
        first_places: dict[str, str] = {}
        for file in files:
            left_out = revised if _is_seed(file) else not_yet
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
        if bulk and self._bulk:
            elsewhere = [file.ids for file in files if not _is_seed(file)]
            for name, batch in self._bulk.batches(between=between, sites=sites, withdrawn=withdrawn):
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
                            Problem("error", str(p), name, None, identifier or "", "", _KEPT) for p in error.problems
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
        of_files = (problem for file in self._glanced() for problem in file.problems)
        return [*self.repairs, *self._register[1], *of_files, *self._bulk.problems]

    @property
    def _bulk(self) -> BulkFiles:
        """The bulk files as they are now."""
        paths = bulkfile.paths(self.folder / "observations")
        if self._bulk_files is None or self._bulk_files.paths != paths:
            self._bulk_files = BulkFiles(paths)
        return self._bulk_files

    def _glanced(self) -> list[YearFile]:
        """As :meth:`_files`, but a year file that has an index is not parsed."""
        seeds = sorted((self.folder / "seeds").glob("pattern-*.geojson"))
        return [*map(self._load, seeds), *map(self._glance, self._year_files())]

    def _files(self) -> list[FeatureFile]:
        return [self._load(path) for path in (*self._seed_files(), *self._year_files())]

    def _seed_files(self) -> list[Path]:
        return sorted((self.folder / "seeds").glob("pattern-*.geojson"))

    def _year_files(self) -> list[Path]:
        return sorted((self.folder / "observations").glob("*.geojson"))

    def _load(self, path: Path) -> FeatureFile:
        cached = self._parsed.get(path)
        if cached is None or cached.stamp != stamp_of(path):
            cached = self._parsed[path] = parse(path, f"{path.parent.name}/{path.name}")
        return cached

    def _glance(self, path: Path) -> YearFile:
        """A year file by its index, where that is right; else parsed."""
        return self._known(path) or self._load(path)

    def _known(self, path: Path) -> YearFile | None:
        """What is known of a year file as it is now without parsing it; None when it has to be."""
        for known in (self._parsed.get(path), self._indexed.get(path)):
            if known is not None and known.stamp == stamp_of(path):
                return known
        found = index.load(self._own_folder, path, f"{path.parent.name}/{path.name}")
        if found is not None:
            self._indexed[path] = found
        return found

    def _keep_indexes(self) -> None:
        """Write down where the lines of the year files stand. Call under the lock."""
        for path in self._year_files():
            parsed = self._parsed.get(path)
            known = IndexedFile.of(parsed) if parsed and path not in self._indexed else self._indexed.get(path)
            if known is not None and known.stamp == stamp_of(path):
                self._indexed[path] = known
                known.keep(self._own_folder)

    @property
    def _own_folder(self) -> Path:
        """Where lock and indexes stand: beside the data, for two folders may share one observations/ by a link."""
        return (self.folder / "observations").resolve().parent / ".resight"

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
            taken: set[str | None] = set().union(*(file.ids for file in self._glanced()))
            if self._bulk:
                taken |= self._bulk.like({stem(record.site, record.date, record.platform) for record in records})
                taken |= self._bulk.holding({record.id for record in records})
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
            unread = [problem for problem in self.file_problems() if problem.level == "error"]
            if unread:
                what = "not all ids on file are known, so no bulk file is written; nothing was changed:\n"
                raise UnreadableFile(what + "\n".join(f"  {problem}" for problem in unread))
            taken = set().union(*(file.ids for file in self._glanced())) - {None}
            rows = bulkfile.with_ids(bulkfile.with_moment(rows, moment), self._bulk.ids(taken))
            self._write_bulk(rows, source, moment, by)
        return rows

    def _write_bulk(self, rows: "pa.Table", source: str, moment: datetime, by: str | None) -> None:
        """Put rows on disk as new files, which wait beside their places until the journal has its lines."""
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
            with self._journal.appended(entries, digests, lambda: self._none_new(digests)):
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
            then = "nothing was changed" if self._none_new(digests) else "the next command completes the write"
            raise CannotWrite(f"cannot write in {observations}: {error.strerror or error}; {then}") from error
        finally:
            # What the journal has a line of waits for the next command.
            if self._none_new(digests) or not self._behind(digests):
                bulkfile.clear(observations)

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
                raise CannotWrite(f"{_named(moved)}: changed again meanwhile; nothing was written: look again")
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
            own = self._own_folder
            own.mkdir(exist_ok=True)
            ignore = own / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
            with FileLock(own / "lock", timeout=LOCK_SECONDS):
                self._holds_lock = True
                try:
                    for left_by_a_crash in observations.glob(".*.geojson.*.tmp"):
                        left_by_a_crash.unlink(missing_ok=True)
                    self._finish_interrupted_write(locked=True)
                    bulkfile.clear(observations)
                    yield
                finally:
                    self._holds_lock = False
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
        rewrites = self._rewrites(puts)
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
            with staged(rewrites) as swaps, self._journal.appended(entries, files, lambda: self._none_new(files)):
                self._swap(swaps)
        except OSError as error:
            where = self.folder / "observations"
            then = "nothing was changed" if self._none_new(files) else "the next command completes the write"
            raise CannotWrite(f"cannot write in {where}: {error.strerror or error}; {then}") from error
        self._keep_indexes()

    @property
    def _journal(self) -> Journal:
        return Journal(self.folder / "observations" / "journal.jsonl")

    def _rewrites(self, puts: Mapping[str, Line]) -> "list[Rewrite]":
        """The year files that change when these records are put in: those that gain one first.

        In that order a record that moves to another year file is for a moment in both, never in none.
        """
        years: dict[str, list[Line]] = {}
        for line in puts.values():
            years.setdefault(line.earliest[:4], []).append(line)
        gains = {self.folder / "observations" / f"{year}.geojson": lines for year, lines in years.items()}
        paths = [*gains, *(path for path in self._year_files() if path not in gains)]
        rewrites: list[Rewrite] = []
        for path in paths:
            rewrite = self._glance(path).changed(puts.keys(), gains.get(path, []))
            if rewrite is not None:
                rewrites.append(rewrite)
        return rewrites

    def _swap(self, swaps: "Iterable[tuple[Rewrite, Path]]") -> None:
        """Rename the staged files into place."""
        swaps = list(swaps)
        # Their stamps as they were written: under the new name another program may have changed them already.
        stamps = [stamp_of(temporary) for _, temporary in swaps]
        put_in_place(swaps)
        for (rewrite, _), stamp in zip(swaps, stamps, strict=True):
            self._hold(rewrite.new.at(stamp))
        fsync_folder(self.folder / "observations")

    def _hold(self, file: YearFile) -> None:
        """Remember a file that was written."""
        self._parsed.pop(file.path, None)
        self._indexed.pop(file.path, None)
        if isinstance(file, FeatureFile):
            self._parsed[file.path] = file
        elif isinstance(file, IndexedFile):
            self._indexed[file.path] = file

    def _finish_interrupted_write(self, *, locked: bool = False) -> None:
        """Carry out the last write of the journal if a crash kept it from the year files."""
        journal = self._journal
        if not journal.path.exists() or (self._holds_lock and not locked):
            return
        if not locked:
            # Most opens find nothing to do, and need no lock to see it.
            last = journal.last_write()
            if last.is_settled and not self._behind(last.files) and not self._split_by_merge(last):
                self._look_for_lost(last)
                return
            try:
                with self._locked():
                    pass
            except (CannotWrite, UnreadableFile) as error:
                what = str(error).removeprefix(f"{JOURNAL_FILE}: ")
                if isinstance(error, CannotWrite):
                    what = f"the last write was cut off by a crash and cannot be carried out here: {what}"
                problem = Problem("error", what, JOURNAL_FILE)
                if problem not in self.repairs:
                    self.repairs.append(problem)
            return
        if journal.drop_unfinished(self._stand):
            what = "ended in a write that had been cut off before it counted; that has been taken out now"
            mend = "log again what was not confirmed; `resight verify` names what is on file all the same"
            self.repairs.append(Problem("notice", what, JOURNAL_FILE, mend=mend))
        last = journal.last_write()
        behind = self._behind(last.files)
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
        with staged([rewrite for rewrite in self._rewrites(puts) if rewrite.path.name in behind]) as swaps:
            self._swap(swaps)
        for identifier in puts:
            what = "the last write had been cut off after its journal line; it has been carried out now"
            self.repairs.append(Problem("notice", what, JOURNAL_FILE, None, identifier))

    def _stand(self, wordings: Mapping[str, Mapping[str, Any]]) -> bool:
        """Does a year file have any of these records in this wording?"""
        texts: dict[str | None, bytes] = {identifier: feature_text(feature) for identifier, feature in wordings.items()}
        for file in map(self._glance, self._year_files()):
            for line in file.holding(texts.keys()):
                with contextlib.suppress(InvalidRecord):
                    if not says_other(texts[line.id], Observation.from_feature(line.feature)):
                        return True
        return False

    def _split_by_merge(self, last: LastWrite) -> set[str]:
        """Ids that a merge, when it is the last write, left in two year files: git has each file merged by itself."""
        if not last.entries or last.entries[-1]["command"] != "merge":
            return set()
        stands = Counter(line.id for path in self._year_files() for line in self._load(path).lines if line.id)
        return {identifier for identifier, times in stands.items() if times > 1}

    def _carry_out_merge(self, split: Collection[str]) -> None:
        """Put records that stand in two year files where the journal, which was merged as a whole, has them."""
        there = {line.id for path in self._year_files() for line in self._load(path).lines}
        entries = self._journal.last_write(whole=True).entries
        # What theirs said under such an id has a new one, and stands in no file yet.
        of_these = [entry for entry in entries if entry["id"] in split or entry["id"] not in there]
        puts = {entry["id"]: new_line(Observation.from_feature(entry["after"])) for entry in of_these}
        with staged(self._rewrites(puts)) as swaps:
            self._swap(swaps)
        for identifier in puts:
            what = "both sides of a merge had it, in different years; it stands now where the journal has it"
            self.repairs.append(Problem("notice", what, JOURNAL_FILE, None, identifier, mend="commit that, too"))

    def _finish_bulk(self, behind: Sequence[str], files: Mapping[str, tuple[str, str]]) -> None:
        """Put bulk files in their places that have waited there since a crash."""
        for name in behind:
            place = self.folder / "observations" / name
            waiting = bulkfile.waiting_at(place)
            if digest(waiting) == files[name][1]:
                waiting.replace(place)
                fsync_folder(place.parent)
                what = "the last write had been cut off after its journal line; it has been carried out now"
                self.repairs.append(Problem("notice", what, f"observations/{name}"))
            else:
                self._say_lost_bulk(name)

    def _say_lost_bulk(self, name: str) -> None:
        what = "this file stands in the journal alone: its write was cut off, or it was taken out"
        problem = Problem("error", what, f"observations/{name}", mend="put it back from a copy, or import it again")
        if problem not in self.repairs:
            self.repairs.append(problem)

    def _look_for_lost(self, last: LastWrite) -> None:
        """Say so if the last write is in the journal alone: cut off, and its year file edited before the next open."""
        if all(self._is_now(name, new) for name, (_, new) in last.files.items()):
            return
        files = [self._load(path) for path in self._year_files()]
        if not all(file.is_whole for file in files):
            # What cannot be read is said of the file itself, and may hold them.
            return
        lines = {line.id: line for file in files for line in file.lines}
        for entry in self._journal.last_write(whole=True).entries:
            wanted, line = _revision(entry["after"]), lines.get(entry["id"])
            if (_revision(line.feature) if line else 0) < wanted:
                done, mend = "taken out of the files", "`resight adopt` brings it back as withdrawn; or log it again"
                if line is not None:
                    done, mend = "put back to an earlier one", "`resight adopt` takes that in; or amend it again"
                what = f"revision {wanted} of this record stands in the journal alone"
                what += f": its write was cut off, or it was {done} by hand"
                problem = Problem("error", what, JOURNAL_FILE, None, entry["id"], mend=mend)
                if problem not in self.repairs:
                    self.repairs.append(problem)

    def _behind(self, files: Mapping[str, tuple[str, str]]) -> list[str]:
        """Of the files of a write, with their digests before and after: those still as they were before."""
        return [name for name, (old, new) in files.items() if old != new and self._is_now(name, old)]

    def _is_now(self, name: str, wanted: str) -> bool:
        """Is a file of a write there with this digest ("": not there)? A bulk file is known by its name."""
        path = self.folder / "observations" / name
        if bulkfile.NAME.fullmatch(name):
            return path.exists() == bool(wanted)
        known = self._known(path)
        return (known.digest if known else digest(path)) == wanted

    def _none_new(self, files: Mapping[str, tuple[str, str]]) -> bool:
        """None of the files of a write is in place: whoever changed one meanwhile, it was not us."""
        return not any(old != new and self._is_now(name, new) for name, (old, new) in files.items())

    def digest(self, records: Iterable[Observation]) -> str:
        """SHA-256 over the canonical records (RFC 8785), the register and the vocabulary that a page shows."""
        whole = hashlib.sha256()
        for record in sorted(records, key=lambda r: r.id or ""):
            whole.update(canonical(record.to_feature()) + b"\n")
        for name in (REGISTER_FILE, VOCABULARY_FILE):
            whole.update((self.folder / name).read_bytes())
        return whole.hexdigest()


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
        raise _UnusableError(line.problem(file, "is not a GeoJSON Feature", "type", _KEPT))
    if line.id is None:
        mend = f'give it one, such as "dunay-2025-05-18-ropucha-class"; {_KEPT}'
        raise _UnusableError(line.problem(file, "a Feature without id", "id", mend))
    try:
        record = Observation.from_feature(feature)
    except InvalidRecord as error:
        found = [line.problem(file, str(p).removeprefix(f"{p.field}: "), p.field, _KEPT) for p in error.problems]
        raise _UnusableError(*found) from None
    here = f"{file.name}:{line.number}" if line.number else file.name
    first = first_places.setdefault(line.id, here)
    if first is not here:
        what = f"the id stands at {first} already"
        raise _UnusableError(line.problem(file, what, "id", f"give this one another id; {_KEPT}"))
    return record


class _Then:
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
                    self.problems.append(Problem("error", what, JOURNAL_FILE, entry.line, identifier, p.field, _KEPT))
                continue
            if self.holds(record):
                confidential = list(self.past.confidential.get(identifier, ()))
                with contextlib.suppress(InvalidRecord):
                    if identifier in today:
                        confidential += _confidential(Observation.from_feature(today[identifier].feature))
                yield Located(concealed(record, confidential), JOURNAL_FILE, entry.line)

    def doubts(self) -> Iterator[Problem]:
        """What is not known of the moment, as notices."""
        day = dates.utc_text(self.moment)
        if self._changed:
            what = f"changed outside the log, when is not known; the wording shown may be later than {day}"
            yield Problem("notice", f"{_named(self._changed)}: {what}", JOURNAL_FILE)
        if all(file.is_whole for file in self.files):
            there = set(self.past.next).union(*(file.ids for file in self.files))
            lost = [identifier for identifier in self.past.last if identifier not in there]
            if lost:
                what = f"taken out of the files outside the log, when is not known; left out as of {day}"
                yield Problem("notice", f"{_named(lost)}: {what}", JOURNAL_FILE)


def _revision(feature: Any) -> int:
    """The revision that a Feature states, 1 where it states none; 0 for what is no record's."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    stated = properties.get("revision", 1) if isinstance(properties, dict) else 0
    return stated if isinstance(stated, int) else 0


def _named(identifiers: Sequence[str], most: int = 5) -> str:
    more = f" and {len(identifiers) - most} more" if len(identifiers) > most else ""
    return ", ".join(identifiers[:most]) + more


def _confidential(record: Observation) -> list[Source]:
    return [source for source in record.sources if source.confidential]


def _is_seed(file: YearFile) -> bool:
    return file.path.parent.name == "seeds"
