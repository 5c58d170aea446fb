"""The command ``export``: records to a file for another program, with what it cannot hold and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resight.errors import InvalidValue
from resight.shell import chosen, command, filter_options, finish, open_logbook, public_options

if TYPE_CHECKING:
    from resight.exchange.formats import Format
    from resight.exchange.setting import Setting
    from resight.logbook import Logbook
    from resight.public import Terms
    from resight.selection import Records


#: What ``--help`` names, which must not load what knows it; a test holds it against the table of formats.
WRITTEN = "geojson, csv, tsv, xlsx, kml, kmz, gpkg, parquet, stac, timemap, atlos, darwincore"
_SAFE = ("csv", "tsv")


@command()
@click.option("--format", "name", metavar="NAME", help=f"One of {WRITTEN}. Default: as FILE ends.")
@click.option(
    "--output", metavar="FILE", type=click.Path(dir_okay=False), help="Default: standard output, for formats of text."
)
@filter_options
@click.option("--safe", is_flag=True, help="CSV and TSV for a spreadsheet: text that it would run gets an apostrophe.")
@public_options
def export(name: str | None, output: str | None, safe: bool, terms: Terms | None, **filters: Any) -> None:
    """Write records to a file for another program, and say what it cannot hold.

    Confidential sources never go along, withdrawn records only with --status withdrawn. With --public only reviewed
    records go, with rounded positions and without what is for colleagues, and the file says so.

    \b
    Examples:
      resight export --output last-year.kmz --year 2024
      resight export --output records.xlsx
      resight export --format csv --safe --site dunay > dunay.csv
      resight export --output public.geojson --public --grid 0.2
      resight export --format darwincore --output occurrences.csv
    """
    from resight.exchange import formats

    form = _form(name, output)
    if safe and form.name not in _SAFE:
        raise click.UsageError(f"--safe is for {' and '.join(_SAFE)}; {form.name} runs no text")
    if output is None and not form.is_text:
        raise click.UsageError(f"{form.name} is no text for the screen; name a file: --output records{form.ending}")
    write = formats.writer(form)
    from resight import terminal, wording
    from resight.exchange.setting import Setting
    from resight.public import public_records
    from resight.selection import Selection

    book = open_logbook()
    _refuse_data_file(book, output)
    with terminal.progress() as progress:
        progress("reading the logbook", 0, 0)
        found = chosen(book, filters)
        records = found.records
        left_out = [
            _left_out(found.withdrawn, "withdrawn record", "--status withdrawn exports them"),
            _left_out(found.hidden, "confidential source", "they never leave the logbook"),
        ]
        if terms:
            book, number = open_logbook(terms), len(records)
            records = public_records(records, terms)
            why = "only what a second person has reviewed is public: `resight review ID --by NAME`"
            left_out += [_left_out(number - len(records), "record", why), terms.withheld, terms.generalizations]
        if isinstance(records, Selection) and not form.in_parts:
            records = list(records)
        what = f"writing {wording.numbered(len(records), 'record')} as {form.words}"
        if isinstance(records, Selection):
            records.told = partial(progress, what)
        setting = Setting(
            form=form.name,
            sites=book.sites,
            vocabulary=book.vocabulary,
            year=records.year if isinstance(records, Selection) else max((r.year for r in records), default=0),
            digest=book.digest(records) if form.has_digest else "",
            terms=terms,
            is_safe=safe,
            name=Path(output).stem if output else "records",
        )
        progress(what, 0, 0)
        losses = _written(write, records, form, output, setting)
    for sentence in filter(None, [*left_out, *losses]):
        terminal.say(sentence, level="notice", err=True)
    if output:
        click.echo(f"{wording.numbered(len(records), 'record')} in {output}")
    elif not records:
        click.echo("No record fits.", err=True)
    finish(found.problems)


def _form(name: str | None, output: str | None) -> Format:
    """The format that is named, else the one that the file's ending means."""
    from resight.exchange import formats

    if name is not None:
        return formats.named(name, writes=True)
    if output is None:
        raise click.UsageError(f"say which format with --format ({WRITTEN}), or name a file with --output")
    ending = Path(output).suffix.lower()
    for form in formats.FORMATS.values():
        if form.writes and form.is_known_by_ending and form.ending == ending:
            return form
    what = f"{output!r} does not say which format is meant"
    raise InvalidValue("--output", output, what, allowed=f"one of {WRITTEN}, by ending or with --format")


def _refuse_data_file(book: Logbook, output: str | None) -> None:
    """A file of the logbook itself is not a place to export to: it would be lost."""
    target = Path(output).resolve() if output else None
    for name in ("observations", "seeds"):
        if target and target.is_relative_to((book.folder / name).resolve()):
            what = f"{output} is in the logbook's own {name}/"
            raise InvalidValue("--output", output, what, allowed="a file anywhere else; nothing was written")


def _left_out(count: int, one: str, why: str) -> str:
    from resight.wording import numbered

    return f"left out: {numbered(count, one)} ({why})" if count else ""


def _written(
    write: Callable[[Records, Path, Setting], Sequence[str]],
    records: Records,
    form: Format,
    output: str | None,
    setting: Setting,
) -> Sequence[str]:
    """Write the file whole or not at all, or to standard output; what it does not hold, in sentences."""
    from resight.featurefile import replaced

    if output:
        # GDAL goes by the ending; TimeMap has two, and the person says which.
        ending = Path(output).suffix if form.is_text else form.ending
        with replaced(Path(output), ending) as beside:
            return write(records, beside, setting)
    with click.open_file("-", "wb") as screen:
        return write(records, Path(f"records{form.ending}"), setting._replace(screen=screen))
