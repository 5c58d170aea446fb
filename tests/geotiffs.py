"""GeoTIFFs that the tests of images share, made on the spot."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("rasterio", reason="GeoTIFFs need resight[imagery]")


def geotiff(
    values: NDArray[Any] | None = None,
    *,
    crs: str | None = "EPSG:32652",
    corner: tuple[float, float] = (773_900.0, 4_755_050.0),
    pixel: float = 0.5,
    turned: float = 0.0,
    tags: dict[str, str] | None = None,
    imagery_tags: dict[str, str] | None = None,
    **options: Any,
) -> bytes:
    """A GeoTIFF of 300 × 200 pixels unless told otherwise; ``corner`` is its upper left, in metres of the CRS."""
    with warnings.catch_warnings(action="ignore"):
        from rasterio.io import MemoryFile
        from rasterio.transform import Affine, from_origin

        bands = grey_steps() if values is None else values
        place = from_origin(*corner, pixel, pixel) if crs else Affine.identity()
        place = place * Affine.rotation(turned) if turned else place
        count, height, width = bands.shape
        profile = {"driver": "GTiff", "count": count, "height": height, "width": width, "dtype": bands.dtype}
        with MemoryFile() as held:
            with held.open(**profile, crs=crs, transform=place, **options) as image:
                image.write(bands)
                image.update_tags(**(tags or {}))
                image.update_tags(ns="IMAGERY", **(imagery_tags or {}))
            return bytes(held.read())


def grey_steps() -> NDArray[np.uint8]:
    """Three equal bands, brighter from the left to the right."""
    row = np.linspace(0, 255, 300).astype(np.uint8)
    return np.broadcast_to(row, (3, 200, 300)).copy()
