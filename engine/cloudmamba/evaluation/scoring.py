"""Scores of masks on labelled images: by image, by crop, by sensor, and over everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from typing import Any, TypeVar, overload

import numpy as np

from cloudmamba.classes import CLEAR, CLOUD, NO_DATA
from cloudmamba.data.images import LabelledImage, read_record
from cloudmamba.data.index import ImageRecord
from cloudmamba.detection.in_memory import Prediction
from cloudmamba.detection.products import SHADOW_THRESHOLD
from cloudmamba.evaluation.boundary import BoundaryMatch
from cloudmamba.evaluation.maskers import Answer, Masker, ModelMasker
from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.evaluation.uncertainty import ErrorRanking, Reliability

Summable = TypeVar("Summable")
POOLED = "all"


@dataclass(frozen=True)
class Settings:
    """What an evaluation can be set to.

    Attributes:
        boundary_tolerance_px: how far apart boundaries may be and still match.
        hard_share: share of the crops, 0..1, that make up the hard subset.
        hard_crop_px: about the side length of these crops.
    """

    boundary_tolerance_px: float = 2.0
    hard_share: float = 0.1
    hard_crop_px: int = 128


@dataclass(frozen=True)
class Crop:
    """Part of an image.

    Attributes:
        mean_uncertainty: of U (14), the first stage's, over the scored pixels; NaN without such
            pixels, and for masks that bring no uncertainty.
        counts: of the delivered mask.
        single_stage: of Pc > tau_c; None where there is no second stage to compare with.
    """

    top: int
    left: int
    height: int
    width: int
    mean_uncertainty: float
    counts: Confusion
    single_stage: Confusion | None


@dataclass(frozen=True)
class ImageScore:
    """What one masker did on one image.

    Attributes:
        counts, boundary: of the delivered mask.
        unanswered: labelled pixels to which the mask says no data; they count nowhere else.
        crops: parts of the image that together cover it.
        single_stage: as for ``Crop``.
        ranking, reliability: of uncertainty and probability, if a model made the mask.
        shadows: cloud shadow, here the positive class, against each of the image's ``shadows``;
            None for masks that do not tell it.
    """

    image: str
    sensor: str
    counts: Confusion
    boundary: BoundaryMatch = field(default_factory=BoundaryMatch)
    unanswered: int = 0
    crops: tuple[Crop, ...] = ()
    single_stage: Confusion | None = None
    ranking: ErrorRanking | None = None
    reliability: Reliability | None = None
    shadows: Mapping[str, Confusion] | None = None


def score_answer(
    masker: Masker, image: LabelledImage, answer: Answer, settings: Settings
) -> ImageScore:
    """Score what a masker says of an image; unlabelled pixels do not count."""
    cloud, reference = answer.mask == CLOUD, image.label == 1
    answered = image.labelled & (answer.mask != NO_DATA)
    uncertainty = first_stage = ranking = reliability = shadows = None
    if answer.prediction is not None:
        uncertainty = answer.prediction.coarse_uncertainty
        first_stage = single_stage_mask(masker, answer.prediction)
        ranking = ErrorRanking.of(
            answer.prediction.uncertainty[answered], (cloud != reference)[answered]
        )
        reliability = Reliability.of(answer.prediction.probability[answered], reference[answered])
        if answer.prediction.shadow is not None:
            # As in a mask with shadow: cloud is none, whatever the shadow output says.
            shadow = (answer.mask == CLEAR) & (answer.prediction.shadow > SHADOW_THRESHOLD)
            shadows = {
                origin: Confusion.of(
                    shadow, told == 1, (told != NO_DATA) & (answer.mask != NO_DATA)
                )
                for origin, told in image.shadows.items()
            }

    def crop(rows: slice, columns: slice) -> Crop:
        part = (rows, columns)
        counted = answered[part]
        return Crop(
            top=rows.start,
            left=columns.start,
            height=rows.stop - rows.start,
            width=columns.stop - columns.start,
            mean_uncertainty=_mean(uncertainty[part][counted])
            if uncertainty is not None
            else np.nan,
            counts=Confusion.of(cloud[part], reference[part], counted),
            single_stage=Confusion.of(first_stage[part], reference[part], counted)
            if first_stage is not None
            else None,
        )

    rows, columns = (_parts(size, settings.hard_crop_px) for size in image.label.shape)
    return ImageScore(
        image.name,
        image.sensor,
        Confusion.of(cloud, reference, answered),
        BoundaryMatch.of(cloud, reference, answered, settings.boundary_tolerance_px),
        int(np.count_nonzero(image.labelled & ~answered)),
        tuple(crop(r, c) for r in rows for c in columns),
        Confusion.of(first_stage, reference, answered) if first_stage is not None else None,
        ranking,
        reliability,
        shadows,
    )


def single_stage_mask(masker: Masker, prediction: Prediction) -> np.ndarray | None:
    """(H, W) bool, Pc > tau_c; None for a network that has no second stage."""
    if not (isinstance(masker, ModelMasker) and masker.model.configuration.refinement):
        return None
    return prediction.stage("coarse_probability") > masker.thresholds.coarse


def score(
    masker: Masker, records: Iterable[ImageRecord], settings: Settings | None = None
) -> list[ImageScore]:
    """Score a masker image by image."""
    settings = settings or Settings()
    images = map(read_record, records)
    return [score_answer(masker, image, masker(image), settings) for image in images]


@overload
def pool(scores: Iterable[ImageScore]) -> dict[str, Confusion]: ...


@overload
def pool(
    scores: Iterable[ImageScore], of: Callable[[ImageScore], Summable]
) -> dict[str, Summable]: ...


def pool(
    scores: Iterable[ImageScore], of: Callable[[ImageScore], Any] = attrgetter("counts")
) -> dict[str, Any]:
    """Counts (or what else ``of`` gives) summed by sensor, and all under the key ``all``."""
    pooled: dict[str, Any] = {}
    for item in scores:
        for key in (item.sensor, POOLED):
            pooled[key] = pooled[key] + of(item) if key in pooled else of(item)
    # "all" last, sensors in alphabetical order.
    return {key: pooled[key] for key in sorted(pooled, key=lambda key: (key == POOLED, key))}


def pool_shadow(scores: Iterable[ImageScore], origin: str) -> dict[str, Confusion]:
    """As ``pool``, cloud shadow against one origin, over the images that have both."""
    told = [item for item in scores if origin in (item.shadows or {})]
    return pool(told, lambda item: (item.shadows or {})[origin])


def _parts(size: int, about: int) -> list[slice]:
    """An axis cut into parts as equal as can be, so that none is a sliver."""
    edges = np.linspace(0, size, max(1, round(size / about)) + 1).round().astype(int).tolist()
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _mean(values: np.ndarray) -> float:
    return float(values.mean(dtype=np.float64)) if values.size else np.nan
