"""An image kept in the logbook, as a small copy that a page can hold: checked first, and made of its pixels alone.

The path of an image comes from a record and its bytes from anywhere, so neither is trusted: nothing outside the
logbook's folder is opened, nothing is fetched, and what is not wholly as it should be is not shown, with a reason in
words. The copy is drawn anew, so that no position, name, comment or profile of the file's goes with it. Its bytes are
the same wherever the same release of Pillow makes it. A GeoTIFF is read by :mod:`resight.raster`.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from base64 import b64encode
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from resight import raster
from resight.images import MOST_BYTES, kind_of
from resight.raster import MOST_PIXELS, Bounds

if TYPE_CHECKING:
    from PIL.Image import Image

    from resight.observation import Observation

#: The longer side of a copy in pixels; smaller images keep their size.
LONGEST_SIDE = 400
#: The longer side of a chip for a map.
LONGEST_SIDE_ON_MAP = 1024
_QUALITY = 80
_ON_FILE = "image on file, not shown here: "


class Preview(NamedTuple):
    """A copy to embed, or the reason why there is none."""

    #: A ``data:`` address; empty if there is no copy.
    uri: str = ""
    #: Of the copy, in pixels.
    width: int = 0
    height: int = 0
    #: For the reader; empty if there is a copy. Never holds the path, which may say more than a page should.
    reason: str = ""


class Chip(NamedTuple):
    """An image to lay on a map, or the reason why there is none."""

    #: A ``data:`` address of a WebP, transparent where the image does not reach; empty if there is none.
    uri: str = ""
    #: Of the WebP, in lon and lat, WGS 84: equal steps of degrees between them, north up.
    bounds: Bounds | None = None
    #: For the reader; empty if there is a chip.
    reason: str = ""


def is_to_be_shown(record: Observation) -> bool:
    """Does a record name an image in the logbook's folder, and is not all it rests on confidential?"""
    is_secret = bool(record.sources) and all(source.confidential for source in record.sources)
    return bool(record.image_href) and "://" not in (record.image_href or "") and not is_secret


class _NotShownError(Exception):
    """There is no copy; the text is the reason."""


def preview(folder: Path, href: str, sha256: str | None = None) -> Preview:
    """A small copy of an image inside a logbook's folder, or the reason why there is none. Raises nothing.

    ``href`` is a path relative to ``folder``; ``sha256`` is what the record says of the file, in hexadecimal digits.
    A file with another digest is not the image that the record speaks of, and is not shown.
    """
    try:
        copy = _copied(_recorded(folder, href, sha256))
    except _NotShownError as why:
        return Preview(reason=str(why))
    held = io.BytesIO()
    copy.save(held, "JPEG", quality=_QUALITY)
    return Preview(f"data:image/jpeg;base64,{b64encode(held.getvalue()).decode('ascii')}", *copy.size)


def chip(folder: Path, href: str, sha256: str | None = None, within: Bounds | None = None) -> Chip:
    """A GeoTIFF inside a logbook's folder as a picture to lay on a map, or the reason why not. Raises nothing.

    Arguments as for :func:`preview`; ``within`` takes only the part in that box. A map in Mercator that stretches the
    picture between its bounds is off by less than 0.1 m in the middle of 2 km at 70° north.
    """
    from PIL import Image

    try:
        data = _recorded(folder, href, sha256)
        if kind_of(data) != "TIFF":
            raise _NotShownError("image on file, not laid on the map: it does not say where on Earth it lies")
        found = raster.laid_out(data, LONGEST_SIDE_ON_MAP, within)
    except _NotShownError as why:
        return Chip(reason=str(why))
    except raster.Unreadable as why:
        return Chip(reason=f"image on file, not laid on the map: {why}")
    held = io.BytesIO()
    Image.fromarray(found.pixels).save(held, "WEBP", quality=_QUALITY)
    return Chip(f"data:image/webp;base64,{b64encode(held.getvalue()).decode('ascii')}", found.bounds)


def flaw(data: bytes) -> str:
    """Why no copy of an image could be shown; empty when one can. The whole of it is decoded."""
    try:
        _copied(data)
    except _NotShownError as why:
        return str(why).removeprefix(_ON_FILE)
    return ""


def _recorded(folder: Path, href: str, sha256: str | None) -> bytes:
    """The bytes of the file, if they are those that the record speaks of."""
    data = _read(folder, href)
    if sha256 and (found := hashlib.sha256(data).hexdigest()) != sha256.lower():
        digests = f"its SHA-256 begins {found[:8]}, the record’s {sha256[:8]}"
        raise _NotShownError(f"{_ON_FILE}the file is not the one recorded ({digests})")
    return data


def _read(folder: Path, href: str) -> bytes:
    """The bytes of the file, if the path leads to one inside the folder, through links too."""
    if "://" in href:
        raise _NotShownError("image not shown here: it is on the web, and nothing is fetched for this page")
    if PurePosixPath(href).is_absolute() or Path(href).is_absolute() or ".." in Path(href).parts:
        raise _NotShownError("image not shown here: its path leads out of the logbook")
    try:
        root = folder.resolve(strict=True)
        path = (root / href).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # missing, a link onto itself, a name no file can have
        raise _NotShownError("image not shown here: no such file in the logbook") from None
    if not path.is_relative_to(root):
        raise _NotShownError("image not shown here: its path leads out of the logbook")
    if not path.is_file():
        raise _NotShownError("image not shown here: its path leads to no file")
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise _NotShownError(f"{_ON_FILE}{size / 1e6:.1f} MB, more than {MOST_BYTES // 10**6} MB")
        return path.read_bytes()
    except OSError:
        raise _NotShownError(f"{_ON_FILE}the file cannot be read") from None


def _copied(data: bytes) -> Image:
    """The image made small, upright and opaque, in a fresh one that holds pixels and nothing else."""
    from PIL import Image, ImageOps

    kind = kind_of(data)
    if kind is None:
        raise _NotShownError(f"{_ON_FILE}no PNG, JPEG or TIFF, by its first bytes")
    if kind == "TIFF":
        try:
            return _plain(Image.fromarray(raster.small(data, LONGEST_SIDE)))
        except raster.Unreadable as why:
            raise _NotShownError(f"{_ON_FILE}{why}") from None
    try:
        # Pillow warns of what is odd in a file; here it is either shown or refused.
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=(kind,)) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise _NotShownError(_too_many(f"{width} × {height} pixels"))
            image.draft("RGB", (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))
            return _plain(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError:
        raise _NotShownError(_too_many("far too many pixels")) from None
    except _NotShownError:
        raise
    except Exception:
        # Whatever a decoder stumbles over in bytes from anywhere: each release has other kinds of error for it.
        raise _NotShownError(f"{_ON_FILE}the {kind} is damaged or cut short") from None


def _too_many(what: str) -> str:
    return f"{_ON_FILE}{what}, more than {MOST_PIXELS // 10**6} million in all"


def _plain(image: Image) -> Image:
    from PIL import Image

    if image.mode.startswith("I"):
        # 16 bits a pixel: Pillow would clip them to 8, and not scale.
        image = image.point(lambda value: value / 256).convert("L")
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    plain = Image.new("RGB", image.size, "white")
    plain.paste(image, mask=image if image.mode == "RGBA" else None)
    return plain
