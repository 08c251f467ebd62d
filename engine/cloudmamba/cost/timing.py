"""How long the stages of a network really take."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import nn

from cloudmamba.cost.stages import OTHER, SCANS, TOTAL, Stage, stage_name
from cloudmamba.inference import CudaModel
from cloudmamba.network.model import CloudMamba
from cloudmamba.ops.selective_scan import cpu, selective_scan_2d

REPEATS = 5


def times(work: Callable[[], object], device: torch.device, repeats: int = REPEATS) -> list[float]:
    """Seconds of each of some calls, after one that is not counted."""
    work()
    seconds = []
    for _ in range(repeats):
        _finish(device)
        started = time.perf_counter()
        work()
        _finish(device)
        seconds.append(time.perf_counter() - started)
    return seconds


def stage_seconds(
    network: CloudMamba | CudaModel,
    tile_px: int,
    stages: Sequence[Stage],
    device: torch.device,
    repeats: int = REPEATS,
) -> dict[str, float]:
    """Median seconds of each stage, of the whole, and of the scans when they run alone.

    Args:
        network: in the form in which it detects; its second stage runs too.
        stages: the counted ones, which know the shapes of the scans.
    """
    image = torch.rand(1, len(network.configuration.bands), tile_px, tile_px, device=device)
    clocked, one_by_one = network, lambda: network(image)
    if isinstance(network, CudaModel):
        clocked, one_by_one = network.network, lambda: network(image, use_graphs=False)
    seconds = {}
    with torch.no_grad():
        network(image)
        runs = []
        for _ in range(repeats):
            with _stage_clock(clocked, device) as spent:
                one_by_one()
            runs.append(spent)
        for name in runs[0]:
            seconds[name] = statistics.median(spent[name] for spent in runs)
        # On their own, so that waiting for the end of each stage does not count.
        seconds[TOTAL] = statistics.median(times(lambda: network(image), device, repeats))
        scans = [o.shapes for stage in stages for o in stage.operators if o.is_scan]
        if scans:
            dtype = weight_dtype(clocked)
            seconds[SCANS] = sum(scan_seconds(shapes, device, dtype, repeats) for shapes in scans)
    return seconds


def weight_dtype(network: nn.Module) -> torch.dtype:
    """Of the convolutions inside a network, whose first and last ones may be more precise."""
    if isinstance(network, CudaModel):
        return network.dtype
    if isinstance(network, CloudMamba):
        return network.encoder.downsampling[0].weight.dtype
    return next(network.parameters()).dtype


def scan_inputs(
    shapes: Sequence[tuple[int, ...]], device: torch.device | str = "cpu"
) -> list[torch.Tensor]:
    """Random inputs of a scan, of the given shapes, with all decay rates negative."""
    inputs = [torch.randn(shape, device=device) for shape in shapes]
    inputs[4] = -inputs[4].exp()
    return inputs


def scan_seconds(
    shapes: Sequence[tuple[int, ...]],
    device: torch.device,
    dtype: torch.dtype,
    repeats: int = REPEATS,
) -> float:
    """Median seconds of a scan alone, of maps in float32, or in bfloat16 as the fused form has it."""
    inputs = scan_inputs(shapes, device)
    scan = selective_scan_2d
    if dtype == torch.bfloat16:
        inputs[:2] = (maps.to(dtype) for maps in inputs[:2])
        scan = cpu.forward_terms
    return statistics.median(times(lambda: scan(*inputs), device, repeats))


@contextlib.contextmanager
def _stage_clock(network: CloudMamba, device: torch.device) -> Iterator[dict[str, float]]:
    """Seconds spent in each stage while it is entered; none are counted twice."""
    spent: dict[str, float] = defaultdict(float)
    running = [OTHER]
    last = time.perf_counter()

    def mark() -> None:
        nonlocal last
        _finish(device)
        now = time.perf_counter()
        spent[running[-1]] += now - last
        last = now

    def entering(stage: str) -> Callable[..., None]:
        def hook(*_) -> None:
            mark()
            running.append(stage)

        return hook

    def leaving(*_) -> None:
        mark()
        running.pop()

    with contextlib.ExitStack() as hooks:
        for name, module in network.named_modules():
            if (stage := stage_name(name)) != OTHER:
                hooks.callback(module.register_forward_pre_hook(entering(stage)).remove)
                hooks.callback(module.register_forward_hook(leaving).remove)
        yield spent
        mark()


def _finish(device: torch.device) -> None:
    """Wait for what a graphics card still has to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
