"""The network as it runs for inference: on the CPU folded, fused, and in the fastest precision."""

from __future__ import annotations

import os

import torch
from llvmlite import binding
from torch import nn

from cloudmamba.errors import DeviceError
from cloudmamba.network.inference.blocks import fused_for_cpu
from cloudmamba.network.model import CloudMamba
from cloudmamba.network.scan import backend_for

__all__ = ["PRECISION_VARIABLE", "cpu_precision", "fused_for_cpu", "inference_form"]

PRECISION_VARIABLE = "CLOUDMAMBA_PRECISION"
_PRECISIONS = {"bfloat16": torch.bfloat16, "float32": torch.float32}


def cpu_precision() -> torch.dtype:
    """The type of the network's maps on the CPU.

    bfloat16 where the processor multiplies such numbers itself, else float32. The environment
    variable ``CLOUDMAMBA_PRECISION`` overrides the choice; DeviceError if it names another one.
    """
    chosen = os.environ.get(PRECISION_VARIABLE)
    if not chosen:
        features = binding.get_host_cpu_features()
        return torch.bfloat16 if features.get("avx512bf16") else torch.float32
    if chosen not in _PRECISIONS:
        raise DeviceError(
            f"{PRECISION_VARIABLE}={chosen} is not a precision: use {' or '.join(_PRECISIONS)}."
        )
    return _PRECISIONS[chosen]


def inference_form(model: nn.Module) -> nn.Module:
    """The fastest form of a model in evaluation mode on the device that it is on.

    For a CloudMamba on the CPU a fused copy in ``cpu_precision``. Elsewhere, where another
    backend than the compiled scan was asked for, and for other modules, the model itself.
    """
    device = next(model.parameters()).device
    if not isinstance(model, CloudMamba) or device.type != "cpu":
        return model
    if backend_for(device) != "compiled":
        return model
    return fused_for_cpu(model, cpu_precision())
