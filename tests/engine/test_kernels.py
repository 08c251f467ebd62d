"""Kernels: machine code is kept and found again, and only whole, safe, complete code is run."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from llvmlite import binding

from cloudmamba.errors import DeviceError
from cloudmamba.ops.numba import Kernel, compile_cache, compiler
from cloudmamba.ops.processor import (
    FEATURES_VARIABLE,
    NAME_VARIABLE,
    Processor,
    target_processor,
)

posix = pytest.mark.skipif(os.name != "posix", reason="rights of files as POSIX has them")

DETECTION = """
import sys
from cloudmamba import CloudMasker
CloudMasker.load(device="cpu")
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
    folder = tmp_path / "code"
    monkeypatch.setattr(compile_cache, "_folders", lambda: [folder])
    return folder


def forbid_compiling(monkeypatch):
    def compiles(*_):
        raise AssertionError("compiled again")

    monkeypatch.setattr(compiler, "_compile", compiles)


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
    monkeypatch.setattr(compiler, "_version", lambda: "another")
    add(*maps)
    assert len(list(folder.iterdir())) == 2


def test_code_under_the_name_of_another_is_not_used(maps, folder):
    add(*maps)
    (path,) = folder.iterdir()
    other = path.with_name("another.o")
    path.rename(other)
    assert compile_cache.read(other.stem) is None
    other.rename(path)
    assert compile_cache.read(path.stem)


def test_every_processor_has_code_of_its_own(monkeypatch):
    # Folders of users are shared among machines.
    versions = []
    for name, features in (("haswell", ""), ("znver4", ""), ("haswell", "+avx512f")):
        monkeypatch.setenv(NAME_VARIABLE, name)
        monkeypatch.setenv(FEATURES_VARIABLE, features)
        compiler._version.cache_clear()
        versions.append(compiler._version())
    compiler._version.cache_clear()
    assert len(set(versions)) == 3


def test_processor_is_the_one_that_is_there_or_the_one_asked_for(monkeypatch):
    monkeypatch.delenv(NAME_VARIABLE, raising=False)
    monkeypatch.delenv(FEATURES_VARIABLE, raising=False)
    here = target_processor()
    assert here.name == binding.get_host_cpu_name()
    assert here.has("sse2") == binding.get_host_cpu_features().get("sse2", False)
    monkeypatch.setenv(NAME_VARIABLE, "haswell")
    monkeypatch.setenv(FEATURES_VARIABLE, "+avx2,-avx512bf16")
    older = target_processor()
    assert (older.name, older.has("avx2"), older.has("avx512bf16")) == ("haswell", True, False)
    assert str(older) == "haswell (avx2)"


@pytest.mark.parametrize(
    ("features", "told"),
    [
        ("+avx2,+avx512f,+avx512bf16,+amx-bf16", "AMX"),
        ("+avx2,+avx512f,+avx512bf16,-amx-bf16", "AVX-512 BF16"),
        ("+avx2,+avx512f,-avx512bf16", "AVX-512"),
        ("+sse4.2,+avx,+avx2,+fma,-avx512f", "AVX2"),
        ("+neon,+bf16", "NEON"),
        ("", "haswell"),
    ],
)
def test_processor_tells_its_best_instructions(features, told):
    assert Processor("haswell", features).instruction_set == told


@posix
def test_only_the_user_can_write_where_code_is_kept(maps, folder):
    mask = os.umask(0)  # withholds nothing
    try:
        add(*maps)
    finally:
        os.umask(mask)
    (path,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@posix
@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize("others", [0o020, 0o002])
def test_code_that_others_can_write_is_not_run(maps, folder, what, others):
    add(*maps)
    (path,) = folder.iterdir()
    writable = path if what == "file" else folder
    assert compile_cache.read(path.stem)
    writable.chmod(writable.stat().st_mode | others)
    assert compile_cache.read(path.stem) is None
    # It is made anew, and kept where that is safe.
    assert torch.equal(add(*maps), maps[0] + maps[1])
    assert (compile_cache.read(path.stem) is None) == (what == "folder")


@posix
@pytest.mark.parametrize("what", ["file", "folder"])
def test_code_of_other_users_is_not_run(maps, folder, monkeypatch, what):
    add(*maps)
    (path,) = folder.iterdir()
    assert compile_cache.read(path.stem)
    theirs = (path if what == "file" else folder).stat().st_ino
    looking = compile_cache._is_safe

    def look(facts):
        values = list(facts)
        values[stat.ST_UID] = 4711 if facts.st_ino == theirs else os.geteuid()
        return looking(os.stat_result(values))

    monkeypatch.setattr(compile_cache, "_is_safe", look)
    assert compile_cache.read(path.stem) is None


@posix
def test_links_are_not_followed_to_code(maps, folder, tmp_path):
    add(*maps)
    (path,) = folder.iterdir()
    path.rename(tmp_path / "elsewhere.o")
    path.symlink_to(tmp_path / "elsewhere.o")
    assert compile_cache.read(path.stem) is None


def test_code_that_needs_what_is_not_there_is_refused_with_a_sentence(maps, folder, monkeypatch):
    # As a kernel does that calls the compiler's library for what the processor cannot do.
    def calling(module, name, types, symbol):
        program = f"""
            declare i32 @no_such_function_anywhere()
            define i32 @"{symbol}"() {{
                %number = call i32 @no_such_function_anywhere()
                ret i32 %number
            }}
        """
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        machine = binding.Target.from_default_triple().create_target_machine(jit=True)
        return machine.emit_object(binding.parse_assembly(program))

    monkeypatch.setattr(compiler, "_compile", calling)
    with pytest.raises(DeviceError, match="CLOUDMAMBA_SCAN=plain"):
        add(*maps)
    assert not folder.exists()


@pytest.mark.parametrize("users_is_writable", [True, False])
def test_code_is_kept_where_it_can_be(maps, tmp_path, monkeypatch, users_is_writable):
    (tmp_path / "file").touch()
    # Below a file no folder can be made.
    users = tmp_path / "user" if users_is_writable else tmp_path / "file" / "user"
    folders = [tmp_path / "file" / "shared", users]
    monkeypatch.setattr(compile_cache, "_folders", lambda: folders)
    assert torch.equal(add(*maps), maps[0] + maps[1])
    assert users.exists() == users_is_writable
    if users_is_writable:
        forbid_compiling(monkeypatch)
        assert torch.equal(add(*maps), maps[0] + maps[1])


def test_a_kernel_is_compiled_once_for_threads_that_need_it_at_once(maps, folder, monkeypatch):
    compiled = []
    compiling = compiler._compile
    monkeypatch.setattr(
        compiler, "_compile", lambda *kernel: compiled.append(kernel) or compiling(*kernel)
    )
    kernel = Kernel("pointwise", "add")
    with ThreadPoolExecutor(4) as executor:
        sums = list(executor.map(lambda _: add(*maps, kernel), range(8)))
    assert len(compiled) == 1
    assert all(torch.equal(result, maps[0] + maps[1]) for result in sums)


def test_tensors_with_gaps_are_refused(maps):
    with pytest.raises(ValueError, match="not contiguous"):
        add(maps[0, :, ::2], maps[1, :, :24])


def test_detections_of_a_prepared_engine_do_without_numba():
    def run(*arguments):
        command = [sys.executable, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert run("-m", "cloudmamba", "prepare") == f"Ready to detect on {target_processor()}."
    assert run("-c", DETECTION) == "False"
