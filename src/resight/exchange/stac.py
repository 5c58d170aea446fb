"""STAC Items: an image becomes a look with its image facts; what the look found is for a person to say.

STAC 1.0 and 1.1 (https://github.com/radiantearth/stac-spec), extensions eo, view, sar and file. An Item is one image,
so its ``platform`` is the satellite, which a record calls ``sensor``. Its geometry is the footprint of the image and
the position of no thing: it stands in the column ``footprint``, for whoever asks which sites the image covers.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from resight.errors import UnreadableFile
from resight.exchange import foreign, moments, places
from resight.exchange.table import Options, Row, Table

_MARK = re.compile(r'"stac_version"\s*:')
#: The image is one moment, whose day is known once the site and its time zone are.
_FIELDS = {
    "date": "date",
    "method": "method",
    "sensor": "sensor",
    "image_provider": "image_provider",
    "image_time": "image_time",
    "image_id": "image_id",
    "gsd_m": "gsd_m",
    "cloud_pct": "cloud_pct",
    "off_nadir_deg": "off_nadir_deg",
    "image_href": "image_href",
    "image_sha256": "image_sha256",
    "image_license": "image_license",
}
#: Where our own Items carry the records of the look, whole.
RECORDS = "resight:records"
_COLUMNS = (*_FIELDS, "title", "description", "collection", "footprint")
_MULTIHASH_SHA256 = re.compile(r"1220([0-9a-f]{64})")
_NO_IMAGE = {"thumbnail", "overview", "metadata", "reproduction"}
_REACHABLE = re.compile(r"(https?|s3|gs)://[^\s<>\"]+")


def recognises(path: Path, head: bytes) -> bool:
    """Does the file begin as JSON of STAC does?"""
    text = foreign.head_text(head)
    return text.startswith("{") and _MARK.search(text) is not None


def read(path: Path, options: Options) -> Table:
    """One row an Item, from 1: the image facts of a look whose site and outcome are still to be said.

    ``date`` and ``image_time`` hold the same moment: the date is its day in the time zone of the site.

    Raises:
        UnreadableFile: not STAC, cut off, too large, or a Catalog or Collection, which hold no Items themselves.
    """
    content = foreign.json_value(path, options)
    items = _items(path, content)
    foreign.counted(path, len(items))
    notes: dict[str, list[int]] = {}
    images = 0
    rows: list[Row] = []
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict) or item.get("type") != "Feature":
            raise UnreadableFile(f"{path.name}: feature {number} is not a STAC Item")
        if not isinstance(item.get("properties"), dict):
            raise UnreadableFile(f"{path.name}: item {number} has no properties")
        ours = item["properties"].get(RECORDS)
        if isinstance(ours, list) and ours and all(_is_feature(record) for record in ours):
            rows += [Row(number, _record(record), record.get("geometry")) for record in ours]
        else:
            images += 1
            rows.append(Row(number, _values(item, number, notes)))
    said = [f"{foreign.some(numbers, 'item')}: {what}" for what, numbers in notes.items()]
    if images:
        said = [
            "an image is a look: say what it found with --set outcome=seen, not-seen or cannot-tell",
            "the date of a look is the day of the image in the time zone of its site; the outline of the image is in "
            "footprint and not taken as the position of anything",
            *said,
        ]
    filled = foreign.columns(row.values for row in rows)
    names = tuple(dict.fromkeys(name for name in (*_COLUMNS, *filled) if name in filled))
    return Table("stac", names, rows, tuple(said), {name: _FIELDS[name] for name in names if name in _FIELDS})


def _is_feature(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("properties"), dict)
        and isinstance(value.get("geometry"), dict | None)
    )


def _record(feature: Mapping[str, Any]) -> dict[str, Any]:
    """A record of ours that stands in an Item of ours."""
    return {str(name): foreign.cell(value) for name, value in feature["properties"].items()}


def _items(path: Path, content: Any) -> list[Any]:
    kind = content.get("type") if isinstance(content, dict) else None
    if kind in ("Catalog", "Collection"):
        raise UnreadableFile(
            f"{path.name} is a STAC {kind}, which only refers to Items; nothing is fetched: import the Items themselves"
        )
    if kind == "Feature":
        return [content]
    if kind == "FeatureCollection" and isinstance(content.get("features"), list):
        return list(content["features"])
    raise UnreadableFile(f"{path.name} is not a STAC Item or ItemCollection")


def _values(item: Mapping[str, Any], number: int, notes: dict[str, list[int]]) -> dict[str, Any]:
    properties = item["properties"]
    given = {name: foreign.cell(value) for name, value in properties.items()}
    name, asset = _asset(item)
    if name and name != "image" and len(item["assets"]) > 1:
        notes.setdefault(f"of several files the asset {name!r} was taken for the image", []).append(number)
    when = _when(properties)
    href = _href(item, asset)
    if asset.get("href") and href is None:
        notes.setdefault("the address of the image is relative to the Item and was left out", []).append(number)
    sha256 = _sha256(asset)
    if sha256 is None and (asset.get("file:checksum") or asset.get("checksum:multihash")):
        notes.setdefault("the checksum is not SHA-256 and was left out", []).append(number)
    footprint = places.homogeneous(item.get("geometry"))
    found = {
        "date": when,
        "method": _method(properties),
        "sensor": given.get("platform") or given.get("constellation") or _joined(properties.get("instruments")),
        "image_provider": _provider(properties),
        "image_time": when if isinstance(when, datetime) else None,
        "image_id": foreign.cell(item.get("id")),
        "gsd_m": _number(asset.get("gsd"), properties.get("gsd"), properties.get("eo:gsd")),
        "cloud_pct": _number(properties.get("eo:cloud_cover"), asset.get("eo:cloud_cover")),
        "off_nadir_deg": _number(properties.get("view:off_nadir"), asset.get("view:off_nadir")),
        "image_href": href,
        "image_sha256": sha256,
        "image_license": given.get("license") if isinstance(given.get("license"), str) else None,
        "title": given.get("title"),
        "description": given.get("description"),
        "collection": foreign.cell(item.get("collection")),
        "footprint": foreign.json_text(footprint) if isinstance(footprint, dict) else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _when(properties: Mapping[str, Any]) -> Any:
    """The moment of the image, or the interval of a mosaic."""
    if isinstance(properties.get("datetime"), str):
        return moments.moment(properties["datetime"]) or properties["datetime"]
    ends = [properties.get(name) for name in ("start_datetime", "end_datetime")]
    return moments.span(*(end if isinstance(end, str) else None for end in ends))


def _method(properties: Mapping[str, Any]) -> str | None:
    """Radar or optical, where the extensions of the Item say so."""
    if any(name.startswith("sar:") for name in properties):
        return "radar"
    return "optical" if any(name.startswith("eo:") for name in properties) else None


def _provider(properties: Mapping[str, Any]) -> str | None:
    """Who sells or gives the image: its producers and licensors, else all providers."""
    listed = properties.get("providers")
    given = (
        [p for p in listed if isinstance(p, dict) and isinstance(p.get("name"), str)]
        if isinstance(listed, list)
        else []
    )
    makers = [p for p in given if isinstance(p.get("roles"), list) and {"producer", "licensor"} & _words(p["roles"])]
    return ", ".join(dict.fromkeys(p["name"] for p in makers or given)) or None


def _asset(item: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The image among the files of an Item: what is to be seen before raw data, never a thumbnail or metadata."""
    listed = item.get("assets")
    assets = {name: a for name, a in listed.items() if isinstance(a, dict)} if isinstance(listed, dict) else {}

    def rank(name: str) -> tuple[bool, bool, bool]:
        roles = _words(assets[name].get("roles"))
        return (
            bool(roles & _NO_IMAGE or name in _NO_IMAGE),
            not (name in ("image", "visual") or "visual" in roles),
            "data" not in roles,
        )

    best = min(assets, key=rank, default=None)
    return ("", {}) if best is None or rank(best)[0] else (best, assets[best])


def _href(item: Mapping[str, Any], asset: Mapping[str, Any]) -> str | None:
    """The address of the image: its own, or its path beside the address that the Item states of itself."""
    from urllib.parse import urljoin

    href = asset.get("href")
    if not isinstance(href, str):
        return None
    links = item.get("links")
    own = [
        link["href"]
        for link in (links if isinstance(links, list) else [])
        if isinstance(link, dict) and link.get("rel") == "self" and isinstance(link.get("href"), str)
    ]
    try:
        found = href if _REACHABLE.fullmatch(href) else urljoin(own[0], href) if own else href
    except ValueError:
        return None
    return found if _REACHABLE.fullmatch(found) else None


def _sha256(asset: Mapping[str, Any]) -> str | None:
    """The SHA-256 in a multihash (code 0x12, 32 bytes)."""
    for name in ("file:checksum", "checksum:multihash"):
        found = _MULTIHASH_SHA256.fullmatch(str(asset.get(name)).lower())
        if found:
            return found[1]
    return None


def _number(*given: Any) -> float | None:
    return next((n for n in given if isinstance(n, int | float) and not isinstance(n, bool)), None)


def _words(value: Any) -> set[str]:
    return {word for word in value if isinstance(word, str)} if isinstance(value, list) else set()


def _joined(value: Any) -> str | None:
    return ", ".join(word for word in value if isinstance(word, str)) or None if isinstance(value, list) else None
