"""Temperature scaling: the fit, its place in the model file, and what it may not touch."""

import dataclasses
import math

import numpy as np
import pytest
import rasterio
import torch
from safetensors.numpy import load_file
from stand_ins import BrightnessModel, land, predict_array
from synthetic_data import make_data_folder

from cloudmamba.cli import main
from cloudmamba.data.index import read_index
from cloudmamba.errors import InputError, ModelError
from cloudmamba.evaluation.calibration import LogitCounts, with_temperature
from cloudmamba.model_files import load_model, save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.training.configuration import read_configuration

KINDS = ("mask", "uncertainty", "probability", "stages")
# The delivered uncertainty has steps of 1/4096.
HALF_STEP = 0.5 / 4096 + 1e-6
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
    assert calibrated.uncertainty == pytest.approx(uncertainty, abs=HALF_STEP, nan_ok=True)
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


# --- the command ------------------------------------------------------------------------------


@pytest.fixture
def hesitant(tmp_path):
    """A model file of random weights in half precision that is neither all right nor all wrong."""
    torch.manual_seed(1)
    model = CloudMamba(ModelConfiguration(widths=(8, 8), state_size=1))
    with torch.no_grad():
        for head in (model.head, model.refiner.head):
            head.weight *= 8
    path = tmp_path / "hesitant.safetensors"
    save_model(model, path, CARD, half=True)
    return path


def log_loss(model, records):
    """Over all pixels, straight from the delivered probability."""
    losses = []
    for record in records:
        image, label = record.read()
        prediction = predict_array(model, image, np.ones(label.shape, bool), [True] * 4)
        probability = prediction.probability.astype(np.float64)
        losses.append(-np.log(np.where(label == 1, probability, 1 - probability)))
    return np.mean(losses)


def test_calibrate_command_writes_a_model_of_the_same_masks(
    tmp_path, hesitant, write_raster, capsys
):
    data, calibrated = make_data_folder(tmp_path / "data"), tmp_path / "calibrated.safetensors"
    arguments = ["calibrate", str(data), "--model", str(hesitant), "--output", str(calibrated)]
    assert main(arguments) == 0
    (before, _), (after, card) = load_model(hesitant), load_model(calibrated)
    temperature = after.configuration.temperature
    assert f"{temperature:.3f}" in capsys.readouterr().out
    assert abs(temperature - 1) > 0.1
    assert dataclasses.replace(after.configuration, temperature=1.0) == before.configuration
    assert {k: card[k] for k in CARD} == CARD
    assert card["calibrated_on"] == "2 images of manual/train"
    old, new = load_file(hesitant), load_file(calibrated)
    assert {k: (v.dtype, v.tobytes()) for k, v in old.items()} == {
        k: (v.dtype, v.tobytes()) for k, v in new.items()
    }

    records = [r for r in read_index(data) if r.folder == "manual/train"]
    least = log_loss(after, records)
    assert least < log_loss(before, records)
    for factor in (0.95, 1.05):
        assert least < log_loss(with_temperature(before, temperature * factor), records)

    # What detection writes with it: the same mask and stages, another probability.
    scene = write_raster(np.round(land(70, 60) * 1e4).astype(np.uint16))
    written = {}
    for model in (hesitant, calibrated):
        outputs = {kind: tmp_path / f"{model.stem}_{kind}.tif" for kind in KINDS}
        options = [part for kind, path in outputs.items() for part in (f"--{kind}", str(path))]
        assert main(["detect", str(scene), "--model", str(model), *options, "--quiet"]) == 0
        written[model] = {}
        for kind, path in outputs.items():
            with rasterio.open(path) as file:
                written[model][kind] = file.read()
                assert file.tags()["TEMPERATURE"] == f"{1 if model == hesitant else temperature:g}"
    plain, other = written.values()
    assert np.array_equal(plain["mask"], other["mask"])
    assert np.array_equal(plain["stages"], other["stages"])
    logit = np.log(plain["probability"] / (1 - plain["probability"]))
    assert other["probability"] == pytest.approx(sigmoid(logit / temperature), abs=1e-5)
    assert other["uncertainty"] == pytest.approx(
        1 - 2 * np.abs(other["probability"] - 0.5), abs=HALF_STEP
    )


def test_calibrating_again_begins_at_the_uncalibrated_probability(tmp_path, hesitant):
    data, once, twice = make_data_folder(tmp_path / "data"), tmp_path / "1", tmp_path / "2"
    for model, output in ((hesitant, once), (once, twice)):
        assert main(["calibrate", str(data), "--model", str(model), "--output", str(output)]) == 0
    assert load_model(once)[0].configuration == load_model(twice)[0].configuration


def test_calibrate_command_explains_what_it_cannot_do(tmp_path, hesitant, capsys):
    data, output = make_data_folder(tmp_path / "data"), tmp_path / "out.safetensors"
    arguments = ["calibrate", str(data), "--model", str(hesitant), "--output"]
    assert main([*arguments, str(hesitant)]) == 4
    assert "exists already: choose another name" in capsys.readouterr().err
    assert main([*arguments, str(tmp_path / "nowhere" / "m.safetensors")]) == 4
    assert "There is no folder" in capsys.readouterr().err
    assert main([*arguments, str(output), "--subset", "none"]) == 3
    assert "has no images in 'none' to fit to" in capsys.readouterr().err
    # Clear images and a model that finds no cloud anywhere: nothing is wrong.
    model, _ = load_model(hesitant)
    with torch.no_grad():
        model.head.weight.zero_()
        model.head.bias.fill_(-9.0)
    save_model(model, tmp_path / "never.safetensors", CARD)
    arguments[3] = str(tmp_path / "never.safetensors")
    assert main([*arguments, str(output), "--subset", "clear"]) == 3
    assert "No temperature suits these images" in capsys.readouterr().err
    assert not output.exists()
