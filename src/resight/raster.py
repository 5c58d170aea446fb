"""A GeoTIFF by way of GDAL: what it says of itself, its pixels made small, its pixels laid out in lon and lat.

Bytes in, numbers out. Only the TIFF reader of GDAL is let at them, without files beside them, so that a file cannot
make it open another one. rasterio is an extra (``resight[imagery]``), imported when the first TIFF is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from resight import geodesy
from resight.errors import ResightError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rasterio.io import DatasetReader

    Pixels = NDArray[np.uint8]

INSTALL = "pip install 'resight[imagery]'"
#: Images of more pixels are not decoded, however small the file is.
MOST_PIXELS = 40_000_000
#: A TIFF is read piece by piece; one whose pieces are larger than this in bytes is not.
MOST_BYTES_A_PIECE = 200_000_000
#: Per cent of the darkest and of the brightest pixels that may become black and white, where a value is no grey yet.
STRETCH_PCT = 2.0
#: Steps along each edge of an image when its bounds are sought, for an edge is no straight line in lon and lat.
_STEPS = 20


class Unreadable(ResightError):
    """A TIFF that cannot be read, or may not be; the text says why."""


class Bounds(NamedTuple):
    """A box in lon and lat, WGS 84; ``west`` is above ``east`` where it lies across the antimeridian."""

    west: float
    south: float
    east: float
    north: float


class Facts(NamedTuple):
    """What a TIFF says of itself; None where it does not."""

    width: int
    height: int
    #: As PROJ names it, such as ``EPSG:32652``.
    crs: str | None = None
    bounds: Bounds | None = None
    #: Ground distance of two neighbouring pixels in the middle of the image, the larger of the two directions.
    gsd_m: float | None = None
    #: Time of acquisition as it stands there, and whether that entry is in UTC by its definition.
    time: str | None = None
    time_is_utc: bool = False


class LaidOut(NamedTuple):
    """An image laid out in lon and lat: equal steps of degrees, north up."""

    #: Rows, columns, and red, green, blue and opacity.
    pixels: Pixels
    bounds: Bounds


@contextmanager
def _opened(data: bytes) -> Iterator[DatasetReader]:
    """The image of some bytes, if it may be decoded."""
    import logging
    import warnings

    try:
        import rasterio
        from rasterio.errors import RasterioError
        from rasterio.io import MemoryFile
    except ImportError:
        raise Unreadable(f"a TIFF needs GDAL to be read: {INSTALL}") from None
    # What GDAL has to say of odd files is said here in other words, or is no matter.
    logging.getLogger("rasterio").setLevel(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO"),
            MemoryFile(data) as held,
            held.open(driver="GTiff") as image,
        ):
            _refuse_bombs(image)
            yield image
    except RasterioError as error:
        raise Unreadable("the TIFF is damaged or cut short, or of a kind GDAL does not read") from error


def _refuse_bombs(image: DatasetReader) -> None:
    import numpy as np

    if image.width * image.height > MOST_PIXELS:
        what = f"{image.width} × {image.height} pixels, more than {MOST_PIXELS // 10**6} million in all"
        raise Unreadable(what)
    if any(np.issubdtype(np.dtype(kind), np.complexfloating) for kind in image.dtypes if "int" not in kind):
        raise Unreadable("its values are complex numbers, which are no image")
    height, width = image.block_shapes[0]
    if height * width * image.count * np.dtype(image.dtypes[0]).itemsize > MOST_BYTES_A_PIECE:
        raise Unreadable(
            f"a TIFF in pieces of {width} × {height} pixels with {image.count} bands takes too much memory"
        )


def facts(data: bytes) -> Facts:
    """What a TIFF says of itself.

    Raises:
        Unreadable: damaged, too large, or rasterio is not installed.
    """
    with _opened(data) as image:
        time, is_utc = _time(image)
        found = Facts(image.width, image.height, time=time, time_is_utc=is_utc)
        if image.crs is None or image.transform.is_identity:
            return found
        where = _edges(image)
        if where is None:
            return found._replace(crs=_name(image.crs))
        return found._replace(crs=_name(image.crs), bounds=_bounds(where), gsd_m=_gsd_m(image))


def _time(image: DatasetReader) -> tuple[str | None, bool]:
    """The time of acquisition; GDAL's own entry for it is in UTC, the one of TIFF names no zone."""
    for domain in ("IMAGERY", None):
        stated = image.tags(ns=domain).get("ACQUISITIONDATETIME")
        if stated:
            return stated, True
    return image.tags().get("TIFFTAG_DATETIME"), False


def _name(crs: Any) -> str:
    return str(crs.to_string() if crs.to_authority() is None else ":".join(crs.to_authority()))


def _lonlat(image: DatasetReader, columns: list[float], rows: list[float]) -> list[tuple[float, float]] | None:
    """Positions in the image as lon and lat; None where the image's coordinate system does not lead there."""
    import math

    from rasterio.warp import transform

    xs, ys = zip(*(image.transform * (column, row) for column, row in zip(columns, rows, strict=True)), strict=True)
    lons, lats = transform(image.crs, "OGC:CRS84", xs, ys)
    found = list(zip(lons, lats, strict=True))
    return found if all(math.isfinite(lon) and math.isfinite(lat) for lon, lat in found) else None


def _edges(image: DatasetReader) -> list[tuple[float, float]] | None:
    steps = [i / _STEPS for i in range(_STEPS + 1)]
    wide, high = image.width, image.height
    columns = [s * wide for s in steps] * 2 + [0.0] * len(steps) + [float(wide)] * len(steps)
    rows = [0.0] * len(steps) + [float(high)] * len(steps) + [s * high for s in steps] * 2
    return _lonlat(image, columns, rows)


def _bounds(places: list[tuple[float, float]]) -> Bounds:
    """The box around positions; longitudes are taken relative to the first, for the antimeridian's sake."""
    first = places[0][0]
    along = [(lon - first + 540) % 360 - 180 for lon, _ in places]
    lats = [lat for _, lat in places]
    return Bounds(_wrapped(first + min(along)), min(lats), _wrapped(first + max(along)), max(lats))


def _wrapped(lon: float) -> float:
    return lon if -180 <= lon <= 180 else (lon + 180) % 360 - 180


def _gsd_m(image: DatasetReader) -> float | None:
    column, row = image.width / 2, image.height / 2
    places = _lonlat(image, [column, column + 1, column], [row, row, row + 1])
    if places is None:
        return None
    here, right, below = places
    return max(geodesy.distance_m(here, right), geodesy.distance_m(here, below))


def small(data: bytes, longest: int) -> Pixels:
    """The image made small: rows, columns, and red, green, blue and opacity.

    Bands that say they are red, green and blue are taken, else the first three, or the first alone as grey. Values
    that are not bytes are stretched so that :data:`STRETCH_PCT` per cent are black and as many white, each band for
    itself.

    Raises:
        Unreadable: damaged, too large, or rasterio is not installed.
    """
    with _opened(data) as image:
        share = min(1.0, longest / max(image.width, image.height))
        shape = max(1, round(image.height * share)), max(1, round(image.width * share))
        return _as_seen(image, shape)


def laid_out(data: bytes, longest: int, within: Bounds | None = None) -> LaidOut:
    """The image in equal steps of lon and lat (WGS 84), its longer side ``longest`` pixels at most.

    Args:
        data: the bytes of a GeoTIFF.
        longest: of the result, in pixels; it is never finer than the image itself.
        within: only the part in this box, such as the surroundings of a ship.

    Raises:
        Unreadable: damaged, too large, without position, nothing within the box, or rasterio is not installed.
    """
    from math import ceil

    with _opened(data) as image:
        edges = None if image.crs is None or image.transform.is_identity else _edges(image)
        if edges is None:
            raise Unreadable("it does not say where on Earth it lies")
        bounds = _bounds(edges)
        # Across the antimeridian east counts on beyond 180, so that a box is a box.
        west, south, east, north = bounds._replace(east=bounds.east + 360 * (bounds.east < bounds.west))
        if within is not None:
            shift = round(((west + east) / 2 - within.west) / 360) * 360
            inner_east = within.east + 360 * (within.east < within.west) + shift
            west, east = max(west, within.west + shift), min(east, inner_east)
            south, north = max(south, within.south), min(north, within.north)
            if west >= east or south >= north:
                raise Unreadable("nothing of it lies in that box")
        step = _step_deg(image)
        share = min(1.0, longest * step / max(east - west, north - south))
        wide, high = (max(1, ceil((side / step) * share)) for side in (east - west, north - south))
        pixels = _warped(image, (west, south, east, north), min(wide, longest), min(high, longest))
        return LaidOut(pixels, Bounds(_wrapped(west), south, _wrapped(east), north))


def _step_deg(image: DatasetReader) -> float:
    """The finer of the two steps from pixel to pixel, in degrees."""
    column, row = image.width / 2, image.height / 2
    places = _lonlat(image, [column, column + 1, column], [row, row, row + 1])
    assert places is not None, "its edges were found"
    here, *others = places
    turned = [max(abs((lon - here[0] + 540) % 360 - 180), abs(lat - here[1])) for lon, lat in others]
    return max(min(turned), 1e-9)


def _warped(image: DatasetReader, box: tuple[float, float, float, float], wide: int, high: int) -> Pixels:
    from rasterio.enums import Resampling
    from rasterio.transform import from_bounds
    from rasterio.vrt import WarpedVRT

    # CENTER_LONG keeps an image across the antimeridian in one piece.
    with WarpedVRT(
        image,
        crs="OGC:CRS84",
        transform=from_bounds(*box, wide, high),
        width=wide,
        height=high,
        resampling=Resampling.bilinear,
        add_alpha=not _has_mask(image),
        CENTER_LONG=f"{(box[0] + box[2]) / 2:.6f}",
    ) as warped:
        return _as_seen(warped, (high, wide), _chosen(image))


def _has_mask(image: DatasetReader) -> bool:
    from rasterio.enums import ColorInterp

    return image.nodata is not None or ColorInterp.alpha in image.colorinterp


def _chosen(image: DatasetReader) -> list[int]:
    """The bands to show as red, green and blue, or one as grey."""
    from rasterio.enums import ColorInterp

    meaning = list(image.colorinterp)
    wanted = [ColorInterp.red, ColorInterp.green, ColorInterp.blue]
    if all(colour in meaning for colour in wanted):
        return [meaning.index(colour) + 1 for colour in wanted]
    bands = [number for number, colour in enumerate(meaning, 1) if colour != ColorInterp.alpha]
    return bands[:3] if len(bands) >= 3 else bands[:1] or [1]


def _as_seen(image: Any, shape: tuple[int, int], chosen: list[int] | None = None) -> Pixels:
    """Bands of an image at another size as red, green, blue and opacity."""
    import numpy as np
    from rasterio.enums import ColorInterp, Resampling

    bands = chosen or _chosen(image)
    is_palette = len(bands) == 1 and image.colorinterp[bands[0] - 1] == ColorInterp.palette
    how = Resampling.nearest if is_palette else Resampling.average
    values = image.read(bands, out_shape=(len(bands), *shape), resampling=how)
    opacity = image.dataset_mask(out_shape=shape)
    if is_palette:
        colours = np.zeros((1 << 16, 3), dtype=np.uint8)
        for index, colour in image.colormap(bands[0]).items():
            colours[index] = colour[:3]
        seen = np.moveaxis(colours[values[0]], 2, 0)
    else:
        known = np.isfinite(values).all(axis=0) & (opacity > 0)
        opacity = np.where(known, opacity, 0).astype(np.uint8)
        seen = np.stack([_stretched(band, known) for band in values])
    if len(seen) == 1:
        seen = np.repeat(seen, 3, axis=0)
    return np.moveaxis(np.concatenate([seen, opacity[None]]), 0, 2).astype(np.uint8)


def _stretched(band: Any, known: Any) -> Any:
    """One band as bytes: bytes as they are, other values between their low and high percentile."""
    import numpy as np

    if band.dtype == np.uint8:
        return band
    held = band[known]
    if not held.size:
        return np.zeros(band.shape, dtype=np.uint8)
    low, high = np.percentile(held.astype(float), [STRETCH_PCT, 100 - STRETCH_PCT])
    if not high > low:
        return np.full(band.shape, 128, dtype=np.uint8)
    grey = (np.where(known, band, low).astype(float) - low) / (high - low)
    return (np.clip(grey, 0, 1) * 255).round().astype(np.uint8)
