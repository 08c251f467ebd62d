"""Whether uncertainty finds the errors, and whether probability is frequency.

Both measures are histograms that add up: over tiles, over images and over sensors. Adding is the
same as measuring all pixels together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RANKING_BINS = 2000
RELIABILITY_BINS = 20
# Up to here harmonic numbers are summed; beyond, their series is right to 1e-13.
_SUMMED_HARMONICS = 64


@dataclass(frozen=True)
class RetentionCurve:
    """What is left when the most uncertain pixels are set aside; each array is (points,).

    Attributes:
        retained: share of the pixels kept, the surest first, in (0, 1].
        risk: share of wrong pixels among those kept (the risk-coverage curve); its area is AURC.
        error: share of all pixels that are kept and wrong: the error-retention curve, for which
            the pixels set aside are put right by hand.
    """

    retained: np.ndarray
    risk: np.ndarray
    error: np.ndarray


@dataclass(frozen=True, eq=False)
class ErrorRanking:
    """How well uncertainty ranks wrong pixels behind right ones.

    Counts of right and of wrong pixels in bins of uncertainty. The bins are of equal width in the
    fourth root of uncertainty: most pixels are very sure, and those are told apart too. Pixels of
    one bin are ties: every measure is its expectation over a random order among them.

    Attributes:
        right, wrong: (RANKING_BINS,) int64, from sure to unsure.
    """

    right: np.ndarray
    wrong: np.ndarray

    @classmethod
    def of(cls, uncertainty: np.ndarray, wrong: np.ndarray) -> ErrorRanking:
        """Count the pixels of two arrays of one shape.

        Args:
            uncertainty: 0..1; only its order matters.
            wrong: bool, whether the mask is wrong there.

        Raises:
            ValueError: an uncertainty is not in 0..1.
        """
        _check_unit_interval(uncertainty)
        scaled = RANKING_BINS * np.sqrt(np.sqrt(uncertainty.astype(np.float64)))
        bins = np.minimum(scaled.astype(np.int64), RANKING_BINS - 1)
        return cls(
            np.bincount(bins[~wrong], minlength=RANKING_BINS),
            np.bincount(bins[wrong], minlength=RANKING_BINS),
        )

    def __add__(self, other: ErrorRanking) -> ErrorRanking:
        return ErrorRanking(self.right + other.right, self.wrong + other.wrong)

    @property
    def pixels(self) -> int:
        """All pixels counted."""
        return int(self.right.sum() + self.wrong.sum())

    @property
    def errors(self) -> int:
        """Wrong pixels among them."""
        return int(self.wrong.sum())

    @property
    def aurc(self) -> float:
        """Area under the risk-coverage curve, smaller is better; NaN without pixels.

        AURC = 1/n sum over k = 1..n of (wrong pixels among the k surest) / k.
        """
        if not self.pixels:
            return np.nan
        total, wrong = (self.right + self.wrong).astype(np.float64), self.wrong.astype(np.float64)
        before, wrong_before = _before(total), _before(wrong)
        share = np.divide(wrong, total, out=np.zeros_like(wrong), where=total > 0)
        # Of a bin's k-th place: (wrong_before + (k - before) share) / k, summed over its places.
        harmonics = _harmonic(before + total) - _harmonic(before)
        areas = wrong + (wrong_before - before * share) * harmonics
        return float(areas.sum() / self.pixels)

    @property
    def e_aurc(self) -> float:
        """Excess of AURC over that of the best order (all wrong pixels last); NaN without pixels.

        With e wrong pixels of n the best order has
        AURC* = 1/n (e - (n - e) sum over k = n-e+1..n of 1/k).
        """
        if not self.pixels:
            return np.nan
        n, e = self.pixels, self.errors
        harmonics = _harmonic(np.array([n, n - e], np.float64))
        best = (e - (n - e) * (harmonics[0] - harmonics[1])) / n
        # Rounding alone could make it negative.
        return max(0.0, self.aurc - float(best))

    @property
    def auroc_of_errors(self) -> float:
        """Chance that a wrong pixel is more uncertain than a right one, ties counting half.

        The area under the ROC curve of finding errors by uncertainty: 1 finds all, 0.5 is
        guessing. NaN where no pixel, or every pixel, is wrong.
        """
        if not 0 < self.errors < self.pixels:
            return np.nan
        right, wrong = self.right.astype(np.float64), self.wrong.astype(np.float64)
        surer = _before(right) + right / 2
        return float((wrong * surer).sum() / (wrong.sum() * right.sum()))

    def errors_caught(self, share: float) -> float:
        """Which part of all wrong pixels is among this share (0..1) of most uncertain ones.

        NaN where no pixel is wrong.
        """
        if not self.errors:
            return np.nan
        curve = self.retention_curve()
        retained, error = np.append(0, curve.retained), np.append(0, curve.error)
        return 1 - float(np.interp(1 - share, retained, error) / error[-1])

    def retention_curve(self) -> RetentionCurve:
        """One point for each bin that holds pixels."""
        total = self.right + self.wrong
        held = total > 0
        kept, wrong = np.cumsum(total)[held], np.cumsum(self.wrong)[held]
        return RetentionCurve(kept / max(self.pixels, 1), wrong / kept, wrong / max(self.pixels, 1))


@dataclass(frozen=True)
class ReliabilityCurve:
    """The reliability diagram; each array is (points,), one for each bin that holds pixels.

    Attributes:
        probability: mean predicted cloud probability.
        cloud_share: share of pixels that are cloud.
        pixels: how many there are.
    """

    probability: np.ndarray
    cloud_share: np.ndarray
    pixels: np.ndarray


@dataclass(frozen=True, eq=False)
class Reliability:
    """Whether pixels of cloud probability P are cloud in a share P of cases.

    Sums in ``RELIABILITY_BINS`` bins of probability, of equal width.

    Attributes:
        pixels, clouds: (bins,) int64, all pixels and those that are cloud.
        probability_sum: (bins,) float64.
        squared_error_sum: of (P - y)^2 with y 1 for cloud and 0 for clear, over all bins.
    """

    pixels: np.ndarray
    clouds: np.ndarray
    probability_sum: np.ndarray
    squared_error_sum: float

    @classmethod
    def of(cls, probability: np.ndarray, cloud: np.ndarray) -> Reliability:
        """Sum over the pixels of two arrays of one shape.

        Args:
            probability: of cloud, 0..1.
            cloud: bool, the reference.

        Raises:
            ValueError: a probability is not in 0..1.
        """
        _check_unit_interval(probability)
        exact = probability.astype(np.float64).ravel()
        cloud = cloud.ravel()
        bins = np.minimum((exact * RELIABILITY_BINS).astype(np.int64), RELIABILITY_BINS - 1)
        return cls(
            np.bincount(bins, minlength=RELIABILITY_BINS),
            np.bincount(bins[cloud], minlength=RELIABILITY_BINS),
            np.bincount(bins, exact, RELIABILITY_BINS),
            float(np.square(exact - cloud).sum()),
        )

    def __add__(self, other: Reliability) -> Reliability:
        return Reliability(
            self.pixels + other.pixels,
            self.clouds + other.clouds,
            self.probability_sum + other.probability_sum,
            self.squared_error_sum + other.squared_error_sum,
        )

    @property
    def ece(self) -> float:
        """Expected calibration error of the cloud probability, 0..1; NaN without pixels.

        ECE = sum over bins of (pixels of the bin / all) |mean probability - share of cloud|.
        """
        if not self.pixels.any():
            return np.nan
        return float(np.abs(self.probability_sum - self.clouds).sum() / self.pixels.sum())

    @property
    def brier(self) -> float:
        """Brier score, the mean of (P - y)^2, exact; NaN without pixels."""
        if not self.pixels.any():
            return np.nan
        return float(self.squared_error_sum / self.pixels.sum())

    def curve(self) -> ReliabilityCurve:
        """Points of the reliability diagram."""
        held = self.pixels > 0
        pixels = self.pixels[held]
        return ReliabilityCurve(
            self.probability_sum[held] / pixels, self.clouds[held] / pixels, pixels
        )


def _check_unit_interval(values: np.ndarray) -> None:
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError("Uncertainties and probabilities must be numbers in 0 to 1.")


def _before(counts: np.ndarray) -> np.ndarray:
    """How many there are in the bins before each."""
    return np.cumsum(counts) - counts


def _harmonic(n: np.ndarray) -> np.ndarray:
    """Harmonic numbers 1 + 1/2 + ... + 1/n of whole numbers."""
    exact = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, _SUMMED_HARMONICS + 1))])
    large = np.maximum(n, _SUMMED_HARMONICS)
    series = np.log(large) + np.euler_gamma + 1 / (2 * large) - 1 / (12 * large**2)
    series += 1 / (120 * large**4)
    return np.where(
        n <= _SUMMED_HARMONICS, exact[np.minimum(n, _SUMMED_HARMONICS).astype(np.int64)], series
    )
