"""``resight bench``: how long the work takes on this machine, on made-up logbooks of growing size."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resight.errors import InvalidValue
from resight.shell import command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resight.bench import Row, Taken, Truth


@command()
@click.option(
    "--sizes",
    metavar="LIST",
    default="1000,10000,100000,1000000",
    help="Records a year, with commas (default: 1000,10000,100000,1000000; the last takes minutes).",
)
@click.option("--sites", type=click.IntRange(1, 100_000), default=1000, help="Over how many sites (default: 1000).")
@click.option("--seed", type=int, default=20250518, help="Another number makes other logbooks.")
@click.option("--runs", type=click.IntRange(1, 99), default=3, help="Runs of each process; medians are told.")
@click.option(
    "--folder", metavar="DIR", help="Where the logbooks are made, and taken away again (default: /tmp or so)."
)
@click.option("--json", "as_json", is_flag=True, help="The numbers as JSON.")
@click.option("--markdown", is_flag=True, help="A table in Markdown, the sizes side by side.")
def bench(sizes: str, sites: int, seed: int, runs: int, folder: str | None, as_json: bool, markdown: bool) -> None:
    """Measure time and memory on made-up logbooks, beside other tools.

    Whole processes are measured, in turn: import, read, log, the chain (episodes, pairs, scores, assignment, timed
    without start and reading), report, map and export, and the same work in geopandas, polars, duckdb and folium where
    they can do it and are installed.
    The logbooks hold planted repeats, so it also says how many of them are found. Growth is how many times the CPU of
    the size before was taken, for how many times the records.

    \b
    Examples:
      resight bench --sizes 1000,10000
      resight bench --runs 1 --json > bench.json
      resight bench --markdown
    """
    from resight import bench as bench_
    from resight import terminal

    rows: list[Row] = []
    truths: list[Truth] = []
    place = Path(folder) if folder is not None else None
    with terminal.progress() as progress:
        wanted = _sizes(sizes)
        for found in bench_.run(wanted, sites=sites, seed=seed, runs=runs, folder=place, progress=progress):
            if isinstance(found, bench_.Row):
                rows.append(found)
            else:
                truths.append(found)
    if as_json:
        terminal.dump(
            {
                "rows": [{**row._asdict(), "taken": row.taken._asdict()} for row in rows],
                "truths": [truth._asdict() for truth in truths],
            }
        )
        return
    if markdown:
        for line in _in_markdown(rows):
            click.echo(line)
        for truth in truths:
            click.echo(f"\n{_in_words(truth)}")
        return
    terminal.table(("records a year", "work", "tool", "s", "s of CPU", "MiB", "growth"), _cells(rows))
    click.echo()
    for truth in truths:
        terminal.say(_in_words(truth))


def _sizes(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and 1 <= int(part) <= 100_000_000 for part in parts):
        allowed = "numbers from 1 to 100000000, with commas"
        raise InvalidValue("--sizes", text, f"{text!r} is no list of sizes", allowed=allowed, example="1000,10000")
    return sorted({int(part) for part in parts})


def _cells(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """A line for each row, work by work, with its growth since the size before."""
    cells: list[tuple[str, ...]] = []
    for work, tool in dict.fromkeys((row.work, row.tool) for row in rows):
        before: Row | None = None
        for row in (row for row in rows if (row.work, row.tool) == (work, tool)):
            taken = row.taken
            growth = (
                f"{taken.computing / before.taken.computing:.1f} for {row.size / before.size:.3g}" if before else ""
            )
            line = (
                f"{row.size:,}",
                work,
                tool,
                f"{taken.seconds:.2f}",
                f"{taken.computing:.2f}",
                f"{taken.memory:.0f}",
            )
            cells.append((*line, growth))
            before = row
    return cells


def _in_markdown(rows: Sequence[Row]) -> list[str]:
    """A line for each work and tool: what it took at each size, and how much more CPU for ten times the records."""
    sizes = sorted({row.size for row in rows})
    heads = ["work", "with", *(f"{size:,} a year" for size in sizes), "growth"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for work, tool in dict.fromkeys((row.work, row.tool) for row in rows):
        taken = {row.size: row.taken for row in rows if (row.work, row.tool) == (work, tool)}
        cells = [f"{_seconds(taken[n])} s, {taken[n].memory:,.0f} MiB" if n in taken else "–" for n in sizes]
        lines.append(f"| {' | '.join([work, tool, *cells, _growth(taken)])} |")
    return lines


def _seconds(taken: Taken) -> str:
    return f"{taken.seconds:.2g}" if taken.seconds < 10 else f"{taken.seconds:.0f}"


def _growth(taken: Mapping[int, Taken]) -> str:
    """How many times the CPU is taken for ten times the records, between the two largest sizes."""
    if len(taken) < 2:
        return "–"
    less, more = sorted(taken)[-2:]
    ratio = taken[more].computing / taken[less].computing
    return f"{ratio ** (1 / math.log10(more / less)):.1f}"


def _in_words(truth: Truth) -> str:
    """What was found of what was planted."""
    plain = f"{truth.found_plain / truth.plain:.1%}" if truth.plain else "none"
    share = f"{truth.found / truth.planted:.1%}" if truth.planted else "none"
    said = f"{truth.size:,} records a year: {truth.found_plain:,} of {truth.plain:,} planted repeats with a known hull "
    said += f"and known days are found ({plain}), {truth.found:,} of all {truth.planted:,} ({share})."
    if truth.matches:
        said += f" Of {truth.matches:,} matches {truth.false:,} were not planted ({truth.false / truth.matches:.1%}); "
        said += f"their posteriors let expect {truth.expected_false:,.0f}."
    return said
