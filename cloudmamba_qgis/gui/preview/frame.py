"""A dashed frame around a preview: outside of it nothing was looked at."""

from __future__ import annotations

from qgis.core import QgsGeometry, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtCore import QObject, Qt
from qgis.PyQt.QtGui import QColor

_COLOUR = QColor("#00d5ff")  # that of the preview's style
_BEHIND = QColor(0, 0, 0, 160)


class PreviewFrame(QObject):
    """Follows the layer: hidden with it, and to be removed with it."""

    def __init__(self, canvas: QgsMapCanvas, layer: QgsRasterLayer) -> None:
        super().__init__()
        self._canvas = canvas
        self._layer = layer
        self._band = QgsRubberBand(canvas)  # what it draws makes it one of polygons
        self._band.setFillColor(QColor(0, 0, 0, 0))
        self._band.setStrokeColor(_COLOUR)
        self._band.setSecondaryStrokeColor(_BEHIND)
        self._band.setLineStyle(Qt.PenStyle.DashLine)
        self._band.setWidth(2)
        canvas.destinationCrsChanged.connect(self._draw)
        self._tree = QgsProject.instance().layerTreeRoot()
        self._tree.visibilityChanged.connect(self._follow_visibility)
        self._draw()

    @property
    def is_visible(self) -> bool:
        return self._band.isVisible()

    def remove(self) -> None:
        """Take it off the map."""
        self._canvas.destinationCrsChanged.disconnect(self._draw)
        self._tree.visibilityChanged.disconnect(self._follow_visibility)
        self._canvas.scene().removeItem(self._band)

    def _draw(self) -> None:
        self._band.setToGeometry(QgsGeometry.fromRect(self._layer.extent()), self._layer.crs())
        self._follow_visibility()

    def _follow_visibility(self) -> None:
        node = self._tree.findLayer(self._layer.id())
        self._band.setVisible(node is not None and node.isVisible())
