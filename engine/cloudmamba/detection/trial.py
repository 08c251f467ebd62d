"""Which reading of a raster is right: a thumbnail is masked under each of them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cloudmamba.classes import BANDS, CLOUD, NO_DATA
from cloudmamba.detection.in_memory import predict_array
from cloudmamba.detection.prediction import Thresholds
from cloudmamba.errors import UndecidedError
from cloudmamba.inference.prepared_model import PreparedModel
from cloudmamba.scene.interpretation import Interpretation, Reading
from cloudmamba.scene.reader import Scene

THUMBNAIL_PX = 192
# Share of the valid pixels of the thumbnail from which on two masks are different answers.
DIFFERENT = 0.05
# Reflectance that is white in a thumbnail.
_WHITE = 0.4


@dataclass(frozen=True)
class Pixels:
    """A thumbnail as stored: (bands, height, width) in the order of a reading's roles, and valid."""

    values: np.ndarray
    valid: np.ndarray


@dataclass(frozen=True)
class Trial:
    """What a reading makes of the thumbnail.

    Attributes:
        title: what tells the reading from the others.
        mask: (height, width) uint8, 0 clear, 1 cloud, 255 no data.
        picture: (height, width, 3) uint8, red, green, blue.
    """

    reading: Reading
    title: str
    mask: np.ndarray
    picture: np.ndarray

    @property
    def cloud_percent(self) -> float:
        """Of the valid pixels, 0 without any."""
        valid = self.mask != NO_DATA
        return 100 * float((self.mask == CLOUD).sum()) / max(int(valid.sum()), 1)

    def as_json(self) -> dict[str, Any]:
        """``cloud_percent`` and ``thumbnail`` as the worker protocol has them."""
        height, width = self.mask.shape
        rgb = base64.b64encode(self.picture.tobytes()).decode()
        return {
            "cloud_percent": round(self.cloud_percent, 2),
            "thumbnail": {"width": width, "height": height, "rgb": rgb},
        }


def read_thumbnails(
    scene: Scene, interpretation: Interpretation, check_cancelled: Callable[[], None]
) -> list[Pixels]:
    """The thumbnail for each reading, at most ``THUMBNAIL_PX`` long; each band set is read once."""
    read: dict[tuple[int, ...], Pixels] = {}
    thumbnails = []
    for reading in interpretation.readings:
        numbers = reading.roles.available_numbers
        key = tuple(sorted(numbers))
        if key not in read:
            read[key] = Pixels(*scene.read_reduced(key, THUMBNAIL_PX, check_cancelled))
        order = [key.index(number) for number in numbers]
        thumbnails.append(Pixels(read[key].values[order], read[key].valid))
    return thumbnails


def try_readings(
    interpretation: Interpretation,
    thumbnails: Sequence[Pixels],
    prepared: PreparedModel,
    thresholds: Thresholds,
    check_cancelled: Callable[[], None],
) -> list[Trial]:
    """Mask the thumbnail under every reading, in their order.

    Args:
        thumbnails: of ``read_thumbnails``.
    """
    trials = []
    for reading, title, pixels in zip(
        interpretation.readings, interpretation.titles(), thumbnails, strict=True
    ):
        check_cancelled()
        valid = pixels.valid & reading.radiometry.possible(pixels.values)
        reflectance = reading.radiometry.reflectance(pixels.values)
        found = dict(zip(reading.roles.available_bands, reflectance, strict=True))
        absent = np.zeros(valid.shape, np.float32)
        bands = prepared.configuration.bands
        mask = np.full(valid.shape, NO_DATA, np.uint8)
        if valid.any():
            mask = predict_array(
                prepared,
                np.stack([found.get(band, absent) for band in bands]),
                valid,
                [band in found for band in bands],
                thresholds=thresholds,
                is_picture=reading.radiometry.is_picture,
            ).mask
        trials.append(Trial(reading, title, mask, _picture(found, valid)))
    return trials


def disagreement(trials: Sequence[Trial]) -> float:
    """Greatest share of the pixels, valid under both, that a reading masks unlike the best one.

    1 where two readings have no valid pixel in common.
    """
    best = trials[0].mask
    shares = [0.0]
    for trial in trials[1:]:
        both = (best != NO_DATA) & (trial.mask != NO_DATA)
        shares.append(float((best != trial.mask)[both].mean()) if both.any() else 1.0)
    return max(shares)


def question_of(name: str, trials: Sequence[Trial]) -> str:
    """The sentence that asks which reading is right; empty where their masks agree."""
    if disagreement(trials) <= DIFFERENT:
        return ""
    listed = " or ".join(
        f"{trial.title} ({trial.cloud_percent:.0f} % cloud; {trial.reading.options})"
        for trial in trials
    )
    return (
        f"'{name}' can be read in {len(trials)} ways whose masks differ: {listed}. Choose one of "
        "them."
    )


def verdict(name: str, interpretation: Interpretation, trials: Sequence[Trial]) -> list[str]:
    """Warnings on what the trial showed.

    Raises UndecidedError where nothing speaks for the best reading and the masks differ.
    """
    question = question_of(name, trials)
    if question and interpretation.is_open:
        raise UndecidedError(question)
    listed = ", ".join(f"{trial.title} {trial.cloud_percent:.0f} % cloud" for trial in trials)
    how = "differ" if question else "agree"
    return [f"On a thumbnail the masks of all readings {how}: {listed}."]


def _picture(found: dict[str, np.ndarray], valid: np.ndarray) -> np.ndarray:
    """(height, width, 3) uint8 of reflectance by role, black where not valid."""
    colours = np.stack([found[role] for role in reversed(BANDS[:3])], axis=-1)
    with np.errstate(invalid="ignore"):
        shown = np.nan_to_num(colours * (255 / _WHITE)).clip(0, 255).astype(np.uint8)
    shown[~valid] = 0
    return shown
