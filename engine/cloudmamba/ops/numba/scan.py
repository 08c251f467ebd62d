"""Kernels of the two-dimensional selective scan, forward and backward (``scan.compiled``).

One task is one image and one block of 32 channels in all four directions; where that makes fewer
tasks than threads, the ways there (along the rows, then along the columns) are one and the ways
back another. A task keeps the state of its channels in the first-level cache and reads every
pixel once a direction; nothing of the size of the map is copied.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from cloudmamba.ops.numba.layout import AXES, CHANNELS, CHUNK, PIXELS_AT_ONCE
from cloudmamba.ops.numba.simd import (
    beyond,
    broadcast,
    broadcast_from,
    decay,
    exp2_nonpositive,
    holds_bfloat16,
    load,
    minimum,
    prefetch,
    softplus,
    store,
    total,
)

_LN_2, _LOG2_E = np.float32(math.log(2)), np.float32(1 / math.log(2))
# Down a column every pixel lies in memory of its own, which the processor does not foresee:
# pixels are asked for so many steps ahead.
_PREFETCH_STEPS = 8
# Of float32 maps decays below 2^-125 count as that, so that exponents fit into a number.
_LEAST_EXPONENT = np.float32(-125)


@numba.njit(inline="always")
def _clear(array, size):
    for c in range(0, size, CHANNELS):
        store(array, c, broadcast(np.float32(0.0)))


@numba.njit(inline="always")
def _copy(source, first, target, start, size):
    for c in range(0, size, CHANNELS):
        store(target, start + c, load(source, first + c))


@numba.njit(inline="always")
def _delta(parameters, parameter_offset, delta_weight, weight_offset, bias, rank):
    value = bias
    for r in range(rank):
        weight = load(delta_weight, weight_offset + r * CHANNELS)
        value = value + broadcast_from(parameters, parameter_offset + r) * weight
    return softplus(value, parameters)


@numba.njit(inline="always")
def _pixel(step, direction, height, width):
    """Index of the pixel visited at ``step``: 0 left-right, 1 right-left, 2 top-bottom, 3 bottom-top."""
    if direction % 2 == 1:
        step = height * width - 1 - step
    if direction < 2:
        return step
    return (step % height) * width + step // height


def forward(
    first_task, last_task, scratch, x, parameters, delta_weight, delta_bias, a, skip, y, terms,
    images, height, width, blocks, rank, states,
):  # fmt: skip
    """``terms``: 1 if y is one map, 2 if there and back have one each."""
    channels = blocks * CHANNELS
    pixels = height * width
    entries = rank + 2 * states
    state = scratch
    largest = beyond(state, states * CHANNELS)
    deltas = beyond(largest, states * CHANNELS)
    inputs = beyond(deltas, PIXELS_AT_ONCE * CHANNELS)
    for task in range(first_task, last_task):
        term = task % terms
        block = (task // terms) % blocks
        image = task // (terms * blocks)
        channel = block * CHANNELS
        y_start = term * images * pixels * channels
        direct = broadcast(np.float32(0.0))
        for direction in range(term, 4, terms):
            direct = direct + load(skip, (direction * blocks + block) * CHANNELS)
        for direction in range(term, 4, terms):
            # D x of all directions comes with the first; the others add to what it left.
            is_first = direction == term
            is_along_columns, is_way_back = direction > 1, direction % 2 == 1
            group = direction * blocks + block
            weight_offset = group * rank * CHANNELS
            a_offset = group * states * CHANNELS
            bias = load(delta_bias, group * CHANNELS)
            _clear(state, states * CHANNELS)
            if not holds_bfloat16(x):
                for n in range(states):
                    # Of added channels a is zero.
                    a_n = minimum(load(a, a_offset + n * CHANNELS), broadcast(np.float32(-1e-30)))
                    store(largest, n * CHANNELS, broadcast(_LEAST_EXPONENT) / a_n)
            line_step, pixel_step = (1, width) if is_along_columns else (width, 1)
            lines, length = (width, height) if is_along_columns else (height, width)
            first_pixel = 0
            if is_way_back:
                line_step, pixel_step, first_pixel = -line_step, -pixel_step, pixels - 1
            for line in range(lines):
                for start in range(0, length, PIXELS_AT_ONCE):
                    count = min(PIXELS_AT_ONCE, length - start)
                    first = image * pixels + first_pixel + line * line_step + start * pixel_step
                    for t in range(count):
                        pixel = first + t * pixel_step
                        x_offset = pixel * channels + channel
                        offset = (pixel * 4 + direction) * entries
                        if is_along_columns:
                            ahead = _PREFETCH_STEPS * pixel_step
                            prefetch(x, x_offset + ahead * channels)
                            prefetch(y, y_start + x_offset + ahead * channels)
                            prefetch(parameters, offset + ahead * 4 * entries)
                        delta = _delta(parameters, offset, delta_weight, weight_offset, bias, rank)
                        u = load(x, x_offset)
                        store(inputs, t * CHANNELS, delta * u)
                        store(deltas, t * CHANNELS, delta)
                    for t in range(count):
                        pixel = first + t * pixel_step
                        x_offset = pixel * channels + channel
                        y_offset = y_start + x_offset
                        offset = (pixel * 4 + direction) * entries
                        delta = load(deltas, t * CHANNELS)
                        delta_u = load(inputs, t * CHANNELS)
                        out = direct * load(x, x_offset) if is_first else load(y, y_offset)
                        for n in range(states):
                            h = load(state, n * CHANNELS)
                            step = delta
                            if not holds_bfloat16(x):
                                step = minimum(delta, load(largest, n * CHANNELS))
                            kept = decay(step, load(a, a_offset + n * CHANNELS), x)
                            b = broadcast_from(parameters, offset + rank + n)
                            c = broadcast_from(parameters, offset + rank + states + n)
                            h = kept * h + delta_u * b
                            store(state, n * CHANNELS, h)
                            out = out + h * c
                        store(y, y_offset, out)


def backward(
    first_task, last_task, scratch, x, parameters, delta_weight, delta_bias, a, skip, grad_y,
    grad_x, grad_parameters, grad_weights, images, height, width, blocks, rank, states,
):  # fmt: skip
    channels = blocks * CHANNELS
    pixels = height * width
    entries = rank + 2 * states
    size = states * CHANNELS
    chunks = (pixels + CHUNK - 1) // CHUNK
    state, adjoint = scratch, beyond(scratch, size)
    # Row t holds the state before step t of the chunk, row t + 1 the state after it.
    chunk_states = beyond(adjoint, size)
    chunk_deltas = beyond(chunk_states, (CHUNK + 1) * size)
    # Gradients of weights: float32 within a chunk, float64 across chunks, or the sum over a
    # whole image loses digits. Rows: delta weight (rank), a (states), bias, skip.
    rows = rank + states + 2
    chunk_sums = beyond(chunk_deltas, CHUNK * CHANNELS)
    entry_states = beyond(chunk_sums, rows * CHANNELS)
    for task in range(first_task, last_task):
        axis = task % AXES
        block = (task // AXES) % blocks
        image = task // (AXES * blocks)
        channel = block * CHANNELS
        x_start = image * pixels * channels + channel
        grad_x_start = (axis * images + image) * pixels * channels + channel
        for direction in range(2 * axis, 2 * axis + 2):
            group = direction * blocks + block
            weight_offset = group * rank * CHANNELS
            a_offset = group * size
            sums_start = ((image * 4 + direction) * blocks + block) * rows * CHANNELS
            bias = load(delta_bias, group * CHANNELS)
            direct = load(skip, group * CHANNELS)

            # First pass: the state at the start of every chunk.
            _clear(state, states * CHANNELS)
            for step in range(pixels):
                if step % CHUNK == 0:
                    _copy(state, 0, entry_states, (step // CHUNK) * size, size)
                pixel = _pixel(step, direction, height, width)
                offset = ((image * pixels + pixel) * 4 + direction) * entries
                delta = _delta(parameters, offset, delta_weight, weight_offset, bias, rank)
                delta_u = delta * load(x, x_start + pixel * channels)
                for n in range(states):
                    kept = exp2_nonpositive(delta * load(a, a_offset + n * CHANNELS), x)
                    b = broadcast_from(parameters, offset + rank + n)
                    store(state, n * CHANNELS, kept * load(state, n * CHANNELS) + delta_u * b)

            # Second pass, last chunk first: states again, then the adjoint backwards in time.
            _clear(adjoint, size)
            for chunk in range(chunks - 1, -1, -1):
                start = chunk * CHUNK
                stop = min(start + CHUNK, pixels)
                _clear(chunk_sums, rows * CHANNELS)
                grad_bias = broadcast(np.float32(0.0))
                grad_direct = broadcast(np.float32(0.0))
                _copy(entry_states, chunk * size, chunk_states, 0, size)
                for step in range(start, stop):
                    t = step - start
                    pixel = _pixel(step, direction, height, width)
                    offset = ((image * pixels + pixel) * 4 + direction) * entries
                    delta = _delta(parameters, offset, delta_weight, weight_offset, bias, rank)
                    store(chunk_deltas, t * CHANNELS, delta)
                    delta_u = delta * load(x, x_start + pixel * channels)
                    for n in range(states):
                        kept = exp2_nonpositive(delta * load(a, a_offset + n * CHANNELS), x)
                        b = broadcast_from(parameters, offset + rank + n)
                        before = load(chunk_states, t * size + n * CHANNELS)
                        store(
                            chunk_states,
                            (t + 1) * size + n * CHANNELS,
                            kept * before + delta_u * b,
                        )
                for step in range(stop - 1, start - 1, -1):
                    t = step - start
                    pixel = _pixel(step, direction, height, width)
                    offset = ((image * pixels + pixel) * 4 + direction) * entries
                    # One gradient array a block: blocks share B, C and the projected delta.
                    grad_offset = (
                        ((block * images + image) * pixels + pixel) * 4 + direction
                    ) * entries
                    delta = load(chunk_deltas, t * CHANNELS)
                    u = load(x, x_start + pixel * channels)
                    g = load(grad_y, x_start + pixel * channels)
                    delta_u = delta * u
                    grad_u = direct * g
                    grad_direct = grad_direct + g * u
                    grad_delta = broadcast(np.float32(0.0))
                    grad_exponent = broadcast(np.float32(0.0))
                    for n in range(states):
                        a_n = load(a, a_offset + n * CHANNELS)
                        b = broadcast_from(parameters, offset + rank + n)
                        c = broadcast_from(parameters, offset + rank + states + n)
                        kept = exp2_nonpositive(delta * a_n, x)
                        carried = kept * load(chunk_states, t * size + n * CHANNELS)
                        after = load(chunk_states, (t + 1) * size + n * CHANNELS)
                        adjoint_n = g * c + load(adjoint, n * CHANNELS)
                        grad_parameters[grad_offset + rank + n] = total(adjoint_n * delta_u)
                        grad_parameters[grad_offset + rank + states + n] = total(g * after)
                        scaled = adjoint_n * carried
                        grad_exponent = grad_exponent + scaled * a_n
                        grad_delta = grad_delta + adjoint_n * (u * b)
                        grad_u = grad_u + adjoint_n * (delta * b)
                        row = (rank + n) * CHANNELS
                        store(chunk_sums, row, load(chunk_sums, row) + scaled * delta)
                        store(adjoint, n * CHANNELS, kept * adjoint_n)
                    grad_delta = grad_delta + broadcast(_LN_2) * grad_exponent
                    # The derivative of softplus, sigmoid(v), equals 1 - exp(-softplus(v)).
                    complement = exp2_nonpositive(broadcast(-_LOG2_E) * delta, x)
                    grad_v = grad_delta - grad_delta * complement
                    grad_bias = grad_bias + grad_v
                    for r in range(rank):
                        weight = load(delta_weight, weight_offset + r * CHANNELS)
                        grad_parameters[grad_offset + r] = total(grad_v * weight)
                        projected = broadcast_from(parameters, offset + r)
                        row = r * CHANNELS
                        store(chunk_sums, row, load(chunk_sums, row) + grad_v * projected)
                    where = grad_x_start + pixel * channels
                    if direction % 2 == 1:
                        grad_u = grad_u + load(grad_x, where)
                    store(grad_x, where, grad_u)
                store(chunk_sums, (rank + states) * CHANNELS, grad_bias)
                store(chunk_sums, (rank + states + 1) * CHANNELS, grad_direct)
                for i in range(rows * CHANNELS):
                    grad_weights[sums_start + i] += chunk_sums[i]
