"""Clear-sky composite, in QGIS, with the fake engine where clouds are detected."""

import json

import numpy as np
import pytest
from processing_helpers import Feedback, names, run_algorithm
from raster_files import UTM, read_raster, write_raster

SHAPE = (20, 30)


@pytest.fixture(autouse=True)
def _loaded(plugin):
    """The plugin's algorithms are there."""


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    return folder


@pytest.fixture
def inputs(tmp_path):
    """Three scenes of constant values 100, 200, 300, with random masks and uncertainties."""
    random = np.random.default_rng(3)
    masks = random.choice(np.array([0, 1, 255], np.uint8), (3, *SHAPE), p=[0.5, 0.4, 0.1])
    uncertainties = random.random((3, *SHAPE), np.float32)
    scenes = [np.full((2, *SHAPE), 100 * (number + 1), np.uint16) for number in range(3)]
    scenes[0][:, :, :3] = 0  # no data
    given = {
        "SCENES": [write_raster(tmp_path / f"s{n}.tif", v, 0) for n, v in enumerate(scenes)],
        "MASKS": [write_raster(tmp_path / f"m{n}.tif", v, 255) for n, v in enumerate(masks)],
        "UNCERTAINTIES": [
            write_raster(tmp_path / f"u{n}.tif", v, float("nan"))
            for n, v in enumerate(uncertainties)
        ],
    }
    masks[0, :, :3] = 255
    return given, masks, uncertainties


def compose(results, feedback=None, **parameters):
    paths = {name: str(results / f"{name}.tif") for name in ("OUTPUT", "PROVENANCE")}
    return run_algorithm("clearskycomposite", {**paths, **parameters}, feedback)


def expected_scene(masks, uncertainties, fill=True):
    """Pixel by pixel, as the help says it."""
    chosen = np.zeros(SHAPE, int)
    for row, column in np.ndindex(SHAPE):
        mask, uncertainty = masks[:, row, column], uncertainties[:, row, column]
        clear, cloud = np.flatnonzero(mask == 0), np.flatnonzero(mask == 1)
        if len(clear):
            chosen[row, column] = 1 + clear[np.argmin(uncertainty[clear])]
        elif len(cloud) and fill:
            chosen[row, column] = 1 + cloud[np.argmax(uncertainty[cloud])]
    return chosen


@pytest.mark.parametrize("fill", [True, False])
def test_the_clearest_and_surest_pixel(inputs, results, fill):
    from osgeo import gdal

    given, masks, uncertainties = inputs
    found = compose(results, **given, FILL=fill)
    scene = expected_scene(masks, uncertainties, fill)
    assert {0, 1, 2, 3} == set(np.unique(scene))
    provenance = read_raster(found["PROVENANCE"])
    np.testing.assert_array_equal(provenance[0], scene)
    everywhere_cloudy = (masks != 0).all(0) & (scene > 0)
    np.testing.assert_array_equal(provenance[1], everywhere_cloudy)
    np.testing.assert_array_equal(read_raster(found["OUTPUT"]), np.stack([100 * scene] * 2))
    assert gdal.Open(found["OUTPUT"]).GetRasterBand(1).GetNoDataValue() == 0
    assert found["VALID_PERCENT"] == pytest.approx(100 * np.mean(scene > 0))
    assert found["CLOUD_PERCENT"] == pytest.approx(
        100 * everywhere_cloudy.sum() / (scene > 0).sum()
    )


def test_without_uncertainties_the_first_clear_scene_counts(inputs, results):
    given, masks, _ = inputs
    del given["UNCERTAINTIES"]
    found = compose(results, **given)
    scene = expected_scene(masks, np.zeros((3, *SHAPE)))
    np.testing.assert_array_equal(read_raster(found["PROVENANCE"])[0], scene)


def test_the_scenes_have_names_and_colours(inputs, results):
    from qgis.core import QgsRasterLayer

    given, _, _ = inputs
    layer = QgsRasterLayer(compose(results, **given)["PROVENANCE"])
    classes = layer.renderer().classes()
    assert [entry.label for entry in classes] == ["1: s0.tif", "2: s1.tif", "3: s2.tif"]
    assert len({entry.color.name() for entry in classes}) == 3


def test_scenes_that_overlap_in_part(tmp_path, results):
    """The second scene lies 5 pixels further to the right; outside of it there is no data."""
    first = np.full(SHAPE, 1, np.uint8)
    cloudy, clear = np.ones(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    shifted = (UTM[0] + 50, 10, 0, UTM[3], 0, -10)
    found = compose(
        results,
        SCENES=[
            write_raster(tmp_path / "a.tif", first, 0),
            write_raster(tmp_path / "b.tif", 2 * first, 0, shifted),
        ],
        MASKS=[
            write_raster(tmp_path / "ma.tif", cloudy, 255),
            write_raster(tmp_path / "mb.tif", clear, 255, shifted),
        ],
    )
    scene = np.full(SHAPE, 2)
    scene[:, :5] = 1
    np.testing.assert_array_equal(read_raster(found["PROVENANCE"])[0], scene)
    np.testing.assert_array_equal(read_raster(found["OUTPUT"])[0], scene)


def test_a_folder_of_scenes_is_detected_first(fake_engine, image, results, tmp_path):
    from osgeo import gdal

    folder = image.parent
    (folder / "notes.txt").write_text("no scene")
    gdal.Translate(str(folder / "Another.tif"), str(image), noData=0)
    gdal.Translate(str(folder / "Wölkchen.tif"), gdal.Open(str(folder / "Another.tif")))
    feedback = Feedback()
    found = compose(results, feedback, FOLDER=str(folder), RADIOMETRY="picture")
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert request["input_path"] == str(image) and request["radiometry"] == "picture"
    assert "1: Another.tif (mask_0.tif)" in feedback.info
    assert "2: Wölkchen.tif (mask_1.tif)" in feedback.info
    # The fake engine calls all of both cloud and is as sure of the one as of the other.
    assert (read_raster(found["PROVENANCE"]) == 1).all()
    np.testing.assert_array_equal(read_raster(found["OUTPUT"]), read_raster(image))
    assert found["CLOUD_PERCENT"] == 100
    assert names(results) == ["OUTPUT.tif", "PROVENANCE.qml", "PROVENANCE.tif"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SCENES": []}, "either scenes or a folder"),
        ({"FOLDER": "."}, "either scenes or a folder"),
        ({"MASKS": 1}, "as many masks as scenes"),
        ({"UNCERTAINTIES": 2}, "as many uncertainties as masks"),
    ],
)
def test_what_does_not_go_together_is_refused(inputs, results, change, sentence):
    from qgis.core import QgsApplication, QgsProcessingContext

    given, _, _ = inputs
    for name, value in change.items():
        given[name] = given[name][:value] if isinstance(value, int) else value
    algorithm = QgsApplication.processingRegistry().algorithmById("cloudmamba:clearskycomposite")
    given["OUTPUT"] = str(results / "composite.tif")
    accepted, message = algorithm.checkParameterValues(given, QgsProcessingContext())
    assert not accepted and sentence in message


def test_scenes_of_other_bands_are_refused(inputs, results, tmp_path):
    from qgis.core import QgsProcessingException

    given, _, _ = inputs
    given["SCENES"][2] = write_raster(tmp_path / "f.tif", np.zeros((2, *SHAPE), np.float32))
    with pytest.raises(QgsProcessingException, match="differ in the number, data type"):
        compose(results, **given)
    assert names(results) == []


def test_a_failed_detection_leaves_nothing(fake_engine, image, results):
    from qgis.core import QgsProcessingException

    fake_engine("refuses")
    with pytest.raises(QgsProcessingException, match="The raster has 1 band"):
        compose(results, SCENES=[str(image)])
    assert names(results) == []


def test_the_composite_never_replaces_a_scene(fake_engine, image, results):
    from qgis.core import QgsProcessingException

    before = image.read_bytes()
    with pytest.raises(QgsProcessingException, match="is an input or another output"):
        compose(results, FOLDER=str(image.parent), OUTPUT=str(image))
    assert image.read_bytes() == before


def test_two_results_in_one_file_are_refused(inputs, results):
    from qgis.core import QgsProcessingException

    given, _, _ = inputs
    with pytest.raises(QgsProcessingException, match="is an input or another output"):
        compose(results, **given, PROVENANCE=str(results / "OUTPUT.tif"))
    assert names(results) == []
