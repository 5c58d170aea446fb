"""The command ``export``: records to a file for another program, with what it cannot hold and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resight.errors import InvalidValue
from resight.shell import chosen, command, filter_options, finish, open_logbook, public_options

if TYPE_CHECKING:
    from resight.exchange.formats import Format
    from resight.exchange.setting import Setting
    from resight.logbook import Logbook
    from resight.observation import Observation
    from resight.public import Terms


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
    from resight.public import public_records, without_confidential

    book = open_logbook()
    _refuse_data_file(book, output)
    with terminal.progress() as progress:
        progress("reading the logbook", 0, 0)
        found, problems = chosen(book, filters, withdrawn=True)
        records = [record for record in found if record.status != "withdrawn" or filters["status"] == "withdrawn"]
        left_out = [_left_out(len(found) - len(records), "withdrawn record", "--status withdrawn exports them")]
        shared = [without_confidential(record) for record in records]
        hidden = sum(len(old.sources) - len(new.sources) for old, new in zip(records, shared, strict=True))
        left_out.append(_left_out(hidden, "confidential source", "they never leave the logbook"))
        if terms:
            book = open_logbook(terms)
            shared = public_records(shared, terms)
            why = "only what a second person has reviewed is public: `resight review ID --by NAME`"
            left_out += [_left_out(len(records) - len(shared), "record", why), terms.withheld, terms.generalizations]
        setting = Setting(
            form=form.name,
            sites=book.sites,
            vocabulary=book.vocabulary,
            year=max((record.year for record in shared), default=0),
            digest=book.digest(shared) if form.has_digest else "",
            terms=terms,
            is_safe=safe,
        )
        progress(f"writing {wording.numbered(len(shared), 'record')} as {form.words}", 0, 0)
        losses = _written(write, shared, form, output, setting)
    for sentence in filter(None, [*left_out, *losses]):
        terminal.say(sentence, level="notice", err=True)
    if output:
        click.echo(f"{wording.numbered(len(shared), 'record')} in {output}")
    elif not shared:
        click.echo("No record fits.", err=True)
    finish(problems)


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
    write: Callable[[Sequence[Observation], Path, Setting], Sequence[str]],
    records: Sequence[Observation],
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
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"records{form.ending}"
        losses = write(records, path, setting)
        click.echo(path.read_bytes(), nl=False)
    return losses
