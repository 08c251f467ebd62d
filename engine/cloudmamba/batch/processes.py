"""Jobs on this machine, side by side in processes of their own.

Processes and not threads: one that GDAL or the system ends takes one scene with it, not the
batch, and each has the whole interpreter for itself.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess

from cloudmamba.batch.job import CANCELLED, FAILED, Outcome, SceneJob, run_scene
from cloudmamba.detection import Progress
from cloudmamba.startup import starting_elsewhere

# How long a job that is told to stop may take: a batch of tiles, and reading over a slow line.
_STOPPING_SECONDS = 60.0
_LOOK_SECONDS = 0.2


def run_in_processes(
    jobs: Sequence[SceneJob],
    processes: int,
    progress: Callable[[SceneJob, float], None],
    stopped: Callable[[], bool],
) -> Generator[Outcome, None, None]:
    """The outcome of every job, as they come.

    Args:
        processes: jobs at a time, each in a process that goes on to the next job.
        progress: called with a job and the share of it that is done, 0..1.
        stopped: asked often; once it says True, jobs under way are cancelled and the others
            are not begun.
    """
    waiting = deque(jobs)
    context = multiprocessing.get_context("spawn")
    workers = [_Worker.start(context) for _ in range(min(processes, len(jobs)))]
    stopping_until = None
    try:
        while waiting or any(worker.job for worker in workers):
            if stopping_until is None and stopped():
                stopping_until = time.monotonic() + _STOPPING_SECONDS
                for worker in workers:
                    worker.tell(None)
            if stopping_until is not None:
                while waiting:
                    yield Outcome.of(waiting.popleft(), CANCELLED)
                if time.monotonic() > stopping_until:
                    for worker in workers:
                        worker.process.kill()
            for worker in workers:
                if waiting and worker.job is None:
                    worker.job = waiting.popleft()
                    worker.tell(worker.job)
            for connection in wait([worker.connection for worker in workers], _LOOK_SECONDS):
                worker = next(one for one in workers if one.connection is connection)
                try:
                    message = worker.connection.recv()
                except (EOFError, OSError):
                    workers.remove(worker)
                    job, code = worker.job, worker.end()
                    # Who ends the batch may well have ended its processes too.
                    is_stopping = stopped()
                    if waiting and not is_stopping:
                        workers.append(_Worker.start(context))
                    if job is not None:
                        yield _outcome_of_death(job, code, is_stopping)
                    continue
                if isinstance(message, Outcome):
                    worker.job = None
                    yield message
                elif worker.job is not None:
                    progress(worker.job, message)
    finally:
        for worker in workers:
            worker.tell(None)
        for worker in workers:
            worker.end()


@dataclass
class _Worker:
    """One process, this side's end of the line to it, and the job it has."""

    process: SpawnProcess
    connection: Connection
    job: SceneJob | None = None

    @classmethod
    def start(cls, context: SpawnContext) -> _Worker:
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, os.getcwd()), daemon=True)
        with starting_elsewhere():
            process.start()
        # So that the line ends when the process does.
        theirs.close()
        return cls(process, ours)

    def tell(self, message: SceneJob | None) -> None:
        """Give it a job, or None to cancel the one it has and leave."""
        # One that is gone is noticed where its answer is awaited.
        with contextlib.suppress(OSError):
            self.connection.send(message)

    def end(self) -> int | None:
        """See to it that the process is gone; its exit code."""
        if self.job is not None:
            self.process.join(_STOPPING_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.connection.close()
        return self.process.exitcode


def _outcome_of_death(job: SceneJob, code: int | None, is_stopping: bool) -> Outcome:
    if is_stopping:
        return Outcome.of(job, CANCELLED)
    cause = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
    return Outcome.of(
        job,
        FAILED,
        f"Its process died ({cause}): memory may have been short, give fewer --jobs; or the file "
        "is damaged.",
    )


def _serve(connection: Connection, folder: str) -> None:
    """Do jobs in a folder until told to leave, or until the other end of the line is gone."""
    os.chdir(folder)
    # Ctrl-C reaches all processes of a terminal; what to do then is said over the line.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    jobs: queue.SimpleQueue[SceneJob | None] = queue.SimpleQueue()
    leaving = threading.Event()

    def listen() -> None:
        with contextlib.suppress(EOFError, OSError):
            while (job := connection.recv()) is not None:
                jobs.put(job)
        leaving.set()
        jobs.put(None)
        # Who cannot leave, as in a read that never ends, goes all the same.
        time.sleep(_STOPPING_SECONDS)
        os._exit(1)

    def answer(message: Outcome | float) -> None:
        # Where nobody is left to hear it, ``listen`` notices.
        with contextlib.suppress(OSError):
            connection.send(message)

    def show(progress: Progress) -> None:
        answer(progress.done / progress.total)

    try:
        threading.Thread(target=listen, name="jobs", daemon=True).start()
    except RuntimeError:  # the system gives no more; the other end says that we died
        os._exit(1)
    while (job := jobs.get()) is not None:
        answer(run_scene(job, show, leaving.is_set))
