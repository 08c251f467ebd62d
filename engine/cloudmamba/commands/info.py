"""``cloudmamba info``: versions, devices, the scan backend of each, and the shipped models.

With ``--cost``: what the models cost, and how far from the least possible time this machine is.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from cloudmamba.commands.environment import compute_options
from cloudmamba.startup import prepare_process

if TYPE_CHECKING:
    import torch

HELP = "show versions, devices, scan backends and models"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    cost = parser.add_argument_group("what models cost")
    cost.add_argument(
        "--cost",
        action="store_true",
        help="operations and bytes of each stage, and the least time they take on graphics cards",
    )
    cost.add_argument(
        "--measure",
        action="store_true",
        help="with --cost: measure this machine and the models too; takes some seconds",
    )
    cost.add_argument("--model", help="with --cost: a model (default: all that are shipped)")
    cost.add_argument(
        "--tile",
        type=int,
        nargs="+",
        default=[512],
        metavar="PX",
        help="with --cost: sizes of tiles in pixels (default: 512)",
    )
    cost.add_argument(
        "--device", default="cpu", help="with --measure: cpu (the default), cuda, cuda:N or auto"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what this engine is and has, or what its models cost."""
    return _print_cost(arguments) if arguments.cost else _print_facts(arguments)


def _print_cost(arguments: argparse.Namespace) -> int:
    # As a detection runs, so that the measured times are those of one.
    prepare_process()
    from cloudmamba.cost.report import as_text, cost_report
    from cloudmamba.errors import InputError
    from cloudmamba.inference.devices import resolve_device
    from cloudmamba.model_files import shipped_models

    if min(arguments.tile) < 1:
        raise InputError("A tile must have at least one pixel: give a size of 1 or more.")
    models = [arguments.model] if arguments.model else list(shipped_models())
    device = resolve_device(arguments.device) if arguments.measure else None
    report = cost_report(models, arguments.tile, device, compute_options())
    print(json.dumps(report, indent=2) if arguments.json else as_text(report))
    return 0


def _print_facts(arguments: argparse.Namespace) -> int:
    import dataclasses

    import torch

    from cloudmamba.inference import precision_for
    from cloudmamba.inference.devices import instruction_sets, kind_of
    from cloudmamba.ops.selective_scan import backend_for, mamba_ssm, triton
    from cloudmamba.worker.inventory import get_ready, hello

    engine, ready = hello(), get_ready()
    compute = compute_options()
    devices = [
        dataclasses.asdict(device)
        | {
            "kind": kind_of(torch.device(device.id)),
            "scan_backend": backend_for(torch.device(device.id), compute.scan),
            "precision": _name_of(precision_for(torch.device(device.id), compute.precision)),
        }
        for device in ready.devices
    ]
    facts = {
        "cloudmamba": engine.version,
        "python": engine.python,
        "packages": engine.packages,
        "instruction_sets": instruction_sets(),
        "triton": triton.is_available(),
        "mamba_ssm": mamba_ssm.is_available(),
        "devices": devices,
        "models": [dataclasses.asdict(model) for model in ready.models],
    }
    if arguments.json:
        print(json.dumps(facts, indent=2))
        return 0
    print(f"cloudmamba {facts['cloudmamba']}, Python {facts['python']}")
    for package, version in engine.packages.items():
        print(f"  {package} {version}")
    print(f"  triton: {'installed' if facts['triton'] else 'not installed'}")
    print(f"  mamba-ssm: {'usable' if facts['mamba_ssm'] else 'not installed'}")
    print(f"  processor: {facts['instruction_sets']}")
    for device in devices:
        print(
            f"device {device['id']}: {device['name']}, scan backend {device['scan_backend']}, "
            f"{device['precision']}"
        )
    for model in ready.models:
        print(f"model {model.name} {model.version}, trained on {model.trained_on}")
    return 0


def _name_of(precision: torch.dtype) -> str:
    return str(precision).removeprefix("torch.")
