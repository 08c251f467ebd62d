"""Memory that is taken once and kept."""

import importlib.util
import multiprocessing
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from cloudmamba.allocator import JOINS_FREED_MEMORY, let_processes_join_freed_memory

LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")

PROGRAM = """
from cloudmamba.allocator import keep_freed_memory
keep_freed_memory()

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
from cloudmamba.allocator import keep_freed_memory
keep_freed_memory()

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
    if own is None:
        monkeypatch.delenv(name)
    let_processes_join_freed_memory()
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=put_environment, args=(queue,))
    process.start()
    assert queue.get(timeout=60) == (own or value)
    process.join()


def test_the_plugin_starts_the_engine_so():
    path = Path(__file__).parents[2] / "cloudmamba_qgis/engine_client/environment.py"
    spec = importlib.util.spec_from_file_location("environment", path)
    environment = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(environment)
    name, value = JOINS_FREED_MEMORY
    assert environment.engine_environment({}, [])[name] == value
