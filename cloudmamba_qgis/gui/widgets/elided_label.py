"""A line of text that gives way where there is no room, instead of being cut."""

from __future__ import annotations

from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QResizeEvent
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QWidget

_WISH_PX = 60


class ElidedLabel(QLabel):
    """Shows as much as fits, then three dots; the whole text is the tooltip then.

    Attributes:
        details: always the tooltip, where there are any.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = text
        self.details = ""
        self.setTextFormat(Qt.TextFormat.PlainText)  # names of files may look like markup
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._elide()

    @property
    def whole_text(self) -> str:
        """Also what does not fit."""
        return self._whole

    def set_whole_text(self, text: str) -> None:
        """Show this instead."""
        self._whole = text
        self._elide()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        # It takes what there is. A wish would be a demand in QGIS's message bar, which makes the
        # whole window wider.
        return QSize(_WISH_PX, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        one_line = " ".join(self._whole.split())
        shown = self.fontMetrics().elidedText(
            one_line, Qt.TextElideMode.ElideRight, max(self.width(), 0)
        )
        self.setText(shown)
        self.setToolTip(self.details or ("" if shown == one_line else self._whole))
