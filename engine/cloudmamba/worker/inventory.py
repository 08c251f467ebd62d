"""What this engine is made of: packages, devices and models."""

from __future__ import annotations

import os
import platform
from importlib import metadata

from cloudmamba import __version__
from cloudmamba.worker.protocol import PROTOCOL_VERSION, Device, Hello, Model, Ready

PACKAGES = ("torch", "numpy", "numba", "rasterio", "safetensors")


def hello() -> Hello:
    """Who is speaking; reads package versions without importing the packages."""
    packages = {name: metadata.version(name) for name in PACKAGES}
    return Hello(PROTOCOL_VERSION, __version__, platform.python_version(), packages)


def get_ready() -> Ready:
    """Devices and shipped models; imports PyTorch."""
    from cloudmamba.network.model import read_card, shipped_models

    cards = [read_card(path) for path in shipped_models().values()]
    models = [
        Model(card["name"], card["version"], card["trained_on"], card["licence"]) for card in cards
    ]
    return Ready(_devices(), models)


def _devices() -> list[Device]:
    import torch

    devices = [Device("cpu", _processor_name(), _free_memory_mb())]
    for index in range(torch.cuda.device_count()):
        free_bytes, _total_bytes = torch.cuda.mem_get_info(index)
        devices.append(
            Device(f"cuda:{index}", torch.cuda.get_device_name(index), free_bytes // 2**20)
        )
    return devices


def _processor_name() -> str:
    if platform.system() == "Linux":
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _free_memory_mb() -> int | None:
    """None on systems that do not tell without a further package."""
    if "SC_AVPHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return None
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
