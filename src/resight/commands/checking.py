"""``resight check`` and ``schema``: what is wrong in the files, and what a record looks like."""

from __future__ import annotations

import click

from resight.errors import PROBLEMS_FOUND
from resight.shell import command, open_logbook


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
        records = wording.numbered(book.count(), "record")
        click.echo(f"{records}, {wording.numbered(len(book.sites), 'site')}: {counts}.")
    if any(problem.level == "error" for problem in found):
        click.get_current_context().exit(PROBLEMS_FOUND)


@command()
def schema() -> None:
    """Print the JSON Schema (2020-12) of a record as it stands in the files."""
    from resight import observation, terminal

    terminal.dump(observation.json_schema())
