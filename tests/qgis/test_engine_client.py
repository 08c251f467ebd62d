"""Finding, starting and stopping the engine."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _staged(qgis_app):
    """These modules are those of the staged plugin."""


class Listener:
    """Records; wants to stop once ``cancel_after`` progress messages have come."""

    def __init__(self, cancel_after=None):
        self.messages, self.logged = [], []
        self._cancel_after = cancel_after

    def cancel(self):
        self._cancel_after = 0

    def is_cancelled(self):
        return self._cancel_after is not None and len(self.messages) >= self._cancel_after

    def progress(self, done, total, message):
        self.messages.append((done, total))

    def log(self, level, message):
        self.logged.append(message)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Client:
    """A session of its own, and what the fake engine recorded of it."""

    def __init__(self, image, folder):
        self._image, self._folder = image, folder
        self.session = None
        self.be_patient()

    def be_patient(self, **patience):
        """Use a new session with this patience."""
        from cloudmamba_qgis.engine_client.process import Patience
        from cloudmamba_qgis.engine_client.session import EngineSession

        self.close()
        self.session = EngineSession(Patience(**patience))

    def close(self):
        if self.session:
            self.session.stop_and_wait()

    def detect(self, listener=None):
        from cloudmamba_qgis.engine_client.locate import find_engine

        parameters = {"input_path": str(self._image), "mask_path": str(self._folder / "mask.tif")}
        return self.session.detect(find_engine(), parameters, listener or Listener())

    def detect_in_thread(self, listener):
        """Returns the outcome to come."""
        pool = ThreadPoolExecutor(1)
        outcome = pool.submit(self.detect, listener)
        pool.shutdown(wait=False)
        return outcome

    @property
    def pid(self):
        """Of the engine that worked last."""
        return json.loads((self._folder / "record.json").read_text())["pid"]


@pytest.fixture
def client(fake_engine, image, tmp_path):
    client = Client(image, tmp_path)
    yield client
    client.close()


@pytest.fixture
def idle_minutes(qgis_app):
    """Sets how long the engine stays."""
    from cloudmamba_qgis.settings import ENGINE_IDLE_MINUTES

    yield ENGINE_IDLE_MINUTES.set
    ENGINE_IDLE_MINUTES.forget()


def test_the_engine_stays_for_the_next_run_until_it_is_stopped(client):
    listener = Listener()
    assert client.detect(listener)["cloud_percent"] == 12.5
    assert listener.messages == [(0, 1), (1, 4), (2, 4), (3, 4), (4, 4)]
    first = client.pid
    warm = Listener()
    client.detect(warm)
    assert warm.messages == [(1, 4), (2, 4), (3, 4), (4, 4)], "no start"
    assert client.pid == first and is_running(first)
    client.session.stop_and_wait()
    assert not is_running(first)
    client.detect()
    assert client.pid != first


def test_threads_share_one_engine(client):
    outcomes = [client.detect_in_thread(Listener()) for _ in range(4)]
    assert [outcome.result()["cloud_percent"] for outcome in outcomes] == 4 * [12.5]
    first = client.pid
    client.detect()
    assert client.pid == first


def test_an_idle_engine_leaves(client, idle_minutes, qtbot):
    idle_minutes(0.5 / 60)
    client.detect()
    assert is_running(client.pid)
    qtbot.waitUntil(lambda: not is_running(client.pid), timeout=10_000)
    client.detect()
    assert is_running(client.pid)


@pytest.mark.parametrize("minutes", [0, -1])
def test_an_engine_need_not_stay(client, idle_minutes, minutes, qtbot):
    idle_minutes(minutes)
    client.detect()
    qtbot.waitUntil(lambda: not is_running(client.pid), timeout=10_000)


@pytest.mark.parametrize(("setting", "seconds"), [(2.5, 150), ("3", 180), ("soon", 600)])
def test_the_idle_time_is_a_setting(idle_minutes, setting, seconds):
    from cloudmamba_qgis.engine_client.session import idle_seconds

    assert idle_seconds() == 600
    idle_minutes(setting)
    assert idle_seconds() == seconds


def test_the_engine_leaves_by_itself_only_after_the_plugin_would_end_it(
    client, idle_minutes, tmp_path
):
    idle_minutes(20)
    client.detect()
    arguments = json.loads((tmp_path / "record.json").read_text())["arguments"]
    assert arguments == ["-m", "cloudmamba", "worker", "--idle-seconds", "1260"]


def test_an_engine_that_died_meanwhile_is_replaced(client, qtbot):
    client.detect()
    first = client.pid
    os.kill(first, signal.SIGKILL)
    qtbot.waitUntil(lambda: not is_running(first))
    assert client.detect()["cloud_percent"] == 12.5
    assert client.pid != first


@pytest.mark.parametrize("change", ["engine", "environment", "proxy"])
def test_another_engine_is_started_when_another_is_wanted(
    client, tmp_path, monkeypatch, change, request
):
    client.detect()
    first = client.pid
    if change == "engine":
        other = shutil.copy(os.environ["CLOUDMAMBA_ENGINE"], tmp_path / "other engine")
        monkeypatch.setenv("CLOUDMAMBA_ENGINE", str(other))
    elif change == "proxy":  # in the settings of QGIS
        request.getfixturevalue("qgis_proxy")
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    client.detect()
    assert client.pid != first
    assert not is_running(first)


def test_the_engine_reaches_the_network_as_qgis_does(client, qgis_proxy, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://other.example:1")
    listener = Listener()
    client.detect(listener)
    given = json.loads((tmp_path / "record.json").read_text())["environment"]
    for name in ("HTTP_PROXY", "http_proxy", "https_proxy"):
        assert given[name] == qgis_proxy
    assert given["no_proxy"] == "intranet.example"
    assert not any("a%40b" in text for text in listener.logged), "no password is shown"


@pytest.mark.parametrize("mode", ["slow", "late"])
def test_after_a_cancel_the_engine_is_used_again(client, fake_engine, mode):
    """Also one that goes on to talk of the cancelled request."""
    from cloudmamba_qgis.engine_client.process import EngineCancelled

    fake_engine(mode)
    with pytest.raises(EngineCancelled):
        client.detect(Listener(3))
    first = client.pid
    listener = Listener(20)
    with pytest.raises(EngineCancelled):
        client.detect(listener)
    assert client.pid == first
    assert listener.messages == [(done, 400) for done in range(1, len(listener.messages) + 1)]


@pytest.mark.parametrize("mode", ["refuses", "out of memory"])
def test_an_engine_that_refuses_stays_and_gives_its_reason(client, fake_engine, mode):
    from cloudmamba_qgis.engine_client.process import EngineFailed

    fake_engine(mode)
    with pytest.raises(EngineFailed) as failure:
        client.detect()
    assert failure.value.code == {"refuses": "bad-input", "out of memory": "bad-device"}[mode]
    assert is_running(client.pid)


@pytest.mark.parametrize("mode", ["crash", "killed"])
def test_after_a_crash_the_next_run_has_a_new_engine(client, fake_engine, mode):
    from cloudmamba_qgis.engine_client.process import EngineFailed

    fake_engine(mode)
    with pytest.raises(EngineFailed) as failure:
        client.detect()
    assert failure.value.code == ""
    crashed = client.pid
    assert not is_running(crashed)
    fake_engine("normal")
    client.detect()
    assert client.pid != crashed


def test_a_second_run_waits_and_may_be_cancelled_alone(client, fake_engine, qtbot):
    from cloudmamba_qgis.engine_client.process import EngineCancelled

    fake_engine("slow")
    first, second = Listener(), Listener()
    running = client.detect_in_thread(first)
    qtbot.waitUntil(lambda: first.messages)
    waiting = client.detect_in_thread(second)
    qtbot.waitUntil(lambda: second.logged)
    assert second.logged == ["Waiting for another run to finish."]
    second.cancel()
    with pytest.raises(EngineCancelled):
        waiting.result(timeout=2)
    assert second.messages == []
    before = len(first.messages)
    qtbot.waitUntil(lambda: len(first.messages) > before + 2)
    first.cancel()
    with pytest.raises(EngineCancelled):
        running.result(timeout=5)
    assert "Waiting for another run to finish." not in first.logged


@pytest.mark.quiet
def test_a_stop_ends_all_runs_and_the_engine(client, fake_engine, qtbot):
    from cloudmamba_qgis.engine_client.process import EngineCancelled

    fake_engine("slow")
    first, second = Listener(), Listener()
    running = client.detect_in_thread(first)
    qtbot.waitUntil(lambda: len(first.messages) > 2)
    waiting = client.detect_in_thread(second)
    qtbot.waitUntil(lambda: second.logged)
    started = time.monotonic()
    client.session.stop()
    assert time.monotonic() - started < 0.1, "whoever stops it does not wait"
    for outcome in (running, waiting):
        with pytest.raises(EngineCancelled):
            outcome.result(timeout=5)
    qtbot.waitUntil(lambda: not is_running(client.pid), timeout=10_000)
    fake_engine("normal")
    assert client.detect()["cloud_percent"] == 12.5


def test_a_listener_that_fails_cancels_the_run(client, fake_engine, tmp_path):
    class Broken(Listener):
        def progress(self, done, total, message):
            if done > 2:
                raise RuntimeError("broken")

    fake_engine("slow")
    with pytest.raises(RuntimeError, match="broken"):
        client.detect(Broken())
    assert json.loads((tmp_path / "stop.json").read_text())["type"] == "cancel"


@pytest.mark.parametrize(
    ("mode", "patience"), [("silent", {"hello_s": 0.3}), ("mute", {"silence_s": 0.3})]
)
def test_silence_has_an_end(client, fake_engine, mode, patience):
    from cloudmamba_qgis.engine_client.process import EngineFailed

    fake_engine(mode)
    client.be_patient(leave_s=0.2, **patience)
    started = time.monotonic()
    with pytest.raises(EngineFailed, match="silent for 0 s"):
        client.detect()
    assert time.monotonic() - started < 10


def test_an_answer_that_is_too_long_ends_the_request_at_once(client, fake_engine):
    from cloudmamba_qgis.engine_client.process import EngineFailed

    fake_engine("talkative")
    started = time.monotonic()
    with pytest.raises(EngineFailed, match="does not understand: set the engine up") as failed:
        client.detect()
    assert time.monotonic() - started < 10
    assert "more than 1000000 bytes" in failed.value.details
    first = client.pid
    fake_engine("normal")
    assert client.detect()["cloud_percent"] == 12.5
    assert client.pid != first


def test_an_engine_that_does_not_listen_is_killed(client, fake_engine):
    from cloudmamba_qgis.engine_client.process import EngineCancelled

    fake_engine("deaf")
    client.be_patient(cancel_s=0.3, leave_s=0.3)
    started = time.monotonic()
    with pytest.raises(EngineCancelled):
        client.detect(Listener(3))
    assert time.monotonic() - started < 10
    assert not is_running(client.pid)


def test_cancel_before_the_hello(client, fake_engine):
    from cloudmamba_qgis.engine_client.process import EngineCancelled

    fake_engine("silent")
    client.be_patient(leave_s=0.2)
    with pytest.raises(EngineCancelled):
        client.detect(Listener(0))


def test_a_program_that_cannot_start(client, tmp_path, monkeypatch):
    from cloudmamba_qgis.engine_client.process import EngineFailed

    program = tmp_path / "python"
    program.write_text("no program")
    monkeypatch.setenv("CLOUDMAMBA_ENGINE", str(program))
    with pytest.raises(EngineFailed, match="cannot be started"):
        client.detect()


OWNER = """
import sys
sys.path.insert(0, sys.argv[1])
from qgis.core import QgsApplication
application = QgsApplication([], False)
application.initQgis()
from cloudmamba_qgis.engine_client.locate import find_engine
from cloudmamba_qgis.engine_client.session import engine_session

class Listener:
    def is_cancelled(self): return False
    def progress(self, done, total, message): print(done, flush=True)
    def log(self, level, message): pass

request = {"input_path": sys.argv[2], "mask_path": sys.argv[3]}
engine_session().detect(find_engine(), request, Listener())
print("idle", flush=True)
sys.stdin.read(1)
"""


@pytest.mark.parametrize("end", ["killed while idle", "killed mid-run", "ends by itself"])
def test_no_engine_outlives_its_qgis(fake_engine, staged_plugin, image, tmp_path, end, qtbot):
    fake_engine("slow" if end == "killed mid-run" else "normal")
    arguments = [staged_plugin.parent, image, tmp_path / "mask.tif"]
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    awaited = "3" if end == "killed mid-run" else "idle"
    assert any(line.strip() == awaited for line in iter(owner.stdout.readline, ""))
    engine = json.loads((tmp_path / "record.json").read_text())["pid"]
    assert is_running(engine)
    if end == "ends by itself":
        owner.stdin.close()
        assert owner.wait(30) == 0
        assert not is_running(engine), "Python waits until the engine is gone"
    else:
        owner.kill()
        owner.wait(30)
        qtbot.waitUntil(lambda: not is_running(engine), timeout=10_000)
    owner.stdout.close()


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
    assert engine_environment(given, ["/opt/qgis", "/usr", ""], {}) == {
        "PATH": os.pathsep.join(["/usr/bin", "/opt/qgis-tools/bin"]),
        "HOME": "/home/me",
        "LC_ALL": "C",
        "CUDA_VISIBLE_DEVICES": "0",
        "PYTHONUTF8": "1",
        "PYTHONSAFEPATH": "1",
        "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
    }


def test_the_engine_is_looked_for_in_order(tmp_path):
    from cloudmamba_qgis.engine_client.installation.folders import (
        mark_complete,
        new_environment,
        python_of,
    )
    from cloudmamba_qgis.engine_client.locate import EngineNotFound, choose_engine

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

    environment_folder = new_environment(profile)
    managed = program(str(python_of(environment_folder).relative_to(tmp_path)))
    assert choose_engine("", environment, profile).program == command  # it is not complete
    mark_complete(environment_folder, {})
    found = choose_engine("", environment, profile)
    assert (found.program, found.arguments) == (managed, ("-m", "cloudmamba", "worker"))

    environment["CLOUDMAMBA_ENGINE"] = program("variable")
    assert choose_engine("", environment, profile).program == str(tmp_path / "variable")
    setting = program("setting")
    assert choose_engine(setting, environment, profile).program == setting

    Path(setting).unlink()
    with pytest.raises(EngineNotFound, match="named by the setting .* does not exist"):
        choose_engine(setting, environment, profile)


@pytest.mark.parametrize("ending", ["", ".exe"])
def test_programs_are_not_taken_from_the_current_folder(tmp_path, monkeypatch, ending):
    """That is the folder of a project, which may have come from anybody."""
    from cloudmamba_qgis.engine_client import search_path
    from cloudmamba_qgis.engine_client.installation.pythons import candidates
    from cloudmamba_qgis.engine_client.installation.pytorch import nvidia_smi
    from cloudmamba_qgis.engine_client.locate import all_engines

    project = tmp_path / "project"
    for name in ("cloudmamba", "nvidia-smi", "python.exe", "python3", "System32/nvidia-smi"):
        program = project / f"{name}{ending}"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("")
        program.chmod(0o755)
    monkeypatch.chdir(project)
    monkeypatch.setattr(search_path, "_ENDING", ending)
    for folders in (["/nowhere"], ["/nowhere", ""], ["."], [""], ["../project"]):
        environment = {"PATH": os.pathsep.join(folders)}
        assert list(all_engines("", environment, tmp_path)) == []
        assert nvidia_smi(environment) == ""
        for platform in ("linux", "win32"):
            found = candidates(environment, "/nowhere", platform)
            assert all(map(os.path.isabs, found))
    environment = {"PATH": str(project)}
    (engine,) = all_engines("", environment, tmp_path)
    assert engine.program == str(project / f"cloudmamba{ending}")
    assert nvidia_smi(environment) == str(project / f"nvidia-smi{ending}")


def test_the_setting_names_the_engine(fake_engine, tmp_path):
    from cloudmamba_qgis.engine_client.locate import find_engine
    from cloudmamba_qgis.settings import ENGINE

    python = tmp_path / "python"
    python.write_text("")
    ENGINE.set(str(python))
    try:
        assert find_engine().program == str(python)
    finally:
        ENGINE.forget()


HELLO = b'{"type": "hello", "protocol": 1, "version": "1", "python": "3", "packages": {}'
PROGRESS = b'{"type": "progress", "id": "a", "message": "", "done": '
NOT_ANSWERS = [
    b"garbage", b"[]", b'"hello"', b'{"type": "unknown"}', b'{"type": "progress"}', b"\xff", b"",
    b"[" * 100_000, b'{"type": ["x"]}', b'{"type": {}}', b'{"type": null}',
    HELLO.replace(b"1,", b'"1",', 1) + b"}", HELLO.replace(b"1,", b"true,", 1) + b"}",
    HELLO.replace(b"1,", b"1.0,", 1) + b"}", HELLO.replace(b"{}", b'{"torch": 2}') + b"}",
    HELLO.replace(b'"3"', b'"' + b"3" * 20_000 + b'"') + b"}",
    HELLO + b', "more": NaN}', HELLO + b', "more": ' + b"9" * 5_000 + b"}",
    HELLO.decode().encode("utf-16"),
    b'{"type": "ready", "devices": {}, "models": []}',
    b'{"type": "ready", "devices": [{"id": "cpu"}], "models": []}',
    b'{"type": "ready", "devices": [], "models": ["base"]}',
    PROGRESS + b'1, "total": 0}', PROGRESS + b'5, "total": 4}', PROGRESS + b'-1, "total": 4}',
    PROGRESS + b'1.5, "total": 4}', PROGRESS + b'true, "total": 4}',
    b'{"type": "result", "id": "a", "summary": null}',
    b'{"type": "result", "id": 3, "summary": {}}',
    b'{"type": "error", "id": null, "code": "failed", "message": {"a": 1}}',
    HELLO + b', "more": "' + b"x" * 2_000_000 + b'"}',
]  # fmt: skip


@pytest.mark.parametrize("line", NOT_ANSWERS, ids=range(len(NOT_ANSWERS)))
def test_lines_that_are_no_answers(line):
    from cloudmamba_qgis.engine_client.protocol import decode_answer

    with pytest.raises(ValueError):
        decode_answer(line)


def test_answers_arrive_in_any_pieces_between_other_lines():
    from cloudmamba_qgis.engine_client.answer_stream import AnswerStream

    whole = b"Using 2 threads\n" + HELLO + b"}\n" + PROGRESS + b'1, "total": 4}\nend'
    for size in (1, 7, len(whole)):
        stream = AnswerStream()
        for start in range(0, len(whole), size):
            stream.feed(whole[start : start + size])
        assert [type(answer).__name__ for answer in stream.answers] == ["Hello", "Progress"]
        assert stream.printed == "Using 2 threads"


def test_flood_without_a_line_end_is_read_in_no_time_and_little_memory():
    import tracemalloc

    from cloudmamba_qgis.engine_client.answer_stream import AnswerStream

    stream, piece = AnswerStream(), b"x" * 4096
    started = time.monotonic()
    tracemalloc.start()
    for _ in range(12_500):  # 50 MB
        stream.feed(piece)
    peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    assert time.monotonic() - started < 20, "it took a minute"
    assert peak_mb < 10
    assert len(stream.answers) == 1, "whoever waits for an answer hears at once that none comes"
    failure = stream.answers.popleft()
    assert (failure.id, failure.code) == (None, "too-long")
    stream.feed(b"\n" + HELLO + b"}\n")
    assert [type(answer).__name__ for answer in stream.answers] == ["Hello"]


def test_summary_of_a_detection_must_have_what_is_shown():
    from cloudmamba_qgis.engine_client.protocol import is_detection_summary

    guess = {"confidence": "likely", "reason": "made up"}
    summary = {
        "cloud_percent": 1, "valid_percent": 2.5, "mean_uncertainty": 0.5, "seconds": 1.0,
        "shadow_percent": None, "gsd_m": 10.0,
        "device": "CPU", "model": "base", "version": "1", "warnings": ["one"], "more": None,
        "bands": {**guess, "blue": 1, "green": 2, "red": 3, "nir": None},
        "radiometry": {**guess, "name": "picture"},
    }  # fmt: skip
    assert is_detection_summary(summary)
    for wrong in (
        {"cloud_percent": None}, {"cloud_percent": "1"}, {"cloud_percent": float("nan")},
        {"warnings": "one"}, {"warnings": [1]}, {"bands": {}}, {"bands": None},
        {"radiometry": guess}, {"device": 3},
    ):  # fmt: skip
        assert not is_detection_summary({**summary, **wrong}), wrong
    for name in set(summary) - {"more"}:
        assert not is_detection_summary({key: summary[key] for key in summary if key != name})


def test_leftovers_go_only_after_a_failure(tmp_path):
    from cloudmamba_qgis.engine_client.partial_files import removing_partial_files

    output = tmp_path / "mask [1].tif"
    unfinished = [tmp_path / f".mask [1].tif.01234567.part.tif{end}" for end in ("", ".aux.xml")]
    kept = [
        tmp_path / ".mask [1].tif.01234567.part.old",  # the file that was there before
        tmp_path / ".mask 1.tif.01234567.part.tif",  # of another output
        tmp_path / ".mask [1].tif.89abcdef.part.tif",  # of another run
    ]
    kept[2].touch()
    lock = tmp_path / ".cloudmamba.01234567.part.lock"

    def leave_files():
        for path in (*unfinished, *kept, lock):
            path.touch()

    with removing_partial_files([str(output)]):
        leave_files()
    assert all(path.exists() for path in unfinished)
    for path in unfinished:
        path.unlink()
    with pytest.raises(RuntimeError), removing_partial_files([str(output)]):
        leave_files()
        raise RuntimeError
    assert not any(path.exists() for path in (*unfinished, lock))
    assert all(path.exists() for path in kept)
    # What was on its way to its name is for the next run to complete.
    (tmp_path / ".cloudmamba.01234567.part.json").touch()
    with pytest.raises(RuntimeError), removing_partial_files([str(output)]):
        leave_files()
        raise RuntimeError
    assert all(path.exists() for path in (*unfinished, *kept, lock))
