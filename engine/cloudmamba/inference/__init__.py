"""The network as it runs for inference: on the CPU folded and fused, and in the fastest precision."""

from __future__ import annotations

from torch import nn

from cloudmamba.compute_options import AUTOMATIC, ComputeOptions
from cloudmamba.inference.cpu import fused_for_cpu
from cloudmamba.inference.cuda import CudaModel
from cloudmamba.inference.precision import PRECISIONS, precision_for
from cloudmamba.network.model import CloudMamba
from cloudmamba.ops.selective_scan import backend_for, use_backend

__all__ = [
    "PRECISIONS",
    "CudaModel",
    "fused_for_cpu",
    "optimize_for_inference",
    "precision_for",
]


def optimize_for_inference(
    model: nn.Module, compute: ComputeOptions = AUTOMATIC, keep: bool = True
) -> nn.Module:
    """The fastest form of a model in evaluation mode on the device that it is on.

    For a CloudMamba a copy in the precision of the device: on the CPU fused, unless another
    backend than the compiled scan was asked for, on a graphics card ``CudaModel``. For other modules
    and devices the model itself. Its scans keep to the backend that was asked for.

    Args:
        keep: whether the model is needed afterwards, too.
    """
    device = next(model.parameters()).device
    use_backend(model, compute.scan)
    if not isinstance(model, CloudMamba):
        return model
    if device.type == "cpu":
        if backend_for(device, compute.scan) != "compiled":
            return model
        return fused_for_cpu(model, precision_for(device, compute.precision), keep)
    if device.type == "cuda":
        dtype = precision_for(device, compute.precision)
        return CudaModel(model, dtype, graphs=compute.cuda_graphs)
    return model
