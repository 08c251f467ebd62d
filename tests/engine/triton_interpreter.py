"""Run the Triton scan in Triton's interpreter and print its errors; a program of its own.

The interpreter must be chosen before Triton is imported, and by then other tests may have
imported it. Prints a line of JSON for each case.
"""

from __future__ import annotations

import json
import os
import sys

os.environ["TRITON_INTERPRET"] = "1"

import torch
from test_scan import random_inputs, relative_error

from cloudmamba.ops.selective_scan import reference
from cloudmamba.ops.selective_scan import triton as triton_scan

INPUTS = ("x", "parameters", "delta_weight", "delta_bias", "a", "skip")


def errors_of(shape, wide_delta: bool, chunk_size: int) -> dict[str, float]:
    """Relative errors of the output and of the gradients against the float64 reference."""
    triton_scan.SHORTEST_CHUNK = triton_scan.LONGEST_CHUNK = chunk_size
    inputs = random_inputs(*shape, wide_delta=wide_delta)
    exact = [tensor.double().requires_grad_() for tensor in inputs]
    truth = reference.forward(*exact)
    grad_y = torch.randn(inputs[0].shape, generator=torch.Generator().manual_seed(1))
    expected = torch.autograd.grad(truth, exact, grad_y.double())
    gradients = triton_scan.backward(grad_y, *inputs)
    errors = {"y": relative_error(triton_scan.forward(*inputs), truth)}
    for name, gradient, exact_gradient in zip(INPUTS, gradients, expected, strict=True):
        assert gradient.shape == exact_gradient.shape, name
        errors[name] = relative_error(gradient, exact_gradient)
    return errors


def carry_errors(chunks: int, channels: int, adjoint: bool) -> dict[str, float]:
    """The same for the carry alone, over as many chunks as the longest sequences have."""
    from cloudmamba.ops.triton.scan import carry_kernel

    generator = torch.Generator().manual_seed(0)
    rate = -torch.rand(4, channels, 1, generator=generator) - 0.5
    # Mostly slow decay, so that a state lives for many chunks.
    delta_sums = torch.rand(4, chunks, channels, generator=generator) ** 4
    single = torch.randn(4, chunks, channels, generator=generator)
    states = torch.zeros(4, chunks + 1, 1, channels)
    truth = states.double()
    for direction in range(4):
        backwards = bool((direction + adjoint) % 2)
        state = torch.zeros(channels, dtype=torch.float64)
        for chunk in reversed(range(chunks)) if backwards else range(chunks):
            boundary = chunk if backwards else chunk + 1
            states[direction, boundary, 0] = single[direction, chunk]
            decay = torch.exp2(rate[direction, :, 0].double() * delta_sums[direction, chunk])
            state = decay * state + single[direction, chunk]
            truth[direction, boundary, 0] = state
    carry_kernel[(1, 1, 4)](
        rate, states, delta_sums, channels, chunks, 1, channels, 128, ADJOINT=adjoint
    )
    return {"states": relative_error(states, truth)}


def main() -> None:
    for name, case in json.load(sys.stdin).items():
        compute = carry_errors if "chunks" in case else errors_of
        print(json.dumps({name: compute(**case)}), flush=True)


if __name__ == "__main__":
    main()
