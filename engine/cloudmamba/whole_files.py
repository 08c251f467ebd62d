"""Files that are written whole or not at all; what was there before stays until then."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from cloudmamba.errors import OutputError


def write_bytes(path: Path, content: bytes) -> None:
    """Raises OSError."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        temporary.write_bytes(content)
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
