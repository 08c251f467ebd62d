"""Loads single files of the repository, such as the programs of ``tools/``, which are no package."""

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]


def load_module(path: str) -> ModuleType:
    """A fresh module of the file at a path within the repository, such as ``tools/release.py``."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
