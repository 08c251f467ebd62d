"""Lets PyTorch's threads sleep while they have nothing to do."""

from __future__ import annotations

import os


def let_idle_threads_sleep() -> None:
    """Call once, before PyTorch is imported: OpenMP reads the variable when it is loaded.

    By default its threads turn in a loop for a while after each task, ready for the next one.
    That takes a processor from tiles, GDAL's threads and other programs: beside a busy program a
    tile took three times as long. The owner's own setting is kept.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
