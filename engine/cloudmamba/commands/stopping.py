"""Stopping a command without leaving half a result."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

# Windows knows no hang-up.
_STOPPING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@contextlib.contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that interrupt, termination and hang-up signals set instead of ending us.

    A second signal ends the process at once, whatever it waits for; what it leaves then, the next
    run removes.
    """
    stopped = threading.Event()

    def stop(number: int, _: object) -> None:
        if stopped.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stopped.set()

    previous = {
        number: signal.signal(number, stop)
        for number in _STOPPING
        # A program started by nohup is to outlive its terminal.
        if signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield stopped
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
