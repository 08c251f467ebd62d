"""The real engine on layers of all kinds, and for two windows at once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from file_server import FileServer
from processing_helpers import run


@pytest.fixture(autouse=True)
def _loaded(plugin, engine):
    """The plugin is loaded and there is an engine."""


def read(path):
    from osgeo import gdal

    return gdal.Open(str(path)).ReadAsArray()


def detect(source, model, mask, bands="1,2,3,4", radiometry="sentinel2"):
    """Detect clouds in a layer of that source; returns the probability, which tells more."""
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(str(source), "layer")
    assert layer.isValid()
    probability = mask.with_name(f"probability_of_{mask.name}")
    parameters = {"BANDS": bands, "RADIOMETRY": radiometry, "MODEL": str(model)}
    run({"INPUT": layer, "OUTPUT": str(mask), "PROBABILITY": str(probability), **parameters})
    return read(probability)


@pytest.fixture
def sources(make_image, tmp_path):
    """The same scene as a file, through a server, in an archive, in a virtual raster."""
    import zipfile

    from osgeo import gdal

    image = make_image()
    archive = tmp_path / "images.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.write(image, "image.tif")
    bands = [str(tmp_path / f"B{number}.tif") for number in range(1, 5)]
    for number, path in enumerate(bands, start=1):
        gdal.Translate(path, str(image), bandList=[number])
    stack = tmp_path / "stack.vrt"
    gdal.BuildVRT(str(stack), bands, separate=True).FlushCache()
    with FileServer(image.parent) as server:
        yield {
            "file": image,
            "remote": f"/vsicurl/{server.url}/{image.name}",
            "archive": f"/vsizip/{archive}/image.tif",
            "virtual": stack,
        }


def test_the_same_from_everywhere(sources, tiny_model, tmp_path):
    found = {
        name: detect(source, tiny_model, tmp_path / f"{name}_mask.tif")
        for name, source in sources.items()
    }
    assert found["file"].std() > 0
    for name, probability in found.items():
        np.testing.assert_array_equal(probability, found["file"], err_msg=name)


def test_a_raster_of_a_geopackage(make_image, tiny_model, tmp_path):
    """Eight bits are all that a GeoPackage holds of several bands: the same picture as a file."""
    from osgeo import gdal

    picture, package = tmp_path / "picture.tif", tmp_path / "images.gpkg"
    gdal.Translate(
        str(picture), str(make_image()), outputType=gdal.GDT_Byte, scaleParams=[[0, 10000, 0, 255]]
    )
    for table in ("one", "two"):
        options = [f"RASTER_TABLE={table}", "APPEND_SUBDATASET=YES", "TILE_FORMAT=PNG"]
        gdal.Translate(str(package), str(picture), format="GPKG", creationOptions=options)
    found = [
        detect(source, tiny_model, tmp_path / f"mask_{number}.tif", "1,2,3", "picture")
        for number, source in enumerate((picture, f"GPKG:{package}:two"))
    ]
    assert found[0].std() > 0
    np.testing.assert_array_equal(*found)


def test_two_windows_at_once(make_image, tiny_model, tmp_path):
    """Two engines side by side on one device: what both find is what one alone finds."""
    from cloudmamba_qgis.engine_client.locate import find_engine
    from cloudmamba_qgis.engine_client.process import Patience
    from cloudmamba_qgis.engine_client.session import EngineSession

    class Listener:
        def is_cancelled(self):
            return False

        def progress(self, done, total, message):
            pass

        def log(self, level, message):
            pass

    images = [make_image(f"{name}.tif", width, 700) for name, width in (("a", 700), ("b", 900))]
    alone = [detect(image, tiny_model, tmp_path / f"alone_{image.stem}.tif") for image in images]
    windows = [EngineSession(Patience()) for _ in images]
    found = [tmp_path / f"together_{image.stem}.tif" for image in images]

    def run_in(window, image, probability):
        mask = probability.with_name(f"mask_of_{probability.name}")
        request = {
            "input_path": str(image), "mask_path": str(mask), "model": str(tiny_model),
            "probability_path": str(probability), "bands": "1,2,3,4", "radiometry": "sentinel2",
        }  # fmt: skip
        return window.detect(find_engine(), request, Listener())

    with ThreadPoolExecutor(2) as pool:
        outcomes = [pool.submit(run_in, *these) for these in zip(windows, images, found)]
        for outcome in outcomes:
            outcome.result()
    for window in windows:
        window.stop_and_wait()
    for path, expected in zip(found, alone):
        np.testing.assert_array_equal(read(path), expected)
