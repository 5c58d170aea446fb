"""Ids that stand in several bulk files: which row counts, and which of the others say something that no answer has.

One write gives no id that is on file; two lines of work that are merged with git can give one id twice. The row whose
file the journal names first keeps it. Another one that says the same is that record once more; one that says something
else is told, until it is imported again and has an id of its own. Bulk files never change, so what was found of some is
kept beside the lock, and is not looked for again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from resight import bulkfile
from resight.bulkfile import BulkFiles
from resight.errors import CannotWrite, Problem
from resight.featurefile import write_atomically
from resight.observation import OF_THE_LOG, Observation

if TYPE_CHECKING:
    import pyarrow as pa

#: What a record says, without who logged it and when.
CONTENT = tuple(name for name in bulkfile.COLUMNS if name not in OF_THE_LOG)
#: What was found is kept under this name.
_KEPT_AS = "bulk-twins.json"
_SHOWN = 3


class Twins(NamedTuple):
    """Rows whose id a row of another file has, which counts."""

    #: Their ids, by the file in which they count for nothing, as the journal has it.
    hidden: Mapping[str, Sequence[str]]
    #: Of these, the ids whose row says something that no row says that counts, and the file of the row that has the id.
    unsaid: Mapping[str, Mapping[str, Sequence[str]]]


def put_apart(
    files: BulkFiles, order: Callable[[], Sequence[str]], corrected: Callable[[], Collection[str]], folder: Path
) -> None:
    """Leave out of the files the rows whose id another one has, and tell those that say something else.

    Args:
        files: the bulk files.
        order: gives their names as they follow each other in the journal; those that are not among them come last.
        corrected: gives the ids that stand in year files, too, of which :func:`overridden` tells.
        folder: where what was found is kept.
    """
    if len(files.counts) < 2:
        return
    paths = {bulkfile.key_of(path): path for path in files.counts}
    found = _kept(folder, list(paths))
    if found is None:
        found = _found(files, paths, order)
        _keep(folder, list(paths), found)
    files.hidden = {paths[key]: frozenset(ids) for key, ids in found.hidden.items()}
    elsewhere = corrected() if found.unsaid else ()
    for key, others in found.unsaid.items():
        for other, theirs in others.items():
            if ids := [identifier for identifier in theirs if identifier not in elsewhere]:
                files.problems.append(said(bulkfile.name_of(paths[key]), ids, bulkfile.name_of(paths[other])))


def said(name: str, ids: Sequence[str], other: str) -> Problem:
    """The problem of rows of a file that no answer has, for records in another file have their ids."""
    shown = ", ".join(ids[:_SHOWN]) + (f" and {len(ids) - _SHOWN:,} more" if len(ids) > _SHOWN else "")
    what = f"{other} has another record under the same id: {shown}; nothing of what stands here is in any answer"
    return Problem("error", what, name, mend=f"`resight import --bulk --anyway {name}` gives it an id of its own")


def unsaid(rows: pa.Table, others: pa.Table) -> Any:
    """Which rows say something that none of the others says, as an array of numpy.

    Args:
        rows, others: of :func:`resight.bulkfile.schema`.
    """
    import numpy as np

    ours, theirs = bulkfile.codes([rows, others], CONTENT)
    return ~np.isin(ours, theirs)


def overridden(
    files: BulkFiles,
    places: Mapping[str, str],
    wordings: Callable[[Collection[str]], Iterable[Observation]],
    counting: Callable[[Collection[str]], pa.Table],
) -> Iterator[Problem]:
    """Rows whose id a record of a year file has that never said what they say, nor does any row that counts.

    Args:
        files: the bulk files.
        places: by id, the file of each record of the year files.
        wordings: gives what the records with these ids say, and said before.
        counting: gives the rows of these sites that are in the answers.
    """
    import pyarrow as pa

    found: dict[str, list[pa.RecordBatch]] = {}
    whole = copy(files)
    whole.hidden = {}
    for name, batch in whole.batches(ids=places) if places else ():
        if batch.num_rows:
            found.setdefault(name, []).append(batch)
    tables = {name: pa.Table.from_batches(batches) for name, batches in found.items()}
    ids = {identifier for table in tables.values() for identifier in table.column("id").to_pylist()}
    told = bulkfile.table_of(wordings(ids)) if ids else None
    for name, rows in tables.items():
        rows = rows.filter(pa.array(unsaid(rows, told)))
        if rows.num_rows:
            # What was imported again has an id of its own.
            left = unsaid(rows, counting(set(rows.column("site").to_pylist())))
            for identifier in rows.column("id").filter(pa.array(left)).to_pylist():
                yield said(name, [identifier], places[identifier])


def _found(files: BulkFiles, paths: Mapping[str, Path], order: Callable[[], Sequence[str]]) -> Twins:
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = files.ids()
    if pc.count_distinct(ids).as_py() == len(ids):
        return Twins({}, {})
    places = {key: place for place, key in enumerate(order())}
    hidden: dict[str, list[str]] = {}
    before = pa.array([], type=pa.string())
    for key in sorted(paths, key=lambda key: (places.get(key, len(places)), key)):
        own = BulkFiles([paths[key]]).ids()
        again = own.filter(pc.is_in(own, value_set=before))
        if len(again):
            hidden[key] = sorted(again.to_pylist())
        before = pa.concat_arrays([before, own])
    files.hidden = {paths[key]: frozenset(theirs) for key, theirs in hidden.items()}
    other: dict[str, dict[str, list[str]]] = {}
    for key, theirs in hidden.items():
        rows = BulkFiles([paths[key]]).table(ids=theirs)
        # What says the same is at the same site on the same days.
        days = pc.min(rows.column("earliest")).as_py(), pc.max(rows.column("latest")).as_py()
        alike = files.table(between=days, sites=set(pc.unique(rows.column("site")).to_pylist()))
        left = rows.column("id").filter(pa.array(unsaid(rows, alike))).to_pylist()
        for name, batch in files.batches(ids=left) if left else ():
            of_this = other.setdefault(key, {}).setdefault(name.removeprefix("observations/"), [])
            of_this += batch.column("id").to_pylist()
    return Twins(hidden, other)


def keep_none(folder: Path, keys: Collection[str]) -> None:
    """Keep in a folder that no id stands in several of these files."""
    _keep(folder, sorted(keys), Twins({}, {}))


def _kept(folder: Path, keys: Sequence[str]) -> Twins | None:
    """What was found of these files before; None when nothing was, or it cannot be read."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        kept = orjson.loads((folder / _KEPT_AS).read_bytes())
        if kept["files"] == list(keys) and all(set(kept[name]) <= set(keys) for name in Twins._fields):
            return Twins(kept["hidden"], kept["unsaid"])
    return None


def _keep(folder: Path, keys: Sequence[str], found: Twins) -> None:
    # Where nothing can be written it is looked for again.
    with contextlib.suppress(CannotWrite):
        if folder.is_dir():
            write_atomically(folder / _KEPT_AS, orjson.dumps({"files": list(keys), **found._asdict()}))
