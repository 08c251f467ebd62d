"""What the numbers in a mask mean; copies of one data set differ in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cloudmamba.classes import CLEAR, CLOUD, NO_DATA, SHADOW, SNOW
from cloudmamba.errors import InputError
from cloudmamba.products.quality import KINDS


@dataclass(frozen=True)
class MaskCodes:
    """The numbers of a mask by what they mean; the default is that of labels.

    Attributes:
        clear: also cloud shadow.
        cloud: also thin cloud.
        no_data: not labelled, or without image.
    """

    clear: tuple[int, ...] = (0, 3)
    cloud: tuple[int, ...] = (1, 2)
    no_data: tuple[int, ...] = (NO_DATA,)

    @property
    def bands(self) -> int:
        """How many bands of a mask are read."""
        return 1

    @classmethod
    def parse(cls, text: str) -> MaskCodes | ProductCodes:
        """From ``clear=0,3 cloud=1,2 no-data=255``; ``no-data`` may be missing. Or the name of a
        product's mask, such as ``scl``.

        Raises InputError if it is not of that form or a number is given twice.
        """
        if text.strip().lower() in KINDS:
            return ProductCodes(text.strip().lower())
        try:
            given = dict(part.split("=") for part in text.split())
            lists = {
                name.replace("-", "_"): tuple(int(number) for number in numbers.split(","))
                for name, numbers in given.items()
            }
            codes = cls(**{"no_data": (), **lists})
        except (ValueError, TypeError) as error:
            raise InputError(
                f"The mask codes '{text}' cannot be understood: write them as in "
                f"'clear=0,3 cloud=1,2 no-data=255', or name the mask of a product ({', '.join(KINDS)})."
            ) from error
        if not {"clear", "cloud"} <= set(lists):
            raise InputError(f"The mask codes '{text}' must name the codes of clear and of cloud.")
        every = codes.clear + codes.cloud + codes.no_data
        if len(set(every)) != len(every):
            raise InputError(f"The mask codes '{text}' name a number twice.")
        return codes

    def __str__(self) -> str:
        lists = {"clear": self.clear, "cloud": self.cloud, "no-data": self.no_data}
        return " ".join(f"{k}={','.join(map(str, v))}" for k, v in lists.items() if v)

    def decode(self, numbers: np.ndarray, path: Path, declared: float | None = None) -> np.ndarray:
        """(H, W) uint8: 0 clear, 1 cloud, 255 no data.

        NaN, and the no data value that the file declares unless it is a code, are no data.
        Raises InputError, naming ``path``, on any other number that is no code.
        """
        cloud = np.isin(numbers, self.cloud)
        clear = np.isin(numbers, self.clear)
        no_data = np.isin(numbers, self.no_data) | np.isnan(numbers)
        if declared is not None:
            no_data |= (numbers == declared) & ~cloud & ~clear
        unknown = np.unique(numbers[~(cloud | clear | no_data)])
        if len(unknown):
            some = ", ".join(f"{number:g}" for number in unknown[:5])
            more = " and more" if len(unknown) > 5 else ""
            raise InputError(
                f"'{path}' holds the numbers {some}{more}, which are none of {self}: say with "
                "--mask-codes or --reference-codes what its numbers mean."
            )
        return np.where(no_data, NO_DATA, cloud.astype(np.uint8))


# Of the masks that a detection writes: what is class 2 in labels, thin cloud, is cloud shadow in them.
OF_OUR_MASKS = MaskCodes(clear=(CLEAR, SHADOW, SNOW), cloud=(CLOUD,))


# Of what a product's mask holds: QA bands have 16 bits.
_GREATEST = 2**16 - 1


@dataclass(frozen=True)
class ProductCodes:
    """The numbers of a mask that a product brings, by its kind: one of ``quality.KINDS``."""

    kind: str

    @property
    def bands(self) -> int:
        """How many bands of a mask are read."""
        return KINDS[self.kind].bands

    def __str__(self) -> str:
        return self.kind

    def decode(self, numbers: np.ndarray, path: Path, declared: float | None = None) -> np.ndarray:
        """(H, W) uint8: 0 clear (also shadow and snow), 1 cloud, 255 no data.

        Args:
            numbers: (H, W), or (bands, H, W) where the kind has several. What no product can have, such
                as NaN and numbers below zero, is no data.

        Raises InputError, naming ``path``, if numbers are not whole.
        """
        possible = (numbers >= 0) & (numbers <= _GREATEST)
        numbers = np.where(possible, numbers, 0)
        if len(broken := numbers[numbers % 1 != 0]):
            raise InputError(
                f"'{path}' holds the number {broken[0]:g}, but a mask of the kind {self} has whole numbers "
                "alone: make it anew, resampled by nearest neighbour."
            )
        decoded = KINDS[self.kind].decode(numbers.astype(np.int32))
        no_data = (decoded == NO_DATA) | ~(possible if numbers.ndim == 2 else possible.all(0))
        return np.where(no_data, NO_DATA, (decoded == CLOUD).astype(np.uint8))
