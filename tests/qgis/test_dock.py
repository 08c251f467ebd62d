"""The dock in a real QGIS, with the fake engine: what it shows, runs, and changes live."""

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from event_loop import EventLoopWatch
from raster_files import read_raster, write_raster


@pytest.fixture
def window(qgis_app):
    from clicking import Window

    class WindowWithDocks(Window):
        def addDockWidget(self, area, dock):
            self._window.addDockWidget(area, dock)

        def removeDockWidget(self, dock):
            self._window.removeDockWidget(dock)

    window = WindowWithDocks()
    yield window
    window.close()


@pytest.fixture
def project(plugin):
    from qgis.core import QgsProject, QgsSettings

    for group in ("cloudmamba/products", "cloudmamba/dock", "cloudmamba/review"):
        QgsSettings().remove(group)
    yield QgsProject.instance()
    QgsProject.instance().clear()
    for group in ("cloudmamba/products", "cloudmamba/dock", "cloudmamba/review"):
        QgsSettings().remove(group)


@pytest.fixture
def layer(project, image):
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(str(image), "Scene")
    project.addMapLayer(layer)
    return layer


@pytest.fixture
def make_dock(fake_engine, project, window):
    """Opens a dock, as often as wanted."""
    from cloudmamba_qgis.gui.dock.dock import CloudsDock
    from cloudmamba_qgis.gui.one_click.one_click import OneClick
    from qgis.PyQt.QtCore import QCoreApplication, QEvent, Qt

    made = []

    def make(one_click=None):
        one_click = one_click or OneClick(window)
        dock = CloudsDock(window, one_click, lambda: made.append("set up"))
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        window.mainWindow().resize(900, 1100)
        window.mainWindow().show()
        made.append((dock, one_click))
        return dock

    make.made = made
    yield make
    opened = [one for one in made if one != "set up"]
    for dock, _ in opened:
        dock.close_for_good()
        dock.hide()
        dock.deleteLater()
    for one_click in {one_click for _, one_click in opened}:
        one_click.close()
    window.mainWindow().hide()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def words_of(panel):
    return panel._words.text


def numbers(panel):
    return [box.currentBand() for box in panel.form.band_boxes]


def add_other(project, image):
    """A second image."""
    from qgis.core import QgsRasterLayer

    other = QgsRasterLayer(str(shutil.copyfile(image, image.with_name("b.tif"))), "Other")
    project.addMapLayer(other)
    return other


def run(qtbot, dock, project):
    """Press the button and wait for a mask that can be moved."""
    qtbot.waitUntil(dock.run_button.isEnabled)
    qtbot.mouseClick(dock.run_button)
    qtbot.waitUntil(lambda: dock.mask.controls.isEnabled())
    return project.mapLayer(dock._live.files.mask_id)


def move(qtbot, dock, **steps):
    """Set sliders and wait until the map shows it."""
    for name, value in steps.items():
        dock.mask.sliders[name].slider.setValue(value)
    qtbot.waitUntil(lambda: dock._live.is_idle and dock._decided.settings == dock.mask.settings)


def cloud_of(layer):
    return read_raster(layer.source())[0]


def drop(dock, *paths):
    """As from a file manager; whether the dock wants them."""
    from qgis.PyQt.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
    from qgis.PyQt.QtGui import QDragEnterEvent, QDropEvent

    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
    entered = QDragEnterEvent(QPoint(5, 5), *how, Qt.KeyboardModifier.NoModifier)
    entered.ignore()
    dock.dragEnterEvent(entered)
    if entered.isAccepted():
        dock.dropEvent(QDropEvent(QPointF(5, 5), *how, Qt.KeyboardModifier.NoModifier))
    return entered.isAccepted()


def test_what_is_dropped_is_opened_and_chosen(make_dock, window, project, image, tmp_path, qtbot):
    dock = make_dock()
    assert drop(dock, image)
    assert dock.scene.layer.source() == str(image)
    product = tmp_path / "product.SAFE"
    product.mkdir()
    shutil.copy(image, product / "image.tif")
    assert drop(dock, product)
    qtbot.waitUntil(lambda: dock.scene.layer.name() == "product")
    layer = dock.scene.layer
    assert layer.source().endswith(".vrt") and layer.bandCount() == 4
    assert layer.renderer().redBand() == 3 and layer.renderer().blueBand() == 1
    damaged = tmp_path / "damaged.SAFE"
    damaged.mkdir()
    shutil.copy(image, damaged / "image.tif")
    drop(dock, damaged)
    qtbot.waitUntil(lambda: window.message is not None)
    assert window.message.text() == "A band is missing." and len(project.mapLayers()) == 2
    assert not drop(dock)


def test_all_of_several_that_are_dropped_are_opened(
    make_dock, window, project, image, tmp_path, qtbot
):
    from cloudmamba_qgis.layers.result_files import virtual_image_folder

    def products(*names):
        for name in names:
            (tmp_path / name).mkdir()
            shutil.copy(image, tmp_path / name / "image.tif")
        return [tmp_path / name for name in names]

    def names():
        return {layer.name() for layer in project.mapLayers().values()}

    dock = make_dock()
    before = set(virtual_image_folder().iterdir())
    damaged, first, second = products("damaged.SAFE", "first.SAFE", "second.SAFE")
    drop(dock, damaged, first, image, second)
    (third,) = products("third.SAFE")
    drop(dock, third)  # before the others are open
    qtbot.waitUntil(lambda: not dock.dropped._question.is_open)
    assert names() == {"first", image.stem, "second", "third"}
    assert dock.scene.layer.name() == "first"
    assert window.message.text() == "damaged: A band is missing."
    kept = set(virtual_image_folder().iterdir()) - before
    assert len(kept) == 3 and all(any(folder.iterdir()) for folder in kept)

    (fourth,) = products("fourth.SAFE")
    drop(dock, fourth)
    qtbot.waitUntil(lambda: "fourth" in names())
    assert dock.scene.layer.name() == "fourth"
    qtbot.waitUntil(lambda: "certain" in words_of(dock.scene))


def test_the_guess_fills_the_boxes_and_the_picture_shows_it(make_dock, layer, qtbot):
    dock = make_dock()
    qtbot.waitUntil(lambda: "certain" in words_of(dock.scene))
    assert dock.scene.layer is layer
    assert numbers(dock.scene) == [1, 2, 3, 4]
    assert words_of(dock.scene) == (
        "Bands: 1, 2, 3, 4 (certain)\n"
        "Values: Reflectance × 10000 (Sentinel-2 before 2022, many others) (likely)"
    )
    assert dock.scene._words.toolTip() == "made up\nof these values"
    qtbot.waitUntil(lambda: dock.scene.thumbnail.has_picture)
    assert dock.scene.answer.bands == "1,2,3,4"


def test_the_picture_is_that_of_the_chosen_bands(plugin, tmp_path):
    from cloudmamba_qgis.gui.dock.thumbnail import TrueColour, read_picture

    values = np.zeros((3, 40, 80), np.uint16)
    values[0, :, :40] = 5000
    values[1, :20] = 900
    path = write_raster(tmp_path / "colours.tif", values, no_data=7)
    picture = read_picture(TrueColour(path, 1, 2, 3), 64)
    assert (picture.width(), picture.height()) == (64, 32)
    assert picture.pixelColor(5, 5).getRgb() == (255, 255, 0, 255)
    assert picture.pixelColor(60, 30).getRgb() == (0, 0, 0, 255)
    other = read_picture(TrueColour(path, 3, 1, 2), 64)
    assert other.pixelColor(5, 5).getRgb() == (0, 255, 255, 255)
    values[:, 30:] = 7
    path = write_raster(tmp_path / "edge.tif", values, no_data=7)
    assert read_picture(TrueColour(path, 1, 2, 3), 80).pixelColor(5, 35).alpha() == 0


def test_a_change_by_hand_counts_and_can_be_remembered(make_dock, layer, project, tmp_path, qtbot):
    from cloudmamba_qgis.layers.interpretation import remembered_interpretation

    dock = make_dock()
    qtbot.waitUntil(lambda: "certain" in words_of(dock.scene))
    dock.scene.form.band_boxes[0].setBand(3)
    assert dock.scene.problem and not dock.run_button.isEnabled()
    dock.scene.form.band_boxes[2].setBand(1)
    assert not dock.scene.problem
    dock.scene._remember.setChecked(True)
    run(qtbot, dock, project)
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert request["bands"] == "3,2,1,4"
    assert remembered_interpretation(layer).bands == "3,2,1,4"
    dock.scene._on_layer(layer)
    assert numbers(dock.scene) == [3, 2, 1, 4] and "said" in words_of(dock.scene)


def test_a_layer_that_shows_another_file_is_looked_at_anew(
    make_dock, layer, project, image, tmp_path, qtbot
):
    from osgeo import gdal
    from qgis.core import QgsDataProvider

    dock = make_dock()
    qtbot.waitUntil(lambda: "certain" in words_of(dock.scene))
    dock.scene.form.band_boxes[0].setBand(4)
    dock.scene.form.band_boxes[3].setBand(1)
    other = str(tmp_path / "other.tif")
    gdal.Translate(other, str(image), bandList=[1, 2, 3])
    layer.setDataSource(other, "Scene", "gdal", QgsDataProvider.ProviderOptions())
    assert dock.scene.answer is None and numbers(dock.scene)[:3] == [3, 2, 1]
    qtbot.waitUntil(lambda: "certain" in words_of(dock.scene))
    described = json.loads((tmp_path / "describe.json").read_text())
    assert described["path"] == other
    # One that is not chosen any more is of no interest.
    dock.scene.choose(add_other(project, image))
    dock.scene.form.band_boxes[0].setBand(4)
    layer.setDataSource(str(image), "Scene", "gdal", QgsDataProvider.ProviderOptions())
    assert numbers(dock.scene)[0] == 4


def description(numbers="4,3,2,1", **changes):
    from cloudmamba_qgis.engine_client.description import read_description

    roles = dict(zip(("blue", "green", "red", "nir"), map(int, numbers.split(","))))
    answer = {
        "bands": {**roles, "confidence": "certain", "reason": "late"},
        "radiometry": None,
        "problem": "",
    }
    return read_description({**answer, **changes})


def test_a_guess_that_comes_late_changes_nothing(make_dock, layer):
    dock = make_dock()
    dock.scene.form.band_boxes[3].setBand(-1)
    dock.scene.take_description(dock.scene._source, description())
    dock.scene.take_description("another.tif", description())
    assert numbers(dock.scene) == [1, 2, 3, -1] and "4, 3" not in words_of(dock.scene)


def test_a_doubtful_guess_is_left_to_the_question(make_dock, layer, fake_engine, qtbot):
    fake_engine("unsure")
    dock = make_dock()
    qtbot.waitUntil(lambda: "guessed" in words_of(dock.scene))
    assert dock.scene.answer is None
    assert dock.scene._words._sign.isVisible()


def test_the_dock_needs_one_engine_for_everything(make_dock, layer, project, tmp_path, qtbot):
    """What it has, how it reads the image, and the mask: each start loads PyTorch."""
    dock = make_dock()
    qtbot.waitUntil(lambda: "certain" in words_of(dock.scene) and not dock.engine.is_looking)
    first = json.loads((tmp_path / "describe.json").read_text())["pid"]
    run(qtbot, dock, project)
    assert json.loads((tmp_path / "record.json").read_text())["pid"] == first


def test_an_answer_that_is_none_is_no_description(plugin):
    from cloudmamba_qgis.engine_client.description import read_description

    picture = {"width": 2, "height": 1, "rgb": "AAAAAAAA"}
    reading = {
        "bands": "1,2,3",
        "radiometry": "auto",
        "title": "",
        "cloud_percent": 1,
        "thumbnail": picture,
    }
    good = {"bands": None, "radiometry": None, "problem": "Why.", "readings": [reading]}
    assert read_description(good).readings[0].thumbnail.rgb == bytes(6)
    assert read_description(good).is_unsure
    for changes in (
        {"bands": {"blue": 1}},
        {"bands": 7},
        {"problem": None, "readings": 7},
        {"readings": [{**reading, "thumbnail": {**picture, "width": 3}}]},
        {"readings": [{**reading, "thumbnail": {**picture, "rgb": "?"}}]},
        {"readings": [{**reading, "thumbnail": {**picture, "width": 10**9, "height": 10**9}}]},
        {"readings": [{**reading, "cloud_percent": "much"}]},
    ):
        with pytest.raises(ValueError):
            read_description({**good, **changes})
    with pytest.raises(ValueError):
        read_description({})


def test_images_that_cannot_be_run_say_why(make_dock, project, tmp_path):
    from qgis.core import QgsRasterLayer

    grey = write_raster(tmp_path / "grey.tif", np.ones((10, 10), np.uint8))
    project.addMapLayer(QgsRasterLayer(grey, "Grey"))
    dock = make_dock()
    dock.scene.choose(project.mapLayersByName("Grey")[0])
    assert "three bands" in dock.run_button.toolTip() and not dock.run_button.isEnabled()
    assert "three bands" in words_of(dock)


def test_the_dock_goes_with_the_layer_tree(make_dock, layer, project, image, window, qtbot):
    other = add_other(project, image)
    dock = make_dock()
    window.click_layer(layer)
    assert dock.scene.layer is layer
    mask = run(qtbot, dock, project)
    window.click_layer(other)
    assert dock.scene.layer is other and not dock.mask.controls.isEnabled()
    window.click_layer(mask)
    assert dock.scene.layer is layer, "the image of the mask"
    qtbot.waitUntil(dock.mask.controls.isEnabled)
    offered = [dock.scene.layers.layer(row) for row in range(dock.scene.layers.count())]
    assert {one for one in offered if one is not None} == {layer, other}


def test_the_dock_lives_after_another_project(make_dock, layer, project, image, qtbot):
    from qgis.core import QgsRasterLayer

    dock = make_dock()
    dock.scene.choose(layer)
    project.clear()
    assert dock.scene.layer is None and not dock.run_button.isEnabled()
    again = QgsRasterLayer(str(image), "Again")
    project.addMapLayer(again)
    assert dock.scene.layer is again
    qtbot.waitUntil(dock.run_button.isEnabled)


def test_a_reviewed_mask_says_with_what_it_was_made(make_dock, layer, project, tmp_path, qtbot):
    from cloudmamba_qgis.layers.provenance import layer_tags
    from osgeo import gdal
    from qgis.gui import QgsCollapsibleGroupBox

    dock = make_dock()
    mask = run(qtbot, dock, project)
    tag_detection(dock)
    dock.findChild(QgsCollapsibleGroupBox, "review").setCollapsed(False)
    move(qtbot, dock, refined_step=30, buffer_px=3, smallest_hole_px=60)
    assert "Buffer around clouds: 3 pixels" in mask.metadata().history()
    assert "Cloud threshold, refined pixels: 0.3" in mask.metadata().history()
    assert layer_tags(mask)["CLOUD_PERCENT"] == "100.0000"
    review = dock.review
    review.threshold.setValue(0.2)
    qtbot.waitUntil(lambda: review.session.regions is not None and review.session.is_idle)
    qtbot.mouseClick(review.next_button)
    qtbot.mouseClick(review.flip_button)
    qtbot.waitUntil(lambda: review.session.is_idle)
    path = str(tmp_path / "reviewed.tif")
    copy = gdal.Open(review.session._edited_path, gdal.GA_Update)
    copy.GetRasterBand(1).SetMetadataItem("STATISTICS_MEAN", "0.9")
    copy = None
    review.save_to(path)
    qtbot.waitUntil(lambda: review.session.is_idle)
    saved = gdal.Open(path)
    tags = saved.GetMetadata_Dict()
    wanted = {"REFINED_THRESHOLD": "0.3", "BUFFER": "3 pixels", "SMALLEST_HOLE": "60 pixels"}
    assert {name: tags.get(name) for name in wanted} == wanted
    assert "MEAN_UNCERTAINTY" not in tags, "it was that of the detected mask"
    assert "STATISTICS_MEAN" not in saved.GetRasterBand(1).GetMetadata_Dict()
    assert tags["CLOUD_PERCENT"] == "0.0000", "one region, all of the image, was made clear"


def tag_detection(dock):
    """The fake engine says nothing of its masks: let this one be like a real one."""
    dock._live._scene.tags.update(
        MODEL="base", MODEL_VERSION="1", REFINED_THRESHOLD="0.5", MEAN_UNCERTAINTY="0.1"
    )


def test_models_and_devices_come_from_the_engine(make_dock, layer, monkeypatch, qtbot):
    dock = make_dock()
    qtbot.waitUntil(lambda: not dock.engine.is_looking)
    inventory = {
        "models": [
            {"name": "base", "version": "2", "trained_on": "clouds", "licence": "GPL"},
            {"name": "large", "version": "1", "trained_on": "more clouds", "licence": "MIT"},
        ],
        "devices": [{"id": "cuda:0", "name": "Big card", "memory_free_mb": 2048}],
    }
    dock.engine._ready = inventory
    dock.engine._fill()
    assert "clouds" in dock.engine._model_words.text and "GPL" in dock.engine._model_words.text
    assert "Big card" in dock.engine._engine_words.text
    dock.engine.models.setCurrentIndex(1)
    dock.engine.devices.setCurrentIndex(1)
    assert "2.0 GB free" in dock.engine.devices.currentText()
    assert "more clouds" in dock.engine._model_words.text
    assert (dock.engine.options.model, dock.engine.options.device) == ("large", "cuda:0")
    assert make_dock().engine.options == dock.engine.options


def test_without_an_engine_there_is_a_way_to_it(make_dock, layer, monkeypatch, qtbot):
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", "/nowhere/python")
    dock = make_dock()
    assert not dock.run_button.isEnabled() and dock.set_up_button.isVisible()
    assert "/nowhere/python" in dock.engine._engine_words.text
    qtbot.mouseClick(dock.set_up_button)
    assert "set up" in make_dock.made


def test_a_run_places_results_and_makes_the_mask_live(make_dock, layer, project, qtbot):
    from qgis.core import QgsPalettedRasterRenderer

    dock = make_dock()
    mask = run(qtbot, dock, project)
    assert mask.name() == "Cloud mask – Scene"
    assert dock.mask.cover.text() == "100.0 % cloud"
    detected = mask.source()
    before = Path(detected).read_bytes()
    assert (cloud_of(mask) == 1).all()
    # The second stage decides everywhere here, and its probability is a half.
    move(qtbot, dock, refined_step=51)
    assert mask.source() != detected and (cloud_of(mask) == 0).all()
    assert isinstance(mask.renderer(), QgsPalettedRasterRenderer)
    assert mask.name() == "Cloud mask – Scene" and dock.mask.cover.text() == "0.0 % cloud"
    assert mask.dataProvider().sample(mask.extent().center(), 1) == (0.0, True)
    move(qtbot, dock, refined_step=49)
    assert mask.dataProvider().sample(mask.extent().center(), 1) == (1.0, True)
    assert Path(detected).read_bytes() == before


def test_a_threshold_is_dragged_in_the_histogram(make_dock, layer, project, qtbot):
    from qgis.PyQt.QtCore import QPoint, Qt

    dock = make_dock()
    mask = run(qtbot, dock, project)
    move(qtbot, dock, coarse_step=20)
    histogram = dock.mask.histogram
    start = histogram.line_position("refined_step")
    qtbot.mousePress(histogram, Qt.MouseButton.LeftButton, pos=start)
    move_mouse(histogram, start + QPoint(histogram.width() // 4, 0))
    qtbot.mouseRelease(histogram, Qt.MouseButton.LeftButton)
    move(qtbot, dock)
    moved = dock.mask.settings
    assert moved.refined_step == pytest.approx(75, abs=3) and moved.coarse_step == 20
    assert (cloud_of(mask) == 0).all()
    move_mouse(histogram, start)
    assert dock.mask.settings == moved, "not after the button was let go"


def test_without_a_second_pass_it_has_no_threshold(make_dock, layer, project, qtbot):
    dock = make_dock()
    run(qtbot, dock, project)
    refined = dock.mask.sliders["refined_step"]
    assert refined.isVisible()
    line = dock.mask.histogram.line_position("refined_step").x()
    assert dock.mask.histogram._line_at(line) == "refined_step" or line == pytest.approx(
        dock.mask.histogram.line_position("coarse_step").x()
    )
    move(qtbot, dock, acceptance_step=100, coarse_step=10)
    assert not refined.isVisible()
    assert dock.mask.histogram._line_at(line) == ""
    assert not dock.mask.histogram.grab().isNull()
    move(qtbot, dock, acceptance_step=40)
    assert refined.isVisible() and dock.mask.histogram._line_at(line) == "refined_step"


def move_mouse(widget, position):
    """Where the bot would move the cursor of the screen, on which the widget need not be."""
    from qgis.PyQt.QtCore import QEvent, QPointF, Qt
    from qgis.PyQt.QtGui import QMouseEvent
    from qgis.PyQt.QtWidgets import QApplication

    at, buttons = QPointF(position), Qt.MouseButton
    here = QPointF(widget.mapToGlobal(position))
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        at,
        here,
        buttons.NoButton,
        buttons.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)


def test_the_dock_is_narrow_and_scrolls_with_large_letters(make_dock, layer, project, qtbot):
    dock = make_dock()
    run(qtbot, dock, project)
    assert dock.widget().minimumWidth() <= 340
    content = dock.widget().widget()
    assert content.minimumSizeHint().width() + 20 <= 340
    from qgis.PyQt.QtCore import Qt

    area = dock.widget()
    assert area.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAsNeeded
    font = dock.font()
    font.setPointSizeF(2 * font.pointSizeF())
    dock.setFont(font)
    qtbot.waitUntil(lambda: content.fontInfo().pointSizeF() > 1.5 * font.pointSizeF() / 2)
    assert area.minimumWidth() <= 340, "the map keeps its room"
    qtbot.waitUntil(lambda: content.width() >= content.minimumSizeHint().width())
    assert content.minimumSizeHint().width() + 20 <= 340, "nothing lies to the side"


def test_a_mask_of_the_toolbar_can_be_moved_in_the_open_dock(
    make_dock, layer, project, window, tmp_path, qtbot
):
    from cloudmamba_qgis.settings import DOCK_IS_OPEN

    dock = make_dock()
    one_click = make_dock.made[-1][1]
    window.active = layer
    one_click.mask_selected()
    qtbot.waitUntil(lambda: not one_click._current and dock._followed)
    assert "while the panel was closed" in words_of(dock.mask)
    DOCK_IS_OPEN.set(True)
    one_click.mask_selected()
    qtbot.waitUntil(dock.mask.controls.isEnabled)


def test_swipe_shows_the_image_alone_to_the_left_of_the_mouse(
    make_dock, layer, project, window, qtbot
):
    from qgis.gui import QgsLayerTreeMapCanvasBridge, QgsMapToolPan
    from qgis.PyQt.QtCore import QPoint

    dock = make_dock()
    canvas = window.canvas
    bridge = QgsLayerTreeMapCanvasBridge(project.layerTreeRoot(), canvas)
    canvas.resize(200, 150)
    canvas.setExtent(layer.extent())
    canvas.show()
    pan = QgsMapToolPan(canvas)
    canvas.setMapTool(pan)
    mask = run(qtbot, dock, project)
    qtbot.waitUntil(lambda: mask in canvas.layers() and not canvas.isDrawing())
    qtbot.mouseClick(dock.mask.swipe_button)
    assert dock.swipe.is_on and canvas.mapTool() is not pan
    qtbot.waitUntil(lambda: not dock.swipe._curtain._picture.isNull())
    move_mouse(canvas.viewport(), QPoint(50, 70))
    qtbot.waitUntil(lambda: dock.swipe._curtain.position_px == 50)
    picture = canvas.grab().toImage()
    under, over = picture.pixelColor(25, 75), picture.pixelColor(120, 75)
    # The image is grey; over it lies the colour of the mask.
    assert abs(under.red() - under.green()) < 12 < over.red() - over.green()
    canvas.setMapTool(pan)
    assert not dock.swipe.is_on and not dock.mask.swipe_button.isChecked()
    assert bridge.rootGroup() is not None


def test_swipe_ends_without_a_trace_while_the_map_is_drawn(
    layer, project, window, monkeypatch, qtbot
):
    import gc

    from cloudmamba_qgis.gui.dock.swipe import Swipe, _SwipeTool
    from qgis.core import QgsMapRendererParallelJob
    from qgis.PyQt.QtCore import QCoreApplication, QEvent

    canvas = window.canvas
    canvas.resize(200, 150)
    canvas.setLayers([layer])
    canvas.setExtent(layer.extent())
    canvas.show()
    errors = []
    monkeypatch.setattr("sys.excepthook", lambda *error: errors.append(error))
    items = len(canvas.scene().items())
    swipe = Swipe(canvas)
    for _ in range(2):
        swipe.start()
        swipe._render()  # in place of what is being drawn
        swipe.stop()
        gc.collect()
    qtbot.waitUntil(lambda: not swipe.findChildren(QgsMapRendererParallelJob))
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not errors and not canvas.findChildren(_SwipeTool)
    assert len(canvas.scene().items()) == items


def test_reset_leads_back_to_the_mask_of_the_engine(make_dock, layer, project, qtbot):
    from cloudmamba_qgis.layers.provenance import has_own_tags

    dock = make_dock()
    mask = run(qtbot, dock, project)
    detected = cloud_of(mask)
    assert not dock.mask.reset_button.isEnabled()
    move(qtbot, dock, refined_step=60, coarse_step=70, buffer_px=3)
    assert not np.array_equal(cloud_of(mask), detected)
    qtbot.mouseClick(dock.mask.reset_button)
    move(qtbot, dock)
    # By its stages it would be clear, which are not above the threshold.
    np.testing.assert_array_equal(cloud_of(mask), detected)
    assert not dock.mask.reset_button.isEnabled()
    assert mask.source() == dock._live.files.mask_path, "which may lie beside the image"
    assert not has_own_tags(mask)
    move(qtbot, dock, refined_step=60)
    assert mask.source() != dock._live.files.mask_path and has_own_tags(mask)


def test_a_kept_mask_is_a_layer_of_its_own(make_dock, layer, project, qtbot):
    from osgeo import gdal

    dock = make_dock()
    mask = run(qtbot, dock, project)
    move(qtbot, dock, refined_step=30, buffer_px=2)
    qtbot.mouseClick(dock.mask.keep_button)
    qtbot.waitUntil(lambda: len(project.mapLayers()) == 4)
    kept = project.mapLayersByName("Cloud mask – Scene (100.0 %)")[0]
    np.testing.assert_array_equal(cloud_of(kept), cloud_of(mask))
    tags = gdal.Open(kept.source()).GetMetadata_Dict()
    assert (tags["BUFFER"], tags["REFINED_THRESHOLD"]) == ("2 pixels", "0.3")
    move(qtbot, dock, refined_step=60)
    assert (cloud_of(kept) == 1).all() and (cloud_of(mask) == 0).all()
    group = project.layerTreeRoot().findLayer(mask.id()).parent()
    assert [node.name() for node in group.children()][:2] == [kept.name(), mask.name()]
    qtbot.mouseClick(dock.mask.reset_button)
    move(qtbot, dock)
    qtbot.mouseClick(dock.mask.keep_button)
    qtbot.waitUntil(lambda: len(project.mapLayers()) == 5)


def test_a_mask_that_goes_while_it_is_saved_is_not_missed(make_dock, layer, project, qtbot):
    from cloudmamba_qgis import background
    from cloudmamba_qgis.gui.dock.save_mask import SavedMask

    dock, mask = masked_and_moved(make_dock, layer, project, qtbot)
    saving = SavedMask(dock._live.files, dock._decided, False, mask.name())
    failures = []
    saving.failed.connect(failures.append)
    project.removeMapLayer(mask.id())  # and its stages with it
    saving.start()
    qtbot.waitUntil(background.is_idle)
    assert not failures and list(project.mapLayersByName("Scene")) == [layer]


def test_shapes_are_remembered_and_thresholds_are_the_models(make_dock, layer, project, qtbot):
    dock = make_dock()
    run(qtbot, dock, project)
    move(qtbot, dock, buffer_px=4, coarse_step=61)
    dock = make_dock()
    run(qtbot, dock, project)
    assert dock.mask.settings.buffer_px == 4 and dock.mask.settings.coarse_step == 50


def test_shadow_is_a_class_that_thresholds_keep(make_dock, layer, project, window, tmp_path, qtbot):
    dock = make_dock()
    qtbot.waitUntil(dock.run_button.isEnabled)
    assert not dock.shadow_box.isChecked()
    qtbot.mouseClick(dock.shadow_box)
    mask = run(qtbot, dock, project)
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert request["shadow_in_mask"] is True and request["shadow_path"]
    qtbot.waitUntil(lambda: dock.mask.shadow_cover.isVisible())
    assert "4.0 % cloud shadow" in window.message.text()
    # The made-up stages say clear, and the probability of shadow is 0.75 everywhere.
    move(qtbot, dock, refined_step=60)
    assert (cloud_of(mask) == 2).all()
    assert dock.mask.shadow_cover.text() == "100.0 % cloud shadow"
    move(qtbot, dock, refined_step=40)
    assert (cloud_of(mask) == 1).all() and dock.mask.shadow_cover.text() == "0.0 % cloud shadow"
    move(qtbot, dock, refined_step=60)
    qtbot.mouseClick(dock.mask.keep_button)
    name = "Cloud mask – Scene (0.0 %)"
    qtbot.waitUntil(lambda: project.mapLayersByName(name))
    assert (cloud_of(project.mapLayersByName(name)[0]) == 2).all()
    # The toolbar's button does the same.
    window.selected = [layer]
    (tmp_path / "record.json").unlink()
    dock._one_click.mask_selected()
    qtbot.waitUntil(lambda: (tmp_path / "record.json").exists())
    qtbot.waitUntil(lambda: dock.run_button.isVisible())
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert request["shadow_in_mask"] is True
    qtbot.mouseClick(dock.shadow_box)
    mask = run(qtbot, dock, project)
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert "shadow_in_mask" not in request and "shadow_path" not in request
    assert not dock.mask.shadow_cover.isVisible()


def test_each_image_has_its_own_mask(make_dock, layer, project, image, qtbot):
    other = add_other(project, image)
    dock = make_dock()
    dock.scene.choose(layer)
    mask = run(qtbot, dock, project)
    dock.scene.choose(other)
    assert not dock.mask.controls.isEnabled()
    assert dock.mask._words.isEnabled() and words_of(dock.mask).startswith("Mask the clouds")
    dock.scene.choose(layer)
    qtbot.waitUntil(dock.mask.controls.isEnabled)
    move(qtbot, dock, refined_step=70)
    assert (cloud_of(mask) == 0).all()


def masked_and_moved(make_dock, layer, project, qtbot):
    """A dock whose threshold was moved, so that nothing of the mask is cloud; and that mask."""
    dock = make_dock()
    dock.scene.choose(layer)
    mask = run(qtbot, dock, project)
    move(qtbot, dock, refined_step=70)
    return dock, mask


def test_an_image_that_is_chosen_again_goes_on_as_it_was_left(
    make_dock, layer, project, image, qtbot
):
    dock, mask = masked_and_moved(make_dock, layer, project, qtbot)
    other = add_other(project, image)
    dock.scene.choose(other)
    dock.scene.choose(layer)
    qtbot.waitUntil(dock.mask.controls.isEnabled)
    move(qtbot, dock)
    assert dock.mask.settings.refined_step == 70 and (cloud_of(mask) == 0).all()
    qtbot.mouseClick(dock.mask.reset_button)
    move(qtbot, dock)
    assert dock.mask.settings.refined_step == 50 and (cloud_of(mask) == 1).all()


@pytest.fixture
def held_writing(monkeypatch):
    """Masks that are decided are written but not told of before ``go_on`` is set."""
    from types import SimpleNamespace

    from cloudmamba_qgis.gui.dock import live_mask

    writing = SimpleNamespace(go_on=threading.Event(), written=[])
    write = live_mask._decide_and_write

    def hold(path, scene, settings):
        decided = write(path, scene, settings)
        writing.written.append(settings.refined_step)
        writing.go_on.wait(60)
        return decided

    monkeypatch.setattr(live_mask, "_decide_and_write", hold)
    yield writing
    writing.go_on.set()


def says_threshold(mask, step):
    return f"Cloud threshold, refined pixels: {step / 100:g}" in mask.metadata().history()


def masked_beside_another(make_dock, layer, project, image, qtbot):
    """The panel with a mask of the layer, the mask, and another image that could be chosen."""
    dock = make_dock()
    dock.scene.choose(layer)
    other = add_other(project, image)
    mask = run(qtbot, dock, project)
    tag_detection(dock)
    return dock, mask, other


def test_what_was_moved_last_is_shown_when_another_image_is_chosen_at_once(
    make_dock, layer, project, image, held_writing, qtbot
):
    dock, mask, other = masked_beside_another(make_dock, layer, project, image, qtbot)
    for step in (30, 70):
        dock.mask.sliders["refined_step"].slider.setValue(step)
        qtbot.waitUntil(lambda: held_writing.written)
    dock.scene.choose(other)
    assert held_writing.written == [30], "the other one waits"
    held_writing.go_on.set()
    qtbot.waitUntil(lambda: says_threshold(mask, 70))
    assert (cloud_of(mask) == 0).all() and not dock._closing
    assert words_of(dock.mask).startswith("Mask the clouds"), "it is about the other image"
    dock.scene.choose(layer)
    qtbot.waitUntil(dock.mask.controls.isEnabled)
    move(qtbot, dock)
    assert dock.mask.settings.refined_step == 70 and (cloud_of(mask) == 0).all()


def test_a_mask_goes_on_that_is_chosen_again_while_it_is_decided(
    make_dock, layer, project, image, held_writing, qtbot
):
    dock, mask, other = masked_beside_another(make_dock, layer, project, image, qtbot)
    dock.mask.sliders["refined_step"].slider.setValue(70)
    qtbot.waitUntil(lambda: held_writing.written)
    dock.scene.choose(other)
    dock.scene.choose(layer)
    assert dock.mask.controls.isEnabled() and dock.mask.settings.refined_step == 70
    held_writing.go_on.set()
    move(qtbot, dock, refined_step=30)
    assert (cloud_of(mask) == 1).all() and says_threshold(mask, 30)


def test_a_mask_that_is_chosen_again_is_written_where_it_was(
    make_dock, layer, project, image, qtbot
):
    dock, mask = masked_and_moved(make_dock, layer, project, qtbot)
    source = mask.source()
    dock.scene.choose(add_other(project, image))
    dock.scene.choose(layer)
    qtbot.waitUntil(dock.mask.controls.isEnabled)
    move(qtbot, dock, refined_step=30)
    assert mask.source() == source and (cloud_of(mask) == 1).all()


def test_a_mask_that_was_saved_stays_in_its_file_until_it_is_changed(
    make_dock, layer, project, image, tmp_path, qtbot
):
    from cloudmamba_qgis.gui.one_click.saving import ResultSaver

    dock, mask = masked_and_moved(make_dock, layer, project, qtbot)
    other = add_other(project, image)
    saver = ResultSaver()
    saver.save([mask], tmp_path)
    qtbot.waitUntil(lambda: saver.is_idle)
    saved = mask.source()
    assert Path(saved).parent == tmp_path
    dock.scene.choose(other)
    dock.scene.choose(layer)
    qtbot.waitUntil(dock.mask.controls.isEnabled)
    qtbot.waitUntil(lambda: dock._decided is not None and dock._live.is_idle)
    assert mask.source() == saved and dock._decided.cloud_percent == 0
    move(qtbot, dock, refined_step=30)
    assert mask.source() != saved and (cloud_of(mask) == 1).all()
    assert (read_raster(saved)[0] == 0).all(), "the user's file stays as it was saved"


def test_what_is_moved_while_the_mask_is_saved_stays_on_the_map(
    make_dock, layer, project, tmp_path, monkeypatch, qtbot
):
    from cloudmamba_qgis.gui.one_click import saving

    may_end, write = threading.Event(), saving._write
    monkeypatch.setattr(saving, "_write", lambda *copy: (write(*copy), may_end.wait(60)))
    dock, mask = masked_and_moved(make_dock, layer, project, qtbot)
    saver = saving.ResultSaver()
    with qtbot.waitSignal(saver.saved) as saved:
        saver.save([mask], tmp_path)
        qtbot.waitUntil(lambda: list(tmp_path.glob("Cloud mask*.tif")))
        move(qtbot, dock, refined_step=30)
        may_end.set()
    (path,), changed = saved.args
    assert changed == [mask.name()] and mask.source() != path
    assert (cloud_of(mask) == 1).all() and (read_raster(path)[0] == 0).all()


def test_a_duplicated_layer_stays_as_it_is(make_dock, layer, project, qtbot):
    dock, mask = masked_and_moved(make_dock, layer, project, qtbot)
    copy = mask.clone()
    project.addMapLayer(copy)
    move(qtbot, dock, refined_step=30)
    assert (cloud_of(copy) == 0).all() and (cloud_of(mask) == 1).all()
    source = mask.source()
    move(qtbot, dock, refined_step=70)
    assert mask.source() == source, "nobody else shows that one"


def test_a_live_mask_lies_where_the_image_was_put(make_dock, layer, project, qtbot):
    from qgis.core import QgsCoordinateReferenceSystem

    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32634"))
    _, mask = masked_and_moved(make_dock, layer, project, qtbot)
    assert mask.crs().authid() == "EPSG:32634"


def test_each_mask_of_an_image_can_be_chosen(make_dock, layer, project, window, tmp_path, qtbot):
    from qgis.gui import QgsCollapsibleGroupBox

    dock = make_dock()
    dock.scene.choose(layer)
    first = run(qtbot, dock, project)
    review = dock.review
    review.threshold.setValue(0.2)
    dock.findChild(QgsCollapsibleGroupBox, "review").setCollapsed(False)
    qtbot.waitUntil(lambda: review.session.regions is not None and review.session.is_idle)
    qtbot.mouseClick(review.next_button)
    qtbot.mouseClick(review.flip_button)
    qtbot.waitUntil(lambda: review.session.is_idle)
    reviewed = project.mapLayer(review.session.reviewed_id)
    qtbot.mouseClick(dock.run_button)
    qtbot.waitUntil(lambda: dock._live.files.mask_id != first.id())
    qtbot.waitUntil(dock.mask.controls.isEnabled)
    second = project.mapLayer(dock._live.files.mask_id)
    assert not review.save_button.isEnabled()
    for clicked, mask in ((first, first), (second, second), (reviewed, first), (layer, first)):
        window.click_layer(clicked)
        assert dock._followed.mask_id == review.session.mask_id == mask.id()
        assert review.save_button.isEnabled() == (mask is first)
    qtbot.waitUntil(dock.mask.controls.isEnabled)
    move(qtbot, dock, refined_step=70)
    assert (cloud_of(first) == 0).all() and (cloud_of(second) == 1).all()
    project.removeMapLayer(first.id())
    assert dock._followed.mask_id == second.id(), "the one that is left"
    assert make_dock(dock._one_click)._files.keys() == {second.id()}


@pytest.mark.parametrize("which", ["Cloud mask – Scene", "Uncertainty – Scene"])
def test_a_mask_of_a_project_that_is_opened_again_can_be_reviewed(
    make_dock, layer, project, image, window, tmp_path, which, qtbot
):
    from cloudmamba_qgis.gui.one_click.saving import ResultSaver

    dock = make_dock()
    run(qtbot, dock, project)
    saver = ResultSaver()
    saver.save([one for one in project.mapLayers().values() if one is not layer], tmp_path)
    qtbot.waitUntil(lambda: saver.is_idle)
    path = str(tmp_path / "project.qgz")
    assert project.write(path)
    project.clear()
    assert project.read(path)
    window.click_layer(add_other(project, image))
    window.click_layer(project.mapLayersByName(which)[0])
    assert dock.scene.layer.name() == "Scene"
    mask = project.mapLayersByName("Cloud mask – Scene")[0]
    assert dock.review.session.mask_id == mask.id() and not dock.mask.controls.isEnabled()
    assert "mask the image again" in words_of(dock.mask)


def test_an_image_too_large_for_live_thresholds_is_a_sentence(
    make_dock, layer, project, monkeypatch, qtbot
):
    from cloudmamba_qgis.gui.dock import live_mask

    monkeypatch.setattr(live_mask, "_MOST_PX", 100)
    dock = make_dock()
    qtbot.waitUntil(dock.run_button.isEnabled)
    qtbot.mouseClick(dock.run_button)
    qtbot.waitUntil(lambda: "use Adjust cloud mask" in words_of(dock.mask))
    assert not dock.mask.controls.isEnabled()
    assert project.mapLayersByName("Cloud mask – Scene")


def test_an_engine_that_is_set_up_meanwhile_is_noticed(make_dock, layer, monkeypatch, qtbot):
    import os

    engine = os.environ["CLOUDMAMBA_ENGINE"]
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", "/nowhere/python")
    dock = make_dock()
    dock.scene.choose(layer)
    qtbot.waitUntil(lambda: "/nowhere/python" in dock.engine.problem)
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", engine)
    dock.hide()
    dock.show()
    qtbot.waitUntil(dock.run_button.isEnabled)
    assert dock.engine.problem == "" and not dock.set_up_button.isVisible()


def test_the_review_follows_the_thresholds_until_it_changes_the_mask(
    make_dock, layer, project, qtbot
):
    from cloudmamba_qgis.gui.review.session import Verdict
    from qgis.gui import QgsCollapsibleGroupBox

    dock = make_dock()
    run(qtbot, dock, project)
    review = dock.review
    review.threshold.setValue(0.2)  # the fake engine is as sure as 0.25 everywhere
    dock.findChild(QgsCollapsibleGroupBox, "review").setCollapsed(False)

    def found():
        qtbot.waitUntil(lambda: review.session.regions is not None and review.session.is_idle)
        return [region.value for region in review.session.regions.regions]

    assert found() == [1]
    move(qtbot, dock, refined_step=70)
    assert review.session.regions is None  # never those of another mask
    assert found() == [0]
    review.session.decide(review.session.regions.regions[0], Verdict.FLIPPED)
    move(qtbot, dock, refined_step=30)
    assert found() == [0] and len(review.session.decisions) == 1


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "opened later"])
def test_masks_of_the_one_click_can_be_reviewed(make_dock, layer, project, window, is_open, qtbot):
    from cloudmamba_qgis.gui.one_click.one_click import OneClick

    one_click = OneClick(window)
    dock = make_dock(one_click) if is_open else None
    with qtbot.waitSignal(one_click.masked) as masked:
        one_click.mask([layer])
    _, results = masked.args
    dock = dock or make_dock(one_click)
    dock.scene.choose(layer)
    mask = project.mapLayer(results.layer_ids[0])
    assert dock.review.session.mask_id == mask.id()
    assert not dock.mask.controls.isEnabled()  # there are no stages to move thresholds in
    project.removeMapLayer(mask.id())
    assert dock.review.session is None


def test_a_folded_dock_has_no_empty_end(make_dock, layer, qtbot):
    from qgis.PyQt.QtWidgets import QScrollArea

    dock = make_dock()
    qtbot.waitUntil(lambda: dock.engine.models.count() > 0 and dock.scene.answer is not None)
    area = dock.findChild(QScrollArea)
    content = area.widget()
    area.resize(area.width(), 300)
    assert content.minimumSizeHint().height() <= content.heightForWidth(content.width())


@pytest.mark.parametrize("what", ["mask", "image", "project"])
def test_what_is_removed_is_not_followed_any_more(make_dock, layer, project, what, qtbot):
    dock = make_dock()
    mask = run(qtbot, dock, project)
    dock.mask.sliders["refined_step"].slider.setValue(70)
    if what == "project":
        project.clear()
    else:
        project.removeMapLayer({"mask": mask, "image": layer}[what].id())
    assert not dock.mask.controls.isEnabled() and dock._live is None
    assert not dock._files


def test_a_run_can_be_cancelled_in_the_dock(make_dock, layer, project, fake_engine, qtbot):
    fake_engine("slow")
    dock = make_dock()
    qtbot.waitUntil(dock.run_button.isEnabled)
    qtbot.mouseClick(dock.run_button)
    qtbot.waitUntil(lambda: dock.progress.value() > 0)
    assert not dock.run_button.isVisible() and dock.cancel_button.isVisible()
    qtbot.mouseClick(dock.cancel_button)
    qtbot.waitUntil(dock.run_button.isVisible)
    assert len(project.mapLayers()) == 1 and not dock.mask.controls.isEnabled()


def test_stages_that_cannot_be_read_are_said(make_dock, layer, project, qtbot):
    dock = make_dock()
    run(qtbot, dock, project)
    dock._follow(replace(dock._live.files, stages_path="/nowhere/stages.tif"))
    qtbot.waitUntil(lambda: "stages.tif" in words_of(dock.mask))
    assert not dock.mask.controls.isEnabled()


def test_of_many_moves_the_last_one_counts(make_dock, layer, project, qtbot):
    dock = make_dock()
    mask = run(qtbot, dock, project)
    for step in [*range(100), 20]:
        dock.mask.sliders["refined_step"].slider.setValue(step)
    move(qtbot, dock)
    assert (cloud_of(mask) == 1).all()


def test_slider_and_box_move_together(make_dock, layer):
    slider = make_dock().mask.sliders["coarse_step"]
    slider.box.setValue(0.37)
    assert slider.value() == 37
    slider.slider.setValue(64)
    assert slider.box.value() == pytest.approx(0.64)


def test_everything_is_reached_by_keyboard_and_has_a_name(make_dock, layer, project, qtbot):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QAbstractSlider, QAbstractSpinBox, QComboBox, QPushButton

    dock = make_dock()
    run(qtbot, dock, project)
    kinds = (QAbstractSlider, QAbstractSpinBox, QComboBox, QPushButton)
    widgets = [one for kind in kinds for one in dock.widget().findChildren(kind)]
    widgets = [one for one in widgets if one.isVisible() and one.parent().isVisible()]
    inputs = [one for one in widgets if not one.objectName().startswith("qt_")]
    order, widget = [], dock.scene.layers
    for _ in range(200):
        order.append(widget)
        widget = widget.nextInFocusChain()
    for one in inputs:
        if isinstance(one, QAbstractSlider) and one.parent().objectName().startswith("qt_scroll"):
            continue
        assert one.focusPolicy() & Qt.FocusPolicy.TabFocus, one
        assert one in order or one.focusProxy() in order, one
        assert one.accessibleName() or one.text(), one
    positions = [order.index(slider.slider) for slider in dock.mask.sliders.values()]
    assert positions == sorted(positions)


@pytest.fixture
def switch_of(fake_engine, project, window):
    """Makes the switch of a dock with an action, as the plugin does; of all those the last."""
    from cloudmamba_qgis.gui.dock.dock_action import DockAction
    from cloudmamba_qgis.gui.one_click.one_click import OneClick
    from qgis.PyQt.QtCore import QCoreApplication, QEvent

    one_click = OneClick(window)
    made = []

    def make(action):
        for switch in made:
            switch.close()
        window.mainWindow().show()
        made[:] = [DockAction(window, action, one_click, lambda: None)]
        return made[0]

    yield make
    made[-1].close()
    one_click.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_the_dock_is_made_when_wanted_and_comes_back_as_it_was(switch_of, window, layer):
    try:
        from qgis.PyQt.QtGui import QAction
    except ImportError:  # Qt 5
        from qgis.PyQt.QtWidgets import QAction

    action = QAction("Clouds", window.mainWindow())
    switch = switch_of(action)
    assert switch.dock is None and not action.isChecked()
    action.trigger()
    assert switch.dock.isVisible() and action.isChecked()
    # QGIS hides its window when it ends; that is no wish of the user.
    window.mainWindow().hide()
    action = QAction("Clouds", window.mainWindow())
    switch = switch_of(action)
    assert switch.dock is not None and switch.dock.isVisible()
    switch.dock.close()
    assert not action.isChecked()
    assert switch_of(QAction("Clouds", window.mainWindow())).dock is None


@pytest.mark.quiet
def test_the_window_is_never_held_up(make_dock, layer, project, tmp_path, qtbot):
    """On a scene of 2048 x 2048 pixels, with all that a slider can ask for."""
    dock = make_dock()
    run(qtbot, dock, project)
    random = np.random.default_rng(0)
    stages = random.random((4, 2048, 2048), np.float32)
    mask = np.zeros((2048, 2048), np.uint8)
    files = replace(
        dock._live.files,
        stages_path=write_raster(tmp_path / "stages.tif", stages, float("nan")),
        mask_path=write_raster(tmp_path / "mask.tif", mask, 255),
    )
    with EventLoopWatch() as watch:
        dock._follow(files)
        qtbot.waitUntil(dock.mask.controls.isEnabled)
        for number in range(12):
            dock.mask.sliders["refined_step"].slider.setValue(40 + number)
            dock.mask.sliders["buffer_px"].slider.setValue(number % 3)
            dock.mask.sliders["smallest_cloud_px"].slider.setValue(4)
            qtbot.waitUntil(lambda: dock._live.is_idle)
    assert watch.blocked_ms < 100
