"""How a network is computed, where its owner leaves nothing to the device; no PyTorch is needed here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ComputeOptions:
    """What suits the device, but for what is named here.

    Attributes:
        precision: of the network's maps: ``bfloat16`` or ``float32``.
        scan: backend of the selective scan, see ``ops.selective_scan``.
        cuda_graphs: launch the stages as CUDA graphs. What that gains, and that it is right, was
            seen on no card yet.
    """

    precision: str | None = None
    scan: str | None = None
    cuda_graphs: bool = False


# Everything as suits the device.
AUTOMATIC = ComputeOptions()
