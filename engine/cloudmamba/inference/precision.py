"""In which type of numbers the network's maps are computed on a device."""

from __future__ import annotations

import os

import torch

from cloudmamba.errors import DeviceError
from cloudmamba.ops.processor import target_processor

PRECISION_VARIABLE = "CLOUDMAMBA_PRECISION"
_PRECISIONS = {"bfloat16": torch.bfloat16, "float32": torch.float32}
# Compute capability of graphics cards whose matrix units take bfloat16.
_GPUS_WITH_BFLOAT16 = (8, 0)


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
        return torch.cuda.get_device_capability(device) >= _GPUS_WITH_BFLOAT16
    return device.type == "cpu" and target_processor().has("avx512bf16")
