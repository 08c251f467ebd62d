"""``cloudmamba info``: versions, devices, the scan backend of each, and the shipped models."""

from __future__ import annotations

import argparse
import json

HELP = "show versions, devices, scan backends and models"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(arguments: argparse.Namespace) -> int:
    """Print what this engine is and has."""
    import dataclasses

    import torch

    from cloudmamba.network.scan import backend_for, mamba_ssm, triton_scan
    from cloudmamba.worker.inventory import get_ready, hello

    engine, ready = hello(), get_ready()
    devices = [
        dataclasses.asdict(device) | {"scan_backend": backend_for(torch.device(device.id))}
        for device in ready.devices
    ]
    facts = {
        "cloudmamba": engine.version,
        "python": engine.python,
        "packages": engine.packages,
        "triton": triton_scan.is_available(),
        "mamba_ssm": mamba_ssm.is_available(),
        "devices": devices,
        "models": [dataclasses.asdict(model) for model in ready.models],
    }
    if arguments.json:
        print(json.dumps(facts, indent=2))
        return 0
    print(f"cloudmamba {facts['cloudmamba']}, Python {facts['python']}")
    for package, version in facts["packages"].items():
        print(f"  {package} {version}")
    print(f"  triton: {'installed' if facts['triton'] else 'not installed'}")
    print(f"  mamba-ssm: {'usable' if facts['mamba_ssm'] else 'not installed'}")
    for device in devices:
        print(f"device {device['id']}: {device['name']}, scan backend {device['scan_backend']}")
    for model in facts["models"]:
        print(f"model {model['name']} {model['version']}, trained on {model['trained_on']}")
    return 0
