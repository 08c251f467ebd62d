"""The network as a GPU computes it fastest: in bfloat16, as CUDA graphs if wanted."""

from __future__ import annotations

import copy
import threading

import torch
from torch import nn

from cloudmamba.inference.cuda_graphs import StageGraphs
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba, Stages


class CudaModel(nn.Module):
    """A copy of a model for inference on the device that it is on.

    In bfloat16 it runs under PyTorch's autocast, as in training. The heads stay in float32, as on
    the CPU: in bfloat16 probabilities would have steps. So do the first convolution, scans and what
    autocast keeps so.

    Attributes:
        network: the copy, whose operators are launched one by one.
        dtype: of convolutions and products, float32 or bfloat16.
        graphs: of the stages; None where every operator is launched by itself.
    """

    def __init__(self, model: CloudMamba, dtype: torch.dtype, graphs: bool):
        """``graphs``: launch the stages as CUDA graphs where that can be done."""
        super().__init__()
        network = copy.deepcopy(model).eval().requires_grad_(False)
        for block in (network, network.refiner):
            if block is not None:
                block.head = _InFloat32(block.head)
        if network.fine_head is not None:
            network.fine_head = _InFloat32(network.fine_head)
        self.network = network.to(memory_format=torch.channels_last)
        self.dtype = dtype
        # A graph has its tensors for itself; threads take turns.
        self._turn = threading.Lock()
        self.graphs = StageGraphs(network) if graphs else None

    @property
    def configuration(self) -> ModelConfiguration:
        """Of the network."""
        return self.network.configuration

    def forward(
        self,
        image: torch.Tensor,
        available_bands: torch.Tensor | None = None,
        refine: bool | str = True,
        acceptance_threshold: float | None = None,
        use_graphs: bool = True,
        fineness: torch.Tensor | None = None,
    ) -> Stages:
        """As ``CloudMamba.forward``; inside a graph stages cannot be told apart."""
        is_bfloat16 = self.dtype == torch.bfloat16
        with self._turn, torch.autocast(image.device.type, torch.bfloat16, enabled=is_bfloat16):
            return self.network(
                image,
                available_bands,
                refine,
                acceptance_threshold,
                self.graphs if use_graphs else None,
                fineness,
            )


class _InFloat32(nn.Module):
    def __init__(self, convolution: nn.Conv2d):
        super().__init__()
        self.convolution = convolution

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As the convolution, in float32 whatever the type of x."""
        with torch.autocast(x.device.type, enabled=False):
            return self.convolution(x.float())
