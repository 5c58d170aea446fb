"""How long the work takes on made-up logbooks of growing size, beside other tools, and how many repeats it finds.

Everything is measured as a user meets it: whole processes with their own interpreter, ours and the others' in turn; but
the chain, a step of the report, is timed by itself. The logbooks come from :mod:`resight.synthetic`, so that it is
known which repeats were planted.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from resight import rivals
from resight.errors import CannotWrite, ResightError
from resight.wording import Progress

SITES, SEED, YEAR = 1000, 20250518, 2025
SIZES = (1_000, 10_000, 100_000, 1_000_000)
#: Above so many records a year the logbook of year files is not made: GeoJSON is for what people log.
MOST_GEOJSON = 100_000
OURS = "resight"
#: Work that is timed inside its process, without its start and the reading of what it works on; memory is all of it.
OWN_CLOCK = ("chain",)
_CLOCK = "clock.json"


class Taken(NamedTuple):
    """What one run of a process took."""

    seconds: float
    #: User and system time: what a busy machine does not change much.
    computing: float
    #: Peak of the memory, MiB.
    memory: float


class Row(NamedTuple):
    """One kind of work with one tool at one size."""

    size: int
    work: str
    tool: str
    taken: Taken


class Truth(NamedTuple):
    """What the chain found of what was planted."""

    size: int
    #: Planted repeats that are on file in both years, and those of them with a known hull and known days.
    planted: int
    plain: int
    found: int
    found_plain: int
    #: Matches more likely right than wrong; those of them that were not planted; and how many of them the posteriors
    #: let expect to be wrong.
    matches: int
    false: int
    expected_false: float


class Result(NamedTuple):
    """All that was measured."""

    rows: list[Row]
    truths: list[Truth]


class Failed(ResightError):
    """A process that was to be measured went wrong."""


def run(
    sizes: Sequence[int], *, sites: int, seed: int, runs: int, folder: Path | None, progress: Progress
) -> Iterator[Row | Truth]:
    """Measure, size by size; rows come as they are there, then the truth of each size.

    Args:
        sizes: records a year; there are two years.
        sites: over how many sites they are spread.
        seed: of the made-up logbooks.
        runs: of each process; medians are told.
        folder: where the logbooks are made, and taken away again; the system's folder for such things if not given.
        progress: told what is being measured.

    Raises:
        Failed: a process went wrong; its own words are told.
        CannotWrite: the folder is not there, or does not take the logbooks.
    """
    try:
        scratch = tempfile.TemporaryDirectory(prefix="resight-bench-", dir=folder)
    except OSError as error:
        raise CannotWrite(f"{folder}: {error.strerror}; --folder names a folder with room") from error
    with scratch as root:
        for number, size in enumerate(sizes):
            here = Path(root) / str(size)
            progress(f"making {size:,} records a year", number, len(sizes))
            _measure(_python(f"from resight import bench; bench.make({str(here)!r}, {size}, {sites}, {seed})"))
            for work, ours in _works(here, size):
                progress(f"{size:,} records a year: {work}", number, len(sizes))
                yield from _measured(size, work, ours, here, runs)
            _measure(_python(f"from resight import bench; bench.judge({str(here)!r}, {size})"))
            yield Truth(**json.loads((here / "truth.json").read_text()))


def _works(here: Path, size: int) -> list[tuple[str, list[str]]]:
    """Kinds of work, in order, and our commands; each is run on what those before it left."""
    book, rows = str(here / "bulk"), str(here / "rows.parquet")
    years = ["--year", str(YEAR), "--baseline", str(YEAR - 1)]
    log = ["log", "site-0000", "--date", f"{YEAR}-05-18", "--platform", "ropucha", "--anyway"]
    works = [
        ("import", _resight(book, "import", "--bulk", rows, "--anyway")),
        ("read", _python(f"from resight import Logbook; Logbook({book!r}).frame()")),
        ("log", _resight(book, *log)),
        ("chain", _python(f"from resight import bench; bench.chain({str(here)!r})")),
        ("report", _resight(book, "report", *years, "--output", str(here / "pages"))),
        ("map", _resight(book, "map", "site-0000", *years, "--output", str(here / "pages"))),
        ("export", _resight(book, "export", "--format", "csv", "--output", str(here / "ours.csv"))),
    ]
    if size <= MOST_GEOJSON:
        small = str(here / "geojson")
        works += [
            ("import to GeoJSON", _resight(small, "import", rows, "--anyway")),
            ("read GeoJSON", _python(f"from resight import Logbook; Logbook({small!r}).frame()")),
            ("log to GeoJSON", _resight(small, *log)),
        ]
    return works


def _measured(size: int, work: str, ours: Sequence[str], here: Path, runs: int) -> Iterator[Row]:
    """One kind of work, ours and the others' in turn."""
    ways = {OURS: list(ours)}
    for tool in rivals.tools(work):
        file, output = str(here / "rows.parquet"), str(here / f"{tool}.out")
        ways[tool] = [sys.executable, "-m", "resight.rivals", tool, work, file, output]
    # What is imported once is imported; a second time would add nothing.
    times = 1 if work.startswith("import") else runs
    taken: dict[str, list[Taken]] = {tool: [] for tool in ways}
    for _ in range(times):
        for tool, command in ways.items():
            found = _measure(command)
            if tool == OURS and work in OWN_CLOCK:
                found = found._replace(**json.loads((here / _CLOCK).read_text()))
            taken[tool].append(found)
    for tool, all_taken in taken.items():
        yield Row(size, work, tool, Taken(*map(statistics.median, zip(*all_taken, strict=True))))


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def _resight(book: str, *arguments: str) -> list[str]:
    return [*_python("from resight.cli import run; run()"), "--logbook", book, *arguments]


def _measure(command: Sequence[str]) -> Taken:
    """One run of a process, without its output.

    Raises:
        Failed: its exit status is not 0.
    """
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        child = os.posix_spawn(
            command[0],
            list(command),
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_DUP2, said.fileno(), 2),
            ],
        )
        _, status, usage = os.wait4(child, 0)
        seconds = time.perf_counter() - start
        if code := os.waitstatus_to_exitcode(status):
            said.seek(0)
            words = said.read().decode(errors="replace").strip().splitlines()[-5:]
            what = f"killed by signal {-code}, for want of memory perhaps" if code < 0 else f"exit status {code}"
            raise Failed("\n".join([f"{' '.join(command[2:])}: {what}", *words]))
    # Linux counts kilobytes, macOS bytes.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Taken(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


# --- in processes of their own: the peak memory of a child counts from its parent's, so ours stays small ------------


def make(folder: str, size: int, sites: int, seed: int) -> None:
    """Two empty logbooks with the made-up sites, the made-up records as GeoParquet, and what was planted."""
    from resight import bulkfile, synthetic
    from resight.logbook import Logbook

    here = Path(folder)
    here.mkdir()
    for name in ("bulk", "geojson"):
        book = Logbook.create(here / name, empty=True)
        vocabulary = book.vocabulary
    made = synthetic.logbook(size, vocabulary=vocabulary, sites=sites, year=YEAR, seed=seed)
    features = [
        {
            "type": "Feature",
            "id": site.id,
            "properties": site.model_dump(mode="json", exclude_defaults=True, exclude={"point"}),
            "geometry": {"type": "Point", "coordinates": site.point},
        }
        for site in made.sites.values()
    ]
    register = json.dumps({"type": "FeatureCollection", "features": features})
    for name in ("bulk", "geojson"):
        (here / name / "seeds" / "sites.geojson").write_text(register)
    # As a detector would give them, without ids of ours.
    rows = made.records.reset_index().rename(columns={"id": "note"})
    rows["sources"] = [bulkfile.as_json(value) if value else None for value in rows["sources"]]
    rows.to_parquet(here / "rows.parquet")
    made.truth.to_parquet(here / "planted.parquet")
    made.visits.rename("visit").rename_axis("note").to_frame().to_parquet(here / "visits.parquet")


def chain(folder: str) -> None:
    """Episodes, scores and assignment of a frame of a made-up logbook; the matches and their time are left in files."""
    from resight import bulk
    from resight.logbook import Logbook

    here = Path(folder)
    book = Logbook(here / "bulk")
    records, vocabulary, sites = book.frame(columns=bulk.COLUMNS), book.vocabulary, book.sites
    seconds, computing = time.perf_counter(), time.process_time()
    found = bulk.matches(records, year=YEAR, baseline_years=[YEAR - 1], vocabulary=vocabulary, sites=sites)
    taken = {"seconds": time.perf_counter() - seconds, "computing": time.process_time() - computing}
    (here / _CLOCK).write_text(json.dumps(taken))
    found.reset_index()[["baseline", "current", "posterior"]].to_parquet(here / "found.parquet")


def judge(folder: str, size: int) -> None:
    """Hold the matches of :func:`chain` against what was planted.

    A planted repeat is found where a match is of two episodes that hold sightings of its two visits: episodes go by
    their first sighting, and visits that nothing tells apart are one episode.
    """
    import pandas as pd

    from resight import bulk
    from resight.logbook import Logbook

    here = Path(folder)
    found, planted, visits = (pd.read_parquet(here / f"{name}.parquet") for name in ("found", "planted", "visits"))
    book = Logbook(here / "bulk")
    records = book.frame(columns=[*bulk.COLUMNS, "note"])
    made = bulk.found(records, book.vocabulary)
    rows, begin = made.sightings()
    # The logbook gave ids of its own; the made-up ones are kept as notes. What was logged since has none.
    visit = visits["visit"].reindex(records["note"].array[rows]).array
    held = pd.DataFrame({"episode": made.episodes.index.repeat(pd.Series(begin).diff().dropna()), "visit": visit})
    held = held.dropna().drop_duplicates()
    sides = [held.rename(columns={"episode": side, "visit": f"{side}_visit"}) for side in ("baseline", "current")]
    pairs = found.reset_index().merge(sides[0]).merge(sides[1])
    wanted = planted.rename(columns={side: f"{side}_visit" for side in ("baseline", "current")})
    hits = pairs.merge(wanted)
    found_repeats = hits.drop_duplicates(["baseline_visit", "current_visit"])
    truth = Truth(
        size,
        len(planted),
        int((planted["is_named"] & planted["is_dated"]).sum()),
        len(found_repeats),
        int((found_repeats["is_named"] & found_repeats["is_dated"]).sum()),
        len(found),
        len(found) - hits["index"].nunique(),
        float((1 - found["posterior"]).sum()),
    )
    (here / "truth.json").write_text(json.dumps(truth._asdict()))
