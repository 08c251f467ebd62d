"""What this engine is made of: packages, devices and models."""

from __future__ import annotations

import logging
import os
import platform
from importlib import metadata
from typing import TYPE_CHECKING

from cloudmamba import __version__
from cloudmamba.startup import lasting_imports
from cloudmamba.worker.protocol import PROTOCOL_VERSION, Device, Hello, Model, Ready

if TYPE_CHECKING:
    import torch

    from cloudmamba.inference.devices import Device as DeviceOfDetection

_log = logging.getLogger(__name__)

PACKAGES = ("torch", "numpy", "numba", "rasterio", "safetensors")


def hello() -> Hello:
    """Who is speaking; reads package versions without importing the packages."""
    packages = {name: metadata.version(name) for name in PACKAGES}
    return Hello(PROTOCOL_VERSION, __version__, platform.python_version(), packages)


def get_ready() -> Ready:
    """Devices and shipped models; imports PyTorch."""
    with lasting_imports():
        from cloudmamba.inference.devices import available_devices
        from cloudmamba.model_files import read_model_card, shipped_models

    model_cards = [read_model_card(path) for path in shipped_models().values()]
    models = [
        Model(one["name"], one["version"], one["trained_on"], one["licence"]) for one in model_cards
    ]
    return Ready([_described(device) for device in available_devices()], models)


def _described(device: DeviceOfDetection) -> Device:
    if device.id == "cpu":
        free_mb = _free_memory_mb()
    else:
        free_mb = _free_gpu_memory_mb(device.torch_device)
    return Device(device.id, device.name, free_mb)


def _free_gpu_memory_mb(device: torch.device) -> int | None:
    """None where the GPU does not tell, such as one whose memory others have taken: asking needs
    some of it."""
    import torch

    try:
        return torch.cuda.mem_get_info(device)[0] // 2**20
    except RuntimeError as error:
        _log.warning("The free memory of %s is unknown: %s", device, error)
        return None


def _free_memory_mb() -> int | None:
    """None on systems that do not tell without a further package."""
    if "SC_AVPHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return None
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
