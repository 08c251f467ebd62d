"""Devices by name: what auto picks, what people read, and what is refused."""

import pytest
import torch

from cloudmamba.detection.devices import processor_name, resolve_device
from cloudmamba.errors import DeviceError


@pytest.fixture
def cuda_devices(monkeypatch):
    """Pretend there are so many graphics cards."""

    def pretend(count):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"Card {index}")
        monkeypatch.setattr(torch.version, "cuda", "12.8")

    return pretend


def test_cpu_has_the_name_of_the_processor():
    device = resolve_device("cpu")
    assert device.torch_device == torch.device("cpu")
    assert processor_name() in device.name
    assert f"{torch.get_num_threads()} threads" in device.name


def test_auto_is_the_first_card_or_else_the_cpu(cuda_devices):
    cuda_devices(0)
    assert resolve_device("auto").id == "cpu"
    cuda_devices(2)
    assert (resolve_device("auto").id, resolve_device("auto").name) == ("cuda:0", "Card 0")


@pytest.mark.parametrize(("choice", "found"), [("cuda", "cuda:0"), ("CUDA:1 ", "cuda:1")])
def test_card_by_number(cuda_devices, choice, found):
    cuda_devices(2)
    assert resolve_device(choice).id == found


def test_missing_card_names_those_there_are(cuda_devices):
    cuda_devices(2)
    with pytest.raises(DeviceError, match="no device 'cuda:2': this machine has cuda:0, cuda:1"):
        resolve_device("cuda:2")


def test_no_card_at_all(cuda_devices, monkeypatch):
    cuda_devices(0)
    with pytest.raises(DeviceError, match="no NVIDIA graphics card"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(DeviceError, match="made without CUDA"):
        resolve_device("cuda:0")


@pytest.mark.parametrize("choice", ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "mps"])
def test_unknown_name(cuda_devices, choice):
    cuda_devices(1)
    with pytest.raises(DeviceError, match="use auto, cpu, cuda or cuda:N"):
        resolve_device(choice)
