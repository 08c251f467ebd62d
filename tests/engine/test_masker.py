"""CloudMasker: one model, images of NumPy and xarray, files."""

import doctest
import subprocess
import sys

import numpy as np
import pytest
import rasterio
import torch
import xarray
from stand_ins import BrightnessModel, predict_array

import cloudmamba
from cloudmamba import CloudMasker, DetectionRequest
from cloudmamba.errors import DeviceError, InputError, InterpretationError, ModelError
from cloudmamba.inference.prepared_model import PreparedModel

BANDS = ("blue", "green", "red", "nir")
CARD = {"name": "stand-in", "version": "7", "checksum": "c0ffee"}


@pytest.fixture
def masker(brightness_model):
    return CloudMasker.of(brightness_model, CARD)


@pytest.fixture
def image():
    """Reflectance (4, 60, 80), bright and dark pixel by pixel."""
    return np.random.default_rng(3).uniform(0.02, 0.95, (4, 60, 80)).astype(np.float32)


def test_the_package_shows_it_without_pytorch():
    program = "import cloudmamba, sys; print('torch' in sys.modules, cloudmamba.__all__[0])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False CloudMasker\n"
    assert set(cloudmamba.__all__) <= set(dir(cloudmamba))
    with pytest.raises(AttributeError, match="none_such"):
        cloudmamba.none_such  # noqa: B018


def test_the_example_of_the_class_runs():
    from cloudmamba import masker as module

    example = doctest.DocTestFinder().find(module.CloudMasker, globs={})
    runner = doctest.DocTestRunner()
    for test in example:
        runner.run(test)
    assert runner.tries > 2 and runner.failures == 0


def test_an_array_is_masked_as_detection_does(masker, image):
    found = masker.predict(image)
    expected = predict_array(
        masker.prepared.network, image, np.ones(image.shape[1:], bool), [True] * 4
    )
    for name in ("mask", "probability", "uncertainty"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    assert set(np.unique(found.mask)) == {0, 1}


def test_an_image_in_memory_is_not_changed(masker, image):
    image[:, :5] = 9.0  # beyond what the network is given
    before = image.copy()
    valid = np.ones(image.shape[1:], bool)
    masker.predict(image)
    predict_array(masker.prepared.network, image, valid, [True] * 4)
    assert np.array_equal(image, before)


def test_bands_may_come_in_any_order_and_with_others_between(masker, image):
    expected = masker.predict(image).mask
    other = np.full_like(image[:1], 0.5)
    turned = np.concatenate([image[::-1], other])
    assert np.array_equal(masker.predict(turned, (*BANDS[::-1], "swir")).mask, expected)


@pytest.mark.parametrize("of_xarray", [False, True])
@pytest.mark.parametrize(
    "names",
    [
        ("blue", "green", "red", "NIR"),
        ("blue", "green", "red", "nir08"),
        ("blue", "green", "red", "nir1"),
        ("blue", "green", "red", "near infrared"),
        ("blue", "green", "red", "842 nm"),
        ("Blue", "Green", "Red", "NIR"),
        ("blau", "gr\u00fcn", "rot", "nir"),
        ("B", "G", "R", "N"),
        ("B02", "B03", "B04", "B08"),
        ("490 nm", "560 nm", "665 nm", "842 nm"),
    ],
)
def test_names_of_bands_are_read_as_those_of_files(
    masker, brightness_model, image, names, of_xarray
):
    expected = masker.predict(image).mask
    if of_xarray:
        array = xarray.DataArray(image, {"band": list(names)}, ("band", "y", "x"))
        found = masker.predict(array[::-1]).mask.values
    else:
        found = masker.predict(image[::-1], names[::-1]).mask
    assert np.array_equal(found, expected)
    assert brightness_model.available_bands_seen[-1] == [[True] * 4]


@pytest.mark.parametrize("other", ["other", "swir", "B11", "1610 nm", "nir09", "red edge"])
def test_names_of_other_bands_are_left_out(masker, brightness_model, image, other):
    masker.predict(np.concatenate([image, image[:1]]), ("blue", "green", "red", other, other))
    assert brightness_model.available_bands_seen[-1] == [[True, True, True, False]]


def test_a_band_named_as_the_model_names_it_is_that_one(masker, image):
    expected = masker.predict(image[:, :30]).mask
    others = np.full_like(image[:2, :30], 0.5)
    names = ("rot", "NIR1", *BANDS)
    assert np.array_equal(
        masker.predict(np.concatenate([others, image[:, :30]]), names).mask, expected
    )


def test_near_infrared_may_be_missing(masker, brightness_model, image):
    masker.predict(image[:3])
    assert brightness_model.available_bands_seen[-1] == [[True, True, True, False]]


@pytest.mark.parametrize(("options", "fineness"), [({}, 0.5), ({"gsd_m": 10}, 1.0)])
def test_the_scale_is_told_to_the_network(masker, brightness_model, image, options, fineness):
    masker.predict(image, **options)
    assert brightness_model.fineness_seen == [[fineness]]


def test_pixels_without_data_stay_so(masker, image):
    image[2, 3, 4], image[1, 5, 6] = np.nan, -1
    valid = np.ones(image.shape[1:], bool)
    valid[7, 8] = False
    mask = masker.predict(image, valid=valid, nodata=-1).mask
    assert np.argwhere(mask == 255).tolist() == [[3, 4], [5, 6], [7, 8]]


def test_zeros_at_the_edge_of_an_array_are_image_unless_told(masker, image):
    image[:, :, :20] = 0
    assert not (masker.predict(image).mask == 255).any()
    told = (masker.predict(image, nodata=0).mask, masker.predict(image, valid=image.any(0)).mask)
    for mask in told:
        assert (mask[:, :20] == 255).all() and not (mask[:, 20:] == 255).any()


def test_valid_may_be_the_mask_that_rasterio_gives(masker, image):
    valid = np.full(image.shape[1:], 255, np.uint8)
    valid[7, 8] = 0
    mask = masker.predict(image, valid=valid).mask
    assert np.argwhere(mask == 255).tolist() == [[7, 8]]


def test_other_numbers_have_a_name(masker, image):
    counts = np.round(image * 10_000).astype(np.uint16)
    scaled = masker.predict(counts, radiometry="scale:0.0001")
    assert (scaled.mask == masker.predict(image).mask).mean() > 0.999
    with pytest.raises(InputError, match=r"cannot be 'reflectance': .* radiometry='scale:0.0001'"):
        masker.predict(counts)
    with pytest.raises(InputError, match="is not found out"):
        masker.predict(counts, radiometry="auto")


@pytest.mark.parametrize("of_xarray", [False, True])
@pytest.mark.parametrize("radiometry", ["reflectance", "sentinel2"])
@pytest.mark.parametrize(("band", "name"), [(0, "blue"), (3, "near infrared")])
def test_a_band_in_another_unit_is_named(masker, image, band, name, radiometry, of_xarray):
    image *= 1e4 if radiometry == "sentinel2" else 1
    image[band] /= 1e2
    if of_xarray:
        image = xarray.DataArray(image, dims=("band", "y", "x"))
    with pytest.raises(InterpretationError, match=f"Bring {name} to the unit of the others"):
        masker.predict(image, radiometry=radiometry)


@pytest.mark.parametrize("of_xarray", [False, True])
@pytest.mark.parametrize(("band", "name"), [(0, "blue"), (3, "nir")])
def test_a_band_of_zeros_is_named_as_of_files(masker, image, band, name, of_xarray):
    image[band] = 0
    if of_xarray:
        image = xarray.DataArray(image, dims=("band", "y", "x"))
    with pytest.raises(InterpretationError, match=f"only zeros in the band '{name}'"):
        masker.predict(image)


def test_a_band_of_zeros_in_most_of_the_image_is_none(masker):
    """Water that a correction has clipped to zero, with a small island between what is looked at."""
    water = np.full((4, 600, 600), 0.02, np.float32)
    water[3] = 0
    water[:, 100:140, 100:140] = 0.3
    assert masker.predict(water).mask.shape == (600, 600)


@pytest.mark.parametrize(
    ("shape", "bands", "sentence"),
    [
        ((60, 80, 4), None, r"turned as in image.transpose\(2, 0, 1\)"),
        ((60, 80), None, r"has the shape \(bands, height, width\)"),
        ((4, 60, 80), ("blue", "green", "red"), "a name for each band"),
        ((4, 60, 80), ("blue", "green", "swir", "nir"), "no band 'red'"),
        ((4, 60, 80), ("NIR", "Blue", "Green", "swir"), "no band 'red'"),
        ((4, 60, 80), ("B1", "B2", "B3", "B4"), "no band 'blue'"),
        ((4, 60, 80), ("blue", "green", "red", "red"), "same name"),
        ((4, 60, 80), ("Blue", "Green", "Red", "RED"), "same name"),
        ((4, 60, 80), ("blue", "green", "red", "B8"), "band 'B8' .* 'nir' if it is, else 'other'"),
        ((4, 60, 80), ("blue", "green", "red", ""), "band '' .* may be near infrared"),
        ((4, 60, 80), ("blue", "green", "red", "SR_B4"), "band 'SR_B4' .* may be near infrared"),
    ],
)
def test_what_does_not_fit_is_one_sentence(masker, shape, bands, sentence):
    with pytest.raises(InputError, match=sentence):
        masker.predict(np.full(shape, 0.2, np.float32), bands)


def test_stages_and_augmentation_are_options(masker, image):
    assert masker.predict(image).accepted is None
    found = masker.predict(image, stages=True, augment="flips", tile_px=64, overlap_px=16)
    assert found.stage("accepted").shape == (60, 80)


def test_a_ground_sample_distance_that_no_pixel_has_is_refused(masker, image):
    assert masker.predict(image, gsd_m=10).mask.shape == (60, 80)
    with pytest.raises(InputError, match="-3 m cannot be"):
        masker.predict(image, gsd_m=-3)


def test_a_data_array_keeps_where_it_lies(masker, image):
    y, x = np.arange(60) * -10.0 + 5e6, np.arange(80) * 10.0 + 4e5
    array = xarray.DataArray(
        image,
        dims=("band", "y", "x"),
        coords={"band": list(BANDS), "y": y, "x": x, "spatial_ref": 0, "time": 7},
        attrs={"platform": "sentinel-2a", "scale_factor": 1e-4},
    )
    array.encoding["grid_mapping"] = "spatial_ref"
    array.coords["spatial_ref"].attrs["crs_wkt"] = "PROJCS[...]"
    found = masker.predict(array)
    assert np.array_equal(found.mask, masker.predict(image).mask)
    assert found.mask.dims == ("y", "x") and set(found) == {"mask", "probability", "uncertainty"}
    assert np.array_equal(found.x, x) and np.array_equal(found.y, y) and found.time == 7
    assert found.mask.encoding["grid_mapping"] == "spatial_ref"
    assert found.spatial_ref.attrs["crs_wkt"] == "PROJCS[...]"
    assert found.attrs == {"platform": "sentinel-2a"}
    # The dimensions in another order, and numbers instead of names.
    turned = array.assign_coords(band=[1, 2, 3, 4]).transpose("y", "x", "band")
    assert np.array_equal(masker.predict(turned).mask, found.mask)


def _placed(image, y, x, crs="EPSG:32633", key="crs_wkt", mapping="spatial_ref"):
    """A DataArray with coordinates and a reference system as rioxarray writes them."""
    reference = xarray.DataArray(0, attrs={key: rasterio.crs.CRS.from_string(crs).to_wkt()})
    array = xarray.DataArray(
        image, {"y": y, "x": x, mapping: reference}, ("band", "y", "x"), name="reflectance"
    )
    array.encoding["grid_mapping"] = mapping
    return array


@pytest.mark.parametrize("key", ["crs_wkt", "spatial_ref"])
def test_a_data_array_tells_its_ground_sample_distance(masker, brightness_model, image, key):
    y, x = 5e6 - 10.0 * np.arange(60), 4e5 + 10.0 * np.arange(80)
    array = _placed(image, y, x, key=key, mapping="utm")
    nameless = _placed(image, y, x, key=key)
    nameless.encoding.clear()
    degrees = {
        "y": 45 - 9e-5 * np.arange(60),
        "x": 15 + 1.27e-4 * np.arange(80),
        "crs": "EPSG:4326",
    }
    in_degrees = _placed(image, **degrees, key=key)
    single = in_degrees.assign_coords(y=in_degrees.y.astype("f4"), x=in_degrees.x.astype("f4"))
    for one in (array, nameless, array.transpose("x", "y", "band"), in_degrees, single):
        brightness_model.fineness_seen.clear()
        masker.predict(one)
        assert brightness_model.fineness_seen[-1] == [1.0]
    coarse = array.assign_coords(y=y * 6, x=x * 6)
    masker.predict(coarse)
    assert brightness_model.fineness_seen[-1] == [0.0]
    masker.predict(coarse, gsd_m=10)
    assert brightness_model.fineness_seen[-1] == [1.0]


def test_a_data_array_that_does_not_tell_its_ground_sample_distance(
    masker, brightness_model, image
):
    y, x = 5e6 - 10.0 * np.arange(60), 4e5 + 10.0 * np.arange(80)
    array = _placed(image, y, x)
    unread = array.copy()
    unread["spatial_ref"] = xarray.DataArray(0, attrs={"crs_wkt": "PROJCS[...]"})
    no_text = array.copy()
    no_text["spatial_ref"] = xarray.DataArray(0, attrs={"crs_wkt": 32633})
    for one in (
        array.assign_coords(x=np.cumsum(np.linspace(5, 15, 80))),
        array.assign_coords(x=np.full(80, 4e5)),
        array.assign_coords(x=[f"column {number}" for number in range(80)]),
        array.drop_vars("y"),
        array.drop_vars("spatial_ref"),
        unread,
        no_text,
    ):
        masker.predict(one)
        assert brightness_model.fineness_seen[-1] == [0.5]


def test_a_data_array_says_what_no_data_is(masker, image):
    image[:, 2, 3] = -9
    array = xarray.DataArray(image, dims=("band", "y", "x"), attrs={"_FillValue": -9})
    assert np.argwhere(masker.predict(array).mask.values == 255).tolist() == [[2, 3]]


@pytest.mark.parametrize(
    "told",
    [
        {"missing_value": -9},
        {"_FillValue": None, "nodata": -9},
        {"nodatavals": (-9,) * 4},
        {"nodatavals": -9},
    ],
)
def test_no_data_has_several_names_in_a_data_array(masker, image, told):
    image[:, 2, 3] = -9
    found = masker.predict(xarray.DataArray(image, dims=("band", "y", "x"), attrs=told))
    assert np.argwhere(found.mask.values == 255).tolist() == [[2, 3]]
    assert not set(told) & set(found.attrs)


def test_bands_of_a_data_array_that_disagree_on_no_data_are_refused(masker, image):
    array = xarray.DataArray(image, dims=("band", "y", "x"), attrs={"nodatavals": (0, 0, 0, -9)})
    with pytest.raises(InputError, match="different values"):
        masker.predict(array)
    array.attrs["nodatavals"] = tuple(float("nan") for _ in range(4))
    assert not (masker.predict(array).mask == 255).any()


def test_a_validity_with_names_lies_by_them(masker, image):
    square = image[:, :60, :60]
    valid = np.ones((60, 60), bool)
    valid[2, 3] = False
    array = xarray.DataArray(square, dims=("band", "y", "x"))
    turned = xarray.DataArray(valid, dims=("y", "x")).T
    assert np.argwhere(masker.predict(array, valid=turned).mask.values == 255).tolist() == [[2, 3]]
    with pytest.raises(InputError, match="dimensions"):
        masker.predict(array, valid=xarray.DataArray(valid, dims=("lat", "lon")))


@pytest.mark.parametrize("axis", ["y", "x"])
def test_a_validity_lies_where_its_coordinates_say(masker, image, axis):
    y, x = np.arange(60) * -10.0 + 5e6, np.arange(80) * 10.0 + 4e5
    array = xarray.DataArray(image, dims=("band", "y", "x"), coords={"y": y, "x": x})
    valid = xarray.DataArray(np.ones((60, 80), bool), {"y": y, "x": x}, ("y", "x"))
    valid[2, 3] = False
    turned = valid.isel({axis: slice(None, None, -1)})
    rounded = valid.assign_coords({axis: valid[axis] + 0.01})
    nameless = valid.drop_vars(axis)
    for one in (valid, turned, rounded, nameless):
        mask = masker.predict(array, valid=one).mask
        assert np.argwhere(mask.values == 255).tolist() == [[2, 3]]
    elsewhere = valid.assign_coords({axis: valid[axis] + 10})
    with pytest.raises(InputError, match=f"lies elsewhere than the image along '{axis}'"):
        masker.predict(array, valid=elsewhere)


@pytest.mark.parametrize(
    "names",
    [
        ("NIR", "Red", "Green", "Blue"),
        ("B08", "B04", "B03", "B02"),
        ["842 nm", "665 nm", "560 nm", "490 nm"],
    ],
)
def test_rioxarray_keeps_names_of_bands_in_an_attribute(masker, image, names):
    expected = masker.predict(image).mask
    array = xarray.DataArray(image[::-1], dims=("band", "y", "x"), attrs={"long_name": names})
    assert np.array_equal(masker.predict(array).mask, expected)
    # The attribute stays as it was where bands are chosen, of which the coordinate tells.
    chosen = array.assign_coords(band=[1, 2, 3, 4]).isel(band=[3, 1, 2])
    assert np.array_equal(masker.predict(chosen).mask, masker.predict(image[:3]).mask)
    # What is given, and names in the coordinate, come first.
    assert np.array_equal(masker.predict(array[::-1], BANDS).mask, expected)
    named = array[::-1].assign_coords(band=list(BANDS))
    assert np.array_equal(masker.predict(named).mask, expected)


@pytest.mark.parametrize(
    "title",
    ["surface reflectance", ("Band 1", "Band 2", "Band 3", "Band 4"), ("blue", "green", "red"), 7],
)
def test_attributes_that_name_no_bands_are_of_no_account(masker, image, title):
    array = xarray.DataArray(image, dims=("band", "y", "x"), attrs={"long_name": title})
    assert np.array_equal(masker.predict(array).mask, masker.predict(image).mask)


def test_names_in_an_attribute_without_blue_are_no_blue(masker, image):
    false_colour = ("near infrared", "red", "green")
    array = xarray.DataArray(image[:3], dims=("band", "y", "x"), attrs={"long_name": false_colour})
    with pytest.raises(InputError, match="no band 'blue'"):
        masker.predict(array)


@pytest.mark.parametrize("of_xarray", [False, True])
def test_what_is_masked_or_no_number_in_the_validity_is_not_valid(masker, image, of_xarray):
    fraction = np.ones((60, 80), np.float32)
    fraction[2, 3] = np.nan
    masked = np.ma.masked_array(np.ones((60, 80), bool), np.isnan(fraction))
    if of_xarray:
        image = xarray.DataArray(image, dims=("band", "y", "x"))
    for valid in (fraction, masked):
        mask = np.asarray(masker.predict(image, valid=valid).mask)
        assert np.argwhere(mask == 255).tolist() == [[2, 3]]


def test_arguments_that_cannot_be_are_told_in_a_sentence(masker, image):
    for options, words in (
        ({"batch_size": 0}, "A batch of 0 tiles"),
        ({"batch_size": -1}, "A batch of -1 tiles"),
        ({"batch_size": 1.5}, "A batch of 1.5 tiles"),
        ({"tile_px": 64.0, "overlap_px": 16}, "size of the tiles is 64.0: give a whole number"),
        ({"tile_px": 64, "overlap_px": "16"}, "overlap is '16': give a whole number"),
        ({"gsd_m": "10"}, "ground sample distance is '10': give a number"),
        ({"nodata": "none"}, "no number"),
        ({"valid": [[True]]}, "The validity has the shape"),
    ):
        with pytest.raises(InputError, match=words):
            masker.predict(image, **options)
    with pytest.raises(InputError, match="type object"):
        masker.predict(image.astype(object))
    numbers = {"tile_px": np.int64(64), "overlap_px": np.int32(16), "batch_size": np.int64(2)}
    assert masker.predict(image, gsd_m=np.float32(10), **numbers).mask.shape == (60, 80)
    image[:, 2, 3] = 9e-5
    assert masker.predict(image, nodata="9e-05", valid=np.ones((60, 80)).tolist()).mask[2, 3] == 255


def test_dask_is_read_tile_by_tile(masker):
    import dask.array

    image = np.random.default_rng(1).uniform(0.02, 0.95, (4, 300, 200)).astype(np.float32)
    shapes = []

    def note(block):
        shapes.append(block.shape)
        return block

    chunks = dask.array.from_array(image, chunks=(4, 50, 50)).map_blocks(note, dtype=image.dtype)
    array = xarray.DataArray(chunks, dims=("band", "y", "x"))
    shapes.clear()
    found = masker.predict(array, tile_px=96, overlap_px=32)
    assert np.array_equal(found.mask, masker.predict(image, tile_px=96, overlap_px=32).mask)
    assert max(shapes) == (4, 50, 50)


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (xarray.DataArray(np.zeros((60, 80)), dims=("y", "x")), "dimensions band, y and x"),
        (xarray.DataArray(np.zeros((2, 6, 8)), dims=("band", "y", "x")), "a name for each"),
        ([[0.1]], "not a list"),
    ],
)
def test_no_image_of_xarray_is_one_sentence(masker, array, sentence):
    with pytest.raises(InputError, match=sentence):
        masker.predict(array)


def test_files_are_masked_with_the_model_that_is_loaded(masker, write_raster, tmp_path, image):
    path = write_raster(np.round(image * 10_000).astype(np.uint16))
    request = DetectionRequest(str(path), tmp_path / "mask.tif", radiometry="scale:0.0001")
    summary = masker.detect(request)
    assert (summary.model, summary.version) == ("stand-in", "7")
    with rasterio.open(tmp_path / "mask.tif") as file:
        assert (file.read(1) == masker.predict(image).mask).mean() > 0.999


def test_load_says_what_is_wrong():
    with pytest.raises(ModelError, match="no model 'none-such'"):
        CloudMasker.load("none-such")
    with pytest.raises(DeviceError, match="no device 'tpu'"):
        CloudMasker.load(device="tpu")


def test_a_model_in_memory_knows_its_device():
    prepared = PreparedModel.of(BrightnessModel().eval())
    assert prepared.device.torch_device == torch.device("cpu") and prepared.name == "in memory"


def test_the_mask_of_a_masked_array_is_no_data(masker, image):
    masked = np.ma.MaskedArray(image, mask=np.zeros(image.shape, bool))
    masked[2, :, 40:] = np.ma.masked  # of one band
    masked.data[:, :, 40:] = 0.9  # what lies beneath is of no account
    found = masker.predict(masked, BANDS)
    assert (found.mask[:, 40:] == 255).all() and (found.mask[:, :40] != 255).all()
    plain = masker.predict(image, BANDS, valid=~masked.mask.any(0))
    assert (found.mask == plain.mask).all()
