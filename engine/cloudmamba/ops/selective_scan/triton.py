"""The two-dimensional selective scan on NVIDIA graphics cards through our own Triton kernels.

Triton comes with every PyTorch for CUDA on Linux. It is imported when the first tensor on a
graphics card arrives. One long sequence fills the card: chunks of it are scanned side by
side (pass one), their final states are carried from one to the next (pass two), and every
chunk is scanned again from its true first state (pass three).
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import math
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from functools import lru_cache

import torch

_log = logging.getLogger(__name__)

LOG2_E = math.log2(math.e)
# Channels of a program: one warp.
CHANNELS = 32
# Chunks that the carry composes at a time, at most, by this many warps.
CARRY_CHUNKS, CARRY_WARPS = 128, 4
# One rounding for a product and a sum; the default of Triton differs between its versions.
OPTIONS = {"enable_fp_fusion": True}
SHORTEST_CHUNK, LONGEST_CHUNK = 16, 64
# Programs of the gradient kernel for each multiprocessor; more would not be resident.
PROGRAMS_PER_MULTIPROCESSOR = 16

_launched: ContextVar[list[object] | None] = ContextVar("launched", default=None)


@lru_cache
def is_available() -> bool:
    """Whether Triton is installed; it is not imported."""
    return importlib.util.find_spec("triton") is not None


@lru_cache
def is_usable(device: torch.device) -> bool:
    """Whether the kernels run on a graphics card: one pixel is scanned, once a process.

    Triton needs a C compiler and a card and a driver that it knows. Where the scan fails the
    log says why.
    """
    if not is_available():
        return False
    sizes = ((1, 1, 1, 1), (1, 1, 1, 4, 3), (4, 1, 1), (4, 1), (4, 1, 1), (4, 1))
    try:
        with torch.inference_mode():
            forward(*(torch.zeros(size, device=device) for size in sizes)).cpu()
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # noqa: BLE001  Triton, its compilers and the driver have many
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        _log.warning("Triton does not work on %s, a slower scan is used: %s", device, reason)
        return False
    return True


def _chunk_size(pixels: int) -> int:
    """Short where the image is small, so that there are chunks enough to fill the card."""
    return min(max(math.isqrt(pixels) // 8, SHORTEST_CHUNK), LONGEST_CHUNK)


def _programs(device: torch.device) -> int:
    """Programs to share the gradient's tasks; few on the CPU, where Triton's interpreter runs."""
    if device.type != "cuda":
        return 3
    multiprocessors = torch.cuda.get_device_properties(device).multi_processor_count
    return multiprocessors * PROGRAMS_PER_MULTIPROCESSOR


def _on(device: torch.device):
    """Triton launches on the current device, whichever the tensors are on."""
    return torch.cuda.device(device) if device.type == "cuda" else contextlib.nullcontext()


@contextlib.contextmanager
def keeping_kernels() -> Iterator[list[object]]:
    """A list of the kernels that are launched inside, by this thread.

    Triton takes a kernel off the card when nothing refers to it any more; a CUDA graph that
    launches it does not count.
    """
    kernels: list[object] = []
    before = _launched.set(kernels)
    try:
        yield kernels
    finally:
        _launched.reset(before)


def _launch(kernel, grid: Sequence[int], *arguments: object, **options: object) -> None:
    compiled = kernel[tuple(grid)](*arguments, **options)
    kernels = _launched.get()
    if kernels is not None:
        kernels.append(compiled)


class _Scan:
    """The inputs of one scan as the kernels want them, and the passes that both ways share."""

    def __init__(self, x, parameters, delta_weight, delta_bias, a, skip):
        self.x, self.parameters, self.delta_weight, self.delta_bias, self.rate, self.skip = (
            tensor.detach().float().contiguous()
            for tensor in (x, parameters, delta_weight, delta_bias, a * LOG2_E, skip)
        )
        self.images, self.height, self.width, self.channels = x.shape
        self.rank, self.states = delta_weight.shape[2], a.shape[2]
        pixels = self.height * self.width
        self.chunk_size = _chunk_size(pixels)
        self.chunks = -(-pixels // self.chunk_size)
        self.blocks = -(-self.channels // CHANNELS)
        self.projection = (self.parameters, self.delta_weight, self.delta_bias, self.rate)
        self.walk = (self.height, self.width, self.channels, self.chunks, self.chunk_size)
        self.tile = {
            "states": self.states,
            "rank": self.rank,
            "CHANNELS": CHANNELS,
            "num_warps": 1,
            **OPTIONS,
        }

    def boundary_states(self) -> torch.Tensor:
        """First and second pass: the state at every boundary between chunks."""
        self.delta_sums = self.x.new_empty(self.images * 4, self.chunks, self.channels)
        return self._boundaries(self.x, adjoint=False)

    def boundary_adjoints(self, grad_y: torch.Tensor) -> torch.Tensor:
        """The same for the adjoints of the states, once there are ``boundary_states``."""
        return self._boundaries(grad_y, adjoint=True)

    def _boundaries(self, values: torch.Tensor, adjoint: bool) -> torch.Tensor:
        from cloudmamba.ops.triton.scan import carry_kernel, chunk_kernel

        sequences = self.images * 4
        result = self.x.new_zeros(sequences, self.chunks + 1, self.states, self.channels)
        _launch(
            chunk_kernel, (self.chunks, self.blocks, sequences),
            values, *self.projection, result, self.delta_sums, *self.walk,
            **self.tile, ADJOINT=adjoint,
        )  # fmt: skip
        _launch(
            carry_kernel, (self.blocks, self.states, sequences),
            self.rate, result, self.delta_sums, self.channels, self.chunks, self.states, CHANNELS,
            min(_power_of_two(self.chunks), CARRY_CHUNKS), ADJOINT=adjoint,
            num_warps=CARRY_WARPS, **OPTIONS,
        )  # fmt: skip
        return result


def _power_of_two(value: int) -> int:
    return 1 << (value - 1).bit_length()


def forward(x, parameters, delta_weight, delta_bias, a, skip) -> torch.Tensor:
    """Shapes and meaning as in :func:`cloudmamba.ops.selective_scan.selective_scan_2d`."""
    from cloudmamba.ops.triton.scan import output_kernel

    with _on(x.device):
        scan = _Scan(x, parameters, delta_weight, delta_bias, a, skip)
        boundary_states = scan.boundary_states()
        y = torch.empty_like(scan.x)
        for first_direction in (0, 2):
            _launch(
                output_kernel, (scan.chunks, scan.blocks, scan.images),
                scan.x, *scan.projection, scan.skip, boundary_states, y,
                first_direction, *scan.walk, **scan.tile,
            )  # fmt: skip
    return y


def backward(grad_y, x, parameters, delta_weight, delta_bias, a, skip) -> tuple[torch.Tensor, ...]:
    """Gradients of the six inputs, in their order and shapes, given that of the output."""
    from cloudmamba.ops.triton.scan import gradient_kernel

    with _on(x.device):
        scan = _Scan(x, parameters, delta_weight, delta_bias, a, skip)
        grad_y = grad_y.detach().float().contiguous()
        boundary_states = scan.boundary_states()
        boundary_adjoints = scan.boundary_adjoints(grad_y)
        programs = min(_programs(x.device), scan.chunks * scan.blocks * scan.images)
        scratch = scan.x.new_empty(programs, scan.chunk_size, scan.states, CHANNELS)
        grad_x = torch.empty_like(scan.x)
        grad_parameters = scan.x.new_empty(scan.blocks, *scan.parameters.shape)
        rows = scan.rank + scan.states + 2
        grad_weights = scan.x.new_empty(scan.images, 4, scan.chunks, rows, scan.channels)
        for first_direction in (0, 2):
            _launch(
                gradient_kernel, (programs,),
                scan.x, *scan.projection, scan.skip, grad_y, boundary_states, boundary_adjoints,
                scratch, grad_x, grad_parameters, grad_weights,
                first_direction, scan.images, *scan.walk, **scan.tile,
            )  # fmt: skip
    # Float32 within a chunk, float64 across chunks, or the sum over an image loses digits.
    by_channel = grad_weights.sum((0, 2), dtype=torch.float64).float().transpose(1, 2)
    grad_delta_weight, grad_a, grad_delta_bias, grad_skip = by_channel.split(
        [scan.rank, scan.states, 1, 1], 2
    )
    return (
        grad_x,
        grad_parameters.sum(0),
        grad_delta_weight.contiguous(),
        grad_delta_bias[..., 0].contiguous(),
        grad_a.contiguous(),
        grad_skip[..., 0].contiguous(),
    )
