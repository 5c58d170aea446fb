"""The records that a list or an export is about, in order and some thousand at a time, without holding them all.

A million records of bulk files are no million objects: of each the selection knows where it stands and its place in the
order, and reads its fields when its turn comes. So a list begins at once, and the room that it takes hardly grows with
its length. Without bulk files a list of the records does as well, and needs no library.

pyarrow and numpy do the work; they are loaded only where there are bulk files.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from resight import bulkfile
from resight.bulkfile import BulkFiles
from resight.errors import Problem
from resight.observation import Observation
from resight.vocabulary import Individual, Platform, Vocabulary

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.signedinteger[Any]]
    Mask: TypeAlias = NDArray[np.bool_]

#: Records that can be counted, and gone through in order as often as is needed.
Records: TypeAlias = "Sequence[Observation] | Selection"
#: Rows that are handed on together.
BATCH = 2**13
#: Rows that are fetched together: with more the files are gone through less often, and there must be room for them.
WINDOW = 2**17
#: At first only so many are fetched, so that they are there at once.
FIRST = 2**14


class Wanted(NamedTuple):
    """Which records are asked for; what is None or empty asks for nothing."""

    vocabulary: Vocabulary
    sites: Collection[str] | None = None
    #: The bounds of a record touch one of these years.
    years: Collection[int] = ()
    #: It is this platform or one below it in the tree, or this hull or tail.
    platform: Platform | Individual | None = None
    #: Fields that have this value.
    values: Mapping[str, str] = {}
    tag: str | None = None

    @property
    def withdrawn(self) -> bool:
        """Are withdrawn records asked for?"""
        return self.values.get("status") == "withdrawn"

    def fits(self, record: Observation) -> bool:
        """Is this record asked for?"""
        first, last = record.bounds
        return (
            (self.sites is None or record.site in self.sites)
            and all(getattr(record, name) == value for name, value in self.values.items())
            and (not self.years or any(first.year <= year <= last.year for year in self.years))
            and self._is_of(record.platform, record.platform_name)
            and (self.tag is None or self.tag in record.tags)
        )

    def _is_of(self, platform: str | None, name: str | None) -> bool:
        if isinstance(self.platform, Individual):
            return name is not None and self.vocabulary.same_individual(name, self.platform.name)
        return self.platform is None or (platform is not None and self.platform.id in self.vocabulary.path(platform))

    @property
    def columns(self) -> set[str]:
        """The columns that :meth:`fitting` looks at."""
        of_platform = "platform_name" if isinstance(self.platform, Individual) else "platform"
        return {
            *self.values,
            *(["site"] if self.sites is not None else []),
            *([of_platform] if self.platform is not None else []),
            *(["tags"] if self.tag is not None else []),
            *(["earliest", "latest"] if self.years else []),
        }

    def fitting(self, rows: pa.Table) -> Mask:
        """Which rows of bulk files are asked for, as :meth:`fits` has it of their records."""
        import numpy as np

        found = np.ones(rows.num_rows, dtype=bool)
        if self.sites is not None:
            found &= _where(rows, "site", self.sites.__contains__)
        for name, value in self.values.items():
            found &= _where(rows, name, value.__eq__)
        if isinstance(self.platform, Individual):
            found &= _where(rows, "platform_name", lambda name: self._is_of(None, name))
        elif self.platform is not None:
            found &= _where(rows, "platform", lambda platform: self._is_of(platform, None))
        if self.tag is not None:
            found &= _where(rows, "tags", lambda tags: self.tag in json.loads(tags))
        if self.years:
            first, last = (_years(_days(rows, name)) for name in ("earliest", "latest"))
            found &= np.any([(first <= year) & (year <= last) for year in self.years], axis=0)
        return found


def _where(rows: pa.Table, name: str, test: Callable[[str], bool]) -> Mask:
    """Where a column holds a text that passes; each different one is tested once."""
    import numpy as np

    coded = bulkfile.joined(rows.column(name).cast("string")).dictionary_encode()
    # The last stands for an empty cell, whose number is −1.
    passes = np.array([*(bool(test(text)) for text in coded.dictionary.to_pylist()), False])
    found: Mask = passes[coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return found


def _days(rows: pa.Table, name: str) -> Numbers:
    """A column of days as numbers from 1970."""
    import pyarrow as pa

    found: Numbers = rows.column(name).cast(pa.int32()).to_numpy()
    return found


def _years(days: Numbers) -> Numbers:
    import numpy as np

    found: Numbers = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return found


class Selection:
    """The records of a logbook that are asked for, as they may leave it unless said otherwise: without their
    confidential sources.

    It can be gone through as often as is needed. Bulk files are as they were written, so their rows are taken for the
    records that they were.

    Args:
        files: the bulk files.
        others: the records that stand elsewhere and fit.
        wanted: which records are asked for.
        without: ids that stand in the bulk files in an earlier wording.
        problems: what was met in reading.
        confidential: with their confidential sources.
    """

    def __init__(
        self,
        files: BulkFiles,
        others: Sequence[Observation],
        wanted: Wanted,
        without: Collection[str],
        problems: list[Problem],
        *,
        confidential: bool = False,
    ) -> None:
        self._files = [_File(path, count, files.hidden.get(path, ())) for path, count in files.counts.items()]
        self._wanted = wanted
        kept = [record for record in others if record.status != "withdrawn" or wanted.withdrawn]
        self._others = kept if confidential else [without_confidential(record) for record in kept]
        self._confidential = confidential
        self.problems = problems
        #: So many fit, but for being withdrawn, and were left out.
        self.withdrawn = len(others) - len(kept)
        #: So many confidential sources do the others have.
        self._hidden = confidential_sources(kept)
        #: Told how many records have been gone through, and of how many, whenever some are handed on.
        self.told: Callable[[int, int], None] = lambda _done, _of: None
        self._index = self._indexed(without)
        self._keys: list[Numbers] = [self._index.first, self._index.last, self._index.rank]

    def __len__(self) -> int:
        return len(self._index.rows)

    def __iter__(self) -> Iterator[Observation]:
        total = sum(file.count for file in self._files)
        for rows, numbers in self._batches(bulkfile.COLUMNS):
            theirs = numbers >= total
            of_bulk = bulkfile.as_written(rows.filter(~theirs) if theirs.any() else rows)
            for number, is_other in zip(numbers.tolist(), theirs.tolist(), strict=True):
                yield self._others[number - total] if is_other else next(of_bulk)

    def tables(self, columns: Sequence[str] = bulkfile.COLUMNS) -> Iterator[pa.Table]:
        """These columns of the records, some thousand at a time, in order; once none where there is no record."""
        return (rows for rows, _ in self._batches(columns))

    def laid(
        self, of_rows: Callable[[pa.Table], list[bytes | None]], of_record: Callable[[Observation], bytes]
    ) -> Iterator[bytes]:
        """The text of each record, in order.

        Args:
            of_rows: the texts of rows of bulk files, None where the record has to be asked.
            of_record: the text of a record.
        """
        import numpy as np
        import pyarrow as pa

        total = sum(file.count for file in self._files)
        for rows, numbers in self._batches(bulkfile.COLUMNS):
            texts = of_rows(rows)
            for at in np.flatnonzero(numbers >= total).tolist():
                texts[at] = of_record(self._others[numbers[at] - total])
            odd = [at for at, text in enumerate(texts) if text is None]
            for at, record in zip(odd, bulkfile.as_written(rows.take(pa.array(odd, type=pa.int64()))), strict=True):
                texts[at] = of_record(record)
            yield from (text for text in texts if text is not None)

    def unordered(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """These columns of the records, but not their sources, in the order of :attr:`first`."""
        yield from self._of_bulk(columns)
        if self._others:
            yield bulkfile.table_of(self._others).select(list(columns))

    def _of_bulk(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """These columns of the records that stand in bulk files, in their order there."""
        import numpy as np

        numbers, start = self._index.rows, 0
        for file in self._files:
            begin, end = np.searchsorted(numbers, [start, start + file.count]).tolist()
            yield from self._taken(file, numbers[begin:end] - start, columns)
            start += file.count

    @property
    def first(self) -> Numbers:
        """The earliest day of each record, as a number from 1970, in an order that does not change."""
        return self._index.first

    @property
    def last(self) -> Numbers:
        """The latest day of each record, as :attr:`first`."""
        return self._index.last

    @property
    def hidden(self) -> int:
        """How many confidential sources the records have on file."""
        return self._hidden + sum(
            sum(bool(source.get("confidential")) for source in json.loads(text))
            for rows in self._of_bulk(["sources"])
            for text in rows.column("sources").filter(bulkfile.confidential(rows)).to_pylist()
        )

    @cached_property
    def year(self) -> int:
        """The year of the newest record by its earliest day; 0 where there is none."""
        return int(_years(self.first).max()) if len(self) else 0

    @property
    def years(self) -> set[int]:
        """The years in which a record may have been."""
        import numpy as np

        return {int(year) for days in (self.first, self.last) for year in np.unique(_years(days))}

    def ordered(self, *keys: Numbers) -> Selection:
        """The same records by these keys, the first before all, each with one number for a record as :attr:`first`."""
        found = copy.copy(self)
        found._keys = [*keys, *self._keys]
        return found

    def by_id(self) -> Selection:
        """The same records in the order of their ids."""
        return self.ordered(self._index.rank)

    def by_year_and_site(self) -> Selection:
        """The same records, those of the newest year first and those that may be of two years last.

        In each year they stand by site, those without a position after the others.
        """
        import numpy as np
        import pyarrow as pa

        parts = [pa.table({"site": rows.column("site").cast("string"), "no": rows.column("geometry").is_null()})
                 for rows in self.unordered(["site", "geometry"])]  # fmt: skip
        if not parts:
            return self
        rows = pa.concat_tables(parts)
        first, last = _years(self.first), _years(self.last)
        year = np.where(first == last, -first, 0)
        return self.ordered(year, bulkfile.numbers(rows.column("site")), rows.column("no").to_numpy().astype(np.int64))

    def filled(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of these fields that any record fills."""
        found: set[str] = set()
        for rows in self.unordered(names):
            found.update(name for name in names if rows.column(name).null_count < rows.num_rows)
        return tuple(name for name in names if name in found)

    # --- where the records stand, and in which order

    def _indexed(self, without: Collection[str]) -> _Index:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        names = list({"id", "earliest", "latest", "status", *self._wanted.columns})
        parts: list[tuple[Numbers, Numbers, Numbers]] = []
        ids: list[pa.Array] = []
        start = 0
        for file in self._files:
            elsewhere = pa.array(sorted({*without, *file.hidden}), type=pa.string())
            for begin, rows in file.groups(names):
                found = self._wanted.fitting(rows)
                if len(elsewhere):
                    found &= ~pc.is_in(rows.column("id"), value_set=elsewhere).to_numpy()
                if not self._wanted.withdrawn:
                    gone = found & _where(rows, "status", "withdrawn".__eq__)
                    self.withdrawn += int(gone.sum())
                    found &= ~gone
                kept = rows.filter(pa.array(found))
                numbers = (np.flatnonzero(found) + begin + start).astype(np.int32)
                parts.append((numbers, _days(kept, "earliest"), _days(kept, "latest")))
                ids += kept.column("id").chunks
            start += file.count
        bounds = [[day.toordinal() - _EPOCH for day in record.bounds] for record in self._others]
        days = np.array(bounds, dtype=np.int32).reshape(-1, 2)
        parts.append((np.arange(start, start + len(self._others), dtype=np.int32), days[:, 0], days[:, 1]))
        ids.append(pa.array([record.id or "" for record in self._others], type=pa.string()))
        rank = np.empty(sum(map(len, ids)), dtype=np.int32)
        rank[pc.sort_indices(pa.chunked_array(ids)).to_numpy()] = np.arange(len(rank), dtype=np.int32)
        rows_, first, last = (np.concatenate([part[at] for part in parts]) for at in range(3))
        return _Index(rows_, first, last, rank)

    # --- their fields

    def _batches(self, columns: Sequence[str]) -> Iterator[tuple[pa.Table, Numbers]]:
        """Rows in order, each with its number over all files; those of other records come after all of them."""
        import numpy as np
        import pyarrow as pa

        order = np.lexsort(self._keys[::-1]).astype(np.int32)
        start, size = 0, FIRST
        if not len(order):
            yield bulkfile.schema().empty_table().select(list(columns)), order
        while start < len(order):
            places = self._index.rows[order[start : start + size]]
            standing = np.argsort(places)
            rows = self._gathered(places[standing], columns)
            at = np.empty(len(places), dtype=np.int64)
            at[standing] = np.arange(len(places))
            for begin in range(0, len(places), BATCH):
                self.told(start + begin, len(order))
                taken = rows.take(pa.array(at[begin : begin + BATCH])).combine_chunks()
                yield taken if self._confidential else _shareable(taken), places[begin : begin + BATCH]
            start, size = start + size, WINDOW

    def _gathered(self, numbers: Numbers, columns: Sequence[str]) -> pa.Table:
        """The rows with these numbers, which rise."""
        import numpy as np
        import pyarrow as pa

        parts, start = [bulkfile.schema().empty_table().select(list(columns))], 0
        for file in self._files:
            begin, end = np.searchsorted(numbers, [start, start + file.count]).tolist()
            parts += self._taken(file, numbers[begin:end] - start, columns)
            start += file.count
        others = numbers[np.searchsorted(numbers, start) :] - start
        if len(others):
            found = bulkfile.table_of(self._others[at] for at in others.tolist())
            parts.append(found.select(list(columns)))
        return pa.concat_tables(parts)

    def _taken(self, file: _File, numbers: Numbers, columns: Sequence[str]) -> Iterator[pa.Table]:
        import numpy as np
        import pyarrow as pa

        if not len(numbers):
            return
        for begin, rows in file.groups(columns, numbers):
            low, high = np.searchsorted(numbers, [begin, begin + rows.num_rows]).tolist()
            found = rows.take(pa.array(numbers[low:high] - begin)) if high - low < rows.num_rows else rows
            yield found.cast(pa.schema([bulkfile.schema().field(name) for name in found.column_names]))


#: 1 January 1970, from which days count, as Python counts them.
_EPOCH = 719_163


class _Index(NamedTuple):
    """Of each record the number of its row over all files, its bounds, and how many ids come before its own."""

    rows: Numbers
    first: Numbers
    last: Numbers
    rank: Numbers


class _File:
    """A bulk file, read group by group."""

    def __init__(self, path: Path, count: int, hidden: Collection[str]) -> None:
        self.path, self.count = path, count
        #: Ids of rows that count for nothing.
        self.hidden = hidden

    def groups(self, columns: Sequence[str], numbers: Numbers | None = None) -> Iterator[tuple[int, pa.Table]]:
        """These columns of each group of rows, after the number of its first; only those in which a number lies."""
        import numpy as np

        with bulkfile.opened(self.path) as file:
            begin = 0
            for group in range(file.num_row_groups):
                end = begin + file.metadata.row_group(group).num_rows
                if numbers is None or np.diff(np.searchsorted(numbers, [begin, end]))[0]:
                    yield begin, file.read_row_group(group, columns=list(columns), use_threads=False).select(columns)
                begin = end


def _shareable(rows: pa.Table) -> pa.Table:
    """The rows without their confidential sources."""
    at = rows.schema.get_field_index("sources")
    if at < 0 or not bulkfile.confidential(rows).any():
        return rows
    import pyarrow as pa

    coded = bulkfile.joined(rows.column(at)).dictionary_encode()
    told = [[source for source in json.loads(text) if not source.get("confidential")]
            for text in coded.dictionary.to_pylist()]  # fmt: skip
    shown = pa.array([bulkfile.as_json(sources) if sources else None for sources in told], type=pa.string())
    return rows.set_column(at, "sources", shown.take(coded.indices))


def by_id(records: Iterable[Observation]) -> Iterable[Observation]:
    """The records in the order of their ids."""
    return records.by_id() if isinstance(records, Selection) else sorted(records, key=lambda r: r.id or "")


def without_confidential(record: Observation) -> Observation:
    """The record as it may leave the logbook: without its confidential sources."""
    if not any(source.confidential for source in record.sources):
        return record
    return record.model_copy(update={"sources": tuple(s for s in record.sources if not s.confidential)})


def confidential_sources(records: Iterable[Observation]) -> int:
    """How many confidential sources the records have."""
    return sum(source.confidential for record in records for source in record.sources)
