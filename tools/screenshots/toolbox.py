"""The part of ``screenshot.py toolbox`` that runs inside QGIS, as its start-up script.

The steps are a generator that a timer drives, because the toolbox opens its dialog in an
event loop of its own: a step that waited for that dialog would wait for ever.
"""

import os

from driver import Driver, click, load_scene, picture, tidy_window, xdotool
from qgis.core import (
    QgsApplication,
    QgsProject,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDialog, QDockWidget, QLineEdit, QPushButton, QTreeView
from qgis.utils import iface


def with_toolbox():
    """Layers to the left, the toolbox to the right, nothing else; returns the toolbox."""
    tidy_window("ProcessingToolbox")
    window = iface.mainWindow()
    toolbox = window.findChild(QDockWidget, "ProcessingToolbox")
    toolbox.show()
    layers = window.findChild(QDockWidget, "Layers")
    window.resizeDocks([layers, toolbox], [300, 300], Qt.Orientation.Horizontal)
    return toolbox


def double_click_algorithm(toolbox, name):
    tree = next(view for view in toolbox.findChildren(QTreeView) if view.isVisible())
    flags = Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive
    index = tree.model().match(
        tree.model().index(0, 0), Qt.ItemDataRole.DisplayRole, name, 1, flags
    )
    tree.scrollTo(index[0])
    click(tree.viewport(), tree.visualRect(index[0]).center(), double=True)


def button_of(widget, text):
    buttons = widget.findChildren(QPushButton)
    return next((button for button in buttons if button.text().replace("&", "") == text), None)


def open_dialogs():
    dialogs = [widget for widget in QgsApplication.topLevelWidgets() if isinstance(widget, QDialog)]
    return [dialog for dialog in dialogs if dialog.isVisible() and button_of(dialog, "Run")]


def steps():
    """Every step; yields milliseconds to wait, or a condition to wait for."""
    yield 3000
    layer = load_scene(map(int, os.environ["SCREENSHOT_BANDS"].split(",")))
    toolbox = with_toolbox()
    yield 1500
    iface.zoomToActiveLayer()
    yield 1500
    click(toolbox.findChild(QLineEdit))
    yield 300
    xdotool("type", "--delay", 40, "detect clouds")
    yield 1500
    double_click_algorithm(toolbox, "Detect clouds")
    yield open_dialogs
    dialog = open_dialogs()[0]
    dialog.setGeometry(380, 110, 860, 760)
    if os.environ["SCREENSHOT_MODEL"]:
        dialog.setParameters({"INPUT": layer.id(), "MODEL": os.environ["SCREENSHOT_MODEL"]})
    yield 1500
    picture("dialog.png")
    click(button_of(dialog, "Run"))
    yield lambda: len(QgsProject.instance().mapLayers()) == 3
    yield 1500
    picture("log.png")
    click(button_of(dialog, "Close"))
    yield 500
    iface.messageBar().clearWidgets()
    iface.layerTreeView().expandAllNodes()
    yield 2000
    picture("result.png")
    uncertainty = QgsProject.instance().mapLayersByName("Uncertainty – Satellite image")[0]
    root = QgsProject.instance().layerTreeRoot()
    root.findLayer(uncertainty).setItemVisibilityChecked(False)
    yield 2000
    picture("result_mask.png")


driver = Driver(steps(), wait_s=120)
