"""What a person added to a map by hand: whose it is, what it would load or run, and what of it a page does not take.

An element is the page's own or added, told by the object it is and never by its text. What it needs is read off the
text it renders to: the policy of the page holds in any case, so that what is overlooked here is never fetched; this
says by name beforehand what would stay blank.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from html.parser import HTMLParser
from typing import NamedTuple

import folium
from branca.element import Element
from folium.raster_layers import WmsTileLayer

from resight.errors import ResightError

#: How many are named in one refusal.
NAMED = 5


class UnsafePage(ResightError):
    """A page that would load something from outside itself, or run what nobody vouched for; it is not written."""


class Piece(NamedTuple):
    """What one added element put on the page."""

    #: Kind and name of what was added.
    of: str
    #: The text it rendered to.
    text: str
    is_script: bool


def elements(element: Element) -> Iterator[Element]:
    """An element and all below it, in the parts of a figure or a popup, too."""
    yield element
    for part in ("header", "html", "script"):
        if isinstance(getattr(element, part, None), Element):
            yield from elements(getattr(element, part))
    for child in element._children.values():
        yield from elements(child)


def owners(
    element: Element, own: Collection[int], added: Element | None = None
) -> Iterator[tuple[str, Element | None]]:
    """Whose each piece of a rendered figure is, by the key it stands under: the uppermost added element, or None.

    Args:
        element: an element that was rendered, with all below it.
        own: ``id()`` of the page's own objects.
        added: the added element that this one stands in.
    """
    if added is None and id(element) not in own:
        added = element
    yield element.get_name(), added
    # The page's own elements link to no files: if one does, that was added by hand.
    if added is not None:
        for key, _ in (*getattr(element, "default_js", ()), *getattr(element, "default_css", ())):
            yield key, added
    for child in element._children.values():
        yield from owners(child, own, added)


def named(element: Element) -> str:
    """Kind and name of an element, as the person who added it knows it: ``FeatureGroup “Patrols”``."""
    kind, name = type(element).__name__, getattr(element, "layer_name", None)
    if name and not name.endswith(element._id):
        return f"{kind} “{name}”"
    place = getattr(element, "location", None)
    if isinstance(place, Sequence) and len(place) == 2:
        return f"{kind} at {place[0]:g}, {place[1]:g}"
    return kind


def refuse(added: Iterable[Element], pieces: Iterable[Piece], *, trust_layers: bool) -> None:
    """Refuse what a page does not take.

    Files from elsewhere, markup that runs script and ``javascript:`` addresses it never takes, script only with
    ``trust_layers``.

    Raises:
        UnsafePage: names what was added, what is wrong with it and how to mend it.
    """
    pieces = list(pieces)
    never = list(_needing_files(added))
    for wrong in (wrong for piece in pieces for wrong in _wrongs(piece)):
        if not any(said.startswith(wrong) for said in never):
            never.append(wrong)
    if never:
        raise UnsafePage(f"{_some(never)}; a page is one file that opens with the network off and runs no markup")
    scripts = [piece.of for piece in pieces if piece.is_script]
    if scripts and not trust_layers:
        raise UnsafePage(
            f"added by hand, with script of {'its' if len(set(scripts)) == 1 else 'their'} own: {_some(scripts)}; "
            "trust_layers=True lets it run, if you know where every word in it comes from"
        )


def _some(said: Sequence[str]) -> str:
    different = list(dict.fromkeys(said))
    more = f" and {len(different) - NAMED} more" if len(different) > NAMED else ""
    return "; ".join(different[:NAMED]) + more


def _needing_files(added: Iterable[Element]) -> Iterator[str]:
    """Elements that are known to need files, for they do not say so in what they render to."""
    for uppermost in added:
        for element in elements(uppermost):
            inside = "" if element is uppermost else f" in the {named(uppermost)}"
            said = f"{named(element)}{inside}"
            if isinstance(element, folium.TileLayer | WmsTileLayer):
                address = element.tiles if isinstance(element, folium.TileLayer) else element.url
                yield f"{said} would load {address!r} (site_map and overview_map offer tiles=…)"
            elif isinstance(element, folium.GeoJson) and not element.embed:
                yield f"{said} would load {element.embed_link!r} (embed=True puts it into the page)"
            elif isinstance(element, folium.CustomIcon):
                for address in (element.options.get("icon_url"), element.options.get("shadow_url")):
                    if address and not str(address).startswith("data:"):
                        yield f"{said} would load {address!r}"
            elif isinstance(element, folium.Icon):
                yield f"{said} would load fonts and styles for its sign (a DivIcon or a CircleMarker needs none)"


def _wrongs(piece: Piece) -> Iterator[str]:
    """What a page takes from nobody, in the markup or the script of a piece."""
    reader = _Reader()
    if piece.is_script:
        # Markup stands in strings of the script, some of them written as JSON.
        text = piece.text
        for escaped, char in (("\\u003c", "<"), ("\\u003e", ">"), ("\\u0026", "&"), ("\\u0027", "'"), ('\\"', '"')):
            text = text.replace(escaped, char)
        reader.feed("".join(_TAG.findall(text)))
        reader.loaded += _ADDRESS.findall(_TAG.sub("", text))
        reader.loaded += _STYLED.findall(text)
    else:
        reader.feed(piece.text)
    reader.close()
    yield from (f"{piece.of} would load {address!r}" for address in dict.fromkeys(reader.loaded))
    yield from (f"{piece.of} has {what}" for what in dict.fromkeys(reader.running))


_TAG = re.compile(r"<[a-zA-Z/](?:[^<>\"'`]|\"[^\"]*\"|'[^']*')*>")
#: An address that script hands to a function or sets; one that is merely a value among data, such as the source of a
#: feature, is nothing that is loaded.
_ADDRESS = re.compile(r"[(=]\s*\[?\s*[\"'`]((?:[a-zA-Z]+:)?//[^\s\"'`<>]+)")
_STYLED = re.compile(r"url\(\s*['\"]?(?!data:|#)([^)'\"\s]+)")


class _Reader(HTMLParser):
    """Collects what a browser would fetch for some markup, and what of it would run."""

    _FETCHED = frozenset({"src", "srcset", "poster", "background", "data", "action", "formaction", "xlink:href"})

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.running: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        given = {name: (value or "").strip() for name, value in attrs}
        if tag in ("script", "base", "iframe", "object", "embed"):
            if given.get("src") and not given["src"].startswith("data:"):
                self.loaded.append(given["src"])
            else:
                self.running.append(f"<{tag}> in its markup")
        for name, value in given.items():
            if name.startswith("on"):
                self.running.append(f"{name}= in its markup (an EventHandler of folium does the same)")
            elif re.sub(r"[\s\x00-\x1f]", "", value).casefold().startswith("javascript:"):
                self.running.append("a javascript: address")
            elif tag not in ("script", "iframe", "embed") and (
                name in self._FETCHED or (name == "href" and tag not in ("a", "area"))
            ):
                if value and not value.startswith(("data:", "#")):
                    self.loaded.append(value)
            elif name == "style":
                self._style(value)

    def handle_data(self, data: str) -> None:
        """Look at text, which may be that of a style element."""
        self._style(data)

    def _style(self, text: str) -> None:
        self.loaded += _STYLED.findall(text) + re.findall(r"@import\s+(.*)", text)
