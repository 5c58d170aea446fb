"""``resight merge``: what git runs when two people have written into one year file or journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from resight.errors import PROBLEMS_FOUND
from resight.shell import command

if TYPE_CHECKING:
    from resight.mergefiles import Outcome


@command()
@click.argument("base")
@click.argument("ours")
@click.argument("theirs")
@click.argument("name", metavar="[PATH]", required=False)
def merge(base: str, ours: str, theirs: str, name: str | None) -> None:
    """Merge two versions of a year file or of the journal into OURS; git calls it.

    Records are merged by id and field. Where both sides changed a field, ours stays, theirs is kept beside it, `check`
    tells of it, and the exit status is 1, which git takes for a conflict. PATH is only what the file is called.

    \b
    Example, once for each clone:
      echo 'observations/*json* merge=resight' >> .gitattributes
      git config merge.resight.driver 'resight merge %O %A %B %P'
    """
    from datetime import UTC, datetime
    from pathlib import Path

    from resight import dates, mergefiles, terminal

    done: Outcome = mergefiles.merge(
        Path(base), Path(ours), Path(theirs), name or ours, dates.utc_text(datetime.now(UTC))
    )
    for sentence in done.said:
        terminal.say(f"{name or ours}: {sentence}")
    if done.has_conflicts:
        click.get_current_context().exit(PROBLEMS_FOUND)
