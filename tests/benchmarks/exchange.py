"""Import and export of 100,000 rows against pandas and pyogrio: ``python tests/benchmarks/exchange.py [CASE …]``.

Every pair is run in turn (A B A B …), whole processes with their own interpreter. Ours checks every row; an import also
journals it and forces it to disk, an export reads it out of a logbook. Theirs reads or writes the same rows in the same
format and checks nothing. What is printed are medians of the seconds, of the seconds of computing (which other work on
the machine hardly changes) and of their ratios pair by pair, and of peak memory. Nothing here is asserted: machines
differ. ``ROWS`` and ``RUNS`` in the environment make a smaller run of it.
"""

from __future__ import annotations

import csv
import os
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import run

ROWS = int(os.environ.get("ROWS", "100000"))
RUNS = int(os.environ.get("RUNS", "3"))
#: Format and how others write a frame of the same records to it.
THEIRS = {
    "geojson": "frame.to_file(path, driver='GeoJSON')",
    "csv": "frame.assign(geometry=frame.geometry.to_wkt()).to_csv(path, index=False)",
    "gpkg": "frame.to_file(path, driver='GPKG')",
    "parquet": "frame.to_parquet(path, write_covering_bbox=True)",
    "kml": "frame.to_file(path, driver='LIBKML')",
    "kmz": "frame.to_file(path, driver='LIBKML')",
    "xlsx": "pandas.DataFrame(frame.drop(columns='geometry')).to_excel(path, index=False)",
}


class Case(NamedTuple):
    """What is measured, and what it is held against."""

    what: str
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


#: How others read a file of the same content into a frame.
_READ = {
    "csv": "frame = pandas.read_csv(sys.argv[1])\nframe['Date'] = pandas.to_datetime(frame['Date'], format='%d.%m.%Y')",
    "xlsx": "frame = pandas.read_excel(sys.argv[1])",
    "geojson": "frame = geopandas.read_file(sys.argv[1], engine='pyogrio')",
    "gpkg": "frame = geopandas.read_file(sys.argv[1], engine='pyogrio')",
    "parquet": "frame = geopandas.read_parquet(sys.argv[1])",
}
_THEN_WRITE = """
import sys, warnings, geopandas, pandas
warnings.simplefilter("ignore")
{read}
if "Longitude" in frame:
    points = geopandas.points_from_xy(frame.pop("Longitude"), frame.pop("Latitude"))
    frame = geopandas.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")
frame.to_file(sys.argv[2], driver="GeoJSON", engine="pyogrio")
"""


def importing(folder: Path, book: Path) -> Iterator[Case]:
    """A spreadsheet of others, and records of our own, into an empty logbook."""
    from resight.logbook import Logbook

    new = folder / "new"
    sightings(folder / "sightings.csv", ROWS)
    as_workbook = "frame.to_excel(sys.argv[2], index=False)"
    code = f"import sys, pandas\n{_READ['csv']}\n{as_workbook}"
    run.once([sys.executable, "-c", code, str(folder / "sightings.csv"), str(folder / "sightings.xlsx")])

    def reset() -> None:
        shutil.rmtree(new, ignore_errors=True)
        Logbook.create(new, empty=True)

    ours = [run.RESIGHT, "--logbook", str(new), "import"]
    for form, read in _READ.items():
        path, words = folder / f"sightings.{form}", ["--set", "basis=own"]
        if not path.exists():
            path, words = folder / f"own.{form}", ["--anyway"]
            run.once([run.RESIGHT, "--logbook", str(book), "export", "--output", str(path)])
        code = _THEN_WRITE.format(read=read)
        other = [sys.executable, "-c", code, str(path), str(folder / "theirs.geojson")]
        yield Case(f"import {form}", [*ours, str(path), *words], other, reset)


def placed(folder: Path) -> None:
    """Give half of the records of a synthetic logbook a position, so that there is something to write."""
    import orjson

    for path in sorted((folder / "observations").glob("*.geojson")):
        lines = path.read_bytes().split(b"\n")
        for number, line in enumerate(lines):
            if number % 2 and line.startswith(b'{"type":"Feature",'):
                feature = orjson.loads(line.removesuffix(b","))
                place = [132.3 + number % 1000 / 1e4, 42.8 + number % 777 / 1e4]
                feature["geometry"] = {"type": "Point", "coordinates": place}
                lines[number] = orjson.dumps(feature) + (b"," if line.endswith(b",") else b"")
        path.write_bytes(b"\n".join(lines))


def theirs(book: Path, target: Path, form: str) -> list[str]:
    """The command by which others read the year files and write the same."""
    read = "[geopandas.read_file(p) for p in sorted(pathlib.Path(folder, 'observations').glob('*.geojson'))]"
    code = (
        "import pathlib, warnings, geopandas, pandas; warnings.simplefilter('ignore'); "
        f"folder, path = {str(book)!r}, {str(target)!r}; pathlib.Path(path).unlink(missing_ok=True); "
        f"frame = pandas.concat({read}); "
        # Excel takes no time zones, GDAL's KML driver no lists and none of its own names.
        "[frame.__setitem__(c, frame[c].astype(str)) for c in frame.columns if c != 'geometry' and "
        "(str(frame[c].dtype).endswith('UTC]') or frame[c].dtype == object)]; "
        "frame = frame.rename(columns={'id': 'ident'}); "
        f"{THEIRS[form]}"
    )
    return [sys.executable, "-c", code]


def exporting(folder: Path, book: Path) -> Iterator[Case]:
    """The records of a logbook in each format that others write, too."""
    for form in THEIRS:
        ours = [run.RESIGHT, "--logbook", str(book), "export", "--output", str(folder / f"ours.{form}")]
        yield Case(f"export {form}", ours, theirs(book, folder / f"theirs.{form}", form), lambda: None)


def main() -> None:
    """Print the table."""
    print(f"{ROWS:,} rows, medians of {RUNS} runs in turn\n")
    print("| what | seconds | theirs | computing | theirs | ratio of computing | MiB | theirs |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        book = run.made(folder / "book", ROWS, years=[2024, 2025], sites=10)
        placed(book)
        for case in (*importing(folder, book), *exporting(folder, book)):
            if sys.argv[1:] and case.what not in sys.argv[1:]:
                continue
            pairs = []
            for _ in range(RUNS):
                case.reset()
                pairs.append((run.once(case.ours), run.once(case.theirs)))
            figures = ([statistics.median(p[side][n] for p in pairs) for side in (0, 1)] for n in range(3))
            seconds, memory, computing = figures
            ratio = statistics.median(ours[2] / other[2] for ours, other in pairs)
            numbers = (
                f"{seconds[0]:.1f} | {seconds[1]:.1f} | {computing[0]:.1f} | {computing[1]:.1f} | {ratio:.1f} | "
                f"{memory[0]:,.0f} | {memory[1]:,.0f}"
            )
            print(f"| `{case.what}` | {numbers} |", flush=True)


if __name__ == "__main__":
    main()
