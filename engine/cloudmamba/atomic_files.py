"""Files that are written whole or not at all; what was there before stays until then."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from cloudmamba.errors import OutputError


def write_bytes(path: Path, content: bytes, mode: int = 0o666) -> None:
    """With the rights of ``mode``, less those that the user's mask withholds. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """In UTF-8. Raises OutputError."""
    try:
        # Names of files may hold what is no Unicode.
        write_bytes(path, text.encode("utf-8", errors="backslashreplace"))
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror}.") from error
