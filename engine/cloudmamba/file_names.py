"""Names that no file here can have, said before something deep inside fails with them."""

from __future__ import annotations

import os

# Of the 255 bytes that most file systems allow, what is put beside a file needs some.
_LONGEST_NAME_BYTES = 240
_LONGEST_PATH_BYTES = 4000
_SHOWN = 60


def problem_of_name(path: str | os.PathLike, is_file: bool = True) -> str | None:
    """A whole sentence, None for a name that may be used; nothing is looked up.

    Args:
        is_file: others that GDAL opens, such as those of services and databases, may be longer.
    """
    text = os.fspath(path)
    shown = ascii(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
    if "\0" in text:
        return f"The name {shown} has a zero byte in it: give the name of a file."
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"The name {shown} is not text in UTF-8, which GDAL needs: rename the file."
    if not is_file:
        return None
    if len(text.encode()) > _LONGEST_PATH_BYTES:
        return f"The path {shown} is too long: give one of at most {_LONGEST_PATH_BYTES} bytes."
    if max(len(part.encode()) for part in text.split(os.sep)) > _LONGEST_NAME_BYTES:
        return f"The name {shown} is too long: choose one of at most {_LONGEST_NAME_BYTES} bytes."
    return None
