"""Probes on models and maps whose right answers are known."""

import dataclasses

import numpy as np
import pytest
from stand_ins import BrightnessModel
from synthetic_data import make_data_folder

from cloudmamba.cli import main
from cloudmamba.data.images import LabelledImage
from cloudmamba.evaluation.disturbance import DISTURBANCES, PLACES
from cloudmamba.evaluation.probes import Change, lattice_strength, probe
from cloudmamba.masker import CloudMasker
from cloudmamba.model_files import save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba


def image_of(reflectance):
    size = reflectance.shape[1:]
    return LabelledImage(
        "made up",
        "sensor",
        None,
        reflectance,
        (True,) * 4,
        np.zeros(size, np.uint8),
        np.ones(size, bool),
    )


def model_of_one_stage():
    model = BrightnessModel()
    model.configuration = dataclasses.replace(model.configuration, acceptance_threshold=1.0)
    return model


def scene(size=260):
    """Half of the pixels 0.1, half 0.9: far from the threshold, whatever the gain."""
    random = np.random.default_rng(0)
    bright = random.random((size // 4, size // 4)) < 0.5
    values = np.where(bright, 0.9, 0.1).repeat(4, 0).repeat(4, 1).astype(np.float32)
    return np.stack([values] * 4)


def test_a_model_of_single_pixels_changes_nothing():
    found = probe(CloudMasker.of(model_of_one_stage()), [image_of(scene())])
    assert set(found.changes) == {
        "shift by 16 px", "shift by 64 px", "shift by 100 px", "mirrored", "0.8 times as bright",
        "1.25 times as bright", "half the resolution", "tiles of 256 px",
    }  # fmt: skip
    assert all(change.changed == 0 and change.pixels > 0 for change in found.changes.values())
    assert found.worst == dict.fromkeys(found.changes, 0)
    assert len(found.reaches) == len(DISTURBANCES) * len(PLACES)
    assert all(reach.changed == 0 and reach.pixels > 0 for reach in found.reaches.values())


def test_only_bands_that_an_image_has_are_disturbed():
    image = dataclasses.replace(image_of(scene(64)), available_bands=(True, True, True, False))
    image.pixels[3] = 0
    model = model_of_one_stage()
    probe(CloudMasker.of(model), [image])
    assert all(not seen[:, 3].any() for seen in model.images_seen)


def test_pixels_near_the_threshold_change_with_the_gain():
    reflectance = scene()
    reflectance[:, :130] = 0.45
    found = probe(CloudMasker.of(model_of_one_stage()), [image_of(reflectance)])
    assert found.changes["1.25 times as bright"].percent == pytest.approx(50, abs=1)
    assert found.changes["0.8 times as bright"].percent == 0
    assert found.worst["1.25 times as bright"] == pytest.approx(50, abs=1)


@pytest.mark.parametrize("order", [1, -1])
def test_the_worst_image_is_found_beside_one_without_shared_pixels(order):
    reflectance = scene()
    reflectance[:, :130] = 0.45
    images = [image_of(reflectance), image_of(scene(64))]
    images[1].valid[:] = False
    found = probe(CloudMasker.of(model_of_one_stage()), images[::order])
    assert found.worst["1.25 times as bright"] == pytest.approx(50, abs=1)


def test_no_data_is_left_out_of_changes():
    one = np.array([[0, 1, 255, 0]], np.uint8)
    other = np.array([[0, 0, 1, 255]], np.uint8)
    assert Change.between(one, other) == Change(2, 1)


@pytest.mark.parametrize("period", [2, 4, 8])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_lattice_stands_out(period, axis):
    random = np.random.default_rng(1)
    noise = random.normal(0, 0.1, (120, 120))
    plain = lattice_strength(noise)
    assert all(0.1 < strength < 5 for strength in plain.values())
    wave = 0.5 * (np.arange(120) % period < period / 2)
    found = lattice_strength(noise + (wave[None] if axis else wave[:, None]))
    assert found[period] > 20 * plain[period]


def test_a_map_without_variation_has_no_lattice():
    assert all(np.isnan(strength) for strength in lattice_strength(np.zeros((64, 64))).values())
    assert all(np.isnan(strength) for strength in lattice_strength(np.zeros((3, 5))).values())


def test_evaluate_prints_probes(tmp_path, capsys):
    data = make_data_folder(tmp_path / "data")
    model = CloudMamba(ModelConfiguration(widths=(8, 8), state_size=1))
    card = {"name": "tiny", "version": "1", "trained_on": "nothing", "licence": "none"}
    save_model(model, tmp_path / "tiny.safetensors", card)
    command = ["evaluate", str(data), "--model", str(tmp_path / "tiny.safetensors"), "--probes"]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "shift by 16 px" in printed
    assert "saturated one pixel" in printed
    assert "Lattice" in printed
    assert (
        main(
            [
                *command[:1],
                str(data / "manual/validation/v0_label.tif"),
                "--masks",
                "m=x",
                "--probes",
            ]
        )
        == 3
    )
