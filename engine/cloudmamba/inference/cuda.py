"""The network as a graphics card computes it fastest: in bfloat16, as CUDA graphs if wanted."""

from __future__ import annotations

import threading

import torch
from torch import nn

from cloudmamba.inference.cuda_graphs import StageGraphs
from cloudmamba.network.model import CloudMamba, Features, Stages


class CudaModel(CloudMamba):
    """A copy of a model for inference on the device that it is on.

    In bfloat16 it runs under PyTorch's autocast, as in training. The first convolution and the
    heads stay in float32, as on the CPU: in bfloat16 an image would lose dark ground, and
    probabilities would have steps. So do scans and what autocast keeps so.

    Attributes:
        dtype: of convolutions and products, float32 or bfloat16.
        graphs: of the stages; None where every operator is launched by itself.
    """

    def __init__(self, model: CloudMamba, dtype: torch.dtype, graphs: bool):
        """``graphs``: launch the stages as CUDA graphs where that can be done."""
        super().__init__(model.configuration)
        self.load_state_dict(model.state_dict())
        self.encoder.stem = _InFloat32(self.encoder.stem)
        for block in (self, self.refiner):
            if block is not None:
                block.head = _InFloat32(block.head)
        device = next(model.parameters()).device
        self.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
        self.dtype = dtype
        # A graph has its tensors for itself; threads take turns.
        self._turn = threading.Lock()
        self.graphs: StageGraphs | None = None
        if graphs:
            refine = None if self.refiner is None else super()._refine
            self.graphs = StageGraphs(super()._segment, refine)

    def forward(
        self,
        image: torch.Tensor,
        present: torch.Tensor | None = None,
        refine: bool | str = True,
    ) -> Stages:
        """As ``CloudMamba.forward``."""
        is_bfloat16 = self.dtype == torch.bfloat16
        with self._turn, torch.autocast(image.device.type, torch.bfloat16, enabled=is_bfloat16):
            return super().forward(image, present, refine)

    def _segment(self, image: torch.Tensor) -> tuple[Features, torch.Tensor]:
        return self.graphs.segment(image) if self.graphs else super()._segment(image)

    def _refine(self, features: Features, uncertainty: torch.Tensor) -> torch.Tensor:
        if self.graphs:
            return self.graphs.refine(features, uncertainty)
        return super()._refine(features, uncertainty)


class _InFloat32(nn.Module):
    def __init__(self, convolution: nn.Conv2d):
        super().__init__()
        self.convolution = convolution

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As the convolution, in float32 whatever the type of x."""
        with torch.autocast(x.device.type, enabled=False):
            return self.convolution(x.float())
