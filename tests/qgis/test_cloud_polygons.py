"""Cloud polygons, in QGIS."""

import numpy as np
import pytest
from processing_helpers import Feedback, names, run_algorithm
from raster_files import write_raster
from vector_files import features


@pytest.fixture(autouse=True)
def _loaded(plugin):
    """The plugin's algorithms are there."""


@pytest.fixture
def values():
    values = np.zeros((30, 40), np.uint8)
    values[5:8, 10:14] = 1  # 12 pixels
    values[6, 11] = 0  # with a hole
    values[20, 20] = values[21, 21] = 1  # touch at a corner
    values[:, 39] = 255
    return values


def test_areas_and_uncertainty(tmp_path, values):
    uncertainty = np.full((30, 40), np.nan, np.float32)
    uncertainty[values == 1] = 0.2
    uncertainty[5, 10] = 0.9
    output = tmp_path / "clouds.gpkg"
    found = run_algorithm(
        "cloudpolygons",
        {
            "INPUT": write_raster(tmp_path / "mask.tif", values, 255),
            "UNCERTAINTY": write_raster(tmp_path / "u.tif", uncertainty, float("nan")),
            "OUTPUT": str(output),
        },
    )
    clouds = sorted(features(found["OUTPUT"]), key=lambda cloud: -cloud[1].area())
    assert [geometry.area() for _, geometry in clouds] == [1100, 100, 100]
    assert all(geometry.isGeosValid() for _, geometry in clouds)
    largest, single, _ = (attributes for attributes, _ in clouds)
    # UTM shrinks lengths on its central meridian by 0.9996.
    assert largest["area_m2"] == pytest.approx(1100 / 0.9996**2, rel=1e-5)
    assert largest["uncertainty_mean"] == pytest.approx((10 * 0.2 + 0.9) / 11)
    assert largest["uncertainty_max"] == pytest.approx(0.9)
    assert single["uncertainty_mean"] == pytest.approx(0.2)
    assert found["COUNT"] == 3
    assert found["AREA_M2"] == pytest.approx(1300 / 0.9996**2, rel=1e-5)


def test_polygons_lie_where_the_user_has_put_the_mask(tmp_path, values):
    from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer, QgsVectorLayer

    layers = {
        "INPUT": QgsRasterLayer(write_raster(tmp_path / "mask.tif", values, 255)),
        "UNCERTAINTY": QgsRasterLayer(
            write_raster(tmp_path / "u.tif", np.full((30, 40), 0.2, np.float32))
        ),
    }
    for layer in layers.values():
        layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32634"))
    found = run_algorithm("cloudpolygons", {**layers, "OUTPUT": str(tmp_path / "clouds.gpkg")})
    assert QgsVectorLayer(found["OUTPUT"]).crs().authid() == "EPSG:32634"
    means = [attributes["uncertainty_mean"] for attributes, _ in features(found["OUTPUT"])]
    assert means == pytest.approx([0.2] * 3)


def test_without_uncertainty_and_crs(tmp_path, values):
    feedback = Feedback()
    mask = write_raster(tmp_path / "mask.tif", values, epsg=None)
    found = run_algorithm("cloudpolygons", {"INPUT": mask, "OUTPUT": "TEMPORARY_OUTPUT"}, feedback)
    clouds = features(found["OUTPUT"])
    assert len(clouds) == 3
    for attributes, _ in clouds:
        assert "uncertainty_mean" not in attributes
        assert not attributes["area_m2"]
    assert any("no CRS" in text for text in feedback.warnings)


def test_what_is_no_mask_or_no_uncertainty_is_refused(tmp_path, values):
    from qgis.core import QgsProcessingException

    mask = write_raster(tmp_path / "mask.tif", values, 255)
    percent = write_raster(tmp_path / "u.tif", np.full((30, 40), 20, np.float32))
    output = tmp_path / "clouds.gpkg"
    for given, sentence in (
        ({"INPUT": percent}, "values other than 0"),
        ({"INPUT": mask, "UNCERTAINTY": percent}, "go from 20 to 20, and a probability or unc"),
    ):
        with pytest.raises(QgsProcessingException, match=sentence):
            run_algorithm("cloudpolygons", {**given, "OUTPUT": str(output)})
    assert not output.exists()


def test_a_clear_mask_gives_an_empty_layer(tmp_path):
    mask = write_raster(tmp_path / "mask.tif", np.zeros((9, 9), np.uint8), 255)
    found = run_algorithm("cloudpolygons", {"INPUT": mask, "OUTPUT": "TEMPORARY_OUTPUT"})
    assert features(found["OUTPUT"]) == []
    assert (found["COUNT"], found["AREA_M2"]) == (0, 0)


def test_a_cancelled_run_leaves_the_file_of_before(tmp_path, values):
    from qgis.core import QgsProcessingException

    folder = tmp_path / "results"
    folder.mkdir()
    old = folder / "clouds.gpkg"
    old.write_bytes(b"of yesterday")
    mask = write_raster(tmp_path / "mask.tif", values, 255)
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        run_algorithm("cloudpolygons", {"INPUT": mask, "OUTPUT": str(old)}, Feedback(cancel_at=1))
    assert names(folder) == ["clouds.gpkg"] and old.read_bytes() == b"of yesterday"


@pytest.mark.parametrize(("wanted", "classes"), [(True, {"cloud", "shadow"}), (False, {"cloud"})])
def test_cloud_shadow_has_polygons_of_its_own(tmp_path, values, wanted, classes):
    values[8:10, 10:14] = 2  # touches a cloud
    mask = write_raster(tmp_path / "mask.tif", values, 255)
    found = run_algorithm(
        "cloudpolygons", {"INPUT": mask, "SHADOW": wanted, "OUTPUT": "TEMPORARY_OUTPUT"}
    )
    polygons = features(found["OUTPUT"])
    assert {attributes["class"] for attributes, _ in polygons} == classes
    shadow = [
        geometry.area() for attributes, geometry in polygons if attributes["class"] == "shadow"
    ]
    assert shadow == [800] * wanted
    assert found["COUNT"] == 3
    assert found["AREA_M2"] == pytest.approx(1300 / 0.9996**2, rel=1e-5)
