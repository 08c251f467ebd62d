"""The Triton scan without a graphics card: interpreted for its results, and compiled for real cards.

The interpreter accepts code that the compiler refuses, and only the compiler knows about
registers, so both are needed. Each runs as a program of its own, see the two modules.
"""

import importlib.util
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from cloudmamba.errors import DeviceError
from cloudmamba.ops import selective_scan as scan
from cloudmamba.ops.selective_scan import mamba_ssm
from cloudmamba.ops.selective_scan import triton as triton_scan

HERE = Path(__file__).parent
CPU, CUDA = torch.device("cpu"), torch.device("cuda:0")

needs_triton = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="the package triton is not installed"
)


def run_cases(program: str, cases: dict, folder: Path) -> dict:
    """What ``program`` says of each case."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TRITON_CACHE_DIR": str(folder)}
    environment.pop("TRITON_INTERPRET", None)
    done = subprocess.run(
        [sys.executable, HERE / program],
        input=json.dumps(cases), env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = {}
    for line in done.stdout.splitlines():
        results |= json.loads(line)
    return results


def scan_case(*shape, wide_delta=False, chunk_size=4):
    return {"shape": shape, "wide_delta": wide_delta, "chunk_size": chunk_size}


INTERPRETED = {
    # shape: images, height, width, channels, states, rank
    "odd sizes, chunks across lines, last chunk short": scan_case(1, 3, 5, 3, 4, 2),
    "wide step sizes": scan_case(1, 3, 5, 3, 4, 2, wide_delta=True),
    "two images, more channels than a block": scan_case(2, 3, 2, 33, 1, 3),
    "sixteen states": scan_case(1, 2, 3, 2, 16, 1, wide_delta=True),
    "more tasks than programs, in one chunk each": scan_case(4, 2, 2, 2, 1, 1, chunk_size=16),
    "a line of two pixels": scan_case(1, 1, 2, 2, 3, 1),
    # 4,500 chunks, about as many as a whole tile has, and no multiple of what is composed at once.
    "carry": {"chunks": 4500, "channels": 1, "adjoint": False},
    "carry of adjoints": {"chunks": 300, "channels": 2, "adjoint": True},
}


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory):
    return run_cases("triton_interpreter.py", INTERPRETED, tmp_path_factory.mktemp("triton"))


@needs_triton
@pytest.mark.parametrize("case", INTERPRETED)
def test_interpreted_scan_agrees_with_reference_forward_and_backward(interpreted, case):
    errors = interpreted[case]
    assert len(errors) == (1 if "carry" in case else 7)
    assert all(error < 1e-5 for error in errors.values()), errors


def kernel_cases(architecture: int, states: int, rank: int):
    sizes = {"states": states, "rank": rank, "CHANNELS": triton_scan.CHANNELS}
    carry = {"CHUNKS": triton_scan.CARRY_CHUNKS}
    for kernel, warps, constants in (
        ("chunk_kernel", 1, {"ADJOINT": False}),
        ("chunk_kernel", 1, {"ADJOINT": True}),
        ("carry_kernel", triton_scan.CARRY_WARPS, {"ADJOINT": False, **carry}),
        ("output_kernel", 1, {}),
        ("gradient_kernel", 1, {}),
    ):
        name = f"{kernel} {constants} sm_{architecture} N={states} R={rank}"
        yield name, {
            "name": kernel, "architecture": architecture, "warps": warps,
            "constants": sizes | constants,
        }  # fmt: skip


COMPILED = dict(
    case
    # The shipped model's first and last level, and its deepest for other cards.
    for target in ((80, 4, 2), (89, 4, 16), (90, 4, 2), (90, 4, 16))
    for case in kernel_cases(*target)
)


@needs_triton
def test_kernels_compile_for_real_cards_and_spill_no_registers(tmp_path):
    usage = run_cases("triton_compiler.py", COMPILED, tmp_path)
    assert usage.keys() == COMPILED.keys()
    for name, found in usage.items():
        assert found["spilled_bytes"] == 0, (name, found)
        assert 0 < found["registers"] < 255, (name, found)
        # Steps of a scan need no exchange between lanes; only the carry composes across them.
        assert (found["shared_bytes"] > 0) == name.startswith("carry"), (name, found)


def test_triton_is_the_choice_on_cuda_where_it_works(monkeypatch):
    monkeypatch.setattr(triton_scan, "is_usable", lambda device: device == CUDA)
    monkeypatch.setattr(mamba_ssm, "is_available", lambda: True)
    assert scan.backend_for(CUDA) == "triton"
    assert scan.backend_for(CPU) == "compiled"
    assert scan.backend_for(torch.device("mps")) == "plain"
    monkeypatch.setattr(triton_scan, "is_usable", lambda device: False)
    assert scan.backend_for(CUDA) == "mamba_ssm"
    monkeypatch.setattr(mamba_ssm, "is_available", lambda: False)
    assert scan.backend_for(CUDA) == "plain"


@pytest.mark.parametrize(
    ("backend", "module", "package"),
    [("triton", triton_scan, "triton"), ("mamba_ssm", mamba_ssm, "mamba-ssm")],
)
def test_named_backend_that_is_missing_is_one_sentence(monkeypatch, backend, module, package):
    monkeypatch.setattr(module, "is_available", lambda: True)
    assert scan.backend_for(CUDA, backend) == backend
    with pytest.raises(DeviceError, match="works on cuda only, not on cpu"):
        scan.backend_for(CPU, backend)
    monkeypatch.setattr(module, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=f"needs the package {package}, which is not installed"):
        scan.backend_for(CUDA, backend)


@pytest.fixture
def untried(monkeypatch):
    """As in a process that has not yet tried Triton, and has it."""
    monkeypatch.setattr(triton_scan, "is_available", lambda: True)
    triton_scan.is_usable.cache_clear()
    yield
    triton_scan.is_usable.cache_clear()


def test_a_card_on_which_triton_fails_gets_another_backend_and_the_reason(
    untried, monkeypatch, caplog
):
    def fail(*inputs):
        raise RuntimeError("Failed to find C compiler.\nSecond line.")

    monkeypatch.setattr(triton_scan, "forward", fail)
    monkeypatch.setattr(mamba_ssm, "is_available", lambda: False)
    with caplog.at_level(logging.WARNING, logger="cloudmamba"):
        # The meta device stands in for a card: tensors there can be made without one.
        assert not triton_scan.is_usable(torch.device("meta"))
        assert not triton_scan.is_usable(torch.device("meta"))
    (record,) = caplog.records
    assert record.getMessage() == (
        "Triton does not work on meta, a slower scan is used: "
        "RuntimeError: Failed to find C compiler."
    )


def test_memory_that_is_short_for_a_moment_does_not_rule_triton_out(untried, monkeypatch):
    def fail(*inputs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(triton_scan, "forward", fail)
    with pytest.raises(torch.OutOfMemoryError):
        triton_scan.is_usable(CPU)
    monkeypatch.setattr(triton_scan, "forward", lambda x, *weights: x)
    assert triton_scan.is_usable(CPU)


def test_nothing_of_triton_is_imported_on_the_cpu():
    program = (
        "import sys, torch; from test_scan import random_inputs;"
        "from cloudmamba.ops.selective_scan import selective_scan_2d;"
        "selective_scan_2d(*random_inputs(1, 2, 2, 32, 1, 1));"
        "assert 'triton' not in sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{os.environ.get('PYTHONPATH')}"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(
    not (torch.cuda.is_available() and triton_scan.is_available()),
    reason="needs a CUDA device and the package triton",
)
@pytest.mark.parametrize("wide_delta", [False, True])
def test_on_a_card_at_the_length_of_a_whole_tile(wide_delta):
    from test_scan import random_inputs, relative_error

    from cloudmamba.ops.selective_scan import plain

    inputs = random_inputs(1, 512, 512, 8, 4, 2, wide_delta=wide_delta)
    grad_y = torch.randn(inputs[0].shape, generator=torch.Generator().manual_seed(1))
    exact = [tensor.cuda().double() for tensor in inputs]
    on_card = [tensor.cuda() for tensor in inputs]
    assert relative_error(triton_scan.forward(*on_card), plain.forward(*exact)) < 1e-5
    expected = plain.backward(grad_y.cuda().double(), *exact)
    for gradient, truth in zip(
        triton_scan.backward(grad_y.cuda(), *on_card), expected, strict=True
    ):
        assert relative_error(gradient, truth) < 1e-5
