"""The part of ``screenshot.py one_click`` that runs inside QGIS, as its start-up script."""

import json
import os
import statistics
import subprocess
import time
import traceback
from pathlib import Path

from cloudmamba_qgis.translation import tr
from qgis.core import (
    QgsContrastEnhancement,
    QgsMultiBandColorRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
)
from qgis.PyQt.QtCore import QPoint, QTimer
from qgis.PyQt.QtWidgets import QDockWidget, QPushButton, QToolButton
from qgis.utils import iface, plugins

FOLDER = Path(os.environ["SCREENSHOT_FOLDER"])
REPEATS = int(os.environ["SCREENSHOT_REPEATS"])
WAIT_S = 400
TICK_MS = 20


def xdotool(*arguments):
    subprocess.run(["xdotool", *map(str, arguments)], check=True)


def click(widget, position=None):
    """A click with the real mouse."""
    point = widget.mapToGlobal(position or widget.rect().center())
    xdotool("mousemove", point.x(), point.y())
    xdotool("click", 1)


def picture(name):
    """As a JPEG below 250 KB; the mouse is out of the way."""
    xdotool("mousemove", 1590, 940)
    command = ["import", "-window", "root", "-define", "jpeg:extent=245KB", str(FOLDER / name)]
    subprocess.run(command, check=True)


def load_scene():
    layer = QgsRasterLayer(os.environ["SCREENSHOT_SCENE"], "Satellite image")
    layer.setRenderer(QgsMultiBandColorRenderer(layer.dataProvider(), 3, 2, 1))
    layer.setContrastEnhancement(
        QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum,
        QgsRasterMinMaxOrigin.Limits.CumulativeCut,
    )
    QgsProject.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)


def tidy_window():
    """Layers to the left, and nothing else."""
    window = iface.mainWindow()
    window.setGeometry(0, 0, 1600, 950)
    for dock in window.findChildren(QDockWidget):
        if dock.objectName() != "Layers":
            dock.close()


def button():
    """The toolbar button of the plugin."""
    return next(
        button
        for button in iface.mainWindow().findChildren(QToolButton)
        if button.menu() and button.defaultAction()
        and button.defaultAction().objectName() == "cloudmambaMaskClouds"
    )  # fmt: skip


def layers():
    return len(QgsProject.instance().mapLayers())


def plugin():
    return plugins["cloudmamba_qgis"]


def steps():
    """Every step; yields milliseconds to wait, or a condition to wait for."""
    yield 3000
    load_scene()
    tidy_window()
    yield 1500
    iface.zoomToActiveLayer()
    iface.messageBar().clearWidgets()
    yield 1500
    click(button())
    yield lambda: layers() == 3
    yield 3000
    picture("one_click.jpg")

    buttons = iface.messageBar().currentItem().findChildren(QPushButton)
    click(next(button for button in buttons if button.text() == tr("Undo")))
    yield lambda: layers() == 1
    iface.mapCanvas().zoomByFactor(0.6)
    yield 2000
    menu = button().menu()
    click(button(), QPoint(button().width() - 4, button().height() // 2))
    yield menu.isVisible
    action = next(one for one in menu.actions() if one.objectName() == "cloudmambaPreview")
    yield 300
    click(menu, menu.actionGeometry(action).center())
    yield lambda: layers() == 2
    view = iface.mapCanvas().extent()
    iface.mapCanvas().zoomByFactor(1 / 0.6)
    yield 3000
    picture("preview.jpg")

    iface.mapCanvas().setExtent(view)
    yield 2000
    clicks, engines = [], []
    for _ in range(REPEATS):
        started = time.monotonic()
        action.trigger()
        task = plugin()._preview._detection
        yield lambda: plugin()._preview._detection is None
        clicks.append(time.monotonic() - started)
        engines.append(task.summary["seconds"])
        assert layers() == 2
        yield 500
    ratios = [a / b for a, b in zip(clicks, engines)]
    report = {
        "click_to_preview_s": [round(seconds, 3) for seconds in clicks],
        "engine_s": engines,
        "ratio_median": round(statistics.median(ratios), 3),
        "pixels": task.summary["width"] * task.summary["height"],
    }
    (FOLDER / "preview.json").write_text(json.dumps(report, indent=1), encoding="utf-8")


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
            picture("failure.jpg")
            os._exit(1)

    def _wait_for(self, what):
        now = time.monotonic()
        self._deadline = now + WAIT_S
        self._ready = what if callable(what) else lambda: time.monotonic() >= now + what / 1000


driver = Driver()
