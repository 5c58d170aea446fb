"""The page of one site as plain data: its records in words, its marks, its years, its neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resight import basemap as base
from resight import geodesy, strip
from resight.columns import Columns, coded
from resight.comparison import Repeats
from resight.observation import Site, positions
from resight.pagedata import badge, facts, fineprint, signs
from resight.phrases import (
    CAPTIONS,
    COLUMNS,
    EFFORT_KNOWN,
    EFFORT_UNKNOWN,
    KINDS,
    NO_COAST,
    OF_OTHERS,
    OTHER_YEARS,
    WORDS,
)
from resight.summary import Summary, bottom_line, findings, summaries
from resight.telling import Telling
from resight.vocabulary import Vocabulary
from resight.wording import (
    NOT_PROOF,
    NOT_STATED,
    Data,
    years_text,
)

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

#: Sites up to this far away are brought into the first view of a site's map when they have records.
NEAR_M = 30_000.0


def site_page(
    frame: GeoDataFrame,
    site: Site,
    *,
    sites: Mapping[str, Site],
    repeats: Repeats,
    vocabulary: Vocabulary,
    basemap: Mapping[str, base.Layer],
    digest: str,
    up_to: str,
) -> Data:
    """Everything a site's page shows."""
    every = Columns(frame, repeats)
    of_all = summaries(every, sites)
    here = every.at(site.id)
    now, then = str(repeats.year), years_text(repeats.baseline_years)
    told = Telling(here, repeats, vocabulary)
    centres = here.centres()
    around = _surroundings(site)
    window = base.finest_window(basemap, around)
    neighbours = [
        other
        for other in sites.values()
        if other.id != site.id and of_all[other.id].total and _in_window(other, window, site)
    ]
    near = [other for other in neighbours if geodesy.distance_m(site.point, other.point) <= NEAR_M]
    placed = list(here.reach())
    view = base.box_around([(around[0], around[1]), (around[2], around[3]), *(o.point for o in near), *placed])
    drawn, credits = base.within(basemap, window, runways=view)
    summary = of_all[site.id]
    return {
        "kind": "site",
        "title": site.name,
        "names": _other_names(site),
        "lead": bottom_line(site, summary, repeats, now, then),
        "findings": findings(site, repeats, vocabulary),
        "asides": _asides(site, summary, sites, of_all, told.left_out(), now, then),
        "facts": facts(now, then, digest, up_to),
        "about": _about(site, sites, vocabulary),
        "map": {
            "window": window,
            "view": view,
            "missing": None if window else NO_COAST,
            "fineprint": fineprint(credits, window),
            "base": drawn,
            "site": {
                "at": site.point,
                "uncertainty_m": site.coordinate_uncertainty_m,
                "footprint": _rings(site.footprint),
            },
            "badges": [
                badge(site, summary, now, then, own=True, unplaced=here.placed.count(False)),
                *(badge(o, of_all[o.id], now, then, where=_where(o, site)) for o in neighbours),
            ],
            "periods": sorted(
                {period for period, is_placed in zip(here["period"], here.placed, strict=True) if is_placed}
            ),
        },
        "legend": _legend(site, now, then, drawn, placed=bool(placed), neighbours=bool(neighbours)),
        "groups": [
            {"key": "now", "title": now, "role": "the year under study"},
            {"key": "then", "title": then, "role": "compared against"},
            {"key": "other", "title": OTHER_YEARS, "role": "not compared"},
        ],
        "records": {
            **told.columns(),
            "at": centres,
            "uncertainty": coded(here["location_uncertainty_m"]),
            "shapes": here.drawn(),
        },
        "time": strip.of(here, site.id, repeats=repeats, vocabulary=vocabulary, up_to=up_to),
        "columns": COLUMNS,
        "of_others": OF_OTHERS,
        "kinds": KINDS,
        "captions": CAPTIONS,
        "empty": f"Nothing is logged for {site.name} in this period. {NOT_PROOF}",
        "credits": credits,
        "words": WORDS,
    }


def _surroundings(site: Site) -> base.Box:
    """A box around the site's point, its uncertainty and its footprint."""
    lon, lat = site.point
    reach = site.coordinate_uncertainty_m or 1000.0
    # Degrees that reach so far north and east of here, measured on a hundredth of a degree.
    # At a pole a hundredth of a degree east is no way at all, and there is no further north.
    inward = lat - 0.01 if lat > 0 else lat + 0.01
    north, east = (
        min(reach * 0.01 / max(geodesy.distance_m(site.point, other), 1.0), 90.0)
        for other in ((lon, inward), (lon + 0.01, lat))
    )
    places = [(lon - east, max(lat - north, -90.0)), (lon + east, min(lat + north, 90.0))]
    if site.footprint:
        places += [(place[0], place[1]) for place in positions(site.footprint)]
    return base.box_around(places)


def _in_window(other: Site, window: base.Box | None, site: Site) -> bool:
    if window is None:
        return geodesy.distance_m(site.point, other.point) <= NEAR_M
    return base.covers(window, (*other.point, *other.point))


def _where(other: Site, site: Site) -> str:
    distance = geodesy.distance_m(site.point, other.point) / 1000
    return f"{distance:.0f} km {geodesy.compass(geodesy.bearing_deg(site.point, other.point))} of {site.name}"


def _rings(geometry: Mapping[str, Any] | None) -> list[list[list[float]]]:
    if geometry is None:
        return []
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [[[place[0], place[1]] for place in ring] for polygon in polygons for ring in polygon]


def _other_names(site: Site) -> list[list[str]]:
    """The first name in each language but English, with its language."""
    return [[language, names[0]] for language, names in site.names.items() if language != "en" and names]


def _asides(
    site: Site,
    summary: Summary,
    sites: Mapping[str, Site],
    of_all: Mapping[str, Summary],
    left_out: Counter[str],
    now: str,
    then: str,
) -> list[str]:
    """The sentences under the bottom line: what was not compared, how often anyone looked, who is next door."""
    said = []
    if left_out:
        reasons = ", ".join(f"{reason} ({number})" for reason, number in left_out.most_common())
        said.append(f"Shown but not compared: {reasons}.")
    if summary.total:
        said.append(EFFORT_KNOWN if summary.effort_known else EFFORT_UNKNOWN)
    else:
        others = [o for o in sites.values() if o.id != site.id and of_all[o.id].total]
        if others:
            nearest = min(others, key=lambda o: (geodesy.distance_m(site.point, o.point), o.id))
            there = of_all[nearest.id]
            said.append(
                f"The nearest site with records is {nearest.name}, {_where(nearest, site)}: "
                f"{there.on_file('now')} of {now}, {there.on_file('then')} of {then}. They are not counted here."
            )
    return said


def _about(site: Site, sites: Mapping[str, Site], vocabulary: Vocabulary) -> list[list[str]]:
    lon, lat = site.point
    place = f"{abs(lat):.4f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.4f}° {'E' if lon >= 0 else 'W'}"
    if site.coordinate_uncertainty_m:
        place += f", give or take {_metres(site.coordinate_uncertainty_m)}."
    said = [["Point", place, site.coordinate_note or ""]]
    if site.footprint_note:
        said.append(["Outline on the map", site.footprint_note])
    said.append(["Time zone", site.timezone])
    for resident in site.residents:
        number = f"{resident.count} × " if resident.count else ""
        said.append(
            [
                "Lives here",
                f"{number}{vocabulary.label(resident.platform)}, {resident.operator}.",
                resident.source or "",
            ]
        )
    for claim in site.claims:
        if claim.source and claim.source.confidential:
            continue
        other = sites.get(claim.from_site)
        by = claim.source.published_by or claim.source.title or "" if claim.source else ""
        measured = f"By the positions on file: {_where(site, other)}." if other else ""
        said.append(["Claimed", f"“{claim.text}”", f"({by})." if by else "", measured])
    return [[text for text in line if text] for line in said]


def _metres(metres: float) -> str:
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"


def _legend(
    site: Site, now: str, then: str, drawn: Mapping[str, Any], *, placed: bool, neighbours: bool
) -> list[list[str]]:
    said = [*signs(now, then), ["badge", f"{NOT_STATED}: counted in the site’s box, not pinned"]]
    if placed:
        said += [
            ["matched", "thick ring: resembles or repeats one of the other year"],
            ["link", "dashed line: joins the two"],
        ]
    if site.coordinate_uncertainty_m:
        said.append(
            ["uncertainty", f"the site’s point lies within {_metres(site.coordinate_uncertainty_m)} of the dot"]
        )
    if site.footprint:
        said.append(["footprint", site.footprint_note or "outline of the site"])
    if drawn["runway"]:
        said.append(["runway", "runway"])
    if neighbours:
        said.append(["neighbour", "another site: listed on its own page"])
    return said
