"""The part of ``screenshot.py toolbox`` that runs inside QGIS, as its start-up script.

The steps are a generator that a timer drives, because the toolbox opens its dialog in an
event loop of its own: a step that waited for that dialog would wait for ever.
"""

import os
import subprocess
import time
import traceback
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsContrastEnhancement,
    QgsMultiBandColorRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
)
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QDialog, QDockWidget, QLineEdit, QPushButton, QTreeView
from qgis.utils import iface

FOLDER = Path(os.environ["SCREENSHOT_FOLDER"])
WAIT_S = 120
TICK_MS = 50


def xdotool(*arguments):
    subprocess.run(["xdotool", *map(str, arguments)], check=True)


def click(widget, position=None, double=False):
    """A click with the real mouse."""
    point = widget.mapToGlobal(position or widget.rect().center())
    xdotool("mousemove", point.x(), point.y())
    xdotool("click", *(("--repeat", 2, "--delay", 80) if double else ()), 1)


def picture(name):
    subprocess.run(["import", "-window", "root", str(FOLDER / name)], check=True)


def load_scene():
    layer = QgsRasterLayer(os.environ["SCREENSHOT_SCENE"], "Satellite image")
    red, green, blue = map(int, os.environ["SCREENSHOT_BANDS"].split(","))
    layer.setRenderer(QgsMultiBandColorRenderer(layer.dataProvider(), red, green, blue))
    layer.setContrastEnhancement(
        QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum,
        QgsRasterMinMaxOrigin.Limits.CumulativeCut,
    )
    QgsProject.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)
    return layer


def tidy_window():
    """Layers to the left, the toolbox to the right, nothing else; returns the toolbox."""
    window = iface.mainWindow()
    window.setGeometry(0, 0, 1600, 950)
    for dock in window.findChildren(QDockWidget):
        if dock.objectName() not in ("Layers", "ProcessingToolbox"):
            dock.close()
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
    layer = load_scene()
    toolbox = tidy_window()
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


class Driver:
    """Runs the steps from a timer and ends QGIS after the last or a failed one."""

    def __init__(self):
        self._steps = steps()
        self._ready = lambda: True
        self._deadline = time.monotonic() + WAIT_S
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)

    def _tick(self):
        try:
            if self._ready():
                self._wait_for(next(self._steps))
            elif time.monotonic() > self._deadline:
                raise TimeoutError(f"waited for {WAIT_S} s")
        except StopIteration:
            os._exit(0)
        except Exception:  # noqa: BLE001  whatever it was, QGIS must end
            traceback.print_exc()
            picture("failure.png")
            os._exit(1)

    def _wait_for(self, what):
        now = time.monotonic()
        self._deadline = now + WAIT_S
        self._ready = what if callable(what) else lambda: time.monotonic() >= now + what / 1000


driver = Driver()
