"""A first look at a quarter of the resolution, which settles tiles that are wholly clear or wholly cloud.

It costs a sixteenth of a tile. What decides is the whole tile, its overlap with the neighbours
included, so that no edge of a cloud is drawn at the coarse resolution.
"""

from __future__ import annotations

import torch
from torch.nn import functional

REDUCTION = 4
# Smaller tiles, once reduced, show too little for the network to judge by.
SMALLEST_TILE_PX = 128
# A tile is settled if the probability of cloud of all its pixels is at most the first, or at least
# the second.
CLEAR_UP_TO, CLOUD_FROM = 0.05, 0.95


def can_be_reduced(image: torch.Tensor) -> bool:
    """Whether tiles (tiles, bands, height, width) are large enough for a first look."""
    return min(image.shape[-2:]) >= SMALLEST_TILE_PX


def reduced(image: torch.Tensor) -> torch.Tensor:
    """Tiles (tiles, bands, height, width) at a quarter of the resolution: means of the pixels."""
    size = [-(-length // REDUCTION) for length in image.shape[-2:]]
    return functional.interpolate(image, size, mode="area")


def enlarged(layer: torch.Tensor, size: torch.Size) -> torch.Tensor:
    """A layer (tiles, 1, h, w) of reduced tiles at the resolution of the tiles."""
    return functional.interpolate(layer, tuple(size), mode="bilinear")


def is_settled(probability: torch.Tensor) -> torch.Tensor:
    """Of the probability of cloud (tiles, 1, h, w) which tiles, (tiles,) bool, it settles."""
    flat = probability.flatten(1)
    return (flat.amax(1) <= CLEAR_UP_TO) | (flat.amin(1) >= CLOUD_FROM)
