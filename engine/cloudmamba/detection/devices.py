"""Which device computes, by the name a user gives it and the name a person knows it by."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass

import torch

from cloudmamba.errors import DeviceError


@dataclass(frozen=True)
class Device:
    """A device to compute on.

    Attributes:
        id: ``cpu`` or ``cuda:N``.
        name: for people, such as ``AMD EPYC 9B14 (CPU, 2 threads)`` or ``NVIDIA H200``.
    """

    id: str
    name: str

    @property
    def torch_device(self) -> torch.device:
        return torch.device(self.id)


def available_devices() -> list[Device]:
    """The CPU, then all CUDA devices."""
    cpu = Device("cpu", f"{processor_name()} (CPU, {torch.get_num_threads()} threads)")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [cpu, *(Device(f"cuda:{i}", torch.cuda.get_device_name(i)) for i in range(count))]


def resolve_device(choice: str) -> Device:
    """The device that ``choice`` means: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    ``auto`` is the first CUDA device, or the CPU where there is none.

    Raises:
        DeviceError: the device does not exist here, or no device is called so.
    """
    name = choice.strip().lower()
    cpu, *cuda = available_devices()
    if name == "cpu" or (name == "auto" and not cuda):
        return cpu
    match = re.fullmatch(r"auto|cuda(?::(\d+))?", name)
    if match is None:
        raise DeviceError(f"There is no device '{choice}': use auto, cpu, cuda or cuda:N.")
    index = int(match.group(1) or 0)
    if not torch.version.cuda and not cuda:
        raise DeviceError(
            f"The device '{choice}' cannot be used: this PyTorch was made without CUDA. "
            "Choose the device cpu or auto, or install PyTorch with CUDA."
        )
    if not cuda:
        raise DeviceError(
            f"The device '{choice}' cannot be used: no NVIDIA graphics card with a working "
            "driver was found. Choose the device cpu or auto."
        )
    if index >= len(cuda):
        existing = ", ".join(device.id for device in cuda)
        raise DeviceError(f"There is no device '{choice}': this machine has {existing}.")
    return cuda[index]


def processor_name() -> str:
    """The processor's name as its maker writes it, or else its kind."""
    if platform.system() == "Linux":
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
