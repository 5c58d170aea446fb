"""What every reader of a foreign file gives: rows under named columns, before anybody says what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date as Day
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

#: Between the names of folders inside one another, in the cell that says where a place was kept.
FOLDERS = " / "


class Options(NamedTuple):
    """What a person may have to say about a file, because the file does not."""

    #: Name or number (from 1) of the sheet or layer; None: the first that holds rows.
    sheet: str | None = None
    #: Coordinate reference system of the positions (``EPSG:32652``), where the file states none.
    crs: str | None = None
    #: Text encoding, where it cannot be told from the bytes.
    encoding: str | None = None


class Row(NamedTuple):
    """One row or feature."""

    #: As the program that made the file counts it: the line of a sheet (its header is 1), the feature from 1.
    number: int
    #: Column to cell as it was read: text, number, bool, date, datetime or None.
    values: Mapping[str, Any]
    #: GeoJSON geometry in lon, lat, WGS 84; None where there is none.
    geometry: Mapping[str, Any] | None = None
    #: Why the row cannot be used whatever its columns mean (more cells than the header names); empty: it can.
    fault: str = ""


class Table(NamedTuple):
    """A foreign file, read but not yet understood."""

    #: Name of the format, see ``exchange.formats``.
    form: str
    columns: tuple[str, ...]
    rows: Iterable[Row]
    #: What a person must know before anything is written: reprojected, another sheet left out, invented positions.
    notes: tuple[str, ...] = ()
    #: Column to field of the record, where the format itself says what a column means.
    fields: Mapping[str, str] = {}
    #: The day that a spreadsheet counts as 0, where bare numbers in a date column are its day numbers.
    day_zero: Day | None = None


class Columns(NamedTuple):
    """A foreign file of many rows, read by columns but not yet understood."""

    #: Name of the format, see ``exchange.formats``.
    form: str
    #: The cells, each column of any type of Arrow that is no list of bytes, with a name of its own.
    cells: pa.Table
    #: Of each row, its number as in :class:`Row`.
    numbers: Any
    #: Lon and lat of each row in WGS 84, NaN where there is none; None where the file has no positions.
    points: Any = None
    #: GeoJSON geometries in the place of points, where there are others, None where there is none.
    geometries: Sequence[Mapping[str, Any] | None] | None = None
    #: Rows that have no place among the others, for they have too many cells or too few.
    odd: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()

    def shapes(self, at: NDArray[np.int64] | None = None) -> list[Mapping[str, Any] | None]:
        """The GeoJSON geometries of the rows at these places, of all rows in order where none are named."""
        places = range(self.cells.num_rows) if at is None else at.tolist()
        if self.points is not None:
            numbers = self.points.tolist() if at is None else self.points[at].tolist()
            # NaN differs from itself.
            return [None if x != x and y != y else {"type": "Point", "coordinates": [x, y]} for x, y in numbers]  # noqa: PLR0124
        if self.geometries is not None:
            return [self.geometries[place] for place in places]
        return [None] * len(places)
