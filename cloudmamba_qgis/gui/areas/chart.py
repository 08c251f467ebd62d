"""A chart of what is seen of an area day by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from qgis.PyQt.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget

from cloudmamba_qgis.rasters.area_series import Observation
from cloudmamba_qgis.translation import tr

# Cloud and shadow as in the style of the masks; apart in lightness, too.
CLEAR_COLOUR = QColor("#3b9e5f")
CLOUD_COLOUR = QColor("#ff8fe3")
SHADOW_COLOUR = QColor("#1f3fd0")
_WIDEST_BAR_PX = 18
_LEAST_BAR_PX = 3


class AreaChart(QLabel):
    """A bar for each day, at its place in time: clear below, then shadow, cloud, no data.

    A line marks from where on a day is usable; days that are have a mark below. It is a label
    because themes that are style sheets colour the words of labels, but not of bare widgets.

    Signals:
        day_clicked: a bar was clicked; its day.
    """

    day_clicked = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._observations: list[Observation] = []
        self._least_clear = 80.0
        self._chosen: date | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Chart of cloud cover by date"))
        self.setMouseTracking(True)

    def show_series(self, observations: Sequence[Observation], least_clear: float) -> None:
        """Draw these, of one area."""
        self._observations = sorted(observations, key=lambda one: one.day)
        self._least_clear = least_clear
        self._chosen = None
        self.update()

    def choose(self, day: date | None) -> None:
        """Mark a day."""
        self._chosen = day
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 10 * self.fontMetrics().height())

    def bar_of(self, day: date) -> QRectF:
        """Where the whole bar of a day is, in pixels of the widget."""
        plot = self._plot()
        first, last = self._observations[0].day, self._observations[-1].day
        span = max((last - first).days, 1)
        width = plot.width() / max(len(self._observations), 1) * 0.8
        width = min(max(width, _LEAST_BAR_PX), _WIDEST_BAR_PX)
        share = (day - first).days / span if last > first else 0.5
        x = plot.left() + width / 2 + share * (plot.width() - width)
        return QRectF(x - width / 2, plot.top(), width, plot.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_axes(painter)
        for one in self._observations:
            self._draw_bar(painter, one)
        if self._observations:
            self._draw_days(painter)
        self._draw_threshold(painter)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        one = self._at(event.pos().x())
        QToolTip.showText(self.mapToGlobal(event.pos()), describe(one) if one else "", self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        one = self._at(event.pos().x())
        if one is not None:
            self.day_clicked.emit(one.day)

    def leaveEvent(self, event: QEvent) -> None:
        QToolTip.hideText()

    def _plot(self) -> QRectF:
        metrics = self.fontMetrics()
        left = metrics.horizontalAdvance("100 %") + 6
        return QRectF(self.rect()).adjusted(
            left, metrics.height() / 2 + 2, -4, -metrics.height() - 12
        )

    def _at(self, x: float) -> Observation | None:
        """The nearest, if it is near."""
        if not self._observations:
            return None
        nearest = min(
            self._observations, key=lambda one: abs(self.bar_of(one.day).center().x() - x)
        )
        bar = self.bar_of(nearest.day)
        return nearest if abs(bar.center().x() - x) <= bar.width() / 2 + 2 else None

    def _draw_axes(self, painter: QPainter) -> None:
        plot = self._plot()
        words = self.palette().color(QPalette.ColorRole.WindowText)
        line = self.fontMetrics().height()
        faint = QColor(words)
        faint.setAlphaF(0.2)
        for percent in (0, 50, 100):
            y = plot.bottom() - plot.height() * percent / 100
            painter.setPen(words if percent == 0 else faint)
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(words)
            place = QRectF(0, y - line / 2, plot.left() - 4, line)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, flags, f"{percent} %")

    def _draw_bar(self, painter: QPainter, one: Observation) -> None:
        bar = self.bar_of(one.day)
        painter.setPen(Qt.PenStyle.NoPen)
        base = bar.bottom()
        for percent, colour in (
            (one.clear_percent, CLEAR_COLOUR),
            (one.shadow_percent, SHADOW_COLOUR),
            (one.cloud_percent, CLOUD_COLOUR),
        ):
            height = bar.height() * percent / 100
            painter.setBrush(colour)
            painter.drawRect(QRectF(bar.left(), base - height, bar.width(), height))
            base -= height
        words = self.palette().color(QPalette.ColorRole.WindowText)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if one.day == self._chosen:
            painter.setPen(QPen(words, 2))
            painter.drawRect(bar)
        elif one.no_data_percent > 0.5:
            faint = QColor(words)
            faint.setAlphaF(0.35)
            painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
            painter.drawRect(QRectF(bar.left(), bar.top(), bar.width(), base - bar.top()))
        if one.clear_percent >= self._least_clear:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(words)
            middle = QPointF(bar.center().x(), bar.bottom() + 5)
            painter.drawEllipse(middle, 2.2, 2.2)

    def _draw_days(self, painter: QPainter) -> None:
        """The first and the last day, and some between where there is room."""
        plot = self._plot()
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance("2023-08-15")
        taken: list[tuple[float, float]] = []
        days = [one.day for one in self._observations]
        for day in dict.fromkeys([days[0], days[-1], *days]):
            x = self.bar_of(day).center().x() - width / 2
            x = min(max(x, plot.left() - 4), plot.right() - width + 4)
            if all(x + width + 8 < left or right + 8 < x for left, right in taken):
                taken.append((x, x + width))
                place = QRectF(x, plot.bottom() + 10, width + 2, metrics.height())
                painter.drawText(place, Qt.AlignmentFlag.AlignLeft, day.isoformat())

    def _draw_threshold(self, painter: QPainter) -> None:
        plot = self._plot()
        y = plot.bottom() - plot.height() * self._least_clear / 100
        words = self.palette().color(QPalette.ColorRole.WindowText)
        painter.setPen(QPen(words, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))


def describe(one: Observation) -> str:
    """What is seen on a day, in words."""
    text = tr("{day}: {clear:.0f} % clear, {cloud:.0f} % cloud, {shadow:.0f} % shadow").format(
        day=one.day.isoformat(),
        clear=one.clear_percent,
        cloud=one.cloud_percent,
        shadow=one.shadow_percent,
    )
    if one.no_data_percent > 0.5:
        text += tr(", {no_data:.0f} % without data").format(no_data=one.no_data_percent)
    return text
