"""The record: an Observation of one platform at one site by one look, and the Site it is made at.

Both are frozen Pydantic models, flat as a GeoJSON Feature (RFC 7946: lon/lat, WGS 84), so that QGIS, ogrinfo and
geopandas show every field as a column. No files here; the order of the fields is the order on disk.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date as Day
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from resight import dates
from resight.errors import InvalidRecord, InvalidValue
from resight.vocabulary import near_names

Outcome = Literal["seen", "not-seen", "cannot-tell"]
Basis = Literal["own", "published", "retold"]
Method = Literal["optical", "radar", "flight-tracking", "ground", "report"]
Status = Literal["draft", "reviewed", "withdrawn"]
HedgeOn = Literal["platform", "platform_name", "operator", "activity", "inferred_activity"]
Relationship = Literal["contradicts", "same-event", "part-of"]
Confidence = Literal["low", "moderate", "high"]
LikelihoodId = Literal[
    "almost-no-chance",
    "very-unlikely",
    "unlikely",
    "roughly-even-chance",
    "likely",
    "very-likely",
    "almost-certain",
]

METHODS: tuple[Method, ...] = ("optical", "radar", "flight-tracking", "ground", "report")
#: Methods by which somebody examined the place at a time of their choosing.
LOOK_METHODS: tuple[Method, ...] = ("optical", "radar")

_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Slug = Annotated[str, Field(pattern=_SLUG, max_length=200)]
Line = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(min_length=1, max_length=100_000)]
# An address that a page may show: never javascript:, data: or file:.
WebAddress = Annotated[str, Field(pattern=r"^https?://[^\s<>\"]+$", max_length=4000)]


def _edtf(value: str) -> str:
    try:
        dates.parse(value)
    except dates.DateError as error:
        hint = f"; did you mean {' or '.join(error.suggestion)}?" if error.suggestion else ""
        raise ValueError(f"{error}{hint}") from None
    return value


def _reachable_by_right(value: str) -> str:
    if re.fullmatch(r"(https?|s3|gs)://[^\s<>\"]+", value):
        return value
    if not re.fullmatch(r"[\w-][\w./-]*", value) or ".." in value:
        raise ValueError(f"{value!r} is neither a web address nor a path inside the logbook")
    return value


EdtfText = Annotated[Line, AfterValidator(_edtf)]
ImageAddress = Annotated[str, Field(max_length=4000), AfterValidator(_reachable_by_right)]


def _in_calendar(value: datetime) -> datetime:
    """A moment that every time zone can show."""
    if not 1000 <= value.year <= 9998:
        raise ValueError(f"{value.isoformat()} is outside the years 1000 to 9998")
    return value


Moment = Annotated[AwareDatetime, AfterValidator(_in_calendar)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
#: Counts above this are slips of the keyboard; also what 32 bits hold, as in GDAL.
MOST = 2_000_000_000
Geometry = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)

GEOMETRY_DEPTH = {
    "Point": 0,
    "LineString": 1,
    "Polygon": 2,
    "MultiPoint": 1,
    "MultiLineString": 2,
    "MultiPolygon": 3,
}


def _field(default: Any, allowed: str, example: Any, meaning: str) -> Any:
    """A field with what a person is told about it: its meaning, what is allowed and an example."""
    return Field(default, description=meaning, examples=[example], json_schema_extra={"allowed": allowed})


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Source(_Record):
    """Where a record comes from: one page, report or person."""

    title: Line | None = None
    published_by: Line | None = None
    url: WebAddress | None = Field(
        None,
        description="Where it can be read",
        examples=["https://example.org/1"],
        json_schema_extra={"allowed": "a web address; for a person or a paper give title and published_by instead"},
    )
    published: EdtfText | None = Field(None, description="EDTF date of publication", examples=["2025-07-02"])
    accessed: EdtfText | None = Field(None, description="EDTF date on which the page was read", examples=["2026-01-31"])
    grade: Annotated[str, Field(pattern=r"^[A-F][1-6]$")] | None = Field(
        None,
        description="Admiralty grade: reliability of the source, credibility of the claim",
        examples=["B2"],
    )
    confidential: bool = Field(False, description="True: never leaves the logbook in a map, report or export")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        self._check_parts()
        return self

    def _check_parts(self) -> None:
        if not (self.title or self.published_by or self.url):
            raise ValueError("a source needs a title, a publisher or an address")


class Relation(_Record):
    """How this record stands to another one."""

    id: Slug
    how: Relationship


class Observation(_Record):
    """What one look, or one report, says about one platform at one site.

    The record says of its own values only what it can check alone; whether its site and platform are known
    is for the logbook, which holds the register and the vocabulary.
    """

    id: Slug | None = _field(
        None,
        "lower-case letters, digits and hyphens; made at first logging, never changed",
        "dunay-2025-05-18-ropucha-class",
        "Readable, permanent name of the record, unique over all files; not read back for meaning.",
    )
    site: Slug = _field(..., "the id of a site in seeds/sites.geojson", "dunay", "Where: the site's id.")
    date: Annotated[str, Field(min_length=4, max_length=60)] = _field(
        ...,
        "a day, month, year or interval in EDTF, ~ for approximate, ? for uncertain",
        "2025-05-18",
        "When, as the source gives it, in the site's time zone.",
    )
    earliest: Day = _field(None, "the first day that `date` allows", "2025-05-18", "First day allowed by `date`.")
    latest: Day = _field(None, "the last day that `date` allows", "2025-05-18", "Last day allowed by `date`.")
    date_meaning: Literal["within", "throughout"] = _field(
        "within",
        "within (on some day of the interval) or throughout (on every day)",
        "within",
        "How `date` is meant.",
    )
    outcome: Outcome = _field(
        "seen",
        "seen, not-seen (looked, and it was not there) or cannot-tell (cloud, no usable image)",
        "seen",
        "What the look gave. For not-seen, `platform` is what was looked for; empty means anything.",
    )
    platform: Slug | None = _field(
        None,
        "an id of the platform tree in seeds/vocabulary.toml, as deep as the source supports",
        "ropucha-class",
        "The ship, aircraft or vehicle observed; never the satellite.",
    )
    platform_name: Line | None = _field(
        None,
        "a hull name or tail number; only with a count of 1",
        "Nikolay Vilkov",
        "The individual, if known.",
    )
    operator: Line | None = _field(None, "free text", "Air Koryo", "State or owner of the platform.")
    count: Annotated[int, Field(ge=0, le=MOST)] | None = _field(
        None, "a whole number, at least 1 when seen", 2, "Best count."
    )
    count_min: Annotated[int, Field(ge=0, le=MOST)] | None = _field(
        None, "a whole number, not above count", 2, "Lowest count the source allows (“at least 2”)."
    )
    count_max: Annotated[int, Field(ge=0, le=MOST)] | None = _field(
        None, "a whole number, not below count", 3, "Highest count the source allows."
    )
    activity: Slug | None = _field(None, "an activity of seeds/vocabulary.toml", "docked", "What is visible.")
    inferred_activity: Slug | None = _field(
        None,
        "an inferred activity of seeds/vocabulary.toml",
        "troop-transfer",
        "What the analyst takes it to mean.",
    )
    likelihood: LikelihoodId | None = _field(
        None,
        "almost-no-chance (1–5 %), very-unlikely (5–20 %), unlikely (20–45 %), roughly-even-chance (45–55 %), "
        "likely (55–80 %), very-likely (80–95 %), almost-certain (95–99 %)",
        "likely",
        "How likely the inferred activity is, a word of ICD 203.",
    )
    confidence: Confidence | None = _field(
        None, "low, moderate or high", "moderate", "How sound the ground of the judgement is (ICD 203)."
    )
    hedge: Line | None = _field(
        None, "the source's own word, verbatim; with hedge_on", "believed", "The source's own word of doubt."
    )
    hedge_on: HedgeOn | None = _field(
        None,
        "platform, platform_name, operator, activity or inferred_activity; with hedge",
        "platform_name",
        "The field that the hedge qualifies.",
    )
    visible: Text | None = _field(
        None,
        "one or two sentences",
        "A landing ship is alongside the pier.",
        "What is visible, free of intent.",
    )
    basis: Basis = _field(
        "own",
        "own (we examined the image), published or retold",
        "published",
        "Who stands behind the record.",
    )
    method: Method = _field(
        "optical",
        "optical, radar, flight-tracking, ground or report; only optical and radar are looks",
        "optical",
        "How it was observed.",
    )
    berth: Line | None = _field(None, "free text; each site suggests its own", "Pier 2", "Pier or stand.")
    geometry: Geometry | None = _field(
        None,
        "null, or a GeoJSON Point, LineString or Polygon (or Multi…) in lon, lat",
        {"type": "Point", "coordinates": [132.355, 42.897]},
        "Where the thing itself is, when given: GeoJSON in lon/lat, WGS 84.",
    )
    location_uncertainty_m: Positive | None = _field(
        None, "metres, above 0", 50, "Radius around the geometry in which the thing lies."
    )
    sensor: Line | None = _field(None, "free text", "Sentinel-2", "The satellite or instrument (STAC `platform`).")
    image_provider: Line | None = _field(None, "free text", "Planet", "Who sells or gives the image.")
    image_time: Moment | None = _field(
        None,
        "a moment with its offset",
        "2025-05-18T01:40:00Z",
        "When the image was taken, in UTC (STAC `datetime`).",
    )
    image_id: Line | None = _field(None, "free text", "20250518_014012_06_24b9", "The provider's id of the image.")
    gsd_m: Positive | None = _field(None, "metres, above 0", 0.5, "Ground sample distance (STAC `gsd`).")
    cloud_pct: Percent | None = _field(None, "0 to 100", 20, "Cloud cover in per cent (STAC `eo:cloud_cover`).")
    off_nadir_deg: Annotated[float, Field(ge=0, le=90, allow_inf_nan=False)] | None = _field(
        None, "0 to 90", 12.5, "Angle off nadir in degrees (STAC `view:off_nadir`)."
    )
    image_href: ImageAddress | None = _field(
        None,
        "a web address (https, s3, gs) or a path inside the logbook",
        "https://example.org/scene.tif",
        "The image.",
    )
    image_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = _field(
        None, "64 hexadecimal digits", "0" * 64, "SHA-256 of the image file."
    )
    image_license: Line | None = _field(None, "an SPDX id or words", "CC-BY-4.0", "Licence of the image.")
    length_m: Positive | None = _field(None, "metres, above 0", 112, "Length measured by the analyst.")
    width_m: Positive | None = _field(None, "metres, above 0", 15, "Beam or span measured by the analyst.")
    sources: tuple[Source, ...] = _field(
        (),
        "a list of sources",
        [{"published_by": "CNN", "url": "https://example.org/1"}],
        "Where it comes from.",
    )
    effort_stated: bool = _field(
        False,
        "true or false",
        True,
        "The source states every look it took, so that its looks may be counted.",
    )
    relates: tuple[Relation, ...] = _field(
        (),
        "a list of {id, how}; how: contradicts, same-event, part-of",
        [{"id": "dunay-2024-10-17-tapir-class", "how": "contradicts"}],
        "Relations to other records.",
    )
    aggregate: bool = _field(False, "true or false", True, "A total or shared operation: shown, never matched.")
    context: bool = _field(False, "true or false", True, "Background (coal, repairs, damage): shown, never matched.")
    analyst: Line | None = _field(None, "free text", "A. Analyst", "Who logged the record.")
    logged_at: Moment | None = _field(None, "a moment in UTC", "2026-01-31T09:00:00Z", "When it was logged.")
    revised_at: Moment | None = _field(None, "a moment in UTC", "2026-02-01T09:00:00Z", "When it was last amended.")
    revision: Annotated[int, Field(ge=1)] = _field(
        1, "a whole number from 1", 1, "Goes up by one with every amendment."
    )
    reviewed_by: Line | None = _field(None, "free text", "B. Editor", "Who reviewed the record.")
    status: Status = _field(
        "draft",
        "draft, reviewed or withdrawn (kept, hidden by default, never deleted)",
        "draft",
        "Where the record stands.",
    )
    tags: tuple[Line, ...] = _field((), "a list of words", ["PS-115"], "Free labels.")
    note: Text | None = _field(None, "free text", "Class of the hull taken from another report.", "Anything else.")
    #: Properties (and Feature members) this version does not know; kept through every rewrite, reported by check.
    foreign: dict[str, Any] | None = Field(None, repr=False)
    foreign_members: dict[str, Any] | None = Field(None, repr=False)

    #: Fields of the model that are not properties on disk.
    NOT_PROPERTIES: ClassVar[frozenset[str]] = frozenset({"geometry", "foreign", "foreign_members"})

    @field_validator("geometry")
    @classmethod
    def _geometry_is_on_earth(cls, value: Geometry | None) -> Geometry | None:
        return value if value is None else checked_geometry(value)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        self._check_parts()
        self._check_dates()
        return self

    def _check_parts(self) -> None:
        if self.count is not None or self.count_min is not None or self.count_max is not None or self.platform_name:
            self._check_count()
        if (self.hedge is None) != (self.hedge_on is None):
            raise _DisagreementError(
                "hedge", self.hedge, "hedge and hedge_on go together: the word, and the field it qualifies"
            )
        if self.hedge_on is not None and getattr(self, self.hedge_on) is None:
            raise _DisagreementError("hedge_on", self.hedge_on, f"the hedge qualifies {self.hedge_on}, which is empty")
        if self.likelihood is not None and self.inferred_activity is None:
            raise _DisagreementError(
                "likelihood", self.likelihood, "says how likely the inferred_activity is, which is empty"
            )
        if self.status == "reviewed" and not self.reviewed_by:
            raise _DisagreementError("reviewed_by", None, "a reviewed record names who reviewed it")

    def _check_dates(self) -> None:
        try:
            when = dates.parse(self.date)
        except dates.DateError as error:
            hint = f"; did you mean {' or '.join(error.suggestion)}?" if error.suggestion else ""
            raise _DisagreementError("date", self.date, f"{error}{hint}") from None
        if when.stated_days > dates.LONGEST_SPAN_DAYS and not self.aggregate:
            raise _DisagreementError(
                "date",
                self.date,
                f"spans {when.stated_days} days; over {dates.LONGEST_SPAN_DAYS} days is allowed only for an aggregate",
            )
        if self.earliest == when.earliest and self.latest == when.latest:
            return
        for name, bound in (("earliest", when.earliest), ("latest", when.latest)):
            given = getattr(self, name)
            if given is None:
                # The model is frozen for everybody else; a derived field is filled before anybody sees it.
                object.__setattr__(self, name, bound)
            elif given != bound:
                raise _DisagreementError(
                    name,
                    given.isoformat(),
                    f"does not agree with date {self.date}, which gives {bound.isoformat()}",
                )

    def _check_count(self) -> None:
        low, best, high = self.count_min, self.count, self.count_max
        if self.outcome == "cannot-tell" and (low is not None or best is not None or high is not None):
            raise _DisagreementError("count", best, "a look that could not tell has no count")
        if self.outcome == "not-seen" and any(number for number in (low, best, high)):
            raise _DisagreementError("count", best, "a look that found nothing has no count, or 0")
        if self.outcome == "seen" and 0 in (best, high):
            raise _DisagreementError("count", 0, "a count of 0 is a look that found nothing: outcome not-seen")
        given = [number for number in (low, best, high) if number is not None]
        if self.platform_name and self.outcome == "seen" and (best is None or set(given) != {1}):
            said = "–".join(map(str, given)) or "None"
            raise _DisagreementError(
                "platform_name",
                self.platform_name,
                f"a named individual has a count of 1, not {said}: log the others as records of their own",
            )
        if given != sorted(given):
            what = f"count_min ≤ count ≤ count_max does not hold: {low}, {best}, {high}"
            raise _DisagreementError("count", best, what)

    @property
    def bounds(self) -> tuple[Day, Day]:
        """First and last day that the date allows."""
        return self.earliest, self.latest

    @property
    def year(self) -> int:
        """Year of the earliest day: the year file the record lives in."""
        return self.earliest.year

    @property
    def is_look(self) -> bool:
        """Somebody examined the place by imagery and could tell."""
        return self.method in LOOK_METHODS and self.outcome != "cannot-tell"

    def to_feature(self) -> dict[str, Any]:
        """The GeoJSON Feature of this record: fields in their order, empty ones and plain defaults left out."""
        values = self.__dict__
        properties: dict[str, Any] = {}
        for name, value in zip(PROPERTY_NAMES, _PROPERTIES_OF(values), strict=True):
            # Most are empty or text: neither telling that nor laying it out needs a call.
            if value or not (value is None or value is False or value == ()):
                properties[name] = value if type(value) is str else _plain(value)
        for name, default in _LEFT_OUT.items():
            if properties.get(name) == default:
                del properties[name]
        properties.update(values["foreign"] or {})
        feature: dict[str, Any] = {"type": "Feature"}
        if values["id"] is not None:
            feature["id"] = values["id"]
        feature["properties"] = properties
        feature["geometry"] = values["geometry"]
        feature.update(values["foreign_members"] or {})
        return feature

    @classmethod
    def from_feature(cls, feature: Mapping[str, Any]) -> Self:
        """The record of a GeoJSON Feature; unknown properties and members are kept aside as foreign.

        Raises:
            InvalidRecord: with one line for each value that is not allowed.
        """
        properties = feature.get("properties")
        if not isinstance(properties, dict):
            raise InvalidRecord([InvalidValue("properties", properties, "a Feature needs an object of properties")])
        identifier = feature.get("id")
        if identifier is not None and properties.get("id") not in (None, identifier):
            what = f"the Feature's id is not the id of its properties, {properties['id']!r}"
            raise InvalidRecord([InvalidValue("id", identifier, what)])
        own = properties.keys() <= _PROPERTY_NAMES and feature.keys() <= _MEMBERS
        if own and properties.get("id", identifier) == identifier:
            # As we write it ourselves: the common case, and the quick one.
            try:
                return cls.model_validate({"id": identifier, **properties, "geometry": feature.get("geometry")})
            except ValidationError:
                pass
        values = {name: v for name, v in properties.items() if name in _PROPERTY_NAMES and v is not None}
        values["id"] = values.get("id", identifier)
        values["geometry"] = feature.get("geometry")
        values["foreign"] = {name: v for name, v in properties.items() if name not in _PROPERTY_NAMES} or None
        values["foreign_members"] = {name: v for name, v in feature.items() if name not in _MEMBERS} or None
        try:
            return cls.model_validate(values)
        except ValidationError:
            # GDAL and QGIS lay dates and lists their own way when they rewrite a file.
            return build(cls, _as_gdal_wrote(values))

    @classmethod
    def vouched(cls, values: Mapping[str, Any]) -> "Observation":
        """The record of values that :func:`resight.screening.vouched` vouches for, without a second look at them.

        None of them is None: what is not said is left out.
        """
        when = dates.parse(values["date"])
        return _vouched({**_STATED, **values, "earliest": when.earliest, "latest": when.latest})

    def logged(self, identifier: str, moment: datetime) -> "Observation":
        """The record as it is logged under an id, at the moment unless it was logged before.

        Both are the logbook's own: the other values need no second look.
        """
        return _filled(Observation, {**self.__dict__, "id": identifier, "logged_at": self.logged_at or moment})

    def with_changes(self, **changes: Any) -> "Observation":
        """A copy with some fields changed, validated as a whole; bounds are derived anew when the date changes.

        Raises:
            InvalidRecord: with one line for each value that is not allowed.
        """
        values = {name: value for name, value in self.__dict__.items() if value is not None}
        if "date" in changes:
            values.pop("earliest", None)
            values.pop("latest", None)
        for name, value in changes.items():
            if value is None:
                values.pop(name, None)
            else:
                values[name] = value
        return build(Observation, values)


def _plain(value: Any) -> Any:
    lay = _LAID.get(type(value))
    if lay is None:
        # pandas has moments of its own.
        return dates.utc_text(value) if isinstance(value, datetime) else value
    return lay(value)


def _plain_number(value: float) -> float | int:
    # 110 m stay 110, as canonical JSON has it: an amendment changes no field but its own.
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _plain_part(value: BaseModel) -> dict[str, Any]:
    return {name: item for name, item in value.__dict__.items() if item is not None and item is not False}


#: How values that JSON does not know are laid out; the others stand as they are.
_LAID: Mapping[type, Callable[[Any], Any]] = {
    float: _plain_number,
    Day: Day.isoformat,
    datetime: dates.utc_text,
    tuple: lambda value: [_plain(item) for item in value],
    Source: _plain_part,
    Relation: _plain_part,
}


#: Defaults that are written all the same, so that a reader of the file need not know them.
_ALWAYS_WRITTEN = frozenset({"outcome", "basis", "method", "revision", "status"})
PROPERTY_NAMES = tuple(name for name in Observation.model_fields if name not in Observation.NOT_PROPERTIES)
_PROPERTY_NAMES = frozenset(PROPERTY_NAMES)
_PROPERTIES_OF = itemgetter(*PROPERTY_NAMES)
#: The other defaults, but for those that say nothing by themselves.
_LEFT_OUT = {
    name: info.default
    for name, info in Observation.model_fields.items()
    if info.default and not info.is_required() and name not in _ALWAYS_WRITTEN
}
_MEMBERS = frozenset({"type", "id", "properties", "geometry"})
#: What kind of value a field holds; the others hold text.
DAYS = ("earliest", "latest")
MOMENTS = ("image_time", "logged_at", "revised_at")
WHOLE = ("count", "count_min", "count_max", "revision")
NUMBERS = ("location_uncertainty_m", "gsd_m", "cloud_pct", "off_nadir_deg", "length_m", "width_m")
FLAGS = ("effort_stated", "aggregate", "context")
LISTS = ("sources", "relates", "tags")
#: Fields that come with the logging, not with what was seen.
OF_THE_LOG = ("id", "earliest", "latest", "analyst", "logged_at", "revised_at", "revision", "reviewed_by", "status")


class _Vouched(Observation):
    """A record that holds what it was given and no more: what else is asked of it stands in the class, for all of them.

    Of a long table that is a third of the room, and a third of the work. Sources are made when they are asked for.
    """

    model_config = ConfigDict(defer_build=True)
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Observation) and all(
            getattr(self, name) == getattr(other, name) for name in Observation.model_fields
        )

    def __copy__(self) -> Observation:  # type: ignore[override]
        # What is copied is to be changed, and a changed one is as any other.
        return _filled(Observation, {name: getattr(self, name) for name in Observation.model_fields})

    def logged(self, identifier: str, moment: datetime) -> "_Vouched":
        return _vouched({**self.__dict__, "id": identifier, "logged_at": self.logged_at or moment})

    def to_feature(self) -> dict[str, Any]:
        values = self.__dict__
        names, values_of, changed = _in_order(tuple(values))
        properties = dict(zip(names, values_of(values), strict=True))
        for name, lay in changed:
            properties[name] = value = lay(properties[name])
            if value is None:
                del properties[name]
        identified = {"id": values["id"]} if "id" in values else {}
        return {"type": "Feature", **identified, "properties": properties, "geometry": values.get("geometry")}


def _vouched(fields: dict[str, Any]) -> _Vouched:
    record = _Vouched.__new__(_Vouched)
    _set(record, "__dict__", fields)
    return record


def _made_sources(record: _Vouched) -> tuple[Source, ...]:
    return tuple([_filled(Source, {**_SOURCE_DEFAULTS, **given}) for given in vars(record).get("sources", ())])


def _plain_source(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in _SOURCE_DEFAULTS if given.get(name) not in (None, False)}


_Lay = Callable[[Any], Any]


@cache
def _in_order(given: tuple[str, ...]) -> tuple[tuple[str, ...], _Lay, list[tuple[str, _Lay]]]:
    """Of fields that are given: the properties in their order, what takes these out, and what lays some of them out."""
    names = tuple(name for name in PROPERTY_NAMES if name in given)
    return names, itemgetter(*names), [(name, _LAID_OUT[name]) for name in names if name in _LAID_OUT]


def _unless(default: Any) -> _Lay:
    return lambda value: None if value == default else value


#: How fields stand among the properties that do not stand there as they are; None where they are left out.
_LAID_OUT: Mapping[str, _Lay] = {
    **dict.fromkeys(DAYS, Day.isoformat),
    **dict.fromkeys(MOMENTS, dates.utc_text),
    **dict.fromkeys(NUMBERS, _plain_number),
    **dict.fromkeys(FLAGS, lambda value: value or None),
    "tags": lambda value: [*value] or None,
    "sources": lambda value: [*map(_plain_source, value)] or None,
    **{name: _unless(default) for name, default in _LEFT_OUT.items()},
}


def laid_out(name: str, value: Any) -> Any:
    """The value of a property as it stands in a Feature; None where it is left out.

    Sources and relations are given as the objects that they are in a Feature.
    """
    lay = _LAID_OUT.get(name)
    return value if lay is None else lay(value)


#: What is written of every record.
_STATED = {name: Observation.model_fields[name].default for name in sorted(_ALWAYS_WRITTEN)}
_SOURCE_DEFAULTS = {name: info.default for name, info in Source.model_fields.items()}
for _name, _info in Observation.model_fields.items():
    setattr(_Vouched, _name, None if _info.is_required() else _info.default)
for _name, _state in (("fields_set", frozenset()), ("extra", None), ("private", None)):
    setattr(_Vouched, f"__pydantic_{_name}__", _state)
# As a property it is asked before what the record holds under that name.
_Vouched.sources = property(_made_sources)  # type: ignore[assignment]


def _filled(model: type[Model], fields: dict[str, Any]) -> Model:
    """A record of values that are known to be right, one for each field, in their order."""
    record = model.__new__(model)
    # As pydantic's own model_construct does, which would look at every field once more.
    _set(record, "__dict__", fields)
    _set(record, "__pydantic_fields_set__", _FIELDS_SET[model])
    _set(record, "__pydantic_extra__", None)
    _set(record, "__pydantic_private__", None)
    return record


_set = object.__setattr__


#: One for all such records, which nothing changes: a set for each would take as much room as the record.
_FIELDS_SET: dict[type[BaseModel], set[str]] = {model: set(model.model_fields) for model in (Observation, Source)}


def _as_gdal_wrote(values: Mapping[str, Any]) -> dict[str, Any]:
    """Undo what GDAL and QGIS do to dates (2025/05/18) and lists (their JSON as text) when they save a file."""
    mended = dict(values)
    for name in ("date", "earliest", "latest"):
        if isinstance(mended.get(name), str) and re.fullmatch(r"\d{4}/\d{2}/\d{2}", mended[name]):
            mended[name] = mended[name].replace("/", "-")
    for name in ("image_time", "logged_at", "revised_at"):
        value = mended.get(name)
        if isinstance(value, str):
            value = value.replace("/", "-").replace(" ", "T", 1)
            mended[name] = re.sub(r"([+-]\d{2})$", r"\1:00", value)
    for name in ("sources", "relates", "tags"):
        value = mended.get(name)
        if isinstance(value, str) and value.startswith("["):
            try:
                mended[name] = json.loads(value)
            except (ValueError, RecursionError):
                continue
    for name in ("aggregate", "context", "effort_stated"):
        if mended.get(name) in (0, 1):
            mended[name] = bool(mended[name])
    return mended


# --- the rules, asked of many values at once ------------------------------------------------------------------


class Agreement(NamedTuple):
    """A rule over several fields of a record, and what of them it looks at."""

    check: Callable[[Any], object]
    #: Fields whose values it looks at, and those of which it only asks whether they are there.
    values: tuple[str, ...]
    presence: tuple[str, ...] = ()

    def holds(self, model: type[BaseModel], values: Mapping[str, Any]) -> bool:
        """Does the rule hold for these values of the fields that it looks at? It finds no others."""
        stand_in = model.__new__(model)
        stand_in.__dict__.update(values)
        try:
            self.check(stand_in)
        except ValueError:
            return False
        return True


AGREEMENTS: Mapping[type[BaseModel], tuple[Agreement, ...]] = {
    Observation: (
        Agreement(
            Observation._check_parts,
            ("outcome", "count_min", "count", "count_max", "hedge_on", "status"),
            ("hedge", "likelihood", "reviewed_by", *get_args(HedgeOn)),
        ),
        Agreement(Observation._check_dates, ("date", "earliest", "latest", "aggregate")),
    ),
    Source: (Agreement(Source._check_parts, (), ("title", "published_by", "url")),),
}


def not_as_given(model: type[BaseModel], field: str, values: Sequence[Any]) -> set[int]:
    """Which of the values (their places) a field refuses, or takes in another form: without spaces, as a number …"""
    column = _column(model, field)
    return {
        start + at
        # Pydantic lists every refusal with its reason: of a million at once there would be no room for them.
        for start in range(0, len(values), _AT_ONCE)
        for at in _not_as_given(column, list(values[start : start + _AT_ONCE]))
    }


_AT_ONCE = 10_000


def _not_as_given(column: TypeAdapter[list[Any]], values: list[Any]) -> set[int]:
    try:
        taken = column.validate_python(values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        refused = {int(detail["loc"][0]) for detail in details}
        rest = [at for at in range(len(values)) if at not in refused]
        return refused | {rest[at] for at in _not_as_given(column, [values[at] for at in rest])}
    if taken == values and list(map(type, taken)) == list(map(type, values)):
        return set()
    return {at for at, (a, b) in enumerate(zip(taken, values, strict=True)) if a != b or type(a) is not type(b)}


@cache
def _column(model: type[BaseModel], field: str) -> TypeAdapter[list[Any]]:
    """What validates a column of values of a field at once, by the field's own rules."""
    info = model.model_fields[field]
    kind: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    return TypeAdapter(list[kind], config=ConfigDict(str_strip_whitespace=True))


# --- counts -------------------------------------------------------------------------------------------------

#: “about 300” is carried as 300 with bounds this far to both sides, rounded outwards.
ABOUT_SHARE = 0.10
_NUMBER = r"(\d{1,3}(?:[ ,]\d{3}){1,5}|\d{1,15})"
_COUNTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_NUMBER}",
        rf"(?:at least|min(?:imum)?|>=|≥)\s*{_NUMBER}|{_NUMBER}\s*(?:\+|or more)",
        rf"(?:at most|up to|max(?:imum)?|<=|≤)\s*{_NUMBER}",
        rf"(?:about|approx(?:imately|\.)?|around|roughly|ca?\.?|~|≈)\s*{_NUMBER}",
        rf"{_NUMBER}\s*(?:-|–|to)\s*{_NUMBER}",
    )
)


def parse_count(text: str) -> dict[str, int]:
    """``2``, ``at least 2``, ``up to 5``, ``about 300`` or ``2-3`` as count, count_min and count_max, where given.

    Raises:
        InvalidValue: not a count.
    """
    given = text.strip()
    for pattern, read in zip(_COUNTS, (_exactly, _at_least, _at_most, _about, _range), strict=True):
        found = pattern.fullmatch(given)
        if found and len(given) <= 40:
            return read([int(re.sub(r"[ ,]", "", number)) for number in found.groups() if number])
    raise InvalidValue(
        "count",
        text,
        f"{text!r} is not a count",
        allowed="a whole number, “at least 2”, “up to 5”, “about 300” or “2-3”",
    )


def _exactly(numbers: list[int]) -> dict[str, int]:
    return {"count": numbers[0]}


def _at_least(numbers: list[int]) -> dict[str, int]:
    return {"count_min": numbers[0]}


def _at_most(numbers: list[int]) -> dict[str, int]:
    return {"count_max": numbers[0]}


def _about(numbers: list[int]) -> dict[str, int]:
    best = numbers[0]
    spread = math.ceil(best * ABOUT_SHARE)
    return {"count": best, "count_min": max(best - spread, 1), "count_max": best + spread}


def _range(numbers: list[int]) -> dict[str, int]:
    return {"count_min": numbers[0], "count_max": numbers[1]}


# --- geometry -----------------------------------------------------------------------------------------------


def positions(geometry: Mapping[str, Any]) -> Iterator[Sequence[float]]:
    """Every position (lon, lat[, altitude]) of a GeoJSON geometry that has been checked."""

    def walk(part: Any, depth: int) -> Iterator[Sequence[float]]:
        if depth == 0:
            yield part
        else:
            for inner in part:
                yield from walk(inner, depth - 1)

    return walk(geometry["coordinates"], GEOMETRY_DEPTH[geometry["type"]])


def checked_geometry(geometry: Any) -> Geometry:
    """The geometry itself, when every position is on Earth.

    Raises:
        ValueError: not GeoJSON, NaN, (0, 0), or out of range; says when swapping lon and lat would fit.
    """
    if not isinstance(geometry, dict) or geometry.get("type") not in tuple(GEOMETRY_DEPTH):
        kind = geometry.get("type") if isinstance(geometry, dict) else geometry
        raise ValueError(f"{kind!r} is not a geometry that a record can have")
    if not isinstance(geometry.get("coordinates"), list | tuple) or not geometry["coordinates"]:
        raise ValueError("it has no coordinates")
    try:
        places = list(positions(geometry))
    except TypeError:
        raise ValueError(f"the coordinates are not nested as a {geometry['type']} needs") from None
    if not places:
        raise ValueError("it has no coordinates")
    for place in places:
        _check_position(place)
    _check_shape(geometry)
    return geometry


def _check_position(place: Any) -> None:
    if not isinstance(place, list | tuple) or not 2 <= len(place) <= 3:
        raise ValueError(f"{place!r} is not a position: it needs lon, lat")
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in place):
        raise ValueError(f"{place!r} is not a position: lon and lat are numbers")
    lon, lat = place[0], place[1]
    if not all(-math.inf < number < math.inf for number in place):
        raise ValueError(f"({lon}, {lat}) is not a position: lon and lat must be finite numbers")
    if lon == 0 and lat == 0:
        raise ValueError("(0, 0) is what software writes for “not known”; leave the position out instead")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        swapped = -180 <= lat <= 180 and -90 <= lon <= 90
        hint = f"; swapped, lon {lat} lat {lon} would be on Earth: GeoJSON puts lon first" if swapped else ""
        raise ValueError(f"lon {lon}, lat {lat} is not on Earth (lon -180 to 180, lat -90 to 90){hint}")


def _check_shape(geometry: Mapping[str, Any]) -> None:
    kind, coordinates = geometry["type"], geometry["coordinates"]
    lines = {"LineString": [coordinates], "MultiLineString": coordinates}.get(kind, [])
    if any(len(line) < 2 for line in lines):
        raise ValueError(f"a {kind} needs at least two positions a line")
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(kind, [])
    if not all(polygons):
        raise ValueError(f"a {kind} has an empty polygon")
    for ring in (ring for polygon in polygons for ring in polygon):
        if len(ring) < 4 or list(ring[0]) != list(ring[-1]):
            raise ValueError(f"each ring of a {kind} needs at least four positions, the last one equal to the first")


# --- the site -----------------------------------------------------------------------------------------------


class Berth(_Record):
    """A pier or stand of a site, suggested when a sighting is logged."""

    name: Line
    note: str | None = None
    source: str | None = None


class Resident(_Record):
    """A platform that lives at a site, so that seeing its class there shows little."""

    platform: Slug
    operator: Line
    count: Annotated[int, Field(ge=1)] | None = None
    source: str | None = None


class Claim(_Record):
    """What a source says of where a site lies, kept beside what the positions give."""

    text: Line
    from_site: Slug
    distance_km: Positive | None = None
    direction: Line | None = None
    source: Source | None = None


class Site(BaseModel):
    """A watched or neighbouring place. Its own members are checked; anything else in the register is kept."""

    model_config = ConfigDict(frozen=True, extra="allow", str_strip_whitespace=True)

    id: Slug
    name: Line
    names: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    watched: bool = False
    timezone: Line
    country: str | None = None
    kind: str | None = None
    coordinate_uncertainty_m: Positive | None = None
    coordinate_note: str | None = None
    footprint: Geometry | None = None
    footprint_kind: str | None = None
    footprint_radius_m: Positive | None = None
    footprint_note: str | None = None
    berths: tuple[Berth, ...] = ()
    residents: tuple[Resident, ...] = ()
    claims: tuple[Claim, ...] = ()
    #: (lon, lat) in WGS 84 degrees.
    point: tuple[float, float]

    @field_validator("footprint")
    @classmethod
    def _footprint_is_on_earth(cls, value: Geometry | None) -> Geometry | None:
        if value is None:
            return None
        if checked_geometry(value)["type"] not in ("Polygon", "MultiPolygon"):
            raise ValueError("a footprint is a Polygon or MultiPolygon")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, value: str) -> str:
        dates.check_timezone(value)
        return value

    @property
    def all_names(self) -> tuple[str, ...]:
        """Id, name and every other name in any script."""
        return (self.id, self.name, *(name for names in self.names.values() for name in names))

    @classmethod
    def from_feature(cls, feature: Mapping[str, Any]) -> Self:
        """The site of a GeoJSON Feature of the register.

        Raises:
            InvalidRecord: with one line for each value that is not allowed.
        """
        geometry = feature.get("geometry")
        try:
            if not isinstance(geometry, dict) or geometry.get("type") != "Point":
                raise ValueError("a site's geometry is a Point; its area goes into the property footprint")
            place = checked_geometry(geometry)["coordinates"]
        except ValueError as error:
            raise InvalidRecord([InvalidValue("geometry", geometry, str(error))]) from None
        given = feature.get("properties")
        if not isinstance(given, dict):
            raise InvalidRecord([InvalidValue("properties", given, "a Feature needs an object of properties")])
        properties = {name: value for name, value in given.items() if value is not None}
        return build(
            cls,
            {**properties, "id": feature.get("id") or properties.get("id"), "point": (place[0], place[1])},
        )


# --- from Pydantic's errors to ours ---------------------------------------------------------------------------


class _DisagreementError(ValueError):
    """A rule over several fields is broken; names the field a person should look at."""

    def __init__(self, field: str, value: object, what: str) -> None:
        self.field, self.value = field, value
        super().__init__(what)


def build(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Validate values into a record.

    Raises:
        InvalidRecord: with one line for each value that is not allowed.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise InvalidRecord([_in_words(model, detail) for detail in error.errors(include_url=False)]) from None


def _in_words(model: type[BaseModel], detail: Any) -> InvalidValue:
    """One of Pydantic's errors as field, value, what is wrong, what is allowed and an example."""
    cause = detail.get("ctx", {}).get("error")
    path = [str(part) for part in detail["loc"]]
    value, what = detail["input"], detail["msg"].removeprefix("Value error, ")
    if isinstance(cause, _DisagreementError):
        value, path = cause.value, [cause.field]
    owner, info = _field_at(model, path)
    if detail["type"] == "extra_forbidden":
        near = near_names(path[-1], owner.model_fields)
        what = "is not a field of this record" + (f"; did you mean {near[0]}?" if near else "")
        return InvalidValue(".".join(path), value, what)
    if detail["type"] == "missing":
        what = "is missing"
    elif isinstance(cause, ValueError):
        what = str(cause)
    else:
        shown = repr(value) if len(repr(value)) <= 80 else repr(value)[:77] + "…"
        what = (
            f"{shown} is not allowed"
            if detail["type"] in ("literal_error", "string_pattern_mismatch")
            else f"{shown} holds half a character, which cannot be written: its other half was lost on the way here"
            if detail["type"] == "string_unicode"
            else f"{shown}: {what}"
        )
    extra = info.json_schema_extra if info and isinstance(info.json_schema_extra, dict) else {}
    example = info.examples[0] if info and info.examples else ""
    shown_example = json.dumps(example, ensure_ascii=False) if isinstance(example, dict | list) else str(example)
    return InvalidValue(".".join(path), value, what, allowed=str(extra.get("allowed", "")), example=shown_example)


def _field_at(model: type[BaseModel], path: Sequence[str]) -> tuple[type[BaseModel], FieldInfo | None]:
    """The innermost record that a path leads into, and the field of it that the path names."""
    info = None
    for part in path:
        if part.isdigit():
            continue
        if info is not None:
            inner = [
                kind for kind in get_args(info.annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)
            ]
            if not inner:
                break
            model = inner[0]
        info = model.model_fields.get(part)
        if info is None:
            break
    return model, info


def _geometry_schema(kind: str, depth: int) -> dict[str, Any]:
    position: dict[str, Any] = {
        "type": "array",
        "prefixItems": [{"type": "number", "minimum": -limit, "maximum": limit} for limit in (180, 90)],
        "items": {"type": "number"},
        "minItems": 2,
        "maxItems": 3,
    }
    for _ in range(depth):
        position = {"type": "array", "items": position, "minItems": 1}
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"const": kind}, "coordinates": position},
    }


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a record as it stands on disk: a GeoJSON Feature with flat properties."""
    schema = Observation.model_json_schema()
    properties = schema["properties"]
    geometry = properties.pop("geometry")
    for name in ("foreign", "foreign_members"):
        properties.pop(name)
    for name in properties:
        properties[name].pop("allowed", None)
    geometry.pop("allowed", None)
    geometry["anyOf"] = [_geometry_schema(kind, depth) for kind, depth in GEOMETRY_DEPTH.items()] + [{"type": "null"}]
    end = r"\d{4}(-\d{2}(-\d{2})?)?[~?%]?"
    properties["date"]["pattern"] = f"^{end}(/{end})?$"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "resight observation",
        "description": "One Feature of observations/YEAR.geojson. Unknown properties are kept and reported.",
        "type": "object",
        "required": ["type", "id", "properties", "geometry"],
        "properties": {
            "type": {"const": "Feature"},
            "id": {"type": "string", "pattern": _SLUG},
            "properties": {
                "type": "object",
                "required": ["id", "site", "date", "earliest", "latest", "outcome", "basis", "method"],
                "dependentRequired": {
                    "hedge": ["hedge_on"],
                    "hedge_on": ["hedge"],
                    "likelihood": ["inferred_activity"],
                },
                "properties": properties,
            },
            "geometry": geometry,
        },
        "$defs": schema.get("$defs", {}),
    }
