"""The two-dimensional selective scan on the CPU: its kernels, with and for PyTorch's tensors."""

from __future__ import annotations

import torch
from torch.nn import functional

from cloudmamba.ops.numba import Kernel
from cloudmamba.ops.numba.layout import AXES, CHANNELS, CHUNK, PIXELS_AT_ONCE, decay_unit

_forward = Kernel("scan", "forward")
_backward = Kernel("scan", "backward")


def _pad_channels(tensor: torch.Tensor, dim: int) -> torch.Tensor:
    missing = -tensor.shape[dim] % CHANNELS
    if missing == 0:
        return tensor
    padding = [0, 0] * (tensor.dim() - 1 - dim) + [0, missing]
    return functional.pad(tensor, padding)


def _by_block(weight: torch.Tensor) -> torch.Tensor:
    """(4, D, M) to (4, D / 32, M, 32): the 32 channels of a block lie side by side."""
    directions, channels, size = weight.shape
    return weight.view(directions, channels // CHANNELS, CHANNELS, size).transpose(2, 3)


def _prepare(x, parameters, delta_weight, delta_bias, a, skip):
    """Pad channels to whole blocks, which lie side by side, for the kernels."""
    is_bfloat16 = x.dtype == torch.bfloat16
    x = _pad_channels(x, 3)
    arrays = (
        x.contiguous(),
        parameters.contiguous(),
        _by_block(_pad_channels(delta_weight, 1)).contiguous(),
        _pad_channels(delta_bias, 1).contiguous(),
        _by_block(_pad_channels(a * decay_unit(is_bfloat16), 1)).contiguous(),
        _pad_channels(skip, 1).contiguous(),
    )
    images, height, width, channels = x.shape
    sizes = (images, height, width, channels // CHANNELS, delta_weight.shape[2], a.shape[2])
    return arrays, sizes


def forward(x, parameters, delta_weight, delta_bias, a, skip) -> torch.Tensor:
    """Shapes and meaning as in :func:`cloudmamba.ops.selective_scan.selective_scan_2d`."""
    terms = forward_terms(x, parameters, delta_weight, delta_bias, a, skip)
    y = torch.add(*terms) if len(terms) > 1 else terms[0]
    return y[..., : x.shape[3]].contiguous()


def forward_terms(x, parameters, delta_weight, delta_bias, a, skip) -> torch.Tensor:
    """The terms whose sum is ``forward``, (1 or 2, B, H, W, D).

    Two, one of the ways there and one of the ways back, where there are more threads than blocks
    of channels. ``x`` and ``parameters`` may be bfloat16 here, both, and so is the result then;
    states are float32. D is rounded up to a multiple of 32.
    """
    arrays, (images, height, width, blocks, rank, states) = _prepare(
        x, parameters, delta_weight, delta_bias, a, skip
    )
    terms = 2 if images * blocks < torch.get_num_threads() else 1
    y = x.new_empty(terms, images, height, width, blocks * CHANNELS)
    _forward.run(
        images * blocks * terms, *arrays, y, terms, images, height, width, blocks, rank, states,
        scratch_size=2 * (states + PIXELS_AT_ONCE) * CHANNELS,
    )  # fmt: skip
    return y


def backward(grad_y, x, parameters, delta_weight, delta_bias, a, skip) -> tuple[torch.Tensor, ...]:
    """Gradients of the six inputs, in their order and shapes, given that of the output."""
    arrays, (images, height, width, blocks, rank, states) = _prepare(
        x, parameters, delta_weight, delta_bias, a, skip
    )
    channels = blocks * CHANNELS
    grad_x = torch.empty(AXES, images, height, width, channels)
    grad_parameters = torch.empty(blocks, *parameters.shape)
    rows = rank + states + 2
    grad_weights = torch.zeros(images, 4, blocks, rows, CHANNELS, dtype=torch.float64)
    chunks = -(-height * width // CHUNK)
    vectors = 2 * states + (CHUNK + 1) * states + CHUNK + rows + chunks * states
    _backward.run(
        images * blocks * AXES, *arrays, _pad_channels(grad_y, 3).contiguous(), grad_x,
        grad_parameters, grad_weights, images, height, width, blocks, rank, states,
        scratch_size=vectors * CHANNELS,
    )  # fmt: skip
    by_channel = grad_weights.sum(0).transpose(2, 3).reshape(4, channels, rows)
    by_channel = by_channel[:, : x.shape[3]].float()
    grad_delta_weight, grad_a, grad_delta_bias, grad_skip = by_channel.split(
        [rank, states, 1, 1], 2
    )
    return (
        torch.add(grad_x[0], grad_x[1])[..., : x.shape[3]].contiguous(),
        grad_parameters.sum(0),
        grad_delta_weight.contiguous(),
        grad_delta_bias[..., 0].contiguous(),
        grad_a.contiguous(),
        grad_skip[..., 0].contiguous(),
    )
