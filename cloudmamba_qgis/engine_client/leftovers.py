"""Removes what an engine that was killed could not remove itself. Pure Python."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def removing_leftovers(outputs: Iterable[str]) -> Iterator[None]:
    """If the block fails, remove the unfinished files of these outputs that it left.

    The engine writes ``NAME.tif`` as ``.NAME.tif.RANDOM.part.tif`` in the same folder. Such
    files that were there before are not touched: another run may be writing them. Nor is
    ``.NAME.tif.RANDOM.part.old``: while results are put in place it is the second name of the
    user's file that was there before, and after a kill maybe its only one.
    """
    targets = [Path(os.path.realpath(output)) for output in outputs]
    before = _unfinished(targets)
    try:
        yield
    except BaseException:
        for path in _unfinished(targets) - before:
            path.unlink(missing_ok=True)
        raise


def _unfinished(targets: Iterable[Path]) -> set[Path]:
    found: set[Path] = set()
    for target in targets:
        # The file itself and what GDAL puts beside it, such as overviews.
        found.update(target.parent.glob(f".{glob.escape(target.name)}.*.part.tif*"))
    return found
