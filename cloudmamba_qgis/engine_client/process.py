"""One engine process: start it, hand it requests, cancel them, stop it."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from qgis.PyQt.QtCore import QProcess

from cloudmamba_qgis.engine_client.answer_stream import AnswerStream
from cloudmamba_qgis.engine_client.installation.environment_lock import EnvironmentLock
from cloudmamba_qgis.engine_client.locate import Engine
from cloudmamba_qgis.engine_client.protocol import (
    OUTDATED,
    PROTOCOL_VERSION,
    TOO_LONG,
    Answer,
    Failure,
    Hello,
    Log,
    Progress,
    Ready,
    Result,
    encode_cancel,
    encode_describe,
    encode_detect,
    is_detection_summary,
)
from cloudmamba_qgis.engine_client.qgis_environment import engine_variables, process_environment
from cloudmamba_qgis.translation import tr

POLL_MS = 50
# The engine leaves by itself so much later than the plugin would let it go.
LEAVES_LATER_S = 60.0


class EngineFailed(Exception):
    """A request failed.

    The message is one sentence for people; ``details`` is the end of what the engine
    printed, or empty; ``code`` is the engine's word for its refusal, such as ``bad-input``,
    ``OUTDATED`` where plugin and engine do not fit together, else empty.
    """

    def __init__(self, message: str, details: str = "", code: str = "") -> None:
        super().__init__(message)
        self.details = details
        self.code = code


def not_understood(engine: Engine, details: str) -> EngineFailed:
    """An answer of the engine is none."""
    return EngineFailed(
        tr(
            "The engine '{path}' gives a result that this plugin does not understand: "
            "set the engine up again, or update the plugin."
        ).format(path=engine.program),
        details,
        OUTDATED,
    )


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
    """A running engine that serves one request after the other.

    A ``QProcess`` belongs to the thread that made it, so all calls must come from one
    thread. They wait by polling and need no event loop there.
    """

    def __init__(
        self, engine: Engine, idle_s: float = 600.0, patience: Patience = Patience()
    ) -> None:
        self._engine = engine
        self._idle_s = idle_s
        self._patience = patience
        self._environment = engine_variables()
        self._environment_lock = EnvironmentLock(engine.program)
        self._stream = AnswerStream()
        self._started: QProcess | None = None
        self._request_id = ""
        self._is_free = False
        self._ready: Ready | None = None
        self._check: Callable[[dict[str, Any]], dict[str, Any]] = self._checked

    @property
    def _process(self) -> QProcess:
        """There from ``start`` to ``stop``."""
        if self._started is None:
            raise RuntimeError("the engine is not started")
        return self._started

    def start(self, listener: Listener) -> None:
        """Start the engine and wait for its hello. Raises as ``detect`` does."""
        if not self._environment_lock.acquire():
            raise EngineFailed(
                tr(
                    "The engine '{path}' was replaced by a newer one: run this again, or choose "
                    "the newer one in Settings > Options > CloudMamba."
                ).format(path=self._engine.program)
            )
        self._started = QProcess()
        self._process.setProcessEnvironment(process_environment(self._environment))
        self._process.setWorkingDirectory(os.path.dirname(self._engine.program))
        leaves_s = f"{self._idle_s + LEAVES_LATER_S:.0f}"
        self._process.start(
            self._engine.program, [*self._engine.arguments, "--idle-seconds", leaves_s]
        )
        try:
            self._greet(listener)
        except BaseException:
            self.stop()
            raise
        self._is_free = True

    def can_serve(self, engine: Engine) -> bool:
        """Whether it lives, is free, and was started as ``engine`` would be now."""
        if self._started is None or not self._is_free:
            return False
        self._process.waitForFinished(0)  # without an event loop only this sees that it ended
        is_as_now = self._engine == engine and self._environment == engine_variables()
        return self._is_running() and is_as_now

    def detect(self, parameters: dict[str, Any], listener: Listener) -> dict[str, Any]:
        """Run one detection and return its summary.

        Raises:
            EngineFailed: the engine said why it failed, or it died or fell silent.
            EngineCancelled: the listener wanted to stop; ``cancel`` or ``stop`` must follow.
        """
        return self._request(encode_detect, parameters, self._checked, listener)

    def describe(self, parameters: dict[str, Any], listener: Listener) -> dict[str, Any]:
        """How the engine would read an image. Raises as ``detect`` does."""
        return self._request(encode_describe, parameters, lambda answer: answer, listener)

    def ready(self, listener: Listener) -> Ready:
        """What the engine has, once it has loaded that. Raises as ``detect`` does."""
        self._request_id = ""
        self._is_free = False  # while it loads
        while self._ready is None:
            answer = self._next_answer(listener, self._patience.silence_s)
            if isinstance(answer, Failure):
                raise self._refused(answer)
            if isinstance(answer, Ready):
                self._ready = answer
        self._is_free = True
        return self._ready

    def _request(
        self,
        encode: Callable[[str, dict[str, Any]], bytes],
        parameters: dict[str, Any],
        check: Callable[[dict[str, Any]], dict[str, Any]],
        listener: Listener,
    ) -> dict[str, Any]:
        """Ask, pass on what is said meanwhile, and return the summary once it is checked."""
        self._check = check
        self._request_id = uuid.uuid4().hex
        self._is_free = False  # until this request is answered
        self._stream.forget_printed()
        self._write(encode(self._request_id, parameters))
        while True:
            answer = self._next_answer(listener, self._patience.silence_s)
            if isinstance(answer, Failure) and answer.id in (self._request_id, None):
                # Without an id it is the engine itself that failed.
                self._is_free = answer.id is not None
                raise self._refused(answer)
            if isinstance(answer, Ready):
                self._ready = answer
            if isinstance(answer, (Hello, Ready, Failure)) or answer.id != self._request_id:
                continue  # not of this request, such as late words on a cancelled one
            if isinstance(answer, Progress):
                listener.progress(answer.done, answer.total, answer.message)
            elif isinstance(answer, Log):
                listener.log(answer.level, answer.message)
            elif isinstance(answer, Result):
                self._is_free = True
                return self._check(answer.summary)

    def cancel(self) -> dict[str, Any] | None:
        """Ask the engine to stop, so that it can tidy up, and give it some time to.

        Returns the summary if it was done before it heard of that. An engine that does not
        answer, or that is still loading, is not free.
        """
        if not self._request_id:
            return None
        self._write(encode_cancel(self._request_id))
        deadline = time.monotonic() + self._patience.cancel_s
        while True:
            running = self._is_running()
            self._read()
            while self._stream.answers:
                answer = self._stream.answers.popleft()
                if isinstance(answer, Failure) and answer.id is None:
                    return None  # the engine itself failed
                if isinstance(answer, (Result, Failure)) and answer.id == self._request_id:
                    self._is_free = True
                    return self._check(answer.summary) if isinstance(answer, Result) else None
            if not running or time.monotonic() > deadline:
                return None
            self._process.waitForReadyRead(POLL_MS)

    def stop(self) -> None:
        """End the process: the end of its input, then terminate, then kill."""
        if self._started is None:
            return
        leave_ms = int(self._patience.leave_s * 1000)
        self._process.closeWriteChannel()
        for last_resort in (self._process.terminate, self._process.kill, None):
            if self._process.waitForFinished(leave_ms) or not self._is_running():
                break
            if last_resort:
                last_resort()
        self._started = None  # deleted here, in the thread it belongs to
        self._environment_lock.release()

    def _refused(self, answer: Failure) -> EngineFailed:
        """What the engine says, or what to do where it knows too little of the request to say it.

        Fields are added to requests without a new number of the protocol.
        """
        if answer.code == TOO_LONG:
            return not_understood(self._engine, f"{answer.message}\n{self._details()}".strip())
        if answer.code != OUTDATED or answer.id is None:
            return EngineFailed(answer.message, self._details(), answer.code)
        return EngineFailed(
            tr(
                "The engine '{path}' is older than the plugin: set it up again in Settings > "
                "Options > CloudMamba."
            ).format(path=self._engine.program),
            f"{answer.message}\n{self._details()}".strip(),
            OUTDATED,
        )

    def _checked(self, summary: dict[str, Any]) -> dict[str, Any]:
        if not is_detection_summary(summary):
            raise not_understood(self._engine, self._details())
        return summary

    def _is_running(self) -> bool:
        return self._process.state() != QProcess.ProcessState.NotRunning

    def _greet(self, listener: Listener) -> None:
        """Wait for the engine's hello and check that both sides speak alike."""
        if not self._process.waitForStarted(int(self._patience.hello_s * 1000)):
            raise EngineFailed(
                tr("The engine '{path}' cannot be started ({reason}).").format(
                    path=self._engine.program, reason=self._process.errorString()
                )
            )
        try:
            hello = self._next_answer(listener, self._patience.hello_s)
        except EngineFailed as error:
            raise self._no_engine(str(error)) from error
        if not isinstance(hello, Hello):
            raise self._no_engine(tr("it does not say hello"))
        if hello.protocol != PROTOCOL_VERSION:
            raise EngineFailed(
                tr(
                    "The engine '{path}' (version {version}) speaks protocol {theirs} and this "
                    "plugin needs {ours}: set the engine up again, or update the plugin."
                ).format(
                    path=self._engine.program,
                    version=hello.version,
                    theirs=hello.protocol,
                    ours=PROTOCOL_VERSION,
                ),
                code=OUTDATED,
            )

    def _next_answer(self, listener: Listener, silence_s: float) -> Answer:
        last_sign = time.monotonic()
        while not self._stream.answers:
            if listener.is_cancelled():
                raise EngineCancelled
            running = self._is_running()
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
        return self._stream.answers.popleft()

    def _read(self) -> bool:
        """Take what the engine wrote meanwhile; returns whether there was anything."""
        printed = bytes(self._process.readAllStandardError())
        written = bytes(self._process.readAllStandardOutput())
        self._stream.print(printed)
        self._stream.feed(written)
        return bool(printed or written)

    def _write(self, line: bytes) -> None:
        self._process.write(line)
        self._process.waitForBytesWritten(int(self._patience.leave_s * 1000))

    def _details(self) -> str:
        self._read()
        return self._stream.printed

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
