"""Measures for how long the window's event loop was held up."""

import time
from pathlib import Path


class EventLoopWatch:
    """As a context: ``blocked_ms`` is the longest time in which the event loop did nothing.

    Time in which a thread of this process wanted a processor and got none does not count:
    it says how busy the machine is.
    """

    _TICK_MS = 5

    def __enter__(self):
        from qgis.PyQt.QtCore import Qt, QTimer

        self.blocked_ms = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._last, self._last_starved = time.monotonic(), _starved_s()
        self._timer.start(self._TICK_MS)
        return self

    def __exit__(self, *exception):
        self._tick()
        self._timer.stop()

    def _tick(self):
        now, starved = time.monotonic(), _starved_s()
        # A thread that ended takes its time with it: then nothing is left out.
        excused = max(starved - self._last_starved, 0)
        blocked = now - self._last - excused
        self.blocked_ms = max(self.blocked_ms, 1000 * blocked)
        self._last, self._last_starved = time.monotonic(), starved


def _starved_s():
    """How long the threads of this process have waited for a processor, together."""
    total_ns = 0
    for schedule in Path("/proc/self/task").glob("*/schedstat"):
        try:
            total_ns += int(schedule.read_text().split()[1])
        except OSError:  # it ended meanwhile
            continue
    return total_ns / 1e9
