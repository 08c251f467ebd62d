"""Finds the engine: a Python that has the package ``cloudmamba``, or the command of that name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cloudmamba_qgis.engine_client.installation.folders import complete_environments, python_of
from cloudmamba_qgis.engine_client.search_path import program_in, search_folders
from cloudmamba_qgis.settings import ENGINE, profile_folder
from cloudmamba_qgis.translation import tr

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
    return choose_engine(ENGINE.get(), os.environ, profile_folder())


def choose_engine(setting: str, environment: Mapping[str, str], profile_folder: Path) -> Engine:
    """The first of ``all_engines``.

    What the user names but does not exist is an error and not passed over.
    """
    for engine in all_engines(setting, environment, profile_folder):
        if not os.path.isfile(engine.program):
            raise EngineNotFound(
                tr(
                    "The engine '{path}' named by {origin} does not exist: choose one in "
                    "Settings > Options > CloudMamba."
                ).format(path=engine.program, origin=engine.origin)
            )
        return engine
    raise EngineNotFound(
        tr(
            "The CloudMamba engine is not installed: set it up in Settings > Options > "
            "CloudMamba, or name the Python that has the package cloudmamba in the variable "
            "{variable}."
        ).format(variable=VARIABLE)
    )


def all_engines(
    setting: str, environment: Mapping[str, str], profile_folder: Path
) -> Iterator[Engine]:
    """Every engine once, in order of preference; cheap, nothing is started.

    First the one that the setting names, then the one of the variable, the managed
    environment, and the command in ``PATH``. Those named may not exist.
    """
    seen = set()
    for path, origin in (
        (setting, tr("the setting {name}").format(name=ENGINE.key)),
        (environment.get(VARIABLE, ""), tr("the variable {name}").format(name=VARIABLE)),
        (managed_python(profile_folder), tr("the profile folder")),
        (program_in(search_folders(environment), "cloudmamba"), "PATH"),
    ):
        if path and path not in seen:
            seen.add(path)
            yield engine_at(path, origin)


def managed_python(profile_folder: Path) -> str:
    """Python of the environment that the plugin manages; empty if there is none."""
    environments = complete_environments(profile_folder)
    return str(python_of(environments[0])) if environments else ""


def engine_at(path: str, origin: str) -> Engine:
    """The engine that a path names: a Python that has it, or its command."""
    if Path(path).stem == "cloudmamba":
        return Engine(path, ("worker",), origin)
    return Engine(path, ("-m", "cloudmamba", "worker"), origin)
