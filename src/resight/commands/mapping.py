"""``resight map``: one page a site, and the overview."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resight.commands.pages import ELSEWHERE, folder_of_pages, preview_in, report_name
from resight.commands.years import baseline_years, year_of, years_option
from resight.errors import CannotWrite, Problem
from resight.shell import command, finish, open_logbook, public_options

if TYPE_CHECKING:
    from folium import Map

    from resight.comparison import Repeats
    from resight.logbook import Logbook
    from resight.observation import Observation, Site
    from resight.pictures import Pictures
    from resight.previews import Chip
    from resight.public import Terms
    from resight.studies import OfColumns, OfRecords


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
@years_option
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
    from resight import maps, terminal
    from resight import tiles as tiles_

    if overview and (names or everything):
        raise click.UsageError("--overview writes only index.html; leave out the sites and --all")
    if overview and images:
        raise click.UsageError("--images are shown at records, and the overview has none; leave out one of the two")
    tiles = tiles_.parse(template) if template is not None else None
    book = open_logbook(terms)
    chosen = [book.resolve_site(name) for name in names] or [
        site for site in book.sites.values() if not overview and (everything or site.watched)
    ]
    folder = folder_of_pages(book, output, terms)
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

    with terminal.progress() as progress:
        progress("comparing the records", 0, 0)
        pages, problems = _pages(book, year, baseline, terms.statements if terms else ())
        links = links_.beside(folder, book.sites, report_name(pages.repeats), written=[site.id for site in chosen])
        pictures = _pictures(book, pages, chosen) if images else {}
        for number, site in enumerate(chosen):
            progress("writing pages", number, len(chosen) + 1)
            _, frame, told = pages.page(site.id)
            page = maps.site_map(frame, site.id, told, tiles=tiles, links=links, pictures=pictures.get(site.id))
            write(page, links_.page_name(site.id))
        progress("writing the overview", 0, 0)
        _, frame, told = pages.overview()
        write(maps.overview_map(frame, told, tiles=tiles, links=links), links_.OVERVIEW)
    if show:
        _show(folder / (links_.page_name(chosen[0].id) if len(chosen) == 1 else links_.OVERVIEW))
    finish(problems)


def _pages(
    book: Logbook, year: int | None, baseline: str | None, conditions: Sequence[str]
) -> tuple[OfRecords | OfColumns, list[Problem]]:
    """What the pages are made of, and what was met in reading; says so when they hold nothing of those years."""
    from resight import studies, study
    from resight.frame import to_frame
    from resight.selection import Wanted

    found = book.selection(Wanted(book.vocabulary), confidential=True)
    if found is not None and len(found) > studies.MANY:
        year = year or found.year
        many = studies.OfColumns(book, found, year=year, baseline_years=baseline_years(baseline, year))
        _say_empty(found.years, many.repeats)
        return many, found.problems
    records, problems = book.read()
    year = year_of(records, year)
    told = study.of(book, records, year=year, baseline_years=baseline_years(baseline, year), conditions=conditions)
    _say_empty({day.year for record in records for day in record.bounds}, told.repeats)
    return studies.OfRecords(studies.Page(records, to_frame(records), told)), problems


def _say_empty(there: Collection[int], repeats: Repeats) -> None:
    """Say so when the pages will hold nothing of the years that were asked for."""
    from resight import terminal, wording

    if not {repeats.year, *repeats.baseline_years} & set(there):
        asked = f"{repeats.year} or {wording.years_text(repeats.baseline_years)}"
        on_file = f"there are records of {wording.years_text(list(there))}" if there else "no record is on file yet"
        terminal.say(f"nothing is logged for {asked}, and the pages say so; {on_file}", level="notice", err=True)


def _pictures(book: Logbook, pages: OfRecords | OfColumns, sites: Iterable[Site]) -> dict[str, Pictures]:
    """The images of each page; says so when there are none."""
    from resight import pictures, terminal

    found = {}
    for site in sites:
        records, _, told = pages.page(site.id)
        found[site.id] = pictures.of_site(records, site, told.repeats, preview_in(book), _chip_of(book, site))
    terminal.problems(problem for held in found.values() for problem in held.problems)
    if not any(held.of for held in found.values()):
        terminal.say(
            "no record on these pages names an image in the logbook's folder, so they are written without; "
            "`resight amend ID --image-href images/…` names one",
            level="notice",
            err=True,
        )
    return found


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
