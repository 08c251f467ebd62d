"""Why GDAL could not do something, or must not be let do it, in words for people."""

from __future__ import annotations

import os
import re
import stat

from rasterio._err import CPLE_BaseError, CPLE_HttpResponseError, CPLE_OutOfMemoryError

from cloudmamba.errors import InputError

_DAMAGED = "the file is damaged or incomplete"
_LONGEST_WORDS = 200


class NoValues(OSError):
    """GDAL read nothing, and reported no error."""


def reason_of(error: BaseException, name: str) -> str:
    """What is wrong with the raster ``name``, as GDAL's error tells it, without a full stop."""
    cause = _first_cause(error)
    words = cause.errmsg if isinstance(cause, CPLE_BaseError) else str(cause)
    if isinstance(cause, NoValues):
        return words
    if isinstance(cause, (CPLE_OutOfMemoryError, MemoryError)):
        return "memory is short: close other programs"
    if match := re.search(r"missing codec (\S+?)\.?$", words):
        return (
            f"it is packed with {match[1]}, and this GDAL lacks the codec {match[1]}: save it anew "
            "where it opens, in a common compression such as Deflate"
        )
    if "GDAL_VRT_ENABLE_PYTHON" in words:
        return (
            "it computes its values with Python code, and that is switched off: set the variable "
            "GDAL_VRT_ENABLE_PYTHON to YES only if you trust the file"
        )
    if (match := re.match(r"(.+): No such file or directory", words)) and match[1] != name:
        return f"its source '{_in_one_line(match[1])}' is missing"
    if "not recognized as being in a supported" in words:
        is_empty = os.path.isfile(name) and not os.path.getsize(name)
        return "the file is empty" if is_empty else "it is no raster of a kind that is known"
    if isinstance(cause, CPLE_HttpResponseError):
        return f"the server does not give it ({_in_one_line(words)})"
    return f"{_DAMAGED} ({_in_one_line(words)})" if words else _DAMAGED


def _first_cause(error: BaseException) -> BaseException:
    """GDAL's own first error; rasterio's says that there was one."""
    cause = error
    while (earlier := cause.__cause__ or cause.__context__) is not None:
        cause = earlier
    return cause


def _in_one_line(words: str) -> str:
    """Without a full stop, and cut short: they may hold what a file says."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
    line = line.rstrip(".")
    return line if len(line) <= _LONGEST_WORDS else f"{line[: _LONGEST_WORDS - 3]}..."


def is_missing(path: str) -> bool:
    """Whether a name can only be that of a file, and there is none."""
    return not (os.path.exists(path) or ":" in path[2:] or path.startswith(("/vsi", "<")))


def check_is_file(path: str | os.PathLike) -> None:
    """Raises InputError for pipes, devices and sockets: to read them may take for ever."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return  # not on disk; GDAL may know it all the same
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(f"'{path}' is a pipe or a device: give a file.")
