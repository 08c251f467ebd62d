"""How a scene is cut into overlapping tiles, and where one fades into the next."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from cloudmamba.errors import InputError

# Other sizes the default network, with a stem of stride 2 and five levels, pads to such a multiple.
_TILE_MULTIPLE_PX = 64

# Smaller tiles know nothing of what is around a pixel; larger ones fit no memory.
_TILE_SIZES_PX = range(16, 8193)

# At the edge of a row of tiles some hundred bytes are kept for each pixel of the scene's width.
# Wider scenes are gone through column by column where that is the shorter side.
_WIDE_PX = 65_536


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
    """All tiles of a scene, row by row or column by column."""

    rows: tuple[Span, ...]
    columns: tuple[Span, ...]
    by_columns: bool = False

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns)

    def __iter__(self) -> Iterator[Tile]:
        if self.by_columns:
            turned = TileGrid(self.columns, self.rows)
            yield from map(turned_tile, turned)
            return
        for row, y in enumerate(self.rows):
            for column, x in enumerate(self.columns):
                yield Tile(row, column, y, x)


def turned_tile(tile: Tile) -> Tile:
    """The same tile where rows and columns have changed places."""
    return Tile(tile.column, tile.row, tile.x, tile.y)


def tile_grid(height: int, width: int, tile_px: int, overlap_px: int) -> TileGrid:
    """Cut a scene into as few tiles of at most ``tile_px`` as its size allows.

    The tiles are of one size and spread evenly, so that all of them are full of real pixels
    and neighbours share at least ``overlap_px``; in the middle of what they share they fade
    over ``overlap_px`` into each other, as far from the edges of both as possible. They come row
    by row, but column by column where the scene is so wide that its rows take much memory.

    Raises:
        InputError: tiles of that size make no sense, a number is no whole one, or the overlap is
            negative or more than a third of the tile.
    """
    for name, px in (("size of the tiles", tile_px), ("overlap", overlap_px)):
        if not isinstance(px, Integral):
            raise InputError(f"The {name} is {px!r}: give a whole number of pixels.")
    if tile_px not in _TILE_SIZES_PX:
        raise InputError(
            f"Tiles of {tile_px} pixels are too small or too large: choose "
            f"{_TILE_SIZES_PX[0]} to {_TILE_SIZES_PX[-1]}."
        )
    if not 0 <= 3 * overlap_px <= tile_px:
        raise InputError(
            f"An overlap of {overlap_px} pixels does not suit tiles of {tile_px}: choose 0 to "
            f"{tile_px // 3}."
        )
    return TileGrid(
        _spans(height, tile_px, overlap_px),
        _spans(width, tile_px, overlap_px),
        by_columns=width > max(_WIDE_PX, height),
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
    # No larger than so many need be: 2048 pixels take five tiles of 448, not five of 512.
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
