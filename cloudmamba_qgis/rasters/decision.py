"""Which pixels are cloud: equations 14, 15 and 22 of the paper, for values and for levels of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from osgeo import gdal
from qgis.core import QgsProcessingException, QgsProcessingFeedback

from cloudmamba_qgis.rasters.blocks import Window, read, windows
from cloudmamba_qgis.rasters.cloud_shapes import CLEAR, CLOUD, NO_DATA
from cloudmamba_qgis.rasters.files import open_raster
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.translation import tr

# Of the stages that a detection writes.
COARSE_BAND, REFINED_BAND = 1, 4
COUNT_OF_BANDS = 4
_UNCERTAINTY_BAND = "uncertainty"  # as the engine calls it


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


def check_fractions(values: np.ndarray, valid: np.ndarray) -> None:
    """Raises ``QgsProcessingException`` for a probability or uncertainty that is not of 0 to 1."""
    known = values[valid]
    if known.size and not 0 <= known.min() <= known.max() <= 1:
        raise QgsProcessingException(
            tr(
                "The values go from {low:g} to {high:g}, and a probability or uncertainty of 0 to 1 "
                "is needed: divide them by their scale first, such as 100."
            ).format(low=float(known.min()), high=float(known.max()))
        )


def check_uncertainty(source: str, feedback: QgsProcessingFeedback) -> None:
    """All of a raster, as ``check_fractions`` does."""
    raster = open_raster(source)
    for window in windows(Grid.of(raster), feedback):
        check_fractions(*read_probability(raster.GetRasterBand(1), window))


def check_is_probability(raster: gdal.Dataset) -> None:
    """Raises ``QgsProcessingException`` for an uncertainty, whose values are of 0 to 1 as well."""
    if raster.GetRasterBand(1).GetDescription() == _UNCERTAINTY_BAND:
        raise QgsProcessingException(
            tr(
                "This raster is an uncertainty, which does not tell where cloud is: give the "
                "probability of the same detection."
            )
        )


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
