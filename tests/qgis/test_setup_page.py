"""The page in Settings > Options, on which real buttons are pressed."""

import shutil
from pathlib import Path

import pytest
from event_loop import EventLoopWatch

FAKE_PYTHON = Path(__file__).with_name("fake_python.py")


class Window:
    """What the set-up uses of QGIS's interface."""

    def __init__(self):
        from qgis.gui import QgsMessageBar
        from qgis.PyQt.QtWidgets import QMainWindow

        self._window = QMainWindow()
        self.bar = QgsMessageBar(self._window)
        self.pages, self.opened = [], []

    def mainWindow(self):
        return self._window

    def messageBar(self):
        return self.bar

    def registerOptionsWidgetFactory(self, factory):
        self.pages.append(factory)

    def unregisterOptionsWidgetFactory(self, factory):
        self.pages.remove(factory)

    def showOptionsDialog(self, parent, page):
        self.opened.append(page)


@pytest.fixture
def window(qgis_app):
    return Window()


@pytest.fixture
def settings(plugin, monkeypatch, tmp_path):
    """QGIS without any engine; whatever a test chooses is forgotten afterwards."""
    from cloudmamba_qgis.settings import (
        ENGINE,
        ENGINE_IDLE_MINUTES,
        SETUP_OFFERED_FOR,
        profile_folder,
    )
    from qgis.core import QgsSettings

    def forget():
        for setting in (ENGINE, ENGINE_IDLE_MINUTES, SETUP_OFFERED_FOR):
            setting.forget()
        shutil.rmtree(profile_folder() / "cloudmamba", ignore_errors=True)

    forget()
    monkeypatch.delenv("CLOUDMAMBA_ENGINE", raising=False)
    monkeypatch.setenv("CLOUDMAMBA_FAKE_RECORD", str(tmp_path / "record.jsonl"))
    monkeypatch.setenv("CLOUDMAMBA_FAKE_PYTHON", "normal")
    monkeypatch.setenv("PATH", str(tmp_path))
    yield QgsSettings()
    forget()


@pytest.fixture
def options(settings, window, monkeypatch):
    """The factory of the page, for which the fake Python is the only one."""
    from cloudmamba_qgis.gui.setup import facts, installation_panel, options_page

    monkeypatch.setattr(facts, "candidates", lambda *_: [str(FAKE_PYTHON)])
    monkeypatch.setattr(facts, "read_answer", _as_if_it_were_the_fake_python)
    monkeypatch.setattr(installation_panel, "builds", _small_builds)
    options = options_page.EngineOptions(window)
    options.register()
    yield options
    options.unregister()


def _as_if_it_were_the_fake_python(path, answer):
    """The fake Python answers as the Python that runs it."""
    import dataclasses

    from cloudmamba_qgis.engine_client.installation.pythons import read_answer

    return dataclasses.replace(read_answer(path, answer), path=str(FAKE_PYTHON))


def _small_builds():
    from cloudmamba_qgis.engine_client.installation.pytorch import Build

    return [Build("for the processor only", "cpu", 0.001)]


@pytest.fixture
def page(options):
    from qgis.PyQt import sip

    page = options.createWidget(None)
    page.show()
    yield page
    if not sip.isdeleted(page):
        page.deleteLater()


def button(page, name):
    from qgis.PyQt.QtWidgets import QPushButton

    found = page.findChild(QPushButton, name)
    return found or next(one for one in page.findChildren(QPushButton) if one.text() == name)


def click(qtbot, page, name):

    qtbot.mouseClick(button(page, name))


def texts(page):
    """Rows of the table of engines."""
    from qgis.PyQt.QtWidgets import QTreeWidget

    tree = page.findChild(QTreeWidget)
    rows = [tree.topLevelItem(number) for number in range(tree.topLevelItemCount())]
    return [[row.text(column) for column in range(6)] for row in rows]


def checked(page):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QTreeWidget

    tree = page.findChild(QTreeWidget)
    rows = [tree.topLevelItem(number) for number in range(tree.topLevelItemCount())]
    return [row.checkState(0) == Qt.CheckState.Checked for row in rows]


def label(page):
    from qgis.PyQt.QtWidgets import QLabel

    return "\n".join(one.text() for one in page.findChildren(QLabel) if one.isVisibleTo(page))


@pytest.mark.quiet
def test_from_no_engine_to_one(options, page, window, settings, qtbot):
    from cloudmamba_qgis.engine_client.locate import EngineNotFound, find_engine

    with pytest.raises(EngineNotFound, match="Settings > Options > CloudMamba"):
        find_engine()
    assert texts(page) == [] and "There is no engine yet" in label(page)
    qtbot.waitUntil(lambda: button(page, "cloudmambaSetUp").isEnabled())
    with EventLoopWatch() as watch:
        click(qtbot, page, "cloudmambaSetUp")
        assert options.installer.is_busy and not button(page, "cloudmambaSetUp").isEnabled()
        qtbot.waitUntil(lambda: not options.installer.is_busy)
    assert watch.blocked_ms < 100
    qtbot.waitUntil(lambda: texts(page) and texts(page)[0][5] == "works")
    assert texts(page)[0][:5] == ["the profile folder", "0.1.0", "3.12.1", "2.13.0", "Processor"]
    assert checked(page) == [True]
    assert "The engine is ready." in label(page)
    assert find_engine().program == options.facts.engines[0].program


def test_failure_and_another_try(options, page, settings, monkeypatch, qtbot):
    monkeypatch.setenv("CLOUDMAMBA_FAKE_PYTHON", "no network")
    qtbot.waitUntil(lambda: button(page, "cloudmambaSetUp").isEnabled())
    click(qtbot, page, "cloudmambaSetUp")
    qtbot.waitUntil(lambda: not options.installer.is_busy)
    assert "no connection to the package index" in label(page)
    assert button(page, "cloudmambaSetUp").text() == "Try Again"
    monkeypatch.setenv("CLOUDMAMBA_FAKE_PYTHON", "normal")
    click(qtbot, page, "cloudmambaSetUp")
    qtbot.waitUntil(lambda: not options.installer.is_busy)
    assert options.installer.state.value == "succeeded"


def test_the_set_up_goes_on_without_the_page(options, page, window, monkeypatch, qtbot):
    monkeypatch.setenv("CLOUDMAMBA_FAKE_PYTHON", "slow")
    qtbot.waitUntil(lambda: button(page, "cloudmambaSetUp").isEnabled())
    click(qtbot, page, "cloudmambaSetUp")
    qtbot.waitUntil(lambda: options.installer.fraction > 0.1)
    page.deleteLater()
    qtbot.waitUntil(lambda: options.installer.fraction > 0.12)
    second = options.createWidget(None)
    second.show()
    assert button(second, "cloudmambaCancelSetUp").isVisible()
    click(qtbot, second, "cloudmambaCancelSetUp")
    qtbot.waitUntil(lambda: not options.installer.is_busy)
    assert "Cancelled." in label(second)
    second.deleteLater()


def test_without_the_page_the_message_bar_tells(options, page, window, qtbot):
    qtbot.waitUntil(lambda: button(page, "cloudmambaSetUp").isEnabled())
    click(qtbot, page, "cloudmambaSetUp")
    page.deleteLater()
    qtbot.waitUntil(lambda: window.bar.currentItem() is not None)
    qtbot.waitUntil(lambda: window.bar.currentItem().text() == "The engine is ready.")


def test_choosing_an_engine(options, page, settings, monkeypatch, tmp_path, qtbot):
    from cloudmamba_qgis.engine_client.locate import find_engine
    from cloudmamba_qgis.settings import ENGINE
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QFileDialog, QTreeWidget

    monkeypatch.setenv("CLOUDMAMBA_ENGINE", str(FAKE_PYTHON))
    other = shutil.copy(FAKE_PYTHON, tmp_path / "python")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(other), ""))
    options.facts.look_again()
    click(qtbot, page, "Add…")
    qtbot.waitUntil(lambda: [row[5] for row in texts(page)] == ["works", "works"])
    assert checked(page) == [False, True]
    page.apply()
    assert find_engine().program == str(other)
    tree = page.findChild(QTreeWidget)
    tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Checked)
    assert checked(page) == [False, True]
    first = [engine.program for engine in options.facts.engines].index(str(FAKE_PYTHON))
    tree.topLevelItem(first).setCheckState(0, Qt.CheckState.Checked)
    page.apply()
    assert find_engine().program == str(FAKE_PYTHON)
    assert not settings.contains(ENGINE.key)  # it is found without


def test_an_engine_that_does_not_work_says_why(options, page, monkeypatch, tmp_path, qtbot):
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", str(tmp_path / "gone"))
    options.facts.look_again()
    qtbot.waitUntil(lambda: texts(page) and texts(page)[0][5] == "does not work")
    assert "It does not exist." in label(page)
    broken = shutil.copy(FAKE_PYTHON, tmp_path / "broken")
    monkeypatch.setenv("CLOUDMAMBA_FAKE_PYTHON", "broken engine")
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", str(broken))
    options.facts.look_again()
    qtbot.waitUntil(lambda: texts(page)[0][5] == "does not work")
    assert "libcudart.so.13" in label(page)


def test_advice_on_an_engine_that_works(options, plugin):
    from cloudmamba_qgis.engine_client.inspection import Report
    from cloudmamba_qgis.engine_client.installation.pytorch import Gpu
    from cloudmamba_qgis.engine_client.locate import engine_at
    from cloudmamba_qgis.engine_client.protocol import Hello, Ready
    from cloudmamba_qgis.resource_files import plugin_version

    devices, models = [{"id": "cpu", "name": "Processor"}], [{"name": "base", "version": "1"}]
    engine = engine_at("/somewhere/python", "")

    def advice(version, devices, models):
        report = Report(engine, Hello(1, version, "3", {}), Ready(devices, models))
        return " ".join(options.facts.advice(report))

    assert advice(plugin_version(), devices, models) == ""
    assert "set the engine up again" in advice("0.0.1", devices, models)
    assert "no model" in advice(plugin_version(), devices, [])
    options.facts.gpus = [Gpu("NVIDIA H200", 580.0, 9.0)]
    assert "NVIDIA H200" in advice(plugin_version(), devices, models)
    devices.append({"id": "cuda:0", "name": "NVIDIA H200"})
    assert advice(plugin_version(), devices, models) == ""


def test_diagnostics(options, page, monkeypatch, tmp_path, qtbot):
    from qgis.core import QgsApplication

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", str(tmp_path / "gone"))
    monkeypatch.setenv("CLOUDMAMBA_FAKE_PYTHON", "disk full")
    options.facts.look_again()
    qtbot.waitUntil(lambda: button(page, "cloudmambaSetUp").isEnabled())
    click(qtbot, page, "cloudmambaSetUp")
    qtbot.waitUntil(lambda: not options.installer.is_busy)
    click(qtbot, page, "Copy Diagnostics")
    text = QgsApplication.clipboard().text()
    for expected in (
        "CloudMamba 0.1.0, QGIS 3.", "Engine: ~/gone (the variable CLOUDMAMBA_ENGINE)",
        "problem: It does not exist.", f"Python: {FAKE_PYTHON}", "Set-up: failed", "Errno 28",
    ):  # fmt: skip
        assert expected in text
    assert str(tmp_path) not in text


def test_the_commands_to_type_are_there(page, qtbot):
    from qgis.core import QgsApplication

    qtbot.waitUntil(lambda: button(page, "cloudmambaSetUp").isEnabled())
    qtbot.mouseClick(button(page, "Copy Commands"))
    lines = QgsApplication.clipboard().text().splitlines()
    assert len(lines) == 4 and lines[0].startswith(str(FAKE_PYTHON))
    assert lines[2].endswith("cloudmamba_qgis/engine_source")
    assert lines[3].endswith("-m cloudmamba prepare")


def test_the_idle_time_is_kept(page, settings):
    from cloudmamba_qgis.engine_client.session import idle_seconds
    from qgis.PyQt.QtWidgets import QSpinBox

    page.findChild(QSpinBox).setValue(25)
    page.apply()
    assert idle_seconds() == 25 * 60
    page.findChild(QSpinBox).setValue(0)
    page.apply()
    assert idle_seconds() == 0


def test_answers_can_be_forgotten(options, project, image, qtbot):
    from cloudmamba_qgis.layers.interpretation import (
        Interpretation,
        remember_interpretation,
        remembered_interpretation,
    )
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(str(image), "scene")
    answer = Interpretation("1,2,3,4", "sentinel2")
    remember_interpretation(layer, answer)
    page = options.createWidget(None)
    assert remembered_interpretation(layer) == answer
    click(qtbot, page, "Forget Answers")
    assert remembered_interpretation(layer) == Interpretation()
    assert not button(page, "Forget Answers").isEnabled()
    page.deleteLater()


def test_a_set_up_is_offered_once_where_there_is_no_engine(options, window, monkeypatch, qtbot):
    from cloudmamba_qgis.gui.setup.options_page import PAGE, EngineOptions
    from cloudmamba_qgis.settings import SETUP_OFFERED_FOR

    qtbot.mouseClick(button(window.bar.currentItem(), "Set Up Engine…"))
    assert window.opened == [PAGE] and window.bar.currentItem() is None
    again = EngineOptions(window)
    again.register()
    again.unregister()
    assert window.bar.currentItem() is None
    SETUP_OFFERED_FOR.forget()
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", str(FAKE_PYTHON))
    again.register()
    again.unregister()
    assert window.bar.currentItem() is None
