"""Time and size of map pages, and how soon a browser shows them: ``python tests/benchmarks/maps.py``.

Beside each stands what stock folium makes of the same points, a marker with a popup for each, run in turn in one go;
the last rows have none, for there it takes minutes. Build is the time from the records and their comparison to the
text of the page, imports left out on both sides; open is from the address to a page that has drawn and answers; filter
is one move of the time filter's handle, until the next frame. Needs resight[browser] and the system's Chromium.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RUNS = 3

OURS = """
import json, sys, time
from pathlib import Path
from resight import frame, maps, study
from resight.logbook import Logbook
folder, site, target = sys.argv[1:]
book = Logbook(folder)
records, _ = book.read()
told = study.of(book, records)
held = frame.to_frame(records)
maps.render_html(maps.overview_map(held.iloc[:0], told._replace(ids=frozenset())))  # what is made once is made
begun = time.perf_counter()
text = maps.render_html(maps.site_map(held, site, told))
taken = time.perf_counter() - begun
Path(target).write_text(text, encoding="utf-8")
print(json.dumps([taken, len(text.encode())]))
"""

STOCK = """
import json, sys, time
from pathlib import Path
import folium
from resight.logbook import Logbook
folder, site, target = sys.argv[1:]
book = Logbook(folder)
records = [one for one in book.read()[0] if one.site == site]
lon, lat = book.sites[site].point
begun = time.perf_counter()
page = folium.Map([lat, lon], zoom_start=12, tiles=None)
for one in records:
    x, y = one.geometry["coordinates"] if one.geometry else (lon, lat)
    folium.Marker([y, x], popup=f"{one.date}: {one.platform}").add_to(page)
text = page.get_root().render()
taken = time.perf_counter() - begun
Path(target).write_text(text, encoding="utf-8")
print(json.dumps([taken, len(text.encode())]))
"""

LOGBOOK = """
import random, sys
from datetime import date, timedelta
from pathlib import Path
import orjson
from resight.logbook import Logbook
from resight.observation import Observation, build
folder, number = Path(sys.argv[1]), int(sys.argv[2])
book, chance, years = Logbook.create(folder, empty=True), random.Random(5), {2024: [], 2025: []}
lon, lat = book.sites["dunay"].point
for place in range(number):
    year = 2024 + place % 2
    day = date(year, 1, 1) + timedelta(days=chance.randrange(365))
    platform = chance.choice(("ropucha-class", "tapir-class", "cargo-ship", "tanker"))
    at = [round(lon + chance.gauss(0, 0.02), 5), round(lat + chance.gauss(0, 0.012), 5)]
    years[year].append(build(Observation, {
        "id": f"dunay-{day}-{platform}-{place}", "site": "dunay", "date": str(day), "platform": platform, "count": 1,
        "activity": chance.choice(("docked", "loading", "present")), "image_id": f"scene-{place}",
        "visible": "A ship is alongside the pier with its ramp down.",
        "geometry": {"type": "Point", "coordinates": at}, "image_provider": "Planet",
        "sources": [{"published_by": "Own imagery", "url": f"https://example.org/scene/{place}"}],
        "logged_at": "2026-01-31T09:00:00Z",
    }))
for year, found in years.items():
    lines = [orjson.dumps(one.to_feature()) for one in sorted(found, key=lambda one: (one.earliest, one.id))]
    head = b'{"type":"FeatureCollection","features":[\\n'
    (folder / "observations" / f"{year}.geojson").write_bytes(head + b",\\n".join(lines) + b"\\n]}\\n")
"""


def run(program: str, *arguments: object) -> Any:
    """What a program prints, run by itself."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout) if done.stdout else None


def opened(browser: Any, page: Path, ready: str) -> tuple[float, float | None]:
    """Milliseconds to a page that has drawn and answers, and to one move of its time filter if it has one."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.wait_for_selector(ready, state="attached")
    frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
    shown = float(tab.evaluate(frames))
    moved = None
    if tab.locator(".range input").count():
        moves = tab.evaluate(
            """async () => {
              const handle = document.querySelector(".range input"), taken = [];
              for (let day = 10; day <= 110; day += 10) {
                const begun = performance.now();
                handle.value = Number(handle.min) + day;
                handle.dispatchEvent(new Event("input", { bubbles: true }));
                await new Promise(requestAnimationFrame);
                taken.push(performance.now() - begun);
              }
              return taken;
            }"""
        )
        moved = statistics.median(moves)
    context.close()
    return shown, moved


def row(name: str, folder: Path, site: str, scratch: Path, browser: Any, *, stock: bool) -> None:
    """Measure one site and print its line."""
    ours, theirs = scratch / "ours.html", scratch / "theirs.html"
    sides: list[tuple[str, Path, str]] = [(OURS, ours, "#data")]
    if stock:
        sides.append((STOCK, theirs, "body"))
    builds: list[list[Any]] = [[] for _ in sides]
    shows: list[list[Any]] = [[] for _ in sides]
    for _ in range(RUNS):
        for (program, page, ready), built, seen in zip(sides, builds, shows, strict=True):
            built.append(run(program, folder, site, page))
            # Stock folium asks for its scripts: without a network its page never draws, so it is not opened.
            seen.append(opened(browser, page, ready) if page is ours else (None, None))

    def middle(of: list[Any], place: int, form: Callable[[float], str]) -> str:
        values = [one[place] for one in of if one[place] is not None]
        return form(statistics.median(values)) if values else "–"

    cells = [name]
    for built, seen in zip(builds, shows, strict=True):
        cells += [middle(built, 0, lambda s: f"{s:.2f} s"), middle(built, 1, lambda b: f"{b / 1000:,.0f} kB")]
        if seen is shows[0]:
            cells += [middle(seen, 0, lambda ms: f"{ms:.0f} ms"), middle(seen, 1, lambda ms: f"{ms:.0f} ms")]
    print("| " + " | ".join(cells + ["–"] * (7 - len(cells))) + " |", flush=True)


def main() -> None:
    """Measure the shipped pages, then a site of ever more sightings."""
    from playwright.sync_api import sync_playwright

    print("| page | build | size | open | filter | stock folium: build | size, without its scripts |")
    print("|---|---|---|---|---|---|---|")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as held:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        scratch = Path(held)
        for site in ("dunay", "nakhodka", "sunan"):
            row(f"shipped, {site}", ROOT, site, scratch, browser, stock=True)
        for number in (1_000, 10_000, 100_000):
            folder = scratch / str(number)
            subprocess.run([sys.executable, "-c", LOGBOOK, str(folder), str(number)], check=True)
            row(f"{number:,} sightings at one site", folder, "dunay", scratch, browser, stock=number <= 10_000)
        browser.close()


if __name__ == "__main__":
    main()
