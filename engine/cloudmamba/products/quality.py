"""Masks that products bring, as codes of this project: 0 clear, 1 cloud, 2 shadow, 4 snow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cloudmamba.classes import CLEAR, CLOUD, NO_DATA, SHADOW, SNOW

CLOUD_PROBABILITY_PERCENT = 50


def _scl(values: np.ndarray) -> np.ndarray:
    """Sen2Cor's scene classification: 3 shadow, 8 to 10 cloud and cirrus, 11 snow, 0 no data."""
    codes = np.full(12, CLEAR, np.uint8)
    codes[[0, 1]] = NO_DATA
    codes[3] = SHADOW
    codes[[8, 9, 10]] = CLOUD
    codes[11] = SNOW
    return np.where(values < 12, codes[values.clip(0, 11)], NO_DATA)


def _bits(fill: int | None, cloud: tuple[int, ...], shadow: int, snow: int):
    def decode(values: np.ndarray) -> np.ndarray:
        def has(bit: int) -> np.ndarray:
            return (values >> bit) & 1 == 1

        result = np.where(has(snow), SNOW, CLEAR)
        result = np.where(has(shadow), SHADOW, result)
        for bit in cloud:
            result = np.where(has(bit), CLOUD, result)
        return result if fill is None else np.where(has(fill), NO_DATA, result)

    return decode


def _bqa(values: np.ndarray) -> np.ndarray:
    """Level 1 of Collection 1: bit 4 cloud, pairs from 7 shadow, 9 snow, 11 cirrus; 3 is high."""

    def high(bit: int) -> np.ndarray:
        return (values >> bit) & 3 == 3

    result = np.where(high(9), SNOW, CLEAR)
    result = np.where(high(7), SHADOW, result)
    result = np.where(((values >> 4) & 1 == 1) | high(11), CLOUD, result)
    return np.where(values & 1 == 1, NO_DATA, result)


def _fmask(values: np.ndarray) -> np.ndarray:
    """HLS: bit 0 cirrus, 1 cloud, 3 shadow, 4 snow; 255 no data."""
    return np.where(values == 255, NO_DATA, _bits(None, (0, 1), 3, 4)(values))


def _udm2(bands: np.ndarray) -> np.ndarray:
    """PlanetScope: clear, snow, shadow, light haze, heavy haze, cloud, confidence, UDM."""
    snow, shadow, cloud = bands[1], bands[2], (bands[5] == 1) | (bands[4] == 1)
    result = np.where(snow == 1, SNOW, CLEAR)
    result = np.where(shadow == 1, SHADOW, result)
    result = np.where(cloud, CLOUD, result)
    # Bit 0 of the last: blackfill.
    return np.where(bands[7] & 1 == 1, NO_DATA, result)


def _classi(bands: np.ndarray) -> np.ndarray:
    """Level 1C since baseline 04.00: opaque cloud, cirrus, snow."""
    result = np.where(bands[2] == 1, SNOW, CLEAR)
    return np.where((bands[0] == 1) | (bands[1] == 1), CLOUD, result)


def _cldprb(values: np.ndarray) -> np.ndarray:
    """Sen2Cor's cloud probability in percent."""
    return np.where(
        values > 100, NO_DATA, np.where(values >= CLOUD_PROBABILITY_PERCENT, CLOUD, CLEAR)
    )


@dataclass(frozen=True)
class QualityKind:
    """How one kind of mask is read.

    Attributes:
        bands: how many bands it is read from.
        title: for people.
        decode: from stored numbers, (height, width) or (bands, height, width), to codes.
    """

    bands: int
    title: str
    decode: Callable[[np.ndarray], np.ndarray]

    def codes(self, stored: np.ndarray) -> np.ndarray:
        """Codes (height, width) uint8 of stored numbers (bands, height, width)."""
        return self.decode(stored[0] if self.bands == 1 else stored).astype(np.uint8)


KINDS = {
    "scl": QualityKind(1, "scene classification of Sen2Cor", _scl),
    "qa_pixel": QualityKind(1, "QA_PIXEL of Landsat", _bits(0, (1, 2, 3), 4, 5)),
    "pixel_qa": QualityKind(1, "pixel_qa of Landsat", _bits(0, (5,), 3, 4)),
    "bqa": QualityKind(1, "BQA of Landsat", _bqa),
    "fmask": QualityKind(1, "Fmask of HLS", _fmask),
    "udm2": QualityKind(8, "UDM2 of PlanetScope", _udm2),
    "classi": QualityKind(3, "cloud mask of Sentinel-2 level 1C", _classi),
    "cldprb": QualityKind(1, "cloud probability of Sen2Cor, 50 percent and more", _cldprb),
}
