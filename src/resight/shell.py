"""How every command starts, ends and says what is wrong: the group, its exit statuses, its logbook and records.

Exit status: 0 done; 1 done, but the files hold errors (they are listed on standard error); 2 the command line is
wrong; 3 a value is not allowed; 4 no such record; 5 logged already; 6 no logbook here; 7 a file could not be read
whole; 8 the disk does not take it; 9 a part of long work failed; 10 the report was told to fail on a repeat, and there
is one; 130 interrupted.

Everything heavier than click is imported inside the command that needs it, so that ``--help`` and ``log`` are quick.
"""

from __future__ import annotations

import errno
import functools
import gc
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar, cast

import click

from resight import __version__
from resight.errors import PROBLEMS_FOUND, CannotWrite, Problem, ResightError

if TYPE_CHECKING:
    from resight.logbook import Logbook
    from resight.public import Terms
    from resight.selection import Records

Command = TypeVar("Command", bound=Callable[..., Any])

EXIT_STATUS = """\b
Exit status:
  0  done
  1  done, but the files hold errors (listed on standard error)
  2  the command line is wrong
  3  a value is not allowed          6  no logbook here
  4  no such record                  7  a file could not be read whole
  5  logged already                  8  the disk does not give or take it
  9  a part of long work failed, nothing written
  10  report --fail-on-repeat: done, and something repeats or resembles"""


class _Group(click.Group):
    """Commands in the order of an analyst's day, and our errors in their own words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ResightError as error:
            from resight import terminal

            terminal.say(str(error), level="error", err=True)
            ctx.exit(error.exit_code)
        except OSError as error:
            # A closed pipe is click's own business.
            if error.errno == errno.EPIPE:
                raise
            from resight import terminal

            terminal.say(f"{error.filename or 'the disk'}: {error.strerror or error}", level="error", err=True)
            ctx.exit(CannotWrite.exit_code)
        except (KeyboardInterrupt, EOFError, click.Abort):
            click.echo("\ninterrupted", err=True)
            ctx.exit(130)


def _remember_logbook(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(dict)["logbook"] = value


_logbook_option = click.option(
    "--logbook",
    metavar="DIR",
    expose_value=False,
    is_eager=True,
    callback=_remember_logbook,
    help="The logbook's folder (default: RESIGHT_LOGBOOK, else the current folder).",
)


@click.group(
    cls=_Group, epilog=EXIT_STATUS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80}
)
@click.version_option(__version__, prog_name="resight")
@_logbook_option
@click.pass_context
def main(ctx: click.Context) -> None:
    """A logbook of satellite-imagery sightings.

    Log a sighting or a look that found nothing, map each site as one HTML file that opens offline, and report
    whether this year's pattern repeats last year's.

    \b
    Examples:
      resight log dunay --date 2025-05-18 --platform ropucha --activity docked
      resight log sunan --date 2025-06-05 --nothing --platform il-76
      resight list --site dunay
      resight map
      resight report
    """
    ctx.ensure_object(dict)
    # A command reads much, drops little and ends soon: looking for rubbish every 700 objects would slow it.
    gc.set_threshold(1_000_000, 50, 100)


def run() -> NoReturn:
    """The program ``resight``: :func:`main`, leaving at once when it is done."""
    status = 0
    try:
        main()
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        status = status or 1
    # Everything is on disk: taking thousands of records apart one by one would only keep the person waiting.
    os._exit(status)


def command(*names: str) -> Callable[[Command], click.Command]:
    """Make a function a command of the program; it takes ``--logbook`` on either side of its name."""

    def decorate(function: Command) -> click.Command:
        return main.command(*names)(_logbook_option(function))

    return decorate


def open_logbook(terms: Terms | None = None) -> Logbook:
    """The logbook that the command line or the environment names; with terms, as it may be shown to the public."""
    # Looking through every installed package for Pydantic plug-ins takes longer than reading a logbook; we use none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from resight.logbook import Logbook

    given = click.get_current_context().ensure_object(dict).get("logbook")
    folder = given or os.environ.get("RESIGHT_LOGBOOK") or "."
    if terms is not None:
        from resight.public import PublicLogbook

        return PublicLogbook(folder, terms)
    return Logbook(folder)


def public_options(function: Command) -> Command:
    """``--public`` with its terms; the command is given them as ``terms``, None where it was not asked for."""

    @functools.wraps(function)
    def command(*args: Any, is_public: bool, grid: float | None, without: str | None, **options: Any) -> Any:
        if not is_public and (grid is not None or without is not None):
            raise click.UsageError("--grid and --without say how --public is meant: add it")
        terms = None
        if is_public:
            from resight import public

            terms = public.terms(grid, without)
        return function(*args, terms=terms, **options)

    for option in (
        click.option(
            "--without",
            metavar="LIST",
            help="Fields that --public leaves out, with commas, instead of the usual: analyst, reviewed_by, note, "
            "tags, berth, image_id, image_time, image_href, image_sha256.",
        ),
        click.option(
            "--grid",
            type=float,
            metavar="DEGREES",
            help="Width of the cells that --public rounds positions to (default: 0.1, about 11 km).",
        ),
        click.option(
            "--public",
            "is_public",
            is_flag=True,
            help="Only reviewed records, with rounded positions and without what is for colleagues; it says so.",
        ),
    ):
        command = option(command)
    return cast(Command, command)


_FILTERS = (
    click.option("--site", "sites", multiple=True, help="Only this site; may repeat."),
    click.option(
        "--year", "years", multiple=True, type=int, help="Only records whose dates touch this year; may repeat."
    ),
    click.option("--platform", help="Only this platform and what is below it in the tree."),
    click.option("--outcome", type=click.Choice(["seen", "not-seen", "cannot-tell"])),
    click.option("--method", type=click.Choice(["optical", "radar", "flight-tracking", "ground", "report"])),
    click.option("--basis", type=click.Choice(["own", "published", "retold"])),
    click.option("--status", type=click.Choice(["draft", "reviewed", "withdrawn"])),
    click.option("--tag", help="Only records with this tag."),
)


def filter_options(function: Command) -> Command:
    """The options that say which records a command is about; :func:`chosen` reads them."""
    for option in reversed(_FILTERS):
        function = option(function)
    return function


class Chosen(NamedTuple):
    """The records that a command is about, as they may leave the logbook: without their confidential sources."""

    #: Oldest first; of bulk files some are read at a time.
    records: Records
    #: What was met in reading.
    problems: list[Problem]
    #: So many that fit were left out, for they are withdrawn.
    withdrawn: int
    #: So many confidential sources were left out.
    hidden: int


def chosen(book: Logbook, filters: Mapping[str, Any]) -> Chosen:
    """The records that fit the options of :func:`filter_options`.

    Withdrawn records are among them only where ``--status withdrawn`` asks for them.
    """
    from resight.selection import Wanted, confidential_sources, without_confidential

    platform = filters["platform"]
    wanted = Wanted(
        book.vocabulary,
        {book.resolve_site(site).id for site in filters["sites"]} or None,
        filters["years"],
        book.vocabulary.resolve_platform(platform) if platform else None,
        {name: filters[name] for name in ("outcome", "method", "basis", "status") if filters[name] is not None},
        filters["tag"],
    )
    selection = book.selection(wanted)
    if selection is not None:
        return Chosen(selection, selection.problems, selection.withdrawn, selection.hidden)
    read, problems = book.read(sites=wanted.sites, withdrawn=True)
    found = [record for record in read if wanted.fits(record)]
    kept = [record for record in found if record.status != "withdrawn" or wanted.withdrawn]
    shared = [without_confidential(record) for record in kept]
    return Chosen(shared, problems, len(found) - len(kept), confidential_sources(kept))


def finish(found: Iterable[Problem], status: int = 0) -> None:
    """Say what was wrong in the files, on standard error, and leave with status 1 if there were errors.

    Another status than 0 goes before that 1.
    """
    from resight import terminal, wording

    serious = [problem for problem in found if problem.level == "error"]
    repairs = [p for p in found if p.level != "error" and p.file.endswith("journal.jsonl")]
    terminal.problems([*repairs, *serious])
    if serious:
        number = wording.numbered(len(serious), "error")
        click.echo(f"{number} in the logbook's files; `resight check` lists them all.", err=True)
        status = status or PROBLEMS_FOUND
    if status:
        click.get_current_context().exit(status)


def is_interactive() -> bool:
    """Is a person there to be asked?"""
    return sys.stdin.isatty() and sys.stdout.isatty()
