"""Work in the background: the one place that keeps it alive until it has ended.

QGIS keeps only the half of a task that is not Python, and a task uses context and feedback to
its end, also when nobody waits for it any more.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsTask,
)
from qgis.PyQt.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from cloudmamba_qgis.translation import tr

_running: set[Task | AlgorithmRun] = set()


def is_idle() -> bool:
    """Whether all tasks and algorithms have ended; what ``LatestOnly`` does is not counted."""
    return not _running


def cancel_all(patience_s: float = 5.0) -> bool:
    """Cancel all tasks and algorithms and wait until they have ended; False if some have not.

    Python must not end before them: their threads use what it holds.
    """
    for work in list(_running):
        work.cancel()
    deadline = time.monotonic() + patience_s
    while _running and time.monotonic() < deadline:
        # What ends in a thread is told in this one.
        QCoreApplication.processEvents()
        time.sleep(0.01)
    return not _running


class Task(QgsTask):
    """Calls ``work`` in a thread, and then one of the others in the window's thread."""

    def __init__(
        self,
        description: str,
        work: Callable[[QgsProcessingFeedback], Any],
        on_success: Callable[[Any], None],
        on_failure: Callable[[str], None],
    ) -> None:
        """What ``work`` raises is told: after an exception in its thread nobody would hear more.

        ``on_failure`` gets "" after a cancel.
        """
        super().__init__(description, QgsTask.Flag.CanCancel)
        self._work, self._on_success, self._on_failure = work, on_success, on_failure
        self._feedback = QgsProcessingFeedback()
        self._feedback.progressChanged.connect(self.setProgress)
        self._result: Any = None
        self._failure = ""
        self._has_ended = False
        _running.add(self)

    def start(self) -> None:
        """Begin as soon as QGIS has a thread for it."""
        QgsApplication.taskManager().addTask(self)

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
        if not self._has_ended:  # else QGIS has deleted its half
            self._feedback.cancel()
            super().cancel()

    def finished(self, succeeded: bool) -> None:
        """In the window's thread."""
        self._has_ended = True
        # QGIS lets go of this task after this call. A task that it is given before then may be
        # taken for this one, by the place of its runnable in memory, and never begin.
        QTimer.singleShot(0, lambda: self.end(succeeded))

    def end(self, succeeded: bool) -> None:
        """Tell how it ended; for a task that was never started, at once."""
        _running.discard(self)
        if succeeded:
            self._on_success(self._result)
        else:
            self._on_failure("" if self._feedback.isCanceled() else self._failure)


class TaskQueue:
    """Tasks in the order in which they come; each sees what those before it have done."""

    def __init__(self) -> None:
        self._waiting: deque[Task] = deque()
        self._current: Task | None = None
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
    ) -> Task:
        """Do this after everything before it; as ``Task`` otherwise."""

        def then(report: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda outcome: self._go_on(task, report, outcome)

        task = Task(description, work, then(on_success), then(on_failure))
        self._waiting.append(task)
        if self._current is None:
            self._next()
        return task

    def cancel(self, task: Task) -> None:
        """Leave out the task, if it is not over."""
        if task is self._current:
            task.cancel()
        elif task in self._waiting:
            self._waiting.remove(task)
            task.end(False)

    def close(self) -> None:
        """Cancel everything and report nothing more."""
        self._is_closed = True
        waiting = [*self._waiting]
        self._waiting.clear()
        for task in waiting:  # never given to QGIS, so nothing else ends them
            task.end(False)
        current, self._current = self._current, None
        if current is not None:
            current.cancel()

    def _next(self) -> None:
        self._current = self._waiting.popleft()
        self._current.start()

    def _go_on(self, task: Task, report: Callable[[Any], None], outcome: Any) -> None:
        if self._is_closed:
            return
        if task is self._current:
            self._current = None
        report(outcome)
        if self._current is None and self._waiting:
            self._next()


class LatestOnly(QObject):
    """Works in a thread on one thing at a time; of those that come meanwhile only the last counts.

    So a slider is followed as fast as the work goes, and the last position always counts.
    Use it from the thread it belongs to; all work is done in one thread of its own.

    Signals:
        finished: the result.
        failed: one sentence.
    """

    finished = pyqtSignal(object)
    failed = pyqtSignal(str)
    _ended = pyqtSignal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._waiting: Callable[[], Any] | None = None
        self._is_running = False
        self._is_closed = False
        self._handed_over: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        # Emitted in the other thread, so this brings the outcome over to ours.
        self._ended.connect(self._take)

    @property
    def is_idle(self) -> bool:
        """Whether everything that was asked for is done."""
        return not self._is_running

    def start(self, work: Callable[[], Any]) -> None:
        """Do this, after what is being done, instead of what is waiting."""
        self._waiting = work
        if not self._is_running:
            self._next()

    def close(self) -> None:
        """Report nothing more; what runs ends by itself."""
        self._is_closed = True
        self._waiting = None
        self._handed_over.put(None)

    def _next(self) -> None:
        work, self._waiting = self._waiting, None
        self._is_running = True
        self._handed_over.put(work)
        if self._thread is None:
            # A daemon: nobody waits for a picture when QGIS ends.
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (work := self._handed_over.get()) is not None:
            try:
                result, failure = work(), None
            except Exception as error:  # noqa: BLE001  whatever it was, it is told
                result, failure = None, str(error)
            self._ended.emit(result, failure)

    def _take(self, result: Any, failure: str | None) -> None:
        self._is_running = False
        if self._is_closed:
            return
        if failure is not None:
            self.failed.emit(failure)
        else:
            self.finished.emit(result)
        if self._waiting is not None:
            self._next()


class RunFeedback(QgsProcessingFeedback):
    """Keeps what is to be told of the run of an algorithm.

    Signals:
        said: what is going on.

    Attributes:
        warnings, errors: sentences.
        failure_code: the engine's word for why it refused, which Processing has no place for.
    """

    said = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__(False)
        self.warnings: list[str] = []
        self.errors: list[str] = []
        self.failure_code = ""

    def setProgressText(self, text: str) -> None:
        super().setProgressText(text)
        self.said.emit(text)

    def pushWarning(self, warning: str) -> None:
        super().pushWarning(warning)
        self.warnings.append(warning)

    def reportError(self, error: str, fatalError: bool = False) -> None:
        super().reportError(error, fatalError)
        self.errors.append(error)


class AlgorithmRun(QObject):
    """Runs an algorithm in a task of QGIS, and then calls one of the two in the window's thread.

    Signals:
        progressed: percent.
    """

    progressed = pyqtSignal(float)

    def __init__(
        self,
        algorithm: QgsProcessingAlgorithm,
        parameters: dict[str, Any],
        on_success: Callable[[dict[str, Any]], None],
        on_failure: Callable[[str], None],
    ) -> None:
        """``on_success`` gets the results, ``on_failure`` a sentence, or "" after a cancel."""
        super().__init__()
        self.feedback = RunFeedback()
        self.context = QgsProcessingContext()
        self.context.setProject(QgsProject.instance())
        self._algorithm, self._parameters = algorithm, parameters
        self._on_success, self._on_failure = on_success, on_failure
        self._task: QgsProcessingAlgRunnerTask | None = None

    def start(self) -> None:
        """Begin as soon as QGIS has a thread for it; this one only prepares it."""
        _running.add(self)
        task = QgsProcessingAlgRunnerTask(
            self._algorithm, self._parameters, self.context, self.feedback
        )
        if task.isCanceled():  # it could not be prepared
            self._end_soon(self._on_failure, self._last_error())
            return
        self._task = task
        task.progressChanged.connect(self.progressed)
        task.executed.connect(self._on_executed)
        QgsApplication.taskManager().addTask(task)

    def cancel(self) -> None:
        """Stop as soon as the algorithm looks."""
        if self._task is not None:
            self._task.cancel()

    def _on_executed(self, succeeded: bool, results: dict[str, Any]) -> None:
        self._task = None
        if succeeded:
            self._end_soon(self._on_success, results)
        else:
            self._end_soon(
                self._on_failure, "" if self.feedback.isCanceled() else self._last_error()
            )

    def _last_error(self) -> str:
        return self.feedback.errors[-1] if self.feedback.errors else tr("It failed.")

    def _end_soon(self, report: Callable[[Any], None], outcome: Any) -> None:
        """After what QGIS says in the message bar of a long task: ours goes on top."""

        def end() -> None:
            _running.discard(self)
            report(outcome)

        QTimer.singleShot(0, end)
