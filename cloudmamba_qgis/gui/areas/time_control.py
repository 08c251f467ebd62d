"""Gives layers the days of their images, and sets QGIS's temporal controller to days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from qgis.core import (
    Qgis,
    QgsDateTimeRange,
    QgsInterval,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsTemporalNavigationObject,
    QgsUnitTypes,
)
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QDate, QDateTime, QTime, QTimeZone
from qgis.PyQt.QtWidgets import QDockWidget

from cloudmamba_qgis.layers.provenance import LayerTime, has_own_tags, layer_tags
from cloudmamba_qgis.layers.source import UnusableSource, gdal_source
from cloudmamba_qgis.rasters.acquisition import acquisition
from cloudmamba_qgis.rasters.blocks import stop_if_cancelled
from cloudmamba_qgis.rasters.files import open_raster

try:
    IRREGULAR = Qgis.TemporalUnit.IrregularStep
except AttributeError:  # QGIS before 3.30
    IRREGULAR = QgsUnitTypes.TemporalIrregularStep
try:
    ANIMATED = Qgis.TemporalNavigationMode.Animated
except AttributeError:  # QGIS before 3.36
    ANIMATED = QgsTemporalNavigationObject.Animated


@dataclass(frozen=True)
class UndatedLayer:
    """A layer that has no time, and what may tell its day.

    Attributes:
        own_tags: what it says of itself in place of its file.
    """

    layer_id: str
    source: str
    own_tags: dict[str, str]


def undated(layer_ids: Sequence[str]) -> list[UndatedLayer]:
    """Those of the layers that are in the project, have no time, and are files."""
    found = []
    for layer_id in layer_ids:
        layer = QgsProject.instance().mapLayer(layer_id)
        if not isinstance(layer, QgsRasterLayer) or layer.temporalProperties().isActive():
            continue
        try:
            source = gdal_source(layer)
        except UnusableSource:
            continue
        found.append(
            UndatedLayer(layer_id, source, layer_tags(layer) if has_own_tags(layer) else {})
        )
    return found


def days_of_layers(
    layers: Sequence[UndatedLayer], feedback: QgsProcessingFeedback
) -> dict[str, date]:
    """Days by layer, as the files tell them; it opens them, so it is nothing for the window's thread."""
    days = {}
    for layer in layers:
        stop_if_cancelled(feedback)
        try:
            found = acquisition(layer.source, open_raster(layer.source), layer.own_tags)
        except QgsProcessingException:  # the file is gone
            continue
        if found is not None:
            days[layer.layer_id] = found.day
    return days


def give_days(days: Mapping[str, date]) -> int:
    """Give layers the time of their days; returns how many of them are still there."""
    layers = {layer_id: QgsProject.instance().mapLayer(layer_id) for layer_id in days}
    there = {layer_id: layer for layer_id, layer in layers.items() if layer is not None}
    for layer_id, layer in there.items():
        LayerTime(_whole(days[layer_id], days[layer_id])).apply_to(layer)
    return len(there)


def go_by_day(iface: QgisInterface, days: Sequence[date]) -> None:
    """Let the temporal controller step from day to day; they are in order."""
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


def _whole(first: date, last: date) -> QgsDateTimeRange:
    """From the beginning of a day to the end of another, in UTC as QGIS's own dialogs have it."""
    utc = QTimeZone.utc()
    return QgsDateTimeRange(
        QDateTime(QDate(first), QTime(0, 0), utc).toUTC(),
        QDateTime(QDate(last), QTime(23, 59, 59), utc).toUTC(),
    )
