"""Detection from file to file on this processor, whichever it is, in every precision."""

import json

import numpy as np
import pytest
import rasterio

from cloudmamba.cli import main
from cloudmamba.commands.environment import PRECISION_VARIABLE
from cloudmamba.training.synthesis.clouds import add_clouds
from cloudmamba.training.synthesis.ground import make_ground

SIZE_PX = 192
GSD_M = 10


@pytest.fixture
def scene(write_raster):
    """Reflectance of procedural ground under synthetic clouds."""
    ground = make_ground(np.random.default_rng(4), SIZE_PX)
    image, _ = add_clouds(np.random.default_rng(104), ground, GSD_M)
    return write_raster(image.astype(np.float32))


def test_both_precisions_find_the_same_clouds(scene, tmp_path, monkeypatch, capsys):
    masks, uncertainties = [], []
    for precision in ("float32", "bfloat16"):
        monkeypatch.setenv(PRECISION_VARIABLE, precision)
        mask, uncertainty = (tmp_path / f"{kind}_{precision}.tif" for kind in ("mask", "u"))
        outputs = ["--mask", str(mask), "--uncertainty", str(uncertainty)]
        options = ["--radiometry", "reflectance", "--device", "cpu", "--json"]
        assert main(["detect", str(scene), *outputs, *options]) == 0
        summary = json.loads(capsys.readouterr().out)
        assert 5 < summary["cloud_percent"] < 95
        with rasterio.open(mask) as dataset:
            masks.append(dataset.read(1))
        with rasterio.open(uncertainty) as dataset:
            uncertainties.append(dataset.read(1))
    assert np.isfinite(uncertainties).all()
    assert (masks[0] != masks[1]).mean() < 0.01
    assert np.abs(uncertainties[0] - uncertainties[1]).mean() < 0.01
