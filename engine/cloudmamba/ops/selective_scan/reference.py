"""The scan as the equations say it, step by step in float64: the truth for tests only."""

from __future__ import annotations

import torch
from torch.nn import functional


def scan_order(height: int, width: int, direction: int) -> torch.Tensor:
    """Pixel indices (row * width + column) in the order a direction visits them.

    0 left to right, 1 right to left, 2 top to bottom, 3 bottom to top.
    """
    indices = torch.arange(height * width).view(height, width)
    if direction >= 2:
        indices = indices.t()
    indices = indices.reshape(-1)
    return indices.flip(0) if direction % 2 else indices


def forward(x, parameters, delta_weight, delta_bias, a, skip) -> torch.Tensor:
    """Shapes as in :func:`cloudmamba.ops.selective_scan.selective_scan_2d`; float64, differentiable."""
    x, parameters, delta_weight, delta_bias, a, skip = (
        t.double() for t in (x, parameters, delta_weight, delta_bias, a, skip)
    )
    images, height, width, channels = x.shape
    rank, states = delta_weight.shape[2], a.shape[2]
    pixels = x.reshape(images, height * width, channels)
    entries = parameters.reshape(images, height * width, 4, -1)
    result = torch.zeros_like(pixels)
    for direction in range(4):
        order = scan_order(height, width, direction)
        u = pixels[:, order]
        projected, b, c = entries[:, order, direction].split([rank, states, states], -1)
        delta = functional.softplus(projected @ delta_weight[direction].t() + delta_bias[direction])
        h = x.new_zeros(images, channels, states)
        steps = []
        for step in range(height * width):
            decay = torch.exp(delta[:, step, :, None] * a[direction])
            h = decay * h + (delta[:, step] * u[:, step])[..., None] * b[:, step, None, :]
            steps.append((h * c[:, step, None, :]).sum(-1))
        y = torch.stack(steps, 1) + skip[direction] * u
        result = result.index_add(1, order, y)
    return result.view(images, height, width, channels)
