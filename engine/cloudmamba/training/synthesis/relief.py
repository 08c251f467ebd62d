"""Light: the sun's, which ozone colours and relief shades, and the sky's, which is blue and has no direction."""

from __future__ import annotations

import numpy as np

from cloudmamba.training.synthesis.noise import fractal_field

# Share of the sky in the light on level ground under a clear sky, blue to near infrared, as seen
# through the atmosphere above it.
SKY_SHARE = np.array([0.30, 0.20, 0.14, 0.07], np.float32)
DARKEST, BRIGHTEST = 0.0, 1.6
# How likely relief is that of mountains, not of hills.
RIDGED = 0.1
# Ozone takes green and red out of low sunlight: its optical depth at 300 Dobson units, blue to near
# infrared, and how much air light passes on its way down and up, beyond what an image has of it.
OZONE_DEPTH = np.array([0.006, 0.030, 0.018, 0.0005])
AIR_MASS = (1.0, 9.0)


def light_of_low_sun(random: np.random.Generator) -> np.ndarray:
    """Share (4,) of the light that comes through ozone, blue to near infrared, under a low sun."""
    return np.exp(-random.uniform(*AIR_MASS) * OZONE_DEPTH)


def light_on_slopes(
    random: np.random.Generator,
    size_px: int,
    contrast: tuple[float, float],
    slope: tuple[float, float] = (1.3, 2.0),
    stretch: float = 1.0,
    ridged: float = 0.0,
) -> np.ndarray:
    """Light (4, size, size) float32 in blue, green, red and near infrared, 1 on level ground.

    Shaded slopes keep the light of the sky, so that they are bluish: what tells snow in the
    mountains from cloud.

    Args:
        contrast: range of the deviation of the direct light.
        slope: range of the relief's spectrum, as of ``fractal_field``.
        stretch: of the relief, such as wind leaves it in snow.
        ridged: how likely slopes meet in sharp ridges, as in mountains that water has cut.
    """
    height = fractal_field(
        random, size_px, random.uniform(*slope), stretch, random.uniform(0, np.pi)
    )
    if random.random() < ridged:
        height = -np.abs(height)
    dy, dx = np.gradient(height)
    direction = random.uniform(0, 2 * np.pi)
    towards_sun = dy * np.sin(direction) + dx * np.cos(direction)
    direct = 1 + random.uniform(*contrast) * towards_sun / (towards_sun.std() + 1e-6)
    direct = np.clip(direct, DARKEST, BRIGHTEST)
    sky = (SKY_SHARE * random.uniform(0.3, 1.3))[:, None, None]
    return (direct * (1 - sky) + sky).astype(np.float32)
