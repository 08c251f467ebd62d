"""Masks of ukis-csmask (4-band model) for the images of a data folder, to score beside ours.

ukis-csmask is no dependency of CloudMamba. It gets an environment of its own, in which this
script runs without the engine::

    python3 -m venv ukis
    ukis/bin/pip install "ukis-csmask[cpu]" rasterio
    ukis/bin/python benchmarks/compare_with_ukis_csmask.py DATA masks/ukis
    cloudmamba evaluate DATA --masks "ukis-csmask 4-band=masks/ukis"

As its documentation asks, it is given reflectance and the model of the image's product level:
Level-2A where the index says L2A or SR, Level-1C otherwise. Its recommended 30 m are tried
with ``--gsd-m 30``; the default is the image's own grid, as for every other method.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import rasterio
from peers.with_ukis_csmask import BANDS, classes_of
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning

# Classes 0 background, 1 cloud, 2 cloud shadow to the codes of the data folder.
CODES = np.array([0, 1, 3], np.uint8)
SURFACE_REFLECTANCE = re.compile(r"\bL2A\b|\bSR\b")


def mask_image(path: Path, row: dict[str, str], gsd_m: float | None, threads: int):
    """Mask codes (H, W) uint8 on the image's grid, and the profile to write them with."""
    with rasterio.open(path) as source:
        factor = float(row["gsd_m"]) / gsd_m if gsd_m else 1.0
        shape = tuple(max(1, round(size * factor)) for size in source.shape)
        numbers = source.read(out_shape=(4, *shape), resampling=Resampling.average)
        profile = {"crs": source.crs, "transform": source.transform}
        size = source.shape
    # One number for all bands, or one for each.
    scale, offset = (np.array(row[key].split(), np.float32) for key in ("scale", "offset"))
    reflectance = numbers * scale.reshape(-1, 1, 1) + offset.reshape(-1, 1, 1)
    level = "l2a" if SURFACE_REFLECTANCE.search(row["level"]) else "l1c"
    classes = classes_of(reflectance, level, threads)
    rows, columns = (np.arange(n) * m // n for n, m in zip(size, shape, strict=True))
    return CODES[classes[rows[:, None], columns]], profile


def write_mask(path: Path, codes: np.ndarray, profile: dict) -> None:
    """Write codes (H, W) under a temporary name, then rename."""
    temporary = path.with_name(f".{path.name}.part")
    height, width = codes.shape
    profile |= {"driver": "GTiff", "dtype": "uint8", "count": 1, "height": height, "width": width}
    try:
        with rasterio.open(temporary, "w", compress="deflate", **profile) as file:
            file.write(codes, 1)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def main() -> None:
    """Mask every image of the subset."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder with index.csv and images")
    parser.add_argument("output", type=Path, help="folder for the masks; must be new or empty")
    parser.add_argument("--subset", default="manual/validation", help="default: %(default)s")
    parser.add_argument("--gsd-m", type=float, help="resample to this pixel size, as 30")
    parser.add_argument("--threads", type=int, default=1, help="default: %(default)s")
    arguments = parser.parse_args()
    with (arguments.data / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if Path(row["image"]).parent.as_posix() == arguments.subset
            and row["bands"].split() == BANDS
        ]
    if not rows:
        sys.exit(f"'{arguments.data}' has no four-band images in '{arguments.subset}'.")
    arguments.output.mkdir(parents=True, exist_ok=True)
    if any(arguments.output.iterdir()):
        sys.exit(f"'{arguments.output}' is not empty: choose another folder.")
    # Its advice against images below 256 pixels, and files that lack georeferencing.
    warnings.simplefilter("ignore", UserWarning)
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    for row in rows:
        path = arguments.data / row["image"]
        codes, profile = mask_image(path, row, arguments.gsd_m, arguments.threads)
        write_mask(arguments.output / f"{path.stem}.tif", codes, profile)
        print(f"{path.stem}: {100 * (codes == 1).mean():.1f} % cloud", flush=True)


if __name__ == "__main__":
    main()
