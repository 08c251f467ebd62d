"""Errors a person can act on: one clear sentence, a stable code and an exit status."""

from __future__ import annotations

import errno

# How the sentence on an error begins whose kind nobody foresaw either.
UNEXPECTED = "Unexpected"
_LONGEST_WORDS = 300
# Of a sentence; the plugin takes no text of more than 10,000.
_LONGEST_SENTENCE = 2000
# What PyTorch, OpenBLAS, Python and the dynamic loader say where the system gives no more.
_SHORT_OF = (
    "can't allocate memory", "out of memory", "cannot allocate memory", "can't start new thread",
    "failed to map segment", "Resource temporarily unavailable",
)  # fmt: skip


def in_one_sentence(error: BaseException) -> str:
    """What to tell a person of an error that nobody foresaw."""
    words = " ".join(str(error).split())
    if len(words) > _LONGEST_WORDS:
        words = f"{words[:_LONGEST_WORDS]}..."
    is_short = isinstance(error, OSError) and error.errno in (errno.ENOMEM, errno.EAGAIN)
    if is_short or isinstance(error, MemoryError) or any(sign in str(error) for sign in _SHORT_OF):
        return (
            "Memory is short, or this user may have no more threads: close other programs, or "
            f"raise the limits ({words or type(error).__name__})."
        )
    if isinstance(error, UnicodeError):
        return f"A name or a file holds letters that are not UTF-8: rename it ({words})."
    if isinstance(error, OSError) and error.strerror:
        return f"The system refuses: {words}."
    return f"{UNEXPECTED} {type(error).__name__} in the engine: {words}"


def beginning_and_end(sentence: str) -> str:
    """The sentence, or of one that quotes what is too long, its beginning and end."""
    if len(sentence) <= _LONGEST_SENTENCE:
        return sentence
    half = _LONGEST_SENTENCE // 2
    return f"{sentence[:half]} ... {sentence[-half:]}"


class CloudMambaError(Exception):
    """Base of all errors that are reported as one sentence instead of a traceback.

    ``code`` is stable and travels in the worker protocol; ``exit_status`` is the
    exit status of the command line.
    """

    code = "failed"
    exit_status = 1

    def __str__(self) -> str:
        """The sentence; of one that quotes what is too long, beginning and end."""
        return beginning_and_end(super().__str__())


class InputError(CloudMambaError):
    """The image, its bands, its values or another input cannot be used."""

    code = "bad-input"
    exit_status = 3


class InterpretationError(InputError):
    """Which band is which, or what the numbers are, is unknown or does not fit the image.

    To say it helps, unlike with a damaged file.
    """

    code = "bad-interpretation"


class UndecidedError(InterpretationError):
    """Two readings of an image make sense and give different masks: the user decides."""


class OutputError(CloudMambaError):
    """A result cannot be written where it was asked for."""

    code = "bad-output"
    exit_status = 4


class ModelError(CloudMambaError):
    """The weights file is missing, damaged or not a CloudMamba model."""

    code = "bad-model"
    exit_status = 5


class DeviceError(CloudMambaError):
    """The device asked for does not exist or ran out of memory."""

    code = "bad-device"
    exit_status = 6


class Cancelled(CloudMambaError):
    """The run was cancelled on request; nothing was written."""

    code = "cancelled"
    exit_status = 130
