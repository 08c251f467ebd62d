"""How a raster would be read, told without reading it so."""

import json
import subprocess
import sys

import numpy as np
import pytest
import rasterio

from cloudmamba.cli import main


@pytest.fixture
def raster(tmp_path):
    def write(values, descriptions=()):
        path = tmp_path / "scene.tif"
        bands, height, width = values.shape
        with rasterio.open(
            path, "w", driver="GTiff", width=width, height=height, count=bands, dtype=values.dtype
        ) as file:
            file.write(values)
            file.descriptions = descriptions or (None,) * bands
        return str(path)

    return write


def land(bands):
    values = np.random.default_rng(0).normal(1200, 300, (bands, 64, 64)).clip(1)
    return values.astype(np.uint16)


def described(capsys, path, status=0):
    assert main(["describe", "--json", path]) == status
    return json.loads(capsys.readouterr().out)


def test_bands_and_radiometry_are_told_with_reasons(raster, capsys):
    path = raster(land(4), ("red", "green", "blue", "nir"))
    facts = described(capsys, path)
    bands = facts["bands"]
    assert [bands[role] for role in ("blue", "green", "red", "nir")] == [3, 2, 1, 4]
    assert bands["confidence"] == "certain" and "descriptions" in bands["reason"]
    assert facts["radiometry"]["name"] == "sentinel2" and facts["radiometry"]["reason"]
    assert facts["problem"] == ""
    assert main(["describe", path]) == 0
    assert "bands blue 3, green 2, red 1, nir 4 (certain" in capsys.readouterr().out


def test_what_cannot_be_read_is_a_sentence(raster, capsys, tmp_path):
    facts = described(capsys, raster(land(1)), 3)
    assert facts["bands"] is None and facts["problem"].endswith(".")
    values = np.full((4, 64, 64), -3e8, np.float32)
    values[:, ::2] = 2e9
    facts = described(capsys, raster(values, ("blue", "green", "red", "nir")), 3)
    assert facts["bands"]["blue"] == 1 and facts["radiometry"] is None
    assert facts["problem"].endswith(".")
    assert "nowhere.tif" in described(capsys, str(tmp_path / "nowhere.tif"), 3)["problem"]


def test_a_script_can_tell_that_it_failed(raster, capsys):
    assert main(["describe", raster(land(1))]) == 3
    printed = capsys.readouterr()
    assert printed.out == "" and "has only 1 image band" in printed.err


def test_pytorch_is_not_loaded(raster):
    """Its import would make the answer ten times as slow."""
    code = "import sys; from cloudmamba.cli import main; main(sys.argv[1:]); print(*sys.modules)"
    arguments = [sys.executable, "-c", code, "describe", raster(land(4))]
    modules = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    assert "cloudmamba.raster.bands" in modules.split() and "torch" not in modules.split()
