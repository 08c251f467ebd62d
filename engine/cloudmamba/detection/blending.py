"""Puts the results of overlapping tiles together without seams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cloudmamba.detection.tiles import Tile, TileGrid, fade_weights, turned_tile


@dataclass(frozen=True)
class Block:
    """A finished part of the scene.

    Attributes:
        top, left: its first row and column in the scene.
        layers: (layers, height, width) float32.
    """

    top: int
    left: int
    layers: np.ndarray


class Blender:
    """Fades tiles, given in the order of their grid, into their neighbours.

    Each tile yields the block that is final with it; the blocks cover the scene once. The
    weights of neighbours are separable and sum to one, and where neighbours agree the result
    is exactly what they agree on. Kept are only the parts still to be faded: the right edge
    of the last tile and the bottom edge of the last row of tiles (or the other way round), so
    memory depends on the tile size, the overlap and one side of the scene.
    """

    def __init__(self, grid: TileGrid, layers: int):
        """``layers``: number of float32 layers that each tile brings."""
        self._by_columns = grid.by_columns
        rows, columns = (grid.columns, grid.rows) if grid.by_columns else (grid.rows, grid.columns)
        self._right: np.ndarray | None = None
        overlap_px = max(span.fade_out[1] - span.fade_out[0] for span in rows)
        width = columns[-1].stop
        self._bottom = np.zeros((layers, overlap_px, width), np.float32)

    def add(self, tile: Tile, layers: np.ndarray) -> Block:
        """Take the next tile's ``layers`` (layers, height, width) and give its final block."""
        if not self._by_columns:
            return self._add(tile, layers)
        turned = self._add(turned_tile(tile), layers.transpose(0, 2, 1))
        return Block(turned.left, turned.top, turned.layers.transpose(0, 2, 1))

    def _add(self, tile: Tile, layers: np.ndarray) -> Block:
        """The same for tiles that come row by row."""
        y, x = tile.y, tile.x
        left = x.fade_in[0] - x.start
        layers = layers[:, :, left:].copy()
        fade_px = x.fade_in[1] - x.fade_in[0]
        if fade_px and self._right is not None:
            _fade(self._right, layers[:, :, :fade_px], fade_weights(fade_px))
        last = x.fade_out[0] - x.fade_in[0]
        self._right = layers[:, :, last : last + x.fade_out[1] - x.fade_out[0]].copy()

        # Across the columns this tile finishes, do the same from the row of tiles above.
        columns = slice(x.fade_in[0], x.fade_out[0])
        layers = layers[:, y.fade_in[0] - y.start :, :last]
        fade_px = y.fade_in[1] - y.fade_in[0]
        if fade_px:
            weights = fade_weights(fade_px)[:, None]
            _fade(self._bottom[:, :, columns], layers[:, :fade_px], weights)
        last = y.fade_out[0] - y.fade_in[0]
        fade_px = y.fade_out[1] - y.fade_out[0]
        self._bottom[:, :fade_px, columns] = layers[:, last : last + fade_px]
        return Block(y.fade_in[0], x.fade_in[0], layers[:, :last])


def _fade(previous: np.ndarray, following: np.ndarray, weights: np.ndarray) -> None:
    """following = previous + weights * (following - previous), in place."""
    following -= previous
    following *= weights
    following += previous
