"""What the engine says of itself."""

import json

from cloudmamba import __version__
from cloudmamba.cli import main
from cloudmamba.inference.devices import processor_name
from cloudmamba.model_files import shipped_models
from cloudmamba.ops.processor import target_processor


def test_info_as_json(capsys):
    assert main(["info", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["cloudmamba"] == __version__
    assert facts["packages"]["torch"]
    cpu = facts["devices"][0]
    assert cpu["id"] == "cpu"
    assert cpu["kind"] == f"{processor_name()}, {target_processor().instruction_set}"
    assert cpu["scan_backend"] == "compiled"
    assert cpu["precision"] in ("float32", "bfloat16")
    assert f"kernels for {target_processor()}, PyTorch " in facts["instruction_sets"]
    assert {model["name"] for model in facts["models"]} == set(shipped_models())


def test_info_as_text(capsys):
    assert main(["info"]) == 0
    text = capsys.readouterr().out
    assert f"cloudmamba {__version__}" in text
    assert "scan backend compiled" in text


def test_unusable_scan_backend_is_one_sentence(capsys, monkeypatch):
    monkeypatch.setenv("CLOUDMAMBA_SCAN", "abacus")
    assert main(["info"]) == 6
    assert capsys.readouterr().err == (
        "cloudmamba: CLOUDMAMBA_SCAN=abacus is not a scan backend: "
        "use one of compiled, triton, mamba_ssm, plain.\n"
    )
