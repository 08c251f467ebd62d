"""Bands and radiometry of a file together: what is left open, what is refused and how."""

import numpy as np
import pytest
from stand_ins import land

from cloudmamba.errors import InputError
from cloudmamba.scene.interpretation import interpret
from cloudmamba.scene.reader import Scene

NAMED = ("blue", "green", "red", "nir")


def counts(dtype=np.uint16):
    return np.round(land(64, 64) * 1e4).astype(dtype)


def interpreted(path, *options):
    with Scene(path) as scene:
        return interpret(scene, *options)


def test_named_bands_and_clear_units_have_one_reading_without_a_warning(write_raster):
    found = interpreted(write_raster(counts()))
    assert [reading.options for reading in found.readings] == [
        "--bands 1,2,3,4 --radiometry sentinel2"
    ]
    assert not found.warnings


def test_every_open_reading_comes_with_its_options_and_what_tells_it_apart(write_raster):
    eleven_bits = (counts() // 5).astype(np.uint16)[[2, 1, 0, 3]]
    found = interpreted(write_raster(eleven_bits, descriptions=()))
    options = [reading.options for reading in found.readings]
    assert "--bands 3,2,1,4 --radiometry" in options[0]
    assert len(set(options)) == len(options) == 4
    for reading, title in zip(found.readings, found.titles(), strict=True):
        assert reading.roles.in_words in title
        with Scene(write_raster(eleven_bits, descriptions=())) as scene:
            given = interpret(scene, reading.roles.as_option, reading.radiometry_option).best
        assert given.roles.numbers == reading.roles.numbers
        assert given.radiometry.scales == reading.radiometry.scales


def test_a_reading_keeps_scales_of_the_file_that_differ_by_band(write_raster):
    def scale(dataset):
        dataset.scales, dataset.offsets = (1e-4, 1.2e-4, 1.5e-4, 2e-4), (0,) * 4

    path = write_raster(counts()[[2, 1, 0, 3]], descriptions=(), before_closing=scale)
    for reading in interpreted(path).readings:
        with Scene(path) as scene:
            given = interpret(scene, reading.roles.as_option, reading.radiometry_option).best
        assert given.radiometry.scales == reading.radiometry.scales
        assert len(set(given.radiometry.scales)) > 1


def test_bands_and_units_that_are_given_leave_nothing_open(write_raster):
    path = write_raster((counts() // 5).astype(np.uint16), descriptions=())
    found = interpreted(path, "1,2,3,4", "counts:11")
    assert len(found.readings) == 1 and found.best.radiometry.name == "counts:11"


@pytest.mark.parametrize("value", [np.nan, 0])
def test_an_empty_band_is_named_and_the_others_do_without_it(write_raster, value):
    values = land(64, 64)
    values[3] = value
    with pytest.raises(InputError, match=r"band 4 \(near infrared\).* --bands 1,2,3\."):
        interpreted(write_raster(values))
    assert interpreted(write_raster(values), "1,2,3").best.roles.nir is None


def test_a_layer_that_is_no_image_is_refused_unless_its_numbers_are_told(write_raster):
    path = write_raster(counts(), name="T33TWL_20200101T100000_TCI_10m.tif")
    with pytest.raises(InputError, match="called like a true colour picture .* give the image"):
        interpreted(path)
    assert interpreted(path, "", "sentinel2").best.radiometry.name == "sentinel2"
