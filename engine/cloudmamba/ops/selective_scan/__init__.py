"""The two-dimensional selective scan: one operator, several backends.

The boundary of the fast code is the whole core of SS2D, because everything the four
directions need is position-wise: one projection of the unscanned map serves them all, and
a direction is only an order of pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import torch
from torch import nn

from cloudmamba.errors import DeviceError
from cloudmamba.ops.selective_scan import cpu, mamba_ssm, plain, triton


@dataclass(frozen=True)
class Backend:
    """What computes the scan.

    Attributes:
        module: has ``forward`` and ``backward``, and ``is_available`` if it needs a package.
        device: kind of device that it works on; empty for all.
        package: that has to be installed; empty for none.
    """

    module: ModuleType
    device: str = ""
    package: str = ""


BACKENDS = {
    "compiled": Backend(cpu, "cpu"),
    "triton": Backend(triton, "cuda", "triton"),
    "mamba_ssm": Backend(mamba_ssm, "cuda", "mamba-ssm"),
    "plain": Backend(plain),
}


def backend_for(device: torch.device, chosen: str | None = None) -> str:
    """Name of the backend used for tensors on ``device``.

    Args:
        chosen: the one to use; None for what suits the device. CPU: ``compiled``. CUDA: ``triton``
            where it works, else ``mamba_ssm`` where installed, else ``plain``. Anything else:
            ``plain``.

    Raises DeviceError when an unknown or unusable backend is chosen.
    """
    if not chosen:
        if device.type == "cpu":
            return "compiled"
        if device.type == "cuda" and triton.is_usable(device):
            return "triton"
        return "mamba_ssm" if device.type == "cuda" and mamba_ssm.is_available() else "plain"
    if chosen not in BACKENDS:
        raise DeviceError(f"'{chosen}' is not a scan backend: use one of {', '.join(BACKENDS)}.")
    backend = BACKENDS[chosen]
    if backend.device not in ("", device.type):
        raise DeviceError(
            f"The scan backend '{chosen}' works on {backend.device} only, not on {device.type}: "
            "name none, or 'plain'."
        )
    if backend.package and not backend.module.is_available():
        raise DeviceError(
            f"The scan backend '{chosen}' needs the package {backend.package}, which is not installed or "
            "does not work here: install it, or name no backend, or 'plain'."
        )
    return chosen


def has_sequence_kernel(device: torch.device, chosen: str | None = None) -> bool:
    """Whether mamba-ssm's kernel for one direction is there for tensors on ``device``.

    Args:
        chosen: the backend to use; None for what suits the device.
    """
    may_be_used = (chosen or "mamba_ssm") == "mamba_ssm"
    return device.type == "cuda" and may_be_used and mamba_ssm.is_available()


def use_backend(model: nn.Module, chosen: str | None) -> None:
    """Have all scans of a network computed by a backend; None leaves them as they are."""
    for module in model.modules():
        if chosen is not None and hasattr(module, "scan_backend"):
            module.scan_backend = chosen  # type: ignore[assignment]  # is no tensor


def _scan(x, parameters, delta_weight, delta_bias, a, skip, backend=""):
    module = BACKENDS[backend_for(x.device, backend)].module
    return module.forward(x, parameters, delta_weight, delta_bias, a, skip)


def _scan_backward(grad_y, x, parameters, delta_weight, delta_bias, a, skip, backend=""):
    module = BACKENDS[backend_for(x.device, backend)].module
    return module.backward(grad_y, x, parameters, delta_weight, delta_bias, a, skip)


def _fake_scan(x, *others):
    return torch.empty_like(x, memory_format=torch.contiguous_format)


def _fake_scan_backward(grad_y, x, parameters, delta_weight, delta_bias, a, skip, backend=""):
    inputs = (x, parameters, delta_weight, delta_bias, a, skip)
    return tuple(torch.empty_like(t, memory_format=torch.contiguous_format) for t in inputs)


# Defined and implemented directly, not through ``torch.library.custom_op``: its wrapper
# imports PyTorch's compiler at the first call, which takes most of a second.
_INPUTS = (
    "Tensor x, Tensor parameters, Tensor delta_weight, Tensor delta_bias, Tensor a, Tensor skip, "
    "str backend=''"
)
_library = torch.library.Library("cloudmamba", "DEF")
_library.define(f"selective_scan_2d({_INPUTS}) -> Tensor")
_library.define(
    f"selective_scan_2d_backward(Tensor grad_y, {_INPUTS}) "
    "-> (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)"
)
_library.impl("selective_scan_2d", _scan, "CompositeExplicitAutograd")
_library.impl("selective_scan_2d_backward", _scan_backward, "CompositeExplicitAutograd")
_library.impl("selective_scan_2d", _fake_scan, "Meta")
_library.impl("selective_scan_2d_backward", _fake_scan_backward, "Meta")


def _save_inputs(ctx, inputs, output) -> None:
    *tensors, ctx.backend = inputs
    ctx.save_for_backward(*tensors)


def _autograd_backward(ctx, grad_y):
    gradients = torch.ops.cloudmamba.selective_scan_2d_backward(
        grad_y, *ctx.saved_tensors, ctx.backend
    )
    return *gradients, None


torch.library.register_autograd(
    "cloudmamba::selective_scan_2d", _autograd_backward, setup_context=_save_inputs, lib=_library
)


def selective_scan_2d(
    x: torch.Tensor,
    parameters: torch.Tensor,
    delta_weight: torch.Tensor,
    delta_bias: torch.Tensor,
    a: torch.Tensor,
    skip: torch.Tensor,
    backend: str | None = None,
) -> torch.Tensor:
    """Selective scans (S6) of a map in four directions, summed (Fig. 3 of the paper).

    With D channels, N states, rank R and, for each direction k and pixel t in its order,
    ``delta_t = softplus(delta_weight[k] p_t + delta_bias[k])``,
    ``h_t = exp(delta_t a[k]) h_{t-1} + delta_t B_t x_t`` and ``y_t = C_t h_t + skip[k] x_t``.
    A direction is one sequence of all H * W pixels. Everything is float32.

    Args:
        x: (B, H, W, D), the map, channels last.
        parameters: (B, H, W, 4, R + 2 N); per pixel and direction p (R), B (N) and C (N).
            Directions: left to right, right to left, top to bottom, bottom to top.
        delta_weight: (4, D, R).
        delta_bias: (4, D).
        a: (4, D, N), all entries negative.
        skip: (4, D).
        backend: as of ``backend_for``.

    Returns:
        (B, H, W, D), the sum over the four directions.
    """
    return torch.ops.cloudmamba.selective_scan_2d(
        x, parameters, delta_weight, delta_bias, a, skip, backend or ""
    )
