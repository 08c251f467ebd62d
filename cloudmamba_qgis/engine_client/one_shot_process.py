"""Runs a short program and hands over what it printed, without making anyone wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qgis.PyQt.QtCore import QObject, QProcess, QTimer, pyqtSignal

from cloudmamba_qgis.engine_client.installation.environment_lock import EnvironmentLock
from cloudmamba_qgis.engine_client.qgis_environment import process_environment

LONGEST_MS = 60_000


class OneShotProcess(QObject):
    """A program that is asked once.

    ``answered`` brings the whole standard output, or an empty text if the program could not
    start, failed, or took longer than a minute.
    """

    answered = pyqtSignal(str)

    def __init__(
        self,
        program: str,
        arguments: Sequence[str],
        variables: Mapping[str, str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._environment_lock = EnvironmentLock(program)
        self._process = QProcess(self)
        self._process.setProcessEnvironment(process_environment(variables))
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(self._process.kill)
        self._program, self._arguments = program, list(arguments)

    def ask(self) -> None:
        """Start the program."""
        self._limit.start(LONGEST_MS)
        self._environment_lock.acquire()
        self._process.start(self._program, self._arguments)
        self._process.closeWriteChannel()

    def stop(self) -> None:
        """Give up; there will be no answer."""
        self.blockSignals(True)
        self._process.kill()

    def _finished(self, status: int, how: QProcess.ExitStatus) -> None:
        self._limit.stop()
        self._environment_lock.release()
        succeeded = how == QProcess.ExitStatus.NormalExit and status == 0
        output = bytes(self._process.readAllStandardOutput()).decode(errors="replace")
        self.answered.emit(output if succeeded else "")

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:  # the others are followed by finished
            self._limit.stop()
            self._environment_lock.release()
            self.answered.emit("")
