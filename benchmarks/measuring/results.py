"""What was measured, as values and as the text of a page."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

OURS = "cloudmamba"


@dataclass(frozen=True)
class SceneRun:
    """One method on one scene, once.

    Attributes:
        method: such as ``cloudmamba`` or ``ukis-csmask``.
        size_px: of the square scene.
        repeat: runs of the same repeat lie next to each other in time.
        seconds: from opening the scene to the closed result, with the model's loading.
        wall_s: the same with the program's start.
        peak_mb: greatest resident size in MiB.
        refined_share: of the tiles, those that took the second stage; None for other networks.
    """

    method: str
    size_px: int
    repeat: int
    seconds: float
    wall_s: float
    peak_mb: float
    refined_share: float | None = None

    @property
    def megapixels(self) -> float:
        return self.size_px**2 / 1e6


@dataclass(frozen=True)
class ScanRun:
    """One scan backend on the scans of one tile, all levels together, once."""

    backend: str
    repeat: int
    seconds: float


@dataclass(frozen=True)
class SceneSummary:
    """Medians of the repeats of a method on scenes of one size.

    Attributes:
        ratio: median of the times of this method over ours in the same repeat; None where ours
            did not run.
        wall_ratio: the same of the times with the programs' start.
    """

    method: str
    size_px: int
    seconds: float
    megapixels_per_s: float
    peak_mb: float
    ratio: float | None
    wall_s: float
    wall_ratio: float | None


def summarise_scenes(runs: Sequence[SceneRun]) -> list[SceneSummary]:
    """By size, then in the order in which the methods ran."""
    ours = {(run.size_px, run.repeat): run for run in runs if run.method == OURS}
    summaries = []
    for size_px, method in _distinct((run.size_px, run.method) for run in runs):
        own = [run for run in runs if (run.size_px, run.method) == (size_px, method)]
        beside = [(run, ours[size_px, run.repeat]) for run in own if (size_px, run.repeat) in ours]
        seconds = statistics.median(run.seconds for run in own)
        summaries.append(
            SceneSummary(
                method,
                size_px,
                seconds,
                own[0].megapixels / seconds,
                statistics.median(run.peak_mb for run in own),
                _median(run.seconds / our.seconds for run, our in beside),
                statistics.median(run.wall_s for run in own),
                _median(run.wall_s / our.wall_s for run, our in beside),
            )
        )
    return summaries


def scene_table(summaries: Sequence[SceneSummary]) -> str:
    """Time, speed and memory of the methods beside each other."""
    rows = [
        [
            f"{s.size_px} x {s.size_px}",
            s.method,
            f"{s.seconds:.2f}",
            f"{s.megapixels_per_s:.2f}",
            _ratio(s.ratio),
            f"{s.wall_s:.2f}",
            _ratio(s.wall_ratio),
            f"{s.peak_mb:.0f}",
        ]
        for s in summaries
    ]
    head = ["pixels", "method", "s", "Mpx/s", "time over ours", "s with start", "over ours"]
    return table([*head, "peak MiB"], rows)


def side_by_side_table(summaries: Mapping[str, Sequence[SceneSummary]]) -> str:
    """Time of the methods on several kinds of processor.

    Args:
        summaries: by kind.
    """
    by_kind = {
        kind: {(s.size_px, s.method): s for s in measured} for kind, measured in summaries.items()
    }
    found = _distinct(key for measured in by_kind.values() for key in measured)
    rows = []
    for size_px, method in sorted(found, key=lambda key: key[0]):
        row = [f"{size_px} x {size_px}", method]
        for measured in by_kind.values():
            summary = measured.get((size_px, method))
            row += [f"{summary.seconds:.2f}", _ratio(summary.ratio)] if summary else ["-", "-"]
        rows.append(row)
    heads = [head for kind in summaries for head in (f"{kind}: s", "over ours")]
    return table(["pixels", "method", *heads], rows)


def scan_table(runs: Sequence[ScanRun]) -> str:
    """Scan backends beside each other; the first one that ran is the measure."""
    backends = _distinct(run.backend for run in runs)
    first = {run.repeat: run.seconds for run in runs if run.backend == backends[0]}
    rows = []
    for backend in backends:
        own = [run for run in runs if run.backend == backend]
        ratio = statistics.median(run.seconds / first[run.repeat] for run in own)
        seconds = statistics.median(run.seconds for run in own)
        rows.append([backend, f"{1000 * seconds:.1f}", f"{ratio:.2f}"])
    return table(["backend", "ms", f"time over {backends[0]}"], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _median(values: Iterable[float]) -> float | None:
    return statistics.median(found) if (found := list(values)) else None


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _distinct(values: Iterable) -> list:
    return list(dict.fromkeys(values))
