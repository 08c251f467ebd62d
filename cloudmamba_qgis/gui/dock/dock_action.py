"""The action that opens and closes the dock, and remembers which."""

from __future__ import annotations

from collections.abc import Callable

from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import Qt

try:
    from qgis.PyQt.QtGui import QAction
except ImportError:  # Qt 5
    from qgis.PyQt.QtWidgets import QAction

from cloudmamba_qgis.gui.dock.dock import CloudsDock
from cloudmamba_qgis.gui.one_click.one_click import OneClick
from cloudmamba_qgis.settings import DOCK_IS_LEFT, DOCK_IS_OPEN


class DockAction:
    """Makes the dock when it is first wanted: QGIS must not start slower for it."""

    def __init__(
        self,
        iface: QgisInterface,
        action: QAction,
        one_click: OneClick,
        set_up_engine: Callable[[], None],
    ) -> None:
        self._iface = iface
        self._action = action
        self._one_click = one_click
        self._set_up_engine = set_up_engine
        self.dock: CloudsDock | None = None
        action.setCheckable(True)
        action.triggered.connect(self._on_triggered)
        if DOCK_IS_OPEN.get():
            self._make().setUserVisible(True)

    def close(self) -> None:
        """Take the dock away; it comes back as it was with the next plugin."""
        if self.dock is not None:
            self._iface.removeDockWidget(self.dock)
            self.dock.close_for_good()
            self.dock.deleteLater()
            self.dock = None

    def look_at_engine(self) -> None:
        """It may be another one now."""
        if self.dock is not None and self.dock.isVisible():
            self.dock.engine.look()

    def _on_triggered(self, is_open: bool) -> None:
        # Not on every change of visibility: QGIS hides all docks when it ends.
        DOCK_IS_OPEN.set(is_open)
        dock = self._make() if self.dock is None else self.dock
        dock.setUserVisible(is_open)

    def _make(self) -> CloudsDock:
        self.dock = CloudsDock(self._iface, self._one_click, self._set_up_engine)
        self.dock.closed.connect(self._on_closed)
        is_left = DOCK_IS_LEFT.get()
        areas = Qt.DockWidgetArea
        area = areas.LeftDockWidgetArea if is_left else areas.RightDockWidgetArea
        self._iface.addDockWidget(area, self.dock)
        self.dock.dockLocationChanged.connect(_remember_area)
        self._action.setChecked(True)
        return self.dock

    def _on_closed(self) -> None:
        """By its own button."""
        DOCK_IS_OPEN.set(False)
        self._action.setChecked(False)


def _remember_area(area: Qt.DockWidgetArea) -> None:
    DOCK_IS_LEFT.set(area == Qt.DockWidgetArea.LeftDockWidgetArea)
