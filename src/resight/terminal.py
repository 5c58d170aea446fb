"""Records and answers as text for a terminal: tables for a person, plain columns when piped."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
import orjson

from resight.dates import in_words
from resight.errors import Level, Problem
from resight.observation import Observation, Site
from resight.vocabulary import Platform, Term, Vocabulary
from resight.wording import count_text, in_short

_LEVEL_COLOURS = {"error": "red", "warning": "yellow", "notice": "cyan"}


def dump(content: Any) -> None:
    """JSON on standard output, indented, keys in the order given."""
    click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())


def printable(text: str) -> str:
    """Text whose control and direction marks are shown, not obeyed: a note cannot drive the reader's terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table for a person; tab-separated lines without header when piped."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(printable(cell.replace("\t", " ").replace("\n", " ")) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name in header:
        shown.add_column(name, overflow="fold")
    for row in rows:
        # Text, not markup: a note with [brackets] is shown as it was typed.
        shown.add_row(*(Text(printable(cell)) for cell in row))
    Console(highlight=False).print(shown)


def say(text: str, *, indent: str = "", level: Level | None = None, err: bool = False) -> None:
    """A sentence or a list of them, broken at words for a person's screen, left whole when piped.

    With a level (error, warning, notice) it begins with that word, coloured.
    """
    stream = sys.stderr if err else sys.stdout
    lines = (f"{level}: {text}" if level else text).split("\n")
    if stream.isatty():
        import shutil
        import textwrap

        width = min(shutil.get_terminal_size().columns, 100)
        wrap = textwrap.TextWrapper(
            width,
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_on_hyphens=False,
            break_long_words=False,
        )
        lines = [broken for line in lines for broken in wrap.wrap(printable(line)) or [""]]
    else:
        lines = [indent + printable(line) for line in lines]
    if level and lines[0].startswith(level):
        lines[0] = click.style(level, fg=_LEVEL_COLOURS[level]) + lines[0].removeprefix(level)
    click.echo("\n".join(lines), err=err)


def problems(found: Iterable[Problem], *, err: bool = True) -> None:
    """Problems, one after the other, the level in colour."""
    for problem in found:
        say(str(problem).partition(": ")[2], level=problem.level, err=err)


def shareable(record: Observation) -> dict[str, Any]:
    """The Feature of a record as it may leave the logbook: without its confidential sources."""
    feature = record.to_feature()
    sources = [source for source in feature["properties"].get("sources", []) if not source.get("confidential")]
    if sources:
        feature["properties"]["sources"] = sources
    else:
        feature["properties"].pop("sources", None)
    return feature


def listing(records: Sequence[Observation], vocabulary: Vocabulary) -> None:
    """Records as a table of two columns; when piped, nine plain columns a script can cut."""
    if sys.stdout.isatty():
        rows = [(record.id or "", f"{record.date} · {in_short(record, vocabulary)}") for record in records]
        table(("id", "date · what"), rows)
        return
    table(
        (),
        [
            (
                record.id or "",
                record.date,
                record.site,
                record.outcome,
                record.platform or "",
                record.platform_name or "",
                count_text(record),
                record.activity or "",
                f"{record.basis}/{record.method}",
            )
            for record in records
        ],
    )


def details(record: Observation, site: Site | None, vocabulary: Vocabulary, where: str) -> None:
    """Every field of one record."""
    properties = record.to_feature()["properties"]
    if site:
        properties["site"] = f"{site.name} ({site.id})"
    properties["date"] = f"{record.date} ({in_words(record.date)}; {record.earliest} to {record.latest})"
    if record.platform:
        properties["platform"] = " > ".join(vocabulary.path(record.platform))
    properties["position"] = "position not given" if record.geometry is None else orjson.dumps(record.geometry).decode()
    if record.likelihood in vocabulary.likelihoods:
        word = vocabulary.likelihoods[record.likelihood or ""]
        properties["likelihood"] = f"{word.word} ({word.low_pct}–{word.high_pct} %)"
    for name in ("earliest", "latest"):
        properties.pop(name)
    rows: list[tuple[str, str]] = []
    for name, value in properties.items():
        rows += [
            (name if i == 0 else "", _text(item))
            for i, item in enumerate(value if isinstance(value, list) else [value])
        ]
    table(("field", "value"), [*rows, ("file", where)])


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    return str(value)


def platform_tree(vocabulary: Vocabulary) -> None:
    """The platform tree, children indented under their parents."""
    children: dict[str | None, list[Platform]] = {}
    for platform in vocabulary.platforms.values():
        children.setdefault(platform.parent, []).append(platform)

    def rows(parent: str | None, depth: int) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for node in children.get(parent, []):
            size = f" · {node.length_m:g} × {node.width_m:g} m" if node.length_m and node.width_m else ""
            never = "" if node.matched or node.parent else " · shown, never matched"
            found.append(("  " * depth + node.id, f"{node.label}{size}{never}"))
            found += rows(node.id, depth + 1)
        return found

    table(("id", "platform"), rows(None, 0))


def terms(found: Mapping[str, Term]) -> None:
    """Activities or inferred activities with their meaning."""
    table(("id", "meaning"), [(term.id, term.meaning or term.label) for term in found.values()])
