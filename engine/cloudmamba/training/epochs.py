"""Batches counted in epochs: every image to train on once, in random order, with nothing made up."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import torch

from cloudmamba.data.index import read_index
from cloudmamba.errors import InputError
from cloudmamba.outlines import fineness_of
from cloudmamba.training.augmentation import flip_and_rotate, random_crop
from cloudmamba.training.configuration import TrainingConfiguration
from cloudmamba.training.loop import Sampler
from cloudmamba.training.sampler import Batch, Sample, TrainingSampler
from cloudmamba.training.targets import filled_image_and_target_of

FOLDER = "manual/train"


class EpochSampler:
    """Visits each image of ``manual/train`` that is to train once an epoch, flipped and rotated.

    Images are read when their turn comes, so that the data set may be larger than memory. The
    last batch of an epoch holds what is left and may be smaller.

    Args:
        folder: with ``index.csv``.
        crop_px: side of a sample; of larger images a random part, smaller ones mirrored.
        seed: with the step it determines the batch.

    Raises:
        InputError: the folder has no image in ``manual/train``.
    """

    def __init__(self, folder: Path, crop_px: int, seed: int):
        self.crop_px = crop_px
        self.seed = seed
        self._records = [
            record
            for record in read_index(folder)
            if record.folder == FOLDER and record.purpose == "train"
        ]
        if not self._records:
            raise InputError(f"'{folder}' has no images in {FOLDER} to train on.")

    def steps_per_epoch(self, batch_size: int) -> int:
        """Batches that hold all images."""
        return -(-len(self._records) // batch_size)

    def sample(self, step: int, batch_size: int, part: slice = slice(None)) -> Batch:
        """The batch of a step, or a part of it.

        A part of the last batch of an epoch may have no image left. It is then an image of another
        part without its labels, which costs time but teaches nothing.
        """
        epoch, place = divmod(step, self.steps_per_epoch(batch_size))
        order = np.random.default_rng((self.seed, epoch, 0)).permutation(len(self._records))
        chosen = order[place * batch_size : (place + 1) * batch_size]
        if not len(chosen[part]):
            other = Batch.of([self._item(epoch, chosen[0])])
            return dataclasses.replace(other, target=torch.zeros_like(other.target))
        return Batch.of(self._item(epoch, index) for index in chosen[part])

    def _item(self, epoch: int, index: int) -> Sample:
        random = np.random.default_rng((self.seed, epoch, 1 + index))
        record = self._records[index]
        image, target = filled_image_and_target_of(record, None)
        image, target = random_crop(random, image, target, self.crop_px, zoom=1.0)
        image, target = flip_and_rotate(random, image, target)
        return image, target, np.array(record.available_bands), fineness_of(record.gsd_m)


def prepare(
    configuration: TrainingConfiguration, folder: Path, teachers: Path | None = None
) -> tuple[TrainingConfiguration, Sampler]:
    """The configuration counted in steps, and the sampler that it asks for.

    Args:
        teachers: folder with labels of teachers; None for none.

    Raises InputError if the data folder lacks images that the configuration needs, or if the epochs
    have fewer steps than the configuration names.
    """
    optimisation = configuration.optimisation
    if optimisation.epochs is None:
        return configuration, TrainingSampler(
            folder, configuration.data, configuration.seed, teachers
        )
    sampler = EpochSampler(folder, configuration.data.crop_px, configuration.seed)
    steps = optimisation.epochs * sampler.steps_per_epoch(optimisation.batch_size)
    optimisation = dataclasses.replace(optimisation, steps=steps, epochs=None)
    return dataclasses.replace(configuration, optimisation=optimisation), sampler
