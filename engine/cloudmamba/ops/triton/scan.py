"""The kernels of the two-dimensional selective scan on NVIDIA graphics cards, in Triton.

A program is one warp: one image, one block of channels (a lane each) and one chunk, a run of
neighbouring positions of the sequence. It walks its pixels one by one with the states of its
channels in registers: a tuple with a vector of channels for each state, because in a tile of
states and channels Triton would spread the states over lanes and shuffle at every step.
Pixels are visited by index in every direction; nothing of the size of the map is copied.
Every exponent is at most zero, so nothing can overflow at any length.

Positions count along the rows (directions 0 and 1) or along the columns (2 and 3), and
chunks and the boundaries between them are numbered by position in all directions. Directions
1 and 3 walk from the last position to the first. A walk enters chunk c at boundary c, or at
c + 1 when it goes backwards, and leaves it at the other one.

Arguments that all kernels share, arrays being contiguous and float32 (B images of H * W
pixels, D channels, N states, rank R):

x, grad_y: (B, H * W, D).
parameters: (B, H * W, 4, R + 2 N).
delta_weight, delta_bias, skip: (4, D, R), (4, D), (4, D).
rate: (4, D, N), ``a`` times log2(e), because the hardware has powers of two only.
boundary_states: (4 B, chunks + 1, N, D), zero where a walk begins.
delta_sums: (4 B, chunks, D), the sum of delta over each chunk.
chunk_size: positions of a chunk; the last chunk may be shorter.
states, rank: N and R.
CHANNELS: channels of a block.
"""

# Tuples of Triton grow in loops that are unrolled.
# mypy: disable-error-code="assignment"

from __future__ import annotations

import triton
import triton.language as tl

LOG2_E = tl.constexpr(1.4426950408889634)
LN_2 = tl.constexpr(0.6931471805599453)

# Not compiled in, or Triton would compile anew where one of these is one, or a multiple of 16:
# a tile at the edge of a scene would cost seconds.
SIZES = ["first_direction", "images", "height", "width", "chunks", "chunk_size"]


@triton.jit
def _softplus(v):
    # log(1 + z) = 2 artanh(s), s = z / (2 + z) <= 1/3: exact for small z too, where the
    # hardware's logarithm is not.
    z = tl.exp2(-tl.abs(v) * LOG2_E)
    s = z / (2.0 + z)
    square = s * s
    series = 1.0 / 11 + square * (1.0 / 13)
    series = 1.0 / 9 + square * series
    series = 1.0 / 7 + square * series
    series = 1.0 / 5 + square * series
    series = 1.0 / 3 + square * series
    series = 1.0 + square * series
    return tl.maximum(v, 0.0) + 2.0 * s * series


@triton.jit
def _sigmoid(v):
    z = tl.exp2(-tl.abs(v) * LOG2_E)
    return tl.where(v >= 0, 1.0, z) / (1.0 + z)


@triton.jit
def _begin_walk(chunk, chunk_size, direction, backwards, height, width):
    """First pixel of a chunk, the stride to the next one, and how many there are."""
    pixels = height * width
    start = chunk * chunk_size
    stop = tl.minimum(start + chunk_size, pixels)
    position = tl.where(backwards == 1, stop - 1, start)
    along_columns = direction >= 2
    pixel = tl.where(along_columns, (position % height) * width + position // height, position)
    stride = tl.where(along_columns, width, 1)
    return pixel, tl.where(backwards == 1, -stride, stride), stop - start


@triton.jit
def _next_pixel(pixel, stride, pixels):
    # Past the end of a column the next column begins; rows follow each other by themselves.
    pixel += stride
    pixel = tl.where(pixel >= pixels, pixel - (pixels - 1), pixel)
    return tl.where(pixel < 0, pixel + (pixels - 1), pixel)


@triton.jit
def _load_each(first, stride, count: tl.constexpr, inside):
    """A tuple of ``count`` vectors whose pointers lie ``stride`` apart; 0 where not inside."""
    vectors = ()
    for i in tl.static_range(count):
        vectors += (tl.load(first + i * stride, mask=inside, other=0.0),)
    return vectors


@triton.jit
def _store_each(first, stride, vectors, count: tl.constexpr, inside):
    for i in tl.static_range(count):
        tl.store(first + i * stride, vectors[i], mask=inside)


@triton.jit
def _zeros_each(count: tl.constexpr, channels: tl.constexpr):
    vectors = ()
    for _ in tl.static_range(count):
        vectors += (tl.zeros([channels], tl.float32),)
    return vectors


@triton.jit
def _project(entry, weights, bias, rank: tl.constexpr):
    """The argument of softplus, for the pixel whose parameters begin at ``entry``."""
    v = bias
    for i in tl.static_range(rank):
        v += tl.load(entry + i) * weights[i]
    return v


@triton.jit(do_not_specialize=SIZES)
def chunk_kernel(
    values, parameters, delta_weight, delta_bias, rate, boundary_states, delta_sums,
    height, width, channels, chunks, chunk_size,
    states: tl.constexpr, rank: tl.constexpr, CHANNELS: tl.constexpr, ADJOINT: tl.constexpr,
):  # fmt: skip
    """Scan every chunk from a state of zero; keep the state in which the walk leaves it.

    Of the states (``values`` is x), or with ``ADJOINT`` of their adjoints against the order of
    the scan (``values`` is grad_y). Grid: chunks, blocks of channels, 4 B.
    """
    chunk = tl.program_id(0)
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    sequence = tl.program_id(2).to(tl.int64)
    image, direction = sequence // 4, tl.program_id(2) % 4
    inside = channel < channels
    row = direction * channels + channel
    rates = _load_each(rate + row * states, 1, states, inside)
    weights = _load_each(delta_weight + row * rank, 1, rank, inside)
    bias = tl.load(delta_bias + row, mask=inside, other=0.0)
    backwards = (direction + ADJOINT) % 2
    pixels = height * width
    pixel, stride, count = _begin_walk(chunk, chunk_size, direction, backwards, height, width)
    state = _zeros_each(states, CHANNELS)
    delta_sum = tl.zeros([CHANNELS], tl.float32)
    for _ in range(count):
        index = image * pixels + pixel
        entry = parameters + (index * 4 + direction) * (rank + 2 * states)
        delta = _softplus(_project(entry, weights, bias, rank))
        value = tl.load(values + index * channels + channel, mask=inside, other=0.0)
        new_state = ()
        for n in tl.static_range(states):
            decay = tl.exp2(delta * rates[n])
            if ADJOINT:
                h = decay * (state[n] + value * tl.load(entry + rank + states + n))
            else:
                h = decay * state[n] + delta * value * tl.load(entry + rank + n)
            new_state += (h,)
        state = new_state
        delta_sum += delta
        pixel = _next_pixel(pixel, stride, pixels)
    boundary = sequence * (chunks + 1) + chunk + 1 - backwards
    left = boundary_states + boundary * states * channels + channel
    _store_each(left, channels, state, states, inside)
    if not ADJOINT:
        tl.store(delta_sums + (sequence * chunks + chunk) * channels + channel, delta_sum, inside)


@triton.jit
def _compose(decay, state, later_decay, later_state):
    return decay * later_decay, state * later_decay + later_state


@triton.jit(do_not_specialize=SIZES)
def carry_kernel(
    rate, boundary_states, delta_sums, channels, chunks,
    states: tl.constexpr, CHANNELS: tl.constexpr, CHUNKS: tl.constexpr, ADJOINT: tl.constexpr,
):  # fmt: skip
    """Turn the states of single chunks at the boundaries into those of the whole walk, in place.

    Grid: blocks of channels, N, 4 B.
    """
    channel = tl.program_id(0) * CHANNELS + tl.arange(0, CHANNELS)
    n = tl.program_id(1)
    sequence = tl.program_id(2).to(tl.int64)
    direction = tl.program_id(2) % 4
    backwards = (direction + ADJOINT) % 2
    inside = channel < channels
    rates = tl.load(rate + (direction * channels + channel) * states + n, mask=inside, other=0.0)
    step = tl.arange(0, CHUNKS)
    carried = tl.zeros([CHANNELS], tl.float32)
    for first in range(0, chunks, CHUNKS):
        chunk = tl.where(backwards == 1, chunks - 1 - first - step, first + step)
        exists = (first + step < chunks)[:, None] & inside[None, :]
        where = (sequence * chunks + chunk)[:, None] * channels + channel[None, :]
        decay = tl.exp2(rates[None, :] * tl.load(delta_sums + where, mask=exists, other=0.0))
        boundary = sequence * (chunks + 1) + chunk + 1 - backwards
        where = (boundary * states + n)[:, None] * channels + channel[None, :]
        state = tl.load(boundary_states + where, mask=exists, other=0.0)
        decay, state = tl.associative_scan((decay, state), 0, _compose)
        state += decay * carried[None, :]
        tl.store(boundary_states + where, state, mask=exists)
        # Beyond the last chunk the state stays what it is: the decay there is one.
        carried = tl.sum(tl.where(step[:, None] == CHUNKS - 1, state, 0.0), 0)


@triton.jit(do_not_specialize=SIZES)
def output_kernel(
    x, parameters, delta_weight, delta_bias, rate, skip, boundary_states, y,
    first_direction, height, width, channels, chunks, chunk_size,
    states: tl.constexpr, rank: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    """Scan every chunk from its true state in both directions of an axis, and sum the outputs.

    ``y`` (B, H * W, D) is set by the first axis (``first_direction`` 0) and added to by the
    second (2). Grid: chunks, blocks of channels, B.
    """
    chunk = tl.program_id(0)
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    image = tl.program_id(2).to(tl.int64)
    inside = channel < channels
    pixels = height * width
    for direction in range(first_direction, first_direction + 2):
        row = direction * channels + channel
        rates = _load_each(rate + row * states, 1, states, inside)
        weights = _load_each(delta_weight + row * rank, 1, rank, inside)
        bias = tl.load(delta_bias + row, mask=inside, other=0.0)
        direct = tl.load(skip + row, mask=inside, other=0.0)
        backwards = direction % 2
        boundary = (image * 4 + direction) * (chunks + 1) + chunk + backwards
        entered = boundary_states + boundary * states * channels + channel
        state = _load_each(entered, channels, states, inside)
        pixel, stride, count = _begin_walk(chunk, chunk_size, direction, backwards, height, width)
        for _ in range(count):
            index = image * pixels + pixel
            entry = parameters + (index * 4 + direction) * (rank + 2 * states)
            delta = _softplus(_project(entry, weights, bias, rank))
            place = index * channels + channel
            u = tl.load(x + place, mask=inside, other=0.0)
            out = direct * u
            new_state = ()
            for n in tl.static_range(states):
                h = tl.exp2(delta * rates[n]) * state[n] + delta * u * tl.load(entry + rank + n)
                out += h * tl.load(entry + rank + states + n)
                new_state += (h,)
            state = new_state
            out += tl.load(y + place, mask=inside & (direction > 0), other=0.0)
            tl.store(y + place, out, mask=inside)
            pixel = _next_pixel(pixel, stride, pixels)
        tl.debug_barrier()  # the next direction reads what this one wrote


@triton.jit(do_not_specialize=SIZES)
def gradient_kernel(
    x, parameters, delta_weight, delta_bias, rate, skip, grad_y,
    boundary_states, boundary_adjoints, scratch,
    grad_x, grad_parameters, grad_weights,
    first_direction, images, height, width, channels, chunks, chunk_size,
    states: tl.constexpr, rank: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    """All gradients, in both directions of an axis.

    Programs share the tasks (a chunk of a block of channels of an image), because each needs
    room in ``scratch`` for the states of a chunk: (programs, chunk_size, N, CHANNELS).

    grad_x (B, H * W, D) is set by the first axis and added to by the second.
    grad_parameters (blocks, B, H * W, 4, R + 2 N) and grad_weights (4 B, chunks, R + N + 2, D)
    have an entry for every task, to be summed. Rows of grad_weights: delta_weight, a,
    delta_bias, skip. Grid: programs.
    """
    lane = tl.arange(0, CHANNELS)
    everywhere = lane >= 0
    pixels = height * width
    blocks = tl.cdiv(channels, CHANNELS)
    entries: tl.constexpr = rank + 2 * states
    step_size: tl.constexpr = states * CHANNELS
    kept = scratch + tl.program_id(0).to(tl.int64) * chunk_size * step_size + lane
    for task in range(tl.program_id(0), chunks * blocks * images, tl.num_programs(0)):
        chunk = task % chunks
        block = (task // chunks) % blocks
        image = (task // (chunks * blocks)).to(tl.int64)
        block_start = block.to(tl.int64) * images * pixels * 4 * entries
        channel = block * CHANNELS + lane
        inside = channel < channels
        for direction in range(first_direction, first_direction + 2):
            row = direction * channels + channel
            rates = _load_each(rate + row * states, 1, states, inside)
            weights = _load_each(delta_weight + row * rank, 1, rank, inside)
            bias = tl.load(delta_bias + row, mask=inside, other=0.0)
            direct = tl.load(skip + row, mask=inside, other=0.0)
            backwards = direction % 2
            sequence = image * 4 + direction
            boundary = sequence * (chunks + 1) + chunk + backwards
            entered = boundary_states + boundary * states * channels + channel
            state = _load_each(entered, channels, states, inside)
            boundary = sequence * (chunks + 1) + chunk + 1 - backwards
            left = boundary_adjoints + boundary * states * channels + channel
            adjoint = _load_each(left, channels, states, inside)

            # Along the scan: keep the state before every step.
            pixel, stride, count = _begin_walk(
                chunk, chunk_size, direction, backwards, height, width
            )  # fmt: skip
            for t in range(count):
                _store_each(kept + t * step_size, CHANNELS, state, states, everywhere)
                index = image * pixels + pixel
                entry = parameters + (index * 4 + direction) * entries
                delta = _softplus(_project(entry, weights, bias, rank))
                u = tl.load(x + index * channels + channel, mask=inside, other=0.0)
                new_state = ()
                for n in tl.static_range(states):
                    h = tl.exp2(delta * rates[n]) * state[n] + delta * u * tl.load(entry + rank + n)
                    new_state += (h,)
                state = new_state
                pixel = _next_pixel(pixel, stride, pixels)
            tl.debug_barrier()  # before this warp reads what it has just written

            # Back again: the adjoints, and all that follows from them.
            grad_weight = _zeros_each(rank, CHANNELS)
            grad_a = _zeros_each(states, CHANNELS)
            grad_bias = tl.zeros([CHANNELS], tl.float32)
            grad_direct = tl.zeros([CHANNELS], tl.float32)
            pixel, stride, count = _begin_walk(
                chunk, chunk_size, direction, 1 - backwards, height, width
            )  # fmt: skip
            for t in range(count):
                index = image * pixels + pixel
                offset = (index * 4 + direction) * entries
                entry = parameters + offset
                grad_entry = grad_parameters + block_start + offset
                v = _project(entry, weights, bias, rank)
                delta = _softplus(v)
                place = index * channels + channel
                u = tl.load(x + place, mask=inside, other=0.0)
                g = tl.load(grad_y + place, mask=inside, other=0.0)
                before = _load_each(
                    kept + (count - 1 - t) * step_size, CHANNELS, states, everywhere
                )  # fmt: skip
                through_input = tl.zeros([CHANNELS], tl.float32)
                through_rate = tl.zeros([CHANNELS], tl.float32)
                new_adjoint = ()
                new_grad_a = ()
                for n in tl.static_range(states):
                    b = tl.load(entry + rank + n)
                    decay = tl.exp2(delta * rates[n])
                    carried = decay * before[n]
                    h_adjoint = adjoint[n] + g * tl.load(entry + rank + states + n)
                    tl.store(grad_entry + rank + n, tl.sum(h_adjoint * (delta * u)))
                    tl.store(
                        grad_entry + rank + states + n, tl.sum(g * (carried + delta * u * b))
                    )  # fmt: skip
                    through_input += h_adjoint * b
                    through_decay = h_adjoint * carried
                    through_rate += through_decay * rates[n]
                    new_grad_a += (grad_a[n] + through_decay * delta,)
                    new_adjoint += (decay * h_adjoint,)
                grad_a = new_grad_a
                adjoint = new_adjoint
                grad_v = (LN_2 * through_rate + u * through_input) * _sigmoid(v)
                new_grad_weight = ()
                for i in tl.static_range(rank):
                    tl.store(grad_entry + i, tl.sum(grad_v * weights[i]))
                    term = grad_v * tl.load(entry + i)
                    new_grad_weight += (grad_weight[i] + term,)
                grad_weight = new_grad_weight
                grad_bias += grad_v
                grad_direct += g * u
                grad_u = direct * g + delta * through_input
                grad_u += tl.load(grad_x + place, mask=inside & (direction > 0), other=0.0)
                tl.store(grad_x + place, grad_u, mask=inside)
                pixel = _next_pixel(pixel, stride, pixels)
            rows = grad_weights + (sequence * chunks + chunk) * (rank + states + 2) * channels
            rows += channel
            _store_each(rows, channels, grad_weight, rank, inside)
            _store_each(rows + rank * channels, channels, grad_a, states, inside)
            tl.store(rows + (rank + states) * channels, grad_bias, mask=inside)
            tl.store(rows + (rank + states + 1) * channels, grad_direct, mask=inside)
            tl.debug_barrier()  # the next direction or task uses what this one wrote
