"""The pattern-similarity report as a file: findings laid out as an HTML page or as JSON.

What is said was decided in :mod:`resight.findings`; here it is only written down. The template escapes everything it is
given, the page holds no script and loads nothing, and the same findings give the same bytes.
"""

from __future__ import annotations

import json
import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from resight.findings import Findings


def to_html(findings: Findings) -> str:
    """The report as one self-contained HTML page."""
    environment = Environment(
        loader=PackageLoader("resight"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    return environment.get_template("report.html").render(report=findings)


def to_json(findings: Findings) -> str:
    """The numbers of the report as JSON: bits, bounds, shifts, p, record ids.

    A posterior is the text that is printed, never closer to certainty; what is not testable has no ``p``.
    """
    said = {
        "title": findings.title,
        "year": findings.year,
        "baseline_years": findings.baseline_years,
        "up_to": findings.up_to,
        "digest": findings.digest,
        "version": findings.version,
        "conditions": findings.conditions,
        "lead": findings.lead,
        "groups": findings.groups,
        "candidates": findings.candidates,
        "undetermined": findings.undetermined,
        "effort": findings.effort,
        "assumed": findings.assumed,
    }
    return json.dumps(said, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


#: Control characters, and those that turn the direction of the text after them.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _printable(value: Any) -> Any:
    """Everything the template prints goes through here, before it is escaped."""
    if isinstance(value, Markup):
        return value
    return _UNSEEN.sub("", value) if isinstance(value, str) else value
