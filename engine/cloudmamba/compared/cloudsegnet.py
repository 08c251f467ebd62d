"""CloudSegNet (Dev et al. 2019), a small encoder and decoder made for pictures of the sky."""

from __future__ import annotations

import torch
from torch import nn

from cloudmamba.compared.interface import SegmentationNetwork


class CloudSegNet(SegmentationNetwork):
    """Three convolutions down, three up, no skips, no norms; nearest neighbours when enlarging.

    Args:
        bands: channels of the image.
    """

    title = "CloudSegNet"
    multiple = 8

    def __init__(self, bands: int):
        super().__init__()
        layers: list[nn.Module] = []
        before = bands
        for width, resize in (
            *((width, nn.MaxPool2d(2)) for width in (16, 8, 8)),
            *((width, nn.Upsample(scale_factor=2)) for width in (8, 8, 16)),
        ):
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU(inplace=True), resize]
            before = width
        self.layers = nn.Sequential(*layers, nn.Conv2d(before, 1, 5, padding=2))

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(B, bands, H, W), H and W multiples of ``multiple``, to the logits (B, 1, H, W)."""
        return (self.layers(image),)
