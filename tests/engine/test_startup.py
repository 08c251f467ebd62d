"""How processes begin: memory that is kept, threads that sleep, imports that last."""

import gc
import multiprocessing
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from loading import load_module

from cloudmamba import startup
from cloudmamba.startup import (
    JOINS_FREED_MEMORY,
    lasting_imports,
    prepare_children,
)

LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")

PROGRAM = """
from cloudmamba.startup import prepare_process
prepare_process(idle_threads_sleep=False)

b"1" * (512 << 20)
rollup = open("/proc/self/smaps_rollup").read()
print(rollup.partition("AnonHugePages:")[2].split()[0])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="memory is kept with glibc only")
@pytest.mark.skipif(
    not LARGE_PAGES.is_file() or "[never]" in LARGE_PAGES.read_text(),
    reason="this system gives no large pages",
)
def test_freed_memory_stays_in_large_pages():
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    # The text of 512 MB is freed by now; the system may be short of large pages for some of it.
    assert int(finished.stdout) > 100_000


# Sixteen maps between two others, freed, leave room for one that is nearly as large as all of them.
MAPS = """
import ctypes
from cloudmamba.startup import prepare_process
prepare_process(idle_threads_sleep=False)

library = ctypes.CDLL(None)
library.aligned_alloc.argtypes = [ctypes.c_size_t] * 2
library.aligned_alloc.restype = ctypes.c_void_p
library.free.argtypes = [ctypes.c_void_p]
# What is kept apart for small requests is used up: there is room for more of it.
for size in range(32, 128, 16):
    for _ in range(8):
        library.aligned_alloc(16, size - 8)
maps = [library.aligned_alloc(64, 1 << 20) for _ in range(16)]
last = library.aligned_alloc(64, 1 << 20)
for one in maps:
    library.free(one)
print(min(maps) <= library.aligned_alloc(64, 15 << 20) < last)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="memory is kept with glibc only")
def test_freed_maps_make_room_for_a_larger_one():
    name, value = JOINS_FREED_MEMORY
    finished = subprocess.run(
        [sys.executable, "-c", MAPS],
        capture_output=True, text=True, check=True, env={**os.environ, name: value},
    )  # fmt: skip
    assert finished.stdout == "True\n"


def put_environment(queue):
    queue.put(os.environ.get(JOINS_FREED_MEMORY[0]))


@pytest.mark.parametrize("own", [None, "glibc.malloc.check=1"])
def test_processes_are_started_so_unless_the_owner_says_otherwise(monkeypatch, own):
    name, value = JOINS_FREED_MEMORY
    # Set in any case, or what the function sets would outlive the test.
    monkeypatch.setenv(name, own or "")
    monkeypatch.setenv("OMP_WAIT_POLICY", "")
    if own is None:
        monkeypatch.delenv(name)
    prepare_children()
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=put_environment, args=(queue,))
    process.start()
    assert queue.get(timeout=60) == (own or value)
    process.join()


def test_the_plugin_starts_the_engine_so():
    environment = load_module("cloudmamba_qgis/engine_client/environment.py")
    name, value = JOINS_FREED_MEMORY
    assert environment.engine_environment({}, [], {})[name] == value


COMMANDS = {
    "detect": ["detect", "missing.tif", "--mask", "mask.tif"],
    "batch": ["batch", "missing.txt", "--output", "results"],
    "worker": ["worker"],
}


def what_openmp_says(arguments: list[str], **variables: str) -> str:
    """OpenMP's settings, which it shows when PyTorch loads it."""
    own = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    return subprocess.run(
        [sys.executable, "-m", "cloudmamba", *arguments],
        input="",
        capture_output=True,
        text=True,
        env={**own, "OMP_DISPLAY_ENV": "true", **variables},
        timeout=60,
        check=False,
    ).stderr


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="reads what GNU's OpenMP says")
@pytest.mark.parametrize("command", COMMANDS)
def test_idle_threads_sleep(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in what_openmp_says(COMMANDS[command])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="reads what GNU's OpenMP says")
def test_the_owners_setting_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = what_openmp_says(COMMANDS["detect"], OMP_WAIT_POLICY="active")
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in said


@pytest.mark.parametrize("switch", ["on", "off"])
def test_one_switch_leaves_memory_and_threads_alone(monkeypatch, switch):
    kept = []
    monkeypatch.setattr(startup, "_keep_freed_memory", lambda: kept.append(True))
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(os, "environ", {startup.TUNING_VARIABLE: switch})
    startup.prepare_process()
    startup.prepare_children()
    is_on = switch == "on"
    assert bool(kept) == is_on
    assert ("OMP_WAIT_POLICY" in os.environ) == (JOINS_FREED_MEMORY[0] in os.environ) == is_on


@pytest.fixture
def nothing_frozen():
    yield
    gc.unfreeze()


def test_what_is_imported_is_left_alone_by_later_collections(nothing_frozen):
    assert gc.isenabled()
    with lasting_imports():
        assert not gc.isenabled()
        stays = [[]]
        assert any(thing is stays for thing in gc.get_objects())
    assert gc.isenabled()
    assert not any(thing is stays for thing in gc.get_objects())


def test_a_failed_import_leaves_collections_on(nothing_frozen):
    with pytest.raises(ImportError), lasting_imports():
        import cloudmamba.none_such  # noqa: F401
    assert gc.isenabled()
