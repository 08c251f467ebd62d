"""Flips and turns of tiles: what test-time augmentation averages over."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import torch

from cloudmamba.errors import InputError

ROWS, COLUMNS = -2, -1


@dataclass(frozen=True)
class Symmetry:
    """A symmetry of the square: rows and columns reversed or not, then exchanged or not."""

    reversed_axes: tuple[int, ...] = ()
    transposed: bool = False

    def apply(self, image: torch.Tensor) -> torch.Tensor:
        """(..., height, width) to the same, or to (..., width, height) if transposed."""
        if self.reversed_axes:
            image = image.flip(self.reversed_axes)
        return image.transpose(ROWS, COLUMNS) if self.transposed else image

    def undo(self, image: torch.Tensor) -> torch.Tensor:
        """What ``apply`` was given, from what it gave."""
        if self.transposed:
            image = image.transpose(ROWS, COLUMNS)
        return image.flip(self.reversed_axes) if self.reversed_axes else image


IDENTITY = Symmetry()
_FLIPS = tuple(Symmetry(axes) for axes in ((), (ROWS,), (COLUMNS,), (ROWS, COLUMNS)))
_DIHEDRAL = tuple(
    Symmetry(flip.reversed_axes, transposed) for transposed, flip in product((False, True), _FLIPS)
)

# By the name of the augmentation. The network runs once for each symmetry.
AUGMENTATIONS = {"none": (IDENTITY,), "flips": _FLIPS, "dihedral": _DIHEDRAL}


def symmetries_of(augmentation: str) -> tuple[Symmetry, ...]:
    """The symmetries that an augmentation averages over. Raises InputError for an unknown name."""
    if augmentation not in AUGMENTATIONS:
        names = ", ".join(AUGMENTATIONS)
        raise InputError(f"The augmentation '{augmentation}' is unknown: use one of {names}.")
    return AUGMENTATIONS[augmentation]
