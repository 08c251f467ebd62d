"""``cloudmamba detect`` as a program: results, words, exit statuses, signals."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import rasterio
import torch
from stand_ins import land

from cloudmamba.model_files import save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    model = CloudMamba(ModelConfiguration(widths=(4, 8, 8), state_size=2))
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    save_model(model, path, {"name": "tiny", "version": "3", "trained_on": "-", "licence": "-"})
    return path


@pytest.fixture
def scene(write_raster):
    return write_raster(np.round(land(70, 90) * 1e4).astype(np.uint16))


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    return path


def command(*arguments):
    return [sys.executable, "-m", "cloudmamba", "detect", *map(str, arguments)]


def cloudmamba(*arguments, **options):
    return subprocess.run(
        command(*arguments), check=False, capture_output=True, text=True, timeout=120, **options
    )


def test_results_and_words(scene, folder, weights):
    ended = cloudmamba(
        scene, "--mask", folder / "m.tif", "--uncertainty", folder / "u.tif",
        "--probability", folder / "p.tif", "--stages", folder / "s.tif", "--model", weights,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == "", "no bar where nobody watches, and no noise"
    assert sorted(path.name for path in folder.iterdir()) == [
        "m.qml", "m.tif", "m.tif.aux.xml", "p.tif", "s.tif", "u.tif",
    ]  # fmt: skip
    with rasterio.open(folder / "m.tif") as dataset:
        cloud_percent = 100 * (dataset.read() == 1).mean()
    assert f"Cloud:        {cloud_percent:.2f} % of the valid pixels" in ended.stdout
    assert "blue 1, green 2, red 3, nir 4 (certain" in ended.stdout
    assert "sentinel2 (likely" in ended.stdout
    assert "tiny 3" in ended.stdout
    assert "Pixel:        not known" in ended.stdout
    ended = cloudmamba(scene, "--mask", folder / "m.tif", "--gsd-m", 12.5, "--model", weights)
    assert "Pixel:        12.5 m\n" in ended.stdout


def test_json_and_all_options(scene, folder, weights):
    ended = cloudmamba(
        scene, "--mask", folder / "m.tif", "--model", weights, "--device", "cpu", "--json",
        "--bands", "red=3,green=2,blue=1", "--radiometry", "scale:0.0001,0.01",
        "--coarse-threshold", "0.3", "--refined-threshold", "0.4",
        "--acceptance-threshold", "0.5",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    summary = json.loads(ended.stdout)
    assert summary["thresholds"] == {"coarse": 0.3, "refined": 0.4, "acceptance": 0.5}
    assert [summary["bands"][role] for role in ("blue", "green", "red", "nir")] == [1, 2, 3, None]
    assert summary["radiometry"]["offsets"] == [0.01] * 3
    assert summary["outputs"] == {"mask": str(folder / "m.tif")}


def test_path_that_the_terminal_cannot_show(scene, folder, weights):
    mask = folder / "Wölkchen.tif"
    ended = cloudmamba(
        scene, "--mask", mask, "--model", weights,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert mask.exists() and r"W\xf6lkchen.tif" in ended.stdout


def test_quiet_says_nothing(scene, folder, weights):
    ended = cloudmamba(scene, "--mask", folder / "m.tif", "--model", weights, "--quiet")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_progress_bar_on_a_terminal(scene, folder, weights):
    import fcntl
    import pty
    import struct
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    ended = subprocess.run(
        command(scene, "--mask", folder / "m.tif", "--model", weights, "--json"),
        check=False,
        stdout=subprocess.PIPE,
        stderr=follower,
        timeout=120,
        # Steps are shown also where one follows the other at once.
        env={**os.environ, "TQDM_MININTERVAL": "0"},
    )
    os.set_blocking(leader, False)
    shown = os.read(leader, 100_000).decode()
    os.close(follower)
    os.close(leader)
    assert "Detecting clouds:" in shown and "1/2" in shown
    assert json.loads(ended.stdout)["tiles"] == 1


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["{folder}/none.tif", "--mask", "{folder}/m.tif"], 3, "There is no file"),
        (["", "--mask", "{folder}/m.tif"], 3, "No input was given"),
        (["{scene}", "--mask", "{folder}/m.tif", "--bands", "7,8,9"], 3, "no band 7"),
        (["{scene}", "--mask", "{folder}/m.tif", "--radiometry", "reflectance"], 3, "cannot be"),
        (["{scene}", "--mask", "{scene}"], 4, "is an input as well"),
        (["{scene}", "--mask", "{folder}/none/m.tif"], 4, "does not exist"),
        (["{scene}", "--mask", "{folder}/m.tif", "--model", "{scene}"], 5, "model"),
        (["{scene}", "--mask", "{folder}/m.tif", "--device", "cuda:77"], 6, "cuda:77"),
        (["{scene}"], 2, "--mask"),
    ],
)
def test_errors_are_one_sentence_and_a_status(scene, folder, weights, arguments, status, words):
    before = scene.read_bytes()
    arguments = [argument.format(folder=folder, scene=scene) for argument in arguments]
    if "--model" not in arguments:
        arguments += ["--model", weights]
    ended = cloudmamba(*arguments)
    assert ended.returncode == status
    assert words in ended.stderr and ended.stdout == ""
    if status != 2:
        assert ended.stderr.startswith("cloudmamba: ") and ended.stderr.count("\n") == 1
    assert list(folder.iterdir()) == []
    assert scene.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals work otherwise")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signal_cancels_and_leaves_nothing(write_raster, folder, weights, name):
    scene = write_raster(np.round(land(900, 900) * 1e4).astype(np.uint16))
    (folder / "m.tif").write_bytes(b"from an earlier run")
    process = subprocess.Popen(
        command(scene, "--mask", folder / "m.tif", "--uncertainty", folder / "u.tif",
                "--model", weights),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    waited_until = time.monotonic() + 60
    while not list(folder.glob(".u.tif.*.part.tif")):
        assert process.poll() is None and time.monotonic() < waited_until
        time.sleep(0.02)
    process.send_signal(getattr(signal, name))
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "cloudmamba: Cancelled: nothing was written.\n"
    assert output == ""
    assert [path.name for path in folder.iterdir()] == ["m.tif"]
    assert (folder / "m.tif").read_bytes() == b"from an earlier run"


def test_help_does_not_wait_for_pytorch():
    script = (
        "import sys; from cloudmamba.cli import build_parser; build_parser(); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'rasterio', 'numpy')))"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert ended.returncode == 0


def test_names_of_radiometries_are_all_in_the_help():
    from cloudmamba.raster.radiometry import PRESET_NAMES

    # Lines are broken at hyphens too.
    shown = "".join(cloudmamba("--help").stdout.split())
    assert [name for name in PRESET_NAMES if name not in shown] == []
