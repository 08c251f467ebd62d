"""The review of uncertain regions in a real QGIS: from one to the next, keep, flip, undo, save."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from event_loop import EventLoopWatch
from raster_files import read_raster, write_raster

TAGS = {"MODEL": "cloudmamba-base", "MODEL_VERSION": "1", "SOURCE": "scene.tif"}


def checksum(path):
    return Path(path).read_bytes()


@pytest.fixture
def project(plugin):
    from qgis.core import QgsProject, QgsSettings

    QgsSettings().remove("cloudmamba/review")
    yield QgsProject.instance()
    QgsProject.instance().clear()
    QgsSettings().remove("cloudmamba/review")


@pytest.fixture
def canvas(qgis_app):
    from qgis.gui import QgsMapCanvas

    canvas = QgsMapCanvas()
    canvas.resize(400, 300)
    canvas.show()
    yield canvas
    canvas.hide()


@pytest.fixture
def panel(project, canvas):
    from cloudmamba_qgis.gui.review import ReviewPanel

    panel = ReviewPanel(canvas)
    panel.resize(380, 600)
    panel.show()
    yield panel
    panel.close_for_good()
    panel.hide()
    panel.deleteLater()


@pytest.fixture
def make_layers(project, tmp_path):
    """Adds a mask and its uncertainty in a group above nothing, as a detection leaves them."""
    from cloudmamba_qgis.layers.provenance import describe_layer
    from cloudmamba_qgis.layers.style import apply_style
    from osgeo import gdal
    from qgis.core import QgsRasterLayer

    def make(name="Scene", mask=None, uncertainty=None, **geography):
        folder = tmp_path / name
        folder.mkdir()
        if mask is None:
            mask, uncertainty = example()
        mask_path = write_raster(folder / "mask.tif", mask, 255, **geography)
        dataset = gdal.Open(mask_path, gdal.GA_Update)
        dataset.SetMetadata(TAGS)
        dataset = None
        other = write_raster(folder / "uncertainty.tif", uncertainty, float("nan"), **geography)
        group = project.layerTreeRoot().addGroup(f"{name} clouds")
        layers = []
        for path, title in ((mask_path, "Cloud mask"), (other, "Uncertainty")):
            layer = QgsRasterLayer(path, f"{title} – {name}")
            assert layer.isValid()
            project.addMapLayer(layer, False)
            group.addLayer(layer)
            layers.append(layer)
        apply_style(layers[0], "mask")
        describe_layer(layers[0])
        return layers

    return make


def example():
    """120 x 100 pixels: an uncertain cloud, then half of it clear, then less; and one too small."""
    mask = np.zeros((100, 120), np.uint8)
    uncertainty = np.full((100, 120), 0.1, np.float32)
    mask[10:30, 10:40] = 1
    uncertainty[10:30, 20:40] = 0.8  # 400 cloud pixels
    uncertainty[10:30, 40:50] = 0.9  # 200 clear ones beside them
    uncertainty[60:66, 60:70] = 0.6  # 60 clear pixels
    uncertainty[80:83, 80:83] = 1.0  # 9
    mask[90:, 100:] = 255
    uncertainty[90:, 100:] = np.nan
    return mask, uncertainty


def set_and_wait(qtbot, panel, layers):
    panel.set_layers(*layers)
    wait_for_regions(qtbot, panel)


def wait_for_regions(qtbot, panel):
    qtbot.waitUntil(lambda: panel.session.regions is not None and panel.session.is_idle)


def wait_for_writing(qtbot, panel):
    qtbot.waitUntil(lambda: panel.session.is_idle)


def reviewed_layer(project):
    return next((one for one in project.mapLayers().values() if "Reviewed" in one.name()), None)


def rows(panel):
    regions = panel.list.regions
    return [
        [regions.index(row, column).data() for column in range(5)]
        for row in range(regions.rowCount())
    ]


def test_regions_are_listed_the_most_uncertain_first(panel, make_layers, qtbot):
    set_and_wait(qtbot, panel, make_layers())
    assert rows(panel) == [
        ["1", "4.0 ha", "0.80", "cloud", ""],
        ["2", "2.0 ha", "0.90", "clear", ""],
        ["3", "0.60 ha", "0.60", "clear", ""],
    ]
    assert panel.headline.text() == "3 uncertain regions"
    assert not panel.keep_button.isEnabled(), "nothing is looked at yet"


def test_a_search_leaves_the_map_where_it_is(panel, make_layers, canvas, qtbot):
    before = canvas.extent()
    set_and_wait(qtbot, panel, make_layers())
    assert canvas.extent() == before
    assert not panel._marker.is_shown


def test_next_and_previous_zoom_and_highlight(panel, make_layers, canvas, qtbot):
    from qgis.core import QgsRectangle

    layers = make_layers()
    canvas.setDestinationCrs(layers[0].crs())
    set_and_wait(qtbot, panel, layers)
    qtbot.mouseClick(panel.next_button)
    assert panel.headline.text() == "Region 1 of 3"
    assert panel.details.text() == "4.0 ha, mean uncertainty 0.80; the mask says cloud"
    assert panel._marker.is_shown
    assert panel._marker._band.asGeometry().boundingBox() == QgsRectangle(
        500200, 4999700, 500400, 4999900
    )
    assert canvas.extent().contains(QgsRectangle(500050, 4999550, 500550, 5000050))
    assert canvas.extent().width() < 2000
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(panel.next_button)
    assert panel.headline.text() == "Region 3 of 3"
    qtbot.mouseClick(panel.next_button)
    assert panel.headline.text() == "Region 1 of 3", "round and round"
    qtbot.mouseClick(panel.previous_button)
    assert panel.headline.text() == "Region 3 of 3"
    assert panel.list.currentIndex().row() == 2


def test_a_folded_review_outlines_nothing(panel, make_layers, qtbot):
    set_and_wait(qtbot, panel, make_layers())
    panel.go_to(1)
    panel.hide()
    assert not panel._marker.is_shown
    panel.show()
    assert panel._marker.is_shown and panel.session.current == 1


def test_the_list_leads_to_its_region(panel, make_layers, qtbot):
    set_and_wait(qtbot, panel, make_layers())
    line = panel.list.visualRect(panel.list.regions.index(1, 0))
    qtbot.mouseClick(panel.list.viewport(), pos=line.center())
    assert panel.headline.text() == "Region 2 of 3"


def test_the_map_may_have_another_crs(panel, make_layers, canvas, qtbot):
    from qgis.core import QgsCoordinateReferenceSystem

    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    set_and_wait(qtbot, panel, make_layers())
    qtbot.mouseClick(panel.next_button)
    centre = canvas.extent().center()
    assert (centre.x(), centre.y()) == pytest.approx((15.00382, 45.15168), abs=1e-4)
    assert panel._marker._band.asGeometry().boundingBox().contains(centre)


def test_keep_and_flip_go_on_to_the_next_and_change_only_a_copy(panel, make_layers, project, qtbot):
    mask, uncertainty = make_layers()
    before = checksum(mask.source())
    set_and_wait(qtbot, panel, (mask, uncertainty))
    qtbot.mouseClick(panel.next_button)
    assert panel.flip_button.text() == "Make Clear"
    qtbot.mouseClick(panel.flip_button)
    assert panel.headline.text() == "Region 2 of 3"
    assert (panel.keep_button.text(), panel.flip_button.text()) == ("Keep Clear", "Make Cloud")
    qtbot.mouseClick(panel.keep_button)
    qtbot.mouseClick(panel.flip_button)
    assert panel._words.text == "All regions are reviewed."
    assert panel.progress.text() == "3 of 3 reviewed"
    assert [row[4] for row in rows(panel)] == ["now clear", "kept", "now cloud"]
    wait_for_writing(qtbot, panel)
    expected = example()[0]
    expected[10:30, 20:40] = 0
    expected[60:66, 60:70] = 1
    np.testing.assert_array_equal(read_raster(reviewed_layer(project).source())[0], expected)
    assert checksum(mask.source()) == before
    block = reviewed_layer(project).dataProvider().block(1, mask.extent(), 120, 100)
    assert (block.value(15, 25), block.value(62, 62)) == (0, 1), "QGIS shows what is new"


def test_the_copy_is_a_layer_of_the_group_with_style_and_provenance(
    panel, make_layers, project, qtbot
):
    mask, uncertainty = make_layers()
    set_and_wait(qtbot, panel, (mask, uncertainty))
    qtbot.mouseClick(panel.next_button)
    assert reviewed_layer(project) is None, "no copy before there is something to change"
    qtbot.mouseClick(panel.flip_button)
    wait_for_writing(qtbot, panel)
    layer = reviewed_layer(project)
    root = project.layerTreeRoot()
    assert layer.name() == "Reviewed: Cloud mask – Scene"
    names = [node.name() for node in root.findLayer(layer.id()).parent().children()]
    assert names == ["Reviewed: Cloud mask – Scene", "Cloud mask – Scene", "Uncertainty – Scene"]
    assert root.findLayer(layer.id()).itemVisibilityChecked()
    assert not root.findLayer(mask.id()).itemVisibilityChecked()
    labels = [entry.label for entry in layer.renderer().classes()]
    assert labels == [entry.label for entry in mask.renderer().classes()]
    *detection, review = layer.metadata().history()
    # The first line has the time of the file, which says none itself.
    assert detection[1:] == mask.metadata().history()[1:] and "Model: cloudmamba-base" in detection
    assert review.endswith(
        ": reviewed by hand where the uncertainty is 0.50 or more; regions reviewed: 1, changed: 1"
    )


def test_the_cloud_cover_follows_the_review(panel, make_layers, qtbot):
    heard = []
    panel.cover_changed.connect(lambda: heard.append(panel.reviewed_percent))
    set_and_wait(qtbot, panel, make_layers())
    assert panel.reviewed_percent is None
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(panel.flip_button)
    # 600 of 11,800 pixels were cloud, of which 400 are clear now.
    assert panel.reviewed_percent == pytest.approx(100 * 200 / 11800) == heard[-1]
    panel.smallest.setValue(30)
    wait_for_regions(qtbot, panel)
    assert panel.reviewed_percent == pytest.approx(100 * 200 / 11800)
    qtbot.mouseClick(panel.undo_button)
    assert panel.reviewed_percent is None


def test_undo_takes_back_one_decision_after_the_other(panel, make_layers, project, qtbot):
    set_and_wait(qtbot, panel, make_layers())
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(panel.flip_button)
    qtbot.mouseClick(panel.keep_button)
    qtbot.mouseClick(panel.undo_button)
    assert panel.headline.text() == "Region 2 of 3"
    assert [row[4] for row in rows(panel)] == ["now clear", "", ""]
    qtbot.mouseClick(panel.undo_button)
    assert panel.headline.text() == "Region 1 of 3"
    assert not panel.undo_button.isEnabled() and not panel.save_button.isEnabled()
    wait_for_writing(qtbot, panel)
    np.testing.assert_array_equal(read_raster(reviewed_layer(project).source())[0], example()[0])


def test_another_decision_about_the_same_region_replaces_the_first(
    panel, make_layers, project, qtbot
):
    set_and_wait(qtbot, panel, make_layers())
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(panel.flip_button)
    qtbot.mouseClick(panel.previous_button)
    qtbot.mouseClick(panel.keep_button)
    wait_for_writing(qtbot, panel)
    assert [row[4] for row in rows(panel)] == ["kept", "", ""]
    np.testing.assert_array_equal(read_raster(reviewed_layer(project).source())[0], example()[0])


def test_keys(panel, make_layers, qgis_app, qtbot):
    from qgis.PyQt.QtCore import Qt

    set_and_wait(qtbot, panel, make_layers())
    panel.activateWindow()
    panel.list.setFocus()
    qtbot.waitUntil(panel.list.hasFocus)
    for key, expected in (
        (Qt.Key.Key_N, "Region 1 of 3"),
        (Qt.Key.Key_F, "Region 2 of 3"),
        (Qt.Key.Key_K, "Region 3 of 3"),
        (Qt.Key.Key_P, "Region 2 of 3"),
        (Qt.Key.Key_U, "Region 2 of 3"),
        (Qt.Key.Key_U, "Region 1 of 3"),
    ):
        qtbot.keyClick(panel.list, key)
        assert panel.headline.text() == expected


@pytest.mark.parametrize("decision", ["keep", "flip"])
def test_a_new_search_leaves_out_what_was_decided(panel, make_layers, decision, qtbot):
    set_and_wait(qtbot, panel, make_layers())
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(getattr(panel, f"{decision}_button"))
    panel.smallest.setValue(5)
    wait_for_regions(qtbot, panel)
    assert len(rows(panel)) == 2 and panel._words.text.startswith(
        "Narrow edges of clouds left out: 1"
    )
    panel.with_edges.setChecked(True)
    wait_for_regions(qtbot, panel)
    assert [row[:4] for row in rows(panel)] == [
        ["1", "2.0 ha", "0.90", "clear"],
        ["2", "0.60 ha", "0.60", "clear"],
        ["3", "0.09 ha", "1.00", "clear"],
    ]
    panel.threshold.setValue(0.85)
    wait_for_regions(qtbot, panel)
    assert [row[2] for row in rows(panel)] == ["0.90", "1.00"]
    qtbot.mouseClick(panel.undo_button)
    wait_for_writing(qtbot, panel)
    assert not panel.undo_button.isEnabled(), "it is taken back, though no longer in the list"


def test_nothing_uncertain(panel, make_layers, qtbot):
    panel.threshold.setValue(1.0)
    set_and_wait(qtbot, panel, make_layers())
    assert panel._words.text == (
        "No region is uncertain: none of 20 pixels or more reaches an uncertainty of 1.00."
    )
    assert not panel.next_button.isEnabled()


def test_different_grids_are_one_sentence(panel, make_layers, qtbot):
    mask, _ = make_layers()
    _, other = make_layers("Other", transform=(500005, 10, 0, 5000000, 0, -10))
    panel.set_layers(mask, other)
    qtbot.waitUntil(lambda: "different grids" in panel._words.text)
    assert panel._words.text == (
        "The mask and the uncertainty lie on different grids: choose the two layers of one "
        "detection."
    )
    assert panel.session.is_idle and rows(panel) == []


def test_without_crs_sizes_are_pixels(panel, make_layers, qtbot):
    set_and_wait(qtbot, panel, make_layers(epsg=0))
    qtbot.mouseClick(panel.next_button)
    assert panel.details.text() == "400 px, mean uncertainty 0.80; the mask says cloud"
    assert panel._marker.is_shown


def test_degrees_are_measured_on_the_ellipsoid(panel, make_layers, qtbot):
    # 400 pixels of 0.001 degrees at 60° north: 111.4 m x 55.8 m each.
    set_and_wait(qtbot, panel, make_layers(epsg=4326, transform=(10, 0.001, 0, 60.02, 0, -0.001)))
    assert rows(panel)[0][1] == "2.5 km²"


def save(qtbot, panel, path):
    panel.save_to(str(path))
    qtbot.waitUntil(lambda: panel.session.is_idle)


def test_save_makes_a_file_of_its_own_that_the_layer_shows(
    panel, make_layers, project, tmp_path, qtbot
):
    from osgeo import gdal

    mask, uncertainty = make_layers()
    set_and_wait(qtbot, panel, (mask, uncertainty))
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(panel.flip_button)
    path = tmp_path / "saved.tif"
    save(qtbot, panel, path)
    assert panel._words.text == f"Saved as {path}"
    dataset = gdal.Open(str(path))
    tags = dataset.GetMetadata_Dict()
    assert tags["MODEL"] == "cloudmamba-base"
    assert float(tags["CLOUD_PERCENT"]) == pytest.approx(100 * 200 / 11800, abs=1e-3)
    assert "changed: 1" in tags["REVIEW"]
    assert dataset.GetRasterBand(1).GetNoDataValue() == 255
    assert path.with_suffix(".qml").exists()
    layer = reviewed_layer(project)
    assert layer.source() == str(path)
    saved = checksum(path)
    qtbot.mouseClick(panel.flip_button)
    wait_for_writing(qtbot, panel)
    assert checksum(path) == saved, "later decisions do not change it"
    assert layer.source() != str(path)


def flipped(qtbot, panel, layers, project):
    """The reviewed layer of masks whose first region was made clear."""
    set_and_wait(qtbot, panel, layers)
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(panel.flip_button)
    wait_for_writing(qtbot, panel)
    return reviewed_layer(project)


def test_a_flipped_shadow_becomes_cloud(panel, make_layers, project, qtbot):
    mask, uncertainty = example()
    mask[10:30, 20:40] = 2
    layer = flipped(qtbot, panel, make_layers(mask=mask, uncertainty=uncertainty), project)
    assert (read_raster(layer.source())[0][10:30, 10:40] == 1).all()
    assert panel.reviewed_percent == pytest.approx(100 * 600 / 11800)


def test_a_decision_while_it_is_saved_is_not_saved_yet(
    panel, make_layers, project, tmp_path, monkeypatch, qtbot
):
    from cloudmamba_qgis.gui.review import session

    may_end, write = threading.Event(), session.save_tagged
    monkeypatch.setattr(session, "save_tagged", lambda *given: (may_end.wait(60), write(*given)))
    layer = flipped(qtbot, panel, make_layers(), project)
    path = str(tmp_path / "saved.tif")
    panel.save_to(path)
    qtbot.mouseClick(panel.flip_button)
    may_end.set()
    wait_for_writing(qtbot, panel)
    assert panel.session.has_unsaved and layer.source() != path


@pytest.fixture
def saver(plugin):
    """What the message bar's Save… works with."""
    from cloudmamba_qgis.gui.one_click.saving import ResultSaver

    saver = ResultSaver()
    yield saver
    saver.close()


def test_saved_with_other_results_it_tells_of_its_review_too(
    panel, make_layers, project, saver, tmp_path, qtbot
):
    from osgeo import gdal

    layers = make_layers()
    dataset = gdal.Open(layers[0].source(), gdal.GA_Update)
    dataset.SetMetadata({**TAGS, "CLOUD_PERCENT": "5.0847", "SHADOW_PERCENT": "0.0000"})
    dataset = None
    layer = flipped(qtbot, panel, layers, project)
    assert "CLOUD_PERCENT" not in gdal.Open(layer.source()).GetMetadata_Dict()
    qtbot.mouseClick(panel.keep_button)
    saver.save([layer], tmp_path)
    qtbot.waitUntil(lambda: saver.is_idle)
    assert layer.source() == str(tmp_path / "Reviewed_ Cloud mask – Scene.tif")
    tags = gdal.Open(layer.source()).GetMetadata_Dict()
    assert "regions reviewed: 2, changed: 1" in tags["REVIEW"]
    assert float(tags["CLOUD_PERCENT"]) == pytest.approx(100 * 200 / 11800, abs=1e-3)
    assert tags["SHADOW_PERCENT"] == "0.0000", "it was looked for"
    by_review = tmp_path / "own.tif"
    save(qtbot, panel, by_review)
    assert gdal.Open(str(by_review)).GetMetadata_Dict().keys() == tags.keys()
    qtbot.mouseClick(panel.undo_button)
    qtbot.mouseClick(panel.undo_button)
    wait_for_writing(qtbot, panel)
    saver.save([layer], tmp_path)
    qtbot.waitUntil(lambda: saver.is_idle)
    assert "REVIEW" not in gdal.Open(layer.source()).GetMetadata_Dict(), "all is taken back"


def test_a_decision_while_others_save_it_stays_on_the_map(
    panel, make_layers, project, saver, tmp_path, monkeypatch, qtbot
):
    from cloudmamba_qgis.gui.one_click import saving

    may_end, write = threading.Event(), saving._write
    monkeypatch.setattr(saving, "_write", lambda *copy: (write(*copy), may_end.wait(60)))
    layer = flipped(qtbot, panel, make_layers(), project)
    with qtbot.waitSignal(saver.saved) as saved:
        saver.save([layer], tmp_path)
        qtbot.waitUntil(lambda: list(tmp_path.glob("Reviewed*.tif")))
        qtbot.mouseClick(panel.undo_button)
        wait_for_writing(qtbot, panel)
        may_end.set()
    (path,), changed = saved.args
    assert changed == [layer.name()] and layer.source() != path
    np.testing.assert_array_equal(read_raster(layer.source())[0], example()[0])
    assert read_raster(path)[0][20, 30] == 0, "as when the saving began"
    assert Path(path).with_suffix(".qml").exists()


@pytest.mark.parametrize("which", [0, 1])
def test_the_detection_is_never_replaced(panel, make_layers, which, qtbot):
    layers = make_layers()
    before = checksum(layers[which].source())
    set_and_wait(qtbot, panel, layers)
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(panel.keep_button)
    save(qtbot, panel, layers[which].source())
    assert "choose another name" in panel._words.text
    assert checksum(layers[which].source()) == before


def test_a_folder_that_is_gone_is_a_sentence(panel, make_layers, tmp_path, qtbot):
    set_and_wait(qtbot, panel, make_layers())
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(panel.keep_button)
    save(qtbot, panel, tmp_path / "gone" / "saved.tif")
    assert panel._words.text.startswith("The reviewed mask could not be written")


def test_what_cannot_be_written_is_not_decided(panel, make_layers, project, qtbot):
    set_and_wait(qtbot, panel, make_layers())
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(panel.flip_button)
    wait_for_writing(qtbot, panel)
    before = panel.session.cloud_percent
    Path(reviewed_layer(project).source()).unlink()
    for button in (panel.flip_button, panel.undo_button):  # of the second region, and the first
        qtbot.mouseClick(button)
        wait_for_writing(qtbot, panel)
        assert panel._words.text.startswith("The reviewed mask could not be written")
        assert [row[4] for row in rows(panel)] == ["now clear", "", ""]
        assert panel.session.cloud_percent == before


@pytest.mark.parametrize("which", [0, 1])
def test_a_layer_that_is_removed_ends_the_review(panel, make_layers, project, which, qtbot):
    layers = make_layers()
    set_and_wait(qtbot, panel, layers)
    qtbot.mouseClick(panel.next_button)
    project.removeMapLayer(layers[which])
    assert panel.session is None and rows(panel) == []
    assert not panel._marker.is_shown
    assert panel._words.text == "Mask the clouds of the image to review its mask here."


def test_project_closed_while_it_searches_and_writes(panel, make_layers, project, qtbot):
    layers = make_layers()
    panel.set_layers(*layers)
    project.clear()
    assert panel.session is None
    layers = make_layers("Other")
    set_and_wait(qtbot, panel, layers)
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(panel.flip_button)
    project.clear()
    assert panel.session is None and project.mapLayers() == {}
    qtbot.waitUntil(lambda: count_of_tasks() == 0)
    assert project.mapLayers() == {}


def test_a_search_cancelled_in_the_list_of_tasks_is_told(panel, make_layers, monkeypatch, qtbot):
    from cloudmamba_qgis.gui.review import session
    from cloudmamba_qgis.rasters.blocks import stop_if_cancelled
    from qgis.core import QgsApplication

    def go_on_for_ever(*arguments):
        while True:
            stop_if_cancelled(arguments[-1])
            time.sleep(0.01)

    with monkeypatch.context() as patched:
        patched.setattr(session, "find_uncertain_regions", go_on_for_ever)
        panel.set_layers(*make_layers())
        qtbot.waitUntil(lambda: count_of_tasks() == 1)
        QgsApplication.taskManager().cancelAll()
        qtbot.waitUntil(lambda: panel.session.is_idle)
    assert panel._words.text.startswith("The search was cancelled")
    panel.threshold.setValue(0.6)
    wait_for_regions(qtbot, panel)
    assert rows(panel) and panel._words.text == ""


def test_an_unforeseen_failure_is_told(panel, make_layers, monkeypatch, qtbot):
    from cloudmamba_qgis.gui.review import session

    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(session, "find_uncertain_regions", fail)
    panel.set_layers(*make_layers())
    qtbot.waitUntil(lambda: panel._words.text == "MemoryError")
    assert panel.session.is_idle


def count_of_tasks():
    from qgis.core import QgsApplication

    return QgsApplication.taskManager().countActiveTasks()


def test_a_removed_copy_starts_the_review_anew(panel, make_layers, project, qtbot):
    set_and_wait(qtbot, panel, make_layers())
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(panel.flip_button)
    wait_for_writing(qtbot, panel)
    project.removeMapLayer(reviewed_layer(project))
    wait_for_regions(qtbot, panel)
    assert len(rows(panel)) == 3 and not panel.undo_button.isEnabled()


def test_each_mask_keeps_its_review(panel, make_layers, qtbot):
    first, second = make_layers(), make_layers("Other")
    set_and_wait(qtbot, panel, first)
    qtbot.mouseClick(panel.next_button)
    qtbot.mouseClick(panel.keep_button)
    set_and_wait(qtbot, panel, second)
    assert [row[4] for row in rows(panel)] == ["", "", ""]
    panel.set_layers(*first)
    assert [row[4] for row in rows(panel)] == ["kept", "", ""]
    assert panel.headline.text() == "Region 2 of 3"
    panel.set_layers(None, None)
    assert rows(panel) == [] and not panel.save_button.isEnabled()


def test_it_searches_only_when_seen(panel, make_layers, qtbot):
    panel.hide()
    panel.set_layers(*make_layers())
    assert panel.session.is_idle and panel.session.regions is None
    panel.show()
    wait_for_regions(qtbot, panel)


def test_a_layer_that_is_no_file_is_a_sentence(panel, make_layers, project):
    from qgis.core import QgsRasterLayer

    mask, _ = make_layers()
    remote = QgsRasterLayer("type=xyz&url=file:///none/{z}/{x}/{y}.png", "Tiles", "wms")
    panel.set_layers(mask, remote)
    assert "comes from the source 'wms'" in panel._words.text
    assert panel.session is None


@pytest.mark.quiet
def test_large_rasters_do_not_block_the_window(panel, make_layers, project, qtbot):
    random = np.random.default_rng(0)
    coarse = random.random((512, 512)).astype(np.float32)
    uncertainty = np.kron(coarse, np.ones((8, 8), np.float32))
    uncertainty += 0.2 * random.random(uncertainty.shape, np.float32) - 0.1
    mask = np.kron((random.random((64, 64)) < 0.5).astype(np.uint8), np.ones((64, 64), np.uint8))
    layers = make_layers(mask=mask, uncertainty=uncertainty)
    with EventLoopWatch() as watch:
        panel.set_layers(*layers)
        qtbot.waitUntil(lambda: panel.session.regions is not None)
        qtbot.mouseClick(panel.next_button)
        qtbot.mouseClick(panel.flip_button)
        qtbot.waitUntil(lambda: panel.session.is_idle)
        qtbot.mouseClick(panel.undo_button)
        qtbot.waitUntil(lambda: panel.session.is_idle)
    print(f"blocked for {watch.blocked_ms:.0f} ms")
    assert panel.list.regions.rowCount() == 1000
    assert panel._words.text.startswith("These are the 1000 most uncertain of ")
    assert watch.blocked_ms < 100


@pytest.mark.parametrize("replaces", [False, True])
def test_a_name_without_an_ending_replaces_nothing_unasked(
    panel, make_layers, tmp_path, replaces, qtbot
):
    from clicking import answer_save_dialog

    set_and_wait(qtbot, panel, make_layers())
    panel.go_to(0)
    qtbot.mouseClick(panel.flip_button)
    wait_for_writing(qtbot, panel)
    saved = tmp_path / "reviewed.tif"
    saved.write_text("mine")
    asked = answer_save_dialog(str(tmp_path / "reviewed"), replaces)
    qtbot.mouseClick(panel.save_button)
    wait_for_writing(qtbot, panel)
    assert asked and "reviewed.tif" in asked[0]
    assert (saved.read_bytes() == b"mine") is not replaces
    assert not (tmp_path / "reviewed").exists()


def test_the_map_goes_to_a_region_of_a_mask_that_lies_nowhere(panel, make_layers, canvas, qtbot):
    """QGIS shows it below zero."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle

    canvas.setDestinationCrs(QgsCoordinateReferenceSystem())
    set_and_wait(qtbot, panel, make_layers(transform=None, epsg=None))
    panel.go_to(0)
    assert canvas.extent().contains(QgsRectangle(20, -30, 40, -10))
