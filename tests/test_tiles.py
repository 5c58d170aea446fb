"""Templates of online tiles: what host they ask, and what is refused."""

from __future__ import annotations

import re

import pytest

from resight import maps, tiles
from resight.errors import InvalidValue
from test_maps import overview_of, page_of


@pytest.mark.parametrize(
    ("template", "host"),
    [
        ("https://tiles.example.org/{z}/{x}/{y}.png", "tiles.example.org"),
        ("https://TILES.example.org:8443/a/{z}/{y}/{x}?key=a%20b&v=2", "tiles.example.org:8443"),
        ("https://localhost/?x={x}&y={y}&z={z}", "localhost"),
    ],
)
def test_a_template_names_the_host_that_is_asked(template: str, host: str) -> None:
    assert tiles.parse(template) == (template, host)


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("http://a.example/{z}/{x}/{y}", "https"),
        ("//a.example/{z}/{x}/{y}", "https"),
        ("javascript:{z}{x}{y}", "https"),
        ("https://{s}.a.example/{z}/{x}/{y}", "one host"),
        ("https://user:word@a.example/{z}/{x}/{y}", "one host"),
        ("https:///{z}/{x}/{y}", "one host"),
        ("https://*.a.example/{z}/{x}/{y}", "one host"),
        ("https://a.example:port/{z}/{x}/{y}", "no address"),
        ("https://[a/{z}/{x}/{y}", "no address"),
        ("https://a.example/{z}/{x}", r"\{y\} must stand"),
        ("https://a.example/{z}/{z}/{x}/{y}", r"\{z\} must stand"),
        ("https://a.example/{z}/{x}/{y}{r}", "braces"),
        ("https://a.example/{z}/{x}/{y}; script-src *", "character"),
        ("https://a.example/{z}/{x}/{y}'\"<", "character"),
        ("https://б.example/{z}/{x}/{y}", "character"),
        ("", "character"),
    ],
)
def test_what_a_policy_could_not_name_or_a_map_not_fill_in_is_refused(template: str, what: str) -> None:
    with pytest.raises(InvalidValue, match=what):
        tiles.parse(template)


@pytest.mark.parametrize("make", [page_of, overview_of])
def test_only_images_of_that_one_host_are_let_in(make: object) -> None:
    offered = tiles.parse("https://a.example:8443/{z}/{x}/{y}.png")
    policies = [
        dict(rule.strip().partition(" ")[::2] for rule in found[1].split(";"))
        for page in (make(), make(tiles=offered))  # type: ignore[operator]
        if (found := re.search(r'Content-Security-Policy" content="([^"]*)"', maps.render_html(page)))
    ]
    assert policies[0].pop("img-src") == "data: blob:"
    assert policies[1].pop("img-src") == "data: blob: https://a.example:8443"
    assert policies[0] == policies[1]
