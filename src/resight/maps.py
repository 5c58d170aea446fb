"""The folium maps of one site and of all sites, and the door through which they become files.

Folium stays the frame: :func:`site_map` and :func:`overview_map` return a ``folium.Map`` with own layers and folium's
layer control, which shows itself in a notebook and takes further layers of folium. What differs is the figure it stands
in: a :class:`resight.webpage.Page`, one file that opens with the network off.

Layers that one adds are one's own responsibility. branca renders the text in them a second time as a Jinja template, so
that ``{{ … }}`` in a popup, a tooltip, a name or a property runs Python here, and folium writes it into JavaScript, so
that it can run in the reader's browser. Never put text there that somebody else wrote: what the records say stands on
the page already.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, MacroElement
from folium.template import Template

from resight import pagedata, rubbish
from resight.additions import UnsafePage
from resight.errors import InvalidValue, UnknownName
from resight.featurefile import write_atomically
from resight.frame import checked
from resight.links import Links
from resight.overview import overview_page
from resight.phrases import PERIODS
from resight.pictures import Pictures
from resight.sitepage import site_page
from resight.study import Study
from resight.tiles import Tiles
from resight.vocabulary import near_names
from resight.webpage import Page
from resight.wording import Data, years_text

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


#: For a page that stands alone.
NO_LINKS = Links()


# --- the two maps ---------------------------------------------------------------------------------------------


def site_map(
    frame: GeoDataFrame,
    site: str,
    study: Study,
    *,
    tiles: Tiles | None = None,
    links: Links = NO_LINKS,
    pictures: Pictures | None = None,
) -> folium.Map:
    """The map of one site: what was seen there this year and last, what repeats or resembles what, and what is unknown.

    Args:
        frame: the records of the study, of all sites and years (see :func:`resight.frame.to_frame`).
        site: id of the site the page is about; neighbours with records are shown by name.
        study: a year held against its baseline, see :func:`resight.study.of`.
        tiles: online tiles that the reader may switch on; the page asks nobody for anything until then.
        links: what stands beside the page, see :func:`resight.links.beside`.
        pictures: the images of its records, see :func:`resight.pictures.of_site`; None for a page without any.

    Raises:
        UnknownName: no site of the register has this id.
        InvalidValue: the frame lacks a column or a value, or holds other records than the study.
    """
    if not isinstance(site, str):
        raise InvalidValue("site", site, f"is a {type(site).__name__}", allowed="the id of a site", example="dunay")
    if site not in study.sites:
        raise _unknown(site, study)
    repeats = study.repeats
    with rubbish.put_off():
        data = site_page(_of_study(frame, study), study.sites[site], study)
    data["links"] = pagedata.ways_on(links, study.sites[site])
    if pictures is not None:
        data["images"] = {"copies": pictures.copies, "of": pictures.of, "chips": pictures.chips}
    now, then = str(repeats.year), years_text(repeats.baseline_years)
    page = _map(data, study.sites[site].name, tiles)
    _DataLayer("site", "Outline and uncertainty of the site").add_to(page)
    if pictures is not None and pictures.chips:
        _DataLayer("chips", "Images laid on the map").add_to(page)
    # Only layers that hold something can be switched; a page without positions has none of these.
    periods = set(data["map"]["periods"])
    names = {"now": f"Sightings and looks of {now}", "then": f"Sightings and looks of {then}", "other": "Other years"}
    for period in PERIODS:
        if period in periods:
            _DataLayer(period, names[period]).add_to(page)
    if {"now", "then"} <= periods:
        _DataLayer("links", "What resembles or repeats what").add_to(page)
    return page.finished()


def overview_map(
    frame: GeoDataFrame,
    study: Study,
    *,
    tiles: Tiles | None = None,
    links: Links = NO_LINKS,
) -> folium.Map:
    """The map of all sites, with a card for each.

    Args:
        frame: the records of the study.
        study: a year held against its baseline, see :func:`resight.study.of`.
        tiles: online tiles that the reader may switch on, as on a site's page.
        links: what stands beside the page, as on a site's page.

    Raises:
        InvalidValue: the frame lacks a column or a value, or holds other records than the study.
    """
    data = overview_page(_of_study(frame, study), study, links)
    return _map(data, data["title"], tiles).finished()


def _unknown(name: str, study: Study) -> UnknownName:
    ids = {known: site.id for site in study.sites.values() for known in site.all_names}
    near = dict.fromkeys(ids[close] for close in near_names(str(name), ids))
    return UnknownName("site", name, near=list(near), where="seeds/sites.geojson", all_names="resight sites")


def _of_study(frame: GeoDataFrame, study: Study) -> GeoDataFrame:
    """The frame, when it holds the records that were compared, no more and no fewer: else a page would not be true."""
    frame = checked(frame)
    held = set(frame.index)
    for ids, what in (
        (held - study.ids, "stands in the frame and was not compared"),
        (study.ids - held, "was compared and is not in the frame"),
    ):
        if ids:
            more = f", as are {len(ids) - 1} more" if len(ids) > 1 else ""
            raise InvalidValue(
                "frame",
                min(ids),
                f"{min(ids)!r} {what}{more}",
                allowed="the records of the study",
                example="study.of(book, to_records(frame))",
            )
    return frame


def _map(data: Data, title: str, tiles: Tiles | None) -> _Map:
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
    Page(title, data, tiles).add_child(page)
    _DataLayer("ground", "Land and sea", control=False).add_to(page)
    _DataLayer("places", "Place names").add_to(page)
    _DataLayer("badges", "Names and counts of sites", control=False).add_to(page)
    return page


class _Map(folium.Map):
    """A folium map without folium's own scripts, styles and the viewport that forbids zooming."""

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

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Of this map alone: folium adds links to the list of the class, and so to every later map.
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []
        self._last: list[Element] = []

    def finished(self) -> folium.Map:
        """The map with its layer control and its start; what is added later stands before these two."""
        last: list[Element] = [folium.LayerControl(position="topright"), _Begin()]
        for element in last:
            self.add_child(element)
        self._last = last
        _page_of(self).finish()
        return self

    def add_child(self, child: Element, name: str | None = None, index: int | None = None) -> _Map:
        """Add a layer where the layer control finds it."""
        super().add_child(child, name, index)
        for element in self._last:
            self._children.move_to_end(element.get_name())
        return self

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:
        """Write the page, as :meth:`resight.webpage.Page.save` does."""
        _page_of(self).save(outfile, close_file, **kwargs)


class _DataLayer(folium.map.Layer):
    """A layer that the page script draws from the page's data; only its key and its name pass through folium."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = resight.page.layer({{ this._parent.get_name() }}, {{ this.key|tojson }});
            {{ this.get_name() }}.addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, key: str, name: str, *, control: bool = True) -> None:
        # It puts itself on the map: folium would make an element for that on each rendering.
        super().__init__(name=name, overlay=True, control=control, show=False)
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


# --- what becomes of them -------------------------------------------------------------------------------------


def render_html(page: folium.Map, *, trust_layers: bool = False) -> str:
    """The text of a map's page.

    Args:
        page: a map made by :func:`site_map` or :func:`overview_map`.
        trust_layers: layers that were added by hand may run their script. Only with text that you wrote yourself, see
            the module.

    Raises:
        UnsafePage: a layer added by hand brings script and is not trusted, or would load something from outside the
            file, which trust does not change.
    """
    return _page_of(page).render(trust_layers=trust_layers)


def write_html(page: folium.Map, path: Path | str, *, trust_layers: bool = False) -> None:
    """Write a map's page whole or not at all.

    Args:
        page: a map made by :func:`site_map` or :func:`overview_map`.
        path: the file; its folder is made if there is none.
        trust_layers: as for :func:`render_html`.

    Raises:
        UnsafePage: as :func:`render_html`.
        CannotWrite: the folder or disk does not take the file; what was there before still is.
    """
    write_atomically(Path(path), render_html(page, trust_layers=trust_layers).encode())


class InNotebook:
    """A map's page as a notebook shows it, with the layers that were added by hand.

    A map shows itself as the last line of a cell. With layers added by hand it gives the reason why not; where these
    are trusted, ``InNotebook(page, trust_layers=True)`` shows it with them.
    """

    def __init__(self, page: folium.Map, *, trust_layers: bool = False) -> None:
        self._page, self._trust_layers = _page_of(page), trust_layers

    def _repr_html_(self) -> str:
        return self._page._repr_html_(trust_layers=self._trust_layers)


def _page_of(page: folium.Map) -> Page:
    root = page.get_root()
    if not isinstance(root, Page):
        raise UnsafePage("only a map made by site_map or overview_map can be written: others load from the network")
    return root
