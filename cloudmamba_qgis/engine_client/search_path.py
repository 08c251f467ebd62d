"""Finds programs in ``PATH``. Pure Python: no Qt, no QGIS.

``shutil.which`` looks in the current folder first on Windows, and everywhere where ``PATH`` has an
empty entry. Where a project was opened by a double click that is the project's folder, and a
program there is whoever's who sent it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

_ENDING = ".exe" if os.name == "nt" else ""


def search_folders(environment: Mapping[str, str]) -> list[str]:
    """The folders of ``PATH``, without those that depend on the current one."""
    return [
        folder for folder in environment.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)
    ]


def program_in(folders: Iterable[str], name: str) -> str:
    """The first program of this name; empty where none of the folders has it."""
    for folder in folders:
        path = os.path.join(folder, name + _ENDING)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return ""
