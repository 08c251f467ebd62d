"""The network as it runs for inference: on the CPU folded and fused, and in the fastest precision."""

from __future__ import annotations

import os

from torch import nn

from cloudmamba.errors import DeviceError
from cloudmamba.inference.cpu import fused_for_cpu
from cloudmamba.inference.cuda import CudaModel
from cloudmamba.inference.precision import PRECISION_VARIABLE, precision_for
from cloudmamba.network.model import CloudMamba
from cloudmamba.ops.selective_scan import backend_for

__all__ = [
    "GRAPHS_VARIABLE",
    "PRECISION_VARIABLE",
    "CudaModel",
    "fused_for_cpu",
    "optimize_for_inference",
    "precision_for",
]

GRAPHS_VARIABLE = "CLOUDMAMBA_CUDA_GRAPHS"


def optimize_for_inference(model: nn.Module, precision: str | None = None) -> nn.Module:
    """The fastest form of a model in evaluation mode on the device that it is on.

    For a CloudMamba a copy in the precision of the device: on the CPU fused, unless another
    backend than the compiled scan was asked for, on a graphics card ``CudaModel``. For other modules
    and devices the model itself.

    Args:
        precision: as of ``precision_for``.
    """
    device = next(model.parameters()).device
    if not isinstance(model, CloudMamba):
        return model
    if device.type == "cpu":
        if backend_for(device) != "compiled":
            return model
        return fused_for_cpu(model, precision_for(device, precision))
    if device.type == "cuda":
        return CudaModel(model, precision_for(device, precision), graphs=_wants_graphs())
    return model


def _wants_graphs() -> bool:
    """Whether the environment variable ``CLOUDMAMBA_CUDA_GRAPHS`` asks for them.

    They are off by default: what they gain, and that they are right, was seen on no card yet.
    """
    chosen = os.environ.get(GRAPHS_VARIABLE) or "off"
    if chosen not in ("on", "off"):
        raise DeviceError(f"{GRAPHS_VARIABLE}={chosen} is unknown: use on or off.")
    return chosen == "on"
