"""What a map page says, as plain data: records and repeats in words for a reader; no folium, no HTML, no files.

Apart from ``maps`` because it is another noun: here is decided *what* is said, there how it becomes a page. Every
value is text, a number or a list of them, so that it can travel as JSON; a list of strings is text whose parts come
from different hands, and the page isolates each of them (a name written right to left cannot turn its neighbours).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Day
from typing import TYPE_CHECKING, Any

from resight import basemap as base
from resight import dates, evidence, geodesy, strip
from resight.comparison import Repeats
from resight.evidence import Pair
from resight.observation import LOOK_METHODS, Site, positions
from resight.tiles import Tiles
from resight.vocabulary import Vocabulary
from resight.wording import (
    NOT_PROOF,
    NOT_STATED,
    OUTCOMES,
    Data,
    Row,
    Wording,
    numbered,
    period_of,
    rows,
    sign_of,
    years_text,
)

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

#: The periods a page tells apart: the year under study, the years it is compared with, everything else.
PERIODS = ("now", "then", "other")
#: Sites up to this far away are brought into the first view of a site's map when they have records.
NEAR_M = 30_000.0
#: Towns named on the overview.
TOWNS = 16

EFFORT_UNKNOWN = (
    "How often anyone looked is not known: images are published because they show something, "
    "and looks that found nothing are rarely published."
)
EFFORT_KNOWN = "Some looks here are our own, or of a source that states them all, so looks that found nothing count."
NO_COAST = "No coastline detail packaged for this place."
COAST_ACCURACY = "Coast from OpenStreetMap, good to about ±55 m: a harbour overview, not a berth."
OUTSIDE = "Plain grey: outside the packaged map; nothing is drawn there."

#: Fields of a record (see :class:`resight.wording.Wording`) that are columns of the page's table, where any has one.
COLUMNS = (
    "Activity",
    "Taken to mean",
    "Likelihood",
    "Analytic confidence",
    "Source’s own doubt",
    "Operator",
    "Count",
    "Berth",
    "Known by",
)
#: What a record's glyph says, as a cell of the table.
KINDS = {
    **dict.fromkeys(PERIODS, "seen"),
    "nothing": "looked, found nothing",
    "absent": "reported absent over a period",
    "unclear": "could not tell",
    "background": "total or background",
}

#: Labels that the page script writes itself.
WORDS = {
    "records": "Records",
    "map": "Map",
    "legend": "How to read the map",
    "sites": "Sites",
    "about": "About this place",
    "why": "Why: the evidence in bits",
    "total": "Sum",
    "note": "Note",
    "sources": "Sources",
    "no_source": "no source given",
    "withheld": "withheld: confidential",
    "close": "Close",
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "open_page": "Open the page of",
    "report": "Pattern similarity report",
    "data": "Data",
    "not_pinned": "The sources give no position for these, so they are listed here and not pinned.",
    "to_record": "Go to the record",
    "go_to": "Go to",
    "strip": "When: the years over each other",
    "strip_label": "Timeline; all of it stands in the table below as well. Records by year:",
    "strip_help": "A bar is as long as the date is vague, a tick is a look at an image. Arrow keys walk, Enter opens.",
    "not_drawn": "In the table but not drawn here, being of other years or across a New Year",
    "nothing_logged": "nothing logged",
    "on_file": "on file",
    "of": "of",
    "search": "Search",
    "tiles": "Show online map tiles",
    "to": "to",
    "ways": "Lay the years over each other",
    "range": "Days shown on map, strip and table",
    "from": "From",
    "until": "Until",
    "shown": "Shown",
    "whole": "Show the whole period",
    "whole_period": "the whole period",
    "table": "All records in a table",
    "column_when": "When",
    "column_what": "What",
    "column_result": "Result",
    "column_match": "Resembles or repeats",
    "column_position": "Position",
    "column_sources": "Sources",
    "column_record": "Record",
    "position_given": "on the map",
    "position_not_given": NOT_STATED,
    "show_on_map": "show on the map",
    "no_rows": "No record passes the filters.",
    "rows_shown": "records shown",
    "more_rows": "Show more rows; not shown yet",
    "more_in_table": "More, in the table below",
    "copy": "Copy for a spreadsheet",
    "copied": "Rows copied",
    "map_help": "The list below the map holds everything the map shows. Tab moves between marks, Enter opens one.",
}


@dataclass(slots=True)
class Summary:
    """What is on file for one site."""

    #: Records by sign (see :func:`resight.wording.sign_of`) and period.
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    effort_known: bool = False
    last_look: tuple[Day, str] | None = None

    def add(self, row: Row, period: str) -> None:
        """Count one record."""
        self.counts[sign_of(row), period] += 1
        if row["method"] in LOOK_METHODS and row["outcome"] != "cannot-tell" and not row["aggregate"]:
            self.effort_known |= strip.is_counted_look(row)
            if self.last_look is None or row["latest"] > self.last_look[0]:
                self.last_look = row["latest"], dates.in_words(row["date"])

    def number(self, sign: str) -> int:
        """Records of one sign in the two compared periods."""
        return self.counts[sign, "now"] + self.counts[sign, "then"]

    def on_file(self, period: str) -> int:
        """Records of one period."""
        return sum(number for (_, when), number in self.counts.items() if when == period)

    @property
    def total(self) -> int:
        """Records of all periods."""
        return self.counts.total()


def summaries(all_rows: Iterable[Row], repeats: Repeats, sites: Mapping[str, Site]) -> dict[str, Summary]:
    """What is on file for every site of the register."""
    found = {id_: Summary() for id_ in sites}
    for row in all_rows:
        found.setdefault(row["site"], Summary()).add(row, period_of(row, repeats))
    return found


# --- one site -------------------------------------------------------------------------------------------------


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
    every = rows(frame)
    of_all = summaries(every, repeats, sites)
    here = sorted((row for row in every if row["site"] == site.id), key=lambda r: (r["earliest"], r["latest"], r["id"]))
    now, then = str(repeats.year), years_text(repeats.baseline_years)
    told = Wording({row["id"] for row in here}, repeats, vocabulary)
    records: dict[str, list[Data]] = {period: [] for period in PERIODS}
    marks: list[Data] = []
    left_out: Counter[str] = Counter()
    for row in here:
        period = period_of(row, repeats)
        days = [strip.counted(row["earliest"]), strip.counted(row["latest"])]
        record = {**told.record(row, period), "days": days, "look": strip.is_look(row)}
        records[period].append(record)
        if period != "other" and told.left_out(row):
            left_out[told.left_out(row)] += 1
        if row["geometry"]:
            marks.append(_mark(row, record, period))
    around = _surroundings(site)
    window = base.finest_window(basemap, around)
    neighbours = [
        other
        for other in sites.values()
        if other.id != site.id and of_all[other.id].total and _in_window(other, window, site)
    ]
    near = [other for other in neighbours if geodesy.distance_m(site.point, other.point) <= NEAR_M]
    placed = [place for row in here if row["geometry"] for place in positions(row["geometry"])]
    view = base.box_around([(around[0], around[1]), (around[2], around[3]), *(o.point for o in near), *placed])
    drawn, credits = base.within(basemap, window, runways=view)
    summary = of_all[site.id]
    return {
        "kind": "site",
        "title": site.name,
        "names": _other_names(site),
        "lead": _bottom_line(site, summary, repeats, now, then),
        "findings": _findings(site, repeats, vocabulary),
        "asides": _asides(site, summary, sites, of_all, left_out, now, then),
        "facts": _facts(now, then, digest, up_to),
        "about": _about(site, sites, vocabulary),
        "map": {
            "window": window,
            "view": view,
            "missing": None if window else NO_COAST,
            "fineprint": _fineprint(credits, window),
            "base": drawn,
            "site": {
                "at": site.point,
                "uncertainty_m": site.coordinate_uncertainty_m,
                "footprint": _rings(site.footprint),
            },
            "badges": [
                _badge(site, summary, now, then, own=True, listing=_short(records, now, then)),
                *(_badge(o, of_all[o.id], now, then, where=_where(o, site)) for o in neighbours),
            ],
            "marks": marks,
        },
        "legend": _legend(site, now, then, drawn, placed=bool(placed), neighbours=bool(neighbours)),
        "groups": [
            {"key": "now", "title": now, "role": "the year under study", "records": records["now"]},
            {"key": "then", "title": then, "role": "compared against", "records": records["then"]},
            {
                "key": "other",
                "title": "Other years, and dates that cross a New Year",
                "role": "not compared",
                "records": records["other"],
            },
        ],
        "time": strip.of(here, site.id, repeats=repeats, vocabulary=vocabulary, up_to=up_to),
        "columns": COLUMNS,
        "kinds": KINDS,
        "empty": f"Nothing is logged for {site.name} in this period. {NOT_PROOF}",
        "credits": credits,
        "words": WORDS,
    }


def tiles_offered(tiles: Tiles) -> Data:
    """Online tiles as a page offers them, with what a reader must know before asking for one."""
    return {
        "template": tiles.template,
        "warning": f"Off until you press it. Your browser then asks {tiles.host} for every piece of the map you "
        "look at: whoever runs it learns which place is being watched, when, and from which address.",
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


def _bottom_line(site: Site, summary: Summary, repeats: Repeats, now: str, then: str) -> str:
    if not summary.total:
        return f"Nothing is logged for {site.name} itself. {NOT_PROOF}"
    for period, here, there in (("now", now, then), ("then", then, now)):
        if not summary.on_file(period):
            other = "then" if period == "now" else "now"
            number = summary.on_file(other)
            if number:
                return f"Nothing is logged here for {here}; {there} has {numbered(number, 'record')}. {NOT_PROOF}"
            return f"Nothing is logged here for {now} or {then}. {NOT_PROOF}"
    current = [e for c in repeats.comparisons for e in c.current if e.site == site.id]
    baseline = [e for c in repeats.comparisons for e in c.baseline if e.site == site.id]
    if not current:
        return f"No sighting of {now} that can be compared with {then}."
    if not baseline:
        return f"{numbered(len(current), 'sighting')} of {now}; {then} has none that can be compared."
    return _likeness([p for p in repeats.matches if p.current.site == site.id], len(current), now, then)


def _likeness(matches: Sequence[Pair], of: int, now: str, then: str) -> str:
    """``1 of 2 sightings of 2025 resembles one of 2024.``"""
    same = [pair for pair in matches if evidence.verb(pair) == "repeats"]
    alike = len(matches) - len(same)
    start = f"of {numbered(of, 'sighting')} of {now}"
    said = []
    if alike or not same:
        said.append(f"{alike} {start} {'resembles' if alike == 1 else 'resemble'} one of {then}")
    if same:
        which = "it" if said else start
        verb = "repeats" if len(same) == 1 else "repeat"
        said.append(f"{len(same)} {'more ' if said else which + ' '}{verb} one of {then} (same hull or tail number)")
    return "; ".join(said) + "."


def _findings(site: Site, repeats: Repeats, vocabulary: Vocabulary) -> list[Data]:
    """What resembles or repeats what at a site, with the grounds: the page's message in one sentence a match."""
    return [
        {
            "now": evidence.described(pair.current, vocabulary),
            "now_id": pair.current.id,
            "verb": evidence.verb(pair),
            "then": evidence.described(pair.baseline, vocabulary),
            "then_id": pair.baseline.id,
            "grounds": evidence.grounds(pair),
        }
        for pair in repeats.matches
        if pair.current.site == site.id
    ]


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


def _facts(now: str, then: str, digest: str, up_to: str) -> list[list[str]]:
    """Label, value, and the value in full where it is shortened."""
    day = dates.in_words(up_to[:10]) if up_to[10:11] == "T" else up_to
    return [
        ["Compared", f"{now} with {then}", ""],
        ["Logged up to", day, up_to],
        ["Digest of the data", digest.removeprefix("sha256:")[:12], digest],
    ]


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


def _fineprint(credits: Sequence[str], window: base.Box | None) -> list[str]:
    said = [COAST_ACCURACY] if any("OpenStreetMap" in credit for credit in credits) else []
    return [*said, OUTSIDE] if window else said


# --- badges and marks -----------------------------------------------------------------------------------------


def _badge(
    site: Site,
    summary: Summary,
    now: str,
    then: str,
    *,
    own: bool = False,
    listing: Sequence[Data] = (),
    where: str = "",
    href: str | None = None,
) -> Data:
    """The box that stands for the records of a site without being a pin for any of them."""
    hidden = sum(len(part["records"]) for part in listing)
    unplaced = "" if not hidden else NOT_STATED if hidden == summary.total else f"{NOT_STATED} for {hidden}"
    return {
        "name": site.name,
        # "Sunan (Pyongyang International Airport)" is Sunan on the map.
        "short": site.name.partition(" (")[0],
        "at": site.point,
        "own": own,
        "watched": site.watched,
        "counts": _counts(summary, now, then),
        "caption": "" if summary.total else "nothing logged",
        "where": where,
        "href": href,
        "unplaced": unplaced,
        "listing": list(listing),
    }


def _counts(summary: Summary, now: str, then: str) -> list[list[str]]:
    """Glyph, number, and the same in words."""
    said = []
    for period, year in (("now", now), ("then", then)):
        seen = summary.counts["seen", period]
        said.append([period, str(seen), f"{numbered(seen, 'sighting')} of {year}"])
    for sign, one, many in (
        ("nothing", "look that found nothing", "looks that found nothing"),
        ("absent", "absence reported over a period", "absences reported over a period"),
        ("unclear", "look that could not tell", "looks that could not tell"),
        ("background", "total or background", "totals or background"),
    ):
        if summary.number(sign):
            said.append([sign, str(summary.number(sign)), numbered(summary.number(sign), one, many)])
    return said


def _short(records: Mapping[str, Sequence[Data]], now: str, then: str) -> list[Data]:
    """The records without a position, for the box that opens at the site's badge."""
    return [
        {
            "title": title,
            "records": [
                {"id": r["id"], "glyph": r["glyph"], "when": r["when"], "what": r["what"]}
                for r in records[period]
                if r["unplaced"]
            ],
        }
        for period, title in (("now", now), ("then", then), ("other", "Other years"))
        if any(r["unplaced"] for r in records[period])
    ]


def _mark(row: Row, record: Data, period: str) -> Data:
    return {
        "id": row["id"],
        "period": period,
        "outcome": OUTCOMES.get(row["outcome"], ""),
        "matched": [match["to"] for match in record["matches"]],
        "geometry": row["geometry"],
        "uncertainty_m": row["location_uncertainty_m"],
    }


def _legend(
    site: Site, now: str, then: str, drawn: Mapping[str, Any], *, placed: bool, neighbours: bool
) -> list[list[str]]:
    said = [
        ["now", f"seen in {now}"],
        ["then", f"seen in {then}"],
        ["nothing", "looked, found nothing"],
        ["absent", "reported absent over a period, number of looks not known"],
        ["unclear", "looked, could not tell (cloud)"],
        ["background", "total or background: not compared"],
        ["badge", f"{NOT_STATED}: counted in the site’s box, not pinned"],
    ]
    if placed:
        said += [
            ["matched", "black ring: resembles or repeats one of the other year"],
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


# --- all sites ------------------------------------------------------------------------------------------------


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
    of_all = summaries(rows(frame), repeats, sites)
    now, then = str(repeats.year), years_text(repeats.baseline_years)
    window = base.widest_window(basemap)
    with_records = [site for site in sites.values() if of_all[site.id].total]
    if window and with_records and not any(base.covers(window, (*s.point, *s.point)) for s in with_records):
        # The packaged map is of another part of the world: the sites with records alone, on plain ground.
        basemap, window = {}, None
        sites = {site.id: site for site in with_records}
    drawn, credits = base.within(basemap, window)
    # The sites carry their names; the largest towns are enough to know where one is.
    drawn["place"] = drawn["place"][:TOWNS]
    ordered = sorted(sites.values(), key=lambda site: (not site.watched, not of_all[site.id].total, site.name))
    inside = [site for site in ordered if window is None or base.covers(window, (*site.point, *site.point))]
    outside = [site.name for site in ordered if site not in inside]
    silent = [site for site in ordered if not site.watched and not of_all[site.id].total]
    watched = repeats.watched
    lead = (
        "At the watched sites: " + _likeness(watched.matches, len(watched.current), now, then)
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
        "facts": _facts(now, then, digest, up_to),
        "about": [],
        "report": report_href,
        "map": {
            "window": window,
            "view": base.box_around(site.point for site in inside) if inside else window,
            "missing": None if window else NO_COAST,
            "fineprint": _fineprint(credits, window),
            "base": drawn,
            "badges": [_badge(s, of_all[s.id], now, then, href=pages.get(s.id)) for s in inside],
            "marks": [],
        },
        "legend": [
            ["now", f"seen in {now}"],
            ["then", f"seen in {then}"],
            ["nothing", "looked, found nothing"],
            ["absent", "reported absent over a period, number of looks not known"],
            ["unclear", "looked, could not tell (cloud)"],
            ["background", "total or background: not compared"],
            ["badge", "bold frame: watched site; thin frame: another site"],
        ],
        "cards": [
            _card(site, of_all[site.id], repeats, vocabulary, now, then, pages.get(site.id))
            for site in ordered
            if site not in silent
        ],
        "silent": f"On the register, nothing logged: {', '.join(site.name for site in silent)}." if silent else "",
        "credits": credits,
        "words": WORDS,
    }


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
            ["Last image", summary.last_look[1] if summary.last_look else "none"],
        ]
    return {
        "name": site.name,
        "watched": "watched" if site.watched else "",
        "href": href,
        "lead": _bottom_line(site, summary, repeats, now, then),
        "findings": _findings(site, repeats, vocabulary),
        "lines": lines,
    }
