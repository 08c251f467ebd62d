"""Training counted in epochs."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from synthetic_data import SCALE, make_data_folder, scene, write_raster

from cloudmamba.cli import main
from cloudmamba.errors import InputError
from cloudmamba.model_files import load_model
from cloudmamba.training.configuration import read_configuration
from cloudmamba.training.epochs import EpochSampler, prepare
from cloudmamba.training.loop import Trainer
from cloudmamba.training.targets import CLOUD

IMAGES = 5
TINY = """
name = "tiny"
version = "3"
trained_on = "made-up images"
licence = "none"
[model]
widths = [4, 8]
state_size = 1
[data]
crop_px = 32
[optimisation]
epochs = 2
batch_size = 2
learning_rate = 0.01
warmup_steps = 0
gradient_norm = inf
average_decay = 0.0
level_weights = [0.1, 0.1]
precision = "float32"
checkpoint_every = 1
"""


@pytest.fixture
def data(tmp_path):
    """Five images in manual/train, each of one level of brightness."""
    folder = make_data_folder(tmp_path / "data")
    lines = (folder / "index.csv").read_text().splitlines()
    kept = [line for line in lines if not line.startswith("manual/train")]
    template = next(line for line in lines if line.startswith("manual/train/m0.tif"))
    for index in range(IMAGES):
        numbers = np.full((4, 32, 32), 1000 * (index + 1), np.uint16)
        label = np.zeros((1, 32, 32), np.uint8)
        label[0, :16, :8] = 1
        numbers[:, label[0] == 1] += 500
        write_raster(folder / f"manual/train/e{index}.tif", numbers)
        write_raster(folder / f"manual/train/e{index}_label.tif", label)
        kept.append(template.replace("/m0", f"/e{index}"))
    (folder / "index.csv").write_text("\n".join(kept) + "\n")
    return folder


@pytest.fixture
def configuration(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return read_configuration(path)


def images_of(batch):
    """Which image each sample is, by its darkest pixel."""
    return [round(float(image.min()) / SCALE / 1000) - 1 for image in batch.image]


def test_an_epoch_visits_every_image_once_and_in_another_order(data):
    sampler = EpochSampler(data, 32, seed=3)
    assert sampler.steps_per_epoch(2) == 3
    batches = [sampler.sample(step, 2) for step in range(6)]
    assert [len(batch.image) for batch in batches] == [2, 2, 1, 2, 2, 1]
    visited = [
        [i for batch in epoch for i in images_of(batch)] for epoch in (batches[:3], batches[3:])
    ]
    assert all(sorted(order) == list(range(IMAGES)) for order in visited)
    assert visited[0] != visited[1]
    other = EpochSampler(data, 32, seed=4)
    assert [i for step in range(3) for i in images_of(other.sample(step, 2))] != visited[0]


def test_images_that_choose_models_are_not_trained_on(data):
    index = data / "index.csv"
    chosen = "landsat8_biome_Water_02_1010"
    for ending in (".tif", "_label.tif"):
        (data / f"manual/train/e2{ending}").rename(data / f"manual/train/{chosen}{ending}")
    index.write_text(index.read_text().replace("manual/train/e2", f"manual/train/{chosen}"))
    sampler = EpochSampler(data, 32, seed=3)
    visited = [i for step in range(2) for i in images_of(sampler.sample(step, 2))]
    assert sampler.steps_per_epoch(2) == 2
    assert sorted(visited) == [0, 1, 3, 4]


def test_images_are_flipped_and_rotated_with_their_labels_and_else_left(data):
    sampler = EpochSampler(data, 32, seed=0)
    shapes = set()
    for step in range(30):
        batch = sampler.sample(step, IMAGES)
        for image, target in zip(batch.image, batch.target, strict=True):
            cloud = target[CLOUD] == 1
            ground = image.min()
            torch.testing.assert_close(image, ground + 0.05 * cloud.float().expand(4, -1, -1))
            shapes.add(cloud.numpy().tobytes())
        assert batch.available_bands.all()
    assert len(shapes) == 8


def test_the_step_alone_determines_the_batch(data):
    first = EpochSampler(data, 32, seed=3).sample(4, 2)
    sampler = EpochSampler(data, 32, seed=3)
    sampler.sample(0, 2)
    assert torch.equal(sampler.sample(4, 2).image, first.image)


def test_no_data_is_filled_as_in_detection(data):
    for index in range(IMAGES):
        numbers = np.full((4, 32, 32), 1000 * (index + 1), np.uint16)
        numbers[:, :12] = 0
        write_raster(data / f"manual/train/e{index}.tif", numbers)
    batch = EpochSampler(data, 32, seed=0).sample(0, IMAGES)
    assert sorted(images_of(batch)) == list(range(IMAGES))
    assert torch.equal(batch.image.amin((1, 2, 3)), batch.image.amax((1, 2, 3)))


def test_larger_images_are_cropped_and_smaller_ones_mirrored(data):
    assert EpochSampler(data, 16, seed=0).sample(0, 2).image.shape == (2, 4, 16, 16)
    larger = EpochSampler(data, 48, seed=0).sample(0, 2)
    assert larger.image.shape == (2, 4, 48, 48)
    assert larger.target.shape == (2, 4, 48, 48)
    assert (larger.target != 255).all()


def test_a_missing_band_is_said_to_be_missing(data):
    index = (data / "index.csv").read_text()
    (data / "index.csv").write_text(index.replace("blue green red nir", "blue green red"))
    for index in range(IMAGES):
        write_raster(data / f"manual/train/e{index}.tif", np.full((3, 32, 32), 900, np.uint16))
    batch = EpochSampler(data, 32, seed=0).sample(0, 2)
    assert batch.available_bands.tolist() == [[True, True, True, False]] * 2
    assert (batch.image[:, 3] == 0).all()


def test_epochs_become_steps_by_the_number_of_images(data, configuration):
    prepared, sampler = prepare(configuration, data)
    assert prepared.optimisation.steps == 6
    assert isinstance(sampler, EpochSampler)


def test_run_broken_within_an_epoch_equals_an_unbroken_one(data, configuration, tmp_path):
    def trainer(name):
        prepared, sampler = prepare(configuration, data)
        return Trainer(prepared, data, sampler, lambda _: {}, tmp_path / name, torch.device("cpu"))

    for _ in trainer("unbroken").run():
        pass
    for progress in trainer("broken").run():
        if progress.step == 4:
            break
    resumed = trainer("broken")
    resumed.resume()
    assert resumed.step == 4
    for _ in resumed.run():
        pass
    names = ("unbroken", "broken")
    first, second = (load_file(tmp_path / name / "model.safetensors") for name in names)
    for name, tensor in first.items():
        torch.testing.assert_close(second[name], tensor, rtol=1e-3, atol=1e-5)
    _, card = load_model(tmp_path / "unbroken" / "model.safetensors")
    assert card["steps"] == "6"


def test_processes_that_share_an_epoch_unevenly_train_what_one_does(data, tmp_path):
    """Batches of four and one image for three processes: parts of two, one and one, and of one alone."""
    path = tmp_path / "uneven.toml"
    # Of batches, Dice is not the mean of that of their parts.
    path.write_text(TINY.replace("batch_size = 2", "batch_size = 4\ndice_weight = 0"))
    command = ["train", str(path), "--data", str(data), "--device", "cpu", "--output"]
    assert main([*command, str(tmp_path / "one")]) == 0
    assert main([*command, str(tmp_path / "three"), "--processes", "3"]) == 0
    one, three = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "three"))
    for name, tensor in one.items():
        torch.testing.assert_close(three[name], tensor, rtol=1e-3, atol=1e-4)


def test_steps_on_the_way_are_checked_once_the_epochs_are_counted(data, configuration):
    def prepared(epochs, step):
        changes = {"epochs": epochs, "mean_of_steps": (step,)}
        optimisation = dataclasses.replace(configuration.optimisation, **changes)
        return prepare(dataclasses.replace(configuration, optimisation=optimisation), data)[0]

    # Far more than the steps of a run that says nothing of them.
    assert prepared(5000, 14999).optimisation.steps == 15000
    with pytest.raises(InputError, match="'mean_of_steps' .* not on the way to the last one, 6"):
        prepared(2, 6)


def test_without_averaging_the_weights_themselves_are_delivered(data, configuration, tmp_path):
    prepared, sampler = prepare(configuration, data)
    trainer = Trainer(prepared, data, sampler, lambda _: {}, tmp_path / "run", torch.device("cpu"))
    for _ in trainer.run():
        pass
    for average, weights in zip(
        trainer.average.parameters(), trainer.model.parameters(), strict=True
    ):
        assert torch.equal(average, weights)


def test_a_folder_without_training_images_is_explained(tmp_path):
    folder = tmp_path / "empty"
    write_raster(folder / "clear/c.tif", scene(0)[0])
    (folder / "index.csv").write_text(
        "image,label,bands,sensor,gsd_m,scale,offset,site\n"
        "clear/c.tif,,blue green red nir,Landsat,30,0.0001,0,\n"
    )
    with pytest.raises(InputError, match="no images in manual/train"):
        EpochSampler(folder, 32, seed=0)


def test_the_papers_recipe_is_the_papers():
    configuration = read_configuration("paper")
    optimisation, model = configuration.optimisation, configuration.model
    assert (optimisation.epochs, optimisation.learning_rate) == (30, 1e-4)
    assert (optimisation.bce_weight, optimisation.dice_weight) == (1, 1)
    assert (optimisation.warmup_steps, optimisation.gradient_norm) == (0, math.inf)
    assert configuration.data.crop_px == 512
    assert (len(model.widths), model.mixer, model.refinement) == (5, "dual_scale", True)
    assert model.dilations == (1, 2, 4)
    thresholds = (model.coarse_threshold, model.refined_threshold, model.acceptance_threshold)
    assert thresholds == (0.5, 0.5, 0.4)
