"""The pattern-similarity report as a file: findings laid out as an HTML page, Markdown, JSON or CSV.

What is said was decided in :mod:`resight.findings`, of very many records in :mod:`resight.survey`; here it is only
written down. The templates escape everything they are given, the page holds no script and loads nothing, and the same
findings give the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from resight import ledger
from resight.findings import Findings

if TYPE_CHECKING:
    from resight.survey import Survey


def to_html(findings: Findings | Survey) -> str:
    """The report as one self-contained HTML page."""
    return _environment(_printable).get_template(f"{_template(findings)}.html").render(report=findings)


def _template(findings: Findings | Survey) -> str:
    return "report" if isinstance(findings, Findings) else "survey"


def to_markdown(findings: Findings | Survey) -> str:
    """The report as CommonMark with tables: the sentences and numbers of the page, without its figures.

    Free text comes out as text: whatever could be markup in it is escaped.
    """
    environment = _environment(lambda value: value if isinstance(value, Markup) else Markup(as_markdown(str(value))))
    environment.filters["address"] = lambda url: Markup(_as_address(url))
    text = environment.get_template(f"{_template(findings)}.md").render(report=findings)
    # Macros leave empty lines behind; one is as good as several.
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def to_json(findings: Findings | Survey) -> str:
    """The numbers of the report as JSON: bits, bounds, shifts, p, record ids.

    A posterior is the text that is printed, never closer to certainty; what is not testable has no ``p``. Of a survey
    there are the numbers of the sites and of the matches that are told, not those of every episode.
    """
    said: dict[str, Any] = {
        "title": findings.title,
        "year": findings.year,
        "baseline_years": findings.baseline_years,
        "up_to": findings.up_to,
        "running": findings.running,
        "digest": findings.digest,
        "version": findings.version,
        "conditions": findings.conditions,
        **(
            {"changes": findings.changes and findings.changes.numbers}
            if isinstance(findings, Findings)
            else {"digest_of": findings.digest_of, "about": findings.about}
        ),
        "lead": findings.lead,
        "bottom_line": {part.title: [point._asdict() for point in part.points] for part in findings.bottom_line},
        **(_numbers(findings) if isinstance(findings, Findings) else findings.numbers),
    }
    return json.dumps(said, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _numbers(findings: Findings) -> dict[str, Any]:
    return {
        "groups": findings.groups,
        "episodes": findings.ledger,
        "candidates": findings.candidates,
        "undetermined": findings.undetermined,
        "effort": findings.effort,
        "assumed": findings.assumed,
    }


def to_csv(findings: Findings) -> str:
    """Every episode of both sides as one row, see :mod:`resight.ledger`; RFC 4180, UTF-8, lines ending in CR LF.

    Bits are numbers with two decimals, p has two digits; empty where there are none. Text that a spreadsheet would take
    for a formula has an apostrophe before it. What narrows the report (it is for the public, say) stands in a last
    column, in every row: a row is soon taken out of its file.
    """
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    conditions = [cell(" ".join(findings.conditions))] if findings.conditions else []
    rows.writerow([*ledger.COLUMNS, *(["conditions"] if conditions else [])])
    rows.writerows(
        [*(cell(line[column], _DIGITS.get(column, ".2f")) for column in ledger.COLUMNS), *conditions]
        for line in findings.ledger
    )
    return written.getvalue()


def _environment(finalize: Callable[[Any], Any]) -> Environment:
    """Templates whose every value goes through ``finalize`` and then, unless it is markup by then, is escaped."""
    return Environment(
        loader=PackageLoader("resight"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )


#: Control characters, and those that turn the direction of the text after them.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _printable(value: Any) -> Any:
    """Everything the page prints goes through here, before it is escaped."""
    if isinstance(value, Markup):
        return value
    return _UNSEEN.sub("", value) if isinstance(value, str) else value


#: What CommonMark or its tables could take for markup anywhere in a line.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~$]|&(?=#?\w+;)")
#: What begins a list, a heading's underline or a quotation where it stands first.
_BLOCK = re.compile(r"^(?:[-+](?=[\s-]|$)|=|\d{1,9}(?=[.)](?:\s|$)))")


def as_markdown(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    flat = " ".join(_UNSEEN.sub("", text).split())
    escaped = _MARKUP.sub(r"\\\g<0>", flat).replace("://", r"\://").replace("@", r"\@").replace("www.", r"www\.")
    start = _BLOCK.match(escaped)
    if not start:
        return escaped
    # A number cannot be escaped, the dot after it can.
    at = start.end() if start[0].isdigit() else 0
    return f"{escaped[:at]}\\{escaped[at:]}"


def _as_address(url: str) -> str:
    """A web address between angle brackets: what would end it there is percent-encoded."""
    return re.sub(r"[\s<>\\`|\"]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url)


#: What spreadsheets take for the start of a formula, also in its wide forms.
_FORMULA = tuple("=+-@＝＋－＠")


#: A p of two decimals might read 0.
_DIGITS = {"p": ".2g", "adjusted_p": ".2g"}


def cell(value: Any, digits: str = ".2f") -> str:
    """A value as a cell of CSV: on one line, and nothing that a spreadsheet would run."""
    if value is None:
        return ""
    if isinstance(value, float):
        text = f"{value:{digits}}"
        return "0.00" if text == "-0.00" else text
    text = str(value)
    # Looked at before blanks are tidied: a tab or a line break may start a formula, too.
    is_formula = text.lstrip().startswith(_FORMULA) or text[:1] in ("\t", "\r", "\n")
    tidy = " ".join(_UNSEEN.sub("", text).split())
    return f"'{tidy}" if isinstance(value, str) and (is_formula or tidy.startswith(_FORMULA)) else tidy
