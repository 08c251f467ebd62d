"""Everything the set-up page shows, found out without making anyone wait."""

from __future__ import annotations

import os
import sys
from collections import deque
from pathlib import Path

from qgis.PyQt.QtCore import QObject, pyqtSignal

from cloudmamba_qgis.engine_client.environment import engine_environment
from cloudmamba_qgis.engine_client.inspection import EngineInspection, Report
from cloudmamba_qgis.engine_client.installation.pythons import (
    QUESTION,
    FoundPython,
    candidates,
    read_answer,
)
from cloudmamba_qgis.engine_client.installation.pytorch import (
    NVIDIA_SMI_ARGUMENTS,
    Gpu,
    nvidia_smi,
    read_gpus,
)
from cloudmamba_qgis.engine_client.locate import (
    Engine,
    all_engines,
    engine_at,
)
from cloudmamba_qgis.engine_client.one_shot_process import OneShotProcess
from cloudmamba_qgis.engine_client.qgis_environment import qgis_roots
from cloudmamba_qgis.resource_files import plugin_version
from cloudmamba_qgis.settings import ENGINE, profile_folder
from cloudmamba_qgis.translation import tr


class SetupFacts(QObject):
    """Engines, Pythons and graphics cards of this computer, as far as known."""

    engines_changed = pyqtSignal()
    pythons_changed = pyqtSignal()
    gpus_changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engines: list[Engine] = []
        self.pythons: list[FoundPython] = []
        self.gpus: list[Gpu] = []
        self.pythons_asked = 0  # that have not answered yet
        self._added: list[Engine] = []
        self._reports: dict[Engine, Report] = {}
        self._waiting: deque[Engine] = deque()
        self._inspection: EngineInspection | None = None

    def look(self) -> None:
        """Find out everything that is not known yet."""
        self._find_engines()
        if not self.pythons and not self.pythons_asked:
            self._ask_pythons()
        if not self.gpus:
            self._ask_for_gpus()

    def look_again(self) -> None:
        """Find out everything anew."""
        self.stop()
        self._reports.clear()
        self.pythons, self.gpus = [], []
        self.look()

    def stop(self) -> None:
        """Let the engine go that is being asked."""
        self._waiting.clear()
        if self._inspection is not None:
            self._inspection.stop()
            self._inspection = None

    def add_engine(self, path: str) -> Engine:
        """Show an engine that the user names; returns it."""
        for engine in self.engines:
            if engine.program == path:
                return engine
        engine = engine_at(path, tr("chosen by you"))
        self._added.append(engine)
        self._find_engines()
        return engine

    def add_python(self, path: str) -> None:
        """Ask a Python that the user names."""
        self._ask_python(path)

    def report(self, engine: Engine) -> Report:
        """What is known of an engine."""
        return self._reports.get(engine, Report(engine))

    def advice(self, report: Report) -> list[str]:
        """What is missing or wrong with an engine, a sentence each."""
        found = [report.problem] if report.problem else []
        if report.hello is not None and report.hello.version != plugin_version():
            found.append(
                tr(
                    "Its version is {theirs}, the plugin brings {ours}: set the engine up again."
                ).format(theirs=report.hello.version, ours=plugin_version())
            )
        if report.ready is not None:
            if not report.ready.models:
                found.append(tr("It has no model: set the engine up again."))
            devices = [device["id"] for device in report.ready.devices]
            if self.gpus and not any(device.startswith("cuda") for device in devices):
                found.append(
                    tr(
                        "It does not use the graphics card {name}, because its PyTorch is a build "
                        "without CUDA or does not fit the driver."
                    ).format(name=self.gpus[0].name)
                )
        return found

    def _find_engines(self) -> None:
        found = list(all_engines(ENGINE.get(), os.environ, profile_folder()))
        programs = {engine.program for engine in found}
        self.engines = found + [one for one in self._added if one.program not in programs]
        known = {*self._reports, *self._waiting}
        self._waiting.extend(engine for engine in self.engines if engine not in known)
        self.engines_changed.emit()
        self._inspect_next()

    def _inspect_next(self) -> None:
        """Ask one engine after the other: each loads PyTorch."""
        if self._inspection is not None or not self._waiting:
            return
        engine = self._waiting.popleft()
        if not os.path.isfile(engine.program):
            self._take(Report(engine, problem=tr("It does not exist.")))
            return
        self._inspection = EngineInspection(engine, self)
        self._inspection.reported.connect(self._take)
        self._inspection.start()

    def _take(self, report: Report) -> None:
        self._reports[report.engine] = report
        if report.is_complete:
            self._inspection = None
        self.engines_changed.emit()
        if report.is_complete:
            self._inspect_next()

    def _ask_pythons(self) -> None:
        for path in candidates(os.environ, sys.prefix, sys.platform):
            self._ask_python(path)

    def _ask_python(self, path: str) -> None:
        question = OneShotProcess(path, ["-c", QUESTION], _variables(), self)

        def take(answer: str) -> None:
            question.deleteLater()
            self.pythons_asked -= 1
            try:
                python = read_answer(path, answer)
            except ValueError:  # no Python, or one that does not even start by itself
                python = FoundPython(path, (), False, False, False, (), 0)
            others = [one for one in self.pythons if one.path != python.path]
            self.pythons = sorted([*others, python], key=lambda one: one.version, reverse=True)
            self.pythons_changed.emit()

        self.pythons_asked += 1
        question.answered.connect(take)
        question.ask()

    def _ask_for_gpus(self) -> None:
        program = nvidia_smi(os.environ)
        if not program:
            self.gpus_changed.emit()
            return
        question = OneShotProcess(program, NVIDIA_SMI_ARGUMENTS, _variables(), self)

        def take(answer: str) -> None:
            question.deleteLater()
            self.gpus = read_gpus(answer)
            self.gpus_changed.emit()
            self.engines_changed.emit()

        question.answered.connect(take)
        question.ask()


def engine_source() -> Path:
    """The engine's source that comes with the plugin."""
    return Path(__file__).parents[2] / "engine_source"


def _variables() -> dict[str, str]:
    return engine_environment(os.environ, qgis_roots(), {})
