"""SS2D (Fig. 3): projections, four-directional selective scan, sum of the directions."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.ops.selective_scan import selective_scan_2d

DIRECTIONS = 4
# Range of the initial step sizes, as in the S6 layer of Mamba.
SMALLEST_DELTA, LARGEST_DELTA = 0.001, 0.1


class SS2D(nn.Module):
    """Two-dimensional selective scan of a map with ``channels`` channels.

    The four directions have their own S6 parameters. What S6 computes from its input
    (the projected step size, B and C) depends on the pixel alone, so a single linear map of
    the unscanned image yields it for all directions.

    Its weights in the words of Mamba: ``parameter_projection`` is x_proj, ``delta_weight`` and
    ``delta_bias`` are weight and bias of dt_proj, ``log_decay_rate`` is A_log, the logarithm of -A,
    and ``skip`` is D.

    Args:
        channels: D, channels of the map.
        state_size: N, states a channel.
        delta_rank: R, rank of the projection that yields the step size.

    Attributes:
        scan_backend: what computes the scan; None for what suits the device.
    """

    scan_backend: str | None = None

    def __init__(self, channels: int, state_size: int, delta_rank: int):
        super().__init__()
        self.state_size = state_size
        self.delta_rank = delta_rank
        entries = DIRECTIONS * (delta_rank + 2 * state_size)
        self.parameter_projection = nn.Linear(channels, entries, bias=False)
        bound = delta_rank**-0.5
        self.delta_weight = nn.Parameter(
            torch.empty(DIRECTIONS, channels, delta_rank).uniform_(-bound, bound)
        )
        # Computed on the CPU whatever the device of the rest: on the meta device, where model files
        # are checked, exp and log would first import half a second of Python.
        device = self.delta_weight.device
        span = math.log(LARGEST_DELTA) - math.log(SMALLEST_DELTA)
        random = torch.rand(DIRECTIONS, channels, device="cpu")
        delta = torch.exp(random * span + math.log(SMALLEST_DELTA))
        # Inverse of softplus: the first step sizes are spread evenly in the logarithm.
        delta_bias = delta + torch.log(-torch.expm1(-delta))
        self.delta_bias = nn.Parameter(delta_bias.to(device))
        rates = torch.arange(1, state_size + 1, dtype=torch.float32, device="cpu")
        self.log_decay_rate = nn.Parameter(rates.log().repeat(DIRECTIONS, channels, 1).to(device))
        self.skip = nn.Parameter(torch.ones(DIRECTIONS, channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, H, W, D) to (B, H, W, D), float32: scans amplify the rounding of half precision."""
        images, height, width, _ = x.shape
        parameters = self.parameter_projection(x)
        parameters = parameters.view(images, height, width, DIRECTIONS, -1)
        with torch.autocast(x.device.type, enabled=False):
            return selective_scan_2d(
                x.float().contiguous(),
                parameters.float().contiguous(),
                self.delta_weight.float(),
                self.delta_bias.float(),
                -torch.exp(self.log_decay_rate.float()),
                self.skip.float(),
                self.scan_backend,
            )


class MambaBlock(nn.Module):
    """Mamba block with SS2D in place of the one-dimensional scan (Fig. 2b).

    Layer norm, then two linear projections: the main branch goes through a depthwise
    convolution, SiLU, SS2D and layer norm; the gate through SiLU. Their product is
    projected back.

    Args:
        channels: channels of input and output.
        inner_channels: D, channels of the two branches.
        state_size: N.
    """

    def __init__(self, channels: int, inner_channels: int, state_size: int):
        super().__init__()
        self.input_norm = nn.LayerNorm(channels)
        self.main_projection = nn.Linear(channels, inner_channels)
        self.gate_projection = nn.Linear(channels, inner_channels)
        self.depthwise = nn.Conv2d(
            inner_channels, inner_channels, 3, padding=1, groups=inner_channels
        )
        self.ss2d = SS2D(inner_channels, state_size, delta_rank=math.ceil(channels / 16))
        self.output_norm = nn.LayerNorm(inner_channels)
        self.output_projection = nn.Linear(inner_channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        x = self.input_norm(x.permute(0, 2, 3, 1))
        main = self.main_projection(x).permute(0, 3, 1, 2)
        main = functional.silu(self.depthwise(main)).permute(0, 2, 3, 1)
        main = self.output_norm(self.ss2d(main).to(x.dtype))
        gate = functional.silu(self.gate_projection(x))
        return self.output_projection(main * gate).permute(0, 3, 1, 2)
