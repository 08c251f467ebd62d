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

from cloudmamba.data.images import LabelledImage
from cloudmamba.evaluation.maskers import Answer, Masker, ModelMasker
from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.evaluation.report.pictures import (
    coarse_mask,
    error_colours,
    grey,
    mask_colours,
    refined_mask,
    true_colour,
    uncertainty_colours,
)

# Longest side of a picture; larger images are shown smaller.
PICTURE_PX = 384


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
    image: LabelledImage, maskers: Sequence[Masker], answers: Sequence[Answer], counts: Confusion
) -> Panel:
    """Pictures of the first answer's stages and of all others' errors.

    Args:
        maskers, answers: all of them; ``counts`` is of the first.
    """
    stages = []
    if image.reflectance is not None:
        stages.append(Picture("image", _jpeg(true_colour(image.reflectance, image.valid))))
    stages.append(Picture("reference", _png(mask_colours(image.label))))
    first, *others = answers
    if (prediction := first.prediction) and isinstance(maskers[0], ModelMasker):
        thresholds = maskers[0].thresholds
        stages += [
            Picture("Pc", _jpeg(grey(prediction.stage("coarse_probability")))),
            Picture("Pc > tau_c", _png(mask_colours(coarse_mask(prediction, thresholds)))),
            Picture("U", _jpeg(uncertainty_colours(prediction.stage("coarse_uncertainty")))),
            Picture("M", _png(grey(prediction.stage("accepted")))),
            Picture("Pr", _jpeg(grey(prediction.stage("refined_probability")))),
            Picture("Pr > tau_r", _png(mask_colours(refined_mask(prediction, thresholds)))),
        ]
    stages.append(Picture("mask", _png(mask_colours(first.mask))))
    stages.append(Picture("errors", _png(error_colours(first.mask, image.label))))
    compared = [
        Picture(masker.name, _png(error_colours(answer.mask, image.label)))
        for masker, answer in zip(maskers[1:], others, strict=True)
    ]
    return Panel(image.name, image.sensor, counts, stages, compared)


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
