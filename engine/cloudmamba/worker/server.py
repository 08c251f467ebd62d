"""Answers requests one after the other while a thread listens for the next ones."""

from __future__ import annotations

import contextlib
import logging
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cloudmamba.errors import Cancelled, CloudMambaError, beginning_and_end, in_one_sentence
from cloudmamba.worker.channel import read_lines, write_all
from cloudmamba.worker.protocol import (
    LONGEST_ANSWER_BYTES,
    LONGEST_REQUEST_BYTES,
    Answer,
    Cancel,
    Describe,
    Detect,
    Failure,
    Hello,
    LogMessage,
    ProgressMessage,
    Ready,
    RequestError,
    RequestId,
    Result,
    Shutdown,
    decode_request,
    encode,
)

ReportProgress = Callable[[int, int, str], None]
IsCancelled = Callable[[], bool]


@dataclass(frozen=True)
class Work:
    """What the worker does, apart from how it talks.

    ``hello`` must be quick; ``get_ready`` may load what is slow to load; ``detect`` and
    ``describe`` get the parameters of a request and return the summary, or raise
    ``CloudMambaError``. ``warm_up`` does ahead what the first detection would wait for, where
    nothing else is to be done.
    """

    hello: Callable[[], Hello]
    get_ready: Callable[[], Ready]
    detect: Callable[[dict[str, Any], ReportProgress, IsCancelled], dict[str, Any]]
    describe: Callable[[dict[str, Any], ReportProgress, IsCancelled], dict[str, Any]]
    warm_up: Callable[[], None] = lambda: None


class Server:
    """Serves requests from one descriptor and answers on another."""

    def __init__(self, work: Work, requests_fd: int, answers_fd: int, idle_seconds: float) -> None:
        self._work = work
        self._requests_fd = requests_fd
        self._answers_fd = answers_fd
        self._idle_seconds = idle_seconds
        self._answer_lock = threading.Lock()
        # SimpleQueue because a signal handler may put while the main thread gets. None: leave.
        self._waiting: queue.SimpleQueue[Detect | Describe | None] = queue.SimpleQueue()
        self._cancel_events: dict[RequestId, threading.Event] = {}  # of unanswered requests
        self._leaving = False

    def serve(self) -> int:
        """Serve until the input ends, ``shutdown``, a signal or ``idle_seconds`` without work.

        Returns the exit status. Must run in the main thread.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._take_signal)
        self._answer(self._work.hello())
        threading.Thread(target=self._listen, name="requests", daemon=True).start()
        try:
            self._answer(self._work.get_ready())
        except Exception as error:  # noqa: BLE001  a broken installation fails in many ways
            traceback.print_exc()
            self._answer(Failure(None, "failed", f"The engine cannot start: {error}"))
            return 1
        if self._waiting.empty():
            # What is wrong then will be said to the request that it concerns.
            with contextlib.suppress(Exception):
                self._work.warm_up()
        while not self._leaving:
            try:
                request = self._waiting.get(timeout=self._idle_seconds)
            except queue.Empty:
                break
            if request is not None:
                answer = self._run(request)
                del self._cancel_events[request.id]
                self._answer(answer)
        return 0

    def _listen(self) -> None:
        """Take requests until the input ends; runs in its own thread."""
        try:
            for line in read_lines(self._requests_fd, LONGEST_REQUEST_BYTES):
                try:
                    self._accept(line)
                except RequestError as error:
                    self._answer(Failure(error.request_id, error.code, str(error)))
        finally:  # a worker that does not listen any more could never be told to leave
            self._leave()

    def _accept(self, line: bytes) -> None:
        request = decode_request(line)
        if isinstance(request, Shutdown):
            self._leave()
        elif isinstance(request, Cancel):
            cancel_event = self._cancel_events.get(request.id)
            if cancel_event:  # not answered meanwhile
                cancel_event.set()
        elif request.id in self._cancel_events:
            raise RequestError(f"Request {request.id!r} is not answered yet; use another id.")
        else:
            self._cancel_events[request.id] = threading.Event()
            self._waiting.put(request)

    def _take_signal(self, number: int, _: object) -> None:
        """Leave; told so a second time, end at once, whatever is waited for."""
        signal.signal(number, signal.SIG_DFL)
        self._leave()

    def _leave(self) -> None:
        self._leaving = True
        self._waiting.put(None)

    def _run(self, request: Detect | Describe) -> Result | Failure:
        cancel_event = self._cancel_events[request.id]

        def report_progress(done: int, total: int, message: str) -> None:
            self._answer(ProgressMessage(request.id, done, total, message))

        def is_cancelled() -> bool:
            return self._leaving or cancel_event.is_set()

        try:
            with self._forwarding_log(request.id):
                if is_cancelled():
                    raise Cancelled("Cancelled before it began; nothing was written.")
                work = self._work.detect if isinstance(request, Detect) else self._work.describe
                summary = work(request.parameters, report_progress, is_cancelled)
            result = Result(request.id, summary)
            # The owner takes no longer one, and would wait for another.
            if len(encode(result)) > LONGEST_ANSWER_BYTES:
                return Failure(
                    request.id,
                    CloudMambaError.code,
                    f"The engine's answer has more than {LONGEST_ANSWER_BYTES} bytes and cannot be "
                    "sent: ask for less at a time.",
                )
            return result
        except CloudMambaError as error:
            return Failure(request.id, error.code, str(error))
        except Exception as error:  # noqa: BLE001  a bug: its traceback goes to the log
            traceback.print_exc()
            return Failure(request.id, "failed", in_one_sentence(error))

    def _answer(self, answer: Answer) -> None:
        line = encode(answer)
        try:
            with self._answer_lock:
                write_all(self._answers_fd, line)
        except OSError:  # nobody reads the answers any more: cancel and leave
            self._leave()

    @contextlib.contextmanager
    def _forwarding_log(self, request_id: RequestId) -> Iterator[None]:
        """Send what the package logs meanwhile, from ``info`` up, as log messages."""
        handler = _LogForwarder(self._answer, request_id)
        logger = logging.getLogger("cloudmamba")
        previous_level = logger.level
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(previous_level)


class _LogForwarder(logging.Handler):
    def __init__(self, answer: Callable[[Answer], None], request_id: RequestId) -> None:
        super().__init__(logging.INFO)
        self._answer = answer
        self._request_id = request_id

    def emit(self, record: logging.LogRecord) -> None:
        level = "warning" if record.levelno >= logging.WARNING else "info"
        message = beginning_and_end(record.getMessage())
        self._answer(LogMessage(self._request_id, level, message))
