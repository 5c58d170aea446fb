"""The overview of all sites as plain data: a card for each, and the boxes on the map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from resight import basemap as base
from resight import dates, flatmap
from resight.columns import Columns
from resight.comparison import Repeats
from resight.observation import Site
from resight.pagedata import badge, facts, fineprint, signs
from resight.phrases import EFFORT_KNOWN, EFFORT_UNKNOWN, NO_COAST, WORDS
from resight.summary import Summary, bottom_line, findings, likeness, summaries
from resight.vocabulary import Vocabulary
from resight.wording import Data, years_text

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

#: Towns named on the overview.
TOWNS = 16


def overview_page(
    frame: GeoDataFrame,
    *,
    sites: Mapping[str, Site],
    repeats: Repeats,
    vocabulary: Vocabulary,
    basemap: Mapping[str, base.Layer],
    digest: str,
    up_to: str,
    report_href: str | None,
    pages: Mapping[str, str],
) -> Data:
    """Everything the overview shows."""
    of_all = summaries(Columns(frame, repeats), sites)
    now, then = str(repeats.year), years_text(repeats.baseline_years)
    basemap = base.beside(basemap, flatmap.middle(site.point[0] for site in sites.values()))
    window = base.widest_window(basemap)
    with_records = [site for site in sites.values() if of_all[site.id].total]
    if window and with_records and not any(_is_inside(window, site) for site in with_records):
        # The packaged map is of another part of the world: the sites with records alone, on plain ground.
        basemap, window = {}, None
        sites = {site.id: site for site in with_records}
    # Where a map that crosses the antimeridian is cut, no site is torn from its neighbours.
    beside = (window[0] + window[2]) / 2 if window else flatmap.middle(site.point[0] for site in sites.values())
    places = {site.id: flatmap.place(site.point, beside) for site in sites.values()}
    drawn, credits = base.within(basemap, window)
    # The sites carry their names; the largest towns are enough to know where one is.
    drawn["place"] = drawn["place"][:TOWNS]
    ordered = sorted(sites.values(), key=lambda site: (not site.watched, not of_all[site.id].total, site.name))
    inside = [site for site in ordered if window is None or _is_inside(window, site)]
    outside = [site.name for site in ordered if site not in inside]
    silent = [site for site in ordered if not site.watched and not of_all[site.id].total]
    watched = repeats.watched
    lead = (
        "At the watched sites: " + likeness(watched.matches, len(watched.current), now, then)
        if watched.current
        else f"No sighting of {now} at the watched sites that can be compared with {then}."
    )
    asides = [EFFORT_KNOWN if any(s.effort_known for s in of_all.values()) else EFFORT_UNKNOWN]
    if outside:
        asides.append(f"Outside this map: {', '.join(outside)}.")
    return {
        "kind": "overview",
        "title": "Sites and sightings",
        "names": [],
        "lead": lead,
        "findings": [],
        "asides": asides,
        "facts": facts(now, then, digest, up_to),
        "about": [],
        "report": report_href,
        "map": {
            "window": window,
            "view": base.box_around(places[site.id] for site in inside) if inside else window,
            "missing": None if window else NO_COAST,
            "fineprint": fineprint(
                credits, window, beyond=any(abs(site.point[1]) > flatmap.LAST_LATITUDE for site in inside)
            ),
            "base": drawn,
            "periods": [],
            "badges": [badge(s, of_all[s.id], now, then, beside=beside, href=pages.get(s.id)) for s in inside],
        },
        "legend": [*signs(now, then), ["badge", "bold frame: watched site; thin frame: another site"]],
        "cards": [
            _card(site, of_all[site.id], repeats, vocabulary, now, then, pages.get(site.id))
            for site in ordered
            if site not in silent
        ],
        "silent": f"On the register, nothing logged: {', '.join(site.name for site in silent)}." if silent else "",
        "credits": credits,
        "words": WORDS,
    }


def _is_inside(window: base.Box, site: Site) -> bool:
    place = flatmap.place(site.point, (window[0] + window[2]) / 2)
    return base.covers(window, (*place, *place))


def _card(
    site: Site, summary: Summary, repeats: Repeats, vocabulary: Vocabulary, now: str, then: str, href: str | None
) -> Data:
    lines = []
    if summary.total:
        lines = [
            [f"Sightings of {now}", str(summary.counts["seen", "now"])],
            [f"Sightings of {then}", str(summary.counts["seen", "then"])],
            ["Looks that found nothing", str(summary.number("nothing"))],
            ["Absences reported over a period", str(summary.number("absent"))],
            ["Looks that could not tell", str(summary.number("unclear"))],
            ["How often anyone looked", "known in part" if summary.effort_known else "not known"],
            ["Last image", dates.in_words(summary.last_look[1]) if summary.last_look else "none"],
        ]
    return {
        "name": site.name,
        "watched": "watched" if site.watched else "",
        "href": href,
        "lead": bottom_line(site, summary, repeats, now, then),
        "findings": findings(site, repeats, vocabulary),
        "lines": lines,
    }
