"""The data files of a logbook as they are now: year files, seeds, bulk files and the journal, and how new ones come in.

A file that was read once is not read again until it changes. A new year file is written beside the old one and renamed
into its place; what is known of it is known by the stamp it was written with.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from resight import bulkfile, bulktwins, index
from resight.bulkfile import BulkFiles
from resight.featurefile import (
    FeatureFile,
    Line,
    Rewrite,
    YearFile,
    digest,
    fsync_folder,
    parse,
    put_in_place,
    stamp_of,
)
from resight.index import IndexedFile
from resight.journal import NAME as JOURNAL_FILE
from resight.journal import Journal


class DataFiles:
    """Year files, seeds, bulk files and journal of one folder.

    Args:
        folder: the logbook's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.observations = folder, folder / "observations"
        self._parsed: dict[Path, FeatureFile] = {}
        self._indexed: dict[Path, IndexedFile] = {}
        self._bulk: BulkFiles | None = None

    @property
    def journal(self) -> Journal:
        """The journal."""
        return Journal(self.folder / JOURNAL_FILE)

    @property
    def bulk(self) -> BulkFiles:
        """The bulk files as they are now."""
        paths = bulkfile.paths(self.observations)
        if self._bulk is None or self._bulk.paths != paths:
            self._bulk = BulkFiles(paths)
            bulktwins.put_apart(self._bulk, self.journal.bulk_names, self._ids, self.own_folder)
        return self._bulk

    def glanced(self) -> list[YearFile]:
        """As :meth:`whole`, but a year file that has an index is not parsed."""
        return [*map(self.load, self.seed_paths()), *map(self.glance, self.year_paths())]

    def whole(self) -> list[FeatureFile]:
        """The seeds and the year files, parsed."""
        return [self.load(path) for path in (*self.seed_paths(), *self.year_paths())]

    def _ids(self) -> set[str]:
        """The ids of the year files."""
        return {identifier for path in self.year_paths() for identifier in self.glance(path).ids if identifier}

    def seed_paths(self) -> list[Path]:
        """The published records that came with the package."""
        return sorted((self.folder / "seeds").glob("pattern-*.geojson"))

    def year_paths(self) -> list[Path]:
        """The year files."""
        return sorted(self.observations.glob("*.geojson"))

    def load(self, path: Path) -> FeatureFile:
        """A year file, parsed."""
        cached = self._parsed.get(path)
        if cached is None or cached.stamp != stamp_of(path):
            cached = self._parsed[path] = parse(path, f"{path.parent.name}/{path.name}")
        return cached

    def glance(self, path: Path) -> YearFile:
        """A year file by its index, where that is right; else parsed."""
        return self.known(path) or self.load(path)

    def known(self, path: Path) -> YearFile | None:
        """What is known of a year file as it is now without parsing it; None when it has to be."""
        for known in (self._parsed.get(path), self._indexed.get(path)):
            if known is not None and known.stamp == stamp_of(path):
                return known
        found = index.load(self.own_folder, path, f"{path.parent.name}/{path.name}")
        if found is not None:
            self._indexed[path] = found
        return found

    def keep_indexes(self) -> None:
        """Write down where the lines of the year files stand. Call under the lock."""
        for path in self.year_paths():
            parsed = self._parsed.get(path)
            known = IndexedFile.of(parsed) if parsed and path not in self._indexed else self._indexed.get(path)
            if known is not None and known.stamp == stamp_of(path):
                self._indexed[path] = known
                known.keep(self.own_folder)

    @property
    def own_folder(self) -> Path:
        """Where lock and indexes stand: beside the data, for two folders may share one observations/ by a link."""
        return self.observations.resolve().parent / ".resight"

    def rewrites(self, puts: Mapping[str, Line]) -> list[Rewrite]:
        """The year files that change when these records are put in: those that gain one first.

        In that order a record that moves to another year file is for a moment in both, never in none.
        """
        years: dict[str, list[Line]] = {}
        for line in puts.values():
            years.setdefault(line.earliest[:4], []).append(line)
        gains = {self.observations / f"{year}.geojson": lines for year, lines in years.items()}
        paths = [*gains, *(path for path in self.year_paths() if path not in gains)]
        rewrites: list[Rewrite] = []
        for path in paths:
            rewrite = self.glance(path).changed(puts.keys(), gains.get(path, []))
            if rewrite is not None:
                rewrites.append(rewrite)
        return rewrites

    def swap(self, swaps: Iterable[tuple[Rewrite, Path]]) -> None:
        """Rename the staged files into place."""
        swaps = list(swaps)
        # Their stamps as they were written: under the new name another program may have changed them already.
        stamps = [stamp_of(temporary) for _, temporary in swaps]
        put_in_place(swaps)
        for (rewrite, _), stamp in zip(swaps, stamps, strict=True):
            self._hold(rewrite.new.at(stamp))
        fsync_folder(self.observations)

    def _hold(self, file: YearFile) -> None:
        """Remember a file that was written."""
        self._parsed.pop(file.path, None)
        self._indexed.pop(file.path, None)
        if isinstance(file, FeatureFile):
            self._parsed[file.path] = file
        elif isinstance(file, IndexedFile):
            self._indexed[file.path] = file

    def behind(self, files: Mapping[str, tuple[str, str]]) -> list[str]:
        """Of the files of a write, with their digests before and after: those still as they were before."""
        return [name for name, (old, new) in files.items() if old != new and self.is_now(name, old)]

    def is_now(self, name: str, wanted: str) -> bool:
        """Is a file of a write there with this digest ("": not there)? A bulk file is known by its name."""
        path = self.observations / name
        if bulkfile.NAME.fullmatch(name):
            return path.exists() == bool(wanted)
        known = self.known(path)
        return (known.digest if known else digest(path)) == wanted

    def none_new(self, files: Mapping[str, tuple[str, str]]) -> bool:
        """None of the files of a write is in place: whoever changed one meanwhile, it was not us."""
        return not any(old != new and self.is_now(name, new) for name, (old, new) in files.items())


def is_seed(file: YearFile) -> bool:
    """Does a file hold published records, not those of the logbook's own?"""
    return file.path.parent.name == "seeds"
