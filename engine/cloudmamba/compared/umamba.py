"""U-Mamba (Ma, Li and Wang 2024), its variant Bot: a residual U-Net with Mamba at the bottom."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.compared.interface import DEFAULT, SegmentationNetwork
from cloudmamba.compared.sequence_mamba import SequenceMamba

# Channels double up to this.
_FIRST_WIDTH, _LARGEST_WIDTH = 32, 512
# The edge, in pixels, that no stage falls below.
_SMALLEST_EDGE_PX = 4
_STATE_SIZE, _EXPANSION, _KERNEL = 16, 2, 4
# What the authors' planning gives crops of 512 pixels.
DEFAULT_STAGES = 8


class UMamba(SegmentationNetwork):
    """Residual blocks with instance norm; at the bottom one scan over the pixels, row by row.

    Args:
        bands: channels of the image.
        stages: resolutions; each halves the map, but the first.
    """

    title = "U-Mamba"
    variants: ClassVar = {
        DEFAULT: {},
        **{f"{stages}-stages": {"stages": stages} for stages in range(2, DEFAULT_STAGES)},
    }

    @classmethod
    def variant_for(cls, crop_px: int) -> str:
        """Stages halve the crop until its edge would fall below four pixels."""
        stages = int(math.log2(max(crop_px // _SMALLEST_EDGE_PX, 2))) + 1
        return DEFAULT if stages >= DEFAULT_STAGES else f"{stages}-stages"

    def __init__(self, bands: int, stages: int = DEFAULT_STAGES):
        super().__init__()
        self.multiple = 2 ** (stages - 1)
        # A single pixel has no variance, so the bottom has at least two by two.
        self.smallest_px = 2 * self.multiple
        self.side_weights = tuple(2.0**-level for level in range(1, stages - 1))
        widths = [min(_FIRST_WIDTH * 2**stage, _LARGEST_WIDTH) for stage in range(stages)]
        # Two blocks in the first half of the stages of the encoder, and of those of the decoder.
        blocks = [2 if stage < math.ceil(stages / 2) else 1 for stage in range(stages)]
        self.stem = _residual_stage(bands, widths[0], blocks[0])
        self.encoder = nn.ModuleList(
            _residual_stage(before, width, count, stride=1 if stage == 0 else 2)
            for stage, (before, width, count) in enumerate(
                zip((widths[0], *widths[:-1]), widths, blocks, strict=True)
            )
        )
        self.norm = nn.LayerNorm(widths[-1])
        self.mamba = SequenceMamba(widths[-1], _STATE_SIZE, _EXPANSION * widths[-1], _KERNEL)
        above = widths[-2::-1]
        self.upsampling = nn.ModuleList(
            nn.Conv2d(below, width, 1) for below, width in zip(widths[:0:-1], above, strict=True)
        )
        self.decoder = nn.ModuleList(
            # The finest level has no skip.
            _residual_stage(width if stage == stages - 2 else 2 * width, width, count)
            for stage, (width, count) in enumerate(zip(above, blocks, strict=False))
        )
        self.heads = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in above)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(B, bands, H, W), H and W multiples of ``multiple``, to the logits (B, 1, H, W).

        In training with those of the other decoder levels, each half the size of the one before.
        """
        x = self.stem(image)
        skips = []
        for stage in self.encoder:
            x = stage(x)
            skips.append(x)
        skips.pop()
        tokens = self.norm(x.permute(0, 2, 3, 1))
        x = self.mamba(tokens.flatten(1, 2)).unflatten(1, tokens.shape[1:3]).permute(0, 3, 1, 2)
        outputs = []
        for number, (upsampling, level, head) in enumerate(
            zip(self.upsampling, self.decoder, self.heads, strict=True), start=1
        ):
            x = upsampling(functional.interpolate(x, scale_factor=2, mode="nearest"))
            skip = skips.pop()
            x = level(x if number == len(self.decoder) else torch.cat([x, skip], 1))
            if self.training or number == len(self.decoder):
                outputs.append(head(x))
        return tuple(reversed(outputs))


class _ResidualBlock(nn.Module):
    """Two 3x3 convolutions with instance norm; a 1x1 convolution carries the input, or nothing."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, projected: bool):
        super().__init__()
        self.convolution_1 = nn.Conv2d(channels_in, channels_out, 3, stride, padding=1)
        self.norm_1 = nn.InstanceNorm2d(channels_out, affine=True)
        self.convolution_2 = nn.Conv2d(channels_out, channels_out, 3, padding=1)
        self.norm_2 = nn.InstanceNorm2d(channels_out, affine=True)
        self.shortcut = (
            nn.Conv2d(channels_in, channels_out, 1, stride) if projected else nn.Identity()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C_in, H, W) to (B, C_out, H / stride, W / stride)."""
        y = functional.leaky_relu(self.norm_1(self.convolution_1(x)))
        y = self.norm_2(self.convolution_2(y))
        return functional.leaky_relu(y + self.shortcut(x))


def _residual_stage(
    channels_in: int, channels_out: int, blocks: int, stride: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        _ResidualBlock(channels_in, channels_out, stride, projected=True),
        *(
            _ResidualBlock(channels_out, channels_out, 1, projected=False)
            for _ in range(blocks - 1)
        ),
    )
