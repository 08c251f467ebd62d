"""The plugin's side of the worker protocol, version 2: one JSON object a line, UTF-8.

The plugin never imports the engine, so the messages are spelled out here again. Pure
Python: no Qt, no QGIS.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Union

PROTOCOL_VERSION = 2
# The code of a failure that ends once somebody says which band is which and what the numbers are.
UNCLEAR = "bad-interpretation"


@dataclass(frozen=True)
class Hello:
    """Who is speaking; sent at once."""

    protocol: int
    version: str
    python: str
    packages: dict[str, str]


@dataclass(frozen=True)
class Ready:
    """The engine is loaded: devices and models as the engine describes them."""

    devices: list[dict[str, Any]]
    models: list[dict[str, Any]]


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` steps are finished."""

    id: str
    done: int
    total: int
    message: str


@dataclass(frozen=True)
class Log:
    """Something to read; ``level`` is ``info`` or ``warning``."""

    id: str | None
    level: str
    message: str


@dataclass(frozen=True)
class Result:
    """The request succeeded; its files are complete."""

    id: str
    summary: dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """The request failed or was cancelled; nothing was written."""

    id: str | None
    code: str
    message: str


Answer = Union[Hello, Ready, Progress, Log, Result, Failure]  # noqa: UP007  Python 3.9

_ANSWERS: dict[str, type] = {
    "hello": Hello,
    "ready": Ready,
    "progress": Progress,
    "log": Log,
    "result": Result,
    "error": Failure,
}


def decode_answer(line: bytes) -> Answer:
    """The answer in a line; raises ``ValueError`` if it is none.

    Fields that this version does not know are ignored, so that an engine may say more.
    """
    message = json.loads(line)
    if not isinstance(message, dict) or message.get("type") not in _ANSWERS:
        raise ValueError("not a message of the worker protocol")
    answer = _ANSWERS[message["type"]]
    try:
        return answer(**{name: message[name] for name in answer.__dataclass_fields__})
    except KeyError as error:
        raise ValueError(f"the message {message['type']} has no {error}") from error


def encode_detect(request_id: str, parameters: dict[str, Any]) -> bytes:
    """Ask for a detection; ``parameters`` are the fields of the engine's request."""
    return _encode({"type": "detect", "id": request_id, **parameters})


def encode_cancel(request_id: str) -> bytes:
    """Ask to stop a request."""
    return _encode({"type": "cancel", "id": request_id})


def _encode(message: dict[str, Any]) -> bytes:
    return json.dumps(message, allow_nan=False).encode() + b"\n"
