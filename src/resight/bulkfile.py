"""A file of many records: GeoParquet under ``observations/bulk/YEAR``, one schema with the record, read by columns.

Such a file is written once and never changed: it is named by its content (the first 16 digits of its SHA-256), so two
imports never touch one file, and a correction of one of its records is written to the year's GeoJSON under the same id.
Its rows stand by site, then day, in groups that say what they span, so that few records are found without
reading the others. Lists and what other programs wrote beside a record are cells of JSON; positions are WKB in lon,
lat, WGS 84 (GeoParquet 1.1).

pyarrow reads and writes them (``resight[exchange]``), and is loaded only where there are such files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from datetime import date as Day
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from resight.errors import Problem, UnreadableFile
from resight.naming import ANY, numbered, when
from resight.observation import DAYS, FLAGS, LISTS, MOMENTS, NUMBERS, PROPERTY_NAMES, WHOLE, Observation

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

#: Below ``observations``.
FOLDER = "bulk"
#: The name of a bulk file below ``observations``, as the journal has it.
NAME = re.compile(r"bulk/(\d{4})/([0-9a-f]{16})\.parquet")
#: Members that are no properties of ours, as JSON.
FOREIGN = ("foreign", "foreign_members")
COLUMNS = (*PROPERTY_NAMES, *FOREIGN, "geometry")
#: Rows that are read together where one of them is asked for.
GROUP = 2**15
_JSON = (*LISTS, *FOREIGN)
#: Texts that are nearly all different gain nothing from a dictionary.
DIFFERENT = ("id", "geometry", "image_id")
#: A point as little-endian WKB.
_POINT = [("head", "S5"), ("at", "<f8", 2)]
_POINT_HEAD = b"\x01\x01\0\0\0"
_KINDS = ("Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_HEAD = 16
_KEPT = "nothing of it is in any answer until it is put back from a copy or out of git"
_FOREIGN = "nothing of it is in any answer: take it out, and import it with --bulk"


@cache
def schema() -> pa.Schema:
    """The columns of a bulk file: the fields of the record in their order, under their names."""
    import pyarrow as pa

    kinds = {
        **dict.fromkeys(DAYS, pa.date32()),
        **dict.fromkeys(MOMENTS, pa.timestamp("us", tz="UTC")),
        **dict.fromkeys(WHOLE, pa.int64()),
        **dict.fromkeys(NUMBERS, pa.float64()),
        **dict.fromkeys(FLAGS, pa.bool_()),
        "geometry": pa.binary(),
    }
    return pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])


# --- reading ------------------------------------------------------------------------------------------------------


class BulkFiles:
    """Bulk files, read together as one table.

    Args:
        paths: where they stand; those that are not as they were written are told in :attr:`problems` and left out.

    Raises:
        UnreadableFile: there are such files, and pyarrow is not installed.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)
        if paths:
            parquet()
        #: What could not be read, and why.
        self.problems: list[Problem] = []
        #: Records by file.
        self.counts: dict[Path, int] = {}
        #: By file, the ids of those of its records that count for nothing, for another record has their id.
        self.hidden: Mapping[Path, Collection[str]] = {}
        for path in paths:
            try:
                self.counts[path], unknown = _opened(path)
            except UnreadableFile as error:
                is_ours = bool(NAME.fullmatch(key_of(path)))
                self.problems.append(Problem("error", str(error), name_of(path), mend=_KEPT if is_ours else _FOREIGN))
                continue
            if unknown:
                what = f"was written by a newer resight: {', '.join(unknown)} of its records are in no answer here"
                self.problems.append(Problem("warning", what, name_of(path), mend="use that version"))

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def is_whole(self) -> bool:
        """Could all that was written here be read? What others put there does not count."""
        ours = (path for path in self.paths if NAME.fullmatch(key_of(path)))
        return all(path in self.counts for path in ours)

    def table(
        self,
        columns: Sequence[str] = COLUMNS,
        *,
        between: tuple[Day, Day] | None = None,
        sites: Collection[str] | None = None,
        ids: Collection[str] | None = None,
        without: Collection[str] = (),
        withdrawn: bool = True,
    ) -> pa.Table:
        """These columns of the records asked for, file by file, in each by site and day.

        Args:
            columns: their names, in order.
            between: only records whose bounds touch these days, both included.
            sites: only records of these site ids.
            ids: only these records.
            without: not these records.
            withdrawn: also those that came in as withdrawn.
        """
        where = _filter(between, sites, ids, without, withdrawn=withdrawn)
        if not self:
            return schema().empty_table().select(list(columns))
        return self._scanned(list(columns), where)

    def _scanned(self, columns: list[str], where: pc.Expression | None) -> pa.Table:
        import pyarrow as pa

        if not self.hidden:
            return _dataset(self.counts).to_table(columns=columns, filter=where)
        # Which rows count for nothing is a matter of each file.
        parts = [_dataset([path]).to_table(columns=columns, filter=self._shown(path, where)) for path in self.counts]
        return pa.concat_tables(parts)

    def _shown(self, path: Path, where: pc.Expression | None) -> pc.Expression | None:
        """A filter for the rows of a file that count."""
        hidden = _filter(without=self.hidden.get(path, ()))
        return where if hidden is None else hidden if where is None else where & hidden

    def batches(
        self,
        *,
        between: tuple[Day, Day] | None = None,
        sites: Collection[str] | None = None,
        ids: Collection[str] | None = None,
        withdrawn: bool = True,
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        """As :meth:`table`, all columns, some thousand rows at a time, each with the name of the file they stand in."""
        where = _filter(between, sites, ids, withdrawn=withdrawn)
        for path in self.counts:
            shown = self._shown(path, where)
            scanned = _dataset([path]).to_batches(columns=list(COLUMNS), filter=shown, batch_size=GROUP // 8)
            yield from ((name_of(path), batch) for batch in scanned)

    def ids(self, others: Collection[str] = ()) -> pa.Array:
        """The ids of all records, after some others."""
        import pyarrow as pa

        known = pa.array(list(others), type=pa.string())
        return pa.concat_arrays([known, joined(self.table(["id"]).column("id"))]) if self else known

    def find(self, identifier: str) -> list[tuple[str, Observation]]:
        """The record with this id, after the name of the file in which it stands, if there is one."""
        for path in self.counts:
            for record in records(_dataset([path]).to_table(filter=self._shown(path, _filter(ids=[identifier])))):
                return [(name_of(path), record)]
        return []

    def holding(self, ids: Collection[str | None]) -> set[str]:
        """Which of these ids stand in the files."""
        wanted = [identifier for identifier in ids if identifier is not None]
        return set(self.table(["id"], ids=wanted).column("id").to_pylist()) if wanted and self else set()

    def like(self, stems: Iterable[str]) -> set[str]:
        """The ids that are one of these stems, or begin with one of them and a hyphen."""
        import pyarrow.compute as pc

        found: set[str] = set()
        for stem in stems if self else ():
            # A full stop follows on a hyphen.
            after = (pc.field("id") >= f"{stem}-") & (pc.field("id") < f"{stem}.")
            rows = _dataset(self.counts).to_table(columns=["id"], filter=(pc.field("id") == stem) | after)
            found.update(rows.column("id").to_pylist())
        return found


def _dataset(paths: Iterable[Path]) -> Any:
    import pyarrow.dataset as ds

    return ds.dataset([str(path) for path in paths], schema=schema(), format="parquet")


def paths(observations: Path) -> list[Path]:
    """All Parquet files below ``bulk``, whoever put them there."""
    below = (observations / FOLDER).rglob("*")
    return sorted(path for path in below if path.suffix.lower() == ".parquet" and not path.name.startswith("."))


def name_of(path: Path) -> str:
    """What a bulk file is called in a problem."""
    return f"observations/{key_of(path)}"


def key_of(path: Path) -> str:
    """What a bulk file is called in the journal."""
    at = max(number for number, part in enumerate(path.parts) if part == FOLDER)
    return "/".join(path.parts[at:])


def _opened(path: Path) -> tuple[int, list[str]]:
    """How many records a file holds, and its columns that are not known here.

    Raises:
        UnreadableFile: it is not as it was written, or has other columns.
    """
    found = NAME.fullmatch(key_of(path))
    if not found:
        raise UnreadableFile("is not named by its content, so it was put there outside the log")
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror or error}") from None
    if not digest.startswith(found[2]):
        raise UnreadableFile("was changed or cut off after it was written: its content is not what it is named by")
    return _rows(path)


def _rows(path: Path) -> tuple[int, list[str]]:
    pq = parquet()
    try:
        file = pq.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"is not a whole Parquet file: {(str(error) or repr(error)).splitlines()[0]}") from None
    with file:
        given, wanted = file.schema_arrow, schema()
        for field in wanted:
            at = given.get_field_index(field.name)
            if at < 0:
                raise UnreadableFile(f"has no column {field.name!r}, so it is not one of ours")
            if given.field(at).type != field.type:
                what = f"its column {field.name!r} is {given.field(at).type}, not {field.type}"
                raise UnreadableFile(f"{what}, so it is not one of ours")
        return int(file.metadata.num_rows), [name for name in given.names if name not in wanted.names]


def parquet() -> Any:
    """pyarrow.parquet, by which bulk files are read and written.

    Raises:
        UnreadableFile: it is not installed; says which extra has it.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError:
        what = "bulk records need pyarrow, which is not installed: pip install 'resight[exchange]'"
        raise UnreadableFile(what) from None
    return pq


@contextlib.contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """A bulk file, to be read group by group; texts that come again and again are dictionaries."""
    again = [name for name in COLUMNS if schema().field(name).type == "string" and name not in DIFFERENT]
    with parquet().ParquetFile(path, read_dictionary=again) as file:
        yield file


def _filter(
    between: tuple[Day, Day] | None = None,
    sites: Collection[str] | None = None,
    ids: Collection[str] | None = None,
    without: Collection[str] = (),
    *,
    withdrawn: bool = True,
) -> pc.Expression | None:
    import pyarrow.compute as pc

    parts = []
    if sites is not None:
        parts.append(_one_of("site", sites))
    if between is not None:
        parts.append((pc.field("earliest") <= between[1]) & (pc.field("latest") >= between[0]))
    if ids is not None:
        parts.append(_one_of("id", ids))
    if without:
        parts.append(~pc.field("id").isin(sorted(without)))
    if not withdrawn:
        parts.append(pc.field("status") != "withdrawn")
    whole = None
    for part in parts:
        whole = part if whole is None else whole & part
    return whole


def _one_of(name: str, values: Collection[str]) -> pc.Expression:
    import pyarrow.compute as pc

    ordered = sorted(values)
    if not ordered:
        return pc.scalar(False)
    # The groups that cannot hold one are passed over by what they span.
    spanned = (pc.field(name) >= ordered[0]) & (pc.field(name) <= ordered[-1])
    return spanned & pc.field(name).isin(ordered) if len(ordered) > 1 else pc.field(name) == ordered[0]


def features(rows: pa.Table | pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """The rows of :data:`COLUMNS` as the GeoJSON Features that they would be in a year file."""
    columns = {name: rows.column(name).to_pylist() for name in COLUMNS if name != "geometry"}
    for values, geometry in zip(zip(*columns.values(), strict=True), _geometries(rows), strict=True):
        found = {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        foreign, members = (orjson.loads(found.pop(name, "{}")) for name in FOREIGN)
        for name in LISTS:
            if name in found:
                found[name] = orjson.loads(found[name])
        properties = {**found, **foreign}
        yield {"type": "Feature", "id": found.get("id"), "properties": properties, "geometry": geometry, **members}


def _geometries(rows: pa.Table | pa.RecordBatch) -> Iterator[dict[str, Any] | None]:
    """The positions of rows as GeoJSON."""
    import shapely

    shapes = shapely.to_geojson(shapely.from_wkb(rows.column("geometry").to_pylist()))
    return (None if shape is None else orjson.loads(shape) for shape in shapes)


def records(rows: pa.Table | pa.RecordBatch) -> Iterator[Observation]:
    """The records of rows, each checked as one out of a year file.

    Raises:
        InvalidRecord: a row is none.
    """
    return (Observation.from_feature(feature) for feature in features(rows))


def as_written(rows: pa.Table) -> Iterator[Observation]:
    """The records of rows that are known to be as :func:`table_of` or an import made them, without a second look."""
    given = [name for name in COLUMNS if name != "geometry" and rows.column(name).null_count < rows.num_rows]
    columns = [_values(rows.column(name), name) for name in given]
    for values, geometry in zip(zip(*columns, strict=True), _geometries(rows), strict=True):
        found = {name: value for name, value in zip(given, values, strict=True) if value is not None}
        if geometry is not None:
            found["geometry"] = geometry
        if found.keys() & _NOT_VOUCHED:
            found |= {name: orjson.loads(found[name]) for name in _NOT_VOUCHED & found.keys()}
            yield Observation.model_validate(found)
        else:
            yield Observation.vouched(found)


#: What :meth:`Observation.vouched` does not take.
_NOT_VOUCHED = frozenset({"relates", *FOREIGN})


def values(column: pa.ChunkedArray) -> list[Any]:
    """A column as a list; for text that is the quickest way there."""
    if column.null_count == len(column):
        return [None] * len(column)
    return column.to_numpy().tolist() if column.type == "string" else column.to_pylist()  # type: ignore[no-any-return]


def _values(column: pa.ChunkedArray, name: str) -> list[Any]:
    """As :func:`values`; tags and sources as a record holds them, equal ones one object."""
    if name not in ("tags", "sources"):
        return values(column)
    coded = joined(column).dictionary_encode()
    # The last stands for an empty cell, whose number is −1.
    known = [*(tuple(orjson.loads(text)) for text in coded.dictionary.to_pylist()), None]
    return [known[code] for code in coded.indices.fill_null(-1).to_pylist()]


def codes(tables: Sequence[pa.Table], names: Sequence[str]) -> list[Any]:
    """Numbers for the rows of several tables, equal where all these columns are; from 0 without a gap."""
    import numpy as np
    import pyarrow as pa

    code = np.zeros(sum(table.num_rows for table in tables), dtype=np.int64)
    for name in names:
        both = joined(pa.chunked_array([chunk for table in tables for chunk in table.column(name).chunks]))
        if both.null_count == len(both):
            continue
        told = both.dictionary_encode(null_encoding="encode")
        if len(told.dictionary) > 1:
            mixed = pa.array(code * len(told.dictionary) + told.indices.to_numpy())
            code = mixed.dictionary_encode().indices.to_numpy().astype(np.int64)
    return np.split(code, np.cumsum([table.num_rows for table in tables])[:-1])


def newest(rows: pa.Table) -> Day | None:
    """The newest first day of some rows; None when there are none."""
    import pyarrow.compute as pc

    day: Day | None = pc.max(rows.column("earliest")).as_py()
    return day


def together(*tables: pa.Table) -> pa.Table:
    """Tables of :func:`schema` as one."""
    import pyarrow as pa

    return pa.concat_tables(tables)


def confidential(rows: pa.Table) -> Any:
    """Where a row has a source that is marked confidential, as an array of numpy."""
    import numpy as np
    import pyarrow.compute as pc

    marked = pc.match_substring(rows.column("sources"), '"confidential":true')
    return np.asarray(pc.fill_null(marked, False).to_numpy(), dtype=bool)


# --- writing ------------------------------------------------------------------------------------------------------


class Staged(NamedTuple):
    """A bulk file beside the place that it will take."""

    #: As the journal has it.
    key: str
    #: SHA-256 of its bytes.
    digest: str
    rows: int
    temporary: Path


def table_of(found: Iterable[Observation]) -> pa.Table:
    """Records as rows of :func:`schema`."""
    import pyarrow as pa
    import shapely

    values: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for record in found:
        for name in COLUMNS:
            values[name].append(cell(name, getattr(record, name)))
    shapes = [None if shape is None else shapely.geometry.shape(shape) for shape in values["geometry"]]
    values["geometry"] = list(shapely.to_wkb(shapes, byte_order=1, flavor="iso")) if shapes else []
    return pa.table(
        [pa.array(values[field.name], type=field.type) for field in schema()],
        schema=schema(),
    )


def cell(name: str, value: Any) -> Any:
    """A field as it stands in a bulk file: lists and objects as JSON, None where there is nothing."""
    if name not in _JSON:
        return value.astimezone(UTC) if isinstance(value, datetime) else value
    if not value:
        return None
    if isinstance(value, tuple):
        value = [item if isinstance(item, str) else _filled(item.__dict__) for item in value]
    return as_json(value)


def as_json(value: Any) -> str:
    """A list or an object as it stands in a bulk file."""
    return orjson.dumps(value).decode()


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in values.items() if item is not None and item is not False}


def with_ids(rows: pa.Table, on_file: pa.Array) -> pa.Table:
    """The rows with an id each, by the rule of :mod:`resight.naming`.

    A row keeps its own id where that is free; rows of one site, date and platform are numbered in their order.

    Args:
        rows: of :func:`schema`.
        on_file: the ids that are taken.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    own = _column(rows, "id")
    keeps = own.is_valid().to_numpy(zero_copy_only=False)
    if keeps.any():
        keeps &= ~pc.is_in(own, value_set=on_file).to_numpy(zero_copy_only=False)
        first = np.zeros(len(own), dtype=bool)
        first[np.unique(own.dictionary_encode().indices.fill_null(-1).to_numpy(), return_index=True)[1]] = True
        keeps &= first
        on_file = pa.concat_arrays([on_file, own.filter(pa.array(keeps))])
    stems = _stems(rows.filter(pa.array(~keeps)) if keeps.any() else rows).dictionary_encode()
    begins, codes = stems.dictionary, stems.indices.to_numpy()
    # The how-manieth of its stem a row is.
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    number = np.empty(len(codes), dtype=np.int64)
    number[order] = np.arange(len(codes)) - np.repeat(starts, np.diff(starts, append=len(codes))) + 1
    if len(on_file):
        number += _numbers_used(begins, on_file)[codes]
    further = np.flatnonzero(number > 1)
    ends = pa.array(number[further]).cast(pa.string())
    numbered_ones = pc.binary_join_element_wise(begins.take(stems.indices.take(pa.array(further))), ends, "-")
    made = pc.replace_with_mask(stems.cast(pa.string()), pa.array(number > 1), numbered_ones)
    # One that ends in a number itself may be another with its number.
    wrong = pc.is_in(made, value_set=on_file).to_numpy(zero_copy_only=False) if len(on_file) else number < 1
    wrong[further] |= pc.is_in(numbered_ones, value_set=begins).to_numpy(zero_copy_only=False)
    if wrong.any():
        made = _renumbered(made, stems, np.flatnonzero(wrong).tolist(), on_file)
    ids = pc.replace_with_mask(own, pa.array(~keeps), made) if keeps.any() else made
    at = rows.schema.get_field_index("id")
    return rows.append_column("id", ids) if at < 0 else rows.set_column(at, "id", ids)


def _column(rows: pa.Table, name: str) -> pa.Array:
    """A column in one piece, empty where it is not there."""
    import pyarrow as pa

    return joined(rows.column(name)) if name in rows.column_names else pa.nulls(rows.num_rows, pa.string())


def _stems(rows: pa.Table) -> pa.Array:
    """What the ids of rows begin with."""
    import pyarrow as pa
    import pyarrow.compute as pc

    day = joined(rows.column("date")).dictionary_encode()
    whens = pa.array([when(text) for text in day.dictionary.to_pylist()], type=pa.string()).take(day.indices)
    platform = pc.fill_null(_column(rows, "platform"), ANY)
    return pc.binary_join_element_wise(joined(rows.column("site")), whens, platform, "-")


def _numbers_used(begins: pa.Array, on_file: pa.Array) -> Any:
    """Of each stem, how many ids on file have it; 0 where their numbers are not 1, 2, 3 … without a gap."""
    import numpy as np
    import pyarrow.compute as pc

    parted = pc.extract_regex(on_file, r"^(?P<begin>.*)-(?P<number>[1-9]\d{0,8})$").drop_null()
    begun = pc.index_in(pc.struct_field(parted, "begin"), value_set=begins)
    whole = pc.index_in(on_file, value_set=begins).drop_null().to_numpy()
    ends = pc.struct_field(parted, "number").filter(begun.is_valid()).cast("int64").to_numpy()
    of = np.concatenate([whole, begun.drop_null().to_numpy()])
    number = np.concatenate([np.ones(len(whole), dtype=np.int64), ends])
    most = np.zeros(len(begins), dtype=np.int64)
    np.maximum.at(most, of, number)
    return np.where(np.bincount(of, minlength=len(begins)) == most, most, 0)


def _renumbered(made: pa.Array, stems: pa.DictionaryArray, wrong: Sequence[int], on_file: pa.Array) -> pa.Array:
    """The ids made, some of them with another number, for the one they have is taken."""
    import pyarrow as pa

    found = made.to_pylist()
    taken = {*found, *on_file.to_pylist()}
    last_numbers: dict[str, int] = {}
    for at in wrong:
        found[at] = numbered(stems[at].as_py(), taken, last_numbers)
        taken.add(found[at])
    return pa.array(found, type=pa.string())


def staged(rows: pa.Table, observations: Path) -> list[Staged]:
    """Rows of :func:`schema` as files beside the places that they will take, one a year, forced to disk.

    Columns that are not there are empty, as :func:`completed` has them.

    Raises:
        OSError: the disk does not take them; nothing is left of them.
        UnreadableFile: pyarrow is not installed.
    """
    import numpy as np

    site, first, last = (numbers(rows.column(name)) for name in ("site", "earliest", "latest"))
    # Days count from 1970.
    year = first.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    order = np.lexsort((last, first, site, year))
    found: list[Staged] = []
    try:
        for one in np.unique(year).tolist():
            start, end = np.searchsorted(year[order], [one, one + 1]).tolist()
            found.append(_staged(rows.take(order[start:end]), observations / FOLDER / f"{one:04}"))
    except BaseException:
        for file in found:
            file.temporary.unlink(missing_ok=True)
        raise
    return found


def numbers(column: pa.ChunkedArray) -> Any:
    """A column of days or texts as numbers in the same order."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.type == pa.date32():
        return column.cast(pa.int32()).to_numpy().astype(np.int64)
    coded = joined(column).dictionary_encode()
    rank = np.empty(len(coded.dictionary), dtype=np.int64)
    rank[pc.array_sort_indices(coded.dictionary).to_numpy()] = np.arange(len(rank))
    return rank[coded.indices.to_numpy()]


def joined(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    import pyarrow as pa

    found = column.combine_chunks()
    return pa.concat_arrays(found.chunks) if isinstance(found, pa.ChunkedArray) else found


def _staged(rows: pa.Table, folder: Path) -> Staged:
    pq = parquet()
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{os.getpid()}.tmp"
    written = schema().with_metadata({"geo": json.dumps(geo(rows.column("geometry")))})
    different = [name for name in COLUMNS if name not in DIFFERENT]
    try:
        with _Digesting(temporary) as file:
            with pq.ParquetWriter(file, written, compression="zstd", use_dictionary=different) as writer:
                # A group at a time, so that the columns that are not there take no room.
                for start in range(0, rows.num_rows, GROUP):
                    writer.write_table(completed(rows.slice(start, GROUP)).cast(written))
            digest = file.finish()
        waiting = temporary.with_name(f".{digest[:_HEAD]}.parquet.tmp")
        temporary.replace(waiting)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return Staged(f"{FOLDER}/{folder.name}/{digest[:_HEAD]}.parquet", digest, rows.num_rows, waiting)


def completed(rows: pa.Table) -> pa.Table:
    """The rows with all columns of :func:`schema`: one that is not there is empty, or holds what is said by default.

    Moments are in whole seconds, as a Feature has them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    def column(field: pa.Field) -> Any:
        if field.name in rows.column_names:
            found = rows.column(field.name)
            return pc.floor_temporal(found, unit="second") if field.name in MOMENTS else found
        default = default_of(field.name)
        return (
            pa.nulls(rows.num_rows, field.type)
            if default is None
            else pa.repeat(pa.scalar(default, field.type), rows.num_rows)
        )

    return pa.table([column(field) for field in schema()], schema=schema())


def default_of(name: str) -> Any:
    """What stands in a column where nothing is said; None where it is left empty."""
    info = Observation.model_fields.get(name)
    return None if info is None or info.is_required() or name in LISTS else info.default


class _Digesting:
    """A file that is digested while it is written."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._digest = hashlib.sha256()
        self.closed = False

    def write(self, data: Any) -> int:
        self._digest.update(data)
        return self._file.write(data)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """What pyarrow calls when it is done; the file is closed by whoever opened it."""

    def finish(self) -> str:
        """Force it to disk; its SHA-256."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._digest.hexdigest()

    def __enter__(self) -> _Digesting:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True
        self._file.close()


def described(file: Staged, source: str) -> dict[str, Any]:
    """What the journal says of a bulk file, in the place of a record."""
    return {"type": "FeatureCollection", "name": source, "records": file.rows, "sha256": file.digest}


def with_moment(rows: pa.Table, moment: datetime) -> pa.Table:
    """The rows with this as the time of logging where none is given."""
    import pyarrow as pa
    import pyarrow.compute as pc

    at = rows.schema.get_field_index("logged_at")
    if at < 0:
        kind = schema().field("logged_at").type
        return rows.append_column("logged_at", pa.repeat(pa.scalar(moment, kind), rows.num_rows))
    return rows.set_column(at, "logged_at", pc.fill_null(rows.column("logged_at"), moment))


def clear(observations: Path) -> None:
    """Take away what was being written and counts for nothing. Call under the lock."""
    folder = observations / FOLDER
    for left in folder.glob("*/.*.tmp"):
        left.unlink(missing_ok=True)
    for empty in (*folder.glob("*/"), folder):
        # A folder with anything in it stays.
        with contextlib.suppress(OSError):
            empty.rmdir()


def waiting_at(place: Path) -> Path:
    """Where a bulk file waits for its line in the journal."""
    return place.with_name(f".{place.name}.tmp")


def geo(positions: pa.ChunkedArray) -> dict[str, Any]:
    """The metadata that makes a Parquet file a GeoParquet file; without a CRS it is OGC:CRS84 (lon, lat)."""
    import numpy as np
    import shapely

    at = points(positions)
    if at is not None:
        at = at[np.isfinite(at[:, 0])]
        kinds = ["Point"] if len(at) else []
        box = [*at.min(axis=0), *at.max(axis=0)] if len(at) else []
    else:
        shapes = shapely.from_wkb(positions.to_numpy())
        given = shapes[~shapely.is_missing(shapes)]
        found = np.unique(shapely.get_type_id(given) + 10 * shapely.has_z(given))
        kinds = sorted(_KINDS[kind % 10] + (" Z" if kind >= 10 else "") for kind in found.tolist())
        box = list(shapely.total_bounds(given))
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": kinds}
    if box:
        column["bbox"] = [float(side) for side in box]
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def points(positions: pa.ChunkedArray) -> Any:
    """Lon and lat of each position, NaN where none is given; None when one of them is more than a point.

    Most are points, and 21 bytes of WKB are quicker taken for what they are than parsed.
    """
    import numpy as np

    given, kind = joined(positions), np.dtype(_POINT)
    at = np.full((len(given), 2), np.nan)
    there = given.is_valid().to_numpy(zero_copy_only=False)
    if not there.any():
        return at
    _, offsets, data = given.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int32)[given.offset : given.offset + len(given) + 1]
    if (np.diff(bounds) != there * kind.itemsize).any():
        return None
    found = np.frombuffer(data, dtype=np.uint8)[bounds[0] : bounds[-1]].view(kind)
    if (found["head"] != _POINT_HEAD).any():
        return None
    at[there] = found["at"]
    return at


def wkb_of_points(at: Any) -> pa.Array:
    """Positions out of lon and lat, none where one of them is NaN; :func:`points` the other way round."""
    import numpy as np
    import pyarrow as pa

    there = np.isfinite(at).all(axis=1)
    packed = np.empty(int(there.sum()), dtype=_POINT)
    packed["head"], packed["at"] = _POINT_HEAD, at[there]
    bounds = np.zeros(len(at) + 1, dtype=np.int32)
    np.cumsum(there * packed.itemsize, out=bounds[1:])
    bits = np.packbits(there, bitorder="little")
    buffers = [pa.py_buffer(bits), pa.py_buffer(bounds), pa.py_buffer(packed)]
    return pa.Array.from_buffers(pa.binary(), len(at), buffers)
