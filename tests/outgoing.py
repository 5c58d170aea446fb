"""What the tests of export share: records full of everything, and the way back from the cells of a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import shapely
from hypothesis import strategies as st

from cases import SITES, VOCABULARY
from resight.exchange.setting import Setting
from resight.observation import Observation, build

#: Text that has broken somebody's file before.
HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2",
    "@SUM(A1)",
    "'quoted'",
    "'=1",
    'say "no", then;\tgo',
    "two\nlines\r\nand\rthree",
    "</script><script>alert(1)</script>",
    "]]> <![CDATA[ & &amp; <b>",
    "🚢 корабль 배",
    "\u202eright to left\u202c שלום",
    "bell\x07 escape\x1b[31m nul\x00",
    "_x0041_ and _x005F_",
    "#N/A",
    "{{ 7*7 }} ${x} $[name] %s",
    "\ufffe\uffff",
)

FULL: Mapping[str, Any] = {
    "id": "dunay-2025-05-18-ropucha-class",
    "site": "dunay",
    "date": "2025-05-18",
    "outcome": "seen",
    "platform": "ropucha-class",
    "platform_name": "Nikolay Vilkov",
    "operator": "Russia",
    "count": 1,
    "count_min": 1,
    "count_max": 1,
    "activity": "docked",
    "inferred_activity": "troop-transfer",
    "likelihood": "likely",
    "confidence": "moderate",
    "hedge": "believed",
    "hedge_on": "platform_name",
    "visible": "A landing ship is alongside the pier.",
    "basis": "own",
    "method": "optical",
    "berth": "Pier 2",
    "geometry": {"type": "Point", "coordinates": [132.35512345, 42.89712345]},
    "location_uncertainty_m": 50.5,
    "sensor": "SkySat-C12",
    "image_provider": "Planet",
    "image_time": "2025-05-18T01:40:00Z",
    "image_id": "20250518_014012_06_24b9",
    "gsd_m": 0.5,
    "cloud_pct": 12.5,
    "off_nadir_deg": 20.0,
    "image_href": "https://example.org/scene.tif",
    "image_sha256": "ab" * 32,
    "image_license": "CC-BY-4.0",
    "length_m": 112.5,
    "width_m": 15,
    "sources": [
        {"title": "A “ship”", "published_by": "CNN", "url": "https://example.org/1?a=1&b=2", "published": "2025-07"},
        {"published_by": "Somebody", "grade": "B2"},
    ],
    "relates": [{"id": "dunay-2024-ropucha-class", "how": "same-event"}],
    "analyst": "A. Analyst",
    "logged_at": "2025-05-19T09:00:00Z",
    "revised_at": "2025-05-20T09:00:00Z",
    "revision": 2,
    "reviewed_by": "B. Editor",
    "status": "reviewed",
    "tags": ["PS-115", "a,b"],
    "note": "Seen by two.",
}

OUTLINES: tuple[Any, ...] = (
    {"type": "LineString", "coordinates": [[132.355, 42.897], [132.356, 42.8975]]},
    {
        "type": "Polygon",
        "coordinates": [
            [[132.35, 42.89], [132.36, 42.89], [132.36, 42.9], [132.35, 42.89]],
            [[132.356, 42.892], [132.357, 42.892], [132.357, 42.893], [132.356, 42.892]],
        ],
    },
    {"type": "MultiPoint", "coordinates": [[132.35, 42.89], [132.36, 42.9]]},
    {"type": "Point", "coordinates": [132.35, 42.89, 12.5]},
)


def a_record(**changes: Any) -> Observation:
    """The full record with some fields changed; None takes one away."""
    values = {name: value for name, value in {**FULL, **changes}.items() if value is not None}
    return build(Observation, values)


def plain(**values: Any) -> Observation:
    """A record with little in it."""
    return build(Observation, {"id": "dunay-2024", "site": "dunay", "date": "2024", **values})


def several() -> list[Observation]:
    """Records of every kind: vague, without position, with outlines, that found nothing or could not tell."""
    return [
        plain(id="dunay-2024-ropucha-class", platform="ropucha-class"),
        plain(id="dunay-2024-10-to-2024-11-ship", date="2024-10/2024-11~", date_meaning="throughout", count_min=2),
        plain(id="rajin-2024-12-2025-01", site="rajin", date="2024-12/2025-01", context=True, aggregate=True),
        plain(id="sunan-2025-05-18", site="sunan", date="2025-05-18", outcome="not-seen", effort_stated=True),
        plain(id="sunan-2025-05-19", site="sunan", date="2025-05-19?", outcome="cannot-tell", image_id="cloudy"),
        a_record(),
        *(
            a_record(id=f"outline-{number}", geometry=outline, image_id=f"scene-{number}", relates=None)
            for number, outline in enumerate(OUTLINES)
        ),
        *(
            a_record(id=f"hostile-{number}", note=text, operator=text, tags=[text], sources=[{"title": text}])
            for number, text in enumerate(HOSTILE)
            if text.strip()
        ),
        plain(id="foreign", foreign={"colour": "grey", "n": [1, {"a": None}]}, foreign_members={"links": []}),
    ]


_pieces = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
texts = st.lists(_pieces, min_size=1, max_size=3).map("".join).map(str.strip).filter(bool).map(lambda t: t[:400])
#: To a millimetre and better; a cell of XLSX holds 16 digits.
_degrees = st.floats(0.1, 179).map(lambda degrees: round(degrees, 9)).flatmap(lambda d: st.sampled_from([d, -d]))


@st.composite
def hostile_records(draw: st.DrawFn) -> Observation:
    """A record with any text in its free fields and any position."""
    changes: dict[str, Any] = {
        name: draw(st.none() | texts) for name in ("operator", "visible", "berth", "image_id", "note", "sensor")
    }
    changes["tags"] = draw(st.lists(texts, max_size=2))
    changes["sources"] = draw(st.lists(st.builds(lambda t: {"title": t}, texts), max_size=2))
    changes["gsd_m"] = draw(st.none() | st.floats(0.01, 1e6).map(lambda metres: round(metres, 6)))
    changes["date"] = draw(st.sampled_from(["2025-05-18", "0999-01-01", "2025-05?", "1899-12-31/1900-02", "2024~"]))
    place = [draw(_degrees), round(draw(_degrees) / 2, 9)]
    changes["geometry"] = draw(st.sampled_from([None, {"type": "Point", "coordinates": place}, *OUTLINES]))
    return a_record(**changes)


def setting(form: str = "", **more: Any) -> Setting:
    """What a writer is told, of the sites and words of the tests."""
    return Setting(form=form, sites=SITES, vocabulary=VOCABULARY, year=2025, digest="0" * 64, **more)


def record_of(cells: Mapping[str, Any], geometry: Any = None) -> Observation:
    """The record that the cells of a table say, read as anybody would read them: empty is not said, lists are JSON."""
    values = {name: cell for name, cell in cells.items() if cell not in (None, "")}
    lon, lat, outline = (values.pop(name, None) for name in ("longitude", "latitude", "geometry"))
    if lon is not None:
        values["geometry"] = {"type": "Point", "coordinates": [float(lon), float(lat)]}
    elif outline or geometry is not None:
        shape = geometry if geometry is not None else shapely.from_wkt(outline)
        values["geometry"] = json.loads(shapely.to_geojson(shape))
    for name in ("sources", "relates", "tags", "foreign", "foreign_members"):
        if name in values:
            values[name] = json.loads(values[name])
    for name in ("earliest", "latest", "date"):
        if isinstance(values.get(name), datetime):
            values[name] = values[name].date()
        if isinstance(values.get(name), date):
            values[name] = values[name].isoformat()
    for name in ("image_time", "logged_at", "revised_at"):
        if isinstance(values.get(name), datetime) and values[name].tzinfo is None:
            values[name] = values[name].replace(tzinfo=UTC)
    return build(Observation, values)


def same(found: list[Observation], expected: list[Observation]) -> None:
    """Every record came back as it was."""
    assert [record.to_feature() for record in found] == [record.to_feature() for record in expected]


def bytes_of(path: Path) -> bytes:
    """The content of a file, of an archive that of its files."""
    import zipfile

    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())
