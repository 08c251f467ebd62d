"""Which device computes, by the name a user gives it and the name a person knows it by."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass

import torch

from cloudmamba.errors import DeviceError
from cloudmamba.ops.processor import target_processor


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


def device_of(device: torch.device) -> Device:
    """The device of a tensor, with its name."""
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        return Device(f"cuda:{index}", torch.cuda.get_device_name(index))
    return _cpu() if device.type == "cpu" else Device(str(device), str(device))


def available_devices() -> list[Device]:
    """The CPU, then all CUDA devices that this PyTorch has code for."""
    return [_cpu(), *(gpu for gpu in _gpus() if _has_code_for(gpu))]


def resolve_device(choice: str) -> Device:
    """The device that ``choice`` means: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    ``auto`` and ``cuda`` are the first CUDA device that this PyTorch has code for; without one
    ``auto`` is the CPU.

    Raises:
        DeviceError: the device does not exist here or cannot be used, or none is called so.
    """
    name = choice.strip().lower()
    cpu, *cuda = available_devices()
    if name == "cpu" or (name == "auto" and not cuda):
        return cpu
    match = re.fullmatch(r"auto|cuda(?::(\d+))?", name)
    if match is None:
        raise DeviceError(f"There is no device '{choice}': use auto, cpu, cuda or cuda:N.")
    gpus = _gpus()
    if not torch.version.cuda and not gpus:
        raise DeviceError(
            f"The device '{choice}' cannot be used: this PyTorch was made without CUDA. "
            "Choose the device cpu or auto, or install PyTorch with CUDA."
        )
    if not gpus:
        raise DeviceError(
            f"The device '{choice}' cannot be used: no NVIDIA graphics card with a working "
            "driver was found. Choose the device cpu or auto."
        )
    if match.group(1) is None and cuda:
        return cuda[0]
    index = int(match.group(1) or 0)
    if index >= len(gpus):
        existing = ", ".join(gpu.id for gpu in gpus)
        raise DeviceError(f"There is no device '{choice}': this machine has {existing}.")
    gpu = gpus[index]
    if gpu not in cuda:
        major, minor = torch.cuda.get_device_capability(gpu.torch_device)
        raise DeviceError(
            f"The device '{choice}' cannot be used: PyTorch {torch.__version__} has no code for "
            f"the {gpu.name} (compute capability {major}.{minor}). Choose the device cpu or auto, "
            "or install a build of PyTorch for this card."
        )
    return gpu


def kind_of(device: torch.device) -> str:
    """What figures of speed hold for, such as ``AMD EPYC, AVX2`` or ``NVIDIA H200``."""
    if device.type == "cpu":
        return f"{processor_name()}, {target_processor().instruction_set}"
    return device_of(device).name


def _cpu() -> Device:
    return Device("cpu", f"{processor_name()} (CPU, {torch.get_num_threads()} threads)")


def _gpus() -> list[Device]:
    """All CUDA devices that PyTorch sees."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [Device(f"cuda:{i}", torch.cuda.get_device_name(i)) for i in range(count)]


def _has_code_for(gpu: Device) -> bool:
    """Whether this PyTorch was compiled for a card; True where it does not say for which.

    Machine code (``sm_86``) runs on GPUs of the same major compute capability and at least the
    same minor one, and so does what ends in f; what ends in a runs on that very capability.
    Intermediate code (``compute_90``) is compiled by the driver for every newer GPU.
    """
    compiled_for = [a for a in torch.cuda.get_arch_list() if a.startswith(("sm_", "compute_"))]
    if not compiled_for:
        return True
    major, minor = torch.cuda.get_device_capability(gpu.torch_device)
    for architecture in compiled_for:
        kind, _, number = architecture.partition("_")
        digits = number.rstrip("af")
        built_for = divmod(int(digits), 10)
        if number.endswith("a"):
            fits = built_for == (major, minor)
        elif kind == "compute" and digits == number:
            fits = built_for <= (major, minor)
        else:
            fits = built_for[0] == major and built_for[1] <= minor
        if fits:
            return True
    return False


def instruction_sets() -> str:
    """What of the processor is used: by the kernels, by PyTorch and by oneDNN, for people."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA")
    return (
        f"kernels for {target_processor()}, PyTorch {torch.backends.cpu.get_cpu_capability()}, "
        f"oneDNN {f'at most {limit}' if limit else 'without a limit'}"
    )


def processor_name() -> str:
    """The processor's name as its maker writes it, or else its kind."""
    if platform.system() == "Linux":
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
