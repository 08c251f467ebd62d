"""Sets QGIS's temporal controller to days of images."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from qgis.core import (
    Qgis,
    QgsDateTimeRange,
    QgsInterval,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsRasterLayerTemporalProperties,
    QgsTemporalNavigationObject,
    QgsUnitTypes,
)
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QDate, QDateTime, QTime
from qgis.PyQt.QtWidgets import QDockWidget

from cloudmamba_qgis.layers.acquisition import days_of
from cloudmamba_qgis.layers.source import gdal_source
from cloudmamba_qgis.rasters.scene_files import SceneFiles

try:
    IRREGULAR = Qgis.TemporalUnit.IrregularStep
    FIXED = Qgis.RasterTemporalMode.FixedTemporalRange
except AttributeError:  # QGIS before 3.30
    IRREGULAR = QgsUnitTypes.TemporalIrregularStep
    FIXED = QgsRasterLayerTemporalProperties.ModeFixedTemporalRange
try:
    ANIMATED = Qgis.TemporalNavigationMode.Animated
except AttributeError:  # QGIS before 3.36
    ANIMATED = QgsTemporalNavigationObject.Animated


def go_by_day(iface: QgisInterface, days: Sequence[date], layers: Sequence[QgsRasterLayer]) -> int:
    """Let the temporal controller step from day to day, and give layers the time of theirs.

    Args:
        days: in order.
        layers: those that have no time and whose files tell a day get it.

    Returns how many layers got one.
    """
    count = 0
    for layer in layers:
        temporal = layer.temporalProperties()
        if temporal.isActive():
            continue
        [day] = days_of([SceneFiles(gdal_source(layer))], [None], QgsProcessingFeedback(False))
        if day is None:
            continue
        temporal.setMode(FIXED)
        temporal.setFixedTemporalRange(_whole(day, day))
        temporal.setIsActive(True)
        count += 1
    whole = _whole(days[0], days[-1])
    settings = QgsProject.instance().timeSettings()
    settings.setTemporalRange(whole)
    settings.setTimeStepUnit(IRREGULAR)
    settings.setTimeStep(1)
    controller = iface.mapCanvas().temporalController()
    if isinstance(controller, QgsTemporalNavigationObject):
        controller.setAvailableTemporalRanges([_whole(day, day) for day in days])
        controller.setFrameDuration(QgsInterval(1, IRREGULAR))
        controller.setTemporalExtents(whole)
        controller.setNavigationMode(ANIMATED)
        controller.setCurrentFrameNumber(0)
    panel = iface.mainWindow().findChild(QDockWidget, "Temporal Controller")
    if panel is not None:
        panel.setVisible(True)
    return count


def _whole(first: date, last: date) -> QgsDateTimeRange:
    """From the beginning of a day to the end of another."""
    return QgsDateTimeRange(
        QDateTime(QDate(first), QTime(0, 0)), QDateTime(QDate(last), QTime(23, 59, 59))
    )
