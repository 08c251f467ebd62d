"""How a process of CloudMamba begins: before PyTorch is imported and before it computes.

- Python takes no modules out of the folder in which the program happens to be started.
- Freed memory stays in the process, in large pages, because asking the system for it is slow.
- PyTorch's threads sleep while they have nothing to do.
- Where the system gives too few threads that is said, before libraries fail without them.
- Large packages are imported without the collection of garbage, which would find none.

``CLOUDMAMBA_TUNING=off`` leaves memory and threads as the system has them.

A network frees and allocates maps of tens of megabytes all the time. The C library gives
each back to the system and gets it again page by page; with glibc that took about a fifth
of the time of a tile, and pages of 4 KB a second on top while the first tiles are computed.
Elsewhere memory is left alone.

Glibc before 2.38 leaves some 50 bytes beside each aligned allocation, and keeps such small pieces
apart for later: they cut the memory between them into holes that fit no large map. The size from
which pieces are kept apart can be set here, but for those that each thread has for itself only in
the environment, before a program starts (``JOINS_FREED_MEMORY``). Then the tiles of a large scene
take hardly more memory than those of a small one.

OpenMP's idle threads turn in a loop for a while after each task, ready for the next one. That
takes a processor from tiles, GDAL's threads and other programs: beside a busy program a tile took
three times as long.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import platform
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from cloudmamba.errors import CloudMambaError

TUNING_VARIABLE = "CLOUDMAMBA_TUNING"
# Variable and value that processes have to be started with; other systems ignore it.
JOINS_FREED_MEMORY = ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")
# OpenMP reads it when PyTorch is loaded.
_IDLE_THREADS_SLEEP = ("OMP_WAIT_POLICY", "passive")

# Threads for reading, unpacking, loading, tiles and writing, beside those that compute, and some to
# spare: where one cannot be started halfway through, others wait for it.
_OTHER_THREADS = 12

# Parameters of glibc's mallopt (malloc.h).
_M_MXFAST = 1
_M_TRIM_THRESHOLD = -1
_M_TOP_PAD = -2
_M_MMAP_MAX = -4
_M_ARENA_MAX = -8
# Advice of Linux's madvise (mman-common.h).
_MADV_HUGEPAGE = 14

_KEPT_BYTES = 2 << 30
_GROWTH_BYTES = 64 << 20
_LARGE_PAGES_BYTES = 1536 << 20
_PAGE_BYTES = 4096

_OWN_FOLDER = Path(__file__).resolve().parent


def prepare_process(idle_threads_sleep: bool = True) -> None:
    """Tune this process for the network; call once, before PyTorch is imported.

    Args:
        idle_threads_sleep: training, which waits for nothing else, is faster without. The owner's
            own setting is kept.
    """
    if not _is_tuned():
        return
    if idle_threads_sleep:
        os.environ.setdefault(*_IDLE_THREADS_SLEEP)
    if platform.libc_ver()[0] == "glibc":
        _keep_freed_memory()


def prepare_children() -> None:
    """Tune the processes that are started from now on as far as their environment can."""
    if _is_tuned():
        os.environ.setdefault(*_IDLE_THREADS_SLEEP)
        os.environ.setdefault(*JOINS_FREED_MEMORY)


def _is_tuned() -> bool:
    return os.environ.get(TUNING_VARIABLE, "on") != "off"


def _keep_freed_memory() -> None:
    """Let the C library reuse freed memory."""
    library = ctypes.CDLL(None)
    mallopt = library.mallopt
    # One heap for all threads: those of other threads than the first are made of pieces of 64 MB,
    # which go back to the system whatever is set here.
    mallopt(_M_ARENA_MAX, 1)
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_MXFAST, 0)
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES - 1)
    mallopt(_M_TOP_PAD, _GROWTH_BYTES)
    if not _has_limited_addresses():
        _use_large_pages(library)


def _has_limited_addresses() -> bool:
    """Whether this process may have only so much address space (``ulimit -v``).

    What large pages are reserved from counts there, and would be missing for everything else.
    """
    import resource  # not on Windows, which has no glibc either

    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _use_large_pages(library: ctypes.CDLL) -> None:
    """Ask for large pages in the part of the heap that comes next; no memory is taken yet."""
    malloc, free, madvise = library.malloc, library.free, library.madvise
    malloc.argtypes, malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
    free.argtypes, free.restype = [ctypes.c_void_p], None
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    start = malloc(_LARGE_PAGES_BYTES)
    if start is None:
        return
    whole_pages = -(-start // _PAGE_BYTES) * _PAGE_BYTES
    # Where the system has no large pages this fails, and changes nothing.
    madvise(whole_pages, _LARGE_PAGES_BYTES - _PAGE_BYTES, _MADV_HUGEPAGE)
    free(start)


def check_threads() -> None:
    """Raises CloudMambaError where the system gives too few threads to compute with.

    OpenMP ends the process then, with words of its own. Where addresses are limited nothing is
    tried: each thread would take some for good.
    """
    if sys.platform.startswith("linux") and _has_limited_addresses():
        return
    # PyTorch has as many twice: OpenMP's, and those of the kernels.
    needed = _OTHER_THREADS + 2 * (_cores() - 1)
    finish = threading.Event()
    begun: list[threading.Thread] = []
    try:
        for _ in range(needed):
            thread = threading.Thread(target=finish.wait, daemon=True)
            thread.start()
            begun.append(thread)
    except RuntimeError as error:
        fewer = "" if _cores() == 1 else ", or set OMP_NUM_THREADS=1"
        raise CloudMambaError(
            f"This user may have no more threads than {len(begun)}, and {needed} are needed: close "
            f"other programs{' or' if not fewer else ','} raise the limit (ulimit -u){fewer}."
        ) from error
    finally:
        finish.set()
        for thread in begun:
            thread.join()


def _cores() -> int:
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isascii() and wanted.isdigit():
        return max(1, int(wanted[:4]))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def lasting_imports() -> Iterator[None]:
    """Import inside what the process keeps until its end.

    PyTorch brings some 160,000 objects. Python would look through them again and again while they
    come, and once more at its end; so it leaves them alone from here on.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def forget_current_folder() -> None:
    """Take the current folder off the module path, unless this package itself lies there.

    ``python -m`` and ``python -c`` put it first in the places where Python looks for modules: a
    ``torch.py`` or ``multiprocessing.py`` beside somebody's scenes would run.
    """
    current = Path.cwd()
    if current.resolve() != _OWN_FOLDER.parent:
        sys.path[:] = [entry for entry in sys.path if entry and Path(entry) != current]


@contextlib.contextmanager
def starting_elsewhere() -> Iterator[None]:
    """Start Python processes meanwhile, and they look for no modules in the current folder.

    They are started with ``python -c``. A variable for that, ``PYTHONSAFEPATH``, is known to
    Python 3.11 and later only; so they begin in the folder of this Python, which holds none.
    """
    current = os.getcwd()
    os.chdir(sys.prefix)
    try:
        yield
    finally:
        os.chdir(current)
