"""The part of ``screenshot.py setup`` that runs inside QGIS, as its start-up script."""

import os
import subprocess
import time
import traceback
from pathlib import Path

from cloudmamba_qgis.gui.setup.options_page import EngineOptionsPage, open_setup_page
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QPushButton
from qgis.utils import iface

FOLDER = Path(os.environ["SCREENSHOT_FOLDER"])
WAIT_S = 400
TICK_MS = 50


def picture(name):
    subprocess.run(["import", "-window", "root", str(FOLDER / name)], check=True)


def click(widget):
    """A click with the real mouse."""
    point = widget.mapToGlobal(widget.rect().center())
    subprocess.run(["xdotool", "mousemove", str(point.x()), str(point.y())], check=True)
    subprocess.run(["xdotool", "click", "1"], check=True)


def page():
    widgets = QgsApplication.allWidgets()
    found = [widget for widget in widgets if isinstance(widget, EngineOptionsPage)]
    return next((widget for widget in found if widget.isVisible()), None)


def button(name):
    return page().findChild(QPushButton, name)


def steps():
    """Every step; yields milliseconds to wait, or a condition to wait for."""
    yield 3000
    iface.mainWindow().setGeometry(0, 0, 1600, 950)
    QTimer.singleShot(0, lambda: open_setup_page(iface))
    yield page
    page().window().setGeometry(250, 40, 1100, 860)
    facts, installer = page().facts, page().installer
    yield lambda: facts.engines and all(facts.report(one).is_complete for one in facts.engines)
    yield 2000
    picture("setup.png")
    click(button("cloudmambaSetUp"))
    yield lambda: installer.fraction > 0.05
    yield 1500
    picture("setup_running.png")
    click(button("cloudmambaCancelSetUp"))
    yield lambda: not installer.is_busy
    yield 500
    picture("setup_cancelled.png")


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
