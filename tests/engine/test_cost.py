"""Operations and bytes of networks, against sums done by hand."""

import json

import pytest
import torch

from cloudmamba.cli import main
from cloudmamba.cost.machines import H200, PUBLISHED, Machine
from cloudmamba.cost.operators import scan_operations
from cloudmamba.cost.report import as_text, cost_report
from cloudmamba.cost.stages import OTHER, SCANS, TOTAL, count, stage_name, with_sums
from cloudmamba.cost.timing import stage_seconds
from cloudmamba.inference.devices import resolve_device
from cloudmamba.model_files import save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba

TILE_PX = 8
TINY = ModelConfiguration(bands=("blue", "green", "red"), widths=(2,), mixer="none")
# One level of width 2, state size 3. Its Mamba block has 4 channels inside and out; its rank of
# delta is ceil(4 / 16) = 1.
TINY_MAMBA = ModelConfiguration(bands=("blue", "green", "red"), widths=(2,), state_size=3)
PIXELS = TILE_PX * TILE_PX


def counted(configuration: ModelConfiguration) -> dict:
    return {stage.name: stage for stage in with_sums(count(configuration, TILE_PX))}


def convolution(size: int, channels_in: int, channels_out: int, pixels: int) -> int:
    """A product and a sum for each weight at each pixel of the output."""
    return 2 * size * size * channels_in * channels_out * pixels


def test_stages_of_a_tiny_network():
    stages = counted(TINY)
    stem = convolution(3, 3, 2, PIXELS)
    # Two residual blocks of one convolution each, then the one of stride 2: a quarter of the
    # pixels.
    level = 2 * convolution(3, 2, 2, PIXELS) + convolution(3, 2, 2, PIXELS // 4)
    # The transposed convolution 2 x 2 has one weight for each of its output pixels; its output of
    # 2 channels is joined with 2 of the skip, which the first block's shortcut (1 x 1) carries
    # across; the head makes one channel of two.
    decoder = (
        convolution(1, 2, 2, PIXELS)
        + convolution(3, 4, 2, PIXELS)
        + convolution(1, 4, 2, PIXELS)
        + convolution(3, 2, 2, PIXELS)
        + convolution(1, 2, 1, PIXELS)
    )
    # The same again, behind the 1 x 1 convolution on the grid of half the size.
    refiner = decoder + convolution(1, 2, 2, PIXELS // 4)
    assert stages["stem"].operations == stem
    assert stages["level 1 convolutions"].operations == level
    assert stages["decoder"].operations == decoder
    assert stages["refiner"].operations == refiner
    assert stages[TOTAL].operations == stem + level + decoder + refiner
    assert stages[SCANS].operators == ()


def test_bytes_of_a_tiny_network():
    stages = counted(TINY)
    image, map_2 = 4 * 3 * PIXELS, 4 * 2 * PIXELS
    # Input, weights, bias, output, four bytes each.
    stem = image + 4 * (3 * 3 * 3 * 2 + 2) + map_2
    weights_2 = 4 * (3 * 3 * 2 * 2 + 2)
    level = 2 * (map_2 + weights_2 + map_2) + (map_2 + weights_2 + map_2 // 4)
    assert stages["stem"].bytes_least == stages["stem"].bytes_unfused == stem
    assert stages["level 1 convolutions"].bytes_least == level
    # Of norm, activation and sum the sum alone reads two maps and writes one, in both blocks.
    assert stages["level 1 convolutions"].bytes_unfused >= level + 2 * 3 * map_2


def test_scan_of_a_tiny_network():
    stages = counted(TINY_MAMBA)
    rank, states, channels, directions = 1, 3, 4, 4
    delta = 2 * rank + 1 + 3 + 1  # projection, bias, softplus, delta u
    state = 3 + 2 + 2  # delta a, exp, times h; delta u B, plus; C h, plus
    skip = 2  # times u, plus
    operations = PIXELS * channels * directions * (delta + states * state + skip)
    assert scan_operations((1, TILE_PX, TILE_PX, channels), rank, states) == operations
    assert stages[SCANS].operations == operations
    (scan,) = stages[SCANS].operators
    parameters = directions * (rank + 2 * states)
    weights = directions * channels * (rank + 1 + states + 1)
    assert scan.bytes_moved == 4 * (PIXELS * (channels + parameters + channels) + weights)
    assert scan in stages["level 1 DS-Mamba"].operators


def test_ds_mamba_of_a_tiny_network():
    stages = counted(TINY_MAMBA)
    c, inner = 2, 4
    mixer = (
        3 * convolution(3, c, c, PIXELS)  # dilated 1, 2, 4
        + convolution(1, 3 * c, c, PIXELS)
        + 2 * convolution(1, 2 * c, inner, PIXELS)  # main and gate
        + convolution(3, 1, inner, PIXELS)  # depthwise
        + convolution(1, inner, 4 * (1 + 2 * 3), PIXELS)  # delta, B and C of four directions
        + convolution(1, inner, 2 * c, PIXELS)
        + convolution(1, 2 * c, c, PIXELS)
    )
    assert stages["level 1 DS-Mamba"].operations == mixer + stages[SCANS].operations


def test_cost_grows_with_the_pixels():
    small, large = (
        with_sums(count(TINY_MAMBA, tile_px))[-2].operations for tile_px in (TILE_PX, 4 * TILE_PX)
    )
    assert large == 16 * small


@pytest.mark.parametrize(
    ("module", "stage"),
    [
        ("encoder.stem", "stem"),
        ("encoder.blocks.2.mixer.mamba.ss2d", "level 3 DS-Mamba"),
        ("encoder.blocks.0.residual_1.norm", "level 1 convolutions"),
        ("encoder.downsampling.4", "level 5 convolutions"),
        ("head", "decoder"),
        ("refiner.decoder.levels.0", "refiner"),
        ("level_heads.0", OTHER),
        ("encoder", OTHER),
    ],
)
def test_stage_of_a_module(module, stage):
    assert stage_name(module) == stage


def test_least_times():
    machine = Machine("slow", torch.bfloat16, 100.0, 10.0, 1000.0, "made up")
    stages = counted(TINY_MAMBA)
    (scan,) = stages[SCANS].operators
    (stem,) = stages["stem"].operators
    assert machine.compute_s(stem) == pytest.approx(stem.operations / 100)
    assert machine.compute_s(scan) == pytest.approx(scan.operations / 10)
    # bfloat16 halves the bytes of a convolution, but not those of a scan.
    assert machine.transfer_s(stem) == pytest.approx(stem.bytes_moved / 2000)
    assert machine.transfer_s(scan) == pytest.approx(scan.bytes_moved / 1000)
    assert machine.floor_s(stem) == max(machine.compute_s(stem), machine.transfer_s(stem))
    fusable = [o for o in stages["level 1 convolutions"].operators if not o.operations]
    assert fusable
    assert all(machine.floor_s(operator) == 0 for operator in fusable)


def test_measured_stages_add_up():
    network = CloudMamba(TINY_MAMBA).eval()
    stages = count(TINY_MAMBA, 64)
    seconds = stage_seconds(network, 64, stages, torch.device("cpu"), repeats=3)
    assert {*seconds} == {stage.name for stage in with_sums(stages)}
    assert all(value > 0 for value in seconds.values())
    assert not any(module._forward_hooks for module in network.modules())


def test_report_of_a_model(tmp_path):
    path = tmp_path / "tiny.safetensors"
    card = {"name": "tiny", "version": "1", "trained_on": "nothing", "licence": "none"}
    save_model(CloudMamba(TINY_MAMBA), path, card)
    report = cost_report([str(path)], [TILE_PX, 16], resolve_device("cpu"))
    here, *published = report["machines"]
    assert [machine["name"] for machine in published] == [machine.name for machine in PUBLISHED]
    assert here["bytes_per_s"] > 1e8
    assert here["matrix_operations_per_s"] > 1e8
    assert [cost["tile_px"] for cost in report["costs"]] == [TILE_PX, 16]
    stages = {stage["name"]: stage for stage in report["costs"][0]["stages"]}
    total = stages[TOTAL]
    floors = total["floors"][here["name"]]
    assert total["measured_over_floor"] == pytest.approx(total["measured_s"] / floors["floor_s"])
    assert floors["floor_s"] >= max(floors["compute_s"], floors["transfer_s"])
    assert total["operations"] == counted(TINY_MAMBA)[TOTAL].operations
    assert json.loads(json.dumps(report)) == report
    assert "level 1 DS-Mamba" in as_text(report)


def test_command(capsys):
    assert main(["info", "--cost", "--tile", "64", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["costs"][0]["model"] == "cloudmamba-base"
    assert H200.name in report["costs"][0]["stages"][0]["floors"]
    assert "measured_s" not in report["costs"][0]["stages"][0]
    assert main(["info", "--cost", "--tile", "0"]) == 3
    assert capsys.readouterr().err.startswith("cloudmamba: A tile must have")
