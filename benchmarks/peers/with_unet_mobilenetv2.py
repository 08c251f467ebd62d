"""Mask of one scene by a U-Net with MobileNetV2 encoder, with reading and writing; prints JSON.

The architecture that several published cloud maskers use. Its weights are random: time and memory
do not depend on them. It gets the tiles that CloudMamba gets: 512 pixels that share 64, one at a
time, without blending. Runs in an environment of its own, without the engine:
``segmentation-models-pytorch`` and ``rasterio``.
"""

from __future__ import annotations

import argparse
import json
import time
from importlib.metadata import version

import numpy as np
import rasterio
import segmentation_models_pytorch as smp
import torch
from rasterio.windows import Window

TILE_PX, OVERLAP_PX = 512, 64


def main() -> None:
    """Mask one scene of reflectance x 10000."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scene")
    parser.add_argument("mask")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    started = time.perf_counter()
    network = smp.Unet("mobilenet_v2", encoder_weights=None, in_channels=4, classes=1)
    network = network.eval().to(memory_format=torch.channels_last)
    with rasterio.open(arguments.scene) as source, torch.inference_mode():
        profile = source.profile | {"count": 1, "dtype": "uint8"}
        with rasterio.open(arguments.mask, "w", **profile) as target:
            step = TILE_PX - OVERLAP_PX
            for top in range(0, max(1, source.height - OVERLAP_PX), step):
                for left in range(0, max(1, source.width - OVERLAP_PX), step):
                    window = Window(left, top, TILE_PX, TILE_PX)
                    tile = source.read(window=window, boundless=True).astype(np.float32) / 10_000
                    image = torch.from_numpy(tile)[None].contiguous(
                        memory_format=torch.channels_last
                    )
                    cloud = (network(image)[0, 0] > 0).numpy().astype(np.uint8)
                    height = min(TILE_PX, source.height - top)
                    width = min(TILE_PX, source.width - left)
                    target.write(cloud[:height, :width], 1, window=Window(left, top, width, height))
    seconds = time.perf_counter() - started
    packages = {name: version(name) for name in ("segmentation-models-pytorch", "torch")}
    print(json.dumps({"seconds": seconds, "packages": packages}))


if __name__ == "__main__":
    main()
