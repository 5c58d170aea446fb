"""KML and KMZ: the Placemarks of a Google Earth file, with their folders, times and extended data.

OGC KML 2.3 (OGC 12-007r2), of which the times come with reduced precision. The XML is read by the standard library's
expat with a refusal of every DOCTYPE: entities can only be declared in one, so that neither an entity bomb nor an
external entity has a place to stand, and no further library is needed. Of a KMZ only its KML is read, within limits;
links to other files are never followed.

Written as KML 2.2 (OGC 07-147r2) and KMZ for Google Earth: folders by year and site, times, balloons, every field as
data.
"""

from __future__ import annotations

import itertools
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape as html
from html.parser import HTMLParser
from pathlib import Path
from typing import IO, Any, NamedTuple
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from resight import dates, wording
from resight.errors import CannotWrite, InvalidValue, UnreadableFile
from resight.exchange import flat, foreign, moments, own, places, zipped
from resight.exchange.setting import Setting
from resight.exchange.table import FOLDERS, Options, Row, Table
from resight.observation import Observation
from resight.selection import Records, Selection

#: Elements inside one another; Google Earth's own files stay below 30.
_DEEPEST = 200
_CONTAINERS = {"Document", "Folder"}
_GEOMETRIES = {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack", "Model"}
#: Columns that are made of elements of their own; extended data of the same name stands beside them.
_OWN = ("name", "folder", "time", "description")
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
    """Is it KML, or a zip with a KML in it?"""
    if head.startswith(zipped.MAGIC):
        return any(name.lower().endswith(".kml") for name in zipped.names(path))
    text = foreign.head_text(head)
    return text.startswith("<") and re.search(r"<(\w+:)?kml[\s>]|<Placemark[\s>]", text) is not None


def read(path: Path, options: Options) -> Table:
    """The Placemarks of a KML or KMZ, counted from 1 as they follow one another.

    Raises:
        UnreadableFile: not XML, cut off, nested too deep, with a DOCTYPE, too large, or a KMZ that is not what it says.
        InvalidValue: a KMZ has no KML of the name that ``options.sheet`` gives, or there is no such encoding.
    """
    notes: list[str] = []
    form, data = _kml(path, options, notes)
    placemarks = _Placemarks(path)
    placemarks.parse(data, options.encoding)
    foreign.counted(path, len(placemarks.found))
    values = [mark.values for mark in placemarks.found]
    names = foreign.columns(values)
    is_ours = own.is_ours(names)
    found = [mark.geometry for mark in placemarks.found]
    done = places.placed(found, places.WGS84, options.crs, path, is_ours=is_ours)
    if is_ours:
        # The elements that Google Earth shows were made from the fields of the record.
        names = tuple(name for name in names if name not in (*_OWN, *_SHOWN))
        values = [{name: row[name] for name in names if name in row} for row in values]
    ordered = tuple(name for name in _OWN if name in names) + tuple(name for name in names if name not in _OWN)
    rows = [
        Row(number, row, geometry)
        for number, (row, geometry) in enumerate(zip(values, done.geometries, strict=True), 1)
    ]
    fields = {"time": "date"} if "time" in names and "date" not in names else {}
    return Table(form, ordered, rows, (*notes, *placemarks.notes(), *done.notes), fields)


# --- the KML of a KMZ -------------------------------------------------------------------------------------------


def _kml(path: Path, options: Options, notes: list[str]) -> tuple[str, bytes]:
    """Which of the two formats it is, and the KML."""
    data = foreign.content(path)
    if not data.startswith(zipped.MAGIC):
        return "kml", data
    names = [name for name in zipped.names(path) if name.lower().endswith(".kml")]
    chosen = _chosen(path, names, options.sheet)
    others = [name for name in names if name != chosen]
    if others:
        notes.append(f"of {len(names)} KML files {chosen} was read, not {', '.join(others[:5])}: --sheet names another")
    return "kmz", zipped.content(path, chosen, foreign.MOST_BYTES)


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
            values["folder"] = FOLDERS.join(folders)
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


# --- writing ----------------------------------------------------------------------------------------------------

#: Period to colour as KML writes it (aabbggrr); of the palette of the maps, which colour-blind readers can tell apart.
_COLOURS = {"now": "ffb27200", "then": "ff009fe6", "other": "ff9a9a9a"}
#: Outcome to the size of its sign: what found nothing is smaller, and its name says so.
_SCALES = {"seen": 1.1, "not-seen": 0.7, "cannot-tell": 0.7}
#: The one file that Google Earth opens in a KMZ.
_MAIN = "doc.kml"
#: Bytes of the KML in a KMZ.
MOST_ZIPPED = 2**31


def write(records: Records, path: Path, setting: Setting) -> tuple[str, ...]:
    """Write the records as KML, or zipped where the format is ``kmz``.

    A record without a position is a placemark without geometry, in a folder of its own: never a pin at its site.
    """
    replaced = flat.Replaced()
    document = _Document(setting, flat.fields(records), replaced)
    parts = document.parts(records)
    if setting.form == "kmz":
        # Programs that read KMZ know no 64-bit archives. The time is that of every ZipInfo, 1980.
        entry = zipfile.ZipInfo(_MAIN)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(path, "w", allowZip64=False) as archive, archive.open(entry, "w") as file:
            _put(parts, file, most=MOST_ZIPPED)
    else:
        with setting.opened(path) as file:
            _put(parts, file)
    return replaced.losses("KML")


def _put(parts: Iterable[str], file: IO[bytes], most: int | None = None) -> None:
    """Write the parts one after the other.

    Raises:
        CannotWrite: they come to so many bytes.
    """
    length = 0
    for part in parts:
        length += file.write(part.encode())
        if most is not None and length >= most:
            what = f"the records come to more than the {most / 2**30:g} GB that a KMZ holds"
            raise CannotWrite(f"{what}; nothing was written: write KML, or fewer records (--year, --site)")


def _xml(text: str) -> str:
    """Text between tags; a carriage return, which XML would turn into a line feed, as a reference."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r", "&#13;") if "\r" in escaped else escaped


def _html(text: str) -> str:
    """Text as HTML; ``$[…]``, in whose place Google Earth would put the value of a field, stays as it is."""
    return html(text).replace("$[", "$&#91;")


class _Document:
    """The records as the text of a KML document, part by part."""

    def __init__(self, setting: Setting, fields: Sequence[str], replaced: flat.Replaced) -> None:
        self._setting, self._fields, self._replaced = setting, fields, replaced

    def parts(self, records: Records) -> Iterator[str]:
        about = [f"{wording.numbered(len(records), 'record')}. Digest: {self._setting.digest}."]
        about += self._setting.statements.values()
        yield '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>\n'
        yield f"<name>resight</name>\n<description>{_xml(html(' '.join(about)))}</description>\n"
        yield from _styles()
        for year, of_year in itertools.groupby(_in_folders(records), _year_of):
            yield f"<Folder>\n<name>{self._folder(year)}</name>\n"
            for site, of_site in itertools.groupby(of_year, lambda record: record.site):
                known = self._setting.sites.get(site)
                yield f"<Folder>\n<name>{self._text(known.name if known else site, site)}</name>\n"
                for is_placed, some in itertools.groupby(of_site, lambda record: record.geometry is not None):
                    if is_placed:
                        yield from map(self._placemark, some)
                    else:
                        yield f"<Folder>\n<name>{wording.NOT_STATED}</name>\n"
                        yield from map(self._placemark, some)
                        yield "</Folder>\n"
                yield "</Folder>\n"
            yield "</Folder>\n"
        yield "</Document>\n</kml>\n"

    def _folder(self, year: int) -> str:
        if not year:
            return "dates that cross a New Year"
        role = {self._setting.year: " (this year)", self._setting.year - 1: " (last year)"}.get(year, "")
        return f"{year}{role}"

    def _text(self, given: str, identifier: str | None) -> str:
        return _xml(self._replaced(given, identifier))

    def _shown(self, given: str) -> str:
        """Text made of the fields, for a person: what it cannot hold of them may stand whole in the data."""
        return _xml(flat.NOT_IN_XML.sub(flat.REPLACED, given))

    def _placemark(self, record: Observation) -> str:
        name = f"{dates.in_words(record.date)}: {wording.subject(record, self._setting.vocabulary)}"
        fields = [(field, flat.text(flat.value(record, field))) for field in self._fields]
        fields += self._setting.statements.items()
        data = "".join(
            f'<Data name="{field}"><value>{self._text(value, record.id)}</value></Data>'
            for field, value in fields
            if value
        )
        return (
            f"<Placemark>\n<name>{self._shown(name)}</name>\n"
            f"<description>{self._shown(self._balloon(record, name))}</description>\n{_time(record)}\n"
            f"<styleUrl>#{self._period(record)}-{record.outcome}</styleUrl>\n"
            f"<ExtendedData>{data}</ExtendedData>\n{_shape(record.geometry)}</Placemark>\n"
        )

    def _period(self, record: Observation) -> str:
        first, last = (day.year for day in record.bounds)
        if first != last:
            return "other"
        return {self._setting.year: "now", self._setting.year - 1: "then"}.get(first, "other")

    def _balloon(self, record: Observation, name: str) -> str:
        """What is read in the balloon, as HTML: every value escaped, links only to the web."""
        said = [wording.in_short(record, self._setting.vocabulary), record.visible, record.note]
        if record.geometry is None:
            said.insert(0, wording.NOT_STATED)
        paragraphs = [f"<b>{_html(name)}</b>", *(_html(text) for text in said if text)]
        sources = "".join(f"<li>{_source(source)}</li>" for source in record.sources)
        if sources:
            paragraphs.append(f"Sources:</p><ul>{sources}</ul><p>")
        return "".join(f"<p>{text}</p>" for text in [*paragraphs, _html(record.id or "")])


def _in_folders(records: Records) -> Iterable[Observation]:
    """The records as they stand in the folders: the newest year first, sites by their id, those without position last.

    Dates that cross a New Year come after all years.
    """
    if isinstance(records, Selection):
        return records.by_year_and_site()
    return sorted(records, key=lambda record: (-_year_of(record), record.site, record.geometry is None))


def _year_of(record: Observation) -> int:
    """The year of a record; 0 where it may be one or another."""
    first, last = (day.year for day in record.bounds)
    return first if first == last else 0


def _styles() -> Iterator[str]:
    for period, colour in _COLOURS.items():
        for outcome, scale in _SCALES.items():
            # No picture of another host's: opening the file must not tell anybody of it.
            yield (
                f'<Style id="{period}-{outcome}"><IconStyle><color>{colour}</color><scale>{scale}</scale></IconStyle>'
                f"<LineStyle><color>{colour}</color><width>3</width></LineStyle>"
                f"<PolyStyle><color>66{colour[2:]}</color></PolyStyle>"
                "<BalloonStyle><text>$[description]</text></BalloonStyle></Style>\n"
            )


def _time(record: Observation) -> str:
    """When: the moment of the image, the day, or the first and the last day that the date allows."""
    if record.image_time:
        return f"<TimeStamp><when>{dates.utc_text(record.image_time)}</when></TimeStamp>"
    first, last = (day.isoformat() for day in record.bounds)
    if first == last:
        return f"<TimeStamp><when>{first}</when></TimeStamp>"
    return f"<TimeSpan><begin>{first}</begin><end>{last}</end></TimeSpan>"


def _source(source: Any) -> str:
    shown = _html(", ".join(part for part in (source.published_by, source.title, source.published) if part))
    url = source.url or ""
    if not url.startswith(("http://", "https://")):
        return shown
    return f'<a href="{html(url)}">{shown or _html(url)}</a>'


def _shape(geometry: Mapping[str, Any] | None) -> str:
    if geometry is None:
        return ""
    kind, found = geometry["type"], geometry["coordinates"]
    if kind.startswith("Multi"):
        single = kind.removeprefix("Multi")
        inner = "".join(_shape({"type": single, "coordinates": part}) for part in found)
        return f"<MultiGeometry>{inner}</MultiGeometry>\n"
    if kind == "Polygon":
        outer, *holes = (f"<LinearRing>{_written(ring)}</LinearRing>" for ring in found)
        inner = "".join(f"<innerBoundaryIs>{ring}</innerBoundaryIs>" for ring in holes)
        return f"<Polygon><outerBoundaryIs>{outer}</outerBoundaryIs>{inner}</Polygon>\n"
    return f"<{kind}>{_written([found] if kind == 'Point' else found)}</{kind}>\n"


def _written(places: Iterable[Sequence[float]]) -> str:
    return f"<coordinates>{' '.join(','.join(map(repr, place)) for place in places)}</coordinates>"
