"""What the fields of a configuration may hold, said beside each field and checked in one place.

A configuration comes from files of strangers as well: a field that says nothing of its kind and
bounds cannot be declared (``setting``), so that none is believed before it was looked at.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Protocol

_KEY = "allowed"


class Allowed(Protocol):
    """A set of values; ``str()`` of it says in words what they are."""

    def has(self, value: Any) -> bool:
        """Whether the value is one of them; of no value whatsoever does this fail."""


@dataclass(frozen=True)
class Whole:
    """Whole numbers from ``least`` to ``most``; truth values are none."""

    least: int
    most: int

    def has(self, value: Any) -> bool:
        return type(value) is int and self.least <= value <= self.most

    def __str__(self) -> str:
        return f"a whole number in {self.least} to {self.most}"


@dataclass(frozen=True)
class Number:
    """Numbers from ``least`` to ``most``, which NaN is not."""

    least: float
    most: float

    def has(self, value: Any) -> bool:
        return type(value) in (int, float) and self.least <= value <= self.most

    def __str__(self) -> str:
        return f"a number in {self.least:g} to {self.most:g}"


@dataclass(frozen=True)
class Flag:
    """True and false."""

    def has(self, value: Any) -> bool:
        return type(value) is bool

    def __str__(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class OneOf:
    """Some texts."""

    choices: tuple[str, ...]

    def has(self, value: Any) -> bool:
        return type(value) is str and value in self.choices

    def __str__(self) -> str:
        return f"one of {', '.join(self.choices)}"


@dataclass(frozen=True)
class Name:
    """Printable texts of ``most`` characters at most, not empty."""

    most: int

    def has(self, value: Any) -> bool:
        return type(value) is str and 0 < len(value) <= self.most and value.isprintable()

    def __str__(self) -> str:
        return f"a name of at most {self.most} characters"


@dataclass(frozen=True)
class Several:
    """Tuples of ``least`` to ``most`` values, each of them ``each``."""

    each: Allowed
    least: int
    most: int
    differ: bool = False

    def has(self, value: Any) -> bool:
        return (
            type(value) is tuple
            and self.least <= len(value) <= self.most
            and all(map(self.each.has, value))
            and not (self.differ and len(set(value)) < len(value))
        )

    def __str__(self) -> str:
        count = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
        return f"a list of {count}, each {self.each}{', no two alike' if self.differ else ''}"


# Of what nothing sensible has more than ``MOST``.
MOST = 10**9
COUNT, SHARE, WEIGHT = Whole(1, MOST), Number(0, 1), Number(0, MOST)


def setting(default: Any, allowed: Allowed) -> Any:
    """A field of a configuration with its default and what it may hold."""
    return dataclasses.field(default=default, metadata={_KEY: allowed})


def problem_of(configuration: Any) -> str | None:
    """What is wrong with the first field that holds what it may not, as half a sentence."""
    for field in dataclasses.fields(configuration):
        value = getattr(configuration, field.name)
        # A field without is a mistake in the code, and fails here whatever it holds.
        allowed: Allowed = field.metadata[_KEY]
        if not allowed.has(value):
            return f"'{field.name}' must be {allowed}, not {_shown(value)}"
    return None


def _shown(value: Any) -> str:
    """The value, cut short; what is too large to be written out by its kind."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return f"such a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
