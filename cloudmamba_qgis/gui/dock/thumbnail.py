"""A tiny true-colour picture of an image, read in the background."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from osgeo import gdal
from qgis.PyQt.QtCore import QRect, QSize, Qt
from qgis.PyQt.QtGui import QImage, QPainter, QPaintEvent, QPalette, QPixmap
from qgis.PyQt.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from cloudmamba_qgis.background import LatestOnly
from cloudmamba_qgis.rasters.files import open_raster
from cloudmamba_qgis.translation import tr

SIDE_PX = 128
_STRETCH_PERCENT = (2, 98)


@dataclass(frozen=True)
class TrueColour:
    """Which bands of which file; the source as GDAL opens it."""

    source: str
    red: int
    green: int
    blue: int


class Thumbnail(QLabel):
    """Shows one ``TrueColour``; while the next is read the one before stays."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Image in true colour"))
        self.setToolTip(
            tr("The image in the red, green and blue chosen here: wrong bands are seen at once.")
        )
        self._wanted: TrueColour | None = None
        self._pixmap = QPixmap()
        self._background = LatestOnly()
        self._background.finished.connect(self._take)
        self._background.failed.connect(self._take_nothing)

    @property
    def has_picture(self) -> bool:
        """Whether there is something to see."""
        return not self._pixmap.isNull()

    def show_bands(self, wanted: TrueColour | None) -> None:
        """Read and show this; None for nothing."""
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if wanted is None:
            self._take_nothing()
        else:
            side_px = math.ceil(SIDE_PX * self.devicePixelRatioF())
            self._background.start(lambda: (wanted, read_picture(wanted, side_px)))

    def close_for_good(self) -> None:
        """Show nothing more that is being read."""
        self._background.close()

    def sizeHint(self) -> QSize:
        around = 2 * self.frameWidth()
        return QSize(SIDE_PX + around, SIDE_PX + around)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        inside = self.contentsRect()
        if self._pixmap.isNull():
            disabled = self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
            painter.setPen(disabled)
            words = tr("No picture") if self._wanted is None else tr("Reading…")
            painter.drawText(inside, Qt.AlignmentFlag.AlignCenter, words)
        else:
            target = QRect(inside)
            ratio = Qt.AspectRatioMode.KeepAspectRatio
            target.setSize(self._pixmap.size().scaled(inside.size(), ratio))
            target.moveCenter(inside.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(target, self._pixmap)
        painter.end()

    def _take(self, outcome: tuple[TrueColour, QImage]) -> None:
        wanted, image = outcome
        if wanted == self._wanted:
            self._pixmap = QPixmap.fromImage(image)
            self.update()

    def _take_nothing(self, _: str = "") -> None:
        self._wanted = None
        self._pixmap = QPixmap()
        self.update()


def read_picture(wanted: TrueColour, side_px: int) -> QImage:
    """The whole image, its longer side ``side_px``, stretched band by band; no data is clear.

    May run in any thread. Raises ``QgsProcessingException`` where the file cannot be read.
    """
    raster = open_raster(wanted.source)
    scale = side_px / max(raster.RasterXSize, raster.RasterYSize)
    width = max(round(raster.RasterXSize * scale), 1)
    height = max(round(raster.RasterYSize * scale), 1)
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., 3] = 255
    for channel, number in enumerate((wanted.red, wanted.green, wanted.blue)):
        band = raster.GetRasterBand(number)
        values = _read_reduced(band, width, height).astype(np.float32)
        valid = _read_reduced(band.GetMaskBand(), width, height) != 0
        valid &= np.isfinite(values)
        pixels[..., channel] = _stretch(values, valid)
        pixels[~valid, 3] = 0
    image = QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return image.copy()  # with pixels of its own


def _read_reduced(band: gdal.Band, width: int, height: int) -> np.ndarray:
    return band.ReadAsArray(buf_xsize=width, buf_ysize=height)


def _stretch(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    if not valid.any():
        return np.zeros(values.shape, np.uint8)
    low, high = np.percentile(values[valid], _STRETCH_PERCENT)
    stretched = (np.where(valid, values, low) - low) / max(high - low, 1e-12)
    return (255 * np.clip(stretched, 0, 1)).astype(np.uint8)
