"""Keeps one QGIS from removing the environment that another one works with.

Every process that is started from an environment has a lock file beside it, as many as there
are processes. Whoever removes the environment first takes its marker away and then looks for
locks; whoever uses it first locks and then looks for the marker. So one of them sees the other.
"""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from qgis.PyQt.QtCore import QLockFile

from cloudmamba_qgis.engine_client.installation.folders import (
    environment_of,
    is_complete,
    withdraw,
)


def take_lock(path: Path) -> QLockFile | None:
    """The lock of this name; None if a living program has it or it cannot be written."""
    lock = QLockFile(str(path))
    lock.setStaleLockTime(0)  # as long as its program lives, however long that takes
    return lock if lock.tryLock(0) else None


class EnvironmentLock:
    """Says that the environment of a program is in use, if it is one of ours."""

    def __init__(self, program: str) -> None:
        self._environment = environment_of(program)
        self._lock: QLockFile | None = None

    def acquire(self) -> bool:
        """Keep the environment until ``release``; False if it is not complete.

        Where no lock can be written it is not kept, but an engine works there all the same.
        """
        environment = self._environment
        if environment is None:
            return True
        name = f"{_prefix(environment)}{uuid.uuid4().hex}.lock"
        self._lock = take_lock(environment.parent / name)
        if not is_complete(environment):
            self.release()
            return False
        return True

    def release(self) -> None:
        """The program has ended."""
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None


def remove_unless_used(environment: Path) -> None:
    """Remove an environment for good, or leave it to the next time if a program uses it.

    From now on it counts no more in any case. Takes seconds. What cannot be removed raises
    ``OSError``.
    """
    withdraw(environment)
    if not _is_used(environment):
        shutil.rmtree(environment)


def _is_used(environment: Path) -> bool:
    for path in environment.parent.glob(f"{_prefix(environment)}*.lock"):
        lock = take_lock(path)
        if lock is None:
            return True
        lock.unlock()  # which removes what a crash left
    return False


def _prefix(environment: Path) -> str:
    return f"in-use-{environment.name}-"
