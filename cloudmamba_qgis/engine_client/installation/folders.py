"""The environments that the plugin makes for the engine. Pure Python: no Qt, no QGIS.

Each is a folder with a number in ``PROFILE/cloudmamba/engines``. It counts once its marker is
there, which is written last: one that is being made, or whose making broke off, is never
used, and the one before it serves until that moment. No folder is renamed, because the
programs of a virtual environment know it by its path, and because Windows renames no folder
that a program runs from.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

MARKER = "complete.json"
_ENGINES = ("cloudmamba", "engines")


def engines_folder(profile_folder: Path) -> Path:
    """Where the environments are."""
    return profile_folder.joinpath(*_ENGINES)


def python_of(environment: Path) -> Path:
    """Python of an environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment_of(program: str) -> Path | None:
    """The environment that a program belongs to, of whatever profile; None if of none."""
    environment = Path(program).parent.parent
    is_ours = environment.name.isdigit() and environment.parent.parts[-2:] == _ENGINES
    return environment if is_ours else None


def is_complete(environment: Path) -> bool:
    """Whether it can be used."""
    return (environment / MARKER).is_file()


def complete_environments(profile_folder: Path) -> list[Path]:
    """Those that can be used, the newest first."""
    return [path for path in _environments(profile_folder) if is_complete(path)]


def incomplete_environments(profile_folder: Path) -> list[Path]:
    """Those whose making broke off; of no use to anyone unless one is being made just now."""
    return [path for path in _environments(profile_folder) if not is_complete(path)]


def new_environment(profile_folder: Path) -> Path:
    """Make the empty folder of the next environment."""
    numbers = [int(path.name) for path in _environments(profile_folder)]
    folder = engines_folder(profile_folder) / str(max(numbers, default=0) + 1)
    folder.mkdir(parents=True)
    return folder


def mark_complete(environment: Path, facts: dict[str, Any]) -> None:
    """From now on this environment is used; ``facts`` say how it was made."""
    unfinished = environment / f"{MARKER}.part"
    unfinished.write_text(json.dumps(facts, indent=2), encoding="utf-8")
    os.replace(unfinished, environment / MARKER)


def withdraw(environment: Path) -> None:
    """From now on this environment counts no more, before it is removed: half of it must not."""
    (environment / MARKER).unlink(missing_ok=True)


def _environments(profile_folder: Path) -> list[Path]:
    folder = engines_folder(profile_folder)
    found = [path for path in folder.glob("*") if path.name.isdigit() and path.is_dir()]
    return sorted(found, key=lambda path: int(path.name), reverse=True)
