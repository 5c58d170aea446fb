"""KML and KMZ: the Placemarks of a Google Earth file, with their folders, times and extended data.

OGC KML 2.3 (OGC 12-007r2), of which the times come with reduced precision. The XML is read by the standard library's
expat with a refusal of every DOCTYPE: entities can only be declared in one, so that neither an entity bomb nor an
external entity has a place to stand, and no further library is needed. Of a KMZ only its KML is read, within limits;
links to other files are never followed.
"""

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from resight.errors import InvalidValue, UnreadableFile
from resight.exchange import foreign, moments, places
from resight.exchange.table import Options, Row, Table

#: A KML in a KMZ that is larger than this, or than so many times its packed size, is not read.
MOST_UNZIPPED = foreign.MOST_BYTES
MOST_RATIO = 200
#: No ratio is asked of a KML smaller than this: a few repeated lines pack well.
_SMALL = 4 * 2**20
#: Elements inside one another; Google Earth's own files stay below 30.
_DEEPEST = 200
_ZIP = b"PK\x03\x04"
_MEMBER = re.compile(rb"PK\x03\x04[\x00-\xff]{26}[^\x00-\x1f]{1,200}?\.kml", re.IGNORECASE)
_CONTAINERS = {"Document", "Folder"}
_GEOMETRIES = {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack", "Model"}
#: Columns that are made of elements of their own; extended data of the same name stands beside them.
_OWN = ("name", "folder", "time", "description")
#: What a record of ours always has: then the elements that Google Earth shows were made from these.
_OURS = {"site", "date", "earliest", "latest", "outcome"}
_PLAIN = {"name": "name", "address": "address", "phoneNumber": "phone", "Snippet": "snippet", "styleUrl": "style"}
#: Columns made of the elements that a balloon shows.
_SHOWN = ("address", "phone", "snippet", "style", "link")
_LEFT_OUT = {
    "GroundOverlay": "image laid on the ground",
    "ScreenOverlay": "image laid on the screen",
    "PhotoOverlay": "photograph",
    "Tour": "tour",
}
_BLOCKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "hr"}


def recognises(path: Path, head: bytes) -> bool:
    """Is it KML, or a zip with a KML among its first files or a name that ends in .kmz?"""
    if head.startswith(_ZIP):
        return path.suffix.lower() == ".kmz" or _MEMBER.search(head) is not None
    text = foreign.head_text(head)
    return text.startswith("<") and re.search(r"<(\w+:)?kml[\s>]|<Placemark[\s>]", text) is not None


def read(path: Path, options: Options) -> Table:
    """The Placemarks of a KML or KMZ, counted from 1 as they follow one another.

    Raises:
        UnreadableFile: not XML, cut off, nested too deep, with a DOCTYPE, too large, or a KMZ that is not what it says.
        InvalidValue: a KMZ has no KML of the name that ``options.sheet`` gives, or there is no such encoding.
    """
    notes: list[str] = []
    data = _kml(path, options, notes)
    placemarks = _Placemarks(path)
    placemarks.parse(data, options.encoding)
    foreign.counted(path, len(placemarks.found))
    values = [mark.values for mark in placemarks.found]
    done = places.placed([mark.geometry for mark in placemarks.found], places.WGS84, options.crs, path)
    names = foreign.columns(values)
    if set(names) >= _OURS:
        names = tuple(name for name in names if name not in (*_OWN, *_SHOWN))
        values = [{name: row[name] for name in names if name in row} for row in values]
    ordered = tuple(name for name in _OWN if name in names) + tuple(name for name in names if name not in _OWN)
    rows = [
        Row(number, row, geometry)
        for number, (row, geometry) in enumerate(zip(values, done.geometries, strict=True), 1)
    ]
    fields = {"time": "date"} if "time" in names and "date" not in names else {}
    return Table("kml", ordered, rows, (*notes, *placemarks.notes(), *done.notes), fields)


# --- the KML of a KMZ -------------------------------------------------------------------------------------------


def _kml(path: Path, options: Options, notes: list[str]) -> bytes:
    data = foreign.content(path)
    if not data.startswith(_ZIP):
        return data
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            names = [info.filename for info in archive.infolist() if info.filename.lower().endswith(".kml")]
            chosen = _chosen(path, names, options.sheet)
            others = [name for name in names if name != chosen]
            if others:
                notes.append(
                    f"of {len(names)} KML files {chosen} was read, not {', '.join(others[:5])}: --sheet names another"
                )
            return _unzipped(path, archive, archive.getinfo(chosen))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, ValueError, NotImplementedError) as error:
        raise UnreadableFile(f"{path.name} is not a whole KMZ: {error}; copy or export it again") from None
    except RuntimeError as error:
        raise UnreadableFile(f"{path.name} cannot be unpacked: {error}") from None


def _chosen(path: Path, names: list[str], sheet: str | None) -> str:
    """The KML that a KMZ means (doc.kml, or the first one nearest to its root), or the one asked for."""
    if not names:
        raise UnreadableFile(f"{path.name} is a zip without a KML in it")
    if sheet is None:
        return min(names, key=lambda name: (name.count("/"), name.lower() != "doc.kml", names.index(name)))
    if sheet.isdecimal() and 1 <= int(sheet) <= len(names):
        return names[int(sheet) - 1]
    if sheet not in names:
        raise InvalidValue("sheet", sheet, f"{path.name} has no KML {sheet!r}", allowed=", ".join(names[:20]))
    return sheet


def _unzipped(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The bytes of one member, read in parts, so that a bomb stops at the limit whatever its directory says."""
    most = min(MOST_UNZIPPED, max(_SMALL, info.compress_size * MOST_RATIO))
    parts, size = [], 0
    with archive.open(info) as member:
        while part := member.read(2**20):
            size += len(part)
            if size > most:
                raise UnreadableFile(
                    f"{path.name}: {info.filename} unpacks to more than {most // 2**20} MB from "
                    f"{max(info.compress_size // 1024, 1)} kB: it was not read further (limits: "
                    f"{MOST_UNZIPPED // 2**20} MB, {MOST_RATIO} times its packed size)"
                )
            parts.append(part)
    return b"".join(parts)


# --- the Placemarks ---------------------------------------------------------------------------------------------


class _Container(NamedTuple):
    """A Document or Folder that is open."""

    kind: str
    own: dict[str, str]
    #: The time of its own, which those inside it have, too, unless they have one.
    time: list[Any]


class _Placemark(NamedTuple):
    values: dict[str, Any]
    geometry: Any


class _Placemarks:
    """What expat calls while it reads: keeps the open folders, and builds a tree of one Placemark at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[_Placemark] = []
        self.left_out: Counter[str] = Counter()
        self.links: list[str] = []
        self.inherited: list[int] = []
        self.models: list[int] = []
        self._is_kml = False
        self._open: list[str] = []
        self._containers: list[_Container] = []
        self._text: list[str] = []
        #: Builds the Placemark, or the time of a container, that is open; and how deep it began.
        self._tree: TreeBuilder | None = None
        self._began = 0
        self._parser = expat.ParserCreate()

    def parse(self, data: bytes, encoding: str | None) -> None:
        if encoding:
            self._parser = expat.ParserCreate(encoding)
        parser = self._parser
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise self._error(
                f"is not whole XML: {expat.ErrorString(error.code)} at column {error.offset + 1}; was it cut off?"
            ) from None
        except (LookupError, UnicodeError) as error:
            raise self._error(f"is in an encoding that cannot be read ({error}); say it with --encoding") from None
        except ValueError as error:
            raise self._error(f"is in an encoding that cannot be read ({error}); save it as UTF-8") from None
        if not self._is_kml:
            raise UnreadableFile(f"{self.path.name} is XML, but not KML")

    def _error(self, what: str) -> UnreadableFile:
        return UnreadableFile(f"{self.path.name}:{self._parser.CurrentLineNumber}: {what}")

    def _refuse(self, *_: Any) -> None:
        raise self._error(
            "has a DOCTYPE, in which entities can be hidden that fill the memory or read other files; KML needs none: "
            "take the line out, or save the file again from Google Earth"
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._is_kml = self._is_kml or (not self._open and name == "kml")
        self._open.append(name)
        if len(self._open) > _DEEPEST:
            raise self._error(f"has more than {_DEEPEST} elements inside one another")
        self._text = []
        if self._tree is None and name in ("Placemark", "TimeStamp", "TimeSpan", "NetworkLink", *_LEFT_OUT):
            self._tree, self._began = TreeBuilder(), len(self._open)
        if self._tree is not None:
            self._tree.start(name, attributes)
        elif name in _CONTAINERS:
            self._containers.append(_Container(name, {}, []))

    def _characters(self, text: str) -> None:
        if self._tree is not None:
            self._tree.data(text)
        else:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if self._tree is not None:
            self._tree.end(name)
            if len(self._open) == self._began:
                element = self._tree.close()
                self._tree = None
                self._take(element)
        elif name in _CONTAINERS and self._containers:
            self._containers.pop()
        elif name == "name" and self._parent in _CONTAINERS and self._containers:
            self._containers[-1].own["name"] = "".join(self._text).strip()
        self._open.pop()

    @property
    def _parent(self) -> str:
        return self._open[-2] if len(self._open) > 1 else ""

    def _take(self, element: Element) -> None:
        """What was built is whole: a Placemark, the time of a folder, or something that is only counted."""
        if element.tag == "Placemark":
            self.found.append(self._placemark(element))
        elif element.tag in ("TimeStamp", "TimeSpan"):
            if self._parent in _CONTAINERS and self._containers:
                self._containers[-1].time[:] = [_time_of(element)]
        elif element.tag == "NetworkLink":
            self.links.append(_text(element.find(".//href")) or "without an address")
        else:
            self.left_out[element.tag] += 1

    def _placemark(self, element: Element) -> _Placemark:
        number = len(self.found) + 1
        foreign.counted(self.path, number)
        values: dict[str, Any] = {}
        folders = [c.own["name"] for c in self._containers if c.kind == "Folder" and c.own.get("name")]
        if folders:
            values["folder"] = " / ".join(folders)
        geometry = None
        time: Any = None
        for child in element:
            if child.tag in _PLAIN:
                values[_PLAIN[child.tag]] = _text(child)
            elif child.tag == "description":
                values["description"] = plain_text("".join(child.itertext()))
            elif child.tag in ("TimeStamp", "TimeSpan"):
                time = _time_of(child)
            elif child.tag in _GEOMETRIES:
                geometry = _geometry(child)
                if child.tag == "Model":
                    self.models.append(number)
                if child.tag in ("Track", "MultiTrack"):
                    time = time or _track_time(child)
            elif child.tag == "link":
                values["link"] = child.get("href")
            elif child.tag == "ExtendedData":
                _extended(child, values)
        if time is None:
            time = next((c.time[0] for c in reversed(self._containers) if c.time and c.time[0]), None)
            if time is not None:
                self.inherited.append(number)
        if time is not None:
            values["time"] = time
        return _Placemark({name: value for name, value in values.items() if value is not None}, geometry)

    def notes(self) -> tuple[str, ...]:
        """What a person must know of what was not read, or read from elsewhere."""
        notes = []
        if self.links:
            notes.append(
                f"{len(self.links)} link{'s' if len(self.links) > 1 else ''} to other files "
                f"({', '.join(self.links[:3])}{', …' if len(self.links) > 3 else ''}) not followed: nothing is "
                "fetched; save what stands behind it as a file of its own"
            )
        for kind, number in sorted(self.left_out.items()):
            notes.append(f"{number} {_LEFT_OUT[kind]}{'s' if number > 1 else ''} ({kind}) left out: not a Placemark")
        if self.inherited:
            notes.append(f"{foreign.some(self.inherited, 'placemark')}: the time is that of the folder around it")
        if self.models:
            notes.append(f"{foreign.some(self.models, 'placemark')}: of a 3D model only the place was read")
        return tuple(notes)


def _text(element: Element | None) -> str | None:
    return (("".join(element.itertext())).strip() or None) if element is not None else None


def _extended(element: Element, values: dict[str, Any]) -> None:
    """Data and SchemaData as columns; the second of a name, or one of ours, gets a number."""
    for child in element.iter():
        if child.tag == "Data":
            given = _text(child.find("value"))
        elif child.tag in ("SimpleData", "SimpleArrayData"):
            given = _text(child)
        else:
            continue
        name = base = (child.get("name") or child.tag).strip()
        count = 1
        while name in values or name in (*_OWN, *_SHOWN):
            count += 1
            name = f"{base} ({count})"
        values[name] = given
    # Elements of another namespace, which KML allows there, too.
    for child in element:
        if child.tag not in ("Data", "SchemaData"):
            values.setdefault(child.tag, _text(child))


# --- when -------------------------------------------------------------------------------------------------------


def _time_of(element: Element) -> Any:
    if element.tag == "TimeStamp":
        when = _text(element.find("when"))
        return moments.reduced(when) if when else None
    return moments.span(_text(element.find("begin")), _text(element.find("end")))


def _track_time(track: Element) -> Any:
    times = [found for found in (_text(when) for when in track.iter("when")) if found]
    return moments.span(times[0], times[-1]) if times else None


# --- where ------------------------------------------------------------------------------------------------------


def _geometry(element: Element) -> Any:
    """The GeoJSON geometry of a KML one; None where it has no coordinates."""
    if element.tag in ("Point", "LineString", "LinearRing"):
        found = _coordinates(element)
        if not found:
            return None
        if element.tag == "Point":
            return {"type": "Point", "coordinates": found[0] if isinstance(found, list) else found}
        return {"type": "LineString", "coordinates": found}
    if element.tag == "Polygon":
        borders = [*element.findall("outerBoundaryIs/LinearRing"), *element.findall("innerBoundaryIs/LinearRing")]
        rings = [ring for ring in map(_coordinates, borders) if ring]
        return {"type": "Polygon", "coordinates": [_closed(ring) for ring in rings]} if rings else None
    if element.tag == "Model":
        longitude, latitude = (_text(element.find(f"Location/{name}")) for name in ("longitude", "latitude"))
        return {"type": "Point", "coordinates": _position(f"{longitude},{latitude}")}
    if element.tag == "Track":
        found = [_position(",".join((_text(coord) or "").split())) for coord in element.findall("coord")]
        kind = "Point" if len(found) == 1 else "LineString"
        return {"type": kind, "coordinates": found[0] if len(found) == 1 else found} if found else None
    members: list[Any] = []
    for member in filter(None, (_geometry(child) for child in element if child.tag in _GEOMETRIES)):
        members += member["geometries"] if member["type"] == "GeometryCollection" else [member]
    return {"type": "GeometryCollection", "geometries": members}


def _coordinates(element: Element) -> Any:
    """The positions of an element; a text that holds none is left as it is, to be refused with its row."""
    written = _text(element.find("coordinates"))
    if written is None:
        return None
    tuples = re.sub(r"\s*,\s*", ",", written).split()
    return [_position(one) for one in tuples]


def _position(written: str) -> Any:
    try:
        return [float(number) for number in written.rstrip(",").split(",")]
    except ValueError:
        return written


def _closed(ring: Any) -> Any:
    """A ring whose last position is its first one: Google Earth draws it closed, and some programs leave it open."""
    return [*ring, ring[0]] if isinstance(ring, list) and len(ring) >= 3 and ring[0] != ring[-1] else ring


# --- text -------------------------------------------------------------------------------------------------------


class _Plain(HTMLParser):
    """Text of a balloon without its tags: a line for every block, addresses behind the words that led to them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0
        self._address: str | None = None
        self._since = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag == "a":
            self._address, self._since = dict(attrs).get("href"), len(self.parts)
        elif tag == "img" and dict(attrs).get("src"):
            self.parts.append(f" {dict(attrs)['src']} ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(self._silent - 1, 0)
        elif tag in _BLOCKS:
            self.parts.append("\n")
        elif tag == "a" and self._address:
            if self._address not in "".join(self.parts[self._since :]):
                self.parts.append(f" ({self._address})")
            self._address = None

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def plain_text(html: str) -> str | None:
    """The text of a description, its tags removed; None when nothing is left."""
    if "<" not in html and "&" not in html:
        return html.strip() or None
    plain = _Plain()
    plain.feed(html)
    plain.close()
    return "\n".join(_lines("".join(plain.parts))) or None


def _lines(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if squeezed := " ".join(line.split()):
            yield squeezed
