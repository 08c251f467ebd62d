"""How far a few bad pixels reach: the mask elsewhere should not know of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

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
PLACES = ("pixels", "rows", "block")


@dataclass(frozen=True)
class Reach:
    """What a disturbance changed.

    Attributes:
        disturbed_share: of all pixels.
        changed_share: of the valid pixels that were not disturbed, whose mask is another.
    """

    disturbed_share: float
    changed_share: float


def reach_of(
    mask_of: MaskOf,
    image: np.ndarray,
    valid: np.ndarray,
    kind: str,
    place: str,
    name: str = "",
    seed: int = 0,
) -> Reach:
    """Disturb 2 % of the pixels and see how many of the others get another mask.

    Args:
        mask_of: the masker.
        image: (bands, H, W) float32 reflectance; left as it is.
        valid: (H, W) bool.
        kind: one of ``DISTURBANCES``.
        place: one of ``PLACES``: scattered pixels, whole rows next to each other, a square block.
        name: of the image: with the seed it decides where.
    """
    key = [seed, *(zlib.crc32(text.encode()) for text in (name, kind, place))]
    random = np.random.default_rng(key)
    where = _where(random, place, valid.shape)
    disturbed = image.copy()
    DISTURBANCES[kind](random, disturbed, where)
    others = valid & ~where
    changed = (mask_of(image, valid) != mask_of(disturbed, valid))[others]
    return Reach(float(where.mean()), float(changed.mean()) if changed.size else 0.0)


def _where(random: np.random.Generator, place: str, shape: tuple[int, int]) -> np.ndarray:
    """(H, W) bool: ``DISTURBED_SHARE`` of the pixels, as near as the place allows."""
    height, width = shape
    where = np.zeros(shape, bool)
    count = max(1, round(DISTURBED_SHARE * where.size))
    if place == "pixels":
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
