"""How much of an area a mask says is clear, cloud and cloud shadow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from osgeo import gdal, ogr, osr
from qgis.core import QgsProcessingException, QgsProcessingFeedback

from cloudmamba_qgis.rasters.blocks import Window, stop_if_cancelled
from cloudmamba_qgis.rasters.cloud_shapes import CLEAR, CLOUD, NO_DATA, SHADOW, check_mask
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.translation import tr

_STRIP_PX = 2**22
_PARTS = 8  # of the side of a pixel, for areas that are smaller than pixels
_MOST_PARTS_PX = 64**2


@dataclass(frozen=True)
class ClassCounts:
    """Pixels of each class; parts of pixels where an area has no middle of one.

    ``unknown_px`` are without data, and what of the area lies outside of the raster.
    """

    clear_px: float = 0.0
    cloud_px: float = 0.0
    shadow_px: float = 0.0
    unknown_px: float = 0.0

    def __add__(self, other: ClassCounts) -> ClassCounts:
        return ClassCounts(
            self.clear_px + other.clear_px,
            self.cloud_px + other.cloud_px,
            self.shadow_px + other.shadow_px,
            self.unknown_px + other.unknown_px,
        )

    @property
    def valid_px(self) -> float:
        return self.clear_px + self.cloud_px + self.shadow_px

    @property
    def whole_px(self) -> float:
        """Of the area: as many as were counted, not its size, which a few middles may not fill."""
        return self.valid_px + self.unknown_px

    def percent(self, count_px: float) -> float | None:
        """Of the valid pixels; None where there are none."""
        return 100.0 * count_px / self.valid_px if self.valid_px else None


def count_classes(
    read_mask: Callable[[Window], np.ndarray],
    grid: Grid,
    outline: bytes,
    feedback: QgsProcessingFeedback,
) -> ClassCounts:
    """Count the pixels that have their middle in an area, strip by strip.

    Args:
        read_mask: gives the mask (height, width) of a window of the grid.
        outline: WKB of a polygon in the CRS of the grid.

    Raises ``QgsProcessingException`` for values that no cloud mask has, and after a cancel.
    """
    layer = _Layer(outline, grid.crs)
    window = _window(layer, grid)
    outside = ClassCounts(unknown_px=layer.area_outside(grid) / grid.pixel_area)
    if window is None:
        return outside
    counts, has_middle = outside, False
    rows = max(_STRIP_PX // window.width, 1)
    for row in range(window.row, window.row + window.height, rows):
        stop_if_cancelled(feedback)
        height = min(rows, window.row + window.height - row)
        strip = Window(window.column, row, window.width, height)
        weights = _burnt(layer, grid, strip, 1)
        if weights.any():
            has_middle = True
            counts += _counted(read_mask(strip), weights)
    if has_middle or window.width * window.height > _MOST_PARTS_PX:
        return counts
    parts = _burnt(layer, grid, window, _PARTS)
    parts = parts.reshape(window.height, _PARTS, window.width, _PARTS)
    return outside + _counted(read_mask(window), parts.mean(axis=(1, 3)))


def _counted(values: np.ndarray, weights: np.ndarray) -> ClassCounts:
    check_mask(values)
    classes = (CLEAR, CLOUD, SHADOW, NO_DATA)
    return ClassCounts(*(float(weights[values == value].sum()) for value in classes))


class _Layer:
    """A layer of one polygon; it lives as long as its source."""

    def __init__(self, outline: bytes, crs: str) -> None:
        self._source = ogr.GetDriverByName("Memory").CreateDataSource("")
        # GDAL would warn of a layer that says no CRS at all.
        system = osr.SpatialReference(crs) if crs else None
        self.layer = self._source.CreateLayer("area", system, ogr.wkbUnknown)
        feature = ogr.Feature(self.layer.GetLayerDefn())
        # GDAL burns no curves, and says nothing of it.
        geometry = ogr.CreateGeometryFromWkb(outline).GetLinearGeometry()
        feature.SetGeometry(geometry)
        self.layer.CreateFeature(feature)
        self.bounds = geometry.GetEnvelope()  # left, right, bottom, top
        self._geometry = geometry

    def area_outside(self, grid: Grid) -> float:
        """In units of the map."""
        ring = ogr.Geometry(ogr.wkbLinearRing)
        corners = ((0, 0), (grid.width, 0), (grid.width, grid.height), (0, grid.height), (0, 0))
        for corner in corners:
            ring.AddPoint_2D(*grid.to_map(*corner))
        frame = ogr.Geometry(ogr.wkbPolygon)
        frame.AddGeometry(ring)
        if frame.Contains(self._geometry):
            return 0.0
        outside = self._geometry.MakeValid().Difference(frame)
        return 0.0 if outside is None else outside.Area()


def _window(layer: _Layer, grid: Grid) -> Window | None:
    """Of the grid, around the area; None where they do not meet."""
    left, right, bottom, top = layer.bounds
    inverse = gdal.InvGeoTransform(grid.transform)
    corners = [gdal.ApplyGeoTransform(inverse, x, y) for x in (left, right) for y in (bottom, top)]
    if not all(map(math.isfinite, (value for corner in corners for value in corner))):
        return None
    columns, rows = zip(*corners)
    first_column, first_row = max(math.floor(min(columns)), 0), max(math.floor(min(rows)), 0)
    last_column = min(math.ceil(max(columns)), grid.width)
    last_row = min(math.ceil(max(rows)), grid.height)
    if first_column >= last_column or first_row >= last_row:
        return None
    return Window(first_column, first_row, last_column - first_column, last_row - first_row)


def _burnt(layer: _Layer, grid: Grid, window: Window, parts: int) -> np.ndarray:
    """(height * parts, width * parts): 1 where the middle of a part of a pixel is in the area."""
    raster = gdal.GetDriverByName("MEM").Create(
        "", window.width * parts, window.height * parts, 1, gdal.GDT_Byte
    )
    x, y = grid.to_map(window.column, window.row)
    _, dx, rx, _, ry, dy = grid.transform
    raster.SetGeoTransform((x, dx / parts, rx / parts, y, ry / parts, dy / parts))
    raster.SetProjection(grid.crs)
    if gdal.RasterizeLayer(raster, [1], layer.layer, burn_values=[1]) != gdal.CE_None:
        raise QgsProcessingException(
            tr("An area could not be brought onto the pixels: {reason}.").format(
                reason=gdal.GetLastErrorMsg()
            )
        )
    return raster.ReadAsArray()
