"""Buffers around clouds, and clouds and holes that are too small."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from osgeo import gdal
from qgis.core import QgsProcessingException, QgsProcessingFeedback

from cloudmamba_qgis.rasters.blocks import (
    Window,
    read,
    read_with_margin,
    stop_if_cancelled,
    write,
)
from cloudmamba_qgis.rasters.patches import Runs
from cloudmamba_qgis.translation import tr

CLEAR, CLOUD, SHADOW, NO_DATA = 0, 1, 2, 255
# Probability above which a clear pixel lies in cloud shadow, as in the engine.
_SHADOW_THRESHOLD = 0.5
_STRIP_ROWS = 1024
_CLASSES = (
    (CLEAR, "clear", (0, 0, 0, 0)),
    (CLOUD, "cloud", (255, 255, 255, 255)),
    (SHADOW, "cloud shadow", (70, 70, 90, 255)),
)


def is_shadow(probability: np.ndarray) -> np.ndarray:
    """As the engine decides it; without data there is none."""
    return probability > np.float32(_SHADOW_THRESHOLD)


def class_tags(cloud_percent: float, shadow_percent: float | None) -> dict[str, str]:
    """What a mask says of its classes; None for one without cloud shadow."""
    if shadow_percent is None:
        return {
            "CLASSES": "0 clear, 1 cloud, 255 no data",
            "CLOUD_PERCENT": f"{cloud_percent:.4f}",
        }
    return {
        "CLASSES": "0 clear, 1 cloud, 2 cloud shadow, 255 no data",
        "CLOUD_PERCENT": f"{cloud_percent:.4f}",
        "SHADOW_PERCENT": f"{shadow_percent:.4f}",
    }


def describe_mask(band: gdal.Band, has_shadow: bool) -> None:
    """Name, no data, colours and names of classes, as the engine gives them to its masks."""
    band.SetDescription("cloud mask")
    band.SetNoDataValue(NO_DATA)
    names, colours = [], gdal.ColorTable()
    for value, name, colour in _CLASSES if has_shadow else _CLASSES[:SHADOW]:
        names.append(name)
        colours.SetColorEntry(value, colour)
    band.SetColorTable(colours)
    band.SetCategoryNames(names)


def is_without_shadow(tags: dict[str, str]) -> bool:
    """Whether a mask says of its classes that cloud shadow is none of them."""
    return "CLASSES" in tags and f"{SHADOW} cloud shadow" not in tags["CLASSES"]


def read_buffered(
    mask: gdal.Band,
    window: Window,
    radius_px: tuple[float, float],
    shadow_is_cloud: bool,
    margin_px: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """(height, width): whether it is cloud or near one (bool), and the values of the mask.

    Both are larger by the margin on every side; beyond the raster there is no data. A pixel is
    near if the middle of a cloud pixel lies within the ellipse of these radii, in columns and
    rows. GDAL's proximity knows circles only, and a pixel in degrees is not square.

    Raises ``QgsProcessingException`` for values that no cloud mask has.
    """
    columns, rows = (math.floor(radius) for radius in radius_px)
    margin = (columns + margin_px, rows + margin_px)
    values = read_with_margin(mask, window, margin, outside=NO_DATA)
    check_mask(values)
    is_cloud = values == CLOUD
    if shadow_is_cloud:
        is_cloud |= values == SHADOW
    height, width = values.shape
    return dilate(is_cloud, radius_px), values[rows : height - rows, columns : width - columns]


def check_mask(values: np.ndarray) -> None:
    """Raises ``QgsProcessingException`` for values that no cloud mask has."""
    known = values == NO_DATA
    for value in (CLEAR, CLOUD, SHADOW):
        known |= values == value
    if not known.all():
        raise QgsProcessingException(
            tr(
                "The mask has values other than 0 (clear), 1 (cloud), 2 (cloud shadow) and 255 "
                "(no data): give a mask of Detect clouds, or reclassify yours."
            )
        )


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


def replace_class(path: str, value: int, replacement: int, feedback: QgsProcessingFeedback) -> None:
    """In the file of a mask, which can be written, give the pixels of one class to another."""
    mask = gdal.Open(path, gdal.GA_Update)
    band = mask.GetRasterBand(1)
    for strip in _strips(band):
        stop_if_cancelled(feedback)
        values = read(band, strip)
        values[values == value] = replacement
        write(band, values, strip)


def _strips(band: gdal.Band) -> Iterator[Window]:
    """The whole width, some lines at a time."""
    for row in range(0, band.YSize, _STRIP_ROWS):
        yield Window(0, row, band.XSize, min(_STRIP_ROWS, band.YSize - row))
