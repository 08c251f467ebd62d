"""What a whole network costs for each megapixel, whichever network it is."""

from __future__ import annotations

import statistics

import torch

from cloudmamba.cost.stages import count
from cloudmamba.cost.timing import times
from cloudmamba.masker import CloudMasker

_PIXELS = 1_000_000
_REPEATS = 3


def giga_operations_per_megapixel(configuration, tile_px: int) -> float:
    """10⁹ operations of convolutions, products and scans, with the second stage; counted.

    Args:
        configuration: of the network.
        tile_px: side of the tile on which to count; what a network pads is counted too.
    """
    operations = sum(stage.operations for stage in count(configuration, tile_px))
    return operations / 1e9 * _PIXELS / tile_px**2


def seconds_per_megapixel(masker: CloudMasker, tile_px: int) -> float:
    """Seconds in the form in which the model detects, with the second stage; median of a few."""
    device, network = masker.device.torch_device, masker.prepared.network
    image = torch.rand(1, len(masker.configuration.bands), tile_px, tile_px, device=device)
    with torch.inference_mode():
        seconds = times(lambda: network(image), device, _REPEATS)
    return statistics.median(seconds) * _PIXELS / tile_px**2
