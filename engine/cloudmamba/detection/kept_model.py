"""The model of the last detection, kept: a process that does many scenes loads it once."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import torch

from cloudmamba import model_files
from cloudmamba.inference import GRAPHS_VARIABLE, PRECISION_VARIABLE, optimize_for_inference
from cloudmamba.network.model import CloudMamba
from cloudmamba.ops.selective_scan import BACKEND_VARIABLE

_VARIABLES = (PRECISION_VARIABLE, GRAPHS_VARIABLE, BACKEND_VARIABLE)


def load_model(path: Path, device: torch.device) -> tuple[CloudMamba, dict[str, str]]:
    """As ``model_files.load_model``, but only if the file or the device is not the last one's.

    The model is shared: do not change it.
    """
    return _load(path, device, *_facts(path))


def load_ready_model(path: Path, device: torch.device) -> tuple[CloudMamba, dict[str, str]]:
    """The same in the form in which the model runs fastest (``optimize_for_inference``)."""
    return _load_ready(path, device, *_facts(path), *map(os.environ.get, _VARIABLES))


def _facts(path: Path) -> tuple[int, ...]:
    """What tells a file that was replaced from the one that was read."""
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


@lru_cache(maxsize=1)
def _load(path: Path, device: torch.device, *facts: int):
    return model_files.load_model(path, device)


@lru_cache(maxsize=1)
def _load_ready(path: Path, device: torch.device, *facts: int | str | None):
    model, card = model_files.load_model(path, device)
    ready = optimize_for_inference(model)
    if device.type == "cpu":
        # The first call of a compiled kernel takes a while: here nothing waits for it.
        side = model.multiple
        with torch.inference_mode():
            ready(torch.zeros(1, len(model.configuration.bands), side, side))
    return ready, card
