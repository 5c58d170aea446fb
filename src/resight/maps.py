"""Observations and repeats to one self-contained HTML map: the only module that knows folium.

Folium stays the frame: :func:`site_map` and :func:`overview_map` return a ``folium.Map`` in a branca ``Figure``, with
own layers and folium's layer control. What differs is the figure: it writes a page that opens with the network off.

What a person wrote never passes through folium. branca renders every macro's output a second time as a Jinja
template, so a note with ``{{ … }}`` would run Python while the map is built; and popups end in JavaScript template
literals. So text travels as JSON in a ``<script type="application/json">`` that no template ever sees, and the page
script (``static/page/``, one noun a file) shows it with ``textContent``.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Figure, MacroElement
from folium.template import Template

from resight import pagedata
from resight.comparison import Repeats
from resight.errors import ResightError
from resight.featurefile import write_atomically
from resight.observation import Site
from resight.overview import overview_page
from resight.phrases import PERIODS
from resight.sitepage import site_page
from resight.tiles import Tiles
from resight.vocabulary import Vocabulary
from resight.wording import Data, years_text

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from resight.basemap import Layer


#: Bytes of records up to which a page holds them as they are, to be read by anyone.
PLAIN = 1_000_000


class UnsafePage(ResightError):
    """A page that would load something from outside itself; it is not written."""


# --- the two maps ---------------------------------------------------------------------------------------------


def site_map(
    frame: GeoDataFrame,
    site: Site,
    *,
    sites: Mapping[str, Site],
    repeats: Repeats,
    vocabulary: Vocabulary,
    basemap: Mapping[str, Layer],
    digest: str,
    up_to: str,
    tiles: Tiles | None = None,
) -> folium.Map:
    """The map of one site: what was seen there this year and last, what repeats or resembles what, and what is unknown.

    Args:
        frame: all records of the logbook, of all sites and years (see :func:`resight.frame.to_frame`).
        site: the site the page is about.
        sites: the whole register; neighbours with records are shown by name.
        repeats: this year held against the baseline years.
        vocabulary: the words for platforms and activities.
        basemap: packaged layers by any name, as parsed GeoJSON; those that cover the site are used.
        digest: digest of the records, register and vocabulary that the page shows.
        up_to: ISO time up to which the data go.
        tiles: online tiles that the reader may switch on; the page asks nobody for anything until then.
    """
    data = site_page(
        frame,
        site,
        sites=sites,
        repeats=repeats,
        vocabulary=vocabulary,
        basemap=basemap,
        digest=digest,
        up_to=up_to,
    )
    now, then = str(repeats.year), years_text(repeats.baseline_years)
    page = _map(data, site.name, tiles)
    _DataLayer("site", "Outline and uncertainty of the site").add_to(page)
    # Only layers that hold something can be switched; a page without positions has none of these.
    periods = set(data["map"]["periods"])
    names = {"now": f"Sightings and looks of {now}", "then": f"Sightings and looks of {then}", "other": "Other years"}
    for period in PERIODS:
        if period in periods:
            _DataLayer(period, names[period]).add_to(page)
    if {"now", "then"} <= periods:
        _DataLayer("links", "What resembles or repeats what").add_to(page)
    return _finished(page)


def overview_map(
    frame: GeoDataFrame,
    *,
    sites: Mapping[str, Site],
    repeats: Repeats,
    vocabulary: Vocabulary,
    basemap: Mapping[str, Layer],
    digest: str,
    up_to: str,
    report_href: str | None,
    pages: Mapping[str, str],
    tiles: Tiles | None = None,
) -> folium.Map:
    """The map of all sites, with a card for each.

    Args:
        frame: all records of the logbook.
        sites: the register.
        repeats: this year held against the baseline years.
        vocabulary: the words for platforms and activities.
        basemap: packaged layers; the widest is used.
        digest: digest of the records, register and vocabulary that the page shows.
        up_to: ISO time up to which the data go.
        report_href: relative address of the report, if one is written beside the page.
        pages: site id to relative address, for the sites that have a page.
        tiles: online tiles that the reader may switch on, as on a site's page.
    """
    data = overview_page(
        frame,
        sites=sites,
        repeats=repeats,
        vocabulary=vocabulary,
        basemap=basemap,
        digest=digest,
        up_to=up_to,
        report_href=report_href,
        pages=pages,
    )
    return _finished(_map(data, data["title"], tiles))


def _map(data: Data, title: str, tiles: Tiles | None) -> folium.Map:
    if tiles:
        data["map"]["tiles"] = pagedata.tiles_offered(tiles)
    west, south, east, north = data["map"]["view"]
    page = _Map(
        location=[(south + north) / 2, (west + east) / 2],
        view=[[south, west], [north, east]],
        tiles=None,
        # Folium drops max_zoom when there are no tiles; Leaflet's own spelling passes through.
        maxZoom=17,
        zoomSnap=0.25,
        zoomDelta=0.5,
        zoom_control=False,
        attribution_control=False,
    )
    _Page(title, data, tiles).add_child(page)
    _DataLayer("ground", "Land and sea", control=False).add_to(page)
    _DataLayer("places", "Place names").add_to(page)
    _DataLayer("badges", "Names and counts of sites", control=False).add_to(page)
    return page


def _finished(page: folium.Map) -> folium.Map:
    folium.LayerControl(position="topright").add_to(page)
    _Begin().add_to(page)
    return page


class _Map(folium.Map):
    """A folium map without folium's own scripts, styles and the viewport that forbids zooming."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - a class attribute, as folium has it
    default_css: list[tuple[str, str]] = []  # noqa: RUF012
    _template = Template(
        """
        {% macro html(this, kwargs) %}
            <div class="map" id={{ this.get_name()|tojson }}></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = resight.page.map({{ this.get_name()|tojson }}, {
                ...{{ this.options|tojavascript }}
            });
        {% endmacro %}
        """
    )


class _DataLayer(folium.map.Layer):
    """A layer that the page script draws from the page's data; only its key and its name pass through folium."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = resight.page.layer({{ this._parent.get_name() }}, {{ this.key|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, key: str, name: str, *, control: bool = True) -> None:
        super().__init__(name=name, overlay=True, control=control)
        self._name = "DataLayer"
        self.key = key


class _Begin(MacroElement):
    """Starts the page script once the map and its layers are there."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Begin"

    _template = Template(
        "{% macro script(this, kwargs) %}resight.page.begin({{ this._parent.get_name() }});{% endmacro %}"
    )


# --- the page -------------------------------------------------------------------------------------------------


class _Page(Figure):
    """A branca figure that writes one file with everything in it."""

    def __init__(self, title: str, data: Data, tiles: Tiles | None) -> None:
        super().__init__()
        self.page_title = title
        self.data = data
        self.tiles = tiles
        # branca's own line, the charset, stands in the page's head already.
        self.header._children.clear()

    def render(self, **kwargs: Any) -> str:
        """The text of the page. Ids are counted, not random, so that the same data give the same bytes."""
        places = (self.header, self.html, self.script)
        before = [place._children.copy() for place in places]
        for child in self._children.values():
            child.render(**kwargs)
        header, body, start = _renumbered([place.render(**kwargs) for place in places])
        # folium leaves what it wrote behind, under new ids each time: without this a second render would differ.
        for place, children in zip(places, before, strict=True):
            place._children = children
        scripts = [_asset("leaflet/leaflet.js"), _page_script(), start]
        images = f"data: blob: https://{self.tiles.host}" if self.tiles else "data: blob:"
        policy = (
            f"default-src 'none'; script-src {' '.join(map(_digest, scripts))}; style-src 'unsafe-inline'; "
            f"img-src {images}; font-src data:; base-uri 'none'; form-action 'none'"
        )
        _refuse_loadable("".join((header, body)), start)
        return _PAGE.format(
            policy=policy,
            title=_entities(self.page_title),
            licence=files("resight").joinpath("static/leaflet/LICENSE").read_text("utf-8").strip(),
            styles=_asset("leaflet/leaflet.css") + _asset("page/map.css"),
            header=header,
            body=body,
            data=island("resight-data", {name: value for name, value in self.data.items() if name != "records"}),
            records=island("resight-records", self.data.get("records"), most=PLAIN),
            icons=island("resight-icons", _icons()),
            scripts="\n".join(f"<script>{script}</script>" for script in scripts),
        )


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – resight</title>
<!-- Contains Leaflet 1.9.4.
{licence}
-->
<style>{styles}</style>
{header}
</head>
<body>
<noscript><p>This page draws its map and its list with JavaScript, which is switched off here. The script is in this
file and loads nothing from the network.</p></noscript>
<main id="page">
<header id="head"></header>
<section id="map" aria-labelledby="map-title">
<h2 id="map-title" class="unseen"></h2>
<div id="frame">{body}</div>
<div id="beside"></div>
</section>
<div id="below"></div>
</main>
{data}
{records}
{icons}
{scripts}
</body>
</html>
"""


def render_html(page: folium.Map) -> str:
    """The text of a map's page.

    Raises:
        UnsafePage: something on the map would be loaded from outside the file.
    """
    root = page.get_root()
    if not isinstance(root, _Page):
        raise UnsafePage("only a map made by site_map or overview_map can be written: others load from the network")
    return root.render()


def write_html(page: folium.Map, path: Path) -> None:
    """Write a map's page whole or not at all.

    Raises:
        UnsafePage: something on the map would be loaded from outside the file.
        CannotWrite: the folder or disk does not take the file; what was there before still is.
    """
    write_atomically(path, render_html(page).encode())


def island(identifier: str, data: object, *, most: int | None = None) -> str:
    """Data as a JSON island: no character in it can end the element or start another.

    Longer text than ``most`` bytes is compressed (RFC 1952), in base 64; the page takes it apart when it opens.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    kind, raw = "application/json", text.encode()
    if most is not None and len(raw) > most:
        kind, text = "application/gzip", base64.b64encode(gzip.compress(raw, compresslevel=4, mtime=0)).decode()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return f'<script type="{kind}" id="{identifier}">{text}</script>'


def _entities(text: str) -> str:
    """Text for a place where markup is read: all but letters, digits and plain marks as numeric entities."""
    return re.sub(r"[^\w .,()–-]", lambda char: f"&#{ord(char[0])};", text)


def _renumbered(parts: list[str]) -> list[str]:
    """branca's random ids, replaced by their order of appearance."""
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"_{len(numbers) + 1}")

    return [re.sub(r"_[0-9a-f]{32}(?![0-9a-f])", number, part) for part in parts]


def _digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


# --- nothing from outside -------------------------------------------------------------------------------------


#: The parts of the page script in the order in which each finds those it uses.
PAGE_PARTS = (
    "parts",
    "glyphs",
    "labels",
    "ground",
    "records",
    "axis",
    "record",
    "popup",
    "badges",
    "marks",
    "search",
    "table",
    "strip",
    "filter",
    "tiles",
    "around",
    "page",
)


@cache
def _page_script() -> str:
    """The page script: one object, ``resight``, to which each part adds itself under its file's name."""
    return "\n".join(['"use strict";', "const resight = {};", *(_asset(f"page/{name}.js") for name in PAGE_PARTS)])


@cache
def _asset(name: str) -> str:
    """A vendored text file, ready to stand inside the page: images as data, no pointer to a source map."""
    text = files("resight").joinpath(f"static/{name}").read_text("utf-8")
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    if name.endswith(".css"):
        text = re.sub(r"url\((images/[\w.-]+)\)", lambda found: f"url({_image(found[1])})", text)
        # A rule for Internet Explorer; it is the one url() that is no image.
        text = text.replace("behavior: url(#default#VML);", "")
    return text


def _image(name: str) -> str:
    raw = files("resight").joinpath(f"static/leaflet/{name}").read_bytes()
    return f"data:image/png;base64,{base64.b64encode(raw).decode()}"


def _icons() -> dict[str, str]:
    """Leaflet looks for its marker beside its style sheet; inside one file it must be told, or it would ask for it."""
    return {
        "iconUrl": _image("images/marker-icon.png"),
        "iconRetinaUrl": _image("images/marker-icon-2x.png"),
        "shadowUrl": _image("images/marker-shadow.png"),
    }


def _refuse_loadable(markup: str, script: str) -> None:
    """Refuse what folium or a layer added by hand would fetch.

    Raises:
        UnsafePage: names the address.
    """
    finder = _Loadable()
    finder.feed(markup)
    finder.close()
    found = finder.found + re.findall(r"(?:\w+:)?//[\w\[{][^\s\"'`<>]*", script)
    if found:
        raise UnsafePage(f"the page would load {found[0]!r}; a page is one file that opens with the network off")


class _Loadable(HTMLParser):
    """Collects what a browser would fetch, and any script that is not the page's own."""

    _FETCHED = frozenset({"src", "srcset", "poster", "background", "data", "action", "formaction", "xlink:href"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        if tag in ("script", "base", "iframe", "object", "embed"):
            self.found.append(dict(attrs).get("src") or f"<{tag}>")
        for name, value in attrs:
            fetched = name in self._FETCHED or (name == "href" and tag != "a")
            if fetched and not (value or "").startswith(("data:", "#")):
                self.found.append(value or f"<{tag}>")
            if name == "style":
                self._style(value or "")

    def handle_data(self, data: str) -> None:
        """Look at text, which may be that of a style element."""
        self._style(data)

    def _style(self, text: str) -> None:
        self.found += re.findall(r"url\(\s*['\"]?(?!data:|#)([^)'\"]*)", text) + re.findall(r"@import\s+(.*)", text)
