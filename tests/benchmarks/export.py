"""Export of 100,000 records against pyogrio and pandas writing the same: ``python tests/benchmarks/export.py``.

Whole processes, run in turn: ours reads the logbook, checks every record and writes; theirs reads the same GeoJSON with
pyogrio and writes the same format with geopandas or pandas, and checks nothing. Medians, ratios and peak memory.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import run

RECORDS = 100_000
RUNS = 3
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


def main() -> None:
    """Print the table."""
    run.RUNS = RUNS
    title = f"{RECORDS} records, medians of {RUNS} interleaved runs"
    print(f"{title:62s}      ms      ms  ratio    MiB    MiB  goal")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        book = run.made(root / "book", RECORDS, years=[2024, 2025], sites=10)
        placed(book)
        for form in sys.argv[1:] or THEIRS:
            ours = [run.RESIGHT, "--logbook", str(book), "export", "--format", form]
            out = root / f"ours.{form}"
            run.compare(
                f"resight export, {form} / geopandas or pandas",
                [*ours, "--output", str(out)],
                theirs(book, root / f"theirs.{form}", form),
                "≤ 3, < 1,500 MiB",
            )
            print(f"{'':62s} {out.stat().st_size / 2**20:.0f} MiB of {form}")


if __name__ == "__main__":
    main()
