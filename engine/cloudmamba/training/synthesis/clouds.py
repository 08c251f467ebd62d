"""Synthetic clouds over a clear image: optical thickness, light, shadow, haze, and the label.

A cloud is a field of optical thickness t. It hides the ground with opacity a = 1 - exp(-t)
and adds its own light. What is labelled cloud is what a person would outline: opacity above
``CLOUD_OPACITY``, and a margin (``margin_m``), since people outline clouds from outside, and
the haze and scattered light there spoil the ground as well. Beyond, down to
``HAZE_OPACITY``, people disagree, and the pixel is not labelled; below it is clear.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cloudmamba.training.synthesis.noise import blurred, fractal_field, smooth_step
from cloudmamba.training.targets import (
    CLOUD,
    CLOUD_WEIGHT,
    SHADOW,
    SHADOW_WEIGHT,
    empty_target,
    widened,
)

CLOUD_OPACITY = 0.15
HAZE_OPACITY = 0.07
# How far outside its edge a cloud is outlined, by ground sample distance: the finer, the further.
MARGIN_M = {10: 80, 30: 0}
SUN_ELEVATION_DEG = (25, 70)
# Share of the direct light that is lost in a shadow as people outline it, and where they disagree.
SHADOW_LOSS, DOUBTFUL_LOSS = 0.3, 0.1
# A Gaussian blur of a straight edge falls to this share one standard deviation outside.
SHARE_AT_ONE_DEVIATION = 0.16


@dataclass(frozen=True)
class CloudKind:
    """Ranges from which a cloud field is drawn.

    Attributes:
        slope, stretch: of the field (see fractal_field).
        cover: share of the image with any cloud.
        softness: width of the rise from edge to core, in deviations of the field.
        thickness: optical thickness of the core.
        largest_share: largest structure over the image's size.
        height_m: of what casts the shadow, above the ground.
    """

    slope: tuple[float, float]
    stretch: tuple[float, float]
    cover: tuple[float, float]
    softness: tuple[float, float]
    thickness: tuple[float, float]
    largest_share: tuple[float, float]
    height_m: tuple[float, float]


LOW, HIGH = (300, 3000), (8000, 11000)
KINDS = {
    "cumulus": CloudKind((1.7, 2.3), (1, 1.5), (0.03, 0.5), (0.1, 0.8), (2, 9), (0.2, 1), LOW),
    "fragments": CloudKind((1.6, 2.1), (1, 2), (0.01, 0.15), (0.2, 0.8), (1, 5), (0.08, 0.25), LOW),
    "stratocumulus": CloudKind(
        (1.5, 2.1), (1, 3), (0.3, 0.9), (0.3, 1.5), (1.5, 8), (0.12, 0.5), LOW
    ),
    "stratus": CloudKind((1.9, 2.5), (1, 2), (0.4, 1.0), (0.5, 2.0), (2, 12), (0.5, 2), LOW),
    "cirrus": CloudKind((1.5, 2.1), (3, 10), (0.2, 0.9), (0.8, 2.5), (0.3, 1.4), (0.3, 2), HIGH),
    "veil": CloudKind((1.9, 2.6), (1, 3), (0.3, 1.0), (1.0, 3.0), (0.25, 0.9), (0.5, 2), HIGH),
}


def margin_m(gsd_m: float) -> float:
    """How far labels reach beyond the visible cloud: 80 m up to 10 m ground sample distance,
    none from 30 m on."""
    return float(np.interp(gsd_m, list(MARGIN_M), list(MARGIN_M.values())))


def _within(random: np.random.Generator, bounds: tuple[float, float]) -> float:
    return float(random.uniform(*bounds))


def optical_thickness(random: np.random.Generator, size_px: int, kind: CloudKind) -> np.ndarray:
    """A (size, size) field of optical thickness, zero outside the cloud."""
    field = fractal_field(
        random,
        size_px,
        _within(random, kind.slope),
        _within(random, kind.stretch),
        _within(random, (0, np.pi)),
        _within(random, kind.largest_share) * size_px,
    )
    edge = np.quantile(field, 1 - _within(random, kind.cover))
    rise = smooth_step((field - edge) / _within(random, kind.softness))
    texture = 1 + 0.25 * fractal_field(random, size_px, 1.2)
    return _within(random, kind.thickness) * rise * np.clip(texture, 0.2, 2)


@dataclass(frozen=True)
class Sun:
    """Where the sun stands over an image: one for all of its clouds.

    Attributes:
        elevation_deg: above the horizon.
        azimuth_deg: direction in which shadows fall, in the image.
    """

    elevation_deg: float
    azimuth_deg: float

    @classmethod
    def drawn(cls, random: np.random.Generator) -> Sun:
        """Any direction; elevations at which satellites take images."""
        return cls(_within(random, SUN_ELEVATION_DEG), _within(random, (0, 360)))

    def shift_px(self, height_m: float, gsd_m: float) -> tuple[int, int]:
        """Rows and columns from a cloud at this height to its shadow."""
        distance = height_m / math.tan(math.radians(self.elevation_deg)) / gsd_m
        azimuth = math.radians(self.azimuth_deg)
        return round(distance * math.sin(azimuth)), round(distance * math.cos(azimuth))


def add_clouds(
    random: np.random.Generator, ground: np.ndarray, gsd_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """Put clouds of one or two kinds, with their shadows, over a clear image.

    Clouds beyond the border of the image cast their shadows into it too.

    Args:
        ground: (4, size, size) reflectance: blue, green, red, near infrared.
        gsd_m: ground sample distance, which makes heights and margins pixels.

    Returns:
        The image (4, size, size) float32 and its target (4, size, size) as in
        ``training/targets.py``: cloud (faint haze is clear, and what lies between has no weight)
        and shadow (where direct light is lost).
    """
    size = ground.shape[1]
    sun = Sun.drawn(random)
    names = random.choice(list(KINDS), size=1 + (random.random() < 0.35), replace=False)
    image = ground.astype(np.float32)
    transparency = np.ones((size, size), np.float32)
    light = np.ones((size, size), np.float32)
    layers = []
    for name in names:
        kind = KINDS[name]
        rows, columns = sun.shift_px(_within(random, kind.height_m), gsd_m)
        # Beyond this the clouds of the image and its shadows have nothing to do with each other.
        far = size // 2
        rows, columns = max(-far, min(far, rows)), max(-far, min(far, columns))
        reach = max(abs(rows), abs(columns))
        wide = optical_thickness(random, size + reach, kind)
        top, left = max(0, rows), max(0, columns)
        layers.append(wide[top : top + size, left : left + size])
        opaque = 1 - np.exp(-wide[top - rows :, left - columns :][:size, :size])
        soft = blurred(opaque, min(_within(random, (0.5, 2.5)), size / 8))
        light *= 1 - np.clip(soft, 0, 1)
    # Direct sunlight is lost, the sky's light, mostly blue, stays.
    loss = np.array([0.45, 0.55, 0.62, 0.72], np.float32) * _within(random, (0.6, 1.15))
    image = image * (1 - np.clip(loss, 0, 0.9)[:, None, None] * (1 - light))
    for thickness in layers:
        image = _with_cloud(random, image, thickness)
        transparency *= np.exp(-thickness)
    opacity = 1 - transparency
    if random.random() < 0.5:
        # Light scattered from the cloud brightens its neighbourhood, most of all in blue.
        glow = np.clip(blurred(opacity, _within(random, (2, 10))), 0, 1)
        colour = np.array([1.0, 0.8, 0.65, 0.5], np.float32)[:, None, None]
        image = image + _within(random, (0, 0.05)) * glow * colour * transparency
    return image, _target(opacity, light, gsd_m)


def _target(opacity: np.ndarray, light: np.ndarray, gsd_m: float) -> np.ndarray:
    cloud = opacity >= CLOUD_OPACITY
    cloud |= blurred(cloud.astype(np.float32), margin_m(gsd_m) / gsd_m) > SHARE_AT_ONE_DEVIATION
    haze = ~cloud & (opacity >= HAZE_OPACITY)
    target = empty_target(opacity.shape)
    target[CLOUD] = cloud
    target[CLOUD_WEIGHT] = ~haze
    lost = 1 - light
    # What is cloud is no shadow, whatever lies below it.
    target[SHADOW] = (lost > SHADOW_LOSS) & ~cloud
    doubtful = ~cloud & (lost >= DOUBTFUL_LOSS) & (lost <= SHADOW_LOSS)
    target[SHADOW_WEIGHT] = ~(doubtful | haze)
    return target


def paste_clouds(
    random: np.random.Generator,
    ground: np.ndarray,
    cloudy: np.ndarray,
    cloud: np.ndarray,
    certainty: np.ndarray,
    gsd_m: float,
    margin_px: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Cut the clouds out of a real image with soft edges and lay them over other ground.

    Args:
        ground: (4, size, size) reflectance of clear ground.
        cloudy: (4, size, size) reflectance of a real image with cloud.
        cloud, certainty: (size, size) of that image: how likely cloud is, and how sure that is.
        gsd_m: ground sample distance.
        margin_px: how far the labels reach beyond the clouds, over ground that is not cut out.

    Returns:
        As ``add_clouds``.
    """
    sun = Sun.drawn(random)
    seen = -widened(-cloud, margin_px)
    alpha = smooth_step((blurred(seen, 1.0) - 0.2) / 0.6)
    kind = KINDS["cumulus"]
    rows, columns = sun.shift_px(_within(random, kind.height_m), gsd_m)
    far = cloud.shape[0] // 2
    lost = _shift(alpha, max(-far, min(far, rows)), max(-far, min(far, columns)))
    loss = np.array([0.45, 0.55, 0.62, 0.72], np.float32) * _within(random, (0.6, 1.1))
    image = ground * (1 - np.clip(loss, 0, 0.9)[:, None, None] * blurred(lost, 1.0))
    image = image * (1 - alpha) + _above(cloudy, image) * alpha
    target = empty_target(cloud.shape)
    target[CLOUD] = cloud
    # Between cloud and ground lies what is neither of the two images.
    target[CLOUD_WEIGHT] = np.where(cloud < 0.1, 1, certainty)
    target[SHADOW] = (lost > 0.5) & (cloud < 0.3)
    target[SHADOW_WEIGHT] = 0.7 * ((lost < 0.1) | (lost > 0.5))
    return image.astype(np.float32), target


def _shift(field: np.ndarray, dy: int, dx: int) -> np.ndarray:
    """Moved field; what enters at the border is clear sky."""
    moved = np.zeros_like(field)
    height, width = field.shape
    moved[max(0, dy) : height + min(0, dy), max(0, dx) : width + min(0, dx)] = field[
        max(0, -dy) : height + min(0, -dy), max(0, -dx) : width + min(0, -dx)
    ]
    return moved


def _with_cloud(random, image: np.ndarray, thickness: np.ndarray) -> np.ndarray:
    size = image.shape[1]
    brightest = _within(random, (0.35, 1.0))
    # A cloud is brighter where it is thicker; its light side is brighter than its dark side.
    depth = thickness / (thickness + _within(random, (1.0, 4.0)))
    relief = np.gradient(blurred(thickness, 1.0))
    direction = _within(random, (0, 2 * np.pi))
    slope = relief[0] * np.sin(direction) + relief[1] * np.cos(direction)
    shading = 1 + _within(random, (0, 0.35)) * np.tanh(2 * slope)
    brightness = brightest * (0.55 + 0.45 * depth) * shading
    brightness *= 1 + 0.05 * fractal_field(random, size, 1.0)
    # Seen from space thick cloud is a little brighter in near infrared, where snow is darker.
    tint = 1 + random.normal(0, 0.005, 4) + np.array([-0.010, -0.020, 0.0, 0.018])
    opacity = 1 - np.exp(-thickness)
    # Thin ice cloud scatters short wavelengths a little more.
    colour = tint[:, None, None] * (
        1 + 0.1 * np.exp(-thickness) * np.array([1, 0.3, 0, -0.5])[:, None, None]
    )
    cloud = np.clip(brightness, 0, 1.4) * colour
    return (image * (1 - opacity) + _above(cloud, image) * opacity).astype(np.float32)


def _above(cloud: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Reflectance of a cloud over ground, with what passes to and fro between the two.

    So cloud over snow or ice is hardly ever darker than these, as it would be if it hid them.
    """
    own = np.clip(cloud, 0, 1)
    passed = (1 - own) ** 2 * ground / (1 - own * np.clip(ground, 0, 0.95))
    return cloud + passed
