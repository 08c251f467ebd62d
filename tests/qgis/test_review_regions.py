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


def uncertain_map(uncertainty, threshold):
    return uncertainty >= threshold


def inner_pixels(uncertain):
    """Where all 5 x 5 pixels are uncertain; what is outside of the image is."""
    around = np.pad(uncertain, 2, constant_values=True)
    inner = np.ones_like(uncertain)
    for dy in range(5):
        for dx in range(5):
            inner &= around[dy : dy + uncertain.shape[0], dx : dx + uncertain.shape[1]]
    return inner


def pixels_of(region):
    runs = zip(region.runs.rows, region.runs.starts, region.runs.ends)
    return {(int(row), column) for row, start, end in runs for column in range(start, end)}


@pytest.fixture
def scene(plugin, tmp_path):
    """Mask and uncertainty higher than a strip that is read at once: (arrays, paths)."""
    random = np.random.default_rng(1)
    mask = (random.random((300, 70)) < 0.5).astype(np.uint8)
    mask[200:260] = 1
    mask[100:150, 20:60] = 2  # cloud shadow
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
    found = find(paths, Search(threshold, smallest_px, True))
    uncertain = (uncertainty >= threshold) & (mask != 255)
    expected = [one for one in walk(uncertain, mask) if len(one) >= smallest_px]
    assert found.found == len(expected) > 5
    inner = inner_pixels(uncertain_map(uncertainty, threshold))

    def rank(pixels):
        """Patches come before the narrow edges of clouds."""
        return (
            sum(float(uncertainty[at]) for at in pixels if inner[at]),
            sum(float(uncertainty[at]) for at in pixels),
        )

    shown = [pixels_of(region) for region in found.regions]
    first = sorted(expected, key=rank, reverse=True)[: len(shown)]
    assert {frozenset(one) for one in shown} == {frozenset(one) for one in first}
    ranks = [
        (
            round(sum(float(uncertainty[at]) for at in pixels if inner[at]), 3),
            round(region.mean_uncertainty * region.size_px, 3),
        )
        for region, pixels in zip(found.regions, shown)
    ]
    assert ranks == sorted(ranks, reverse=True)
    assert {region.value for region in found.regions} <= {0, 1, 2}
    assert any(region.value == 2 for region in found.regions)
    assert (found.cloud_px, found.valid_px) == ((mask == 1).sum(), (mask != 255).sum())
    for region, pixels in zip(found.regions, shown):
        assert region.size_px == len(pixels)
        assert {int(mask[at]) for at in pixels} == {region.value}
        mean = np.mean([uncertainty[at] for at in pixels])
        assert region.mean_uncertainty == pytest.approx(mean, rel=1e-5)


def test_settled_pixels_are_left_out(scene):
    from cloudmamba_qgis.rasters.uncertain_regions import Search

    *_, paths = scene
    first = find(paths, Search(0.7, 6, True)).regions
    rest = find(paths, Search(0.7, 6, True), [first[0].runs]).regions
    assert [pixels_of(one) for one in rest] == [pixels_of(one) for one in first[1:]]


def test_pixels_are_set_in_place(scene):
    from cloudmamba_qgis.rasters.uncertain_regions import Search, set_pixels

    mask, _, paths = scene
    region = find(paths, Search(0.7, 6, True)).regions[0]
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


def test_doubtful_patches_come_before_the_edges_of_clouds(plugin, tmp_path):
    from cloudmamba_qgis.rasters.uncertain_regions import Search

    mask = np.zeros((300, 200), np.uint8)
    uncertainty = np.zeros((300, 200), np.float32)
    mask[100:200, 20:180] = 1
    uncertainty[98:102, 18:182] = 0.95  # a long seam, and much uncertainty in all
    uncertainty[122:134, 60:72] = 0.6  # a patch that crosses from strip to strip
    uncertainty[250:256, :6] = 0.6  # one at the side of the image
    paths = [
        write_raster(tmp_path / "mask.tif", mask, 255),
        write_raster(tmp_path / "uncertainty.tif", uncertainty, None),
    ]
    alone = find(paths, Search())
    assert [one.size_px for one in alone.regions] == [144, 36]
    assert (alone.found, alone.edges_left_out) == (2, 2)
    everything = find(paths, Search(with_edges=True))
    assert [one.size_px for one in everything.regions] == [144, 36, 336, 320]
    assert everything.edges_left_out == 0
