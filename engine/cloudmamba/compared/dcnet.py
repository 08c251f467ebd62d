"""DCNet (Liu et al. 2021), deformable convolutions for cloud detection."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.compared.deformable import DeformableConvolution
from cloudmamba.compared.interface import DEFAULT, SegmentationNetwork
from cloudmamba.compared.layers import BatchNorm, convolution, convolution_norm_relu

WIDTHS = (32, 64, 128, 256, 512)


class DCNet(SegmentationNetwork):
    """A U-Net whose first levels look where their own offsets say.

    Args:
        bands: channels of the image.
        deformable_levels: how many levels from the finest on are deformable.
    """

    title = "DCNet"
    variants: ClassVar = {
        DEFAULT: {},
        "two-levels": {"deformable_levels": 2},
        "three-levels": {"deformable_levels": 3},
    }
    multiple = 2 ** (len(WIDTHS) - 1)

    def __init__(self, bands: int, deformable_levels: int = 1):
        super().__init__()
        inputs = (bands, *WIDTHS[:-1])
        self.encoder = nn.ModuleList(
            (_deformable if level < deformable_levels else _plain)(*channels)
            for level, channels in enumerate(zip(inputs, WIDTHS, strict=True))
        )
        self.decoder = nn.ModuleList(
            (_DeformableUp if level < deformable_levels else _PlainUp)(WIDTHS[level])
            for level in reversed(range(len(WIDTHS) - 1))
        )
        self.head = nn.Conv2d(WIDTHS[0], 1, 1)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(B, bands, H, W), H and W multiples of ``multiple``, to the logits (B, 1, H, W)."""
        x = self.encoder[0](image)
        skips = []
        for level in self.encoder[1:]:
            skips.append(x)
            x = level(functional.max_pool2d(x, 2))
        for level in self.decoder:
            x = level(x, skips.pop())
        return (self.head(x),)


def _plain(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(
        convolution_norm_relu(channels_in, channels_out, bias=True),
        convolution_norm_relu(channels_out, channels_out, bias=True),
    )


def _deformable(channels_in: int, channels_out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (channels_in, channels_out):
        layers += [
            DeformableConvolution(channels, channels_out),
            BatchNorm(channels_out),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


class _PlainUp(nn.Module):
    """Bilinear enlargement; the same two convolutions before and after the skip is joined."""

    def __init__(self, channels: int):
        super().__init__()
        self.block = nn.Sequential(
            convolution(2 * channels, channels, bias=True),
            nn.ReLU(inplace=True),
            convolution(channels, channels, bias=True),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """(B, 2 C, h, w) and (B, C, 2h, 2w) to (B, C, 2h, 2w)."""
        larger = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        return self.block(torch.cat([skip, self.block(larger)], 1))


class _DeformableUp(nn.Module):
    """Transposed convolution, a convolution to the channels of the skip, a deformable block."""

    def __init__(self, channels: int):
        super().__init__()
        self.upsampling = nn.ConvTranspose2d(2 * channels, 2 * channels, 2, stride=2)
        self.reduction = nn.Sequential(
            convolution(2 * channels, channels, bias=True), nn.ReLU(inplace=True)
        )
        self.block = _deformable(2 * channels, channels)

    def forward(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """(B, 2 C, h, w) and (B, C, 2h, 2w) to (B, C, 2h, 2w)."""
        return self.block(torch.cat([skip, self.reduction(self.upsampling(x))], 1))
