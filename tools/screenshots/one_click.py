"""The part of ``screenshot.py one_click`` that runs inside QGIS, as its start-up script."""

import json
import os
import statistics
import time

from cloudmamba_qgis.translation import tr
from driver import FOLDER, Driver, click, load_scene, tidy_window, xdotool
from driver import picture as driver_picture
from qgis.core import (
    QgsProject,
)
from qgis.PyQt.QtCore import QPoint
from qgis.PyQt.QtWidgets import QPushButton, QToolButton
from qgis.utils import iface, plugins

REPEATS = int(os.environ["SCREENSHOT_REPEATS"])


def picture(name):
    """As a JPEG below 250 KB; the mouse is out of the way."""
    xdotool("mousemove", 1590, 940)
    driver_picture(name, "-define", "jpeg:extent=245KB")


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


driver = Driver(steps(), tick_ms=20)
