"""What can be said of a graphics card only on one: is it right there, and how fast. Ten minutes.

``make gpu-report``, or with the engine's Python ``python benchmarks/gpu_report.py``. It writes
``gpu_report/gpu_report.md`` and ``.json``. Every part runs in a process of its own with a limit,
so that a part that fails or hangs is told and costs no other. ``--device cpu --tile 64 --scene 128``
tries the program itself out where there is no card.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring.scenes import make_scene
from scan_alone import scan_runs

from cloudmamba.compute_options import ComputeOptions
from cloudmamba.cost.timing import scan_inputs, times
from cloudmamba.detection.in_memory import predict_array
from cloudmamba.errors import CloudMambaError
from cloudmamba.inference import CudaModel
from cloudmamba.inference.devices import available_devices, instruction_sets, resolve_device
from cloudmamba.inference.prepared_model import PreparedModel
from cloudmamba.model_files import load_model
from cloudmamba.ops.selective_scan import backend_for, selective_scan_2d
from cloudmamba.training.synthesis.clouds import add_clouds
from cloudmamba.training.synthesis.ground import make_ground
from cloudmamba.worker.inventory import hello

LIMIT_S = 570
BATCH = 4
# More than a card waits for before it records its graphs.
RUNS = 8
# Channels, states and rank of the first level of the default model; its scans are the longest.
CHANNELS, STATES, RANK = 32, 4, 2
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}

Row = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """What is measured, and on how large images."""

    device: str
    tile_px: int
    scene_px: int


def facts(options: Options) -> list[Row]:
    """Card, driver and versions."""
    device = resolve_device(options.device)
    rows = [
        {"what": "device", "value": device.name},
        {"what": "scan backend", "value": backend_for(device.torch_device)},
        {"what": "processor", "value": f"{available_devices()[0].name}; {instruction_sets()}"},
        {"what": "CUDA of PyTorch", "value": str(torch.version.cuda)},
    ]
    rows += [{"what": name, "value": version} for name, version in hello().packages.items()]
    if device.torch_device.type == "cuda":
        properties = torch.cuda.get_device_properties(device.torch_device)
        rows += [
            {"what": "compute capability", "value": f"{properties.major}.{properties.minor}"},
            {"what": "multiprocessors", "value": properties.multi_processor_count},
            {"what": "memory, GB", "value": properties.total_memory / 1e9},
        ]
        query = ["nvidia-smi", "--query-gpu=driver_version,power.limit", "--format=csv,noheader"]
        told = subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip()
        rows.append({"what": "driver, limit of power", "value": told})
    return rows


def scan_against_cpu(options: Options) -> list[Row]:
    """Output and gradients of one scan as long as a tile, against the CPU's."""
    device, side = torch.device(options.device), options.tile_px
    torch.manual_seed(0)
    shapes = [
        (1, side, side, CHANNELS), (1, side, side, 4, RANK + 2 * STATES), (4, CHANNELS, RANK),
        (4, CHANNELS), (4, CHANNELS, STATES), (4, CHANNELS),
    ]  # fmt: skip
    inputs = scan_inputs(shapes)
    weight = torch.randn(shapes[0])

    def run(where: torch.device) -> list[torch.Tensor]:
        own = [tensor.to(where).requires_grad_() for tensor in inputs]
        y = selective_scan_2d(*own)
        return [y.detach(), *torch.autograd.grad((y * weight.to(where)).sum(), own)]

    names = ("output", "x", "parameters", "delta_weight", "delta_bias", "a", "skip")
    expected, found, again = run(torch.device("cpu")), run(device), run(device)
    return [
        {
            "of": name if name == "output" else f"gradient of {name}",
            "relative difference": ((own.cpu() - truth).norm() / truth.norm()).item(),
            "the same bits again": torch.equal(own, repeated),
        }
        for name, truth, own, repeated in zip(names, expected, found, again, strict=True)
    ]


def masks_against_cpu(options: Options) -> list[Row]:
    """A scene of procedural ground and clouds, against the CPU's mask in float32."""
    model, _ = load_model()
    ground = make_ground(np.random.default_rng(37), options.scene_px)
    image, _ = add_clouds(np.random.default_rng(15), ground, 10)
    image = image.astype(np.float32)
    valid = np.ones(image.shape[1:], bool)

    def predict(device: str, precision: str, graphs: bool, batch_size: int):
        compute = ComputeOptions(precision, cuda_graphs=graphs)
        tiles = {"tile_px": options.tile_px, "overlap_px": options.tile_px // 8}
        prepared = PreparedModel.of(model.to(device), compute=compute)
        return predict_array(prepared, image, valid, [True] * 4, batch_size=batch_size, **tiles)

    truth = predict("cpu", "float32", False, 1)
    rows = []
    for precision in PRECISIONS:
        plain = predict(options.device, precision, False, BATCH)
        graphs = predict(options.device, precision, True, BATCH)
        for name, found in (("off", plain), ("on", graphs)):
            rows.append(
                {
                    "precision": precision,
                    "graphs": name,
                    "cloud %": 100 * (found.mask == 1).mean(),
                    "pixels of the mask that differ, %": 100 * (found.mask != truth.mask).mean(),
                    "greatest difference of probability": np.abs(
                        found.probability - truth.probability
                    ).max(),
                    "the bits of graphs off": np.array_equal(found.probability, plain.probability),
                }
            )
    return rows


def batches(options: Options) -> list[Row]:
    """The network on a batch of tiles that all need the second stage."""
    device = torch.device(options.device)
    model, _ = load_model()
    model = model.to(device)
    image = torch.rand(BATCH, len(model.configuration.bands), *[options.tile_px] * 2, device=device)
    rows = []
    for name, dtype in PRECISIONS.items():
        for wants_graphs in (False, True) if device.type == "cuda" else (False,):
            network = CudaModel(model, dtype, graphs=wants_graphs)
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats(device)
            with torch.inference_mode():
                for _ in range(RUNS):
                    network(image)
                seconds = statistics.median(times(lambda net=network: net(image), device))
            peak = torch.cuda.max_memory_allocated(device) / 1e6 if device.type == "cuda" else None
            rows.append(
                {
                    "precision": name,
                    "graphs": "on" if wants_graphs else "off",
                    "recorded": bool(network.graphs and network.graphs.are_recorded),
                    "ms a batch": 1000 * seconds,
                    "Mpx/s": image[:, 0].numel() / seconds / 1e6,
                    "peak MB": peak,
                }
            )
    return rows


def scans(options: Options) -> list[Row]:
    """All scans of a tile alone, for each backend."""
    runs = scan_runs(options.tile_px, None, torch.device(options.device), 5)
    names = list(dict.fromkeys(run.backend for run in runs))
    return [
        {
            "backend": name,
            "ms a tile": 1000 * statistics.median(r.seconds for r in runs if r.backend == name),
        }
        for name in names
    ]


def scenes(options: Options) -> list[Row]:
    """Whole detections, with reading and writing: the second of two in one process each."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        scene = Path(folder) / "scene.tif"
        make_scene(scene, 2 * options.scene_px)
        for device in dict.fromkeys((options.device, "cpu")):
            for graphs in ("off", "on") if device != "cpu" else ("off",):
                command = [sys.executable, "-c", _TWICE, str(scene), folder, device, graphs]
                told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
                first, second = json.loads(told)
                rows.append(
                    {"device": device, "graphs": graphs, "first, s": first, "again, s": second}
                )
    return rows


_TWICE = """
import json, sys
from functools import partial
from pathlib import Path
from cloudmamba.compute_options import ComputeOptions
from cloudmamba.detection import DetectionRequest, detect
from cloudmamba.inference.prepared_model import PreparedModel
scene, folder, device, graphs = sys.argv[1:]
load = partial(PreparedModel.load, compute=ComputeOptions(cuda_graphs=graphs == "on"))
request = DetectionRequest(Path(scene), Path(folder) / "mask.tif", device=device)
print(json.dumps([detect(request, model=load).seconds for _ in range(2)]))
"""

# Title, what measures it, and the most seconds that it may take; what matters most comes first.
PARTS: dict[str, tuple[str, Callable[[Options], list[Row]], int]] = {
    "facts": ("The machine", facts, 120),
    "scan": ("A scan as long as a tile, against the CPU", scan_against_cpu, 180),
    "masks": ("A scene, against the CPU in float32", masks_against_cpu, 240),
    "batches": (f"The network on a batch of {BATCH} tiles", batches, 180),
    "scans": ("The scans of a tile alone", scans, 120),
    "scenes": ("Scenes, with reading and writing", scenes, 240),
}


def run_part(name: str, arguments: Sequence[str], limit_s: float) -> dict[str, Any]:
    """Rows, what was logged and the seconds of a part; or why there are no rows."""
    if limit_s <= 0:
        return {"failure": "no time was left for it"}
    command = [sys.executable, __file__, "--part", name, *arguments]
    started = time.monotonic()
    try:
        finished = subprocess.run(
            command, capture_output=True, text=True, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        return {"failure": f"it took longer than {limit_s:.0f} s"}
    log = finished.stderr.strip().splitlines()
    if finished.returncode:
        return {"failure": log[-1] if log else f"exit status {finished.returncode}", "log": log}
    rows = json.loads(finished.stdout)
    return {"rows": rows, "log": log, "seconds": time.monotonic() - started}


def page(results: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    lines = ["# Graphics card report", "", f"{results['date']}, `{results['command']}`", ""]
    for name, part in results["parts"].items():
        lines += [f"## {PARTS[name][0]}", ""]
        if "failure" in part:
            lines += [f"**Failed**: {part['failure']}", ""]
        else:
            lines += [table(part["rows"]), ""]
        warnings = [line for line in part.get("log", ()) if "CUDA graphs" in line]
        lines += [f"> {line}" for line in dict.fromkeys(warnings)] + ([""] if warnings else [])
    return "\n".join(lines)


def table(rows: Sequence[Row]) -> str:
    """Rows with the same keys as a Markdown table."""
    heads = list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(
        [*lines, *("| " + " | ".join(map(_shown, row.values())) + " |" for row in rows)]
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def main() -> int:
    """Run all parts and write the report; 1 if one failed, 6 if there is no card."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--tile", type=int, default=512, metavar="PX")
    parser.add_argument("--scene", type=int, default=2048, metavar="PX")
    parser.add_argument("--output", type=Path, default=Path("gpu_report"))
    parser.add_argument("--part", choices=list(PARTS), help="only this one, as JSON")
    given = parser.parse_args()
    if given.part:
        options = Options(given.device, given.tile, given.scene)
        print(json.dumps(PARTS[given.part][1](options), default=float))
        return 0
    try:
        resolve_device(given.device)
    except CloudMambaError as error:
        print(f"{error} (--device cpu tries the report itself out.)", file=sys.stderr)
        return error.exit_status
    arguments = ["--device", given.device, "--tile", str(given.tile), "--scene", str(given.scene)]
    ends = time.monotonic() + LIMIT_S
    parts = {}
    for name, (title, _, limit_s) in PARTS.items():
        print(title, file=sys.stderr)
        parts[name] = run_part(name, arguments, min(limit_s, ends - time.monotonic()))
    command = " ".join(["python", "benchmarks/gpu_report.py", *arguments])
    results = {"date": date.today().isoformat(), "command": command, "parts": parts}
    given.output.mkdir(parents=True, exist_ok=True)
    text = page(results)
    (given.output / "gpu_report.md").write_text(text, encoding="utf-8")
    (given.output / "gpu_report.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    print(text)
    return int(any("failure" in part for part in parts.values()))


if __name__ == "__main__":
    sys.exit(main())
