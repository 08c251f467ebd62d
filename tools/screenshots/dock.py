"""The part of ``screenshot.py dock`` that runs inside QGIS, as its start-up script."""

import json
import os
import statistics
import time

from driver import FOLDER, Driver, click, load_scene, move_to, picture, tidy_window, xdotool
from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtWidgets import QDockWidget, QStyle, QStyleOptionSlider, QToolButton
from qgis.utils import iface, plugins


def switch_button():
    buttons = iface.mainWindow().findChildren(QToolButton)
    return next(
        button
        for button in buttons
        if button.isVisible()
        and button.defaultAction() is not None
        and button.defaultAction().objectName() == "cloudmambaDock"
    )


def click_title(dock, name):
    """Fold or unfold a part of the dock."""
    group = dock.findChild(QgsCollapsibleGroupBox, name)
    move_to(group.mapToGlobal(QPoint(40, 8)))
    xdotool("click", 1)


def the_dock():
    return iface.mainWindow().findChild(QDockWidget, "cloudmambaDock")


def handle_of(slider):
    """Where the mouse takes a slider, on the screen."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    style = slider.style()
    handle = style.subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider
    )
    return slider.mapToGlobal(handle.center())


class FollowWatch:
    """How long it takes from a slider's move until the layer has the mask of it, in ms."""

    def __init__(self, dock):
        self.delays_ms = []
        self._dock = dock
        self._asked = {}
        for slider in dock.mask.sliders.values():
            slider.changed.connect(self._ask)
        dock._live.decided.connect(self._take)

    def _ask(self):
        self._asked[self._dock.mask.settings] = time.monotonic()

    def _take(self, decided):
        asked = self._asked.pop(decided.settings, None)
        if asked is not None:
            self.delays_ms.append(1000 * (time.monotonic() - asked))

    def result(self):
        return {
            "moves_followed": len(self.delays_ms),
            "median_ms": round(statistics.median(self.delays_ms), 1),
            "longest_ms": round(max(self.delays_ms), 1),
            "load_average": os.getloadavg()[0],
        }


def steps():
    """Every step; yields milliseconds to wait, or a condition to wait for."""
    yield 3000
    assert "cloudmamba_qgis" in plugins
    tidy_window()
    load_scene()
    yield 1500
    click(switch_button())
    yield lambda: the_dock() is not None and the_dock().isVisible()
    dock = the_dock()
    window = iface.mainWindow()
    layers = window.findChild(QDockWidget, "Layers")
    window.resizeDocks([layers, dock], [320, 410], Qt.Orientation.Horizontal)
    yield (
        lambda: (
            dock.scene.thumbnail.has_picture
            and dock.scene.answer is not None
            and dock.engine.models.count() > 0
            and dock.engine.devices.count() > 1
        )
    )
    iface.zoomToActiveLayer()
    yield 1500
    picture("before.png")
    click(dock.run_button)
    yield dock.mask.controls.isEnabled
    yield 1500
    iface.messageBar().clearWidgets()
    move_to(QPoint(800, 500))
    yield 2500
    picture("dock.png")
    slider = dock.mask.sliders["coarse_step"].slider
    watch = FollowWatch(dock)
    start = handle_of(slider)
    move_to(start)
    xdotool("mousedown", 1)
    for step in range(1, 41):
        move_to(start + QPoint(step * slider.width() // 120, 0))
        yield 60
    yield lambda: dock._live.is_idle
    yield 2500
    picture("live_threshold.png")
    xdotool("mouseup", 1)
    yield lambda: dock._live.is_idle
    (FOLDER / "live_threshold.json").write_text(json.dumps(watch.result()), encoding="utf-8")
    yield from review(dock)


def review(dock):
    """Some regions, with clicks of the mouse and keys, in a dock whose upper parts are folded."""
    for name in ("image",):
        click_title(dock, name)
        yield 500
    click_title(dock, "review")
    panel = dock.review
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
    picture("review.png")


driver = Driver(steps(), wait_s=600)
