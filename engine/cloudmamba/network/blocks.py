"""Residual block, DS-Mamba (Fig. 2a) and the hybrid perception block (Fig. 1c)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.network.ss2d import MambaBlock

MIXERS = ("none", "mamba", "dual_scale_separate", "dual_scale")


def in_float32(convolution: nn.Module, image: torch.Tensor) -> torch.Tensor:
    """What a convolution makes of the image itself; under autocast only the result is rounded.

    In bfloat16 the image would lose dark ground, and the few percent of colour that tell ice from
    cloud.
    """
    device = image.device.type
    with torch.autocast(device, enabled=False):
        convolved = convolution(image.float())
    if torch.is_autocast_enabled(device):
        return convolved.to(torch.get_autocast_dtype(device))
    return convolved


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of every pixel of a (B, C, H, W) map."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ResidualBlock(nn.Module):
    """3x3 convolution, layer norm over channels, leaky ReLU, and a residual connection.

    Where the number of channels changes, a 1x1 convolution carries the input across.
    """

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__()
        self.convolution = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.norm = ChannelNorm(channels_out)
        same = channels_in == channels_out
        self.shortcut = nn.Identity() if same else nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C_in, H, W) to (B, C_out, H, W)."""
        return functional.leaky_relu(self.norm(self.convolution(x))) + self.shortcut(x)


class LargeScaleBranch(nn.Module):
    """Three parallel dilated 3x3 convolutions, concatenated and reduced (equation 5)."""

    def __init__(self, channels: int, dilations: tuple[int, int, int]):
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding=d, dilation=d) for d in dilations
        )
        self.reduction = nn.Conv2d(len(dilations) * channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        return self.reduction(torch.cat([conv(x) for conv in self.convolutions], 1))


class Mixer(nn.Module):
    """Long-range mixing with a residual connection: DS-Mamba and its ablations (Table II).

    ``dual_scale`` concatenates the two scales before one Mamba block (equations 4 to 7);
    ``dual_scale_separate`` gives each scale a Mamba block and fuses afterwards; ``mamba``
    has the small scale only.

    Args:
        channels: C.
        mixer: one of ``MIXERS`` except ``none``.
        dilations: of the large-scale branch.
        expansion: inner channels of a Mamba block over its input channels.
        state_size: N.
    """

    def __init__(
        self,
        channels: int,
        mixer: str,
        dilations: tuple[int, int, int],
        expansion: float,
        state_size: int,
    ):
        super().__init__()
        self.mixer = mixer

        def mamba(width: int) -> MambaBlock:
            return MambaBlock(width, round(expansion * width), state_size)

        if mixer == "mamba":
            self.mamba = mamba(channels)
            self.output = nn.Conv2d(channels, channels, 1)
            return
        self.large_scale = LargeScaleBranch(channels, dilations)
        if mixer == "dual_scale":
            self.mamba = mamba(2 * channels)
        else:
            self.small_mamba = mamba(channels)
            self.large_mamba = mamba(channels)
        self.output = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        if self.mixer == "mamba":
            mixed = self.mamba(x)
        elif self.mixer == "dual_scale":
            mixed = self.mamba(torch.cat([x, self.large_scale(x)], 1))
        else:
            mixed = torch.cat([self.small_mamba(x), self.large_mamba(self.large_scale(x))], 1)
        return x + self.output(mixed)


class HybridPerceptionBlock(nn.Module):
    """Two residual blocks, then the mixer (equations 8 and 9)."""

    def __init__(self, channels: int, mixer: nn.Module):
        super().__init__()
        self.residual_1 = ResidualBlock(channels, channels)
        self.residual_2 = ResidualBlock(channels, channels)
        self.mixer = mixer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        return self.mixer(self.residual_2(self.residual_1(x)))
