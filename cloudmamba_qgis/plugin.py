"""Wires provider, menu, toolbar and context menu; no work is done here."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import Qgis, QgsApplication, QgsRasterLayer
from qgis.PyQt.QtCore import QTranslator
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QMenu, QToolButton

try:
    from qgis.PyQt.QtGui import QAction
except ImportError:  # Qt 5
    from qgis.PyQt.QtWidgets import QAction

try:
    RASTER_LAYER = Qgis.LayerType.Raster
except AttributeError:  # QGIS before 3.30
    from qgis.core import QgsMapLayerType

    RASTER_LAYER = QgsMapLayerType.RasterLayer

from cloudmamba_qgis.background import cancel_all
from cloudmamba_qgis.engine_client.session import engine_session
from cloudmamba_qgis.gui.dock.dock_action import DockAction
from cloudmamba_qgis.gui.one_click.one_click import OneClick
from cloudmamba_qgis.gui.one_click.saving import KeepResults
from cloudmamba_qgis.gui.preview.preview import Preview
from cloudmamba_qgis.gui.setup.options_page import EngineOptions, open_setup_page
from cloudmamba_qgis.help_pages import open_help
from cloudmamba_qgis.provider import CloudMambaProvider
from cloudmamba_qgis.resource_files import icon
from cloudmamba_qgis.translation import load_translation, tr

MENU = "CloudMamba"


class CloudMambaPlugin:
    """The plugin as QGIS sees it. ``iface`` is None without a window."""

    def __init__(self, iface) -> None:
        self._iface = iface
        self._provider: CloudMambaProvider | None = None
        self._translator: QTranslator | None = None
        self._keep: KeepResults | None = None
        self._one_click: OneClick | None = None
        self._preview: Preview | None = None
        self._engine_options: EngineOptions | None = None
        self._dock: DockAction | None = None
        self._mask_action: QAction | None = None
        self._dock_action: QAction | None = None
        self._preview_action: QAction | None = None
        self._menu_actions: list[QAction] = []
        self._button: QToolButton | None = None
        self._toolbar_action: QAction | None = None

    def initProcessing(self) -> None:
        """Register the algorithms; all that ``qgis_process`` asks for."""
        self._translator = load_translation()
        provider = CloudMambaProvider()
        # A registry that refuses a provider has deleted it: keep no reference then.
        if QgsApplication.processingRegistry().addProvider(provider):
            self._provider = provider

    def initGui(self) -> None:
        """Register the algorithms and add the button to menu, toolbar and layer tree."""
        self.initProcessing()
        if self._iface is None:
            return
        self._engine_options = EngineOptions(self._iface)
        self._engine_options.register()
        self._keep = KeepResults(self._iface)
        self._one_click = OneClick(self._iface, self._open_settings, self._keep)
        self._mask_action = self._add_action(
            "cloudmambaMaskClouds",
            tr("Mask Clouds"),
            tr("Mask the clouds of the selected raster layers"),
            self._one_click.mask_selected,
            icon("detect_clouds"),
        )
        self._preview = Preview(self._iface, self._one_click, self._open_settings)
        self._preview_action = self._add_action(
            "cloudmambaPreview",
            tr("Preview Clouds in View"),
            tr("Show at once where clouds are in what is seen of the active raster layer"),
            self._preview.preview_active,
        )
        self._dock_action = self._add_action(
            "cloudmambaDock",
            tr("Clouds Panel"),
            tr("Mask an image and adjust its mask while you look at it"),
            picture=icon("cloudmamba"),
        )
        self._add_action(
            "cloudmambaDetectClouds",
            tr("Detect Clouds…"),
            tr("Mask the clouds of a raster with all options"),
            self._open_dialog,
        )
        self._add_action(
            "cloudmambaAskForBands",
            tr("Bands and Radiometry…"),
            tr("Say which bands the active raster layer has, and mask its clouds"),
            self._one_click.ask_for_active,
        )
        self._add_action(
            "cloudmambaSettings",
            tr("Settings…"),
            tr("Set up the engine and see what it can do"),
            self._open_settings,
        )
        self._add_action("cloudmambaHelp", tr("Help"), tr("Read what everything is for"), open_help)
        self._dock = DockAction(
            self._iface,
            self._dock_action,
            self._one_click,
            self._open_settings,
        )
        self._engine_options.engine_changed.connect(self._dock.look_at_engine)
        self._add_button()
        self._iface.addToolBarIcon(self._dock_action)
        for action in (self._mask_action, self._preview_action):
            self._iface.addCustomActionForLayerType(action, "", RASTER_LAYER, True)

    def unload(self) -> None:
        """Take back everything that was added, and let the engine go."""
        if self._one_click is not None:
            self._dock.close()
            self._dock = None
            self._preview.close()
            self._preview = None
            self._one_click.close()
            self._one_click = None
            self._keep.close()
            self._keep = None
            self._engine_options.unregister()
            self._engine_options = None
            for action in (self._mask_action, self._preview_action):
                self._iface.removeCustomActionForLayerType(action)
            self._iface.removeToolBarIcon(self._toolbar_action)
            self._iface.removeToolBarIcon(self._dock_action)
            self._button.deleteLater()
            for action in self._menu_actions:
                self._iface.unregisterMainWindowAction(action)
                self._iface.removePluginRasterMenu(MENU, action)
                action.deleteLater()
            self._menu_actions.clear()
            self._mask_action = self._preview_action = self._dock_action = None
            self._button = self._toolbar_action = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        if self._translator is not None:
            QgsApplication.removeTranslator(self._translator)
            self._translator = None
        engine_session().stop()
        cancel_all()

    def _add_action(
        self,
        name: str,
        text: str,
        explanation: str,
        triggered: Callable[[], None] | None = None,
        picture: QIcon | None = None,
    ) -> QAction:
        """An action in the raster menu, and in the menu of the button."""
        action = QAction(picture or QIcon(), text, self._iface.mainWindow())
        action.setObjectName(name)
        action.setToolTip(explanation)
        if triggered is not None:
            action.triggered.connect(lambda: triggered())
        self._iface.addPluginToRasterMenu(MENU, action)
        # Then Settings > Keyboard Shortcuts has it, without a key at first.
        self._iface.registerMainWindowAction(action, "")
        self._menu_actions.append(action)
        return action

    def _add_button(self) -> None:
        """A toolbar button that masks at once, with everything else in its menu."""
        self._button = QToolButton()
        self._button.setDefaultAction(self._mask_action)
        self._button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        menu = QMenu(self._button)
        menu.addActions(self._menu_actions)
        self._button.setMenu(menu)
        # Not the raster toolbar: QGIS hides that one until the user asks for it.
        self._toolbar_action = self._iface.addToolBarWidget(self._button)

    def _open_settings(self) -> None:
        """Show the page where the engine is set up and chosen."""
        open_setup_page(self._iface)
        if self._dock is not None:  # else QGIS was closed meanwhile
            self._dock.look_at_engine()

    def _open_dialog(self) -> None:
        """Open the dialog of the algorithm, for the active layer where it is a raster."""
        import processing  # only there once the Processing plugin is loaded

        layer = self._iface.activeLayer()
        parameters = {"INPUT": layer.id()} if isinstance(layer, QgsRasterLayer) else {}
        processing.execAlgorithmDialog("cloudmamba:detectclouds", parameters)
