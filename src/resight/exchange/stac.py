"""STAC Items: an image becomes a look with its image facts; what the look found is for a person to say.

STAC 1.0 and 1.1 (https://github.com/radiantearth/stac-spec), extensions eo, view, sar and file. An Item is one image,
so its ``platform`` is the satellite, which a record calls ``sensor``. Its geometry is the footprint of the image and
the position of no thing: it stands in the column ``footprint``, for whoever asks which sites the image covers.

Written as STAC 1.1 Items in an ItemCollection: one for each look that names its image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from resight import dates, episodes
from resight.episodes import Look
from resight.errors import UnreadableFile
from resight.exchange import flat, foreign, moments, own, places
from resight.exchange.setting import Setting
from resight.exchange.table import Options, Row, Table
from resight.observation import Observation, Site, positions
from resight.wording import numbered

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
            rows += [Row(number, own.cells(record), record.get("geometry")) for record in ours]
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
    said += own.stated(content)
    filled = foreign.columns(row.values for row in rows)
    names = tuple(dict.fromkeys(name for name in (*_COLUMNS, *filled) if name in filled))
    return Table("stac", names, rows, tuple(said), {name: _FIELDS[name] for name in names if name in _FIELDS})


def _is_feature(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("properties"), dict)
        and isinstance(value.get("geometry"), dict | None)
    )


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


# --- writing ----------------------------------------------------------------------------------------------------

VERSION = "1.1.0"
#: Field of the record, property of the Item. STAC's ``platform`` is the satellite.
PROPERTIES = {
    "sensor": "platform",
    "gsd_m": "gsd",
    "cloud_pct": "eo:cloud_cover",
    "off_nadir_deg": "view:off_nadir",
}
_EXTENSIONS = {
    "eo:": "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "view:": "https://stac-extensions.github.io/view/v1.0.0/schema.json",
    "file:": "https://stac-extensions.github.io/file/v2.1.0/schema.json",
}
#: The multihash of SHA-256: its code 0x12, its length 0x20, then the digest.
SHA256_PREFIX = "1220"
_LICENSE = re.compile(r"[\w.+-]+")
_TYPES = {".tif": "image/tiff; application=geotiff", ".png": "image/png", ".jpg": "image/jpeg", ".jp2": "image/jp2"}


def write(records: Sequence[Observation], path: Path, setting: Setting) -> tuple[str, ...]:
    """Write an Item for each look of which a record names an image by id, time or address.

    The geometry is that of the site, not of the image, which is said in ``resight:geometry``.
    """
    looks = [look for look in (*episodes.looks(records), *episodes.clouded(records)) if _has_image(look)]
    looks = sorted(looks, key=lambda look: (look.day, look.records[0].id or ""))
    items, unplaced = [], 0
    for look in looks:
        site = setting.sites.get(look.site)
        unplaced += site is None
        items.append(_item(look, site, setting))
    collection = {"type": "FeatureCollection", "digest": setting.digest, **setting.statements, "features": items}
    with setting.opened(path) as file:
        file.write(orjson.dumps(collection, option=orjson.OPT_INDENT_2) + b"\n")
    return tuple(_losses(records, looks, unplaced))


def _losses(records: Sequence[Observation], looks: Sequence[Look], unplaced: int) -> list[str]:
    carried = [record for look in looks for record in look.records]
    said = []
    if missing := len(records) - len(carried):
        said.append(f"STAC tells of images only: {numbered(missing, 'record')} of no look with an image left out")
    kept_here = [r.id or "" for r in carried if r.image_href and "://" not in r.image_href]
    if kept_here:
        what = "an image kept in the logbook has no address that others can open, so the Item of it has no asset"
        said.append(f"{what}: {flat.named(kept_here)}")
    if unplaced:
        said.append(f"{numbered(unplaced, 'Item')} without geometry: the site is not on the register")
    return said


def _has_image(look: Look) -> bool:
    return any(record.image_id or record.image_time or record.image_href for record in look.records)


def _item(look: Look, site: Site | None, setting: Setting) -> dict[str, Any]:
    first = look.records[0]

    def fact(name: str) -> Any:
        return next((found for r in look.records if (found := getattr(r, name)) is not None), None)

    properties: dict[str, Any] = {**_days(look, site, fact("image_time")), **setting.statements}
    properties |= {theirs: fact(ours) for ours, theirs in PROPERTIES.items() if fact(ours) is not None}
    if provider := fact("image_provider"):
        properties["providers"] = [{"name": provider, "roles": ["producer"]}]
    if terms := fact("image_license"):
        # STAC takes an SPDX id here or this word; the wording itself is in the records.
        properties["license"] = terms if _LICENSE.fullmatch(terms) else "other"
    properties["resight:site"] = look.site
    if image_id := fact("image_id"):
        properties["resight:image_id"] = image_id
    geometry: Any = None
    if site:
        geometry = site.footprint or {"type": "Point", "coordinates": list(site.point)}
        what = "footprint" if site.footprint else "point"
        properties["resight:geometry"] = f"the {what} of the site, not the extent of the image"
    properties[RECORDS] = [record.to_feature() for record in look.records]
    item: dict[str, Any] = {"type": "Feature", "stac_version": VERSION, "stac_extensions": [], "id": first.id}
    item["geometry"] = geometry
    if geometry:
        places = list(positions(geometry))
        item["bbox"] = [f(place[axis] for place in places) for f in (min, max) for axis in (0, 1)]
    item |= {"properties": properties, "links": [], "assets": _assets(look)}
    held = [*properties, *(name for asset in item["assets"].values() for name in asset)]
    item["stac_extensions"] = [
        url for start, url in _EXTENSIONS.items() if any(name.startswith(start) for name in held)
    ]
    return item


def _days(look: Look, site: Site | None, moment: datetime | None) -> dict[str, Any]:
    """The moment of the image; where it is not known, from the first to the last moment of the days it may be of."""
    if moment:
        return {"datetime": dates.utc_text(moment)}
    zone = ZoneInfo(site.timezone) if site else UTC
    first, last = min(r.earliest for r in look.records), max(r.latest for r in look.records)
    return {
        "datetime": None,
        "start_datetime": dates.utc_text(datetime.combine(first, time.min, zone)),
        "end_datetime": dates.utc_text(datetime.combine(last, time.max, zone)),
    }


def _assets(look: Look) -> dict[str, Any]:
    """The image of each record that has it on the web; one that several records name is there once."""
    assets: dict[str, Any] = {}
    for record in look.records:
        href = record.image_href or ""
        if "://" not in href or any(asset["href"] == href for asset in assets.values()):
            continue
        asset: dict[str, Any] = {"href": href, "roles": ["data"]}
        kind = _TYPES.get(Path(href.partition("?")[0]).suffix.lower())
        if kind:
            asset["type"] = kind
        if record.image_sha256:
            asset["file:checksum"] = SHA256_PREFIX + record.image_sha256
        assets["image" if not assets else f"image-{len(assets) + 1}"] = asset
    return assets
