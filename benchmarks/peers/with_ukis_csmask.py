"""Mask of one scene by ukis-csmask (4-band model), with reading and writing; prints JSON.

Runs in an environment of its own, without the engine: ``ukis-csmask[cpu]`` and ``rasterio``.
"""

from __future__ import annotations

import argparse
import json
import time
from importlib.metadata import version

import numpy as np
import rasterio
from ukis_csmask.mask import CSmask

BANDS = ["blue", "green", "red", "nir"]


def classes_of(reflectance: np.ndarray, level: str, threads: int) -> np.ndarray:
    """Classes (H, W) uint8: 0 background, 1 cloud, 2 cloud shadow.

    Args:
        reflectance: (4, H, W), blue, green, red, near infrared.
        level: ``l1c`` or ``l2a``.
    """
    return CSmask(
        np.ascontiguousarray(np.moveaxis(reflectance, 0, -1), np.float32),
        BANDS,
        product_level=level,
        intra_op_num_threads=threads,
        providers=["CPUExecutionProvider"],
    ).csm[..., 0]


def main() -> None:
    """Mask one scene of reflectance x 10000."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scene")
    parser.add_argument("mask")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    started = time.perf_counter()
    with rasterio.open(arguments.scene) as source:
        reflectance = source.read().astype(np.float32) / 10_000
        profile = source.profile | {"count": 1, "dtype": "uint8"}
    classes = classes_of(reflectance, "l1c", arguments.threads)
    with rasterio.open(arguments.mask, "w", **profile) as target:
        target.write(classes.astype(np.uint8), 1)
    seconds = time.perf_counter() - started
    packages = {name: version(name) for name in ("ukis-csmask", "onnxruntime")}
    print(json.dumps({"seconds": seconds, "packages": packages}))


if __name__ == "__main__":
    main()
