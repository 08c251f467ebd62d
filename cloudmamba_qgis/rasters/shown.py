"""Rasters where QGIS shows them, whatever places them."""

from __future__ import annotations

from typing import Any

from osgeo import gdal

from cloudmamba_qgis.rasters.grid import Grid


def as_shown(dataset: gdal.Dataset, **outside: Any) -> gdal.Dataset:
    """The raster itself, or a virtual one that lies where QGIS shows it, by six numbers.

    Args:
        outside: options of ``gdal.Warp`` for what control points leave empty.
    """
    grid = Grid.of(dataset)
    if grid.points is not None:
        warped = _warped(dataset, grid, **outside)
        if warped is not None:
            return warped
    if grid.is_placed:
        return dataset
    bounds = [*grid.to_map(0, 0), *grid.to_map(grid.width, grid.height)]
    return gdal.Translate("", dataset, format="VRT", outputBounds=bounds)


def with_north_up(dataset: gdal.Dataset) -> gdal.Dataset:
    """The raster as QGIS opens it: it warps what is rotated, and what control points place."""
    grid = Grid.of(dataset)
    if grid.is_north_up and not dataset.GetGCPCount() and not dataset.GetMetadata("RPC"):
        return dataset
    # Alpha tells the corners that it leaves empty.
    warped = _warped(dataset, grid, dstAlpha=True)
    if warped is None:
        return dataset
    for number in range(1, dataset.RasterCount + 1):
        warped.GetRasterBand(number).SetDescription(dataset.GetRasterBand(number).GetDescription())
    return warped


def _warped(dataset: gdal.Dataset, grid: Grid, **outside: Any) -> gdal.Dataset | None:
    """With north up; None where GDAL knows no way, and QGIS shows the pixels as they are."""
    options = grid.points.warp_options if grid.points else []
    try:
        return gdal.Warp("", dataset, format="VRT", transformerOptions=options, **outside)
    except RuntimeError:
        return None
