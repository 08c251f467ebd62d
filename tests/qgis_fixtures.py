"""A real QGIS, offscreen, with the staged plugin and a profile of its own."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

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
