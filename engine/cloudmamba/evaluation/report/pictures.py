"""Images, masks and maps of probability as colours."""

from __future__ import annotations

import numpy as np

from cloudmamba.classes import CLOUD, NO_DATA
from cloudmamba.detection.in_memory import Prediction
from cloudmamba.detection.prediction import Thresholds

# Told apart by the colour-blind too: blue and orange.
CLEAR_COLOUR, CLOUD_COLOUR = (38, 42, 48), (245, 245, 245)
MISSED_COLOUR, FALSE_COLOUR, NO_DATA_COLOUR = (58, 134, 255), (255, 140, 26), (128, 128, 128)
# From sure to undecided: dark violet to yellow, evenly in lightness.
_UNCERTAINTY_COLOURS = np.array(
    [(13, 8, 60), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164)], np.float32
)


def true_colour(reflectance: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 of blue, green, red ...; the middle 98 % of the values, all bands alike."""
    rgb = np.moveaxis(reflectance[2::-1], 0, -1)
    low, high = np.percentile(rgb[valid], (1, 99)) if valid.any() else (0.0, 1.0)
    stretched = ((rgb - low) / max(high - low, 1e-6)).clip(0, 1) ** 0.8
    return np.where(valid[..., None], 255 * stretched, NO_DATA_COLOUR[0]).astype(np.uint8)


def error_colours(mask: np.ndarray, label: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: right cloud, right clear, missed cloud, false cloud, not scored."""
    cloud, reference = mask == CLOUD, label == CLOUD
    colours = mask_colours(label)
    colours[reference & ~cloud] = MISSED_COLOUR
    colours[cloud & ~reference] = FALSE_COLOUR
    colours[(label == NO_DATA) | (mask == NO_DATA)] = NO_DATA_COLOUR
    return colours


def mask_colours(mask: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: clear, cloud, no data."""
    colours = np.empty((*mask.shape, 3), np.uint8)
    colours[:] = CLEAR_COLOUR
    colours[mask == CLOUD] = CLOUD_COLOUR
    colours[mask == NO_DATA] = NO_DATA_COLOUR
    return colours


def grey(values: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: 0..1 as black to white."""
    filled = np.where(np.isnan(values), NO_DATA_COLOUR[0] / 255, values)
    return np.repeat((255 * filled)[..., None].astype(np.uint8), 3, axis=-1)


def uncertainty_colours(values: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: 0..1 as dark violet to yellow."""
    position = np.nan_to_num(values) * (len(_UNCERTAINTY_COLOURS) - 1)
    lower = np.minimum(position.astype(int), len(_UNCERTAINTY_COLOURS) - 2)
    share = (position - lower)[..., None]
    colours = (1 - share) * _UNCERTAINTY_COLOURS[lower] + share * _UNCERTAINTY_COLOURS[lower + 1]
    return np.where(np.isnan(values)[..., None], NO_DATA_COLOUR, colours).astype(np.uint8)


def coarse_mask(prediction: Prediction, thresholds: Thresholds) -> np.ndarray:
    """The first stage's mask (20): (H, W) uint8, 0 clear, 1 cloud, 255 no data."""
    return _thresholded(prediction.stage("coarse_probability"), thresholds.coarse)


def refined_mask(prediction: Prediction, thresholds: Thresholds) -> np.ndarray:
    """The second stage's mask (21): (H, W) uint8, 0 clear, 1 cloud, 255 no data."""
    return _thresholded(prediction.stage("refined_probability"), thresholds.refined)


def _thresholded(probability: np.ndarray, threshold: float) -> np.ndarray:
    mask = (probability > threshold).astype(np.uint8)
    mask[np.isnan(probability)] = NO_DATA
    return mask
