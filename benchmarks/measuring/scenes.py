"""Scenes to measure on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio.windows import Window

BANDS = ("blue", "green", "red", "nir")
_STRIP_PX = 512


def make_scene(path: Path, size_px: int, rows_px: int | None = None) -> None:
    """A noisy scene of reflectance x 10000 in four uint16 bands, written strip by strip.

    It is square, or has ``rows_px`` rows.

    Bright and dark patches of 64 pixels lie side by side, so that hardly a tile spares the
    network its second stage: the scene takes as long as one of its size can.
    """
    profile = {"driver": "GTiff", "count": len(BANDS), "dtype": "uint16", "tiled": True}
    profile |= {"blockxsize": 512, "blockysize": 512, "compress": "lzw", "bigtiff": "if_safer"}
    profile |= {"crs": "EPSG:32633", "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)}
    rng = np.random.default_rng(0)
    height_px = rows_px or size_px
    with rasterio.open(path, "w", width=size_px, height=height_px, **profile) as dataset:
        for top in range(0, height_px, _STRIP_PX):
            rows = min(_STRIP_PX, height_px - top)
            coarse = rng.integers(300, 6000, (len(BANDS), -(-rows // 64), -(-size_px // 64)))
            strip = coarse.repeat(64, 1).repeat(64, 2)[:, :rows, :size_px]
            strip = strip + rng.integers(0, 200, strip.shape)
            dataset.write(strip.astype(np.uint16), window=Window(0, top, size_px, rows))
        for number, name in enumerate(BANDS, start=1):
            dataset.set_band_description(number, name)
