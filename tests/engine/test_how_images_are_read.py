"""Each line of docs/use/how-images-are-read.md: what is read how, how sure, and else what."""

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp
from stand_ins import land

from cloudmamba.errors import InputError
from cloudmamba.scene.interpretation import interpret
from cloudmamba.scene.reader import Scene

REFLECTANCE = land(64, 80)
COUNTS = np.round(REFLECTANCE * 1e4).astype(np.uint16)
PICTURE = np.round(REFLECTANCE * 600).clip(1, 254).astype(np.uint8)
NAMED = ("blue", "green", "red", "nir")
R, G, B = ColorInterp.red, ColorInterp.green, ColorInterp.blue
GREY, UNDEFINED = ColorInterp.gray, ColorInterp.undefined


@pytest.fixture
def read(write_raster):
    def read(values, descriptions=(), name="scene.tif", colours=(), radiometry="auto", **profile):
        def prepare(dataset):
            if colours:
                dataset.colorinterp = colours
            if "units" in profile_later:
                dataset.units = profile_later["units"]
            if "scales" in profile_later:
                dataset.scales, dataset.offsets = profile_later["scales"], profile_later["offsets"]

        later = ("units", "scales", "offsets")
        profile_later = {key: profile.pop(key) for key in later if key in profile}
        options = {"descriptions": descriptions, "before_closing": prepare, **profile}
        with Scene(write_raster(np.ascontiguousarray(values), name, **options)) as scene:
            return interpret(scene, "", radiometry)

    return read


def bands_of(found):
    return [reading.roles.numbers for reading in found.readings]


def stack(count):
    return np.concatenate([COUNTS] * 4)[:count]


def test_bands_words_and_wavelengths_are_certain(read):
    nir_first = COUNTS[[3, 2, 1, 0]]
    for descriptions in (
        ("near infrared", "red", "green", "blue"),
        ("842 nm", "band 2 (665 nm)", "560.0 Nanometers", "0.49 um"),
    ):
        found = read(nir_first, descriptions)
        assert found.best.roles.numbers == (4, 3, 2, 1)
        assert found.best.roles.confidence == "certain" and not found.is_open


def test_bands_codes_of_a_sensor_are_likely_and_counting_is_no_code(read):
    found = read(COUNTS, ("B02", "B03", "B04", "B08"))
    assert (found.best.roles.numbers, found.best.roles.confidence) == ((1, 2, 3, 4), "likely")
    counted = read(stack(7), [f"Band {number}" for number in range(1, 8)])
    assert counted.best.roles.confidence == "unsure"


def test_bands_product_by_its_name_and_number_of_bands(read):
    colours = (R, G, B, UNDEFINED)
    planet = read(COUNTS, name="20200101_1_3B_AnalyticMS_SR.tif", colours=colours)
    assert (planet.best.roles.numbers, planet.best.roles.confidence) == ((1, 2, 3, 4), "likely")
    named = "S2A_MSIL2A_20180101T000000_N0206.tif"
    assert read(COUNTS, name=named).best.roles.confidence == "likely"
    doubt = read(COUNTS, name=named, colours=colours)
    assert doubt.best.roles.confidence == "unsure"
    assert bands_of(doubt)[:2] == [(1, 2, 3, 4), (3, 2, 1, 4)]


def test_bands_colours(read):
    three = read(COUNTS[:3], colours=(R, G, B))
    assert (three.best.roles.numbers, three.best.roles.confidence) == ((3, 2, 1, None), "likely")
    four = read(COUNTS, colours=(R, G, B, UNDEFINED))
    assert four.best.roles.confidence == "unsure"
    assert bands_of(four)[:3] == [(3, 2, 1, 4), (3, 2, 1, None), (1, 2, 3, 4)]


def test_bands_four_without_names(read):
    colours = (GREY, *(UNDEFINED,) * 3)
    found = read(COUNTS, colours=colours)
    assert (found.best.roles.numbers, found.best.roles.confidence) == ((1, 2, 3, 4), "likely")
    picture = read(PICTURE[[2, 1, 0, 3]], colours=colours)
    assert (picture.best.roles.numbers, picture.best.roles.confidence) == ((3, 2, 1, 4), "likely")
    against_the_custom = read(COUNTS[[2, 1, 0, 3]], colours=colours)
    assert against_the_custom.best.roles.confidence == "unsure"
    assert set(bands_of(against_the_custom)) == {(1, 2, 3, 4), (3, 2, 1, 4)}


def test_bands_three_without_names(read):
    assert read(PICTURE[:3]).best.roles.confidence == "likely"
    found = read(COUNTS[:3], colours=(GREY, UNDEFINED, UNDEFINED))
    assert found.best.roles.confidence == "unsure"
    assert bands_of(found) == [(3, 2, 1, None), (1, 2, 3, None)]


@pytest.mark.parametrize("count", [5, 6, 7, 8, 10, 11, 12, 13])
def test_bands_five_to_thirteen_without_names(read, count):
    found = read(stack(count), colours=(GREY, *(UNDEFINED,) * (count - 1)))
    assert found.best.roles.confidence == "unsure"
    assert found.is_open == (count < 12)
    assert "The bands were guessed" in found.warnings[-1]


@pytest.mark.parametrize("count", [9, 14])
def test_bands_of_any_other_number_have_to_be_given(read, count):
    with pytest.raises(InputError, match="--bands"):
        read(stack(count), colours=(GREY, *(UNDEFINED,) * (count - 1)))


@pytest.mark.parametrize(("value", "words"), [(np.nan, "no valid pixel"), (0, "only zeros")])
def test_bands_that_were_never_filled_are_named(read, value, words):
    values = REFLECTANCE.copy()
    values[3] = value
    with pytest.raises(InputError, match=rf"{words} in band 4 \(near infrared\)"):
        read(values, NAMED)


def numbers_of(found):
    radiometry = found.best.radiometry
    return radiometry.name, radiometry.confidence


def test_numbers_scale_and_offset_of_the_file(read):
    whole = {"scales": (1e-4,) * 4, "offsets": (-0.1,) * 4}
    assert numbers_of(read(COUNTS + 1000, NAMED, **whole)) == ("file", "certain")
    twice = read(COUNTS, NAMED, **whole)
    assert numbers_of(twice) == ("file", "likely")
    assert "was not used" in twice.warnings[0]
    senseless = read(COUNTS, NAMED, scales=(9.0,) * 4, offsets=(0.0,) * 4)
    assert numbers_of(senseless) == ("sentinel2", "likely")
    assert "were not used" in senseless.warnings[0]


def test_numbers_of_a_product(read):
    name = "S2B_MSIL2A_20230101T000000_N0509_x.tif"
    assert numbers_of(read(COUNTS + 1000, NAMED, name)) == ("sentinel2-offset", "likely")
    # As of providers who take the offset out and keep the name.
    assert numbers_of(read(COUNTS, NAMED, name)) == ("sentinel2", "likely")


def test_numbers_fractions(read):
    assert numbers_of(read(REFLECTANCE, NAMED)) == ("reflectance", "likely")
    bright = read(REFLECTANCE * 3 + 0.2, NAMED)
    assert numbers_of(bright) == ("reflectance", "unsure")
    assert bright.readings[1].radiometry.name.startswith("scale:")
    assert numbers_of(read(REFLECTANCE * 100 + 1, NAMED)) == ("percent", "likely")
    # Water under a few clouds.
    dark = REFLECTANCE * 2
    dark[:, :4] = np.random.default_rng(0).uniform(10, 60, (4, 4, 80))
    assert numbers_of(read(dark, NAMED)) == ("percent", "unsure")


def test_numbers_eight_bits(read):
    assert numbers_of(read(PICTURE, NAMED)) == ("picture", "likely")
    assert numbers_of(read(PICTURE.astype(np.uint16), NAMED)) == ("picture", "unsure")


def test_numbers_times_10000_or_counts(read):
    assert numbers_of(read(COUNTS, NAMED)) == ("sentinel2", "likely")
    saturated = COUNTS.copy()
    saturated[:, :8] = 4095
    found = read(saturated.clip(0, 4095), NAMED)
    assert numbers_of(found)[1] == "unsure"
    assert found.readings[1].radiometry.name == "counts:12"
    assert numbers_of(read(COUNTS // 6, NAMED)) == ("gaofen1-wfv", "unsure")


def test_numbers_with_the_offset_of_sentinel2(read):
    offset = read((COUNTS + 1000).clip(1050), NAMED)
    assert numbers_of(offset) == ("sentinel2-offset", "likely")
    assert len(offset.readings) == 2 and offset.warnings
    assert numbers_of(read(COUNTS + 2000, NAMED)) == ("sentinel2", "unsure")


def test_numbers_of_landsat(read):
    bluish = REFLECTANCE.copy()
    bluish[0] += 0.10
    bluish[1] += 0.05
    level1 = ((bluish + 0.1) / 2e-5).astype(np.uint16)
    name, _ = numbers_of(read(level1, NAMED))
    assert name == "landsat-collection2-level1"
    level2 = ((REFLECTANCE + 0.2) / 2.75e-5).astype(np.uint16)
    assert numbers_of(read(level2, NAMED)) == ("landsat-collection2-level2", "unsure")


@pytest.mark.parametrize(
    "options",
    [
        {"name": "20200101_1_3B_AnalyticMS.tif"},
        {"name": "scene_radiance.tif"},
        {"units": ("W/m2/sr/um",) * 4},
    ],
    ids=["PlanetScope", "name", "unit"],
)
def test_numbers_radiance_is_refused(read, options):
    with pytest.raises(InputError, match="radiance needs its coefficients"):
        read(COUNTS, NAMED, **options)


@pytest.mark.parametrize(
    "name", ["T33_SCL_20m", "LC08_QA_PIXEL", "x_udm2", "MSK_CLDPRB_20m", "a_TCI"]
)
def test_numbers_of_what_is_no_image_are_refused_unless_told(read, name):
    with pytest.raises(InputError, match="not like an image"):
        read(COUNTS, NAMED, f"{name}.tif")
    assert read(COUNTS, NAMED, f"{name}.tif", radiometry="sentinel2").best.radiometry.name


def test_no_data_of_every_kind(write_raster):
    values = REFLECTANCE.copy()
    values[0, 5, 5], values[1, 5, 6] = np.nan, np.inf
    values[:, 20, 20] = 0
    with Scene(write_raster(values, descriptions=NAMED)) as scene:
        scene.sample((1, 2, 3, 4))
        valid = scene.read((1, 2, 3, 4), rasterio.windows.Window(0, 0, 80, 64))[1]
        assert scene.has_undeclared_nodata
    expected = np.ones(valid.shape, bool)
    expected[5, 5] = expected[5, 6] = expected[20, 20] = False
    assert (valid == expected).all()
