"""Which band is which: descriptions, wavelengths, colours, products, values, and the user's word."""

import numpy as np
import pytest
import rasterio
from stand_ins import land

from cloudmamba.errors import InputError
from cloudmamba.raster.bands import guess_bands, parse_bands
from cloudmamba.raster.metadata import BandMetadata, RasterMetadata


def metadata_of(descriptions=None, count=4, name="scene.tif", **per_band):
    """Metadata of a raster; ``per_band`` holds one list for each field of BandMetadata."""
    descriptions = descriptions or [""] * count
    per_band.setdefault("dtype", ["uint16"] * len(descriptions))
    fields = [dict(zip(per_band, values, strict=True)) for values in zip(*per_band.values())]
    return RasterMetadata(
        name,
        tuple(
            BandMetadata(number=i, description=description, **fields[i - 1])
            for i, description in enumerate(descriptions, start=1)
        ),
    )


def never(numbers):
    raise AssertionError("the values must not be looked at")


S2_L2A = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"]


@pytest.mark.parametrize(
    ("descriptions", "numbers"),
    [
        (["blue", "green", "red", "nir"], (1, 2, 3, 4)),
        (["Red", "Green", "Blue", "Near Infrared"], (3, 2, 1, 4)),
        (["Blue", "Green", "Red"], (1, 2, 3, None)),
        (["NIR1", "red", "green", "blue"], (4, 3, 2, 1)),
        (["R", "G", "B", "N"], (3, 2, 1, 4)),
        (["Blue", "Green", "Red", "N"], (1, 2, 3, 4)),
        (["Blue", "Green", "Red", "Cloud probability"], (1, 2, 3, None)),
        (["Blue", "Green", "Red", "", ""], (1, 2, 3, None)),
        (
            ["coastal_blue", "blue", "green_i", "green", "yellow", "red", "rededge", "nir"],
            (2, 4, 6, 8),
        ),
        (
            ["Coastal aerosol", "Blue", "Green", "Red", "Near-Infrared (NIR)", "SWIR 1"],
            (2, 3, 4, 5),
        ),
        (["blue", "green", "red", "Red Edge 1", "nir08", "nir09"], (1, 2, 3, 5)),
        (["blue", "green", "red", "nir09"], (1, 2, 3, None)),
        (["Band 1 - Blue", "Band 2 - Green", "Band 3 - Red", "Band 4 - NIR"], (1, 2, 3, 4)),
        (["Rot", "Grün", "Blau", "Rote Kante", "Nahes Infrarot"], (3, 2, 1, 5)),
        (["Bleu", "Vert", "Rouge", "Bord du rouge", "Proche infrarouge"], (1, 2, 3, 5)),
        (["Azul costero", "Azul", "Verde", "Rojo", "Infrarrojo cercano"], (2, 3, 4, 5)),
        (["Azul", "Verde", "Vermelho", "Infravermelho próximo"], (1, 2, 3, 4)),
        (["Blu", "Verde", "Rosso", "Bordo rosso", "Infrarosso vicino"], (1, 2, 3, 5)),
        (["海岸蓝", "蓝波段", "绿波段", "红波段", "红边", "近红外", "短波红外"], (2, 3, 4, 6)),
        (["青", "緑", "赤", "近赤外"], (1, 2, 3, 4)),
        (["Blauw", "Groen", "Rood", "Nabij infrarood"], (1, 2, 3, 4)),
        (["Синий", "Зелёный", "Красный", "Ближний инфракрасный"], (1, 2, 3, 4)),
        (["Kurzwelliges Infrarot", "Rot", "Grün", "Blau"], (4, 3, 2, None)),
        (["Blue", "Green", "Red", "Infrared"], (1, 2, 3, 4)),
        (["Blue", "Green", "Red", "Near IR"], (1, 2, 3, 4)),
        (["Blue", "Green", "Red", "NearIR"], (1, 2, 3, 4)),
        (["Blue", "Green", "Red", "IR"], (1, 2, 3, 4)),
        (["Blue", "Green", "Red", "Thermal infrared", "Far infrared"], (1, 2, 3, None)),
        (["Blue", "Green", "Red", "Shortwave IR"], (1, 2, 3, None)),
    ],
)
def test_descriptions_in_words_are_certain(descriptions, numbers):
    roles = guess_bands(metadata_of(descriptions), never)
    assert roles.numbers == numbers
    assert roles.confidence == "certain"
    assert "descriptions" in roles.reason


def test_a_fourth_band_without_a_name_is_an_unsure_near_infrared():
    roles = guess_bands(metadata_of(["Blue", "Green", "Red", ""]), never)
    assert roles.numbers == (1, 2, 3, 4)
    assert roles.confidence == "unsure"
    assert [other.numbers for other in roles.alternatives] == [(1, 2, 3, None)]


@pytest.mark.parametrize(
    ("descriptions", "numbers", "title"),
    [
        (["B02", "B03", "B04", "B08"], (1, 2, 3, 4), "Sentinel-2"),
        (["B04", "B03", "B02", "B8A"], (3, 2, 1, 4), "Sentinel-2"),
        (["B02", "B03", "B04", "B05", "B08"], (1, 2, 3, 5), "Sentinel-2"),
        (["B02", "B03", "B04", "B05", "B06", "B08", "B10"], (1, 2, 3, 4), "Landsat 8/9"),
        (S2_L2A, (2, 3, 4, 8), "Sentinel-2"),
        (["SR_B1", "SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B7"], (1, 2, 3, 4), "Landsat 4-7"),
        (["SR_B1", "SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B6", "SR_B7"], (2, 3, 4, 5),
         "Landsat 8/9"),
        (["SR_B2", "SR_B3", "SR_B4", "SR_B5"], (1, 2, 3, 4), "Landsat 8/9"),
        (["B1", "B2", "B3", "B4", "B5", "B7"], (1, 2, 3, 4), "Landsat 4-7"),
        (["B5", "B4", "B3", "B2"], (4, 3, 2, 1), "Landsat 8/9"),
    ],
)  # fmt: skip
def test_band_codes_tell_the_sensor(descriptions, numbers, title):
    roles = guess_bands(metadata_of(descriptions), never)
    assert roles.numbers == numbers
    assert roles.confidence == "likely"
    assert title in roles.reason


@pytest.mark.parametrize(
    ("descriptions", "numbers"),
    [
        (["842 nm", "665 nm", "560 nm", "490 nm"], (4, 3, 2, 1)),
        (["B4, central wavelength 665 nm", "B3, central wavelength 560 nm",
          "B2, central wavelength 490 nm", "B8, central wavelength 842 nm"], (3, 2, 1, 4)),
        (["0.49 \N{MICRO SIGN}m", "0.56 um", "0.66 micrometers"], (1, 2, 3, None)),
        (["0,49 \N{MICRO SIGN}m", "0,56 Mikrometer", "665 nanómetros"], (1, 2, 3, None)),
        (["rhot_443", "rhot_492", "rhot_560", "rhot_665", "rhot_833"], (2, 3, 4, 5)),
        ([f"band {n} ({415 + 5 * n:.2f} Nanometers)" for n in range(1, 120)], (15, 29, 49, 85)),
    ],
)  # fmt: skip
def test_wavelengths_in_descriptions_are_certain(descriptions, numbers):
    roles = guess_bands(metadata_of(descriptions), never)
    assert roles.numbers == numbers
    assert roles.confidence == "certain" and "wavelengths" in roles.reason


@pytest.mark.parametrize("count", [13, 30, 99, 120, 224])
def test_names_that_count_the_bands_are_no_names_of_a_sensor(count):
    names = [f"Band {n}" for n in range(1, count + 1)]
    if count == 13:  # as many as Sentinel-2 has, but it is a guess
        assert guess_bands(metadata_of(names), never).confidence == "unsure"
    else:
        with pytest.raises(InputError, match=f"which of the {count} bands"):
            guess_bands(metadata_of(names), never)


def test_names_of_which_some_count_the_bands_are_no_names_of_a_sensor():
    names = [f"band {n}" if n % 2 else "" for n in range(1, 60)]
    with pytest.raises(InputError, match="which of the 59 bands"):
        guess_bands(metadata_of(names), never)


def test_wavelengths_pick_the_nearest_of_many_bands():
    wavelengths = list(np.arange(0.40, 1.0, 0.01).round(3))
    roles = guess_bands(metadata_of(count=len(wavelengths), wavelength_um=wavelengths), never)
    found = [wavelengths[number - 1] for number in roles.numbers]
    assert found == pytest.approx([0.49, 0.56, 0.66, 0.84])
    assert roles.confidence == "certain"


def test_colours_of_a_picture_with_alpha():
    metadata = metadata_of(
        colour=["red", "green", "blue", "alpha"],
        is_alpha=[False, False, False, True],
        dtype=["uint8"] * 4,
    )
    roles = guess_bands(metadata, never)
    assert roles.numbers == (3, 2, 1, None)
    assert roles.confidence == "likely"


def test_colours_with_near_infrared():
    metadata = metadata_of(colour=["nir", "red", "green", "blue"])
    assert guess_bands(metadata, never).numbers == (4, 3, 2, 1)


def test_fourth_band_of_a_coloured_picture_is_an_unsure_near_infrared():
    metadata = metadata_of(colour=["red", "green", "blue", "undefined"])
    roles = guess_bands(metadata, never)
    assert roles.numbers == (3, 2, 1, 4)
    assert roles.confidence == "unsure"
    assert [other.numbers for other in roles.alternatives] == [(3, 2, 1, None), (1, 2, 3, 4)]


@pytest.mark.parametrize("suffix", ["", "_SR"])
def test_planetscope_begins_with_blue_whatever_its_colours(suffix):
    name = f"20170831_172754_101c_3B_AnalyticMS{suffix}.tif"
    metadata = metadata_of(colour=["red", "green", "blue", "undefined"], name=name)
    roles = guess_bands(metadata, never)
    assert roles.numbers == (1, 2, 3, 4)
    assert roles.confidence == "likely" and "PlanetScope" in roles.reason


def test_colours_against_another_product_leave_it_open():
    metadata = metadata_of(colour=["red", "green", "blue", "undefined"], name="S2A_20200101.tif")
    roles = guess_bands(metadata, never)
    assert roles.confidence == "unsure"
    assert {roles.numbers, *(other.numbers for other in roles.alternatives)} == {
        (1, 2, 3, 4), (3, 2, 1, 4),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "count", "numbers", "confidence"),
    [
        ("S2A_MSIL2A_20210101T101411_N0214_R022_T33TWL.tif", 12, (2, 3, 4, 8), "likely"),
        ("S2B_MSIL1C_20210101T101411_N0209_R022_T33TWL.tif", 13, (2, 3, 4, 8), "likely"),
        ("S2A_MSIL2A_20210101T101411_N0214_R022_T33TWL.tif", 10, (1, 2, 3, 7), "likely"),
        ("LC08_L2SP_192030_20200510_20200820_02_T1.tif", 7, (2, 3, 4, 5), "likely"),
        ("LT05_L2SP_192030_19900510_20200820_02_T1.tif", 6, (1, 2, 3, 4), "likely"),
        ("GF1_WFV3_E117.0_N40.0_20140415_L1A0001234567.tiff", 4, (1, 2, 3, 4), "likely"),
        ("20200510_101010_1_0f17_3B_AnalyticMS_SR_8b.tif", 8, (2, 4, 6, 8), "likely"),
        ("20200510_101010_1_0f17_3B_AnalyticMS_SR_5b.tif", 5, (1, 2, 3, 5), "likely"),
        ("20200510_101010_1025_3B_AnalyticMS.tif", 4, (1, 2, 3, 4), "likely"),
        ("S2A2A_20190723_022_Barbellino_BOA_10.tif", 11, (2, 3, 4, 8), "likely"),
        ("stack.tif", 11, (2, 3, 4, 5), "unsure"),
        ("stack.tif", 12, (2, 3, 4, 8), "unsure"),
        ("stack.tif", 13, (2, 3, 4, 8), "unsure"),
        ("stack.tif", 8, (2, 4, 6, 8), "unsure"),
        ("stack.tif", 7, (2, 3, 4, 5), "unsure"),
        ("stack.tif", 6, (1, 2, 3, 4), "unsure"),
    ],
)
def test_known_stacks(name, count, numbers, confidence):
    roles = guess_bands(metadata_of(count=count, name=name), never)
    assert roles.numbers == numbers
    assert roles.confidence == confidence


def test_three_8_bit_bands_are_a_picture_and_alpha_does_not_count():
    metadata = metadata_of(count=4, dtype=["uint8"] * 4, is_alpha=[True, False, False, False])
    roles = guess_bands(metadata, never)
    assert roles.numbers == (4, 3, 2, None)
    assert roles.confidence == "likely"


@pytest.mark.parametrize("blue_first", [True, False])
def test_values_tell_the_order_of_four_unnamed_bands(blue_first):
    values = land(64, 64).reshape(4, -1)
    if not blue_first:
        values = values[[2, 1, 0, 3]]
    roles = guess_bands(metadata_of(), lambda numbers: values[[n - 1 for n in numbers]])
    assert roles.numbers == ((1, 2, 3, 4) if blue_first else (3, 2, 1, 4))
    assert "varies most" in roles.reason
    # The custom is blue first: with the values against it there are two readings.
    assert roles.confidence == ("likely" if blue_first else "unsure")
    others = [other.numbers for other in roles.alternatives]
    assert others == ([] if blue_first else [(1, 2, 3, 4)])


@pytest.mark.parametrize(("dtype", "numbers"), [("uint16", (1, 2, 3, 4)), ("uint8", (3, 2, 1, 4))])
def test_four_unnamed_bands_of_cloud_follow_the_custom(dtype, numbers):
    white = np.random.default_rng(0).uniform(0.6, 0.9, (1, 500)).repeat(4, 0)
    roles = guess_bands(metadata_of(dtype=[dtype] * 4), lambda _: white)
    assert roles.numbers == numbers
    assert roles.confidence == "unsure"


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_bands_are_refused(count):
    with pytest.raises(InputError, match=f"only {count} image band.*blue, green and red"):
        guess_bands(metadata_of(count=count), never)


def test_many_unnamed_bands_are_refused():
    with pytest.raises(InputError, match="which of the 30 bands .* --bands 1,2,3,4"):
        guess_bands(metadata_of(count=30), never)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,2,3,4", (1, 2, 3, 4)),
        (" 4, 3 ,2", (4, 3, 2, None)),
        ("red=1,green=2,blue=3", (3, 2, 1, None)),
        ("NIR=8, red = 4, green=3, blue=2", (2, 3, 4, 8)),
    ],
)
def test_given_bands(text, numbers):
    roles = parse_bands(text, 8)
    assert roles.numbers == numbers
    assert roles.confidence == "certain"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,2,3,9", "no band 9: the raster has bands 1 to 4"),
        ("0,1,2", "no band 0"),
        ("1,2", "not understood"),
        ("1,2,3,4,5", "not understood"),
        ("1,1,2", "one band twice"),
        ("a,b,c", "not understood"),
        ("-1,2,3", "not understood"),
        ("red=1,green=2", "not understood"),
        ("red=1,green=2,violet=3", "not understood"),
        ("red=1,2,3", "not understood"),
    ],
)
def test_wrong_bands_are_refused_in_a_sentence(text, words):
    with pytest.raises(InputError, match=words):
        parse_bands(text, 4)


def test_text_names_every_role_and_how_sure():
    text = str(parse_bands("2,3,4", 4))
    assert text == "blue 2, green 3, red 4, no near infrared (certain: as given)"


def test_order_of_real_images_is_told_from_their_values(shared_data):
    """Clear land of Sentinel-2 and Landsat, its names taken away, in both orders."""
    right = total = 0
    for path in sorted(shared_data.glob("clear/hls_*.tif"))[::10]:
        with rasterio.open(path) as dataset:
            values = dataset.read().reshape(4, -1)
        for order in ([0, 1, 2, 3], [2, 1, 0, 3]):
            ordered = values[order]
            roles = guess_bands(
                metadata_of(dtype=["int16"] * 4),
                lambda numbers, v=ordered: v[np.array(numbers) - 1],
            )
            right += roles.numbers == tuple(order.index(i) + 1 for i in range(4))
            total += 1
    assert total >= 50
    assert right / total > 0.95
