"""The messages of the worker protocol, version 2: one JSON object a line, UTF-8.

Answers go from the worker to its owner, requests the other way. Every message has a
``type``; the other fields are those of the dataclass below. A request has an ``id``
chosen by the owner, and every answer to it carries the same ``id``.

No line is longer than is said below, however many files an image or a folder has: lists of
files do not travel in answers, but lie in files that answers name.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from cloudmamba.errors import CloudMambaError

PROTOCOL_VERSION = 2
LONGEST_REQUEST_BYTES = 1_000_000
LONGEST_ANSWER_BYTES = 1_000_000

RequestId = str | int


class RequestError(CloudMambaError):
    """A line that is not a request this worker understands.

    ``request_id`` is the request's ``id`` where one could be read.
    """

    code = "bad-request"

    def __init__(self, message: str, request_id: RequestId | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


@dataclass(frozen=True)
class Hello:
    """First answer, sent at once: who is speaking, before anything slow is loaded."""

    type: ClassVar[str] = "hello"
    protocol: int
    version: str
    python: str
    packages: dict[str, str]


@dataclass(frozen=True)
class Device:
    """A device that can run the network; free memory is None where it cannot be told."""

    id: str
    name: str
    memory_free_mb: int | None


@dataclass(frozen=True)
class Model:
    """A model that comes with the engine, from its card."""

    name: str
    version: str
    trained_on: str
    licence: str


@dataclass(frozen=True)
class Ready:
    """Second answer: PyTorch is loaded, which takes seconds and alone knows the devices."""

    type: ClassVar[str] = "ready"
    devices: list[Device]
    models: list[Model]


@dataclass(frozen=True)
class ProgressMessage:
    """``done`` of ``total`` steps of a request are finished."""

    type: ClassVar[str] = "progress"
    id: RequestId
    done: int
    total: int
    message: str


@dataclass(frozen=True)
class LogMessage:
    """Something a person may want to read; ``level`` is ``info`` or ``warning``."""

    type: ClassVar[str] = "log"
    id: RequestId | None
    level: str
    message: str


@dataclass(frozen=True)
class Result:
    """A request succeeded: a detection, whose files are complete, or a description."""

    type: ClassVar[str] = "result"
    id: RequestId
    summary: dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """A request failed or was cancelled (``code``); nothing was written."""

    type: ClassVar[str] = "error"
    id: RequestId | None
    code: str
    message: str


Answer = Hello | Ready | ProgressMessage | LogMessage | Result | Failure


@dataclass(frozen=True)
class Detect:
    """Detect clouds; ``parameters`` are the fields of ``DetectionRequest``."""

    id: RequestId
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Describe:
    """Tell how a raster would be read; ``parameters`` are the fields of ``DescriptionRequest``."""

    id: RequestId
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cancel:
    """Stop the request ``id``; one that was answered already is left alone."""

    id: RequestId


@dataclass(frozen=True)
class Shutdown:
    """Cancel everything and leave, as the end of the input does."""


Request = Detect | Describe | Cancel | Shutdown


def encode(answer: Answer) -> bytes:
    """The line for an answer, with its line feed.

    It is all ASCII, because a text may hold half a surrogate pair, which UTF-8 cannot say.
    Raises ``ValueError`` for NaN and infinity, which JSON does not have.
    """
    message = {"type": answer.type, **asdict(answer)}
    return json.dumps(message, allow_nan=False).encode() + b"\n"


def decode_request(line: bytes) -> Request:
    """The request in a line; raises ``RequestError`` when there is none."""
    if len(line) > LONGEST_REQUEST_BYTES:
        raise RequestError(f"A request can have {LONGEST_REQUEST_BYTES} bytes at most.")
    try:
        message = json.loads(line.decode())  # of bytes, json would take UTF-16 and UTF-32 too
    except ValueError as error:  # also UnicodeDecodeError
        raise RequestError(f"The line is not JSON in UTF-8: {error}.") from error
    except RecursionError as error:
        raise RequestError("The request is nested too deeply.") from error
    if not isinstance(message, dict):
        raise RequestError("A request must be a JSON object.")
    request_type = message.pop("type", None)
    if request_type == "shutdown":
        return Shutdown()
    if request_type not in ("detect", "describe", "cancel"):
        raise RequestError("The type of a request is one of detect, describe, cancel and shutdown.")
    request_id = message.pop("id", None)
    if not isinstance(request_id, (str, int)) or isinstance(request_id, bool):
        raise RequestError(
            f"A {request_type} request needs an id that is a text or a whole number."
        )
    if request_type == "detect":
        return Detect(request_id, message)
    if request_type == "describe":
        return Describe(request_id, message)
    if message:
        raise RequestError(f"A cancel request has no field {min(message)!r}.", request_id)
    return Cancel(request_id)
