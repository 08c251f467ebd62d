"""The table at the end of a batch, and what it took."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence

from cloudmamba.batch.folder import TABLE_NAME
from cloudmamba.batch.job import CANCELLED, DONE, FAILED, SKIPPED, UNDECIDED, Outcome

_TITLES = ("scene", "status", "cloud %", "valid %", "uncertainty", "seconds", "error")
_IS_TEXT = (True, True, False, False, False, False, True)
_STATUSES = (DONE, SKIPPED, FAILED, UNDECIDED, CANCELLED)


def as_text(outcomes: Sequence[Outcome], seconds: float) -> str:
    """The table and totals for a terminal; ``seconds`` is the time of the whole batch."""
    rows = [_TITLES, *(_cells(outcome) for outcome in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    lines = [
        "  ".join(
            f"{cell:<{width}}" if is_text else f"{cell:>{width}}"
            for cell, width, is_text in zip(row, widths, _IS_TEXT, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, "", *_totals(outcomes, seconds)])


def as_json(outcomes: Sequence[Outcome], seconds: float) -> str:
    """The same for programs."""
    content = {
        "scenes": [dataclasses.asdict(outcome) for outcome in outcomes],
        "seconds": round(seconds, 3),
        "megapixels_done": _megapixels(outcomes),
    }
    return json.dumps(content)


def _megapixels(outcomes: Sequence[Outcome]) -> float:
    """Of the scenes that were done in this batch."""
    pixels = ((one.width or 0) * (one.height or 0) for one in outcomes if one.status == DONE)
    return sum(pixels) / 1e6


def _cells(outcome: Outcome) -> tuple[str, ...]:
    return (
        outcome.name,
        outcome.status,
        _number(outcome.cloud_percent, 2),
        _number(outcome.valid_percent, 2),
        _number(outcome.mean_uncertainty, 3),
        _number(outcome.seconds, 1),
        outcome.error,
    )


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _totals(outcomes: Sequence[Outcome], seconds: float) -> list[str]:
    counts = Counter(outcome.status for outcome in outcomes)
    parts = [f"{counts[status]} {status}" for status in _STATUSES if counts[status]]
    noun = "scene" if len(outcomes) == 1 else "scenes"
    lines = [f"{len(outcomes)} {noun}: {', '.join(parts)}"]
    if counts[DONE]:
        pixels = _megapixels(outcomes)
        lines.append(
            f"{pixels:.1f} Mpx in {seconds:.1f} s: {pixels / seconds:.3f} Mpx/s with reading "
            "and writing"
        )
    if undecided := [outcome.name for outcome in outcomes if outcome.status == UNDECIDED]:
        lines.append(
            f"Give bands or radiometry (a table with these columns does) for: {', '.join(undecided)}"
        )
    if warned := sum(bool(outcome.warnings) for outcome in outcomes):
        lines.append(
            f"Warnings: {warned} of the scenes, see the column warnings of the table {TABLE_NAME}"
        )
    return lines
