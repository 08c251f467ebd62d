"""How many pixels have which cloud probability, and where the thresholds cut them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qgis.PyQt.QtCore import QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QWidget

from cloudmamba_qgis.rasters.stage_levels import STEPS, MaskSettings
from cloudmamba_qgis.translation import tr

_BINS = 50
# The colour of the mask's style.
CLOUD_COLOUR = QColor("#ff00c8")


@dataclass(frozen=True)
class Counts:
    """Pixels in each level that the first and that the second stage decides, (102,) each."""

    first: np.ndarray
    second: np.ndarray
    settings: MaskSettings


class ProbabilityHistogram(QLabel):
    """Bars of the deciding probability: what becomes cloud is in the colour of the mask.

    Pixels of the second stage stand on those of the first, in a lighter tone. Heights are
    square roots, because most pixels are at the ends. It is a label because themes that are style
    sheets colour the words of labels, but not of bare widgets.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: Counts | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Histogram of cloud probability"))
        self.setToolTip(
            tr(
                "Pixels of each cloud probability, heights as square roots; in the colour of the "
                "mask what becomes cloud. Solid: the first stage decides; light: the second."
            )
        )

    def show_counts(self, counts: Counts | None) -> None:
        """Draw these; None for nothing."""
        self._counts = counts
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, 5 * self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self.fontMetrics().height()
        plot = QRectF(self.rect()).adjusted(4, line + 2, -4, -line - 4)
        if self._counts is not None:
            self._draw_bars(painter, plot, self._counts)
        self._draw_axis(painter, plot)
        if self._counts is not None:
            settings = self._counts.settings
            self._draw_threshold(painter, plot, settings.coarse_step, "τ₁", Qt.PenStyle.SolidLine)
            self._draw_threshold(painter, plot, settings.refined_step, "τ₂", Qt.PenStyle.DashLine)
        painter.end()

    def _draw_bars(self, painter: QPainter, plot: QRectF, counts: Counts) -> None:
        first, second = _in_bins(counts.first), _in_bins(counts.second)
        total = (first + second).sum(axis=0)
        highest = max(float(total.max()), 1.0)
        words = self.palette().color(QPalette.ColorRole.WindowText)
        width = plot.width() / _BINS
        painter.setPen(Qt.PenStyle.NoPen)
        for index in range(_BINS):
            # Of each bar the cloud stands below, both of a stage next to each other.
            parts = _parts(first[:, index], second[:, index], counts.settings, index)
            base = plot.bottom()
            height = plot.height() * (total[index] / highest) ** 0.5
            for count, is_cloud, is_second in parts:
                if not count:
                    continue
                share = height * count / total[index]
                colour = QColor(CLOUD_COLOUR if is_cloud else words)
                opacity = 0.9 if is_cloud else 0.45
                colour.setAlphaF(opacity / 2 if is_second else opacity)
                painter.setBrush(colour)
                x = plot.left() + index * width
                painter.drawRect(QRectF(x + 0.5, base - share, width - 1, share))
                base -= share

    def _draw_axis(self, painter: QPainter, plot: QRectF) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        below = QRectF(plot.left(), plot.bottom() + 2, plot.width(), self.fontMetrics().height())
        for flag, text in (
            (Qt.AlignmentFlag.AlignLeft, "0"),
            (Qt.AlignmentFlag.AlignHCenter, tr("Cloud probability")),
            (Qt.AlignmentFlag.AlignRight, "1"),
        ):
            painter.drawText(below, flag, text)

    def _draw_threshold(
        self, painter: QPainter, plot: QRectF, step: int, name: str, style: Qt.PenStyle
    ) -> None:
        colour = self.palette().color(QPalette.ColorRole.WindowText)
        painter.setPen(QPen(colour, 1.5, style))
        x = plot.left() + plot.width() * step / STEPS
        painter.drawLine(QPointF(x, plot.top() - 2), QPointF(x, plot.bottom()))
        metrics = self.fontMetrics()
        half = metrics.horizontalAdvance(name) / 2
        # Beside each other where both lie in one place.
        settings = self._counts.settings
        apart = abs(settings.coarse_step - settings.refined_step) * plot.width() / STEPS
        shift = (2 * half + 2 - apart) / 2 if apart < 2 * half + 2 else 0.0
        is_left = (settings.coarse_step <= settings.refined_step) == (name == "τ₁")
        x += -shift if is_left else shift
        x = min(max(x - half, 0.0), self.width() - 2 * half)
        painter.drawText(QPointF(x, plot.top() - 4), name)


def _in_bins(counts: np.ndarray) -> np.ndarray:
    """(2, _BINS): the lower and the upper level of each bin."""
    # Level 0 is a probability of 0, and the last one is above 1, where there is none.
    levels = counts[1 : STEPS + 1].astype(np.float64)
    levels[0] += counts[0]
    return levels.reshape(_BINS, STEPS // _BINS).T


def _parts(
    first: np.ndarray, second: np.ndarray, settings: MaskSettings, index: int
) -> list[tuple[float, bool, bool]]:
    """(count, is cloud, is of the second stage) of a bar, from the bottom."""
    parts = []
    for counts, step, is_second in (
        (first, settings.coarse_step, False),
        (second, settings.refined_step, True),
    ):
        levels = index * len(counts) + np.arange(1, len(counts) + 1)
        cloud = float(counts[levels > step].sum())
        parts += [(cloud, True, is_second), (float(counts.sum()) - cloud, False, is_second)]
    return parts
