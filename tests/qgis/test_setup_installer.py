"""Setting an engine up: with a Python and a pip that only pretend."""

import json
import os
import resource
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from event_loop import EventLoopWatch

FAKE_PYTHON = Path(__file__).with_name("fake_python.py")


def is_downloading(installer):
    return "PyTorch" in installer.title and "MB" in installer.title


def calls(tmp_path):
    return [json.loads(line) for line in (tmp_path / "record.jsonl").read_text().splitlines()]


def is_running(pid):
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def profile(tmp_path):
    return tmp_path / "profile folder"


@pytest.fixture
def installer(plugin, profile, tmp_path, monkeypatch):
    from cloudmamba_qgis.engine_client.installation.installer import EngineInstaller

    monkeypatch.setenv("CLOUDMAMBA_FAKE_RECORD", str(tmp_path / "record.jsonl"))
    installer = EngineInstaller(profile)
    yield installer
    installer.stop()


def fake_choice(**differences):
    from cloudmamba_qgis.engine_client.installation.plan import Choice
    from cloudmamba_qgis.engine_client.installation.pythons import FoundPython
    from cloudmamba_qgis.engine_client.installation.pytorch import Build

    facts = {
        "path": str(FAKE_PYTHON), "version": (3, 12, 1), "has_venv": True,
        "has_ensurepip": True, "has_ssl": True, "pip_version": (24, 0), "bits": 64,
    }  # fmt: skip
    return Choice(FoundPython(**{**facts, **differences}), Build("processor", "cpu", 0.001))


@pytest.fixture
def set_up(installer, tmp_path, monkeypatch, qtbot):
    """Starts a set-up in a mode; ``finish`` waits for its end unless told otherwise."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "pyproject.toml").write_text("[project]\n")

    def start(mode="normal", finish=True, **differences):
        monkeypatch.setenv("CLOUDMAMBA_FAKE_PYTHON", mode)
        installer.start(fake_choice(**differences), source)
        if finish:
            qtbot.waitUntil(lambda: not installer.is_busy)
        return installer.state.value

    return start


def environments(profile):
    return sorted(path.name for path in (profile / "cloudmamba" / "engines").glob("[0-9]*"))


def test_success(set_up, installer, profile, tmp_path):
    from cloudmamba_qgis.engine_client.locate import choose_engine

    ready, fractions = [], []
    installer.succeeded.connect(ready.append)
    installer.changed.connect(lambda: fractions.append(installer.fraction))
    assert set_up() == "succeeded"
    python = profile / "cloudmamba" / "engines" / "1" / "bin" / "python"
    assert ready == [str(python)]
    assert choose_engine("", {}, profile).program == str(python)
    assert json.loads((python.parents[1] / "complete.json").read_text())["version"] == "0.1.0"
    assert not (python.parents[1] / "build").exists()
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and len(set(fractions)) > 6
    assert "Successfully installed torch>=2.13" in "\n".join(installer.log)
    assert not [line for line in installer.log if line.startswith("Progress")]
    arguments = [call["arguments"] for call in calls(tmp_path)]
    assert arguments[0] == ["-m", "venv", str(python.parents[1])]
    torch = next(words for words in arguments if "torch>=2.13" in words)
    assert torch[torch.index("--index-url") + 1].endswith("/whl/cpu")
    copy = str(python.parents[1] / "build" / "source")
    assert [words[-1] for words in arguments if words[:3] == ["-m", "pip", "install"]] == [
        "pip>=24.1", torch[-1], copy,
    ]  # fmt: skip
    # Once it is installed, and before its temporary files and itself are looked at.
    prepared = arguments.index(["-m", "cloudmamba", "prepare"])
    assert arguments[prepared - 1][-1] == copy and len(arguments) > prepared + 2
    assert "Ready to detect on fake (avx2)." in installer.log


def test_a_processor_that_nothing_can_be_compiled_for(set_up, installer, profile):
    assert set_up("cannot prepare") == "failed"
    assert "Preparing the engine for this processor" in installer.message
    assert "LLVM ERROR" in installer.message
    assert environments(profile) == []


def test_a_chosen_build_comes_from_its_own_index_alone(set_up, tmp_path, monkeypatch):
    """A further index of the user's brought CUDA where the processor was chosen."""
    places = {
        "PIP_CONFIG_FILE": "/home/me/pip.conf", "PIP_EXTRA_INDEX_URL": "http://company.example",
        "PIP_FIND_LINKS": "/wheels", "PIP_NO_INDEX": "1",
    }  # fmt: skip
    for name, value in places.items():
        monkeypatch.setenv(name, value)
    assert set_up() == "succeeded"
    pip = [one for one in calls(tmp_path) if one["arguments"][:3] == ["-m", "pip", "install"]]
    given = [{name: one["environment"][name] for name in places} for one in pip]
    nothing = {**dict.fromkeys(places, ""), "PIP_CONFIG_FILE": os.devnull}
    assert given == [places, nothing, places], "PyTorch alone; the rest as the user wants it"


def test_a_server_that_does_not_answer_is_told_at_once(set_up, installer):
    titles = []
    installer.changed.connect(lambda: titles.append(installer.title))
    assert set_up("no network") == "failed"
    assert "Installing PyTorch: no connection, trying again…" in titles


def test_the_environment_of_pip(set_up, tmp_path, monkeypatch):
    for name, value in {
        "PYTHONHOME": "/opt/qgis", "PYTHONPATH": "/opt/qgis/python", "PIP_TARGET": "/elsewhere",
        "PIP_CERT": "/etc/certificate.pem", "https_proxy": "http://proxy.example:3128",
        "PIP_DRY_RUN": "1", "PIP_NO_DEPS": "1", "PIP_USER": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert set_up() == "succeeded"
    given = calls(tmp_path)[2]["environment"]
    assert not {"PYTHONHOME", "PYTHONPATH", "PIP_TARGET"} & set(given)
    assert given["PIP_CERT"] == "/etc/certificate.pem"
    assert given["https_proxy"] == "http://proxy.example:3128"
    assert [given[f"PIP_{name}"] for name in ("USER", "DRY_RUN", "NO_DEPS")] == 3 * ["0"]
    assert given["TMPDIR"].endswith("/engines/1/build")


def test_the_proxy_of_qgis_wins(set_up, qgis_proxy, tmp_path, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://other.example:1")
    assert set_up() == "succeeded"
    given = calls(tmp_path)[0]["environment"]
    assert given["HTTPS_PROXY"] == given["https_proxy"] == qgis_proxy
    assert given["NO_PROXY"] == "intranet.example"


def test_without_ensurepip_the_pip_of_the_other_python_helps(set_up, tmp_path):
    assert set_up(has_ensurepip=False) == "succeeded"
    first, second = [call["arguments"] for call in calls(tmp_path)[:2]]
    assert first[:3] == ["-m", "venv", "--without-pip"]
    assert second[:3] == ["-m", "pip", "--python"] and second[-1] == "pip>=24.1"


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("no network", "no connection to the package index"),
        ("proxy", "proxy refused the connection"),
        ("disk full", "disk is full"),
        ("no build", "no build of a package for this Python"),
        ("strange", "Installing PyTorch failed: ERROR: Something that nobody foresaw"),
        ("broken engine", "libcudart.so.13"),
    ],
)
def test_a_failure_says_what_to_do_and_leaves_nothing(set_up, installer, profile, mode, sentence):
    assert set_up(mode) == "failed"
    assert sentence in installer.message
    assert environments(profile) == []
    assert set_up() == "succeeded"  # and one can try again
    assert environments(profile) == ["1"]


def test_the_engine_from_before_stays_until_the_new_one_answers(set_up, installer, profile, qtbot):
    from cloudmamba_qgis.engine_client.locate import choose_engine

    assert set_up() == "succeeded"
    before = choose_engine("", {}, profile)
    for mode in ("disk full", "broken engine"):
        assert set_up(mode) == "failed"
        assert choose_engine("", {}, profile) == before
        assert environments(profile) == ["1"]
    set_up("slow engine", finish=False)
    qtbot.waitUntil(lambda: "first time" in installer.title)
    assert choose_engine("", {}, profile) == before
    installer.cancel()
    qtbot.waitUntil(lambda: not installer.is_busy)
    assert installer.state.value == "cancelled" and environments(profile) == ["1"]
    assert set_up() == "succeeded"
    assert Path(choose_engine("", {}, profile).program).parts[-3] == "2"
    assert environments(profile) == ["1", "2"]  # the one before may be at work
    installer.tidy_up()
    qtbot.waitUntil(lambda: environments(profile) == ["2"])


@pytest.mark.parametrize("mode", ["slow", "deaf"])
def test_cancel(set_up, installer, profile, tmp_path, monkeypatch, mode, qtbot):
    from cloudmamba_qgis.engine_client.installation import installer as module

    monkeypatch.setattr(module, "PATIENCE_WITH_CANCEL_MS", 500)
    set_up(mode, finish=False)
    if mode == "slow":
        qtbot.waitUntil(lambda: is_downloading(installer))
    else:
        qtbot.waitUntil(lambda: "Collecting torch" in installer.log)
    started = time.monotonic()
    installer.cancel()
    assert installer.state.value == "cancelling"
    qtbot.waitUntil(lambda: not installer.is_busy)
    assert time.monotonic() - started < 5
    assert installer.state.value == "cancelled"
    assert environments(profile) == []
    if mode == "slow":
        child = int((tmp_path / "child.pid").read_text())
        qtbot.waitUntil(lambda: not is_running(child), timeout=5_000)
    assert set_up() == "succeeded"


@pytest.mark.quiet
def test_the_window_stays_responsive(set_up, installer, qtbot):
    with EventLoopWatch() as watch:
        set_up("slow", finish=False)
        qtbot.waitUntil(lambda: is_downloading(installer) and installer.fraction > 0.1)
        installer.cancel()
        qtbot.waitUntil(lambda: not installer.is_busy)
    assert watch.blocked_ms < 100


def test_two_windows(set_up, installer, profile, tmp_path, qtbot):
    from cloudmamba_qgis.engine_client.installation.installer import EngineInstaller

    set_up("slow", finish=False)
    qtbot.waitUntil(lambda: is_downloading(installer))
    second = EngineInstaller(profile)
    second.start(fake_choice(), tmp_path / "source")
    assert second.state.value == "failed" and "Another QGIS window" in second.message
    second.tidy_up()  # what is being made is not tidied away
    assert environments(profile) == ["1"] and installer.is_busy
    installer.cancel()
    qtbot.waitUntil(lambda: not installer.is_busy)


def dead_pid():
    program = subprocess.Popen(["true"])
    program.wait()
    return program.pid


@pytest.mark.parametrize(
    "content",
    [
        lambda: f"{dead_pid()}\nqgis\nanother.computer\n",
        lambda: "",  # the power failed while it was written
        lambda: f"{os.getpid()}\nqgis\nanother.computer\n",  # there it may be another program
    ],
    ids=["another computer", "empty", "number of a living program"],
)
def test_a_lock_that_nobody_can_judge_blocks_for_some_hours_only(
    set_up, installer, profile, content
):
    lock = profile / "cloudmamba" / "engines" / "set-up.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(content())
    assert set_up() == "failed"
    assert f"or delete '{lock}' if there is none" in installer.message
    assert lock.exists()
    day_before_s = time.time() - 24 * 3600
    os.utime(lock, (day_before_s, day_before_s))
    assert set_up() == "succeeded"
    assert not lock.exists()


def test_a_lock_of_a_program_that_ended_does_not_block(set_up, profile):
    from qgis.PyQt.QtCore import QSysInfo

    lock = profile / "cloudmamba" / "engines" / "set-up.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(f"{dead_pid()}\nqgis\n{QSysInfo.machineHostName()}\n")
    assert set_up() == "succeeded"


@pytest.mark.parametrize("host", ["own", "another.computer"])
def test_a_lock_of_a_living_program_is_never_taken_over(
    set_up, installer, profile, tmp_path, host, qtbot
):
    """However old it is, and also where the computer was given another name meanwhile."""
    from cloudmamba_qgis.engine_client.installation.installer import EngineInstaller

    set_up("slow", finish=False)
    qtbot.waitUntil(lambda: is_downloading(installer))
    lock = profile / "cloudmamba" / "engines" / "set-up.lock"
    if host != "own":
        lines = lock.read_text().splitlines()
        lock.write_text("\n".join([*lines[:2], host, ""]))
    os.utime(lock, (1, 1))
    second = EngineInstaller(profile)
    second.start(fake_choice(), tmp_path / "source")
    assert second.state.value == "failed" and "setting an engine up" in second.message
    assert lock.exists() and installer.is_busy
    installer.cancel()
    qtbot.waitUntil(lambda: not installer.is_busy)


def test_a_folder_that_cannot_be_written_is_said_as_such(set_up, installer, profile):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))  # as on a full disk
    try:
        assert set_up() == "failed"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "set-up.lock' cannot be written: make sure that the disk" in installer.message


def test_a_full_disk_is_said_as_such(set_up, installer, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 0))
    assert set_up() == "failed"
    assert "where 0.0 GB are free" in installer.message


def test_what_a_crash_left_is_tidied_up(installer, profile, qtbot):
    left = profile / "cloudmamba" / "engines" / "7"
    (left / "bin").mkdir(parents=True)
    installer.tidy_up()
    qtbot.waitUntil(lambda: environments(profile) == [])


def test_stop_ends_everything_at_once(set_up, installer, profile, tmp_path, qtbot):
    set_up("slow", finish=False)
    qtbot.waitUntil(lambda: (tmp_path / "child.pid").exists())
    child = int((tmp_path / "child.pid").read_text())
    installer.stop()
    # It is killed by now, and gone as soon as it is its turn.
    qtbot.waitUntil(lambda: not is_running(child), timeout=5_000)
    qtbot.waitUntil(lambda: environments(profile) == [] and not installer.is_busy)


def test_too_little_space(installer, profile, tmp_path, monkeypatch):
    import dataclasses

    choice = fake_choice()
    huge = dataclasses.replace(choice, build=dataclasses.replace(choice.build, disk_gb=1e6))
    installer.start(huge, tmp_path)
    assert installer.state.value == "failed" and "1000000.0 GB" in installer.message
    assert environments(profile) == []


def test_a_folder_that_cannot_be_written(installer, profile, tmp_path):
    profile.write_text("a file where a folder should be")
    installer.start(fake_choice(), tmp_path)
    assert installer.state.value == "failed" and "cannot be written" in installer.message


def test_a_python_that_does_not_start(set_up, installer, profile):
    assert set_up(path="/nowhere/python") == "failed"
    assert "'/nowhere/python' cannot be started" in installer.message
    assert environments(profile) == []


@pytest.mark.skipif(os.name == "nt", reason="shell of POSIX")
def test_the_commands_to_type(plugin):
    from cloudmamba_qgis.engine_client.installation.plan import commands

    lines = commands(fake_choice(), Path("/my plugins/engine_source"), "/home/me/engine", "linux")
    assert lines[0] == f"{FAKE_PYTHON} -m venv /home/me/engine"
    assert lines[1].startswith("/home/me/engine/bin/python -m pip install --index-url https://")
    assert lines[1].endswith("/whl/cpu 'torch>=2.13'")
    assert lines[2].endswith("pip install '/my plugins/engine_source'")
    assert lines[3] == "/home/me/engine/bin/python -m cloudmamba prepare"
    windows = commands(fake_choice(), Path("/my plugins/e"), r"C:\My engine", "win32")
    assert windows[1].startswith(r'"C:\My engine\Scripts\python.exe" -m pip install --index-url')
    assert windows[1].endswith('"torch>=2.13"')
