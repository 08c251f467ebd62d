"""How far a few bad pixels reach: the mask elsewhere should not know of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cloudmamba.evaluation.metrics import ratio

DISTURBED_SHARE = 0.02

# Pixels of (bands, H, W) that are to be disturbed (H, W), changed in place.
Disturbance = Callable[[np.random.Generator, np.ndarray, np.ndarray], None]
# (bands, H, W) float32 reflectance and (H, W) valid to the mask (H, W): 0 clear, 1 cloud.
MaskOf = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _dead(random: np.random.Generator, image: np.ndarray, where: np.ndarray) -> None:
    """0 in one band."""
    image[random.integers(len(image)), where] = 0


def _black(random: np.random.Generator, image: np.ndarray, where: np.ndarray) -> None:
    """0 in every band."""
    image[:, where] = 0


def _saturated(random: np.random.Generator, image: np.ndarray, where: np.ndarray) -> None:
    """The brightest value that the network is shown, in one band."""
    image[random.integers(len(image)), where] = 2


DISTURBANCES: dict[str, Disturbance] = {
    "dead": _dead,
    "black": _black,
    "saturated": _saturated,
}
# Scattered pixels, whole rows next to each other, a square block, or one pixel alone.
PLACES = ("pixels", "rows", "block", "one pixel")


@dataclass(frozen=True)
class Reach:
    """What disturbances changed. Add to pool images.

    Attributes:
        pixels: valid, and not disturbed.
        changed: of these, with another mask.
        farthest_px: greatest distance, along rows or columns, of a changed pixel from the rectangle
            around those that were disturbed; 0 where none changed.
    """

    pixels: int = 0
    changed: int = 0
    farthest_px: int = 0

    def __add__(self, other: Reach) -> Reach:
        return Reach(
            self.pixels + other.pixels,
            self.changed + other.changed,
            max(self.farthest_px, other.farthest_px),
        )

    @property
    def percent(self) -> float:
        """NaN without pixels."""
        return 100 * ratio(self.changed, self.pixels)


def reach_of(
    mask_of: MaskOf,
    image: np.ndarray,
    valid: np.ndarray,
    mask: np.ndarray,
    kind: str,
    place: str,
    name: str = "",
    seed: int = 0,
) -> Reach:
    """Disturb some pixels and see how many of the others get another mask.

    Args:
        mask_of: the masker.
        image: (bands, H, W) float32 reflectance; left as it is.
        valid: (H, W) bool.
        mask: (H, W), of the image as it is.
        kind: one of ``DISTURBANCES``.
        place: one of ``PLACES``; ``DISTURBED_SHARE`` of the pixels, but for one alone.
        name: of the image: with the seed it decides where.
    """
    key = [seed, *(zlib.crc32(text.encode()) for text in (name, kind, place))]
    random = np.random.default_rng(key)
    where = _where(random, place, valid.shape)
    disturbed = image.copy()
    DISTURBANCES[kind](random, disturbed, where)
    others = valid & ~where
    changed = (mask != mask_of(disturbed, valid)) & others
    return Reach(int(others.sum()), int(changed.sum()), _farthest(changed, where))


def _farthest(changed: np.ndarray, where: np.ndarray) -> int:
    found, disturbed = np.nonzero(changed), np.nonzero(where)
    if not found[0].size:
        return 0
    away = [
        np.maximum(bad.min() - positions, positions - bad.max())
        for positions, bad in zip(found, disturbed, strict=True)
    ]
    return max(0, int(np.maximum(*away).max()))


def _where(random: np.random.Generator, place: str, shape: tuple[int, int]) -> np.ndarray:
    """(H, W) bool: ``DISTURBED_SHARE`` of the pixels, as near as the place allows."""
    height, width = shape
    where = np.zeros(shape, bool)
    count = max(1, round(DISTURBED_SHARE * where.size))
    if place == "one pixel":
        where[random.integers(height), random.integers(width)] = True
    elif place == "pixels":
        where.flat[random.choice(where.size, count, replace=False)] = True
    elif place == "rows":
        rows = max(1, round(DISTURBED_SHARE * height))
        first = random.integers(height - rows + 1)
        where[first : first + rows] = True
    elif place == "block":
        side = min(max(1, round(count**0.5)), height, width)
        top, left = random.integers(height - side + 1), random.integers(width - side + 1)
        where[top : top + side, left : left + side] = True
    else:
        raise ValueError(f"no place {place!r}: {PLACES}")
    return where
