"""Rasters that belong to an image: labels, masks, a cloud probability."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

from cloudmamba.classes import CLASS_NAMES, CLEAR, CLOUD
from cloudmamba.errors import InputError
from cloudmamba.raster.grid import lie_elsewhere


@dataclass(frozen=True)
class Layer:
    """What a file holds.

    Attributes:
        numbers: (bands, H, W) as stored.
        declared: the no data value that the file declares.
        is_our_mask: a detection wrote it, by its tag of classes.
    """

    numbers: np.ndarray
    declared: float | None
    is_our_mask: bool


def read_layer(path: Path, like: Path | None = None, bands: int = 1, kind: str = "a mask") -> Layer:
    """Read a raster whole.

    Args:
        like: raster whose size and, where both say it, position it must have.
        bands: how many it must have.
        kind: of rasters that have that many, for the error.

    Raises:
        InputError: it cannot be read, has another number of bands, or lies on another grid.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path) as source:
                if source.count != bands:
                    raise InputError(
                        f"'{path}' has {source.count} bands and {kind} has {bands}: give a raster "
                        "that has as many."
                    )
                if like is not None:
                    with rasterio.open(like) as other:
                        _check_grid(path, source, like, other)
                return Layer(source.read(), source.nodata, _is_ours(source))
        except RasterioIOError as error:
            raise InputError(f"The mask '{path}' cannot be read: {error}.") from error


def _is_ours(mask: rasterio.DatasetReader) -> bool:
    classes = ", ".join(f"{code} {CLASS_NAMES[code]}" for code in (CLEAR, CLOUD))
    return mask.tags().get("CLASSES", "").startswith(classes)


def _check_grid(
    path: Path, mask: rasterio.DatasetReader, like: Path, other: rasterio.DatasetReader
) -> None:
    if mask.shape != other.shape:
        sizes = [f"{dataset.width} x {dataset.height}" for dataset in (mask, other)]
        raise InputError(
            f"The mask '{path}' has {sizes[0]} pixels, but '{like}' has {sizes[1]}: bring the mask "
            "onto the grid of the image, for instance with gdalwarp."
        )
    if lie_elsewhere(mask, other):
        raise InputError(
            f"The mask '{path}' lies elsewhere than '{like}' (position, pixel size or reference "
            "system differ): bring the mask onto the grid of the image, for instance with gdalwarp."
        )
