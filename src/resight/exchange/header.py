"""Which line of a sheet names its columns, and the rows below it: titles above, merged and doubled names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from resight.errors import UnreadableFile
from resight.exchange.table import Row

#: Lines from the top among which the header is looked for.
_DEPTH = 30


class Sheet(NamedTuple):
    """The lines of a sheet taken apart."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    #: The first line below the header, from 1.
    body: int = 2


def taken_apart(lines: Sequence[Sequence[Any]], *, is_cut_off: bool = False) -> Sheet:
    """Columns and rows of the lines of a sheet, each a sequence of cells; row numbers count from 1 at the top.

    The header is the first line that is at least half as wide as the widest near the top. A line of text below it that
    names what the header leaves open (a cell merged over several columns) belongs to it. Nothing is left out unsaid.

    Args:
        lines: every line, blank ones too; a cell without content is None or empty text.
        is_cut_off: the last line has no end: when it is short as well, the file is taken to be cut off there.

    Raises:
        UnreadableFile: there is no line with content.
    """
    filled = [len(_trimmed(line)) and sum(not _is_empty(cell) for cell in line) for line in lines[:_DEPTH]]
    if not any(filled):
        raise UnreadableFile("holds no rows: every line is empty")
    at = next(number for number, count in enumerate(filled) if count and 2 * count >= max(filled))
    notes = [
        f"line {n} above the header is not read: {_shown(line)}"
        for n, line in enumerate(lines[:at], 1)
        if filled[n - 1]
    ]
    names = [_name(cell) for cell in _trimmed(lines[at])]
    body = at + 1
    lower = _lower_names(names, lines[at + 1] if len(lines) > at + 1 else ())
    if lower:
        notes.append(f"lines {at + 1} and {at + 2} together name the columns")
        names, body = lower, at + 2
    rest = lines[body:]
    width = max([len(names), *(len(_trimmed(line)) for line in rest if len(line) > len(names))])
    stated = len(names)
    # Columns that nobody named but that hold something in most rows; a single overlong row is a fault of that row.
    used = [sum(i < len(line) and not _is_empty(line[i]) for line in rest) for i in range(stated, width)]
    kept = max((stated + i + 1 for i, count in enumerate(used) if 2 * count > len(rest)), default=stated)
    names += [""] * (kept - stated)
    columns, more = _told_apart(names)
    rows: list[Row] = []
    for number, line in enumerate(rest, body + 1):
        # As _is_empty tells, without a call for each of a million cells.
        cells = [cell if type(cell) is not str or (cell and not cell.isspace()) else None for cell in line]
        if cells.count(None) == len(cells):
            continue
        fault = ""
        if len(cells) == kept:
            rows.append(Row(number, dict(zip(columns, cells, strict=True))))
            continue
        if any(cell is not None for cell in cells[kept:]):
            fault = said_too_many(cells, kept)
        elif is_cut_off and number == len(lines) and len(cells) < kept:
            fault = said_cut_off(len(cells), kept)
        cells += [None] * (kept - len(cells))
        rows.append(Row(number, dict(zip(columns, cells[:kept], strict=True)), None, fault))
    return Sheet(columns, tuple(rows), (*notes, *more), body + 1)


def said_too_many(cells: Sequence[Any], named: int) -> str:
    """The fault of a row that has cells, None where nothing stands, beyond those that the header names."""
    count = max(i for i, cell in enumerate(cells, 1) if cell is not None)
    return f"has {count} cells where the header names {named}: a separator inside a cell needs quotes around it"


def said_cut_off(count: int, named: int) -> str:
    """The fault of a last row that has no end and too few cells."""
    return f"is the last one and has {count} of {named} cells: the file seems to be cut off"


def _is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _trimmed(line: Sequence[Any]) -> Sequence[Any]:
    """The line without the empty cells at its end."""
    end = len(line)
    while end and _is_empty(line[end - 1]):
        end -= 1
    return line[:end]


def _name(cell: Any) -> str:
    return "" if cell is None else " ".join(str(cell).split())


def _shown(line: Sequence[Any]) -> str:
    text = " ".join(_name(cell) for cell in line if not _is_empty(cell))
    return f"“{text if len(text) <= 60 else text[:59] + '…'}”"


def _lower_names(upper: Sequence[str], below: Sequence[Any]) -> list[str]:
    """The names of two header lines joined, when the second one names what the first leaves open; else nothing."""
    lower = [_name(cell) for cell in _trimmed(below)]
    open_above = [i for i, name in enumerate(lower) if name and (i >= len(upper) or not upper[i])]
    is_names = all(isinstance(cell, str) or _is_empty(cell) for cell in below) and not any(
        re.search(r"\d", name) for name in lower
    )
    some_blank = any(not (lower[i] if i < len(lower) else "") for i, name in enumerate(upper) if name)
    if not (open_above and is_names and some_blank):
        return []
    names, group = [], ""
    for i in range(max(len(upper), len(lower))):
        top, under = upper[i] if i < len(upper) else "", lower[i] if i < len(lower) else ""
        group = top or group
        names.append(f"{top if top else group} {under}".strip() if under else top)
    return names


def _told_apart(names: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Names without doubles, and what was done to have none."""
    columns: list[str] = []
    notes: list[str] = []
    for number, name in enumerate(names, 1):
        unique = name or f"column {number}"
        if unique in columns:
            count = 2
            while f"{unique} ({count})" in columns:
                count += 1
            notes.append(
                f"the column {unique!r} is there more than once; column {number} is called {f'{unique} ({count})'!r}"
            )
            unique = f"{unique} ({count})"
        columns.append(unique)
    return tuple(columns), notes
