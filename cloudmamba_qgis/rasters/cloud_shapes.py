"""Buffers around clouds, and clouds and holes that are too small."""

from __future__ import annotations

import math

import numpy as np
from osgeo import gdal, ogr, osr
from qgis.core import QgsProcessingException, QgsProcessingFeedback

from cloudmamba_qgis.rasters.blocks import Window, read_with_margin, stop_if_cancelled
from cloudmamba_qgis.translation import tr

CLEAR, CLOUD, NO_DATA = 0, 1, 255


def read_buffered(
    mask: gdal.Band, window: Window, radius_px: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """(height, width) bool each: cloud or near one, and no data.

    A pixel is near if the middle of a cloud pixel lies within the ellipse of these radii, in
    columns and rows. GDAL's proximity knows circles only, and a pixel in degrees is not square.
    """
    columns, rows = (math.floor(radius) for radius in radius_px)
    values = read_with_margin(mask, window, (columns, rows), outside=NO_DATA)
    near = dilate(values == CLOUD, radius_px)
    inside = values[rows : rows + window.height, columns : columns + window.width]
    return near, inside == NO_DATA


def dilate(cloud: np.ndarray, radius_px: tuple[float, float]) -> np.ndarray:
    """Dilate by an ellipse; the result lacks the margin of as many columns and rows."""
    radius_x, radius_y = radius_px
    columns, rows = math.floor(radius_x), math.floor(radius_y)
    height, width = cloud.shape[0] - 2 * rows, cloud.shape[1] - 2 * columns
    # Cloud pixels left of each column: the difference of two tells whether one lies between.
    left_of = np.zeros((cloud.shape[0], cloud.shape[1] + 1), np.int32)
    np.cumsum(cloud, axis=1, out=left_of[:, 1:])
    near = np.zeros((height, width), bool)
    for row in range(-rows, rows + 1):
        share = row / radius_y if rows else 0.0
        reach = math.floor(radius_x * math.sqrt(max(1 - share * share, 0.0)) + 1e-9)
        lines = left_of[rows + row : rows + row + height]
        near |= (
            lines[:, columns + reach + 1 : columns + reach + 1 + width]
            > lines[:, columns - reach : columns - reach + width]
        )
    return near


def remove_small(
    mask: gdal.Dataset,
    value: int,
    replacement: int,
    smallest_px: float,
    feedback: QgsProcessingFeedback,
) -> None:
    """In the mask, replace every patch of ``value`` of fewer pixels than ``smallest_px``.

    The pixels of the mask must have an area of 1, so that that of a polygon is their number.
    Cloud pixels that touch at a corner are one cloud; clear ones are not one hole. GDAL's sieve
    cannot tell clouds from holes, so patches become polygons and the small ones are drawn.
    """

    def go_on(fraction: float, *_: object) -> int:
        feedback.setProgress(100 * fraction)
        return 0 if feedback.isCanceled() else 1

    memory = ogr.GetDriverByName("Memory").CreateDataSource("")
    # A system of pixels, or GDAL warns that it knows of none.
    patches = memory.CreateLayer("patches", osr.SpatialReference('LOCAL_CS["pixels"]'))
    patches.CreateField(ogr.FieldDefn("value", ogr.OFTInteger))
    options = ["8CONNECTED=8"] if value == CLOUD else []
    band = mask.GetRasterBand(1)
    # As its own mask it has no polygons of what is clear: they are not needed to find clouds.
    within = band if value == CLOUD else None
    status = gdal.Polygonize(band, within, patches, 0, options, go_on)
    stop_if_cancelled(feedback)
    if status == gdal.CE_None:
        patches.SetAttributeFilter(f"value = {value} AND OGR_GEOM_AREA < {smallest_px}")
        status = gdal.RasterizeLayer(mask, [1], patches, burn_values=[replacement])
    if status != gdal.CE_None:
        raise QgsProcessingException(
            tr("Small patches could not be removed: {reason}.").format(
                reason=gdal.GetLastErrorMsg()
            )
        )
