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
    """An event that interrupt, termination and hang-up signals set instead of ending us."""
    stopped = threading.Event()
    previous = {
        number: signal.signal(number, lambda *_: stopped.set())
        for number in _STOPPING
        # A program started by nohup is to outlive its terminal.
        if signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield stopped
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
