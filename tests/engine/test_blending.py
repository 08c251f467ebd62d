"""Blending: against a plain weighted mean over the whole scene, and its memory."""

import dataclasses

import numpy as np
import pytest

from cloudmamba.detection.blending import Blender
from cloudmamba.detection.tiles import tile_grid

SIZES = [(100, 90), (64, 64), (65, 200), (1, 300), (300, 1), (30, 40), (250, 131)]


def blended(grid, shape, layers_of, layers=2):
    """All blocks put together; NaN where none came, an error where two came."""
    scene = np.full((layers, *shape), np.nan, np.float32)
    blender = Blender(grid, layers)
    for tile in grid:
        block = blender.add(tile, layers_of(tile))
        height, width = block.layers.shape[1:]
        part = scene[:, block.top : block.top + height, block.left : block.left + width]
        assert np.isnan(part).all(), "a pixel was delivered twice"
        part[...] = block.layers
    return scene


def weights_of(spans):
    """(tiles, length): each tile's weight along an axis, made without the code under test."""
    weights = np.zeros((len(spans), spans[-1].stop))
    for weight, span in zip(weights, spans, strict=True):
        weight[span.fade_in[1] : span.fade_out[0]] = 1
        for (first, last), rising in ((span.fade_in, True), (span.fade_out, False)):
            angle = np.pi / 2 * (np.arange(last - first) + 0.5) / max(last - first, 1)
            weight[first:last] = np.sin(angle) ** 2 if rising else np.cos(angle) ** 2
    return weights


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("overlap_px", [0, 16])
@pytest.mark.parametrize("by_columns", [False, True])
def test_equals_the_weighted_mean_of_all_tiles(shape, overlap_px, by_columns):
    grid = dataclasses.replace(tile_grid(*shape, 64, overlap_px), by_columns=by_columns)
    rng = np.random.default_rng(0)
    values = {(t.row, t.column): rng.random((2, *t.shape), np.float32) for t in grid}
    expected = np.zeros((2, *shape))
    rows, columns = weights_of(grid.rows), weights_of(grid.columns)
    assert rows.sum(0) == pytest.approx(np.ones(shape[0]), abs=1e-12)
    for tile in grid:
        y, x = slice(tile.y.start, tile.y.stop), slice(tile.x.start, tile.x.stop)
        weight = np.outer(rows[tile.row, y], columns[tile.column, x])
        expected[:, y, x] += weight * values[tile.row, tile.column]
    found = blended(grid, shape, lambda tile: values[tile.row, tile.column])
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("shape", SIZES)
def test_tiles_that_agree_give_exactly_what_they_agree_on(shape):
    scene = np.random.default_rng(1).random((2, *shape), np.float32)
    grid = tile_grid(*shape, 64, 16)
    found = blended(grid, shape, lambda t: scene[:, t.y.start : t.y.stop, t.x.start : t.x.stop])
    assert np.array_equal(found, scene)


def test_given_tiles_are_not_changed():
    grid = tile_grid(100, 100, 64, 16)
    blender = Blender(grid, 1)
    for tile in grid:
        layers = np.random.default_rng(tile.column).random((1, *tile.shape), np.float32)
        before = layers.copy()
        blender.add(tile, layers)
        assert np.array_equal(layers, before)


def test_memory_does_not_grow_with_the_height_of_the_scene():
    def kept_bytes(height):
        grid = tile_grid(height, 200, 64, 16)
        blender = Blender(grid, 2)
        most = 0
        for tile in grid:
            blender.add(tile, np.zeros((2, *tile.shape), np.float32))
            arrays = [value for value in vars(blender).values() if isinstance(value, np.ndarray)]
            most = max(most, sum(array.nbytes for array in arrays))
        return most

    assert kept_bytes(4000) <= kept_bytes(400)
