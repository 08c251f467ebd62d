"""Asks an engine what it is made of, without making anyone wait."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

from qgis.PyQt.QtCore import QObject, QProcess, QTimer, pyqtSignal

from cloudmamba_qgis.engine_client.answer_stream import AnswerStream
from cloudmamba_qgis.engine_client.installation.environment_lock import EnvironmentLock
from cloudmamba_qgis.engine_client.locate import Engine
from cloudmamba_qgis.engine_client.protocol import (
    PROTOCOL_VERSION,
    Failure,
    Hello,
    Ready,
)
from cloudmamba_qgis.engine_client.qgis_environment import engine_variables, process_environment
from cloudmamba_qgis.translation import tr

# PyTorch takes long to load the first time, above all with a virus scanner.
SILENCE_MS = 180_000
LEAVE_MS = 5_000


@dataclass(frozen=True)
class Report:
    """What is known of an engine so far; ``problem`` is a sentence, empty if there is none."""

    engine: Engine
    hello: Hello | None = None
    ready: Ready | None = None
    problem: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether nothing more will come."""
        return self.ready is not None or bool(self.problem)


class EngineInspection(QObject):
    """Starts an engine, takes its hello and what it says when it is ready, and lets it go.

    It deletes itself when the engine is gone, which may be later than the last report.
    """

    # After the hello and at the end, each time with the report so far.
    reported = pyqtSignal(object)

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report = Report(engine)
        self._stream = AnswerStream()
        self._environment_lock = EnvironmentLock(engine.program)
        self._process = QProcess(self)
        self._process.setProcessEnvironment(process_environment(engine_variables()))
        self._process.setWorkingDirectory(os.path.dirname(engine.program))
        self._process.readyReadStandardOutput.connect(self._read_answers)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._ended)
        self._process.errorOccurred.connect(self._failed)
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(self._timed_out)

    def start(self) -> None:
        """Start the engine."""
        engine = self._report.engine
        self._limit.start(SILENCE_MS)
        # What is not complete is looked at by who makes it, and kept by that.
        self._environment_lock.acquire()
        self._process.start(engine.program, list(engine.arguments))

    def stop(self) -> None:
        """Give up; nothing is reported any more."""
        self.blockSignals(True)
        self._process.kill()

    def _read_answers(self) -> None:
        self._stream.feed(bytes(self._process.readAllStandardOutput()))
        while self._stream.answers:
            self._take(self._stream.answers.popleft())

    def _take(self, answer: object) -> None:
        if self._report.is_complete:
            return
        if isinstance(answer, Hello):
            self._update(hello=answer)
            if answer.protocol != PROTOCOL_VERSION:
                self._conclude(
                    problem=tr(
                        "It speaks protocol {theirs} and this plugin needs {ours}: set the "
                        "engine up again, or update the plugin."
                    ).format(theirs=answer.protocol, ours=PROTOCOL_VERSION)
                )
        elif isinstance(answer, Ready):
            self._conclude(ready=answer)
        elif isinstance(answer, Failure):
            self._conclude(problem=answer.message)

    def _read_errors(self) -> None:
        self._stream.print(bytes(self._process.readAllStandardError()))

    def _ended(self) -> None:
        self._limit.stop()
        self._environment_lock.release()
        self._read_answers()
        self._read_errors()
        if not self._report.is_complete:
            self._update(problem=self._why_it_ended())
        self.deleteLater()

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:  # the others are followed by finished
            self._limit.stop()
            self._environment_lock.release()
            self._update(
                problem=tr("It cannot be started ({reason}).").format(
                    reason=self._process.errorString()
                )
            )
            self.deleteLater()

    def _timed_out(self) -> None:
        if not self._report.is_complete:
            self._update(
                problem=tr("It did not answer within {minutes} minutes.").format(
                    minutes=SILENCE_MS // 60_000
                )
            )
        self._process.kill()

    def _why_it_ended(self) -> str:
        last_line = self._stream.printed.rpartition("\n")[2]
        if "No module named" in last_line and "cloudmamba" in last_line:
            return tr("The package cloudmamba is not installed in this Python.")
        return last_line or tr("It ended without a word.")

    def _conclude(self, **what: Any) -> None:
        """Everything is known: let the engine go, by force if it lingers."""
        self._process.closeWriteChannel()
        self._limit.start(LEAVE_MS)
        self._update(**what)

    def _update(self, **what: Any) -> None:
        self._report = replace(self._report, **what)
        self.reported.emit(self._report)
