"""What is said of a record on the command line: its options, names and dates, asked again where a person is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from resight.errors import InvalidValue, UnknownName
from resight.shell import Command, is_interactive

if TYPE_CHECKING:
    from datetime import date as Day

    from resight.logbook import Logbook
    from resight.observation import Observation, Site
    from resight.vocabulary import Vocabulary


# Option, field of the record, kind of value, help. One table for log and amend.
_FIELD_OPTIONS: tuple[tuple[str, str, Any, str], ...] = (
    ("--date", "date", str, "EDTF: 2025-05-18, 2024-10, 2024, 2024-10-08/2024-10-13; ~ about, ? uncertain."),
    (
        "--date-meaning",
        "date_meaning",
        click.Choice(["within", "throughout"]),
        "On some day of the interval, or on every day.",
    ),
    ("--activity", "activity", str, "What is visible: docked, loading … (`resight platforms --activities`)."),
    ("--inferred", "inferred_activity", str, "What you take it to mean: troop-transfer …"),
    ("--likelihood", "likelihood", str, "How likely the inference is, a word of ICD 203."),
    ("--confidence", "confidence", click.Choice(["low", "moderate", "high"]), "How sound its ground is."),
    ("--operator", "operator", str, "State or owner."),
    ("--hedge", "hedge", str, "The source's own word of doubt, verbatim; with --hedge-on."),
    (
        "--hedge-on",
        "hedge_on",
        str,
        "The field it qualifies: platform, platform_name, operator, activity, inferred_activity.",
    ),
    ("--visible", "visible", str, "What is visible, in a sentence, free of intent."),
    ("--basis", "basis", click.Choice(["own", "published", "retold"]), "Who stands behind it (default: own)."),
    ("--method", "method", str, "optical, radar, flight-tracking, ground or report (default: optical)."),
    ("--berth", "berth", str, "Pier or stand."),
    ("--uncertainty", "location_uncertainty_m", float, "Metres around the position."),
    ("--sensor", "sensor", str, "The satellite."),
    ("--provider", "image_provider", str, "Who gives the image: Planet, Airbus …"),
    ("--image-id", "image_id", str, "The provider's id of the image."),
    ("--image-time", "image_time", str, "When it was taken, with offset: 2025-05-18T01:40:00Z."),
    ("--gsd", "gsd_m", float, "Ground sample distance in metres."),
    ("--cloud-pct", "cloud_pct", float, "Cloud cover of the image in per cent."),
    ("--off-nadir", "off_nadir_deg", float, "Angle off nadir in degrees."),
    ("--image-link --image-href", "image_href", str, "Where the image is, when it is not to be kept in the logbook."),
    ("--image-sha256", "image_sha256", str, "Its SHA-256, in hexadecimal digits."),
    ("--image-license", "image_license", str, "Its licence."),
    ("--length", "length_m", float, "Measured length in metres."),
    ("--width", "width_m", float, "Measured beam or span in metres."),
    ("--analyst", "analyst", str, "Who logs it (default: RESIGHT_ANALYST)."),
    ("--note", "note", str, "Anything else."),
)
_SOURCE_OPTIONS: tuple[tuple[str, str, str], ...] = (
    ("--source", "url", "Address of a source."),
    ("--source-title", "title", "Its title."),
    ("--publisher", "published_by", "Who published it."),
    ("--published", "published", "When, in EDTF."),
    ("--grade", "grade", "Admiralty grade, A1 to F6."),
)


def record_options(function: Command) -> Command:
    """The options that say what a record holds; :func:`fields_of` reads them."""
    for option, name, kind, text in reversed(_FIELD_OPTIONS):
        function = click.option(*option.split(), f"field_{name}", type=kind, help=text)(function)
    for option, name, text in reversed(_SOURCE_OPTIONS):
        function = click.option(option, f"source_{name}", help=text)(function)
    extra = (
        click.option("--count", "count_text", help="2, “at least 2”, “2-3”, “about 300”."),
        click.option("--at", "position", metavar="LON,LAT", help="Where the thing itself is, in degrees, WGS 84."),
        click.option(
            "--geometry",
            "shape",
            metavar="FILE|WKT",
            help="Its outline, its length or its place as it was drawn: GeoJSON, KML, KMZ or WKT. "
            "An outline or a line is measured.",
        ),
        click.option("--confidential", is_flag=True, help="The source never leaves the logbook."),
        click.option(
            "--relates", multiple=True, metavar="ID:HOW", help="contradicts, same-event or part-of another record."
        ),
        click.option("--tag", "tags", multiple=True, help="A free label; may repeat."),
        click.option("--aggregate", is_flag=True, help="A total or shared operation: shown, never matched."),
        click.option("--context", is_flag=True, help="Background: shown, never matched."),
    )
    for option_decorator in reversed(extra):
        function = option_decorator(function)
    return function


def fields_of(options: Mapping[str, Any], book: Logbook) -> dict[str, Any]:
    """The record's fields from the command line: only those that were given, names resolved to ids."""
    from resight.observation import parse_count

    values = {
        key.removeprefix("field_"): value
        for key, value in options.items()
        if key.startswith("field_") and value is not None
    }
    vocabulary = book.vocabulary
    if "activity" in values:
        values["activity"] = vocabulary.resolve_term(values["activity"], "activities").id
    if "inferred_activity" in values:
        values["inferred_activity"] = vocabulary.resolve_term(values["inferred_activity"], "inferred_activities").id
    if "likelihood" in values:
        values["likelihood"] = vocabulary.resolve_likelihood(values["likelihood"]).id
    if options.get("count_text"):
        values |= parse_count(options["count_text"])
    if options.get("position"):
        values["geometry"] = {"type": "Point", "coordinates": _position(options["position"])}
    if options.get("shape"):
        values["geometry"] = _shape(options)
    source = {
        key.removeprefix("source_"): value for key, value in options.items() if key.startswith("source_") and value
    }
    if options.get("confidential"):
        source["confidential"] = True
    if source:
        values["sources"] = (source,)
    if options.get("relates"):
        values["relates"] = tuple(_relation(text, book) for text in options["relates"])
    if options.get("tags"):
        values["tags"] = tuple(options["tags"])
    values |= {name: True for name in ("aggregate", "context") if options.get(name)}
    return values


def _position(text: str) -> list[float]:
    """``132.355,42.897`` (lon first), or with hemisphere letters in any order: ``42.897N 132.355E``."""
    import re

    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    found: dict[str, float] = {}
    plain: list[float] = []
    for part in parts:
        match = re.fullmatch(r"([+-]?(?:\d+(?:\.\d+)?|nan|inf))°?([NSEW]?)", part, re.IGNORECASE)
        if not match:
            break
        number, letter = float(match[1]), match[2].upper()
        if letter:
            found["lat" if letter in "NS" else "lon"] = -number if letter in "SW" else number
        else:
            plain.append(number)
    if len(parts) == 2 and len(plain) == 2:
        return plain
    if len(parts) == 2 and len(found) == 2:
        return [found["lon"], found["lat"]]
    raise InvalidValue(
        "position",
        text,
        f"{text!r} is not a position",
        allowed="LON,LAT in degrees, or with letters",
        example="132.355,42.897 or 42.897N 132.355E",
    )


def _shape(options: Mapping[str, Any]) -> dict[str, Any]:
    """The drawn shape; what is to be known of how it was read is said."""
    from resight import drawn, terminal

    if options.get("position"):
        raise click.UsageError("--at and --geometry both say where the thing is: give one of them")
    found = drawn.read(options["shape"])
    for note in found.notes:
        terminal.say(f"[geometry]: {note}", level="notice", err=True)
    return found.geometry


def _relation(text: str, book: Logbook) -> dict[str, str]:
    identifier, _, how = text.rpartition(":")
    if not identifier:
        raise InvalidValue(
            "relates", text, f"{text!r} does not say how", allowed="ID:contradicts, ID:same-event, ID:part-of"
        )
    book.get(identifier)
    return {"id": identifier, "how": how}


def resolve_date(text: str | None, site: Site, today: Day, *, anyway: bool) -> str:
    """The date, asked for or questioned when it is missing, has no year or lies ahead."""
    from resight import dates

    while True:
        if text is None:
            if not is_interactive():
                raise InvalidValue("date", None, "is missing", allowed="an EDTF date", example=dates.EXAMPLE)
            text = click.prompt("Date (EDTF, in the site's time zone)")
        assert text is not None
        try:
            when = dates.parse(text.strip())
        except dates.DateError as error:
            likely = list(error.suggestion)
            if error.month_day:
                likely = dates.latest_past(error.month_day, today)
            hint = f"; did you mean {' or '.join(likely)}?" if likely else ""
            if not is_interactive():
                raise InvalidValue(
                    "date", text, f"{error}{hint}", allowed="an EDTF date, year first", example=dates.EXAMPLE
                ) from None
            click.echo(f"date: {error}{hint}")
            text = click.prompt("Date", default=likely[0] if len(likely) == 1 else None)
            continue
        if when.earliest > today and not anyway:
            question = f"{text} lies ahead: today is {today} in {site.name}"
            if not is_interactive():
                raise InvalidValue("date", text, f"{question}; nothing written: correct it, or say --anyway")
            if not click.confirm(f"{question}. Log it all the same?"):
                text = None
                continue
        return when.text


def resolve_site(text: str | None, book: Logbook) -> Site:
    """The site, asked for when missing; a near miss is asked again at a terminal."""
    while True:
        if text is None:
            if not is_interactive():
                raise InvalidValue(
                    "site", None, "is missing", allowed="a name listed by `resight sites`", example="dunay"
                )
            text = click.prompt("Site")
        assert text is not None
        try:
            return book.resolve_site(text)
        except UnknownName as error:
            if not is_interactive():
                raise
            click.echo(f"{error}")
            text = click.prompt("Site", default=error.near[0] if error.near else None)


def platforms_of(specs: Sequence[str], vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """``ropucha``, ``cargo-ship:Lady R``, ``cargo-ship x2`` or ``Lady R``: platform, individual and count of each."""
    import re

    from resight.observation import parse_count
    from resight.vocabulary import Individual

    found: list[dict[str, Any]] = []
    for spec in specs:
        parsed = re.fullmatch(r"(?P<what>[^:]+?)(?::\s*(?P<name>.+?))?(?:\s+[x×]\s*(?P<count>\S.*))?", spec.strip())
        if parsed is None:
            raise InvalidValue(
                "platform",
                spec,
                f"{spec!r} cannot be read",
                allowed="NAME, NAME:HULL, NAME x2",
                example="cargo-ship:Lady R",
            )
        values: dict[str, Any] = {}
        if parsed["what"].casefold() != "any":
            known = vocabulary.resolve_platform(parsed["what"])
            values["platform"] = known.platform if isinstance(known, Individual) else known.id
            if isinstance(known, Individual):
                values["platform_name"] = known.name
        if parsed["name"]:
            named = vocabulary.individual(parsed["name"])
            values["platform_name"] = named.name if named else parsed["name"]
        if parsed["count"]:
            values |= parse_count(parsed["count"])
        found.append(values)
    return found


def asked_again(specs: Sequence[str], vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """The platforms; a near miss of a single one is asked again at a terminal."""
    while True:
        try:
            return platforms_of(specs, vocabulary)
        except UnknownName as error:
            if len(specs) != 1 or not is_interactive():
                raise
            click.echo(f"{error}")
            specs = [click.prompt("Platform", default=error.near[0] if error.near else None)]


def with_sides(record: Observation, vocabulary: Vocabulary) -> Observation:
    """The record with the sides of its drawn shape, where it is one thing; what was stated stays."""
    from resight import dimensions, terminal

    if record.geometry is None or not dimensions.is_one_thing(vars(record)):
        return record
    sides = dimensions.drawn(record.geometry, record.platform, vocabulary)
    for name, what in dimensions.disagreements(sides, vars(record)):
        terminal.say(f"[{name}]: {what}", level="notice", err=True)
    return record.with_changes(**{name: side for name, side in sides.items() if getattr(record, name) is None})
