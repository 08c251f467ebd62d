"""Finding, starting and stopping the engine."""

import json
import os
import time
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _staged(qgis_app):
    """These modules are those of the staged plugin."""


class Listener:
    """Records; wants to stop once ``cancel_after`` progress messages have come."""

    def __init__(self, cancel_after=None):
        self.messages = []
        self._cancel_after = cancel_after

    def is_cancelled(self):
        return self._cancel_after is not None and len(self.messages) >= self._cancel_after

    def progress(self, done, total, message):
        self.messages.append((done, total))

    def log(self, level, message):
        pass


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def detect_with(fake_engine, mode, image, folder, listener, **patience):
    from cloudmamba_qgis.engine_client.locate import find_engine
    from cloudmamba_qgis.engine_client.process import EngineProcess, Patience

    fake_engine(mode)
    with EngineProcess(find_engine(), listener, Patience(**patience)) as engine:
        return engine.detect({"input_path": str(image), "mask_path": str(folder / "mask.tif")})


def test_a_run_and_the_engine_leaves_afterwards(fake_engine, image, tmp_path):
    listener = Listener()
    summary = detect_with(fake_engine, "normal", image, tmp_path, listener)
    assert summary["cloud_percent"] == 12.5
    assert listener.messages == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert not is_running(json.loads((tmp_path / "record.json").read_text())["pid"])


def test_several_runs_on_one_engine(fake_engine, image, tmp_path):
    from cloudmamba_qgis.engine_client.locate import find_engine
    from cloudmamba_qgis.engine_client.process import EngineProcess

    with EngineProcess(find_engine(), Listener()) as engine:
        for number in range(2):
            mask = tmp_path / f"mask_{number}.tif"
            engine.detect({"input_path": str(image), "mask_path": str(mask)})
            assert mask.is_file()


@pytest.mark.parametrize(
    ("mode", "patience"), [("silent", {"hello_s": 0.3}), ("mute", {"silence_s": 0.3})]
)
def test_silence_has_an_end(fake_engine, image, tmp_path, mode, patience):
    from cloudmamba_qgis.engine_client.process import EngineFailed

    started = time.monotonic()
    with pytest.raises(EngineFailed, match="silent for 0 s"):
        detect_with(fake_engine, mode, image, tmp_path, Listener(), leave_s=0.2, **patience)
    assert time.monotonic() - started < 5


def test_an_engine_that_does_not_listen_is_killed(fake_engine, image, tmp_path):
    from cloudmamba_qgis.engine_client.process import EngineCancelled

    started = time.monotonic()
    with pytest.raises(EngineCancelled):
        detect_with(fake_engine, "deaf", image, tmp_path, Listener(3), cancel_s=0.3, leave_s=0.3)
    assert time.monotonic() - started < 5
    assert not is_running(json.loads((tmp_path / "record.json").read_text())["pid"])


def test_cancel_before_the_hello(fake_engine, image, tmp_path):
    from cloudmamba_qgis.engine_client.process import EngineCancelled

    with pytest.raises(EngineCancelled):
        detect_with(fake_engine, "silent", image, tmp_path, Listener(0), leave_s=0.2)


def test_a_program_that_cannot_start(fake_engine, image, tmp_path, monkeypatch):
    from cloudmamba_qgis.engine_client.process import EngineFailed

    program = tmp_path / "python"
    program.write_text("no program")
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", str(program))
    with pytest.raises(EngineFailed, match="cannot be started"):
        detect_with(fake_engine, "normal", image, tmp_path, Listener())


def test_environment_is_an_allow_list():
    from cloudmamba_qgis.engine_client.environment import engine_environment

    given = {
        "PATH": os.pathsep.join(["/opt/qgis/bin", "/usr/bin", "/opt/qgis-tools/bin"]),
        "HOME": "/home/me",
        "LC_ALL": "C",
        "CUDA_VISIBLE_DEVICES": "0",
        "PYTHONHOME": "/opt/qgis",
        "PYTHONPATH": "/opt/qgis/python",
        "PYTHONEXECUTABLE": "/opt/qgis/python",
        "PROJ_LIB": "/opt/qgis/proj",
        "GDAL_DATA": "/opt/qgis/gdal",
        "QT_PLUGIN_PATH": "/opt/qgis/qt",
        "LD_LIBRARY_PATH": "/opt/qgis/lib",
        "VIRTUAL_ENV": "/some/where",
    }
    assert engine_environment(given, ["/opt/qgis", "/usr", ""]) == {
        "PATH": os.pathsep.join(["/usr/bin", "/opt/qgis-tools/bin"]),
        "HOME": "/home/me",
        "LC_ALL": "C",
        "CUDA_VISIBLE_DEVICES": "0",
        "PYTHONUTF8": "1",
        "PYTHONSAFEPATH": "1",
    }


def test_the_engine_is_looked_for_in_order(tmp_path):
    from cloudmamba_qgis.engine_client.locate import EngineNotFound, choose_engine, managed_python

    def program(name):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
        return str(path)

    profile = tmp_path / "profile"
    environment = {"PATH": str(tmp_path / "bin")}
    with pytest.raises(EngineNotFound, match="not installed"):
        choose_engine("", environment, profile)

    command = program("bin/cloudmamba")
    found = choose_engine("", environment, profile)
    assert (found.program, found.arguments) == (command, ("worker",))

    managed = program(str(managed_python(profile).relative_to(tmp_path)))
    found = choose_engine("", environment, profile)
    assert (found.program, found.arguments) == (managed, ("-m", "cloudmamba", "worker"))

    environment["CLOUDMAMBA_ENGINE"] = program("variable")
    assert choose_engine("", environment, profile).program == str(tmp_path / "variable")
    setting = program("setting")
    assert choose_engine(setting, environment, profile).program == setting

    Path(setting).unlink()
    with pytest.raises(EngineNotFound, match="named by the setting .* does not exist"):
        choose_engine(setting, environment, profile)


def test_the_setting_names_the_engine(fake_engine, tmp_path):
    from cloudmamba_qgis.engine_client.locate import SETTING, find_engine
    from qgis.core import QgsSettings

    python = tmp_path / "python"
    python.write_text("")
    QgsSettings().setValue(SETTING, str(python))
    try:
        assert find_engine().program == str(python)
    finally:
        QgsSettings().remove(SETTING)


@pytest.mark.parametrize(
    "line",
    [b"garbage", b"[]", b'"hello"', b'{"type": "unknown"}', b'{"type": "progress"}', b"\xff"],
)
def test_lines_that_are_no_answers(line):
    from cloudmamba_qgis.engine_client.protocol import decode_answer

    with pytest.raises(ValueError):
        decode_answer(line)


def test_leftovers_go_only_after_a_failure(tmp_path):
    from cloudmamba_qgis.engine_client.leftovers import removing_leftovers

    output = tmp_path / "mask [1].tif"
    unfinished = [tmp_path / f".mask [1].tif.01234567.part.tif{end}" for end in ("", ".aux.xml")]
    kept = [
        tmp_path / ".mask [1].tif.01234567.part.old",  # the file that was there before
        tmp_path / ".mask 1.tif.01234567.part.tif",  # of another output
        tmp_path / ".mask [1].tif.89abcdef.part.tif",  # of another run
    ]
    kept[2].touch()

    def leave_files():
        for path in (*unfinished, *kept):
            path.touch()

    with removing_leftovers([str(output)]):
        leave_files()
    assert all(path.exists() for path in unfinished)
    for path in unfinished:
        path.unlink()
    with pytest.raises(RuntimeError), removing_leftovers([str(output)]):
        leave_files()
        raise RuntimeError
    assert not any(path.exists() for path in unfinished)
    assert all(path.exists() for path in kept)
