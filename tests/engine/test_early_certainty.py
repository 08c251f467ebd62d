"""The first look at a quarter of the resolution: what it settles, and that the rest is untouched."""

import json

import numpy as np
import pytest
import torch
from stand_ins import BrightnessModel, predict_array

from cloudmamba.cli import main
from cloudmamba.detection import early_certainty

TILES = {"tile_px": 128, "overlap_px": 0}


def scene():
    """(4, 128, 384): a tile of clear ground, one with a cloud, one under cloud."""
    image = np.full((4, 128, 384), 0.02, np.float32)
    image[:, 40:90, 170:220] = 0.9
    image[:, :, 256:] = 0.98
    return image


def predict(image, **options):
    network = BrightnessModel()
    valid = np.ones(image.shape[1:], bool)
    found = predict_array(network, image, valid, [True] * 4, **TILES, **options)
    return found, [tuple(seen.shape[-2:]) for seen in network.images_seen]


def test_only_what_is_not_sure_is_computed_in_full():
    _, sizes = predict(scene(), look_first=True)
    assert sorted(sizes) == [(32, 32)] * 3 + [(128, 128)]
    _, sizes = predict(scene())
    assert sizes == [(128, 128)] * 3


def test_the_rest_has_the_same_bits():
    with_look, _ = predict(scene(), look_first=True)
    without, _ = predict(scene())
    middle = np.s_[:, 130:254]
    assert np.array_equal(with_look.probability[middle], without.probability[middle])
    assert np.array_equal(with_look.mask, without.mask)
    assert np.allclose(with_look.probability, without.probability, atol=0.01)


def test_several_tiles_at_a_time_give_the_same():
    one, _ = predict(scene(), look_first=True)
    several, sizes = predict(scene(), look_first=True, batch_size=3)
    assert np.array_equal(one.probability, several.probability)
    assert sizes == [(32, 32), (128, 128)]


def test_small_tiles_are_computed_as_always():
    image = scene()[:, :100, :100]
    _, sizes = predict(image, look_first=True)
    assert sizes == [image.shape[1:]]


@pytest.mark.parametrize(
    ("lowest", "highest", "settled"),
    [(0.0, 0.05, True), (0.0, 0.06, False), (0.95, 1.0, True), (0.94, 1.0, False), (0, 1, False)],
)
def test_a_single_doubtful_pixel_keeps_a_tile_open(lowest, highest, settled):
    probability = torch.full((1, 1, 8, 8), float(lowest))
    probability[0, 0, 3, 3] = highest
    assert early_certainty.is_settled(probability).tolist() == [settled]


def test_odd_sizes_come_back_to_their_size():
    image = torch.rand(1, 4, 131, 203)
    small = early_certainty.reduced(image)
    assert small.shape == (1, 4, 33, 51)
    assert early_certainty.enlarged(small[:, :1], image.shape[-2:]).shape == (1, 1, 131, 203)


def test_command_says_what_was_settled(tmp_path, capsys):
    from rasterio import open as open_raster
    from rasterio.transform import from_origin

    path, mask = tmp_path / "sea.tif", tmp_path / "mask.tif"
    sea = np.zeros((4, 256, 256), np.uint16)
    sea[:] = np.array([700, 500, 300, 150])[:, None, None]
    sea += np.random.default_rng(0).integers(0, 20, sea.shape).astype(np.uint16)
    shape = {"count": 4, "height": 256, "width": 256, "dtype": "uint16", "crs": "EPSG:32632"}
    with open_raster(path, "w", transform=from_origin(0, 0, 10, 10), **shape) as target:
        target.write(sea)
    command = ["detect", str(path), "--mask", str(mask), "--bands", "1,2,3,4", "--json"]
    command += ["--radiometry", "scale:0.0001", "--look-first"]
    assert main(command) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["tiles"], summary["tiles_settled"]) == (1, 1)
    assert summary["cloud_percent"] == 0
    with open_raster(mask) as source:
        assert source.tags()["LOOKED_FIRST"] == "yes"
