"""Cloud statistics, in QGIS."""

import math

import numpy as np
import pytest
from processing_helpers import run_algorithm
from raster_files import UTM, write_raster
from vector_files import features, zones_layer


@pytest.fixture(autouse=True)
def _loaded(plugin):
    """The plugin's algorithms are there."""


@pytest.fixture
def values():
    values = np.zeros((30, 40), np.uint8)
    values[:10, :10] = 1
    values[:10, 5:10] = 255
    return values


def rectangle(left, top, columns, rows):
    """Of pixels of the raster, as WKT."""
    x, y = UTM[0] + 10 * left, UTM[3] - 10 * top
    right, bottom = x + 10 * columns, y - 10 * rows
    return f"Polygon(({x} {y}, {right} {y}, {right} {bottom}, {x} {bottom}, {x} {y}))"


@pytest.mark.parametrize("declared", [255, None])
def test_each_zone(tmp_path, values, declared):
    uncertainty = np.full((30, 40), 0.5, np.float32)
    uncertainty[:10, :5] = 0.1
    zones = zones_layer(
        rectangle(0, 0, 10, 10),
        rectangle(0, 5, 5, 10),
        rectangle(5, 0, 5, 10),
        rectangle(-10, 20, 20, 10),
    )
    found = run_algorithm(
        "cloudstatistics",
        {
            "INPUT": write_raster(tmp_path / "mask.tif", values, declared),
            "ZONES": zones,
            "UNCERTAINTY": write_raster(tmp_path / "u.tif", uncertainty),
            "OUTPUT": str(tmp_path / "statistics.gpkg"),
        },
    )
    mixed, half, empty, outside = (attributes for attributes, _ in features(found["OUTPUT"]))
    assert mixed["name"] == "zone 1"
    assert mixed["cloud_percent"] == "mine", "fields of the zones are kept"
    assert (mixed["valid_pixels"], mixed["cloud_pixels"]) == (50, 50)
    assert mixed["cloud_percent_2"] == 100
    assert mixed["valid_percent"] == pytest.approx(50)
    assert mixed["uncertainty_mean"] == pytest.approx(0.3)
    assert half["cloud_percent_2"] == 50 and half["valid_percent"] == pytest.approx(100)
    assert empty["valid_pixels"] == 0 and not empty["cloud_percent_2"]
    assert outside["cloud_percent_2"] == 0 and outside["valid_percent"] == pytest.approx(50)
    assert found["CLOUD_PERCENT"] == pytest.approx(100 * 50 / 1150)
    assert found["VALID_PERCENT"] == pytest.approx(100 * 1150 / 1200)


def test_the_whole_raster_is_one_zone(tmp_path, values):
    mask = write_raster(tmp_path / "mask.tif", values, 255)
    found = run_algorithm("cloudstatistics", {"INPUT": mask, "OUTPUT": "TEMPORARY_OUTPUT"})
    [(attributes, geometry)] = features(found["OUTPUT"])
    assert attributes["cloud_percent"] == pytest.approx(found["CLOUD_PERCENT"])
    assert attributes["valid_pixels"] == 1150
    assert geometry.area() == 40 * 30 * 100


def test_zones_in_another_crs(tmp_path, values):
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsCoordinateTransform,
        QgsGeometry,
        QgsProject,
    )

    zone = QgsGeometry.fromWkt(rectangle(0, 5, 5, 10))
    utm, degrees = map(QgsCoordinateReferenceSystem, ("EPSG:32633", "EPSG:4326"))
    zone.transform(QgsCoordinateTransform(utm, degrees, QgsProject.instance()))
    mask = write_raster(tmp_path / "mask.tif", values, 255)
    found = run_algorithm(
        "cloudstatistics",
        {
            "INPUT": mask,
            "ZONES": zones_layer(zone.asWkt(12), crs="EPSG:4326"),
            "OUTPUT": str(tmp_path / "statistics.gpkg"),
        },
    )
    [(attributes, geometry)] = features(found["OUTPUT"])
    assert attributes["valid_pixels"] == 50 and attributes["cloud_percent_2"] == 50
    assert attributes["valid_percent"] == pytest.approx(100, abs=0.1)
    assert geometry.boundingBox().xMaximum() < 180


def test_only_selected_zones(tmp_path, values):
    from qgis.core import QgsProcessingContext, QgsProcessingFeatureSourceDefinition, QgsProject

    zones = zones_layer(rectangle(0, 0, 5, 5), rectangle(20, 20, 5, 5))
    project = QgsProject()
    project.addMapLayer(zones)
    zones.selectByExpression("name = 'zone 2'")
    context = QgsProcessingContext()
    context.setProject(project)
    found = run_algorithm(
        "cloudstatistics",
        {
            "INPUT": write_raster(tmp_path / "mask.tif", values, 255),
            "ZONES": QgsProcessingFeatureSourceDefinition(zones.id(), selectedFeaturesOnly=True),
            "OUTPUT": str(tmp_path / "statistics.gpkg"),
        },
        context=context,
    )
    assert [attributes["name"] for attributes, _ in features(found["OUTPUT"])] == ["zone 2"]


def test_what_is_no_mask_is_refused(tmp_path, values):
    from qgis.core import QgsProcessingException

    values[3, 3] = 7
    mask = write_raster(tmp_path / "mask.tif", values, 255)
    with pytest.raises(QgsProcessingException, match="values other than 0"):
        run_algorithm("cloudstatistics", {"INPUT": mask, "OUTPUT": "TEMPORARY_OUTPUT"})


def test_an_uncertainty_in_percent_is_refused(tmp_path, values):
    from qgis.core import QgsProcessingException

    given = {
        "INPUT": write_raster(tmp_path / "m.tif", values, 255),
        "UNCERTAINTY": write_raster(tmp_path / "u.tif", np.full((30, 40), 20, np.uint8)),
        "OUTPUT": "memory:",
    }
    with pytest.raises(QgsProcessingException, match="go from 20 to 20, and a probability or unc"):
        run_algorithm("cloudstatistics", given)


def test_cloud_shadow_is_counted_by_itself(tmp_path, values):
    values[10:20, :5] = 2
    found = run_algorithm(
        "cloudstatistics",
        {
            "INPUT": write_raster(tmp_path / "mask.tif", values, 255),
            "ZONES": zones_layer(rectangle(0, 5, 5, 20)),
            "OUTPUT": str(tmp_path / "statistics.gpkg"),
        },
    )
    [(attributes, _)] = features(found["OUTPUT"])
    assert attributes["cloud_percent_2"] == 25 and attributes["shadow_percent"] == 50
    assert (attributes["valid_pixels"], attributes["shadow_pixels"]) == (100, 50)
    assert found["SHADOW_PERCENT"] == pytest.approx(100 * 50 / 1150)


def test_a_zone_smaller_than_a_pixel_has_parts_of_pixels(tmp_path, values):
    """Between the middles of four pixels, of which the two to the left are cloud."""
    values[0:10, 0:5] = 1
    values[0:10, 5:10] = 0
    zone = rectangle(4.6, 4.6, 0.8, 0.8)
    found = run_algorithm(
        "cloudstatistics",
        {
            "INPUT": write_raster(tmp_path / "mask.tif", values, 255),
            "ZONES": zones_layer(zone),
            "OUTPUT": str(tmp_path / "statistics.gpkg"),
        },
    )
    [(attributes, _)] = features(found["OUTPUT"])
    assert attributes["cloud_percent_2"] == pytest.approx(50)
    assert attributes["valid_pixels"] == pytest.approx(0.64, abs=0.1)


def test_a_circle_has_pixels(tmp_path, values):
    """QGIS draws circles as curves."""
    x, y = UTM[0] + 200, UTM[3] - 200
    circle = f"CurvePolygon(CircularString({x - 80} {y}, {x} {y + 80}, {x + 80} {y}, {x} {y - 80}, {x - 80} {y}))"
    mask = write_raster(tmp_path / "mask.tif", values, 255)
    zones = zones_layer(circle)
    found = run_algorithm("cloudstatistics", {"INPUT": mask, "ZONES": zones, "OUTPUT": "memory:"})
    [(attributes, _)] = features(found["OUTPUT"])
    assert attributes["valid_pixels"] == pytest.approx(math.pi * 64, rel=0.05)


def test_a_zone_without_geometry_counts_nothing(tmp_path, values):
    from qgis.core import QgsFeature

    zones = zones_layer(rectangle(0, 0, 5, 10))
    nowhere = QgsFeature(zones.fields())
    nowhere.setAttribute("name", "nowhere")
    zones.dataProvider().addFeature(nowhere)
    mask = write_raster(tmp_path / "mask.tif", values, 255)
    found = run_algorithm("cloudstatistics", {"INPUT": mask, "ZONES": zones, "OUTPUT": "memory:"})
    by_name = {attributes["name"]: attributes for attributes, _ in features(found["OUTPUT"])}
    assert len(by_name) == 2 and by_name["nowhere"]["valid_pixels"] == 0


def test_what_was_there_stays_where_counting_fails(tmp_path, values, monkeypatch):
    from cloudmamba_qgis.algorithms import cloud_statistics
    from qgis.core import QgsProcessingException

    output = str(tmp_path / "statistics.gpkg")
    parameters = {"INPUT": write_raster(tmp_path / "mask.tif", values, 255), "OUTPUT": output}
    run_algorithm("cloudstatistics", parameters)

    def fail(*_):
        raise QgsProcessingException("no")

    monkeypatch.setattr(cloud_statistics, "count_classes", fail)
    with pytest.raises(QgsProcessingException):
        run_algorithm("cloudstatistics", parameters)
    assert len(features(output)) == 1


@pytest.mark.parametrize("size", [(1.8, 1.8), (2.8, 2.8), (5.8, 5.8), (10.8, 1.8), (25.0, 0.4)])
@pytest.mark.parametrize("declared", [255, None])
def test_a_small_clear_zone_is_wholly_valid(tmp_path, size, declared):
    """Whatever middles of pixels it happens to have."""
    mask = write_raster(tmp_path / "mask.tif", np.zeros((30, 40), np.uint8), declared)
    zones = zones_layer(rectangle(3.6, 3.6, *size), rectangle(-0.5 * size[0], 3.6, *size))
    found = run_algorithm("cloudstatistics", {"INPUT": mask, "ZONES": zones, "OUTPUT": "memory:"})
    whole, half = (attributes for attributes, _ in features(found["OUTPUT"]))
    assert whole["valid_percent"] == pytest.approx(100) and whole["cloud_percent_2"] == 0
    assert 30 < half["valid_percent"] < 70, "what lies beside the raster is not known"


def test_a_raster_counts_where_the_user_has_put_it(tmp_path, values):
    from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer

    corrected = QgsCoordinateReferenceSystem("EPSG:32634")
    zones = zones_layer(rectangle(0, 0, 5, 10))
    zones.setCrs(corrected)
    layers = {
        "INPUT": QgsRasterLayer(write_raster(tmp_path / "mask.tif", values, 255)),
        "UNCERTAINTY": QgsRasterLayer(
            write_raster(tmp_path / "u.tif", np.full((30, 40), 0.5, np.float32))
        ),
    }
    for layer in layers.values():
        assert layer.crs() != corrected
        layer.setCrs(corrected)
    found = run_algorithm(
        "cloudstatistics", {**layers, "ZONES": zones, "OUTPUT": str(tmp_path / "statistics.gpkg")}
    )
    [(attributes, _)] = features(found["OUTPUT"])
    assert (attributes["valid_pixels"], attributes["cloud_pixels"]) == (50, 50)
    assert attributes["uncertainty_mean"] == pytest.approx(0.5)
