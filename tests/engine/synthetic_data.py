"""A tiny data folder in the layout that training and evaluation read."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import rasterio

from cloudmamba.training.teachers.labels import SoftLabel, write_soft_label

COLUMNS = ("image", "label", "bands", "sensor", "gsd_m", "scale", "offset", "site")
SCALE = 1e-4


def write_raster(path: Path, bands: np.ndarray) -> None:
    """Write (bands, H, W) as a GeoTIFF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = bands.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=count, height=height, width=width, dtype=bands.dtype
    ) as file:
        file.write(bands)


def scene(seed: int, size_px: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Numbers (4, H, W) uint16 with a bright disc, and its label codes (H, W) uint8."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size_px, :size_px]
    cloud = np.hypot(y - random.uniform(16, 48), x - random.uniform(16, 48)) < 14
    reflectance = random.uniform(0.03, 0.12, (4, size_px, size_px))
    reflectance[:, cloud] += 0.5
    return np.round(reflectance / SCALE).astype(np.uint16), cloud.astype(np.uint8)


def make_data_folder(folder: Path, weakly_labelled: bool = False) -> Path:
    """Two images for every source of training that has labels, two for validation.

    Args:
        weakly_labelled: images for the other sources too, and labels of a teacher in ``taught``.
    """
    rows = []

    def add(name: str, numbers: np.ndarray, label: np.ndarray | None, sensor: str, site="") -> None:
        write_raster(folder / f"{name}.tif", numbers)
        if label is not None:
            write_raster(folder / f"{name}_label.tif", label[None])
        rows.append(
            {
                "image": f"{name}.tif",
                "label": f"{name}_label.tif" if label is not None else "",
                "bands": "blue green red nir" if len(numbers) == 4 else "blue green red",
                "sensor": sensor,
                "gsd_m": 20,
                "scale": SCALE,
                "offset": 0,
                "site": site,
            }
        )

    for index in range(2):
        add(f"manual/train/m{index}", *scene(index), "Landsat 8 OLI")
        add(f"manual/validation/v{index}", *scene(10 + index), "Sentinel-2 MSI")
        numbers, label = scene(20 + index)
        add(f"automatic/a{index}", numbers, label, "Sentinel-2 MSI")
        percent = np.where(label == 1, 90, 3).astype(np.uint8)
        write_raster(folder / f"automatic/a{index}_cloudprob.tif", percent[None])
    for index in range(8):
        ground = scene(30 + index)[0] % 1200 + 100
        if weakly_labelled:
            ground[:, :20] += 4000  # sand, or snow
        add(f"clear/c{index}", ground.astype(np.uint16), None, "Landsat 5/7/8", f"place_{index}")
    for index in range(2 if weakly_labelled else 0):
        add(f"semi_automatic/w{index}", *scene(50 + index), "Sentinel-2 MSI")
        add(f"shadow/s{index}", *scene(60 + index), "Sentinel-2 MSI")
        numbers, label = scene(70 + index)
        add(f"unlabelled/u{index}", numbers, None, "Sentinel-2 MSI")
        cloud = label.astype(np.float32)
        taught = folder / "taught" / "unlabelled" / f"u{index}_ukis-csmask.tif"
        write_soft_label(taught, SoftLabel(cloud, 0 * cloud, 0 * cloud + 1))
        ground = (scene(80 + index)[0][:3] % 1200 + 100).astype(np.uint16)
        add(f"clear_rgb/g{index}", ground, np.zeros(ground.shape[1:], np.uint8), "Sentinel-2 MSI")
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return folder
