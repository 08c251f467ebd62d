"""The simplest cloud mask there is, as a baseline: bright in every band is cloud."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cloudmamba.evaluation.metrics import Confusion

CANDIDATES = np.round(np.arange(0.05, 0.70, 0.005), 3)


def threshold_mask(reflectance: np.ndarray, threshold: float) -> np.ndarray:
    """(bands, H, W) to (H, W) bool: the darkest band is brighter than the threshold."""
    return reflectance.min(0) > threshold


def fit_threshold(images: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> float:
    """The candidate with the best cloud F1 over all images together.

    Args:
        images: reflectance (bands, H, W), cloud (H, W) bool and labelled (H, W) bool.
    """
    pooled = [Confusion() for _ in CANDIDATES]
    for reflectance, cloud, labelled in images:
        for index, threshold in enumerate(CANDIDATES):
            mask = threshold_mask(reflectance, threshold)
            pooled[index] += Confusion.of(mask, cloud, labelled)
    return float(CANDIDATES[int(np.argmax([counts.f1 for counts in pooled]))])
