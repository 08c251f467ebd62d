"""Windowed reading: validity of every kind, containers, and files that cannot be read."""

import os
import time
import tracemalloc
import zipfile

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp
from rasterio.windows import Window
from stand_ins import land

from cloudmamba.errors import InputError, InterpretationError
from cloudmamba.scene.interpretation import settle_bands
from cloudmamba.scene.reader import Scene

ALL = Window(0, 0, 40, 30)
BANDS = (1, 2, 3, 4)
TO_10_M = rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)
GEOPACKAGE = {"driver": "GPKG", "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)}


def counts(height=30, width=40, bands=4):
    """Land as uint16 in 1/10000, nowhere 0."""
    return np.round(land(height, width, bands=bands) * 1e4).astype(np.uint16)


def hole(height=30, width=40):
    """Validity with a hole in it."""
    valid = np.ones((height, width), bool)
    valid[5:12, 8:20] = False
    return valid


def read_all(path, numbers=BANDS):
    with Scene(path) as scene:
        return scene.read(numbers, Window(0, 0, scene.grid.width, scene.grid.height))


def test_values_and_grid_are_those_of_the_file(write_raster):
    values = counts()
    transform = rasterio.Affine(10, 2, 500000, 3, -10, 5000000)
    path = write_raster(values, transform=transform)
    with Scene(path) as scene:
        read, valid = scene.read((3, 1), Window(7, 3, 20, 10))
        assert (read == values[[2, 0], 3:13, 7:27]).all()
        assert valid.all() and valid.shape == (10, 20)
        assert (scene.grid.width, scene.grid.height) == (40, 30)
        assert scene.grid.transform == transform
        assert scene.grid.crs.to_epsg() == 32633
        assert [band.description for band in scene.metadata.bands] == [
            "blue",
            "green",
            "red",
            "nir",
        ]
        assert path in scene.files


def test_declared_nodata(write_raster):
    valid = hole()
    path = write_raster(np.where(valid, counts(), 0).astype(np.uint16), nodata=0)
    assert (read_all(path)[1] == valid).all()


def test_nodata_in_a_single_used_band_counts_and_in_an_unused_one_does_not(write_raster):
    valid = hole()
    values = counts()
    values[3] = np.where(valid, values[3], 9)
    path = write_raster(values, nodata=9)
    assert (read_all(path)[1] == valid).all()
    assert read_all(path, (1, 2, 3))[1].all()


@pytest.mark.parametrize("declared", [None, float("nan"), -9999.0])
def test_nan_is_no_data_declared_or_not(write_raster, declared):
    valid = hole()
    values = np.where(valid, land(30, 40), np.nan).astype(np.float32)
    assert (read_all(write_raster(values, nodata=declared))[1] == valid).all()


def test_infinity_is_no_data(write_raster):
    values = land(30, 40)
    values[1, 4, 5] = np.inf
    valid = read_all(write_raster(values))[1]
    assert not valid[4, 5] and valid.sum() == valid.size - 1


def test_alpha_band(write_raster):
    valid = hole()
    values = np.concatenate([counts(bands=3) // 100 + 1, valid[None] * 255]).astype(np.uint8)
    path = write_raster(values, photometric="RGB", alpha="YES", descriptions=())
    with Scene(path) as scene:
        assert [band.is_alpha for band in scene.metadata.bands] == [False, False, False, True]
        assert (scene.read((1, 2, 3), ALL)[1] == valid).all()


def test_near_infrared_that_gdal_calls_alpha_is_an_image(write_raster):
    """GDAL marks the fourth band of 8-bit files as alpha, whatever it holds."""
    values = (counts() // 20).clip(0, 255).astype(np.uint8)
    values[3, 2, 2] = 0
    for descriptions in (("blue", "green", "red", "nir"), ()):
        path = write_raster(values, photometric="RGB", alpha="YES", descriptions=descriptions)
        with rasterio.open(path) as dataset:
            assert dataset.colorinterp[3] is ColorInterp.alpha
        with Scene(path) as scene:
            assert not scene.metadata.bands[3].is_alpha
            assert scene.read(BANDS, ALL)[1].all()


def test_band_described_as_near_infrared_is_an_image_even_if_it_is_all_black_or_white(write_raster):
    values = (counts() // 20).clip(0, 255).astype(np.uint8)
    values[3] = np.where(hole(), 255, 0)
    path = write_raster(values, photometric="RGB", alpha="YES")
    with Scene(path) as scene:
        assert scene.read(BANDS, ALL)[1].all()


def test_alpha_band_that_is_asked_for_as_an_image_is_one(write_raster):
    values = (counts() // 20).clip(1, 255).astype(np.uint8)
    values[3] = np.where(hole(), 255, 0)
    path = write_raster(values, photometric="RGB", alpha="YES", descriptions=())
    with Scene(path) as scene:
        assert scene.metadata.bands[3].is_alpha
        assert scene.read(BANDS, ALL)[1].all()


def test_opacity_is_no_near_infrared(write_raster):
    """Whoever counts bands of a picture may count it, and what is transparent would be image."""
    values = (counts() // 20).clip(1, 255).astype(np.uint8)
    values[3] = np.where(hole(), 255, 0)
    path = write_raster(values, photometric="RGB", alpha="YES", descriptions=())
    with Scene(path) as scene:
        assert settle_bands(scene, "3,2,1").available_numbers == (3, 2, 1)
        with pytest.raises(InputError, match="Band 4 .* is opacity and no image"):
            settle_bands(scene, "3,2,1,4")


@pytest.mark.parametrize("internal", [True, False])
def test_mask_band_inside_and_beside_the_file(write_raster, tmp_path, internal):
    valid = hole()
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=internal):
        path = write_raster(counts(), before_closing=lambda dataset: dataset.write_mask(valid))
    assert (tmp_path / "scene.tif.msk").exists() is not internal
    assert (read_all(path)[1] == valid).all()


def test_masks_of_single_bands(write_raster, tmp_path):
    """A VRT gives each band a no data value of its own."""
    valid = hole()
    values = counts()
    values[0] = np.where(valid, values[0], 7)
    source = write_raster(values)
    path = tmp_path / "bands.vrt"
    bands = "".join(
        f'<VRTRasterBand dataType="UInt16" band="{n}">'
        f"<NoDataValue>{nodata}</NoDataValue><SimpleSource>"
        f'<SourceFilename relativeToVRT="1">{source.name}</SourceFilename>'
        f"<SourceBand>{n}</SourceBand></SimpleSource></VRTRasterBand>"
        for n, nodata in enumerate((7, 60000, 60001, 60002), start=1)
    )
    path.write_text(f'<VRTDataset rasterXSize="40" rasterYSize="30">{bands}</VRTDataset>')
    read, found = read_all(path)
    assert (found == valid).all()
    assert (read == values).all()
    with Scene(path) as scene:
        assert source in scene.files


def test_undeclared_zero_in_every_band_is_no_data_and_noted(write_raster):
    valid = hole()
    values = np.where(valid, counts(), 0).astype(np.uint16)
    values[0, 0, 0] = 0
    with Scene(write_raster(values)) as scene:
        assert not scene.has_undeclared_nodata
        assert (scene.read(BANDS, ALL)[1] == valid).all()
        assert scene.has_undeclared_nodata


def test_zero_is_a_value_where_no_data_is_declared_as_something_else(write_raster):
    values = counts()
    values[:, 3, 3] = 0
    assert read_all(write_raster(values, nodata=65535))[1].all()


def test_scale_offset_and_wavelength_are_found(write_raster):
    def describe(dataset):
        dataset.scales = (2e-5,) * 4
        dataset.offsets = (-0.1,) * 4
        dataset.update_tags(1, ns="IMAGERY", CENTRAL_WAVELENGTH_UM="0.482")
        dataset.update_tags(2, wavelength="561.4", wavelength_units="Nanometers")
        dataset.update_tags(3, WAVELENGTH="665", WAVELENGTH_UNIT="nm")

    with Scene(write_raster(counts(), before_closing=describe)) as scene:
        bands = scene.metadata.bands
    assert [(band.scale, band.offset) for band in bands] == [(2e-5, -0.1)] * 4
    assert [band.wavelength_um for band in bands] == pytest.approx([0.482, 0.5614, 0.665, None])


def test_geopackage_raster_is_read_by_file_and_by_name(write_raster):
    picture = (counts(bands=3) // 20).clip(1, 255).astype(np.uint8)
    path = write_raster(
        picture, "scene.gpkg", (), **GEOPACKAGE, raster_table="scene", tile_format="PNG"
    )
    for name in (path, f"GPKG:{path}:scene"):
        with Scene(name) as scene:
            window = Window(0, 0, scene.grid.width, scene.grid.height)
            assert (scene.read((1, 2, 3), window)[0][:, :30, :40] == picture).all()


def test_path_with_spaces_and_letters_of_the_world(write_raster):
    values = counts()
    assert (read_all(write_raster(values, "Übersicht 東京 no 1.tif"))[0] == values).all()


@pytest.mark.parametrize(("height", "width"), [(1, 40), (30, 1), (1, 1)])
def test_single_rows_and_columns(write_raster, height, width):
    values = counts(height, width)
    with Scene(write_raster(values, crs=None)) as scene:
        read, valid = scene.read(BANDS, Window(0, 0, width, height))
        assert (read == values).all() and valid.all()
        assert scene.sample(BANDS).shape == (4, height * width)


def test_sample_comes_from_all_over_and_only_from_valid_pixels(write_raster):
    values = np.broadcast_to(np.arange(1, 1201, dtype=np.uint16), (4, 1200, 1200)).copy()
    values[:, :, 600:] = 0
    with Scene(write_raster(values, nodata=0)) as scene:
        sample = scene.sample(BANDS)
    assert sample.min() >= 1 and sample.max() <= 600
    assert sample.min() < 80 and sample.max() > 520
    assert sample.shape[1] < 1200 * 1200 / 4


def test_sample_finds_the_few_valid_pixels(write_raster):
    values = np.zeros((4, 1500, 1500), np.uint16)
    values[:, 1133:1140, 411:417] = 500
    with Scene(write_raster(values, nodata=0)) as scene:
        assert scene.sample(BANDS).shape == (4, 42)


def test_sampling_can_be_stopped(write_raster):
    def stop():
        raise KeyboardInterrupt

    with Scene(write_raster(counts())) as scene, pytest.raises(KeyboardInterrupt):
        scene.sample(BANDS, stop)


def test_all_no_data_is_refused(write_raster):
    path = write_raster(np.zeros((4, 30, 40), np.uint16), nodata=0)
    with Scene(path) as scene, pytest.raises(InputError, match="no valid pixel"):
        scene.sample(BANDS)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"There is no file '.*missing\.tif'"):
        Scene(tmp_path / "missing.tif")


def test_text_file_with_the_name_of_a_raster(tmp_path):
    path = tmp_path / "notes.tif"
    path.write_text("This is not an image.\n" * 100)
    with pytest.raises(InputError, match="is not a raster of a kind"):
        Scene(path)


@pytest.mark.parametrize("compress", ["none", "deflate"])
@pytest.mark.parametrize("directory", ["first", "last"])
def test_truncated_file_is_refused(write_raster, compress, directory):
    """Where the directory comes first the file opens, and only reading shows the damage."""
    values = np.random.default_rng(0).integers(1, 10000, (4, 256, 256)).astype(np.uint16)
    descriptions = ("blue", "green", "red", "nir") if directory == "last" else ()
    path = write_raster(
        values, descriptions=descriptions, compress=compress, interleave="band", tiled=True
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with (
        pytest.raises(InputError, match=r"cannot be read.*damaged or incomplete \(.*\)\."),
        Scene(path) as scene,
    ):
        scene.read(BANDS, Window(0, 0, 256, 256))


def test_container_of_several_rasters_names_one(write_raster):
    for table in ("first", "second"):
        path = write_raster(
            np.full((3, 8, 8), 9, np.uint8), "two.gpkg", (), **GEOPACKAGE, raster_table=table,
            append_subdataset=table == "second",
        )  # fmt: skip
    with pytest.raises(InputError, match="holds 2 rasters.*GPKG:"):
        Scene(path)


def test_radar_image_is_refused(write_raster):
    path = write_raster(np.ones((4, 8, 8), np.complex64))
    with pytest.raises(InputError, match="complex numbers"):
        Scene(path)


def test_files_behind_nested_virtual_rasters(write_raster, tmp_path):
    from rasterio.shutil import copy

    path = write_raster(counts())
    copy(path, tmp_path / "a.vrt", driver="VRT")
    # GDAL would see through a copy of a copy.
    outer = (tmp_path / "a.vrt").read_text().replace(">scene.tif<", ">a.vrt<")
    (tmp_path / "b.vrt").write_text(outer)
    with Scene(tmp_path / "b.vrt") as scene:
        assert set(scene.files) == {tmp_path / "b.vrt", tmp_path / "a.vrt", path}


def test_file_behind_a_virtual_prefix(write_raster, tmp_path):
    path = write_raster(counts())
    with Scene(f"/vsisubfile/0_1000000,{path}") as scene:
        assert path in scene.files
    with zipfile.ZipFile(tmp_path / "scene.zip", "w") as archive:
        archive.write(path, "in/scene.tif")
    with Scene(f"/vsizip/{tmp_path}/scene.zip/in/scene.tif") as scene:
        assert tmp_path / "scene.zip" in scene.files


@pytest.mark.parametrize(
    ("text", "micrometres"),
    [
        (".", None),
        ("450.5.6 nm", None),
        ("", None),
        ("492.4 nm", 0.4924),
        (".56", 0.56),
        ("665", 0.665),
    ],
)
def test_wavelength_that_is_no_number_is_ignored(write_raster, text, micrometres):
    path = write_raster(
        counts(), before_closing=lambda dataset: dataset.update_tags(1, wavelength=text)
    )
    with Scene(path) as scene:
        assert scene.metadata.bands[0].wavelength_um == pytest.approx(micrometres)


VRT_BAND = '<VRTRasterBand dataType="UInt16" band="{number}"/>'


def claiming(path, width, height, bands=4):
    """A virtual raster of some bytes that says to be so large."""
    inside = "".join(VRT_BAND.format(number=number + 1) for number in range(bands))
    path.write_text(
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}">{inside}</VRTDataset>'
    )
    return path


@pytest.mark.parametrize(
    ("width", "height", "bands", "claim"),
    [
        (2_000_000_000, 2_000_000_000, 4, "2000000000 x 2000000000 pixels"),
        (2_000_000, 10, 4, "2000000 x 10 pixels"),
        (10, 1_000_001, 4, "10 x 1000001 pixels"),
        (10, 10, 30_000, "30000 bands"),
    ],
)
def test_absurd_claims_are_refused_at_once(width, height, bands, claim, tmp_path):
    with pytest.raises(InputError, match=f"claims {claim}"):
        Scene(claiming(tmp_path / "claim.vrt", width, height, bands))


def test_ten_thousand_bands_are_described_in_no_time(tmp_path):
    path = claiming(tmp_path / "stack.vrt", 10, 10, 10_000)
    started = time.perf_counter()
    with Scene(path) as scene:
        assert len(scene.metadata.bands) == 10_000
    assert time.perf_counter() - started < 10, "with the square of the bands it takes a minute"


def test_search_of_a_vast_empty_raster_stops_when_told_and_keeps_nothing(tmp_path):
    path = claiming(tmp_path / "vast.vrt", 1_000_000, 1_000_000)
    asked = 0

    class Stop(Exception):
        pass

    def check_cancelled():
        nonlocal asked
        asked += 1
        if asked > 500:
            raise Stop

    tracemalloc.start()
    with Scene(path) as scene, pytest.raises(Stop):
        scene.sample(BANDS, check_cancelled)
    peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    assert peak_mb < 50, "its windows alone are four million"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_pipes_and_devices_are_refused_instead_of_waited_for(write_raster, tmp_path):
    os.mkfifo(tmp_path / "pipe.tif")
    source = (
        '<SimpleSource><SourceFilename relativeToVRT="1">pipe.tif</SourceFilename></SimpleSource>'
    )
    band = f'<VRTRasterBand dataType="UInt16" band="1">{source}</VRTRasterBand>'
    (tmp_path / "pipe.vrt").write_text(
        f'<VRTDataset rasterXSize="9" rasterYSize="9">{band}</VRTDataset>'
    )
    for name in ("pipe.tif", "pipe.vrt"):
        with pytest.raises(InputError, match=r"pipe.tif' is a pipe or a device"):
            Scene(tmp_path / name)
    with pytest.raises(InputError, match="is a pipe or a device"):
        Scene("/dev/zero")
    with pytest.raises(InputError, match="standard input"):
        Scene("/vsistdin/")


def derived(path, source, function, count=4):
    """A virtual raster whose bands GDAL computes with a function of its own."""
    band = (
        '<VRTRasterBand dataType="Float32" band="{number}" subClass="VRTDerivedRasterBand">'
        f"<PixelFunctionType>{function}</PixelFunctionType><SimpleSource><SourceFilename "
        f'relativeToVRT="1">{source.name}</SourceFilename><SourceBand>{{number}}</SourceBand>'
        "</SimpleSource></VRTRasterBand>"
    )
    inside = "".join(band.format(number=number + 1) for number in range(count))
    path.write_text(f'<VRTDataset rasterXSize="40" rasterYSize="30">{inside}</VRTDataset>')
    return path


def test_read_that_fails_without_an_error_is_an_error(write_raster, tmp_path):
    path = derived(tmp_path / "product.vrt", write_raster(counts()), "mul")
    with pytest.raises(InputError, match="GDAL gives no values of band . and does not say why"):
        read_all(path)


def test_unknown_function_is_named(write_raster, tmp_path):
    path = derived(tmp_path / "product.vrt", write_raster(counts()), "no_such")
    with pytest.raises(InputError, match="'no_such' not registered"):
        read_all(path)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32"])
def test_values_like_unread_memory_are_read_as_what_they_are(dtype, write_raster):
    for value in (90, 165):
        if value > np.iinfo(dtype).max:
            continue
        path = write_raster(np.full((4, 30, 40), value, dtype))
        values, valid = read_all(path)
        assert (values == value).all() and valid.all()


def test_bands_of_different_types_are_read_in_one_that_holds_both(write_raster, tmp_path):
    path = write_raster(counts())
    band = (
        '<VRTRasterBand dataType="{kind}" band="{number}"><SimpleSource><SourceFilename '
        f'relativeToVRT="1">{path.name}</SourceFilename><SourceBand>{{number}}</SourceBand>'
        "</SimpleSource></VRTRasterBand>"
    )
    kinds = ("UInt16", "UInt16", "Float32", "UInt16")
    inside = "".join(band.format(kind=kind, number=n + 1) for n, kind in enumerate(kinds))
    (tmp_path / "mixed.vrt").write_text(
        f'<VRTDataset rasterXSize="40" rasterYSize="30">{inside}</VRTDataset>'
    )
    assert (read_all(tmp_path / "mixed.vrt")[0] == counts()).all()


def test_band_that_was_never_filled_is_named(write_raster):
    values = counts().astype(np.float32)
    values[3] = np.nan
    message = r"has no valid pixel in band 4 \(near infrared\).* Without it: --bands 1,2,3\."
    with pytest.raises(InterpretationError, match=message), Scene(write_raster(values)) as scene:
        scene.sample(BANDS)
    with Scene(write_raster(values)) as scene:
        assert scene.sample(BANDS[:3]).shape[1]
    values[:] = np.nan
    with (
        pytest.raises(InputError, match="has no valid pixel: all of it is no data"),
        Scene(write_raster(values)) as scene,
    ):
        scene.sample(BANDS)


@pytest.mark.parametrize("number", [1, 4])
def test_band_of_nothing_but_zeros_is_named(number, write_raster):
    values = counts()
    values[number - 1] = 0
    with (
        pytest.raises(InterpretationError, match=f"has only zeros in band {number}"),
        Scene(write_raster(values)) as scene,
    ):
        scene.sample(BANDS)


def test_no_data_and_mask_both_count(write_raster):
    """GDAL itself forgets the no data value where there is a mask."""
    masked, filled = np.ones((30, 40), bool), np.ones((30, 40), bool)
    masked[:4], filled[:, :6] = False, False
    values = np.where(filled, counts(), 0).astype(np.uint16)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        path = write_raster(
            values, nodata=0, before_closing=lambda dataset: dataset.write_mask(masked)
        )
    assert (read_all(path)[1] == (masked & filled)).all()


def test_no_data_and_alpha_both_count_without_a_word_of_python(write_raster, recwarn):
    opaque, filled = np.ones((30, 40), bool), np.ones((30, 40), bool)
    opaque[:4], filled[:, :6] = False, False
    picture = np.where(filled, counts(bands=3) // 100 + 1, 0)
    values = np.concatenate([picture, opaque[None] * 255]).astype(np.uint8)
    path = write_raster(values, photometric="RGB", alpha="YES", descriptions=(), nodata=0)
    recwarn.clear()
    assert (read_all(path, (1, 2, 3))[1] == (opaque & filled)).all()
    assert not recwarn.list


def test_unit_is_found(write_raster):
    def describe(dataset):
        dataset.units = ("W/m2/sr/um",) * 4

    with Scene(write_raster(counts(), before_closing=describe)) as scene:
        assert [band.unit for band in scene.metadata.bands] == ["W/m2/sr/um"] * 4


def read_at_20_m(path, numbers=BANDS):
    with Scene(path, resolution_m=20) as scene:
        return scene.read(numbers, Window(0, 0, scene.grid.width, scene.grid.height))


@pytest.mark.parametrize("bands", [[1], [0, 1, 2, 3]])
def test_undeclared_nan_is_no_data_at_a_coarser_resolution_too(bands, write_raster):
    values = land(32, 40).astype(np.float32)
    values[bands, 8:12, 8:16] = np.nan
    values[bands, 20, 20] = np.nan
    values[:, 24:28, 8:16] = 0
    values, valid = read_at_20_m(write_raster(values, transform=TO_10_M))
    expected = np.ones((16, 20), bool)
    expected[4:6, 4:8] = False
    # Zeros count as undeclared fill as they do in all other images.
    expected[12:14, 4:8] = False
    assert (valid == expected).all() and (values[:, valid] > 0).all()


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_integers_of_64_bits_are_read_at_a_coarser_resolution_too(dtype, write_raster):
    values = counts(32, 40).astype(dtype)
    values[:, 8:12, 8:16] = 9999
    read, valid = read_at_20_m(write_raster(values, transform=TO_10_M, nodata=9999))
    means = values.reshape(4, 16, 2, 20, 2).mean((2, 4))
    assert (~valid).sum() == 8
    np.testing.assert_allclose(read[:, valid], means[:, valid], atol=0.5)


@pytest.mark.parametrize("shape", [(200, 1), (1, 200)])
def test_a_resolution_coarser_than_a_narrow_image_is_told_so(shape, write_raster):
    path = write_raster(counts(*shape), transform=TO_10_M)
    with pytest.raises(InputError, match=f"an image of {shape[1]} x {shape[0]} pixels of 10"):
        Scene(path, resolution_m=20)
    with Scene(path, resolution_m=10) as scene:
        assert (scene.grid.height, scene.grid.width) == shape


@pytest.mark.parametrize("suffix", ["tif", "jp2"])
@pytest.mark.parametrize("numbers", [(0, 0, 5, 0, 0, 5), (10, 10, 0, 10, 10, 0)])
def test_pixels_of_no_size_tell_no_place(suffix, numbers, write_raster):
    place = {"transform": rasterio.Affine(*numbers)}
    place["driver"] = {"tif": "GTiff", "jp2": "JP2OpenJPEG"}[suffix]
    path = write_raster(counts(), name=f"scene.{suffix}", **place)
    window = Window(0, 0, 40, 30)
    with Scene(path) as scene:
        assert scene.reader_of(BANDS, [window])(window)[1].all()
        assert scene.grid.transform.is_identity
    with pytest.raises(InputError, match="lies in a map"):
        Scene(path, resolution_m=20)
    bands = [
        write_raster(counts(bands=1), name=f"{role}.{suffix}", descriptions=(), **place)
        for role in ("blue", "green", "red")
    ]
    with Scene(bands[0], False, bands[1:]) as scene:
        assert scene.read((1, 2, 3), window)[1].all()


@pytest.mark.parametrize("fill", [-9999, np.nan])
def test_a_coarser_band_has_no_values_where_it_declares_none(fill, write_raster):
    for role in ("blue", "green", "red"):
        values = land(40, 40, bands=1).astype(np.float32)
        write_raster(values, f"{role}.tif", descriptions=(), transform=TO_10_M)
    values = land(20, 20, bands=1).astype(np.float32)
    values[:, 5:10, 5:10] = fill
    transform = TO_10_M * rasterio.Affine.scale(2)
    nir = write_raster(values, "nir.tif", descriptions=(), transform=transform, nodata=fill)
    with Scene(nir.parent) as scene:
        _, valid = scene.read(BANDS, ALL)
        descriptions = [band.description for band in scene.metadata.bands]
    assert descriptions == ["blue", "green", "nir", "red"]
    assert not valid[10:20, 10:20].any()
    assert valid[:8].all() and valid[22:].all()


@pytest.mark.parametrize("crs", ["EPSG:326N", "EPSG:4326,EPSG:5773", "[1]", "EPSG:5773", "EPSG:1"])
def test_what_is_no_reference_system_of_a_map_is_told_so(crs, write_raster):
    path = write_raster(counts(), crs=None)
    with pytest.raises(InputError, match="is no coordinate reference system"):
        Scene(path, crs=crs)
    with Scene(path, crs="EPSG:32633+5773") as scene:
        assert scene.grid.crs.is_projected
    # QGIS tells that of the layer, whatever it is.
    with Scene(path, crs='LOCAL_CS["site",UNIT["metre",1]]') as scene:
        assert scene.grid.crs is not None


def test_an_empty_name_is_no_input(write_raster, monkeypatch):
    path = write_raster(counts(bands=1), descriptions=())
    # The current folder holds an image, which an empty name must not stand for.
    monkeypatch.chdir(path.parent)
    for given in (("", ()), (path, ("", path)), ("", (path, path))):
        with pytest.raises(InputError, match="No input was given"):
            Scene(given[0], False, given[1])
    Scene(".").close()


def test_a_band_that_is_given_twice_is_told_so(write_raster, tmp_path):
    bands = [
        write_raster(counts(bands=1), f"B0{number}.tif", descriptions=()) for number in (2, 3, 4)
    ]
    link = tmp_path / "nir.tif"
    link.symlink_to(bands[2])
    for again in (bands[2], link):
        with pytest.raises(InputError, match="was given twice"):
            Scene(bands[0], False, [*bands[1:], again])


@pytest.mark.parametrize("names", [("uncertainty", "stages", "x_shadow", "probability"), ("u",)])
def test_our_own_results_are_no_bands(names, write_raster, tmp_path):
    for number in (2, 3, 4):
        write_raster(counts(bands=1), f"B0{number}.tif", descriptions=())
    for name in names:
        write_raster(
            land(30, 40, bands=1).astype(np.float32),
            f"{name}.tif",
            descriptions=(),
            # Under any other name the file itself tells.
            before_closing=lambda file: (
                file.update_tags(TIFFTAG_SOFTWARE="cloudmamba 1.0") if names == ("u",) else None
            ),
        )
    with Scene(tmp_path) as scene:
        assert [band.description for band in scene.metadata.bands] == ["B02", "B03", "B04"]
        assert not {tmp_path / f"{name}.tif" for name in names} & set(scene.files)
