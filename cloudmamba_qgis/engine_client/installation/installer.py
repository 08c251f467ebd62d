"""Runs the steps of a set-up, one process after the other, without making anyone wait."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import shutil
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from qgis.PyQt.QtCore import QLockFile, QObject, QProcess, QTimer, pyqtSignal

from cloudmamba_qgis.background import Task
from cloudmamba_qgis.engine_client.environment import installation_environment
from cloudmamba_qgis.engine_client.inspection import EngineInspection, Report
from cloudmamba_qgis.engine_client.installation.environment_lock import remove_unless_used
from cloudmamba_qgis.engine_client.installation.failures import explain
from cloudmamba_qgis.engine_client.installation.folders import (
    complete_environments,
    engines_folder,
    incomplete_environments,
    mark_complete,
    new_environment,
    python_of,
)
from cloudmamba_qgis.engine_client.installation.plan import Choice, Step, build_folder, steps
from cloudmamba_qgis.engine_client.installation.set_up_lock import NotLocked, lock_set_up
from cloudmamba_qgis.engine_client.locate import engine_at
from cloudmamba_qgis.engine_client.qgis_environment import (
    process_environment,
    proxy_variables,
    qgis_roots,
)
from cloudmamba_qgis.translation import tr

KEPT_LINES = 2000
LINES_THAT_EXPLAIN = 60
PATIENCE_WITH_CANCEL_MS = 5_000
# What pip says of a server that does not answer.
_RETRY = "WARNING: Retrying ("
_DOWNLOAD = re.compile(r"Progress (\d+) of (\d+)$")
_SMALL_DOWNLOAD_BYTES = 5_000_000


class State(Enum):
    """Where a set-up is."""

    IDLE = "idle"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class EngineInstaller(QObject):
    """Sets an engine up in the profile folder.

    The environment is made in a folder of its own and counts only once its engine has
    answered; until then, and after a failure or a cancel, the one before it is used. There
    is one set-up at a time in a profile, whatever the number of QGIS windows.
    """

    changed = pyqtSignal()  # state, title, fraction or message
    logged = pyqtSignal(str)
    succeeded = pyqtSignal(str)  # path of the new engine's Python

    def __init__(self, profile_folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._profile_folder = profile_folder
        self.state = State.IDLE
        self.title = ""
        self.message = ""
        self.fraction = 0.0
        self.log: deque[str] = deque(maxlen=KEPT_LINES)
        self._lock: QLockFile | None = None
        self._environment: Path | None = None
        self._variables: dict[str, str] = {}
        self._steps: list[Step] = []
        self._step = -1
        self._running: QProcess | None = None
        self._inspection: EngineInspection | None = None
        self._force = QTimer(self)
        self._force.setSingleShot(True)
        self._force.timeout.connect(self._kill)

    @property
    def is_busy(self) -> bool:
        """Whether a set-up is under way."""
        return self.state in (State.RUNNING, State.CANCELLING)

    def start(self, choice: Choice, source: Path) -> None:
        """Set up an engine from its source; ``changed`` tells of everything that follows."""
        if self.is_busy:
            raise RuntimeError("a set-up is under way")
        self.log.clear()
        self._step, self.fraction, self.message = -1, 0.0, ""
        self.state = State.RUNNING
        problem = self._begin(choice, source)
        if problem:
            self._end(State.FAILED, problem)
        else:
            self._next_step()

    def cancel(self) -> None:
        """Stop as soon as possible and remove what was made so far."""
        if self.state != State.RUNNING:
            return
        self.state = State.CANCELLING
        self.title = tr("Cancelling")
        self.changed.emit()
        if self._inspection is not None:
            self._inspection.stop()
            self._end(State.CANCELLED, _cancelled())
        elif self._running is not None:
            self._interrupt()

    def stop(self) -> None:
        """End at once, because QGIS or the plugin ends."""
        self.blockSignals(True)
        if self._inspection is not None:
            self._inspection.stop()
        process = self._running
        if process is not None:
            self.state = State.CANCELLING
            self._interrupt()
            if not process.waitForFinished(PATIENCE_WITH_CANCEL_MS):
                process.kill()
                process.waitForFinished(PATIENCE_WITH_CANCEL_MS)
        elif self.is_busy:
            self._end(State.CANCELLED, _cancelled())

    def tidy_up(self) -> None:
        """Remove environments that are of no use any more; those that any window uses stay."""
        if self.is_busy:
            return
        try:
            lock = self._locked()
        except NotLocked:
            return
        # Looked for under the lock: what was incomplete before may be the best one by now.
        replaced = complete_environments(self._profile_folder)[1:]
        superfluous = replaced + incomplete_environments(self._profile_folder)
        if superfluous:
            self._remove(superfluous, lock)
        else:
            lock.unlock()

    def _begin(self, choice: Choice, source: Path) -> str:
        """Check the space, lock and make the folder; returns what prevents it."""
        folder = engines_folder(self._profile_folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            free_gb = shutil.disk_usage(folder).free / 1e9
            if free_gb < choice.build.disk_gb:
                return tr(
                    "Setting up needs {needed:.1f} GB in '{folder}', where {free:.1f} GB are free."
                ).format(needed=choice.build.disk_gb, folder=folder, free=free_gb)
            self._lock = self._locked()
            self._environment = new_environment(self._profile_folder)
            build_folder(self._environment).mkdir()
        except NotLocked as error:
            return str(error)
        except OSError as error:
            return tr("The folder '{folder}' cannot be written ({reason}).").format(
                folder=folder, reason=error
            )
        self._variables = installation_environment(
            os.environ, qgis_roots(), proxy_variables(), str(build_folder(self._environment))
        )
        self._steps = steps(choice, source, self._environment)
        return ""

    @property
    def _process(self) -> QProcess:
        """The one of the step."""
        if self._running is None:
            raise RuntimeError("no step is running")
        return self._running

    @property
    def _made(self) -> Path:
        """The environment that is being made."""
        if self._environment is None:
            raise RuntimeError("no environment is being made")
        return self._environment

    def _locked(self) -> QLockFile:
        """The lock of this profile. Raises ``NotLocked``."""
        return lock_set_up(engines_folder(self._profile_folder) / "set-up.lock")

    def _next_step(self) -> None:
        self._step += 1
        self.fraction = sum(step.share for step in self._steps[: self._step])
        if self._step == len(self._steps):
            self._check()
            return
        step = self._steps[self._step]
        self.title = step.title
        self._say(f"--- {step.title}")
        self.changed.emit()
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._unfinished_line = ""
        self._running = QProcess(self)
        self._process.setProcessEnvironment(
            process_environment({**self._variables, **dict(step.variables)})
        )
        self._process.setWorkingDirectory(str(self._environment))
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._step_ended)
        self._process.errorOccurred.connect(self._step_failed_to_start)
        self._process.start(step.program, list(step.arguments))
        self._process.closeWriteChannel()

    def _read(self) -> None:
        text = self._decoder.decode(bytes(self._process.readAllStandardOutput()))
        *lines, self._unfinished_line = re.split(r"\r\n|\r|\n", self._unfinished_line + text)
        for line in lines:
            self._take_line(line)

    def _take_line(self, line: str) -> None:
        download = _DOWNLOAD.match(line.strip())
        if download is None:
            if line.strip():
                self._say(line.rstrip())
            if _RETRY in line:
                self.title = tr("{step}: no connection, trying again…").format(
                    step=self._steps[self._step].title
                )
                self.changed.emit()
            return
        done, total = int(download[1]), int(download[2])
        if total > _SMALL_DOWNLOAD_BYTES:
            step = self._steps[self._step]
            before = sum(step.share for step in self._steps[: self._step])
            # Unpacking follows, and further packages.
            self.fraction = max(self.fraction, before + 0.8 * step.share * done / total)
            self.title = tr("{step}: {done:.0f} of {total:.0f} MB").format(
                step=step.title, done=done / 1e6, total=total / 1e6
            )
            self.changed.emit()

    def _say(self, line: str) -> None:
        self.log.append(line)
        self.logged.emit(line)

    def _step_ended(self, status: int, how: QProcess.ExitStatus) -> None:
        self._read()
        self._take_line(self._unfinished_line)
        self._force.stop()
        self._process.deleteLater()
        self._running = None
        if self.state == State.CANCELLING:
            self._end(State.CANCELLED, _cancelled())
        elif how == QProcess.ExitStatus.NormalExit and status == 0:
            self._next_step()
        else:
            output = "\n".join(list(self.log)[-LINES_THAT_EXPLAIN:])
            output = output.rpartition("--- ")[2].partition("\n")[2]
            self._end(State.FAILED, explain(self._steps[self._step].title, output))

    def _step_failed_to_start(self, error: QProcess.ProcessError) -> None:
        if error != QProcess.ProcessError.FailedToStart:  # the others are followed by finished
            return
        step, reason = self._steps[self._step], self._process.errorString()
        self._process.deleteLater()
        self._running = None
        self._end(
            State.FAILED,
            tr("{step}: '{program}' cannot be started ({reason}).").format(
                step=step.title, program=step.program, reason=reason
            ),
        )

    def _interrupt(self) -> None:
        """As Ctrl+C does, so that pip ends the programs that it started; else by force."""
        process_id = self._process.processId()
        if process_id and sys.platform == "win32":
            # Windows does not end the programs that a program started together with it.
            taskkill = os.path.join(os.environ["SYSTEMROOT"], "System32", "taskkill.exe")
            QProcess.startDetached(taskkill, ["/PID", str(process_id), "/T", "/F"])
        elif process_id:
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(process_id, signal.SIGINT)
        self._force.start(PATIENCE_WITH_CANCEL_MS)

    def _kill(self) -> None:
        if self._running is not None:
            self._running.kill()

    def _check(self) -> None:
        """The last step: the new engine must answer."""
        self.title = tr("Starting the engine for the first time")
        self._say(f"--- {self.title}")
        self.changed.emit()
        engine = engine_at(str(python_of(self._made)), "")
        self._inspection = EngineInspection(engine, self)
        self._inspection.reported.connect(self._checked)
        self._inspection.start()

    def _checked(self, report: Report) -> None:
        if not report.is_complete:
            return
        if report.problem or report.hello is None or report.ready is None:
            self._say(report.problem)
            self._end(State.FAILED, explain(self.title, report.problem))
            return
        python = report.engine.program
        try:
            mark_complete(
                self._made,
                {
                    "version": report.hello.version,
                    "packages": report.hello.packages,
                    "made": time.strftime("%Y-%m-%d %H:%M:%S"),
                },
            )
        except OSError as error:
            self._end(State.FAILED, explain(self.title, str(error)))
            return
        self._environment = None
        self.fraction = 1.0
        devices = ", ".join(device["name"] for device in report.ready.devices)
        self._say(tr("The engine is ready. It can use: {devices}").format(devices=devices))
        self._end(State.SUCCEEDED, tr("The engine is ready."))
        self.succeeded.emit(python)

    def _end(self, state: State, message: str) -> None:
        """Tell how it ended, once what is of no use has been removed."""
        self._inspection = None
        lock, self._lock = self._lock, None
        environment, self._environment = self._environment, None

        def tell() -> None:
            self.state, self.message, self.title = state, message, ""
            self._say(message)
            self.changed.emit()

        if environment is not None:  # it is not complete
            self.title = tr("Removing what was made so far")
            self.changed.emit()
            self._remove([environment], lock, tell)
        else:
            if lock is not None:
                lock.unlock()
            tell()

    def _remove(
        self,
        environments: list[Path],
        lock: QLockFile,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """Remove folders in the background, which takes seconds, and let go of the lock.

        ``then`` is called after that in the window.
        """

        def remove(_: object) -> None:
            for environment in environments:
                remove_unless_used(environment)

        def removed(_: object = None) -> None:
            lock.unlock()
            then()

        def failed(reason: str) -> None:
            self._say(tr("Not everything could be removed: {reason}").format(reason=reason))
            removed()

        Task(tr("Removing an unfinished CloudMamba engine"), remove, removed, failed).start()


def _cancelled() -> str:
    return tr("Cancelled. What was made so far is removed, and nothing else was changed.")
