"""Reading ahead and writing behind, so that both overlap with computing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def read_ahead(
    executor: Executor, function: Callable[[Item], Result], items: Iterable[Item], depth: int
) -> Iterator[tuple[Item, Result]]:
    """Each item with ``function(item)``, computed by ``executor`` up to ``depth`` items ahead.

    Errors of ``function`` are raised where its item is due. Closing the generator waits for
    the calls in progress and drops the others.
    """
    waiting: deque[tuple[Item, Future]] = deque()
    try:
        for item in items:
            waiting.append((item, executor.submit(function, item)))
            if len(waiting) > depth:
                due, future = waiting.popleft()
                yield due, future.result()
        while waiting:
            due, future = waiting.popleft()
            yield due, future.result()
    finally:
        for _, future in waiting:
            future.cancel()
        wait(future for _, future in waiting)


class WriteBehind:
    """Runs calls in another thread, in order, at most ``depth`` waiting.

    A context manager: leaving it waits for all calls, or after an error drops those that
    have not begun. An error of a call is raised by a later ``submit`` or on leaving.
    """

    def __init__(self, depth: int):
        self._executor = ThreadPoolExecutor(1, "write-behind")
        self._waiting: deque[Future] = deque()
        self._depth = depth

    def __enter__(self):
        return self

    def __exit__(self, kind, *exception) -> None:
        try:
            while self._waiting and kind is None:
                self._waiting.popleft().result()
        finally:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def submit(self, function: Callable[..., object], *arguments: object) -> None:
        """Have ``function(*arguments)`` called; waits while too many calls are waiting."""
        self._waiting.append(self._executor.submit(function, *arguments))
        while len(self._waiting) > self._depth or (self._waiting and self._waiting[0].done()):
            self._waiting.popleft().result()
