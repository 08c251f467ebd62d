"""Scores during training, on images that training never sees."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from cloudmamba.detection.in_memory import predict_array
from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.network.model import CloudMamba
from cloudmamba.raster.bands import ROLES
from cloudmamba.training.datasets import NO_DATA, read_index

FOLDER = "manual/validation"


class Validation:
    """Masks the images of ``manual/validation`` as detection does, and scores them by sensor.

    Where the data folder has none, there are no scores.
    """

    def __init__(self, folder: Path, device: torch.device):
        self.device = device
        records = [record for record in read_index(folder) if record.folder == FOLDER]
        self._images = [(record.sensor, *record.read()) for record in records]

    @property
    def is_empty(self) -> bool:
        """Whether there is no image to score."""
        return not self._images

    def scores(self, model: CloudMamba) -> dict[str, float]:
        """Cloud IoU in percent for each sensor, with and without near infrared."""
        result = {}
        bands = model.configuration.bands
        # Images are in the order of ROLES, whatever bands the model takes.
        order = [ROLES.index(band) for band in bands]
        for title, near_infrared in (("", True), (" without nir", False)):
            present = tuple(band != "nir" or near_infrared for band in bands)
            pooled = defaultdict(Confusion)
            for sensor, image, label in self._images:
                labelled = label != NO_DATA
                valid = np.ones_like(labelled)
                mask = predict_array(model, image[order], valid, present).mask
                pooled[sensor] += Confusion.of(mask == 1, label == 1, labelled)
            result |= {f"{s}{title}": 100 * c.cloud_iou for s, c in sorted(pooled.items())}
        return result
