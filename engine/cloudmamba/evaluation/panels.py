"""Pictures of one image and of what was made of it, stage by stage (the paper's Figure 6)."""

from __future__ import annotations

import base64
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile

from cloudmamba.detection.products import CLOUD, NO_DATA
from cloudmamba.evaluation.images import LabelledImage
from cloudmamba.evaluation.maskers import Answer
from cloudmamba.evaluation.metrics import Confusion

# Longest side of a picture; larger images are shown smaller.
PICTURE_PX = 384
# Told apart by the colour-blind too: blue and orange.
CLEAR_COLOUR, CLOUD_COLOUR = (38, 42, 48), (245, 245, 245)
MISSED_COLOUR, FALSE_COLOUR, NO_DATA_COLOUR = (58, 134, 255), (255, 140, 26), (128, 128, 128)
# From sure to undecided: dark violet to yellow, evenly in lightness.
_UNCERTAINTY_COLOURS = np.array(
    [(13, 8, 60), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164)], np.float32
)


@dataclass(frozen=True)
class Picture:
    """``uri`` holds the picture itself (``data:image/...``)."""

    caption: str
    uri: str


@dataclass(frozen=True)
class Panel:
    """One image: its stages, then the errors of every masker.

    Attributes:
        error: share of scored pixels that the first masker has wrong; 0 where none is scored.
    """

    image: str
    sensor: str
    counts: Confusion
    stages: Sequence[Picture]
    others: Sequence[Picture]

    @property
    def error(self) -> float:
        accuracy = self.counts.overall_accuracy
        return 0.0 if math.isnan(accuracy) else 1 - accuracy


def panel_of(
    image: LabelledImage, names: Sequence[str], answers: Sequence[Answer], counts: Confusion
) -> Panel:
    """Pictures of the first answer's stages and of all others' errors.

    Args:
        names, answers: of all maskers; ``counts`` is of the first.
    """
    stages = []
    if image.reflectance is not None:
        stages.append(Picture("image", _jpeg(true_colour(image.reflectance, image.valid))))
    stages.append(Picture("reference", _png(_mask_colours(image.label))))
    first, *others = answers
    if prediction := first.prediction:
        stages += [
            Picture("Pc", _jpeg(_grey(prediction.coarse_probability))),
            Picture("U", _jpeg(_uncertainty_colours(prediction.coarse_uncertainty))),
            Picture("M", _png(_grey(prediction.accepted))),
            Picture("Pr", _jpeg(_grey(prediction.refined_probability))),
        ]
    stages.append(Picture("mask", _png(_mask_colours(first.mask))))
    stages.append(Picture("errors", _png(error_colours(first.mask, image.label))))
    compared = [
        Picture(name, _png(error_colours(answer.mask, image.label)))
        for name, answer in zip(names[1:], others, strict=True)
    ]
    return Panel(image.name, image.sensor, counts, stages, compared)


def true_colour(reflectance: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 of blue, green, red ...; the middle 98 % of the values, all bands alike."""
    rgb = np.moveaxis(reflectance[2::-1], 0, -1)
    low, high = np.percentile(rgb[valid], (1, 99)) if valid.any() else (0.0, 1.0)
    stretched = ((rgb - low) / max(high - low, 1e-6)).clip(0, 1) ** 0.8
    return np.where(valid[..., None], 255 * stretched, NO_DATA_COLOUR[0]).astype(np.uint8)


def error_colours(mask: np.ndarray, label: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: right cloud, right clear, missed cloud, false cloud, not scored."""
    cloud, reference = mask == CLOUD, label == CLOUD
    colours = _mask_colours(label)
    colours[reference & ~cloud] = MISSED_COLOUR
    colours[cloud & ~reference] = FALSE_COLOUR
    colours[(label == NO_DATA) | (mask == NO_DATA)] = NO_DATA_COLOUR
    return colours


def _mask_colours(mask: np.ndarray) -> np.ndarray:
    colours = np.empty((*mask.shape, 3), np.uint8)
    colours[:] = CLEAR_COLOUR
    colours[mask == CLOUD] = CLOUD_COLOUR
    colours[mask == NO_DATA] = NO_DATA_COLOUR
    return colours


def _grey(values: np.ndarray) -> np.ndarray:
    """0..1 as black to white."""
    filled = np.where(np.isnan(values), NO_DATA_COLOUR[0] / 255, values)
    return np.repeat((255 * filled)[..., None].astype(np.uint8), 3, axis=-1)


def _uncertainty_colours(values: np.ndarray) -> np.ndarray:
    position = np.nan_to_num(values) * (len(_UNCERTAINTY_COLOURS) - 1)
    lower = np.minimum(position.astype(int), len(_UNCERTAINTY_COLOURS) - 2)
    share = (position - lower)[..., None]
    colours = (1 - share) * _UNCERTAINTY_COLOURS[lower] + share * _UNCERTAINTY_COLOURS[lower + 1]
    return np.where(np.isnan(values)[..., None], NO_DATA_COLOUR, colours).astype(np.uint8)


def _jpeg(pixels: np.ndarray) -> str:
    """For pictures of continuous values: averaged to their size, and compressed."""
    step = _step(pixels)
    height, width = (size // step * step for size in pixels.shape[:2])
    blocks = pixels[:height, :width].reshape(height // step, step, width // step, step, 3)
    return _encoded(blocks.mean((1, 3)).astype(np.uint8), "JPEG", quality=88)


def _png(pixels: np.ndarray) -> str:
    """For classes: every n-th pixel, without loss."""
    step = _step(pixels)
    return _encoded(pixels[::step, ::step], "PNG", zlevel=9)


def _step(pixels: np.ndarray) -> int:
    return math.ceil(max(pixels.shape[:2]) / PICTURE_PX)


def _encoded(pixels: np.ndarray, driver: str, **options) -> str:
    height, width, bands = pixels.shape
    profile = {"driver": driver, "dtype": "uint8", "count": bands, **options}
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with memory.open(width=width, height=height, **profile) as dataset:
            dataset.write(np.moveaxis(pixels, -1, 0))
        content = base64.b64encode(memory.read()).decode("ascii")
    return f"data:image/{driver.lower()};base64,{content}"
