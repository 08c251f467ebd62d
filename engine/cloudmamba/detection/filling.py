"""Neutral values for pixels without data, so that they do not bleed into their neighbours."""

from __future__ import annotations

import numpy as np


def fill_invalid(image: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Replace invalid pixels by a smooth continuation of the valid ones around them.

    Pull and push: averages of valid pixels over ever larger squares, then each hole takes
    the value of the smallest square around it that has data. A hole so looks like its
    surroundings to the network, without an edge; valid pixels stay exactly as they are.

    Args:
        image: (bands, height, width) float32; anything, also NaN, where not valid.
        valid: (height, width) bool; at least one pixel is valid.

    Returns:
        (bands, height, width) float32, finite wherever the valid pixels are.
    """
    if valid.all():
        return image
    weight = valid.astype(np.float32)
    return _fill(np.where(valid, image, 0).astype(np.float32), weight)


def _fill(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``image`` (bands, h, w) with its pixels of weight 0 filled from coarser levels."""
    if weight.all():
        return image
    height, width = weight.shape
    if max(height, width) == 1:
        return image
    total = _sum_of_squares_of_four(image * weight)
    count = _sum_of_squares_of_four(weight[None])[0]
    coarse = total / np.maximum(count, 1)
    coarse = _fill(coarse, (count > 0).astype(np.float32))
    coarse = coarse.repeat(2, axis=1).repeat(2, axis=2)[:, :height, :width]
    return np.where(weight > 0, image, coarse)


def _sum_of_squares_of_four(image: np.ndarray) -> np.ndarray:
    """(bands, h, w) to (bands, ceil(h / 2), ceil(w / 2)): sums of two by two pixels."""
    bands, height, width = image.shape
    padded = np.pad(image, ((0, 0), (0, height % 2), (0, width % 2)))
    return padded.reshape(bands, -(-height // 2), 2, -(-width // 2), 2).sum(axis=(2, 4))
