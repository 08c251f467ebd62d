"""Scores of a binary cloud mask against a reference mask."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np


def ratio(numerator: float, denominator: float) -> float:
    """NaN where the score is not defined, as for the cloud IoU of a clear image masked clear."""
    return numerator / denominator if denominator else math.nan


def without_nan(value: Any) -> Any:
    """Scores, also in dictionaries and lists, with None for NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value


@dataclass(frozen=True)
class Confusion:
    """Counts of pixels; cloud is the positive class. Add counts to pool images."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0
    true_negative: int = 0

    @classmethod
    def of(cls, predicted: np.ndarray, reference: np.ndarray, labelled: np.ndarray) -> Confusion:
        """Count pixels of two bool masks where ``labelled`` (bool) is true; same shapes."""
        predicted, reference = predicted[labelled], reference[labelled]
        return cls(
            int(np.count_nonzero(predicted & reference)),
            int(np.count_nonzero(predicted & ~reference)),
            int(np.count_nonzero(~predicted & reference)),
            int(np.count_nonzero(~predicted & ~reference)),
        )

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.false_negative + other.false_negative,
            self.true_negative + other.true_negative,
        )

    @property
    def pixels(self) -> int:
        """Labelled pixels."""
        return self.true_positive + self.false_positive + self.false_negative + self.true_negative

    @property
    def overall_accuracy(self) -> float:
        """OA (equation 30)."""
        return ratio(self.true_positive + self.true_negative, self.pixels)

    @property
    def precision(self) -> float:
        """Share of pixels called cloud that are cloud."""
        return ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float:
        """Share of cloud pixels found."""
        return ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def false_cloud(self) -> float:
        """Share of clear pixels called cloud: the false alarms."""
        return ratio(self.false_positive, self.false_positive + self.true_negative)

    @property
    def f1(self) -> float:
        """F1 (equation 29)."""
        wrong = self.false_positive + self.false_negative
        return ratio(2 * self.true_positive, 2 * self.true_positive + wrong)

    @property
    def cloud_iou(self) -> float:
        """IoU of the class cloud: what the paper's tables print as "mIoU" (F1 / (2 - F1))."""
        wrong = self.false_positive + self.false_negative
        return ratio(self.true_positive, self.true_positive + wrong)

    @property
    def clear_iou(self) -> float:
        """IoU of the class clear."""
        wrong = self.false_positive + self.false_negative
        return ratio(self.true_negative, self.true_negative + wrong)

    @property
    def two_class_miou(self) -> float:
        """Mean of the IoUs of cloud and clear (equation 28)."""
        return (self.cloud_iou + self.clear_iou) / 2
