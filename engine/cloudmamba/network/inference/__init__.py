"""The network as it runs for inference: on the CPU folded and fused, and in the fastest precision."""

from __future__ import annotations

import os

import torch
from torch import nn

from cloudmamba.errors import DeviceError
from cloudmamba.network.inference.blocks import fused_for_cpu
from cloudmamba.network.inference.on_card import OnCard
from cloudmamba.network.model import CloudMamba
from cloudmamba.ops.processor import target_processor
from cloudmamba.ops.selective_scan import backend_for

__all__ = [
    "GRAPHS_VARIABLE",
    "PRECISION_VARIABLE",
    "OnCard",
    "fused_for_cpu",
    "inference_form",
    "precision_for",
]

PRECISION_VARIABLE = "CLOUDMAMBA_PRECISION"
GRAPHS_VARIABLE = "CLOUDMAMBA_CUDA_GRAPHS"
_PRECISIONS = {"bfloat16": torch.bfloat16, "float32": torch.float32}
# Compute capability of graphics cards whose matrix units take bfloat16.
_CARDS_WITH_BFLOAT16 = (8, 0)


def precision_for(device: torch.device) -> torch.dtype:
    """The type of the network's maps on a device.

    bfloat16 where a processor or an NVIDIA graphics card multiplies such numbers itself, else
    float32. The environment variable ``CLOUDMAMBA_PRECISION`` overrides the choice; DeviceError
    if it names another one.
    """
    chosen = os.environ.get(PRECISION_VARIABLE)
    if not chosen:
        return torch.bfloat16 if _multiplies_bfloat16(device) else torch.float32
    if chosen not in _PRECISIONS:
        raise DeviceError(
            f"{PRECISION_VARIABLE}={chosen} is not a precision: use {' or '.join(_PRECISIONS)}."
        )
    return _PRECISIONS[chosen]


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= _CARDS_WITH_BFLOAT16
    return device.type == "cpu" and target_processor().has("avx512bf16")


def inference_form(model: nn.Module) -> nn.Module:
    """The fastest form of a model in evaluation mode on the device that it is on.

    For a CloudMamba a copy in the precision of the device: on the CPU fused, unless another
    backend than the compiled scan was asked for, on a graphics card ``OnCard``. For other modules
    and devices the model itself.
    """
    device = next(model.parameters()).device
    if not isinstance(model, CloudMamba):
        return model
    if device.type == "cpu":
        if backend_for(device) != "compiled":
            return model
        return fused_for_cpu(model, precision_for(device))
    if device.type == "cuda":
        return OnCard(model, precision_for(device), graphs=_wants_graphs())
    return model


def _wants_graphs() -> bool:
    """Whether the environment variable ``CLOUDMAMBA_CUDA_GRAPHS`` asks for them.

    They are off by default: what they gain, and that they are right, was seen on no card yet.
    """
    chosen = os.environ.get(GRAPHS_VARIABLE) or "off"
    if chosen not in ("on", "off"):
        raise DeviceError(f"{GRAPHS_VARIABLE}={chosen} is unknown: use on or off.")
    return chosen == "on"
