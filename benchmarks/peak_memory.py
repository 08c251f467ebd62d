"""Peak memory of ``cloudmamba detect`` on scenes of growing size.

Each run is a process of its own; what counts is its maximum resident size. The network is a
small one with random weights, so that the time goes where scenes differ: reading, blending
and writing. Run it with the engine's Python: ``python benchmarks/peak_memory.py``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import torch
from measuring.processes import run_measured
from measuring.scenes import make_scene

from cloudmamba.model_files import save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba


def measure(scene: Path, model: Path, folder: Path) -> tuple[float, dict]:
    """Peak memory in MiB and the summary of one run."""
    command = [sys.executable, "-m", "cloudmamba", "detect", str(scene), "--model", str(model)]
    command += ["--device", "cpu", "--json"]
    for kind in ("mask", "uncertainty", "probability"):
        command += [f"--{kind}", str(folder / f"{kind}.tif")]
    finished = run_measured(command)
    return finished.peak_mb, finished.answer


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 2048, 8192], metavar="PX")
    parser.add_argument("--model", type=Path, help="model file (default: a tiny one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = arguments.model
        if model is None:
            model = folder / "tiny.safetensors"
            card = {"name": "tiny", "version": "0", "trained_on": "nothing", "licence": "none"}
            configuration = ModelConfiguration(widths=(2, 2), state_size=1, mixer="none")
            torch.manual_seed(0)
            save_model(CloudMamba(configuration), model, card)
        print(f"{'pixels':>13}  {'peak MiB':>8}  {'seconds':>8}  {'tiles':>6}  {'refined':>7}")
        for size_px in arguments.sizes:
            scene = folder / "scene.tif"
            make_scene(scene, size_px)
            peak_mb, summary = measure(scene, model, folder)
            print(
                f"{size_px:>6} x{size_px:>5}  {peak_mb:>8.0f}  {summary['seconds']:>8.1f}  "
                f"{summary['tiles']:>6}  {summary['tiles_refined']:>7}",
                flush=True,
            )


if __name__ == "__main__":
    main()
