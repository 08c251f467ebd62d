"""The part of ``screenshot_review.py`` that runs inside QGIS, as its start-up script."""

import os
import subprocess
import time
import traceback

from cloudmamba_qgis.gui.review import ReviewPanel
from cloudmamba_qgis.layers.provenance import describe_layer
from cloudmamba_qgis.layers.style import apply_style
from qgis.core import (
    QgsContrastEnhancement,
    QgsMultiBandColorRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
)
from qgis.PyQt.QtCore import QPoint, Qt, QTimer
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface

WAIT_S = 120
TICK_MS = 50


def xdotool(*arguments):
    subprocess.run(["xdotool", *map(str, arguments)], check=True)


def move_to(point):
    xdotool("mousemove", point.x(), point.y())


def click(widget):
    """A click with the real mouse."""
    move_to(widget.mapToGlobal(widget.rect().center()))
    xdotool("click", 1)


def picture():
    subprocess.run(["import", "-window", "root", os.environ["SCREENSHOT_PICTURE"]], check=True)


def load_layers():
    """The image, and its mask and uncertainty in a group above it; returns the latter two."""
    image = QgsRasterLayer(os.environ["SCREENSHOT_SCENE"], "Satellite image")
    image.setRenderer(QgsMultiBandColorRenderer(image.dataProvider(), 3, 2, 1))
    image.setContrastEnhancement(
        QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum,
        QgsRasterMinMaxOrigin.Limits.CumulativeCut,
    )
    project = QgsProject.instance()
    project.addMapLayer(image)
    group = project.layerTreeRoot().insertGroup(0, "Satellite image clouds")
    results = []
    for name, style in (("Clouds", "mask"), ("Uncertainty", "uncertainty")):
        layer = QgsRasterLayer(os.environ[f"SCREENSHOT_{style.upper()}"], f"Satellite image {name}")
        project.addMapLayer(layer, False)
        node = group.addLayer(layer)
        node.setExpanded(False)
        node.setItemVisibilityChecked(style == "mask")
        apply_style(layer, style)
        describe_layer(layer)
        results.append(layer)
    group.setExpanded(False)  # views open a node only when that changes while they show it
    group.setExpanded(True)
    iface.setActiveLayer(image)
    iface.zoomToActiveLayer()
    return results


def steps():
    """Every step; yields milliseconds to wait, or a condition to wait for."""
    yield 3000
    window = iface.mainWindow()
    window.setGeometry(0, 0, 1600, 950)
    for dock in window.findChildren(QDockWidget):
        if dock.objectName() != "Layers":
            dock.close()
    layers = load_layers()
    panel = ReviewPanel(iface.mapCanvas())
    dock = QDockWidget("Review of Uncertain Regions", window)
    dock.setWidget(panel)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    layer_dock = window.findChild(QDockWidget, "Layers")
    window.resizeDocks([layer_dock, dock], [250, 400], Qt.Orientation.Horizontal)
    panel.set_layers(*layers)
    yield lambda: panel.session.regions is not None
    yield 1000
    click(panel.next_button)
    yield lambda: panel.session.current == 0
    yield 1500
    click(panel.keep_button)
    yield lambda: panel.session.current == 1
    for number, key in enumerate("fkfn", 2):
        yield 1500
        xdotool("key", key)
        yield lambda number=number: panel.session.current == number
    assert len(panel.session.decisions) == 4
    yield lambda: panel.session.is_idle
    move_to(QPoint(800, 900))
    yield 2500
    picture()


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
            picture()
            os._exit(1)

    def _wait_for(self, what):
        now = time.monotonic()
        self._deadline = now + WAIT_S
        self._ready = what if callable(what) else lambda: time.monotonic() >= now + what / 1000


driver = Driver()
