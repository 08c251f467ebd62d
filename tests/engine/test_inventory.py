"""What the worker says of this machine, where it has graphics cards."""

import torch

from cloudmamba.worker.inventory import get_ready


def test_a_card_without_free_memory_does_not_keep_the_engine_from_starting(monkeypatch):
    def tell(device):
        if device.index == 1:
            raise torch.OutOfMemoryError("CUDA error: out of memory")
        return 3 * 2**30, 8 * 2**30

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"Card {index}")
    monkeypatch.setattr(torch.cuda, "get_arch_list", list)
    monkeypatch.setattr(torch.cuda, "mem_get_info", tell)
    cpu, first, second = get_ready().devices
    assert (cpu.id, first.id, second.id) == ("cpu", "cuda:0", "cuda:1")
    assert first.memory_free_mb == 3 * 2**10
    assert second.memory_free_mb is None
