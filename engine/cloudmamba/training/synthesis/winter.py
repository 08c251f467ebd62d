"""Snow laid on clear images: what is white, has structure and is no cloud.

Clear images with snow are rare, and a network that has seen few of them calls snow cloud.
Snow follows the ground: it has the sharp borders of fields, rivers and woods, thins out under
trees, lies in patches and gullies where it melts, is bluish where slopes turn from the sun, and
mostly reflects less near infrared than a cloud does.
"""

from __future__ import annotations

import numpy as np

from cloudmamba.training.synthesis.noise import blurred, fractal_field, smooth_step
from cloudmamba.training.synthesis.relief import RIDGED, light_on_slopes

# Near infrared of snow over its red: coarse, old or wet grains absorb more.
NEAR_INFRARED_SHARE = (0.80, 1.02)
OPEN_WATER_NIR = 0.06


def lay_snow(random: np.random.Generator, ground: np.ndarray) -> np.ndarray:
    """A snowy version of a clear image.

    Args:
        ground: (4, size, size) reflectance of blue, green, red and near infrared.

    Returns:
        (4, size, size) float32 reflectance, still without cloud.
    """
    size = ground.shape[1]
    brightness = ground[:3].mean(0)
    detail = brightness - blurred(brightness, random.uniform(2, 12))
    detail = np.clip(detail / (3 * detail.std() + 1e-4), -1, 1)
    share = _cover(random, size, detail)
    share *= 1 - random.uniform(0.3, 0.95) * _trees(ground)
    if random.random() < 0.6:
        share = np.where(ground[3] < OPEN_WATER_NIR, 0, share)
    light = np.ones((4, size, size), np.float32)
    if random.random() < 0.6:
        light = light_on_slopes(random, size, contrast=(0.05, 0.5), ridged=RIDGED)
    # What lies under the snow shows through: roads, ditches, bushes, stubble.
    light = light * (1 + random.uniform(0, 0.3) * detail)
    red = random.uniform(0.3, 0.95)
    colour = np.array([random.uniform(0.98, 1.06), 1.0, 1.0, random.uniform(*NEAR_INFRARED_SHARE)])
    colour += random.normal(0, 0.01, 4)
    grain = 1 + random.uniform(0, 0.06) * fractal_field(random, size, 0.8)
    snow = red * colour[:, None, None] * np.clip(light * grain, 0.05, 1.5)
    return (ground * (1 - share) + snow * share).astype(np.float32)


def _cover(random, size: int, detail: np.ndarray) -> np.ndarray:
    """Share of snow in each pixel, (size, size) in 0..1: everywhere, or melting in patches."""
    if random.random() < 0.45:
        return np.full((size, size), random.uniform(0.85, 1.0))
    stretch, angle = random.uniform(1, 5), random.uniform(0, np.pi)
    field = fractal_field(random, size, random.uniform(0.9, 1.8), stretch, angle)
    # Bright ground is bare ground that gets sun: the snow melts there first or last.
    field = field + random.uniform(-1, 1) * detail
    edge = np.quantile(field, random.uniform(0.1, 0.95))
    return smooth_step((field - edge) / random.uniform(0.05, 0.5)) * random.uniform(0.7, 1.0)


def _trees(ground: np.ndarray) -> np.ndarray:
    """How wooded, (size, size) in 0..1: green and dark."""
    red, near_infrared = ground[2], ground[3]
    index = (near_infrared - red) / (near_infrared + red + 1e-3)
    return smooth_step((index - 0.45) / 0.3) * smooth_step((0.10 - red) / 0.06)
