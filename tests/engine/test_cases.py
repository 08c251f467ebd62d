"""Small inputs that once gave a wrong answer give what their ``expected.txt`` says, with the shipped model.

One scene half under cloud, damaged or stored in other ways. What came out for it undamaged is the right
answer for all others.
"""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil

from cloudmamba.cli import main
from cloudmamba.detection import DetectionRequest, Summary, detect
from cloudmamba.errors import InputError, InterpretationError, UndecidedError
from cloudmamba.scene.interpretation import interpret
from cloudmamba.scene.reader import Scene

SHARED = Path(__file__).resolve().parents[3] / "shared"
CASES, FAILURES = SHARED / "cases", SHARED / "data" / "failures"
REFERENCE = CASES / "00_reference" / "base.tif"
NO_DATA = 255
AGREE = 0.95

pytestmark = pytest.mark.skipif(
    not (CASES.is_dir() and FAILURES.is_dir()),
    reason="needs the small bad inputs of ../shared (cases, data/failures)",
)


@dataclass
class Answer:
    mask: np.ndarray
    summary: Summary

    @property
    def warnings(self):
        return " ".join(self.summary.warnings)


@pytest.fixture(scope="module")
def answer_of(tmp_path_factory):
    folder = tmp_path_factory.mktemp("masks")

    def answer(path, **options):
        mask = folder / "mask.tif"
        request = DetectionRequest(input_path=str(path), mask_path=mask, device="cpu", **options)
        summary = detect(request)
        with rasterio.open(mask) as dataset:
            return Answer(dataset.read(1), summary)

    return answer


@pytest.fixture(scope="module")
def reference(answer_of):
    found = answer_of(REFERENCE)
    # How much of it is cloud is the model's answer; the cases are about how it is read.
    assert 40 < found.summary.cloud_percent < 95 and not found.warnings
    return found.mask


@pytest.fixture(scope="module")
def stored():
    with rasterio.open(REFERENCE) as dataset:
        return dataset.read()


def agreement(one, other):
    both = (one != NO_DATA) & (other != NO_DATA)
    return (one == other)[both].mean()


def read_as_it_is(path):
    with Scene(path) as scene:
        return interpret(scene)


def case(name):
    """The folder of a case by its number."""
    return next(CASES.glob(f"{name}_*"))


def test_every_case_is_looked_at():
    """A new folder needs a test here, or beside the tests of QGIS (25 and 27)."""
    numbers = {folder.name[:2] for folder in CASES.iterdir() if folder.is_dir()}
    assert numbers <= {
        "00", "01", "04", "07", "08", "09", "11", "13", "14", "16", "17", "18", "19", "20", "23",
        "25", "27",
    }  # fmt: skip


def test_01_black_collar_is_no_data_whatever_is_declared(answer_of, reference):
    found = answer_of(case("01") / "collar.tif")
    assert (found.mask[:40] == NO_DATA).all() and (found.mask[44:] != NO_DATA).all()
    assert agreement(found.mask[44:], reference[44:]) >= AGREE
    assert "value 0 in every band touches the edge" in found.warnings


def test_04_numbers_that_cannot_be_reflectance_are_no_data(answer_of, reference):
    path = case("04") / "fill_minus9999.tif"
    with rasterio.open(path) as dataset:
        filled = (dataset.read() == -9999).all(0)
    found = answer_of(path)
    assert filled.any() and ((found.mask == NO_DATA) == filled).all()
    assert agreement(found.mask, reference) >= AGREE
    assert "-9999" in found.warnings


def test_07_mask_and_declared_no_data_both_count(answer_of, reference):
    found = answer_of(case("07") / "mask_and_nodata.tif")
    invalid = np.zeros(found.mask.shape, bool)
    invalid[:20] = invalid[:, :30] = True
    assert ((found.mask == NO_DATA) == invalid).all()
    assert found.summary.valid_percent == pytest.approx(71.1, abs=0.1)
    assert agreement(found.mask, reference) >= AGREE


def test_08_alpha_and_declared_no_data_both_count(tmp_path):
    path = case("08") / "rgba_nodata0.tif"
    mask = tmp_path / "mask.tif"
    for arguments in (["describe", path], ["detect", path, "--mask", mask, "--json"]):
        ended = subprocess.run(
            [sys.executable, "-W", "always", "-m", "cloudmamba", *map(str, arguments)],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        assert "Warning" not in ended.stderr
    assert json.loads(ended.stdout)["valid_percent"] == pytest.approx(71.1, abs=0.1)
    with rasterio.open(mask) as dataset:
        invalid = dataset.read(1) == NO_DATA
    assert invalid[:20].all() and invalid[:, :30].all() and not invalid[20:, 30:].any()


def test_09_bands_of_planetscope_are_those_of_the_product(answer_of, reference):
    name = "20170831_172754_101c_3B_AnalyticMS"
    found = answer_of(case("09") / f"{name}_SR.tif")
    bands = [found.summary.bands[role] for role in ("blue", "green", "red", "nir")]
    assert bands == [1, 2, 3, 4] and found.summary.bands["confidence"] != "unsure"
    assert agreement(found.mask, reference) >= AGREE
    with pytest.raises(InterpretationError, match="radiance needs its coefficients"):
        answer_of(case("09") / f"{name}.tif")
    with Scene(case("09") / f"{name}.tif") as scene:
        assert interpret(scene, "", "sentinel2").best.roles.numbers == (1, 2, 3, 4)


def test_11_bands_are_those_of_the_wavelengths_in_their_names(answer_of, reference, tmp_path):
    found = answer_of(case("11") / "four_bands_nm.tif")
    bands = [found.summary.bands[role] for role in ("blue", "green", "red", "nir")]
    assert bands == [4, 3, 2, 1]
    assert agreement(found.mask, reference) >= AGREE
    # As EnMAP-Box writes them: more than 99 bands, counted from 1.
    wavelengths = np.linspace(423, 2438, 120)
    spectrum = np.random.default_rng(0).uniform(500, 3000, (120, 16, 16)).astype(np.int16)
    with rasterio.open(
        tmp_path / "hyperspectral.tif", "w", driver="GTiff", width=16, height=16, count=120,
        dtype="int16",
    ) as dataset:  # fmt: skip
        dataset.write(spectrum)
        for number, wavelength in enumerate(wavelengths, start=1):
            dataset.set_band_description(number, f"band {number} ({wavelength:.2f} Nanometers)")
    numbers = read_as_it_is(tmp_path / "hyperspectral.tif").best.roles.numbers
    nearest = [1 + int(np.abs(wavelengths - nm).argmin()) for nm in (490, 560, 660, 840)]
    assert list(numbers) == nearest


@pytest.mark.parametrize("bits", [11, 12])
def test_13_counts_that_many_pixels_share_the_greatest_of_are_unsure(
    answer_of, stored, tmp_path, bits
):
    path = case("13") / "dn11.tif"
    if bits == 12:
        path = tmp_path / "dn12.tif"
        counts = (stored * (4095 / np.percentile(stored[:3], 85))).clip(1, 4095).astype(np.uint16)
        write_like_reference(path, counts)
    found = read_as_it_is(path)
    assert found.best.radiometry.confidence == "unsure"
    assert f"counts of {bits} bits" in " ".join(found.warnings)
    try:
        warnings = answer_of(path).warnings
    except UndecidedError as error:
        warnings = str(error)
    assert f"counts of {bits} bits" in warnings and "% cloud" in warnings


def test_14_bright_reflectance_is_no_percent(answer_of):
    path = case("14") / "overbright.tif"
    guessed, given = answer_of(path), answer_of(path, radiometry="reflectance")
    assert guessed.summary.radiometry["name"] == "reflectance"
    assert guessed.summary.cloud_percent > 50
    assert (guessed.mask == given.mask).all()


def test_16_offset_that_was_taken_out_already_is_told(answer_of, reference):
    found = answer_of(case("16") / "offset_twice.tif")
    assert "offset of the file (-0.1) was not used" in found.warnings
    assert agreement(found.mask, reference) >= AGREE


def test_17_type_of_integers_changes_nothing(answer_of, reference, tmp_path):
    path = case("17") / "b04_int16.tif"
    with rasterio.open(path) as dataset:
        unsigned = tmp_path / "b04_uint16.tif"
        write_like_reference(unsigned, dataset.read().astype(np.uint16))
    signed, unsigned = (answer_of(each) for each in (path, unsigned))
    assert signed.summary.radiometry == unsigned.summary.radiometry
    assert signed.summary.radiometry["name"] == "sentinel2-offset"
    assert signed.summary.warnings == unsigned.summary.warnings != []
    assert agreement(signed.mask, reference) >= AGREE


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("codec_missing.tif", "lacks the codec JXL"),
        ("missing_source.vrt", r"its source '.*gone.tif' is missing"),
        ("pixpy.vrt", "Python code, and that is switched off: .* GDAL_VRT_ENABLE_PYTHON"),
    ],
)
def test_18_the_reason_that_gdal_knows_is_told(answer_of, name, reason):
    with pytest.raises(InputError, match=reason) as error:
        answer_of(case("18") / name)
    assert "damaged" not in str(error.value)


@pytest.fixture
def scene_in(tmp_path):
    """The reference in an archive or a folder of that kind."""
    archive = case("19") / "scene.zip"
    with zipfile.ZipFile(archive) as file:
        file.extractall(tmp_path)

    def make(kind):
        if kind == "zip":
            return archive
        if kind == "tar.gz":
            path = tmp_path / "scene.tar.gz"
            with tarfile.open(path, "w:gz") as file:
                file.add(tmp_path / "sub dir", "sub dir")
            return path
        folder = tmp_path / "bands"
        folder.mkdir()
        with rasterio.open(REFERENCE) as dataset:
            for number, code in enumerate(("B02", "B03", "B04", "B08"), start=1):
                path = folder / f"T50SMD_20200101T000000_{code}.tif"
                write_like_reference(path, dataset.read([number]), ())
        return folder

    return make


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "folder"])
def test_19_an_archive_or_folder_of_one_image_is_that_image(answer_of, reference, scene_in, kind):
    found = answer_of(scene_in(kind))
    assert agreement(found.mask, reference) >= AGREE


def test_19_bands_apart_are_told_how_to_be_put_together(tmp_path):
    product = case("19") / "T50SMD_20200101T000000_B02.tif"
    band = tmp_path / "band.tif"
    shutil.copy(product, band)
    for path in (product, band):
        with pytest.raises(InputError, match=r"gdalbuildvrt -separate"):
            read_as_it_is(path)


def test_19_variables_of_one_image_are_that_image(answer_of, reference, tmp_path, capsys):
    path = tmp_path / "bands.nc"
    rasterio.shutil.copy(REFERENCE, path, driver="netCDF")
    assert agreement(answer_of(path).mask, reference) >= AGREE
    # Where names tell nothing, what the sentence names can be used as it stands.
    with rasterio.open(REFERENCE) as dataset:
        values, profile = dataset.read(), dataset.profile
    with rasterio.open(tmp_path / "bands.tif", "w", **profile) as dataset:
        dataset.write(values)
        for number in dataset.indexes:
            dataset.update_tags(number, NETCDF_VARNAME="x")
    variables = tmp_path / "variables.nc"
    rasterio.shutil.copy(tmp_path / "bands.tif", variables, driver="netCDF")
    with pytest.raises(InputError, match="give its bands together.*gdalbuildvrt") as error:
        read_as_it_is(variables)
    named = re.findall("'(netcdf:[^']+)'", str(error.value), re.IGNORECASE)[1:]
    assert len(named) == 3
    with pytest.raises(InputError, match="gdalbuildvrt"):
        read_as_it_is(named[0])
    assert main(["describe", *named]) == 0
    capsys.readouterr()


def test_20_a_band_that_was_never_filled_is_named(answer_of, tmp_path):
    script = tmp_path / "20_empty_band" / "make.py"
    script.parent.mkdir()
    shutil.copy(case("20") / "make.py", script)
    shutil.copytree(case("00"), tmp_path / "00_reference")
    subprocess.run([sys.executable, script.name], cwd=script.parent, check=True)
    with pytest.raises(
        InputError,
        match=r"no valid pixel in band 4 \(near infrared\).*Without it: --bands 1,2,3",
    ):
        answer_of(script.parent / "nan_nir.tif")
    assert answer_of(script.parent / "nan_nir.tif", bands="1,2,3").summary.valid_percent == 100


def test_23_a_script_can_tell_that_describe_failed(write_raster, capsys):
    scene = np.ones((4, 8, 8), np.uint16)
    radar = write_raster(scene.astype(np.complex64), "radar.tif")
    empty = write_raster(scene * 0, "empty.tif", nodata=0)
    for path in ("nothere.tif", radar, empty):
        assert main(["describe", str(path)]) == 3
    assert main(["describe", str(REFERENCE)]) == 0
    capsys.readouterr()


def test_three_dead_rows_change_nothing_else(answer_of, reference, stored, tmp_path):
    values = stored.copy()
    values[0, 50:53] = 0
    write_like_reference(tmp_path / "dead.tif", values)
    found = answer_of(tmp_path / "dead.tif")
    assert (found.mask[50:53] == NO_DATA).all()
    assert agreement(found.mask, reference) >= AGREE
    assert "Rows or columns of one value in a band" in found.warnings


def test_four_black_rows_change_nothing_else(answer_of, reference, stored, tmp_path):
    values = stored.copy()
    values[:, :4] = 0
    write_like_reference(tmp_path / "collar.tif", values)
    found = answer_of(tmp_path / "collar.tif")
    assert (found.mask[:4] == NO_DATA).all()
    assert agreement(found.mask, reference) >= AGREE
    assert "touches the edge" in found.warnings or "0 in every band" in found.warnings


def test_reflectance_times_3_5_is_asked_about_and_right_once_settled(answer_of):
    path = FAILURES / "sentinel2_reflectance_times_3_5.tif"
    with pytest.raises(UndecidedError, match=r"% cloud.* or .*% cloud.*--radiometry") as asked:
        answer_of(path)
    assert "reflectance" in str(asked.value)
    found = answer_of(path, radiometry="scale:0.2857")
    assert found.summary.cloud_percent > 20


def test_white_around_a_coast_is_no_data_and_told(answer_of):
    path = FAILURES / "sentinel2_8bit_white_border.tif"
    with rasterio.open(path) as dataset:
        white = (dataset.read() == 255).all(0)
    found = answer_of(path)
    assert (found.mask[white] == NO_DATA).mean() > 0.99
    assert (found.mask[~white] != NO_DATA).all()
    assert "252 to 255 in every band touches the edge" in found.warnings
    # What was called cloud was the fill.
    assert found.summary.cloud_percent < 5


def write_like_reference(path, values, descriptions=("blue", "green", "red", "nir")):
    with rasterio.open(REFERENCE) as dataset:
        profile = dataset.profile | {"count": len(values), "dtype": values.dtype}
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(values)
        for number, description in enumerate(descriptions, start=1):
            dataset.set_band_description(number, description)
