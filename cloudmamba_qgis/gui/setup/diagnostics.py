"""A text for bug reports: versions, paths and the last error. In English, for everybody."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from qgis.core import Qgis
from qgis.PyQt.QtCore import QT_VERSION_STR

from cloudmamba_qgis.engine_client.inspection import Report
from cloudmamba_qgis.engine_client.installation.installer import EngineInstaller
from cloudmamba_qgis.engine_client.locate import VARIABLE
from cloudmamba_qgis.engine_client.qgis_environment import proxy_variables
from cloudmamba_qgis.gui.setup.facts import SetupFacts
from cloudmamba_qgis.resource_files import plugin_version
from cloudmamba_qgis.settings import ENGINE, profile_folder

LAST_LINES = 40


def diagnostics(facts: SetupFacts, installer: EngineInstaller) -> str:
    """The text; the user's home folder is written as ~, and no password is in it."""
    lines = [
        f"CloudMamba {plugin_version()}, QGIS {Qgis.QGIS_VERSION}, Qt {QT_VERSION_STR}",
        f"{platform.platform()}, Python {platform.python_version()} in QGIS",
        f"Profile: {profile_folder()}",
        f"Setting: {ENGINE.get() or 'none'}; {VARIABLE}: {os.environ.get(VARIABLE, 'not set')}",
        f"Proxy: {'set in QGIS' if proxy_variables() else 'not set in QGIS'}",
        *(
            f"Graphics card: {gpu.name}, driver {gpu.driver:g}, compute capability {gpu.capability}"
            for gpu in facts.gpus
        ),
        *(
            f"Python: {python.path} {python.version_text} {python.shortcoming() or 'fit'}"
            for python in facts.pythons
        ),
    ]
    for engine in facts.engines:
        lines += _about_engine(facts.report(engine))
    if installer.log:
        lines += [f"Set-up: {installer.state.value}", *list(installer.log)[-LAST_LINES:]]
    return "\n".join(lines).replace(str(Path.home()), "~") + "\n"


def _about_engine(report: Report) -> list[str]:
    lines = [f"Engine: {report.engine.program} ({report.engine.origin})"]
    if report.hello is not None:
        packages = ", ".join(f"{name} {version}" for name, version in report.hello.packages.items())
        lines.append(f"  version {report.hello.version}, Python {report.hello.python}, {packages}")
    if report.ready is not None:
        devices = ", ".join(f"{one['id']} ({one['name']})" for one in report.ready.devices)
        models = ", ".join(f"{one['name']} {one['version']}" for one in report.ready.models)
        lines.append(f"  devices: {devices}; models: {models}")
    if report.problem:
        lines.append(f"  problem: {report.problem}")
    return lines
