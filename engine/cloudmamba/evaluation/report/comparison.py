"""Several maskers on the same images, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloudmamba.data.images import LabelledImage
from cloudmamba.evaluation.hard_subset import HardSubset
from cloudmamba.evaluation.maskers import Masker, ModelMasker
from cloudmamba.evaluation.report.panels import Panel, panel_of
from cloudmamba.evaluation.scoring import ImageScore, Settings, score_answer


@dataclass(frozen=True)
class Result:
    """One masker: what it is, and what it did on each image."""

    name: str
    metadata: Mapping[str, Any]
    scores: Sequence[ImageScore]


@dataclass(frozen=True)
class Comparison:
    """All that was measured.

    Attributes:
        data: what it was measured on, in plain values.
        results: in the order asked for; all on the same images.
        hard: by the first model's uncertainty; None without a model.
        panels: pictures of the images on which the first masker is worst, worst first.
    """

    data: Mapping[str, Any]
    settings: Settings
    results: Sequence[Result]
    hard: HardSubset | None
    panels: Sequence[Panel]


def compare(
    data: Mapping[str, Any],
    images: Iterable[LabelledImage],
    maskers: Sequence[Masker],
    settings: Settings,
    panels: int = 0,
) -> Comparison:
    """Score every masker on every image; only one image is in memory at a time.

    Args:
        panels: for how many images to make pictures.
    """
    scores: list[list[ImageScore]] = [[] for _ in maskers]
    worst: list[Panel] = []
    for image in images:
        answers = [masker(image) for masker in maskers]
        for of_masker, masker, answer in zip(scores, maskers, answers, strict=True):
            of_masker.append(score_answer(masker, image, answer, settings))
        if panels:
            panel = panel_of(image, maskers, answers, scores[0][-1].counts)
            worst = sorted([*worst, panel], key=lambda panel: -panel.error)[:panels]
    results = [
        Result(masker.name, masker.metadata, of_masker)
        for masker, of_masker in zip(maskers, scores, strict=True)
    ]
    hard = next(
        (
            HardSubset.chosen(result.name, result.scores, settings)
            for masker, result in zip(maskers, results, strict=True)
            if isinstance(masker, ModelMasker)
        ),
        None,
    )
    return Comparison(data, settings, results, hard, worst)
