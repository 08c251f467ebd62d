"""What happens to runs and previews when the world around them changes, with the fake engine."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from clicking import begin, is_over, mask, request_of, results_of, tree
from event_loop import EventLoopWatch
from file_server import FileServer
from raster_files import read_raster, write_raster


def is_gone(pid):
    return not os.path.exists(f"/proc/{pid}")


def add(project, window, source, name="Scene"):
    """A layer of that source, active and filling the map."""
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(str(source), name)
    assert layer.isValid(), source
    project.addMapLayer(layer)
    window.active = layer
    window.canvas.setDestinationCrs(layer.crs())
    window.canvas.setExtent(layer.extent())
    return layer


# Layers that are no plain file


def in_a_geopackage(image, folder):
    from osgeo import gdal

    path = folder / "images.gpkg"
    pictures = gdal.Translate(
        "", str(image), format="MEM", outputType=gdal.GDT_Byte, scaleParams=[[]]
    )
    for table in ("one", "two"):
        options = [f"RASTER_TABLE={table}", "APPEND_SUBDATASET=YES"]
        gdal.Translate(str(path), pictures, format="GPKG", creationOptions=options)
    return f"GPKG:{path}:two"


def in_a_virtual_raster(image, folder):
    """Of single bands, by relative paths."""
    from osgeo import gdal

    for number in range(1, 5):
        gdal.Translate(str(folder / f"B0{number}.tif"), str(image), bandList=[number])
    path = folder / "stack.vrt"
    bands = [str(folder / f"B0{number}.tif") for number in range(1, 5)]
    gdal.BuildVRT(str(path), bands, separate=True).FlushCache()
    assert 'relativeToVRT="1"' in path.read_text()
    return str(path)


def in_an_archive(image, folder):
    import zipfile

    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        archive.write(image, "image.tif")
    return f"/vsizip/{folder}/images.zip/image.tif"


@pytest.mark.parametrize("of", [in_a_geopackage, in_a_virtual_raster, in_an_archive])
@pytest.mark.parametrize("how", ["one click", "preview"])
def test_layers_that_are_no_plain_file(
    one_click, preview, window, project, image, tmp_path, of, how, qtbot
):
    layer = add(project, window, of(image, tmp_path))
    if how == "one click":
        mask(qtbot, one_click, window, layer)
        assert tree(project.layerTreeRoot()) == [results_of("Scene"), ("Scene", True)]
        assert request_of(tmp_path)["input_path"] == layer.source()
    else:
        preview.preview_active()
        qtbot.waitUntil(lambda: window.message and "cloud in this view" in window.message.text())
        assert tree(project.layerTreeRoot())[0][0] == "Scene clouds"


@pytest.fixture
def far_away(tmp_path):
    """A server, and the address of an image of 600 x 600 pixels there."""
    folder = tmp_path / "served"
    folder.mkdir()
    values = np.random.default_rng(1).integers(300, 3000, (4, 600, 600), np.uint16)
    write_raster(folder / "image.tif", values)
    with FileServer(folder) as server:
        yield server, f"/vsicurl/{server.url}/image.tif"


def test_a_remote_layer(one_click, preview, window, project, far_away, tmp_path, qtbot):
    _, source = far_away
    layer = add(project, window, source)
    preview.preview_active()
    qtbot.waitUntil(lambda: window.message and "cloud in this view" in window.message.text())
    mask(qtbot, one_click, window, layer)
    assert tree(project.layerTreeRoot()) == [results_of("Scene"), ("Scene", True)]
    assert request_of(tmp_path)["input_path"] == source


@pytest.mark.quiet
def test_a_slow_server_does_not_block_the_window(
    preview, window, project, far_away, tmp_path, qtbot
):
    from osgeo import gdal

    server, source = far_away
    add(project, window, source)
    gdal.VSICurlClearCache()
    server.delay_s = 0.5
    with EventLoopWatch() as watch:
        preview.preview_active()
        qtbot.waitUntil(lambda: window.message and "cloud in this view" in window.message.text())
    assert watch.blocked_ms < 100


def test_a_server_that_went_away_is_said(preview, window, project, far_away, qtbot):
    from osgeo import gdal
    from qgis.core import Qgis

    server, source = far_away
    add(project, window, source)
    server.stop()
    gdal.VSICurlClearCache()
    preview.preview_active()
    qtbot.waitUntil(lambda: window.message and window.message.level() == Qgis.MessageLevel.Critical)
    assert source in window.message.text() and "\n" not in window.message.text()


# Two windows


def test_two_windows_at_once(fake_engine, image, tmp_path):
    """Each has an engine of its own; neither disturbs the other."""
    from cloudmamba_qgis.engine_client.locate import find_engine
    from cloudmamba_qgis.engine_client.process import Patience
    from cloudmamba_qgis.engine_client.session import EngineSession

    class Listener:
        def __init__(self):
            self.times = []

        def is_cancelled(self):
            return False

        def progress(self, done, total, message):
            self.times.append(time.monotonic())

        def log(self, level, message):
            assert "Waiting" not in message

    fake_engine("unhurried")
    windows = [EngineSession(Patience()) for _ in range(2)]
    listeners = [Listener() for _ in windows]
    masks = [tmp_path / f"mask_{number}.tif" for number in range(2)]
    with ThreadPoolExecutor(2) as pool:
        outcomes = [
            pool.submit(
                window.detect,
                find_engine(),
                {"input_path": str(image), "mask_path": str(path), "bands": "", "radiometry": ""},
                listener,
            )
            for window, path, listener in zip(windows, masks, listeners, strict=True)
        ]
        assert [outcome.result()["cloud_percent"] for outcome in outcomes] == [12.5, 12.5]
    first, second = listeners
    assert first.times[1] < second.times[-1] and second.times[1] < first.times[-1], "side by side"
    assert all((read_raster(path) == 1).all() for path in masks)
    for window in windows:
        window.stop_and_wait()


# Projects, plugins and QGIS that end


@pytest.mark.parametrize("what", ["run", "preview"])
def test_the_same_project_opened_again_mid_run(
    one_click, preview, window, add_layer, project, fake_engine, tmp_path, what, qtbot
):
    """Its layers have the ids that they had: nothing of before may end up above them."""
    fake_engine("slow")
    layer = add_layer()
    path = str(tmp_path / "project.qgs")
    assert project.write(path)
    if what == "run":
        begin(qtbot, one_click, window, layer)
    else:
        add(project, window, layer.source(), "Scene")
        window.active = layer
        preview.preview_active()
        qtbot.waitUntil(lambda: (tmp_path / "record.json").exists())
    assert project.read(path)
    qtbot.waitUntil(lambda: (tmp_path / "stop.json").exists())
    qtbot.waitUntil(lambda: window.message is None)
    assert tree(project.layerTreeRoot()) == [("Scene", True)]
    fake_engine("normal")
    (layer,) = project.mapLayers().values()
    mask(qtbot, one_click, window, layer)
    assert tree(project.layerTreeRoot()) == [results_of("Scene"), ("Scene", True)]


def test_a_project_switched_while_a_question_is_open(
    one_click, window, add_layer, project, fake_engine, tmp_path, qtbot
):
    fake_engine("puzzled")
    add_layer()
    path = str(tmp_path / "project.qgs")
    assert project.write(path)
    window.selected = list(project.mapLayers().values())
    one_click.mask_selected()
    qtbot.waitUntil(lambda: window.question is not None)
    window.selected = []
    assert project.read(path)
    qtbot.waitUntil(lambda: window.question is None)
    assert tree(project.layerTreeRoot()) == [("Scene", True)]


RELOADS_MID_RUN = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer
application = QgsApplication([], True)
application.initQgis()
sys.path.append(application.pkgDataPath() + "/python/plugins")

def load():
    from cloudmamba_qgis import classFactory
    from cloudmamba_qgis.gui.one_click.detection import LayerDetection
    from cloudmamba_qgis.layers.interpretation import Interpretation
    plugin = classFactory(None)
    plugin.initGui()
    detection = LayerDetection(layer, Interpretation())
    return plugin, detection

def run_until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        application.processEvents()
        time.sleep(0.005)

layer = QgsRasterLayer(sys.argv[2], "Scene")
QgsProject.instance().addMapLayer(layer)
plugin, detection = load()
percents = []
detection.progressed.connect(percents.append)
detection.start()
run_until(lambda: percents and percents[-1] > 1)
detection.cancel()
plugin.unload()
del plugin, detection
for name in [name for name in sys.modules if name.startswith("cloudmamba_qgis")]:
    del sys.modules[name]  # as QGIS does when it reloads a plugin
os.environ["CLOUDMAMBA_FAKE"] = "normal"
first = json.loads(open(os.environ["CLOUDMAMBA_FAKE_RECORD"]).read())["pid"]
plugin, detection = load()
ended = []
detection.ended.connect(lambda: ended.append(detection.succeeded))
detection.start()
run_until(lambda: ended)
second = json.loads(open(os.environ["CLOUDMAMBA_FAKE_RECORD"]).read())["pid"]
run_until(lambda: not os.path.exists(f"/proc/{first}"))
print(ended, first != second)
plugin.unload()
application.exitQgis()
"""

CLOSES_MID_PREVIEW = """
import sys
sys.path.insert(0, sys.argv[1])
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer
application = QgsApplication([], True)
application.initQgis()
sys.path.append(application.pkgDataPath() + "/python/plugins")
from cloudmamba_qgis import classFactory
plugin = classFactory(None)
plugin.initGui()
from cloudmamba_qgis.engine_client.locate import find_engine
from cloudmamba_qgis.gui.one_click.detection import DetectionOptions
from cloudmamba_qgis.gui.preview.detection import PreviewDetection
from cloudmamba_qgis.layers.interpretation import Interpretation
from cloudmamba_qgis.rasters.excerpt import View
layer = QgsRasterLayer(sys.argv[2], "Scene")
QgsProject.instance().addMapLayer(layer)
view = View(500000, 4999700, 500400, 5000000, 1e6)
detection = PreviewDetection(layer, view, find_engine(), Interpretation(), DetectionOptions())
detection.progressed.connect(lambda percent: percent > 1 and application.quit())
detection.start()
application.exec()
print(detection.mask_path, detection._excerpt)
QgsApplication.taskManager().cancelAll()
plugin.unload()
application.exitQgis()
"""


def run_script(script, staged_plugin, image, tmp_path):
    environment = {**os.environ, "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "profile")}
    ended = subprocess.run(
        [sys.executable, "-c", script, str(staged_plugin.parent), str(image)],
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
        env=environment,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip().splitlines()[-1]


def test_the_plugin_reloaded_mid_run(fake_engine, staged_plugin, image, tmp_path):
    """With modules anew, as QGIS does it: the old engine goes, and a new run succeeds."""
    fake_engine("slow")
    assert run_script(RELOADS_MID_RUN, staged_plugin, image, tmp_path) == "[True] True"


def test_qgis_closed_mid_preview(fake_engine, staged_plugin, image, tmp_path, qtbot):
    fake_engine("slow")
    said = run_script(CLOSES_MID_PREVIEW, staged_plugin, image, tmp_path)
    pid = json.loads((tmp_path / "record.json").read_text())["pid"]
    qtbot.waitUntil(lambda: is_gone(pid))
    for path in said.rsplit(" ", 1):
        folder = Path(path).parent
        assert not folder.exists() or list(folder.iterdir()) == []


def test_a_removed_input_file_is_a_sentence(
    one_click, window, add_layer, project, fake_engine, qtbot
):
    """Somebody else may remove what a layer shows: the preview says so, and is there afterwards."""
    from cloudmamba_qgis.gui.preview.preview import Preview

    layer = add_layer()
    add(project, window, layer.source(), "Again")
    os.unlink(layer.source())
    preview = Preview(window, one_click, lambda: None)
    preview.preview_active()
    qtbot.waitUntil(lambda: is_over(window))
    assert layer.source() in window.message.text()
    preview.close()
