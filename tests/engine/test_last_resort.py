"""Whatever is wrong outside, a command ends with one sentence and a status, never a traceback."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from cloudmamba import cli
from cloudmamba.cli import main
from cloudmamba.commands import describe as describe_command
from cloudmamba.errors import in_one_sentence

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


@pytest.fixture
def scene(write_raster):
    """A small scene that 'describe' understands; that command needs no PyTorch."""
    values = np.random.default_rng(0).normal(1200, 300, (4, 64, 64)).clip(1)
    return write_raster(values.astype(np.uint16))


def run(*arguments, prepare="", redirect="", **options):
    """Run the command as a shell would; ``prepare`` is what the shell does before."""
    words = " ".join(f"'{argument}'" for argument in arguments)
    command = f"{prepare} exec {sys.executable} -m cloudmamba {words} {redirect}"
    options = {"capture_output": True, "timeout": 120, **options}
    return subprocess.run(["bash", "-c", command], check=False, **options)


def sentence_of(ended):
    text = ended.stderr.decode(errors="replace")
    assert "Traceback" not in text and "Exception ignored" not in text, text
    return text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "Memory is short.*MemoryError"),
        (RuntimeError("can't start new thread"), "Memory is short, or .* no more threads"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "Memory is short"),
        (OSError(11, "Resource temporarily unavailable"), "no more threads"),
        (OSError(36, "File name too long", "x" * 5000), "The system refuses: .*File name too long"),
        (UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"), "not UTF-8"),
        (TypeError("a\nb" * 500), r"Unexpected TypeError in the engine: a b.*\.\.\."),
    ],
)
def test_errors_that_nobody_foresaw_are_one_bounded_sentence(error, words, monkeypatch, capsys):
    def fail(path):
        raise error

    monkeypatch.setattr(describe_command, "describe", fail)
    assert main(["describe", "x.tif"]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("cloudmamba: ") and printed.count("\n") == 1
    assert len(printed) < 600

    assert re.search(words, in_one_sentence(error))
    # Where in the program says nothing of what is wrong outside.
    assert ("--traceback" in printed) == ("Unexpected" in printed)
    with pytest.raises(type(error)):
        main(["--traceback", "describe", "x.tif"])


@pytest.mark.parametrize(
    "name",
    ["a" * 250 + ".tif", "a/" * 3000 + "b.tif", "\udcff.tif", "zero\0byte.tif", "é" * 124 + ".tif"],
    ids=["long name", "long path", "not UTF-8", "zero byte", "long in bytes"],
)
def test_odd_names_of_inputs_outputs_and_models(name, scene, tmp_path, capsys):
    assert main(["describe", name]) == 3
    out = ["--mask", str(tmp_path / "m.tif"), "--quiet"]
    assert main(["detect", str(scene), *out, "--uncertainty", str(tmp_path / name)]) == 4
    assert main(["detect", str(scene), *out, "--model", name]) == 5
    assert main(["batch", name, "--output", str(tmp_path / "out")]) in (1, 3)
    sentences = capsys.readouterr().err.splitlines()
    assert len(sentences) == 4 and all(len(sentence) < 500 for sentence in sentences)


@pytest.mark.parametrize("bands", ["1,2," + "9" * 5000, "1,2,٣", "1,2,-3", "red=1,green=2,blue=²"])
def test_odd_numbers_of_bands(bands, scene, tmp_path, capsys):
    arguments = ["detect", str(scene), "--mask", str(tmp_path / "m.tif"), "--bands", bands]
    assert main(arguments) == 3
    assert "are not understood" in capsys.readouterr().err


@linux
def test_standard_output_that_is_full_or_closed(scene, tmp_path):
    ended = run("describe", scene, redirect="> /dev/full")
    assert ended.returncode == 1
    assert "No space left" in sentence_of(ended)
    assert run("describe", scene, redirect=">&-").returncode == 0
    assert run("describe", scene, redirect="2>&- <&- >&-").returncode == 0
    # No file that is opened later may become what libraries print to.
    code = (
        "import os; from cloudmamba.cli import main; main(['describe', 'nothere.tif']);"
        "assert os.open('/', os.O_RDONLY) > 2"
    )
    closed = ["bash", "-c", f'exec {sys.executable} -c "{code}" >&- <&-']
    assert subprocess.run(closed, check=False, timeout=60).returncode == 0


@linux
def test_modules_beside_the_scenes_are_not_run(scene, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for module in ("json", "argparse", "numpy", "rasterio", "multiprocessing", "torch"):
        (folder / f"{module}.py").write_text("raise SystemExit('a stranger ran')")
    assert run("describe", scene, cwd=folder).returncode == 0
    # Of this name Python itself would run what lies there, if it were asked for a module.
    (folder / "cloudmamba.py").write_text("raise SystemExit('a stranger ran')")
    command = [Path(sys.executable).with_name("cloudmamba"), "describe", scene]
    assert subprocess.run(command, cwd=folder, check=False, timeout=60).returncode == 0
    code = (
        "import os, sys; sys.path.remove(''); import multiprocessing;"
        "from cloudmamba.startup import starting_elsewhere\n"
        "process = multiprocessing.get_context('spawn').Process(target=os.getcwd)\n"
        "with starting_elsewhere(): process.start()\n"
        "process.join(); sys.exit(process.exitcode)"
    )
    (folder / "multiprocessing.py").rename(folder / "multiprocessing.txt")
    (folder / "runpy.py").write_text("raise SystemExit('a stranger ran')")
    ended = subprocess.run([sys.executable, "-c", code], cwd=folder, check=False, timeout=60)
    assert ended.returncode == 0


@linux
@pytest.mark.parametrize("megabytes", [64, 300])
def test_little_address_space_is_a_sentence(megabytes, scene):
    ended = run("describe", scene, prepare=f"ulimit -v {megabytes * 1024};")
    if ended.returncode:
        sentence_of(ended)


@pytest.fixture
def open_folder():
    """A folder that other users may write, and see the way to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


@linux
@pytest.mark.parametrize("limit", [1, 8])
@pytest.mark.parametrize("command", ["describe", "detect", "batch"])
def test_a_user_who_may_have_no_more_threads_gets_results_or_a_sentence(
    command, limit, scene, open_folder
):
    shutil.copy(scene, open_folder / "scene.tif")
    (open_folder / "list.txt").write_text("scene.tif\n")
    arguments = {
        "describe": "scene.tif",
        "detect": "scene.tif --mask m.tif --quiet",
        "batch": "list.txt --output out --quiet",
    }[command]
    # The system's own user has no such limit, so another one is needed.
    other = "setpriv --reuid=65534 --regid=65534 --clear-groups" if os.geteuid() == 0 else ""
    try_out = [*other.split(), sys.executable, "-c", "import cloudmamba"]
    if subprocess.run(try_out, cwd="/", check=False, capture_output=True).returncode:
        pytest.skip("another user may not run the engine where it lies")
    program = f"ulimit -u {limit} && exec {sys.executable} -m cloudmamba {command} {arguments}"
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
    environment = {name: value for name, value in os.environ.items() if name not in threads}
    ended = subprocess.run(
        [*other.split(), "bash", "-c", program],
        env={**environment, "HOME": str(open_folder)},
        cwd=open_folder,
        check=False,
        capture_output=True,
        timeout=120,
    )
    text = sentence_of(ended)
    if ended.returncode:
        assert ended.returncode == 1 and "no more threads" in text
        assert text.count("\n") == 1
    else:
        assert text == ""


def test_a_server_that_never_answers_is_a_sentence(tmp_path, monkeypatch, capsys):
    """Also where a virtual raster on this machine refers to it."""
    for variable in cli._WAITS_FOR_SERVERS:
        monkeypatch.setenv(variable, "1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = f"/vsicurl/http://127.0.0.1:{silent.getsockname()[1]}/image.tif"
        bands = "".join(
            f'<VRTRasterBand dataType="UInt16" band="{number}"><SimpleSource><SourceFilename>'
            f"{source}</SourceFilename><SourceBand>{number}</SourceBand></SimpleSource>"
            "</VRTRasterBand>"
            for number in (1, 2, 3)
        )
        path = tmp_path / "virtual.vrt"
        path.write_text(f'<VRTDataset rasterXSize="9" rasterYSize="9">{bands}</VRTDataset>')
        started = time.monotonic()
        assert main(["describe", str(path)]) == 3
        assert time.monotonic() - started < 60
    assert "cannot be read" in capsys.readouterr().err
    for variable in cli._WAITS_FOR_SERVERS:
        monkeypatch.delenv(variable)
    main(["describe", "nothere.tif"])
    assert os.environ["GDAL_HTTP_LOW_SPEED_TIME"] == "60"


@linux
@pytest.mark.parametrize("megabytes", [1300, 2000])
def test_a_detection_in_little_address_space_works_or_is_a_sentence(megabytes, scene, tmp_path):
    arguments = ("detect", scene, "--mask", tmp_path / "m.tif", "--quiet")
    ended = run(*arguments, prepare=f"ulimit -v {megabytes * 1024};")
    if ended.returncode:
        assert sentence_of(ended).count("\n") == 1
    else:
        assert (tmp_path / "m.tif").exists()


def test_second_signal_ends_at_once_whatever_is_waited_for():
    code = (
        "import threading\n"
        "from cloudmamba.commands.stopping import stop_signals\n"
        "with stop_signals() as stopped:\n"
        "    print('waiting', flush=True)\n"
        "    stopped.wait(); print('told', flush=True)\n"
        "    threading.Event().wait(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "told\n"
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    assert process.wait(30) == -signal.SIGTERM
    assert time.monotonic() - started < 20


def test_the_package_where_it_lies_is_found_from_its_own_folder(monkeypatch):
    from cloudmamba import startup

    own = startup._OWN_FOLDER.parent
    monkeypatch.chdir(own)
    monkeypatch.setattr(sys, "path", [str(own), "/elsewhere"])
    startup.forget_current_folder()
    assert sys.path == [str(own), "/elsewhere"]
    monkeypatch.chdir(os.sep)
    monkeypatch.setattr(sys, "path", ["", os.sep, "/elsewhere"])
    startup.forget_current_folder()
    assert sys.path == ["/elsewhere"]
    assert cli.main is main
