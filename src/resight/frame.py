"""Records as a GeoDataFrame: one row a record, the id as index, proper dtypes, WGS 84."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Any, get_args

import geopandas
import pandas as pd
import shapely

from resight.observation import PROPERTY_NAMES, Basis, Method, Observation, Outcome, Status

_CATEGORIES = {
    "outcome": get_args(Outcome),
    "basis": get_args(Basis),
    "method": get_args(Method),
    "status": get_args(Status),
}
_DAYS = ("earliest", "latest")
_MOMENTS = ("image_time", "logged_at", "revised_at")
_COUNTS = ("count", "count_min", "count_max", "revision")
_FLAGS = ("effort_stated", "aggregate", "context")
_METRES = ("location_uncertainty_m", "gsd_m", "cloud_pct", "off_nadir_deg", "length_m", "width_m")
_LISTS = ("sources", "relates", "tags")


def to_frame(records: Iterable[Observation]) -> geopandas.GeoDataFrame:
    """The records as a GeoDataFrame in EPSG:4326 with the id as index and one column for every field.

    Rows come in order of (earliest, latest, id). Days are ``datetime64``, moments ``datetime64`` in UTC, counts
    nullable ``Int64``, ``outcome``, ``basis``, ``method`` and ``status`` categories; ``sources``, ``relates`` and
    ``tags`` are tuples (the first two of dicts). A record without a position has the geometry None, never the site's
    point. A frame of no records has the same columns and dtypes.
    """
    rows = [_row(record.__dict__) for record in records]
    rows.sort(key=_ORDER)
    values = dict(zip(_NAMES, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(_NAMES, ())
    index = pd.Index(pd.array(values.pop("id"), dtype="string"), name="id")
    shapes = geopandas.GeoSeries(values.pop("geometry"), index=index, crs="EPSG:4326")
    columns = {name: _column(name, column) for name, column in values.items()}
    return geopandas.GeoDataFrame(columns, index=index, geometry=shapes)


_NAMES = (*PROPERTY_NAMES, "geometry")
_fields = itemgetter(*_NAMES)
_ORDER = itemgetter(*(_NAMES.index(name) for name in ("earliest", "latest", "id")))
_LIST_PLACES = tuple(_NAMES.index(name) for name in _LISTS)


def _row(values: dict[str, Any]) -> list[Any]:
    """One record's values in the order of the columns, lists as tuples of plain values, the geometry as a shape."""
    row = list(_fields(values))
    for place in _LIST_PLACES:
        if row[place]:
            row[place] = tuple(map(_plain, row[place]))
    if row[-1] is not None:
        row[-1] = shapely.geometry.shape(row[-1])
    return row


def _column(name: str, values: tuple[Any, ...]) -> Any:
    if name in _CATEGORIES:
        return pd.Categorical(values, categories=list(_CATEGORIES[name]))
    if name in _DAYS:
        return pd.to_datetime(pd.Series(values, dtype=object), unit=None).astype("datetime64[s]").array
    if name in _MOMENTS:
        return pd.to_datetime(pd.Series(values, dtype=object), utc=True).astype("datetime64[s, UTC]").array
    if name in _COUNTS:
        return pd.array(values, dtype="Int64")
    if name in _FLAGS:
        return pd.array(values, dtype="bool")
    if name in _METRES:
        return pd.array([float("nan") if value is None else value for value in values], dtype="float64")
    if name in _LISTS:
        return pd.Series(values, dtype=object).array
    return pd.array(values, dtype="string")


def _plain(item: Any) -> Any:
    if isinstance(item, str):
        return item
    return {name: value for name, value in item.__dict__.items() if value is not None}
