"""Damage as sensors and their processing do it, to see whether uncertainty points at it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np

NOISE_REFLECTANCE = 0.1
DEAD_COLUMN_SPACING_PX = 4
MISREGISTRATION_PX = 4

# A part of an image (bands, h, w), changed in place; the numbers are its bands that there are.
_Damage = Callable[[np.random.Generator, np.ndarray, Sequence[int]], None]


def _add_noise(random: np.random.Generator, part: np.ndarray, bands: Sequence[int]) -> None:
    for band in bands:
        part[band] += random.normal(0, NOISE_REFLECTANCE, part.shape[1:])


def _kill_columns(random: np.random.Generator, part: np.ndarray, bands: Sequence[int]) -> None:
    for column in range(0, part.shape[2], DEAD_COLUMN_SPACING_PX):
        part[random.choice(bands), :, column] = 0


def _misregister(random: np.random.Generator, part: np.ndarray, bands: Sequence[int]) -> None:
    band = random.choice(bands)
    shift = random.choice([-MISREGISTRATION_PX, MISREGISTRATION_PX], 2)
    part[band] = np.roll(part[band], shift, (0, 1))


CORRUPTIONS: dict[str, _Damage] = {
    "noise": _add_noise,
    "dead columns": _kill_columns,
    "band misregistration": _misregister,
}


def corrupt(
    kind: str, reflectance: np.ndarray, available_bands: Sequence[bool], name: str, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Damage a rectangle of an image, a quarter to a half of it high and wide.

    ``noise`` adds normal noise of standard deviation 0.1 to every band; ``dead columns`` sets
    every fourth column to 0 in one band, each time another; ``band misregistration`` moves one
    band by four pixels along both axes, going round inside the rectangle.

    Args:
        kind: one of ``CORRUPTIONS``.
        reflectance: (bands, H, W) float32, at least 8 x 8 pixels; left as it is.
        available_bands: which of the bands there are; the others stay zero.
        name: of the image: with the seed it decides where and how.

    Returns:
        The damaged image, and (H, W) bool, where the rectangle is.
    """
    key = [seed, zlib.crc32(name.encode()), zlib.crc32(kind.encode())]
    random = np.random.default_rng(key)
    sides = [
        int(random.integers(size // 4, size // 2, endpoint=True)) for size in _size(reflectance)
    ]
    corner = [
        int(random.integers(size - side, endpoint=True))
        for size, side in zip(_size(reflectance), sides, strict=True)
    ]
    rows, columns = (slice(first, first + side) for first, side in zip(corner, sides, strict=True))
    damaged = reflectance.copy()
    CORRUPTIONS[kind](random, damaged[:, rows, columns], np.flatnonzero(available_bands).tolist())
    region = np.zeros(_size(reflectance), bool)
    region[rows, columns] = True
    return damaged, region


def _size(reflectance: np.ndarray) -> tuple[int, int]:
    return reflectance.shape[1], reflectance.shape[2]
