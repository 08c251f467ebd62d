"""Peak memory of ``cloudmamba detect`` on scenes of growing size.

Each run is a process of its own; what counts is its maximum resident size. The network is a
small one with random weights, so that the time goes where scenes differ: reading, blending
and writing. Run it with the engine's Python: ``python benchmarks/peak_memory.py``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio
import torch
from rasterio.windows import Window

from cloudmamba.network.model import CloudMamba, ModelConfiguration, save_model

RUN = """
import json, resource, sys
from cloudmamba.cli import main
status = main(sys.argv[1:])
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
sys.exit(status)
"""


def make_scene(path: Path, size_px: int) -> None:
    """A noisy uint16 scene of four bands, written strip by strip."""
    profile = {"driver": "GTiff", "count": 4, "dtype": "uint16", "tiled": True}
    profile |= {"blockxsize": 512, "blockysize": 512, "compress": "lzw", "bigtiff": "if_safer"}
    profile |= {"crs": "EPSG:32633", "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)}
    rng = np.random.default_rng(0)
    with rasterio.open(path, "w", width=size_px, height=size_px, **profile) as dataset:
        for top in range(0, size_px, 512):
            rows = min(512, size_px - top)
            coarse = rng.integers(300, 6000, (4, -(-rows // 64), -(-size_px // 64)))
            strip = coarse.repeat(64, 1).repeat(64, 2)[:, :rows, :size_px]
            strip = strip + rng.integers(0, 200, strip.shape)
            dataset.write(strip.astype(np.uint16), window=Window(0, top, size_px, rows))
        for number, name in enumerate(("blue", "green", "red", "nir"), start=1):
            dataset.set_band_description(number, name)


def measure(scene: Path, model: Path, folder: Path) -> tuple[float, dict]:
    """Maximum resident size in MB and the summary of one run."""
    arguments = ["detect", str(scene), "--model", str(model), "--device", "cpu", "--json"]
    for kind in ("mask", "uncertainty", "probability"):
        arguments += [f"--{kind}", str(folder / f"{kind}.tif")]
    ended = subprocess.run(
        [sys.executable, "-c", RUN, *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    summary, kilobytes = map(json.loads, ended.stdout.splitlines())
    return kilobytes / 1024, summary


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
        print(f"{'pixels':>13}  {'peak MB':>8}  {'seconds':>8}  {'tiles':>6}  {'refined':>7}")
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
