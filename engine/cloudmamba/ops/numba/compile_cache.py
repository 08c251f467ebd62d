"""Machine code on disk, run only if nobody but its user or the system can have written it."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import stat
from pathlib import Path

from cloudmamba.atomic_files import write_bytes

_SUFFIX = ".o"
_DIGEST_BYTES = hashlib.sha256().digest_size
# Code that the system's own user made for all is read by all; nobody else ever writes it.
_FILE_MODE, _FOLDER_MODE = 0o644, 0o700
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def read(label: str) -> bytes | None:
    """The code that was kept under a name; None if there is none that is whole and safe."""
    for folder in _folders():
        code = _read(folder, label)
        if code is not None:
            return code
    return None


def keep(label: str, code: bytes) -> None:
    """Keep code in the first folder that will do; where none does, it is made anew next time."""
    for folder in _folders():
        try:
            folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            if _is_safe(folder.stat()):
                write_bytes(folder / (label + _SUFFIX), _digest(label, code) + code, _FILE_MODE)
                return
        except OSError:
            continue


def _folders() -> list[Path]:
    """Where code is kept: with Python's own, or, where that will not do, with the user's."""
    folders = [Path(importlib.util.cache_from_source(__file__)).parent]
    with contextlib.suppress(RuntimeError):  # the user has no home
        folders.append(Path.home() / ".cache" / "cloudmamba")
    return folders


def _read(folder: Path, label: str) -> bytes | None:
    # What is looked at is what is read: the open file, which no link leads away from.
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        if not _is_safe(folder.stat()):
            return None
        with open(os.open(folder / (label + _SUFFIX), flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not (stat.S_ISREG(status.st_mode) and _is_safe(status)):
                return None
            content = file.read()
    except OSError:
        return None
    code = content[_DIGEST_BYTES:]
    return code if content[:_DIGEST_BYTES] == _digest(label, code) else None


def _digest(label: str, code: bytes) -> bytes:
    """Of the name too: the code of another kernel or processor is none, however it came there."""
    return hashlib.sha256(label.encode() + b"\0" + code).digest()


def _is_safe(status: os.stat_result) -> bool:
    """Whether only the user and the system's own user can write what the status is of.

    On Windows, which has other rights, the folders are in the user's profile or the system's.
    """
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid in (0, os.geteuid()) and not status.st_mode & _WRITABLE_BY_OTHERS
