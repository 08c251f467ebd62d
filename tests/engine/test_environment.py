"""Variables of the environment: what they ask for reaches the model, and a typing error is told."""

import json
import pickle

import numpy as np
import pytest
from stand_ins import BrightnessModel, land

from cloudmamba.batch.plan import plan_jobs
from cloudmamba.batch.scenes import ListedScene
from cloudmamba.cli import main
from cloudmamba.commands import environment
from cloudmamba.commands.environment import compute_options
from cloudmamba.commands.worker import Requested
from cloudmamba.compute_options import AUTOMATIC, ComputeOptions
from cloudmamba.inference.prepared_model import PreparedModel

ASKED = ComputeOptions("float32", "plain", True)


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.setenv(environment.PRECISION_VARIABLE, "float32")
    monkeypatch.setenv(environment.SCAN_VARIABLE, "plain")
    monkeypatch.setenv(environment.GRAPHS_VARIABLE, "on")


@pytest.fixture
def loaded(monkeypatch):
    """How the models were computed that commands loaded meanwhile."""
    options = []

    def load(path, device, compute=AUTOMATIC):
        options.append(compute)
        card = {"name": "stand-in", "version": "1"}
        return PreparedModel(BrightnessModel().eval(), device, card, path)

    monkeypatch.setattr(PreparedModel, "load", load)
    return options


@pytest.fixture
def scene(write_raster):
    return write_raster(land(64, 64).astype(np.float32))


def test_nothing_is_asked_for_where_the_variables_are_missing_or_empty(monkeypatch):
    for variable in ("PRECISION", "SCAN", "CUDA_GRAPHS"):
        monkeypatch.delenv(f"CLOUDMAMBA_{variable}", raising=False)
    assert compute_options() == AUTOMATIC
    for variable in ("PRECISION", "SCAN", "CUDA_GRAPHS"):
        monkeypatch.setenv(f"CLOUDMAMBA_{variable}", "")
    assert compute_options() == AUTOMATIC


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ("PRECISION", "is not a precision: use one of bfloat16, float32."),
        ("SCAN", "is not a scan backend: use one of compiled, triton, mamba_ssm, plain."),
        ("CUDA_GRAPHS", "is unknown: use on or off."),
    ],
)
def test_a_value_that_is_unknown_is_told_with_the_variable(
    variable, sentence, scene, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv(f"CLOUDMAMBA_{variable}", "half")
    assert main(["detect", str(scene), "--mask", str(tmp_path / "mask.tif")]) == 6
    assert capsys.readouterr().err == f"cloudmamba: CLOUDMAMBA_{variable}=half {sentence}\n"


def test_a_detection_computes_as_asked_for(asked, loaded, scene, tmp_path):
    radiometry = ["--radiometry", "reflectance", "--device", "cpu"]
    assert main(["detect", str(scene), "--mask", str(tmp_path / "mask.tif"), *radiometry]) == 0
    assert loaded == [ASKED]


def test_a_worker_computes_as_asked_for(asked, loaded, scene, tmp_path):
    parameters = {
        "input_path": str(scene),
        "mask_path": str(tmp_path / "mask.tif"),
        "radiometry": "reflectance",
        "device": "cpu",
    }
    Requested().detect(parameters, lambda *_: None, lambda: False)
    assert loaded == [ASKED]


def test_the_jobs_of_a_batch_take_along_what_is_asked_for(asked, tmp_path):
    options = {
        "model": None,
        "augment": "none",
        "radiometry": "auto",
        "coarse_threshold": None,
        "refined_threshold": None,
        "acceptance_threshold": None,
    }
    scenes = [ListedScene("scene.tif")]
    (job,) = plan_jobs(scenes, tmp_path, [], options, compute=compute_options())
    assert pickle.loads(pickle.dumps(job)).compute == ASKED


@pytest.mark.parametrize("command", ["info", "info --cost"])
def test_what_is_told_of_this_engine_is_as_asked_for(command, asked, capsys):
    assert main([*command.split(), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    if command == "info":
        assert told["devices"][0]["scan_backend"] == "plain"
        assert told["devices"][0]["precision"] == "float32"
