"""How a raster says that it knows nothing about a pixel."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from osgeo import gdal, gdal_array
from qgis.core import QgsProcessingException, QgsProcessingFeedback

from cloudmamba_qgis.rasters.blocks import read, windows
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.translation import tr


def alpha_band(image: gdal.Dataset) -> int:
    """The number of the band that says how opaque the others are; 0 where there is none."""
    for number in range(1, image.RasterCount + 1):
        if image.GetRasterBand(number).GetColorInterpretation() == gdal.GCI_AlphaBand:
            return number
    return 0


def common_type(image: gdal.Dataset) -> int:
    """GDAL's data type that holds the numbers of all bands."""
    types = [image.GetRasterBand(number).DataType for number in range(1, image.RasterCount + 1)]
    return functools.reduce(gdal.DataTypeUnion, types)


def is_value_of(data_type: int, value: float) -> bool:
    """Whether a raster of GDAL's data type can hold the value."""
    kind = numpy_type(data_type)
    if kind.kind not in "iu":
        return True
    return np.iinfo(kind).min <= value <= np.iinfo(kind).max and value % 1 == 0


def no_data_value(images: Sequence[gdal.Dataset], feedback: QgsProcessingFeedback) -> float:
    """That of the first image, or else one of its data type that no valid pixel of them has.

    NaN for floating point; otherwise the lowest or the highest value, whichever is free.
    """
    declared = images[0].GetRasterBand(1).GetNoDataValue()
    data_type = common_type(images[0])
    # Some declare one that no pixel of theirs can have, such as -9999 of unsigned numbers.
    if declared is not None and is_value_of(data_type, declared):
        return declared
    kind = numpy_type(data_type)
    if kind.kind not in "iu":
        return float("nan")
    free = [np.iinfo(kind).min, np.iinfo(kind).max]
    for image in images:
        for window in windows(Grid.of(image), feedback):
            for number in range(1, image.RasterCount + 1):
                band = image.GetRasterBand(number)
                values = read(band, window)[read(band.GetMaskBand(), window) != 0]
                free = [value for value in free if not np.any(values == value)]
            if not free:
                raise QgsProcessingException(
                    tr(
                        "The image declares no no-data value and uses both the lowest and the "
                        "highest value of its data type: set the no-data value yourself."
                    )
                )
    return float(free[0])


def numpy_type(data_type: int) -> np.dtype:
    """Of GDAL's data type."""
    return np.dtype(gdal_array.GDALTypeCodeToNumericTypeCode(data_type))
