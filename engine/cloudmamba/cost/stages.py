"""The operators of a network put together to the stages that the paper draws."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from cloudmamba.cost.operators import Operator, Recorder
from cloudmamba.model_files import build
from cloudmamba.network.configuration import ModelConfiguration

OTHER, TOTAL, SCANS = "other", "total", "of which scans"
_STAGES = (
    (r"encoder\.stem", "stem"),
    (r"encoder\.blocks\.(\d+)\.mixer", "level {} DS-Mamba"),
    (r"encoder\.blocks\.(\d+)", "level {} convolutions"),
    (r"encoder\.downsampling\.(\d+)", "level {} convolutions"),
    (r"decoder|head", "decoder"),
    (r"refiner", "refiner"),
)


@dataclass(frozen=True)
class Stage:
    """One part of the network, with the operators that it runs."""

    name: str
    operators: tuple[Operator, ...]

    @property
    def operations(self) -> int:
        return sum(operator.operations for operator in self.operators)

    @property
    def bytes_least(self) -> int:
        """Moved where convolutions, products and scans read and write, and all else is fused."""
        return sum(o.bytes_moved for o in self.operators if o.operations)

    @property
    def bytes_unfused(self) -> int:
        """Moved where every operator reads its inputs and writes its outputs."""
        return sum(operator.bytes_moved for operator in self.operators)


def stage_name(module: str) -> str:
    """Stem, the parts of the levels, decoder, refiner, and ``other`` for what lies between.

    Args:
        module: as the network names it, such as ``encoder.blocks.0.mixer.output``.
    """
    for pattern, name in _STAGES:
        if match := re.match(pattern, module):
            return name.format(*(int(level) + 1 for level in match.groups()))
    return OTHER


def stages_of(operators: Iterable[Operator]) -> list[Stage]:
    """In the order in which they first run."""
    found: dict[str, list[Operator]] = {}
    for operator in operators:
        found.setdefault(stage_name(operator.module), []).append(operator)
    return [Stage(name, tuple(members)) for name, members in found.items()]


def with_sums(stages: Sequence[Stage]) -> list[Stage]:
    """The stages, all of them together, and what is scans of that."""
    everything = tuple(operator for stage in stages for operator in stage.operators)
    scans = tuple(operator for operator in everything if operator.is_scan)
    return [*stages, Stage(TOTAL, everything), Stage(SCANS, scans)]


def count(configuration: ModelConfiguration, tile_px: int) -> list[Stage]:
    """Cost of a network in float32 on one square tile with the second stage; computes nothing."""
    with FakeTensorMode(), torch.no_grad():
        model = build(configuration).eval()
        image = torch.empty(1, len(configuration.bands), tile_px, tile_px)
        with Recorder(configuration.refinement) as recorder:
            model(image, refine=True)
    return stages_of(recorder.operators)
