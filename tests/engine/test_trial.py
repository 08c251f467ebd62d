"""Where two readings are possible a thumbnail is masked under both, and a difference is no guess."""

import base64

import numpy as np
import pytest
from stand_ins import BrightnessModel, land, load_instead

from cloudmamba.batch import job as job_module
from cloudmamba.batch.job import UNDECIDED, SceneJob, run_scene
from cloudmamba.batch.summary import as_text
from cloudmamba.detection import DetectionRequest, detect
from cloudmamba.detection.description import DescriptionRequest, describe
from cloudmamba.detection.trial import THUMBNAIL_PX
from cloudmamba.errors import Cancelled, UndecidedError
from cloudmamba.scene.reader import Scene

NAMED = ("blue", "green", "red", "nir")
CARD = {"name": "stand-in", "version": "1", "checksum": "0"}


class BrighterThanHalf(BrightnessModel):
    """Sure of cloud where a pixel's reflectance is above 0.5, and of clear sky elsewhere."""

    def forward(self, image, *options, **keywords):
        return super().forward((image > 0.5).to(image.dtype), *options, **keywords)


@pytest.fixture(autouse=True)
def model(monkeypatch):
    model = BrighterThanHalf().eval()
    load_instead(monkeypatch, model, CARD)
    return model


def eleven_bits(bright, height=60, width=80):
    """Counts of a sensor of 11 bits, the left half ``bright`` in 0..1."""
    values = np.round(land(height, width) * 1200 + 60)
    cloud = np.random.default_rng(1).uniform(0.97, 1, (height, width // 2))
    values[:, :, : width // 2] = bright * 2047 * cloud
    values[:, 0, 0] = 2047
    return values.astype(np.uint16)


def request_for(path, **options):
    return DetectionRequest(str(path), path.with_name("mask.tif"), device="cpu", **options)


def test_masks_that_differ_stop_the_run_and_name_both(write_raster):
    path = write_raster(eleven_bits(0.9))
    with pytest.raises(UndecidedError) as asked:
        detect(request_for(path))
    sentence = str(asked.value)
    assert "(0 % cloud; --bands 1,2,3,4 --radiometry sentinel2)" in sentence
    assert "(50 % cloud; --bands 1,2,3,4 --radiometry counts:11)" in sentence
    assert not path.with_name("mask.tif").exists()
    summary = detect(request_for(path, radiometry="counts:11"))
    assert summary.cloud_percent == pytest.approx(50, abs=0.1)


def test_masks_that_agree_go_on_with_a_warning(write_raster):
    summary = detect(request_for(write_raster(eleven_bits(0.3))))
    assert summary.radiometry["confidence"] == "unsure"
    assert any("masks of all readings agree" in warning for warning in summary.warnings)


def test_a_likely_reading_is_taken_and_the_other_cloud_cover_told(write_raster):
    """The offset of Sentinel-2, by the sharp dark end of the values."""
    values = np.round(land(60, 80) * 1e4 + 1000).astype(np.uint16)
    values[:, :, :40] = np.random.default_rng(1).integers(5550, 5650, (60, 40))
    summary = detect(request_for(write_raster(values)))
    assert summary.radiometry["name"] == "sentinel2-offset"
    warning = next(warning for warning in summary.warnings if "thumbnail" in warning)
    assert "differ" in warning and "0 % cloud" in warning and "50 % cloud" in warning


def test_one_reading_costs_no_trial(write_raster, model):
    detect(request_for(write_raster(np.round(land(60, 80) * 1e4).astype(np.uint16))))
    assert len(model.images_seen) == 1


def test_description_without_a_trial_needs_no_model(write_raster, model):
    answer = describe(DescriptionRequest(str(write_raster(eleven_bits(0.9)))))
    assert [reading["radiometry"] for reading in answer["readings"]] == ["sentinel2", "counts:11"]
    assert answer["question"] == "" and answer["readings"][0]["cloud_percent"] is None
    assert not model.images_seen


def test_description_with_a_trial_asks_with_a_thumbnail_of_each_reading(write_raster):
    path = write_raster(eleven_bits(0.9, 300, 500))
    answer = describe(DescriptionRequest(str(path), trial=True))
    with pytest.raises(UndecidedError) as asked:
        detect(request_for(path))
    assert answer["question"] == str(asked.value)
    first, second = answer["readings"]
    assert (first["cloud_percent"], second["cloud_percent"]) == pytest.approx((0, 50), abs=1)
    for reading in (first, second):
        picture = reading["thumbnail"]
        assert (picture["width"], picture["height"]) == (THUMBNAIL_PX, THUMBNAIL_PX * 3 // 5)
        rgb = base64.b64decode(picture["rgb"], validate=True)
        assert len(rgb) == 3 * picture["width"] * picture["height"]
    assert first["thumbnail"]["rgb"] != second["thumbnail"]["rgb"]


def test_description_of_what_is_clear_has_one_reading_and_no_question(write_raster):
    path = write_raster(np.round(land(60, 80) * 1e4).astype(np.uint16))
    answer = describe(DescriptionRequest(str(path), trial=True))
    assert len(answer["readings"]) == 1 and answer["question"] == answer["problem"] == ""
    assert answer["readings"][0]["cloud_percent"] == 0


def test_description_tells_what_is_wrong_instead_of_failing(write_raster, tmp_path):
    answer = describe(DescriptionRequest(str(tmp_path / "none.tif"), trial=True))
    assert "There is no file" in answer["problem"] and answer["problem_code"] == "bad-input"
    values = np.full((4, 30, 40), -3e8, np.float32)
    values[:, ::2] = 2e9
    answer = describe(DescriptionRequest(str(write_raster(values)), trial=True))
    assert answer["bands"]["blue"] == 1 and answer["radiometry"] is None
    assert answer["problem_code"] == "bad-interpretation" and answer["readings"] == []


def test_description_can_be_cancelled(write_raster):
    path = write_raster(eleven_bits(0.9))
    with pytest.raises(Cancelled):
        describe(DescriptionRequest(str(path), trial=True), cancelled=lambda: True)


@pytest.mark.parametrize(("height", "width"), [(300, 500), (1, 900), (700, 3), (20, 30)])
def test_reduced_raster_shows_all_of_it(write_raster, height, width):
    rows, columns = np.mgrid[:height, :width]
    values = np.stack([rows, columns, rows + columns]).astype(np.uint16) + 1
    with Scene(write_raster(values, nodata=0)) as scene:
        reduced, valid = scene.read_reduced((1, 2, 3), 100, lambda: None)
    assert max(reduced.shape[1:]) == min(100, max(height, width)) and valid.all()
    step = max(height, width) / max(reduced.shape[1:])
    expected = np.linspace(0, height, reduced.shape[1], endpoint=False)
    assert np.abs(reduced[0, :, 0] - 1 - expected).max() <= step
    expected = np.linspace(0, width, reduced.shape[2], endpoint=False)
    assert np.abs(reduced[1, 0] - 1 - expected).max() <= step


def test_batch_lists_scenes_that_somebody_has_to_decide(write_raster, monkeypatch, tmp_path):
    path = write_raster(eleven_bits(0.9))
    monkeypatch.setattr(job_module, "_check_model", lambda job: None)
    outcome = run_scene(SceneJob(str(path), "scene", tmp_path, request_for(path), {}))
    assert outcome.status == UNDECIDED and "--radiometry counts:11" in outcome.error
    text = as_text([outcome], 1.0)
    assert "1 scene: 1 undecided" in text and "Give bands or radiometry" in text
