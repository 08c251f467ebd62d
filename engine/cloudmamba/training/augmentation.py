"""Augmentation: geometry, light and atmosphere, so that no single product is learnt.

Targets are arrays (4, H, W) as in ``targets.py``; what moves an image moves its target alike.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from cloudmamba.training.synthesis.relief import light_of_low_sun


def random_crop(
    random: np.random.Generator, image: np.ndarray, target: np.ndarray, size_px: int, zoom: float
) -> tuple[np.ndarray, np.ndarray]:
    """A square crop, enlarged ``zoom`` times (below one: reduced), by reflection where too small.

    Args:
        image: (4, H, W).
        target: (layers, H, W).
    """
    source = max(8, round(size_px / zoom))
    height, width = target.shape[1:]
    top = random.integers(0, max(0, height - source) + 1)
    left = random.integers(0, max(0, width - source) + 1)
    window = (slice(None), slice(top, top + source), slice(left, left + source))
    image, target = image[window].astype(np.float32), target[window].astype(np.float32)
    pad = [(0, source - length) for length in target.shape[1:]]
    if any(end for _, end in pad):
        image = np.pad(image, ((0, 0), *pad), mode="symmetric")
        target = np.pad(target, ((0, 0), *pad), mode="symmetric")
    if source == size_px:
        return image, target
    resized = functional.interpolate(
        torch.from_numpy(image)[None],
        (size_px, size_px),
        mode="bilinear",
        antialias=source > size_px,
    )[0].numpy()
    nearest = np.minimum((np.arange(size_px) + 0.5) * source / size_px, source - 1).astype(int)
    return resized, target[:, nearest[:, None], nearest[None, :]]


def flip_and_rotate(
    random: np.random.Generator, image: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One of the eight symmetries of the square."""
    turns = int(random.integers(4))
    image, target = np.rot90(image, turns, (1, 2)), np.rot90(target, turns, (1, 2))
    if random.random() < 0.5:
        image, target = image[:, :, ::-1], target[:, :, ::-1]
    return np.ascontiguousarray(image), np.ascontiguousarray(target)


# Share of samples in the light of a lower sun, whatever they show: it colours snow and cloud alike.
# Real images have gone through ozone already; ground, cloud and snow that are made have not.
LOW_SUN, LOW_SUN_OVER_WHAT_IS_MADE = 0.4, 0.8
# Deviation of the gain of all bands together, and of each: more than sensors differ would hide the
# few percent in colour that tell ice from cloud.
GAIN, BAND_GAIN = 0.12, 0.005


def vary_light(
    random: np.random.Generator, image: np.ndarray, low_sun: float = LOW_SUN
) -> np.ndarray:
    """Sun, calibration, atmosphere and noise: (4, H, W) to (4, H, W).

    Args:
        low_sun: how likely the sun is low.
    """
    gain = np.exp(random.normal(0, GAIN)) * np.exp(random.normal(0, BAND_GAIN, 4))
    if random.random() < low_sun:
        gain = gain * light_of_low_sun(random)
    path = np.zeros(4)
    if random.random() < 0.6:
        # Between surface and top of atmosphere lies a bluish path radiance.
        path = random.uniform(-0.02, 0.09) * np.array([1.0, 0.6, 0.35, 0.12])
    image = image * gain[:, None, None] + path[:, None, None]
    if random.random() < 0.3:
        image = image + random.normal(0, random.uniform(0.001, 0.015), image.shape)
    return np.clip(image, 0, 2).astype(np.float32)


# What products without the atmosphere have taken out, blue to near infrared: the light of the air itself,
# the share by which it dims the ground, and how much of the ground's light it throws back. The first two
# fitted to Sentinel-2 images of two places, trained on, of both levels.
AIR_LIGHT = np.array([0.085, 0.055, 0.036, 0.024])
AIR_LOSS = np.array([0.53, 0.47, 0.28, 0.21])
AIR_THROWN_BACK = np.array([0.14, 0.10, 0.07, 0.04])
# How much air there was, in units of that of the two places.
AIR = (0.4, 1.2)


def take_out_air(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Reflectance at the surface from that at the top of the atmosphere: (4, H, W) to (4, H, W)."""
    air, light = random.uniform(*AIR), random.uniform(0.8, 1.2)
    ground = image - (air * light * AIR_LIGHT)[:, None, None]
    ground = ground * (1 + air * AIR_LOSS)[:, None, None]
    thrown_back = (air * AIR_THROWN_BACK)[:, None, None]
    # Products end at 0, too.
    ground = np.maximum(ground, 0)
    return (ground / (1 + thrown_back * ground)).astype(np.float32)


def scale_and_shift(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """A wrong or unusual calibration of the whole image: (4, H, W) to (4, H, W)."""
    changed = image * np.exp(random.normal(0, 0.25)) + random.uniform(-0.03, 0.06)
    return np.clip(changed, 0, 2).astype(np.float32)


def brighten(random: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Ground as bright as deserts, beaches and tailings are: (4, H, W) to (4, H, W)."""
    gain = np.exp(random.uniform(0, np.log(2.2)))
    return np.clip(image * gain, 0, 1.0).astype(np.float32)
