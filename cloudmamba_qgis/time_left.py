"""How far something is that tells its progress, and how long it will still take."""

from __future__ import annotations

import time
from collections.abc import Callable

from qgis.PyQt.QtCore import QLocale

from cloudmamba_qgis.translation import tr

# Before that the first steps, which load things, say little about the others.
_EARLIEST_S = 4.0
_LEAST_PERCENT = 4.0
_SHORTEST_TOLD_S = 10.0


class TimeLeft:
    """From when it was made, and the percent that are done; ``clock`` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_s = clock()

    def seconds(self, percent: float) -> float | None:
        """None as long as nobody can know."""
        elapsed_s = self._clock() - self._began_s
        if elapsed_s < _EARLIEST_S or percent < _LEAST_PERCENT:
            return None
        return elapsed_s * (100.0 - percent) / percent

    def words(self, percent: float) -> str:
        """Empty where it is not known or not worth a word."""
        left_s = self.seconds(percent)
        if left_s is None or left_s < _SHORTEST_TOLD_S:
            return ""
        return tr("about {time} left").format(time=duration_words(left_s))


class SteadyProgress:
    """Percent of work that may grow meanwhile: what is shown never goes back."""

    def __init__(self) -> None:
        self._total = 0
        self._done_before, self._percent_before = 0.0, 0.0
        self._percent = 0.0

    def percent(self, done: float, total: int) -> float:
        """Of ``done`` of ``total`` pieces; what comes late shares what is left of the bar."""
        if total != self._total:
            self._total = total
            self._done_before, self._percent_before = done, self._percent
        left = max(total - self._done_before, 1e-9)
        share = (done - self._done_before) / left
        percent = self._percent_before + (100.0 - self._percent_before) * share
        self._percent = min(max(percent, self._percent), 100.0)
        return self._percent


def duration_words(seconds: float) -> str:
    """To ten seconds below a minute and a half, else to a minute."""
    locale = QLocale()
    if seconds < 90:
        return tr("{count} s").format(count=locale.toString(max(10 * round(seconds / 10), 10)))
    minutes = round(seconds / 60)
    if minutes < 90:
        return tr("{count} min").format(count=locale.toString(minutes))
    return tr("{count} h").format(count=locale.toString(seconds / 3600, "f", 1))
