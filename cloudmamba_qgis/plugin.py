"""Wires provider, menu and toolbar; no work is done here."""

from __future__ import annotations

from qgis.core import QgsApplication, QgsRasterLayer

try:
    from qgis.PyQt.QtGui import QAction
except ImportError:  # Qt 5
    from qgis.PyQt.QtWidgets import QAction

from cloudmamba_qgis.engine_client.session import engine_session
from cloudmamba_qgis.provider import CloudMambaProvider
from cloudmamba_qgis.resource_files import icon
from cloudmamba_qgis.translation import tr

MENU = "CloudMamba"


class CloudMambaPlugin:
    """The plugin as QGIS sees it. ``iface`` is None without a window."""

    def __init__(self, iface) -> None:
        self._iface = iface
        self._provider: CloudMambaProvider | None = None
        self._action: QAction | None = None

    def initProcessing(self) -> None:
        """Register the algorithms; all that ``qgis_process`` asks for."""
        provider = CloudMambaProvider()
        # A registry that refuses a provider has deleted it: keep no reference then.
        if QgsApplication.processingRegistry().addProvider(provider):
            self._provider = provider

    def initGui(self) -> None:
        """Register the algorithms and add the button to menu and toolbar."""
        self.initProcessing()
        if self._iface is None:
            return
        self._action = QAction(
            icon("detect_clouds"), tr("Detect Clouds…"), self._iface.mainWindow()
        )
        self._action.setObjectName("cloudmambaDetectClouds")
        self._action.setToolTip(tr("Mask the clouds of the active raster layer"))
        self._action.triggered.connect(self._open_dialog)
        self._iface.addRasterToolBarIcon(self._action)
        self._iface.addPluginToRasterMenu(MENU, self._action)

    def unload(self) -> None:
        """Take back everything that was added."""
        if self._action is not None:
            self._iface.removeRasterToolBarIcon(self._action)
            self._iface.removePluginRasterMenu(MENU, self._action)
            self._action.deleteLater()
            self._action = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        engine_session().stop()

    def _open_dialog(self) -> None:
        """Open the dialog of the algorithm, for the active layer where it is a raster."""
        import processing  # only there once the Processing plugin is loaded

        layer = self._iface.activeLayer()
        parameters = {"INPUT": layer.id()} if isinstance(layer, QgsRasterLayer) else {}
        processing.execAlgorithmDialog("cloudmamba:detectclouds", parameters)
