"""The images of a map page in a browser: there to be seen, side by side for a match, told in words, and harmless."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image

from hostile import FAMILIES
from resight import pictures
from resight.observation import Observation
from resight.previews import Chip, Preview
from resight.raster import Bounds
from test_maps import SITES, page_of, record, repeats_of

pytestmark = pytest.mark.browser


def copy_of(one: Observation) -> Preview:
    if one.id == "broken":
        return Preview(reason="image not shown here: no such file in the logbook")
    held = io.BytesIO()
    Image.new("RGB", (400, 267), "navy").save(held, "JPEG")
    return Preview(f"data:image/jpeg;base64,{base64.b64encode(held.getvalue()).decode()}", 400, 267)


def chip_of(one: Observation) -> Chip:
    if one.id != "laid":
        return Chip(reason="image on file, not laid on the map: it does not say where on Earth it lies")
    held = io.BytesIO()
    Image.new("RGBA", (40, 30), "#cc0033").save(held, "WEBP", lossless=True)
    uri = f"data:image/webp;base64,{base64.b64encode(held.getvalue()).decode()}"
    return Chip(uri, Bounds(132.31, 42.86, 132.35, 42.88))


def page_with_images(*records: Observation) -> Any:
    return page_of(records, pictures=pictures.of_site(records, SITES["dunay"], repeats_of(records), copy_of, chip_of))


def pictured(identifier: str, date: str = "2025-05-18", **values: Any) -> Observation:
    return record(identifier, date, image_href=f"images/{identifier}.jpg", **values)


@pytest.mark.parametrize("width", [1280, 390])
def test_both_images_of_a_match_stand_side_by_side_the_earlier_year_first(visit: Any, width: int) -> None:
    seen = visit(
        page_with_images(pictured("now", image_license="CC-BY-4.0"), pictured("then", "2024-05-20")), width=width
    )
    for place in ("#record-now", "#record-then", ".box"):
        if place == ".box":
            seen.page.locator("#table tbody th button").first.click()
        shown = seen.page.locator(f"{place} .images img")
        assert shown.evaluate_all("(all) => all.map((one) => one.alt)") == [
            "Image on file: Ropucha class (20 May 2024)",
            "Image on file: Ropucha class (18 May 2025)",
        ]
        assert shown.evaluate_all("(all) => all.every((one) => one.complete && one.naturalWidth === 400)")
        # Measured at one moment: the popup may still be sliding into view.
        first, second = shown.evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().toJSON())")
        assert first["top"] == second["top"]
        assert first["right"] < second["left"]
        assert second["width"] > 100
        captions = seen.page.locator(f"{place} figcaption").all_inner_texts()
        assert [text.strip() for text in captions] == ["20 May 2024", "18 May 2025 · CC-BY-4.0"]
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    seen.assert_quiet()


def test_why_there_is_no_image_is_said_at_the_record(visit: Any) -> None:
    seen = visit(page_with_images(pictured("broken")))
    article = seen.page.locator("#record-broken")
    assert "Image not shown here: no such file in the logbook." in article.inner_text()
    assert article.locator("img").count() == 0


def test_hostile_words_beside_an_image_stay_words(visit: Any) -> None:
    lines = [text for text in FAMILIES["ends"] if "\u2028" not in text]
    records = [
        pictured(f"r{i}", f"2025-05-{i + 1:02}", image_license=text, platform_name=text, count=1)
        for i, text in enumerate(lines)
    ]
    seen = visit(page_with_images(*records))
    shown = [text.strip() for text in seen.page.locator("#records figcaption bdi:last-child").all_text_contents()]
    assert sorted(shown) == sorted(record.image_license or "" for record in records)
    assert "owned" not in seen.page.title()
    seen.assert_quiet()


def test_an_image_that_says_where_it_lies_is_laid_on_the_map_and_can_be_taken_off(visit: Any) -> None:
    seen = visit(page_with_images(pictured("laid"), pictured("then", "2024-05-20")))
    page = seen.page
    laid = page.locator(".leaflet-chips-pane img")
    assert laid.count() == 1
    assert laid.get_attribute("alt") == "Image on file: Ropucha class (18 May 2025)"
    box = laid.bounding_box()
    seen_there = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    # Under the outline of the site, which tints it.
    assert seen_there.getpixel((round(box["x"] + 5), round(box["y"] + 5))) == (195, 8, 60)
    page.get_by_label("Search").fill("2024")
    assert laid.evaluate("(image) => image.style.opacity") == "0"
    page.get_by_label("Search").fill("")
    page.locator(".leaflet-control-layers").hover()
    page.get_by_label("Images laid on the map").uncheck()
    assert laid.count() == 0
    seen.assert_quiet()
