"""Devices by name: what auto picks, what people read, and what is refused."""

import pytest
import torch

from cloudmamba.errors import DeviceError
from cloudmamba.inference.devices import (
    available_devices,
    kind_of,
    processor_name,
    resolve_device,
)
from cloudmamba.ops.processor import FEATURES_VARIABLE, NAME_VARIABLE


@pytest.fixture
def cuda_devices(monkeypatch):
    """Pretend there are so many graphics cards, of such compute capabilities."""

    def pretend(count, capabilities=None, compiled_for=("sm_80", "sm_90")):
        capabilities = capabilities or [(8, 6)] * count
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"Card {index}")
        monkeypatch.setattr(
            torch.cuda, "get_device_capability", lambda device: capabilities[device.index]
        )
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: list(compiled_for))
        monkeypatch.setattr(torch.version, "cuda", "12.8")

    return pretend


def test_cpu_has_the_name_of_the_processor():
    device = resolve_device("cpu")
    assert device.torch_device == torch.device("cpu")
    assert processor_name() in device.name
    assert f"{torch.get_num_threads()} threads" in device.name


def test_speed_holds_for_a_processor_with_its_instructions_or_for_a_card(cuda_devices, monkeypatch):
    cuda_devices(1)
    monkeypatch.setenv(NAME_VARIABLE, "haswell")
    monkeypatch.setenv(FEATURES_VARIABLE, "+avx,+avx2,-avx512f")
    assert kind_of(torch.device("cpu")) == f"{processor_name()}, AVX2"
    assert kind_of(torch.device("cuda:0")) == "Card 0"


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


@pytest.mark.parametrize(
    ("capability", "compiled_for", "usable"),
    [
        ((8, 6), ["sm_80"], True),
        ((8, 6), ["sm_86"], True),
        ((8, 0), ["sm_86"], False),
        ((6, 1), ["sm_75", "sm_80", "sm_90"], False),
        ((12, 0), ["sm_80", "sm_90"], False),
        ((12, 0), ["sm_80", "sm_90", "compute_90"], True),
        ((8, 9), ["compute_90"], False),
        ((9, 0), ["sm_90a"], True),
        ((10, 3), ["sm_100a", "compute_100a"], False),
        ((10, 3), ["sm_100f"], True),
        # Builds for other makers' cards name them otherwise, and some say nothing.
        ((9, 0), ["gfx90a"], True),
        ((9, 0), [], True),
    ],
)
def test_card_needs_code_for_it(cuda_devices, capability, compiled_for, usable):
    cuda_devices(1, [capability], compiled_for)
    listed = [device.id for device in available_devices()]
    assert listed == (["cpu", "cuda:0"] if usable else ["cpu"])
    assert resolve_device("auto").id == listed[-1]


def test_card_without_code_is_named_with_the_way_out(cuda_devices):
    cuda_devices(1, [(5, 2)])
    sentence = (
        r"PyTorch \S+ has no code for the Card 0 \(compute capability 5\.2\)\. "
        "Choose the device cpu or auto, or install a build of PyTorch for this card"
    )
    for choice in ("cuda", "cuda:0"):
        with pytest.raises(DeviceError, match=f"'{choice}' cannot be used: {sentence}"):
            resolve_device(choice)


def test_cards_keep_their_numbers_beside_one_without_code(cuda_devices):
    cuda_devices(2, [(5, 2), (9, 0)])
    assert [device.id for device in available_devices()] == ["cpu", "cuda:1"]
    assert [resolve_device(choice).id for choice in ("auto", "cuda", "cuda:1")] == ["cuda:1"] * 3
    with pytest.raises(DeviceError, match="no code for the Card 0"):
        resolve_device("cuda:0")
    with pytest.raises(DeviceError, match="this machine has cuda:0, cuda:1"):
        resolve_device("cuda:2")
