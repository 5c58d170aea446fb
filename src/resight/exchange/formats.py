"""The formats that go in and out: their names, and how a file's is told by its content."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from resight.errors import InvalidValue, UnreadableFile
from resight.exchange.table import LARGEST_BYTES, Options, Table


class Format(NamedTuple):
    """One format, with the module of this package that knows it."""

    name: str
    words: str
    suffixes: tuple[str, ...]
    module: str
    reads: bool = True
    writes: bool = True


FORMATS = {
    form.name: form
    for form in (
        Format("csv", "table as text (CSV, TSV)", (".csv", ".tsv", ".txt"), "delimited"),
        Format("xlsx", "Excel workbook", (".xlsx", ".xlsm"), "xlsx"),
        Format("geojson", "GeoJSON", (".geojson", ".json"), "geojson"),
        Format("kml", "KML or KMZ (Google Earth)", (".kml", ".kmz"), "kml"),
        Format("gpkg", "GeoPackage", (".gpkg",), "geopackage"),
        Format("geoparquet", "GeoParquet", (".parquet", ".geoparquet"), "geoparquet"),
        Format("stac", "STAC Items", (".json",), "stac"),
        Format("timemap", "TimeMap events", (".csv", ".json"), "timemap"),
        Format("atlos", "Atlos CSV", (".csv",), "atlos"),
        Format("osintgeo", "osint-geo-extractor GeoJSON", (".geojson", ".json"), "osintgeo", writes=False),
        Format("darwincore", "Darwin Core occurrences", (".csv", ".txt"), "darwincore", reads=False),
    )
}

#: Bytes at the start of a file by which its format is told.
_HEAD = 64 * 1024
#: What files begin with that are often sent instead, and what to do about it.
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "is an old Excel or other Office file (.xls): save it as .xlsx"),
    (b"%PDF", "is a PDF: a table has to be taken out of it first"),
    (b"\x89PNG", "is an image: `resight log --image` or `resight attach` takes it"),
    (b"\xff\xd8\xff", "is an image: `resight log --image` or `resight attach` takes it"),
    (b"II*\0", "is a TIFF image: `resight log --image` or `resight attach` takes it"),
    (b"\x1f\x8b", "is compressed with gzip: unpack it first"),
    (b"7z\xbc\xaf", "is a 7z archive: unpack it first"),
    (b"Rar!", "is a RAR archive: unpack it first"),
)


class _Reader(Protocol):
    def read(self, path: Path, options: Options) -> Table: ...


def read(path: Path, options: Options, form: str | None = None) -> Table:
    """The table of a file, in the format named or the one its content shows.

    Raises:
        UnreadableFile: it is not there, too large, damaged, or of no format that is known.
        InvalidValue: no such format, or it is only written.
    """
    import importlib

    known = named(form, reads=True) if form is not None else recognise(path)
    _check_size(path)
    return cast(_Reader, importlib.import_module(f"resight.exchange.{known.module}")).read(path, options)


def named(name: str, *, reads: bool = False, writes: bool = False) -> Format:
    """The format with this name.

    Raises:
        InvalidValue: there is none, or it does not go that way.
    """
    able = [f.name for f in FORMATS.values() if (f.reads or not reads) and (f.writes or not writes)]
    if name not in able:
        raise InvalidValue("--format", name, f"{name!r} is no format that can be used here", allowed=", ".join(able))
    return FORMATS[name]


def _check_size(path: Path) -> None:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise UnreadableFile(f"there is no file {path}") from None
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from error
    if not path.is_file():
        raise UnreadableFile(f"{path} is no file")
    if size > LARGEST_BYTES:
        what = f"is {size / 2**20:,.0f} MB; files up to {LARGEST_BYTES // 2**20} MB are read: split it"
        raise UnreadableFile(f"{path.name} {what}")
    if size == 0:
        raise UnreadableFile(f"{path.name} is empty")


def recognise(path: Path) -> Format:
    """The format of a file by its content; its name decides nothing.

    Raises:
        UnreadableFile: it is not there, empty, too large, or of no format that is read.
    """
    _check_size(path)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from error
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise UnreadableFile(f"{path.name} {what}")
    if head.startswith(b"PK"):
        return FORMATS[_zipped(path)]
    if head.startswith(b"SQLite format 3\0"):
        return FORMATS["gpkg"]
    if head.startswith(b"PAR1"):
        return FORMATS["geoparquet"]
    text = _as_text(head).lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        if re.search(r"<(\w+:)?kml[\s>]", text):
            return FORMATS["kml"]
        root = re.search(r"<([A-Za-z][\w:.-]*)", text)
        kind = root[1] if root else "?"
        raise UnreadableFile(f"{path.name} is XML of another kind (<{kind}>), not KML")
    if text.startswith(("{", "[")):
        return FORMATS[_json(text)]
    return FORMATS[_tabular(text)]


def _as_text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    return head.decode("utf-8-sig", errors="replace")


def _zipped(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise UnreadableFile(f"{path.name} is no whole zip file ({error}): is it cut off?") from error
    if any(name.startswith("xl/workbook") for name in names):
        return "xlsx"
    if any(name.lower().endswith(".kml") for name in names):
        return "kml"
    held = ", ".join(names[:4]) or "nothing"
    raise UnreadableFile(f"{path.name} is a zip file of {held}: unpack it and import what is inside")


def _json(text: str) -> str:
    """JSON by the members that only one format has."""
    if re.search(r'"stac_version"\s*:', text):
        return "stac"
    # https://github.com/conflict-investigations/osint-geo-extractor: every Feature carries these.
    if '"FeatureCollection"' in text and all(re.search(rf'"{name}"\s*:', text) for name in ("idx", "sources", "links")):
        return "osintgeo"
    if text.startswith("[") and re.search(r'"(latitude|longitude)"\s*:', text):
        return "timemap"
    return "geojson"


def _tabular(text: str) -> str:
    """A table by the columns that only one format has."""
    header = {re.sub(r"\W+", "_", name).strip("_").casefold() for name in re.split(r"[,;\t]", text.partition("\n")[0])}
    if header >= {"slug", "attr_type"} or header >= {"slug", "attr_status", "attr_geolocation"}:
        return "atlos"
    if header >= {"date", "latitude", "longitude", "location"} and header & {"sources", "associations", "source1"}:
        return "timemap"
    return "csv"
