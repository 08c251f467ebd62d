"""Apply cloud mask, in QGIS."""

import numpy as np
import pytest
from processing_helpers import Feedback, names, run_algorithm
from raster_files import UTM, corrected_layer, read_raster, write_raster


@pytest.fixture(autouse=True)
def _loaded(plugin):
    """The plugin's algorithms are there."""


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


@pytest.fixture
def mask(tmp_path):
    values = np.zeros((30, 40), np.uint8)
    values[5:8, 10:14] = 1
    values[:, 39] = 255
    return write_raster(tmp_path / "mask.tif", values, 255)


def apply(image, mask, results, **more):
    feedback = more.pop("feedback", None)
    parameters = {"INPUT": str(image), "MASK": mask, "OUTPUT": str(results / "clear.tif"), **more}
    return run_algorithm("applycloudmask", parameters, feedback)


def test_clouds_become_no_data_and_nothing_else_changes(image, mask, results):
    from osgeo import gdal

    source = gdal.Open(str(image), gdal.GA_Update)
    source.SetMetadata({"ACQUISITION": "2024-05-01"})
    source.GetRasterBand(2).SetDescription("green")
    source.GetRasterBand(2).SetScale(0.0001)
    source.GetRasterBand(2).SetOffset(-0.1)
    source.GetRasterBand(4).SetColorInterpretation(gdal.GCI_Undefined)
    before, source = source.ReadAsArray(), None
    feedback = Feedback()
    found = apply(image, mask, results, feedback=feedback)
    assert found["NO_DATA_VALUE"] == 0
    assert found["REMOVED_PERCENT"] == pytest.approx(100 * 12 / 1200)
    assert "No-data value: 0" in feedback.info
    result = gdal.Open(found["OUTPUT"])
    expected = before.copy()
    expected[:, 5:8, 10:14] = 0
    np.testing.assert_array_equal(result.ReadAsArray(), expected)
    reference = gdal.Open(str(image))
    assert result.GetGeoTransform() == reference.GetGeoTransform()
    assert result.GetSpatialRef().IsSame(reference.GetSpatialRef())
    assert result.GetMetadataItem("ACQUISITION") == "2024-05-01"
    green = result.GetRasterBand(2)
    assert (green.GetDescription(), green.GetScale(), green.GetOffset()) == ("green", 0.0001, -0.1)
    assert green.DataType == gdal.GDT_UInt16 and green.GetNoDataValue() == 0
    assert names(results) == ["clear.tif"]


def test_buffer_in_pixels_and_metres(image, mask, results):
    by_pixels = read_raster(apply(image, mask, results, BUFFER=2)["OUTPUT"])
    by_metres = read_raster(apply(image, mask, results, BUFFER=20, BUFFER_UNIT=1)["OUTPUT"])
    np.testing.assert_array_equal(by_pixels, by_metres)
    rows, columns = np.mgrid[:30, :40]
    cloud = [(row, column) for row in range(5, 8) for column in range(10, 14)]
    distance = np.min([np.hypot(rows - row, columns - column) for row, column in cloud], axis=0)
    np.testing.assert_array_equal(by_pixels[0] == 0, distance <= 2)


def test_metres_in_a_raster_of_degrees(tmp_path, results):
    """At 60 degrees north a degree of longitude is half as long as one of latitude."""
    degree_m = 111195.08
    transform = (10, 10 / degree_m, 0, 60, 0, -10 / degree_m)
    image = write_raster(
        tmp_path / "image.tif", np.full((41, 41), 7, np.uint8), transform=transform, epsg=4326
    )
    cloud = np.zeros((41, 41), np.uint8)
    cloud[20, 20] = 1
    mask = write_raster(tmp_path / "m.tif", cloud, 255, transform=transform, epsg=4326)
    result = read_raster(apply(image, mask, results, BUFFER=50.5, BUFFER_UNIT=1)["OUTPUT"])[0]
    assert (result[20] == 0).sum() == 21, "10 pixels of 5 m to either side"
    assert (result[:, 20] == 0).sum() == 11, "5 pixels of 10 m up and down"


def test_metres_need_a_crs(tmp_path, results):
    from qgis.core import QgsProcessingException

    image = write_raster(tmp_path / "i.tif", np.ones((9, 9), np.uint8), epsg=None)
    with pytest.raises(QgsProcessingException, match="no CRS"):
        apply(image, image, results, BUFFER=5, BUFFER_UNIT=1)
    assert names(results) == []


@pytest.mark.parametrize(
    ("kind", "used", "expected"),
    [
        (np.uint8, [0], 255),
        (np.uint16, [0], 65535),
        (np.int16, [], -32768),
        (np.float32, [0], float("nan")),
    ],
)
def test_the_no_data_value_is_one_that_is_not_used(tmp_path, mask, results, kind, used, expected):
    values = np.full((2, 30, 40), 9, kind)
    values[1, 0, : len(used)] = used
    found = apply(write_raster(tmp_path / "i.tif", values), mask, results)
    assert found["NO_DATA_VALUE"] == pytest.approx(expected, nan_ok=True)
    values[:, 5:8, 10:14] = expected
    np.testing.assert_array_equal(read_raster(found["OUTPUT"]), values)


def test_where_every_value_is_used_it_asks(tmp_path, mask, results):
    from qgis.core import QgsProcessingException

    values = np.zeros((30, 40), np.uint8)
    values[0] = 255
    image = write_raster(tmp_path / "i.tif", values)
    with pytest.raises(QgsProcessingException, match="set the no-data value yourself"):
        apply(image, mask, results)
    assert apply(image, mask, results, NO_DATA=7)["NO_DATA_VALUE"] == 7
    with pytest.raises(QgsProcessingException, match="300 is no value of .* Byte"):
        apply(image, mask, results, NO_DATA=300)


def test_declared_no_data_stays(tmp_path, mask, results):
    values = np.full((30, 40), 9, np.int16)
    values[20] = -999
    image = write_raster(tmp_path / "i.tif", values, -999)
    found = apply(image, mask, results)
    assert found["NO_DATA_VALUE"] == -999
    assert found["REMOVED_PERCENT"] == pytest.approx(100 * 12 / (29 * 40))
    values[5:8, 10:14] = -999
    np.testing.assert_array_equal(read_raster(found["OUTPUT"])[0], values)


def test_what_the_image_itself_hides_is_no_data(image, mask, results):
    from osgeo import gdal

    expected, visible = read_raster(image), np.full((30, 40), 255, np.uint8)
    visible[20] = 0
    dataset = gdal.Open(str(image), gdal.GA_Update)
    dataset.CreateMaskBand(gdal.GMF_PER_DATASET)
    dataset.GetRasterBand(1).GetMaskBand().WriteArray(visible)
    dataset = None
    found = apply(image, mask, results)
    expected[:, 5:8, 10:14] = expected[:, 20] = 0
    np.testing.assert_array_equal(read_raster(found["OUTPUT"]), expected)
    assert found["REMOVED_PERCENT"] == pytest.approx(100 * 12 / (29 * 40))


def test_an_alpha_band_becomes_transparent(tmp_path, mask, results):
    from osgeo import gdal

    path = write_raster(tmp_path / "i.tif", np.full((4, 30, 40), 200, np.uint8))
    dataset = gdal.Open(path, gdal.GA_Update)
    dataset.GetRasterBand(4).SetColorInterpretation(gdal.GCI_AlphaBand)
    dataset = None
    found = apply(path, mask, results)
    result = gdal.Open(found["OUTPUT"])
    assert result.GetRasterBand(4).GetColorInterpretation() == gdal.GCI_AlphaBand
    assert result.GetRasterBand(1).GetNoDataValue() is None
    assert (result.GetRasterBand(4).ReadAsArray() == 0).sum() == 12
    assert found["REMOVED_PERCENT"] == pytest.approx(1)


def test_a_mask_on_another_grid(tmp_path, image, results):
    """Half the resolution, shifted, and smaller than the image: outside nothing is removed."""
    coarse = np.zeros((5, 6), np.uint8)
    coarse[1, 2] = 1
    transform = (UTM[0] + 40, 20, 0, UTM[3] - 40, 0, -20)
    found = apply(image, write_raster(tmp_path / "m.tif", coarse, 255, transform), results)
    expected = read_raster(image)
    expected[:, 6:8, 8:10] = 0
    np.testing.assert_array_equal(read_raster(found["OUTPUT"]), expected)


@pytest.mark.parametrize("epsg", [None, 32634])
def test_image_and_mask_lie_where_the_user_has_put_them(tmp_path, results, epsg):
    """Apart by columns: without the CRS of both the mask cannot be brought over."""
    from osgeo import gdal
    from qgis.core import QgsProcessingException

    cloud = np.ones((30, 40), np.uint8)
    shifted = (UTM[0] + 200, 10, 0, UTM[3], 0, -10)
    image = write_raster(tmp_path / "i.tif", np.full((3, 30, 40), 7, np.uint16), epsg=epsg)
    source = gdal.Open(image, gdal.GA_Update)
    source.SetMetadata({"WAVELENGTH": "490"}, "SENSOR")
    source = None
    mask = write_raster(tmp_path / "m.tif", cloud, 255, shifted, epsg=epsg)
    layers = {"INPUT": corrected_layer(image), "MASK": corrected_layer(mask)}
    found = apply(image, mask, results, **layers)
    result = gdal.Open(found["OUTPUT"])
    assert (result.ReadAsArray()[:, :, :20] == 7).all()
    assert (result.ReadAsArray()[:, :, 20:] == 0).all()
    assert 'AUTHORITY["EPSG","32633"]' in result.GetProjection()
    assert result.GetMetadata("SENSOR") == {"WAVELENGTH": "490"}
    with pytest.raises(QgsProcessingException, match="is an input or another output"):
        apply(image, mask, results, **layers, OUTPUT=image)


def test_blocks_leave_no_seam(tmp_path, results):
    image = write_raster(tmp_path / "i.tif", np.ones((1100, 1100), np.uint8))
    cloud = np.zeros((1100, 1100), np.uint8)
    cloud[1022, 1022] = 1
    mask = write_raster(tmp_path / "m.tif", cloud, 255)
    result = read_raster(apply(image, mask, results, BUFFER=5)["OUTPUT"])[0]
    rows, columns = np.mgrid[:1100, :1100]
    near = np.hypot(rows - 1022, columns - 1022) <= 5
    np.testing.assert_array_equal(result == 0, near)


def test_the_input_is_never_the_output(image, mask, results):
    from qgis.core import QgsProcessingException

    before = image.read_bytes()
    link = results / "link.tif"
    link.symlink_to(image)
    for given, output in ((image, image), (image, mask), (image, link), (link, image)):
        with pytest.raises(QgsProcessingException, match="is an input or another output"):
            apply(given, mask, results, OUTPUT=str(output))
    assert image.read_bytes() == before


@pytest.mark.parametrize("name", ["of yesterday.gpkg", "no ending"])
def test_what_is_no_name_of_a_geotiff_is_refused(image, mask, results, name):
    from qgis.core import QgsProcessingException

    database = results / name
    database.write_text("tables")
    with pytest.raises(QgsProcessingException, match="is no name for a GeoTIFF: let it end in"):
        apply(image, mask, results, OUTPUT=str(database))
    assert database.read_text() == "tables"
    assert apply(image, mask, results, OUTPUT=str(results / "Large.TIFF"))["OUTPUT"]


def test_a_cancelled_run_leaves_the_file_of_before(image, mask, results):
    from qgis.core import QgsProcessingException

    old = results / "clear.tif"
    old.write_bytes(b"of yesterday")
    feedback = Feedback(cancel_at=1)
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        apply(image, mask, results, feedback=feedback)
    assert names(results) == ["clear.tif"] and old.read_bytes() == b"of yesterday"


def test_what_gdal_keeps_beside_a_file_goes_when_it_is_replaced(image, mask, results):
    for ending in ("", ".aux.xml", ".ovr", ".msk"):
        (results / f"clear.tif{ending}").write_bytes(b"of yesterday")
    apply(image, mask, results)
    assert names(results) == ["clear.tif"]


@pytest.mark.parametrize("shadow_is_cloud", [True, False])
def test_cloud_shadow_goes_too_if_wanted(image, results, tmp_path, shadow_is_cloud):
    values = np.zeros((30, 40), np.uint8)
    values[5, 10], values[20:22, 30] = 1, 2
    mask = write_raster(tmp_path / "mask.tif", values, 255)
    found = apply(image, mask, results, SHADOW=shadow_is_cloud)
    removed = values > 0 if shadow_is_cloud else values == 1
    np.testing.assert_array_equal(read_raster(found["OUTPUT"])[0] == 0, removed)


@pytest.mark.parametrize("empty", [None, "", " "])
def test_an_empty_no_data_is_that_of_the_image(tmp_path, mask, results, empty):
    values = np.zeros((1, 30, 40), np.uint16)
    image = write_raster(tmp_path / "image.tif", values, 65535)
    found = apply(image, mask, results, NO_DATA=empty)
    assert found["NO_DATA_VALUE"] == 65535
    assert (read_raster(found["OUTPUT"]) == 65535).sum() == 12


@pytest.mark.parametrize(("no_data", "is_told"), [(7, True), (8, False), (0, False)])
def test_a_no_data_that_the_image_uses_is_told(tmp_path, mask, results, no_data, is_told):
    """0 is what the image declares."""
    values = np.arange(8).repeat(150).reshape(1, 30, 40).astype(np.uint16)
    image = write_raster(tmp_path / "image.tif", values, 0)
    feedback = Feedback()
    apply(image, mask, results, NO_DATA=no_data, feedback=feedback)
    told = any("have the value 7 become no data" in warning for warning in feedback.warnings)
    assert told == is_told


def test_a_no_data_that_is_no_number_is_a_sentence(image, mask, results):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="'abc' is not a number: give one, or leave"):
        apply(image, mask, results, NO_DATA="abc")
    assert names(results) == []


def test_a_declared_no_data_that_no_pixel_can_have_is_not_used(tmp_path, mask, results):
    image = write_raster(tmp_path / "image.tif", np.full((1, 30, 40), 7, np.uint16), -9999)
    found = apply(image, mask, results)
    assert found["NO_DATA_VALUE"] == 0
    assert (read_raster(found["OUTPUT"]) == 0).sum() == 12


def test_bands_of_other_types_keep_their_numbers(tmp_path, mask, results):
    from osgeo import gdal

    bands = [np.full((30, 40), 7, np.uint8), np.full((30, 40), 4000, np.uint16)]
    paths = [write_raster(tmp_path / f"{n}.tif", band) for n, band in enumerate(bands)]
    image = str(tmp_path / "both.vrt")
    gdal.BuildVRT(image, paths, separate=True).FlushCache()
    written = read_raster(apply(image, mask, results)["OUTPUT"])
    assert written[1].max() == 4000 and written[0].max() == 7


def test_beside_a_mask_that_declares_0_as_no_data_nothing_is_clear(tmp_path):
    from cloudmamba_qgis.rasters.files import open_mask_on_grid, open_raster
    from cloudmamba_qgis.rasters.grid import Grid

    large = write_raster(tmp_path / "large.tif", np.zeros((30, 40), np.uint8))
    for declared in (None, 0, 255):
        small = np.array([[1, 0], [0, 255]], np.uint8)
        path = write_raster(tmp_path / f"{declared}.tif", small, declared)
        found = open_mask_on_grid(path, Grid.of(open_raster(large))).ReadAsArray()
        expected = np.full((30, 40), 255, np.uint8)
        expected[:2, :2] = small
        np.testing.assert_array_equal(found, expected)


def test_a_mask_that_lies_elsewhere_is_told(tmp_path, image, mask, results):
    far = write_raster(
        tmp_path / "far.tif", np.ones((30, 40), np.uint8), 255, (900000, 10, 0, 5000000, 0, -10)
    )
    told, fine = Feedback(), Feedback()
    assert apply(image, far, results, feedback=told)["REMOVED_PERCENT"] == 0
    assert any("check that it lies there" in warning for warning in told.warnings)
    apply(image, mask, results, feedback=fine)
    assert fine.warnings == []


def test_wavelengths_and_names_of_categories_stay(image, mask, results):
    from osgeo import gdal

    dataset = gdal.Open(str(image), gdal.GA_Update)
    band = dataset.GetRasterBand(1)
    band.SetMetadata({"CENTRAL_WAVELENGTH_UM": "0.49"}, "IMAGERY")
    band.SetMetadata({"STATISTICS_MEAN": "5", "wavelength": "490"})
    band.SetCategoryNames(["nothing", "something"])
    band = dataset = None
    apply(image, mask, results)
    result = gdal.Open(str(results / "clear.tif"))
    band = result.GetRasterBand(1)
    assert band.GetMetadata_Dict("IMAGERY") == {"CENTRAL_WAVELENGTH_UM": "0.49"}
    assert band.GetMetadata_Dict() == {"wavelength": "490"}
    assert band.GetCategoryNames() == ["nothing", "something"]
    assert names(results) == ["clear.tif", "clear.tif.aux.xml"]
