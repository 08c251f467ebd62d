"""The one engine of this QGIS, kept warm between runs.

A click must not wait for an import of PyTorch, so the process of a run stays for the next.
All of QGIS shares it: Processing in whatever thread, and the window. One run at a time: a
second one waits, because two would share the same cores or the same graphics memory.

A ``QProcess`` belongs to the thread that made it, so a thread of its own owns the process,
the keeper; callers hand it jobs and follow them in their own threads.
"""

from __future__ import annotations

import atexit
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from cloudmamba_qgis.engine_client.locate import Engine
from cloudmamba_qgis.engine_client.process import (
    POLL_MS,
    EngineCancelled,
    EngineProcess,
    Listener,
    Patience,
)
from cloudmamba_qgis.engine_client.protocol import Ready
from cloudmamba_qgis.settings import ENGINE_IDLE_MINUTES
from cloudmamba_qgis.translation import tr


def idle_seconds() -> float:
    """How long the engine stays without work; 0: not at all."""
    return max(60.0 * ENGINE_IDLE_MINUTES.get(), 0.0)


class EngineSession:
    """Runs detections on an engine that stays; may be called from any thread."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._keepers: list[_Keeper] = []  # the last one takes jobs, the others are leaving

    def detect(
        self, engine: Engine, parameters: dict[str, Any], listener: Listener
    ) -> dict[str, Any]:
        """Run one detection and return its summary; the listener is called in this thread.

        Waits while another run has the engine. Starts the engine anew where it ended, or
        another one or another environment is wanted now.

        Raises:
            EngineFailed: the engine said why it failed, or it died or fell silent.
            EngineCancelled: the listener wanted to stop, or the session was stopped.
        """
        return self._hand_over(engine, lambda process, job: process.detect(parameters, job)).follow(
            listener
        )

    def describe(
        self, engine: Engine, parameters: dict[str, Any], listener: Listener
    ) -> dict[str, Any]:
        """How the engine would read an image, after what it is doing. As ``detect`` otherwise."""
        return self._hand_over(
            engine, lambda process, job: process.describe(parameters, job)
        ).follow(listener)

    def ready(self, engine: Engine, listener: Listener) -> Ready:
        """Devices and models of the engine. As ``detect`` otherwise."""
        return self._hand_over(engine, lambda process, job: process.ready(job)).follow(listener)

    def stop(self) -> None:
        """Cancel what runs and let the engine leave, without waiting for that.

        The next ``detect`` starts again.
        """
        with self._lock:
            for keeper in self._keepers:
                keeper.leave()

    def stop_and_wait(self) -> None:
        """``stop``, and return when no engine is left."""
        self.stop()
        for keeper in list(self._keepers):
            keeper.join()

    def _hand_over(self, engine: Engine, work: Work) -> _Job:
        with self._lock:
            job = self._keepers[-1].take(engine, work) if self._keepers else None
            if job is None:
                keeper = _Keeper(self._patience)
                job = keeper.take(engine, work)
                keeper.start()
                leaving = [keeper for keeper in self._keepers if keeper.is_alive()]
                self._keepers = [*leaving, keeper]
            return job  # type: ignore[return-value]  # a new keeper takes what it is given


# What a job does with the engine, reporting to the job; returns the answer.
Work = Callable[[EngineProcess, "_Job"], Any]


class _Job:
    """A request on its way: the keeper works on it, and its caller follows."""

    def __init__(self, engine: Engine, work: Work, stopping: threading.Event) -> None:
        self.engine = engine
        self.work = work
        self.outcome: Future[Any] = Future()
        self._stopping = stopping
        self._cancelled = threading.Event()
        self._said: queue.SimpleQueue[Callable[[Listener], None]] = queue.SimpleQueue()
        self.outcome.add_done_callback(lambda _: self._said.put(lambda _: None))  # wakes up

    # As a listener, for the keeper

    def is_cancelled(self) -> bool:
        return self._cancelled.is_set() or self._stopping.is_set()

    def progress(self, done: int, total: int, message: str) -> None:
        self._said.put(lambda listener: listener.progress(done, total, message))

    def log(self, level: str, message: str) -> None:
        self._said.put(lambda listener: listener.log(level, message))

    # For the caller

    def follow(self, listener: Listener) -> Any:
        """Pass on what is said until there is an outcome; returns or raises that."""
        is_new = True
        try:
            while not (self.outcome.done() and self._said.empty()):
                if listener.is_cancelled():
                    self._cancelled.set()
                    if self.outcome.cancel():  # it had not begun
                        raise EngineCancelled
                try:
                    self._said.get(timeout=POLL_MS / 1000)(listener)
                except queue.Empty:
                    if is_new and not self.outcome.running():
                        listener.log("info", tr("Waiting for another run to finish."))
                is_new = False
            return self.outcome.result()
        finally:
            # A listener that failed leaves nobody behind to wait for the run.
            self._cancelled.set()
            if not self.outcome.done():
                wait([self.outcome])


class _Keeper(threading.Thread):
    """Owns the engine process: takes jobs one after the other, leaves after idling."""

    def __init__(self, patience: Patience) -> None:
        # A daemon, because Python waits for others before it calls what is registered to
        # stop this one.
        super().__init__(name="cloudmamba-engine", daemon=True)
        self._patience = patience
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._is_leaving = False
        self._process: EngineProcess | None = None

    def take(self, engine: Engine, work: Work) -> _Job | None:
        """Accept a job; None when leaving."""
        with self._lock:
            if self._is_leaving:
                return None
            job = _Job(engine, work, self._stopping)
            self._jobs.put(job)
            return job

    def leave(self) -> None:
        """Cancel all jobs and end soon."""
        with self._lock:
            self._is_leaving = True
            self._stopping.set()
            self._jobs.put(None)

    def run(self) -> None:
        while (job := self._next_job()) is not None:
            if job.outcome.set_running_or_notify_cancel():
                try:
                    job.outcome.set_result(self._work_on(job))
                except BaseException as error:  # noqa: BLE001  it is the caller's
                    job.outcome.set_exception(error)
        self._end_process()

    def _next_job(self) -> _Job | None:
        """The next job; None after idling, and when told to leave once all jobs are done."""
        idle_s = idle_seconds() if self._process else 0.0
        try:
            return self._jobs.get(timeout=idle_s)
        except queue.Empty:
            with self._lock:
                if self._jobs.empty():
                    self._is_leaving = True
                    return None
            return self._jobs.get()

    def _work_on(self, job: _Job) -> Any:
        if job.is_cancelled():
            raise EngineCancelled
        if self._process is None or not self._process.can_serve(job.engine):
            self._end_process()
            job.progress(0, 1, tr("Starting the engine"))
            self._process = EngineProcess(job.engine, idle_seconds(), self._patience)
            self._process.start(job)
        try:
            return job.work(self._process, job)
        except EngineCancelled:
            if self._stopping.is_set():  # to lose its input cancels the engine, too
                raise
            summary = self._process.cancel()
            if summary is None:
                raise
            return summary  # it was done before it heard of the cancel
        finally:
            if not self._process.can_serve(job.engine):
                self._end_process()

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None


_session = EngineSession(Patience())
# Where nobody unloads plugins, as in a script, and before Python ends under the keeper.
atexit.register(_session.stop_and_wait)


def engine_session() -> EngineSession:
    """The session that all of this QGIS shares."""
    return _session
