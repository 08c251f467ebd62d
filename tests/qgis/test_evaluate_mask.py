"""Evaluate cloud mask, in QGIS."""

import math
from pathlib import Path

import numpy as np
import pytest
from processing_helpers import Feedback, names, run_algorithm
from raster_files import UTM, corrected_layer, write_raster


@pytest.fixture(autouse=True)
def _loaded(plugin):
    """The plugin's algorithms are there."""


def raster_of(tmp_path, name, **counts):
    """One row of pixels: so many of each code, ``code_3=10``."""
    row = [int(code[5:]) for code, count in counts.items() for _ in range(count)]
    return write_raster(tmp_path / name, np.array([row], np.uint8))


def test_numbers_and_page(tmp_path):
    mask = np.array([[1] * 6 + [1] * 2 + [0] * 3 + [0] * 9 + [255, 1, 0]], np.uint8)
    reference = np.array([[1] * 6 + [0] * 2 + [1] * 3 + [0] * 9 + [1, 255, 255]], np.uint8)
    page = tmp_path / "report.html"
    found = run_algorithm(
        "evaluatemask",
        {
            "INPUT": write_raster(tmp_path / "m&m.tif", mask, 255),
            "REFERENCE": write_raster(tmp_path / "r.tif", reference),
            "OUTPUT_HTML": str(page),
        },
    )
    counts = ("CLOUD_AS_CLOUD", "CLEAR_AS_CLOUD", "CLOUD_AS_CLEAR", "CLEAR_AS_CLEAR")
    assert [found[name] for name in counts] == [6, 2, 3, 9]
    for name, value in (
        ("OVERALL_ACCURACY", 15 / 20),
        ("PRECISION", 6 / 8),
        ("RECALL", 6 / 9),
        ("F1", 12 / 17),
        ("CLOUD_IOU", 6 / 11),
        ("MEAN_IOU", (6 / 11 + 9 / 14) / 2),
    ):
        assert found[name] == pytest.approx(value), name
    text = page.read_text(encoding="utf-8")
    assert "m&amp;m.tif" in text and "54.55 %" in text and "Compared pixels: 20" in text
    assert "http" not in text and "<script" not in text, "it needs nothing but itself"


def test_codes_of_other_products(tmp_path):
    found = run_algorithm(
        "evaluatemask",
        {
            "INPUT": raster_of(tmp_path, "m.tif", code_2=4, code_0=4, code_9=2),
            "REFERENCE": raster_of(tmp_path, "r.tif", code_8=2, code_10=1, code_4=4, code_0=3),
            "MASK_CLOUD": "2",
            "MASK_NO_DATA": "",
            "REFERENCE_CLOUD": "3, 8-10",
            "REFERENCE_NO_DATA": "0",
        },
    )
    assert found["CLOUD_AS_CLOUD"] == 3 and found["CLEAR_AS_CLOUD"] == 1
    assert found["CLOUD_AS_CLEAR"] == 0 and found["CLEAR_AS_CLEAR"] == 3
    assert "OUTPUT_HTML" not in found or Path(found["OUTPUT_HTML"]).exists()


def test_negative_codes(tmp_path):
    values = np.array([[-1, -1, 5, 5]], np.int16)
    mask = write_raster(tmp_path / "m.tif", values)
    codes = {"MASK_CLOUD": "-1", "REFERENCE_CLOUD": "-1", "REFERENCE_NO_DATA": ""}
    found = run_algorithm("evaluatemask", {"INPUT": mask, "REFERENCE": mask, **codes})
    assert found["CLOUD_AS_CLOUD"] == found["CLEAR_AS_CLEAR"] == 2


def test_a_reference_on_another_grid(tmp_path):
    mask = np.zeros((20, 20), np.uint8)
    mask[:10] = 1
    reference = np.zeros((5, 10), np.uint8)
    reference[:, :5] = 1
    found = run_algorithm(
        "evaluatemask",
        {
            "INPUT": write_raster(tmp_path / "m.tif", mask, 255),
            # Half of the resolution and only the upper half: the rest is not compared.
            "REFERENCE": write_raster(
                tmp_path / "r.tif", reference, transform=(UTM[0], 20, 0, UTM[3], 0, -20)
            ),
        },
    )
    assert (found["CLOUD_AS_CLOUD"], found["CLEAR_AS_CLOUD"]) == (100, 100)
    assert found["CLOUD_AS_CLEAR"] == found["CLEAR_AS_CLEAR"] == 0


@pytest.mark.parametrize("epsg", [None, 32634])
def test_a_reference_that_the_user_has_put_elsewhere(tmp_path, epsg):
    mask = np.ones((20, 20), np.uint8)
    right = (UTM[0] + 100, 10, 0, UTM[3], 0, -10)
    reference = write_raster(tmp_path / "r.tif", mask, transform=right, epsg=epsg)
    page = tmp_path / "page.html"
    found = run_algorithm(
        "evaluatemask",
        {
            "INPUT": write_raster(tmp_path / "m.tif", mask, 255),
            "REFERENCE": corrected_layer(reference),
            "OUTPUT_HTML": str(page),
        },
    )
    assert found["CLOUD_AS_CLOUD"] == 200
    assert reference in page.read_text(encoding="utf-8")


def test_what_is_undefined_is_no_number(tmp_path):
    clear = raster_of(tmp_path, "m.tif", code_0=5)
    feedback = Feedback()
    found = run_algorithm("evaluatemask", {"INPUT": clear, "REFERENCE": clear}, feedback)
    assert found["OVERALL_ACCURACY"] == 1
    for name in ("PRECISION", "RECALL", "F1", "CLOUD_IOU", "MEAN_IOU"):
        assert math.isnan(found[name]), name
    assert "Precision: nan" in feedback.info


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [("cloud", "'cloud' is no code"), ("1;2", "is no code"), (" , ", "at least one code")],
)
def test_codes_that_are_none_are_refused(tmp_path, codes, sentence):
    from qgis.core import QgsApplication, QgsProcessingContext

    mask = raster_of(tmp_path, "m.tif", code_0=5)
    algorithm = QgsApplication.processingRegistry().algorithmById("cloudmamba:evaluatemask")
    parameters = {"INPUT": mask, "REFERENCE": mask, "REFERENCE_CLOUD": codes}
    accepted, message = algorithm.checkParameterValues(parameters, QgsProcessingContext())
    assert not accepted and sentence in message


def test_nothing_in_common_is_an_error_and_leaves_the_old_page(tmp_path):
    from qgis.core import QgsProcessingException

    page = tmp_path / "report.html"
    page.write_text("of yesterday")
    with pytest.raises(QgsProcessingException, match="no pixel in common"):
        run_algorithm(
            "evaluatemask",
            {
                "INPUT": raster_of(tmp_path, "m.tif", code_255=5),
                "REFERENCE": raster_of(tmp_path, "r.tif", code_1=5),
                "OUTPUT_HTML": str(page),
            },
        )
    assert page.read_text() == "of yesterday"
    assert not [name for name in names(tmp_path) if ".part" in name]


@pytest.mark.parametrize("same_grid", [True, False])
def test_a_reference_of_0_and_255(tmp_path, same_grid):
    mask = np.zeros((20, 20), np.uint8)
    mask[:5] = 1
    reference = np.zeros((20, 20), np.uint8)
    reference[:10] = 255
    grid = {} if same_grid else {"transform": (UTM[0], 5, 0, UTM[3], 0, -5)}
    if not same_grid:
        reference = np.kron(reference, np.ones((2, 2), np.uint8))
    parameters = {
        "INPUT": write_raster(tmp_path / "m.tif", mask, 255),
        "REFERENCE": write_raster(tmp_path / "r.tif", reference, **grid),
        "REFERENCE_CLOUD": "255",
    }
    found = run_algorithm("evaluatemask", {**parameters, "REFERENCE_NO_DATA": ""})
    assert found["RECALL"] == pytest.approx(0.5) and found["CLOUD_AS_CLEAR"] == 100
    with pytest.raises(Exception, match="255 means cloud and no data"):
        run_algorithm("evaluatemask", {**parameters, "REFERENCE_NO_DATA": "255"})
