"""Import of many rows with --bulk against what others need to read and write them: ``python tests/benchmarks/bulk.py``.

A detector's table of two years at 1,000 sites, as GeoParquet and as CSV. Every pair is run in turn (A B A B …), whole
processes with their own interpreter. Ours tells what the columns mean, checks every row, gives ids, compares with what
is on file, writes a GeoParquet file a year with a line of the journal, and forces all of it to disk; theirs read the
rows and write them as Parquet. What is printed are medians of the seconds, of the seconds of computing (which other
work on the machine hardly changes) and of their ratios pair by pair, and of peak memory. Nothing here is asserted:
machines differ. ``ROWS`` and ``RUNS`` in the environment make a smaller run of it.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import run

ROWS = int(os.environ.get("ROWS", "1000000"))
RUNS = int(os.environ.get("RUNS", "3"))
SITES = 1_000
_QUIET = "import sys, warnings; warnings.simplefilter('ignore'); import {}; "
_POINTS = (
    "points = geopandas.points_from_xy(frame.pop('longitude'), frame.pop('latitude'), crs='EPSG:4326'); "
    "geopandas.GeoDataFrame(frame, geometry=points).to_parquet(sys.argv[2])"
)
#: What is imported, what others have to import for it, and what they do: from the first file into the second.
CASES = (
    ("GeoParquet / pyarrow", "parquet", "pyarrow; from pyarrow import parquet",
     "parquet.write_table(parquet.read_table(sys.argv[1]), sys.argv[2])"),
    ("GeoParquet / geopandas", "parquet", "geopandas",
     "geopandas.read_parquet(sys.argv[1]).to_parquet(sys.argv[2])"),
    ("CSV / pandas, written as Parquet without positions", "csv", "pandas",
     "pandas.read_csv(sys.argv[1], engine='c').to_parquet(sys.argv[2])"),
    ("CSV / pandas, written as GeoParquet by geopandas", "csv", "pandas, geopandas",
     "frame = pandas.read_csv(sys.argv[1], engine='c'); " + _POINTS),
    ("CSV / pandas, written as CSV", "csv", "pandas",
     "pandas.read_csv(sys.argv[1], engine='c').to_csv(sys.argv[2], index=False)"),
)  # fmt: skip


class Case(NamedTuple):
    """What is measured, and what it is held against."""

    what: str
    ours: Sequence[str]
    theirs: Sequence[str]


def detections(folder: Path, rows: int) -> None:
    """A logbook of so many sites without records, and a table of detections at them as Parquet and as CSV."""
    import geopandas
    import numpy as np
    import pandas as pd

    from resight.logbook import Logbook

    empty = folder / "empty"
    Logbook.create(empty, empty=True)
    run.enlarge(empty / "seeds" / "sites.geojson", SITES)
    sites = list(Logbook(empty).sites.values())
    chance = np.random.default_rng(20250518)
    of = chance.integers(len(sites), size=rows)
    at = np.array([site.point for site in sites])[of] + chance.uniform(-0.01, 0.01, size=(rows, 2))
    days = np.datetime64("2024-01-01") + chance.integers(731, size=rows)
    seen = chance.random(rows) < 0.7
    frame = pd.DataFrame(
        {
            "date": np.datetime_as_string(days),
            "site": np.array([site.id for site in sites], dtype=object)[of],
            "outcome": np.where(seen, "seen", "not-seen"),
            "platform": chance.choice(np.array(run.PLATFORMS, dtype=object), size=rows),
            "count": pd.array(np.where(seen, chance.integers(1, 5, size=rows), 0), dtype="Int64"),
            "length_m": np.where(seen, chance.uniform(10, 200, size=rows).round(1), np.nan),
            "cloud_pct": chance.integers(0, 60, size=rows).astype(float),
            "image_provider": "Planet",
            "image_id": [f"scene-{number}" for number in range(rows)],
            "basis": "own",
            "note": [f"score {score:.3f}" for score in chance.random(rows)],
        }
    )
    frame.assign(longitude=at[:, 0].round(6), latitude=at[:, 1].round(6)).to_csv(folder / "rows.csv", index=False)
    points = geopandas.points_from_xy(*at.T, crs="EPSG:4326")
    geopandas.GeoDataFrame(frame, geometry=points).to_parquet(folder / "rows.parquet")


def cases(folder: Path) -> Iterator[Case]:
    """The file of each format into an empty logbook, against what others do with it."""
    for what, form, libraries, code in CASES:
        path, target = str(folder / f"rows.{form}"), str(folder / "theirs")
        ours = [run.RESIGHT, "--logbook", str(folder / "book"), "import", "--bulk", path]
        yield Case(what, ours, [sys.executable, "-c", _QUIET.format(libraries) + code, path, target])


def main() -> None:
    """Print the table."""
    print(f"{ROWS:,} rows, medians of {RUNS} runs in turn\n")
    print("| import --bulk | seconds | theirs | computing | theirs | ratio of computing | MiB | theirs |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        # In another process: a child's peak memory counts from its parent's, so ours stays small.
        code = "import sys; sys.path.insert(0, sys.argv[1]); import bulk; from pathlib import Path; "
        call = "bulk.detections(Path(sys.argv[2]), int(sys.argv[3]))"
        here = str(Path(__file__).parent)
        subprocess.run([sys.executable, "-c", code + call, here, str(folder), str(ROWS)], check=True)
        for case in cases(folder):
            pairs = []
            for _ in range(RUNS):
                shutil.rmtree(folder / "book", ignore_errors=True)
                shutil.copytree(folder / "empty", folder / "book")
                pairs.append((run.once(case.ours), run.once(case.theirs)))
            seconds, memory, computing = (
                [statistics.median(pair[side][number] for pair in pairs) for side in (0, 1)] for number in range(3)
            )
            ratio = statistics.median(ours[2] / other[2] for ours, other in pairs)
            print(
                f"| {case.what} | {seconds[0]:.1f} | {seconds[1]:.1f} | {computing[0]:.1f} | {computing[1]:.1f} | "
                f"{ratio:.1f} | {memory[0]:,.0f} | {memory[1]:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
