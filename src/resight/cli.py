"""The commands of an analyst's day: arguments to calls, answers to words.

Commands that bring in, hand out or merge have files of their own under ``commands``; how a command starts and ends,
with the exit statuses, stands in ``shell``. Everything heavier than click is imported inside the command that needs
it, so that ``--help`` and ``log`` are quick.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from resight.errors import PROBLEMS_FOUND, CannotWrite, InvalidValue, Problem, UnknownName
from resight.shell import (
    Command,
    chosen,
    command,
    filter_options,
    finish,
    is_interactive,
    main,
    open_logbook,
    public_options,
    run,
)

if TYPE_CHECKING:
    from datetime import date as Day
    from datetime import datetime

    from folium import Map

    from resight.answer import Answer
    from resight.changes import Changes
    from resight.comparison import Comparison, Repeats
    from resight.episodes import Episode
    from resight.evidence import Pair
    from resight.images import Image
    from resight.logbook import Logbook
    from resight.observation import Method, Observation, Site
    from resight.pictures import Pictures
    from resight.previews import Chip, Preview
    from resight.public import Terms
    from resight.vocabulary import Vocabulary

__all__ = ["main", "run"]

#: Exit status of `report --fail-on-repeat` when something in the headline group matches.
REPEAT_FOUND = 10


# --- init ---------------------------------------------------------------------------------------------------


@command()
@click.argument("folder", metavar="DIR")
@click.option("--empty", is_flag=True, help="Register and vocabulary only, without the published records of 2024.")
def init(folder: str, empty: bool) -> None:
    """Make a logbook in DIR from the packaged seeds.

    \b
    Example:
      resight init my-logbook --empty
    """
    from resight.logbook import Logbook

    made = Logbook.create(folder, empty=empty)
    records = len(made.read().records)
    click.echo(f"Made a logbook in {folder}: {len(made.sites)} sites, {records} published records.")
    click.echo(f"Add your own sites to {Path(folder) / 'seeds' / 'sites.geojson'}, then `resight check`.")


# --- log and amend ------------------------------------------------------------------------------------------

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


def _record_options(function: Command) -> Command:
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


def _fields(options: Mapping[str, Any], book: Logbook) -> dict[str, Any]:
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


def _resolve_date(text: str | None, site: Site, today: Day, *, anyway: bool) -> str:
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


def _resolve_site(text: str | None, book: Logbook) -> Site:
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


def _platforms(specs: Sequence[str], vocabulary: Vocabulary) -> list[dict[str, Any]]:
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


@command()
@click.argument("site", required=False)
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    metavar="NAME[:HULL][ xN]",
    help="What was seen, in any script; may repeat: 'cargo-ship:Lady R', 'cargo-ship x2'. "
    "With --nothing: what was looked for ('any' for anything).",
)
@click.option("--nothing", is_flag=True, help="A look that found nothing.")
@click.option("--cloud", is_flag=True, help="A look that could not tell.")
@click.option("--with", "with_id", metavar="ID", help="Copy site, date, image facts and sources of that record's look.")
@click.option(
    "--anyway", is_flag=True, help="Log it though it looks like a duplicate, lies ahead, or far from the site."
)
@click.option(
    "--baseline", type=click.IntRange(1, 9999), metavar="YEAR", help="Year to compare with (default: the year before)."
)
@_record_options
@click.option(
    "--image",
    "image_file",
    metavar="FILE",
    help="A PNG, JPEG or GeoTIFF to keep in the logbook; with --image-link it is read and not kept.",
)
@click.option("--json", "as_json", is_flag=True, help="The records and the answer as JSON.")
def log(
    site: str | None, platforms: tuple[str, ...], nothing: bool, cloud: bool, with_id: str | None, **options: Any
) -> None:
    """Log a sighting, or a look that found nothing, and say whether it was seen last year.

    SITE and platform are found by any name in any script. At a terminal, what is missing is asked for.

    \b
    Examples:
      resight log dunay --date 2025-05-18 --platform ropucha --activity docked
      resight log 두나이 --date 2025-05-19 --nothing --platform any
      resight log rajin --date 2024-10-05 --platform 'cargo-ship:Lady R' \\
                  --platform 'cargo-ship x2' --provider Planet
      resight log rajin --date 2024-10-05 --cloud
    """
    from datetime import UTC, datetime

    if nothing and cloud:
        raise click.UsageError("--nothing and --cloud exclude each other: a look that could not tell found neither")
    book = open_logbook()
    from resight import answer, checks, dates, dimensions, observation, terminal

    look = _facts_of_look(book.get(with_id)) if with_id else {}
    fields = _fields(options, book)
    given = site or look.get("site")
    where = _resolve_site(given, book)
    now = datetime.now(UTC)
    today = dates.local_day(now, where.timezone)
    fields["date"] = _resolve_date(
        options.get("field_date") or look.get("date"), where, today, anyway=options["anyway"]
    )
    if not (platforms or nothing or cloud) and is_interactive():
        said = click.prompt("Platform (or: nothing, cloud)").strip()
        nothing, cloud = said.casefold() == "nothing", said.casefold() == "cloud"
        platforms = () if nothing or cloud else (said,)
    outcome = "not-seen" if nothing else "cannot-tell" if cloud else "seen"
    things = _things(platforms, outcome, where, book.vocabulary, aggregate=bool(fields.get("aggregate")))
    if outcome == "seen" and not all(thing.get("platform") for thing in things):
        what = "“any” is for a look that found nothing: say what was seen, as far as it is known"
        raise InvalidValue("platform", "any", what, allowed="ship, aircraft, vehicle or closer; or --nothing, --cloud")
    counts: dict[str, Any] = {name: fields.pop(name) for name in ("count", "count_min", "count_max") if name in fields}
    if counts and len(things) > 1:
        raise click.UsageError("--count speaks of one platform; with several, write 'cargo-ship x2'")
    if "geometry" in fields and len(things) > 1:
        raise click.UsageError(
            "--at and --geometry speak of one thing; log the others with --with ID and a position of their own"
        )
    fields.setdefault("analyst", os.environ.get("RESIGHT_ANALYST") or None)
    kept: Image | None = None
    notes: list[Problem] = []
    if options["image_file"]:
        from resight import imagery, images

        to_keep = "image_href" not in fields
        kept = images.read(options["image_file"], to_keep=to_keep)
        # The image of that other record is not this one.
        look = {name: value for name, value in look.items() if name not in ("image_href", "image_sha256")}
        taken, notes = imagery.taken_over(kept, imagery.facts(kept, to_keep=to_keep), {**look, **fields}, where)
        fields |= taken
        if to_keep:
            fields["image_href"] = kept.href
        else:
            kept = None
    drafts = []
    for thing in things:
        values: dict[str, Any] = {**look, **fields, **counts, **thing, "site": where.id, "outcome": outcome}
        if values.get("platform_name") and outcome == "seen":
            values.setdefault("count", 1)
        draft = observation.build(observation.Observation, {k: v for k, v in values.items() if v is not None})
        drafts.append(_measured(draft, book.vocabulary) if options["shape"] else draft)
    logged = book.add(*drafts, anyway=options["anyway"], now=now, image=kept)
    answers = [answer.to(record, book, options.get("baseline")) for record in logged]
    terminal.problems([*notes, *checks.doubts(logged, book.sites, book.vocabulary)])
    if options["as_json"]:
        terminal.dump(
            [
                {
                    "record": r.to_feature(),
                    "measured": dimensions.sentence(vars(r), book.vocabulary),
                    "answer": {k: v for k, v in said._asdict().items() if k != "problems"},
                }
                for r, said in zip(logged, answers, strict=True)
            ]
        )
    else:
        _say_logged(logged, answers, where, given, platforms, book)
    finish(dict.fromkeys([*book.file_problems(), *(problem for said in answers for problem in said.problems)]))


def _measured(record: Observation, vocabulary: Vocabulary) -> Observation:
    """The record with the sides of its drawn shape, where it is one thing; what was stated stays."""
    from resight import dimensions, terminal

    if record.geometry is None or not dimensions.is_one_thing(vars(record)):
        return record
    sides = dimensions.drawn(record.geometry, record.platform, vocabulary)
    for name, what in dimensions.disagreements(sides, vars(record)):
        terminal.say(f"[{name}]: {what}", level="notice", err=True)
    return record.with_changes(**{name: side for name, side in sides.items() if getattr(record, name) is None})


def _facts_of_look(record: Observation) -> dict[str, Any]:
    """What two records of one look share."""
    names = (
        "site date date_meaning basis method sensor image_provider image_time image_id gsd_m cloud_pct off_nadir_deg "
        "image_href image_sha256 image_license sources effort_stated analyst"
    )
    return {name: value for name in names.split() if (value := getattr(record, name)) not in (None, ())}


def _things(
    specs: Sequence[str], outcome: str, site: Site, vocabulary: Vocabulary, *, aggregate: bool
) -> list[dict[str, Any]]:
    """What was seen or looked for, asked for when a person is there and it is needed."""
    if specs:
        return _asked_again(specs, vocabulary)
    if outcome == "seen":
        raise InvalidValue(
            "platform",
            None,
            "is missing",
            allowed="a name listed by `resight platforms`, or --nothing, or --cloud",
            example="ropucha",
        )
    if outcome == "not-seen" and site.residents and not aggregate:
        live_here = ", ".join(sorted({vocabulary.label(resident.platform) for resident in site.residents}))
        if not is_interactive():
            raise InvalidValue(
                "platform",
                None,
                f"{site.name} has residents ({live_here}), so “nothing” needs to say what was looked for",
                allowed="--platform NAME, or --platform any if the place was really empty",
                example="--nothing --platform landing-ship",
            )
        return _platforms(
            [click.prompt(f"{live_here} live here. What was looked for? ('any' for anything)")], vocabulary
        )
    return [{}]


def _asked_again(specs: Sequence[str], vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """The platforms; a near miss of a single one is asked again at a terminal."""
    while True:
        try:
            return _platforms(specs, vocabulary)
        except UnknownName as error:
            if len(specs) != 1 or not is_interactive():
                raise
            click.echo(f"{error}")
            specs = [click.prompt("Platform", default=error.near[0] if error.near else None)]


def _say_logged(
    logged: Sequence[Observation],
    answers: Sequence[Answer],
    site: Site,
    given: str | None,
    specs: Sequence[str],
    book: Logbook,
) -> None:
    """What was written, from which words it was taken, and the answer."""
    from resight import dimensions, terminal

    for number, (record, said) in enumerate(zip(logged, answers, strict=True)):
        click.secho(f"Logged {record.id}", bold=True)
        taken = [f"site {site.name} ({site.id})" + (f", from {given!r}" if given and given != site.id else "")]
        if record.platform:
            spec = specs[number] if number < len(specs) else ""
            label = f"platform {book.vocabulary.label(record.platform)} ({record.platform})"
            taken.append(label + (f", from {spec!r}" if spec and spec != record.platform else ""))
        click.echo(f"  in observations/{record.year}.geojson")
        measured = dimensions.sentence(vars(record), book.vocabulary)
        if measured:
            taken.append(f"measured {measured}")
        if record.image_href and record.image_sha256:
            taken.append(f"image {record.image_href}, SHA-256 {record.image_sha256[:12]}…")
        for words in taken:
            click.echo(f"  {words}")
        terminal.say(said.summary)
        if said.rivals:
            terminal.say(said.rivals)
        if said.others:
            click.echo(f"Nearest there in {said.baseline}, not its match:")
            for other in said.others:
                terminal.say(other, indent="  ")
        terminal.say(said.effort)


@command()
@click.argument("identifier", metavar="ID")
@_record_options
@click.option(
    "--platform", "platforms", multiple=True, metavar="NAME[:HULL]", help="Another platform, and its hull or tail."
)
@click.option("--site", "site", help="Another site.")
@click.option("--outcome", type=click.Choice(["seen", "not-seen", "cannot-tell"]), help="Another outcome.")
@click.option("--clear", "cleared", multiple=True, metavar="FIELD", help="Empty a field; may repeat.")
@click.option("--by", help="Who amends it (default: RESIGHT_ANALYST).")
@click.option("--anyway", is_flag=True, help="Amend it though it then lies far from the site, or ahead in time.")
def amend(
    identifier: str, platforms: tuple[str, ...], site: str | None, cleared: tuple[str, ...], **options: Any
) -> None:
    """Correct a record: the revision goes up by one, the journal keeps the earlier wording.

    A source, tag or relation is added to those there are; with --clear sources (tags, relates) it replaces them.
    --grade, --published and --confidential without an address speak of the source on file.

    \b
    Examples:
      resight amend dunay-2025-05-18-ropucha-class --count 1 --berth 'Pier 1'
      resight amend dunay-2025-05-18-ropucha-class --clear hedge --clear hedge_on
    """
    from datetime import UTC, datetime

    book = open_logbook()
    from resight import dates, dimensions, terminal
    from resight.observation import PROPERTY_NAMES
    from resight.vocabulary import near_names

    changes = _fields(options, book)
    if options["count_text"]:
        # A count is told as a whole: what it does not say of its bounds is not known any more.
        changes = {"count": None, "count_min": None, "count_max": None, **changes}
    if len(platforms) > 1:
        raise click.UsageError("a record holds one platform; log the others with --with")
    if platforms:
        changes |= {"platform_name": None, **_platforms(platforms, book.vocabulary)[0]}
        if changes["platform_name"]:
            changes.setdefault("count", 1)
    if site:
        changes["site"] = book.resolve_site(site).id
    if options["outcome"]:
        changes["outcome"] = options["outcome"]
    for name in cleared:
        if name not in (*PROPERTY_NAMES, "geometry"):
            near = near_names(name, PROPERTY_NAMES)
            raise InvalidValue(
                "--clear", name, f"{name!r} is not a field" + (f"; did you mean {' or '.join(near)}?" if near else "")
            )
        if name in ("date", "outcome", "revision", "logged_at", "status"):
            raise InvalidValue("--clear", name, f"{name} is never empty; amend it to another value instead")
        changes.setdefault(name, None)
    if not changes:
        raise click.UsageError("nothing to amend: name a field, such as --count 1 or --clear berth")
    before = book.get(identifier)
    changes |= _added(changes, before, cleared)
    where = book.sites.get(changes.get("site", before.site))
    if "date" in changes and where:
        today = dates.local_day(datetime.now(UTC), where.timezone)
        changes["date"] = _resolve_date(changes["date"], where, today, anyway=options["anyway"])
    if options["shape"]:
        # The sides of an earlier shape are not those of this one.
        proposed = before.with_changes(**{"length_m": None, "width_m": None, **changes})
        drawn = _measured(proposed, book.vocabulary)
        changes |= {name: getattr(drawn, name) for name in ("length_m", "width_m")}
    by = options["by"] or os.environ.get("RESIGHT_ANALYST")
    after = book.amend(identifier, by=by, anyway=options["anyway"], **changes)
    terminal.changed(before, after)
    measured = dimensions.sentence(vars(after), book.vocabulary)
    if measured != dimensions.sentence(vars(before), book.vocabulary):
        terminal.say(f"measured {measured}" if measured else "nothing measured", indent="  ")


def _added(changes: Mapping[str, Any], before: Observation, cleared: Sequence[str]) -> dict[str, Any]:
    """The lists among the changes, added to what the record holds unless that is cleared."""
    added: dict[str, Any] = {}
    for name in ("tags", "relates"):
        if changes.get(name) and name not in cleared:
            held = [item if isinstance(item, str) else dict(item) for item in getattr(before, name)]
            added[name] = (*held, *(item for item in changes[name] if item not in held))
    if changes.get("sources") and "sources" not in cleared:
        sources = [
            {key: value for key, value in dict(source).items() if value is not None} for source in before.sources
        ]
        added["sources"] = tuple(_with_source(sources, changes["sources"][0]))
    return added


def _with_source(held: list[dict[str, Any]], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A source added to those on file, or what is said of the one on file that it names."""
    named = given.keys() & {"url", "title", "published_by"}
    same = [source for source in held if all(source.get(key) == given[key] for key in named)]
    if not same and named:
        return [*held, dict(given)]
    if len(same) != 1:
        number = "no source" if not held else f"{len(held)} sources"
        what = f"the record has {number}: say which one"
        raise InvalidValue("sources", dict(given), what, allowed="--source URL or --publisher NAME beside it")
    return [{**source, **given} if source is same[0] else source for source in held]


@command()
@click.argument("identifier", metavar="ID")
@click.option("--by", required=True, help="Who reviewed it.")
def review(identifier: str, by: str) -> None:
    """Mark a record as reviewed by a second person."""
    from resight import terminal

    book = open_logbook()
    terminal.changed(book.get(identifier), book.review(identifier, by=by))


@command()
@click.argument("identifier", metavar="ID")
@click.option("--why", required=True, help="The reason; it is kept with the record.")
@click.option("--by", help="Who withdraws it (default: RESIGHT_ANALYST).")
def withdraw(identifier: str, why: str, by: str | None) -> None:
    """Take a record out of every answer; it is kept, with the reason, and never deleted."""
    from resight import terminal

    book = open_logbook()
    by = by or os.environ.get("RESIGHT_ANALYST")
    terminal.changed(book.get(identifier), book.withdraw(identifier, why=why, by=by))


# --- looking things up --------------------------------------------------------------------------------------


@command("list")
@filter_options
@click.option("--json", "style", flag_value="json", help="A JSON array of Features.")
@click.option("--geojson", "style", flag_value="geojson", help="One GeoJSON FeatureCollection.")
def list_(style: str | None, **filters: Any) -> None:
    """List records, oldest first.

    Confidential sources are left out of --json and --geojson; `resight show ID` has them.

    \b
    Examples:
      resight list --site dunay
      resight list --year 2025 --platform ship --json
      resight list --outcome not-seen --geojson > empty.geojson
    """
    from resight import terminal

    book = open_logbook()
    shown, problems = chosen(book, filters)
    if style == "json":
        terminal.dump([terminal.shareable(record) for record in shown])
    elif style == "geojson":
        terminal.dump({"type": "FeatureCollection", "features": [terminal.shareable(record) for record in shown]})
    else:
        terminal.listing(shown, book.vocabulary)
        if not shown:
            click.echo("No record fits.", err=True)
    finish(problems)


@command()
@click.argument("identifier", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The record as a GeoJSON Feature.")
def show(identifier: str, as_json: bool) -> None:
    """Show every field of one record."""
    from resight import terminal

    book = open_logbook()
    located = book.find(identifier)
    record = located.record
    if as_json:
        terminal.dump(record.to_feature())
    else:
        where = f"{located.file}:{located.line}" if located.line else located.file
        terminal.details(record, book.sites.get(record.site), book.vocabulary, where)


@command()
@click.argument("site", required=False)
@click.option("--platform", help="Only as far as this platform is concerned.")
@click.option("--as-of", metavar="DAY", help="Count the days up to this day (default: today).")
@click.option("--json", "as_json", is_flag=True)
def last(site: str | None, platform: str | None, as_of: str | None, as_json: bool) -> None:
    """When a site was last looked at: last look, last seen, last not seen, last cloud.

    Our own looks stand apart from published ones, which are published because they show something.

    \b
    Examples:
      resight last
      resight last sunan --platform il-76
    """
    from datetime import UTC, datetime

    from resight import dates, episodes, terminal
    from resight.vocabulary import Individual

    book = open_logbook()
    records, problems = book.read()
    known = book.vocabulary.resolve_platform(platform) if platform else None
    node = known.platform if isinstance(known, Individual) else known.id if known else None
    named = known.id if isinstance(known, Individual) else None
    with_records = {record.site for record in records}
    places = (
        [book.resolve_site(site)] if site else [s for s in book.sites.values() if s.watched or s.id in with_records]
    )
    day = _day(as_of) if as_of else None
    rows: list[dict[str, Any]] = []
    for place in places:
        until = day or dates.local_day(datetime.now(UTC), place.timezone)
        upto = [r for r in records if r.bounds[0] <= until]
        for times in episodes.last_times(upto, place.id, node, book.vocabulary, individual=named):
            row: dict[str, Any] = {"site": place.id, "looks": "own" if times.own else "published"}
            for name in ("look", "seen", "not_seen", "cannot_tell"):
                record = getattr(times, name)
                row[name] = record and {"date": record.date, "id": record.id, "days": _days_since(record, until)}
            rows.append(row)
    if as_json:
        terminal.dump(rows)
    else:
        header = ("site", "looks", "last look", "last seen", "last not seen", "last cloud")
        cells = [[row["site"], row["looks"], *map(_since, list(row.values())[2:])] for row in rows]
        # Of a site nobody asked for and nobody watches, a row that says "none" four times only hides the others.
        wanted = {place.id for place in places if site or place.watched}
        terminal.table(header, [cell for cell in cells if cell[0] in wanted or set(cell[2:]) != {_NONE}])
    finish(problems)


def _day(text: str, option: str = "--as-of", allowed: str = "one day", example: str = "2025-06-30") -> Day:
    from resight import dates

    try:
        when = dates.parse(text)
    except dates.DateError as error:
        raise InvalidValue(option, text, str(error), allowed=allowed, example=example) from None
    if not when.is_day:
        raise InvalidValue(option, text, f"{text} is not one day", allowed=allowed, example=example)
    return when.earliest


def _moment(text: str, option: str, *, is_end: bool) -> datetime:
    """A moment with its time zone, or the end (else the beginning) of a day in UTC."""
    from datetime import UTC, datetime, time

    allowed, example = "one day, or a moment with its time zone", "2026-11-16 or 2026-11-16T09:00:00Z"
    if "T" not in text:
        moment = datetime.combine(_day(text, option, allowed, example), time.max if is_end else time.min, UTC)
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise InvalidValue(option, text, f"{text!r} is not a moment", allowed=allowed, example=example) from None
    if moment.tzinfo is None:
        raise InvalidValue(option, text, f"{text} has no time zone", allowed=allowed, example=example)
    if not 1000 <= moment.year <= 9998:
        what = f"{text} is outside the years 1000 to 9998"
        raise InvalidValue(option, text, what, allowed=allowed, example=example)
    return moment


def _moment_in_name(moment: datetime, *, is_end: bool) -> str:
    """A moment for the name of a file: the day where it is one, as :func:`_moment` reads it."""
    from resight import dates

    day, time = dates.utc_text(moment).split("T")
    return day if time == ("23:59:59Z" if is_end else "00:00:00Z") else f"{day}T{time.replace(':', '')}"


def _days_since(record: Observation, until: Day) -> list[int]:
    """Least and most days since: two numbers, because a vague date gives bounds."""
    return [max((until - record.bounds[1]).days, 0), (until - record.bounds[0]).days]


_NONE = "none on file"


def _since(found: Mapping[str, Any] | None) -> str:
    if not found:
        return _NONE
    low, high = found["days"]
    date = found["date"].replace("/", " to ")
    return f"{date}, {low} d ago" if low == high else f"{date}, {low}–{high} d ago"


@command()
@click.option("--json", "as_json", is_flag=True)
def sites(as_json: bool) -> None:
    """List the sites of the register with their names and how many records each has."""
    from resight import terminal

    book = open_logbook()
    records, problems = book.read()
    number: dict[str, int] = {}
    for record in records:
        number[record.site] = number.get(record.site, 0) + 1
    if as_json:
        terminal.dump(
            [
                {**s.model_dump(mode="json", exclude={"footprint"}), "records": number.get(s.id, 0)}
                for s in book.sites.values()
            ]
        )
    else:
        terminal.table(
            ("id", "watched", "records", "time zone", "names"),
            [
                (
                    s.id,
                    "watched" if s.watched else "",
                    str(number.get(s.id, 0)),
                    s.timezone,
                    ", ".join(dict.fromkeys((s.name, *(names[0] for names in s.names.values() if names)))),
                )
                for s in book.sites.values()
            ],
        )
    finish(problems)


@command()
@click.argument("name", required=False)
@click.option("--activities", "what", flag_value="activities", help="The activities instead.")
@click.option(
    "--inferred-activities", "what", flag_value="inferred_activities", help="The inferred activities instead."
)
@click.option("--json", "as_json", is_flag=True)
def platforms(name: str | None, what: str | None, as_json: bool) -> None:
    """Show the platform tree, or what NAME stands for.

    \b
    Examples:
      resight platforms
      resight platforms Ил-76
    """
    from resight import terminal

    vocabulary = open_logbook().vocabulary
    if name:
        known = vocabulary.resolve_platform(name)
        if as_json:
            terminal.dump(_as_dict(known))
        else:
            rows = [(key, _flat(value)) for key, value in _as_dict(known).items() if value not in (None, "", ())]
            path = vocabulary.path(getattr(known, "platform", known.id))
            terminal.table(("field", "value"), [("path", " > ".join(path)), *rows])
    elif what:
        found = getattr(vocabulary, what)
        if as_json:
            terminal.dump([_as_dict(term) for term in found.values()])
        else:
            terminal.terms(found)
    elif as_json:
        terminal.dump([{**_as_dict(p), "path": vocabulary.path(p.id)} for p in vocabulary.platforms.values()])
    else:
        terminal.platform_tree(vocabulary)


def _as_dict(thing: Any) -> dict[str, Any]:
    """A vocabulary entry as JSON can hold it."""
    return {name: _as_dict(value) if hasattr(value, "_asdict") else value for name, value in thing._asdict().items()}


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    return ", ".join(value) if isinstance(value, tuple) else str(value)


@command()
@click.option("--json", "as_json", is_flag=True)
def check(as_json: bool) -> None:
    """Check every file of the logbook; exit 0 when nothing in it is wrong.

    Errors: a record or file cannot be used. Warnings: it is used and doubtful. Notices: worth knowing.
    """
    from resight import terminal, wording

    book = open_logbook()
    found = [*book.check(), *book.check_images()]
    if as_json:
        terminal.dump([problem._asdict() for problem in found])
    else:
        terminal.problems(found, err=False)
        levels = [problem.level for problem in found]
        counts = ", ".join(wording.numbered(levels.count(level), level) for level in ("error", "warning", "notice"))
        records = wording.numbered(len(book.read(withdrawn=True).records), "record")
        click.echo(f"{records}, {wording.numbered(len(book.sites), 'site')}: {counts}.")
    if any(problem.level == "error" for problem in found):
        click.get_current_context().exit(PROBLEMS_FOUND)


@command()
def schema() -> None:
    """Print the JSON Schema (2020-12) of a record as it stands in the files."""
    from resight import observation, terminal

    terminal.dump(observation.json_schema())


# --- map and report -----------------------------------------------------------------------------------------


def _years_option(function: Command) -> Command:
    function = click.option(
        "--baseline",
        metavar="YEAR",
        help="Year to compare with, or several: 2022..2024 (default: the year before).",
    )(function)
    function = click.option(
        "--year",
        type=click.IntRange(2, 9999),
        metavar="YEAR",
        help="Year under study (default: the newest with records).",
    )(function)
    return click.option("--output", metavar="DIR", help="Folder for the pages (default: maps/ of the logbook).")(
        function
    )


#: How a page that could not be written is written after all.
ELSEWHERE = "--output DIR names another folder"


def _compare(
    book: Logbook,
    records: Sequence[Observation],
    year: int,
    baseline: Sequence[int],
    **narrowed: Any,
) -> Repeats:
    from resight import comparison

    return comparison.repeats(
        records,
        year=year,
        baseline_years=baseline,
        vocabulary=book.vocabulary,
        sites=book.sites,
        **narrowed,
    )


def _year(records: Iterable[Observation], year: int | None) -> int:
    from resight import study

    return year or study.newest_year(records) or _no_year()


def _baseline_years(text: str | None, year: int) -> tuple[int, ...]:
    """The years that ``2024`` or ``2022..2024`` names; the year before when nothing is said."""
    if text is None:
        return (year - 1,)
    first, dots, last = (part.strip() for part in text.partition(".."))
    ends = [first, last] if dots else [first]
    # isdecimal alone lets digits of other scripts through, which nobody means here.
    if not all(end.isascii() and end.isdecimal() and len(end) <= 4 and int(end) for end in ends):
        _bad_baseline(text, year, f"{text!r} is neither a year nor a range of years")
    years = tuple(range(int(ends[0]), int(ends[-1]) + 1))
    if not years:
        _bad_baseline(text, year, f"{text} runs backwards")
    if year in years:
        held = "cannot be compared with itself" if len(years) == 1 else f"holds {year}, the year under study"
        _bad_baseline(text, year, f"{text} {held}")
    return years


def _bad_baseline(text: str, year: int, what: str) -> NoReturn:
    raise InvalidValue(
        "--baseline",
        text,
        what,
        allowed="a year, or a first and a last one with two dots between, without the year under study",
        example=f"{max(year - 1, 1)} or {max(year - 3, 1)}..{max(year - 1, 1)}",
    )


def _no_year() -> NoReturn:
    raise InvalidValue(
        "--year", None, "the logbook has no records yet, so the year to study must be named", example="--year 2025"
    )


@command("map")
@click.argument("names", metavar="[SITE]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="A page for every site of the register.")
@click.option("--overview", is_flag=True, help="Only the overview of all sites, index.html.")
@click.option(
    "--tiles",
    "template",
    metavar="TEMPLATE",
    help="Offer online tiles of this address, off until a reader switches them on: https://…/{z}/{x}/{y}.png",
)
@click.option(
    "--images", is_flag=True, help="Show the logbook's own images of the compared years, small, at their records."
)
@click.option("--open", "show", is_flag=True, help="Open the page in the browser: the site's, or the overview.")
@public_options
@_years_option
def map_(
    names: tuple[str, ...],
    everything: bool,
    overview: bool,
    template: str | None,
    images: bool,
    show: bool,
    terms: Terms | None,
    year: int | None,
    baseline: str | None,
    output: str | None,
) -> None:
    """Write one HTML map per site (default: the watched ones) and an overview; they open without internet.

    With --tiles a page asks the host of that address for pieces of a map, but only once its reader has pressed the
    button, beside which it says that the host then learns which site is being watched. A key in the address can be
    read by whoever gets the page.

    With --images a page holds small copies of the PNG and JPEG files that its records name in the logbook's folder,
    made of their pixels alone; where one sighting matches another, both stand side by side. None of a record whose
    sources are all confidential, and none from the web.

    \b
    Examples:
      resight map
      resight map rajin --year 2025 --baseline 2022..2024
      resight map dunay --open
      resight map dunay --images
      resight map --overview
      resight map --public --grid 0.2
    """
    from resight import links as links_
    from resight import maps, study
    from resight import tiles as tiles_
    from resight.frame import to_frame

    if overview and (names or everything):
        raise click.UsageError("--overview writes only index.html; leave out the sites and --all")
    if overview and images:
        raise click.UsageError("--images are shown at records, and the overview has none; leave out one of the two")
    tiles = tiles_.parse(template) if template is not None else None
    book = open_logbook(terms)
    records, problems = book.read()
    year = _year(records, year)
    conditions = terms.statements if terms else ()
    told = study.of(book, records, year=year, baseline_years=_baseline_years(baseline, year), conditions=conditions)
    _say_empty(records, told.repeats)
    chosen = [book.resolve_site(name) for name in names] or [
        site for site in book.sites.values() if not overview and (everything or site.watched)
    ]
    folder = _folder_of_pages(book, output, terms)
    links = links_.beside(folder, book.sites, _report_name(told.repeats), written=[site.id for site in chosen])
    frame = to_frame(records)
    pictures = _pictures(book, records, chosen, told.repeats) if images else {}
    written: list[Path] = []

    def write(page: Map, name: str) -> None:
        path = folder / name
        try:
            maps.write_html(page, path)
        except CannotWrite as error:
            before = f"written before it: {', '.join(map(str, written))}" if written else "no page was written"
            raise CannotWrite(f"{error}; {before}; {ELSEWHERE}") from error
        written.append(path)
        click.echo(str(path))

    for site in chosen:
        page = maps.site_map(frame, site.id, told, tiles=tiles, links=links, pictures=pictures.get(site.id))
        write(page, links_.page_name(site.id))
    write(maps.overview_map(frame, told, tiles=tiles, links=links), links_.OVERVIEW)
    if show:
        _show(folder / (links_.page_name(chosen[0].id) if len(chosen) == 1 else links_.OVERVIEW))
    finish(problems)


def _say_empty(records: Sequence[Observation], repeats: Repeats) -> None:
    """Say so when the pages will hold nothing of the years that were asked for."""
    from resight import terminal, wording

    there = {day.year for record in records for day in record.bounds}
    if there.isdisjoint((repeats.year, *repeats.baseline_years)):
        asked = f"{repeats.year} or {wording.years_text(repeats.baseline_years)}"
        on_file = f"there are records of {wording.years_text(list(there))}" if there else "no record is on file yet"
        terminal.say(f"nothing is logged for {asked}, and the pages say so; {on_file}", level="notice", err=True)


def _pictures(
    book: Logbook, records: Sequence[Observation], sites: Iterable[Site], repeats: Repeats
) -> dict[str, Pictures]:
    """The images of each page; says so when there are none."""
    from resight import pictures, terminal

    found = {
        site.id: pictures.of_site(records, site, repeats, _preview_in(book), _chip_of(book, site)) for site in sites
    }
    terminal.problems(problem for held in found.values() for problem in held.problems)
    if not any(held.of for held in found.values()):
        terminal.say(
            "no record on these pages names an image in the logbook's folder, so they are written without; "
            "`resight amend ID --image-href images/…` names one",
            level="notice",
            err=True,
        )
    return found


def _preview_in(book: Logbook) -> Callable[[Observation], Preview]:
    """What makes a small copy of the image that a record names."""
    from resight import previews

    return lambda record: previews.preview(book.folder, record.image_href or "", record.image_sha256)


def _folder_of_pages(book: Logbook, output: str | None, terms: Terms | None) -> Path:
    """Where pages are written: those for the public apart, so that neither takes the other's place."""
    usual = book.folder / "maps"
    return Path(output) if output else usual / "public" if terms else usual


def _chip_of(book: Logbook, site: Site) -> Callable[[Observation], Chip]:
    """What lays the image that a record names on the map of a site, if the file says where it lies."""
    from resight import previews
    from resight.raster import Bounds
    from resight.sitepage import surroundings

    around = Bounds(*surroundings(site))
    return lambda record: previews.chip(book.folder, record.image_href or "", record.image_sha256, around)


def _show(page: Path) -> None:
    """Open a page in the browser, or say that there is none to open it in."""
    import webbrowser

    if not webbrowser.open(page.absolute().as_uri()):
        click.echo(f"no browser found here; the page is {page}", err=True)


@command()
@_years_option
@public_options
@click.option("--site", "names", multiple=True, help="Compare this site instead of the watched ones; may repeat.")
@click.option("--reviewed-only", is_flag=True, help="Only records that a second person has reviewed.")
@click.option("--methods", metavar="LIST", help="Methods that count, with commas (default: optical,radar).")
@click.option(
    "--learn", is_flag=True, help="Learn m from the two years where there are 100 episodes or more of this year."
)
@click.option("--since", metavar="DATE", help="Put first what was logged, corrected or withdrawn since this day (UTC).")
@click.option("--as-of", metavar="DATE", help="The logbook as it stood at the end of this day (UTC).")
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "md", "json", "csv"]),
    default="html",
    help="A page, its text, its numbers, or every episode as a row.",
)
@click.option("--fail-on-repeat", is_flag=True, help="Exit status 10 when something in the headline group matches.")
def report(
    year: int | None,
    baseline: str | None,
    output: str | None,
    names: tuple[str, ...],
    reviewed_only: bool,
    methods: str | None,
    learn: bool,
    since: str | None,
    as_of: str | None,
    form: str,
    fail_on_repeat: bool,
    terms: Terms | None,
) -> None:
    """Write the pattern-similarity report: which sighting resembles which of last year's, why, and how sure.

    A report that is narrowed or widened has a name of its own; the standard one stays as it is.

    With --as-of the records have the wording they had then; sites and vocabulary are those of today. --since puts
    first what happened to the records from that day on, up to --as-of. Both take a moment, too, such as
    2026-11-16T09:00:00+09:00.

    \b
    Examples:
      resight report --year 2025 --baseline 2022..2024
      resight report --site sunan --methods optical,radar,flight-tracking
      resight report --reviewed-only --fail-on-repeat
      resight report --since 2026-11-23 --as-of 2026-11-30
      resight report --format csv
    """
    from resight import changes as changes_
    from resight import dates, findings, study, terminal
    from resight import report as report_
    from resight.observation import LOOK_METHODS

    if terms and since is not None:
        raise click.UsageError("--since tells what records said before, which is for colleagues: leave out --public")
    book = open_logbook(terms)
    scope = tuple(dict.fromkeys(book.resolve_site(name).id for name in names)) or None
    admitted = _methods(methods) if methods is not None else LOOK_METHODS
    until = _moment(as_of, "--as-of", is_end=True) if as_of is not None else None
    begin = _moment(since, "--since", is_end=False) if since is not None else None
    if begin and until and begin > until:
        raise InvalidValue("--since", since, f"{since} lies after --as-of {as_of}", allowed="a day up to that one")
    records, problems = book.read(as_of=until)
    if until is not None and year is None and not records:
        raise InvalidValue(
            "--as-of", as_of, f"nothing was logged yet as of {as_of}", allowed="a later day, or a --year"
        )
    year = _year(records, year)
    years = _baseline_years(baseline, year)
    records = [
        record
        for record in records
        if (scope is None or record.site in scope) and (not reviewed_only or record.status == "reviewed")
    ]
    repeats = _compare(book, records, year, years, scope=scope, methods=admitted, learn=learn)
    changes, found = _changes(book, begin, until, scope, reviewed_only) if begin else (None, [])
    problems += [problem for problem in found if problem not in problems]
    folder = _folder_of_pages(book, output, terms)
    more = ["learned"] if learn else []
    more += [f"since-{_moment_in_name(begin, is_end=False)}"] if begin else []
    more += [f"as-of-{_moment_in_name(until, is_end=True)}"] if until else []
    path = (folder / _report_name(repeats, _narrowed(scope, reviewed_only, admitted, more))).with_suffix(f".{form}")
    conditions = ["Only reviewed records"] if reviewed_only else []
    if admitted != LOOK_METHODS:
        conditions.append(f"Methods compared: {', '.join(admitted)}")
    if until:
        conditions.append(f"As the logbook stood on {changes_.moment_in_words(until, is_end=True)}")
    conditions += terms.statements if terms else ()
    with terminal.progress() as progress:
        said = findings.of(
            records,
            repeats,
            sites=book.sites,
            vocabulary=book.vocabulary,
            digest=book.digest(records),
            up_to=dates.utc_text(until) if until else study.up_to(records),
            problems=book.check(as_of=until),
            conditions=conditions,
            learn=learn,
            changes=changes,
            progress=progress,
            # Only the page has images.
            preview=_preview_in(book) if form == "html" else None,
        )
    formats = {
        "html": report_.to_html,
        "md": report_.to_markdown,
        "json": report_.to_json,
        "csv": report_.to_csv,
    }
    text = formats[form](said)
    from resight.featurefile import write_atomically

    try:
        write_atomically(path, text.encode())
    except CannotWrite as error:
        raise CannotWrite(f"{error}; {ELSEWHERE}") from error
    click.echo(str(path))
    # A broken line elsewhere must not hide the repeat from a script that waits for it: 10 comes before 1.
    finish(problems, REPEAT_FOUND if fail_on_repeat and repeats.watched.matches else 0)


def _changes(
    book: Logbook, since: datetime, until: datetime | None, scope: Sequence[str] | None, reviewed_only: bool
) -> tuple[Changes, list[Problem]]:
    """What happened to the records in the time, and what is not known of its beginning.

    With ``reviewed_only`` it is told of the records that were reviewed at its beginning or at its end.
    """
    from resight import changes

    earlier, problems = book.read(withdrawn=True, as_of=changes.just_before(since))
    later, _ = book.read(withdrawn=True, as_of=until)
    # A hand edit whose time is not known may lie after the end.
    outside = book.changed_outside() if until is None else []
    reviewed = {record.id for record in (*earlier, *later) if record.status == "reviewed"}

    def is_told(record: Observation) -> bool:
        return (scope is None or record.site in scope) and (not reviewed_only or record.id in reviewed)

    # A record that was moved to another site is told at both, so it takes both of its wordings.
    told = {record.id for record in (*earlier, *later) if is_told(record)}
    found = changes.between(
        [record for record in earlier if record.id in told],
        [record for record in later if record.id in told],
        since=since,
        until=until,
        sites=book.sites,
        vocabulary=book.vocabulary,
        outside=[pair for pair in outside if pair[1].id in told],
    )
    return found, problems


def _methods(text: str) -> tuple[Method, ...]:
    """The methods of a list with commas, in the order of the vocabulary."""
    from resight.observation import METHODS

    named = {part.strip() for part in text.split(",")} - {""}
    unknown = sorted(named.difference(METHODS))
    if unknown or not named:
        what = f"{', '.join(map(repr, unknown))} is no method" if unknown else "no method is named"
        raise InvalidValue(
            "--methods", text, what, allowed=", ".join(METHODS), example="--methods optical,radar,flight-tracking"
        )
    return tuple(method for method in METHODS if method in named)


def _narrowed(scope: Sequence[str] | None, reviewed_only: bool, methods: Sequence[Method], more: Sequence[str]) -> str:
    """What sets the name of such a report apart from the standard one."""
    from resight.observation import LOOK_METHODS

    added = [method for method in methods if method not in LOOK_METHODS]
    changed = added if set(methods) >= set(LOOK_METHODS) else ["only", *methods]
    return "".join(f"-{part}" for part in (*sorted(scope or ()), *["reviewed-only"] * reviewed_only, *changed, *more))


def _report_name(repeats: Repeats, suffix: str = "") -> str:
    first, last = repeats.baseline_years[0], repeats.baseline_years[-1]
    then = str(first) if first == last else f"{first}-to-{last}"
    return f"report-{repeats.year}-vs-{then}{suffix}.html"


@command()
@click.argument("identifier", metavar="ID")
@click.argument("other", metavar="[ID]", required=False)
@click.option("--baseline", metavar="YEAR", help="Year to compare with, or several: 2022..2024.")
@click.option("--json", "as_json", is_flag=True, help="The same numbers as JSON.")
def why(identifier: str, other: str | None, baseline: str | None, as_json: bool) -> None:
    """Show all the evidence for one match of the report, or for the best there is where nothing matches.

    With two records: the evidence that the later one repeats the earlier one.

    \b
    Examples:
      resight why dunay-2025-05-18-ropucha-class
      resight why dunay-2025-05-18-ropucha-class dunay-2024-ropucha-class
    """
    from resight import episodes, terminal

    book = open_logbook()
    # The record is looked up among the withdrawn ones, too: of those it can still be said why they do not count.
    named = [book.get(name) for name in (identifier, other) if name is not None]
    records, problems = book.read()
    found = episodes.find(records, book.vocabulary)
    held: list[Episode] = []
    reason = ""
    for record in named:
        episode = next((e for e in found if any(s.id == record.id for s in e.sightings)), None)
        reason = reason or terminal.why_not_compared(record, episode, book.vocabulary)
        held += [episode] if episode else []
    chosen = None
    if not reason:
        two = len(held) == 2
        chosen = _pair_of_two(book, records, held, baseline) if two else _pair_of_one(book, records, held[0], baseline)
        reason = f"{identifier} has nothing to be compared with: no sighting of the other year is on file."
    if chosen is None:
        if as_json:
            terminal.dump({"compared": False, "why": reason})
        else:
            terminal.say(reason)
    elif as_json:
        terminal.dump(terminal.evidence_as_json(*chosen, book.vocabulary))
    else:
        click.echo(terminal.evidence_in_words(*chosen, book.vocabulary))
    finish(problems)


def _pair_of_one(
    book: Logbook, records: Sequence[Observation], episode: Episode, baseline: str | None
) -> tuple[Comparison, Pair] | None:
    """The match of an episode, as this year's or as last year's; else the best pair it has."""
    year = episode.year or 0
    then = _baseline_years(baseline, year)
    steps = [_compare(book, records, year, then)]
    if baseline is None:
        # It may be the one that the following year repeats.
        steps.append(_compare(book, records, year + 1, (year,)))
    comparisons = [comparison for step in steps for comparison in step.comparisons]
    for comparison in comparisons:
        for pair in comparison.matches:
            if episode.id in (pair.current.id, pair.baseline.id):
                return comparison, pair
    held = [c for c in comparisons if any(episode.id == e.id for e in (*c.current, *c.baseline))]
    return next(((c, best) for c in held if (best := c.best_of(episode))), None)


def _pair_of_two(
    book: Logbook, records: Sequence[Observation], two: Sequence[Episode], baseline: str | None
) -> tuple[Comparison, Pair]:
    """The pair of two episodes, the earlier year's as the baseline."""
    then, now = sorted(two, key=lambda episode: episode.year or 0)
    before, year = then.year or 0, now.year or 0
    if before == year:
        raise InvalidValue(
            "ID",
            now.id,
            f"{then.id} and {now.id} are both of {year}" if then.id != now.id else f"both are in the visit {now.id}",
            allowed="records of two different years",
            example="resight why dunay-2025-05-18-ropucha-class dunay-2024-ropucha-class",
        )
    years = (before,) if baseline is None else _baseline_years(baseline, year)
    if before not in years:
        _bad_baseline(baseline or "", year, f"{baseline} does not hold {before}, the year of {then.id}")
    for comparison in _compare(book, records, year, years).comparisons:
        if any(e.id == then.id for e in comparison.baseline) and any(e.id == now.id for e in comparison.current):
            return comparison, next(p for p in comparison.pairs_of(now) if p.baseline.id == then.id)
    raise InvalidValue(
        "ID",
        now.id,
        f"{then.id} ({then.site}) and {now.id} ({now.site}) are never held against each other",
        allowed="two records of the watched sites, or two of one other site",
    )


# The commands that have a file of their own; in `--help` they stand in this order.
from resight.commands import importing, exporting, attaching, merging, custody  # noqa: E402, F401, I001
