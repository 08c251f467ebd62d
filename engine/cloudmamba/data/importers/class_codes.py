"""What the codes of a mask or the attribute of a polygon mean; copies of one data set differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cloudmamba.classes import NO_DATA
from cloudmamba.errors import InputError

Code = int | str

# The classes a data set may have, and how a data folder labels them. Snow is clear.
CLASSES = {
    "clear": 0,
    "cloud": 1,
    "thin-cloud": 2,
    "cloud-shadow": 3,
    "snow": 0,
    "no-data": NO_DATA,
}


@dataclass(frozen=True)
class ClassCodes:
    """The codes of each class of ``CLASSES`` that a data set has.

    Raises InputError if one code stands for two classes.
    """

    codes: Mapping[str, tuple[Code, ...]]

    def __post_init__(self) -> None:
        classes: dict[Code, str] = {}
        for name, codes in self.codes.items():
            for code in codes:
                if classes.setdefault(code, name) != name:
                    raise InputError(
                        f"The code {code} cannot be both {classes[code]} and {name}: give "
                        f"--{classes[code]} other codes, too."
                    )

    def replaced(self, given: Mapping[str, Sequence[str] | None]) -> ClassCodes:
        """With the codes that a user gave for some classes, as text, in place of these."""
        parsed = {name: tuple(map(_code, codes)) for name, codes in given.items() if codes}
        return ClassCodes({**self.codes, **parsed})

    def label(self, codes: np.ndarray, origin: str) -> np.ndarray:
        """Labels of a data folder (H, W) uint8 for the codes (H, W) of a mask. NaN is no data.

        Raises InputError, naming ``origin``, on a code that no class has.
        """
        label = np.full(codes.shape, NO_DATA, np.uint8)
        known = np.isnan(codes)
        for name, numbers in self.codes.items():
            for number in numbers:
                if isinstance(number, str):
                    raise InputError(f"'{number}' is no code of a mask: --{name} takes numbers.")
                found = codes == number
                label[found] = CLASSES[name]
                known |= found
        if not known.all():
            raise InputError(self._unknown(f"{codes[~known][0]:g}", origin))
        return label

    def label_of(self, value: object, origin: str) -> int:
        """Label of a data folder for one attribute value.

        Raises InputError, naming ``origin``, on a value that no class has.
        """
        code = _code(str(value))
        for name, codes in self.codes.items():
            if code in codes:
                return CLASSES[name]
        raise InputError(self._unknown(str(value), origin))

    def _unknown(self, code: str, origin: str) -> str:
        options = ", ".join(f"--{name}" for name in CLASSES)
        return (
            f"{origin} has the code '{code}', which no class has ({self}): say what it means with "
            f"one of {options}."
        )

    def __str__(self) -> str:
        return ", ".join(
            f"{name} {' '.join(map(str, codes))}" for name, codes in self.codes.items() if codes
        )


def _code(text: str) -> Code:
    """A whole number where the text is one (also ``1.0``, as vector files have it)."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else text
