"""Where the masks that are scored come from: a model, files, or a brightness threshold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from cloudmamba.classes import BANDS, NO_DATA
from cloudmamba.data.codes import MaskCodes, ProductCodes
from cloudmamba.data.images import LabelledImage, read_mask, read_record
from cloudmamba.data.index import ImageRecord
from cloudmamba.detection.in_memory import Prediction, predict_array
from cloudmamba.detection.prediction import Thresholds
from cloudmamba.errors import InputError
from cloudmamba.evaluation.threshold import fit_threshold, threshold_mask
from cloudmamba.masker import CloudMasker
from cloudmamba.model_files import FOR_PICTURES, model_for_pictures, read_model_card


@dataclass(frozen=True)
class Answer:
    """What a masker says of one image.

    Attributes:
        mask: (H, W) uint8, 0 clear, 1 cloud, 255 no data.
        prediction: all stages, if a model made the mask.
    """

    mask: np.ndarray
    prediction: Prediction | None = None


class Masker(Protocol):
    """Gives masks. ``name`` heads its scores, ``metadata`` tell (in plain values) what it is."""

    @property
    def name(self) -> str: ...

    @property
    def metadata(self) -> Mapping[str, Any]: ...

    def __call__(self, image: LabelledImage) -> Answer: ...


@dataclass(frozen=True)
class ModelMasker:
    """Masks made as ``cloudmamba detect`` makes them.

    Attributes:
        model: ready to detect.
        near_infrared: False to withhold that band.
        augment: as in ``DetectionRequest``.
        temperature: calibrates the probability; None for that of the model.
    """

    name: str
    model: CloudMasker
    near_infrared: bool = True
    augment: str = "none"
    temperature: float | None = None

    @property
    def thresholds(self) -> Thresholds:
        """tau_c, tau_r and gamma."""
        return self.model.thresholds

    @property
    def metadata(self) -> dict[str, Any]:
        """The model card, with checksum, that of the model which masks pictures, and the thresholds."""
        facts: dict[str, Any] = {"kind": "model", **self.model.model_card}
        if (path := model_for_pictures(self.model.model_card)) is not None:
            pictures = read_model_card(path)
            facts[FOR_PICTURES] = f"{pictures['name']} {pictures['version']}"
            facts[f"{FOR_PICTURES}_checksum"] = pictures["weights_sha256"]
        return facts | {"thresholds": dict(vars(self.thresholds))}

    def __call__(self, image: LabelledImage) -> Answer:
        prediction = self.predict(image)
        return Answer(prediction.mask, prediction)

    def predict(self, image: LabelledImage) -> Prediction:
        """All stages of an image."""
        bands = self.model.configuration.bands
        # Images are in the order of BANDS, whatever bands the model takes.
        order = [BANDS.index(band) for band in bands]
        available = [
            image.available_bands[position] and (band != "nir" or self.near_infrared)
            for band, position in zip(bands, order, strict=True)
        ]
        return predict_array(
            self.model.prepared,
            image.pixels[order],
            image.valid,
            available,
            thresholds=self.thresholds,
            temperature=self.temperature,
            stages=True,
            augment=self.augment,
            gsd_m=image.gsd_m,
            is_picture=image.is_picture,
        )


@dataclass(frozen=True)
class MaskFiles:
    """Masks that some program wrote: a folder with ``<name of the image>.tif``, or one file."""

    name: str
    source: Path
    codes: MaskCodes | ProductCodes | None

    @property
    def metadata(self) -> dict[str, Any]:
        """Where the files are and what their numbers mean."""
        codes = "as each file tells" if self.codes is None else str(self.codes)
        return {"kind": "mask files", "source": str(self.source), "codes": codes}

    def path_for(self, name: str) -> Path:
        """The mask of an image. Raises InputError if there is none."""
        path = self.source / f"{name}.tif" if self.source.is_dir() else self.source
        if not path.is_file():
            raise InputError(
                f"There is no mask '{path}': give a folder that holds one mask for each image, "
                "called as the image with the suffix .tif."
            )
        return path

    def __call__(self, image: LabelledImage) -> Answer:
        return Answer(read_mask(self.path_for(image.name), self.codes, like=image.path))


@dataclass(frozen=True)
class ThresholdMasker:
    """Bright in every band is cloud.

    Attributes:
        threshold: reflectance.
        near_infrared: False to withhold that band.
    """

    threshold: float
    near_infrared: bool = True

    @classmethod
    def fitted(cls, records: Iterable[ImageRecord], near_infrared: bool = True) -> ThresholdMasker:
        """The best brightness threshold on the images given."""
        images = map(read_record, records)
        threshold = fit_threshold(
            (_bands(image, near_infrared), image.label == 1, image.labelled) for image in images
        )
        return cls(threshold, near_infrared)

    @property
    def name(self) -> str:
        """Says the threshold."""
        return f"darkest band > {self.threshold:g}"

    @property
    def metadata(self) -> dict[str, Any]:
        """The threshold."""
        return {"kind": "brightness threshold", "threshold": self.threshold}

    def __call__(self, image: LabelledImage) -> Answer:
        cloud = threshold_mask(_bands(image, self.near_infrared), self.threshold)
        return Answer(np.where(image.valid, cloud, NO_DATA).astype(np.uint8))


def _bands(image: LabelledImage, near_infrared: bool) -> np.ndarray:
    """(bands, H, W): those that the image has and that are not withheld."""
    available_bands = [
        here and (role != "nir" or near_infrared)
        for role, here in zip(BANDS, image.available_bands, strict=True)
    ]
    return image.pixels[available_bands]
