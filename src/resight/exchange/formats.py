"""The formats that go in and out: their names, and how a file's is told by its content."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from resight import rubbish
from resight.errors import InvalidValue, UnreadableFile
from resight.exchange import foreign, zipped
from resight.exchange.table import Columns, Options, Table

if TYPE_CHECKING:
    from resight.exchange.setting import Setting
    from resight.selection import Records


class Format(NamedTuple):
    """One format, with the module of this package that knows it."""

    #: As ``--format`` and a table call it.
    name: str
    #: As a person reads it.
    words: str
    #: Module under ``resight.exchange``.
    module: str
    #: The ending of its files.
    ending: str
    reads: bool = True
    writes: bool = True
    #: It can go to standard output.
    is_text: bool = True
    #: The digest of the data stands in it; to make it takes as long as to read the records.
    has_digest: bool = False
    #: It is written some records at a time; for the others all of them are read first.
    in_parts: bool = True
    #: A file to be written with this ending is meant to be of this format.
    is_known_by_ending: bool = True
    #: The library it needs that does not come with resight.
    needs: str = ""
    #: Other names for it.
    aliases: tuple[str, ...] = ()


#: What the library of a format comes with.
INSTALL = "pip install 'resight[exchange]'"

FORMATS = {
    form.name: form
    for form in (
        Format("csv", "CSV", "delimited", ".csv"),
        Format("tsv", "TSV", "delimited", ".tsv"),
        Format("xlsx", "Excel workbook", "xlsx", ".xlsx", is_text=False, needs="openpyxl"),
        Format("geojson", "GeoJSON", "geojson", ".geojson", has_digest=True),
        Format("kml", "KML", "kml", ".kml", has_digest=True),
        Format("kmz", "KMZ", "kml", ".kmz", is_text=False, has_digest=True),
        Format("gpkg", "GeoPackage", "geopackage", ".gpkg", is_text=False, in_parts=False),
        Format(
            "parquet",
            "GeoParquet",
            "geoparquet",
            ".parquet",
            is_text=False,
            needs="pyarrow",
            aliases=("geoparquet",),
        ),
        Format("stac", "STAC Items", "stac", ".json", has_digest=True, in_parts=False, is_known_by_ending=False),
        Format("timemap", "TimeMap events", "timemap", ".json", in_parts=False, is_known_by_ending=False),
        Format("atlos", "Atlos CSV", "atlos", ".csv", is_known_by_ending=False),
        Format("darwincore", "Darwin Core", "darwincore", ".csv", reads=False, is_known_by_ending=False),
        Format("osintgeo", "osint-geo-extractor", "osintgeo", ".geojson", writes=False, is_known_by_ending=False),
    )
}
#: The modules in the order in which they are asked whether a file is theirs: what is built on another before that one.
_ASKED = ("xlsx", "kml", "geopackage", "geoparquet", "stac", "osintgeo", "timemap", "atlos", "geojson", "delimited")

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
    def recognises(self, path: Path, head: bytes) -> bool: ...

    def read(self, path: Path, options: Options) -> Table: ...


class _ColumnReader(Protocol):
    def columns(self, path: Path, options: Options) -> Columns: ...


class _Writer(Protocol):
    def write(self, records: Records, path: Path, setting: Setting) -> tuple[str, ...]: ...


@rubbish.put_off()
def read(path: Path, options: Options, name: str | None = None) -> Table:
    """The table of a file, in the format named or the one its content shows.

    Raises:
        UnreadableFile: it is not there, too large, damaged, or of no format that is known.
        InvalidValue: no such format, or it is only written, or what reads it is not installed.
    """
    form = named(name, reads=True) if name is not None else recognise(path)
    foreign.checked_size(path)
    _check_installed(form)
    return cast(_Reader, _module(form.module)).read(path, options)


def read_columns(path: Path, options: Options, name: str | None = None) -> Columns:
    """The file by columns, for many rows; only what is a table of its own is read so.

    Raises:
        UnreadableFile, InvalidValue: as :func:`read`, or the format is not read by columns.
    """
    form = named(name, reads=True) if name is not None else recognise(path)
    foreign.checked_size(path)
    by_columns = ("csv", "tsv", "parquet")
    if form.name not in by_columns:
        what = f"{path.name} is {form.words}, which is not read by columns"
        raise InvalidValue("--bulk", form.name, what, allowed=f"{', '.join(by_columns)}; or import it without --bulk")
    return cast(_ColumnReader, _module(form.module)).columns(path, options)


def writer(form: Format) -> Callable[[Records, Path, Setting], tuple[str, ...]]:
    """The function that writes a format; one that is not :attr:`Format.in_parts` takes no selection.

    Raises:
        InvalidValue: what writes it is not installed.
    """
    _check_installed(form)
    return cast(_Writer, _module(form.module)).write


def named(name: str, *, reads: bool = False, writes: bool = False) -> Format:
    """The format with this name, or with this other name.

    Raises:
        InvalidValue: there is none, or it does not go that way.
    """
    able = {form.name: form for form in FORMATS.values() if (form.reads or not reads) and (form.writes or not writes)}
    found = next((form for form in able.values() if name in (form.name, *form.aliases)), None)
    if found is None:
        raise InvalidValue("--format", name, f"{name!r} is no format that can be used here", allowed=", ".join(able))
    return found


def recognise(path: Path) -> Format:
    """The format of a file by its content; its name decides nothing.

    Where a module reads two (CSV and TSV, KML and KMZ) it is the first: which of them it was, the table says.

    Raises:
        UnreadableFile: it is not there, empty, too large, or of no format that is read.
    """
    foreign.checked_size(path)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from error
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise UnreadableFile(f"{path.name} {what}")
    for module in _ASKED:
        if cast(_Reader, _module(module)).recognises(path, head):
            return next(form for form in FORMATS.values() if form.module == module)
    raise UnreadableFile(f"{path.name} {_other(path, head)}")


def _module(name: str) -> object:
    return importlib.import_module(f"resight.exchange.{name}")


def _check_installed(form: Format) -> None:
    if form.needs and importlib.util.find_spec(form.needs) is None:
        what = f"{form.words} needs {form.needs}, which is not installed"
        raise InvalidValue("--format", form.name, f"{what}: {INSTALL}", allowed="that, or the same table as CSV")


def _other(path: Path, head: bytes) -> str:
    """What a file is that no reader takes."""
    if head.startswith(zipped.MAGIC):
        held = ", ".join(zipped.names(path)[:4]) or "nothing"
        return f"is a zip file of {held}: unpack it and import what is inside"
    text = foreign.head_text(head)
    if text.startswith("<"):
        root = re.search(r"<([A-Za-z][\w:.-]*)", text)
        return f"is XML of another kind (<{root[1] if root else '?'}>), not KML"
    if text.startswith("{"):
        return "is JSON, but not GeoJSON: it has no Feature"
    if text.startswith("["):
        return "is a JSON list, but not of TimeMap or osint-geo-extractor events"
    return "is an SQLite database, but no GeoPackage" if head.startswith(b"SQLite") else "is of no format that is read"
