"""Statistics of a raster in polygons, by the native algorithm."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsRasterLayer,
    QgsVectorLayer,
)


class Statistic(IntEnum):
    """As ``native:zonalstatisticsfb`` numbers them."""

    COUNT = 0
    SUM = 1
    MEAN = 2
    MAXIMUM = 6


def zonal_statistics(
    zones: Any,
    raster: QgsRasterLayer,
    prefix: str,
    statistics: list[Statistic],
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
) -> QgsVectorLayer:
    """The zones with a field ``PREFIXcount``, ``PREFIXmean``, ... for each statistic.

    Args:
        zones: whatever Processing takes for a vector layer.
        raster: its first band counts; pixels of no data do not.
    """
    import processing  # only there once the Processing plugin is loaded

    found = processing.run(
        "native:zonalstatisticsfb",
        {
            "INPUT": zones,
            "INPUT_RASTER": raster,
            "RASTER_BAND": 1,
            "COLUMN_PREFIX": prefix,
            "STATISTICS": [int(statistic) for statistic in statistics],
            "OUTPUT": "TEMPORARY_OUTPUT",
        },
        context=context,
        feedback=feedback,
        is_child_algorithm=True,
    )
    return QgsProcessingUtils.mapLayerFromString(found["OUTPUT"], context)
