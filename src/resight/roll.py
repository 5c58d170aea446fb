"""The roll: every episode of either side as one row of a table, with what became of it, for any number of them.

It says what the ledger of a small report says, as far as columns tell it, and is written as GeoParquet or CSV. A row
without another episode has no bits. What a ledger has and this has not: the bits of the single levels of the platform
(their sum is there), and the trial of the matches, which are too many to be tried together.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from resight import bulkfile, evidence, ledger, scale
from resight.compared import ARROW, Compared, Comparisons
from resight.outcomes import ALIKE, EMPTY, NONE, REPEATS, RESEMBLES, UNTOLD, Outcome, Outcomes
from resight.report import cell

if TYPE_CHECKING:
    from pathlib import Path

    from geopandas import GeoDataFrame

    from resight.vocabulary import Vocabulary
    from resight.weights import Bools, Ints
    from resight.wording import Data

FACTORS = ("place", "platform", "activity", "season")
_TEXT = pa.dictionary(pa.int32(), pa.string())
#: The columns in order; they stay as they are from one report to the next.
SCHEMA = pa.schema(
    [
        ("episode", pa.string()),
        ("year", pa.int32()),
        ("side", _TEXT),
        ("group", _TEXT),
        ("site", _TEXT),
        ("date", _TEXT),
        ("earliest", pa.date32()),
        ("latest", pa.date32()),
        ("platform", _TEXT),
        ("known_platform", _TEXT),
        ("individual", _TEXT),
        ("result", _TEXT),
        ("other", pa.string()),
        ("finding", _TEXT),
        *((f"{factor}_bits", pa.float64()) for factor in FACTORS),
        ("total_bits", pa.float64()),
        ("evidence", _TEXT),
        ("posterior", _TEXT),
        ("looks", _TEXT),
        ("records", pa.string()),
        ("geometry", pa.binary()),
    ]
)


class Naming(NamedTuple):
    """What the rows of a roll are called."""

    #: The two sides, as a reader reads them.
    now: str
    then: str
    #: What the sites compared as one group are called; what follows "not repeated on file" while the year runs.
    group: str
    so_far: str
    name: Callable[[str], str]
    #: What is known of the looks at a site on a side (``now`` or ``then``).
    looks: Callable[[str, str], str]
    #: What the bits of a scope rest on that is assumed.
    assumed: Callable[[Compared], str]


def of(
    records: GeoDataFrame,
    comparisons: Comparisons,
    became: Sequence[Outcomes],
    naming: Naming,
    vocabulary: Vocabulary,
) -> pa.Table:
    """The roll of a comparison: the watched sites first, this year's episodes before the baseline's.

    Args:
        records: the frame of records that the episodes were found in.
        comparisons: what was found.
        became: what became of the episodes of each scope.
        naming: what things are called.
        vocabulary: the platform tree.
    """
    found = comparisons.found.episodes
    held = _Held(len(found))
    for number, (one, outcome) in enumerate(zip(comparisons.scopes, became, strict=True)):
        for side in (1, 0):
            held.take(one, number, side, outcome[side])
    order = np.concatenate(held.order) if held.order else np.zeros(0, dtype=np.int64)
    site, names = _coded(found["site"].iloc[order])
    is_now, other, total = held.is_now[order], held.other[order], held.total[order]
    ids = pa.array(found.index, pa.string())
    assumed = [naming.assumed(one) for one in comparisons.scopes]
    years = found["first"].dt.year.to_numpy()
    of_side = np.where(is_now, 0, 1)
    columns: dict[str, Any] = {
        "episode": ids.take(pa.array(order)),
        "year": pa.array(years[order], pa.int32()),
        "side": _words(of_side, ["current", "baseline"]),
        "group": _words(np.where(held.scope[order] == 0, 0, 1), [naming.group, "other sites"]),
        "site": _words(site, list(map(naming.name, names))),
        "earliest": _days(found["first"], order),
        "latest": _days(found["last"], order),
        "known_platform": _words(*_coded(found["path"].iloc[order])),
        "result": _words(held.became[order] + 6 * of_side, [*_results("now", naming), *_results("then", naming)]),
        "other": ids.take(pa.array(np.maximum(other, 0), mask=other < 0)),
        "finding": _words(held.finding[order], _FOUND),
        **{f"{name}_bits": _numbers(held.bits[name][order]) for name in FACTORS},
        "total_bits": _numbers(total),
        "evidence": _evidence(total, held.scope[order], assumed),
        "posterior": _posteriors(held.posterior[order]),
        # What is known of the looks of the other side.
        "looks": _words(
            2 * site + is_now, [naming.looks(name, period) for name in names for period in ("now", "then")]
        ),
        **_of_records(records, comparisons, order, vocabulary),
        "geometry": pa.array(shapely.to_wkb(np.asarray(found.geometry.array[order])), pa.binary()),
    }
    return pa.table([columns[field.name] for field in SCHEMA], schema=SCHEMA)


class _Held:
    """What became of every episode, by its row among all, gathered scope by scope."""

    def __init__(self, number: int) -> None:
        self.order: list[Ints] = []
        self.scope, self.is_now = np.full(number, -1), np.zeros(number, dtype=np.int64)
        self.became, self.other, self.finding = (np.full(number, -1) for _ in range(3))
        self.bits = {name: np.full(number, np.nan) for name in FACTORS}
        self.total, self.posterior = np.full(number, np.nan), np.full(number, np.nan)

    def take(self, one: Compared, number: int, side: int, outcome: Outcome) -> None:
        """Take over one side of a scope: 0 for the baseline, 1 for the year under study."""
        rows, others = ((one.then, one.now), (one.now, one.then))[side]
        self.order.append(rows)
        self.scope[rows], self.is_now[rows], self.became[rows] = number, side, outcome.became
        there = np.flatnonzero(outcome.other >= 0)
        pair = (there, outcome.other[there])
        b, c = pair if side == 0 else pair[::-1]
        at = rows[there]
        factors = one.factors(b, c)
        self.other[at] = others[outcome.other[there]]
        finding = factors.pop("finding")
        for place, name in enumerate(_FOUND):
            self.finding[at[finding == name]] = place
        for name in FACTORS:
            self.bits[name][at] = factors[name]
        self.total[at] = sum(factors[name] for name in FACTORS)
        self.posterior[at] = one.links.prior * np.exp2(self.total[at]) / one.links.odds[c]


_FOUND: list[str] = [*evidence.FINDINGS.values(), "other"]


def _results(side: str, naming: Naming) -> list[str]:
    """What became of an episode, in the words of the page, by the numbers of :mod:`resight.outcomes`."""
    is_now = side == "now"
    other = naming.then if is_now else naming.now
    said = {
        REPEATS: "repeats" if is_now else "repeated by",
        RESEMBLES: "resembles" if is_now else "resembled by",
        ALIKE: f"like one of {other}, no one visit standing out",
        UNTOLD: f"may or may not be like one of {other}",
        NONE: "without precedent on file" if is_now else f"not repeated on file{naming.so_far}",
        EMPTY: f"nothing on file for {other} to compare with",
    }
    return [said[number] for number in range(len(said))]


def _of_records(
    records: GeoDataFrame, comparisons: Comparisons, order: Ints, vocabulary: Vocabulary
) -> dict[str, pa.Array]:
    """What the sightings of each episode say that a frame of episodes does not hold."""
    rows, begin = comparisons.found.sightings()
    starts, first = begin[:-1], rows[begin[:-1]]
    ids = pa.array(records.index, pa.string())
    each = pa.ListArray.from_arrays(pa.array(begin, pa.int32()), ids.take(pa.array(rows)))
    hedge, fields = _coded(records["hedge_on"])
    on = {field: code for code, field in enumerate(fields)}
    hedged = {field: (hedge == on.get(field, -2))[rows] for field in ("platform", "platform_name")}
    name, names = _coded(records["platform_name"])
    name = name[rows]
    doubt, doubts = _coded(records["hedge"])

    def first_of(wanted: Bools) -> Ints:
        """The place among the sightings of the first that is wanted, one past the last for none."""
        place = np.where(wanted, np.arange(len(rows)), len(rows))
        return np.asarray(np.minimum.reduceat(place, starts)) if len(starts) else starts

    named, claimed = first_of((name >= 0) & ~hedged["platform_name"]), first_of(name >= 0)
    best = np.where(named < len(rows), named, claimed)
    called = np.append(name, -1)[best]
    # The source's own doubt stands before a name that is only claimed.
    by = np.append(doubt[rows], -1)[first_of((hedged["platform"] | hedged["platform_name"]) & (doubt[rows] >= 0))]
    by = np.where(named < len(rows), -1, by)
    told, both = np.unique(called * (len(doubts) + 1) + by + 1, return_inverse=True)
    words = []
    for code in told.tolist():
        of, before = divmod(code, len(doubts) + 1)
        words.append("" if of < 0 else f"“{doubts[before - 1]}” {names[of]}" if before else str(names[of]))
    path = comparisons.found.episodes["path"]
    code, paths = _coded(path)
    claims = list(paths)
    # Of platforms that are claimed only, the claim: few are.
    doubtful = np.add.reduceat(hedged["platform"], starts) > 0 if len(starts) else np.zeros(0, dtype=bool)
    for episode in np.flatnonzero(doubtful).tolist():
        here = records.iloc[rows[begin[episode] : begin[episode + 1]]]
        claims_here: list[tuple[str, ...]] = [_claimed(*one, vocabulary) for one in _said(here)]
        claim = ARROW.join(sorted(claims_here, key=len, reverse=True)[0])
        if claim != paths[code[episode]]:
            code[episode] = len(claims)
            claims.append(claim)
    date, dates = _coded(records["date"])
    return {
        "platform": _words(code[order], claims),
        "individual": _words(both[order], words),
        "date": _words(date[first][order], list(dates)),
        "records": pc.binary_join(each.take(pa.array(order)), " "),
    }


def _said(records: GeoDataFrame) -> Iterator[tuple[str | None, str | None, str | None]]:
    names = ("platform", "platform_name", "hedge_on")
    platform, name, hedge_on = (records[one].to_numpy(dtype=object, na_value=None).tolist() for one in names)
    return zip(platform, name, hedge_on, strict=True)


def _claimed(platform: str | None, name: str | None, hedge_on: str | None, vocabulary: Vocabulary) -> tuple[str, ...]:
    """See :func:`resight.episodes.full_path`."""
    path = vocabulary.path(platform) if platform else ()
    known = vocabulary.individual(name) if name and hedge_on != "platform_name" else None
    deeper = vocabulary.path(known.platform) if known else ()
    return deeper if deeper[: len(path)] == path and deeper else path


def _coded(column: Any) -> tuple[Ints, Sequence[Any]]:
    """Numbers for the values of a column, −1 for none, and the values."""
    if hasattr(column, "cat"):
        return column.cat.codes.to_numpy(dtype=np.int64), list(column.cat.categories)
    codes, values = column.factorize()
    return codes, list(values)


def _words(codes: Ints, words: Sequence[str]) -> pa.DictionaryArray:
    """Text by its number; −1 for none. Equal words get one number."""
    place = {word: number for number, word in enumerate(dict.fromkeys(words))}
    codes = np.append([place[word] for word in words], -1)[codes].astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(list(place), pa.string()))


def _numbers(values: Any) -> pa.Array:
    return pa.array(values, from_pandas=True)


def _days(column: Any, order: Ints) -> pa.Array:
    return pa.array(column.to_numpy().astype("datetime64[D]")[order], pa.date32())


def _evidence(total: Any, scope: Ints, assumed: Sequence[str]) -> pa.DictionaryArray:
    """The bits in words: few words for many numbers."""
    there = np.flatnonzero(~np.isnan(total))
    clauses = list(dict.fromkeys(assumed))
    clause = np.array([clauses.index(text) for text in assumed] or [0])[scope]
    steps = np.array(sorted({np.log2(least) for least, _ in scale.STEPS}))
    step = np.searchsorted(steps, np.abs(total[there]), "right") * 2 + (total[there] < 0)
    kinds, first, of = np.unique(step * len(clauses) + clause[there], return_index=True, return_inverse=True)
    words = [
        scale.in_words(float(total[there[one]]), clauses[int(kind) % len(clauses)])
        for kind, one in zip(kinds, first, strict=True)
    ]
    codes = np.full(len(total), -1)
    codes[there] = of
    return _words(codes, words)


def _posteriors(values: Any) -> pa.DictionaryArray:
    """Posteriors as they are printed, see :func:`resight.evidence.posterior_text`."""
    codes = np.full(len(values), -1)
    there = ~np.isnan(values)
    # Of all that are printed alike one is enough: in hundredths, and apart what is beyond the ends.
    codes[there] = np.where(values[there] > 0.99, 101, np.where(values[there] < 0.01, 0, np.rint(values[there] * 100)))
    words = [evidence.posterior_text(0.0), *(f"{n / 100:.2f}" for n in range(1, 101)), evidence.posterior_text(1.0)]
    return _words(codes, words)


def of_ledger(lines: Sequence[Data]) -> pa.Table:
    """The ledger of a small report as a table, its columns as :data:`resight.ledger.COLUMNS` has them."""
    numbers = {"year": pa.int32(), "p": pa.float64(), "adjusted_p": pa.float64()}

    def kind(name: str) -> pa.DataType:
        return numbers.get(name, pa.float64() if name.endswith("_bits") else pa.string())

    columns = {name: pa.array([line[name] for line in lines], kind(name)) for name in ledger.COLUMNS}
    return pa.table(columns)


# --- as a file ------------------------------------------------------------------------------------------------------


def write_parquet(rows: pa.Table, path: Path, conditions: Sequence[str] = ()) -> None:
    """The roll as GeoParquet, a ledger as Parquet; what narrows it stands in the metadata, too.

    Raises:
        OSError: it cannot be written there.
    """
    said = {}
    if "geometry" in rows.column_names:
        said[b"geo"] = json.dumps(bulkfile.geo(rows.column("geometry"))).encode()
    if conditions:
        said[b"conditions"] = " ".join(conditions).encode()
    bulkfile.parquet().write_table(rows.replace_schema_metadata(said), path, compression="zstd")


def write_csv(rows: pa.Table, path: Path, conditions: Sequence[str] = ()) -> None:
    """The roll as CSV, its cells as :func:`resight.report.to_csv` writes those of a ledger; without positions.

    Raises:
        OSError: it cannot be written there.
    """
    from pyarrow import csv

    columns = {}
    for name in rows.column_names:
        if name == "geometry":
            continue
        column = rows.column(name)
        if pa.types.is_floating(column.type):
            # Two decimals, and no sign before a nothing.
            column = pc.round(column, 2).cast(pa.decimal128(9, 2)).cast(pa.string())
        elif pa.types.is_dictionary(column.type):
            column = _tidied(column)
        columns[name] = column
    if conditions:
        words = pa.array([cell(" ".join(conditions))])
        columns["conditions"] = pa.DictionaryArray.from_arrays(np.zeros(len(rows), dtype=np.int32), words)
    with path.open("wb") as file:
        file.write(",".join(columns).encode() + b"\r\n")
        options = csv.WriteOptions(include_header=False, quoting_style="needed")
        for batch in pa.table(columns).to_batches(max_chunksize=1 << 16):
            into = io.BytesIO()
            csv.write_csv(pa.Table.from_batches([batch]), into, options)
            file.write(into.getvalue().replace(b"\n", b"\r\n"))


def _tidied(column: pa.ChunkedArray) -> pa.ChunkedArray:
    one = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    words = pa.array([cell(text) for text in one.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([pa.DictionaryArray.from_arrays(one.indices, words)])
