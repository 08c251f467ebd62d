"""What machines can do at most: published for two graphics cards, measured for the one at hand."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from cloudmamba.cost.operators import Operator
from cloudmamba.cost.timing import REPEATS, times
from cloudmamba.inference.devices import Device

_MATRIX_PX = 2048
# Beyond what processors keep in their caches, as far as that can be.
_COPY_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Machine:
    """Peaks of a machine.

    Attributes:
        name: for people.
        dtype: of convolutions and matrix products.
        matrix_operations_per_s: for those, in that precision.
        vector_operations_per_s: for the scan, in float32.
        bytes_per_s: to and from main memory.
        source: where the figures come from.
    """

    name: str
    dtype: torch.dtype
    matrix_operations_per_s: float
    vector_operations_per_s: float
    bytes_per_s: float
    source: str

    def compute_s(self, operator: Operator) -> float:
        """Least time for its operations."""
        if operator.is_scan:
            return operator.operations / self.vector_operations_per_s
        return operator.operations / self.matrix_operations_per_s

    def transfer_s(self, operator: Operator) -> float:
        """Least time for its bytes; none for an operator that can be fused into another."""
        if not operator.operations:
            return 0.0
        # Operators are counted in float32, in which scans are computed everywhere.
        of_float32 = 1.0 if operator.is_scan else self.dtype.itemsize / torch.float32.itemsize
        return operator.bytes_moved * of_float32 / self.bytes_per_s

    def floor_s(self, operator: Operator) -> float:
        """No operator is done before it has computed and moved all."""
        return max(self.compute_s(operator), self.transfer_s(operator))


# Dense (without sparsity); tensor cores in bfloat16 with sums in float32.
H200 = Machine(
    "H200",
    torch.bfloat16,
    matrix_operations_per_s=989.5e12,
    vector_operations_per_s=67e12,
    bytes_per_s=4.8e12,
    source="NVIDIA H200 Tensor Core GPU datasheet (SXM)",
)
RTX_4090 = Machine(
    "RTX 4090",
    torch.bfloat16,
    matrix_operations_per_s=165.2e12,
    vector_operations_per_s=82.6e12,
    bytes_per_s=1.008e12,
    source="NVIDIA Ada GPU architecture whitepaper, appendix A",
)
PUBLISHED = (H200, RTX_4090)


def measured(device: Device, dtype: torch.dtype) -> Machine:
    """What this machine does now: the best of some matrix products and of some copies."""
    where = device.torch_device

    def product_s(of: torch.dtype) -> float:
        a, b = torch.rand(2, _MATRIX_PX, _MATRIX_PX, device=where).to(of)
        return min(times(lambda: a @ b, where))

    source = torch.zeros(_COPY_BYTES, dtype=torch.uint8, device=where)
    target = torch.ones_like(source)
    copy_s = min(times(lambda: target.copy_(source), where))
    operations = 2 * _MATRIX_PX**3
    vector = operations / product_s(torch.float32)
    return Machine(
        device.name,
        dtype,
        matrix_operations_per_s=(
            vector if dtype == torch.float32 else operations / product_s(dtype)
        ),
        vector_operations_per_s=vector,
        bytes_per_s=2 * _COPY_BYTES / copy_s,
        source=f"best of {REPEATS} matrix products of {_MATRIX_PX} x {_MATRIX_PX} and copies of "
        f"{_COPY_BYTES // 2**20} MiB, just now",
    )
