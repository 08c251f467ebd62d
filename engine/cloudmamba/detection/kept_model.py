"""The model of the last detection, kept: a process that does many scenes loads it once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch

from cloudmamba.network import model as network


def load_model(path: Path, device: torch.device) -> tuple[network.CloudMamba, dict[str, str]]:
    """As ``network.model.load_model``, but only if the file or the device is not the last one's.

    The model is shared: do not change it.
    """
    facts = path.stat()
    return _load(path, device, facts.st_mtime_ns, facts.st_size, facts.st_ino)


@lru_cache(maxsize=1)
def _load(path: Path, device: torch.device, *facts: int):
    return network.load_model(path, device)
