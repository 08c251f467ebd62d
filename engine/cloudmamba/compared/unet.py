"""U-Net (Ronneberger, Fischer and Brox 2015) as it is commonly built today: padded, with batch norm."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.compared.interface import SegmentationNetwork
from cloudmamba.compared.layers import convolution_norm_relu

WIDTHS = (64, 128, 256, 512, 1024)


class UNet(SegmentationNetwork):
    """Two convolutions a level, max pooling down, transposed convolutions up, skips joined.

    Args:
        bands: channels of the image.
    """

    title = "U-Net"
    multiple = 2 ** (len(WIDTHS) - 1)

    def __init__(self, bands: int):
        super().__init__()
        inputs = (bands, *WIDTHS[:-1])
        self.encoder = nn.ModuleList(map(_double, inputs, WIDTHS))
        self.upsampling = nn.ModuleList(
            nn.ConvTranspose2d(2 * width, width, 2, stride=2) for width in WIDTHS[-2::-1]
        )
        self.decoder = nn.ModuleList(_double(2 * width, width) for width in WIDTHS[-2::-1])
        self.head = nn.Conv2d(WIDTHS[0], 1, 1)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(B, bands, H, W), H and W multiples of ``multiple``, to the logits (B, 1, H, W)."""
        x = self.encoder[0](image)
        skips = []
        for level in self.encoder[1:]:
            skips.append(x)
            x = level(functional.max_pool2d(x, 2))
        for upsampling, level in zip(self.upsampling, self.decoder, strict=True):
            x = level(torch.cat([skips.pop(), upsampling(x)], 1))
        return (self.head(x),)


def _double(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(
        convolution_norm_relu(channels_in, channels_out),
        convolution_norm_relu(channels_out, channels_out),
    )
