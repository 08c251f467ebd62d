"""Work in the background, one piece after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

from qgis.core import QgsApplication, QgsProcessingFeedback, QgsTask


class Job(QgsTask):
    """Calls ``work`` in a thread, and then one of the others in the window's thread."""

    # QGIS keeps only the half of a task that is not Python.
    _running: ClassVar[set[Job]] = set()

    def __init__(
        self,
        description: str,
        work: Callable[[QgsProcessingFeedback], Any],
        on_success: Callable[[Any], None],
        on_failure: Callable[[str], None],
    ) -> None:
        """What ``work`` raises is told: after an exception in its thread nobody would hear more."""
        super().__init__(description, QgsTask.Flag.CanCancel)
        self._work, self._on_success, self._on_failure = work, on_success, on_failure
        self._feedback = QgsProcessingFeedback()
        self._feedback.progressChanged.connect(self.setProgress)
        self._result: Any = None
        self._failure = ""
        self._running.add(self)

    def run(self) -> bool:
        """In a thread of its own."""
        try:
            self._result = self._work(self._feedback)
        except Exception as error:  # noqa: BLE001  whatever it was, it is told
            self._failure = str(error) or type(error).__name__
            return False
        return True

    def cancel(self) -> None:
        """Stop as soon as the work looks."""
        self._feedback.cancel()
        super().cancel()

    def finished(self, succeeded: bool) -> None:
        """In the window's thread."""
        self._running.discard(self)
        if succeeded:
            self._on_success(self._result)
        else:
            self._on_failure("" if self._feedback.isCanceled() else self._failure)


class JobQueue:
    """Jobs in the order in which they come; each sees what those before it have done."""

    def __init__(self) -> None:
        self._waiting: deque[Job] = deque()
        self._current: Job | None = None
        self._is_closed = False

    @property
    def is_idle(self) -> bool:
        """Whether all is done."""
        return self._current is None and not self._waiting

    def add(
        self,
        description: str,
        work: Callable[[QgsProcessingFeedback], Any],
        on_success: Callable[[Any], None],
        on_failure: Callable[[str], None],
    ) -> Job:
        """Do this after everything before it; ``on_failure`` gets "" after a cancel."""

        def then(report: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda outcome: self._go_on(job, report, outcome)

        job = Job(description, work, then(on_success), then(on_failure))
        self._waiting.append(job)
        if self._current is None:
            self._next()
        return job

    def cancel(self, job: Job) -> None:
        """Leave out the job, if it is not over."""
        if job is self._current:
            job.cancel()
        elif job in self._waiting:
            self._waiting.remove(job)
            job.finished(False)

    def close(self) -> None:
        """Cancel everything and report nothing more."""
        self._is_closed = True
        waiting = [*self._waiting]
        self._waiting.clear()
        for job in waiting:  # never given to QGIS, so nothing else ends them
            job.finished(False)
        current, self._current = self._current, None
        if current is not None:
            current.cancel()

    def _next(self) -> None:
        self._current = self._waiting.popleft()
        QgsApplication.taskManager().addTask(self._current)

    def _go_on(self, job: Job, report: Callable[[Any], None], outcome: Any) -> None:
        if self._is_closed:
            return
        if job is self._current:
            self._current = None
        report(outcome)
        if self._current is None and self._waiting:
            self._next()
