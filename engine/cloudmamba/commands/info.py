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
    import platform
    from importlib.metadata import PackageNotFoundError, version

    import torch

    from cloudmamba import __version__
    from cloudmamba.network.model import read_card, shipped_models
    from cloudmamba.network.scan import backend_for

    def installed(package: str) -> str | None:
        try:
            return version(package)
        except PackageNotFoundError:
            return None

    devices = [{"id": "cpu", "name": platform.processor() or platform.machine()}]
    for index in range(torch.cuda.device_count()):
        devices.append({"id": f"cuda:{index}", "name": torch.cuda.get_device_name(index)})
    for device in devices:
        device["scan_backend"] = backend_for(torch.device(device["id"]))
    packages = ("torch", "numba", "numpy", "rasterio", "safetensors", "mamba-ssm")
    facts = {
        "cloudmamba": __version__,
        "python": platform.python_version(),
        "packages": {package: installed(package) for package in packages},
        "devices": devices,
        "models": [
            {key: read_card(path).get(key) for key in ("name", "version", "trained_on", "licence")}
            for path in shipped_models().values()
        ],
    }
    if arguments.json:
        print(json.dumps(facts, indent=2))
        return 0
    print(f"cloudmamba {facts['cloudmamba']}, Python {facts['python']}")
    for package, found in facts["packages"].items():
        print(f"  {package}: {found or 'not installed'}")
    for device in devices:
        print(f"device {device['id']}: {device['name']}, scan backend {device['scan_backend']}")
    for model in facts["models"]:
        print(f"model {model['name']} {model['version']}, trained on {model['trained_on']}")
    return 0
