"""What was measured on each kind of processor, in one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from measuring.results import ScanRun, SceneRun, SceneSummary, summarise_scenes


@dataclass(frozen=True)
class Result:
    """All that one run of the benchmarks measured, on one kind of processor.

    Attributes:
        date: of the measurement, as in ISO 8601.
        machine: for people: what computed, and the system.
        threads: that every method could use.
        model, model_version: of CloudMamba's network.
        precision: of the network's maps, ``bfloat16`` or ``float32``.
        packages: versions by name.
        command: that measured it.
        tile_px: of the scans and of the cost.
        cost: what ``cloudmamba info --cost --measure --json`` told.
    """

    date: str
    machine: str
    threads: int
    model: str
    model_version: str
    precision: str
    packages: dict[str, str]
    command: str
    tile_px: int
    scenes: list[SceneRun]
    scans: list[ScanRun]
    cost: dict[str, Any]

    @property
    def network(self) -> str:
        """For people: what computed CloudMamba's masks."""
        return f"{self.model} {self.model_version} in {self.precision}"

    @property
    def summaries(self) -> list[SceneSummary]:
        return summarise_scenes(self.scenes)


def read_results(path: Path) -> dict[str, Result]:
    """Results by kind of processor.

    Raises:
        ValueError: the file does not hold such results.
    """
    try:
        by_kind = json.loads(path.read_text(encoding="utf-8"))
        return {kind: _result(**values) for kind, values in by_kind.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"'{path}' does not hold results by kind of processor: "
            "restore it, or remove it to begin anew."
        ) from error


def write_results(results: Mapping[str, Result], path: Path) -> None:
    """What ``read_results`` reads."""
    by_kind = {kind: asdict(result) for kind, result in results.items()}
    path.write_text(json.dumps(by_kind, indent=1), encoding="utf-8")


def _result(scenes: list[dict], scans: list[dict], **others: Any) -> Result:
    return Result(
        scenes=[SceneRun(**run) for run in scenes],
        scans=[ScanRun(**run) for run in scans],
        **others,
    )
