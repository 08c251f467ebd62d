"""What the scripts share that take pictures inside QGIS: mouse, camera, a scene, and who runs the steps.

``screenshot.py`` puts this folder into ``PYTHONPATH``.
"""

import os
import subprocess
import time
import traceback
from pathlib import Path

from qgis.core import (
    QgsContrastEnhancement,
    QgsMultiBandColorRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
)
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface

FOLDER = Path(os.environ["SCREENSHOT_FOLDER"])


def xdotool(*arguments):
    subprocess.run(["xdotool", *map(str, arguments)], check=True)


def move_to(point):
    xdotool("mousemove", point.x(), point.y())


def click(widget, position=None, double=False):
    """A click with the real mouse."""
    move_to(widget.mapToGlobal(position or widget.rect().center()))
    xdotool("click", *(("--repeat", 2, "--delay", 80) if double else ()), 1)


def picture(name, *options):
    """Of the whole screen, with options of ImageMagick's import."""
    subprocess.run(["import", "-window", "root", *options, str(FOLDER / name)], check=True)


def load_scene(bands=(3, 2, 1)):
    """The scene that the session was given, in the colours of these bands."""
    layer = QgsRasterLayer(os.environ["SCREENSHOT_SCENE"], "Satellite image")
    layer.setRenderer(QgsMultiBandColorRenderer(layer.dataProvider(), *bands))
    layer.setContrastEnhancement(
        QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum,
        QgsRasterMinMaxOrigin.Limits.CumulativeCut,
    )
    QgsProject.instance().addMapLayer(layer)
    iface.setActiveLayer(layer)
    return layer


def tidy_window(*docks):
    """Layers to the left, and these docks; nothing else."""
    window = iface.mainWindow()
    window.setGeometry(0, 0, 1600, 950)
    for dock in window.findChildren(QDockWidget):
        if dock.objectName() not in ("Layers", *docks):
            dock.close()


class Driver:
    """Runs the steps from a timer and ends QGIS after the last or a failed one.

    A step yields milliseconds to wait, or a condition to wait for.
    """

    def __init__(self, steps, wait_s=400, tick_ms=50):
        self._steps = steps
        self._wait_s = wait_s
        self._ready = lambda: True
        self._deadline = time.monotonic() + wait_s
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(tick_ms)

    def _tick(self):
        try:
            if self._ready():
                self._wait_for(next(self._steps))
            elif time.monotonic() > self._deadline:
                raise TimeoutError(f"waited for {self._wait_s} s")
        except StopIteration:
            os._exit(0)
        except Exception:  # noqa: BLE001  whatever it was, QGIS must end
            traceback.print_exc()
            picture("failure.png")
            os._exit(1)

    def _wait_for(self, what):
        now = time.monotonic()
        self._deadline = now + self._wait_s
        self._ready = what if callable(what) else lambda: time.monotonic() >= now + what / 1000
