"""The networks of Table I, trained alike on tiny made-up copies of both data sets, and their table."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from filelock import FileLock
from synthetic_data import write_raster

from cloudmamba.cli import main
from cloudmamba.compared import ComparedConfiguration, ComparedModel
from cloudmamba.errors import InputError
from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.evaluation.report.scatter_plot import scatter_plot
from cloudmamba.model_files import load_model, save_model
from cloudmamba.training.configuration import read_configuration
from cloudmamba.training.experiment import Budget, ImageCounts, RunCost, RunScore, finished_runs
from cloudmamba.training.network_comparison import (
    COMPARISON,
    TITLES,
    accuracy_over_cost,
    as_markdown,
)

RECIPE = """
name = "alike"
version = "1"
trained_on = "made-up images"
licence = "none"
[model]
widths = [4, 8]
state_size = 1
[data]
crop_px = 32
[optimisation]
epochs = 1
batch_size = 2
learning_rate = 0.001
warmup_steps = 0
level_weights = [0.1, 0.1]
precision = "float32"
"""
CARD = {"name": "n", "version": "1", "trained_on": "t", "licence": "l"}


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


def cloudy(index, height, width):
    """10-bit counts (4, H, W) with a bright left half, and where it is."""
    counts = np.random.default_rng(index).integers(80, 300, (4, height, width)).astype(np.uint16)
    cloud = np.zeros((height, width), bool)
    cloud[:, : width // 2] = True
    counts[:, cloud] += 500
    return counts, cloud


@pytest.fixture
def gf1(tmp_path):
    """Three scenes in the layout of GF1_WHU, imported: crops of 32 pixels."""
    source, data = tmp_path / "GF1_WHU", tmp_path / "gf1"
    for index in range(3):
        name = f"GF1_WFV{index + 1}_E10{index}.1_N2{index}.0_2014052{index}_L2A000035614{index}"
        counts, cloud = cloudy(index, 32, 32)
        write_raster(source / name / f"{name}.tiff", counts)
        write_raster(
            source / f"{name}_ReferenceMask.tif", np.where(cloud, 255, 1)[None].astype("u1")
        )
    arguments = ["import", "gf1-whu", str(source), "--output", str(data), "--crop-px", "32"]
    assert main([*arguments, "--validation-share", "0"]) == 0
    return data


@pytest.fixture
def levir(tmp_path):
    """Four scenes in the layout of Levir_CS, imported: crops of 32 pixels."""
    source, data = tmp_path / "Levir_CS", tmp_path / "levir"
    for subset in ("train", "test"):
        for index in range(2):
            name = f"GF1_WFV1_E{index}.0_N1.0_2018010{index}_L1A000{len(subset)}{index}"
            counts, cloud = cloudy(index, 32, 64)
            write_raster(source / subset / "mss" / f"{name}_mss.tiff", counts)
            mask = np.where(cloud, 128, 0)[None].astype("u1")
            write_raster(source / subset / "mask" / f"{name}_roiMap.tif", mask)
    arguments = ["import", "levir-cs", str(source), "--output", str(data), "--crop-px", "32"]
    assert main([*arguments, "--validation-share", "0"]) == 0
    return data


def compare(data, recipe, output, *options):
    arguments = ["compare", str(data), "--output", str(output), "--configuration", str(recipe)]
    return main([*arguments, *options])


@pytest.mark.usefixtures("narrow")
def test_all_nine_networks_end_to_end(gf1, recipe, tmp_path, capsys):
    output = tmp_path / "table1"

    assert compare(gf1, recipe, output, "--seeds", "0", "--steps", "1") == 0

    printed = capsys.readouterr().out
    assert (output / "tables.md").read_text() in printed
    lines = [line for line in printed.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0].strip("| ") for line in lines[2:]] == [
        "U-Net", "DeepLabV3+", "DCNet", "BoundaryNets", "CloudU-Net", "CloudSegNet", "U-Mamba",
        "VM-UNet", "CloudMamba",
    ]  # fmt: skip
    runs = finished_runs(COMPARISON, output)
    assert [run.row for run in runs] == list(TITLES)
    for run in runs:
        assert run.counts.pixels == 32 * 32
        assert 0 <= run.images[0].mean_uncertainty <= 1
        assert run.cost.training_steps == 1
        assert run.cost.giga_operations_per_megapixel > 0
        assert run.cost.seconds_per_megapixel > 0
        model, card = load_model(output / run.row / "seed-0" / "model.safetensors")
        assert card["checksum"] == run.checksum
        assert getattr(model.configuration, "network", "cloudmamba") == run.row
        assert run.cost.parameters == sum(p.numel() for p in model.parameters())
    assert not list(output.rglob("checkpoint*"))
    svg = ElementTree.parse(output / "accuracy_over_cost.svg").getroot()
    assert svg.tag.endswith("svg")


def test_a_comparison_in_seconds_goes_on_and_repeats_nothing(levir, recipe, tmp_path, capsys):
    output = tmp_path / "table1"
    options = ("--networks", "cloudsegnet", "cloudmamba", "--seconds", "0.4")
    assert compare(levir, recipe, output, *options, "--seeds", "0") == 0
    with FileLock(output / ".locks" / "cloudmamba-seed-1.lock"):
        assert compare(levir, recipe, output, *options, "--seeds", "0", "1") == 0
        assert "cloudmamba, seed 1: another process is at it." in capsys.readouterr().out
    runs = finished_runs(COMPARISON, output)
    assert [(run.row, run.seed) for run in runs] == [
        ("cloudsegnet", 0), ("cloudsegnet", 1), ("cloudmamba", 0),
    ]  # fmt: skip
    for run in runs:
        budget = json.loads((output / run.row / f"seed-{run.seed}" / "budget.json").read_text())
        assert budget["steps"] == max(1, round(0.4 / budget["seconds_per_step"]))
        assert run.cost.training_steps == budget["steps"]
    models = {file: file.stat().st_mtime_ns for file in output.rglob("model.safetensors")}

    assert compare(levir, recipe, output, *options, "--seeds", "0", "1") == 0

    assert len(finished_runs(COMPARISON, output)) == 4
    assert {file: file.stat().st_mtime_ns for file in models} == models
    assert "| CloudSegNet |" in capsys.readouterr().out
    changed = (*options[:-1], "0.5")
    assert compare(levir, recipe, output, *changed) == 4
    assert "another configuration or budget" in capsys.readouterr().err


def run_of(row, seed, counts, gop=10.0):
    cost = RunCost(1_234_567, gop, 0.25, 100, 60.0)
    return RunScore(row, seed, "0" * 64, "manual/test", (ImageCounts(0.5, counts),), cost)


def test_the_table_has_scores_with_their_spread_and_costs():
    runs = [
        # Cloud IoU 80 and 60, clear IoU 90 and 80 percent.
        run_of("unet", 0, Confusion(80, 10, 10, 180)),
        run_of("unet", 1, Confusion(60, 20, 20, 160)),
        run_of("cloudmamba", 0, Confusion(90, 0, 10, 100)),
    ]

    lines = as_markdown(runs).splitlines()

    assert lines[2] == (
        "| Method | cloud IoU (the paper's mIoU) | F1 | OA | mIoU of both classes | "
        "parameters (millions) | Gop a megapixel | seconds a megapixel | training steps | "
        "training seconds | seeds |"
    )
    assert lines[4] == (
        "| U-Net | 70.00 ± 14.14 | 81.94 ± 9.82 | 88.74 ± 5.83 | 77.50 ± 10.61 | 1.235 | 10.0 | "
        "0.250 | 100 | 60 | 0, 1 |"
    )
    assert lines[5].startswith("| CloudMamba | 90.00 | 94.74 | 95.00 | 90.45 |")


def test_points_of_the_plot_are_means_and_undefined_scores_have_none():
    runs = [
        run_of("unet", 0, Confusion(80, 10, 10, 180), gop=10),
        run_of("unet", 1, Confusion(60, 20, 20, 160), gop=20),
        run_of("dcnet", 0, Confusion(0, 0, 0, 50)),
    ]

    assert accuracy_over_cost(runs) == {"U-Net": (15, pytest.approx(70))}


def test_a_scatter_plot_places_its_points():
    svg = ElementTree.fromstring(
        scatter_plot("T <1>", {"a & b": (10, 50.0), "c": (100, 60.0), "d": (1000, 50.0)}, "x", "y")
    )
    circles = [
        (float(c.get("cx")), float(c.get("cy"))) for c in svg.iter() if c.tag.endswith("circle")
    ]

    assert circles[0][1] == circles[2][1] > circles[1][1]
    # Evenly apart, as the axis is logarithmic.
    assert circles[1][0] - circles[0][0] == pytest.approx(circles[2][0] - circles[1][0], abs=0.2)
    assert {"T <1>", "a & b", "c", "d"} <= {text.text for text in svg.iter()}
    assert ElementTree.fromstring(scatter_plot("nothing", {}, "x", "y")) is not None


def test_unknown_networks_and_impossible_budgets_are_explained(levir, recipe, tmp_path, capsys):
    output = tmp_path / "out"
    assert compare(levir, recipe, output, "--networks", "lenet") == 3
    assert "no network 'lenet' to compare: use unet, " in capsys.readouterr().err
    assert compare(levir, recipe, output, "--steps", "0") == 3
    assert "greater than zero" in capsys.readouterr().err
    with pytest.raises(InputError, match="give one of them"):
        Budget(steps=3, seconds=4)
    recipe.write_text(RECIPE.replace("widths = [4, 8]\nstate_size = 1", 'network = "unet"'))
    assert compare(levir, recipe, output, "--networks", "unet") == 3
    assert "begins with CloudMamba" in capsys.readouterr().err


def test_u_mamba_follows_the_crop(recipe):
    configuration = read_configuration(recipe)

    model = COMPARISON.rows["umamba"](configuration).model

    assert model == ComparedConfiguration("umamba", "4-stages")
    assert COMPARISON.rows["cloudmamba"](configuration) == configuration


@pytest.mark.parametrize("half", [True, False])
def test_model_files_keep_what_norms_have_seen(tmp_path, half):
    model = ComparedModel(ComparedConfiguration("cloudunet")).eval()
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    # Neither of them is a number in float16.
    norms[0].running_var[:2] = torch.tensor([1e-9, 1e9])
    norms[0].num_batches_tracked += 70_000

    save_model(model, tmp_path / "m.safetensors", CARD, half=half)
    loaded, _ = load_model(tmp_path / "m.safetensors")

    norm = next(m for m in loaded.modules() if isinstance(m, torch.nn.BatchNorm2d))
    assert torch.equal(norm.running_var, norms[0].running_var)
    assert norm.num_batches_tracked == 70_000
    assert loaded.configuration == model.configuration
    x = torch.rand(1, 4, 16, 16)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            expected = parameter.half().float() if half else parameter
            assert torch.equal(loaded.get_parameter(name), expected)
        assert loaded(x).coarse_logits.isfinite().all()


def test_detection_takes_any_network(tmp_path, write_raster):
    model = ComparedModel(ComparedConfiguration("cloudsegnet")).eval()
    save_model(model, tmp_path / "m.safetensors", CARD)
    scene = write_raster(np.random.default_rng(0).uniform(0, 0.5, (4, 40, 50)).astype(np.float32))
    mask = tmp_path / "mask.tif"

    arguments = [
        *("detect", str(scene), "--mask", str(mask), "--model", str(tmp_path / "m.safetensors")),
        *("--bands", "1,2,3,4", "--radiometry", "reflectance"),
    ]

    assert main(arguments) == 0
    assert mask.is_file()
