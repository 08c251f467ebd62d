"""What one QGIS sets up, uses and removes while another one does: each a process of its own."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_engine_client import Listener
from test_setup_installer import (
    FAKE_PYTHON,
    environments,
    fake_choice,
    installer,
    is_downloading,
    is_running,
    profile,
)

__all__ = ["installer", "profile"]  # fixtures
FAKE_ENGINE = Path(__file__).with_name("fake_engine.py")

# Does one of what follows; says so, and ends when told to.
WINDOW = """
import sys
sys.path[:0] = sys.argv[1:3]
from qgis.core import QgsApplication
application = QgsApplication([], False)
application.initQgis()
import test_two_windows
with getattr(test_two_windows, sys.argv[3])(*sys.argv[4:]):
    print("ready", flush=True)
    sys.stdin.read(1)
"""


def run_until(condition):
    """In a window of its own, which pytest-qt does not know."""
    from qgis.PyQt.QtCore import QCoreApplication

    while not condition():
        QCoreApplication.processEvents()
        time.sleep(0.005)


@contextmanager
def an_engine_idle(image, mask):
    detect(image, mask)
    yield


@contextmanager
def an_engine_inspected(program):
    from cloudmamba_qgis.engine_client.inspection import EngineInspection
    from cloudmamba_qgis.engine_client.locate import engine_at

    inspection, reports = EngineInspection(engine_at(program, "")), []
    inspection.reported.connect(reports.append)
    inspection.start()
    run_until(lambda: reports)
    yield


@contextmanager
def an_engine_asked(program):
    from cloudmamba_qgis.engine_client.one_shot_process import OneShotProcess

    question = OneShotProcess(program, ["-c", "import time; time.sleep(20)"], os.environ)
    question.ask()
    yield


@contextmanager
def a_set_up(profile, source):
    from cloudmamba_qgis.engine_client.installation.installer import EngineInstaller

    installer = EngineInstaller(Path(profile))
    installer.start(fake_choice(), Path(source))
    run_until(lambda: is_downloading(installer))
    yield
    installer.cancel()
    run_until(lambda: not installer.is_busy)


def detect(image, mask):
    from cloudmamba_qgis.engine_client.locate import find_engine
    from cloudmamba_qgis.engine_client.session import engine_session

    request = {"input_path": str(image), "mask_path": str(mask)}
    engine_session().detect(find_engine(), request, Listener())


@pytest.fixture
def other_window(staged_plugin):
    """Starts a QGIS that does something and waits; returned when it is at work."""
    started = []

    def start(what, *arguments):
        folders = [staged_plugin.parent, Path(__file__).parent]
        window = subprocess.Popen(
            [sys.executable, "-c", WINDOW, *map(str, [*folders, what, *arguments])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(window)
        assert any(line.strip() == "ready" for line in iter(window.stdout.readline, ""))
        return window

    yield start
    for window in started:
        window.kill()
        window.wait(60)
        window.stdout.close()


@pytest.fixture
def add_environment(profile):
    """Makes a complete environment, whose Python is a fake."""
    from cloudmamba_qgis.engine_client.installation.folders import (
        mark_complete,
        new_environment,
        python_of,
    )

    def add(program):
        environment = new_environment(profile)
        python_of(environment).parent.mkdir()
        shutil.copy(program, python_of(environment))
        mark_complete(environment, {})
        return str(python_of(environment))

    return add


def tidied(qtbot, installer, profile):
    """The environments that are left once this window has tidied up."""
    from cloudmamba_qgis import background

    installer.tidy_up()
    qtbot.waitUntil(background.is_idle)
    return environments(profile)


@pytest.mark.parametrize("end", ["closed", "killed"])
def test_an_engine_at_work_keeps_its_environment(
    installer,
    profile,
    add_environment,
    other_window,
    fake_engine,
    image,
    tmp_path,
    monkeypatch,
    end,
    qtbot,
):
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", add_environment(FAKE_ENGINE))
    windows = [
        other_window("an_engine_idle", image, tmp_path / f"mask {number}.tif")
        for number in range(2)
    ]
    engine = json.loads((tmp_path / "record.json").read_text())["pid"]
    add_environment(FAKE_ENGINE)
    for window in windows:
        assert tidied(qtbot, installer, profile) == ["1", "2"]
        assert is_running(engine)
        window.kill() if end == "killed" else window.stdin.close()
        window.wait(60)
    qtbot.waitUntil(lambda: not is_running(engine))
    assert tidied(qtbot, installer, profile) == ["2"]
    assert list((profile / "cloudmamba" / "engines").iterdir()) == [
        profile / "cloudmamba" / "engines" / "2"
    ]


@pytest.mark.parametrize("how", ["an_engine_inspected", "an_engine_asked"])
def test_an_engine_that_is_asked_keeps_its_environment(
    installer, profile, add_environment, other_window, monkeypatch, tmp_path, how, qtbot
):
    monkeypatch.setenv("CLOUDMAMBA_FAKE_PYTHON", "slow engine")
    monkeypatch.setenv("CLOUDMAMBA_FAKE_RECORD", str(tmp_path / "record.jsonl"))
    window = other_window(how, add_environment(FAKE_PYTHON))
    add_environment(FAKE_PYTHON)
    assert tidied(qtbot, installer, profile) == ["1", "2"]
    window.kill()
    window.wait(60)
    assert tidied(qtbot, installer, profile) == ["2"]


def test_no_lock_outlives_its_program(
    profile, add_environment, fake_engine, image, tmp_path, monkeypatch, qtbot
):
    from cloudmamba_qgis.engine_client.inspection import EngineInspection
    from cloudmamba_qgis.engine_client.locate import engine_at
    from cloudmamba_qgis.engine_client.one_shot_process import OneShotProcess
    from cloudmamba_qgis.engine_client.process import EngineFailed

    def locks():
        return list((profile / "cloudmamba" / "engines").glob("*.lock"))

    def inspect_and_ask():
        inspection = EngineInspection(engine_at(program, ""))
        inspection.start()
        question = OneShotProcess(program, ["describe"], os.environ)
        with qtbot.waitSignal(question.answered):
            question.ask()
        qtbot.waitUntil(lambda: not locks())

    program = add_environment(FAKE_ENGINE)
    inspect_and_ask()
    Path(program).write_text("no program")
    inspect_and_ask()
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", program)
    with pytest.raises(EngineFailed, match="cannot be started"):
        detect(image, tmp_path / "mask.tif")
    assert locks() == []


def test_nothing_new_starts_in_an_environment_that_waits_for_its_removal(
    installer,
    profile,
    add_environment,
    other_window,
    fake_engine,
    image,
    tmp_path,
    monkeypatch,
    qtbot,
):
    from cloudmamba_qgis.engine_client.process import EngineFailed

    replaced = add_environment(FAKE_ENGINE)
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", replaced)
    other_window("an_engine_idle", image, tmp_path / "mask.tif")
    add_environment(FAKE_ENGINE)
    assert tidied(qtbot, installer, profile) == ["1", "2"]
    locks = set((profile / "cloudmamba" / "engines").glob("*.lock"))
    with pytest.raises(EngineFailed, match=f"{replaced}' was replaced by a newer one: run this"):
        detect(image, tmp_path / "mask.tif")
    assert set((profile / "cloudmamba" / "engines").glob("*.lock")) == locks


def test_an_engine_of_ones_own_keeps_its_environment_until_it_is_stopped(
    installer, profile, add_environment, fake_engine, image, tmp_path, monkeypatch, qtbot
):
    from cloudmamba_qgis.engine_client.session import engine_session

    monkeypatch.setenv("CLOUDMAMBA_ENGINE", add_environment(FAKE_ENGINE))
    detect(image, tmp_path / "mask.tif")
    add_environment(FAKE_ENGINE)
    assert tidied(qtbot, installer, profile) == ["1", "2"]
    engine_session().stop_and_wait()
    assert tidied(qtbot, installer, profile) == ["2"]


def test_a_removal_in_the_midst_of_a_start(plugin, add_environment, monkeypatch):
    from cloudmamba_qgis.engine_client.installation import environment_lock

    program = add_environment(FAKE_ENGINE)
    environment = Path(program).parents[1]
    is_complete = environment_lock.is_complete

    def look_and_be_overtaken(environment):
        found = is_complete(environment)
        environment_lock.remove_unless_used(environment)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(environment_lock, "is_complete", look_and_be_overtaken)
        lock = environment_lock.EnvironmentLock(program)
        assert lock.acquire()
    assert Path(program).is_file()
    lock.release()
    environment_lock.remove_unless_used(environment)
    assert not environment.exists()


@pytest.mark.parametrize("starts_first", [True, False])
def test_a_start_in_the_midst_of_a_removal(plugin, add_environment, monkeypatch, starts_first):
    from cloudmamba_qgis.engine_client.installation import environment_lock

    program = add_environment(FAKE_ENGINE)
    lock, begun = environment_lock.EnvironmentLock(program), []
    withdraw = environment_lock.withdraw

    def withdraw_meanwhile(environment):
        actions = [lambda: begun.append(lock.acquire()), lambda: withdraw(environment)]
        for action in actions if starts_first else reversed(actions):
            action()

    monkeypatch.setattr(environment_lock, "withdraw", withdraw_meanwhile)
    environment_lock.remove_unless_used(Path(program).parents[1])
    assert begun == [starts_first] and Path(program).is_file() == starts_first


def test_one_set_up_at_a_time(installer, profile, other_window, tmp_path, monkeypatch, qtbot):
    source = tmp_path / "source"
    source.mkdir()
    monkeypatch.setenv("CLOUDMAMBA_FAKE_PYTHON", "slow")
    window = other_window("a_set_up", profile, source)
    assert tidied(qtbot, installer, profile) == ["1"], "what is being made is not tidied away"
    installer.start(fake_choice(), source)
    assert installer.message.startswith("Another QGIS window is setting an engine up, or")
    assert environments(profile) == ["1"]
    window.stdin.close()
    assert window.wait(60) == 0
    assert environments(profile) == []
    monkeypatch.setenv("CLOUDMAMBA_FAKE_PYTHON", "normal")
    installer.start(fake_choice(), source)
    qtbot.waitUntil(lambda: not installer.is_busy)
    assert installer.state.value == "succeeded"
