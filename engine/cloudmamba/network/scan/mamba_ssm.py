"""The scan through the CUDA kernel of the package mamba-ssm, where that is installed.

That kernel works on one-dimensional sequences, so the four directions are written out as
four copies of the map; it serves as a second choice on CUDA and as an oracle for ours.
"""

from __future__ import annotations

from functools import lru_cache

import torch

from cloudmamba.network.scan.plain import gradients_by_autograd, image_of, lines_of


@lru_cache
def is_available() -> bool:
    """Whether mamba-ssm and its compiled kernel can be imported here."""
    try:
        import selective_scan_cuda  # noqa: F401
        from mamba_ssm.ops.selective_scan_interface import selective_scan_fn  # noqa: F401
    except ImportError:
        return False
    return True


def forward(x, parameters, delta_weight, delta_bias, a, skip) -> torch.Tensor:
    """Shapes and meaning as in :func:`cloudmamba.network.scan.selective_scan_2d`; CUDA only."""
    from mamba_ssm.ops.selective_scan_interface import selective_scan_fn

    rank, states = delta_weight.shape[2], a.shape[2]
    y = torch.zeros_like(x)
    for direction in range(4):
        lines = lines_of(x, direction)
        entries = lines_of(parameters[:, :, :, direction], direction)
        projected, b, c = entries.split([rank, states, states], -1)
        delta = projected @ delta_weight[direction].t()

        def sequence(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.flatten(1, 2).transpose(1, 2).contiguous()

        scanned = selective_scan_fn(
            sequence(lines),
            sequence(delta),
            a[direction].contiguous(),
            sequence(b),
            sequence(c),
            skip[direction].contiguous(),
            delta_bias=delta_bias[direction].contiguous(),
            delta_softplus=True,
        )
        scanned = scanned.transpose(1, 2).reshape(lines.shape)
        y = y + image_of(scanned, direction)
    return y


def backward(grad_y, *inputs) -> tuple[torch.Tensor, ...]:
    """Gradients of the six inputs, in their order and shapes, given that of the output."""
    return gradients_by_autograd(forward, grad_y, inputs)
