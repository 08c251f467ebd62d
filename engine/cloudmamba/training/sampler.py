"""Batches for training: the same seed and step always give the same batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from cloudmamba.errors import InputError
from cloudmamba.training.augmentation import (
    brighten,
    flip_and_rotate,
    like_a_picture,
    random_crop,
    vary_light,
)
from cloudmamba.training.backgrounds import make_ground
from cloudmamba.training.datasets import NO_DATA, ImageRecord, read_index
from cloudmamba.training.synthetic_clouds import add_clouds
from cloudmamba.training.winter import lay_snow


@dataclass(frozen=True)
class DataConfiguration:
    """Where samples come from. Shares are relative weights of the sources.

    Attributes:
        crop_px: side of a sample.
        manual, automatic: images with manual and with automatic labels.
        cloud_on_clear, clear: clear images, with synthetic cloud and as they are.
        snow: clear images with synthetic snow.
        cloud_on_procedural, procedural: procedural ground, with and without cloud.
        cloud_on_snow, brightened: share of clear images under cloud that get snow first, and of
            all clear images that are made brighter.
        hard_from_step: until this step there is no snow and nothing is made brighter. A network
            that has yet to learn what cloud looks like learns it slowly beside its hardest
            look-alikes.
        absent_nir, picture: share of samples without near infrared, and like 8-bit pictures.
    """

    crop_px: int = 128
    manual: float = 0.26
    automatic: float = 0.12
    cloud_on_clear: float = 0.32
    clear: float = 0.07
    snow: float = 0.07
    cloud_on_procedural: float = 0.08
    procedural: float = 0.08
    cloud_on_snow: float = 0.08
    brightened: float = 0.15
    hard_from_step: int = 0
    absent_nir: float = 0.15
    picture: float = 0.10


PROCEDURAL_GSD_M = (10, 20, 30)
SOURCES = (
    "manual", "automatic", "cloud_on_clear", "clear", "snow", "cloud_on_procedural", "procedural",
)  # fmt: skip
CLEAR_SOURCES = ("clear", "cloud_on_clear", "snow")


@dataclass(frozen=True)
class Batch:
    """image (B, 4, h, w) float32 reflectance, target (B, h, w) uint8 in {0, 1, 255}, present (B, 4) bool."""

    image: torch.Tensor
    target: torch.Tensor
    present: torch.Tensor


@dataclass(frozen=True)
class _Image:
    """Reflectance (4, H, W) float16, label (H, W) uint8, which bands there are, and scale."""

    reflectance: np.ndarray
    label: np.ndarray
    present: tuple[bool, ...]
    gsd_m: float


class TrainingSampler:
    """Draws crops from all sources. Images are held in memory in half precision.

    Raises InputError if a source with a positive share has no image.
    """

    def __init__(self, folder: Path, configuration: DataConfiguration, seed: int):
        self.configuration = configuration
        self.seed = seed
        records = read_index(folder)
        self._manual = self._load(r for r in records if r.folder == "manual/train")
        self._automatic = self._load(r for r in records if r.folder == "automatic")
        clear = [r for r in records if r.folder == "clear" and not r.held_out]
        places = {
            place: [r for r in clear if r.place == place] for place in {r.place for r in clear}
        }
        self._clear = [self._load(places[place]) for place in sorted(places)]
        for source, images in (
            ("manual", self._manual), ("automatic", self._automatic), ("clear", self._clear),
            ("cloud_on_clear", self._clear), ("snow", self._clear),
        ):  # fmt: skip
            if getattr(configuration, source) > 0 and not images:
                raise InputError(f"'{folder}' has no images for the source '{source}'.")

    @staticmethod
    def _load(records: Iterable[ImageRecord]) -> list[_Image]:
        images = []
        for record in records:
            image, label = record.read()
            images.append(_Image(image.astype(np.float16), label, record.present, record.gsd_m))
        return images

    def sample(self, step: int, batch_size: int) -> Batch:
        """The batch of a step."""
        configuration = self._configuration_at(step)
        items = [
            self._item(np.random.default_rng((self.seed, step, i)), configuration)
            for i in range(batch_size)
        ]
        return Batch(
            torch.from_numpy(np.stack([item[0] for item in items])),
            torch.from_numpy(np.stack([item[1] for item in items])),
            torch.from_numpy(np.stack([item[2] for item in items])),
        )

    def _configuration_at(self, step: int) -> DataConfiguration:
        if step >= self.configuration.hard_from_step:
            return self.configuration
        return dataclasses.replace(self.configuration, snow=0.0, cloud_on_snow=0.0, brightened=0.0)

    def _item(
        self, random: np.random.Generator, configuration: DataConfiguration
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        image, label, present = self._draw(random, configuration)
        image, label = flip_and_rotate(random, image, label)
        image = vary_light(random, image)
        if random.random() < configuration.picture:
            image = like_a_picture(random, image)
            present[3] &= random.random() < 0.3
        elif random.random() < configuration.absent_nir:
            present[3] = False
        image[~present] = 0
        return image, label, present

    def _draw(
        self, random: np.random.Generator, configuration: DataConfiguration
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        shares = np.array([getattr(configuration, source) for source in SOURCES])
        source = random.choice(SOURCES, p=shares / shares.sum())
        size = configuration.crop_px
        if source in ("procedural", "cloud_on_procedural"):
            image, label = make_ground(random, size), np.zeros((size, size), np.uint8)
            gsd_m = random.choice(PROCEDURAL_GSD_M)
            present = np.ones(len(image), bool)
        else:
            chosen = self._real(random, source)
            zoom = 1.0
            if random.random() < 0.5:
                zoom = np.exp(random.uniform(np.log(0.6), np.log(2.0)))
            image, label = random_crop(random, chosen.reflectance, chosen.label, size, zoom)
            gsd_m = chosen.gsd_m / zoom
            present = np.array(chosen.present)
        if source in CLEAR_SOURCES:
            if random.random() < configuration.brightened:
                image = brighten(random, image)
            if source == "snow" or (
                source == "cloud_on_clear" and random.random() < configuration.cloud_on_snow
            ):
                image = lay_snow(random, image)
        if source.startswith("cloud_on"):
            missing = label == NO_DATA
            image, label = add_clouds(random, image, gsd_m)
            label[missing] = NO_DATA
        return image, label, present

    def _real(self, random: np.random.Generator, source: str) -> _Image:
        if source in CLEAR_SOURCES:
            images = self._clear[random.integers(len(self._clear))]
        else:
            images = self._manual if source == "manual" else self._automatic
        return images[random.integers(len(images))]
