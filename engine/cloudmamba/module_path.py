"""Keeps modules from being taken out of the folder in which the program happens to be started.

``python -m`` and ``python -c`` put the current folder first in the places where Python looks for
modules: a ``torch.py`` or ``multiprocessing.py`` beside somebody's scenes would run.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_OWN_FOLDER = Path(__file__).resolve().parent


def forget_current_folder() -> None:
    """Take the current folder off the module path, unless this package itself lies there."""
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
