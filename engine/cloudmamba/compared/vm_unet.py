"""VM-UNet (Ruan, Li and Xiang 2024): a U-Net of visual state-space blocks alone."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.compared.interface import DEFAULT, SegmentationNetwork
from cloudmamba.compared.layers import DropPath
from cloudmamba.network.ss2d import SS2D

WIDTHS = (96, 192, 384, 768)
_PATCH_PX = 4
_STATE_SIZE, _EXPANSION = 16, 2
_DROP_PATH = 0.2
# Blocks of the encoder's levels, finest first, and of the decoder's, coarsest first: as the
# authors' configuration has it, and as their class has it by default.
DEPTHS = {"shallow": ((2, 2, 2, 2), (2, 2, 2, 1)), "deep": ((2, 2, 9, 2), (2, 9, 2, 2))}


class VMUNet(SegmentationNetwork):
    """Patches of 4 x 4, blocks with a four-directional scan, skips that are added.

    Weights begin at random: there are none of ImageNet for four bands.

    Args:
        bands: channels of the image.
        depth: ``shallow`` or ``deep``, a key of ``DEPTHS``.
    """

    title = "VM-UNet"
    variants: ClassVar = {DEFAULT: {}, "deep": {"depth": "deep"}}
    multiple = _PATCH_PX * 2 ** (len(WIDTHS) - 1)

    def __init__(self, bands: int, depth: str = "shallow"):
        super().__init__()
        depths, decoder_depths = DEPTHS[depth]
        self.patches = nn.Conv2d(bands, WIDTHS[0], _PATCH_PX, stride=_PATCH_PX)
        self.patch_norm = nn.LayerNorm(WIDTHS[0])
        self.encoder = nn.ModuleList(
            _level(width, shares)
            for width, shares in zip(WIDTHS, _drop_shares(depths), strict=True)
        )
        self.merging = nn.ModuleList(_PatchMerging(width) for width in WIDTHS[:-1])
        self.decoder = nn.ModuleList(
            # Falling again from the bottom up.
            _level(width, shares[::-1])
            for width, shares in zip(
                WIDTHS[::-1], _drop_shares(decoder_depths[::-1])[::-1], strict=True
            )
        )
        self.expanding = nn.ModuleList(
            _PatchExpanding(2 * width, width, 2) for width in WIDTHS[-2::-1]
        )
        last = WIDTHS[0] // _PATCH_PX
        self.last_expanding = _PatchExpanding(WIDTHS[0], last, _PATCH_PX)
        self.head = nn.Conv2d(last, 1, 1)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(B, bands, H, W), H and W multiples of ``multiple``, to the logits (B, 1, H, W)."""
        # Channels last from here on.
        x = self.patch_norm(self.patches(image).permute(0, 2, 3, 1))
        skips = []
        for level, merging in zip(self.encoder, self.merging, strict=False):
            x = merging(level(x))
            skips.append(x)
        x = self.decoder[0](self.encoder[-1](x))
        for expanding, level in zip(self.expanding, self.decoder[1:], strict=True):
            x = level(expanding(x + skips.pop()))
        return (self.head(self.last_expanding(x).permute(0, 3, 1, 2)),)


class _StateSpaceBlock(nn.Module):
    """Layer norm, scan in four directions with a gate, and the input added again.

    As the Mamba block of Fig. 2b, but one joint projection, and linear maps without bias.
    """

    def __init__(self, channels: int, drop_share: float):
        super().__init__()
        inner = _EXPANSION * channels
        self.input_norm = nn.LayerNorm(channels)
        self.input_projection = nn.Linear(channels, 2 * inner, bias=False)
        self.depthwise = nn.Conv2d(inner, inner, 3, padding=1, groups=inner)
        self.ss2d = SS2D(inner, _STATE_SIZE, delta_rank=math.ceil(channels / 16))
        self.output_norm = nn.LayerNorm(inner)
        self.output_projection = nn.Linear(inner, channels, bias=False)
        self.drop_path = DropPath(drop_share)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, H, W, C) to (B, H, W, C)."""
        main, gate = self.input_projection(self.input_norm(x)).chunk(2, -1)
        main = functional.silu(self.depthwise(main.permute(0, 3, 1, 2))).permute(0, 2, 3, 1)
        main = self.output_norm(self.ss2d(main).to(gate.dtype))
        return x + self.drop_path(self.output_projection(main * functional.silu(gate)))


class _PatchMerging(nn.Module):
    """Four neighbours become one pixel of twice the channels."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.LayerNorm(4 * channels)
        self.reduction = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, H, W, C) to (B, H / 2, W / 2, 2 C)."""
        neighbours = [x[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        return self.reduction(self.norm(torch.cat(neighbours, -1)))


class _PatchExpanding(nn.Module):
    """One pixel becomes ``factor`` by ``factor``, each with channels of its own."""

    def __init__(self, channels_in: int, channels_out: int, factor: int):
        super().__init__()
        self.factor = factor
        self.expansion = nn.Linear(channels_in, factor**2 * channels_out, bias=False)
        self.norm = nn.LayerNorm(channels_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, H, W, C_in) to (B, factor H, factor W, C_out)."""
        pixels = functional.pixel_shuffle(self.expansion(x).permute(0, 3, 1, 2), self.factor)
        return self.norm(pixels.permute(0, 2, 3, 1))


def _level(channels: int, drop_shares: Sequence[float]) -> nn.Sequential:
    return nn.Sequential(*(_StateSpaceBlock(channels, share) for share in drop_shares))


def _drop_shares(depths: Sequence[int]) -> list[list[float]]:
    """Of each block of each level, rising evenly from the first block to the last."""
    step = _DROP_PATH / (sum(depths) - 1)
    numbers = itertools.count()
    return [[step * next(numbers) for _ in range(depth)] for depth in depths]
