"""Temperature scaling: one number that makes the delivered probability say how often it is right.

The calibrated probability is sigmoid(logit(P) / T) of the fused probability P. T > 1 makes it less
sure. One half stays one half and the order of pixels stays, so neither the mask nor the ranking of
errors can change. The mask does not even see it: it follows from Pc and Pr as they are.
"""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass

import numpy as np

from cloudmamba.compared import ComparedModel
from cloudmamba.errors import InputError
from cloudmamba.network.model import CloudMamba

# A probability of float32 next to 0 or 1 has a logit of this size.
_LARGEST_LOGIT = 16.0
_BINS = 3200
_CENTRES = (np.arange(_BINS) + 0.5) * (2 * _LARGEST_LOGIT / _BINS) - _LARGEST_LOGIT
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.1, 10.0


@dataclass(frozen=True, eq=False)
class LogitCounts:
    """Clear and cloud pixels in bins of the logit of P, a hundredth wide; add to pool images.

    Attributes:
        clear, cloud: (bins,) int64.
    """

    clear: np.ndarray
    cloud: np.ndarray

    @classmethod
    def of(cls, probability: np.ndarray, cloud: np.ndarray) -> LogitCounts:
        """Count the pixels of two arrays of one shape: P (0..1) and the reference (bool)."""
        exact = probability.astype(np.float64)
        with np.errstate(divide="ignore"):
            logit = np.log(exact) - np.log1p(-exact)
        bins = (logit.clip(-_LARGEST_LOGIT, _LARGEST_LOGIT) + _LARGEST_LOGIT) * (
            _BINS / (2 * _LARGEST_LOGIT)
        )
        bins = np.minimum(bins.astype(np.int64), _BINS - 1)
        return cls(
            np.bincount(bins[~cloud], minlength=_BINS), np.bincount(bins[cloud], minlength=_BINS)
        )

    def __add__(self, other: LogitCounts) -> LogitCounts:
        return LogitCounts(self.clear + other.clear, self.cloud + other.cloud)

    def negative_log_likelihood(self, temperature: float) -> float:
        """Mean of -log of the probability given to what is there, in nats; NaN without pixels."""
        scaled = _CENTRES / temperature
        loss = self.clear @ np.logaddexp(0, scaled) + self.cloud @ np.logaddexp(0, -scaled)
        pixels = self.clear.sum() + self.cloud.sum()
        return float(loss / pixels) if pixels else np.nan

    def fit_temperature(self) -> float:
        """The temperature of the least negative log-likelihood.

        The likelihood is convex in 1/T, so its only minimum is where its slope changes sign.

        Raises:
            InputError: there is no minimum between ``LOWEST_TEMPERATURE`` and
                ``HIGHEST_TEMPERATURE``: too few pixels, or all of them right or wrong.
        """

        def slope(inverse: float) -> float:
            called_cloud = 1 / (1 + np.exp(-inverse * _CENTRES))
            return float(_CENTRES @ (called_cloud * self.clear - (1 - called_cloud) * self.cloud))

        low, high = 1 / HIGHEST_TEMPERATURE, 1 / LOWEST_TEMPERATURE
        if not slope(low) < 0 < slope(high):
            raise InputError(
                "No temperature suits these images: the model is right, or wrong, almost "
                "everywhere on them. Use more images."
            )
        while high - low > 1e-9:
            middle = (low + high) / 2
            low, high = (middle, high) if slope(middle) < 0 else (low, middle)
        return 2 / (low + high)


NOTHING = LogitCounts(np.zeros(_BINS, np.int64), np.zeros(_BINS, np.int64))


def with_temperature(
    model: CloudMamba | ComparedModel, temperature: float
) -> CloudMamba | ComparedModel:
    """A model of the same weights that delivers probabilities of this temperature."""
    changed = copy.copy(model)
    changed.configuration = dataclasses.replace(model.configuration, temperature=temperature)
    return changed
