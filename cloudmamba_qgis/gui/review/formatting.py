"""What the review says about a region."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsDistanceArea,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
)
from qgis.PyQt.QtCore import QLocale

from cloudmamba_qgis.gui.review.session import Verdict
from cloudmamba_qgis.rasters.cloud_shapes import CLOUD, SHADOW
from cloudmamba_qgis.rasters.uncertain_regions import UncertainRegion
from cloudmamba_qgis.translation import tr

_WGS84 = "EPSG:7030"
_M2_PER_HA = 10_000
_HA_PER_KM2 = 100


def area_m2(region: UncertainRegion, crs: QgsCoordinateReferenceSystem) -> float | None:
    """On the ellipsoid; None where there is no CRS.

    The region's pixels count as large as those of the rectangle around it are on average.
    """
    if not crs.isValid():
        return None
    window = region.window
    right, bottom = window.column + window.width, window.row + window.height
    corners = [
        (window.column, window.row),
        (right, window.row),
        (right, bottom),
        (window.column, bottom),
    ]
    rectangle = QgsGeometry.fromPolygonXY(
        [[QgsPointXY(*region.grid.to_map(*at)) for at in corners]]
    )
    measure = QgsDistanceArea()
    measure.setSourceCrs(crs, QgsProject.instance().transformContext())
    measure.setEllipsoid(crs.ellipsoidAcronym() or _WGS84)
    return measure.measureArea(rectangle) * region.size_px / (window.width * window.height)


def size_words(region: UncertainRegion, crs: QgsCoordinateReferenceSystem) -> str:
    """Hectares, square kilometres, or pixels where there is no CRS."""
    locale = QLocale()
    area = area_m2(region, crs)
    if area is None:
        return tr("{count} px").format(count=locale.toString(region.size_px))
    hectares = area / _M2_PER_HA
    if hectares >= _HA_PER_KM2:
        return tr("{area} km²").format(area=locale.toString(hectares / _HA_PER_KM2, "f", 1))
    return tr("{area} ha").format(area=locale.toString(hectares, "f", 1 if hectares >= 1 else 2))


def class_words(value: int) -> str:
    """What a mask calls a pixel."""
    return {CLOUD: tr("cloud"), SHADOW: tr("cloud shadow")}.get(value, tr("clear"))


def verdict_words(region: UncertainRegion, verdict: Verdict | None) -> str:
    """What was decided; empty where nothing was."""
    if verdict is None:
        return ""
    if verdict is Verdict.KEPT:
        return tr("kept")
    return tr("now clear") if region.value == CLOUD else tr("now cloud")
