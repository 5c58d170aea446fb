"""The colours of the map pages: light and dark as the system asks, light on paper, readable and apart in both."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from test_maps import overview_of, page_of
from test_maps_browser import PLACED

pytestmark = pytest.mark.browser

#: What is read, and all it may stand on.
TEXT = {
    "--ink": ("--paper", "--tint", "--button", "--hover", "--lit"),
    "--soft": ("--paper", "--tint", "--hover", "--lit"),
    "--link": ("--paper", "--tint", "--lit"),
    "--label": ("--land", "--sea", "--beyond"),
    "--paper": ("--ink", "--focus"),
}
#: Signs and lines that say something, and the ground they lie on.
SIGNS = {
    "--ink": ("--land", "--sea", "--beyond", "--tint"),
    "--strong": ("--land", "--sea", "--paper"),
    "--now": ("--paper", "--land", "--sea", "--tint"),
    "--focus": ("--paper", "--land", "--sea"),
    "--site": ("--land", "--sea"),
    "--coast": ("--land", "--sea"),
}
#: Full colour blindness of three kinds on linear RGB: Machado, Oliveira and Fernandes 2009, table 1, severity 1.0.
BLIND = {
    "none": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def colours(page: Any) -> dict[str, NDArray[np.float64]]:
    """The variables of the style sheet as the browser sees them now, as linear RGB."""
    names = {*TEXT, *SIGNS, "--then", *itertools.chain(*TEXT.values(), *SIGNS.values())}
    found = page.evaluate(
        """(names) => names.map((name) => {
          const probe = document.body.appendChild(document.createElement("i"));
          probe.style.color = `var(${name})`;
          const shown = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
          probe.remove();
          return [name, shown];
        })""",
        sorted(names),
    )
    scaled = {name: np.array(value[:3]) / 255 for name, value in found}
    return {n: np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) for n, v in scaled.items()}


def contrast(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Contrast as WCAG 2.2 defines it."""
    low, high = sorted(float(np.dot([0.2126, 0.7152, 0.0722], colour)) for colour in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIELAB (D65) of linear sRGB."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(linear, 0, 1) / to_xyz.sum(axis=1)
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_read_and_what_is_drawn_stand_out_from_what_they_stand_on(visit: Any, scheme: str) -> None:
    page = visit(page_of()).page
    page.emulate_media(color_scheme=scheme)
    shown = colours(page)
    for pairs, least in ((TEXT, 4.5), (SIGNS, 3.0)):
        found = {(over, on): contrast(shown[over], shown[on]) for over, grounds in pairs.items() for on in grounds}
        assert {pair: round(value, 2) for pair, value in found.items() if value < least} == {}


@pytest.mark.parametrize("sight", BLIND)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_two_years_are_apart_for_every_eye(visit: Any, scheme: str, sight: str) -> None:
    page = visit(page_of()).page
    page.emulate_media(color_scheme=scheme)
    shown = colours(page)
    now, then = (lab(BLIND[sight] @ shown[name]) for name in ("--now", "--then"))
    assert float(np.linalg.norm(now - then)) > 50


def painted(page: Any, selector: str, what: str) -> str:
    found: str = page.locator(selector).first.evaluate("(element, what) => getComputedStyle(element)[what]", what)
    return found


@pytest.mark.parametrize("make", [lambda: page_of(PLACED), overview_of])
def test_the_page_turns_dark_and_light_while_it_is_open_and_paper_is_light(visit: Any, make: Any) -> None:
    seen = visit(make())
    page = seen.page
    things = [
        ("html", "backgroundColor"), (".leaflet-pane path.sea", "fill"), (".leaflet-pane path.land", "fill"),
        (".badge", "backgroundColor"), (".glyph .now", "fill"), (".leaflet-control-zoom-in", "backgroundColor"),
        (".compass .solid", "fill"), (".leaflet-control-scale-line", "color"),
    ]  # fmt: skip
    looks = {}
    for name, media in (
        ("light", {"color_scheme": "light", "media": "screen"}),
        ("dark", {"color_scheme": "dark", "media": "screen"}),
        ("paper", {"color_scheme": "dark", "media": "print"}),
        ("light again", {"color_scheme": "light", "media": "screen"}),
    ):
        page.emulate_media(**media)
        looks[name] = [painted(page, *thing) for thing in things]
    assert [one != other for one, other in zip(looks["light"], looks["dark"], strict=True)] == [True] * len(things)
    assert looks["paper"] == looks["light"] == looks["light again"]
    seen.assert_quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_the_colour_of_the_other_scheme(visit: Any, scheme: str) -> None:
    """Every text and every filled box on the page is one of the style sheet's colours."""
    page = visit(page_of(PLACED)).page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.locator("#table tr[data-id=now] button").click()
    strays = page.evaluate(
        """() => {
          const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
          const names = new Set(rules.flatMap((rule) => rule.selectorText === ":root" ? [...rule.style] : []));
          const probe = document.body.appendChild(document.createElement("i"));
          const of = (name) => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
          const ours = new Set([...names].filter((name) => name.startsWith("--")).map(of));
          probe.remove();
          const strays = [];
          for (const element of document.body.querySelectorAll("*")) {
            if (!element.checkVisibility() || element.closest("input, noscript")) continue;
            const { color, backgroundColor, fill, stroke } = getComputedStyle(element);
            const shape = element.matches("path, circle, rect") ? [fill, stroke] : [color, backgroundColor];
            for (const one of shape) {
              const name = `${element.tagName}.${element.getAttribute("class")}`;
              if (/^rgb\\(/.test(one) && !ours.has(one)) strays.push(`${name}: ${one}`);
            }
          }
          return [...new Set(strays)];
        }"""
    )
    assert strays == []
