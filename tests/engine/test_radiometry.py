"""From stored numbers to reflectance: presets, what auto picks, and what is refused."""

import csv

import numpy as np
import pytest
import rasterio
from stand_ins import land

from cloudmamba.errors import InputError
from cloudmamba.raster.facts import BandFacts, RasterFacts
from cloudmamba.raster.radiometry import (
    PRESET_NAMES,
    implausible,
    parse_radiometry,
    resolve_radiometry,
)


def facts_of(dtype, name="scene.tif", count=4, scale=1.0, offset=0.0, tags=None):
    bands = [
        BandFacts(number=n, dtype=dtype, scale=scale, offset=offset) for n in range(1, count + 1)
    ]
    return RasterFacts(name, tuple(bands), tags or {})


def resolve(choice, sample, dtype="uint16", **facts):
    count = len(sample)
    facts = facts_of(dtype, count=count, **facts)
    return resolve_radiometry(choice, facts, range(1, count + 1), sample)


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
    "text", ["", "dn", "scale", "scale:", "scale:x", "scale:1,2,3", "scale:1;2"]
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


def test_auto_sees_that_a_provider_took_the_offset_out():
    name = "S2A_MSIL2A_20230815T100601_N0509_R022_T33TWL.tif"
    assert resolve("auto", numbers_of("sentinel2", clear_land()), name=name).name == "sentinel2"


def test_auto_warns_where_the_offset_is_a_guess():
    found = resolve("auto", numbers_of("sentinel2-offset", clear_land()))
    assert found.confidence == "unsure"
    assert "choose the radiometry 'sentinel2'" in found.warnings[0]


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


def test_undeclared_fill_values_are_refused_with_advice():
    numbers = numbers_of("sentinel2", clear_land(), "int16")
    numbers[:, : numbers.shape[1] // 10] = -9999
    with pytest.raises(InputError, match="from -9999 .* no data is declared"):
        resolve("auto", numbers, "int16")


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
    tested = 0
    for row, dtype, sample in real_images(shared_data):
        found = resolve("auto", sample, dtype)
        reflectance = found.reflectance(sample)
        tested += 1
        if row["scale"] == "0.0001":
            assert found.name == "sentinel2", row["image"]
            # The same numbers in another type must not be refused either.
            resolve("auto", sample.clip(1), "uint16")
            resolve("auto", sample.astype(np.float32), "float32")
        elif row["scale"] == "2e-05":
            assert found.name == "landsat-collection2-level1", row["image"]
        elif row["scale"] == "1":
            assert found.name == "reflectance", row["image"]
        assert 0 < np.median(reflectance) < 1.3, row["image"]
    assert tested > 300


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
