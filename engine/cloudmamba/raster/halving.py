"""Blocks of half the height and width: what the overviews of results are made of."""

from __future__ import annotations

import itertools

import numpy as np
from rasterio.enums import Resampling


def halve(block: np.ndarray, nodata: float, resampling: Resampling) -> np.ndarray:
    """Of (bands, height, width) one pixel for four: their mean, or the most frequent class.

    Pixels without data count only where all four have none.
    """
    # At an odd edge the last row or column stands for the one that is missing.
    odd = [(0, 0), (0, block.shape[1] % 2), (0, block.shape[2] % 2)]
    if odd != [(0, 0)] * 3:
        block = np.pad(block, odd, "edge")
    parts = [block[:, top::2, left::2] for top in (0, 1) for left in (0, 1)]
    four = [np.ascontiguousarray(part) for part in parts]
    if resampling == Resampling.average:
        return _mean(four)
    return _most_frequent(four, nodata)


def _mean(four: list[np.ndarray]) -> np.ndarray:
    """No data is NaN."""
    total = np.zeros_like(four[0])
    count = np.zeros(four[0].shape, np.uint8)
    for pixels in four:
        has_data = ~np.isnan(pixels)
        np.add(total, pixels, out=total, where=has_data)
        count += has_data
    with np.errstate(invalid="ignore"):  # nothing of nothing is NaN
        return total / count.astype(total.dtype)


def _most_frequent(four: list[np.ndarray], nodata: float) -> np.ndarray:
    """Of classes that are equally frequent, the first."""
    votes = [np.ones(pixels.shape, np.uint8) for pixels in four]
    for one, other in itertools.combinations(range(4), 2):
        same = four[one] == four[other]
        votes[one] += same
        votes[other] += same
    best, most = four[0], votes[0] * (four[0] != nodata)
    for pixels, count in zip(four[1:], votes[1:], strict=True):
        count *= pixels != nodata
        best = np.where(count > most, pixels, best)
        most = np.maximum(most, count)
    return best
