"""Deformable convolution (Dai et al. 2017) in plain PyTorch, without an operator of its own."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.compared.layers import convolution

_TAPS = tuple((row, column) for row in (-1, 0, 1) for column in (-1, 0, 1))


class DeformableConvolution(nn.Module):
    """3x3 convolution without bias that says of each tap where in the map it looks.

    The offsets come from a 3x3 convolution whose weights begin at zero, so that the layer begins
    as an ordinary convolution. Beyond the map all is zero, as with padding.

    Args:
        channels_in, channels_out: of the maps.
    """

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__()
        self.offsets = convolution(channels_in, 2 * len(_TAPS), bias=True)
        for parameter in self.offsets.parameters():
            nn.init.zeros_(parameter)
        self.weight = nn.Parameter(convolution(channels_in, channels_out).weight.detach().clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C_in, H, W) to (B, C_out, H, W)."""
        images, _, height, width = x.shape
        # Positions in half precision would be off by whole pixels.
        with torch.autocast(x.device.type, enabled=False):
            offsets = self.offsets(x.float()).view(images, len(_TAPS), 2, height, width)
            rows = torch.arange(height, device=x.device, dtype=torch.float32)[:, None]
            columns = torch.arange(width, device=x.device, dtype=torch.float32)
            result = x.new_zeros((), dtype=torch.float32)
            # Tap by tap, as all nine samples of a map at once would take nine times its memory.
            for tap, (row, column) in enumerate(_TAPS):
                y = rows + row + offsets[:, tap, 0]
                along = columns + column + offsets[:, tap, 1]
                # grid_sample counts from -1 at one edge of the map to 1 at the other.
                grid = torch.stack([(2 * along + 1) / width - 1, (2 * y + 1) / height - 1], -1)
                sampled = functional.grid_sample(
                    x.float(), grid, mode="bilinear", padding_mode="zeros", align_corners=False
                )
                kernel = self.weight[:, :, row + 1, column + 1, None, None]
                term = functional.conv2d(sampled, kernel)
                result = result + term
        return result
