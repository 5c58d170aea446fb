"""Time and memory as ratios against what a user would otherwise run: ``python tests/benchmarks/run.py``.

Every pair is run in turn (A B A B …) in one go, whole processes with their own interpreter; what is printed is the
median of each, the median of the ratios pair by pair, and the peak memory. Nothing here is asserted: machines differ.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

RUNS = 9
RESIGHT = str(Path(sysconfig.get_path("scripts")) / "resight")
PLATFORMS = ("ropucha-class", "tapir-class", "cargo-ship", "tanker", "il-76", "tu-204", "an-124")


def synthetic(folder: Path, records: int, *, years: Sequence[int], sites: int) -> Path:
    """A logbook of that many records, evenly over some years and the first sites of the register.

    Of more sites than the register has, the others are made up.
    """
    import orjson

    from resight.logbook import Logbook
    from resight.observation import Observation, build

    book = Logbook.create(folder, empty=True)
    enlarge(folder / "seeds" / "sites.geojson", sites)
    book = Logbook(folder)
    places = list(book.sites)[:sites]
    chance = random.Random(20250518)
    by_year: dict[int, list[Observation]] = {year: [] for year in years}
    for number in range(records):
        year = years[number % len(years)]
        day = date(year, 1, 1) + timedelta(days=chance.randrange(365))
        seen = chance.random() < 0.7
        values = {
            "id": f"synthetic-{number}",
            "site": chance.choice(places),
            "date": day.isoformat(),
            "outcome": "seen" if seen else "not-seen",
            "platform": chance.choice(PLATFORMS) if seen else None,
            "count": 1 if seen else None,
            "activity": chance.choice(("docked", "loading", "present")) if seen else None,
            "visible": "A ship is alongside the pier with its ramp down." if seen else None,
            "image_provider": "Planet",
            "image_id": f"scene-{number}",
            "sources": [{"published_by": "Own imagery", "url": f"https://example.org/scene/{number}"}],
            "analyst": "A. Analyst",
            "logged_at": "2026-01-31T09:00:00Z",
        }
        by_year[year].append(build(Observation, {k: v for k, v in values.items() if v is not None}))
    for year, found in by_year.items():
        lines = [orjson.dumps(r.to_feature()) for r in sorted(found, key=lambda r: (r.earliest, r.id or ""))]
        head = b'{"type":"FeatureCollection","name":"%d","features":[\n' % year
        (folder / "observations" / f"{year}.geojson").write_bytes(head + b",\n".join(lines) + b"\n]}\n")
    return folder


def enlarge(register: Path, sites: int) -> None:
    """Put made-up sites into a register that has too few."""
    import orjson

    content = orjson.loads(register.read_bytes())
    for number in range(len(content["features"]), sites):
        properties = {
            "id": f"site-{number}",
            "name": f"Site {number}",
            "timezone": "Asia/Vladivostok",
            "coordinate_uncertainty_m": 500,
        }
        point = [130 + number % 50 * 0.2, 40 + number // 50 * 0.2]
        geometry = {"type": "Point", "coordinates": point}
        feature = {"type": "Feature", "id": properties["id"], "properties": properties, "geometry": geometry}
        content["features"].append(feature)
    register.write_bytes(orjson.dumps(content))


def made(folder: Path, records: int, *, years: Sequence[int], sites: int) -> Path:
    """As :func:`synthetic`, in another process: a child's peak memory counts from its parent's, so ours stays small."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import run; from pathlib import Path; "
    call = f"run.synthetic(Path({str(folder)!r}), {records}, years={list(years)}, sites={sites})"
    subprocess.run([sys.executable, "-c", code + call], check=True)
    return folder


def once(command: Sequence[str]) -> tuple[float, float, float]:
    """Seconds, peak MiB and seconds of computing (user and system) of one run of a whole process."""
    # As on a user's machine: bytecode is kept between runs.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    child = os.posix_spawn(
        command[0],
        list(command),
        environment,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def compare(what: str, ours: Sequence[str], theirs: Sequence[str], goal: str) -> None:
    """Run two commands in turn and print one row."""
    once(ours), once(theirs)  # warm-up: bytecode and file cache
    pairs = [(once(ours), once(theirs)) for _ in range(RUNS)]
    a, b = (statistics.median(pair[i][0] for pair in pairs) for i in (0, 1))
    ratio = statistics.median(x[0] / y[0] for x, y in pairs)
    memory = [statistics.median(pair[i][1] for pair in pairs) for i in (0, 1)]
    print(
        f"{what:62s} {a * 1000:7.0f} {b * 1000:7.0f} {ratio:6.2f} {memory[0]:6.0f} {memory[1]:6.0f}  {goal}", flush=True
    )


def main() -> None:
    """Print the table."""
    python = sys.executable
    bare = [python, "-c", "import pydantic"]
    title = f"medians of {RUNS} interleaved runs, whole processes"
    print(f"{title:62s}      ms      ms  ratio    MiB    MiB  goal")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        compare("resight --help / import pydantic", [RESIGHT, "--help"], bare, "≤ 3")
        log = ["log", "dunay", "--date", "2025-05-18", "--platform", "ropucha", "--anyway"]
        books = {
            "5 records": made(root / "tiny", 5, years=[2024, 2025], sites=3),
            "10,000 records, 5 years, 10 sites": made(root / "wide", 10_000, years=range(2021, 2026), sites=10),
            "10,000 records, 2 years, 10 sites": made(root / "two", 10_000, years=[2024, 2025], sites=10),
            "10,000 records, 2 years, 3 watched sites": made(root / "dense", 10_000, years=[2024, 2025], sites=3),
        }
        for words, book in books.items():
            compare(
                f"resight log, {words} / import pydantic", [RESIGHT, "--logbook", str(book), *log], bare, "≤ 6, aim 4"
            )
        for sites in (3, 10, 1000):
            few = made(root / f"few-{sites}", 200, years=[2024, 2025], sites=sites)
            for words, number in (("10,000", 10_000), ("100,000", 100_000)):
                many = made(root / f"{number}-{sites}", 2 * number, years=[2024, 2025], sites=sites)
                compare(
                    f"resight log, year files of {words} / of 100, {sites:,} sites",
                    [RESIGHT, "--logbook", str(many), *log],
                    [RESIGHT, "--logbook", str(few), *log],
                    "< 3",
                )
                shutil.rmtree(many)
        big = made(root / "big", 100_000, years=[2025], sites=10)
        ours = f"from resight import Logbook; assert len(Logbook({str(big)!r}).frame()) == 100_000"
        file = str(big / "observations" / "2025.geojson")
        theirs = f"import geopandas; assert len(geopandas.read_file({file!r})) == 100_000"
        compare(
            "Logbook.frame(), 100,000 records / geopandas.read_file",
            [python, "-c", ours],
            [python, "-c", theirs],
            "≤ 2, aim 1",
        )
        if find_spec("matplotlib"):
            shipped = str(Path(__file__).parents[2])
            compare(
                "resight report, shipped / import geopandas, scipy, matplotlib",
                [RESIGHT, "--logbook", shipped, "report", "--output", str(root / "report")],
                [python, "-c", "import geopandas, scipy, matplotlib"],
                "≤ 3",
            )
        else:
            print("resight report / import geopandas, scipy, matplotlib: matplotlib is not installed here")


if __name__ == "__main__":
    main()
