"""The one click in a real QGIS, with the fake engine: results, question, trouble."""

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from clicking import begin, is_over, mask, request_of, results_of, tree
from event_loop import EventLoopWatch
from raster_files import write_raster


def test_results_lie_styled_in_a_group_directly_above_the_layer(
    one_click, window, add_layer, project, qtbot
):
    from qgis.core import Qgis, QgsPalettedRasterRenderer, QgsSingleBandPseudoColorRenderer

    lower, upper = add_layer("Wölkchen 1/2".replace("/", " ")), add_layer("On top")
    assert tree(project.layerTreeRoot()) == [("On top", True), (lower.name(), True)]
    mask(qtbot, one_click, window, lower)
    assert tree(project.layerTreeRoot()) == [
        ("On top", True),
        results_of(lower.name()),
        (lower.name(), True),
    ]
    clouds = project.mapLayersByName(f"Cloud mask – {lower.name()}")[0]
    uncertainty = project.mapLayersByName(f"Uncertainty – {lower.name()}")[0]
    assert isinstance(clouds.renderer(), QgsPalettedRasterRenderer)
    assert isinstance(uncertainty.renderer(), QgsSingleBandPseudoColorRenderer)
    assert clouds.isTemporary() and os.path.basename(clouds.source()) == f"{clouds.name()}.tif"
    assert upper.isValid()
    assert window.message.title() == "CloudMamba"
    assert window.message.text().startswith(
        f"13 % cloud – {lower.name()} – mean uncertainty 0.25 – "
    )
    assert "The bands were guessed." in window.message.text()
    assert window.message.level() == Qgis.MessageLevel.Warning, "the engine warned"


def test_the_group_is_open(one_click, window, add_layer, project, qtbot):
    from qgis.core import QgsLayerTreeModel
    from qgis.gui import QgsLayerTreeView

    root = project.layerTreeRoot()
    view, model = QgsLayerTreeView(), QgsLayerTreeModel(root)
    view.setModel(model)
    mask(qtbot, one_click, window, add_layer())
    group = view.model().index(0, 0)
    assert view.model().rowCount(group) == 2
    assert view.isExpanded(group) and view.isExpanded(view.model().index(0, 0, group))


def test_undo_takes_out_what_was_added_and_no_more(one_click, window, add_layer, project, qtbot):
    layer, other = add_layer("Scene"), add_layer("Other")
    before = tree(project.layerTreeRoot())
    mask(qtbot, one_click, window, layer)
    qtbot.mouseClick(window.button("Undo"))
    assert tree(project.layerTreeRoot()) == before
    assert window.message is None

    mask(qtbot, one_click, window, layer)
    root = project.layerTreeRoot()
    group = root.findGroup("Scene clouds")
    group.addLayer(other)  # the user's own is kept
    project.removeMapLayer(project.mapLayersByName("Uncertainty – Scene")[0])
    qtbot.mouseClick(window.button("Undo"))
    assert [node.name() for node in group.findLayers()] == ["Other"]


def test_undo_draws_the_map_again(one_click, window, add_layer, project, qtbot):
    """Maps of QGIS forget a removed layer, but go on showing it."""
    from qgis.gui import QgsLayerTreeMapCanvasBridge

    bridge = QgsLayerTreeMapCanvasBridge(project.layerTreeRoot(), window.canvas)
    window.canvas.resize(60, 60)
    window.canvas.setExtent(add_layer().extent())
    window.canvas.show()
    mask(qtbot, one_click, window, project.mapLayersByName("Scene")[0])
    clouds = project.mapLayersByName("Cloud mask – Scene")[0]
    qtbot.waitUntil(lambda: clouds in window.canvas.layers() and not window.canvas.isDrawing())
    with qtbot.waitSignal(window.canvas.mapCanvasRefreshed):
        qtbot.mouseClick(window.button("Undo"))
    assert [layer.name() for layer in window.canvas.layers()] == ["Scene"]
    assert bridge.rootGroup() is not None


def test_a_second_click_does_not_stack_masks(one_click, window, add_layer, project, qtbot):
    layer = add_layer()
    mask(qtbot, one_click, window, layer)
    mask(qtbot, one_click, window, layer)
    (group, _) = tree(project.layerTreeRoot())
    assert group == (
        "Scene clouds",
        True,
        [
            ("Cloud mask – Scene (2)", True),
            ("Uncertainty – Scene (2)", False),
            ("Cloud mask – Scene", False),
            ("Uncertainty – Scene", False),
        ],
    )
    qtbot.mouseClick(window.button("Undo"))
    assert tree(project.layerTreeRoot()) == [results_of("Scene"), ("Scene", True)]


def test_the_report_says_what_was_used(one_click, window, add_layer, monkeypatch, qtbot):
    from cloudmamba_qgis.gui.one_click import messages

    shown = []
    monkeypatch.setattr(messages, "show_report", shown.append)
    mask(qtbot, one_click, window, add_layer())
    qtbot.mouseClick(window.button("Report"))
    (report,) = shown
    for words in ("Scene", "blue 1, green 2", "picture", "fake 1", "Fake device", "Only three"):
        assert words in report


def test_selected_layers_one_after_the_other_with_one_progress(
    one_click, window, add_layer, project, qtbot
):
    from qgis.core import QgsVectorLayer
    from qgis.PyQt.QtWidgets import QProgressBar

    layers = [add_layer("A"), add_layer("B"), add_layer("C")]
    percents = []
    window.selected = [*layers, QgsVectorLayer("Point", "points", "memory")]
    one_click.mask_selected()
    progress = window.message.findChild(QProgressBar)
    progress.valueChanged.connect(percents.append)
    qtbot.waitUntil(lambda: is_over(window))
    assert percents == sorted(percents) and len(percents) > 6
    assert tree(project.layerTreeRoot()) == [
        part for name in "CBA" for part in (results_of(name), (name, True))
    ]
    assert window.message.text().startswith("3 images masked, 13 % cloud")
    assert window.message.label.toolTip().count("13 % cloud") == 3
    qtbot.mouseClick(window.button("Undo"))
    assert tree(project.layerTreeRoot()) == [("C", True), ("B", True), ("A", True)]


def test_selected_layers_of_one_band_each_are_one_image(
    one_click, window, project, image, tmp_path, qtbot
):
    from cloudmamba_qgis.layers.result_files import ends_with_qgis
    from osgeo import gdal
    from qgis.core import QgsRasterLayer

    layers = []
    for number, name in enumerate(("scene_B04", "scene_B03", "scene_B02"), start=1):
        band = tmp_path / f"{name}.tif"
        gdal.Translate(str(band), str(image), bandList=[number])
        layers.append(QgsRasterLayer(str(band), name))
    project.addMapLayers(layers)
    mask(qtbot, one_click, window, *layers)
    path = request_of(tmp_path)["input_path"]
    sources = gdal.Open(path).GetFileList()
    assert [source for source in sources if source.endswith(".tif")] == [
        str(tmp_path / f"{name}.tif") for name in ("scene_B04", "scene_B03", "scene_B02")
    ]
    assert project.mapLayersByName("Cloud mask – Bands of scene")
    [together] = project.mapLayersByName("Bands of scene")
    assert not ends_with_qgis(together)
    mask(qtbot, one_click, window, *layers)
    assert project.mapLayersByName("Bands of scene") == [together]
    mask(qtbot, one_click, window, *layers[:2])  # too few for an image: each is refused on its own
    assert request_of(tmp_path)["input_path"] == layers[1].source()


@pytest.fixture
def add_bands(project, tmp_path):
    """Adds layers of one band each, in files of these names."""
    from qgis.core import QgsRasterLayer

    def add(*names, epsg=32633):
        layers = []
        for number, name in enumerate(names, start=1):
            path = tmp_path / f"{name}.tif"
            write_raster(path, np.full((20, 20), number, np.uint16), epsg=epsg)
            layers.append(QgsRasterLayer(str(path), name))
        project.addMapLayers(layers)
        return layers

    return add


def test_bands_in_layers_of_their_own_are_known_by_the_names_of_their_files(add_bands):
    from cloudmamba_qgis.layers.bands_together import bands_together
    from cloudmamba_qgis.layers.interpretation import (
        Interpretation,
        remember_interpretation,
        remembered_interpretation,
        why_not_remembered,
    )

    def remembered(*names):
        return remembered_interpretation(bands_together(add_bands(*names)))

    answer = Interpretation("3,2,1", "picture")
    scan = bands_together(add_bands("scan_490", "scan_560", "scan_660"))
    remember_interpretation(scan, answer)
    assert remembered("scan_490", "scan_560", "scan_660") == answer
    assert remembered("scan_660", "scan_560", "scan_490") == Interpretation(), "another order"
    assert remembered("T33TWL_B02", "T33TWL_B03", "T33TWL_B04") == Interpretation()
    days = [[f"S2_{day}_B0{band}" for band in (2, 3, 4)] for day in ("20230815", "2024-01-02")]
    remember_interpretation(bands_together(add_bands(*days[0])), answer)
    assert remembered(*days[1]) == answer, "of another day"

    nameless = bands_together(add_bands("1", "2", "3"))
    remember_interpretation(nameless, answer)
    assert why_not_remembered(nameless) and not why_not_remembered(scan)
    assert remembered_interpretation(nameless) == remembered("4", "5", "6") == Interpretation()


def test_a_virtual_raster_whose_files_are_not_known_is_like_no_other(add_bands):
    from cloudmamba_qgis.layers.bands_together import bands_together
    from cloudmamba_qgis.layers.interpretation import why_not_remembered
    from qgis.core import QgsRasterLayer

    together = bands_together(add_bands("B02", "B03", "B04"))
    assert not why_not_remembered(together)
    assert why_not_remembered(QgsRasterLayer(together.source(), "opened by hand"))


def test_a_band_in_another_crs_is_named(one_click, window, add_bands, project):
    from qgis.core import QgsCoordinateReferenceSystem

    layers = [*add_bands("B02", "B03"), *add_bands("B04", epsg=32634), *add_bands("B08")]
    window.selected = layers
    one_click.mask_selected()
    assert window.message.text().startswith("The layer 'B04' lies in another CRS than 'B02'")
    assert len(project.mapLayers()) == 4
    # Where the file names a wrong one the user has put it right.
    layers[2].setCrs(QgsCoordinateReferenceSystem("EPSG:32633"))
    one_click.mask_selected()
    [together] = project.mapLayersByName("Bands of B02")
    assert together.bandCount() == 4
    one_click.cancel()


def test_a_band_that_cannot_be_opened_is_named(add_bands):
    from cloudmamba_qgis.layers.bands_together import bands_together
    from cloudmamba_qgis.layers.source import UnusableSource

    layers = add_bands("B02", "B03", "B04")
    Path(layers[1].source()).unlink()
    with pytest.raises(UnusableSource, match="The layer 'B03' does not fit the other bands: "):
        bands_together(layers)


def test_bands_lie_together_where_the_user_has_put_them(add_bands):
    from cloudmamba_qgis.layers.bands_together import bands_together
    from qgis.core import QgsCoordinateReferenceSystem

    layers = add_bands("B02", "B03", "B04", epsg=None)
    for layer in layers:
        layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32633"))
    assert bands_together(layers).crs().authid() == "EPSG:32633"


def test_results_beside_the_image_are_not_beside_a_virtual_one(plugin, image):
    from cloudmamba_qgis.layers.result_files import folder_of, virtual_image_folder

    assert folder_of(str(image)) == image.parent
    virtual = virtual_image_folder() / "some.vrt"
    virtual.touch()
    assert folder_of(str(virtual)) is None
    virtual.unlink()


@pytest.mark.parametrize("letter", ["x", "云"])
def test_a_layer_may_have_a_long_name(one_click, window, add_layer, project, qtbot, letter):
    layer = add_layer("A")
    layer.setName(letter * 240)
    mask(qtbot, one_click, window, layer)
    [found] = project.mapLayersByName(f"Cloud mask – {letter * 240}")
    assert len(Path(found.source()).name.encode()) < 200


def test_another_click_meanwhile_adds_to_the_run(
    one_click, window, add_layer, project, fake_engine, qtbot
):
    first, second = add_layer("A"), add_layer("B")
    window.selected = [first]
    one_click.mask_selected()
    for layer in (first, second, second):
        window.active, window.selected = layer, []
        one_click.mask_selected()
    qtbot.waitUntil(lambda: is_over(window))
    assert tree(project.layerTreeRoot()) == [
        results_of("B"), ("B", True), results_of("A"), ("A", True)
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["normal", "puzzled"])
def test_a_layer_that_shows_another_file_meanwhile_gets_no_mask_of_the_first(
    one_click, window, add_layer, project, fake_engine, image, tmp_path, qtbot, mode
):
    from qgis.core import QgsDataProvider

    fake_engine(mode)
    layer = add_layer()
    other = shutil.copyfile(image, tmp_path / "other.tif")
    window.selected = [layer]
    one_click.mask_selected()
    layer.setDataSource(str(other), layer.name(), "gdal", QgsDataProvider.ProviderOptions())
    qtbot.waitUntil(lambda: is_over(window))
    assert window.message.text() == (
        "Scene: The layer shows another file since the run began: mask it again."
    )
    assert tree(project.layerTreeRoot()) == [("Scene", True)]


def test_without_a_raster_it_says_what_to_do(one_click, window):
    one_click.mask_selected()
    assert window.message.text() == "Select a raster layer to mask its clouds."


def test_results_among_the_selected_layers_are_no_images(
    one_click, window, add_layer, project, qtbot
):
    layer = add_layer()
    mask(qtbot, one_click, window, layer)
    mask(qtbot, one_click, window, layer, *project.mapLayersByName("Cloud mask – Scene"))
    assert len(project.mapLayers()) == 5 and "failed" not in window.message.text()
    window.selected = project.mapLayersByName("Cloud mask – Scene")
    one_click.mask_selected()
    assert window.message.text() == "Select a raster layer to mask its clouds."


@pytest.mark.parametrize(
    ("scale", "offset", "radiometry"),
    [("0.0000275", "-0.2", "scale:0.0000275,-0.2"), ("0,0000275", "-0,2", "scale:0.0000275,-0.2"),
     ("", "0", None), ("0", "0", None), ("1,000.5", "0", None), ("nan", "0", None), ("1", "inf", None)],
)  # fmt: skip
def test_own_scales_may_have_a_decimal_comma(plugin, scale, offset, radiometry, qtbot):
    from cloudmamba_qgis.gui.widgets.interpretation_form import InterpretationForm
    from qgis.PyQt.QtCore import QLocale

    before = QLocale()
    QLocale.setDefault(QLocale("fr_FR"))  # where a point is no part of a number
    form = InterpretationForm()
    QLocale.setDefault(before)
    form.radiometry.setCurrentIndex(form.radiometry.findData("scale"))
    for edit, text in ((form.scale, scale), (form.offset, offset)):
        edit.clear()
        qtbot.keyClicks(edit, text)
    if radiometry is None:
        assert form.problem == "Scale and offset are numbers; the scale is above 0."
    else:
        assert form.interpretation.radiometry == radiometry and form.problem == ""


def test_without_an_engine_it_offers_to_set_one_up(window, add_layer, plugin, monkeypatch, qtbot):
    from cloudmamba_qgis.gui.one_click.one_click import OneClick
    from qgis.core import Qgis

    monkeypatch.setenv("CLOUDMAMBA_ENGINE", "/nowhere/python")
    asked = []
    one_click = OneClick(window, lambda: asked.append(True))
    mask(qtbot, one_click, window, add_layer())
    assert window.message.level() == Qgis.MessageLevel.Critical
    assert "'/nowhere/python' named by the variable" in window.message.text()
    qtbot.mouseClick(window.button("Set Up Engine…"))
    assert asked == [True]


@pytest.mark.parametrize("mode", ["older", "wrong version"])
def test_an_engine_that_does_not_fit_the_plugin_can_be_set_up_again(
    window, add_layer, plugin, fake_engine, mode, qtbot
):
    from cloudmamba_qgis.gui.one_click.one_click import OneClick

    fake_engine(mode)
    asked = []
    one_click = OneClick(window, lambda: asked.append(True))
    mask(qtbot, one_click, window, add_layer())
    qtbot.mouseClick(window.button("Set Up Engine…"))
    assert asked == [True]


def test_other_failures_offer_no_set_up(window, add_layer, plugin, fake_engine, qtbot):
    from cloudmamba_qgis.gui.one_click.one_click import OneClick
    from qgis.PyQt.QtWidgets import QPushButton

    fake_engine("refuses")
    one_click = OneClick(window, lambda: None)
    mask(qtbot, one_click, window, add_layer())
    assert [button.text() for button in window.message.findChildren(QPushButton)] == ["Details"]


def ask(qtbot, one_click, window, layer):
    """Click and wait for the question."""
    window.selected = [layer]
    one_click.mask_selected()
    qtbot.waitUntil(lambda: window.question is not None)
    return window.question


def test_doubt_is_asked_before_anything_is_made(
    one_click, window, add_layer, project, fake_engine, tmp_path, qtbot
):
    fake_engine("unsure")
    question = ask(qtbot, one_click, window, add_layer("S2A_1"))
    assert tree(project.layerTreeRoot()) == [("S2A_1", True)], "no mask of a guess"
    qtbot.waitUntil(lambda: question.readings.count() == 2)
    described = json.loads((tmp_path / "describe.json").read_text())
    assert described["trial"] is True and described["path"].endswith("S2A_1.tif")
    first, second = (question.readings.item(row) for row in range(2))
    assert first.text() == "blue first\n13 % cloud" and second.text() == "red first\n80 % cloud"
    pixel = second.icon().pixmap(150, 150).toImage().pixelColor(75, 75)
    assert pixel.getRgb()[:3] == (255, 0, 0), "as it would look"
    assert question.answer.bands == "1,2,3,4", "the best is chosen"
    qtbot.waitUntil(lambda: question.readings.geometry().bottom() <= question.form.geometry().top())
    click_item(qtbot, question.readings, 1)
    assert [box.currentBand() for box in question.form.band_boxes] == [3, 2, 1, 4]
    question._remember.setChecked(True)
    question.accept()
    qtbot.waitUntil(lambda: is_over(window))
    assert tree(project.layerTreeRoot())[0] == results_of("S2A_1")
    request = request_of(tmp_path)
    assert (request["bands"], request["radiometry"]) == ("3,2,1,4", "sentinel2")

    mask(qtbot, one_click, window, add_layer("S2A_2"))  # no question
    assert request_of(tmp_path)["bands"] == "3,2,1,4"
    question = ask(qtbot, one_click, window, add_layer("Drone"))
    question.reject()
    qtbot.waitUntil(lambda: is_over(window))
    assert tree(project.layerTreeRoot())[0] == ("Drone", True), "nothing is added"


def test_what_the_user_fills_in_is_not_overwritten_by_late_readings(
    one_click, window, add_layer, fake_engine, qtbot
):
    fake_engine("unsure")
    question = ask(qtbot, one_click, window, add_layer())
    question.form.band_boxes[0].setBand(4)
    question.form.band_boxes[3].setBand(-1)
    qtbot.waitUntil(lambda: question.readings.count() == 2)
    assert question.answer.bands == "4,2,3"
    question.reject()


def click_item(qtbot, view, row):

    view.scrollToItem(view.item(row))
    position = view.visualItemRect(view.item(row)).center()
    qtbot.mouseClick(view.viewport(), pos=position)


@pytest.mark.parametrize("remember", [True, False])
def test_a_refusal_asks_with_the_engines_sentence(
    one_click, window, add_layer, fake_engine, tmp_path, remember, qtbot
):
    from cloudmamba_qgis.layers.interpretation import remembered_interpretation
    from qgis.PyQt.QtWidgets import QLabel

    fake_engine("puzzled")
    layer = add_layer()
    question = ask(qtbot, one_click, window, layer)
    words = [label.text() for label in question.findChildren(QLabel)]
    assert "The values do not look like reflectance in any known way." in words
    question.form.radiometry.setCurrentIndex(question.form.radiometry.findData("scale"))
    question.form.scale.setText("0.0005")
    question._remember.setChecked(remember)
    question.accept()
    qtbot.waitUntil(lambda: is_over(window))
    assert request_of(tmp_path)["radiometry"] == "scale:0.0005,0"
    kept = remembered_interpretation(layer)
    assert kept.radiometry == ("scale:0.0005,0" if remember else "auto")


def test_no_answer_to_a_refusal_is_a_failure_and_asks_no_more(
    one_click, window, add_layer, project, fake_engine, qtbot
):
    from qgis.core import Qgis

    fake_engine("puzzled")
    window.selected = [add_layer("A"), add_layer("B")]
    one_click.mask_selected()
    qtbot.waitUntil(lambda: window.question is not None)
    window.question.reject()
    qtbot.waitUntil(lambda: is_over(window))
    assert window.message.level() == Qgis.MessageLevel.Critical
    assert window.message.text().startswith("2 images failed: The values do not look like")
    assert tree(project.layerTreeRoot()) == [("B", True), ("A", True)]


def test_only_answers_that_make_sense_are_accepted(one_click, window, add_layer, fake_engine):
    from qgis.PyQt.QtWidgets import QDialogButtonBox

    window.active = add_layer()
    one_click.ask_for_active()
    question = window.question
    ok = question.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
    assert ok.isEnabled()
    question.form.band_boxes[0].setBand(2)
    assert not ok.isEnabled(), "one band twice"
    question.form.band_boxes[0].setBand(1)
    question.form.radiometry.setCurrentIndex(question.form.radiometry.findData("scale"))
    for scale, enabled in (
        ("0", False),
        ("1e-4", True),
        ("", False),
        ("0,1", True),
        ("0,1,2", False),
    ):
        question.form.scale.setText(scale)
        assert ok.isEnabled() == enabled, scale
    question.reject()


def test_the_question_on_demand(one_click, window, add_layer, tmp_path, qtbot):
    window.active = add_layer()
    one_click.ask_for_active()
    window.question.form.band_boxes[3].setBand(-1)
    assert not window.question.is_to_be_remembered, "unless the user says so"
    window.question._remember.setChecked(True)
    window.question.accept()
    qtbot.waitUntil(lambda: is_over(window))
    assert request_of(tmp_path)["bands"] == "1,2,3"
    one_click.ask_for_active()
    assert window.question.answer.bands == "1,2,3"
    window.question.reject()


def test_products_are_told_apart(add_layer, image):
    from cloudmamba_qgis.layers.interpretation import (
        Interpretation,
        remember_interpretation,
        remembered_interpretation,
    )
    from osgeo import gdal

    answer = Interpretation("4,3,2", "scale:0.5,0")
    remember_interpretation(add_layer("LC08_193024_20200101"), answer)
    assert remembered_interpretation(add_layer("LC08_007007_20211231")) == answer
    assert remembered_interpretation(add_layer("LE07_193024_20200101")) == Interpretation()
    fewer = image.with_name("LC08_1.tif")
    gdal.Translate(str(fewer), str(image), bandList=[1, 2, 3])
    from qgis.core import QgsRasterLayer

    assert remembered_interpretation(QgsRasterLayer(str(fewer))) == Interpretation()


def test_a_date_before_the_name_is_not_the_name(add_layer):
    from cloudmamba_qgis.layers.interpretation import (
        Interpretation,
        remember_interpretation,
        remembered_interpretation,
    )

    answer = Interpretation("4,3,2", "scale:0.5,0")
    remember_interpretation(add_layer("20230815_planet"), answer)
    for name in ("20240101_planet", "2024-01-02_planet", "planet_5"):
        assert remembered_interpretation(add_layer(name)) == answer
    assert remembered_interpretation(add_layer("2019_ortho_rgbi")) == Interpretation()


def test_what_has_only_a_date_for_a_name_cannot_be_remembered(one_click, window, add_layer):
    from cloudmamba_qgis.layers.interpretation import (
        Interpretation,
        remember_interpretation,
        remembered_interpretation,
    )

    remember_interpretation(add_layer("20230815"), Interpretation("4,3,2", "picture"))
    window.active = add_layer("2019")
    assert remembered_interpretation(window.active) == Interpretation()
    one_click.ask_for_active()
    assert not window.question._remember.isEnabled()
    assert not window.question.is_to_be_remembered
    assert "do not say what kind of image" in window.question._remember.toolTip()
    window.question.reject()


ANSWER = ("4,3,2", "scale:0.5,0")


@pytest.fixture
def remember(image, tmp_path):
    """Keeps an answer for an image; returns what is remembered of another one."""
    from cloudmamba_qgis.layers.interpretation import (
        Interpretation,
        remember_interpretation,
        remembered_interpretation,
    )
    from osgeo import gdal
    from qgis.core import QgsRasterLayer

    def layer_of(source):
        """Of a GDAL name below the folder of the test; ``TABLE@FILE.gpkg`` and ``FILE.zip/NAME``."""
        table, _, file = source.rpartition("@")
        archive, _, inner = source.partition(".zip/")
        path = tmp_path / (file if table else f"{archive}.zip" if inner else source)
        path.parent.mkdir(parents=True, exist_ok=True)
        if table:
            options = [f"RASTER_TABLE={table}", "APPEND_SUBDATASET=YES"]
            picture = gdal.Translate("", str(image), format="MEM", outputType=gdal.GDT_Byte)
            gdal.Translate(str(path), picture, format="GPKG", creationOptions=options)
            layer = QgsRasterLayer(f"GPKG:{path}:{table}")
        elif inner:
            with zipfile.ZipFile(path, "w") as zipped:
                zipped.write(image, inner)
            layer = QgsRasterLayer(f"/vsizip/{path}/{inner}")
        else:
            shutil.copyfile(image, path)
            layer = QgsRasterLayer(str(path))
        assert layer.isValid(), source
        return layer

    def remembered_of(first, second):
        remember_interpretation(layer_of(first), Interpretation(*ANSWER))
        found = remembered_interpretation(layer_of(second))
        assert found.is_remembered == (found != Interpretation())
        return found.bands, found.radiometry

    return remembered_of


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a/OUTPUT.tif", "b/OUTPUT.tif"),
        ("a/clipped.tif", "b/clipped.tif"),
        ("a/Clipped (mask).tif", "b/Clipped (extent).tif"),
        ("download (1).tif", "download(2).tif"),
        ("merged_33TWL.tif", "merged_32TPS.tif"),
        ("a/download.zip/S2A_33TWL.tif", "b/download.zip/PSScene_1.tif"),
        ("a/planet.zip/output.tif", "b/planet.zip/output.tif"),
        ("planet@images.gpkg", "landsat@images.gpkg"),
    ],
)
def test_files_whose_names_say_nothing_of_their_kind_are_not_alike(remember, first, second):
    assert remember(first, second) == ("", "auto")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a/download.zip/LC08_1.tif", "b/other.zip/LC08_20200202.tif"),
        ("a/planet.tif", "b/planet_2.tif"),
        ("planet@images.gpkg", "planet_20230815@images.gpkg"),
        ("planet@output.gpkg", "planet@download.gpkg"),
        ("outback_5.tif", "outback_6.tif"),
    ],
)
def test_files_whose_names_begin_alike_are_of_one_kind(remember, first, second):
    assert remember(first, second) == ANSWER


@pytest.mark.parametrize("name", ["S2A_33TWL_{}", "T33TWL_{}_stack", "sentinel-2 {}", "{}_S2"])
def test_the_offset_of_sentinel2_is_found_out_for_each_image(remember, name):
    """It came with the processing baseline 04.00."""
    files = (f"{name.format(date)}.tif" for date in (20210815, 20230815))
    assert remember(*files) == (ANSWER[0], "auto")


def test_what_is_temporary_has_a_name_like_any_other(add_layer, image):
    from cloudmamba_qgis.layers.interpretation import why_not_remembered
    from qgis.core import QgsProcessingUtils, QgsRasterLayer

    path = QgsProcessingUtils.generateTempFilename("planet.tif")
    shutil.copyfile(image, path)
    assert why_not_remembered(QgsRasterLayer(path))
    assert not why_not_remembered(add_layer("planet"))


def test_bands_in_files_of_one_name_are_not_told_apart(image, tmp_path):
    from cloudmamba_qgis.layers.bands_together import bands_together
    from cloudmamba_qgis.layers.interpretation import why_not_remembered
    from qgis.core import QgsRasterLayer

    layers = []
    for band in ("B02", "B03", "B04"):
        (tmp_path / band).mkdir()
        shutil.copyfile(image, tmp_path / band / "scene.tif")
        layers.append(QgsRasterLayer(str(tmp_path / band / "scene.tif"), band))
    assert why_not_remembered(bands_together(layers))


def test_a_remembered_answer_is_told_and_can_be_changed(
    one_click, window, add_layer, tmp_path, qtbot
):
    from cloudmamba_qgis.layers.interpretation import Interpretation, remember_interpretation

    first, second = add_layer("planet_1"), add_layer("planet_2")
    mask(qtbot, one_click, window, first)
    assert "as you said" not in window.message.text()
    remember_interpretation(first, Interpretation(*ANSWER))
    mask(qtbot, one_click, window, first, second, add_layer("landsat"))
    assert "2 read as you said of images like them" in window.message.text()
    mask(qtbot, one_click, window, second)
    assert " – read as you said of images like this – " in window.message.text()
    assert request_of(tmp_path)["bands"] == ANSWER[0]
    qtbot.mouseClick(window.button("Read Otherwise…"))
    assert window.question.answer == Interpretation(*ANSWER)
    assert not window.question.is_to_be_remembered
    window.question.form.show_interpretation(Interpretation("1,2,3", "picture"))
    window.question.accept()
    qtbot.waitUntil(lambda: is_over(window))
    assert request_of(tmp_path)["bands"] == "1,2,3"
    assert "as you said" not in window.message.text()


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("crash", "The engine ended with exit status 3 before it finished."),
        ("killed", "The engine was killed or crashed before it finished"),
        ("refuses", "The raster has 1 band."),
        ("out of memory", "The device has too little free memory"),
        ("wrong version", "speaks protocol 3 and this plugin needs 2"),
        ("older", "is older than the plugin: set it up again in Settings > Options > CloudMamba."),
        ("liar", "The engine says that it is done, but"),
        ("no engine", "No module named cloudmamba"),
    ],
)
def test_failures_are_said_in_the_message_bar(
    one_click, window, add_layer, project, fake_engine, mode, sentence, qtbot
):
    from qgis.core import Qgis

    fake_engine(mode)
    mask(qtbot, one_click, window, add_layer())
    assert window.message.level() == Qgis.MessageLevel.Critical
    assert sentence in window.message.text()
    assert window.button("Details").isEnabled()
    assert tree(project.layerTreeRoot()) == [("Scene", True)]
    fake_engine("normal")
    mask(qtbot, one_click, window, project.mapLayersByName("Scene")[0])
    assert tree(project.layerTreeRoot())[0] == results_of("Scene"), "the next click works"


def test_web_layers_fail_alone(one_click, window, add_layer, project, qtbot):
    from qgis.core import QgsRasterLayer

    web = QgsRasterLayer("type=xyz&url=http://localhost/{z}/{x}/{y}.png", "Web map", "wms")
    project.addMapLayer(web)
    mask(qtbot, one_click, window, web, add_layer())
    assert "'Web map' comes from the source 'wms'" in window.message.text()
    assert "13 % cloud – Scene" in window.message.text()


def test_cancel_leaves_nothing_and_keeps_what_is_done(
    one_click, window, add_layer, project, fake_engine, tmp_path, qtbot
):
    fake_engine("slow")
    layers = [add_layer("A"), add_layer("B")]
    before = tree(project.layerTreeRoot())
    begin(qtbot, one_click, window, *layers)
    cancel = window.button("Cancel")
    qtbot.mouseClick(cancel)
    assert not cancel.isEnabled() and window.message.text() == "Cancelling…"
    qtbot.waitUntil(lambda: window.message and "Cancelled" in window.message.text())
    assert tree(project.layerTreeRoot()) == before
    assert json.loads((tmp_path / "stop.json").read_text())["type"] == "cancel"
    time.sleep(0.1)
    fake_engine("normal")
    mask(qtbot, one_click, window, layers[0])
    assert tree(project.layerTreeRoot())[1] == results_of("A")


def test_a_cancel_that_comes_too_late_leaves_nothing_beside_the_image(
    one_click, window, add_layer, project, fake_engine, qtbot
):
    from cloudmamba_qgis.settings import SAVES_BESIDE_IMAGE

    fake_engine("unhurried")  # it does not hear of it
    layer = add_layer("A")
    folder = Path(layer.source()).parent
    (folder / "Cloud mask – A.tif").write_bytes(b"of an earlier run")
    before = sorted(folder.glob("*.tif*"))
    SAVES_BESIDE_IMAGE.set(True)
    try:
        begin(qtbot, one_click, window, layer)
        qtbot.mouseClick(window.button("Cancel"))
        qtbot.waitUntil(lambda: window.message and "Cancelled; nothing" in window.message.text())
    finally:
        SAVES_BESIDE_IMAGE.forget()
    assert sorted(folder.glob("*.tif*")) == before
    assert (folder / "Cloud mask – A.tif").read_bytes() == b"of an earlier run"
    assert len(project.mapLayers()) == 1


def test_a_click_while_cancelling_begins_anew(
    one_click, window, add_layer, project, fake_engine, qtbot
):
    fake_engine("slow")
    first, second = add_layer("A"), add_layer("B")
    begin(qtbot, one_click, window, first)
    qtbot.mouseClick(window.button("Cancel"))
    fake_engine("normal")
    mask(qtbot, one_click, window, second)
    assert tree(project.layerTreeRoot()) == [results_of("B"), ("B", True), ("A", True)]


@pytest.mark.parametrize("how", ["layer removed", "project cleared", "project switched"])
def test_a_layer_that_goes_takes_its_run_with_it(
    one_click, window, add_layer, project, fake_engine, tmp_path, how, qtbot
):
    fake_engine("slow")
    layer = add_layer("A")
    empty = tmp_path / "empty.qgs"
    if how == "project switched":
        from qgis.core import QgsProject

        QgsProject(None).write(str(empty))
    begin(qtbot, one_click, window, layer)
    if how == "layer removed":
        project.removeMapLayer(layer)
    elif how == "project cleared":
        project.clear()
    else:
        assert project.read(str(empty))
    qtbot.waitUntil(lambda: window.message is None)
    assert project.mapLayers() == {}
    assert json.loads((tmp_path / "stop.json").read_text())["type"] == "cancel"


def test_the_other_layers_go_on_when_one_goes(
    one_click, window, add_layer, project, fake_engine, qtbot
):
    layers = [add_layer("A"), add_layer("B"), add_layer("C")]
    window.selected = layers
    one_click.mask_selected()
    project.removeMapLayers([layers[0].id(), layers[2].id()])
    qtbot.waitUntil(lambda: is_over(window))
    assert tree(project.layerTreeRoot()) == [results_of("B"), ("B", True)]


def test_a_layer_that_goes_takes_its_question_with_it(
    one_click, window, add_layer, project, fake_engine, qtbot
):
    fake_engine("puzzled")
    layer = add_layer()
    ask(qtbot, one_click, window, layer)
    project.removeMapLayer(layer)
    qtbot.waitUntil(lambda: window.question is None and window.message is None)


def test_a_reload_of_the_plugin_ends_its_run(
    fake_engine, window, add_layer, project, tmp_path, qtbot
):
    from cloudmamba_qgis import background
    from cloudmamba_qgis.engine_client.session import engine_session
    from cloudmamba_qgis.gui.one_click.one_click import OneClick

    fake_engine("slow")
    layer = add_layer()
    one_click = OneClick(window)
    begin(qtbot, one_click, window, layer)
    pid = json.loads((tmp_path / "record.json").read_text())["pid"]
    one_click.close()  # as unload does
    engine_session().stop()
    assert window.message is None
    qtbot.waitUntil(background.is_idle)
    qtbot.waitUntil(lambda: not os.path.exists(f"/proc/{pid}"))
    assert tree(project.layerTreeRoot()) == [("Scene", True)]
    fake_engine("normal")
    mask(qtbot, OneClick(window), window, layer)
    assert tree(project.layerTreeRoot())[0] == results_of("Scene")


def test_results_lie_where_the_user_has_put_the_image(one_click, window, add_layer, project, qtbot):
    from qgis.core import QgsCoordinateReferenceSystem

    layer = add_layer()
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32634"))
    with qtbot.waitSignal(one_click.masked) as masked:
        mask(qtbot, one_click, window, layer)
    detection, results = masked.args
    layers = [project.mapLayer(layer_id) for layer_id in results.layer_ids]
    assert [one.crs().authid() for one in layers] == ["EPSG:32634"] * 2
    assert detection.log.count("in the CRS that the layer has in QGIS, EPSG:32634") == 1
    assert "EPSG:32633" in detection.log


def test_results_are_seen_above_a_mutually_exclusive_group(
    one_click, window, add_layer, project, qtbot
):
    root = project.layerTreeRoot()
    outer = root.addGroup("years")
    inner = outer.addGroup("2024")
    layers = [add_layer("A"), add_layer("B")]
    for layer in layers:
        node = root.findLayer(layer.id())
        inner.addChildNode(node.clone())
        root.removeChildNode(node)
    inner.setIsMutuallyExclusive(True, 0)
    mask(qtbot, one_click, window, layers[0])
    assert tree(root) == [
        ("years", True, [results_of("A"), ("2024", True, [("A", True), ("B", False)])])
    ]
    outer.setIsMutuallyExclusive(True, 0)
    mask(qtbot, one_click, window, layers[1])
    assert tree(root)[0] == results_of("B")
    assert root.findLayer(project.mapLayersByName("Cloud mask – B")[0].id()).isVisible()


@pytest.mark.parametrize(
    "mode", ["normal", "slow", "deaf", "crash late", "killed", "garbage", "silent"]
)
@pytest.mark.quiet
def test_the_window_is_never_blocked(one_click, window, add_layer, fake_engine, mode, qtbot):
    """From the click to the end: start, run, cancel, crash, and an engine that must be killed."""
    from qgis.PyQt.QtWidgets import QProgressBar

    fake_engine(mode)
    layer = add_layer()
    window.selected = [layer]
    with EventLoopWatch() as watch:
        one_click.mask_selected()
        if mode in ("slow", "deaf", "silent"):
            progress = window.message.findChild(QProgressBar)
            started = time.monotonic()
            qtbot.waitUntil(lambda: progress.value() > 0 or time.monotonic() > started + 2)
            qtbot.mouseClick(window.button("Cancel"))
            qtbot.waitUntil(lambda: window.message and "Cancelled" in window.message.text())
        else:
            qtbot.waitUntil(lambda: is_over(window))
    assert watch.blocked_ms < 100


def test_a_blocked_window_is_noticed(qgis_app, qtbot):
    from qgis.PyQt.QtCore import QTimer

    with EventLoopWatch() as watch:
        QTimer.singleShot(50, lambda: time.sleep(0.3))
        started = time.monotonic()
        qtbot.waitUntil(lambda: time.monotonic() > started + 0.5)
    assert 280 < watch.blocked_ms < 600


CLOSES_MID_RUN = """
import sys
sys.path.insert(0, sys.argv[1])
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer
application = QgsApplication([], True)
application.initQgis()
sys.path.append(application.pkgDataPath() + "/python/plugins")
from cloudmamba_qgis import classFactory
plugin = classFactory(None)
plugin.initGui()
from cloudmamba_qgis.gui.one_click.detection import LayerDetection
from cloudmamba_qgis.layers.interpretation import Interpretation
layer = QgsRasterLayer(sys.argv[2], "Scene")
QgsProject.instance().addMapLayer(layer)
detection = LayerDetection(layer, Interpretation())
detection.progressed.connect(lambda percent: percent > 1 and application.quit())
detection.start()
application.exec()
print(detection._outputs["OUTPUT"].sink.staticValue())
QgsApplication.taskManager().cancelAll()
plugin.unload()
application.exitQgis()
"""


def test_qgis_closed_mid_run(fake_engine, staged_plugin, image, tmp_path, qtbot):
    from pathlib import Path

    fake_engine("slow")
    environment = {**os.environ, "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "profile")}
    closed = subprocess.run(
        [
            sys.executable,
            "-X",
            "faulthandler",
            "-c",
            CLOSES_MID_RUN,
            str(staged_plugin.parent),
            str(image),
        ],
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
        env=environment,
    )
    assert closed.returncode == 0, closed.stderr
    pid = json.loads((tmp_path / "record.json").read_text())["pid"]
    qtbot.waitUntil(lambda: not os.path.exists(f"/proc/{pid}"))
    folder = Path(closed.stdout.strip().splitlines()[-1]).parent
    assert not folder.exists() or list(folder.iterdir()) == []


@pytest.mark.parametrize("gone", ["mask", "image", "project", "by undo"])
def test_stages_go_with_their_mask(one_click, window, add_layer, project, gone, qtbot):
    from cloudmamba_qgis.gui.one_click.detection import DetectionOptions

    layer = add_layer()
    with qtbot.waitSignal(one_click.masked) as masked:
        one_click.mask([layer], None, DetectionOptions(keeps_stages=True, marks_shadow=True))
    detection, results = masked.args
    qtbot.waitUntil(lambda: is_over(window))
    stages = [Path(detection.stages_path), Path(detection.shadow_path)]
    assert all(path.is_file() for path in stages) and list(one_click.made) == [results.layer_ids[0]]
    if gone == "by undo":
        qtbot.mouseClick(window.button("Undo"))
    elif gone == "project":
        project.clear()
    else:
        project.removeMapLayer(results.layer_ids[0] if gone == "mask" else layer.id())
    assert not any(path.parent.exists() for path in stages) and not one_click.made
    assert Path(detection.mask_path).is_file(), "a project that is opened again may show it"


def test_stages_that_a_layer_shows_stay(one_click, window, add_layer, project, qtbot):
    from cloudmamba_qgis.gui.one_click.detection import DetectionOptions
    from qgis.core import QgsRasterLayer

    with qtbot.waitSignal(one_click.masked) as masked:
        one_click.mask([add_layer()], None, DetectionOptions(keeps_stages=True))
    detection, _ = masked.args
    project.addMapLayer(QgsRasterLayer(detection.stages_path, "Stages"))
    project.clear()
    assert Path(detection.stages_path).is_file()


def test_a_run_that_nobody_waits_for_leaves_no_stages(
    one_click, window, add_layer, project, monkeypatch, qtbot
):
    from cloudmamba_qgis.gui.one_click.detection import DetectionOptions, LayerDetection

    layer, detections = add_layer(), []
    succeed = LayerDetection._on_success

    def succeed_too_late(detection, results):
        detections.append(detection)
        project.removeMapLayer(layer.id())
        succeed(detection, results)

    monkeypatch.setattr(LayerDetection, "_on_success", succeed_too_late)
    one_click.mask([layer], None, DetectionOptions(keeps_stages=True))
    qtbot.waitUntil(lambda: detections and one_click._current is None)
    assert not Path(detections[0].stages_path).exists()
