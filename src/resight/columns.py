"""The records of a frame in columns, as a page takes them: each column made once it is asked for, each value told once.

A hundred thousand records have few dates, few kinds and few sources between them. So nothing here goes record by
record: a column is turned into plain values whole, and what is said of it is said once for every distinct value.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import shapely

from resight import flatmap
from resight.basemap import box_around
from resight.comparison import Repeats
from resight.observation import LOOK_METHODS, positions
from resight.wording import Data, Row, period_of, sign_of

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_DAYS = ("earliest", "latest")
_LISTS = ("sources", "relates")


class Columns:
    """Columns of a frame as lists of plain values, None for what is missing, and what follows from them:

    ``one_time``, ``sign`` and ``period`` (see :mod:`resight.wording`), ``is_placed``, ``is_look``, ``is_counted_look``.
    """

    def __init__(self, frame: GeoDataFrame, repeats: Repeats) -> None:
        self.frame, self.repeats = frame, repeats
        self._made: dict[str, list[Any]] = {}
        self._ones: dict[str, bool] = {}
        self._follows: dict[str, Callable[[], list[Any]]] = {
            "one_time": self._one_time,
            "is_placed": lambda: self.placed,
            "sign": lambda: self._told(("aggregate", "context", "outcome", "one_time"), sign_of),
            "period": lambda: self._told(_DAYS, lambda row: period_of(row["earliest"], row["latest"], repeats)),
            "is_look": lambda: self._told(("method", "aggregate", "one_time"), is_look),
            "is_counted_look": lambda: self._told(
                ("method", "aggregate", "one_time", "outcome", "basis", "effort_stated"), is_counted_look
            ),
        }

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self._made:
            self._made[name] = self._follows[name]() if name in self._follows else self._plain(name)
        return self._made[name]

    def at(self, site: str) -> Columns:
        """The records of one site, in order of (earliest, latest, id)."""
        here = self.frame[self.frame["site"] == site].rename_axis("id")
        return Columns(here.sort_values([*_DAYS, "id"]), self.repeats)

    def days(self, name: str) -> list[int]:
        """``earliest`` or ``latest`` as days since 1 January 1970."""
        found: list[int] = self.frame[name].to_numpy("datetime64[D]").astype("int64").tolist()
        return found

    def coded(self, names: Sequence[str], tell: Callable[[Row], Any]) -> Data:
        """A column made of some others, see :func:`coded`; what is told is a JSON value."""
        keys, row = self._keys(names)
        return coded(keys, lambda key: tell(row(key)))

    @cached_property
    def placed(self) -> list[bool]:
        """Has each record a position of its own?"""
        shapes = self.frame.geometry
        given: list[bool] = (~(shapes.isna() | shapes.is_empty)).tolist()
        return given

    @cached_property
    def beyond(self) -> list[bool]:
        """Does any part of what was drawn lie nearer a pole than a flat map goes?"""
        _, south, _, north = shapely.bounds(self.frame.geometry.to_numpy()).T
        found: list[bool] = ((south < -flatmap.LAST_LATITUDE) | (north > flatmap.LAST_LATITUDE)).tolist()
        return found

    def drawn(self, beside: float) -> list[list[Any]]:
        """Place among the records and geometry, on a flat map, of each record whose position is more than a point."""
        shapes = self.frame.geometry.to_numpy()
        kinds = zip(shapely.get_type_id(shapes).tolist(), self.placed, strict=True)
        more = [place for place, (kind, is_placed) in enumerate(kinds) if kind > 0 and is_placed]
        return [[place, flatmap.geometry(shapely.geometry.mapping(shapes[place]), beside)] for place in more]

    def centres(self, drawn: Iterable[Sequence[Any]], beside: float) -> list[float | None]:
        """Longitude and latitude in turn of the middle of each record on a flat map, to a tenth of a metre.

        None without a position; ``drawn`` is what :meth:`drawn` gives.
        """
        lon, lat, _, _ = shapely.bounds(self.frame.geometry.to_numpy()).T
        lon = lon + 360 * ((beside - lon) / 360).round()
        lat = lat.clip(-flatmap.LAST_LATITUDE, flatmap.LAST_LATITUDE)
        points = zip(lon.round(6).tolist(), lat.round(6).tolist(), self.placed, strict=True)
        found = [value if is_placed else None for *point, is_placed in points for value in point]
        for place, shape in drawn:
            west, south, east, north = box_around(positions(shape))
            found[2 * place : 2 * place + 2] = [round((west + east) / 2, 6), round((south + north) / 2, 6)]
        return found

    def first_positions(self) -> list[tuple[str, float, float] | None]:
        """Kind of geometry, longitude and latitude of the first position of each record, as they were given."""
        shapes = self.frame.geometry.to_numpy()
        kinds = shapely.get_type_id(shapes).tolist()
        west, south, _, _ = shapely.bounds(shapes).T
        found: list[tuple[str, float, float] | None] = [
            (shapely.GeometryType(kind).name, lon, lat) if is_placed else None
            for kind, lon, lat, is_placed in zip(kinds, west.tolist(), south.tolist(), self.placed, strict=True)
        ]
        for place, kind in enumerate(kinds):
            if kind > 0 and self.placed[place]:
                given = shapely.geometry.mapping(shapes[place])
                lon, lat = next(positions(given))[:2]
                found[place] = given["type"], lon, lat
        return found

    def _told(self, names: Sequence[str], tell: Callable[[Row], Any]) -> list[Any]:
        """The same as a list with a value for each record."""
        keys, row = self._keys(names)
        known: dict[Hashable, Any] = {}
        return [known[key] if key in known else known.setdefault(key, tell(row(key))) for key in keys]

    def _keys(self, names: Sequence[str]) -> tuple[Iterable[Hashable], Callable[[Any], Row]]:
        """What tells the records apart in some columns, and how a row is made of it; most columns say one thing."""
        fixed = {name: self[name][0] for name in names if self._is_one(name)}
        varying = [name for name in names if name not in fixed]
        if not varying:
            return [None] * len(self), lambda _: _unlisted(fixed)
        if len(varying) == 1:
            (name,) = varying
            return self[name], lambda value: _unlisted({**fixed, name: value})
        return zip(*map(self.__getitem__, varying), strict=True), lambda key: _unlisted(
            {**fixed, **dict(zip(varying, key, strict=True))}
        )

    def _is_one(self, name: str) -> bool:
        """Has a column the same value for all records?"""
        if name not in self._ones:
            values = self[name]
            self._ones[name] = bool(values) and values.count(values[0]) == len(values)
        return self._ones[name]

    def _plain(self, name: str) -> list[Any]:
        if name == "id":
            return [str(identifier) for identifier in self.frame.index]
        column = self.frame[name]
        if name in _DAYS:
            days: list[Any] = column.to_numpy("datetime64[D]").tolist()
            return days
        if name in _LISTS:
            # Dictionaries cannot be told apart by a hash; their items can.
            return [tuple(tuple(item.items()) for item in items) for items in column]
        given = column.notna()
        if not given.any():
            return [None] * len(column)
        values: list[Any] = column.astype(object).where(given, None).tolist()
        return values

    def _one_time(self) -> list[bool]:
        """Is a record tied to a day or an image? Over a longer period, how many looks stand behind it is not known."""
        names = (*_DAYS, "image_id", "image_time")
        rows = zip(*(self[name] for name in names), strict=True)
        return [first == last or image is not None or time is not None for first, last, image, time in rows]


def is_look(row: Row) -> bool:
    """Is the record of one examination of an image, whatever came of it?"""
    return row["method"] in LOOK_METHODS and not row["aggregate"] and row["one_time"]


def is_counted_look(row: Row) -> bool:
    """May the look stand in a denominator: it could tell, and is our own or of a source that states all its looks?"""
    return is_look(row) and row["outcome"] != "cannot-tell" and (row["basis"] == "own" or row["effort_stated"])


def coded(keys: Iterable[Hashable], tell: Callable[[Any], Any] = lambda key: key) -> Data:
    """A column as its distinct values (``are``) and the place among them of each record's (``of``).

    ``of`` is None where it would say nothing: one value for all, or another one for each.
    """
    told = list(keys)
    places: dict[Hashable, int] = {key: place for place, key in enumerate(dict.fromkeys(told))}
    of = None if len(places) in (1, len(told)) else list(map(places.__getitem__, told))
    return {"are": [tell(key) for key in places], "of": of}


def _unlisted(row: Row) -> Row:
    """A row with its lists of dictionaries as such again."""
    for name in _LISTS:
        if name in row:
            row[name] = tuple(map(dict, row[name]))
    return row
