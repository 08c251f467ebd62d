"""How far bad pixels reach: nowhere for a masker that looks at each pixel alone."""

import numpy as np
import pytest

from cloudmamba.evaluation.disturbance import DISTURBANCES, PLACES, reach_of

IMAGE = np.random.default_rng(0).uniform(0.1, 0.9, (4, 100, 120)).astype(np.float32)
VALID = np.ones((100, 120), bool)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", DISTURBANCES)
def test_a_masker_of_single_pixels_is_disturbed_nowhere_else(kind, place):
    reach = reach_of(lambda image, valid: image.mean(0) > 0.5, IMAGE, VALID, kind, place)
    assert reach.changed_share == 0
    assert reach.disturbed_share == pytest.approx(0.02, abs=0.005)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", DISTURBANCES)
def test_a_masker_of_the_whole_image_is_disturbed_everywhere(kind, place):
    before = IMAGE.copy()

    def mask_of(image, valid):
        return np.full(valid.shape, (image != before).any())

    assert reach_of(mask_of, IMAGE, VALID, kind, place).changed_share == 1
    assert (before == IMAGE).all()


def test_the_same_name_disturbs_the_same_pixels():
    seen = []
    for name in ("a", "a", "b"):
        reach_of(
            lambda image, valid: seen.append(image) or valid, IMAGE, VALID, "black", "pixels", name
        )
    first, again, other = seen[1::2]
    assert (first == again).all() and (first != other).any()
