"""Scores of a model, and of the brightness baseline, on labelled images."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from cloudmamba.detection.in_memory import predict_array
from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.evaluation.threshold import fit_threshold, threshold_mask
from cloudmamba.network.model import CloudMamba
from cloudmamba.raster.bands import ROLES
from cloudmamba.training.datasets import NO_DATA, ImageRecord

# Reflectance (4, H, W) to a cloud mask (H, W) bool.
Masker = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class ImageScore:
    """Counts of one method on one image."""

    image: str
    sensor: str
    counts: Confusion


def model_masker(model: CloudMamba, near_infrared: bool = True) -> Masker:
    """Masks made as ``cloudmamba detect`` makes them, with near infrared given or withheld."""
    bands = model.configuration.bands
    present = tuple(band != "nir" or near_infrared for band in bands)
    # Images are in the order of ROLES, whatever bands the model takes.
    order = [ROLES.index(band) for band in bands]

    def mask(reflectance: np.ndarray) -> np.ndarray:
        valid = np.ones(reflectance.shape[1:], bool)
        return predict_array(model, reflectance[order], valid, present).mask == 1

    return mask


def threshold_masker(records: Iterable[ImageRecord], near_infrared: bool = True) -> Masker:
    """The best brightness threshold on the images given."""
    bands = 4 if near_infrared else 3
    images = ((image[:bands], label == 1, label != NO_DATA) for image, label in _read(records))
    threshold = fit_threshold(images)

    def mask(reflectance: np.ndarray) -> np.ndarray:
        return threshold_mask(reflectance[:bands], threshold)

    mask.threshold = threshold
    return mask


def score(masker: Masker, records: Iterable[ImageRecord]) -> list[ImageScore]:
    """Score a method image by image; unlabelled pixels do not count."""
    records = list(records)
    return [
        ImageScore(
            record.name,
            record.sensor,
            Confusion.of(masker(image), label == 1, label != NO_DATA),
        )
        for record, (image, label) in zip(records, _read(records), strict=True)
    ]


def pool(scores: Iterable[ImageScore]) -> dict[str, Confusion]:
    """Counts summed by sensor, and over everything under the key ``all``."""
    pooled: dict[str, Confusion] = {}
    for item in scores:
        for key in (item.sensor, "all"):
            pooled[key] = pooled.get(key, Confusion()) + item.counts
    # "all" last, sensors in alphabetical order.
    return {key: pooled[key] for key in sorted(pooled, key=lambda key: (key == "all", key))}


def _read(records: Iterable[ImageRecord]):
    for record in records:
        yield record.read()
