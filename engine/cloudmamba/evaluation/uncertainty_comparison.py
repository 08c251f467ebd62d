"""Candidates for the delivered uncertainty, side by side on the same images."""

from __future__ import annotations

import dataclasses
import functools
import operator
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from cloudmamba.classes import CLOUD, NO_DATA
from cloudmamba.data.images import LabelledImage
from cloudmamba.detection.in_memory import Prediction
from cloudmamba.detection.symmetries import AUGMENTATIONS
from cloudmamba.errors import InputError
from cloudmamba.evaluation.calibration import NOTHING, LogitCounts
from cloudmamba.evaluation.corruption import corrupt
from cloudmamba.evaluation.maskers import ModelMasker
from cloudmamba.evaluation.uncertainty import ErrorRanking, Reliability
from cloudmamba.network.refinement import calibrate_probability, uncertainty_of


@dataclass(frozen=True)
class Candidate:
    """A probability, and the uncertainty 1 - 2 |P - 0.5| of it.

    Attributes:
        augment: as in ``DetectionRequest``.
        probability_of: which probability of a prediction.
    """

    name: str
    augment: str
    probability_of: Callable[[Prediction], np.ndarray]

    @property
    def network_runs(self) -> int:
        """How often the network runs on each tile."""
        return len(AUGMENTATIONS[self.augment])


CANDIDATES = (
    Candidate(
        "Pc (the paper's U)", "none", lambda prediction: prediction.stage("coarse_probability")
    ),
    Candidate("fused", "none", lambda prediction: prediction.probability),
    Candidate(
        "mean of Pc and Pr",
        "none",
        lambda prediction: (
            (prediction.stage("coarse_probability") + prediction.stage("refined_probability")) / 2
        ),
    ),
    Candidate("fused, flips", "flips", lambda prediction: prediction.probability),
    Candidate("fused, dihedral", "dihedral", lambda prediction: prediction.probability),
)
FUSED = CANDIDATES[1]


@dataclass(frozen=True)
class Measurement:
    """One candidate on some images; add to pool them.

    Attributes:
        ranking: of the errors of the mask that comes with the candidate, by its uncertainty.
        reliability: of its probability.
        network_runs: how often the network runs on each tile.
        seconds: of processor time for ``pixels`` pixels.
    """

    ranking: ErrorRanking
    reliability: Reliability
    network_runs: int
    seconds: float
    pixels: int

    def __add__(self, other: Measurement) -> Measurement:
        return Measurement(
            self.ranking + other.ranking,
            self.reliability + other.reliability,
            self.network_runs,
            self.seconds + other.seconds,
            self.pixels + other.pixels,
        )


@dataclass(frozen=True)
class CorruptionMeasurement:
    """One candidate on images with a corrupted region; add to pool them.

    Attributes:
        region: how uncertainty ranks pixels of the region behind the others of the image.
        region_before: the same for the image as it was: what comes of where the region lies.
        caused: how it ranks errors that the corruption caused behind all other labelled pixels.
    """

    region: ErrorRanking
    region_before: ErrorRanking
    caused: ErrorRanking

    def __add__(self, other: CorruptionMeasurement) -> CorruptionMeasurement:
        return CorruptionMeasurement(
            self.region + other.region,
            self.region_before + other.region_before,
            self.caused + other.caused,
        )


@dataclass(frozen=True)
class Comparison:
    """All candidates on one group of images.

    Attributes:
        measurements: by the candidate's name; calibrated ones are among them.
        corruptions: by the kind of corruption and the candidate's name.
    """

    measurements: dict[str, Measurement]
    corruptions: dict[str, dict[str, CorruptionMeasurement]]


@dataclass(frozen=True)
class _Answer:
    """A prediction and the processor time that it took."""

    prediction: Prediction
    seconds: float

    @classmethod
    def of(cls, masker: ModelMasker, image: LabelledImage) -> _Answer:
        started = time.process_time()
        prediction = masker.predict(image)
        return cls(prediction, time.process_time() - started)


@dataclass(frozen=True)
class _Scored:
    """Scored pixels, each array (pixels,): fused probability, reference and mask as bool."""

    probability: np.ndarray
    cloud: np.ndarray
    mask: np.ndarray


def compare(
    masker: ModelMasker,
    images: Iterable[LabelledImage],
    temperature: float | None,
    corruptions: Sequence[str] = (),
) -> Comparison:
    """Measure all candidates, and calibrated ones, on a group of images.

    Calibrated are the fused probability with ``temperature`` (None leaves it out) and, as an
    estimate of what labels of the same kind of images are good for, each image with the
    temperature fitted to all others of the group; that is left out where it cannot be fitted.

    Args:
        masker: its own augmentation and its model's own temperature play no part.
        corruptions: kinds of ``evaluation.corruption`` to find.
    """
    plain = dataclasses.replace(masker, temperature=1.0)
    maskers = {
        candidate.augment: dataclasses.replace(plain, augment=candidate.augment)
        for candidate in CANDIDATES
    }
    measurements: dict[str, Measurement] = {}
    found: dict[str, dict[str, CorruptionMeasurement]] = {kind: {} for kind in corruptions}
    fused: list[_Scored] = []
    for image in images:
        answers = {augment: _Answer.of(one, image) for augment, one in maskers.items()}
        for candidate in CANDIDATES:
            answer = answers[candidate.augment]
            scored = _scored(image, answer.prediction, candidate)
            _add(measurements, candidate.name, _measure(scored, candidate, answer.seconds))
        fused.append(_scored(image, answers[FUSED.augment].prediction, FUSED))
        for kind in corruptions:
            for name, measurement in _find_corruption(kind, image, maskers, answers):
                _add(found[kind], name, measurement)
    calibrated = {}
    if temperature is not None:
        name = f"{FUSED.name}, temperature {temperature:.2f}"
        calibrated[name] = [temperature] * len(fused)
    if of_others := _temperatures_of_the_others(fused):
        span = f"{min(of_others):.2f} to {max(of_others):.2f}"
        calibrated[f"{FUSED.name}, temperature of the other images ({span})"] = of_others
    for name, temperatures in calibrated.items():
        reliability = functools.reduce(
            operator.add,
            (
                Reliability.of(_calibrated(scored.probability, of_image), scored.cloud)
                for scored, of_image in zip(fused, temperatures, strict=True)
            ),
        )
        # A temperature keeps the order of the pixels.
        measurements[name] = dataclasses.replace(measurements[FUSED.name], reliability=reliability)
    return Comparison(measurements, found)


def count_logits(masker: ModelMasker, images: Iterable[LabelledImage]) -> LogitCounts:
    """What a temperature is fitted to: the uncalibrated fused probability of labelled pixels."""
    plain = dataclasses.replace(masker, temperature=1.0)
    total = NOTHING
    for image in images:
        scored = _scored(image, plain.predict(image), FUSED)
        total += LogitCounts.of(scored.probability, scored.cloud)
    return total


def _scored(image: LabelledImage, prediction: Prediction, candidate: Candidate) -> _Scored:
    pixels = image.labelled & (prediction.mask != NO_DATA)
    return _Scored(
        candidate.probability_of(prediction)[pixels],
        image.label[pixels] == 1,
        prediction.mask[pixels] == CLOUD,
    )


def _measure(scored: _Scored, candidate: Candidate, seconds: float) -> Measurement:
    uncertainty = uncertainty_of(torch.from_numpy(scored.probability)).numpy()
    return Measurement(
        ErrorRanking.of(uncertainty, scored.mask != scored.cloud),
        Reliability.of(scored.probability, scored.cloud),
        candidate.network_runs,
        seconds,
        len(scored.cloud),
    )


def _calibrated(probability: np.ndarray, temperature: float) -> np.ndarray:
    return calibrate_probability(torch.from_numpy(probability), temperature).numpy()


def _temperatures_of_the_others(fused: Sequence[_Scored]) -> list[float]:
    """For each image the temperature fitted to all others; empty where one cannot be fitted."""
    counts = [LogitCounts.of(scored.probability, scored.cloud) for scored in fused]
    temperatures = []
    for left_out in range(len(counts)):
        others = functools.reduce(operator.add, counts[:left_out] + counts[left_out + 1 :], NOTHING)
        try:
            temperatures.append(others.fit_temperature())
        except InputError:
            return []
    return temperatures


def _find_corruption(
    kind: str,
    image: LabelledImage,
    maskers: Mapping[str, ModelMasker],
    answers: Mapping[str, _Answer],
) -> Iterator[tuple[str, CorruptionMeasurement]]:
    damaged, region = corrupt(kind, image.pixels, image.available_bands, image.name)
    damaged_image = dataclasses.replace(image, reflectance=damaged)
    after = {augment: masker.predict(damaged_image) for augment, masker in maskers.items()}
    for candidate in CANDIDATES:
        predictions = (answers[candidate.augment].prediction, after[candidate.augment])
        valid = predictions[0].mask != NO_DATA
        before, now = (
            uncertainty_of(torch.from_numpy(candidate.probability_of(prediction))).numpy()
            for prediction in predictions
        )
        was_wrong, is_wrong = (
            (prediction.mask == CLOUD) != (image.label == 1) for prediction in predictions
        )
        scored = image.labelled & valid
        yield (
            candidate.name,
            # The region takes the place of the errors.
            CorruptionMeasurement(
                ErrorRanking.of(now[valid], region[valid]),
                ErrorRanking.of(before[valid], region[valid]),
                ErrorRanking.of(now[scored], (is_wrong & ~was_wrong)[scored]),
            ),
        )


def _add(sums: dict[str, Any], name: str, measurement: Any) -> None:
    sums[name] = sums[name] + measurement if name in sums else measurement
