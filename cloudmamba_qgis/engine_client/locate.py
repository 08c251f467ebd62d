"""Finds the engine: a Python that has the package ``cloudmamba``, or the command of that name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsApplication, QgsSettings

from cloudmamba_qgis.translation import tr

SETTING = "cloudmamba/engine_python"
VARIABLE = "CLOUDMAMBA_ENGINE"


@dataclass(frozen=True)
class Engine:
    """How to start the engine, and where that was found."""

    program: str
    arguments: tuple[str, ...]
    origin: str


class EngineNotFound(Exception):
    """There is no engine; the message says what to do."""


def find_engine() -> Engine:
    """The engine of this user; cheap, nothing is started. Raises ``EngineNotFound``."""
    return choose_engine(
        setting=str(QgsSettings().value(SETTING, "") or ""),
        environment=os.environ,
        profile_folder=Path(QgsApplication.qgisSettingsDirPath()),
    )


def choose_engine(setting: str, environment: Mapping[str, str], profile_folder: Path) -> Engine:
    """The first of: the setting, the variable, the managed environment, the command in ``PATH``.

    What the user names but does not exist is an error and not passed over.
    """
    named = (
        (setting, tr("the setting {name}").format(name=SETTING)),
        (environment.get(VARIABLE, ""), tr("the variable {name}").format(name=VARIABLE)),
    )
    for python, origin in named:
        if python:
            if not os.path.isfile(python):
                raise EngineNotFound(
                    tr(
                        "The engine '{path}' named by {origin} does not exist: name the Python "
                        "in which the package cloudmamba is installed."
                    ).format(path=python, origin=origin)
                )
            return _python_engine(python, origin)
    managed = managed_python(profile_folder)
    if managed.is_file():
        return _python_engine(str(managed), tr("the profile folder"))
    command = shutil.which("cloudmamba", path=environment.get("PATH", ""))
    if command:
        return Engine(command, ("worker",), "PATH")
    raise EngineNotFound(
        tr(
            "The CloudMamba engine is not installed: install the package cloudmamba into a "
            "Python environment of its own and name that Python in the variable {variable} or "
            "the setting {setting}."
        ).format(variable=VARIABLE, setting=SETTING)
    )


def managed_python(profile_folder: Path) -> Path:
    """Python of the environment that the plugin manages in the profile folder."""
    relative = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    return profile_folder / "cloudmamba" / "engine" / relative


def _python_engine(python: str, origin: str) -> Engine:
    return Engine(python, ("-m", "cloudmamba", "worker"), origin)
