"""``resight sites`` and ``platforms``: the names that the logbook knows."""

from __future__ import annotations

from typing import Any

import click

from resight.shell import command, finish, open_logbook


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
