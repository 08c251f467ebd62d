"""What the network does between full convolutions, each in one pass over the maps.

The CPU spends on these passes what it spends on moving maps through its caches, so that each
kernel reads its inputs once, computes in float32, and writes its result once. Maps are channels
last and of one type, float32 or bfloat16; channels are a multiple of ``CHANNEL_MULTIPLE``.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import torch

from cloudmamba.network.kernels import compile_kernel, flat, run_kernel
from cloudmamba.network.scan.vector import (
    CHANNELS,
    HALF_CHANNELS,
    broadcast,
    broadcast_16,
    exp2_nonpositive,
    load,
    load_16,
    maximum,
    prefetch,
    reciprocal_of_one_plus,
    store,
    total,
)

CHANNEL_MULTIPLE = HALF_CHANNELS
# Kernels that read several maps at a time ask for their pixels so many ahead.
AHEAD = 16
_LEAKY_SLOPE = np.float32(0.01)
_LOG2_E = np.float32(1 / math.log(2))


@numba.njit(inline="always")
def _mean_and_scale(row, channels, epsilon):
    """Mean and reciprocal standard deviation of the first ``channels`` numbers, a multiple of 32."""
    share = np.float32(1.0) / np.float32(channels)
    sums = broadcast(np.float32(0.0))
    for c in range(0, channels, CHANNELS):
        sums = sums + load(row, c)
    mean = total(sums) * share
    centre = broadcast(mean)
    squares = broadcast(np.float32(0.0))
    for c in range(0, channels, CHANNELS):
        centred = load(row, c) - centre
        squares = squares + centred * centred
    return mean, np.float32(1.0) / np.float32(math.sqrt(total(squares) * share + epsilon))


@numba.njit(inline="always")
def _fill(array, first, last):
    """Zeros from ``first`` to ``last``, a multiple of 16 numbers."""
    for c in range(first, last, HALF_CHANNELS):
        store(array, c, broadcast_16(np.float32(0.0)))


@compile_kernel
def _scale_leaky_add(
    first, last, x, shortcut, weight, bias, epsilon, width, channels, padding, out
):  # fmt: skip
    # One task is one row.
    slope = broadcast_16(_LEAKY_SLOPE)
    share = np.float32(1.0) / np.float32(channels)
    for row in range(first, last):
        start = row * width * channels
        source = (row * (width + 2) + 1) * channels
        target = row * (width + 2 * padding) * channels
        _fill(out, target, target + padding * channels)
        target += padding * channels
        for _ in range(width):
            prefetch(x, start + AHEAD * channels)
            prefetch(shortcut, source + AHEAD * channels)
            prefetch(out, target + AHEAD * channels)
            squares = broadcast_16(np.float32(0.0))
            for c in range(0, channels, HALF_CHANNELS):
                value = load_16(x, start + c)
                squares = squares + value * value
            scale = np.float32(1.0) / np.float32(math.sqrt(total(squares) * share + epsilon))
            factor = broadcast_16(scale)
            for c in range(0, channels, HALF_CHANNELS):
                value = load_16(x, start + c) * (factor * load_16(weight, c)) + load_16(bias, c)
                value = maximum(value, slope * value) + load_16(shortcut, source + c)
                store(out, target + c, value)
            start, source, target = start + channels, source + channels, target + channels
        _fill(out, target, target + padding * channels)


@compile_kernel
def _join_norm(
    first, last, x, one, two, three, pitches, epsilon, width, channels, padding, out
):  # fmt: skip
    # One task is one row; ``pitches`` are the widths of the three parts.
    both = 2 * channels
    joined = np.empty(both, np.float32)
    for row in range(first, last):
        start = (row * (width + 2 * padding) + padding) * channels
        a = (row * pitches[0] + (pitches[0] - width) // 2) * channels
        b = (row * pitches[1] + (pitches[1] - width) // 2) * channels
        c = (row * pitches[2] + (pitches[2] - width) // 2) * channels
        target = row * width * both
        for _ in range(width):
            prefetch(x, start + AHEAD * channels)
            prefetch(one, a + AHEAD * channels)
            prefetch(two, b + AHEAD * channels)
            prefetch(three, c + AHEAD * channels)
            prefetch(out, target + AHEAD * both)
            for k in range(0, channels, HALF_CHANNELS):
                store(joined, k, load_16(x, start + k))
                large = load_16(one, a + k) + load_16(two, b + k) + load_16(three, c + k)
                store(joined, channels + k, large)
            mean, scale = _mean_and_scale(joined, both, epsilon)
            centre, factor = broadcast(mean), broadcast(scale)
            for k in range(0, both, CHANNELS):
                store(out, target + k, (load(joined, k) - centre) * factor)
            start, target = start + channels, target + both
            a, b, c = a + channels, b + channels, c + channels


@numba.njit(inline="always")
def _silu(x, array):
    zero = broadcast(np.float32(0.0))
    positive = maximum(x, zero)
    z = exp2_nonpositive(maximum(x, zero - x) * broadcast(-_LOG2_E), array)
    # x / (1 + exp(-x)), and for a negative x the same with exp(x) above and below.
    return (positive + (x - positive) * z) * reciprocal_of_one_plus(z, array)


@numba.njit(inline="always")
def _column(maps, above, here, below, taps, tap):
    """What three pixels one above the other add to a sum, by taps ``tap``, tap + 3 and tap + 6."""
    return (
        load(maps, above) * load(taps, tap * CHANNELS)
        + load(maps, here) * load(taps, (tap + 3) * CHANNELS)
        + load(maps, below) * load(taps, (tap + 6) * CHANNELS)
    )


@compile_kernel
def _depthwise_silu(first, last, x, weight, bias, height, width, channels, out):
    # One task is one row of the map. A column of three pixels is read once and counts in three
    # sums: it starts that of the pixel to its right and finishes that of the pixel to its left.
    taps = np.empty(9 * CHANNELS, np.float32)
    for row in range(first, last):
        has_above, has_below = row % height > 0, row % height < height - 1
        for c in range(0, channels, CHANNELS):
            for tap in range(9):
                outside = (tap < 3 and not has_above) or (tap > 5 and not has_below)
                inside = broadcast(np.float32(0.0 if outside else 1.0))
                store(taps, tap * CHANNELS, load(weight, tap * channels + c) * inside)
            first_sum = load(bias, c)
            started = unfinished = first_sum
            here = row * width * channels + c
            # Where a row is missing its taps are zero, and any other row will do.
            above = here - width * channels if has_above else here
            below = here + width * channels if has_below else here
            target = here
            for column in range(width):
                prefetch(x, below + AHEAD * channels)
                prefetch(out, target + AHEAD * channels)
                if column > 0:
                    finished = unfinished + _column(x, above, here, below, taps, 2)
                    store(out, target, _silu(finished, x))
                    target += channels
                unfinished = started + _column(x, above, here, below, taps, 1)
                started = first_sum + _column(x, above, here, below, taps, 0)
                above, here, below = above + channels, here + channels, below + channels
            store(out, target, _silu(unfinished, x))


@compile_kernel
def _norm_gate(first, last, one, two, gate, weight, bias, epsilon, channels):
    # Without a second term, ``two`` is empty. The result takes the place of ``gate``.
    row = np.empty(channels, np.float32)
    has_two = len(two) > 0
    for start in range(first * channels, last * channels, channels):
        for array in (one, two, gate):
            prefetch(array, start + AHEAD * channels)
        for c in range(0, channels, CHANNELS):
            value = load(one, start + c)
            if has_two:
                value = value + load(two, start + c)
            store(row, c, value)
        mean, scale = _mean_and_scale(row, channels, epsilon)
        centre, factor = broadcast(mean), broadcast(scale)
        for c in range(0, channels, CHANNELS):
            value = (load(row, c) - centre) * factor * load(weight, c) + load(bias, c)
            store(gate, start + c, value * _silu(load(gate, start + c), gate))


@compile_kernel
def _add(first, last, x, y, row_size, pitch):
    # One task is one row; those of x have ``pitch`` numbers, the row in their middle.
    for row in range(first, last):
        source = row * pitch + (pitch - row_size) // 2
        target = row * row_size
        for c in range(0, row_size, HALF_CHANNELS):
            store(y, target + c, load_16(x, source + c) + load_16(y, target + c))


@compile_kernel
def _join_upsampled(first, last, quarters, skip, width, channels, padding, out):
    # One task is one row of the finer map.
    both = 2 * channels
    for row in range(first, last):
        target = row * (width + 2 * padding) * both
        _fill(out, target, target + padding * both)
        target += padding * both
        for column in range(width):
            source = ((row // 2) * (width // 2) + column // 2) * 4 + (row % 2) * 2 + column % 2
            own = (row * width + column) * channels
            for c in range(0, channels, HALF_CHANNELS):
                store(out, target + c, load_16(quarters, source * channels + c))
                store(out, target + channels + c, load_16(skip, own + c))
            target += both
        _fill(out, target, target + padding * both)


@compile_kernel
def _weighted_sum(first, last, x, weight, bias, channels, out):
    for pixel in range(first, last):
        sums = broadcast_16(np.float32(0.0))
        for c in range(0, channels, HALF_CHANNELS):
            sums = sums + load_16(x, pixel * channels + c) * load_16(weight, c)
        out[pixel] = total(sums) + bias[0]


@compile_kernel
def _modulate(first, last, x, factor, channels):
    for pixel in range(first, last):
        factors = broadcast_16(factor[pixel])
        for c in range(pixel * channels, (pixel + 1) * channels, HALF_CHANNELS):
            store(x, c, load_16(x, c) * factors)


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
    run_kernel(
        _scale_leaky_add, images * height, flat(x), flat(shortcut), flat(norm.weight),
        flat(norm.bias), np.float32(norm.eps), width, channels, padding_px, flat(out),
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
    run_kernel(
        _join_norm, images * height, flat(x), *map(flat, parts),
        tuple(part.shape[2] for part in parts), np.float32(epsilon), width, channels, padding_px,
        flat(out),
    )  # fmt: skip
    return out


def depthwise_silu(x: torch.Tensor, convolution: torch.nn.Module) -> torch.Tensor:
    """silu of a depthwise 3x3 convolution of x (B, H, W, D), D a multiple of 32.

    ``convolution`` has ``weight`` (9, D) and ``bias`` (D), float32.
    """
    out = torch.empty_like(x)
    images, height, width, channels = x.shape
    run_kernel(
        _depthwise_silu, images * height, flat(x), flat(convolution.weight),
        flat(convolution.bias), height, width, channels, flat(out),
    )  # fmt: skip
    return out


def norm_gate(terms: torch.Tensor, gate: torch.Tensor, norm: torch.nn.LayerNorm) -> torch.Tensor:
    """norm(sum of the terms) silu(gate), in the memory of the gate.

    Args:
        terms: (1 or 2, ..., D), D a multiple of 32.
        gate: (..., D), of the same type.
    """
    channels = gate.shape[-1]
    run_kernel(
        _norm_gate, gate.numel() // channels, flat(terms[0]), flat(terms[1:]), flat(gate),
        flat(norm.weight), flat(norm.bias), np.float32(norm.eps), channels,
    )  # fmt: skip
    return gate


def add(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """x + y in the memory of y (B, H, W, C); x (B, H, W + 2 n, C) has n columns more on each side."""
    images, height, width, channels = y.shape
    run_kernel(_add, images * height, flat(x), flat(y), width * channels, x.shape[2] * channels)
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
    run_kernel(
        _join_upsampled, images * height, flat(quarters), flat(skip), width, channels, padding_px,
        flat(out),
    )  # fmt: skip
    return out


def weighted_sum(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Sum over the channels of x (..., C) times weight (C), plus bias (1): (...) float32."""
    channels = x.shape[-1]
    out = torch.empty(x.shape[:-1])
    run_kernel(
        _weighted_sum, x.numel() // channels, flat(x), flat(weight), flat(bias), channels, flat(out)
    )
    return out


def modulate(x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """x (B, C, H, W) times factor (B, 1, H, W) float32, in the memory of an x of channels last."""
    x = x.permute(0, 2, 3, 1).contiguous()
    channels = x.shape[-1]
    run_kernel(_modulate, x.numel() // channels, flat(x), flat(factor.contiguous()), channels)
    return x.permute(0, 3, 1, 2)
