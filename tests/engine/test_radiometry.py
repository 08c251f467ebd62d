"""From stored numbers to reflectance: presets, what auto picks, and what is refused."""

import csv

import numpy as np
import pytest
import rasterio
from stand_ins import land

from cloudmamba.errors import InputError
from cloudmamba.raster.metadata import BandMetadata, ProductMetadata, RasterMetadata
from cloudmamba.raster.radiometry import (
    PRESET_NAMES,
    implausible,
    parse_radiometry,
    resolve_radiometry,
)


def metadata_of(
    dtype, name="scene.tif", count=4, scale=1.0, offset=0.0, unit="", tags=None, product=None
):
    bands = [
        BandMetadata(number=n, dtype=dtype, scale=scale, offset=offset, unit=unit)
        for n in range(1, count + 1)
    ]
    return RasterMetadata(name, tuple(bands), tags or {}, product)


def resolve(choice, sample, dtype="uint16", **metadata):
    count = len(sample)
    metadata = metadata_of(dtype, count=count, **metadata)
    return resolve_radiometry(choice, metadata, range(1, count + 1), sample)


def clear_land(bands=4):
    return land(64, 64, bands=bands).reshape(bands, -1)


def seen_from_space(reflectance):
    """Adds what air scatters, most of it in blue: the darkest pixels are no longer black."""
    return reflectance * 0.9 + np.array([[0.08], [0.05], [0.025], [0.01]])[: len(reflectance)]


def numbers_of(preset, reflectance, dtype="uint16"):
    radiometry = parse_radiometry(preset, len(reflectance))
    scales, offsets = (np.array(v)[:, None] for v in (radiometry.scales, radiometry.offsets))
    numbers = np.round((reflectance - offsets) / scales)
    return numbers.clip(np.iinfo(dtype).min, np.iinfo(dtype).max).astype(dtype)


@pytest.mark.parametrize(
    ("name", "number", "reflectance"),
    [
        ("reflectance", 0.25, 0.25),
        ("percent", 25, 0.25),
        ("sentinel2", 2500, 0.25),
        ("sentinel2-offset", 3500, 0.25),
        ("landsat-collection2-level1", 17500, 0.25),
        ("landsat-collection2-level2", 16364, 0.25001),
        ("planetscope-sr", 2500, 0.25),
        ("picture", 255, 0.36),
        ("uint16", 65535, 1.0),
        ("scale:0.001", 250, 0.25),
        ("scale:0.001,-0.05", 300, 0.25),
        ("counts:11", 2047, 0.8),
        ("counts:12", 4095, 0.8),
    ],
)
def test_conversion_by_hand(name, number, reflectance):
    numbers = np.full((4, 3, 2), number, np.float64)
    converted = parse_radiometry(name, 4).reflectance(numbers)
    assert converted.dtype == np.float32
    assert converted == pytest.approx(np.full((4, 3, 2), reflectance), abs=1e-5)


def test_gaofen_scale_by_hand():
    """pi L d^2 / (E sin h) of one count in blue: pi 0.1971 / (1962 sin 50)."""
    radiometry = parse_radiometry("gaofen1-wfv", 3)
    assert radiometry.scales == pytest.approx((4.120e-4, 3.588e-4, 3.502e-4), rel=1e-3)


@pytest.mark.parametrize(
    "text",
    ["", "dn", "scale", "scale:", "scale:x", "scale:1,2,3", "scale:1;2", "counts:", "counts:99"],
)
def test_unknown_radiometry_is_refused(text):
    with pytest.raises(InputError, match="is unknown: use auto, scale:S"):
        parse_radiometry(text, 4)


@pytest.mark.parametrize("text", ["scale:0", "scale:-1", "scale:nan", "scale:1,inf"])
def test_senseless_scale_is_refused(text):
    with pytest.raises(InputError, match="positive scale"):
        parse_radiometry(text, 4)


def test_every_preset_is_listed_in_the_error():
    with pytest.raises(InputError) as refused:
        parse_radiometry("nonsense", 4)
    assert all(name in str(refused.value) for name in PRESET_NAMES)


@pytest.mark.parametrize(
    ("preset", "dtype", "from_space"),
    [
        ("sentinel2", "uint16", False),
        ("sentinel2", "uint16", True),
        ("sentinel2", "int16", False),
        ("sentinel2-offset", "uint16", False),
        ("sentinel2-offset", "uint16", True),
        ("landsat-collection2-level1", "uint16", True),
        ("landsat-collection2-level2", "uint16", False),
        ("picture", "uint8", False),
        ("uint16", "uint16", False),
    ],
)
def test_auto_recognises_the_units_of_land(preset, dtype, from_space):
    reflectance = clear_land()
    if from_space:
        reflectance = seen_from_space(reflectance)
    found = resolve("auto", numbers_of(preset, reflectance, dtype), dtype)
    assert found.name == preset


@pytest.mark.parametrize(
    ("preset", "dtype"),
    [
        ("sentinel2", "uint16"),
        ("sentinel2-offset", "uint16"),
        ("landsat-collection2-level1", "uint16"),
        ("picture", "uint8"),
    ],
)
def test_auto_recognises_the_units_without_near_infrared(preset, dtype):
    numbers = numbers_of(preset, seen_from_space(clear_land(bands=3)), dtype)
    assert resolve("auto", numbers, dtype).name == preset


def test_auto_recognises_ten_bit_counts_and_warns():
    numbers = numbers_of("gaofen1-wfv", seen_from_space(clear_land())).clip(0, 1023)
    found = resolve("auto", numbers)
    assert found.name == "gaofen1-wfv"
    assert found.confidence == "unsure"
    assert "'sentinel2'" in found.warnings[0]


@pytest.mark.parametrize(
    ("factor", "name"), [(1, "reflectance"), (100, "percent"), (1e4, "sentinel2")]
)
def test_auto_on_floating_point(factor, name):
    assert resolve("auto", clear_land() * factor, "float32").name == name


def test_auto_takes_scale_and_offset_of_the_file():
    numbers = (clear_land() + 0.3) / 5e-4
    found = resolve("auto", numbers, scale=5e-4, offset=-0.3)
    assert (found.name, found.confidence) == ("file", "certain")
    assert found.reflectance(numbers) == pytest.approx(clear_land(), abs=1e-4)


def test_auto_drops_an_impossible_scale_of_the_file_and_says_so():
    found = resolve("auto", numbers_of("sentinel2", clear_land()), scale=0.1)
    assert found.name == "sentinel2"
    assert "scale and offset of the file were not used" in found.warnings[0]


@pytest.mark.parametrize(
    ("name", "preset"),
    [
        ("S2A_MSIL2A_20230815T100601_N0509_R022_T33TWL.tif", "sentinel2-offset"),
        ("S2A_MSIL2A_20220201T100601_N0400_R022_T33TWL.tif", "sentinel2-offset"),
        ("S2A_MSIL1C_20200815T100601_N0209_R022_T33TWL.tif", "sentinel2"),
        ("LC08_L1TP_192030_20200510_20200820_02_T1_stack.tif", "landsat-collection2-level1"),
        ("LC09_L2SP_192030_20220510_20220820_02_T1_stack.tif", "landsat-collection2-level2"),
        ("20200510_101010_1025_3B_AnalyticMS_SR.tif", "planetscope-sr"),
        ("GF1_WFV2_E117.0_N40.0_20140415_L1A0001234567.tiff", "gaofen1-wfv"),
    ],
)
def test_auto_knows_products_by_their_names(name, preset):
    # Bright sand, whose values alone would not tell.
    sand = np.random.default_rng(0).uniform(0.18, 0.3, (4, 500))
    found = resolve("auto", numbers_of(preset, sand), name=name)
    assert (found.name, found.confidence) == (preset, "likely")


def test_auto_knows_the_baseline_of_the_sentinel_driver():
    numbers = numbers_of("sentinel2-offset", np.full((4, 10), 0.3))
    found = resolve("auto", numbers, tags={"PROCESSING_BASELINE": "05.09"})
    assert found.name == "sentinel2-offset"


@pytest.mark.parametrize(
    "where",
    [
        {"name": "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57"},
        {"tags": {"PROCESSING_BASELINE": "99.99"}},
    ],
)
def test_of_what_users_processed_themselves_the_values_tell_the_offset(where):
    for preset in ("sentinel2", "sentinel2-offset"):
        assert resolve("auto", numbers_of(preset, clear_land()), **where).name == preset
    sand = np.random.default_rng(0).uniform(0.18, 0.28, (4, 500))
    found = resolve("auto", numbers_of("sentinel2", sand), **where)
    assert (found.name, found.confidence) == ("sentinel2", "unsure")
    assert found.alternatives == ("sentinel2-offset",)


def test_auto_sees_that_a_provider_took_the_offset_out():
    name = "S2A_MSIL2A_20230815T100601_N0509_R022_T33TWL.tif"
    assert resolve("auto", numbers_of("sentinel2", clear_land()), name=name).name == "sentinel2"


def test_auto_warns_where_the_offset_is_a_guess():
    found = resolve("auto", numbers_of("sentinel2-offset", clear_land()))
    assert found.name == "sentinel2-offset" and found.alternatives == ("sentinel2",)
    assert "('sentinel2')" in found.warnings[0]


@pytest.mark.parametrize("preset", ["sentinel2", "sentinel2-offset"])
def test_the_type_of_whole_numbers_changes_nothing(preset):
    numbers = numbers_of(preset, seen_from_space(clear_land()))
    assert resolve("auto", numbers.astype(np.int16), "int16") == resolve("auto", numbers)


def test_haze_without_a_sharp_dark_end_is_not_taken_for_an_offset():
    haze = np.random.default_rng(1).uniform(0.1, 0.5, (1, 4096))
    found = resolve("auto", numbers_of("sentinel2", clear_land() + haze))
    assert (found.name, found.confidence) == ("sentinel2", "unsure")
    assert found.alternatives == ("sentinel2-offset",)


@pytest.mark.parametrize("bits", [11, 12, 14])
def test_counts_whose_greatest_many_pixels_share_are_unsure(bits):
    greatest = 2**bits - 1
    numbers = np.round(clear_land() * 1.6 * greatest).clip(0, greatest).astype(np.uint16)
    numbers[:, :200] = greatest
    for dtype in ("uint16", "int16", "float32"):
        found = resolve("auto", numbers.astype(dtype), dtype)
        assert found.confidence == "unsure"
        assert f"counts:{bits}" in (found.name, *found.alternatives)
        assert f"counts of {bits} bits" in found.warnings[0]
    assert resolve(f"counts:{bits}", numbers).name == f"counts:{bits}"


def test_land_within_eleven_bits_is_unsure_and_water_is_not():
    counts = np.round(clear_land() * 2000).clip(1, 2047).astype(np.uint16)
    counts[3] += 1024
    assert resolve("auto", counts.clip(1, 2047)).alternatives == ("counts:11",)
    water = np.random.default_rng(0).uniform(200, 1500, (4, 500)) * [[1], [0.6], [0.4], [0.2]]
    assert resolve("auto", water.astype(np.uint16)).alternatives == ()


def test_bright_reflectance_is_not_percent():
    """Clouds under a low sun that nobody corrected for."""
    numbers = clear_land()
    numbers[:, ::3] = np.random.default_rng(0).uniform(2, 2.9, (1, numbers[:, ::3].shape[1]))
    numbers[:, 0] = 0.02
    for choice in ("auto", "reflectance"):
        assert resolve(choice, numbers, "float32").name == "reflectance"


def test_reflectance_times_an_unknown_factor_is_unsure():
    numbers = (clear_land() * 0.7 + 0.15) * 3.5
    numbers[:, ::3] = 0.8 * 3.5
    found = resolve("auto", numbers.astype(np.float32), "float32")
    assert found.confidence == "unsure" and found.alternatives[0].startswith("scale:0.")


def test_offset_that_was_taken_out_but_is_still_declared_is_not_used():
    numbers = numbers_of("sentinel2", clear_land())
    found = resolve("auto", numbers, scale=1e-4, offset=-0.1)
    assert found.reflectance(numbers) == pytest.approx(clear_land(), abs=1e-4)
    assert "'scale:0.0001,-0.1'" in found.warnings[0]
    given = resolve("scale:0.0001,-0.1", numbers, scale=1e-4, offset=-0.1)
    assert given.offsets[0] == -0.1


@pytest.mark.parametrize(("is_certain", "offset"), [(True, -0.1), (False, 0.0)])
def test_an_offset_of_the_provider_itself_is_used_whatever_the_values(is_certain, offset):
    product = ProductMetadata("Sentinel-2", has_certain_offset=is_certain)
    numbers = numbers_of("sentinel2", clear_land())
    found = resolve("auto", numbers, scale=1e-4, offset=-0.1, product=product)
    assert found.offsets == (offset,) * 4


def test_an_offset_that_is_due_is_used_over_water_below_zero():
    """As surface reflectance of Landsat is over clear water in near infrared."""
    reflectance = clear_land().copy()
    reflectance[3, : reflectance.shape[1] // 10] = -0.018
    numbers = numbers_of("landsat-collection2-level2", reflectance)
    found = resolve("auto", numbers, scale=2.75e-5, offset=-0.2)
    assert found.name == "file" and found.offsets[0] == -0.2 and found.warnings == ()
    assert found.reflectance(numbers) == pytest.approx(reflectance, abs=1e-4)


def test_corrected_images_that_keep_the_name_of_gaofen_are_no_counts():
    name = "GF1_WFV3_E116.6_N40.0_20150503_L1A0000788770_flaash.tif"
    numbers = numbers_of("sentinel2", clear_land())
    assert numbers.max() > 1023
    assert resolve("auto", numbers, name=name).name != "gaofen1-wfv"
    counts = numbers_of("gaofen1-wfv", clear_land())
    assert resolve("auto", counts, name=name).name == "gaofen1-wfv"


def test_percent_in_whole_numbers_of_two_bytes_is_unsure():
    numbers = numbers_of("percent", clear_land() * 1.5)
    found = resolve("auto", numbers)
    assert (found.name, found.confidence) == ("picture", "unsure")
    assert "percent" in found.alternatives and "('percent')" in found.warnings[0]
    assert resolve("auto", numbers.astype("uint8"), dtype="uint8").confidence == "likely"


@pytest.mark.parametrize(
    "metadata",
    [
        {"name": "20170831_172754_101c_3B_AnalyticMS.tif"},
        {"name": "20200510_101010_1_0f17_3B_AnalyticMS_8b.tif"},
        {"name": "20230105_101112_34_2423_3B_ortho_analytic_4b.tif"},
        {"name": "20230105_101112_34_2423_1B_AnalyticMS.tif"},
        {"name": "L1B_radiance_stack.tif"},
        {"unit": "W/m2/sr/um"},
    ],
)
def test_radiance_is_refused_without_its_coefficients(metadata):
    numbers = numbers_of("sentinel2", clear_land())
    with pytest.raises(InputError, match="radiance needs its coefficients"):
        resolve("auto", numbers, **metadata)
    assert resolve("scale:0.0001", numbers, **metadata).name == "scale:0.0001"
    declared = resolve("auto", numbers, **metadata, scale=1e-4)
    assert declared.name == "file"


@pytest.mark.parametrize(
    "name",
    [
        "20200510_101010_1025_3B_udm2.tif", "T33TWL_20200101T100000_SCL_20m.jp2",
        "LC08_L2SP_192030_20200510_20200820_02_T1_QA_PIXEL.TIF", "T33TWL_20200101T100000_TCI.jp2",
        "MSK_CLDPRB_20m.jp2", "HLS.L30.T33TWL.2020131T100000.v2.0.Fmask.tif", "x_BQA.TIF",
    ],
)  # fmt: skip
def test_layers_that_are_no_images_are_known_by_their_names(name):
    assert metadata_of("uint16", name).not_an_image


@pytest.mark.parametrize(
    "name", ["scene.tif", "S2A_MSIL1C_20200815T100601_N0209_R022_T33TWL.tif", "tcimage.tif",
             "20200510_101010_1025_3B_AnalyticMS_SR.tif", "sclera.tif", "pixels.tif"],
)  # fmt: skip
def test_images_are_no_other_layers(name):
    assert metadata_of("uint16", name).not_an_image is None


@pytest.mark.parametrize(
    "reflectance",
    [
        pytest.param(np.array([0.93, 0.92, 0.90, 0.85]), id="snow"),
        pytest.param(np.array([0.62, 0.60, 0.61, 0.65]), id="cloud"),
        pytest.param(np.array([1.35, 1.30, 1.28, 1.25]), id="glaring cloud"),
        pytest.param(np.array([0.20, 0.28, 0.40, 0.50]), id="desert"),
        pytest.param(np.array([0.03, 0.02, 0.01, 0.004]), id="water"),
        pytest.param(np.array([0.11, 0.07, 0.04, 0.02]), id="water from space"),
    ],
)
@pytest.mark.parametrize("preset", ["reflectance", "sentinel2"])
def test_uniform_scenes_are_not_refused(reflectance, preset):
    noise = np.random.default_rng(0).normal(1, 0.02, (4, 2000))
    sample = reflectance[:, None] * noise
    assert implausible(sample) is None
    dtype = "float32" if preset == "reflectance" else "uint16"
    numbers = sample if preset == "reflectance" else numbers_of(preset, sample)
    assert resolve("auto", numbers, dtype).name == preset
    assert resolve(preset, numbers, dtype).name == preset


def units_mixed(case):
    """Numbers of land whose one band is in another unit than the others, as floating point."""
    reflectance = clear_land().astype(np.float64)
    sample = reflectance * (1 if case in ("nir times 10000", "blue divided by 100") else 1e4)
    if case == "nir times 10000":
        sample[3] *= 1e4
    elif case == "blue divided by 100":
        sample[0] /= 100
    else:
        sample[{"blue as fraction": 0, "red as fraction": 2, "nir as fraction": 3}[case]] /= 1e4
    return sample


@pytest.mark.parametrize(
    ("case", "odd"),
    [
        ("blue as fraction", "blue"),
        ("red as fraction", "red"),
        ("nir as fraction", "near infrared"),
        ("nir times 10000", "near infrared"),
        ("blue divided by 100", "blue"),
    ],
)
@pytest.mark.parametrize("choice", ["auto", "sentinel2", "reflectance"])
def test_a_band_in_another_unit_is_named(case, odd, choice):
    sample = units_mixed(case)
    if choice == "auto":
        with pytest.raises(InputError, match=f"not in one unit.*Bring {odd} to the unit"):
            resolve("auto", sample, "float32")
    else:
        with pytest.raises(InputError, match="not in one unit|cannot be"):
            resolve(choice, sample, "float32")


def test_units_of_the_file_that_differ_by_band_are_one_unit():
    sample = units_mixed("blue as fraction")
    bands = tuple(BandMetadata(n, "float32", scale=1.0 if n == 1 else 1e-4) for n in range(1, 5))
    found = resolve_radiometry("auto", RasterMetadata("a.tif", bands), range(1, 5), sample)
    assert found.scales == (1.0, 1e-4, 1e-4, 1e-4)
    with pytest.raises(InputError, match="read as 'file'"):
        resolve("auto", sample, "float32", scale=1e-4)


@pytest.mark.parametrize(
    "reflectance",
    [
        pytest.param([0.062, 0.069, 0.005, 0.0003], id="sea after a correction"),
        pytest.param([0.05, 0.02, 0.0, 0.0], id="sea clipped to zero"),
        pytest.param([0.12, 0.08, 0.04, 0.01], id="sea from space"),
        pytest.param([0.16, 0.2, 0.05, 0.0], id="shallows without near infrared"),
        pytest.param([0.35, 0.34, 0.33, 0.3], id="sun on the sea"),
        pytest.param([0.006, 0.02, 0.008, 0.45], id="forest"),
        pytest.param([0.0, 0.03, 0.0, 0.5], id="forest clipped to zero"),
        pytest.param([0.08, 0.2, 0.5, 0.6], id="red desert"),
        pytest.param([0.9, 0.9, 0.85, 0.6], id="old snow"),
        pytest.param([0.02, 0.012, 0.006, 0.004], id="dusk"),
        pytest.param([0.05, 0.02, 0.0], id="sea without near infrared"),
    ],
)
def test_bands_of_uneven_brightness_are_in_one_unit(reflectance):
    noise = np.random.default_rng(0).normal(1, 0.02, (len(reflectance), 2000))
    resolve("reflectance", np.array(reflectance)[:, None] * noise, "float32")


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [
        ("reflectance", "sentinel2"),
        ("reflectance", "landsat-collection2-level1"),
        ("reflectance", "picture"),
        ("percent", "sentinel2"),
        ("sentinel2", "picture"),
        ("picture", "sentinel2"),
        ("landsat-collection2-level1", "sentinel2"),
        ("landsat-collection2-level2", "sentinel2"),
        ("scale:1e-6", "sentinel2"),
    ],
)
def test_impossible_choice_is_refused_with_the_values(choice, numbers):
    dtype = "uint8" if numbers == "picture" else "uint16"
    sample = numbers_of(numbers, clear_land(), dtype)
    with pytest.raises(InputError) as refused:
        resolve(choice, sample, dtype)
    assert f"cannot be '{choice}': " in str(refused.value)
    assert "reflectance" in str(refused.value)
    assert f"a median of {np.median(sample):.6g}" in str(refused.value)


def test_choice_that_looks_wrong_is_taken_with_a_warning():
    numbers = numbers_of("landsat-collection2-level1", seen_from_space(clear_land(bands=3)))
    found = resolve("sentinel2", numbers)
    assert found.name == "sentinel2"
    assert "look like Landsat 8/9 level 1" in found.warnings[0]


@pytest.mark.parametrize("choice", ["sentinel2", "planetscope-sr", "scale:0.0001"])
def test_right_choice_brings_no_warning(choice):
    assert resolve(choice, numbers_of("sentinel2", clear_land())).warnings == ()


@pytest.mark.parametrize("dtype", ["int16", "float32"])
@pytest.mark.parametrize("share", [200, 10, 2])
def test_undeclared_fill_values_do_not_disturb(dtype, share):
    numbers = numbers_of("sentinel2", clear_land()).astype(dtype)
    clean = resolve("auto", numbers, dtype)
    numbers[:, : numbers.shape[1] // share] = -9999
    found = resolve("auto", numbers, dtype)
    assert found == clean
    assert (found.possible(numbers) == (numbers[0] != -9999)).all()


def test_many_different_impossible_values_are_refused():
    numbers = numbers_of("sentinel2", clear_land()).astype(np.int16)
    numbers[:, ::10] = np.random.default_rng(0).integers(-9999, -4000, numbers[:, ::10].shape)
    with pytest.raises(InputError, match="no data is declared"):
        resolve("auto", numbers, "int16")


@pytest.mark.parametrize(
    ("preset", "dtype", "number", "possible"),
    [
        ("sentinel2", "uint16", 28000, True),
        ("sentinel2", "uint16", 65535, False),
        ("sentinel2", "int16", 32767, False),
        ("sentinel2", "int16", -2000, True),
        ("sentinel2", "int16", -9999, False),
        ("reflectance", "float32", 2.9, True),
        ("reflectance", "float32", -1.0, False),
        ("reflectance", "float32", np.nan, False),
        ("landsat-collection2-level2", "uint16", 0, True),
        ("uint16", "uint16", 65535, True),
        ("picture", "uint8", 255, True),
    ],
)
def test_which_numbers_are_possible(preset, dtype, number, possible):
    numbers = np.full((3, 2), 2000 if dtype != "float32" else 0.2).astype(dtype)
    numbers[1, 0] = number
    found = parse_radiometry(preset, 3).possible(numbers)
    assert found.tolist() == [possible, True]


# Nothing but thick cloud, as dark at least as the black of Landsat's counts.
KNOWN_MISREADINGS = ("semi_automatic/s2l2a_oncloudn_adxp.tif",)


def real_images(folder):
    with open(folder / "index.csv", newline="") as lines:
        for row in csv.DictReader(lines):
            with rasterio.open(folder / row["image"]) as dataset:
                values = dataset.read()
                dtype = dataset.dtypes[0]
            sample = values[:, (values != 0).any(0)]
            yield row, dtype, sample[:, :: max(sample.shape[1] // 5000, 1)]


def test_no_real_image_is_refused_and_units_are_right(shared_data):
    """Snow, desert, city, water, cloud: 400 images as they are, and as if in other types."""
    tested = doubtful = 0
    for row, dtype, sample in real_images(shared_data):
        found = resolve("auto", sample, dtype)
        reflectance = found.reflectance(sample)
        tested += 1
        doubtful += bool(found.alternatives)
        if row["scale"] == "0.0001":
            if row["image"] in KNOWN_MISREADINGS:
                continue
            assert "sentinel2" in (found.name, *found.alternatives), row["image"]
            # The same numbers in another type must not be refused either.
            resolve("auto", sample.clip(1), "uint16")
            resolve("auto", sample.astype(np.float32), "float32")
        elif row["scale"] == "2e-05":
            assert found.name == "landsat-collection2-level1", row["image"]
        elif row["scale"] == "1":
            assert found.name == "reflectance", row["image"]
        assert 0 < np.median(reflectance) < 1.3, row["image"]
    assert tested > 300
    assert doubtful < 0.06 * tested


def test_raw_landsat_scene_is_recognised(shared_data):
    with rasterio.open(shared_data / "scenes/landsat8_LC80200392015216_dn.tif") as dataset:
        sample = dataset.read().reshape(4, -1)
    assert resolve("auto", sample, name="anything.tif").name == "landsat-collection2-level1"


@pytest.mark.parametrize("scale", [float("nan"), float("inf"), 0.0])
def test_senseless_scale_of_the_file_is_not_used(scale):
    found = resolve("auto", numbers_of("sentinel2", clear_land()), scale=scale, offset=0.1)
    assert found.name == "sentinel2"
    assert "scale and offset of the file were not used" in found.warnings[0]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_reflectance_that_is_no_number_is_implausible(value):
    reflectance = clear_land()
    reflectance[0, 0] = value
    assert "finite" in implausible(reflectance)
