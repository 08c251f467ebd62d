"""Augmentation: geometry, light, atmosphere and sensor, so that no single product is learnt."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

# An 8-bit picture shows reflectance up to about this value; see the radiometry "picture".
PICTURE_WHITE = 0.36


def random_crop(
    random: np.random.Generator, image: np.ndarray, label: np.ndarray, size_px: int, zoom: float
) -> tuple[np.ndarray, np.ndarray]:
    """A square crop, enlarged ``zoom`` times (below one: reduced), by reflection where too small.

    Args:
        image: (4, H, W).
        label: (H, W) uint8.
    """
    source = max(8, round(size_px / zoom))
    pad = [max(0, source - length) for length in label.shape]
    if any(pad):
        image = np.pad(image, ((0, 0), (0, pad[0]), (0, pad[1])), mode="symmetric")
        label = np.pad(label, ((0, pad[0]), (0, pad[1])), mode="symmetric")
    top = random.integers(0, label.shape[0] - source + 1)
    left = random.integers(0, label.shape[1] - source + 1)
    image = image[:, top : top + source, left : left + source].astype(np.float32)
    label = label[top : top + source, left : left + source]
    if source == size_px:
        return image, label
    resized = functional.interpolate(
        torch.from_numpy(image)[None],
        (size_px, size_px),
        mode="bilinear",
        antialias=source > size_px,
    )[0].numpy()
    nearest = np.minimum((np.arange(size_px) + 0.5) * source / size_px, source - 1).astype(int)
    return resized, label[nearest[:, None], nearest[None, :]]


def flip_and_rotate(random, image: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One of the eight symmetries of the square."""
    turns = random.integers(4)
    image, label = np.rot90(image, turns, (1, 2)), np.rot90(label, turns)
    if random.random() < 0.5:
        image, label = image[:, :, ::-1], label[:, ::-1]
    return np.ascontiguousarray(image), np.ascontiguousarray(label)


def vary_light(random, image: np.ndarray) -> np.ndarray:
    """Sun, calibration, atmosphere and noise: (4, H, W) to (4, H, W)."""
    gain = np.exp(random.normal(0, 0.12)) * np.exp(random.normal(0, 0.02, 4))
    path = np.zeros(4)
    if random.random() < 0.6:
        # Between surface and top of atmosphere lies a bluish path radiance.
        path = random.uniform(-0.02, 0.09) * np.array([1.0, 0.6, 0.35, 0.12])
    image = image * gain[:, None, None] + path[:, None, None]
    if random.random() < 0.3:
        image = image + random.normal(0, random.uniform(0.001, 0.015), image.shape)
    return np.clip(image, 0, 1.6).astype(np.float32)


def brighten(random, image: np.ndarray) -> np.ndarray:
    """Ground as bright as deserts, beaches and tailings are: (4, H, W) to (4, H, W)."""
    gain = np.exp(random.uniform(0, np.log(2.2)))
    return np.clip(image * gain, 0, 1.0).astype(np.float32)


def like_a_picture(random, image: np.ndarray) -> np.ndarray:
    """What is left of an image after an 8-bit stretch, in the scale of "picture" radiometry."""
    white = random.uniform(0.25, 0.6)
    black = random.uniform(0, 0.04)
    stretched = np.clip((image - black) / (white - black), 0, 1)
    if random.random() < 0.3:
        stretched = stretched ** random.uniform(0.6, 1.0)
    return (np.round(stretched * 255) / 255 * PICTURE_WHITE).astype(np.float32)
