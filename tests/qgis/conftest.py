"""A real QGIS with the plugin, and an engine that only pretends."""

import faulthandler
import os
import shutil
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from qgis.PyQt.QtCore import PYQT_VERSION_STR, QPoint, Qt

# Of the versions of Qt on this machine, pytest-qt is to take that of QGIS.
os.environ["PYTEST_QT_API"] = f"pyqt{PYQT_VERSION_STR[0]}"

FAKE_ENGINE = Path(__file__).with_name("fake_engine.py")


def pytest_configure(config):
    """Share one QGIS with the end-to-end tests."""
    config.pluginmanager.import_plugin("qgis_fixtures")


@pytest.fixture(scope="session")
def qapp(qgis_app):
    """The application that pytest-qt works with."""
    return qgis_app


def show_what_goes_on():
    """The tasks that QGIS still has, and what each thread is doing."""
    from qgis.core import QgsApplication

    tasks = QgsApplication.taskManager().tasks()
    print("tasks:", [(task.description(), task.status()) for task in tasks], file=sys.stderr)
    faulthandler.dump_traceback(sys.__stderr__)


@pytest.fixture
def qtbot(qapp, request):
    """The bot of pytest-qt, patient enough for a busy machine; clicks with the left button."""
    from pytestqt.qtbot import QtBot
    from qgis.PyQt.QtWidgets import QCheckBox

    class Bot(QtBot):
        def waitUntil(self, condition, *, timeout=180_000):
            try:
                super().waitUntil(lambda: bool(condition()), timeout=timeout)
            except self.TimeoutError:
                show_what_goes_on()
                raise

        def waitSignal(self, signal, *, timeout=180_000, **more):
            return super().waitSignal(signal, timeout=timeout, **more)

        def mouseClick(self, widget, button=Qt.MouseButton.LeftButton, **more):
            if isinstance(widget, QCheckBox):  # right of its words it hears nothing
                more.setdefault("pos", QPoint(8, widget.height() // 2))
            QtBot.mouseClick(widget, button, **more)

    return Bot(request)


@pytest.fixture
def fake_engine(plugin, monkeypatch, tmp_path):
    """Makes the fake engine the engine; call it with a mode to make it misbehave."""
    assert FAKE_ENGINE.stat().st_mode & stat.S_IXUSR
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", str(FAKE_ENGINE))
    monkeypatch.setenv("CLOUDMAMBA_FAKE_RECORD", str(tmp_path / "record.json"))

    def behave(mode):
        monkeypatch.setenv("CLOUDMAMBA_FAKE", mode)

    behave("normal")
    return behave


@pytest.fixture
def qgis_proxy(qgis_app):
    """A proxy in the settings of QGIS, with a password; its address for other programs."""
    from qgis.core import QgsNetworkAccessManager
    from qgis.PyQt.QtNetwork import QNetworkProxy

    network = QgsNetworkAccessManager.instance()
    before = network.fallbackProxy(), network.excludeList(), network.noProxyList()
    proxy = QNetworkProxy(QNetworkProxy.ProxyType.HttpProxy, "proxy.example", 3128, "me", "a@b:c")
    network.setFallbackProxyAndExcludes(proxy, ["http://intranet.example"], [])
    yield "http://me:a%40b:c@proxy.example:3128"
    network.setFallbackProxyAndExcludes(*before)


@pytest.fixture
def image(tmp_path):
    """A GeoTIFF of four bands, 40 x 30 pixels, in UTM."""
    from osgeo import gdal, osr

    folder = tmp_path / "input images"
    folder.mkdir()
    path = folder / "Wölkchen.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), 40, 30, 4, gdal.GDT_UInt16)
    dataset.SetGeoTransform((500000, 10, 0, 5000000, 0, -10))
    system = osr.SpatialReference()
    system.ImportFromEPSG(32633)
    dataset.SetProjection(system.ExportToWkt())
    columns, rows = np.meshgrid(np.arange(40), np.arange(30))
    for band in range(1, 5):
        dataset.GetRasterBand(band).WriteArray(500 * band + 10 * columns + rows)
    dataset = None
    return path


@pytest.fixture
def project(plugin):
    from qgis.core import QgsProject, QgsSettings

    # What one test chooses is not another's choice.
    chosen = ("cloudmamba/products", "cloudmamba/dock/marks_shadow")
    for key in chosen:
        QgsSettings().remove(key)
    yield QgsProject.instance()
    QgsProject.instance().clear()
    for key in chosen:
        QgsSettings().remove(key)


@pytest.fixture
def add_layer(project, image):
    """Adds a copy of the image under a name of its own."""
    from qgis.core import QgsRasterLayer

    def add(name="Scene"):
        path = shutil.copyfile(image, image.with_name(f"{name}.tif"))
        layer = QgsRasterLayer(str(path), name)
        project.addMapLayer(layer)
        return layer

    return add


@pytest.fixture
def window(qgis_app):
    from clicking import Window

    window = Window()
    yield window
    window.close()


@pytest.fixture
def one_click(fake_engine, window):
    from cloudmamba_qgis.gui.one_click.one_click import OneClick

    one_click = OneClick(window)
    yield one_click
    one_click.close()


@pytest.fixture
def preview(one_click, window):
    from cloudmamba_qgis.gui.preview.preview import Preview

    preview = Preview(window, one_click, lambda: None)
    yield preview
    preview.close()
