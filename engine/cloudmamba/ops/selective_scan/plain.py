"""The scan in plain PyTorch: exact, on every device, differentiable, slower.

All lines of the image are scanned side by side, then the state at the end of each line is
carried into the next one. Every exponent is at most zero, so nothing can overflow.
"""

from __future__ import annotations

import torch
from torch.nn import functional


def lines_of(tensor: torch.Tensor, direction: int) -> torch.Tensor:
    """(B, H, W, ...) to (B, lines, steps, ...) in the order of a direction."""
    if direction >= 2:
        tensor = tensor.transpose(1, 2)
    return tensor.flip(1, 2) if direction % 2 else tensor


def image_of(tensor: torch.Tensor, direction: int) -> torch.Tensor:
    """Inverse of :func:`lines_of`."""
    if direction % 2:
        tensor = tensor.flip(1, 2)
    return tensor.transpose(1, 2) if direction >= 2 else tensor


def _scan_direction(u, delta, b, c, a) -> torch.Tensor:
    """u, delta (B, lines, steps, D), b, c (B, lines, steps, N), a (D, N); same shape as u."""
    steps = u.shape[2]
    h = u.new_zeros(u.shape[0], u.shape[1], u.shape[3], a.shape[1])
    outputs = []
    for t in range(steps):
        decay = torch.exp(delta[:, :, t, :, None] * a)
        h = decay * h + (delta[:, :, t] * u[:, :, t])[..., None] * b[:, :, t, None]
        outputs.append((h * c[:, :, t, None]).sum(-1))
    line_decay = torch.exp(delta.sum(2)[..., None] * a)
    carry = torch.zeros_like(h[:, 0])
    carries = []
    for line in range(u.shape[1]):
        carries.append(carry)
        carry = line_decay[:, line] * carry + h[:, line]
    carried = torch.stack(carries, 1)
    for t in range(steps):
        carried = torch.exp(delta[:, :, t, :, None] * a) * carried
        outputs[t] = outputs[t] + (carried * c[:, :, t, None]).sum(-1)
    return torch.stack(outputs, 2)


def forward(x, parameters, delta_weight, delta_bias, a, skip) -> torch.Tensor:
    """Shapes and meaning as in :func:`cloudmamba.ops.selective_scan.selective_scan_2d`."""
    rank, states = delta_weight.shape[2], a.shape[2]
    y = x * skip.sum(0)
    for direction in range(4):
        projected, b, c = lines_of(parameters[:, :, :, direction], direction).split(
            [rank, states, states], -1
        )
        delta = functional.softplus(projected @ delta_weight[direction].t() + delta_bias[direction])
        scanned = _scan_direction(lines_of(x, direction), delta, b, c, a[direction])
        y = y + image_of(scanned, direction)
    return y


def backward(grad_y, *inputs) -> tuple[torch.Tensor, ...]:
    """Gradients of the six inputs, in their order and shapes, given that of the output."""
    return gradients_by_autograd(forward, grad_y, inputs)


def gradients_by_autograd(function, grad_y, inputs) -> tuple[torch.Tensor, ...]:
    """Gradients of the inputs of a differentiable function, by running it again."""
    with torch.enable_grad():
        leaves = [tensor.detach().requires_grad_() for tensor in inputs]
        return torch.autograd.grad(function(*leaves), leaves, grad_y)
