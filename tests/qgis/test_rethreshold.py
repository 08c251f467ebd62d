"""Adjust cloud mask, in QGIS."""

import re

import numpy as np
import pytest
from processing_helpers import Feedback, names, run_algorithm
from raster_files import read_raster, tag_raster, write_raster

NAN = float("nan")


@pytest.fixture(autouse=True)
def _loaded(plugin):
    """The plugin's algorithms are there."""


@pytest.fixture
def probability():
    values = np.random.default_rng(1).random((60, 80), np.float32)
    values[:, :4] = NAN
    return values


def rethreshold(tmp_path, values=None, feedback=None, **more):
    given = {"INPUT": write_raster(tmp_path / "p.tif", values, NAN)} if values is not None else {}
    output = str(tmp_path / "mask.tif")
    return run_algorithm("rethreshold", {**given, "OUTPUT": output, **more}, feedback)


def patches(where, corners):
    """Lists of (row, column) of connected pixels, found one by one."""
    left = {(int(row), int(column)) for row, column in np.argwhere(where)}
    while left:
        patch, todo = [], [left.pop()]
        while todo:
            row, column = todo.pop()
            patch.append((row, column))
            for dr in (-1, 0, 1):
                for dc in (-1, 0, 1):
                    near = (row + dr, column + dc)
                    if near in left and (corners or dr == 0 or dc == 0):
                        left.remove(near)
                        todo.append(near)
        yield patch


@pytest.mark.parametrize(("rows", "epsg"), [(30, 32633), (60, 32632)])
def test_a_shadow_of_another_grid_is_refused(tmp_path, probability, rows, epsg):
    from qgis.core import QgsProcessingException

    other = write_raster(tmp_path / "s.tif", probability[:rows], NAN, epsg=epsg)
    with pytest.raises(QgsProcessingException, match="lies on another grid"):
        rethreshold(tmp_path, probability, SHADOW=other)
    assert "mask.tif" not in names(tmp_path)


@pytest.mark.parametrize("threshold", [0.5, 0.31])
def test_threshold(tmp_path, probability, threshold):
    from osgeo import gdal

    found = rethreshold(tmp_path, probability, THRESHOLD=threshold)
    expected = np.where(np.isnan(probability), 255, probability > np.float32(threshold))
    np.testing.assert_array_equal(read_raster(found["OUTPUT"])[0], expected)
    assert found["CLOUD_PERCENT"] == pytest.approx(100 * np.mean(expected[:, 4:]))
    dataset = gdal.Open(found["OUTPUT"])
    band = dataset.GetRasterBand(1)
    assert band.DataType == gdal.GDT_Byte and band.GetNoDataValue() == 255
    left = [name for name in names(tmp_path) if "mask" in name]
    assert left == ["mask.qml", "mask.tif", "mask.tif.aux.xml"], "names of classes lie beside it"


def test_small_clouds_and_holes(tmp_path, probability):
    """Random pixels have patches of every size, inside one another and touching at corners."""
    found = rethreshold(tmp_path, probability, THRESHOLD=0.6, SMALLEST_CLOUD=6, SMALLEST_HOLE=9)
    expected = np.where(np.isnan(probability), 255, probability > 0.6).astype(np.uint8)
    sizes = []
    for value, replacement, smallest, corners in ((1, 0, 6, True), (0, 1, 9, False)):
        for patch in list(patches(expected == value, corners)):
            sizes.append(len(patch))
            if len(patch) < smallest:
                expected[tuple(np.transpose(patch))] = replacement
    assert {1, 5, 6, 8} <= set(sizes) and max(sizes) > 100
    np.testing.assert_array_equal(read_raster(found["OUTPUT"])[0], expected)


def test_sizes_in_square_metres(tmp_path):
    values = np.zeros((20, 20), np.float32)
    values[2:4, 2:4] = values[10:13, 10:13] = 1  # 400 and 900 square metres
    found = rethreshold(tmp_path, values, SMALLEST_CLOUD=500, SIZE_UNIT=1)
    values[2:4, 2:4] = 0
    np.testing.assert_array_equal(read_raster(found["OUTPUT"])[0], values)


def test_the_buffer_comes_last_and_leaves_no_data(tmp_path):
    values = np.zeros((20, 20), np.float32)
    values[3, 3] = values[10:13, 10:13] = 1
    values[11, 14] = NAN
    found = rethreshold(tmp_path, values, SMALLEST_CLOUD=4, BUFFER=15, BUFFER_UNIT=1)
    expected = np.zeros((20, 20))
    expected[9:14, 9:14] = 1
    expected[11, 14] = 255
    np.testing.assert_array_equal(read_raster(found["OUTPUT"])[0], expected)


def stages_file(tmp_path, shape=(60, 80), tags=None):
    from osgeo import gdal

    coarse, refined = np.random.default_rng(2).random((2, *shape), np.float32)
    coarse[0], refined[0] = NAN, NAN
    uncertainty = 1 - 2 * np.abs(coarse - 0.5)
    values = np.stack([coarse, uncertainty, np.float32(uncertainty < 0.4), refined])
    path = write_raster(tmp_path / "stages.tif", values, NAN)
    dataset = gdal.Open(path, gdal.GA_Update)
    dataset.SetMetadata(tags or {})
    dataset = None
    return path, coarse, refined


def test_stages_decide_as_the_paper_does(tmp_path):
    path, coarse, refined = stages_file(tmp_path)
    found = rethreshold(
        tmp_path,
        STAGES=path,
        COARSE_THRESHOLD=0.7,
        REFINED_THRESHOLD=0.2,
        ACCEPTANCE_THRESHOLD=0.6,
    )
    accepted = 1 - 2 * np.abs(coarse - np.float32(0.5)) < np.float32(0.6)
    expected = np.where(accepted, coarse > np.float32(0.7), refined > np.float32(0.2))
    expected = np.where(np.isnan(coarse), 255, expected)
    assert 100 < (expected == 1).sum() < 4700
    np.testing.assert_array_equal(read_raster(found["OUTPUT"])[0], expected)


@pytest.mark.parametrize(("acceptance", "expected"), [(1.0, 1), (0.9999, 0)])
def test_an_acceptance_threshold_of_1_leaves_the_second_stage_off(tmp_path, acceptance, expected):
    coarse = np.full((20, 30), 0.5, np.float32)
    stages = np.stack([coarse, np.ones_like(coarse), np.ones_like(coarse), coarse / 2])
    found = rethreshold(
        tmp_path,
        STAGES=write_raster(tmp_path / "stages.tif", stages, NAN),
        COARSE_THRESHOLD=0.4,
        REFINED_THRESHOLD=0.4,
        ACCEPTANCE_THRESHOLD=acceptance,
    )
    assert (read_raster(found["OUTPUT"])[0] == expected).all()


@pytest.mark.parametrize("empty", [None, "", " "])
def test_thresholds_that_are_not_set_are_those_of_the_detection(tmp_path, empty):
    from osgeo import gdal

    tags = {"COARSE_THRESHOLD": "0.7", "MODEL": "m", "MODEL_VERSION": "2", "CLOUD_PERCENT": "99"}
    path, coarse, refined = stages_file(tmp_path, tags=tags)
    found = rethreshold(
        tmp_path, STAGES=path, BUFFER=0, COARSE_THRESHOLD=empty, REFINED_THRESHOLD=0.0
    )
    accepted = 1 - 2 * np.abs(coarse - 0.5) < 0.4
    expected = np.where(accepted, coarse > 0.7, refined > 0)
    expected = np.where(np.isnan(coarse), 255, expected)
    np.testing.assert_array_equal(read_raster(found["OUTPUT"])[0], expected)
    told = gdal.Open(found["OUTPUT"]).GetMetadata_Dict()
    assert (told["COARSE_THRESHOLD"], told["REFINED_THRESHOLD"]) == ("0.7", "0")
    assert told["ACCEPTANCE_THRESHOLD"] == "0.4" and told["MODEL"] == "m"
    assert float(told["CLOUD_PERCENT"]) == pytest.approx(found["CLOUD_PERCENT"], abs=1e-3)


def test_what_was_true_of_the_detected_mask_is_not_said_of_another(tmp_path, probability):
    from osgeo import gdal

    thresholds = ("COARSE_THRESHOLD", "REFINED_THRESHOLD", "ACCEPTANCE_THRESHOLD")
    old = (*thresholds, "MEAN_UNCERTAINTY", "VALID_PERCENT", "SHADOW_PERCENT")
    path = write_raster(tmp_path / "p.tif", probability, NAN)
    tag_raster(path, MODEL="m", **dict.fromkeys(old, "0.5"))
    told = gdal.Open(rethreshold(tmp_path, INPUT=path)["OUTPUT"]).GetMetadata_Dict()
    assert told["MODEL"] == "m" and not set(old) & set(told)


@pytest.mark.parametrize("has_shadow", [False, True])
def test_the_mask_has_colours_names_and_overviews_as_those_of_the_engine(tmp_path, has_shadow):
    from osgeo import gdal

    values = np.zeros((700, 900), np.float32)
    values[100:200, 100:300] = 1
    shadow = {"SHADOW": write_raster(tmp_path / "s.tif", values.T.reshape(700, 900), NAN)}
    found = rethreshold(tmp_path, values, **(shadow if has_shadow else {}))
    dataset = gdal.Open(found["OUTPUT"])
    dataset.GetMetadata()  # GDAL does not read what lies beside the file before
    mask = dataset.GetRasterBand(1)
    classes = ["clear", "cloud", "cloud shadow"]
    assert mask.GetCategoryNames() == classes[: 2 + has_shadow]
    assert mask.GetColorTable().GetColorEntry(1)[:3] == (255, 255, 255)
    assert mask.GetColorTable().GetColorEntry(2)[:3] == ((70, 70, 90) if has_shadow else (0, 0, 0))
    assert mask.GetOverviewCount() == 2
    assert mask.GetOverview(0).ReadAsArray()[75, 100] == 1
    assert (mask.GetDescription(), mask.GetNoDataValue()) == ("cloud mask", 255)


def test_one_of_both_inputs_is_needed(tmp_path):
    from qgis.core import QgsApplication, QgsProcessingContext

    algorithm = QgsApplication.processingRegistry().algorithmById("cloudmamba:rethreshold")
    parameters = {"OUTPUT": str(tmp_path / "mask.tif")}
    accepted, message = algorithm.checkParameterValues(parameters, QgsProcessingContext())
    assert not accepted and message.startswith("Give a cloud probability")


def test_stages_need_four_bands(tmp_path, probability):
    from qgis.core import QgsProcessingException

    path = write_raster(tmp_path / "one.tif", probability, NAN)
    with pytest.raises(QgsProcessingException, match="must have 4 bands and have 1"):
        rethreshold(tmp_path, STAGES=path)
    assert names(tmp_path) == ["one.tif"]


@pytest.mark.parametrize(
    ("name", "expression", "wanted"),
    [
        ("THRESHOLD", "25 * 2", "'25 * 2' is not a number of 0 to 1"),
        ("THRESHOLD", "NULL", "is not a number of 0 to 1"),
        ("THRESHOLD", "'x'", "is not a number of 0 to 1"),
        ("COARSE_THRESHOLD", "50", "'50' is not a number of 0 to 1"),
        ("BUFFER", "-3", "BUFFER '-3' is not a number of 0 or more"),
        ("BUFFER", "1e9", "The buffer is 1000000000 pixels wide"),
        ("SMALLEST_CLOUD", "-1", "is not a number of 0 or more"),
    ],
)
def test_numbers_of_expressions_have_their_limits_too(
    tmp_path, probability, name, expression, wanted
):
    from qgis.core import QgsProcessingException, QgsProperty

    with pytest.raises(QgsProcessingException, match=re.escape(wanted)):
        rethreshold(tmp_path, probability, **{name: QgsProperty.fromExpression(expression)})
    assert "mask.tif" not in names(tmp_path)


def test_numbers_that_are_not_set_are_the_default(tmp_path, probability):
    expected = read_raster(rethreshold(tmp_path, probability)["OUTPUT"])
    found = rethreshold(tmp_path, probability, THRESHOLD=None, BUFFER=None)
    np.testing.assert_array_equal(read_raster(found["OUTPUT"]), expected)


def test_an_uncertainty_is_no_probability(tmp_path, probability):
    from osgeo import gdal
    from qgis.core import QgsProcessingException

    uncertainty = write_raster(tmp_path / "u.tif", probability, NAN)
    dataset = gdal.Open(uncertainty, gdal.GA_Update)
    dataset.GetRasterBand(1).SetDescription("uncertainty")
    dataset = None
    for given in ({"INPUT": uncertainty}, {"SHADOW": uncertainty}):
        with pytest.raises(QgsProcessingException, match="This raster is an uncertainty"):
            rethreshold(tmp_path, probability, **given)
    assert "mask.tif" not in names(tmp_path)


def test_a_mask_never_replaces_a_database(tmp_path, probability):
    from qgis.core import QgsProcessingException

    database = tmp_path / "fields.gpkg"
    database.write_text("tables")
    with pytest.raises(QgsProcessingException, match="is no name for a GeoTIFF"):
        rethreshold(tmp_path, probability, OUTPUT=str(database))
    assert database.read_text() == "tables"


def test_cancel_leaves_nothing(tmp_path, probability):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="Cancelled"):
        rethreshold(tmp_path, probability, Feedback(cancel_at=26), SMALLEST_CLOUD=3)
    assert names(tmp_path) == ["p.tif"]


def test_the_loaded_mask_has_style_time_and_metadata(tmp_path, probability):
    from processing.gui.AlgorithmExecutor import execute
    from processing.gui.Postprocessing import handleAlgorithmResults
    from qgis.core import (
        QgsApplication,
        QgsCoordinateReferenceSystem,
        QgsDateTimeRange,
        QgsProcessingContext,
        QgsProject,
        QgsRasterLayer,
    )
    from qgis.PyQt.QtCore import QDateTime, Qt

    tags = {"MODEL": "cloudmamba-base", "MODEL_VERSION": "3", "SOURCE": "scene.tif"}
    path, _, _ = stages_file(tmp_path, tags={**tags, "BANDS": "blue 1"})
    stages = QgsRasterLayer(path, "stages")
    taken = QgsDateTimeRange(
        QDateTime.fromString("2024-05-01T10:00:00", Qt.DateFormat.ISODate),
        QDateTime.fromString("2024-05-01T10:01:00", Qt.DateFormat.ISODate),
    )
    stages.temporalProperties().setIsActive(True)
    stages.temporalProperties().setFixedTemporalRange(taken)
    stages.setCrs(QgsCoordinateReferenceSystem("EPSG:32634"))
    project, output = QgsProject(), str(tmp_path / "mask.tif")
    project.addMapLayer(stages)
    context = QgsProcessingContext()
    context.setProject(project)
    context.addLayerToLoadOnCompletion(
        output, QgsProcessingContext.LayerDetails("My mask", project, "OUTPUT")
    )
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("cloudmamba:rethreshold")
    feedback = Feedback()
    parameters = {"STAGES": stages.id(), "OUTPUT": output}
    successful, _ = execute(algorithm, parameters, context, feedback.qgis)
    assert successful, feedback.errors
    assert handleAlgorithmResults(algorithm, context, feedback.qgis)
    [mask] = project.mapLayersByName("My mask")
    assert mask.renderer().type() == "paletted"
    assert mask.temporalProperties().isActive()
    assert mask.temporalProperties().fixedTemporalRange() == taken
    assert mask.crs().authid() == "EPSG:32634"
    metadata = mask.metadata()
    assert metadata.title() == "My mask" and "'scene.tif'" in metadata.abstract()
    assert "Model: cloudmamba-base" in metadata.history()
    assert "Cloud threshold, sure pixels: 0.5" in metadata.history()
    assert "Bands: blue 1" in metadata.history()


@pytest.mark.parametrize(("epsg", "pixels_m"), [(3857, 10.0), (32633, 20.0), (3035, 20.0)])
def test_metres_are_those_on_the_ground(epsg, pixels_m):
    """Web Mercator is twice as large at 60 degrees north; other maps are true to less than 2 %."""
    from cloudmamba_qgis.rasters.grid import Grid
    from osgeo import osr

    degrees, system = osr.SpatialReference(), osr.SpatialReference()
    degrees.ImportFromEPSG(4326)
    system.ImportFromEPSG(epsg)
    for one in (degrees, system):
        one.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    x, y, _ = osr.CoordinateTransformation(degrees, system).TransformPoint(15.0, 60.0)
    grid = Grid(100, 100, (x - 1000, 20.0, 0.0, y + 1000, 0.0, -20.0), system.ExportToWkt())
    exact = 1e-9 if epsg != 3857 else 0.01
    assert grid.pixel_size_m() == pytest.approx((pixels_m, pixels_m), rel=exact)


def test_pixels_of_slanted_and_of_no_ground(plugin):
    from cloudmamba_qgis.rasters.grid import Grid
    from osgeo import osr

    sinusoidal, disc = osr.SpatialReference(), osr.SpatialReference()
    sinusoidal.ImportFromProj4("+proj=sinu +R=6371007.181 +units=m")
    grid = Grid(10, 10, (1e6, 500.0, 0, 6e6, 0, -500.0), sinusoidal.ExportToWkt())
    assert grid.pixel_size_m() == pytest.approx((500, 500))
    disc.ImportFromProj4("+proj=geos +h=35785831 +lon_0=0 +sweep=y")
    grid = Grid(10, 10, (-6e6, 3000.0, 0, 6e6, 0, -3000.0), disc.ExportToWkt())
    assert grid.pixel_size_m() == (3000, 3000), "its middle shows space"


@pytest.mark.parametrize("raises", [True, False])
def test_a_map_that_lies_nowhere_has_its_own_metres(raises):
    from cloudmamba_qgis.rasters.grid import Grid
    from osgeo import osr

    local = 'LOCAL_CS["x",UNIT["metre",1]]'
    before = osr.GetUseExceptions()
    (osr.UseExceptions if raises else osr.DontUseExceptions)()
    try:
        size = Grid(10, 10, (0, 5.0, 0, 0, 0, -5.0), local).pixel_size_m()
    finally:
        (osr.UseExceptions if before else osr.DontUseExceptions)()
    assert size == (5.0, 5.0)


def test_a_probability_in_percent_is_refused(tmp_path):
    from qgis.core import QgsProcessingException

    percent = write_raster(tmp_path / "p.tif", np.full((20, 30), 40, np.uint8))
    with pytest.raises(QgsProcessingException, match="go from 40 to 40, and a probability"):
        rethreshold(tmp_path, INPUT=percent)
