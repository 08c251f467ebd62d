"""Filling of no data: valid pixels stay, holes continue their surroundings."""

import numpy as np
import pytest

from cloudmamba.detection.filling import fill_invalid


def test_complete_image_is_returned_as_it_is():
    image = np.random.default_rng(0).random((4, 9, 7), np.float32)
    assert fill_invalid(image, np.ones((9, 7), bool)) is image


@pytest.mark.parametrize("shape", [(64, 64), (33, 50), (1, 40), (40, 1), (2, 2)])
def test_valid_pixels_stay_and_all_is_finite(shape):
    rng = np.random.default_rng(0)
    image = rng.random((4, *shape), np.float32)
    valid = rng.random(shape) < 0.4
    valid.flat[0] = True
    broken = np.where(valid, image, np.nan)
    filled = fill_invalid(broken, valid)
    assert np.array_equal(filled[:, valid], image[:, valid])
    assert np.isfinite(filled).all()
    assert filled.min() >= image[:, valid].min() and filled.max() <= image[:, valid].max()


def test_uniform_surroundings_give_a_uniform_image():
    valid = np.ones((64, 48), bool)
    valid[5:60, 3:40] = False
    image = np.where(valid, np.array([0.1, 0.2, 0.3, 0.4], np.float32)[:, None, None], -9999)
    filled = fill_invalid(image.astype(np.float32), valid)
    assert filled == pytest.approx(np.full_like(filled, 1) * filled[:, :1, :1], abs=1e-6)


def test_hole_takes_after_its_nearest_surroundings():
    image = np.zeros((1, 64, 64), np.float32)
    image[:, :, 32:] = 1
    valid = np.ones((64, 64), bool)
    valid[20:24, 4:8] = valid[20:24, 56:60] = False
    filled = fill_invalid(np.where(valid, image, 7).astype(np.float32), valid)
    assert np.array_equal(filled, image)
