"""The records of a frame in columns, as a page takes them: each column made once it is asked for, each value told once.

A hundred thousand records have few dates, few kinds and few sources between them. So nothing here goes record by
record: a column is turned into plain values whole, and what is said of it is said once for every distinct value.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import shapely

from resight.comparison import Repeats
from resight.observation import LOOK_METHODS
from resight.wording import Data, Row, period_of, sign_of

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_DAYS = ("earliest", "latest")
_LISTS = ("sources", "relates")


class Columns:
    """Columns of a frame as lists of plain values, None for what is missing, and what follows from them:

    ``one_time``, ``sign`` and ``period`` (see :mod:`resight.wording`), ``is_look`` and ``is_counted_look``.
    """

    def __init__(self, frame: GeoDataFrame, repeats: Repeats) -> None:
        self.frame, self.repeats = frame, repeats
        self._made: dict[str, list[Any]] = {}
        self._follows: dict[str, Callable[[], list[Any]]] = {
            "one_time": self._one_time,
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
        return coded(self._keys(names), lambda key: tell(_row(names, key)))

    @cached_property
    def placed(self) -> list[bool]:
        """Has each record a position of its own?"""
        shapes = self.frame.geometry
        given: list[bool] = (~(shapes.isna() | shapes.is_empty)).tolist()
        return given

    def centres(self) -> list[float | None]:
        """Longitude and latitude in turn of the middle of what was drawn, to a tenth of a metre; None without one."""
        west, south, east, north = shapely.bounds(self.frame.geometry.to_numpy()).T
        middles = zip(((west + east) / 2).round(6).tolist(), ((south + north) / 2).round(6).tolist(), strict=True)
        return [
            value if known else None for middle, known in zip(middles, self.placed, strict=True) for value in middle
        ]

    def reach(self) -> list[tuple[float, float]]:
        """Two corners (lon, lat) of the box around all positions; nothing where none is given."""
        west, south, east, north = self.frame.total_bounds.tolist()
        return [(west, south), (east, north)] if any(self.placed) else []

    def drawn(self) -> list[list[Any]]:
        """Place among the records and geometry, as GeoJSON, of each record whose position is more than a point."""
        shapes = self.frame.geometry.to_numpy()
        kinds = zip(shapely.get_type_id(shapes).tolist(), self.placed, strict=True)
        more = [place for place, (kind, is_placed) in enumerate(kinds) if kind > 0 and is_placed]
        return [[place, shapely.geometry.mapping(shapes[place])] for place in more]

    def _told(self, names: Sequence[str], tell: Callable[[Row], Any]) -> list[Any]:
        """The same as a list with a value for each record."""
        known: dict[Hashable, Any] = {}
        keys = list(self._keys(names))
        for key in set(keys):
            known[key] = tell(_row(names, key))
        return [known[key] for key in keys]

    def _keys(self, names: Sequence[str]) -> Iterable[Hashable]:
        return self[names[0]] if len(names) == 1 else zip(*(self[name] for name in names), strict=True)

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
        values: list[Any] = column.astype(object).where(column.notna(), None).tolist()
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
    places: dict[Hashable, int] = {}
    of = [places.setdefault(key, len(places)) for key in keys]
    return {"are": [tell(key) for key in places], "of": None if len(places) in (1, len(of)) else of}


def _row(names: Sequence[str], key: Any) -> Row:
    values = (key,) if len(names) == 1 else key
    return {
        name: tuple(map(dict, value)) if name in _LISTS else value for name, value in zip(names, values, strict=True)
    }
