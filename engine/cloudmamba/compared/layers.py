"""What several of the compared networks are made of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional


class BatchNorm(nn.BatchNorm2d):
    """Batch norm that also trains on a map of one value a channel: one image, pooled or tiny.

    A single value has no variance, so there the running statistics stand in, as in evaluation,
    and are left as they are.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) to the same."""
        if self.training and x.numel() == x.shape[1]:
            return functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
            )
        return super().forward(x)


def convolution(
    channels_in: int,
    channels_out: int,
    kernel: int = 3,
    *,
    stride: int = 1,
    dilation: int = 1,
    bias: bool = False,
) -> nn.Conv2d:
    """A convolution that keeps the size of a map, but for its stride."""
    padding = dilation * (kernel - 1) // 2
    return nn.Conv2d(channels_in, channels_out, kernel, stride, padding, dilation, bias=bias)


def convolution_norm_relu(
    channels_in: int,
    channels_out: int,
    kernel: int = 3,
    *,
    stride: int = 1,
    dilation: int = 1,
    bias: bool = False,
) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        convolution(channels_in, channels_out, kernel, stride=stride, dilation=dilation, bias=bias),
        BatchNorm(channels_out),
        nn.ReLU(inplace=True),
    )


def resized(x: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """(B, C, h, w) to (B, C, H, W), bilinear."""
    return functional.interpolate(x, tuple(size), mode="bilinear", align_corners=False)


class PooledContext(nn.Module):
    """The mean of a map, projected, and spread over the map again.

    (B, C_in, H, W) to (B, C_out, H, W).
    """

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__()
        self.projection = convolution_norm_relu(channels_in, channels_out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C_in, H, W) to (B, C_out, H, W)."""
        mean = self.projection(x.mean((2, 3), keepdim=True))
        return mean.expand(-1, -1, *x.shape[-2:])


class AtrousPyramid(nn.Module):
    """Atrous spatial pyramid pooling: views of several widths side by side, then reduced.

    Args:
        channels_in: C_in.
        channels_out: C_out, of every branch and of the result.
        rates: dilations of the three 3x3 branches.
        dropout: share of the channels of the result that training leaves out.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        rates: Sequence[int] = (6, 12, 18),
        dropout: float = 0.0,
    ):
        super().__init__()
        self.branches = nn.ModuleList(
            [
                convolution_norm_relu(channels_in, channels_out, 1),
                *(convolution_norm_relu(channels_in, channels_out, dilation=r) for r in rates),
                PooledContext(channels_in, channels_out),
            ]
        )
        self.reduction = convolution_norm_relu(len(self.branches) * channels_out, channels_out, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C_in, H, W) to (B, C_out, H, W)."""
        return self.dropout(self.reduction(torch.cat([branch(x) for branch in self.branches], 1)))


class BasicBlock(nn.Module):
    """The residual block of ResNet-18 and 34: two 3x3 convolutions."""

    expansion = 1

    def __init__(self, channels_in: int, channels: int, stride: int = 1, dilation: int = 1):
        super().__init__()
        self.body = nn.Sequential(
            convolution_norm_relu(channels_in, channels, stride=stride, dilation=dilation),
            convolution(channels, channels, dilation=dilation),
            BatchNorm(channels),
        )
        self.shortcut = _shortcut(channels_in, channels, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C_in, H, W) to (B, C, H / stride, W / stride)."""
        return functional.relu(self.body(x) + self.shortcut(x))


class Bottleneck(nn.Module):
    """The residual block of ResNet-50 and deeper: 1x1, 3x3, and 1x1 to four times the channels."""

    expansion = 4

    def __init__(self, channels_in: int, channels: int, stride: int = 1, dilation: int = 1):
        super().__init__()
        wide = self.expansion * channels
        self.body = nn.Sequential(
            convolution_norm_relu(channels_in, channels, 1),
            convolution_norm_relu(channels, channels, stride=stride, dilation=dilation),
            convolution(channels, wide, 1),
            BatchNorm(wide),
        )
        self.shortcut = _shortcut(channels_in, wide, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C_in, H, W) to (B, 4 C, H / stride, W / stride)."""
        return functional.relu(self.body(x) + self.shortcut(x))


def _shortcut(channels_in: int, channels_out: int, stride: int) -> nn.Module:
    if channels_in == channels_out and stride == 1:
        return nn.Identity()
    return nn.Sequential(
        convolution(channels_in, channels_out, 1, stride=stride), BatchNorm(channels_out)
    )


def residual_stage(
    block: type[BasicBlock | Bottleneck],
    channels_in: int,
    channels: int,
    blocks: int,
    stride: int = 1,
    dilation: int = 1,
) -> nn.Sequential:
    """Residual blocks in a row; the first one takes the stride."""
    first = block(channels_in, channels, stride, dilation)
    wide = block.expansion * channels
    return nn.Sequential(
        first, *(block(wide, channels, dilation=dilation) for _ in range(blocks - 1))
    )


class DropPath(nn.Module):
    """Leaves out a residual branch for some images of a batch in training (stochastic depth).

    Args:
        share: probability, 0 <= share < 1, that an image goes without the branch; the others
            are scaled up by as much.
    """

    def __init__(self, share: float):
        super().__init__()
        self.share = share

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, ...) to the same."""
        if not self.training or self.share == 0:
            return x
        kept = torch.rand(len(x), *[1] * (x.dim() - 1), device=x.device) >= self.share
        return x * (kept / (1 - self.share)).to(x.dtype)
