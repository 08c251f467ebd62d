"""A made-up Sentinel-2 level 1C product of JPEG 2000 files against a GeoTIFF of the same pixels.

Reading alone, tile by tile as a detection reads, beside decoding every block once, in processor
seconds, which other programs on the machine hardly change; then, unless ``--reading-only``, whole
detections in a process of their own. Memory depends on the width: with ``--rows`` they are of fewer
rows. Run it with the engine's Python: ``python benchmarks/jpeg2000.py --size 10980``. To make the
product of that size takes minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import rasterio
from measuring.processes import run_measured
from measuring.scenes import make_scene
from rasterio.windows import Window

from cloudmamba.detection.request import DetectionRequest
from cloudmamba.detection.tiles import tile_grid
from cloudmamba.raster.grid import GDAL_CACHE_BYTES
from cloudmamba.scene.interpretation import interpret
from cloudmamba.scene.reader import Scene

_STEM = "T33TUL_20150726T105026"
_BANDS = {"B02": 1, "B03": 2, "B04": 3, "B08": 4}
_BLOCK_PX = 1024
_METADATA = """<Level-1C_User_Product><General_Info><PROCESSING_BASELINE>02.04</PROCESSING_BASELINE>
<QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE></General_Info></Level-1C_User_Product>"""


def make_product(geotiff: Path, folder: Path) -> Path:
    """The SAFE folder of the pixels of a GeoTIFF: lossless, in blocks of 1024 as the real ones."""
    root = folder / "S2A_MSIL1C_20150726T105026_N0204_R051_T33TUL_20150726T105855.SAFE"
    images = root / "GRANULE" / "L1C_T33TUL_A000477_20150726T105856" / "IMG_DATA"
    images.mkdir(parents=True)
    (root / "MTD_MSIL1C.xml").write_text(_METADATA)
    options = {
        "QUALITY": "100",
        "REVERSIBLE": "YES",
        "tiled": True,
        "blockxsize": _BLOCK_PX,
        "blockysize": _BLOCK_PX,
    }
    with rasterio.open(geotiff) as source:
        profile = {
            "driver": "JP2OpenJPEG", "width": source.width, "height": source.height, "count": 1,
            "dtype": "uint16", "crs": source.crs, "transform": source.transform, **options,
        }  # fmt: skip
        for band, number in _BANDS.items():
            with rasterio.open(images / f"{_STEM}_{band}.jp2", "w", **profile) as target:
                target.write(source.read(number), 1)
    return root


def reading_cpu_s(path: Path, resolution_m: float | None = None) -> tuple[float, float]:
    """Processor seconds to look at a scene before its detection, and to read all tiles of that."""
    request = DetectionRequest(str(path), Path("unused.tif"))
    options = {"GDAL_NUM_THREADS": "1", "GDAL_CACHEMAX": GDAL_CACHE_BYTES}
    with rasterio.Env(**options), Scene(path, resolution_m=resolution_m) as scene:
        started = time.process_time()
        interpret(scene)
        looked = time.process_time()
        grid = tile_grid(scene.grid.height, scene.grid.width, request.tile_px, request.overlap_px)
        windows = [Window(tile.x.start, tile.y.start, *tile.shape[::-1]) for tile in grid]
        read = scene.reader_of((1, 2, 3, 4), windows)
        for window in windows:
            read(window)
        return looked - started, time.process_time() - looked


def decoding_cpu_s(product: Path) -> float:
    """Processor seconds to read every block of every image of a product once."""
    with rasterio.Env(GDAL_NUM_THREADS="1", GDAL_CACHEMAX=GDAL_CACHE_BYTES):
        started = time.process_time()
        for path in product.rglob("*.jp2"):
            with rasterio.open(path) as image:
                for _, window in image.block_windows(1):
                    image.read(1, window=window)
        return time.process_time() - started


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=5490, metavar="PX")
    parser.add_argument("--rows", type=int, metavar="PX", help="default: as many as columns")
    parser.add_argument("--reading-only", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        geotiff = folder / "scene.tif"
        make_scene(geotiff, arguments.size, arguments.rows)
        product = make_product(geotiff, folder)
        print(f"{arguments.size} x {arguments.rows or arguments.size} pixels, four bands")
        looking, reading = reading_cpu_s(geotiff)
        print(
            f"GeoTIFF, look before: {looking:5.1f}, tiles: {reading:6.1f} processor s", flush=True
        )
        once = decoding_cpu_s(product)
        print(f"JPEG 2000, every block once:     {once:6.1f} processor s", flush=True)
        for name, resolution_m in (("JPEG 2000", None), ("at 20 m", 20)):
            looking, reading = reading_cpu_s(product, resolution_m)
            print(
                f"{name}, look before: {looking:5.1f}, tiles: {reading:6.1f} processor s",
                flush=True,
            )
        if arguments.reading_only:
            return
        runs = []
        for path in (geotiff, product):
            command = [sys.executable, "-m", "cloudmamba", "detect", str(path), "--json"]
            command += ["--device", "cpu", "--mask", str(folder / "mask.tif")]
            finished = run_measured(command)
            runs.append(finished)
            print(
                f"detection, {path.name}: {finished.wall_s:.1f} s, {finished.cpu_s:.1f} processor s, "
                f"{finished.peak_mb:.0f} MiB",
                flush=True,
            )
        wall, cpu = (
            getattr(runs[1], name) / getattr(runs[0], name) for name in ("wall_s", "cpu_s")
        )
        print(f"JPEG 2000 over GeoTIFF: {wall:.2f} of the time, {cpu:.2f} of the processor seconds")


if __name__ == "__main__":
    main()
