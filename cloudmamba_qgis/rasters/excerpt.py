"""Cuts the visible part out of a raster, as coarse as the screen shows it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from osgeo import gdal
from qgis.core import QgsProcessingException

from cloudmamba_qgis.rasters.files import open_raster
from cloudmamba_qgis.rasters.gdal_errors import gdal_failure_as
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.shown import with_north_up
from cloudmamba_qgis.translation import tr

# GDAL's domain for wavelengths, which a GeoTIFF cannot hold: the engine looks outside of it, too.
_WAVELENGTHS = "IMAGERY"


class ExcerptCancelled(Exception):
    """Nobody wants the excerpt any more."""


class NothingSeen(QgsProcessingException):
    """The view shows nothing of the raster."""

    def __init__(self) -> None:
        super().__init__(tr("Nothing of the layer is seen here: zoom to it first."))


@dataclass(frozen=True)
class View:
    """A rectangle in the CRS of a raster, and how many pixels of the screen it fills."""

    left: float
    bottom: float
    right: float
    top: float
    screen_pixels: float


def write_excerpt(source: str, view: View, path: str, is_cancelled: Callable[[], bool]) -> Grid:
    """Write what is seen of a raster into a GeoTIFF, all bands, and return its grid.

    The pixels keep their shape. They are means of those of the source, which no data is kept
    out of, and never finer than these.

    Raises:
        NothingSeen: the view lies elsewhere.
        QgsProcessingException: it cannot be read or written.
        ExcerptCancelled: ``is_cancelled`` said so.
    """
    original = open_raster(source)
    dataset = with_north_up(original)
    grid = Grid.of(dataset)
    column, row, columns, rows = _window(grid, view)
    screen_pixel_area = (view.right - view.left) * (view.top - view.bottom) / view.screen_pixels
    coarser = max(math.sqrt(screen_pixel_area / grid.pixel_area), 1.0)
    excerpt = gdal.Translate(
        "",
        dataset,
        format="VRT",
        srcWin=[column, row, columns, rows],
        width=max(round(columns / coarser), 1),
        height=max(round(rows / coarser), 1),
        resampleAlg="average",
        outputBounds=[*grid.to_map(column, row), *grid.to_map(column + columns, row + rows)],
    )
    for number in range(1, original.RasterCount + 1):
        wavelengths = original.GetRasterBand(number).GetMetadata_Dict(_WAVELENGTHS)
        for name, value in wavelengths.items():
            excerpt.GetRasterBand(number).SetMetadataItem(name, value)

    def failure() -> QgsProcessingException:
        if is_cancelled():  # GDAL fails where it is told to stop
            raise ExcerptCancelled
        return QgsProcessingException(
            tr("What is seen of '{source}' could not be read: {reason}.").format(
                source=source, reason=gdal.GetLastErrorMsg()
            )
        )

    gdal.ErrorReset()
    with gdal_failure_as(failure):
        written = gdal.GetDriverByName("GTiff").CreateCopy(
            path, excerpt, callback=lambda *_: 0 if is_cancelled() else 1
        )
        if written is not None:
            written.FlushCache()
    if is_cancelled() or written is None or gdal.GetLastErrorType() >= gdal.CE_Failure:
        raise failure()
    return Grid.of(written)


def _window(grid: Grid, view: View) -> tuple[int, int, int, int]:
    """Column, row, columns and rows of all pixels that are seen, if only in part."""
    x0, dx, _, y0, _, dy = grid.transform
    edges = (view.left, view.right, view.top, view.bottom)
    if all(map(math.isfinite, edges)):
        first_column = max(math.floor((view.left - x0) / dx), 0)
        last_column = min(math.ceil((view.right - x0) / dx), grid.width)
        first_row = max(math.floor((view.top - y0) / dy), 0)
        last_row = min(math.ceil((view.bottom - y0) / dy), grid.height)
        if first_column < last_column and first_row < last_row:
            return first_column, first_row, last_column - first_column, last_row - first_row
    raise NothingSeen
