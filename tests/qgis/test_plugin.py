"""The plugin in QGIS's hands, and the folder that ships."""

import ast
import configparser
import re
import zipfile
from pathlib import Path

import pytest
from loading import load_module

ROOT = Path(__file__).resolve().parents[2]


class Window:
    """What the plugin uses of QGIS's interface."""

    def __init__(self, layer=None):
        from qgis.gui import QgsMessageBar
        from qgis.PyQt.QtWidgets import QMainWindow

        self._window = QMainWindow()
        self._bar = QgsMessageBar(self._window)
        self._layer = layer
        self.toolbar, self.menu, self.context_menu, self.options = {}, [], [], []
        self.with_shortcut = []

    def mainWindow(self):
        return self._window

    def messageBar(self):
        return self._bar

    def activeLayer(self):
        return self._layer

    def addToolBarWidget(self, widget):
        from qgis.PyQt.QtWidgets import QWidgetAction

        action = QWidgetAction(self._window)
        self.toolbar[action] = widget
        return action

    def addToolBarIcon(self, action):
        self.toolbar[action] = action

    def addDockWidget(self, area, dock):
        self._window.addDockWidget(area, dock)

    def removeDockWidget(self, dock):
        self._window.removeDockWidget(dock)

    def removeToolBarIcon(self, action):
        del self.toolbar[action]

    def addPluginToRasterMenu(self, menu, action):
        self.menu.append((menu, action))

    def removePluginRasterMenu(self, menu, action):
        self.menu.remove((menu, action))

    def registerMainWindowAction(self, action, key):
        assert key == "", "no key that is QGIS's own is taken"
        self.with_shortcut.append(action)

    def unregisterMainWindowAction(self, action):
        self.with_shortcut.remove(action)

    def addCustomActionForLayerType(self, action, menu, layer_type, all_layers):
        assert all_layers
        self.context_menu.append(action)

    def removeCustomActionForLayerType(self, action):
        self.context_menu.remove(action)

    def showOptionsDialog(self, parent, page):
        """As where the user closes it at once."""

    def registerOptionsWidgetFactory(self, factory):
        self.options.append(factory)

    def unregisterOptionsWidgetFactory(self, factory):
        self.options.remove(factory)


def action_named(window, name):
    return next(action for _, action in window.menu if action.objectName() == name)


@pytest.fixture
def registry(plugin):
    """QGIS's registry without the provider, which is put back afterwards."""
    from qgis.core import QgsApplication

    plugin.unload()
    yield QgsApplication.processingRegistry()
    plugin.initGui()


def test_all_that_is_added_is_taken_back(registry):
    from cloudmamba_qgis import classFactory

    window = Window()
    plugin = classFactory(window)
    for _ in range(2):
        plugin.initGui()
        assert registry.algorithmById("cloudmamba:detectclouds") is not None
        button, dock_action = window.toolbar.values()
        assert dock_action is action_named(window, "cloudmambaDock")
        assert dock_action.isCheckable() and not dock_action.isChecked()
        assert not button.defaultAction().icon().isNull()
        names = [action.objectName() for action in window.context_menu]
        assert names == ["cloudmambaMaskClouds", "cloudmambaPreview"]
        assert window.context_menu[0] is button.defaultAction()
        assert button.menu().actions() == [action for _, action in window.menu]
        assert len(window.menu) > 2
        assert window.with_shortcut == [action for _, action in window.menu]
        assert [page.title() for page in window.options] == ["CloudMamba"]
        plugin.unload()
        assert registry.providerById("cloudmamba") is None
        assert window.toolbar == {}
        assert window.menu == window.context_menu == window.options == []
        assert window.with_shortcut == []


def test_a_second_provider_is_refused_and_forgotten(registry):
    from cloudmamba_qgis import classFactory

    first, second = classFactory(None), classFactory(None)
    first.initProcessing()
    second.initProcessing()
    second.unload()
    assert registry.providerById("cloudmamba") is not None
    first.unload()
    assert registry.providerById("cloudmamba") is None


def test_the_menu_opens_the_dialog_for_the_active_raster(registry, image, monkeypatch):
    import processing
    from cloudmamba_qgis import classFactory
    from qgis.core import QgsRasterLayer

    opened = []
    monkeypatch.setattr(processing, "execAlgorithmDialog", lambda *given: opened.append(given))
    layer = QgsRasterLayer(str(image), "image")
    for active, parameters in ((layer, {"INPUT": layer.id()}), (None, {})):
        window = Window(active)
        plugin = classFactory(window)
        plugin.initGui()
        action_named(window, "cloudmambaDetectClouds").trigger()
        plugin.unload()
        assert opened.pop() == ("cloudmamba:detectclouds", parameters)


def test_the_panel_looks_again_where_the_engine_may_be_another(registry, monkeypatch):
    from cloudmamba_qgis import classFactory
    from cloudmamba_qgis.gui.dock.dock_action import DockAction
    from cloudmamba_qgis.settings import ENGINE

    looks = []
    monkeypatch.setattr(DockAction, "look_at_engine", lambda _: looks.append(ENGINE.get()))
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", "/somewhere/python")
    window = Window()
    plugin = classFactory(window)
    plugin.initGui()
    action_named(window, "cloudmambaSettings").trigger()
    assert len(looks) == 1
    window.options[0].installer.succeeded.emit("/set/up/python")
    ENGINE.forget()
    plugin.unload()
    assert looks[1:] == ["/set/up/python"], "not before it is the engine in use"


def test_the_zip_is_what_the_plugin_repository_takes(staged_plugin, tmp_path):
    stage_plugin = load_module("tools/stage_plugin.py")
    (staged_plugin / "__pycache__").mkdir(exist_ok=True)
    (staged_plugin / "__pycache__" / "x.pyc").touch()
    archive = stage_plugin.zip_plugin(staged_plugin, tmp_path)
    with zipfile.ZipFile(archive) as zipped:
        names = zipped.namelist()
    assert {name.split("/")[0] for name in names} == {"cloudmamba_qgis"}
    assert {f"cloudmamba_qgis/{name}" for name in ("__init__.py", "metadata.txt", "LICENSE")} < set(
        names
    )
    assert not [name for name in names if re.search(r"pycache|\.pyc$|/\.|/tests?[/_]", name)]
    assert archive.stat().st_size < 25_000_000


def test_metadata_is_complete(staged_plugin):
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(staged_plugin / "metadata.txt", encoding="utf-8")
    general = metadata["general"]
    for key in (
        *("name", "description", "version", "qgisMinimumVersion", "author", "email", "about"),
        *("tracker", "repository", "homepage", "category", "tags", "changelog"),
    ):
        assert general[key].strip()
    assert general["hasProcessingProvider"] == "yes"
    assert "plugin" not in general["name"].lower()
    assert (staged_plugin / general["icon"]).is_file()
    engine = (ROOT / "engine/cloudmamba/__init__.py").read_text(encoding="utf-8")
    assert f'__version__ = "{general["version"]}"' in engine


def modules_of_the_plugin(staged_plugin):
    """The modules that QGIS runs; the engine's source is only handed to another Python."""
    engine = staged_plugin / "engine_source"
    return [path for path in sorted(staged_plugin.rglob("*.py")) if engine not in path.parents]


def imported_packages(folder, paths):
    """(file, top package) of every import, at whatever depth, in the files of a folder."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            else:
                continue
            for name in names:
                yield path.relative_to(folder), name.split(".")[0]


def test_the_plugin_needs_nothing_but_qgis_and_the_standard_library(staged_plugin):
    """GDAL's Python and NumPy come with every QGIS: its own Processing needs them."""
    import sys

    with_qgis = {"qgis", "processing", "osgeo", "numpy"}
    allowed = {"cloudmamba_qgis", *with_qgis, *sys.stdlib_module_names}
    found = list(imported_packages(staged_plugin, modules_of_the_plugin(staged_plugin)))
    assert len(found) > 20
    assert [(path, name) for path, name in found if name not in allowed] == []


def test_the_engine_knows_neither_qt_nor_qgis():
    engine = ROOT / "engine/cloudmamba"
    found = list(imported_packages(engine, sorted(engine.rglob("*.py"))))
    assert len(found) > 50
    forbidden = {"qgis", "PyQt5", "PyQt6", "PySide2", "PySide6", "processing", "cloudmamba_qgis"}
    assert [(path, name) for path, name in found if name in forbidden] == []


# Nothing imports from its own floor, or from one above.
FLOORS = (
    {"translation", "resource_files"},
    {"help_pages", "settings", "background", "engine_words", "rasters", "time_left"},
    {"engine_client", "layers"},
    {"algorithms", "gui.widgets"},
    {"provider", "gui.one_click", "gui.review", "gui.areas", "gui.setup"},
    {"gui.preview", "gui.dock"},
    {"plugin"},
    {"__init__"},
)


def test_nothing_imports_from_above(staged_plugin):
    def room(parts):
        return ".".join(parts[: 2 if parts[0] == "gui" else 1])

    floors = {name: number for number, names in enumerate(FLOORS) for name in names}
    upwards, found = [], 0
    for path in modules_of_the_plugin(staged_plugin):
        here = room(path.relative_to(staged_plugin).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            module = getattr(node, "module", None) or ""
            if module.startswith("cloudmamba_qgis."):
                there = room(module.split(".")[1:])
                found += 1
                if there != here and floors[there] >= floors[here]:
                    upwards.append((here, there))
    assert found > 200 and upwards == []


@pytest.mark.parametrize(
    ("name", "only"),
    [("QgsSettings", "settings.py"), (r"QgsTask|QgsProcessingAlgRunnerTask", "background.py")],
)
def test_one_module_alone_uses_it(staged_plugin, name, only):
    """Keys of settings stand together, and so does what keeps running tasks alive."""
    using = [
        path.relative_to(staged_plugin).as_posix()
        for path in modules_of_the_plugin(staged_plugin)
        if re.search(rf"\b({name})\b", path.read_text(encoding="utf-8"))
    ]
    assert using == [only]


@pytest.mark.parametrize("module", ["protocol", "environment", "partial_files"])
def test_these_modules_need_no_qgis(staged_plugin, module):
    tree = ast.parse((staged_plugin / "engine_client" / f"{module}.py").read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    modules = [getattr(node, "module", None) or node.names[0].name for node in imports]
    assert modules and not [name for name in modules if "qgis" in name]


def test_enums_are_scoped_and_qt_comes_through_qgis(staged_plugin):
    """What QGIS 4 with Qt 6 needs: no PyQt5 by name, no enum members on the class itself."""
    unscoped = re.compile(
        r"\b(Qt|QProcess|QgsProcessingParameter\w+|Qgis)\.(Flag[A-Z]\w+|Double|"
        r"Integer|File|Folder|NotRunning|CrashExit|Info|Warning|Critical)\b"
    )
    for path in modules_of_the_plugin(staged_plugin):
        source = path.read_text(encoding="utf-8")
        ast.parse(source, feature_version=(3, 9))  # the Python of QGIS 3.22
        assert "PyQt5" not in source and "PyQt6" not in source and ".exec_(" not in source
        assert not unscoped.search(source), path
