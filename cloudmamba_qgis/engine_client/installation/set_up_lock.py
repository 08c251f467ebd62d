"""Lets one set-up work in a profile at a time, whatever the number of QGIS windows."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtCore import QLockFile, QSysInfo

from cloudmamba_qgis.translation import tr

# No set-up takes that long.
ABANDONED_AFTER_MS = 12 * 60 * 60 * 1000


class NotLocked(Exception):
    """There can be no set-up now; the message says why and what to do."""


def lock_set_up(path: Path) -> QLockFile:
    """The lock of this name. Raises ``NotLocked``.

    What a program of this computer left that ended is taken over at once. Of another computer, or
    where the lock was cut short, nobody can tell: that is taken over once it is old, unless the
    system knows of a program that holds it.
    """
    lock = QLockFile(str(path))
    for abandoned_after_ms in (0, ABANDONED_AFTER_MS):  # 0: whatever its age
        lock.setStaleLockTime(abandoned_after_ms)
        if lock.tryLock(0):
            return lock
        if lock.error() != QLockFile.LockError.LockFailedError:
            raise NotLocked(
                tr(
                    "The file '{path}' cannot be written: make sure that the disk is not full and "
                    "that you may write there."
                ).format(path=path)
            )
        is_known, _, host, _ = lock.getLockInfo()
        if is_known and host in ("", QSysInfo.machineHostName()):
            raise NotLocked(
                tr(
                    "Another QGIS window is setting an engine up, or an old one is being removed: "
                    "try again when that is done."
                )
            )
    raise NotLocked(
        tr(
            "A QGIS of another computer is setting an engine up here, or was ended meanwhile: try "
            "again when that is done, or delete '{path}' if there is none."
        ).format(path=path)
    )
