"""The plugin's side of the worker protocol, version 2: one JSON object a line, UTF-8.

The plugin never imports the engine, so the messages are spelled out here again. Pure
Python: no Qt, no QGIS.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Union

PROTOCOL_VERSION = 2
# The code of a failure that ends once somebody says which band is which and what the numbers are.
UNCLEAR = "bad-interpretation"
# That of one that ends once the engine is set up again: it does not know what this plugin asks for.
OUTDATED = "bad-request"
# That of one that the plugin itself makes of a line that no answer can be.
TOO_LONG = "too-long"
# The engine sends none that is longer: lists of files lie in files that its answers name.
LONGEST_ANSWER_BYTES = 1_000_000
_LONGEST_TEXT = 10_000
_MOST_ENTRIES = 1_000


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

Check = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return type(value) is str and len(value) <= _LONGEST_TEXT


def _is_whole(value: Any) -> bool:
    return type(value) is int and abs(value) < 2**53


def _is_number(value: Any) -> bool:
    return _is_whole(value) or (type(value) is float and math.isfinite(value))


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list_of(check: Check) -> Check:
    return lambda value: (
        type(value) is list and len(value) <= _MOST_ENTRIES and all(map(check, value))
    )


def _table_of(check: Check) -> Check:
    return lambda value: (
        type(value) is dict and len(value) <= _MOST_ENTRIES and all(map(check, value.values()))
    )


def _object_with(fields: Mapping[str, Check]) -> Check:
    """Of further fields nothing is said."""
    return lambda value: (
        type(value) is dict and all(name in value and fields[name](value[name]) for name in fields)
    )


_ANSWERS: dict[str, tuple[type, dict[str, Check]]] = {
    "hello": (
        Hello,
        {
            "protocol": _is_whole,
            "version": _is_text,
            "python": _is_text,
            "packages": _table_of(_is_text),
        },
    ),
    "ready": (
        Ready,
        {
            "devices": _list_of(
                _object_with(
                    {"id": _is_text, "name": _is_text, "memory_free_mb": _or_none(_is_whole)}
                )
            ),
            "models": _list_of(
                _object_with(dict.fromkeys(("name", "version", "trained_on", "licence"), _is_text))
            ),
        },
    ),
    "progress": (
        Progress,
        {"id": _is_text, "done": _is_whole, "total": _is_whole, "message": _is_text},
    ),
    "log": (Log, {"id": _or_none(_is_text), "level": _is_text, "message": _is_text}),
    "result": (Result, {"id": _is_text, "summary": _table_of(lambda _: True)}),
    "error": (Failure, {"id": _or_none(_is_text), "code": _is_text, "message": _is_text}),
}

_guess = {"confidence": _is_text, "reason": _is_text}
_is_detection_summary = _object_with(
    {
        **dict.fromkeys(
            ("cloud_percent", "valid_percent", "mean_uncertainty", "seconds"), _is_number
        ),
        **dict.fromkeys(("shadow_percent", "gsd_m"), _or_none(_is_number)),
        **dict.fromkeys(("device", "model", "version"), _is_text),
        "bands": _object_with(
            {**_guess, **dict.fromkeys(("blue", "green", "red", "nir"), _or_none(_is_whole))}
        ),
        "radiometry": _object_with({**_guess, "name": _is_text}),
        "warnings": _list_of(_is_text),
    }
)


def decode_answer(line: bytes) -> Answer:
    """The answer in a line; raises ``ValueError`` if it is none.

    Fields that this version does not know are ignored, so that an engine may say more.
    """
    if len(line) > LONGEST_ANSWER_BYTES:
        raise ValueError("the line is too long")
    try:
        # Of bytes, json would take UTF-16 and UTF-32 too.
        message = json.loads(line.decode(), parse_constant=_refuse, parse_int=_whole_number)
    except RecursionError as error:
        raise ValueError("the line is nested too deeply") from error
    kind = message.get("type") if isinstance(message, dict) else None
    if not isinstance(kind, str) or kind not in _ANSWERS:
        raise ValueError("not a message of the worker protocol")
    answer, fields = _ANSWERS[kind]
    for name, is_right in fields.items():
        if name not in message or not is_right(message[name]):
            raise ValueError(f"the message {kind} has no right {name}")
    if kind == "progress" and not 0 <= message["done"] <= message["total"] > 0:
        raise ValueError("the progress is none")
    return answer(**{name: message[name] for name in fields})


def is_detection_summary(summary: Any) -> bool:
    """Whether the summary of a result says of a detection what this plugin shows of it."""
    return _is_detection_summary(summary)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _whole_number(digits: str) -> int:
    """Python takes the square of the length for a whole number in digits."""
    if len(digits) > 20:
        raise ValueError("a number is too long")
    return int(digits)


def encode_detect(request_id: str, parameters: dict[str, Any]) -> bytes:
    """Ask for a detection; ``parameters`` are the fields of the engine's request."""
    return _encode({"type": "detect", "id": request_id, **parameters})


def encode_describe(request_id: str, parameters: dict[str, Any]) -> bytes:
    """Ask how the engine would read an image; ``parameters`` are the fields of the request."""
    return _encode({"type": "describe", "id": request_id, **parameters})


def encode_cancel(request_id: str) -> bytes:
    """Ask to stop a request."""
    return _encode({"type": "cancel", "id": request_id})


def _encode(message: dict[str, Any]) -> bytes:
    return json.dumps(message, allow_nan=False).encode() + b"\n"
