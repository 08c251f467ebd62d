"""A raster piece by piece, so that no scene is too large."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from osgeo import gdal
from qgis.core import QgsProcessingException, QgsProcessingFeedback

from cloudmamba_qgis.rasters.gdal_errors import gdal_failure_as
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.translation import tr

BLOCK_PX = 1024


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels."""

    column: int
    row: int
    width: int
    height: int


def windows(
    grid: Grid, feedback: QgsProcessingFeedback, side_px: int = BLOCK_PX
) -> Iterator[Window]:
    """Windows that cover the grid; sets the progress and stops a cancelled run."""
    done_px = 0
    for row in range(0, grid.height, side_px):
        for column in range(0, grid.width, side_px):
            stop_if_cancelled(feedback)
            window = Window(
                column,
                row,
                min(side_px, grid.width - column),
                min(side_px, grid.height - row),
            )
            yield window
            done_px += window.width * window.height
            feedback.setProgress(100.0 * done_px / (grid.width * grid.height))


def stop_if_cancelled(feedback: QgsProcessingFeedback) -> None:
    if feedback.isCanceled():
        raise QgsProcessingException(tr("Cancelled; nothing was written."))


def read(band: gdal.Band, window: Window) -> np.ndarray:
    """(height, width) in the band's own type."""
    with gdal_failure_as(_not_read):
        values = band.ReadAsArray(window.column, window.row, window.width, window.height)
    if values is None:
        raise _not_read()
    return values


def write(band: gdal.Band, values: np.ndarray, window: Window) -> None:
    """Put (height, width) there."""
    with gdal_failure_as(_not_written):
        result = band.WriteArray(values, window.column, window.row)
    if result != gdal.CE_None:
        raise _not_written()


def read_with_margin(
    band: gdal.Band, window: Window, margin: tuple[int, int], outside: float
) -> np.ndarray:
    """The window and (columns, rows) more on every side; ``outside`` beyond the raster."""
    columns, rows = margin
    left, top = max(window.column - columns, 0), max(window.row - rows, 0)
    right = min(window.column + window.width + columns, band.XSize)
    bottom = min(window.row + window.height + rows, band.YSize)
    inside = read(band, Window(left, top, right - left, bottom - top))
    return np.pad(
        inside,
        (
            (rows - (window.row - top), rows - (bottom - window.row - window.height)),
            (columns - (window.column - left), columns - (right - window.column - window.width)),
        ),
        constant_values=outside,
    )


def _not_read() -> QgsProcessingException:
    return QgsProcessingException(
        tr("A raster could not be read: {reason}.").format(reason=gdal.GetLastErrorMsg())
    )


def _not_written() -> QgsProcessingException:
    return QgsProcessingException(
        tr("A raster could not be written: {reason}.").format(reason=gdal.GetLastErrorMsg())
    )
