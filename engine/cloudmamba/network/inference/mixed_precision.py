"""The network as a graphics card computes it fastest: convolutions and products in bfloat16."""

from __future__ import annotations

import torch
from torch import nn

from cloudmamba.network.model import CloudMamba, Stages


class MixedPrecision(CloudMamba):
    """A copy of a model that runs under PyTorch's autocast, as it does in training.

    The first convolution and the heads stay in float32, as on the CPU: in bfloat16 an image would
    lose dark ground, and probabilities would have steps. So do scans and what autocast keeps so.
    """

    def __init__(self, model: CloudMamba):
        super().__init__(model.configuration)
        self.load_state_dict(model.state_dict())
        self.encoder.stem = _InFloat32(self.encoder.stem)
        for block in (self, self.refiner):
            if block is not None:
                block.head = _InFloat32(block.head)
        device = next(model.parameters()).device
        self.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)

    def forward(
        self,
        image: torch.Tensor,
        present: torch.Tensor | None = None,
        refine: bool | str = True,
    ) -> Stages:
        """As ``CloudMamba.forward``."""
        with torch.autocast(image.device.type, torch.bfloat16):
            return super().forward(image, present, refine)


class _InFloat32(nn.Module):
    def __init__(self, convolution: nn.Conv2d):
        super().__init__()
        self.convolution = convolution

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As the convolution, in float32 whatever the type of x."""
        with torch.autocast(x.device.type, enabled=False):
            return self.convolution(x.float())
