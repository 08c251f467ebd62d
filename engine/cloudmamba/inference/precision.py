"""In which type of numbers the network's maps are computed on a device."""

from __future__ import annotations

import torch

from cloudmamba.errors import DeviceError
from cloudmamba.ops.processor import target_processor

PRECISIONS = {"bfloat16": torch.bfloat16, "float32": torch.float32}
# Compute capability of graphics cards whose matrix units take bfloat16.
_GPUS_WITH_BFLOAT16 = (8, 0)


def precision_for(device: torch.device, chosen: str | None = None) -> torch.dtype:
    """The type of the network's maps on a device.

    Args:
        chosen: ``bfloat16`` or ``float32``; None for bfloat16 where a processor or an NVIDIA
            graphics card multiplies such numbers itself, and float32 elsewhere.

    Raises:
        DeviceError: another one is named.
    """
    if not chosen:
        return torch.bfloat16 if _multiplies_bfloat16(device) else torch.float32
    if chosen not in PRECISIONS:
        raise DeviceError(f"'{chosen}' is not a precision: use {' or '.join(PRECISIONS)}.")
    return PRECISIONS[chosen]


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= _GPUS_WITH_BFLOAT16
    return device.type == "cpu" and target_processor().has("avx512bf16")
