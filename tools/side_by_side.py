"""Draws a scene, the scene under its mask, and its uncertainty side by side, as QGIS shows them.

Needs QGIS's Python. The bands of the scene are taken as blue, green, red if it has four or
more, else as red, green, blue.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsContrastEnhancement,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsMultiBandColorRenderer,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
)
from qgis.PyQt.QtCore import QPoint, QRect, QSize, Qt
from qgis.PyQt.QtGui import QColor, QFont, QImage, QPainter

PANEL_PX = 560
GAP_PX = 16
CAPTION_PX = 40


def true_colour(path: Path) -> QgsRasterLayer:
    """The scene with a stretch that leaves out the darkest and brightest two percent."""
    layer = QgsRasterLayer(str(path), "scene")
    red, green, blue = (3, 2, 1) if layer.bandCount() >= 4 else (1, 2, 3)
    layer.setRenderer(QgsMultiBandColorRenderer(layer.dataProvider(), red, green, blue))
    layer.setContrastEnhancement(
        QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum,
        QgsRasterMinMaxOrigin.Limits.CumulativeCut,
    )
    return layer


def styled(path: Path) -> QgsRasterLayer:
    """A result with the style that was written beside it."""
    return QgsRasterLayer(str(path), path.stem)


def render(layers: list[QgsRasterLayer]) -> QImage:
    """Draw layers, topmost first, into one panel."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[-1].crs())
    settings.setExtent(layers[-1].extent())
    settings.setOutputSize(QSize(PANEL_PX, PANEL_PX))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage()


def draw(scene_path: Path, mask_path: Path, uncertainty_path: Path) -> QImage:
    """The three panels with their captions."""
    scene = true_colour(scene_path)
    panels = [
        ("Scene, true colour", [scene]),
        ("Cloud mask", [styled(mask_path), scene]),
        ("Uncertainty, 0 (sure) to 1", [styled(uncertainty_path), scene]),
    ]
    width = len(panels) * PANEL_PX + (len(panels) + 1) * GAP_PX
    size = QSize(width, PANEL_PX + CAPTION_PX + GAP_PX)
    picture = QImage(size, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    painter = QPainter(picture)
    painter.setFont(QFont("Sans", 13))
    for index, (caption, layers) in enumerate(panels):
        left = GAP_PX + index * (PANEL_PX + GAP_PX)
        painter.drawText(
            QRect(left, 0, PANEL_PX, CAPTION_PX), Qt.AlignmentFlag.AlignCenter, caption
        )
        painter.drawImage(QPoint(left, CAPTION_PX), render(layers))
    painter.end()
    return picture


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description="Draw scene, mask and uncertainty side by side.")
    for name in ("scene", "mask", "uncertainty", "picture"):
        parser.add_argument(name, type=Path)
    arguments = parser.parse_args()
    application = QgsApplication([], True)
    application.initQgis()
    picture = draw(arguments.scene, arguments.mask, arguments.uncertainty)
    if not picture.save(str(arguments.picture)):
        raise SystemExit(f"The picture '{arguments.picture}' cannot be written.")
    application.exitQgis()


if __name__ == "__main__":
    main()
