"""Failures of GDAL.

GDAL tells of a failure by what it returns, or raises ``RuntimeError`` where anyone in this
process has asked for that, as QGIS itself does from 3.40 on. There is one switch for all, so
it is not ours to turn, and code that calls GDAL is ready for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def gdal_failure_as(failure: Callable[[], Exception]) -> Iterator[None]:
    """Raise ``failure()`` where GDAL raises in the block."""
    try:
        yield
    except RuntimeError as error:
        raise failure() from error
