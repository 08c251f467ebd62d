"""Keeps freed memory in the process, because asking the system for it anew is slow.

A network frees and allocates maps of tens of megabytes all the time. The C library gives
each back to the system and gets it again page by page; with glibc that took about a fifth
of the time of a tile. Elsewhere this does nothing.
"""

from __future__ import annotations

import ctypes
import platform

# Parameters of glibc's mallopt (malloc.h).
_M_TRIM_THRESHOLD = -1
_M_TOP_PAD = -2
_M_MMAP_MAX = -4
_M_ARENA_MAX = -8

_KEPT_BYTES = 1 << 30
_GROWTH_BYTES = 64 << 20


def keep_freed_memory() -> None:
    """Let the C library reuse freed memory; call once, before the first large allocation."""
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    # One heap for all threads: those of other threads than the first are made of pieces of 64 MB,
    # which go back to the system whatever is set here.
    mallopt(_M_ARENA_MAX, 1)
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
    mallopt(_M_TOP_PAD, _GROWTH_BYTES)
