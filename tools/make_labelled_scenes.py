"""Makes labelled scenes of a world that no model has seen: a bright salt flat under low cloud.

For trying out how a model is fine-tuned on own labels. Each scene looks like a four-band
Sentinel-2 product (16-bit numbers with GDAL's scale, band names, a projected CRS). The labels
come twice: as a mask of each scene (0 clear, 1 cloud), and as one layer of polygons, as a
person would draw it. Ground and cloud differ in colour and texture more than in brightness, so
a model that takes bright for cloud fails here.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import rasterio
from rasterio.features import shapes
from rasterio.transform import from_origin

KINDS = ("images", "masks")
SIZE_PX = 512
GSD_M = 10
EPSG = 32719
SCALE = 1e-4
BANDS = ("blue", "green", "red", "nir")
SHADOW_PX = (25, 18)
# Optical depth is not modelled: cloud is what hides more than this share of the ground.
LABELLED_OPACITY = 0.2


def noise(random: np.random.Generator, slope: float) -> np.ndarray:
    """(SIZE_PX, SIZE_PX) of mean 0 and deviation 1, rougher the smaller the slope."""
    frequency = np.hypot(np.fft.fftfreq(SIZE_PX)[:, None], np.fft.rfftfreq(SIZE_PX)[None, :])
    frequency[0, 0] = 1
    spectrum = random.normal(size=frequency.shape) + 1j * random.normal(size=frequency.shape)
    field = np.fft.irfft2(spectrum * frequency**-slope, (SIZE_PX, SIZE_PX))
    return (field - field.mean()) / field.std()


def rise(values: np.ndarray) -> np.ndarray:
    """A smooth step from 0 to 1."""
    values = np.clip(values, 0, 1)
    return values * values * (3 - 2 * values)


def colour(*bands: float) -> np.ndarray:
    """(4, 1, 1): blue, green, red, near infrared."""
    return np.array(bands)[:, None, None]


def salt_flat(random: np.random.Generator) -> np.ndarray:
    """Reflectance (4, SIZE_PX, SIZE_PX) of cracked salt with brine in its hollows."""
    level = 0.45 + 0.06 * noise(random, 1.6) + 0.03 * noise(random, 0.6)
    cracks = np.exp(-((noise(random, 1.4) / 0.05) ** 2))
    brine = 0.8 * rise((noise(random, 2.0) - 0.6) / 0.4)
    salt = colour(0.92, 1.0, 1.04, 1.0) * level * (1 - 0.25 * cracks)
    return salt * (1 - brine) + colour(0.10, 0.13, 0.12, 0.05) * brine


def make_scene(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers (4, SIZE_PX, SIZE_PX) uint16 and mask (SIZE_PX, SIZE_PX) uint8."""
    random = np.random.default_rng(seed)
    image = salt_flat(random)
    field = noise(random, 1.9)
    opacity = 0.95 * rise((field - np.quantile(field, random.uniform(0.55, 0.85))) / 0.6)
    shadow = np.roll(opacity, SHADOW_PX, (0, 1)) * (1 - opacity)
    image = image * (1 - colour(0.3, 0.4, 0.45, 0.5) * shadow)
    cloud = 0.62 + 0.08 * opacity + 0.02 * noise(random, 1.0)
    image = image * (1 - opacity) + cloud * opacity
    numbers = np.clip(np.round(image / SCALE), 1, 65535).astype(np.uint16)
    return numbers, (opacity > LABELLED_OPACITY).astype(np.uint8)


def write_scene(image: Path, mask: Path, seed: int) -> list[dict]:
    """Write a scene and its mask; gives the outlines of the clouds as GeoJSON."""
    numbers, cloud = make_scene(seed)
    profile = {
        "driver": "GTiff",
        "width": SIZE_PX,
        "height": SIZE_PX,
        "crs": f"EPSG:{EPSG}",
        # Scenes lie side by side, so that a polygon belongs to one of them.
        "transform": from_origin(600_000 + 2 * SIZE_PX * GSD_M * seed, 7_760_000, GSD_M, GSD_M),
        "compress": "deflate",
    }
    with rasterio.open(image, "w", count=len(BANDS), dtype="uint16", **profile) as file:
        file.write(numbers)
        file.descriptions = BANDS
        file.scales = (SCALE,) * len(BANDS)
    with rasterio.open(mask, "w", count=1, dtype="uint8", **profile) as file:
        file.write(cloud, 1)
    return [outline for outline, _ in shapes(cloud, cloud == 1, transform=profile["transform"])]


def write_polygons(path: Path, outlines: list[dict]) -> None:
    """Write outlines as QGIS exports a layer to GeoJSON."""
    features = [{"type": "Feature", "properties": {}, "geometry": outline} for outline in outlines]
    crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{EPSG}"}}
    content = {"type": "FeatureCollection", "crs": crs, "features": features}
    path.write_text(json.dumps(content), encoding="utf-8")


def main() -> None:
    """Write scenes, masks and polygons."""
    parser = argparse.ArgumentParser(description="Make labelled scenes of a salt flat.")
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--train", type=int, default=4, help="scenes in FOLDER/images/train (%(default)s)"
    )
    parser.add_argument(
        "--test", type=int, default=4, help="scenes in FOLDER/images/test (%(default)s)"
    )
    arguments = parser.parse_args()
    subsets = ["train"] * arguments.train + ["test"] * arguments.test
    outlines = []
    for seed, subset in enumerate(subsets):
        files = [arguments.folder / kind / subset / f"salt_flat_{seed}.tif" for kind in KINDS]
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
        outlines += write_scene(*files, seed)
    write_polygons(arguments.folder / "clouds.geojson", outlines)


if __name__ == "__main__":
    main()
