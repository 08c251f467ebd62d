"""How far bad pixels reach: nowhere for a masker that looks at each pixel alone."""

import numpy as np
import pytest

from cloudmamba.evaluation.disturbance import DISTURBANCES, DISTURBED_SHARE, PLACES, Reach, reach_of

IMAGE = np.random.default_rng(0).uniform(0.1, 0.9, (4, 100, 120)).astype(np.float32)
VALID = np.ones((100, 120), bool)


def bright(image, valid):
    return image.mean(0) > 0.5


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", DISTURBANCES)
def test_a_masker_of_single_pixels_is_disturbed_nowhere_else(kind, place):
    reach = reach_of(bright, IMAGE, VALID, bright(IMAGE, VALID), kind, place)
    assert (reach.changed, reach.farthest_px) == (0, 0)
    disturbed = 1 if place == "one pixel" else DISTURBED_SHARE * VALID.size
    assert VALID.size - reach.pixels == pytest.approx(disturbed, rel=0.1)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", DISTURBANCES)
def test_a_masker_of_the_whole_image_is_disturbed_everywhere(kind, place):
    before = IMAGE.copy()

    def mask_of(image, valid):
        return np.full(valid.shape, (image != before).any())

    reach = reach_of(mask_of, IMAGE, VALID, mask_of(IMAGE, VALID), kind, place)
    assert reach.percent == 100
    assert (before == IMAGE).all()


@pytest.mark.parametrize("kind", DISTURBANCES)
def test_the_farthest_is_told_in_pixels(kind):
    before = IMAGE.copy()

    def seen_within_five(image, valid):
        found = np.zeros(valid.shape, bool)
        for row, column in zip(*np.nonzero((image != before).any(0)), strict=True):
            found[max(0, row - 5) : row + 6, max(0, column - 3) : column + 4] = True
        return found

    for place in ("one pixel", "block"):
        assert reach_of(seen_within_five, IMAGE, VALID, ~VALID, kind, place).farthest_px == 5


def test_images_are_pooled():
    assert Reach(10, 1, 3) + Reach(30, 0, 2) == Reach(40, 1, 3)
    assert Reach(40, 1, 3).percent == 2.5
    assert np.isnan(Reach().percent)


def test_the_same_name_disturbs_the_same_pixels():
    seen = []
    for name in ("a", "a", "b"):
        reach_of(
            lambda image, valid: seen.append(image) or valid,
            IMAGE,
            VALID,
            VALID,
            "black",
            "pixels",
            name,
        )
    first, again, other = seen
    assert (first == again).all() and (first != other).any()
