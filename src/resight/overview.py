"""The overview of all sites as plain data: a card for each, and the boxes on the map."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from resight import basemap as base
from resight import dates, evidence, flatmap
from resight.columns import Columns
from resight.comparison import Repeats
from resight.links import Links
from resight.observation import Site
from resight.pagedata import badge, facts, fineprint, on_badges, signs, ways_on
from resight.phrases import EFFORT_KNOWN, EFFORT_UNKNOWN, ITS_REPORT, NO_COAST, PERIODS, SITE_PAGE, WORDS
from resight.study import Study
from resight.summary import HEADLINES, Summary, Survey, bottom_line, finding, findings, likeness, survey
from resight.vocabulary import Vocabulary
from resight.wording import NOT_PROOF, Data, numbered, years_text

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

#: Towns named on the overview.
TOWNS = 16
#: Matches named on a card.
ON_CARD = 3
PERIODS_COMPARED = PERIODS[:2]
OUTCOMES_IN_WORDS = {"seen": "found something", "not-seen": "found nothing", "cannot-tell": "could not tell"}


def overview_page(frame: GeoDataFrame, study: Study, links: Links) -> Data:
    """Everything the overview shows, of the records of a study and with what stands beside the page."""
    sites, repeats, vocabulary, basemap = study.sites, study.repeats, study.vocabulary, study.basemap
    known = study.survey or survey(Columns(frame, repeats), sites, repeats)
    of_all = known.on_file
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
    matches = {site: tally.matches for site, tally in known.compared.items() if tally.matches}
    ordered = sorted(
        sites.values(),
        key=lambda site: (not site.watched, site.id not in matches, not of_all[site.id].total, site.name),
    )
    inside = [site for site in ordered if window is None or _is_inside(window, site)]
    outside = [site.name for site in ordered if window is not None and not _is_inside(window, site)]
    silent = [site for site in ordered if not site.watched and not of_all[site.id].total]
    badges = [_badge(site, known, now, then, beside, links) for site in inside]
    named = _headlines(repeats, sites, vocabulary, links)
    more = sum(matches.values()) - len(named)
    asides = []
    if with_records:
        asides.append(EFFORT_KNOWN if any(s.effort_known for s in of_all.values()) else EFFORT_UNKNOWN)
    if outside:
        asides.append(f"Outside this map: {', '.join(outside)}.")
    return {
        "kind": "overview",
        "title": "Sites and sightings",
        "names": [],
        "lead": _lead(repeats.watched.scope, known, now, then),
        "findings": named,
        "more": f"{more:,} more at the sites below." if more else "",
        "asides": [*study.conditions, *asides],
        "facts": facts(now, then, study.digest, study.up_to),
        "about": [],
        "links": ways_on(links),
        "map": {
            "window": window,
            "view": base.box_around(places[site.id] for site in inside) if inside else window,
            "missing": None if window else NO_COAST,
            "fineprint": fineprint(
                credits, window, beyond=any(abs(site.point[1]) > flatmap.LAST_LATITUDE for site in inside)
            ),
            "base": drawn,
            "periods": [],
            "badges": badges,
        },
        "legend": [
            *signs(now, then, on_badges(badges)),
            *([["matched", f"of {now}, and resembles or repeats one of {then}"]] if named else []),
            ["badge", "bold frame: watched site; thin frame: another site"],
        ],
        "cards": [_card(site, known, repeats, vocabulary, now, then, links) for site in ordered if site not in silent],
        "silent": f"On the register, nothing logged: {', '.join(site.name for site in silent)}." if silent else "",
        "credits": credits,
        "words": WORDS,
    }


def _is_inside(window: base.Box, site: Site) -> bool:
    place = flatmap.place(site.point, (window[0] + window[2]) / 2)
    return base.covers(window, (*place, *place))


def _lead(watched: Collection[str], known: Survey, now: str, then: str) -> str:
    """How much of this year resembles or repeats the years before, the watched sites and all others apart."""
    of_all = known.on_file
    if not any(summary.total for summary in of_all.values()):
        return f"Nothing is logged yet. {NOT_PROOF}"
    if not any(summary.on_file(period) for summary in of_all.values() for period in PERIODS_COMPARED):
        return f"Nothing is logged for {now} or {then} at any site. {NOT_PROOF}"
    tally, elsewhere = known.of(watched), known.of(known.compared.keys() - set(watched))
    if not watched:
        said = "No site of the register is marked as watched."
    elif tally.current:
        said = "At the watched sites: " + likeness(tally, now, then)
    else:
        said = f"No sighting of {now} at the watched sites that can be compared with {then}."
    if elsewhere.matches or elsewhere.like:
        said += " At the others: " + likeness(elsewhere, now, then)
    return said


def _headlines(repeats: Repeats, sites: Mapping[str, Site], vocabulary: Vocabulary, links: Links) -> list[Data]:
    """What resembles or repeats what, and where, repeats first."""
    pairs = sorted(repeats.matches, key=lambda pair: evidence.verb(pair) != "repeats")
    return [
        {
            **finding(pair, vocabulary),
            "grounds": "",
            "where": sites[pair.current.site].name if pair.current.site in sites else pair.current.site,
            "href": links.pages.get(pair.current.site),
        }
        for pair in pairs[:HEADLINES]
    ]


def _badge(site: Site, known: Survey, now: str, then: str, beside: float, links: Links) -> Data:
    """The box of a site on the map, with what matches there first."""
    box = badge(site, known.on_file[site.id], now, then, beside=beside, href=links.pages.get(site.id))
    tally = known.of([site.id])
    if tally.matches:
        words = [word for word, number in (("repeats", tally.repeating), ("resembles", tally.resembling)) if number]
        verb = " or ".join(word.removesuffix("s") if tally.matches > 1 else word for word in words)
        number = tally.matches
        box["counts"].insert(0, ["matched", str(number), f"{number:,} of {now} {verb} one of {then}"])
    return box


def _card(
    site: Site, known: Survey, repeats: Repeats, vocabulary: Vocabulary, now: str, then: str, links: Links
) -> Data:
    page, report = links.pages.get(site.id), links.report_on(site.id)
    summary, tally = known.on_file[site.id], known.of([site.id])
    found = findings(site, repeats, vocabulary)[:ON_CARD]
    more = tally.matches - len(found)
    return {
        "name": site.name,
        "watched": "watched" if site.watched else "",
        "href": page,
        "lead": bottom_line(site, summary, tally, now, then),
        "findings": found,
        "more": f"{numbered(more, 'more match', 'more matches')} not named here." if more > 0 else "",
        "years": [list(year) for year in zip(PERIODS_COMPARED, (now, then), strict=True)],
        "counts": _counts(summary) if summary.total else [],
        "lines": [
            ["How often anyone looked", _effort(summary, now, then)],
            ["Last look of a known day", _last_look(summary)],
        ],
        "links": [
            *([[page, SITE_PAGE]] if page else []),
            # Only where the report has something on this site: a card is no place to send a reader from in vain.
            *([[report, ITS_REPORT]] if report and site.id in links.sections else []),
        ],
    }


def _counts(summary: Summary) -> list[list[str]]:
    """What is on file, and how many each compared period has of it; kinds that neither has are left out."""
    kinds = [("Sightings", [summary.counts["seen", period] for period in PERIODS_COMPARED])]
    # A look that found what is told as a total, or as background, found something and left no sighting.
    kinds.append(("Totals or background", [summary.counts["background", period] for period in PERIODS_COMPARED]))
    for outcome, words in OUTCOMES_IN_WORDS.items():
        kinds.append((f"Looked, {words}", [summary.looks_that(outcome, period) for period in PERIODS_COMPARED]))
    kinds.append(("Absence reported", [summary.counts["absent", period] for period in PERIODS_COMPARED]))
    return [[kind, *map(str, numbers)] for kind, numbers in kinds if kind == "Sightings" or any(numbers)]


def _effort(summary: Summary, now: str, then: str) -> str:
    """How often anyone looked in each compared period, as far as it is known."""
    said = {year: summary.looks_counted(period) for period, year in zip(PERIODS_COMPARED, (now, then), strict=True)}
    if not any(said.values()):
        return "not known"
    return "; ".join(f"{year}: {numbered(n, 'look') if n else 'not known'}" for year, n in said.items())


def _last_look(summary: Summary) -> str:
    if summary.last_look is None:
        return "none on file"
    _, date, outcome = summary.last_look
    return f"{dates.in_words(date)}, {OUTCOMES_IN_WORDS[outcome]}"
