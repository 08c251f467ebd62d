"""What the network does between full convolutions, each in one pass over the maps.

The CPU spends on these passes what it spends on moving maps through its caches, so that each
kernel reads its inputs once, computes in float32, and writes its result once. Maps are channels
last and of one type, float32 or bfloat16; channels are a multiple of ``CHANNEL_MULTIPLE``.
"""

from __future__ import annotations

from typing import Any

import torch

from cloudmamba.ops.numba import Kernel
from cloudmamba.ops.numba.layout import CHANNELS, HALF_CHANNELS

CHANNEL_MULTIPLE = HALF_CHANNELS

_scale_leaky_add = Kernel("pointwise", "scale_leaky_add")
_join_norm = Kernel("pointwise", "join_norm")
_depthwise_silu = Kernel("pointwise", "depthwise_silu")
_norm_gate = Kernel("pointwise", "norm_gate")
_add = Kernel("pointwise", "add")
_join_upsampled = Kernel("pointwise", "join_upsampled")
_join_enlarged = Kernel("pointwise", "join_enlarged")
_weighted_sum = Kernel("pointwise", "weighted_sum")
_modulate = Kernel("pointwise", "modulate")


def scale_leaky_add(
    x: torch.Tensor, shortcut: torch.Tensor, norm: torch.nn.LayerNorm, padding_px: int
) -> torch.Tensor:
    """leaky_relu(norm(x)) + shortcut where the channels of every pixel of x have mean zero.

    Args:
        x: (B, H, W, C).
        shortcut: (B, H, W + 2, C): one column more to the left and right, of any values.
        padding_px: columns of zeros to the left and right of the result.

    Returns:
        (B, H, W + 2 padding, C), in the memory of x or the shortcut where one has this shape.
    """
    images, height, width, channels = x.shape
    out = {0: x, 1: shortcut}.get(padding_px)
    if out is None:
        out = x.new_empty((images, height, width + 2 * padding_px, channels))
    _scale_leaky_add.run(
        images * height, x, shortcut, norm.weight, norm.bias, norm.eps, width, channels,
        padding_px, out, scratch_size=HALF_CHANNELS,
    )  # fmt: skip
    return out


def join_norm(
    x: torch.Tensor, parts: list[torch.Tensor], padding_px: int, epsilon: float
) -> torch.Tensor:
    """Layer norm, without weight and bias, of x and the sum of three parts side by side.

    Args:
        x: (B, H, W + 2 padding, C).
        parts: three (B, H, W + 2 n, C), each with an n of its own.

    Returns:
        (B, H, W, 2 C).
    """
    images, height, width, channels = x.shape
    width -= 2 * padding_px
    out = x.new_empty((images, height, width, 2 * channels))
    _join_norm.run(
        images * height, x, *parts, *(part.shape[2] for part in parts), epsilon, width, channels,
        padding_px, out, scratch_size=2 * HALF_CHANNELS * (channels + 1),
    )  # fmt: skip
    return out


def depthwise_silu(x: torch.Tensor, convolution: torch.nn.Module) -> torch.Tensor:
    """silu of a depthwise 3x3 convolution of x (B, H, W, D), D a multiple of 32.

    ``convolution`` has ``weight`` (9, D) and ``bias`` (D), float32.
    """
    weight: Any = convolution.weight
    bias: Any = convolution.bias
    out = torch.empty_like(x)
    images, height, width, channels = x.shape
    _depthwise_silu.run(
        images * height, x, weight, bias, height, width, channels, out, scratch_size=9 * CHANNELS,
    )  # fmt: skip
    return out


def norm_gate(terms: torch.Tensor, gate: torch.Tensor, norm: torch.nn.LayerNorm) -> torch.Tensor:
    """norm(sum of the terms) silu(gate), in the memory of the gate.

    Args:
        terms: (1 or 2, ..., D), D a multiple of 32.
        gate: (..., D), of the same type.
    """
    channels = gate.shape[-1]
    _norm_gate.run(
        gate.numel() // channels, terms[0], terms[-1], len(terms) - 1, gate, norm.weight,
        norm.bias, norm.eps, channels, scratch_size=HALF_CHANNELS * (channels + 2),
    )  # fmt: skip
    return gate


def add(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """x + y in the memory of y (B, H, W, C); x (B, H, W + 2 n, C) has n columns more on each side."""
    images, height, width, channels = y.shape
    _add.run(images * height, x, y, width * channels, x.shape[2] * channels)
    return y


def join_upsampled(quarters: torch.Tensor, skip: torch.Tensor, padding_px: int) -> torch.Tensor:
    """The finer map that ``quarters`` hold, and ``skip``, side by side.

    Args:
        quarters: (B, h, w, 4 C), the four pixels that each coarse pixel becomes, row by row.
        skip: (B, 2 h, 2 w, C).
        padding_px: columns of zeros to the left and right of the result.

    Returns:
        (B, 2 h, 2 w + 2 padding, 2 C).
    """
    images, height, width, channels = skip.shape
    out = skip.new_empty((images, height, width + 2 * padding_px, 2 * channels))
    _join_upsampled.run(images * height, quarters, skip, width, channels, padding_px, out)
    return out


def join_enlarged(coarse: torch.Tensor, skip: torch.Tensor, padding_px: int) -> torch.Tensor:
    """A map at twice its size, bilinear between the centres of pixels, and ``skip``, side by side.

    Args:
        coarse: (B, h, w, C).
        skip: (B, 2 h, 2 w, C).
        padding_px: columns of zeros to the left and right of the result.

    Returns:
        (B, 2 h, 2 w + 2 padding, 2 C).
    """
    images, height, width, channels = skip.shape
    out = skip.new_empty((images, height, width + 2 * padding_px, 2 * channels))
    _join_enlarged.run(
        images * height, coarse, skip, width, height, channels, padding_px, out,
        scratch_size=width // 2 * channels,
    )  # fmt: skip
    return out


def weighted_sum(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Sum over the channels of x (..., C) times weight (C), plus bias (1): (...) float32."""
    channels = x.shape[-1]
    out = torch.empty(x.shape[:-1])
    _weighted_sum.run(x.numel() // channels, x, weight, bias, channels, out)
    return out


def modulate(x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """x (B, C, H, W) times factor (B, 1, H, W) float32, in the memory of an x of channels last."""
    x = x.permute(0, 2, 3, 1).contiguous()
    channels = x.shape[-1]
    _modulate.run(x.numel() // channels, x, factor.contiguous(), channels)
    return x.permute(0, 3, 1, 2)
