"""How many pixels have which cloud probability, and where the thresholds cut them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qgis.PyQt.QtCore import QPoint, QPointF, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QWidget

from cloudmamba_qgis.rasters.stage_levels import STEPS, MaskSettings
from cloudmamba_qgis.translation import tr

_BINS = 50
_LINES = ("coarse_step", "refined_step")
_REACH_PX = 8
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

    Signals:
        threshold_moved: field of ``MaskSettings`` and its steps, dragged with the mouse.
    """

    threshold_moved = pyqtSignal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: Counts | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Histogram of cloud probability"))
        self.setToolTip(
            tr(
                "Pixels of each cloud probability, heights as square roots; in the colour of the "
                "mask what becomes cloud. Solid: the first pass is sure; light: the second pass "
                "decides. Drag a line to move its threshold."
            )
        )
        self.setMouseTracking(True)
        self._dragged = ""

    def show_counts(self, counts: Counts | None) -> None:
        """Draw these; None for nothing."""
        self._counts = counts
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, 5 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 5 * self.fontMetrics().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged = self._line_at(event.pos().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.pos().x()
        if self._dragged:
            plot = self._plot()
            share = (x - plot.left()) / max(plot.width(), 1.0)
            self.threshold_moved.emit(self._dragged, min(max(round(share * STEPS), 0), STEPS))
        over_line = bool(self._dragged or self._line_at(x))
        self.setCursor(Qt.CursorShape.SplitHCursor if over_line else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = ""

    def line_position(self, field: str) -> QPoint:
        """Where the mouse takes the line of a threshold."""
        plot = self._plot()
        step = getattr(self._counts.settings, field) if self._counts is not None else 0
        x = plot.left() + plot.width() * step / STEPS
        return QPoint(round(x), round(plot.center().y()))

    def _line_at(self, x: float) -> str:
        """The threshold whose line is nearest, if the mouse can be meant to take it."""
        if self._counts is None:
            return ""
        lines = _lines_of(self._counts.settings)
        away_px = {name: abs(self.line_position(name).x() - x) for name in lines}
        nearest = min(away_px, key=lambda name: away_px[name])
        return nearest if away_px[nearest] <= _REACH_PX else ""

    def _plot(self) -> QRectF:
        line = self.fontMetrics().height()
        return QRectF(self.rect()).adjusted(4, line + 2, -4, -line - 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plot = self._plot()
        if self._counts is not None:
            self._draw_bars(painter, plot, self._counts)
        self._draw_axis(painter, plot)
        if self._counts is not None:
            self._draw_thresholds(painter, plot, self._counts.settings)
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
        metrics = self.fontMetrics()
        below = QRectF(plot.left(), plot.bottom() + 2, plot.width(), metrics.height())
        room_px = int(plot.width()) - 4 * metrics.horizontalAdvance("0")
        words = metrics.elidedText(tr("Cloud probability"), Qt.TextElideMode.ElideRight, room_px)
        for flag, text in (
            (Qt.AlignmentFlag.AlignLeft, "0"),
            (Qt.AlignmentFlag.AlignHCenter, words),
            (Qt.AlignmentFlag.AlignRight, "1"),
        ):
            painter.drawText(below, flag, text)

    def _draw_thresholds(self, painter: QPainter, plot: QRectF, settings: MaskSettings) -> None:
        """Lines with their names above, beside each other where both lie in one place."""
        metrics = self.fontMetrics()
        colour = self.palette().color(QPalette.ColorRole.WindowText)
        lines = []
        for field, (words, style) in zip(_lines_of(settings), _line_words()):
            x = plot.left() + plot.width() * getattr(settings, field) / STEPS
            painter.setPen(QPen(colour, 1.5, style))
            painter.drawLine(QPointF(x, plot.top() - 2), QPointF(x, plot.bottom()))
            lines.append((x, words, metrics.horizontalAdvance(words)))
        if len(lines) == 1:
            ((x, words, words_px),) = lines
            start = min(max(x - words_px / 2, 0.0), float(self.width() - words_px))
            painter.drawText(QPointF(start, plot.top() - 4), words)
            return
        (left, left_words, left_px), (right, right_words, right_px) = sorted(lines)
        gap = metrics.horizontalAdvance(" ")
        left_start, right_start = left - left_px / 2, right - right_px / 2
        shift = max(left_start + left_px + gap - right_start, 0.0) / 2
        left_start = min(max(left_start - shift, 0.0), self.width() - left_px - gap - right_px)
        right_start = min(
            max(right_start + shift, left_start + left_px + gap), self.width() - right_px
        )
        for start, words in ((left_start, left_words), (right_start, right_words)):
            painter.drawText(QPointF(start, plot.top() - 4), words)


def _lines_of(settings: MaskSettings) -> tuple[str, ...]:
    """The thresholds that decide something."""
    return _LINES if settings.has_second_pass else _LINES[:1]


def _line_words() -> tuple[tuple[str, Qt.PenStyle], ...]:
    """Of each of ``_LINES``."""
    return (tr("sure"), Qt.PenStyle.SolidLine), (tr("refined"), Qt.PenStyle.DashLine)


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
