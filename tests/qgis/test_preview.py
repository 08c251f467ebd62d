"""The preview of what is seen, in a real QGIS with the fake engine."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from clicking import begin, is_over, request_of, results_of, tree
from event_loop import EventLoopWatch
from raster_files import read_raster, write_raster


@pytest.fixture
def look_at(window, qgis_app, qtbot):
    """Shows a rectangle of the layer's CRS on a map of 400 x 300 pixels."""
    from qgis.core import QgsRectangle

    def look(layer, left, bottom, right, top):
        window.active = layer
        window.canvas.resize(400, 300)
        window.canvas.show()  # a hidden one does not know its size
        qtbot.waitUntil(lambda: window.canvas.mapSettings().outputSize().width() > 390)
        window.canvas.setDestinationCrs(layer.crs())
        window.canvas.setExtent(QgsRectangle(left, bottom, right, top))

    return look


@pytest.fixture
def see_all(look_at):
    """Shows the whole layer, which is smaller than the map."""

    def see(layer):
        extent = layer.extent()
        look_at(layer, extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum())
        return layer

    return see


def has_said(window, words):
    return window.message is not None and words in window.message.text()


def make(qtbot, preview, window):
    """Click and wait for the preview."""
    preview.preview_active()
    qtbot.waitUntil(lambda: has_said(window, "cloud in this view"))


def previews(project):
    return [layer for layer in project.mapLayers().values() if "Preview" in layer.name()]


def test_one_layer_above_the_image_marked_as_preview(
    preview, window, add_layer, project, see_all, qtbot
):
    see_all(add_layer())
    make(qtbot, preview, window)
    assert tree(project.layerTreeRoot()) == [
        ("Scene clouds", True, [("Preview: Scene", True)]), ("Scene", True)
    ]  # fmt: skip
    assert project.layerTreeRoot().children()[0].isExpanded()
    (layer,) = previews(project)
    labels = [entry.label for entry in layer.renderer().classes()]
    assert labels == ["Clear (preview)", "Cloud (preview)"]
    assert window.message.text().startswith(
        "Preview: Scene – 13 % cloud in this view – The bands were guessed."
    )
    assert layer.customProperty("skipMemoryLayersCheck") == 1, "nobody is asked to save it"


def test_the_next_preview_takes_its_place(
    preview, window, add_layer, project, see_all, look_at, qtbot
):
    layer = see_all(add_layer())
    make(qtbot, preview, window)
    (first,) = [one.id() for one in previews(project)]
    look_at(layer, 500100, 4999800, 500200, 4999900)
    preview.preview_active()
    qtbot.waitUntil(lambda: previews(project) and previews(project)[0].id() != first)
    (second,) = previews(project)
    assert second.extent().width() < 150
    other = see_all(add_layer("Other"))
    preview.preview_active()
    qtbot.waitUntil(lambda: has_said(window, "cloud") and "Other" in window.message.text())
    assert [one.name() for one in previews(project)] == ["Preview: Other"]
    assert tree(project.layerTreeRoot())[-1] == ("Scene", True), "no empty group stays"
    assert other.isValid()


def test_on_top_of_results_that_are_there(
    preview, one_click, window, add_layer, project, see_all, qtbot
):
    layer = see_all(add_layer())
    window.selected = [layer]
    one_click.mask_selected()
    qtbot.waitUntil(lambda: is_over(window))
    make(qtbot, preview, window)
    (group, _) = tree(project.layerTreeRoot())
    assert [name for name, *_ in group[2]] == [
        "Preview: Scene",
        "Cloud mask – Scene",
        "Uncertainty – Scene",
    ]
    qtbot.mouseClick(window.button("Remove Preview"))
    assert tree(project.layerTreeRoot()) == [results_of("Scene"), ("Scene", True)]


def test_the_whole_scene_from_there(preview, window, add_layer, project, see_all, tmp_path, qtbot):
    layer = see_all(add_layer())
    make(qtbot, preview, window)
    qtbot.mouseClick(window.button("Mask Whole Scene"))
    assert previews(project), "until the mask is there"
    qtbot.waitUntil(lambda: is_over(window))
    assert tree(project.layerTreeRoot()) == [results_of("Scene"), ("Scene", True)]
    assert request_of(tmp_path)["input_path"] == layer.source()


@pytest.fixture
def chosen(project):
    """Model, device and cloud shadow as chosen in the panel, which is closed."""
    from cloudmamba_qgis.settings import DEVICE, MARKS_SHADOW, MODEL

    settings = {MODEL: "my-model", DEVICE: "cpu", MARKS_SHADOW: True}
    for setting, value in settings.items():
        setting.set(value)
    yield {"model": "my-model", "device": "cpu", "shadow_in_mask": True}
    for setting in settings:
        setting.forget()


def test_what_is_chosen_in_the_panel_holds_for_the_preview_and_the_whole_scene(
    preview, window, add_layer, see_all, chosen, tmp_path, qtbot
):
    layer = see_all(add_layer())
    make(qtbot, preview, window)
    assert request_of(tmp_path).items() >= chosen.items()
    qtbot.mouseClick(window.button("Mask Whole Scene"))
    qtbot.waitUntil(lambda: is_over(window))
    request = request_of(tmp_path)
    assert request["input_path"] == layer.source() and request.items() >= chosen.items()


def test_a_mask_of_another_scene_leaves_it(
    preview, one_click, window, add_layer, project, see_all, qtbot
):
    other = add_layer("Other")
    see_all(add_layer())
    make(qtbot, preview, window)
    one_click.mask([other])
    qtbot.waitUntil(lambda: is_over(window) and "Other" in window.message.text())
    assert [layer.name() for layer in previews(project)] == ["Preview: Scene"]


def test_the_engine_gets_what_is_seen_under_the_name_of_the_source(
    preview, window, add_layer, look_at, tmp_path, qtbot
):
    from cloudmamba_qgis.layers.interpretation import Interpretation, remember_interpretation

    layer = add_layer("planet_33TWL_20230815")
    remember_interpretation(layer, Interpretation("1,2,3", "sentinel2"))
    look_at(layer, 500100, 4999800, 500200, 4999900)
    make(qtbot, preview, window)
    request = request_of(tmp_path)
    assert "read as you said of images like this" in window.message.text()
    assert Path(request["input_path"]).name == "planet_33TWL_20230815.tif"
    assert request["input_path"] != layer.source()
    assert (request["bands"], request["radiometry"]) == ("1,2,3", "sentinel2")
    assert not os.path.exists(request["input_path"]), "only the mask stays"
    assert set(request) == {
        "type",
        "id",
        "input_path",
        "mask_path",
        "bands",
        "radiometry",
        "device",
        "model",
        "shadow_in_mask",
        "crs",
    }


def test_a_map_in_another_crs(preview, window, add_layer, project, see_all, qtbot):
    from qgis.core import QgsCoordinateReferenceSystem

    layer = see_all(add_layer())
    window.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    settings = window.canvas.mapSettings()
    window.canvas.setExtent(settings.layerExtentToOutputExtent(layer, layer.extent()))
    make(qtbot, preview, window)
    (shown,) = previews(project)
    assert shown.crs() == layer.crs()
    assert layer.extent().contains(shown.extent())
    assert shown.extent().width() > 0.9 * layer.extent().width()


def test_a_layer_that_is_not_seen(preview, window, add_layer, look_at):
    look_at(add_layer(), 600000, 4000000, 600100, 4000100)
    preview.preview_active()
    assert window.message.text() == "Nothing of the layer is seen here: zoom to it first."


def test_without_a_raster_it_says_what_to_do(preview, window, image):
    from osgeo import gdal
    from qgis.core import QgsRasterLayer

    preview.preview_active()
    assert window.message.text() == "Select a raster layer of three or more bands."
    mask = image.with_name("mask.tif")
    gdal.Translate(str(mask), str(image), bandList=[1])
    window.active = QgsRasterLayer(str(mask), "mask")
    preview.preview_active()
    assert window.message.text() == "Select a raster layer of three or more bands."


def test_without_an_engine_it_offers_to_set_one_up(
    window, one_click, add_layer, see_all, monkeypatch, qtbot
):
    from cloudmamba_qgis.gui.preview.preview import Preview

    monkeypatch.setenv("CLOUDMAMBA_ENGINE", "/nowhere/python")
    asked = []
    preview = Preview(window, one_click, lambda: asked.append(True))
    see_all(add_layer())
    preview.preview_active()
    assert "'/nowhere/python' named by the variable" in window.message.text()
    qtbot.mouseClick(window.button("Set Up Engine…"))
    assert asked == [True]
    preview.close()


def test_a_web_layer_is_refused(preview, window, project):
    from qgis.core import QgsRasterLayer, QgsRectangle

    web = QgsRasterLayer("type=xyz&url=http://localhost/{z}/{x}/{y}.png", "Web map", "wms")
    project.addMapLayer(web)
    window.active = web
    window.canvas.setDestinationCrs(web.crs())
    window.canvas.setExtent(QgsRectangle(0, 0, 1000, 1000))
    preview.preview_active()
    assert "'Web map' comes from the source 'wms'" in window.message.text()


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
    ],
)
def test_failures_are_said_and_leave_nothing(
    preview, window, add_layer, project, fake_engine, see_all, tmp_path, mode, sentence, qtbot
):
    from qgis.core import Qgis

    fake_engine(mode)
    see_all(add_layer())
    preview.preview_active()
    qtbot.waitUntil(lambda: has_said(window, sentence))
    assert window.message.level() == Qgis.MessageLevel.Critical
    assert tree(project.layerTreeRoot()) == [("Scene", True)]
    if mode != "wrong version":
        request = request_of(tmp_path)
        for path in (request["input_path"], request["mask_path"]):
            assert list(Path(path).parent.iterdir()) == []
    fake_engine("normal")
    make(qtbot, preview, window)
    assert previews(project), "the next click works"


@pytest.mark.parametrize("mode", ["older", "wrong version"])
def test_an_engine_that_does_not_fit_the_plugin_can_be_set_up_again(
    window, one_click, add_layer, fake_engine, see_all, mode, qtbot
):
    from cloudmamba_qgis.gui.preview.preview import Preview

    fake_engine(mode)
    asked = []
    preview = Preview(window, one_click, lambda: asked.append(True))
    see_all(add_layer())
    preview.preview_active()
    qtbot.waitUntil(lambda: has_said(window, "The engine"))
    qtbot.mouseClick(window.button("Set Up Engine…"))
    assert asked == [True]
    preview.close()


def test_an_unclear_image_asks_once_and_the_answer_holds_for_the_whole_scene(
    preview, window, add_layer, fake_engine, see_all, project, tmp_path, qtbot
):
    fake_engine("puzzled")
    see_all(add_layer())
    preview.preview_active()
    qtbot.waitUntil(lambda: window.question is not None)
    form = window.question.form
    form.radiometry.setCurrentIndex(form.radiometry.findData("percent"))
    window.question._remember.setChecked(False)
    window.question.accept()
    qtbot.waitUntil(lambda: has_said(window, "cloud in this view"))
    assert request_of(tmp_path)["radiometry"] == "percent"
    qtbot.mouseClick(window.button("Mask Whole Scene"))
    qtbot.waitUntil(lambda: is_over(window))
    assert request_of(tmp_path)["radiometry"] == "percent"
    assert tree(project.layerTreeRoot())[0] == results_of("Scene")


def test_no_answer_is_a_failure(preview, window, add_layer, fake_engine, see_all, qtbot):
    fake_engine("puzzled")
    see_all(add_layer())
    preview.preview_active()
    qtbot.waitUntil(lambda: window.question is not None)
    window.question.reject()
    assert "do not look like reflectance" in window.message.text()


def start(qtbot, preview, window):
    """Click, and wait until the engine is at work."""
    from qgis.PyQt.QtWidgets import QProgressBar

    preview.preview_active()
    progress = window.message.findChild(QProgressBar)
    qtbot.waitUntil(lambda: progress.value() > 0)


def stopped(tmp_path):
    return (tmp_path / "stop.json").exists()


def test_cancel(preview, window, add_layer, project, fake_engine, see_all, tmp_path, qtbot):
    fake_engine("slow")
    see_all(add_layer())
    start(qtbot, preview, window)
    qtbot.mouseClick(window.button("Cancel"))
    assert window.message is None
    qtbot.waitUntil(lambda: stopped(tmp_path))
    assert previews(project) == []


def test_the_last_click_counts(
    preview, window, add_layer, project, fake_engine, see_all, look_at, qtbot
):
    fake_engine("slow")
    layer = see_all(add_layer())
    start(qtbot, preview, window)
    fake_engine("normal")
    look_at(layer, 500100, 4999800, 500200, 4999900)
    make(qtbot, preview, window)
    (shown,) = previews(project)
    assert shown.extent().width() < 150


def test_a_file_that_is_gone_is_one_sentence(
    preview, window, add_layer, fake_engine, see_all, qtbot
):
    layer = see_all(add_layer())
    Path(layer.source()).unlink()
    preview.preview_active()
    qtbot.waitUntil(lambda: has_said(window, "cannot open"))


@pytest.mark.parametrize("how", ["layer removed", "project cleared"])
def test_a_layer_that_goes_takes_its_preview_with_it(
    preview, window, add_layer, project, fake_engine, see_all, tmp_path, how, qtbot
):
    fake_engine("slow")
    layer = see_all(add_layer())
    start(qtbot, preview, window)
    project.removeMapLayer(layer) if how == "layer removed" else project.clear()
    assert window.message is None
    qtbot.waitUntil(lambda: stopped(tmp_path))
    assert project.mapLayers() == {}


def test_an_image_that_goes_takes_its_finished_preview_with_it(
    preview, window, add_layer, project, see_all, qtbot
):
    layer = see_all(add_layer())
    make(qtbot, preview, window)
    project.removeMapLayer(layer)
    qtbot.waitUntil(lambda: project.mapLayers() == {})
    assert window.message is None and tree(project.layerTreeRoot()) == []


def test_a_project_that_goes_takes_a_finished_preview_with_it(
    preview, window, add_layer, project, see_all, qtbot
):
    see_all(add_layer())
    make(qtbot, preview, window)
    project.clear()
    assert window.message is None
    see_all(add_layer("Another"))
    make(qtbot, preview, window)
    assert [layer.name() for layer in previews(project)] == ["Preview: Another"]


def test_a_reload_of_the_plugin_ends_it(one_click, window, add_layer, project, fake_engine, see_all,
                                        tmp_path, qtbot):  # fmt: skip
    from cloudmamba_qgis import background
    from cloudmamba_qgis.gui.preview.preview import Preview

    see_all(add_layer())
    shown = Preview(window, one_click, lambda: None)
    make(qtbot, shown, window)
    fake_engine("slow")
    start(qtbot, shown, window)
    shown.close()
    assert window.message is None and previews(project) == []
    qtbot.waitUntil(background.is_idle)
    assert stopped(tmp_path)


def test_it_waits_for_a_run_and_says_so(
    preview, one_click, window, add_layer, project, fake_engine, see_all, qtbot
):
    fake_engine("slow")
    layer, other = see_all(add_layer()), add_layer("Other")
    begin(qtbot, one_click, window, other)
    window.active = layer
    preview.preview_active()
    qtbot.waitUntil(lambda: has_said(window, "Waiting for another run"))
    qtbot.mouseClick(window.button("Cancel"))
    one_click.cancel()
    qtbot.waitUntil(lambda: has_said(window, "Cancelled"))
    assert previews(project) == []


def test_a_dashed_frame_shows_where_it_ends(preview, window, add_layer, project, see_all, qtbot):
    see_all(add_layer())
    make(qtbot, preview, window)
    frame = preview._frame
    assert frame.is_visible
    node = project.layerTreeRoot().findLayer(previews(project)[0])
    node.setItemVisibilityChecked(False)
    assert not frame.is_visible
    node.setItemVisibilityChecked(True)
    node.parent().setItemVisibilityChecked(False)
    assert not frame.is_visible
    items = len(window.canvas.scene().items())
    project.removeMapLayer(previews(project)[0])
    assert preview._frame is None and window.message is None
    assert len(window.canvas.scene().items()) == items - 1


@pytest.mark.parametrize(("pixel_m", "is_told"), [(10, False), (170, False), (200, True)])
def test_a_view_coarser_than_training_is_told(
    preview, window, project, look_at, tmp_path, fake_engine, pixel_m, is_told, qtbot
):
    from qgis.core import Qgis, QgsRasterLayer

    fake_engine("quiet")
    values = np.arange(4 * 60 * 80, dtype=np.uint16).reshape(4, 60, 80)
    path = write_raster(
        tmp_path / "wide.tif", values, transform=(500000, pixel_m, 0, 5000000, 0, -pixel_m)
    )
    layer = QgsRasterLayer(path, "Wide")
    project.addMapLayer(layer)
    look_at(layer, 500000, 5000000 - 60 * pixel_m, 500000 + 80 * pixel_m, 5000000)
    make(qtbot, preview, window)
    assert (f"at {pixel_m} m a pixel it is coarser" in window.message.text()) == is_told
    assert (window.message.level() == Qgis.MessageLevel.Info) != is_told


@pytest.mark.parametrize("mode", ["normal", "slow", "killed", "silent"])
@pytest.mark.quiet
def test_the_window_is_never_blocked(preview, window, add_layer, fake_engine, see_all, mode, qtbot):
    fake_engine(mode)
    see_all(add_layer())
    with EventLoopWatch() as watch:
        preview.preview_active()
        if mode in ("slow", "silent"):
            started = time.monotonic()
            qtbot.waitUntil(lambda: time.monotonic() > started + 1)
            qtbot.mouseClick(window.button("Cancel"))
            qtbot.waitUntil(lambda: time.monotonic() > started + 2)
        else:
            qtbot.waitUntil(
                lambda: has_said(window, "engine was" if mode == "killed" else "cloud in")
            )
    assert watch.blocked_ms < 100


# What is cut out


def cut(source, path, left, bottom, right, top, pixels=1e9):
    from cloudmamba_qgis.rasters.excerpt import View, write_excerpt

    view = View(left, bottom, right, top, pixels)
    return write_excerpt(str(source), view, str(path), lambda: False)


def test_whole_pixels_as_fine_as_the_source(qgis_app, image, tmp_path):
    grid = cut(image, tmp_path / "cut.tif", 500101, 4999799, 500199, 4999901)
    assert grid.transform == (500100, 10, 0, 4999910, 0, -10)
    assert (grid.width, grid.height) == (10, 12)
    assert (read_raster(tmp_path / "cut.tif") == read_raster(image)[:, 9:21, 10:20]).all()


def test_means_where_the_screen_is_coarser(qgis_app, image, tmp_path):
    grid = cut(image, tmp_path / "cut.tif", 500000, 4999700, 500400, 5000000, pixels=20 * 15)
    assert grid.transform == (500000, 20, 0, 5000000, 0, -20)
    values = read_raster(image).reshape(4, 15, 2, 20, 2).mean((2, 4))
    assert np.abs(read_raster(tmp_path / "cut.tif") - values).max() <= 0.5


def test_no_data_stays_out_of_the_means(qgis_app, tmp_path):
    values = np.full((3, 20, 20), 2000, np.uint16)
    values[:, :, ::2] = 0
    values[:, :, :8] = 0
    source = write_raster(tmp_path / "source.tif", values, no_data=0)
    cut(source, tmp_path / "cut.tif", 500000, 4999800, 500200, 5000000, pixels=25)
    found = read_raster(tmp_path / "cut.tif")
    assert (found[:, :, :2] == 0).all() and (found[:, :, 2:] == 2000).all()


def test_what_the_bands_say_of_themselves_is_kept(qgis_app, image, tmp_path):
    from osgeo import gdal

    source = tmp_path / "source.vrt"
    dataset = gdal.Translate(str(source), str(image), format="VRT")
    dataset.SetMetadataItem("PROCESSING_BASELINE", "05.09")
    band = dataset.GetRasterBand(2)
    band.SetDescription("green")
    band.SetMetadataItem("wavelength", "560")
    band.SetMetadataItem("CENTRAL_WAVELENGTH_UM", "0.56", "IMAGERY")
    band.SetScale(0.0001)
    band.SetOffset(-0.1)
    band.SetNoDataValue(7)
    band = dataset = None
    cut(source, tmp_path / "cut.tif", 500000, 4999700, 500400, 5000000, pixels=300)
    dataset = gdal.Open(str(tmp_path / "cut.tif"))
    band = dataset.GetRasterBand(2)
    assert dataset.GetMetadataItem("PROCESSING_BASELINE") == "05.09"
    assert band.GetDescription() == "green"
    assert band.GetMetadataItem("wavelength") == "560"
    assert band.GetMetadataItem("CENTRAL_WAVELENGTH_UM") == "0.56"
    assert (band.GetScale(), band.GetOffset(), band.GetNoDataValue()) == (0.0001, -0.1, 7)


def layer_shows(layer, column, row):
    """Value of the first band where the map shows it, as a share of the extent."""
    from qgis.core import QgsPointXY

    extent = layer.extent()
    point = QgsPointXY(
        extent.xMinimum() + column * extent.width(), extent.yMaximum() - row * extent.height()
    )
    return layer.dataProvider().sample(point, 1)[0]


@pytest.mark.parametrize(
    "transform",
    [
        pytest.param((500000, 8, 3, 5000000, 3, -8), id="rotated"),
        pytest.param((500000, 10, 0, 5000000, 0, 10), id="south up"),
        pytest.param(None, id="no georeference"),
    ],
)
def test_where_qgis_shows_it(qgis_app, tmp_path, transform):
    """Also rasters that QGIS warps, or that lie nowhere."""
    from osgeo import gdal
    from qgis.core import QgsRasterLayer

    values = np.tile(np.arange(100, 500, 10, np.uint16), (4, 30, 1))
    source = write_raster(
        tmp_path / "source.tif", values, epsg=32633 if transform else None,
        transform=transform or (0, 1, 0, 0, 0, 1),
    )  # fmt: skip
    layer = QgsRasterLayer(source, "source")
    extent = layer.extent()
    edges = (extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum())
    cut(source, tmp_path / "cut.tif", *edges)
    shown = QgsRasterLayer(str(tmp_path / "cut.tif"), "cut")
    size = layer.extent().width()
    for edge in ("xMinimum", "yMinimum", "xMaximum", "yMaximum"):
        assert abs(getattr(shown.extent(), edge)() - getattr(extent, edge)()) < 0.03 * size
    for place in ((0.4, 0.5), (0.6, 0.5)):
        assert abs(layer_shows(shown, *place) - layer_shows(layer, *place)) <= 20
    if transform and transform[2]:
        dataset = gdal.Open(str(tmp_path / "cut.tif"))
        alpha = dataset.GetRasterBand(5)
        assert alpha.GetColorInterpretation() == gdal.GCI_AlphaBand
        assert alpha.ReadAsArray()[0, 0] == 0, "the corners are not of the image"


def test_a_damaged_file_is_said(qgis_app, image, tmp_path):
    from qgis.core import QgsProcessingException

    data = image.read_bytes()
    image.write_bytes(data[: len(data) // 2])
    with pytest.raises(QgsProcessingException):
        cut(image, tmp_path / "cut.tif", 500000, 4999700, 500400, 5000000)


def test_the_cut_can_be_cancelled(qgis_app, image, tmp_path):
    from cloudmamba_qgis.rasters.excerpt import ExcerptCancelled, View, write_excerpt

    view = View(500000, 4999700, 500400, 5000000, 1e9)
    with pytest.raises(ExcerptCancelled):
        write_excerpt(str(image), view, str(tmp_path / "cut.tif"), lambda: True)


@pytest.mark.parametrize("edges", [(0, 0, 10, 10), (float("nan"), 0, 10, 10)])
def test_elsewhere_there_is_nothing(qgis_app, image, tmp_path, edges):
    from cloudmamba_qgis.rasters.excerpt import NothingSeen

    with pytest.raises(NothingSeen):
        cut(image, tmp_path / "cut.tif", *edges)
    assert not (tmp_path / "cut.tif").exists()
