"""Every reader, as something that takes bytes: anything but a result or one of our own errors comes out of it.

What a reader is tried with grows out of whole files (its seeds), of which :func:`mutated` changes some bytes.
"""

from __future__ import annotations

import contextlib
import io
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from resight import dates, drawn, featurefile, imagery, images, measure, mergefiles, previews, stamps, vocabulary
from resight.errors import ResightError
from resight.exchange import mapping
from resight.logbook import Logbook, packaged_seeds
from resight.observation import Observation, parse_count

FIXTURES = Path(__file__).parents[1] / "fixtures"
_DAY = datetime(2025, 6, 1, tzinfo=UTC)
#: What breaks readers more often than chance would find it.
TOKENS = (
    *(b'{ } [ ] " : , < > & \\ / - . 0 -1 1e400 NaN null true "" [] {}'.split()),
    *(b"\xff \x00 \xc3 \xed\xa0\x80 \xef\xbb\xbf".split(b" ")),
    *(b"9223372036854775808 99999999999999999999999 0000-00-00 9999-12-31 2025-02-30 ../../x /dev/zero =1+1".split()),
    *(b'"type" "Feature" "id" "properties" "geometry" "coordinates" "files" "digest" "after" "time"'.split()),
    b"\n",
    b"\r\n",
    b"[" * 3000,
    b'{"a":' * 3000,
)


class Target(NamedTuple):
    """One reader."""

    name: str
    #: Takes the bytes; raises what no reader may.
    read: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]


def mutated(seed: bytes, choose: Callable[[int], int]) -> bytes:
    """The seed with some bytes changed; ``choose(n)`` gives a whole number below n."""
    data = bytearray(seed)
    for _ in range(1 + choose(6)):
        at = choose(len(data) + 1)
        end = min(len(data), at + 1 + (choose(4) if choose(3) else choose(200)))
        what = choose(6)
        if what == 0:
            data[at:end] = bytes([choose(256)])
        elif what == 1:
            data[at:at] = TOKENS[choose(len(TOKENS))]
        elif what == 2:
            data[at:end] = TOKENS[choose(len(TOKENS))]
        elif what == 3:
            del data[at:end]
        elif what == 4:
            data[at:at] = data[at:end]
        else:
            _change_value(data, choose)
    return bytes(data)


def _change_value(data: bytearray, choose: Callable[[int], int]) -> None:
    """Put another value in the place of one: a quoted text, a number, or what stands between separators."""
    values = list(re.finditer(rb'"[^"\n]{0,80}"|-?\d+(?:\.\d+)?|[^,;\s<>"]{2,40}', data[:20_000]))
    if values:
        found = values[choose(len(values))]
        other = values[choose(len(values))][0] if choose(2) else TOKENS[choose(len(TOKENS))]
        data[found.start() : found.end()] = other


# --- the logbook's own files -----------------------------------------------------------------------------------


@cache
def _whole() -> Path:
    """A logbook of three records with a journal, made once."""
    book = Logbook.create(Path(tempfile.mkdtemp(prefix="resight-fuzz-")) / "book", empty=True)
    for number, day in enumerate(("2025-05-18", "2024-10-08/2024-10-13")):
        record = Observation(site="dunay", date=day, platform="ropucha-class", count=number + 1, note="as seen")
        book.add(record, now=_DAY)
    one = book.add(
        Observation(site="sunan", date="2025-05~", outcome="not-seen", sources=[{"title": "a", "confidential": True}]),
        now=_DAY,
    )[0]
    book.amend(one.id or "", note="looked again", now=_DAY)
    return book.folder


def _in_logbook(name: str, data: bytes) -> None:
    """The logbook with this content in one of its files: read, checked, asked of its past, written to."""
    with tempfile.TemporaryDirectory(prefix="resight-fuzz-") as scratch:
        folder = Path(scratch) / "book"
        shutil.copytree(_whole() / "observations", folder / "observations")
        shutil.copytree(_whole() / "seeds", folder / "seeds", ignore=shutil.ignore_patterns("basemap", "mappings"))
        (folder / name).write_bytes(data)
        questions: tuple[Callable[[Logbook], object], ...] = (
            lambda book: book.check(),
            lambda book: book.read(withdrawn=True, as_of=_DAY),
            lambda book: book.changed_outside(),
            lambda book: book.verify(),
            lambda book: book.history("dunay-2025-05-18-ropucha-class"),
            lambda book: book.wordings(between=(_DAY.date(), _DAY.date()), sites={"dunay"}),
            lambda book: book.add(Observation(site="dunay", date="2025-05-20", platform="ropucha-class"), now=_DAY),
            lambda book: book.amend("dunay-2025-05-18-ropucha-class", count=7, now=_DAY),
            lambda book: book.read(),
        )
        for question in questions:
            try:
                for problem in getattr(question(Logbook(folder)), "problems", ()):
                    str(problem)
            except ResightError as error:
                str(error)


def _file(name: str) -> Sequence[bytes]:
    return [(_whole() / name).read_bytes()]


def _vocabulary(data: bytes) -> None:
    with contextlib.suppress(UnicodeDecodeError, ResightError):
        vocabulary.from_toml(data.decode("utf-8"))


def _mapping(data: bytes) -> None:
    with contextlib.suppress(UnicodeDecodeError, ResightError):
        mapping.from_toml(data.decode("utf-8"), "mapping.toml")


def _merged(name: str, data: bytes) -> None:
    """What git hands over, with this content on one of the three sides: ours is whole afterwards, or as it was."""
    before = (_whole() / name).read_bytes()
    with tempfile.TemporaryDirectory(prefix="resight-fuzz-") as scratch:
        base, ours, theirs = sides = [Path(scratch) / side for side in ("base", "ours", "theirs")]
        for odd in sides:
            for side in sides:
                side.write_bytes(data if side is odd else before)
            was = ours.read_bytes()
            try:
                str(mergefiles.merge(base, ours, theirs, name, "2025-06-02T00:00:00Z"))
            except ResightError as error:
                str(error)
                assert ours.read_bytes() == was
            if name.endswith(".geojson") and odd is not ours:
                assert featurefile.parse(ours, name).is_whole


# --- what a person types ---------------------------------------------------------------------------------------


def _date(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for read in (dates.parse, dates.from_elsewhere, partial(dates.from_elsewhere, order="dmy")):
        try:
            found = read(text)
        except dates.DateError as error:
            str(error)
            continue
        written = found if isinstance(found, str) else found.text
        dates.in_words(written)
        again = dates.parse(written)
        assert again.earliest <= again.latest


def _count(data: bytes) -> None:
    with contextlib.suppress(ResightError):
        parse_count(data.decode("utf-8", "surrogateescape"))


def _shape(text: str) -> None:
    try:
        sides = measure.sides_m(drawn.read(text).geometry)
    except ResightError as error:
        str(error)
    else:
        assert sides is None or sides.longer >= (sides.shorter or 0)


def _typed_shape(data: bytes) -> None:
    # As a command line hands bytes over that are no text; it cannot hold a NUL.
    _shape(data.replace(b"\0", b"").decode("utf-8", "surrogateescape"))


# --- files of others -------------------------------------------------------------------------------------------


def _imported(ending: str, data: bytes) -> None:
    """The whole way of ``resight import``, but for the writing."""
    from click.testing import CliRunner

    from resight.cli import main

    with tempfile.TemporaryDirectory(prefix="resight-fuzz-") as scratch:
        file = Path(scratch) / f"rows.{ending}"
        file.write_bytes(data)
        words = ["import", str(file), "--logbook", str(_whole()), "--set", "basis=own", "--dry-run"]
        CliRunner().invoke(main, words, catch_exceptions=False)


def _fixtures(*names: str) -> Sequence[bytes]:
    return [(FIXTURES / name).read_bytes() for name in names]


@cache
def _workbook() -> Sequence[bytes]:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["site", "date", "platform", "count"], ["dunay", datetime(2025, 5, 18), "Ropucha", 2]):
        book.active.append(row)
    held = io.BytesIO()
    book.save(held)
    return [held.getvalue()]


def _rows() -> Sequence[bytes]:
    table = b"id,date,latitude,longitude,location,sources\n1,2025-05-18,42.88,132.33,Dunay,https://example.org/a\n"
    slugs = b'slug,attr_type,attr_status,attr_date,attr_geolocation\nA1,x,y,2025-05-18,"42.88, 132.33"\n'
    return [*_fixtures("messy-sightings.csv"), table, slugs]


@cache
def _own_table() -> Sequence[bytes]:
    """Records of ours as ``resight export`` lays them out in a table."""
    from click.testing import CliRunner

    from resight.cli import main

    with tempfile.TemporaryDirectory(prefix="resight-fuzz-") as scratch:
        file = Path(scratch) / "own.csv"
        done = CliRunner().invoke(
            main, ["export", "--output", str(file), "--logbook", str(_whole())], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        return [file.read_bytes()]


@cache
def _geopackage() -> Sequence[bytes]:
    import geopandas
    import shapely

    with tempfile.TemporaryDirectory(prefix="resight-fuzz-") as scratch:
        file = Path(scratch) / "a.gpkg"
        columns = {"site": ["dunay"], "date": ["2025-05-18"], "platform": ["ropucha-class"]}
        geopandas.GeoDataFrame(columns, geometry=[shapely.Point(132.355, 42.897)], crs=4326).to_file(file)
        return [file.read_bytes()]


def _drawn_file(data: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="resight-fuzz-") as scratch:
        file = Path(scratch) / "shape"
        file.write_bytes(data)
        _shape(str(file))


def _drawings() -> Sequence[bytes]:
    ring = "[[132.355,42.897],[132.356,42.897],[132.356,42.898],[132.355,42.897]]"
    shape = f'{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}'
    crs = '"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32652"}}'
    whole = f'{{"type":"FeatureCollection",{crs},"features":[{shape}]}}'
    return [whole.encode(), *_fixtures("exchange/simplekml.kml", "exchange/simplekml.kmz")]


def _time_stamp(data: bytes) -> None:
    with contextlib.suppress(ResightError):
        str(stamps.read(data, "head.tsr").to_verify)


def _image(data: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="resight-fuzz-") as scratch:
        file = Path(scratch) / "images" / "a.png"
        file.parent.mkdir()
        file.write_bytes(data)
        try:
            imagery.facts(images.read(file))
        except ResightError as error:
            str(error)
        previews.preview(Path(scratch), "images/a.png")
        previews.chip(Path(scratch), "images/a.png")


@cache
def _pictures() -> Sequence[bytes]:
    from PIL import Image

    made = []
    for kind in ("PNG", "JPEG", "TIFF"):
        held = io.BytesIO()
        Image.effect_noise((24, 16), 40).save(held, kind)
        made.append(held.getvalue())
    return made


TARGETS = (
    Target("year file", partial(_in_logbook, "observations/2025.geojson"), partial(_file, "observations/2025.geojson")),
    Target("journal", partial(_in_logbook, "observations/journal.jsonl"), partial(_file, "observations/journal.jsonl")),
    Target(
        "site register",
        partial(_in_logbook, "seeds/sites.geojson"),
        lambda: [b"\n".join((packaged_seeds() / "sites.geojson").read_bytes().split(b"\n")[:3]).rstrip(b",") + b"]}"],
    ),
    Target(
        "merge, year file", partial(_merged, "observations/2025.geojson"), partial(_file, "observations/2025.geojson")
    ),
    Target(
        "merge, journal", partial(_merged, "observations/journal.jsonl"), partial(_file, "observations/journal.jsonl")
    ),
    Target("vocabulary", _vocabulary, partial(_file, "seeds/vocabulary.toml")),
    Target("mapping file", _mapping, lambda: [(packaged_seeds() / "mappings/published-sightings.toml").read_bytes()]),
    Target(
        "date",
        _date,
        lambda: [
            text.encode()
            for text in (
                "2025-05~",
                "2024-10-08/2024-10-13",
                "18.05.2025",
                "18 мая 2025",
                "8–13 October 2024",
                "c. May 2025",
                "2025-XX",
            )
        ],
    ),
    Target("count", _count, lambda: [b"3", b"2-5", b">=10", "≈4".encode(), b"at least 3"]),
    Target(
        "shape typed",
        _typed_shape,
        lambda: [
            text.encode()
            for text in (
                "POINT (132.355 42.897)",
                "SRID=32652;LINESTRING (774000 4755000, 774100 4755010)",
                "MULTIPOLYGON Z (((132.355 42.897 0, 132.356 42.897 0, 132.356 42.898 0, 132.355 42.897 0)))",
                '{"type":"LineString","coordinates":[[132.355,42.897],[132.356,42.897]]}',
            )
        ],
    ),
    Target("shape in a file", _drawn_file, _drawings),
    Target("CSV", partial(_imported, "csv"), _rows),
    Target("CSV of ours", partial(_imported, "csv"), _own_table),
    Target("KML", partial(_imported, "kml"), partial(_fixtures, "exchange/gdal.kml", "exchange/simplekml.kml")),
    Target("KMZ", partial(_imported, "kmz"), partial(_fixtures, "exchange/simplekml.kmz")),
    Target("XLSX", partial(_imported, "xlsx"), _workbook),
    Target("GeoParquet", partial(_imported, "parquet"), partial(_fixtures, "exchange/duckdb.parquet")),
    Target(
        "STAC",
        partial(_imported, "json"),
        partial(_fixtures, "exchange/pystac-item.json", "exchange/pystac-items.json"),
    ),
    Target(
        "GeoJSON",
        partial(_imported, "geojson"),
        partial(
            _fixtures,
            "exchange/gdal-utm.geojson",
            "exchange/gdal-jsonfg.json",
            "exchange/gdal.geojsonl",
            "exchange/osint-geo-extractor.geojson",
        ),
    ),
    Target("GeoPackage", partial(_imported, "gpkg"), _geopackage),
    Target("image", _image, _pictures),
    Target("time stamp", _time_stamp, partial(_fixtures, "stamps/abc.tsr", "stamps/abc-token.tsr")),
)


def attempt(target: Target, chance: random.Random) -> bytes:
    """One case for a reader: a seed with some bytes changed."""
    return mutated(chance.choice(list(target.seeds())), chance.randrange)
