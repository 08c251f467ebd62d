"""The list of regions: as long as it is, only the lines that are seen are put into words."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsCoordinateReferenceSystem
from qgis.PyQt.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QLocale,
    QModelIndex,
    QObject,
    Qt,
    pyqtSignal,
)
from qgis.PyQt.QtWidgets import QTreeView, QWidget

from cloudmamba_qgis.gui.review.formatting import class_words, size_words, verdict_words
from cloudmamba_qgis.gui.review.session import ReviewSession
from cloudmamba_qgis.gui.widgets.alignment import RIGHT
from cloudmamba_qgis.translation import tr

_VERDICT_COLUMN = 4
_NUMBERS = range(3)  # columns
_ROWS = 6


class RegionModel(QAbstractTableModel):
    """Regions of a session, and what was decided about them."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._session: ReviewSession | None = None
        self._crs = QgsCoordinateReferenceSystem()

    def show_session(
        self, session: ReviewSession | None, crs: QgsCoordinateReferenceSystem
    ) -> None:
        """List the regions that it has found; the CRS is that of the mask."""
        self.beginResetModel()
        self._session, self._crs = session, crs
        self.endResetModel()

    def show_verdicts(self) -> None:
        """Something was decided or taken back."""
        if self.rowCount():
            last = self.rowCount() - 1
            self.dataChanged.emit(self.index(0, _VERDICT_COLUMN), self.index(last, _VERDICT_COLUMN))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  as Qt has it
        """Of regions; a region has none itself."""
        session = self._session
        if parent.isValid() or session is None or session.regions is None:
            return 0
        return len(session.regions.regions)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """As many as there are headings."""
        return len(_headings())

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Above the columns."""
        is_heading = orientation == Qt.Orientation.Horizontal
        return _headings()[section] if is_heading and role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The words of a cell, and numbers to the right."""
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _NUMBERS:
            return RIGHT
        # Qt may ask for lines of before while a new search is on.
        if role != Qt.ItemDataRole.DisplayRole or index.row() >= self.rowCount():
            return None
        session, column = self._session, index.column()
        region = session.regions.regions[index.row()]
        if column == 0:
            return str(index.row() + 1)
        if column == 1:
            return size_words(region, self._crs)
        if column == 2:
            return QLocale().toString(region.mean_uncertainty, "f", 2)
        if column == 3:
            return class_words(region.value)
        return verdict_words(region, session.verdict_of(region))


class RegionList(QTreeView):
    """Some lines high, with a heading.

    Signals:
        chosen: number of a region, from 0, by mouse or keys.
    """

    chosen = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.regions = RegionModel(self)
        self.setModel(self.regions)
        self.setAccessibleName(tr("Uncertain regions"))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        # Columns are as wide as the lines that are seen need.
        self.header().setResizeContentsPrecision(0)
        row_px = self.fontMetrics().height() + 4
        self.setFixedHeight(row_px * (_ROWS + 1))

    def show_session(
        self, session: ReviewSession | None, crs: QgsCoordinateReferenceSystem
    ) -> None:
        """List the regions that it has found, or nothing."""
        self.regions.show_session(session, crs)
        if session is not None:
            for column in range(_VERDICT_COLUMN):
                self.resizeColumnToContents(column)

    def highlight(self, number: int) -> None:
        """Show which region is looked at; nobody has chosen it here."""
        self.blockSignals(True)
        self.setCurrentIndex(self.regions.index(number, 0))
        self.blockSignals(False)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """One line at most."""
        super().selectionChanged(selected, deselected)
        for index in self.selectionModel().selectedRows():
            self.chosen.emit(index.row())


def _headings() -> list[str]:
    return [tr("No."), tr("Size"), tr("Uncertainty"), tr("Mask"), tr("Review")]
