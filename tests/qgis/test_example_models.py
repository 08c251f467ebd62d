"""The models that come with the plugin, with the fake engine."""

import numpy as np
import pytest
from processing_helpers import run_algorithm
from raster_files import read_raster
from vector_files import features


@pytest.fixture
def model(fake_engine):
    """The models by name, as the provider offers them."""
    from qgis.core import QgsApplication

    def find(name):
        found = QgsApplication.processingRegistry().algorithmById(f"cloudmamba:{name}")
        assert found is not None
        return found

    return find


@pytest.mark.parametrize("name", ["detectandcutout", "detectaspolygons", "foldertocomposite"])
def test_every_model_is_complete(model, name):
    from qgis.core import QgsProcessingModelAlgorithm

    found = model(name)
    assert isinstance(found, QgsProcessingModelAlgorithm)
    assert found.validate() == (True, [])
    assert found.displayName() and found.group() == "Example models"
    inputs = [d.name() for d in found.parameterDefinitions() if not d.isDestination()]
    assert inputs[0] in ("image", "folder") and inputs[1:3] == ["bands", "radiometry"]
    destinations = [d for d in found.parameterDefinitions() if d.isDestination()]
    assert destinations, "its outputs are known as soon as it is registered"


def test_detect_and_cut_out(model, image, tmp_path):
    mask_name, clear_name = (
        output(model("detectandcutout"), label) for label in ("Cloud mask", "Image without clouds")
    )
    mask, clear = tmp_path / "mask.tif", tmp_path / "clear.tif"
    found = run_algorithm(
        "detectandcutout",
        {
            "image": str(image),
            "radiometry": "picture",
            mask_name: str(mask),
            clear_name: str(clear),
        },
    )
    assert (found[mask_name], found[clear_name]) == (str(mask), str(clear))
    assert (read_raster(mask) == 1).all()
    # The fake engine calls all of it cloud.
    assert (read_raster(clear) == 0).all() and read_raster(clear).shape == (4, 30, 40)


def test_detect_as_polygons(model, image, tmp_path):
    name = output(model("detectaspolygons"), "Clouds")
    found = run_algorithm(
        "detectaspolygons",
        {"image": str(image), "radiometry": "picture", name: str(tmp_path / "clouds.gpkg")},
    )
    [(attributes, geometry)] = features(found[name])
    assert geometry.area() == 40 * 30 * 100
    assert attributes["uncertainty_mean"] == pytest.approx(0.25)


def test_folder_to_composite(model, image, tmp_path):
    from osgeo import gdal

    gdal.Translate(str(image.with_name("b.tif")), str(image))
    composite, scene = (
        output(model("foldertocomposite"), label)
        for label in ("Clear-sky composite", "Scene of each pixel")
    )
    run_algorithm(
        "foldertocomposite",
        {
            "folder": str(image.parent),
            "radiometry": "picture",
            composite: str(tmp_path / "composite.tif"),
            scene: str(tmp_path / "scene.tif"),
        },
    )
    np.testing.assert_array_equal(read_raster(tmp_path / "composite.tif"), read_raster(image))
    assert (read_raster(tmp_path / "scene.tif")[0] == 1).all()


def output(model, label):
    """The name that QGIS has given to an output of a model."""
    [name] = [
        definition.name()
        for definition in model.parameterDefinitions()
        if definition.isDestination() and definition.description() == label
    ]
    return name
