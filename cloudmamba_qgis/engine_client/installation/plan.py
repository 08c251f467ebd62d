"""The steps that make an environment with the engine, and the same as commands to type."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cloudmamba_qgis.engine_client.installation.folders import python_of
from cloudmamba_qgis.engine_client.installation.pythons import FoundPython
from cloudmamba_qgis.engine_client.installation.pytorch import REQUIREMENT, Build
from cloudmamba_qgis.translation import tr

# From this version on pip says how far a download is in a way that programs can read.
PIP = "pip>=24.1"
_RAW_PROGRESS = ("--progress-bar", "raw")
# An index that cannot be reached is told within a minute or two instead of five.
_PATIENCE = ("--retries", "2", "--timeout", "20")
# A further place, in a pip.conf or a variable, would bring another build of PyTorch than the one
# chosen. Of a variable without a value pip takes no notice.
_ONLY_FROM_THERE = (
    ("PIP_CONFIG_FILE", os.devnull),
    ("PIP_EXTRA_INDEX_URL", ""),
    ("PIP_FIND_LINKS", ""),
    ("PIP_NO_INDEX", ""),
)
_PREPARE = ("-m", "cloudmamba", "prepare")

_COPY = "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2])"
_REMOVE = "import shutil, sys; shutil.rmtree(sys.argv[1])"


@dataclass(frozen=True)
class Step:
    """A program to run; ``share`` is the part of the whole that it takes, of 1.

    ``variables`` are set for it beside those of the whole set-up.
    """

    title: str
    program: str
    arguments: tuple[str, ...]
    share: float
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Choice:
    """What the user decides."""

    python: FoundPython
    build: Build


def build_folder(environment: Path) -> Path:
    """For temporary files: large, and removed with the environment if something fails.

    The system's own folder for them is in memory on many computers, and too small.
    """
    return environment / "build"


def steps(choice: Choice, source: Path, environment: Path) -> list[Step]:
    """From an empty folder to an engine.

    Args:
        choice: the Python to start from and the build of PyTorch.
        source: the engine's source that comes with the plugin. It is copied, because pip writes
            beside what it builds.
        environment: the empty folder.
    """
    base, python = choice.python.path, str(python_of(environment))
    without_pip = () if choice.python.has_ensurepip else ("--without-pip",)
    pip = (
        (python, "-m", "pip")
        if choice.python.has_ensurepip
        else (base, "-m", "pip", "--python", python)
    )
    copy = build_folder(environment) / "source"
    return [
        Step(
            tr("Making the environment"),
            base,
            ("-m", "venv", *without_pip, str(environment)),
            0.05,
        ),
        Step(tr("Updating pip"), pip[0], (*pip[1:], "install", PIP), 0.03),
        Step(
            tr("Installing PyTorch"),
            python,
            _install(*_index(choice.build), REQUIREMENT),
            0.60,
            _ONLY_FROM_THERE if choice.build.index_url else (),
        ),
        Step(tr("Copying the engine"), python, ("-c", _COPY, str(source), str(copy)), 0.01),
        Step(tr("Installing the engine"), python, _install(str(copy)), 0.25),
        # At the first click somebody would wait for it.
        Step(tr("Preparing the engine for this processor"), python, _PREPARE, 0.04),
        Step(tr("Tidying up"), python, ("-c", _REMOVE, str(build_folder(environment))), 0.02),
    ]


def commands(
    choice: Choice, source: Path, environment: str, platform: str = sys.platform
) -> list[str]:
    """What to type into a terminal to do the same by hand in a folder of one's own."""
    windows = platform == "win32"
    python = environment + (r"\Scripts\python.exe" if windows else "/bin/python")
    lines = [
        (choice.python.path, "-m", "venv", environment),
        (python, "-m", "pip", "install", *_index(choice.build), REQUIREMENT),
        (python, "-m", "pip", "install", str(source)),
        (python, *_PREPARE),
    ]
    return [_typed(line, windows) for line in lines]


def _install(*what: str) -> tuple[str, ...]:
    return ("-m", "pip", "install", *_RAW_PROGRESS, *_PATIENCE, *what)


def _index(build: Build) -> tuple[str, ...]:
    return ("--index-url", build.index_url) if build.index_url else ()


def _typed(words: Sequence[str], windows: bool) -> str:
    if not windows:
        return shlex.join(words)
    return " ".join(f'"{word}"' if set(word) & set(" &()<>^") else word for word in words)
