"""How a scene is cut into overlapping tiles, and where one fades into the next."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cloudmamba.errors import InputError

# Other sizes the network pads to such a multiple anyway.
_TILE_MULTIPLE_PX = 32

# With more tiles along an axis smaller ones save next to nothing, and the peak memory would
# differ between large scenes.
_FEW_TILES = 3


@dataclass(frozen=True)
class Span:
    """One tile along one axis, in pixels of the scene.

    Attributes:
        start, stop: the pixels the network sees.
        fade_in, fade_out: (start, stop) of the zones shared with the previous and the next
            tile; empty, at the scene's edge, where there is none.
    """

    start: int
    stop: int
    fade_in: tuple[int, int]
    fade_out: tuple[int, int]

    @property
    def finished(self) -> tuple[int, int]:
        """The pixels whose result is final with this tile: up to where the next fades in."""
        return self.fade_in[0], self.fade_out[0]


@dataclass(frozen=True)
class Tile:
    """One tile: its row and column among the tiles, and its spans along both axes."""

    row: int
    column: int
    y: Span
    x: Span

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.y.stop - self.y.start, self.x.stop - self.x.start


@dataclass(frozen=True)
class TileGrid:
    """All tiles of a scene, row by row."""

    rows: tuple[Span, ...]
    columns: tuple[Span, ...]

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns)

    def __iter__(self) -> Iterator[Tile]:
        for row, y in enumerate(self.rows):
            for column, x in enumerate(self.columns):
                yield Tile(row, column, y, x)


def tile_grid(height: int, width: int, tile_px: int, overlap_px: int) -> TileGrid:
    """Cut a scene into as few tiles of at most ``tile_px`` as its size allows.

    The tiles are of one size and spread evenly, so that all of them are full of real pixels
    and neighbours share at least ``overlap_px``; in the middle of what they share they fade
    over ``overlap_px`` into each other, as far from the edges of both as possible.

    Raises:
        InputError: the overlap is negative or more than a third of the tile.
    """
    if not 0 <= 3 * overlap_px <= tile_px or tile_px < 1:
        raise InputError(
            f"An overlap of {overlap_px} pixels does not suit tiles of {tile_px}: choose 0 to "
            f"{tile_px // 3}."
        )
    return TileGrid(
        _spans(height, tile_px, overlap_px),
        _spans(width, tile_px, overlap_px),
    )


def fade_weights(length: int) -> np.ndarray:
    """Weights (length,) of the next tile across a fade, a raised cosine from 0 to 1.

    The previous tile has one minus that.
    """
    position = (np.arange(length) + 0.5) / max(length, 1)
    return (0.5 - 0.5 * np.cos(np.pi * position)).astype(np.float32)


def _spans(length: int, tile_px: int, overlap_px: int) -> tuple[Span, ...]:
    if length <= tile_px:
        return (Span(0, length, (0, 0), (length, length)),)
    count = -(-(length - overlap_px) // (tile_px - overlap_px))
    if count <= _FEW_TILES:
        # No larger than so many need be: 600 pixels take two tiles of 352, not two of 512.
        enough_px = -(-(length + (count - 1) * overlap_px) // count)
        tile_px = min(tile_px, -(-enough_px // _TILE_MULTIPLE_PX) * _TILE_MULTIPLE_PX)
    starts = [round(i * (length - tile_px) / (count - 1)) for i in range(count)]
    fades = [(0, 0)]
    for start, following in itertools.pairwise(starts):
        first = (following + start + tile_px - overlap_px) // 2
        fades.append((first, first + overlap_px))
    fades.append((length, length))
    return tuple(
        Span(start, start + tile_px, fades[i], fades[i + 1]) for i, start in enumerate(starts)
    )
