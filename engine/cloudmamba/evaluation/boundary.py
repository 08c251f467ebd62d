"""Boundary F1: whether the edges of the clouds are where the reference has them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cloudmamba.evaluation.metrics import ratio


@dataclass(frozen=True)
class BoundaryMatch:
    """Counts of boundary pixels. Add them to pool images.

    A boundary pixel is a cloud pixel one of whose four neighbours is clear. It is matched where
    the other mask has a boundary pixel within the tolerance (Euclidean distance of pixel
    centres). The edge of the image makes no boundary.

    Attributes:
        predicted, reference: boundary pixels of the mask and of the reference.
        predicted_matched, reference_matched: those of them that the other mask has too.
    """

    predicted: int = 0
    predicted_matched: int = 0
    reference: int = 0
    reference_matched: int = 0

    @classmethod
    def of(
        cls,
        predicted: np.ndarray,
        reference: np.ndarray,
        labelled: np.ndarray,
        tolerance_px: float,
    ) -> BoundaryMatch:
        """Count in two bool masks (H, W) where ``labelled`` (bool) is true.

        Pixels within the tolerance of one that is not labelled do not count, as what they
        would be matched with may lie there; nor does a neighbour that is not labelled make a
        boundary.
        """
        edges = [_boundary(mask & labelled, ~mask & labelled) for mask in (predicted, reference)]
        counted = ~dilate(~labelled, tolerance_px)
        ours, theirs = (edge & counted for edge in edges)
        near_ours, near_theirs = (dilate(edge, tolerance_px) for edge in edges)
        return cls(
            int(np.count_nonzero(ours)),
            int(np.count_nonzero(ours & near_theirs)),
            int(np.count_nonzero(theirs)),
            int(np.count_nonzero(theirs & near_ours)),
        )

    def __add__(self, other: BoundaryMatch) -> BoundaryMatch:
        return BoundaryMatch(
            self.predicted + other.predicted,
            self.predicted_matched + other.predicted_matched,
            self.reference + other.reference,
            self.reference_matched + other.reference_matched,
        )

    @property
    def f1(self) -> float:
        """Harmonic mean of the two shares matched; NaN where neither mask has a boundary."""
        if not (self.predicted and self.reference):
            return 0.0 if self.predicted or self.reference else math.nan
        precision = self.predicted_matched / self.predicted
        recall = self.reference_matched / self.reference
        return 0.0 if precision + recall == 0 else ratio(2 * precision * recall, precision + recall)


def dilate(mask: np.ndarray, radius_px: float) -> np.ndarray:
    """(H, W) bool: the pixels within a Euclidean distance of a true one."""
    reach = int(radius_px)
    height, width = mask.shape
    padded = np.pad(mask, reach)
    grown = np.zeros_like(mask)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if dy * dy + dx * dx <= radius_px * radius_px:
                top, left = reach + dy, reach + dx
                grown |= padded[top : top + height, left : left + width]
    return grown


def _boundary(cloud: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Cloud pixels with a clear pixel to the left, right, above or below."""
    return cloud & dilate(clear, 1)
