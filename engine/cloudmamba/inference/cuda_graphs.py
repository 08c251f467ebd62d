"""The stages of the network as CUDA graphs: a card gets all their operators in one launch.

Launching them one by one takes the processor longer than a fast card needs to compute a batch.
A graph is tied to the shape and the memory of its tensors, and what it does cannot be seen when it
runs; so it is recorded only for shapes that come again and again, and used only if it gives what
the operators give one by one, for another image than the recorded one too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch

from cloudmamba.network.model import CloudMamba, Features
from cloudmamba.network.refinement import uncertainty_of
from cloudmamba.ops.selective_scan.triton import keeping_kernels

_log = logging.getLogger(__name__)

# Recording takes as long as several batches, and a first run of each operator sets it up.
_RUNS_BEFORE_RECORDING = 3
# On the stream of the recording: libraries set up their work space for each stream anew.
_WARM_UP_RUNS = 2
# Logits of runs that may choose other algorithms; the rounding of bfloat16 gives such differences.
_TOLERANCE = 0.05

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Recorded:
    """Graphs, the tensors that they read, and those that each run writes anew."""

    image: torch.Tensor
    segment: Callable[[], None]
    features: Features
    coarse: torch.Tensor
    uncertainty: torch.Tensor
    refine: Callable[[], None] | None
    refined: torch.Tensor | None


class StageGraphs:
    """Both stages, as ``CloudMamba`` has them. To be used by one thread at a time."""

    def __init__(self, network: CloudMamba):
        """``network`` launches one operator after the other."""
        self._network = network
        self._recorded: _Recorded | None = None
        self._shape: torch.Size | None = None
        self._runs = 0
        self._can_record = True

    @property
    def are_recorded(self) -> bool:
        """Whether there are graphs; else every operator is launched by itself."""
        return self._recorded is not None

    def segment(self, image: torch.Tensor) -> tuple[Features, torch.Tensor]:
        """The first stage. Its maps may be overwritten by the next call."""
        if not self._fits(image):
            # Only runs without others between them count: the last batches of many scenes, which
            # are smaller, must not cost the graphs of all others.
            self._runs = self._runs + 1 if image.shape == self._shape else 1
            self._shape = image.shape
            if self._can_record and self._runs > _RUNS_BEFORE_RECORDING:
                self._record(image)
        if not self._fits(image):
            return self._network.segment(image)
        self._runs = 0
        recorded = self._recorded
        recorded.image.copy_(image)
        recorded.segment()
        return recorded.features, recorded.coarse.clone()

    def refine(self, features: Features, uncertainty: torch.Tensor) -> torch.Tensor:
        """The second stage of what ``segment`` gave last."""
        recorded = self._recorded
        if recorded is None or recorded.refine is None or not features.is_recorded:
            return self._network.refine(features, uncertainty)
        recorded.uncertainty.copy_(uncertainty)
        recorded.refine()
        return recorded.refined.clone()

    def _fits(self, image: torch.Tensor) -> bool:
        return self._recorded is not None and self._recorded.image.shape == image.shape

    def _record(self, image: torch.Tensor) -> None:
        """Without graphs the network goes on as before, also where memory is short for them."""
        self._recorded = None
        try:
            recorded = self._recording(image)
            if not self._is_right(recorded, image):
                raise RuntimeError("their results differ from those of single operators")
        except RuntimeError as error:
            self._can_record = False
            _log.warning("The network runs without CUDA graphs: %s", error)
        else:
            self._recorded = recorded

    def _recording(self, image: torch.Tensor) -> _Recorded:
        image = image.clone(memory_format=torch.preserve_format)
        (features, coarse), segment = record(lambda: self._network.segment(image), image.device)
        uncertainty = torch.zeros_like(coarse, dtype=torch.float32)
        refined = refine = None
        if self._network.refiner is not None:
            refined, refine = record(
                lambda: self._network.refine(features, uncertainty), image.device
            )
        features = features._replace(is_recorded=True)
        return _Recorded(image, segment, features, coarse, uncertainty, refine, refined)

    def _is_right(self, recorded: _Recorded, image: torch.Tensor) -> bool:
        # What was recorded as a constant is right for the image of the recording.
        return self._agrees(recorded, 1 - image.flip(-1)) and self._agrees(recorded, image)

    def _agrees(self, recorded: _Recorded, image: torch.Tensor) -> bool:
        features, coarse = self._network.segment(image)
        recorded.image.copy_(image)
        recorded.segment()
        pairs = [(recorded.coarse, coarse)]
        if recorded.refine is not None:
            uncertainty = uncertainty_of(coarse.float().sigmoid())
            recorded.uncertainty.copy_(uncertainty)
            recorded.refine()
            pairs.append((recorded.refined, self._network.refine(features, uncertainty)))
        return all(
            torch.allclose(own.float(), other.float(), rtol=0, atol=_TOLERANCE)
            for own, other in pairs
        )


@dataclass(frozen=True)
class _Graph:
    """A graph with what it uses and does not keep alive itself.

    Attributes:
        function: what was recorded, which holds the weights.
        kernels: of Triton, which takes them off the card when nothing refers to them.
    """

    graph: torch.cuda.CUDAGraph
    function: Callable[[], object]
    kernels: Sequence[object]

    def launch(self) -> None:
        """Compute anew what the recording gave."""
        self.graph.replay()


def record(
    function: Callable[[], Result], device: torch.device
) -> tuple[Result, Callable[[], None]]:
    """What ``function`` gives, without values yet, and what computes them, each time anew."""
    with torch.cuda.device(device):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP_RUNS):
                function()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with (
            keeping_kernels() as kernels,
            # Other threads go on meanwhile, and allocate page-locked memory.
            torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"),
        ):
            result = function()
    return result, _Graph(graph, function, kernels).launch
