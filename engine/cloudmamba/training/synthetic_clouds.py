"""Synthetic clouds over a clear image: optical thickness, light, shadow, haze, and the label.

A cloud is a field of optical thickness t. It hides the ground with opacity a = 1 - exp(-t)
and adds its own light. What is labelled cloud is what a person would outline: opacity above
``CLOUD_OPACITY``, and a margin (``margin_m``), since people outline clouds from outside, and
the haze and scattered light there spoil the ground as well. Beyond, down to
``HAZE_OPACITY``, people disagree, and the pixel is not labelled; below it is clear.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cloudmamba.training.noise import blurred, fractal_field, smooth_step

CLEAR, CLOUD, UNLABELLED = 0, 1, 255
CLOUD_OPACITY = 0.15
HAZE_OPACITY = 0.07
# The finer the image, the further outside its edge a cloud is outlined.
FINE_GSD_M, COARSE_GSD_M = 10, 30
FINE_MARGIN_M, COARSE_MARGIN_M = 80, 40
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
    """

    slope: tuple[float, float]
    stretch: tuple[float, float]
    cover: tuple[float, float]
    softness: tuple[float, float]
    thickness: tuple[float, float]
    largest_share: tuple[float, float]


KINDS = {
    "cumulus": CloudKind((1.7, 2.3), (1, 1.5), (0.03, 0.5), (0.1, 0.8), (2, 9), (0.2, 1)),
    "fragments": CloudKind((1.6, 2.1), (1, 2), (0.01, 0.15), (0.2, 0.8), (1, 5), (0.08, 0.25)),
    "stratocumulus": CloudKind((1.5, 2.1), (1, 3), (0.3, 0.9), (0.3, 1.5), (1.5, 8), (0.12, 0.5)),
    "stratus": CloudKind((1.9, 2.5), (1, 2), (0.4, 1.0), (0.5, 2.0), (2, 12), (0.5, 2)),
    "cirrus": CloudKind((1.5, 2.1), (3, 10), (0.2, 0.9), (0.8, 2.5), (0.3, 1.4), (0.3, 2)),
    "veil": CloudKind((1.9, 2.6), (1, 3), (0.3, 1.0), (1.0, 3.0), (0.25, 0.9), (0.5, 2)),
}
# Cumulus and the like cast shadows that can be seen; veils do not.
SHADOW_KINDS = ("cumulus", "fragments", "stratocumulus", "stratus")


def margin_m(gsd_m: float) -> float:
    """How far labels reach beyond the visible cloud: 80 m up to 10 m ground sample distance,
    40 m from 30 m on."""
    return float(np.interp(gsd_m, (FINE_GSD_M, COARSE_GSD_M), (FINE_MARGIN_M, COARSE_MARGIN_M)))


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


def _shift(field: np.ndarray, dy: int, dx: int) -> np.ndarray:
    """Moved field; what enters at the border is the border's value."""
    rows = np.clip(np.arange(field.shape[0]) - dy, 0, field.shape[0] - 1)
    columns = np.clip(np.arange(field.shape[1]) - dx, 0, field.shape[1] - 1)
    return field[rows[:, None], columns[None, :]]


def add_clouds(
    random: np.random.Generator, ground: np.ndarray, gsd_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """Put clouds of one or two kinds over a clear image.

    Args:
        ground: (4, size, size) reflectance: blue, green, red, near infrared.
        gsd_m: ground sample distance, which makes the margin of the labels pixels.

    Returns:
        The image (4, size, size) float32 and its labels (size, size) uint8: 0 clear (shadow
        and faint haze too), 1 cloud, 255 between haze and cloud.
    """
    size = ground.shape[1]
    names = random.choice(list(KINDS), size=1 + (random.random() < 0.35), replace=False)
    image = ground.astype(np.float32)
    transparency = np.ones((size, size), np.float32)
    for name in names:
        thickness = optical_thickness(random, size, KINDS[name])
        opacity = 1 - np.exp(-thickness)
        if name in SHADOW_KINDS:
            image = _with_shadow(random, image, opacity)
        image = _with_cloud(random, image, thickness)
        transparency *= 1 - opacity
    opacity = 1 - transparency
    if random.random() < 0.5:
        # Light scattered from the cloud brightens its neighbourhood, most of all in blue.
        glow = np.clip(blurred(opacity, _within(random, (2, 10))), 0, 1)
        colour = np.array([1.0, 0.8, 0.65, 0.5], np.float32)[:, None, None]
        image = image + _within(random, (0, 0.05)) * glow * colour * transparency
    cloud = opacity >= CLOUD_OPACITY
    margin = blurred(cloud.astype(np.float32), margin_m(gsd_m) / gsd_m) > SHARE_AT_ONE_DEVIATION
    label = np.full((size, size), UNLABELLED, np.uint8)
    label[opacity < HAZE_OPACITY] = CLEAR
    label[cloud | margin] = CLOUD
    return image, label


def _with_shadow(random, image: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    distance = _within(random, (0.02, 0.25)) * image.shape[1]
    direction = _within(random, (0, 2 * np.pi))
    dy, dx = round(distance * np.sin(direction)), round(distance * np.cos(direction))
    shadow = np.clip(blurred(_shift(opacity, dy, dx), _within(random, (0.5, 2.5))), 0, 1)
    # Direct sunlight is lost, the sky's light, mostly blue, stays.
    loss = np.array([0.45, 0.55, 0.62, 0.72], np.float32) * _within(random, (0.6, 1.15))
    return image * (1 - np.clip(loss, 0, 0.9)[:, None, None] * shadow)


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
    tint = 1 + random.normal(0, 0.025, 4) + np.array([0.03, -0.01, 0.0, 0.03])
    opacity = 1 - np.exp(-thickness)
    # Thin ice cloud scatters short wavelengths a little more.
    colour = tint[:, None, None] * (
        1 + 0.1 * np.exp(-thickness) * np.array([1, 0.3, 0, -0.5])[:, None, None]
    )
    return (image * (1 - opacity) + np.clip(brightness, 0, 1.4) * colour * opacity).astype(
        np.float32
    )
