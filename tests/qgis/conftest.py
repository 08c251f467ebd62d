"""A real QGIS, offscreen, with the staged plugin and a profile of its own."""

import importlib.util
import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
FAKE_ENGINE = Path(__file__).with_name("fake_engine.py")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def _load_tool(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def staged_plugin(tmp_path_factory):
    """The plugin's folder as it ships; its parent is on ``sys.path``."""
    plugin = _load_tool("stage_plugin").stage(tmp_path_factory.mktemp("plugins"))
    sys.path.insert(0, str(plugin.parent))
    return plugin


@pytest.fixture(scope="session")
def qgis_app(staged_plugin, tmp_path_factory):
    """QGIS with Processing."""
    os.environ["QGIS_CUSTOM_CONFIG_PATH"] = str(tmp_path_factory.mktemp("profile"))
    from qgis.core import QgsApplication

    application = QgsApplication([], True)
    application.initQgis()
    sys.path.append(str(Path(application.pkgDataPath()) / "python" / "plugins"))
    from processing.core.Processing import Processing

    Processing.initialize()
    return application


@pytest.fixture(scope="session")
def plugin(qgis_app):
    """The plugin, loaded without a window."""
    from cloudmamba_qgis import classFactory

    plugin = classFactory(None)
    plugin.initGui()
    yield plugin
    plugin.unload()


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
