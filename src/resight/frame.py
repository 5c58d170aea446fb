"""Records as a GeoDataFrame: one row a record, the id as index, proper dtypes, WGS 84."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, get_args

import geopandas
import numpy as np
import pandas as pd
import shapely

from resight import bulkfile
from resight.errors import InvalidRecord, InvalidValue
from resight.observation import (
    DAYS,
    FLAGS,
    LISTS,
    MOMENTS,
    NUMBERS,
    PROPERTY_NAMES,
    WHOLE,
    Basis,
    Method,
    Observation,
    Outcome,
    Status,
    build,
)
from resight.vocabulary import near_names

if TYPE_CHECKING:
    import pyarrow as pa

_CATEGORIES = {
    "outcome": get_args(Outcome),
    "basis": get_args(Basis),
    "method": get_args(Method),
    "status": get_args(Status),
}
#: What every record has.
_ALWAYS = ("site", "date", "earliest", "latest", "date_meaning", "outcome", "basis", "method", "status")


def to_frame(records: Iterable[Observation]) -> geopandas.GeoDataFrame:
    """The records as a GeoDataFrame in EPSG:4326 with the id as index and one column for every field.

    Rows come in order of (earliest, latest, id). Days are ``datetime64``, moments ``datetime64`` in UTC, counts
    nullable ``Int64``, ``outcome``, ``basis``, ``method`` and ``status`` categories; ``sources``, ``relates`` and
    ``tags`` are tuples (the first two of dicts). A record without a position has the geometry None, never the site's
    point. A frame of no records has the same columns and dtypes.
    """
    rows = [_row(record) for record in records]
    rows.sort(key=_ORDER)
    values = dict(zip(_NAMES, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(_NAMES, ())
    index = pd.Index(pd.array(values.pop("id"), dtype="string"), name="id")
    shapes = geopandas.GeoSeries(values.pop("geometry"), index=index, crs="EPSG:4326")
    columns = {name: _column(name, column) for name, column in values.items()}
    return geopandas.GeoDataFrame(columns, index=index, geometry=shapes)


def of_table(rows: pa.Table) -> geopandas.GeoDataFrame:
    """Rows of bulk files as :func:`to_frame` gives the records that they are, without making one of them.

    Equal lists are one object.

    Args:
        rows: columns of :func:`resight.bulkfile.schema`, ``id``, ``earliest``, ``latest`` and ``geometry`` among them.
            The frame has those of them that are fields of a record.
    """
    days = [rows.column(name).to_numpy().astype(np.int64) for name in ("earliest", "latest")]
    # Before anything is made of them: texts are laid anew in one go, and positions are made in the order they stay in.
    rows = rows.take(_order(_of_arrow("id", rows.column("id")), *days))
    index = pd.Index(_of_arrow("id", rows.column("id")), name="id")
    names = [name for name in rows.column_names if name in _NAMES and name not in ("id", "geometry")]
    columns = {name: _of_arrow(name, rows.column(name)) for name in names}
    at = bulkfile.points(rows.column("geometry"))
    shapes = shapely.from_wkb(rows.column("geometry").to_numpy()) if at is None else np.full(len(at), None)
    if at is not None:
        there = np.isfinite(at[:, 0])
        shapes[there] = shapely.points(at[there])
    return geopandas.GeoDataFrame(columns, index=index, geometry=geopandas.GeoSeries(shapes, index=index, crs=4326))


def _of_arrow(name: str, values: pa.ChunkedArray) -> Any:
    if name in _CATEGORIES:
        return pd.Categorical(values.dictionary_encode().to_pandas(), categories=list(_CATEGORIES[name]))
    if name in DAYS:
        return values.to_numpy().astype("datetime64[s]")
    if name in MOMENTS:
        # A file that somebody else wrote may have parts of seconds.
        return pd.DatetimeTZDtype("us", "UTC").__from_arrow__(values).astype("datetime64[s, UTC]")
    if name in WHOLE:
        return values.to_pandas(types_mapper=lambda _: pd.Int64Dtype()).array
    if name in FLAGS or name in NUMBERS:
        return values.to_numpy()
    if name in LISTS:
        coded = bulkfile.joined(values).dictionary_encode()
        # The last stands for an empty cell, whose number is −1.
        known = pd.Series([*(tuple(json.loads(text)) for text in coded.dictionary.to_pylist()), ()], dtype=object)
        return known.array[coded.indices.fill_null(-1).to_numpy()]
    return values.to_pandas(types_mapper=lambda _: pd.StringDtype()).array


def of_columns(frame: geopandas.GeoDataFrame, columns: Sequence[str] | None) -> geopandas.GeoDataFrame:
    """Some columns of a frame and its geometry; all of them where none are named.

    Raises:
        InvalidValue: a column is not one of its.
    """
    if columns is None:
        return frame
    for name in columns:
        if name not in frame.columns:
            near = near_names(name, frame.columns, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise InvalidValue("columns", name, f"{name!r} is no field of a record{hint}")
    return frame[[*columns, *(name for name in ["geometry"] if name not in columns)]]


def joined(frames: Sequence[geopandas.GeoDataFrame]) -> geopandas.GeoDataFrame:
    """Frames with the same columns, ``earliest`` and ``latest`` among them, as one in order of these and the id.

    One frame alone is in that order, as :func:`to_frame` and :func:`of_table` give it.
    """
    if len(frames) == 1:
        return frames[0]
    whole = pd.concat(frames)
    days = [whole[name].to_numpy().astype(np.int64) for name in ("earliest", "latest")]
    return whole.iloc[_order(whole.index.array, *days)]


def _order(ids: Any, first: Any, last: Any) -> Any:
    """The rows in order of (first day, last day, id)."""
    order = np.lexsort((last, first))
    same = np.ones(max(0, len(order) - 1), dtype=bool)
    for days in (first[order], last[order]):
        same &= days[1:] == days[:-1]
    in_turn = ids[order]
    if (same & np.asarray(in_turn[1:] < in_turn[:-1], dtype=bool)).any():
        rank = np.empty(len(order), dtype=np.int64)
        rank[ids.argsort()] = np.arange(len(order))
        order = np.lexsort((rank, last, first))
    return order


def to_records(frame: geopandas.GeoDataFrame) -> list[Observation]:
    """The records of a frame: :func:`to_frame` the other way round.

    A column that is not there counts as not given, so that a frame of one's own needs only the id as index, ``site``
    and ``date``, or ``earliest`` and ``latest``. Columns that no record has are left out.

    Raises:
        InvalidValue: no GeoDataFrame, a column that is needed is not there, an id stands twice, or a row is no record.
    """
    _check_shape(frame)
    given = frame.to_crs("EPSG:4326") if frame.crs else frame
    days = [name for name in ("earliest", "latest") if name in given.columns]
    if "site" not in given.columns or ("date" not in given.columns and len(days) < 2):
        raise InvalidValue(
            "frame",
            "",
            "has not the columns of a record",
            allowed="at least site and date, or site, earliest and latest",
        )
    # Where the date is given its bounds follow from it.
    given = given.drop(columns=days) if "date" in given.columns else given.assign(**{n: _days(given[n]) for n in days})
    return [_record(row) for row in _plain_rows(given)]


def _plain_rows(frame: geopandas.GeoDataFrame) -> Iterator[dict[str, Any]]:
    """Rows as dictionaries: None for what is missing, days as dates, geometry as GeoJSON."""
    columns: dict[str, list[Any]] = {"id": [str(identifier) for identifier in frame.index]}
    for name in frame.columns.difference([frame.active_geometry_name], sort=False):
        values = frame[name].astype(object)
        columns[name] = values.where(values.notna(), None).tolist()
    columns["geometry"] = [
        None if shape is None or shape.is_empty else shapely.geometry.mapping(shape) for shape in frame.geometry
    ]
    for name in {"earliest", "latest"} & columns.keys():
        columns[name] = [moment.date() for moment in columns[name]]
    return (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))


def _days(column: pd.Series) -> pd.Series:
    days = pd.to_datetime(column, errors="coerce")
    if days.isna().any():
        where = days.index[days.isna()][0]
        what = f"{column[where]!r} at {str(where)!r} is no day"
        raise InvalidValue(str(column.name), column[where], what, allowed="a day", example="2025-05-18")
    return days


def _record(row: dict[str, Any]) -> Observation:
    if "date" not in row:
        first, last = row.pop("earliest"), row.pop("latest")
        row["date"] = f"{first}" if first == last else f"{first}/{last}"
    values = {name: row[name] for name in _NAMES if row.get(name) is not None}
    for name in MOMENTS:
        if isinstance(values.get(name), pd.Timestamp):
            values[name] = values[name].to_pydatetime()
    if "geometry" in values:
        # Positions as lists, as a file has them.
        values["geometry"] = json.loads(json.dumps(values["geometry"]))
    try:
        return build(Observation, values)
    except InvalidRecord as error:
        raise InvalidValue("frame", row["id"], f"the row {row['id']!r} is no record: {error}") from error


def checked(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """A frame with the columns that :func:`to_frame` gives, no others, once it holds records.

    Raises:
        InvalidValue: no GeoDataFrame; a column is not there or of another type, an id stands twice, a value that every
            record has is missing.
    """
    _check_shape(frame)
    as_it_should = "to_frame(to_records(frame))"
    pattern = to_frame(())
    for name, dtype in pattern.dtypes.items():
        if name not in frame.columns:
            raise InvalidValue("frame", name, f"has no column {name!r}", example=f"{as_it_should}, which has them all")
        if frame[name].dtype != dtype:
            what = f"its column {name!r} is {frame[name].dtype}"
            raise InvalidValue("frame", name, what, allowed=str(dtype), example=f"{as_it_should}, which has it so")
    for name in _ALWAYS:
        if frame[name].isna().any():
            where = str(frame.index[frame[name].isna()][0])
            raise InvalidValue("frame", where, f"{name!r} is missing at {where!r}", allowed="a value in every row")
    for name in LISTS:
        wrong = [place for place, value in enumerate(frame[name].array) if not isinstance(value, tuple)]
        if wrong:
            where, value = str(frame.index[wrong[0]]), frame[name].array[wrong[0]]
            what = f"{name!r} of {where!r} is {value!r}"
            raise InvalidValue("frame", where, what, allowed="a tuple, empty where nothing is given")
    if frame.crs != pattern.crs:
        raise InvalidValue("frame", frame.crs, f"its coordinates are in {frame.crs}", allowed="EPSG:4326")
    return frame[list(pattern.columns)]


def _check_shape(frame: object) -> None:
    """Is it a GeoDataFrame with one row for each id?"""
    if not isinstance(frame, geopandas.GeoDataFrame) or frame.active_geometry_name is None:
        what = f"is a {type(frame).__name__} without geometry"
        raise InvalidValue("frame", "", what, allowed="a GeoDataFrame, its geometry None where not given")
    if frame.index.has_duplicates:
        twice = str(frame.index[frame.index.duplicated()][0])
        raise InvalidValue("frame", twice, f"{twice!r} stands on two rows", allowed="the id as index, once each")


_NAMES = (*PROPERTY_NAMES, "geometry")
_fields = attrgetter(*_NAMES)
_ORDER = itemgetter(*(_NAMES.index(name) for name in ("earliest", "latest", "id")))
_LIST_PLACES = tuple(_NAMES.index(name) for name in LISTS)


def _row(record: Observation) -> list[Any]:
    """One record's values in the order of the columns, lists as tuples of plain values, the geometry as a shape."""
    row = list(_fields(record))
    for place in _LIST_PLACES:
        if row[place]:
            row[place] = tuple(map(_plain, row[place]))
    if row[-1] is not None:
        row[-1] = shapely.geometry.shape(row[-1])
    return row


def _column(name: str, values: tuple[Any, ...]) -> Any:
    if name in _CATEGORIES:
        return pd.Categorical(values, categories=list(_CATEGORIES[name]))
    if name in DAYS:
        return pd.to_datetime(pd.Series(values, dtype=object), unit=None).astype("datetime64[s]").array
    if name in MOMENTS:
        return pd.to_datetime(pd.Series(values, dtype=object), utc=True).astype("datetime64[s, UTC]").array
    if name in WHOLE:
        return pd.array(values, dtype="Int64")
    if name in FLAGS:
        return pd.array(values, dtype="bool")
    if name in NUMBERS:
        return pd.array([float("nan") if value is None else value for value in values], dtype="float64")
    if name in LISTS:
        return pd.Series(values, dtype=object).array
    return pd.array(values, dtype="string")


def _plain(item: Any) -> Any:
    if isinstance(item, str):
        return item
    return {name: value for name, value in item.__dict__.items() if value is not None}
