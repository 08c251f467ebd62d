"""The cost of models as plain values and as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from cloudmamba.compute_options import AUTOMATIC, ComputeOptions
from cloudmamba.cost.machines import PUBLISHED, Machine, measured
from cloudmamba.cost.stages import Stage, count, with_sums
from cloudmamba.cost.timing import stage_seconds, weight_dtype
from cloudmamba.inference.devices import Device
from cloudmamba.masker import CloudMasker

_NOTE = """\
least MB: moved where convolutions, products and scans read and write in float32, and all else is
fused into them; unfused MB: where every operator reads and writes. compute, move: least ms for the
operations, and for the least bytes in the machine's precision; floor: the greater of both for every
operator, summed. Scans are measured alone, without what the network fuses them with."""


def cost_report(
    models: Sequence[str],
    tiles_px: Sequence[int],
    device: Device | None,
    compute: ComputeOptions = AUTOMATIC,
) -> dict:
    """What models cost on tiles, and the peaks of machines, as plain values.

    Args:
        models: names or files.
        device: where to measure; None to measure nothing.
        compute: how, where it is not as suits the device.

    Raises:
        ModelError: there is no such model.
    """
    costs: list[dict[str, Any]] = []
    here: dict[torch.dtype, Machine] = {}
    for model in models:
        masker = CloudMasker.load(
            model,
            device.id if device else "cpu",
            compute.precision,
            compute.scan,
            compute.cuda_graphs,
        )
        network, model_card = masker.prepared.network, masker.model_card
        machine = None
        if device is not None:
            dtype = weight_dtype(network)
            machine = here.get(dtype) or here.setdefault(dtype, measured(device, dtype))
        machines = [*([machine] if machine else []), *PUBLISHED]
        for tile_px in tiles_px:
            stages = count(network.configuration, tile_px)
            seconds = {}
            if machine is not None:
                seconds = stage_seconds(network, tile_px, stages, masker.device.torch_device)
            costs.append(
                {
                    "model": model_card["name"],
                    "version": model_card["version"],
                    "tile_px": tile_px,
                    "measured_on": machine.name if machine else None,
                    "stages": [
                        _stage_values(stage, machines, machine, seconds)
                        for stage in with_sums(stages)
                    ],
                }
            )
    used = [*here.values(), *PUBLISHED]
    return {"machines": [_machine_values(machine) for machine in used], "costs": costs}


def _stage_values(
    stage: Stage, machines: Iterable[Machine], here: Machine | None, seconds: Mapping[str, float]
) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": stage.name,
        "operations": stage.operations,
        "bytes_least": stage.bytes_least,
        "bytes_unfused": stage.bytes_unfused,
        "floors": {
            machine.name: {
                "compute_s": sum(map(machine.compute_s, stage.operators)),
                "transfer_s": sum(map(machine.transfer_s, stage.operators)),
                "floor_s": sum(map(machine.floor_s, stage.operators)),
            }
            for machine in machines
        },
    }
    if here is not None and stage.name in seconds:
        floor_s = values["floors"][here.name]["floor_s"]
        values["measured_s"] = seconds[stage.name]
        values["measured_over_floor"] = seconds[stage.name] / floor_s if floor_s else None
    return values


def _machine_values(machine: Machine) -> dict[str, Any]:
    return vars(machine) | {"dtype": str(machine.dtype).removeprefix("torch.")}


def as_text(report: Mapping[str, Any]) -> str:
    """For a terminal."""
    lines = []
    for machine in report["machines"]:
        tera = machine["matrix_operations_per_s"] / 1e12, machine["vector_operations_per_s"] / 1e12
        lines.append(
            f"{machine['name']}: {tera[0]:.3g} Tera-operations/s in {machine['dtype']}, "
            f"{tera[1]:.3g} in scans, {machine['bytes_per_s'] / 1e9:.0f} GB/s"
        )
        lines.append(f"  {machine['source']}")
    for cost in report["costs"]:
        lines += ["", *_table(cost)]
    return "\n".join([*lines, "", _NOTE])


def _table(cost: Mapping[str, Any]) -> list[str]:
    machines = list(cost["stages"][0]["floors"])
    head = ["Gop", "least MB", "unfused MB"]
    for name in machines:
        head += ["compute", "move", "floor"]
        if name == cost["measured_on"]:
            head += ["measured", "/ floor"]
    rows = [[stage["name"], *_cells(stage, cost["measured_on"])] for stage in cost["stages"]]
    widths = [max(map(len, column)) for column in zip(["", *head], *rows, strict=True)]
    aligned = [
        f"{first:<{widths[0]}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True))
        for first, *cells in [["", *head], *rows]
    ]
    title = (
        f"{cost['model']} {cost['version']}, tile of {cost['tile_px']} x {cost['tile_px']} pixels; "
        f"ms on {', then '.join(machines)}"
    )
    return [title, *aligned]


def _cells(stage: Mapping[str, Any], measured_on: str | None) -> list[str]:
    cells = [f"{stage['operations'] / 1e9:.2f}"]
    cells += [f"{stage[kind] / 1e6:.0f}" for kind in ("bytes_least", "bytes_unfused")]
    for name, floors in stage["floors"].items():
        cells += [_shown(1000 * floors[kind]) for kind in ("compute_s", "transfer_s", "floor_s")]
        if name == measured_on:
            measured_s, ratio = stage.get("measured_s"), stage.get("measured_over_floor")
            cells.append("-" if measured_s is None else _shown(1000 * measured_s))
            cells.append("-" if ratio is None else f"{ratio:.2f}")
    return cells


def _shown(ms: float) -> str:
    """Three digits, however small, and never an exponent."""
    return f"{ms:.0f}" if ms >= 100 else f"{ms:.3g}" if ms >= 0.0001 or not ms else f"{ms:.6f}"
