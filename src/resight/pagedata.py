"""What every map page says, as plain data: the boxes of its sites, its facts and its fine print; no folium, no HTML.

Apart from ``maps`` because it is another noun: here is decided *what* is said, there how it becomes a page. Every
value is text, a number or a list of them, so that it can travel as JSON; a list of strings is text whose parts come
from different hands, and the page isolates each of them (a name written right to left cannot turn its neighbours).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from resight import basemap as base
from resight import dates, flatmap
from resight.links import Links
from resight.observation import Site
from resight.phrases import ALL_SITES, BEYOND, COAST_ACCURACY, IN_REPORT, OUTSIDE, PERIODS, REPORT
from resight.summary import Summary, counts_in_words
from resight.tiles import Tiles
from resight.wording import NOT_STATED, Data


def tiles_offered(tiles: Tiles) -> Data:
    """Online tiles as a page offers them, with what a reader must know before asking for one."""
    return {
        "template": tiles.template,
        "warning": f"Off until you press it. Your browser then asks {tiles.host} for every piece of the map you "
        "look at: whoever runs it learns which place is being watched, when, and from which address.",
    }


def ways_on(links: Links, site: Site | None = None) -> list[list[str]]:
    """Address and text of what stands beside a page: of a site's, or of the overview."""
    if site is None:
        return [[links.report, REPORT]] if links.report else []
    of_site = IN_REPORT if site.id in links.sections else REPORT
    ways = [(links.overview, ALL_SITES), (links.report_on(site.id), of_site)]
    return [[address, text] for address, text in ways if address]


def facts(now: str, then: str, digest: str, up_to: str) -> list[list[str]]:
    """Label, value, and the value in full where it is shortened."""
    day = dates.in_words(up_to[:10]) if up_to[10:11] == "T" else up_to
    return [
        ["Compared", f"{now} with {then}", ""],
        ["Logged up to", day, up_to],
        ["Digest of the data", digest.removeprefix("sha256:")[:12], digest],
    ]


def fineprint(credits: Sequence[str], window: base.Box | None, *, beyond: bool = False) -> list[str]:
    """What must be known of the ground a map is drawn on; ``beyond`` when something lies nearer a pole than it goes."""
    said = [COAST_ACCURACY] if any("OpenStreetMap" in credit for credit in credits) else []
    return [*said, *([OUTSIDE] if window else []), *([BEYOND] if beyond else [])]


def signs(now: str, then: str, on_page: Collection[str]) -> list[list[str]]:
    """The signs of the records with what they mean: of the two compared periods always, else those on the page."""
    meanings = [
        ["now", f"seen in {now}"],
        ["then", f"seen in {then}"],
        ["other", "other years, or across a New Year: not compared"],
        ["nothing", "looked, found nothing"],
        ["absent", "reported absent over a period, number of looks not known"],
        ["unclear", "looked, could not tell (cloud)"],
        ["background", "total or background: not compared"],
    ]
    return [meaning for meaning in meanings if meaning[0] in {*PERIODS[:2], *on_page}]


def on_badges(badges: Iterable[Data]) -> set[str]:
    """The signs that stand in the boxes of sites."""
    return {sign for badge in badges for sign, _, _ in badge["counts"]}


def badge(
    site: Site,
    summary: Summary,
    now: str,
    then: str,
    *,
    beside: float,
    own: bool = False,
    unplaced: int = 0,
    where: str = "",
    href: str | None = None,
) -> Data:
    """The box that stands for the records of a site without being a pin for any of them."""
    caption = "" if not unplaced else NOT_STATED if unplaced == summary.total else f"{NOT_STATED} for {unplaced}"
    return {
        "name": site.name,
        # "Sunan (Pyongyang International Airport)" is Sunan on the map.
        "short": site.name.partition(" (")[0],
        "at": flatmap.place(site.point, beside),
        "own": own,
        "watched": site.watched,
        "counts": counts_in_words(summary, now, then),
        "caption": "" if summary.total else "nothing logged",
        "where": where,
        "href": href,
        "unplaced": caption,
    }
