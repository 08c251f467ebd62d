"""A real QGIS with the plugin, and the real engine with a tiny, untrained model."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]

MAKE_TINY_MODEL = """
import sys, torch
from cloudmamba.model_files import save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba

torch.manual_seed(2)
model = CloudMamba(ModelConfiguration(widths=(4, 8), state_size=1))
# Untrained logits are all alike; stretched and centred they give clear, cloud and doubt.
with torch.no_grad():
    image = torch.rand(1, 4, 64, 64)
    logits = model.eval()(image, refine=False).coarse_logits
    model.head.weight *= 2 / logits.std()
    model.head.bias.copy_((model.head.bias - logits.mean()) * 2 / logits.std())
save_model(
    model,
    sys.argv[1],
    {"name": "tiny", "version": "0", "trained_on": "nothing", "licence": "none"},
)
"""


def pytest_configure(config):
    """Share one QGIS with the tests in ``tests/qgis``."""
    config.pluginmanager.import_plugin("qgis_fixtures")


@pytest.fixture(scope="session")
def engine():
    """Python of the engine."""
    python = os.environ.get("CLOUDMAMBA_ENGINE", str(ROOT / ".venv" / "engine" / "bin" / "python"))
    if not Path(python).is_file():
        pytest.fail(f"The engine {python} does not exist: 'make test' sets it up.")
    os.environ["CLOUDMAMBA_ENGINE"] = python
    # Two small jobs side by side are not faster with all cores each.
    os.environ["OMP_NUM_THREADS"] = "1"
    return python


@pytest.fixture(scope="session")
def tiny_model(engine, tmp_path_factory):
    """Weights that cost next to nothing to run."""
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    subprocess.run([engine, "-c", MAKE_TINY_MODEL, str(path)], check=True)
    return path


@pytest.fixture
def make_image(tmp_path):
    """Writes a scene of invented land and clouds, as reflectance times 10000."""

    def make(name="scene.tif", width=150, height=110, geotransform=None, epsg=32633, no_data=False):
        from osgeo import gdal, osr

        path = tmp_path / "image folder ü" / name
        path.parent.mkdir(exist_ok=True)
        rows, columns = np.mgrid[:height, :width]
        waves = np.sin(columns / 9) * np.cos(rows / 7)
        cloud = np.clip(3 * waves - 1, 0, 1)
        generator = np.random.default_rng(1)
        options = ["TILED=YES"]
        driver = gdal.GetDriverByName("GTiff")
        dataset = driver.Create(str(path), width, height, 4, gdal.GDT_UInt16, options)
        if geotransform is None:
            geotransform = (500000, 10, 0, 5000000, 0, -10)
        if geotransform:
            dataset.SetGeoTransform(geotransform)
        if epsg:
            system = osr.SpatialReference()
            system.ImportFromEPSG(epsg)
            dataset.SetProjection(system.ExportToWkt())
        for number, (colour, land) in enumerate(
            (("blue", 500), ("green", 700), ("red", 600), ("nir", 2800)), start=1
        ):
            noise = generator.normal(0, 60, (height, width))
            values = land * (1 - cloud) + 7500 * cloud + noise
            values = np.clip(values, 50, 12000).astype(np.uint16)
            if no_data:
                values[:, : width // 5] = 0
            band = dataset.GetRasterBand(number)
            if no_data:
                band.SetNoDataValue(0)
            band.SetDescription(colour)
            band.WriteArray(values)
        del band, dataset
        return path

    return make
