"""``resight verify``, ``adopt`` and ``history``: the chain of custody of a logbook."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resight.errors import PROBLEMS_FOUND, InvalidValue, Problem
from resight.shell import command, finish, is_interactive, open_logbook

if TYPE_CHECKING:
    from resight.custody import Agreement, Difference, Finding, Mark, Outside, Step
    from resight.logbook import Logbook
    from resight.stamps import Stamp

#: Findings, and lines after a published digest, that are told on a terminal; --json has all.
_SHOWN = 20
#: Fields whose values are not told where a confidential source may be among them.
_WITHHELD = "withheld, for a source in it is confidential"


@command()
@click.option(
    "--head", metavar="DIGEST", help="Say whether this published digest is in the chain, and what came after."
)
@click.option(
    "--token",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="A time stamp (RFC 3161) over a head: keep it in observations/stamps if its digest is in the chain.",
)
@click.option("--json", "as_json", is_flag=True, help="All that was found as JSON.")
def verify(head: str | None, token: Path | None, as_json: bool) -> None:
    """Prove that nothing was changed outside the log; exit 0 when the chain is unbroken, 1 when not.

    Follows the journal line by line, holds the year files and every image against it, and prints the head: whoever
    knows that digest can tell later whether the history before it is still the same. Nothing is repaired, and nothing
    but a time stamp is written. A time stamp is asked for, and its signature checked, with openssl:

    \b
      openssl ts -query -digest HEAD -sha256 -cert -out head.tsq
      (send head.tsq to an authority, which answers with head.tsr)
      resight verify --token head.tsr
      openssl ts -verify -digest HEAD -in head.tsr -CAfile AUTHORITY.pem

    \b
    Examples:
      resight verify
      resight verify --head 5f2c…
    """
    from resight import terminal

    book = open_logbook()
    wanted = None if head is None else _digest(head)
    agreed = book.verify()
    published = [_published(book, agreed, wanted, "the digest given")] if wanted else []
    stamped, problems = _stamped(book, agreed, token)
    found = [finding.problem for finding in agreed.findings]
    broken = [*problems, *(one["problem"] for one in (*published, *stamped) if one["problem"])]
    is_unbroken = agreed.is_unbroken and not broken
    if as_json:
        terminal.dump(_as_json(agreed, published, stamped, is_unbroken, broken))
    else:
        _say_findings(agreed.findings)
        terminal.problems(broken, err=False)
        _say_agreement(agreed, [*found, *broken], is_unbroken)
        for one in (*published, *stamped):
            _say_published(one)
    if not is_unbroken:
        click.get_current_context().exit(PROBLEMS_FOUND)


def _digest(text: str) -> str:
    digest = "".join(text.split()).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        what = f"{text!r} is not a digest"
        raise InvalidValue("head", text, what, allowed="the 64 hexadecimal digits that `resight verify` prints")
    return digest


def _published(book: Logbook, agreed: Agreement, digest: str, whose: str) -> dict[str, Any]:
    """Where a digest stands in the chain, and what came after it."""
    line = agreed.chain.line_of(digest)
    if line is None:
        what = f"{whose} is that of no line: this is another journal, or what came before was written anew since"
        return {"digest": digest, "problem": Problem("error", what, "observations/journal.jsonl"), "after": []}
    after = agreed.chain.after(line)
    mark, *later = book.marks([line, *after], first=line)
    return {"digest": digest, "problem": None, "mark": mark, "after": later}


def _stamped(book: Logbook, agreed: Agreement, token: Path | None) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The time stamps kept, and the one given, which is kept if it fits."""
    from resight import stamps

    found: list[dict[str, Any]] = []
    problems: list[Problem] = []

    def one(name: str, stamp: Stamp) -> dict[str, Any]:
        return {**_published(book, agreed, stamp.digest, f"the digest of {name}"), "stamp": stamp, "name": name}

    if token is not None:
        data = token.read_bytes()
        stamp = stamps.read(data, token.name)
        given = one(token.name, stamp)
        if given["problem"]:
            return [given], []
        stamps.keep(book.folder, data, stamp)
    for name, data in stamps.kept(book.folder):
        try:
            found.append(one(name, stamps.read(data, name)))
        except InvalidValue as error:
            problems.append(Problem("error", error.what, name, mend="put it back from a copy, or take it out"))
    return found, problems


def _say_findings(findings: Sequence[Finding]) -> None:
    from resight import terminal

    for problem, fields in findings[:_SHOWN]:
        terminal.problems([problem], err=False)
        terminal.differences(_told(fields))
    if len(findings) > _SHOWN:
        click.echo(f"… and {len(findings) - _SHOWN:,} more; --json has all.")


def _told(fields: Iterable[Difference]) -> list[Difference]:
    """The fields without what a confidential source says."""
    return [
        d._replace(before=_WITHHELD, after=_WITHHELD) if d.field == "sources" and _is_confidential(d) else d
        for d in fields
    ]


def _is_confidential(difference: Difference) -> bool:
    sources = [source for side in (difference.before, difference.after) if isinstance(side, list) for source in side]
    return any(not isinstance(source, dict) or source.get("confidential") for source in sources)


def _say_agreement(agreed: Agreement, found: Sequence[Problem], is_unbroken: bool) -> None:
    from resight import terminal
    from resight.wording import numbered

    chain = agreed.chain
    lines = f"Journal: {numbered(chain.lines, 'line')}" if chain.lines else "Journal: none yet"
    records, pictures = numbered(agreed.records, "record"), numbered(len(agreed.pictures), "image")
    click.echo(f"{lines}; {'year and bulk files' if chain.bulk else 'year files'}: {records}; {pictures}.")
    errors = sum(problem.level == "error" for problem in found)
    click.echo("Unbroken." if is_unbroken else f"Broken: {numbered(errors, 'error')}.")
    for mark in chain.heads:
        terminal.say(f"Head: {mark.digest}")
        terminal.say(_at(mark), indent="  ")
    for name, digest in agreed.seeds.items():
        terminal.say(f"Not under the journal: {name}, SHA-256")
        terminal.say(digest, indent="  ")


def _at(mark: Mark) -> str:
    return f"line {mark.line}, {mark.time}, {mark.command} {mark.id}"


def _say_published(one: dict[str, Any]) -> None:
    from resight import dates, terminal
    from resight.wording import numbered

    if one["problem"]:
        return
    stamp, later = one.get("stamp"), one["after"]
    if stamp:
        terminal.say(f"Time stamp {one['name']}: over {_at(one['mark'])}, there at {dates.utc_text(stamp.time)}")
        command = stamp.to_verify.replace("FILE", one["name"])
        terminal.say(f"signature not checked here: {command}", indent="  ")
    else:
        terminal.say(f"In the chain: {_at(one['mark'])}")
    terminal.say(f"{numbered(len(later), 'line')} came after it" + (":" if later and not stamp else "."), indent="  ")
    if not stamp:
        for mark in later[:_SHOWN]:
            terminal.say(_at(mark), indent="  ")
        if len(later) > _SHOWN:
            terminal.say(f"… and {len(later) - _SHOWN:,} more; --json has all.", indent="  ")


def _as_json(
    agreed: Agreement,
    published: Sequence[dict[str, Any]],
    stamped: Sequence[dict[str, Any]],
    is_unbroken: bool,
    broken: Sequence[Problem],
) -> dict[str, Any]:
    from resight import dates

    def where(one: dict[str, Any]) -> dict[str, Any]:
        mark = one.get("mark")
        said = {
            "digest": one["digest"],
            "in_chain": mark is not None,
            "line": mark.line if mark else None,
            "after": [later._asdict() for later in one["after"]],
        }
        if "stamp" in one:
            said |= {"file": one["name"], "time": dates.utc_text(one["stamp"].time), "signature_checked": False}
        return said

    return {
        "unbroken": is_unbroken,
        "lines": agreed.chain.lines,
        "heads": [mark._asdict() for mark in agreed.chain.heads],
        "records": agreed.records,
        "images": len(agreed.pictures),
        "not_under_the_journal": dict(agreed.seeds),
        "findings": [
            {**problem._asdict(), "fields": [d._asdict() for d in _told(fields)]}
            for problem, fields in (*agreed.findings, *((problem, ()) for problem in broken))
        ],
        "head": where(published[0]) if published else None,
        "stamps": [where(one) for one in stamped],
    }


@command()
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option("--why", required=True, help="The reason; the journal keeps it.")
@click.option("--by", help="Who takes it in (default: RESIGHT_ANALYST).")
@click.option("--yes", is_flag=True, help="Do not ask.")
def adopt(identifiers: tuple[str, ...], why: str, by: str | None, yes: bool) -> None:
    """Take in what was changed outside the log, as lines of the journal that say so.

    Shows each record with what is different, and asks. A record that was changed or added by hand stays as it is; one
    that was taken out comes back as a withdrawn record, for none is ever deleted (`amend ID --status draft` revives
    it). What is wrong with the journal itself this cannot mend.

    \b
    Examples:
      resight adopt --why 'berths corrected in QGIS'
      resight adopt dunay-2025-05-18-ropucha-class --why 'typing error' --yes
    """
    from resight import terminal
    from resight.wording import numbered

    analyst = by or os.environ.get("RESIGHT_ANALYST")
    if not analyst:
        what = "is missing: the journal says who took a change in"
        raise InvalidValue("by", None, what, allowed="--by NAME, or RESIGHT_ANALYST", example="--by 'A. Analyst'")
    book = open_logbook()
    problems: list[Problem] = []
    there = {one.id: one for one in book.outside(problems)}
    for identifier in identifiers:
        if identifier not in there:
            book.find(identifier)
            terminal.say(f"{identifier} is as the journal has it.")
    chosen = [there[i] for i in dict.fromkeys(identifiers) if i in there] if identifiers else list(there.values())
    for one in chosen:
        _say_outside(one)
    number = numbered(len(chosen), "record")
    if chosen and not yes:
        if not is_interactive():
            raise click.UsageError(f"nobody is here to be asked: --yes takes in {number} as shown; nothing was written")
        if not click.confirm(f"Take in {number}?"):
            click.echo("Nothing was written.")
            return
    done = book.adopt(chosen, why=why, by=analyst)
    click.echo(f"{numbered(len(done), 'record')} taken in." if done else "Nothing to take in.")
    taken_in = {record.id for record in done}
    finish([problem for problem in problems if problem.id not in taken_in])


def _say_outside(one: Outside) -> None:
    from resight import custody, terminal

    if one.today is None:
        click.secho(terminal.printable(f"{one.id}: taken out of the year files; it comes back as withdrawn"), bold=True)
        return
    is_new = one.logged is None
    was = "no line of the journal speaks of it" if is_new else "changed outside the log"
    click.secho(terminal.printable(f"{one.id}: {was}"), bold=True)
    if one.logged is not None:
        terminal.differences(custody.differences(one.logged.to_feature(), one.today.to_feature()))


@command()
@click.argument("identifier", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The steps as JSON.")
def history(identifier: str, as_json: bool) -> None:
    """Who changed a record, when and with which command, oldest first.

    Of each step the fields, before → after. What was done outside the log stands between, as far as the journal gives
    it away. Confidential sources are shown, as in `resight show`.

    \b
    Example:
      resight history dunay-2025-05-18-ropucha-class
    """
    from resight import terminal

    book = open_logbook()
    steps = book.history(identifier)
    if as_json:
        terminal.dump([{**step._asdict(), "fields": [d._asdict() for d in step.fields]} for step in steps])
    else:
        for step, headline in zip(steps, _headlines(steps), strict=True):
            terminal.say(headline)
            terminal.differences(step.fields, is_first=step.is_first)
            if not (step.fields or step.why) and step.command:
                click.echo("  no field of it changed")
    finish(book.repairs)


def _headlines(steps: Sequence[Step]) -> Iterable[str]:
    last = ""
    for step in steps:
        if step.command:
            who = f" by {step.analyst}" if step.analyst else ""
            why = f": {step.why}" if step.why else ""
            what = "what was done outside the log" if step.command == "adopt" else ""
            yield f"{step.time} {step.command}{' of ' if what else ''}{what}{who} (line {step.line}){why}"
        elif step.why.startswith("published"):
            yield step.why[0].upper() + step.why[1:]
        else:
            bounds = [f"after {last}"] if last else []
            bounds += [f"before {step.time}"] if step.time else []
            known = f" ({' and '.join(bounds)})" if bounds else ""
            yield f"Outside the log, by whom and when is not known{known}: {step.why}"
        last = step.time or last
