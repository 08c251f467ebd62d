"""How a raster says that it knows nothing about a pixel."""

from __future__ import annotations

import functools
import math
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
    """That of the first image, or else one of its data type; no valid pixel of them has it.

    The other one is NaN for floating point, else the lowest or the highest value. Where all of them
    are used it is that of the first image after all, and a warning.
    """
    declared = images[0].GetRasterBand(1).GetNoDataValue()
    data_type = common_type(images[0])
    kind = numpy_type(data_type)
    is_whole = kind.kind in "iu"
    others = (np.iinfo(kind).min, np.iinfo(kind).max) if is_whole else (math.nan,)
    # Some declare one that no pixel of theirs can have, such as -9999 of unsigned numbers.
    has_own = declared is not None and is_value_of(data_type, declared)
    for value in ([declared] if has_own else []) + [float(other) for other in others]:
        if not any(is_used(value, image, feedback) for image in images):
            return value
    if has_own:
        feedback.pushWarning(
            tr(
                "The images use every value that could mean no data: pixels of {value:g} become no "
                "data, even where they are valid."
            ).format(value=declared)
        )
        return declared
    raise QgsProcessingException(
        tr(
            "The image declares no no-data value and uses both the lowest and the "
            "highest value of its data type: set the no-data value yourself."
        )
    )


def is_used(value: float, image: gdal.Dataset, feedback: QgsProcessingFeedback) -> bool:
    """Whether a valid pixel has the value; bands that declare it are not looked at."""
    bands = [image.GetRasterBand(number) for number in range(1, image.RasterCount + 1)]
    bands = [band for band in bands if band.GetNoDataValue() != value]
    if not bands or math.isnan(value):
        return False
    for window in windows(Grid.of(image), feedback):
        for band in bands:
            has_it = read(band, window) == value
            if has_it.any() and np.any(has_it & (read(band.GetMaskBand(), window) != 0)):
                return True
    return False


def numpy_type(data_type: int) -> np.dtype:
    """Of GDAL's data type."""
    return np.dtype(gdal_array.GDALTypeCodeToNumericTypeCode(data_type))
