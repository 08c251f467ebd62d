"""Small explanations that do not shout."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QPalette
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStyle, QWidget


class Note(QWidget):
    """A few words in a smaller font, with a sign where they warn; hidden where empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = QLabel()
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)  # names of files may look like markup
        self._label.setWordWrap(True)
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        font = self._label.font()
        font.setPointSizeF(0.9 * font.pointSizeF())
        self._label.setFont(font)
        self._label.setForegroundRole(QPalette.ColorRole.WindowText)
        # Its own least height is that of one word a line, for which layouts would keep room.
        self._label.setMinimumHeight(self._label.fontMetrics().height())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._label, 1)
        side_px = self.style().pixelMetric(QStyle.PixelMetric.PM_SmallIconSize)
        warning = self.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
        self._sign.setPixmap(warning.pixmap(side_px, side_px))
        self.say("")

    @property
    def text(self) -> str:
        """What is said."""
        return self._label.text()

    def say(self, text: str, is_warning: bool = False) -> None:
        """Say this instead."""
        self._label.setText(text)
        self._sign.setVisible(is_warning)
        self.setVisible(bool(text))
