"""``resight log``: write down a sighting or a look that found nothing, and say whether it was seen last year."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from resight.commands.fields import (
    asked_again,
    fields_of,
    platforms_of,
    record_options,
    resolve_date,
    resolve_site,
    with_sides,
)
from resight.errors import InvalidValue, Problem
from resight.shell import command, finish, is_interactive, open_logbook

if TYPE_CHECKING:
    from resight.answer import Answer
    from resight.images import Image
    from resight.logbook import Logbook
    from resight.observation import Observation, Site
    from resight.vocabulary import Vocabulary


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
@record_options
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
    fields = fields_of(options, book)
    given = site or look.get("site")
    where = resolve_site(given, book)
    now = datetime.now(UTC)
    today = dates.local_day(now, where.timezone)
    fields["date"] = resolve_date(options.get("field_date") or look.get("date"), where, today, anyway=options["anyway"])
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
        drafts.append(with_sides(draft, book.vocabulary) if options["shape"] else draft)
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
        return asked_again(specs, vocabulary)
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
        return platforms_of(
            [click.prompt(f"{live_here} live here. What was looked for? ('any' for anything)")], vocabulary
        )
    return [{}]


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
