"""Maps in Python: what is asked of a caller, layers added by hand, and what a notebook is shown."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import branca.colormap
import folium
import pytest
from folium import plugins
from folium.utilities import JsCode

from resight import maps
from resight.additions import UnsafePage
from resight.errors import InvalidValue, UnknownName
from resight.frame import to_frame
from test_maps import RECORDS, overview_of, page_of, record, study_of

AT = [42.88, 132.33]
AREAS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "Pier", "source": "https://example.org/a", "more": ["https://example.org/b"]},
            "geometry": {"type": "Point", "coordinates": [132.33, 42.88]},
        }
    ],
}


def group() -> folium.FeatureGroup:
    patrols = folium.FeatureGroup(name="Patrols")
    folium.Circle(AT, radius=300, popup="in the group").add_to(patrols)
    return patrols


def with_layer(layer: Any) -> folium.Map:
    page = page_of()
    layer.add_to(page)
    return page


# --- what is asked of a caller --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("dunai", "did you mean dunay"),
        ("Дунай", "did you mean dunay"),
        ("nowhere at all", "'nowhere at all' is not known"),
    ],
)
def test_an_unknown_site_is_named_and_the_nearest_id_offered(name: str, what: str) -> None:
    with pytest.raises(UnknownName, match=what):
        page_of(site=name)


def test_a_site_is_named_by_its_id() -> None:
    with pytest.raises(InvalidValue, match="site: is a Site; allowed: the id of a site; for example dunay"):
        page_of(site=study_of().sites["dunay"])  # type: ignore[arg-type]


def test_a_frame_with_other_records_than_were_compared_is_refused() -> None:
    frame, more = to_frame(RECORDS), to_frame((*RECORDS, record("z")))
    with pytest.raises(InvalidValue, match=r"'z' stands in the frame and was not compared; .*to_records"):
        maps.site_map(more, "dunay", study_of())
    fewer = frame.drop(index=["dunay-2024-ropucha-class", "dunay-2024-05-20-cargo"])
    what = "'dunay-2024-05-20-cargo' was compared and is not in the frame, as are 1 more"
    with pytest.raises(InvalidValue, match=what):
        maps.site_map(fewer, "dunay", study_of())
    with pytest.raises(InvalidValue, match=what):
        maps.overview_map(fewer, study_of())


def test_a_frame_without_a_column_of_records_is_refused_by_name() -> None:
    with pytest.raises(InvalidValue, match="no column 'outcome'"):
        maps.site_map(to_frame(RECORDS).drop(columns="outcome"), "dunay", study_of())


def test_the_order_of_rows_and_columns_of_ones_own_change_nothing() -> None:
    turned = to_frame(RECORDS).iloc[::-1].assign(score=0.5)
    assert maps.render_html(maps.site_map(turned, "dunay", study_of())) == maps.render_html(page_of())


# --- layers added by hand -------------------------------------------------------------------------------------

SCRIPTED: dict[str, Callable[[], Any]] = {
    "Marker at 42.88, 132.33": lambda: folium.Marker(AT, popup=folium.Popup("<b>Hi</b>"), tooltip="tip"),
    "Circle at 42.88, 132.33": lambda: folium.Circle(AT, radius=100),
    "FeatureGroup “Patrols”": group,
    "GeoJson “Areas”": lambda: folium.GeoJson(AREAS, name="Areas", tooltip=folium.GeoJsonTooltip(["name"])),
    "GeoJson": lambda: folium.GeoJson(AREAS, popup=folium.GeoJsonPopup(["name", "source"])),
    "LatLngPopup": folium.LatLngPopup,
    "LayerControl": folium.LayerControl,
    "FitBounds": lambda: folium.FitBounds([[42, 132], [43, 133]]),
    "PolyLine": lambda: folium.PolyLine([AT, [42.9, 132.4]], popup="<a href='https://example.org/x'>a link</a>"),  # type: ignore[no-untyped-call]
}


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_layer_with_script_is_refused_by_name_until_it_is_trusted(name: str) -> None:
    page = with_layer(SCRIPTED[name]())
    with pytest.raises(UnsafePage, match=f"by hand, with script of its own: {name}; trust_layers=True"):
        maps.render_html(page)
    trusted = maps.render_html(page, trust_layers=True)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', trusted)
    assert policy
    hashes = set(re.findall(r"'(sha256-[^']+)'", policy[1]))
    scripts = re.findall(r"<script>(.*?)</script>", trusted, re.DOTALL)
    assert hashes == {f"sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}" for s in scripts}
    assert "unsafe-eval" not in policy[1]


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_page_with_layers_is_the_same_bytes_every_time(name: str) -> None:
    page = with_layer(SCRIPTED[name]())
    first = maps.render_html(page, trust_layers=True)
    page._repr_html_()
    maps.InNotebook(page, trust_layers=True)._repr_html_()
    assert maps.render_html(page, trust_layers=True) == first
    assert maps.render_html(with_layer(SCRIPTED[name]()), trust_layers=True) == first


FETCHING: list[tuple[Callable[[], Any], str]] = [
    (lambda: folium.TileLayer("OpenStreetMap"), "TileLayer “openstreetmap” would load 'https://tile.openstreetmap"),
    (lambda: folium.TileLayer("tiles/{z}/{x}/{y}.png", attr="a"), "would load 'tiles/{z}/{x}/{y}.png'"),
    (lambda: folium.WmsTileLayer("https://example.org/wms", layers="a"), "WmsTileLayer would load 'https://example.org/wms"),
    (lambda: folium.raster_layers.ImageOverlay("https://a.example/a.png", [[42, 132], [43, 133]]), "https://a.example/a.png"),
    (lambda: folium.raster_layers.VideoOverlay("https://a.example/a.webm", [[42, 132], [43, 133]]), "a.webm"),
    (lambda: folium.Marker(AT, icon=folium.Icon()), "Icon in the Marker at 42.88, 132.33 would load fonts"),
    (lambda: folium.Marker(AT, icon=folium.CustomIcon("https://a.example/i.png")), "CustomIcon in the Marker"),
    (lambda: folium.Marker(AT, popup=folium.Popup("<img src=photo.jpg>")), "would load 'photo.jpg'"),
    (lambda: folium.Marker(AT, tooltip=folium.Tooltip("a", style="background:url(//a.example/b)")), "//a.example/b"),
    (lambda: folium.Marker(AT, icon=folium.DivIcon(html='<img src="https://a.example/i.png">')), "a.example/i.png"),
    (lambda: plugins.MarkerCluster([AT]), "MarkerCluster would load 'https://cdnjs"),  # type: ignore[no-untyped-call]
    (lambda: plugins.HeatMap([AT]), "HeatMap would load 'https://cdn.jsdelivr"),  # type: ignore[no-untyped-call]
    (plugins.MeasureControl, "MeasureControl would load"),
    (plugins.Draw, "Draw would load"),
    (plugins.MiniMap, "MiniMap would load"),
    (lambda: plugins.FloatImage("https://a.example/a.png"), "FloatImage would load 'https://a.example/a.png'"),  # type: ignore[no-untyped-call]
    (lambda: branca.colormap.LinearColormap(["red", "blue"]), "d3"),
    (lambda: folium.Marker(AT, popup=folium.Popup("<p onclick='x()'>a</p>")), "has onclick= in its markup"),
    (lambda: folium.Marker(AT, tooltip="<p\nOnMouseOver=x()>a</p>"), "has onmouseover= in its markup"),
    (lambda: folium.Marker(AT, popup=folium.Popup("<a href='java\tScript:x()'>a</a>")), "has a javascript: address"),
    (lambda: folium.Marker(AT, popup=folium.Popup(folium.IFrame("<b>a</b>"))), "has <iframe> in its markup"),
]  # fmt: skip


@pytest.mark.parametrize("trust_layers", [False, True])
@pytest.mark.parametrize(("layer", "what"), FETCHING, ids=[what for _, what in FETCHING])
def test_what_a_page_never_takes_is_refused_by_name_trusted_or_not(
    layer: Callable[[], Any], what: str, trust_layers: bool
) -> None:
    page = with_layer(layer())
    with pytest.raises(UnsafePage, match=re.escape(what)) as refused:
        maps.render_html(page, trust_layers=trust_layers)
    assert "network off" in str(refused.value)


def test_a_geojson_whose_data_stay_in_a_file_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "a.geojson"
    data.write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(UnsafePage, match=r"a.geojson' \(embed=True puts it into the page\)"):
        maps.render_html(with_layer(folium.GeoJson(str(data), embed=False)), trust_layers=True)


def test_markup_alone_needs_no_trust_and_script_beside_the_map_does() -> None:
    page = page_of()
    figure: Any = page.get_root()
    figure.html.add_child(folium.Element("<p>Set by hand.</p>"))
    assert "<p>Set by hand.</p>" in maps.render_html(page)
    figure.script.add_child(folium.Element("const byHand = 1;"))
    with pytest.raises(UnsafePage, match="Element; trust_layers=True"):
        maps.render_html(page)
    assert "const byHand = 1;" in maps.render_html(page, trust_layers=True)
    figure.header.add_child(folium.Element("<script>const inHead = 1;</script>"))
    with pytest.raises(UnsafePage, match="<script> in its markup"):
        maps.render_html(page, trust_layers=True)


def test_what_hangs_on_a_layer_of_the_page_is_told_from_it() -> None:
    page = page_of()
    own = next(child for child in page._children.values() if type(child).__name__ == "_DataLayer")
    folium.Tooltip("by hand").add_to(own)
    with pytest.raises(UnsafePage, match="its own: Tooltip;"):
        maps.render_html(page)
    page = page_of()
    page.on(click=JsCode("() => 1"))
    with pytest.raises(UnsafePage, match="EventHandler"):
        maps.render_html(page)


def test_a_file_linked_by_the_map_is_refused_and_no_later_map_has_it() -> None:
    page = page_of()
    page.add_js_link("more", "https://a.example/more.js")
    with pytest.raises(UnsafePage, match=r"would load 'https://a.example/more.js'"):
        maps.render_html(page, trust_layers=True)
    assert "a.example" not in maps.render_html(page_of())


def test_many_are_counted_after_the_first() -> None:
    page = page_of()
    for number in range(8):
        folium.Marker([42 + number / 10, 132]).add_to(page)
    with pytest.raises(UnsafePage, match=r"their own: Marker at 42, 132; .* and 3 more; trust_layers"):
        maps.render_html(page)


def test_the_layer_control_names_a_layer_that_came_after_it() -> None:
    trusted = maps.render_html(with_layer(group()), trust_layers=True)
    start = trusted[trusted.rindex("<script>") :]
    assert start.index("L.featureGroup") < start.index('"Patrols"') < start.index("resight.page.begin")


def test_nothing_of_a_refused_rendering_stays_behind() -> None:
    clean = maps.render_html(page_of())
    page = page_of()
    marker = folium.Marker(AT)
    marker.add_to(page)
    with pytest.raises(UnsafePage):
        maps.render_html(page)
    del page._children[marker.get_name()]
    assert maps.render_html(page) == clean


# --- files and notebooks --------------------------------------------------------------------------------------


def test_saving_as_folium_does_gives_the_same_page_or_nothing(tmp_path: Path) -> None:
    page, path = page_of(), tmp_path / "page.html"
    page.save(str(path))
    assert path.read_text("utf-8") == maps.render_html(page)
    opened = io.BytesIO()
    page.save(opened, close_file=False)
    assert opened.getvalue() == path.read_bytes()
    folium.Marker(AT).add_to(page)
    with pytest.raises(UnsafePage):
        page.save(path)
    with pytest.raises(UnsafePage):
        page.save(tmp_path / "other.html")
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]
    assert path.read_bytes() == opened.getvalue()
    maps.write_html(page, path, trust_layers=True)
    assert "L.marker" in path.read_text("utf-8")


@pytest.mark.parametrize("make", [page_of, overview_of])
def test_a_notebook_is_shown_the_page_itself(make: Callable[[], folium.Map]) -> None:
    page = make()
    shown = page._repr_html_()
    found = re.fullmatch(r'<iframe [^>]*srcdoc="([^"]*)" sandbox="([^"]*)" [^>]*></iframe>', shown)
    assert found
    assert html.unescape(found[1]) == maps.render_html(page)
    assert "allow-same-origin" not in found[2]


def test_a_notebook_is_told_why_a_map_is_not_shown_and_shows_it_when_trusted() -> None:
    page = with_layer(folium.FeatureGroup(name="<b>Patrols"))
    shown = page._repr_html_()
    assert "FeatureGroup “&lt;b&gt;Patrols”; trust_layers=True" in shown
    assert "iframe" not in shown
    assert "L.featureGroup" in maps.InNotebook(page, trust_layers=True)._repr_html_()
    with pytest.raises(UnsafePage, match="site_map"):
        maps.InNotebook(folium.Map())
