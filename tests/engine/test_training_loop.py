"""Training from the command line to a model file, and resuming."""

import copy
import dataclasses
import json
import math

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from synthetic_data import make_data_folder

from cloudmamba.cli import main
from cloudmamba.compute_options import ComputeOptions
from cloudmamba.errors import CloudMambaError, InputError, OutputError
from cloudmamba.masker import CloudMasker
from cloudmamba.model_files import load_model, read_model_card
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.training import loop
from cloudmamba.training.configuration import (
    OptimisationConfiguration,
    read_configuration,
    shipped_configurations,
)
from cloudmamba.training.loop import StartingModel, Trainer, learning_rate_at
from cloudmamba.training.losses import disagreement
from cloudmamba.training.run_folder import open_run_folder
from cloudmamba.training.sampler import SOURCES, DataConfiguration, TrainingSampler
from cloudmamba.training.workers import Workers

TINY = """
name = "tiny"
version = "3"
trained_on = "made-up images"
licence = "none"
seed = 5
[model]
widths = [8, 8]
state_size = 1
[data]
crop_px = 32
[optimisation]
steps = {steps}
batch_size = 4
warmup_steps = 2
learning_rate = 0.01
level_weights = [0.1, 0.1]
precision = "float32"
validate_every = 3
checkpoint_every = 2
"""


# Without what looks like cloud: some steps are enough to see that the loss falls.
EASY = "procedural = 0\ncloud_on_procedural = 0\nsnow = 0\nbrightened = 0\npicture = 0\n"


@pytest.fixture
def data(tmp_path):
    return make_data_folder(tmp_path / "data")


def write_configuration(tmp_path, steps, data=""):
    path = tmp_path / f"tiny_{steps}.toml"
    path.write_text(TINY.format(steps=steps).replace("[data]\n", f"[data]\n{data}"))
    return path


def optimised(configuration, **changes):
    """The same run with another recipe."""
    optimisation = dataclasses.replace(configuration.optimisation, **changes)
    return dataclasses.replace(configuration, optimisation=optimisation)


def trainer_for(configuration, data, folder, start=None, **options):
    sampler = TrainingSampler(data, configuration.data, configuration.seed)
    cpu = torch.device("cpu")
    return Trainer(configuration, data, sampler, lambda _: {}, folder, cpu, start, **options)


def test_learning_rate_warms_up_and_anneals_to_zero():
    optimisation = OptimisationConfiguration(steps=110, warmup_steps=10, learning_rate=2.0)
    assert learning_rate_at(0, optimisation) == pytest.approx(0.2)
    assert learning_rate_at(9, optimisation) == pytest.approx(2.0)
    assert learning_rate_at(60, optimisation) == pytest.approx(1 + math.cos(math.pi / 2))
    assert learning_rate_at(110, optimisation) == pytest.approx(0, abs=1e-9)


def test_train_command_learns_and_writes_a_model(data, tmp_path, capsys):
    configuration = write_configuration(tmp_path, 25, EASY)
    run = tmp_path / "run"
    assert main(["train", str(configuration), "--data", str(data), "--output", str(run)]) == 0
    assert str(run / "model.safetensors") in capsys.readouterr().out
    model, card = load_model(run / "model.safetensors")
    assert (card["name"], card["version"], card["seed"], card["steps"]) == ("tiny", "3", "5", "25")
    assert model.configuration.widths == (8, 8)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log] == list(range(1, 26))
    assert sum(e["loss"] for e in log[-5:]) < 0.9 * sum(e["loss"] for e in log[:5])
    assert log[-1]["scores"]["manual/validation Sentinel-2 MSI"] >= 0
    assert "manual/validation Sentinel-2 MSI without nir" in log[2]["scores"]


def test_train_command_does_not_overwrite_a_run(data, tmp_path, capsys):
    configuration = write_configuration(tmp_path, 2)
    arguments = ["train", str(configuration), "--data", str(data), "--output", str(tmp_path / "r")]
    assert main(arguments) == 0
    before = (tmp_path / "r" / "model.safetensors").read_bytes()
    assert main(arguments) == 4
    assert "already holds a run" in capsys.readouterr().err
    assert (tmp_path / "r" / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize("left", ["model.safetensors", "log.jsonl"])
def test_what_is_left_of_a_run_is_not_overwritten(data, tmp_path, capsys, left):
    run = tmp_path / "run"
    run.mkdir()
    (run / left).write_text("mine")
    configuration = write_configuration(tmp_path, 2)
    assert main(["train", str(configuration), "--data", str(data), "--output", str(run)]) == 4
    message = capsys.readouterr().err
    assert "already holds a run: choose another folder" in message
    assert (run / left).read_text() == "mine"


def test_one_process_trains_in_a_folder_at_a_time(data, tmp_path, capsys):
    configuration, run = write_configuration(tmp_path, 2), tmp_path / "run"
    arguments = ["train", str(configuration), "--data", str(data), "--output", str(run)]
    with open_run_folder(run, resume=False):
        assert main(arguments) == 4
    assert "Another run is at work" in capsys.readouterr().err
    assert main(arguments) == 0


def test_labels_of_teachers_that_are_not_there_are_told(data, tmp_path, capsys):
    configuration, run = write_configuration(tmp_path, 2), tmp_path / "run"
    arguments = ["train", str(configuration), "--data", str(data), "--output", str(run)]
    assert main([*arguments, "--teachers", str(tmp_path / "none")]) == 3
    assert "has no labels of these images" in capsys.readouterr().err


def test_a_checkpoint_that_cannot_be_written_is_an_output_error(data, tmp_path, monkeypatch):
    def full(*_):
        raise SafetensorError("No space left on device (os error 28)")

    trainer = trainer_for(
        read_configuration(write_configuration(tmp_path, 2)), data, tmp_path / "r"
    )
    monkeypatch.setattr(loop, "save_file", full)
    with pytest.raises(OutputError, match="disk may be full"):
        list(trainer.run())
    assert not list((tmp_path / "r").glob("*.part"))


def test_a_file_in_the_way_of_the_run_is_explained(data, tmp_path, capsys):
    configuration, run = write_configuration(tmp_path, 2), tmp_path / "notes.txt"
    run.write_text("mine")
    assert main(["train", str(configuration), "--data", str(data), "--output", str(run)]) == 4
    assert f"'{run}' cannot be made" in capsys.readouterr().err
    assert run.read_text() == "mine"


# The second stage from the first step on, before the break, and after it.
@pytest.mark.parametrize("second_stage_from_step", [0, 3, 5])
def test_resumed_run_equals_an_unbroken_one(second_stage_from_step, data, tmp_path):
    configuration = read_configuration(write_configuration(tmp_path, 6))
    configuration = optimised(configuration, second_stage_from_step=second_stage_from_step)
    unbroken = trainer_for(configuration, data, tmp_path / "unbroken")
    for _ in unbroken.run():
        pass
    broken = trainer_for(configuration, data, tmp_path / "broken")
    for progress in broken.run():
        if progress.step == 4:
            break
    resumed = trainer_for(configuration, data, tmp_path / "broken")
    resumed.resume()
    assert resumed.step == 4
    for _ in resumed.run():
        pass
    first, second = (
        load_file(tmp_path / name / "model.safetensors") for name in ("unbroken", "broken")
    )
    for name, tensor in first.items():
        torch.testing.assert_close(second[name], tensor, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("chosen", ["bfloat16", "float32"])
def test_automatic_precision_is_what_is_asked_for(chosen, data, tmp_path, monkeypatch):
    of_image, of_maps = set(), set()
    convolve = torch.nn.functional.conv2d

    def conv2d(x, weight, *others):
        result = convolve(x, weight, *others)
        (of_image if weight is trainer.model.encoder.stem.weight else of_maps).add(result.dtype)
        return result

    monkeypatch.setattr(torch.nn.functional, "conv2d", conv2d)
    text = TINY.format(steps=1).replace('precision = "float32"\n', "")
    (tmp_path / "tiny.toml").write_text(text)
    compute = ComputeOptions(chosen)
    configuration = read_configuration(tmp_path / "tiny.toml")
    trainer = trainer_for(configuration, data, tmp_path / "run", compute=compute)
    list(trainer.run())
    assert of_maps == {getattr(torch, chosen)}
    assert of_image == {torch.float32}, "ice and cloud differ by less than a step of bfloat16"


def test_second_stage_waits_for_its_step(data, tmp_path):
    configuration = read_configuration(write_configuration(tmp_path, 4))
    configuration = optimised(configuration, second_stage_from_step=2)
    trainer = trainer_for(configuration, data, tmp_path / "run")

    def weights_of(part):
        return torch.cat([p.detach().flatten().clone() for p in part.parameters()])

    moved = {"encoder": [], "refiner": []}
    before = {name: weights_of(getattr(trainer.model, name)) for name in moved}
    for _ in trainer.run():
        for name, steps in moved.items():
            now = weights_of(getattr(trainer.model, name))
            steps.append(not torch.equal(now, before[name]))
            before[name] = now
    # The last step's learning rate is small, not zero.
    assert moved == {"encoder": [True] * 4, "refiner": [False, False, True, True]}


def test_disagreement_of_two_views_is_part_of_the_loss(data, tmp_path):
    configuration = read_configuration(write_configuration(tmp_path, 1, EASY + "two_views = 1\n"))

    def first_loss(weight):
        recipe = optimised(configuration, two_views_weight=weight)
        trainer = trainer_for(recipe, data, tmp_path / str(weight))
        batch = trainer.sampler.sample(0, 4)
        with torch.no_grad():
            stages = copy.deepcopy(trainer.model)(batch.image, batch.available_bands)
        views = disagreement(stages.coarse_logits, batch.apart_px).item()
        return next(trainer.run()).loss, views

    (without, views), (with_views, _) = first_loss(0.0), first_loss(50.0)
    assert views > 1e-5
    assert with_views - without == pytest.approx(50 * views, rel=0.02)


def test_average_lags_behind_the_weights(data, tmp_path):
    configuration = read_configuration(write_configuration(tmp_path, 4))
    trainer = trainer_for(configuration, data, tmp_path / "run")
    start = trainer.average.head.weight.clone()
    for _ in trainer.run():
        pass
    moved = (trainer.model.head.weight - start).abs().sum()
    averaged = (trainer.average.head.weight - start).abs().sum()
    assert 0 < averaged < moved


def test_delivered_is_the_mean_with_the_model_it_began_with(data, tmp_path, monkeypatch):
    configuration = read_configuration(write_configuration(tmp_path, 4))
    first = trainer_for(configuration, data, tmp_path / "first")
    list(first.run())
    start = StartingModel.load(tmp_path / "first" / "model.safetensors")
    configuration = optimised(configuration, start_share=0.25)
    trainer = trainer_for(configuration, data, tmp_path / "second", start)
    scored = []
    monkeypatch.setattr(CloudMasker, "of", lambda network, compute: network)
    trainer.validate = lambda network: scored.append(network.head.weight.clone()) or {}
    list(trainer.run())
    before, after = start.network.head.weight, trainer.average.head.weight
    assert not torch.allclose(before, after, rtol=1e-2)
    delivered = load_file(tmp_path / "second" / "model.safetensors")["head.weight"].float()
    torch.testing.assert_close(delivered, 0.25 * before + 0.75 * after, rtol=2e-3, atol=1e-4)
    # What is scored on the way is what is delivered.
    torch.testing.assert_close(scored[-1], delivered, rtol=2e-3, atol=1e-4)


def test_delivered_is_the_mean_of_steps_on_the_way_also_after_a_stop(data, tmp_path):
    configuration = read_configuration(write_configuration(tmp_path, 6))
    configuration = optimised(
        configuration, mean_of_steps=(2, 4), checkpoint_every=1, learning_rate=0.01
    )
    trainer = trainer_for(configuration, data, tmp_path / "run")
    weights = {}
    for progress in trainer.run():
        weights[progress.step] = trainer.average.head.weight.clone()
        if progress.step == 3:
            break
    trainer = trainer_for(configuration, data, tmp_path / "run")
    trainer.resume()
    for progress in trainer.run():
        weights[progress.step] = trainer.average.head.weight.clone()
    delivered = load_file(tmp_path / "run" / "model.safetensors")["head.weight"].float()
    mean = (weights[2] + weights[4] + weights[6]) / 3
    assert not torch.allclose(mean, weights[6], rtol=2e-3, atol=1e-4)
    torch.testing.assert_close(delivered, mean, rtol=2e-3, atol=1e-4)
    with pytest.raises(InputError, match="'mean_of_steps' .* not on the way"):
        optimised(configuration, mean_of_steps=(6,))


def test_delivered_says_cloud_less_often_by_the_bias(data, tmp_path):
    configuration = read_configuration(write_configuration(tmp_path, 2))
    configuration = dataclasses.replace(
        optimised(configuration, cloud_bias=-1.5), for_pictures="another"
    )
    trainer = trainer_for(configuration, data, tmp_path / "run")
    for _ in trainer.run():
        pass
    delivered, average = trainer.delivered().eval(), trainer.average.eval()
    batch = trainer.sampler.sample(0, 2)
    with torch.no_grad():
        stages = [network(batch.image, batch.available_bands) for network in (delivered, average)]
    torch.testing.assert_close(stages[0].coarse_logits, stages[1].coarse_logits - 1.5)
    # What the second stage sees is other, too.
    torch.testing.assert_close(delivered.refiner.head.bias, average.refiner.head.bias - 1.5)
    assert read_model_card(tmp_path / "run" / "model.safetensors")["for_pictures"] == "another"


def test_resume_refuses_other_seeds_networks_and_empty_folders(data, tmp_path):
    configuration = read_configuration(write_configuration(tmp_path, 2))
    folder = tmp_path / "run"
    with pytest.raises(InputError, match="no checkpoint"):
        trainer_for(configuration, data, folder).resume()
    for _ in trainer_for(configuration, data, folder).run():
        pass
    with pytest.raises(InputError, match="made with seed 5"):
        trainer_for(dataclasses.replace(configuration, seed=6), data, folder).resume()
    wider = dataclasses.replace(configuration.model, widths=(8, 16))
    with pytest.raises(InputError, match="of another network"):
        trainer_for(dataclasses.replace(configuration, model=wider), data, folder).resume()


def test_resume_refuses_other_images(data, tmp_path):
    configuration = read_configuration(write_configuration(tmp_path, 2))
    folder = tmp_path / "run"
    list(trainer_for(configuration, data, folder).run())
    moved = data.rename(tmp_path / "moved")
    trainer_for(configuration, moved, folder).resume()
    index = moved / "index.csv"
    index.write_text("".join(index.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(InputError, match="was made with other images: give the data folder as"):
        trainer_for(configuration, moved, folder).resume()


def test_another_recipe_of_a_resumed_run_is_told(data, tmp_path, caplog):
    configuration = read_configuration(write_configuration(tmp_path, 2))
    folder = tmp_path / "run"
    list(trainer_for(configuration, data, folder).run())
    # To go on for longer is what resuming is for.
    trainer_for(optimised(configuration, steps=4), data, folder).resume()
    assert not caplog.messages
    other = dataclasses.replace(configuration.data, crop_px=48)
    other = dataclasses.replace(optimised(configuration, learning_rate=0.5, steps=4), data=other)
    trainer_for(other, data, folder).resume()
    (told,) = caplog.messages
    assert told == (
        "The run goes on with another recipe than until step 2: data.crop_px 48 (was 32), "
        "optimisation.learning_rate 0.5 (was 0.01)."
    )


def test_a_checkpoint_of_an_older_version_goes_on(data, tmp_path, caplog):
    configuration = read_configuration(write_configuration(tmp_path, 2))
    folder = tmp_path / "run"
    list(trainer_for(configuration, data, folder).run())
    checkpoint = folder / "checkpoint.safetensors"
    save_file(load_file(checkpoint), checkpoint, {"seed": "5", "step": "2", "started_from": ""})
    trainer_for(configuration, data, folder).resume()
    assert "does not tell its images and recipe" in caplog.text


def test_damaged_checkpoint_and_diverged_training_are_explained(data, tmp_path):
    configuration = read_configuration(write_configuration(tmp_path, 2))
    folder = tmp_path / "run"
    trainer = trainer_for(configuration, data, folder)
    for _ in trainer.run():
        pass
    checkpoint = folder / "checkpoint.safetensors"
    tensors, metadata = load_file(checkpoint), {"seed": "5", "step": "2", "started_from": ""}
    weights = {k: v for k, v in tensors.items() if k.startswith(("model.", "average."))}
    save_file(weights, checkpoint, metadata)
    with pytest.raises(InputError, match="of an older CloudMamba"):
        trainer_for(configuration, data, folder).resume()
    checkpoint.write_bytes((folder / "model.safetensors").read_bytes())
    with pytest.raises(InputError, match="is not a checkpoint"):
        trainer_for(configuration, data, folder).resume()
    (folder / "checkpoint.safetensors").write_bytes(b"no checkpoint")
    with pytest.raises(InputError, match="is damaged"):
        trainer_for(configuration, data, folder).resume()
    trainer = trainer_for(configuration, data, tmp_path / "diverged")
    with torch.no_grad():
        trainer.model.head.bias.fill_(torch.nan)
    with pytest.raises(CloudMambaError, match="diverged at step 1"):
        next(trainer.run())


@pytest.mark.parametrize("name", shipped_configurations())
def test_shipped_configurations_can_be_read(name):
    # These go on from a model and have no network of their own.
    start_from = ModelConfiguration() if name in ("base-update", "fine-tune", "pictures") else None
    configuration = read_configuration(name, seed=9, start_from=start_from)
    assert configuration.seed == 9
    assert configuration.model.bands == ("blue", "green", "red", "nir")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps = ", "not valid TOML"),
        ("name = 'x'", "lacks the setting 'version'"),
        (TINY.format(steps=1) + "speed = 3", r"Unknown setting in \[optimisation\]: speed"),
        (TINY.format(steps=1).replace("[8, 8]", "[8, 8, 8]"), "one level weight"),
        (
            TINY.format(steps=1).replace("[model]\nwidths = [8, 8]\nstate_size = 1\n", ""),
            "has no \\[model\\] section",
        ),
        (TINY.format(steps=1).replace("seed = 5", "seed = -5"), "'seed' must be a whole number"),
        (TINY.format(steps=1).replace('"float32"', '"half"'), "'precision' must be.*not 'half'"),
        (
            TINY.format(steps=1).replace("optimisation]", "optimization]"),
            "toml': optimization; use",
        ),
        ("for_picture = 'x'\n" + TINY.format(steps=1), "Unknown setting in '.*': for_picture; use"),
        ("for_pictures = 3\n" + TINY.format(steps=1), "'for_pictures' must be a text.*not 3"),
        ("data = 3\n" + TINY.format(steps=1).replace("[data]\n", "[model.x]\n"), "be a section"),
        (TINY.format(steps='"300"'), r"In \[optimisation\] 'steps' must be.*not '300'"),
        (TINY.format(steps=0), "'steps' must be a whole number in 1 to"),
        (TINY.format(steps=1) + "mean_of_steps = [1]", "'mean_of_steps'.*not on the way.* 1: give"),
        (TINY.format(steps=1) + "start_share = nan", "'start_share' must be a number in 0 to 1"),
        (TINY.format(steps=1).replace("= 32", "= 32\nmanual = -1.0"), r"In \[data\] 'manual' must"),
        (TINY.format(steps=1).replace("= 32", "= 32\npicture = 1.5"), "'picture'.*in 0 to 1, not"),
        (TINY.format(steps=1).replace("= 32", '= "32"'), "'crop_px' must be a whole number"),
        (TINY.format(steps=1).replace("= 32", "= 32\nother_crops_px = 64"), "must be a list"),
        (TINY.format(steps=1).replace("= 32", "= 32\nsmallest_zoom = 9"), "above 'largest_zoom'"),
        (
            TINY.format(steps=1)
            .replace("crop_px = 32", "crop_px = 32\ntwo_views = 0.5")
            .replace("batch_size = 4", "batch_size = 3"),
            "even number of samples: 'batch_size' in \\[optimisation\\] is 3",
        ),
        (TINY.format(steps=1) + "epochs = 2", "'steps' or 'epochs'.*give only one"),
        (
            TINY.format(steps=1).replace("\nsteps = 1\n", "\nepochs = 0\n"),
            "'epochs' must be.*in 1 to",
        ),
        (
            TINY.format(steps=1)
            .replace("\nsteps = 1\n", "\nepochs = 2\n")
            .replace("crop_px = 32", "crop_px = 32\nmanual = 1"),
            "remove manual from \\[data\\]",
        ),
    ],
)
def test_bad_configurations_are_explained(tmp_path, text, message):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_configuration(path)


def test_a_run_that_draws_from_no_source_is_refused(tmp_path):
    nothing = "".join(f"{source} = 0\n" for source in SOURCES)
    with pytest.raises(InputError, match="All sources"):
        read_configuration(write_configuration(tmp_path, 1, nothing))


def test_every_default_can_be_given(tmp_path):
    shown = [
        f"{name} = {str(value).lower() if isinstance(value, bool) else json.dumps(value)}"
        for name, value in dataclasses.asdict(DataConfiguration()).items()
        if name != "crop_px"
    ]
    path = write_configuration(tmp_path, 1, "\n".join(shown) + "\n")
    assert read_configuration(path).data == DataConfiguration(crop_px=32)


def test_missing_configuration_names_the_shipped_ones():
    with pytest.raises(InputError, match="base"):
        read_configuration("no-such-configuration")


def test_processes_exchange_the_mean_of_their_samples():
    workers = Workers(2, 3)

    def gradient_of(rank):
        parameter = torch.nn.Parameter(torch.zeros(3))
        parameter.grad = torch.tensor([1.0, 2.0, 3.0]) * (1 + 2 * rank)
        # Of three samples and of one.
        workers.exchange(rank, [parameter], 3 - 2 * rank)
        # The mean of equal gradients is that gradient.
        workers.exchange(rank, [parameter], 1)
        return parameter.grad

    workers.start(gradient_of)
    assert gradient_of(0).tolist() == [1.5, 3.0, 4.5]


def test_a_process_that_fails_ends_the_others():
    workers = Workers(2, 1)

    def fail(rank):
        raise SystemExit

    workers.start(fail)
    parameter = torch.nn.Parameter(torch.zeros(1))
    with pytest.raises(CloudMambaError, match="Another process"):
        workers.exchange(0, [parameter], 1)


def test_two_processes_train_one_model(data, tmp_path):
    configuration = write_configuration(tmp_path, 25, EASY)
    run = tmp_path / "run"
    command = ["train", str(configuration), "--data", str(data), "--device", "cpu"]
    assert main([*command, "--output", str(run), "--processes", "2"]) == 0
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log] == list(range(1, 26))
    assert sum(e["loss"] for e in log[-5:]) < 0.9 * sum(e["loss"] for e in log[:5])


def test_more_processes_than_samples_are_refused(data, tmp_path, capsys):
    configuration = write_configuration(tmp_path, 5)
    command = ["train", str(configuration), "--data", str(data), "--output", str(tmp_path / "run")]
    assert main([*command, "--device", "cpu", "--processes", "99"]) == 3
    assert "from 1 to 4" in capsys.readouterr().err
    # Four samples are two scenes of which there are two views each.
    views = write_configuration(tmp_path, 6, "two_views = 0.5\n")
    assert (
        main([*command[:1], str(views), *command[2:], "--device", "cpu", "--processes", "3"]) == 3
    )
    assert "from 1 to 2" in capsys.readouterr().err
