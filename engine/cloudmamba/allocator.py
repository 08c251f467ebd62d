"""Keeps freed memory in the process, in large pages, because asking the system for it is slow.

A network frees and allocates maps of tens of megabytes all the time. The C library gives
each back to the system and gets it again page by page; with glibc that took about a fifth
of the time of a tile, and pages of 4 KB a second on top while the first tiles are computed.
Elsewhere this does nothing.

Glibc before 2.38 leaves some 50 bytes beside each aligned allocation, and keeps such small pieces
apart for later: they cut the memory between them into holes that fit no large map. The size from
which pieces are kept apart can be set here, but for those that each thread has for itself only in
the environment, before a program starts (``JOINS_FREED_MEMORY``). Then the tiles of a large scene
take hardly more memory than those of a small one.
"""

from __future__ import annotations

import ctypes
import os
import platform

# Variable and value that processes have to be started with; other systems ignore it.
JOINS_FREED_MEMORY = ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")

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


def keep_freed_memory() -> None:
    """Let the C library reuse freed memory; call once, before the first large allocation."""
    if platform.libc_ver()[0] != "glibc":
        return
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


def let_processes_join_freed_memory() -> None:
    """For processes that are started from now on; the owner's own setting is kept."""
    os.environ.setdefault(*JOINS_FREED_MEMORY)


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
