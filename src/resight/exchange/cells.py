"""What one cell says for one field: text, numbers and dates of any program to values of the record, or why not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from typing import Any, NamedTuple, get_args

from resight import dates
from resight.checks import REGISTER_FILE
from resight.errors import InvalidValue, UnknownName
from resight.exchange import moments, places
from resight.exchange.mapping import as_text
from resight.exchange.table import FOLDERS
from resight.observation import (
    METHODS,
    Basis,
    Confidence,
    HedgeOn,
    Method,
    Outcome,
    Relationship,
    Site,
    Status,
    parse_count,
)
from resight.vocabulary import FILE as VOCABULARY_FILE
from resight.vocabulary import Individual, Platform, Vocabulary, fold, near_names

#: Day numbers of a spreadsheet that are taken for dates: 1954 to 2064.
_SERIALS = (20_000, 60_000)


def _folded(words: str) -> frozenset[str]:
    return frozenset(map(fold, words.split("|")))


_OUTCOMES: Mapping[Outcome, frozenset[str]] = {
    "seen": _folded("seen|yes|y|present|observed|sighted|positive|detected|confirmed|1|true|да|видно|있음"),
    "not-seen": _folded(
        "not seen|no|n|none|nothing|absent|negative|empty|not observed|not present|no ship|0|false|нет|пусто|없음"
    ),
    "cannot-tell": _folded("cannot tell|unclear|cloud|clouds|cloudy|no image|unknown|n/a|obscured|облачно|구름"),
}
_METHODS: Mapping[Method, frozenset[str]] = {
    "optical": _folded("optical|imagery|satellite|satellite image|satellite imagery|EO|electro-optical"),
    "radar": _folded("radar|SAR|synthetic aperture radar|radar image"),
    "flight-tracking": _folded("flight-tracking|ADS-B|flight radar"),
    "ground": _folded("ground|ground photo|handheld|photo"),
    "report": _folded("report"),
}
_YES = _folded("yes|y|true|1|x|да|так|예|ja|oui|si")
_NO = _folded("no|n|false|0|нет|ні|아니오|nein|non")
#: What stands in a platform column where nothing, or nothing that could be told, was seen.
_NOTHING = _folded(
    "nothing|none|nothing seen|none seen|nothing found|not seen|no ship|no ships|no vessel|no vessels|no aircraft|"
    "no activity|negative|nil|empty|any|нет|ничего|없음"
)
_CLOUD = _folded("cloud|clouds|cloudy|cloud cover|too cloudy|obscured|cannot tell|no image|облачно|облака|구름")
#: What people write into a cell for which they have no name. Of two rows that say it nobody knows that they are one.
NO_NAME = frozenset(
    word
    for words in (
        (
            "-",
            "–",
            "—",
            "?",
            "??",
            "???",
            ".",
            "/",
            "n/a",
            "na",
            "n.a.",
            "n/k",
            "nk",
            "none",
            "null",
            "nil",
            "tbc",
            "tbd",
        ),
        ("unknown", "unk", "unk.", "not known", "unnamed", "unidentified", "not identified"),
        ("нет", "н/д", "неизвестно", "неизв.", "unbekannt", "inconnu", "desconocido", "미상", "불명", "없음", "不明"),
    )
    for word in words
)
#: Names that nobody knows for which near ones are looked for; where there are more, the column is another one.
_HINTED = 500
#: Fields whose words tell one thing from all others of its kind.
NAMES = frozenset({"platform_name", "image_id"})


class Context(NamedTuple):
    """What a cell is read against."""

    sites: Mapping[str, Site]
    vocabulary: Vocabulary
    #: Order of day and month by field, where it was stated or the whole column told it.
    orders: Mapping[str, dates.Order] = {}
    #: Day 0 of bare numbers in a date column.
    day_zero: Day | None = None


class Reader:
    """Reads cells for fields."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._unknown: set[str] = set()
        self._sites = {
            fold(name): site.id for site in reversed(list(context.sites.values())) for name in site.all_names
        }
        self._kinds: Mapping[str, Callable[[Any, str], Mapping[str, Any]]] = {
            "site": self._site,
            "date": self._date,
            "platform": self._platform,
            "platform_name": self._individual,
            "outcome": self._outcome,
            "count": self._count,
            "activity": self._activity,
            "inferred_activity": self._inferred,
            "likelihood": self._likelihood,
            "method": self._method,
            "longitude": self._degrees,
            "latitude": self._degrees,
            "position": self._position,
            "geometry": _geometry,
            "sources": _sources,
            "relates": _relates,
            "tags": _tags,
            "source.published": self._date,
            "source.accessed": self._date,
            "source.confidential": _flag,
            "source.url": _address,
            **dict.fromkeys(("aggregate", "context", "effort_stated"), _flag),
            **dict.fromkeys(("image_time", "logged_at", "revised_at"), _moment),
            **dict.fromkeys(("count_min", "count_max", "revision"), _whole),
            **dict.fromkeys(
                ("gsd_m", "length_m", "width_m", "location_uncertainty_m", "cloud_pct", "off_nadir_deg"), _number
            ),
            **{name: _choice(words) for name, words in _CHOICES.items()},
        }

    def read(self, field: str, cell: Any) -> Mapping[str, Any]:
        """The fields that a cell fills; parts of a source or a position under the names that ``mapping`` has for them.

        Raises:
            InvalidValue: the cell is no value of the field.
        """
        kind = self._kinds.get(field)
        return kind(cell, field) if kind else {field: as_text(cell).strip()}

    @staticmethod
    def names_nothing(field: str, cell: Any) -> bool:
        """Does the cell only say that the name of the thing, or of its image, is not known?"""
        return field in NAMES and as_text(cell).strip().lower() in NO_NAME

    def is_plain(self, field: str) -> bool:
        """Is the field any text as it stands?"""
        return field not in self._kinds

    def fits(self, field: str, cell: Any) -> bool:
        """Could the cell fill the field?"""
        # Near names are for a person: looking for them would take most of the time here.
        if field == "site":
            return self._named_site(as_text(cell).strip()) is not None
        if field == "platform":
            text = as_text(cell).strip()
            return fold(text) in _NOTHING | _CLOUD or self._named(text)[0] is not None
        try:
            self.read(field, cell)
        except InvalidValue:
            # Which comes first, day or month, is a question of its own.
            return field == "date" and bool(dates.orders(as_text(cell)))
        return True

    def _site(self, cell: Any, _: str) -> Mapping[str, Any]:
        text = as_text(cell).strip()
        found = self._named_site(text)
        if found is None:
            names = [name for site in self._context.sites.values() for name in site.all_names]
            near = near_names(text, names) if self._is_hinted(text) else []
            raise UnknownName("site", text, near=near, where=REGISTER_FILE, all_names="resight sites")
        return {"site": found}

    def _named_site(self, text: str) -> str | None:
        """The site that a name means, or the only one that is named in a path of folders (``2025 / Dunay``)."""
        whole = self._sites.get(fold(text)) if fold(text) else None
        if whole is not None or FOLDERS not in text:
            return whole
        found = {self._sites[fold(part)] for part in text.split(FOLDERS) if fold(part) in self._sites}
        return found.pop() if len(found) == 1 else None

    def _date(self, cell: Any, field: str) -> Mapping[str, Any]:
        if isinstance(cell, datetime):
            # A moment becomes a day once the site, and with it the time zone, is known.
            return {field: cell if cell.tzinfo else cell.date().isoformat()}
        if isinstance(cell, Day):
            return {field: cell.isoformat()}
        text = as_text(cell).strip()
        zero = self._context.day_zero
        if type(cell) in (int, float) and zero is not None and _SERIALS[0] <= cell < _SERIALS[1]:
            return {field: (zero + timedelta(days=int(cell))).isoformat()}
        if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)", text):
            return {field: datetime.fromisoformat(text)}
        first, slash, last = text.partition("/")
        if slash and (moments.moment(first) or moments.moment(last)):
            return {field: text}
        order = self._context.orders.get(field)
        try:
            return {field: dates.from_elsewhere(_with_century(text) if order else text, order)}
        except dates.DateError as error:
            what = str(error)
            if re.fullmatch(r"\d{5}(\.\d+)?", text) and _SERIALS[0] <= float(text) < _SERIALS[1]:
                day = Day(1899, 12, 30) + timedelta(days=int(float(text)))
                what = f"{text!r} is a spreadsheet's number of a day, perhaps {day}: format the column as a date"
            elif not order and _with_century(text) != text:
                what = f"{text!r} gives two digits of its year: --dates dmy or --dates mdy says that they are the last"
            elif len(error.suggestion) == 2:
                what += ": say which comes first, with --dates dmy or --dates mdy"
            elif error.suggestion:
                what += f"; did you mean {error.suggestion[0]}?"
            allowed = "a date in EDTF, or a day as 18.05.2025, 5/18/2025, 18 May 2025"
            raise InvalidValue(field, cell, what, allowed=allowed, example=dates.EXAMPLE) from None

    def _platform(self, cell: Any, _: str) -> Mapping[str, Any]:
        text = as_text(cell).strip()
        if fold(text) in _NOTHING:
            return {"outcome": "not-seen"}
        if fold(text) in _CLOUD:
            return {"outcome": "cannot-tell"}
        known, more = self._named(text)
        if isinstance(known, Individual):
            return {"platform": known.platform, "platform_name": known.name}
        if known is not None:
            return {"platform": known.id, **more}
        what, _, hull = text.partition(":")
        if hull.strip():
            return {**self._platform(what, ""), **self._individual(hull, "")}
        if self._is_hinted(text):
            self._context.vocabulary.resolve_platform(text)
        raise UnknownName("platform", text, near=(), where=VOCABULARY_FILE, all_names="resight platforms")

    def _is_hinted(self, name: str) -> bool:
        """Are near names looked for in the place of one that nobody knows?"""
        if len(self._unknown) < _HINTED:
            self._unknown.add(name)
        return name in self._unknown

    def _named(self, text: str) -> tuple[Platform | Individual | None, Mapping[str, int]]:
        """What a name stands for, and the count that may stand beside it: ``2 cargo ships``, ``Il-76 x2``."""
        named = self._context.vocabulary.named
        found = named(text)
        if found is not None:
            return found, {}
        parsed = re.fullmatch(r"(\d{1,3})\s*(?:[x×]\s*)?(\D.*)|(\D.*?)\s*[x×]\s*(\d{1,3})", text)
        name = (parsed[2] or parsed[3]).strip() if parsed else text
        count = {"count": int(parsed[1] or parsed[4])} if parsed else {}
        return named(name) or named(name.removesuffix("s")), count

    def _individual(self, cell: Any, _: str) -> Mapping[str, Any]:
        text = as_text(cell).strip()
        known = self._context.vocabulary.individual(text)
        parts = [] if known else [part.strip() for part in re.split(r"[,/&+]|\band\b", text) if part.strip()]
        if len(parts) > 1 and all(map(self._context.vocabulary.individual, parts)):
            what = f"{text!r} names {len(parts)} of them, and a record is of one"
            raise InvalidValue("platform_name", cell, what, allowed=f"a semicolon between them: {'; '.join(parts)}")
        return {"platform_name": known.name if known else text}

    def _outcome(self, cell: Any, _: str) -> Mapping[str, Any]:
        found = next((outcome for outcome, words in _OUTCOMES.items() if fold(as_text(cell)) in words), None)
        if found is None:
            raise _not_allowed("outcome", cell, "seen, not-seen (nothing, none) or cannot-tell (cloud)")
        return {"outcome": found}

    def _count(self, cell: Any, _: str) -> Mapping[str, Any]:
        if isinstance(cell, bool):
            raise _not_allowed("count", cell, "a whole number")
        return parse_count(as_text(cell))

    def _activity(self, cell: Any, _: str) -> Mapping[str, Any]:
        return {"activity": self._context.vocabulary.resolve_term(as_text(cell), "activities").id}

    def _inferred(self, cell: Any, _: str) -> Mapping[str, Any]:
        term = self._context.vocabulary.resolve_term(as_text(cell), "inferred_activities")
        return {"inferred_activity": term.id}

    def _likelihood(self, cell: Any, _: str) -> Mapping[str, Any]:
        return {"likelihood": self._context.vocabulary.resolve_likelihood(as_text(cell)).id}

    def _method(self, cell: Any, _: str) -> Mapping[str, Any]:
        found = next((method for method, words in _METHODS.items() if fold(as_text(cell)) in words), None)
        if found is None:
            raise _not_allowed("method", cell, ", ".join(METHODS))
        return {"method": found}

    def _degrees(self, cell: Any, field: str) -> Mapping[str, Any]:
        axis = "EW" if field == "longitude" else "NS"
        number, letter = degrees(cell, field)
        if letter and letter not in axis:
            raise InvalidValue(field, cell, f"{cell!r} says {letter}: latitude and longitude may be swapped")
        return {field: number}

    def _position(self, cell: Any, field: str) -> Mapping[str, Any]:
        text = as_text(cell).strip()
        # Commas part two numbers, unless a semicolon or a bar does and they are decimal.
        parts = re.split(r"[;/]", text) if re.search("[;/]", text) else re.split(r",\s*|\s+", text)
        lettered = re.fullmatch(r"(.+?[NSEWnsew])[,;/\s]+(.+?[NSEWnsew])|([NSEWnsew].+?)[,;/\s]+([NSEWnsew].+)", text)
        if lettered:
            parts = [part for part in lettered.groups() if part]
        if len(parts) != 2:
            raise _not_allowed(field, cell, "two numbers in degrees: 42.897, 132.355, or 42.897N 132.355E")
        (first, a), (second, b) = (degrees(part, field) for part in parts)
        if a and b:
            return {"latitude": first, "longitude": second} if a in "NS" else {"latitude": second, "longitude": first}
        return {"position": (first, second)}


def _with_century(text: str) -> str:
    """A date that ends in two digits of its year (``14.3.25``, ``14-Mar-25``) with all four, 1969 to 2068 (POSIX)."""
    found = re.fullmatch(r"(\d{1,2}([./ -])(?:\d{1,2}|[^\W\d]{3,}\.?)\2|[^\W\d]{3,}\.? \d{1,2}, ?)(\d\d)", text)
    return f"{found[1]}{'19' if found[3] >= '69' else '20'}{found[3]}" if found else text


def degrees(cell: Any, field: str) -> tuple[float, str]:
    """Degrees of a cell, ``42.8803``, ``42,8803``, ``42°52'49"N``, and its letter N, S, E or W, if it has one.

    Raises:
        InvalidValue: not a number of degrees.
    """
    if type(cell) in (int, float):
        return float(cell), ""
    if re.fullmatch(r"[+-]?\d+(\.\d+)?[eE][+-]?\d+", as_text(cell).strip()):
        return float(cell), ""
    found = re.fullmatch(
        r"""([NSEW]?)\s*([+-]?\d+(?:[.,]\d+)?)\s*°?\s*(?:(\d+(?:[.,]\d+)?)\s*['′’]?\s*(?:(\d+(?:[.,]\d+)?)\s*(?:["″”]|'')?)?)?\s*([NSEW]?)""",
        as_text(cell).strip().replace("−", "-"),
        re.IGNORECASE,
    )
    if found is None or (found[1] and found[5]):
        raise _not_allowed(field, cell, "degrees, such as 42.8803, 42,8803 or 42°52'49\"N")
    whole, minutes, seconds = (float((part or "0").replace(",", ".")) for part in found.groups()[1:4])
    if minutes >= 60 or seconds >= 60:
        raise _not_allowed(field, cell, "minutes and seconds below 60")
    letter = (found[1] or found[5]).upper()
    size = abs(whole) + minutes / 60 + seconds / 3600
    negative = found[2].startswith("-") or letter in ("S", "W")
    return (-size if negative else size), letter


def _not_allowed(field: str, cell: Any, allowed: str) -> InvalidValue:
    return InvalidValue(field, cell, f"{as_text(cell)!r} is not allowed", allowed=allowed)


def _choice(words: Sequence[str]) -> Callable[[Any, str], Mapping[str, Any]]:
    by_fold = {fold(word): word for word in words}

    def read(cell: Any, field: str) -> Mapping[str, Any]:
        found = by_fold.get(fold(as_text(cell)))
        if found is None:
            raise _not_allowed(field, cell, ", ".join(words))
        return {field: found}

    return read


_CHOICES: Mapping[str, Sequence[str]] = {
    "date_meaning": ("within", "throughout"),
    "confidence": get_args(Confidence),
    "hedge_on": get_args(HedgeOn),
    "basis": get_args(Basis),
    "status": get_args(Status),
}


def _flag(cell: Any, field: str) -> Mapping[str, Any]:
    word = fold(as_text(cell))
    if word not in _YES | _NO:
        raise _not_allowed(field, cell, "yes or no")
    return {field: word in _YES}


def _moment(cell: Any, field: str) -> Mapping[str, Any]:
    moment = cell
    if not isinstance(cell, datetime):
        try:
            moment = datetime.fromisoformat(as_text(cell).strip().replace("/", "-").removesuffix(" UTC"))
        except ValueError:
            raise _not_allowed(field, cell, "a moment with its offset, such as 2025-05-18T01:40:00Z") from None
        if as_text(cell).strip().endswith(" UTC"):
            moment = moment.replace(tzinfo=UTC)
    if moment.tzinfo is None:
        what = f"{as_text(cell)!r} does not say in which time zone"
        raise InvalidValue(field, cell, what, allowed="a moment with its offset", example="2025-05-18T01:40:00Z")
    return {field: moment}


def _whole(cell: Any, field: str) -> Mapping[str, Any]:
    text = as_text(cell).strip()
    if not re.fullmatch(r"\d{1,15}", text):
        raise _not_allowed(field, cell, "a whole number")
    return {field: int(text)}


def _number(cell: Any, field: str) -> Mapping[str, Any]:
    """A measure, with a point or a comma before its fractions, and perhaps its unit after it."""
    if type(cell) in (int, float):
        return {field: float(cell)}
    unit = {"cloud_pct": "%", "off_nadir_deg": "°"}.get(field, "m")
    text = as_text(cell).strip().replace("−", "-").removesuffix(unit).strip().replace("\u00a0", " ").replace(" ", "")
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", text):
        what = f"{as_text(cell)!r} may be {text.replace(',', '')} or {text.replace(',', '.', 1)}"
        raise InvalidValue(field, cell, what, allowed="a number without a comma before three digits")
    if re.fullmatch(r"[+-]?\d+(,\d+)?", text):
        text = text.replace(",", ".")
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text):
        raise _not_allowed(field, cell, "a number, such as 112.5 or 112,5")
    return {field: float(text)}


def _json(cell: Any, field: str) -> Any:
    if isinstance(cell, list | tuple | dict):
        return cell
    try:
        return json.loads(as_text(cell))
    except (ValueError, RecursionError) as error:
        raise InvalidValue(field, cell, f"is not valid JSON: {error}") from None


def _sources(cell: Any, field: str) -> Mapping[str, Any]:
    """A list of sources as JSON, an address, or a title."""
    text = as_text(cell).strip()
    if isinstance(cell, list | tuple) or text.startswith("["):
        found = _json(cell, field)
        if not isinstance(found, list | tuple):
            raise _not_allowed(field, cell, "a list of sources")
        return {"sources": tuple(found)}
    if re.match(r"https?://|www\.", text):
        return {"sources": ({"url": _address(text, field)[field]},)}
    return {"sources": ({"title": text},)}


_SCHEME = re.compile(r"[a-z]+:", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"/]+\.[^\s<>\"]+")


def _address(cell: Any, field: str) -> Mapping[str, Any]:
    """A web address, with or without its https."""
    text = as_text(cell).strip()
    address = text if _SCHEME.match(text) else f"https://{text}"
    if not _WEB_ADDRESS.fullmatch(address):
        raise _not_allowed(
            field, cell, "a web address; a title goes into source.title, an outlet into source.published_by"
        )
    return {field: address}


def _relates(cell: Any, field: str) -> Mapping[str, Any]:
    """Relations as JSON, or ``ID:contradicts`` as on the command line."""
    text = as_text(cell).strip()
    if isinstance(cell, list | tuple) or text.startswith("["):
        return {field: tuple(_json(cell, field))}
    found = []
    for part in re.split(r"[;,\s]+", text):
        identifier, _, how = part.rpartition(":")
        if not identifier or how not in get_args(Relationship):
            raise _not_allowed(field, cell, "ID:contradicts, ID:same-event or ID:part-of")
        found.append({"id": identifier, "how": how})
    return {field: tuple(found)}


def _tags(cell: Any, field: str) -> Mapping[str, Any]:
    text = as_text(cell).strip()
    found = _json(cell, field) if isinstance(cell, list | tuple) or text.startswith("[") else [text]
    if not isinstance(found, list | tuple):
        raise _not_allowed(field, cell, "words")
    return {field: tuple(found)}


def _geometry(cell: Any, field: str) -> Mapping[str, Any]:
    """GeoJSON, as an object or as text, or WKT."""
    text = as_text(cell).strip()
    if isinstance(cell, dict) or text.startswith("{"):
        return {"geometry": _json(cell, field)}
    try:
        return {"geometry": places.of_wkt(text.partition(";")[2] if text.upper().startswith("SRID=4326;") else text)}
    except ValueError as error:
        raise InvalidValue(field, cell, str(error), example="POINT (132.355 42.897), longitude first") from None
