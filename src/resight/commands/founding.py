"""``resight init``: make a logbook from the packaged seeds."""

from __future__ import annotations

from pathlib import Path

import click

from resight.shell import command


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
