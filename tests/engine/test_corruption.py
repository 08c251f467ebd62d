"""Corrupted regions: only there, as described, and always the same."""

import numpy as np
import pytest
from stand_ins import land

from cloudmamba.evaluation.corruption import CORRUPTIONS, corrupt

ALL = (True, True, True, True)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_only_the_rectangle_changes_and_the_original_stays(kind):
    image = land(64, 80)
    original = image.copy()
    damaged, region = corrupt(kind, image, ALL, "a")
    assert np.array_equal(image, original)
    changed = (damaged != image).any(0)
    assert changed.any() and not changed[~region].any()
    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    assert region.sum() == len(rows) * len(columns), "a rectangle"
    assert 16 <= len(rows) <= 32 and 20 <= len(columns) <= 40
    assert damaged.dtype == np.float32


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_seed_and_name_decide(kind):
    image = land(64, 64)
    first = corrupt(kind, image, ALL, "a", seed=1)
    again = corrupt(kind, image, ALL, "a", seed=1)
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    for other in (corrupt(kind, image, ALL, "b", seed=1), corrupt(kind, image, ALL, "a", seed=2)):
        assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_absent_bands_stay_absent(kind):
    image = land(64, 64)
    image[3] = 0
    for name in "abcd":
        damaged, _ = corrupt(kind, image, (True, True, True, False), name)
        assert not damaged[3].any()


def test_noise_has_its_standard_deviation_in_every_band():
    image = land(256, 256)
    damaged, region = corrupt("noise", image, ALL, "a")
    for change in (damaged - image)[:, region]:
        assert change.std() == pytest.approx(0.1, rel=0.05)
        assert change.mean() == pytest.approx(0, abs=0.01)


def test_every_fourth_column_is_dead_in_one_band():
    image = land(64, 64)
    damaged, region = corrupt("dead columns", image, ALL, "a")
    columns = np.flatnonzero(region.any(0))
    dead = (damaged[:, region].reshape(4, -1, len(columns)) == 0).all(1)
    assert (dead.sum(0) == (np.arange(len(columns)) % 4 == 0)).all()
    assert len(set(dead.argmax(0)[::4])) > 1, "not always the same band"


def test_one_band_moves_by_four_pixels():
    image = land(64, 64)
    damaged, region = corrupt("band misregistration", image, ALL, "a")
    rows, columns = region.any(1), region.any(0)
    (moved,) = np.flatnonzero((damaged != image).any((1, 2)))
    before, after = (array[moved][np.ix_(rows, columns)] for array in (image, damaged))
    assert any(
        np.array_equal(after, np.roll(before, (dy, dx), (0, 1))) for dy in (-4, 4) for dx in (-4, 4)
    )
