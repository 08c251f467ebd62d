"""Buffers around clouds, and clouds and holes that are too small."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from osgeo import gdal
from qgis.core import QgsProcessingFeedback

from cloudmamba_qgis.rasters.blocks import (
    Window,
    read,
    read_with_margin,
    stop_if_cancelled,
    write,
)
from cloudmamba_qgis.rasters.patches import Runs

CLEAR, CLOUD, NO_DATA = 0, 1, 255
_STRIP_ROWS = 1024


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
    apart = _columns_to_cloud(cloud, columns)[:, columns : columns + width]
    near = np.zeros((height, width), bool)
    for row in range(-rows, rows + 1):
        share = row / radius_y if rows else 0.0
        reach = math.floor(radius_x * math.sqrt(max(1 - share * share, 0.0)) + 1e-9)
        near |= apart[rows + row : rows + row + height] <= reach
    return near


def _columns_to_cloud(cloud: np.ndarray, furthest: int) -> np.ndarray:
    """To the next cloud pixel of the same line; more than ``furthest`` where there is none so near.

    In the smallest type that holds it, because the dilation goes over it again and again.
    """
    width = cloud.shape[1]
    beyond = width + furthest + 1  # as if the nearest cloud were so far out
    number = np.int16 if 3 * beyond < np.iinfo(np.int16).max else np.int32
    columns = np.arange(width, dtype=number)
    left = np.maximum.accumulate(np.where(cloud, columns, number(-beyond)), axis=1)
    right = np.where(cloud, columns, number(width + beyond))
    right = np.minimum.accumulate(right[:, ::-1], axis=1)[:, ::-1]
    apart = np.minimum(columns - left, right - columns)
    return np.minimum(apart, furthest + 1).astype(np.min_scalar_type(furthest + 1))


def remove_small(
    mask: gdal.Dataset,
    value: int,
    replacement: int,
    smallest_px: float,
    feedback: QgsProcessingFeedback,
) -> None:
    """In the mask, replace every patch of ``value`` of fewer pixels than ``smallest_px``.

    Cloud pixels that touch at a corner are one cloud; clear ones are not one hole.
    """
    band = mask.GetRasterBand(1)

    def strips() -> Iterator[np.ndarray]:
        for strip in _strips(band):
            stop_if_cancelled(feedback)
            yield read(band, strip)
            feedback.setProgress(50 * (strip.row + strip.height) / band.YSize)

    small = Runs.of(strips(), value).smaller_than(smallest_px, corners_touch=value == CLOUD)
    for strip in _strips(band):
        stop_if_cancelled(feedback)
        values = read(band, strip)
        small.fill(values, strip.row, replacement)
        write(band, values, strip)
        feedback.setProgress(50 + 50 * (strip.row + strip.height) / band.YSize)


def _strips(band: gdal.Band) -> Iterator[Window]:
    """The whole width, some lines at a time."""
    for row in range(0, band.YSize, _STRIP_ROWS):
        yield Window(0, row, band.XSize, min(_STRIP_ROWS, band.YSize - row))
