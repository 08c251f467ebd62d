"""How a scene is cut: full tiles, enough overlap, fades that do not touch, every pixel once."""

import itertools

import numpy as np
import pytest

from cloudmamba.detection.request import DetectionRequest
from cloudmamba.detection.tiles import fade_weights, tile_grid
from cloudmamba.errors import InputError
from cloudmamba.model_files import load_model

LENGTHS = [*range(1, 200, 7), 512, 513, 575, 576, 577, 600, 960, 961, 1000, 1408, 2048, 5000, 8192]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(("tile_px", "overlap_px"), [(512, 64), (64, 16), (96, 32), (50, 0)])
def test_spans_along_an_axis(length, tile_px, overlap_px):
    spans = tile_grid(length, 1, tile_px, overlap_px).rows
    assert spans[0].start == 0 and spans[-1].stop == length
    sizes = {span.stop - span.start for span in spans}
    assert len(sizes) == 1, "tiles of one size"
    assert sizes.pop() <= tile_px
    owned = np.zeros(length, int)
    for before, after in itertools.pairwise(spans):
        assert before.stop - after.start >= overlap_px, "enough overlap"
        assert before.fade_out == after.fade_in
        first, last = after.fade_in
        assert last - first == overlap_px
        assert after.start <= first and last <= before.stop, "both tiles see the whole fade"
        # In the middle of what both see, so that neither fades near its edge.
        assert abs((first - after.start) - (before.stop - last)) <= 1
        assert before.fade_in[1] <= before.fade_out[0], "fades do not touch"
    for span in spans:
        owned[slice(*span.finished)] += 1
    assert (owned == 1).all(), "every pixel is finished once"


def test_no_more_tiles_than_needed():
    for length, count in ((512, 1), (513, 2), (960, 2), (961, 3), (1408, 3), (1409, 4)):
        assert len(tile_grid(length, 1, 512, 64)) == count


def test_tiles_shrink_where_fewer_pixels_are_enough():
    sizes = [span.stop - span.start for span in tile_grid(600, 1, 512, 64).rows]
    assert sizes == [384, 384]
    assert tile_grid(300, 700, 512, 64).columns[0].stop == 384
    spans = tile_grid(2048, 1, 512, 32).rows
    assert (len(spans), spans[0].stop) == (5, 448)


@pytest.mark.parametrize("length", [513, 1000, 2048, 4096, 10980])
def test_default_network_pads_no_tile_of_a_large_scene(length):
    multiple = load_model("cloudmamba-base")[0].multiple
    grid = tile_grid(length, length, DetectionRequest.tile_px, DetectionRequest.overlap_px)
    assert next(iter(grid)).shape[0] % multiple == 0


def test_tiles_come_row_by_row():
    grid = tile_grid(1000, 600, 512, 64)
    order = [(tile.row, tile.column) for tile in grid]
    assert order == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    assert len(grid) == 6
    assert {tile.shape for tile in grid} == {(384, 384)}


def test_very_wide_scenes_come_column_by_column_so_that_little_is_kept():
    grid = tile_grid(600, 1_000_000, 512, 64)
    order = [(tile.row, tile.column) for tile in itertools.islice(grid, 5)]
    assert order == [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2)]
    assert not tile_grid(1_000_000, 600, 512, 64).by_columns
    assert not tile_grid(1_000_000, 1_000_000, 512, 64).by_columns
    assert not tile_grid(600, 20_000, 512, 64).by_columns, "files in strips are read row by row"


@pytest.mark.parametrize("tile_px", [-1, 0, 15, 10**9])
def test_senseless_size_is_refused(tile_px):
    with pytest.raises(InputError, match="too small or too large: choose 16 to 8192"):
        tile_grid(1000, 1000, tile_px, 0)


@pytest.mark.parametrize(("tile_px", "overlap_px"), [(512, 171), (512, -1), (64, 64)])
def test_senseless_overlap_is_refused(tile_px, overlap_px):
    with pytest.raises(InputError, match="does not suit"):
        tile_grid(1000, 1000, tile_px, overlap_px)


def test_fade_is_a_raised_cosine():
    weights = fade_weights(64)
    expected = [np.sin(np.pi / 2 * (i + 0.5) / 64) ** 2 for i in range(64)]
    assert weights == pytest.approx(expected, abs=1e-6)
    assert (np.diff(weights) > 0).all()
    assert weights + weights[::-1] == pytest.approx(np.ones(64), abs=1e-6)
