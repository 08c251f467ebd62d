"""Work in a thread, of which only the latest counts."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal


class LatestJob(QObject):
    """Runs one job at a time; of those that come meanwhile only the last is done after it.

    So a slider is followed as fast as the work goes, and the last position always counts.
    Use it from the thread it belongs to; all jobs run in one thread of their own.

    Signals:
        finished: the job's result.
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
        self._jobs: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        # Emitted in the job's thread, so this brings the outcome over to ours.
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
        self._jobs.put(None)

    def _next(self) -> None:
        work, self._waiting = self._waiting, None
        self._is_running = True
        self._jobs.put(work)
        if self._thread is None:
            # A daemon: nobody waits for a picture when QGIS ends.
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (work := self._jobs.get()) is not None:
            try:
                outcome = (work(), None)
            except Exception as error:  # noqa: BLE001  whatever it was, it is told
                outcome = (None, error)
            self._ended.emit(*outcome)

    def _take(self, result: Any, error: Exception | None) -> None:
        self._is_running = False
        if self._is_closed:
            return
        if error is not None:
            self.failed.emit(str(error))
        else:
            self.finished.emit(result)
        if self._waiting is not None:
            self._next()
