"""A real QGIS, offscreen, with the staged plugin and a profile of its own."""

import os
import sys
from pathlib import Path

import pytest
from loading import load_module

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="session")
def staged_plugin(tmp_path_factory):
    """The plugin's folder as it ships; its parent is on ``sys.path``."""
    plugin = load_module("tools/stage_plugin.py").stage(tmp_path_factory.mktemp("plugins"))
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
