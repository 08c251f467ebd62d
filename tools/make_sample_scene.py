"""Makes a sample scene for the demonstration: procedural ground, synthetic clouds, a swath edge.

The file looks like a four-band Sentinel-2 product: 16-bit numbers with GDAL's scale set, band
names, a projected CRS, and 0 as no data beyond the edge of the swath.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from cloudmamba.training.synthesis.clouds import add_clouds
from cloudmamba.training.synthesis.ground import make_ground
from cloudmamba.training.targets import CLOUD

SIZE_PX = 1024
GSD_M = 10
SCALE = 1e-4
BANDS = ("blue", "green", "red", "nir")
# Seeds of a scene with cloud of several kinds, which the default model outlines well.
GROUND_SEED, CLOUD_SEED = 5, 21


def make_scene() -> tuple[np.ndarray, np.ndarray]:
    """Numbers (4, SIZE_PX, SIZE_PX) uint16, and where its clouds are (SIZE_PX, SIZE_PX) float32."""
    ground = make_ground(np.random.default_rng(GROUND_SEED), SIZE_PX)
    image, target = add_clouds(np.random.default_rng(CLOUD_SEED), ground, GSD_M)
    numbers = np.clip(np.round(image / SCALE), 1, 65535).astype(np.uint16)
    y, x = np.mgrid[:SIZE_PX, :SIZE_PX]
    numbers[:, x + 0.2 * y > 1.12 * SIZE_PX] = 0
    return numbers, target[CLOUD]


def main() -> None:
    """Write the scene."""
    parser = argparse.ArgumentParser(description="Make a sample scene.")
    parser.add_argument("path", type=Path)
    path = parser.parse_args().path
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=SIZE_PX,
        height=SIZE_PX,
        count=len(BANDS),
        dtype="uint16",
        nodata=0,
        crs="EPSG:32633",
        transform=from_origin(500_000, 5_300_000, GSD_M, GSD_M),
        tiled=True,
        compress="deflate",
    ) as file:
        file.write(make_scene()[0])
        file.descriptions = BANDS
        file.scales = (SCALE,) * len(BANDS)


if __name__ == "__main__":
    main()
