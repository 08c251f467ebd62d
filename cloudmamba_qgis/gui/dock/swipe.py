"""Swipe: to the left of the mouse the map without results, to compare image and mask."""

from __future__ import annotations

from qgis.core import QgsMapRendererParallelJob, QgsMapSettings
from qgis.gui import QgsMapCanvas, QgsMapCanvasItem, QgsMapMouseEvent, QgsMapTool
from qgis.PyQt.QtCore import QObject, QRectF, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPen
from qgis.PyQt.QtWidgets import QStyleOptionGraphicsItem, QWidget

from cloudmamba_qgis.layers.results import is_result


class Swipe(QObject):
    """Is on while its map tool is the one of the canvas.

    Signals:
        toggled: it went on or off, perhaps because another tool was taken.
    """

    toggled = pyqtSignal(bool)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__()
        self._canvas = canvas
        self._tool: _SwipeTool | None = None
        self._tool_before: QgsMapTool | None = None
        self._curtain: _Curtain | None = None
        self._job: QgsMapRendererParallelJob | None = None

    @property
    def is_on(self) -> bool:
        """Whether something is compared."""
        return self._tool is not None

    def start(self) -> None:
        """Take the mouse, until another tool is chosen or ``stop`` is called."""
        if self.is_on:
            return
        self._curtain = _Curtain(self._canvas)
        self._tool_before = self._canvas.mapTool()
        self._tool = _SwipeTool(self._canvas)
        self._tool.moved.connect(self._move)
        self._tool.deactivated.connect(self._end)
        # The canvas, which owns it, would keep it.
        self._tool.deactivated.connect(self._tool.deleteLater)
        self._canvas.setMapTool(self._tool)
        self._canvas.mapCanvasRefreshed.connect(self._render)
        self._render()
        self.toggled.emit(True)

    def stop(self) -> None:
        """Give the mouse back to the tool of before."""
        if self.is_on and self._tool_before is not None:
            self._canvas.setMapTool(self._tool_before)  # which deactivates ours
        elif self.is_on:
            self._canvas.unsetMapTool(self._tool)

    def _end(self) -> None:
        self._canvas.mapCanvasRefreshed.disconnect(self._render)
        self._stop_rendering()
        self._canvas.scene().removeItem(self._curtain)
        self._curtain = self._tool = self._tool_before = None
        self.toggled.emit(False)

    def _move(self, position_px: int) -> None:
        if self._curtain is not None:
            self._curtain.move_to(position_px)

    def _render(self) -> None:
        """Draw the map without results, in threads of QGIS's own."""
        self._stop_rendering()
        settings = QgsMapSettings(self._canvas.mapSettings())
        settings.setLayers([one for one in self._canvas.layers() if not is_result(one)])
        self._job = QgsMapRendererParallelJob(settings)
        # It lives until it has finished, also where nobody waits for it any more.
        self._job.setParent(self)
        self._job.finished.connect(self._job.deleteLater)
        self._job.finished.connect(self._take)
        self._job.start()

    def _stop_rendering(self) -> None:
        if self._job is not None:
            self._job.finished.disconnect(self._take)
            self._job.cancelWithoutBlocking()
            self._job = None

    def _take(self) -> None:
        job, self._job = self._job, None
        if job is not None and self._curtain is not None:
            self._curtain.show_picture(job.renderedImage())


class _SwipeTool(QgsMapTool):
    """Tells where the mouse is, pressed or not: pixels from the left of the map."""

    moved = pyqtSignal(int)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.SplitHCursor)

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        self.moved.emit(event.pixelPoint().x())


class _Curtain(QgsMapCanvasItem):
    """A picture over the left part of the map, with a line at its side."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._picture = QImage()
        self.position_px = canvas.width() // 2
        self.setZValue(50)

    def show_picture(self, picture: QImage) -> None:
        """Of the whole map as it is seen now."""
        self._picture = picture
        self.update()

    def move_to(self, position_px: int) -> None:
        """The side of the curtain, in pixels of the canvas."""
        self.position_px = min(max(position_px, 0), self._canvas.width())
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, self._canvas.width(), self._canvas.height())

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem | None = None,
        widget: QWidget | None = None,
    ) -> None:
        if self._picture.isNull():
            return
        height = self._canvas.height()
        ratio = self._picture.devicePixelRatio()
        target = QRectF(0, 0, self.position_px, height)
        painter.fillRect(target, self._canvas.canvasColor())
        source = QRectF(0, 0, self.position_px * ratio, height * ratio)
        painter.drawImage(target, self._picture, source)
        for colour, width in ((QColor("black"), 3.0), (QColor("white"), 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(self.position_px, 0, self.position_px, height)
