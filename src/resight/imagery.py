"""What an image file says of itself, and what of it a record takes over: a time only where its zone is known.

What the analyst has stated goes before what the file says; where the two disagree, that is said.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from resight import dates, geodesy, previews, raster
from resight.errors import InvalidValue, Problem
from resight.images import Image
from resight.observation import Site
from resight.raster import Bounds

#: A stated ground sample distance and the file's are the same as long as they differ by less than this share.
GSD_TOLERANCE = 0.1
#: EXIF: the time of the picture and its offset from UTC, in the IFD 0x8769.
_EXIF_IFD, _TAKEN, _TAKEN_OFFSET = 0x8769, 0x9003, 0x9011


class Facts(NamedTuple):
    """What an image file says of itself; None where it does not."""

    #: With its zone; only where the format defines what the entry means.
    time: datetime | None = None
    #: A time as it stands in the file, which is no more than a proposal, and the entry it stands in.
    proposed_time: str | None = None
    proposed_by: str = ""
    #: Size of a pixel on the ground in metres, to three digits.
    gsd_m: float | None = None
    crs: str | None = None
    bounds: Bounds | None = None
    #: Why nothing is known of a file that is not to be kept; empty where it was read.
    unread: str = ""


def facts(image: Image, *, to_keep: bool = True) -> Facts:
    """What an image says of itself; of one that is not ``to_keep``, as far as it can be read.

    Raises:
        InvalidValue: it is damaged, decodes to far too many pixels, or needs an extra that is not installed.
    """
    flaw = previews.flaw(image.data) if image.data else "it is too large"
    if flaw and not to_keep:
        return Facts(unread=flaw)
    if flaw:
        what = f"{image.name} cannot be used: {flaw}"
        allowed = "" if raster.INSTALL in flaw else "an image that can be shown: cut it out or save it anew"
        raise InvalidValue("image", image.name, what, allowed=allowed)
    return _of_tiff(image.data) if image.kind == "TIFF" else _of_picture(image.data)


def _of_tiff(data: bytes) -> Facts:
    found = raster.facts(data)
    gsd_m = float(f"{found.gsd_m:.3g}") if found.gsd_m else None
    said = Facts(gsd_m=gsd_m, crs=found.crs, bounds=found.bounds)
    if found.time is None:
        return said
    moment = _moment(found.time, found.time_is_utc)
    if moment is not None:
        return said._replace(time=moment)
    return said._replace(proposed_time=found.time, proposed_by="its TIFF tag DateTime, which names no zone")


def _moment(text: str, is_utc: bool) -> datetime | None:
    """A moment from ``2025-05-18 01:40:00`` or ISO 8601, if its zone is known."""
    plain = re.sub(r"^(\d{4}):(\d\d):(\d\d)", r"\1-\2-\3", text.strip())
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC) if is_utc else moment
    return moment.replace(microsecond=0) if moment.tzinfo is not None else None


def _of_picture(data: bytes) -> Facts:
    """EXIF, the clock of some camera or of a program that saved the picture, is never more than a proposal."""
    from PIL import Image as Pillow

    with warnings.catch_warnings(action="ignore"):
        try:
            with Pillow.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
                exif = picture.getexif().get_ifd(_EXIF_IFD)
                taken, offset = exif.get(_TAKEN), exif.get(_TAKEN_OFFSET)
        except Exception:  # damaged EXIF: each release of Pillow has other errors for it
            return Facts()
    if not isinstance(taken, str) or not re.match(r"\d{4}:\d\d:\d\d \d\d:\d\d", taken):
        return Facts()
    zone = offset.strip() if isinstance(offset, str) and re.match(r"[+-]\d\d:\d\d", offset.strip()) else ""
    by = "the clock in its EXIF" + ("" if zone else ", which names no zone")
    return Facts(proposed_time=taken.strip("\0 ") + zone, proposed_by=by)


class Taken(NamedTuple):
    """What a record takes over of an image, and what is to be said of it."""

    #: Fields of the record that it did not have.
    fields: dict[str, Any]
    notes: list[Problem]


def taken_over(image: Image, said: Facts, held: Mapping[str, Any], site: Site | None) -> Taken:
    """What a record that holds some fields takes over of an image; what it holds already stays.

    Args:
        image: the file.
        said: what it says of itself.
        held: fields of the record as it stands, by name.
        site: where the record is made.

    Raises:
        InvalidValue: the record states another digest than the file has.
    """
    stated = held.get("image_sha256")
    if stated and stated != image.sha256:
        what = f"{image.name} has the SHA-256 {image.sha256}, not the one stated, {stated}"
        raise InvalidValue("image_sha256", stated, what, allowed="the digest of that file")
    fields: dict[str, Any] = {"image_sha256": image.sha256}
    notes = [_note(image.misnamed)] if image.misnamed and "image_href" not in held else []
    if said.unread:
        notes.append(_note(f"of {image.name} only the digest is recorded, it was not read: {said.unread}"))
    if said.time is not None:
        if held.get("image_time") is None:
            fields["image_time"] = said.time
        elif _aware(held["image_time"]) != said.time:
            notes.append(_doubt("image_time", f"the file says {dates.utc_text(said.time)}; what was stated stays"))
    if said.proposed_time and held.get("image_time") is None:
        what = f"not filled in: {said.proposed_by}, says {said.proposed_time}"
        notes.append(_note(f"{what}; if that is when the image was taken, state it with --image-time", "image_time"))
    if said.gsd_m is not None:
        gsd_m = held.get("gsd_m")
        if gsd_m is None:
            fields["gsd_m"] = said.gsd_m
        elif abs(gsd_m - said.gsd_m) > GSD_TOLERANCE * max(gsd_m, said.gsd_m):
            notes.append(_doubt("gsd_m", f"the file's pixels are {said.gsd_m:g} m; the stated {gsd_m:g} m stay"))
    filled = [f"{name} {_shown(fields[name])}" for name in ("image_time", "gsd_m") if name in fields]
    if filled:
        notes.append(_note(f"taken over from {image.name}: {', '.join(filled)}"))
    away_m = _away_m(said.bounds, site.point) if said.bounds and site else 0.0
    if site and away_m > geodesy.FARTHEST_FROM_SITE_M:
        notes.append(_doubt("image_href", f"the image lies {away_m / 1000:.0f} km from {site.name}"))
    return Taken(fields, notes)


def _aware(value: object) -> object:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _shown(value: object) -> str:
    return dates.utc_text(value) if isinstance(value, datetime) else f"{value} m"


def _note(what: str, field: str = "image_href") -> Problem:
    return Problem("notice", what, field=field)


def _doubt(field: str, what: str) -> Problem:
    return Problem("warning", what, field=field)


def _away_m(bounds: Bounds, point: tuple[float, float]) -> float:
    """Distance of a position from a box, 0 inside it; to the nearest edge along parallel and meridian."""
    wide = (bounds.east - bounds.west) % 360
    along = (point[0] - bounds.west) % 360
    beyond = bounds.east if along - wide < 360 - along else bounds.west
    lon = point[0] if along <= wide else beyond
    nearest = lon, min(max(point[1], bounds.south), bounds.north)
    return geodesy.distance_m(point, nearest)
