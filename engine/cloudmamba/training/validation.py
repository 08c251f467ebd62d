"""Scores during training, on images that training never sees."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import torch

from cloudmamba.detection.in_memory import predict_array
from cloudmamba.evaluation.images import LabelledImage, read_record
from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.network.model import CloudMamba
from cloudmamba.raster.bands import ROLES
from cloudmamba.training.datasets import read_index

FOLDER = "manual/validation"


class Validation:
    """Masks the images of ``manual/validation`` as detection does, and scores them by sensor.

    Where the data folder has none, there are no scores. Images are read anew each time, so that
    any number of them fits in memory.
    """

    def __init__(self, folder: Path, device: torch.device):
        self.device = device
        self._records = [record for record in read_index(folder) if record.folder == FOLDER]

    @property
    def is_empty(self) -> bool:
        """Whether there is no image to score."""
        return not self._records

    def scores(self, model: CloudMamba) -> dict[str, float]:
        """Cloud IoU in percent for each sensor, with and without near infrared."""
        pooled = defaultdict(Confusion)
        for image in map(read_record, self._records):
            pooled[image.sensor] += counts(model, image)
            pooled[f"{image.sensor} without nir"] += counts(model, image, withheld="nir")
        return {title: 100 * confusion.cloud_iou for title, confusion in pooled.items()}


def counts(model: CloudMamba, image: LabelledImage, withheld: str | None = None) -> Confusion:
    """Counts over the labelled pixels of an image, masked as ``cloudmamba detect`` does.

    Args:
        withheld: a band that the model is not given.
    """
    bands = model.configuration.bands
    # Images are in the order of ROLES, whatever bands the model takes.
    order = [ROLES.index(band) for band in bands]
    present = [
        image.present[index] and band != withheld for index, band in zip(order, bands, strict=True)
    ]
    mask = predict_array(model, image.reflectance[order], image.valid, present).mask
    return Confusion.of(mask == 1, image.label == 1, image.labelled)
