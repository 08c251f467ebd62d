"""The variables of the environment that say how to compute: read here and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from cloudmamba.compute_options import ComputeOptions
from cloudmamba.errors import DeviceError

if TYPE_CHECKING:
    from cloudmamba.masker import CloudMasker

PRECISION_VARIABLE = "CLOUDMAMBA_PRECISION"
SCAN_VARIABLE = "CLOUDMAMBA_SCAN"
GRAPHS_VARIABLE = "CLOUDMAMBA_CUDA_GRAPHS"


def compute_options() -> ComputeOptions:
    """What the environment asks for; imports PyTorch.

    Raises DeviceError where a variable has a value that is unknown.
    """
    from cloudmamba.inference import PRECISIONS
    from cloudmamba.ops.selective_scan import BACKENDS

    graphs = os.environ.get(GRAPHS_VARIABLE) or "off"
    if graphs not in ("on", "off"):
        raise DeviceError(f"{GRAPHS_VARIABLE}={graphs} is unknown: use on or off.")
    return ComputeOptions(
        _chosen(PRECISION_VARIABLE, PRECISIONS, "a precision"),
        _chosen(SCAN_VARIABLE, BACKENDS, "a scan backend"),
        graphs == "on",
    )


def load_masker(model: str | Path | None, device: str) -> CloudMasker:
    """``CloudMasker.load``, computing as the environment asks for."""
    from cloudmamba.masker import CloudMasker

    compute = compute_options()
    return CloudMasker.load(model, device, compute.precision, compute.scan, compute.cuda_graphs)


def _chosen(variable: str, names: Collection[str], kind: str) -> str | None:
    name = os.environ.get(variable) or None
    if name is not None and name not in names:
        raise DeviceError(f"{variable}={name} is not {kind}: use one of {', '.join(names)}.")
    return name
