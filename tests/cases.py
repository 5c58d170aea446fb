"""Records, sites and words that the tests of the report share, and what is found of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from resight import comparison, findings, vocabulary
from resight.changes import Changes
from resight.comparison import Repeats
from resight.errors import Problem
from resight.findings import Findings
from resight.observation import Observation, Site, build
from resight.previews import Preview
from resight.wording import Progress

VOCABULARY = vocabulary.from_toml("""
[platforms.ship]
label = "ship"
[platforms.landing-ship]
label = "landing ship"
parent = "ship"
children = { size = 3, source = "assumed" }
[platforms.ropucha-class]
label = "Ropucha class"
parent = "landing-ship"
individuals = { size = 12, source = "a register of hulls" }
[platforms.tapir-class]
label = "Tapir class"
parent = "landing-ship"
[platforms.cargo-ship]
label = "cargo ship"
parent = "ship"
[platforms.aircraft]
label = "aircraft"
[platforms.il-76]
label = "Il-76"
parent = "transport-aircraft"
[platforms.transport-aircraft]
label = "transport aircraft"
parent = "aircraft"
[platforms.cargo]
label = "cargo"
matched = false
[platforms.containers]
label = "containers"
parent = "cargo"
[activities.docked]
label = "docked"
[activities.loading]
label = "loading"
[inferred_activities.troop-transfer]
label = "troop transfer"
[likelihood.likely]
word = "likely"
low_pct = 55
high_pct = 80
[catalogue]
kinds = { size = 4, source = "assumed" }
activities = { size = 10, source = "assumed" }
""")


def a_site(identifier: str, *, watched: bool = True, **more: Any) -> Site:
    known = {"timezone": "Asia/Vladivostok", "point": (132.3 + 0.1 * len(identifier), 42.9)}
    return build(Site, {"id": identifier, "name": identifier.title(), "watched": watched, **known, **more})


SITES: Mapping[str, Site] = {
    site.id: site
    for site in (
        a_site("dunay"),
        a_site("nakhodka"),
        a_site("sunan", residents=[{"platform": "il-76", "operator": "Air Koryo", "count": 3}]),
        a_site("rajin", watched=False),
    )
}


def a_record(identifier: str, **more: Any) -> Observation:
    """A published sighting; site and day come from its id (``dunay-2025-05-18-…``) unless given."""
    site, rest = identifier.split("-", 1)
    day = re.match(r"\d{4}(-\d{2}){0,2}", rest)
    values = {"id": identifier, "site": site, "date": day[0] if day else "2025", "basis": "published"}
    return build(Observation, {**values, "platform": "ropucha-class", "logged_at": "2026-01-01T00:00:00Z", **more})


def compared(records: Sequence[Observation], sites: Mapping[str, Site] = SITES, **more: Any) -> Repeats:
    years = {"year": 2025, "baseline_years": [2024], **more}
    return comparison.repeats(records, vocabulary=VOCABULARY, sites=sites, **years)


def findings_of(
    records: Sequence[Observation],
    sites: Mapping[str, Site] = SITES,
    problems: Sequence[Problem] = (),
    up_to: str = "2026-01-01T00:00:00Z",
    conditions: Sequence[str] = (),
    changes: Changes | None = None,
    progress: Progress | None = None,
    preview: Callable[[Observation], Preview] | None = None,
    **more: Any,
) -> Findings:
    return findings.of(
        records,
        compared(records, sites, **more),
        sites=sites,
        vocabulary=VOCABULARY,
        digest="sha256:0123",
        up_to=up_to,
        problems=problems,
        conditions=conditions,
        changes=changes,
        progress=progress,
        preview=preview,
    )


def looks_of(site: str, year: int, number: int, seen: int, platform: str = "ropucha-class") -> list[Observation]:
    """So many own looks, a week apart, the first ones with a sighting."""
    found = []
    for i in range(number):
        day = date(year, 1, 1) + timedelta(days=7 * i)
        outcome = "seen" if i < seen else "not-seen"
        what = {"platform": platform} if i < seen else {"platform": None}
        found.append(a_record(f"{site}-{day}-{outcome}", basis="own", outcome=outcome, **what))
    return found


ROPUCHA = [
    a_record("dunay-2024-ropucha-class", hedge="believed", hedge_on="inferred_activity",
             inferred_activity="troop-transfer"),
    a_record("dunay-2025-05-18-ropucha-class", activity="docked"),
]  # fmt: skip
TAPIR = a_record(
    "dunay-2024-10-17-tapir-class",
    platform="tapir-class",
    platform_name="Nikolay Vilkov",
    count=1,
    hedge="believed",
    hedge_on="platform_name",
    activity="docked",
)
SAME_HULL = [
    a_record(f"dunay-{day}-ropucha-class", platform_name="Oslyabya", count=1) for day in ("2024-05-10", "2025-05-18")
]


#: What a stranger may write into any free field.
HOSTILE = (
    "{{ 7*7 }}{% x %}{# 1 </script><script>alert(1)</script><img src=x onerror=alert(1)> ${evil} \"' \u202etxt\x00"
)
