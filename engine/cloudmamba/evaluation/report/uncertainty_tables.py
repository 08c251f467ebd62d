"""A comparison of uncertainties as tables, and as JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

from cloudmamba.evaluation.report.results_file import versions
from cloudmamba.evaluation.report.tables import Column, Table
from cloudmamba.evaluation.uncertainty_comparison import (
    Comparison,
    CorruptionMeasurement,
    Measurement,
)

# How much of an image somebody may look through by hand.
CAUGHT_SHARE = 0.1

_COLUMNS = {
    "wrong": Column("wrong"),
    "ece": Column("ECE", -1, "number"),
    "brier": Column("Brier", -1, "number"),
    "aurc": Column("AURC", -1, "number"),
    "e_aurc": Column("E-AURC", -1, "number"),
    "auroc_of_errors": Column("AUROC of errors", 1, "number"),
    "errors_caught": Column(f"errors in the most uncertain {CAUGHT_SHARE:.0%}", 1),
    "network_runs": Column("network runs", unit="count"),
    "seconds_per_megapixel": Column("s / megapixel", unit="number"),
}
_CORRUPTION_COLUMNS = {
    "auroc_of_region": Column("AUROC of the region", 1, "number"),
    "auroc_of_region_before": Column("before", unit="number"),
    "auroc_of_caused_errors": Column("AUROC of errors caused", 1, "number"),
    "caused": Column("pixels made wrong"),
}


def figures(measurement: Measurement) -> dict[str, float]:
    """What the tables show; shares 0..1, NaN where not defined."""
    ranking, reliability = measurement.ranking, measurement.reliability
    pixels = max(measurement.pixels, 1)
    return {
        "wrong": ranking.errors / pixels,
        "ece": reliability.ece,
        "brier": reliability.brier,
        "aurc": ranking.aurc,
        "e_aurc": ranking.e_aurc,
        "auroc_of_errors": ranking.auroc_of_errors,
        "errors_caught": ranking.errors_caught(CAUGHT_SHARE),
        "network_runs": measurement.network_runs,
        "seconds_per_megapixel": measurement.seconds * 1e6 / pixels,
    }


def corruption_figures(measurement: CorruptionMeasurement) -> dict[str, float]:
    """The same for a corrupted region."""
    caused = measurement.caused
    return {
        "auroc_of_region": measurement.region.auroc_of_errors,
        "auroc_of_region_before": measurement.region_before.auroc_of_errors,
        "auroc_of_caused_errors": caused.auroc_of_errors,
        "caused": caused.errors / max(caused.pixels, 1),
    }


def group_table(title: str, comparison: Comparison) -> Table:
    """All candidates on one group of images."""
    rows = [
        (name, list(figures(measurement).values()))
        for name, measurement in comparison.measurements.items()
    ]
    return Table(title, list(_COLUMNS.values()), rows)


def corruption_table(title: str, comparison: Comparison, kind: str) -> Table:
    """All candidates on the group with one kind of corruption."""
    rows = [
        (name, list(corruption_figures(measurement).values()))
        for name, measurement in comparison.corruptions[kind].items()
    ]
    return Table(title, list(_CORRUPTION_COLUMNS.values()), rows)


def as_json(facts: Mapping[str, Any], comparisons: Mapping[str, Comparison]) -> str:
    """Everything in the tables, and the reliability curves; what is not defined is null."""
    groups = {
        name: {
            "candidates": {
                candidate: _defined(figures(measurement)) | {"reliability": _curve(measurement)}
                for candidate, measurement in comparison.measurements.items()
            },
            "corruptions": {
                kind: {
                    candidate: _defined(corruption_figures(measurement))
                    for candidate, measurement in measurements.items()
                }
                for kind, measurements in comparison.corruptions.items()
            },
        }
        for name, comparison in comparisons.items()
    }
    content = {**facts, "versions": versions(), "groups": groups}
    return json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False)


def _defined(scores: Mapping[str, float]) -> dict[str, float | None]:
    """NaN is no JSON."""
    return {key: None if math.isnan(value) else value for key, value in scores.items()}


def _curve(measurement: Measurement) -> dict[str, list[float]]:
    curve = measurement.reliability.curve()
    return {key: values.tolist() for key, values in dataclasses.asdict(curve).items()}
