"""One engine process: start it, hand it requests, cancel them, stop it."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QProcess, QProcessEnvironment

from cloudmamba_qgis.engine_client.environment import engine_environment
from cloudmamba_qgis.engine_client.locate import Engine
from cloudmamba_qgis.engine_client.protocol import (
    PROTOCOL_VERSION,
    Answer,
    Failure,
    Hello,
    Log,
    Progress,
    Result,
    decode_answer,
    encode_cancel,
    encode_detect,
)
from cloudmamba_qgis.translation import tr

POLL_MS = 50
KEPT_OUTPUT_BYTES = 4000


class EngineFailed(Exception):
    """A request failed.

    The message is one sentence for people; ``details`` is the end of what the engine
    printed, or empty.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class EngineCancelled(Exception):
    """A request was cancelled; nothing was written."""


class Listener(Protocol):
    """Follows a request; called in the thread that runs it."""

    def is_cancelled(self) -> bool:
        """Whether the user wants to stop."""

    def progress(self, done: int, total: int, message: str) -> None:
        """``done`` of ``total`` steps are finished."""

    def log(self, level: str, message: str) -> None:
        """Something to read; ``level`` is ``info`` or ``warning``."""


@dataclass(frozen=True)
class Patience:
    """How long to wait. There is no limit to a run, only to its silence."""

    hello_s: float = 120.0
    silence_s: float = 1800.0
    # The first tile of a process cannot be interrupted and takes longer than the others.
    cancel_s: float = 20.0
    leave_s: float = 3.0


class EngineProcess:
    """A running engine, usable in any one thread; as a context it starts and stops.

    Waits by polling the process, so it needs no event loop in its thread.
    """

    def __init__(self, engine: Engine, listener: Listener, patience: Patience = Patience()) -> None:
        self._engine = engine
        self._listener = listener
        self._patience = patience
        self._answers: deque[Answer] = deque()
        self._unfinished_line = b""
        self._printed = b""

    def __enter__(self) -> EngineProcess:  # noqa: PYI034  Self needs Python 3.11
        self._process = QProcess()
        self._process.setProcessEnvironment(_process_environment())
        self._process.setWorkingDirectory(os.path.dirname(self._engine.program))
        self._process.start(self._engine.program, list(self._engine.arguments))
        try:
            self._greet()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop()

    def detect(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Run one detection and return its summary.

        Raises:
            EngineFailed: the engine said why it failed, or it died or fell silent.
            EngineCancelled: the listener wanted to stop.
        """
        request_id = uuid.uuid4().hex
        self._write(encode_detect(request_id, parameters))
        try:
            while True:
                answer = self._next_answer(self._patience.silence_s)
                if isinstance(answer, Progress):
                    self._listener.progress(answer.done, answer.total, answer.message)
                elif isinstance(answer, Log):
                    self._listener.log(answer.level, answer.message)
                elif isinstance(answer, Result):
                    return answer.summary
                elif isinstance(answer, Failure):
                    raise EngineFailed(answer.message, self._details())
        except EngineCancelled:
            self._cancel(request_id)
            for answer in self._answers:
                if isinstance(answer, Result):  # it was done before it heard of the cancel
                    return answer.summary
            raise

    def _greet(self) -> None:
        """Wait for the engine's hello and check that both sides speak alike."""
        if not self._process.waitForStarted(int(self._patience.hello_s * 1000)):
            raise EngineFailed(
                tr("The engine '{path}' cannot be started ({reason}).").format(
                    path=self._engine.program, reason=self._process.errorString()
                )
            )
        try:
            hello = self._next_answer(self._patience.hello_s)
        except EngineFailed as error:
            raise self._no_engine(str(error)) from error
        if not isinstance(hello, Hello):
            raise self._no_engine(tr("it does not say hello"))
        if hello.protocol != PROTOCOL_VERSION:
            raise EngineFailed(
                tr(
                    "The engine '{path}' (version {version}) speaks protocol {theirs} and this "
                    "plugin needs {ours}: update the older of the two."
                ).format(
                    path=self._engine.program,
                    version=hello.version,
                    theirs=hello.protocol,
                    ours=PROTOCOL_VERSION,
                )
            )

    def _next_answer(self, silence_s: float) -> Answer:
        last_sign = time.monotonic()
        while not self._answers:
            if self._listener.is_cancelled():
                raise EngineCancelled
            running = self._process.state() != QProcess.ProcessState.NotRunning
            if self._read():
                last_sign = time.monotonic()
            elif not running:
                raise EngineFailed(self._how_it_died(), self._details())
            elif time.monotonic() - last_sign > silence_s:
                raise EngineFailed(
                    tr("The engine has been silent for {seconds:.0f} s and was stopped.").format(
                        seconds=silence_s
                    ),
                    self._details(),
                )
            else:
                self._process.waitForReadyRead(POLL_MS)
        return self._answers.popleft()

    def _read(self) -> bool:
        """Take what the engine wrote meanwhile; returns whether there was anything."""
        printed = bytes(self._process.readAllStandardError())
        written = bytes(self._process.readAllStandardOutput())
        *lines, self._unfinished_line = (self._unfinished_line + written).split(b"\n")
        for line in lines:
            try:
                self._answers.append(decode_answer(line))
            except ValueError:  # not for us: keep it with the rest of what was printed
                printed += line + b"\n"
        self._printed = (self._printed + printed)[-KEPT_OUTPUT_BYTES:]
        return bool(printed or written)

    def _cancel(self, request_id: str) -> None:
        """Ask the engine to stop, so that it can tidy up, and give it some time to."""
        self._write(encode_cancel(request_id))
        deadline = time.monotonic() + self._patience.cancel_s
        while time.monotonic() < deadline:
            self._read()
            if any(isinstance(answer, (Result, Failure)) for answer in self._answers):
                return
            if self._process.state() == QProcess.ProcessState.NotRunning:
                return
            self._process.waitForReadyRead(POLL_MS)

    def _stop(self) -> None:
        """End the process: the end of its input, then terminate, then kill."""
        leave_ms = int(self._patience.leave_s * 1000)
        self._process.closeWriteChannel()
        for last_resort in (self._process.terminate, self._process.kill):
            if self._process.waitForFinished(leave_ms):
                return
            last_resort()
        self._process.waitForFinished(leave_ms)

    def _write(self, line: bytes) -> None:
        self._process.write(line)
        self._process.waitForBytesWritten(int(self._patience.leave_s * 1000))

    def _details(self) -> str:
        self._read()
        return self._printed.decode(errors="replace").strip()

    def _how_it_died(self) -> str:
        if self._process.exitStatus() == QProcess.ExitStatus.CrashExit:
            return tr(
                "The engine was killed or crashed before it finished; often the memory was full."
            )
        return tr("The engine ended with exit status {status} before it finished.").format(
            status=self._process.exitCode()
        )

    def _no_engine(self, reason: str) -> EngineFailed:
        details = self._details()
        last_line = details.rpartition("\n")[2]
        message = tr("'{path}' does not start as a CloudMamba engine: {reason}").format(
            path=self._engine.program, reason=last_line or reason
        )
        return EngineFailed(message, details)


def _process_environment() -> QProcessEnvironment:
    qgis_roots = (
        QgsApplication.prefixPath(),
        os.environ.get("OSGEO4W_ROOT", ""),
        str(Path(sys.prefix)),
    )
    environment = QProcessEnvironment()
    for name, value in engine_environment(os.environ, qgis_roots).items():
        environment.insert(name, value)
    return environment
