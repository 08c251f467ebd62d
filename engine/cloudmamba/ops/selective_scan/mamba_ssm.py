"""The scan through the CUDA kernel of the package mamba-ssm, where that is installed.

That kernel works on one-dimensional sequences, so the four directions are written out as
four copies of the map; it serves as a second choice on CUDA and as an oracle for ours.
"""

from __future__ import annotations

from functools import lru_cache

import torch

from cloudmamba.ops.selective_scan.plain import gradients_by_autograd, image_of, lines_of


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
    """Shapes and meaning as in :func:`cloudmamba.ops.selective_scan.selective_scan_2d`; CUDA only."""
    rank, states = delta_weight.shape[2], a.shape[2]
    y = torch.zeros_like(x)
    for direction in range(4):
        lines = lines_of(x, direction)
        entries = lines_of(parameters[:, :, :, direction], direction)
        projected, b, c = entries.split([rank, states, states], -1)
        delta = projected @ delta_weight[direction].t()

        scanned = scan_sequence(
            lines.flatten(1, 2),
            delta.flatten(1, 2),
            b.flatten(1, 2),
            c.flatten(1, 2),
            a[direction],
            skip[direction],
            delta_bias[direction],
        )
        y = y + image_of(scanned.reshape(lines.shape), direction)
    return y


def scan_sequence(x, delta, b, c, a, skip, delta_bias) -> torch.Tensor:
    """One selective scan over a sequence, on CUDA only; all float32, with gradients.

    Args:
        x, delta: (B, L, D), delta before its bias and softplus.
        b, c: (B, L, N).
        a: (D, N), all entries negative.
        skip, delta_bias: (D,).

    Returns:
        (B, L, D).
    """
    from mamba_ssm.ops.selective_scan_interface import selective_scan_fn

    def channels_first(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.transpose(1, 2).contiguous()

    return selective_scan_fn(
        channels_first(x),
        channels_first(delta),
        a.contiguous(),
        channels_first(b),
        channels_first(c),
        skip.contiguous(),
        delta_bias=delta_bias.contiguous(),
        delta_softplus=True,
    ).transpose(1, 2)


def backward(grad_y, *inputs) -> tuple[torch.Tensor, ...]:
    """Gradients of the six inputs, in their order and shapes, given that of the output."""
    return gradients_by_autograd(forward, grad_y, inputs)
