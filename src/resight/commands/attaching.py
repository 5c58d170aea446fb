"""``resight attach``: an image for a record that is logged already."""

from __future__ import annotations

import os

import click

from resight.errors import InvalidValue, Problem
from resight.shell import command, open_logbook


@command()
@click.argument("identifier", metavar="ID")
@click.argument("file", metavar="FILE")
@click.option("--link", metavar="HREF", help="Record only this address and the file's digest; the file is not kept.")
@click.option("--replace", is_flag=True, help="Attach it though the record has another image.")
@click.option("--by", help="Who attaches it (default: RESIGHT_ANALYST).")
def attach(identifier: str, file: str, link: str | None, replace: bool, by: str | None) -> None:
    """Keep an image beside a record: PNG, JPEG or GeoTIFF.

    The file is copied under its SHA-256 to observations/images and never changed. Time and ground sample distance are
    taken from a GeoTIFF that states them, where the record has none; the clock of a JPEG is only told.

    \b
    Examples:
      resight attach dunay-2025-05-18-ropucha-class dunay.png
      resight attach dunay-2025-05-18-ropucha-class scene.tif --link https://example.org/scene.tif
    """
    from resight import dates, imagery, images, terminal

    book = open_logbook()
    record = book.get(identifier)
    image = images.read(file, to_keep=not link)
    has_another = record.image_sha256 != image.sha256 and (record.image_sha256 or record.image_href)
    if has_another and not replace:
        what = f"{identifier} has another image, {record.image_href or record.image_sha256}"
        raise InvalidValue("image", file, what, allowed="--replace; the journal then keeps which one it was")
    held = {name: getattr(record, name) for name in ("image_time", "gsd_m")} | ({"image_href": link} if link else {})
    said = imagery.facts(image, to_keep=not link)
    fields, notes = imagery.taken_over(image, said, held, book.sites.get(record.site))
    if has_another:
        stale = [f"{name} {value}" for name in ("gsd_m", "image_id", "sensor") if (value := getattr(record, name))]
        stale += [f"image_time {dates.utc_text(record.image_time)}"] if record.image_time else []
        what = f"said of the earlier image and kept: {', '.join(stale)}; amend what does not fit this one"
        notes += [Problem("notice", what)] if stale else []
    fields["image_href"] = link or image.href
    terminal.problems(notes)
    after = book.amend(
        identifier,
        command="attach",
        by=by or os.environ.get("RESIGHT_ANALYST"),
        image=None if link else image,
        **fields,
    )
    terminal.changed(record, after)
