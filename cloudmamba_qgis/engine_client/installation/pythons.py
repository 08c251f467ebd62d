"""Finds a Python from which the engine's environment can be made.

``sys.executable`` is no help: inside QGIS it is QGIS itself on Windows and macOS. QGIS's own
Python is a candidate like any other and is only used where it works outside QGIS, which that
of Windows installers often does not (no ``ssl``, no standard library without ``PYTHONHOME``).
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cloudmamba_qgis.engine_client.search_path import program_in, search_folders
from cloudmamba_qgis.translation import tr

OLDEST = (3, 10)  # what the engine needs
NEWEST = (3, 14)  # the newest for which PyTorch and Numba have ready-made builds
PIP_THAT_SERVES_OTHERS = (22, 3)  # has the option --python

# Run by a candidate with -c; what it prints is read by ``read_answer``.
QUESTION = """
import importlib.util, json, sys
def has(name):
    return importlib.util.find_spec(name) is not None
def pip_version():
    if not has("pip"):
        return ""
    import pip
    return pip.__version__
def has_ssl():
    try:
        import ssl
    except ImportError:
        return False
    return True
print(json.dumps({"executable": sys.executable, "version": list(sys.version_info[:3]), "venv": has("venv"),
    "ensurepip": has("ensurepip"), "pip": pip_version(), "ssl": has_ssl(),
    "bits": 64 if sys.maxsize > 2**32 else 32}))
"""


@dataclass(frozen=True)
class FoundPython:
    """A Python and what it can do."""

    path: str
    version: tuple[int, ...]
    has_venv: bool
    has_ensurepip: bool
    has_ssl: bool
    pip_version: tuple[int, ...]
    bits: int

    @property
    def version_text(self) -> str:
        """Such as 3.12.4."""
        return ".".join(map(str, self.version))

    def shortcoming(self) -> str:
        """Why no environment can be made from it; empty if one can."""
        if not self.version:
            return tr("it does not start by itself, outside QGIS")
        if self.version < OLDEST:
            return tr("older than {version}").format(version="{}.{}".format(*OLDEST))
        if self.version[:2] > NEWEST:
            return tr("newer than {version}, PyTorch may not have builds for it").format(
                version="{}.{}".format(*NEWEST)
            )
        if self.bits != 64:
            return tr("a 32-bit Python, PyTorch has no builds for it")
        if not self.has_ssl:
            return tr("it cannot open secure connections outside QGIS (no module ssl)")
        if not self.has_venv:
            return tr("it cannot make environments (no module venv)")
        if not self.has_ensurepip and self.pip_version < PIP_THAT_SERVES_OTHERS:
            return tr("it has no pip (on Debian and Ubuntu: the package python3-venv is missing)")
        return ""


def candidates(environment: Mapping[str, str], prefix: str, platform: str) -> list[str]:
    """Paths of Pythons that may be worth asking, best first, without duplicates.

    Args:
        environment: that of QGIS.
        prefix: ``sys.prefix`` of QGIS's Python.
        platform: ``sys.platform``.
    """
    if platform == "win32":
        paths = _windows_candidates(environment, prefix)
    else:
        paths = _posix_candidates(environment, prefix, platform)
    unique: dict[str, str] = {}
    for path in paths:
        if os.path.isfile(path):
            unique.setdefault(os.path.normcase(os.path.realpath(path)), path)
    return list(unique.values())


def read_answer(path: str, answer: str) -> FoundPython:
    """What a candidate says of itself; raises ``ValueError`` for anything else."""
    try:
        facts = json.loads(answer.strip().rpartition("\n")[2])
        return FoundPython(
            path=facts["executable"] or path,  # the program itself, where this one only starts it
            version=tuple(facts["version"]),
            has_venv=facts["venv"],
            has_ensurepip=facts["ensurepip"],
            has_ssl=facts["ssl"],
            pip_version=tuple(int(part) for part in facts["pip"].split(".")[:2] if part.isdigit()),
            bits=facts["bits"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not the answer of a Python: {answer!r}") from error


def best(pythons: Iterable[FoundPython]) -> FoundPython | None:
    """The newest that will do."""
    suitable = [python for python in pythons if not python.shortcoming()]
    return max(suitable, key=lambda python: python.version, default=None)


def _posix_candidates(environment: Mapping[str, str], prefix: str, platform: str) -> list[str]:
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)] + ["python3"]
    folders = [*search_folders(environment), "/usr/local/bin", "/usr/bin"]
    if platform == "darwin":
        folders += ["/opt/homebrew/bin"]
        folders += glob.glob("/Library/Frameworks/Python.framework/Versions/3.*/bin")
        # Apple's own is too old, and asking it may open a dialog that offers an installation.
        folders = [folder for folder in folders if folder != "/usr/bin"]
    folders += [os.path.join(prefix, "bin")]
    found = [program_in([folder], name) for name in names for folder in folders]
    return [path for path in found if path]


def _windows_candidates(environment: Mapping[str, str], prefix: str) -> list[str]:
    patterns = [
        ("LOCALAPPDATA", r"Programs\Python\Python3*\python.exe"),
        ("PROGRAMFILES", r"Python3*\python.exe"),
        ("USERPROFILE", r"miniforge3\python.exe"),
        ("USERPROFILE", r"miniconda3\python.exe"),
        ("USERPROFILE", r"anaconda3\python.exe"),
    ]
    found = []
    for variable, pattern in patterns:
        if environment.get(variable):
            folder = glob.escape(environment[variable])
            found += sorted(glob.glob(os.path.join(folder, pattern)), reverse=True)
    for folder in search_folders(environment):
        # What Windows has there is no Python but opens the shop.
        if "WindowsApps" not in folder:
            found.append(os.path.join(folder, "python.exe"))
    return [*found, os.path.join(prefix, "python.exe")]
