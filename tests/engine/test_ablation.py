"""The paper's ablations end to end, and the numbers in their tables."""

import json
import math
import shutil
from pathlib import Path

import pytest
import torch
from synthetic_data import make_data_folder

from cloudmamba.cli import main
from cloudmamba.errors import InputError, OutputError
from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.masker import CloudMasker
from cloudmamba.model_files import load_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.training.ablation import ABLATION, ROWS, TABLES, as_markdown, hardest_images
from cloudmamba.training.configuration import read_configuration
from cloudmamba.training.experiment import (
    Experiment,
    ImageCounts,
    RunCost,
    RunScore,
    as_json,
    finished_runs,
    images_to_score,
)
from cloudmamba.training.validation import Validation

TINY = """
name = "tiny"
version = "3"
trained_on = "made-up images"
licence = "none"
[model]
widths = [4, 8]
state_size = 1
refined_threshold = 0.45
[data]
crop_px = 32
[optimisation]
epochs = 2
batch_size = 1
learning_rate = 0.01
warmup_steps = 0
level_weights = [0.1, 0.1]
precision = "float32"
checkpoint_every = 1
"""


COST = RunCost(1000, 1.0, 0.1, 4, 2.0)


@pytest.fixture
def data(tmp_path):
    return make_data_folder(tmp_path / "data")


@pytest.fixture
def configuration(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


def arguments(data, configuration, output, *rows):
    return [
        *("ablation", str(data), "--output", str(output), "--configuration", str(configuration)),
        *("--seeds", "4", "5", "--rows", *rows),
    ]


def run_scores(counts_by_run):
    return [
        RunScore(row, seed, "0" * 64, "manual/test", (ImageCounts(0.1, counts),), COST)
        for (row, seed), counts in counts_by_run.items()
    ]


def test_rows_are_the_papers_networks():
    base = ModelConfiguration(widths=(4, 8), state_size=1)
    networks = {name: row.applied_to(base) for name, row in ROWS.items()}
    assert len(set(networks.values())) == len(ROWS)
    for network in networks.values():
        assert (network.widths, network.state_size) == ((4, 8), 1)
    parts = {
        name: {key.split(".")[0] for key in CloudMamba(network).state_dict()}
        for name, network in networks.items()
    }
    assert {name for name in ROWS if "refiner" not in parts[name]} == {
        "no-mamba", "mamba", "ds-mamba-separate", "ds-mamba",
    }  # fmt: skip
    assert networks["cloudmamba"] == base
    # Each table's lines differ in nothing but what the table is about.
    dilations = [networks[name].dilations for name in TABLES[1].lines]
    assert dilations == [(1, 1, 1), (2, 2, 2), (1, 2, 4), (2, 4, 8)]
    assert all(networks[name].refinement for name in TABLES[1].lines)
    assert [networks[name].refinement for name in TABLES[2].lines] == [False, True]


def test_the_page_on_the_paper_names_every_row():
    page = Path(__file__).resolve().parents[2] / "docs" / "science" / "reproduce-the-paper.md"
    text = page.read_text(encoding="utf-8")
    assert [row for row in ROWS if f"`{row}`" not in text] == []


def test_two_rows_end_to_end(data, configuration, tmp_path, capsys):
    output = tmp_path / "ablation"
    assert main(arguments(data, configuration, output, "no-mamba", "cloudmamba")) == 0
    printed = capsys.readouterr().out
    assert (output / "tables.md").read_text() in printed
    runs = finished_runs(ABLATION, output)
    assert [(run.row, run.seed) for run in runs] == [
        ("no-mamba", 4), ("no-mamba", 5), ("cloudmamba", 4), ("cloudmamba", 5),
    ]  # fmt: skip
    validation = Validation(data, torch.device("cpu"))
    for run in runs:
        model, card = load_model(output / run.row / f"seed-{run.seed}" / "model.safetensors")
        assert model.configuration.mixer == ROWS[run.row].mixer
        assert model.configuration.refined_threshold == 0.45
        assert (card["name"], card["seed"]) == (f"tiny-{run.row}", str(run.seed))
        assert (card["steps"], card["checksum"]) == ("4", run.checksum)
        assert run.counts.pixels == 2 * 64 * 64
        scores = validation.scores(CloudMasker.of(model))
        assert 100 * run.counts.cloud_iou == pytest.approx(
            scores["manual/validation Sentinel-2 MSI"]
        )
    assert runs[2].checksum != runs[3].checksum
    results = json.loads((output / "results.json").read_text())
    means = [100 * run.counts.overall_accuracy for run in runs[2:]]
    assert results["rows"]["cloudmamba"]["overall_accuracy"]["mean"] == pytest.approx(
        sum(means) / 2
    )


def test_interrupted_ablation_goes_on_and_repeats_nothing(data, configuration, tmp_path):
    whole, output = tmp_path / "whole", tmp_path / "broken"
    assert main(arguments(data, configuration, whole, "no-mamba", "mamba")) == 0

    def interrupted(row, trainer):
        for progress in trainer.run():
            if row == "mamba" and progress.step == 3:
                raise KeyboardInterrupt

    device = torch.device("cpu")
    ablation = Experiment(ABLATION, read_configuration(configuration), data, output, device)
    with pytest.raises(KeyboardInterrupt):
        ablation.run_seed(4, ["no-mamba", "mamba"], interrupted)
    assert [run.row for run in finished_runs(ABLATION, output)] == ["no-mamba"]
    assert "| ✗ | ✗ | ✗ | ✗ |" in (output / "tables.md").read_text()
    finished = output / "no-mamba" / "seed-4"
    files = {file: file.stat().st_mtime_ns for file in finished.iterdir()}
    # What only resuming needs is gone.
    assert {file.name for file in files} == {"log.jsonl", "model.safetensors", "scores.json"}
    assert main(arguments(data, configuration, output, "no-mamba", "mamba")) == 0
    # Neither trained nor scored again.
    assert {file: file.stat().st_mtime_ns for file in finished.iterdir()} == files
    log = (output / "mamba" / "seed-4" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in log] == [1, 2, 3, 4]
    assert [run.counts for run in finished_runs(ABLATION, output)] == [
        run.counts for run in finished_runs(ABLATION, whole)
    ]


def test_tables_have_mean_and_deviation_over_seeds():
    runs = run_scores(
        {
            # Cloud IoU 80 and 60, clear IoU 90 and 80 percent.
            ("ds-mamba", 0): Confusion(80, 10, 10, 180),
            ("ds-mamba", 1): Confusion(60, 20, 20, 160),
            ("cloudmamba", 0): Confusion(90, 0, 10, 100),
        }
    )
    lines = as_markdown(runs).splitlines()
    title = next(i for i, line in enumerate(lines) if line.startswith("## Table II:"))
    assert lines[title + 2] == (
        "| Mamba | DS-Mamba (Sep) | DS-Mamba | UGRN | cloud IoU (the paper's mIoU) | F1 | OA | "
        "mIoU of both classes | seeds |"
    )
    # F1 = 2 IoU / (1 + IoU): 88.89 and 75.00. OA: 260 of 280 and 220 of 260 pixels.
    assert lines[title + 4] == (
        "| ✗ | ✗ | ✓ | ✗ | 70.00 ± 14.14 | 81.94 ± 9.82 | 88.74 ± 5.83 | 77.50 ± 10.61 | 0, 1 |"
    )
    assert lines[title + 5] == "| ✗ | ✗ | ✓ | ✓ | 90.00 | 94.74 | 95.00 | 90.45 | 0 |"
    assert any(line.startswith("| 1 | 2 | 4 | 90.00 |") for line in lines)
    assert any(line.startswith("| Single-stage (without UGRN) | 70.00 ±") for line in lines)
    assert not any(line.startswith("| 1 | 1 | 1 |") for line in lines)


def run_of_images(row, *images):
    return RunScore(row, 0, "0" * 64, "manual/test", tuple(images), COST)


def test_the_hardest_images_are_those_of_the_greatest_uncertainty():
    images = [ImageCounts(index / 20, Confusion(1, 0, 0, 1)) for index in range(20)]
    images[19] = ImageCounts(0.95, Confusion())
    run = run_of_images("cloudmamba", *images)
    # Two of the nineteen that have a label; the least sure of all has none.
    assert hardest_images(run) == [18, 17]


def test_table_v_has_both_networks_on_the_images_that_are_hard_for_the_second():
    easy, good, bad = Confusion(90, 5, 5, 0), Confusion(8, 1, 1, 0), Confusion(6, 2, 2, 0)
    runs = [
        run_of_images("ds-mamba", ImageCounts(0.9, easy), *[ImageCounts(0.1, bad)] * 9),
        run_of_images("cloudmamba", ImageCounts(0.1, easy), *[ImageCounts(0.2, good)] * 9),
    ]
    lines = as_markdown(runs).splitlines()
    title = next(i for i, line in enumerate(lines) if line.startswith("## Table V:"))
    # Cloud IoU of the one hard image: 6 of 10, and 8 of 10 pixels.
    assert lines[title + 4].startswith("| Single-stage CloudMamba | 60.00 |")
    assert lines[title + 5].startswith("| Two-stage CloudMamba | 80.00 |")
    assert "## Table V" not in as_markdown(runs[:1])


def test_scores_that_are_not_defined_are_no_number_and_null():
    runs = run_scores({("cloudmamba", 0): Confusion(0, 0, 0, 50)})
    assert "| – | – | 100.00 | – | 0 |" in as_markdown(runs)
    cloud_iou = json.loads(as_json(runs))["rows"]["cloudmamba"]["cloud_iou"]
    assert cloud_iou == {"mean": None, "standard_deviation": None}
    assert math.isnan(runs[0].counts.cloud_iou)


def test_the_test_images_are_preferred_to_those_of_validation(data):
    assert images_to_score(data)[0] == "manual/validation"
    shutil.copytree(data / "manual" / "validation", data / "manual" / "test")
    index = (data / "index.csv").read_text()
    copies = [line for line in index.splitlines() if line.startswith("manual/validation")]
    text = "\n".join(line.replace("manual/validation", "manual/test") for line in copies)
    (data / "index.csv").write_text(index + text + "\n")
    subset, records = images_to_score(data)
    assert subset == "manual/test"
    assert sorted(record.name for record in records) == ["v0", "v1"]


def test_other_ablations_and_other_folders_are_left_alone(data, configuration, tmp_path):
    output, device = tmp_path / "ablation", torch.device("cpu")
    recipe = read_configuration(configuration)
    Experiment(ABLATION, recipe, data, output, device)
    Experiment(ABLATION, read_configuration(configuration, seed=3), data, output, device)
    configuration.write_text(TINY.replace("0.01", "0.02"))
    with pytest.raises(OutputError, match="another configuration or budget, or of other data"):
        Experiment(ABLATION, read_configuration(configuration), data, output, device)
    with pytest.raises(OutputError, match="not empty and holds no ablation"):
        Experiment(ABLATION, recipe, data, data, device)
    with pytest.raises(OutputError, match="cannot be made"):
        Experiment(ABLATION, recipe, data, configuration / "below a file", device)
    with (data / "index.csv").open("a") as file:
        file.write("\n")
    with pytest.raises(OutputError, match="another configuration or budget, or of other data"):
        Experiment(ABLATION, recipe, data, output, device)


def test_unknown_rows_and_nothing_to_score_on_are_explained(data, configuration, tmp_path, capsys):
    assert main(arguments(data, configuration, tmp_path / "out", "transformer")) == 3
    assert "no row 'transformer'" in capsys.readouterr().err
    index = (data / "index.csv").read_text().splitlines()
    kept = [line for line in index if not line.startswith("manual/validation")]
    (data / "index.csv").write_text("\n".join(kept) + "\n")
    with pytest.raises(InputError, match="manual/test or manual/validation"):
        images_to_score(data)
    assert not (tmp_path / "out").exists()
