"""Kernels of ``inference.pointwise``, which says what they compute."""

from __future__ import annotations

import math

import numba
import numpy as np

from cloudmamba.ops.numba.layout import CHANNELS, HALF_CHANNELS
from cloudmamba.ops.numba.simd import (
    beyond,
    broadcast,
    broadcast_16,
    copy_16,
    exp2_nonpositive,
    inverse_root,
    load,
    load_16,
    maximum,
    prefetch,
    reciprocal_of_one_plus,
    store,
    total,
)

# Kernels that read several maps at a time ask for their pixels so many ahead.
_AHEAD = 16
_LEAKY_SLOPE = np.float32(0.01)
_LOG2_E = np.float32(1 / math.log(2))


@numba.njit(inline="always")
def _means_and_scales(values, pixels, channels, epsilon, means, scales):
    """Means and reciprocal standard deviations of up to 16 pixels of ``channels`` numbers each.

    ``channels`` is a multiple of 32; ``means`` and ``scales`` have room for 16 numbers.
    """
    share = broadcast_16(np.float32(1.0) / np.float32(channels))
    for pixel in range(pixels):
        sums = broadcast(np.float32(0.0))
        for c in range(pixel * channels, (pixel + 1) * channels, CHANNELS):
            sums = sums + load(values, c)
        means[pixel] = total(sums)
    store(means, 0, load_16(means, 0) * share)
    for pixel in range(pixels):
        mean = broadcast(means[pixel])
        squares = broadcast(np.float32(0.0))
        for c in range(pixel * channels, (pixel + 1) * channels, CHANNELS):
            centred = load(values, c) - mean
            squares = squares + centred * centred
        scales[pixel] = total(squares)
    store(scales, 0, inverse_root(load_16(scales, 0) * share + broadcast_16(epsilon)))


@numba.njit(inline="always")
def _fill(array, first, last):
    """Zeros from ``first`` to ``last``, a multiple of 16 numbers."""
    for c in range(first, last, HALF_CHANNELS):
        store(array, c, broadcast_16(np.float32(0.0)))


def scale_leaky_add(
    first, last, scratch, x, shortcut, weight, bias, epsilon, width, channels, padding, out
):  # fmt: skip
    # One task is one row. Roots and divisions of 16 pixels take as long as those of one.
    slope, least = broadcast_16(_LEAKY_SLOPE), broadcast_16(epsilon)
    share = broadcast_16(np.float32(1.0) / np.float32(channels))
    for row in range(first, last):
        start = row * width * channels
        source = (row * (width + 2) + 1) * channels
        target = row * (width + 2 * padding) * channels
        _fill(out, target, target + padding * channels)
        target += padding * channels
        for done in range(0, width, HALF_CHANNELS):
            pixels = min(HALF_CHANNELS, width - done)
            for pixel in range(pixels):
                here = start + pixel * channels
                prefetch(x, here + _AHEAD * channels)
                prefetch(shortcut, source + (pixel + _AHEAD) * channels)
                squares = broadcast_16(np.float32(0.0))
                for c in range(0, channels, HALF_CHANNELS):
                    value = load_16(x, here + c)
                    squares = squares + value * value
                scratch[pixel] = total(squares)
            store(scratch, 0, inverse_root(load_16(scratch, 0) * share + least))
            for pixel in range(pixels):
                prefetch(out, target + _AHEAD * channels)
                factor = broadcast_16(scratch[pixel])
                for c in range(0, channels, HALF_CHANNELS):
                    value = load_16(x, start + c) * (factor * load_16(weight, c)) + load_16(bias, c)
                    value = maximum(value, slope * value) + load_16(shortcut, source + c)
                    store(out, target + c, value)
                start, source, target = start + channels, source + channels, target + channels
        _fill(out, target, target + padding * channels)


def join_norm(
    first, last, scratch, x, one, two, three, pitch_one, pitch_two, pitch_three, epsilon, width, channels,
    padding, out,
):  # fmt: skip
    # One task is one row; the pitches are the widths of the three parts.
    both = 2 * channels
    means, scales = scratch, beyond(scratch, HALF_CHANNELS)
    joined = beyond(scales, HALF_CHANNELS)
    for row in range(first, last):
        start = (row * (width + 2 * padding) + padding) * channels
        a = (row * pitch_one + (pitch_one - width) // 2) * channels
        b = (row * pitch_two + (pitch_two - width) // 2) * channels
        c = (row * pitch_three + (pitch_three - width) // 2) * channels
        target = row * width * both
        for done in range(0, width, HALF_CHANNELS):
            pixels = min(HALF_CHANNELS, width - done)
            for pixel in range(pixels):
                prefetch(x, start + _AHEAD * channels)
                prefetch(one, a + _AHEAD * channels)
                prefetch(two, b + _AHEAD * channels)
                prefetch(three, c + _AHEAD * channels)
                for k in range(0, channels, HALF_CHANNELS):
                    store(joined, pixel * both + k, load_16(x, start + k))
                    large = load_16(one, a + k) + load_16(two, b + k) + load_16(three, c + k)
                    store(joined, pixel * both + channels + k, large)
                start, a, b, c = start + channels, a + channels, b + channels, c + channels
            _means_and_scales(joined, pixels, both, epsilon, means, scales)
            for pixel in range(pixels):
                prefetch(out, target + _AHEAD * both)
                mean, scale = broadcast(means[pixel]), broadcast(scales[pixel])
                for k in range(0, both, CHANNELS):
                    store(out, target + k, (load(joined, pixel * both + k) - mean) * scale)
                target += both


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


def depthwise_silu(first, last, scratch, x, weight, bias, height, width, channels, out):
    # One task is one row of the map. A column of three pixels is read once and counts in three
    # sums: it starts that of the pixel to its right and finishes that of the pixel to its left.
    taps = scratch
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
                prefetch(x, below + _AHEAD * channels)
                prefetch(out, target + _AHEAD * channels)
                if column > 0:
                    finished = unfinished + _column(x, above, here, below, taps, 2)
                    store(out, target, _silu(finished, x))
                    target += channels
                unfinished = started + _column(x, above, here, below, taps, 1)
                started = first_sum + _column(x, above, here, below, taps, 0)
                above, here, below = above + channels, here + channels, below + channels
            store(out, target, _silu(unfinished, x))


def norm_gate(first, last, scratch, one, two, has_two, gate, weight, bias, epsilon, channels):
    # The result takes the place of ``gate``.
    means, scales = scratch, beyond(scratch, HALF_CHANNELS)
    sums = beyond(scales, HALF_CHANNELS)
    for done in range(first, last, HALF_CHANNELS):
        pixels = min(HALF_CHANNELS, last - done)
        start = done * channels
        for c in range(0, pixels * channels, CHANNELS):
            prefetch(one, start + c + _AHEAD * channels)
            prefetch(gate, start + c + _AHEAD * channels)
            value = load(one, start + c)
            if has_two != 0:
                prefetch(two, start + c + _AHEAD * channels)
                value = value + load(two, start + c)
            store(sums, c, value)
        _means_and_scales(sums, pixels, channels, epsilon, means, scales)
        for pixel in range(pixels):
            mean, scale = broadcast(means[pixel]), broadcast(scales[pixel])
            here = pixel * channels
            for c in range(0, channels, CHANNELS):
                value = (load(sums, here + c) - mean) * scale * load(weight, c) + load(bias, c)
                store(gate, start + here + c, value * _silu(load(gate, start + here + c), gate))


def add(first, last, scratch, x, y, row_size, pitch):
    # One task is one row; those of x have ``pitch`` numbers, the row in their middle.
    for row in range(first, last):
        source = row * pitch + (pitch - row_size) // 2
        target = row * row_size
        for c in range(0, row_size, HALF_CHANNELS):
            store(y, target + c, load_16(x, source + c) + load_16(y, target + c))


def join_upsampled(first, last, scratch, quarters, skip, width, channels, padding, out):
    # One task is one row of the finer map, of which ``quarters`` hold pairs of pixels.
    both = 2 * channels
    for row in range(first, last):
        target = row * (width + 2 * padding) * both
        _fill(out, target, target + padding * both)
        target += padding * both
        source = (row // 2 * width + row % 2) * both
        own = row * width * channels
        for _ in range(width // 2):
            prefetch(quarters, source + _AHEAD * both)
            prefetch(skip, own + _AHEAD * channels)
            prefetch(out, target + _AHEAD * both)
            for c in range(0, channels, HALF_CHANNELS):
                copy_16(quarters, source + c, out, target + c)
                copy_16(skip, own + c, out, target + channels + c)
                copy_16(quarters, source + channels + c, out, target + both + c)
                copy_16(skip, own + channels + c, out, target + both + channels + c)
            source, own, target = source + 2 * both, own + both, target + 2 * both
        _fill(out, target, target + padding * both)


def join_enlarged(first, last, scratch, coarse, skip, width, height, channels, padding, out):
    # One task is one row of the finer map. ``scratch`` gets the coarse row that lies at its
    # height, a quarter of a coarse pixel off the nearer of its two neighbours.
    both = 2 * channels
    half, quarters, quarter = width // 2, np.float32(0.75), np.float32(0.25)
    for row in range(first, last):
        near = row // 2
        image = row // height * (height // 2)
        far = near - 1 if row % 2 == 0 else near + 1
        far = min(max(far, image), image + height // 2 - 1)
        above, below = near * half * channels, far * half * channels
        for c in range(0, half * channels, HALF_CHANNELS):
            prefetch(coarse, above + c + _AHEAD * channels)
            prefetch(coarse, below + c + _AHEAD * channels)
            store(
                scratch,
                c,
                load_16(coarse, above + c) * broadcast_16(quarters)
                + load_16(coarse, below + c) * broadcast_16(quarter),
            )
        target = row * (width + 2 * padding) * both
        _fill(out, target, target + padding * both)
        target += padding * both
        own = row * width * channels
        for column in range(half):
            prefetch(skip, own + _AHEAD * channels)
            prefetch(out, target + _AHEAD * both)
            here = column * channels
            left = max(column - 1, 0) * channels
            right = min(column + 1, half - 1) * channels
            for c in range(0, channels, HALF_CHANNELS):
                middle = load_16(scratch, here + c) * broadcast_16(quarters)
                one = middle + load_16(scratch, left + c) * broadcast_16(quarter)
                two = middle + load_16(scratch, right + c) * broadcast_16(quarter)
                store(out, target + c, one)
                copy_16(skip, own + c, out, target + channels + c)
                store(out, target + both + c, two)
                copy_16(skip, own + channels + c, out, target + both + channels + c)
            own, target = own + both, target + 2 * both
        _fill(out, target, target + padding * both)


def weighted_sum(first, last, scratch, x, weight, bias, channels, out):
    for pixel in range(first, last):
        sums = broadcast_16(np.float32(0.0))
        for c in range(0, channels, HALF_CHANNELS):
            sums = sums + load_16(x, pixel * channels + c) * load_16(weight, c)
        out[pixel] = total(sums) + bias[0]


def modulate(first, last, scratch, x, factor, channels):
    for pixel in range(first, last):
        factors = broadcast_16(factor[pixel])
        for c in range(pixel * channels, (pixel + 1) * channels, HALF_CHANNELS):
            store(x, c, load_16(x, c) * factors)
