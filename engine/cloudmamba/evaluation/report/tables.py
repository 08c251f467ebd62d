"""The tables of an evaluation, the same for the terminal and for the report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from cloudmamba.data.images import LABELS, TEACHERS
from cloudmamba.evaluation.boundary import BoundaryMatch
from cloudmamba.evaluation.metrics import Confusion, ratio
from cloudmamba.evaluation.report.comparison import Comparison, Result
from cloudmamba.evaluation.scoring import POOLED, ImageScore, pool, pool_shadow

# More false cloud than this on an image known to be clear is a failure.
FALSE_CLOUD_LIMIT = 0.02


@dataclass(frozen=True)
class Column:
    """One score.

    Attributes:
        better: 1 if the greatest value is the best, -1 if the least, 0 if neither.
        unit: how to show it; shares 0..1 are shown in percent.
    """

    title: str
    better: int = 0
    unit: Literal["percent", "number", "count"] = "percent"


@dataclass(frozen=True)
class Table:
    """Rows have a label and a value for each column; NaN is not defined."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[tuple[str, Sequence[float]]]
    note: str = ""

    def best(self, column: int) -> float:
        """The best value of a column, NaN where nothing is to be compared."""
        better = self.columns[column].better
        values = [row[column] for _, row in self.rows if not math.isnan(row[column])]
        if not better or len(values) < 2:
            return math.nan
        return max(values) if better > 0 else min(values)


COUNT_SCORES = {
    "overall_accuracy": Column("OA", 1),
    "precision": Column("precision", 1),
    "recall": Column("recall", 1),
    "f1": Column("F1", 1),
    "cloud_iou": Column("cloud IoU", 1),
    "clear_iou": Column("clear IoU", 1),
    "two_class_miou": Column("mIoU (2 classes)", 1),
    "false_cloud": Column("false cloud", -1),
}
_SCORES = [*COUNT_SCORES.values(), Column("boundary F1", 1)]
_SHARES = [Column("cloud"), Column("truth"), Column("no answer")]
# The columns of the paper's Tables IV and V, and the mIoU by its own equation 28.
_STAGE_SCORES = ("cloud_iou", "f1", "overall_accuracy", "two_class_miou")


def shown(value: float, column: Column, dash: str = "–") -> str:
    """A value as people read it; what is not defined is a dash."""
    if math.isnan(value):
        return dash
    if column.unit == "percent":
        return f"{100 * value:.2f}"
    return f"{value:.4f}" if column.unit == "number" else f"{value:.0f}"


def all_tables(comparison: Comparison) -> list[Table]:
    """Everything pooled, the most important first."""
    tables = [*summary_tables(comparison)]
    for table in (
        false_alarm_table(comparison),
        stage_table(comparison),
        uncertainty_table(comparison),
        *(shadow_table(comparison, origin) for origin in (LABELS, TEACHERS)),
    ):
        if table is not None:
            tables.append(table)
    return tables


def summary_tables(comparison: Comparison) -> list[Table]:
    """All maskers side by side: on everything, then by sensor if there are several."""
    counts = {result.name: pool(result.scores) for result in comparison.results}
    boundaries = {r.name: pool(r.scores, attrgetter("boundary")) for r in comparison.results}
    unanswered = {r.name: pool(r.scores, attrgetter("unanswered")) for r in comparison.results}
    *sensors, everything = next(iter(counts.values()))
    return [
        _score_table(
            "All images" if group == everything else group,
            _SCORES,
            [
                (name, _values(pooled[group], boundaries[name][group], unanswered[name][group]))
                for name, pooled in counts.items()
            ],
        )
        for group in ([everything, *sensors] if len(sensors) > 1 else [everything])
    ]


def image_table(result: Result) -> Table:
    """One masker, image by image."""
    rows = [
        (item.image, _values(item.counts, item.boundary, item.unanswered)) for item in result.scores
    ]
    boundaries = pool(result.scores, attrgetter("boundary"))
    unanswered = pool(result.scores, attrgetter("unanswered"))
    for key, counts in pool(result.scores).items():
        rows.append((f"pooled: {key}", _values(counts, boundaries[key], unanswered[key])))
    # Images differ: the best is not told.
    return _score_table(result.name, [Column(column.title) for column in _SCORES], rows)


def stage_table(comparison: Comparison) -> Table | None:
    """Single-stage against two-stage, on everything and on the hard subset (Tables IV and V)."""
    hard = comparison.hard
    if hard is None:
        return None
    rows = []
    for result in comparison.results:
        if all(item.single_stage is not None for item in result.scores):
            stages = attrgetter("single_stage")
            single = pool(result.scores, stages)[POOLED], hard.counts(result.scores, stages)
            rows.append((f"{result.name}, single-stage", _stage_values(*single)))
            label = f"{result.name}, two-stage"
        else:
            label = result.name
        both = pool(result.scores)[POOLED], hard.counts(result.scores)
        rows.append((label, _stage_values(*both)))
    titles = [COUNT_SCORES[score].title for score in _STAGE_SCORES]
    columns = [Column(f"{group} {title}", 1) for group in ("all:", "hard:") for title in titles]
    share = f"{100 * comparison.settings.hard_share:g} %"
    note = (
        f"Single-stage: Pc > tau_c. Hard: the {len(hard.crops)} of {hard.of} crops of about "
        f"{comparison.settings.hard_crop_px} pixels ({share}) on which the first stage of "
        f"{hard.chosen_by} is least sure (mean U at least {hard.lowest_uncertainty:.3f})."
    )
    return Table("Single-stage against two-stage, and the hard subset", columns, rows, note)


def uncertainty_table(comparison: Comparison) -> Table | None:
    """How much probability and uncertainty tell, for each model and sensor."""
    rows = []
    for result in models_of(comparison):
        rankings = pool(result.scores, attrgetter("ranking"))
        reliabilities = pool(result.scores, attrgetter("reliability"))
        for key, ranking in rankings.items():
            if key == POOLED or len(rankings) > 2:
                reliability = reliabilities[key]
                values = [reliability.ece, reliability.brier, ranking.aurc, ranking.e_aurc]
                label = result.name if key == POOLED else f"{result.name}, {key}"
                rows.append((label, [*values, ranking.auroc_of_errors]))
    if not rows:
        return None
    # Images of different sensors differ: the best is not told.
    columns = [
        Column(title, unit="number") for title in ("ECE", "Brier", "AURC", "E-AURC", "AUROC")
    ]
    note = "Of the delivered probability and uncertainty. ECE, Brier and AURC: less is better."
    return Table("Uncertainty", columns, rows, note)


def shadow_table(comparison: Comparison, origin: str) -> Table | None:
    """Cloud shadow by sensor and all together, of the models that tell it; None without any.

    Args:
        origin: who says where shadow lies, ``LABELS`` or ``TEACHERS``.
    """
    rows, images = [], 0
    for result in comparison.results:
        images = max(images, sum(origin in (item.shadows or {}) for item in result.scores))
        pooled = pool_shadow(result.scores, origin)
        for key, counts in pooled.items():
            if key == POOLED or len(pooled) > 2:
                label = result.name if key == POOLED else f"{result.name}, {key}"
                rows.append((label, _shadow_values(counts)))
    if not rows:
        return None
    columns = [Column(title) for title in ("F1", "precision", "recall", "false shadow", "truth")]
    note = (
        f"Images on which the {origin} tell cloud shadow: {images} of "
        f"{len(comparison.results[0].scores)}. Pixels where it was not looked for do not count."
    )
    return Table(f"Cloud shadow against the {origin}", columns, rows, note)


def _shadow_values(counts: Confusion) -> list[float]:
    shadow = counts.true_positive + counts.false_negative
    return [
        counts.f1,
        counts.precision,
        counts.recall,
        ratio(counts.false_positive, counts.pixels - shadow),
        ratio(shadow, counts.pixels),
    ]


def false_alarm_table(comparison: Comparison) -> Table | None:
    """On images without any cloud: how many have too much false cloud, and which is the worst."""
    rows, failing = [], []
    for result in comparison.results:
        alarms = _false_alarms(result.scores)
        if not alarms:
            return None
        failed = [item.image for item in alarms if item.counts.false_cloud > FALSE_CLOUD_LIMIT]
        shares = [item.counts.false_cloud for item in alarms]
        rows.append((result.name, [len(failed), max(shares), sum(shares) / len(shares)]))
        if failed:
            names = ", ".join(failed)
            failing.append(f"{result.name} fails on {len(failed)}: {names}.")
    limit = f"{100 * FALSE_CLOUD_LIMIT:g} %"
    columns = [
        Column(f"images above {limit}", -1, "count"),
        Column("worst", -1),
        Column("mean of images", -1),
    ]
    note = " ".join([f"Images without cloud in the reference: {len(alarms)}.", *failing])
    return Table("False cloud on clear images", columns, rows, note)


def models_of(comparison: Comparison) -> list[Result]:
    """Those that bring an uncertainty."""
    return [r for r in comparison.results if all(s.ranking is not None for s in r.scores)]


def _false_alarms(scores: Sequence[ImageScore]) -> list[ImageScore]:
    """Images whose reference is clear everywhere."""
    clear = [item for item in scores if not item.counts.true_positive + item.counts.false_negative]
    return [item for item in clear if item.counts.pixels]


def _values(counts: Confusion, boundary: BoundaryMatch, unanswered: int) -> list[float]:
    called = counts.true_positive + counts.false_positive
    true = counts.true_positive + counts.false_negative
    return [
        *(getattr(counts, score) for score in COUNT_SCORES),
        boundary.f1,
        ratio(called, counts.pixels),
        ratio(true, counts.pixels),
        ratio(unanswered, counts.pixels + unanswered),
    ]


def _score_table(
    title: str, scores: Sequence[Column], rows: Sequence[tuple[str, list[float]]]
) -> Table:
    """Scores and shares of cloud; that of pixels without answer only where there are any."""
    columns = [*scores, *_SHARES]
    if all(values[-1] == 0 for _, values in rows):
        columns.pop()
        rows = [(label, values[:-1]) for label, values in rows]
    return Table(title, columns, rows)


def _stage_values(everything: Confusion, hard: Confusion) -> list[float]:
    return [getattr(counts, score) for counts in (everything, hard) for score in _STAGE_SCORES]


def as_text(table: Table) -> str:
    """For a terminal, aligned."""
    cells = [
        [shown(v, column, "-") for v, column in zip(values, table.columns, strict=True)]
        for _, values in table.rows
    ]
    widths = [
        max([len(column.title), *(len(row[number]) for row in cells)])
        for number, column in enumerate(table.columns)
    ]
    first = max((len(label) for label, _ in table.rows), default=0)
    percent = any(column.unit == "percent" for column in table.columns)
    head = [f"{c.title:>{w}}" for c, w in zip(table.columns, widths, strict=True)]
    lines = [f"{table.title}{' (percent)' if percent else ''}", "  ".join([" " * first, *head])]
    for (label, _), row in zip(table.rows, cells, strict=True):
        aligned = [f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join([f"{label:<{first}}", *aligned]))
    if table.note:
        lines.append(table.note)
    return "\n".join(lines)
