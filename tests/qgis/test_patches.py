"""Small patches and buffers against the plainest way to find them."""

import numpy as np
import pytest


def flood(mask, value, smallest_px, corners_touch):
    """Pixels of patches that are too small, found by walking."""
    steps = [(0, 1), (1, 0), (0, -1), (-1, 0)]
    if corners_touch:
        steps += [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    small, seen = np.zeros(mask.shape, bool), np.zeros(mask.shape, bool)
    for start in zip(*np.nonzero(mask == value)):
        patch, waiting = [], [start]
        while waiting:
            y, x = waiting.pop()
            inside = 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1]
            if inside and not seen[y, x] and mask[y, x] == value:
                seen[y, x] = True
                patch.append((y, x))
                waiting += [(y + dy, x + dx) for dy, dx in steps]
        if patch and len(patch) < smallest_px:
            small[tuple(np.transpose(patch))] = True
    return small


@pytest.mark.parametrize("corners_touch", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("strip_rows", [1, 7, 100])
def test_small_patches_are_those_found_by_walking(plugin, corners_touch, share, strip_rows):
    from cloudmamba_qgis.rasters.patches import Runs

    random = np.random.default_rng(strip_rows)
    mask = (random.random((37, 53)) < share).astype(np.uint8)
    mask[:5, 20:] = 255
    strips = [mask[row : row + strip_rows] for row in range(0, len(mask), strip_rows)]
    for smallest_px in (1, 2, 6, 40, 10_000):
        small = Runs.of(strips, 1).smaller_than(smallest_px, corners_touch)
        result = mask.copy()
        for row in range(0, len(mask), strip_rows):
            small.fill(result[row : row + strip_rows], row, 9)
        expected = np.where(flood(mask, 1, smallest_px, corners_touch), 9, mask)
        np.testing.assert_array_equal(result, expected)


def test_a_patch_that_winds_is_one(plugin):
    """A spiral, in which runs of far lines belong together."""
    from cloudmamba_qgis.rasters.patches import Runs

    mask = np.zeros((41, 41), np.uint8)
    for ring in range(0, 20, 2):
        mask[ring, ring : -ring or None] = mask[-ring - 1, ring : -ring or None] = 1
        mask[ring : -ring or None, ring] = mask[ring : -ring or None, -ring - 1] = 1
    for ring in range(0, 18, 2):
        mask[ring + 1, ring + 2] = 1  # each ring touches the next
    size = int(mask.sum())
    for corners_touch in (True, False):
        runs = Runs.of([mask], 1)
        assert not len(runs.smaller_than(size, corners_touch).rows)
        assert len(runs.smaller_than(size + 1, corners_touch).rows) == len(runs.rows)


@pytest.mark.parametrize("radius", [(0, 0), (1, 1), (2.5, 1.2), (3, 7), (0.5, 4)])
def test_a_buffer_reaches_as_far_as_its_ellipse(plugin, radius):
    from cloudmamba_qgis.rasters.cloud_shapes import dilate

    radius_x, radius_y = radius
    columns, rows = int(radius_x), int(radius_y)
    cloud = np.random.default_rng(3).random((30, 40)) < 0.02
    expected = np.zeros((30 - 2 * rows, 40 - 2 * columns), bool)
    for y, x in zip(*np.nonzero(cloud)):
        for row in range(expected.shape[0]):
            for column in range(expected.shape[1]):
                dy, dx = row + rows - y, column + columns - x
                inside_y = (dy / radius_y) ** 2 if radius_y else float(dy != 0) * 9
                inside_x = (dx / radius_x) ** 2 if radius_x else float(dx != 0) * 9
                near_lines = abs(dy) <= rows and abs(dx) <= columns
                expected[row, column] |= near_lines and inside_x + inside_y <= 1 + 1e-9
    np.testing.assert_array_equal(dilate(cloud, radius), expected)
