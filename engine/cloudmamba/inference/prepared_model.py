"""A model that is ready to detect: on its device, in the form that runs fastest there."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cloudmamba.compute_options import AUTOMATIC, ComputeOptions
from cloudmamba.inference import optimize_for_inference
from cloudmamba.inference.devices import Device, device_of
from cloudmamba.model_files import load_model, model_for_pictures


@dataclass(frozen=True, eq=False)
class PreparedModel:
    """A network with all that a detection asks of it. Do not change the network.

    Attributes:
        network: in evaluation mode, on ``device``, in its fastest form.
        device: where it computes.
        model_card: name, version and what else its file says; empty for a network in memory.
        path: of its file; None for a network in memory.
        compute: how, where it is not as suits the device.
    """

    network: nn.Module
    device: Device
    model_card: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None
    compute: ComputeOptions = AUTOMATIC

    @classmethod
    def of(
        cls,
        model: nn.Module,
        model_card: Mapping[str, str] | None = None,
        compute: ComputeOptions = AUTOMATIC,
    ) -> PreparedModel:
        """Of a network in evaluation mode, on the device that it is on."""
        device = device_of(next(model.parameters()).device)
        network = optimize_for_inference(model, compute)
        return cls(network, device, model_card or {}, compute=compute)

    @classmethod
    def load(cls, path: Path, device: Device, compute: ComputeOptions = AUTOMATIC) -> PreparedModel:
        """Of a model file. Raises ModelError as ``load_model`` does."""
        model, model_card = load_model(path, device.torch_device)
        network = optimize_for_inference(model, compute, keep=False)
        if device.id == "cpu":
            # The first call of a compiled kernel takes a while: here nothing waits for it.
            side = model.multiple
            with torch.inference_mode():
                network(torch.zeros(1, len(model.configuration.bands), side, side))
        return cls(network, device, model_card, path, compute)

    def suited_to(self, picture: bool) -> PreparedModel:
        """What masks such an image: of 8-bit pictures the model that this one names for them, if any.

        Both are of one shape; the thresholds are those of this one. Raises ModelError as
        ``load_model`` does, for what it names.
        """
        return self._for_pictures if picture else self

    @cached_property
    def _for_pictures(self) -> PreparedModel:
        path = model_for_pictures(self.model_card)
        return self if path is None else PreparedModel.load(path, self.device, self.compute)

    @property
    def configuration(self) -> Any:
        """Of the network: a ``ModelConfiguration``, or that of a compared network."""
        return self.network.configuration

    @property
    def name(self) -> str:
        """As its file has it."""
        return self.model_card.get("name", "in memory")

    @property
    def version(self) -> str:
        """As its file has it."""
        return self.model_card.get("version", "")

    @property
    def checksum(self) -> str:
        """Of configuration and weights, as its file has it."""
        return self.model_card.get("checksum", "")


class LastModel:
    """Loads models and keeps the last one: for a process that does many scenes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[object, ...] = ()
        self._prepared: PreparedModel | None = None

    def get(self, path: Path, device: Device, compute: ComputeOptions = AUTOMATIC) -> PreparedModel:
        """The model in a file: loaded, unless it is the last one and its file was not replaced."""
        status = path.stat()
        key = (path, device, compute, status.st_mtime_ns, status.st_size, status.st_ino)
        with self._lock:
            if self._prepared is None or key != self._key:
                self._prepared = None  # memory need not hold two
                self._prepared = PreparedModel.load(path, device, compute)
                self._key = key
            return self._prepared
