"""Import of 100,000 rows against what pandas needs for the same: ``python tests/benchmarks/exchange.py``.

Every pair is run in turn (A B A B …), whole processes with their own interpreter; what is printed is the median of
each, the median of the ratios pair by pair, and the peak memory. Nothing here is asserted: machines differ. A further
case is a function that prepares a folder and gives the two command lines; it stands in :data:`CASES`.
"""

from __future__ import annotations

import csv
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

ROWS = int(os.environ.get("ROWS", "100000"))
RUNS = int(os.environ.get("RUNS", "3"))
_RESIGHT = [sys.executable, "-c", "from resight.cli import run; run()"]


class Case(NamedTuple):
    """What is measured, and what it is held against."""

    what: str
    against: str
    ours: Sequence[str]
    theirs: Sequence[str]
    #: Makes the folder as it was before each run of ours.
    reset: Callable[[], None]


def sightings(path: Path, rows: int) -> None:
    """A spreadsheet of sightings, every tenth with a position."""
    from resight.logbook import Logbook

    chance = random.Random(20250518)
    with tempfile.TemporaryDirectory() as folder:
        sites = list(Logbook.create(Path(folder) / "book", empty=True).sites.values())
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            [
                "Date",
                "Port",
                "Latitude",
                "Longitude",
                "Platform",
                "Count",
                "Activity",
                "Provider",
                "Scene ID",
                "URL",
                "Notes",
            ]
        )
        for number in range(rows):
            site = chance.choice(sites)
            placed = number % 10 == 0
            day = date(2024, 1, 1) + timedelta(days=chance.randrange(731))
            writer.writerow(
                [
                    day.strftime("%d.%m.%Y"),
                    site.name,
                    f"{site.point[1] + chance.uniform(-0.01, 0.01):.5f}" if placed else "",
                    f"{site.point[0] + chance.uniform(-0.01, 0.01):.5f}" if placed else "",
                    chance.choice(("Ropucha", "Alligator", "cargo ship", "tanker", "Il-76", "Tu-204", "An-124")),
                    chance.choice(("1", "2", "at least 2", "about 5", "")),
                    chance.choice(("docked", "loading", "present", "")),
                    "Planet",
                    f"scene-{number}",
                    f"https://example.org/scene/{number}",
                    f"Alongside the pier, ramp down; frame {number}.",
                ]
            )


_PANDAS = """
import sys, geopandas, pandas
frame = pandas.read_csv(sys.argv[1])
frame["Date"] = pandas.to_datetime(frame["Date"], format="%d.%m.%Y")
points = geopandas.points_from_xy(frame.pop("Longitude"), frame.pop("Latitude"))
geopandas.GeoDataFrame(frame, geometry=points, crs="EPSG:4326").to_file(sys.argv[2], driver="GeoJSON", engine="pyogrio")
"""


def importing(folder: Path) -> Case:
    """``resight import`` of a CSV into an empty logbook: every row validated, journal and year files written."""
    import shutil

    from resight.logbook import Logbook

    table, book = folder / "sightings.csv", folder / "book"
    sightings(table, ROWS)

    def reset() -> None:
        shutil.rmtree(book, ignore_errors=True)
        Logbook.create(book, empty=True)

    ours = [*_RESIGHT, "--logbook", str(book), "import", str(table), "--set", "basis=own"]
    theirs = [sys.executable, "-c", _PANDAS, str(table), str(folder / "out.geojson")]
    return Case(
        f"`resight import`, {ROWS:,} rows of CSV", "pandas: the same CSV read, written as GeoJSON", ours, theirs, reset
    )


CASES = (importing,)


def run(command: Sequence[str]) -> tuple[float, float]:
    """Seconds and peak memory in MiB of one process."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def main() -> None:
    """Print the table."""
    print("| what | against | seconds | theirs | ratio | MiB | theirs |")
    print("|---|---|---|---|---|---|---|")
    for prepare in CASES:
        with tempfile.TemporaryDirectory() as folder:
            case = prepare(Path(folder))
            ours, theirs = [], []
            for _ in range(RUNS):
                case.reset()
                ours.append(run(case.ours))
                theirs.append(run(case.theirs))
        seconds = [statistics.median(second for second, _ in side) for side in (ours, theirs)]
        ratio = statistics.median(a[0] / b[0] for a, b in zip(ours, theirs, strict=True))
        memory = [max(mib for _, mib in side) for side in (ours, theirs)]
        numbers = f"{seconds[0]:.1f} | {seconds[1]:.1f} | {ratio:.1f} | {memory[0]:,.0f} | {memory[1]:,.0f}"
        print(f"| {case.what} | {case.against} | {numbers} |")


if __name__ == "__main__":
    main()
