"""Images without a georeference, and with control points alone: results lie where QGIS shows them."""

import numpy as np
import pytest
from processing_helpers import run_algorithm
from raster_files import place_by_points, read_raster, write_raster
from vector_files import features, zones_layer


@pytest.fixture(autouse=True)
def _loaded(plugin):
    """The plugin's algorithms are there."""


def straight(column, row):
    return 500000 + 10 * column, 5000000 - 10 * row


def bent(column, row):
    return 500000 + 10 * column + 0.02 * column * row, 5000000 - 10 * row + 0.01 * column**2


def as_qgis_does(column, row):
    return column, -row


@pytest.fixture
def write(tmp_path):
    """Writes an array as a file that lies nowhere, or where a function of column and row says."""

    def write(name, values, place=as_qgis_does, no_data=255):
        path = write_raster(tmp_path / name, values, no_data, None, None)
        return path if place is as_qgis_does else place_by_points(path, place, 100, 80)

    return write


@pytest.fixture
def values():
    """Of 400 pixels of cloud."""
    values = np.zeros((80, 100), np.uint8)
    values[10:30, 20:40] = 1
    return values


def box_of_cloud(place):
    """Left, bottom, right, top of the cloud, if its sides are straight."""
    (left, top), (right, bottom) = place(20, 10), place(40, 30)
    return left, bottom, right, top


def wkt_of(box):
    left, bottom, right, top = box
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    return f"Polygon(({', '.join(f'{x} {y}' for x, y in corners)}))"


def bounds(geometry):
    box = geometry.boundingBox()
    return box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()


places = pytest.mark.parametrize("place", [as_qgis_does, straight])


@places
def test_polygons_lie_on_their_clouds(write, values, tmp_path, place):
    found = run_algorithm(
        "cloudpolygons",
        {"INPUT": write("mask.tif", values, place), "OUTPUT": str(tmp_path / "clouds.gpkg")},
    )
    [(_, geometry)] = features(found["OUTPUT"])
    assert bounds(geometry) == pytest.approx(box_of_cloud(place))


@places
@pytest.mark.parametrize("raises", [False, True])
def test_statistics_of_a_zone_on_the_cloud(write, values, tmp_path, place, raises):
    from osgeo import gdal

    mask = write("mask.tif", values, place)
    before = gdal.GetUseExceptions()
    (gdal.UseExceptions if raises else gdal.DontUseExceptions)()
    try:
        found = run_algorithm(
            "cloudstatistics",
            {
                "INPUT": mask,
                "ZONES": zones_layer(wkt_of(box_of_cloud(place))),
                "OUTPUT": str(tmp_path / "statistics.gpkg"),
            },
        )
    finally:
        (gdal.UseExceptions if before else gdal.DontUseExceptions)()
    [(zone, _)] = features(found["OUTPUT"])
    assert (zone["valid_pixels"], zone["cloud_pixels"]) == (400, 400)
    assert found["CLOUD_PERCENT"] == pytest.approx(5)


@places
def test_the_whole_raster_is_what_qgis_shows(write, values, tmp_path, place):
    from qgis.core import QgsRasterLayer

    mask = write("mask.tif", values, place)
    output = str(tmp_path / "statistics.gpkg")
    found = run_algorithm("cloudstatistics", {"INPUT": mask, "OUTPUT": output})
    [(_, geometry)] = features(found["OUTPUT"])
    shown = QgsRasterLayer(mask).extent()
    expected = (shown.xMinimum(), shown.yMinimum(), shown.xMaximum(), shown.yMaximum())
    assert bounds(geometry) == pytest.approx(expected)
    assert found["VALID_PERCENT"] == 100


@places
def test_areas_by_date(write, values, tmp_path, place):
    """Two masks of one day lie on each other."""
    values[:, 50:] = 255
    first = write("a_20240121_mask.tif", values, place)
    second = write("b_20240121_mask.tif", np.zeros_like(values), place)
    x, y = place(50, 10)
    right, bottom = place(70, 30)
    areas = zones_layer(wkt_of(box_of_cloud(place)), wkt_of((x, bottom, right, y)))
    found = run_algorithm(
        "areasbydate",
        {"AREAS": areas, "MASKS": [first, second], "OUTPUT": str(tmp_path / "by_date.gpkg")},
    )
    cloudy, clear = (row for row, _ in features(found["OUTPUT"]))
    assert (cloudy["cloud_percent"], cloudy["no_data_percent"]) == pytest.approx((100, 0))
    assert (clear["clear_percent"], clear["no_data_percent"]) == pytest.approx((100, 0))


@places
def test_scenes_are_masked_where_the_areas_are(fake_engine, write, values, tmp_path, place):
    """The made-up engine says cloud of all that it gets."""
    scene = write("scene_20240121.tif", np.full((4, 80, 100), 500, np.uint16), place, None)
    found = run_algorithm(
        "areasbydate",
        {
            "AREAS": zones_layer(wkt_of(box_of_cloud(place))),
            "SCENES": [scene],
            "RADIOMETRY": "picture",
            "OUTPUT": str(tmp_path / "by_date.gpkg"),
        },
    )
    [(row, _)] = features(found["OUTPUT"])
    assert row["cloud_percent"] == pytest.approx(100)


@pytest.mark.parametrize("place", [as_qgis_does, straight, bent])
def test_regions_are_outlined_and_measured_on_the_map(write, values, place):
    from cloudmamba_qgis.gui.review.formatting import area_m2
    from cloudmamba_qgis.rasters.uncertain_regions import Search, find_uncertain_regions
    from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsProcessingFeedback

    uncertainty = np.where(values == 1, 0.9, 0.0).astype(np.float32)
    paths = [write("mask.tif", values, place), write("u.tif", uncertainty, place, None)]
    [region] = find_uncertain_regions(*paths, Search(), [], QgsProcessingFeedback()).regions
    outline = QgsGeometry()
    outline.fromWkb(region.outline)
    pixel = place(1, 0)[0] - place(0, 0)[0]
    corners = [place(column, row) for column in (20, 40) for row in (10, 30)]
    xs, ys = zip(*corners)
    expected = (min(xs), min(ys), max(xs), max(ys))
    assert bounds(outline) == pytest.approx(expected, abs=0.2 * pixel)
    if place is not as_qgis_does:
        utm = QgsCoordinateReferenceSystem("EPSG:32633")
        assert area_m2(region, utm) == pytest.approx(outline.area() / 0.9996**2, rel=2e-3)


@places
def test_a_mask_of_another_threshold_stays_in_its_place(write, tmp_path, place):
    from qgis.core import QgsRasterLayer

    probability = np.random.default_rng(1).random((80, 100), np.float32)
    source = write("p.tif", probability, place, None)
    output = str(tmp_path / "mask.tif")
    found = run_algorithm("rethreshold", {"INPUT": source, "OUTPUT": output})
    mask, original = QgsRasterLayer(found["OUTPUT"]), QgsRasterLayer(source)
    assert mask.extent() == original.extent() and mask.crs() == original.crs()
    assert read_raster(output).shape == (1, 80, 100)


def test_an_image_without_clouds_keeps_its_control_points(write, values, tmp_path):
    from osgeo import gdal

    output = str(tmp_path / "image.tif")
    image = write("scene.tif", np.full((3, 80, 100), 500, np.uint16), straight, 0)
    mask = write("mask.tif", values, straight)
    run_algorithm("applycloudmask", {"INPUT": image, "MASK": mask, "OUTPUT": output})
    result, original = gdal.Open(output), gdal.Open(image)
    assert result.GetGCPCount() == 25
    assert [str(one) for one in result.GetGCPs()] == [str(one) for one in original.GetGCPs()]
    assert result.GetGeoTransform(can_return_null=True) is None
    assert (read_raster(output)[:, values == 1] == 0).all()
    assert (read_raster(output)[:, values == 0] == 500).all()


def test_a_camera_model_places_a_mask(write, values, tmp_path):
    """QGIS takes the height from the model; at sea level it would lie elsewhere."""
    from cloudmamba_qgis.rasters.files import mask_as_shown, open_raster
    from osgeo import gdal
    from qgis.core import QgsRasterLayer

    path = write("mask.tif", values)
    dataset = gdal.Open(path, gdal.GA_Update)
    dataset.SetMetadata(camera_model(), "RPC")
    dataset = None
    shown, layer = mask_as_shown(open_raster(path)), QgsRasterLayer(path)
    left, dx, _, top, _, dy = shown.GetGeoTransform()
    extent = layer.extent()
    assert (left, top) == pytest.approx((extent.xMinimum(), extent.yMaximum()))
    assert (dx * shown.RasterXSize, -dy * shown.RasterYSize) == pytest.approx(
        (extent.width(), extent.height())
    )


def camera_model():
    """Of a view from the side, which height shifts."""
    line = [0, 0, -1, 0.3] + [0] * 16
    sample = [0, 1, 0, 0.5] + [0] * 16
    one = [1] + [0] * 19
    words = {
        "LINE_OFF": 40, "SAMP_OFF": 50, "LAT_OFF": 45, "LONG_OFF": 15, "HEIGHT_OFF": 1500,
        "LINE_SCALE": 40, "SAMP_SCALE": 50, "LAT_SCALE": 0.004, "LONG_SCALE": 0.005,
        "HEIGHT_SCALE": 500,
        "LINE_NUM_COEFF": line, "LINE_DEN_COEFF": one,
        "SAMP_NUM_COEFF": sample, "SAMP_DEN_COEFF": one,
    }  # fmt: skip
    return {
        name: " ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in words.items()
    }
