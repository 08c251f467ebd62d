"""Blocks that are dear to decode, each decoded once for all windows that need a part of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from rasterio.windows import Window

# Values (bands, height, width) and validity (height, width) of a window.
Pixels = tuple[np.ndarray, np.ndarray]

# A block is let go in pieces of so many rows: most windows need the end of one and the beginning
# of the next, and two rows of whole blocks take nearly twice the memory.
_PIECE_ROWS = 64


@dataclass(frozen=True)
class Piece:
    """Some rows of a block: its first row, and the first row and column of the block."""

    top: int
    block_top: int
    block_left: int


class KeptBlocks:
    """Reads windows that are known beforehand by whole blocks.

    A piece of a block is kept until the last window that needs it. Of windows that go through the
    raster row by row that is hardly more than one row of blocks at a time.
    """

    def __init__(
        self,
        read: Callable[[Window], Pixels],
        size: tuple[int, int],
        block: tuple[int, int],
        windows: Iterable[Window],
    ):
        """
        Args:
            read: what reads a block.
            size: height and width of the raster.
            block: height and width of its blocks.
            windows: all that will be read, each once.
        """
        self._read = read
        self._size = size
        self._block = block
        self._uses = Counter(piece for window in windows for piece in self._pieces_of(window))
        self._kept: dict[Piece, Pixels] = {}

    def read(self, window: Window) -> Pixels:
        """One of the windows."""
        pieces = list(self._pieces_of(window))
        for piece in pieces:
            if piece not in self._kept:
                self._decode(piece.block_top, piece.block_left)
        bands, _, _ = self._kept[pieces[0]][0].shape
        shape = (int(window.height), int(window.width))
        values = np.empty((bands, *shape), self._kept[pieces[0]][0].dtype)
        valid = np.empty(shape, bool)
        for piece in pieces:
            kept_values, kept_valid = self._kept[piece]
            rows, here_rows = _shared(piece.top, kept_valid.shape[0], window.row_off, shape[0])
            columns, here_columns = _shared(
                piece.block_left, kept_valid.shape[1], window.col_off, shape[1]
            )
            values[:, here_rows, here_columns] = kept_values[:, rows, columns]
            valid[here_rows, here_columns] = kept_valid[rows, columns]
            self._uses[piece] -= 1
            if not self._uses[piece]:
                del self._uses[piece], self._kept[piece]
        return values, valid

    def _decode(self, top: int, left: int) -> None:
        height, width = (
            min(length, size - first)
            for length, size, first in zip(self._block, self._size, (top, left), strict=True)
        )
        values, valid = self._read(Window(left, top, width, height))
        for first in range(0, height, _PIECE_ROWS):
            piece = Piece(top + first, top, left)
            if piece in self._uses:
                rows = slice(first, first + _PIECE_ROWS)
                here = valid[rows]
                # A view of a single True takes no memory.
                here = np.broadcast_to(np.True_, here.shape) if here.all() else here.copy()
                self._kept[piece] = values[:, rows].copy(), here

    def _pieces_of(self, window: Window) -> Iterator[Piece]:
        height, width = self._block
        bottom, right = window.row_off + window.height, window.col_off + window.width
        for block_top in range(window.row_off // height * height, bottom, height):
            for top in range(block_top, min(block_top + height, bottom), _PIECE_ROWS):
                if top + _PIECE_ROWS > window.row_off:
                    for left in range(window.col_off // width * width, right, width):
                        yield Piece(top, block_top, left)


def _shared(first: int, length: int, window_first: int, window_length: int) -> tuple[slice, slice]:
    """What a piece and a window share along an axis, as a part of the one and of the other."""
    start = max(first, window_first)
    stop = min(first + length, window_first + window_length)
    return slice(start - first, stop - first), slice(start - window_first, stop - window_first)
