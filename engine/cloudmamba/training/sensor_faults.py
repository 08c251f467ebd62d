"""Faults of sensors and of what is made of their images, so that a few bad pixels stay local."""

from __future__ import annotations

import numpy as np

from cloudmamba.detection.filling import fill_invalid
from cloudmamba.training.synthesis.noise import blurred, fractal_field
from cloudmamba.training.targets import CLOUD_WEIGHT, SHADOW_WEIGHT

LARGEST_MISREGISTRATION_PX = 2
# Share of scenes with nothing beyond an edge where that is no straight one.
IRREGULAR_OUTLINES = 0.5


def saturate(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Each band (4, H, W) cut off where its detector is full, blue first as with TM and ETM+."""
    blue = random.uniform(0.3, 1.2)
    full = blue * np.array([1.0, *random.uniform(1.0, 1.8, 3)])
    return np.minimum(image, full[:, None, None]).astype(np.float32)


def blur(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """As optics or resampling soften an image (4, H, W)."""
    radius_px = random.uniform(0.4, 1.2)
    return np.stack([blurred(band, radius_px) for band in image])


def misregister(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """One band (of 4, H, W) up to two pixels off, as over high clouds and at the edges of detectors."""
    band = random.integers(len(image))
    reach = LARGEST_MISREGISTRATION_PX
    moved = image.copy()
    moved[band] = np.roll(image[band], random.integers(-reach, reach + 1, 2), (0, 1))
    return moved


def stripe(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Columns of detectors that are not calibrated to each other: (4, H, W) to (4, H, W)."""
    period = random.integers(2, 17)
    gain = 1 + random.normal(0, 0.02, (len(image), period))
    columns = np.arange(image.shape[2]) % period
    return (image * gain[:, columns][:, None, :]).astype(np.float32)


def quantise(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Steps of 8 bits over the range of a TM or ETM+ band: (4, H, W) to (4, H, W)."""
    step = random.uniform(0.3, 1.0) / 255
    return (np.round(image / step) * step).astype(np.float32)


def spoil(
    random: np.random.Generator, image: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Undeclared fill, dead rows or a saturated block; those pixels get no weight.

    Args:
        image: (4, H, W) reflectance.
        target: (4, H, W).
    """
    image, target = image.copy(), target.copy()
    size = image.shape[1]
    kind = random.choice(["outside", "outside", "block", "rows"])
    where = np.zeros(image.shape[1:], bool)
    if kind == "outside":
        where = _outside_swath(random, size)
    elif kind == "block":
        height, width = random.integers(1, max(2, size // 6), 2)
        top, left = random.integers(0, size - 1, 2)
        where[top : top + height, left : left + width] = True
    else:
        top = random.integers(0, size - 1)
        where[top : top + random.integers(1, 4)] = True
    # Dead rows are those of one band, fill that of all.
    bands = [random.integers(len(image))] if kind == "rows" else range(len(image))
    value = random.choice([0.0, 0.0, 0.36, 1.0, random.uniform(0, 1.6)])
    for band in bands:
        image[band][where] = value
    target[[CLOUD_WEIGHT, SHADOW_WEIGHT]] *= ~where
    return image, target


def lose_outside(
    random: np.random.Generator, image: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Nothing beyond the edge of a scene or an outline, filled as detection fills it."""
    valid = ~_outside_swath(random, image.shape[1])
    return _filled(image, target, valid)


def lose_stripes(
    random: np.random.Generator, image: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Oblique gaps without data, as Landsat 7 has since 2003, filled as detection fills them."""
    size = image.shape[1]
    y, x = np.mgrid[:size, :size]
    period, width = random.uniform(20, 40), random.uniform(1, 12)
    valid = (y + random.uniform(-0.3, 0.3) * x) % period >= width
    return _filled(image, target, valid)


def _outside_swath(random: np.random.Generator, size: int) -> np.ndarray:
    """What lies beyond the edge of a scene, (size, size) bool.

    One or two straight edges, with the centre within; or an outline as irregular as that of a
    glacier or a country.
    """
    if random.random() < IRREGULAR_OUTLINES:
        field = fractal_field(random, size, random.uniform(1.5, 2.2))
        return field > np.quantile(field, random.uniform(0.25, 0.9))
    y, x = (np.mgrid[:size, :size] + 0.5) / size
    outside = np.zeros((size, size), bool)
    for _ in range(random.integers(1, 3)):
        if random.random() < 0.5:
            outside |= y < random.uniform(0, 0.4)
        else:
            outside |= y * random.uniform(0.3, 3) + x < random.uniform(0.1, 0.6)
        outside = np.rot90(outside, int(random.integers(4)))
    return outside


def _filled(
    image: np.ndarray, target: np.ndarray, valid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    target = target.copy()
    target[[CLOUD_WEIGHT, SHADOW_WEIGHT]] *= valid
    return fill_invalid(image, valid).astype(np.float32), target
