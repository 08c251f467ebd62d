"""An evaluation as JSON: every count, every score, and on what it was measured."""

from __future__ import annotations

import dataclasses
import json
import platform
from importlib import metadata
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from cloudmamba import __version__
from cloudmamba.atomic_files import write_text
from cloudmamba.data.images import LABELS, TEACHERS
from cloudmamba.errors import OutputError
from cloudmamba.evaluation.boundary import BoundaryMatch
from cloudmamba.evaluation.metrics import Confusion, without_nan
from cloudmamba.evaluation.report.comparison import Comparison, Result
from cloudmamba.evaluation.report.tables import COUNT_SCORES
from cloudmamba.evaluation.scoring import ImageScore, pool, pool_shadow
from cloudmamba.evaluation.uncertainty import ErrorRanking, Reliability

FORMAT = "cloudmamba-evaluation-1"
PACKAGES = ("torch", "numpy", "numba", "rasterio", "safetensors")
# Where the risk of the retained pixels is written down.
_RETAINED = np.arange(0.05, 1.0001, 0.05).round(2)


def versions() -> dict[str, str]:
    """What computed the scores."""
    packages = {name: metadata.version(name) for name in PACKAGES}
    return {"cloudmamba": __version__, "python": platform.python_version(), **packages}


def as_json(comparison: Comparison) -> str:
    """Scores are shares 0..1; what is not defined is null."""
    content = {
        "format": FORMAT,
        "versions": versions(),
        "data": comparison.data,
        "settings": dataclasses.asdict(comparison.settings),
        "methods": {result.name: _method(result) for result in comparison.results},
        "hard_subset": _hard_subset(comparison),
    }
    # NaN is no JSON.
    return json.dumps(without_nan(content), indent=2, allow_nan=False, ensure_ascii=False)


def _method(result: Result) -> dict[str, Any]:
    boundaries = pool(result.scores, attrgetter("boundary"))
    unanswered = pool(result.scores, attrgetter("unanswered"))
    content = {
        "facts": result.metadata,
        "images": {item.image: _image(item) for item in result.scores},
        "pooled": {
            key: _scores(counts, boundaries[key], unanswered[key])
            for key, counts in pool(result.scores).items()
        },
    }
    if all(item.single_stage is not None for item in result.scores):
        single_stage = pool(result.scores, attrgetter("single_stage"))
        content["single_stage"] = {key: _counts(counts) for key, counts in single_stage.items()}
    if all(item.ranking is not None for item in result.scores):
        rankings = pool(result.scores, attrgetter("ranking"))
        reliabilities = pool(result.scores, attrgetter("reliability"))
        content["uncertainty"] = {
            key: _uncertainty(ranking, reliabilities[key]) for key, ranking in rankings.items()
        }
    shadow = {
        origin: {key: _shadow(counts) for key, counts in pooled.items()}
        for origin in (LABELS, TEACHERS)
        if (pooled := pool_shadow(result.scores, origin))
    }
    if shadow:
        content["shadow"] = shadow
    return content


def _image(item: ImageScore) -> dict[str, Any]:
    content = {"sensor": item.sensor, **_scores(item.counts, item.boundary, item.unanswered)}
    if item.ranking is not None and item.reliability is not None:
        content["uncertainty"] = _uncertainty_scores(item.ranking, item.reliability)
    if item.shadows:
        content["shadow"] = {origin: _shadow(counts) for origin, counts in item.shadows.items()}
    return content


def _scores(counts: Confusion, boundary: BoundaryMatch, unanswered: int) -> dict[str, Any]:
    matches = dataclasses.asdict(boundary)
    return {
        **_counts(counts),
        "unanswered": unanswered,
        "boundary_f1": boundary.f1,
        "boundary": matches,
    }


def _counts(counts: Confusion) -> dict[str, Any]:
    return dataclasses.asdict(counts) | {score: getattr(counts, score) for score in COUNT_SCORES}


def _shadow(counts: Confusion) -> dict[str, Any]:
    """Shadow is the positive class."""
    scores = {score: getattr(counts, score) for score in ("f1", "precision", "recall")}
    return dataclasses.asdict(counts) | scores


def _uncertainty_scores(ranking: ErrorRanking, reliability: Reliability) -> dict[str, float]:
    return {
        "ece": reliability.ece,
        "brier": reliability.brier,
        "aurc": ranking.aurc,
        "e_aurc": ranking.e_aurc,
        "auroc_of_errors": ranking.auroc_of_errors,
    }


def _uncertainty(ranking: ErrorRanking, reliability: Reliability) -> dict[str, Any]:
    retention, curve = ranking.retention_curve(), reliability.curve()
    risks = (
        np.interp(_RETAINED, retention.retained, retention.risk)
        if len(retention.retained)
        else np.full(len(_RETAINED), np.nan)
    )
    return {
        **_uncertainty_scores(ranking, reliability),
        "risk_by_retained_share": {
            f"{share:.2f}": risk for share, risk in zip(_RETAINED, risks, strict=True)
        },
        "reliability": {
            "probability": curve.probability.tolist(),
            "cloud_share": curve.cloud_share.tolist(),
            "pixels": curve.pixels.tolist(),
        },
    }


def _hard_subset(comparison: Comparison) -> dict[str, Any] | None:
    hard = comparison.hard
    if hard is None:
        return None
    crops = []
    for image, position in hard.crops:
        scores = next(r.scores for r in comparison.results if r.name == hard.chosen_by)
        crop = scores[image].crops[position]
        crops.append(
            {
                "image": scores[image].image,
                "top": crop.top,
                "left": crop.left,
                "height": crop.height,
                "width": crop.width,
                "mean_uncertainty": crop.mean_uncertainty,
            }
        )
    methods = {}
    for result in comparison.results:
        methods[result.name] = {"counts": _counts(hard.counts(result.scores))}
        if all(item.single_stage is not None for item in result.scores):
            single_stage = hard.counts(result.scores, attrgetter("single_stage"))
            methods[result.name]["single_stage"] = _counts(single_stage)
    return {"chosen_by": hard.chosen_by, "candidates": hard.of, "crops": crops, "methods": methods}


@dataclasses.dataclass(frozen=True)
class OutputFile:
    """A text file that an evaluation writes, whole or not at all.

    Attributes:
        mark: words near the beginning of every such file, by which one of ours is known again.
    """

    path: Path
    mark: str

    def check(self) -> None:
        """Raises OutputError if the folder is missing, or the file is there and not ours."""
        if not self.path.parent.is_dir():
            raise OutputError(
                f"There is no folder '{self.path.parent}' to write to: make it first."
            )
        if self.path.is_dir():
            raise OutputError(f"'{self.path}' is a folder: give the name of a file.")
        if self.path.exists():
            with self.path.open("rb") as file:
                beginning = file.read(1000)
            if self.mark.encode() not in beginning:
                raise OutputError(
                    f"'{self.path}' exists and was not written by 'cloudmamba evaluate': "
                    "choose another name."
                )

    def write(self, text: str) -> None:
        """Raises OutputError; what was there before stays then."""
        write_text(self.path, text)
