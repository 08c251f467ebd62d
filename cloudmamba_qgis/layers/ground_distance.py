"""How large a pixel is on the ground where QGIS knows the map of a layer and its file does not."""

from __future__ import annotations

import math

from qgis.core import (
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsDistanceArea,
    QgsGeometry,
    QgsRasterLayer,
    QgsRectangle,
)

from cloudmamba_qgis.layers.source import gdal_source
from cloudmamba_qgis.rasters.files import open_raster

_WGS84 = "EPSG:7030"


def ground_sample_distance_of_layer_m(
    layer: QgsRasterLayer,
    transforms: QgsCoordinateTransformContext,
    resolution: float | None = None,
) -> float | None:
    """Side of a square as large as the pixel in the middle, on the ellipsoid, in metres.

    None where the engine needs no help, because the file names its CRS, and where nobody can give
    any: without a CRS of the layer, or with one but no place in the map.

    Args:
        resolution: size of the pixels that are read, in units of the map; None for the layer's.
    """
    crs = layer.crs()
    if layer.dataProvider().crs().isValid() or not crs.isValid():
        return None
    if open_raster(gdal_source(layer)).GetGeoTransform(can_return_null=True) is None:
        return None
    width = resolution or layer.rasterUnitsPerPixelX()
    height = resolution or layer.rasterUnitsPerPixelY()
    pixel = QgsGeometry.fromRect(
        QgsRectangle.fromCenterAndSize(layer.extent().center(), width, height)
    )
    measure = QgsDistanceArea()
    measure.setSourceCrs(crs, transforms)
    measure.setEllipsoid(crs.ellipsoidAcronym() or _WGS84)
    try:
        area_m2 = measure.measureArea(pixel)
    except QgsCsException:
        # A map that does not reach as far.
        return None
    if not 0 < area_m2 < math.inf:
        return None
    return float(f"{math.sqrt(area_m2):.3g}")
