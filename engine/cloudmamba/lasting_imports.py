"""Imports of large packages without the collection of garbage, which would find none."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


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
