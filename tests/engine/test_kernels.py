"""Kernels: machine code is kept and found again, and nothing but whole code is ever run."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from cloudmamba.network.kernels import Kernel, object_code

DETECTION = """
import sys
import torch
from cloudmamba.detection.kept_model import load_ready_model
from cloudmamba.network.model import model_path
load_ready_model(model_path(""), torch.device("cpu"))
print("numba" in sys.modules)
"""


def add(x: torch.Tensor, y: torch.Tensor, kernel: Kernel | None = None) -> torch.Tensor:
    """x + y of (rows, numbers) by a kernel that has no code yet, unless one is given."""
    out = y.clone()
    kernel = kernel or Kernel("pointwise", "add")
    kernel.run(len(x), x, out, x.shape[1], x.shape[1])
    return out


@pytest.fixture
def maps():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(2, 5, 48, generator=generator)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder in which code is kept."""
    monkeypatch.setattr(object_code, "_folders", lambda: [tmp_path])
    return tmp_path


def forbid_compiling(monkeypatch):
    def compiles(*_):
        raise AssertionError("compiled again")

    monkeypatch.setattr(object_code, "_compile", compiles)


def test_code_is_kept_and_found_again(maps, folder, monkeypatch):
    assert torch.equal(add(*maps), maps[0] + maps[1])
    (path,) = folder.iterdir()
    assert path.name.startswith("pointwise.add-") and path.suffix == ".o"
    forbid_compiling(monkeypatch)
    assert torch.equal(add(*maps), maps[0] + maps[1])


def test_every_combination_of_types_has_code_of_its_own(maps, folder):
    kernel = Kernel("pointwise", "add")
    assert torch.equal(add(*maps, kernel), maps[0] + maps[1])
    half = maps.bfloat16()
    assert torch.equal(add(*half, kernel), half[0] + half[1])
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize(
    "damage", [lambda code: code[:-1], lambda code: b"", lambda code: code[1:]]
)
def test_code_that_is_not_whole_is_made_anew(maps, folder, monkeypatch, damage):
    add(*maps)
    (path,) = folder.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert torch.equal(add(*maps), maps[0] + maps[1])
    forbid_compiling(monkeypatch)
    assert torch.equal(add(*maps), maps[0] + maps[1])


def test_code_of_another_version_is_not_used(maps, folder, monkeypatch):
    add(*maps)
    monkeypatch.setattr(object_code, "_version", lambda: "another")
    add(*maps)
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("users_is_writable", [True, False])
def test_code_is_kept_where_it_can_be(maps, tmp_path, monkeypatch, users_is_writable):
    (tmp_path / "file").touch()
    # Below a file no folder can be made.
    users = tmp_path / "user" if users_is_writable else tmp_path / "file" / "user"
    folders = [tmp_path / "file" / "shared", users]
    monkeypatch.setattr(object_code, "_folders", lambda: folders)
    assert torch.equal(add(*maps), maps[0] + maps[1])
    assert users.exists() == users_is_writable
    if users_is_writable:
        forbid_compiling(monkeypatch)
        assert torch.equal(add(*maps), maps[0] + maps[1])


def test_a_kernel_is_compiled_once_for_threads_that_need_it_at_once(maps, folder, monkeypatch):
    compiled = []
    compiling = object_code._compile
    monkeypatch.setattr(
        object_code, "_compile", lambda *kernel: compiled.append(kernel) or compiling(*kernel)
    )
    kernel = Kernel("pointwise", "add")
    with ThreadPoolExecutor(4) as executor:
        sums = list(executor.map(lambda _: add(*maps, kernel), range(8)))
    assert len(compiled) == 1
    assert all(torch.equal(result, maps[0] + maps[1]) for result in sums)


def test_tensors_with_gaps_are_refused(maps):
    with pytest.raises(ValueError, match="not contiguous"):
        add(maps[0, :, ::2], maps[1, :, :24])


def test_detections_after_the_first_do_without_numba():
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", DETECTION], capture_output=True, text=True, check=True
        )
    assert run.stdout.strip() == "False"
