"""From the JSON fields of a request to the dataclass that the engine works with."""

from __future__ import annotations

import dataclasses
import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cloudmamba.worker.protocol import RequestError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Parameters = TypeVar("Parameters", bound="DataclassInstance")


def build_parameters(parameters_class: type[Parameters], values: dict[str, Any]) -> Parameters:
    """The dataclass made from JSON values; ``RequestError`` for unknown, missing or wrong ones."""
    fields = {field.name: field for field in dataclasses.fields(parameters_class)}
    if unknown := sorted(values.keys() - fields.keys()):
        raise RequestError(f"This request has no field {unknown[0]!r}.")
    for name, field in fields.items():
        required = field.default is field.default_factory is dataclasses.MISSING
        if required and name not in values:
            raise RequestError(f"This request needs the field {name!r}.")
    wanted = typing.get_type_hints(parameters_class)
    return parameters_class(
        **{name: _convert(name, value, wanted[name]) for name, value in values.items()}
    )


def _convert(name: str, value: Any, wanted: Any) -> Any:
    if typing.get_origin(wanted) is tuple:
        if isinstance(value, list) and all(type(item) is str for item in value):
            return tuple(value)
        raise RequestError(f"The field {name!r} cannot be {value!r}.")
    for kind in typing.get_args(wanted) or (wanted,):
        if type(value) is kind or (value is None and kind is types.NoneType):
            return value
        if kind is Path and type(value) is str and value:
            return Path(value)
        if kind is float and type(value) is int:
            return float(value)
    raise RequestError(f"The field {name!r} cannot be {value!r}.")
