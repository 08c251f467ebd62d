"""Whole journeys with the mouse, from an image to a mask that lasts."""

import json

import pytest
from clicking import results_of, tree
from event_loop import EventLoopWatch
from processing_helpers import names


@pytest.fixture
def plugin_window(qgis_app, project, fake_engine):
    """A window with the plugin's dock, its one click and its saving, as the plugin wires them."""
    from clicking import Window
    from cloudmamba_qgis.gui.dock.dock import CloudsDock
    from cloudmamba_qgis.gui.one_click.one_click import OneClick
    from cloudmamba_qgis.gui.one_click.saving import KeepResults
    from qgis.core import QgsSettings
    from qgis.PyQt.QtCore import QCoreApplication, QEvent, Qt

    for group in ("cloudmamba/dock", "cloudmamba/review"):
        QgsSettings().remove(group)
    window = Window()
    window.keep = KeepResults(window)
    window.one_click = OneClick(window, None, window.keep)
    window.dock = CloudsDock(window, window.one_click, lambda: None)
    main = window.mainWindow()
    main.setCentralWidget(window.messageBar())
    main.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, window.dock)
    main.resize(1280, 720)
    main.show()
    yield window
    window.dock.close_for_good()
    window.one_click.close()
    window.keep.close()
    main.hide()
    window.dock.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    window.close()


def click(qtbot, widget, position=None):
    """With the left button; only what is seen can be clicked."""

    assert widget.isVisible() and widget.isEnabled()
    where = position or widget.rect().center()
    qtbot.mouseClick(widget, pos=where)


def test_from_an_image_to_a_mask_that_lasts(
    plugin_window, add_layer, project, tmp_path, monkeypatch, qtbot
):
    from qgis.PyQt.QtWidgets import QFileDialog

    window, dock = plugin_window, plugin_window.dock
    window.click_layer(add_layer())
    qtbot.waitUntil(lambda: dock.run_button.isEnabled() and dock.scene.answer is not None)
    click(qtbot, dock.run_button)
    qtbot.waitUntil(lambda: dock.mask.controls.isEnabled() and not window.one_click._current)
    assert tree(project.layerTreeRoot()) == [results_of("Scene"), ("Scene", True)]
    dock.mask.sliders["refined_step"].slider.setFocus()
    for _ in range(2):
        press(qtbot, dock.mask.sliders["refined_step"].slider, "Key_Right")
    qtbot.waitUntil(lambda: dock._live.is_idle and dock.mask.cover.text() == "0.0 % cloud")
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(kept))
    click(qtbot, window.button("Save…"))
    qtbot.waitUntil(lambda: window.keep.saver.is_idle and len(names(kept)) == 4)
    assert "Cloud mask – Scene.tif" in names(kept)
    path = str(tmp_path / "project.qgz")
    assert project.write(path)
    project.clear()
    assert dock.scene.layer is None and not dock.run_button.isEnabled()
    assert project.read(path)
    assert tree(project.layerTreeRoot()) == [results_of("Scene"), ("Scene", True)]
    mask = project.mapLayersByName("Cloud mask – Scene")[0]
    assert mask.dataProvider().sample(mask.extent().center(), 1) == (0.0, True), "as it was seen"
    assert dock.scene.layer.name() == "Scene", "the dock lives on"


def press(qtbot, widget, key):
    from qgis.PyQt.QtCore import Qt

    qtbot.keyClick(widget, getattr(Qt.Key, key))


def test_from_doubt_to_a_mask(plugin_window, add_layer, project, fake_engine, tmp_path, qtbot):
    from qgis.PyQt.QtWidgets import QDialogButtonBox

    fake_engine("unsure")
    window, dock = plugin_window, plugin_window.dock
    window.click_layer(add_layer())
    qtbot.waitUntil(lambda: "guessed" in dock.scene._words.text)
    click(qtbot, dock.run_button)
    qtbot.waitUntil(lambda: window.question is not None and window.question.readings.count() == 2)
    readings = window.question.readings
    click(qtbot, readings.viewport(), readings.visualItemRect(readings.item(1)).center())
    buttons = window.question.findChild(QDialogButtonBox)
    click(qtbot, buttons.button(QDialogButtonBox.StandardButton.Ok))
    qtbot.waitUntil(lambda: tree(project.layerTreeRoot())[0] == results_of("Scene"))
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert request["bands"] == "3,2,1,4"


@pytest.mark.quiet
def test_a_journey_never_holds_the_window_up(
    plugin_window, project, add_layer, image, tmp_path, qtbot
):
    """From the opening of the dock to the review, of a scene of 2048 x 1536 pixels."""
    from cloudmamba_qgis.gui.dock.dock import CloudsDock
    from osgeo import gdal
    from qgis.gui import QgsCollapsibleGroupBox
    from qgis.PyQt.QtCore import Qt

    gdal.Translate(str(tmp_path / "large.tif"), str(image), width=2048, height=1536)
    (tmp_path / "large.tif").replace(image)
    blocked = {}

    def watched(what, act, until):
        with EventLoopWatch() as watch:
            act()
            qtbot.waitUntil(until)
        blocked[what] = watch.blocked_ms

    window, layer = plugin_window, add_layer()
    window.click_layer(layer)

    def open_another():
        another = CloudsDock(window, window.one_click, lambda: None)
        window.mainWindow().addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, another)
        opened.append(another)

    opened = []
    watched("dock", open_another, lambda: opened[0].scene.thumbnail.has_picture)
    opened[0].close_for_good()
    opened[0].deleteLater()
    dock = window.dock
    qtbot.waitUntil(lambda: dock.run_button.isEnabled() and dock.scene.answer is not None)
    dock.shadow_box.setChecked(True)
    watched("one click", lambda: click(qtbot, dock.run_button), dock.mask.controls.isEnabled)
    slider = dock.mask.sliders["refined_step"].slider

    def adjust():
        for step in range(40, 60):
            slider.setValue(step)
            dock.mask.sliders["buffer_px"].slider.setValue(step % 4)

    watched("adjust", adjust, lambda: dock._live.is_idle)
    review = dock.review
    review.threshold.setValue(0.2)  # all of the made-up uncertainty: one region, the whole scene
    watched(
        "review",
        lambda: dock.findChild(QgsCollapsibleGroupBox, "review").setCollapsed(False),
        lambda: review.session.regions is not None,
    )
    print({what: round(ms) for what, ms in blocked.items()})
    assert {what: ms for what, ms in blocked.items() if ms >= 100} == {}
