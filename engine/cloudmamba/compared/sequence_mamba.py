"""Mamba on a sequence (Gu and Dao 2023), computed by the two-dimensional scan of this project."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from cloudmamba.network.ss2d import DIRECTIONS, LARGEST_DELTA, SMALLEST_DELTA
from cloudmamba.ops.selective_scan import has_sequence_kernel, mamba_ssm, selective_scan_2d


class SequenceMamba(nn.Module):
    """One selective scan over a sequence, with a causal convolution before it and a gate after it.

    The scan in two dimensions does it exactly: the sequence is a map of a single line, and of the
    four directions three have parameters of zero, which add nothing. On CUDA the package mamba-ssm,
    where it is installed, scans the one direction alone.

    Args:
        channels: C of input and output.
        state_size: N.
        inner_channels: D.
        kernel: of the causal depthwise convolution, in steps.

    Attributes:
        scan_backend: as of ``SS2D``.
    """

    scan_backend: str | None = None

    def __init__(self, channels: int, state_size: int, inner_channels: int, kernel: int):
        super().__init__()
        self.state_size = state_size
        self.delta_rank = math.ceil(channels / 16)
        self.input_projection = nn.Linear(channels, 2 * inner_channels, bias=False)
        self.depthwise = nn.Conv1d(
            inner_channels, inner_channels, kernel, padding=kernel - 1, groups=inner_channels
        )
        self.parameter_projection = nn.Linear(
            inner_channels, self.delta_rank + 2 * state_size, bias=False
        )
        bound = self.delta_rank**-0.5
        self.delta_weight = nn.Parameter(
            torch.empty(inner_channels, self.delta_rank).uniform_(-bound, bound)
        )
        span = math.log(LARGEST_DELTA) - math.log(SMALLEST_DELTA)
        delta = torch.exp(torch.rand(inner_channels) * span + math.log(SMALLEST_DELTA))
        self.delta_bias = nn.Parameter(delta + torch.log(-torch.expm1(-delta)))
        rates = torch.arange(1, state_size + 1, dtype=torch.float32)
        self.log_decay_rate = nn.Parameter(rates.log().repeat(inner_channels, 1))
        self.skip = nn.Parameter(torch.ones(inner_channels))
        self.output_projection = nn.Linear(inner_channels, channels, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, L, C) to (B, L, C)."""
        main, gate = self.input_projection(x).chunk(2, -1)
        # The padding behind the sequence would let it see what is to come.
        main = self.depthwise(main.transpose(1, 2))[..., : x.shape[1]].transpose(1, 2)
        main = functional.silu(main)
        scanned = self._scan(main, self.parameter_projection(main))
        return self.output_projection(scanned.to(gate.dtype) * functional.silu(gate))

    def _scan(self, x: torch.Tensor, parameters: torch.Tensor) -> torch.Tensor:
        """(B, L, D) and (B, L, R + 2 N) to (B, L, D) float32."""

        def first_of_four(tensor: torch.Tensor, axis: int) -> torch.Tensor:
            """The tensor as the first of four directions, the others zero."""
            tensor = tensor.float().unsqueeze(axis)
            shape = list(tensor.shape)
            shape[axis] = DIRECTIONS - 1
            return torch.cat([tensor, tensor.new_zeros(shape)], axis)

        with torch.autocast(x.device.type, enabled=False):
            if has_sequence_kernel(x.device, self.scan_backend):
                projected, b, c = parameters.float().split(
                    [self.delta_rank, self.state_size, self.state_size], -1
                )
                return mamba_ssm.scan_sequence(
                    x.float(),
                    projected @ self.delta_weight.float().t(),
                    b,
                    c,
                    -torch.exp(self.log_decay_rate.float()),
                    self.skip.float(),
                    self.delta_bias.float(),
                )
            return selective_scan_2d(
                x.float().unsqueeze(1).contiguous(),
                first_of_four(parameters, 2).unsqueeze(1).contiguous(),
                first_of_four(self.delta_weight, 0),
                first_of_four(self.delta_bias, 0),
                # Rates are negative, those of the other directions too.
                -torch.exp(first_of_four(self.log_decay_rate, 0)),
                first_of_four(self.skip, 0),
                self.scan_backend,
            ).squeeze(1)
