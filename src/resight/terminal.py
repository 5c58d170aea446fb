"""Records and answers as text for a terminal: tables for a person, plain columns when piped."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import click
import orjson

from resight import bulkfile, custody, dimensions, episodes, evidence
from resight.comparison import Comparison
from resight.custody import Difference
from resight.dates import in_words
from resight.episodes import Episode
from resight.errors import Level, Problem
from resight.evidence import Pair
from resight.observation import LOOK_METHODS, Observation, Site
from resight.selection import Records, Selection
from resight.vocabulary import Platform, Term, Vocabulary
from resight.wording import Progress, counted, in_short, years_text

if TYPE_CHECKING:
    from rich import progress as bars

#: What every write changes.
_COUNTERS = ("revision", "revised_at")
#: Work that is over sooner shows no progress; seconds.
PATIENCE = 1.0
#: Rows of a table that are laid out together, and characters of other text that are written together.
_TABLE_ROWS, _PART = 1000, 2**15
_LEVEL_COLOURS = {"error": "red", "warning": "yellow", "notice": "cyan"}


def dump(content: Any) -> None:
    """JSON on standard output, indented, keys in the order given."""
    click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())


def dump_list(before: str, items: Iterable[Any], after: str) -> None:
    """As :func:`dump` writes a list at the end of what stands before it, but each item as soon as it comes."""
    inside = before.rpartition("\n")[2]
    indent = "\n" + " " * (len(inside) - len(inside.lstrip()))

    def parts() -> Iterator[str]:
        yield f"{before}["
        number = 0
        for number, item in enumerate(items, 1):
            text = orjson.dumps(item, option=orjson.OPT_INDENT_2).decode().replace("\n", f"{indent}  ")
            yield f"{',' if number > 1 else ''}{indent}  {text}"
        yield f"{indent if number else ''}]{after}\n"

    _put(parts())


def _put(parts: Iterable[str]) -> None:
    """Text on standard output, as many parts at a time as are worth the way."""
    held, length = [], 0
    for part in parts:
        held.append(part)
        length += len(part)
        if length >= _PART:
            click.echo("".join(held), nl=False)
            held, length = [], 0
    click.echo("".join(held), nl=False)


def printable(text: str) -> str:
    """Text whose control and direction marks are shown, not obeyed: a note cannot drive the reader's terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table for a person; tab-separated lines without header when piped."""
    if not sys.stdout.isatty():
        _put("\t".join(printable(cell.replace("\t", " ").replace("\n", " ")) for cell in row) + "\n" for row in rows)
        return
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # A long table comes a part at a time, each as wide as those before it.
    left, widths, is_first = iter(rows), [0] * len(header), True
    while (some := list(islice(left, _TABLE_ROWS))) or is_first:
        shown = Table(box=None, pad_edge=False, header_style="bold", show_header=is_first)
        for name, width in zip(header, widths, strict=True):
            shown.add_column(name, overflow="fold", min_width=width)
        for row in some:
            # Text, not markup: a note with [brackets] is shown as it was typed.
            shown.add_row(*(Text(printable(cell)) for cell in row))
        console = Console(highlight=False)
        console.print(shown)
        if len(some) < _TABLE_ROWS:
            return
        widest = (max(cell_len(printable(cell)) for cell in column) for column in zip(header, *some, strict=True))
        widths = [min(max(pair), console.width // len(header)) for pair in zip(widths, widest, strict=True)]
        is_first = False


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


@contextmanager
def progress() -> Iterator[Progress]:
    """How far long work has got: one line on standard error, rewritten, gone at the end.

    Nothing when standard error is no terminal, or when the work is over within :data:`PATIENCE`. After that the line
    comes up by itself, also in the midst of one long step; a step of 0 says that it goes on, not how far it is.
    """
    if not sys.stderr.isatty():
        yield lambda _what, _done, _of: None
        return
    line = _Line()
    timer = threading.Timer(PATIENCE, line.show)
    timer.daemon = True
    timer.start()
    try:
        yield line.tell
    finally:
        timer.cancel()
        line.close()


class _Line:
    """The line that tells how far work has got, once it is time to show it."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._told: tuple[str, int, int] | None = None
        #: When the step that is told now began.
        self._since = self._begun
        self._shown: bars.Progress | None = None
        self._is_over = False
        self._lock = threading.RLock()

    def tell(self, what: str, done: int, of: int) -> None:
        """Remember how far it is, and show it when patience is over."""
        with self._lock:
            if self._told is None or self._told[0] != what or done < self._told[1]:
                self._since = time.monotonic()
            self._told = (what, done, of)
            if self._shown is not None or time.monotonic() - self._begun >= PATIENCE:
                self.show()

    def show(self) -> None:
        """Show what was told last."""
        with self._lock:
            if self._told is None or self._is_over:
                return
            what, done, of = self._told
            words, total = printable(what), of or None
            left = _left(time.monotonic() - self._since, done, of)
            said: dict[str, Any] = {"so_far": f"{done:,}/{of:,}" if of else "", "left": left}
            if self._shown is None:
                self._shown = _bar()
                self._shown.add_task(words, total=total, completed=done, **said)
                self._shown.start()
            else:
                self._shown.update(self._shown.task_ids[0], description=words, total=total, completed=done, **said)

    def close(self) -> None:
        """Take the line away."""
        with self._lock:
            self._is_over = True
            if self._shown is not None:
                self._shown.stop()


def _left(seconds: float, done: int, of: int) -> str:
    """How long the rest of a step takes if it goes on as it has for these seconds; empty while that is not known."""
    if not 0 < done < of or seconds < PATIENCE:
        return ""
    left = seconds / done * (of - done)
    return f"about {left:.0f} s left" if left < 100 else f"about {left / 60:.0f} min left"


def _bar() -> bars.Progress:
    from rich import progress as bars
    from rich.console import Console

    # Text, not markup: the name of a site is shown as it was typed.
    words, so_far = (bars.TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[so_far]}"))
    columns = (words, bars.BarColumn(bar_width=20), so_far, bars.TextColumn("{task.fields[left]}", markup=False))
    # What goes to a file must not be taken for what is shown above the line.
    is_screen = sys.stdout.isatty()
    return bars.Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=is_screen)


def listing(records: Records, vocabulary: Vocabulary) -> None:
    """Records as a table of two columns; when piped, nine plain columns a script can cut."""
    if sys.stdout.isatty():
        rows = ((record.id or "", f"{record.date} · {in_short(record, vocabulary)}") for record in records)
        table(("id", "date · what"), rows)
        return
    table((), (_plain_row(*values) for values in _values_of(records, _LISTED)))


_LISTED = (
    *("id", "date", "site", "outcome", "platform", "platform_name", "activity", "basis", "method"),
    *("count_min", "count", "count_max"),
)


def _values_of(records: Records, names: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    """Some fields of each record; of a selection no record is made."""
    if not isinstance(records, Selection):
        return map(attrgetter(*names), records)
    tables = records.tables(names)
    return (row for rows in tables for row in zip(*map(bulkfile.values, rows.columns), strict=True))


def _plain_row(
    identifier: str | None,
    date: str,
    site: str,
    outcome: str,
    platform: str | None,
    name: str | None,
    activity: str | None,
    basis: str,
    method: str,
    *count: int | None,
) -> tuple[str, ...]:
    what = (outcome, platform or "", name or "", counted(*count), activity or "", f"{basis}/{method}")
    return (identifier or "", date, site, *what)


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
    measured = dimensions.sentence(vars(record), vocabulary)
    if measured:
        properties["measured"] = measured
    for name in ("earliest", "latest"):
        properties.pop(name)
    rows: list[tuple[str, str]] = []
    for name, value in properties.items():
        rows += [
            (name if i == 0 else "", _text(item))
            for i, item in enumerate(value if isinstance(value, list) else [value])
        ]
    table(("field", "value"), [*rows, ("file", where)])


def changed(before: Observation, after: Observation) -> None:
    """Which fields of a record changed, old and new, and where it stands now."""
    if after.revision == before.revision:
        click.echo(f"{after.id}: nothing changed.")
        return
    click.secho(f"{after.id}: revision {after.revision}, in observations/{after.year}.geojson", bold=True)
    differences(d for d in custody.differences(before.to_feature(), after.to_feature()) if d.field not in _COUNTERS)


def differences(found: Iterable[Difference], *, is_first: bool = False, indent: str = "  ") -> None:
    """Fields with their wording before and after, a line each; of lists, what was added and what was taken out.

    ``is_first``: the record is told whole, with the fields it has.
    """
    for field, before, after in found:
        empty = "not given" if field == "position" else "empty"
        if is_first:
            if after is not None:
                say(f"{field}: {_wording(after)}", indent=indent)
        elif isinstance(before, list) and isinstance(after, list):
            gone, new = ([_wording(i) for i in x if i not in y] for x, y in ((before, after), (after, before)))
            said = [f"{what} {'; '.join(items)}" for what, items in (("without", gone), ("with", new)) if items]
            say(f"{field}: {', '.join(said) or 'in another order'}", indent=indent)
        else:
            old, new_ = (empty if value is None else _wording(value) for value in (before, after))
            say(f"{field}: {old} → {new_}", indent=indent)


def _wording(value: Any) -> str:
    """The value of a field as a reader can take it in."""
    if isinstance(value, list):
        return "; ".join(_wording(item) for item in value)
    if isinstance(value, dict) and "coordinates" not in value:
        return ", ".join(f"{key} {_wording(item)}" for key, item in value.items())
    return value if isinstance(value, str) else orjson.dumps(value).decode()


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


# --- the evidence of one pair -------------------------------------------------------------------------------

#: Width of the evidence, whatever the screen: it is pasted into notes and letters.
_WIDTH = 80
_COLUMNS = "{:<10} {:<9} {:>5} {:>6} {:>6}  "


def why_not_compared(record: Observation, episode: Episode | None, vocabulary: Vocabulary) -> str:
    """Why a record takes no part in the comparison; empty when it does.

    Args:
        record: the record asked about.
        episode: the episode that holds it, if one does.
        vocabulary: says what is never matched.
    """
    if episode is not None:
        if episode.year is not None:
            return ""
        reason = f"the visit {episode.id} may have begun on either side of New Year, so it belongs to no one year"
    elif record.status == "withdrawn":
        reason = "it was withdrawn"
    elif record.outcome == "not-seen":
        reason = "it is a look that found nothing, and only what was seen can repeat"
    elif record.outcome == "cannot-tell":
        reason = "the look could not tell, and only what was seen can repeat"
    elif record.context:
        reason = "it is background"
    elif record.aggregate:
        reason = "it is a total over several things or days, not one visit"
    elif not record.platform:
        reason = "it is not said what was seen"
    elif not episodes.may_match(record, vocabulary):
        label = vocabulary.label(record.platform)
        reason = f"{label} is shown, never matched, as all cargo, people and facilities are"
    elif record.method not in LOOK_METHODS:
        reason = f"{record.method} gives no image, and only optical and radar looks are compared"
    else:
        reason = "it belongs to no episode"
    return f"{record.id} is not compared: {reason}."


def evidence_as_json(comparison: Comparison, pair: Pair, vocabulary: Vocabulary) -> dict[str, Any]:
    """All the evidence of one pair as plain data; what is assumed stands apart from what was counted."""
    assume = comparison.assumptions
    return {
        "compared": True,
        "match": _is_match(comparison, pair),
        "said": _sentence(comparison, pair, vocabulary),
        "verdict": _verdict(comparison, pair),
        "baseline": pair.baseline.id,
        "current": pair.current.id,
        "sites": list(comparison.scope),
        "finding": pair.finding,
        "terms": [term._asdict() for term in pair.terms],
        "bits": pair.bits,
        "assumed": {
            "prior": assume.repeat_share,
            # As words: a probability that rests on assumptions is never given closer to certainty than this.
            "posterior": evidence.posterior_text(pair.posterior),
            "least_bits": evidence.least_bits(len(comparison.baseline), assume),
            "kappa": assume.kappa,
            "sizes": [size._asdict() for size in comparison.sizes],
        },
    }


def evidence_in_words(comparison: Comparison, pair: Pair, vocabulary: Vocabulary) -> str:
    """All the evidence of one pair, 80 columns wide: a sentence, the factors, their sum, and what is assumed."""
    # Needed here alone: every command loads this module.
    from resight import scale

    assume, number = comparison.assumptions, len(comparison.baseline)
    lines = [*_wrapped(_sentence(comparison, pair, vocabulary)), *_wrapped(_verdict(comparison, pair)), ""]
    lines += [_COLUMNS.format("factor", "", "m", "u", "bits") + "why"]
    for term in pair.terms:
        why = f"{term.why}; {term.caveat}" if term.caveat else term.why
        head = _COLUMNS.format(term.factor, term.agreement, _share(term.m), _share(term.u), _signed(term.bits))
        lines += _wrapped(why, first=head)
    strength = scale.in_words(pair.bits, comparison.assumed)
    lines += _wrapped(strength, first=_COLUMNS.format("sum", "", "", "", _signed(pair.bits)))
    lines += [""]
    lines += _wrapped(
        "m: how often the factor agrees where a thing truly repeats (assumed); u: how often it agrees by chance "
        "(counted on file, steadied by the sizes below); bits: what that is worth."
    )
    then = years_text(sorted({e.year for e in comparison.baseline if e.year}))
    sites = ", ".join(comparison.scope)
    lines += ["", "Assumed, not counted:"]
    assumed = (
        f"prior: {assume.repeat_share:g} of this year's visits repeat one of {then}",
        f"posterior: {evidence.posterior_text(pair.posterior)}, among {number} of {then} at {sites}",
        f"least bits to be assigned: {_signed(evidence.least_bits(number, assume))}",
        *(f"{size.of}: {size.size} ({size.source})" for size in comparison.sizes),
    )
    for item in assumed:
        lines += _wrapped(item, first="  ", rest="    ")
    return "\n".join(lines)


def _is_match(comparison: Comparison, pair: Pair) -> bool:
    return any(_ends(match) == _ends(pair) for match in comparison.matches)


def _ends(pair: Pair) -> tuple[str, str]:
    return pair.baseline.id, pair.current.id


def _sentence(comparison: Comparison, pair: Pair, vocabulary: Vocabulary) -> str:
    """What is held against what, and on which grounds; no bits and no probability."""
    now = f"{pair.current.id} ({evidence.described(pair.current, vocabulary)})"
    if _is_match(comparison, pair):
        return f"{now} {evidence.headline(pair, vocabulary)}."
    then = f"{pair.baseline.id} ({evidence.described(pair.baseline, vocabulary)})"
    return f"{now} does not match {then}: {evidence.grounds(pair)}."


def _verdict(comparison: Comparison, pair: Pair) -> str:
    """Is it a match; if not, at which step it falls."""
    if _is_match(comparison, pair):
        return "This is a match."
    if pair.bits <= evidence.least_bits(len(comparison.baseline), comparison.assumptions):
        return "This is no match: the evidence is too weak to be assigned."
    for match in comparison.matches:
        if match.current.id == pair.current.id:
            return f"This is no match: {match.current.id} is assigned to {match.baseline.id}, one to one."
        if match.baseline.id == pair.baseline.id:
            return f"This is no match: {match.baseline.id} is assigned to {match.current.id}, one to one."
    if pair.is_other:
        return "This is no match: the two are known to differ in type or class."
    return "This is no match: others fit as well, and none stands out."


def _wrapped(text: str, *, first: str = "", rest: str | None = None) -> list[str]:
    import textwrap

    return textwrap.wrap(
        printable(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_on_hyphens=False,
    )


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.2f}" if share >= 0.01 else f"{share:.4f}"


def _signed(bits: float) -> str:
    """Bits with a true minus, and no sign on nothing."""
    text = f"{bits:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text.replace("-", "−")
