"""BoundaryNets (Wu et al. 2022): segmentation at many scales, and a network of differences.

The authors' program was not found. What is here follows the paper, whose layers agree with BASNet
(Qin et al. 2019) almost everywhere; that the module which joins scales is an atrous pyramid is
inferred.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.compared.interface import SegmentationNetwork
from cloudmamba.compared.layers import (
    AtrousPyramid,
    BasicBlock,
    convolution_norm_relu,
    residual_stage,
    resized,
)

# Channels of the six encoder levels: ResNet-34, and two levels more.
WIDTHS = (64, 128, 256, 512, 512, 512)
_BLOCKS = (3, 4, 6, 3)
_DIFFERENCE_WIDTH, _DIFFERENCE_LEVELS = 64, 4


class BoundaryNets(SegmentationNetwork):
    """A residual encoder and decoder with a mask at every scale, the finest of them corrected.

    Weights begin at random: there are none of ImageNet for four bands.

    Args:
        bands: channels of the image.
    """

    title = "BoundaryNets"
    side_weights = (1.0,) * (1 + len(WIDTHS))
    multiple = 32

    def __init__(self, bands: int):
        super().__init__()
        self.stem = convolution_norm_relu(bands, WIDTHS[0], bias=True)
        stages = []
        before = WIDTHS[0]
        for level, (width, blocks) in enumerate(zip(WIDTHS, _BLOCKS, strict=False)):
            stages.append(
                residual_stage(BasicBlock, before, width, blocks, stride=1 if level == 0 else 2)
            )
            before = width
        self.stages = nn.ModuleList(stages)
        self.stage_5 = residual_stage(BasicBlock, before, WIDTHS[4], 3)
        self.stage_6 = residual_stage(BasicBlock, WIDTHS[4], WIDTHS[5], 3, dilation=2)
        self.fusion = AtrousPyramid(WIDTHS[5], WIDTHS[5])
        # What a decoder level gives to the next one: as many as that one's encoder level has.
        outputs = (*WIDTHS[-2::-1], WIDTHS[0])
        self.decoder = nn.ModuleList(
            _decoder_level(own, skip, width)
            for own, skip, width in zip(
                (WIDTHS[-1], *outputs[:-1]), reversed(WIDTHS), outputs, strict=True
            )
        )
        # Of the joined scales, then of every decoder level.
        self.side_heads = nn.ModuleList(
            nn.Conv2d(width, 1, 3, padding=1) for width in (WIDTHS[-1], *outputs)
        )
        self.difference = _DifferenceNetwork()

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(B, bands, H, W), H and W multiples of ``multiple``, to the logits (B, 1, H, W).

        In training with those of the seven side outputs, of the same size, the finest first.
        """
        x = self.stem(image)
        skips = []
        for stage in self.stages:
            x = stage(x)
            skips.append(x)
        for stage in (self.stage_5, self.stage_6):
            x = stage(functional.max_pool2d(x, 2))
            skips.append(x)
        x = self.fusion(x)
        maps = [x]
        for level in self.decoder:
            skip = skips.pop()
            x = level(torch.cat([resized(x, skip.shape[-2:]), skip], 1))
            maps.append(x)
        finest = self.side_heads[-1](x)
        logits = finest + self.difference(finest)
        if not self.training:
            return (logits,)
        sides = [
            resized(head(features), image.shape[-2:])
            for head, features in zip(self.side_heads[:-1], maps[:-1], strict=True)
        ]
        return (logits, finest, *reversed(sides))


class _DifferenceNetwork(nn.Module):
    """A small encoder and decoder that sees a mask's logits and gives what they lack."""

    def __init__(self):
        super().__init__()
        width = _DIFFERENCE_WIDTH
        self.stem = nn.Conv2d(1, width, 3, padding=1)
        self.encoder = nn.ModuleList(
            convolution_norm_relu(width, width, bias=True) for _ in range(_DIFFERENCE_LEVELS)
        )
        self.bottom = convolution_norm_relu(width, width, bias=True)
        self.decoder = nn.ModuleList(
            convolution_norm_relu(2 * width, width, bias=True) for _ in range(_DIFFERENCE_LEVELS)
        )
        self.head = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, logits: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) to the same."""
        x = self.stem(logits)
        skips = []
        for level in self.encoder:
            x = level(x)
            skips.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.bottom(x)
        for level in self.decoder:
            skip = skips.pop()
            x = level(torch.cat([resized(x, skip.shape[-2:]), skip], 1))
        return self.head(x)


def _decoder_level(own: int, skip: int, channels_out: int) -> nn.Sequential:
    """Three convolutions of the level's input and the encoder's map; the last one narrows."""
    return nn.Sequential(
        convolution_norm_relu(own + skip, skip, bias=True),
        convolution_norm_relu(skip, skip, bias=True),
        convolution_norm_relu(skip, channels_out, bias=True),
    )
