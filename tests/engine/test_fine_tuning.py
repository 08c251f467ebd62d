"""Training that starts from a model, and the shipped recipe for own labels."""

import csv
import dataclasses
import shutil

import pytest
import torch
from safetensors.torch import load_file
from synthetic_data import COLUMNS, make_data_folder
from test_training_loop import TINY, optimised, trainer_for, write_configuration

from cloudmamba.cli import main
from cloudmamba.errors import InputError
from cloudmamba.model_files import load_model, save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.training.configuration import read_configuration, shipped_configurations
from cloudmamba.training.loop import StartingModel

CARD = {"name": "begin", "version": "7", "trained_on": "nothing", "licence": "none"}
# A threshold that is not the default, to see that the whole configuration is taken over.
NETWORK = ModelConfiguration(widths=(8, 8), state_size=1, refined_threshold=0.4)


@pytest.fixture
def model_file(tmp_path):
    """A network with weights that no seed of these tests gives."""
    torch.manual_seed(1234)
    save_model(CloudMamba(NETWORK), tmp_path / "begin.safetensors", CARD)
    return tmp_path / "begin.safetensors"


@pytest.fixture
def own_labels(tmp_path):
    """A folder as ``cloudmamba import`` leaves it: nothing but manual/train."""
    complete, folder = make_data_folder(tmp_path / "complete"), tmp_path / "own"
    shutil.copytree(complete / "manual" / "train", folder / "manual" / "train")
    with (complete / "index.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["image"].startswith("manual/train")]
    with (folder / "index.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return folder


def without_network(tmp_path, steps=2):
    """The tiny configuration without [model]."""
    text = TINY.format(steps=steps).replace("[model]\nwidths = [8, 8]\nstate_size = 1\n", "")
    path = tmp_path / "start.toml"
    path.write_text(text)
    return path


def test_training_begins_with_the_weights_of_the_model(model_file, own_labels, tmp_path):
    start = StartingModel.load(model_file)
    configuration = read_configuration(without_network(tmp_path), start_from=NETWORK)
    assert configuration.model == NETWORK
    complete = tmp_path / "complete"
    trainer = trainer_for(configuration, complete, tmp_path / "run", start)
    image = torch.rand(1, 4, 32, 32)
    expected = start.network(image)
    for network in (trainer.model.eval(), trainer.average):
        stages = network(image)
        torch.testing.assert_close(stages.coarse_logits, expected.coarse_logits, rtol=0, atol=0)
        torch.testing.assert_close(stages.refined_logits, expected.refined_logits, rtol=0, atol=0)
    random = trainer_for(configuration, complete, tmp_path / "run")
    assert not torch.equal(random.average(image).coarse_logits, expected.coarse_logits)


def test_a_run_can_teach_a_model_to_see_band_ratios(model_file, own_labels, tmp_path):
    start = StartingModel.load(model_file)
    recipe = without_network(tmp_path)
    recipe.write_text(recipe.read_text() + "[model]\nband_ratios = true\n")
    configuration = read_configuration(recipe, start_from=NETWORK)
    assert configuration.model == dataclasses.replace(NETWORK, band_ratios=True)
    changed = optimised(configuration, start_share=0.5)
    trainer = trainer_for(changed, tmp_path / "complete", tmp_path / "run", start)
    image = torch.rand(1, 4, 32, 32)
    expected = start.network(image).coarse_logits
    for network in (trainer.average, trainer.delivered()):
        torch.testing.assert_close(network(image).coarse_logits, expected, rtol=0, atol=0)
    for _ in trainer.run():
        pass
    # Half of what was learnt, since half of what is delivered has not seen them.
    learnt = trainer.average.encoder.stem.weight[:, 4:]
    assert learnt.abs().max() > 0
    torch.testing.assert_close(trainer.delivered().encoder.stem.weight[:, 4:], learnt / 2)
    recipe.write_text(recipe.read_text().replace("band_ratios = true", "band_ratios = false"))
    with pytest.raises(InputError, match="wants band_ratios = False"):
        read_configuration(recipe, start_from=configuration.model)


def test_a_run_can_teach_a_model_outlines_of_fine_images(model_file, own_labels, tmp_path):
    start = StartingModel.load(model_file)
    recipe = without_network(tmp_path)
    recipe.write_text(recipe.read_text() + "[model]\nfine_outlines = true\n")
    configuration = read_configuration(recipe, start_from=NETWORK)
    trainer = trainer_for(configuration, tmp_path / "complete", tmp_path / "run", start)
    image, fineness = torch.rand(2, 4, 32, 32), torch.tensor([0.0, 1.0])
    expected = start.network(image).coarse_logits
    found = trainer.average(image, fineness=fineness).coarse_logits
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
    for _ in trainer.run():
        pass
    assert trainer.average.fine_head.weight.abs().max() > 0
    # They learn ten times as fast as what was there before.
    rates = [group["lr"] for group in trainer.optimiser.param_groups]
    assert rates[1] == pytest.approx(10 * rates[0])
    # What goes on from there has nothing new.
    again = StartingModel(trainer.delivered(), start.model_card)
    same = read_configuration(without_network(tmp_path), start_from=again.network.configuration)
    later = trainer_for(same, tmp_path / "complete", tmp_path / "later", again)
    assert [group["speed"] for group in later.optimiser.param_groups] == [1.0]


def test_own_labels_to_a_model_file_from_the_command_line(model_file, own_labels, tmp_path, capsys):
    recipe = tmp_path / "fine-tune.toml"
    recipe.write_text(
        shipped_configurations()["fine-tune"]
        .read_text()
        .replace("steps = 300", "steps = 3\nlevel_weights = [0.2, 0.2]")
        .replace("crop_px = 128", "crop_px = 32")
        .replace("batch_size = 8", "batch_size = 2")
    )
    arguments = ["train", str(recipe), "--data", str(own_labels), "--output", str(tmp_path / "run")]
    arguments += ["--start-from", str(model_file)]
    assert main(arguments) == 0
    assert "no images for choosing" in capsys.readouterr().out
    tuned, card = load_model(tmp_path / "run" / "model.safetensors")
    begun, begun_card = load_model(model_file)
    assert card["started_from"] == "begin 7"
    assert card["started_from_checksum"] == begun_card["checksum"]
    assert tuned.configuration == NETWORK
    moved = (tuned.head.weight - begun.head.weight).abs()
    assert 0 < moved.max() < 0.01


def test_a_model_of_the_shipped_recipe_needs_a_start(own_labels, tmp_path, capsys):
    arguments = ["train", "fine-tune", "--data", str(own_labels), "--output", str(tmp_path / "run")]
    assert main(arguments) == 3
    assert "--start-from" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_contradicting_network_is_refused_and_an_agreeing_one_is_not(tmp_path):
    path = write_configuration(tmp_path, 2)
    assert read_configuration(path, start_from=NETWORK).model == NETWORK
    wider = ModelConfiguration(widths=(8, 16), state_size=1)
    with pytest.raises(InputError, match=r"widths = \[8, 8\].*has \[8, 16\]"):
        read_configuration(path, start_from=wider)


def test_thresholds_may_be_decided_anew(tmp_path):
    path = write_configuration(tmp_path, 2)
    path.write_text(path.read_text().replace("[model]", "[model]\ncoarse_threshold = 0.4"))
    model = read_configuration(path, start_from=NETWORK).model
    assert model == dataclasses.replace(NETWORK, coarse_threshold=0.4)
    assert NETWORK.coarse_threshold != 0.4


def test_resuming_keeps_the_start_and_refuses_another(model_file, own_labels, tmp_path):
    start = StartingModel.load(model_file)
    configuration = read_configuration(without_network(tmp_path, 4), start_from=NETWORK)
    complete = tmp_path / "complete"
    for _ in trainer_for(configuration, complete, tmp_path / "unbroken", start).run():
        pass
    for progress in trainer_for(configuration, complete, tmp_path / "broken", start).run():
        if progress.step == 2:
            break
    with pytest.raises(InputError, match="started from another model"):
        trainer_for(configuration, complete, tmp_path / "broken").resume()
    resumed = trainer_for(configuration, complete, tmp_path / "broken", start)
    resumed.resume()
    for _ in resumed.run():
        pass
    names = ("unbroken", "broken")
    first, second = (load_file(tmp_path / name / "model.safetensors") for name in names)
    for name, tensor in first.items():
        torch.testing.assert_close(second[name], tensor, rtol=1e-3, atol=1e-5)
    _, card = load_model(tmp_path / "broken" / "model.safetensors")
    assert card["started_from"] == "begin 7"
