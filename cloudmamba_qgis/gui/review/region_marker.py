"""Shows a region on the map."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtGui import QColor

from cloudmamba_qgis.rasters.uncertain_regions import UncertainRegion

# Seen on cloud, on ground and on the colour of the mask.
_COLOUR, _EDGE_COLOUR = QColor(255, 235, 0), QColor(0, 0, 0)
_MARGIN = 0.75  # of the region, on each side
_LEAST_PX = 64  # of the raster, that are seen of it


class RegionMarker:
    """An outline on the canvas, and the way there."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        self._canvas = canvas
        self._band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        self._band.setStrokeColor(_COLOUR)
        self._band.setSecondaryStrokeColor(_EDGE_COLOUR)
        self._band.setFillColor(QColor(0, 0, 0, 0))
        self._band.setWidth(2)

    @property
    def is_shown(self) -> bool:
        """Whether there is an outline on the map."""
        return self._band.numberOfVertices() > 0

    def show(self, region: UncertainRegion, crs: QgsCoordinateReferenceSystem) -> None:
        """Draw the outline; the CRS is that of the mask."""
        geometry = QgsGeometry()
        geometry.fromWkb(region.outline)
        self._band.setToGeometry(geometry, crs)

    def zoom_to(self, region: UncertainRegion, crs: QgsCoordinateReferenceSystem) -> None:
        """Let the map show the region and what is around it."""
        window = region.window
        half_width = max(window.width * (0.5 + _MARGIN), _LEAST_PX / 2)
        half_height = max(window.height * (0.5 + _MARGIN), _LEAST_PX / 2)
        column, row = window.column + window.width / 2, window.row + window.height / 2
        corners = [
            region.grid.to_map(column + x * half_width, row + y * half_height)
            for x in (-1, 1)
            for y in (-1, 1)
        ]
        extent = QgsRectangle(
            min(x for x, _ in corners),
            min(y for _, y in corners),
            max(x for x, _ in corners),
            max(y for _, y in corners),
        )
        transform = QgsCoordinateTransform(
            crs, self._canvas.mapSettings().destinationCrs(), QgsProject.instance()
        )
        try:
            extent = transform.transformBoundingBox(extent)
        except QgsCsException:  # outside of what the map's CRS can show
            return
        self._canvas.setExtent(extent)
        self._canvas.refresh()

    def clear(self) -> None:
        """No outline."""
        self._band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)

    def remove(self) -> None:
        """Take it off the canvas for good."""
        scene = self._canvas.scene()
        if scene is not None:
            scene.removeItem(self._band)
