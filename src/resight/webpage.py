"""A figure as one HTML file that opens with the network off: everything in it, a policy that lets nothing else in.

What a person wrote about the logbook never passes through branca, which renders every macro's output a second time as
a Jinja template, so that a note with ``{{ … }}`` would run Python while the page is built. Text travels as JSON in a
``<script type="application/json">`` that no template ever sees, and the page script (``static/page/``, one noun a
file) shows it with ``textContent``.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from branca.element import Element, Figure

from resight import additions
from resight.additions import Piece, UnsafePage
from resight.featurefile import write_atomically
from resight.tiles import Tiles
from resight.wording import Data

#: Bytes of records up to which a page holds them as they are, to be read by anyone.
PLAIN = 1_000_000


class Page(Figure):
    """A branca figure that writes one file with everything in it."""

    def __init__(self, title: str, data: Data, tiles: Tiles | None) -> None:
        super().__init__()
        self.page_title = title
        self.data = data
        self.tiles = tiles
        # branca's own line, the charset, stands in the page's head already.
        self.header._children.clear()
        self._own: list[Element] = []

    def finish(self) -> None:
        """All that is on the page by now is its own; what comes later was added by hand."""
        self._own = list(additions.elements(self))

    def render(self, *, trust_layers: bool = False, **kwargs: Any) -> str:
        """The text of the page. Ids are counted, not random, so that the same data give the same bytes.

        Raises:
            UnsafePage: an element added by hand brings script that is not trusted, or something a page never takes.
        """
        # folium leaves what it wrote behind, under new ids each time: without this a second render would differ.
        before = [(element, element._children.copy()) for element in additions.elements(self)]
        try:
            header, body, start, added = self._rendered(trust_layers, kwargs)
        finally:
            for element, children in before:
                element._children = children
        scripts = [*map(_asset, VENDORED_SCRIPTS), _page_script(), start]
        if added:
            scripts.insert(-1, _asset("additions.js"))
        images = f"data: blob: https://{self.tiles.host}" if self.tiles else "data: blob:"
        policy = (
            f"default-src 'none'; script-src {' '.join(map(_digest, scripts))}; style-src 'unsafe-inline'; "
            f"img-src {images}; font-src data:; base-uri 'none'; form-action 'none'"
        )
        return _PAGE.format(
            policy=policy,
            title=_entities(self.page_title),
            licences=_licences(),
            styles=_asset("leaflet/leaflet.css") + _asset("page/map.css"),
            header=header,
            body=body,
            data=island("resight-data", {name: value for name, value in self.data.items() if name != "records"}),
            records=island("resight-records", self.data.get("records"), most=PLAIN),
            icons=island("resight-icons", _icons()),
            scripts="\n".join(f"<script>{script}</script>" for script in scripts),
        )

    def _rendered(self, trust_layers: bool, kwargs: dict[str, Any]) -> tuple[str, str, str, bool]:
        """Head, body and script as folium writes them, and whether script was added by hand."""
        places = (self.header, self.html, self.script)
        own = {id(element) for element in self._own}
        by_hand: dict[str, Element | None] = {key: child for place in places for key, child in place._children.items()}
        for child in self._children.values():
            child.render(**kwargs)
        whose = by_hand.copy()
        for child in self._children.values():
            whose.update(additions.owners(child, own))
        pieces: list[Piece] = []
        texts: list[list[str]] = []
        for place in places:
            texts.append([])
            for key, child in place._children.items():
                texts[-1].append(child.render(**kwargs))
                # What stands under a key that nobody has is nobody's of the page: folium names some pieces itself.
                owner = whose.get(key, child)
                if owner is not None:
                    name = additions.named(owner) if key in whose else key
                    pieces.append(Piece(name, texts[-1][-1], place is self.script))
        added = {id(owner): owner for owner in whose.values() if owner is not None}
        additions.refuse(added.values(), pieces, trust_layers=trust_layers)
        header, body, start = _renumbered(["\n".join(part) for part in texts])
        if "</script" in start.casefold():
            raise UnsafePage("a layer added by hand has “</script” in its script, which would end it")
        return header, body, start, any(piece.is_script for piece in pieces)

    def save(
        self, outfile: str | bytes | Path | BinaryIO, close_file: bool = True, *, trust_layers: bool = False, **_: Any
    ) -> None:
        """Write the page as folium saves maps: to a path whole or not at all, or into an open binary file.

        Raises:
            UnsafePage: as :meth:`render`; nothing was written.
            CannotWrite: the folder or disk does not take the file.
        """
        text = self.render(trust_layers=trust_layers).encode()
        if isinstance(outfile, bytes):
            outfile = outfile.decode()
        if isinstance(outfile, str | Path):
            write_atomically(Path(outfile), text)
            return
        outfile.write(text)
        if close_file:
            outfile.close()

    def _repr_html_(self, *, trust_layers: bool = False, **_: Any) -> str:
        """The page in a frame of its own, for a notebook; where it is refused, the reason.

        The frame's sandbox keeps it from the notebook around it, which its scripts cannot reach.
        """
        try:
            page = self.render(trust_layers=trust_layers)
        except UnsafePage as error:
            return f"<p><strong>The map is not shown.</strong> {html.escape(str(error))}.</p>"
        return (
            f'<iframe title="{html.escape(self.page_title)}" srcdoc="{html.escape(page)}" '
            'sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox allow-modals" '
            'style="width: 100%; height: 720px; border: 0"></iframe>'
        )


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – resight</title>
<!-- {licences} -->
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


def island(identifier: str, data: object, *, most: int | None = None) -> str:
    """Data as a JSON island: no character in it can end the element or start another.

    Longer text than ``most`` bytes is compressed (RFC 1952), in base 64; the page takes it apart when it opens.
    """
    kind, raw = "application/json", orjson.dumps(data)
    if most is not None and len(raw) > most:
        kind, raw = "application/gzip", base64.b64encode(gzip.compress(raw, compresslevel=1, mtime=0))
    text = raw.decode()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return f'<script type="{kind}" id="{identifier}">{text}</script>'


#: Marks that turn the direction of writing: in a title, where nothing can be isolated, they would turn what follows.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def _entities(text: str) -> str:
    """Text for a place where markup is read: all but letters, digits and plain marks as numeric entities."""
    text = _TURNING.sub("", text)
    return re.sub(r"[^\w .,()–-]", lambda char: f"&#{ord(char[0])};", text)


def _renumbered(parts: list[str]) -> list[str]:
    """branca's random ids, replaced by their order of appearance."""
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"_{len(numbers) + 1}")

    return [re.sub(r"_[0-9a-f]{32}(?![0-9a-f])", number, part) for part in parts]


def _digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


# --- what is vendored ---------------------------------------------------------------------------------------


#: Scripts of others that stand in every page, as they came; ``static/manifest.json`` says from where.
VENDORED_SCRIPTS = ("leaflet/leaflet.js", "geographiclib-geodesic/geographiclib-geodesic.min.js")

#: The parts of the page script in the order in which each finds those it uses.
PAGE_PARTS = (
    "parts",
    "clipboard",
    "geodesy",
    "glyphs",
    "crosshair",
    "coordinates",
    "measure",
    "compass",
    "labels",
    "ground",
    "records",
    "axis",
    "image",
    "record",
    "popup",
    "badges",
    "chips",
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


@cache
def _licences() -> str:
    """What the page contains of others, and under which terms."""
    static = files("resight").joinpath("static")
    packages = json.loads(static.joinpath("manifest.json").read_text("utf-8"))
    return "\n\n".join(
        f"Contains {package['name']} {package['version']}.\n"
        f"{static.joinpath(package['name'], 'LICENSE').read_text('utf-8').strip()}"
        for package in packages
    )


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
