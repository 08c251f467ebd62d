"""Cloud U-Net (Shi et al. 2020): a U-Net whose convolutions are dilated in turn."""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.compared.interface import SegmentationNetwork
from cloudmamba.compared.layers import convolution_norm_relu, resized

WIDTHS = (32, 64, 128, 256, 512)
# One after the other over all convolutions of all blocks, down and up again.
DILATIONS = (1, 2, 5)


class CloudUNet(SegmentationNetwork):
    """Nine blocks of two dilated 3x3 convolutions. Without the CRF that the authors run afterwards.

    Args:
        bands: channels of the image.
    """

    title = "CloudU-Net"
    multiple = 2 ** (len(WIDTHS) - 1)

    def __init__(self, bands: int):
        super().__init__()
        dilations = itertools.cycle(DILATIONS)

        def block(channels_in: int, channels_out: int) -> nn.Sequential:
            return nn.Sequential(
                convolution_norm_relu(
                    channels_in, channels_out, dilation=next(dilations), bias=True
                ),
                convolution_norm_relu(
                    channels_out, channels_out, dilation=next(dilations), bias=True
                ),
            )

        self.encoder = nn.ModuleList(map(block, (bands, *WIDTHS[:-1]), WIDTHS))
        above = WIDTHS[-2::-1]
        self.upsampling = nn.ModuleList(
            convolution_norm_relu(2 * width, width, bias=True) for width in above
        )
        self.decoder = nn.ModuleList(block(2 * width, width) for width in above)
        self.head = nn.Sequential(
            nn.Conv2d(WIDTHS[0], 2, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(2, 1, 1)
        )

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(B, bands, H, W), H and W multiples of ``multiple``, to the logits (B, 1, H, W)."""
        x = self.encoder[0](image)
        skips = []
        for level in self.encoder[1:]:
            skips.append(x)
            x = level(functional.max_pool2d(x, 2))
        for reduction, level in zip(self.upsampling, self.decoder, strict=True):
            skip = skips.pop()
            x = level(torch.cat([skip, reduction(resized(x, skip.shape[-2:]))], 1))
        return (self.head(x),)
