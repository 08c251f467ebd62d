"""Uncertain regions against the plainest way to find them."""

import numpy as np
import pytest
from raster_files import UTM, read_raster, write_raster


def walk(uncertain, mask):
    """Sets of (row, column) that touch, if only at corners, and of which the mask says the same."""
    left = {(int(y), int(x)) for y, x in zip(*np.nonzero(uncertain))}
    while left:
        region, waiting = set(), [left.pop()]
        while waiting:
            y, x = waiting.pop()
            region.add((y, x))
            for near in [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]:
                if near in left and mask[near] == mask[y, x]:
                    left.discard(near)
                    waiting.append(near)
        yield region


def pixels_of(region):
    runs = zip(region.runs.rows, region.runs.starts, region.runs.ends)
    return {(int(row), column) for row, start, end in runs for column in range(start, end)}


@pytest.fixture
def scene(plugin, tmp_path):
    """Mask and uncertainty higher than a strip that is read at once: (arrays, paths)."""
    random = np.random.default_rng(1)
    mask = (random.random((300, 70)) < 0.5).astype(np.uint8)
    mask[200:260] = 1
    mask[:20, :30] = 255
    uncertainty = random.random((300, 70)).astype(np.float32)
    uncertainty[240:290, 10:40] = 0.9
    uncertainty[50:60] = np.nan
    paths = [
        write_raster(tmp_path / "mask.tif", mask, 255),
        write_raster(tmp_path / "uncertainty.tif", uncertainty, float("nan")),
    ]
    return mask, uncertainty, paths


def find(paths, search, settled=()):
    from cloudmamba_qgis.rasters.uncertain_regions import find_uncertain_regions
    from qgis.core import QgsProcessingFeedback

    return find_uncertain_regions(*paths, search, list(settled), QgsProcessingFeedback())


@pytest.mark.parametrize(("threshold", "smallest_px"), [(0.5, 1), (0.7, 1), (0.7, 6), (0.95, 2)])
def test_regions_are_those_found_by_walking(scene, threshold, smallest_px):
    from cloudmamba_qgis.rasters.uncertain_regions import Search

    mask, uncertainty, paths = scene
    found = find(paths, Search(threshold, smallest_px))
    uncertain = (uncertainty >= threshold) & (mask != 255)
    expected = [one for one in walk(uncertain, mask) if len(one) >= smallest_px]
    assert found.found == len(expected) > 5
    sums = [sum(float(uncertainty[at]) for at in one) for one in expected]
    by_sum = [one for _, one in sorted(zip(sums, expected), key=lambda pair: -pair[0])]
    shown = [pixels_of(region) for region in found.regions]
    assert {frozenset(one) for one in shown} == {frozenset(one) for one in by_sum[: len(shown)]}
    ranks = [region.mean_uncertainty * region.size_px for region in found.regions]
    assert ranks == sorted(ranks, reverse=True)
    for region, pixels in zip(found.regions, shown):
        assert region.size_px == len(pixels)
        assert {int(mask[at]) for at in pixels} == {region.value}
        mean = np.mean([uncertainty[at] for at in pixels])
        assert region.mean_uncertainty == pytest.approx(mean, rel=1e-5)


def test_settled_pixels_are_left_out(scene):
    from cloudmamba_qgis.rasters.uncertain_regions import Search

    *_, paths = scene
    first = find(paths, Search(0.7, 6)).regions
    rest = find(paths, Search(0.7, 6), [first[0].runs]).regions
    assert [pixels_of(one) for one in rest] == [pixels_of(one) for one in first[1:]]


def test_pixels_are_set_in_place(scene):
    from cloudmamba_qgis.rasters.uncertain_regions import Search, set_pixels

    mask, _, paths = scene
    region = find(paths, Search(0.7, 6)).regions[0]
    set_pixels(paths[0], region.runs, 1 - region.value)
    expected = mask.copy()
    for at in pixels_of(region):
        expected[at] = 1 - region.value
    np.testing.assert_array_equal(read_raster(paths[0])[0], expected)


def test_an_outline_has_the_area_of_its_pixels_on_a_rotated_grid(plugin, tmp_path):
    from cloudmamba_qgis.rasters.uncertain_regions import Search
    from qgis.core import QgsGeometry

    mask = np.zeros((40, 50), np.uint8)
    uncertainty = np.zeros((40, 50), np.float32)
    uncertainty[10:20, 5:25] = 1
    uncertainty[12:14, 8:10] = 0  # a hole
    rotated = (500000, 8, 6, 5000000, 6, -8)
    paths = [
        write_raster(tmp_path / "mask.tif", mask, 255, rotated),
        write_raster(tmp_path / "uncertainty.tif", uncertainty, None, rotated),
    ]
    (region,) = find(paths, Search()).regions
    outline = QgsGeometry()
    outline.fromWkb(region.outline)
    assert outline.area() == pytest.approx(196 * 100)
    corners = [(500000 + 8 * x + 6 * y, 5000000 + 6 * x - 8 * y) for x, y in [(5, 10), (25, 20)]]
    box = outline.boundingBox()
    assert box.xMinimum() == pytest.approx(corners[0][0])
    assert box.xMaximum() == pytest.approx(corners[1][0])


def test_a_large_outline_is_coarser_but_covers_its_region(plugin, tmp_path):
    from cloudmamba_qgis.rasters.uncertain_regions import Search
    from qgis.core import QgsGeometry

    random = np.random.default_rng(2)
    uncertainty = (random.random((1500, 1500)) < 0.7).astype(np.float32)
    paths = [
        write_raster(tmp_path / "mask.tif", np.zeros((1500, 1500), np.uint8), 255, UTM),
        write_raster(tmp_path / "uncertainty.tif", uncertainty, None, UTM),
    ]
    region = find(paths, Search()).regions[0]
    outline = QgsGeometry()
    outline.fromWkb(region.outline)
    assert outline.area() >= region.size_px * 100
    assert outline.constGet().nCoordinates() < 5000
