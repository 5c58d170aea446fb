"""GeoParquet: a file of geopandas, duckdb or GDAL, and a Parquet table without positions.

GeoParquet 1.0 and 1.1 (https://geoparquet.org): positions and their system are read by geopandas, the columns by
pyarrow, which has to be installed (``resight[exchange]``).

Written as GeoParquet 1.1 (by pyarrow): typed columns, positions as WKB in lon, lat, WGS 84, with the box of each row.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
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


def recognises(path: Path, head: bytes) -> bool:
    """Is it a Parquet file, with positions or without?"""
    return head.startswith(_MAGIC)


def read(path: Path, options: Options) -> Table:
    """The rows of a file, from 1; without geo metadata a table without positions.

    Raises:
        UnreadableFile: the file is not whole, its metadata are not those of GeoParquet, it has too
            many rows, or its positions are in a system that nobody states.
        InvalidValue: the stated system is not known.
    """
    import pyarrow as pa
    from pyarrow import parquet
    from shapely.errors import ShapelyError

    foreign.checked_size(path)
    try:
        metadata = parquet.read_metadata(path)
        foreign.counted(path, metadata.num_rows)
        _checked_unpacked(path, metadata)
        schema = parquet.read_schema(path)
        described = _described(path, schema.metadata)
        names, left_out = _names(path, schema, described)
        table = parquet.read_table(path, columns=list(names))
        values = [[cell(value) for value in table.column(name).to_pylist()] for name in names]
        geometries, crs = _positions(path, described, metadata.num_rows)
    except (pa.ArrowException, ShapelyError, OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise UnreadableFile(
            f"{path.name} is not a whole Parquet file: {(str(error) or repr(error)).splitlines()[0]}"
        ) from None
    if any(geometries) and crs is None and options.crs is None:
        raise places.without_system(path)
    done = places.Placed(geometries, ())
    if any(geometries):
        done = places.placed(geometries, crs, options.crs, path, is_ours=own.is_ours(names))
    notes = [*own.stated(_said(schema.metadata)), *left_out]
    lists = zip(*values, strict=True) if values else iter([()] * len(geometries))
    rows = [
        Row(number, dict(zip(names, cells, strict=True)), geometry)
        for number, (cells, geometry) in enumerate(zip(lists, done.geometries, strict=True), 1)
    ]
    return Table("parquet", names, rows, (*notes, *done.notes))


def columns(path: Path, options: Options) -> Columns:
    """The file by columns; rows are numbered from 1.

    Raises:
        UnreadableFile, InvalidValue: as :func:`read`.
    """
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet
    from shapely.errors import ShapelyError

    foreign.checked_size(path)
    try:
        _checked_unpacked(path, parquet.read_metadata(path))
        schema = parquet.read_schema(path)
        described = _described(path, schema.metadata)
        names, notes = _names(path, schema, described)
        cells = parquet.read_table(path, columns=list(names))
        numbers = np.arange(1, cells.num_rows + 1)
        notes = [*own.stated(_said(schema.metadata)), *notes]
        if described is None:
            return Columns("parquet", cells, numbers, notes=tuple(notes))
        primary = described["primary_column"]
        crs = described["columns"][primary].get("crs", places.WGS84)
        written = parquet.read_table(path, columns=[primary]).column(0)
        at = bulkfile.points(written.cast(pa.binary())) if _is_binary(written.type) else None
        if at is None:
            geometries, crs = _positions(path, described, cells.num_rows)
    except (pa.ArrowException, ShapelyError, OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise UnreadableFile(
            f"{path.name} is not a whole Parquet file: {(str(error) or repr(error)).splitlines()[0]}"
        ) from None
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


def _checked_unpacked(path: Path, metadata: Any) -> None:
    unpacked = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    if unpacked > MOST_UNPACKED:
        raise UnreadableFile(
            f"{path.name} unpacks to {unpacked // 2**20} MB; {MOST_UNPACKED // 2**20} MB are the most that is "
            "read: split it"
        )


def _names(path: Path, schema: pa.Schema, described: dict[str, Any] | None) -> tuple[tuple[str, ...], list[str]]:
    """The columns that hold cells, and what is to be said of the others."""
    kept = [name for name in schema.names if name not in _not_columns(described)]
    binary = [name for name in kept if _is_binary(schema.field(name).type)]
    if len(set(schema.names)) < len(schema.names):
        raise UnreadableFile(f"{path.name} has two columns of one name: give every column a name of its own")
    notes = [f"columns of raw bytes were left out: {', '.join(binary)}"] if binary else []
    if described:
        others = [name for name in described["columns"] if name != described["primary_column"]]
        notes += [f"further geometry columns were left out: {', '.join(others)}"] if others else []
    return tuple(name for name in kept if name not in binary), notes


def _described(path: Path, metadata: Any) -> dict[str, Any] | None:
    """The geo metadata; None for a plain table."""
    written = (metadata or {}).get(b"geo")
    if written is None:
        return None
    described = json.loads(written)
    if not isinstance(described, dict):
        raise UnreadableFile(f"{path.name}: its geo metadata are no object")
    version, columns, primary = (described.get(name) for name in ("version", "columns", "primary_column"))
    if not str(version).startswith(("1.", "0.4")):
        raise UnreadableFile(f"{path.name} is GeoParquet {version}; 1.x is read: write it again with a current program")
    if not isinstance(columns, dict) or primary not in columns or not isinstance(columns[primary], dict):
        raise UnreadableFile(f"{path.name}: its geo metadata name no column of positions")
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


def _positions(path: Path, described: dict[str, Any] | None, count: int) -> tuple[list[Any], Any]:
    """Geometries in their own system, and that system as PROJJSON, None where the file says that it is not known."""
    if described is None:
        return [None] * count, None
    import geopandas

    primary = described["primary_column"]
    frame = geopandas.read_parquet(path, columns=[primary])
    crs = described["columns"][primary].get("crs", places.WGS84)
    return places.of_shapes(frame[primary].to_numpy()), crs


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
