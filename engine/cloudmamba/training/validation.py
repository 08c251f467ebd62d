"""Scores during training, on images that training never sees and no report uses."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from cloudmamba.classes import BANDS
from cloudmamba.data.images import LabelledImage
from cloudmamba.data.index import CLEAR_FOLDERS, ImageRecord, has_data, read_index
from cloudmamba.detection.in_memory import predict_array
from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.masker import CloudMasker
from cloudmamba.training.targets import (
    CLOUD,
    CLOUD_WEIGHT,
    SHADOW,
    SHADOW_WEIGHT,
    target_of,
)

# Where a data folder has no images for choosing, those of this folder take their place.
FOLDER = "manual/validation"
# Targets count from this weight on.
SMALLEST_WEIGHT = 0.4


class Validation:
    """Masks the images for choosing as detection does, and scores them by folder.

    Where the data folder has none, there are no scores. Images are read anew each time, so that
    any number of them fits in memory.
    """

    def __init__(self, folder: Path, device: torch.device, teachers: Path | None = None):
        self.device = device
        self._teachers = teachers
        index = read_index(folder)
        chosen = [record for record in index if record.purpose == "choose"]
        self._records = chosen or [record for record in index if record.folder == FOLDER]

    @property
    def is_empty(self) -> bool:
        """Whether there is no image to score."""
        return not self._records

    def scores(self, masker: CloudMasker) -> dict[str, float]:
        """Cloud IoU in percent for each folder, with and without near infrared.

        Of clear images the share that is called cloud, of networks with that output the F1 of
        cloud shadow. What there is nothing to score by is left out.
        """
        pooled: dict[str, Confusion] = defaultdict(Confusion)
        for record in self._records:
            image, target = target_of(record, self._teachers)
            title = f"{record.folder} {record.sensor}"
            for withheld in (None, "nir"):
                name = title if withheld is None else f"{title} without {withheld}"
                mask, shadow = _masked(masker, image, record, withheld)
                weighted = target[CLOUD_WEIGHT] >= SMALLEST_WEIGHT
                pooled[name] += Confusion.of(mask == 1, target[CLOUD] > 0.5, weighted)
                if shadow is not None and record.folder not in CLEAR_FOLDERS:
                    weighted = target[SHADOW_WEIGHT] >= SMALLEST_WEIGHT
                    pooled[f"{name} shadow"] += Confusion.of(
                        shadow > 0.5, target[SHADOW] > 0.5, weighted
                    )
        scores = {title: _score(title, confusion) for title, confusion in pooled.items()}
        return {title: score for title, score in scores.items() if not math.isnan(score)}


def _score(title: str, confusion: Confusion) -> float:
    if title.startswith(CLEAR_FOLDERS):
        return 100 * confusion.false_positive / max(confusion.pixels, 1)
    return 100 * (confusion.f1 if title.endswith("shadow") else confusion.cloud_iou)


def _masked(
    masker: CloudMasker, image: np.ndarray, record: ImageRecord, withheld: str | None
) -> tuple[np.ndarray, np.ndarray | None]:
    bands = masker.configuration.bands
    prediction = predict_array(
        masker.prepared,
        image[_order(bands)],
        has_data(image),
        _available(bands, record.available_bands, withheld),
        gsd_m=record.gsd_m,
    )
    return prediction.mask, prediction.shadow


def counts(masker: CloudMasker, image: LabelledImage, withheld: str | None = None) -> Confusion:
    """Counts over the labelled pixels of an image, masked as ``cloudmamba detect`` does.

    Args:
        withheld: a band that the model is not given.
    """
    bands = masker.configuration.bands
    available = _available(bands, image.available_bands, withheld)
    mask = predict_array(
        masker.prepared, image.pixels[_order(bands)], image.valid, available, gsd_m=image.gsd_m
    ).mask
    return Confusion.of(mask == 1, image.label == 1, image.labelled)


def _order(bands: Sequence[str]) -> list[int]:
    """Images are in the order of BANDS, whatever bands a model takes."""
    return [BANDS.index(band) for band in bands]


def _available(bands: Sequence[str], there: Sequence[bool], withheld: str | None) -> list[bool]:
    return [there[BANDS.index(band)] and band != withheld for band in bands]
