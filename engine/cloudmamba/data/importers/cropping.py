"""How a scene is cut into crops."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from cloudmamba.errors import InputError

SMALLEST_CROP_PX = 32


@dataclass(frozen=True)
class Span:
    """The rows or columns of a crop.

    Attributes:
        start_px, size_px: in the scene.
        own: what of it belongs to no other crop, counted from ``start_px``. The own parts of
            all crops together are the scene, each pixel once.
    """

    start_px: int
    size_px: int
    own: slice


def spans(length_px: int, crop_px: int) -> list[Span]:
    """As few spans of ``crop_px`` as cover ``length_px``, spread evenly.

    No pixel is lost and none is padding: neighbours overlap where the length is no multiple,
    and halve the overlap between them. A length below ``crop_px`` stays whole.

    Raises InputError if ``crop_px`` is below ``SMALLEST_CROP_PX``.
    """
    if crop_px < SMALLEST_CROP_PX:
        raise InputError(
            f"Crops of {crop_px} pixels are too small: give {SMALLEST_CROP_PX} or more."
        )
    if length_px <= crop_px:
        return [Span(0, length_px, slice(0, length_px))]
    gaps = math.ceil(length_px / crop_px) - 1
    starts = [(length_px - crop_px) * index // gaps for index in range(gaps + 1)]
    borders = [
        0,
        *((left + crop_px + right) // 2 for left, right in itertools.pairwise(starts)),
        length_px,
    ]
    return [
        Span(start, crop_px, slice(first - start, last - start))
        for start, first, last in zip(starts, borders[:-1], borders[1:], strict=True)
    ]
