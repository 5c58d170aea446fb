"""The file of rejected rows: as they were read, each with the reason, ready to be corrected and imported again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

import orjson

from resight.exchange.delimited import FORMULA_STARTS
from resight.exchange.intake import Reject
from resight.exchange.mapping import REJECT_COLUMNS
from resight.exchange.table import Table

#: What a spreadsheet would run, and what was written so that it does not.
_RUNS = re.compile(rf"'*[{re.escape(''.join(FORMULA_STARTS))}]")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def text(columns: Sequence[str], rejects: Sequence[Reject]) -> str:
    """The rows as CSV (RFC 4180), the four columns about the rejection after their own.

    A cell that a spreadsheet would run as a formula has an apostrophe before it, which :func:`undone` takes away.
    """
    columns = [column for column in columns if column not in REJECT_COLUMNS]
    placed = any(reject.row.geometry is not None for reject in rejects)
    geometry = ["geometry"] if placed and "geometry" not in columns else []
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([*map(_cell, columns), *geometry, *REJECT_COLUMNS])
    for row, column, value, reason in rejects:
        cells = [_cell(row.values.get(name)) for name in columns]
        shape = [_cell(row.geometry) for _ in geometry]
        writer.writerow([*cells, *shape, row.number, *map(_cell, (column, value, reason))])
    return file.getvalue()


def undone(table: Table) -> Table:
    """The table of a corrected file, its cells as they were before :func:`text` made them safe; others as they are."""
    if not set(REJECT_COLUMNS) <= set(table.columns):
        return table
    rows = tuple(
        row._replace(values={_plain(name): _plain(cell) for name, cell in row.values.items()}) for row in table.rows
    )
    return table._replace(columns=tuple(map(_plain, table.columns)), rows=rows)


def _cell(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, dict | list | tuple):
        return orjson.dumps(cell).decode()
    shown = cell.isoformat() if hasattr(cell, "isoformat") else str(cell)
    return f"'{shown}" if _RUNS.match(shown) and not _NUMBER.fullmatch(shown) else shown


def _plain(cell: Any) -> Any:
    return cell[1:] if isinstance(cell, str) and cell.startswith("'") and _RUNS.match(cell) else cell
