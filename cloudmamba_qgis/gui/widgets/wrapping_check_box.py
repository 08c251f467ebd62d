"""A check box whose words take a second line where one is too narrow, as with large letters."""

from __future__ import annotations

from qgis.PyQt.QtCore import QPoint, QRect, QSize
from qgis.PyQt.QtGui import QPaintEvent, QPalette
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

# To the left and in the middle, in lines, with mnemonics: no method takes these flags of two kinds
# in Qt 5 and in Qt 6.
_TEXT_FLAGS = 0x1 | 0x80 | 0x800 | 0x1000
_ANY_HEIGHT = 10_000


class WrappingCheckBox(QCheckBox):
    """One line where there is room, as any other check box."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def minimumSizeHint(self) -> QSize:
        """Of its longest word."""
        metrics = self.fontMetrics()
        longest = max(metrics.horizontalAdvance(word) for word in self.text().split() or [""])
        return QSize(self._indent_px() + longest, super().minimumSizeHint().height())

    def heightForWidth(self, width: int) -> int:
        """Of as many lines as it takes."""
        room = QRect(0, 0, max(width - self._indent_px(), 1), _ANY_HEIGHT)
        lines = self.fontMetrics().boundingRect(room, _TEXT_FLAGS, self.text())
        return max(super().sizeHint().height(), lines.height())

    def hitButton(self, position: QPoint) -> bool:
        """Every line hears the mouse."""
        return self.rect().contains(position)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The box as the style has it, the words in lines."""
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter.drawControl(QStyle.ControlElement.CE_CheckBox, option)
        words = self.rect().adjusted(self._indent_px(), 0, 0, 0)
        painter.drawItemText(
            QStyle.visualRect(option.direction, self.rect(), words),
            _TEXT_FLAGS,
            self.palette(),
            self.isEnabled(),
            self.text(),
            QPalette.ColorRole.WindowText,
        )

    def _indent_px(self) -> int:
        style = self.style()
        return sum(
            style.pixelMetric(metric, None, self)
            for metric in (
                QStyle.PixelMetric.PM_IndicatorWidth,
                QStyle.PixelMetric.PM_CheckBoxLabelSpacing,
            )
        )
