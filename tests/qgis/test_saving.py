"""Results that last: saved by a button, beside the image, and a warning before they are lost."""

import shutil
from pathlib import Path

import pytest
from clicking import is_over, mask, results_of, tree
from processing_helpers import names
from vector_files import features, zones_layer


@pytest.fixture
def keep(window, project):
    from cloudmamba_qgis.gui.one_click.saving import KeepResults

    keep = KeepResults(window)
    yield keep
    keep.close()


@pytest.fixture
def one_click(fake_engine, window, keep):
    from cloudmamba_qgis.gui.one_click.one_click import OneClick

    one_click = OneClick(window, None, keep)
    yield one_click
    one_click.close()


@pytest.fixture
def beside_image(plugin):
    from cloudmamba_qgis.settings import SAVES_BESIDE_IMAGE

    SAVES_BESIDE_IMAGE.set(True)
    yield
    SAVES_BESIDE_IMAGE.set(False)


def choose(monkeypatch, folder):
    from qgis.PyQt.QtWidgets import QFileDialog

    asked = []

    def answer(parent, title, first):
        asked.append(first)
        return str(folder)

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", answer)
    return asked


def is_lost(layer):
    from cloudmamba_qgis.layers.result_files import ends_with_qgis

    return ends_with_qgis(layer)


def test_saved_results_are_the_ones_on_the_map(
    one_click, keep, window, add_layer, project, tmp_path, monkeypatch, qtbot
):
    target = tmp_path / "kept"
    target.mkdir()
    (target / "Uncertainty – Scene.tif").write_text("mine")
    layer = add_layer()
    mask(qtbot, one_click, window, layer)
    clouds = project.mapLayersByName("Cloud mask – Scene")[0]
    before = Path(clouds.source()).read_bytes()
    asked = choose(monkeypatch, target)
    qtbot.mouseClick(window.button("Save…"))
    qtbot.waitUntil(lambda: keep.saver.is_idle and not is_lost(clouds))
    assert asked == [str(Path(layer.source()).parent)]
    assert names(target) == [
        "Cloud mask – Scene.qml",
        "Cloud mask – Scene.tif",
        "Uncertainty – Scene (2).qml",
        "Uncertainty – Scene (2).tif",
        "Uncertainty – Scene.tif",
    ]
    assert (target / "Uncertainty – Scene.tif").read_text() == "mine"
    assert Path(clouds.source()).read_bytes() == before
    assert clouds.renderer().type() == "paletted" and clouds.isValid()
    assert "Files saved in" in window.message.text()


def test_layers_of_one_name_are_files_of_their_own(
    one_click, keep, window, add_layer, project, tmp_path, monkeypatch, qtbot
):
    layers = [add_layer("A"), add_layer("B")]
    for layer in layers:
        layer.setName("stack")
    mask(qtbot, one_click, window, *layers)
    target = tmp_path / "kept"
    target.mkdir()
    choose(monkeypatch, target)
    keep.save_all()
    qtbot.waitUntil(lambda: keep.saver.is_idle)
    clouds = project.mapLayersByName("Cloud mask – stack")
    assert {Path(one.source()).name for one in clouds} == {
        "Cloud mask – stack.tif", "Cloud mask – stack (2).tif",
    }  # fmt: skip
    assert len([name for name in names(target) if name.endswith(".tif")]) == 4
    assert window.message.text().endswith(": 4")


def test_a_project_with_saved_results_opens_as_it_was(
    one_click, keep, window, add_layer, project, tmp_path, monkeypatch, qtbot
):
    from qgis.core import QgsProcessingUtils, QgsProject

    mask(qtbot, one_click, window, add_layer())
    choose(monkeypatch, tmp_path)
    qtbot.mouseClick(window.button("Save…"))
    qtbot.waitUntil(lambda: keep.saver.is_idle)
    path = str(tmp_path / "project.qgz")
    assert project.write(path)
    shutil.rmtree(QgsProcessingUtils.tempFolder())
    Path(QgsProcessingUtils.tempFolder()).mkdir(parents=True, exist_ok=True)
    again = QgsProject()
    assert again.read(path)
    assert tree(again.layerTreeRoot()) == [results_of("Scene"), ("Scene", True)]
    assert all(layer.isValid() for layer in again.mapLayers().values())


def test_to_save_a_project_with_temporary_results_warns(
    one_click, keep, window, add_layer, project, tmp_path, monkeypatch, qtbot
):
    mask(qtbot, one_click, window, add_layer())
    assert project.write(str(tmp_path / "project.qgz"))
    assert window.message.text() == (
        "2 cloud layers of this project are temporary: they are lost when QGIS ends."
    )
    choose(monkeypatch, tmp_path)
    qtbot.mouseClick(window.button("Save…"))
    qtbot.waitUntil(lambda: keep.saver.is_idle and "saved" in window.message.text())
    assert project.write(str(tmp_path / "project.qgz"))
    assert "temporary" not in window.message.text()


def test_temporary_tables_are_results_that_can_be_saved(
    keep, window, project, tmp_path, monkeypatch, qtbot
):
    from cloudmamba_qgis.layers.area_layer import AreaLayerFinisher
    from qgis.core import (
        QgsProcessingContext,
        QgsProcessingFeedback,
        QgsProcessingUtils,
        QgsVectorFileWriter,
        QgsVectorLayer,
    )

    path = QgsProcessingUtils.generateTempFilename("areas.gpkg")
    zones = zones_layer("Polygon ((0 0, 10 0, 10 10, 0 0))", "Polygon ((0 0, 5 0, 5 5, 0 0))")
    for action, table in (
        (QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteFile, "other"),
        (QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer, "areas"),
    ):
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.layerName, options.actionOnExistingFile = table, action
        context = project.transformContext()
        QgsVectorFileWriter.writeAsVectorFormatV3(zones, path, context, options)
    layer = QgsVectorLayer(f"{path}|layername=areas", "Areas by date", "ogr")
    layer.startEditing()
    assert layer.changeAttributeValue(1, layer.fields().indexOf("name"), "edited")
    assert layer.commitChanges()
    finisher = AreaLayerFinisher()
    finisher.postProcessLayer(layer, QgsProcessingContext(), QgsProcessingFeedback())
    project.addMapLayer(layer)
    assert project.write(str(tmp_path / "project.qgz"))
    assert window.message.text().startswith("1 cloud layers of this project are temporary")
    (tmp_path / "Areas by date.gpkg").write_text("mine")
    choose(monkeypatch, tmp_path)
    qtbot.mouseClick(window.button("Save…"))
    qtbot.waitUntil(lambda: keep.saver.is_idle and not is_lost(layer))
    assert layer.isValid() and layer.source() == str(tmp_path / "Areas by date (2).gpkg")
    assert [values["name"] for values, _ in features(layer)] == ["edited", "zone 2"]
    assert layer.renderer().type() == "graduatedSymbol"
    assert (tmp_path / "Areas by date.gpkg").read_text() == "mine"


def test_a_folder_that_is_gone_is_a_sentence(
    one_click, keep, window, add_layer, project, tmp_path, monkeypatch, qtbot
):
    mask(qtbot, one_click, window, add_layer())
    clouds = project.mapLayersByName("Cloud mask – Scene")[0]
    choose(monkeypatch, tmp_path / "gone")
    qtbot.mouseClick(window.button("Save…"))
    qtbot.waitUntil(lambda: keep.saver.is_idle and "gone" in window.message.text())
    assert is_lost(clouds) and clouds.isValid()


def test_beside_the_image_nothing_is_replaced(
    one_click, window, add_layer, project, beside_image, image, qtbot
):
    layer = add_layer()
    mine = image.parent / "Cloud mask – Scene.tif"
    mine.write_text("mine")
    mask(qtbot, one_click, window, layer)
    sources = {one.source() for one in project.mapLayers().values() if one is not layer}
    assert sources == {
        str(image.parent / "Cloud mask – Scene (2).tif"),
        str(image.parent / "Uncertainty – Scene.tif"),
    }
    assert mine.read_text() == "mine"
    from qgis.PyQt.QtWidgets import QPushButton

    texts = [button.text() for button in window.message.findChildren(QPushButton)]
    assert "Save…" not in texts, "they are kept already"
    assert is_over(window)


def test_a_change_while_it_is_saved_is_told(keep, window, add_layer, project, tmp_path):
    keep.saver.saved.emit([str(tmp_path / "a.tif")], [])
    assert window.message.text() == f"Files saved in {tmp_path}: 1"
    keep.saver.saved.emit([str(tmp_path / "a.tif"), str(tmp_path / "b.tif")], ["Cloud mask – B"])
    assert window.message.text() == (
        f"Files saved in {tmp_path}: 2 – later changes of these layers are not in them: Cloud mask – B"
    )
    assert window.button("Save…")


def test_saved_results_stay_where_the_image_was_put(
    one_click, keep, window, add_layer, project, tmp_path, qtbot
):
    from qgis.core import QgsCoordinateReferenceSystem

    layer = add_layer()
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32634"))
    mask(qtbot, one_click, window, layer)
    results = [one for one in project.mapLayers().values() if one is not layer]
    keep.saver.save(results, tmp_path)
    qtbot.waitUntil(lambda: keep.saver.is_idle)
    assert all(Path(one.source()).parent == tmp_path for one in results)
    assert {one.crs().authid() for one in results} == {"EPSG:32634"}


def with_preview(project, image, path):
    """A preview of the image on the map, in a file of its own."""
    from cloudmamba_qgis.layers.placement import place_preview
    from qgis.core import QgsRasterLayer

    preview = QgsRasterLayer(str(shutil.copyfile(image.source(), path)), "Preview")
    place_preview(image, preview)


def test_a_saved_project_has_no_preview(keep, add_layer, project, tmp_path):
    from qgis.core import QgsProject

    alone, with_other = add_layer("A"), add_layer("B")
    with_preview(project, alone, tmp_path / "a.tif")
    with_preview(project, with_other, tmp_path / "b.tif")
    root = project.layerTreeRoot()
    other = add_layer("C")
    root.findGroup("B clouds").addLayer(other)
    root.removeChildNode(root.children()[0])
    path = str(tmp_path / "project.qgz")
    assert project.write(path) and not project.isDirty()
    wanted = [("B clouds", True, [("C", True)]), ("B", True), ("A", True)]
    assert tree(root) == wanted
    again = QgsProject()
    assert again.read(path)
    assert tree(again.layerTreeRoot()) == wanted
    assert sorted(one.name() for one in again.mapLayers().values()) == ["A", "B", "C"]
