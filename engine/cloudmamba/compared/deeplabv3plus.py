"""DeepLabV3+ (Chen et al. 2018) on a ResNet-50 with output stride 16."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.compared.interface import DEFAULT, SegmentationNetwork
from cloudmamba.compared.layers import (
    AtrousPyramid,
    Bottleneck,
    convolution_norm_relu,
    residual_stage,
    resized,
)

# Blocks of the four stages of a ResNet.
STAGES = {"resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3)}
# Of the stem and inside the stages, whose outputs are four times as wide.
WIDTHS = (64, 64, 128, 256, 512)
_CHANNELS, _LOW_CHANNELS = 256, 48


class DeepLabV3Plus(SegmentationNetwork):
    """ResNet whose last stage is dilated, atrous pyramid, and a decoder with a skip at stride 4.

    Weights begin at random: there are none of ImageNet for four bands.

    Args:
        bands: channels of the image.
        backbone: ``resnet50`` or ``resnet101``.
    """

    title = "DeepLabV3+"
    variants: ClassVar = {DEFAULT: {}, "resnet101": {"backbone": "resnet101"}}
    multiple = 16

    def __init__(self, bands: int, backbone: str = "resnet50"):
        super().__init__()
        first, second, third, fourth = STAGES[backbone]
        stem, *widths = WIDTHS
        wide = [Bottleneck.expansion * width for width in widths]
        self.stem = convolution_norm_relu(bands, stem, 7, stride=2)
        self.stage_1 = residual_stage(Bottleneck, stem, widths[0], first)
        self.stage_2 = residual_stage(Bottleneck, wide[0], widths[1], second, stride=2)
        self.stage_3 = residual_stage(Bottleneck, wide[1], widths[2], third, stride=2)
        self.stage_4 = residual_stage(Bottleneck, wide[2], widths[3], fourth, dilation=2)
        self.pyramid = AtrousPyramid(wide[3], _CHANNELS, dropout=0.1)
        self.low_level = convolution_norm_relu(wide[0], _LOW_CHANNELS, 1)
        self.head = nn.Sequential(
            convolution_norm_relu(_CHANNELS + _LOW_CHANNELS, _CHANNELS),
            convolution_norm_relu(_CHANNELS, _CHANNELS),
            nn.Conv2d(_CHANNELS, 1, 1),
        )

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(B, bands, H, W), H and W multiples of ``multiple``, to the logits (B, 1, H, W)."""
        x = functional.max_pool2d(self.stem(image), 3, stride=2, padding=1)
        low = self.stage_1(x)
        high = self.pyramid(self.stage_4(self.stage_3(self.stage_2(low))))
        joined = torch.cat([self.low_level(low), resized(high, low.shape[-2:])], 1)
        return (resized(self.head(joined), image.shape[-2:]),)
