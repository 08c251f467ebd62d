"""Temperature scaling: the fit, its place in the model file, and what it may not touch."""

import dataclasses
import math

import numpy as np
import pytest
from stand_ins import BrightnessModel, land

from cloudmamba.detection import predict_array
from cloudmamba.errors import InputError, ModelError
from cloudmamba.evaluation.calibration import LogitCounts
from cloudmamba.network.model import CloudMamba, ModelConfiguration, load_model, save_model
from cloudmamba.training.configuration import read_configuration

CARD = {"name": "tiny", "version": "3", "trained_on": "-", "licence": "-"}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def drawn(temperature, seed=0, pixels=400_000):
    """P, and cloud drawn so that sigmoid(logit(P) / temperature) is its true probability."""
    random = np.random.default_rng(seed)
    logit = random.normal(0, 4, pixels)
    return sigmoid(logit).astype(np.float32), random.random(pixels) < sigmoid(logit / temperature)


# --- the fit ----------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.6, 1.0, 2.5])
def test_fit_finds_the_temperature_that_pixels_were_drawn_with(temperature):
    counts = LogitCounts.of(*drawn(temperature))
    assert counts.fit_temperature() == pytest.approx(temperature, rel=0.02)


def test_fit_is_the_least_negative_log_likelihood():
    counts = LogitCounts.of(*drawn(1.7, pixels=3000))
    best = counts.fit_temperature()
    least = counts.negative_log_likelihood(best)
    assert least < counts.negative_log_likelihood(best * 1.02)
    assert least < counts.negative_log_likelihood(best / 1.02)
    assert least < counts.negative_log_likelihood(1)


def test_negative_log_likelihood_by_hand():
    counts = LogitCounts.of(np.array([0.9, 0.2, 0.7]), np.array([True, False, False]))
    expected = -(math.log(0.9) + math.log(0.8) + math.log(0.3)) / 3
    assert counts.negative_log_likelihood(1) == pytest.approx(expected, abs=3e-3)


def test_sure_pixels_count_without_infinities():
    counts = LogitCounts.of(np.array([0, 1, 1, 0.0]), np.array([False, True, False, True]))
    assert counts.clear.sum() == counts.cloud.sum() == 2
    assert counts.negative_log_likelihood(1) == pytest.approx(8, abs=0.1)


def test_adding_counts_is_pooling():
    probability, cloud = drawn(1.4, pixels=2000)
    halves = [LogitCounts.of(probability[s], cloud[s]) for s in (slice(700), slice(700, None))]
    whole = LogitCounts.of(probability, cloud)
    assert (halves[0] + halves[1]).fit_temperature() == whole.fit_temperature()


@pytest.mark.parametrize("cloud", [[True, False], [False, True]], ids=["right", "wrong"])
def test_nothing_to_fit_where_all_is_right_or_wrong(cloud):
    with pytest.raises(InputError, match="No temperature suits these images"):
        LogitCounts.of(np.array([0.9, 0.1]), np.array(cloud)).fit_temperature()


# --- in detection -----------------------------------------------------------------------------


def test_temperature_changes_probability_and_uncertainty_and_nothing_else():
    model = BrightnessModel().eval()
    image = land(60, 70) * 3
    image[:, :5, :7] = np.nan
    valid = np.isfinite(image).all(0)

    def predict(temperature):
        model.configuration = ModelConfiguration(temperature=temperature)
        return predict_array(
            model, image, valid, [True] * 4, tile_px=64, overlap_px=16, stages=True
        )

    plain, calibrated = predict(1.0), predict(2.5)
    untouched = ("mask", "coarse_probability", "coarse_uncertainty", "accepted")
    for name in (*untouched, "refined_probability"):
        before, after = getattr(plain, name), getattr(calibrated, name)
        assert np.array_equal(before, after, equal_nan=True), name
    logit = np.log(plain.probability / (1 - plain.probability))
    assert calibrated.probability == pytest.approx(sigmoid(logit / 2.5), abs=1e-6, nan_ok=True)
    uncertainty = 1 - 2 * np.abs(calibrated.probability - 0.5)
    assert calibrated.uncertainty == pytest.approx(uncertainty, abs=1e-6, nan_ok=True)
    assert np.nanmean(calibrated.uncertainty) > np.nanmean(plain.uncertainty) + 0.05
    assert np.isnan(calibrated.probability[~valid]).all()


def test_temperature_is_saved_and_files_without_one_have_none(tmp_path):
    path = tmp_path / "m.safetensors"
    configuration = ModelConfiguration(widths=(4,), state_size=1, temperature=1.25)
    save_model(CloudMamba(configuration), path, CARD)
    assert load_model(path)[0].configuration.temperature == 1.25
    older = dataclasses.asdict(configuration)
    del older["temperature"]
    assert ModelConfiguration.from_dict(older).temperature == 1


@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan, "warm"])
def test_impossible_temperature_is_refused(value):
    with pytest.raises(ModelError):
        ModelConfiguration.from_dict({"temperature": value})


def test_training_on_starts_uncalibrated(tmp_path):
    start = ModelConfiguration(temperature=1.7)
    assert read_configuration("fine-tune", start_from=start).model == ModelConfiguration()
