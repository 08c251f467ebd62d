"""Removes what an engine that was killed could not remove itself. Pure Python."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

# As in the engine (cloudmamba/raster/unfinished.py).
_LONGEST_NAME_BYTES = 200


@contextmanager
def removing_partial_files(outputs: Iterable[str]) -> Iterator[None]:
    """If the block fails, remove the unfinished files of these outputs that it left.

    The engine writes ``NAME.tif`` as ``.NAME.tif.RUN.part.tif`` in the same folder, with a digest in
    place of a long name, beside a lock ``.cloudmamba.RUN.part.lock``. Files that were there before
    are not touched: another run may be writing them. Nor are those of a run that left a journal,
    ``.cloudmamba.RUN.part.json``: it was putting its results in place, and the next run of the
    engine completes that or takes it back, for which it needs ``.NAME.tif.RUN.part.old``, the
    user's file that was there before, too.
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
        found.update(target.parent.glob(f".{glob.escape(_short(target.name))}.*.part.tif*"))
    return found


def _short(name: str) -> str:
    """The name as the engine has it in those of its files, which must not become too long."""
    name_bytes = os.fsencode(name)
    if len(name_bytes) <= _LONGEST_NAME_BYTES:
        return name
    return hashlib.sha256(name_bytes).hexdigest()[:16]


def _run_of(path: Path) -> str:
    return re.findall(r"\.([^.]*)\.part\.tif", path.name)[-1]
