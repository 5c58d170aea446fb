"""The page of one site as plain data: its records in words, its marks, its years, its neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from resight import basemap as base
from resight import flatmap, geodesy, strip, thinning
from resight.columns import Columns, coded
from resight.comparison import Repeats
from resight.observation import Site, positions
from resight.pagedata import badge, facts, fineprint, on_badges, signs
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
from resight.study import Study
from resight.summary import HEADLINES, Summary, Tally, bottom_line, findings, survey
from resight.telling import Telling, left_out
from resight.vocabulary import Vocabulary
from resight.wording import (
    NOT_PROOF,
    NOT_STATED,
    Data,
    metres_text,
    position_text,
    years_text,
)

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

#: Sites up to this far away are brought into the first view of a site's map when they have records.
NEAR_M = 30_000.0


def site_page(frame: GeoDataFrame, site: Site, study: Study) -> Data:
    """Everything a site's page shows, of the records of a study."""
    sites, repeats, vocabulary = study.sites, study.repeats, study.vocabulary
    every = Columns(frame, repeats)
    known = study.survey or survey(every, sites, repeats)
    of_all = known.on_file
    crowd = study.crowd
    # All records of the site are counted, and of a crowd the most important are told.
    all_here = every.at(site.id) if crowd is None else Columns(crowd.frame, repeats).at(site.id)
    here = all_here if crowd is None else every.at(site.id)
    if len(here) > thinning.MOST and crowd is None:
        here = Columns(here.frame.iloc[thinning.kept(here, _matched(repeats), thinning.MOST)], repeats)
    now, then = str(repeats.year), years_text(repeats.baseline_years)
    told = Telling(here, repeats, vocabulary)
    here_lon = site.point[0]
    shapes = here.drawn(here_lon)
    centres = here.centres(shapes, here_lon)
    basemap = base.beside(study.basemap, here_lon)
    around = surroundings(site)
    window = base.finest_window(basemap, around)
    neighbours = [
        other
        for other in sites.values()
        if other.id != site.id and of_all[other.id].total and _in_window(other, window, site)
    ]
    near = [other for other in neighbours if geodesy.distance_m(site.point, other.point) <= NEAR_M]
    placed: list[Sequence[float]] = [place for _, shape in shapes for place in positions(shape)]
    placed += [
        (lon, lat) for lon, lat in zip(centres[::2], centres[1::2], strict=True) if lon is not None and lat is not None
    ]
    nearby = [flatmap.place(other.point, here_lon) for other in near]
    view = base.box_around([(around[0], around[1]), (around[2], around[3]), *nearby, *placed])
    beyond = _is_beyond(site.point) or any(all_here.beyond)
    drawn, credits = base.within(basemap, window, runways=view)
    drawn["place"] = [place for place in drawn["place"] if not _is_site(place, site)]
    summary, of_records = of_all[site.id], told.columns()
    found = findings(site, repeats, vocabulary)
    more = len(found) - HEADLINES
    not_compared = left_out(all_here, told.episodes if crowd is None else crowd.compared, vocabulary)
    tally = known.of([site.id])
    asides = _asides(site, summary, tally, sites, of_all, not_compared, now, then)
    if len(here) < len(all_here):
        asides.insert(0, _thinned(site, len(here), len(all_here), now, then))
    badges = [
        badge(site, summary, now, then, beside=here_lon, own=True, unplaced=all_here.placed.count(False)),
        *(badge(o, of_all[o.id], now, then, beside=here_lon, where=_where(o, site)) for o in neighbours),
    ]
    return {
        "kind": "site",
        "title": site.name,
        "names": _other_names(site),
        "lead": bottom_line(site, summary, tally, now, then),
        "findings": found[:HEADLINES],
        "more": f"{more:,} more: see the table below." if more > 0 else "",
        "asides": [*study.conditions, *asides],
        "facts": facts(now, then, study.digest, study.up_to),
        "about": _about(site, sites, vocabulary),
        "map": {
            "window": window,
            "view": view,
            "missing": None if window else NO_COAST,
            "fineprint": fineprint(credits, window, beyond=beyond),
            "base": drawn,
            "site": {
                "at": flatmap.place(site.point, here_lon),
                "uncertainty_m": None if _is_beyond(site.point) else site.coordinate_uncertainty_m,
                "footprint": _rings(site),
            },
            "badges": badges,
            "periods": sorted(
                {period for period, is_placed in zip(here["period"], here.placed, strict=True) if is_placed}
            ),
        },
        "legend": [
            *signs(now, then, on_badges(badges) | set(of_records["columns"]["glyph"]["are"])),
            *_legend_of_records(here, told.scored(), shapes),
            *_legend_of_site(site, all_here, drawn, neighbours=bool(neighbours)),
        ],
        "groups": [
            {"key": "now", "title": now, "role": "the year under study"},
            {"key": "then", "title": then, "role": "compared against"},
            {"key": "other", "title": OTHER_YEARS, "role": "not compared"},
        ],
        "records": {
            **of_records,
            "at": centres,
            # A circle of metres cannot be drawn on the edge of the map for a thing that lies beyond it.
            "uncertainty": coded(
                None if is_beyond else reach
                for is_beyond, reach in zip(here.beyond, here["location_uncertainty_m"], strict=True)
            ),
            "shapes": shapes,
        },
        "time": strip.of(all_here, site.id, repeats=repeats, vocabulary=vocabulary, up_to=study.up_to),
        "columns": COLUMNS,
        "of_others": OF_OTHERS,
        "kinds": KINDS,
        "captions": CAPTIONS,
        "empty": f"Nothing is logged for {site.name} in this period. {NOT_PROOF}",
        "credits": credits,
        "words": WORDS,
    }


def surroundings(site: Site) -> base.Box:
    """A box around the site's point, its uncertainty and its footprint, as a flat map draws them."""
    lon, lat = flatmap.place(site.point, site.point[0])
    reach = site.coordinate_uncertainty_m or 1000.0
    # Degrees that reach so far north and east of here, measured on a hundredth of a degree towards the equator.
    inward = lat - 0.01 if lat > 0 else lat + 0.01
    north, east = (
        min(reach * 0.01 / geodesy.distance_m((lon, lat), other), 90.0) for other in ((lon, inward), (lon + 0.01, lat))
    )
    places = [(lon - east, flatmap.on_map(lat - north)), (lon + east, flatmap.on_map(lat + north))]
    if site.footprint:
        places += [(place[0], place[1]) for place in positions(flatmap.geometry(site.footprint, lon))]
    return base.box_around(places)


def _matched(repeats: Repeats) -> set[str]:
    """The ids of the records that match one of the other year, or are a candidate for it."""
    pairs = (*repeats.matches, *repeats.candidates)
    return {s.id or "" for pair in pairs for episode in (pair.baseline, pair.current) for s in episode.sightings}


def _thinned(site: Site, shown: int, of: int, now: str, then: str) -> str:
    """What a page of a crowd leaves out."""
    return (
        f"Of {of:,} records here {shown:,} are shown: all that resemble or repeat one of the other year, then "
        f"sightings of {now} and {then}, named ones first, then the rest; what does not fit whole is taken evenly over "
        f"the days. The counts are of all of them, and `resight list --site {site.id}` has every one."
    )


def _is_site(place: Mapping[str, Any], site: Site) -> bool:
    """Is a town of the basemap the site itself, whose box names it already?"""
    reach = site.coordinate_uncertainty_m or 1000.0
    return place["name"] in site.all_names and geodesy.distance_m(place["at"], site.point) <= reach


def _in_window(other: Site, window: base.Box | None, site: Site) -> bool:
    if window is None:
        return geodesy.distance_m(site.point, other.point) <= NEAR_M
    place = flatmap.place(other.point, site.point[0])
    return base.covers(window, (*place, *place))


def _where(other: Site, site: Site) -> str:
    distance = geodesy.distance_m(site.point, other.point) / 1000
    return f"{distance:.0f} km {geodesy.compass(geodesy.bearing_deg(site.point, other.point))} of {site.name}"


def _rings(site: Site) -> list[list[list[float]]]:
    if site.footprint is None:
        return []
    drawn = flatmap.geometry(site.footprint, site.point[0])
    polygons = [drawn["coordinates"]] if drawn["type"] == "Polygon" else drawn["coordinates"]
    return [[[place[0], place[1]] for place in ring] for polygon in polygons for ring in polygon]


def _is_beyond(position: Sequence[float]) -> bool:
    return flatmap.on_map(position[1]) != position[1]


def _other_names(site: Site) -> list[list[str]]:
    """The first name in each language but English, with its language."""
    return [[language, names[0]] for language, names in site.names.items() if language != "en" and names]


def _asides(
    site: Site,
    summary: Summary,
    tally: Tally,
    sites: Mapping[str, Site],
    of_all: Mapping[str, Summary],
    not_compared: Counter[str],
    now: str,
    then: str,
) -> list[str]:
    """The sentences under the bottom line: what was not compared, how often anyone looked, who is next door."""
    said = []
    compared, visits = tally.sightings, tally.current + tally.baseline
    if compared > visits:
        said.append(f"Records of one visit are compared as one sighting: {compared:,} records, {visits:,} sightings.")
    if not_compared:
        reasons = ", ".join(f"{reason} ({number:,})" for reason, number in not_compared.most_common())
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
    place = position_text(site.point)
    if site.coordinate_uncertainty_m:
        place += f", give or take {metres_text(site.coordinate_uncertainty_m)}."
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


def _legend_of_records(here: Columns, matched: Sequence[Data], shapes: Sequence[Sequence[Any]]) -> list[list[str]]:
    """What is drawn at and between the signs of records, as far as any is."""
    said = []
    if matched:
        said.append(["matched", "thick outline: resembles or repeats one of the other year"])
    if any(match["linked"] for match in matched):
        said.append(["link", "dashed line: joins the two"])
    reaches = zip(here.placed, here.beyond, here["location_uncertainty_m"], strict=True)
    if any(placed and reach and not beyond for placed, beyond, reach in reaches):
        said.append(["reach", "what was seen lies within this circle"])
    if shapes:
        said.append(["drawn", "outline or line that the record gives"])
    return said


def _legend_of_site(site: Site, here: Columns, drawn: Mapping[str, Any], *, neighbours: bool) -> list[list[str]]:
    """What is drawn of the site itself and around it."""
    is_unplaced = not all(here.placed)
    said = [["badge", f"{NOT_STATED}: counted in the site’s box, not pinned" if is_unplaced else "this site"]]
    if site.coordinate_uncertainty_m and not _is_beyond(site.point):
        said.append(
            ["uncertainty", f"the site’s point lies within {metres_text(site.coordinate_uncertainty_m)} of the dot"]
        )
    if site.footprint:
        said.append(["footprint", site.footprint_note or "outline of the site"])
    if drawn["runway"]:
        said.append(["runway", "runway"])
    if neighbours:
        said.append(["neighbour", "another site: listed on its own page"])
    return said
