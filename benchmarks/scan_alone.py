"""Time of the scans of one tile, without the network around them, for each backend that works.

The shapes are those that the network asks for. Run it with the engine's Python:
``python benchmarks/scan_alone.py --tile 512``; prints JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict

import torch
from measuring.results import ScanRun

from cloudmamba.cost.stages import count
from cloudmamba.cost.timing import scan_inputs
from cloudmamba.model_files import load_model
from cloudmamba.ops.selective_scan import BACKENDS, mamba_ssm, triton


def backends_on(device: torch.device) -> list[str]:
    """Names of the backends that work on a device, the default one first."""
    if device.type == "cpu":
        return ["compiled", "plain"]
    usable = {"triton": triton.is_usable(device), "mamba_ssm": mamba_ssm.is_available()}
    return [*(name for name, works in usable.items() if works), "plain"]


def scan_runs(tile_px: int, model: str | None, device: torch.device, repeats: int) -> list[ScanRun]:
    """All backends in turn, again and again, after one run that is not counted."""
    network, _ = load_model(model)
    operators = [o for stage in count(network.configuration, tile_px) for o in stage.operators]
    scans = [scan_inputs(o.shapes, device) for o in operators if o.is_scan]
    runs = []
    with torch.no_grad():
        for repeat in range(repeats + 1):
            for backend in backends_on(device):
                started = time.perf_counter()
                for inputs in scans:
                    BACKENDS[backend].module.forward(*inputs)
                if device.type == "cuda":
                    torch.cuda.synchronize(device)
                runs.append(ScanRun(backend, repeat, time.perf_counter() - started))
    return [run for run in runs if run.repeat]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tile", type=int, default=512, metavar="PX")
    parser.add_argument("--model")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    runs = scan_runs(arguments.tile, arguments.model, device, arguments.repeats)
    print(json.dumps({"scans": [asdict(run) for run in runs]}))


if __name__ == "__main__":
    main()
