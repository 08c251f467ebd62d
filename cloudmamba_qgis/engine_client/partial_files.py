"""Removes what an engine that was killed could not remove itself. Pure Python."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def removing_partial_files(outputs: Iterable[str]) -> Iterator[None]:
    """If the block fails, remove the unfinished files of these outputs that it left.

    The engine writes ``NAME.tif`` as ``.NAME.tif.RUN.part.tif`` in the same folder, beside a lock
    ``.cloudmamba.RUN.part.lock``. Files that were there before are not touched: another run may be
    writing them. Nor are those of a run that left a journal, ``.cloudmamba.RUN.part.json``: it was
    putting its results in place, and the next run of the engine completes that or takes it back,
    for which it needs ``.NAME.tif.RUN.part.old``, the user's file that was there before, too.
    """
    targets = [Path(os.path.realpath(output)) for output in outputs]
    before = _unfinished(targets)
    try:
        yield
    except BaseException:
        for path in _unfinished(targets) - before:
            own = f".cloudmamba.{_run_of(path)}.part"
            if not path.with_name(f"{own}.json").exists():
                path.unlink(missing_ok=True)
                path.with_name(f"{own}.lock").unlink(missing_ok=True)
        raise


def _unfinished(targets: Iterable[Path]) -> set[Path]:
    found: set[Path] = set()
    for target in targets:
        # The file itself and what GDAL puts beside it, such as overviews.
        found.update(target.parent.glob(f".{glob.escape(target.name)}.*.part.tif*"))
    return found


def _run_of(path: Path) -> str:
    return re.findall(r"\.([^.]*)\.part\.tif", path.name)[-1]
