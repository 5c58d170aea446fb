"""GeoParquet: a file of geopandas, duckdb or GDAL, and a Parquet table without positions.

GeoParquet 1.0 and 1.1 (https://geoparquet.org): positions and their system are read by geopandas, the columns by
pyarrow, which has to be installed (``resight[exchange]``).

Written as GeoParquet 1.1 (by pyarrow): typed columns, positions as WKB in lon, lat, WGS 84, with the box of each row.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resight import bulkfile
from resight.errors import UnreadableFile
from resight.exchange import flat, foreign, own, places
from resight.exchange.setting import Setting
from resight.exchange.table import Columns, Options, Row, Table
from resight.observation import Observation
from resight.selection import Records, Selection

if TYPE_CHECKING:
    import pyarrow as pa

#: What the row groups may say of their size when unpacked.
MOST_UNPACKED = 4 * foreign.MOST_BYTES
_MAGIC = (b"PAR1", b"PARE")
_IN_A_DAY = 24 * 60 * 60
_PER_SECOND = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}
#: What a column of positions is called by those who write it.
_POSITIONS = {"geometry", "geom", "wkb", "wkb_geometry", "the_geom", "shape"}
#: Stands for bytes that are no position, and is refused with its row.
_NO_WKB = {"type": "unreadable WKB", "coordinates": []}


def recognises(path: Path, head: bytes) -> bool:
    """Is it a Parquet file, with positions or without?"""
    return head.startswith(_MAGIC)


def read(path: Path, options: Options) -> Table:
    """The rows of a file, from 1; without geo metadata a table without positions.

    Raises:
        UnreadableFile: as :func:`columns`, or it has too many rows.
        InvalidValue: as :func:`columns`.
    """
    from pyarrow import parquet

    foreign.checked_size(path)
    with _damage_told(path):
        number = parquet.read_metadata(path).num_rows
    foreign.counted(path, number)
    found = columns(path, options)
    names = tuple(found.cells.column_names)
    values = [[cell(value) for value in column.to_pylist()] for column in found.cells.columns]
    lists = zip(*values, strict=True) if values else iter([()] * number)
    rows = [
        Row(number, dict(zip(names, cells, strict=True)), shape)
        for number, (cells, shape) in enumerate(zip(lists, found.shapes(), strict=True), 1)
    ]
    return Table("parquet", names, rows, found.notes)


def columns(path: Path, options: Options) -> Columns:
    """The file by columns; rows are numbered from 1, and a position that cannot be read is refused with its row.

    Raises:
        UnreadableFile: the file is not whole, its metadata are not those of GeoParquet, or its positions are in a
            system that nobody states.
        InvalidValue: the stated system is not known.
    """
    import numpy as np
    from pyarrow import parquet

    foreign.checked_size(path)
    with _damage_told(path):
        metadata, schema = parquet.read_metadata(path), parquet.read_schema(path)
        _checked_unpacked(path, metadata)
        described = _described(path, schema)
        names, left_out = _names(path, schema, described)
        # Folders that are called site=dunay are no columns.
        cells = _plain(parquet.read_table(path, columns=list(names), partitioning=None))
        notes = [*own.stated(_said(schema.metadata)), *left_out]
        numbers = np.arange(1, cells.num_rows + 1)
        if described is None:
            return Columns("parquet", cells, numbers, notes=tuple(notes))
        primary = described["primary_column"]
        written = parquet.read_table(path, columns=[primary], partitioning=None).column(0)
        at, geometries = _positions(path, written, described)
    crs = described["columns"][primary].get("crs", places.WGS84)
    any_given = bool(np.isfinite(at).any()) if at is not None else any(geometries)
    if any_given and crs is None and options.crs is None:
        raise places.without_system(path)
    if not any_given:
        return Columns("parquet", cells, numbers, notes=tuple(notes))
    if at is not None:
        at, said = places.placed_points(at, crs, options.crs, path)
        return Columns("parquet", cells, numbers, at, notes=(*notes, *said))
    done = places.placed(geometries, crs, options.crs, path, is_ours=own.is_ours(names))
    return Columns("parquet", cells, numbers, None, done.geometries, notes=(*notes, *done.notes))


@contextlib.contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    """What pyarrow says of a file that is not whole, in words."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        why = (str(error) or repr(error)).splitlines()[0]
        raise UnreadableFile(f"{path.name} is not a whole Parquet file: {why}") from None


def _plain(cells: pa.Table) -> pa.Table:
    """The cells in the types that all who look at them know."""
    for at, name in enumerate(cells.column_names):
        cells = cells.set_column(at, name, _plain_column(cells.column(at)))
    return cells


def _plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as text, numbers, days, or moments in UTC; lists and objects as JSON text, as one cell has them.

    A column with a day or moment that is in no calendar (years 1 to 9999) is text, so that its row alone is refused.
    """
    import pyarrow as pa

    kind = column.type
    if isinstance(kind, pa.UuidType):
        return pa.chunked_array([pa.array(map(str, column.to_pylist()), pa.string(), mask=column.is_null().to_numpy())])
    if isinstance(kind, pa.BaseExtensionType):
        return _plain_column(pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type))
    if pa.types.is_string_view(kind) or (pa.types.is_dictionary(kind) and not pa.types.is_string(kind.value_type)):
        return _plain_column(column.cast(pa.string() if pa.types.is_string_view(kind) else kind.value_type))
    if pa.types.is_nested(kind) and not pa.types.is_dictionary(kind):
        return pa.chunked_array([pa.array([cell(value) for value in column.to_pylist()], pa.string())])
    if pa.types.is_timestamp(kind):
        zone = "UTC" if kind.tz else None
        moments = column.cast(pa.timestamp(kind.unit, zone))
        known = _within(column, _IN_A_DAY * _PER_SECOND[kind.unit])
        return moments.cast(pa.timestamp("us", zone), safe=False) if known else moments.cast(pa.string())
    if pa.types.is_date(kind) and not _within(column, 1 if kind == pa.date32() else 1000 * _IN_A_DAY):
        return column.cast(pa.string())
    return column


def _within(column: pa.ChunkedArray, a_day: int) -> bool:
    """Does all of a column of days or moments, so many to the day since 1970, lie in the years 1 to 9999?"""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = bulkfile.joined(column)
    ends = pc.min_max(whole.view(pa.int32() if whole.type == pa.date32() else pa.int64())).as_py()
    first, last = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))
    return ends["min"] is None or (first * a_day <= ends["min"] and ends["max"] < (last + 1) * a_day)


def _checked_unpacked(path: Path, metadata: Any) -> None:
    unpacked = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    if unpacked > MOST_UNPACKED:
        raise UnreadableFile(
            f"{path.name} unpacks to {unpacked // 2**20} MB; {MOST_UNPACKED // 2**20} MB are the most that is "
            "read: split it"
        )


def _names(path: Path, schema: pa.Schema, described: dict[str, Any] | None) -> tuple[tuple[str, ...], list[str]]:
    """The columns that hold cells, and what is to be said of the others."""
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        what = f"has two columns of one name ({', '.join(twice)})"
        raise UnreadableFile(f"{path.name} {what}: give every column a name of its own")
    kept = [name for name in schema.names if name not in _not_columns(described)]
    binary = [name for name in kept if _is_binary(schema.field(name).type)]
    notes = [f"columns of raw bytes were left out: {', '.join(binary)}"] if binary else []
    if binary and described is None and _POSITIONS & {name.lower() for name in binary}:
        what = "whether these bytes are positions the file does not say, for it has no metadata of GeoParquet"
        notes.append(f"{what}: records come without positions; geopandas' to_parquet writes them")
    if described:
        others = [name for name in described["columns"] if name != described["primary_column"]]
        notes += [f"further geometry columns were left out: {', '.join(others)}"] if others else []
    return tuple(name for name in kept if name not in binary), notes


def _described(path: Path, schema: pa.Schema) -> dict[str, Any] | None:
    """The geo metadata; None for a plain table."""
    written = (schema.metadata or {}).get(b"geo")
    if written is None:
        return None
    try:
        described = json.loads(written)
    except (ValueError, RecursionError):
        raise UnreadableFile(f"{path.name}: its geo metadata are no JSON: write it again with geopandas") from None
    if not isinstance(described, dict):
        raise UnreadableFile(f"{path.name}: its geo metadata are no object")
    version, columns, primary = (described.get(name) for name in ("version", "columns", "primary_column"))
    if not str(version).startswith(("1.", "0.4")):
        raise UnreadableFile(f"{path.name} is GeoParquet {version}; 1.x is read: write it again with a current program")
    found = columns.get(primary) if isinstance(columns, dict) and isinstance(primary, str) else None
    if not isinstance(found, dict):
        raise UnreadableFile(f"{path.name}: its geo metadata name no column of positions")
    if primary not in schema.names:
        raise UnreadableFile(f"{path.name}: its geo metadata speak of a column {primary!r} that is not there")
    return described


def _said(metadata: Any) -> dict[str, Any]:
    """What a file of ours says of itself."""
    found = json.loads((metadata or {}).get(b"resight", b"{}"))
    return found if isinstance(found, dict) else {}


def _not_columns(described: dict[str, Any] | None) -> set[str]:
    """Columns that hold positions, or the bounds of positions, and are no cells."""
    if described is None:
        return set()
    found = set(described["columns"])
    for column in described["columns"].values():
        covering = column.get("covering") if isinstance(column, dict) else None
        bounds = covering.get("bbox") if isinstance(covering, dict) else None
        for where in bounds.values() if isinstance(bounds, dict) else ():
            if isinstance(where, list) and where:
                found.add(str(where[0]))
    return found


def _positions(path: Path, written: pa.ChunkedArray, described: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """The positions in their own system: as an array of points where all are points, else as GeoJSON geometries."""
    import numpy as np
    import pyarrow as pa
    import shapely

    if pa.types.is_dictionary(written.type):
        written = written.cast(written.type.value_type)
    if not (_is_binary(written.type) or pa.types.is_null(written.type)):
        return None, _native(path, written.type, described)
    at = bulkfile.points(written.cast(pa.binary()))
    if at is not None:
        return at, []
    given = written.to_pylist()
    try:
        shapes = shapely.from_wkb(given, on_invalid="ignore")
    except NotImplementedError:
        shapes = np.array([_one(bytes_) for bytes_ in given], dtype=object)
    found = places.of_shapes(shapes)
    for row in np.flatnonzero(shapely.is_missing(shapes) & np.array([bytes_ is not None for bytes_ in given])):
        found[row] = _NO_WKB
    return None, found


def _one(written: bytes | None) -> Any:
    """A shape, None for a curve."""
    import shapely

    try:
        return shapely.from_wkb(written, on_invalid="ignore")
    except NotImplementedError:
        return None


def _native(path: Path, kind: pa.DataType, described: Mapping[str, Any]) -> list[Any]:
    """Positions in an encoding of Arrow itself."""
    import geopandas
    import pyarrow as pa
    from shapely.errors import ShapelyError

    primary = described["primary_column"]
    try:
        frame = geopandas.read_parquet(path, columns=[primary])
    except (pa.ArrowException, ShapelyError, ValueError, LookupError, TypeError, AttributeError, NotImplementedError):
        encoding = described["columns"][primary].get("encoding")
        what = f"its positions cannot be read: {encoding!r} in a column of {str(kind)[:80]}"
        raise UnreadableFile(f"{path.name}: {what}; write them as WKB, as geopandas does") from None
    return places.of_shapes(frame.geometry.to_numpy())


def _is_binary(kind: Any) -> bool:
    return str(kind) in ("binary", "large_binary", "binary_view") or str(kind).startswith("fixed_size_binary")


def cell(value: Any) -> Any:
    """A value of Arrow as a cell."""
    if value is None or isinstance(value, str):
        return foreign.cell(value)
    if isinstance(value, float):
        return None if value != value else value  # noqa: PLR0124 - NaN
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date | bool | int):
        # Nanoseconds come as pandas' own moments, which are moments, too.
        return value.to_pydatetime() if isinstance(value, datetime) and hasattr(value, "to_pydatetime") else value
    if isinstance(value, time | timedelta):
        return str(value)
    return foreign.cell(value)


# --- writing ----------------------------------------------------------------------------------------------------

VERSION = "1.1.0"
#: Column that holds the box of each position, so that a reader can pass over rows (“covering”).
COVERING = "bbox"
#: Rows that stand together, so that a reader who wants few of them need not read all.
GROUP = 2**17
_SIDES = ("xmin", "ymin", "xmax", "ymax")


def write(records: Records, path: Path, setting: Setting) -> tuple[str, ...]:
    """Write the records; nothing of them is lost. Lists are JSON text.

    What a public file says of itself stands in the metadata of the file, under the key ``resight``.
    """
    import pyarrow.parquet as pq

    names, reach = flat.fields(records), _Reach()
    tables: Iterator[pa.Table]
    if isinstance(records, Selection):
        # What stands in the metadata goes before all rows.
        for rows in records.unordered(["geometry"]):
            reach.take_in(_shapes(rows))
        tables = (_covered(rows, names) for rows in _together(records.tables((*names, "geometry"))))
    else:
        whole = _table(records)
        reach.take_in(_shapes(whole))
        tables = iter([_covered(whole, names)])
    metadata = {"geo": json.dumps(_geo(reach)), "resight": json.dumps(setting.statements, ensure_ascii=False)}
    first = next(tables)
    with pq.ParquetWriter(path, first.schema.with_metadata(metadata), compression="zstd") as file:
        for table in itertools.chain([first], tables):
            file.write_table(table.replace_schema_metadata(metadata), row_group_size=GROUP)
    return ()


def _table(records: Sequence[Observation]) -> pa.Table:
    import pyarrow as pa

    kinds = bulkfile.schema()
    columns = {name: pa.array(cells, type=kinds.field(name).type) for name, cells in flat.columns(records).items()}
    return pa.table(columns | {"geometry": pa.array(flat.wkb(records), type=pa.binary())})


def _together(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Tables of as many rows as stand together in a file; one of none where there are none."""
    import pyarrow as pa

    held: list[pa.Table] = []
    is_first = True
    for table in tables:
        held.append(table)
        if sum(table.num_rows for table in held) >= GROUP:
            whole = pa.concat_tables(held)
            yield whole.slice(0, GROUP)
            held, is_first = [whole.slice(GROUP)], False
    if is_first or sum(table.num_rows for table in held):
        yield pa.concat_tables(held)


def _shapes(rows: pa.Table) -> Any:
    import shapely

    return shapely.from_wkb(rows.column("geometry").to_numpy())


def _covered(rows: pa.Table, names: Sequence[str]) -> pa.Table:
    """The rows as they are written: these fields, the position, and the box around it."""
    import pyarrow as pa
    import shapely

    columns: dict[str, Any] = {name: flat.in_plain_json(rows.column(name), name) for name in names}
    shapes = _shapes(rows)
    box = shapely.bounds(shapes)
    sides = [pa.array(box[:, number], from_pandas=True) for number in range(len(_SIDES))]
    columns["geometry"] = rows.column("geometry")
    columns[COVERING] = pa.StructArray.from_arrays(sides, names=list(_SIDES), mask=pa.array(shapely.is_missing(shapes)))
    return pa.table({name: bulkfile.joined(column) if name != COVERING else column for name, column in columns.items()})


class _Reach:
    """What kinds of positions there are, and the box around all of them."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.box: list[float] = []

    def take_in(self, shapes: Any) -> None:
        """Widen it by these."""
        import numpy as np
        import shapely

        given = shapes[~shapely.is_missing(shapes)]
        if not len(given):
            return
        _, firsts = np.unique(shapely.get_type_id(given) + 10 * shapely.has_z(given), return_index=True)
        self.kinds |= {shape.geom_type + (" Z" if shape.has_z else "") for shape in given[firsts]}
        west, south, east, north = shapely.total_bounds(given).tolist()
        if self.box:
            west, south = min(west, self.box[0]), min(south, self.box[1])
            east, north = max(east, self.box[2]), max(north, self.box[3])
        self.box = [west, south, east, north]


def _geo(reach: _Reach) -> dict[str, Any]:
    """The metadata that makes a Parquet file a GeoParquet file; without a CRS it is OGC:CRS84 (lon, lat)."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted(reach.kinds),
        "covering": {"bbox": {side: [COVERING, side] for side in _SIDES}},
    }
    if reach.box:
        column["bbox"] = reach.box
    return {"version": VERSION, "primary_column": "geometry", "columns": {"geometry": column}}
