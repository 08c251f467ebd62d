"""Which pixels are cloud: equations 14, 15 and 22 of the paper, for values and for levels of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from osgeo import gdal

from cloudmamba_qgis.rasters.blocks import Window, read
from cloudmamba_qgis.rasters.cloud_shapes import CLEAR, CLOUD, NO_DATA

# Of the stages that a detection writes.
COARSE_BAND, REFINED_BAND = 1, 4
COUNT_OF_BANDS = 4


@dataclass(frozen=True)
class Stages:
    """Both stages in a window, in the engine's single precision.

    Attributes:
        coarse, refined: probabilities (height, width) float32.
        valid: where there are data, (height, width) bool.
    """

    coarse: np.ndarray
    refined: np.ndarray
    valid: np.ndarray

    @classmethod
    def read(cls, raster: gdal.Dataset, window: Window) -> Stages:
        coarse, valid = read_probability(raster.GetRasterBand(COARSE_BAND), window)
        refined, _ = read_probability(raster.GetRasterBand(REFINED_BAND), window)
        return cls(coarse, refined, valid)

    @property
    def uncertainty(self) -> np.ndarray:
        """Of the first stage, equation 14."""
        return 1 - 2 * np.abs(self.coarse - np.float32(0.5))


def read_probability(band: gdal.Band, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Values in single precision, and where they are valid."""
    values = read(band, window).astype(np.float32, copy=False)
    return values, (read(band.GetMaskBand(), window) != 0) & ~np.isnan(values)


def accepted_where(uncertainty: np.ndarray, acceptance_threshold: float) -> np.ndarray:
    """Where the first stage decides, equation 15; as in the engine everywhere at a threshold of 1."""
    return (uncertainty < np.float32(acceptance_threshold)) | (acceptance_threshold == 1)


def fuse(
    is_accepted: np.ndarray, is_cloud_at_first: np.ndarray, is_cloud_refined: np.ndarray
) -> np.ndarray:
    """Equation 22: the first stage decides where it is accepted (15), the second elsewhere."""
    return np.where(is_accepted, is_cloud_at_first, is_cloud_refined)


def as_mask(is_cloud: np.ndarray, is_valid: np.ndarray) -> np.ndarray:
    """(height, width) uint8: 0 clear, 1 cloud, 255 no data."""
    return np.where(is_valid, np.where(is_cloud, CLOUD, CLEAR), NO_DATA).astype(np.uint8)
